/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An OSPFv2 router (RFC 2328), as an engine without socket, clock or global state: time is told to
 * it, packets go in and out through calls, so that a test can run a hundred routers in one process.
 *
 *   ospf_lsa     LSAs on the wire           ospf_if      interface state machine, DR election
 *   ospf_wire    packets on the wire        ospf_hello   Hello
 *   ospf_auth    authentication             ospf_nbr     neighbour state machine
 *   ospf_lsdb    databases, ageing          ospf_dd      database exchange, requests
 *   ospf_own     LSAs of our own            ospf_flood   flooding, acknowledgments
 *   ospf_links   router- and network-LSAs   ospf_rxmt    retransmission
 *   ospf_trace   packets in words
 *   ospf_gr      graceful restart of a neighbour (RFC 3623)
 *   ospf_restart ours
 *   ospf_limit   how many LSAs of others there may be
 *   spf_*, route_*   route calculation (RFC 2328 section 16), types 3, 4, 5 and 7
 *
 * A packet: ospf_input() checks header and authentication, finds the neighbour, and calls the one
 * function of its type. What has to be sent because of it leaves before ospf_input() returns, but
 * for delayed acknowledgments and for what pacing holds back.
 *
 * Times are monotonic milliseconds, addresses host order.
 */
#ifndef CULVERT_CONTROLPLANE_OSPF_H
#define CULVERT_CONTROLPLANE_OSPF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/inet.h"
#include "common/log.h"
#include "controlplane/ospf/ospf_lsdb.h"

#define OSPF_ALL_ROUTERS 0xe0000005u /* 224.0.0.5 */
#define OSPF_ALL_DRS     0xe0000006u /* 224.0.0.6 */
#define OSPF_IPPROTO     89
#define OSPF_IP_HDR_LEN  20

#define OSPF_NAME_LEN   32
#define OSPF_STUBS_MAX  8
#define OSPF_KEYS_MAX   8
#define OSPF_KEY_LEN    64 /* longest secret */
#define OSPF_IF_NBRS    1024 /* neighbours of one interface, at most */
#define OSPF_LSAS_MOST  250000 /* LSAs of others, unless more than half of that is configured */

enum ospf_if_type {
	OSPF_IF_BROADCAST,
	OSPF_IF_NBMA,
	OSPF_IF_P2P,
	OSPF_IF_P2MP,
	OSPF_IF_P2MP_NB, /* point-to-multipoint, Hellos to configured neighbours only */
	OSPF_IF_LOOPBACK,
	OSPF_IF_VLINK,
};

enum ospf_area_type { OSPF_AREA_NORMAL, OSPF_AREA_STUB, OSPF_AREA_NSSA };

enum ospf_auth_type {
	OSPF_AUTH_NONE,
	OSPF_AUTH_SIMPLE,
	OSPF_AUTH_CRYPT, /* by the key's algorithm: RFC 2328 appendix D, RFC 5709 */
};

enum ospf_auth_alg {
	OSPF_ALG_MD5,
	OSPF_ALG_HMAC_SHA1,
	OSPF_ALG_HMAC_SHA256,
	OSPF_ALG_HMAC_SHA384,
	OSPF_ALG_HMAC_SHA512,
	OSPF_N_ALGS
};

/* One key; times are wall clock seconds, 0: no limit. */
struct ospf_key {
	uint8_t id;
	uint8_t alg; /* enum ospf_auth_alg */
	uint8_t len;
	uint8_t secret[OSPF_KEY_LEN];
	uint64_t send_from_s, send_until_s, accept_from_s, accept_until_s;
};

struct ospf_auth {
	uint8_t type;  /* enum ospf_auth_type */
	bool extended; /* CRYPT: AuType 3 with 64-bit sequence numbers (RFC 7474) */
	uint8_t n_keys;
	struct ospf_key keys[OSPF_KEYS_MAX]; /* SIMPLE: the first one's secret, 8 bytes */
};

struct ospf_nbma_cfg {
	uint32_t addr;
	uint8_t priority; /* 0: may not become DR */
	uint32_t poll_s;
	uint16_t cost; /* point-to-multipoint: 0: the interface's */
};

#define OSPF_NBMA_MAX 64

struct ospf_if_cfg {
	char name[OSPF_NAME_LEN];
	uint32_t user;     /* the caller's number, and ifIndex on unnumbered links; not 0 */
	uint32_t area_id;
	uint8_t type;      /* enum ospf_if_type */
	bool passive;      /* advertised, no Hellos */
	bool unnumbered;   /* @addr is borrowed from elsewhere: p2p only */
	struct ip4_prefix addr;                   /* with host bits */
	struct ip4_prefix stubs[OSPF_STUBS_MAX];  /* further networks there: as stub links */
	uint8_t n_stubs;
	uint16_t mtu;
	bool mtu_ignore;
	uint16_t cost;     /* 1..65535 */
	uint8_t priority;  /* 0..255 */
	uint32_t hello_ms, dead_ms; /* the packet says whole seconds; less: RFC 2328's fast
				     * hellos */
	uint32_t rxmt_ms;
	uint16_t transmit_delay_s; /* InfTransDelay */
	bool prefix_suppression;   /* RFC 6860 */
	bool db_filter_out;        /* send no LSAs there */
	struct ospf_auth auth;
	struct ospf_nbma_cfg nbma[OSPF_NBMA_MAX];
	uint8_t n_nbma;
};

struct ospf_area_cfg {
	uint32_t id;
	uint8_t type;            /* enum ospf_area_type */
	bool no_summary;         /* totally stubby: the ABR sends a default route only */
	uint32_t default_cost;   /* of that default route */
	bool nssa_translate_always;
	uint32_t nssa_stability_s; /* RFC 3101 TranslatorStabilityInterval; 0: none */
	bool nssa_default;       /* type 7 default route into it */
};

/* How many LSAs of others may be here: see ospf_limit.c. */
struct ospf_limit_cfg {
	uint32_t most;         /* 0: nothing is configured */
	uint32_t threshold;    /* percent of it that are told of; 0: none */
	uint32_t ignore_s;     /* for so long the process is ignored */
	uint32_t ignore_count; /* so often in a row, then until it is cleared */
	uint32_t reset_s;      /* after so long without it the count begins anew */
	bool warning_only;     /* nothing happens but the message */
};

struct ospf_cfg {
	uint32_t router_id;
	uint32_t lsa_start_ms, lsa_hold_ms, lsa_max_ms; /* throttle of our own LSAs */
	uint32_t lsa_arrival_ms;  /* MinLSArrival */
	uint32_t pacing_ms;       /* between two floods out of an interface */
	uint32_t max_exchanges;   /* RFC 4222: neighbours that may be in ExStart..Loading; 0: all */
	bool max_metric;          /* RFC 6987: nobody's way leads through us */
	uint32_t max_metric_startup_s; /* ... for so long after the start; 0: not */
	bool prefix_suppression;
	bool log_adjacency;
	bool gr_helper;           /* RFC 3623; default true */
	uint16_t restart_s;       /* RFC 3623: grace period to ask for; 0: we do not */
	bool opaque;              /* RFC 5250 */
	struct ospf_limit_cfg limit;
};

struct ospf_nbr;

/* What ospf_trace_on() is about, each a bit. */
enum ospf_topic {
	OSPF_TRACE_HELLO = 1,
	OSPF_TRACE_ADJ = 2, /* databases exchanged, states of neighbours and interfaces */
	OSPF_TRACE_LSA = 4, /* updates, acknowledgments */
	OSPF_TRACE_SPF = 8, /* calculations */
	OSPF_TRACE_ALL = 15
};

struct ospf_if;

/* A packet, or something that has happened, in words. All pointers are borrowed. */
struct ospf_trace {
	uint8_t topic;  /* enum ospf_topic; several: of any of them */
	bool out;       /* a packet of ours */
	const struct ospf_if *ifp; /* NULL: of no interface */
	uint32_t addr;  /* where it came from, or went to; 0: nowhere */
	uint32_t router_id; /* of who sent it, or whom it is about; 0: nobody */
	const char *text; /* lines */
};

struct ospf_ops {
	/** An OSPF packet, without IP header, out of @ifp to @dst (a virtual link's: by the
	 *  routes). */
	void (*send)(void *ctx, struct ospf_if *ifp, uint32_t dst, const uint8_t *pkt, size_t len);
	/** The wall clock in seconds, for keys' lifetimes and authentication's sequence numbers. */
	uint64_t (*wall_s)(void *ctx);
	/** A line for the log. */
	void (*log)(void *ctx, enum log_level level, const char *line);
	/** A neighbour's state has changed, in words. NULL: nobody wants to know. */
	void (*moved)(void *ctx, const struct ospf_nbr *n, const char *from, const char *to,
			const char *why);
	/** max-lsa: the state of what is learned from others has changed. NULL: as above. */
	void (*limit_moved)(void *ctx, const char *from, const char *to, const char *why);
	/** While ospf_trace_on(). NULL: never. */
	void (*trace)(void *ctx, const struct ospf_trace *t);
	void *ctx;
};

/* The route calculation's ears. All are called in the midst of work: note it, arm a timer. */
struct ospf_calc_ops {
	void (*lsa)(void *ctx, struct ospf_lsa *lsa, enum ospf_change change);
	/** An interface's state, address, cost or neighbours have changed, or it has come. */
	void (*ifp)(void *ctx, struct ospf_if *ifp);
	/** It is about to be freed. */
	void (*if_gone)(void *ctx, struct ospf_if *ifp);
	/** An area has come, changed its type, or is about to go (@going). */
	void (*area)(void *ctx, struct ospf_area *area, bool going);
	/** The instance's configuration has changed: router ID, max-metric; or all is cleared. */
	void (*instance)(void *ctx);
	void *ctx;
};

/** An instance without areas or interfaces, which sends nothing before ospf_set(). @ops is copied;
 *  @seed is of its random numbers. NULL without memory. */
struct ospf *ospf_new(const struct ospf_ops *ops, uint64_t seed, uint64_t now_ms);
/** Frees; nothing is sent (see ospf_stop()), no callback is called. NULL is fine. */
void ospf_free(struct ospf *o);
/** Good-bye: own LSAs are flushed, and a Hello without neighbours tells them. */
void ospf_stop(struct ospf *o, uint64_t now_ms);

/** Another router ID starts everything anew. 0 or -ENOMEM. */
int ospf_set(struct ospf *o, const struct ospf_cfg *cfg, uint64_t now_ms);
/** Areas are made here or by their first interface. 0 or -ENOMEM. */
int ospf_area_set(struct ospf *o, const struct ospf_area_cfg *cfg, uint64_t now_ms);
/** Back to a normal area; gone when it has no interface. */
void ospf_area_unset(struct ospf *o, uint32_t area_id, uint64_t now_ms);
/** Add or change an interface; @up: its link. What neighbours need not agree upon changes without
 *  harm to adjacencies. NULL: no memory. */
struct ospf_if *ospf_if_set(struct ospf *o, const struct ospf_if_cfg *cfg, bool up,
		uint64_t now_ms);
void ospf_if_del(struct ospf *o, struct ospf_if *ifp, uint64_t now_ms);
struct ospf_if *ospf_if_find(const struct ospf *o, const char *name);
/** Forget everything learned and all neighbours, begin again ("clear ip ospf process"). */
void ospf_clear(struct ospf *o, uint64_t now_ms);

/** A packet received on @ifp: OSPF's part of it, from @src to @dst. */
void ospf_input(struct ospf *o, struct ospf_if *ifp, uint32_t src, uint32_t dst,
		const uint8_t *pkt, size_t len, uint64_t now_ms);
void ospf_tick(struct ospf *o, uint64_t now_ms);
/** When ospf_tick() is to be called next; UINT64_MAX: nothing pending. */
uint64_t ospf_next_ms(const struct ospf *o);

/** Tell ops.trace of these topics (bits of enum ospf_topic) from now on; 0: of none. Passwords and
 *  digests are never in it. */
void ospf_trace_on(struct ospf *o, uint8_t topics);

/** One listener; set before interfaces are. */
void ospf_calc_attach(struct ospf *o, const struct ospf_calc_ops *ops);

#endif
