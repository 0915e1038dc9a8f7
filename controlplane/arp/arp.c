/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ARP cache and its state machine; see arp.h. Entries of an interface stand in two lists, each
 * oldest first: those with an answer and those without. When an interface is full the oldest
 * without an answer goes first, so that a scan of the subnet does not displace real neighbours.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "controlplane/arp/arp.h"
#include "controlplane/arp/arp_wire.h"
#include "controlplane/util/hmap.h"

struct arp_entry {
	struct hnode node; /* by interface and address */
	TAILQ_ENTRY(arp_entry) link;
	uint32_t if_id, addr;
	enum arp_state state;
	uint8_t mac[6];
	bool pinned;
	uint8_t tries; /* requests sent in this state */
	uint64_t due_ms;
	uint64_t since_ms; /* confirmed, or made */
};
TAILQ_HEAD(arp_list, arp_entry);

struct arp_if {
	struct hnode node; /* by if_id */
	struct arp_if_cfg cfg;
	struct arp_list known, unknown;
	uint32_t n_entries;
	uint64_t announce_ms; /* when the second announcement is due; UINT64_MAX: not */
	uint64_t defended_ms; /* when we last defended an address; 0: never */
	struct arp_virtual *virt;
	uint32_t n_virt;
};

struct arp_engine {
	struct arp_ops ops;
	void *ctx;
	uint32_t max_entries;
	uint64_t timeout_ms;
	struct hmap ifs, entries;
	uint64_t next_ms;
};

static const uint8_t mac_broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
static const uint8_t mac_zero[6];

static uint64_t
entry_key(uint32_t if_id, uint32_t addr)
{
	return (uint64_t)if_id << 32 | addr;
}

static struct arp_if *
if_find(const struct arp_engine *a, uint32_t if_id)
{
	return HMAP_ENTRY(hmap_find(&a->ifs, if_id), struct arp_if, node);
}

static struct arp_entry *
entry_find(const struct arp_engine *a, uint32_t if_id, uint32_t addr)
{
	return HMAP_ENTRY(hmap_find(&a->entries, entry_key(if_id, addr)), struct arp_entry, node);
}

static void
due_at(struct arp_engine *a, uint64_t *field, uint64_t at_ms)
{
	*field = at_ms;
	if (at_ms < a->next_ms)
		a->next_ms = at_ms;
}

/* ---- addresses of an interface ----------------------------------------------------------- */

static bool
if_owns(const struct arp_if_cfg *c, uint32_t addr)
{
	for (uint8_t i = 0; i < c->n_addrs; i++)
		if (c->addrs[i].addr == addr)
			return true;
	return false;
}

/* The MAC address that we have at @addr: the interface's own, or a virtual one; NULL: not ours. */
static const uint8_t *
if_mac_at(const struct arp_if *f, uint32_t addr)
{
	for (uint32_t i = 0; i < f->n_virt; i++)
		if (f->virt[i].addr == addr)
			return f->virt[i].mac;
	return if_owns(&f->cfg, addr) ? f->cfg.mac : NULL;
}

/* The subnet a neighbour's address belongs to; not its network or broadcast address, not ours. */
static const struct ip4_prefix *
if_subnet(const struct arp_if_cfg *c, uint32_t addr)
{
	for (uint8_t i = 0; i < c->n_addrs; i++) {
		const struct ip4_prefix *p = &c->addrs[i];
		uint32_t host = addr & ~ip4_mask(p->len);

		if (p->len == 32 || !ip4_prefix_contains(p, addr) || p->addr == addr)
			continue;
		if (p->len < 31 && (host == 0 || host == ~ip4_mask(p->len)))
			continue;
		return p;
	}
	return NULL;
}

/* ---- sending ----------------------------------------------------------------------------- */

static void
send_msg(struct arp_engine *a, const struct arp_if *f, const struct arp_msg *m,
		const uint8_t dst[6])
{
	uint8_t frame[ARP_FRAME_LEN];

	a->ops.send(a->ctx, f->cfg.if_id, frame, arp_build(m, dst, frame));
}

static void
send_request(struct arp_engine *a, const struct arp_if *f, uint32_t addr, const uint8_t dst[6])
{
	const struct ip4_prefix *p = if_subnet(&f->cfg, addr);
	struct arp_msg m = { .op = ARP_OP_REQUEST, .tpa = addr };

	if (f->cfg.n_addrs == 0)
		return;
	m.spa = p != NULL ? p->addr : f->cfg.addrs[0].addr;
	memcpy(m.sha, f->cfg.mac, 6);
	send_msg(a, f, &m, dst);
}

/* RFC 5227 section 2.3: a request with our address as sender and target. */
static void
send_announce(struct arp_engine *a, const struct arp_if *f, uint32_t addr)
{
	struct arp_msg m = { .op = ARP_OP_REQUEST, .spa = addr, .tpa = addr };
	const uint8_t *mac = if_mac_at(f, addr);

	memcpy(m.sha, mac != NULL ? mac : f->cfg.mac, 6);
	send_msg(a, f, &m, mac_broadcast);
}

/* ---- entries ----------------------------------------------------------------------------- */

static bool
is_known(enum arp_state s)
{
	return s == ARP_REACHABLE || s == ARP_STALE;
}

static struct arp_list *
list_of(struct arp_if *f, enum arp_state s)
{
	return is_known(s) ? &f->known : &f->unknown;
}

static void
entry_state(struct arp_engine *a, struct arp_if *f, struct arp_entry *e, enum arp_state s)
{
	TAILQ_REMOVE(list_of(f, e->state), e, link);
	e->state = s;
	e->tries = 0;
	TAILQ_INSERT_TAIL(list_of(f, s), e, link);
	a->ops.changed(a->ctx, e->if_id, e->addr, s, is_known(s) ? e->mac : NULL);
}

static void
entry_del(struct arp_engine *a, struct arp_if *f, struct arp_entry *e)
{
	a->ops.changed(a->ctx, e->if_id, e->addr, ARP_GONE, NULL);
	TAILQ_REMOVE(list_of(f, e->state), e, link);
	hmap_remove(&a->entries, &e->node);
	f->n_entries--;
	free(e);
}

static struct arp_entry *
evictable(struct arp_list *l)
{
	struct arp_entry *e;

	TAILQ_FOREACH (e, l, link)
		if (!e->pinned)
			return e;
	return NULL;
}

static struct arp_entry *
entry_new(struct arp_engine *a, struct arp_if *f, uint32_t addr, uint64_t now_ms)
{
	struct arp_entry *e;

	if (f->n_entries >= a->max_entries) {
		struct arp_entry *old = evictable(&f->unknown);

		if (old == NULL)
			old = evictable(&f->known);
		if (old == NULL)
			return NULL;
		entry_del(a, f, old);
	}
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		return NULL;
	e->if_id = f->cfg.if_id;
	e->addr = addr;
	e->state = ARP_INCOMPLETE;
	e->since_ms = now_ms;
	e->due_ms = UINT64_MAX;
	if (hmap_insert(&a->entries, &e->node, entry_key(e->if_id, addr)) != 0) {
		free(e);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&f->unknown, e, link);
	f->n_entries++;
	return e;
}

/* Ask by broadcast, once; what follows depends on the state when it is due. */
static void
entry_ask(struct arp_engine *a, struct arp_if *f, struct arp_entry *e, uint64_t now_ms)
{
	if (!f->cfg.up) {
		e->due_ms = UINT64_MAX; /* arp_if_set() starts it when the interface comes up */
		return;
	}
	e->tries++;
	send_request(a, f, e->addr, mac_broadcast);
	due_at(a, &e->due_ms, now_ms + ARP_TRY_MS);
}

static void
entry_start(struct arp_engine *a, struct arp_if *f, struct arp_entry *e, uint64_t now_ms)
{
	e->since_ms = now_ms;
	entry_state(a, f, e, ARP_INCOMPLETE);
	entry_ask(a, f, e, now_ms);
}

/* Spread the probes of neighbours learned at the same moment over a tenth of the time. */
static uint64_t
reachable_ms(const struct arp_engine *a, const struct arp_entry *e)
{
	uint64_t t = a->timeout_ms;

	if (e->pinned && t > ARP_PIN_PROBE_MS)
		t = ARP_PIN_PROBE_MS;
	return t - t * (e->addr * 2654435761u >> 24) / 2560;
}

static void
entry_heard(struct arp_engine *a, struct arp_if *f, struct arp_entry *e, const uint8_t mac[6],
		uint64_t now_ms)
{
	bool same = e->state == ARP_REACHABLE && memcmp(e->mac, mac, 6) == 0;

	memcpy(e->mac, mac, 6);
	e->since_ms = now_ms;
	if (same) {
		TAILQ_REMOVE(&f->known, e, link);
		TAILQ_INSERT_TAIL(&f->known, e, link);
	} else {
		entry_state(a, f, e, ARP_REACHABLE);
	}
	due_at(a, &e->due_ms, now_ms + reachable_ms(a, e));
}

static void
entry_due(struct arp_engine *a, struct arp_if *f, struct arp_entry *e, uint64_t now_ms)
{
	switch (e->state) {
	case ARP_INCOMPLETE:
		if (e->tries < ARP_TRIES) {
			entry_ask(a, f, e, now_ms);
			break;
		}
		entry_state(a, f, e, ARP_FAILED);
		due_at(a, &e->due_ms, now_ms + (e->pinned ? ARP_PIN_RETRY_MS : ARP_NEGATIVE_MS));
		break;
	case ARP_REACHABLE:
		entry_state(a, f, e, ARP_STALE);
		/* fall through */
	case ARP_STALE:
		if (e->tries < ARP_TRIES) {
			e->tries++;
			send_request(a, f, e->addr, e->mac);
			due_at(a, &e->due_ms, now_ms + ARP_TRY_MS);
		} else if (e->pinned) {
			entry_start(a, f, e, now_ms);
		} else {
			entry_del(a, f, e);
		}
		break;
	case ARP_FAILED:
		if (!e->pinned) {
			entry_del(a, f, e);
			break;
		}
		send_request(a, f, e->addr, mac_broadcast);
		due_at(a, &e->due_ms, now_ms + ARP_PIN_RETRY_MS);
		break;
	case ARP_GONE:
		break;
	}
}

/* ---- interfaces -------------------------------------------------------------------------- */

static void
list_flush(struct arp_engine *a, struct arp_if *f, struct arp_list *l, bool also_pinned)
{
	struct arp_entry *e, *next;

	for (e = TAILQ_FIRST(l); e != NULL; e = next) {
		next = TAILQ_NEXT(e, link);
		if (!e->pinned || also_pinned)
			entry_del(a, f, e);
	}
}

/* Pinned entries that are left start over; with the interface down they wait for it. */
static void
list_restart(struct arp_engine *a, struct arp_if *f, struct arp_list *l, uint64_t now_ms)
{
	struct arp_list work = TAILQ_HEAD_INITIALIZER(work);
	struct arp_entry *e;

	TAILQ_CONCAT(&work, l, link);
	while ((e = TAILQ_FIRST(&work)) != NULL) {
		TAILQ_REMOVE(&work, e, link);
		TAILQ_INSERT_TAIL(l, e, link);
		entry_start(a, f, e, now_ms);
	}
}

static void
if_restart(struct arp_engine *a, struct arp_if *f, uint64_t now_ms)
{
	list_flush(a, f, &f->known, false);
	list_flush(a, f, &f->unknown, false);
	list_restart(a, f, &f->unknown, now_ms);
	list_restart(a, f, &f->known, now_ms);
}

/* Entries that are no neighbours any more, or are ourselves, after a change of addresses. */
static void
list_drop_foreign(struct arp_engine *a, struct arp_if *f, struct arp_list *l)
{
	struct arp_entry *e, *next;

	for (e = TAILQ_FIRST(l); e != NULL; e = next) {
		next = TAILQ_NEXT(e, link);
		if (!e->pinned && if_subnet(&f->cfg, e->addr) == NULL)
			entry_del(a, f, e);
	}
}

static bool
if_same(const struct arp_if_cfg *x, const struct arp_if_cfg *y)
{
	if (memcmp(x->mac, y->mac, 6) != 0 || x->up != y->up || x->n_addrs != y->n_addrs)
		return false;
	for (uint8_t i = 0; i < x->n_addrs; i++)
		if (x->addrs[i].addr != y->addrs[i].addr || x->addrs[i].len != y->addrs[i].len)
			return false;
	return true;
}

static struct arp_if *
if_new(struct arp_engine *a, uint32_t if_id)
{
	struct arp_if *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return NULL;
	f->cfg.if_id = if_id;
	f->announce_ms = UINT64_MAX;
	TAILQ_INIT(&f->known);
	TAILQ_INIT(&f->unknown);
	if (hmap_insert(&a->ifs, &f->node, if_id) != 0) {
		free(f);
		return NULL;
	}
	return f;
}

int
arp_if_set(struct arp_engine *a, const struct arp_if_cfg *cfg, uint64_t now_ms)
{
	struct arp_if *f = if_find(a, cfg->if_id);
	struct arp_if_cfg old;
	bool fresh;

	if (f == NULL) {
		f = if_new(a, cfg->if_id);
		if (f == NULL)
			return -ENOMEM;
	}
	if (if_same(&f->cfg, cfg))
		return 0;
	old = f->cfg;
	f->cfg = *cfg;
	fresh = cfg->up && (!old.up || memcmp(old.mac, cfg->mac, 6) != 0);
	if (fresh || old.up != cfg->up)
		if_restart(a, f, now_ms);
	list_drop_foreign(a, f, &f->known);
	list_drop_foreign(a, f, &f->unknown);
	if (!cfg->up) {
		f->announce_ms = UINT64_MAX;
		return 0;
	}
	for (uint8_t i = 0; i < cfg->n_addrs; i++)
		if (fresh || !if_owns(&old, cfg->addrs[i].addr))
			send_announce(a, f, cfg->addrs[i].addr);
	due_at(a, &f->announce_ms, now_ms + ARP_ANNOUNCE_MS);
	return 0;
}

void
arp_if_del(struct arp_engine *a, uint32_t if_id)
{
	struct arp_if *f = if_find(a, if_id);

	if (f == NULL)
		return;
	list_flush(a, f, &f->known, true);
	list_flush(a, f, &f->unknown, true);
	hmap_remove(&a->ifs, &f->node);
	free(f->virt);
	free(f);
}

int
arp_virtual_set(struct arp_engine *a, uint32_t if_id, const struct arp_virtual *v, uint32_t n)
{
	struct arp_if *f = if_find(a, if_id);
	struct arp_virtual *copy = NULL;

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
		struct arp_entry *e = entry_find(a, if_id, v[i].addr);

		if (e != NULL && !e->pinned)
			entry_del(a, f, e);
	}
	return 0;
}

/* ---- what comes in ----------------------------------------------------------------------- */

/* RFC 5227 section 2.4(b): defend by one announcement, at most every DEFEND_INTERVAL. */
static void
conflict(struct arp_engine *a, struct arp_if *f, const struct arp_msg *m, uint64_t now_ms)
{
	if (f->defended_ms != 0 && now_ms - f->defended_ms < ARP_DEFEND_MS)
		return;
	f->defended_ms = now_ms;
	a->ops.conflict(a->ctx, f->cfg.if_id, m->spa, m->sha);
	send_announce(a, f, m->spa);
}

static void
reply(struct arp_engine *a, const struct arp_if *f, const struct arp_msg *q)
{
	struct arp_msg m = { .op = ARP_OP_REPLY, .spa = q->tpa, .tpa = q->spa };

	memcpy(m.sha, if_mac_at(f, q->tpa), 6);
	memcpy(m.tha, q->sha, 6);
	send_msg(a, f, &m, q->sha);
}

int
arp_input(struct arp_engine *a, uint32_t if_id, const uint8_t *msg, size_t len, uint64_t now_ms)
{
	struct rd r = rd_init(msg, len);
	struct arp_if *f = if_find(a, if_id);
	struct arp_entry *e;
	struct arp_msg m;
	const uint8_t *mine;

	if (f == NULL || !f->cfg.up)
		return -ENOENT;
	if (arp_parse(&r, &m) != 0)
		return -EBADMSG;
	mine = if_mac_at(f, m.spa);
	if (memcmp(m.sha, f->cfg.mac, 6) == 0 || (mine != NULL && memcmp(m.sha, mine, 6) == 0))
		return 0; /* our own, looped back, or of who was the virtual router before */
	if (mine != NULL) {
		conflict(a, f, &m, now_ms);
		return 0;
	}
	/* RFC 826: update what is there; make a new entry only if we are asked for. */
	e = entry_find(a, if_id, m.spa);
	if (e == NULL && m.op == ARP_OP_REQUEST && if_mac_at(f, m.tpa) != NULL &&
			if_subnet(&f->cfg, m.spa) != NULL)
		e = entry_new(a, f, m.spa, now_ms);
	if (e != NULL)
		entry_heard(a, f, e, m.sha, now_ms);
	if (m.op == ARP_OP_REQUEST && if_mac_at(f, m.tpa) != NULL)
		reply(a, f, &m);
	return 0;
}

void
arp_resolve(struct arp_engine *a, uint32_t if_id, uint32_t addr, uint64_t now_ms)
{
	struct arp_if *f = if_find(a, if_id);
	struct arp_entry *e;

	if (f == NULL || !f->cfg.up || entry_find(a, if_id, addr) != NULL ||
			if_mac_at(f, addr) != NULL)
		return;
	if (if_subnet(&f->cfg, addr) == NULL)
		return;
	e = entry_new(a, f, addr, now_ms);
	if (e != NULL)
		entry_start(a, f, e, now_ms);
}

int
arp_pin(struct arp_engine *a, uint32_t if_id, uint32_t addr, uint64_t now_ms)
{
	struct arp_if *f = if_find(a, if_id);
	struct arp_entry *e = entry_find(a, if_id, addr);

	if (f == NULL)
		return -ENOENT;
	if (e == NULL) {
		e = entry_new(a, f, addr, now_ms);
		if (e == NULL)
			return -ENOMEM;
		e->pinned = true;
		entry_start(a, f, e, now_ms);
	} else if (!e->pinned) {
		e->pinned = true;
		if (e->state == ARP_FAILED)
			entry_start(a, f, e, now_ms);
		else if (e->state == ARP_REACHABLE && e->due_ms > now_ms + ARP_PIN_PROBE_MS)
			due_at(a, &e->due_ms, now_ms + reachable_ms(a, e));
	}
	return 0;
}

void
arp_unpin(struct arp_engine *a, uint32_t if_id, uint32_t addr, uint64_t now_ms)
{
	struct arp_if *f = if_find(a, if_id);
	struct arp_entry *e = entry_find(a, if_id, addr);

	if (f == NULL || e == NULL || !e->pinned)
		return;
	e->pinned = false;
	if (!is_known(e->state) || if_subnet(&f->cfg, addr) == NULL)
		entry_del(a, f, e);
	else if (e->state == ARP_REACHABLE)
		due_at(a, &e->due_ms, e->since_ms + reachable_ms(a, e));
}

uint32_t
arp_clear(struct arp_engine *a, uint64_t now_ms)
{
	struct hmap_iter it = { 0 };
	uint32_t n = a->entries.n;

	for (struct hnode *h; (h = hmap_next(&a->ifs, &it)) != NULL;)
		if_restart(a, HMAP_ENTRY(h, struct arp_if, node), now_ms);
	return n;
}

void
arp_kick(struct arp_engine *a, uint64_t now_ms)
{
	struct hmap_iter it = { 0 };

	for (struct hnode *h; (h = hmap_next(&a->ifs, &it)) != NULL;) {
		struct arp_if *f = HMAP_ENTRY(h, struct arp_if, node);

		if (!f->cfg.up)
			continue;
		due_at(a, &f->announce_ms, now_ms);
		list_flush(a, f, &f->unknown, false);
		list_restart(a, f, &f->unknown, now_ms);
	}
	arp_tick(a, now_ms);
}

void
arp_seed(struct arp_engine *a, uint32_t if_id, uint32_t addr, const uint8_t mac[6], uint64_t now_ms)
{
	struct arp_if *f = if_find(a, if_id);
	struct arp_entry *e;

	if (f == NULL || !f->cfg.up || (mac[0] & 1) != 0 || memcmp(mac, mac_zero, 6) == 0 ||
			entry_find(a, if_id, addr) != NULL || if_subnet(&f->cfg, addr) == NULL)
		return;
	e = entry_new(a, f, addr, now_ms);
	if (e == NULL)
		return;
	memcpy(e->mac, mac, 6);
	entry_state(a, f, e, ARP_STALE);
	due_at(a, &e->due_ms, now_ms + (addr * 2654435761u >> 22)); /* spread over a second */
}

enum arp_state
arp_lookup(const struct arp_engine *a, uint32_t if_id, uint32_t addr, uint8_t *mac)
{
	const struct arp_entry *e = entry_find(a, if_id, addr);

	if (e == NULL)
		return ARP_GONE;
	if (mac != NULL)
		memcpy(mac, is_known(e->state) ? e->mac : mac_zero, 6);
	return e->state;
}

/* ---- time -------------------------------------------------------------------------------- */

void
arp_tick(struct arp_engine *a, uint64_t now_ms)
{
	struct hmap_iter it = { 0 };

	if (now_ms < a->next_ms)
		return;
	a->next_ms = UINT64_MAX;
	for (struct hnode *h; (h = hmap_next(&a->ifs, &it)) != NULL;) {
		struct arp_if *f = HMAP_ENTRY(h, struct arp_if, node);

		if (f->announce_ms <= now_ms) {
			f->announce_ms = UINT64_MAX;
			for (uint8_t i = 0; i < f->cfg.n_addrs; i++)
				send_announce(a, f, f->cfg.addrs[i].addr);
		}
		if (f->announce_ms < a->next_ms)
			a->next_ms = f->announce_ms;
	}
	it = (struct hmap_iter){ 0 };
	for (struct hnode *h; (h = hmap_next(&a->entries, &it)) != NULL;) {
		struct arp_entry *e = HMAP_ENTRY(h, struct arp_entry, node);
		uint64_t due_ms = e->due_ms;

		if (due_ms <= now_ms)
			entry_due(a, if_find(a, e->if_id), e, now_ms);
		else if (due_ms < a->next_ms)
			a->next_ms = due_ms;
	}
}

uint64_t
arp_next_ms(const struct arp_engine *a)
{
	return a->next_ms;
}

/* ---- life -------------------------------------------------------------------------------- */

struct arp_engine *
arp_new(const struct arp_ops *ops, void *ctx, uint32_t max_entries, uint64_t timeout_ms)
{
	struct arp_engine *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return NULL;
	a->ops = *ops;
	a->ctx = ctx;
	a->max_entries = max_entries != 0 ? max_entries : ARP_MAX_ENTRIES;
	a->timeout_ms = timeout_ms;
	a->next_ms = UINT64_MAX;
	return a;
}

void
arp_free(struct arp_engine *a)
{
	struct hmap_iter it = { 0 };

	if (a == NULL)
		return;
	for (struct hnode *h; (h = hmap_next(&a->entries, &it)) != NULL;)
		free(HMAP_ENTRY(h, struct arp_entry, node));
	it = (struct hmap_iter){ 0 };
	for (struct hnode *h; (h = hmap_next(&a->ifs, &it)) != NULL;) {
		struct arp_if *f = HMAP_ENTRY(h, struct arp_if, node);

		free(f->virt);
		free(f);
	}
	hmap_fini(&a->entries);
	hmap_fini(&a->ifs);
	free(a);
}

void
arp_set_timeout(struct arp_engine *a, uint64_t timeout_ms)
{
	a->timeout_ms = timeout_ms;
}

void
arp_for_each(const struct arp_engine *a, uint64_t now_ms,
		void (*fn)(void *arg, const struct arp_show *e), void *arg)
{
	struct hmap_iter it = { 0 };

	for (struct hnode *h; (h = hmap_next(&a->entries, &it)) != NULL;) {
		const struct arp_entry *e = HMAP_ENTRY(h, struct arp_entry, node);
		struct arp_show s = { .if_id = e->if_id,
			.addr = e->addr,
			.state = e->state,
			.pinned = e->pinned,
			.age_ms = now_ms - e->since_ms };

		if (is_known(e->state))
			memcpy(s.mac, e->mac, 6);
		fn(arg, &s);
	}
}

const char *
arp_state_str(enum arp_state s)
{
	static const char *const names[] = { "gone", "incomplete", "reachable", "stale", "failed" };

	return (unsigned int)s < sizeof(names) / sizeof(names[0]) ? names[s] : "?";
}
