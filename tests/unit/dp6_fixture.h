/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPv6 for the world of dp_fixture.h:
 *
 *     LAN 2001:db8:1::/64 -- port 0 [hub] port 1 -- 2001:db8:f::/64 -- gateway ::fe -- the rest
 *     2001:db8:2::/64 on VLAN 100 of port 0
 *
 *     2001:db8:100::/48 and so on -> tunnels 0 to 3, as 10.100/16 and so on
 *     2001:db8:20::/48 -> a neighbour that is not resolved, 2001:db8:9::/48 -> nowhere
 *
 * The hub is ::1 in each network and fe80::1 on the LAN.
 */
#ifndef CULVERT_TESTS_DP6_FIXTURE_H
#define CULVERT_TESTS_DP6_FIXTURE_H

#include "dataplane/nodes/icmp6.h"
#include "dataplane/nodes/ip6.h"
#include "tests/unit/dp_fixture.h"

#define D6_LAN_ADDR  "2001:db8:1::1"
#define D6_LAN_LINK  "fe80::1"
#define D6_LAN_HOST  "2001:db8:1::10"
#define D6_VLAN_ADDR "2001:db8:2::1"
#define D6_VLAN_HOST "2001:db8:2::10"
#define D6_WAN_ADDR  "2001:db8:f::1"
#define D6_FAR       "2001:db8:aaaa::7"

enum {
	D6_NH_LAN_HOST = DP_NH_FREE, D6_NH_VLAN_HOST, D6_NH_GW, D6_NH_WAIT, D6_NH_FREE
};

/** What dp_world() has made and IPv6 beside it. */
void d6_world(void);
struct chan_if d6_if(uint32_t if_id);
struct chan_nh d6_nh(uint32_t nh_id);
/** Upsert a route; "2001:db8::/32". 0 or -errno. */
int d6_route(const char *prefix, uint32_t nh_id);
int d6_unroute(const char *prefix);

struct ip6_addr d6_addr(const char *s);

/* What to put on the wire. Zero fields get what a good packet has. */
struct d6_pkt {
	const char *src, *dst; /* NULL: D6_LAN_HOST and D6_FAR */
	uint8_t proto;         /* 0: UDP from port 1000 to 2000, or as in @sport, @dport */
	bool hop_by_hop;       /* @proto is 0 and means it */
	uint8_t hops, tc;
	uint16_t len; /* of the whole IPv6 packet; 0: 80 */
	uint16_t sport, dport;
	uint16_t vlan;
	const uint8_t *dst_mac; /* NULL: the port's, or the group's */
	const void *payload;    /* behind the IPv6 header, or NULL: a pattern */
	uint16_t payload_len;
};

/** A frame for @port. ICMPv6 (58) with a payload gets its checksum. */
struct rte_mbuf *d6_frame(uint16_t port, const struct d6_pkt *p);
void d6_send(uint16_t port, const struct d6_pkt *p);
/** The IPv6 header of dp.out[i], behind its Ethernet header; it is checked to be one. */
struct rte_ipv6_hdr *d6_out(unsigned int i);
/** The ICMPv6 checksum's sum, right when 0xffff. @len: bytes of the ICMPv6 message. */
uint16_t d6_icmp_sum(const struct rte_ipv6_hdr *ip, const void *icmp, unsigned int len);
bool d6_is_addr(const uint8_t a[16], const char *s);
/** One sent packet, an ICMPv6 message of this kind, in order from the first byte to the last? */
bool d6_icmp_is(uint8_t type, uint8_t code, uint32_t arg, const char *src, const char *dst);

#endif
