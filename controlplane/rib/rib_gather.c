/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Gathering: offers from links, static routes, tunnels' pinned far ends and routing protocols,
 * sorted, and grouped by prefix. Routes of a protocol are many and come sorted: they are not sorted
 * again but merged with the others.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/rib/rib_table.h"

static int
cmp_u32(uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

int
rib_cand_cmp(const struct cand *a, const struct cand *b)
{
	int c = rib_prefix_cmp(&a->prefix, &b->prefix);

	if (c != 0)
		return c;
	if (a->distance != b->distance)
		return (int)a->distance - (int)b->distance;
	if (a->proto != b->proto)
		return (int)a->proto - (int)b->proto;
	if (a->metric != b->metric)
		return cmp_u32(a->metric, b->metric);
	c = rib_addr_cmp(a->gw, b->gw);
	if (c != 0)
		return c;
	return cmp_u32(a->link, b->link);
}

bool
rib_cand_equal(const struct cand *a, const struct cand *b)
{
	return a->distance == b->distance && a->proto == b->proto && a->metric == b->metric;
}

int
rib_cand_qsort_cmp(const void *a, const void *b)
{
	return rib_cand_cmp(a, b);
}

static int
addr_cmp(const void *a, const void *b)
{
	return rib_addr_cmp(*(const RIB_ADDR *)a, *(const RIB_ADDR *)b);
}

static struct cand *
cand_add(struct rib_table *t, const struct cand *c)
{
	struct cand *to = &t->cands[t->n_cands++];

	*to = *c;
	to->match = UINT32_MAX;
	to->suppressed = RIB_NO_LINK;
	return to;
}

static void
gather_link(struct rib_table *t, uint32_t i)
{
	const struct rib_link *l = &t->links[i];

	for (uint8_t k = 0; k < l->n_addrs; k++) {
		struct cand c = { .link = i, .proto = RIB_LOCAL };

		c.prefix = (RIB_PREFIX){ .addr = l->addrs[k].addr, .len = RIB_BITS };
		cand_add(t, &c);
		if (!l->is_tunnel && l->up)
			t->own[t->n_own++] = l->addrs[k].addr;
		if (l->addrs[k].len == RIB_BITS)
			continue;
		c.proto = RIB_CONNECTED;
		c.prefix.len = l->addrs[k].len;
		c.prefix.addr = rib_addr_masked(l->addrs[k].addr, c.prefix.len);
		cand_add(t, &c);
	}
}

uint32_t
rib_link_towards(const struct rib_table *t, RIB_ADDR gw)
{
	uint32_t best = RIB_NO_LINK;
	int best_len = -1;

	for (uint32_t i = 0; i < t->n_links; i++) {
		const struct rib_link *l = &t->links[i];

		if (l->is_tunnel || !l->up)
			continue;
		for (uint8_t k = 0; k < l->n_addrs; k++) {
			if (l->addrs[k].len == RIB_BITS || (int)l->addrs[k].len <= best_len ||
					!rib_prefix_contains(&l->addrs[k], gw))
				continue;
			best = i;
			best_len = l->addrs[k].len;
		}
	}
	return best;
}

/* What goes to a pinned far end takes the tunnel's way, IKE's messages among it. */
static void
gather_pin(struct rib_table *t, uint32_t i)
{
	const struct rib_link *l = &t->links[i];
	struct cand c = { .proto = RIB_STATIC, .gw = l->pin_gw };

	if (!l->is_tunnel || !l->up || rib_addr_is_zero(l->pin_gw) ||
			rib_addr_is_zero(l->destination))
		return;
	c.prefix = (RIB_PREFIX){ .addr = l->destination, .len = RIB_BITS };
	c.link = rib_link_towards(t, l->pin_gw);
	if (c.link != RIB_NO_LINK)
		cand_add(t, &c);
}

static void
gather_static(struct rib_table *t, const struct rib_static *s, char **names)
{
	struct cand c = { .prefix = s->prefix,
		.proto = RIB_STATIC,
		.distance = s->distance,
		.null = s->null,
		.tag = s->tag,
		.track_down = s->track_down,
		.link = s->null ? RIB_NO_LINK : s->link };

	if (!s->null)
		c.gw = s->next_hop;
	if (s->track != NULL) {
		c.track = *names;
		*names = stpcpy(*names, s->track) + 1;
	}
	t->n_recursive += rib_cand_is_recursive(&c);
	cand_add(t, &c);
}

uint32_t
rib_dyn_cands(const struct rib_table *t, const struct rib_dyn *d, const struct rib_hop *hops,
		struct cand out[RIB_ECMP_MAX])
{
	struct cand c = { .prefix = d->prefix,
		.proto = RIB_OSPF,
		.kind = d->kind,
		.distance = d->distance,
		.null = d->null,
		.metric = d->metric,
		.tag = d->tag,
		.link = RIB_NO_LINK,
		.match = UINT32_MAX,
		.suppressed = RIB_NO_LINK };
	uint32_t n = 0;

	if (d->null)
		out[n++] = c;
	for (uint32_t i = 0; !d->null && i < d->n_hops && i < RIB_ECMP_MAX; i++) {
		const struct rib_hop *h = &hops[d->first_hop + i];

		if (h->link >= t->n_links)
			continue;
		c.gw = h->gw;
		/* Of a multipoint tunnel the member that has this gateway is meant. */
		c.link = t->links[h->link].is_multipoint && !rib_addr_is_zero(h->gw) ? RIB_NO_LINK
									     : h->link;
		out[n++] = c;
	}
	return n;
}

static void
gather_dyn(struct rib_table *t, const struct rib_dyn *d, const struct rib_hop *hops)
{
	struct cand *to = &t->cands[t->n_cands];
	uint32_t n = rib_dyn_cands(t, d, hops, to);

	for (uint32_t i = 0; i < n; i++)
		t->n_recursive += rib_cand_is_recursive(&to[i]);
	t->n_cands += n;
}

/* Sort what is not sorted: the first @n_few offers by themselves, then the rest, then merge. */
static int
cands_sort(struct rib_table *t, uint32_t n_few)
{
	struct cand *few = t->cands, *many = few + n_few, *out;
	uint32_t n_many = t->n_cands - n_few, i = 0, k = 0;
	bool sorted = true;

	qsort(few, n_few, sizeof(*few), rib_cand_qsort_cmp);
	for (uint32_t j = 1; j < n_many && sorted; j++)
		sorted = rib_cand_cmp(&many[j - 1], &many[j]) <= 0;
	if (!sorted)
		qsort(many, n_many, sizeof(*many), rib_cand_qsort_cmp);
	if (n_many == 0)
		return 0;
	out = malloc(t->n_cands * sizeof(*out));
	if (out == NULL)
		return -ENOMEM;
	for (uint32_t j = 0; j < t->n_cands; j++) {
		bool first = k >= n_many || (i < n_few && rib_cand_cmp(&few[i], &many[k]) <= 0);

		out[j] = first ? few[i++] : many[k++];
	}
	free(t->cands);
	t->cands = out;
	return 0;
}

void
rib_group_add(struct rib_table *t, const RIB_PREFIX *p, uint32_t first, uint32_t n)
{
	t->groups[t->n_groups++] = (struct group){ .prefix = *p, .first = first, .n = n };
	rib_lens_add(&t->lens, p->len);
}

static void
group_all(struct rib_table *t)
{
	for (uint32_t i = 0, n; i < t->n_cands; i += n) {
		const RIB_PREFIX *p = &t->cands[i].prefix;

		for (n = 1; i + n < t->n_cands; n++)
			if (rib_prefix_cmp(&t->cands[i + n].prefix, p) != 0)
				break;
		rib_group_add(t, p, i, n);
	}
}

int
rib_gather(struct rib_table *t, const struct rib_input *in)
{
	size_t max = (size_t)in->n_links * (RIB_LINK_ADDRS * 2 + 1) + in->n_statics + 1;
	size_t names_len = 1;
	uint32_t n_few;
	char *names;

	for (uint32_t i = 0; i < in->n_dyns; i++)
		max += in->dyns[i].null ? 1 : in->dyns[i].n_hops;
	for (uint32_t i = 0; i < in->n_statics; i++)
		names_len += in->statics[i].track != NULL ? strlen(in->statics[i].track) + 1 : 0;
	t->links = calloc(in->n_links + 1u, sizeof(*t->links));
	t->tun_down = calloc(in->n_links + 1u, sizeof(*t->tun_down));
	t->underlay = calloc(in->n_links + 1u, sizeof(*t->underlay));
	t->own = calloc((size_t)in->n_links * RIB_LINK_ADDRS + 1, sizeof(*t->own));
	t->cands = malloc(max * sizeof(*t->cands));
	t->track_names = names = malloc(names_len);
	if (t->links == NULL || t->tun_down == NULL || t->underlay == NULL || t->own == NULL ||
			t->cands == NULL || names == NULL)
		return -ENOMEM;
	t->n_links = in->n_links;
	if (in->n_links > 0)
		memcpy(t->links, in->links, in->n_links * sizeof(*t->links));
	for (uint32_t i = 0; i < in->n_links; i++)
		gather_link(t, i);
	for (uint32_t i = 0; i < in->n_links; i++)
		gather_pin(t, i);
	for (uint32_t i = 0; i < in->n_statics; i++)
		gather_static(t, &in->statics[i], &names);
	n_few = t->n_cands;
	for (uint32_t i = 0; i < in->n_dyns; i++)
		gather_dyn(t, &in->dyns[i], in->hops);
	qsort(t->own, t->n_own, sizeof(*t->own), addr_cmp);
	t->groups = malloc((t->n_cands + 1u) * sizeof(*t->groups));
	if (t->groups == NULL || cands_sort(t, n_few) != 0)
		return -ENOMEM;
	group_all(t);
	return 0;
}
