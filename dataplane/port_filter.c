/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The virtual MAC addresses of VRRP (RFC 9568 section 7.3) in a port's receive filter. A device
 * that has no filter for more addresses than its own, or no room in it, is made promiscuous for as
 * long as there are any; ethernet_input drops what is for others.
 */
#include <string.h>

#include "common/log.h"
#include "dataplane/port.h"
#include "dataplane/tables/iface.h"

static bool
in_list(const uint16_t *list, unsigned int n, uint16_t v)
{
	for (unsigned int i = 0; i < n; i++)
		if (list[i] == v)
			return true;
	return false;
}

static void
filter_remove(struct port *p, const uint16_t *vmacs, unsigned int n)
{
	unsigned int left = 0;

	for (unsigned int i = 0; i < p->n_vmacs; i++) {
		struct rte_ether_addr mac = iface_vmac(p->vmacs[i]);

		if (in_list(vmacs, n, p->vmacs[i]))
			p->vmacs[left++] = p->vmacs[i];
		else
			(void)rte_eth_dev_mac_addr_remove(p->dev, &mac);
	}
	p->n_vmacs = left;
}

void
ports_vmacs_set(struct ports *ps, uint32_t port, const uint16_t *vmacs, unsigned int n)
{
	struct port *p;
	bool all = true;

	if (port >= ps->n)
		return;
	p = &ps->p[port];
	filter_remove(p, vmacs, n);
	for (unsigned int i = 0; i < n; i++) {
		struct rte_ether_addr mac = iface_vmac(vmacs[i]);

		if (in_list(p->vmacs, p->n_vmacs, vmacs[i]))
			continue;
		if (rte_eth_dev_mac_addr_add(p->dev, &mac, 0) == 0)
			p->vmacs[p->n_vmacs++] = vmacs[i];
		else
			all = false;
	}
	if (p->vmac_promisc == all && !p->all_promisc)
		log_info("port", "%s: its filter has %s for virtual MAC addresses", p->info->name,
				all ? "room" : "no room: promiscuous");
	p->vmac_promisc = !all;
	port_promisc_update(p);
}
