/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The route calculation against an oracle: random topologies of up to 10,000 routers with
 * point-to-point links and LANs, two areas, externals. The oracle knows the topology, not the LSAs;
 * it finds distances by relaxing until nothing changes, and next hops by asking from each of the
 * root's neighbours how far it is from there. Routes are compared entry by entry.
 */
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/ospf_calc.h"
#include "controlplane/ospf/ospf_proto.h"
#include "tests/unit/cu.h"

#define FAR      UINT32_MAX
#define LOOPBACK 0xac100000u
#define P2P_NET  0x0a000000u
#define LAN_NET  0xc0000000u

/* ---- a topology --------------------------------------------------------------------------- */

/* Router to router, or router to LAN (b is n_routers + LAN). Costs from each side; of a LAN back
 * 0. */
struct link {
	uint32_t a, b;
	uint16_t cost_ab, cost_ba;
};

struct topo {
	uint32_t n_routers, n_lans, n_links;
	struct link *links;
	uint32_t *first, *next; /* links of a node: next[2 * link + side] */
	uint64_t random;
};

static uint32_t
rnd(struct topo *t, uint32_t below)
{
	t->random = t->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((t->random >> 33) % below);
}

static uint32_t
rid(uint32_t i)
{
	return 0x01000001u + i;
}

static uint32_t
p2p_addr(uint32_t link, bool b)
{
	return P2P_NET + link * 4 + (b ? 2 : 1);
}

static uint32_t
lan_addr(uint32_t lan, uint32_t router)
{
	return LAN_NET + (lan << 16) + 1 + router;
}

static void
link_add(struct topo *t, uint32_t a, uint32_t b, uint32_t max_cost)
{
	if ((t->n_links & (t->n_links - 1)) == 0)
		t->links = realloc(t->links, (2 * t->n_links + 1) * sizeof(*t->links));
	t->links[t->n_links++] = (struct link){ .a = a, .b = b,
		.cost_ab = (uint16_t)(1 + rnd(t, max_cost)),
		.cost_ba = b >= t->n_routers ? 0 : (uint16_t)(1 + rnd(t, max_cost)) };
}

static void
topo_index(struct topo *t)
{
	t->first = malloc((t->n_routers + t->n_lans) * sizeof(*t->first));
	t->next = malloc(2 * t->n_links * sizeof(*t->next));
	memset(t->first, 0xff, (t->n_routers + t->n_lans) * sizeof(*t->first));
	for (uint32_t i = 0; i < t->n_links; i++) {
		t->next[2 * i] = t->first[t->links[i].a];
		t->first[t->links[i].a] = 2 * i;
		t->next[2 * i + 1] = t->first[t->links[i].b];
		t->first[t->links[i].b] = 2 * i + 1;
	}
}

/* A ring keeps it together; then random links until each has @degree, and LANs of 2 to 6. */
static struct topo
topo_new(uint64_t seed, uint32_t n, uint32_t degree, uint32_t n_lans, uint32_t max_cost)
{
	struct topo t = { .n_routers = n, .n_lans = n_lans, .random = seed * 2 + 1 };

	for (uint32_t i = 0; i + 1 < n; i++)
		link_add(&t, i, i + 1, max_cost);
	for (uint32_t i = 0; i < n * (degree - 2) / 2; i++) {
		uint32_t a = rnd(&t, n), b = rnd(&t, n);

		if (a != b)
			link_add(&t, a, b, max_cost);
	}
	for (uint32_t l = 0; l < n_lans; l++) {
		uint32_t at = rnd(&t, n), members = 2 + rnd(&t, 5);

		/* The root is on the first one. */
		for (uint32_t k = 0; k < members && k < n; k++)
			link_add(&t, l == 0 && k == 0 ? 0 : (at + k * 7 + (l == 0)) % n, n + l,
					max_cost);
	}
	/* A router has one interface on a LAN only. */
	for (uint32_t i = 0; i < t.n_links; i++)
		for (uint32_t k = i + 1; t.links[i].b >= n && k < t.n_links; k++)
			if (t.links[k].a == t.links[i].a && t.links[k].b == t.links[i].b)
				t.links[k--] = t.links[--t.n_links];
	topo_index(&t);
	return t;
}

static void
topo_free(struct topo *t)
{
	free(t->links);
	free(t->first);
	free(t->next);
}

/* ---- the oracle --------------------------------------------------------------------------- */

/* Distances from @from, by a queue of what has become nearer. */
static uint32_t *
distances(const struct topo *t, uint32_t from)
{
	uint32_t n = t->n_routers + t->n_lans, head = 0, tail = 0;
	uint32_t *dist = malloc(n * sizeof(*dist)), *queue = malloc(n * sizeof(*queue));
	bool *queued = calloc(n, sizeof(*queued));

	memset(dist, 0xff, n * sizeof(*dist));
	dist[from] = 0;
	queue[tail++ % n] = from;
	for (queued[from] = true; head != tail;) {
		uint32_t v = queue[head++ % n];

		queued[v] = false;
		for (uint32_t e = t->first[v]; e != FAR; e = t->next[e]) {
			const struct link *l = &t->links[e / 2];
			uint32_t w = e % 2 == 0 ? l->b : l->a;
			uint32_t d = dist[v] + (e % 2 == 0 ? l->cost_ab : l->cost_ba);

			if (d >= dist[w])
				continue;
			dist[w] = d;
			if (!queued[w])
				queue[tail++ % n] = w;
			queued[w] = true;
		}
	}
	free(queue);
	free(queued);
	return dist;
}

#define WAYS_MAX 64

/* One way out of the root: over which link, to which neighbour. */
struct way {
	struct spf_hop hop;
	uint32_t cost; /* to the neighbour */
	uint32_t *dist; /* from it */
	uint32_t node;
};

struct oracle {
	const struct topo *t;
	uint32_t *dist;
	struct way ways[WAYS_MAX];
	uint32_t n_ways;
};

static void
way_add(struct oracle *o, uint32_t user, uint32_t gw, uint32_t cost, uint32_t node)
{
	if (o->n_ways == WAYS_MAX)
		return;
	o->ways[o->n_ways++] = (struct way){ .hop = { .user = user, .gw = gw }, .cost = cost,
		.dist = distances(o->t, node), .node = node };
}

/* The interface on link @i has the number i + 1. */
static struct oracle
oracle_new(const struct topo *t)
{
	struct oracle o = { .t = t, .dist = distances(t, 0) };

	for (uint32_t i = 0; i < t->n_links; i++) {
		const struct link *l = &t->links[i];

		if (l->a != 0 && l->b != 0)
			continue;
		if (l->b < t->n_routers)
			way_add(&o, i + 1, p2p_addr(i, l->a == 0),
					l->a == 0 ? l->cost_ab : l->cost_ba,
					l->a == 0 ? l->b : l->a);
		for (uint32_t k = 0; k < t->n_links && l->b >= t->n_routers; k++)
			if (k != i && t->links[k].b == l->b)
				way_add(&o, i + 1, lan_addr(l->b - t->n_routers, t->links[k].a),
						l->cost_ab, t->links[k].a);
	}
	return o;
}

static void
oracle_free(struct oracle *o)
{
	free(o->dist);
	for (uint32_t i = 0; i < o->n_ways; i++)
		free(o->ways[i].dist);
}

/* Add the first hops of all shortest ways to @node, at @dist. */
static void
oracle_hops(const struct oracle *o, uint32_t node, uint32_t dist, struct spf_hops *s)
{
	for (uint32_t i = 0; i < o->n_ways; i++) {
		const struct way *w = &o->ways[i];
		bool known = false;

		/* From the neighbour on, without coming back: a way back to us is never shorter. */
		if (w->dist[node] == FAR || w->cost + w->dist[node] != dist)
			continue;
		for (uint32_t k = 0; k < s->n; k++)
			known |= s->h[k].user == w->hop.user && s->h[k].gw == w->hop.gw;
		if (!known && s->n < SPF_ECMP_MAX)
			s->h[s->n++] = w->hop;
	}
}

/* ---- LSAs --------------------------------------------------------------------------------- */

struct box {
	struct ospf *o;
	struct ospf_calc *c;
	struct ospf_area *area;
	uint32_t n_calls;
};

static void
install(struct ospf_lsdb *db, uint8_t type, uint32_t id, uint32_t adv, const uint8_t *body,
		size_t len)
{
	static uint8_t lsa[OSPF_LSA_MAX_LEN];
	const struct ospf_lsa *was = ospf_lsdb_find(db, type, id, adv);
	struct ospf_lsa_hdr h = { .age = 1, .options = OSPF_OPT_E, .type = type, .id = id,
		.adv = adv, .seq = was != NULL ? was->h.seq + 1 : OSPF_INITIAL_SEQ,
		.len = (uint16_t)(OSPF_LSA_HDR_LEN + len) };
	struct wr w = wr_init(lsa, sizeof(lsa));

	ospf_lsa_hdr_write(&w, &h);
	wr_bytes(&w, body, len);
	h.cksum = ospf_lsa_cksum_set(lsa, h.len);
	CU_ASSERT_PTR_NULL_FATAL(ospf_lsa_check(lsa, h.len));
	CU_ASSERT_PTR_NOT_NULL_FATAL(ospf_lsdb_install(db, &h, lsa, true));
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

/* Who is on the LAN first is its DR. */
static uint32_t
lan_dr(const struct topo *t, uint32_t lan)
{
	for (uint32_t i = 0; i < t->n_links; i++)
		if (t->links[i].b == t->n_routers + lan)
			return t->links[i].a;
	return FAR;
}

static void
router_lsa(struct box *b, const struct topo *t, uint32_t i, uint8_t flags, uint16_t loopback)
{
	static uint8_t body[OSPF_LSA_MAX_LEN - OSPF_LSA_HDR_LEN];
	struct wr w = wr_init(body, sizeof(body));
	uint16_t n = 1;

	wr_u8(&w, flags);
	wr_u8(&w, 0);
	wr_be16(&w, 0);
	link_write(&w, LOOPBACK + i, 0xffffffff, OSPF_LINK_STUB, loopback);
	for (uint32_t e = t->first[i]; e != FAR; e = t->next[e]) {
		const struct link *l = &t->links[e / 2];
		uint16_t cost = e % 2 == 0 ? l->cost_ab : l->cost_ba;

		if (l->b >= t->n_routers) {
			uint32_t lan = l->b - t->n_routers;

			link_write(&w, lan_addr(lan, lan_dr(t, lan)), lan_addr(lan, i),
					OSPF_LINK_TRANSIT, cost);
			n++;
			continue;
		}
		link_write(&w, rid(e % 2 == 0 ? l->b : l->a), p2p_addr(e / 2, e % 2 != 0),
				OSPF_LINK_P2P, cost);
		link_write(&w, P2P_NET + e / 2 * 4, 0xfffffffc, OSPF_LINK_STUB, cost);
		n = (uint16_t)(n + 2);
	}
	body[2] = (uint8_t)(n >> 8);
	body[3] = (uint8_t)n;
	install(&b->area->lsdb, OSPF_LSA_ROUTER, rid(i), rid(i), body, w.len);
}

static void
network_lsa(struct box *b, const struct topo *t, uint32_t lan)
{
	uint8_t body[4 + 4 * 16];
	struct wr w = wr_init(body, sizeof(body));
	uint32_t dr = lan_dr(t, lan);

	wr_be32(&w, 0xffff0000);
	for (uint32_t i = 0; i < t->n_links; i++)
		if (t->links[i].b == t->n_routers + lan)
			wr_be32(&w, rid(t->links[i].a));
	install(&b->area->lsdb, OSPF_LSA_NETWORK, lan_addr(lan, dr), rid(dr), body, w.len);
}

static void
summary_lsa(struct box *b, uint32_t adv, uint32_t net, uint32_t metric)
{
	uint8_t body[OSPF_SUMMARY_BODY_LEN];
	struct ospf_summary s = { .mask = 0xffffff00, .metric = metric };

	ospf_summary_write(body, &s);
	install(&b->area->lsdb, OSPF_LSA_SUMMARY, net, rid(adv), body, sizeof(body));
}

static void
external_lsa(struct box *b, uint32_t adv, uint32_t net, const struct ospf_external *x)
{
	uint8_t body[OSPF_EXTERNAL_BODY_LEN];

	ospf_external_write(body, x);
	install(&b->o->as_db, OSPF_LSA_EXTERNAL, net, rid(adv), body, sizeof(body));
}

/* ---- the router under test ---------------------------------------------------------------- */

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

static void
on_routes(void *ctx, const struct ospf_route *r, uint32_t n, const struct spf_hop *hops,
		uint32_t n_hops)
{
	struct box *b = ctx;

	(void)hops;
	for (uint32_t i = 0; i < n; i++)
		CU_ASSERT_FATAL(r[i].first_hop + r[i].n_hops <= n_hops);
	b->n_calls++;
}

/* An interface of the root, and a neighbour that is Full. */
static void
root_if(struct box *b, const struct topo *t, uint32_t i)
{
	const struct link *l = &t->links[i];
	bool lan = l->b >= t->n_routers;
	struct ospf_if_cfg c = { .user = i + 1, .type = lan ? OSPF_IF_BROADCAST : OSPF_IF_P2P,
		.mtu = 1500, .cost = 1, .hello_ms = 10000, .dead_ms = 40000, .rxmt_ms = 5000,
		.transmit_delay_s = 1 };
	struct ospf_if *ifp;

	snprintf(c.name, sizeof(c.name), "if%u", i + 1);
	c.addr.addr = lan ? lan_addr(l->b - t->n_routers, 0) : p2p_addr(i, l->b == 0);
	c.addr.len = lan ? 16 : 30;
	ifp = ospf_if_set(b->o, &c, true, 1000);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ifp);
	if (!lan)
		ospf_nbr_new(ifp, rid(l->a == 0 ? l->b : l->a), p2p_addr(i, l->a == 0))->state =
				OSPF_NBR_FULL;
	b->area = ifp->area;
}

static void
box_start(struct box *b, const struct topo *t)
{
	static const struct ospf_ops ops = { .send = on_send, .wall_s = on_wall, .log = on_log };
	struct ospf_calc_out out = { .routes = on_routes, .ctx = b };
	struct ospf_cfg cfg = { .router_id = rid(0), .lsa_hold_ms = 50, .lsa_max_ms = 5000,
		.lsa_arrival_ms = 1000 };

	memset(b, 0, sizeof(*b));
	b->o = ospf_new(&ops, 1, 1000);
	b->c = ospf_calc_new(b->o, &out);
	CU_ASSERT_FATAL(b->o != NULL && b->c != NULL);
	CU_ASSERT_EQUAL_FATAL(ospf_set(b->o, &cfg, 1000), 0);
	for (uint32_t i = 0; i < t->n_links; i++)
		if (t->links[i].a == 0 || t->links[i].b == 0)
			root_if(b, t, i);
}

static void
box_fill(struct box *b, const struct topo *t)
{
	for (uint32_t i = 0; i < t->n_routers; i++)
		router_lsa(b, t, i, 0, 0);
	for (uint32_t l = 0; l < t->n_lans; l++)
		network_lsa(b, t, l);
}

static void
box_stop(struct box *b)
{
	ospf_calc_free(b->c);
	ospf_free(b->o);
}

static const struct ospf_route *
route_find(const struct box *b, uint32_t addr, uint8_t len)
{
	uint32_t n, lo = 0, hi;
	const struct ospf_route *r = ospf_calc_routes(b->c, &n);

	for (hi = n; lo < hi;) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (r[mid].prefix.addr < addr || (r[mid].prefix.addr == addr &&
							 r[mid].prefix.len < len))
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < n && r[lo].prefix.addr == addr && r[lo].prefix.len == len ? &r[lo] : NULL;
}

static bool
hops_equal(const struct box *b, const struct ospf_route *r, const struct spf_hops *s)
{
	const struct spf_hop *h = ospf_calc_hops(b->c) + r->first_hop;
	uint32_t found = 0;

	for (uint32_t i = 0; i < s->n; i++)
		for (uint32_t k = 0; k < r->n_hops; k++)
			found += h[k].user == s->h[i].user && h[k].gw == s->h[i].gw;
	return found == s->n && r->n_hops == s->n;
}

/* How many routes are not as the oracle has them. */
static uint32_t
compare(const struct box *b, const struct topo *t, const struct oracle *o)
{
	uint32_t wrong = 0, n_expected = 0, n;

	for (uint32_t i = 0; i < t->n_routers; i++) {
		const struct ospf_route *r = route_find(b, LOOPBACK + i, 32);
		struct spf_hops s = { .n = 0 };

		n_expected += o->dist[i] != FAR;
		if (o->dist[i] == FAR) {
			wrong += r != NULL;
			continue;
		}
		oracle_hops(o, i, o->dist[i], &s);
		wrong += r == NULL || r->metric != o->dist[i] || r->kind != OSPF_ROUTE_INTRA ||
			 (i != 0 && !hops_equal(b, r, &s));
	}
	for (uint32_t k = 0; k < t->n_links; k++) {
		const struct link *l = &t->links[k];
		uint32_t da = o->dist[l->a], db = l->b < t->n_routers ? o->dist[l->b] : FAR;
		uint32_t ca = da != FAR ? da + l->cost_ab : FAR,
				cb = db != FAR ? db + l->cost_ba : FAR;
		const struct ospf_route *r;
		struct spf_hops s = { .n = 0 };

		if (l->b >= t->n_routers)
			continue;
		r = route_find(b, P2P_NET + k * 4, 30);
		n_expected += ca != FAR || cb != FAR;
		if (ca == FAR && cb == FAR) {
			wrong += r != NULL;
			continue;
		}
		if (ca <= cb && l->a != 0)
			oracle_hops(o, l->a, da, &s);
		if (cb <= ca && l->b != 0)
			oracle_hops(o, l->b, db, &s);
		wrong += r == NULL || r->metric != (ca < cb ? ca : cb);
		if (r != NULL && l->a != 0 && l->b != 0)
			wrong += !hops_equal(b, r, &s);
	}
	for (uint32_t l = 0; l < t->n_lans; l++) {
		const struct ospf_route *r = route_find(b, LAN_NET + (l << 16), 16);
		uint32_t d = o->dist[t->n_routers + l];
		struct spf_hops s = { .n = 0 };

		n_expected += d != FAR;
		if (d != FAR && r != NULL && !r->direct)
			oracle_hops(o, t->n_routers + l, d, &s);
		wrong += d == FAR ? r != NULL : r == NULL || r->metric != d;
		wrong += r != NULL && !r->direct && !hops_equal(b, r, &s);
	}
	ospf_calc_routes(b->c, &n);
	return wrong + (n != n_expected);
}

/* ---- cases -------------------------------------------------------------------------------- */

static void
check_random(uint64_t seed, uint32_t n, uint32_t degree, uint32_t n_lans, uint32_t max_cost)
{
	struct topo t = topo_new(seed, n, degree, n_lans, max_cost);
	struct oracle o = oracle_new(&t);
	struct box b;

	box_start(&b, &t);
	box_fill(&b, &t);
	ospf_calc_now(b.c);
	if (compare(&b, &t, &o) != 0)
		printf("seed %llu: %u routers, %u LANs\n", (unsigned long long)seed, n, n_lans);
	CU_ASSERT_EQUAL(compare(&b, &t, &o), 0);
	box_stop(&b);
	oracle_free(&o);
	topo_free(&t);
}

static void
test_small(void)
{
	for (uint64_t seed = 1; seed <= 60; seed++)
		check_random(seed, 3 + (uint32_t)seed % 20, 3, 0, seed % 3 == 0 ? 1 : 10);
}

static void
test_lans(void)
{
	for (uint64_t seed = 1; seed <= 60; seed++)
		check_random(seed, 8 + (uint32_t)seed % 20, 3, 1 + (uint32_t)seed % 6,
				seed % 3 == 0 ? 2 : 10);
}

static void
test_thousand(void)
{
	check_random(7, 1000, 5, 100, 20);
	check_random(8, 1000, 5, 0, 3);
}

static void
test_ten_thousand(void)
{
	check_random(9, 10000, 5, 200, 100);
}

/* One link after the other changes, or breaks in one direction: what is kept up to date LSA by LSA
 * is the same as what is made anew. */
static void
test_changes(void)
{
	struct topo t = topo_new(3, 60, 4, 5, 10);
	struct ospf_calc_stats st;
	struct box b;
	uint64_t n_spf;

	box_start(&b, &t);
	box_fill(&b, &t);
	ospf_calc_now(b.c);
	for (uint32_t round = 0; round < 40; round++) {
		struct link *l = &t.links[rnd(&t, t.n_links)];
		struct oracle o;

		l->cost_ab = (uint16_t)(1 + rnd(&t, 30));
		router_lsa(&b, &t, l->a, 0, 0);
		ospf_calc_now(b.c);
		o = oracle_new(&t);
		CU_ASSERT_EQUAL(compare(&b, &t, &o), 0);
		oracle_free(&o);
	}
	/* A stub's cost, and that of an external, cost no Dijkstra; a refresh nothing at all. */
	ospf_calc_stats(b.c, &st);
	n_spf = st.n_spf;
	router_lsa(&b, &t, 30, 0, 99);
	ospf_calc_now(b.c);
	CU_ASSERT(route_find(&b, LOOPBACK + 30, 32)->metric >= 99);
	external_lsa(&b, 30, 0x08000000,
			&(struct ospf_external){ .mask = 0xff000000, .metric = 5 });
	ospf_calc_now(b.c);
	ospf_calc_stats(b.c, &st);
	CU_ASSERT_EQUAL(st.n_spf, n_spf);
	CU_ASSERT_EQUAL(st.n_partial, 2);
	CU_ASSERT_FALSE(st.pending);
	router_lsa(&b, &t, 30, 0, 99);
	ospf_calc_stats(b.c, &st);
	CU_ASSERT_FALSE(st.pending);
	box_stop(&b);
	topo_free(&t);
}

/* A link that only one end tells of is none (section 16.1 (2) (b)). */
static void
test_one_way(void)
{
	struct topo t = { .n_routers = 3 }, cut;
	struct oracle o;
	struct box b;

	link_add(&t, 0, 1, 1);
	link_add(&t, 1, 2, 1);
	topo_index(&t);
	cut = (struct topo){ .n_routers = 3 };
	link_add(&cut, 0, 1, 1);
	topo_index(&cut);
	box_start(&b, &t);
	box_fill(&b, &t);
	router_lsa(&b, &cut, 2, 0, 0);
	ospf_calc_now(b.c);
	CU_ASSERT_PTR_NULL(route_find(&b, LOOPBACK + 2, 32));
	CU_ASSERT_PTR_NOT_NULL(route_find(&b, P2P_NET + 4, 30)); /* as a stub of router 1 */
	router_lsa(&b, &t, 2, 0, 0);
	ospf_calc_now(b.c);
	o = oracle_new(&t);
	CU_ASSERT_EQUAL(compare(&b, &t, &o), 0);
	oracle_free(&o);
	box_stop(&b);
	topo_free(&t);
	topo_free(&cut);
}

/* Networks of another area, told by several border routers; externals of several ASBRs. */
static void
test_inter_and_external(void)
{
	struct topo t = topo_new(21, 120, 4, 6, 9);
	struct oracle o = oracle_new(&t);
	uint32_t metric[10][200], n_nets = 200;
	struct box b;
	uint32_t wrong = 0;

	box_start(&b, &t);
	box_fill(&b, &t);
	for (uint32_t k = 0; k < 10; k++) { /* routers 10, 20 ... are border routers and ASBRs */
		router_lsa(&b, &t, 10 * (k + 1), OSPF_RLSA_B | OSPF_RLSA_E, 0);
		for (uint32_t i = 0; i < n_nets; i++) {
			struct ospf_external x = { .mask = 0xffffff00, .type2 = i % 2 == 0,
				.tag = k };

			metric[k][i] = rnd(&t, 4) == 0 ? OSPF_LS_INFINITY : 1 + rnd(&t, 30);
			summary_lsa(&b, 10 * (k + 1), 0x0b000000 + (i << 8), metric[k][i]);
			x.metric = metric[k][i];
			external_lsa(&b, 10 * (k + 1), 0x0c000000 + (i << 8), &x);
		}
	}
	ospf_calc_now(b.c);
	for (uint32_t i = 0; i < n_nets; i++) {
		const struct ospf_route *in = route_find(&b, 0x0b000000 + (i << 8), 24);
		const struct ospf_route *ex = route_find(&b, 0x0c000000 + (i << 8), 24);
		struct spf_hops si = { .n = 0 }, sx = { .n = 0 };
		uint32_t best = FAR, best2 = FAR, near2 = FAR;

		for (uint32_t k = 0; k < 10; k++) {
			uint32_t d = o.dist[10 * (k + 1)], m = metric[k][i];

			if (m == OSPF_LS_INFINITY)
				continue;
			best = d + m < best ? d + m : best;
			if (m < best2 || (m == best2 && d < near2))
				near2 = d;
			best2 = m < best2 ? m : best2;
		}
		for (uint32_t k = 0; k < 10; k++) {
			uint32_t at = 10 * (k + 1), d = o.dist[at], m = metric[k][i];

			if (m != OSPF_LS_INFINITY && d + m == best)
				oracle_hops(&o, at, d, &si);
			if (i % 2 == 0 ? m == best2 && d == near2 : d + m == best)
				oracle_hops(&o, at, d, &sx);
		}
		if (best == FAR) {
			wrong += in != NULL || ex != NULL;
			continue;
		}
		wrong += in == NULL || in->kind != OSPF_ROUTE_INTER || in->metric != best ||
			 !hops_equal(&b, in, &si);
		wrong += ex == NULL || ex->kind != (i % 2 == 0 ? OSPF_ROUTE_E2 : OSPF_ROUTE_E1) ||
			 ex->metric != (i % 2 == 0 ? best2 : best) || !hops_equal(&b, ex, &sx);
	}
	CU_ASSERT_EQUAL(wrong, 0);
	/* Without the B bit a summary does not count, without E neither does an external. */
	for (uint32_t k = 0; k < 10; k++)
		router_lsa(&b, &t, 10 * (k + 1), 0, 0);
	ospf_calc_now(b.c);
	CU_ASSERT_PTR_NULL(route_find(&b, 0x0b000000 + (1 << 8), 24));
	CU_ASSERT_PTR_NULL(route_find(&b, 0x0c000000 + (1 << 8), 24));
	box_stop(&b);
	oracle_free(&o);
	topo_free(&t);
}

/* An external with a forwarding address is reached as that address is (section 16.4 (3)). */
static void
test_forwarding(void)
{
	struct topo t = topo_new(5, 20, 3, 0, 5);
	struct ospf_external x = { .mask = 0xff000000, .metric = 7, .forward = LOOPBACK + 12 };
	const struct ospf_route *r, *to;
	struct box b;

	box_start(&b, &t);
	box_fill(&b, &t);
	router_lsa(&b, &t, 3, OSPF_RLSA_E, 0);
	external_lsa(&b, 3, 0x08000000, &x);
	x.forward = 0x7b000001; /* no way there */
	external_lsa(&b, 3, 0x09000000, &x);
	ospf_calc_now(b.c);
	r = route_find(&b, 0x08000000, 8);
	to = route_find(&b, LOOPBACK + 12, 32);
	CU_ASSERT_FATAL(r != NULL && to != NULL);
	CU_ASSERT_EQUAL(r->metric, to->metric + 7);
	CU_ASSERT_EQUAL(r->n_hops, to->n_hops);
	CU_ASSERT_EQUAL(memcmp(ospf_calc_hops(b.c) + r->first_hop, ospf_calc_hops(b.c) +
			to->first_hop, r->n_hops * sizeof(struct spf_hop)), 0);
	CU_ASSERT_PTR_NULL(route_find(&b, 0x09000000, 8));
	box_stop(&b);
	topo_free(&t);
}

/* LSAs that are well-formed but make no sense: from random routers, with random links, masks and
 * forwarding addresses, come, change and go. Nothing to compare: it must end, and hold together. */
static void
test_nonsense(void)
{
	static const uint8_t types[] = { OSPF_LSA_ROUTER, OSPF_LSA_NETWORK, OSPF_LSA_SUMMARY,
		OSPF_LSA_ASBR_SUMMARY, OSPF_LSA_EXTERNAL, OSPF_LSA_ROUTER };
	struct topo t = topo_new(11, 12, 4, 3, 4);
	struct box b;

	box_start(&b, &t);
	box_fill(&b, &t);
	for (uint32_t round = 0; round < 4000; round++) {
		uint8_t body[4 + 12 * 12], type = types[rnd(&t, sizeof(types))];
		uint32_t from = 1 + rnd(&t, 14), id = rid(from);
		bool as = type == OSPF_LSA_EXTERNAL;
		struct wr w = wr_init(body, sizeof(body));
		uint16_t n = (uint16_t)(1 + rnd(&t, 12));

		if (type == OSPF_LSA_ROUTER) {
			wr_u8(&w, (uint8_t)rnd(&t, 8));
			wr_u8(&w, 0);
			wr_be16(&w, n);
			for (uint32_t i = 0; i < n; i++)
				link_write(&w, rnd(&t, 3) == 0 ? lan_addr(rnd(&t, 3), rnd(&t, 14))
							       : rid(rnd(&t, 14)),
						rnd(&t, 2) == 0 ? 0xffffff00 :
						p2p_addr(rnd(&t, 30), false),
						OSPF_LINK_P2P, (uint16_t)(rnd(&t, 3) * 0x7fff));
			for (uint32_t i = 0; i < n; i++)
				body[4 + 12 * i + 8] = (uint8_t)(1 + rnd(&t, 5));
			for (uint32_t i = 0; i < n; i++)
				if (body[4 + 12 * i + 8] == OSPF_LINK_STUB)
					memset(body + 4 + 12 * i + 4, 0xff, 4);
		} else {
			wr_be32(&w,
					type == OSPF_LSA_ASBR_SUMMARY ? 0 :
					ip4_mask((uint8_t)rnd(&t, 33)));
			wr_be32(&w, type == OSPF_LSA_NETWORK ? rid(rnd(&t, 14))
							     :
							     rnd(&t, 2) << 31 |
							     		rnd(&t, 3) * 0x7fffff);
			if (as) {
				wr_be32(&w, rnd(&t, 2) == 0 ? 0 : LOOPBACK + rnd(&t, 14));
				wr_be32(&w, round);
			}
			id = type == OSPF_LSA_NETWORK ? lan_addr(rnd(&t, 3), rnd(&t, 14))
						      : LOOPBACK + rnd(&t, 40);
		}
		if (as)
			type = OSPF_LSA_EXTERNAL;
		install(as ? &b.o->as_db : &b.area->lsdb, type, id, rid(from), body, w.len);
		if (rnd(&t, 4) == 0) {
			struct ospf_lsa *lsa =
					ospf_lsdb_find(as ? &b.o->as_db : &b.area->lsdb, type, id,
					rid(from));

			ospf_lsa_expire(lsa);
			if (rnd(&t, 2) == 0)
				ospf_lsdb_remove(lsa);
		}
		if (rnd(&t, 8) == 0)
			ospf_calc_now(b.c);
	}
	ospf_calc_now(b.c);
	box_stop(&b);
	topo_free(&t);
}

/* The wait grows while changes go on, and is short again after a quiet time. */
static void
test_throttle(void)
{
	struct topo t = topo_new(3, 10, 3, 0, 10);
	struct ospf_calc_cfg cfg;
	uint64_t now = 100000, first_gap = 0, last_gap = 0, at = 0;
	uint32_t calls;
	struct box b;

	box_start(&b, &t);
	box_fill(&b, &t);
	ospf_calc_cfg_defaults(&cfg);
	cfg.spf_max_ms = 1000;
	ospf_calc_set(b.c, &cfg);
	ospf_tick(b.o, now);
	for (int i = 0; i < 3; i++) { /* what the start has left behind is done, then it is quiet */
		now += 10000;
		ospf_tick(b.o, now);
	}
	calls = b.n_calls;
	for (uint64_t end = now + 6000; now < end; now += 5) {
		t.links[1].cost_ab = (uint16_t)(1 + now / 5 % 50);
		ospf_tick(b.o, now);
		router_lsa(&b, &t, 1, 0, 0);
		if (b.n_calls != calls) {
			if (at != 0 && first_gap == 0)
				first_gap = now - at;
			last_gap = at != 0 ? now - at : 0;
			at = now;
			calls = b.n_calls;
		}
	}
	CU_ASSERT(first_gap >= 45 && first_gap <= 65);
	CU_ASSERT(last_gap >= 990 && last_gap <= 1020);
	for (int i = 0; i < 3; i++) {
		now += 10000;
		ospf_tick(b.o, now);
	}
	calls = b.n_calls;
	t.links[1].cost_ab = 77;
	router_lsa(&b, &t, 1, 0, 0);
	ospf_tick(b.o, now + 2);
	CU_ASSERT_EQUAL(b.n_calls, calls + 1);
	CU_ASSERT_STRING_EQUAL(ospf_calc_log(b.c, 0)->trigger, "router 1.0.0.2 of 1.0.0.2");
	CU_ASSERT_EQUAL(ospf_calc_log(b.c, 0)->n_areas, 1);
	box_stop(&b);
	topo_free(&t);
}

static const struct cu_case cases[] = {
	CU_CASE(test_small),
	CU_CASE(test_lans),
	CU_CASE(test_one_way),
	CU_CASE(test_changes),
	CU_CASE(test_inter_and_external),
	CU_CASE(test_forwarding),
	CU_CASE(test_nonsense),
	CU_CASE(test_throttle),
	CU_CASE(test_thousand),
	CU_CASE(test_ten_thousand),
};

CU_MAIN("spf", cases)
