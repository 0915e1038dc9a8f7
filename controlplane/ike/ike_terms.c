/* SPDX-License-Identifier: BSD-3-Clause */
/* The terms that peers are negotiated with under: can they be, and are they the same? */
#include <string.h>

#include <openssl/crypto.h>

#include "controlplane/ike/ike_int.h"

static bool
same_list(const uint16_t *a, const uint16_t *b, uint8_t na, uint8_t nb)
{
	return na == nb && memcmp(a, b, na * sizeof(*a)) == 0;
}

static bool
same_proposal(const struct ike_proposal_cfg *a, const struct ike_proposal_cfg *b)
{
	if (a->n_encr != b->n_encr || a->esn != b->esn)
		return false;
	for (unsigned int i = 0; i < a->n_encr; i++)
		if (a->encr[i].id != b->encr[i].id || a->encr[i].key_bits != b->encr[i].key_bits)
			return false;
	return same_list(a->integ, b->integ, a->n_integ, b->n_integ) &&
	       same_list(a->prf, b->prf, a->n_prf, b->n_prf) &&
	       same_list(a->group, b->group, a->n_group, b->n_group);
}

static bool
same_proposals(const struct ike_proposal_cfg *a, const struct ike_proposal_cfg *b, uint8_t na,
		uint8_t nb)
{
	if (na != nb)
		return false;
	for (unsigned int i = 0; i < na; i++)
		if (!same_proposal(&a[i], &b[i]))
			return false;
	return true;
}

static bool
same_id(const struct ike_id *a, const struct ike_id *b)
{
	return a->type == b->type && a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static bool
same_selectors(const struct ike_ts_list *a, const struct ike_ts_list *b)
{
	return (a->n == 0 && b->n == 0) || ike_ts_same(a, b);
}

/* Other certificates are for the next time that one proves who one is. */
static bool
same_proof(const struct ike_peer_cfg *a, const struct ike_peer_cfg *b)
{
	return a->auth_local == b->auth_local && a->auth_remote == b->auth_remote &&
	       a->psk_len == b->psk_len && CRYPTO_memcmp(a->psk, b->psk, a->psk_len) == 0 &&
	       a->own_psk_len == b->own_psk_len &&
	       CRYPTO_memcmp(a->own_psk, b->own_psk, a->own_psk_len) == 0 &&
	       a->ppk_len == b->ppk_len && CRYPTO_memcmp(a->ppk, b->ppk, a->ppk_len) == 0 &&
	       a->ppk_id_len == b->ppk_id_len && memcmp(a->ppk_id, b->ppk_id, a->ppk_id_len) == 0 &&
	       a->ppk_required == b->ppk_required;
}

static bool
same_names(const struct ike_peer_cfg *a, const struct ike_peer_cfg *b)
{
	if (!same_id(&a->remote_id, &b->remote_id) || a->n_other_ids != b->n_other_ids)
		return false;
	for (unsigned int i = 0; i < a->n_other_ids; i++)
		if (!same_id(&a->other_ids[i], &b->other_ids[i]))
			return false;
	return true;
}

bool
ike_terms_gateway(const struct ike_peer_cfg *a, const struct ike_peer_cfg *b)
{
	return a->remote == b->remote && a->local == b->local && a->version == 1 &&
	       b->version == 1 && a->group == b->group && a->aggressive == b->aggressive &&
	       a->cred == b->cred && same_id(&a->local_id, &b->local_id) && same_names(a, b) &&
	       same_proof(a, b) &&
	       same_proposals(a->ike_proposals, b->ike_proposals, a->n_ike_proposals,
			       b->n_ike_proposals) &&
	       a->no_nat == b->no_nat && a->force_encap == b->force_encap;
}

static bool
same_but_nets(const struct ike_peer_cfg *a, const struct ike_peer_cfg *b, bool remote)
{
	return strcmp(a->head, b->head) == 0 && a->version == b->version &&
	       a->group == b->group && a->aggressive == b->aggressive &&
	       a->local == b->local && (!remote || a->remote == b->remote) &&
	       same_id(&a->local_id, &b->local_id) && same_names(a, b) &&
	       same_proof(a, b) &&
	       same_proposals(a->ike_proposals, b->ike_proposals, a->n_ike_proposals,
			       b->n_ike_proposals) &&
	       same_proposals(a->esp_proposals, b->esp_proposals, a->n_esp_proposals,
			       b->n_esp_proposals) &&
	       a->transport == b->transport && a->other_mode == b->other_mode &&
	       a->no_nat == b->no_nat && a->force_encap == b->force_encap &&
	       a->ts_proto == b->ts_proto && a->tun_id == b->tun_id;
}

bool
ike_terms_same(const struct ike_peer_cfg *a, const struct ike_peer_cfg *b, bool remote)
{
	return same_but_nets(a, b, remote) && same_selectors(&a->ts_local, &b->ts_local) &&
	       same_selectors(&a->ts_remote, &b->ts_remote);
}

bool
ike_terms_other_nets(const struct ike_peer_cfg *a, const struct ike_peer_cfg *b)
{
	return a->ts_local.n != 0 && b->ts_local.n != 0 && same_but_nets(a, b, true);
}

static bool
proposals_valid(const struct ike_proposal_cfg *p, uint8_t n, bool ike)
{
	if (n == 0 || n > IKE_MAX_PROPOSALS)
		return false;
	for (unsigned int i = 0; i < n; i++) {
		if (p[i].n_encr == 0 || p[i].n_encr > IKE_MAX_TRANSFORMS ||
				p[i].n_integ > IKE_MAX_TRANSFORMS ||
				p[i].n_prf > IKE_MAX_TRANSFORMS ||
				p[i].n_group > IKE_MAX_TRANSFORMS ||
				(ike && (p[i].n_prf == 0 || p[i].n_group == 0)))
			return false;
		for (unsigned int j = 0; j < p[i].n_encr; j++) {
			const struct ike_encr_alg *a =
					ike_encr_alg(p[i].encr[j].id, p[i].encr[j].key_bits);

			if (a == NULL || (ike && a->evp == NULL) ||
					(a->icv_len == 0 && p[i].n_integ == 0))
				return false;
		}
		for (unsigned int j = 0; j < p[i].n_group; j++)
			if (ike_group_len(p[i].group[j]) == 0)
				return false;
		for (unsigned int j = 0; j < p[i].n_prf; j++)
			if (ike_prf_len(p[i].prf[j]) == 0)
				return false;
		for (unsigned int j = 0; j < p[i].n_integ; j++)
			if (ike_integ_key_len(p[i].integ[j]) == 0)
				return false;
	}
	return true;
}

static bool
proof_valid(const struct ike_peer_cfg *c)
{
	bool psk = c->auth_remote == IKE_AUTHN_PSK ||
		   (c->auth_local == IKE_AUTHN_PSK && c->own_psk_len == 0);
	bool cert = c->auth_local != IKE_AUTHN_PSK || c->auth_remote != IKE_AUTHN_PSK;

	return (!psk || c->psk_len > 0) && c->psk_len <= IKE_PSK_MAX &&
	       c->own_psk_len <= IKE_PSK_MAX && (c->version != 1 || c->own_psk_len == 0) &&
	       (!cert || c->cred != NULL) &&
	       (c->auth_local == IKE_AUTHN_PSK || ike_cred_key(c->cred) != NULL) &&
	       c->ppk_len <= IKE_PPK_MAX && c->ppk_id_len <= IKE_PPK_ID_MAX &&
	       (c->ppk_len > 0) == (c->ppk_id_len > 0);
}

bool
ike_terms_valid(const struct ike_peer_cfg *c)
{
	return c->name[0] != '\0' && memchr(c->name, '\0', sizeof(c->name)) != NULL &&
	       c->local != 0 && c->local_id.len > 0 && c->n_other_ids <= IKE_MAX_OTHER_IDS &&
	       memchr(c->head, '\0', sizeof(c->head)) != NULL &&
	       (c->head[0] == '\0' ||
			       (c->version != 1 && !c->group && c->ts_local.n != 0 &&
					       c->tun_id != 0 && strcmp(c->head, c->name) != 0)) &&
	       (c->version != 1 || (c->ts_local.n <= 1 && c->ts_local.n == c->ts_remote.n)) &&
	       (c->frag_mtu == 0 || c->frag_mtu >= IKE_FRAG_MTU_MIN) && proof_valid(c) &&
	       proposals_valid(c->ike_proposals, c->n_ike_proposals, true) &&
	       proposals_valid(c->esp_proposals, c->n_esp_proposals, false);
}
