/* SPDX-License-Identifier: BSD-3-Clause */
/* A tunnel's IKE peer out of the configuration; see peer.h. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/inet.h"
#include "controlplane/config/policy.h"
#include "controlplane/ike/ike_id.h"
#include "controlplane/vpn/peer.h"

#define AES(cfg, ike) \
	[cfg##_128] = { ike, 128 }, [cfg##_192] = { ike, 192 }, [cfg##_256] = { ike, 256 }

static struct ike_cipher
cipher_of(unsigned int encryption)
{
	static const struct ike_cipher of[CFG_N_ENCS] = {
		AES(CFG_ENC_AES_CBC, IKE_ENCR_AES_CBC),
		AES(CFG_ENC_AES_CTR, IKE_ENCR_AES_CTR),
		AES(CFG_ENC_AES_GCM, IKE_ENCR_AES_GCM_16),
		AES(CFG_ENC_AES_GCM12, IKE_ENCR_AES_GCM_12),
		AES(CFG_ENC_AES_GCM8, IKE_ENCR_AES_GCM_8),
		AES(CFG_ENC_AES_GMAC, IKE_ENCR_AES_GMAC),
		[CFG_ENC_3DES] = { IKE_ENCR_3DES, 0 },
		[CFG_ENC_NULL] = { IKE_ENCR_NULL, 0 },
		[CFG_ENC_CHACHA20_POLY1305] = { IKE_ENCR_CHACHA20_POLY1305, 0 },
	};

	return of[encryption < CFG_N_ENCS ? encryption : CFG_ENC_AES_GCM_256];
}

static uint16_t
integ_of(unsigned int hash)
{
	static const uint16_t of[CFG_N_HASHES] = { [CFG_HASH_SHA1] = IKE_INTEG_HMAC_SHA1_96,
		[CFG_HASH_SHA256] = IKE_INTEG_HMAC_SHA2_256_128,
		[CFG_HASH_SHA384] = IKE_INTEG_HMAC_SHA2_384_192,
		[CFG_HASH_SHA512] = IKE_INTEG_HMAC_SHA2_512_256,
		[CFG_HASH_AES_XCBC] = IKE_INTEG_AES_XCBC_96,
		[CFG_HASH_AES_CMAC] = IKE_INTEG_AES_CMAC_96 };

	return of[hash < CFG_N_HASHES ? hash : CFG_HASH_SHA256];
}

static uint16_t
prf_of(unsigned int hash)
{
	static const uint16_t of[CFG_N_HASHES] = { [CFG_HASH_SHA1] = IKE_PRF_HMAC_SHA1,
		[CFG_HASH_SHA256] = IKE_PRF_HMAC_SHA2_256,
		[CFG_HASH_SHA384] = IKE_PRF_HMAC_SHA2_384,
		[CFG_HASH_SHA512] = IKE_PRF_HMAC_SHA2_512,
		[CFG_HASH_AES_XCBC] = IKE_PRF_AES128_XCBC,
		[CFG_HASH_AES_CMAC] = IKE_PRF_AES128_CMAC };

	return of[hash < CFG_N_HASHES ? hash : CFG_HASH_SHA256];
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

/* Nothing given means the address @otherwise. */
static void
identity(const char *text, uint32_t otherwise, struct ike_id *id)
{
	if (text[0] == '\0' || ike_id_parse(text, id) != 0)
		*id = ike_id_of_ip4(otherwise);
}

static void
ts_list(const struct cfg_selectors *from, bool with_ip6, struct ike_ts_list *to)
{
	static_assert(CFG_SELECTORS_MAX <= IKE_MAX_TS, "all that validation lets pass");
	to->n = (uint8_t)from->n;
	for (uint32_t i = 0; i < from->n; i++)
		to->ts[i] = (struct ike_ts){ .proto = from->v[i].proto,
			.port_lo = from->v[i].port_lo,
			.port_hi = from->v[i].port_hi,
			.addr = from->v[i].addr };
	if (to->n != 0)
		return;
	/* No policies: whatever is routed into it, IPv6 if it has an address of it. */
	to->n = with_ip6 ? 2 : 1;
	for (uint8_t i = 0; i < to->n; i++)
		to->ts[i] = (struct ike_ts){ .port_hi = UINT16_MAX, .addr = ip_range_all(i == 1) };
}

/* Without GRE: tunnel mode, for the networks of the tunnel's policies. */
static int
network_selectors(const struct cfg_key_index *keys, const struct cfg_tunnel *t,
		struct ike_peer_cfg *out)
{
	bool with_ip6 = !ip6_is_zero(&t->address6.addr);
	struct cfg_selectors local, remote;
	int err = cfg_key_selectors(keys, t->name, &local, &remote);

	if (err != 0)
		return err;
	out->transport = out->other_mode = false;
	out->ts_proto = 0;
	ts_list(&local, with_ip6, &out->ts_local);
	ts_list(&remote, with_ip6, &out->ts_remote);
	return 0;
}

static int
missing(char *why, size_t why_len, const char *what, const char *name)
{
	snprintf(why, why_len, "no %s %s is configured", what, name);
	return -ENOENT;
}

/* Who the far end is: the tunnel says, else its key, else the profile, else by its address. */
static void
remote_identity(const struct cfg_tunnel *t, const struct cfg_ike_key *key,
		const struct cfg_ike_profile *ike, struct ike_peer_cfg *out)
{
	const struct cfg_identities *any = &ike->match_identity;
	const char *text = t->peer_identity;

	static_assert(CFG_LIST_MAX <= 1 + IKE_MAX_OTHER_IDS, "all that validation lets pass");
	if (text[0] == '\0' && key != NULL)
		text = key->identity;
	if (text[0] != '\0' || any->n == 0) {
		identity(text, t->destination, &out->remote_id);
		return;
	}
	identity(any->v[0], t->destination, &out->remote_id);
	for (unsigned int i = 1; i < any->n; i++)
		identity(any->v[i], t->destination, &out->other_ids[out->n_other_ids++]);
}

/* How both sides prove who they are; certificates are added by peer_add_cred(). */
static void
proof(const struct cfg_ike_profile *ike, const struct cfg_ike_key *key, struct ike_peer_cfg *out)
{
	static const uint8_t authn[] = { [CFG_AUTHN_PSK] = IKE_AUTHN_PSK,
		[CFG_AUTHN_CERT] = IKE_AUTHN_CERT,
		[CFG_AUTHN_RSA] = IKE_AUTHN_RSA,
		[CFG_AUTHN_ECDSA] = IKE_AUTHN_ECDSA,
		[CFG_AUTHN_EDDSA] = IKE_AUTHN_EDDSA };

	out->auth_local = authn[ike->auth_local];
	out->auth_remote = authn[ike->auth_remote];
	out->rsa_pss = ike->rsa_pss;
	out->rsa_sha1 = ike->rsa_sha1;
	if (key == NULL)
		return;
	out->psk_len = (uint16_t)strnlen(key->psk, IKE_PSK_MAX);
	memcpy(out->psk, key->psk, out->psk_len);
	out->own_psk_len = (uint16_t)strnlen(key->psk_local, IKE_PSK_MAX);
	memcpy(out->own_psk, key->psk_local, out->own_psk_len);
	out->ppk_len = (uint8_t)strnlen(key->ppk, IKE_PPK_MAX);
	memcpy(out->ppk, key->ppk, out->ppk_len);
	out->ppk_id_len = (uint8_t)strnlen(key->ppk_identity, IKE_PPK_ID_MAX);
	memcpy(out->ppk_id, key->ppk_identity, out->ppk_id_len);
	out->ppk_required = key->ppk_required;
}

int
peer_add_cred(const struct cfg *c, const struct cfg_tunnel *t, struct ike_cred *cred,
		struct ike_peer_cfg *out, char *why, size_t why_len)
{
	const struct cfg_ike_profile *ike = cfg_profile_of(c, t);

	if (out->auth_local == IKE_AUTHN_PSK && out->auth_remote == IKE_AUTHN_PSK)
		return 0;
	if (ike == NULL || cred == NULL) {
		snprintf(why, why_len, "trustpoint %s is not loaded",
				ike != NULL ? ike->trustpoint : "");
		return -ENOENT;
	}
	out->cred = cred;
	if (out->auth_local != IKE_AUTHN_PSK && ike->local_identity[0] == '\0' &&
			ike_cred_subject(cred, &out->local_id) != 0) {
		snprintf(why, why_len, "trustpoint %s has no certificate of ours", ike->trustpoint);
		return -ENOENT;
	}
	return 0;
}

static int
build(const struct cfg *c, const struct cfg_key_index *keys, const struct cfg_ike_key *key,
		const struct cfg_tunnel *t, uint32_t tun_id, struct ike_peer_cfg *out, char *why,
		size_t why_len)
{
	const struct cfg_ipsec_profile *esp = cfg_ipsec_profile_find(c, t->protection);
	const struct cfg_ike_profile *ike =
			esp == NULL ? NULL : cfg_ike_profile_find(c, esp->ikev2_profile);
	char addr[IP4_STR_LEN];

	memset(out, 0, sizeof(*out));
	if (esp == NULL)
		return missing(why, why_len, "IPsec profile", t->protection);
	if (ike == NULL)
		return missing(why, why_len, "IKEv2 profile", esp->ikev2_profile);
	if ((key == NULL || key->psk[0] == '\0') &&
			(ike->auth_local == CFG_AUTHN_PSK || ike->auth_remote == CFG_AUTHN_PSK))
		return missing(why, why_len, "pre-shared key for",
				t->peer_identity[0] != '\0' ? t->peer_identity
							    : ip4_str(t->destination, addr));
	snprintf(out->name, sizeof(out->name), "%s", t->name);
	out->version = ike->version == CFG_IKE_V1 ? 1 : 2;
	out->aggressive = ike->aggressive;
	static_assert((int)CFG_CHECK_EXACT == IKE1_CHECK_EXACT &&
			(int)CFG_CHECK_OBEY == IKE1_CHECK_OBEY, "one enum for another");
	out->proposal_check = ike->proposal_check;
	out->local = t->source;
	out->remote = t->destination;
	identity(ike->local_identity, t->source, &out->local_id);
	remote_identity(t, key, ike, out);
	proof(ike, key, out);
	out->initiate = ike->initiate == CFG_INITIATE_ALWAYS;
	out->may_initiate = ike->initiate != CFG_INITIATE_NEVER;
	if (ike_proposals(c, ike, out) != 0)
		return missing(why, why_len, "IKEv2 proposal for profile", ike->name);
	if (esp_proposals(c, esp, out) != 0)
		return missing(why, why_len, "transform set for profile", esp->name);
	out->transport = esp->mode != CFG_MODE_TUNNEL;
	out->other_mode = esp->mode == CFG_MODE_EITHER;
	out->no_nat = !ike->nat_traversal;
	out->force_encap = ike->force_encap;
	out->keepalive_s = (uint16_t)ike->keepalive_s;
	out->ts_proto = 47; /* GRE */
	if (t->mode == CFG_TUNNEL_IPSEC && network_selectors(keys, t, out) != 0) {
		snprintf(why, why_len, "its policies have too many networks");
		return -E2BIG;
	}
	if (out->version == 2 && cfg_line_of(c, t->name) != NULL)
		snprintf(out->head, sizeof(out->head), "%s", cfg_line_of(c, t->name)->name);
	out->tun_id = tun_id;
	out->ike_life_s = ike->lifetime_s;
	out->child_life_s = esp->lifetime_s;
	out->child_life_bytes = esp->lifetime_kilobytes * 1024;
	out->child_life_packets = esp->lifetime_packets;
	out->replay_window = esp->replay_window;
	out->dpd_interval_s = ike->dpd_mode == CFG_DPD_DISABLED ? 0 : ike->dpd_interval_s;
	out->dpd_retry_s = ike->dpd_retry_s;
	out->dpd_count = ike->dpd_count;
	out->dpd_on_demand = ike->dpd_mode == CFG_DPD_ON_DEMAND;
	out->retransmit_ms = ike->retransmit_ms;
	out->retransmit_tries = ike->retransmit_tries;
	out->frag_mtu = ike->frag_mtu;
	out->several = !ike->unique;
	out->childless = ike->childless;
	out->reauth_s = ike->reauth_s;
	return 0;
}

int
peer_build(const struct cfg *c, const struct cfg_key_index *keys, const struct cfg_tunnel *t,
		uint32_t tun_id, struct ike_peer_cfg *out, char *why, size_t why_len)
{
	struct cfg_ike_key own = { .name = "" };
	int err;

	if (t->ipsec_secret[0] == '\0')
		return build(c, keys, cfg_key_of(keys, t), t, tun_id, out, why, why_len);
	memcpy(own.psk, t->ipsec_secret, sizeof(own.psk));
	err = build(c, keys, &own, t, tun_id, out, why, why_len);
	explicit_bzero(&own, sizeof(own));
	return err;
}
