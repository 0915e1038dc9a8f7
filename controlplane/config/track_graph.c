/* SPDX-License-Identifier: BSD-3-Clause */
/* The graph of tracked objects; see track_graph.h. */
#include "controlplane/config/track_graph.h"

#include <stdlib.h>
#include <string.h>

#include "controlplane/config/model.h"

struct track_graph {
	const struct cfg *c;
	uint32_t *first;  /* n_tracks + 1: where an object's members begin in @member */
	uint32_t *member; /* index into c->tracks of each that exists */
	uint32_t *queue;  /* of a walk */
	bool *seen;       /* by a walk */
	bool *deep;
};

static void
link_members(struct track_graph *g)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < g->c->n_tracks; i++) {
		const struct cfg_track *t = &g->c->tracks[i];

		g->first[i] = n;
		for (uint32_t k = 0; k < t->n_members; k++) {
			const struct cfg_track *m = cfg_track_find(g->c, t->members[k].object);

			if (m != NULL)
				g->member[n++] = (uint32_t)(m - g->c->tracks);
		}
	}
	g->first[g->c->n_tracks] = n;
}

static bool
has_deep_member(const struct track_graph *g, const bool *deep, uint32_t i)
{
	for (uint32_t k = g->first[i]; k < g->first[i + 1]; k++)
		if (deep[g->member[k]])
			return true;
	return false;
}

/* After round n those are left from which a chain of n lists goes down. */
static void
find_deep(struct track_graph *g)
{
	const struct cfg *c = g->c;

	for (uint32_t i = 0; i < c->n_tracks; i++)
		g->deep[i] = c->tracks[i].n_members != 0;
	for (int n = 0; n <= TRACK_DEPTH_MAX; n++) {
		memcpy(g->seen, g->deep, c->n_tracks * sizeof(*g->seen));
		for (uint32_t i = 0; i < c->n_tracks; i++)
			g->deep[i] = g->seen[i] && has_deep_member(g, g->seen, i);
	}
}

struct track_graph *
track_graph_new(const struct cfg *c)
{
	struct track_graph *g = calloc(1, sizeof(*g));
	size_t n_members = 1, n = (size_t)c->n_tracks + 1;

	if (g == NULL)
		return NULL;
	for (uint32_t i = 0; i < c->n_tracks; i++)
		n_members += c->tracks[i].n_members;
	g->c = c;
	g->first = calloc(n, sizeof(*g->first));
	g->member = calloc(n_members, sizeof(*g->member));
	g->queue = calloc(n, sizeof(*g->queue));
	g->seen = calloc(n, sizeof(*g->seen));
	g->deep = calloc(n, sizeof(*g->deep));
	if (g->first == NULL || g->member == NULL || g->queue == NULL || g->seen == NULL ||
			g->deep == NULL) {
		track_graph_free(g);
		return NULL;
	}
	link_members(g);
	find_deep(g);
	return g;
}

void
track_graph_free(struct track_graph *g)
{
	if (g == NULL)
		return;
	free(g->first);
	free(g->member);
	free(g->queue);
	free(g->seen);
	free(g->deep);
	free(g);
}

bool
track_graph_is_deep(const struct track_graph *g, const struct cfg_track *t)
{
	return g->deep[t - g->c->tracks];
}

static bool
follows(const struct cfg_track *t, const char *subject)
{
	return strcmp(t->interface, subject) == 0 || strcmp(t->vrrp, subject) == 0;
}

/* Most tunnels are tracked by nobody, which is told without a walk. */
static bool
is_followed(const struct cfg *c, const char *subject)
{
	for (uint32_t i = 0; i < c->n_tracks; i++)
		if (follows(&c->tracks[i], subject))
			return true;
	return false;
}

bool
track_graph_needs(struct track_graph *g, const char *object, const char *subject)
{
	const struct cfg_track *t = cfg_track_find(g->c, object);
	uint32_t n = 0;

	if (t == NULL || !is_followed(g->c, subject))
		return false;
	memset(g->seen, 0, g->c->n_tracks * sizeof(*g->seen));
	g->queue[n++] = (uint32_t)(t - g->c->tracks);
	g->seen[g->queue[0]] = true;
	for (uint32_t at = 0; at < n; at++) {
		uint32_t i = g->queue[at];

		if (follows(&g->c->tracks[i], subject))
			return true;
		for (uint32_t k = g->first[i]; k < g->first[i + 1]; k++) {
			uint32_t m = g->member[k];

			if (!g->seen[m])
				g->queue[n++] = m;
			g->seen[m] = true;
		}
	}
	return false;
}
