/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * For the files that hold rows of the table: where a row's value lives in the structs of config.h,
 * and the rows of subjects that have a file of their own.
 */
#ifndef CULVERT_CONTROLPLANE_CONFIG_SCHEMA_ROWS_H
#define CULVERT_CONTROLPLANE_CONFIG_SCHEMA_ROWS_H

#include "controlplane/config/config.h"
#include "controlplane/config/schema.h"

/* clang-format off */
#define N_ROWS(rows) (sizeof(rows) / sizeof((rows)[0]))

/* Where a value lives: field @f of struct @s. */
#define AT(s, f)                                                                                 \
	.offset = offsetof(struct s, f), .size = sizeof(((struct s *)0)->f), .has = SCHEMA_NONE, \
	.count = SCHEMA_NONE
/* The same, with a bool that says whether it was given. */
#define AT_HAS(s, f, h)                                                           \
	.offset = offsetof(struct s, f), .size = sizeof(((struct s *)0)->f),      \
	.has = offsetof(struct s, h), .count = SCHEMA_NONE
/* An array inside the struct with a count beside it. */
#define AT_ARRAY(s, f, n)                                                              \
	.offset = offsetof(struct s, f), .size = sizeof(((struct s *)0)->f[0]),        \
	.has = SCHEMA_NONE, .count = offsetof(struct s, n)
/* A group of rows over field @f, or over the same struct. */
#define GROUP(s, f, rows)                                                                       \
	.offset = offsetof(struct s, f), .size = sizeof(((struct s *)0)->f), .has = SCHEMA_NONE, \
	.count = SCHEMA_NONE, .children = rows, .n_children = N_ROWS(rows)
#define GROUP_HERE(rows)                                               \
	.offset = 0, .size = 0, .has = SCHEMA_NONE, .count = SCHEMA_NONE, \
	.children = rows, .n_children = N_ROWS(rows)
/* Entries of struct @e, in struct @s. */
#define ENTRIES_OF(s, e, f, n, rows)                                                      \
	.offset = offsetof(struct s, f), .size = sizeof(struct e), .has = SCHEMA_NONE,    \
	.count = offsetof(struct s, n), .children = rows, .n_children = N_ROWS(rows)
#define ENTRIES(e, f, n, rows) ENTRIES_OF(cfg, e, f, n, rows)
/* clang-format on */

/* schema_crypto.c */
#define SCHEMA_N_CRYPTO 4
extern const struct schema_node schema_crypto_rows[SCHEMA_N_CRYPTO];
/* schema_vrrp.c */
#define SCHEMA_N_VRRP 21
extern const struct schema_node schema_vrrp_rows[SCHEMA_N_VRRP];
/* schema_ra.c */
#define SCHEMA_N_RA 9
extern const struct schema_node schema_ra_rows[SCHEMA_N_RA];
/* schema_track.c */
#define SCHEMA_N_TRACK 20
#define SCHEMA_N_SLA   13
extern const struct schema_node schema_track_rows[SCHEMA_N_TRACK];
extern const struct schema_node schema_sla_rows[SCHEMA_N_SLA];
/* schema_routing.c */
#define SCHEMA_N_PREFIX_RULE  6
#define SCHEMA_N_REDISTRIBUTE 5
#define SCHEMA_N_DEFAULT_INFO 5
#define SCHEMA_N_OSPF_RANGE   3
#define SCHEMA_N_OSPF_NSSA    4
#define SCHEMA_N_OSPF_VLINK   7
extern const struct schema_node schema_ospf_nssa_range_rows[SCHEMA_N_OSPF_NSSA];
extern const struct schema_node schema_ospf_vlink_rows[SCHEMA_N_OSPF_VLINK];
extern const struct schema_node schema_prefix_rule_rows[SCHEMA_N_PREFIX_RULE];
extern const struct schema_node schema_redistribute_rows[SCHEMA_N_REDISTRIBUTE];
extern const struct schema_node schema_default_info_rows[SCHEMA_N_DEFAULT_INFO];
extern const struct schema_node schema_ospf_range_rows[SCHEMA_N_OSPF_RANGE];
/* schema_ospf.c */
#define SCHEMA_N_OSPF_IF   20
#define SCHEMA_N_OSPF      39
#define SCHEMA_N_KEY_CHAIN 1
extern const struct schema_node schema_ospf_if_rows[SCHEMA_N_OSPF_IF];
extern const struct schema_node schema_ospf_rows[SCHEMA_N_OSPF];
extern const struct schema_node schema_key_chain_rows[SCHEMA_N_KEY_CHAIN];

#endif
