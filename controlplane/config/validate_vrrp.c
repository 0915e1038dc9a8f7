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

static void
check_addresses(struct validator *v, const struct cfg_interface *f, const struct cfg_vrrp *g)
{
	if (g->address == 0 && ip6_is_zero(&g->address6))
		group_error(v, f, g, NULL, "has no virtual address: give it ip or ipv6");
	if (g->address == 0 && g->n_secondary != 0)
		group_error(v, f, g, "secondary", "needs a first virtual address");
	if (g->address != 0 && f->n_addrs == 0)
		group_error(v, f, g, "address", "the interface has no IPv4 address to send from");
	else if (g->address != 0 && !on_subnet(f, g->address))
		group_warning(v, f, g, "address", "is on none of the interface's subnets");
	if (!ip6_is_zero(&g->address6) && f->n_addrs6 == 0)
		group_error(v, f, g, "ipv6-address", "the interface has no IPv6 address");
	if (!ip6_is_zero(&g->link_local6) && !ip6_is_link_local(&g->link_local6))
		group_error(v, f, g, "ipv6-link-local", "is not in fe80::/10");
	if (g->priority == 255) {
		if (g->address != 0 && !owns(f, g->address))
			group_error(v, f, g, "priority",
					"255 is for the owner of the address, and this is not");
		if (!ip6_is_zero(&g->address6) && !owns6(f, &g->address6))
			group_error(v, f, g, "priority", "255 is for the owner of the address");
	} else if (g->address != 0 && owns(f, g->address)) {
		group_error(v, f, g, "priority",
				"the interface owns the virtual address: the priority must be 255");
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
	for (uint32_t i = 0; i < g->n_peers; i++)
		if (owns(f, g->peers[i].address))
			group_error(v, f, g, "unicast-peers", "is our own address");
}

/* An address belongs to one group. */
static void
check_shared(struct validator *v, const struct cfg_interface *f)
{
	for (uint32_t i = 1; i < f->n_vrrps; i++)
		for (uint32_t k = 0; k < i; k++) {
			const struct cfg_vrrp *a = &f->vrrps[k], *b = &f->vrrps[i];

			if (b->address != 0 && a->address == b->address)
				group_error(v, f, b, "address", "is the address of another group");
			if (!ip6_is_zero(&b->address6) && ip6_equal(&a->address6, &b->address6))
				group_error(v, f, b, "ipv6-address",
						"is the address of another group");
		}
}

/* Frames to a virtual MAC address belong to one interface of a port and VLAN; nothing to check
 * there. Each family of a group takes one. */
static void
check_count(struct validator *v, const struct cfg_interface *f)
{
	unsigned int n = 0;

	for (uint32_t i = 0; i < f->n_vrrps; i++)
		n += (f->vrrps[i].address != 0) + !ip6_is_zero(&f->vrrps[i].address6);
	if (n > CHAN_IF_VMACS)
		entry_error(v, AT_INTERFACES, f->name, "vrrp",
				"%u virtual routers, IPv4 and IPv6 counted apart, are more than %d",
				n,
				CHAN_IF_VMACS);
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
