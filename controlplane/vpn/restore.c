/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A control plane that is started after a crash goes on with the SAs that it finds: their keys are
 * in the dataplane, IKE's state in the keep region (keep.h). The order is that of an attachment:
 * all SAs in the dataplane are adopted (adopt.c), the sync keeps them, then peers are given to the
 * engine, which takes up its records and claims its Child SAs here. What nobody claims drains and
 * goes; what is claimed but not there is negotiated anew over the living IKE SA. This is done a few
 * peers at a time (apply.c).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/dataplane/chan_client.h"
#include "controlplane/dataplane/dplink.h"
#include "controlplane/dataplane/mirror.h"
#include "controlplane/tunnel/tunnel.h"
#include "controlplane/vpn/vpn_int.h"

#define REKEEP_PER_TURN 512 /* peers whose records are written in a turn of the loop */

void
vpn_keep(void *ctx, uint32_t tun_id, const uint8_t *data, size_t len)
{
	struct vpn *v = ctx;

	keep_put(&v->keep, tun_id, data, len);
}

const uint8_t *
vpn_kept(void *ctx, uint32_t tun_id, size_t *len)
{
	struct vpn *v = ctx;

	*len = 0;
	return v->applied ? NULL : keep_get(&v->keep, tun_id, len);
}

static struct vsa *
adopted_find(const struct vtun *t, enum chan_sa_dir dir, uint32_t spi)
{
	struct vsa *s;

	LIST_FOREACH (s, &t->adopted, adopted_link)
		if (s->dir == dir && s->spi == spi)
			return s;
	return NULL;
}

static void
claim(struct vpn *v, struct vtun *t, struct vsa *s, const struct ike_child_sa *child)
{
	LIST_REMOVE(s, adopted_link);
	t->n_adopted--;
	if (t->adopted_in == s->sa_id)
		t->adopted_in = CHAN_NONE;
	s->adopted = false;
	s->restored = true;
	s->child_id = child->id;
	s->tunnel = child->tunnel;
	s->inner_remote = child->inner_remote;
	s->inner_local = child->inner_local;
	s->window = s->dir == CHAN_SA_IN ? child->cfg->replay_window : 0;
	s->soft_s = child->cfg->child_life_s;
	if (s->dir == CHAN_SA_IN && v->claimed.n < VPN_CLAIMED_MAX)
		v->claimed.sa_id[v->claimed.n++] = s->sa_id;
}

int
vpn_child_restore(void *ctx, const struct ike_child_sa *child, bool current)
{
	struct vpn *v = ctx;
	struct vtun *t = vtun_find(v, child->tun_id);
	struct vchild *c = calloc(1, sizeof(*c));
	struct vsa *in = t != NULL ? adopted_find(t, CHAN_SA_IN, child->in->spi) : NULL;
	struct vsa *out = t != NULL ? adopted_find(t, CHAN_SA_OUT, child->out->spi) : NULL;

	if (c == NULL || t == NULL) {
		free(c);
		return -ENOMEM;
	}
	c->tun_id = child->tun_id;
	c->sa_in = child->in->spi & CHAN_SPI_IDX_MASK;
	c->sa_out = out != NULL ? out->sa_id : CHAN_NONE;
	c->lost = in == NULL || out == NULL; /* vpn_replace_lost() sees to it */
	if ((in == NULL && idpool_reserve(&v->sa_ids, c->sa_in) != 0) ||
			hmap_insert(&v->children, &c->node, child->id) != 0) {
		free(c);
		return -EBUSY;
	}
	if (in != NULL)
		claim(v, t, in, child);
	if (out != NULL)
		claim(v, t, out, child);
	vpn_agree_child(v, t, child);
	if (current) {
		t->current = child->id;
		if (out != NULL)
			mirror_sa_out(v->cp->mirror, child->tun_id, out->sa_id);
	}
	tunnels_check_id_soon(v->cp->tunnels, child->tun_id);
	return 0;
}

bool
vpn_spi_claim(void *ctx, uint32_t tun_id, uint32_t spi)
{
	struct vpn *v = ctx;
	uint32_t id = spi & CHAN_SPI_IDX_MASK;

	if (idpool_reserve(&v->sa_ids, id) != 0)
		return false;
	v->generation[id] = (uint16_t)(spi >> CHAN_SPI_IDX_BITS);
	return true;
}

/* ---- another region ------------------------------------------------------------------------ */

static void
rekeep_drop(struct vpn *v)
{
	ike_walk_free(v->rekeep.walk);
	v->rekeep.walk = NULL;
	if (v->rekeep.more != NULL)
		evtimer_del(v->rekeep.more);
}

/* What changes meanwhile is written as ever; what this process has not written when it ends is
 * negotiated anew. */
static void
rekeep_turn(struct vpn *v)
{
	const struct timeval soon = { 0 };

	for (uint32_t n = 0; n < v->rekeep.per_turn; n++)
		if (!ike_walk_keep(v->rekeep.walk)) {
			rekeep_drop(v);
			return;
		}
	evtimer_add(v->rekeep.more, &soon);
}

static void
on_rekeep(evutil_socket_t fd, short what, void *arg)
{
	rekeep_turn(arg);
}

int
vpn_rekeep_init(struct vpn *v)
{
	v->rekeep.per_turn = REKEEP_PER_TURN;
	v->rekeep.more = evtimer_new(v->cp->base, on_rekeep, v);
	return v->rekeep.more != NULL ? 0 : -ENOMEM;
}

void
vpn_rekeep_fini(struct vpn *v)
{
	rekeep_drop(v);
	if (v->rekeep.more != NULL)
		event_free(v->rekeep.more);
}

void
vpn_keep_attach(struct vpn *v, const struct chan_client *c)
{
	uint64_t size = 0;
	void *base = chan_client_keep(c, &size);

	keep_open(&v->keep, base, size);
	if (!v->applied)
		return;
	/* Not our first attachment: what we know counts, whatever is in there. */
	keep_clear(&v->keep);
	rekeep_drop(v);
	v->rekeep.walk = ike_walk_new(v->ike);
	if (v->rekeep.walk != NULL)
		rekeep_turn(v);
	else
		log_error("vpn", "out of memory: records are written as they change");
}

void
vpn_detached(struct vpn *v)
{
	if (v == NULL) /* while we stop */
		return;
	vpn_apply_detached(v);
	vpn_audit_drop(v);
	rekeep_drop(v);
	keep_close(&v->keep);
}

void
vpn_restored_one(struct vpn *v, struct vtun *t)
{
	const struct chan_client *c = dplink_client(v->cp->dplink);
	struct chan_client_sa_stats st;

	if (t->current != 0 && t->n_adopted > 0)
		t->adopted_end_ms = cp_now_ms() + VPN_DRAIN_MS;
	/* Events of the time without control plane are lost; counters are not. */
	for (uint32_t i = 0; c != NULL && i < v->claimed.n; i++) {
		const struct vsa *s = vsa_find(v, v->claimed.sa_id[i]);

		if (s != NULL && chan_client_sa_stats(c, s->sa_id, &st) == 0 && st.packets > 0)
			ike_child_seen(v->ike, s->spi, cp_now_ms());
	}
	v->claimed.n = 0;
}

void
vpn_restored(struct vpn *v)
{
	struct hmap_iter it = { 0 };
	uint32_t n = 0;

	v->applied = true;
	for (struct hnode *h; (h = hmap_next(&v->tuns, &it)) != NULL;)
		n += HMAP_ENTRY(h, struct vtun, node)->current != 0;
	for (uint32_t id = 0; id < v->keep.n; id++)
		if (vtun_find(v, id) == NULL)
			keep_put(&v->keep, id, NULL, 0); /* of a tunnel that is no more */
	if (v->keep.n_torn > 0)
		log_warning("vpn", "%llu records of SAs were damaged: negotiating anew",
				(unsigned long long)v->keep.n_torn);
	if (n > 0)
		log_notice("vpn", "restored the SAs of %u tunnels", n);
}
