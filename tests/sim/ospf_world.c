/* SPDX-License-Identifier: BSD-3-Clause */
/* Simulated OSPF routers; see ospf_world.h. */
#include "tests/sim/ospf_world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/ospf_keep.h"
#include "controlplane/ospf/ospf_proto.h"
#include "controlplane/ospf/ospf_restart.h"

struct packet {
	uint64_t at_ms, serial;
	struct port *from;
	struct port *to;
	uint32_t src, dst;
	size_t len;
	uint8_t data[];
};

uint32_t
world_random(struct world *w, uint32_t below)
{
	w->random = w->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((w->random >> 33) % below);
}

/* ---- packets in flight: a heap by time ---------------------------------------------------- */

static bool
before(const struct packet *a, const struct packet *b)
{
	return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->serial < b->serial;
}

static void
heap_put(struct world *w, struct packet *p)
{
	uint32_t i = w->n_heap++;

	if (w->n_heap > w->cap_heap) {
		w->cap_heap = w->cap_heap != 0 ? w->cap_heap * 2 : 1024;
		w->heap = realloc(w->heap, w->cap_heap * sizeof(struct packet *));
	}
	for (; i > 0 && before(p, w->heap[(i - 1) / 2]); i = (i - 1) / 2)
		w->heap[i] = w->heap[(i - 1) / 2];
	w->heap[i] = p;
}

static struct packet *
heap_take(struct world *w)
{
	struct packet *top = w->heap[0], *last = w->heap[--w->n_heap];
	uint32_t i = 0;

	while (2 * i + 1 < w->n_heap) {
		uint32_t c = 2 * i + 1;

		if (c + 1 < w->n_heap && before(w->heap[c + 1], w->heap[c]))
			c++;
		if (!before(w->heap[c], last))
			break;
		w->heap[i] = w->heap[c];
		i = c;
	}
	w->heap[i] = last;
	return top;
}

/* A token bucket, counted in microseconds. */
static bool
policed(struct port *to)
{
	const struct net *net = to->net;
	uint64_t each_us, full_us;

	if (net->pps == 0)
		return false;
	each_us = 1000000 / net->pps;
	full_us = net->burst * each_us;
	to->tokens_us += (net->w->now_ms - to->policed_ms) * 1000;
	if (to->tokens_us > full_us)
		to->tokens_us = full_us;
	to->policed_ms = net->w->now_ms;
	if (to->tokens_us < each_us)
		return true;
	to->tokens_us -= each_us;
	return false;
}

static void
fly(struct port *from, struct port *to, uint32_t dst, const uint8_t *data, size_t len)
{
	const struct net *net = from->net;
	struct world *w = net->w;
	struct packet *p = malloc(sizeof(*p) + len);

	p->at_ms = w->now_ms + net->delay_ms;
	if (net->jitter_ms != 0)
		p->at_ms += world_random(w, net->jitter_ms + 1);
	if (net->late_permille != 0 && world_random(w, 1000) < net->late_permille)
		p->at_ms += world_random(w, net->late_ms + 1);
	p->serial = w->serial++;
	p->from = from;
	p->to = to;
	p->src = from->ifp->cfg.addr.addr;
	p->dst = dst;
	p->len = len;
	memcpy(p->data, data, len);
	heap_put(w, p);
}

static void
transmit(struct port *from, struct port *to, uint32_t dst, const uint8_t *data, size_t len)
{
	const struct net *net = from->net;
	struct world *w = net->w;

	w->n_packets++;
	if ((net->loss_permille != 0 && world_random(w, 1000) < net->loss_permille) ||
			policed(to)) {
		w->n_lost++;
		return;
	}
	fly(from, to, dst, data, len);
	if (net->dup_permille != 0 && world_random(w, 1000) < net->dup_permille)
		fly(from, to, dst, data, len);
}

static void
on_send(void *ctx, struct ospf_if *ifp, uint32_t dst, const uint8_t *pkt, size_t len)
{
	struct router *r = ctx;
	struct port *p = ifp->cfg.user <= (r->ports != NULL ? r->ports->ifp->cfg.user : 0)
			? r->by_user[ifp->cfg.user - 1] : NULL;

	if (p == NULL || p->ifp != ifp || p->cut)
		return;
	for (struct port *to = p->net->ports; to != NULL; to = to->next_of_net)
		if (to != p && !to->cut && ((dst >> 28) == 0xe || to->ifp->cfg.addr.addr == dst))
			transmit(p, to, dst, pkt, len);
}

static uint64_t
on_wall(void *ctx)
{
	const struct router *r = ctx;

	return 1700000000u + r->w->now_ms / 1000 + r->wall_s_off;
}

static void
on_log(void *ctx, enum log_level level, const char *line)
{
	struct router *r = ctx;

	size_t len = strlen(line);

	if (r->n_lines < 100000) {
		r->lines = realloc(r->lines, r->n_lines + len + 2);
		memcpy(r->lines + r->n_lines, line, len);
		r->n_lines += len;
		r->lines[r->n_lines++] = '\n';
		r->lines[r->n_lines] = '\0';
	}
	if (r->w->verbose)
		fprintf(stderr, "%8.3f %08x %s\n",
				(double)(r->w->now_ms - WORLD_START_MS) / 1000, r->id, line);
}

/* Into the log as well; only after ospf_trace_on(). */
static void
on_trace(void *ctx, const struct ospf_trace *t)
{
	char line[8192], addr[IP4_STR_LEN];

	snprintf(line, sizeof(line), "%s %s: %s", t->out ? "to" : "from", ip4_str(t->addr, addr),
			t->text);
	on_log(ctx, LVL_DEBUG, line);
}

/* ---- the things ---------------------------------------------------------------------------- */

struct world *
world_new(uint64_t seed)
{
	struct world *w = calloc(1, sizeof(*w));

	w->now_ms = WORLD_START_MS;
	w->random = seed * 2 + 1;
	w->verbose = getenv("OSPF_WORLD_LOG") != NULL;
	return w;
}

void
world_free(struct world *w)
{
	struct net *n;

	for (uint32_t i = 0; i < w->n_routers; i++) {
		struct router *r = w->routers[i];

		ospf_free(r->o);
		while (r->ports != NULL) {
			struct port *p = r->ports;

			r->ports = p->next_of_router;
			free(p);
		}
		free(r->by_user);
		free(r->lines);
		free(r);
	}
	while ((n = w->nets) != NULL) {
		w->nets = n->next;
		free(n);
	}
	while (w->n_heap > 0)
		free(heap_take(w));
	free(w->heap);
	free(w->routers);
	free(w);
}

static void
boot(struct router *r)
{
	struct ospf_ops ops = { .send = on_send, .wall_s = on_wall, .log = on_log,
		.trace = on_trace, .ctx = r };
	struct ospf_cfg cfg;

	memset(&cfg, 0, sizeof(cfg));
	cfg.router_id = r->id;
	cfg.lsa_start_ms = 50;
	cfg.lsa_hold_ms = 1000;
	cfg.lsa_max_ms = 5000;
	cfg.lsa_arrival_ms = 100;
	cfg.pacing_ms = 20;
	cfg.gr_helper = cfg.opaque = cfg.log_adjacency = true;
	cfg.restart_s = 60;
	cfg.max_metric_startup_s = r->w->max_metric_startup_s;
	r->o = ospf_new(&ops, r->w->random + r->id, r->w->now_ms);
	ospf_set(r->o, &cfg, r->w->now_ms);
}

struct router *
world_router(struct world *w, uint32_t id)
{
	struct router *r = calloc(1, sizeof(*r));

	r->w = w;
	r->id = id;
	w->routers = realloc(w->routers, (w->n_routers + 1) * sizeof(struct router *));
	w->routers[w->n_routers++] = r;
	boot(r);
	return r;
}

void
world_kill(struct router *r)
{
	for (struct port *p = r->ports; p != NULL; p = p->next_of_router)
		p->cut = true;
	r->frozen = true;
}

void
world_reboot(struct router *r)
{
	world_resume(r, NULL, 0, 0);
}

/* The new process has its interfaces; the former one goes. */
static void
interfaces_up(struct router *r, struct ospf *was)
{
	uint32_t n = r->ports != NULL ? r->ports->ifp->cfg.user : 0;

	r->frozen = false;
	for (uint32_t i = 0; i < n; i++)
		r->by_user[i]->cut = true; /* until its interface is there */
	for (uint32_t i = 0; i < n; i++) {
		struct port *p = r->by_user[i];
		struct ospf_if_cfg cfg = p->ifp->cfg;
		uint32_t vlink_id = p->ifp->vlink_id, vlink_area = p->ifp->vlink_area;

		p->ifp = ospf_if_set(r->o, &cfg, cfg.type != OSPF_IF_VLINK, r->w->now_ms);
		p->ifp->vlink_id = vlink_id;
		p->ifp->vlink_area = vlink_area;
		p->cut = false;
	}
	ospf_free(was);
}

void
world_resume(struct router *r, const uint8_t *kept, size_t len, uint64_t gone_ms)
{
	struct ospf *was = r->o;

	boot(r);
	if (kept != NULL)
		ospf_keep_load(r->o, kept, len, gone_ms);
	ospf_keep_load_silent(r->o, r->silent, r->n_silent);
	interfaces_up(r, was);
}

int
world_restart(struct router *r, struct ospf_restart *saved, const uint8_t *kept, size_t len,
		uint64_t gone_ms)
{
	struct ospf *was = r->o;
	int err;

	boot(r);
	err = ospf_restart_begin(r->o, saved, r->w->now_ms);
	if (kept != NULL)
		ospf_keep_load(r->o, kept, len, gone_ms);
	interfaces_up(r, was);
	return err;
}

struct net *
world_net(struct world *w)
{
	struct net *n = calloc(1, sizeof(*n));

	n->w = w;
	n->delay_ms = 1;
	n->next = w->nets;
	w->nets = n;
	return n;
}

struct ospf_if_cfg
world_if_cfg(enum ospf_if_type type, uint32_t addr, uint8_t len)
{
	struct ospf_if_cfg c;

	memset(&c, 0, sizeof(c));
	c.type = (uint8_t)type;
	c.addr.addr = addr;
	c.addr.len = len;
	c.mtu = 1500;
	c.cost = 10;
	c.priority = 1;
	c.hello_ms = 1000;
	c.dead_ms = 4000;
	c.rxmt_ms = 5000;
	c.transmit_delay_s = 1;
	return c;
}

struct port *
world_attach(struct router *r, struct net *net, const struct ospf_if_cfg *cfg)
{
	struct port *p = calloc(1, sizeof(*p));
	struct ospf_if_cfg c = *cfg;

	p->r = r;
	p->net = net;
	c.user = 1 + (r->ports != NULL ? r->ports->ifp->cfg.user : 0);
	snprintf(c.name, sizeof(c.name), "if%u", c.user);
	p->next_of_router = r->ports;
	p->next_of_net = net->ports;
	p->ifp = ospf_if_set(r->o, &c, false, r->w->now_ms);
	r->by_user = realloc(r->by_user, c.user * sizeof(*r->by_user));
	r->by_user[c.user - 1] = p;
	r->ports = p;
	net->ports = p;
	net->n_ports++;
	/* A virtual link comes up when the route calculation has found its way. */
	ospf_if_set(r->o, &c, c.type != OSPF_IF_VLINK, r->w->now_ms);
	return p;
}

struct net *
world_link_as(struct router *a, struct router *b, const struct ospf_if_cfg *cfg)
{
	static uint32_t counter;
	uint32_t base = 0x0a000000u + (++counter & 0x3fffffu) * 4;
	struct net *n = world_net(a->w);
	struct ospf_if_cfg c = *cfg;

	c.addr = (struct ip4_prefix){ .addr = base + 1, .len = 30 };
	world_attach(a, n, &c);
	c.addr.addr++;
	world_attach(b, n, &c);
	return n;
}

struct net *
world_link(struct router *a, struct router *b)
{
	struct ospf_if_cfg c = world_if_cfg(OSPF_IF_P2P, 0, 0);

	return world_link_as(a, b, &c);
}

/* ---- time ---------------------------------------------------------------------------------- */

static uint64_t
next_event(const struct world *w)
{
	uint64_t next = w->n_heap > 0 ? w->heap[0]->at_ms : UINT64_MAX;

	for (uint32_t i = 0; i < w->n_routers; i++) {
		uint64_t at = w->routers[i]->frozen ? UINT64_MAX : ospf_next_ms(w->routers[i]->o);

		if (at < next)
			next = at;
	}
	return next;
}

static void
hear(struct world *w, const struct packet *p)
{
	struct router *r = p->to->r;
	uint64_t from = w->cpu_ns != NULL ? w->cpu_ns() : 0;

	ospf_input(r->o, p->to->ifp, p->src, p->dst, p->data, p->len, w->now_ms);
	if (w->cpu_ns != NULL)
		r->busy_ns += w->cpu_ns() - from;
}

static void
tick(struct world *w, struct router *r)
{
	uint64_t from = w->cpu_ns != NULL ? w->cpu_ns() : 0;

	ospf_tick(r->o, w->now_ms);
	if (w->cpu_ns != NULL)
		r->busy_ns += w->cpu_ns() - from;
}

static void
step(struct world *w)
{
	while (w->n_heap > 0 && w->heap[0]->at_ms <= w->now_ms) {
		struct packet *p = heap_take(w);

		if (!p->to->cut && !p->to->r->frozen)
			hear(w, p);
		free(p);
	}
	for (uint32_t i = 0; i < w->n_routers; i++)
		if (!w->routers[i]->frozen && ospf_next_ms(w->routers[i]->o) <= w->now_ms)
			tick(w, w->routers[i]);
}

void
world_run(struct world *w, uint64_t ms)
{
	uint64_t end = w->now_ms + ms, next;

	while ((next = next_event(w)) <= end) {
		if (next > w->now_ms)
			w->now_ms = next;
		step(w);
	}
	w->now_ms = end;
}

bool
world_until(struct world *w, uint64_t ms, bool (*cond)(struct world *w))
{
	for (uint64_t t = 0; t < ms; t += 100) {
		if (cond(w))
			return true;
		world_run(w, 100);
	}
	return cond(w);
}

/* ---- what is the case ----------------------------------------------------------------------- */

bool
world_said(const struct router *r, const char *text)
{
	return r->lines != NULL && strstr(r->lines, text) != NULL;
}

uint32_t
world_n_full(const struct router *r)
{
	uint32_t n = 0;

	for (const struct port *p = r->ports; p != NULL; p = p->next_of_router)
		n += p->ifp->n_full;
	return n;
}

static bool
port_settled(const struct port *p)
{
	const struct ospf_nbr *n;
	uint32_t known = 0;

	TAILQ_FOREACH (n, &p->ifp->nbrs, link) {
		if (n->n_unacked != 0 || n->state < OSPF_NBR_2WAY ||
				(n->state != OSPF_NBR_FULL && ospf_nbr_adjacency_wanted(n)))
			return false;
		known++;
	}
	for (const struct port *q = p->net->ports; q != NULL; q = q->next_of_net)
		known -= q != p && !q->cut;
	return known == 0;
}

bool
world_settled(struct world *w)
{
	for (uint32_t i = 0; i < w->n_routers; i++)
		for (const struct port *p = w->routers[i]->ports; p != NULL; p = p->next_of_router)
			if (!p->cut && !port_settled(p))
				return false;
	return true;
}

static bool
covers(const struct ospf_lsdb *a, const struct ospf_lsdb *b)
{
	for (uint8_t t = 0; t < OSPF_LSA_N_TYPES; t++) {
		const struct ospf_lsa *lsa;

		OSPF_LSDB_FOREACH (lsa, a, t) {
			const struct ospf_lsa *o = ospf_lsdb_find(b, t, lsa->h.id, lsa->h.adv);

			if (o == NULL || o->h.seq != lsa->h.seq || o->h.cksum != lsa->h.cksum ||
					o->h.len != lsa->h.len)
				return false;
		}
	}
	return true;
}

static bool
same_databases(const struct ospf *a, const struct ospf *b)
{
	const struct ospf_area *x, *y;

	TAILQ_FOREACH (x, &a->areas, link) {
		y = ospf_area_find(b, x->cfg.id);
		if (y != NULL && (!covers(&x->lsdb, &y->lsdb) || !covers(&y->lsdb, &x->lsdb)))
			return false;
	}
	return covers(&a->as_db, &b->as_db) && covers(&b->as_db, &a->as_db);
}

bool
world_same_databases(struct world *w)
{
	const struct router *first = NULL;

	for (uint32_t i = 0; i < w->n_routers; i++) {
		if (w->routers[i]->frozen)
			continue;
		if (first == NULL)
			first = w->routers[i];
		else if (!same_databases(first->o, w->routers[i]->o))
			return false;
	}
	return true;
}

bool
world_quiet(struct world *w)
{
	return world_settled(w) && world_same_databases(w);
}

/* ---- what many tests begin with ------------------------------------------------------------- */

struct net *
world_lan(struct world *w, struct router **r, uint32_t n)
{
	struct net *net = world_net(w);

	for (uint32_t i = 0; i < n; i++) {
		struct ospf_if_cfg c = world_if_cfg(OSPF_IF_BROADCAST, 0xac100001u + i, 24);
		struct router *router = world_router(w, i + 1);

		world_attach(router, net, &c);
		if (r != NULL)
			r[i] = router;
	}
	return net;
}

struct ospf_if *
world_lan_of(const struct router *r)
{
	const struct port *p = r->ports;

	while (p->ifp->cfg.type != OSPF_IF_BROADCAST)
		p = p->next_of_router;
	return p->ifp;
}

struct ospf_lsdb *
world_db(const struct router *r)
{
	return &TAILQ_FIRST(&r->o->areas)->lsdb;
}

int
world_summary(struct router *r, uint32_t id, uint32_t metric)
{
	struct ospf_summary s = { .mask = 0xffffff00, .metric = metric };
	uint8_t body[OSPF_SUMMARY_BODY_LEN];

	ospf_summary_write(body, &s);
	return ospf_originate(world_db(r), OSPF_LSA_SUMMARY, id, OSPF_OPT_E, body, sizeof(body));
}
