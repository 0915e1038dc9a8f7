/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses to forward to, in type 5 and type 7 LSAs of our own (RFC 2328 section 12.4.4, RFC 3101
 * sections 2.3 and 2.4): the next hop outside if others can send to it themselves, else nobody's in
 * type 5 and one of ours in type 7. Of two routers that tell of the same with the same address one
 * is enough.
 */
#include <stdlib.h>

#include "controlplane/ospf/calc_int.h"

/*
 * An address of ours in the area, where others may send what is for the outside; of several that
 * are as good the first interface's. 0: there is none.
 */
static uint32_t
own_addr(const struct ospf_calc *c, const struct ospf_area *a)
{
	const struct ospf_if *ifp;
	unsigned int best = 0;
	uint32_t addr = 0;

	TAILQ_FOREACH (ifp, &c->o->ifs, link) {
		unsigned int rank = ifp->area == a ? ospf_if_forward_rank(ifp) : 0;

		if (rank > best) {
			best = rank;
			addr = ifp->cfg.addr.addr;
		}
	}
	return addr;
}

/* Networks where a neighbour's next hop may be told of: of @a, of all areas that carry type 5 if
 * it is NULL. To be freed; NULL: no memory. */
static struct ip4_prefix *
shared_networks(const struct ospf_calc *c, const struct ospf_area *a, uint32_t *n)
{
	struct ip4_prefix *list = malloc((c->o->n_ifs + 1u) * sizeof(*list));
	const struct ospf_if *ifp;

	*n = 0;
	if (list == NULL)
		return NULL;
	TAILQ_FOREACH (ifp, &c->o->ifs, link)
		if (ospf_if_is_shared(ifp) && (a != NULL ? ifp->area == a
				: ifp->area->cfg.type == OSPF_AREA_NORMAL))
			list[(*n)++] = ifp->cfg.addr;
	return list;
}

static bool
is_on(const struct ip4_prefix *nets, uint32_t n, uint32_t addr)
{
	for (uint32_t i = 0; addr != 0 && i < n; i++)
		if (ip4_prefix_contains(&nets[i], addr) && nets[i].addr != addr)
			return true;
	return false;
}

/* Can it be reached, where its LSA counts? */
static bool
is_reached(const struct ospf_calc *c, const struct calc_ext *x)
{
	const struct calc_area *ca;
	uint32_t v;

	if (x->area == NULL)
		return c->asbr[x->asbr].cost != SPF_INF;
	ca = calc_area_of(c, x->area);
	v = ca != NULL ? spf_graph_find(&ca->g, false, x->adv) : SPF_NONE;
	return v != SPF_NONE && spf_graph_dist(&ca->g, v) != SPF_INF;
}

/* RFC 3101 section 2.5 (6) (e): the P bit, then the router ID. */
static bool
is_preferred(const struct ospf_calc *c, const struct calc_ext *x)
{
	bool we_propagate = x->area != NULL && !ospf_is_abr(c->o);

	if (x->area != NULL && x->propagate != we_propagate)
		return x->propagate;
	return x->adv > c->o->cfg.router_id;
}

/* Destination, cost and address are the same, and it is the other router's LSA that stays. */
static void
others_mark(const struct ospf_calc *c, const struct ospf_area *a, struct calc_forward *f)
{
	for (uint32_t i = 0; c->n_wanted > 0 && i < c->n_exts; i++) {
		const struct calc_ext *x = &c->exts[i];
		const struct ospf_ext *e;

		if (!x->used || x->area != a || x->forward == 0 || !is_preferred(c, x))
			continue;
		e = calc_wanted(c, &c->prefixes.at[x->prefix].p);
		if (e != NULL && e->type2 == x->type2 && e->metric == x->metric &&
				f[e - c->wanted].addr == x->forward && is_reached(c, x))
			f[e - c->wanted].told = true;
	}
}

struct calc_forward *
calc_forwards(const struct ospf_calc *c, const struct ospf_area *a)
{
	struct calc_forward *f = calloc(c->n_wanted + 1u, sizeof(*f));
	uint32_t n, own = a == NULL || ospf_is_abr(c->o) ? 0 : own_addr(c, a);
	struct ip4_prefix *nets = shared_networks(c, a, &n);

	if (f == NULL || nets == NULL) {
		free(f);
		free(nets);
		return NULL;
	}
	for (uint32_t i = 0; i < c->n_wanted; i++)
		f[i].addr = is_on(nets, n, c->wanted[i].next_hop) ? c->wanted[i].next_hop : own;
	free(nets);
	others_mark(c, a, f);
	return f;
}
