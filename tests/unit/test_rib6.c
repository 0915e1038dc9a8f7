/* SPDX-License-Identifier: BSD-3-Clause */
/* The IPv6 RIB: which routes are used, where they lead, and why one is not. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/rib/rib.h"
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
	links[i] = (struct rib6_link){ .id = 10 + i, .is_tunnel = tunnel, .is_foreign = tunnel,
		.is_protected = tunnel, .up = true, .n_addrs = 1 };
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
	CU_ASSERT_STRING_EQUAL(route("2001:db8:40::/48", 1)->why,
			"next hop 2001:db8:40::1 would be reached through this route itself");
	CU_ASSERT_STRING_EQUAL(route("2001:db8:20::/48", 1)->why,
			"next hop 2001:db8:30::1 is reached through routes that depend on this "
			"one");
	end();
}

/* Bound to an object, lost with its tunnel, and both in one group of ways. */
static void
test_track_and_lost(void)
{
	uint64_t ways;

	start();
	for (uint32_t i = 0; i < 2; i++) {
		const char *p = i == 0 ? "2001:db8:20::/48" : "2001:db8:21::/48";

		add(p, NULL, TUN, 1);
		statics[in.n_statics - 1].track = "isp-a";
		add(p, "2001:db8:f::fe", RIB_NO_LINK, 9);
	}
	update();
	ways = line("2001:db8:20::/48")->ways;
	CU_ASSERT_NOT_EQUAL(ways, 0);
	CU_ASSERT_EQUAL(line("2001:db8:21::/48")->ways, ways);
	CU_ASSERT_EQUAL(line("2001:db8:255::/64")->ways, 0);
	CU_ASSERT_TRUE(leads("2001:db8:20::/48", RIB_NH_TUN, TUN, NULL));
	statics[0].track_down = statics[2].track_down = true;
	update();
	CU_ASSERT_TRUE(leads("2001:db8:20::/48", RIB_NH_ADJ, WAN, "2001:db8:f::fe"));
	CU_ASSERT_EQUAL(line("2001:db8:20::/48")->ways, ways);
	CU_ASSERT_STRING_EQUAL(route("2001:db8:20::/48", 1)->why, "track isp-a is down");
	statics[0].track_down = statics[2].track_down = false;
	links[TUN].lost = true;
	update();
	CU_ASSERT_TRUE(leads("2001:db8:21::/48", RIB_NH_ADJ, WAN, "2001:db8:f::fe"));
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
			"a route with a better distance is used: static, 1");
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

/* ---- one code for both families -------------------------------------------------------------- */

#define WORLD_LINKS   6u
#define WORLD_STATICS 14u
#define WORLD_DYNS    50u

/* The same world twice, in IPv4 and in the mapped form of its addresses. */
struct world {
	struct rib_link links[WORLD_LINKS];
	struct rib_static statics[WORLD_STATICS];
	struct rib_dyn dyns[WORLD_DYNS];
	struct rib_hop hops[WORLD_DYNS * 3];
	uint32_t n_dyns;
	struct rib6_link links6[WORLD_LINKS];
	struct rib6_static statics6[WORLD_STATICS];
	struct rib6_dyn dyns6[WORLD_DYNS];
	struct rib6_hop hops6[WORLD_DYNS * 3];
};

static uint64_t seed;

static uint32_t
rnd(uint32_t below)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)((seed >> 33) % below);
}

static struct ip6_addr
mapped(uint32_t a)
{
	return a != 0 ? ip6_mapped(a) : (struct ip6_addr){ { 0 } };
}

static struct ip6_prefix
mapped_prefix(struct ip4_prefix p)
{
	return (struct ip6_prefix){ .addr = ip6_mapped(p.addr), .len = (uint8_t)(96 + p.len) };
}

static void
world_links(struct world *w)
{
	for (uint32_t i = 0; i < WORLD_LINKS; i++) {
		struct rib_link *l = &w->links[i];
		struct rib6_link *l6 = &w->links6[i];

		*l = (struct rib_link){ .name = "link0", .id = i, .is_tunnel = i >= 2,
			.is_foreign = i >= 2, .is_protected = i >= 2 && rnd(2) != 0,
			.lost = i >= 2 && rnd(6) == 0, .up = rnd(6) != 0, .n_addrs = 1,
			.addrs = { { 0x0a000001 + (i << 16), 24 } } };
		l->name[4] = (char)('0' + i);
		*l6 = (struct rib6_link){ .id = i, .is_tunnel = l->is_tunnel,
			.is_foreign = l->is_foreign, .is_protected = l->is_protected,
			.lost = l->lost, .up = l->up, .n_addrs = 1,
			.addrs = { mapped_prefix(l->addrs[0]) } };
		strcpy(l6->name, l->name);
	}
}

static void
world_statics(struct world *w)
{
	for (uint32_t i = 0; i < WORLD_STATICS; i++) {
		struct rib_static *s = &w->statics[i];

		*s = (struct rib_static){ .prefix = { 0x14000000 + (rnd(12) << 16), 16 },
			.distance = (uint8_t)(1 + rnd(2)), .link = RIB_NO_LINK, .null = rnd(8) == 0,
			.track = rnd(3) == 0 ? "t" : NULL };
		s->track_down = s->track != NULL && rnd(2) != 0;
		if (rnd(3) == 0)
			s->link = 2 + rnd(WORLD_LINKS - 2);
		else /* on a subnet, or behind another route */
			s->next_hop = rnd(2) != 0 ? 0x0a000005 + (rnd(WORLD_LINKS) << 16)
						  : 0x14000007 + (rnd(12) << 16);
		w->statics6[i] = (struct rib6_static){ .prefix = mapped_prefix(s->prefix),
			.distance = s->distance, .link = s->link, .null = s->null,
			.next_hop = mapped(s->next_hop), .track = s->track,
			.track_down = s->track_down };
	}
}

/* @base: where gateways of static routes are, or elsewhere. */
static void
world_dyns(struct world *w, uint32_t base)
{
	w->n_dyns = 0;
	for (uint32_t i = 0; i < WORLD_DYNS; i++) {
		struct rib_dyn d = { .prefix = { base + (i << 14), 20 },
			.kind = RIB_OSPF_INTRA, .distance = 110, .metric = rnd(3),
			.first_hop = w->n_dyns * 3, .n_hops = 1 + rnd(3) };

		if (rnd(4) == 0)
			continue;
		for (uint32_t k = 0; k < d.n_hops; k++) {
			struct rib_hop h = { .link = rnd(WORLD_LINKS) };

			h.gw = h.link < 2 ? 0x0a000009 + (h.link << 16) + k : 0;
			w->hops[d.first_hop + k] = h;
			w->hops6[d.first_hop + k] = (struct rib6_hop){ .link = h.link,
				.gw = mapped(h.gw) };
		}
		w->dyns[w->n_dyns] = d;
		w->dyns6[w->n_dyns++] = (struct rib6_dyn){ .prefix = mapped_prefix(d.prefix),
			.kind = d.kind, .distance = d.distance, .metric = d.metric,
			.first_hop = d.first_hop, .n_hops = d.n_hops };
	}
}

/* Are these the same words, but for the form of addresses? */
static bool
same_words(const char *a, const char *b)
{
	static const char form[] = "::ffff:";

	for (; *a != '\0' || *b != '\0'; a++, b++) {
		if (strncmp(b, form, strlen(form)) == 0)
			b += strlen(form);
		if (*a != *b)
			return false;
	}
	return true;
}

static bool
same_prefix(struct ip4_prefix a, const struct ip6_prefix *b)
{
	struct ip6_prefix m = mapped_prefix(a);

	return ip6_equal(&m.addr, &b->addr) && m.len == b->len;
}

static unsigned int
other_lines(const struct rib *a, const struct rib6 *b)
{
	uint32_t n, n6;
	const struct rib_fib *f = rib_fib(a, &n);
	const struct rib6_fib *f6 = rib6_fib(b, &n6);
	unsigned int bad = n != n6;

	for (uint32_t i = 0; i < n && bad == 0; i++) {
		bad += !same_prefix(f[i].prefix, &f6[i].prefix) || f[i].n_nhs != f6[i].n_nhs ||
				(f[i].ways != 0) != (f6[i].ways != 0);
		for (uint32_t k = 0; k < f[i].n_nhs && bad == 0; k++) {
			struct ip6_addr gw = mapped(f[i].nhs[k].gw);

			bad += f[i].nhs[k].kind != f6[i].nhs[k].kind ||
					f[i].nhs[k].link != f6[i].nhs[k].link ||
					!ip6_equal(&gw, &f6[i].nhs[k].gw);
		}
	}
	return bad;
}

static unsigned int
other_routes(const struct rib *a, const struct rib6 *b)
{
	uint32_t n, n6;
	const struct rib_route *r = rib_routes(a, &n);
	const struct rib6_route *r6 = rib6_routes(b, &n6);
	unsigned int bad = n != n6;

	for (uint32_t i = 0; i < n && bad == 0; i++)
		bad += !same_prefix(r[i].prefix, &r6[i].prefix) || r[i].proto != r6[i].proto ||
				r[i].installed != r6[i].installed || r[i].n_vias != r6[i].n_vias ||
				r[i].since_s != r6[i].since_s || !same_words(r[i].why, r6[i].why);
	return bad;
}

/* What one family makes of a world, the other makes of the same world, route by route. */
static void
test_same_as_ip4(void)
{
	static struct world w;
	unsigned int n_patched = 0;

	for (uint32_t k = 0; k < 200; k++) {
		struct rib *r4 = rib_new();
		struct rib6 *r6 = rib6_new();
		struct rib_input in4 = { .links = w.links, .statics = w.statics, .dyns = w.dyns,
			.hops = w.hops, .n_links = WORLD_LINKS, .n_statics = WORLD_STATICS };
		struct rib6_input in6 = { .links = w.links6, .statics = w.statics6,
			.dyns = w.dyns6, .hops = w.hops6, .n_links = WORLD_LINKS,
			.n_statics = WORLD_STATICS };

		seed = k;
		world_links(&w);
		world_statics(&w);
		for (uint32_t round = 0; round < 6; round++) {
			struct rib_changes x4 = { .n = 0 };
			struct rib6_changes x6 = { .n = 0 };
			int err = -EAGAIN;

			world_dyns(&w, k % 2 == 0 ? 0x14000000 : 0x1e000000);
			in4.n_dyns = in6.n_dyns = w.n_dyns;
			if (round > 0) {
				err = rib_patch(r4, w.dyns, w.n_dyns, w.hops, round, &x4);
				CU_ASSERT_EQUAL(rib6_patch(r6, w.dyns6, w.n_dyns, w.hops6, round,
								&x6), err);
				CU_ASSERT_EQUAL(x4.n, x6.n);
			}
			n_patched += err == 0;
			if (err != 0) {
				CU_ASSERT_EQUAL(rib_update(r4, &in4, round), 0);
				CU_ASSERT_EQUAL(rib6_update(r6, &in6, round), 0);
			}
			CU_ASSERT_EQUAL(other_lines(r4, r6), 0);
			CU_ASSERT_EQUAL(other_routes(r4, r6), 0);
			free(x4.prefixes);
			free(x6.prefixes);
		}
		rib_free(r4);
		rib6_free(r6);
	}
	CU_ASSERT(n_patched > 300);
}

static const struct cu_case cases[] = {
	CU_CASE(test_links), CU_CASE(test_gateways), CU_CASE(test_not_used), CU_CASE(test_circle),
	CU_CASE(test_track_and_lost), CU_CASE(test_distance_and_ecmp), CU_CASE(test_held),
	CU_CASE(test_same_as_ip4),
};

CU_MAIN("rib6", cases)
