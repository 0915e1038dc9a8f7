/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A tunnel that carries many routes of OSPF fails, and there is another way: how long until the
 * last of them takes it. The real RIB, mirror and tables, in one thread: from the protocol's new
 * routes to the forwarding table, where each prefix is looked up afterwards, as a worker would.
 * Once with next-hop groups and once, for comparison, with a next hop for each route. The same when
 * the tunnel is lost: then first everything is computed and named without it, and a moment later
 * come the protocol's routes; for comparison, with all routes given up in between. What is left
 * out: the protocol's own calculation (bench_ospf), the rings between the processes
 * (bench_install).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "controlplane/dataplane/mirror.h"
#include "controlplane/dataplane/route_move.h"
#include "dataplane/tables/tables_int.h"
#include "tests/bench/bench.h"

#define N_TUNNELS 2
#define N_MIRROR  64 /* next hops and groups that the mirror names, above those of bench_world.c */
#define FIRST     0x14000000u
#define ROUNDS    5

struct ends {
	struct chan_stats *stats;
	struct tables *tables;
	struct mirror *mirror;
	struct rib *rib;
	struct rib_link links[1 + N_TUNNELS];
	struct rib_dyn *dyns;
	uint32_t n;
	uint32_t nh_base;
	uint64_t n_cmds;
};

static void __attribute__((noreturn))
give_up(const char *what)
{
	fprintf(stderr, "bench: move: %s\n", what);
	exit(1);
}

/* ---- the dataplane ------------------------------------------------------------------------- */

static void
apply(void *arg, const struct chan_cmd *cmd)
{
	struct ends *e = arg;
	const char *field = "?";

	if (tables_apply(e->tables, cmd, &field) != 0)
		give_up(field);
}

static int
on_cmd(void *ctx, const struct chan_cmd *cmd)
{
	struct ends *e = ctx;
	struct chan_cmd c = *cmd;

	if (c.op == CHAN_CMD_SYNC_BEGIN || c.op == CHAN_CMD_SYNC_END)
		return 0;
	if (c.op == CHAN_CMD_NH_SET || c.op == CHAN_CMD_NH_DEL)
		c.u.nh.nh_id += e->nh_base;
	for (uint32_t k = 0; c.op == CHAN_CMD_NHG_SET && k < c.u.nhg.n; k++)
		c.u.nhg.nh_ids[k] += e->nh_base;
	if (c.op == CHAN_CMD_ROUTE_SET && !c.u.route.is_group)
		c.u.route.id += e->nh_base;
	apply(e, &c);
	e->n_cmds++;
	return 0;
}

static bool
on_sa_installed(void *ctx, uint32_t sa_id, uint32_t spi)
{
	return false;
}

static void
on_sa_gone(void *ctx, uint32_t sa_id, const char *why)
{
}

static void
on_synced(void *ctx)
{
}

static void
dataplane_new(struct ends *e)
{
	struct world_conf conf = { .n_tunnels = N_TUNNELS, .n_routes = e->n, .n_workers = 1 };
	struct chan_stats limits = world_limits(&conf);
	struct tables_env env = { .n_workers = 1 };
	uint64_t size;

	e->nh_base = limits.max_nhs;
	limits.max_nhs += N_MIRROR;
	limits.max_nhgs = N_MIRROR;
	size = chan_stats_layout(&limits);
	e->stats = aligned_alloc(64, RTE_ALIGN(size, 64));
	if (e->stats == NULL)
		give_up("out of memory");
	memset(e->stats, 0, size);
	*e->stats = limits;
	e->stats->ports[0].present = e->stats->ports[1].present = 1;
	env.stats = e->stats;
	e->tables = tables_new(&env);
	if (e->tables == NULL)
		give_up("out of memory for the tables");
	world_base(apply, e);
	for (unsigned int t = 0; t < N_TUNNELS; t++)
		world_tunnel(CHAN_ESP_AES128_GCM16, t, apply, e);
}

/* Does each prefix lead into this tunnel? */
static void
check(const struct ends *e, uint32_t tun)
{
	for (uint32_t i = 0; i < e->n; i++) {
		uint32_t addr = e->dyns[i].prefix.addr + 1;
		uint64_t number;

		fib_lookup(e->tables->fib, &addr, &number, 1);
		if (hop_by_number(e->tables, number) !=
				((hop_t)tunnel_by_id(e->tables, tun) | HOP_TUN))
			give_up("a route does not lead where it should");
	}
}

/* ---- the control plane --------------------------------------------------------------------- */

static void
name(void *ctx, const struct rib_fib *f)
{
	struct ends *e = ctx;
	uint32_t id, group;

	if (f->nhs[0].kind == RIB_NH_DROP)
		id = mirror_nh_drop(e->mirror);
	else if (f->nhs[0].kind == RIB_NH_TUN)
		id = mirror_nh_tun(e->mirror, rib_link(e->rib, f->nhs[0].link)->id);
	else
		return; /* the world has its own */
	group = mirror_nhg_named(e->mirror, f->ways, &id, 1,
			mirror_route_group(e->mirror, f->prefix.addr, f->prefix.len));
	mirror_route(e->mirror, f->prefix.addr, f->prefix.len, group != CHAN_NONE,
			group != CHAN_NONE ? group : id);
}

static void
controlplane_new(struct ends *e, bool groups)
{
	const struct mirror_io io = { .cmd = on_cmd, .sa_installed = on_sa_installed,
		.sa_gone = on_sa_gone, .synced = on_synced, .ctx = e };
	const struct mirror_limits limits = { .max_tunnels = N_TUNNELS, .max_sas = 16,
		.max_nhs = N_MIRROR, .max_nhgs = N_MIRROR };
	struct rib_input in = { .links = e->links, .n_links = 1 + N_TUNNELS };

	strcpy(e->links[0].name, "wan");
	e->links[0].up = true;
	e->links[0].addrs[e->links[0].n_addrs++] = (struct ip4_prefix){ 0xc0000201, 24 };
	for (uint32_t t = 0; t < N_TUNNELS; t++) {
		struct rib_link *l = &e->links[1 + t];

		snprintf(l->name, sizeof(l->name), "tunnel%u", t);
		l->id = t;
		l->is_tunnel = l->up = true;
		l->source = 0xc0000201;
		l->destination = 0xc0000210 + t;
	}
	e->mirror = mirror_new(&io);
	e->rib = rib_new();
	e->dyns = calloc(e->n, sizeof(*e->dyns));
	if (e->mirror == NULL || e->rib == NULL || e->dyns == NULL ||
			mirror_limits(e->mirror, &limits) != 0 ||
			mirror_attach(e->mirror, 1) != 0 || rib_update(e->rib, &in, 0) != 0)
		give_up("out of memory");
	if (groups)
		mirror_nhg_ones(e->mirror);
	for (uint32_t i = 0; i < e->n; i++)
		e->dyns[i] = (struct rib_dyn){ .prefix = { FIRST + (i << 8), 24 },
			.kind = RIB_OSPF_E2, .distance = 110, .metric = 20, .n_hops = 1 };
}

/* All routes by this tunnel: what the RIB takes of it, and all. Milliseconds. */
static double
routes_to(struct ends *e, uint32_t tun, double *rib_ms)
{
	const struct rib_hop hop = { .link = 1 + tun };
	struct route_move_io move = { .mirror = e->mirror, .rib = e->rib, .name = name, .ctx = e };
	double ms = (double)rte_get_tsc_hz() / 1e3;
	struct rib_changes x;
	uint64_t start, mid;
	uint32_t n;

	e->n_cmds = 0;
	start = rte_rdtsc();
	if (rib_patch(e->rib, e->dyns, e->n, &hop, 0, &x) != 0)
		give_up("the RIB does not take the routes");
	mid = rte_rdtsc();
	n = route_move(&move, x.prefixes, x.n);
	for (uint32_t i = 0; i < n; i++)
		name(e, rib_find(e->rib, &x.prefixes[i]));
	mirror_flush(e->mirror);
	free(x.prefixes);
	*rib_ms = (double)(mid - start) / ms;
	return (double)(rte_rdtsc() - start) / ms;
}

/* One tunnel is lost, the other one is back: everything is computed and named. Milliseconds. */
static double
lose(struct ends *e, uint32_t tun, bool hold, double *rib_ms)
{
	const struct rib_hop hop = { .link = 1 + tun };
	struct rib_input in = { .links = e->links, .n_links = 1 + N_TUNNELS, .dyns = e->dyns,
		.n_dyns = e->n, .hops = &hop };
	struct route_move_io move = { .mirror = e->mirror, .rib = e->rib, .name = name, .ctx = e };
	double ms = (double)rte_get_tsc_hz() / 1e3;
	const struct rib_fib *fib;
	uint64_t start, mid;
	uint32_t n;

	for (uint32_t t = 0; t < N_TUNNELS; t++) {
		e->links[1 + t].lost = t == tun;
		e->links[1 + t].held = hold;
	}
	start = rte_rdtsc();
	if (rib_update(e->rib, &in, 0) != 0)
		give_up("the RIB does not take the loss");
	mid = rte_rdtsc();
	mirror_begin(e->mirror);
	route_move_all(&move);
	fib = rib_fib(e->rib, &n);
	for (uint32_t i = 0; i < n; i++)
		name(e, &fib[i]);
	mirror_commit(e->mirror);
	*rib_ms = (double)(mid - start) / ms;
	return (double)(rte_rdtsc() - start) / ms;
}

static void
run(const struct options *o, bool groups, bool lost)
{
	struct ends e = { .n = o->move };
	double all[ROUNDS], rib[ROUNDS], first;
	struct moved m = { .n_routes = o->move, .groups = groups, .lost = lost };

	dataplane_new(&e);
	controlplane_new(&e, groups);
	m.install_ms = routes_to(&e, 0, &first);
	check(&e, 0);
	for (uint32_t i = 0; i < ROUNDS; i++) {
		double loss_ms = 0, loss_rib_ms = 0;
		uint64_t n_cmds;

		e.n_cmds = 0;
		if (lost)
			loss_ms = lose(&e, i % 2, groups, &loss_rib_ms);
		n_cmds = e.n_cmds;
		all[i] = loss_ms + routes_to(&e, 1 - i % 2, &rib[i]);
		rib[i] += loss_rib_ms;
		m.n_commands = n_cmds + e.n_cmds;
		check(&e, 1 - i % 2);
	}
	m.ms = median_of(all, ROUNDS);
	m.rib_ms = median_of(rib, ROUNDS);
	report_move(o, &m);
	mirror_free(e.mirror);
	rib_free(e.rib);
	tables_free(e.tables);
	free(e.dyns);
	free(e.stats);
}

void
move_run(const struct options *o)
{
	run(o, true, false);
	run(o, false, false);
	run(o, true, true);
	run(o, false, true);
}
