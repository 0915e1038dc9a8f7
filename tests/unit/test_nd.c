/* SPDX-License-Identifier: BSD-3-Clause */
/* Neighbour discovery: the messages on the wire, and the engine against a clock of ours. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/nd/nd.h"
#include "controlplane/nd/nd_wire.h"
#include "tests/unit/cu.h"

#define IF     3u
#define START  1000000u
#define L3     14u /* in frames */

static const uint8_t our_mac[6] = { 2, 0, 0, 0, 0, 1 }, peer_mac[6] = { 2, 0, 0, 0, 0, 9 };
static const uint8_t other_mac[6] = { 2, 0, 0, 0, 0, 8 };

static struct neigh_cache *nd;
static uint64_t now_ms;

/* What the engine did since the last clear(). */
static struct nd_msg sent[64];
static uint8_t sent_dst[64][6];
static unsigned int n_sent, n_changed, n_conflicts, n_twins;
static struct neigh_conflict conflict; /* told last */
static enum neigh_state last_state;
static uint8_t last_mac[6];

static struct ip6_addr
addr(const char *s)
{
	struct ip6_addr a = { { 0 } };

	CU_ASSERT_EQUAL_FATAL(ip6_parse(s, &a), 0);
	return a;
}

static void
on_send(void *ctx, uint32_t if_id, const uint8_t *frame, size_t len)
{
	struct rd r = rd_init(frame + L3, len - L3);

	CU_ASSERT_EQUAL(if_id, IF);
	CU_ASSERT_TRUE_FATAL(n_sent < 64);
	memcpy(sent_dst[n_sent], frame, 6);
	/* What we send is what we would take: checksum, lengths, hop limit. */
	CU_ASSERT_EQUAL(nd_parse(&r, &sent[n_sent]), 0);
	/* What says a MAC address comes from it: a virtual router's from the virtual one. */
	CU_ASSERT_EQUAL(memcmp(frame + 6, sent[n_sent].has_mac ? sent[n_sent].mac : our_mac, 6), 0);
	n_sent++;
}

static void
on_changed(void *ctx, uint32_t if_id, const struct ip6_addr *a, enum neigh_state state,
		const uint8_t *mac)
{
	n_changed++;
	last_state = state;
	CU_ASSERT_EQUAL(mac != NULL, state == NEIGH_REACHABLE || state == NEIGH_STALE);
	if (mac != NULL)
		memcpy(last_mac, mac, 6);
}

static void
on_conflict(void *ctx, const struct neigh_conflict *s)
{
	conflict = *s;
	n_conflicts++;
}

static void
on_twin(void *ctx, uint32_t if_id, const struct ip6_addr *addr)
{
	CU_ASSERT_EQUAL(if_id, IF);
	n_twins++;
}

static void
clear(void)
{
	n_sent = n_changed = n_conflicts = n_twins = 0;
}

static struct neigh_if_cfg
lan(void)
{
	struct neigh_if_cfg c = { .if_id = IF, .up = true, .n_addrs = 2 };

	memcpy(c.mac, our_mac, 6);
	c.addrs[0] = (struct ip6_prefix){ .addr = addr("fe80::1"), .len = 64 };
	c.addrs[1] = (struct ip6_prefix){ .addr = addr("2001:db8::1"), .len = 64 };
	return c;
}

static void
run(uint64_t ms)
{
	uint64_t end = now_ms + ms;

	while (neigh_cache_next_ms(nd) <= end) {
		now_ms = neigh_cache_next_ms(nd);
		neigh_cache_tick(nd, now_ms);
	}
	now_ms = end;
}

static void
start(uint32_t max)
{
	static const struct neigh_ops ops = { on_send, on_changed, on_conflict, on_twin };
	struct neigh_if_cfg c = lan();

	now_ms = START;
	nd = nd_new(&ops, NULL, max, 42);
	CU_ASSERT_PTR_NOT_NULL_FATAL(nd);
	clear();
	CU_ASSERT_EQUAL(neigh_cache_if_set(nd, &c, now_ms), 0);
}

/* From the wire. */
static int
input(struct nd_msg m, const uint8_t mac[6])
{
	uint8_t frame[ND_FRAME_LEN];
	size_t len;

	if (m.has_mac)
		memcpy(m.mac, mac, 6);
	len = nd_build(&m, mac, our_mac, frame);
	return nd_input(nd, IF, frame + L3, len - L3, now_ms);
}

static int
advert(const char *target, uint8_t flags, const uint8_t mac[6])
{
	struct nd_msg m = { .type = ND_NA, .flags = flags, .src = addr(target),
		.dst = addr("2001:db8::1"), .target = addr(target), .has_mac = true };

	return input(m, mac);
}

static int
solicit(const char *src, const char *target)
{
	struct ip6_addr t = addr(target);
	struct nd_msg m = { .type = ND_NS, .src = addr(src), .dst = ip6_solicited_node(&t),
		.target = t };

	m.has_mac = !ip6_is_zero(&m.src);
	return input(m, peer_mac);
}

static enum neigh_state
state(const char *a)
{
	struct ip6_addr x = addr(a);

	return neigh_cache_lookup(nd, IF, &x, NULL);
}

/* ---- the wire ---------------------------------------------------------------------------- */

/* Every prefix is refused, from a copy of exactly that size, and every flipped bit. */
static void
test_wire(void)
{
	struct nd_msg m = { .type = ND_NS, .src = addr("fe80::9"), .dst = addr("ff02::1:ff00:1"),
		.target = addr("2001:db8::1"), .has_mac = true, .mac = { 2, 0, 0, 0, 0, 9 } }, out;
	uint8_t frame[ND_FRAME_LEN], *copy;
	size_t len = nd_build(&m, peer_mac, our_mac, frame) - L3;
	struct rd r = rd_init(frame + L3, len);
	unsigned int passed = 0;

	CU_ASSERT_EQUAL(nd_parse(&r, &out), 0);
	CU_ASSERT_EQUAL(memcmp(&out, &m, sizeof(m)), 0);
	for (size_t n = 0; n < len; n++) {
		copy = malloc(n + 1);
		CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
		memcpy(copy + 1, frame + L3, n);
		r = rd_init(copy + 1, n);
		CU_ASSERT_EQUAL(nd_parse(&r, &out), -EBADMSG);
		free(copy);
	}
	for (size_t bit = 0; bit < len * 8; bit++) {
		frame[L3 + bit / 8] ^= (uint8_t)(1 << bit % 8);
		r = rd_init(frame + L3, len);
		passed += nd_parse(&r, &out) == 0;
		frame[L3 + bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	/* What no checksum covers and no rule forbids: traffic class and flow label. */
	CU_ASSERT_EQUAL(passed, 28);
}

static const struct {
	struct nd_msg m;
	const char *src, *dst, *target;
	bool ok;
} rules[] = {
	/* RFC 4861 section 7.1.1 */
	{ { .type = ND_NS }, "::", "ff02::1:ff00:1", "2001:db8::1", true },
	{ { .type = ND_NS }, "::", "2001:db8::1", "2001:db8::1", false },
	{ { .type = ND_NS, .has_mac = true }, "::", "ff02::1:ff00:1", "2001:db8::1", false },
	{ { .type = ND_NS }, "fe80::9", "ff02::1:ff00:1", "ff02::1", false },
	{ { .type = ND_NS }, "fe80::9", "fe80::1", "fe80::1", true },
	{ { .type = ND_NS }, "ff02::9", "fe80::1", "fe80::1", false },
	/* section 7.1.2 */
	{ { .type = ND_NA, .flags = ND_SOLICITED }, "fe80::9", "ff02::1", "fe80::9", false },
	{ { .type = ND_NA, .flags = ND_OVERRIDE }, "fe80::9", "ff02::1", "fe80::9", true },
	{ { .type = ND_NA }, "::", "ff02::1", "fe80::9", false },
	{ { .type = ND_NA }, "fe80::9", "fe80::1", "::", false },
};

static void
test_rules(void)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		struct nd_msg m = rules[i].m, out;
		uint8_t frame[ND_FRAME_LEN];
		struct rd r;

		m.src = addr(rules[i].src);
		m.dst = addr(rules[i].dst);
		m.target = addr(rules[i].target);
		r = rd_init(frame + L3, nd_build(&m, peer_mac, our_mac, frame) - L3);
		CU_ASSERT_EQUAL(nd_parse(&r, &out), rules[i].ok ? 0 : -EBADMSG);
	}
}

/* ---- the engine -------------------------------------------------------------------------- */

/* New addresses are tested (RFC 4862), then announced; the same again does nothing. */
static void
test_start(void)
{
	struct neigh_if_cfg c = lan();
	struct ip6_addr all = addr("ff02::1");

	start(0);
	CU_ASSERT_EQUAL(n_sent, 2);
	CU_ASSERT_EQUAL(sent[0].type, ND_NS);
	CU_ASSERT_TRUE(ip6_is_zero(&sent[0].src));
	CU_ASSERT_FALSE(sent[0].has_mac);
	run(NEIGH_TRY_MS);
	CU_ASSERT_EQUAL(n_sent, 4);
	CU_ASSERT_EQUAL(sent[3].type, ND_NA);
	CU_ASSERT_EQUAL(sent[3].flags, ND_ROUTER | ND_OVERRIDE);
	CU_ASSERT_TRUE(ip6_equal(&sent[3].dst, &all));
	clear();
	CU_ASSERT_EQUAL(neigh_cache_if_set(nd, &c, now_ms), 0);
	run(10 * NEIGH_TRY_MS);
	CU_ASSERT_EQUAL(n_sent, 0);
	neigh_cache_free(nd);
}

static void
test_resolve(void)
{
	struct ip6_addr peer = addr("2001:db8::9"), off = addr("2001:db9::9");
	struct ip6_addr node = ip6_solicited_node(&peer);
	uint8_t group[6];

	start(0);
	run(NEIGH_TRY_MS);
	clear();
	neigh_cache_resolve(nd, IF, &off, now_ms);
	CU_ASSERT_EQUAL(n_sent, 0);
	neigh_cache_resolve(nd, IF, &peer, now_ms);
	neigh_cache_resolve(nd, IF, &peer, now_ms);
	CU_ASSERT_EQUAL_FATAL(n_sent, 1);
	CU_ASSERT_TRUE(ip6_equal(&sent[0].dst, &node));
	CU_ASSERT_TRUE(ip6_equal(&sent[0].target, &peer));
	CU_ASSERT_EQUAL(memcmp(sent[0].mac, our_mac, 6), 0);
	ip6_multicast_mac(&node, group);
	CU_ASSERT_EQUAL(memcmp(sent_dst[0], group, 6), 0);
	CU_ASSERT_EQUAL(advert("2001:db8::9", ND_SOLICITED | ND_OVERRIDE, peer_mac), 0);
	CU_ASSERT_EQUAL(last_state, NEIGH_REACHABLE);
	CU_ASSERT_EQUAL(memcmp(last_mac, peer_mac, 6), 0);
	/* Its time is over: probed by unicast, usable; no answer, gone. */
	clear();
	run(ND_REACHABLE_MS * 3 / 2 + 1);
	CU_ASSERT_TRUE_FATAL(n_sent >= 1);
	CU_ASSERT_EQUAL(memcmp(sent_dst[0], peer_mac, 6), 0);
	CU_ASSERT_TRUE(ip6_equal(&sent[0].dst, &peer));
	run(4 * NEIGH_TRY_MS);
	CU_ASSERT_EQUAL(n_sent, NEIGH_TRIES);
	CU_ASSERT_EQUAL(state("2001:db8::9"), NEIGH_GONE);
	neigh_cache_free(nd);
}

static void
test_fail_and_pin(void)
{
	struct ip6_addr peer = addr("2001:db8::9"), gw = addr("fe80::254");

	start(0);
	run(NEIGH_TRY_MS);
	clear();
	neigh_cache_resolve(nd, IF, &peer, now_ms);
	run(NEIGH_TRIES * NEIGH_TRY_MS);
	CU_ASSERT_EQUAL(n_sent, NEIGH_TRIES);
	CU_ASSERT_EQUAL(state("2001:db8::9"), NEIGH_FAILED);
	neigh_cache_resolve(nd, IF, &peer, now_ms); /* not again so soon */
	CU_ASSERT_EQUAL(n_sent, NEIGH_TRIES);
	run(NEIGH_NEGATIVE_MS);
	CU_ASSERT_EQUAL(state("2001:db8::9"), NEIGH_GONE);
	/* A pinned one is asked for again and again. */
	clear();
	CU_ASSERT_EQUAL(neigh_cache_pin(nd, IF, &gw, 1, now_ms), 0);
	run(20 * NEIGH_TRY_MS);
	CU_ASSERT_TRUE(n_sent > 2 * NEIGH_TRIES);
	CU_ASSERT_EQUAL(advert("fe80::254", ND_SOLICITED | ND_OVERRIDE, peer_mac), 0);
	CU_ASSERT_EQUAL(state("fe80::254"), NEIGH_REACHABLE);
	neigh_cache_unpin(nd, IF, &gw);
	CU_ASSERT_EQUAL(state("fe80::254"), NEIGH_REACHABLE);
	CU_ASSERT_EQUAL(neigh_cache_pin(nd, 99, &gw, 1, now_ms), -ENOENT);
	neigh_cache_free(nd);
}

/* A solicitation for us is answered, and tells of its sender; RFC 4861 section 7.2.3, 7.2.4. */
static void
test_answer(void)
{
	struct ip6_addr ours = addr("2001:db8::1"), all = addr("ff02::1");

	start(0);
	run(NEIGH_TRY_MS);
	clear();
	CU_ASSERT_EQUAL(solicit("2001:db8::9", "2001:db8::1"), 0);
	CU_ASSERT_EQUAL_FATAL(n_sent, 1);
	CU_ASSERT_EQUAL(sent[0].type, ND_NA);
	CU_ASSERT_EQUAL(sent[0].flags, ND_ROUTER | ND_SOLICITED | ND_OVERRIDE);
	CU_ASSERT_TRUE(ip6_equal(&sent[0].target, &ours));
	CU_ASSERT_EQUAL(memcmp(sent_dst[0], peer_mac, 6), 0);
	CU_ASSERT_EQUAL(state("2001:db8::9"), NEIGH_STALE);
	/* Not for us; from off the link. */
	clear();
	CU_ASSERT_EQUAL(solicit("2001:db8::9", "2001:db8::77"), 0);
	CU_ASSERT_EQUAL(n_sent, 0);
	CU_ASSERT_EQUAL(solicit("2001:db9::9", "2001:db8::1"), 0);
	CU_ASSERT_EQUAL(state("2001:db9::9"), NEIGH_GONE);
	/* Who wants our address hears that it is taken, and we do too. */
	clear();
	CU_ASSERT_EQUAL(solicit("::", "2001:db8::1"), 0);
	CU_ASSERT_EQUAL_FATAL(n_sent, 1);
	CU_ASSERT_TRUE(ip6_equal(&sent[0].dst, &all));
	CU_ASSERT_EQUAL(sent[0].flags & ND_SOLICITED, 0);
	run(20);
	CU_ASSERT_EQUAL(n_conflicts, 1);
	CU_ASSERT_TRUE(conflict.open && !conflict.has_mac);
	neigh_cache_free(nd);
}

/* Our address is announced by another, or asked from: each time all nodes hear from us after it. */
static void
test_defence(void)
{
	const struct ip6_addr all = addr("ff02::1");

	start(0);
	run(NEIGH_TRY_MS);
	for (unsigned int i = 0; i < 4; i++) {
		clear();
		CU_ASSERT_EQUAL(i % 2 == 0 ? advert("2001:db8::1", ND_OVERRIDE, peer_mac)
					   : solicit("2001:db8::1", "fe80::1"),
				0);
		n_sent = 0;
		run(20);
		CU_ASSERT_EQUAL_FATAL(n_sent, 1);
		CU_ASSERT_EQUAL(sent[0].type, ND_NA);
		CU_ASSERT_EQUAL(sent[0].flags, ND_ROUTER | ND_OVERRIDE);
		CU_ASSERT_TRUE(ip6_equal(&sent[0].target, &conflict.addr));
		CU_ASSERT_TRUE(ip6_equal(&sent[0].dst, &all));
		CU_ASSERT_EQUAL(memcmp(sent[0].mac, our_mac, 6), 0);
		CU_ASSERT_EQUAL(n_conflicts, i == 0); /* told once in ten seconds */
		CU_ASSERT_EQUAL(memcmp(conflict.mac, peer_mac, 6), 0);
		run(480);
	}
	clear();
	run(20000);
	CU_ASSERT_EQUAL(n_sent, 0);
	CU_ASSERT_EQUAL(n_conflicts, 1);
	CU_ASSERT_TRUE(!conflict.open && conflict.heard == 4 && conflict.defended == 4);
	CU_ASSERT_EQUAL(state("2001:db8::1"), NEIGH_GONE);
	neigh_cache_free(nd);
}

/* RFC 9568 section 8.2.2: of an owner's address hosts learn the virtual MAC address alone. */
static void
test_owner(void)
{
	struct neigh_virtual v = { .mac = { 0, 0, 0x5e, 0, 2, 10 } };
	struct ip6_addr peer = addr("2001:db8::9");

	start(0);
	run(NEIGH_TRY_MS);
	clear();
	neigh_cache_resolve(nd, IF, &peer, now_ms);
	CU_ASSERT_EQUAL_FATAL(n_sent, 1);
	v.addr = sent[0].src; /* ours */
	CU_ASSERT_NOT_EQUAL(memcmp(sent[0].mac, v.mac, 6), 0);
	CU_ASSERT_EQUAL(neigh_cache_virtual_set(nd, IF, &v, 1), 0);
	clear();
	peer = addr("2001:db8::a");
	neigh_cache_resolve(nd, IF, &peer, now_ms);
	CU_ASSERT_EQUAL_FATAL(n_sent, 1);
	CU_ASSERT_TRUE(ip6_equal(&sent[0].src, &v.addr));
	CU_ASSERT_EQUAL(memcmp(sent[0].mac, v.mac, 6), 0);
	neigh_cache_free(nd);
}

/* An address of a virtual router: answered with and from its MAC address. */
static void
test_virtual(void)
{
	static const uint8_t vmac[6] = { 0, 0, 0x5e, 0, 2, 10 };
	struct neigh_virtual v = { .addr = addr("2001:db8::aa"), .mac = { 0, 0, 0x5e, 0, 2, 10 } };

	start(0);
	run(NEIGH_TRY_MS);
	clear();
	CU_ASSERT_EQUAL(solicit("2001:db8::9", "2001:db8::aa"), 0);
	CU_ASSERT_EQUAL(n_sent, 0);
	CU_ASSERT_EQUAL(neigh_cache_virtual_set(nd, IF, &v, 1), 0);
	CU_ASSERT_EQUAL(solicit("2001:db8::9", "2001:db8::aa"), 0);
	CU_ASSERT_EQUAL_FATAL(n_sent, 1);
	CU_ASSERT_EQUAL(sent[0].type, ND_NA);
	CU_ASSERT_EQUAL(sent[0].flags, ND_ROUTER | ND_SOLICITED | ND_OVERRIDE);
	CU_ASSERT_TRUE(ip6_equal(&sent[0].src, &v.addr));
	CU_ASSERT_EQUAL(memcmp(sent[0].mac, vmac, 6), 0);
	CU_ASSERT_EQUAL(memcmp(sent_dst[0], peer_mac, 6), 0);
	/* Who was the router before us is no stranger; anybody else is. */
	CU_ASSERT_EQUAL(advert("2001:db8::aa", ND_OVERRIDE, vmac), 0);
	run(20);
	CU_ASSERT_EQUAL(n_conflicts, 0);
	CU_ASSERT_EQUAL(n_twins, 1);
	CU_ASSERT_EQUAL(advert("2001:db8::aa", ND_OVERRIDE, peer_mac), 0);
	clear();
	run(20);
	CU_ASSERT_EQUAL(n_conflicts, 1);
	CU_ASSERT_EQUAL_FATAL(n_sent, 1);
	CU_ASSERT_EQUAL(memcmp(sent[0].mac, vmac, 6), 0);
	CU_ASSERT_EQUAL(neigh_cache_virtual_set(nd, IF, NULL, 0), 0);
	clear();
	neigh_cache_resolve(nd, IF, &v.addr, now_ms); /* a neighbour like others again */
	CU_ASSERT_EQUAL(n_sent, 1);
	neigh_cache_free(nd);
}

/* RFC 4861 section 7.2.5: who may change what is known. */
static void
test_adverts(void)
{
	struct ip6_addr peer = addr("2001:db8::9");

	start(0);
	CU_ASSERT_EQUAL(advert("2001:db8::9", ND_SOLICITED | ND_OVERRIDE, peer_mac), 0);
	CU_ASSERT_EQUAL(state("2001:db8::9"), NEIGH_GONE); /* nobody asked */
	neigh_cache_resolve(nd, IF, &peer, now_ms);
	CU_ASSERT_EQUAL(advert("2001:db8::9", 0, peer_mac), 0);
	CU_ASSERT_EQUAL(state("2001:db8::9"), NEIGH_STALE);
	CU_ASSERT_EQUAL(advert("2001:db8::9", ND_SOLICITED, peer_mac), 0);
	CU_ASSERT_EQUAL(state("2001:db8::9"), NEIGH_REACHABLE);
	CU_ASSERT_EQUAL(advert("2001:db8::9", ND_SOLICITED, other_mac), 0); /* without override */
	CU_ASSERT_EQUAL(state("2001:db8::9"), NEIGH_STALE);
	CU_ASSERT_EQUAL(memcmp(last_mac, peer_mac, 6), 0);
	CU_ASSERT_EQUAL(advert("2001:db8::9", ND_OVERRIDE, other_mac), 0);
	CU_ASSERT_EQUAL(state("2001:db8::9"), NEIGH_STALE);
	CU_ASSERT_EQUAL(memcmp(last_mac, other_mac, 6), 0);
	neigh_cache_free(nd);
}

/* A flood fills the table and no more; who has answered stays. */
static void
test_limit(void)
{
	struct ip6_addr a = addr("2001:db8::9");

	start(16);
	neigh_cache_resolve(nd, IF, &a, now_ms);
	CU_ASSERT_EQUAL(advert("2001:db8::9", ND_SOLICITED, peer_mac), 0);
	for (unsigned int i = 0; i < 200; i++) {
		clear();
		a = addr("2001:db8::1:0");
		a.b[15] = (uint8_t)i;
		neigh_cache_resolve(nd, IF, &a, now_ms);
	}
	CU_ASSERT_EQUAL(state("2001:db8::9"), NEIGH_REACHABLE);
	CU_ASSERT_EQUAL(neigh_cache_clear(nd, now_ms), 16);
	neigh_cache_free(nd);
}

static void
test_down(void)
{
	struct ip6_addr a = addr("2001:db8::9"), gw = addr("2001:db8::254");
	struct neigh_if_cfg c = lan();

	start(0);
	neigh_cache_resolve(nd, IF, &a, now_ms);
	CU_ASSERT_EQUAL(neigh_cache_pin(nd, IF, &gw, 1, now_ms), 0);
	CU_ASSERT_EQUAL(advert("2001:db8::9", ND_SOLICITED, peer_mac), 0);
	CU_ASSERT_EQUAL(advert("2001:db8::254", ND_SOLICITED, peer_mac), 0);
	c.up = false;
	CU_ASSERT_EQUAL(neigh_cache_if_set(nd, &c, now_ms), 0);
	CU_ASSERT_EQUAL(state("2001:db8::9"), NEIGH_GONE);
	CU_ASSERT_EQUAL(state("2001:db8::254"), NEIGH_INCOMPLETE);
	clear();
	run(100000);
	CU_ASSERT_EQUAL(n_sent, 0);
	CU_ASSERT_EQUAL(advert("2001:db8::254", ND_SOLICITED, peer_mac), -ENOENT);
	c.up = true;
	CU_ASSERT_EQUAL(neigh_cache_if_set(nd, &c, now_ms), 0);
	CU_ASSERT_EQUAL(n_sent, 3); /* two addresses are tested, one neighbour is asked for */
	neigh_cache_if_del(nd, IF);
	CU_ASSERT_EQUAL(state("2001:db8::254"), NEIGH_GONE);
	neigh_cache_free(nd);
}

static const struct cu_case cases[] = {
	CU_CASE(test_wire), CU_CASE(test_rules), CU_CASE(test_start), CU_CASE(test_resolve),
	CU_CASE(test_fail_and_pin), CU_CASE(test_answer), CU_CASE(test_owner),
	CU_CASE(test_virtual),
	CU_CASE(test_adverts),
	CU_CASE(test_defence), CU_CASE(test_limit), CU_CASE(test_down),
};

CU_MAIN("nd", cases)
