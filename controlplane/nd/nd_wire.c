/* SPDX-License-Identifier: BSD-3-Clause */
/* Neighbour discovery on the wire; see nd_wire.h. */
#include <errno.h>

#include "common/inet.h"
#include "controlplane/nd/nd_wire.h"

#define ETHERTYPE_IPV6 0x86dd
#define IP6_HDR_LEN    40u
#define NEXT_ICMPV6    58
#define ND_HOPS        255
#define OPT_SOURCE_LL  1
#define OPT_TARGET_LL  2
#define OPT_UNIT       8u /* option lengths count these */

/* RFC 8200 section 8.1: addresses, length and next header are summed, too. */
static uint32_t
pseudo_sum(const struct ip6_addr *src, const struct ip6_addr *dst, size_t len)
{
	const uint8_t tail[8] = { 0, 0, (uint8_t)(len >> 8), (uint8_t)len, 0, 0, 0, NEXT_ICMPV6 };

	return inet_sum(tail, sizeof(tail),
			inet_sum(dst, sizeof(*dst), inet_sum(src, sizeof(*src), 0)));
}

/* Section 4.6: options of unknown types are stepped over, a length of 0 spoils the message. */
static void
options_parse(struct rd *r, struct nd_msg *out)
{
	uint8_t want = out->type == ND_NS ? OPT_SOURCE_LL : OPT_TARGET_LL;

	while (!r->bad && rd_left(r) > 0) {
		uint8_t type = rd_u8(r), len = rd_u8(r);
		struct rd body;

		if (len == 0) {
			r->bad = true;
			return;
		}
		body = rd_sub(r, len * OPT_UNIT - 2);
		if (type != want || out->has_mac || len != 1)
			continue;
		rd_copy(&body, out->mac, sizeof(out->mac));
		out->has_mac = !body.bad;
	}
}

static bool
is_solicited_node(const struct ip6_addr *a)
{
	struct ip6_addr s = ip6_solicited_node(a);

	return ip6_equal(a, &s);
}

/* Sections 7.1.1 and 7.1.2, as far as they are about the contents. */
static bool
is_valid(const struct nd_msg *m)
{
	if (!ip6_is_unicast_host(&m->target) || (m->has_mac && (m->mac[0] & 1) != 0))
		return false;
	if (m->type == ND_NA)
		return ip6_is_unicast_host(&m->src) &&
				!(ip6_is_multicast(&m->dst) && (m->flags & ND_SOLICITED));
	if (ip6_is_zero(&m->src))
		return is_solicited_node(&m->dst) && !m->has_mac;
	return ip6_is_unicast_host(&m->src);
}

int
nd_open(struct rd *r, struct nd_packet *out)
{
	uint32_t first = rd_be32(r);
	uint16_t len = rd_be16(r);
	uint8_t next = rd_u8(r), hops = rd_u8(r), code;
	const uint8_t *icmp;

	memset(out, 0, sizeof(*out));
	rd_copy(r, &out->src, sizeof(out->src));
	rd_copy(r, &out->dst, sizeof(out->dst));
	out->body = rd_sub(r, len);
	if (r->bad || first >> 28 != 6 || next != NEXT_ICMPV6 || hops != ND_HOPS)
		return -EBADMSG;
	icmp = out->body.p;
	out->type = rd_u8(&out->body);
	code = rd_u8(&out->body);
	rd_bytes(&out->body, 2); /* checksum */
	if (out->body.bad || code != 0 ||
			inet_sum_fold(inet_sum(icmp, len, pseudo_sum(&out->src, &out->dst, len))) !=
			0)
		return -EBADMSG;
	return 0;
}

int
nd_parse(struct rd *r, struct nd_msg *out)
{
	struct nd_packet p;
	int err = nd_open(r, &p);

	memset(out, 0, sizeof(*out));
	out->src = p.src;
	out->dst = p.dst;
	if (err != 0)
		return err;
	if (p.type != ND_NS && p.type != ND_NA)
		return -ENOMSG;
	out->type = p.type;
	out->flags = rd_u8(&p.body);
	rd_bytes(&p.body, 3); /* reserved */
	rd_copy(&p.body, &out->target, sizeof(out->target));
	options_parse(&p.body, out);
	return p.body.bad || !is_valid(out) ? -EBADMSG : 0;
}

size_t
nd_frame(const struct nd_frame *f, uint8_t *buf, size_t cap)
{
	struct wr w = wr_init(buf, cap);
	uint16_t len = (uint16_t)(4 + f->len), sum;
	uint8_t *icmp = buf + 14 + IP6_HDR_LEN;

	wr_bytes(&w, f->dst_mac, 6);
	wr_bytes(&w, f->src_mac, 6);
	wr_be16(&w, ETHERTYPE_IPV6);
	wr_be32(&w, 6u << 28);
	wr_be16(&w, len);
	wr_u8(&w, NEXT_ICMPV6);
	wr_u8(&w, ND_HOPS);
	wr_bytes(&w, f->src, sizeof(*f->src));
	wr_bytes(&w, f->dst, sizeof(*f->dst));
	wr_u8(&w, f->type);
	wr_zero(&w, 3); /* code, checksum */
	wr_bytes(&w, f->body, f->len);
	sum = inet_sum_fold(inet_sum(icmp, len, pseudo_sum(f->src, f->dst, len)));
	memcpy(icmp + 2, &sum, sizeof(sum));
	return w.len;
}

size_t
nd_build(const struct nd_msg *m, const uint8_t src_mac[6], const uint8_t dst_mac[6],
		uint8_t buf[ND_FRAME_LEN])
{
	uint8_t body[28];
	struct wr w = wr_init(body, sizeof(body));

	wr_u8(&w, m->flags);
	wr_zero(&w, 3);
	wr_bytes(&w, &m->target, sizeof(m->target));
	if (m->has_mac) {
		wr_u8(&w, m->type == ND_NS ? OPT_SOURCE_LL : OPT_TARGET_LL);
		wr_u8(&w, 1);
		wr_bytes(&w, m->mac, 6);
	}
	return nd_frame(&(struct nd_frame){ .src_mac = src_mac, .dst_mac = dst_mac, .src = &m->src,
			.dst = &m->dst, .type = (uint8_t)m->type, .body = body, .len = w.len },
			buf, ND_FRAME_LEN);
}
