/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets that other makers' routers have sent, from captures: each is read to its end, each LSA's
 * checksum is right, and `debug ip ospf` has words for all of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/ospf_proto.h"
#include "tests/unit/cu.h"

#define IP_OSPF     89
#define PCAPNG_EPB  6u /* enhanced packet block */
#define PCAPNG_MARK 0x0a0d0d0au

struct seen {
	unsigned int pkts[OSPF_N_PKTS], lsas[OSPF_LSA_N_TYPES], malformed, nt;
	char text[200000];
	size_t n_text;
};

static struct seen seen;

static void
on_send(void *ctx, struct ospf_if *ifp, uint32_t dst, const uint8_t *pkt, size_t len)
{
}

static uint64_t
on_wall(void *ctx)
{
	return 1700000000;
}

static void
on_trace(void *ctx, const struct ospf_trace *t)
{
	size_t len = strlen(t->text);

	if (seen.n_text + len + 2 > sizeof(seen.text))
		return;
	memcpy(seen.text + seen.n_text, t->text, len);
	seen.n_text += len;
	seen.text[seen.n_text++] = '\n';
	seen.text[seen.n_text] = '\0';
}

static struct ospf_if *
router(struct ospf **out, uint32_t addr)
{
	struct ospf_ops ops = { .send = on_send, .wall_s = on_wall, .trace = on_trace };
	struct ospf_cfg cfg = { .router_id = 0x01010101, .lsa_hold_ms = 1000, .lsa_max_ms = 5000,
		.opaque = true, .gr_helper = true };
	struct ospf_if_cfg *c = calloc(1, sizeof(*c));
	struct ospf_if *ifp;

	*c = (struct ospf_if_cfg){ .name = "lan", .user = 1, .type = OSPF_IF_BROADCAST,
		.addr = { .addr = addr, .len = 24 }, .mtu = 1500, .cost = 1, .hello_ms = 10000,
		.dead_ms = 40000, .rxmt_ms = 5000, .transmit_delay_s = 1 };
	*out = ospf_new(&ops, 1, 1000000);
	ospf_set(*out, &cfg, 1000000);
	ifp = ospf_if_set(*out, c, true, 1000000);
	ospf_trace_on(*out, OSPF_TRACE_ALL);
	free(c);
	return ifp;
}

/* ---- one packet ------------------------------------------------------------------------------ */

static void
lsas_look(struct rd *r)
{
	uint32_t count = rd_be32(r);
	struct ospf_lsa_hdr h;
	const uint8_t *lsa;

	for (; count > 0 && ospf_lsu_next(r, &h, &lsa); count--) {
		CU_ASSERT_TRUE(h.type < OSPF_LSA_N_TYPES);
		CU_ASSERT_TRUE(ospf_lsa_cksum_ok(lsa, h.len));
		CU_ASSERT_PTR_NULL(ospf_lsa_check(lsa, h.len));
		if (h.type < OSPF_LSA_N_TYPES)
			seen.lsas[h.type]++;
		if (h.type == OSPF_LSA_ROUTER && ospf_rlsa_flags(lsa, h.len) & OSPF_RLSA_NT)
			seen.nt++;
	}
	CU_ASSERT_EQUAL(count, 0);
}

/* From the IP header on. */
static void
packet(struct ospf *o, struct ospf_if *ifp, const uint8_t *ip, size_t len, uint64_t now_ms)
{
	struct rd r = rd_init(ip, len), body;
	uint32_t src, dst;
	struct ospf_hdr h;
	size_t hl, total;

	if (len < OSPF_IP_HDR_LEN || ip[0] >> 4 != 4 || ip[9] != IP_OSPF)
		return;
	hl = (ip[0] & 15u) * 4u;
	total = (size_t)(ip[2] << 8 | ip[3]);
	rd_bytes(&r, 12);
	src = rd_be32(&r);
	dst = rd_be32(&r);
	CU_ASSERT_FATAL(total <= len && hl <= total);
	r = rd_init(ip + hl, total - hl);
	ospf_hdr_read(&r, &h);
	CU_ASSERT_FALSE_FATAL(r.bad || h.len > total - hl);
	CU_ASSERT_FATAL(h.type >= OSPF_PKT_HELLO && h.type < OSPF_N_PKTS);
	seen.pkts[h.type]++;
	body = rd_init(r.p, (size_t)(ip + hl + h.len - r.p));
	if (h.type == OSPF_PKT_LSU)
		lsas_look(&body);
	ospf_input(o, ifp, src, dst, ip + hl, total - hl, now_ms);
}

/* ---- files ----------------------------------------------------------------------------------- */

static uint8_t *
file_read(const char *name, size_t *len)
{
	const char *root = getenv("CULVERT_SOURCE_ROOT");
	uint8_t *buf = malloc(1 << 20);
	char path[1024];
	FILE *f;

	snprintf(path, sizeof(path), "%s/../shared/vectors/captures/%s", root != NULL ? root : ".",
			name);
	f = fopen(path, "rb");
	if (f == NULL) {
		printf("\n  skipped: no %s\n", path);
		free(buf);
		return NULL;
	}
	*len = fread(buf, 1, 1 << 20, f);
	fclose(f);
	return buf;
}

static uint32_t
le32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Frames of a pcap or pcapng file of Ethernet, least significant bytes first. */
static bool
frames(const char *name, struct ospf *o, struct ospf_if *ifp)
{
	size_t len, at, n;
	uint8_t *buf = file_read(name, &len);
	uint64_t now_ms = 1000000;
	bool ng;

	if (buf == NULL)
		return false;
	ng = le32(buf) == PCAPNG_MARK;
	for (at = ng ? 0 : 24; at + 28 <= len; at += n) {
		const uint8_t *rec = buf + at;
		size_t head = ng ? 28 : 16, frame = le32(rec + (ng ? 20 : 8));

		n = ng ? le32(rec + 4) : head + frame;
		CU_ASSERT_FATAL(n >= 12 && n <= len - at);
		if (ng && le32(rec) != PCAPNG_EPB)
			continue;
		CU_ASSERT_FATAL(head + frame <= n && frame >= 14);
		if (rec[head + 12] == 8 && rec[head + 13] == 0)
			packet(o, ifp, rec + head + 14, frame - 14, now_ms);
		now_ms += 10;
	}
	free(buf);
	return true;
}

static bool
said(const char *text)
{
	bool there = strstr(seen.text, text) != NULL;

	if (!there)
		printf("\n  not said: %s", text);
	return there;
}

/* ---- cases ----------------------------------------------------------------------------------- */

/* Three routers on a LAN become adjacent, with MD5. */
static void
test_adjacencies(void)
{
	struct ospf *o;
	struct ospf_if *ifp = router(&o, 0xc0a87901);

	memset(&seen, 0, sizeof(seen));
	if (frames("OSPFv2_Capture_FINAL.pcapng", o, ifp)) {
		CU_ASSERT_TRUE(seen.pkts[OSPF_PKT_HELLO] > 0 && seen.pkts[OSPF_PKT_DD] > 0 &&
				seen.pkts[OSPF_PKT_LSR] > 0 && seen.pkts[OSPF_PKT_LSU] > 0 &&
				seen.pkts[OSPF_PKT_LSACK] > 0);
		CU_ASSERT_TRUE(seen.lsas[OSPF_LSA_ROUTER] > 0 && seen.lsas[OSPF_LSA_NETWORK] > 0);
		CU_ASSERT_FALSE(strstr(seen.text, "malformed") != NULL);
		CU_ASSERT_TRUE(said("flags I M MS") && said("Link State Request"));
		printf("\n  %u Hello, %u DD, %u LSR, %u LSU, %u LSAck ", seen.pkts[OSPF_PKT_HELLO],
				seen.pkts[OSPF_PKT_DD], seen.pkts[OSPF_PKT_LSR],
				seen.pkts[OSPF_PKT_LSU], seen.pkts[OSPF_PKT_LSACK]);
		/* Signed with a key that nobody has told us: refused, and by the right name. */
		CU_ASSERT_EQUAL(o->n.bad[OSPF_BAD_AUTH_TYPE] + o->n.bad[OSPF_BAD_DESTINATION],
				o->n.rx);
		CU_ASSERT_TRUE(o->n.bad[OSPF_BAD_AUTH_TYPE] > 20);
		CU_ASSERT_EQUAL(ifp->n_nbrs, 0);
	}
	ospf_free(o);
}

/* An acknowledgment, a router-LSA with the Nt bit of an NSSA's translator, a grace-LSA. */
static void
test_single(void)
{
	struct ospf *o;
	struct ospf_if *ifp = router(&o, 0x0a002201);

	memset(&seen, 0, sizeof(seen));
	if (frames("ospf-ack.pcap", o, ifp) && frames("ospf-nssa-bitnt.pcap", o, ifp) &&
			frames("ospf_graceful_restart_rfc3623.pcap", o, ifp)) {
		CU_ASSERT_TRUE(seen.pkts[OSPF_PKT_LSACK] == 1 && seen.pkts[OSPF_PKT_LSU] == 2);
		CU_ASSERT_EQUAL(seen.nt, 1);
		CU_ASSERT_TRUE(said(" Nt") && said("opaque-link 3.0.0.0 of "));
		CU_ASSERT_EQUAL(seen.lsas[OSPF_LSA_OPAQUE_LINK], 1);
		CU_ASSERT_FALSE(strstr(seen.text, "malformed") != NULL);
	}
	ospf_free(o);
}

static const struct cu_case cases[] = {
	CU_CASE(test_adjacencies),
	CU_CASE(test_single),
};

CU_MAIN("ospf_captures", cases)
