/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Resolution: from offers to what is used.
 *
 * Gateways are resolved in rounds. The first round knows connected routes only; each next one sees
 * what the former made usable, until a round changes nothing. A route may not resolve through
 * itself, and a circle of routes that resolve through one another is barred for good in this
 * computation, so the rounds come to an end.
 *
 * Around that stands the search for tunnels that are up: begin with all of them, suppress offers
 * that would carry a tunnel's own outer packets, then take out tunnels whose destination does not
 * resolve to an interface, and compute again, until nothing has to go. Tunnels and offers that take
 * part only become fewer, so this ends too, and the outcome does not depend on the past.
 */
#include <errno.h>
#include <string.h>

#include "controlplane/rib/rib_table.h"

#define ROUNDS_MAX 64
#define DEPTH_MAX  16

uint32_t
rib_group_find(const struct rib_table *t, const RIB_PREFIX *p)
{
	uint32_t lo = 0, hi = t->n_groups;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		int c = rib_prefix_cmp(&t->groups[mid].prefix, p);

		if (c == 0)
			return mid;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return UINT32_MAX;
}

uint32_t
rib_group_lookup(const struct rib_table *t, RIB_ADDR addr, bool held)
{
	for (int len = RIB_BITS; len >= 0; len--) {
		RIB_PREFIX p = { .addr = rib_addr_masked(addr, (uint8_t)len), .len = (uint8_t)len };
		uint32_t g;

		if (!rib_lens_has(&t->lens, (unsigned int)len))
			continue;
		g = rib_group_find(t, &p);
		if (g != UINT32_MAX &&
				(t->groups[g].n_best > 0 ||
						(held && t->groups[g].holder != RIB_NO_LINK)))
			return g;
	}
	return UINT32_MAX;
}

bool
rib_link_works(const struct rib_table *t, uint32_t link)
{
	return t->links[link].up && !t->tun_down[link] && !t->links[link].lost;
}

/* ---- next hops of an offer --------------------------------------------------------------- */

static void
nh_add(struct rib_nh *out, uint32_t *n, const struct rib_nh *nh)
{
	for (uint32_t i = 0; i < *n; i++)
		if (out[i].kind == nh->kind && out[i].link == nh->link &&
				rib_addr_equal(out[i].gw, nh->gw))
			return;
	if (*n < RIB_ECMP_MAX)
		out[(*n)++] = *nh;
}

static void
nh_add_link(const struct rib_table *t, uint32_t link, RIB_ADDR gw, struct rib_nh *out, uint32_t *n)
{
	struct rib_nh nh = { .kind = RIB_NH_ADJ, .link = link };

	if (t->links[link].is_tunnel)
		nh.kind = RIB_NH_TUN;
	else if (rib_addr_is_zero(gw))
		nh.kind = RIB_NH_GLEAN;
	else
		nh.gw = gw;
	nh_add(out, n, &nh);
}

/* @gw: the address the caller wants to reach through @c; zero: the route itself. */
static int
cand_nhs(const struct rib_table *t, const struct cand *c, RIB_ADDR gw, int depth,
		struct rib_nh *out, uint32_t *n)
{
	struct rib_nh nh = { .link = RIB_NO_LINK };
	const struct group *g;

	if (depth > DEPTH_MAX)
		return -ELOOP;
	if (c->proto == RIB_LOCAL || c->null) {
		nh.kind = c->null ? RIB_NH_DROP : RIB_NH_LOCAL;
		nh_add(out, n, &nh);
		return 0;
	}
	if (c->link != RIB_NO_LINK) {
		nh_add_link(t, c->link, !rib_addr_is_zero(c->gw) ? c->gw : gw, out, n);
		return 0;
	}
	if (c->match == UINT32_MAX)
		return 0;
	g = &t->groups[c->match];
	for (uint32_t i = 0; i < g->n_best; i++)
		if (cand_nhs(t, &t->cands[g->best + i], c->gw, depth + 1, out, n) != 0)
			return -ELOOP;
	return 0;
}

int
rib_cand_nhs(const struct rib_table *t, const struct cand *c, struct rib_nh *out, uint32_t *n)
{
	return cand_nhs(t, c, (RIB_ADDR){ 0 }, 0, out, n);
}

/* ---- gateways ---------------------------------------------------------------------------- */

static bool
in_group(const struct cand *c, const struct group *g)
{
	return rib_prefix_cmp(&c->prefix, &g->prefix) == 0;
}

/* What became of a route through a gateway, with the table as it stands. */
static enum cand_why
gateway_resolve(const struct rib_table *t, const struct cand *c, uint32_t *match)
{
	uint32_t at = rib_group_lookup(t, c->gw, true);
	const struct group *g;
	const struct cand *best;

	*match = UINT32_MAX;
	if (at == UINT32_MAX)
		return CAND_NO_NEXT_HOP;
	g = &t->groups[at];
	if (in_group(c, g))
		return CAND_SELF;
	if (g->n_best == 0) {
		*match = at;
		return CAND_HELD;
	}
	best = &t->cands[g->best];
	if (best->proto == RIB_LOCAL)
		return CAND_OWN;
	if (best->null)
		return CAND_NULL;
	*match = at;
	return CAND_OK;
}

static bool
cand_in_cycle(const struct rib_table *t, const struct cand *c)
{
	struct rib_nh nhs[RIB_ECMP_MAX];
	uint32_t n = 0;

	return rib_cand_nhs(t, c, nhs, &n) != 0;
}

static void
group_choose(struct rib_table *t, struct group *g)
{
	g->n_best = 0;
	for (uint32_t i = g->first; i < g->first + g->n; i++) {
		const struct cand *c = &t->cands[i];

		if (!c->usable)
			continue;
		if (g->n_best == 0) {
			g->best = i;
			g->n_best = 1;
		} else if (rib_cand_equal(&t->cands[g->best], c) && g->best + g->n_best == i) {
			g->n_best++;
		}
	}
}

/* The protected tunnel that an offer leads into, now that it is down; or the link that is held
 * until the protocol has an answer to its loss. */
static uint32_t
cand_holder(const struct rib_table *t, const struct cand *c)
{
	if (c->why == CAND_HELD)
		return t->groups[c->match].holder;
	if (c->why == CAND_LINK_DOWN && c->proto != RIB_LOCAL && t->links[c->link].is_protected)
		return c->link;
	if (c->why == CAND_LINK_DOWN && c->proto == RIB_OSPF && t->links[c->link].held)
		return c->link;
	/* Nothing of what was to be protected goes another way in the clear for being suppressed.
	 * What a routing protocol says of a prefix is no such promise: it may be the default
	 * route. */
	if (c->why == CAND_RECURSIVE && c->proto != RIB_OSPF) {
		struct rib_nh nhs[RIB_ECMP_MAX];
		uint32_t n = 0;

		rib_cand_nhs(t, c, nhs, &n);
		if (n > 0 && nhs[0].kind == RIB_NH_TUN && t->links[nhs[0].link].is_protected)
			return nhs[0].link;
	}
	return RIB_NO_LINK;
}

static void
group_hold(struct rib_table *t, struct group *g)
{
	g->holder = RIB_NO_LINK;
	for (uint32_t i = g->first;
			g->n_best == 0 && g->holder == RIB_NO_LINK && i < g->first + g->n; i++)
		g->holder = cand_holder(t, &t->cands[i]);
}

/* Of two offers that share the traffic: does @b come before @a? */
static bool
comes_first(const struct cand *b, const struct cand *a)
{
	if (!rib_cand_equal(a, b))
		return false;
	return a->usable != b->usable ? b->usable : rib_cand_cmp(b, a) < 0;
}

/* Bring usable offers together, among equals: by an order that does not know what was before. */
static void
group_order(struct rib_table *t, struct group *g)
{
	/* Insertion sort: groups are small and mostly in order. */
	for (uint32_t i = g->first + 1; i < g->first + g->n; i++) {
		struct cand c;
		uint32_t k = i;

		if (!comes_first(&t->cands[i], &t->cands[i - 1]))
			continue;
		c = t->cands[i];
		for (; k > g->first && comes_first(&c, &t->cands[k - 1]); k--)
			t->cands[k] = t->cands[k - 1];
		t->cands[k] = c;
	}
	group_choose(t, g);
	group_hold(t, g);
}

static bool
round_run(struct rib_table *t)
{
	bool changed = false;

	for (uint32_t i = 0; i < t->n_cands && t->n_recursive > 0; i++) {
		struct cand *c = &t->cands[i];
		uint32_t match;
		enum cand_why why;

		if (!rib_cand_is_recursive(c) || c->barred)
			continue;
		why = gateway_resolve(t, c, &match);
		if (why == CAND_SELF)
			c->barred = true; /* else it would come and go with every round */
		if (why == c->why && match == c->match)
			continue;
		c->why = why;
		c->match = match;
		c->usable = why == CAND_OK;
		changed = true;
	}
	for (uint32_t i = 0; changed && i < t->n_groups; i++)
		group_order(t, &t->groups[i]);
	return changed;
}

/* Bar what depends on itself. Returns whether anything had to be. */
static bool
bar_cycles(struct rib_table *t)
{
	bool any = false;

	for (uint32_t i = 0; i < t->n_cands && t->n_recursive > 0; i++) {
		struct cand *c = &t->cands[i];

		if (!rib_cand_is_recursive(c) || !c->usable || !cand_in_cycle(t, c))
			continue;
		c->barred = true;
		c->why = CAND_CYCLE;
		any = true;
	}
	for (uint32_t i = 0; any && i < t->n_cands; i++)
		if (t->cands[i].why == CAND_CYCLE) {
			t->cands[i].usable = false;
			t->cands[i].match = UINT32_MAX;
		}
	for (uint32_t i = 0; any && i < t->n_groups; i++)
		group_order(t, &t->groups[i]);
	return any;
}

/* What an offer is before any gateway was looked for. */
static void
offer_reset(const struct rib_table *t, struct cand *c)
{
	c->fresh = false;
	c->barred = c->track_down || c->suppressed != RIB_NO_LINK;
	c->usable = false;
	if (c->suppressed != RIB_NO_LINK) {
		c->why = CAND_RECURSIVE; /* its match stays, for it says where to */
		return;
	}
	c->match = UINT32_MAX;
	if (c->track_down) {
		c->why = CAND_TRACK;
	} else if (rib_cand_is_recursive(c)) {
		c->why = CAND_NO_NEXT_HOP;
	} else {
		c->usable = c->null || rib_link_works(t, c->link);
		c->why = c->usable ? CAND_OK : CAND_LINK_DOWN;
	}
}

static void
offers_reset(struct rib_table *t)
{
	for (uint32_t i = 0; i < t->n_cands; i++)
		offer_reset(t, &t->cands[i]);
	for (uint32_t i = 0; i < t->n_groups; i++)
		group_order(t, &t->groups[i]);
}

void
rib_group_decide(struct rib_table *t, struct group *g)
{
	for (uint32_t i = g->first; i < g->first + g->n; i++) {
		struct cand *c = &t->cands[i];

		if (!c->fresh)
			continue;
		offer_reset(t, c);
		if (!rib_cand_is_recursive(c))
			continue;
		c->why = gateway_resolve(t, c, &c->match);
		c->usable = c->why == CAND_OK;
		c->barred = c->why == CAND_SELF;
	}
	group_order(t, g);
}

static void
offers_resolve(struct rib_table *t)
{
	offers_reset(t);
	do {
		for (int rounds = 0; rounds < ROUNDS_MAX && round_run(t); rounds++)
			;
	} while (bar_cycles(t));
}

/* ---- tunnels ----------------------------------------------------------------------------- */

static bool
is_own(const struct rib_table *t, RIB_ADDR addr)
{
	uint32_t lo = 0, hi = t->n_own;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		int c = rib_addr_cmp(t->own[mid], addr);

		if (c == 0)
			return true;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

static bool
is_suppressed_for(const struct rib_table *t, uint32_t i)
{
	for (uint32_t k = 0; k < t->n_cands && t->n_suppressed > 0; k++)
		if (t->cands[k].suppressed == i)
			return true;
	return false;
}

static struct rib_underlay
underlay_pinned(const struct rib_table *t, uint32_t i)
{
	const struct rib_link *l = &t->links[i];
	struct rib_underlay u = { .err = RIB_UNDERLAY_PIN, .via = RIB_NO_LINK, .gw = l->pin_gw };

	u.link = rib_link_towards(t, l->pin_gw);
	if (u.link != RIB_NO_LINK && !is_own(t, l->pin_gw) &&
			!rib_addr_is_zero(l->destination))
		u.err = RIB_UNDERLAY_OK;
	return u;
}

/* Where the outer packets of tunnel @i would go with the table as it stands. */
static struct rib_underlay
underlay_find(const struct rib_table *t, uint32_t i)
{
	const struct rib_link *l = &t->links[i];
	struct rib_underlay u = { .link = RIB_NO_LINK, .via = RIB_NO_LINK };
	struct rib_nh nhs[RIB_ECMP_MAX];
	const struct rib_nh *nh;
	uint32_t n = 0, at;

	if (l->is_foreign) {
		u.err = RIB_UNDERLAY_OK;
		return u;
	}
	if (!is_own(t, l->source)) {
		u.err = RIB_UNDERLAY_NO_SOURCE;
		return u;
	}
	if (l->is_multipoint) { /* its members have each their own */
		u.err = RIB_UNDERLAY_OK;
		return u;
	}
	if (!rib_addr_is_zero(l->pin_gw))
		return underlay_pinned(t, i);
	at = rib_group_lookup(t, l->destination, false);
	if (at == UINT32_MAX || rib_addr_is_zero(l->destination)) { /* zero: not known yet */
		u.err = is_suppressed_for(t, i) ? RIB_UNDERLAY_LOOP : RIB_UNDERLAY_NO_ROUTE;
		return u;
	}
	u.err = RIB_UNDERLAY_NO_ROUTE;
	for (uint32_t k = 0; k < t->groups[at].n_best; k++)
		rib_cand_nhs(t, &t->cands[t->groups[at].best + k], nhs, &n);
	if (n == 0)
		return u;
	nh = &nhs[((uint32_t)rib_addr_hash(l->source) ^
			(uint32_t)rib_addr_hash(l->destination) * 2654435761u) % n];
	for (uint32_t k = 0; k < n; k++)
		if (nhs[k].kind == RIB_NH_TUN)
			nh = &nhs[k];
	u.link = nh->link;
	u.gw = nh->kind == RIB_NH_GLEAN ? l->destination : nh->gw;
	if (nh->kind == RIB_NH_DROP)
		u.err = RIB_UNDERLAY_NULL;
	else if (nh->kind == RIB_NH_LOCAL)
		u.err = RIB_UNDERLAY_OWN;
	else if (nh->kind != RIB_NH_TUN)
		u.err = RIB_UNDERLAY_OK;
	else if (nh->link == i)
		u.err = RIB_UNDERLAY_LOOP;
	else
		u.err = RIB_UNDERLAY_TUNNEL;
	if (u.err == RIB_UNDERLAY_TUNNEL)
		u.via = nh->link;
	return u;
}

/* ---- recursive routing ------------------------------------------------------------------- */

enum { LEADS_OUT = 1, LEADS_IN = 2 }; /* to an interface; into the tunnel */

/* Where an offer leads: bits of the above, of tunnels only @tun counts. */
static unsigned int
cand_leads(const struct rib_table *t, const struct cand *c, uint32_t tun)
{
	struct rib_nh nhs[RIB_ECMP_MAX];
	unsigned int leads = 0;
	uint32_t n = 0;

	if (!c->usable || rib_cand_nhs(t, c, nhs, &n) != 0)
		return 0;
	for (uint32_t k = 0; k < n; k++) {
		if (nhs[k].kind == RIB_NH_ADJ || nhs[k].kind == RIB_NH_GLEAN)
			leads |= LEADS_OUT;
		else if (nhs[k].kind == RIB_NH_TUN && nhs[k].link == tun)
			leads |= LEADS_IN;
	}
	return leads;
}

/* Is there any offer for @addr, be it not the best, that leads to an interface? */
static bool
other_way(const struct rib_table *t, RIB_ADDR addr)
{
	for (int len = RIB_BITS; len >= 0; len--) {
		RIB_PREFIX p = { .addr = rib_addr_masked(addr, (uint8_t)len), .len = (uint8_t)len };
		uint32_t at = rib_lens_has(&t->lens, (unsigned int)len) ? rib_group_find(t, &p)
								       : UINT32_MAX;

		for (uint32_t k = 0; at != UINT32_MAX && k < t->groups[at].n; k++)
			if (cand_leads(t, &t->cands[t->groups[at].first + k], RIB_NO_LINK) ==
					LEADS_OUT)
				return true;
	}
	return false;
}

/* Suppress the offers that carry tunnel @i's outer packets into tunnel @into. */
static bool
suppress(struct rib_table *t, uint32_t i, uint32_t into)
{
	uint32_t at = rib_group_lookup(t, t->links[i].destination, false);
	const struct group *g = &t->groups[at];
	bool any = false;

	for (uint32_t k = g->best; k < g->best + g->n_best; k++) {
		struct cand *c = &t->cands[k];

		if ((into != i && c->proto != RIB_OSPF) ||
				(cand_leads(t, c, into) & LEADS_IN) == 0)
			continue;
		c->suppressed = i;
		t->n_suppressed++;
		any = true;
	}
	return any;
}

/* One tunnel after the other, for a route that is out may mend several; see the rules in rib.h. */
static bool
recursion_break(struct rib_table *t)
{
	bool any = false;

	for (uint32_t i = 0; i < t->n_links; i++) {
		struct rib_underlay u;

		if (!t->links[i].is_tunnel || t->tun_down[i])
			continue;
		u = underlay_find(t, i);
		if (u.err == RIB_UNDERLAY_LOOP && u.link == i)
			any |= suppress(t, i, i);
		else if (u.err == RIB_UNDERLAY_TUNNEL && other_way(t, t->links[i].destination))
			any |= suppress(t, i, u.via);
	}
	return any;
}

/* Take out tunnels that cannot be up; those that lean on another tunnel only if @all. */
static bool
tunnels_prune(struct rib_table *t, bool all)
{
	bool any = false;

	for (uint32_t i = 0; i < t->n_links; i++) {
		if (!t->links[i].is_tunnel || t->tun_down[i])
			continue;
		t->underlay[i] = underlay_find(t, i);
		if (t->underlay[i].err == RIB_UNDERLAY_OK)
			continue;
		if (t->underlay[i].err == RIB_UNDERLAY_TUNNEL && !all)
			continue;
		t->tun_down[i] = true;
		any = true;
	}
	return any;
}

void
rib_resolve(struct rib_table *t)
{
	for (uint32_t i = 0; i < t->n_links; i++) {
		t->tun_down[i] = t->links[i].is_tunnel && !t->links[i].up;
		t->underlay[i] = (struct rib_underlay){
			.err = RIB_UNDERLAY_DISABLED, .link = RIB_NO_LINK, .via = RIB_NO_LINK
		};
	}
	do {
		offers_resolve(t);
	} while (recursion_break(t) || tunnels_prune(t, false) || tunnels_prune(t, true));
}
