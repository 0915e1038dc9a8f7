/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Clamping of the TCP maximum segment size (RFC 879, RFC 9293 section 3.7.1) of connections that
 * are set up through a tunnel, in both directions, so that their packets need no fragmentation and
 * no ICMP. Only SYN and SYN-ACK packets have the option. A SYN without it is left alone: its
 * sender is content with 536 (IPv4) or 1220 bytes (IPv6), RFC 6691.
 */
#ifndef CULVERT_DATAPLANE_NODES_MSS_H
#define CULVERT_DATAPLANE_NODES_MSS_H

#include <stdbool.h>
#include <stdint.h>

#include <netinet/in.h>

#include <rte_branch_prediction.h>

#define TCP_FLAGS_AT 13
#define TCP_SYN      0x02

/**
 * Lower each MSS option of the SYN packet at @tcp, @len bytes from there to the packet's end, to
 * @mss, and bring the TCP checksum in line (a wrong one stays wrong). What is malformed is left as
 * it is. @return true if the packet was changed.
 */
bool mss_clamp(uint8_t *tcp, unsigned int len, uint16_t mss);

/** The same of the IPv4 packet at @ip, of which @len bytes are there; nothing in it has been
 *  checked. @mss 0: no. */
bool mss_clamp_ip4(uint8_t *ip, unsigned int len, uint16_t mss);
/** The same of an IPv6 packet without extension headers. */
bool mss_clamp_ip6(uint8_t *ip, unsigned int len, uint16_t mss);

/** Quick look, before the call: may this IPv4 packet (20 bytes of it are there) be a SYN? Reads up
 *  to 74 bytes of the buffer, of whatever the packet's length. */
static inline bool
mss_maybe_syn4(const uint8_t *ip)
{
	return ip[9] == IPPROTO_TCP &&
	       unlikely((ip[(ip[0] & 0xfu) * 4 + TCP_FLAGS_AT] & TCP_SYN) != 0);
}

#endif
