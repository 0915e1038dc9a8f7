/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Advertisements: bytes to a struct and back; see vrrp_wire.h.
 *
 *      0                   1                   2                   3
 *     |Version| Type  | Virtual Rtr ID|   Priority    |   Addresses   |
 *     |  0    |   Interval, 1/100 s   |           Checksum            |  version 3
 *     |   Auth Type   |  Interval, s  |           Checksum            |  version 2
 *     |                          Addresses ...                        |
 *     |                    Authentication data (8 bytes)              |  version 2
 */
#include <string.h>

#include "common/inet.h"
#include "controlplane/vrrp/vrrp_wire.h"

#define IP_PROTO_VRRP 112
#define VRRP_TTL      255
#define TYPE_ADVERT   1
#define TOS_CONTROL   0xc0 /* internetwork control */

struct ip6_addr
vrrp_map4(uint32_t addr)
{
	return (struct ip6_addr){ { [10] = 0xff, [11] = 0xff, [12] = (uint8_t)(addr >> 24),
		[13] = (uint8_t)(addr >> 16), [14] = (uint8_t)(addr >> 8), [15] = (uint8_t)addr } };
}

uint32_t
vrrp_addr4(const struct ip6_addr *a)
{
	return (uint32_t)a->b[12] << 24 | (uint32_t)a->b[13] << 16 | (uint32_t)a->b[14] << 8 |
			a->b[15];
}

struct ip6_addr
vrrp_group(bool ip6)
{
	return ip6 ? (struct ip6_addr){ { 0xff, 0x02, [15] = 0x12 } } : vrrp_map4(0xe0000012u);
}

void
vrrp_mac(bool ip6, uint8_t vrid, uint8_t mac[6])
{
	memcpy(mac, (const uint8_t[]){ 0, 0, 0x5e, 0, ip6 ? 2 : 1, vrid }, 6);
}

/* RFC 8200 section 8.1; for IPv4 what RFC 5798 was read to mean, as RFC 793 has it. */
static uint32_t
pseudo_sum(const struct ip6_addr *src, const struct ip6_addr *dst, bool ip6, size_t len)
{
	size_t from = ip6 ? 0 : 12;
	uint8_t tail[4] = { 0, IP_PROTO_VRRP, (uint8_t)(len >> 8), (uint8_t)len };
	uint32_t sum = inet_sum(src->b + from, 16 - from, 0);

	sum = inet_sum(dst->b + from, 16 - from, sum);
	return inet_sum(tail, sizeof(tail), sum);
}

/* ---- in ---------------------------------------------------------------------------------- */

static struct ip6_addr
addr_read(struct rd *r, bool ip6)
{
	struct ip6_addr a;

	if (!ip6)
		return vrrp_map4(rd_be32(r));
	rd_copy(r, &a, sizeof(a));
	return a;
}

/* The IP header, which the dataplane has checked, but not for us. The rest of the packet. */
static struct rd
ip_read(struct rd *r, struct vrrp_adv *out)
{
	uint8_t first = rd_u8(r);
	size_t hdr = (first & 0x0fu) * 4, total;

	out->ip6 = first >> 4 == 6;
	if (out->ip6) {
		rd_bytes(r, 3); /* class and flow */
		total = rd_be16(r);
		if (rd_u8(r) != IP_PROTO_VRRP)
			r->bad = true;
		out->ttl = rd_u8(r);
	} else {
		rd_u8(r); /* TOS */
		total = rd_be16(r);
		rd_bytes(r, 4); /* id, fragment */
		out->ttl = rd_u8(r);
		if (first >> 4 != 4 || hdr < 20 || total < hdr || rd_u8(r) != IP_PROTO_VRRP)
			r->bad = true;
		rd_bytes(r, 2); /* checksum */
	}
	out->src = addr_read(r, out->ip6);
	out->dst = addr_read(r, out->ip6);
	if (!out->ip6 && !r->bad) {
		rd_bytes(r, hdr - 20); /* options */
		total -= hdr;
	}
	return rd_sub(r, r->bad ? SIZE_MAX : total);
}

/* Either form of the checksum will do; the sender's is remembered. */
static bool
checksum_ok(const uint8_t *msg, size_t len, struct vrrp_adv *out)
{
	uint32_t sum = inet_sum(msg, len, 0);
	uint32_t pseudo = inet_sum(msg, len, pseudo_sum(&out->src, &out->dst, out->ip6, len));

	if (out->version == 3 && inet_sum_fold(pseudo) == 0) {
		out->pseudo = true;
		return true;
	}
	return !out->ip6 && inet_sum_fold(sum) == 0;
}

enum vrrp_err
vrrp_parse(struct rd *r, struct vrrp_adv *out)
{
	const uint8_t *msg;
	size_t len, size;
	struct rd body;
	uint8_t first, n;
	uint16_t word;

	memset(out, 0, sizeof(*out));
	body = ip_read(r, out);
	msg = body.p;
	len = rd_left(&body);
	first = rd_u8(&body);
	out->vrid = rd_u8(&body);
	out->priority = rd_u8(&body);
	n = rd_u8(&body);
	word = rd_be16(&body);
	rd_be16(&body); /* checksum */
	if (body.bad)
		return VRRP_ERR_LENGTH;
	out->version = first >> 4;
	out->n_addrs = n;
	if ((out->version != 3 && out->version != 2) || (out->version == 2 && out->ip6))
		return VRRP_ERR_VERSION;
	if ((first & 0x0f) != TYPE_ADVERT)
		return VRRP_ERR_TYPE;
	out->auth_type = out->version == 2 ? (uint8_t)(word >> 8) : 0;
	out->interval_ms = out->version == 2 ? (word & 0xffu) * 1000 : (word & 0xfffu) * 10;
	size = out->ip6 ? 16 : 4;
	if (rd_left(&body) < n * size)
		return VRRP_ERR_LENGTH;
	if (!checksum_ok(msg, len, out))
		return VRRP_ERR_CHECKSUM;
	for (uint8_t i = 0; i < n; i++) {
		struct ip6_addr a = addr_read(&body, out->ip6);

		if (i < VRRP_ADDRS_MAX)
			out->addrs[i] = a;
	}
	if (out->version == 2 && rd_left(&body) >= VRRP_AUTH_LEN)
		rd_copy(&body, out->auth, VRRP_AUTH_LEN);
	else if (out->auth_type != VRRP_AUTH_NONE)
		return VRRP_ERR_LENGTH;
	return VRRP_OK;
}

/* ---- out --------------------------------------------------------------------------------- */

static void
addr_write(struct wr *w, const struct ip6_addr *a, bool ip6)
{
	size_t from = ip6 ? 0 : 12;

	wr_bytes(w, a->b + from, 16 - from);
}

static size_t
ip_write(struct wr *w, const struct vrrp_adv *a, size_t len)
{
	uint16_t sum;

	if (a->ip6) {
		wr_be32(w, 6u << 28 | (uint32_t)TOS_CONTROL << 20);
		wr_be16(w, (uint16_t)len);
		wr_u8(w, IP_PROTO_VRRP);
		wr_u8(w, a->ttl);
		addr_write(w, &a->src, true);
		addr_write(w, &a->dst, true);
		return w->len;
	}
	wr_u8(w, 0x45);
	wr_u8(w, TOS_CONTROL);
	wr_be16(w, (uint16_t)(20 + len));
	wr_be32(w, 0); /* id, fragment */
	wr_u8(w, a->ttl);
	wr_u8(w, IP_PROTO_VRRP);
	wr_be16(w, 0);
	addr_write(w, &a->src, false);
	addr_write(w, &a->dst, false);
	sum = inet_sum_fold(inet_sum(w->buf, 20, 0));
	memcpy(w->buf + 10, &sum, sizeof(sum));
	return w->len;
}

size_t
vrrp_build(const struct vrrp_adv *a, uint8_t buf[VRRP_PACKET_MAX])
{
	struct wr w = wr_init(buf, VRRP_PACKET_MAX);
	size_t len = 8u + a->n_addrs * (a->ip6 ? 16u : 4u) + (a->version == 2 ? VRRP_AUTH_LEN : 0);
	size_t at = ip_write(&w, a, len);
	uint32_t sum = 0;
	uint16_t field;

	wr_u8(&w, (uint8_t)(a->version << 4 | TYPE_ADVERT));
	wr_u8(&w, a->vrid);
	wr_u8(&w, a->priority);
	wr_u8(&w, a->n_addrs);
	if (a->version == 2) {
		wr_u8(&w, a->auth_type);
		wr_u8(&w, (uint8_t)(a->interval_ms / 1000));
	} else {
		wr_be16(&w, (uint16_t)(a->interval_ms / 10 & 0xfff));
	}
	wr_be16(&w, 0);
	for (uint8_t i = 0; i < a->n_addrs; i++)
		addr_write(&w, &a->addrs[i], a->ip6);
	if (a->version == 2)
		wr_bytes(&w, a->auth, VRRP_AUTH_LEN);
	if (a->version == 3 && (a->ip6 || a->pseudo))
		sum = pseudo_sum(&a->src, &a->dst, a->ip6, len);
	field = inet_sum_fold(inet_sum(buf + at, len, sum));
	memcpy(buf + at + 6, &field, sizeof(field));
	return w.len;
}
