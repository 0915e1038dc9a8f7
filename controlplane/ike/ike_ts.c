/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Traffic selectors, RFC 7296 sections 2.9 and 3.13: lists of address ranges with protocol and
 * ports. The port of ICMP is type << 8 | code, and narrowed like any other number. As responder we
 * answer with what both sides want (each pair of the peer's and our selectors intersected), as
 * initiator we accept any part of what we offered. That the traffic between two hosts, GRE, must
 * not become less is the caller's to see to.
 */
#include <errno.h>
#include <stdio.h>

#include "controlplane/ike/ike_wire.h"

#define TS_IPV4_ADDR_RANGE 7
#define TS_IPV6_ADDR_RANGE 8
#define TS_HEADER_LEN      8

static uint16_t
addr_len(const struct ike_ts *t)
{
	return t->addr.is_ip6 ? 16 : 4;
}

int
ike_ts_parse(struct rd *r, struct ike_ts_list *out)
{
	uint8_t n = rd_u8(r);

	rd_bytes(r, 3); /* RESERVED */
	out->n = 0;
	if (n == 0)
		return -EBADMSG;
	for (; n > 0 && !r->bad; n--) {
		uint8_t type = rd_u8(r);
		struct ike_ts ts = { .proto = rd_u8(r) };
		uint16_t len = rd_be16(r); /* of the whole selector, these 4 bytes too */
		struct rd body = rd_sub(r, len >= 4 ? len - 4u : SIZE_MAX);

		if (type != TS_IPV4_ADDR_RANGE && type != TS_IPV6_ADDR_RANGE)
			continue;
		ts.addr.is_ip6 = type == TS_IPV6_ADDR_RANGE;
		ts.port_lo = rd_be16(&body);
		ts.port_hi = rd_be16(&body);
		rd_copy(&body, ts.addr.lo, addr_len(&ts));
		rd_copy(&body, ts.addr.hi, addr_len(&ts));
		if (body.bad || rd_left(&body) != 0)
			return -EBADMSG;
		if (out->n == IKE_MAX_TS)
			return -E2BIG;
		out->ts[out->n++] = ts;
	}
	return r->bad || rd_left(r) != 0 ? -EBADMSG : 0;
}

void
ike_put_ts(struct ike_chain *c, uint8_t type, const struct ike_ts_list *l)
{
	ike_chain_begin(c, type);
	wr_u8(c->w, l->n);
	wr_zero(c->w, 3);
	for (unsigned int i = 0; i < l->n; i++) {
		const struct ike_ts *t = &l->ts[i];
		uint16_t len = addr_len(t);

		wr_u8(c->w, t->addr.is_ip6 ? TS_IPV6_ADDR_RANGE : TS_IPV4_ADDR_RANGE);
		wr_u8(c->w, t->proto);
		wr_be16(c->w, (uint16_t)(TS_HEADER_LEN + 2 * len));
		wr_be16(c->w, t->port_lo);
		wr_be16(c->w, t->port_hi);
		wr_bytes(c->w, t->addr.lo, len);
		wr_bytes(c->w, t->addr.hi, len);
	}
	ike_chain_end(c);
}

struct ike_ts_list
ike_ts_host(uint8_t proto, uint32_t addr)
{
	return (struct ike_ts_list){ .n = 1,
		.ts = { { .proto = proto,
				.port_hi = UINT16_MAX,
				.addr = ip_range4(addr, addr) } } };
}

static bool
within(const struct ike_ts *a, const struct ike_ts *b)
{
	return (b->proto == 0 || a->proto == b->proto) && ip_range_within(&a->addr, &b->addr) &&
	       b->port_lo <= a->port_lo && a->port_hi <= b->port_hi;
}

/* What is in @a and in @b. False: nothing, or only "OPAQUE" ports (65535 to 0), which no packet
 * that is forwarded whole has. */
static bool
intersect(const struct ike_ts *a, const struct ike_ts *b, struct ike_ts *out)
{
	if (a->proto != 0 && b->proto != 0 && a->proto != b->proto)
		return false;
	out->proto = a->proto != 0 ? a->proto : b->proto;
	out->port_lo = a->port_lo > b->port_lo ? a->port_lo : b->port_lo;
	out->port_hi = a->port_hi < b->port_hi ? a->port_hi : b->port_hi;
	return ip_range_meet(&a->addr, &b->addr, &out->addr) && out->port_lo <= out->port_hi;
}

/* Add @t unless a selector of the list has it already; one that is inside @t is widened to it. */
static void
add(struct ike_ts_list *l, const struct ike_ts *t)
{
	for (unsigned int i = 0; i < l->n; i++) {
		if (within(t, &l->ts[i]))
			return;
		if (within(&l->ts[i], t)) {
			l->ts[i] = *t;
			return;
		}
	}
	if (l->n < IKE_MAX_TS)
		l->ts[l->n++] = *t;
}

bool
ike_ts_narrow(const struct ike_ts_list *offered, const struct ike_ts_list *own,
		struct ike_ts_list *out)
{
	struct ike_ts t;

	out->n = 0;
	for (unsigned int i = 0; i < offered->n; i++)
		for (unsigned int j = 0; j < own->n; j++)
			if (intersect(&offered->ts[i], &own->ts[j], &t))
				add(out, &t);
	return out->n != 0;
}

bool
ike_ts_within(const struct ike_ts_list *l, const struct ike_ts_list *of)
{
	for (unsigned int i = 0; i < l->n; i++) {
		unsigned int j = 0;

		while (j < of->n && !within(&l->ts[i], &of->ts[j]))
			j++;
		if (j == of->n || ip_range_empty(&l->ts[i].addr) ||
				l->ts[i].port_lo > l->ts[i].port_hi)
			return false;
	}
	return l->n != 0;
}

bool
ike_ts_same(const struct ike_ts_list *a, const struct ike_ts_list *b)
{
	return ike_ts_within(a, b) && ike_ts_within(b, a);
}

#define PROTO_ICMP   1
#define PROTO_ICMPV6 58

/* ":80-80", of ICMP type and code: ":8/0-8/255"; nothing if it is all. */
static void
ports_str(const struct ike_ts *t, char *buf, size_t len)
{
	buf[0] = '\0';
	if (t->port_lo == 0 && t->port_hi == UINT16_MAX)
		return;
	if (t->proto == PROTO_ICMP || t->proto == PROTO_ICMPV6)
		snprintf(buf, len, ":%u/%u-%u/%u", t->port_lo >> 8, t->port_lo & 0xff,
				t->port_hi >> 8, t->port_hi & 0xff);
	else
		snprintf(buf, len, ":%u-%u", t->port_lo, t->port_hi);
}

/* "10.1.0.0-10.1.255.255", "protocol 6 192.0.2.1:80-80", "[2001:db8::1]:80-80". */
static size_t
one_str(const struct ike_ts *t, char *buf, size_t len)
{
	char addrs[IP_RANGE_STR_LEN], proto[24] = "", ports[24];
	bool brackets;

	if (t->proto != 0)
		snprintf(proto, sizeof(proto), "protocol %u ", t->proto);
	ports_str(t, ports, sizeof(ports));
	brackets = t->addr.is_ip6 && ports[0] != '\0';
	return (size_t)snprintf(buf, len, "%s%s%s%s%s", proto, brackets ? "[" : "",
			ip_range_str(&t->addr, addrs), brackets ? "]" : "", ports);
}

char *
ike_ts_str(const struct ike_ts_list *l, char *buf, size_t len)
{
	size_t n;

	if (l->n == 0) {
		snprintf(buf, len, "none");
		return buf;
	}
	n = one_str(&l->ts[0], buf, len);
	if (l->n > 1 && n < len)
		snprintf(buf + n, len - n, "...");
	return buf;
}
