/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which tracked object depends on which, for the checks of a configuration. Lists may hold lists,
 * each up to 64, so the number of ways through them is beyond counting: every question here is
 * answered by steps in proportion to the objects and members, not to the ways.
 */
#ifndef CULVERT_CONTROLPLANE_CONFIG_TRACK_GRAPH_H
#define CULVERT_CONTROLPLANE_CONFIG_TRACK_GRAPH_H

#include <stdbool.h>

#include "controlplane/config/config.h"

#define TRACK_DEPTH_MAX 16 /* lists in lists */

struct track_graph;

/** @c outlives it. NULL without memory. */
struct track_graph *track_graph_new(const struct cfg *c);
void track_graph_free(struct track_graph *g);

/** Does the list contain itself, or lists more than TRACK_DEPTH_MAX deep? @t is one of c->tracks. */
bool track_graph_is_deep(const struct track_graph *g, const struct cfg_track *t);

/** Does @object depend on this interface, tunnel or virtual router, by itself or by way of lists? */
bool track_graph_needs(struct track_graph *g, const char *object, const char *subject);

#endif
