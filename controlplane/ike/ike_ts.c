/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Traffic selectors, RFC 7296 sections 2.9 and 3.13. A tunnel's traffic is one protocol between
 * two hosts, so narrowing is simple: as responder we pick exactly that out of whatever covers it,
 * as initiator we accept nothing else.
 */
#include <errno.h>
#include <stdio.h>

#include "common/inet.h"
#include "controlplane/ike/ike_wire.h"

#define TS_IPV4_ADDR_RANGE 7
#define TS_IPV4_LEN        16

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

		if (type != TS_IPV4_ADDR_RANGE)
			continue;
		ts.port_lo = rd_be16(&body);
		ts.port_hi = rd_be16(&body);
		ts.addr_lo = rd_be32(&body);
		ts.addr_hi = rd_be32(&body);
		if (body.bad || rd_left(&body) != 0)
			return -EBADMSG;
		if (out->n == IKE_MAX_TS)
			return -E2BIG;
		out->ts[out->n++] = ts;
	}
	return r->bad || rd_left(r) != 0 ? -EBADMSG : 0;
}

void
ike_put_ts(struct ike_chain *c, uint8_t type, uint8_t proto, uint32_t addr)
{
	ike_chain_begin(c, type);
	wr_u8(c->w, 1);
	wr_zero(c->w, 3);
	wr_u8(c->w, TS_IPV4_ADDR_RANGE);
	wr_u8(c->w, proto);
	wr_be16(c->w, TS_IPV4_LEN);
	wr_be16(c->w, 0);
	wr_be16(c->w, UINT16_MAX);
	wr_be32(c->w, addr);
	wr_be32(c->w, addr);
	ike_chain_end(c);
}

bool
ike_ts_covers(const struct ike_ts_list *l, uint8_t proto, uint32_t addr)
{
	for (unsigned int i = 0; i < l->n; i++) {
		const struct ike_ts *t = &l->ts[i];

		if ((t->proto == 0 || t->proto == proto) && t->port_lo == 0 &&
				t->port_hi == UINT16_MAX && t->addr_lo <= addr &&
				addr <= t->addr_hi)
			return true;
	}
	return false;
}

bool
ike_ts_is(const struct ike_ts_list *l, uint8_t proto, uint32_t addr)
{
	const struct ike_ts *t = &l->ts[0];

	return l->n == 1 && t->proto == proto && t->port_lo == 0 && t->port_hi == UINT16_MAX &&
	       t->addr_lo == addr && t->addr_hi == addr;
}

char *
ike_ts_str(const struct ike_ts_list *l, char *buf, size_t len)
{
	const struct ike_ts *t = &l->ts[0];
	char lo[IP4_STR_LEN], hi[IP4_STR_LEN];

	if (l->n == 0)
		snprintf(buf, len, "no IPv4");
	else if (t->addr_lo == t->addr_hi)
		snprintf(buf, len, "%s%s", ip4_str(t->addr_lo, lo), l->n > 1 ? "..." : "");
	else
		snprintf(buf, len, "%s-%s%s", ip4_str(t->addr_lo, lo), ip4_str(t->addr_hi, hi),
				l->n > 1 ? "..." : "");
	return buf;
}
