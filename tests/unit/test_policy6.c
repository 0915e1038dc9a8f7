/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Security policies of IPv6: what is refused, and what packets meet. As in test_policy.c tunnel 2
 * protects; 2001:db8:50::/48, the network behind it, is routed to the Internet like all the rest.
 */
#include <string.h>

#include "common/ip_range.h"
#include "tests/unit/cu.h"
#include "tests/unit/dp6_fixture.h"
#include "tests/unit/dp_policy.h"

#define REMOTE "2001:db8:50::5"

static struct rte_rcu_qsbr *const no_rcu;

static struct chan_policy
policy(uint32_t id, uint32_t priority, const char *src, const char *dst)
{
	struct chan_policy c = { .policy_id = id,
		.priority = priority,
		.is_ip6 = 1,
		.action = CHAN_POLICY_PROTECT,
		.sport_hi = UINT16_MAX,
		.dport_hi = UINT16_MAX,
		.tun_id = 2 };
	struct ip_prefix s, d;

	CU_ASSERT_TRUE_FATAL(ip_prefix_parse(src, &s) == 0 && ip_prefix_parse(dst, &d) == 0);
	memcpy(c.src6, s.addr, sizeof(c.src6));
	memcpy(c.dst6, d.addr, sizeof(c.dst6));
	c.src_len = s.len;
	c.dst_len = d.len;
	return c;
}

static struct chan_policy
protect(uint32_t id, uint32_t priority)
{
	return policy(id, priority, "2001:db8:1::/64", "2001:db8:50::/48");
}

static void
open_world(void)
{
	dp_open(no_rcu);
	d6_world();
	dp_world_sas();
}

static void
close_world(void)
{
	dp_clear();
	DP_END();
}

/* From the LAN, or as @p says; has it left as ESP? */
static bool
protected(const struct d6_pkt *p)
{
	bool esp;

	d6_send(0, p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	esp = rte_pktmbuf_mtod(dp.out[0].m, const uint8_t *)[12] == 0x08 &&
			dp_out_ip(0)->next_proto_id == IPPROTO_ESP;
	dp_clear();
	return esp;
}

static void
dropped(const struct d6_pkt *p, uint16_t port, enum chan_drop why)
{
	uint64_t before = dp_drops(why);

	d6_send(port, p);
	CU_ASSERT_EQUAL(dp_drops(why), before + 1);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	dp_clear();
}

/* The peer sends a packet through its SA. */
static void
from_peer(const struct d6_pkt *p)
{
	struct rte_mbuf *m = d6_frame(0, p);

	CU_ASSERT_TRUE_FATAL(dp_inject(CHAN_INJECT_TUN, 3,
			rte_pktmbuf_mtod_offset(m, uint8_t *, 14), (uint16_t)(m->data_len - 14)));
	rte_pktmbuf_free(m);
	CU_ASSERT_EQUAL_FATAL(path_inject(dp.w, 1), 1);
	dp_flush();
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	dp.n_out = 0;
	dp_run1(1, dp_turn(dp.out[0].m));
}

/* ---- the table ------------------------------------------------------------------------------ */

static void
what_is_wrong_is_refused_and_named(void)
{
	struct chan_policy c;

#define REFUSED(change, name) \
	do { \
		c = protect(1, 1); \
		change; \
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_POLICY_SET, c), -EINVAL); \
		CU_ASSERT_STRING_EQUAL(dp.field, name); \
	} while (0)
	dp_open(no_rcu);
	REFUSED(c.is_ip6 = 2, "policy.is_ip6");
	REFUSED(c.src_len = 129, "policy.src_len");
	REFUSED(c.dst_len = 129, "policy.dst_len");
	REFUSED(c.src6[15] = 1, "policy.src");
	REFUSED(c.dst6[15] = 1, "policy.dst");
	REFUSED(c.src = 1, "policy.src"); /* of the other family */
	REFUSED(c.is_ip6 = 0, "policy.src_len");
	REFUSED((c.is_ip6 = 0, c.src_len = c.dst_len = 32), "policy.src");
	dp_policy_settle();
	CU_ASSERT_PTR_NULL(dp.t->policies);
	close_world();
}

static void
the_families_do_not_meet(void)
{
	struct chan_policy four = { .policy_id = 1,
		.priority = 9,
		.action = CHAN_POLICY_DISCARD,
		.sport_hi = UINT16_MAX,
		.dport_hi = UINT16_MAX };

	open_world();
	dp_policy_set(four); /* all of IPv4 */
	dp_policy_settle();
	CU_ASSERT_FALSE(protected(&(struct d6_pkt){ .dst = REMOTE }));
	dp_policy_set(protect(2, 1)); /* of a lower priority, and all the same */
	dp_policy_settle();
	CU_ASSERT_TRUE(protected(&(struct d6_pkt){ .dst = REMOTE }));
	dp_send(0, &(struct dp_pkt){ .src = DP_LAN_HOST, .dst = IP4(203, 0, 113, 1) });
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_POLICY_DISCARD), 1);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_POLICY_DEL, four), 0);
	dp_policy_settle();
	dp_send(0, &(struct dp_pkt){ .src = DP_LAN_HOST, .dst = IP4(203, 0, 113, 1) });
	CU_ASSERT_EQUAL(dp.n_out, 1);
	dp_clear();
	CU_ASSERT_TRUE(protected(&(struct d6_pkt){ .dst = REMOTE }));
	close_world();
}

/* ---- out ------------------------------------------------------------------------------------ */

static void
the_highest_priority_decides(void)
{
	struct chan_policy c = policy(3, 10, "::/0", REMOTE "/128");

	open_world();
	dp_policy_set(protect(9, 1));
	c.action = CHAN_POLICY_BYPASS;
	dp_policy_set(c);
	c = policy(4, 20, "::/0", "2001:db8:50:1::/64");
	c.action = CHAN_POLICY_DISCARD;
	c.proto = IPPROTO_UDP;
	c.dport_lo = c.dport_hi = 2000;
	dp_policy_set(c);
	dp_policy_settle();
	CU_ASSERT_FALSE(protected(&(struct d6_pkt){ .dst = REMOTE }));
	CU_ASSERT_TRUE(protected(&(struct d6_pkt){ .dst = "2001:db8:50::6" }));
	CU_ASSERT_EQUAL(dp.w->policy_stats[9].out_packets, 1);
	CU_ASSERT_EQUAL(dp.w->policy_stats[9].out_bytes, 80);
	dropped(&(struct d6_pkt){ .dst = "2001:db8:50:1::6" }, 0, CHAN_DROP_POLICY_DISCARD);
	CU_ASSERT_TRUE(protected(&(struct d6_pkt){ .dst = "2001:db8:50:1::6", .dport = 2001 }));
	CU_ASSERT_FALSE(protected(&(struct d6_pkt){ .dst = "2001:db8:51::6" }));
	close_world();
}

static void
nothing_leaves_in_the_clear_without_an_sa(void)
{
	struct chan_tun_sa_out unbind = { 2, CHAN_NONE };
	struct chan_policy c = protect(9, 1);

	open_world();
	c.tun_id = 0; /* does not protect */
	dp_policy_set(c);
	dp_policy_settle();
	dropped(&(struct d6_pkt){ .dst = REMOTE }, 0, CHAN_DROP_POLICY_TUNNEL);
	c.action = CHAN_POLICY_UNAGREED;
	c.tun_id = 2;
	dp_policy_set(c);
	dp_policy_settle();
	dropped(&(struct d6_pkt){ .dst = REMOTE }, 0, CHAN_DROP_POLICY_UNAGREED);
	dp_policy_set(protect(9, 1));
	dp_policy_settle();
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SA_OUT, unbind), 0);
	d6_send(0, &(struct d6_pkt){ .dst = REMOTE });
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_TUN_NO_SA), 1);
	CU_ASSERT_TRUE(dp.n_events == 1 && dp.events[0].type == CHAN_EV_ACQUIRE);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	close_world();
}

static void
the_hop_limit_is_spent_before_the_tunnel(void)
{
	open_world();
	dp_policy_set(protect(9, 1));
	dp_policy_settle();
	d6_send(0, &(struct d6_pkt){ .dst = REMOTE, .hops = 1 });
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_IP6_HOP_LIMIT), 1);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1); /* to the LAN host, which is not behind the tunnel */
	CU_ASSERT_EQUAL(d6_out(0)->proto, IP6_ICMP);
	close_world();
}

static void
what_is_routed_into_a_tunnel_with_policies_needs_one(void)
{
	open_world();
	dp_policy_set(protect(9, 1));
	dp_policy_settle();
	dropped(&(struct d6_pkt){ .dst = "2001:db8:102::1" }, 0, CHAN_DROP_POLICY_SELECTOR);
	close_world();
}

/* ICMPv6 by type, behind extension headers, too; a fragment without it cannot be told. */
static void
icmpv6_types_are_told_apart(void)
{
	static const uint8_t echo[8] = { 128, 0 }, unreach[8] = { 1, 4 }, zero[8] = { 0 };
	static const uint8_t behind[16] = { IP6_ICMP, 0, [8] = 128 };
	static const uint8_t rest[16] = { IP6_ICMP, 0, 0, 9, 0, 0, 0, 7, 128 };
	struct chan_policy c = policy(3, 10, "::/0", "::/0");

	open_world();
	c.action = CHAN_POLICY_DISCARD;
	c.proto = IPPROTO_ICMPV6;
	c.sport_lo = c.dport_lo = 128 << 8;
	c.sport_hi = c.dport_hi = 128 << 8 | 0xff;
	dp_policy_set(c);
	dp_policy_settle();
	dropped(&(struct d6_pkt){ .proto = IP6_ICMP, .payload = echo, .payload_len = 8 }, 0,
			CHAN_DROP_POLICY_DISCARD);
	dropped(&(struct d6_pkt){ .proto = IP6_DEST_OPTIONS, .payload = behind,
				.payload_len = 16 }, 0, CHAN_DROP_POLICY_DISCARD);
	dropped(&(struct d6_pkt){ .proto = IP6_FRAGMENT, .payload = rest, .payload_len = 16 }, 0,
			CHAN_DROP_POLICY_FRAGMENT);
	CU_ASSERT_FALSE(protected(&(struct d6_pkt){ .proto = IP6_ICMP, .payload = unreach,
			.payload_len = 8 }));
	CU_ASSERT_FALSE(protected(&(struct d6_pkt){ .proto = IP6_ICMP, .payload = zero,
			.payload_len = 8 }));
	close_world();
}

/* Extension headers, the upper protocol behind them, and whether its ports can be seen. */
static void
the_protocol_is_behind_the_extension_headers(void)
{
	/* next header, length in 8 bytes beyond the first; a fragment's offset and id */
	static const uint8_t udp[8] = { 3, 232, 7, 208, 0, 8, 0, 0 }; /* from 1000 to 2000 */
	static const struct {
		uint8_t first;
		uint8_t hdr[24];
		unsigned int hdr_len;
		/* 0: discarded by the policy for UDP port 2000; 1: no; 2: cannot be told */
		int fate;
	} cases[] = {
		{ 17, { 0 }, 0, 0 },
		{ 60, { 17, 0 }, 8, 0 },                          /* destination options */
		{ 0, { 60, 1, [16] = 17, 0 }, 24, 0 },            /* hop-by-hop, destination */
		{ 43, { 17, 0, 0, 1 }, 8, 0 },                    /* routing, segments left */
		{ 44, { 17, 0, 0, 1, 0, 0, 0, 7 }, 8, 0 },        /* the first fragment */
		{ 44, { 17, 0, 0, 9, 0, 0, 0, 7 }, 8, 2 },        /* another one: no ports */
		{ 44, { 6, 0, 0, 9, 0, 0, 0, 7 }, 8, 1 },         /* of TCP */
		{ 44, { 60, 0, 0, 9, 0, 0, 0, 7 }, 8, 2 },        /* of who knows what */
		{ 60, { 17, 200 }, 8, 2 },                        /* beyond the packet */
		{ 60, { 44, 0, [8] = 17, 0, 0, 9 }, 16, 2 },
	};
	struct chan_policy c = policy(3, 10, "::/0", "::/0");

	open_world();
	c.action = CHAN_POLICY_DISCARD;
	c.proto = IPPROTO_UDP;
	c.dport_lo = c.dport_hi = 2000;
	dp_policy_set(c);
	dp_policy_settle();
	for (size_t i = 0; i < RTE_DIM(cases); i++) {
		uint8_t body[40] = { 0 };
		struct d6_pkt p = { .proto = cases[i].first,
			.hop_by_hop = cases[i].first == 0,
			.payload = body,
			.payload_len = (uint16_t)(cases[i].hdr_len + sizeof(udp)) };

		memcpy(body, cases[i].hdr, cases[i].hdr_len);
		memcpy(body + cases[i].hdr_len, udp, sizeof(udp));
		if (cases[i].fate != 1)
			dropped(&p, 0, cases[i].fate == 0 ? CHAN_DROP_POLICY_DISCARD
							  : CHAN_DROP_POLICY_FRAGMENT);
		else
			CU_ASSERT_FALSE(protected(&p));
	}
	/* Nine extension headers are more than anybody sends. */
	{
		uint8_t body[9 * 8 + 8] = { 0 };

		for (int i = 0; i < 9; i++)
			body[8 * i] = i == 8 ? 17 : 60;
		dropped(&(struct d6_pkt){ .proto = 60, .payload = body,
			.payload_len = sizeof(body) },
				0, CHAN_DROP_POLICY_FRAGMENT);
	}
	close_world();
}

/* ---- in ------------------------------------------------------------------------------------- */

static void
cleartext_that_should_be_protected_is_dropped(void)
{
	static const uint8_t ping[16] = { ICMP6_ECHO };
	struct d6_pkt p = { .src = REMOTE, .dst = D6_LAN_HOST };

	open_world();
	dp_policy_set(protect(9, 1));
	dp_policy_settle();
	dropped(&p, 1, CHAN_DROP_POLICY_CLEAR);
	CU_ASSERT_EQUAL(dp.w->policy_stats[9].in_drops, 1);
	dropped(&p, 0, CHAN_DROP_POLICY_CLEAR); /* whatever side it comes from */
	p = (struct d6_pkt){ .src = REMOTE, .dst = D6_LAN_ADDR, .proto = IP6_ICMP, .payload = ping,
		.payload_len = sizeof(ping) };
	dropped(&p, 1, CHAN_DROP_POLICY_CLEAR); /* to ourselves: no better */
	p = (struct d6_pkt){ .src = D6_FAR, .dst = D6_LAN_HOST };
	d6_send(1, &p);
	CU_ASSERT_EQUAL(dp.n_out, 1);
	close_world();
}

static void
a_tunnel_lets_in_what_its_policies_say(void)
{
	struct chan_policy other = policy(10, 1, "2001:db8:1::/64", "2001:db8:60::/48");
	struct chan_policy unagreed = protect(9, 1);

	open_world();
	dp_attach();
	other.tun_id = 3;
	dp_policy_set(protect(9, 1));
	dp_policy_set(other);
	dp_policy_settle();
	from_peer(&(struct d6_pkt){ .src = REMOTE, .dst = D6_LAN_HOST });
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(d6_out(0)->proto, IPPROTO_UDP);
	CU_ASSERT_EQUAL(dp.w->policy_stats[9].in_packets, 1);
	dp_clear();
	from_peer(&(struct d6_pkt){ .src = D6_FAR, .dst = D6_LAN_HOST }); /* nobody's */
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_POLICY_SELECTOR), 1);
	from_peer(&(struct d6_pkt){ .src = "2001:db8:60::1", .dst = D6_LAN_HOST }); /* another's */
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_POLICY_SELECTOR), 2);
	unagreed.action = CHAN_POLICY_UNAGREED;
	dp_policy_set(unagreed);
	dp_policy_settle();
	from_peer(&(struct d6_pkt){ .src = REMOTE, .dst = D6_LAN_HOST });
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_POLICY_SELECTOR), 3);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	dp_detach();
	close_world();
}

/* A policy for everything must not take the link away. */
static void
neighbour_discovery_comes_in(void)
{
	uint8_t ns[32] = { 135 }; /* neighbour solicitation for our address, in unicast */
	struct ip6_addr target = d6_addr(D6_LAN_ADDR);
	struct d6_pkt p = { .dst = D6_LAN_ADDR, .proto = IP6_ICMP, .hops = ND_HOPS, .payload = ns,
		.payload_len = 24 };

	memcpy(ns + 8, &target, sizeof(target));
	open_world();
	dp_attach();
	dp_policy_set(policy(9, 1, "::/0", "::/0"));
	dp_policy_settle();
	d6_send(0, &p);
	CU_ASSERT_TRUE(dp_punted(CHAN_CLASS_ARP));
	p.hops = 254; /* from off the link */
	dropped(&p, 0, CHAN_DROP_POLICY_CLEAR);
	p.hops = ND_HOPS;
	p.dst = D6_VLAN_HOST; /* not to us */
	dropped(&p, 0, CHAN_DROP_POLICY_CLEAR);
	dp_detach();
	close_world();
}

/* An ICMPv6 error about a protected packet quotes it: it is as secret as that. */
static void
errors_about_protected_packets_are_protected(void)
{
	open_world();
	dp_attach();
	dp_policy_set(policy(9, 1, D6_LAN_HOST "/128", "2001:db8:50::/48")); /* not our own address */
	dp_policy_settle();
	from_peer(&(struct d6_pkt){ .src = REMOTE, .dst = D6_LAN_HOST, .hops = 1 });
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_IP6_HOP_LIMIT), 1);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp_out_ip(0)->next_proto_id, IPPROTO_ESP);
	dp_detach();
	close_world();
}

static const struct cu_case cases[] = {
	CU_CASE(what_is_wrong_is_refused_and_named),
	CU_CASE(the_families_do_not_meet),
	CU_CASE(the_highest_priority_decides),
	CU_CASE(nothing_leaves_in_the_clear_without_an_sa),
	CU_CASE(the_hop_limit_is_spent_before_the_tunnel),
	CU_CASE(what_is_routed_into_a_tunnel_with_policies_needs_one),
	CU_CASE(icmpv6_types_are_told_apart),
	CU_CASE(the_protocol_is_behind_the_extension_headers),
	CU_CASE(cleartext_that_should_be_protected_is_dropped),
	CU_CASE(a_tunnel_lets_in_what_its_policies_say),
	CU_CASE(neighbour_discovery_comes_in),
	CU_CASE(errors_about_protected_packets_are_protected),
};

int
main(void)
{
	dp_eal();
	return cu_run("policy6", cases, RTE_DIM(cases));
}
