/* SPDX-License-Identifier: BSD-3-Clause */
/* See spf_box.h. */
#include "tests/unit/spf_box.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What it is made of is there, and right; benchmarks, which CUnit knows nothing of, use it, too. */
static void
must(bool there)
{
	if (!there)
		abort();
}

/* ---- LSAs --------------------------------------------------------------------------------- */

void
box_install(struct ospf_lsdb *db, uint8_t type, uint32_t id, uint32_t adv, const uint8_t *body,
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
	must(ospf_lsa_check(lsa, h.len) == NULL);
	must(ospf_lsdb_install(db, &h, lsa, true) != NULL);
}

void
box_link_write(struct wr *w, uint32_t id, uint32_t data, uint8_t type, uint16_t metric)
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

void
box_router_lsa(struct box *b, const struct topo *t, uint32_t i, uint8_t flags, uint16_t loopback)
{
	static uint8_t body[OSPF_LSA_MAX_LEN - OSPF_LSA_HDR_LEN];
	struct wr w = wr_init(body, sizeof(body));
	uint16_t n = 1;

	wr_u8(&w, flags);
	wr_u8(&w, 0);
	wr_be16(&w, 0);
	box_link_write(&w, LOOPBACK + i, 0xffffffff, OSPF_LINK_STUB, loopback);
	for (uint32_t e = t->first[i]; e != FAR; e = t->next[e]) {
		const struct link *l = &t->links[e / 2];
		uint16_t cost = e % 2 == 0 ? l->cost_ab : l->cost_ba;

		if (l->b >= t->n_routers) {
			uint32_t lan = l->b - t->n_routers;

			box_link_write(&w, topo_lan_addr(lan, lan_dr(t, lan)),
					topo_lan_addr(lan, i),
					OSPF_LINK_TRANSIT, cost);
			n++;
			continue;
		}
		box_link_write(&w, topo_rid(e % 2 == 0 ? l->b : l->a),
				topo_p2p_addr(e / 2, e % 2 != 0),
				OSPF_LINK_P2P, cost);
		box_link_write(&w, P2P_NET + e / 2 * 4, 0xfffffffc, OSPF_LINK_STUB, cost);
		n = (uint16_t)(n + 2);
	}
	body[2] = (uint8_t)(n >> 8);
	body[3] = (uint8_t)n;
	box_install(&b->area->lsdb, OSPF_LSA_ROUTER, topo_rid(i), topo_rid(i), body, w.len);
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
			wr_be32(&w, topo_rid(t->links[i].a));
	box_install(&b->area->lsdb, OSPF_LSA_NETWORK, topo_lan_addr(lan, dr), topo_rid(dr), body,
			w.len);
}

void
box_summary_lsa(struct box *b, uint32_t adv, uint32_t net, uint32_t metric)
{
	uint8_t body[OSPF_SUMMARY_BODY_LEN];
	struct ospf_summary s = { .mask = 0xffffff00, .metric = metric };

	ospf_summary_write(body, &s);
	box_install(&b->area->lsdb, OSPF_LSA_SUMMARY, net, topo_rid(adv), body, sizeof(body));
}

void
box_external_lsa(struct box *b, uint32_t adv, uint32_t net, const struct ospf_external *x)
{
	uint8_t body[OSPF_EXTERNAL_BODY_LEN];

	ospf_external_write(body, x);
	box_install(&b->o->as_db, OSPF_LSA_EXTERNAL, net, topo_rid(adv), body, sizeof(body));
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

static uint64_t
on_clock(void *ctx)
{
	struct timespec ts;

	(void)ctx;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void
on_routes(void *ctx, const struct ospf_route *r, uint32_t n, const struct spf_hop *hops,
		uint32_t n_hops)
{
	struct box *b = ctx;

	(void)hops;
	for (uint32_t i = 0; i < n; i++)
		must(r[i].first_hop + r[i].n_hops <= n_hops);
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
	c.addr.addr = lan ? topo_lan_addr(l->b - t->n_routers, 0) : topo_p2p_addr(i, l->b == 0);
	c.addr.len = lan ? 16 : 30;
	ifp = ospf_if_set(b->o, &c, true, 1000);
	must(ifp != NULL);
	if (!lan)
		ospf_nbr_new(ifp, topo_rid(l->a == 0 ? l->b : l->a),
				topo_p2p_addr(i, l->a == 0))->state = OSPF_NBR_FULL;
	b->area = ifp->area;
}

void
box_start(struct box *b, const struct topo *t)
{
	static const struct ospf_ops ops = { .send = on_send, .wall_s = on_wall, .log = on_log };
	struct ospf_calc_out out = { .routes = on_routes, .clock_us = on_clock, .ctx = b };
	struct ospf_cfg cfg = { .router_id = topo_rid(0), .lsa_hold_ms = 50, .lsa_max_ms = 5000,
		.lsa_arrival_ms = 1000 };

	memset(b, 0, sizeof(*b));
	b->o = ospf_new(&ops, 1, 1000);
	b->c = ospf_calc_new(b->o, &out);
	must(b->o != NULL && b->c != NULL && ospf_set(b->o, &cfg, 1000) == 0);
	for (uint32_t i = 0; i < t->n_links; i++)
		if (t->links[i].a == 0 || t->links[i].b == 0)
			root_if(b, t, i);
}

void
box_fill(struct box *b, const struct topo *t)
{
	for (uint32_t i = 0; i < t->n_routers; i++)
		box_router_lsa(b, t, i, 0, 0);
	for (uint32_t l = 0; l < t->n_lans; l++)
		network_lsa(b, t, l);
}

void
box_stop(struct box *b)
{
	ospf_calc_free(b->c);
	ospf_free(b->o);
}

const struct ospf_route *
box_route(const struct box *b, uint32_t addr, uint8_t len)
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

bool
box_hops_equal(const struct box *b, const struct ospf_route *r, const struct spf_hops *s)
{
	const struct spf_hop *h = ospf_calc_hops(b->c) + r->first_hop;
	uint32_t found = 0;

	for (uint32_t i = 0; i < s->n; i++)
		for (uint32_t k = 0; k < r->n_hops; k++)
			found += h[k].user == s->h[i].user && h[k].gw == s->h[i].gw;
	return found == s->n && r->n_hops == s->n;
}

/* How many routes are not as the oracle has them. */
uint32_t
box_compare(const struct box *b, const struct topo *t, const struct oracle *o)
{
	uint32_t wrong = 0, n_expected = 0, n;

	for (uint32_t i = 0; i < t->n_routers; i++) {
		const struct ospf_route *r = box_route(b, LOOPBACK + i, 32);
		struct spf_hops s = { .n = 0 };

		n_expected += o->dist[i] != FAR;
		if (o->dist[i] == FAR) {
			wrong += r != NULL;
			continue;
		}
		oracle_hops(o, i, o->dist[i], &s);
		wrong += r == NULL || r->metric != o->dist[i] || r->kind != OSPF_ROUTE_INTRA ||
			 (i != 0 && !box_hops_equal(b, r, &s));
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
		r = box_route(b, P2P_NET + k * 4, 30);
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
			wrong += !box_hops_equal(b, r, &s);
	}
	for (uint32_t l = 0; l < t->n_lans; l++) {
		const struct ospf_route *r = box_route(b, LAN_NET + (l << 16), 16);
		uint32_t d = o->dist[t->n_routers + l];
		struct spf_hops s = { .n = 0 };

		n_expected += d != FAR;
		if (d != FAR && r != NULL && !r->direct)
			oracle_hops(o, t->n_routers + l, d, &s);
		wrong += d == FAR ? r != NULL : r == NULL || r->metric != d;
		wrong += r != NULL && !r->direct && !box_hops_equal(b, r, &s);
	}
	ospf_calc_routes(b->c, &n);
	return wrong + (n != n_expected);
}
