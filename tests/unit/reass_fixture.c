/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/reass_fixture.h"

#include <netinet/ip_icmp.h>
#include <string.h>

#include "dataplane/nodes/icmp.h"
#include "tests/unit/cu.h"

struct reass_fixture rf = { .next_id = 1, .echo_src = DP_LAN_HOST };

const char *
rf_addr6(uint32_t a, char *buf, size_t size)
{
	if (a == DP_LAN_ADDR)
		return D6_LAN_ADDR;
	if (a == DP_LAN_HOST)
		return D6_LAN_HOST;
	snprintf(buf, size, "2001:db8:%x:%x::7", a >> 16, a & 0xffff);
	return buf;
}

/* The fragment that @p describes, as IPv6. */
static void
put6(uint16_t port, const struct dp_pkt *p)
{
	uint8_t frag[8 + 2048] = { p->proto == IPPROTO_ICMP ? IP6_ICMP : p->proto };
	uint16_t word = (uint16_t)((p->frag & 0x1fff) << 3 | (p->frag & MF ? 1 : 0));
	char src[40], dst[40];
	struct d6_pkt d = { .src = rf_addr6(p->src, src, sizeof(src)), .proto = IP6_FRAGMENT,
		.dst = rf_addr6(p->dst, dst, sizeof(dst)), .tc = p->tos, .payload = frag,
		.payload_len = (uint16_t)(8 + p->payload_len) };

	frag[2] = (uint8_t)(word >> 8);
	frag[3] = (uint8_t)word;
	frag[6] = (uint8_t)(p->id >> 8);
	frag[7] = (uint8_t)p->id;
	if (p->payload != NULL)
		memcpy(frag + 8, p->payload, p->payload_len);
	d6_send(port, &d);
}

void
rf_put(uint16_t port, const struct dp_pkt *p)
{
	if (rf.six)
		put6(port, p);
	else
		dp_send(port, p);
}

/* The sum of an ICMPv6 message from @src, as @proto has it, to @dst. */
static uint16_t
sum6(const char *src, const char *dst, const uint8_t *msg, uint32_t len)
{
	struct ip6_addr a = d6_addr(src), b = d6_addr(dst);
	struct rte_ipv6_hdr ip = { .proto = IP6_ICMP };

	memcpy(ip.src_addr, &a, sizeof(a));
	memcpy(ip.dst_addr, &b, sizeof(b));
	return d6_icmp_sum(&ip, msg, len);
}

static void
make_echo6(uint32_t len)
{
	char src[40];
	uint16_t sum;

	memset(rf.body, 0, 8);
	rf.body[0] = ICMP6_ECHO;
	sum = (uint16_t)~sum6(rf_addr6(rf.echo_src, src, sizeof(src)), D6_LAN_ADDR, rf.body, len);
	memcpy(rf.body + 2, &sum, sizeof(sum));
}

void
rf_make_echo(uint32_t len)
{
	struct icmp_hdr icmp = { .type = ICMP_ECHO };

	for (uint32_t i = 0; i < len; i++)
		rf.body[i] = (uint8_t)(i * 7 + i / 256);
	memcpy(rf.body, &icmp, sizeof(icmp));
	icmp.cksum = (rte_be16_t)~rte_raw_cksum(rf.body, len);
	memcpy(rf.body, &icmp, sizeof(icmp));
	if (rf.six)
		make_echo6(len);
}

struct dp_pkt
rf_piece(uint32_t off, uint32_t len, bool more)
{
	return (struct dp_pkt){ .src = DP_LAN_HOST, .dst = DP_LAN_ADDR, .proto = IPPROTO_ICMP,
		.id = rf.next_id, .frag = (uint16_t)(off / 8 | (more ? MF : 0)),
		.payload = rf.body + off, .payload_len = (uint16_t)len };
}

void
rf_send_piece(uint32_t off, uint32_t len, bool more)
{
	struct dp_pkt p = rf_piece(off, len, more);

	rf_put(0, &p);
}

/* As rf_replied(): no piece longer than every link takes, all of one identification. */
static bool
replied6(uint32_t len)
{
	static uint8_t got[65535];
	uint32_t n = 0, id = 0;
	bool more = false;

	for (unsigned int i = 0; i < dp.n_out; i++) {
		const struct rte_ipv6_hdr *ip = d6_out(i);
		uint32_t k = rte_be_to_cpu_16(ip->payload_len), hdr_len = 0, this_id = 0;
		const uint8_t *p = (const uint8_t *)(ip + 1);
		struct ip6_addr to = d6_addr(D6_LAN_HOST);

		if (ip->proto == IP6_FRAGMENT) {
			hdr_len = 8;
			memcpy(&this_id, p + 4, sizeof(this_id));
			more = (p[3] & 1) != 0;
			if ((uint32_t)(p[2] << 8 | (p[3] & 0xf8)) != n || p[0] != IP6_ICMP ||
					(i != 0 && this_id != id))
				return false;
			id = this_id;
		}
		if (memcmp(ip->dst_addr, &to, sizeof(to)) != 0 || k + 40 > IP6_MIN_MTU ||
				n + k > sizeof(got))
			return false;
		memcpy(got + n, p + hdr_len, k - hdr_len);
		n += k - hdr_len;
	}
	return n == len && !more && got[0] == ICMP6_ECHO_REPLY &&
			memcmp(got + 4, rf.body + 4, len - 4) == 0 &&
			sum6(D6_LAN_ADDR, D6_LAN_HOST, got, len) == 0xffff;
}

bool
rf_replied(uint32_t len)
{
	static uint8_t got[65535];
	uint32_t n = 0;

	if (rf.six)
		return replied6(len);
	for (unsigned int i = 0; i < dp.n_out; i++) {
		const struct rte_ipv4_hdr *ip = dp_out_ip(i);
		uint32_t off = (rte_be_to_cpu_16(ip->fragment_offset) & 0x1fffu) * 8u;
		uint32_t k = rte_be_to_cpu_16(ip->total_length) - 20u;

		if (ip->dst_addr != RTE_BE32(DP_LAN_HOST) || off != n || off + k > sizeof(got) ||
				!dp_ip_ok(ip, k + 20) || k > 1480)
			return false;
		memcpy(got + off, ip + 1, k);
		n += k;
	}
	return n == len && got[0] == ICMP_ECHOREPLY && memcmp(got + 4, rf.body + 4, len - 4) == 0 &&
			rte_raw_cksum(got, len) == 0xffff;
}

void
rf_open(void)
{
	struct chan_param param = { .icmp_error_pps = 1000, .icmp_echo_pps = 1000000 };

	dp_open(NULL);
	d6_world();
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_PARAM_SET, param), 0);
}

void
rf_expect_error6(uint8_t type, uint8_t code, uint32_t arg)
{
	const struct icmp6_hdr *icmp;

	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	icmp = (const struct icmp6_hdr *)(d6_out(0) + 1);
	CU_ASSERT_EQUAL(d6_out(0)->proto, IP6_ICMP);
	CU_ASSERT_EQUAL(icmp->type, type);
	CU_ASSERT_EQUAL(icmp->code, code);
	CU_ASSERT_EQUAL(icmp->arg, rte_cpu_to_be_32(arg));
}
