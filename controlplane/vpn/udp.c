/* SPDX-License-Identifier: BSD-3-Clause */
/* UDP in IPv4 for IKE; see udp.h. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "common/inet.h"
#include "controlplane/vpn/udp.h"

#define IP_MF_OR_OFFSET 0x3fff
#define IP_MORE_FRAGMENTS 0x2000
#define IP_HDR_LEN      20
#define IP_TTL_DEFAULT  64

/* RFC 768: the sum covers a pseudo header of addresses, protocol and length. */
static uint32_t
pseudo_sum(uint32_t src, uint32_t dst, uint16_t udp_len)
{
	uint8_t ph[12];
	struct wr w = wr_init(ph, sizeof(ph));

	wr_be32(&w, src);
	wr_be32(&w, dst);
	wr_u8(&w, 0);
	wr_u8(&w, IPPROTO_UDP);
	wr_be16(&w, udp_len);
	return inet_sum(ph, sizeof(ph), 0);
}

/* The IPv4 header; what follows it goes to @payload. */
static int
ip_parse(struct rd *r, struct udp_msg *out, struct rd *payload)
{
	const uint8_t *start = r->p;
	uint8_t ver_ihl = rd_u8(r);
	size_t hdr_len = (size_t)(ver_ihl & 15) * 4;
	uint16_t total_len, frag;
	uint8_t proto;

	rd_u8(r);
	total_len = rd_be16(r);
	rd_be16(r);
	frag = rd_be16(r);
	rd_u8(r);
	proto = rd_u8(r);
	rd_be16(r);
	out->src = rd_be32(r);
	out->dst = rd_be32(r);
	if (r->bad || ver_ihl >> 4 != 4 || hdr_len < 20 || total_len < hdr_len)
		return -EBADMSG;
	rd_bytes(r, hdr_len - 20); /* options */
	*payload = rd_sub(r, total_len - hdr_len);
	if (r->bad || proto != IPPROTO_UDP || (frag & IP_MF_OR_OFFSET) != 0)
		return -EBADMSG;
	return inet_sum_fold(inet_sum(start, hdr_len, 0)) == 0 ? 0 : -EBADMSG;
}

int
udp_parse(struct rd *r, struct udp_msg *out)
{
	struct rd p, data;
	const uint8_t *start;
	uint16_t len, sum;
	int err;

	memset(out, 0, sizeof(*out));
	err = ip_parse(r, out, &p);
	if (err != 0)
		return err;
	start = p.p;
	out->sport = rd_be16(&p);
	out->dport = rd_be16(&p);
	len = rd_be16(&p);
	sum = rd_be16(&p);
	data = rd_sub(&p, len >= 8 ? len - 8u : SIZE_MAX);
	if (p.bad)
		return -EBADMSG;
	if (sum != 0 && inet_sum_fold(inet_sum(start, len, pseudo_sum(out->src, out->dst, len))) !=
					0)
		return -EBADMSG;
	if (out->dport != UDP_PORT_IKE && out->dport != UDP_PORT_IKE_NATT)
		return -EPROTONOSUPPORT;
	/* RFC 3948 section 2.2: four zero bytes where an ESP packet has its SPI. */
	if (out->dport == UDP_PORT_IKE_NATT && (rd_be32(&data) != 0 || data.bad))
		return -EPROTONOSUPPORT;
	out->len = rd_left(&data);
	out->data = rd_bytes(&data, out->len);
	return 0;
}

size_t
udp_build(const struct udp_msg *m, uint16_t ip_id, uint8_t *buf, size_t cap)
{
	struct wr w = wr_init(buf, cap);
	size_t marker = m->sport == UDP_PORT_IKE_NATT && !m->bare ? 4 : 0;
	size_t udp_len = 8 + marker + m->len;
	uint16_t sum;

	if (20 + udp_len > UINT16_MAX)
		return 0;
	wr_u8(&w, 0x45);
	wr_u8(&w, 0);
	wr_be16(&w, (uint16_t)(20 + udp_len));
	wr_be16(&w, ip_id);
	wr_be16(&w, 0); /* may be fragmented: messages with certificates can be long */
	wr_u8(&w, IP_TTL_DEFAULT);
	wr_u8(&w, IPPROTO_UDP);
	wr_be16(&w, 0);
	wr_be32(&w, m->src);
	wr_be32(&w, m->dst);
	wr_be16(&w, m->sport);
	wr_be16(&w, m->dport);
	wr_be16(&w, (uint16_t)udp_len);
	wr_be16(&w, 0);
	wr_zero(&w, marker);
	wr_bytes(&w, m->data, m->len);
	if (w.bad)
		return 0;
	sum = inet_sum_fold(inet_sum(buf, 20, 0));
	memcpy(buf + 10, &sum, 2);
	sum = inet_sum_fold(
			inet_sum(buf + 20, udp_len, pseudo_sum(m->src, m->dst, (uint16_t)udp_len)));
	if (sum == 0)
		sum = 0xffff; /* RFC 768: zero would mean none */
	memcpy(buf + 26, &sum, 2);
	return w.len;
}

size_t
udp_fragment(const uint8_t *pkt, size_t len, size_t *at, uint8_t *out, size_t mtu)
{
	size_t left = len - IP_HDR_LEN - *at, n = (mtu - IP_HDR_LEN) & ~(size_t)7;
	uint16_t frag = (uint16_t)(*at / 8), sum;

	if (left == 0)
		return 0;
	if (n < left)
		frag |= IP_MORE_FRAGMENTS;
	else
		n = left;
	memcpy(out, pkt, IP_HDR_LEN);
	memcpy(out + IP_HDR_LEN, pkt + IP_HDR_LEN + *at, n);
	out[2] = (uint8_t)((IP_HDR_LEN + n) >> 8);
	out[3] = (uint8_t)(IP_HDR_LEN + n);
	out[6] = (uint8_t)(frag >> 8);
	out[7] = (uint8_t)frag;
	out[10] = out[11] = 0;
	sum = inet_sum_fold(inet_sum(out, IP_HDR_LEN, 0));
	memcpy(out + 10, &sum, 2);
	*at += n;
	return IP_HDR_LEN + n;
}
