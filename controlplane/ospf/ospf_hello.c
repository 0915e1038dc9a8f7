/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Hello (RFC 2328 sections 9.5 and 10.5).
 *
 * Beyond the RFC: a router that is heard for the first time, or that does not know us yet, is
 * answered by a Hello at once instead of with the next beat, so that both ends know each other a
 * round trip later.
 */
#include <string.h>

#include "controlplane/ospf/ospf_bad.h"
#include "controlplane/ospf/ospf_proto.h"

static uint16_t
hello_s(const struct ospf_if *ifp)
{
	return (uint16_t)(ifp->cfg.hello_ms / 1000); /* 0: several within a second */
}

static uint32_t
dead_s(const struct ospf_if *ifp)
{
	return ifp->cfg.dead_ms / 1000;
}

void
ospf_hello_send(struct ospf_if *ifp, uint32_t dst)
{
	struct ospf_hello h = { .hello_s = hello_s(ifp),
		.dead_s = dead_s(ifp),
		.options = ospf_area_options(ifp->area),
		.priority = ifp->cfg.priority,
		.dr = ifp->dr,
		.bdr = ifp->bdr };
	struct ospf_out p;
	struct ospf_nbr *n;

	/* Section 9.5: unnumbered and virtual links have no mask. */
	if (ifp->cfg.type != OSPF_IF_VLINK && !ifp->cfg.unnumbered)
		h.mask = ip4_mask(ifp->cfg.addr.len);
	ospf_out_begin(&p, ifp, OSPF_PKT_HELLO);
	ospf_hello_write(&p.w, &h);
	TAILQ_FOREACH (n, &ifp->nbrs, link)
		if (n->state >= OSPF_NBR_INIT && !ifp->o->stopped)
			wr_be32(&p.w, n->router_id);
	ospf_out_send(&p, ifp, dst);
}

static bool
nbma_due(const struct ospf_if *ifp, const struct ospf_nbr *n)
{
	/* Section 9.5.1. */
	if (n->state == OSPF_NBR_DOWN)
		return false;
	if (ifp->cfg.type != OSPF_IF_NBMA || ifp->cfg.priority == 0)
		return ifp->cfg.type != OSPF_IF_NBMA || n->addr == ifp->dr || n->addr == ifp->bdr ||
				n->state == OSPF_NBR_ATTEMPT;
	return n->priority > 0 || ifp->state == OSPF_IFS_DR || ifp->state == OSPF_IFS_BACKUP;
}

void
ospf_hello_all(struct ospf_if *ifp)
{
	struct ospf_nbr *n;

	switch (ifp->cfg.type) {
	case OSPF_IF_NBMA:
	case OSPF_IF_P2MP_NB:
		TAILQ_FOREACH (n, &ifp->nbrs, link)
			if (nbma_due(ifp, n))
				ospf_hello_send(ifp, n->addr);
		break;
	case OSPF_IF_VLINK:
		n = TAILQ_FIRST(&ifp->nbrs);
		if (n != NULL)
			ospf_hello_send(ifp, n->addr);
		break;
	default:
		ospf_hello_send(ifp, OSPF_ALL_ROUTERS);
	}
}

void
ospf_hello_timer(void *arg)
{
	struct ospf_if *ifp = arg;
	struct ospf *o = ifp->o;
	uint64_t next_ms = ifp->hello.due_ms + ifp->cfg.hello_ms;

	timer_set(&o->timers, &ifp->hello,
			next_ms > o->now_ms ? next_ms : o->now_ms + ifp->cfg.hello_ms);
	ospf_hello_all(ifp);
}

void
ospf_hello_start(struct ospf_if *ifp)
{
	uint32_t beat_ms = ifp->cfg.hello_ms;

	ospf_hello_all(ifp);
	/* The second one after half an interval or more: a thousand links do not beat as one. */
	timer_set(&ifp->o->timers, &ifp->hello, ifp->o->now_ms + beat_ms / 2 +
			ospf_random(ifp->o, beat_ms / 2 + 1));
}

/* ---- received ---------------------------------------------------------------------------- */

/* Section 10.5: what both ends must agree upon. */
static bool
agreed(struct ospf_if *ifp, const struct ospf_hello *h, uint32_t src)
{
	uint8_t want = ospf_area_options(ifp->area) & (OSPF_OPT_E | OSPF_OPT_NP);

	if (h->hello_s != hello_s(ifp)) {
		ospf_bad(ifp, OSPF_BAD_HELLO_INTERVAL, src, "hello interval %u s, ours is %u s",
				h->hello_s, hello_s(ifp));
		return false;
	}
	if (h->dead_s != dead_s(ifp)) {
		ospf_bad(ifp, OSPF_BAD_DEAD_INTERVAL, src, "dead interval %u s, ours is %u s",
				h->dead_s, dead_s(ifp));
		return false;
	}
	if (ospf_if_is_one_network(ifp) && h->mask != ip4_mask(ifp->cfg.addr.len)) {
		char a[IP4_STR_LEN], b[IP4_STR_LEN];

		ospf_bad(ifp, OSPF_BAD_MASK, src, "mask %s, ours is %s", ip4_str(h->mask, a),
				ip4_str(ip4_mask(ifp->cfg.addr.len), b));
		return false;
	}
	if ((h->options & (OSPF_OPT_E | OSPF_OPT_NP)) != want) {
		ospf_bad(ifp, OSPF_BAD_AREA_TYPE, src,
				"another type of area: E bit %d, N bit %d, ours are %d, %d",
				(h->options & OSPF_OPT_E) != 0, (h->options & OSPF_OPT_NP) != 0,
				(want & OSPF_OPT_E) != 0, (want & OSPF_OPT_NP) != 0);
		return false;
	}
	return true;
}

static bool
heard_just_now(const struct ospf_nbr *n)
{
	return n->ifp->o->now_ms - n->heard_ms < 2ull * n->ifp->cfg.hello_ms;
}

/* On a network: is there another neighbour with this router ID, heard a moment ago? The routes of
 * one of them would lead to the other (section 1.3 has IDs unique). */
static bool
is_taken(struct ospf_if *ifp, uint32_t router_id, uint32_t src)
{
	const struct ospf_nbr *other = ospf_nbr_by_id(ifp, router_id);
	char id[IP4_STR_LEN], a[IP4_STR_LEN];

	if (other == NULL || other->addr == src || other->state < OSPF_NBR_INIT ||
			!heard_just_now(other))
		return false;
	ospf_bad(ifp, OSPF_BAD_ROUTER_ID, src, "duplicate router ID %s: %s has it as well",
			ip4_str(router_id, id), ip4_str(other->addr, a));
	return true;
}

/* On a network: is there another router with this address, heard a moment ago? If each Hello
 * counted, the neighbour would be another one with each. */
static bool
is_address_taken(const struct ospf_nbr *n, uint32_t router_id)
{
	char id[IP4_STR_LEN], is[IP4_STR_LEN];

	if (n->router_id == router_id || n->router_id == 0 || n->state < OSPF_NBR_INIT ||
			!heard_just_now(n))
		return false;
	ospf_bad(n->ifp, OSPF_BAD_SECOND, n->addr, "duplicate address: router %s has it, and %s",
			ip4_str(n->router_id, is), ip4_str(router_id, id));
	return true;
}

static struct ospf_nbr *
nbr_of(struct ospf_if *ifp, uint32_t router_id, uint32_t src)
{
	struct ospf_nbr *n = ospf_if_is_ptp(ifp) ? ospf_nbr_by_id(ifp, router_id)
						 : ospf_nbr_by_addr(ifp, src);
	struct ospf_nbr *other;

	/* A link with two ends has one neighbour: a new one takes the place of one that is not
	 * heard any more. On a network that others share, both would talk for ever. */
	if (n == NULL && ospf_if_is_ptp(ifp) && (other = TAILQ_FIRST(&ifp->nbrs)) != NULL) {
		if (other->router_id != 0 && heard_just_now(other)) {
			ospf_bad(ifp, OSPF_BAD_SECOND, src,
					"a second router on a point-to-point link");
			return NULL;
		}
		ospf_nbr_event(other, OSPF_NE_KILL, "another router in its place");
	}
	if (n != NULL && !ospf_if_is_ptp(ifp) && is_address_taken(n, router_id))
		return NULL;
	if ((n == NULL || n->router_id != router_id) && !ospf_if_is_ptp(ifp) &&
			is_taken(ifp, router_id, src))
		return NULL;
	if (n == NULL && ifp->n_nbrs >= OSPF_IF_NBRS) {
		ospf_bad(ifp, OSPF_BAD_TOO_MANY, src, "too many neighbours");
		return NULL;
	}
	return n != NULL ? n : ospf_nbr_new(ifp, router_id, src);
}

static bool
lists_us(const struct ospf_if *ifp, struct rd *r)
{
	while (rd_left(r) >= 4)
		if (rd_be32(r) == ifp->o->cfg.router_id)
			return true;
	return false;
}

/* What it says of itself, DR and BDR. @return an election is due. */
static bool
take_over(struct ospf_nbr *n, const struct ospf_hello *h)
{
	bool dr = h->dr == n->addr, was_dr = n->dr == n->addr;
	bool bdr = h->bdr == n->addr, was_bdr = n->bdr == n->addr;
	bool change = n->priority != h->priority || dr != was_dr || bdr != was_bdr;

	n->priority = h->priority;
	if (n->state < OSPF_NBR_EXSTART) /* from then on by its Database Description */
		n->options = h->options;
	if (n->gr_helping)
		return false; /* RFC 3623 section 3: what it was it is, until it has restarted */
	n->dr = h->dr;
	n->bdr = h->bdr;
	return change;
}

static void
moved(struct ospf_nbr *n, uint32_t router_id, uint32_t src)
{
	if (ospf_if_is_ptp(n->ifp)) {
		if (n->addr != src && n->state > OSPF_NBR_INIT) {
			n->addr = src;
			ospf_if_notify(n->ifp);
		}
		n->addr = src;
	} else if (n->router_id != router_id) {
		if (n->router_id != 0 && n->state > OSPF_NBR_INIT)
			ospf_nbr_event(n, OSPF_NE_1WAY, "its router ID has changed");
		n->router_id = router_id;
	}
}

/* Is it answered at once? If not, with the next beat. */
static bool
is_answered(const struct ospf_nbr *n, bool is_new, bool known)
{
	const struct ospf_if *ifp = n->ifp;

	if (n->gr_helping || ifp->o->now_ms - n->answered_ms < 500)
		return false;
	/* Section 9.5.1: who cannot become DR there has no beat for one who may. */
	return is_new || !known || (ifp->cfg.type == OSPF_IF_NBMA && ifp->cfg.priority == 0 &&
			n->priority > 0 && n->addr != ifp->dr && n->addr != ifp->bdr);
}

void
ospf_hello_input(struct ospf_if *ifp, const struct ospf_hdr *hdr, uint32_t src, struct rd *r)
{
	struct ospf_hello h;
	struct ospf_nbr *n;
	bool known, change, is_new;

	ospf_hello_read(r, &h);
	if (!agreed(ifp, &h, src))
		return;
	n = nbr_of(ifp, hdr->router_id, src);
	if (n == NULL)
		return;
	is_new = n->state < OSPF_NBR_INIT;
	moved(n, hdr->router_id, src);
	change = take_over(n, &h);
	ospf_nbr_event(n, OSPF_NE_HELLO, "Hello");
	known = lists_us(ifp, r);
	if (known)
		ospf_restart_hello(n, &h);
	if (is_answered(n, is_new, known)) {
		n->answered_ms = ifp->o->now_ms;
		ospf_hello_send(ifp, ifp->cfg.type == OSPF_IF_P2P ? OSPF_ALL_ROUTERS : src);
	}
	if (!known) {
		if (!n->gr_helping)
			ospf_nbr_event(n, OSPF_NE_1WAY, "it does not hear us");
	} else {
		ospf_nbr_event(n, OSPF_NE_2WAY, "Hello lists us");
	}
	if (!ospf_if_is_multiaccess(ifp))
		return;
	if (ifp->state == OSPF_IFS_WAITING && known &&
			((h.dr == src && h.bdr == 0) || h.bdr == src))
		ospf_if_event(ifp, OSPF_IFE_BACKUP_SEEN);
	else if (change && n->state >= OSPF_NBR_2WAY)
		ospf_if_elect_soon(ifp);
}
