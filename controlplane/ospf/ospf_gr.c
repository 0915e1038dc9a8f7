/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Helping a neighbour through its graceful restart (RFC 3623 section 3): from its grace-LSA until
 * that goes or runs out, it stays Full in what we advertise, whatever its Hellos say. Not begun if
 * it has yet to acknowledge a change, and ended early when the topology changes, since it could not
 * follow (strict checking, section 3.2). A second grace-LSA meanwhile is another grace period.
 */
#include "controlplane/ospf/ospf_proto.h"
#include "controlplane/ospf/ospf_restart.h"

struct grace {
	uint32_t period_s;
	uint32_t addr;
};

static bool
grace_read(const struct ospf_lsa *lsa, struct grace *g)
{
	struct rd r = rd_init(lsa->data, lsa->h.len);

	*g = (struct grace){ 0 };
	rd_bytes(&r, OSPF_LSA_HDR_LEN);
	while (rd_left(&r) >= 4) {
		uint16_t type = rd_be16(&r), len = rd_be16(&r);
		struct rd v = rd_sub(&r, len);

		rd_bytes(&r, (4 - len % 4u) % 4);
		if (type == OSPF_GRACE_PERIOD)
			g->period_s = rd_be32(&v);
		else if (type == OSPF_GRACE_ADDRESS)
			g->addr = rd_be32(&v);
		if (v.bad)
			return false;
	}
	return g->period_s > 0 && g->period_s <= OSPF_GRACE_MAX_S;
}

void
ospf_gr_exit(struct ospf_nbr *n, const char *why)
{
	char id[IP4_STR_LEN];

	if (!n->gr_helping)
		return;
	timer_stop(&n->ifp->o->timers, &n->gr_timer);
	ospf_log(n->ifp->o, LVL_NOTICE, "%s: neighbor %s: its graceful restart is over: %s",
			n->ifp->cfg.name, ip4_str(n->router_id, id), why);
	ospf_nbr_helping(n, false);
	ospf_nbr_expect(n);
	ospf_if_elect_soon(n->ifp);
}

void
ospf_gr_timer(void *arg)
{
	ospf_gr_exit(arg, "grace period is over");
}

/* Would the neighbours on @ifp be told of it? Grace-LSAs and the like are no topology. */
static bool
concerns(const struct ospf_if *ifp, const struct ospf_lsa *lsa)
{
	return lsa->h.type < OSPF_LSA_OPAQUE_LINK &&
			(lsa->db->area != NULL ? lsa->db->area == ifp->area
					       : ospf_type_fits(ifp, lsa->h.type));
}

/* Section 3.1 (2): is there a change that it does not know of, for all we know? */
static bool
missed_a_change(const struct ospf_nbr *n)
{
	const struct ospf_lsa *lsa;

	if (n->n_unacked > 0)
		TAILQ_FOREACH (lsa, &n->ifp->o->pending, pending)
			if (lsa->news && lsa->h.adv != n->router_id && concerns(n->ifp, lsa) &&
					ospf_unacked_has(lsa, n))
				return true;
	return false;
}

/* Section 3.1; NULL: it is helped. */
static const char *
refusal(const struct ospf_nbr *n)
{
	const struct ospf *o = n->ifp->o;

	if (!o->cfg.gr_helper)
		return "help is switched off";
	if (o->restarting)
		return "we are restarting ourselves";
	if (n->gr_helping)
		return NULL;
	if (n->state != OSPF_NBR_FULL)
		return "it is not Full";
	return missed_a_change(n) ? "the topology has changed, and it has not acknowledged that"
				  : NULL;
}

void
ospf_gr_lsa(struct ospf_lsa *lsa)
{
	struct ospf_if *ifp = lsa->db->ifp;
	struct ospf *o = lsa->db->o;
	struct ospf_nbr *n;
	const char *why;
	struct grace g;
	char id[IP4_STR_LEN];

	if (ifp == NULL || lsa->h.id != OSPF_GRACE_ID || lsa->data == NULL)
		return;
	n = ospf_nbr_by_id(ifp, lsa->h.adv);
	if (n == NULL)
		return;
	if (lsa->h.age == OSPF_MAX_AGE) {
		ospf_gr_exit(n, "it has finished");
		return;
	}
	if (!grace_read(lsa, &g) || g.period_s <= lsa->h.age)
		return;
	why = refusal(n);
	ospf_log(o, LVL_NOTICE, "%s: neighbor %s restarts gracefully within %u s%s%s",
			ifp->cfg.name, ip4_str(n->router_id, id), g.period_s,
			why != NULL ? ", not helped: " : "", why != NULL ? why : "");
	if (why != NULL)
		return;
	timer_set(&o->timers, &n->gr_timer, o->now_ms + (g.period_s - lsa->h.age) * 1000ull);
	ospf_nbr_helping(n, true);
}

void
ospf_gr_topology(struct ospf_lsa *lsa)
{
	struct ospf *o = lsa->db->o;
	struct ospf_if *ifp;
	struct ospf_nbr *n;

	if (o->n_helping == 0)
		return;
	TAILQ_FOREACH (ifp, &o->ifs, link) {
		if (!concerns(ifp, lsa))
			continue;
		TAILQ_FOREACH (n, &ifp->nbrs, link)
			if (n->gr_helping && lsa->h.adv != n->router_id)
				ospf_gr_exit(n, "the topology has changed");
	}
}
