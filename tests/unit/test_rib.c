/* SPDX-License-Identifier: BSD-3-Clause */
/* The RIB: which routes are used, through which next hops, and why others are not. */
#include <string.h>

#include "controlplane/rib/rib.h"
#include "tests/unit/cu.h"

#define MAX 16

/* A small box under construction. */
struct box {
	struct rib *rib;
	struct rib_link links[MAX];
	struct rib_static statics[MAX];
	struct rib_dyn dyns[MAX];
	struct rib_hop hops[MAX];
	uint32_t n_links, n_statics, n_dyns, n_hops;
	uint64_t now_s;
};

static struct ip4_prefix
pfx(const char *s)
{
	struct ip4_prefix p = { 0, 0 };

	CU_ASSERT_EQUAL_FATAL(ip4_prefix_parse(s, &p), 0);
	return p;
}

static uint32_t
ip(const char *s)
{
	uint32_t a = 0;

	CU_ASSERT_EQUAL_FATAL(ip4_parse(s, &a), 0);
	return a;
}

static uint32_t
link_add(struct box *b, const char *name, const char *addr)
{
	struct rib_link *l = &b->links[b->n_links];

	strcpy(l->name, name);
	l->id = 100 + b->n_links;
	l->up = true;
	if (addr != NULL)
		l->addrs[l->n_addrs++] = pfx(addr);
	return b->n_links++;
}

static uint32_t
tun_add(struct box *b, const char *name, const char *src, const char *dst, const char *addr)
{
	uint32_t i = link_add(b, name, addr);

	b->links[i].is_tunnel = true;
	b->links[i].source = ip(src);
	b->links[i].destination = ip(dst);
	return i;
}

static struct rib_static *
route_add(struct box *b, const char *prefix, const char *via, uint32_t link)
{
	struct rib_static *s = &b->statics[b->n_statics++];

	*s = (struct rib_static){ .prefix = pfx(prefix), .distance = 1, .link = link };
	if (via != NULL)
		s->next_hop = ip(via);
	return s;
}

static void
update(struct box *b)
{
	struct rib_input in = { .links = b->links,
		.statics = b->statics,
		.n_links = b->n_links,
		.n_statics = b->n_statics,
		.dyns = b->dyns,
		.hops = b->hops,
		.n_dyns = b->n_dyns };

	CU_ASSERT_EQUAL_FATAL(rib_update(b->rib, &in, b->now_s), 0);
}

static void
start(struct box *b)
{
	memset(b, 0, sizeof(*b));
	b->rib = rib_new();
	CU_ASSERT_PTR_NOT_NULL_FATAL(b->rib);
	link_add(b, "wan", "1.1.1.2/24");
	link_add(b, "lan", "192.168.10.1/24");
}

static const struct rib_fib *
fib(struct box *b, const char *prefix)
{
	struct ip4_prefix p = pfx(prefix);
	uint32_t n;
	const struct rib_fib *f = rib_fib(b->rib, &n);

	for (uint32_t i = 0; i < n; i++)
		if (f[i].prefix.addr == p.addr && f[i].prefix.len == p.len)
			return &f[i];
	return NULL;
}

static const struct rib_route *
route(struct box *b, const char *prefix, uint8_t distance)
{
	struct ip4_prefix p = pfx(prefix);
	uint32_t n;
	const struct rib_route *r = rib_routes(b->rib, &n);

	for (uint32_t i = 0; i < n; i++)
		if (r[i].prefix.addr == p.addr && r[i].prefix.len == p.len &&
				r[i].distance == distance)
			return &r[i];
	return NULL;
}

static bool
goes(struct box *b, const char *prefix, enum rib_nh_kind kind, uint32_t link, const char *gw)
{
	const struct rib_fib *f = fib(b, prefix);

	if (f == NULL)
		return false;
	for (uint32_t i = 0; i < f->n_nhs; i++)
		if (f->nhs[i].kind == kind && f->nhs[i].link == link &&
				f->nhs[i].gw == (gw != NULL ? ip(gw) : 0))
			return true;
	return false;
}

static void
test_connected(void)
{
	struct box b;

	start(&b);
	link_add(&b, "lo", "9.9.9.9/32");
	update(&b);
	CU_ASSERT(goes(&b, "1.1.1.0/24", RIB_NH_GLEAN, 0, NULL));
	CU_ASSERT(goes(&b, "1.1.1.2/32", RIB_NH_LOCAL, RIB_NO_LINK, NULL));
	CU_ASSERT(goes(&b, "9.9.9.9/32", RIB_NH_LOCAL, RIB_NO_LINK, NULL));
	CU_ASSERT_EQUAL(rib_lookup(b.rib, ip("192.168.10.77"))->prefix.len, 24);
	CU_ASSERT_PTR_NULL(rib_lookup(b.rib, ip("8.8.8.8")));
	/* Link down: gone, and the table says why. */
	b.links[1].up = false;
	update(&b);
	CU_ASSERT_PTR_NULL(fib(&b, "192.168.10.0/24"));
	CU_ASSERT_PTR_NULL(fib(&b, "192.168.10.1/32"));
	CU_ASSERT_STRING_EQUAL(route(&b, "192.168.10.0/24", 0)->why, "interface lan is down");
	rib_free(b.rib);
}

static void
test_static(void)
{
	struct box b;
	struct rib_static *s;

	start(&b);
	route_add(&b, "0.0.0.0/0", "1.1.1.1", RIB_NO_LINK);
	route_add(&b, "10.0.0.0/8", "7.7.7.7", RIB_NO_LINK);
	s = route_add(&b, "10.9.0.0/16", NULL, RIB_NO_LINK);
	s->null = true;
	route_add(&b, "11.0.0.0/8", "192.168.10.1", RIB_NO_LINK);
	route_add(&b, "12.0.0.0/8", "10.9.1.1", RIB_NO_LINK);
	route_add(&b, "13.0.0.0/8", "5.5.5.5", 1); /* on-link, named interface */
	update(&b);
	CU_ASSERT(goes(&b, "0.0.0.0/0", RIB_NH_ADJ, 0, "1.1.1.1"));
	CU_ASSERT(goes(&b, "10.0.0.0/8", RIB_NH_ADJ, 0, "1.1.1.1")); /* recursive, by the default */
	CU_ASSERT(goes(&b, "10.9.0.0/16", RIB_NH_DROP, RIB_NO_LINK, NULL));
	CU_ASSERT(goes(&b, "13.0.0.0/8", RIB_NH_ADJ, 1, "5.5.5.5"));
	CU_ASSERT_FALSE(route(&b, "11.0.0.0/8", 1)->installed);
	CU_ASSERT_STRING_EQUAL(route(&b, "11.0.0.0/8", 1)->why,
			"next hop 192.168.10.1 is our own address");
	CU_ASSERT_STRING_EQUAL(route(&b, "12.0.0.0/8", 1)->why,
			"next hop 10.9.1.1 is covered by a null route");
	/* The interface of the default route goes down: all that leaned on it goes with it. */
	b.links[0].up = false;
	update(&b);
	CU_ASSERT_PTR_NULL(fib(&b, "0.0.0.0/0"));
	CU_ASSERT_PTR_NULL(fib(&b, "10.0.0.0/8"));
	CU_ASSERT_STRING_EQUAL(route(&b, "0.0.0.0/0", 1)->why, "no route to next hop 1.1.1.1");
	CU_ASSERT_PTR_NOT_NULL(fib(&b, "10.9.0.0/16"));
	rib_free(b.rib);
}

static void
test_distance_and_ecmp(void)
{
	struct box b;

	start(&b);
	route_add(&b, "10.0.0.0/8", "1.1.1.1", RIB_NO_LINK);
	route_add(&b, "10.0.0.0/8", "192.168.10.9", RIB_NO_LINK);
	route_add(&b, "10.0.0.0/8", "1.1.1.9", RIB_NO_LINK)->distance = 200;
	route_add(&b, "1.1.1.0/24", "192.168.10.9", RIB_NO_LINK);
	update(&b);
	CU_ASSERT_EQUAL(fib(&b, "10.0.0.0/8")->n_nhs, 2);
	CU_ASSERT(goes(&b, "10.0.0.0/8", RIB_NH_ADJ, 0, "1.1.1.1"));
	CU_ASSERT(goes(&b, "10.0.0.0/8", RIB_NH_ADJ, 1, "192.168.10.9"));
	CU_ASSERT_EQUAL(route(&b, "10.0.0.0/8", 1)->n_vias, 2);
	CU_ASSERT_FALSE(route(&b, "10.0.0.0/8", 200)->installed);
	CU_ASSERT_STRING_EQUAL(route(&b, "10.0.0.0/8", 200)->why,
			"a route with a better distance is used: static, 1");
	CU_ASSERT(goes(&b, "1.1.1.0/24", RIB_NH_GLEAN, 0, NULL)); /* connected wins */
	/* One of two goes: the other stays alone. Both gone: the floating one. */
	b.links[1].up = false;
	update(&b);
	CU_ASSERT_EQUAL(fib(&b, "10.0.0.0/8")->n_nhs, 1);
	CU_ASSERT(goes(&b, "10.0.0.0/8", RIB_NH_ADJ, 0, "1.1.1.1"));
	b.links[1].up = true;
	b.statics[0].next_hop = ip("66.6.6.6");
	b.statics[1].next_hop = ip("66.6.6.7");
	update(&b);
	CU_ASSERT(goes(&b, "10.0.0.0/8", RIB_NH_ADJ, 0, "1.1.1.9"));
	CU_ASSERT(route(&b, "10.0.0.0/8", 200)->installed);
	rib_free(b.rib);
}

static void
test_recursion(void)
{
	struct box b;

	start(&b);
	/* A chain of three, given in the wrong order, and ECMP handed through. */
	route_add(&b, "30.0.0.0/8", "20.0.0.1", RIB_NO_LINK);
	route_add(&b, "20.0.0.0/8", "10.0.0.1", RIB_NO_LINK);
	route_add(&b, "10.0.0.0/8", "1.1.1.1", RIB_NO_LINK);
	route_add(&b, "10.0.0.0/8", "192.168.10.9", RIB_NO_LINK);
	/* Through itself. */
	route_add(&b, "40.0.0.0/8", "40.0.0.1", RIB_NO_LINK);
	/* Through one another. */
	route_add(&b, "50.0.0.0/8", "60.0.0.1", RIB_NO_LINK);
	route_add(&b, "60.0.0.0/8", "50.0.0.1", RIB_NO_LINK);
	update(&b);
	CU_ASSERT_EQUAL(fib(&b, "30.0.0.0/8")->n_nhs, 2);
	CU_ASSERT(goes(&b, "30.0.0.0/8", RIB_NH_ADJ, 1, "192.168.10.9"));
	CU_ASSERT_PTR_NULL(fib(&b, "40.0.0.0/8"));
	CU_ASSERT_PTR_NULL(fib(&b, "50.0.0.0/8"));
	CU_ASSERT_PTR_NULL(fib(&b, "60.0.0.0/8"));
	/* With a default route both would resolve at first, then through one another. */
	route_add(&b, "0.0.0.0/0", "1.1.1.1", RIB_NO_LINK);
	update(&b);
	CU_ASSERT_FALSE(route(&b, "50.0.0.0/8", 1)->installed);
	CU_ASSERT_FALSE(route(&b, "60.0.0.0/8", 1)->installed);
	CU_ASSERT_PTR_NOT_NULL(strstr(route(&b, "50.0.0.0/8", 1)->why, "depend on this one"));
	CU_ASSERT_PTR_NOT_NULL(strstr(route(&b, "40.0.0.0/8", 1)->why, "this route itself"));
	CU_ASSERT_EQUAL(rib_lookup(b.rib, ip("40.0.0.1"))->prefix.len, 0);
	rib_free(b.rib);
}

static void
test_tunnel(void)
{
	struct box b;
	uint32_t t;
	char why[128];

	start(&b);
	t = tun_add(&b, "tunnel1", "1.1.1.2", "2.2.2.2", "10.255.1.1/30");
	route_add(&b, "192.168.21.0/24", NULL, t);
	route_add(&b, "192.168.22.0/24", "10.255.1.2", RIB_NO_LINK);
	update(&b);
	CU_ASSERT_EQUAL(rib_underlay(b.rib, t)->err, RIB_UNDERLAY_NO_ROUTE);
	CU_ASSERT_STRING_EQUAL(rib_underlay_why(b.rib, t, why, sizeof(why)), "no route to 2.2.2.2");
	CU_ASSERT_PTR_NULL(fib(&b, "192.168.21.0/24"));
	CU_ASSERT_STRING_EQUAL(route(&b, "192.168.21.0/24", 1)->why, "tunnel tunnel1 is down");

	route_add(&b, "0.0.0.0/0", "1.1.1.1", RIB_NO_LINK);
	update(&b);
	CU_ASSERT_EQUAL(rib_underlay(b.rib, t)->err, RIB_UNDERLAY_OK);
	CU_ASSERT_EQUAL(rib_underlay(b.rib, t)->link, 0);
	CU_ASSERT_EQUAL(rib_underlay(b.rib, t)->gw, ip("1.1.1.1"));
	CU_ASSERT(goes(&b, "192.168.21.0/24", RIB_NH_TUN, t, NULL));
	CU_ASSERT(goes(&b, "192.168.22.0/24", RIB_NH_TUN, t, NULL));
	CU_ASSERT(goes(&b, "10.255.1.0/30", RIB_NH_TUN, t, NULL));
	CU_ASSERT(goes(&b, "10.255.1.1/32", RIB_NH_LOCAL, RIB_NO_LINK, NULL));

	b.links[t].destination = ip("1.1.1.77"); /* on-link: the far end is the neighbour */
	update(&b);
	CU_ASSERT_EQUAL(rib_underlay(b.rib, t)->gw, ip("1.1.1.77"));
	b.links[t].source = ip("10.255.1.1"); /* an address inside a tunnel does not count */
	update(&b);
	CU_ASSERT_EQUAL(rib_underlay(b.rib, t)->err, RIB_UNDERLAY_NO_SOURCE);
	b.links[t].up = false;
	update(&b);
	CU_ASSERT_EQUAL(rib_underlay(b.rib, t)->err, RIB_UNDERLAY_DISABLED);
	rib_free(b.rib);
}

static void
test_tunnel_loop(void)
{
	const struct rib_recursive *rec;
	struct box b;
	uint32_t t1, t2, n;
	char why[128];

	start(&b);
	t1 = tun_add(&b, "tunnel1", "1.1.1.2", "2.2.2.2", NULL);
	t2 = tun_add(&b, "tunnel2", "1.1.1.2", "3.3.3.3", NULL);
	route_add(&b, "0.0.0.0/0", "1.1.1.1", RIB_NO_LINK);
	route_add(&b, "2.2.2.0/24", NULL, t1);
	update(&b);
	/* The route is out, the tunnel stays up by the next best one. */
	CU_ASSERT_EQUAL(rib_underlay(b.rib, t1)->err, RIB_UNDERLAY_OK);
	CU_ASSERT_EQUAL(rib_underlay(b.rib, t2)->err, RIB_UNDERLAY_OK);
	CU_ASSERT_PTR_NULL(fib(&b, "2.2.2.0/24"));
	CU_ASSERT_STRING_EQUAL(route(&b, "2.2.2.0/24", 1)->why,
			"recursive routing: it covers 2.2.2.2, the far end of tunnel tunnel1");
	rec = rib_recursives(b.rib, &n);
	CU_ASSERT_EQUAL_FATAL(n, 1);
	CU_ASSERT(rec->prefix.addr == ip("2.2.2.0") && rec->prefix.len == 24);
	CU_ASSERT(rec->link == t1 && rec->tunnel == t1 && rec->destination == ip("2.2.2.2"));
	/* The outcome does not depend on the past. */
	update(&b);
	CU_ASSERT_EQUAL(rib_underlay(b.rib, t1)->err, RIB_UNDERLAY_OK);
	CU_ASSERT_PTR_NULL(fib(&b, "2.2.2.0/24"));

	/* Without another way the tunnel is down, and says why. */
	b.n_statics = 0;
	route_add(&b, "2.2.2.0/24", NULL, t1);
	update(&b);
	CU_ASSERT_EQUAL(rib_underlay(b.rib, t1)->err, RIB_UNDERLAY_LOOP);
	CU_ASSERT_STRING_EQUAL(rib_underlay_why(b.rib, t1, why, sizeof(why)),
			"recursive routing: 2.2.2.2 would be reached through the tunnel itself");
	route_add(&b, "0.0.0.0/0", "1.1.1.1", RIB_NO_LINK);

	/* A more specific route to the far end heals it. */
	route_add(&b, "2.2.2.2/32", "1.1.1.1", RIB_NO_LINK);
	update(&b);
	CU_ASSERT_EQUAL(rib_underlay(b.rib, t1)->err, RIB_UNDERLAY_OK);
	CU_ASSERT(goes(&b, "2.2.2.0/24", RIB_NH_TUN, t1, NULL));

	/* Through another tunnel is refused by name; if that one is down itself, all is well. */
	route_add(&b, "3.3.3.0/24", NULL, t1);
	update(&b);
	CU_ASSERT_EQUAL(rib_underlay(b.rib, t2)->err, RIB_UNDERLAY_TUNNEL);
	CU_ASSERT_STRING_EQUAL(rib_underlay_why(b.rib, t2, why, sizeof(why)),
			"3.3.3.3 would be reached through tunnel tunnel1");
	b.links[t1].up = false;
	update(&b);
	CU_ASSERT_EQUAL(rib_underlay(b.rib, t2)->err, RIB_UNDERLAY_OK);
	rib_free(b.rib);
}

/* What a protected tunnel should carry does not fall to the default route while it is down. */
static void
test_protected_holds(void)
{
	struct box b;
	uint32_t t, t2;

	start(&b);
	t = tun_add(&b, "tunnel1", "1.1.1.2", "2.2.2.2", "10.255.1.1/30");
	b.links[t].is_protected = true;
	route_add(&b, "0.0.0.0/0", "1.1.1.1", RIB_NO_LINK);
	route_add(&b, "192.168.21.0/24", NULL, t);
	route_add(&b, "192.168.22.0/24", "10.255.1.2", RIB_NO_LINK);
	update(&b);
	CU_ASSERT(route(&b, "192.168.22.0/24", 1)->installed);
	/* The far end is a neighbour inside the tunnel: recursive routing. */
	b.links[t].destination = ip("192.168.21.9");
	update(&b);
	CU_ASSERT_EQUAL(rib_underlay(b.rib, t)->err, RIB_UNDERLAY_OK);
	CU_ASSERT(goes(&b, "192.168.21.0/24", RIB_NH_DROP, RIB_NO_LINK, NULL));
	CU_ASSERT(goes(&b, "192.168.21.9/32", RIB_NH_ADJ, 0, "1.1.1.1"));
	CU_ASSERT(goes(&b, "192.168.22.0/24", RIB_NH_TUN, t, NULL));
	CU_ASSERT_EQUAL(rib_lookup(b.rib, ip("192.168.21.9"))->prefix.len, 32);
	for (int down = 0; down < 2; down++) {
		if (down == 0)
			b.links[t].source = ip("8.8.8.8");
		else
			b.links[t].up = false;
		update(&b);
		CU_ASSERT_NOT_EQUAL(rib_underlay(b.rib, t)->err, RIB_UNDERLAY_OK);
		CU_ASSERT(goes(&b, "192.168.21.0/24", RIB_NH_TUN, t, NULL));
		CU_ASSERT(goes(&b, "192.168.22.0/24", RIB_NH_TUN, t, NULL));
		CU_ASSERT(goes(&b, "10.255.1.0/30", RIB_NH_TUN, t, NULL));
		CU_ASSERT_FALSE(route(&b, "192.168.21.0/24", 1)->installed);
		CU_ASSERT_FALSE(route(&b, "192.168.22.0/24", 1)->installed);
		CU_ASSERT_PTR_NOT_NULL(strstr(route(&b, "192.168.22.0/24", 1)->why, "protected"));
	}
	/* Another route to the same prefix takes over, a worse one too. */
	t2 = tun_add(&b, "tunnel2", "1.1.1.2", "3.3.3.3", NULL);
	b.links[t2].is_protected = true;
	route_add(&b, "192.168.21.0/24", NULL, t2)->distance = 200;
	update(&b);
	CU_ASSERT(goes(&b, "192.168.21.0/24", RIB_NH_TUN, t2, NULL));
	CU_ASSERT_EQUAL(fib(&b, "192.168.21.0/24")->n_nhs, 1);
	/* An unprotected tunnel holds nothing. */
	b.links[t].is_protected = b.links[t2].is_protected = false;
	b.links[t2].up = false;
	update(&b);
	CU_ASSERT_PTR_NULL(fib(&b, "192.168.21.0/24"));
	CU_ASSERT_EQUAL(rib_lookup(b.rib, ip("192.168.21.1"))->prefix.len, 0);
	rib_free(b.rib);
}

static void
test_ages(void)
{
	struct box b;

	start(&b);
	route_add(&b, "10.0.0.0/8", "1.1.1.1", RIB_NO_LINK);
	b.now_s = 100;
	update(&b);
	b.now_s = 200;
	route_add(&b, "9.0.0.0/8", "1.1.1.1", RIB_NO_LINK);
	b.links[1].up = false;
	update(&b);
	CU_ASSERT_EQUAL(route(&b, "10.0.0.0/8", 1)->since_s, 100);
	CU_ASSERT_EQUAL(route(&b, "1.1.1.0/24", 0)->since_s, 100);
	CU_ASSERT_EQUAL(route(&b, "9.0.0.0/8", 1)->since_s, 200);
	CU_ASSERT_EQUAL(route(&b, "192.168.10.0/24", 0)->since_s, 200);
	rib_free(b.rib);
}

static struct rib_dyn *
dyn_add(struct box *b, const char *prefix, uint8_t kind, uint32_t metric)
{
	struct rib_dyn *d = &b->dyns[b->n_dyns++];

	*d = (struct rib_dyn){ .prefix = pfx(prefix), .kind = kind, .distance = 110,
		.metric = metric, .first_hop = b->n_hops };
	return d;
}

static void
hop_add(struct box *b, uint32_t link, const char *gw)
{
	b->hops[b->n_hops++] = (struct rib_hop){ .link = link, .gw = gw != NULL ? ip(gw) : 0 };
	b->dyns[b->n_dyns - 1].n_hops++;
}

/* Routes of a protocol beside statics: distances, metrics, several next hops, discard. */
static void
test_dynamic(void)
{
	struct box b;
	uint32_t t1;

	start(&b);
	t1 = tun_add(&b, "tunnel1", "1.1.1.2", "1.1.1.9", "10.255.1.1/30");
	/* Not in order. */
	dyn_add(&b, "10.2.0.0/16", RIB_OSPF_E2, 20)->tag = 7;
	hop_add(&b, 1, "192.168.10.7");
	hop_add(&b, t1, NULL);
	dyn_add(&b, "10.1.0.0/16", RIB_OSPF_INTRA, 30);
	hop_add(&b, 1, "192.168.10.7");
	dyn_add(&b, "10.3.0.0/16", RIB_OSPF_RANGE, 30)->null = true;
	dyn_add(&b, "192.168.10.0/24", RIB_OSPF_INTRA, 1);
	hop_add(&b, 1, "192.168.10.7");
	route_add(&b, "10.1.0.0/16", "1.1.1.5", RIB_NO_LINK);
	route_add(&b, "10.2.0.0/16", "1.1.1.5", RIB_NO_LINK)->distance = 200;
	update(&b);
	CU_ASSERT(goes(&b, "10.1.0.0/16", RIB_NH_ADJ, 0, "1.1.1.5"));
	CU_ASSERT_STRING_EQUAL(route(&b, "10.1.0.0/16", 110)->why,
			"a route with a better distance is used: static, 1");
	CU_ASSERT_EQUAL(fib(&b, "10.2.0.0/16")->n_nhs, 2);
	CU_ASSERT(goes(&b, "10.2.0.0/16", RIB_NH_ADJ, 1, "192.168.10.7"));
	CU_ASSERT(goes(&b, "10.2.0.0/16", RIB_NH_TUN, t1, NULL));
	CU_ASSERT(route(&b, "10.2.0.0/16", 110)->installed);
	CU_ASSERT_EQUAL(route(&b, "10.2.0.0/16", 110)->tag, 7);
	CU_ASSERT_EQUAL(route(&b, "10.2.0.0/16", 110)->n_vias, 2);
	CU_ASSERT_STRING_EQUAL(rib_code_str(RIB_OSPF, route(&b, "10.2.0.0/16", 110)->kind), "O E2");
	CU_ASSERT_FALSE(route(&b, "10.2.0.0/16", 200)->installed);
	CU_ASSERT(goes(&b, "10.3.0.0/16", RIB_NH_DROP, RIB_NO_LINK, NULL));
	CU_ASSERT(goes(&b, "192.168.10.0/24", RIB_NH_GLEAN, 1, NULL));
	/* One of two next hops is gone; then the floating static route takes over. */
	b.links[t1].up = false;
	update(&b);
	CU_ASSERT_EQUAL(fib(&b, "10.2.0.0/16")->n_nhs, 1);
	b.links[1].up = false;
	update(&b);
	CU_ASSERT(goes(&b, "10.2.0.0/16", RIB_NH_ADJ, 0, "1.1.1.5"));
	CU_ASSERT_STRING_EQUAL(route(&b, "10.2.0.0/16", 110)->why, "interface lan is down");
	rib_free(b.rib);
}

/* OSPF over tunnels tells the way to their far ends through the tunnels. */
static void
test_dynamic_recursion(void)
{
	struct box b;
	uint32_t t1, t2, n;

	start(&b);
	t1 = tun_add(&b, "tunnel1", "1.1.1.2", "2.2.2.2", "10.255.1.1/30");
	t2 = tun_add(&b, "tunnel2", "1.1.1.2", "3.3.3.3", "10.255.2.1/30");
	b.links[t1].is_protected = true;
	route_add(&b, "0.0.0.0/0", "1.1.1.1", RIB_NO_LINK)->distance = 250;
	dyn_add(&b, "0.0.0.0/0", RIB_OSPF_E2, 1);
	hop_add(&b, t1, NULL);
	dyn_add(&b, "2.2.2.0/24", RIB_OSPF_INTRA, 30);
	hop_add(&b, t1, NULL);
	hop_add(&b, t2, NULL);
	dyn_add(&b, "3.3.3.0/24", RIB_OSPF_INTRA, 30);
	hop_add(&b, t1, NULL);
	dyn_add(&b, "10.0.0.0/8", RIB_OSPF_INTRA, 30);
	hop_add(&b, t1, NULL);
	update(&b);
	CU_ASSERT_EQUAL(rib_underlay(b.rib, t1)->err, RIB_UNDERLAY_OK);
	CU_ASSERT_EQUAL(rib_underlay(b.rib, t2)->err, RIB_UNDERLAY_OK);
	/* The default route goes with the rest: else there would be no way out at all. */
	CU_ASSERT(goes(&b, "0.0.0.0/0", RIB_NH_ADJ, 0, "1.1.1.1"));
	CU_ASSERT_PTR_NULL(fib(&b, "2.2.2.0/24"));
	CU_ASSERT_PTR_NULL(fib(&b, "3.3.3.0/24"));
	CU_ASSERT(goes(&b, "10.0.0.0/8", RIB_NH_TUN, t1, NULL));
	rib_recursives(b.rib, &n);
	CU_ASSERT_EQUAL(n, 4);

	/* Pinned far ends leave the default route alone, and are reached by the pin alone. */
	b.links[t1].pin_gw = ip("1.1.1.77");
	b.links[t2].pin_gw = ip("1.1.1.78");
	update(&b);
	CU_ASSERT_EQUAL(rib_underlay(b.rib, t1)->gw, ip("1.1.1.77"));
	CU_ASSERT_EQUAL(rib_underlay(b.rib, t2)->gw, ip("1.1.1.78"));
	CU_ASSERT(goes(&b, "0.0.0.0/0", RIB_NH_TUN, t1, NULL));
	CU_ASSERT(goes(&b, "2.2.2.2/32", RIB_NH_ADJ, 0, "1.1.1.77"));
	CU_ASSERT_EQUAL(fib(&b, "2.2.2.0/24")->n_nhs, 2);
	rib_recursives(b.rib, &n);
	CU_ASSERT_EQUAL(n, 0);
	b.links[t2].pin_gw = ip("9.9.9.9");
	update(&b);
	CU_ASSERT_EQUAL(rib_underlay(b.rib, t2)->err, RIB_UNDERLAY_PIN);
	rib_free(b.rib);
}

/* Bound to an object: used only while that is up. */
static void
test_track(void)
{
	struct rib_static *s;
	struct box b;

	start(&b);
	s = route_add(&b, "0.0.0.0/0", "1.1.1.1", RIB_NO_LINK);
	s->track = "5";
	route_add(&b, "0.0.0.0/0", "192.168.10.3", RIB_NO_LINK)->distance = 250;
	update(&b);
	CU_ASSERT(goes(&b, "0.0.0.0/0", RIB_NH_ADJ, 0, "1.1.1.1"));
	s->track_down = true;
	update(&b);
	CU_ASSERT(goes(&b, "0.0.0.0/0", RIB_NH_ADJ, 1, "192.168.10.3"));
	CU_ASSERT_STRING_EQUAL(route(&b, "0.0.0.0/0", 1)->why, "track 5 is down");
	rib_free(b.rib);
}

/* Prefixes with the same next hops in the same order have one number, whatever is up of them. */
static void
test_ways(void)
{
	struct box b;
	uint32_t t1, t2;
	uint64_t ways;

	start(&b);
	t1 = tun_add(&b, "tunnel1", "1.1.1.2", "1.1.1.8", NULL);
	t2 = tun_add(&b, "tunnel2", "1.1.1.2", "1.1.1.9", NULL);
	for (int i = 0; i < 2; i++) {
		route_add(&b, i == 0 ? "10.1.0.0/16" : "10.2.0.0/16", NULL, t1);
		route_add(&b, i == 0 ? "10.1.0.0/16" : "10.2.0.0/16", NULL, t2)->distance = 200;
	}
	route_add(&b, "10.3.0.0/16", NULL, t2);
	route_add(&b, "10.3.0.0/16", NULL, t1)->distance = 200;
	route_add(&b, "10.4.0.0/16", NULL, t1);
	route_add(&b, "10.5.0.0/16", NULL, t1);
	route_add(&b, "10.5.0.0/16", NULL, t2);
	update(&b);
	ways = fib(&b, "10.1.0.0/16")->ways;
	CU_ASSERT_NOT_EQUAL(ways, 0);
	CU_ASSERT_EQUAL(fib(&b, "10.2.0.0/16")->ways, ways);
	CU_ASSERT_NOT_EQUAL(fib(&b, "10.3.0.0/16")->ways, ways);
	CU_ASSERT_EQUAL(fib(&b, "10.4.0.0/16")->ways, 0);
	CU_ASSERT_NOT_EQUAL(fib(&b, "10.5.0.0/16")->ways, ways);
	CU_ASSERT_EQUAL(fib(&b, "192.168.10.0/24")->ways, 0);
	for (int k = 0; k < 2; k++) {
		uint64_t equal = fib(&b, "10.5.0.0/16")->ways;

		b.links[k == 0 ? t1 : t2].lost = true;
		b.links[k == 0 ? t2 : t1].lost = false;
		update(&b);
		CU_ASSERT_EQUAL(fib(&b, "10.1.0.0/16")->ways, ways);
		CU_ASSERT(goes(&b, "10.1.0.0/16", RIB_NH_TUN, k == 0 ? t2 : t1, NULL));
		CU_ASSERT_EQUAL(fib(&b, "10.5.0.0/16")->ways, equal);
	}
	rib_free(b.rib);
}

/* Many tunnels at once: every one resolved, and every group's next hops in their place. */
static void
test_many(void)
{
	static struct rib_link links[2001];
	static struct rib_static statics[2001];
	struct rib *r = rib_new();
	struct rib_input in = {
		.links = links, .statics = statics, .n_links = 2001, .n_statics = 2001
	};
	const struct rib_fib *f;
	uint32_t n;

	links[0] = (struct rib_link){ .name = "wan", .up = true, .n_addrs = 1 };
	links[0].addrs[0] = pfx("1.1.1.2/24");
	statics[0] = (struct rib_static){
		.distance = 1, .next_hop = ip("1.1.1.1"), .link = RIB_NO_LINK
	};
	for (uint32_t i = 1; i <= 2000; i++) {
		links[i] = (struct rib_link){ .is_tunnel = true,
			.up = true,
			.source = ip("1.1.1.2"),
			.destination = ip("100.0.0.0") + i };
		statics[i] = (struct rib_static){
			.prefix = { ip("10.0.0.0") + (i << 8), 24 }, .distance = 1, .link = i
		};
	}
	CU_ASSERT_EQUAL_FATAL(rib_update(r, &in, 0), 0);
	f = rib_fib(r, &n);
	CU_ASSERT_EQUAL_FATAL(n, 2003);
	for (uint32_t i = 0; i < n; i++)
		if (f[i].prefix.addr >> 24 == 10) {
			CU_ASSERT_EQUAL(f[i].nhs[0].kind, RIB_NH_TUN);
			CU_ASSERT_EQUAL(f[i].nhs[0].link, f[i].prefix.addr >> 8 & 0xffff);
		}
	for (uint32_t i = 1; i <= 2000; i++)
		CU_ASSERT_EQUAL(rib_underlay(r, i)->err, RIB_UNDERLAY_OK);
	rib_free(r);
}

static const struct cu_case cases[] = {
	CU_CASE(test_connected),
	CU_CASE(test_static),
	CU_CASE(test_distance_and_ecmp),
	CU_CASE(test_recursion),
	CU_CASE(test_tunnel),
	CU_CASE(test_tunnel_loop),
	CU_CASE(test_protected_holds),
	CU_CASE(test_ages),
	CU_CASE(test_dynamic),
	CU_CASE(test_dynamic_recursion),
	CU_CASE(test_track),
	CU_CASE(test_ways),
	CU_CASE(test_many),
};

CU_MAIN("rib", cases)
