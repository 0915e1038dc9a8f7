/* SPDX-License-Identifier: BSD-3-Clause */
/* Clamping of TCP's MSS: the option itself, byte by byte, and SYN packets on their way. */
#include <stdlib.h>
#include <string.h>

#include "dataplane/nodes/ip4.h"
#include "dataplane/nodes/mss.h"
#include "tests/unit/cu.h"
#include "tests/unit/dp_fixture.h"

#define SYN       0x02
#define SYN_ACK   0x12
#define ACK       0x10

/* ---- the option ----------------------------------------------------------------------------- */

/* A TCP header of these options, its checksum made for no pseudo header at all. */
static unsigned int
tcp_make(uint8_t *tcp, uint8_t flags, const uint8_t *options, unsigned int n)
{
	unsigned int len = 20 + ((n + 3) & ~3u);
	uint16_t sum;

	memset(tcp, 0, len);
	memcpy(tcp, (const uint8_t[]){ 0x12, 0x34, 0, 80, 1, 2, 3, 4 }, 8);
	tcp[12] = (uint8_t)(len / 4 << 4);
	tcp[13] = flags;
	tcp[14] = 0xff;
	memcpy(tcp + 20, options, n);
	sum = (uint16_t)~rte_raw_cksum(tcp, len);
	memcpy(tcp + 16, &sum, sizeof(sum));
	return len;
}

static const struct row {
	uint8_t options[16];
	uint8_t n, flags;
	int at; /* where the MSS is expected to be 1360 now, from the options on; -1: unchanged */
} rows[] = {
	{ { 2, 4, 5, 0xb4 }, 4, SYN, 2 },
	{ { 2, 4, 5, 0xb4 }, 4, SYN_ACK, 2 },
	{ { 2, 4, 0xff, 0xff }, 4, SYN, 2 },
	{ { 2, 4, 5, 0x51 }, 4, SYN, 2 },
	{ { 1, 2, 4, 5, 0xb4 }, 5, SYN, 3 }, /* at an odd place */
	{ { 1, 1, 2, 4, 5, 0xb4 }, 6, SYN, 4 },
	{ { 3, 3, 7, 2, 4, 5, 0xb4 }, 7, SYN, 5 }, /* behind another option, odd */
	{ { 4, 2, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8, 2, 4, 5, 0xb4 }, 16, SYN, 14 },
	/* Several: most hosts go by the last one. */
	{ { 2, 4, 5, 0xb4, 2, 4, 5, 0xb4 }, 8, SYN, 6 },
	{ { 2, 4, 2, 0x18, 1, 2, 4, 5, 0xb4 }, 9, SYN, 7 },
	{ { 2, 4, 5, 0xb4, 3, 0 }, 6, SYN, 2 }, /* nonsense behind it */
	{ { 2, 4, 5, 0x50 }, 4, SYN, -1 }, /* exactly the limit */
	{ { 2, 4, 2, 0x18 }, 4, SYN, -1 }, /* less */
	{ { 2, 4, 5, 0xb4 }, 4, ACK, -1 },
	{ { 1, 1, 1, 1 }, 4, SYN, -1 },
	{ { 0 }, 0, SYN, -1 },
	{ { 0, 2, 4, 5, 0xb4 }, 5, SYN, -1 }, /* behind the end of the list */
	{ { 2, 3, 5, 0xb4 }, 4, SYN, -1 },    /* wrong length */
	{ { 3, 0, 2, 4, 5, 0xb4 }, 6, SYN, -1 }, /* a length that would never end */
	{ { 3, 1, 2, 4, 5, 0xb4 }, 6, SYN, -1 },
	{ { 3, 40, 2, 4, 5, 0xb4 }, 6, SYN, -1 }, /* longer than the header */
	{ { 1, 1, 1, 2 }, 4, SYN, -1 },           /* cut off */
	{ { 1, 1, 2, 4 }, 4, SYN, -1 },
};

static void
test_options(void)
{
	uint8_t tcp[64], before[64];

	for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
		const struct row *r = &rows[i];
		unsigned int len = tcp_make(tcp, r->flags, r->options, r->n);
		bool changed, ok;

		memcpy(before, tcp, sizeof(before));
		changed = mss_clamp(tcp, len, 1360);
		ok = changed == (r->at >= 0) && rte_raw_cksum(tcp, len) == 0xffff;
		if (changed)
			ok = ok && tcp[20 + r->at] == 1360 >> 8 && tcp[21 + r->at] == (1360 & 0xff);
		else
			ok = ok && memcmp(before, tcp, len) == 0;
		if (!ok) {
			fprintf(stderr, "row %u\n", i);
			CU_FAIL("option");
		}
	}
}

/* Every prefix from a copy of exactly its size: nothing is read or written behind it. */
static void
test_prefixes(void)
{
	static const uint8_t options[] = { 3, 3, 7, 1, 1, 2, 4, 5, 0xb4 };
	uint8_t tcp[64], ip[104] = { 0x45 };
	unsigned int len = tcp_make(tcp, SYN, options, sizeof(options));

	for (unsigned int n = 0; n <= len; n++) {
		uint8_t *copy = malloc(n + (n == 0));

		CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
		memcpy(copy, tcp, n);
		CU_ASSERT_EQUAL(mss_clamp(copy, n, 1000), n == len);
		free(copy);
	}
	ip[3] = (uint8_t)(20 + len);
	ip[9] = IPPROTO_TCP;
	memcpy(ip + 20, tcp, len);
	for (unsigned int n = 0; n <= 20 + len; n++) {
		uint8_t *copy = malloc(n + (n == 0));

		CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
		memcpy(copy, ip, n);
		CU_ASSERT_EQUAL(mss_clamp_ip4(copy, n, 1000), n == 20 + len);
		free(copy);
	}
	memset(ip, 0, sizeof(ip));
	ip[0] = 0x60;
	ip[5] = (uint8_t)len;
	ip[6] = IPPROTO_TCP;
	memcpy(ip + 40, tcp, len);
	for (unsigned int n = 0; n <= 40 + len; n++) {
		uint8_t *copy = malloc(n + (n == 0));

		CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
		memcpy(copy, ip, n);
		CU_ASSERT_EQUAL(mss_clamp_ip6(copy, n, 1000), n == 40 + len);
		free(copy);
	}
}

/* Garbage never makes it read or write outside: ASan looks. */
static void
test_garbage(void)
{
	unsigned int changed = 0;

	srand(4711);
	for (unsigned int i = 0; i < 200000; i++) {
		unsigned int len = 20 + (unsigned int)rand() % 41;
		uint8_t *tcp = malloc(len);

		CU_ASSERT_PTR_NOT_NULL_FATAL(tcp);
		for (unsigned int k = 0; k < len; k++)
			tcp[k] = (uint8_t)(k >= 20 ? rand() % 6 : rand());
		tcp[12] = (uint8_t)(0x50 + ((unsigned int)rand() % 11 << 4));
		tcp[13] |= SYN;
		changed += mss_clamp(tcp, len, 88);
		free(tcp);
	}
	CU_ASSERT_TRUE(changed > 0);
}

static void
test_not_mine(void)
{
	static const uint8_t options[] = { 2, 4, 5, 0xb4 };
	uint8_t ip[64] = { 0x45, 0, 0, 44, 0, 0, 0, 0, 64, IPPROTO_TCP };

	tcp_make(ip + 20, SYN, options, sizeof(options));
	CU_ASSERT_FALSE(mss_clamp_ip4(ip, 44, 0)); /* off */
	ip[7] = 1;
	CU_ASSERT_FALSE(mss_clamp_ip4(ip, 44, 1000)); /* a later fragment */
	ip[7] = 0;
	ip[9] = IPPROTO_UDP;
	CU_ASSERT_FALSE(mss_clamp_ip4(ip, 44, 1000));
	ip[9] = IPPROTO_TCP;
	ip[0] = 0x44;
	CU_ASSERT_FALSE(mss_clamp_ip4(ip, 44, 1000));
	ip[0] = 0x65;
	CU_ASSERT_FALSE(mss_clamp_ip4(ip, 44, 1000));
	ip[0] = 0x45;
	CU_ASSERT_TRUE(mss_clamp_ip4(ip, 44, 1000));
}

/* ---- on its way ----------------------------------------------------------------------------- */

static uint16_t
mss_of(const struct rte_ipv4_hdr *ip)
{
	const uint8_t *tcp = (const uint8_t *)ip + ip4_hdr_len(ip);

	CU_ASSERT_EQUAL(rte_ipv4_udptcp_cksum_verify(ip, tcp), 0);
	return (uint16_t)(tcp[22] << 8 | tcp[23]);
}

/* A SYN with an MSS of 1460, as payload for dp_frame(): checksum for these addresses. */
static void
syn_make(uint8_t *tcp, uint32_t src, uint32_t dst)
{
	static const uint8_t options[] = { 2, 4, 5, 0xb4 };
	struct rte_ipv4_hdr ip = { .version_ihl = 0x45, .total_length = RTE_BE16(44),
		.next_proto_id = IPPROTO_TCP, .src_addr = rte_cpu_to_be_32(src),
		.dst_addr = rte_cpu_to_be_32(dst) };
	uint16_t sum;

	tcp_make(tcp, SYN, options, sizeof(options));
	memset(tcp + 16, 0, 2);
	sum = rte_ipv4_udptcp_cksum(&ip, tcp);
	memcpy(tcp + 16, &sum, sizeof(sum));
}

static void
set_mss(uint32_t id, uint16_t mss4)
{
	struct chan_tun c = dp_tun(id);

	c.mss4 = mss4;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
}

static uint16_t
send_syn_out(uint32_t id)
{
	unsigned int gre = id == 1 ? 16 : 4;
	uint8_t tcp[24];
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(id), .proto = IPPROTO_TCP,
		.payload = tcp, .payload_len = sizeof(tcp) };
	uint16_t mss;

	syn_make(tcp, p.src, p.dst);
	dp_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(rte_raw_cksum(dp_out_ip(0) + 1, gre + 44) == 0xffff, id == 1);
	mss = mss_of((const struct rte_ipv4_hdr *)((char *)(dp_out_ip(0) + 1) + gre));
	dp_clear();
	return mss;
}

static void
test_out(void)
{
	dp_open(NULL);
	dp_world();
	CU_ASSERT_EQUAL(send_syn_out(0), 1460);
	set_mss(0, CHAN_MSS_AUTO);
	CU_ASSERT_EQUAL(send_syn_out(0), 1360); /* MTU 1400 */
	set_mss(0, 1200);
	CU_ASSERT_EQUAL(send_syn_out(0), 1200);
	set_mss(0, 9000);
	CU_ASSERT_EQUAL(send_syn_out(0), 1460);
	set_mss(1, CHAN_MSS_AUTO); /* with a GRE checksum, which must cover what was changed */
	CU_ASSERT_EQUAL(send_syn_out(1), 1360);
	DP_END();
}

/* In: in the clear, and through an SA; what tunnel 3 sends is what comes in by tunnel 2. */
static void
test_in(void)
{
	static const uint16_t mss[] = { 0, CHAN_MSS_AUTO, 1000 }, want[] = { 1460, 1360, 1000 };
	uint8_t tcp[24], gre[48] = { 0, 0, 8, 0 };
	struct dp_pkt inner = { .src = IP4(10, 103, 0, 5), .dst = DP_LAN_HOST, .proto = IPPROTO_TCP,
		.payload = tcp, .payload_len = sizeof(tcp) };
	struct dp_pkt clear = { .src = DP_PEER(0), .dst = DP_WAN_ADDR, .proto = IPPROTO_GRE,
		.payload = gre, .payload_len = sizeof(gre) };
	struct rte_mbuf *m;

	dp_open(NULL);
	dp_world();
	dp_world_sas();
	syn_make(tcp, inner.src, inner.dst);
	for (unsigned int i = 0; i < 3; i++) {
		set_mss(0, mss[i]);
		set_mss(2, mss[i]);
		m = dp_frame(0, &inner);
		memcpy(gre + 4, rte_pktmbuf_mtod_offset(m, uint8_t *, 14), 44);
		rte_pktmbuf_free(m);
		dp_send(1, &clear);
		CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
		CU_ASSERT_EQUAL(dp.out[0].port, 0);
		CU_ASSERT_EQUAL(mss_of(dp_out_ip(0)), want[i]);
		dp_clear();

		CU_ASSERT_EQUAL(dp_route(IP4(10, 1, 0, 10), 32, DP_NH_TUN3), 0);
		dp_send(0, &inner);
		CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
		m = dp_turn(dp.out[0].m);
		dp.n_out = 0;
		dp_clear();
		CU_ASSERT_EQUAL(dp_route(IP4(10, 1, 0, 10), 32, DP_NH_LAN_HOST), 0);
		dp_run1(1, m);
		CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
		CU_ASSERT_EQUAL(dp.out[0].port, 0);
		CU_ASSERT_EQUAL(mss_of(dp_out_ip(0)), want[i]);
		dp_clear();
	}
	CU_ASSERT_EQUAL(dp_close(), 0);
}

static const struct cu_case cases[] = {
	CU_CASE(test_options), CU_CASE(test_prefixes), CU_CASE(test_garbage),
	CU_CASE(test_not_mine), CU_CASE(test_out), CU_CASE(test_in),
};

int
main(void)
{
	dp_eal();
	return cu_run("mss", cases, RTE_DIM(cases));
}
