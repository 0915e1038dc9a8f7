/* SPDX-License-Identifier: BSD-3-Clause */
/* ARP on the wire; see arp_wire.h. */
#include <errno.h>
#include <string.h>

#include "controlplane/arp/arp_wire.h"

#define ARP_HTYPE_ETHERNET 1
#define ETHERTYPE_IPV4     0x0800
#define ETHERTYPE_ARP      0x0806

int
arp_parse(struct rd *r, struct arp_msg *out)
{
	static const uint8_t zero[6];
	uint16_t htype = rd_be16(r);
	uint16_t ptype = rd_be16(r);
	uint8_t hlen = rd_u8(r);
	uint8_t plen = rd_u8(r);

	out->op = rd_be16(r);
	rd_copy(r, out->sha, 6);
	out->spa = rd_be32(r);
	rd_copy(r, out->tha, 6);
	out->tpa = rd_be32(r);
	if (r->bad || htype != ARP_HTYPE_ETHERNET || ptype != ETHERTYPE_IPV4 || hlen != 6 ||
			plen != 4)
		return -EBADMSG;
	if (out->op != ARP_OP_REQUEST && out->op != ARP_OP_REPLY)
		return -EBADMSG;
	if ((out->sha[0] & 1) != 0 || memcmp(out->sha, zero, 6) == 0)
		return -EBADMSG;
	return 0;
}

size_t
arp_build(const struct arp_msg *m, const uint8_t dst[6], uint8_t buf[ARP_FRAME_LEN])
{
	struct wr w = wr_init(buf, ARP_FRAME_LEN);

	wr_bytes(&w, dst, 6);
	wr_bytes(&w, m->sha, 6);
	wr_be16(&w, ETHERTYPE_ARP);
	wr_be16(&w, ARP_HTYPE_ETHERNET);
	wr_be16(&w, ETHERTYPE_IPV4);
	wr_u8(&w, 6);
	wr_u8(&w, 4);
	wr_be16(&w, m->op);
	wr_bytes(&w, m->sha, 6);
	wr_be32(&w, m->spa);
	wr_bytes(&w, m->tha, 6);
	wr_be32(&w, m->tpa);
	wr_zero(&w, ARP_FRAME_LEN - w.len);
	return w.len;
}
