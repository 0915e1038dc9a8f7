/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One hub and thousands of branches: calls and rekeys go through a few at a time, silent peers
 * hold up nobody, and what is idle costs nothing. The branches are one engine with as many
 * addresses; between the two is a wire with a delay, which notes how much of the hub's is open.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tests/sim/sim.h"
#include "tests/unit/cu.h"

#define HUB        0x01010102u
#define BRANCH(i)  (0x0a000000u + (uint32_t)(i))
#define LATENCY_MS 20
#define CALLS      50 /* the engine's default */

#define IKE_SA_INIT_EXCHANGE     34
#define IKE_AUTH_EXCHANGE        35
#define CREATE_CHILD_SA_EXCHANGE 36

struct letter {
	struct letter *next;
	uint64_t at;
	int to;
	struct ike_path path;
	size_t len;
	uint8_t msg[];
};

struct many {
	uint64_t now, rng;
	struct node {
		struct many *w;
		struct ike_engine *e;
		uint32_t next_spi;
		unsigned long sas;
		uint64_t *child; /* newest Child SA of each tunnel */
	} n[2];
	struct letter *first, **last;
	int n_peers;
	uint8_t version;    /* of IKE; 0: 2 */
	int n_silent;       /* branches with lower numbers do not answer */
	int open, max_open; /* requests of the hub that make new keys and are not answered */
	bool *asked;        /* by tunnel */
	unsigned int *rekeys;
	bool *up;
	int n_up;
};

static void
op_send(void *ctx, const struct ike_path *path, const uint8_t *msg, size_t len)
{
	struct node *n = ctx;
	struct many *w = n->w;
	bool by_hub = n == &w->n[0], response = sim_is_response(msg);
	uint32_t i = (by_hub ? path->remote : path->local) - BRANCH(0);
	int x = sim_exchange(msg);
	bool opens = by_hub && !response &&
		     (x == IKE_SA_INIT_EXCHANGE || x == CREATE_CHILD_SA_EXCHANGE);
	bool closes = !by_hub && response &&
		      (x == IKE_AUTH_EXCHANGE || x == CREATE_CHILD_SA_EXCHANGE);
	struct letter *l;

	if (opens && !w->asked[i]) {
		w->asked[i] = true;
		if (++w->open > w->max_open)
			w->max_open = w->open;
	} else if (closes && w->asked[i]) {
		w->asked[i] = false;
		w->open--;
	}
	if ((int)i < w->n_silent)
		return;
	l = malloc(sizeof(*l) + len);
	if (l == NULL)
		abort();
	*l = (struct letter){
		.at = w->now + LATENCY_MS, .to = by_hub, .len = len,
		.path = { path->remote, path->local, path->remote_port, path->local_port }
	};
	memcpy(l->msg, msg, len);
	*w->last = l;
	w->last = &l->next;
}

static void
op_random(void *ctx, uint8_t *buf, size_t len)
{
	struct many *w = ((struct node *)ctx)->w;

	for (size_t i = 0; i < len; i++) {
		w->rng ^= w->rng << 13;
		w->rng ^= w->rng >> 7;
		w->rng ^= w->rng << 17;
		buf[i] = (uint8_t)(w->rng >> 32);
	}
}

static uint32_t
op_spi_alloc(void *ctx, uint32_t tun_id)
{
	struct node *n = ctx;

	n->sas++;
	return n->next_spi++;
}

static void
op_spi_free(void *ctx, uint32_t spi)
{
	((struct node *)ctx)->sas--;
}

static int
op_child_add(void *ctx, const struct ike_child_sa *c, uint64_t replaces, bool use_out)
{
	struct node *n = ctx;

	n->child[c->tun_id] = c->id;
	if (n == &n->w->n[0] && replaces != 0)
		n->w->rekeys[c->tun_id]++;
	return 0;
}

static void
op_child_use_out(void *ctx, uint64_t id)
{
}

static void
op_child_del(void *ctx, uint64_t id)
{
	((struct node *)ctx)->sas--;
}

static void
op_peer_state(void *ctx, const char *peer, enum ike_peer_state state, const char *why)
{
	struct node *n = ctx;
	struct many *w = n->w;
	bool up = state == IKE_PEER_ESTABLISHED;
	int i = atoi(peer);

	if (n != &w->n[0] || w->up[i] == up)
		return;
	w->up[i] = up;
	w->n_up += up ? 1 : -1;
}

static void
op_log(void *ctx, int level, const char *peer, const char *text)
{
}

static struct many *
many_new(int n_peers)
{
	static const struct ike_ops ops = { .send = op_send,
		.random = op_random,
		.spi_alloc = op_spi_alloc,
		.spi_free = op_spi_free,
		.child_add = op_child_add,
		.child_use_out = op_child_use_out,
		.child_del = op_child_del,
		.peer_state = op_peer_state,
		.log = op_log };
	/* The branches' engine sees them all come from one address. */
	static const struct ike_limits open = {
		.cookie_threshold = 100000, .max_half_open = 100000, .max_half_open_per_ip = 100000
	};
	struct many *w = calloc(1, sizeof(*w));

	if (w == NULL)
		abort();
	w->now = 1000;
	w->rng = 88172645463325252u;
	w->n_peers = n_peers;
	w->last = &w->first;
	w->asked = calloc((size_t)n_peers, sizeof(*w->asked));
	w->up = calloc((size_t)n_peers, sizeof(*w->up));
	w->rekeys = calloc((size_t)n_peers, sizeof(*w->rekeys));
	for (int i = 0; i < 2; i++) {
		w->n[i].w = w;
		w->n[i].next_spi = 4096;
		w->n[i].child = calloc((size_t)n_peers, sizeof(*w->n[i].child));
		w->n[i].e = ike_engine_new(&ops, &w->n[i], i == 1 ? &open : NULL, w->now);
		if (w->n[i].e == NULL || w->n[i].child == NULL || w->asked == NULL ||
				w->up == NULL || w->rekeys == NULL)
			abort();
	}
	return w;
}

static void
many_free(struct many *w)
{
	for (int i = 0; i < 2; i++) {
		ike_engine_free(w->n[i].e, false);
		CU_ASSERT_EQUAL(w->n[i].sas, 0);
		free(w->n[i].child);
	}
	while (w->first != NULL) {
		struct letter *l = w->first;

		w->first = l->next;
		free(l);
	}
	free(w->asked);
	free(w->up);
	free(w->rekeys);
	free(w);
}

/* Peer @i at the hub, or the hub at branch @i. */
static void
set_peer(struct many *w, int node, int i, bool initiate)
{
	struct ike_peer_cfg c = sim_cfg(node);

	snprintf(c.name, sizeof(c.name), "%d", i);
	c.local = node == 0 ? HUB : BRANCH(i);
	c.remote = node == 0 ? BRANCH(i) : HUB;
	c.local_id.len = c.remote_id.len = 4;
	for (int k = 0; k < 4; k++) {
		c.local_id.data[k] = (uint8_t)(c.local >> (24 - 8 * k));
		c.remote_id.data[k] = (uint8_t)(c.remote >> (24 - 8 * k));
	}
	c.tun_id = (uint32_t)i;
	c.initiate = initiate;
	c.may_initiate = node == 0;
	c.dpd_interval_s = 600;
	c.ike_life_s = 86400;
	c.child_life_s = 3600;
	c.retransmit_ms = 1000;
	c.version = w->version != 0 ? w->version : c.version;
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(w->n[node].e, &c, w->now), 0);
}

static void
set_peers(struct many *w, bool initiate)
{
	for (int i = 0; i < w->n_peers; i++)
		set_peer(w, 1, i, false);
	for (int i = 0; i < w->n_peers; i++)
		set_peer(w, 0, i, initiate);
}

static bool
step(struct many *w, uint64_t end)
{
	uint64_t t = w->first != NULL ? w->first->at : UINT64_MAX;
	struct letter *l = w->first;

	for (int i = 0; i < 2; i++)
		if (ike_next_ms(w->n[i].e) < t)
			t = ike_next_ms(w->n[i].e);
	if (t > end)
		return false;
	if (t > w->now)
		w->now = t;
	if (l != NULL && l->at <= w->now) {
		w->first = l->next;
		if (w->first == NULL)
			w->last = &w->first;
		ike_input(w->n[l->to].e, &l->path, l->msg, l->len, w->now);
		free(l);
		return true;
	}
	for (int i = 0; i < 2; i++)
		ike_tick(w->n[i].e, w->now);
	return true;
}

static void
run_until_up(struct many *w, int n_up, uint64_t ms)
{
	uint64_t end = w->now + ms;

	while (w->n_up < n_up && step(w, end))
		;
}

static double
cpu_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* ---- tests ---------------------------------------------------------------------------------- */

static void
calls_go_through_a_few_at_a_time(void)
{
	struct many *w = many_new(600);

	set_peers(w, true);
	CU_ASSERT_EQUAL(w->open, CALLS);
	/* Traffic for the last one overtakes the others. */
	ike_peer_acquire(w->n[0].e, 599, w->now);
	run_until_up(w, 150, 60000);
	CU_ASSERT_EQUAL(w->n_up, 150);
	CU_ASSERT_TRUE(w->up[599]);
	CU_ASSERT_FALSE(w->up[598]);
	run_until_up(w, 600, 60000);
	CU_ASSERT_EQUAL(w->n_up, 600);
	CU_ASSERT_EQUAL(w->max_open, CALLS);
	/* Twelve turns of two round trips each: no turn was left unused for long. */
	CU_ASSERT_TRUE(w->now < 1000 + 2 * 12 * 4 * LATENCY_MS);
	many_free(w);
}

static unsigned long
counter(const struct many *w, int node, const char *name)
{
	for (unsigned int i = 0; i < ike_n_counters(); i++)
		if (strcmp(ike_counter_name(i), name) == 0)
			return (unsigned long)ike_counter(w->n[node].e, i);
	CU_FAIL("no such counter");
	return 0;
}

/*
 * All that the branches' engine hears comes from one address, as of so many behind one NAT that
 * call at once: with the limits that a hub has, nobody waits.
 */
static void
many_behind_one_address(void)
{
	static const struct ike_limits hub = { .cookie_threshold = 50, .max_half_open = 10000,
		.max_half_open_per_ip = 10, .max_sas = 150000 };

	for (uint8_t version = 1; version <= 2; version++) {
		struct many *w = many_new(CALLS);

		w->version = version;
		ike_limits_set(w->n[1].e, &hub);
		set_peers(w, true);
		CU_ASSERT_EQUAL(w->open, version == 2 ? CALLS : 0);
		run_until_up(w, CALLS, 900); /* before anything is sent again */
		CU_ASSERT_EQUAL(w->n_up, CALLS);
		CU_ASSERT_EQUAL(counter(w, 1, "drop_half_open_per_ip"), 0);
		if (version == 2)
			CU_ASSERT_EQUAL(counter(w, 1, "refused_cookie_demanded"), CALLS - 5);
		many_free(w);
	}
}

static void
silent_peers_hold_up_nobody(void)
{
	struct many *w = many_new(400);

	w->n_silent = 200;
	set_peers(w, true);
	run_until_up(w, 200, 10000);
	CU_ASSERT_EQUAL(w->n_up, 200);
	CU_ASSERT_TRUE(w->now < 8000);
	many_free(w);
}

static void
rekeys_go_through_a_few_at_a_time(void)
{
	struct many *w = many_new(300);
	uint64_t end;
	int n = 0;

	set_peers(w, true);
	run_until_up(w, 300, 60000);
	CU_ASSERT_EQUAL_FATAL(w->n_up, 300);
	w->max_open = 0;
	for (int i = 0; i < 300; i++)
		ike_child_rekey(w->n[0].e, w->n[0].child[i], true, w->now);
	end = w->now + 10000;
	while (step(w, end))
		;
	for (int i = 0; i < 300; i++)
		n += w->rekeys[i] == 1;
	CU_ASSERT_EQUAL(n, 300);
	CU_ASSERT_EQUAL(w->max_open, CALLS);
	/* What was replaced has drained: one pair each, at both ends. */
	CU_ASSERT_EQUAL(w->n[0].sas, 300);
	CU_ASSERT_EQUAL(w->n[1].sas, 300);
	many_free(w);
}

/* Taken away while they wait for their turn, or for the answer. */
static void
peers_removed_in_the_line_leave_no_gap(void)
{
	struct many *w = many_new(300);
	char name[16];

	set_peers(w, true);
	for (int i = 0; i < 300; i += 2) {
		snprintf(name, sizeof(name), "%d", i);
		ike_peer_del(w->n[0].e, name, w->now);
	}
	memset(w->asked, 0, 300 * sizeof(*w->asked));
	run_until_up(w, 150, 10000);
	CU_ASSERT_EQUAL(w->n_up, 150);
	many_free(w);
}

/* Ten thousand peers, a few hundred of them up: what does nothing must cost nothing. */
static void
idle_costs_nothing(void)
{
	struct many *w = many_new(10000);
	uint8_t msg[28] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 9, 9, 9, 9, 9, 0, 0x20, 37, 0x08 };
	double begin;

	set_peers(w, false);
	for (uint32_t i = 0; i < 10000; i += 50)
		ike_peer_acquire(w->n[0].e, i, w->now);
	run_until_up(w, 200, 60000);
	CU_ASSERT_EQUAL(w->n_up, 200);
	begin = cpu_s();
	for (int i = 0; i < 200000; i++) {
		ike_tick(w->n[0].e, w->now);
		if (ike_next_ms(w->n[0].e) <= w->now)
			abort();
	}
	printf("\n    a tick of 10000 peers: %.0f ns", (cpu_s() - begin) / 200000 * 1e9);
	CU_ASSERT_TRUE(cpu_s() - begin < 1);
	/* The peer is found by its address, the IKE SA by its SPI, the tunnel by its id. */
	begin = cpu_s();
	for (uint32_t i = 0; i < 100000; i++) {
		msg[27] = 28;
		msg[8] = (uint8_t)i;
		ike_input(w->n[0].e, &(struct ike_path){ HUB, BRANCH(i % 10000), 500, 500 }, msg,
				sizeof(msg), w->now);
		ike_peer_alive(w->n[0].e, i % 10000, w->now);
		ike_child_seen(w->n[0].e, 1u << 30 | i, w->now);
	}
	printf("\n    three look-ups: %.0f ns ", (cpu_s() - begin) / 100000 * 1e9);
	CU_ASSERT_TRUE(cpu_s() - begin < 2);
	many_free(w);
}

static const struct cu_case cases[] = {
	CU_CASE(calls_go_through_a_few_at_a_time),
	CU_CASE(many_behind_one_address),
	CU_CASE(silent_peers_hold_up_nobody),
	CU_CASE(rekeys_go_through_a_few_at_a_time),
	CU_CASE(peers_removed_in_the_line_leave_no_gap),
	CU_CASE(idle_costs_nothing),
};

CU_MAIN("many", cases)
