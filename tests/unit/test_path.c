/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The packet path as a whole, at its edges: noise, no buffers, full transmit buffers, both
 * directions in one burst. Its promises under all that strangers send are test_hostile.c's.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/cu.h"
#include "tests/unit/dp_fixture.h"

static uint32_t
rnd(uint32_t n)
{
	return (uint32_t)rand() % n;
}

/* Pure noise of every length. */
static void
test_noise(void)
{
	uint8_t buf[256];

	dp_open(NULL);
	dp_world();
	srand(21);
	for (unsigned int i = 0; i < 100000; i++) {
		uint16_t len = (uint16_t)rnd(sizeof(buf));

		for (unsigned int k = 0; k < len; k++)
			buf[k] = (uint8_t)rnd(256);
		if (rnd(2) && len > 14)
			memcpy(buf,
					(const uint8_t[]){ 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 9, 9, 8, 0,
					0x45 }, 15);
		dp_run1((uint16_t)rnd(2), dp_raw(buf, len));
		dp_clear();
	}
	DP_END();
}

/* An empty pool: what cannot be made is counted, what is there is not lost. */
static void
test_no_buffers(void)
{
	struct rte_mbuf *m[4], *all[4096];
	struct dp_pkt big = { .src = DP_LAN_HOST, .dst = IP4(203, 0, 113, 7), .len = 3000 };
	struct dp_pkt into = { .src = DP_LAN_HOST, .dst = IP4(10, 100, 0, 1), .len = 1500 };
	struct dp_pkt dead = { .src = DP_LAN_HOST, .dst = IP4(203, 0, 113, 7), .ttl = 1 };
	unsigned int n = 0;

	dp_open(NULL);
	dp_world();
	m[0] = dp_frame(0, &big);
	m[1] = dp_frame(0, &into);
	m[2] = dp_frame(0, &dead);
	while ((all[n] = rte_pktmbuf_alloc(dp.pool)) != NULL)
		n++;
	dp_run(0, m, 3);
	rte_pktmbuf_free_bulk(all, n);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_IP_TTL), 1);
	/* What was dropped first left room for a part only; fragments come all or none. */
	CU_ASSERT_TRUE(dp_drops(CHAN_DROP_FRAG_FAIL) >= 1);
	DP_END();
}

/* More fragments than a transmit buffer takes. */
static void
test_tx_full(void)
{
	struct dp_pkt big = { .src = DP_LAN_HOST, .dst = IP4(203, 0, 113, 7), .len = 4000 };
	struct rte_mbuf *m[BURST_MAX];
	struct chan_if wan;

	dp_open(NULL);
	dp_world();
	wan = dp_if(DP_IF_WAN);
	wan.mtu = 576;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, wan), 0);
	for (unsigned int i = 0; i < BURST_MAX; i++)
		m[i] = dp_frame(0, &big);
	dp_run(0, m, BURST_MAX);
	CU_ASSERT_EQUAL(dp.n_out, 4 * BURST_MAX);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_TX_FULL), 8 * BURST_MAX - 4 * BURST_MAX);
	DP_END();
}

/* A burst of one port with packets into a tunnel and out of one: neither disturbs the other. */
static void
test_in_and_out(void)
{
	struct dp_pkt in = { .src = IP4(10, 9, 0, 1), .dst = DP_TO_TUN(3), .len = 200 };
	struct dp_pkt out = { .src = IP4(203, 0, 113, 7), .dst = DP_TO_TUN(2), .len = 100 };
	struct rte_mbuf *m[8];
	unsigned int n_lan = 0;

	dp_open(NULL);
	dp_world();
	dp_world_sas();
	for (unsigned int i = 0; i < 4; i++)
		m[i] = dp_frame(0, &in);
	dp_run(0, m, 4);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 4);
	for (unsigned int i = 0; i < 4; i++) {
		m[i < 2 ? i : i + 4] = dp_turn(dp.out[i].m);
		m[2 + i] = dp_frame(1, &out);
	}
	dp.n_out = 0;
	CU_ASSERT_EQUAL(dp_route(IP4(10, 103, 0, 0), 16, DP_NH_LAN_HOST), 0);
	dp_run(1, m, 8);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 8);
	for (unsigned int i = 0; i < 8; i++) {
		bool lan = dp.out[i].port == 0;

		n_lan += lan;
		CU_ASSERT_EQUAL(dp_out_ip(i)->next_proto_id, lan ? IPPROTO_UDP : IPPROTO_ESP);
		CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(i), lan ? 200 : 160));
	}
	CU_ASSERT_EQUAL(n_lan, 4);
	CU_ASSERT_EQUAL(dp.w->tun_stats[2].out_packets, 4);
	CU_ASSERT_EQUAL(dp.w->tun_stats[2].in_packets, 4);
	DP_END();
}

static const struct cu_case cases[] = {
	CU_CASE(test_noise), CU_CASE(test_no_buffers),
	CU_CASE(test_tx_full), CU_CASE(test_in_and_out),
};

int
main(void)
{
	dp_eal();
	return cu_run("path", cases, RTE_DIM(cases));
}
