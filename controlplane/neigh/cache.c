/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The cache of neighbours; see cache.h. Entries of an interface stand in two lists, each oldest
 * first: those with an answer and those without. When an interface is full the oldest without an
 * answer goes first, so that a scan of the subnet (RFC 6583) does not displace real neighbours.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/neigh/cache_int.h"

/* Keyed with the seed, so that nobody outside can choose addresses that collide. */
static uint64_t
entry_key(const struct neigh_cache *c, uint32_t if_id, const struct ip6_addr *addr)
{
	uint64_t h = c->seed ^ if_id, half;

	for (int i = 0; i < 2; i++) {
		memcpy(&half, addr->b + 8 * i, sizeof(half));
		h = (h ^ half) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 29;
		h = (h + c->seed) * UINT64_C(0xbf58476d1ce4e5b9);
		h ^= h >> 32;
	}
	return h;
}

struct neigh_if *
neigh_if_find(const struct neigh_cache *c, uint32_t if_id)
{
	return HMAP_ENTRY(hmap_find(&c->ifs, if_id), struct neigh_if, node);
}

struct neigh_entry *
neigh_entry_find(const struct neigh_cache *c, uint32_t if_id, const struct ip6_addr *addr)
{
	struct neigh_entry *e = HMAP_ENTRY(hmap_find(&c->entries, entry_key(c, if_id, addr)),
			struct neigh_entry, node);

	return e != NULL && e->if_id == if_id && ip6_equal(&e->addr, addr) ? e : NULL;
}

void
neigh_due_at(struct neigh_cache *c, uint64_t *field, uint64_t at_ms)
{
	*field = at_ms;
	if (at_ms < c->next_ms)
		c->next_ms = at_ms;
}

/* ---- addresses of an interface ----------------------------------------------------------- */

static bool
if_owns(const struct neigh_if_cfg *cfg, const struct ip6_addr *addr)
{
	for (uint8_t i = 0; i < cfg->n_addrs; i++)
		if (ip6_equal(&cfg->addrs[i].addr, addr))
			return true;
	return false;
}

const uint8_t *
neigh_if_mac_at(const struct neigh_if *f, const struct ip6_addr *addr)
{
	for (uint32_t i = 0; i < f->n_virt; i++)
		if (ip6_equal(&f->virt[i].addr, addr))
			return f->virt[i].mac;
	return if_owns(&f->cfg, addr) ? f->cfg.mac : NULL;
}

const struct ip6_prefix *
neigh_if_prefix(const struct neigh_cache *c, const struct neigh_if *f, const struct ip6_addr *addr)
{
	if (if_owns(&f->cfg, addr))
		return NULL;
	for (uint8_t i = 0; i < f->cfg.n_addrs; i++) {
		const struct ip6_prefix *p = &f->cfg.addrs[i];

		if (p->len < 128 && ip6_prefix_contains(p, addr) && c->proto->host(p, addr))
			return p;
	}
	return NULL;
}

const struct ip6_addr *
neigh_if_source(const struct neigh_cache *c, const struct neigh_if *f, const struct ip6_addr *addr)
{
	const struct ip6_prefix *p = neigh_if_prefix(c, f, addr);

	return p != NULL ? &p->addr : &f->cfg.addrs[0].addr;
}

/* ---- entries ----------------------------------------------------------------------------- */

static struct neigh_list *
list_of(struct neigh_if *f, enum neigh_state s)
{
	return neigh_is_known(s) ? &f->known : &f->unknown;
}

static void
entry_state(struct neigh_cache *c, struct neigh_if *f, struct neigh_entry *e, enum neigh_state s)
{
	TAILQ_REMOVE(list_of(f, e->state), e, link);
	e->state = s;
	e->tries = 0;
	TAILQ_INSERT_TAIL(list_of(f, s), e, link);
	c->ops.changed(c->ctx, e->if_id, &e->addr, s, neigh_is_known(s) ? e->mac : NULL);
}

static void
entry_del(struct neigh_cache *c, struct neigh_if *f, struct neigh_entry *e)
{
	c->ops.changed(c->ctx, e->if_id, &e->addr, NEIGH_GONE, NULL);
	TAILQ_REMOVE(list_of(f, e->state), e, link);
	hmap_remove(&c->entries, &e->node);
	f->n_entries--;
	free(e);
}

static struct neigh_entry *
evictable(struct neigh_list *l)
{
	struct neigh_entry *e;

	TAILQ_FOREACH (e, l, link)
		if (!e->pinned)
			return e;
	return NULL;
}

static bool
if_make_room(struct neigh_cache *c, struct neigh_if *f)
{
	struct neigh_entry *old;

	if (f->n_entries < c->max_entries)
		return true;
	old = evictable(&f->unknown);
	if (old == NULL)
		old = evictable(&f->known);
	if (old == NULL)
		return false;
	entry_del(c, f, old);
	return true;
}

static struct neigh_entry *
entry_new(struct neigh_cache *c, struct neigh_if *f, const struct ip6_addr *addr, uint64_t now_ms)
{
	uint64_t key = entry_key(c, f->cfg.if_id, addr);
	struct neigh_entry *e;

	if (hmap_find(&c->entries, key) != NULL)
		return NULL; /* another address with the same hash: next to never */
	if (!if_make_room(c, f))
		return NULL;
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		return NULL;
	e->if_id = f->cfg.if_id;
	e->addr = *addr;
	e->state = NEIGH_INCOMPLETE;
	e->since_ms = now_ms;
	e->due_ms = UINT64_MAX;
	if (hmap_insert(&c->entries, &e->node, key) != 0) {
		free(e);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&f->unknown, e, link);
	f->n_entries++;
	return e;
}

struct neigh_entry *
neigh_entry_get(struct neigh_cache *c, struct neigh_if *f, const struct ip6_addr *addr,
		uint64_t now_ms)
{
	struct neigh_entry *e = neigh_entry_find(c, f->cfg.if_id, addr);

	return e != NULL ? e : entry_new(c, f, addr, now_ms);
}

/* Ask all, once; what follows depends on the state when it is due. */
static void
entry_ask(struct neigh_cache *c, struct neigh_if *f, struct neigh_entry *e, uint64_t now_ms)
{
	if (!f->cfg.up) {
		e->due_ms = UINT64_MAX; /* it starts when the interface comes up */
		return;
	}
	e->tries++;
	if (f->cfg.n_addrs != 0)
		c->proto->ask(c, f, &e->addr, NULL);
	neigh_due_at(c, &e->due_ms, now_ms + NEIGH_TRY_MS);
}

static void
entry_start(struct neigh_cache *c, struct neigh_if *f, struct neigh_entry *e, uint64_t now_ms)
{
	e->since_ms = now_ms;
	entry_state(c, f, e, NEIGH_INCOMPLETE);
	entry_ask(c, f, e, now_ms);
}

/* To the end of the list of those with an answer, in the state @to. */
static void
entry_heard(struct neigh_cache *c, struct neigh_if *f, struct neigh_entry *e,
		const uint8_t mac[6], enum neigh_state to, uint64_t now_ms)
{
	bool same = e->state == to && memcmp(e->mac, mac, 6) == 0;

	if (to == NEIGH_REACHABLE || memcmp(e->mac, mac, 6) != 0)
		e->since_ms = now_ms;
	memmove(e->mac, mac, 6);
	if (same) {
		TAILQ_REMOVE(&f->known, e, link);
		TAILQ_INSERT_TAIL(&f->known, e, link);
	} else {
		entry_state(c, f, e, to);
	}
}

void
neigh_entry_confirm(struct neigh_cache *c, struct neigh_if *f, struct neigh_entry *e,
		const uint8_t mac[6], uint64_t now_ms)
{
	entry_heard(c, f, e, mac, NEIGH_REACHABLE, now_ms);
	neigh_due_at(c, &e->due_ms, now_ms + c->proto->reachable_ms(c, e));
}

void
neigh_entry_doubt(struct neigh_cache *c, struct neigh_if *f, struct neigh_entry *e,
		const uint8_t mac[6], uint64_t now_ms, uint32_t delay_ms)
{
	entry_heard(c, f, e, mac, NEIGH_STALE, now_ms);
	neigh_due_at(c, &e->due_ms, now_ms + delay_ms);
}

/* A neighbour that was known is asked itself; when it has not answered it goes, or is sought. */
static void
entry_probe(struct neigh_cache *c, struct neigh_if *f, struct neigh_entry *e, uint64_t now_ms)
{
	if (e->tries < NEIGH_TRIES) {
		e->tries++;
		if (f->cfg.n_addrs != 0)
			c->proto->ask(c, f, &e->addr, e->mac);
		neigh_due_at(c, &e->due_ms, now_ms + NEIGH_TRY_MS);
	} else if (e->pinned) {
		entry_start(c, f, e, now_ms);
	} else {
		entry_del(c, f, e);
	}
}

static void
entry_due(struct neigh_cache *c, struct neigh_if *f, struct neigh_entry *e, uint64_t now_ms)
{
	switch (e->state) {
	case NEIGH_INCOMPLETE:
		if (e->tries < NEIGH_TRIES) {
			entry_ask(c, f, e, now_ms);
			break;
		}
		entry_state(c, f, e, NEIGH_FAILED);
		neigh_due_at(c, &e->due_ms,
				now_ms + (e->pinned ? NEIGH_PIN_RETRY_MS : NEIGH_NEGATIVE_MS));
		break;
	case NEIGH_REACHABLE:
		entry_state(c, f, e, NEIGH_STALE);
		/* fall through */
	case NEIGH_STALE:
		entry_probe(c, f, e, now_ms);
		break;
	case NEIGH_FAILED:
		if (!e->pinned) {
			entry_del(c, f, e);
			break;
		}
		if (f->cfg.n_addrs != 0)
			c->proto->ask(c, f, &e->addr, NULL);
		neigh_due_at(c, &e->due_ms, now_ms + NEIGH_PIN_RETRY_MS);
		break;
	case NEIGH_GONE:
		break;
	}
}

/* ---- interfaces -------------------------------------------------------------------------- */

static void
list_flush(struct neigh_cache *c, struct neigh_if *f, struct neigh_list *l, bool also_pinned)
{
	struct neigh_entry *e, *next;

	for (e = TAILQ_FIRST(l); e != NULL; e = next) {
		next = TAILQ_NEXT(e, link);
		if (!e->pinned || also_pinned)
			entry_del(c, f, e);
	}
}

/* Pinned entries that are left start over; with the interface down they wait for it. */
static void
list_restart(struct neigh_cache *c, struct neigh_if *f, struct neigh_list *l, uint64_t now_ms)
{
	struct neigh_list work = TAILQ_HEAD_INITIALIZER(work);
	struct neigh_entry *e;

	TAILQ_CONCAT(&work, l, link);
	while ((e = TAILQ_FIRST(&work)) != NULL) {
		TAILQ_REMOVE(&work, e, link);
		TAILQ_INSERT_TAIL(l, e, link);
		entry_start(c, f, e, now_ms);
	}
}

static void
if_restart(struct neigh_cache *c, struct neigh_if *f, uint64_t now_ms)
{
	list_flush(c, f, &f->known, false);
	list_flush(c, f, &f->unknown, false);
	list_restart(c, f, &f->unknown, now_ms);
	list_restart(c, f, &f->known, now_ms);
}

/* Entries that are no neighbours any more, or are ourselves, after a change of addresses. */
static void
list_drop_foreign(struct neigh_cache *c, struct neigh_if *f, struct neigh_list *l)
{
	struct neigh_entry *e, *next;

	for (e = TAILQ_FIRST(l); e != NULL; e = next) {
		next = TAILQ_NEXT(e, link);
		if (!e->pinned && neigh_if_prefix(c, f, &e->addr) == NULL)
			entry_del(c, f, e);
	}
}

static bool
if_same(const struct neigh_if_cfg *x, const struct neigh_if_cfg *y)
{
	if (memcmp(x->mac, y->mac, 6) != 0 || x->up != y->up || x->n_addrs != y->n_addrs)
		return false;
	for (uint8_t i = 0; i < x->n_addrs; i++)
		if (!ip6_equal(&x->addrs[i].addr, &y->addrs[i].addr) ||
				x->addrs[i].len != y->addrs[i].len)
			return false;
	return true;
}

static struct neigh_if *
if_new(struct neigh_cache *c, uint32_t if_id)
{
	struct neigh_if *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->cfg.if_id = if_id;
	f->announce_ms = UINT64_MAX;
	TAILQ_INIT(&f->known);
	TAILQ_INIT(&f->unknown);
	if (hmap_insert(&c->ifs, &f->node, if_id) != 0) {
		free(f);
		return NULL;
	}
	return f;
}

int
neigh_cache_if_set(struct neigh_cache *c, const struct neigh_if_cfg *cfg, uint64_t now_ms)
{
	struct neigh_if *f = neigh_if_find(c, cfg->if_id);
	struct neigh_if_cfg old;
	bool fresh;

	if (f == NULL) {
		f = if_new(c, cfg->if_id);
		if (f == NULL)
			return -ENOMEM;
	}
	if (if_same(&f->cfg, cfg))
		return 0;
	old = f->cfg;
	f->cfg = *cfg;
	fresh = cfg->up && (!old.up || memcmp(old.mac, cfg->mac, 6) != 0);
	if (fresh || old.up != cfg->up)
		if_restart(c, f, now_ms);
	list_drop_foreign(c, f, &f->known);
	list_drop_foreign(c, f, &f->unknown);
	if (!cfg->up) {
		f->announce_ms = UINT64_MAX;
		return 0;
	}
	for (uint8_t i = 0; i < cfg->n_addrs; i++)
		if (fresh || !if_owns(&old, &cfg->addrs[i].addr))
			c->proto->arrive(c, f, &cfg->addrs[i].addr);
	neigh_due_at(c, &f->announce_ms, now_ms + c->proto->announce_ms);
	return 0;
}

void
neigh_cache_if_del(struct neigh_cache *c, uint32_t if_id)
{
	struct neigh_if *f = neigh_if_find(c, if_id);

	if (f == NULL)
		return;
	list_flush(c, f, &f->known, true);
	list_flush(c, f, &f->unknown, true);
	hmap_remove(&c->ifs, &f->node);
	free(f->contests);
	free(f->virt);
	free(f);
}

int
neigh_cache_virtual_set(
		struct neigh_cache *c, uint32_t if_id, const struct neigh_virtual *v, uint32_t n)
{
	struct neigh_if *f = neigh_if_find(c, if_id);
	struct neigh_virtual *copy = NULL;

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
		struct neigh_entry *e = neigh_entry_find(c, if_id, &v[i].addr);

		if (e != NULL && !e->pinned)
			entry_del(c, f, e);
	}
	return 0;
}

/* ---- what is wanted ---------------------------------------------------------------------- */

/* An interface that is up, where @addr may be a neighbour that nothing is known of. */
static struct neigh_if *
if_of_stranger(const struct neigh_cache *c, uint32_t if_id, const struct ip6_addr *addr)
{
	struct neigh_if *f = neigh_if_find(c, if_id);

	if (f == NULL || !f->cfg.up || neigh_entry_find(c, if_id, addr) != NULL ||
			neigh_if_mac_at(f, addr) != NULL || neigh_if_prefix(c, f, addr) == NULL)
		return NULL;
	return f;
}

void
neigh_cache_resolve(struct neigh_cache *c, uint32_t if_id, const struct ip6_addr *addr,
		uint64_t now_ms)
{
	struct neigh_if *f = if_of_stranger(c, if_id, addr);
	struct neigh_entry *e = f != NULL ? entry_new(c, f, addr, now_ms) : NULL;

	if (e != NULL)
		entry_start(c, f, e, now_ms);
}

int
neigh_cache_pin(struct neigh_cache *c, uint32_t if_id, const struct ip6_addr *addr, uint32_t mark,
		uint64_t now_ms)
{
	struct neigh_if *f = neigh_if_find(c, if_id);
	struct neigh_entry *e = neigh_entry_find(c, if_id, addr);
	bool fresh = e == NULL;
	uint64_t due_ms;

	if (f == NULL)
		return -ENOENT;
	if (fresh)
		e = entry_new(c, f, addr, now_ms);
	if (e == NULL)
		return -ENOMEM;
	e->mark = mark;
	if (e->pinned)
		return 0;
	e->pinned = true;
	if (fresh || e->state == NEIGH_FAILED) {
		entry_start(c, f, e, now_ms);
	} else if (e->state == NEIGH_REACHABLE) {
		due_ms = now_ms + c->proto->reachable_ms(c, e); /* may be sooner, for pinned ones */
		if (due_ms < e->due_ms)
			neigh_due_at(c, &e->due_ms, due_ms);
	}
	return 0;
}

static void
entry_unpin(struct neigh_cache *c, struct neigh_entry *e)
{
	struct neigh_if *f = neigh_if_find(c, e->if_id);

	e->pinned = false;
	if (!neigh_is_known(e->state) || neigh_if_prefix(c, f, &e->addr) == NULL)
		entry_del(c, f, e);
	else if (e->state == NEIGH_REACHABLE)
		neigh_due_at(c, &e->due_ms, e->since_ms + c->proto->reachable_ms(c, e));
}

void
neigh_cache_unpin(struct neigh_cache *c, uint32_t if_id, const struct ip6_addr *addr)
{
	struct neigh_entry *e = neigh_entry_find(c, if_id, addr);

	if (e != NULL && e->pinned)
		entry_unpin(c, e);
}

void
neigh_cache_unpin_others(struct neigh_cache *c, uint32_t mark)
{
	struct hmap_iter it = { 0 };

	for (struct hnode *h; (h = hmap_next(&c->entries, &it)) != NULL;) {
		struct neigh_entry *e = HMAP_ENTRY(h, struct neigh_entry, node);

		if (e->pinned && e->mark != mark)
			entry_unpin(c, e);
	}
}

bool
neigh_cache_pinned(const struct neigh_cache *c, uint32_t if_id, const struct ip6_addr *addr)
{
	const struct neigh_entry *e = neigh_entry_find(c, if_id, addr);

	return e != NULL && e->pinned;
}

uint32_t
neigh_cache_clear(struct neigh_cache *c, uint64_t now_ms)
{
	struct hmap_iter it = { 0 };
	uint32_t was = c->entries.n;

	for (struct hnode *h; (h = hmap_next(&c->ifs, &it)) != NULL;)
		if_restart(c, HMAP_ENTRY(h, struct neigh_if, node), now_ms);
	return was;
}

void
neigh_cache_kick(struct neigh_cache *c, uint64_t now_ms)
{
	struct hmap_iter it = { 0 };

	for (struct hnode *h; (h = hmap_next(&c->ifs, &it)) != NULL;) {
		struct neigh_if *f = HMAP_ENTRY(h, struct neigh_if, node);

		if (!f->cfg.up)
			continue;
		neigh_due_at(c, &f->announce_ms, now_ms);
		list_flush(c, f, &f->unknown, false);
		list_restart(c, f, &f->unknown, now_ms);
	}
	neigh_cache_tick(c, now_ms);
}

void
neigh_cache_seed(struct neigh_cache *c, uint32_t if_id, const struct ip6_addr *addr,
		const uint8_t mac[6], uint64_t now_ms)
{
	static const uint8_t zero[6];
	struct neigh_if *f = if_of_stranger(c, if_id, addr);
	struct neigh_entry *e;

	if (f == NULL || (mac[0] & 1) != 0 || memcmp(mac, zero, 6) == 0)
		return;
	e = entry_new(c, f, addr, now_ms);
	if (e != NULL) /* spread over a second */
		neigh_entry_doubt(c, f, e, mac, now_ms, (uint32_t)(e->node.key % 1000));
}

enum neigh_state
neigh_cache_lookup(const struct neigh_cache *c, uint32_t if_id, const struct ip6_addr *addr,
		uint8_t *mac)
{
	const struct neigh_entry *e = neigh_entry_find(c, if_id, addr);

	if (mac != NULL)
		memset(mac, 0, 6);
	if (e == NULL)
		return NEIGH_GONE;
	if (mac != NULL && neigh_is_known(e->state))
		memcpy(mac, e->mac, 6);
	return e->state;
}

/* ---- time -------------------------------------------------------------------------------- */

static void
if_due(struct neigh_cache *c, struct neigh_if *f, uint64_t now_ms)
{
	if (f->announce_ms <= now_ms) {
		f->announce_ms = UINT64_MAX;
		for (uint8_t i = 0; i < f->cfg.n_addrs; i++)
			c->proto->announce(c, f, &f->cfg.addrs[i].addr);
	} else if (f->announce_ms < c->next_ms) {
		c->next_ms = f->announce_ms;
	}
	neigh_if_defend(c, f, now_ms);
}

void
neigh_cache_tick(struct neigh_cache *c, uint64_t now_ms)
{
	struct hmap_iter it = { 0 };

	if (now_ms < c->next_ms)
		return;
	c->next_ms = UINT64_MAX;
	for (struct hnode *h; (h = hmap_next(&c->ifs, &it)) != NULL;)
		if_due(c, HMAP_ENTRY(h, struct neigh_if, node), now_ms);
	it = (struct hmap_iter){ 0 };
	for (struct hnode *h; (h = hmap_next(&c->entries, &it)) != NULL;) {
		struct neigh_entry *e = HMAP_ENTRY(h, struct neigh_entry, node);

		if (e->due_ms <= now_ms)
			entry_due(c, neigh_if_find(c, e->if_id), e, now_ms);
		else if (e->due_ms < c->next_ms)
			c->next_ms = e->due_ms;
	}
}

uint64_t
neigh_cache_next_ms(const struct neigh_cache *c)
{
	return c->next_ms;
}

/* ---- life -------------------------------------------------------------------------------- */

struct neigh_cache *
neigh_cache_new(const struct neigh_proto *proto, const struct neigh_ops *ops, void *ctx,
		uint32_t max_entries, uint64_t seed)
{
	struct neigh_cache *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->proto = proto;
	c->ops = *ops;
	c->ctx = ctx;
	c->max_entries = max_entries;
	c->seed = seed;
	c->next_ms = UINT64_MAX;
	return c;
}

void
neigh_cache_free(struct neigh_cache *c)
{
	struct hmap_iter it = { 0 };

	if (c == NULL)
		return;
	for (struct hnode *h; (h = hmap_next(&c->entries, &it)) != NULL;)
		free(HMAP_ENTRY(h, struct neigh_entry, node));
	it = (struct hmap_iter){ 0 };
	for (struct hnode *h; (h = hmap_next(&c->ifs, &it)) != NULL;) {
		struct neigh_if *f = HMAP_ENTRY(h, struct neigh_if, node);

		free(f->contests);
		free(f->virt);
		free(f);
	}
	hmap_fini(&c->entries);
	hmap_fini(&c->ifs);
	free(c);
}

static struct neigh_show
entry_show(const struct neigh_entry *e, uint64_t now_ms)
{
	struct neigh_show s = { .if_id = e->if_id, .addr = e->addr, .state = e->state,
		.pinned = e->pinned, .age_ms = now_ms - e->since_ms };

	if (neigh_is_known(e->state))
		memcpy(s.mac, e->mac, 6);
	return s;
}

void
neigh_cache_scan(const struct neigh_cache *c, uint64_t now_ms, struct hmap_scan *at,
		void (*fn)(void *arg, const struct neigh_show *e), void *arg)
{
	for (struct hnode *h = hmap_scan(&c->entries, at); h != NULL; h = h->next) {
		struct neigh_show s = entry_show(HMAP_ENTRY(h, struct neigh_entry, node), now_ms);

		fn(arg, &s);
	}
}

void
neigh_cache_for_each(const struct neigh_cache *c, uint64_t now_ms,
		void (*fn)(void *arg, const struct neigh_show *e), void *arg)
{
	struct hmap_iter it = { 0 };

	for (struct hnode *h; (h = hmap_next(&c->entries, &it)) != NULL;) {
		struct neigh_show s = entry_show(HMAP_ENTRY(h, struct neigh_entry, node), now_ms);

		fn(arg, &s);
	}
}

const char *
neigh_state_str(enum neigh_state s)
{
	static const char *const names[] = { "gone", "incomplete", "reachable", "stale", "failed" };

	return (unsigned int)s < sizeof(names) / sizeof(names[0]) ? names[s] : "?";
}
