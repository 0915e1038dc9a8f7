/* SPDX-License-Identifier: BSD-3-Clause */
/* The IPv6 RIB: which routes are used, where they lead, and why one is not. */
#include <string.h>

#include "controlplane/rib/rib6.h"
#include "tests/unit/cu.h"

enum { LAN, WAN, TUN, N_LINKS };

static struct rib6_link links[N_LINKS];
static struct rib6_static statics[16];
static struct rib6_input in;
static struct rib6 *rib;
static uint64_t now_s;

static struct ip6_prefix
prefix(const char *s)
{
	struct ip6_prefix p = { .len = 0 };

	CU_ASSERT_EQUAL_FATAL(ip6_prefix_parse(s, &p), 0);
	return p;
}

static void
link_set(uint32_t i, const char *name, const char *addr, bool tunnel)
{
	links[i] = (struct rib6_link){ .id = 10 + i, .is_tunnel = tunnel, .is_protected = tunnel,
		.up = true, .n_addrs = 1 };
	strcpy(links[i].name, name);
	links[i].addrs[0] = prefix(addr);
}

static void
start(void)
{
	link_set(LAN, "lan", "2001:db8:1::1/64", false);
	link_set(WAN, "wan", "2001:db8:f::1/64", false);
	link_set(TUN, "tunnel1", "2001:db8:255::1/64", true);
	in = (struct rib6_input){ .links = links, .statics = statics, .n_links = N_LINKS };
	rib = rib6_new();
	now_s = 100;
	CU_ASSERT_PTR_NOT_NULL_FATAL(rib);
}

/* @via NULL: none; @link RIB_NO_LINK with @via NULL: discard. */
static void
add(const char *p, const char *via, uint32_t link, uint8_t distance)
{
	struct rib6_static *s = &statics[in.n_statics++];

	*s = (struct rib6_static){ .prefix = prefix(p), .link = link, .distance = distance,
		.null = via == NULL && link == RIB_NO_LINK };
	if (via != NULL)
		CU_ASSERT_EQUAL(ip6_parse(via, &s->next_hop), 0);
}

static void
update(void)
{
	CU_ASSERT_EQUAL_FATAL(rib6_update(rib, &in, now_s), 0);
}

static const struct rib6_fib *
line(const char *p)
{
	struct ip6_prefix want = prefix(p);
	const struct rib6_fib *f;
	uint32_t n;

	f = rib6_fib(rib, &n);
	for (uint32_t i = 0; i < n; i++)
		if (f[i].prefix.len == want.len && ip6_equal(&f[i].prefix.addr, &want.addr))
			return &f[i];
	return NULL;
}

static const struct rib6_route *
route(const char *p, uint8_t distance)
{
	struct ip6_prefix want = prefix(p);
	const struct rib6_route *r;
	uint32_t n;

	r = rib6_routes(rib, &n);
	for (uint32_t i = 0; i < n; i++)
		if (r[i].prefix.len == want.len && ip6_equal(&r[i].prefix.addr, &want.addr) &&
				r[i].distance == distance)
			return &r[i];
	return NULL;
}

static bool
leads(const char *p, enum rib_nh_kind kind, uint32_t link, const char *gw)
{
	const struct rib6_fib *f = line(p);
	struct ip6_addr a = { { 0 } };

	if (gw != NULL)
		CU_ASSERT_EQUAL(ip6_parse(gw, &a), 0);
	return f != NULL && f->n_nhs == 1 && f->nhs[0].kind == kind && f->nhs[0].link == link &&
			ip6_equal(&f->nhs[0].gw, &a);
}

static void
end(void)
{
	rib6_free(rib);
}

static void
test_links(void)
{
	struct ip6_prefix p = prefix("2001:db8:1::/64");

	start();
	update();
	CU_ASSERT_TRUE(leads("2001:db8:1::/64", RIB_NH_GLEAN, LAN, NULL));
	CU_ASSERT_TRUE(leads("2001:db8:1::1/128", RIB_NH_LOCAL, RIB_NO_LINK, NULL));
	CU_ASSERT_TRUE(leads("2001:db8:255::/64", RIB_NH_TUN, TUN, NULL));
	CU_ASSERT_TRUE(rib6_has(rib, &p));
	links[LAN].up = false;
	update();
	CU_ASSERT_FALSE(rib6_has(rib, &p));
	CU_ASSERT_PTR_NULL(line("2001:db8:1::1/128"));
	CU_ASSERT_STRING_EQUAL(route("2001:db8:1::/64", 0)->why, "interface lan is down");
	end();
}

static void
test_gateways(void)
{
	start();
	add("::/0", "2001:db8:f::fe", RIB_NO_LINK, 1);
	add("2001:db8:20::/48", "fe80::9", LAN, 1);
	add("2001:db8:30::/48", "2001:db8:20::5", RIB_NO_LINK, 1); /* through the one before */
	add("2001:db8:40::/48", NULL, TUN, 1);
	add("2001:db8:50::/48", "2001:db8:255::2", RIB_NO_LINK, 1);
	add("2001:db8:60::/48", NULL, RIB_NO_LINK, 1);
	update();
	CU_ASSERT_TRUE(leads("::/0", RIB_NH_ADJ, WAN, "2001:db8:f::fe"));
	CU_ASSERT_TRUE(leads("2001:db8:20::/48", RIB_NH_ADJ, LAN, "fe80::9"));
	CU_ASSERT_TRUE(leads("2001:db8:30::/48", RIB_NH_ADJ, LAN, "fe80::9"));
	CU_ASSERT_TRUE(leads("2001:db8:40::/48", RIB_NH_TUN, TUN, NULL));
	CU_ASSERT_TRUE(leads("2001:db8:50::/48", RIB_NH_TUN, TUN, NULL));
	CU_ASSERT_TRUE(leads("2001:db8:60::/48", RIB_NH_DROP, RIB_NO_LINK, NULL));
	end();
}

static void
test_not_used(void)
{
	start();
	add("2001:db8:20::/48", "2001:db8:99::1", RIB_NO_LINK, 1);
	add("2001:db8:21::/48", "2001:db8:21::1", RIB_NO_LINK, 1);
	add("2001:db8:22::/48", "2001:db8:1::1", RIB_NO_LINK, 1);
	add("2001:db8:23::/48", NULL, RIB_NO_LINK, 1);
	add("2001:db8:24::/48", "2001:db8:23::1", RIB_NO_LINK, 1);
	update();
	CU_ASSERT_PTR_NULL(line("2001:db8:20::/48"));
	CU_ASSERT_STRING_EQUAL(route("2001:db8:20::/48", 1)->why,
			"no route to next hop 2001:db8:99::1");
	CU_ASSERT_PTR_NULL(line("2001:db8:21::/48"));
	CU_ASSERT_STRING_EQUAL(route("2001:db8:22::/48", 1)->why,
			"next hop 2001:db8:1::1 is our own address");
	CU_ASSERT_STRING_EQUAL(route("2001:db8:24::/48", 1)->why,
			"next hop 2001:db8:23::1 is covered by a null route");
	end();
}

/* Routes that resolve through one another, with a default route that would let each begin. */
static void
test_circle(void)
{
	start();
	add("::/0", "2001:db8:f::fe", RIB_NO_LINK, 1);
	add("2001:db8:20::/48", "2001:db8:30::1", RIB_NO_LINK, 1);
	add("2001:db8:30::/48", "2001:db8:20::1", RIB_NO_LINK, 1);
	add("2001:db8:40::/48", "2001:db8:40::1", RIB_NO_LINK, 1); /* through itself */
	update();
	CU_ASSERT_TRUE(leads("::/0", RIB_NH_ADJ, WAN, "2001:db8:f::fe"));
	CU_ASSERT_PTR_NULL(line("2001:db8:40::/48"));
	end();
}

static void
test_distance_and_ecmp(void)
{
	start();
	add("2001:db8:20::/48", "2001:db8:f::fe", RIB_NO_LINK, 1);
	add("2001:db8:20::/48", "2001:db8:1::fe", RIB_NO_LINK, 1);
	add("2001:db8:20::/48", NULL, TUN, 200);
	add("2001:db8:1::/64", NULL, TUN, 1); /* never better than connected */
	update();
	CU_ASSERT_EQUAL(line("2001:db8:20::/48")->n_nhs, 2);
	CU_ASSERT_FALSE(route("2001:db8:20::/48", 200)->installed);
	CU_ASSERT_STRING_EQUAL(route("2001:db8:20::/48", 200)->why,
			"a route with a better distance is used");
	CU_ASSERT_TRUE(leads("2001:db8:1::/64", RIB_NH_GLEAN, LAN, NULL));
	in.n_statics--; /* or the gateway on the LAN would be behind the tunnel */
	links[WAN].up = links[LAN].up = false;
	now_s = 200;
	update();
	CU_ASSERT_TRUE(leads("2001:db8:20::/48", RIB_NH_TUN, TUN, NULL));
	CU_ASSERT_EQUAL(route("2001:db8:20::/48", 200)->since_s, 200);
	CU_ASSERT_EQUAL(route("2001:db8:255::/64", 0)->since_s, 100);
	end();
}

/* A protected tunnel that is down holds its prefixes; an unprotected one does not. */
static void
test_held(void)
{
	start();
	add("::/0", "2001:db8:f::fe", RIB_NO_LINK, 1);
	add("2001:db8:40::/48", NULL, TUN, 1);
	add("2001:db8:50::/48", "2001:db8:40::1", RIB_NO_LINK, 1);
	links[TUN].up = false;
	update();
	CU_ASSERT_TRUE(leads("2001:db8:40::/48", RIB_NH_TUN, TUN, NULL));
	CU_ASSERT_TRUE(leads("2001:db8:50::/48", RIB_NH_TUN, TUN, NULL));
	CU_ASSERT_STRING_EQUAL(route("2001:db8:40::/48", 1)->why,
			"tunnel tunnel1 is down; packets are dropped, for it is protected");
	add("2001:db8:40::/48", "2001:db8:1::fe", RIB_NO_LINK, 5); /* on purpose: it takes over */
	update();
	CU_ASSERT_TRUE(leads("2001:db8:40::/48", RIB_NH_ADJ, LAN, "2001:db8:1::fe"));
	in.n_statics--;
	links[TUN].is_protected = false;
	update();
	CU_ASSERT_PTR_NULL(line("2001:db8:40::/48"));
	end();
}

static const struct cu_case cases[] = {
	CU_CASE(test_links), CU_CASE(test_gateways), CU_CASE(test_not_used), CU_CASE(test_circle),
	CU_CASE(test_distance_and_ecmp), CU_CASE(test_held),
};

CU_MAIN("rib6", cases)
