/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * How many LSAs of others a router takes: max-lsa with its warning, its minute of patience and the
 * times that the process is ignored, with a neighbour that floods; and the bound that always holds.
 */
#include <stdio.h>
#include <string.h>

#include "controlplane/ospf/ospf_keep.h"
#include "controlplane/ospf/ospf_proto.h"
#include "tests/sim/ospf_scene.h"
#include "tests/unit/cu.h"

#define MOST     100u
#define IGNORE_S 120u
#define RESET_S  300u
#define MINUTE   60000u
#define TIME_MS  20000u /* for two routers to agree */

/* ---- two routers, of which B floods ---------------------------------------------------------- */

/* What A's max-lsa has told of its states. */
static struct {
	char text[64][256];
	uint32_t n;
} moves;

static void
on_moved(void *ctx, const char *from, const char *to, const char *why)
{
	CU_ASSERT_FATAL(moves.n < 64);
	snprintf(moves.text[moves.n++], sizeof(moves.text[0]), "%s -> %s: %s", from, to, why);
}

static void
moves_begin(struct router *r)
{
	moves.n = 0;
	r->o->ops.limit_moved = on_moved;
}

/* It has told of this, and then of nothing else. */
static void
last_move_is(const char *text)
{
	CU_ASSERT_FATAL(moves.n > 0);
	CU_ASSERT_STRING_EQUAL(moves.text[moves.n - 1], text);
}

struct pair {
	struct world *w;
	struct router *a, *b;
};

static void
set_limit(struct router *r, const struct ospf_limit_cfg *limit)
{
	struct ospf_cfg cfg = r->o->cfg;

	cfg.limit = *limit;
	CU_ASSERT_EQUAL(ospf_set(r->o, &cfg, r->w->now_ms), 0);
}

static void
pair_begin(struct pair *p, bool warning_only)
{
	struct ospf_limit_cfg limit;

	memset(&limit, 0, sizeof(limit));
	limit.most = MOST;
	limit.threshold = 75;
	limit.ignore_s = IGNORE_S;
	limit.ignore_count = 2;
	limit.reset_s = RESET_S;
	limit.warning_only = warning_only;
	p->w = world_new(7);
	p->a = world_router(p->w, 1);
	p->b = world_router(p->w, 2);
	set_limit(p->a, &limit);
	moves_begin(p->a);
	world_link(p->a, p->b);
	CU_ASSERT_TRUE_FATAL(world_until(p->w, TIME_MS, world_quiet));
}

/* B tells of @n networks, or takes them back. */
static void
flood(struct router *r, uint32_t n, bool on)
{
	for (uint32_t i = 0; i < n; i++)
		if (on)
			world_summary(r, 0x0a4d0000u + i * 256, i + 1);
		else
			ospf_flush(world_db(r), OSPF_LSA_SUMMARY, 0x0a4d0000u + i * 256);
	ospf_tick(r->o, r->w->now_ms);
}

static void
forget(struct router *r)
{
	if (r->lines != NULL)
		r->lines[r->n_lines = 0] = '\0';
}

static struct ospf_limit_stats
stats(const struct router *r)
{
	struct ospf_limit_stats s;

	ospf_limit_stats(r->o, &s);
	return s;
}

/* The warning at three quarters comes once, and again when it was left; our own do not count. */
static void
test_threshold(void)
{
	struct pair p;

	pair_begin(&p, false);
	CU_ASSERT_EQUAL(stats(p.a).n, 1); /* its router-LSA */
	flood(p.a, 200, true);
	flood(p.b, 73, true);
	CU_ASSERT_TRUE(world_until(p.w, TIME_MS, world_quiet));
	CU_ASSERT_EQUAL(stats(p.a).n, 74);
	CU_ASSERT_FALSE(world_said(p.a, "of the maximum"));
	CU_ASSERT_STRING_EQUAL(stats(p.a).state, "normal");
	CU_ASSERT_EQUAL(moves.n, 0);
	flood(p.b, 80, true);
	CU_ASSERT_TRUE(world_until(p.w, TIME_MS, world_quiet));
	CU_ASSERT_TRUE(world_said(p.a, "75 LSAs of others: 75 percent of the maximum of 100"));
	CU_ASSERT_STRING_EQUAL(stats(p.a).state, "above the threshold");
	last_move_is("normal -> above the threshold: 81 LSAs of others, the maximum is 100");
	forget(p.a);
	flood(p.b, 90, true);
	world_run(p.w, 2 * MINUTE);
	CU_ASSERT_FALSE(world_said(p.a, "of the maximum"));
	flood(p.b, 90, false);
	CU_ASSERT_TRUE(world_until(p.w, TIME_MS, world_quiet));
	world_run(p.w, MINUTE);
	CU_ASSERT_EQUAL(stats(p.a).n, 1);
	CU_ASSERT_EQUAL(moves.n, 2);
	CU_ASSERT_EQUAL(strncmp(moves.text[1], "above the threshold -> normal: ", 31), 0);
	CU_ASSERT_EQUAL(stats(p.a).bytes, 48); /* a router-LSA of two links */
	flood(p.b, 80, true);
	CU_ASSERT_TRUE(world_until(p.w, TIME_MS, world_quiet));
	CU_ASSERT_TRUE(world_said(p.a, "of the maximum"));
	world_free(p.w);
}

/* What is too much for less than a minute does no harm. */
static void
test_patience(void)
{
	struct pair p;

	pair_begin(&p, false);
	flood(p.b, 150, true);
	CU_ASSERT_TRUE(world_until(p.w, TIME_MS, world_quiet));
	CU_ASSERT_STRING_EQUAL(stats(p.a).state, "above the maximum");
	CU_ASSERT_TRUE(world_said(p.a, "more than 100 LSAs of others"));
	CU_ASSERT_PTR_NOT_NULL(strstr(moves.text[moves.n - 1], "-> above the maximum: "));
	CU_ASSERT_PTR_NOT_NULL(strstr(moves.text[moves.n - 1], " LSAs of others, the maximum is "
			"100: ignored if that lasts for a minute"));
	flood(p.b, 150, false);
	world_run(p.w, 3 * MINUTE);
	CU_ASSERT_STRING_EQUAL(stats(p.a).state, "normal");
	CU_ASSERT_EQUAL(stats(p.a).n_ignored, 0);
	CU_ASSERT_EQUAL(world_n_full(p.a), 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(moves.text[moves.n - 1], "-> normal: "));
	world_free(p.w);
}

static void
test_warning_only(void)
{
	struct pair p;

	pair_begin(&p, true);
	flood(p.b, 150, true);
	world_run(p.w, 5 * MINUTE);
	CU_ASSERT_EQUAL(stats(p.a).n, 151);
	CU_ASSERT_EQUAL(stats(p.a).n_ignored, 0);
	CU_ASSERT_EQUAL(world_n_full(p.a), 1);
	CU_ASSERT_TRUE(world_said(p.a, "of the maximum"));
	world_free(p.w);
}

/* Three quarters of one LSA are one, and none is less. */
static void
test_one(void)
{
	struct pair p;
	struct ospf_limit_cfg limit;

	pair_begin(&p, true);
	limit = p.a->o->cfg.limit;
	limit.most = 1;
	set_limit(p.a, &limit);
	CU_ASSERT_STRING_EQUAL(stats(p.a).state, "above the threshold");
	CU_ASSERT_TRUE(world_said(p.a, "1 LSAs of others: 75 percent of the maximum of 1"));
	ospf_stop(p.b->o, p.w->now_ms);
	world_run(p.w, MINUTE);
	CU_ASSERT_EQUAL(stats(p.a).n, 0);
	CU_ASSERT_STRING_EQUAL(stats(p.a).state, "normal");
	world_free(p.w);
}

static bool
is_ignored(struct world *w)
{
	return stats(w->routers[0]).ignoring;
}

static bool
is_back(struct world *w)
{
	return !is_ignored(w) && world_n_full(w->routers[0]) == 1;
}

/* The neighbour is told; nothing is sent or heard; then A tries again, twice, and gives up. */
static void
test_ignored(void)
{
	struct pair p;
	uint64_t n_tx;

	pair_begin(&p, false);
	flood(p.b, 150, true);
	for (uint32_t time = 1; time <= 2; time++) {
		CU_ASSERT_TRUE_FATAL(world_until(p.w, MINUTE + TIME_MS, is_ignored));
		last_move_is(time == 1 ? "above the maximum -> ignored: 151 LSAs of others, the "
					 "maximum is 100: for 120 s, time 1 of 2 in a row"
				       : "above the maximum -> ignored: 151 LSAs of others, the "
					 "maximum is 100: for 120 s, time 2 of 2 in a row");
		CU_ASSERT_EQUAL(stats(p.a).n_in_row, time);
		CU_ASSERT_STRING_EQUAL(stats(p.a).state, "ignored");
		CU_ASSERT_FALSE(p.a->o->running);
		CU_ASSERT_EQUAL(stats(p.a).n, 0);
		CU_ASSERT_EQUAL(stats(p.a).bytes, 0);
		world_run(p.w, 1000);
		CU_ASSERT_EQUAL(world_n_full(p.b), 0); /* by its word, not by the dead interval */
		n_tx = p.a->o->n.tx;
		world_run(p.w, (IGNORE_S - 5) * 1000);
		CU_ASSERT_TRUE(is_ignored(p.w));
		CU_ASSERT_EQUAL(p.a->o->n.tx, n_tx);
		moves.n = 0;
		CU_ASSERT_TRUE(world_until(p.w, 4000 + TIME_MS, is_back));
		CU_ASSERT_STRING_EQUAL(moves.text[0], "ignored -> normal: the time is over");
	}
	CU_ASSERT_TRUE(world_until(p.w, MINUTE + TIME_MS, is_ignored));
	CU_ASSERT_TRUE(stats(p.a).for_good);
	last_move_is("above the maximum -> ignored until cleared: 151 LSAs of others, the maximum "
		     "is 100: time 3 in a row");
	CU_ASSERT_TRUE(world_said(p.a, "the 3th time in a row, until it is cleared"));
	world_run(p.w, 10 * IGNORE_S * 1000);
	CU_ASSERT_TRUE(is_ignored(p.w));
	flood(p.b, 150, false);
	world_run(p.w, MINUTE);
	ospf_clear(p.a->o, p.w->now_ms);
	CU_ASSERT_TRUE(world_until(p.w, TIME_MS, is_back));
	last_move_is("ignored until cleared -> normal: the process begins anew");
	CU_ASSERT_EQUAL(stats(p.a).n_in_row, 0);
	CU_ASSERT_EQUAL(stats(p.a).n_ignored, 3);
	world_free(p.w);
}

/* After a quiet time the times in a row are none. */
static void
test_reset(void)
{
	struct pair p;

	pair_begin(&p, false);
	flood(p.b, 150, true);
	CU_ASSERT_TRUE(world_until(p.w, MINUTE + TIME_MS, is_ignored));
	flood(p.b, 150, false);
	CU_ASSERT_TRUE(world_until(p.w, IGNORE_S * 1000 + TIME_MS, is_back));
	world_run(p.w, (RESET_S - 30) * 1000);
	CU_ASSERT_EQUAL(stats(p.a).n_in_row, 1);
	world_run(p.w, 31 * 1000);
	CU_ASSERT_EQUAL(stats(p.a).n_in_row, 0);
	world_free(p.w);
}

/* Another maximum, or another router ID, ends it. */
static void
test_configured_anew(void)
{
	struct pair p;
	struct ospf_limit_cfg limit;
	struct ospf_cfg cfg;

	pair_begin(&p, false);
	flood(p.b, 150, true);
	CU_ASSERT_TRUE(world_until(p.w, MINUTE + TIME_MS, is_ignored));
	limit = p.a->o->cfg.limit;
	limit.most = 200;
	moves.n = 0;
	set_limit(p.a, &limit);
	CU_ASSERT_TRUE(world_until(p.w, TIME_MS, is_back));
	CU_ASSERT_STRING_EQUAL(moves.text[0], "ignored -> normal: configured anew");
	limit.most = MOST;
	set_limit(p.a, &limit);
	CU_ASSERT_TRUE(world_until(p.w, MINUTE + 1000, is_ignored));
	cfg = p.a->o->cfg;
	cfg.router_id = 9;
	CU_ASSERT_EQUAL(ospf_set(p.a->o, &cfg, p.w->now_ms), 0);
	CU_ASSERT_TRUE(world_until(p.w, TIME_MS, is_back));
	world_free(p.w);
}

/* Up and down across the maximum, ten times as often as it is told of; what it is in the end is. */
static void
test_moves_are_limited(void)
{
	struct pair p;

	pair_begin(&p, false);
	flood(p.b, 95, true);
	CU_ASSERT_TRUE(world_until(p.w, TIME_MS, world_quiet));
	world_run(p.w, MINUTE);
	moves.n = 0;
	for (uint32_t i = 0; i < 200; i++) {
		p.a->o->limit.n += i % 2 == 0 ? 60 : (uint32_t)-60;
		ospf_limit_set(p.a->o);
		ospf_tick(p.a->o, p.w->now_ms);
		world_run(p.w, 250);
	}
	CU_ASSERT_EQUAL(moves.n, 20);
	p.a->o->limit.n += 60;
	ospf_limit_set(p.a->o);
	world_run(p.w, MINUTE / 2);
	CU_ASSERT_STRING_EQUAL(stats(p.a).state, "above the maximum");
	last_move_is("above the threshold -> above the maximum: 156 LSAs of others, the maximum "
		     "is 100: ignored if that lasts for a minute");
	p.a->o->limit.n -= 60;
	world_free(p.w);
}

/* Killed while it was ignored: it begins anew, as after a reload of IOS, and counts from one. */
static void
test_killed(void)
{
	struct pair p;
	struct ospf_limit_cfg limit;
	size_t len = 0;

	pair_begin(&p, false);
	flood(p.b, 150, true);
	CU_ASSERT_TRUE(world_until(p.w, MINUTE + TIME_MS, is_ignored));
	limit = p.a->o->cfg.limit;
	CU_ASSERT_PTR_NULL(ospf_keep_save(p.a->o, &len));
	world_kill(p.a);
	world_run(p.w, 1500);
	world_reboot(p.a);
	moves_begin(p.a);
	set_limit(p.a, &limit);
	CU_ASSERT_TRUE(world_until(p.w, TIME_MS, is_back));
	CU_ASSERT_TRUE(world_until(p.w, MINUTE + TIME_MS, is_ignored));
	CU_ASSERT_EQUAL(stats(p.a).n_in_row, 1);
	CU_ASSERT_FALSE(stats(p.a).for_good);
	world_free(p.w);
}

/* ---- a neighbour that the test plays --------------------------------------------------------- */

static void
lsa_write(struct wr *w, uint8_t type, uint32_t id, uint32_t adv, int32_t seq, size_t body)
{
	struct ospf_lsa_hdr h = { .age = 1, .options = OSPF_OPT_E, .type = type, .id = id,
		.adv = adv, .seq = seq, .len = (uint16_t)(OSPF_LSA_HDR_LEN + body) };
	size_t at = w->len;

	ospf_lsa_hdr_write(w, &h);
	for (size_t i = 0; i < body; i++)
		wr_u8(w, i < 4 ? 0xff : 0);
	ospf_lsa_cksum_set((uint8_t *)w->buf + at, w->len - at);
}

/* @n LSAs, IDs from @first, in as many updates as they need. */
static void
hear_lsas(struct scene *s, uint8_t type, uint32_t first, uint32_t n, uint32_t adv, int32_t seq,
		size_t body)
{
	uint32_t each = (uint32_t)(60000 / (OSPF_LSA_HDR_LEN + body));
	static struct ospf_out p;

	for (uint32_t i = 0; i < n;) {
		uint32_t k = n - i < each ? n - i : each;

		ospf_out_begin(&p, s->ifp, OSPF_PKT_LSU);
		wr_be32(&p.w, k);
		for (; k > 0; k--, i++)
			lsa_write(&p.w, type, first + i, adv, seq, body);
		scene_hear(s, &p);
	}
}

/* Without any configuration: no more than there is room for, but those that are here may change. */
static void
test_bound(void)
{
	struct scene s;
	const uint64_t *bad;
	uint32_t had;

	scene_begin(&s, OSPF_IF_P2P, HIGH, OSPF_AREA_NORMAL);
	scene_bring(&s, OSPF_NBR_FULL);
	ospf_trace_on(s.a->o, 0);
	bad = s.a->o->n.bad;
	had = stats(s.a).n;
	hear_lsas(&s, OSPF_LSA_SUMMARY, UNKNOWN + 1, OSPF_LSAS_MOST - had, HIGH, 1, 8);
	CU_ASSERT_EQUAL(stats(s.a).n, OSPF_LSAS_MOST);
	CU_ASSERT_EQUAL(bad[OSPF_BAD_LSA_LIMIT], 0);
	CU_ASSERT_FALSE(world_said(s.a, "there is room for no more"));
	hear_lsas(&s, OSPF_LSA_SUMMARY, UNKNOWN + OSPF_LSAS_MOST + 1, 50, HIGH, 1, 8);
	CU_ASSERT_EQUAL(stats(s.a).n, OSPF_LSAS_MOST);
	CU_ASSERT_EQUAL(bad[OSPF_BAD_LSA_LIMIT], 50);
	CU_ASSERT_TRUE(world_said(s.a, "there is room for no more"));
	CU_ASSERT_STRING_EQUAL(stats(s.a).state, "full");
	world_run(s.w, 200);
	hear_lsas(&s, OSPF_LSA_SUMMARY, UNKNOWN + 1, 10, HIGH, 2, 8);
	CU_ASSERT_EQUAL(bad[OSPF_BAD_LSA_LIMIT], 50);
	CU_ASSERT_EQUAL(ospf_lsdb_find(world_db(s.a), OSPF_LSA_SUMMARY, UNKNOWN + 1, HIGH)->h.seq,
			2);
	ospf_clear(s.a->o, s.w->now_ms);
	CU_ASSERT_EQUAL(stats(s.a).n, 0);
	world_free(s.w);
}

/* Long ones take the room of many. */
static void
test_bound_of_bytes(void)
{
	struct scene s;
	const uint64_t *bad;

	scene_begin(&s, OSPF_IF_P2P, HIGH, OSPF_AREA_NORMAL);
	scene_bring(&s, OSPF_NBR_FULL);
	ospf_trace_on(s.a->o, 0);
	bad = s.a->o->n.bad;
	hear_lsas(&s, OSPF_LSA_OPAQUE_AREA, 0xc8000000u, 4400, HIGH, 1, 60000 - OSPF_LSA_HDR_LEN);
	CU_ASSERT_TRUE(stats(s.a).bytes <= OSPF_LSAS_MOST * 1024ull);
	CU_ASSERT_TRUE(stats(s.a).bytes > OSPF_LSAS_MOST * 1024ull - 60000);
	CU_ASSERT_TRUE(bad[OSPF_BAD_LSA_LIMIT] > 0);
	/* One that is here may become shorter, not longer. */
	world_run(s.w, 200);
	hear_lsas(&s, OSPF_LSA_OPAQUE_AREA, 0xc8000000u, 1, HIGH, 2, 100);
	CU_ASSERT_EQUAL(ospf_lsdb_find(world_db(s.a), OSPF_LSA_OPAQUE_AREA, 0xc8000000u, HIGH)->h.len,
			120);
	world_free(s.w);
}

/* In our name, but not ours: they wait for acknowledgments as long as the neighbour likes. */
static void
test_in_our_name(void)
{
	struct scene s;
	uint32_t had;

	scene_begin(&s, OSPF_IF_P2P, HIGH, OSPF_AREA_NORMAL);
	scene_bring(&s, OSPF_NBR_FULL);
	ospf_trace_on(s.a->o, 0);
	had = stats(s.a).n;
	hear_lsas(&s, OSPF_LSA_SUMMARY, UNKNOWN + 1, 500, A, 1, 8);
	CU_ASSERT_EQUAL(stats(s.a).n, had + 500);
	world_summary(s.a, UNKNOWN + 1, 3); /* one of them is wanted after all */
	world_run(s.w, 1000);
	CU_ASSERT_EQUAL(stats(s.a).n, had + 499);
	world_free(s.w);
}

/* A neighbour whose description has no end. */
static void
test_requests(void)
{
	static struct ospf_out p;
	struct scene s;
	struct ospf_nbr *n;
	uint32_t id = UNKNOWN, most = 0;

	scene_begin(&s, OSPF_IF_P2P, HIGH, OSPF_AREA_NORMAL);
	n = scene_bring(&s, OSPF_NBR_EXCHANGE);
	ospf_trace_on(s.a->o, 0);
	for (int i = 0; i < 100 && scene_state(&s) == OSPF_NBR_EXCHANGE; i++) {
		struct ospf_dd d = { .mtu = s.mtu, .options = s.options, .flags = M | MS,
			.seq = n->dd_seq + 1 };

		ospf_out_begin(&p, s.ifp, OSPF_PKT_DD);
		ospf_dd_write(&p.w, &d);
		for (int k = 0; k < 3000; k++) {
			struct ospf_lsa_hdr h = { .age = 1, .type = OSPF_LSA_SUMMARY, .id = id++,
				.adv = HIGH, .seq = 1, .len = 28 };

			ospf_lsa_hdr_write(&p.w, &h);
		}
		scene_hear(&s, &p);
		most = n->n_requests > most ? n->n_requests : most;
	}
	CU_ASSERT_EQUAL(scene_state(&s), OSPF_NBR_EXSTART);
	CU_ASSERT_TRUE(most > OSPF_LSAS_MOST - 3000 && most <= OSPF_LSAS_MOST);
	CU_ASSERT_EQUAL(n->n_requests, 0);
	CU_ASSERT_EQUAL(s.a->o->limit.n_requests, 0);
	CU_ASSERT_EQUAL(s.a->o->n.bad[OSPF_BAD_LSA_LIMIT], 1);
	CU_ASSERT_STRING_EQUAL(n->why, "it described too many LSAs");
	world_free(s.w);
}

/* ---- neighbours ------------------------------------------------------------------------------ */

static void
hear_hello(struct scene *s, uint32_t i)
{
	const struct ospf_if_cfg *c = &s->ifp->cfg;
	struct ospf_hello h = { .mask = ip4_mask(c->addr.len), .dead_s = c->dead_ms / 1000,
		.hello_s = (uint16_t)(c->hello_ms / 1000), .options = OSPF_OPT_E };
	struct ospf_out p;

	s->far = 100 + i;
	s->src = ADDR + 256 + i;
	ospf_out_begin(&p, s->ifp, OSPF_PKT_HELLO);
	ospf_hello_write(&p.w, &h);
	scene_hear(s, &p);
}

/* Hellos of ever new routers on a network: no more neighbours than there is room for, and whoever
 * came first stays. When they are not heard any more others may come. */
static void
test_neighbours(void)
{
	struct ospf_if_cfg c;
	struct scene s;

	scene_begin(&s, OSPF_IF_BROADCAST, HIGH, OSPF_AREA_NORMAL);
	ospf_trace_on(s.a->o, 0);
	c = s.ifp->cfg;
	c.addr.len = 16;
	c.dead_ms = 4000;
	CU_ASSERT_PTR_EQUAL(ospf_if_set(s.a->o, &c, true, s.w->now_ms), s.ifp);
	for (uint32_t i = 0; i < OSPF_IF_NBRS + 50; i++)
		hear_hello(&s, i);
	CU_ASSERT_EQUAL(s.ifp->n_nbrs, OSPF_IF_NBRS);
	CU_ASSERT_EQUAL(s.a->o->n.bad[OSPF_BAD_TOO_MANY], 50);
	hear_hello(&s, 0);
	CU_ASSERT_EQUAL(s.a->o->n.bad[OSPF_BAD_TOO_MANY], 50);
	CU_ASSERT_PTR_NOT_NULL(ospf_nbr_by_addr(s.ifp, ADDR + 256));
	CU_ASSERT_PTR_NULL(ospf_nbr_by_addr(s.ifp, ADDR + 256 + OSPF_IF_NBRS));
	world_run(s.w, c.dead_ms + 2000);
	CU_ASSERT_EQUAL(s.ifp->n_nbrs, 0);
	hear_hello(&s, OSPF_IF_NBRS);
	CU_ASSERT_EQUAL(s.ifp->n_nbrs, 1);
	world_free(s.w);
}

static const struct cu_case cases[] = {
	CU_CASE(test_threshold), CU_CASE(test_patience), CU_CASE(test_warning_only),
	CU_CASE(test_one),
	CU_CASE(test_ignored), CU_CASE(test_reset), CU_CASE(test_configured_anew),
	CU_CASE(test_moves_are_limited), CU_CASE(test_killed),
	CU_CASE(test_bound), CU_CASE(test_bound_of_bytes), CU_CASE(test_in_our_name),
	CU_CASE(test_requests), CU_CASE(test_neighbours),
};

CU_MAIN("ospf_limit", cases)
