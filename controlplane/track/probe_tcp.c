/* SPDX-License-Identifier: BSD-3-Clause */
/* Segments of TCP probes; see probe_tcp.h. */
#include <errno.h>
#include <string.h>

#include "common/inet.h"
#include "common/wire.h"
#include "controlplane/track/probe_tcp.h"

#define IP_PROTO_TCP 6
#define IP_HDR_LEN   20
#define TCP_HDR_LEN  20
#define TTL          64
#define WINDOW       1024

#define FLAG_SYN 0x02u
#define FLAG_RST 0x04u
#define FLAG_ACK 0x10u

/* RFC 9293 section 3.1: over a pseudo-header, too. */
static uint16_t
tcp_sum(uint32_t a, uint32_t b, const uint8_t *segment, size_t len)
{
	uint8_t pseudo[12];
	struct wr w = wr_init(pseudo, sizeof(pseudo));

	wr_be32(&w, a);
	wr_be32(&w, b);
	wr_be16(&w, IP_PROTO_TCP);
	wr_be16(&w, (uint16_t)len);
	return inet_sum_fold(inet_sum(segment, len, inet_sum(pseudo, sizeof(pseudo), 0)));
}

static void
segment(const struct probe_tcp *t, uint32_t seq, uint8_t flags, uint16_t ip_id,
		uint8_t buf[PROBE_TCP_LEN])
{
	struct wr w = wr_init(buf, PROBE_TCP_LEN);
	uint16_t sum;

	wr_u8(&w, 0x45);
	wr_u8(&w, (uint8_t)(t->dscp << 2));
	wr_be16(&w, PROBE_TCP_LEN);
	wr_be16(&w, ip_id);
	wr_be16(&w, 0);
	wr_u8(&w, TTL);
	wr_u8(&w, IP_PROTO_TCP);
	wr_be16(&w, 0);
	wr_be32(&w, t->source);
	wr_be32(&w, t->target);
	sum = inet_sum_fold(inet_sum(buf, IP_HDR_LEN, 0));
	memcpy(buf + 10, &sum, sizeof(sum));
	wr_be16(&w, t->sport);
	wr_be16(&w, t->dport);
	wr_be32(&w, seq);
	wr_be32(&w, 0);
	wr_u8(&w, TCP_HDR_LEN / 4 << 4);
	wr_u8(&w, flags);
	wr_be16(&w, flags == FLAG_SYN ? WINDOW : 0);
	wr_be32(&w, 0);
	sum = tcp_sum(t->source, t->target, buf + IP_HDR_LEN, TCP_HDR_LEN);
	memcpy(buf + IP_HDR_LEN + 16, &sum, sizeof(sum));
}

void
probe_tcp_syn(const struct probe_tcp *t, uint16_t ip_id, uint8_t buf[PROBE_TCP_LEN])
{
	segment(t, t->seq, FLAG_SYN, ip_id, buf);
}

void
probe_tcp_rst(const struct probe_tcp *t, uint16_t ip_id, uint8_t buf[PROBE_TCP_LEN])
{
	segment(t, t->seq + 1, FLAG_RST, ip_id, buf);
}

int
probe_tcp_parse(const uint8_t *pkt, size_t len, struct probe_tcp_answer *out)
{
	struct rd r = rd_init(pkt, len);
	uint8_t first = rd_u8(&r), flags, offset;
	uint16_t total;
	size_t hl = (first & 0x0fu) * 4u;

	rd_u8(&r);
	total = rd_be16(&r);
	rd_bytes(&r, 5);
	if (rd_u8(&r) != IP_PROTO_TCP || first >> 4 != 4 || hl < IP_HDR_LEN)
		return -EBADMSG;
	rd_be16(&r); /* the header's checksum, which the dataplane has looked at */
	out->to.target = rd_be32(&r);
	out->to.source = rd_be32(&r);
	rd_bytes(&r, hl - IP_HDR_LEN);
	out->to.dport = rd_be16(&r);
	out->to.sport = rd_be16(&r);
	rd_be32(&r);
	out->to.seq = rd_be32(&r) - 1;
	offset = rd_u8(&r);
	flags = rd_u8(&r);
	if (r.bad || total > len || total < hl + TCP_HDR_LEN || (offset >> 4) * 4u < TCP_HDR_LEN ||
			(offset >> 4) * 4u > total - hl ||
			tcp_sum(out->to.target, out->to.source, pkt + hl, total - hl) != 0)
		return -EBADMSG;
	out->open = (flags & (FLAG_SYN | FLAG_ACK | FLAG_RST)) == (FLAG_SYN | FLAG_ACK);
	/* Section 3.5.2: a RST that answers a SYN acknowledges it. */
	if (!out->open && (flags & (FLAG_ACK | FLAG_RST)) != (FLAG_ACK | FLAG_RST))
		return -ENOMSG;
	return 0;
}
