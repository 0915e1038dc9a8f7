/* SPDX-License-Identifier: BSD-3-Clause */
/* Which suppressed routes the log has told of; see recursive_log.h. */
#include "controlplane/rib/recursive_log.h"

#include <stdlib.h>

#include "common/log.h"
#include "controlplane/rib/rib.h"

#define RECURSIVE_LOG_MAX 10 /* lines at once */

static int
hash_cmp(const void *pa, const void *pb)
{
	uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;

	return a < b ? -1 : a > b;
}

static uint64_t
recursive_hash(const struct rib_recursive *x)
{
	uint64_t h = ((uint64_t)x->prefix.addr << 32 | x->destination) * 0x9e3779b97f4a7c15u;

	return (h ^ h >> 29) * 0xbf58476d1ce4e5b9u + x->prefix.len * 131u + (uint64_t)x->proto;
}

static void
tell(const struct rib *rib, const struct rib_recursive *x)
{
	const struct rib_fib *f = rib_lookup(rib, x->destination);
	char p[IP4_PREFIX_STR_LEN], far[IP4_STR_LEN], way[IP4_PREFIX_STR_LEN];

	log_warning("route",
			"recursive routing: %s route %s into tunnel %s covers %s/32, the far end "
			"of "
			"tunnel %s: it is suppressed, the tunnel uses %s", rib_proto_str(x->proto),
			ip4_prefix_str(&x->prefix, p), rib_link(rib, x->link)->name,
			ip4_str(x->destination, far), rib_link(rib, x->tunnel)->name,
			f != NULL ? ip4_prefix_str(&f->prefix, way) : "nothing, for there is none");
}

void
recursive_log_check(struct recursive_log *l, const struct rib *rib)
{
	uint32_t n, n_new = 0;
	const struct rib_recursive *x = rib_recursives(rib, &n);
	uint64_t *now;

	if (n == 0 && l->n == 0)
		return;
	now = malloc((n + 1u) * sizeof(*now));
	if (now == NULL)
		return;
	for (uint32_t i = 0; i < n; i++) {
		now[i] = recursive_hash(&x[i]);
		if (l->n > 0 && bsearch(&now[i], l->told, l->n,
							  sizeof(now[i]), hash_cmp) != NULL)
			continue;
		if (n_new++ < RECURSIVE_LOG_MAX)
			tell(rib, &x[i]);
	}
	if (n_new > RECURSIVE_LOG_MAX)
		log_warning("route", "recursive routing: and %u more routes are suppressed",
				n_new - RECURSIVE_LOG_MAX);
	if (n == 0)
		log_notice("route", "recursive routing: no route is suppressed any more");
	qsort(now, n, sizeof(*now), hash_cmp);
	free(l->told);
	l->told = now;
	l->n = n;
}

void
recursive_log_fini(struct recursive_log *l)
{
	free(l->told);
	*l = (struct recursive_log){ .told = NULL };
}
