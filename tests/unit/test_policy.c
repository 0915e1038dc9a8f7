/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Security policies: what is refused, and what packets meet; the table as such is
 * test_policy_table.c's. Tunnel 2 of the fixture's world stands for the tunnel that protects;
 * 10.50/16, the network behind it, is routed to the Internet: what the policies do not catch leaves
 * in the clear for all to see.
 */
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>

#include "common/inet.h"
#include "tests/unit/cu.h"
#include "tests/unit/dp_policy.h"

#define REMOTE_HOST IP4(10, 50, 0, 5)

static struct rte_rcu_qsbr *const no_rcu;

static struct chan_policy
protect(uint32_t id, uint32_t priority)
{
	return dp_policy(id, priority, IP4(10, 50, 0, 0), 16);
}

static void
open_world(bool sas)
{
	dp_open(no_rcu);
	dp_world();
	if (sas)
		dp_world_sas();
}

/* From the LAN to behind the tunnel, or where @dst says. */
static void
send_out(uint32_t dst)
{
	dp_send(0, &(struct dp_pkt){ .src = DP_LAN_HOST, .dst = dst });
}

/* The peer sends a packet through its SA; @return the frame for our WAN port. */
static struct rte_mbuf *
from_peer(const struct dp_pkt *p)
{
	struct rte_mbuf *m = dp_frame(0, p), *out;
	unsigned int before = dp.n_out;

	CU_ASSERT_TRUE_FATAL(dp_inject(CHAN_INJECT_TUN, 3,
			rte_pktmbuf_mtod_offset(m, uint8_t *, 14), (uint16_t)(m->data_len - 14)));
	rte_pktmbuf_free(m);
	CU_ASSERT_EQUAL_FATAL(path_inject(dp.w, 1), 1);
	dp_flush();
	CU_ASSERT_EQUAL_FATAL(dp.n_out, before + 1);
	out = dp.out[--dp.n_out].m;
	return dp_turn(out);
}

/* ---- the table ------------------------------------------------------------------------------ */

static uint32_t
rnd(uint32_t n)
{
	return (uint32_t)rand() % n;
}

static void
what_is_wrong_is_refused_and_named(void)
{
	struct chan_policy c = protect(1, 1);

#define REFUSED(change, name) \
	do { \
		c = protect(1, 1); \
		change; \
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_POLICY_SET, c), -EINVAL); \
		CU_ASSERT_STRING_EQUAL(dp.field, name); \
	} while (0)
	dp_open(no_rcu);
	REFUSED(c.policy_id = CHAN_MAX_POLICIES, "policy.policy_id");
	REFUSED(c.src_len = 33, "policy.src_len");
	REFUSED(c.src |= 1, "policy.src");
	REFUSED(c.dst_len = 33, "policy.dst_len");
	REFUSED(c.dst |= 1, "policy.dst");
	REFUSED(c.action = 4, "policy.action");
	REFUSED(c.tun_id = DP_TUNNELS, "policy.tun_id");
	REFUSED(c.dport_lo = 5, "policy.proto"); /* ports of which protocol? */
	REFUSED((c.proto = 6, c.dport_lo = 5, c.dport_hi = 4), "policy.dport_lo");
	REFUSED((c.proto = 6, c.sport_lo = 5, c.sport_hi = 4), "policy.sport_lo");
	/* A type of one side. */
	REFUSED((c.proto = 1, c.sport_lo = c.sport_hi = 0x800), "policy.dport_lo");
	c.policy_id = CHAN_MAX_POLICIES;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_POLICY_DEL, c), -EINVAL);
	c.policy_id = 77;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_POLICY_DEL, c), 0); /* is not there */
	dp_policy_settle();
	CU_ASSERT_PTR_NULL(dp.t->policies);
	DP_END();
}

static void
they_take_effect_before_any_other_command_or_after_a_tick(void)
{
	struct chan_policy c = protect(1, 1);
	const struct policy_set *s;

	open_world(false);
	dp_policy_set(c);
	CU_ASSERT_PTR_NULL(dp.t->policies);
	CU_ASSERT_EQUAL(dp_route(IP4(10, 50, 0, 0), 16, DP_NH_GW), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(dp.t->policies);
	CU_ASSERT_EQUAL(dp.t->policies->n, 1);
	s = dp.t->policies;
	dp_policy_set(c); /* the same again: nothing to do */
	dp_policy_settle();
	CU_ASSERT_PTR_EQUAL(dp.t->policies, s);
	dp_policy_set(protect(2, 5));
	tables_tick(dp.t, 1000); /* more may come */
	CU_ASSERT_EQUAL(dp.t->policies->n, 1);
	tables_tick(dp.t, 1050);
	CU_ASSERT_EQUAL(dp.t->policies->n, 2);
	for (uint32_t i = 0; i < 30; i++) { /* they do not end: not put off for ever */
		dp_policy_set(protect(3 + i, 5));
		tables_tick(dp.t, 1100);
	}
	CU_ASSERT_TRUE(dp.t->policies->n > 20);
	for (uint32_t i = 1; i < 40; i++) {
		c.policy_id = i;
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_POLICY_DEL, c), 0);
	}
	dp_policy_settle();
	CU_ASSERT_PTR_NULL(dp.t->policies);
	DP_END();
}

static void
a_sync_keeps_what_it_names(void)
{
	const struct chan_policy none = { 0 };
	const struct policy_set *s;

	dp_open(no_rcu);
	dp_policy_set(protect(1, 1));
	dp_policy_set(protect(2, 2));
	dp_policy_settle();
	s = dp.t->policies;
	dp.w->policy_stats[1].out_packets = 5;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SYNC_BEGIN, none), 0);
	dp_policy_set(protect(1, 1));
	dp_policy_set(protect(2, 2));
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SYNC_END, none), 0);
	CU_ASSERT_PTR_EQUAL(dp.t->policies, s);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SYNC_BEGIN, none), 0);
	dp_policy_set(protect(1, 1));
	tables_sync_abort(dp.t);
	dp_policy_settle();
	CU_ASSERT_EQUAL(dp.t->policies->n, 2);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SYNC_BEGIN, none), 0);
	dp_policy_set(protect(1, 1));
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SYNC_END, none), 0);
	CU_ASSERT_EQUAL(dp.t->policies->n, 1);
	CU_ASSERT_EQUAL(dp.w->policy_stats[1].out_packets, 5);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SYNC_BEGIN, none), 0);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SYNC_END, none), 0);
	CU_ASSERT_PTR_NULL(dp.t->policies);
	dp_policy_set(protect(1, 1)); /* somebody else's now */
	CU_ASSERT_EQUAL(dp.w->policy_stats[1].out_packets, 0);
	DP_END();
}

/* ---- out ------------------------------------------------------------------------------------ */

static void
protect_goes_into_the_tunnel_against_the_routes(void)
{
	open_world(true);
	send_out(REMOTE_HOST);
	CU_ASSERT_EQUAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp_out_ip(0)->next_proto_id, IPPROTO_UDP); /* no policy yet */
	dp_clear();
	dp_policy_set(protect(9, 1));
	dp_policy_settle();
	send_out(REMOTE_HOST);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp_out_ip(0)->next_proto_id, IPPROTO_ESP);
	CU_ASSERT_EQUAL(dp.w->policy_stats[9].out_packets, 1);
	CU_ASSERT_EQUAL(dp.w->policy_stats[9].out_bytes, 64);
	dp_clear();
	send_out(IP4(10, 51, 0, 1)); /* another network: by the routes */
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp_out_ip(0)->next_proto_id, IPPROTO_UDP);
	dp_clear();
	DP_END();
}

static void
the_highest_priority_decides(void)
{
	struct chan_policy c = protect(3, 10);

	open_world(true);
	dp_policy_set(protect(9, 1));
	c.action = CHAN_POLICY_BYPASS;
	c.dst = REMOTE_HOST;
	c.dst_len = 32;
	dp_policy_set(c);
	c = protect(4, 20);
	c.action = CHAN_POLICY_DISCARD;
	c.proto = IPPROTO_UDP;
	c.dst = IP4(10, 50, 1, 0);
	c.dst_len = 24;
	c.dport_lo = c.dport_hi = 2000;
	dp_policy_set(c);
	dp_policy_settle();
	send_out(REMOTE_HOST);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp_out_ip(0)->next_proto_id, IPPROTO_UDP);
	send_out(IP4(10, 50, 0, 6));
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 2);
	CU_ASSERT_EQUAL(dp_out_ip(1)->next_proto_id, IPPROTO_ESP);
	send_out(IP4(10, 50, 1, 6));
	CU_ASSERT_EQUAL(dp.n_out, 2);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_POLICY_DISCARD), 1);
	dp_send(0, &(struct dp_pkt){ .src = DP_LAN_HOST, .dst = IP4(10, 50, 1, 6), .dport = 2001 });
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 3);
	CU_ASSERT_EQUAL(dp_out_ip(2)->next_proto_id, IPPROTO_ESP);
	dp_clear();
	DP_END();
}

/* At every step of making and unmaking a tunnel, and whatever its state. */
static void
nothing_leaves_in_the_clear_whatever_is_missing(void)
{
	struct chan_tun tun = dp_tun(2);
	struct chan_tun_sa_out unbind = { 2, CHAN_NONE };
	struct chan_nh nh = dp_nh(DP_NH_TUN2);
	struct chan_policy c = protect(9, 1);
	struct chan_sa sa = { .sa_id = DP_SA_OUT };

	open_world(false);
	dp_policy_set(c);
	c.policy_id = 10; /* a tunnel that never was */
	c.tun_id = 60;
	c.dst = IP4(10, 52, 0, 0);
	dp_policy_set(c);
	c.policy_id = 11; /* one that does not protect */
	c.tun_id = 0;
	c.dst = IP4(10, 53, 0, 0);
	dp_policy_set(c);
	dp_policy_settle();
	send_out(REMOTE_HOST);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_TUN_NO_SA), 1);
	CU_ASSERT_EQUAL_FATAL(dp.n_events, 1);
	CU_ASSERT_TRUE(dp.events[0].type == CHAN_EV_ACQUIRE && dp.events[0].id == 2);
	send_out(IP4(10, 52, 0, 1));
	send_out(IP4(10, 53, 0, 1));
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_POLICY_TUNNEL), 2);

	dp_world_sas();
	send_out(REMOTE_HOST);
	CU_ASSERT_EQUAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp_out_ip(0)->next_proto_id, IPPROTO_ESP);
	dp_clear();
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SA_OUT, unbind), 0);
	send_out(REMOTE_HOST);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_TUN_NO_SA), 2);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_DEL, sa), 0);
	sa.sa_id = DP_SA_IN;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_DEL, sa), 0);
	tun.flags &= ~(uint32_t)CHAN_TUN_UP;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, tun), 0);
	send_out(REMOTE_HOST);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_TUN_DOWN), 1);
	dp_clear(); /* an ICMP error to the sender */
	CU_ASSERT_EQUAL(dp_route(IP4(10, 102, 0, 0), 16, DP_NH_GW), 0);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NH_DEL, nh), 0);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_DEL, tun), 0);
	send_out(REMOTE_HOST);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_POLICY_TUNNEL), 3);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	DP_END();
}

static void
ttl_is_spent_before_the_tunnel(void)
{
	open_world(true);
	dp_policy_set(protect(9, 1));
	dp_policy_settle();
	dp_send(0, &(struct dp_pkt){ .src = DP_LAN_HOST, .dst = REMOTE_HOST, .ttl = 1 });
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_IP_TTL), 1);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp_out_ip(0)->next_proto_id, IPPROTO_ICMP);
	CU_ASSERT_EQUAL(dp_out_ip(0)->dst_addr, rte_cpu_to_be_32(DP_LAN_HOST));
	dp_clear();
	DP_END();
}

static void
what_is_routed_into_a_tunnel_with_policies_needs_one(void)
{
	open_world(true);
	send_out(IP4(10, 102, 0, 5));
	CU_ASSERT_EQUAL(dp.n_out, 1);
	dp_clear();
	dp_policy_set(protect(9, 1));
	dp_policy_settle();
	send_out(IP4(10, 102, 0, 5)); /* routed into tunnel 2, which is for 10.50/16 only */
	CU_ASSERT_EQUAL(dp.n_out, 0);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_POLICY_SELECTOR), 1);
	send_out(IP4(10, 103, 0, 5)); /* no policies name this one */
	CU_ASSERT_EQUAL(dp.n_out, 1);
	dp_clear();
	DP_END();
}

static void
fragments_without_ports_are_not_guessed(void)
{
	struct chan_policy c = protect(9, 10);
	struct dp_pkt rest = { .src = DP_LAN_HOST, .dst = REMOTE_HOST, .frag = 100 };
	struct dp_pkt first = { .src = DP_LAN_HOST,
		.dst = REMOTE_HOST,
		.frag = RTE_IPV4_HDR_MF_FLAG };

	open_world(true);
	c.proto = IPPROTO_UDP;
	c.dport_lo = c.dport_hi = 2000;
	dp_policy_set(c);
	dp_policy_settle();
	dp_send(0, &first);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp_out_ip(0)->next_proto_id, IPPROTO_ESP);
	dp_send(0, &rest);
	CU_ASSERT_EQUAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_POLICY_FRAGMENT), 1);
	rest.dst = IP4(10, 51, 0, 1);
	dp_send(0, &rest);
	CU_ASSERT_EQUAL(dp.n_out, 2);
	rest.dst = REMOTE_HOST;
	c = protect(10, 20); /* above it, one that does not ask for ports */
	dp_policy_set(c);
	dp_policy_settle();
	dp_send(0, &rest);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 3);
	CU_ASSERT_EQUAL(dp_out_ip(2)->next_proto_id, IPPROTO_ESP);
	dp_clear();
	DP_END();
}

static void
send_icmp(uint16_t port, uint32_t src, uint32_t dst, uint8_t type, uint8_t code, uint16_t frag)
{
	uint8_t icmp[8] = { type, code };

	dp_send(port, &(struct dp_pkt){ .src = src, .dst = dst, .proto = IPPROTO_ICMP,
			.frag = frag, .payload = icmp, .payload_len = sizeof(icmp) });
}

/* RFC 4301 section 4.4.1.1: type and code as one number, which is between both bounds. An echo
 * reply, 0/0, is told from a fragment that has no type. */
static void
icmp_types_are_told_apart(void)
{
	static const struct {
		uint16_t lo, hi;
		uint8_t type, code;
		bool match;
	} cases[] = {
		{ 0x0000, 0x00ff, 0, 0, true },   { 0x0000, 0x0000, 0, 0, true },
		{ 0x0000, 0x0000, 8, 0, false },  { 0x0000, 0x0000, 0, 1, false },
		{ 0x0800, 0x08ff, 8, 0, true },   { 0x0800, 0x08ff, 8, 255, true },
		{ 0x0800, 0x08ff, 7, 255, false }, { 0x0800, 0x08ff, 9, 0, false },
		{ 0x0304, 0x0304, 3, 4, true },   { 0x0304, 0x0304, 3, 3, false },
		{ 0x0304, 0x0305, 3, 5, true },   { 0x0304, 0x0304, 4, 3, false },
		{ 0xffff, 0xffff, 255, 255, true }, { 0xff00, 0xfffe, 255, 255, false },
	};
	struct chan_policy c = protect(9, 10);

	c.proto = IPPROTO_ICMP;
	open_world(true);
	for (size_t i = 0; i < RTE_DIM(cases); i++) {
		uint64_t unsure = dp_drops(CHAN_DROP_POLICY_FRAGMENT), in;

		c.sport_lo = c.dport_lo = cases[i].lo;
		c.sport_hi = c.dport_hi = cases[i].hi;
		dp_policy_set(c);
		dp_policy_settle();
		send_icmp(0, DP_LAN_HOST, REMOTE_HOST, cases[i].type, cases[i].code, 0);
		CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
		CU_ASSERT_EQUAL(dp_out_ip(0)->next_proto_id == IPPROTO_ESP, cases[i].match);
		dp_clear();
		/* Towards us, in the clear: the same types. */
		in = dp_drops(CHAN_DROP_POLICY_CLEAR);
		send_icmp(1, REMOTE_HOST, DP_LAN_HOST, cases[i].type, cases[i].code, 0);
		CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_POLICY_CLEAR) - in, cases[i].match);
		dp_clear();
		/* Not the first fragment: may be any, both ways. */
		send_icmp(0, DP_LAN_HOST, REMOTE_HOST, cases[i].type, cases[i].code, 100);
		send_icmp(1, REMOTE_HOST, DP_LAN_HOST, cases[i].type, cases[i].code, 100);
		CU_ASSERT_EQUAL(dp.n_out, 0);
		CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_POLICY_FRAGMENT) - unsure, 2);
	}
	/* The first fragment tells. */
	send_icmp(0, DP_LAN_HOST, REMOTE_HOST, 8, 0, RTE_IPV4_HDR_MF_FLAG);
	CU_ASSERT_EQUAL(dp.n_out, 1);
	dp_send(0, &(struct dp_pkt){ .src = DP_LAN_HOST, .dst = REMOTE_HOST, .proto = IPPROTO_ICMP,
			.payload = "\x08", .payload_len = 1 }); /* too short for a code */
	CU_ASSERT_EQUAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_POLICY_FRAGMENT), 2 * RTE_DIM(cases) + 1);
	c.sport_lo = c.dport_lo = 0;
	c.sport_hi = c.dport_hi = UINT16_MAX; /* ICMP as a whole needs no type */
	dp_policy_set(c);
	dp_policy_settle();
	dp_clear();
	send_icmp(0, DP_LAN_HOST, REMOTE_HOST, 0, 0, 100);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp_out_ip(0)->next_proto_id, IPPROTO_ESP);
	dp_clear();
	DP_END();
}

/* ---- in ------------------------------------------------------------------------------------- */

static void
cleartext_that_should_be_protected_is_dropped(void)
{
	struct dp_pkt p = { .src = REMOTE_HOST, .dst = DP_LAN_HOST };

	open_world(true);
	dp_policy_set(protect(9, 1));
	dp_policy_settle();
	dp_send(1, &p);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_POLICY_CLEAR), 1);
	CU_ASSERT_EQUAL(dp.w->policy_stats[9].in_drops, 1);
	p.dst = DP_LAN_ADDR; /* to ourselves: no better */
	dp_send(1, &p);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_POLICY_CLEAR), 2);
	dp_send(0, &p); /* whatever side it comes from */
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_POLICY_CLEAR), 3);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	p.src = IP4(10, 51, 0, 5);
	p.dst = DP_LAN_HOST;
	dp_send(1, &p);
	CU_ASSERT_EQUAL(dp.n_out, 1);
	dp_clear();
	DP_END();
}

static void
a_tunnel_lets_in_what_its_policies_say(void)
{
	struct chan_policy other = protect(10, 1);
	struct dp_pkt p = { .src = REMOTE_HOST, .dst = DP_LAN_HOST };

	open_world(true);
	dp_attach();
	dp_policy_set(protect(9, 1));
	other.tun_id = 3;
	other.dst = IP4(10, 60, 0, 0);
	dp_policy_set(other);
	dp_policy_settle();
	dp_run1(1, from_peer(&p));
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp_out_ip(0)->src_addr, rte_cpu_to_be_32(REMOTE_HOST));
	CU_ASSERT_EQUAL(dp.w->policy_stats[9].in_packets, 1);
	dp_clear();
	p.src = IP4(10, 51, 0, 5); /* nobody's */
	dp_run1(1, from_peer(&p));
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_POLICY_SELECTOR), 1);
	p.src = IP4(10, 60, 0, 5); /* another tunnel's */
	dp_run1(1, from_peer(&p));
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_POLICY_SELECTOR), 2);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	other = protect(9, 1);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_POLICY_DEL, other), 0);
	dp_policy_settle();
	p.src = IP4(10, 51, 0, 5); /* no policies any more: the routes alone */
	dp_run1(1, from_peer(&p));
	CU_ASSERT_EQUAL(dp.n_out, 1);
	dp_clear();
	DP_END();
}

/* The peer wants less than the policies do: what is not agreed goes nowhere. */
static void
what_the_peer_has_not_agreed_to_is_dropped(void)
{
	struct chan_policy c = protect(9, 1);
	struct dp_pkt p = { .src = REMOTE_HOST, .dst = DP_LAN_HOST };

	open_world(true);
	dp_attach();
	c.action = CHAN_POLICY_UNAGREED;
	dp_policy_set(c);
	dp_policy_settle();
	send_out(REMOTE_HOST);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_POLICY_UNAGREED), 1);
	dp_send(1, &p);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_POLICY_CLEAR), 1);
	dp_run1(1, from_peer(&p));
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_POLICY_SELECTOR), 1);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	dp_policy_set(protect(9, 1));
	dp_policy_settle();
	send_out(REMOTE_HOST);
	CU_ASSERT_EQUAL(dp.n_out, 1);
	dp_clear();
	DP_END();
}

static void
discard_and_bypass_hold_both_ways(void)
{
	struct chan_policy c = protect(3, 10);

	open_world(true);
	dp_policy_set(protect(9, 1));
	c.action = CHAN_POLICY_DISCARD;
	c.dst = IP4(10, 50, 1, 0);
	c.dst_len = 24;
	dp_policy_set(c);
	c.policy_id = 4;
	c.action = CHAN_POLICY_BYPASS;
	c.dst = IP4(10, 50, 2, 0);
	dp_policy_set(c);
	dp_policy_settle();
	dp_send(1, &(struct dp_pkt){ .src = IP4(10, 50, 1, 5), .dst = DP_LAN_HOST });
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_POLICY_DISCARD), 1);
	dp_send(1, &(struct dp_pkt){ .src = IP4(10, 50, 2, 5), .dst = DP_LAN_HOST });
	CU_ASSERT_EQUAL(dp.n_out, 1);
	dp_clear();
	DP_END();
}

/* A policy for everything must not lock out what makes protection. */
static void
esp_and_ike_to_us_come_in(void)
{
	struct chan_policy c = protect(9, 1);
	/* UDP from 4500 to 4500, no checksum, the marker that it is not ESP */
	static const uint8_t natt[44] = { 0x11, 0x94, 0x11, 0x94, 0, 44 };
	struct dp_pkt ike = { .src = DP_PEER(2), .dst = DP_WAN_ADDR, .sport = 500, .dport = 500 };
	struct dp_pkt p = { .src = REMOTE_HOST, .dst = DP_LAN_HOST };
	struct rte_mbuf *m;

	open_world(true);
	dp_attach();
	c.src_len = c.dst_len = 0;
	c.src = c.dst = 0;
	dp_policy_set(c);
	dp_policy_settle();
	dp_send(1, &ike);
	CU_ASSERT_TRUE(dp_punted(CHAN_CLASS_IKE));
	ike.payload = natt; /* RFC 3948 section 2.2 */
	ike.payload_len = sizeof(natt);
	dp_send(1, &ike);
	CU_ASSERT_TRUE(dp_punted(CHAN_CLASS_IKE));
	ike.payload = NULL;
	ike.dport = 4501;
	dp_send(1, &ike);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_POLICY_CLEAR), 1);
	ike.dport = 500;
	ike.dst = IP4(203, 0, 113, 1); /* not ours: nothing special */
	dp_send(1, &ike);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_POLICY_CLEAR), 2);
	dp_run1(1, from_peer(&p));
	CU_ASSERT_EQUAL(dp.w->policy_stats[9].in_packets, 1);
	dp_clear();
	/* What the control plane has routed goes as it is. */
	m = dp_frame(1, &(struct dp_pkt){ .src = DP_WAN_ADDR, .dst = DP_PEER(2), .dport = 500 });
	CU_ASSERT_TRUE(dp_inject(CHAN_INJECT_ROUTE, 0, rte_pktmbuf_mtod_offset(m, uint8_t *, 14),
			(uint16_t)(m->data_len - 14)));
	rte_pktmbuf_free(m);
	path_inject(dp.w, 1);
	dp_flush();
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp_out_ip(0)->next_proto_id, IPPROTO_UDP);
	dp_clear();
	dp_detach();
	DP_END();
}

/* An ICMP error about a protected packet quotes it: it is as secret as that. */
static void
errors_about_protected_packets_are_protected(void)
{
	struct dp_pkt p = { .src = REMOTE_HOST, .dst = DP_LAN_HOST, .ttl = 1 };
	struct chan_policy c = protect(9, 1);

	open_world(true);
	dp_attach();
	c.src = IP4(10, 1, 0, 10); /* not our own address */
	c.src_len = 32;
	dp_policy_set(c);
	dp_policy_settle();
	dp_run1(1, from_peer(&p));
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_IP_TTL), 1);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp_out_ip(0)->next_proto_id, IPPROTO_ESP);
	dp_clear();
	DP_END();
}

/* ---- at every moment ------------------------------------------------------------------------ */

/* Nothing of the two networks may be seen in the clear on the WAN, or come in from it. */
static bool
leaked(void)
{
	for (unsigned int i = 0; i < dp.n_out; i++) {
		const struct rte_ipv4_hdr *ip = dp_out_ip(i);
		uint32_t src = rte_be_to_cpu_32(ip->src_addr), dst = rte_be_to_cpu_32(ip->dst_addr);

		if (dp.out[i].port == 1 && ip->next_proto_id != IPPROTO_ESP &&
				(src >> 16 == (IP4(10, 1, 0, 0) >> 16)) &&
				(dst >> 16 == (IP4(10, 50, 0, 0) >> 16)))
			return true;
		if (dp.out[i].port == 0 && src >> 16 == (IP4(10, 50, 0, 0) >> 16))
			return true; /* only cleartext was sent to us */
	}
	return false;
}

/* The policy stays, all else changes under the traffic, syncs of every kind among it. */
static void
no_leak_while_everything_changes(void)
{
	const struct chan_policy none = { 0 };
	bool in_sync = false;

	srand(3);
	open_world(true);
	dp_policy_set(protect(9, 1));
	dp_policy_settle();
	for (unsigned int step = 0; step < 4000; step++) {
		struct chan_tun tun = dp_tun(2);
		struct chan_tun_sa_out bind = { 2, rnd(2) ? DP_SA_OUT : CHAN_NONE };
		struct chan_nh nh = dp_nh(DP_NH_GW);
		struct chan_policy c = protect(20 + rnd(30), rnd(3));

		switch (rnd(10)) {
		case 0:
			tun.flags ^= rnd(2) ? CHAN_TUN_UP : 0;
			tun.nh_id = rnd(3) ? DP_NH_GW : CHAN_NONE;
			DP_APPLY(CHAN_CMD_TUN_SET, tun);
			break;
		case 1:
			DP_APPLY(CHAN_CMD_TUN_SA_OUT, bind);
			break;
		case 2:
			nh.resolved = rnd(2) != 0;
			DP_APPLY(CHAN_CMD_NH_SET, nh);
			break;
		case 3:
			c.dst = IP4(10, 50, rnd(4), 0); /* more of the same */
			c.dst_len = 24;
			c.tun_id = rnd(2) ? 2 : 60;
			dp_policy_set(c);
			break;
		case 4:
			DP_APPLY(CHAN_CMD_POLICY_DEL, c);
			break;
		case 5:
			dp_route(IP4(10, 50, 0, 0), 16, rnd(2) ? DP_NH_GW : DP_NH_TUN0);
			break;
		case 6:
			if (!in_sync)
				DP_APPLY(CHAN_CMD_SYNC_BEGIN, none);
			else if (rnd(2))
				tables_sync_abort(dp.t);
			else
				dp_policy_set(protect(9, 1));
			in_sync = !in_sync;
			break;
		case 7:
			tables_tick(dp.t, step * 50);
			dp_tick();
			break;
		default:
			send_out(IP4(10, 50, rnd(4), 5));
			dp_send(1, &(struct dp_pkt){ .src = REMOTE_HOST, .dst = DP_LAN_HOST });
			break;
		}
		CU_ASSERT_FALSE_FATAL(leaked());
		dp_clear();
	}
	CU_ASSERT_TRUE(dp_drops(CHAN_DROP_POLICY_CLEAR) > 100);
	CU_ASSERT_TRUE(dp_drops(CHAN_DROP_TUN_NO_SA) > 10);
	dp_clock(true);
	dp_tick();
	dp_clear();
	DP_END();
}

static const struct cu_case cases[] = {
	CU_CASE(what_is_wrong_is_refused_and_named),
	CU_CASE(they_take_effect_before_any_other_command_or_after_a_tick),
	CU_CASE(a_sync_keeps_what_it_names),
	CU_CASE(protect_goes_into_the_tunnel_against_the_routes),
	CU_CASE(the_highest_priority_decides),
	CU_CASE(nothing_leaves_in_the_clear_whatever_is_missing),
	CU_CASE(ttl_is_spent_before_the_tunnel),
	CU_CASE(what_is_routed_into_a_tunnel_with_policies_needs_one),
	CU_CASE(fragments_without_ports_are_not_guessed),
	CU_CASE(icmp_types_are_told_apart),
	CU_CASE(cleartext_that_should_be_protected_is_dropped),
	CU_CASE(a_tunnel_lets_in_what_its_policies_say),
	CU_CASE(what_the_peer_has_not_agreed_to_is_dropped),
	CU_CASE(discard_and_bypass_hold_both_ways),
	CU_CASE(esp_and_ike_to_us_come_in),
	CU_CASE(errors_about_protected_packets_are_protected),
	CU_CASE(no_leak_while_everything_changes),
};

int
main(void)
{
	dp_eal();
	return cu_run("policy", cases, sizeof(cases) / sizeof(cases[0]));
}
