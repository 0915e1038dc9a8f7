/* SPDX-License-Identifier: BSD-3-Clause */
/* What the RIBs of both families share: limits, and what routes and next hops may be. */
#ifndef CULVERT_CONTROLPLANE_RIB_COMMON_H
#define CULVERT_CONTROLPLANE_RIB_COMMON_H

#include <stdint.h>

#define RIB_LINK_NAME  32
#define RIB_LINK_ADDRS 24 /* of VRRP, too */
#define RIB_ECMP_MAX   16
#define RIB_NO_LINK    UINT32_MAX
#define RIB_WHY_LEN    192

/** What a route of a routing protocol is. */
enum rib_kind {
	RIB_KIND_NONE, /* not of a routing protocol */
	RIB_OSPF_INTRA,
	RIB_OSPF_INTER,
	RIB_OSPF_E1,
	RIB_OSPF_E2,
	RIB_OSPF_N1,
	RIB_OSPF_N2,
	RIB_OSPF_RANGE, /* discard route of an area range or summary of our own */
	RIB_N_KINDS
};

enum rib_proto { RIB_LOCAL, RIB_CONNECTED, RIB_STATIC, RIB_OSPF };

enum rib_nh_kind { RIB_NH_DROP, RIB_NH_LOCAL, RIB_NH_GLEAN, RIB_NH_ADJ, RIB_NH_TUN };

enum rib_underlay_err {
	RIB_UNDERLAY_OK, /* of a multipoint tunnel: without a link */
	RIB_UNDERLAY_DISABLED,
	RIB_UNDERLAY_NO_SOURCE, /* the source is not an address of an interface that is up */
	RIB_UNDERLAY_NO_ROUTE,
	RIB_UNDERLAY_NULL,   /* destination is covered by a null route */
	RIB_UNDERLAY_OWN,    /* destination is one of our addresses */
	RIB_UNDERLAY_LOOP,   /* destination would be reached through the tunnel itself */
	RIB_UNDERLAY_TUNNEL, /* ... through another tunnel: @via */
	RIB_UNDERLAY_PIN,    /* the next hop it is pinned to is on no interface that is up */
};

const char *rib_proto_str(enum rib_proto p);
/** As IOS has it: "O IA", "O E2", "S"; a kind matters with RIB_OSPF only. */
const char *rib_code_str(enum rib_proto p, enum rib_kind k);
/** "intra-area", "inter-area", "external-1", ...; NULL for RIB_KIND_NONE. */
const char *rib_kind_str(enum rib_kind k);

#endif
