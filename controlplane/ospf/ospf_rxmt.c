/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who has not acknowledged what, retransmission (RFC 2328 section 13.6), and acknowledgments of
 * our own (13.5).
 *
 * An LSA has one bit for each neighbour that owes an acknowledgment, and all such LSAs are in one
 * list. A neighbour's timer walks over that list; it sends a burst, and goes on a little later if
 * there is more.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/ospf_proto.h"

#define FIRST_MS   1500 /* at most, until the first time: a neighbour that was told of two changes
			 * within its MinLSArrival (1 s) has thrown the second one away, silently */
#define BURST_LSAS 512 /* retransmitted at a time */
#define BURST_MS   50  /* until the next */

uint32_t
ospf_first_rxmt_ms(const struct ospf_if *ifp)
{
	return ifp->cfg.rxmt_ms < FIRST_MS ? ifp->cfg.rxmt_ms : FIRST_MS;
}

/* ---- the bits ---------------------------------------------------------------------------- */

bool
ospf_unacked_has(const struct ospf_lsa *lsa, const struct ospf_nbr *n)
{
	return n->index / 64 < lsa->n_unacked_words &&
			(lsa->unacked[n->index / 64] >> n->index % 64 & 1) != 0;
}

int
ospf_unacked_add(struct ospf_lsa *lsa, struct ospf_nbr *n)
{
	struct ospf *o = lsa->db->o;
	uint32_t word = n->index / 64;

	if (ospf_unacked_has(lsa, n))
		return 0;
	if (word >= lsa->n_unacked_words) {
		uint64_t *w = realloc(lsa->unacked, (word + 1) * sizeof(*w));

		if (w == NULL) {
			ospf_log(o, LVL_ERROR, "out of memory for flooding");
			return -ENOMEM;
		}
		memset(w + lsa->n_unacked_words, 0,
				(word + 1 - lsa->n_unacked_words) * sizeof(*w));
		lsa->unacked = w;
		lsa->n_unacked_words = (uint16_t)(word + 1);
	}
	lsa->unacked[word] |= 1ull << n->index % 64;
	if (lsa->n_unacked++ == 0)
		TAILQ_INSERT_TAIL(&o->pending, lsa, pending);
	n->n_unacked++;
	if (!n->rxmt.on)
		timer_set(&o->timers, &n->rxmt, o->now_ms + ospf_first_rxmt_ms(n->ifp));
	return 0;
}

static void
nobody_owes(struct ospf_lsa *lsa)
{
	struct ospf *o = lsa->db->o;

	TAILQ_REMOVE(&o->pending, lsa, pending);
	free(lsa->unacked);
	lsa->unacked = NULL;
	lsa->n_unacked_words = 0;
	if (lsa->h.age == OSPF_MAX_AGE)
		o->sweep = true;
}

bool
ospf_unacked_del(struct ospf_lsa *lsa, struct ospf_nbr *n)
{
	if (!ospf_unacked_has(lsa, n))
		return false;
	lsa->unacked[n->index / 64] &= ~(1ull << n->index % 64);
	n->n_unacked--;
	if (n->rxmt_skip > 0)
		n->rxmt_skip--; /* of what was sent again, most likely */
	if (--lsa->n_unacked == 0)
		nobody_owes(lsa);
	return true;
}

void
ospf_unacked_clear(struct ospf_lsa *lsa)
{
	struct ospf *o = lsa->db->o;

	if (lsa->n_unacked == 0)
		return;
	for (uint32_t w = 0; w < lsa->n_unacked_words; w++)
		for (uint64_t bits = lsa->unacked[w]; bits != 0; bits &= bits - 1)
			o->nbr_by_index[w * 64 + (uint32_t)__builtin_ctzll(bits)]->n_unacked--;
	lsa->n_unacked = 0;
	nobody_owes(lsa);
}

void
ospf_unacked_forget(struct ospf_nbr *n)
{
	struct ospf *o = n->ifp->o;
	struct ospf_lsa *lsa, *next;

	for (lsa = TAILQ_FIRST(&o->pending); lsa != NULL && n->n_unacked > 0; lsa = next) {
		next = TAILQ_NEXT(lsa, pending);
		ospf_unacked_del(lsa, n);
	}
}

/* ---- retransmission ---------------------------------------------------------------------- */

void
ospf_rxmt_timer(void *arg)
{
	struct ospf_nbr *n = arg;
	struct ospf_if *ifp = n->ifp;
	struct ospf *o = ifp->o;
	struct ospf_update u;
	struct ospf_lsa *lsa;
	uint32_t sent = 0, seen = 0;
	bool first = n->rxmt_from_ms == 0;

	if (n->n_unacked == 0) {
		n->rxmt_from_ms = 0;
		return;
	}
	/* One round: all that was flooded an interval before it began; each once. */
	if (first) {
		n->rxmt_from_ms = o->now_ms;
		n->rxmt_skip = 0;
	}
	ospf_update_begin(&u, ifp, ospf_nbr_dst(n));
	TAILQ_FOREACH (lsa, &o->pending, pending) {
		if (sent == BURST_LSAS)
			break;
		if (!ospf_unacked_has(lsa, n) ||
				lsa->flooded_ms + ospf_first_rxmt_ms(ifp) > n->rxmt_from_ms)
			continue;
		if (seen++ < n->rxmt_skip)
			continue;
		ospf_update_add(&u, lsa);
		sent++;
	}
	ospf_update_send(&u);
	o->n.lsa_retransmitted += sent;
	n->rxmt_skip += sent;
	if (sent < BURST_LSAS)
		n->rxmt_from_ms = 0;
	timer_set(&o->timers, &n->rxmt, o->now_ms + (sent == BURST_LSAS ? BURST_MS
			: sent > 0 ? ifp->cfg.rxmt_ms : ospf_first_rxmt_ms(ifp)));
}

/* ---- acknowledgments --------------------------------------------------------------------- */

static void
acks_out(struct ospf_if *ifp, uint32_t dst, const uint8_t *acks, size_t len)
{
	size_t most = ospf_out_room(ifp) / OSPF_LSA_HDR_LEN * OSPF_LSA_HDR_LEN;

	while (len > 0) {
		size_t part = len < most ? len : most;
		struct ospf_out p;

		ospf_out_begin(&p, ifp, OSPF_PKT_LSACK);
		wr_bytes(&p.w, acks, part);
		ospf_out_send(&p, ifp, dst);
		acks += part;
		len -= part;
	}
}

void
ospf_ack_send(struct ospf_if *ifp)
{
	uint32_t dst = ospf_if_dst(ifp);
	struct ospf_nbr *n;

	timer_stop(&ifp->o->timers, &ifp->ack);
	if (dst != 0)
		acks_out(ifp, dst, ifp->acks, ifp->acks_len);
	else
		TAILQ_FOREACH (n, &ifp->nbrs, link)
			if (n->state >= OSPF_NBR_EXCHANGE)
				acks_out(ifp, n->addr, ifp->acks, ifp->acks_len);
	ifp->acks_len = 0;
}

void
ospf_ack_timer(void *arg)
{
	ospf_ack_send(arg);
}

void
ospf_ack_delayed(struct ospf_if *ifp, const struct ospf_lsa_hdr *h)
{
	struct ospf *o = ifp->o;
	struct wr w;

	if (ifp->acks == NULL) {
		ifp->acks_cap = (uint32_t)(ospf_out_room(ifp) / OSPF_LSA_HDR_LEN *
					   OSPF_LSA_HDR_LEN);
		ifp->acks = malloc(ifp->acks_cap);
		if (ifp->acks == NULL)
			return; /* it will come again */
		ifp->acks_len = 0;
	}
	w = wr_init(ifp->acks + ifp->acks_len, ifp->acks_cap - ifp->acks_len);
	ospf_lsa_hdr_write(&w, h);
	ifp->acks_len += OSPF_LSA_HDR_LEN;
	if (ifp->acks_len + OSPF_LSA_HDR_LEN > ifp->acks_cap)
		ospf_ack_send(ifp);
	else if (!ifp->ack.on)
		timer_set(&o->timers, &ifp->ack, o->now_ms + OSPF_ACK_DELAY_MS);
}

void
ospf_ack_direct(struct ospf_nbr *n, const struct ospf_lsa_hdr *h)
{
	struct wr w;

	if (n->acks == NULL)
		n->acks = malloc(OSPF_DIRECT_ACKS * OSPF_LSA_HDR_LEN);
	if (n->acks == NULL)
		return;
	w = wr_init(n->acks + n->acks_len, OSPF_LSA_HDR_LEN);
	ospf_lsa_hdr_write(&w, h);
	n->acks_len += OSPF_LSA_HDR_LEN;
	if (n->acks_len == OSPF_DIRECT_ACKS * OSPF_LSA_HDR_LEN)
		ospf_ack_direct_send(n);
}

void
ospf_ack_direct_send(struct ospf_nbr *n)
{
	if (n->acks == NULL)
		return;
	acks_out(n->ifp, ospf_nbr_dst(n), n->acks, n->acks_len);
	free(n->acks);
	n->acks = NULL;
	n->acks_len = 0;
}
