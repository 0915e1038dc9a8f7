/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The operator's pings on their way through the dataplane: what becomes of one that does not fit or
 * has no way is told to the control plane as another router would; of no other packet of its own
 * it is. Answers in ICMPv6, too, reach it.
 */
#include <netinet/ip_icmp.h>
#include <string.h>

#include "dataplane/nodes/ip4.h"
#include "tests/unit/cu.h"
#include "tests/unit/dp6_fixture.h"

#define LONG 1600 /* more than the MTU of any link */

static void
world(void)
{
	dp_open(NULL);
	d6_world();
	dp_attach();
}

/* An IPv4 packet of ours, not to be fragmented, whose payload begins with @type. */
static void
inject4(uint32_t dst, uint8_t proto, uint8_t type, uint16_t len)
{
	uint8_t buf[LONG] = { 0 };
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)buf;

	*ip = (struct rte_ipv4_hdr){ .version_ihl = RTE_IPV4_VHL_DEF,
		.total_length = rte_cpu_to_be_16(len),
		.fragment_offset = RTE_BE16(RTE_IPV4_HDR_DF_FLAG), .time_to_live = 64,
		.next_proto_id = proto, .src_addr = rte_cpu_to_be_32(DP_LAN_ADDR),
		.dst_addr = rte_cpu_to_be_32(dst) };
	buf[sizeof(*ip)] = type;
	ip4_set_cksum(ip);
	CU_ASSERT_TRUE(dp_inject(CHAN_INJECT_ROUTE, 0, buf, len));
	CU_ASSERT_EQUAL(path_inject(dp.w, 1), 1);
	dp_flush();
}

static void
test_ipv4(void)
{
	const uint8_t *icmp = dp.punted.data + sizeof(struct rte_ipv4_hdr);

	world();
	inject4(DP_LAN_HOST, IPPROTO_ICMP, ICMP_ECHO, LONG);
	CU_ASSERT_TRUE_FATAL(dp_punted(CHAN_CLASS_ICMP));
	icmp += dp.punted.l3_off;
	CU_ASSERT_TRUE(icmp[0] == ICMP_UNREACH && icmp[1] == ICMP_UNREACH_NEEDFRAG);
	CU_ASSERT_EQUAL(icmp[6] << 8 | icmp[7], 1500);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	/* Neither of an answer of ours, nor of another protocol. */
	inject4(DP_LAN_HOST, IPPROTO_ICMP, ICMP_ECHOREPLY, LONG);
	inject4(DP_LAN_HOST, IPPROTO_UDP, ICMP_ECHO, LONG);
	CU_ASSERT_FALSE(dp_punted(CHAN_CLASS_ICMP));
	DP_END();
}

static void
inject6(uint8_t type)
{
	uint8_t buf[LONG] = { 0x60, 0, 0, 0, (LONG - 40) >> 8, (LONG - 40) & 0xff, IP6_ICMP, 64 };
	struct ip6_addr src = d6_addr(D6_LAN_ADDR), dst = d6_addr(D6_LAN_HOST);

	memcpy(buf + 8, &src, sizeof(src));
	memcpy(buf + 24, &dst, sizeof(dst));
	buf[40] = type;
	CU_ASSERT_TRUE(dp_inject(CHAN_INJECT_ROUTE, 0, buf, LONG));
	CU_ASSERT_EQUAL(path_inject(dp.w, 1), 1);
	dp_flush();
}

static void
test_ipv6(void)
{
	const uint8_t *icmp;

	world();
	inject6(ICMP6_ECHO);
	CU_ASSERT_TRUE_FATAL(dp_punted(CHAN_CLASS_ICMP));
	icmp = dp.punted.data + dp.punted.l3_off + sizeof(struct rte_ipv6_hdr);
	CU_ASSERT_EQUAL(icmp[0], 2); /* Packet Too Big */
	CU_ASSERT_EQUAL(icmp[6] << 8 | icmp[7], 1500);
	inject6(ICMP6_ECHO_REPLY);
	CU_ASSERT_FALSE(dp_punted(CHAN_CLASS_ICMP));
	DP_END();
}

/* Answers and errors come to the control plane; what it has no use for does not. */
static void
test_answers(void)
{
	static const struct {
		uint8_t type;
		bool punted;
	} rows[] = { { ICMP6_ECHO_REPLY, true }, { 1, true }, { 2, true }, { 3, true }, { 4, true },
		{ 130, false }, { 138, false }, { 200, false } };

	world();
	for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
		uint8_t payload[16] = { rows[i].type };
		struct d6_pkt p = { .dst = D6_LAN_ADDR, .proto = IP6_ICMP, .payload = payload,
			.payload_len = sizeof(payload) };

		d6_send(0, &p);
		CU_ASSERT_EQUAL(dp_punted(CHAN_CLASS_ICMP), rows[i].punted);
	}
	DP_END();
}

static const struct cu_case cases[] = {
	CU_CASE(test_ipv4),
	CU_CASE(test_ipv6),
	CU_CASE(test_answers),
};

int
main(void)
{
	dp_eal();
	return cu_run("own_echo", cases, RTE_DIM(cases));
}
