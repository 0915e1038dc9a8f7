/* SPDX-License-Identifier: BSD-3-Clause */
/* Several OSPF routers in simulated time: adjacencies, databases, failures, loss. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/ospf_world.h"
#include "tests/unit/cu.h"

static const struct ospf_lsa *
lsa_of(const struct router *r, uint8_t type, uint32_t id, uint32_t adv)
{
	return ospf_lsdb_find(&TAILQ_FIRST(&r->o->areas)->lsdb, type, id, adv);
}

static uint32_t
n_links(const struct ospf_lsa *lsa)
{
	struct rd r = ospf_rlsa_links(lsa->data, lsa->h.len);
	struct ospf_link l;
	uint32_t n = 0;

	while (ospf_rlsa_next(&r, &l))
		n++;
	return n;
}

static void
test_pair(void)
{
	struct world *w = world_new(1);
	struct router *a = world_router(w, 1), *b = world_router(w, 2);

	world_link(a, b);
	CU_ASSERT_TRUE(world_until(w, 3000, world_quiet));
	CU_ASSERT_EQUAL(world_n_full(a), 1);
	CU_ASSERT_EQUAL(n_links(lsa_of(b, OSPF_LSA_ROUTER, 1, 1)), 2);
	/* And it stays so, for more than the refresh time. */
	world_run(w, 4000000);
	CU_ASSERT_TRUE(world_quiet(w));
	CU_ASSERT_EQUAL(ospf_nbr_by_id(a->ports->ifp, 2)->state, OSPF_NBR_FULL);
	CU_ASSERT_TRUE(lsa_of(b, OSPF_LSA_ROUTER, 1, 1)->h.seq >= OSPF_INITIAL_SEQ + 2);
	CU_ASSERT_TRUE(w->now_ms - ospf_nbr_by_id(a->ports->ifp, 2)->since_ms > 3900000);
	world_free(w);
}

/* The slave's last Database Description is lost, and so are repetitions until it has let go of it:
 * the master's next one makes it begin anew (RFC 2328 section 10.8). */
static void
test_last_description_lost(void)
{
	struct world *w = world_new(4);
	struct router *slave = world_router(w, 1), *master = world_router(w, 2);
	struct ospf_if_cfg c = world_if_cfg(OSPF_IF_P2P, 0, 0);
	struct net *net;

	c.hello_ms = 50;
	c.dead_ms = 200; /* the first repetition comes too late */
	net = world_link_as(slave, master, &c);
	for (uint32_t ms = 0; ms < 10000 && world_n_full(slave) == 0; ms++) {
		const struct ospf_nbr *n = ospf_nbr_by_id(master->ports->ifp, 1);

		net->loss_permille = n != NULL && n->state == OSPF_NBR_EXCHANGE ? 1000 : 0;
		world_run(w, 1);
	}
	world_run(w, 10);
	net->loss_permille = 0;
	CU_ASSERT_EQUAL(world_n_full(slave), 1);
	CU_ASSERT_EQUAL(ospf_nbr_by_id(master->ports->ifp, 1)->state, OSPF_NBR_EXCHANGE);
	CU_ASSERT_TRUE(world_until(w, 10000, world_quiet));
	CU_ASSERT_EQUAL(world_n_full(master), 1);
	CU_ASSERT_TRUE(world_said(slave, "it missed our last Database Description"));
	world_free(w);
}

/* A large database over a link that lets 500 packets a second through, 100 at once: what is lost is
 * asked for a moment later, and the load takes little more than it must. */
static void
test_load_over_policer(void)
{
	enum { N = 4000, LEN = 250, PPS = 500 };
	uint32_t least_ms = N * LEN / 1400 * 1000 / PPS;

	for (uint32_t id = 1; id <= 3; id += 2) {
		struct world *w = world_new(40 + id);
		struct router *a = world_router(w, 2), *b = world_router(w, id);
		uint8_t body[LEN] = { 0 };
		struct net *net;
		uint32_t ms;

		net = world_link(a, b);
		for (uint32_t i = 0; i < N; i++)
			CU_ASSERT_EQUAL(ospf_originate(&TAILQ_FIRST(&b->o->areas)->lsdb,
							OSPF_LSA_OPAQUE_AREA, 0x04000000 + i,
							OSPF_OPT_E, body, sizeof(body)), 0);
		net->pps = PPS;
		net->burst = 100;
		for (ms = 0; ms < 60000 && world_n_full(a) + world_n_full(b) < 2; ms += 10)
			world_run(w, 10);
		CU_ASSERT_EQUAL(world_n_full(a), 1);
		CU_ASSERT_TRUE(w->n_lost > 20);
		CU_ASSERT(ms > least_ms / 2 && ms < 2 * least_ms);
		world_free(w);
	}
}

/* Flushed, wanted again, and not wanted any more before the throttle let it out. */
static void
test_flushed_twice(void)
{
	struct world *w = world_new(5);
	struct router *a = world_router(w, 1), *b = world_router(w, 2);
	struct ospf_lsdb *db;
	const struct ospf_lsa *lsa;
	struct ospf_summary s = { .mask = 0xffffff00, .metric = 7 };
	uint8_t body[OSPF_SUMMARY_BODY_LEN];

	ospf_summary_write(body, &s);
	world_link(a, b);
	CU_ASSERT_TRUE(world_until(w, 3000, world_quiet));
	db = &TAILQ_FIRST(&a->o->areas)->lsdb;
	ospf_originate(db, OSPF_LSA_SUMMARY, 0x08000000, OSPF_OPT_E, body, sizeof(body));
	world_run(w, 150);
	CU_ASSERT_PTR_NOT_NULL(lsa_of(b, OSPF_LSA_SUMMARY, 0x08000000, 1));
	ospf_flush(db, OSPF_LSA_SUMMARY, 0x08000000);
	ospf_originate(db, OSPF_LSA_SUMMARY, 0x08000000, OSPF_OPT_E, body, sizeof(body));
	world_run(w, 600);
	lsa = lsa_of(a, OSPF_LSA_SUMMARY, 0x08000000, 1);
	CU_ASSERT(lsa != NULL && ospf_lsa_is_max_age(lsa) && lsa->n_unacked == 0);
	ospf_flush(db, OSPF_LSA_SUMMARY, 0x08000000);
	world_run(w, 2000);
	CU_ASSERT_PTR_NULL(lsa_of(a, OSPF_LSA_SUMMARY, 0x08000000, 1));
	CU_ASSERT_PTR_NULL(lsa_of(b, OSPF_LSA_SUMMARY, 0x08000000, 1));
	world_free(w);
}

/* How many instances of A's summary B gets while it changes all the time, in so many ms. */
static uint32_t
told(struct world *w, struct router *a, struct router *b, uint32_t ms)
{
	const struct ospf_lsa *lsa = ospf_lsdb_find(world_db(b), OSPF_LSA_SUMMARY, 0x08000000, a->id);
	int32_t first = lsa->h.seq;

	for (uint32_t at = 0; at < ms; at += 50) {
		CU_ASSERT_EQUAL(world_summary(a, 0x08000000, 1 + (uint32_t)(w->now_ms % 60000)), 0);
		world_run(w, 50);
	}
	return (uint32_t)(lsa->h.seq - first);
}

/* A failure, its end, and neighbours that come back one by one are told each after lsa_hold_ms;
 * what goes on changing is held back longer and longer; after a quiet time all is as at first. */
static void
test_held_back(void)
{
	struct world *w = world_new(73);
	struct router *a = world_router(w, 1), *b = world_router(w, 2);

	world_link(a, b);
	CU_ASSERT_EQUAL(world_summary(a, 0x08000000, 7), 0);
	CU_ASSERT_TRUE_FATAL(world_until(w, 20000, world_quiet));
	for (int i = 0; i < 2; i++) {
		world_run(w, 20000); /* what was held back last comes, too */
		CU_ASSERT_EQUAL(told(w, a, b, 4500), 5); /* after 0, 1, 2, 3, 4 s */
		CU_ASSERT_EQUAL(told(w, a, b, 2000), 1); /* after 6 s */
		CU_ASSERT_EQUAL(told(w, a, b, 60000), 12);
	}
	world_free(w);
}

static void
test_lan(void)
{
	struct world *w = world_new(2);
	struct net *net = world_lan(w, NULL, 5);
	uint32_t dr = net->ports->ifp->dr;

	CU_ASSERT_TRUE(world_until(w, 15000, world_quiet));
	dr = net->ports->ifp->dr;
	CU_ASSERT_NOT_EQUAL(dr, 0);
	for (struct port *p = net->ports; p != NULL; p = p->next_of_net) {
		CU_ASSERT_EQUAL(p->ifp->dr, dr);
		CU_ASSERT_EQUAL(p->ifp->bdr, net->ports->ifp->bdr);
		CU_ASSERT_EQUAL(world_n_full(p->r), p->ifp->state == OSPF_IFS_DROTHER ? 2 : 4);
		CU_ASSERT_EQUAL(ospf_lsdb_n(&TAILQ_FIRST(&p->r->o->areas)->lsdb,
						OSPF_LSA_NETWORK), 1);
	}
	world_free(w);
}

/* The DR goes without a word: the BDR moves up, and all is as it should be without it. */
static void
test_dr_dies(void)
{
	struct world *w = world_new(3);
	struct net *net = world_lan(w, NULL, 5);
	struct router *dr = NULL;
	uint32_t bdr;

	CU_ASSERT_TRUE(world_until(w, 20000, world_quiet));
	for (struct port *p = net->ports; p != NULL; p = p->next_of_net)
		if (p->ifp->state == OSPF_IFS_DR)
			dr = p->r;
	CU_ASSERT_PTR_NOT_NULL_FATAL(dr);
	bdr = net->ports->ifp->bdr;
	world_kill(dr);
	world_run(w, 5000);
	CU_ASSERT_TRUE(world_until(w, 20000, world_quiet));
	for (struct port *p = net->ports; p != NULL; p = p->next_of_net)
		if (p->r != dr)
			CU_ASSERT_EQUAL(p->ifp->dr, bdr);
	/* Coming back it is an ordinary router. */
	world_reboot(dr);
	CU_ASSERT_TRUE(world_until(w, 30000, world_quiet));
	CU_ASSERT_EQUAL(dr->ports->ifp->dr, bdr);
	CU_ASSERT_EQUAL(dr->ports->ifp->state, OSPF_IFS_DROTHER);
	world_free(w);
}

/* A ring of routers, and a chord: links by pairs. */
static void
ring(struct world *w, struct router **r, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		r[i] = world_router(w, 100 + i);
	for (uint32_t i = 0; i < n; i++)
		world_link(r[i], r[(i + 1) % n]);
	world_link(r[0], r[n / 2]);
}

static void
test_loss_and_reordering(void)
{
	struct world *w = world_new(4);
	struct router *r[8];

	ring(w, r, 8);
	for (struct net *n = w->nets; n != NULL; n = n->next) {
		n->loss_permille = 100;
		n->jitter_ms = 30;
	}
	/* Hellos are lost, too: neighbours may go, but they come back. */
	CU_ASSERT_TRUE(world_until(w, 120000, world_quiet));
	world_run(w, 120000);
	for (struct net *n = w->nets; n != NULL; n = n->next)
		n->loss_permille = 0;
	CU_ASSERT_TRUE(world_until(w, 30000, world_quiet));
	CU_ASSERT_TRUE(w->n_lost > 100);
	for (int i = 0; i < 8; i++)
		CU_ASSERT_EQUAL(ospf_lsdb_n(&TAILQ_FIRST(&r[i]->o->areas)->lsdb, OSPF_LSA_ROUTER),
				8);
	world_free(w);
}

static void
cut(struct router *r, bool yes)
{
	for (struct port *p = r->ports; p != NULL; p = p->next_of_router)
		p->cut = yes;
}

/* Two halves live on without each other; healed, they agree again. */
static void
test_partition(void)
{
	struct world *w = world_new(5);
	struct router *r[6];

	ring(w, r, 6);
	CU_ASSERT_TRUE(world_until(w, 20000, world_quiet));
	cut(r[0], true);
	cut(r[3], true);
	world_run(w, 60000);
	CU_ASSERT_EQUAL(world_n_full(r[1]), 1);
	CU_ASSERT_EQUAL(world_n_full(r[4]), 1);
	/* What was said while apart differs. */
	CU_ASSERT_FALSE(world_same_databases(w));
	cut(r[0], false);
	cut(r[3], false);
	CU_ASSERT_TRUE(world_until(w, 30000, world_quiet));
	CU_ASSERT_EQUAL(world_n_full(r[1]), 2);
	world_free(w);
}

/* A router that has forgotten everything goes on above its old sequence numbers. */
static void
test_restart(void)
{
	struct world *w = world_new(6);
	struct router *r[4];
	struct ospf_if_cfg cfg;
	int32_t seq;

	ring(w, r, 4);
	CU_ASSERT_TRUE(world_until(w, 20000, world_quiet));
	seq = lsa_of(r[1], OSPF_LSA_ROUTER, 100, 100)->h.seq;
	world_reboot(r[0]);
	world_run(w, 2000);
	CU_ASSERT_TRUE(world_until(w, 30000, world_quiet));
	/* It has nothing else to say than before; when it has, it goes on above. */
	CU_ASSERT_TRUE(lsa_of(r[1], OSPF_LSA_ROUTER, 100, 100)->h.seq >= seq);
	cfg = r[0]->ports->ifp->cfg;
	cfg.cost++;
	ospf_if_set(r[0]->o, &cfg, true, w->now_ms);
	world_run(w, 2000);
	CU_ASSERT_TRUE(world_until(w, 30000, world_quiet));
	CU_ASSERT_TRUE(lsa_of(r[1], OSPF_LSA_ROUTER, 100, 100)->h.seq > seq);
	CU_ASSERT_EQUAL(n_links(lsa_of(r[2], OSPF_LSA_ROUTER, 100, 100)), 6);
	world_free(w);
}

/* Section 12.1.6: at the last number the LSA is flushed first, then comes as the first one. */
static void
test_sequence_wrap(void)
{
	struct world *w = world_new(7);
	struct router *a = world_router(w, 1), *b = world_router(w, 2);
	struct ospf_area *area;
	uint8_t body[OSPF_SUMMARY_BODY_LEN];
	struct ospf_summary s = { .mask = 0xffffff00, .metric = 1 };
	struct ospf_lsa *lsa;

	world_link(a, b);
	CU_ASSERT_TRUE(world_until(w, 5000, world_quiet));
	area = TAILQ_FIRST(&a->o->areas);
	ospf_summary_write(body, &s);
	CU_ASSERT_EQUAL(ospf_originate(&area->lsdb, OSPF_LSA_SUMMARY, 0x0a010000, 2, body,
					sizeof(body)), 0);
	CU_ASSERT_TRUE(world_until(w, 5000, world_quiet));
	lsa = ospf_lsdb_find(&area->lsdb, OSPF_LSA_SUMMARY, 0x0a010000, 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(lsa);
	lsa->h.seq = OSPF_MAX_SEQ - 1;
	for (s.metric = 2; s.metric < 5; s.metric++) {
		ospf_summary_write(body, &s);
		CU_ASSERT_EQUAL(ospf_originate(&area->lsdb, OSPF_LSA_SUMMARY, 0x0a010000, 2, body,
						sizeof(body)), 0);
		world_run(w, 20000);
		CU_ASSERT_TRUE(world_quiet(w));
	}
	lsa = ospf_lsdb_find(&area->lsdb, OSPF_LSA_SUMMARY, 0x0a010000, 1);
	CU_ASSERT_TRUE(lsa->h.seq >= OSPF_INITIAL_SEQ && lsa->h.seq < OSPF_INITIAL_SEQ + 3);
	CU_ASSERT_PTR_NOT_NULL_FATAL(lsa_of(b, OSPF_LSA_SUMMARY, 0x0a010000, 1));
	CU_ASSERT_TRUE(ospf_summary_read(lsa_of(b, OSPF_LSA_SUMMARY, 0x0a010000, 1)->data, 28, &s));
	CU_ASSERT_EQUAL(s.metric, 4);
	/* Flushed, it is gone everywhere. */
	ospf_flush(&area->lsdb, OSPF_LSA_SUMMARY, 0x0a010000);
	world_run(w, 10000);
	CU_ASSERT_PTR_NULL(lsa_of(a, OSPF_LSA_SUMMARY, 0x0a010000, 1));
	CU_ASSERT_PTR_NULL(lsa_of(b, OSPF_LSA_SUMMARY, 0x0a010000, 1));
	world_free(w);
}

/* Without its originator an LSA ages out; meanwhile its checksum is looked at again and again. */
static void
test_ageing(void)
{
	struct world *w = world_new(8);
	struct router *r[4];

	ring(w, r, 4);
	CU_ASSERT_TRUE(world_until(w, 20000, world_quiet));
	world_kill(r[1]);
	world_run(w, 3500000);
	CU_ASSERT_PTR_NOT_NULL(lsa_of(r[2], OSPF_LSA_ROUTER, 101, 101));
	world_run(w, 200000);
	CU_ASSERT_PTR_NULL(lsa_of(r[2], OSPF_LSA_ROUTER, 101, 101));
	CU_ASSERT_PTR_NULL(lsa_of(r[3], OSPF_LSA_ROUTER, 101, 101));
	CU_ASSERT_PTR_NOT_NULL(lsa_of(r[3], OSPF_LSA_ROUTER, 100, 100));
	world_free(w);
}

/* A good-bye takes effect at once. */
static void
test_farewell(void)
{
	struct world *w = world_new(9);
	struct router *a = world_router(w, 1), *b = world_router(w, 2);

	world_link(a, b);
	CU_ASSERT_TRUE(world_until(w, 5000, world_quiet));
	ospf_stop(a->o, w->now_ms);
	world_run(w, 1000);
	CU_ASSERT_PTR_NULL(lsa_of(b, OSPF_LSA_ROUTER, 1, 1));
	CU_ASSERT_EQUAL(world_n_full(b), 0);
	world_free(w);
}

/* A router that tells nothing on a link learns there all the same, in one exchange. */
static void
test_database_filter(void)
{
	struct world *w = world_new(17);
	struct router *a = world_router(w, 1), *b = world_router(w, 2), *c = world_router(w, 3);
	struct net *n = world_net(w);
	struct ospf_if_cfg ca = world_if_cfg(OSPF_IF_P2P, 0x0a000001, 30);
	struct ospf_if_cfg cb = world_if_cfg(OSPF_IF_P2P, 0x0a000002, 30);

	world_link(b, c);
	CU_ASSERT_TRUE(world_until(w, 10000, world_quiet));
	ca.db_filter_out = true;
	world_attach(a, n, &ca);
	world_attach(b, n, &cb);
	world_run(w, 10000);
	CU_ASSERT_EQUAL(world_n_full(a), 1);
	CU_ASSERT_EQUAL(world_n_full(b), 2);
	CU_ASSERT_EQUAL(TAILQ_FIRST(&a->ports->ifp->nbrs)->n_unacked, 0);
	CU_ASSERT_FALSE(world_said(a, "-> ExStart: it sent"));
	CU_ASSERT_FALSE(world_said(b, "it begins anew"));
	CU_ASSERT_PTR_NOT_NULL(lsa_of(a, OSPF_LSA_ROUTER, 3, 3));
	CU_ASSERT_PTR_NULL(lsa_of(b, OSPF_LSA_ROUTER, 1, 1));
	world_free(w);
}

/* MTUs differ: never Full, and both values are said. Ignored at one end, it works. */
static void
test_mtu(void)
{
	for (int ignore = 0; ignore < 2; ignore++) {
		struct world *w = world_new(10);
		struct router *a = world_router(w, 1), *b = world_router(w, 2);
		struct net *n = world_net(w);
		struct ospf_if_cfg ca = world_if_cfg(OSPF_IF_P2P, 0x0a000001, 30);
		struct ospf_if_cfg cb = world_if_cfg(OSPF_IF_P2P, 0x0a000002, 30);

		cb.mtu = 1400;
		cb.mtu_ignore = ignore != 0;
		world_attach(a, n, &ca);
		world_attach(b, n, &cb);
		CU_ASSERT_EQUAL(world_until(w, 30000, world_quiet), ignore != 0);
		if (!ignore) {
			CU_ASSERT_TRUE(b->o->n.bad[OSPF_BAD_MTU] > 0);
			CU_ASSERT_TRUE(world_said(b, "its MTU is 1500, ours is 1400"));
			CU_ASSERT_TRUE(world_said(a, "its MTU is 1400, ours is 1500"));
		}
		world_free(w);
	}
}

/* What two ends must agree upon: each difference has its name, and keeps them apart. */
static void
test_disagreement(void)
{
	static const enum ospf_bad why[] = { OSPF_BAD_HELLO_INTERVAL, OSPF_BAD_DEAD_INTERVAL,
		OSPF_BAD_AREA, OSPF_BAD_AUTH_TYPE, OSPF_BAD_MASK };

	for (unsigned int i = 0; i < sizeof(why) / sizeof(why[0]); i++) {
		struct world *w = world_new(20 + i);
		struct router *a = world_router(w, 1), *b = world_router(w, 2);
		struct net *n = world_net(w);
		struct ospf_if_cfg ca = world_if_cfg(OSPF_IF_BROADCAST, 0x0a000001, 24);
		struct ospf_if_cfg cb = world_if_cfg(OSPF_IF_BROADCAST, 0x0a000002, 24);

		cb.hello_ms = why[i] == OSPF_BAD_HELLO_INTERVAL ? 2000 : 1000;
		cb.dead_ms = why[i] == OSPF_BAD_DEAD_INTERVAL ? 5000 : 4000;
		cb.area_id = why[i] == OSPF_BAD_AREA;
		cb.auth.type = why[i] == OSPF_BAD_AUTH_TYPE ? OSPF_AUTH_SIMPLE : OSPF_AUTH_NONE;
		cb.addr.len = why[i] == OSPF_BAD_MASK ? 25 : 24;
		world_attach(a, n, &ca);
		world_attach(b, n, &cb);
		world_run(w, 10000);
		CU_ASSERT_TRUE(a->o->n.bad[why[i]] > 0);
		CU_ASSERT_EQUAL(world_n_full(a), 0);
		world_free(w);
	}
}

static void
test_duplicate_router_id(void)
{
	struct world *w = world_new(11);
	struct router *a = world_router(w, 7), *b = world_router(w, 7);

	world_link(a, b);
	world_run(w, 10000);
	CU_ASSERT_EQUAL(world_n_full(a), 0);
	CU_ASSERT_TRUE(world_said(a, "duplicate router ID"));
	world_free(w);
}

/* Two others on our LAN have the same ID: the second one is refused while the first is heard, and
 * takes its place when that is gone. */
static void
test_duplicate_neighbor_id(void)
{
	struct world *w = world_new(16);
	struct net *net = world_net(w);
	struct router *r[3];
	struct ospf_nbr *n;

	for (uint32_t i = 0; i < 3; i++) {
		struct ospf_if_cfg c = world_if_cfg(OSPF_IF_BROADCAST, 0x0a000001 + i, 24);

		c.priority = i == 0 ? 200 : 0;
		r[i] = world_router(w, i == 0 ? 1 : 7);
		world_attach(r[i], net, &c);
		world_run(w, i == 1 ? 15000 : 10);
	}
	world_run(w, 20000);
	n = ospf_nbr_by_id(r[0]->ports->ifp, 7);
	CU_ASSERT_TRUE_FATAL(n != NULL && n->state == OSPF_NBR_FULL && n->addr == 0x0a000002);
	CU_ASSERT_EQUAL(r[0]->ports->ifp->n_nbrs, 1);
	CU_ASSERT_TRUE(w->now_ms - n->since_ms > 15000);
	CU_ASSERT_TRUE(r[0]->o->n.bad[OSPF_BAD_ROUTER_ID] > 5);
	CU_ASSERT_TRUE(world_said(
			r[0], "from 10.0.0.3: duplicate router ID 0.0.0.7: 10.0.0.2 has it"));
	world_kill(r[1]);
	world_run(w, 20000);
	n = ospf_nbr_by_id(r[0]->ports->ifp, 7);
	CU_ASSERT_TRUE_FATAL(n != NULL && n->state == OSPF_NBR_FULL && n->addr == 0x0a000003);
	world_free(w);
}

/* Each algorithm; keys that change while they run; a replay is refused. */
static void
test_authentication(void)
{
	for (uint8_t alg = 0; alg < OSPF_N_ALGS; alg++) {
		struct world *w = world_new(30 + alg);
		struct router *a = world_router(w, 1), *b = world_router(w, 2);
		struct net *n = world_net(w);
		struct ospf_if_cfg c = world_if_cfg(OSPF_IF_P2P, 0x0a000001, 30);

		c.auth.type = OSPF_AUTH_CRYPT;
		c.auth.extended = alg == OSPF_ALG_HMAC_SHA256;
		c.auth.n_keys = 2;
		for (uint8_t k = 0; k < 2; k++) {
			c.auth.keys[k] = (struct ospf_key){ .id = (uint8_t)(k + 1), .alg = alg,
				.len = (uint8_t)(10 + 30 * k) };
			memset(c.auth.keys[k].secret, 'a' + k, c.auth.keys[k].len);
		}
		/* The second one is sent with from half a minute on. */
		c.auth.keys[1].send_from_s = 1700000000u + w->now_ms / 1000 + 30;
		world_attach(a, n, &c);
		c.addr.addr++;
		world_attach(b, n, &c);
		CU_ASSERT_TRUE(world_until(w, 5000, world_quiet));
		world_run(w, 60000);
		CU_ASSERT_TRUE(world_quiet(w));
		CU_ASSERT_TRUE(w->now_ms - ospf_nbr_by_id(a->ports->ifp, 2)->since_ms > 60000);
		world_free(w);
	}
}

/* Other kinds of networks. */
static void
test_network_types(void)
{
	static const enum ospf_if_type types[] = { OSPF_IF_NBMA, OSPF_IF_P2MP, OSPF_IF_P2MP_NB };

	for (unsigned int t = 0; t < 3; t++) {
		struct world *w = world_new(40 + t);
		struct net *net = world_net(w);

		for (uint32_t i = 1; i <= 4; i++) {
			struct ospf_if_cfg c = world_if_cfg(types[t], 0x0a000000u + i, 24);

			for (uint32_t k = 1; types[t] != OSPF_IF_P2MP && k <= 4; k++)
				if (k != i)
					c.nbma[c.n_nbma++] = (struct ospf_nbma_cfg){
						.addr = 0x0a000000u + k, .priority = 1, .poll_s = 5
					};
			world_attach(world_router(w, i), net, &c);
		}
		CU_ASSERT_TRUE(world_until(w, 30000, world_quiet));
		CU_ASSERT_TRUE(world_n_full(w->routers[0]) >= 2);
		world_free(w);
	}
}

/* Hellos four times a second, dead after one: found out in time, and nobody lost without cause. */
static void
test_fast_hellos(void)
{
	struct world *w = world_new(13);
	struct router *a = world_router(w, 1), *b = world_router(w, 2);
	struct net *n = world_net(w);
	struct ospf_if_cfg c = world_if_cfg(OSPF_IF_P2P, 0x0a000001, 30);

	c.hello_ms = 250;
	c.dead_ms = 1000;
	world_attach(a, n, &c);
	c.addr.addr++;
	world_attach(b, n, &c);
	CU_ASSERT_TRUE(world_until(w, 2000, world_quiet));
	world_run(w, 600000);
	CU_ASSERT_TRUE(w->now_ms - ospf_nbr_by_id(a->ports->ifp, 2)->since_ms > 590000);
	world_kill(b);
	world_run(w, 1001);
	CU_ASSERT_EQUAL(world_n_full(a), 0);
	world_free(w);
}

/* Our own clock stood still: that is no reason to give up a neighbour whose Hellos may be waiting
 * to be read. (That it gives us up is another matter.) */
static void
test_stall(void)
{
	struct world *w = world_new(14);
	struct router *a = world_router(w, 1), *b = world_router(w, 2);

	world_link(a, b);
	CU_ASSERT_TRUE(world_until(w, 3000, world_quiet));
	a->frozen = true;
	world_run(w, 6000);
	a->frozen = false;
	world_run(w, 5000);
	CU_ASSERT_EQUAL(ospf_nbr_by_id(a->ports->ifp, 2)->state, OSPF_NBR_FULL);
	CU_ASSERT_FALSE(world_said(a, "dead interval is over"));
	CU_ASSERT_TRUE(world_said(b, "dead interval is over"));
	CU_ASSERT_TRUE(world_quiet(w));
	world_free(w);
}

/* All of the hub's neighbours become Full in that time, and none is lost in the time after. */
static void
hub_settles(struct world *w, struct router *hub, uint32_t n, uint32_t within_ms, uint32_t then_ms)
{
	for (uint32_t ms = 0; ms < within_ms && world_n_full(hub) < n; ms += 500)
		world_run(w, 500);
	CU_ASSERT_EQUAL(world_n_full(hub), n);
	world_run(w, then_ms);
	for (const struct port *p = hub->ports; p != NULL; p = p->next_of_router)
		CU_ASSERT_TRUE_FATAL(TAILQ_FIRST(&p->ifp->nbrs)->n_changes <= 6);
	CU_ASSERT_EQUAL(world_n_full(hub), n);
}

/* A hub with a thousand links at 1 s and 4 s from a cold start. */
static void
test_thousand(void)
{
	struct world *w = world_new(15);
	struct router *hub = world_router(w, 1);

	for (uint32_t i = 0; i < 1000; i++)
		world_link(hub, world_router(w, 1000 + i));
	hub_settles(w, hub, 1000, 10000, 0);
	world_free(w);
}

/* Five thousand at 10 s and 40 s, in areas of a hundred, as nobody would have them in one. */
static void
test_five_thousand(void)
{
	struct world *w = world_new(16);
	struct router *hub = world_router(w, 1);
	struct ospf_if_cfg c = world_if_cfg(OSPF_IF_P2P, 0, 0);

	c.hello_ms = 10000;
	c.dead_ms = 40000;
	for (uint32_t i = 0; i < 5000; i++) {
		struct ospf_area_cfg a = { .id = 1 + i / 100, .type = OSPF_AREA_STUB,
			.no_summary = true };
		struct router *spoke = world_router(w, 1000 + i);

		CU_ASSERT_EQUAL_FATAL(ospf_area_set(spoke->o, &a, w->now_ms), 0);
		CU_ASSERT_EQUAL_FATAL(ospf_area_set(hub->o, &a, w->now_ms), 0);
		c.area_id = a.id;
		world_link_as(hub, spoke, &c);
	}
	hub_settles(w, hub, 5000, 20000, 60000);
	world_free(w);
}

static const struct cu_case cases[] = {
	CU_CASE(test_pair),
	CU_CASE(test_last_description_lost),
	CU_CASE(test_load_over_policer),
	CU_CASE(test_flushed_twice), CU_CASE(test_held_back),
	CU_CASE(test_lan),
	CU_CASE(test_dr_dies),
	CU_CASE(test_loss_and_reordering),
	CU_CASE(test_partition),
	CU_CASE(test_restart),
	CU_CASE(test_sequence_wrap),
	CU_CASE(test_ageing),
	CU_CASE(test_farewell),
	CU_CASE(test_mtu),
	CU_CASE(test_database_filter),
	CU_CASE(test_disagreement),
	CU_CASE(test_duplicate_router_id),
	CU_CASE(test_duplicate_neighbor_id),
	CU_CASE(test_authentication),
	CU_CASE(test_network_types),
	CU_CASE(test_fast_hellos),
	CU_CASE(test_stall),
	CU_CASE(test_thousand),
	CU_CASE(test_five_thousand),
};

CU_MAIN("ospf", cases)
