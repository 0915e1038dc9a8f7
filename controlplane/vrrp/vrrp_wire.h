/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * VRRP advertisements on the wire: version 3 (RFC 9568 section 5.2), version 2 (RFC 3768 section
 * 5.3, with the text password of RFC 2338). IPv4 addresses stand as ::ffff:a.b.c.d, so that both
 * families are compared and kept alike.
 */
#ifndef CULVERT_CONTROLPLANE_VRRP_WIRE_H
#define CULVERT_CONTROLPLANE_VRRP_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/inet6.h"
#include "common/wire.h"

#define VRRP_ADDRS_MAX  16
#define VRRP_AUTH_LEN   8
#define VRRP_PACKET_MAX (40 + 8 + VRRP_ADDRS_MAX * 16 + VRRP_AUTH_LEN)

enum vrrp_auth_type { VRRP_AUTH_NONE = 0, VRRP_AUTH_TEXT = 1 };

/** Why a packet is none of VRRP, in the order in which it is looked at. */
enum vrrp_err {
	VRRP_OK,
	VRRP_ERR_LENGTH,
	VRRP_ERR_VERSION,
	VRRP_ERR_TYPE,
	VRRP_ERR_CHECKSUM,
};

struct vrrp_adv {
	bool ip6;
	uint8_t ttl; /* or hop limit */
	struct ip6_addr src, dst;
	uint8_t version, vrid, priority;
	uint8_t n_addrs;      /* as it says */
	uint8_t auth_type;    /* version 2 */
	uint8_t auth[VRRP_AUTH_LEN];
	uint32_t interval_ms;
	bool pseudo;          /* version 3 over IPv4: the checksum is with a pseudo-header */
	struct ip6_addr addrs[VRRP_ADDRS_MAX]; /* the first of them */
};

/** ::ffff:a.b.c.d */
struct ip6_addr vrrp_map4(uint32_t addr);
/** The IPv4 address in it, host order. */
uint32_t vrrp_addr4(const struct ip6_addr *a);

/** Read a packet from its IP header on; IPv6 without extension headers. */
enum vrrp_err vrrp_parse(struct rd *r, struct vrrp_adv *out);
/** The packet with its IP header; n_addrs <= VRRP_ADDRS_MAX. Its length. */
size_t vrrp_build(const struct vrrp_adv *a, uint8_t buf[VRRP_PACKET_MAX]);

/** 224.0.0.18 or ff02::12 */
struct ip6_addr vrrp_group(bool ip6);
/** 00-00-5e-00-01-VRID, 00-00-5e-00-02-VRID (RFC 9568 section 7.3) */
void vrrp_mac(bool ip6, uint8_t vrid, uint8_t mac[6]);

#endif
