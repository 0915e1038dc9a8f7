/* SPDX-License-Identifier: BSD-3-Clause */
/* Cross checks of IKEv2 and IPsec: algorithms that go together, keys, profiles; see validate.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/config/validate_priv.h"

#define PSK_SHORT 12 /* characters below which guessing is near (RFC 7296 section 5, on PSKs) */

/* RFC 8247: what is SHOULD NOT or MUST NOT for IKE still works for old peers. */
static void
check_weak_groups(struct validator *v, const char *map, const char *name, const char *field,
		const struct cfg_list *groups)
{
	for (unsigned int i = 0; i < groups->n; i++)
		if (groups->v[i] == 2 || groups->v[i] == 5)
			entry_warning(v, map, name, field,
					"group %u is weak (RFC 8247 section 2.4): for old peers "
					"only",
					groups->v[i]);
}

static void
check_weak(struct validator *v, const struct cfg_ike_proposal *p)
{
	for (unsigned int i = 0; i < p->encryption.n; i++)
		if (p->encryption.v[i] == CFG_ENC_3DES)
			entry_warning(v, AT_PROPOSALS, p->name, "encryption",
					"3des is weak (RFC 8247 section 2.1): for old peers only");
	for (unsigned int i = 0; i < p->integrity.n; i++)
		if (p->integrity.v[i] == CFG_HASH_SHA1)
			entry_warning(v, AT_PROPOSALS, p->name, "integrity",
					"sha1 is weak (RFC 8247 section 2.3): for old peers only");
	check_weak_groups(v, AT_PROPOSALS, p->name, "group", &p->group);
}

static void
check_proposal(struct validator *v, const struct cfg_ike_proposal *p)
{
	unsigned int n_aead = 0;

	for (unsigned int i = 0; i < p->encryption.n; i++)
		n_aead += cfg_encryption_is_aead(p->encryption.v[i]);
	/* RFC 7296 section 3.3: combined-mode ciphers and others need proposals of their own. */
	if (n_aead != 0 && n_aead != p->encryption.n)
		entry_error(v, AT_PROPOSALS, p->name, "encryption",
				"AEADs, such as AES-GCM, and AES-CBC, AES-CTR or 3DES can't be in "
				"one proposal: make two");
	else if (n_aead != 0 && p->integrity.n != 0)
		entry_error(v, AT_PROPOSALS, p->name, "integrity",
				"AES-GCM and other AEADs have their own integrity; for key "
				"derivation use prf");
	check_weak(v, p);
}

static int
key_cmp(const void *a, const void *b)
{
	const struct cfg_ike_key *x = *(const struct cfg_ike_key *const *)a;
	const struct cfg_ike_key *y = *(const struct cfg_ike_key *const *)b;

	if (x->address.addr != y->address.addr)
		return x->address.addr < y->address.addr ? -1 : 1;
	if (x->address.len != y->address.len)
		return x->address.len < y->address.len ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int
check_keyring(struct validator *v)
{
	const struct cfg *c = v->c;
	const struct cfg_ike_key **list = calloc(c->n_ike_keys + 1, sizeof(*list));
	char buf[IP4_PREFIX_STR_LEN], path[512];
	struct ip4_prefix net;
	uint32_t n = 0;

	if (list == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->n_ike_keys; i++) {
		const struct cfg_ike_key *k = &c->ike_keys[i];

		if (k->has_address)
			list[n++] = k;
		else if (k->identity[0] == '\0' && v->n_read_errors == 0)
			entry_error(v, AT_KEYRING, k->name, "address",
					"a key is found by address or by identity: give one");
		if (k->identity[0] != '\0' && ip4_prefix_parse(k->identity, &net) == 0 &&
				net.len < 32)
			entry_error(v, AT_KEYRING, k->name, "identity",
					"a network is the entry's address");
		if (k->psk[0] != '\0' && strlen(k->psk) < PSK_SHORT)
			entry_warning(v, AT_KEYRING, k->name, "pre-shared-key",
					"shorter than %d characters: it can be guessed", PSK_SHORT);
		if (k->psk_local[0] != '\0' && strlen(k->psk_local) < PSK_SHORT)
			entry_warning(v, AT_KEYRING, k->name, "pre-shared-key-local",
					"shorter than %d characters: it can be guessed", PSK_SHORT);
	}
	qsort(list, n, sizeof(*list), key_cmp);
	for (uint32_t i = 1; i < n; i++) {
		if (list[i]->address.addr != list[i - 1]->address.addr ||
				list[i]->address.len != list[i - 1]->address.len)
			continue;
		if (v->n_read_errors > 0 &&
				(read_errors_at(v, entry_path(AT_KEYRING, list[i]->name, "address",
								   path)) ||
						read_errors_at(v,
								entry_path(AT_KEYRING,
										list[i - 1]->name,
										"address", path))))
			continue;
		entry_error(v, AT_KEYRING, list[i]->name, "address",
				"%s has a key already, %s: which one to use?",
				ip4_prefix_str(&list[i]->address, buf), list[i - 1]->name);
	}
	free(list);
	return 0;
}

/* IKEv1 has ciphers with CBC only, and one group for all proposals of aggressive mode. */
static void
check_ikev1(struct validator *v, const struct cfg_ike_profile *p)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < p->proposals.n; i++) {
		const struct cfg_ike_proposal *q =
				cfg_ike_proposal_find(v->c, p->proposals.v[i]);

		for (unsigned int k = 0; q != NULL && k < q->encryption.n; k++)
			n += q->encryption.v[k] <= CFG_ENC_AES_CBC_256 ||
			     q->encryption.v[k] == CFG_ENC_3DES;
	}
	if (n == 0)
		entry_error(v, AT_IKE, p->name, "proposals",
				"none of them can be used with IKEv1: it needs AES-CBC or 3DES");
	if (p->reauth_s != 0)
		entry_error(v, AT_IKE, p->name, "reauth-seconds",
				"is for IKEv2: IKEv1 always authenticates anew");
	if (p->childless)
		entry_error(v, AT_IKE, p->name, "childless", "is for IKEv2 only");
	if (p->aggressive)
		entry_warning(v, AT_IKE, p->name, "aggressive-mode",
				"lets an eavesdropper guess at the pre-shared key offline");
}

/* Schedules that could not do what they are for. */
static void
check_dpd(struct validator *v, const struct cfg_ike_profile *p)
{
	uint32_t worst_s = cfg_dpd_worst_s(p);

	if (p->dpd_mode == CFG_DPD_ON_DEMAND && p->dpd_interval_s == 0)
		entry_error(v, AT_IKE, p->name, "dpd",
				"on-demand needs an interval; without any it is dpd disabled");
	if (worst_s == 0)
		return;
	if (p->dpd_retry_s > p->dpd_interval_s)
		entry_error(v, AT_IKE, p->name, "dpd-retry",
				"%u s is longer than the interval of %u s: a peer that does not "
				"answer is asked more often, not less",
				p->dpd_retry_s, p->dpd_interval_s);
	if (worst_s >= p->lifetime_s)
		entry_error(v, AT_IKE, p->name, "dpd",
				"a dead peer would be known after %u s, but its SA lives %u s only",
				worst_s, p->lifetime_s);
	if (p->dpd_count == 1)
		entry_warning(v, AT_IKE, p->name, "dpd-count",
				"one lost packet is taken for a dead peer");
}

static void
check_ike_profile(struct validator *v, const struct cfg_ike_profile *p)
{
	char field[32];

	check_dpd(v, p);

	if (p->version == CFG_IKE_V1)
		check_ikev1(v, p);
	else if (p->aggressive)
		entry_error(v, AT_IKE, p->name, "aggressive-mode", "is a mode of IKEv1 only");

	for (unsigned int i = 0; i < p->proposals.n; i++) {
		if (cfg_ike_proposal_find(v->c, p->proposals.v[i]) != NULL)
			continue;
		snprintf(field, sizeof(field), "proposals/%u", i);
		entry_error(v, AT_IKE, p->name, field, "there is no proposal \"%s\"",
				p->proposals.v[i]);
	}
}

static void
check_transform_set(struct validator *v, const struct cfg_transform_set *s)
{
	char path[512];

	if (v->n_read_errors > 0 && read_errors_at(v, entry_path(AT_SETS, s->name, NULL, path)))
		return;
	if (cfg_encryption_is_aead(s->encryption) && s->has_integrity)
		entry_error(v, AT_SETS, s->name, "integrity",
				"AES-GCM and other AEADs have their own integrity: leave it out");
	else if (!cfg_encryption_is_aead(s->encryption) && !s->has_integrity)
		entry_error(v, AT_SETS, s->name, "integrity",
				"must not be used without integrity (RFC 8221 section 4)");
	if (s->encryption == CFG_ENC_3DES)
		entry_warning(v, AT_SETS, s->name, "encryption",
				"3des is weak (RFC 8221 section 5): for old peers only");
	else if (s->encryption == CFG_ENC_NULL || s->encryption >= CFG_ENC_AES_GMAC_128)
		entry_warning(v, AT_SETS, s->name, "encryption",
				"packets are not encrypted, only authenticated");
	if (s->has_integrity && s->integrity == CFG_HASH_SHA1)
		entry_warning(v, AT_SETS, s->name, "integrity",
				"sha1 is weak (RFC 8221 section 6): for old peers only");
}

/* RFC 2407 and its successors have no number for these. */
static bool
ikev1_has(const struct cfg_transform_set *s)
{
	return s->encryption != CFG_ENC_CHACHA20_POLY1305 &&
	       !(s->has_integrity && s->integrity == CFG_HASH_AES_CMAC);
}

static void
check_ipsec_ikev1(struct validator *v, const struct cfg_ipsec_profile *p)
{
	const struct cfg_ike_profile *ike = cfg_ike_profile_find(v->c, p->ikev2_profile);

	if (ike == NULL || ike->version != CFG_IKE_V1 || p->transform_sets.n == 0)
		return;
	for (unsigned int i = 0; i < p->transform_sets.n; i++) {
		const struct cfg_transform_set *s =
				cfg_transform_set_find(v->c, p->transform_sets.v[i]);

		if (s == NULL || ikev1_has(s))
			return;
	}
	entry_error(v, AT_IPSEC, p->name, "transform-sets",
			"none of them can be used with IKEv1: it has no ChaCha20-Poly1305 and no "
			"AES-CMAC");
}

static void
check_ipsec_profile(struct validator *v, const struct cfg_ipsec_profile *p)
{
	char field[32];

	for (unsigned int i = 0; i < p->transform_sets.n; i++) {
		if (cfg_transform_set_find(v->c, p->transform_sets.v[i]) != NULL)
			continue;
		snprintf(field, sizeof(field), "transform-sets/%u", i);
		entry_error(v, AT_IPSEC, p->name, field, "there is no transform set \"%s\"",
				p->transform_sets.v[i]);
	}
	if (p->ikev2_profile[0] != '\0' && cfg_ike_profile_find(v->c, p->ikev2_profile) == NULL)
		entry_error(v, AT_IPSEC, p->name, "ikev2-profile",
				"there is no IKEv2 profile \"%s\"", p->ikev2_profile);
	check_ipsec_ikev1(v, p);
	check_weak_groups(v, AT_IPSEC, p->name, "pfs", &p->pfs);
	if (p->replay_window == 0)
		entry_warning(v, AT_IPSEC, p->name, "replay-window",
				"0 lets recorded packets be sent again");
}

int
validate_crypto(struct validator *v)
{
	const struct cfg *c = v->c;

	for (uint32_t i = 0; i < c->n_ike_proposals; i++)
		check_proposal(v, &c->ike_proposals[i]);
	for (uint32_t i = 0; i < c->n_ike_profiles; i++)
		check_ike_profile(v, &c->ike_profiles[i]);
	for (uint32_t i = 0; i < c->n_transform_sets; i++)
		check_transform_set(v, &c->transform_sets[i]);
	for (uint32_t i = 0; i < c->n_ipsec_profiles; i++)
		check_ipsec_profile(v, &c->ipsec_profiles[i]);
	validate_pki(v);
	return check_keyring(v);
}

/* Is there a side that proves itself by a pre-shared key? */
static bool
needs_key(const struct cfg *c, const struct cfg_tunnel *t)
{
	const struct cfg_ike_profile *p = cfg_profile_of(c, t);

	return p == NULL || p->auth_local == CFG_AUTHN_PSK || p->auth_remote == CFG_AUTHN_PSK;
}

const char *
protection_lacks_key(const struct validator *v, const struct cfg_tunnel *t, char *buf, size_t len)
{
	const struct cfg_ike_key *key = cfg_key_of(v->keys, t);
	char addr[IP4_STR_LEN];

	if (!needs_key(v->c, t) || t->ipsec_secret[0] != '\0' || read_errors_at(v, AT_KEYRING))
		return NULL;
	if (key != NULL && key->psk_local[0] != '\0' && cfg_profile_of(v->c, t) != NULL &&
			cfg_profile_of(v->c, t)->version == CFG_IKE_V1) {
		snprintf(buf, len, "IKEv1 has one key for both directions, and its entry of "
				   "/crypto/ikev2/keyring, \"%s\", has two",
				key->name);
		return buf;
	}
	if (key != NULL && key->psk[0] != '\0')
		return NULL;
	if (key != NULL && key->ppk[0] == '\0')
		return NULL; /* an entry without any secret is complained of itself */
	if (key != NULL)
		snprintf(buf, len,
				"its entry of /crypto/ikev2/keyring, \"%s\", has a ppk, but no "
				"pre-shared-key",
				key->name);
	else if (t->peer_identity[0] != '\0')
		snprintf(buf, len, "no entry of /crypto/ikev2/keyring has a key for identity %s",
				t->peer_identity);
	else if (t->destination != 0)
		snprintf(buf, len, "no entry of /crypto/ikev2/keyring has a key for %s",
				ip4_str(t->destination, addr));
	else if (t->group_limit != 0 && group_names_many(v->c, t))
		snprintf(buf, len, "no entry of /crypto/ikev2/keyring has a key for what its "
				   "profile matches");
	else
		return NULL; /* who is the far end is asked elsewhere */
	return buf;
}

void
validate_protection(struct validator *v, const struct cfg_tunnel *t)
{
	char buf[CFG_ID_MAX + 80];
	const char *wrong = protection_lacks_key(v, t, buf, sizeof(buf));
	struct cfg_tunnel far;

	for (unsigned int i = 0; wrong == NULL && cfg_far_end(t, i, &far); i++)
		wrong = protection_lacks_key(v, &far, buf, sizeof(buf));

	if (cfg_ipsec_profile_find(v->c, t->protection) == NULL)
		entry_error(v, AT_TUNNELS, t->name, "protection",
				"there is no IPsec profile \"%s\"", t->protection);
	if (wrong != NULL)
		entry_error(v, AT_TUNNELS, t->name, "protection", "%s", wrong);
}

/* What an algorithm of ESP puts around a packet: RFC 4106, RFC 3602, RFC 4868 and others. */
static void
esp_parts(const struct cfg_transform_set *s, struct mtu_parts *p)
{
	static const uint8_t icv_of[CFG_N_HASHES] = { [CFG_HASH_SHA1] = 12,
		[CFG_HASH_SHA256] = 16,
		[CFG_HASH_SHA384] = 24,
		[CFG_HASH_SHA512] = 32,
		[CFG_HASH_AES_XCBC] = 12,
		[CFG_HASH_AES_CMAC] = 12 };

	p->esp_hdr = MTU_ESP_HDR;
	p->icv = cfg_encryption_is_aead(s->encryption) ? 16 : icv_of[s->integrity];
	switch ((enum cfg_encryption)s->encryption) {
	case CFG_ENC_AES_CBC_128:
	case CFG_ENC_AES_CBC_192:
	case CFG_ENC_AES_CBC_256:
		p->iv = 16;
		p->align = 16;
		break;
	case CFG_ENC_3DES:
		p->iv = 8;
		p->align = 8;
		break;
	case CFG_ENC_NULL:
		p->iv = 0;
		p->align = 4;
		break;
	default:
		p->iv = 8;
		p->align = 4;
		break;
	}
}

uint16_t
esp_budget(const struct cfg *c, const struct cfg_ipsec_profile *p, struct mtu_parts parts)
{
	uint16_t least = UINT16_MAX;

	if (p->mode != CFG_MODE_TRANSPORT && parts.gre != 0)
		parts.inner_hdr = MTU_OUTER_IP4;
	for (unsigned int i = 0; i < p->transform_sets.n; i++) {
		const struct cfg_transform_set *s =
				cfg_transform_set_find(c, p->transform_sets.v[i]);
		uint16_t budget;

		if (s == NULL)
			continue;
		esp_parts(s, &parts);
		budget = mtu_budget(&parts);
		if (budget < least)
			least = budget;
	}
	return least;
}
