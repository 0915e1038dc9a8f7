/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Those who have proven that they are branches of a group and have no tunnel yet. Thousands may
 * come at once. All that the group may have are taken up, a few in each turn of the event loop:
 *
 *	waiting  gets its branch: name and addresses
 *	made     waits for the run that makes the tunnels of all such branches (reconcile_run.c)
 *	ready    its peer is given to the engine, and its message taken in once more
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/config/config.h"
#include "controlplane/dataplane/reconcile.h"
#include "controlplane/ike/ike_id.h"
#include "controlplane/ike/ike_wire.h"
#include "controlplane/tunnel/tunnel.h"
#include "controlplane/vpn/group_int.h"

#define MSG_MAX  4096
#define SOON_MS  20 /* those who come together are taken together */
#define TURN_MS  5
#define PER_TURN 64

static void
arm(struct groups *g, unsigned int ms)
{
	struct timeval soon = { .tv_usec = (suseconds_t)ms * 1000 };

	if (!evtimer_pending(g->soon, NULL))
		evtimer_add(g->soon, &soon);
}

/* ---- whom the engine has met --------------------------------------------------------------- */

/* As ike_id_parse() would read it. False: it cannot be said so. */
static bool
identity_text(const struct ike_id *id, char out[CFG_ID_MAX])
{
	struct ike_id again;
	size_t n = 0;

	if (id->type == IKE_ID_KEY_ID)
		n = (size_t)snprintf(out, CFG_ID_MAX, "key-id:");
	ike_id_str(id->type, id->data, id->len, out + n, CFG_ID_MAX - n);
	return ike_id_parse(out, &again) == 0 && !ike_id_is_pattern(&again) &&
	       again.type == id->type;
}

static uint32_t
count_list(const struct met_list *list, const char *group)
{
	const struct met *m;
	uint32_t n = 0;

	TAILQ_FOREACH (m, list, link)
		n += strcmp(m->group, group) == 0;
	return n;
}

/* Those who wait will be branches, too; the others are. */
static bool
is_full(const struct groups *g, const struct cfg_tunnel *t)
{
	return g->n + g->met.n >= t->group_limit &&
	       groups_count(g, t->name) + count_list(&g->waiting, t->name) >= t->group_limit;
}

int
groups_met(struct groups *g, const char *group, const struct ike_id *id)
{
	const struct cfg_tunnel *t = cfg_tunnel_find(g->v->cp->cfg, group);
	char identity[CFG_ID_MAX];
	struct ip4_prefix pair;
	struct met *m;

	if (t == NULL || !identity_text(id, identity))
		return -EINVAL;
	if (hmap_find(&g->met, groups_key(identity)) != NULL)
		return 0; /* in a moment */
	if (groups_find(g, identity) != NULL)
		return -ENOSPC; /* it has a tunnel, but none in the dataplane */
	if (is_full(g, t) || !groups_take_pair(g, t, &pair))
		return -EDQUOT;
	m = calloc(1, sizeof(*m));
	if (m == NULL || hmap_insert(&g->met, &m->node, groups_key(identity)) != 0) {
		free(m);
		return 0; /* it will ask again */
	}
	snprintf(m->group, sizeof(m->group), "%s", group);
	memcpy(m->identity, identity, sizeof(m->identity));
	TAILQ_INSERT_TAIL(&g->waiting, m, link);
	g->last = m;
	arm(g, SOON_MS);
	return 0;
}

void
groups_keep(struct groups *g, const struct ike_path *path, const uint8_t *msg, size_t len)
{
	struct met *m = g->last;

	g->last = NULL;
	if (m == NULL || path == NULL)
		return;
	m->path = *path;
	if (len > MSG_MAX || (m->msg = malloc(len)) == NULL)
		return;
	memcpy(m->msg, msg, len);
	m->len = len;
}

/* ---- their tunnels ------------------------------------------------------------------------- */

static void
met_free(struct groups *g, struct met *m)
{
	hmap_remove(&g->met, &m->node);
	if (g->last == m)
		g->last = NULL;
	free(m->msg);
	free(m);
}

static const struct tunnel_state *
tunnel_of(const struct groups *g, const struct met *m)
{
	const struct tunnel_branch *b = groups_find(g, m->identity);

	return b != NULL ? tunnels_by_name(g->v->cp->tunnels, b->name) : NULL;
}

/* Its tunnel is there, or there can be none: then it is refused. */
static void
take_up(struct groups *g, struct met *m)
{
	const struct tunnel_state *s = tunnel_of(g, m);
	struct vpn *v = g->v;
	struct ike_path path = m->path;
	uint8_t *msg = m->msg;
	size_t len = m->len;

	m->msg = NULL;
	TAILQ_REMOVE(&g->ready, m, link);
	met_free(g, m);
	if (s != NULL)
		vpn_apply_tun(v, s->tun_id);
	if (msg != NULL)
		ike_input(v->ike, &path, msg, len, cp_now_ms());
	g->last = NULL;
	free(msg);
}

static void
on_soon(evutil_socket_t fd, short what, void *arg)
{
	struct groups *g = arg;
	uint64_t end_ms = cp_now_ms() + TURN_MS;
	uint32_t n = 0;
	bool any = false;
	struct met *m;

	while ((m = TAILQ_FIRST(&g->ready)) != NULL && n++ < g->per_turn && cp_now_ms() < end_ms)
		take_up(g, m);
	while ((m = TAILQ_FIRST(&g->waiting)) != NULL && n++ < g->per_turn &&
			cp_now_ms() < end_ms) {
		groups_branch_add(g, m);
		TAILQ_REMOVE(&g->waiting, m, link);
		TAILQ_INSERT_TAIL(&g->made, m, link);
		any = true;
	}
	if (any)
		reconcile_soon(g->v->cp->reconcile);
	if (!TAILQ_EMPTY(&g->ready) || !TAILQ_EMPTY(&g->waiting))
		arm(g, 0);
	vpn_settle(g->v);
}

void
groups_reconciled(struct groups *g)
{
	struct met *m;

	/* In the order in which they became branches: what this run has not seen is at the end. */
	while ((m = TAILQ_FIRST(&g->made)) != NULL &&
			(tunnel_of(g, m) != NULL || groups_find(g, m->identity) == NULL)) {
		TAILQ_REMOVE(&g->made, m, link);
		TAILQ_INSERT_TAIL(&g->ready, m, link);
	}
	if (!TAILQ_EMPTY(&g->ready))
		arm(g, 0);
}

/* ---- life ---------------------------------------------------------------------------------- */

int
groups_met_init(struct groups *g)
{
	TAILQ_INIT(&g->waiting);
	TAILQ_INIT(&g->made);
	TAILQ_INIT(&g->ready);
	g->per_turn = PER_TURN;
	g->soon = evtimer_new(g->v->cp->base, on_soon, g);
	return g->soon != NULL ? 0 : -ENOMEM;
}

static void
list_free(struct groups *g, struct met_list *list)
{
	struct met *m;

	while ((m = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, m, link);
		met_free(g, m);
	}
}

void
groups_met_fini(struct groups *g)
{
	list_free(g, &g->waiting);
	list_free(g, &g->made);
	list_free(g, &g->ready);
	hmap_fini(&g->met);
	event_free(g->soon);
}
