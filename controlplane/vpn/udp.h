/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IKE's datagrams in their IPv4 packets (RFC 791, RFC 768): taken out of what the dataplane punts,
 * and built for it to route. Messages on port 4500 have the non-ESP marker of RFC 3948 in front.
 */
#ifndef CULVERT_CONTROLPLANE_VPN_UDP_H
#define CULVERT_CONTROLPLANE_VPN_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/wire.h"

#define UDP_PORT_IKE      500
#define UDP_PORT_IKE_NATT 4500
#define UDP_HDRS_LEN      32 /* IPv4, UDP and the marker */

struct udp_msg {
	uint32_t src, dst;
	uint16_t sport, dport;
	const uint8_t *data; /* IKE message, without the marker */
	size_t len;
	bool bare; /* no marker on port 4500: a NAT keepalive */
};

/**
 * An unfragmented IPv4 packet with a UDP datagram for port 500 or 4500.
 * @return 0; -EBADMSG (lengths, checksum, not IPv4 or UDP, a fragment); -EPROTONOSUPPORT (another
 *         port, or no IKE on 4500: ESP in UDP, a NAT keepalive).
 */
int udp_parse(struct rd *r, struct udp_msg *out);

/**
 * The packet for @m->data; with the marker if @m->sport is 4500 and it is not @m->bare. @ip_id
 * distinguishes packets that may be fragmented on the way. Bytes written to @buf, 0 if they do not
 * fit into @cap.
 */
size_t udp_build(const struct udp_msg *m, uint16_t ip_id, uint8_t *buf, size_t cap);

/**
 * The next fragment (RFC 791) of the packet @pkt of @len bytes that udp_build() made, at most @mtu
 * bytes.
 *
 * @param at  0 at first; how far it has come.
 * @return bytes written to @out, 0 when there is no more.
 */
size_t udp_fragment(const uint8_t *pkt, size_t len, size_t *at, uint8_t *out, size_t mtu);

#endif
