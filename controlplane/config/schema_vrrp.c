/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows of the table: virtual routers of an interface (RFC 9568, RFC 3768). See schema.h. */
#include "controlplane/config/schema_rows.h"

/* clang-format off */
static const struct schema_value versions[] = {
	{ "2", 2, "RFC 3768: IPv4, whole seconds, text authentication" },
	{ "3", 3, "RFC 9568: IPv4 and IPv6, down to 10 ms" },
	{ NULL, 0, NULL },
};

static const struct schema_value checksums[] = {
	{ "auto",          CFG_VRRP_SUM_AUTO,
		"as the other routers do; with it until one is heard" },
	{ "pseudo-header", CFG_VRRP_SUM_PSEUDO, "over addresses, too (RFC 5798)" },
	{ "plain",         CFG_VRRP_SUM_PLAIN,  "over the message alone (RFC 9568)" },
	{ NULL, 0, NULL },
};

static const struct schema_node addr_rows[] = {
	{ .name = "address", .type = SCHEMA_IPV4, AT(cfg_vrrp_addr, address),
	  .flags = SCHEMA_REQUIRED | SCHEMA_KEY, .cli = "", .help = "The address" },
};

static const struct schema_node addr6_rows[] = {
	{ .name = "address", .type = SCHEMA_IPV6, AT(cfg_vrrp_addr6, address),
	  .flags = SCHEMA_REQUIRED | SCHEMA_KEY, .cli = "", .help = "The address" },
};

static const struct schema_node peer_rows[] = {
	{ .name = "address", .type = SCHEMA_IPV46, AT(cfg_vrrp_addr6, address),
	  .flags = SCHEMA_REQUIRED | SCHEMA_KEY, .cli = "", .help = "Its address, of either family" },
};

/* vrrp N track OBJECT [decrement D] [priority P] [shutdown] */
static const struct schema_node track_rows[] = {
	{ .name = "object", .type = SCHEMA_REF, AT(cfg_vrrp_track, object),
	  .flags = SCHEMA_REQUIRED | SCHEMA_KEY, .ref = "/tracks", .cli = "",
	  .help = "Tracked object" },
	{ .name = "decrement", .type = SCHEMA_INTEGER, AT(cfg_vrrp_track, decrement),
	  .min = 1, .max = 254, .def = "10", .cli = "decrement",
	  .help = "While it is down the priority is so much lower" },
	{ .name = "priority", .type = SCHEMA_INTEGER, AT_HAS(cfg_vrrp_track, set, has_set),
	  .min = 1, .max = 254, .cli = "priority",
	  .help = "While it is down the priority is this" },
	{ .name = "shutdown", .type = SCHEMA_BOOLEAN, AT(cfg_vrrp_track, shutdown),
	  .def = "false", .cli = "shutdown",
	  .help = "While it is down the group does not take part" },
};

const struct schema_node schema_vrrp_rows[SCHEMA_N_VRRP] = {
	{ .name = "description", .type = SCHEMA_STRING, AT(cfg_vrrp, description),
	  .min = 1, .max = CFG_TEXT_MAX - 1, .cli = "description", .help = "What it is for" },
	{ .name = "enabled", .type = SCHEMA_BOOLEAN, AT(cfg_vrrp, enabled),
	  .flags = SCHEMA_INVERTED, .def = "true", .cli = "shutdown",
	  .help = "Whether it takes part" },
	{ .name = "address", .type = SCHEMA_IPV4, AT(cfg_vrrp, address), .cli = "ip",
	  .help = "Virtual IPv4 address" },
	{ .name = "secondary", .type = SCHEMA_LIST,
	  ENTRIES_OF(cfg_vrrp, cfg_vrrp_addr, secondary, n_secondary, addr_rows),
	  .max = 15, .cli = "ip secondary", .help = "More virtual IPv4 addresses" },
	{ .name = "ipv6-address", .type = SCHEMA_IPV6, AT(cfg_vrrp, address6), .cli = "ipv6",
	  .help = "Virtual IPv6 address; with it comes a virtual link-local one" },
	{ .name = "ipv6-secondary", .type = SCHEMA_LIST,
	  ENTRIES_OF(cfg_vrrp, cfg_vrrp_addr6, secondary6, n_secondary6, addr6_rows),
	  .max = 14, .cli = "ipv6 secondary", .help = "More virtual IPv6 addresses" },
	{ .name = "ipv6-link-local", .type = SCHEMA_IPV6, AT(cfg_vrrp, link_local6),
	  .cli = "ipv6 link-local",
	  .help = "Virtual link-local address; without it fe80::200:5eff:fe00:2XX, XX the number" },
	{ .name = "priority", .type = SCHEMA_INTEGER, AT(cfg_vrrp, priority),
	  .min = 1, .max = 255, .def = "100", .cli = "priority",
	  .help = "The highest becomes the active router; 255: the address is our own" },
	{ .name = "version", .type = SCHEMA_ENUM, AT(cfg_vrrp, version), .values = versions,
	  .def = "3", .cli = "version",
	  .help = "Version of the protocol, the same on all routers" },
	{ .name = "advertise-ms", .type = SCHEMA_INTEGER, AT(cfg_vrrp, advertise_ms),
	  .min = 10, .max = 40950, .def = "1000", .unit = "ms", .cli = "timers advertise msec",
	  .cli_instead = "advertise-seconds",
	  .help = "Interval of advertisements, in tens of milliseconds; version 2 takes whole "
		  "seconds" },
	{ .name = "advertise-seconds", .type = SCHEMA_INTEGER,
	  AT_HAS(cfg_vrrp, advertise_s, has_advertise_s),
	  .min = 1, .max = 40, .unit = "s", .cli = "timers advertise",
	  .cli_instead = "advertise-ms",
	  .help = "The same in seconds; if both are given these count" },
	{ .name = "preempt-delay-seconds", .type = SCHEMA_INTEGER, AT(cfg_vrrp, preempt_delay_s),
	  .min = 0, .max = 3600, .def = "0", .unit = "s", .cli = "preempt delay minimum",
	  .help = "But not before it has been seen for so long" },
	{ .name = "preempt", .type = SCHEMA_BOOLEAN, AT(cfg_vrrp, preempt), .def = "true",
	  .cli = "preempt", .help = "Take over from an active router of lower priority" },
	{ .name = "startup-delay-seconds", .type = SCHEMA_INTEGER, AT(cfg_vrrp, startup_delay_s),
	  .min = 0, .max = 3600, .def = "0", .unit = "s", .cli = "startup-delay",
	  .help = "Do not take part for so long after the interface has come up" },
	{ .name = "accept-mode", .type = SCHEMA_BOOLEAN, AT(cfg_vrrp, accept), .def = "true",
	  .cli = "accept-mode",
	  .help = "While active, be reachable at the virtual address, for ping and for tunnels" },
	{ .name = "authentication", .type = SCHEMA_STRING, AT(cfg_vrrp, authentication),
	  .flags = SCHEMA_SECRET, .min = 1, .max = 8, .cli = "authentication text",
	  .help = "Password of version 2 (RFC 2338 section 5.3.6), in the clear on the wire" },
	{ .name = "sync-group", .type = SCHEMA_STRING, AT(cfg_vrrp, sync_group),
	  .min = 1, .max = CFG_NAME_MAX - 1, .cli = "sync-group",
	  .pattern = SCHEMA_NAME_PATTERN, .pattern_help = "a name",
	  .help = "Groups of this name are active together, or none of them is" },
	{ .name = "checksum", .type = SCHEMA_ENUM, AT(cfg_vrrp, checksum), .values = checksums,
	  .def = "auto", .cli = "checksum",
	  .help = "Checksum of version 3 over IPv4, which makers and RFCs do differently" },
	{ .name = "track", .type = SCHEMA_LIST,
	  ENTRIES_OF(cfg_vrrp, cfg_vrrp_track, tracks, n_tracks, track_rows),
	  .max = 8, .cli = "track-object", .cli_inline = "track",
	  .help = "Objects that the priority depends on" },
	{ .name = "unicast-peers", .type = SCHEMA_LIST,
	  ENTRIES_OF(cfg_vrrp, cfg_vrrp_addr6, peers, n_peers, peer_rows),
	  .max = 8, .cli = "unicast-peer",
	  .help = "The other routers: advertisements of the address's family go to them alone, and "
		  "come from them alone" },
	{ .name = "permitted-peers", .type = SCHEMA_LIST,
	  ENTRIES_OF(cfg_vrrp, cfg_vrrp_addr6, permitted, n_permitted, peer_rows),
	  .max = 8, .cli = "permit-peer",
	  .help = "Own addresses of the other routers: advertisements of the address's family from "
		  "anybody else are refused" },
};
/* clang-format on */
