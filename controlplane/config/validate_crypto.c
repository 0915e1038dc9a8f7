/* SPDX-License-Identifier: BSD-3-Clause */
/* Cross checks of IKEv2 and IPsec: algorithms that go together, keys, profiles; see validate.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/config/validate_priv.h"

#define PSK_SHORT 12 /* characters below which guessing is near (RFC 7296 section 5, on PSKs) */

static void
check_proposal(struct validator *v, const struct cfg_ike_proposal *p)
{
	unsigned int n_aead = 0;

	for (unsigned int i = 0; i < p->encryption.n; i++)
		n_aead += cfg_encryption_is_aead(p->encryption.v[i]);
	/* RFC 7296 section 3.3: combined-mode ciphers and others need proposals of their own. */
	if (n_aead != 0 && n_aead != p->encryption.n)
		entry_error(v, AT_PROPOSALS, p->name, "encryption",
				"AES-GCM and AES-CBC can't be in one proposal: make two");
	else if (n_aead != 0 && p->integrity.n != 0)
		entry_error(v, AT_PROPOSALS, p->name, "integrity",
				"AES-GCM has its own integrity; for key derivation use prf");
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
		if (k->psk[0] != '\0' && strlen(k->psk) < PSK_SHORT)
			entry_warning(v, AT_KEYRING, k->name, "pre-shared-key",
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

static void
check_ike_profile(struct validator *v, const struct cfg_ike_profile *p)
{
	char field[32];

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
				"AES-GCM has its own integrity: leave it out");
	else if (!cfg_encryption_is_aead(s->encryption) && !s->has_integrity)
		entry_error(v, AT_SETS, s->name, "integrity",
				"AES-CBC must not be used without integrity (RFC 8221 section 4)");
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
	return check_keyring(v);
}

void
validate_protection(struct validator *v, const struct cfg_tunnel *t)
{
	char buf[IP4_STR_LEN];

	if (cfg_ipsec_profile_find(v->c, t->protection) == NULL)
		entry_error(v, AT_TUNNELS, t->name, "protection",
				"there is no IPsec profile \"%s\"", t->protection);
	if (cfg_key_of(v->keys, t) != NULL || read_errors_at(v, AT_KEYRING))
		return;
	if (t->peer_identity[0] != '\0')
		entry_error(v, AT_TUNNELS, t->name, "protection",
				"no entry of /crypto/ikev2/keyring has a key for identity %s",
				t->peer_identity);
	else if (t->destination != 0)
		entry_error(v, AT_TUNNELS, t->name, "protection",
				"no entry of /crypto/ikev2/keyring has a key for %s",
				ip4_str(t->destination, buf));
}

/* RFC 4303 section 2: SPI and sequence number, IV, padding up to the block (or to 4 bytes) with
 * pad length and next header, ICV. */
unsigned int
esp_overhead(const struct cfg *c, const struct cfg_ipsec_profile *p)
{
	unsigned int most = 0;

	for (unsigned int i = 0; i < p->transform_sets.n; i++) {
		const struct cfg_transform_set *s =
				cfg_transform_set_find(c, p->transform_sets.v[i]);
		unsigned int bytes;

		if (s == NULL)
			continue;
		if (cfg_encryption_is_aead(s->encryption))
			bytes = 8 + 8 + 3 + 2 + 16; /* RFC 4106 */
		else
			bytes = 8 + 16 + 15 + 2 + (s->integrity == CFG_HASH_SHA1 ? 12 : 16);
		if (bytes > most)
			most = bytes;
	}
	return most;
}
