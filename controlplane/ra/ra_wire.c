/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Router advertisements and solicitations on the wire; see ra_wire.h.
 *
 *     |     134       |       0       |           Checksum            |
 *     | Hop limit     |M|O|0|Prf|0 0 0|       Router lifetime         |
 *     |                        Reachable time, 0                      |
 *     |                        Retrans timer, 0                       |
 *     | Options: source link-layer address, MTU, prefixes             |
 */
#include <errno.h>

#include "common/inet.h"
#include "controlplane/nd/nd_wire.h"
#include "controlplane/ra/ra_wire.h"

#define OPT_SOURCE_LL  1
#define OPT_PREFIX     3
#define OPT_MTU        5
#define OPT_UNIT       8u /* option lengths count these */
#define FLAG_MANAGED   0x80
#define FLAG_OTHER     0x40
#define PREFERENCE_AT  3
#define FLAG_ON_LINK   0x80
#define FLAG_AUTONOM   0x40

/* Section 4.6.2. */
static void
prefix_write(struct wr *w, const struct ra_prefix *p)
{
	struct ip6_addr net = ip6_masked(&p->prefix.addr, p->prefix.len);

	wr_u8(w, OPT_PREFIX);
	wr_u8(w, 4);
	wr_u8(w, p->prefix.len);
	wr_u8(w, (uint8_t)((p->on_link ? FLAG_ON_LINK : 0) | (p->autonomous ? FLAG_AUTONOM : 0)));
	wr_be32(w, p->valid_s);
	wr_be32(w, p->preferred_s);
	wr_be32(w, 0);
	wr_bytes(w, &net, sizeof(net));
}

size_t
ra_build(const struct ra_msg *m, uint8_t buf[RA_FRAME_LEN])
{
	static const struct ip6_addr all_nodes = { { 0xff, 0x02, [15] = 1 } };
	uint8_t body[RA_FRAME_LEN], group[6];
	struct wr w = wr_init(body, sizeof(body));

	wr_u8(&w, m->hop_limit);
	wr_u8(&w, (uint8_t)((m->managed ? FLAG_MANAGED : 0) | (m->other ? FLAG_OTHER : 0) |
			m->preference << PREFERENCE_AT));
	wr_be16(&w, m->lifetime_s);
	wr_zero(&w, 8); /* reachable time and retransmission: hosts have theirs */
	wr_u8(&w, OPT_SOURCE_LL);
	wr_u8(&w, 1);
	wr_bytes(&w, m->mac, sizeof(m->mac));
	if (m->mtu != 0) {
		wr_u8(&w, OPT_MTU);
		wr_u8(&w, 1);
		wr_be16(&w, 0);
		wr_be32(&w, m->mtu);
	}
	for (uint8_t i = 0; i < m->n_prefixes; i++)
		prefix_write(&w, &m->prefixes[i]);
	ip6_multicast_mac(&all_nodes, group);
	return nd_frame(&(struct nd_frame){ .src_mac = m->mac, .dst_mac = group, .src = &m->src,
			.dst = &all_nodes, .type = RA_ADVERT, .body = body, .len = w.len },
			buf, RA_FRAME_LEN);
}

/* Section 4.6: options of unknown types are stepped over, a length of 0 spoils the message. */
static void
options_parse(struct rd *r, struct ra_solicit *out)
{
	while (!r->bad && rd_left(r) > 0) {
		uint8_t type = rd_u8(r), len = rd_u8(r);
		struct rd body = rd_sub(r, len != 0 ? len * OPT_UNIT - 2 : SIZE_MAX);

		if (type != OPT_SOURCE_LL || out->has_mac || len != 1)
			continue;
		rd_copy(&body, out->mac, sizeof(out->mac));
		out->has_mac = !body.bad;
	}
}

int
ra_solicit_parse(struct rd *r, struct ra_solicit *out)
{
	struct nd_packet p;
	int err = nd_open(r, &p);

	memset(out, 0, sizeof(*out));
	if (err != 0)
		return err;
	if (p.type != RA_SOLICIT)
		return -ENOMSG;
	rd_bytes(&p.body, 4); /* reserved */
	options_parse(&p.body, out);
	out->src = p.src;
	/* Section 6.1.1: who has no address cannot be answered at his MAC address. */
	if (p.body.bad || (ip6_is_zero(&p.src) && out->has_mac) ||
			(out->has_mac && (out->mac[0] & 1) != 0))
		return -EBADMSG;
	return ip6_is_zero(&p.src) || ip6_is_unicast_host(&p.src) ? 0 : -EBADMSG;
}
