/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows of the table: prefix lists, and what OSPF redistributes and aggregates. See schema.h. */
#include "controlplane/config/schema_rows.h"

/* clang-format off */
static const struct schema_value actions[] = {
	{ "permit", CFG_PERMIT, "what matches is let through" },
	{ "deny",   CFG_DENY,   "what matches is left out" },
	{ NULL, 0, NULL },
};

static const struct schema_value sources[] = {
	{ "connected", CFG_REDISTRIBUTE_CONNECTED,
		"networks of interfaces where OSPF does not run" },
	{ "static",    CFG_REDISTRIBUTE_STATIC,    "static routes" },
	{ NULL, 0, NULL },
};

/* ip prefix-list NAME seq N permit|deny PREFIX [ge N] [le N] */
const struct schema_node schema_prefix_rule_rows[SCHEMA_N_PREFIX_RULE] = {
	{ .name = "list", .type = SCHEMA_STRING, AT(cfg_prefix_rule, list),
	  .flags = SCHEMA_REQUIRED | SCHEMA_KEY, .min = 1, .max = CFG_NAME_MAX - 1, .cli = "",
	  .pattern = SCHEMA_NAME_PATTERN, .pattern_help = "a name", .help = "Name of the list" },
	{ .name = "seq", .type = SCHEMA_INTEGER, AT(cfg_prefix_rule, seq),
	  .flags = SCHEMA_KEY, .min = 1, .max = UINT32_MAX, .def = "5", .cli = "seq",
	  .help = "Place of the rule in its list: the first one that matches decides" },
	{ .name = "action", .type = SCHEMA_ENUM, AT(cfg_prefix_rule, action),
	  .flags = SCHEMA_REQUIRED, .values = actions, .cli = "", .help = "What it decides" },
	{ .name = "prefix", .type = SCHEMA_PREFIX, AT(cfg_prefix_rule, prefix),
	  .flags = SCHEMA_REQUIRED, .cli = "",
	  .help = "Matches this prefix; with ge or le those within it, of other lengths" },
	{ .name = "ge", .type = SCHEMA_INTEGER, AT(cfg_prefix_rule, ge), .min = 1, .max = 32,
	  .zero_too = true, .def = "0", .cli = "ge", .help = "Least length; 0: not given" },
	{ .name = "le", .type = SCHEMA_INTEGER, AT(cfg_prefix_rule, le), .min = 1, .max = 32,
	  .zero_too = true, .def = "0", .cli = "le", .help = "Greatest length; 0: not given" },
};

/* redistribute connected|static [metric N] [metric-type T] [tag N] [prefix-list NAME] */
const struct schema_node schema_redistribute_rows[SCHEMA_N_REDISTRIBUTE] = {
	{ .name = "source", .type = SCHEMA_ENUM, AT(cfg_redistribute, source),
	  .flags = SCHEMA_REQUIRED | SCHEMA_KEY, .values = sources, .cli = "",
	  .help = "Routes that are redistributed" },
	{ .name = "metric", .type = SCHEMA_INTEGER, AT(cfg_redistribute, metric),
	  .min = 0, .max = 16777214, .def = "20", .cli = "metric", .help = "Metric they get" },
	{ .name = "metric-type", .type = SCHEMA_INTEGER, AT(cfg_redistribute, metric_type),
	  .min = 1, .max = 2, .def = "2", .cli = "metric-type",
	  .help = "1: the cost of the way to us is added (E1); 2: the metric alone counts (E2)" },
	{ .name = "tag", .type = SCHEMA_INTEGER, AT_HAS(cfg_redistribute, tag, has_tag),
	  .min = 0, .max = UINT32_MAX, .cli = "tag", .help = "Tag they get; without it their own" },
	{ .name = "prefix-list", .type = SCHEMA_STRING, AT(cfg_redistribute, prefix_list),
	  .min = 1, .max = CFG_NAME_MAX - 1, .cli = "prefix-list", .pattern = SCHEMA_NAME_PATTERN,
	  .pattern_help = "name of a prefix list", .help = "Only what this list permits" },
};

/* default-information originate [always] [metric N] [metric-type T] [tag N] [track OBJECT] */
const struct schema_node schema_default_info_rows[SCHEMA_N_DEFAULT_INFO] = {
	{ .name = "always", .type = SCHEMA_BOOLEAN, AT(cfg_default_info, always), .def = "false",
	  .flags = SCHEMA_KEY, .cli = "always", .help = "Even without a default route of our own" },
	{ .name = "metric", .type = SCHEMA_INTEGER, AT(cfg_default_info, metric),
	  .min = 0, .max = 16777214, .def = "1", .cli = "metric", .help = "Its metric" },
	{ .name = "metric-type", .type = SCHEMA_INTEGER, AT(cfg_default_info, metric_type),
	  .min = 1, .max = 2, .def = "2", .cli = "metric-type", .help = "E1 or E2" },
	{ .name = "tag", .type = SCHEMA_INTEGER, AT(cfg_default_info, tag),
	  .min = 0, .max = UINT32_MAX, .def = "0", .cli = "tag", .help = "Its tag" },
	{ .name = "track", .type = SCHEMA_REF, AT(cfg_default_info, track), .ref = "/tracks",
	  .cli = "track", .help = "Only while this tracked object is up" },
};

/* area A range PREFIX [not-advertise] [cost N] */
const struct schema_node schema_ospf_range_rows[SCHEMA_N_OSPF_RANGE] = {
	{ .name = "prefix", .type = SCHEMA_PREFIX, AT(cfg_ospf_range, prefix),
	  .flags = SCHEMA_REQUIRED | SCHEMA_KEY, .cli = "",
	  .help = "Other areas are told of this instead of what is in it" },
	{ .name = "not-advertise", .type = SCHEMA_BOOLEAN, AT(cfg_ospf_range, not_advertise),
	  .def = "false", .cli = "not-advertise", .help = "They are told nothing of it" },
	{ .name = "cost", .type = SCHEMA_INTEGER, AT_HAS(cfg_ospf_range, cost, has_cost),
	  .min = 0, .max = 16777214, .cli = "cost",
	  .help = "Its cost; without it that of the farthest network in it" },
};

/* area A nssa-range PREFIX [not-advertise] [cost N] [tag N] */
const struct schema_node schema_ospf_nssa_range_rows[SCHEMA_N_OSPF_NSSA] = {
	{ .name = "prefix", .type = SCHEMA_PREFIX, AT(cfg_ospf_nssa_range, prefix),
	  .flags = SCHEMA_REQUIRED | SCHEMA_KEY, .cli = "",
	  .help = "One type 5 LSA of this stands for the type 7 LSAs in it (RFC 3101)" },
	{ .name = "not-advertise", .type = SCHEMA_BOOLEAN, AT(cfg_ospf_nssa_range, not_advertise),
	  .def = "false", .cli = "not-advertise", .help = "They are not translated" },
	{ .name = "cost", .type = SCHEMA_INTEGER, AT_HAS(cfg_ospf_nssa_range, cost, has_cost),
	  .min = 0, .max = 16777214, .cli = "cost",
	  .help = "Its metric; without it the highest of those in it" },
	{ .name = "tag", .type = SCHEMA_INTEGER, AT(cfg_ospf_nssa_range, tag),
	  .min = 0, .max = UINT32_MAX, .def = "0", .cli = "tag", .help = "Its tag" },
};

/* area A virtual-link ROUTER-ID [hello-interval N] ... [authentication key-chain NAME]
 * [authentication-key PASSWORD] */
const struct schema_node schema_ospf_vlink_rows[SCHEMA_N_OSPF_VLINK] = {
	{ .name = "router-id", .type = SCHEMA_STRING, AT(cfg_ospf_vlink, router_id),
	  .flags = SCHEMA_REQUIRED | SCHEMA_KEY, .min = 7, .max = 15, .cli = "",
	  .pattern = "^[0-9]{1,3}(\\.[0-9]{1,3}){3}$", .pattern_help = "a dotted quad",
	  .help = "Border router at its other end" },
	{ .name = "hello-seconds", .type = SCHEMA_INTEGER, AT(cfg_ospf_vlink, hello_s),
	  .min = 1, .max = 65535, .def = "10", .unit = "s", .cli = "hello-interval",
	  .help = "From one Hello to the next; the same at both ends" },
	{ .name = "dead-seconds", .type = SCHEMA_INTEGER, AT(cfg_ospf_vlink, dead_s),
	  .min = 1, .max = 65535, .def = "40", .unit = "s", .cli = "dead-interval",
	  .help = "Without a Hello for so long it is down; the same at both ends" },
	{ .name = "retransmit-seconds", .type = SCHEMA_INTEGER, AT(cfg_ospf_vlink, retransmit_s),
	  .min = 1, .max = 3600, .def = "5", .unit = "s", .cli = "retransmit-interval",
	  .help = "Wait for acknowledgments" },
	{ .name = "transmit-delay-seconds", .type = SCHEMA_INTEGER,
	  AT(cfg_ospf_vlink, transmit_delay_s), .min = 1, .max = 3600, .def = "1", .unit = "s",
	  .cli = "transmit-delay", .help = "What LSAs age by being sent there" },
	{ .name = "key-chain", .type = SCHEMA_REF, AT(cfg_ospf_vlink, key_chain),
	  .ref = "/key-chains", .cli = "authentication key-chain",
	  .help = "Packets are signed and checked by this chain's keys" },
	{ .name = "authentication-key", .type = SCHEMA_STRING,
	  AT(cfg_ospf_vlink, authentication_key), .flags = SCHEMA_SECRET, .min = 1, .max = 8,
	  .cli = "authentication-key",
	  .help = "Packets have this password in the clear; not with a key chain" },
};
/* clang-format on */
