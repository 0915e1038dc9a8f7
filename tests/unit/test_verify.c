/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Unicast reverse path forwarding (RFC 3704): which sources are let in by which way, for every way
 * that a packet may come in; what is for ourselves is not asked.
 */
#include <string.h>

#include "tests/unit/cu.h"
#include "tests/unit/dp6_fixture.h"

#define FAR IP4(203, 0, 113, 7)

enum way { LAN, OPTIONS, TAGGED, WAN, PROTECTED, PLAIN, N_WAYS };

static void
verify_if(uint32_t if_id, enum chan_verify verify)
{
	struct chan_if c = d6_if(if_id);

	c.verify4 = c.verify6 = (uint8_t)verify;
	CU_ASSERT_EQUAL_FATAL(DP_APPLY(CHAN_CMD_IF_SET, c), 0);
}

static void
verify_tun(uint32_t tun_id, enum chan_verify verify)
{
	struct chan_tun c = dp_tun(tun_id);

	c.verify = (uint8_t)(verify | verify << 4);
	CU_ASSERT_EQUAL_FATAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
}

static void
open_world(enum chan_verify verify)
{
	dp_open(NULL);
	d6_world();
	dp_world_sas();
	dp_attach();
	for (uint32_t id = DP_IF_LAN; id <= DP_IF_VLAN; id++)
		verify_if(id, verify);
	verify_tun(0, verify);
	verify_tun(2, verify);
}

static void
close_world(void)
{
	dp_clear();
	dp_detach();
	DP_END();
}

/* The far end of tunnel 2 sends a packet through its SA. */
static void
through_the_sa(const struct dp_pkt *p)
{
	struct rte_mbuf *m = dp_frame(0, p), *out;

	CU_ASSERT_TRUE_FATAL(dp_inject(CHAN_INJECT_TUN, 3,
			rte_pktmbuf_mtod_offset(m, uint8_t *, 14), (uint16_t)(m->data_len - 14)));
	rte_pktmbuf_free(m);
	CU_ASSERT_EQUAL_FATAL(path_inject(dp.w, 1), 1);
	dp_flush();
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	out = dp.out[--dp.n_out].m;
	dp_run1(1, dp_turn(out));
}

/* Plain GRE from the far end of tunnel 0, the packet of @p inside. */
static void
through_plain_gre(const struct dp_pkt *p)
{
	static const uint8_t gre[4] = { 0, 0, 8, 0 };
	struct rte_mbuf *m = dp_frame(0, p);
	uint8_t body[256];
	uint16_t len = (uint16_t)(m->data_len - 14);

	memcpy(body, gre, sizeof(gre));
	memcpy(body + sizeof(gre), rte_pktmbuf_mtod_offset(m, uint8_t *, 14), len);
	rte_pktmbuf_free(m);
	dp_send(1, &(struct dp_pkt){ .src = DP_PEER(0), .dst = DP_WAN_ADDR, .proto = IPPROTO_GRE,
			.payload = body, .payload_len = (uint16_t)(len + sizeof(gre)) });
}

static void
come_by(enum way way, const struct dp_pkt *from)
{
	static const uint8_t nops[4] = { 1, 1, 1, 0 };
	struct dp_pkt p = *from;

	switch (way) {
	case OPTIONS:
		p.options = nops;
		p.options_len = sizeof(nops);
		dp_send(0, &p);
		return;
	case TAGGED:
		p.vlan = DP_VLAN;
		dp_send(0, &p);
		return;
	case WAN:
		dp_send(1, &p);
		return;
	case PROTECTED:
		through_the_sa(&p);
		return;
	case PLAIN:
		through_plain_gre(&p);
		return;
	case LAN:
	case N_WAYS:
		break;
	}
	dp_send(0, &p);
}

/* Was a packet from @src that came by @way sent on? If not, it is counted as @why, alone. */
static bool
forwarded(enum way way, uint32_t src, enum chan_drop why)
{
	struct dp_pkt p = { .src = src, .dst = way <= TAGGED ? FAR : DP_LAN_HOST };
	uint64_t named = dp_drops(why), all = dp_all_drops();
	bool out;

	come_by(way, &p);
	out = dp.n_out == 1;
	CU_ASSERT_EQUAL(dp_drops(why) - named, !out);
	CU_ASSERT_EQUAL(dp_all_drops() - all, !out);
	dp_clear();
	return out;
}

/* Sources, and by which ways there is a route back to them: bits of enum way. */
static const struct source {
	uint32_t addr;
	unsigned int back;
	bool any;
} sources[] = {
	{ DP_LAN_HOST, 1u << LAN | 1u << OPTIONS, true },
	{ IP4(10, 1, 0, 77), 1u << LAN | 1u << OPTIONS, true }, /* nobody has asked for it yet */
	{ DP_VLAN_HOST, 1u << TAGGED, true },
	{ FAR, 1u << WAN, true }, /* by the default route */
	{ IP4(10, 20, 0, 5), 1u << WAN, true }, /* behind a neighbour that does not answer yet */
	{ DP_TO_TUN(0), 1u << PLAIN, true },
	{ DP_TO_TUN(2), 1u << PROTECTED, true },
	{ DP_TO_TUN(1), 0, true }, /* a tunnel that nothing comes by here */
	{ IP4(10, 9, 1, 1), 0, false }, /* a null route */
};

static void
by_the_way_back_only(void)
{
	open_world(CHAN_VERIFY_RX);
	for (enum way way = 0; way < N_WAYS; way++)
		for (size_t i = 0; i < RTE_DIM(sources); i++)
			CU_ASSERT_EQUAL(forwarded(way, sources[i].addr, CHAN_DROP_IP_VERIFY),
					(sources[i].back >> way & 1) != 0);
	close_world();
}

static void
by_any_way_that_there_is(void)
{
	open_world(CHAN_VERIFY_ANY);
	for (enum way way = 0; way < N_WAYS; way++)
		for (size_t i = 0; i < RTE_DIM(sources); i++)
			CU_ASSERT_EQUAL(forwarded(way, sources[i].addr, CHAN_DROP_IP_VERIFY),
					sources[i].any);
	close_world();
}

static void
without_a_route_there_is_none(void)
{
	const struct chan_route none = { 0 };

	open_world(CHAN_VERIFY_ANY);
	CU_ASSERT_EQUAL(dp_route(IP4(203, 0, 113, 0), 24, DP_NH_GW), 0);
	CU_ASSERT_TRUE(forwarded(LAN, IP4(198, 18, 0, 1), CHAN_DROP_IP_VERIFY));
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_ROUTE_DEL, none), 0);
	CU_ASSERT_FALSE(forwarded(LAN, IP4(198, 18, 0, 1), CHAN_DROP_IP_VERIFY));
	close_world();
}

static void
nobody_sends_from_our_addresses(void)
{
	static const uint32_t ours[] = { DP_LAN_ADDR, DP_WAN_ADDR, DP_VLAN_ADDR };

	for (enum chan_verify v = CHAN_VERIFY_RX; v <= CHAN_VERIFY_ANY; v++) {
		open_world(v);
		for (enum way way = 0; way < N_WAYS; way++)
			for (size_t i = 0; i < RTE_DIM(ours); i++)
				CU_ASSERT_FALSE(forwarded(way, ours[i], CHAN_DROP_IP_MARTIAN_SRC));
		close_world();
	}
}

/* Off at one interface or tunnel, whatever the others have. */
static void
each_way_for_itself(void)
{
	static const enum way wan_like[] = { WAN, PROTECTED, PLAIN };

	open_world(CHAN_VERIFY_RX);
	verify_if(DP_IF_LAN, CHAN_VERIFY_OFF);
	CU_ASSERT_TRUE(forwarded(LAN, FAR, CHAN_DROP_IP_VERIFY));
	CU_ASSERT_TRUE(forwarded(OPTIONS, FAR, CHAN_DROP_IP_VERIFY));
	CU_ASSERT_FALSE(forwarded(TAGGED, FAR, CHAN_DROP_IP_VERIFY));
	verify_if(DP_IF_WAN, CHAN_VERIFY_OFF);
	verify_tun(0, CHAN_VERIFY_OFF);
	verify_tun(2, CHAN_VERIFY_OFF);
	for (size_t i = 0; i < RTE_DIM(wan_like); i++)
		CU_ASSERT_TRUE(forwarded(wan_like[i], DP_VLAN_HOST, CHAN_DROP_IP_VERIFY));
	close_world();
}

/* One of the ways of a group is enough. */
static void
of_equal_ways_one_will_do(void)
{
	struct chan_nhg g = { .nhg_id = 1, .n = 2, .nh_ids = { DP_NH_TUN0, DP_NH_GW } };
	struct chan_route r = { .prefix = IP4(10, 55, 0, 0), .len = 16, .is_group = 1, .id = 1 };

	open_world(CHAN_VERIFY_RX);
	CU_ASSERT_EQUAL_FATAL(DP_APPLY(CHAN_CMD_NHG_SET, g), 0);
	CU_ASSERT_EQUAL_FATAL(DP_APPLY(CHAN_CMD_ROUTE_SET, r), 0);
	CU_ASSERT_TRUE(forwarded(PLAIN, IP4(10, 55, 0, 1), CHAN_DROP_IP_VERIFY));
	CU_ASSERT_TRUE(forwarded(WAN, IP4(10, 55, 0, 1), CHAN_DROP_IP_VERIFY));
	CU_ASSERT_FALSE(forwarded(PROTECTED, IP4(10, 55, 0, 1), CHAN_DROP_IP_VERIFY));
	CU_ASSERT_FALSE(forwarded(LAN, IP4(10, 55, 0, 1), CHAN_DROP_IP_VERIFY));
	close_world();
}

/* IKE from an address whose route leads elsewhere, ESP likewise: theirs to judge. */
static void
what_is_for_us_is_not_asked(void)
{
	struct dp_pkt ike = { .src = DP_TO_TUN(1), .dst = DP_WAN_ADDR, .sport = 500, .dport = 500 };

	open_world(CHAN_VERIFY_RX);
	come_by(WAN, &ike);
	CU_ASSERT_TRUE(dp_punted(CHAN_CLASS_IKE));
	CU_ASSERT_EQUAL(dp_route(DP_PEER(2), 32, DP_NH_TUN0), 0);
	CU_ASSERT_TRUE(forwarded(PROTECTED, DP_TO_TUN(2), CHAN_DROP_IP_VERIFY));
	CU_ASSERT_EQUAL(dp_all_drops(), 0);
	close_world();
}

/* A burst of both kinds keeps its order, and loses none. */
static void
a_burst(void)
{
	struct rte_mbuf *m[BURST_MAX];
	unsigned int good = 0;

	open_world(CHAN_VERIFY_RX);
	for (unsigned int i = 0; i < BURST_MAX; i++) {
		bool bad = i % 3 == 0;

		m[i] = dp_frame(0, &(struct dp_pkt){ .src = bad ? FAR : DP_LAN_HOST, .dst = FAR,
				.id = (uint16_t)(i + 1) });
		good += !bad;
	}
	dp_run(0, m, BURST_MAX);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, good);
	for (unsigned int i = 1; i < good; i++)
		CU_ASSERT_TRUE(rte_be_to_cpu_16(dp_out_ip(i)->packet_id) >
				rte_be_to_cpu_16(dp_out_ip(i - 1)->packet_id));
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_IP_VERIFY), BURST_MAX - good);
	close_world();
}

static bool
forwarded6(uint16_t port, uint16_t vlan, const char *src, enum chan_drop why)
{
	uint64_t named = dp_drops(why), all = dp_all_drops();
	bool out;

	d6_send(port, &(struct d6_pkt){ .src = src, .vlan = vlan,
			.dst = port == 0 ? D6_FAR : D6_LAN_HOST });
	out = dp.n_out == 1;
	CU_ASSERT_EQUAL(dp_drops(why) - named, !out);
	CU_ASSERT_EQUAL(dp_all_drops() - all, !out);
	dp_clear();
	return out;
}

static void
ip6_likewise(void)
{
	static const char *const elsewhere[] = { "2001:db8:100::5", "2001:db8:20::1" };
	const enum chan_drop why = CHAN_DROP_IP6_VERIFY;

	open_world(CHAN_VERIFY_RX);
	CU_ASSERT_TRUE(forwarded6(0, 0, D6_LAN_HOST, why));
	CU_ASSERT_TRUE(forwarded6(0, DP_VLAN, D6_VLAN_HOST, why));
	CU_ASSERT_TRUE(forwarded6(1, 0, D6_FAR, why));
	CU_ASSERT_FALSE(forwarded6(0, 0, D6_VLAN_HOST, why));
	CU_ASSERT_FALSE(forwarded6(0, DP_VLAN, D6_LAN_HOST, why));
	CU_ASSERT_FALSE(forwarded6(1, 0, D6_VLAN_HOST, why));
	CU_ASSERT_FALSE(forwarded6(0, 0, D6_FAR, why));
	for (size_t i = 0; i < RTE_DIM(elsewhere); i++)
		CU_ASSERT_FALSE(forwarded6(0, 0, elsewhere[i], why));
	CU_ASSERT_FALSE(forwarded6(0, 0, D6_VLAN_ADDR, CHAN_DROP_IP6_MARTIAN_SRC));
	verify_if(DP_IF_LAN, CHAN_VERIFY_ANY);
	for (size_t i = 0; i < RTE_DIM(elsewhere); i++)
		CU_ASSERT_TRUE(forwarded6(0, 0, elsewhere[i], why));
	CU_ASSERT_FALSE(forwarded6(0, 0, "2001:db8:9::1", why)); /* a null route */
	CU_ASSERT_FALSE(forwarded6(0, 0, D6_VLAN_ADDR, CHAN_DROP_IP6_MARTIAN_SRC));
	verify_if(DP_IF_LAN, CHAN_VERIFY_OFF);
	CU_ASSERT_TRUE(forwarded6(0, 0, "2001:db8:9::1", why));
	close_world();
}

static void
what_is_refused(void)
{
	struct chan_if i = dp_if(DP_IF_LAN);
	struct chan_tun t = dp_tun(0);

	open_world(CHAN_VERIFY_OFF);
	i.verify4 = CHAN_VERIFY_ANY + 1;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, i), -EINVAL);
	CU_ASSERT_STRING_EQUAL(dp.field, "if.verify4");
	i.verify4 = 0;
	i.verify6 = CHAN_VERIFY_ANY + 1;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, i), -EINVAL);
	CU_ASSERT_STRING_EQUAL(dp.field, "if.verify6");
	t.verify = CHAN_VERIFY_ANY + 1;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, t), -EINVAL);
	t.verify = (CHAN_VERIFY_ANY + 1) << 4;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, t), -EINVAL);
	CU_ASSERT_STRING_EQUAL(dp.field, "tun.verify");
	t.verify = CHAN_VERIFY_RX;
	t.kind = CHAN_TUN_IPSEC;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, t), -EINVAL);
	CU_ASSERT_STRING_EQUAL(dp.field, "tun.verify");
	close_world();
}

static const struct cu_case cases[] = {
	CU_CASE(by_the_way_back_only),
	CU_CASE(by_any_way_that_there_is),
	CU_CASE(without_a_route_there_is_none),
	CU_CASE(nobody_sends_from_our_addresses),
	CU_CASE(each_way_for_itself),
	CU_CASE(of_equal_ways_one_will_do),
	CU_CASE(what_is_for_us_is_not_asked),
	CU_CASE(a_burst),
	CU_CASE(ip6_likewise),
	CU_CASE(what_is_refused),
};

int
main(void)
{
	dp_eal();
	return cu_run("verify", cases, RTE_DIM(cases));
}
