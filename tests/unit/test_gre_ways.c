/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What tunnels may be told to do with packets: TTL and DF of the outer header, the path's MTU; and
 * what the statistics region says of it. Fragmentation is in test_gre_fragment.c.
 */
#include <stdlib.h>
#include <string.h>

#include "dataplane/nodes/icmp.h"
#include "dataplane/nodes/ip4.h"
#include "tests/unit/cu.h"
#include "tests/unit/dp_fixture.h"

#define DF        RTE_IPV4_HDR_DF_FLAG
#define MF        RTE_IPV4_HDR_MF_FLAG

static void
world(void)
{
	dp_open(NULL);
	dp_world();
}

static void
set_flags(uint32_t id, uint32_t set)
{
	struct chan_tun c = dp_tun(id);

	c.flags |= set;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
}

static const struct chan_tun_info *
info(uint32_t id)
{
	return (const struct chan_tun_info *)((char *)dp.stats + dp.stats->tun_info_off) + id;
}

/* ---- outer header --------------------------------------------------------------------------- */

static void
test_ttl_copy(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .len = 101 };
	static const uint8_t ttls[] = { 2, 9, 64, 128, 255 };

	world();
	for (uint32_t id = 0; id < 2; id++) { /* without and with GRE options */
		set_flags(id, CHAN_TUN_TTL_COPY);
		p.dst = DP_TO_TUN(id);
		for (unsigned int i = 0; i < RTE_DIM(ttls); i++) {
			p.ttl = ttls[i];
			dp_send(0, &p);
			CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
			CU_ASSERT_EQUAL(dp_out_ip(0)->time_to_live, ttls[i] - 1);
			CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(0), (id == 0 ? 24 : 36) + 101));
			dp_clear();
		}
	}
	set_flags(0, 0);
	p.dst = DP_TO_TUN(0);
	dp_send(0, &p);
	CU_ASSERT_EQUAL(dp_out_ip(0)->time_to_live, 64);
	DP_END();
}

/* OSPF sends with a TTL of 1, which is of the link: the tunnel, not the way to its far end. */
static void
test_ttl_of_ours(void)
{
	struct dp_pkt p = { .src = IP4(172, 16, 0, 1), .dst = IP4(224, 0, 0, 5), .ttl = 1,
		.proto = 89 };

	world();
	dp_attach();
	for (uint32_t id = 0; id < 2; id++) { /* without and with GRE options */
		struct rte_mbuf *m = dp_frame(0, &p);

		set_flags(id, CHAN_TUN_TTL_COPY);
		CU_ASSERT_TRUE_FATAL(dp_inject(CHAN_INJECT_TUN, id,
				rte_pktmbuf_mtod_offset(m, void *, 14), 64));
		rte_pktmbuf_free(m);
		CU_ASSERT_EQUAL(path_inject(dp.w, 1), 1);
		dp_flush();
		CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
		CU_ASSERT_EQUAL(dp_out_ip(0)->time_to_live, 64);
		CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(0), (id == 0 ? 24 : 36) + 64));
		dp_clear();
	}
	DP_END();
}

static void
test_df_clear(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(0), .frag = DF };

	world();
	set_flags(0, CHAN_TUN_DF_CLEAR);
	dp_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp_out_ip(0)->fragment_offset, 0);
	CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(0), 88));
	DP_END();
}

/* Each field that is out of range is refused by its name. */
static void
test_refused(void)
{
	static const struct {
		uint32_t flags;
		uint16_t path_mtu, mss4, mss6;
		const char *field;
	} rows[] = {
		{ CHAN_TUN_DF | CHAN_TUN_DF_CLEAR, 0, 0, 0, "tun.flags" },
		{ CHAN_TUN_DF | CHAN_TUN_FRAG_AFTER, 0, 0, 0, "tun.flags" },
		{ 1u << 31, 0, 0, 0, "tun.flags" },
		{ 0, 255, 0, 0, "tun.path_mtu" },
		{ 0, 9601, 0, 0, "tun.path_mtu" },
		{ 0, 0, 87, 0, "tun.mss4" },
		{ 0, 0, 9001, 0, "tun.mss4" },
		{ 0, 0, 0, 87, "tun.mss6" },
		{ 0, 256, 88, 9000, NULL },
		{ CHAN_TUN_DF_CLEAR | CHAN_TUN_FRAG_AFTER, 0, CHAN_MSS_AUTO, CHAN_MSS_AUTO, NULL },
	};

	world();
	for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
		struct chan_tun c = dp_tun(0);

		c.flags |= rows[i].flags;
		c.path_mtu = rows[i].path_mtu;
		c.mss4 = rows[i].mss4;
		c.mss6 = rows[i].mss6;
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), rows[i].field != NULL ? -EINVAL : 0);
		if (rows[i].field != NULL)
			CU_ASSERT_STRING_EQUAL(dp.field, rows[i].field);
	}
	DP_END();
}

/* ---- MTU ------------------------------------------------------------------------------------ */

/* The path takes less than the interface: so does the tunnel, until that is forgotten. */
static void
test_path_mtu(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(0), .frag = DF };
	struct chan_tun c;

	world();
	c = dp_tun(0);
	c.mtu = 9000;
	c.path_mtu = 1300;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	p.len = 1276;
	dp_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(0), 1300));
	dp_clear();
	p.len = 1277;
	dp_send(0, &p);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_TOO_BIG), 1);
	CU_ASSERT_EQUAL(((const struct icmp_hdr *)(dp_out_ip(0) + 1))->rest[1], RTE_BE16(1276));
	dp_clear();
	c.path_mtu = 9600; /* more than the interface's says nothing */
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	p.len = 1476;
	dp_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(0), 1500));
	DP_END();
}

/* What `show tunnel mtu` is made of is there, with each change: SA, path, options, underlay. */
static void
test_info(void)
{
	struct chan_tun_sa_out none = { 2, CHAN_NONE };
	struct chan_if i;
	struct chan_tun c;

	world();
	CU_ASSERT_EQUAL(info(0)->underlay_mtu, 1500);
	CU_ASSERT_EQUAL(info(0)->budget, 1476);
	CU_ASSERT_EQUAL(info(0)->mtu, 1400);
	CU_ASSERT_EQUAL(info(0)->gre, 4);
	CU_ASSERT_EQUAL(info(0)->esp_hdr, 0);
	CU_ASSERT_EQUAL(info(1)->gre, 16);
	CU_ASSERT_EQUAL(info(1)->budget, 1464);
	dp_world_sas();
	CU_ASSERT_EQUAL(info(2)->esp_hdr, 8);
	CU_ASSERT_EQUAL(info(2)->budget, 1442);
	CU_ASSERT_EQUAL(info(2)->iv, 8);
	CU_ASSERT_EQUAL(info(2)->align, 4);
	CU_ASSERT_EQUAL(info(2)->icv, 16);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SA_OUT, none), 0);
	CU_ASSERT_EQUAL(info(2)->esp_hdr, 0);
	i = dp_if(DP_IF_WAN);
	i.mtu = 1492;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, i), 0);
	CU_ASSERT_EQUAL(info(0)->underlay_mtu, 1492);
	CU_ASSERT_EQUAL(info(0)->budget, 1468);
	c = dp_tun(0);
	c.path_mtu = 1300;
	c.cookie = 77;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	CU_ASSERT_EQUAL(info(0)->path_mtu, 1300);
	CU_ASSERT_EQUAL(info(0)->budget, 1276);
	CU_ASSERT_EQUAL(info(0)->mtu, 1276);
	CU_ASSERT_EQUAL(info(0)->cookie, 77);
	c.nh_id = CHAN_NONE;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	CU_ASSERT_EQUAL(info(0)->underlay_mtu, 0);
	CU_ASSERT_EQUAL(info(0)->budget, 0);
	CU_ASSERT_EQUAL(info(0)->present, 1);
	DP_END();
}

/* ---- payload types -------------------------------------------------------------------------- */

static void
send_type(uint16_t type)
{
	uint8_t gre[40] = { 0, 0, (uint8_t)(type >> 8), (uint8_t)type };
	struct dp_pkt p = { .src = DP_PEER(0), .dst = DP_WAN_ADDR, .proto = IPPROTO_GRE,
		.payload = gre, .payload_len = sizeof(gre) };

	dp_send(1, &p);
}

static void
test_types_counted(void)
{
	const struct chan_gre_type *types;
	uint64_t total = 0, common = 0;

	world();
	types = dp.w->stats->gre_types;
	send_type(0x6558);
	send_type(0x6558);
	send_type(0x88be);
	CU_ASSERT_EQUAL(types[0].type, 0x6558);
	CU_ASSERT_EQUAL(types[0].n, 2);
	CU_ASSERT_EQUAL(types[1].type, 0x88be);
	CU_ASSERT_EQUAL(types[1].n, 1);
	/* A flood of other types: the sum stays right, and what is common stays in the table. */
	for (unsigned int i = 0; i < 300; i++) {
		send_type((uint16_t)(0x9000 + i));
		send_type(0x6558);
	}
	for (unsigned int i = 0; i < CHAN_GRE_TYPES; i++) {
		total += types[i].n;
		if (types[i].type == 0x6558)
			common = types[i].n;
	}
	CU_ASSERT_EQUAL(common, 302);
	CU_ASSERT_EQUAL(total, 603);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_GRE_PROTO), 603);
	DP_END();
}

/* ---- straight from the look-up -------------------------------------------------------------- */

#define N_KINDS 60

/* What became of a burst for tunnel 3: its counters, and what came out of it at the far end. */
struct fate {
	struct chan_tun_stats tun;
	uint64_t ttl, too_big;
	unsigned int n;
	uint16_t len[N_KINDS];
	uint8_t ttls[N_KINDS], tos[N_KINDS];
};

/* Packets of all lengths: some whose TTL is over, some too long, of these some with DF. */
static unsigned int
burst_of_kinds(struct rte_mbuf **m)
{
	for (unsigned int i = 0; i < N_KINDS; i++) {
		struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(3),
			.tos = (uint8_t)(4 * i),
			.ttl = i % 9 == 4 ? 1 : (uint8_t)(3 + i), .id = (uint16_t)(1 + i),
			.len = (uint16_t)(i % 7 == 3 ? 1401 + i : 40 + 22 * i),
			.frag = i % 14 == 3 ? DF : 0 };

		m[i] = dp_frame(0, &p);
	}
	return N_KINDS;
}

#define PEER_PORT 31234

/* What tunnel 3 and its far end have. */
struct shape {
	enum chan_esp_alg alg;
	bool udp;
	uint32_t key; /* tunnel 2, too */
};

/* How a burst goes. */
enum way {
	STRAIGHT,    /* from the look-up into the tunnel */
	IN_COMPANY,  /* by way of gre_encap's vector, since one of it is for a neighbour */
	LONG,        /* all steps by themselves */
};

static void
set_udp(struct chan_sa *c)
{
	c->local_port = c->sa_id == DP_SA_PEER_OUT ? PEER_PORT : 4500;
	c->remote_port = c->sa_id == DP_SA_PEER_OUT ? 4500 : PEER_PORT;
}

/* Tunnel 2 has AES-GCM: both are sent the short way. */
static void
world_straight(struct shape sh)
{
	const struct esp_alg *a = &esp_algs[sh.alg];
	struct chan_tun_sa_out bind[] = { { 2, DP_SA_OUT }, { 3, DP_SA_PEER_OUT } };

	dp.protected_key = sh.key;
	world();
	for (uint32_t id = DP_SA_OUT; id <= DP_SA_PEER_OUT; id++) {
		struct chan_sa c = dp_sa(id);

		if (id != DP_SA_OUT) {
			c.alg = sh.alg;
			if (sh.udp)
				set_udp(&c);
			c.enc_key_len = a->enc_key_len;
			c.auth_key_len = a->auth_key_len;
			c.salt_len = a->salt_len;
		}
		CU_ASSERT_EQUAL_FATAL(DP_APPLY(CHAN_CMD_SA_SET, c), 0);
	}
	for (unsigned int i = 0; i < RTE_DIM(bind); i++) {
		CU_ASSERT_EQUAL_FATAL(DP_APPLY(CHAN_CMD_TUN_SA_OUT, bind[i]), 0);
		CU_ASSERT_TRUE(dp.t->tuns[bind[i].tun_id]->opts & TUN_OPT_SHORT);
	}
}

static void
run_kinds(struct shape sh, enum way way, struct fate *f)
{
	struct chan_nh gw = dp_nh(DP_NH_GW);
	uint8_t eth[RTE_ETHER_HDR_LEN] = { [12] = 8 };
	struct dp_pkt lan = { .src = DP_TO_TUN(2), .dst = DP_LAN_HOST };
	struct rte_mbuf *m[BURST_MAX];
	unsigned int n, n_esp = 0;

	world_straight(sh);
	CU_ASSERT_EQUAL(dp.t->n_more, sh.udp || dp.t->tuns[3]->hdr_len > 64);
	memcpy(eth, gw.mac, RTE_ETHER_ADDR_LEN);
	memcpy(eth + RTE_ETHER_ADDR_LEN, dp.stats->ports[1].mac, RTE_ETHER_ADDR_LEN);
	n = burst_of_kinds(m);
	if (way == IN_COMPANY)
		m[n++] = dp_frame(0, &lan);
	else if (way == LONG)
		dp.t->tuns[3]->opts &= (uint8_t)~TUN_OPT_SHORT;
	dp_run(0, m, (uint16_t)n);
	for (unsigned int i = 0; i < dp.n_out; i++)
		if (dp.out[i].port == 1) {
			CU_ASSERT_EQUAL(memcmp(rte_pktmbuf_mtod(dp.out[i].m, const void *), eth,
					RTE_ETHER_HDR_LEN), 0);
			m[n_esp++] = dp_turn(dp.out[i].m);
		} else {
			rte_pktmbuf_free(dp.out[i].m);
		}
	dp.n_out = 0;
	*f = (struct fate){ .tun = dp.w->tun_stats[3], .ttl = dp_drops(CHAN_DROP_IP_TTL),
		.too_big = dp_drops(CHAN_DROP_TOO_BIG) };
	CU_ASSERT_FATAL(n_esp <= BURST_MAX);
	CU_ASSERT_EQUAL(dp_route(IP4(10, 103, 0, 0), 16, DP_NH_LAN_HOST), 0);
	dp_run(1, m, (uint16_t)n_esp);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, n_esp);
	for (unsigned int i = 0; i < n_esp; i++) {
		const struct rte_ipv4_hdr *ip = dp_out_ip(i);
		unsigned int k = rte_be_to_cpu_16(ip->packet_id) - 1u;

		CU_ASSERT_TRUE(dp_ip_ok(ip, dp.out[i].m->data_len - 14u));
		CU_ASSERT_FATAL(k < N_KINDS);
		f->n++;
		f->len[k] = (uint16_t)(f->len[k] + rte_be_to_cpu_16(ip->total_length));
		f->ttls[k] = ip->time_to_live;
		f->tos[k] = ip->type_of_service;
	}
	DP_END();
}

static void
same_fate(const struct fate *a, const struct fate *b)
{
	CU_ASSERT_EQUAL(memcmp(&a->tun, &b->tun, sizeof(a->tun)), 0);
	CU_ASSERT_EQUAL(a->ttl, 7);
	CU_ASSERT_EQUAL(b->ttl, 7);
	CU_ASSERT_EQUAL(a->too_big, b->too_big);
	CU_ASSERT_TRUE(a->too_big > 0);
	CU_ASSERT_EQUAL(a->n, b->n);
	for (unsigned int i = 0; i < N_KINDS; i++) {
		CU_ASSERT_EQUAL(a->len[i], b->len[i]);
		CU_ASSERT_EQUAL(a->ttls[i], b->ttls[i]);
		CU_ASSERT_EQUAL(a->tos[i], b->tos[i]);
		CU_ASSERT_TRUE(a->len[i] == 0 || a->ttls[i] == 1 + i); /* two hops */
	}
}

/* A burst that goes from the look-up straight into a tunnel (gre_encap_looked_up()) fares as one
 * that goes there by way of gre_encap's vector, or by its and esp_encrypt's. */
static void
test_straight(void)
{
	static const enum chan_esp_alg algs[] = { CHAN_ESP_AES128_GCM16,
		CHAN_ESP_AES128_CBC_SHA1_96, CHAN_ESP_AES256_CBC_SHA256_128 };
	struct fate a, b;

	for (unsigned int i = 0; i < 4 * RTE_DIM(algs); i++) {
		struct shape sh = { algs[i / 4], i & 1, i & 2 ? DP_TUN_KEY : 0 };

		run_kinds(sh, STRAIGHT, &a);
		run_kinds(sh, IN_COMPANY, &b);
		same_fate(&a, &b);
		run_kinds(sh, LONG, &b);
		same_fate(&a, &b);
	}
	dp.protected_key = 0;
}

/* Of tunnels 2 and 3 in turn, either first: each packet leaves under its own SA. */
static void
straight_in_turn(struct shape sh)
{
	struct rte_mbuf *m[BURST_MAX], *back[BURST_MAX];
	unsigned int n_back;

	for (unsigned int first = 0; first < 2; first++) {
		world_straight(sh);
		for (unsigned int i = 0; i < BURST_MAX; i++) {
			struct dp_pkt p = { .src = DP_LAN_HOST, .len = (uint16_t)(40 + i),
				.dst = (i + first) % 2 ? DP_TO_TUN(3) : DP_TO_TUN(2) };

			m[i] = dp_frame(0, &p);
		}
		dp_run(0, m, BURST_MAX);
		CU_ASSERT_EQUAL(dp.n_out, BURST_MAX);
		CU_ASSERT_EQUAL(dp.w->tun_stats[2].out_packets, BURST_MAX / 2);
		CU_ASSERT_EQUAL(dp.w->tun_stats[3].out_packets, BURST_MAX / 2);
		CU_ASSERT_EQUAL(dp.w->sa_stats[DP_SA_OUT].packets, BURST_MAX / 2);
		CU_ASSERT_EQUAL(dp.w->sa_stats[DP_SA_PEER_OUT].packets, BURST_MAX / 2);
		n_back = 0;
		for (unsigned int i = 0; i < dp.n_out; i++)
			if (dp_out_ip(i)->dst_addr == rte_cpu_to_be_32(DP_WAN_ADDR))
				back[n_back++] = dp_turn(dp.out[i].m);
			else
				rte_pktmbuf_free(dp.out[i].m);
		dp.n_out = 0;
		CU_ASSERT_EQUAL_FATAL(n_back, BURST_MAX / 2);
		CU_ASSERT_EQUAL(dp_route(IP4(10, 103, 0, 0), 16, DP_NH_LAN_HOST), 0);
		dp_run(1, back, (uint16_t)n_back);
		CU_ASSERT_EQUAL(dp.n_out, n_back);
		DP_END();
	}
}

static void
test_straight_mixed(void)
{
	straight_in_turn((struct shape){ CHAN_ESP_AES128_CBC_SHA1_96, false, 0 });
	straight_in_turn((struct shape){ CHAN_ESP_AES128_CBC_SHA1_96, true, 0 });
	straight_in_turn((struct shape){ CHAN_ESP_AES128_GCM16, true, 0 });
	straight_in_turn((struct shape){ CHAN_ESP_AES128_GCM16, true, DP_TUN_KEY });
	dp.protected_key = 0;
}

/* Loops without UDP are left when a tunnel has it, and come back with the last such tunnel. */
static void
test_more(void)
{
	struct chan_tun_sa_out unbind = { 3, CHAN_NONE };
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(2) };

	world_straight((struct shape){ CHAN_ESP_AES128_GCM16, true, 0 });
	CU_ASSERT_EQUAL(dp.t->n_more, 1);
	set_flags(3, CHAN_TUN_DF);
	CU_ASSERT_EQUAL(dp.t->n_more, 1);
	set_flags(3, CHAN_TUN_TTL_COPY); /* not the short way */
	CU_ASSERT_EQUAL(dp.t->n_more, 0);
	set_flags(3, 0);
	CU_ASSERT_EQUAL(dp.t->n_more, 1);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SA_OUT, unbind), 0);
	CU_ASSERT_EQUAL(dp.t->n_more, 0);
	dp_send(0, &p);
	CU_ASSERT_EQUAL(dp.n_out, 1);
	DP_END();
}

static const struct cu_case cases[] = {
	CU_CASE(test_ttl_copy), CU_CASE(test_ttl_of_ours), CU_CASE(test_df_clear),
	CU_CASE(test_refused),
	CU_CASE(test_path_mtu), CU_CASE(test_info), CU_CASE(test_types_counted),
	CU_CASE(test_straight), CU_CASE(test_straight_mixed), CU_CASE(test_more),
};

int
main(void)
{
	dp_eal();
	return cu_run("gre_ways", cases, RTE_DIM(cases));
}
