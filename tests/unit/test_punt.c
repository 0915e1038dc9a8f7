/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets for the control plane and from it: classes, rings, what is not taken. */
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/nodes/ip4.h"
#include "tests/unit/cu.h"
#include "tests/unit/dp_fixture.h"

static void
world(void)
{
	dp_open(NULL);
	dp_world();
}

static const struct punted_row {
	struct dp_pkt p;
	enum chan_class cls;
} punted_rows[] = {
	{ { .src = DP_LAN_HOST, .dst = DP_LAN_ADDR, .dport = 500 }, CHAN_CLASS_IKE },
	{ { .src = DP_LAN_HOST, .dst = DP_LAN_ADDR, .proto = IPPROTO_UDP,
		.payload = (const uint8_t[16]){ 1, 2, 0x11, 0x94, 0, 16, 0, 0, 0, 0, 0, 0, 9 },
		.payload_len = 16 }, CHAN_CLASS_IKE },
	{ { .src = DP_LAN_HOST, .dst = IP4(224, 0, 0, 5), .proto = 89, .ttl = 1 },
		CHAN_CLASS_OSPF },
	{ { .src = DP_LAN_HOST, .dst = IP4(224, 0, 0, 6), .proto = 89, .ttl = 1,
		.dst_mac = (const uint8_t[]){ 1, 0, 0x5e, 0, 0, 6 } }, CHAN_CLASS_OSPF },
	{ { .src = DP_LAN_HOST, .dst = DP_LAN_ADDR, .proto = 89 }, CHAN_CLASS_OSPF },
	{ { .src = DP_LAN_HOST, .dst = IP4(224, 0, 0, 18), .proto = 112, .ttl = 255 },
		CHAN_CLASS_VRRP },
	{ { .src = DP_LAN_HOST, .dst = DP_LAN_ADDR, .proto = IPPROTO_ICMP,
		.payload = (const uint8_t[]){ ICMP_ECHOREPLY, 0, 0xff, 0xff, 0, 0, 0, 0 },
		.payload_len = 8 }, CHAN_CLASS_ICMP },
};

static void
test_punt(void)
{
	const struct punted_row *rows = punted_rows;

	world();
	dp_send(0, &rows[0].p);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_PUNT_NOBODY), 1);
	dp_attach();
	for (unsigned int i = 0; i < RTE_DIM(punted_rows); i++) {
		dp_send(0, &rows[i].p);
		CU_ASSERT_TRUE_FATAL(dp_punted(rows[i].cls));
		CU_ASSERT_EQUAL(dp.punted.cls, rows[i].cls);
		CU_ASSERT_EQUAL(dp.punted.l3_off, 14);
		CU_ASSERT_EQUAL(dp.punted.if_id, DP_IF_LAN);
		CU_ASSERT_EQUAL(dp.punted.tun_id, CHAN_NONE);
		CU_ASSERT_EQUAL(dp.punted.sa_id, CHAN_NONE);
		CU_ASSERT_TRUE(dp_ip_ok((struct rte_ipv4_hdr *)(dp.punted.data + 14),
				dp.punted.len - 14u));
	}
	CU_ASSERT_EQUAL(dp.n_out, 0);
	DP_END();
}

static void
test_punt_arp(void)
{
	uint8_t arp[60] = { 255, 255, 255, 255, 255, 255, 2, 0, 0, 0, 1, 10, 8, 6, 0, 1, 8, 0, 6,
		4 };
	uint8_t tagged[64];

	world();
	dp_attach();
	dp_run1(0, dp_raw(arp, sizeof(arp)));
	CU_ASSERT_TRUE_FATAL(dp_punted(CHAN_CLASS_ARP));
	CU_ASSERT_EQUAL(dp.punted.len, 60);
	CU_ASSERT_EQUAL(dp.punted.l3_off, 14);
	CU_ASSERT_EQUAL(memcmp(dp.punted.data, arp, 60), 0);
	memcpy(tagged, arp, 12);
	memcpy(tagged + 12, (const uint8_t[]){ 0x81, 0, 0, DP_VLAN }, 4);
	memcpy(tagged + 16, arp + 12, 48);
	dp_run1(0, dp_raw(tagged, sizeof(tagged)));
	CU_ASSERT_TRUE_FATAL(dp_punted(CHAN_CLASS_ARP));
	CU_ASSERT_EQUAL(dp.punted.l3_off, 18);
	CU_ASSERT_EQUAL(dp.punted.if_id, DP_IF_VLAN);
	/* One for somebody else is not punted. */
	arp[0] = 2;
	dp_run1(0, dp_raw(arp, sizeof(arp)));
	CU_ASSERT_FALSE(dp_punted(CHAN_CLASS_ARP));
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_ETH_NOT_US), 1);
	DP_END();
}

/* A control plane that does not read: its class's ring fills up, the other classes go on. */
static void
test_punt_full(void)
{
	struct dp_pkt ike = { .src = DP_LAN_HOST, .dst = DP_LAN_ADDR, .dport = 500 };
	struct dp_pkt ospf = { .src = DP_LAN_HOST, .dst = IP4(224, 0, 0, 5), .proto = 89 };
	struct dp_pkt vrrp = { .src = DP_LAN_HOST, .dst = IP4(224, 0, 0, 18), .proto = 112,
		.len = 2100 };

	struct chan_param param = { .punt_pps = { [CHAN_CLASS_IKE] = 1000000 },
		.punt_burst = { [CHAN_CLASS_IKE] = 65536 } };

	world();
	dp_attach();
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_PARAM_SET, param), 0);
	dp_tick();
	for (unsigned int i = 0; i < CHAN_PUNT_SLOTS + 10; i++)
		dp_send(0, &ike);
	CU_ASSERT_EQUAL(dp.w->stats->punted[CHAN_CLASS_IKE], CHAN_PUNT_SLOTS - 1);
	CU_ASSERT_EQUAL(dp.w->stats->punt_drops[CHAN_CLASS_IKE], 11);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_PUNT_FULL), 11);
	dp_send(0, &ospf);
	CU_ASSERT_TRUE(dp_punted(CHAN_CLASS_OSPF));
	dp_send(0, &vrrp);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_PUNT_SIZE), 1);
	DP_END();
}

/* A packet longer than a slot comes in parts, which together are the frame; all or none. */
static void
punt_long(struct dp_pkt pkt, enum chan_class cls)
{
	uint64_t before = dp.w->stats->punted[cls];
	uint32_t have = 0;

	pkt.len = 2100;
	dp_send(0, &pkt);
	for (unsigned int i = 0; i < 2; i++) {
		CU_ASSERT_TRUE_FATAL(dp_punted(cls));
		CU_ASSERT_EQUAL(dp.punted.part_off, have);
		CU_ASSERT_EQUAL(dp.punted.part_total, 14 + 2100);
		have += dp.punted.len;
	}
	CU_ASSERT_EQUAL(have, 14 + 2100);
	CU_ASSERT_FALSE(dp_punted(cls));
	CU_ASSERT_EQUAL(dp.w->stats->punted[cls], before + 1);
	pkt.len = 1000;
	dp_send(0, &pkt);
	CU_ASSERT_TRUE(dp_punted(cls));
	CU_ASSERT_EQUAL(dp.punted.part_total, 0);
}

static void
test_punt_long(void)
{
	world();
	dp_attach();
	punt_long((struct dp_pkt){ .src = DP_LAN_HOST, .dst = IP4(224, 0, 0, 5), .proto = 89 },
			CHAN_CLASS_OSPF);
	punt_long((struct dp_pkt){ .src = DP_LAN_HOST, .dst = DP_LAN_ADDR, .dport = 500 },
			CHAN_CLASS_IKE);
	DP_END();
}

/* The sleeper is woken by the first packet, once. */
static void
test_punt_wakes(void)
{
	struct dp_pkt ike = { .src = DP_LAN_HOST, .dst = DP_LAN_ADDR, .dport = 500 };
	uint64_t n;

	world();
	dp_attach();
	dp_send(0, &ike);
	CU_ASSERT_TRUE(read(dp.w->wake_cp_fd, &n, sizeof(n)) < 0);
	dp.rings->cp_sleeps = 1;
	dp_send(0, &ike);
	dp_send(0, &ike);
	CU_ASSERT_EQUAL(read(dp.w->wake_cp_fd, &n, sizeof(n)), sizeof(n));
	CU_ASSERT_EQUAL(n, 1);
	CU_ASSERT_EQUAL(dp.rings->cp_sleeps, 0);
	DP_END();
}

static void
test_inject(void)
{
	struct dp_pkt p = { .src = DP_LAN_ADDR, .dst = DP_LAN_HOST, .ttl = 1 };
	struct rte_mbuf *m;
	const uint8_t *frame;

	world();
	dp_attach();
	m = dp_frame(0, &p);
	frame = rte_pktmbuf_mtod(m, const uint8_t *);
	CU_ASSERT_TRUE(dp_inject(CHAN_INJECT_FRAME, DP_IF_LAN, frame, 78));
	CU_ASSERT_TRUE(dp_inject(CHAN_INJECT_FRAME, DP_IF_VLAN, frame, 78));
	CU_ASSERT_TRUE(dp_inject(CHAN_INJECT_ROUTE, 0, frame + 14, 64));
	CU_ASSERT_TRUE(dp_inject(CHAN_INJECT_TUN, 0, frame + 14, 64));
	CU_ASSERT_EQUAL(path_inject(dp.w, 64), 4);
	dp_flush();
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 4);
	CU_ASSERT_EQUAL(dp.w->stats->injected, 4);
	CU_ASSERT_EQUAL(memcmp(rte_pktmbuf_mtod(dp.out[0].m, void *), frame, 78), 0);
	CU_ASSERT_EQUAL(dp.out[1].m->data_len, 82);
	CU_ASSERT_EQUAL(memcmp(rte_pktmbuf_mtod_offset(dp.out[1].m, void *, 18), frame + 14, 64),
			0);
	CU_ASSERT_EQUAL(rte_pktmbuf_mtod(dp.out[1].m, uint8_t *)[15], DP_VLAN);
	CU_ASSERT_EQUAL(dp_out_ip(2)->time_to_live, 1); /* ours: not in transit */
	rte_pktmbuf_free(m);
	DP_END();
}

static void
test_inject_bad(void)
{
	static const struct {
		uint8_t mode;
		uint32_t id;
		int cut; /* bytes less than the packet has */
		int poke; /* byte of the IP header to spoil, -1: none */
	} rows[] = {
		{ CHAN_INJECT_FRAME, 7, 0, -1 },         /* no such interface */
		{ CHAN_INJECT_FRAME, CHAN_NONE, 0, -1 },
		{ CHAN_INJECT_FRAME, DP_IF_LAN, 66, -1 }, /* no Ethernet header */
		{ CHAN_INJECT_ROUTE, 0, 1, -1 },          /* shorter than it says */
		{ CHAN_INJECT_ROUTE, 0, 45, -1 },         /* no whole header */
		{ CHAN_INJECT_ROUTE, 0, 0, 0 },           /* version */
		{ CHAN_INJECT_ROUTE, 0, 0, 8 },           /* checksum */
		{ CHAN_INJECT_TUN, 9, 0, -1 },            /* no such tunnel */
		{ CHAN_INJECT_TUN, CHAN_NONE, 0, -1 },
		{ CHAN_INJECT_TUN, 0, 0, 11 },
		{ 77, 0, 0, -1 },                         /* no such mode */
	};
	struct dp_pkt p = { .src = DP_LAN_ADDR, .dst = DP_LAN_HOST };
	struct chan_pkt huge = { .len = UINT16_MAX };

	world();
	dp_attach();
	for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
		struct rte_mbuf *m = dp_frame(0, &p);
		uint8_t *d = rte_pktmbuf_mtod(m, uint8_t *);
		bool frame = rows[i].mode == CHAN_INJECT_FRAME;

		if (rows[i].poke >= 0)
			d[14 + rows[i].poke] ^= 0x80;
		CU_ASSERT_TRUE(dp_inject(rows[i].mode, rows[i].id, frame ? d : d + 14,
				(uint16_t)((frame ? 78 : 64) - rows[i].cut)));
		CU_ASSERT_EQUAL(path_inject(dp.w, 64), 1);
		CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_INJECT_BAD), i + 1);
		rte_pktmbuf_free(m);
	}
	for (unsigned int i = 0; i < 2; i++, huge.len = 0)
		CU_ASSERT_EQUAL(rte_ring_sp_enqueue_elem(chan_ring(dp.rings, dp.rings->inject_off),
				&huge, sizeof(huge)), 0);
	CU_ASSERT_EQUAL(path_inject(dp.w, 64), 2);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_INJECT_BAD), RTE_DIM(rows) + 2);
	DP_END();
}

/* What has waited while the dataplane stood still is not told to neighbours as news. */
static void
test_inject_stale(void)
{
	static const struct {
		int age_ms;
		bool sent;
	} rows[] = {
		{ 0, true }, { CHAN_INJECT_AGE_MS - 100, true }, { CHAN_INJECT_AGE_MS + 1, false },
		{ 10000, false }, { 1000000000, false }, { -1000, true },
	};
	struct dp_pkt p = { .src = DP_LAN_ADDR, .dst = DP_LAN_HOST };
	struct rte_mbuf *m;
	uint64_t stale = 0;

	world();
	dp_attach();
	m = dp_frame(0, &p);
	for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
		dp.inject_at_ms = chan_clock_ms() - (uint32_t)rows[i].age_ms;
		CU_ASSERT_TRUE(dp_inject(CHAN_INJECT_FRAME, DP_IF_LAN,
				rte_pktmbuf_mtod(m, const void *), 78));
		CU_ASSERT_EQUAL(path_inject(dp.w, 64), 1);
		stale += !rows[i].sent;
		CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_INJECT_STALE), stale);
	}
	dp.inject_at_ms = 0;
	dp_flush();
	CU_ASSERT_EQUAL(dp.n_out, RTE_DIM(rows) - stale);
	rte_pktmbuf_free(m);
	DP_END();
}

static const struct cu_case cases[] = {
	CU_CASE(test_punt), CU_CASE(test_punt_arp), CU_CASE(test_punt_full),
	CU_CASE(test_punt_long), CU_CASE(test_punt_wakes), CU_CASE(test_inject),
	CU_CASE(test_inject_bad), CU_CASE(test_inject_stale),
};

int
main(void)
{
	dp_eal();
	return cu_run("punt", cases, RTE_DIM(cases));
}
