/* SPDX-License-Identifier: BSD-3-Clause */
/* Segments of TCP probes; see probe_tcp.h. */
#include <errno.h>
#include <string.h>

#include "common/inet.h"
#include "common/wire.h"
#include "controlplane/track/probe_tcp.h"

#define IP_PROTO_TCP 6
#define IP4_HDR_LEN  20
#define TCP_HDR_LEN  20
#define TTL          64
#define WINDOW       1024

#define FLAG_SYN 0x02u
#define FLAG_RST 0x04u
#define FLAG_ACK 0x10u

/* RFC 9293 section 3.1: over a pseudo-header, too; RFC 8200 section 8.1. */
static uint16_t
tcp_sum(const struct ip6_addr *a, const struct ip6_addr *b, const uint8_t *segment, size_t len)
{
	size_t from = ip6_is_mapped(a) ? 12 : 0;
	uint8_t tail[4];
	struct wr w = wr_init(tail, sizeof(tail));
	uint32_t sum;

	wr_be16(&w, IP_PROTO_TCP);
	wr_be16(&w, (uint16_t)len);
	sum = inet_sum(tail, sizeof(tail), inet_sum(a->b + from, 16 - from, 0));
	return inet_sum_fold(inet_sum(segment, len, inet_sum(b->b + from, 16 - from, sum)));
}

static void
header4(struct wr *w, const struct probe_tcp *t, uint16_t ip_id)
{
	uint16_t sum;

	wr_u8(w, 0x45);
	wr_u8(w, (uint8_t)(t->dscp << 2));
	wr_be16(w, PROBE_TCP4_LEN);
	wr_be16(w, ip_id);
	wr_be16(w, 0);
	wr_u8(w, TTL);
	wr_u8(w, IP_PROTO_TCP);
	wr_be16(w, 0);
	wr_be32(w, ip6_ip4(&t->source));
	wr_be32(w, ip6_ip4(&t->target));
	sum = inet_sum_fold(inet_sum(w->buf, IP4_HDR_LEN, 0));
	memcpy(w->buf + 10, &sum, sizeof(sum));
}

static void
header6(struct wr *w, const struct probe_tcp *t)
{
	wr_be32(w, 6u << 28 | (uint32_t)t->dscp << 22);
	wr_be16(w, TCP_HDR_LEN);
	wr_u8(w, IP_PROTO_TCP);
	wr_u8(w, TTL);
	wr_bytes(w, &t->source, sizeof(t->source));
	wr_bytes(w, &t->target, sizeof(t->target));
}

static size_t
segment(const struct probe_tcp *t, uint32_t seq, uint8_t flags, uint16_t ip_id,
		uint8_t buf[PROBE_TCP6_LEN])
{
	struct wr w = wr_init(buf, PROBE_TCP6_LEN);
	uint16_t sum;
	size_t at;

	if (ip6_is_mapped(&t->target))
		header4(&w, t, ip_id);
	else
		header6(&w, t);
	at = w.len;
	wr_be16(&w, t->sport);
	wr_be16(&w, t->dport);
	wr_be32(&w, seq);
	wr_be32(&w, 0);
	wr_u8(&w, TCP_HDR_LEN / 4 << 4);
	wr_u8(&w, flags);
	wr_be16(&w, flags == FLAG_SYN ? WINDOW : 0);
	wr_be32(&w, 0);
	sum = tcp_sum(&t->source, &t->target, buf + at, TCP_HDR_LEN);
	memcpy(buf + at + 16, &sum, sizeof(sum));
	return w.len;
}

size_t
probe_tcp_syn(const struct probe_tcp *t, uint16_t ip_id, uint8_t buf[PROBE_TCP6_LEN])
{
	return segment(t, t->seq, FLAG_SYN, ip_id, buf);
}

size_t
probe_tcp_rst(const struct probe_tcp *t, uint16_t ip_id, uint8_t buf[PROBE_TCP6_LEN])
{
	return segment(t, t->seq + 1, FLAG_RST, ip_id, buf);
}

/* The IP header, of which the dataplane has looked at checksum and options; the segment behind it,
 * bad if there is none. Of IPv6 no extension header is in between. */
static struct rd
ip_read(struct rd *r, struct probe_tcp *to)
{
	uint8_t first = rd_u8(r), proto;
	size_t hl = (first & 0x0fu) * 4u, len;

	if (first >> 4 == 6) {
		rd_bytes(r, 3);
		len = rd_be16(r);
		proto = rd_u8(r);
		rd_u8(r);
		rd_copy(r, &to->target, sizeof(to->target));
		rd_copy(r, &to->source, sizeof(to->source));
		r->bad = r->bad || ip6_is_mapped(&to->target) || ip6_is_mapped(&to->source);
	} else {
		rd_u8(r);
		len = rd_be16(r);
		rd_bytes(r, 5);
		proto = rd_u8(r);
		rd_be16(r);
		to->target = ip6_mapped(rd_be32(r));
		to->source = ip6_mapped(rd_be32(r));
		if (first >> 4 != 4 || hl < IP4_HDR_LEN || len < hl)
			r->bad = true;
		else
			rd_bytes(r, hl - IP4_HDR_LEN);
		len -= hl;
	}
	return rd_sub(r, r->bad || proto != IP_PROTO_TCP ? SIZE_MAX : len);
}

int
probe_tcp_parse(const uint8_t *pkt, size_t len, struct probe_tcp_answer *out)
{
	struct rd r = rd_init(pkt, len), body = ip_read(&r, &out->to);
	const uint8_t *msg = body.p;
	size_t left = rd_left(&body);
	uint8_t flags, offset;

	out->to.dport = rd_be16(&body);
	out->to.sport = rd_be16(&body);
	rd_be32(&body);
	out->to.seq = rd_be32(&body) - 1;
	offset = rd_u8(&body);
	flags = rd_u8(&body);
	if (body.bad || left < TCP_HDR_LEN || (offset >> 4) * 4u < TCP_HDR_LEN ||
			(offset >> 4) * 4u > left ||
			tcp_sum(&out->to.target, &out->to.source, msg, left) != 0)
		return -EBADMSG;
	out->open = (flags & (FLAG_SYN | FLAG_ACK | FLAG_RST)) == (FLAG_SYN | FLAG_ACK);
	/* Section 3.5.2: a RST that answers a SYN acknowledges it. */
	if (!out->open && (flags & (FLAG_ACK | FLAG_RST)) != (FLAG_ACK | FLAG_RST))
		return -ENOMSG;
	return 0;
}
