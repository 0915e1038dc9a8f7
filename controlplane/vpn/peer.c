/* SPDX-License-Identifier: BSD-3-Clause */
/* A tunnel's IKE peer out of the configuration; see peer.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/inet.h"
#include "controlplane/vpn/peer.h"

static struct ike_cipher
cipher_of(unsigned int encryption)
{
	switch ((enum cfg_encryption)encryption) {
	case CFG_ENC_AES_CBC_128:
		return (struct ike_cipher){ IKE_ENCR_AES_CBC, 128 };
	case CFG_ENC_AES_CBC_256:
		return (struct ike_cipher){ IKE_ENCR_AES_CBC, 256 };
	case CFG_ENC_AES_GCM_128:
		return (struct ike_cipher){ IKE_ENCR_AES_GCM_16, 128 };
	case CFG_ENC_AES_GCM_256:
		break;
	}
	return (struct ike_cipher){ IKE_ENCR_AES_GCM_16, 256 };
}

static uint16_t
integ_of(unsigned int hash)
{
	if (hash == CFG_HASH_SHA1)
		return IKE_INTEG_HMAC_SHA1_96;
	return hash == CFG_HASH_SHA384 ? IKE_INTEG_HMAC_SHA2_384_192 : IKE_INTEG_HMAC_SHA2_256_128;
}

static uint16_t
prf_of(unsigned int hash)
{
	if (hash == CFG_HASH_SHA1)
		return IKE_PRF_HMAC_SHA1;
	return hash == CFG_HASH_SHA384 ? IKE_PRF_HMAC_SHA2_384 : IKE_PRF_HMAC_SHA2_256;
}

/* Of one kind of cipher: only the other one has an integrity algorithm (RFC 5282 section 8). */
static bool
ike_proposal_of(const struct cfg_ike_proposal *p, bool aead, struct ike_proposal_cfg *out)
{
	memset(out, 0, sizeof(*out));
	for (uint8_t i = 0; i < p->encryption.n; i++)
		if (cfg_encryption_is_aead(p->encryption.v[i]) == aead)
			out->encr[out->n_encr++] = cipher_of(p->encryption.v[i]);
	for (uint8_t i = 0; !aead && i < p->integrity.n; i++)
		out->integ[out->n_integ++] = integ_of(p->integrity.v[i]);
	for (uint8_t i = 0; i < p->prf.n; i++)
		out->prf[out->n_prf++] = prf_of(p->prf.v[i]);
	for (uint8_t i = 0; p->prf.n == 0 && i < out->n_integ; i++)
		out->prf[out->n_prf++] = prf_of(p->integrity.v[i]);
	if (out->n_prf == 0)
		out->prf[out->n_prf++] = IKE_PRF_HMAC_SHA2_256;
	for (uint8_t i = 0; i < p->group.n; i++)
		out->group[out->n_group++] = p->group.v[i];
	return out->n_encr > 0;
}

static int
ike_proposals(const struct cfg *c, const struct cfg_ike_profile *prof, struct ike_peer_cfg *out)
{
	for (uint8_t i = 0; i < prof->proposals.n; i++) {
		const struct cfg_ike_proposal *p = cfg_ike_proposal_find(c, prof->proposals.v[i]);
		bool aead_first;

		if (p == NULL)
			return -ENOENT;
		aead_first = p->encryption.n > 0 && cfg_encryption_is_aead(p->encryption.v[0]);
		for (int k = 0; k < 2 && out->n_ike_proposals < IKE_MAX_PROPOSALS; k++)
			if (ike_proposal_of(p, k == 0 ? aead_first : !aead_first,
					    &out->ike_proposals[out->n_ike_proposals]))
				out->n_ike_proposals++;
	}
	return out->n_ike_proposals > 0 ? 0 : -ENOENT;
}

static int
esp_proposals(const struct cfg *c, const struct cfg_ipsec_profile *prof, struct ike_peer_cfg *out)
{
	for (uint8_t i = 0; i < prof->transform_sets.n && i < IKE_MAX_PROPOSALS; i++) {
		const struct cfg_transform_set *t =
				cfg_transform_set_find(c, prof->transform_sets.v[i]);
		struct ike_proposal_cfg *p = &out->esp_proposals[out->n_esp_proposals];

		if (t == NULL)
			return -ENOENT;
		p->encr[p->n_encr++] = cipher_of(t->encryption);
		if (t->has_integrity && !cfg_encryption_is_aead(t->encryption))
			p->integ[p->n_integ++] = integ_of(t->integrity);
		for (uint8_t k = 0; k < prof->pfs.n; k++)
			p->group[p->n_group++] = prof->pfs.v[k];
		p->esn = prof->esn;
		out->n_esp_proposals++;
	}
	return out->n_esp_proposals > 0 ? 0 : -ENOENT;
}

/* An address, a domain name or user@domain; nothing given means the address @otherwise. */
static void
identity(const char *text, uint32_t otherwise, struct ike_id *id)
{
	uint32_t addr = otherwise;

	memset(id, 0, sizeof(*id));
	if (text[0] == '\0' || ip4_parse(text, &addr) == 0) {
		id->type = IKE_ID_IPV4_ADDR;
		id->len = 4;
		for (int i = 0; i < 4; i++)
			id->data[i] = (uint8_t)(addr >> (24 - 8 * i));
		return;
	}
	id->type = strchr(text, '@') != NULL ? IKE_ID_RFC822_ADDR : IKE_ID_FQDN;
	id->len = (uint8_t)strnlen(text, IKE_ID_MAX);
	memcpy(id->data, text, id->len);
}

static int
missing(char *why, size_t why_len, const char *what, const char *name)
{
	snprintf(why, why_len, "no %s %s is configured", what, name);
	return -ENOENT;
}

int
peer_build(const struct cfg *c, const struct cfg_key_index *keys, const struct cfg_tunnel *t,
		uint32_t tun_id, struct ike_peer_cfg *out, char *why, size_t why_len)
{
	const struct cfg_ipsec_profile *esp = cfg_ipsec_profile_find(c, t->protection);
	const struct cfg_ike_profile *ike =
			esp == NULL ? NULL : cfg_ike_profile_find(c, esp->ikev2_profile);
	const struct cfg_ike_key *key = cfg_key_of(keys, t);
	char addr[IP4_STR_LEN];

	memset(out, 0, sizeof(*out));
	if (esp == NULL)
		return missing(why, why_len, "IPsec profile", t->protection);
	if (ike == NULL)
		return missing(why, why_len, "IKEv2 profile", esp->ikev2_profile);
	if (key == NULL)
		return missing(why, why_len, "pre-shared key for",
				t->peer_identity[0] != '\0' ? t->peer_identity
							    : ip4_str(t->destination, addr));
	snprintf(out->name, sizeof(out->name), "%s", t->name);
	out->local = t->source;
	out->remote = t->destination;
	identity(ike->local_identity, t->source, &out->local_id);
	identity(t->peer_identity[0] != '\0' ? t->peer_identity : key->identity, t->destination,
			&out->remote_id);
	out->psk_len = (uint16_t)strnlen(key->psk, IKE_PSK_MAX);
	memcpy(out->psk, key->psk, out->psk_len);
	out->initiate = ike->initiate == CFG_INITIATE_ALWAYS;
	out->may_initiate = ike->initiate != CFG_INITIATE_NEVER;
	if (ike_proposals(c, ike, out) != 0)
		return missing(why, why_len, "IKEv2 proposal for profile", ike->name);
	if (esp_proposals(c, esp, out) != 0)
		return missing(why, why_len, "transform set for profile", esp->name);
	out->transport = true;
	out->ts_proto = 47; /* GRE */
	out->tun_id = tun_id;
	out->ike_life_s = ike->lifetime_s;
	out->child_life_s = esp->lifetime_s;
	out->child_life_bytes = esp->lifetime_kilobytes * 1024;
	out->child_life_packets = esp->lifetime_packets;
	out->replay_window = esp->replay_window;
	out->dpd_interval_s = ike->dpd_interval_s;
	out->retransmit_ms = ike->retransmit_ms;
	out->retransmit_tries = ike->retransmit_tries;
	return 0;
}
