/* SPDX-License-Identifier: BSD-3-Clause */
/* Groups of branches; see group.h. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/inet.h"
#include "controlplane/dataplane/reconcile.h"
#include "controlplane/ike/ike_id.h"
#include "controlplane/ike/ike_wire.h"
#include "controlplane/pki/pki.h"
#include "controlplane/tunnel/tunnel.h"
#include "controlplane/vpn/group_int.h"
#include "controlplane/vpn/peer.h"

#define LOOKS_MAX    1024 /* at branches, whether they are to be removed, in a second */
#define SAVE_ALWAYS  1000 /* branches: a file of so many is written in a millisecond */
#define SAVE_MS      20
#define SAVE_LONG_MS 1000

/* ---- branches ------------------------------------------------------------------------------ */

const struct tunnel_branch *
groups_branches(const struct groups *g, uint32_t *n)
{
	*n = g != NULL ? g->n : 0;
	return g != NULL ? g->at : NULL;
}

/* FNV-1a, of small letters. Two with the same are taken for one: the second gets no tunnel. */
uint64_t
groups_key(const char *text)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *text != '\0'; text++)
		h = (h ^ (uint8_t)tolower((unsigned char)*text)) * UINT64_C(0x100000001b3);
	return h;
}

struct tunnel_branch *
groups_find(const struct groups *g, const char *identity)
{
	const struct place *p = HMAP_ENTRY(hmap_find(&g->by_identity, groups_key(identity)),
			struct place, by_identity);

	return p != NULL ? &g->at[p->i] : NULL;
}

uint32_t
groups_count(const struct groups *g, const char *group)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < g->n; i++)
		n += strcmp(g->at[i].group, group) == 0;
	return n;
}

static bool
same_pool(const struct ip4_prefix *a, const struct ip4_prefix *b)
{
	return a->addr == b->addr && a->len == b->len;
}

bool
groups_take_pair(struct groups *g, const struct cfg_tunnel *t, struct ip4_prefix *out)
{
	uint64_t n = t->has_group_pool ? UINT64_C(1) << (31 - t->group_pool.len) : 0;
	uint64_t i = same_pool(&g->hint_pool, &t->group_pool) ? g->hint : 0;

	memset(out, 0, sizeof(*out));
	for (; i < n && i <= g->n; i++) {
		*out = group_pair(&t->group_pool, (uint32_t)i);
		if (hmap_find(&g->by_addr, out->addr) != NULL)
			continue;
		g->hint_pool = t->group_pool;
		g->hint = (uint32_t)i;
		return true;
	}
	return n == 0;
}

static bool
name_taken(const struct groups *g, const char *name)
{
	return cfg_tunnel_find(g->v->cp->cfg, name) != NULL ||
	       hmap_find(&g->by_name, groups_key(name)) != NULL;
}

/* Take up the branch at @g->at[g->n]. False: no memory, or another one has what it has. */
static bool
place_new(struct groups *g)
{
	const struct tunnel_branch *b = &g->at[g->n];
	struct place *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return false;
	p->i = g->n;
	if (hmap_find(&g->by_name, groups_key(b->name)) != NULL ||
			(b->address.addr != 0 && hmap_find(&g->by_addr, b->address.addr) != NULL) ||
			hmap_insert(&g->by_identity, &p->by_identity, groups_key(b->identity)) != 0)
		goto free_place;
	if (hmap_insert(&g->by_name, &p->by_name, groups_key(b->name)) != 0)
		goto drop_identity;
	if (b->address.addr != 0 && hmap_insert(&g->by_addr, &p->by_addr, b->address.addr) != 0)
		goto drop_name;
	g->place[g->n] = p;
	g->down_ms[g->n++] = cp_now_ms();
	return true;

drop_name:
	hmap_remove(&g->by_name, &p->by_name);
drop_identity:
	hmap_remove(&g->by_identity, &p->by_identity);
free_place:
	free(p);
	return false;
}

static void
place_free(struct groups *g, uint32_t i)
{
	struct place *p = g->place[i];

	hmap_remove(&g->by_identity, &p->by_identity);
	hmap_remove(&g->by_name, &p->by_name);
	if (g->at[i].address.addr != 0)
		hmap_remove(&g->by_addr, &p->by_addr);
	free(p);
	g->hint = 0;
}

static bool
grow(struct groups *g)
{
	uint32_t cap = g->cap == 0 ? 64 : g->cap * 2;
	struct tunnel_branch *at = realloc(g->at, cap * sizeof(*at));
	struct place **place;
	uint64_t *down_ms;

	if (at == NULL)
		return false;
	g->at = at;
	down_ms = realloc(g->down_ms, cap * sizeof(*down_ms));
	if (down_ms == NULL)
		return false;
	g->down_ms = down_ms;
	place = realloc(g->place, cap * sizeof(*place));
	if (place == NULL)
		return false;
	g->place = place;
	g->cap = cap;
	return true;
}

static void
save(struct groups *g)
{
	if (g->changed)
		group_file_write(g->v->cp->args.state_dir, g->at, g->n);
	g->changed = false;
}

static void
on_saving(evutil_socket_t fd, short what, void *arg)
{
	save(arg);
}

/* A crash must not cost who has just come its SAs; a long list is written once a second at most. */
static void
save_soon(struct groups *g)
{
	uint32_t ms = g->n < SAVE_ALWAYS ? SAVE_MS : SAVE_LONG_MS;
	struct timeval soon = { .tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000 };

	g->changed = true;
	if (!evtimer_pending(g->saving, NULL))
		evtimer_add(g->saving, &soon);
}

void
groups_branch_add(struct groups *g, const struct met *m)
{
	const struct cfg_tunnel *t = cfg_tunnel_find(g->v->cp->cfg, m->group);
	struct tunnel_branch *b;
	char addr[IP4_STR_LEN];

	if (groups_find(g, m->identity) != NULL || t == NULL || t->group_limit == 0 ||
			(g->n == g->cap && !grow(g)))
		return;
	b = &g->at[g->n];
	memset(b, 0, sizeof(*b));
	memcpy(b->group, m->group, sizeof(b->group));
	memcpy(b->identity, m->identity, sizeof(b->identity));
	group_name(b->identity, false, b->name);
	if (name_taken(g, b->name))
		group_name(b->identity, true, b->name);
	if (name_taken(g, b->name) || !groups_take_pair(g, t, &b->address) || !place_new(g))
		return;
	save_soon(g);
	log_notice("vpn", "%s: branch of group %s, at %s", b->name, b->group,
			ip4_str(m->path.remote, addr));
}

static void
branch_del(struct groups *g, uint32_t i, const char *why)
{
	log_notice("vpn", "%s: branch of group %s is removed: %s", g->at[i].name, g->at[i].group,
			why);
	place_free(g, i);
	g->n--;
	save_soon(g);
	g->at[i] = g->at[g->n];
	g->down_ms[i] = g->down_ms[g->n];
	if (i == g->n)
		return;
	g->place[i] = g->place[g->n];
	g->place[i]->i = i;
}

static void
on_line(void *arg, const struct tunnel_branch *b)
{
	struct groups *g = arg;

	if (groups_find(g, b->identity) != NULL || (g->n == g->cap && !grow(g)))
		return;
	g->at[g->n] = *b;
	place_new(g);
}

/* ---- configuration ------------------------------------------------------------------------- */

static bool
model_known(const struct groups *g, const char *name)
{
	for (uint32_t i = 0; i < g->n_models; i++)
		if (strcmp(g->models[i], name) == 0)
			return true;
	return false;
}

static bool
is_model(const struct cfg_tunnel *t)
{
	return t != NULL && t->group_limit != 0 && t->enabled && t->protection[0] != '\0';
}

/* The engine's peer that everybody of the group is first. */
static bool
model_set(struct groups *g, const struct cfg *c, const struct cfg_key_index *keys,
		const struct cfg_tunnel *t)
{
	struct ike_peer_cfg peer;
	char why[160] = "";
	int err = peer_build(c, keys, t, CHAN_NONE, &peer, why, sizeof(why));

	if (err == 0)
		err = peer_add_cred(c, t, pki_find(g->v->pki, cfg_profile_of(c, t)->trustpoint),
				&peer, why, sizeof(why));
	if (err == 0) {
		peer.group = true;
		peer.initiate = peer.may_initiate = false;
		err = ike_peer_set(g->v->ike, &peer, cp_now_ms());
	}
	explicit_bzero(&peer, sizeof(peer));
	if (err != 0)
		log_error("vpn", "group %s: %s", t->name, why[0] != '\0' ? why : strerror(-err));
	return err == 0;
}

static void
models_drop(struct groups *g, const struct cfg *c)
{
	for (uint32_t i = 0; i < g->n_models;) {
		if (is_model(cfg_tunnel_find(c, g->models[i]))) {
			i++;
			continue;
		}
		ike_peer_del(g->v->ike, g->models[i], cp_now_ms());
		memcpy(g->models[i], g->models[--g->n_models], sizeof(g->models[i]));
	}
}

void
groups_apply(struct groups *g, const struct cfg *c, const struct cfg_key_index *keys)
{
	models_drop(g, c);
	for (uint32_t i = 0; i < c->n_tunnels; i++) {
		const struct cfg_tunnel *t = &c->tunnels[i];
		char (*more)[CFG_NAME_MAX];

		if (!is_model(t) || !model_set(g, c, keys, t) || model_known(g, t->name))
			continue;
		more = realloc(g->models, (g->n_models + 1) * sizeof(*more));
		if (more == NULL)
			return;
		g->models = more;
		memcpy(g->models[g->n_models++], t->name, sizeof(t->name));
	}
	/* Tunnels of theirs are not in the list any more: tunnel_list_make() has seen to it. */
	for (uint32_t i = g->n; i-- > 0;)
		if (!tunnel_branch_fits(c, &g->at[i]))
			branch_del(g, i, "the configuration has changed");
	save(g);
}

/* ---- time ---------------------------------------------------------------------------------- */

static const char *
overdue(const struct groups *g, uint32_t i, uint64_t now_ms)
{
	const struct cfg_tunnel *t = cfg_tunnel_find(g->v->cp->cfg, g->at[i].group);
	const struct tunnel_state *s = tunnels_by_name(g->v->cp->tunnels, g->at[i].name);
	char why[TUNNEL_WHY_LEN];
	struct ike_peer_show p;

	if (t == NULL)
		return NULL; /* groups_apply() */
	if (s == NULL || !vpn_tunnel_up(g->v, s->tun_id, why, sizeof(why))) {
		if (g->down_ms[i] == 0)
			g->down_ms[i] = now_ms;
		return now_ms >= g->down_ms[i] + t->group_timeout_s * UINT64_C(1000)
				       ? "it is down for too long"
				       : NULL;
	}
	g->down_ms[i] = 0;
	if (t->group_idle_s == 0 || !vpn_peer_show(g->v, s->name, &p))
		return NULL;
	return p.since_s >= t->group_idle_s && p.live.esp_heard_s >= t->group_idle_s
			       ? "nothing has come for too long"
			       : NULL;
}

void
groups_second(struct groups *g, uint64_t now_ms)
{
	uint32_t n = g->n < LOOKS_MAX ? g->n : LOOKS_MAX;
	bool any = false;

	for (; n > 0; n--) {
		uint32_t i = g->look = g->look == 0 || g->look > g->n ? g->n - 1 : g->look - 1;
		const char *why = overdue(g, i, now_ms);

		if (why == NULL)
			continue;
		branch_del(g, i, why);
		any = true;
	}
	if (any && reconcile_config(g->v->cp->reconcile) != 0)
		log_error("vpn", "out of memory");
}

/* ---- life ---------------------------------------------------------------------------------- */

struct groups *
groups_new(struct vpn *v)
{
	struct groups *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return NULL;
	g->v = v;
	g->saving = evtimer_new(v->cp->base, on_saving, g);
	if (g->saving == NULL || groups_met_init(g) != 0) {
		if (g->saving != NULL)
			event_free(g->saving);
		free(g);
		return NULL;
	}
	group_file_read(v->cp->args.state_dir, on_line, g);
	return g;
}

void
groups_free(struct groups *g)
{
	if (g == NULL)
		return;
	save(g);
	event_free(g->saving);
	groups_met_fini(g);
	for (uint32_t i = 0; i < g->n; i++)
		free(g->place[i]);
	hmap_fini(&g->by_identity);
	hmap_fini(&g->by_name);
	hmap_fini(&g->by_addr);
	free(g->place);
	free(g->at);
	free(g->down_ms);
	free(g->models);
	free(g);
}
