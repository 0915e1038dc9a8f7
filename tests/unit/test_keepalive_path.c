/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * GRE keepalives in the packet path: the peer's are answered the way they came, ours are handed to
 * the control plane when they come back. With real ones out of a capture, where that is at hand.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_udp.h>

#include "dataplane/nodes/ip4.h"
#include "tests/unit/cu.h"
#include "tests/unit/dp_fixture.h"

#define CAPTURE "/../shared/vectors/captures/various_gre.pcap"

static void
world(void)
{
	dp_open(NULL);
	dp_world();
	dp_attach();
}

/* An IPv4 packet from @src to @dst with these bytes of GRE. Its length. */
static uint16_t
inner_make(uint8_t *p, uint32_t src, uint32_t dst, const uint8_t *gre, uint16_t gre_len)
{
	struct rte_ipv4_hdr ip = { .version_ihl = RTE_IPV4_VHL_DEF, .time_to_live = 255,
		.type_of_service = 0xc0, .next_proto_id = IPPROTO_GRE,
		.total_length = rte_cpu_to_be_16((uint16_t)(20 + gre_len)),
		.src_addr = rte_cpu_to_be_32(src), .dst_addr = rte_cpu_to_be_32(dst) };

	ip4_set_cksum(&ip);
	memcpy(p, &ip, sizeof(ip));
	memcpy(p + sizeof(ip), gre, gre_len);
	return (uint16_t)(sizeof(ip) + gre_len);
}

/* GRE in the clear from @peer: @gre and behind it @inner. */
static void
send_gre(uint32_t peer, const uint8_t *gre, unsigned int gre_len, const uint8_t *inner,
		unsigned int len)
{
	uint8_t buf[256];
	struct dp_pkt p = { .src = peer, .dst = DP_WAN_ADDR, .proto = IPPROTO_GRE, .payload = buf,
		.payload_len = (uint16_t)(gre_len + len) };

	memcpy(buf, gre, gre_len);
	if (len != 0)
		memcpy(buf + gre_len, inner, len);
	dp_send(1, &p);
}

static const uint8_t gre_ip4[4] = { 0, 0, 8, 0 }, gre_none[4] = { 0 };

static void
test_answered(void)
{
	static const uint8_t keyed[] = { 0x20, 0, 8, 0, 0, 0, 0, DP_TUN_KEY };
	static const uint8_t keyed_none[] = { 0x20, 0, 0, 0, 0, 0, 0, DP_TUN_KEY };
	uint8_t in[64];
	uint16_t len;

	world();
	len = inner_make(in, DP_WAN_ADDR, DP_PEER(0), gre_none, 4);
	send_gre(DP_PEER(0), gre_ip4, 4, in, len);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp.out[0].port, 1);
	CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(0), 24));
	CU_ASSERT_EQUAL(dp_out_ip(0)->src_addr, rte_cpu_to_be_32(DP_WAN_ADDR));
	CU_ASSERT_EQUAL(dp_out_ip(0)->dst_addr, rte_cpu_to_be_32(DP_PEER(0)));
	CU_ASSERT_EQUAL(dp_out_ip(0)->next_proto_id, IPPROTO_GRE);
	CU_ASSERT_EQUAL(memcmp(dp_out_ip(0) + 1, gre_none, 4), 0);
	dp_clear();
	/* With a key, checksum and sequence number on the tunnel: the answer is as the peer made
	 * it. */
	len = inner_make(in, DP_WAN_ADDR, DP_PEER(1), keyed_none, 8);
	send_gre(DP_PEER(1), keyed, 8, in, len);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(0), 28));
	CU_ASSERT_EQUAL(memcmp(dp_out_ip(0) + 1, keyed_none, 8), 0);
	CU_ASSERT_FALSE(dp_punted(CHAN_CLASS_KEEPALIVE));
	DP_END();
}

/* What looks like one and is not goes nowhere; GRE of others is just forwarded. */
static void
test_not_answered(void)
{
	static const struct {
		uint32_t src, dst;
		uint8_t gre[8];
		uint8_t gre_len, spoil; /* byte of the inner packet + 1 */
		int why; /* -1: forwarded */
	} rows[] = {
		{ DP_WAN_ADDR, DP_PEER(0), { 0, 0, 8, 0 }, 4, 0, CHAN_DROP_IP_MARTIAN_SRC },
		{ DP_WAN_ADDR, DP_PEER(0), { 0, 1, 0, 0 }, 4, 0, CHAN_DROP_IP_MARTIAN_SRC },
		{ DP_WAN_ADDR, DP_PEER(0), { 0, 0, 0 }, 3, 0, CHAN_DROP_IP_MARTIAN_SRC },
		{ DP_WAN_ADDR, DP_PEER(1), { 0 }, 4, 0, CHAN_DROP_IP_MARTIAN_SRC },
		{ DP_WAN_ADDR, DP_LAN_HOST, { 0 }, 4, 0, CHAN_DROP_IP_MARTIAN_SRC },
		{ DP_WAN_ADDR, DP_PEER(0), { 0 }, 4, 1 + 8, CHAN_DROP_IP_MARTIAN_SRC },
		{ DP_WAN_ADDR, DP_PEER(0), { 0 }, 4, 1 + 3, CHAN_DROP_IP_MARTIAN_SRC },
		{ DP_PEER(7), DP_LAN_HOST, { 0 }, 4, 0, -1 },
	};

	for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
		uint8_t in[64];
		uint16_t len;
		bool ok;

		world();
		len = inner_make(in, rows[i].src, rows[i].dst, rows[i].gre, rows[i].gre_len);
		if (rows[i].spoil != 0)
			in[rows[i].spoil - 1] ^= 0x40;
		send_gre(DP_PEER(0), gre_ip4, 4, in, len);
		if (rows[i].why < 0)
			ok = dp.n_out == 1 && dp.out[0].port == 0;
		else
			ok = dp.n_out == 0 && dp_drops(rows[i].why) == 1 && dp_all_drops() == 1;
		if (!ok) {
			fprintf(stderr, "row %u\n", i);
			CU_FAIL("keepalive");
		}
		DP_END();
	}
}

/* Ours has come back. */
static void
test_punted(void)
{
	static const uint8_t keyed_none[] = { 0x20, 0, 0, 0, 0, 0, 0, DP_TUN_KEY };

	world();
	send_gre(DP_PEER(0), gre_none, 4, NULL, 0);
	CU_ASSERT_TRUE(dp_punted(CHAN_CLASS_KEEPALIVE));
	CU_ASSERT_EQUAL(dp.punted.tun_id, 0);
	CU_ASSERT_EQUAL(dp.punted.sa_id, CHAN_NONE);
	send_gre(DP_PEER(1), keyed_none, 8, NULL, 0);
	CU_ASSERT_TRUE(dp_punted(CHAN_CLASS_KEEPALIVE));
	CU_ASSERT_EQUAL(dp.punted.tun_id, 1);
	send_gre(DP_PEER(1), gre_none, 4, NULL, 0); /* without the key it is nobody's */
	CU_ASSERT_FALSE(dp_punted(CHAN_CLASS_KEEPALIVE));
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_GRE_NO_TUNNEL), 1);
	DP_END();
}

/* One out of ESP, of tunnel @tun_id: data at the GRE header. */
static void
punt_answer(uint32_t tun_id)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(dp.pool);

	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	memcpy(rte_pktmbuf_append(m, 4), gre_none, 4);
	*pkt_meta(m) = (struct pkt_meta){ .if_id = DP_IF_WAN };
	pkt_from_tunnel(m, tun_id, DP_SA_IN, 0);
	dp.w->stats->made++;
	punt(dp.w, m, CHAN_CLASS_KEEPALIVE);
}

/* The answers of many branches at once are not the flood of one: each has a share of its own. */
static void
test_many_answers(void)
{
	world();
	dp.w->now_tsc = rte_rdtsc();
	for (uint32_t id = 0; id < 300; id++)
		punt_answer(id);
	CU_ASSERT_EQUAL(dp_all_drops(), 0);
	for (uint32_t id = 0; id < 300; id++) {
		CU_ASSERT_TRUE_FATAL(dp_punted(CHAN_CLASS_KEEPALIVE));
		CU_ASSERT_EQUAL(dp.punted.tun_id, id);
	}
	for (uint32_t i = 0; i < 200; i++)
		punt_answer(7);
	CU_ASSERT_TRUE(dp_drops(CHAN_DROP_PUNT_POLICED) > 0);
	DP_END();
}

/* NHRP, for the control plane: a class of its own, in the clear and out of ESP. */
static void
test_nhrp(void)
{
	static const uint8_t gre[] = { 0, 0, 0x20, 1, 0, 1, 8, 0 };

	world();
	send_gre(DP_PEER(0), gre, sizeof(gre), NULL, 0);
	CU_ASSERT_TRUE_FATAL(dp_punted(CHAN_CLASS_NHRP));
	CU_ASSERT_EQUAL(dp.punted.tun_id, 0);
	CU_ASSERT_EQUAL(memcmp(dp.punted.data + 20, gre, sizeof(gre)), 0);
	send_gre(DP_PEER(2), gre, sizeof(gre), NULL, 0); /* protected */
	CU_ASSERT_FALSE(dp_punted(CHAN_CLASS_NHRP));
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_GRE_CLEAR), 1);
	DP_END();
}

/* The last frame sent, as it comes in from the WAN. */
static struct rte_mbuf *
turned(void)
{
	struct rte_mbuf *m;

	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	m = dp_turn(dp.out[0].m);
	dp.n_out = 0;
	dp_clear();
	return m;
}

/* The peer of tunnel 2 answers ours: GRE of protocol 0 through its SA. */
static struct rte_mbuf *
protected_answer(void)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(dp.pool);

	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	memcpy(rte_pktmbuf_append(m, 4), gre_none, 4);
	pkt_meta_ours(m);
	dp.w->stats->made++;
	gre_answer(dp.w, tunnel_by_id(dp.t, 3), m);
	path_drain(dp.w);
	dp_flush();
	return turned();
}

/* With protection: the answer is ESP, and only ESP counts; no SA, no answer. */
static void
test_protected(void)
{
	uint8_t in[64];
	uint16_t len;
	struct rte_mbuf *m;
	struct chan_tun_sa_out none = { 2, CHAN_NONE };

	world();
	dp_world_sas();
	len = inner_make(in, DP_WAN_ADDR, DP_PEER(2), gre_none, 4);
	CU_ASSERT_TRUE(dp_inject(CHAN_INJECT_TUN, 3, in, len));
	path_inject(dp.w, 1);
	dp_flush();
	m = turned();
	dp_run1(1, m);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp.out[0].port, 1);
	CU_ASSERT_EQUAL(dp_out_ip(0)->next_proto_id, IPPROTO_ESP);
	CU_ASSERT_EQUAL(dp_out_ip(0)->dst_addr, rte_cpu_to_be_32(DP_PEER(2)));
	CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(0), 20 + 8 + 8 + 4 + 2 + 2 + 16));
	dp_clear();

	dp_run1(1, protected_answer());
	CU_ASSERT_TRUE(dp_punted(CHAN_CLASS_KEEPALIVE));
	CU_ASSERT_EQUAL(dp.punted.tun_id, 2);
	CU_ASSERT_EQUAL(dp.punted.sa_id, DP_SA_IN);

	send_gre(DP_PEER(2), gre_none, 4, NULL, 0);
	send_gre(DP_PEER(2), gre_ip4, 4, in, len);
	CU_ASSERT_FALSE(dp_punted(CHAN_CLASS_KEEPALIVE));
	CU_ASSERT_EQUAL(dp.n_out, 0);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_GRE_CLEAR), 2);

	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SA_OUT, none), 0);
	CU_ASSERT_TRUE(dp_inject(CHAN_INJECT_TUN, 3, in, len));
	path_inject(dp.w, 1);
	dp_flush();
	dp_run1(1, turned());
	CU_ASSERT_EQUAL(dp.n_out, 0);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_TUN_NO_SA), 1);
	DP_END();
}

#define PRIVATE_PEER IP4(192, 168, 1, 7)
#define PUBLIC_HUB   IP4(203, 0, 113, 1)
#define NAT_PORT     5000

/* The SAs of dp_world_sas() in UDP: the peer is behind a NAT, or we are. @inner, @inner_local: how
 * the peer names the two ends. */
static void
nat_sas(uint32_t inner, uint32_t inner_local)
{
	struct chan_tun_sa_out bind[] = { { 2, DP_SA_OUT }, { 3, DP_SA_PEER_OUT } };

	for (uint32_t id = DP_SA_OUT; id <= DP_SA_PEER_OUT; id++) {
		struct chan_sa c = dp_sa(id);

		c.local_port = id == DP_SA_PEER_OUT ? NAT_PORT : 4500;
		c.remote_port = id == DP_SA_PEER_OUT ? 4500 : NAT_PORT;
		c.inner_remote = id == DP_SA_PEER_OUT ? 0 : inner;
		c.inner_local = id == DP_SA_PEER_OUT ? 0 : inner_local;
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_SET, c), 0);
	}
	for (unsigned int i = 0; i < RTE_DIM(bind); i++)
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SA_OUT, bind[i]), 0);
}

/* Past a NAT a peer knows itself, or us, by another address than we do. */
static const struct nat_row {
	bool nat;          /* SAs in UDP */
	uint32_t src, dst; /* of the packet that it asks to be sent */
	uint8_t proto;     /* of the GRE header in that */
	enum { ANSWERED, FORWARDED, MARTIAN } what;
	uint32_t inner, inner_local; /* how the peer named itself and us to IKE; 0: it did not */
} nat_rows[] = {
	{ true, DP_WAN_ADDR, DP_PEER(2), 0, ANSWERED, 0, 0 },
	{ true, DP_WAN_ADDR, PRIVATE_PEER, 0, ANSWERED, 0, 0 },
	{ true, PUBLIC_HUB, DP_PEER(2), 0, ANSWERED, 0, 0 },
	{ true, PUBLIC_HUB, PRIVATE_PEER, 0, ANSWERED, PRIVATE_PEER, 0 }, /* a NAT at both ends */
	{ true, PUBLIC_HUB, PRIVATE_PEER, 0, ANSWERED, 0, PUBLIC_HUB },
	{ true, PUBLIC_HUB + 1, PRIVATE_PEER, 0, FORWARDED, 0, PUBLIC_HUB },
	{ true, PUBLIC_HUB, PRIVATE_PEER, 1, MARTIAN, 0, PUBLIC_HUB },
	{ true, PUBLIC_HUB, PRIVATE_PEER, 0, FORWARDED, 0, 0 },
	{ true, PUBLIC_HUB, PRIVATE_PEER + 1, 0, FORWARDED, PRIVATE_PEER, 0 },
	{ true, DP_WAN_ADDR, PRIVATE_PEER, 1, MARTIAN, PRIVATE_PEER, 0 },
	{ true, DP_WAN_ADDR, DP_PEER(2), 1, MARTIAN, 0, 0 },
	{ true, PUBLIC_HUB, DP_LAN_HOST, 0, FORWARDED, 0, 0 },
	{ false, DP_WAN_ADDR, PRIVATE_PEER, 0, MARTIAN, 0, 0 },
	{ false, PUBLIC_HUB, DP_LAN_HOST, 0, FORWARDED, 0, 0 },
};

static bool
as_said(const struct nat_row *r)
{
	const struct rte_udp_hdr *udp;

	if (r->what == MARTIAN)
		return dp.n_out == 0 && dp_drops(CHAN_DROP_IP_MARTIAN_SRC) == 1;
	if (dp.n_out != 1 || dp_all_drops() != 0)
		return false;
	if (r->what == FORWARDED)
		return dp.out[0].port == (r->dst == DP_LAN_HOST ? 0 : 1) &&
				dp_out_ip(0)->next_proto_id == IPPROTO_GRE;
	udp = (const struct rte_udp_hdr *)(dp_out_ip(0) + 1);
	return dp.out[0].port == 1 && dp_out_ip(0)->next_proto_id == IPPROTO_UDP &&
			dp_out_ip(0)->dst_addr == RTE_BE32(DP_PEER(2)) &&
			udp->src_port == RTE_BE16(4500) && udp->dst_port == RTE_BE16(NAT_PORT) &&
			dp_ip_ok(dp_out_ip(0), 20 + 8 + 8 + 8 + 4 + 2 + 2 + 16);
}

static void
test_nat(void)
{
	for (unsigned int i = 0; i < RTE_DIM(nat_rows); i++) {
		const struct nat_row *r = &nat_rows[i];
		const uint8_t gre[4] = { 0, 0, 0, r->proto };
		uint8_t in[64];
		uint16_t len = inner_make(in, r->src, r->dst, gre, sizeof(gre));

		world();
		if (r->nat)
			nat_sas(r->inner, r->inner_local);
		else
			dp_world_sas();
		CU_ASSERT_TRUE(dp_inject(CHAN_INJECT_TUN, 3, in, len));
		path_inject(dp.w, 1);
		dp_flush();
		dp_run1(1, turned());
		if (!as_said(r)) {
			fprintf(stderr, "row %u: %u sent, %lu dropped\n", i, dp.n_out,
					(unsigned long)dp_all_drops());
			CU_FAIL("keepalive");
		}
		DP_END();
	}
}

/* Tunnel mode without UDP, where the peer has names of its own for both ends all the same. */
static void
test_named(void)
{
	struct chan_tun_sa_out bind[] = { { 2, DP_SA_OUT }, { 3, DP_SA_PEER_OUT } };
	uint8_t in[64];
	uint16_t len = inner_make(in, PUBLIC_HUB, PRIVATE_PEER, gre_none, sizeof(gre_none));

	world();
	for (uint32_t id = DP_SA_OUT; id <= DP_SA_PEER_OUT; id++) {
		bool peer = id == DP_SA_PEER_OUT;
		struct chan_sa c = dp_sa(id);

		c.mode = CHAN_SA_TUNNEL;
		c.inner_remote = peer ? PUBLIC_HUB : PRIVATE_PEER;
		c.inner_local = peer ? PRIVATE_PEER : PUBLIC_HUB;
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_SET, c), 0);
	}
	for (unsigned int i = 0; i < RTE_DIM(bind); i++)
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SA_OUT, bind[i]), 0);
	CU_ASSERT_TRUE(dp_inject(CHAN_INJECT_TUN, 3, in, len));
	path_inject(dp.w, 1);
	dp_flush();
	dp_run1(1, turned());
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp.out[0].port, 1);
	CU_ASSERT_EQUAL(dp_out_ip(0)->next_proto_id, IPPROTO_ESP);
	CU_ASSERT_EQUAL(dp_out_ip(0)->dst_addr, RTE_BE32(DP_PEER(2)));
	CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(0), 20 + 8 + 8 + 20 + 4 + 2 + 2 + 16));
	CU_ASSERT_EQUAL(dp_all_drops(), 0);
	DP_END();
}

/* ---- a capture ------------------------------------------------------------------------------ */

#define CISCO_A   IP4(10, 172, 64, 6)
#define CISCO_B   IP4(10, 172, 64, 7)
#define CISCO_KEY 40

/* The two routers of the capture as far ends of a tunnel each: we are the other one. */
static void
cisco_world(void)
{
	for (uint32_t id = 10; id < 12; id++) {
		struct chan_tun c = dp_tun(0);

		c.tun_id = id;
		c.local = id == 10 ? CISCO_A : CISCO_B;
		c.remote = id == 10 ? CISCO_B : CISCO_A;
		c.flags |= CHAN_TUN_KEY;
		c.key = CISCO_KEY;
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
		CU_ASSERT_EQUAL(dp_route(c.local, 32, DP_NH_LOCAL), 0);
	}
}

/* One frame of the capture. @return 1: keepalive that was answered, 2: answer that was punted. */
static int
cisco_frame(const uint8_t *frame, unsigned int len)
{
	unsigned int off = 12, l3;
	struct rte_ipv4_hdr ip;
	struct dp_pkt p = { .proto = IPPROTO_GRE };
	bool punted;
	int what = 0;

	while (off + 6 < len && frame[off] == 0x81 && frame[off + 1] == 0)
		off += 4;
	l3 = off + 2;
	if (len < l3 + 28 || frame[off] != 8 || frame[off + 1] != 0)
		return 0;
	memcpy(&ip, frame + l3, sizeof(ip));
	if (ip.next_proto_id != IPPROTO_GRE || ip.version_ihl != RTE_IPV4_VHL_DEF)
		return 0;
	p.src = rte_be_to_cpu_32(ip.src_addr);
	p.dst = rte_be_to_cpu_32(ip.dst_addr);
	p.payload = frame + l3 + 20;
	p.payload_len = (uint16_t)(rte_be_to_cpu_16(ip.total_length) - 20);
	dp_send(1, &p);
	punted = dp_punted(CHAN_CLASS_KEEPALIVE);
	if (punted) {
		CU_ASSERT_EQUAL(dp.punted.tun_id, p.dst == CISCO_A ? 10 : 11);
		what = 2;
	} else if (dp.n_out == 1 && dp_out_ip(0)->next_proto_id == IPPROTO_GRE) {
		/* The other router's own answer is 28 bytes with the key and protocol 0, too. */
		static const uint8_t answer[] = { 0x20, 0, 0, 0, 0, 0, 0, CISCO_KEY };

		CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(0), 28));
		CU_ASSERT_EQUAL(dp_out_ip(0)->dst_addr, ip.src_addr);
		CU_ASSERT_EQUAL(dp_out_ip(0)->src_addr, ip.dst_addr);
		CU_ASSERT_EQUAL(memcmp(dp_out_ip(0) + 1, answer, sizeof(answer)), 0);
		what = 1;
	}
	dp_clear();
	return what;
}

static void
test_capture(void)
{
	const char *root = getenv("CULVERT_SOURCE_ROOT");
	unsigned int n[3] = { 0 };
	char path[512];
	uint8_t buf[2048];
	uint32_t rec[4];
	FILE *f;

	snprintf(path, sizeof(path), "%s" CAPTURE, root != NULL ? root : ".");
	f = fopen(path, "rb");
	if (f == NULL) {
		printf("(skipped: no %s) ", path);
		return;
	}
	world();
	cisco_world();
	CU_ASSERT_EQUAL_FATAL(fread(buf, 24, 1, f), 1);
	while (fread(rec, sizeof(rec), 1, f) == 1) {
		CU_ASSERT_FATAL(rec[2] <= sizeof(buf) && fread(buf, rec[2], 1, f) == 1);
		n[cisco_frame(buf, rec[2])]++;
	}
	fclose(f);
	/* As many as are in the capture: each keepalive has its answer. */
	CU_ASSERT_EQUAL(n[1], 8);
	CU_ASSERT_EQUAL(n[2], 8);
	DP_END();
}

static const struct cu_case cases[] = {
	CU_CASE(test_answered), CU_CASE(test_not_answered), CU_CASE(test_punted),
	CU_CASE(test_many_answers), CU_CASE(test_nhrp),
	CU_CASE(test_protected), CU_CASE(test_nat), CU_CASE(test_named),
	CU_CASE(test_capture),
};

int
main(void)
{
	dp_eal();
	return cu_run("keepalive_path", cases, RTE_DIM(cases));
}
