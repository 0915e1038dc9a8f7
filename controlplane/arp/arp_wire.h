/* SPDX-License-Identifier: BSD-3-Clause */
/* ARP messages for IPv4 over Ethernet (RFC 826): bytes to a struct and back. */
#ifndef CULVERT_CONTROLPLANE_ARP_WIRE_H
#define CULVERT_CONTROLPLANE_ARP_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "common/wire.h"

#define ARP_MSG_LEN   28
#define ARP_FRAME_LEN 60 /* Ethernet header, message and padding to the minimum, without FCS */

enum arp_opcode { ARP_OP_REQUEST = 1, ARP_OP_REPLY = 2 };

struct arp_msg {
	uint16_t op;            /* enum arp_opcode */
	uint8_t sha[6], tha[6]; /* sender's and target's hardware address */
	uint32_t spa, tpa;      /* sender's and target's protocol address, host order */
};

/**
 * The message at @r, which starts behind the Ethernet header; padding behind it is allowed.
 * Refused: other hardware or protocol types, other opcodes, a sender's hardware address that no
 * station can have (group bit, all zero).
 * @return 0 or -EBADMSG.
 */
int arp_parse(struct rd *r, struct arp_msg *out);

/** A whole frame from @m->sha to @dst into @buf. Its length, ARP_FRAME_LEN. */
size_t arp_build(const struct arp_msg *m, const uint8_t dst[6], uint8_t buf[ARP_FRAME_LEN]);

#endif
