/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The IPv6 RIB: a sibling of rib.h for the payload of tunnels and the LAN. Connected, local and
 * static routes in, one forwarding table out, computed anew each time. The rules are those of rib.h,
 * with these differences: tunnels run over IPv4, so whether one is up for routing is told by the
 * caller, who has asked the IPv4 RIB; a gateway may be link-local, then it comes with its link.
 */
#ifndef CULVERT_CONTROLPLANE_RIB6_H
#define CULVERT_CONTROLPLANE_RIB6_H

#include <stdbool.h>
#include <stdint.h>

#include "common/inet6.h"
#include "controlplane/rib/rib.h"

struct rib6_link {
	char name[RIB_LINK_NAME];
	uint32_t id; /* the caller's number: if_id or tun_id */
	bool is_tunnel;
	bool is_protected; /* tunnel: see rib.h */
	bool up;
	uint8_t n_addrs;
	struct ip6_prefix addrs[RIB_LINK_ADDRS]; /* with host bits; none link-local */
};

struct rib6_static {
	struct ip6_prefix prefix; /* host bits zero */
	bool null;
	uint8_t distance;
	struct ip6_addr next_hop; /* zero: none */
	uint32_t link;            /* index into the links, RIB_NO_LINK: found through @next_hop */
};

struct rib6_input {
	const struct rib6_link *links;
	const struct rib6_static *statics;
	uint32_t n_links, n_statics;
};

/** A resolved next hop. */
struct rib6_nh {
	enum rib_nh_kind kind;
	uint32_t link;      /* GLEAN, ADJ, TUN; else RIB_NO_LINK */
	struct ip6_addr gw; /* ADJ: the neighbour */
};

/** One line of the forwarding table. Sorted by address, then length. */
struct rib6_fib {
	struct ip6_prefix prefix;
	const struct rib6_nh *nhs;
	uint32_t n_nhs; /* 1..RIB_ECMP_MAX */
};

/** One offer for a prefix, as it was configured. Sorted by prefix, then distance. */
struct rib6_route {
	struct ip6_prefix prefix;
	enum rib_proto proto;
	uint8_t distance;
	bool null;
	struct ip6_addr gw; /* zero: none */
	uint32_t link;      /* configured, or found for @gw; RIB_NO_LINK: not (yet) */
	bool installed;
	char why[192];      /* when not installed: the reason in words */
	uint64_t since_s;   /* when it got into this state */
};

struct rib6;

struct rib6 *rib6_new(void);
void rib6_free(struct rib6 *r);

/** Compute everything from @in, which is copied. @now_s for the routes' ages. 0 or -ENOMEM (then
 *  the former result stands). */
int rib6_update(struct rib6 *r, const struct rib6_input *in, uint64_t now_s);

/* The result; valid until the next rib6_update(). */
const struct rib6_link *rib6_link(const struct rib6 *r, uint32_t i);
const struct rib6_fib *rib6_fib(const struct rib6 *r, uint32_t *n);
const struct rib6_route *rib6_routes(const struct rib6 *r, uint32_t *n);
/** Is exactly this prefix in the forwarding table? */
bool rib6_has(const struct rib6 *r, const struct ip6_prefix *p);

#endif
