/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cache of IPv6 neighbours and its state machine; see nd.h. Entries of an interface stand in two
 * lists, each oldest first: those with an answer and those without. When an interface is full the
 * oldest without an answer goes first, so that a scan of a prefix (RFC 6583) does not displace real
 * neighbours.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "controlplane/nd/nd.h"
#include "controlplane/nd/nd_wire.h"
#include "controlplane/util/hmap.h"

struct nd_entry {
	struct hnode node; /* by interface and address */
	TAILQ_ENTRY(nd_entry) link;
	uint32_t if_id;
	struct ip6_addr addr;
	enum nd_state state;
	uint8_t mac[6];
	bool pinned;
	uint8_t tries; /* solicitations sent in this state */
	uint64_t due_ms;
	uint64_t since_ms; /* confirmed, or made */
};
TAILQ_HEAD(nd_list, nd_entry);

struct nd_if {
	struct hnode node; /* by if_id */
	struct nd_if_cfg cfg;
	struct nd_list known, unknown;
	uint32_t n_entries;
	uint64_t announce_ms; /* when our addresses are announced; UINT64_MAX: not */
	uint64_t conflict_ms; /* when a conflict was reported last; 0: never */
	struct nd_virtual *virt;
	uint32_t n_virt;
};

struct nd_engine {
	struct nd_ops ops;
	void *ctx;
	uint32_t max_entries;
	uint64_t seed;
	struct hmap ifs, entries;
	uint64_t next_ms;
};

static const struct ip6_addr all_nodes = { { 0xff, 0x02, [15] = 1 } };

/* Keyed with the seed, so that nobody outside can choose addresses that collide. */
static uint64_t
entry_key(const struct nd_engine *e, uint32_t if_id, const struct ip6_addr *addr)
{
	uint64_t h = e->seed ^ if_id, half;

	for (int i = 0; i < 2; i++) {
		memcpy(&half, addr->b + 8 * i, sizeof(half));
		h = (h ^ half) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 29;
		h = (h + e->seed) * UINT64_C(0xbf58476d1ce4e5b9);
		h ^= h >> 32;
	}
	return h;
}

static struct nd_if *
if_find(const struct nd_engine *e, uint32_t if_id)
{
	return HMAP_ENTRY(hmap_find(&e->ifs, if_id), struct nd_if, node);
}

static struct nd_entry *
entry_find(const struct nd_engine *e, uint32_t if_id, const struct ip6_addr *addr)
{
	struct nd_entry *n = HMAP_ENTRY(hmap_find(&e->entries, entry_key(e, if_id, addr)),
			struct nd_entry, node);

	return n != NULL && n->if_id == if_id && ip6_equal(&n->addr, addr) ? n : NULL;
}

static void
due_at(struct nd_engine *e, uint64_t *field, uint64_t at_ms)
{
	*field = at_ms;
	if (at_ms < e->next_ms)
		e->next_ms = at_ms;
}

/* ---- addresses of an interface ----------------------------------------------------------- */

static bool
if_owns(const struct nd_if_cfg *c, const struct ip6_addr *addr)
{
	for (uint8_t i = 0; i < c->n_addrs; i++)
		if (ip6_equal(&c->addrs[i].addr, addr))
			return true;
	return false;
}

/* The MAC address that we have at @addr: the interface's own, or a virtual one; NULL: not ours. */
static const uint8_t *
if_mac_at(const struct nd_if *f, const struct ip6_addr *addr)
{
	for (uint32_t i = 0; i < f->n_virt; i++)
		if (ip6_equal(&f->virt[i].addr, addr))
			return f->virt[i].mac;
	return if_owns(&f->cfg, addr) ? f->cfg.mac : NULL;
}

/* The prefix of ours that a neighbour is on, NULL if it is on none, or is ourselves. */
static const struct ip6_prefix *
if_prefix(const struct nd_if_cfg *c, const struct ip6_addr *addr)
{
	const struct ip6_prefix *found = NULL;

	if (!ip6_is_unicast_host(addr) || if_owns(c, addr))
		return NULL;
	for (uint8_t i = 0; i < c->n_addrs && found == NULL; i++)
		if (c->addrs[i].len < 128 && ip6_prefix_contains(&c->addrs[i], addr))
			found = &c->addrs[i];
	return found;
}

/* ---- sending ----------------------------------------------------------------------------- */

static void
send_msg(struct nd_engine *e, const struct nd_if *f, const struct nd_msg *m, const uint8_t *dst)
{
	uint8_t frame[ND_FRAME_LEN], group[6];
	const uint8_t *src;

	if (dst == NULL) {
		ip6_multicast_mac(&m->dst, group);
		dst = group;
	}
	src = m->type == ND_NA ? m->mac : f->cfg.mac; /* a virtual router answers as itself */
	e->ops.send(e->ctx, f->cfg.if_id, frame, nd_build(m, src, dst, frame));
}

/* @mac NULL: to all who might be it, else a probe of the one who was (section 7.3.3). */
static void
send_solicit(struct nd_engine *e, const struct nd_if *f, const struct ip6_addr *addr,
		const uint8_t *mac)
{
	const struct ip6_prefix *p = if_prefix(&f->cfg, addr);
	struct nd_msg m = { .type = ND_NS, .target = *addr, .has_mac = true };

	if (f->cfg.n_addrs == 0)
		return;
	m.src = p != NULL ? p->addr : f->cfg.addrs[0].addr;
	m.dst = mac != NULL ? *addr : ip6_solicited_node(addr);
	memcpy(m.mac, f->cfg.mac, 6);
	send_msg(e, f, &m, mac);
}

/* RFC 4862 section 5.4.2. */
static void
send_dad(struct nd_engine *e, const struct nd_if *f, const struct ip6_addr *addr)
{
	struct nd_msg m = { .type = ND_NS, .target = *addr, .dst = ip6_solicited_node(addr) };

	send_msg(e, f, &m, NULL);
}

/* To @to, or to all nodes when it is NULL: unsolicited, or the answer to who has no address. */
static void
send_advert(struct nd_engine *e, const struct nd_if *f, const struct ip6_addr *addr,
		const struct nd_msg *q)
{
	struct nd_msg m = { .type = ND_NA, .flags = ND_ROUTER | ND_OVERRIDE, .src = *addr,
		.dst = all_nodes, .target = *addr, .has_mac = true };
	const uint8_t *mac = if_mac_at(f, addr);

	memcpy(m.mac, mac != NULL ? mac : f->cfg.mac, 6);
	if (q != NULL && !ip6_is_zero(&q->src)) {
		m.dst = q->src;
		m.flags |= ND_SOLICITED;
		/* Its address came with the question, or it would have asked all for it. */
		if (q->has_mac) {
			send_msg(e, f, &m, q->mac);
			return;
		}
	}
	if (ip6_is_multicast(&m.dst)) {
		send_msg(e, f, &m, NULL);
	} else {
		const struct nd_entry *n = entry_find(e, f->cfg.if_id, &m.dst);

		if (n != NULL && (n->state == ND_REACHABLE || n->state == ND_STALE))
			send_msg(e, f, &m, n->mac);
	}
}

/* ---- entries ----------------------------------------------------------------------------- */

static bool
is_known(enum nd_state s)
{
	return s == ND_REACHABLE || s == ND_STALE;
}

static struct nd_list *
list_of(struct nd_if *f, enum nd_state s)
{
	return is_known(s) ? &f->known : &f->unknown;
}

static void
entry_state(struct nd_engine *e, struct nd_if *f, struct nd_entry *n, enum nd_state s)
{
	TAILQ_REMOVE(list_of(f, n->state), n, link);
	n->state = s;
	n->tries = 0;
	TAILQ_INSERT_TAIL(list_of(f, s), n, link);
	e->ops.changed(e->ctx, n->if_id, &n->addr, s, is_known(s) ? n->mac : NULL);
}

static void
entry_del(struct nd_engine *e, struct nd_if *f, struct nd_entry *n)
{
	e->ops.changed(e->ctx, n->if_id, &n->addr, ND_GONE, NULL);
	TAILQ_REMOVE(list_of(f, n->state), n, link);
	hmap_remove(&e->entries, &n->node);
	f->n_entries--;
	free(n);
}

static struct nd_entry *
evictable(struct nd_list *l)
{
	struct nd_entry *n;

	TAILQ_FOREACH (n, l, link)
		if (!n->pinned)
			return n;
	return NULL;
}

static struct nd_entry *
entry_new(struct nd_engine *e, struct nd_if *f, const struct ip6_addr *addr, uint64_t now_ms)
{
	uint64_t key = entry_key(e, f->cfg.if_id, addr);
	struct nd_entry *n;

	if (hmap_find(&e->entries, key) != NULL)
		return NULL; /* another address with the same hash: next to never */
	if (f->n_entries >= e->max_entries) {
		struct nd_entry *old = evictable(&f->unknown);

		if (old == NULL)
			old = evictable(&f->known);
		if (old == NULL)
			return NULL;
		entry_del(e, f, old);
	}
	n = calloc(1, sizeof(*n));
	if (n == NULL)
		return NULL;
	n->if_id = f->cfg.if_id;
	n->addr = *addr;
	n->state = ND_INCOMPLETE;
	n->since_ms = now_ms;
	n->due_ms = UINT64_MAX;
	if (hmap_insert(&e->entries, &n->node, key) != 0) {
		free(n);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&f->unknown, n, link);
	f->n_entries++;
	return n;
}

/* Ask all, once; what follows depends on the state when it is due. */
static void
entry_ask(struct nd_engine *e, struct nd_if *f, struct nd_entry *n, uint64_t now_ms)
{
	if (!f->cfg.up) {
		n->due_ms = UINT64_MAX; /* nd_if_set() starts it when the interface comes up */
		return;
	}
	n->tries++;
	send_solicit(e, f, &n->addr, NULL);
	due_at(e, &n->due_ms, now_ms + ND_TRY_MS);
}

static void
entry_start(struct nd_engine *e, struct nd_if *f, struct nd_entry *n, uint64_t now_ms)
{
	n->since_ms = now_ms;
	entry_state(e, f, n, ND_INCOMPLETE);
	entry_ask(e, f, n, now_ms);
}

/* Section 6.3.2 draws from 0.5 to 1.5 times the time; here each address has its own place. */
static uint64_t
reachable_ms(const struct nd_entry *n)
{
	return ND_REACHABLE_MS / 2 + n->node.key % ND_REACHABLE_MS;
}

/* Confirmed at @mac; or, when not @sure, just told of it. */
static void
entry_heard(struct nd_engine *e, struct nd_if *f, struct nd_entry *n, const uint8_t mac[6],
		bool sure, uint64_t now_ms)
{
	enum nd_state to = sure ? ND_REACHABLE : ND_STALE;
	bool same = memcmp(n->mac, mac, 6) == 0;

	if (!sure && same && is_known(n->state))
		return;
	memcpy(n->mac, mac, 6);
	n->since_ms = now_ms;
	if (same && n->state == to) {
		TAILQ_REMOVE(&f->known, n, link);
		TAILQ_INSERT_TAIL(&f->known, n, link);
	} else {
		entry_state(e, f, n, to);
	}
	due_at(e, &n->due_ms, now_ms + (sure ? reachable_ms(n) : ND_DELAY_MS));
}

static void
entry_due(struct nd_engine *e, struct nd_if *f, struct nd_entry *n, uint64_t now_ms)
{
	switch (n->state) {
	case ND_INCOMPLETE:
		if (n->tries < ND_TRIES) {
			entry_ask(e, f, n, now_ms);
			break;
		}
		entry_state(e, f, n, ND_FAILED);
		due_at(e, &n->due_ms, now_ms + (n->pinned ? ND_PIN_RETRY_MS : ND_NEGATIVE_MS));
		break;
	case ND_REACHABLE:
		entry_state(e, f, n, ND_STALE);
		/* fall through */
	case ND_STALE:
		if (n->tries < ND_TRIES) {
			n->tries++;
			send_solicit(e, f, &n->addr, n->mac);
			due_at(e, &n->due_ms, now_ms + ND_TRY_MS);
		} else if (n->pinned) {
			entry_start(e, f, n, now_ms);
		} else {
			entry_del(e, f, n);
		}
		break;
	case ND_FAILED:
		if (n->pinned)
			entry_start(e, f, n, now_ms);
		else
			entry_del(e, f, n);
		break;
	case ND_GONE:
		break;
	}
}

/* ---- interfaces -------------------------------------------------------------------------- */

static void
list_flush(struct nd_engine *e, struct nd_if *f, struct nd_list *l, bool also_pinned)
{
	struct nd_entry *n, *next;

	for (n = TAILQ_FIRST(l); n != NULL; n = next) {
		next = TAILQ_NEXT(n, link);
		if (!n->pinned || also_pinned)
			entry_del(e, f, n);
	}
}

/* Pinned entries that are left start over; with the interface down they wait for it. */
static void
list_restart(struct nd_engine *e, struct nd_if *f, struct nd_list *l, uint64_t now_ms)
{
	struct nd_list work = TAILQ_HEAD_INITIALIZER(work);
	struct nd_entry *n;

	TAILQ_CONCAT(&work, l, link);
	while ((n = TAILQ_FIRST(&work)) != NULL) {
		TAILQ_REMOVE(&work, n, link);
		TAILQ_INSERT_TAIL(l, n, link);
		entry_start(e, f, n, now_ms);
	}
}

static void
if_restart(struct nd_engine *e, struct nd_if *f, uint64_t now_ms)
{
	list_flush(e, f, &f->known, false);
	list_flush(e, f, &f->unknown, false);
	list_restart(e, f, &f->unknown, now_ms);
	list_restart(e, f, &f->known, now_ms);
}

/* Entries that are no neighbours any more, or are ourselves, after a change of addresses. */
static void
list_drop_foreign(struct nd_engine *e, struct nd_if *f, struct nd_list *l)
{
	struct nd_entry *n, *next;

	for (n = TAILQ_FIRST(l); n != NULL; n = next) {
		next = TAILQ_NEXT(n, link);
		if (!n->pinned && if_prefix(&f->cfg, &n->addr) == NULL)
			entry_del(e, f, n);
	}
}

static bool
if_same(const struct nd_if_cfg *x, const struct nd_if_cfg *y)
{
	if (memcmp(x->mac, y->mac, 6) != 0 || x->up != y->up || x->n_addrs != y->n_addrs)
		return false;
	for (uint8_t i = 0; i < x->n_addrs; i++)
		if (!ip6_equal(&x->addrs[i].addr, &y->addrs[i].addr) ||
				x->addrs[i].len != y->addrs[i].len)
			return false;
	return true;
}

static struct nd_if *
if_new(struct nd_engine *e, uint32_t if_id)
{
	struct nd_if *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->cfg.if_id = if_id;
	f->announce_ms = UINT64_MAX;
	TAILQ_INIT(&f->known);
	TAILQ_INIT(&f->unknown);
	if (hmap_insert(&e->ifs, &f->node, if_id) != 0) {
		free(f);
		return NULL;
	}
	return f;
}

int
nd_if_set(struct nd_engine *e, const struct nd_if_cfg *cfg, uint64_t now_ms)
{
	struct nd_if *f = if_find(e, cfg->if_id);
	struct nd_if_cfg old;
	bool fresh;

	if (f == NULL) {
		f = if_new(e, cfg->if_id);
		if (f == NULL)
			return -ENOMEM;
	}
	if (if_same(&f->cfg, cfg))
		return 0;
	old = f->cfg;
	f->cfg = *cfg;
	fresh = cfg->up && (!old.up || memcmp(old.mac, cfg->mac, 6) != 0);
	if (fresh || old.up != cfg->up)
		if_restart(e, f, now_ms);
	list_drop_foreign(e, f, &f->known);
	list_drop_foreign(e, f, &f->unknown);
	if (!cfg->up) {
		f->announce_ms = UINT64_MAX;
		return 0;
	}
	for (uint8_t i = 0; i < cfg->n_addrs; i++)
		if (fresh || !if_owns(&old, &cfg->addrs[i].addr))
			send_dad(e, f, &cfg->addrs[i].addr);
	due_at(e, &f->announce_ms, now_ms + ND_TRY_MS);
	return 0;
}

void
nd_if_del(struct nd_engine *e, uint32_t if_id)
{
	struct nd_if *f = if_find(e, if_id);

	if (f == NULL)
		return;
	list_flush(e, f, &f->known, true);
	list_flush(e, f, &f->unknown, true);
	hmap_remove(&e->ifs, &f->node);
	free(f->virt);
	free(f);
}

int
nd_virtual_set(struct nd_engine *e, uint32_t if_id, const struct nd_virtual *v, uint32_t n)
{
	struct nd_if *f = if_find(e, if_id);
	struct nd_virtual *copy = NULL;

	if (f == NULL)
		return -ENOENT;
	if (n != 0) {
		copy = malloc(n * sizeof(*copy));
		if (copy == NULL)
			return -ENOMEM;
		memcpy(copy, v, n * sizeof(*copy));
	}
	free(f->virt);
	f->virt = copy;
	f->n_virt = n;
	for (uint32_t i = 0; i < n; i++) {
		struct nd_entry *old = entry_find(e, if_id, &v[i].addr);

		if (old != NULL && !old->pinned)
			entry_del(e, f, old);
	}
	return 0;
}

/* ---- what comes in ----------------------------------------------------------------------- */

static void
conflict(struct nd_engine *e, struct nd_if *f, const struct ip6_addr *addr, uint64_t now_ms)
{
	if (f->conflict_ms != 0 && now_ms - f->conflict_ms < ND_CONFLICT_MS)
		return;
	f->conflict_ms = now_ms;
	e->ops.conflict(e->ctx, f->cfg.if_id, addr);
}

/* Section 7.2.3. */
static void
solicit_input(struct nd_engine *e, struct nd_if *f, const struct nd_msg *m, uint64_t now_ms)
{
	struct nd_entry *n;

	if (if_mac_at(f, &m->target) == NULL)
		return;
	if (ip6_is_zero(&m->src)) {
		/* A host is about to take our address; RFC 4862 section 5.4.3. */
		conflict(e, f, &m->target, now_ms);
	} else if (m->has_mac && if_prefix(&f->cfg, &m->src) != NULL) {
		n = entry_find(e, f->cfg.if_id, &m->src);
		if (n == NULL)
			n = entry_new(e, f, &m->src, now_ms);
		if (n != NULL)
			entry_heard(e, f, n, m->mac, false, now_ms);
	}
	send_advert(e, f, &m->target, m);
}

/* Section 7.2.5: an advertisement makes no entry, and without the override flag changes none. */
static void
advert_input(struct nd_engine *e, struct nd_if *f, const struct nd_msg *m, uint64_t now_ms)
{
	struct nd_entry *n;
	bool sure = (m->flags & ND_SOLICITED) != 0, same;
	const uint8_t *mine;

	mine = if_mac_at(f, &m->target);
	if (mine != NULL) {
		/* Who was the virtual router before, or will be, is no stranger. */
		if (!m->has_mac || memcmp(m->mac, mine, 6) != 0)
			conflict(e, f, &m->target, now_ms);
		return;
	}
	n = entry_find(e, f->cfg.if_id, &m->target);
	if (n == NULL)
		return;
	if (!is_known(n->state)) {
		if (m->has_mac)
			entry_heard(e, f, n, m->mac, sure, now_ms);
		return;
	}
	same = !m->has_mac || memcmp(n->mac, m->mac, 6) == 0;
	if (!same && !(m->flags & ND_OVERRIDE)) {
		if (n->state == ND_REACHABLE) {
			entry_state(e, f, n, ND_STALE);
			due_at(e, &n->due_ms, now_ms + ND_DELAY_MS);
		}
		return;
	}
	entry_heard(e, f, n, m->has_mac ? m->mac : n->mac, sure, now_ms);
}

int
nd_input(struct nd_engine *e, uint32_t if_id, const uint8_t *pkt, size_t len, uint64_t now_ms)
{
	struct rd r = rd_init(pkt, len);
	struct nd_if *f = if_find(e, if_id);
	struct nd_msg m;
	int err;

	if (f == NULL || !f->cfg.up || f->cfg.n_addrs == 0)
		return -ENOENT;
	err = nd_parse(&r, &m);
	if (err != 0)
		return err;
	if (m.has_mac && memcmp(m.mac, f->cfg.mac, 6) == 0)
		return 0; /* our own, looped back */
	if (m.type == ND_NS)
		solicit_input(e, f, &m, now_ms);
	else
		advert_input(e, f, &m, now_ms);
	return 0;
}

/* ---- what is wanted ---------------------------------------------------------------------- */

void
nd_resolve(struct nd_engine *e, uint32_t if_id, const struct ip6_addr *addr, uint64_t now_ms)
{
	struct nd_if *f = if_find(e, if_id);
	struct nd_entry *n;

	if (f == NULL || !f->cfg.up || entry_find(e, if_id, addr) != NULL ||
			if_prefix(&f->cfg, addr) == NULL || if_mac_at(f, addr) != NULL)
		return;
	n = entry_new(e, f, addr, now_ms);
	if (n != NULL)
		entry_start(e, f, n, now_ms);
}

int
nd_pin(struct nd_engine *e, uint32_t if_id, const struct ip6_addr *addr, uint64_t now_ms)
{
	struct nd_if *f = if_find(e, if_id);
	struct nd_entry *n;

	if (f == NULL)
		return -ENOENT;
	n = entry_find(e, if_id, addr);
	if (n == NULL) {
		n = entry_new(e, f, addr, now_ms);
		if (n == NULL)
			return -ENOMEM;
		n->pinned = true;
		entry_start(e, f, n, now_ms);
		return 0;
	}
	if (!n->pinned && n->state == ND_FAILED)
		entry_start(e, f, n, now_ms);
	n->pinned = true;
	return 0;
}

void
nd_unpin(struct nd_engine *e, uint32_t if_id, const struct ip6_addr *addr, uint64_t now_ms)
{
	struct nd_if *f = if_find(e, if_id);
	struct nd_entry *n = entry_find(e, if_id, addr);

	if (f == NULL || n == NULL)
		return;
	n->pinned = false;
	if (!is_known(n->state) || if_prefix(&f->cfg, addr) == NULL)
		entry_del(e, f, n);
}

uint32_t
nd_clear(struct nd_engine *e, uint64_t now_ms)
{
	struct hmap_iter it = { 0 };
	uint32_t was = e->entries.n;

	for (struct hnode *h; (h = hmap_next(&e->ifs, &it)) != NULL;)
		if_restart(e, HMAP_ENTRY(h, struct nd_if, node), now_ms);
	return was;
}

void
nd_kick(struct nd_engine *e, uint64_t now_ms)
{
	struct hmap_iter it = { 0 };

	for (struct hnode *h; (h = hmap_next(&e->ifs, &it)) != NULL;) {
		struct nd_if *f = HMAP_ENTRY(h, struct nd_if, node);
		struct nd_entry *n;

		if (!f->cfg.up)
			continue;
		due_at(e, &f->announce_ms, now_ms);
		TAILQ_FOREACH (n, &f->unknown, link)
			if (n->pinned)
				due_at(e, &n->due_ms, now_ms);
	}
}

enum nd_state
nd_lookup(const struct nd_engine *e, uint32_t if_id, const struct ip6_addr *addr, uint8_t *mac)
{
	const struct nd_entry *n = entry_find(e, if_id, addr);

	if (n == NULL)
		return ND_GONE;
	if (mac != NULL && is_known(n->state))
		memcpy(mac, n->mac, 6);
	return n->state;
}

/* ---- time -------------------------------------------------------------------------------- */

static void
if_due(struct nd_engine *e, struct nd_if *f, uint64_t now_ms)
{
	if (f->announce_ms <= now_ms) {
		f->announce_ms = UINT64_MAX;
		for (uint8_t i = 0; f->cfg.up && i < f->cfg.n_addrs; i++)
			send_advert(e, f, &f->cfg.addrs[i].addr, NULL);
	} else if (f->announce_ms < e->next_ms) {
		e->next_ms = f->announce_ms;
	}
}

void
nd_tick(struct nd_engine *e, uint64_t now_ms)
{
	struct hmap_iter it = { 0 };

	if (now_ms < e->next_ms)
		return;
	e->next_ms = UINT64_MAX;
	for (struct hnode *h; (h = hmap_next(&e->ifs, &it)) != NULL;)
		if_due(e, HMAP_ENTRY(h, struct nd_if, node), now_ms);
	it = (struct hmap_iter){ 0 };
	for (struct hnode *h; (h = hmap_next(&e->entries, &it)) != NULL;) {
		struct nd_entry *n = HMAP_ENTRY(h, struct nd_entry, node);

		if (n->due_ms <= now_ms)
			entry_due(e, if_find(e, n->if_id), n, now_ms);
		else if (n->due_ms < e->next_ms)
			e->next_ms = n->due_ms;
	}
}

uint64_t
nd_next_ms(const struct nd_engine *e)
{
	return e->next_ms;
}

/* ---- life -------------------------------------------------------------------------------- */

struct nd_engine *
nd_new(const struct nd_ops *ops, void *ctx, uint32_t max_entries, uint64_t seed)
{
	struct nd_engine *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return NULL;
	e->ops = *ops;
	e->ctx = ctx;
	e->max_entries = max_entries != 0 ? max_entries : ND_MAX_ENTRIES;
	e->seed = seed;
	e->next_ms = UINT64_MAX;
	return e;
}

void
nd_free(struct nd_engine *e)
{
	struct hmap_iter it = { 0 };

	if (e == NULL)
		return;
	for (struct hnode *h; (h = hmap_next(&e->entries, &it)) != NULL;)
		free(HMAP_ENTRY(h, struct nd_entry, node));
	it = (struct hmap_iter){ 0 };
	for (struct hnode *h; (h = hmap_next(&e->ifs, &it)) != NULL;) {
		struct nd_if *f = HMAP_ENTRY(h, struct nd_if, node);

		free(f->virt);
		free(f);
	}
	hmap_fini(&e->entries);
	hmap_fini(&e->ifs);
	free(e);
}

void
nd_for_each(const struct nd_engine *e, uint64_t now_ms,
		void (*fn)(void *arg, const struct nd_show *s), void *arg)
{
	struct hmap_iter it = { 0 };

	for (struct hnode *h; (h = hmap_next(&e->entries, &it)) != NULL;) {
		const struct nd_entry *n = HMAP_ENTRY(h, struct nd_entry, node);
		struct nd_show s = { .if_id = n->if_id, .addr = n->addr, .state = n->state,
			.pinned = n->pinned, .age_ms = now_ms - n->since_ms };

		if (is_known(n->state))
			memcpy(s.mac, n->mac, 6);
		fn(arg, &s);
	}
}

const char *
nd_state_str(enum nd_state s)
{
	static const char *const names[] = { "gone", "incomplete", "reachable", "stale", "failed" };

	return (unsigned int)s < sizeof(names) / sizeof(names[0]) ? names[s] : "?";
}
