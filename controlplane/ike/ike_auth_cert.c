/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Certificates in IKEv2: payloads, and the public-key work of IKE_AUTH (RFC 7296 sections 2.15, 3.6
 * and 3.7, RFC 7427). Our certificates are always sent where we prove ourselves by them, asked for
 * or not: who does not want them steps over them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "common/inet.h"
#include "controlplane/ike/ike_auth.h"

#define MAX_CAS 24 /* in a CERTREQ */

void
ike_put_hashes(struct ike_chain *c, bool sha1)
{
	uint8_t data[10];

	ike_put_notify(c, IKE_N_SIGNATURE_HASH_ALGORITHMS, data, ike_sig_own_hashes(sha1, data));
}

void
ike_put_certreq(struct ike_engine *e, struct ike_chain *c, const struct ike_cred *cred)
{
	unsigned int n = 0;

	ike_chain_begin(c, IKE_PL_CERTREQ);
	wr_u8(c->w, IKE_CERT_X509);
	for (unsigned int i = 0; i < (cred != NULL ? 1 : e->n_creds); i++) {
		const struct ike_cred *from = cred != NULL ? cred : e->creds[i].cred;

		for (unsigned int k = 0; k < ike_cred_n_cas(from) && n < MAX_CAS; k++, n++)
			wr_bytes(c->w, ike_cred_ca_hash(from, k), 20);
	}
	ike_chain_end(c);
}

void
ike_put_certs(struct ike_chain *c, const struct ike_cred *cred)
{
	for (unsigned int i = 0; i < ike_cred_n_certs(cred); i++) {
		struct ike_blob b = ike_cred_cert(cred, i);

		ike_chain_begin(c, IKE_PL_CERT);
		wr_u8(c->w, IKE_CERT_X509);
		wr_bytes(c->w, b.p, b.len);
		ike_chain_end(c);
	}
}

/* What one side signs: its first message, the other's nonce, and its ID under its SK_p. */
static void
put_octets(struct ike_sa *sa, const struct ike_keys *keys, int who, const struct ike_blob *id,
		struct ike_pk *pk, struct ike_bytes *to)
{
	const struct ike_nonce *nonce = who == 0 ? &sa->nr : &sa->ni;
	size_t prf = ike_prf_len(sa->suite.prf);
	size_t len = sa->first_len[who] + nonce->len + prf;
	uint8_t *p = malloc(len);

	if (p == NULL || ike_prf(&sa->e->crypto, sa->suite.prf, keys->p[who], prf, id, 1,
					 p + len - prf) != 0) {
		pk->bad = true;
	} else {
		memcpy(p, sa->first[who], sa->first_len[who]);
		memcpy(p + sa->first_len[who], nonce->data, nonce->len);
		ike_pk_put(pk, to, p, len);
	}
	free(p);
}

static void
put_peer(struct ike_sa *sa, const struct ike_peer_cfg *cfg, const struct ike_msg *m,
		const struct ike_blob *auth, struct ike_pk *pk)
{
	const struct ike_blob *id = sa->initiator ? &m->idr : &m->idi;

	pk->check = true;
	pk->authn = cfg->auth_remote;
	pk->method = m->auth_method;
	pk->sha1 = cfg->rsa_sha1;
	if (sa->e->ops.wall_s != NULL)
		pk->now_s = sa->e->ops.wall_s(sa->e->ctx);
	ike_pk_put(pk, &pk->auth, auth->p, auth->len);
	ike_pk_put(pk, &pk->id, id->p, id->len);
	put_octets(sa, &sa->keys, sa->initiator ? 1 : 0, id, pk, &pk->octets);
	for (; pk->n_certs < m->n_cert; pk->n_certs++)
		ike_pk_put(pk, &pk->certs[pk->n_certs], m->cert[pk->n_certs].p,
				m->cert[pk->n_certs].len);
}

struct ike_pk *
ike_auth_work(struct ike_sa *sa, const struct ike_peer_cfg *cfg, const struct ike_msg *m,
		const struct ike_blob *auth, const struct ike_keys *const *keys,
		unsigned int n_keys, char *why, size_t len)
{
	struct ike_pk *pk = ike_pk_new(cfg->cred);
	uint8_t body[4 + IKE_ID_MAX];
	struct ike_blob id = { .p = body, .len = ike_id_body(&cfg->local_id, body) };

	if (pk == NULL) {
		snprintf(why, len, "out of memory");
		return NULL;
	}
	if (m != NULL && cfg->auth_remote != IKE_AUTHN_PSK)
		put_peer(sa, cfg, m, auth, pk);
	if (cfg->auth_local == IKE_AUTHN_PSK)
		return pk;
	if (n_keys > 0 && ike_sig_choose(ike_cred_key(cfg->cred), sa->peer_hashes, cfg->rsa_pss,
					  cfg->rsa_sha1, &pk->how) != 0) {
		snprintf(why, len,
				"peer knows no kind of signature that we can make with our key%s",
				sa->peer_hashes == 0 ? " (it has no RFC 7427; see rsa-sha1)" : "");
		ike_pk_free(pk);
		return NULL;
	}
	for (unsigned int i = 0; i < n_keys; i++)
		put_octets(sa, keys[i], sa->initiator ? 0 : 1, &id, pk, &pk->say[i]);
	return pk;
}

const char *
ike_auth_hint(const struct ike_sa *sa)
{
	const struct ike_peer_cfg *cfg = &sa->peer->cfg;
	const struct ike_ops *ops = &sa->e->ops;

	return cfg->auth_local != IKE_AUTHN_PSK && cfg->cred != NULL && ops->wall_s != NULL &&
			       ike_cred_expired(cfg->cred, ops->wall_s(sa->e->ctx))
		       ? ": our certificate has expired"
		       : "";
}

bool
ike_auth_method_fits(const struct ike_sa *sa, const struct ike_peer_cfg *cfg,
		const struct ike_msg *m, char *why, size_t len)
{
	char addr[IP4_STR_LEN];

	ip4_str(sa->path.remote, addr);
	if (cfg->auth_remote == IKE_AUTHN_PSK && m->auth_method != IKE_AUTH_PSK)
		snprintf(why, len,
				"peer %s authenticates by method %u, such as a certificate; a "
				"pre-shared key is configured",
				addr, m->auth_method);
	else if (cfg->auth_remote != IKE_AUTHN_PSK && m->auth_method == IKE_AUTH_PSK)
		snprintf(why, len,
				"peer %s authenticates by a pre-shared key, a certificate is "
				"configured",
				addr);
	else if (cfg->auth_remote != IKE_AUTHN_PSK && m->n_cert == 0 && m->cert_other)
		snprintf(why, len,
				"peer %s sends its certificate as hash and URL, which is not "
				"supported",
				addr);
	else if (cfg->auth_remote != IKE_AUTHN_PSK && m->n_cert == 0)
		snprintf(why, len, "peer %s sends no certificate", addr);
	else
		return true;
	return false;
}
