/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Our router- and network-LSAs (RFC 2328 sections 12.4.1 and 12.4.2), with max-metric (RFC 6987)
 * and prefix suppression (RFC 6860). They are written anew from the interfaces whenever something
 * about these has changed; if the outcome is what has been said already, nothing is sent.
 */
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/ospf_proto.h"

struct links {
	struct wr w;
	uint32_t n;
	bool max_metric;
};

static void
link_add(struct links *k, uint8_t type, uint32_t id, uint32_t data, uint32_t cost)
{
	if (k->max_metric && type != OSPF_LINK_STUB)
		cost = OSPF_MAX_LINK_METRIC;
	wr_be32(&k->w, id);
	wr_be32(&k->w, data);
	wr_u8(&k->w, type);
	wr_u8(&k->w, 0);
	wr_be16(&k->w, (uint16_t)cost);
	k->n++;
}

static void
stub_add(struct links *k, const struct ip4_prefix *p, uint32_t cost)
{
	uint32_t mask = ip4_mask(p->len);

	link_add(k, OSPF_LINK_STUB, p->addr & mask, mask, cost);
}

bool
ospf_nbr_is_full(const struct ospf_nbr *n)
{
	return n->state == OSPF_NBR_FULL || n->gr_helping;
}

bool
ospf_max_metric(const struct ospf *o)
{
	return o->cfg.max_metric || o->startup.on;
}

/* Is this network one that packets can be sent across? Section 12.4.1.2. */
static bool
is_transit(const struct ospf_if *ifp)
{
	const struct ospf_nbr *dr;

	if (ifp->state == OSPF_IFS_WAITING || ifp->cfg.passive || ifp->dr == 0)
		return false;
	if (ifp->state == OSPF_IFS_DR)
		return ifp->n_full > 0;
	dr = ospf_nbr_by_addr(ifp, ifp->dr);
	return dr != NULL && ospf_nbr_is_full(dr);
}

/* RFC 6860: what only routers talk to need not be known elsewhere. */
static bool
suppressed(const struct ospf_if *ifp)
{
	return (ifp->cfg.prefix_suppression || ifp->o->cfg.prefix_suppression) &&
			!ifp->cfg.passive && ifp->cfg.type != OSPF_IF_LOOPBACK;
}

unsigned int
ospf_if_forward_rank(const struct ospf_if *ifp)
{
	if (ifp->state == OSPF_IFS_DOWN || ifp->cfg.type == OSPF_IF_VLINK ||
			ifp->cfg.unnumbered || ifp->cfg.addr.addr == 0)
		return 0;
	if (ifp->cfg.type == OSPF_IF_LOOPBACK)
		return 3;
	if (suppressed(ifp))
		return 0;
	return ifp->cfg.passive || (ospf_if_is_multiaccess(ifp) && !is_transit(ifp)) ? 2 : 1;
}

bool
ospf_if_is_shared(const struct ospf_if *ifp)
{
	return ifp->state != OSPF_IFS_DOWN && ospf_if_is_multiaccess(ifp) && !ifp->cfg.passive &&
			!suppressed(ifp);
}

static int
nbr_cmp(const void *pa, const void *pb)
{
	const struct ospf_nbr *const *a = pa, *const *b = pb;

	return (*a)->router_id < (*b)->router_id ? -1 : (*a)->router_id > (*b)->router_id;
}

/* Those that are Full, by router ID: the same neighbours are the same LSA, whoever came first. To
 * be freed; NULL: no memory. */
static const struct ospf_nbr **
full_nbrs(const struct ospf_if *ifp, uint32_t *n)
{
	const struct ospf_nbr **list = malloc((ifp->n_nbrs + 1u) * sizeof(*list)), *nbr;

	*n = 0;
	if (list == NULL)
		return NULL;
	TAILQ_FOREACH (nbr, &ifp->nbrs, link)
		if (ospf_nbr_is_full(nbr))
			list[(*n)++] = nbr;
	if (*n > 1)
		qsort(list, *n, sizeof(*list), nbr_cmp);
	return list;
}

static void
nbr_links(struct links *k, const struct ospf_if *ifp, uint8_t type)
{
	uint32_t data = ifp->cfg.unnumbered ? ifp->cfg.user : ifp->cfg.addr.addr, n;
	const struct ospf_nbr **list = full_nbrs(ifp, &n);

	if (list == NULL)
		k->w.bad = true;
	for (uint32_t i = 0; i < n; i++)
		link_add(k, type, list[i]->router_id, data, ospf_nbr_cost(list[i]));
	free(list);
}

static void
if_links(struct links *k, const struct ospf_if *ifp)
{
	struct ip4_prefix host = { .addr = ifp->cfg.addr.addr, .len = 32 };

	if (ifp->state == OSPF_IFS_LOOPBACK) {
		stub_add(k, &host, 0);
	} else if (ospf_if_is_multiaccess(ifp)) {
		if (is_transit(ifp))
			link_add(k, OSPF_LINK_TRANSIT, ifp->dr, ifp->cfg.addr.addr, ifp->cfg.cost);
		else if (!suppressed(ifp))
			stub_add(k, &ifp->cfg.addr, ifp->cfg.cost);
	} else if (ifp->cfg.type == OSPF_IF_VLINK) {
		nbr_links(k, ifp, OSPF_LINK_VIRTUAL);
		return;
	} else {
		nbr_links(k, ifp, OSPF_LINK_P2P);
		if (!suppressed(ifp) && ifp->cfg.type != OSPF_IF_P2P)
			stub_add(k, &host, 0);
		else if (!suppressed(ifp) && !ifp->cfg.unnumbered)
			stub_add(k, &ifp->cfg.addr, ifp->cfg.cost);
	}
	for (uint8_t i = 0; i < ifp->cfg.n_stubs; i++)
		stub_add(k, &ifp->cfg.stubs[i], ifp->cfg.cost);
}

static uint8_t
flags_of(const struct ospf_area *a)
{
	const struct ospf *o = a->o;
	const struct ospf_if *ifp;
	uint8_t f = 0;

	if (ospf_is_abr(o))
		f |= OSPF_RLSA_B;
	if (a->cfg.type != OSPF_AREA_STUB && o->asbr)
		f |= OSPF_RLSA_E;
	if (a->cfg.type == OSPF_AREA_NSSA && a->cfg.nssa_translate_always && ospf_is_abr(o))
		f |= OSPF_RLSA_NT;
	TAILQ_FOREACH (ifp, &o->ifs, link)
		if (ifp->cfg.type == OSPF_IF_VLINK && ifp->vlink_area == a->cfg.id &&
				ifp->n_full > 0)
			f |= OSPF_RLSA_V;
	return f;
}

#define LINK_LEN 12 /* of a link without TOS metrics, RFC 2328 section A.4.2 */

static size_t
room_for(const struct ospf_area *a)
{
	const struct ospf_if *ifp;
	size_t n = 0;

	TAILQ_FOREACH (ifp, &a->o->ifs, link)
		if (ifp->area == a)
			n += ifp->n_nbrs + 1u + ifp->cfg.n_stubs;
	return 4 + n * LINK_LEN;
}

static int
link_cmp(const void *a, const void *b)
{
	return memcmp(a, b, LINK_LEN);
}

static void
router_lsa(void *arg)
{
	struct ospf_area *a = arg;
	struct ospf *o = a->o;
	size_t cap = room_for(a);
	uint8_t *body = malloc(cap);
	struct links k = { .w = wr_init(body, body != NULL ? cap : 0),
		.max_metric = ospf_max_metric(o) };
	const struct ospf_if *ifp;
	int err;

	wr_u8(&k.w, flags_of(a));
	wr_u8(&k.w, 0);
	wr_be16(&k.w, 0);
	TAILQ_FOREACH (ifp, &o->ifs, link)
		if (ifp->area == a && ifp->state != OSPF_IFS_DOWN)
			if_links(&k, ifp);
	if (k.w.bad) {
		ospf_log(o, LVL_ERROR, "out of memory for our router-LSA");
		timer_set(&o->timers, &a->links, o->now_ms + 1000);
		free(body);
		return;
	}
	wr_patch_be16(&k.w, 2, (uint16_t)k.n);
	/* The same links are the same LSA, in whatever order the interfaces came up. */
	if (!k.w.bad)
		qsort(body + 4, (k.w.len - 4) / LINK_LEN, LINK_LEN, link_cmp);
	if (o->stopped || !o->running || a->n_active == 0) {
		ospf_flush(&a->lsdb, OSPF_LSA_ROUTER, o->cfg.router_id);
	} else {
		err = ospf_originate(&a->lsdb, OSPF_LSA_ROUTER, o->cfg.router_id,
				ospf_area_options(a), body, k.w.len);
		if (err != 0)
			ospf_log(o, LVL_ERROR, "our router-LSA of %u links cannot be sent: %s",
					k.n, strerror(-err));
	}
	free(body);
}

void
ospf_links_init(struct ospf_area *a)
{
	a->links = (struct timer){ .fn = router_lsa, .arg = a };
}

void
ospf_links_soon(struct ospf_area *a)
{
	if (!a->links.on)
		timer_set(&a->o->timers, &a->links, a->o->now_ms + a->o->cfg.lsa_start_ms);
}

void
ospf_network_lsa(struct ospf_if *ifp)
{
	struct ospf *o = ifp->o;
	struct ospf_lsdb *db = &ifp->area->lsdb;
	uint32_t id = ifp->cfg.addr.addr;
	size_t cap = 8 + ifp->n_nbrs * 4u;
	const struct ospf_nbr **list;
	uint8_t *body;
	uint32_t n;
	struct wr w;

	if (!ospf_if_is_multiaccess(ifp))
		return;
	if (ifp->state != OSPF_IFS_DR || ifp->n_full == 0 || o->stopped || ifp->cfg.passive) {
		if (ospf_originates(db, OSPF_LSA_NETWORK, id))
			ospf_flush(db, OSPF_LSA_NETWORK, id);
		return;
	}
	body = malloc(cap);
	list = full_nbrs(ifp, &n);
	if (body == NULL || list == NULL) {
		ospf_log(o, LVL_ERROR, "out of memory for a network-LSA");
		goto out;
	}
	w = wr_init(body, cap);
	/* RFC 6860 section 4: a host's mask says that no prefix goes with this network. */
	wr_be32(&w, suppressed(ifp) ? UINT32_MAX : ip4_mask(ifp->cfg.addr.len));
	wr_be32(&w, o->cfg.router_id);
	for (uint32_t i = 0; i < n; i++)
		wr_be32(&w, list[i]->router_id);
	if (ospf_originate(db, OSPF_LSA_NETWORK, id, ospf_area_options(ifp->area), body,
			    w.len) != 0)
		ospf_log(o, LVL_ERROR, "out of memory for a network-LSA");
out:
	free(body);
	free(list);
}
