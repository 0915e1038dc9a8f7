/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control plane under load, in both directions: floods of every class towards it, with rings
 * that nobody empties in time; and its own packets out of ports that are offered twice what
 * they take. Nothing that holds an adjacency or a virtual router may be lost.
 */
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "dataplane/nodes/tx.h"
#include "tests/unit/cu.h"
#include "tests/unit/dp_fixture.h"

#define PROTO_OSPF 89
#define PROTO_VRRP 112
#define OSPF_HELLO 1
#define OSPF_LSU   4

static void
world(void)
{
	dp_open(NULL);
	dp_world();
	dp_world_sas();
	dp_attach();
}

static void
set_rate(enum chan_class cls, uint32_t pps, uint32_t burst)
{
	struct chan_param param = { .icmp_error_pps = 100 };

	param.punt_pps[cls] = pps;
	param.punt_burst[cls] = burst;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_PARAM_SET, param), 0);
	dp_tick();
}

static void
send_ospf(uint32_t src, uint8_t type)
{
	const uint8_t ospf[44] = { 2, type };
	struct dp_pkt p = { .src = src, .dst = IP4(224, 0, 0, 5), .proto = PROTO_OSPF, .ttl = 1,
		.payload = ospf, .payload_len = sizeof(ospf) };

	dp_send(0, &p);
}

static void
send_vrrp(uint32_t src)
{
	const uint8_t adv[16] = { 0x31, 1, 100, 1 };
	struct dp_pkt p = { .src = src, .dst = IP4(224, 0, 0, 18), .proto = PROTO_VRRP, .ttl = 255,
		.payload = adv, .payload_len = sizeof(adv) };

	dp_send(0, &p);
}

static void
send_ike(uint32_t src)
{
	struct dp_pkt p = { .src = src, .dst = DP_WAN_ADDR, .dport = 500, .len = 300 };

	dp_send(1, &p);
}

static void
send_arp(uint8_t host)
{
	uint8_t frame[42] = { 255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 7, host, 8, 6 };

	dp_run1(0, dp_raw(frame, sizeof(frame)));
}

/* ---- towards the control plane -------------------------------------------------------------- */

/* A burst and no more; counted by reason and by class. */
static void
test_rate(void)
{
	const struct chan_worker_stats *s;

	world();
	s = dp.w->stats;
	set_rate(CHAN_CLASS_IKE, 1, 40);
	for (uint32_t i = 0; i < 100; i++)
		send_ike(IP4(203, 0, 113, i));
	CU_ASSERT_EQUAL(s->punted[CHAN_CLASS_IKE], 40);
	CU_ASSERT_EQUAL(s->punt_policed[CHAN_CLASS_IKE], 60);
	CU_ASSERT_EQUAL(s->punt_drops[CHAN_CLASS_IKE], 60);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_PUNT_POLICED), 60);
	/* The other classes have rates of their own. */
	send_vrrp(DP_LAN_HOST);
	send_arp(1);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_PUNT_POLICED), 60);
	DP_END();
}

/* Tokens come back with time: 1000 a second. */
static void
test_refill(void)
{
	uint64_t start, ms = 0, n, more = 0;

	world();
	set_rate(CHAN_CLASS_VRRP, 1000, 4);
	for (unsigned int i = 0; i < 20; i++)
		send_vrrp(IP4(10, 1, 0, 20 + i));
	n = dp.w->stats->punted[CHAN_CLASS_VRRP];
	CU_ASSERT_TRUE(n >= 4 && n < 20);
	start = rte_rdtsc();
	while (more < 5 && ms < 5000) {
		send_vrrp(IP4(10, 1, 0, 50 + rand() % 100));
		more = dp.w->stats->punted[CHAN_CLASS_VRRP] - n;
		ms = (rte_rdtsc() - start) * 1000 / rte_get_tsc_hz();
	}
	CU_ASSERT_EQUAL(more, 5);
	DP_END();
}

/* New rates hold at once, for the sources too. */
static void
test_change(void)
{
	world();
	set_rate(CHAN_CLASS_IKE, 1, 4);
	send_ike(DP_PEER(0));
	send_ike(DP_PEER(0));
	CU_ASSERT_EQUAL(dp.w->stats->punted[CHAN_CLASS_IKE], 1);
	set_rate(CHAN_CLASS_IKE, 1, 40);
	for (unsigned int i = 0; i < 20; i++)
		send_ike(DP_PEER(0));
	CU_ASSERT_EQUAL(dp.w->stats->punted[CHAN_CLASS_IKE], 11);
	DP_END();
}

/* One source gets its share; whoever else comes is served. */
static void
test_one_source(void)
{
	world();
	set_rate(CHAN_CLASS_IKE, 100, 500); /* so that it does not matter how long this takes */
	for (unsigned int i = 0; i < 5000; i++)
		send_ike(DP_PEER(0));
	CU_ASSERT_TRUE(dp.w->stats->punted[CHAN_CLASS_IKE] >= 100 &&
			dp.w->stats->punted[CHAN_CLASS_IKE] < 400);
	while (dp_punted(CHAN_CLASS_IKE))
		;
	for (uint32_t i = 0; i < 50; i++)
		send_ike(IP4(203, 0, 113, i));
	for (uint32_t i = 0; i < 50; i++) {
		CU_ASSERT_TRUE_FATAL(dp_punted(CHAN_CLASS_IKE));
		CU_ASSERT_EQUAL(dp.punted.data[14 + 15], i);
	}
	DP_END();
}

/* Link state updates stop short of the end of the ring: the last places are for Hellos. */
static void
test_hello_places(void)
{
	unsigned int hellos = 0, others = 0;

	world();
	set_rate(CHAN_CLASS_OSPF, 1000000, 65536);
	for (uint32_t i = 0; i < 1000; i++)
		send_ospf(IP4(10, 1, 0, 20 + i % 50), OSPF_LSU);
	CU_ASSERT_TRUE(dp_drops(CHAN_DROP_PUNT_FULL) > 500);
	for (uint32_t i = 0; i < 60; i++)
		send_ospf(IP4(10, 1, 0, 80 + i), OSPF_HELLO);
	while (dp_punted(CHAN_CLASS_OSPF)) {
		hellos += dp.punted.data[14 + 20 + 1] == OSPF_HELLO;
		others += dp.punted.data[14 + 20 + 1] == OSPF_LSU;
	}
	CU_ASSERT_EQUAL(hellos, 60);
	CU_ASSERT_EQUAL(others, CHAN_PUNT_SLOTS - 1 - 64);
	DP_END();
}

/*
 * Every class is offered more than twice what its ring holds and its rate allows, while the
 * control plane reads slower still; in between, Hellos of 40 neighbours and the advertisements
 * of 10 virtual routers. All of these arrive.
 */
static void
test_flood_in(void)
{
	unsigned int hellos = 0, advs = 0;

	world();
	for (uint32_t round = 0; round < 50; round++) {
		for (uint32_t i = 0; i < 40; i++) {
			struct dp_pkt icmp = { .src = IP4(10, 1, 0, i), .dst = DP_LAN_ADDR };

			send_ike(IP4(203, 0, round, i));
			send_ospf(IP4(10, 1, 0, i), OSPF_LSU);
			send_vrrp(IP4(10, 1, 0, 99)); /* one that has gone mad */
			send_arp((uint8_t)(round * i));
			dp_send(0, &icmp);
			dp_clear();
		}
		if (round % 10 == 0)
			for (uint32_t i = 0; i < 40; i++)
				send_ospf(IP4(10, 1, 0, 100 + i), OSPF_HELLO);
		send_vrrp(IP4(10, 1, 0, 200 + round % 10));
		for (unsigned int k = 0; k < CHAN_N_CLASSES; k++) {
			for (unsigned int i = 0; i < 10 && dp_punted(k); i++) {
				hellos += k == CHAN_CLASS_OSPF &&
						dp.punted.data[14 + 20 + 1] == OSPF_HELLO;
				advs += k == CHAN_CLASS_VRRP && dp.punted.data[14 + 15] >= 200;
			}
		}
	}
	while (dp_punted(CHAN_CLASS_OSPF))
		hellos += dp.punted.data[14 + 20 + 1] == OSPF_HELLO;
	while (dp_punted(CHAN_CLASS_VRRP))
		advs += dp.punted.data[14 + 15] >= 200;
	CU_ASSERT_EQUAL(hellos, 200);
	CU_ASSERT_EQUAL(advs, 50);
	CU_ASSERT_TRUE(dp_drops(CHAN_DROP_PUNT_POLICED) > 3000);
	DP_END();
}

/* ---- out of congested ports ----------------------------------------------------------------- */

/* A port that takes @room frames, then none until there is room again. */
struct wire {
	unsigned int room;
	unsigned int data, control; /* frames taken */
	unsigned int behind;        /* data that left while control packets waited */
	const struct worker *w;
	uint16_t port;
};

static bool
is_control(const struct rte_mbuf *m)
{
	const uint8_t *ip = rte_pktmbuf_mtod_offset(m, const uint8_t *, 14);

	/* What the test injects: OSPF, VRRP, IKE, and the tunnel's packets. */
	return ip[9] == PROTO_OSPF || ip[9] == PROTO_VRRP || ip[9] == IPPROTO_ESP ||
			(ip[9] == IPPROTO_UDP && ip[20] == 500 >> 8 && ip[21] == (500 & 255));
}

static uint16_t
wire_take(void *arg, struct rte_mbuf **m, uint16_t n)
{
	struct wire *x = arg;
	uint16_t k = (uint16_t)RTE_MIN(n, x->room);

	for (uint16_t i = 0; i < k; i++) {
		bool control = is_control(m[i]);

		x->control += control;
		x->data += !control;
		x->behind += !control && x->w->tx[x->port].n_late != 0;
		rte_pktmbuf_free(m[i]);
	}
	x->room -= k;
	return k;
}

static void
inject_ip(enum chan_inject_mode mode, uint32_t id, uint8_t proto)
{
	struct dp_pkt p = { .src = DP_WAN_ADDR, .dst = IP4(203, 0, 113, 9), .sport = 500,
		.dport = 500, .proto = proto, .len = 100 };
	struct rte_mbuf *m = dp_frame(0, &p);

	CU_ASSERT_TRUE(dp_inject(mode, id, rte_pktmbuf_mtod_offset(m, void *, 14), 100));
	rte_pktmbuf_free(m);
}

static void
offer(uint32_t n)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = IP4(203, 0, 113, 7), .len = 200 };
	struct rte_mbuf *m[BURST_MAX];

	while (n > 0) {
		uint16_t k = (uint16_t)RTE_MIN(n, (uint32_t)BURST_MAX);

		for (uint16_t i = 0; i < k; i++)
			m[i] = dp_frame(0, &p);
		path_run(dp.w, 0, m, k);
		n -= k;
	}
}

/* Twice what the port takes; each round all kinds of control packets, behind the data. */
static void
test_congested(void)
{
	struct wire x = { .port = 1 };
	unsigned int rounds = 300, sent = 0;

	world();
	x.w = dp.w;
	for (unsigned int r = 0; r < rounds; r++) {
		offer(200);
		inject_ip(CHAN_INJECT_ROUTE, 0, PROTO_OSPF);
		inject_ip(CHAN_INJECT_ROUTE, 0, PROTO_VRRP);
		inject_ip(CHAN_INJECT_ROUTE, 0, 0); /* IKE */
		inject_ip(CHAN_INJECT_TUN, 2, PROTO_OSPF); /* inside a protected tunnel */
		sent += 4;
		path_inject(dp.w, BURST_MAX);
		x.room = r % 7 == 0 ? 0 : 100; /* once in a while it stands still */
		tx_send(dp.w, 1, wire_take, &x);
		CU_ASSERT_TRUE(dp_conserves());
	}
	CU_ASSERT_TRUE(dp_drops(CHAN_DROP_TX_FULL) > 25000);
	x.room = 1000;
	tx_send(dp.w, 1, wire_take, &x);
	CU_ASSERT_EQUAL(x.control, sent);
	CU_ASSERT_EQUAL(x.behind, 0);
	CU_ASSERT_TRUE(x.data > 20000);
	CU_ASSERT_EQUAL(dp.w->n_late, 0);
	CU_ASSERT_EQUAL(dp.w->stats->held, 0);
	CU_ASSERT_EQUAL(dp.w->stats->tx, x.data + x.control);
	DP_END();
}

/* The transmit buffer itself is full: data makes room. */
static void
test_buffer_full(void)
{
	struct wire x = { .port = 1, .room = 1000 };

	world();
	x.w = dp.w;
	offer(4 * BURST_MAX);
	for (unsigned int i = 0; i < 10; i++)
		inject_ip(CHAN_INJECT_ROUTE, 0, PROTO_OSPF);
	path_inject(dp.w, BURST_MAX);
	offer(1);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_TX_FULL), 11);
	tx_send(dp.w, 1, wire_take, &x);
	CU_ASSERT_EQUAL(x.control, 10);
	CU_ASSERT_EQUAL(x.data, 4 * BURST_MAX - 10);
	DP_END();
}

/* A port that stands still for ever: a limit, and the port's end is everybody's. */
static void
test_stuck(void)
{
	struct wire x = { .port = 1 };

	world();
	x.w = dp.w;
	for (unsigned int i = 0; i < 200; i++) {
		inject_ip(CHAN_INJECT_ROUTE, 0, PROTO_OSPF);
		path_inject(dp.w, BURST_MAX);
		tx_send(dp.w, 1, wire_take, &x);
	}
	CU_ASSERT_EQUAL(dp.w->n_late, 2 * BURST_MAX);
	CU_ASSERT_EQUAL(dp.w->stats->held, 2 * BURST_MAX);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_TX_FULL), 200 - 2 * BURST_MAX);
	offer(3);
	tx_give_up(dp.w, 1, CHAN_DROP_TX_DOWN);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_TX_DOWN), 2 * BURST_MAX + 3);
	CU_ASSERT_EQUAL(dp.w->n_late, 0);
	DP_END();
}

static const struct cu_case cases[] = {
	CU_CASE(test_rate), CU_CASE(test_refill), CU_CASE(test_change), CU_CASE(test_one_source),
	CU_CASE(test_hello_places), CU_CASE(test_flood_in), CU_CASE(test_congested),
	CU_CASE(test_buffer_full), CU_CASE(test_stuck),
};

int
main(void)
{
	dp_eal();
	return cu_run("protect", cases, RTE_DIM(cases));
}
