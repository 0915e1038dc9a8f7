/* SPDX-License-Identifier: BSD-3-Clause */
/* What must hold of virtual routers; see validate.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/config/validate_priv.h"

/* "/interfaces/lan/vrrp", for entry_error(). */
static void
group_error(struct validator *v, const struct cfg_interface *f, const struct cfg_vrrp *g,
		const char *field, const char *text)
{
	char map[512];

	entry_path(AT_INTERFACES, f->name, "vrrp", map);
	entry_error(v, map, g->name, field, "%s", text);
}

static void
group_warning(struct validator *v, const struct cfg_interface *f, const struct cfg_vrrp *g,
		const char *field, const char *text)
{
	char map[512];

	entry_path(AT_INTERFACES, f->name, "vrrp", map);
	entry_warning(v, map, g->name, field, "%s", text);
}

static bool
owns(const struct cfg_interface *f, uint32_t addr)
{
	for (uint8_t i = 0; i < f->n_addrs; i++)
		if (f->addrs[i].addr == addr)
			return true;
	return false;
}

static bool
on_subnet(const struct cfg_interface *f, uint32_t addr)
{
	for (uint8_t i = 0; i < f->n_addrs; i++)
		if (ip4_prefix_contains(&f->addrs[i], addr))
			return true;
	return false;
}

static bool
owns6(const struct cfg_interface *f, const struct ip6_addr *addr)
{
	for (uint8_t i = 0; i < f->n_addrs6; i++)
		if (ip6_equal(&f->addrs6[i].addr, addr))
			return true;
	return false;
}

static bool
on_subnet6(const struct cfg_interface *f, const struct ip6_addr *addr)
{
	for (uint8_t i = 0; i < f->n_addrs6; i++)
		if (ip6_prefix_contains(&f->addrs6[i], addr))
			return true;
	return false;
}

static void
check_secondary4(struct validator *v, const struct cfg_interface *f, const struct cfg_vrrp *g)
{
	char field[40];

	for (uint32_t i = 0; i < g->n_secondary; i++) {
		uint32_t addr = g->secondary[i].address;

		snprintf(field, sizeof(field), "secondary/%u", i);
		if (addr == g->address)
			group_error(v, f, g, field, "is the first virtual address");
		else if (g->priority != 255 && owns(f, addr))
			group_error(v, f, g, field, "is the interface's own");
	}
}

static void
check_addresses4(struct validator *v, const struct cfg_interface *f, const struct cfg_vrrp *g)
{
	if (f->n_addrs == 0)
		group_error(v, f, g, "address", "the interface has no IPv4 address to send from");
	else if (!on_subnet(f, g->address))
		group_warning(v, f, g, "address", "is on none of the interface's subnets");
	if (g->priority == 255 && !owns(f, g->address))
		group_error(v, f, g, "priority",
				"255 is for the owner of the address, and this is not");
	else if (g->priority != 255 && owns(f, g->address))
		group_error(v, f, g, "priority",
				"the interface owns the virtual address: the priority must be 255");
	check_secondary4(v, f, g);
}

static void
check_addresses6(struct validator *v, const struct cfg_interface *f, const struct cfg_vrrp *g)
{
	char field[40];

	if (f->n_addrs6 == 0)
		group_error(v, f, g, "ipv6-address", "the interface has no IPv6 address");
	else if (!ip6_is_link_local(&g->address6) && !on_subnet6(f, &g->address6))
		group_warning(v, f, g, "ipv6-address", "is on none of the interface's subnets");
	if (g->priority == 255 && !owns6(f, &g->address6))
		group_error(v, f, g, "priority", "255 is for the owner of the address");
	else if (g->priority != 255 && owns6(f, &g->address6))
		group_error(v, f, g, "priority",
				"the interface owns the virtual address: the priority must be 255");
	for (uint32_t i = 0; i < g->n_secondary6; i++) {
		const struct ip6_addr *a = &g->secondary6[i].address;

		snprintf(field, sizeof(field), "ipv6-secondary/%u", i);
		if (ip6_is_link_local(a))
			group_error(v, f, g, field,
					"one address of a group is link-local: see ipv6-link-local");
		else if (ip6_equal(a, &g->address6))
			group_error(v, f, g, field, "is the first virtual address");
		else if (g->priority != 255 && owns6(f, a))
			group_error(v, f, g, field, "is the interface's own");
	}
}

static void
check_addresses(struct validator *v, const struct cfg_interface *f, const struct cfg_vrrp *g)
{
	bool ip6 = !ip6_is_zero(&g->address6);

	if (g->address == 0 && !ip6)
		group_error(v, f, g, NULL, "has no virtual address: give it ip or ipv6");
	if (g->address == 0 && g->n_secondary != 0)
		group_error(v, f, g, "secondary", "needs a first virtual address");
	if (!ip6 && g->n_secondary6 != 0)
		group_error(v, f, g, "ipv6-secondary", "needs a first virtual address");
	if (g->address != 0)
		check_addresses4(v, f, g);
	if (ip6)
		check_addresses6(v, f, g);
	if (!ip6_is_zero(&g->link_local6) && !ip6_is_link_local(&g->link_local6))
		group_error(v, f, g, "ipv6-link-local", "is not in fe80::/10");
}

/* Advertisements of a family come from one address, which all its peers must be able to know. */
static void
check_peers(struct validator *v, const struct cfg_interface *f, const struct cfg_vrrp *g)
{
	const struct ip6_addr *first = NULL;
	char field[40];

	for (uint32_t i = 0; i < g->n_peers; i++) {
		const struct ip6_addr *a = &g->peers[i].address;
		bool ip4 = ip6_is_mapped(a);

		snprintf(field, sizeof(field), "unicast-peers/%u", i);
		if (ip4 ? owns(f, ip6_ip4(a)) : owns6(f, a))
			group_error(v, f, g, field, "is our own address");
		else if (ip4 ? g->address == 0 : ip6_is_zero(&g->address6))
			group_error(v, f, g, field,
					"the group has no virtual address of this family");
		if (ip4)
			continue;
		first = first != NULL ? first : a;
		if (ip6_is_link_local(a) != ip6_is_link_local(first))
			group_error(v, f, g, field,
					"IPv6 peers are all link-local, or none of them is");
	}
}

static void
check_permitted(struct validator *v, const struct cfg_interface *f, const struct cfg_vrrp *g)
{
	char field[40];

	for (uint32_t i = 0; i < g->n_permitted; i++) {
		const struct ip6_addr *a = &g->permitted[i].address;
		bool ip4 = ip6_is_mapped(a);

		snprintf(field, sizeof(field), "permitted-peers/%u", i);
		if (ip4 ? owns(f, ip6_ip4(a)) : owns6(f, a))
			group_error(v, f, g, field, "is our own address");
		else if (ip4 ? g->address == 0 : ip6_is_zero(&g->address6))
			group_error(v, f, g, field,
					"the group has no virtual address of this family");
	}
}

static void
check_version(struct validator *v, const struct cfg_interface *f, const struct cfg_vrrp *g)
{
	uint32_t ms = g->has_advertise_s ? g->advertise_s * 1000 : g->advertise_ms;

	if (g->version == 2) {
		if (!ip6_is_zero(&g->address6))
			group_error(v, f, g, "version", "version 2 knows no IPv6");
		if (ms % 1000 != 0 || ms == 0)
			group_error(v, f, g, "advertise-ms", "version 2 takes whole seconds");
		return;
	}
	if (ms % 10 != 0)
		group_error(v, f, g, "advertise-ms", "is not a multiple of 10 ms");
	if (g->authentication[0] != '\0')
		group_error(v, f, g, "authentication", "version 3 has none: use version 2");
}

static void
check_group(struct validator *v, const struct cfg_interface *f, const struct cfg_vrrp *g)
{
	check_addresses(v, f, g);
	check_version(v, f, g);
	for (uint32_t i = 0; i < g->n_tracks; i++) {
		char field[32];

		snprintf(field, sizeof(field), "track/%u", i);
		if (cfg_track_find(v->c, g->tracks[i].object) == NULL &&
				!read_errors_at(v, AT_TRACKS))
			group_error(v, f, g, field, "there is no such tracked object");
	}
	check_peers(v, f, g);
	check_permitted(v, f, g);
}

static bool
has_address6(const struct cfg_vrrp *g, const struct ip6_addr *addr)
{
	for (uint32_t i = 0; i < g->n_secondary6; i++)
		if (ip6_equal(&g->secondary6[i].address, addr))
			return true;
	return ip6_equal(&g->address6, addr);
}

/* Has another group, @a, one of the addresses of @b? */
static bool
shares6(const struct cfg_vrrp *a, const struct cfg_vrrp *b)
{
	for (uint32_t i = 0; i < b->n_secondary6; i++)
		if (has_address6(a, &b->secondary6[i].address))
			return true;
	return !ip6_is_zero(&b->address6) && has_address6(a, &b->address6);
}

static bool
has_address4(const struct cfg_vrrp *g, uint32_t addr)
{
	for (uint32_t i = 0; i < g->n_secondary; i++)
		if (g->secondary[i].address == addr)
			return true;
	return addr != 0 && g->address == addr;
}

static bool
shares4(const struct cfg_vrrp *a, const struct cfg_vrrp *b)
{
	for (uint32_t i = 0; i < b->n_secondary; i++)
		if (has_address4(a, b->secondary[i].address))
			return true;
	return has_address4(a, b->address);
}

/* An address belongs to one group. */
static void
check_shared(struct validator *v, const struct cfg_interface *f)
{
	for (uint32_t i = 1; i < f->n_vrrps; i++)
		for (uint32_t k = 0; k < i; k++) {
			const struct cfg_vrrp *a = &f->vrrps[k], *b = &f->vrrps[i];

			if (shares4(a, b))
				group_error(v, f, b, "address",
						"an address is that of another group, too");
			if (shares6(a, b))
				group_error(v, f, b, "ipv6-address",
						"an address is that of another group, too");
		}
}

/* Its global addresses, of one family. */
static unsigned int
n_addresses(const struct cfg_vrrp *g, bool ip6)
{
	if (ip6)
		return ip6_is_zero(&g->address6) ? 0 : 1 + g->n_secondary6;
	return g->address == 0 ? 0 : 1 + g->n_secondary;
}

/* Frames to a virtual MAC address belong to one interface of a port and VLAN; nothing to check
 * there. Each family of a group takes one. */
static void
check_count(struct validator *v, const struct cfg_interface *f)
{
	unsigned int n = 0, n6 = 0;

	for (uint32_t i = 0; i < f->n_vrrps; i++) {
		n += (f->vrrps[i].address != 0) + !ip6_is_zero(&f->vrrps[i].address6);
		n6 += !ip6_is_zero(&f->vrrps[i].address6) && f->vrrps[i].accept;
	}
	if (n6 > CHAN_IF_ADDRS - 2)
		entry_warning(v, AT_INTERFACES, f->name, "vrrp",
				"the link-local addresses of %d virtual routers are reachable, not "
				"of %u", CHAN_IF_ADDRS - 2, n6);
	if (n > CHAN_IF_VMACS)
		entry_error(v, AT_INTERFACES, f->name, "vrrp",
				"%u virtual routers, IPv4 and IPv6 counted apart, are more than %d",
				n,
				CHAN_IF_VMACS);
	for (int ip6 = 0; ip6 < 2; ip6++) {
		unsigned int all = ip6 ? f->n_addrs6 : f->n_addrs;

		for (uint32_t i = 0; i < f->n_vrrps; i++)
			all += n_addresses(&f->vrrps[i], ip6);
		if (all > CFG_LINK_ADDRS_MAX)
			entry_error(v, AT_INTERFACES, f->name, "vrrp",
					"%u addresses of one family, virtual ones too, are more "
					"than %d", all, CFG_LINK_ADDRS_MAX);
	}
}

bool
is_virtual_addr(const struct cfg *c, uint32_t addr)
{
	for (uint32_t i = 0; i < c->n_interfaces; i++) {
		const struct cfg_interface *f = &c->interfaces[i];

		for (uint32_t k = 0; k < f->n_vrrps; k++) {
			const struct cfg_vrrp *g = &f->vrrps[k];

			if (g->accept && g->address == addr && addr != 0)
				return true;
			for (uint32_t n = 0; n < g->n_secondary; n++)
				if (g->accept && g->secondary[n].address == addr)
					return true;
		}
	}
	return false;
}

void
validate_vrrp(struct validator *v)
{
	for (uint32_t i = 0; i < v->c->n_interfaces; i++) {
		const struct cfg_interface *f = &v->c->interfaces[i];

		check_count(v, f);
		check_shared(v, f);
		for (uint32_t k = 0; k < f->n_vrrps; k++)
			check_group(v, f, &f->vrrps[k]);
	}
	for (uint32_t i = 0; i < v->c->n_ike_profiles; i++) {
		const struct cfg_ike_profile *p = &v->c->ike_profiles[i];

		if (p->redundancy[0] != '\0' && cfg_vrrp_find(v->c, p->redundancy) == NULL &&
				!read_errors_at(v, AT_INTERFACES))
			entry_error(v, AT_IKE, p->name, "redundancy",
					"there is no virtual router %s", p->redundancy);
	}
}
