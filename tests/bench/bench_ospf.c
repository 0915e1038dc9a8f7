/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * OSPF's route calculation and the RIB behind it, in CPU time: random graphs in which a router has
 * five point-to-point links on average, a /30 network for each link and a loopback address each,
 * one area. One link's cost changes each time: Dijkstra, all routes, in the end the whole RIB anew.
 *
 *	bench_ospf [ROUTERS ...]       1000 and 10000 unless given, and the cases of
 *	bench_ospf_hub.c
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "controlplane/ospf/ospf_calc.h"
#include "controlplane/ospf/ospf_proto.h"
#include "controlplane/rib/rib.h"
#include "tests/bench/bench_ospf.h"

#define RUNS 21

struct link {
	uint32_t a, b;
	uint16_t cost;
};

struct net {
	uint32_t n, n_links;
	struct link *links;
	uint32_t *first, *next;
	uint64_t random;
	struct ospf *o;
	struct ospf_calc *c;
	struct ospf_area *area;
	struct rib_dyn *dyns;
	struct rib_hop *hops;
	uint32_t n_dyns;
};

static uint32_t
rnd(struct net *t, uint32_t below)
{
	t->random = t->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((t->random >> 33) % below);
}

static double
cpu_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (double)ts.tv_sec * 1e3 + (double)ts.tv_nsec / 1e6;
}

static uint64_t
clock_us(void *ctx)
{
	(void)ctx;
	return (uint64_t)(cpu_ms() * 1000);
}

static void
topology(struct net *t)
{
	t->n_links = t->n - 1 + t->n * 3 / 2;
	t->links = calloc(t->n_links, sizeof(*t->links));
	t->first = malloc(t->n * sizeof(*t->first));
	t->next = malloc(2 * t->n_links * sizeof(*t->next));
	memset(t->first, 0xff, t->n * sizeof(*t->first));
	for (uint32_t i = 0; i < t->n_links; i++) {
		struct link *l = &t->links[i];

		l->a = i < t->n - 1 ? i : rnd(t, t->n);
		l->b = i < t->n - 1 ? i + 1 : (l->a + 1 + rnd(t, t->n - 1)) % t->n;
		l->cost = (uint16_t)(1 + rnd(t, 100));
		t->next[2 * i] = t->first[l->a];
		t->first[l->a] = 2 * i;
		t->next[2 * i + 1] = t->first[l->b];
		t->first[l->b] = 2 * i + 1;
	}
}

static void
link_write(struct wr *w, uint32_t id, uint32_t data, uint8_t type, uint16_t metric)
{
	wr_be32(w, id);
	wr_be32(w, data);
	wr_u8(w, type);
	wr_u8(w, 0);
	wr_be16(w, metric);
}

static void
router_lsa(struct net *t, uint32_t i)
{
	static uint8_t lsa[OSPF_LSA_MAX_LEN];
	struct ospf_lsa *was = ospf_lsdb_find(&t->area->lsdb, OSPF_LSA_ROUTER, 1 + i, 1 + i);
	struct ospf_lsa_hdr h = { .age = 1, .options = OSPF_OPT_E, .type = OSPF_LSA_ROUTER,
		.id = 1 + i, .adv = 1 + i, .seq = was != NULL ? was->h.seq + 1 : OSPF_INITIAL_SEQ };
	struct wr w = wr_init(lsa, sizeof(lsa));
	uint16_t n = 1;

	wr_zero(&w, OSPF_LSA_HDR_LEN);
	wr_be32(&w, 0);
	link_write(&w, 0xac100000 + i, 0xffffffff, OSPF_LINK_STUB, 0);
	for (uint32_t e = t->first[i]; e != UINT32_MAX; e = t->next[e]) {
		const struct link *l = &t->links[e / 2];

		link_write(&w, 1 + (e % 2 == 0 ? l->b : l->a), 0x0a000001 + e / 2 * 4 + e % 2,
				OSPF_LINK_P2P, l->cost);
		link_write(&w, 0x0a000000 + e / 2 * 4, 0xfffffffc, OSPF_LINK_STUB, l->cost);
		n = (uint16_t)(n + 2);
	}
	wr_patch_be16(&w, OSPF_LSA_HDR_LEN + 2, n);
	h.len = (uint16_t)w.len;
	w.len = 0;
	ospf_lsa_hdr_write(&w, &h);
	h.cksum = ospf_lsa_cksum_set(lsa, h.len);
	if (ospf_lsdb_install(&t->area->lsdb, &h, lsa, true) == NULL)
		exit(1);
}

static void
on_send(void *ctx, struct ospf_if *ifp, uint32_t dst, const uint8_t *pkt, size_t len)
{
	(void)ctx, (void)ifp, (void)dst, (void)pkt, (void)len;
}

static uint64_t
on_wall(void *ctx)
{
	(void)ctx;
	return 1700000000;
}

static void
on_log(void *ctx, enum log_level level, const char *line)
{
	(void)ctx, (void)level, (void)line;
}

/* As the RIB wants them; links have the numbers of the interfaces. */
static void
on_routes(void *ctx, const struct ospf_route *r, uint32_t n, const struct spf_hop *hops,
		uint32_t n_hops)
{
	struct net *t = ctx;

	t->dyns = realloc(t->dyns, (n + 1u) * sizeof(*t->dyns));
	t->hops = realloc(t->hops, (n_hops + 1u) * sizeof(*t->hops));
	t->n_dyns = n;
	for (uint32_t i = 0; i < n; i++)
		t->dyns[i] = (struct rib_dyn){ .prefix = r[i].prefix, .kind = RIB_OSPF_INTRA,
			.distance = 110, .metric = r[i].metric, .first_hop = r[i].first_hop,
			.n_hops = r[i].n_hops };
	for (uint32_t i = 0; i < n_hops; i++)
		t->hops[i] = (struct rib_hop){ .link = hops[i].user - 1, .gw = hops[i].gw };
}

static void
start(struct net *t)
{
	static const struct ospf_ops ops = { .send = on_send, .wall_s = on_wall, .log = on_log };
	struct ospf_calc_out out = { .routes = on_routes, .clock_us = clock_us, .ctx = t };
	struct ospf_cfg cfg = { .router_id = 1, .lsa_hold_ms = 50, .lsa_max_ms = 5000,
		.lsa_arrival_ms = 1000 };
	uint32_t user = 1;

	t->o = ospf_new(&ops, 1, 1000);
	t->c = ospf_calc_new(t->o, &out);
	if (t->o == NULL || t->c == NULL || ospf_set(t->o, &cfg, 1000) != 0)
		exit(1);
	for (uint32_t e = t->first[0]; e != UINT32_MAX; e = t->next[e]) {
		const struct link *l = &t->links[e / 2];
		struct ospf_if_cfg c = { .user = user, .type = OSPF_IF_P2P, .mtu = 1500, .cost = 1,
			.hello_ms = 10000, .dead_ms = 40000, .rxmt_ms = 5000, .transmit_delay_s = 1,
			.addr = { 0x0a000001 + e / 2 * 4 + e % 2, 30 } };
		struct ospf_if *ifp;

		snprintf(c.name, sizeof(c.name), "if%u", user++);
		ifp = ospf_if_set(t->o, &c, true, 1000);
		ospf_nbr_new(ifp, 1 + (e % 2 == 0 ? l->b : l->a),
				0x0a000001 + e / 2 * 4 + (e % 2 == 0))->state = OSPF_NBR_FULL;
		t->area = ifp->area;
	}
	for (uint32_t i = 0; i < t->n; i++)
		router_lsa(t, i);
	ospf_calc_now(t->c);
}

static int
double_cmp(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
median(double *v, uint32_t n)
{
	qsort(v, n, sizeof(*v), double_cmp);
	return v[n / 2];
}

static double
rib_run(const struct net *t)
{
	static struct rib_link links[8];
	struct rib_input in = { .links = links, .n_links = 8, .dyns = t->dyns, .hops = t->hops,
		.n_dyns = t->n_dyns };
	struct rib *r = rib_new();
	double v[RUNS];

	for (uint32_t i = 0; i < 8; i++) {
		snprintf(links[i].name, sizeof(links[i].name), "if%u", i + 1);
		links[i].up = true;
		links[i].n_addrs = 1;
		links[i].addrs[0] = (struct ip4_prefix){ 0x0b000001 + (i << 8), 24 };
	}
	for (uint32_t i = 0; i < RUNS; i++) {
		double t0 = cpu_ms();

		if (rib_update(r, &in, i) != 0)
			exit(1);
		v[i] = cpu_ms() - t0;
	}
	rib_free(r);
	return median(v, RUNS);
}

static void
measure(uint32_t n)
{
	struct net t = { .n = n, .random = n };
	double spf[RUNS], all[RUNS], lsa[RUNS], part[RUNS];

	topology(&t);
	start(&t);
	for (uint32_t i = 0; i < RUNS; i++) {
		struct link *l = &t.links[rnd(&t, t.n_links)];
		const struct ospf_calc_entry *e;
		double t0 = cpu_ms();

		l->cost = (uint16_t)(1 + rnd(&t, 100));
		router_lsa(&t, l->a);
		lsa[i] = cpu_ms() - t0;
		t0 = cpu_ms();
		ospf_calc_now(t.c);
		all[i] = cpu_ms() - t0;
		e = ospf_calc_log(t.c, 0);
		spf[i] = e->spf_us / 1000.0;
		t0 = cpu_ms();
		ospf_calc_now(t.c); /* nothing is due: the routes alone */
		part[i] = cpu_ms() - t0;
	}
	printf("%7u routers %7u links %8u routes: Dijkstra %7.3f ms, with all routes %7.3f ms, "
	       "without Dijkstra %7.3f ms, one LSA %6.1f us, RIB %7.3f ms\n", n, t.n_links,
	       t.n_dyns,
			median(spf, RUNS), median(all, RUNS), median(part, RUNS),
			median(lsa, RUNS) * 1000, rib_run(&t));
	ospf_calc_free(t.c);
	ospf_free(t.o);
	free(t.links);
	free(t.first);
	free(t.next);
	free(t.dyns);
	free(t.hops);
}

int
main(int argc, char **argv)
{
	if (argc > 1) {
		for (int i = 1; i < argc; i++)
			measure((uint32_t)strtoul(argv[i], NULL, 10));
		return 0;
	}
	measure(1000);
	measure(10000);
	bench_neighbors(1000, 1);
	bench_externals(100000);
	return 0;
}
