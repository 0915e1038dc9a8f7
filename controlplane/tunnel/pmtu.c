/* SPDX-License-Identifier: BSD-3-Clause */
/* Path MTU of tunnels; see pmtu.h. */
#include <netinet/in.h>
#include <netinet/ip_icmp.h>

#include "common/wire.h"
#include "controlplane/tunnel/pmtu.h"

#define IPV4_MIN_HDR  20u
#define NOTE_MS      1000 /* "again" is noted so often at most: the dataplane is told of it */
#define IPV4_MIN_MTU  68u /* RFC 791: every link takes that much */
#define IP_OFFSET     0x1fff
#define PORT_NAT_T    4500
#define GRE_CSUM      0x8000
#define GRE_KEY       0x2000
#define GRE_VERSION   0x0007
#define GRE_ROUTING   0x4000

const char *
pmtu_verdict_str(enum pmtu_verdict v)
{
	static const char *const names[PMTU_N_VERDICTS] = { "lowered", "confirmed", "other",
		"malformed", "no-tunnel", "no-sa", "disabled", "not-less" };

	return (unsigned int)v < PMTU_N_VERDICTS ? names[v] : "?";
}

/* What an IPv4 header says. The reader stands behind it, options too, and ends with the bytes that
 * are there: a quote is shorter than its total length. */
struct seen {
	uint16_t len, hdr_len, frag;
	uint8_t proto;
	uint32_t src, dst;
};

static bool
ip_parse(struct rd *r, struct seen *ip)
{
	uint8_t first = rd_u8(r);

	rd_u8(r);
	ip->hdr_len = (uint16_t)((first & 15) * 4);
	ip->len = rd_be16(r);
	rd_be16(r);
	ip->frag = rd_be16(r);
	rd_u8(r);
	ip->proto = rd_u8(r);
	rd_be16(r);
	ip->src = rd_be32(r);
	ip->dst = rd_be32(r);
	if (r->bad || first >> 4 != 4 || ip->hdr_len < IPV4_MIN_HDR || ip->len < ip->hdr_len)
		return false;
	rd_bytes(r, ip->hdr_len - IPV4_MIN_HDR);
	return !r->bad;
}

/* RFC 1191 section 7.1: of a router that says no MTU, the next lower one of those that occur. */
static uint16_t
plateau_below(uint16_t len)
{
	static const uint16_t plateaus[] = { 32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296 };

	for (unsigned int i = 0; i < sizeof(plateaus) / sizeof(plateaus[0]); i++)
		if (plateaus[i] < len)
			return plateaus[i];
	return IPV4_MIN_MTU;
}

static bool
quote_esp(struct rd *r, struct pmtu_quote *q)
{
	q->esp = true;
	q->spi = rd_be32(r);
	return !r->bad && q->spi > 255; /* 0 is IKE's marker, up to 255 are reserved */
}

static bool
quote_udp(struct rd *r, struct pmtu_quote *q)
{
	q->udp = true;
	q->sport = rd_be16(r);
	q->dport = rd_be16(r);
	rd_be32(r); /* length, checksum */
	return q->sport == PORT_NAT_T && quote_esp(r, q);
}

static bool
quote_gre(struct rd *r, struct pmtu_quote *q)
{
	uint16_t flags = rd_be16(r);

	rd_be16(r);
	if ((flags & (GRE_VERSION | GRE_ROUTING)) != 0)
		return false;
	if (flags & GRE_CSUM)
		rd_be32(r);
	q->keyed = (flags & GRE_KEY) != 0;
	q->key = q->keyed ? rd_be32(r) : 0;
	return !r->bad;
}

/* The packet that was too long: the first 8 bytes of its payload are there at least (RFC 792). */
static bool
quote_parse(struct rd *r, struct pmtu_quote *q)
{
	struct seen ip;

	if (!ip_parse(r, &ip) || (ip.frag & IP_OFFSET) != 0)
		return false;
	q->src = ip.src;
	q->dst = ip.dst;
	q->len = ip.len;
	switch (ip.proto) {
	case IPPROTO_ESP:
		return quote_esp(r, q);
	case IPPROTO_UDP:
		return quote_udp(r, q);
	case IPPROTO_GRE:
		return quote_gre(r, q);
	default:
		return false;
	}
}

enum pmtu_verdict
pmtu_parse(const uint8_t *ip, size_t len, struct pmtu_quote *q)
{
	struct rd r = rd_init(ip, len);
	struct seen outer;
	uint8_t type, code;

	*q = (struct pmtu_quote){ 0 };
	if (!ip_parse(&r, &outer) || outer.proto != IPPROTO_ICMP)
		return PMTU_MALFORMED;
	q->from = outer.src;
	type = rd_u8(&r);
	code = rd_u8(&r);
	rd_be32(&r); /* checksum, unused */
	q->mtu = rd_be16(&r);
	if (r.bad)
		return PMTU_MALFORMED;
	if (type != ICMP_UNREACH || code != ICMP_UNREACH_NEEDFRAG)
		return PMTU_OTHER;
	if (!quote_parse(&r, q))
		return PMTU_MALFORMED;
	if (q->mtu == 0)
		q->mtu = plateau_below(q->len);
	return PMTU_LOWERED;
}

enum pmtu_verdict
pmtu_learn(struct pmtu *p, const struct pmtu_quote *q, uint16_t floor, uint64_t now_ms)
{
	uint16_t mtu = q->mtu > floor ? q->mtu : floor;

	if (q->mtu < IPV4_MIN_MTU || q->mtu >= q->len || (p->mtu != 0 && mtu > p->mtu))
		return PMTU_NOT_LESS;
	if (mtu == p->mtu) {
		if (now_ms - p->learned_ms >= NOTE_MS)
			p->learned_ms = now_ms;
		return PMTU_CONFIRMED;
	}
	*p = (struct pmtu){ .mtu = mtu, .from = q->from, .learned_ms = now_ms };
	return PMTU_LOWERED;
}

bool
pmtu_expire(struct pmtu *p, uint32_t age_s, uint64_t now_ms)
{
	if (p->mtu == 0 || now_ms - p->learned_ms < (uint64_t)age_s * 1000)
		return false;
	*p = (struct pmtu){ 0 };
	return true;
}
