/* SPDX-License-Identifier: BSD-3-Clause */
/* Neighbour solicitations and advertisements on the wire (RFC 4861 sections 4.3, 4.4, 4.6.1). */
#ifndef CULVERT_CONTROLPLANE_ND_WIRE_H
#define CULVERT_CONTROLPLANE_ND_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/inet6.h"
#include "common/wire.h"

enum nd_type { ND_NS = 135, ND_NA = 136 };

enum nd_flag { ND_ROUTER = 0x80, ND_SOLICITED = 0x40, ND_OVERRIDE = 0x20 };

struct nd_msg {
	enum nd_type type;
	uint8_t flags; /* NA: enum nd_flag */
	struct ip6_addr src, dst, target;
	bool has_mac; /* source (NS) or target (NA) link-layer address option */
	uint8_t mac[6];
};

#define ND_FRAME_LEN (14 + 40 + 24 + 8)

/* An ICMPv6 message of the link, of any type. */
struct nd_packet {
	struct ip6_addr src, dst;
	uint8_t type;
	struct rd body; /* behind the checksum */
};

/** Read an IPv6 packet with such a message: hop limit, checksum and code as they must be. 0 or
 *  -EBADMSG. */
int nd_open(struct rd *r, struct nd_packet *out);

struct nd_frame {
	const uint8_t *src_mac, *dst_mac;
	const struct ip6_addr *src, *dst;
	uint8_t type;
	const uint8_t *body; /* behind the checksum */
	size_t len;
};

/** The Ethernet frame of such a message. Bytes written. */
size_t nd_frame(const struct nd_frame *f, uint8_t *buf, size_t cap);

/**
 * Read an IPv6 packet with an NS or NA in it, and check it as sections 7.1.1 and 7.1.2 demand,
 * checksum and hop limit too. 0, -EBADMSG, or -ENOMSG: another ICMPv6 message.
 */
int nd_parse(struct rd *r, struct nd_msg *out);
/** An Ethernet frame from @src_mac to @dst_mac. Bytes written. */
size_t nd_build(const struct nd_msg *m, const uint8_t src_mac[6], const uint8_t dst_mac[6],
		uint8_t buf[ND_FRAME_LEN]);

#endif
