/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Longest-prefix match over a fixed set of prefixes, for the control plane's own questions (which
 * key, which route). Sorted by length, then address: a look-up is at most 33 binary searches.
 */
#ifndef CULVERT_CONTROLPLANE_CONFIG_PREFIX_INDEX_H
#define CULVERT_CONTROLPLANE_CONFIG_PREFIX_INDEX_H

#include "common/inet.h"

struct prefix_item {
	struct ip4_prefix prefix; /* host bits are ignored */
	uint32_t rank;            /* of equal prefixes the lowest is found */
	uint32_t id;              /* the caller's; the lower of equal ranks is found */
};

struct prefix_index;

/** Copies @items. NULL without memory. */
struct prefix_index *prefix_index_new(const struct prefix_item *items, uint32_t n);
void prefix_index_free(struct prefix_index *x);
/** The longest match, NULL if there is none. Valid as long as the index. */
const struct prefix_item *prefix_index_find(const struct prefix_index *x, uint32_t addr);

#endif
