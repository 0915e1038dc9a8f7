/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the show commands print, one function for each answer of docs/mgmt.md. They take the answer
 * as it came: nothing in it is trusted to be there or to have the right type.
 */
#ifndef CULVERT_CLI_RENDER_H
#define CULVERT_CLI_RENDER_H

#include <jansson.h>
#include <stdbool.h>

#include "cli/out.h"

/** A snapshot before this one, for rates. */
struct since {
	const json_t *before; /* the answer then; NULL: the first snapshot */
	double seconds;       /* between the two */
};

void render_version(const struct out *o, const json_t *answer);
/** @name: one interface in detail; NULL: a table of all. @since NULL: no rates. */
bool render_interface(const struct out *o, const json_t *answer, const char *name,
		const struct since *since);
/** Those that have dampening configured. */
void render_interface_dampening(const struct out *o, const json_t *answer);
enum render_route_result { ROUTE_SHOWN, ROUTE_NONE, ROUTE_NO_ADDRESS };
/** @address: only routes with this prefix, or those that an address takes; NULL: all. */
enum render_route_result render_route(
		const struct out *o, const json_t *answer, const char *address);
/** Only routes of @protocol; false: there is no such protocol. */
bool render_route_protocol(const struct out *o, const json_t *answer, const char *protocol);
/** Used routes, and others, of each protocol. */
void render_route_summary(const struct out *o, const json_t *answer);
/** Those within @prefix. False: there are none. */
bool render_route_longer(const struct out *o, const json_t *answer, const char *prefix);
void render_route_recursive(const struct out *o, const json_t *answer);
void render_ospf(const struct out *o, const json_t *answer);
void render_ospf_interface(const struct out *o, const json_t *answer);
void render_ospf_interface_brief(const struct out *o, const json_t *answer);
void render_ospf_neighbor_detail(const struct out *o, const json_t *answer);
void render_ospf_database_detail(const struct out *o, const json_t *answer);
void render_ospf_neighbor(const struct out *o, const json_t *answer);
void render_ospf_route(const struct out *o, const json_t *answer);
void render_ospf_border(const struct out *o, const json_t *answer);
void render_ospf_statistics(const struct out *o, const json_t *answer);
void render_ospf_database(const struct out *o, const json_t *answer);
void render_arp(const struct out *o, const json_t *answer);
bool render_tunnel(const struct out *o, const json_t *answer, const char *name,
		const struct since *since);
/** How both sides of the IKE SA @sa have proven who they are. */
void render_authentication(const struct out *o, const json_t *sa);
/** IKE SAs of @version (1, 2) of IKE, and their peers that have none. */
void render_ike(const struct out *o, const json_t *answer, int version, bool detail);
/** false: there is none in the answer. */
void render_audit(const struct out *o, const json_t *answer);
/** False: there are no trustpoints. */
bool render_pki(const struct out *o, const json_t *answer);
bool render_session(const struct out *o, const json_t *answer, bool detail);
/** @tunnel: only its SAs; NULL: all. */
bool render_ipsec(const struct out *o, const json_t *answer, const char *tunnel);
/** false: no tunnel is called @name. */
bool render_mtu(const struct out *o, const json_t *answer, const char *name);
void render_gre_protocols(const struct out *o, const json_t *answer);
void render_policy(const struct out *o, const json_t *answer);
void render_drops(const struct out *o, const json_t *answer, bool all);
void render_ra(const struct out *o, const json_t *answer);
void render_vrrp(const struct out *o, const json_t *answer);
void render_vrrp_brief(const struct out *o, const json_t *answer);
void render_vrrp_history(const struct out *o, const json_t *answer);
void render_track(const struct out *o, const json_t *answer, bool brief);
void render_sla(const struct out *o, const json_t *answer);
void render_control_plane(const struct out *o, const json_t *answer);
void render_ip_traffic(const struct out *o, const json_t *answer);
void render_versions(const struct out *o, const json_t *answer);
/** The result of config-push and config-rollback. */
void render_push(const struct out *o, const json_t *answer, bool dry_run);

/* Reading answers. What is absent, null or empty gives the fallback: "-" or 0. */
const char *get_str(const json_t *o, const char *key);
json_int_t get_int(const json_t *o, const char *key);
bool get_true(const json_t *o, const char *key);
/** The entry of @array whose "name" is @name, NULL if none. */
const json_t *get_named(const json_t *array, const char *name);
/** @key of @now minus @key of @before by the second; -1 without a snapshot before. */
double get_rate(const json_t *now, const json_t *before, const char *key, double seconds);
/** "-" for null, else text_age(). Returns @buf. */
char *get_age(const json_t *o, const char *key, char *buf);
/** A table cell with a number: text_packets() or text_bytes(). */
struct table;
void cell_packets(struct table *t, const json_t *o, const char *key);
void cell_bytes(struct table *t, const json_t *o, const char *key);
/** "Name ........ value" of a detailed view; nothing for an empty value. */
void detail(const struct out *o, const char *name, const char *fmt, ...)
		__attribute__((format(printf, 3, 4)));
/** How sources are looked up, of an interface or tunnel @f; nothing where they are not. */
void verify_detail(const struct out *o, const json_t *f);

#endif
