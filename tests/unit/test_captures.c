/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Captures of other makers' packets (ESP, GRE, ESP in UDP, IKE, NHRP, OSPF, VRRP) through the whole
 * path: as they are, to one of our addresses, from the far ends of tunnels, and in fragments. What
 * comes of a packet is counted by a name, no buffer is lost, and a protected tunnel lets in no GRE
 * in the clear.
 */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/wire.h"
#include "tests/unit/cu.h"
#include "tests/unit/dp6_fixture.h"

#define FRAME_MAX 2048
#define L2_LEN    14

enum { LINK_NULL = 0, LINK_ETHERNET = 1, LINK_RAW = 101 };

/* What a packet is made to be before it is sent. */
enum way { AS_IT_IS, TO_US, FROM_PLAIN_PEER, FROM_PROTECTED_PEER, IN_FRAGMENTS, N_WAYS };

static struct {
	unsigned int files, frames, sent, forwarded, esp, gre;
	uint64_t drops[CHAN_N_DROPS], punted;
} seen;

/* ---- pcap files ----------------------------------------------------------------------------- */

static uint32_t
number(struct rd *r, bool swapped)
{
	uint32_t v = rd_be32(r);

	return swapped ? rte_bswap32(v) : v;
}

/* The packet behind the link's header, and its EtherType; false: a link that is not known here. */
static bool
network_of(uint32_t link, struct rd *r, uint16_t *type)
{
	if (link == LINK_ETHERNET) {
		rd_bytes(r, 12);
		*type = rd_be16(r);
		return !r->bad;
	}
	if (link == LINK_NULL)
		rd_bytes(r, 4);
	else if (link != LINK_RAW)
		return false;
	if (rd_left(r) == 0)
		return false;
	*type = r->p[0] >> 4 == 6 ? RTE_ETHER_TYPE_IPV6 : RTE_ETHER_TYPE_IPV4;
	return true;
}

/* ---- packets -------------------------------------------------------------------------------- */

/* A frame for the WAN port with @len bytes of a packet. */
static void
send_bytes(uint16_t type, const uint8_t *p, size_t len)
{
	static const uint8_t macs[12] = { 2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 3, 254 };
	uint8_t frame[FRAME_MAX];

	memcpy(frame, macs, sizeof(macs));
	frame[12] = (uint8_t)(type >> 8);
	frame[13] = (uint8_t)type;
	memcpy(frame + L2_LEN, p, len);
	dp_run1(1, dp_raw(frame, (uint16_t)(L2_LEN + len)));
	seen.sent++;
}

/* The same packet in pieces of 64 bytes, if there is enough of it. */
static void
send_pieces(const struct rte_ipv4_hdr *whole, size_t hdr_len, size_t len)
{
	for (size_t off = 0; off < len - hdr_len; off += 64) {
		size_t n = RTE_MIN(len - hdr_len - off, (size_t)64);
		uint8_t piece[FRAME_MAX];
		struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)piece;

		memcpy(piece, whole, hdr_len);
		memcpy(piece + hdr_len, (const uint8_t *)whole + hdr_len + off, n);
		ip->total_length = rte_cpu_to_be_16((uint16_t)(hdr_len + n));
		ip->fragment_offset = rte_cpu_to_be_16((uint16_t)(off / 8 |
				(off + n < len - hdr_len ? RTE_IPV4_HDR_MF_FLAG : 0)));
		ip4_set_cksum(ip);
		send_bytes(RTE_ETHER_TYPE_IPV4, piece, hdr_len + n);
	}
}

static void
send_ip4(uint8_t *p, size_t len, enum way way)
{
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)p;
	size_t hdr_len = ip4_hdr_len(ip), total = rte_be_to_cpu_16(ip->total_length);

	if (hdr_len < sizeof(*ip) || hdr_len > len || total > len || total <= hdr_len) {
		send_bytes(RTE_ETHER_TYPE_IPV4, p, len);
		return;
	}
	seen.esp += ip->next_proto_id == IPPROTO_ESP;
	seen.gre += ip->next_proto_id == IPPROTO_GRE;
	if (way != AS_IT_IS)
		ip->dst_addr = rte_cpu_to_be_32(DP_WAN_ADDR);
	if (way == FROM_PLAIN_PEER)
		ip->src_addr = rte_cpu_to_be_32(DP_PEER(0));
	if (way == FROM_PROTECTED_PEER)
		ip->src_addr = rte_cpu_to_be_32(DP_PEER(2));
	if (way != AS_IT_IS)
		ip4_set_cksum(ip);
	if (way == IN_FRAGMENTS && (ip->fragment_offset & IP4_FRAG_BITS) == 0)
		send_pieces(ip, hdr_len, total);
	else
		send_bytes(RTE_ETHER_TYPE_IPV4, p, len);
}

static void
send_ip6(uint8_t *p, size_t len, enum way way)
{
	struct rte_ipv6_hdr *ip = (struct rte_ipv6_hdr *)p;
	struct ip6_addr us = d6_addr(D6_WAN_ADDR);

	if (way != AS_IT_IS && len >= sizeof(*ip))
		memcpy(ip->dst_addr, &us, sizeof(us));
	send_bytes(RTE_ETHER_TYPE_IPV6, p, len);
}

static void
send_one(uint16_t type, const uint8_t *p, size_t len, enum way way)
{
	uint8_t copy[FRAME_MAX] = { 0 };
	unsigned int before = dp.n_out;
	bool is_gre = type == RTE_ETHER_TYPE_IPV4 && len >= 20 && p[9] == IPPROTO_GRE;

	memcpy(copy, p, len);
	if (type == RTE_ETHER_TYPE_IPV4 && len >= sizeof(struct rte_ipv4_hdr))
		send_ip4(copy, len, way);
	else if (type == RTE_ETHER_TYPE_IPV6)
		send_ip6(copy, len, way);
	else
		send_bytes(type, copy, len);
	seen.forwarded += dp.n_out - before;
	if (way == FROM_PROTECTED_PEER && is_gre)
		CU_ASSERT_EQUAL(dp.n_out, before); /* nothing of it may come in */
	for (int cls = 0; cls < CHAN_N_CLASSES; cls++)
		while (dp_punted((enum chan_class)cls))
			seen.punted++;
	CU_ASSERT_TRUE(dp_conserves());
	dp_clear();
}

static void
replay(const char *path)
{
	static uint8_t bytes[65536];
	FILE *f = fopen(path, "rb");
	bool swapped;
	uint32_t magic, link;
	struct rd r;

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	r = rd_init(bytes, fread(bytes, 1, sizeof(bytes), f));
	fclose(f);
	magic = rd_be32(&r);
	swapped = magic == 0xd4c3b2a1 || magic == 0x4d3cb2a1;
	if (!swapped && magic != 0xa1b2c3d4 && magic != 0xa1b23c4d)
		return; /* pcapng: not read here */
	seen.files++;
	rd_bytes(&r, 16);
	link = number(&r, swapped);
	while (rd_left(&r) > 16) {
		uint32_t len;
		struct rd frame;
		uint16_t type;

		rd_bytes(&r, 8);
		len = number(&r, swapped);
		number(&r, swapped);
		frame = rd_sub(&r, len);
		if (frame.bad || !network_of(link, &frame, &type) ||
				rd_left(&frame) > FRAME_MAX - L2_LEN)
			continue;
		seen.frames++;
		for (int way = 0; way < N_WAYS; way++)
			send_one(type, frame.p, rd_left(&frame), (enum way)way);
	}
}

static void
every_packet_has_a_fate(void)
{
	const char *root = getenv("CULVERT_SOURCE_ROOT");
	char pattern[600];
	glob_t files;

	snprintf(pattern, sizeof(pattern), "%s/../shared/vectors/captures/*.pcap",
			root != NULL ? root : ".");
	if (glob(pattern, 0, NULL, &files) != 0) {
		printf("SKIPPED: no %s ... ", pattern);
		return;
	}
	dp_open(NULL);
	d6_world();
	dp_world_sas();
	dp_attach();
	for (size_t i = 0; i < files.gl_pathc; i++)
		replay(files.gl_pathv[i]);
	globfree(&files);
	for (unsigned int i = 0; i < CHAN_N_DROPS; i++)
		seen.drops[i] = dp_drops((enum chan_drop)i);
	printf("%u packets of %u files, %u sent, %u forwarded, %lu punted, %lu dropped ... ",
			seen.frames, seen.files, seen.sent, seen.forwarded,
			(unsigned long)seen.punted, (unsigned long)dp_all_drops());
	/* The interesting ones have been where they should. */
	CU_ASSERT_TRUE(seen.files > 0 && seen.esp > 0 && seen.gre > 0);
	CU_ASSERT_TRUE(seen.punted > 0 && seen.forwarded > 0);
	CU_ASSERT_TRUE(seen.drops[CHAN_DROP_ESP_NO_SA] > 0);
	CU_ASSERT_TRUE(seen.drops[CHAN_DROP_GRE_NO_TUNNEL] > 0);
	CU_ASSERT_TRUE(seen.drops[CHAN_DROP_GRE_CLEAR] > 0);
	CU_ASSERT_TRUE(dp.w->stats->reass_out > 0);
	dp_detach();
	CU_ASSERT_EQUAL(dp_close(), 0);
}

static const struct cu_case cases[] = {
	CU_CASE(every_packet_has_a_fate),
};

int
main(void)
{
	dp_eal();
	return cu_run("captures", cases, RTE_DIM(cases));
}
