/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows of the table: router advertisements of an interface (RFC 4861). See schema.h. */
#include "controlplane/config/schema_rows.h"

/* clang-format off */
static const struct schema_value preferences[] = {
	{ "medium", CFG_RA_MEDIUM, "as good as any other router" },
	{ "high",   CFG_RA_HIGH,   "rather than others" },
	{ "low",    CFG_RA_LOW,    "if there is no other" },
	{ NULL, 0, NULL },
};

/* ipv6 nd prefix P [valid-lifetime S] [preferred-lifetime S] [off-link] [no-autoconfig]
 * [no-advertise] */
static const struct schema_node prefix_rows[] = {
	{ .name = "prefix", .type = SCHEMA_PREFIX6, AT(cfg_ra_prefix, prefix),
	  .flags = SCHEMA_REQUIRED | SCHEMA_KEY, .cli = "", .help = "The prefix" },
	{ .name = "valid-seconds", .type = SCHEMA_INTEGER, AT(cfg_ra_prefix, valid_s),
	  .min = 0, .max = UINT32_MAX, .def = "2592000", .unit = "s", .cli = "valid-lifetime",
	  .help = "How long it is on the link, and addresses of it are valid; 4294967295: for ever" },
	{ .name = "preferred-seconds", .type = SCHEMA_INTEGER, AT(cfg_ra_prefix, preferred_s),
	  .min = 0, .max = UINT32_MAX, .def = "604800", .unit = "s", .cli = "preferred-lifetime",
	  .help = "How long hosts begin new connections from such addresses" },
	{ .name = "off-link", .type = SCHEMA_BOOLEAN, AT(cfg_ra_prefix, off_link), .def = "false",
	  .cli = "off-link", .help = "Not told to be on the link" },
	{ .name = "no-autoconfig", .type = SCHEMA_BOOLEAN, AT(cfg_ra_prefix, no_autoconfig),
	  .def = "false", .cli = "no-autoconfig", .help = "Hosts make no addresses of it" },
	{ .name = "no-advertise", .type = SCHEMA_BOOLEAN, AT(cfg_ra_prefix, no_advertise),
	  .def = "false", .cli = "no-advertise", .help = "Not told, though it is the interface's" },
};

const struct schema_node schema_ra_rows[SCHEMA_N_RA] = {
	{ .name = "enabled", .type = SCHEMA_BOOLEAN, AT(cfg_ra, enabled),
	  .flags = SCHEMA_INVERTED, .def = "false", .cli = "ra suppress",
	  .help = "Whether there are any, and solicitations are answered" },
	{ .name = "interval-seconds", .type = SCHEMA_INTEGER, AT(cfg_ra, interval_s),
	  .min = 4, .max = 1800, .def = "200", .unit = "s", .cli = "ra interval",
	  .help = "One at least every so often" },
	{ .name = "interval-min-seconds", .type = SCHEMA_INTEGER,
	  AT_HAS(cfg_ra, interval_min_s, has_interval_min), .min = 3, .max = 1350, .unit = "s",
	  .cli = "ra interval minimum",
	  .help = "No two within this; without it a third of the interval" },
	{ .name = "lifetime-seconds", .type = SCHEMA_INTEGER, AT(cfg_ra, lifetime_s),
	  .min = 0, .max = 9000, .def = "1800", .unit = "s", .cli = "ra lifetime",
	  .help = "How long hosts keep us as a default router; 0: we are none" },
	{ .name = "hop-limit", .type = SCHEMA_INTEGER, AT(cfg_ra, hop_limit),
	  .min = 0, .max = 255, .def = "64", .cli = "ra hop-limit",
	  .help = "What hosts send with; 0: not told" },
	{ .name = "managed", .type = SCHEMA_BOOLEAN, AT(cfg_ra, managed), .def = "false",
	  .cli = "managed-config-flag", .help = "Addresses are to be had by DHCPv6" },
	{ .name = "other", .type = SCHEMA_BOOLEAN, AT(cfg_ra, other), .def = "false",
	  .cli = "other-config-flag", .help = "Other things are to be had by DHCPv6" },
	{ .name = "preference", .type = SCHEMA_ENUM, AT(cfg_ra, preference),
	  .values = preferences, .def = "medium", .cli = "router-preference",
	  .help = "Of us as a default router (RFC 4191)" },
	{ .name = "prefixes", .type = SCHEMA_LIST,
	  ENTRIES_OF(cfg_ra, cfg_ra_prefix, prefixes, n_prefixes, prefix_rows),
	  .max = 8, .cli = "prefix",
	  .help = "Prefixes that are told otherwise than the interface's own are, or besides them" },
};
/* clang-format on */
