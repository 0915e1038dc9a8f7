/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames of hostile.h: what is around a packet, devices and routers that fragment. */
#include "tests/unit/hostile_int.h"

#include <string.h>

#include "dataplane/nodes/ip4.h"

#define L2_LEN 14

/* Addresses, tags if @tagged, type. @return the length. */
static unsigned int
put_l2(uint8_t *p, uint16_t port, uint16_t type, bool tagged)
{
	static const uint8_t groups[][6] = { { 255, 255, 255, 255, 255, 255 },
		{ 1, 0, 0x5e, 0, 0, 5 }, { 0x33, 0x33, 0, 0, 0, 1 }, { 2, 0, 0, 0, 0, 99 } };
	static const uint8_t from[6] = { 2, 0, 0, 0, 9, 9 };
	unsigned int at = 12;

	memcpy(p, (const uint8_t[]){ 2, 0, 0, 0, 0, (uint8_t)(port + 1) }, 6);
	if (rnd_one_in(10))
		memcpy(p, PICK(groups), 6);
	memcpy(p + 6, from, 6);
	for (unsigned int n = tagged ? 1 + rnd(rnd(2) ? 1 : 3) : 0; n > 0; n--) {
		put16(p + at, rnd(6) ? 0x8100 : 0x88a8);
		put16(p + at + 2, (uint32_t)(rnd(8) << 13) | (rnd(2)                  ? DP_VLAN
									     : rnd(3) ? 0
										      : rnd(4096)));
		at += 4;
	}
	put16(p + at, type);
	return at + 2;
}

struct rte_mbuf *
hostile_l2(uint16_t port, const uint8_t *ip, uint16_t len)
{
	uint8_t frame[HOSTILE_MAX + 64];
	bool is_ip6 = len > 0 && ip[0] >> 4 == 6;
	unsigned int l2 = put_l2(frame, port, is_ip6 ? 0x86dd : 0x800, rnd_one_in(12));

	memcpy(frame + l2, ip, len);
	if (rnd_one_in(8)) { /* padding of a short frame, and more */
		unsigned int pad = rnd(40);

		rnd_fill(frame + l2 + len, RTE_MIN(pad, sizeof(frame) - l2 - len));
		len = (uint16_t)(len + RTE_MIN(pad, sizeof(frame) - l2 - len));
	}
	return dp_raw(frame, (uint16_t)(l2 + len));
}

/* ARP of every length, or a type that nobody knows. */
static struct rte_mbuf *
frame_other(uint16_t port)
{
	uint8_t frame[128];
	unsigned int len = put_l2(frame, port, rnd(3) ? 0x806 : rnd(65536), rnd_one_in(8));

	if (len == L2_LEN && frame[12] == 8 && frame[13] == 0)
		frame[13] = 1;
	rnd_fill(frame + len, 46);
	if (rnd(3)) {
		put32(frame + len, 0x10800);
		put32(frame + len + 4, 0x6040000u | (1 + rnd(3)));
		put32(frame + len + 14, rnd_addr());
		put32(frame + len + 24, rnd_addr());
	}
	return dp_raw(frame, (uint16_t)(rnd_one_in(4) ? rnd(len + 46) : len + rnd(47)));
}

struct rte_mbuf *
hostile_frame(uint16_t port)
{
	uint8_t buf[HOSTILE_ROOM];
	unsigned int kind = rnd(16);

	if (kind == 0)
		return frame_other(port);
	if (kind < 5)
		return hostile_l2(port, buf, hostile_usual(buf));
	return hostile_l2(port, buf, kind < 13 ? hostile_ip4(buf) : hostile_ip6(buf));
}

void
hostile_spoil(struct rte_mbuf *m)
{
	uint8_t *d = rte_pktmbuf_mtod(m, uint8_t *);
	unsigned int n = 1 + rnd(4);
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(d + L2_LEN);

	for (unsigned int i = 0; i < n && m->data_len != 0; i++)
		d[rnd(rnd(2) ? RTE_MIN(m->data_len, 60u) : m->data_len)] ^= (uint8_t)(1 << rnd(8));
	if (rnd(4) && m->data_len >= L2_LEN + sizeof(*ip) && rte_ipv4_hdr_len(ip) >= sizeof(*ip) &&
			rte_ipv4_hdr_len(ip) + L2_LEN <= m->data_len) {
		ip->hdr_checksum = 0;
		ip->hdr_checksum = (uint16_t)~rte_raw_cksum(ip, rte_ipv4_hdr_len(ip));
	}
	if (rnd_one_in(6) && m->data_len != 0)
		rte_pktmbuf_trim(m, (uint16_t)rnd(m->data_len));
	else if (rnd_one_in(6))
		rte_pktmbuf_append(m, (uint16_t)rnd(60));
}

/* The bytes of @m in a chain of up to 4. */
static struct rte_mbuf *
in_segments(struct rte_mbuf *m)
{
	unsigned int n = 2 + rnd(3), at = 0, len = m->data_len;
	struct rte_mbuf *head = NULL;

	for (unsigned int i = 0; i < n; i++) {
		unsigned int take = i + 1 == n ? len - at : rnd(len - at + 1);
		struct rte_mbuf *s =
				dp_raw(rte_pktmbuf_mtod_offset(m, uint8_t *, at), (uint16_t)take);

		at += take;
		if (head == NULL)
			head = s;
		else
			rte_pktmbuf_chain(head, s);
	}
	rte_pktmbuf_free(m);
	return head;
}

struct rte_mbuf *
hostile_shape(struct rte_mbuf *m)
{
	uint16_t len = m->data_len, off;

	if (rnd_one_in(10))
		return in_segments(m);
	if (rnd_one_in(20)) {
		/* No device puts it at an odd address. */
		off = (uint16_t)(rnd(2) ? rnd(130) : m->buf_len - len - rnd(20)) & ~1u;
		memmove((uint8_t *)m->buf_addr + off, rte_pktmbuf_mtod(m, uint8_t *), len);
		m->data_off = off;
	}
	return m;
}

unsigned int
hostile_pieces(struct rte_mbuf *m, uint16_t port, struct rte_mbuf **to, unsigned int max)
{
	const struct rte_ipv4_hdr *ip =
			rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, L2_LEN);
	const uint8_t *body = (const uint8_t *)(ip + 1);
	unsigned int len, n = 0, at = 0;
	uint16_t id = (uint16_t)rnd(8);

	if (m->data_len <= L2_LEN + sizeof(*ip) + 8 || ip->version_ihl != RTE_IPV4_VHL_DEF ||
			rte_be_to_cpu_16(ip->total_length) != m->data_len - L2_LEN)
		return 0;
	len = m->data_len - L2_LEN - (unsigned int)sizeof(*ip);
	while (at < len && n < max) {
		unsigned int take = 8 * (1 + (rnd_one_in(3) ? 0 : rnd(len / 8 + 1)));
		unsigned int back = rnd_one_in(12) ? RTE_MIN(8 * rnd(4), at) : 0;
		uint8_t buf[HOSTILE_MAX + 64];
		struct rte_ipv4_hdr *piece = (struct rte_ipv4_hdr *)buf;

		if (n + 1 == max)
			take = len;
		at -= back;
		take = RTE_MIN(take, len - at);
		memcpy(piece, ip, sizeof(*ip));
		memcpy(piece + 1, body + at, take);
		piece->packet_id = id;
		piece->total_length = rte_cpu_to_be_16((uint16_t)(sizeof(*ip) + take));
		piece->fragment_offset = rte_cpu_to_be_16((
				uint16_t)(at / 8 |
					  (at + take < len || rnd_one_in(30) ? RTE_IPV4_HDR_MF_FLAG
									     : 0)));
		ip4_set_cksum(piece);
		if (rnd_one_in(20))
			rnd_fill(buf + sizeof(*ip), RTE_MIN(take, 8u)); /* disagrees */
		if (n == 0 || !rnd_one_in(20))
			to[n++] = hostile_l2(port, buf, (uint16_t)(sizeof(*ip) + take));
		at += take;
	}
	for (unsigned int i = 0; n > 1 && rnd(2) && i < n; i++) {
		unsigned int k = rnd(n);
		struct rte_mbuf *x = to[i];

		to[i] = to[k];
		to[k] = x;
	}
	rte_pktmbuf_free(m);
	return n;
}
