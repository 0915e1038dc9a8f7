/* SPDX-License-Identifier: BSD-3-Clause */
/* IOS's lines to ours; see ios.h. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/ios_int.h"
#include "cli/text.h"
#include "common/inet.h"

#define WORDS_MAX 20

/* clang-format off */
const struct command_row ios_rows[] = {
	{ "default", COMMAND_CONFIG, "As on IOS: to its default; of an entry its options", NULL, -1,
	  { { ARG_VALUE, "COMMAND", "what no would take back", NULL } },
	  "*" },
	{ "banner", COMMAND_CONFIG, "As on IOS: read, and not kept", NULL, -1,
	  { { ARG_VALUE, "TYPE", "motd, login, exec, ...; then a delimiter, text, delimiter",
	      NULL } } },
	{ "crypto isakmp policy", COMMAND_CONFIG, "As on IOS: crypto ikev2 proposal", NULL, -1,
	  { { ARG_VALUE, "NAME", "name or number of the policy", NULL } } },
	{ "crypto isakmp profile", COMMAND_CONFIG,
	  "As on IOS: crypto ikev2 profile, of version ikev1", NULL, -1,
	  { { ARG_VALUE, "NAME", "name of the profile", NULL } } },
	{ "crypto isakmp key", COMMAND_CONFIG, "As on IOS: crypto ikev2 keyring", NULL, -1,
	  { { ARG_VALUE, "SECRET", "the pre-shared key", NULL },
	    { ARG_OPTIONAL, "address", "or hostname", NULL },
	    { ARG_OPTIONAL, "A.B.C.D", "of the peer, or its name", NULL },
	    { ARG_OPTIONAL, "MASK", "of a network of peers", NULL } } },
	{ "crypto keyring", COMMAND_CONFIG, "As on IOS: entries of crypto ikev2 keyring", NULL, -1,
	  { { ARG_VALUE, "NAME", "name of the keyring", NULL } } },
	{ "crypto isakmp keepalive", COMMAND_CONFIG,
	  "As on IOS: dpd of the profile isakmp, which all policies have", NULL, -1,
	  { { ARG_VALUE, "SECONDS", "silence until the peer is asked", NULL },
	    { ARG_OPTIONAL, "RETRY", "seconds until it is asked again", NULL } } },
	{ "crypto ikev2 policy", COMMAND_CONFIG,
	  "As on IOS: proposals of the profiles that name none", NULL, -1,
	  { { ARG_VALUE, "NAME", "name of the policy", NULL } } },
	{ "proposal", COMMAND_CONFIG, "As on IOS, in crypto ikev2 policy", NULL, -1,
	  { { ARG_VALUE, "NAME...", "names of proposals", NULL } } },
	{ "match fvrf", COMMAND_CONFIG, "As on IOS: any", NULL, -1,
	  { { ARG_VALUE, "any", "there is one routing table", NULL } },
	  "ikev2/profiles" },
	{ "match identity address", COMMAND_CONFIG, "As on IOS, in an ISAKMP profile", NULL, -1,
	  { { ARG_VALUE, "A.B.C.D", "address by which the peer calls itself", NULL },
	    { ARG_OPTIONAL, "MASK", "any of a network", NULL } },
	  "ikev2/profiles" },
	{ "match identity host", COMMAND_CONFIG, "As on IOS, in an ISAKMP profile", NULL, -1,
	  { { ARG_WORD, "domain", "any name of the domain", NULL },
	    { ARG_VALUE, "NAME", "domain name", NULL } },
	  "ikev2/profiles" },
	{ "match identity user", COMMAND_CONFIG, "As on IOS, in an ISAKMP profile", NULL, -1,
	  { { ARG_WORD, "domain", "any user of the domain", NULL },
	    { ARG_VALUE, "NAME", "user@domain", NULL } },
	  "ikev2/profiles" },
	{ "match identity group", COMMAND_CONFIG, "As on IOS, in an ISAKMP profile: a key-id", NULL,
	  -1, { { ARG_VALUE, "NAME", "name of the group", NULL } },
	  "ikev2/profiles" },
	{ "self-identity", COMMAND_CONFIG, "As on IOS, in an ISAKMP profile: identity local", NULL,
	  -1,
	  { { ARG_VALUE, "address|fqdn|user-fqdn", "kind", NULL },
	    { ARG_OPTIONAL, "NAME", "who we say we are", NULL } },
	  "ikev2/profiles" },
	{ "initiate mode aggressive", COMMAND_CONFIG,
	  "As on IOS, in an ISAKMP profile: aggressive-mode", NULL, -1,
	  { { ARG_NONE, NULL, NULL, NULL } },
	  "ikev2/profiles" },
	{ "ca trust-point", COMMAND_CONFIG, "As on IOS, in an ISAKMP profile: pki trustpoint", NULL,
	  -1, { { ARG_VALUE, "NAME", "name of the trustpoint", NULL } },
	  "ikev2/profiles" },
	{ "peer", COMMAND_CONFIG, "As on IOS, in a keyring: an entry of its own", NULL, -1,
	  { { ARG_VALUE, "NAME", "name of the peer", NULL } },
	  "ikev2/keyring" },
	{ "keyring", COMMAND_CONFIG, "As on IOS, in a profile: all keys are looked at anyway", NULL,
	  -1,
	  { { ARG_WORD, "local", "on this hub", NULL },
	    { ARG_VALUE, "NAME", "name of the keyring", NULL } },
	  "ikev2/profiles" },
	{ "nat", COMMAND_CONFIG, "As on IOS, in a profile: nat-keepalive, nat-force", NULL, -1,
	  { { ARG_VALUE, "keepalive|force-encap", "what", NULL } },
	  "ikev2/profiles" },
	{ "mode", COMMAND_CONFIG, "As on IOS, in a transform set: set mode of its "
				  "profiles", NULL, -1,
	  { { ARG_VALUE, "transport|tunnel", "mode", NULL } },
	  "ipsec/transform-sets" },
	{ "lifetime", COMMAND_CONFIG, "As on IOS, in an ISAKMP policy: of all of them", NULL, -1,
	  { { ARG_VALUE, "SECONDS", "age of an ISAKMP SA", NULL } },
	  "ikev2/proposals" },
	{ "hash", COMMAND_CONFIG, "As on IOS: integrity", NULL, -1,
	  { { ARG_VALUE, "sha|sha256|sha384|sha512", "hash", NULL } },
	  "ikev2/proposals" },
	{ "authentication", COMMAND_CONFIG, "As on IOS, in an ISAKMP policy: of all of them", NULL,
	  -1, { { ARG_VALUE, "pre-share|rsa-sig", "by pre-shared key, or certificate", NULL } },
	  "ikev2/proposals" },
	{ "set isakmp-profile", COMMAND_CONFIG, "As on IOS: set ikev2-profile", NULL, -1,
	  { { ARG_VALUE, "NAME", "name of the profile", NULL } },
	  "ipsec/profiles" },
	{ "crypto map", COMMAND_CONFIG,
	  "As on IOS: a tunnel of mode ipsec with its profile; on an interface, where it "
	  "begins", NULL,
	  -1,
	  { { ARG_VALUE, "NAME", "name of the map", NULL },
	    { ARG_OPTIONAL, "SEQUENCE", "number of the entry", NULL },
	    { ARG_WORD, "ipsec-isakmp", "keys by IKE", NULL } } },
	{ "set peer", COMMAND_CONFIG, "As on IOS, in a crypto map: tunnel destination", NULL, -1,
	  { { ARG_VALUE, "A.B.C.D|NAME", "far end, or one more of them", NULL },
	    { ARG_WORD, "default", "the one that is called first", NULL } },
	  "ipsec/profiles" },
	{ "match address", COMMAND_CONFIG, "As on IOS, in a crypto map: what it protects", NULL, -1,
	  { { ARG_VALUE, "LIST", "access list", NULL } },
	  "ipsec/profiles" },
	{ "access-list", COMMAND_CONFIG, "As on IOS: a policy of a crypto map", NULL, -1,
	  { { ARG_VALUE, "LIST", "name or number", NULL },
	    { ARG_VALUE, "permit|deny", "protect, or not", NULL },
	    { ARG_VALUE, "PROTOCOL", "ip, tcp, udp, ...", NULL },
	    { ARG_VALUE, "SOURCE", "any, host A, A WILDCARD, A/LENGTH", NULL },
	    { ARG_VALUE, "DESTINATION", "likewise; behind both may follow eq PORT, range PORT PORT",
	      NULL } } },
	{ "ip access-list extended", COMMAND_CONFIG,
	  "As on IOS: policies of a crypto map; lines with permit and deny follow", NULL, -1,
	  { { ARG_VALUE, "LIST", "name or number", NULL } } },
	{ "permit", COMMAND_CONFIG, "As on IOS, in an access list: protect", NULL, -1,
	  { { ARG_VALUE, "PROTOCOL", "ip, tcp, udp, ...", NULL } } },
	{ "tos", COMMAND_CONFIG, "As on IOS, in a probe: dscp", NULL, -1,
	  { { ARG_VALUE, "0-255", "of which DSCP is the upper six bits", NULL } },
	  "/slas" },
	{ "deny", COMMAND_CONFIG, "As on IOS, in an access list: do not protect", NULL, -1,
	  { { ARG_VALUE, "PROTOCOL", "ip, tcp, udp, ...", NULL } } },
};
/* clang-format on */
const unsigned int n_ios_rows = sizeof(ios_rows) / sizeof(ios_rows[0]);

bool
ios_run(struct edit *e, char *err, size_t err_len, const char *const *words)
{
	char *argv[WORDS_MAX];
	int argc = 0;

	while (argc < WORDS_MAX && words[argc] != NULL) {
		argv[argc] = (char *)words[argc];
		argc++;
	}
	return edit_words(e, argv, argc, err, err_len);
}

bool
ios_is_ip4(const char *text)
{
	uint32_t a;

	return ip4_parse(text, &a) == 0;
}

bool
ios_in_map(const struct edit *e, const char *parent, const char *name)
{
	const struct node *map = e->depth > 0 ? e->at[e->depth - 1].map : NULL;

	return map != NULL && strcmp(map->name, name) == 0 && map->parent != NULL &&
	       strcmp(map->parent->name, parent) == 0;
}

bool
ios_is(const char *word, const char *full, size_t least)
{
	size_t n = strlen(word);

	return n >= least && n <= strlen(full) && strncasecmp(word, full, n) == 0;
}

json_t *
ios_entry(const struct edit *e)
{
	const struct node *map = e->depth > 0 ? e->at[e->depth - 1].map : NULL;

	return map == NULL ? NULL
			   : json_object_get(edit_entries(e, map), e->at[e->depth - 1].name);
}

bool
ios_is_link(const struct edit *e, const char *name)
{
	return json_object_get(json_object_get(e->doc, "interfaces"), name) != NULL ||
	       json_object_get(json_object_get(e->doc, "tunnels"), name) != NULL;
}

/* crypto isakmp key [0] SECRET address A [MASK], or hostname NAME. */
static bool
key_line(struct edit *e, char *const *argv, int argc, char *err, size_t err_len)
{
	bool digit = argc >= 4 && strcmp(argv[0], "0") == 0, host;
	char name[EDIT_NAME_MAX], addr[64];

	if (argc >= 4 && strcmp(argv[0], "6") == 0) {
		snprintf(err, err_len, "\"6\": " IOS_TYPE_6);
		return false;
	}
	argv += digit;
	argc -= digit;
	host = argc >= 2 && ios_is(argv[1], "hostname", 4);
	if (argc < 3 || argc > 4 || (!host && !ios_is(argv[1], "address", 3)) ||
			(host && argc == 4)) {
		snprintf(err, err_len,
				"expected a key, and address A.B.C.D [MASK] or hostname NAME");
		return false;
	}
	snprintf(name, sizeof(name), "isakmp-%s", argv[2]);
	snprintf(addr, sizeof(addr), "%s%s", argv[2], strchr(argv[2], '/') != NULL ? "" : "/32");
	if (!RUN("crypto", "ikev2", "keyring", name))
		return false;
	if (host ? !RUN("identity", argv[2])
	    : argc == 4 ? !RUN("address", argv[2], argv[3]) : !RUN("address", addr))
		return false;
	if (!RUN("pre-shared-key", argv[0]))
		return false;
	edit_leave(e);
	e->secret = true;
	return true;
}

static bool
crypto_isakmp(struct edit *e, char *const *argv, int argc, bool no, char *err, size_t err_len)
{
	e->secret = false;
	if (argc >= 1 && !no && ios_is(argv[0], "key", 3)) {
		bool ok = key_line(e, argv + 1, argc - 1, err, err_len);

		e->secret = true; /* what was typed has the key in it, right or wrong */
		return ok;
	}
	if (argc == 2 && ios_is(argv[0], "policy", 2))
		return ios_isakmp_policy(e, argv[1], no, err, err_len);
	if (no) {
		snprintf(err, err_len, "expected no crypto isakmp policy NUMBER; keys are entries "
				       "of crypto ikev2 keyring");
		return false;
	}
	if (argc == 2 && ios_is(argv[0], "profile", 2))
		return RUN("crypto", "ikev2", "profile", argv[1]) && RUN("version", "ikev1");
	snprintf(err, err_len, "expected policy NAME, profile NAME or key SECRET address A.B.C.D");
	return false;
}

/* In a proposal. */
static enum ios_result
policy_line(struct edit *e, char *const *argv, int argc, char *err, size_t err_len)
{
	char cipher[32];

	if (argc >= 2 && ios_is(argv[0], "encryption", 4) && strcasecmp(argv[1], "aes") == 0) {
		snprintf(cipher, sizeof(cipher), "aes-cbc-%s", argc == 3 ? argv[2] : "128");
		return argc <= 3 && RUN("encryption", cipher) ? IOS_DONE : IOS_WRONG;
	}
	if (argc == 2 && ios_is(argv[0], "hash", 2))
		return RUN("integrity", strcasecmp(argv[1], "sha") == 0 ? "sha1" : argv[1])
				       ? IOS_DONE
				       : IOS_WRONG;
	if (argc == 2 && ios_is(argv[0], "authentication", 4)) {
		return ios_isakmp_authentication(e, argv[1], err, err_len);
	}
	if (argc == 2 && ios_is(argv[0], "lifetime", 4)) {
		return ios_isakmp_lifetime(e, argv[1], err, err_len);
	}
	return IOS_OTHER;
}

/* crypto ipsec transform-set NAME esp-aes 256 esp-sha-hmac; @argv begins with the name. */
static bool
transforms(struct edit *e, char *const *argv, int argc, char *err, size_t err_len)
{
	static const struct {
		const char *ios, *ours;
	} hashes[] = { { "esp-sha-hmac", "sha1" }, { "esp-sha256-hmac", "sha256" },
		{ "esp-sha384-hmac", "sha384" }, { "esp-sha512-hmac", "sha512" } };
	const char *set = argv[0], *bits, *hash = NULL;
	bool gcm = strcasecmp(argv[1], "esp-gcm") == 0;
	char cipher[32];
	int at;

	argv++;
	argc--;
	bits = argc > 1 && argv[1][0] != 'e' ? argv[1] : NULL;
	at = bits != NULL ? 2 : 1;
	for (size_t i = 0; at < argc && i < sizeof(hashes) / sizeof(hashes[0]); i++)
		if (strcasecmp(hashes[i].ios, argv[at]) == 0)
			hash = hashes[i].ours;
	if (at + (hash != NULL) < argc) {
		snprintf(err, err_len, "\"%s\" is not known here", argv[at + (hash != NULL)]);
		return false;
	}

	if (strcasecmp(argv[0], "esp-3des") == 0)
		snprintf(cipher, sizeof(cipher), "3des");
	else if (gcm || strcasecmp(argv[0], "esp-aes") == 0)
		snprintf(cipher, sizeof(cipher), "aes-%s-%s", gcm ? "gcm" : "cbc",
				bits != NULL ? bits : "128");
	else
		snprintf(cipher, sizeof(cipher), "%s", argv[0]);
	return RUN("crypto", "ipsec", "transform-set", set) && RUN("encryption", cipher) &&
	       (hash == NULL || RUN("integrity", hash));
}

bool
ios_destination(struct edit *e, const char *peer, char *err, size_t err_len)
{
	bool name = strpbrk(peer, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != NULL;
	json_t *t = json_object_get(json_object_get(e->doc, "tunnels"), e->at[e->depth - 1].name);

	if (strchr(peer, ':') != NULL) {
		snprintf(err, err_len, "%s: outer addresses are IPv4 here", peer);
		return false;
	}
	if (!RUN("tunnel", name ? "destination-name" : "destination", peer))
		return false;
	json_object_del(t, name ? "destination" : "destination-name");
	return true;
}

/* The one entry of a map that @word is short for; NULL: it is a name, or there is none, or
 * several. */
static const char *
named_short(const json_t *map, const char *word)
{
	const char *name, *found = NULL;
	json_t *entry;

	if (json_object_get(map, word) != NULL)
		return NULL;
	json_object_foreach ((json_t *)map, name, entry) {
		if (!text_short_for(word, strlen(word), name, strlen(name)))
			continue;
		if (found != NULL)
			return NULL;
		found = name;
	}
	return found;
}

/* "tu10", "tun10": a tunnel's number behind less than the whole word. */
static bool
is_short_tunnel(const char *word)
{
	size_t n = strcspn(word, "0123456789");

	return n >= 2 && n < 6 && word[n] != '\0' && strncasecmp(word, "tunnel", n) == 0 &&
			word[n + strspn(word + n, "0123456789")] == '\0';
}

/* interface tu10, interface gi0/1, interface tunnel 10: of those that there are. Another tunnel
 * gets the whole word: "tu11" and "tunnel 11" are tunnel11. */
static enum ios_result
interface_line(struct edit *e, char *const *argv, int argc, bool no, char *err, size_t err_len)
{
	const json_t *interfaces = json_object_get(e->doc, "interfaces");
	const json_t *tunnels = json_object_get(e->doc, "tunnels");
	bool apart = argc == 3 && ios_is(argv[1], "tunnel", 2);
	char word[EDIT_NAME_MAX], name[EDIT_NAME_MAX];
	const char *found;

	if (argc < 2 || (argc == 3 && !apart) || argc > 3 || !ios_is(argv[0], "interface", 3))
		return IOS_OTHER;
	if (apart && (argv[2][strspn(argv[2], "0123456789")] != '\0' ||
				     json_object_get(tunnels, argv[2]) != NULL))
		return IOS_OTHER;
	snprintf(word, sizeof(word), "%s%.100s", apart ? "tunnel" : "", argv[argc - 1]);
	if (!apart && (json_object_get(interfaces, word) != NULL ||
				      json_object_get(tunnels, word) != NULL))
		return IOS_OTHER;
	found = apart ? NULL : named_short(interfaces, word);
	if (found != NULL) {
		snprintf(name, sizeof(name), "%s", found);
		return (no ? RUN("no", "interface", name) : RUN("interface", name)) ? IOS_DONE
										     : IOS_WRONG;
	}
	found = named_short(tunnels, word);
	if (found != NULL)
		snprintf(name, sizeof(name), "%s", found);
	else if (!no && (apart || is_short_tunnel(word)))
		snprintf(name, sizeof(name), "tunnel%s", word + strcspn(word, "0123456789"));
	else
		return IOS_OTHER;
	return (no ? RUN("no", "interface", "tunnel", name) : RUN("interface", "tunnel", name))
			       ? IOS_DONE
			       : IOS_WRONG;
}

/* In any mode: the words say by themselves what they are about. */
static enum ios_result
line_anywhere(struct edit *e, char *const *argv, int argc, bool no, char *err, size_t err_len)
{
	enum ios_result r;

	if (argc >= 1 && ios_is(argv[0], "banner", 6)) {
		snprintf(e->note, sizeof(e->note), "banners are not kept: the host's login has "
						   "one");
		return IOS_DONE;
	}
	if (argc >= 2 && ios_is(argv[0], "crypto", 2) && ios_is(argv[1], "isakmp", 2)) {
		if (!crypto_isakmp(e, argv + 2, argc - 2, no, err, err_len))
			return IOS_WRONG;
		return IOS_DONE;
	}
	r = interface_line(e, argv, argc, no, err, err_len);
	if (r != IOS_OTHER || no)
		return r;
	if (argc >= 5 && ios_is(argv[0], "crypto", 2) && ios_is(argv[1], "ipsec", 2) &&
			ios_is(argv[2], "transform-set", 2) && strncasecmp(argv[4], "esp-", 4) == 0)
		return transforms(e, argv + 3, argc - 3, err, err_len) ? IOS_DONE : IOS_WRONG;
	if (argc == 5 && ios_is(argv[0], "tunnel", 3) && ios_is(argv[1], "protection", 4) &&
			ios_is(argv[2], "ipsec", 2) && ios_is(argv[3], "profile", 2))
		return RUN("tunnel", "protection", argv[4]) ? IOS_DONE : IOS_WRONG;
	if (argc == 3 && ios_is(argv[0], "tunnel", 3) && strcasecmp(argv[1], "destination") == 0 &&
			e->depth > 0 && strcmp(e->at[e->depth - 1].map->name, "tunnels") == 0)
		return ios_destination(e, argv[2], err, err_len) ? IOS_DONE : IOS_WRONG;
	return IOS_OTHER;
}

enum ios_result
ios_line(struct edit *e, char *const *argv, int argc, char *err, size_t err_len)
{
	bool no = argc > 0 && edit_is_no(argv[0]);
	enum ios_result r = ios_vrrp_line(e, argv + no, argc - no, no, err, err_len);

	if (r == IOS_OTHER)
		r = ios_map_line(e, argv + no, argc - no, no, err, err_len);

	if (r == IOS_OTHER)
		r = ios_crypto_line(e, argv + no, argc - no, no, err, err_len);
	if (r == IOS_OTHER)
		r = line_anywhere(e, argv + no, argc - no, no, err, err_len);
	if (r == IOS_OTHER)
		r = ios_form_line(e, argv + no, argc - no, no, err, err_len);
	if (r == IOS_OTHER && ios_in_map(e, "ikev2", "proposals"))
		r = policy_line(e, argv, argc, err, err_len);
	if (r == IOS_OTHER && ios_in_map(e, "ipsec", "profiles") && argc == 3 &&
			strcasecmp(argv[0], "set") == 0 && ios_is(argv[1], "isakmp-profile", 2))
		r = RUN("set", "ikev2-profile", argv[2]) ? IOS_DONE : IOS_WRONG;
	return r;
}
