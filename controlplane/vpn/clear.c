/* SPDX-License-Identifier: BSD-3-Clause */
/* What an operator clears of IKE: of all peers or some, of one version, or Child SAs alone. */
#include <string.h>

#include "controlplane/tunnel/tunnel.h"
#include "controlplane/vpn/vpn_int.h"

struct count {
	const struct vpn_clear_what *what;
	uint32_t n;
};

static bool
is_meant(const struct vpn_clear_what *w, const char *tunnel, uint32_t remote, uint8_t version)
{
	return (w->tunnel == NULL || strcmp(w->tunnel, tunnel) == 0) &&
	       (w->remote == 0 || w->remote == remote) &&
	       (w->version == 0 || w->version == version);
}

static void
count_sa(void *arg, const struct ike_sa_show *sa)
{
	struct count *c = arg;

	if (is_meant(c->what, sa->peer, sa->remote, sa->version))
		c->n += c->what->children_only ? sa->n_children : 1u;
}

/* The peer of a tunnel, and what was adopted for it. False: it is not meant. */
static bool
clear_one(struct vpn *v, struct vtun *t, const struct vpn_clear_what *w)
{
	const struct tunnel_state *s = tunnels_by_id(v->cp->tunnels, t->tun_id);
	struct ike_peer_show p;

	if (!ike_peer_show(v->ike, t->peer, cp_now_ms(), &p) ||
			!is_meant(w, t->peer, s != NULL ? s->remote : 0, p.live.version))
		return false;
	if (w->children_only)
		ike_peer_clear_children(v->ike, t->peer, cp_now_ms());
	else
		ike_peer_clear(v->ike, t->peer, cp_now_ms());
	vtun_drop_adopted(v, t);
	return true;
}

uint32_t
vpn_clear(struct vpn *v, const struct vpn_clear_what *w, uint32_t *n_peers)
{
	struct count count = { .what = w };
	struct hmap_iter it = { 0 };

	vpn_apply_rest(v);
	*n_peers = 0;
	ike_for_each_sa(v->ike, cp_now_ms(), count_sa, &count);
	v->by_operator = true;
	for (struct hnode *h; (h = hmap_next(&v->tuns, &it)) != NULL;)
		*n_peers += clear_one(v, HMAP_ENTRY(h, struct vtun, node), w);
	v->by_operator = false;
	vpn_settle(v);
	return count.n;
}
