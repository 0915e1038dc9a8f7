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

enum { LINK_NULL = 0, LINK_ETHERNET = 1, LINK_RAW = 101, LINK_FRAME_RELAY = 107 };

/* Types of blocks of pcapng. */
enum { NG_INTERFACE = 1, NG_SIMPLE = 3, NG_ENHANCED = 6, NG_SECTION = 0x0a0d0d0a };

/* What a packet is made to be before it is sent. */
enum way { AS_IT_IS, TO_US, FROM_PLAIN_PEER, FROM_PROTECTED_PEER, IN_FRAGMENTS, N_WAYS };

static struct {
	unsigned int files, ng_files, frames, sent, forwarded, esp, gre;
	uint64_t drops[CHAN_N_DROPS], punted;
} seen;

/* ---- pcap and pcapng files ------------------------------------------------------------------ */

static uint32_t
number(struct rd *r, bool swapped)
{
	uint32_t v = rd_be32(r);

	return swapped ? rte_bswap32(v) : v;
}

/* Of a file: the link type of each interface, of which pcap has one. */
struct capture {
	bool swapped;
	uint32_t links[8];
	unsigned int n_links;
};

/* The whole file, on the heap: a look beyond its end does not go unseen. */
static uint8_t *
read_all(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *bytes;
	long n = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	CU_ASSERT_TRUE_FATAL(fseek(f, 0, SEEK_END) == 0 && (n = ftell(f)) > 0);
	rewind(f);
	bytes = malloc((size_t)n);
	CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
	*size = fread(bytes, 1, (size_t)n, f);
	fclose(f);
	return bytes;
}

/* The packet behind the link's header, and its EtherType; false: a link that is not known here. */
static bool
network_of(uint32_t link, struct rd *r, uint16_t *type)
{
	if (link == LINK_ETHERNET || link == LINK_FRAME_RELAY) { /* the latter as Cisco has it */
		rd_bytes(r, link == LINK_ETHERNET ? 12 : 2);
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
replay_frame(uint32_t link, struct rd frame)
{
	uint16_t type;

	if (frame.bad || !network_of(link, &frame, &type) || rd_left(&frame) > FRAME_MAX - L2_LEN)
		return;
	seen.frames++;
	for (int way = 0; way < N_WAYS; way++)
		send_one(type, frame.p, rd_left(&frame), (enum way)way);
}

static void
replay_pcap(struct rd *r, bool swapped)
{
	uint32_t link;

	rd_bytes(r, 16);
	link = number(r, swapped);
	while (rd_left(r) > 16) {
		uint32_t len;

		rd_bytes(r, 8);
		len = number(r, swapped);
		number(r, swapped);
		replay_frame(link, rd_sub(r, len));
	}
}

static uint16_t
half(struct rd *r, bool swapped)
{
	uint16_t v = rd_be16(r);

	return swapped ? rte_bswap16(v) : v;
}

/* A block of pcapng, behind its type and length: of interfaces the link types are kept. */
static void
replay_block(struct capture *c, uint32_t type, struct rd *b)
{
	uint32_t i, len;

	if (type == NG_INTERFACE && c->n_links < RTE_DIM(c->links)) {
		c->links[c->n_links++] = half(b, c->swapped);
	} else if (type == NG_SIMPLE && c->n_links != 0) {
		len = number(b, c->swapped);
		replay_frame(c->links[0], rd_sub(b, RTE_MIN(len, (uint32_t)rd_left(b))));
	} else if (type == NG_ENHANCED) {
		i = number(b, c->swapped);
		rd_bytes(b, 8);
		len = number(b, c->swapped);
		number(b, c->swapped);
		if (i < c->n_links)
			replay_frame(c->links[i], rd_sub(b, len));
	}
}

/* Sections may follow each other, each in its own byte order. */
static void
replay_pcapng(struct rd *r)
{
	struct capture c = { .n_links = 0 };

	while (rd_left(r) >= 12) {
		uint32_t type = number(r, c.swapped), len;
		struct rd b;

		if (type == NG_SECTION)
			c = (struct capture){ .swapped = rd_left(r) >= 8 && r->p[4] == 0x4d };
		len = number(r, c.swapped);
		CU_ASSERT_TRUE_FATAL(len >= 12 && len % 4 == 0);
		b = rd_sub(r, len - 12);
		rd_bytes(r, 4); /* the length again */
		CU_ASSERT_FALSE_FATAL(b.bad || r->bad);
		replay_block(&c, type, &b);
	}
}

static void
replay(const char *path)
{
	unsigned int before = seen.frames;
	size_t size = 0;
	uint8_t *bytes = read_all(path, &size);
	struct rd r = rd_init(bytes, size);
	uint32_t magic = rd_be32(&r);
	bool swapped = magic == 0xd4c3b2a1 || magic == 0x4d3cb2a1;

	if (magic == NG_SECTION) {
		r = rd_init(bytes, size);
		replay_pcapng(&r);
		seen.ng_files++;
	} else {
		CU_ASSERT_TRUE(swapped || magic == 0xa1b2c3d4 || magic == 0xa1b23c4d);
		replay_pcap(&r, swapped);
	}
	seen.files++;
	CU_ASSERT_TRUE(seen.frames > before);
	free(bytes);
}

static void
every_packet_has_a_fate(void)
{
	const char *root = getenv("CULVERT_SOURCE_ROOT");
	char pattern[600];
	glob_t files;

	snprintf(pattern, sizeof(pattern), "%s/../shared/vectors/captures/*.pcap*",
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
	CU_ASSERT_TRUE(seen.files > 0 && seen.ng_files > 0 && seen.esp > 0 && seen.gre > 0);
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
