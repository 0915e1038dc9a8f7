/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Changes of a routing protocol's routes in a RIB: patched again and again, it must be what one is
 * that was computed from the beginning; and only what differs is named as changed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/rib/rib.h"
#include "tests/unit/cu.h"

#define LINKS_MAX   8
#define STATICS_MAX 12
#define DYNS_MAX    200

static uint64_t seed;

static uint32_t
rnd(uint32_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((seed >> 33) % below);
}

struct box {
	struct rib_link links[LINKS_MAX];
	struct rib_static statics[STATICS_MAX];
	struct rib_dyn dyns[DYNS_MAX];
	struct rib_hop hops[DYNS_MAX * 4];
	struct rib_input in;
};

static struct ip4_prefix
prefix_of(uint32_t addr, uint8_t len)
{
	return (struct ip4_prefix){ .addr = addr & ip4_mask(len), .len = len };
}

static void
link_make(struct box *b, const char *name, uint32_t addr, uint8_t len)
{
	struct rib_link *l = &b->links[b->in.n_links++];

	strcpy(l->name, name);
	l->id = b->in.n_links;
	l->up = rnd(8) != 0;
	l->addrs[l->n_addrs++] = (struct ip4_prefix){ addr, len };
}

/* Two interfaces; tunnels, some protected or down, one with members; all kinds of static routes. */
static void
box_make(struct box *b)
{
	static const char *const tracks[] = { NULL, "isp-a", "isp-b" };

	memset(b, 0, sizeof(*b));
	link_make(b, "lan", 0xc0a80a01, 24);
	b->links[0].up = true;
	link_make(b, "wan", 0x01010102, 24);
	b->links[1].up = true;
	for (uint32_t i = 2; i < LINKS_MAX; i++) {
		char name[8] = "tunnel0";

		name[6] = (char)('0' + i);
		link_make(b, name, 0x0aff0001 + (i << 8), 30);
		b->links[i].is_tunnel = true;
		b->links[i].source = 0x01010102;
		b->links[i].destination = 0x02020200 + i;
		b->links[i].is_protected = rnd(2) != 0;
		b->links[i].lost = rnd(6) == 0;
		b->links[i].is_multipoint = i == 7;
	}
	for (uint32_t i = 0; i < STATICS_MAX; i++) {
		struct rib_static *s = &b->statics[b->in.n_statics++];

		*s = (struct rib_static){ .prefix = prefix_of(0x0a000000 + (rnd(64) << 16), 16),
			.distance = (uint8_t)(rnd(2) != 0 ? 1 : 200), .link = RIB_NO_LINK,
			.null = rnd(6) == 0, .track = tracks[rnd(3)] };
		s->track_down = s->track != NULL && rnd(2) != 0;
		if (rnd(2) != 0)
			s->link = rnd(LINKS_MAX - 1);
		else
			s->next_hop = rnd(2) != 0 ? 0x01010101 : 0x0b000000 + (rnd(16) << 8) + 1;
	}
	b->statics[0] = (struct rib_static){ .distance = 1, .next_hop = 0x01010101,
		.link = RIB_NO_LINK };
}

static int
dyn_cmp(const void *pa, const void *pb)
{
	const struct rib_dyn *a = pa, *b = pb;

	if (a->prefix.addr != b->prefix.addr)
		return a->prefix.addr < b->prefix.addr ? -1 : 1;
	return (int)a->prefix.len - (int)b->prefix.len;
}

static void
dyn_make(struct box *b, struct rib_dyn *d, uint32_t i)
{
	*d = (struct rib_dyn){ .kind = (uint8_t)(RIB_OSPF_INTRA + rnd(4)), .distance = 110,
		.metric = 1 + rnd(3), .tag = rnd(2), .first_hop = i * 4, .n_hops = 1 + rnd(3) };
	switch (rnd(16)) {
	case 0: /* covers a gateway of static routes, or a far end */
		d->prefix = prefix_of(rnd(2) != 0 ? 0x0b000000 + (rnd(16) << 8) : 0x02020200, 24);
		break;
	case 1: /* a host on a connected subnet */
		d->prefix = prefix_of(0xc0a80a00 + rnd(8), 32);
		break;
	default: /* where static routes are, and elsewhere */
		d->prefix = prefix_of(0x0a000000 + (rnd(256) << 16), (uint8_t)(16 + rnd(2) * 8));
		break;
	}
	d->null = rnd(12) == 0;
	if (d->null)
		d->n_hops = 0;
	for (uint32_t k = 0; k < 4; k++) {
		uint32_t link = rnd(LINKS_MAX + 1); /* one is not there */

		b->hops[i * 4 + k] = (struct rib_hop){ .link = link,
			.gw = link == 0 ? 0xc0a80a64 + rnd(4) : link == 7 ? 0x0aff0302 : 0 };
	}
}

/* All is thrown, or some of it. */
static void
dyns_make(struct box *b, uint32_t n, uint32_t n_others)
{
	for (uint32_t i = 0; i < n; i++) {
		uint32_t at = b->dyns[i].first_hop / 4;

		if (n_others >= n || rnd(n) < n_others)
			dyn_make(b, &b->dyns[i], n_others >= n ? i : at);
	}
	qsort(b->dyns, n, sizeof(*b->dyns), dyn_cmp);
	/* A prefix comes once: the others go to the end, where they do not count. */
	b->in.n_dyns = 0;
	for (uint32_t i = 0; i < n; i++) {
		struct rib_dyn d = b->dyns[i];

		if (b->in.n_dyns > 0 && dyn_cmp(&b->dyns[b->in.n_dyns - 1], &d) == 0)
			continue;
		b->dyns[i] = b->dyns[b->in.n_dyns];
		b->dyns[b->in.n_dyns++] = d;
	}
	qsort(b->dyns, b->in.n_dyns, sizeof(*b->dyns), dyn_cmp);
}

static bool
same_fib(const struct rib_fib *a, const struct rib_fib *b)
{
	return a->prefix.addr == b->prefix.addr && a->prefix.len == b->prefix.len &&
	       a->ways == b->ways && a->n_nhs == b->n_nhs &&
	       memcmp(a->nhs, b->nhs, a->n_nhs * sizeof(*a->nhs)) == 0;
}

static bool
same_route(const struct rib_route *a, const struct rib_route *b)
{
	return a->prefix.addr == b->prefix.addr && a->prefix.len == b->prefix.len &&
	       a->proto == b->proto && a->kind == b->kind && a->distance == b->distance &&
	       a->metric == b->metric && a->tag == b->tag && a->installed == b->installed &&
	       strcmp(a->why, b->why) == 0 && a->n_vias == b->n_vias &&
	       memcmp(a->vias, b->vias, a->n_vias * sizeof(*a->vias)) == 0;
}

/* How many lines are others. */
static uint32_t
differences(const struct rib *a, const struct rib *b)
{
	uint32_t n, m, wrong;
	const struct rib_fib *fa = rib_fib(a, &n), *fb = rib_fib(b, &m);
	const struct rib_route *ra, *rb;

	wrong = n != m;
	for (uint32_t i = 0; i < n && i < m; i++)
		wrong += !same_fib(&fa[i], &fb[i]);
	ra = rib_routes(a, &n);
	rb = rib_routes(b, &m);
	wrong += n != m;
	for (uint32_t i = 0; i < n && i < m; i++)
		wrong += !same_route(&ra[i], &rb[i]);
	for (uint32_t i = 2; i < LINKS_MAX; i++)
		wrong += memcmp(rib_underlay(a, i), rib_underlay(b, i),
					 sizeof(struct rib_underlay)) != 0;
	return wrong;
}

static bool
in_changes(const struct rib_changes *x, const struct ip4_prefix *p)
{
	for (uint32_t i = 0; i < x->n; i++)
		if (x->prefixes[i].addr == p->addr && x->prefixes[i].len == p->len)
			return true;
	return false;
}

/* Lines of the one that are not in the other, and are not said to have changed. */
static uint32_t
untold(const struct rib *a, const struct rib *b, const struct rib_changes *x)
{
	uint32_t n, wrong = 0;
	const struct rib_fib *f = rib_fib(a, &n);

	for (uint32_t i = 0; i < n; i++) {
		const struct rib_fib *g = rib_find(b, &f[i].prefix);

		wrong += (g == NULL || !same_fib(&f[i], g)) && !in_changes(x, &f[i].prefix);
	}
	return wrong;
}

static void
test_as_if_new(void)
{
	static struct box b;
	uint32_t n_patched = 0, n_again = 0;

	for (uint32_t world = 0; world < 60; world++) {
		struct rib *r = rib_new();

		seed = world * 7919 + 1;
		box_make(&b);
		b.in = (struct rib_input){ .links = b.links, .statics = b.statics, .dyns = b.dyns,
			.hops = b.hops, .n_links = LINKS_MAX, .n_statics = STATICS_MAX };
		dyns_make(&b, 80, 80);
		CU_ASSERT_EQUAL_FATAL(rib_update(r, &b.in, 0), 0);
		for (uint32_t round = 0; round < 40; round++) {
			struct rib *want = rib_new(), *was = rib_new();
			struct rib_changes x;
			int err;

			/* Held until now, and no more afterwards. */
			for (uint32_t i = 0; i < LINKS_MAX; i++)
				b.links[i].held = round % 2 != 0 && rnd(2) != 0;
			CU_ASSERT_EQUAL_FATAL(rib_update(was, &b.in, 0), 0);
			if (round % 2 != 0)
				CU_ASSERT_EQUAL_FATAL(rib_update(r, &b.in, 0), 0);
			for (uint32_t i = 0; i < LINKS_MAX; i++)
				b.links[i].held = false;
			dyns_make(&b, 80, round % 4 == 0 ? 40 : round % 4);
			CU_ASSERT_EQUAL_FATAL(rib_update(want, &b.in, 0), 0);
			err = rib_patch(r, b.dyns, b.in.n_dyns, b.hops, 0, &x);
			if (err == 0) {
				n_patched++;
				CU_ASSERT_EQUAL(differences(r, want), 0);
				CU_ASSERT_EQUAL(untold(was, want, &x), 0);
				CU_ASSERT_EQUAL(untold(want, was, &x), 0);
			} else {
				n_again++;
				CU_ASSERT_EQUAL(err, -EAGAIN);
				CU_ASSERT_EQUAL(differences(r, was), 0);
				CU_ASSERT_EQUAL_FATAL(rib_update(r, &b.in, 0), 0);
			}
			free(x.prefixes);
			rib_free(want);
			rib_free(was);
		}
		rib_free(r);
	}
	CU_ASSERT(n_patched > 500);
	CU_ASSERT(n_again > 100);
}

/* A gateway far from what changes is found where it has moved to. */
static void
test_gateways_move(void)
{
	struct rib_link links[] = { { .name = "lan", .up = true, .n_addrs = 1,
		.addrs = { { 0xc0a80a01, 24 } } } };
	struct rib_static statics[] = {
		{ .prefix = { 0x0b000000, 24 }, .distance = 1, .link = 0, .next_hop = 0xc0a80a05 },
		{ .prefix = { 0x0c000000, 8 }, .distance = 1, .next_hop = 0x0b000001,
			.link = RIB_NO_LINK } };
	struct rib_hop hop = { .link = 0, .gw = 0xc0a80a02 };
	struct rib_dyn dyns[3] = { { .prefix = { 0x0a000000, 16 } },
		{ .prefix = { 0x0a010000, 16 } }, { .prefix = { 0x0d000000, 8 } } };
	struct rib_input in = { .links = links, .statics = statics, .hops = &hop, .n_links = 1,
		.n_statics = 2 };
	struct rib *r = rib_new();
	const struct rib_fib *f;
	struct rib_changes x;

	for (int i = 0; i < 3; i++) {
		dyns[i].kind = RIB_OSPF_INTRA;
		dyns[i].distance = 110;
		dyns[i].n_hops = 1;
	}
	CU_ASSERT_EQUAL_FATAL(rib_update(r, &in, 5), 0);
	CU_ASSERT_EQUAL(rib_patch(r, dyns, 3, &hop, 9, &x), 0);
	CU_ASSERT_EQUAL(x.n, 3);
	free(x.prefixes);
	f = rib_lookup(r, 0x0c000001);
	CU_ASSERT_FATAL(f != NULL && f->n_nhs == 1);
	CU_ASSERT_EQUAL(f->nhs[0].gw, 0xc0a80a05);
	/* The same once more: nothing. One less: one, and the ages of all others stay. */
	CU_ASSERT_EQUAL(rib_patch(r, dyns, 3, &hop, 20, &x), 0);
	CU_ASSERT_EQUAL(x.n, 0);
	CU_ASSERT_EQUAL(rib_patch(r, dyns + 1, 2, &hop, 30, &x), 0);
	CU_ASSERT_EQUAL_FATAL(x.n, 1);
	CU_ASSERT_EQUAL(x.prefixes[0].addr, 0x0a000000);
	free(x.prefixes);
	for (uint32_t i = 0, n; i < 2; i++) {
		const struct rib_route *o = rib_routes(r, &n);

		while (o->prefix.addr != dyns[1 + i].prefix.addr)
			o++;
		CU_ASSERT_EQUAL(o->since_s, 9);
	}
	/* Through what the gateway is found: everything is to be looked at. */
	dyns[2].prefix = (struct ip4_prefix){ 0x0b000000, 25 };
	dyns[1].prefix = (struct ip4_prefix){ 0x0a000000, 16 };
	CU_ASSERT_EQUAL(rib_patch(r, dyns + 1, 2, &hop, 40, &x), -EAGAIN);
	CU_ASSERT_EQUAL(x.n, 0);
	rib_free(r);
}

static const struct cu_case cases[] = {
	CU_CASE(test_as_if_new),
	CU_CASE(test_gateways_move),
};

CU_MAIN("rib_patch", cases)
