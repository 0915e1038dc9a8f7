/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RSA signatures in phase 1 (RFC 2409 section 5.1): instead of HASH_I and HASH_R themselves, each
 * side sends its signature of them, with its certificates (RFC 2408 sections 3.9 to 3.11). It is
 * public-key work: the exchange waits for a job, as it does for the exchange of keys.
 *
 *	main mode          HDR*, IDii, [CERT,] SIG_I  -->    and back likewise; CERTREQ with KE
 *	aggressive mode    SA, KE, Nr, IDir, [CERT,] SIG_R, CERTREQ  <--    CERT, SIG_I  -->
 */
#include <stdio.h>
#include <string.h>

#include "common/inet.h"
#include "controlplane/ike/ike1_phase1.h"

#define MAX_CAS 8 /* asked for */

bool
ike1_by_sig(const struct ike1_sa *sa)
{
	return sa->suite.auth == IKE1_AUTH_RSA;
}

static void
put_cas(struct ike_chain *c, const struct ike_cred *cred, unsigned int *n)
{
	for (unsigned int i = 0; i < ike_cred_n_cas(cred) && *n < MAX_CAS; i++, (*n)++) {
		struct ike_blob name = ike_cred_ca_name(cred, i);

		ike_chain_begin(c, IKE1_PL_CERTREQ);
		wr_u8(c->w, IKE_CERT_X509);
		wr_bytes(c->w, name.p, name.len);
		ike_chain_end(c);
	}
}

void
ike1_put_certreq(struct ike1_sa *sa, struct ike_chain *c)
{
	unsigned int n = 0;

	if (sa->peer != NULL && sa->peer->cfg.cred != NULL)
		put_cas(c, sa->peer->cfg.cred, &n);
	else
		for (unsigned int i = 0; i < sa->e->n_creds; i++)
			put_cas(c, sa->e->creds[i].cred, &n);
}

void
ike1_put_sig(struct ike_chain *c, const struct ike_pk *pk)
{
	for (unsigned int i = 0; i < ike_cred_n_certs(pk->cred); i++) {
		struct ike_blob b = ike_cred_cert(pk->cred, i);

		ike_chain_begin(c, IKE1_PL_CERT);
		wr_u8(c->w, IKE_CERT_X509);
		wr_bytes(c->w, b.p, b.len);
		ike_chain_end(c);
	}
	ike_put_blob(c, IKE1_PL_SIG, pk->sig[0], pk->sig_len[0]);
}

struct ike_pk *
ike1_sig_work(struct ike1_sa *sa)
{
	struct ike_pk *pk = ike_pk_new(sa->peer->cfg.cred);

	if (pk == NULL)
		return NULL;
	pk->v1 = true;
	pk->authn = IKE_AUTHN_RSA;
	pk->sha1 = sa->peer->cfg.rsa_sha1;
	if (sa->e->ops.wall_s != NULL)
		pk->now_s = sa->e->ops.wall_s(sa->e->ctx);
	return pk;
}

bool
ike1_sig_take(struct ike_pk *pk, const struct ike1_msg *m, const struct ike_blob *id)
{
	if (m->sig.p == NULL)
		return false;
	pk->check = true;
	ike_pk_put(pk, &pk->auth, m->sig.p, m->sig.len);
	ike_pk_put(pk, &pk->id, id->p, id->len);
	for (; pk->n_certs < m->n_cert; pk->n_certs++)
		ike_pk_put(pk, &pk->certs[pk->n_certs], m->cert[pk->n_certs].p,
				m->cert[pk->n_certs].len);
	return true;
}

static void
put_hash(struct ike1_sa *sa, struct ike_pk *pk, bool initiator, const struct ike_blob *id,
		struct ike_bytes *to)
{
	uint8_t hash[IKE1_HASH_MAX];
	size_t len = ike1_phase1_hash(sa, sa->peer, initiator, id, hash);

	pk->bad |= len == 0;
	ike_pk_put(pk, to, hash, len);
}

bool
ike1_sig_run(struct ike1_sa *sa, struct ike_pk *pk, bool sign,
		void (*done)(void *, struct ike_job *))
{
	uint8_t own[4 + IKE_ID_MAX];
	struct ike_blob id = { .p = own, .len = ike1_own_id(sa->peer, own) };

	if (pk == NULL)
		return false;
	if (pk->check) {
		struct ike_blob theirs = { .p = pk->id.p, .len = pk->id.len };

		put_hash(sa, pk, !sa->initiator, &theirs, &pk->octets);
	}
	if (sign)
		put_hash(sa, pk, sa->initiator, &id, &pk->say[0]);
	sa->job = ike_job_submit_pk(sa->e, pk, done, sa);
	return sa->job != NULL;
}

/* Who the peer has proven to be, and how. */
static void
remember(struct ike1_sa *sa, struct ike_pk *pk)
{
	struct ike_blob id = { .p = pk->id.p, .len = pk->id.len };

	ike1_remember_id(sa, &id);
	ike_proof_unref(sa->proof);
	sa->proof = ike_proof_new(sa->e, &sa->peer->cfg, NULL, pk);
}

bool
ike1_sig_done(struct ike1_sa *sa, const struct ike_job *j)
{
	char why[sizeof(j->pk->why) + 64], addr[IP4_STR_LEN];

	sa->job = NULL;
	if (j->pk->good) {
		if (j->pk->check)
			remember(sa, j->pk);
		return true;
	}
	ike_count(sa->e, IKE_CTR_AUTH_FAILED);
	snprintf(why, sizeof(why), "peer %s failed authentication: %s",
			ip4_str(sa->path.remote, addr), j->pk->why);
	ike1_send_clear_error(sa->e, &sa->path, sa->ck_i, sa->ck_r, IKE1_N_AUTHENTICATION_FAILED);
	if (!sa->initiator)
		ike_peer_refused(sa->peer, true, why);
	ike1_phase1_fail(sa, why);
	return false;
}
