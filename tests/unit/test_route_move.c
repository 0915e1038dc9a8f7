/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Routes that move together, against a model of the dataplane that applies each command as it
 * comes: after every single one, each prefix leads where it led before the change or where it leads
 * after it, nowhere else, and in the end all are where the RIB has them. And what one command can
 * do is done by one.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "controlplane/dataplane/mirror.h"
#include "controlplane/dataplane/route_move.h"
#include "tests/unit/cu.h"

#define TUNNELS  5u
#define PREFIXES 600u
#define GROUPS   64u
#define NOWHERE  0u
#define DROPPED  (1u << TUNNELS) /* as a set: a next hop that is none of the tunnels */

static uint64_t seed;

static uint32_t
rnd(uint32_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((seed >> 33) % below);
}

/* ---- the model ----------------------------------------------------------------------------- */

/* Ways are sets of tunnels, as bits; 0: no route. */
static struct {
	uint32_t group[GROUPS];   /* its members */
	uint32_t route[PREFIXES]; /* 0: none; group: 1 + GROUPS + id; else 1 + tunnel */
	uint32_t was[PREFIXES], will[PREFIXES];
	unsigned int n_sets, n_groups, n_dels, n_astray;
	bool checking;
} dp;

static uint32_t
prefix_addr(uint32_t i)
{
	return 0x0a000000 + (i << 8);
}

static uint32_t
way_of(uint32_t i)
{
	uint32_t r = dp.route[i];

	if (r == 0)
		return NOWHERE;
	return r > GROUPS ? dp.group[r - 1 - GROUPS] : 1u << (r - 1);
}

static uint32_t
set_of(uint32_t nh_id)
{
	return nh_id < TUNNELS ? 1u << nh_id : DROPPED;
}

static int
apply(void *ctx, const struct chan_cmd *c)
{
	uint32_t i = (c->u.route.prefix - 0x0a000000) >> 8;

	switch (c->op) {
	case CHAN_CMD_NHG_SET:
		dp.n_groups++;
		dp.group[c->u.nhg.nhg_id] = 0;
		for (uint32_t k = 0; k < c->u.nhg.n; k++)
			dp.group[c->u.nhg.nhg_id] |= set_of(c->u.nhg.nh_ids[k]);
		break;
	case CHAN_CMD_NHG_DEL:
		for (uint32_t k = 0; k < PREFIXES; k++)
			CU_ASSERT(dp.route[k] != 1 + GROUPS + c->u.nhg.nhg_id);
		break;
	case CHAN_CMD_ROUTE_SET:
		dp.n_sets++;
		CU_ASSERT_FATAL(i < PREFIXES);
		dp.route[i] = 1 + c->u.route.id + (c->u.route.is_group ? GROUPS : 0);
		break;
	case CHAN_CMD_ROUTE_DEL:
		dp.n_dels++;
		dp.route[i] = 0;
		break;
	default:
		break;
	}
	for (i = 0; i < PREFIXES && dp.checking; i++)
		dp.n_astray += way_of(i) != dp.was[i] && way_of(i) != dp.will[i];
	return 0;
}

static bool
sa_installed(void *ctx, uint32_t sa_id, uint32_t spi)
{
	return false;
}

static void
sa_gone(void *ctx, uint32_t sa_id, const char *why)
{
}

static void
synced(void *ctx)
{
}

static const struct mirror_io io = { .cmd = apply, .sa_installed = sa_installed,
	.sa_gone = sa_gone, .synced = synced };

/* ---- the control plane --------------------------------------------------------------------- */

static struct rib_link links[TUNNELS + 1];
static struct rib_dyn dyns[PREFIXES];
static struct rib_hop hops[PREFIXES * TUNNELS];
static struct mirror *mirror;
static struct rib *rib;

static void
name(void *ctx, const struct rib_fib *f)
{
	uint32_t ids[TUNNELS], group;

	for (uint32_t k = 0; k < f->n_nhs; k++)
		ids[k] = f->nhs[k].kind == RIB_NH_DROP ? mirror_nh_drop(mirror)
				: mirror_nh_tun(mirror, rib_link(rib, f->nhs[k].link)->id);
	group = mirror_nhg_named(mirror, f->ways, ids, f->n_nhs,
			mirror_route_group(mirror, f->prefix.addr, f->prefix.len));
	if (group == CHAN_NONE && f->n_nhs > 1)
		group = mirror_nhg(mirror, ids, f->n_nhs);
	mirror_route(mirror, f->prefix.addr, f->prefix.len, group != CHAN_NONE,
			group != CHAN_NONE ? group : ids[0]);
}

static struct rib_input
input(void)
{
	struct rib_input in = { .links = links, .dyns = dyns, .hops = hops,
		.n_links = TUNNELS + 1 };

	for (uint32_t i = 0; i < PREFIXES; i++) {
		uint32_t first = i * TUNNELS, n = 0;

		for (uint32_t k = 0; k < TUNNELS; k++)
			if ((dp.will[i] >> k & 1) != 0)
				hops[first + n++] = (struct rib_hop){ .link = 1 + k };
		if (n > 0)
			dyns[in.n_dyns++] = (struct rib_dyn){ .prefix = { prefix_addr(i), 24 },
				.kind = RIB_OSPF_INTRA, .distance = 110, .metric = 1,
				.first_hop = first, .n_hops = n };
	}
	return in;
}

static struct route_move_io
move_io(void)
{
	return (struct route_move_io){ .mirror = mirror, .rib = rib, .name = name };
}

static void
start(uint32_t max_groups)
{
	const struct mirror_limits limits = { .max_tunnels = TUNNELS, .max_sas = 4, .max_nhs = 64,
		.max_nhgs = max_groups };
	struct rib_input in = { 0 };

	memset(&dp, 0, sizeof(dp));
	memset(links, 0, sizeof(links));
	strcpy(links[0].name, "wan");
	links[0].up = true;
	links[0].addrs[links[0].n_addrs++] = (struct ip4_prefix){ 0x01010102, 24 };
	for (uint32_t i = 0; i < TUNNELS; i++) {
		struct rib_link *l = &links[1 + i];

		strcpy(l->name, "tunnel0");
		l->name[6] = (char)('0' + i);
		l->id = i;
		l->is_tunnel = l->up = true;
		l->source = 0x01010102;
		l->destination = 0x01010110 + i;
	}
	log_init("test", LVL_ERROR);
	mirror = mirror_new(&io);
	rib = rib_new();
	CU_ASSERT_FATAL(mirror != NULL && rib != NULL);
	CU_ASSERT_EQUAL_FATAL(mirror_limits(mirror, &limits), 0);
	CU_ASSERT_EQUAL_FATAL(mirror_attach(mirror, 7), 0);
	mirror_nhg_ones(mirror);
	in.links = links;
	in.n_links = TUNNELS + 1;
	CU_ASSERT_EQUAL_FATAL(rib_update(rib, &in, 0), 0);
}

static void
stop(void)
{
	mirror_free(mirror);
	rib_free(rib);
}

/* Take the RIB and the mirror to dp.will; what is counted begins at zero. */
static void
change_part(void)
{
	struct rib_input in = input();
	struct route_move_io move = move_io();
	struct rib_changes x;
	uint32_t n;

	CU_ASSERT_EQUAL_FATAL(rib_patch(rib, in.dyns, in.n_dyns, in.hops, 0, &x), 0);
	n = route_move(&move, x.prefixes, x.n);
	for (uint32_t i = 0; i < n; i++) {
		const struct rib_fib *f = rib_find(rib, &x.prefixes[i]);

		if (f != NULL)
			name(NULL, f);
		else
			mirror_route_del(mirror, x.prefixes[i].addr, x.prefixes[i].len);
	}
	mirror_flush(mirror);
	free(x.prefixes);
}

static void
take_all(const struct rib_input *in)
{
	struct route_move_io move = move_io();
	uint32_t n;
	const struct rib_fib *f;

	CU_ASSERT_EQUAL_FATAL(rib_update(rib, in, 0), 0);
	mirror_begin(mirror);
	route_move_all(&move);
	f = rib_fib(rib, &n);
	for (uint32_t i = 0; i < n; i++)
		if (f[i].prefix.addr >> 24 == 10)
			name(NULL, &f[i]);
	mirror_commit(mirror);
}

static void
change_all(void)
{
	struct rib_input in = input();

	take_all(&in);
}

static void
change(bool whole)
{
	unsigned int wrong = 0;

	dp.n_sets = dp.n_groups = dp.n_dels = 0;
	dp.checking = true;
	if (whole)
		change_all();
	else
		change_part();
	dp.checking = false;
	CU_ASSERT_EQUAL(dp.n_astray, 0);
	for (uint32_t i = 0; i < PREFIXES; i++)
		wrong += way_of(i) != dp.will[i];
	CU_ASSERT_EQUAL(wrong, 0);
	memcpy(dp.was, dp.will, sizeof(dp.was));
}

static void
all_to(uint32_t way)
{
	for (uint32_t i = 0; i < PREFIXES; i++)
		dp.will[i] = way;
}

/* ---- tests --------------------------------------------------------------------------------- */

static void
test_one_command(void)
{
	start(GROUPS);
	all_to(1);
	change(false);
	CU_ASSERT_EQUAL(dp.n_sets, PREFIXES);
	for (int whole = 0; whole < 2; whole++) {
		all_to(2);
		change(whole != 0);
		CU_ASSERT(dp.n_sets == 0 && dp.n_groups == 1 && dp.n_dels == 0);
		all_to(1 | 4);
		change(whole != 0);
		CU_ASSERT(dp.n_sets == 0 && dp.n_groups == 1 && dp.n_dels == 0);
		change(whole != 0);
		CU_ASSERT(dp.n_sets == 0 && dp.n_groups == 0 && dp.n_dels == 0);
		all_to(1);
		change(whole != 0);
		CU_ASSERT(dp.n_sets == 0 && dp.n_groups == 1);
	}
	/* A few stay, a few go elsewhere, a few are withdrawn: so many commands more. */
	all_to(2);
	for (uint32_t i = 0; i < 30; i++)
		dp.will[i * 7] = i % 3 == 0 ? 1 : i % 3 == 1 ? 8 : NOWHERE;
	change(false);
	CU_ASSERT_EQUAL(dp.n_sets, 20);
	CU_ASSERT_EQUAL(dp.n_dels, 10);
	CU_ASSERT_EQUAL(dp.n_groups, 3);
	/* Two that carry half each, and one of them fails. */
	for (uint32_t i = 0; i < PREFIXES; i++)
		dp.will[i] = i % 2 == 0 ? 1 : 2;
	change(false);
	for (unsigned int k = 0; k < 4; k++) {
		for (uint32_t i = 0; i < PREFIXES; i += 2)
			dp.will[i] = k % 2 == 0 ? 2 : 1;
		change(false);
		CU_ASSERT(dp.n_sets == 0 && dp.n_groups == 1);
	}
	stop();
}

/* The tunnel that all use is lost, and the protocol has another way for most of them a moment
 * later: two commands for the group, and one for each that has none. Not a single one is given up
 * before. */
static void
test_lost_link(void)
{
	for (int answered = 0; answered < 2; answered++) {
		struct rib_input in;
		unsigned int wrong = 0;

		start(GROUPS);
		links[1].held = true;
		all_to(1);
		change(true);
		links[1].lost = true;
		in = input();
		dp.n_sets = dp.n_groups = dp.n_dels = 0;
		take_all(&in);
		CU_ASSERT(dp.n_sets == 0 && dp.n_groups == 1 && dp.n_dels == 0);
		for (uint32_t i = 0; i < PREFIXES; i++)
			wrong += way_of(i) != DROPPED;
		CU_ASSERT_EQUAL(wrong, 0);
		all_to(answered ? 2 : 1);
		for (uint32_t i = 0; i < 20; i++)
			dp.will[i * 7] = NOWHERE;
		change_part();
		if (!answered)
			all_to(NOWHERE);
		for (uint32_t i = 0; i < PREFIXES; i++)
			wrong += way_of(i) != dp.will[i];
		CU_ASSERT_EQUAL(wrong, 0);
		CU_ASSERT_EQUAL(dp.n_sets, 0);
		CU_ASSERT_EQUAL(dp.n_dels, answered ? 20 : PREFIXES);
		CU_ASSERT_EQUAL(dp.n_groups, answered ? 2 : 1);
		CU_ASSERT_FALSE(rib_link(rib, 1)->held);
		stop();
	}
}

/* Two groups move at once, and who leaves the one would go where the other one goes. */
static void
test_crossing(void)
{
	start(GROUPS);
	for (uint32_t i = 0; i < PREFIXES; i++)
		dp.will[i] = i < PREFIXES / 2 ? 1 : 2;
	change(false);
	for (uint32_t i = 0; i < PREFIXES / 2; i++)
		dp.will[i] = 4;
	change(false);
	CU_ASSERT(dp.n_sets == 0 && dp.n_groups == 1);
	for (uint32_t i = 0; i < PREFIXES; i++) {
		bool few = i % 20 == 0;

		if (i < PREFIXES / 2)
			dp.will[i] = few ? 4 : 1;
		else
			dp.will[i] = few ? 1 : 8;
	}
	change(false);
	CU_ASSERT_EQUAL(dp.n_sets, PREFIXES / 20);
	stop();
}

/* What happens to the routes of one tunnel, or to any. */
static void
random_change(void)
{
	uint32_t from = 1u << rnd(TUNNELS);
	uint32_t to = rnd(2) != 0 ? 1u << rnd(TUNNELS) : 1 + rnd((1u << TUNNELS) - 1);
	uint32_t odd = rnd(4) == 0 ? 2 + rnd(100) : UINT32_MAX;

	for (uint32_t i = 0; i < PREFIXES; i++) {
		if (dp.will[i] == from && rnd(40) != 0)
			dp.will[i] = to;
		if (odd != UINT32_MAX && rnd(odd) == 0)
			dp.will[i] = rnd(4) == 0 ? NOWHERE : 1u << rnd(TUNNELS);
	}
}

/* With all groups that there can be, and with so few that some routes get none. */
static void
test_never_astray(void)
{
	static const uint32_t max_groups[] = { GROUPS, 12, 5, 1 };

	for (unsigned int k = 0; k < sizeof(max_groups) / sizeof(*max_groups); k++) {
		seed = k + 1;
		start(max_groups[k]);
		for (uint32_t i = 0; i < PREFIXES; i++)
			dp.will[i] = 1u << i * TUNNELS / PREFIXES;
		for (unsigned int round = 0; round < 150; round++) {
			/* Without room for groups one of several next hops stands for all. */
			if (max_groups[k] < GROUPS)
				for (uint32_t i = 0; i < PREFIXES; i++)
					dp.will[i] &= ~dp.will[i] + 1;
			change(rnd(4) == 0);
			for (uint32_t n = 1 + rnd(3); n > 0; n--)
				random_change();
		}
		stop();
	}
}

static const struct cu_case cases[] = {
	CU_CASE(test_one_command),
	CU_CASE(test_lost_link),
	CU_CASE(test_crossing),
	CU_CASE(test_never_astray),
};

CU_MAIN("route_move", cases)
