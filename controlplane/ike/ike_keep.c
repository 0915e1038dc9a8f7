/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A peer's SAs outlive the process: before a message goes out, and at the end of every event, what
 * is needed to go on is handed to ike_ops.keep; when a peer is added, ike_ops.kept gives it back.
 *
 * Kept: established IKE SAs (IKEv2 and ISAKMP) with keys, message ids, the cached answer and the
 * request under way, which is sent again; their Child SAs. Not kept: what is not established yet,
 * queued tasks (their timers or the state of a Child SA ask for them again), requests of the peer
 * that wait for public-key work (it repeats them), what is being deleted.
 *
 * Of a member (ike_nets.c) the record has Child SAs alone: the IKE SA is in that of its head, which
 * is restored before it.
 *
 * Times are monotonic and go on across processes. Ids of Child SAs begin with the clock, so that no
 * engine gives one that an earlier one has given.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "controlplane/ike/ike_keep.h"


/* ---- the terms that it was negotiated under ------------------------------------------------- */

static void
put_proposals(struct wr *w, const struct ike_proposal_cfg *p, uint8_t n)
{
	wr_u8(w, n);
	for (; n > 0; n--, p++) {
		const uint8_t n_of[] = { p->n_encr, p->n_integ, p->n_prf, p->n_group, p->esn };

		wr_bytes(w, n_of, sizeof(n_of));
		for (unsigned int i = 0; i < p->n_encr; i++) {
			wr_be16(w, p->encr[i].id);
			wr_be16(w, p->encr[i].key_bits);
		}
		wr_bytes(w, p->integ, p->n_integ * sizeof(p->integ[0]));
		wr_bytes(w, p->prf, p->n_prf * sizeof(p->prf[0]));
		wr_bytes(w, p->group, p->n_group * sizeof(p->group[0]));
	}
}

static void
put_ts(struct wr *w, const struct ike_ts_list *l)
{
	wr_u8(w, l->n);
	for (unsigned int i = 0; i < l->n; i++) {
		wr_u8(w, l->ts[i].proto);
		wr_be16(w, l->ts[i].port_lo);
		wr_be16(w, l->ts[i].port_hi);
		wr_u8(w, l->ts[i].addr.is_ip6);
		wr_bytes(w, l->ts[i].addr.lo, sizeof(l->ts[i].addr.lo));
		wr_bytes(w, l->ts[i].addr.hi, sizeof(l->ts[i].addr.hi));
	}
}

static void
put_id(struct wr *w, const struct ike_id *id)
{
	wr_u8(w, id->type);
	wr_u8(w, id->len);
	wr_bytes(w, id->data, id->len);
}

/* All that ike_terms_same() compares: under other terms nothing is taken over. What a name means is
 * not known yet when the next process begins. */
static void
terms_of(const struct ike_peer *p, uint8_t out[IKE_REC_TERMS])
{
	const struct ike_peer_cfg *c = &p->cfg;
	uint8_t buf[12288];
	struct wr w = wr_init(buf, sizeof(buf));

	wr_bytes(&w, (const uint8_t[]){ c->version == 1, c->aggressive, c->transport, c->other_mode,
				 c->no_nat, c->force_encap, c->ts_proto, c->group },
			8);
	wr_be32(&w, c->local);
	wr_be32(&w, c->named ? 0 : c->remote);
	put_id(&w, &c->local_id);
	put_id(&w, &c->remote_id);
	for (unsigned int i = 0; i < c->n_other_ids; i++)
		put_id(&w, &c->other_ids[i]);
	wr_be16(&w, c->psk_len);
	wr_bytes(&w, c->psk, c->psk_len);
	if (c->own_psk_len > 0) {
		wr_be16(&w, c->own_psk_len);
		wr_bytes(&w, c->own_psk, c->own_psk_len);
	}
	wr_bytes(&w, (const uint8_t[]){ c->auth_local, c->auth_remote, c->ppk_required, c->ppk_len,
				 c->ppk_id_len },
			5);
	wr_bytes(&w, c->ppk, c->ppk_len);
	wr_bytes(&w, c->ppk_id, c->ppk_id_len);
	put_proposals(&w, c->ike_proposals, c->n_ike_proposals);
	put_proposals(&w, c->esp_proposals, c->n_esp_proposals);
	put_ts(&w, &c->ts_local);
	put_ts(&w, &c->ts_remote);
	wr_bytes(&w, (const uint8_t *)c->head, strlen(c->head));
	memset(out, 0, IKE_REC_TERMS);
	if (w.bad || !EVP_Digest(buf, w.len, out, NULL, EVP_sha256(), NULL))
		memset(out, 0xff, IKE_REC_TERMS);
	OPENSSL_cleanse(buf, sizeof(buf));
}

const uint8_t *
ike_keep_terms(struct ike_peer *p)
{
	static_assert(sizeof(p->terms) == IKE_REC_TERMS, "a digest");
	if (!p->has_terms)
		terms_of(p, p->terms);
	p->has_terms = true;
	return p->terms;
}

/* ---- keeping -------------------------------------------------------------------------------- */

static struct ike_blob
nonce_min_blob(const struct ike_nonce_min *n)
{
	return (struct ike_blob){ .p = n->data, .len = n->len };
}

/* The private half of a key exchange under way; the caller frees. */
static bool
kex_out(const struct ike_kex *kex, struct ike_rec_task *k, uint8_t **der)
{
	int len;

	k->kex_group = kex->key != NULL ? kex->group : 0;
	if (kex->key == NULL)
		return true;
	len = i2d_PrivateKey(kex->key, der);
	k->pub = (struct ike_blob){ .p = kex->pub, .len = kex->len };
	k->priv = (struct ike_blob){ .p = *der, .len = len > 0 ? (size_t)len : 0 };
	return len > 0;
}

/* False: what is under way cannot be gone on with. */
static bool
task_out(const struct ike_sa *sa, struct ike_rec_sa *k, uint8_t **der)
{
	const struct ike_task *t = sa->active;

	if (t == NULL || !t->sent || sa->req == NULL)
		return true;
	k->has_task = true;
	k->task = (struct ike_rec_task){ .kind = (uint8_t)t->kind,
		.discard = t->discard,
		.child_id = t->child_id,
		.rival_id = t->rival_id,
		.spi = t->spi,
		.spi_in = t->nego.spi_in,
		.tun_id = t->nego.tun_id,
		.group = t->group,
		.new_spi = t->new_sa != NULL ? t->new_sa->spi_i : 0,
		.ni = ike_nonce_blob(&t->nego.ni),
		.req = { .p = sa->req, .len = sa->req_len } };
	return kex_out(&t->nego.kex, &k->task, der);
}

static bool
sa_out(const struct ike_sa *sa, struct ike_rec_sa *k, uint8_t **der)
{
	bool resp = sa->resp_len <= IKE_KEEP_RESP;

	*k = (struct ike_rec_sa){ .state = (uint8_t)sa->state,
		.initiator = sa->initiator,
		.nat_local = sa->nat_local,
		.nat_remote = sa->nat_remote,
		.encap = sa->encap,
		.redundant = sa->redundant,
		.frag = sa->frag,
		.ppk = sa->ppk,
		.spi_i = sa->spi_i,
		.spi_r = sa->spi_r,
		.path = sa->path,
		.suite = sa->suite,
		.keys = { .p = (const uint8_t *)&sa->keys, .len = sizeof(sa->keys) },
		.iv = sa->iv,
		.nonce_min = nonce_min_blob(&sa->nonce_min),
		.tx_mid = sa->tx_mid,
		.rx_mid = sa->rx_mid,
		.n_rekeys = sa->n_rekeys,
		.born_ms = sa->born_ms,
		.rekey_ms = sa->t_rekey.on ? sa->rekey_ms : 0,
		.end_ms = sa->t_end.on ? sa->t_end.due_ms : 0,
		.temporary_ms = sa->temporary_ms,
		.auth_ms = sa->auth_ms,
		.auth_life_s = sa->auth_life_s,
		.we_called = sa->we_called,
		.frag_mtu = sa->frag_mtu,
		.remote_id = { .p = (const uint8_t *)sa->remote_id, .len = strlen(sa->remote_id) },
		.resp = { .p = sa->resp, .len = resp ? sa->resp_len : 0 } };
	return task_out(sa, k, der);
}

static void
sa1_out(const struct ike1_sa *sa, struct ike_rec_sa *k)
{
	*k = (struct ike_rec_sa){ .v1 = true,
		.state = IKE_SA_UP,
		.initiator = sa->initiator,
		.nat_local = sa->nat_local,
		.nat_remote = sa->nat_remote,
		.encap = sa->encap,
		.spi_i = sa->ck_i,
		.spi_r = sa->ck_r,
		.path = sa->path,
		.suite = sa->suite.s,
		.auth = sa->suite.auth,
		.life_s = sa->suite.life_s,
		.life_kb = sa->suite.life_kb,
		.keys = { .p = (const uint8_t *)&sa->keys, .len = sizeof(sa->keys) },
		.born_ms = sa->born_ms,
		.rekey_ms = sa->t_rekey.on ? sa->t_rekey.due_ms : 0,
		.end_ms = sa->t_end.on ? sa->t_end.due_ms : 0,
		.can = sa->can,
		.dpd_seq = sa->dpd_seq,
		.remote_id = { .p = (const uint8_t *)sa->remote_id,
				.len = strlen(sa->remote_id) } };
}

static void
child_out(const struct ike_child *c, uint8_t sa, struct ike_rec_child *k)
{
	*k = (struct ike_rec_child){ .id = c->id,
		.successor_id = c->successor_id,
		.spi_in = c->spi_in,
		.spi_out = c->spi_out,
		.suite = c->suite,
		.state = (uint8_t)c->state,
		.sa = sa,
		.sa_spi = ike_is_member(c->peer) ? ike_sa_own_spi(c->sa) : 0,
		.v1 = c->v1,
		.ours = c->ours,
		.tunnel = c->tunnel,
		.encap = c->encap,
		.urgent = c->urgent,
		.out_pending = c->out_pending,
		.redundant = c->redundant,
		.lost = c->lost,
		.current = c->peer->out == c,
		.nonce_min = nonce_min_blob(&c->nonce_min),
		.born_ms = c->born_ms,
		.rekey_ms = c->t_rekey.on ? c->t_rekey.due_ms : 0,
		.hard_ms = c->hard_ms,
		.end_ms = c->t_end.on ? c->t_end.due_ms : 0,
		.temporary_ms = c->temporary_ms,
		.n_rekeys = c->n_rekeys,
		.life_kb = c->life_kb,
		.named_remote = c->named_remote,
		.named_local = c->named_local,
		.ts_local = c->ts_local,
		.ts_remote = c->ts_remote };
}

/* The IKE SAs, in their order; @of: which of the peer's each is. False: too many, or a task. */
static bool
sas_out(struct ike_peer *p, struct ike_rec *k, const struct ike_sa *of[IKE_REC_SAS],
		uint8_t *der[IKE_REC_SAS])
{
	const struct ike1_sa *o;
	const struct ike_sa *sa;

	TAILQ_FOREACH (sa, &p->sas, peer_link) {
		if (sa->state != IKE_SA_UP && sa->state != IKE_SA_REKEYED)
			continue;
		if (k->n_sas == IKE_REC_SAS)
			return false;
		of[k->n_sas] = sa;
		k->n_sas++;
		if (!sa_out(sa, &k->sa[k->n_sas - 1], &der[k->n_sas - 1]))
			return false;
	}
	TAILQ_FOREACH (o, &p->sas1, peer_link) {
		if (o->state != IKE1_UP)
			continue;
		if (k->n_sas == IKE_REC_SAS)
			return false;
		sa1_out(o, &k->sa[k->n_sas++]);
	}
	return true;
}

static struct ike_blob
text_blob(const char *s)
{
	return (struct ike_blob){ .p = (const uint8_t *)s, .len = strlen(s) };
}

/* @certs false: without the certificates, there is no room for them. */
static void
proof_out(const struct ike_proof *p, bool certs, struct ike_rec_proof *k)
{
	size_t len = 0;

	*k = (struct ike_rec_proof){ .has = p != NULL };
	if (p == NULL)
		return;
	k->ppk = p->ppk;
	k->weak = p->weak;
	k->local = text_blob(p->local);
	k->remote = text_blob(p->remote);
	k->subject = text_blob(p->subject);
	k->not_after_s = (uint64_t)p->not_after_s;
	k->end_ms = p->end_ms;
	for (unsigned int i = 0; i < p->n_certs; i++)
		len += p->certs[i].len;
	if (!certs || len > IKE_KEEP_CERTS)
		return;
	k->id = (struct ike_blob){ .p = p->id.p, .len = p->id.len };
	for (; k->n_certs < p->n_certs; k->n_certs++)
		k->cert[k->n_certs] = (struct ike_blob){ .p = p->certs[k->n_certs].p,
			.len = p->certs[k->n_certs].len };
}

static const struct ike_proof *
newest_proof(struct ike_peer *p)
{
	const struct ike1_sa *o = ike1_peer_sa(p);
	const struct ike_sa *sa = ike_is_member(p) ? NULL : ike_peer_sa(p);

	return sa != NULL ? sa->proof : o != NULL ? o->proof : NULL;
}

/* The record of @p in @buf; 0: there is nothing to keep, or it cannot be. */
static size_t
snapshot(struct ike_peer *p, uint8_t *buf, size_t cap)
{
	const struct ike_sa *of[IKE_REC_SAS] = { NULL };
	uint8_t *der[IKE_REC_SAS] = { NULL };
	const struct ike_child *c;
	struct ike_rec k;
	size_t len = 0;
	bool ok;

	k.n_sas = k.n_children = 0;
	k.name = (struct ike_blob){ .p = (const uint8_t *)p->cfg.name, .len = strlen(p->cfg.name) };
	memcpy(k.terms, ike_keep_terms(p), sizeof(k.terms));
	ok = sas_out(p, &k, of, der);
	TAILQ_FOREACH (c, &p->children, peer_link) {
		uint8_t sa = 0;

		while (sa < IKE_REC_SAS && of[sa] != c->sa)
			sa++;
		if (c->state == IKE_CHILD_DRAINING || (!c->v1 && c->sa == NULL) ||
				(!c->v1 && sa == IKE_REC_SAS && !ike_is_member(p)))
			continue;
		child_out(c, c->v1 || ike_is_member(p) ? 0 : sa, &k.child[k.n_children++]);
		if (k.n_children == IKE_MAX_CHILDREN)
			break;
	}
	for (int certs = 1; ok && k.n_sas + k.n_children > 0 && len == 0 && certs >= 0; certs--) {
		proof_out(newest_proof(p), certs, &k.proof);
		len = ike_rec_write(&k, buf, cap);
	}
	for (unsigned int i = 0; i < IKE_REC_SAS; i++)
		if (der[i] != NULL)
			OPENSSL_clear_free(der[i], k.sa[i].task.priv.len);
	return len;
}

void
ike_keep_touch(struct ike_peer *p)
{
	if (p == NULL || p->touched || p->e->ops.keep == NULL)
		return;
	p->touched = true;
	TAILQ_INSERT_TAIL(&p->e->touched, p, touched_link);
}

void
ike_keep_now(struct ike_peer *p)
{
	uint8_t buf[IKE_KEEP_MAX];
	struct ike_engine *e;
	size_t len;

	if (p == NULL || p->e->ops.keep == NULL)
		return;
	e = p->e;
	if (p->touched)
		TAILQ_REMOVE(&e->touched, p, touched_link);
	p->touched = false;
	len = snapshot(p, buf, sizeof(buf));
	if (len != 0 || p->kept)
		e->ops.keep(e->ctx, p->cfg.tun_id, buf, len);
	p->kept = len != 0;
	OPENSSL_cleanse(buf, len);
}

void
ike_keep_flush(struct ike_engine *e)
{
	struct ike_peer *p;

	while ((p = TAILQ_FIRST(&e->touched)) != NULL)
		ike_keep_now(p);
}

void
ike_keep_forget(struct ike_peer *p)
{
	struct ike_engine *e = p->e;

	if (p->touched)
		TAILQ_REMOVE(&e->touched, p, touched_link);
	p->touched = p->has_terms = false;
	if (p->kept && e->ops.keep != NULL)
		e->ops.keep(e->ctx, p->cfg.tun_id, NULL, 0);
	p->kept = false;
}
