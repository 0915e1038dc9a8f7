/* SPDX-License-Identifier: BSD-3-Clause */
/* Longest-prefix match by binary search; see prefix_index.h. */
#include <stdlib.h>
#include <string.h>

#include "controlplane/config/prefix_index.h"

struct prefix_index {
	uint32_t first[34]; /* items of length l are first[l] .. first[l + 1] - 1 */
	struct prefix_item items[];
};

static int
item_cmp(const void *a, const void *b)
{
	const struct prefix_item *x = a, *y = b;

	if (x->prefix.len != y->prefix.len)
		return x->prefix.len < y->prefix.len ? -1 : 1;
	if (x->prefix.addr != y->prefix.addr)
		return x->prefix.addr < y->prefix.addr ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

struct prefix_index *
prefix_index_new(const struct prefix_item *items, uint32_t n)
{
	struct prefix_index *x = calloc(1, sizeof(*x) + (size_t)n * sizeof(x->items[0]));
	uint32_t at = 0;

	if (x == NULL)
		return NULL;
	for (uint32_t i = 0; i < n; i++) {
		x->items[i] = items[i];
		x->items[i].prefix.addr &= ip4_mask(items[i].prefix.len);
	}
	qsort(x->items, n, sizeof(x->items[0]), item_cmp);
	for (unsigned int len = 0; len <= 32; len++) {
		x->first[len] = at;
		while (at < n && x->items[at].prefix.len == len)
			at++;
	}
	x->first[33] = at;
	return x;
}

void
prefix_index_free(struct prefix_index *x)
{
	free(x);
}

/* The first item of this length with this address: the lower bound, if it matches. */
static const struct prefix_item *
find_of_len(const struct prefix_index *x, unsigned int len, uint32_t addr)
{
	uint32_t lo = x->first[len], hi = x->first[len + 1];

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (x->items[mid].prefix.addr < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == x->first[len + 1] || x->items[lo].prefix.addr != addr)
		return NULL;
	return &x->items[lo];
}

const struct prefix_item *
prefix_index_find(const struct prefix_index *x, uint32_t addr)
{
	for (unsigned int len = 33; len-- > 0;) {
		const struct prefix_item *i = find_of_len(x, len, addr & ip4_mask((uint8_t)len));

		if (i != NULL)
			return i;
	}
	return NULL;
}
