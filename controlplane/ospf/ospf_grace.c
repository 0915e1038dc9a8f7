/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Our own grace-LSAs (RFC 3623 appendix A), one on each interface with neighbours. See
 * ospf_grace.h.
 */
#include "controlplane/ospf/ospf_grace.h"

#include <stdio.h>

#include "controlplane/ospf/ospf_proto.h"

#define BODY_MAX 24

static size_t
grace_body(const struct ospf_if *ifp, uint16_t period_s, uint8_t reason, uint8_t body[BODY_MAX])
{
	struct wr w = wr_init(body, BODY_MAX);

	wr_be16(&w, OSPF_GRACE_PERIOD);
	wr_be16(&w, 4);
	wr_be32(&w, period_s);
	wr_be16(&w, OSPF_GRACE_REASON);
	wr_be16(&w, 1);
	wr_u8(&w, reason);
	wr_zero(&w, 3);
	if (!ospf_if_is_ptp(ifp)) {
		wr_be16(&w, OSPF_GRACE_ADDRESS);
		wr_be16(&w, 4);
		wr_be32(&w, ifp->cfg.addr.addr);
	}
	return w.len;
}

struct ospf_lsa *
ospf_grace_of(const struct ospf_if *ifp)
{
	struct ospf_lsa *lsa = ospf_lsdb_find(&ifp->lsdb, OSPF_LSA_OPAQUE_LINK, OSPF_GRACE_ID,
			ifp->o->cfg.router_id);

	return lsa != NULL && lsa->data != NULL && lsa->h.age < OSPF_MAX_AGE ? lsa : NULL;
}

uint32_t
ospf_grace_originate(struct ospf_if *ifp, uint16_t period_s, uint8_t reason)
{
	uint8_t body[BODY_MAX];
	size_t len = grace_body(ifp, period_s, reason, body);
	const struct ospf_lsa *lsa;
	const struct ospf_nbr *n;
	char id[IP4_STR_LEN];

	/* Nobody helps who waits for our acknowledgment of a change (section 3.1). */
	if (ifp->acks_len > 0)
		ospf_ack_send(ifp);
	if (ospf_originate(&ifp->lsdb, OSPF_LSA_OPAQUE_LINK, OSPF_GRACE_ID,
			    ospf_area_options(ifp->area), body, len) != 0)
		return 0;
	lsa = ospf_grace_of(ifp);
	if (lsa == NULL)
		return 0;
	TAILQ_FOREACH (n, &ifp->nbrs, link)
		if (n->state == OSPF_NBR_FULL && !ospf_unacked_has(lsa, n))
			ospf_log(ifp->o, LVL_WARNING, "%s: neighbor %s takes no opaque LSAs: it "
					"will not help with our restart", ifp->cfg.name,
					ip4_str(n->router_id, id));
	return lsa->n_unacked;
}

void
ospf_grace_install(struct ospf_if *ifp, uint16_t period_s, uint8_t reason, uint64_t asked_ms,
		int32_t seq)
{
	uint8_t data[OSPF_LSA_HDR_LEN + BODY_MAX], *body = data + OSPF_LSA_HDR_LEN;
	struct wr w = wr_init(data, OSPF_LSA_HDR_LEN);
	struct ospf_lsa_hdr h = { .options = ospf_area_options(ifp->area),
		.type = OSPF_LSA_OPAQUE_LINK, .id = OSPF_GRACE_ID,
		.adv = ifp->o->cfg.router_id, .seq = seq,
		.age = (uint16_t)((ifp->o->now_ms - asked_ms) / 1000) };

	h.len = (uint16_t)(OSPF_LSA_HDR_LEN + grace_body(ifp, period_s, reason, body));
	ospf_lsa_hdr_write(&w, &h);
	h.cksum = ospf_lsa_cksum_set(data, h.len);
	ospf_lsdb_install(&ifp->lsdb, &h, data, false);
}

void
ospf_graces_flush(struct ospf *o)
{
	struct ospf_lsa *lsa;
	struct ospf_if *ifp;

	TAILQ_FOREACH (ifp, &o->ifs, link)
		if ((lsa = ospf_grace_of(ifp)) != NULL) {
			if (lsa->own != NULL)
				lsa->own->wanted = false;
			ospf_lsa_expire(lsa);
		}
}

/* ---- acknowledgments -------------------------------------------------------------------- */

/* Has this neighbour still to acknowledge it? Also, if the next instance waits to be sent because
 * somebody had a newer one, of an earlier restart (section 13.4 of RFC 2328). */
static bool
owes(const struct ospf_nbr *n)
{
	const struct ospf_if *ifp = n->ifp;
	const struct ospf_lsa *lsa = ospf_lsdb_find(&ifp->lsdb, OSPF_LSA_OPAQUE_LINK, OSPF_GRACE_ID,
			ifp->o->cfg.router_id);

	if (lsa == NULL || lsa->own == NULL || !lsa->own->wanted)
		return false;
	if (lsa->own->body != NULL || lsa->h.age == OSPF_MAX_AGE)
		return n->state == OSPF_NBR_FULL && (n->options & OSPF_OPT_O) != 0;
	return ospf_unacked_has(lsa, n);
}

uint32_t
ospf_graces_unacked(const struct ospf *o, char *names, size_t len)
{
	const struct ospf_if *ifp;
	const struct ospf_nbr *n;
	char id[IP4_STR_LEN];
	uint32_t count = 0;
	size_t at = 0;

	TAILQ_FOREACH (ifp, &o->ifs, link)
		TAILQ_FOREACH (n, &ifp->nbrs, link) {
			if (!owes(n))
				continue;
			if (count++ < OSPF_RESTART_NAMED && names != NULL && at < len)
				at += (size_t)snprintf(names + at, len - at, "%s%s",
						count > 1 ? ", " : "", ip4_str(n->router_id, id));
		}
	return count;
}

void
ospf_graces_resend(struct ospf *o)
{
	struct ospf_update u;
	struct ospf_lsa *lsa;
	struct ospf_if *ifp;
	struct ospf_nbr *n;

	TAILQ_FOREACH (ifp, &o->ifs, link) {
		lsa = ospf_grace_of(ifp);
		if (lsa == NULL || lsa->n_unacked == 0)
			continue;
		TAILQ_FOREACH (n, &ifp->nbrs, link) {
			if (!ospf_unacked_has(lsa, n))
				continue;
			ospf_update_begin(&u, ifp, ospf_nbr_dst(n));
			ospf_update_add(&u, lsa);
			ospf_update_send(&u);
			o->n.lsa_retransmitted++;
		}
	}
}
