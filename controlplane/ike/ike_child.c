/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Child SAs: how one is made, when outbound traffic moves to it, and how it goes.
 *
 *	LIVE      usable in both directions. One of the peer's LIVE (or REKEYED) ones is @out,
 *	          the one that we send with.
 *	REKEYED   has a successor. Inbound works on; outbound too, until the successor takes it.
 *	DELETING  our DELETE is on its way. Inbound works on.
 *	DRAINING  gone for IKE. Inbound stays for drain_ms: late and reordered packets.
 *
 * No packet is lost by a rekey because we switch outbound only when the peer must have inbound:
 * as initiator with the answer, as responder when the peer is seen to use the new one or deletes
 * the old one (RFC 7296 section 2.8).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "controlplane/ike/ike1_int.h"

#define HARD_MIN_MS 60000 /* a rekey gets at least that long before the Child SA is given up */

struct ike_child *
ike_child_find(struct ike_engine *e, uint64_t id)
{
	struct ike_child *c;

	LIST_FOREACH (c, &e->by_id[ike_hash64(id)], id_link)
		if (c->id == id)
			return c;
	return NULL;
}

struct ike_child *
ike_child_find_out(struct ike_peer *p, uint32_t spi_out)
{
	struct ike_child *c;

	for (struct ike_peer *o = NULL; (o = ike_kin(p, o)) != NULL;)
		TAILQ_FOREACH (c, &o->children, peer_link)
			if (c->spi_out == spi_out && c->state != IKE_CHILD_DRAINING)
				return c;
	return NULL;
}

void
ike_child_remove(struct ike_child *c)
{
	struct ike_engine *e = c->e;

	ike_keep_touch(c->peer);
	timer_stop(&e->timers, &c->t_rekey);
	timer_stop(&e->timers, &c->t_end);
	TAILQ_REMOVE(&c->peer->children, c, peer_link);
	LIST_REMOVE(c, id_link);
	LIST_REMOVE(c, spi_link);
	if (c->peer->out == c)
		c->peer->out = NULL;
	e->ops.child_del(e->ctx, c->id);
	free(c);
}

/*
 * The oldest one that the tunnel can do without: a draining one, or with IKEv1 one that has been
 * replaced by the one in use, for nobody is obliged to delete it (strongSwan does not).
 */
static struct ike_child *
dispensable(struct ike_peer *p)
{
	struct ike_child *c, *replaced = NULL;

	TAILQ_FOREACH (c, &p->children, peer_link) {
		if (c->state == IKE_CHILD_DRAINING)
			return c;
		if (replaced == NULL && c->v1 && c->state == IKE_CHILD_REKEYED && p->out != NULL &&
				c->id < p->out->id)
			replaced = c;
	}
	return replaced;
}

bool
ike_child_room(struct ike_peer *p)
{
	struct ike_child *c;
	unsigned int n = 0;

	TAILQ_FOREACH (c, &p->children, peer_link)
		n++;
	if (n < IKE_MAX_CHILDREN)
		return true;
	c = dispensable(p);
	if (c == NULL)
		return false;
	ike_log_outsider(c->e, LVL_NOTICE, p->cfg.name,
			"a tunnel has at most %u Child SAs: the %s one with SPI 0x%08x goes "
			"before its time",
			IKE_MAX_CHILDREN,
			c->state == IKE_CHILD_DRAINING ? "draining" : "replaced", c->spi_in);
	if (c->v1)
		ike1_child_farewell(c); /* unless it is draining */
	ike_child_remove(c);
	return true;
}

/* The newest one that could carry the traffic instead of @not. */
static struct ike_child *
successor(struct ike_peer *p, const struct ike_child * not )
{
	struct ike_child *c, *best = NULL;

	TAILQ_FOREACH (c, &p->children, peer_link)
		if (c != not && c->state == IKE_CHILD_LIVE && !c->redundant && !c->lost &&
				!c->half && (best == NULL || c->id > best->id))
			best = c;
	return best;
}

/* What is older than the one in use is not waited for any more. */
static void
set_out(struct ike_child *c)
{
	struct ike_child *k;

	ike_keep_touch(c->peer);
	c->peer->out = c;
	c->out_pending = false;
	TAILQ_FOREACH (k, &c->peer->children, peer_link)
		if (k->id < c->id)
			k->out_pending = false;
}

/* Both ends have it. */
static void
announce(struct ike_child *c)
{
	bool rekeyed = c->n_rekeys != 0;

	c->half = false;
	ike_count(c->e, rekeyed ? IKE_CTR_CHILD_REKEYED : IKE_CTR_CHILD_UP);
	ike_peer_good(c->peer, rekeyed ? "Child SA rekeyed" : "Child SA is up");
}

void
ike_child_use_out(struct ike_child *c)
{
	if (c->peer->out == c)
		return;
	set_out(c);
	c->e->ops.child_use_out(c->e->ctx, c->id);
	if (c->half)
		announce(c);
	ike_peer_update(c->peer, c->peer->state != IKE_PEER_ESTABLISHED ? "Child SA is up" : NULL);
}

/* The newest of those that @gone has replaced, NULL: none. */
static struct ike_child *
predecessor(const struct ike_child *gone)
{
	struct ike_child *c, *newest = NULL;

	TAILQ_FOREACH (c, &gone->peer->children, peer_link)
		if (c->state == IKE_CHILD_REKEYED && c->successor_id == gone->id &&
				(newest == NULL || c->id > newest->id))
			newest = c;
	return newest;
}

/* What @from has replaced has @to as its successor now. */
static void
hand_on(const struct ike_child *from, uint64_t to)
{
	struct ike_child *c;

	TAILQ_FOREACH (c, &from->peer->children, peer_link)
		if (c->state == IKE_CHILD_REKEYED && c->successor_id == from->id && c->id != to)
			c->successor_id = to;
}

/* The successor is taken back before the old one was deleted: the old one carries on. */
static void
revive_predecessor(struct ike_child *gone)
{
	struct timers *h = &gone->e->timers;
	struct ike_child *c = predecessor(gone);

	if (c == NULL)
		return;
	c->state = IKE_CHILD_LIVE;
	hand_on(gone, c->id);
	timer_stop(h, &c->t_end);
	if (c->hard_ms != 0) {
		timer_set(h, &c->t_end, c->hard_ms);
		timer_set(h, &c->t_rekey, c->e->now + HARD_MIN_MS);
	}
}

void
ike_child_retire(struct ike_child *c)
{
	struct ike_engine *e = c->e;
	struct ike_peer *p = c->peer;
	struct ike_child *next;

	ike_keep_touch(p);
	c->state = IKE_CHILD_DRAINING;
	c->sa = NULL;
	c->out_pending = false;
	timer_stop(&e->timers, &c->t_rekey);
	revive_predecessor(c);
	if (p->out == c) {
		next = successor(p, c);
		p->out = NULL;
		if (next != NULL)
			ike_child_use_out(next);
	}
	if (p->out != NULL)
		timer_set(&e->timers, &c->t_end, e->now + e->lim.drain_ms);
	else
		ike_child_remove(c);
}

void
ike_child_replaced(struct ike_child *c, uint64_t by)
{
	ike_keep_touch(c->peer);
	if (by != 0)
		hand_on(c, by);
	c->successor_id = by;
	c->state = IKE_CHILD_REKEYED;
	timer_stop(&c->e->timers, &c->t_rekey);
	timer_set(&c->e->timers, &c->t_end, c->e->now + IKE_REPLACED_MS);
}

void
ike_child_delete(struct ike_child *c)
{
	if (c->v1 && c->state != IKE_CHILD_DRAINING) {
		ike1_child_delete(c);
		return;
	}
	if (c->sa == NULL || c->state == IKE_CHILD_DELETING || c->state == IKE_CHILD_DRAINING)
		return;
	ike_keep_touch(c->peer);
	c->state = IKE_CHILD_DELETING;
	timer_stop(&c->e->timers, &c->t_rekey);
	timer_stop(&c->e->timers, &c->t_end);
	ike_queue_child_delete(c->sa, c->id, c->spi_in);
}

/* ---- rekey and end of life ------------------------------------------------------------------ */

void
ike_child_rekey_later(struct ike_child *c, uint64_t ms)
{
	c->rekey_ms = c->rekey_not_before_ms = c->e->now + ms;
	timer_set(&c->e->timers, &c->t_rekey, c->rekey_ms);
}

static void
child_rekey(struct ike_child *c)
{
	struct ike_task *t;

	if (c->v1) {
		if (c->state == IKE_CHILD_LIVE && c->e->now >= c->rekey_not_before_ms)
			ike1_want_child(c->peer, c);
		return;
	}
	if (c->state != IKE_CHILD_LIVE || c->rekeying || c->sa == NULL ||
			c->sa->state != IKE_SA_UP || c->e->now < c->rekey_not_before_ms)
		return;
	t = ike_task_new(c->sa, IKE_TASK_CHILD_REKEY);
	if (t == NULL) {
		ike_child_rekey_later(c, 1000);
		return;
	}
	c->rekeying = true;
	t->child_id = c->id;
	ike_nego_for(&t->nego, c->peer);
	t->urgent = c->urgent;
	ike_task_queue(t, false);
}

static void
rekey_due(void *arg)
{
	struct ike_child *c = arg;

	child_rekey(c);
	/* Should the task come to nothing without a word, ask again. */
	if (ike_child_find(c->e, c->id) == c && !c->t_rekey.on && c->state == IKE_CHILD_LIVE)
		timer_set(&c->e->timers, &c->t_rekey, c->e->now + HARD_MIN_MS);
}

/* Drained; or replaced and never deleted by the peer; or lived too long without a successor. */
static void
end_due(void *arg)
{
	struct ike_child *c = arg;
	struct ike_peer *p = c->peer;
	struct ike_sa *sa = c->sa;

	if (c->state == IKE_CHILD_DRAINING) {
		ike_child_remove(c);
	} else if (c->state == IKE_CHILD_REKEYED) {
		struct ike_child *next = p->out == c ? successor(p, c) : NULL;

		if (next != NULL)
			ike_child_use_out(next);
		ike_child_delete(c);
	} else if (c->v1) {
		ike_log(c->e, LVL_WARNING, p->cfg.name,
				"the Child SA expired without a successor");
		ike_child_delete(c);
		ike_peer_lost(p, "the Child SA could not be renewed before it expired");
	} else if (sa != NULL && ike_has_kin(p)) {
		ike_log(c->e, LVL_WARNING, p->cfg.name,
				"the Child SA expired without a successor: asking for another");
		ike_child_delete(c);
	} else if (sa != NULL) {
		/* RFC 7296 section 2.8: expired and not rekeyed, so the IKE SA goes with it. */
		ike_log(c->e, LVL_WARNING, p->cfg.name,
				"the Child SA expired without a successor: "
				"starting over");
		ike_sa_delete(sa);
		ike_peer_lost(p, "the Child SA could not be rekeyed before it expired");
	}
}

void
ike_child_rekey(struct ike_engine *e, uint64_t child_id, bool urgent, uint64_t now_ms)
{
	struct ike_child *c;

	ike_advance(e, now_ms);
	c = ike_child_find(e, child_id);
	if (c != NULL) {
		c->urgent |= urgent;
		child_rekey(c);
	}
	ike_settle(e);
}

void
ike_child_seen(struct ike_engine *e, uint32_t spi, uint64_t now_ms)
{
	struct ike_child *c;

	ike_advance(e, now_ms);
	LIST_FOREACH (c, &e->by_child_spi[ike_hash32(spi)], spi_link) {
		if (c->spi_in == spi) {
			if (c->out_pending && c->state == IKE_CHILD_LIVE && !c->redundant) {
				ike_child_use_out(c);
				ike1_quick_seen(c);
			}
			break;
		}
	}
	ike_settle(e);
}

/* ---- made ----------------------------------------------------------------------------------- */

static void
start_life(struct ike_child *c, bool we_initiated, uint32_t life_s)
{
	uint64_t hard;

	c->born_ms = c->e->now;
	if (life_s == 0)
		return;
	c->rekey_ms = c->e->now + ike_life_ms(c->e, life_s, we_initiated);
	timer_set(&c->e->timers, &c->t_rekey, c->rekey_ms);
	hard = (uint64_t)life_s * 100; /* a tenth */
	if (hard < HARD_MIN_MS)
		hard = HARD_MIN_MS;
	c->hard_ms = c->e->now + (uint64_t)life_s * 1000 + hard;
	timer_set(&c->e->timers, &c->t_end, c->hard_ms);
}

static uint32_t
host_or_0(uint32_t addr)
{
	return ip4_is_unicast_host(addr) ? addr : 0;
}

struct ike_child *
ike_child_again(struct ike_peer *p, const struct ike_nego *n, uint64_t id)
{
	struct ike_engine *e = p->e;
	struct ike_child *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		ike_count(e, IKE_CTR_NO_MEMORY);
		return NULL;
	}
	c->e = e;
	c->peer = p;
	c->id = id;
	if (id > e->last_child_id)
		e->last_child_id = id;
	ike_keep_touch(p);
	c->spi_in = n->spi_in;
	c->spi_out = n->spi_out;
	c->suite = n->suite;
	c->tunnel = n->tunnel;
	c->ts_local = n->ts_local;
	c->ts_remote = n->ts_remote;
	c->named_remote = p->named_remote = host_or_0(n->named_remote);
	c->named_local = p->named_local = host_or_0(n->named_local);
	p->inner_remote = ike_child_inner_remote(c);
	p->inner_local = ike_child_inner_local(c);
	c->nonce_min = ike_nonce_lower(&n->ni, &n->nr);
	c->t_rekey = (struct timer){ .fn = rekey_due, .arg = c };
	c->t_end = (struct timer){ .fn = end_due, .arg = c };
	TAILQ_INSERT_TAIL(&c->peer->children, c, peer_link);
	LIST_INSERT_HEAD(&e->by_id[ike_hash64(c->id)], c, id_link);
	LIST_INSERT_HEAD(&e->by_child_spi[ike_hash32(c->spi_in)], c, spi_link);
	return c;
}

static struct ike_child *
child_new(struct ike_peer *p, const struct ike_nego *n)
{
	return ike_child_again(p, n, p->e->last_child_id + 1);
}

/* The host of a selector of tunnel mode between two of them; 0: it is something else. */
static uint32_t
inner_host(const struct ike_child *c, const struct ike_ts_list *l)
{
	if (!c->tunnel || c->peer->cfg.ts_local.n != 0 || l->n == 0)
		return 0;
	return ip_range_host4(&l->ts[0].addr);
}

uint32_t
ike_child_inner_remote(const struct ike_child *c)
{
	return inner_host(c, &c->ts_remote);
}

uint32_t
ike_child_inner_local(const struct ike_child *c)
{
	return inner_host(c, &c->ts_local);
}

static struct ike_child_sa
as_told(const struct ike_child *c, const struct ike_path *path)
{
	uint32_t remote = ike_child_inner_remote(c), local = ike_child_inner_local(c);

	return (struct ike_child_sa){ .id = c->id,
		.tun_id = c->peer->cfg.tun_id,
		.local = path->local,
		.remote = path->remote,
		.local_port = c->encap ? path->local_port : 0,
		.remote_port = c->encap ? path->remote_port : 0,
		.inner_remote = remote != 0 ? remote : c->named_remote,
		.inner_local = local != 0 && local != path->local ? local : c->named_local,
		.tunnel = c->tunnel,
		.life_bytes = c->life_kb * UINT64_C(1024),
		.ts_local = &c->ts_local,
		.ts_remote = &c->ts_remote,
		.cfg = &c->peer->cfg };
}

int
ike_child_restore(struct ike_child *c, const struct ike_path *path, bool current)
{
	struct ike_engine *e = c->e;
	struct ike_child_sa sa = as_told(c, path);
	struct ike_child_keys in = { .spi = c->spi_in }, out = { .spi = c->spi_out };
	int err;

	sa.in = &in;
	sa.out = &out;
	err = e->ops.child_restore != NULL ? e->ops.child_restore(e->ctx, &sa, current) : -ENOSYS;
	if (err != 0)
		ike_child_remove(c);
	else if (current)
		c->peer->out = c;
	return err;
}

/* Hand over to the dataplane. @keys[0]: initiator's to responder's. 0 or -errno. */
static int
install(struct ike_child *c, const struct ike_path *path, struct ike_child_keys keys[2],
		uint64_t replaces, bool we_initiated, bool use_out)
{
	struct ike_child_sa sa = as_told(c, path);

	sa.initiator = we_initiated;
	sa.out = &keys[we_initiated ? 0 : 1];
	sa.in = &keys[we_initiated ? 1 : 0];
	keys[we_initiated ? 1 : 0].spi = c->spi_in;
	keys[we_initiated ? 0 : 1].spi = c->spi_out;
	return c->e->ops.child_add(c->e->ctx, &sa, replaces, use_out);
}

static struct ike_child *
not_installed(struct ike_child *c, int err)
{
	ike_log(c->e, LVL_ERROR, c->peer->cfg.name, "a Child SA could not be installed: %s",
			strerror(-err));
	ike_child_remove(c);
	return NULL;
}

/* In the dataplane: its life begins. */
static struct ike_child *
installed(struct ike_child *c, uint64_t replaces, bool we_initiated, bool use_out, uint32_t life_s)
{
	struct ike_child *old = replaces != 0 ? ike_child_find(c->e, replaces) : NULL;

	c->n_rekeys = old != NULL ? old->n_rekeys + 1 : 0;
	c->out_pending = !use_out;
	start_life(c, we_initiated, life_s);
	if (use_out)
		set_out(c);
	if (!c->half)
		announce(c);
	else if (c->peer->out == NULL)
		ike_peer_update(c->peer, "waiting for the third message of quick mode");
	return c;
}

struct ike_child *
ike_child_make(struct ike_sa *sa, struct ike_nego *n, bool we_initiated, bool use_out)
{
	struct ike_child_keys keys[2] = { { 0 } };
	struct ike_keymat_in in = { .ni = ike_nonce_blob(&n->ni),
		.nr = ike_nonce_blob(&n->nr),
		.gir = { .p = n->kex.secret, .len = n->suite.group != 0 ? n->kex.secret_len : 0 } };
	struct ike_peer *p = ike_nego_peer(sa, n);
	struct ike_child *c = p != NULL && ike_child_room(p) ? child_new(p, n) : NULL;
	int err;

	if (c == NULL)
		return NULL;
	c->sa = sa;
	c->encap = sa->encap && sa->path.local_port == IKE_PORT_NATT;
	n->spi_given = true;
	err = ike_derive_child(&sa->e->crypto, sa->suite.prf, sa->keys.d, &n->suite, &in, keys);
	/* From here on a restored engine must not get these keys out of a repeated answer again:
	 * the dataplane has begun to count under them. */
	if (err == 0 && we_initiated) {
		ike_keep_now(p);
		if (p != sa->peer)
			ike_keep_now(sa->peer); /* which has the request */
	}
	if (err == 0)
		err = install(c, &sa->path, keys, n->old_id, we_initiated, use_out);
	OPENSSL_cleanse(keys, sizeof(keys));
	return err == 0 ? installed(c, n->old_id, we_initiated, use_out, p->cfg.child_life_s)
			: not_installed(c, err);
}

struct ike_child *
ike_child_make1(struct ike1_sa *sa, struct ike_peer *p, struct ike_nego *n,
		struct ike_child_keys keys[2], bool we_initiated, bool use_out, uint32_t life_s)
{
	struct ike_child *c = ike_child_room(p) ? child_new(p, n) : NULL;
	int err;

	if (c == NULL)
		return NULL;
	c->v1 = true;
	c->life_kb = n->life_kb;
	c->tunnel = !p->cfg.transport; /* the only mode that is offered and taken */
	c->ours = we_initiated;
	c->half = !we_initiated;
	c->encap = sa->encap;
	n->spi_given = true;
	err = install(c, &sa->path, keys, n->old_id, we_initiated, use_out);
	return err == 0 ? installed(c, n->old_id, we_initiated, use_out, life_s)
			: not_installed(c, err);
}
