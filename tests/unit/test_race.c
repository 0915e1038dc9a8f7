/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A worker at full speed while the main core changes everything under it. A freed struct is zeroed
 * by the allocator, so that a worker that saw one would send a broken header; a template seen half-
 * written would be one, too. And at no moment may a packet of the protected tunnel be in the clear.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_rcu_qsbr.h>

#include "tests/unit/cu.h"
#include "tests/unit/dp_fixture.h"

#define CHANGES 60000
#define WORKER  0 /* its RCU thread id */

static struct rte_rcu_qsbr *rcu;
static bool stop;
static uint64_t n_sent, n_bad, n_clear;

/* The gateway's MAC, ours and the type: a frame out of the WAN port starts so, but for byte 5. */
static const uint8_t wan_l2[14] = { 2, 0, 0, 0, 3, 0, 2, 0, 0, 0, 0, 2, 8, 0 };

static void
look_at(const struct rte_mbuf *m)
{
	const uint8_t *d = rte_pktmbuf_mtod(m, const uint8_t *);
	const struct rte_ipv4_hdr *ip = (const struct rte_ipv4_hdr *)(d + 14);
	bool to_peer = ip->dst_addr == RTE_BE32(DP_PEER(2));

	__atomic_fetch_add(&n_sent, 1, __ATOMIC_RELAXED);
	n_bad += memcmp(d, wan_l2, 5) != 0 || memcmp(d + 6, wan_l2 + 6, 8) != 0 ||
			!dp_ip_ok(ip, m->data_len - 14u);
	/* What is for the network behind it, or for its peer and not ESP. */
	n_clear += (rte_be_to_cpu_32(ip->dst_addr) >> 16) == (10 << 8 | 102) ||
			(to_peer && ip->next_proto_id != IPPROTO_ESP);
}

static void *
worker(void *arg)
{
	const uint32_t dsts[] = { IP4(10, 100, 0, 5), IP4(10, 101, 0, 5), IP4(10, 102, 0, 5),
		IP4(10, 102, 7, 5), IP4(10, 102, 7, 200), IP4(203, 0, 113, 7) };
	struct rte_mbuf *m[32];

	rte_rcu_qsbr_thread_online(rcu, WORKER);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		struct txbuf *tx = &dp.w->tx[1];

		for (unsigned int i = 0; i < RTE_DIM(m); i++) {
			struct dp_pkt p = { .src = DP_LAN_HOST, .dst = dsts[i % RTE_DIM(dsts)] };

			m[i] = dp_frame(0, &p);
		}
		path_run(dp.w, 0, m, RTE_DIM(m));
		path_tick(dp.w);
		for (unsigned int i = 0; i < tx->n; i++)
			look_at(tx->m[i]);
		rte_pktmbuf_free_bulk(tx->m, tx->n);
		dp.w->stats->tx += tx->n;
		tx->n = 0;
		rte_rcu_qsbr_quiescent(rcu, WORKER);
	}
	rte_rcu_qsbr_thread_offline(rcu, WORKER);
	return NULL;
}

static void
change(unsigned int i)
{
	struct chan_tun_sa_out bind = { 2, i & 8 ? DP_SA_OUT : CHAN_NONE };
	struct chan_nh nh = dp_nh(DP_NH_GW);
	struct chan_tun tun = dp_tun(i / 8 % 3);
	struct chan_if wan = dp_if(DP_IF_WAN);
	struct chan_route host = { .prefix = IP4(10, 102, 7, 5), .len = 32, .id = DP_NH_TUN2 };
	struct chan_nhg g = { .nhg_id = 3, .n = 1 + i / 8 % 2,
		.nh_ids = { i & 16 ? DP_NH_GW : DP_NH_TUN0, DP_NH_TUN1 } };

	switch (i % 8) {
	case 0:
		nh.mac[5] = (uint8_t)i;
		DP_APPLY(CHAN_CMD_NH_SET, nh);
		break;
	case 1:
		DP_APPLY(CHAN_CMD_NHG_SET, g);
		break;
	case 5:
		DP_APPLY(CHAN_CMD_TUN_SA_OUT, bind);
		break;
	case 2:
		tun.mtu = (uint16_t)(600 + i % 700);
		tun.flags ^= i & 64 ? CHAN_TUN_KEY : 0;
		DP_APPLY(CHAN_CMD_TUN_SET, tun);
		break;
	case 3:
		wan.mtu = (uint16_t)(1000 + i % 500);
		DP_APPLY(CHAN_CMD_IF_SET, wan);
		break;
	case 4: /* groups of the FIB come and go, and are used again for other prefixes */
		DP_APPLY(i & 16 ? CHAN_CMD_ROUTE_SET : CHAN_CMD_ROUTE_DEL, host);
		host.prefix = IP4(10, 102, 7, 128);
		host.len = 25;
		DP_APPLY(i & 32 ? CHAN_CMD_ROUTE_SET : CHAN_CMD_ROUTE_DEL, host);
		dp_route(IP4(10, 77, (i >> 5) % 256, 4), 30, DP_NH_GW);
		host = (struct chan_route){ .prefix = IP4(10, 77, ((i >> 5) + 3) % 256, 4),
			.len = 30 };
		DP_APPLY(CHAN_CMD_ROUTE_DEL, host);
		break;
	case 6:
		nh.resolved = i & 16 ? 0 : 1;
		DP_APPLY(CHAN_CMD_NH_SET, nh);
		break;
	case 7:
		tables_tick(dp.t, i);
		break;
	}
}

static void
test_race(void)
{
	struct chan_nhg g = { .nhg_id = 3, .n = 1, .nh_ids = { DP_NH_GW } };
	struct chan_route by_group = { .prefix = IP4(203, 0, 113, 0), .len = 24, .is_group = 1,
		.id = 3 };
	struct timespec start, now;
	pthread_t thread;

	rcu = aligned_alloc(64, RTE_ALIGN(rte_rcu_qsbr_get_memsize(1), 64));
	CU_ASSERT_EQUAL_FATAL(rte_rcu_qsbr_init(rcu, 1), 0);
	CU_ASSERT_EQUAL(rte_rcu_qsbr_thread_register(rcu, WORKER), 0);
	dp_open(rcu);
	dp_world();
	dp_world_sas();
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NHG_SET, g), 0);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_ROUTE_SET, by_group), 0);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, worker, NULL), 0);
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (unsigned int i = 0; i < CHANGES; i++) {
		change(i);
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec - start.tv_sec > 2 && i > CHANGES / 100 &&
				__atomic_load_n(&n_sent, __ATOMIC_RELAXED) > 1000)
			break;
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(thread, NULL);
	tables_tick(dp.t, CHANGES);
	CU_ASSERT_TRUE(STAILQ_EMPTY(&dp.t->deferred));
	CU_ASSERT_TRUE(n_sent > 1000);
	CU_ASSERT_EQUAL(n_bad, 0);
	CU_ASSERT_EQUAL(n_clear, 0);
	CU_ASSERT_TRUE(dp_conserves());
	CU_ASSERT_TRUE(dp.w->tun_stats[2].out_packets > 0);
	CU_ASSERT_TRUE(dp_drops(CHAN_DROP_TUN_NO_SA) > 0);
	/* Each destination has a route all the time, also while a longer one comes or goes. */
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_NO_ROUTE), 0);
	printf("%lu packets ...", (unsigned long)n_sent);
	rte_rcu_qsbr_thread_unregister(rcu, WORKER);
	dp_close();
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(dp.pool), 0);
	free(rcu);
}

static const struct cu_case cases[] = {
	CU_CASE(test_race),
};

int
main(void)
{
	dp_eal();
	return cu_run("race", cases, RTE_DIM(cases));
}
