/* SPDX-License-Identifier: BSD-3-Clause */
/* Echo requests and their answers; see probe_echo.h. */
#include <errno.h>
#include <string.h>

#include "common/inet.h"
#include "common/wire.h"
#include "controlplane/track/probe_echo.h"

#define IP_PROTO_ICMP   1
#define IP_PROTO_ICMPV6 58
#define IP_DF           0x4000

enum icmp4 {
	ICMP_ECHO_REPLY = 0,
	ICMP_UNREACHABLE = 3,
	ICMP_SOURCE_QUENCH = 4,
	ICMP_ECHO = 8,
	ICMP_TIME_EXCEEDED = 11,
	ICMP_PARAMETER = 12,
};
#define ICMP_CODE_TOO_BIG 4

enum icmp6 {
	ICMP6_UNREACHABLE = 1,
	ICMP6_TOO_BIG = 2,
	ICMP6_TIME_EXCEEDED = 3,
	ICMP6_PARAMETER = 4,
	ICMP6_ECHO = 128,
	ICMP6_ECHO_REPLY = 129,
};

/* ---- requests ---------------------------------------------------------------------------- */

static void
header4(struct wr *w, const struct probe_echo *e, size_t data)
{
	size_t at = w->len;
	uint16_t sum;

	wr_u8(w, 0x45);
	wr_u8(w, (uint8_t)(e->dscp << 2));
	wr_be16(w, (uint16_t)(PROBE_ECHO4_LEN + data));
	wr_be16(w, e->seq);
	wr_be16(w, e->df ? IP_DF : 0);
	wr_u8(w, e->ttl);
	wr_u8(w, IP_PROTO_ICMP);
	wr_be16(w, 0);
	wr_be32(w, ip6_ip4(&e->source));
	wr_be32(w, ip6_ip4(&e->target));
	sum = inet_sum_fold(inet_sum(w->buf + at, w->len - at, 0));
	memcpy(w->buf + at + 10, &sum, sizeof(sum));
}

static void
header6(struct wr *w, const struct probe_echo *e, size_t data)
{
	wr_be32(w, 6u << 28 | (uint32_t)e->dscp << 22);
	wr_be16(w, (uint16_t)(8 + data));
	wr_u8(w, IP_PROTO_ICMPV6);
	wr_u8(w, e->ttl);
	wr_bytes(w, &e->source, sizeof(e->source));
	wr_bytes(w, &e->target, sizeof(e->target));
}

/* RFC 4443 section 2.3: over a pseudo-header, too (RFC 8200 section 8.1). */
static uint32_t
pseudo6(const struct probe_echo *e, size_t len)
{
	uint8_t pseudo[40];
	struct wr w = wr_init(pseudo, sizeof(pseudo));

	wr_bytes(&w, &e->source, sizeof(e->source));
	wr_bytes(&w, &e->target, sizeof(e->target));
	wr_be32(&w, (uint32_t)len);
	wr_be32(&w, IP_PROTO_ICMPV6);
	return inet_sum(pseudo, sizeof(pseudo), 0);
}

size_t
probe_echo_make(const struct probe_echo *e, uint8_t buf[PROBE_PACKET_MAX])
{
	bool ip4 = ip6_is_mapped(&e->target);
	size_t most = PROBE_PACKET_MAX - (ip4 ? PROBE_ECHO4_LEN : PROBE_ECHO6_LEN);
	size_t data = e->data < PROBE_SECRET_LEN ? PROBE_SECRET_LEN : e->data, at;
	struct wr w = wr_init(buf, PROBE_PACKET_MAX);
	uint16_t sum;

	data = data < most ? data : most;
	if (ip4)
		header4(&w, e, data);
	else
		header6(&w, e, data);
	at = w.len;
	wr_u8(&w, ip4 ? ICMP_ECHO : ICMP6_ECHO);
	wr_u8(&w, 0);
	wr_be16(&w, 0);
	wr_be16(&w, e->id);
	wr_be16(&w, e->seq);
	wr_bytes(&w, e->secret, PROBE_SECRET_LEN);
	wr_zero(&w, data - PROBE_SECRET_LEN);
	sum = inet_sum_fold(inet_sum(buf + at, w.len - at, ip4 ? 0 : pseudo6(e, w.len - at)));
	memcpy(buf + at + 2, &sum, sizeof(sum));
	return w.len;
}

/* ---- answers ----------------------------------------------------------------------------- */

struct header {
	struct ip6_addr src, dst;
	uint8_t proto;
};

/* An IP header of either version. A fragment that is not the first has no ICMP header. */
static bool
header_read(struct rd *r, struct header *h)
{
	uint8_t first = rd_u8(r);

	if (first >> 4 == 4) {
		uint16_t frag;

		rd_bytes(r, 5);
		frag = rd_be16(r);
		rd_u8(r);
		h->proto = rd_u8(r);
		rd_bytes(r, 2);
		h->src = ip6_mapped(rd_be32(r));
		h->dst = ip6_mapped(rd_be32(r));
		if ((first & 0x0f) < 5 || (frag & 0x1fff) != 0)
			return false;
		rd_bytes(r, (first & 0x0fu) * 4 - 20);
		return h->proto == IP_PROTO_ICMP;
	}
	rd_bytes(r, 5);
	h->proto = rd_u8(r);
	rd_u8(r);
	rd_copy(r, &h->src, sizeof(h->src));
	rd_copy(r, &h->dst, sizeof(h->dst));
	return first >> 4 == 6 && h->proto == IP_PROTO_ICMPV6;
}

/* What an error says; -1: it is none. */
static int
said(bool ip4, uint8_t type, uint8_t code)
{
	if (!ip4)
		return type == ICMP6_UNREACHABLE     ? PROBE_SAID_UNREACHABLE
		       : type == ICMP6_TOO_BIG       ? PROBE_SAID_TOO_BIG
		       : type == ICMP6_TIME_EXCEEDED ? PROBE_SAID_TTL
		       : type == ICMP6_PARAMETER     ? PROBE_SAID_OTHER
						     : -1;
	switch (type) {
	case ICMP_UNREACHABLE:
		return code == ICMP_CODE_TOO_BIG ? PROBE_SAID_TOO_BIG : PROBE_SAID_UNREACHABLE;
	case ICMP_TIME_EXCEEDED:
		return PROBE_SAID_TTL;
	case ICMP_SOURCE_QUENCH:
	case ICMP_PARAMETER:
		return PROBE_SAID_OTHER;
	default:
		return -1;
	}
}

/* The request that an error quotes, as much of it as RFC 792 wants. */
static int
quote_read(struct rd *r, bool ip4, struct probe_echo_answer *out)
{
	struct header h;
	uint8_t type;

	if (!header_read(r, &h) || (h.proto == IP_PROTO_ICMP) != ip4)
		return r->bad ? -EBADMSG : -ENOMSG;
	out->source = h.src;
	out->target = h.dst;
	type = rd_u8(r);
	rd_bytes(r, 3);
	out->id = rd_be16(r);
	out->seq = rd_be16(r);
	if (r->bad)
		return -EBADMSG;
	return type == (ip4 ? ICMP_ECHO : ICMP6_ECHO) ? 0 : -ENOMSG;
}

int
probe_echo_parse(const uint8_t *pkt, size_t len, struct probe_echo_answer *out)
{
	struct rd r = rd_init(pkt, len);
	struct header h;
	uint32_t rest;
	int what;
	bool ip4;

	memset(out, 0, sizeof(*out));
	if (!header_read(&r, &h))
		return r.bad ? -EBADMSG : -ENOMSG;
	ip4 = h.proto == IP_PROTO_ICMP;
	out->from = h.src;
	out->type = rd_u8(&r);
	out->code = rd_u8(&r);
	rd_bytes(&r, 2);
	if (out->type == (ip4 ? ICMP_ECHO_REPLY : ICMP6_ECHO_REPLY)) {
		out->said = PROBE_SAID_REPLY;
		out->source = h.dst;
		out->target = h.src;
		out->id = rd_be16(&r);
		out->seq = rd_be16(&r);
		rd_copy(&r, out->secret, sizeof(out->secret));
		return r.bad ? -EBADMSG : 0;
	}
	rest = rd_be32(&r);
	what = said(ip4, out->type, out->code);
	if (r.bad || what < 0)
		return r.bad ? -EBADMSG : -ENOMSG;
	out->said = (enum probe_said)what;
	/* RFC 1191 has the MTU in the lower half, RFC 4443 in all of it. */
	if (what == PROBE_SAID_TOO_BIG)
		out->mtu = ip4 || rest <= UINT16_MAX ? (uint16_t)rest : UINT16_MAX;
	return quote_read(&r, ip4, out);
}
