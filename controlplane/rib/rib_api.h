/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a RIB is to its users, for one family: rib.h and rib6.h include it, with RIB_ADDR and
 * RIB_PREFIX for its addresses, rib6.h under other names. Nobody else includes it.
 */
/** An interface or a tunnel, as configured and with its state. */
struct rib_link {
	char name[RIB_LINK_NAME];
	uint32_t id; /* the caller's number: if_id or tun_id */
	bool is_tunnel;
	bool is_protected; /* tunnel: what is routed into it must never leave any other way in the
			      clear */
	bool is_multipoint; /* tunnel: has no destination, others are its far ends */
	bool is_foreign; /* tunnel: over the other family, whose RIB knows its way: @up says all */
	bool lost;         /* tunnel: nothing is routed into it, but it has its underlay still */
	bool held;         /* it was up until now: what the protocol has over it alone is dropped
			    * and not given up, until rib_patch() says what it has instead */
	bool up;           /* interface: enabled, port there, link up; tunnel: enabled */
	uint8_t n_addrs;
	RIB_PREFIX addrs[RIB_LINK_ADDRS]; /* with host bits */
	RIB_ADDR source, destination; /* of a tunnel */
	RIB_ADDR pin_gw; /* of a tunnel: next hop to the far end; zero: as the routes say */
};

struct rib_static {
	RIB_PREFIX prefix; /* host bits zero */
	bool null;
	uint8_t distance;
	RIB_ADDR next_hop; /* zero: none */
	uint32_t link;     /* index into the links, RIB_NO_LINK: found through @next_hop */
	uint32_t tag;
	const char *track; /* name of the object it is bound to, NULL: none */
	bool track_down;
};

/** A next hop of a routing protocol. */
struct rib_hop {
	uint32_t link; /* index into the links */
	RIB_ADDR gw;   /* zero: the link is a tunnel, or the destination is on the link itself */
};

/** A route of a routing protocol. */
struct rib_dyn {
	RIB_PREFIX prefix; /* host bits zero */
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

/** A resolved next hop. */
struct rib_nh {
	enum rib_nh_kind kind;
	uint32_t link; /* GLEAN, ADJ, TUN; else RIB_NO_LINK */
	RIB_ADDR gw;   /* ADJ: the neighbour */
};

/** One line of the forwarding table. Sorted by address, then length. */
struct rib_fib {
	RIB_PREFIX prefix;
	const struct rib_nh *nhs;
	uint32_t n_nhs; /* 1..RIB_ECMP_MAX */
	/* Of a prefix that several next hops lead to, now or when others fail, or that a routing
	 * protocol knows: all such prefixes with the same next hops in the same order of preference
	 * have the same number, so that one change of a next-hop group moves all of them. 0: there
	 * is one next hop only, and it was configured. */
	uint64_t ways;
};

/** A next hop as it was configured. */
struct rib_via {
	RIB_ADDR gw;   /* zero: none */
	uint32_t link; /* configured, or found for @gw; RIB_NO_LINK: not (yet) */
	bool null;
	bool resolved;
};

/** All that one protocol offers with one distance for one prefix. Sorted by prefix, then distance.
 */
struct rib_route {
	RIB_PREFIX prefix;
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

/** How a tunnel's packets leave. */
struct rib_underlay {
	enum rib_underlay_err err;
	uint32_t link; /* OK: the interface */
	RIB_ADDR gw;   /* OK: the neighbour there */
	uint32_t via;  /* TUNNEL: the other link */
};

/** A route that is suppressed since it would carry a tunnel's own outer packets. */
struct rib_recursive {
	RIB_PREFIX prefix;
	enum rib_proto proto;
	uint32_t link;        /* the tunnel it leads into */
	uint32_t tunnel;      /* whose far end it covers; mostly the same */
	RIB_ADDR destination; /* that far end */
};

struct rib;

struct rib *rib_new(void);
void rib_free(struct rib *r);

/** Compute everything from @in, which is copied. @now_s for the routes' ages. 0 or -ENOMEM (then
 *  the former result stands). */
int rib_update(struct rib *r, const struct rib_input *in, uint64_t now_s);

/**
 * rib_update() in three steps, for who has no time for all of it at once; it may be left off after
 * any of them by rib_free() of the next table. @in is copied. NULL: no memory.
 */
struct rib *rib_gather_next(const struct rib_input *in);
void rib_resolve_next(struct rib *next);
/** @next in place of what @r had; it is freed, whatever comes of it. 0 or -ENOMEM. */
int rib_take_next(struct rib *r, struct rib *next, uint64_t now_s);

/** Which prefixes are concerned by a change. */
struct rib_changes {
	RIB_PREFIX *prefixes; /* sorted; the caller frees it */
	uint32_t n;
};

/**
 * Of the input of the last rib_update() only the protocol's routes have changed; these are all
 * there are now. Nothing is decided anew but for prefixes whose routes are others than before, so a
 * change costs one walk over the table, whatever the number of tunnels. Links are held no more.
 * @return 0; -EAGAIN: that is not all that would change (the far end of a tunnel or the gateway of
 *         another route is within such a prefix, or it is the address of a host on a connected
 *         subnet, or routes are suppressed, or they do not come sorted), so rib_update() it must
 *         be; -ENOMEM. After an error the former result stands and @out is empty.
 */
int rib_patch(struct rib *r, const struct rib_dyn *dyns, uint32_t n_dyns,
		const struct rib_hop *hops, uint64_t now_s, struct rib_changes *out);

/* The result; valid until the next rib_update() or rib_patch(). */
uint32_t rib_n_links(const struct rib *r);
const struct rib_link *rib_link(const struct rib *r, uint32_t i);
/** Do routes lead over it? */
bool rib_link_is_up(const struct rib *r, uint32_t i);
const struct rib_fib *rib_fib(const struct rib *r, uint32_t *n);
const struct rib_route *rib_routes(const struct rib *r, uint32_t *n);
/** For who goes through the routes one by one while they may be computed anew: where to go on
 *  behind @last, a copy of the one that stood at @at - 1 then. */
uint32_t rib_routes_after(const struct rib *r, const struct rib_route *last, uint32_t at);
/** Of the link @i, which must be a tunnel. */
const struct rib_underlay *rib_underlay(const struct rib *r, uint32_t i);
/** The line of exactly this prefix, or NULL. */
const struct rib_fib *rib_find(const struct rib *r, const RIB_PREFIX *p);
/** Is exactly this prefix in the forwarding table? */
bool rib_has(const struct rib *r, const RIB_PREFIX *p);
/** The line that a packet to @addr would take, or NULL. */
const struct rib_fib *rib_lookup(const struct rib *r, RIB_ADDR addr);
/** All suppressed routes, by prefix. */
const struct rib_recursive *rib_recursives(const struct rib *r, uint32_t *n);
/** Why a tunnel is down for routing, in words ("no route to 2.2.2.2"). */
const char *rib_underlay_why(const struct rib *r, uint32_t i, char *buf, size_t len);
