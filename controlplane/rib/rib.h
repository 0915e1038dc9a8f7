/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The RIB: connected, local and static routes and those of routing protocols in, one forwarding
 * table out. A plain library: links (interfaces and tunnels) and routes are handed in as arrays,
 * everything is computed anew, and the result is read from the accessors until the next
 * computation. Who pushes it to the dataplane compares with what is there.
 *
 * Rules:
 *  - Connected and local routes exist while their link is up. A /32 address has no connected route.
 *  - Of the routes to one prefix the one with the lowest distance is used, then that with the
 *    lowest metric; equals of one protocol share the traffic.
 *  - A static route through a gateway is used while the gateway resolves: to a connected subnet, or
 *    through another route that is not the route itself (recursion).
 *  - A static route through a link is used while that link is up. One bound to a tracked object is
 *    used only while that is up, besides.
 *  - Routes of a routing protocol come with a link and, on an interface, a gateway there.
 *  - A tunnel is up for routing while it is enabled, its source is one of our addresses, and its
 *    destination resolves to a next hop on an interface. Whether traffic can pass yet (ARP, IPsec)
 *    does not matter here: a protected tunnel needs traffic before it negotiates.
 *  - A prefix that is routed into a protected tunnel stays with it while the tunnel is down and no
 *    other route to the same prefix can take over: the dataplane drops there. Else a less specific
 *    route would send in the clear what should be protected.
 *  - A route that would send a tunnel's own outer packets into that tunnel (recursive routing) is
 *    suppressed: the next best route leads to the far end, and the tunnel stays up. This follows
 *    from the routes alone, so nothing flaps. A route of a routing protocol is suppressed as well
 *    when it would send them into another tunnel while there is a way without: else a path around a
 *    tunnel that is down would keep it down for ever.
 *    What a static route would have sent into a protected tunnel is dropped then, but for the far
 *    end itself.
 *  - A tunnel that has no other way than through a tunnel is down for as long as routes say so.
 *  - A tunnel whose far end is pinned to a next hop uses that one alone, and so does all that goes
 *    to the far end: IKE must take the same way.
 */
#ifndef CULVERT_CONTROLPLANE_RIB_H
#define CULVERT_CONTROLPLANE_RIB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/inet.h"

#define RIB_LINK_NAME  32
#define RIB_LINK_ADDRS 24 /* of VRRP, too */
#define RIB_ECMP_MAX   16
#define RIB_NO_LINK    UINT32_MAX
#define RIB_WHY_LEN    192

/** An interface or a tunnel, as configured and with its state. */
struct rib_link {
	char name[RIB_LINK_NAME];
	uint32_t id; /* the caller's number: if_id or tun_id */
	bool is_tunnel;
	bool is_protected; /* tunnel: what is routed into it must never leave any other way in the
			      clear */
	bool is_multipoint; /* tunnel: has no destination, others are its far ends */
	bool lost;         /* tunnel: nothing is routed into it, but it has its underlay still */
	bool up;           /* interface: enabled, port there, link up; tunnel: enabled */
	uint8_t n_addrs;
	struct ip4_prefix addrs[RIB_LINK_ADDRS]; /* with host bits */
	uint32_t source, destination;            /* of a tunnel */
	uint32_t pin_gw; /* of a tunnel: next hop to the far end; 0: as the routes say */
};

struct rib_static {
	struct ip4_prefix prefix; /* host bits zero */
	bool null;
	uint8_t distance;
	uint32_t next_hop; /* 0: none */
	uint32_t link;     /* index into the links, RIB_NO_LINK: found through @next_hop */
	uint32_t tag;
	const char *track; /* name of the object it is bound to, NULL: none */
	bool track_down;
};

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

/** A next hop of a routing protocol. */
struct rib_hop {
	uint32_t link; /* index into the links */
	uint32_t gw;   /* 0: the link is a tunnel, or the destination is on the link itself */
};

/** A route of a routing protocol. */
struct rib_dyn {
	struct ip4_prefix prefix; /* host bits zero */
	uint8_t kind;             /* enum rib_kind, not NONE */
	uint8_t distance;
	bool null;                /* discard; then without hops */
	uint32_t metric, tag;
	uint32_t first_hop, n_hops; /* in rib_input.hops; at most RIB_ECMP_MAX are used */
};

struct rib_input {
	const struct rib_link *links;
	const struct rib_static *statics;
	const struct rib_dyn *dyns; /* sorted by address, then length: else it takes longer */
	const struct rib_hop *hops;
	uint32_t n_links, n_statics, n_dyns;
};

enum rib_proto { RIB_LOCAL, RIB_CONNECTED, RIB_STATIC, RIB_OSPF };

enum rib_nh_kind { RIB_NH_DROP, RIB_NH_LOCAL, RIB_NH_GLEAN, RIB_NH_ADJ, RIB_NH_TUN };

/** A resolved next hop. */
struct rib_nh {
	enum rib_nh_kind kind;
	uint32_t link; /* GLEAN, ADJ, TUN; else RIB_NO_LINK */
	uint32_t gw;   /* ADJ: the neighbour */
};

/** One line of the forwarding table. Sorted by address, then length. */
struct rib_fib {
	struct ip4_prefix prefix;
	const struct rib_nh *nhs;
	uint32_t n_nhs; /* 1..RIB_ECMP_MAX */
	/* Of a prefix that several next hops lead to, now or when others fail, or that a routing
	 * protocol knows: all such prefixes with the same next hops in the same order of preference
	 * have the same number, so that one change of a next-hop group moves all of them. 0: there is
	 * one next hop only, and it was configured. */
	uint64_t ways;
};

/** A next hop as it was configured. */
struct rib_via {
	uint32_t gw;   /* 0: none */
	uint32_t link; /* configured, or found for @gw; RIB_NO_LINK: not (yet) */
	bool null;
	bool resolved;
};

/** All that one protocol offers with one distance for one prefix. Sorted by prefix, then distance.
 */
struct rib_route {
	struct ip4_prefix prefix;
	enum rib_proto proto;
	uint8_t kind; /* enum rib_kind */
	uint8_t distance;
	uint32_t metric, tag;
	bool installed;
	const char *why;  /* when not installed: the reason in words; else "" */
	uint64_t since_s; /* when it got into this state */
	const struct rib_via *vias;
	uint32_t n_vias;
};

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

/** How a tunnel's packets leave. */
struct rib_underlay {
	enum rib_underlay_err err;
	uint32_t link; /* OK: the interface */
	uint32_t gw;   /* OK: the neighbour there */
	uint32_t via;  /* TUNNEL: the other link */
};

/** A route that is suppressed since it would carry a tunnel's own outer packets. */
struct rib_recursive {
	struct ip4_prefix prefix;
	enum rib_proto proto;
	uint32_t link;        /* the tunnel it leads into */
	uint32_t tunnel;      /* whose far end it covers; mostly the same */
	uint32_t destination; /* that far end */
};

struct rib;

struct rib *rib_new(void);
void rib_free(struct rib *r);

/** Compute everything from @in, which is copied. @now_s for the routes' ages. 0 or -ENOMEM (then
 *  the former result stands). */
int rib_update(struct rib *r, const struct rib_input *in, uint64_t now_s);

/** Which prefixes are concerned by a change. */
struct rib_changes {
	struct ip4_prefix *prefixes; /* sorted; the caller frees it */
	uint32_t n;
};

/**
 * Of the input of the last rib_update() only the protocol's routes have changed; these are all there
 * are now. Nothing is decided anew but for prefixes whose routes are others than before, so a
 * change costs one walk over the table, whatever the number of tunnels.
 * @return 0; -EAGAIN: that is not all that would change (the far end of a tunnel or the gateway of
 *         another route is within such a prefix, or it is the address of a host on a connected subnet, or
 *         routes are suppressed, or they do not come sorted), so rib_update() it must be; -ENOMEM. After
 *         an error the former result stands and @out is empty.
 */
int rib_patch(struct rib *r, const struct rib_dyn *dyns, uint32_t n_dyns, const struct rib_hop *hops,
		uint64_t now_s, struct rib_changes *out);

/* The result; valid until the next rib_update() or rib_patch(). */
uint32_t rib_n_links(const struct rib *r);
const struct rib_link *rib_link(const struct rib *r, uint32_t i);
const struct rib_fib *rib_fib(const struct rib *r, uint32_t *n);
const struct rib_route *rib_routes(const struct rib *r, uint32_t *n);
/** Of the link @i, which must be a tunnel. */
const struct rib_underlay *rib_underlay(const struct rib *r, uint32_t i);
/** The line of exactly this prefix, or NULL. */
const struct rib_fib *rib_find(const struct rib *r, const struct ip4_prefix *p);
/** Is exactly this prefix in the forwarding table? */
bool rib_has(const struct rib *r, const struct ip4_prefix *p);
/** The line that a packet to @addr would take, or NULL. */
const struct rib_fib *rib_lookup(const struct rib *r, uint32_t addr);
/** All suppressed routes, by prefix. */
const struct rib_recursive *rib_recursives(const struct rib *r, uint32_t *n);
const char *rib_proto_str(enum rib_proto p);
/** As IOS has it: "O IA", "O E2", "S"; a kind matters with RIB_OSPF only. */
const char *rib_code_str(enum rib_proto p, enum rib_kind k);
/** "intra-area", "inter-area", "external-1", ...; NULL for RIB_KIND_NONE. */
const char *rib_kind_str(enum rib_kind k);
/** Why a tunnel is down for routing, in words ("no route to 2.2.2.2"). */
const char *rib_underlay_why(const struct rib *r, uint32_t i, char *buf, size_t len);

#endif
