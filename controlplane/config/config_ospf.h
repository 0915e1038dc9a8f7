/* SPDX-License-Identifier: BSD-3-Clause */
/* OSPF in the configuration; part of config.h, which includes it. */
#ifndef CULVERT_CONTROLPLANE_CONFIG_OSPF_H
#define CULVERT_CONTROLPLANE_CONFIG_OSPF_H

#include <stdbool.h>
#include <stdint.h>

#include "common/inet.h"

#define CFG_OSPF_AREA_LEN   16 /* "0" or "0.0.0.0" */
#define CFG_OSPF_SECRET_LEN 65
#define CFG_OSPF_TIME_LEN   24 /* "2026-11-22T00:00:00Z" */

/* The numbers are those of enum ospf_auth_alg. */
enum cfg_ospf_alg { CFG_OSPF_MD5, CFG_OSPF_SHA1, CFG_OSPF_SHA256, CFG_OSPF_SHA384,
	CFG_OSPF_SHA512 };

/* "key-chains": { NAME: { "keys": { ID: { ... } } } } */
struct cfg_ospf_key {
	char name[CFG_NAME_MAX]; /* key ID, 0..255, in decimal */
	uint8_t algorithm;       /* enum cfg_ospf_alg, default md5 */
	char secret[CFG_OSPF_SECRET_LEN];
	/* Times of day in UTC; empty: without limit. */
	char send_from[CFG_OSPF_TIME_LEN], send_until[CFG_OSPF_TIME_LEN];
	char accept_from[CFG_OSPF_TIME_LEN], accept_until[CFG_OSPF_TIME_LEN];
};

struct cfg_key_chain {
	char name[CFG_NAME_MAX];
	struct cfg_ospf_key *keys;
	uint32_t n_keys;
};

enum cfg_ospf_network { CFG_OSPF_BROADCAST, CFG_OSPF_NBMA, CFG_OSPF_P2P, CFG_OSPF_P2MP,
	CFG_OSPF_P2MP_NB };
enum cfg_ospf_auth { CFG_OSPF_AUTH_NULL, CFG_OSPF_AUTH_TEXT, CFG_OSPF_AUTH_DIGEST };

/* "ospf": { "neighbors": [ { "address": ... } ] } of an interface */
struct cfg_ospf_neighbor {
	uint32_t address;
	uint8_t priority;      /* default 1 */
	uint32_t poll_s;       /* default 120 */
	uint16_t cost;         /* 0: the interface's */
};

/* ... "track": [ { "object": ... } ] */
struct cfg_ospf_track {
	char object[CFG_NAME_MAX];
	uint16_t cost; /* while it is down */
};

/* "interfaces", "tunnels": { NAME: { "ospf": { ... } } } */
struct cfg_ospf_if {
	char area[CFG_OSPF_AREA_LEN]; /* empty: by the process's networks */
	bool has_cost;
	uint16_t cost;
	bool has_network;
	uint8_t network;              /* enum cfg_ospf_network */
	uint8_t priority;             /* default 1 */
	uint16_t hello_s;             /* default 10 */
	bool has_dead;
	uint32_t dead_s;              /* default 4 times hello_s */
	uint8_t hello_multiplier;     /* 0: no fast Hellos */
	uint16_t retransmit_s;        /* default 5 */
	uint16_t transmit_delay_s;    /* default 1 */
	bool mtu_ignore, passive, prefix_suppression, db_filter_out;
	uint8_t authentication;       /* enum cfg_ospf_auth */
	bool extended_sequence;       /* RFC 7474 */
	char authentication_key[9];   /* secret */
	char key_chain[CFG_NAME_MAX];
	struct cfg_ospf_key *keys;
	struct cfg_ospf_neighbor *neighbors;
	struct cfg_ospf_track *tracks;
	uint32_t n_keys, n_neighbors, n_tracks;
};

/* "router": { "ospf": { ID: { "networks": [ ... ] } } } */
struct cfg_ospf_net {
	struct ip4_prefix prefix;
	char area[CFG_OSPF_AREA_LEN];
};

struct cfg_ospf_passive {
	char interface[CFG_NAME_MAX];
};

enum cfg_ospf_area_type { CFG_OSPF_AREA_NORMAL, CFG_OSPF_AREA_STUB, CFG_OSPF_AREA_NSSA };

/* "areas": { ID: { "ranges": [ ... ] } } */
struct cfg_ospf_range {
	struct ip4_prefix prefix;
	bool not_advertise;
	bool has_cost;
	uint32_t cost; /* else that of the farthest network in it */
};

/* ... "nssa-ranges": [ ... ] */
struct cfg_ospf_nssa_range {
	struct ip4_prefix prefix;
	bool not_advertise;
	bool has_cost;
	uint32_t cost; /* else by what is in it */
	uint32_t tag;  /* default 0 */
};

/* ... "virtual-links": [ ... ] */
struct cfg_ospf_vlink {
	char router_id[16];            /* of its far end */
	uint32_t hello_s, dead_s;      /* 10, 40 */
	uint16_t retransmit_s;         /* 5 */
	uint16_t transmit_delay_s;     /* 1 */
	char key_chain[CFG_NAME_MAX];  /* empty: none */
	char authentication_key[9];    /* a password in the clear, secret; empty: none */
};

enum cfg_redistribute_source { CFG_REDISTRIBUTE_CONNECTED, CFG_REDISTRIBUTE_STATIC };

/* "redistribute": [ ... ] */
struct cfg_redistribute {
	uint8_t source;      /* enum cfg_redistribute_source */
	uint32_t metric;     /* default 20 */
	uint8_t metric_type; /* 1 or 2; default 2 */
	bool has_tag;
	uint32_t tag;        /* else the route's own */
	char prefix_list[CFG_NAME_MAX]; /* empty: all */
};

/* "default-information": [ ... ], at most one */
struct cfg_default_info {
	bool always;
	uint32_t metric;     /* default 1 */
	uint8_t metric_type; /* default 2 */
	uint32_t tag;
	char track[CFG_NAME_MAX]; /* only while this object is up; empty: always */
};

struct cfg_ospf_area {
	char name[CFG_NAME_MAX]; /* the area's ID as it was written */
	uint8_t type;            /* enum cfg_ospf_area_type */
	bool no_summary;
	uint32_t default_cost;   /* default 1 */
	bool translate_always;   /* type 7 to type 5 */
	uint32_t stability_s;    /* of the translator; default 40 */
	bool default_originate;  /* type 7 default route */
	/* Prefix lists for type 3 LSAs into it and out of it; empty: all. */
	char filter_in[CFG_NAME_MAX], filter_out[CFG_NAME_MAX];
	struct cfg_ospf_range *ranges;
	struct cfg_ospf_nssa_range *nssa_ranges;
	struct cfg_ospf_vlink *vlinks;
	uint32_t n_ranges, n_nssa_ranges, n_vlinks;
};

struct cfg_ospf {
	char name[CFG_NAME_MAX]; /* number of the process */
	bool enabled;            /* default true */
	char router_id_text[16]; /* empty: the highest of our addresses */
	struct cfg_ospf_net *networks;
	struct cfg_ospf_passive *passives;
	struct cfg_ospf_area *areas;
	uint32_t n_networks, n_passives, n_areas;
	bool passive_default;
	uint32_t reference_mbps; /* default 100 */
	uint32_t lsa_start_ms, lsa_hold_ms, lsa_max_ms, lsa_arrival_ms; /* 50, 1000, 5000, 100 */
	uint32_t pacing_ms;      /* default 20 */
	uint32_t max_exchanges;  /* default 0: all */
	uint32_t max_lsa;        /* LSAs of others; 0: none configured */
	uint32_t max_lsa_threshold, max_lsa_ignore_min, max_lsa_ignore_count, max_lsa_reset_min;
	bool max_lsa_warning_only;
	bool max_metric;
	uint32_t max_metric_startup_s;
	bool prefix_suppression, log_adjacency, graceful_restart_helper;
	bool graceful_restart;   /* default false */
	uint16_t graceful_restart_s; /* default 120 */
	uint32_t spf_start_ms, spf_hold_ms, spf_max_ms; /* 1, 50, 5000 */
	uint8_t distance;        /* default 110; 255: routes are not used */
	uint8_t distance_intra, distance_inter, distance_external; /* 0: as distance */
	char distribute_in[CFG_NAME_MAX]; /* prefix list for routes into the RIB; empty: all */
	uint8_t max_paths;       /* 1..16, default 16 */
	bool rfc1583;            /* default true */
	bool capability_transit; /* default true */
	struct cfg_redistribute *redistributes;
	struct cfg_default_info *defaults;
	uint32_t n_redistributes, n_defaults;
};

/** "0", "51" or "0.0.0.51". 0 or -EINVAL. */
int cfg_ospf_area_parse(const char *s, uint32_t *id);
/** "2026-11-22T00:00:00Z" to seconds; the empty string is 0. 0 or -EINVAL. */
int cfg_ospf_time_parse(const char *s, uint64_t *at_s);

#endif
