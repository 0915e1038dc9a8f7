/* SPDX-License-Identifier: BSD-3-Clause */
/* route6 - the commands of IPv6 routes, checked and applied; references are counted as of IPv4. */
#include <errno.h>
#include <string.h>

#include "dataplane/tables/tables_int.h"

static int
route6_check(const struct chan_route6 *c, const char **field)
{
	struct ip6_addr prefix, masked;

	if (c->len > 128)
		return refuse(field, "route6.len", -EINVAL);
	memcpy(&prefix, c->prefix, sizeof(prefix));
	masked = ip6_masked(&prefix, c->len);
	if (!ip6_equal(&prefix, &masked))
		return refuse(field, "route6.prefix", -EINVAL);
	return 0;
}

int
route6_set(struct tables *t, const struct chan_route6 *c, const char **field)
{
	uint32_t hop, old;
	int err = route6_check(c, field);

	if (err != 0)
		return err;
	if (c->is_group > 1)
		return refuse(field, "route6.is_group", -EINVAL);
	if (c->id >= (c->is_group ? t->max_nhgs : t->max_nhs))
		return refuse(field, "route6.id", -EINVAL);
	if (c->is_group ? t->nhg_recs[c->id].cur == NULL : !t->nh_recs[c->id].present)
		return refuse(field, "route6.id", -ENOENT);
	hop = c->is_group ? hop_of_nhg(t, c->id) : hop_of_nh(c->id);
	old = fib6_get(t->fib6, c->prefix, c->len);
	if (old != hop) {
		err = fib6_set(t->fib6, c->prefix, c->len, hop);
		if (err != 0)
			return refuse(field, "route6.prefix", err);
		hop_ref(t, hop, 1);
		if (old != 0)
			hop_ref(t, old, -1);
	}
	fib6_mark(t->fib6, c->prefix, c->len, t->sync);
	return 0;
}

int
route6_del(struct tables *t, const struct chan_route6 *c, const char **field)
{
	uint32_t old;
	int err = route6_check(c, field);

	if (err != 0)
		return err;
	old = fib6_get(t->fib6, c->prefix, c->len);
	if (old == 0)
		return 0;
	err = fib6_del(t->fib6, c->prefix, c->len);
	if (err != 0)
		return refuse(field, "route6.prefix", err);
	hop_ref(t, old, -1);
	return 0;
}
