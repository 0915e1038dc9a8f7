/* SPDX-License-Identifier: BSD-3-Clause */
/* What must hold of router advertisements; see validate.h. */
#include <stdio.h>

#include "controlplane/config/validate_priv.h"

static bool
on_subnet(const struct cfg_interface *f, const struct ip6_prefix *p)
{
	for (uint8_t i = 0; i < f->n_addrs6; i++)
		if (f->addrs6[i].len == p->len && ip6_prefix_contains(p, &f->addrs6[i].addr))
			return true;
	return false;
}

static void
check_prefix(struct validator *v, const struct cfg_interface *f, uint32_t i)
{
	const struct cfg_ra_prefix *p = &f->ra.prefixes[i];
	char field[64];

	snprintf(field, sizeof(field), "router-advertisements/prefixes/%u", i);
	if (p->preferred_s > p->valid_s)
		entry_error(v, AT_INTERFACES, f->name, field,
				"preferred-seconds is more than valid-seconds");
	if (!p->off_link && !p->no_advertise && !on_subnet(f, &p->prefix))
		entry_warning(v, AT_INTERFACES, f->name, field,
				"is told to be on the link, and is no subnet of the interface");
}

static void
check_interface(struct validator *v, const struct cfg_interface *f)
{
	const struct cfg_ra *r = &f->ra;

	if (r->enabled && f->n_addrs6 == 0)
		entry_error(v, AT_INTERFACES, f->name, "router-advertisements",
				"the interface has no IPv6 address");
	/* RFC 4861 section 6.2.1 */
	if (r->has_interval_min && r->interval_min_s * 4 > r->interval_s * 3)
		entry_error(v, AT_INTERFACES, f->name,
				"router-advertisements/interval-min-seconds",
				"is more than three quarters of the interval");
	if (r->lifetime_s != 0 && r->lifetime_s < r->interval_s)
		entry_error(v, AT_INTERFACES, f->name, "router-advertisements/lifetime-seconds",
				"is less than the interval: hosts would lose us in between");
	for (uint32_t i = 0; i < r->n_prefixes; i++)
		check_prefix(v, f, i);
}

void
validate_ra(struct validator *v)
{
	for (uint32_t i = 0; i < v->c->n_interfaces; i++)
		check_interface(v, &v->c->interfaces[i]);
}
