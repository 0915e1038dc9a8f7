/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A peer's SAs out of the record that another process has kept of them (ike_keep.c): made as they
 * were, with their timers; what was under way is sent again.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/x509.h>

#include "controlplane/ike/ike_keep.h"

#define IV_SKIP   65536 /* explicit IVs: what was used after the last record must not come again */
#define SOON_MS   1000  /* what was due while nobody was there */
#define SPREAD_MS 5000

static uint64_t
due(struct ike_engine *e, uint64_t ms)
{
	return ms > e->now ? ms : e->now + SOON_MS + ike_random32(e) % SPREAD_MS;
}

static struct ike_nonce_min
nonce_min_in(const struct ike_blob *b)
{
	struct ike_nonce_min n = { .len = (uint8_t)b->len };

	memcpy(n.data, b->p, b->len);
	return n;
}

static uint8_t *
copy_of(const struct ike_blob *b)
{
	uint8_t *p = b->len != 0 ? malloc(b->len) : NULL;

	if (p != NULL)
		memcpy(p, b->p, b->len);
	return p;
}

static bool
kex_in(const struct ike_rec_task *k, struct ike_kex *kex)
{
	const uint8_t *der = k->priv.p;

	kex->group = k->kex_group;
	if (k->kex_group == 0)
		return true;
	kex->len = k->pub.len;
	memcpy(kex->pub, k->pub.p, k->pub.len);
	kex->key = d2i_AutoPrivateKey(NULL, &der, (long)k->priv.len);
	return kex->key != NULL;
}

/* The request that was under way, to be sent again. False: it cannot be. */
static bool
task_in(struct ike_sa *sa, const struct ike_rec_task *k)
{
	struct ike_engine *e = sa->e;
	struct ike_task *t = ike_task_new(sa, (enum ike_task_kind)k->kind);
	bool ok;

	if (t == NULL)
		return false;
	t->discard = k->discard;
	t->child_id = k->child_id;
	t->rival_id = k->rival_id;
	t->spi = k->spi;
	t->nego.tun_id = k->tun_id;
	t->group = k->group;
	ike_nonce_set(&t->nego.ni, &k->ni);
	ok = kex_in(k, &t->nego.kex);
	if (ok && k->spi_in != 0) {
		ok = e->ops.spi_claim != NULL &&
		     e->ops.spi_claim(e->ctx,
				     k->tun_id != 0 ? k->tun_id : sa->peer->cfg.tun_id,
				     k->spi_in);
		t->nego.spi_in = ok ? k->spi_in : 0;
	}
	if (ok && t->kind == IKE_TASK_IKE_REKEY) {
		t->new_sa = ike_sa_new(e, sa->peer, true, &sa->path);
		ok = t->new_sa != NULL && ike_sa_claim_spi(t->new_sa, k->new_spi);
	}
	sa->req = copy_of(&k->req);
	sa->req_len = k->req.len;
	sa->active = t;
	t->sent = ok && sa->req != NULL;
	return t->sent;
}

static void
sa_timers(struct ike_sa *sa, const struct ike_rec_sa *k)
{
	struct timers *h = &sa->e->timers;

	if (k->state == IKE_SA_REKEYED)
		ike_sa_set_state(sa, IKE_SA_REKEYED);
	if (k->rekey_ms != 0 && k->state == IKE_SA_UP) {
		sa->rekey_ms = due(sa->e, k->rekey_ms);
		timer_set(h, &sa->t_rekey, sa->rekey_ms);
	}
	if (k->end_ms != 0)
		timer_set(h, &sa->t_end, due(sa->e, k->end_ms));
	ike_sa_watch(sa);
	ike_nat_keep(sa);
}

static bool
sa_in(struct ike_peer *p, const struct ike_rec_sa *k, struct ike_sa **out)
{
	struct ike_sa *sa = ike_sa_new(p->e, p, k->initiator, &k->path);

	*out = sa;
	if (sa == NULL || !ike_sa_claim_spi(sa, k->initiator ? k->spi_i : k->spi_r))
		return false;
	sa->spi_i = k->spi_i;
	sa->spi_r = k->spi_r;
	sa->restored = true;
	sa->nat_local = k->nat_local;
	sa->nat_remote = k->nat_remote;
	sa->encap = k->encap;
	sa->redundant = k->redundant;
	sa->frag = k->frag;
	sa->ppk = k->ppk;
	sa->frag_mtu = k->frag_mtu;
	sa->auth_ms = k->auth_ms;
	sa->auth_life_s = k->auth_life_s;
	sa->we_called = k->we_called;
	sa->suite = k->suite;
	memcpy(&sa->keys, k->keys.p, sizeof(sa->keys));
	sa->iv = k->iv + IV_SKIP;
	sa->nonce_min = nonce_min_in(&k->nonce_min);
	sa->tx_mid = k->tx_mid;
	sa->rx_mid = k->rx_mid;
	sa->n_rekeys = k->n_rekeys;
	sa->born_ms = k->born_ms < p->e->now ? k->born_ms : p->e->now;
	sa->temporary_ms = k->temporary_ms;
	memcpy(sa->remote_id, k->remote_id.p, k->remote_id.len);
	sa->resp = copy_of(&k->resp);
	sa->resp_len = sa->resp != NULL ? k->resp.len : 0;
	ike_sa_set_state(sa, IKE_SA_UP);
	sa_timers(sa, k);
	ike_reauth_arm(sa);
	return !k->has_task || task_in(sa, &k->task);
}

static bool
sa1_in(struct ike_peer *p, const struct ike_rec_sa *k)
{
	struct ike1_sa *sa = ike1_sa_new(p->e, p, k->initiator, &k->path);

	if (sa == NULL || !ike1_sa_claim_cookies(sa, k->spi_i, k->spi_r))
		return false;
	sa->restored = true;
	sa->nat_local = k->nat_local;
	sa->nat_remote = k->nat_remote;
	sa->encap = k->encap;
	sa->suite = (struct ike1_suite){ .s = k->suite,
		.auth = k->auth,
		.life_s = k->life_s,
		.life_kb = k->life_kb };
	memcpy(&sa->keys, k->keys.p, sizeof(sa->keys));
	sa->born_ms = k->born_ms < p->e->now ? k->born_ms : p->e->now;
	sa->can = k->can;
	sa->dpd_seq = k->dpd_seq;
	memcpy(sa->remote_id, k->remote_id.p, k->remote_id.len);
	ike1_sa_resume(sa, k->rekey_ms != 0 ? due(p->e, k->rekey_ms) : 0,
			k->end_ms != 0 ? due(p->e, k->end_ms) : 0);
	return true;
}

static void
child_timers(struct ike_child *c, const struct ike_rec_child *k)
{
	struct timers *h = &c->e->timers;

	if (k->rekey_ms != 0 && c->state == IKE_CHILD_LIVE) {
		c->rekey_ms = due(c->e, k->rekey_ms);
		timer_set(h, &c->t_rekey, c->rekey_ms);
	}
	if (k->end_ms != 0 && c->state != IKE_CHILD_DELETING)
		timer_set(h, &c->t_end, due(c->e, k->end_ms));
	/* The request that asks for it may be the one under way. */
	if (c->state == IKE_CHILD_DELETING && c->sa != NULL &&
			(c->sa->active == NULL || c->sa->active->child_id != c->id))
		ike_queue_child_delete(c->sa, c->id, c->spi_in);
	if (c->sa != NULL && c->sa->active != NULL && c->sa->active->child_id == c->id)
		c->rekeying = c->sa->active->kind == IKE_TASK_CHILD_REKEY;
}

/* False: the dataplane's tables have no place for it any more; it is deleted at the peer. */
static bool
child_in(struct ike_peer *p, const struct ike_rec_child *k, struct ike_sa *sa)
{
	struct ike_nego n = { .spi_in = k->spi_in,
		.spi_out = k->spi_out,
		.suite = k->suite,
		.tunnel = k->tunnel,
		.named_remote = k->named_remote,
		.named_local = k->named_local,
		.ts_local = k->ts_local,
		.ts_remote = k->ts_remote };
	const struct ike1_sa *sa1 = k->v1 ? ike1_peer_sa(p) : NULL;
	struct ike_path path = { .local = p->cfg.local, .remote = p->cfg.remote };
	struct ike_child *c = ike_child_again(p, &n, k->id);

	if (c == NULL)
		return false;
	if (sa != NULL || sa1 != NULL)
		path = sa != NULL ? sa->path : sa1->path;
	c->sa = sa;
	c->v1 = k->v1;
	c->ours = k->ours;
	c->encap = k->encap;
	c->state = (enum ike_child_state)k->state;
	c->successor_id = k->successor_id;
	c->urgent = k->urgent;
	c->out_pending = k->out_pending;
	c->redundant = k->redundant;
	c->lost = k->lost;
	c->nonce_min = nonce_min_in(&k->nonce_min);
	c->born_ms = k->born_ms < p->e->now ? k->born_ms : p->e->now;
	c->hard_ms = k->hard_ms;
	c->temporary_ms = k->temporary_ms;
	c->n_rekeys = k->n_rekeys;
	c->life_kb = k->life_kb;
	if (ike_child_restore(c, &path, k->current) != 0) {
		if (sa != NULL)
			ike_queue_child_delete(sa, 0, k->spi_in);
		return false;
	}
	child_timers(c, k);
	return true;
}

/* Nothing of it can be gone on with; the peer is not told, INITIAL_CONTACT will. */
static void
undo(struct ike_peer *p)
{
	struct ike_child *c;
	struct ike1_sa *o;
	struct ike_sa *sa;

	while ((c = TAILQ_FIRST(&p->children)) != NULL)
		ike_child_remove(c);
	while ((sa = TAILQ_FIRST(&p->sas)) != NULL)
		ike_sa_kill(sa);
	while ((o = TAILQ_FIRST(&p->sas1)) != NULL)
		ike1_sa_kill(o);
	p->out = NULL;
}

static void
text_in(const struct ike_blob *b, char *to)
{
	memcpy(to, b->p, b->len); /* what was read is shorter than that, and the rest is zero */
}

/* A reference, or NULL. It is judged by the CRLs of now as soon as there is time. */
static struct ike_proof *
proof_in(struct ike_peer *p, const struct ike_rec_proof *k)
{
	struct ike_proof *f = k->has ? ike_proof_new(p->e, &p->cfg, NULL, NULL) : NULL;

	if (f == NULL)
		return NULL;
	memset(f->local, 0, sizeof(f->local));
	memset(f->remote, 0, sizeof(f->remote));
	text_in(&k->local, f->local);
	text_in(&k->remote, f->remote);
	text_in(&k->subject, f->subject);
	f->ppk = k->ppk;
	f->weak = k->weak;
	f->not_after_s = (int64_t)k->not_after_s;
	f->end_ms = k->end_ms;
	f->id.p = copy_of(&k->id);
	f->id.len = f->id.p != NULL ? k->id.len : 0;
	for (unsigned int i = 0; i < k->n_certs && f->id.p != NULL; i++) {
		f->certs[i] = (struct ike_bytes){ .p = copy_of(&k->cert[i]),
			.len = k->cert[i].len };
		if (f->certs[i].p == NULL)
			break;
		f->n_certs++;
	}
	ike_review_soon(p->e);
	return f;
}

/* What both sides have proven, for those that are there now. */
static void
proofs_in(struct ike_peer *p, const struct ike_rec_proof *k)
{
	struct ike_proof *f = proof_in(p, k);
	struct ike1_sa *o;
	struct ike_sa *sa;

	TAILQ_FOREACH (sa, &p->sas, peer_link) {
		if (!sa->restored)
			continue; /* of a rekey that is under way */
		sa->proof = ike_proof_ref(f);
		if (sa->state == IKE_SA_UP)
			ike_reauth_arm(sa);
	}
	TAILQ_FOREACH (o, &p->sas1, peer_link)
		o->proof = ike_proof_ref(f);
	ike_proof_unref(f);
}

/* Its head's IKE SA that it was under, or the newest: that inherits. NULL: there is none. */
static struct ike_sa *
sa_of_member(struct ike_peer *p, uint64_t own_spi)
{
	struct ike_sa *sa = ike_sa_find(p->e, own_spi);

	return sa != NULL && sa->peer == p->head ? sa : ike_peer_sa(p);
}

static bool
members_in(struct ike_peer *p, const struct ike_rec *k)
{
	for (unsigned int i = 0; i < k->n_children; i++) {
		struct ike_sa *sa = p->head != NULL ? sa_of_member(p, k->child[i].sa_spi) : NULL;

		if (sa == NULL)
			return false;
		child_in(p, &k->child[i], sa);
	}
	return true;
}

static bool
all_in(struct ike_peer *p, const struct ike_rec *k)
{
	struct ike_sa *sa[IKE_REC_SAS] = { NULL };
	bool ok = true;

	if (ike_is_member(p))
		return members_in(p, k);
	for (unsigned int i = 0; ok && i < k->n_sas; i++)
		ok = k->sa[i].v1 ? sa1_in(p, &k->sa[i]) : sa_in(p, &k->sa[i], &sa[i]);
	for (unsigned int i = 0; ok && i < k->n_children; i++)
		child_in(p, &k->child[i], k->child[i].v1 ? NULL : sa[k->child[i].sa]);
	return ok;
}

/* Killed after the answer to our rekey: the new one was there, the old one's DELETE was not. */
static void
finish_rekey(struct ike_peer *p)
{
	struct ike_child *c, *next, *newest = NULL;

	TAILQ_FOREACH (c, &p->children, peer_link)
		if (!c->v1 && c->state == IKE_CHILD_LIVE && !c->redundant && !c->lost &&
				(newest == NULL || c->id > newest->id))
			newest = c;
	for (c = TAILQ_FIRST(&p->children); c != NULL && newest != NULL; c = next) {
		next = TAILQ_NEXT(c, peer_link);
		if (c == newest || c->v1 || c->state != IKE_CHILD_LIVE || c->rekeying)
			continue;
		ike_child_use_out(newest);
		ike_child_delete(c);
	}
}

/* Of this peer, as it is configured now. */
static bool
fits(struct ike_peer *p, const struct ike_rec *k)
{
	for (unsigned int i = 0; i < k->n_sas; i++)
		if (k->sa[i].path.local != p->cfg.local || k->sa[i].v1 != (p->cfg.version == 1))
			return false;
	for (unsigned int i = 0; i < k->n_children; i++)
		if (k->child[i].v1 != (p->cfg.version == 1))
			return false;
	if (ike_is_member(p) != (k->n_sas == 0 && p->cfg.version != 1))
		return false;
	return k->name.len == strlen(p->cfg.name) &&
	       memcmp(k->name.p, p->cfg.name, k->name.len) == 0 &&
	       CRYPTO_memcmp(k->terms, ike_keep_terms(p), sizeof(k->terms)) == 0;
}

bool
ike_keep_restore(struct ike_peer *p)
{
	struct ike_engine *e = p->e;
	struct ike_rec k;
	const uint8_t *rec;
	struct ike_sa *sa;
	size_t len = 0;

	rec = e->ops.kept != NULL ? e->ops.kept(e->ctx, p->cfg.tun_id, &len) : NULL;
	if (rec == NULL || len == 0)
		return false;
	p->kept = true; /* there is something to be wiped */
	ike_keep_touch(p);
	if (ike_rec_read(rec, len, &k) != 0 || !fits(p, &k)) {
		ike_count(e, IKE_CTR_NOT_RESTORED);
		ike_log(e, LVL_NOTICE, p->cfg.name,
				"what was kept of its SAs is of other terms or damaged: not used");
		return false;
	}
	if (!all_in(p, &k)) {
		ike_count(e, IKE_CTR_NOT_RESTORED);
		ike_log(e, LVL_WARNING, p->cfg.name, "its SAs could not be restored");
		undo(p);
		return false;
	}
	ike_count(e, IKE_CTR_RESTORED);
	ike_log(e, LVL_INFO, p->cfg.name, "restored %u IKE SAs and %u Child SAs", k.n_sas,
			k.n_children);
	proofs_in(p, &k.proof);
	TAILQ_FOREACH (sa, &p->sas, peer_link)
		if (sa->restored && sa->active != NULL && sa->active->sent)
			ike_exchange_resume(sa);
	finish_rekey(p);
	if (p->out == NULL)
		ike_peer_lost(p, "restored, but without a Child SA");
	else
		ike_peer_update(p, "restored");
	return true;
}
