/* SPDX-License-Identifier: BSD-3-Clause */
/* What the dataplane is told when paths change: path MTU, keepalives, a protocol's routes. */
#include <string.h>

#include "common/wire.h"
#include "controlplane/dataplane/route_feed.h"
#include "controlplane/iface/iface.h"
#include "controlplane/rib/rib.h"
#include "tests/unit/cp_fixture.h"

/* Without protection, its far end watched by keepalives, and another way if it does not answer. */
static const char plain_config[] =
		"{ \"interfaces\": { \"wan\": { \"address\": [\"1.1.1.2/24\"], "
		"     \"verify-source\": \"any\", \"ipv6-verify-source\": \"rx\" } },"
		"  \"tunnels\": { \"tunnel1\": { \"source\": \"1.1.1.2\", \"destination\": "
		"\"2.2.2.2\", \"mtu\": %d, \"key\": 42, \"ttl\": 0, \"df\": \"clear\", "
		"\"ignore-df\": true, \"fragment-after\": true, \"tcp-mss\": 1300, "
		"\"verify-source\": \"rx\", \"ipv6-verify-source\": \"any\", "
		"\"path-mtu-min\": 1000, \"path-mtu-age-seconds\": 60, "
		"\"keepalive-seconds\": 10, \"keepalive-retries\": 2 } },"
		"  \"routes\": [ { \"prefix\": \"0.0.0.0/0\", \"via\": \"1.1.1.1\" },"
		"     { \"prefix\": \"192.168.21.0/24\", \"interface\": \"tunnel1\" },"
		"     { \"prefix\": \"192.168.21.0/24\", \"via\": \"1.1.1.1\", \"distance\": 200 } "
		"] }";

/* ---- paths and keepalives ------------------------------------------------------------------- */

/* Fragmentation needed: next-hop MTU @mtu, about 1500 bytes to the branch, @proto and its first
 * words. */
static void
icmp(uint16_t mtu, uint8_t proto, uint32_t first, uint32_t second)
{
	struct chan_pkt pkt = { .cls = CHAN_CLASS_ICMP, .l3_off = 14, .len = 14 + 56 };
	struct wr w = wr_init(pkt.data + 14, 56);

	for (int i = 0; i < 2; i++) {
		wr_be32(&w, 0x45000000 | (i == 0 ? 56 : 1500));
		wr_be32(&w, 0);
		wr_be32(&w, 0x40000000 | (uint32_t)(i == 0 ? 1 : proto) << 16);
		wr_be32(&w, i == 0 ? CPF_GW : CPF_HUB);
		wr_be32(&w, i == 0 ? CPF_HUB : CPF_BRANCH);
		if (i == 0) {
			wr_be32(&w, 0x03040000);
			wr_be32(&w, mtu);
		}
	}
	wr_be32(&w, first);
	wr_be32(&w, second);
	tunnels_icmp(cpf_cp.tunnels, &pkt);
	cpf_loop_once();
}

static uint16_t
told_path_mtu(void)
{
	const struct chan_cmd *c = cpf_find(CHAN_CMD_TUN_SET);

	return c != NULL ? c->u.tun.path_mtu : 1;
}

/* Of a protected tunnel only what quotes the SA it sends with now. */
static void
test_path_mtu(void)
{
	cpf_start();
	cpf_dataplane_in_use();
	cpf_attach();
	cpf_answer();
	cpf_gateway_answers();
	cpf_forget();
	icmp(1300, 50, 0xc0ffef, 1); /* not its SPI */
	icmp(1300, 50, 0x3300000b, 1); /* the SPI it receives with */
	icmp(1300, 47, 0x00000800, 0); /* GRE in the clear, which it never sends */
	CU_ASSERT_EQUAL(cpf.n, 0);
	CU_ASSERT_EQUAL(tunnels_n_icmp(cpf_cp.tunnels, PMTU_NO_SA), 2);
	CU_ASSERT_EQUAL(tunnels_n_icmp(cpf_cp.tunnels, PMTU_NO_TUNNEL), 1);
	icmp(1300, 50, 0xc0ffee, 1);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_TUN_SET), 1);
	CU_ASSERT_EQUAL(told_path_mtu(), 1300);
	cpf_forget();
	icmp(1400, 50, 0xc0ffee, 1);
	CU_ASSERT_EQUAL(cpf.n, 0);
	cpf_now_ms += 599000;
	tunnels_second(cpf_cp.tunnels, cpf_now_ms);
	cpf_loop_once();
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_TUN_SET), 0);
	cpf_now_ms += 1000;
	tunnels_second(cpf_cp.tunnels, cpf_now_ms);
	cpf_loop_once();
	CU_ASSERT_EQUAL(told_path_mtu(), 0);
	cpf_stop();
}

/* Everything that is configured reaches the dataplane; a plain tunnel is known by its key. */
static void
test_plain_tunnel(void)
{
	const struct chan_tun *t;
	const struct chan_if *i;

	cpf_config_text = plain_config;
	cpf_start();
	cpf_attach();
	CU_ASSERT_PTR_NOT_NULL_FATAL(cpf_find(CHAN_CMD_IF_SET));
	i = &cpf_find(CHAN_CMD_IF_SET)->u.iface;
	CU_ASSERT_EQUAL(i->verify4, CHAN_VERIFY_ANY);
	CU_ASSERT_EQUAL(i->verify6, CHAN_VERIFY_RX);
	cpf_stop();
	cpf_start_up();
	cpf_config_text = cpf_config;
	icmp(900, 47, 0x20000800, 43);
	CU_ASSERT_EQUAL(cpf.n, 0);
	icmp(900, 47, 0x20000800, 42);
	CU_ASSERT_PTR_NOT_NULL_FATAL(cpf_find(CHAN_CMD_TUN_SET));
	t = &cpf_find(CHAN_CMD_TUN_SET)->u.tun;
	CU_ASSERT_EQUAL(t->path_mtu, 1000); /* not below the floor */
	CU_ASSERT_EQUAL(t->flags, CHAN_TUN_UP | CHAN_TUN_KEY | CHAN_TUN_TTL_COPY |
			CHAN_TUN_DF_CLEAR | CHAN_TUN_IGNORE_DF | CHAN_TUN_FRAG_AFTER);
	CU_ASSERT_EQUAL(t->mss4, 1300);
	CU_ASSERT_EQUAL(t->mss6, 1280);
	CU_ASSERT_EQUAL(t->mtu, 1400);
	CU_ASSERT_EQUAL(t->verify, CHAN_VERIFY_RX | CHAN_VERIFY_ANY << 4);
	cpf_stop();
}

static void
pass(unsigned int seconds)
{
	for (unsigned int i = 0; i < seconds * 1000 / KEEPALIVE_TICK_MS; i++) {
		cpf_now_ms += KEEPALIVE_TICK_MS;
		tunnels_tick(cpf_cp.tunnels, cpf_now_ms);
	}
	cpf_loop_once();
}

/* No answers: the other way is taken, keepalives go on; one answer, and it is as before. */
static void
test_keepalives(void)
{
	struct chan_pkt pkt = { .cls = CHAN_CLASS_KEEPALIVE };
	uint32_t tunnel_nh;

	cpf_config_text = plain_config;
	cpf_start_up();
	cpf_config_text = cpf_config;
	tunnel_nh = mirror_nh_tun(cpf_cp.mirror, tunnels_at(cpf_cp.tunnels, 0)->tun_id);
	pkt.tun_id = tunnels_at(cpf_cp.tunnels, 0)->tun_id;
	pass(20);
	CU_ASSERT_EQUAL(cpf.n_keepalives, 2);
	tunnels_keepalive(cpf_cp.tunnels, &pkt);
	pass(20);
	CU_ASSERT_STRING_EQUAL(cpf_why(), "");
	CU_ASSERT_EQUAL(cpf.n, 0);
	pass(10);
	CU_ASSERT_STRING_EQUAL(cpf_why(), "no answer to the last 2 keepalives");
	CU_ASSERT_FALSE(tunnels_at(cpf_cp.tunnels, 0)->up);
	/* The routes stay where they are: the group that they lead to has another member. */
	CU_ASSERT_PTR_NULL(cpf_route(0xc0a81500, 24));
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_NHG_SET), 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(cpf_find(CHAN_CMD_NHG_SET));
	CU_ASSERT_NOT_EQUAL(cpf_find(CHAN_CMD_NHG_SET)->u.nhg.nh_ids[0], tunnel_nh);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_TUN_DEL), 0);
	cpf_forget();
	pass(30);
	CU_ASSERT_EQUAL(cpf.n_keepalives, 8);
	CU_ASSERT_EQUAL(cpf.n, 0);
	tunnels_keepalive(cpf_cp.tunnels, &pkt);
	cpf_loop_once();
	CU_ASSERT_STRING_EQUAL(cpf_why(), "");
	CU_ASSERT_PTR_NOT_NULL_FATAL(cpf_find(CHAN_CMD_NHG_SET));
	CU_ASSERT_EQUAL(cpf_find(CHAN_CMD_NHG_SET)->u.nhg.nh_ids[0], tunnel_nh);
	cpf_stop();
}

/* ---- routes of a routing protocol ------------------------------------------------------------ */

#define DYNS  3000u
#define SLICE 1024u /* as in route_feed.c */

static struct rib_dyn dyns[DYNS];
static const struct rib_hop dyn_hops[] = { { 0, 0xc0a80a03 }, { 0, 0xc0a80a04 },
	{ 0, 0xc0a80a05 }, { 1, 0x01010103 } };
#define DYN_WAN 3u /* the one that is no neighbour on the LAN */

/* All of them by one neighbour on the LAN, /24 and /25 in turn. */
static void
dyns_make(void)
{
	for (uint32_t i = 0; i < DYNS; i++)
		dyns[i] = (struct rib_dyn){
			.prefix = { 0x0b000000 + (i << 8), (uint8_t)(24 + i % 2) },
			.kind = RIB_OSPF_INTRA, .distance = 110, .metric = 1, .n_hops = 1 };
}

static void
dyns_give(uint32_t first, uint32_t n)
{
	static const char names[][RIB_LINK_NAME] = { "lan", "wan" };
	struct rib_source s = { .routes = dyns + first, .hops = dyn_hops, .names = names,
		.n_routes = n, .n_hops = 4, .n_names = 2 };

	cpf_forget();
	CU_ASSERT_EQUAL(reconcile_routes(cpf_cp.reconcile, &s), 0);
}

static struct route_feed_counts
feed_counts(void)
{
	struct route_feed_counts c;

	reconcile_route_counts(cpf_cp.reconcile, &c);
	return c;
}

/* Let the loop come round until all is named: in how many turns. */
static unsigned int
turns(void)
{
	unsigned int n = 0;

	for (; feed_counts().n_waiting > 0; n++) {
		unsigned int before = cpf.n;

		CU_ASSERT_FATAL(n < 100);
		event_base_loop(cpf_cp.base, EVLOOP_ONCE);
		CU_ASSERT(cpf.n - before <= SLICE);
	}
	return n;
}

/* A route of the command list: which place it has. */
static unsigned int
place_of(enum chan_op op, uint32_t prefix)
{
	for (unsigned int i = 0; i < cpf.n; i++)
		if (cpf.cmd[i].op == op && cpf.cmd[i].u.route.prefix == prefix)
			return i;
	CU_FAIL("no such command");
	return 0;
}

/* Many routes come in slices, and what changes of them costs what has changed. */
static void
test_routes_change(void)
{
	uint64_t n_whole;

	cpf_config_text = cpf_config;
	cpf_start_up();
	dyns_make();
	n_whole = feed_counts().n_whole;
	dyns_give(0, DYNS);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_ROUTE_SET), SLICE);
	CU_ASSERT_EQUAL(turns(), (DYNS + SLICE - 1) / SLICE - 1);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_ROUTE_SET), DYNS);
	CU_ASSERT_EQUAL(cpf.n, DYNS + 2); /* and the next hop, in a group */
	CU_ASSERT(place_of(CHAN_CMD_ROUTE_SET, 0x0b000100) <
			place_of(CHAN_CMD_ROUTE_SET, 0x0b000000));
	dyns_give(0, DYNS);
	CU_ASSERT_EQUAL(cpf.n, 0);
	dyns[7].metric = 2; /* nothing to the dataplane */
	dyns_give(0, DYNS);
	CU_ASSERT_EQUAL(cpf.n, 0);
	dyns[7].first_hop = 1;
	dyns_give(0, DYNS);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_ROUTE_SET), 1);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_NHG_SET), 1);
	CU_ASSERT_EQUAL(cpf.n, 3);
	dyns_give(10, DYNS - 10);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_ROUTE_DEL), 10);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_NHG_DEL), 1);
	CU_ASSERT_EQUAL(cpf.n, 11);
	CU_ASSERT(place_of(CHAN_CMD_ROUTE_DEL, 0x0b000000) <
			place_of(CHAN_CMD_ROUTE_DEL, 0x0b000100));
	/* All of them by the other neighbour: one change. */
	for (uint32_t i = 10; i < DYNS; i++)
		dyns[i].first_hop = 1;
	dyns_give(10, DYNS - 10);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_NHG_SET), 1);
	CU_ASSERT_EQUAL(cpf.n, 1);
	CU_ASSERT_EQUAL(feed_counts().n_waiting, 0);
	CU_ASSERT_EQUAL(feed_counts().n_groups, 1);
	/* In three parts they go one by one; what changes while others wait is sent as it is in the
	 * end: those that have been sent come back, group by group, and the others have
	 * never left. */
	for (uint32_t i = 10; i < DYNS; i++)
		dyns[i].first_hop = i % 3;
	dyns_give(10, DYNS - 10);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_ROUTE_SET), SLICE);
	for (uint32_t i = 10; i < DYNS; i++)
		dyns[i].first_hop = 1;
	dyns_give(10, DYNS - 10);
	turns();
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_NHG_SET), 2);
	CU_ASSERT_EQUAL(cpf.n, 2);
	CU_ASSERT_EQUAL(feed_counts().n_whole, n_whole);
	cpf_stop();
}

/* Two next hops are a group, which goes with its last route. */
static void
test_routes_groups(void)
{
	cpf_config_text = cpf_config;
	cpf_start_up();
	dyns_make();
	for (uint32_t i = 0; i < 4; i++)
		dyns[i].n_hops = 2;
	dyns_give(0, 4);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_NHG_SET), 1);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_ROUTE_SET), 4);
	for (uint32_t i = 0; i < 3; i++)
		dyns[i].first_hop = 1;
	dyns_give(0, 4);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_NHG_SET), 1);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_ROUTE_SET), 3);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_NHG_DEL), 0);
	dyns_give(0, 3);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_ROUTE_DEL), 1);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_NHG_DEL), 1);
	dyns_give(0, 0);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_ROUTE_DEL), 3);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_NHG_DEL), 1);
	cpf_stop();
}

/*
 * The interface that all of a protocol's routes lead over is lost. They are dropped by one command,
 * and led another way by one when the protocol has one; those that it has none for go one by one,
 * at leisure. If it says nothing, none of them stays for longer than a second.
 */
static void
test_routes_lost_link(void)
{
	for (int answered = 1; answered >= 0; answered--) {
		cpf_config_text = cpf_config;
		cpf_start_up();
		dyns_make();
		dyns_give(0, DYNS);
		turns();
		cpf_forget();
		cpf.stats.ports[1].link_up = 0;
		CU_ASSERT_TRUE(ifaces_stale(cpf_cp.ifaces));
		reconcile_soon(cpf_cp.reconcile);
		cpf_loop_once();
		CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_NHG_SET), 1);
		CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_ROUTE_SET), 0);
		CU_ASSERT(cpf_count(CHAN_CMD_ROUTE_DEL) < 10); /* connected, and neighbours */
		if (answered) {
			for (uint32_t i = 10; i < DYNS; i++)
				dyns[i].first_hop = DYN_WAN;
			dyns_give(10, DYNS - 10);
			CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_NHG_SET), 1);
			CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_ROUTE_SET), 0);
			CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_ROUTE_DEL), 10);
			CU_ASSERT_EQUAL(feed_counts().n_groups, 1);
		} else {
			cpf_forget();
			for (int i = 0; i < 100 && cpf_count(CHAN_CMD_ROUTE_DEL) < DYNS; i++)
				event_base_loop(cpf_cp.base, EVLOOP_ONCE);
			CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_ROUTE_DEL), DYNS);
		}
		cpf_stop();
	}
}

/* Around a tunnel's far end, everything is looked at: the tunnel's packets leave another way. */
static void
test_routes_underlay(void)
{
	uint64_t n_whole;

	cpf_config_text = cpf_config;
	cpf_start_up();
	n_whole = feed_counts().n_whole;
	dyns[0] = (struct rib_dyn){ .prefix = { 0x02020000, 16 }, .kind = RIB_OSPF_INTRA,
		.distance = 110, .metric = 1, .n_hops = 1 };
	dyns_give(0, 1);
	CU_ASSERT_EQUAL(feed_counts().n_whole, n_whole + 1);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_ROUTE_SET), 1);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_TUN_SET), 1);
	dyns_give(0, 0);
	CU_ASSERT_EQUAL(feed_counts().n_whole, n_whole + 2);
	CU_ASSERT_EQUAL(cpf_count(CHAN_CMD_TUN_SET), 1);
	cpf_stop();
}

static const struct cu_case cases[] = {
	CU_CASE(test_path_mtu),
	CU_CASE(test_plain_tunnel),
	CU_CASE(test_keepalives),
	CU_CASE(test_routes_change),
	CU_CASE(test_routes_groups),
	CU_CASE(test_routes_lost_link),
	CU_CASE(test_routes_underlay),
};

CU_MAIN("reconcile_paths", cases)
