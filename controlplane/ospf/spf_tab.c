/* SPDX-License-Identifier: BSD-3-Clause */
/* Prefixes and sets of next hops by number; see spf_tab.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/spf_tab.h"

#define BUCKETS_MIN 64

/* ---- prefixes ------------------------------------------------------------------------------ */

static uint32_t
prefix_hash(const struct ip4_prefix *p)
{
	uint64_t x = ((uint64_t)p->len << 32 | p->addr) * UINT64_C(0x9e3779b97f4a7c15);

	return (uint32_t)(x >> 32);
}

void
spf_prefixes_init(struct spf_prefixes *t)
{
	memset(t, 0, sizeof(*t));
	t->free = SPF_NONE;
}

void
spf_prefixes_fini(struct spf_prefixes *t)
{
	free(t->at);
	free(t->bucket);
	free(t->sorted);
	spf_prefixes_init(t);
}

static int
prefixes_grow(struct spf_prefixes *t)
{
	uint32_t cap = t->cap == 0 ? BUCKETS_MIN : 2 * t->cap;
	struct spf_prefix *at = realloc(t->at, cap * sizeof(*at));
	uint32_t *bucket;

	if (at == NULL)
		return -ENOMEM;
	t->at = at;
	bucket = malloc(cap * sizeof(*bucket));
	if (bucket == NULL)
		return -ENOMEM;
	free(t->bucket);
	t->bucket = bucket;
	t->cap = cap;
	t->mask = cap - 1;
	memset(bucket, 0xff, cap * sizeof(*bucket));
	/* It grows only when no number is free: all are in use. */
	for (uint32_t i = 0; i < t->n; i++) {
		uint32_t *b = &bucket[prefix_hash(&at[i].p) & t->mask];

		at[i].next = *b;
		*b = i;
	}
	return 0;
}

uint32_t
spf_prefix_find(const struct spf_prefixes *t, const struct ip4_prefix *p)
{
	uint32_t i = t->cap > 0 ? t->bucket[prefix_hash(p) & t->mask] : SPF_NONE;

	while (i != SPF_NONE && (t->at[i].p.addr != p->addr || t->at[i].p.len != p->len))
		i = t->at[i].next;
	return i;
}

uint32_t
spf_prefix_get(struct spf_prefixes *t, const struct ip4_prefix *p)
{
	uint32_t i = spf_prefix_find(t, p), *b;

	if (i != SPF_NONE) {
		t->at[i].refs++;
		return i;
	}
	if (t->free == SPF_NONE && t->n == t->cap && prefixes_grow(t) != 0)
		return SPF_NONE;
	if (t->free != SPF_NONE) {
		i = t->free;
		t->free = t->at[i].next;
	} else {
		i = t->n++;
	}
	b = &t->bucket[prefix_hash(p) & t->mask];
	t->at[i] = (struct spf_prefix){ .p = *p, .next = *b, .refs = 1 };
	*b = i;
	t->n_used++;
	t->n_len[p->len]++;
	t->n_sorted = 0;
	return i;
}

void
spf_prefix_put(struct spf_prefixes *t, uint32_t id)
{
	uint32_t *b;

	if (id == SPF_NONE || --t->at[id].refs > 0)
		return;
	b = &t->bucket[prefix_hash(&t->at[id].p) & t->mask];
	while (*b != id)
		b = &t->at[*b].next;
	*b = t->at[id].next;
	t->n_len[t->at[id].p.len]--;
	t->at[id].next = t->free;
	t->free = id;
	t->n_used--;
	t->n_sorted = 0;
}

struct sort_item {
	uint64_t key;
	uint32_t id;
};

static int
item_cmp(const void *pa, const void *pb)
{
	const struct sort_item *a = pa, *b = pb;

	return a->key < b->key ? -1 : a->key > b->key;
}

const uint32_t *
spf_prefixes_sorted(struct spf_prefixes *t, uint32_t *n)
{
	struct sort_item *items;
	uint32_t *sorted, k = 0;

	*n = t->n_used;
	if (t->n_sorted == t->n_used && t->n_used > 0)
		return t->sorted;
	items = malloc((t->n_used + 1u) * sizeof(*items));
	sorted = realloc(t->sorted, (t->n_used + 1u) * sizeof(*sorted));
	if (sorted != NULL)
		t->sorted = sorted;
	if (items == NULL || sorted == NULL) {
		free(items);
		return NULL;
	}
	for (uint32_t i = 0; i < t->n; i++)
		if (t->at[i].refs > 0)
			items[k++] = (struct sort_item){
				.key = (uint64_t)t->at[i].p.addr << 8 | t->at[i].p.len, .id = i
			};
	qsort(items, k, sizeof(*items), item_cmp);
	for (uint32_t i = 0; i < k; i++)
		sorted[i] = items[i].id;
	free(items);
	t->n_sorted = k;
	return sorted;
}

/* ---- next hops ----------------------------------------------------------------------------- */

static uint32_t
hops_hash(const struct spf_hops *s)
{
	uint64_t x = s->n;

	for (uint32_t i = 0; i < s->n; i++)
		x = (x ^ ((uint64_t)s->h[i].user << 32 | s->h[i].gw)) *
		    UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(x >> 32);
}

static int
sets_grow(struct spf_sets *t, uint32_t cap)
{
	struct spf_hops *at = realloc(t->at, cap * sizeof(*at));
	uint32_t *bucket, *next;

	if (at == NULL)
		return -ENOMEM;
	t->at = at;
	bucket = malloc(cap * sizeof(*bucket));
	next = malloc(cap * sizeof(*next));
	if (bucket == NULL || next == NULL) {
		free(bucket);
		free(next);
		return -ENOMEM;
	}
	free(t->bucket);
	free(t->next);
	t->bucket = bucket;
	t->next = next;
	t->cap = cap;
	t->mask = cap - 1;
	memset(bucket, 0xff, cap * sizeof(*bucket));
	for (uint32_t i = 1; i < t->n; i++) {
		uint32_t *b = &bucket[hops_hash(&at[i]) & t->mask];

		next[i] = *b;
		*b = i;
	}
	return 0;
}

int
spf_sets_init(struct spf_sets *t)
{
	memset(t, 0, sizeof(*t));
	t->n = 1;
	if (sets_grow(t, BUCKETS_MIN) != 0)
		return -ENOMEM;
	memset(&t->at[0], 0, sizeof(t->at[0]));
	return 0;
}

void
spf_sets_fini(struct spf_sets *t)
{
	free(t->at);
	free(t->bucket);
	free(t->next);
	memset(t, 0, sizeof(*t));
}

void
spf_sets_clear(struct spf_sets *t)
{
	t->n = 1;
	memset(t->bucket, 0xff, t->cap * sizeof(*t->bucket));
	memset(t->cache, 0, sizeof(t->cache));
}

static int
hop_cmp(const struct spf_hop *a, const struct spf_hop *b)
{
	if (a->user != b->user)
		return a->user < b->user ? -1 : 1;
	return a->gw < b->gw ? -1 : a->gw > b->gw;
}

/* Sorted, each once. */
static void
hops_sort(struct spf_hops *s)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < s->n; i++) {
		struct spf_hop h = s->h[i];
		uint32_t k = n;

		while (k > 0 && hop_cmp(&s->h[k - 1], &h) > 0)
			k--;
		if (k > 0 && hop_cmp(&s->h[k - 1], &h) == 0)
			continue;
		memmove(&s->h[k + 1], &s->h[k], (n - k) * sizeof(h));
		s->h[k] = h;
		n++;
	}
	s->n = n;
}

uint32_t
spf_set_of(struct spf_sets *t, struct spf_hops *s)
{
	uint32_t i;

	hops_sort(s);
	if (s->n == 0)
		return 0;
	for (i = t->bucket[hops_hash(s) & t->mask]; i != SPF_NONE; i = t->next[i])
		if (t->at[i].n == s->n &&
				memcmp(t->at[i].h, s->h, s->n * sizeof(s->h[0])) == 0)
			return i;
	if (t->n == t->cap && sets_grow(t, 2 * t->cap) != 0)
		return 0;
	i = t->n++;
	t->at[i].n = s->n;
	memcpy(t->at[i].h, s->h, s->n * sizeof(s->h[0]));
	t->next[i] = t->bucket[hops_hash(s) & t->mask];
	t->bucket[hops_hash(s) & t->mask] = i;
	return i;
}

uint32_t
spf_set_of_one(struct spf_sets *t, uint32_t user, uint32_t gw)
{
	struct spf_hops s = { .n = 1, .h = { { .user = user, .gw = gw } } };

	return spf_set_of(t, &s);
}

uint32_t
spf_set_union(struct spf_sets *t, uint32_t a, uint32_t b)
{
	const struct spf_hops *x, *y;
	struct spf_hops s;
	uint32_t i = 0, k = 0, slot;

	if (a == b || b == 0)
		return a;
	if (a == 0)
		return b;
	slot = (a * 31 + b) & (sizeof(t->cache) / sizeof(t->cache[0]) - 1);
	if (t->cache[slot].a == a && t->cache[slot].b == b)
		return t->cache[slot].both;
	x = &t->at[a];
	y = &t->at[b];
	for (s.n = 0; s.n < SPF_ECMP_MAX && (i < x->n || k < y->n);) {
		int c = i == x->n ? 1 : k == y->n ? -1 : hop_cmp(&x->h[i], &y->h[k]);

		s.h[s.n++] = c <= 0 ? x->h[i] : y->h[k];
		i += c <= 0;
		k += c >= 0;
	}
	t->cache[slot].a = a;
	t->cache[slot].b = b;
	t->cache[slot].both = spf_set_of(t, &s);
	return t->cache[slot].both;
}

uint32_t
spf_set_through(struct spf_sets *t, uint32_t a, uint32_t gw)
{
	struct spf_hops s = t->at[a];

	for (uint32_t i = 0; i < s.n; i++)
		if (s.h[i].gw == 0)
			s.h[i].gw = gw;
	return spf_set_of(t, &s);
}

bool
spf_set_is_direct(const struct spf_sets *t, uint32_t a)
{
	for (uint32_t i = 0; i < t->at[a].n; i++)
		if (t->at[a].h[i].gw == 0)
			return true;
	return false;
}
