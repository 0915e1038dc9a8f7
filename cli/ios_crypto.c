/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cryptography as IOS groups it, where the configuration groups it otherwise:
 *
 *	crypto ikev2 policy P, proposal ...   the proposals of every IKEv2 profile that names none
 *	crypto ikev2 keyring K, peer X        an entry K-X of the keyring
 *	crypto keyring K, pre-shared-key      an entry K-ADDRESS of the keyring
 *	crypto isakmp policy N                a proposal N, and one of the profile "isakmp", which
 *	                                      is of version ikev1 and has the policies' lifetime;
 *	                                      the hash is SHA-1 until there is one
 *	crypto ipsec transform-set T, mode    the mode of the IPsec profiles that set T
 *	crypto ipsec profile P, crypto map    by the profile "isakmp" if there is one, until a
 *	                                      profile is set
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/ios_int.h"
#include "cli/value.h"
#include "common/inet.h"

#define ISAKMP  "isakmp" /* the profile of all policies */
#define KEYRING "/crypto/ikev2/keyring"

static json_t *
ikev2(const struct edit *e, const char *map)
{
	return json_object_get(
			json_object_get(json_object_get(e->doc, "crypto"), "ikev2"), map);
}

static json_t *
ipsec(const struct edit *e, const char *map)
{
	return json_object_get(
			json_object_get(json_object_get(e->doc, "crypto"), "ipsec"), map);
}

static const char *
mode_name(const struct edit *e)
{
	return e->at[e->depth - 1].name;
}

static enum ios_result
wrong(char *err, size_t err_len, const char *what, const char *word)
{
	snprintf(err, err_len, "\"%s\": %s", word, what);
	return IOS_WRONG;
}

/* ---- ISAKMP policies ------------------------------------------------------------------------- */

/* The profile of the policies has this one, by the order of their numbers. */
static void
list_policy(json_t *profile, const char *policy)
{
	json_t *list = json_object_get(profile, "proposals"), *one;
	size_t i, at = 0;

	if (list == NULL) {
		list = json_array();
		json_object_set_new(profile, "proposals", list);
	}
	json_array_foreach (list, i, one) {
		if (strcmp(json_string_value(one), policy) == 0)
			return;
		if (strtoul(json_string_value(one), NULL, 10) <= strtoul(policy, NULL, 10))
			at = i + 1;
	}
	json_array_insert_new(list, at, json_string(policy));
}

bool
ios_isakmp_policy(struct edit *e, const char *policy, bool no, char *err, size_t err_len)
{
	json_t *list, *one;
	bool had;
	size_t i;

	if (no) {
		list = json_object_get(json_object_get(ikev2(e, "profiles"), ISAKMP), "proposals");
		for (i = json_array_size(list); i-- > 0;) {
			one = json_array_get(list, i);
			if (strcmp(json_string_value(one), policy) == 0)
				json_array_remove(list, i);
		}
		if (list != NULL && json_array_size(list) == 0)
			json_object_del(ikev2(e, "profiles"), ISAKMP);
		return RUN("no", "crypto", "ikev2", "proposal", policy);
	}
	e->isakmp = true;
	if (!RUN("crypto", "ikev2", "profile", ISAKMP) || !RUN("version", "ikev1"))
		return false;
	list_policy(ios_entry(e), policy);
	had = json_object_get(ikev2(e, "proposals"), policy) != NULL;
	return RUN("crypto", "ikev2", "proposal", policy) && (had || RUN("integrity", "sha1"));
}

/* Lifetime, DPD: for all policies one. The mode stays the one it was. */
static enum ios_result
for_isakmp(struct edit *e, const char *const *words, char *err, size_t err_len)
{
	char policy[EDIT_NAME_MAX];
	bool in = ios_in_map(e, "ikev2", "proposals"), ok;

	snprintf(policy, sizeof(policy), "%s", in ? mode_name(e) : "");
	ok = RUN("crypto", "ikev2", "profile", ISAKMP) && RUN("version", "ikev1") &&
	     ios_run(e, err, err_len, words);
	if (in)
		ok = RUN("crypto", "ikev2", "proposal", policy) && ok;
	else
		e->depth = 0;
	return ok ? IOS_DONE : IOS_WRONG;
}

enum ios_result
ios_isakmp_lifetime(struct edit *e, const char *seconds, char *err, size_t err_len)
{
	const char *const words[] = { "lifetime", seconds, NULL };

	return for_isakmp(e, words, err, err_len);
}

/* pre-share | rsa-sig. The trustpoint is the only one there is, else it has to be named. */
enum ios_result
ios_isakmp_authentication(struct edit *e, const char *how, char *err, size_t err_len)
{
	const char *local[] = { "authentication", "local", "rsa-sig", NULL };
	const char *remote[] = { "authentication", "remote", "rsa-sig", NULL };
	json_t *profile = json_object_get(ikev2(e, "profiles"), ISAKMP);
	const char *had = json_string_value(json_object_get(profile, "authentication-remote"));
	json_t *points = json_object_get(
			json_object_get(json_object_get(e->doc, "crypto"), "pki"), "trustpoints");

	if (!ios_is(how, "rsa-sig", 3) && !ios_is(how, "pre-share", 3))
		return wrong(err, err_len, "expected pre-share or rsa-sig", how);
	if (json_array_size(json_object_get(profile, "proposals")) > 1 &&
			(had != NULL && strcmp(had, "rsa-sig") == 0) != ios_is(how, "rsa-sig", 3))
		return wrong(err, err_len, "all policies have one way here, and the others have "
					   "another", how);
	if (ios_is(how, "pre-share", 3)) {
		if (profile != NULL) {
			json_object_del(profile, "authentication-local");
			json_object_del(profile, "authentication-remote");
		}
		return IOS_DONE;
	}
	if (for_isakmp(e, local, err, err_len) != IOS_DONE ||
			for_isakmp(e, remote, err, err_len) != IOS_DONE)
		return IOS_WRONG;
	profile = json_object_get(ikev2(e, "profiles"), ISAKMP);
	if (json_object_size(points) == 1 && json_object_get(profile, "trustpoint") == NULL)
		json_object_set_new(profile, "trustpoint",
				json_string(json_object_iter_key(json_object_iter(points))));
	return IOS_DONE;
}

/* crypto isakmp keepalive SECONDS [RETRY] [periodic|on-demand]. */
static enum ios_result
isakmp_keepalive(struct edit *e, char *const *argv, int argc, char *err, size_t err_len)
{
	const char *words[5] = { "dpd" };

	if (argc < 1 || argc > 3)
		return IOS_OTHER;
	for (int i = 0; i < argc; i++)
		words[i + 1] = argv[i];
	return for_isakmp(e, words, err, err_len);
}

void
ios_bind_isakmp(struct edit *e)
{
	json_t *profile = ios_entry(e);
	bool made = json_object_get(ikev2(e, "profiles"), ISAKMP) != NULL;

	if (made && (e->isakmp || json_object_get(ikev2(e, "profiles"), "default") == NULL) &&
			json_object_get(profile, "ikev2-profile") == NULL)
		json_object_set_new(profile, "ikev2-profile", json_string(ISAKMP));
}

/* ---- crypto ikev2 policy --------------------------------------------------------------------- */

/* The proposals of the policy, for the profile whose entry this is. */
static void
give_proposals(const struct edit *e, json_t *profile)
{
	const char *version = json_string_value(json_object_get(profile, "version"));

	if (e->proposals != NULL && json_object_get(profile, "proposals") == NULL &&
			(version == NULL || strcmp(version, "ikev1") != 0))
		json_object_set(profile, "proposals", e->proposals);
}

static enum ios_result
policy_proposal(struct edit *e, char *const *argv, int argc)
{
	const char *name;
	json_t *profile;

	if (e->proposals == NULL)
		e->proposals = json_array();
	for (int i = 1; i < argc; i++)
		json_array_append_new(e->proposals, json_string(argv[i]));
	json_object_foreach (ikev2(e, "profiles"), name, profile)
		give_proposals(e, profile);
	return IOS_DONE;
}

static enum ios_result
policy_line(struct edit *e, char *const *argv, int argc, char *err, size_t err_len)
{
	if (argc >= 2 && ios_is(argv[0], "proposal", 4))
		return policy_proposal(e, argv, argc);
	if (argc >= 2 && ios_is(argv[0], "match", 3)) {
		if (argc == 3 && ios_is(argv[1], "fvrf", 2) && strcasecmp(argv[2], "any") == 0)
			return IOS_DONE;
		return wrong(err, err_len, "the policy is for all profiles here", argv[1]);
	}
	return IOS_OTHER;
}

/* ---- keyrings -------------------------------------------------------------------------------- */

static enum ios_result
keyring_peer(struct edit *e, const char *peer, bool no, char *err, size_t err_len)
{
	size_t n = strlen(e->keyring);
	char name[EDIT_NAME_MAX];
	json_t *entry;

	if (n == 0 || strncmp(mode_name(e), e->keyring, n) != 0 || mode_name(e)[n] != '-')
		snprintf(e->keyring, sizeof(e->keyring), "%s", mode_name(e));
	if (strlen(e->keyring) + strlen(peer) + 2 > sizeof(name))
		return wrong(err, err_len, "the name is too long", peer);
	snprintf(name, sizeof(name), "%.60s-%.60s", e->keyring, peer);
	if (no)
		return RUN("no", "crypto", "ikev2", "keyring", name) ? IOS_DONE : IOS_WRONG;
	entry = json_object_get(ikev2(e, "keyring"), e->keyring);
	if (entry != NULL && json_object_size(entry) == 0)
		json_object_del(ikev2(e, "keyring"), e->keyring);
	return RUN("crypto", "ikev2", "keyring", name) ? IOS_DONE : IOS_WRONG;
}

/* Two keys that are the same are one. */
static void
join_keys(json_t *entry)
{
	const char *both = json_string_value(json_object_get(entry, "pre-shared-key"));
	const char *own = json_string_value(json_object_get(entry, "pre-shared-key-local"));

	if (both != NULL && own != NULL && strcmp(both, own) == 0 && strcmp(own, VALUE_SECRET) != 0)
		json_object_del(entry, "pre-shared-key-local");
}

/* pre-shared-key [local|remote] [0] KEY: the peer's is the one for both directions, ours alone is
 * one more. */
static enum ios_result
keyring_key(struct edit *e, char *const *argv, int argc, char *err, size_t err_len)
{
	bool own = argc > 2 && ios_is(argv[1], "local", 3);
	int at = own || (argc > 2 && ios_is(argv[1], "remote", 3)) ? 2 : 1;

	e->secret = true;
	if (at + 2 == argc && strcmp(argv[at], "6") == 0)
		return wrong(err, err_len, IOS_TYPE_6, "6");
	at += at + 2 == argc && strcmp(argv[at], "0") == 0;
	if (at == 1 || at + 1 != argc)
		return IOS_OTHER;
	if (!(own ? RUN("pre-shared-key", "local", argv[at]) : RUN("pre-shared-key", argv[at])))
		return IOS_WRONG;
	join_keys(ios_entry(e));
	e->secret = true;
	return IOS_DONE;
}

static bool network(const char *addr, const char *mask, char *out, size_t cap);

/* crypto keyring K; pre-shared-key address A [MASK] | hostname NAME key [0] KEY: an entry each. */
static enum ios_result
old_keyring_key(struct edit *e, char *const *argv, int argc, bool no, char *err, size_t err_len)
{
	bool host = argc >= 3 && ios_is(argv[1], "hostname", 4);
	int at = argc > 3 && !host && ios_is_ip4(argv[3]) ? 4 : 3;
	char net[64] = "";

	if (argc < 3 || (!host && !ios_is(argv[1], "address", 4)))
		return IOS_OTHER;
	e->secret = true;
	if (!host && !network(argv[2], at == 4 ? argv[3] : "255.255.255.255", net, sizeof(net)))
		return wrong(err, err_len, "expected an address and its mask", argv[2]);
	if (no)
		return keyring_peer(e, argv[2], true, err, err_len);
	if (at + 3 == argc && strcmp(argv[at + 1], "6") == 0)
		return wrong(err, err_len, IOS_TYPE_6, "6");
	if (argc < at + 2 || !ios_is(argv[at], "key", 3) ||
			argc != at + 2 + (argc == at + 3 && strcmp(argv[at + 1], "0") == 0))
		return wrong(err, err_len, "expected key and the key behind it", argv[1]);
	if (keyring_peer(e, argv[2], false, err, err_len) != IOS_DONE)
		return IOS_WRONG;
	if (!host && strchr(net, '/') == NULL)
		strcat(net, "/32");
	if (!(host ? RUN("identity", argv[2]) : RUN("address", net)) ||
			!RUN("pre-shared-key", argv[argc - 1]))
		return IOS_WRONG;
	e->secret = true;
	return IOS_DONE;
}

/* address A | fqdn NAME | email NAME | key-id NAME, or IKEv1's words, as one word of
 * ours. 0: it is none of these. */
static int
identity(char *const *argv, int argc, char *out, size_t cap)
{
	bool domain = argc == 3 && ios_is(argv[1], "domain", 3);

	if (argc == 2 && ios_is(argv[0], "address", 3) && ios_is_ip4(argv[1]))
		snprintf(out, cap, "%s", argv[1]);
	else if ((ios_is(argv[0], "fqdn", 2) || ios_is(argv[0], "host", 3)) &&
			(argc == 2 || domain))
		snprintf(out, cap, "%s%s", domain ? "*." : "", argv[argc - 1]);
	else if ((ios_is(argv[0], "email", 2) || ios_is(argv[0], "user", 3) ||
				 strcasecmp(argv[0], "user-fqdn") == 0) && (argc == 2 || domain))
		snprintf(out, cap, "%s%s", domain ? "*@" : "", argv[argc - 1]);
	else if (argc == 2 && (ios_is(argv[0], "key-id", 3) || ios_is(argv[0], "group", 3)))
		snprintf(out, cap, "key-id:%s", argv[1]);
	else
		return 0;
	return argc;
}

static enum ios_result
keyring_line(struct edit *e, char *const *argv, int argc, bool no, char *err, size_t err_len)
{
	char id[256];

	enum ios_result r;

	if (argc == 2 && ios_is(argv[0], "peer", 4))
		return keyring_peer(e, argv[1], no, err, err_len);
	if (ios_is(argv[0], "pre-shared-key", 3)) {
		r = old_keyring_key(e, argv, argc, no, err, err_len);
		if (r != IOS_OTHER)
			return r;
	}
	if (no || argc < 2)
		return IOS_OTHER;
	if (argc == 2 && ios_is(argv[0], "address", 3) && strchr(argv[1], '/') == NULL) {
		snprintf(id, sizeof(id), "%s/32", argv[1]);
		return RUN("address", id) ? IOS_DONE : IOS_WRONG;
	}
	if (argc == 2 && ios_is(argv[0], "hostname", 4))
		return RUN("identity", argv[1]) ? IOS_DONE : IOS_WRONG;
	if (argc >= 3 && ios_is(argv[0], "identity", 2) &&
			identity(argv + 1, argc - 1, id, sizeof(id)) != 0)
		return RUN("identity", id) ? IOS_DONE : IOS_WRONG;
	return ios_is(argv[0], "pre-shared-key", 3) ? keyring_key(e, argv, argc, err, err_len)
						    : IOS_OTHER;
}

/* ---- IKEv2 profiles -------------------------------------------------------------------------- */

/* match identity remote, or without that word in an ISAKMP profile: where the kind is, else 0. */
static int
is_match_remote(char *const *argv, int argc)
{
	static const char *const kinds[] = { "address", "host", "user", "group" };

	if (argc < 4 || !ios_is(argv[0], "match", 3) || !ios_is(argv[1], "identity", 2))
		return 0;
	if (ios_is(argv[2], "remote", 3))
		return 3;
	for (unsigned int i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (ios_is(argv[2], kinds[i], 3))
			return 2;
	return 0;
}

/* An address and its mask as a prefix; 255.255.255.255 as an address alone. */
static bool
network(const char *addr, const char *mask, char *out, size_t cap)
{
	struct ip4_prefix p = { .len = 0 };
	uint32_t bits;

	if (ip4_parse(addr, &p.addr) != 0 || ip4_parse(mask, &bits) != 0)
		return false;
	while (p.len < 32 && ip4_mask(p.len) != bits)
		p.len++;
	if (ip4_mask(p.len) != bits)
		return false;
	snprintf(out, cap, "%s/%u", addr, p.len);
	if (p.len == 32)
		snprintf(out, cap, "%s", addr);
	return true;
}

/* match identity remote KIND ...: each line is one more who may come. */
static enum ios_result
match_remote(struct edit *e, char *const *argv, int argc, bool no, char *err, size_t err_len)
{
	json_t *had = json_object_get(ios_entry(e), "match-identity");
	bool masked = argc == 3 && ios_is(argv[0], "address", 3);
	char id[256];

	if ((argc == 1 && strcasecmp(argv[0], "any") == 0) ||
			(argc == 2 && ios_is(argv[0], "address", 3) &&
					strcmp(argv[1], "0.0.0.0") == 0))
		return no || had == NULL ? IOS_DONE
					 : wrong(err, err_len, "who may come is listed already",
							   argv[0]);
	if (masked && !network(argv[1], argv[2], id, sizeof(id)))
		return wrong(err, err_len, "expected an address and its mask", argv[2]);
	if (!masked && identity(argv, argc, id, sizeof(id)) == 0)
		return IOS_OTHER;
	return (no ? RUN("no", "match", "identity", "remote", id)
		   : RUN("match", "identity", "remote", id))
			? IOS_DONE
			: IOS_WRONG;
}

/* keyring [local] K: all are looked at here, so it has to be there. */
static enum ios_result
profile_keyring(const struct edit *e, const char *keyring, char *err, size_t err_len)
{
	size_t n = strlen(keyring);
	const char *name;
	json_t *entry;

	json_object_foreach (ikev2(e, "keyring"), name, entry)
		if (strncmp(name, keyring, n) == 0 && (name[n] == '\0' || name[n] == '-'))
			return IOS_DONE;
	return wrong(err, err_len, "there is no such keyring", keyring);
}

/* self-identity address | fqdn [NAME] | user-fqdn NAME */
static enum ios_result
self_identity(struct edit *e, char *const *argv, int argc, char *err, size_t err_len)
{
	char id[256];

	if (argc == 2 && ios_is(argv[1], "address", 3))
		return RUN("no", "identity", "local") ? IOS_DONE : IOS_WRONG;
	if (argc == 2 && ios_is(argv[1], "fqdn", 2))
		return wrong(err, err_len, "say which name", argv[1]);
	if (argc != 3 || identity(argv + 1, 2, id, sizeof(id)) == 0)
		return IOS_OTHER;
	return RUN("identity", "local", id) ? IOS_DONE : IOS_WRONG;
}

/* What a profile of IKEv1 has in other words. */
static enum ios_result
isakmp_profile_line(struct edit *e, char *const *argv, int argc, char *err, size_t err_len)
{
	if (argc >= 2 && ios_is(argv[0], "self-identity", 4))
		return self_identity(e, argv, argc, err, err_len);
	if (argc >= 2 && argc <= 4 && ios_is(argv[0], "keepalive", 4) &&
			(argc == 2 || ios_is(argv[2], "retry", 3)))
		return (argc == 4   ? RUN("dpd", argv[1], argv[3])
			: argc == 2 ? RUN("dpd", argv[1])
				    : false)
				       ? IOS_DONE
				       : IOS_WRONG;
	if (argc == 3 && ios_is(argv[0], "initiate", 4) && ios_is(argv[1], "mode", 4) &&
			ios_is(argv[2], "aggressive", 3))
		return RUN("aggressive-mode") ? IOS_DONE : IOS_WRONG;
	if (argc == 3 && strcasecmp(argv[0], "ca") == 0 && ios_is(argv[1], "trust-point", 5))
		return RUN("pki", "trustpoint", argv[2]) ? IOS_DONE : IOS_WRONG;
	return IOS_OTHER;
}

static enum ios_result
profile_line(struct edit *e, char *const *argv, int argc, char *err, size_t err_len)
{
	enum ios_result r = isakmp_profile_line(e, argv, argc, err, err_len);
	char id[256];

	if (r != IOS_OTHER)
		return r;

	if (argc == 3 && ios_is(argv[0], "match", 3) && ios_is(argv[1], "fvrf", 2) &&
			strcasecmp(argv[2], "any") == 0)
		return IOS_DONE;
	if (argc >= 3 && ios_is(argv[0], "identity", 2) && ios_is(argv[1], "local", 3)) {
		if (argc == 3 && strcasecmp(argv[2], "dn") == 0)
			return RUN("no", "identity", "local") ? IOS_DONE : IOS_WRONG;
		if (argc == 4 && identity(argv + 2, 2, id, sizeof(id)) != 0)
			return RUN("identity", "local", id) ? IOS_DONE : IOS_WRONG;
	}
	if ((argc == 2 || (argc == 3 && ios_is(argv[1], "local", 3))) &&
			ios_is(argv[0], "keyring", 3))
		return profile_keyring(e, argv[argc - 1], err, err_len);
	if (argc == 3 && strcasecmp(argv[0], "nat") == 0 && ios_is(argv[1], "keepalive", 4))
		return RUN("nat-keepalive", argv[2]) ? IOS_DONE : IOS_WRONG;
	if (argc == 2 && strcasecmp(argv[0], "nat") == 0 && ios_is(argv[1], "force-encap", 5))
		return RUN("nat-force") ? IOS_DONE : IOS_WRONG;
	return IOS_OTHER;
}

/* ---- transform sets and IPsec profiles ------------------------------------------------------- */

/* The profile whose entry this is gets the mode that IOS has with a transform set. */
static void
give_mode(json_t *profile, const char *set, const char *mode)
{
	json_t *sets = json_object_get(profile, "transform-sets"), *one;
	size_t i;

	json_array_foreach (sets, i, one)
		if (strcmp(json_string_value(one), set) == 0)
			json_object_set_new(profile, "mode", json_string(mode));
}

static enum ios_result
set_mode(struct edit *e, const char *word, char *err, size_t err_len)
{
	const char *mode = ios_is(word, "transport", 3) ? "transport"
			   : ios_is(word, "tunnel", 3)  ? "tunnel"
							: NULL;
	const char *name;
	json_t *profile;

	if (mode == NULL)
		return wrong(err, err_len, "expected transport or tunnel", word);
	if (e->modes == NULL)
		e->modes = json_object();
	json_object_set_new(e->modes, mode_name(e), json_string(mode));
	json_object_foreach (ipsec(e, "profiles"), name, profile)
		give_mode(profile, mode_name(e), mode);
	return IOS_DONE;
}

static enum ios_result
ipsec_line(struct edit *e, char *const *argv, int argc, char *err, size_t err_len)
{
	const char *words[20], *mode;

	if (argc == 5 && ios_is(argv[0], "set", 3) && ios_is(argv[1], "security-association", 3) &&
			ios_is(argv[2], "lifetime", 3) && ios_is(argv[3], "kilobytes", 3) &&
			ios_is(argv[4], "disable", 3))
		return RUN("set", "security-association", "lifetime", "kilobytes", "0") ? IOS_DONE
											: IOS_WRONG;
	if (argc < 3 || argc > 12 || e->modes == NULL || !ios_is(argv[0], "set", 3) ||
			!ios_is(argv[1], "transform-set", 3))
		return IOS_OTHER;
	for (int i = 0; i < argc; i++)
		words[i] = argv[i];
	words[argc] = NULL;
	if (!ios_run(e, err, err_len, words))
		return IOS_WRONG;
	for (int i = 2; i < argc; i++) {
		mode = json_string_value(json_object_get(e->modes, argv[i]));
		if (mode != NULL)
			give_mode(ios_entry(e), argv[i], mode);
	}
	return IOS_DONE;
}

/* ---- lines of the top ------------------------------------------------------------------------ */

/* A profile that is entered for the first time gets what policies say. */
static enum ios_result
enter_profile(struct edit *e, const char *kind, const char *name, char *err, size_t err_len)
{
	bool ike = strcmp(kind, "ikev2") == 0;
	bool had = json_object_get(ike ? ikev2(e, "profiles") : ipsec(e, "profiles"), name) != NULL;

	if (!RUN("crypto", kind, "profile", name))
		return IOS_WRONG;
	if (!had && ike)
		give_proposals(e, ios_entry(e));
	else if (!had)
		ios_bind_isakmp(e);
	return IOS_DONE;
}

static enum ios_result
top_line(struct edit *e, char *const *argv, int argc, char *err, size_t err_len)
{
	bool v2 = argc >= 3 && ios_is(argv[1], "ikev2", 3);

	if (argc == 3 && ios_is(argv[0], "crypto", 2) && ios_is(argv[1], "keyring", 3) &&
			node_find(e->root, KEYRING, strlen(KEYRING)) != NULL) {
		e->depth = 0;
		return RUN("crypto", "ikev2", "keyring", argv[2]) ? IOS_DONE : IOS_WRONG;
	}
	if (argc < 4 || !ios_is(argv[0], "crypto", 2))
		return IOS_OTHER;
	if (v2 && argc == 4 && ios_is(argv[2], "policy", 3)) {
		e->depth = 0;
		e->policy = true;
		json_decref(e->proposals);
		e->proposals = NULL;
		return IOS_DONE;
	}
	if (ios_is(argv[1], "isakmp", 2) && ios_is(argv[2], "keepalive", 4))
		return isakmp_keepalive(e, argv + 3, argc - 3, err, err_len);
	if (argc == 4 && ios_is(argv[2], "profile", 4) && (v2 || ios_is(argv[1], "ipsec", 2)))
		return enter_profile(e, v2 ? "ikev2" : "ipsec", argv[3], err, err_len);
	return IOS_OTHER;
}

enum ios_result
ios_crypto_line(struct edit *e, char *const *argv, int argc, bool no, char *err, size_t err_len)
{
	enum ios_result r = IOS_OTHER;

	if (e->policy && e->depth == 0 && !no)
		r = policy_line(e, argv, argc, err, err_len);
	if (r == IOS_OTHER && e->policy) {
		e->policy = false;
		e->refused_mode = e->depth == 0; /* if the line is wrong, "exit" leaves the
						  * policy */
	}
	if (r == IOS_OTHER && ios_in_map(e, "ikev2", "keyring"))
		r = keyring_line(e, argv, argc, no, err, err_len);
	else if (r == IOS_OTHER && ios_in_map(e, "ikev2", "profiles") &&
			is_match_remote(argv, argc) != 0)
		r = match_remote(e, argv + is_match_remote(argv, argc),
				argc - is_match_remote(argv, argc), no, err, err_len);
	if (r != IOS_OTHER || no)
		return r;
	if (ios_in_map(e, "ikev2", "profiles"))
		r = profile_line(e, argv, argc, err, err_len);
	else if (ios_in_map(e, "ipsec", "transform-sets") && argc >= 2 && argc <= 3 &&
			ios_is(argv[0], "mode", 4))
		r = set_mode(e, argv[1], err, err_len);
	else if (ios_in_map(e, "ipsec", "profiles"))
		r = ipsec_line(e, argv, argc, err, err_len);
	return r == IOS_OTHER ? top_line(e, argv, argc, err, err_len) : r;
}
