/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A control plane that restarts finds SAs in the dataplane whose keys it does not know. They go on
 * carrying traffic: tunnels keep their ids, their SAs are named in the first sync, and at the same
 * time the peer is called for new ones. When those are in use, the adopted ones go after a while
 * for late packets; or when the peer neither answers nor is heard.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/config/config.h"
#include "controlplane/dataplane/chan_client.h"
#include "controlplane/dataplane/dplink.h"
#include "controlplane/dataplane/mirror.h"
#include "controlplane/tunnel/tunnel.h"
#include "controlplane/vpn/vpn_int.h"

#define SILENT_MS 60000 /* an adopted SA that was heard since then belongs to a living peer */

/* Tunnels of the configuration by their cookies, for the look-ups of one attachment. */
struct known {
	struct hnode node;
	uint32_t i; /* among the configured ones */
};

void
vpn_adopt_ids(struct vpn *v, const struct chan_client *c)
{
	const struct tunnels *x = v->cp->tunnels;
	struct known *known = calloc(tunnels_n(x) + 1u, sizeof(*known));
	struct hmap by_cookie = { 0 };
	struct chan_tun_info info;

	if (known == NULL)
		return;
	for (uint32_t i = 0; i < tunnels_n(x); i++) {
		uint64_t cookie = tunnels_at(x, i)->cookie;

		known[i].i = i;
		if (hmap_find(&by_cookie, cookie) == NULL)
			hmap_insert(&by_cookie, &known[i].node, cookie);
	}
	for (uint32_t id = 0; chan_client_tun_info(c, id, &info) != -EINVAL; id++) {
		const struct known *k;

		if (!info.present)
			continue;
		k = HMAP_ENTRY(hmap_find(&by_cookie, info.cookie), struct known, node);
		if (k == NULL || mirror_tun_reserve(v->cp->mirror, id, info.cookie) != 0)
			continue;
		if (info.remote != 0)
			tunnels_learn(v->cp->tunnels, k->i, info.remote);
		tunnels_adopt_pmtu(v->cp->tunnels, k->i, &info, cp_now_ms());
	}
	hmap_fini(&by_cookie);
	free(known);
}

/* The protected tunnel that an SA in the dataplane belongs to, if it is still configured so. */
static const struct tunnel_state *
owner_of(const struct vpn *v, const struct chan_sa_info *info)
{
	const struct tunnel_state *s = tunnels_by_id(v->cp->tunnels, info->tun_id);
	const struct cfg_tunnel *t;

	if (s == NULL)
		return NULL;
	t = tunnels_cfg_of(v->cp->tunnels, s);
	if (!t->enabled || t->protection[0] == '\0' || t->source != info->local ||
			s->remote != info->remote)
		return NULL;
	return s;
}

static bool
adopt_one(struct vpn *v, struct vtun *t, uint32_t sa_id, const struct chan_sa_info *info)
{
	struct vsa *s;

	if (idpool_reserve(&v->sa_ids, sa_id) != 0)
		return false;
	s = vsa_new(v, sa_id);
	if (s == NULL || mirror_sa_adopt(v->cp->mirror, sa_id, info->spi, info->tun_id) != 0) {
		vsa_del(v, sa_id);
		return false;
	}
	s->adopted = true;
	LIST_INSERT_HEAD(&t->adopted, s, adopted_link);
	s->local_port = info->local_port;
	s->remote_port = info->remote_port;
	s->spi = info->spi;
	s->tun_id = info->tun_id;
	s->local = info->local;
	s->remote = info->remote;
	s->dir = info->dir;
	s->alg = info->alg;
	s->esn = info->esn;
	s->hard_s = info->hard_s;
	s->installed_ms = info->installed_s * UINT64_C(1000);
	/* The next SPI of this slot must be another one. */
	if (info->dir == CHAN_SA_IN)
		v->generation[sa_id] = (uint16_t)(info->spi >> CHAN_SPI_IDX_BITS);
	return true;
}

bool
vpn_adopt_sas(struct vpn *v, const struct chan_client *c, uint32_t *sa_id, uint32_t n)
{
	struct chan_sa_info info;
	struct chan_tun_info tun;

	for (; n > 0 && *sa_id < v->max_sas; n--, (*sa_id)++) {
		uint32_t id = *sa_id;
		struct vtun *t;

		if (chan_client_sa_info(c, id, &info) != 0 || info.dead ||
				owner_of(v, &info) == NULL)
			continue;
		t = vtun_find(v, info.tun_id);
		if (t == NULL || !adopt_one(v, t, id, &info))
			continue;
		t->n_adopted++;
		if (info.dir == CHAN_SA_IN)
			t->adopted_in = id;
		v->n_adopted++;
		if (info.dir == CHAN_SA_OUT && chan_client_tun_info(c, info.tun_id, &tun) == 0 &&
				tun.sa_out == id)
			mirror_sa_out(v->cp->mirror, info.tun_id, id);
	}
	if (*sa_id < v->max_sas)
		return false;
	if (v->n_adopted > 0)
		log_notice("vpn", "adopted %u SAs that were in the dataplane", v->n_adopted);
	return true;
}

void
vtun_drop_adopted(struct vpn *v, struct vtun *t)
{
	struct vsa *s;

	while ((s = LIST_FIRST(&t->adopted)) != NULL)
		vsa_del(v, s->sa_id);
	t->n_adopted = 0;
	t->adopted_in = CHAN_NONE;
	t->adopted_end_ms = UINT64_MAX;
	tunnels_check_id_soon(v->cp->tunnels, t->tun_id);
}

/* Has an adopted SA of this tunnel authenticated a packet lately? */
static bool
heard(const struct vpn *v, const struct vtun *t)
{
	const struct chan_client *c = dplink_client(v->cp->dplink);
	struct chan_client_sa_stats st;

	return c != NULL && chan_client_sa_stats(c, t->adopted_in, &st) == 0 &&
	       st.heard_ms < SILENT_MS;
}

void
vpn_adopt_second(struct vpn *v, uint64_t now_ms)
{
	struct hmap_iter it = { 0 };

	for (struct hnode *h; (h = hmap_next(&v->tuns, &it)) != NULL;) {
		struct vtun *t = HMAP_ENTRY(h, struct vtun, node);

		if (t->n_adopted == 0)
			continue;
		if (now_ms >= t->adopted_end_ms) {
			vtun_drop_adopted(v, t);
		} else if (t->state == IKE_PEER_RETRY && !heard(v, t)) {
			log_warning("vpn",
					"%s: the peer does not answer, its adopted SAs are dropped",
					t->peer);
			vtun_drop_adopted(v, t);
		}
	}
}
