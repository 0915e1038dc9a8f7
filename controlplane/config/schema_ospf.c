/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows of the table: OSPF (RFC 2328), of interfaces, tunnels, the process, and key chains. */
#include "controlplane/config/schema_rows.h"

/* clang-format off */
#define AREA_PATTERN  "^([0-9]{1,10}|[0-9]{1,3}(\\.[0-9]{1,3}){3})$"
#define AREA_PHRASE   "a number or a dotted quad"
#define TIME_PATTERN  "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$"
#define TIME_PHRASE   "a time in UTC, such as 2026-11-22T00:00:00Z"
#define KEY_PATTERN   "^([0-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])$"
#define KEY_PHRASE    "a number from 0 to 255"

static const struct schema_value algorithms[] = {
	{ "md5",          CFG_OSPF_MD5,    "keyed MD5 (RFC 2328 appendix D); for old peers only" },
	{ "hmac-sha-1",   CFG_OSPF_SHA1,   "RFC 5709" },
	{ "hmac-sha-256", CFG_OSPF_SHA256, "RFC 5709" },
	{ "hmac-sha-384", CFG_OSPF_SHA384, "RFC 5709" },
	{ "hmac-sha-512", CFG_OSPF_SHA512, "RFC 5709" },
	{ NULL, 0, NULL },
};

static const struct schema_value networks[] = {
	{ "broadcast",                         CFG_OSPF_BROADCAST, "with a designated router" },
	{ "non-broadcast",                     CFG_OSPF_NBMA, "the same, to configured "
							      "neighbours" },
	{ "point-to-point",                    CFG_OSPF_P2P, "one neighbour" },
	{ "point-to-multipoint",               CFG_OSPF_P2MP, "neighbours without a designated "
							      "router" },
	{ "point-to-multipoint-non-broadcast", CFG_OSPF_P2MP_NB, "the same, to configured ones" },
	{ NULL, 0, NULL },
};

static const struct schema_value auths[] = {
	{ "null",           CFG_OSPF_AUTH_NULL,   "none" },
	{ "text",           CFG_OSPF_AUTH_TEXT,   "a password in the clear" },
	{ "message-digest", CFG_OSPF_AUTH_DIGEST, "by key, MD5 or HMAC-SHA" },
	{ NULL, 0, NULL },
};

static const struct schema_value area_types[] = {
	{ "normal", CFG_OSPF_AREA_NORMAL, "with all LSAs" },
	{ "stub",   CFG_OSPF_AREA_STUB,   "without external LSAs" },
	{ "nssa",   CFG_OSPF_AREA_NSSA,   "with external LSAs of its own alone (RFC 3101)" },
	{ NULL, 0, NULL },
};

#define KEY_ROWS                                                                              \
	{ .name = "algorithm", .type = SCHEMA_ENUM, AT(cfg_ospf_key, algorithm),              \
	  .values = algorithms, .def = "md5", .cli = "algorithm", .help = "Digest" },         \
	{ .name = "secret", .type = SCHEMA_STRING, AT(cfg_ospf_key, secret),                  \
	  .flags = SCHEMA_REQUIRED | SCHEMA_SECRET, .min = 1, .max = CFG_OSPF_SECRET_LEN - 1, \
	  .cli = "secret", .help = "The secret; MD5 uses its first 16 bytes" }
#define LIMIT_ROW(json, f, words, text)                                                       \
	{ .name = json, .type = SCHEMA_STRING, AT(cfg_ospf_key, f),                           \
	  .min = 20, .max = 20, .cli = words, .pattern = TIME_PATTERN,                        \
	  .pattern_help = TIME_PHRASE, .help = text }

static const struct schema_node if_key_rows[] = { KEY_ROWS };

static const struct schema_node chain_key_rows[] = {
	KEY_ROWS,
	LIMIT_ROW("send-from", send_from, "send-lifetime from", "Not sent with before"),
	LIMIT_ROW("send-until", send_until, "send-lifetime until", "Not sent with from then on"),
	LIMIT_ROW("accept-from", accept_from, "accept-lifetime from", "Not accepted before"),
	LIMIT_ROW("accept-until", accept_until, "accept-lifetime until", "Not accepted from then "
									 "on"),
};

const struct schema_node schema_key_chain_rows[SCHEMA_N_KEY_CHAIN] = {
	{ .name = "keys", .type = SCHEMA_MAP,
	  ENTRIES_OF(cfg_key_chain, cfg_ospf_key, keys, n_keys, chain_key_rows),
	  .max = 8, .cli = "key", .key_help = "key ID, 0-255", .pattern = KEY_PATTERN,
	  .pattern_help = KEY_PHRASE, .help = "Keys by their IDs; the one whose sending began last "
					      "is sent with" },
};

static const struct schema_node neighbor_rows[] = {
	{ .name = "address", .type = SCHEMA_IPV4, AT(cfg_ospf_neighbor, address),
	  .flags = SCHEMA_REQUIRED | SCHEMA_KEY, .cli = "", .help = "Its address on this network" },
	{ .name = "priority", .type = SCHEMA_INTEGER, AT(cfg_ospf_neighbor, priority),
	  .min = 0, .max = 255, .def = "1", .cli = "priority",
	  .help = "0: it does not become designated router" },
	{ .name = "poll-seconds", .type = SCHEMA_INTEGER, AT(cfg_ospf_neighbor, poll_s),
	  .min = 1, .max = 65535, .def = "120", .unit = "s", .cli = "poll-interval",
	  .help = "Interval of Hellos while it is down" },
	{ .name = "cost", .type = SCHEMA_INTEGER, AT(cfg_ospf_neighbor, cost),
	  .min = 1, .max = 65535, .zero_too = true, .def = "0", .cli = "cost",
	  .help = "Cost of point-to-multipoint towards it; 0: the interface's" },
};

/* ip ospf track OBJECT cost N */
static const struct schema_node if_track_rows[] = {
	{ .name = "object", .type = SCHEMA_REF, AT(cfg_ospf_track, object),
	  .flags = SCHEMA_REQUIRED | SCHEMA_KEY, .ref = "/tracks", .cli = "",
	  .help = "Tracked object" },
	{ .name = "cost", .type = SCHEMA_INTEGER, AT(cfg_ospf_track, cost),
	  .flags = SCHEMA_REQUIRED, .min = 1, .max = 65535, .cli = "cost",
	  .help = "The cost while it is down" },
};

const struct schema_node schema_ospf_if_rows[SCHEMA_N_OSPF_IF] = {
	{ .name = "area", .type = SCHEMA_STRING, AT(cfg_ospf_if, area),
	  .min = 1, .max = CFG_OSPF_AREA_LEN - 1, .pattern = AREA_PATTERN,
	  .pattern_help = AREA_PHRASE, .cli = "area",
	  .help = "Area it is in; without it by the process's networks, or not in OSPF" },
	{ .name = "cost", .type = SCHEMA_INTEGER, AT_HAS(cfg_ospf_if, cost, has_cost),
	  .min = 1, .max = 65535, .cli = "cost",
	  .help = "Cost of sending there; without it by the bandwidth" },
	{ .name = "track", .type = SCHEMA_LIST,
	  ENTRIES_OF(cfg_ospf_if, cfg_ospf_track, tracks, n_tracks, if_track_rows),
	  .max = 8, .cli = "track",
	  .help = "Objects that the cost depends on; of several that are down the highest cost" },
	{ .name = "network", .type = SCHEMA_ENUM, AT_HAS(cfg_ospf_if, network, has_network),
	  .values = networks, .cli = "network",
	  .help = "Type of network; without it broadcast, of tunnels point-to-point" },
	{ .name = "priority", .type = SCHEMA_INTEGER, AT(cfg_ospf_if, priority),
	  .min = 0, .max = 255, .def = "1", .cli = "priority",
	  .help = "The highest becomes designated router; 0: we do not" },
	{ .name = "hello-seconds", .type = SCHEMA_INTEGER, AT(cfg_ospf_if, hello_s),
	  .min = 1, .max = 65535, .def = "10", .unit = "s", .cli = "hello-interval",
	  .help = "Interval of Hellos, the same at all neighbours" },
	{ .name = "dead-seconds", .type = SCHEMA_INTEGER, AT_HAS(cfg_ospf_if, dead_s, has_dead),
	  .min = 1, .max = 65535, .unit = "s", .cli = "dead-interval",
	  .cli_instead = "hello-multiplier",
	  .help = "A neighbour not heard for so long is down; without it four times the Hellos' "
		  "interval" },
	{ .name = "hello-multiplier", .type = SCHEMA_INTEGER, AT(cfg_ospf_if, hello_multiplier),
	  .min = 3, .max = 20, .zero_too = true, .def = "0",
	  .cli = "dead-interval minimal hello-multiplier", .cli_instead = "dead-seconds",
	  .help = "Fast Hellos: so many within a dead interval of 1 s; 0: none" },
	{ .name = "retransmit-seconds", .type = SCHEMA_INTEGER, AT(cfg_ospf_if, retransmit_s),
	  .min = 1, .max = 3600, .def = "5", .unit = "s", .cli = "retransmit-interval",
	  .help = "Wait for acknowledgments" },
	{ .name = "transmit-delay-seconds", .type = SCHEMA_INTEGER,
	  AT(cfg_ospf_if, transmit_delay_s), .min = 1, .max = 3600, .def = "1", .unit = "s",
	  .cli = "transmit-delay", .help = "What LSAs age by being sent there" },
	{ .name = "mtu-ignore", .type = SCHEMA_BOOLEAN, AT(cfg_ospf_if, mtu_ignore),
	  .def = "false", .cli = "mtu-ignore", .help = "Become adjacent although MTUs differ" },
	{ .name = "passive", .type = SCHEMA_BOOLEAN, AT(cfg_ospf_if, passive), .def = "false",
	  .cli = "passive", .help = "Advertised, but no neighbours there" },
	{ .name = "prefix-suppression", .type = SCHEMA_BOOLEAN,
	  AT(cfg_ospf_if, prefix_suppression), .def = "false", .cli = "prefix-suppression",
	  .help = "The network between routers is not advertised (RFC 6860)" },
	{ .name = "database-filter-out", .type = SCHEMA_BOOLEAN, AT(cfg_ospf_if, db_filter_out),
	  .def = "false", .cli = "database-filter all out",
	  .help = "Tell no LSAs there, neither in the exchange of databases nor later" },
	{ .name = "authentication", .type = SCHEMA_ENUM, AT(cfg_ospf_if, authentication),
	  .values = auths, .def = "null", .cli = "authentication", .help = "Of packets" },
	{ .name = "authentication-key", .type = SCHEMA_STRING, AT(cfg_ospf_if, authentication_key),
	  .flags = SCHEMA_SECRET, .min = 1, .max = 8, .cli = "authentication-key",
	  .help = "The password of authentication text" },
	{ .name = "message-digest-keys", .type = SCHEMA_MAP, .flags = SCHEMA_INLINE,
	  ENTRIES_OF(cfg_ospf_if, cfg_ospf_key, keys, n_keys, if_key_rows), .max = 8,
	  .cli = "message-digest-key", .key_help = "key ID, 0-255", .pattern = KEY_PATTERN,
	  .pattern_help = KEY_PHRASE, .help = "Keys of authentication message-digest" },
	{ .name = "key-chain", .type = SCHEMA_REF, AT(cfg_ospf_if, key_chain),
	  .ref = "/key-chains", .cli = "authentication key-chain",
	  .help = "The same, from a key chain, with lifetimes" },
	{ .name = "extended-sequence", .type = SCHEMA_BOOLEAN, AT(cfg_ospf_if, extended_sequence),
	  .def = "false", .cli = "authentication extended-sequence",
	  .help = "64-bit sequence numbers against replay (RFC 7474), at all neighbours" },
	{ .name = "neighbors", .type = SCHEMA_LIST,
	  ENTRIES_OF(cfg_ospf_if, cfg_ospf_neighbor, neighbors, n_neighbors, neighbor_rows),
	  .max = 64, .cli = "neighbor", .help = "Neighbours that multicast does not reach" },
};

static const struct schema_node net_rows[] = {
	{ .name = "prefix", .type = SCHEMA_PREFIX, AT(cfg_ospf_net, prefix),
	  .flags = SCHEMA_REQUIRED | SCHEMA_KEY, .cli = "", .help = "What addresses are in" },
	{ .name = "area", .type = SCHEMA_STRING, AT(cfg_ospf_net, area), .flags = SCHEMA_REQUIRED,
	  .min = 1, .max = CFG_OSPF_AREA_LEN - 1, .pattern = AREA_PATTERN,
	  .pattern_help = AREA_PHRASE, .cli = "area", .help = "Area of their interfaces" },
};

static const struct schema_node passive_rows[] = {
	{ .name = "interface", .type = SCHEMA_REF, AT(cfg_ospf_passive, interface),
	  .flags = SCHEMA_REQUIRED | SCHEMA_KEY, .ref = "/interfaces /tunnels", .cli = "",
	  .help = "Interface or tunnel" },
};

#define FILTER_ROW(json, f, words, text)                                                      \
	{ .name = json, .type = SCHEMA_STRING, AT(cfg_ospf_area, f), .min = 1,                \
	  .max = CFG_NAME_MAX - 1, .cli = words, .pattern = SCHEMA_NAME_PATTERN,              \
	  .pattern_help = "name of a prefix list", .help = text }

static const struct schema_node area_rows[] = {
	{ .name = "type", .type = SCHEMA_ENUM, AT(cfg_ospf_area, type), .values = area_types,
	  .def = "normal", .cli = "type", .help = "Which LSAs are in it" },
	{ .name = "no-summary", .type = SCHEMA_BOOLEAN, AT(cfg_ospf_area, no_summary),
	  .def = "false", .cli = "no-summary",
	  .help = "Stub, NSSA: nor routes of other areas, but for a default route" },
	{ .name = "default-cost", .type = SCHEMA_INTEGER, AT(cfg_ospf_area, default_cost),
	  .min = 0, .max = 16777214, .def = "1", .cli = "default-cost",
	  .help = "Cost of the default route that goes into a stub area or an NSSA" },
	{ .name = "translate-always", .type = SCHEMA_BOOLEAN, AT(cfg_ospf_area, translate_always),
	  .def = "false", .cli = "translate type7 always",
	  .help = "NSSA: translate type 7 to type 5 whoever else could" },
	{ .name = "translator-stability-seconds", .type = SCHEMA_INTEGER,
	  AT(cfg_ospf_area, stability_s), .min = 0, .max = 3600, .def = "40", .unit = "s",
	  .cli = "translate type7 stability-interval",
	  .help = "NSSA: a translator that another one takes over from goes on for so long" },
	{ .name = "default-information-originate", .type = SCHEMA_BOOLEAN,
	  AT(cfg_ospf_area, default_originate), .def = "false",
	  .cli = "default-information-originate", .help = "NSSA: a default route into it" },
	{ .name = "ranges", .type = SCHEMA_LIST,
	  ENTRIES_OF(cfg_ospf_area, cfg_ospf_range, ranges, n_ranges, schema_ospf_range_rows),
	  .max = 1000, .cli = "range", .help = "Networks of the area that leave it as one" },
	FILTER_ROW("filter-list-in", filter_in, "filter-list in",
			"As border router tell the area only of networks that this list permits"),
	FILTER_ROW("filter-list-out", filter_out, "filter-list out",
			"As border router tell other areas only of those of its networks that this "
			"list permits"),
	{ .name = "nssa-ranges", .type = SCHEMA_LIST,
	  ENTRIES_OF(cfg_ospf_area, cfg_ospf_nssa_range, nssa_ranges, n_nssa_ranges,
			schema_ospf_nssa_range_rows),
	  .max = 1000, .cli = "nssa-range",
	  .help = "NSSA: external networks that leave it as one, when we translate" },
	{ .name = "virtual-links", .type = SCHEMA_LIST,
	  ENTRIES_OF(cfg_ospf_area, cfg_ospf_vlink, vlinks, n_vlinks, schema_ospf_vlink_rows),
	  .max = 100, .cli = "virtual-link",
	  .help = "Links of the backbone through this area (RFC 2328 section 15)" },
};

const struct schema_node schema_ospf_rows[SCHEMA_N_OSPF] = {
	{ .name = "enabled", .type = SCHEMA_BOOLEAN, AT(cfg_ospf, enabled),
	  .flags = SCHEMA_INVERTED, .def = "true", .cli = "shutdown", .help = "Whether it runs" },
	{ .name = "router-id", .type = SCHEMA_STRING, AT(cfg_ospf, router_id_text),
	  .min = 7, .max = 15, .pattern = "^[0-9]{1,3}(\\.[0-9]{1,3}){3}$",
	  .pattern_help = "a dotted quad", .cli = "router-id",
	  .help = "Our name among routers; without it the highest address of a loopback, else of "
		  "any interface" },
	{ .name = "networks", .type = SCHEMA_LIST,
	  ENTRIES_OF(cfg_ospf, cfg_ospf_net, networks, n_networks, net_rows),
	  .max = 1000, .cli = "network",
	  .help = "Interfaces and tunnels by their addresses; the longest prefix decides" },
	{ .name = "passive-default", .type = SCHEMA_BOOLEAN, AT(cfg_ospf, passive_default),
	  .def = "false", .cli = "passive-default", .help = "All interfaces are passive" },
	{ .name = "passive-interfaces", .type = SCHEMA_LIST,
	  ENTRIES_OF(cfg_ospf, cfg_ospf_passive, passives, n_passives, passive_rows),
	  .max = 1000, .cli = "passive-interface",
	  .cli_no_with = "passive-default",
	  .help = "Advertised, but no neighbours there; with passive-default: all but these" },
	{ .name = "areas", .type = SCHEMA_MAP, .flags = SCHEMA_INLINE,
	  ENTRIES_OF(cfg_ospf, cfg_ospf_area, areas, n_areas, area_rows), .max = 1000,
	  .cli = "area", .key_help = "area, a number or a dotted quad", .pattern = AREA_PATTERN,
	  .pattern_help = AREA_PHRASE, .help = "Areas that are more than normal" },
	{ .name = "reference-bandwidth-mbps", .type = SCHEMA_INTEGER, AT(cfg_ospf, reference_mbps),
	  .min = 1, .max = 4294967, .def = "100", .unit = "Mbit/s",
	  .cli = "auto-cost reference-bandwidth",
	  .help = "An interface of this bandwidth costs 1, slower ones more" },
	{ .name = "lsa-start-ms", .type = SCHEMA_INTEGER, AT(cfg_ospf, lsa_start_ms),
	  .min = 0, .max = 600000, .def = "50", .unit = "ms", .cli = "timers throttle lsa start",
	  .help = "From a change to our LSA that tells it" },
	{ .name = "lsa-hold-ms", .type = SCHEMA_INTEGER, AT(cfg_ospf, lsa_hold_ms),
	  .min = 1, .max = 600000, .def = "1000", .unit = "ms", .cli = "timers throttle lsa hold",
	  .help = "From one instance of an LSA to the next; doubles while it keeps changing" },
	{ .name = "lsa-max-ms", .type = SCHEMA_INTEGER, AT(cfg_ospf, lsa_max_ms),
	  .min = 1, .max = 600000, .def = "5000", .unit = "ms", .cli = "timers throttle lsa max",
	  .help = "Up to this" },
	{ .name = "lsa-arrival-ms", .type = SCHEMA_INTEGER, AT(cfg_ospf, lsa_arrival_ms),
	  .min = 0, .max = 600000, .def = "100", .unit = "ms", .cli = "timers lsa arrival",
	  .help = "Instances of others' LSAs are not taken sooner after each other "
		  "(MinLSArrival)" },
	{ .name = "flood-pacing-ms", .type = SCHEMA_INTEGER, AT(cfg_ospf, pacing_ms),
	  .min = 0, .max = 1000, .def = "20", .unit = "ms", .cli = "timers pacing flood",
	  .help = "From one flood out of an interface to the next" },
	{ .name = "max-exchanges", .type = SCHEMA_INTEGER, AT(cfg_ospf, max_exchanges),
	  .min = 1, .max = 65535, .zero_too = true, .def = "0", .cli = "adjacency stagger",
	  .help = "Neighbours that exchange databases at a time (RFC 4222); 0: all" },
	{ .name = "max-lsa", .type = SCHEMA_INTEGER, AT(cfg_ospf, max_lsa),
	  .min = 1, .max = 10000000, .zero_too = true, .def = "0", .cli = "max-lsa",
	  .help = "LSAs of other routers; with more for a minute the process is ignored. 0: 250000 "
		  "at most are taken, no more" },
	{ .name = "max-lsa-threshold-percent", .type = SCHEMA_INTEGER,
	  AT(cfg_ospf, max_lsa_threshold), .min = 1, .max = 100, .def = "75", .unit = "%",
	  .cli = "max-lsa threshold", .help = "Part of it that a warning tells of" },
	{ .name = "max-lsa-warning-only", .type = SCHEMA_BOOLEAN,
	  AT(cfg_ospf, max_lsa_warning_only), .def = "false", .cli = "max-lsa warning-only",
	  .help = "Nothing but the warning: the process is not ignored" },
	{ .name = "max-lsa-ignore-minutes", .type = SCHEMA_INTEGER,
	  AT(cfg_ospf, max_lsa_ignore_min), .min = 1, .max = 35791, .def = "5", .unit = "min",
	  .cli = "max-lsa ignore-time", .help = "How long the process is ignored" },
	{ .name = "max-lsa-ignore-count", .type = SCHEMA_INTEGER,
	  AT(cfg_ospf, max_lsa_ignore_count), .min = 1, .max = 4294967294, .def = "5",
	  .cli = "max-lsa ignore-count",
	  .help = "How often in a row; the next time it is until it is cleared" },
	{ .name = "max-lsa-reset-minutes", .type = SCHEMA_INTEGER,
	  AT(cfg_ospf, max_lsa_reset_min), .min = 1, .max = 35791, .def = "10", .unit = "min",
	  .cli = "max-lsa reset-time",
	  .help = "After so long without being ignored the count begins anew" },
	{ .name = "max-metric", .type = SCHEMA_BOOLEAN, AT(cfg_ospf, max_metric), .def = "false",
	  .cli = "max-metric router-lsa", .help = "No way but ours leads through us (RFC 6987)" },
	{ .name = "max-metric-startup-seconds", .type = SCHEMA_INTEGER,
	  AT(cfg_ospf, max_metric_startup_s), .min = 5, .max = 86400, .zero_too = true, .def = "0",
	  .unit = "s", .cli = "max-metric router-lsa on-startup",
	  .help = "The same, for so long after the start" },
	{ .name = "prefix-suppression", .type = SCHEMA_BOOLEAN, AT(cfg_ospf, prefix_suppression),
	  .def = "false", .cli = "prefix-suppression",
	  .help = "Networks between routers are not advertised (RFC 6860)" },
	{ .name = "log-adjacency-changes", .type = SCHEMA_BOOLEAN, AT(cfg_ospf, log_adjacency),
	  .def = "true", .cli = "log-adjacency-changes",
	  .help = "Neighbours that come and go are notices in the log, else only information" },
	{ .name = "graceful-restart-helper", .type = SCHEMA_BOOLEAN,
	  AT(cfg_ospf, graceful_restart_helper), .def = "true", .cli = "graceful-restart helper",
	  .help = "Keep to a neighbour that restarts (RFC 3623)" },
	{ .name = "graceful-restart", .type = SCHEMA_BOOLEAN, AT(cfg_ospf, graceful_restart),
	  .def = "false", .cli = "graceful-restart",
	  .help = "Neighbours are asked to keep to us while the control plane restarts (RFC "
		  "3623)" },
	{ .name = "graceful-restart-seconds", .type = SCHEMA_INTEGER,
	  AT(cfg_ospf, graceful_restart_s), .min = 1, .max = 1800, .def = "120", .unit = "s",
	  .cli = "graceful-restart restart-interval",
	  .help = "For at most so long: then they go on without us" },
	{ .name = "redistribute", .type = SCHEMA_LIST,
	  ENTRIES_OF(cfg_ospf, cfg_redistribute, redistributes, n_redistributes,
			schema_redistribute_rows),
	  .max = 2, .cli = "redistribute", .help = "Routes of others that OSPF tells of" },
	{ .name = "default-information", .type = SCHEMA_LIST,
	  ENTRIES_OF(cfg_ospf, cfg_default_info, defaults, n_defaults, schema_default_info_rows),
	  .max = 1, .cli = "default-information originate",
	  .help = "A default route, while we have one that is not OSPF's" },
	{ .name = "distance", .type = SCHEMA_INTEGER, AT(cfg_ospf, distance), .min = 1, .max = 255,
	  .def = "110", .cli = "distance",
	  .help = "Administrative distance of OSPF's routes; 255: they are not used" },
	{ .name = "distance-intra-area", .type = SCHEMA_INTEGER, AT(cfg_ospf, distance_intra),
	  .min = 1, .max = 255, .zero_too = true, .def = "0", .cli = "distance ospf intra-area",
	  .help = "Of routes within an area; 0: the same" },
	{ .name = "distance-inter-area", .type = SCHEMA_INTEGER, AT(cfg_ospf, distance_inter),
	  .min = 1, .max = 255, .zero_too = true, .def = "0", .cli = "distance ospf inter-area",
	  .help = "Of routes to other areas; 0: the same" },
	{ .name = "distance-external", .type = SCHEMA_INTEGER, AT(cfg_ospf, distance_external),
	  .min = 1, .max = 255, .zero_too = true, .def = "0", .cli = "distance ospf external",
	  .help = "Of external routes; 0: the same" },
	{ .name = "distribute-list-in", .type = SCHEMA_STRING, AT(cfg_ospf, distribute_in),
	  .min = 1, .max = CFG_NAME_MAX - 1, .cli = "distribute-list prefix",
	  .pattern = SCHEMA_NAME_PATTERN, .pattern_help = "name of a prefix list",
	  .help = "Only routes that this list permits are used; the database has all" },
	{ .name = "maximum-paths", .type = SCHEMA_INTEGER, AT(cfg_ospf, max_paths), .min = 1,
	  .max = 16, .def = "16", .cli = "maximum-paths",
	  .help = "Ways of the same cost that share the traffic" },
	{ .name = "rfc1583-compatibility", .type = SCHEMA_BOOLEAN, AT(cfg_ospf, rfc1583),
	  .def = "true", .cli = "compatible rfc1583",
	  .help = "Between ways to an AS boundary router the cost alone decides (RFC 2328 section "
		  "16.4.1); the same on all routers" },
	{ .name = "capability-transit", .type = SCHEMA_BOOLEAN, AT(cfg_ospf, capability_transit),
	  .def = "true", .cli = "capability transit",
	  .help = "Traffic of the backbone takes a shorter way through an area with virtual links "
		  "(RFC 2328 section 16.3), else that of the virtual link" },
	{ .name = "spf-start-ms", .type = SCHEMA_INTEGER, AT(cfg_ospf, spf_start_ms),
	  .min = 0, .max = 600000, .def = "1", .unit = "ms", .cli = "timers throttle spf start",
	  .help = "From a change after a quiet time to the calculation" },
	{ .name = "spf-hold-ms", .type = SCHEMA_INTEGER, AT(cfg_ospf, spf_hold_ms),
	  .min = 1, .max = 600000, .def = "50", .unit = "ms", .cli = "timers throttle spf hold",
	  .help = "From one calculation to the next; doubles while changes go on, but for the "
		  "first eight" },
	{ .name = "spf-max-ms", .type = SCHEMA_INTEGER, AT(cfg_ospf, spf_max_ms),
	  .min = 1, .max = 600000, .def = "5000", .unit = "ms", .cli = "timers throttle spf max",
	  .help = "Up to this" },
};
/* clang-format on */
