/* SPDX-License-Identifier: BSD-3-Clause */
/* Configuration to what the engine is told. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/config/model.h"
#include "controlplane/ospf/proc_int.h"

static_assert((int)CFG_OSPF_SHA512 == (int)OSPF_ALG_HMAC_SHA512, "the same numbers");
static_assert((int)CFG_OSPF_P2MP_NB == (int)OSPF_IF_P2MP_NB, "the same numbers");
static_assert((int)CFG_OSPF_AREA_NSSA == (int)OSPF_AREA_NSSA, "the same numbers");
static_assert(CFG_OSPF_SECRET_LEN == OSPF_KEY_LEN + 1, "secrets fit");

#define TUNNEL_COST 1000 /* of a tunnel, whose bandwidth nobody knows */
#define VLINK_MTU   1500 /* nobody knows the way: the area's links are taken for Ethernet */

static uint32_t
highest_address(const struct cfg *c, bool loopbacks)
{
	uint32_t best = 0;

	for (uint32_t i = 0; i < c->n_interfaces; i++) {
		const struct cfg_interface *f = &c->interfaces[i];

		if (!f->enabled || (cfg_loopback_number(f->name) >= 0) != loopbacks)
			continue;
		for (uint8_t k = 0; k < f->n_addrs; k++)
			if (f->addrs[k].addr > best)
				best = f->addrs[k].addr;
	}
	return best;
}

/* The highest address of a loopback interface, else of another one, else of a tunnel. */
static uint32_t
default_router_id(const struct cfg *c)
{
	uint32_t best = highest_address(c, true);

	if (best == 0)
		best = highest_address(c, false);
	for (uint32_t i = 0; best == 0 && i < c->n_tunnels; i++)
		best = c->tunnels[i].address.addr;
	return best;
}

void
proc_cfg_instance(const struct cfg *c, const struct cfg_ospf *p, struct ospf_cfg *out)
{
	memset(out, 0, sizeof(*out));
	if (p->router_id_text[0] == '\0' || ip4_parse(p->router_id_text, &out->router_id) != 0)
		out->router_id = default_router_id(c);
	if (!p->enabled)
		out->router_id = 0;
	out->lsa_start_ms = p->lsa_start_ms;
	out->lsa_hold_ms = p->lsa_hold_ms;
	out->lsa_max_ms = p->lsa_max_ms;
	out->lsa_arrival_ms = p->lsa_arrival_ms;
	out->pacing_ms = p->pacing_ms;
	out->max_exchanges = p->max_exchanges;
	out->limit.most = p->max_lsa;
	out->limit.threshold = p->max_lsa_threshold;
	out->limit.warning_only = p->max_lsa_warning_only;
	out->limit.ignore_s = p->max_lsa_ignore_min * 60;
	out->limit.ignore_count = p->max_lsa_ignore_count;
	out->limit.reset_s = p->max_lsa_reset_min * 60;
	out->max_metric = p->max_metric;
	out->max_metric_startup_s = p->max_metric_startup_s;
	out->prefix_suppression = p->prefix_suppression;
	out->log_adjacency = p->log_adjacency;
	out->gr_helper = p->graceful_restart_helper;
	out->restart_s = p->graceful_restart ? p->graceful_restart_s : 0;
	out->opaque = true;
}

void
proc_cfg_area(const struct cfg_ospf_area *a, struct ospf_area_cfg *out)
{
	memset(out, 0, sizeof(*out));
	cfg_ospf_area_parse(a->name, &out->id); /* validated */
	out->type = a->type;
	out->no_summary = a->no_summary;
	out->default_cost = a->default_cost;
	out->nssa_translate_always = a->translate_always;
	out->nssa_stability_s = a->stability_s;
	out->nssa_default = a->default_originate;
}

uint32_t
proc_cfg_borrowed(const struct cfg *c, uint32_t router_id, uint32_t other_than)
{
	uint32_t any = 0;

	for (uint32_t i = 0; i < c->n_interfaces; i++)
		for (uint8_t k = 0; k < c->interfaces[i].n_addrs; k++) {
			uint32_t a = c->interfaces[i].addrs[k].addr;

			if (a == router_id)
				return a;
			if (any == 0 && a != other_than)
				any = a;
		}
	return any != 0 ? any : other_than;
}

/* ---- interfaces -------------------------------------------------------------------------- */

/* In which area, if in any. */
static bool
area_of(const struct cfg_ospf *p, const struct proc_link *l, uint32_t *area)
{
	const struct cfg_ospf_net *best = NULL;

	if (l->cfg->area[0] != '\0')
		return cfg_ospf_area_parse(l->cfg->area, area) == 0;
	if (l->n_addrs == 0)
		return false;
	for (uint32_t i = 0; i < p->n_networks; i++) {
		const struct cfg_ospf_net *n = &p->networks[i];

		if (ip4_prefix_contains(&n->prefix, l->addrs[0].addr) &&
				(best == NULL || n->prefix.len > best->prefix.len))
			best = n;
	}
	return best != NULL && cfg_ospf_area_parse(best->area, area) == 0;
}

static bool
is_passive(const struct cfg_ospf *p, const struct proc_link *l)
{
	bool named = false;

	for (uint32_t i = 0; i < p->n_passives && !named; i++)
		named = strcmp(p->passives[i].interface, l->name) == 0;
	return l->cfg->passive || named != p->passive_default;
}

static uint16_t
cost_of(const struct cfg_ospf *p, const struct proc_link *l)
{
	uint32_t cost;

	if (l->cfg->has_cost)
		return l->cfg->cost;
	if (l->tunnel)
		return TUNNEL_COST;
	if (l->speed_mbps == 0)
		return 10;
	cost = p->reference_mbps / l->speed_mbps;
	return (uint16_t)(cost < 1 ? 1 : cost > OSPF_MAX_LINK_METRIC ? OSPF_MAX_LINK_METRIC : cost);
}

static void
keys_take(struct ospf_auth *a, const struct cfg_ospf_key *keys, uint32_t n)
{
	for (uint32_t i = 0; i < n && a->n_keys < OSPF_KEYS_MAX; i++) {
		struct ospf_key *k = &a->keys[a->n_keys++];

		k->id = (uint8_t)strtoul(keys[i].name, NULL, 10);
		k->alg = keys[i].algorithm;
		k->len = (uint8_t)strlen(keys[i].secret);
		memcpy(k->secret, keys[i].secret, k->len);
		cfg_ospf_time_parse(keys[i].send_from, &k->send_from_s);
		cfg_ospf_time_parse(keys[i].send_until, &k->send_until_s);
		cfg_ospf_time_parse(keys[i].accept_from, &k->accept_from_s);
		cfg_ospf_time_parse(keys[i].accept_until, &k->accept_until_s);
	}
}

/* False: there is no such chain, @name is empty, say. */
static bool
chain_take(const struct cfg *c, const char *name, struct ospf_auth *a)
{
	const struct cfg_key_chain *chain = name[0] != '\0' ? cfg_key_chain_find(c, name) : NULL;

	if (chain == NULL)
		return false;
	a->type = OSPF_AUTH_CRYPT;
	keys_take(a, chain->keys, chain->n_keys);
	return true;
}

static void
password_take(struct ospf_auth *a, const char *password)
{
	a->type = OSPF_AUTH_SIMPLE;
	a->n_keys = 1;
	a->keys[0].len = (uint8_t)strlen(password);
	memcpy(a->keys[0].secret, password, a->keys[0].len);
}

static void
auth_of(const struct cfg *c, const struct cfg_ospf_if *f, struct ospf_auth *a)
{
	if (chain_take(c, f->key_chain, a)) {
		a->extended = f->extended_sequence;
	} else if (f->authentication == CFG_OSPF_AUTH_DIGEST) {
		a->type = OSPF_AUTH_CRYPT;
		a->extended = f->extended_sequence;
		keys_take(a, f->keys, f->n_keys);
	} else if (f->authentication == CFG_OSPF_AUTH_TEXT) {
		password_take(a, f->authentication_key);
	}
}

static void
timers_of(const struct cfg_ospf_if *f, struct ospf_if_cfg *out)
{
	if (f->hello_multiplier != 0) {
		out->dead_ms = 1000;
		out->hello_ms = 1000u / f->hello_multiplier;
	} else {
		out->hello_ms = f->hello_s * 1000u;
		out->dead_ms = f->has_dead ? f->dead_s * 1000 : out->hello_ms * 4;
	}
	out->rxmt_ms = f->retransmit_s * 1000u;
	out->transmit_delay_s = f->transmit_delay_s;
}

static void
addrs_of(const struct proc_link *l, struct ospf_if_cfg *out)
{
	if (l->n_addrs == 0) {
		out->unnumbered = true;
		out->addr = (struct ip4_prefix){ .addr = l->borrowed, .len = 32 };
		return;
	}
	out->addr.addr = l->addrs[0].addr;
	out->addr.len = l->addrs[0].len;
	for (uint8_t i = 1; i < l->n_addrs && out->n_stubs < OSPF_STUBS_MAX; i++) {
		out->stubs[out->n_stubs].addr = l->addrs[i].addr;
		out->stubs[out->n_stubs++].len = l->addrs[i].len;
	}
}

bool
proc_cfg_if(const struct cfg *c, const struct cfg_ospf *p, const struct proc_link *l,
		struct ospf_if_cfg *out)
{
	const struct cfg_ospf_if *f = l->cfg;

	memset(out, 0, sizeof(*out));
	if (!area_of(p, l, &out->area_id))
		return false;
	strncpy(out->name, l->name, sizeof(out->name) - 1);
	out->user = l->user;
	out->type = f->has_network ? f->network : l->tunnel ? OSPF_IF_P2P : OSPF_IF_BROADCAST;
	if (l->loopback)
		out->type = OSPF_IF_LOOPBACK;
	out->passive = is_passive(p, l);
	addrs_of(l, out);
	out->mtu = l->mtu;
	out->mtu_ignore = f->mtu_ignore;
	out->cost = cost_of(p, l);
	out->priority = f->priority;
	timers_of(f, out);
	out->prefix_suppression = f->prefix_suppression;
	out->db_filter_out = f->db_filter_out;
	auth_of(c, f, &out->auth);
	for (uint32_t i = 0; i < f->n_neighbors && i < OSPF_NBMA_MAX; i++) {
		struct ospf_nbma_cfg *n = &out->nbma[out->n_nbma++];

		n->addr = f->neighbors[i].address;
		n->priority = f->neighbors[i].priority;
		n->poll_s = f->neighbors[i].poll_s;
		n->cost = f->neighbors[i].cost;
	}
	return true;
}

bool
proc_cfg_vlink(const struct cfg *c, const struct cfg_ospf_area *a, const struct cfg_ospf_vlink *v,
		struct ospf_if_cfg *out, uint32_t *area, uint32_t *router_id)
{
	if (cfg_ospf_area_parse(a->name, area) != 0 || *area == 0 ||
			ip4_parse(v->router_id, router_id) != 0)
		return false;
	memset(out, 0, sizeof(*out));
	snprintf(out->name, sizeof(out->name), "vl%u-%s", *area, v->router_id);
	out->type = OSPF_IF_VLINK;
	out->mtu = VLINK_MTU;
	out->mtu_ignore = true;
	out->cost = 1;
	out->hello_ms = v->hello_s * 1000;
	out->dead_ms = v->dead_s * 1000;
	out->rxmt_ms = v->retransmit_s * 1000u;
	out->transmit_delay_s = v->transmit_delay_s;
	if (!chain_take(c, v->key_chain, &out->auth) && v->authentication_key[0] != '\0')
		password_take(&out->auth, v->authentication_key);
	return true;
}
