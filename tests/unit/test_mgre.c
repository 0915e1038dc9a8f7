/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Multipoint GRE in the packet path: who may send to it, what its members get of its multicast, and
 * what becomes of packets that have no far end.
 */
#include <stdlib.h>
#include <string.h>

#include "dataplane/nodes/ip4.h"
#include "dataplane/nodes/mgre.h"
#include "tests/unit/cu.h"
#include "tests/unit/dp_fixture.h"

#define HUB    20 /* the multipoint tunnel */
#define MEMBER 21 /* the first of its members */
#define KEY    7

#define STRANGER IP4(203, 0, 113, 9)
#define NBMA(n)  (IP4(203, 0, 113, 100) + (n))

static struct chan_tun
hub_tun(void)
{
	struct chan_tun c = dp_tun(0);

	c.tun_id = HUB;
	c.kind = CHAN_TUN_MGRE;
	c.flags = CHAN_TUN_UP | CHAN_TUN_KEY;
	c.key = KEY;
	c.remote = 0;
	c.nh_id = CHAN_NONE;
	return c;
}

static struct chan_tun
member_tun(uint32_t n)
{
	struct chan_tun c = hub_tun();

	c.tun_id = MEMBER + n;
	c.kind = CHAN_TUN_GRE;
	c.flags |= CHAN_TUN_MCAST;
	c.remote = NBMA(n);
	c.nh_id = DP_NH_GW;
	c.parent = HUB;
	return c;
}

static void
apply(const struct chan_tun *c)
{
	CU_ASSERT_EQUAL_FATAL(dp_apply(CHAN_CMD_TUN_SET, c, sizeof(*c)), 0);
}

/* Members first: a command's place in the queue does not matter. */
static void
world(uint32_t n_members)
{
	struct chan_tun c;

	dp_open(NULL);
	dp_world();
	dp_attach();
	for (uint32_t i = 0; i < n_members; i++) {
		c = member_tun(i);
		apply(&c);
	}
	c = hub_tun();
	apply(&c);
}

static void
inject(uint32_t dst, uint16_t len)
{
	uint8_t buf[1500] = { 0 };
	struct rte_ipv4_hdr ip = { .version_ihl = RTE_IPV4_VHL_DEF, .time_to_live = 1,
		.next_proto_id = 89, .total_length = rte_cpu_to_be_16(len),
		.src_addr = rte_cpu_to_be_32(IP4(10, 9, 0, 1)),
		.dst_addr = rte_cpu_to_be_32(dst) };

	ip4_set_cksum(&ip);
	memcpy(buf, &ip, sizeof(ip));
	CU_ASSERT_TRUE_FATAL(dp_inject(CHAN_INJECT_TUN, HUB, buf, len));
	path_inject(dp.w, 1);
	dp_flush();
}

/* All copies that are due. How many rounds it took. */
static unsigned int
copies(void)
{
	unsigned int n = 0;

	while (path_mgre(dp.w) != 0) {
		dp_flush();
		CU_ASSERT_TRUE_FATAL(n++ < 1000);
	}
	return n;
}

static bool
copy_is_for(unsigned int i, uint32_t nbma)
{
	static const uint8_t gre[] = { 0x20, 0, 8, 0, 0, 0, 0, KEY };
	const struct rte_ipv4_hdr *ip = dp_out_ip(i), *inner;

	inner = (const void *)((const uint8_t *)(ip + 1) + sizeof(gre));
	return dp.out[i].port == 1 && dp_ip_ok(ip, 20 + sizeof(gre) + 64) &&
			ip->dst_addr == rte_cpu_to_be_32(nbma) &&
			memcmp(ip + 1, gre, sizeof(gre)) == 0 &&
			inner->dst_addr == RTE_BE32(IP4(224, 0, 0, 5)) &&
			inner->time_to_live == 1;
}

static void
test_multicast(void)
{
	struct chan_tun c;

	world(3);
	inject(IP4(224, 0, 0, 5), 64);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	CU_ASSERT_EQUAL(dp.w->stats->held, 1);
	copies();
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 3);
	for (uint32_t i = 0; i < 3; i++)
		CU_ASSERT_TRUE(copy_is_for(i, NBMA(i)));
	CU_ASSERT_EQUAL(dp.w->stats->held, 0);
	CU_ASSERT_EQUAL(dp.w->tun_stats[MEMBER].out_packets, 1);
	dp_clear();

	/* One leaves, one wants no multicast any more, one comes. */
	c = (struct chan_tun){ .tun_id = MEMBER };
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_DEL, c), 0);
	c = member_tun(1);
	c.flags &= ~(uint32_t)CHAN_TUN_MCAST;
	apply(&c);
	c = member_tun(7);
	apply(&c);
	inject(IP4(224, 0, 0, 5), 64);
	copies();
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 2);
	CU_ASSERT_TRUE(copy_is_for(0, NBMA(2)));
	CU_ASSERT_TRUE(copy_is_for(1, NBMA(7)));
	dp_clear();

	/* Nobody is left: no copy, and nothing lost. */
	for (uint32_t i = 1; i <= 7; i++) {
		c = (struct chan_tun){ .tun_id = MEMBER + i };
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_DEL, c), 0);
	}
	inject(IP4(224, 0, 0, 5), 64);
	copies();
	CU_ASSERT_EQUAL(dp.n_out, 0);
	CU_ASSERT_EQUAL(dp_all_drops(), 0);
	DP_END();
}

/* More members than are served at a time, and more packets than can wait. */
static void
test_many(void)
{
	bool seen[40] = { false };

	world(40);
	inject(IP4(224, 0, 0, 5), 64);
	CU_ASSERT_TRUE(copies() > 1);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 40);
	for (unsigned int i = 0; i < 40; i++) {
		uint32_t n = rte_be_to_cpu_32(dp_out_ip(i)->dst_addr) - NBMA(0);

		CU_ASSERT_TRUE_FATAL(n < 40 && !seen[n]);
		seen[n] = true;
	}
	dp_clear();
	for (unsigned int i = 0; i < MGRE_QUEUE + 3; i++)
		inject(IP4(224, 0, 0, 5), 64);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_TUN_MCAST_FULL), 3);
	CU_ASSERT_TRUE(dp_conserves());
	while (path_mgre(dp.w) != 0) {
		dp_flush();
		dp_clear();
	}
	CU_ASSERT_EQUAL(dp.w->stats->held, 0);
	DP_END();
}

/* Unicast into the multipoint tunnel itself: there is nobody to send it to. Into a member: as
 * usual. */
static void
test_unicast(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = IP4(10, 9, 0, 5) };
	struct chan_nh nh = { .nh_id = DP_NH_FREE, .type = CHAN_NH_TUN, .tun_id = HUB };

	world(1);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NH_SET, nh), 0);
	CU_ASSERT_EQUAL(dp_route(IP4(10, 9, 0, 0), 24, DP_NH_FREE), 0);
	dp_send(0, &p);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_TUN_NO_MEMBER), 1);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1); /* ICMP: host unreachable */
	CU_ASSERT_EQUAL(dp.out[0].port, 0);
	CU_ASSERT_EQUAL(dp_out_ip(0)->next_proto_id, IPPROTO_ICMP);
	dp_clear();
	nh = (struct chan_nh){ .nh_id = DP_NH_FREE + 1, .type = CHAN_NH_TUN, .tun_id = MEMBER };
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NH_SET, nh), 0);
	CU_ASSERT_EQUAL(dp_route(IP4(10, 9, 0, 5), 32, DP_NH_FREE + 1), 0);
	dp_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp_out_ip(0)->dst_addr, rte_cpu_to_be_32(NBMA(0)));
	DP_END();
}

static void
send_gre(uint32_t from, uint8_t key)
{
	uint8_t buf[8 + 64] = { 0x20, 0, 8, 0, 0, 0, 0, key };
	struct dp_pkt p = { .src = from, .dst = DP_WAN_ADDR, .proto = IPPROTO_GRE,
		.payload = buf, .payload_len = sizeof(buf) };
	struct rte_ipv4_hdr ip = { .version_ihl = RTE_IPV4_VHL_DEF, .time_to_live = 9,
		.next_proto_id = IPPROTO_UDP, .total_length = RTE_BE16(64),
		.src_addr = RTE_BE32(IP4(10, 9, 0, 5)),
		.dst_addr = rte_cpu_to_be_32(DP_LAN_HOST) };

	ip4_set_cksum(&ip);
	memcpy(buf + 8, &ip, sizeof(ip));
	dp_send(1, &p);
}

/* From a member, from anybody with the key, without the key. */
static void
test_receive(void)
{
	struct chan_tun c;

	world(1);
	send_gre(NBMA(0), KEY);
	CU_ASSERT_EQUAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp.w->tun_stats[MEMBER].in_packets, 1);
	send_gre(STRANGER, KEY);
	CU_ASSERT_EQUAL(dp.n_out, 2);
	CU_ASSERT_EQUAL(dp.w->tun_stats[HUB].in_packets, 1);
	send_gre(STRANGER, KEY + 1);
	CU_ASSERT_EQUAL(dp.n_out, 2);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_GRE_NO_TUNNEL), 1);
	dp_clear();

	/* Protected: nobody's cleartext is taken. */
	c = member_tun(0);
	c.flags |= CHAN_TUN_PROTECT;
	apply(&c);
	c = hub_tun();
	c.flags |= CHAN_TUN_PROTECT;
	apply(&c);
	send_gre(NBMA(0), KEY);
	send_gre(STRANGER, KEY);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_GRE_CLEAR), 2);
	/* ... and nothing leaves in the clear: the member has no SA. */
	inject(IP4(224, 0, 0, 5), 64);
	copies();
	CU_ASSERT_EQUAL(dp.n_out, 0);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_TUN_NO_SA), 1);

	/* Down: neither in nor out. */
	c = hub_tun();
	c.flags &= ~(uint32_t)CHAN_TUN_UP;
	apply(&c);
	send_gre(STRANGER, KEY);
	inject(IP4(224, 0, 0, 5), 64);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_TUN_DOWN), 2);
	DP_END();
}

/* What the main core must not believe. */
static void
test_refused(void)
{
	struct chan_tun c;

	world(0);
	c = hub_tun();
	c.remote = STRANGER;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), -EINVAL);
	CU_ASSERT_STRING_EQUAL(dp.field, "tun.remote");
	c = hub_tun();
	c.nh_id = DP_NH_GW;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), -EINVAL);
	c = hub_tun();
	c.flags |= CHAN_TUN_MCAST;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), -EINVAL);
	CU_ASSERT_STRING_EQUAL(dp.field, "tun.flags");
	c = member_tun(0);
	c.parent = DP_TUNNELS;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), -EINVAL);
	CU_ASSERT_STRING_EQUAL(dp.field, "tun.parent");
	c.parent = c.tun_id;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), -EINVAL);
	/* Two that would take the same packets. */
	c = hub_tun();
	c.tun_id = HUB - 1;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), -EEXIST);
	DP_END();
}

static const struct cu_case cases[] = {
	CU_CASE(test_multicast), CU_CASE(test_many), CU_CASE(test_unicast), CU_CASE(test_receive),
	CU_CASE(test_refused),
};

int
main(void)
{
	dp_eal();
	return cu_run("mgre", cases, RTE_DIM(cases));
}
