/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Three VRRP routers on a simulated LAN, over a million simulated seconds of loss, jitter,
 * partitions, crashes, farewells and clocks that stand still. After each trouble the LAN is left in
 * peace for a while, and then there must be one active router: the best of those that are there.
 *
 *     a 10.0.0.1 priority 200 ---+--- b 10.0.0.2 priority 150
 *                                |
 *                      c 10.0.0.3 priority 150 (ties are decided by the address)
 *
 * On a LAN that has healed there may be two for no longer than it takes to hear each other, and
 * none for no longer than three intervals and the skew time (RFC 9568 section 6.1).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/vrrp/vrrp.h"
#include "tests/unit/cu.h"

#define ROUTERS    3
#define FLIGHT_MAX 256
#define JITTER_MS  40 /* at most */
#define NONE       (-1)

static const uint8_t priorities[ROUTERS] = { 200, 150, 150 };

struct flight {
	uint64_t at_ms;
	int to;
	size_t len;
	uint8_t pkt[VRRP_PACKET_MAX];
};

struct world;

struct router {
	struct world *w;
	int me;
	struct vrrp_engine *e;
	struct vrrp_vr *v;
	uint64_t stalled_ms; /* its clock stands still until then */
	bool alive;
};

struct world {
	struct router r[ROUTERS];
	struct flight flight[FLIGHT_MAX];
	unsigned int n_flight;
	uint64_t now_ms;
	uint64_t random;
	uint32_t advert_ms;
	bool cut[ROUTERS][ROUTERS];
	unsigned int loss; /* per cent */
	uint64_t calm_ms;  /* since when nothing was done to them */
	uint64_t two_ms, none_ms; /* since when there are two, or none; 0: there are not */
	uint64_t worst_two_ms, worst_none_ms;
	uint64_t n_sent, n_transitions;
};

static uint32_t
rnd(struct world *w, uint32_t n)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return (uint32_t)(w->random >> 20) % n;
}

/* ---- routers ----------------------------------------------------------------------------- */

static void
on_send(void *ctx, const struct vrrp_cfg *c, const uint8_t *pkt, size_t len,
		const struct ip6_addr *to)
{
	struct router *r = ctx;
	struct world *w = r->w;

	w->n_sent++;
	for (int i = 0; i < ROUTERS; i++) {
		struct flight *f = &w->flight[w->n_flight];

		if (i == r->me || w->cut[r->me][i] || rnd(w, 100) < w->loss)
			continue;
		CU_ASSERT_FATAL(w->n_flight < FLIGHT_MAX);
		f->at_ms = w->now_ms + 1 + rnd(w, JITTER_MS);
		f->to = i;
		f->len = len;
		memcpy(f->pkt, pkt, len);
		w->n_flight++;
	}
}

static void
on_announce(void *ctx, const struct vrrp_cfg *c)
{
}

static void
on_changed(void *ctx, const struct vrrp_vr *v, const struct vrrp_transition *t)
{
	struct router *r = ctx;

	r->w->n_transitions++;
}

static void
on_duplicate(void *ctx, const struct vrrp_vr *v, const struct ip6_addr *from, uint8_t priority)
{
}

static void
on_refused(void *ctx, const struct vrrp_vr *v, const struct ip6_addr *from, const char *why)
{
	CU_FAIL("a router's own kind was refused");
}

static void
router_start(struct world *w, int i)
{
	static const struct vrrp_ops ops = { .send = on_send, .announce = on_announce,
		.changed = on_changed, .duplicate = on_duplicate, .refused = on_refused };
	struct vrrp_cfg c = { .if_id = 1, .vrid = 7, .version = 3, .priority = priorities[i],
		.n_addrs = 1, .source = vrrp_map4(0x0a000001u + (uint32_t)i),
		.advert_ms = w->advert_ms, .preempt = true };
	struct router *r = &w->r[i];

	c.addrs[0] = vrrp_map4(0x0a0000feu);
	*r = (struct router){ .w = w, .me = i, .alive = true };
	r->e = vrrp_new(&ops, r);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r->e);
	r->v = vrrp_set(r->e, &c, w->now_ms);
	CU_ASSERT_PTR_NOT_NULL_FATAL(r->v);
	vrrp_up(r->e, r->v, true, NULL, w->now_ms);
}

static void
router_end(struct router *r)
{
	vrrp_free(r->e);
	r->e = NULL;
	r->alive = false;
}

/* ---- time -------------------------------------------------------------------------------- */

static bool
runs(const struct world *w, int i)
{
	return w->r[i].alive && w->r[i].stalled_ms <= w->now_ms;
}

/* When something happens next: a timer, a packet, a clock that goes on. */
static uint64_t
next_ms(const struct world *w)
{
	uint64_t next = UINT64_MAX, at;

	for (int i = 0; i < ROUTERS; i++) {
		if (!w->r[i].alive)
			continue;
		at = vrrp_next_ms(w->r[i].e);
		if (at < w->r[i].stalled_ms)
			at = w->r[i].stalled_ms;
		if (at < next)
			next = at;
	}
	for (unsigned int k = 0; k < w->n_flight; k++) {
		at = w->flight[k].at_ms;
		if (at < w->r[w->flight[k].to].stalled_ms)
			at = w->r[w->flight[k].to].stalled_ms;
		if (at < next)
			next = at;
	}
	return next;
}

static void
deliver(struct world *w)
{
	for (unsigned int k = 0; k < w->n_flight;) {
		struct flight f = w->flight[k];

		if (f.at_ms > w->now_ms || (w->r[f.to].alive && !runs(w, f.to))) {
			k++;
			continue;
		}
		w->flight[k] = w->flight[--w->n_flight];
		if (w->r[f.to].alive)
			vrrp_input(w->r[f.to].e, 1, f.pkt, f.len, w->now_ms);
	}
}

/* Who should be active, when all hear each other. */
static int
best(const struct world *w)
{
	static const int order[ROUTERS] = { 0, 2, 1 };

	for (int i = 0; i < ROUTERS; i++)
		if (w->r[order[i]].alive)
			return order[i];
	return NONE;
}

/* How long the rules give them: three intervals and a skew, one advertisement, and its way. */
static uint64_t
settled_ms(const struct world *w)
{
	return 4 * (uint64_t)w->advert_ms + w->advert_ms + 4 * JITTER_MS;
}

static void
look(struct world *w)
{
	int n = 0, who = NONE, here = 0;

	for (int i = 0; i < ROUTERS; i++) {
		here += runs(w, i);
		if (runs(w, i) && vrrp_state(w->r[i].v) == VRRP_ACTIVE) {
			who = i;
			n++;
		}
	}
	w->two_ms = n < 2 ? 0 : w->two_ms != 0 ? w->two_ms : w->now_ms;
	w->none_ms = n > 0 || here == 0 ? 0 : w->none_ms != 0 ? w->none_ms : w->now_ms;
	if (w->calm_ms == UINT64_MAX)
		return;
	/* What was before the calm is not counted. */
	if (w->two_ms != 0 && w->now_ms - (w->two_ms > w->calm_ms ? w->two_ms : w->calm_ms) >
					w->worst_two_ms)
		w->worst_two_ms = w->now_ms - (w->two_ms > w->calm_ms ? w->two_ms : w->calm_ms);
	if (w->none_ms != 0 && w->now_ms - (w->none_ms > w->calm_ms ? w->none_ms : w->calm_ms) >
					w->worst_none_ms)
		w->worst_none_ms = w->now_ms - (w->none_ms > w->calm_ms ? w->none_ms : w->calm_ms);
	if (w->now_ms - w->calm_ms > settled_ms(w) && here > 0) {
		CU_ASSERT_EQUAL(n, 1);
		if (n == 1) /* of equals, whoever came first */
			CU_ASSERT_EQUAL(priorities[who], priorities[best(w)]);
	}
}

static void
run_until(struct world *w, uint64_t end_ms)
{
	uint64_t at;

	while ((at = next_ms(w)) <= end_ms) {
		look(w); /* how it begins to be */
		w->now_ms = at > w->now_ms ? at : w->now_ms;
		look(w); /* and how it has been until now */
		/* Timers and packets of the same moment come in either order. */
		if (rnd(w, 2) == 0)
			deliver(w);
		for (int i = 0; i < ROUTERS; i++)
			if (runs(w, i) && vrrp_next_ms(w->r[i].e) <= w->now_ms)
				vrrp_tick(w->r[i].e, w->now_ms);
		deliver(w);
	}
	w->now_ms = end_ms;
	look(w);
}

/* ---- trouble ----------------------------------------------------------------------------- */

static void
trouble(struct world *w)
{
	int i = (int)rnd(w, ROUTERS), k = (int)rnd(w, ROUTERS);
	struct router *r = &w->r[i];

	w->calm_ms = UINT64_MAX;
	switch (rnd(w, 6)) {
	case 0: /* one does not hear, or is not heard by, another */
		w->cut[i][k] = true;
		if (rnd(w, 2) == 0)
			w->cut[k][i] = true;
		break;
	case 1: /* one is cut off */
		for (int n = 0; n < ROUTERS; n++)
			w->cut[i][n] = w->cut[n][i] = true;
		break;
	case 2:
		w->loss = 10 + rnd(w, 80);
		break;
	case 3: /* its machine is paused */
		r->stalled_ms = w->now_ms + 1 + rnd(w, 20 * w->advert_ms);
		break;
	case 4: /* power */
		if (r->alive)
			router_end(r);
		break;
	case 5: /* stopped by its operator */
		if (r->alive && runs(w, i)) {
			vrrp_leave_all(r->e, "stopped", w->now_ms);
			router_end(r);
		}
		break;
	}
}

static void
heal(struct world *w)
{
	memset(w->cut, 0, sizeof(w->cut));
	w->loss = 0;
	for (int i = 0; i < ROUTERS; i++) {
		w->r[i].stalled_ms = w->now_ms;
		if (!w->r[i].alive && rnd(w, 3) != 0)
			router_start(w, i);
	}
	if (best(w) == NONE)
		router_start(w, (int)rnd(w, ROUTERS));
	w->calm_ms = w->now_ms;
}

static void
live(uint32_t advert_ms, uint64_t seed, uint64_t seconds)
{
	struct world *w = calloc(1, sizeof(*w));

	CU_ASSERT_PTR_NOT_NULL_FATAL(w);
	w->advert_ms = advert_ms;
	w->random = seed;
	w->now_ms = 1000;
	for (int i = 0; i < ROUTERS; i++)
		router_start(w, i);
	w->calm_ms = w->now_ms;
	while (w->now_ms < seconds * 1000 && CU_get_number_of_failures() == 0) {
		run_until(w, w->now_ms + settled_ms(w) + rnd(w, 20 * advert_ms));
		for (uint32_t n = 1 + rnd(w, 3); n > 0; n--) {
			trouble(w);
			run_until(w, w->now_ms + 1 + rnd(w, 10 * advert_ms));
		}
		heal(w);
	}
	printf("\n  %u ms, seed %llu: %llu advertisements, %llu transitions; at worst two for "
	       "%llu ms, none for %llu ms\n",
			advert_ms, (unsigned long long)seed, (unsigned long long)w->n_sent,
			(unsigned long long)w->n_transitions, (unsigned long long)w->worst_two_ms,
			(unsigned long long)w->worst_none_ms);
	/* The one that should yield hears it with the next advertisement. */
	CU_ASSERT(w->worst_two_ms <= (uint64_t)advert_ms + 2 * JITTER_MS);
	/* Active_Down_Interval of the lowest priority that is left. */
	CU_ASSERT(w->worst_none_ms <= 4 * (uint64_t)advert_ms + JITTER_MS);
	for (int i = 0; i < ROUTERS; i++)
		if (w->r[i].alive)
			router_end(&w->r[i]);
	free(w);
}

static void
test_usual_timers(void)
{
	live(1000, 88172645463325252u, 700000);
	live(1000, 1234567891234567u, 300000);
}

static void
test_fast_timers(void)
{
	live(200, 42424242424242u, 40000);
}

static const struct cu_case cases[] = {
	CU_CASE(test_usual_timers),
	CU_CASE(test_fast_timers),
};

CU_MAIN("sim_vrrp", cases)
