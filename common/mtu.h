/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The MTU budget of a tunnel: which is the longest inner packet whose outer packet the underlay
 * takes whole. All that is put around the inner packet, from the outside:
 *
 *     IPv4 20 | UDP 8 | ESP 8, IV | IPv4 20 | GRE 4..16 | inner packet | padding, 2 | ICV
 *               NAT-T                tunnel mode             to a multiple of @align
 *
 * RFC 791, RFC 2784, RFC 2890, RFC 3948, RFC 4303. Both programs do the sum with this one function:
 * the dataplane to enforce it, the control plane to warn of a configuration above it and to show
 * it.
 */
#ifndef CULVERT_COMMON_MTU_H
#define CULVERT_COMMON_MTU_H

#include <stdbool.h>
#include <stdint.h>

#define MTU_OUTER_IP4   20
#define MTU_UDP         8
#define MTU_ESP_HDR     8 /* SPI and sequence number */
#define MTU_ESP_TRAILER 2 /* pad length and next header */
#define MTU_TCP_IP4     40 /* headers without options in front of a TCP segment */
#define MTU_TCP_IP6     60

/** What is around the inner packet. In bytes; 0: not there. */
struct mtu_parts {
	/* longest outer packet: of the interface, or of the path if that is less */
	uint16_t underlay;
	uint8_t udp;       /* MTU_UDP */
	uint8_t esp_hdr;   /* MTU_ESP_HDR; without it the next three are not looked at */
	uint8_t iv;
	uint8_t align;     /* a power of two: 4, 8 or 16 */
	uint8_t icv;
	uint8_t inner_hdr; /* the second IPv4 header of tunnel mode around GRE */
	uint8_t gre;       /* with its options; see mtu_gre() */
};

/** Length of a GRE header with these options: 4..16. */
uint8_t mtu_gre(bool checksum, bool key, bool sequence);
/** Longest inner packet whose outer packet is no longer than @underlay; 0 if not even one fits. */
uint16_t mtu_budget(const struct mtu_parts *p);
/** Bytes of padding that ESP puts behind an inner packet of @inner bytes. */
unsigned int mtu_padding(const struct mtu_parts *p, unsigned int inner);
/** Length of the outer packet around an inner one of @inner bytes. */
unsigned int mtu_outer(const struct mtu_parts *p, unsigned int inner);

#endif
