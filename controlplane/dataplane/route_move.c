/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which groups move, and where to; see route_move.h. Three steps: a vote, group by group, on where
 * most of its routes lead now, by the name of their ways (rib_fib.ways); a count of who follows,
 * who does not and who is gone; then the change. In a group that moves each route must have been
 * counted: what was overlooked would be led astray, and it might be meant for a protected tunnel.
 */
#include "controlplane/dataplane/route_move.h"

#include <stdlib.h>

#include "controlplane/dataplane/mirror.h"

/* Fewer routes are moved one by one: it is not worth another group of the same name. */
#define FOLLOW_MIN 64u
/* More than so many that have to leave first would keep the loop from its timers. */
#define LEAVE_MAX 8192u

/* What becomes of one group. */
struct fate {
	uint64_t ways; /* where most lead now; the majority vote of Boyer and Moore */
	uint32_t lead; /* ... while it is being found */
	uint32_t n_follow, n_leave, n_gone;
	const struct rib_fib *line; /* one of those that follow */
	uint64_t was;               /* its name before */
	bool moves;
};

struct moves {
	struct route_move_io *io;
	struct fate *fates;           /* [max_nhgs] */
	const struct ip4_prefix *prefixes;
	const struct rib_fib **lines; /* [n], of the prefixes; NULL: gone */
	uint32_t *groups;             /* [n], CHAN_NONE: none */
	uint32_t n;
	bool others; /* more than @prefixes lead into groups that may move */
};

static int
moves_init(struct moves *x, struct route_move_io *io, const struct ip4_prefix *prefixes, uint32_t n)
{
	*x = (struct moves){ .io = io, .prefixes = prefixes, .n = n };
	x->fates = calloc(mirror_nhg_max(io->mirror) + 1u, sizeof(*x->fates));
	x->lines = malloc((n + 1u) * sizeof(*x->lines));
	x->groups = malloc((n + 1u) * sizeof(*x->groups));
	return x->fates != NULL && x->lines != NULL && x->groups != NULL ? 0 : -1;
}

static void
moves_fini(struct moves *x)
{
	free(x->fates);
	free(x->lines);
	free(x->groups);
}

static int
prefix_cmp(const struct ip4_prefix *a, const struct ip4_prefix *b)
{
	if (a->addr != b->addr)
		return a->addr < b->addr ? -1 : 1;
	return (int)a->len - (int)b->len;
}

/* The lines of all prefixes, both being sorted, and the groups that their routes lead into. */
static void
lines_find(struct moves *x)
{
	uint32_t n_fib, at = 0;
	const struct rib_fib *fib = rib_fib(x->io->rib, &n_fib);

	for (uint32_t i = 0; i < x->n; i++) {
		const struct ip4_prefix *p = &x->prefixes[i];

		while (at < n_fib && prefix_cmp(&fib[at].prefix, p) < 0)
			at++;
		x->lines[i] = at < n_fib && prefix_cmp(&fib[at].prefix, p) == 0 ? &fib[at] : NULL;
		x->groups[i] = mirror_route_group(x->io->mirror, p->addr, p->len);
	}
}

static void
vote(struct moves *x)
{
	for (uint32_t i = 0; i < x->n; i++) {
		const struct rib_fib *f = x->lines[i];
		struct fate *g;

		if (x->groups[i] == CHAN_NONE || f == NULL)
			continue;
		g = &x->fates[x->groups[i]];
		if (g->lead == 0)
			g->ways = f->ways;
		if (g->ways == f->ways)
			g->lead++;
		else
			g->lead--;
	}
}

/* Those that were not voting have stayed as they were: does the group of any of them move? */
static void
count_others(struct moves *x)
{
	uint32_t n_fib, at = 0;
	const struct rib_fib *fib = rib_fib(x->io->rib, &n_fib);

	for (uint32_t i = 0; i < n_fib; i++) {
		uint32_t g;

		while (at < x->n && prefix_cmp(&x->prefixes[at], &fib[i].prefix) < 0)
			at++;
		if (at < x->n && prefix_cmp(&x->prefixes[at], &fib[i].prefix) == 0)
			continue;
		g = mirror_route_group(x->io->mirror, fib[i].prefix.addr, fib[i].prefix.len);
		if (g != CHAN_NONE && x->fates[g].n_follow > 0)
			x->fates[g].n_leave++;
	}
}

static uint32_t
n_counted(const struct fate *g)
{
	return g->n_follow + g->n_leave + g->n_gone;
}

/* Who follows; returns whether any group moves. */
static bool
count(struct moves *x)
{
	uint32_t max = mirror_nhg_max(x->io->mirror);
	bool any = false;

	for (uint32_t i = 0; i < x->n; i++) {
		struct fate *g = x->groups[i] != CHAN_NONE ? &x->fates[x->groups[i]] : NULL;

		if (g == NULL)
			continue;
		if (x->lines[i] == NULL) {
			g->n_gone++;
		} else if (x->lines[i]->ways == g->ways && g->ways != 0) {
			g->n_follow++;
			g->line = x->lines[i];
		} else {
			g->n_leave++;
		}
	}
	for (uint32_t i = 0; i < max; i++) {
		struct fate *g = &x->fates[i];

		if (g->n_follow == 0)
			continue;
		if (g->n_follow < FOLLOW_MIN || mirror_nhg_name(x->io->mirror, i) == 0 ||
				mirror_nhg_name(x->io->mirror, i) == g->ways ||
				mirror_nhg_users(x->io->mirror, i) / 2 >= g->n_follow)
			g->n_follow = 0;
		else if (n_counted(g) < mirror_nhg_users(x->io->mirror, i))
			x->others = true;
	}
	if (x->others)
		count_others(x);
	for (uint32_t i = 0; i < max; i++) {
		struct fate *g = &x->fates[i];

		g->moves = g->n_follow > 0 && n_counted(g) == mirror_nhg_users(x->io->mirror, i) &&
				g->n_leave + g->n_gone <= LEAVE_MAX;
		any = any || g->moves;
	}
	return any;
}

/* A name that no route's ways have while its group is on the way from one to the other. */
static uint64_t
transit_name(uint32_t nhg_id)
{
	return UINT64_MAX - nhg_id;
}

/* Whoever does not follow leaves. */
static void
leave(struct moves *x)
{
	struct route_move_io *io = x->io;
	uint32_t n_fib;
	const struct rib_fib *fib = rib_fib(io->rib, &n_fib);

	for (uint32_t i = 0; i < x->n; i++) {
		const struct fate *g = x->groups[i] != CHAN_NONE ? &x->fates[x->groups[i]] : NULL;

		if (g == NULL || !g->moves)
			continue;
		if (x->lines[i] == NULL)
			mirror_route_del(io->mirror, x->prefixes[i].addr, x->prefixes[i].len);
		else if (x->lines[i]->ways != g->ways)
			io->name(io->ctx, x->lines[i]);
	}
	for (uint32_t i = 0; i < n_fib && x->others; i++) {
		uint32_t g = mirror_route_group(io->mirror, fib[i].prefix.addr, fib[i].prefix.len);

		if (g != CHAN_NONE && x->fates[g].moves && fib[i].ways != x->fates[g].ways)
			io->name(io->ctx, &fib[i]);
	}
	mirror_flush_all(io->mirror);
}

static void
change(struct moves *x)
{
	struct mirror *m = x->io->mirror;
	uint32_t max = mirror_nhg_max(m);

	for (uint32_t i = 0; i < max; i++) {
		if (!x->fates[i].moves)
			continue;
		x->fates[i].was = mirror_nhg_name(m, i);
		mirror_nhg_rename(m, i, transit_name(i));
	}
	leave(x);
	for (uint32_t i = 0; i < max; i++) {
		struct fate *g = &x->fates[i];

		if (!g->moves)
			continue;
		/* Somebody could not leave, there was no room elsewhere: it stays what it was. */
		g->moves = mirror_nhg_users(m, i) == g->n_follow;
		mirror_nhg_rename(m, i, g->moves ? g->ways : g->was);
		if (!g->moves)
			continue;
		x->io->name(x->io->ctx, g->line);
		x->io->n_groups++;
	}
	mirror_flush_all(m);
}

uint32_t
route_move(struct route_move_io *io, struct ip4_prefix *prefixes, uint32_t n)
{
	struct moves x;
	uint32_t left = n;

	if (moves_init(&x, io, prefixes, n) != 0)
		goto out; /* one by one, then */
	lines_find(&x);
	vote(&x);
	if (!count(&x))
		goto out;
	change(&x);
	left = 0;
	for (uint32_t i = 0; i < n; i++)
		if (x.groups[i] == CHAN_NONE || !x.fates[x.groups[i]].moves)
			prefixes[left++] = prefixes[i];
out:
	moves_fini(&x);
	return left;
}

void
route_move_all(struct route_move_io *io)
{
	uint32_t n_fib, n = 0;
	const struct rib_fib *fib = rib_fib(io->rib, &n_fib);
	struct ip4_prefix *prefixes = malloc((n_fib + 1u) * sizeof(*prefixes));

	for (uint32_t i = 0; i < n_fib && prefixes != NULL; i++) {
		uint32_t g = mirror_route_group(io->mirror, fib[i].prefix.addr, fib[i].prefix.len);

		if (g != CHAN_NONE && mirror_nhg_name(io->mirror, g) != 0 &&
				mirror_nhg_name(io->mirror, g) != fib[i].ways)
			prefixes[n++] = fib[i].prefix;
	}
	if (n >= FOLLOW_MIN)
		route_move(io, prefixes, n);
	free(prefixes);
}
