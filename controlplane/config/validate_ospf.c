/* SPDX-License-Identifier: BSD-3-Clause */
/* What must hold of OSPF's configuration; see validate.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "controlplane/config/validate_priv.h"

int
cfg_ospf_area_parse(const char *s, uint32_t *id)
{
	unsigned long v;
	char *end;

	if (strchr(s, '.') != NULL)
		return ip4_parse(s, id);
	errno = 0;
	v = strtoul(s, &end, 10);
	if (s[0] < '0' || s[0] > '9' || *end != '\0' || errno != 0 || v > UINT32_MAX)
		return -EINVAL;
	*id = (uint32_t)v;
	return 0;
}

int
cfg_ospf_time_parse(const char *s, uint64_t *at_s)
{
	struct tm tm = { 0 };
	const char *end;
	time_t t;

	*at_s = 0;
	if (s[0] == '\0')
		return 0;
	end = strptime(s, "%Y-%m-%dT%H:%M:%SZ", &tm);
	if (end == NULL || *end != '\0')
		return -EINVAL;
	t = timegm(&tm);
	if (t <= 0)
		return -EINVAL;
	*at_s = (uint64_t)t;
	return 0;
}

static void
check_limit(struct validator *v, const char *chain, const struct cfg_ospf_key *k,
		const char *field, const char *from, const char *until)
{
	uint64_t a, b;
	char where[80];

	snprintf(where, sizeof(where), "keys/%s/%s", k->name, field);
	if (cfg_ospf_time_parse(from, &a) != 0 || cfg_ospf_time_parse(until, &b) != 0)
		entry_error(v, AT_CHAINS, chain, where, "no such time");
	else if (b != 0 && b <= a)
		entry_error(v, AT_CHAINS, chain, where, "ends before it begins");
}

static void
check_chain(struct validator *v, const struct cfg_key_chain *c)
{
	for (uint32_t i = 0; i < c->n_keys; i++) {
		const struct cfg_ospf_key *k = &c->keys[i];

		check_limit(v, c->name, k, "send-until", k->send_from, k->send_until);
		check_limit(v, c->name, k, "accept-until", k->accept_from, k->accept_until);
	}
}

static void
check_object(struct validator *v, const char *map, const char *name, const char *field,
		const char *object)
{
	if (object[0] != '\0' && cfg_track_find(v->c, object) == NULL &&
			!read_errors_at(v, AT_TRACKS))
		entry_error(v, map, name, field, "there is no tracked object \"%s\"", object);
}

static void
check_key_chain(struct validator *v, const char *map, const char *name, const char *field,
		const char *chain)
{
	const struct cfg_key_chain *c = cfg_key_chain_find(v->c, chain);

	if (chain[0] != '\0' && c == NULL)
		entry_error(v, map, name, field, "there is no key chain \"%s\"", chain);
	else if (c != NULL && c->n_keys == 0)
		entry_error(v, map, name, field, "key chain \"%s\" has no key", chain);
}

/* Of an interface or a tunnel. */
static void
check_if(struct validator *v, const char *map, const char *name, const struct cfg_ospf_if *o)
{
	uint32_t area;

	if (o->area[0] != '\0' && cfg_ospf_area_parse(o->area, &area) != 0)
		entry_error(v, map, name, "ospf/area", "there is no area %s", o->area);
	if (o->has_dead && o->hello_multiplier == 0 && o->dead_s <= o->hello_s)
		entry_error(v, map, name, "ospf/dead-seconds",
				"a dead interval of %u s with Hellos every %u s", o->dead_s,
				o->hello_s);
	if (o->authentication == CFG_OSPF_AUTH_TEXT && o->authentication_key[0] == '\0')
		entry_error(v, map, name, "ospf/authentication-key",
				"authentication text needs a password");
	check_key_chain(v, map, name, "ospf/key-chain", o->key_chain);
	if (o->authentication == CFG_OSPF_AUTH_DIGEST && o->n_keys == 0 && o->key_chain[0] == '\0')
		entry_error(v, map, name, "ospf/message-digest-keys",
				"authentication message-digest needs a key or a key chain");
	if (o->n_keys != 0 && o->key_chain[0] != '\0')
		entry_error(v, map, name, "ospf/key-chain", "keys are given by hand already");
	for (uint32_t i = 0; i < o->n_tracks; i++) {
		char field[32];

		snprintf(field, sizeof(field), "ospf/track/%u/object", i);
		check_object(v, map, name, field, o->tracks[i].object);
	}
}

static bool
has_prefix_list(const struct cfg *c, const char *list)
{
	for (uint32_t i = 0; i < c->n_prefix_rules; i++)
		if (strcmp(c->prefix_rules[i].list, list) == 0)
			return true;
	return false;
}

/* RFC 2328 section 15: not through the backbone, and not through an area without types 4 and 5. */
static void
check_vlinks(struct validator *v, const struct cfg_ospf *o, const struct cfg_ospf_area *a,
		uint32_t area)
{
	for (uint32_t i = 0; i < a->n_vlinks; i++) {
		const struct cfg_ospf_vlink *l = &a->vlinks[i];
		uint32_t id;
		char field[80];

		snprintf(field, sizeof(field), "areas/%s/virtual-links/%u", a->name, i);
		if (area == 0 || a->type != CFG_OSPF_AREA_NORMAL)
			entry_error(v, AT_OSPF, o->name, field,
					"a virtual link leads through a normal area, not %s",
					area == 0 ? "the backbone" : "a stub area or an NSSA");
		if (ip4_parse(l->router_id, &id) != 0 || id == 0)
			entry_error(v, AT_OSPF, o->name, field, "%s is no router ID",
					l->router_id);
		if (l->dead_s <= l->hello_s)
			entry_error(v, AT_OSPF, o->name, field,
					"a dead interval of %u s with Hellos every %u s",
					l->dead_s, l->hello_s);
		check_key_chain(v, AT_OSPF, o->name, field, l->key_chain);
		if (l->key_chain[0] != '\0' && l->authentication_key[0] != '\0')
			entry_error(v, AT_OSPF, o->name, field,
					"a key chain and a password: it can be one of them");
	}
}

static void
warn_prefix_list(struct validator *v, const struct cfg_ospf *o, const char *field,
		const char *list)
{
	if (list[0] != '\0' && !has_prefix_list(v->c, list))
		entry_warning(v, AT_OSPF, o->name, field,
				"there is no prefix list \"%s\": it permits all", list);
}

static void
warn_filters(struct validator *v, const struct cfg_ospf *o, const struct cfg_ospf_area *a)
{
	char field[80];

	snprintf(field, sizeof(field), "areas/%s/filter-list-in", a->name);
	warn_prefix_list(v, o, field, a->filter_in);
	snprintf(field, sizeof(field), "areas/%s/filter-list-out", a->name);
	warn_prefix_list(v, o, field, a->filter_out);
}

static void
check_process(struct validator *v, const struct cfg_ospf *o)
{
	uint32_t id;

	if (o->router_id_text[0] != '\0' && (ip4_parse(o->router_id_text, &id) != 0 || id == 0))
		entry_error(v, AT_OSPF, o->name, "router-id", "%s is no router ID",
				o->router_id_text);
	for (uint32_t i = 0; i < o->n_networks; i++) {
		char field[32];

		snprintf(field, sizeof(field), "networks/%u/area", i);
		if (cfg_ospf_area_parse(o->networks[i].area, &id) != 0)
			entry_error(v, AT_OSPF, o->name, field, "there is no area %s",
					o->networks[i].area);
	}
	for (uint32_t i = 0; i < o->n_areas; i++) {
		const struct cfg_ospf_area *a = &o->areas[i];
		char field[80];

		snprintf(field, sizeof(field), "areas/%s", a->name);
		if (cfg_ospf_area_parse(a->name, &id) != 0) {
			entry_error(v, AT_OSPF, o->name, field, "there is no such area");
			continue;
		}
		if (id == 0 && a->type != CFG_OSPF_AREA_NORMAL)
			entry_error(v, AT_OSPF, o->name, field, "the backbone is a normal area");
		else if (a->no_summary && a->type == CFG_OSPF_AREA_NORMAL)
			entry_error(v, AT_OSPF, o->name, field,
					"no-summary is for stub areas and NSSAs");
		if (a->n_nssa_ranges > 0 && a->type != CFG_OSPF_AREA_NSSA)
			entry_error(v, AT_OSPF, o->name, field, "nssa-ranges are for NSSAs");
		check_vlinks(v, o, a, id);
		warn_filters(v, o, a);
	}
	for (uint32_t i = 0; i < o->n_passives; i++) {
		const char *name = o->passives[i].interface;
		char field[40];

		snprintf(field, sizeof(field), "passive-interfaces/%u/interface", i);
		if (cfg_interface_find(v->c, name) == NULL && cfg_tunnel_find(v->c, name) == NULL)
			entry_error(v, AT_OSPF, o->name, field,
					"there is no interface or tunnel \"%s\"", name);
	}
	for (uint32_t i = 0; i < o->n_redistributes; i++) {
		char field[40];

		snprintf(field, sizeof(field), "redistribute/%u/prefix-list", i);
		warn_prefix_list(v, o, field, o->redistributes[i].prefix_list);
	}
	warn_prefix_list(v, o, "distribute-list-in", o->distribute_in);
	for (uint32_t i = 0; i < o->n_defaults; i++)
		check_object(v, AT_OSPF, o->name, "default-information/0/track",
				o->defaults[i].track);
	if (o->lsa_max_ms < o->lsa_hold_ms)
		entry_error(v, AT_OSPF, o->name, "lsa-max-ms", "is less than lsa-hold-ms");
}

void
validate_ospf(struct validator *v)
{
	const struct cfg *c = v->c;

	for (uint32_t i = 0; i < c->n_key_chains; i++)
		check_chain(v, &c->key_chains[i]);
	for (uint32_t i = 0; i < c->n_interfaces; i++)
		check_if(v, AT_INTERFACES, c->interfaces[i].name, &c->interfaces[i].ospf);
	for (uint32_t i = 0; i < c->n_tunnels; i++)
		check_if(v, AT_TUNNELS, c->tunnels[i].name, &c->tunnels[i].ospf);
	for (uint32_t i = 0; i < c->n_ospfs; i++)
		check_process(v, &c->ospfs[i]);
}
