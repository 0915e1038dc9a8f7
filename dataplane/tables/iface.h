/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IP interfaces as workers see them: a port, or a VLAN on it. Immutable once published; a
 * change makes a new one and frees the old after a quiescent period.
 */
#ifndef CULVERT_DATAPLANE_TABLES_IFACE_H
#define CULVERT_DATAPLANE_TABLES_IFACE_H

#include <stdbool.h>

#include <rte_common.h>
#include <rte_ether.h>

#include "common/channel.h"
#include "common/inet6.h"

#define IFACE_VLANS 4096

struct tables;

struct iface {
	struct rte_ether_addr mac; /* of its port */
	uint8_t admin_up;
	uint8_t n_addrs;
	uint8_t n_addrs6;
	uint8_t n_vmacs;
	uint8_t verify4, verify6; /* enum chan_verify */
	uint32_t id;
	uint16_t port;
	uint16_t vlan; /* 0: untagged */
	uint16_t mtu;
	uint32_t addrs[CHAN_IF_ADDRS]; /* host order; the first is the source of ICMP errors */
	uint32_t masks[CHAN_IF_ADDRS];
	struct ip6_addr addrs6[CHAN_IF_ADDRS];
	uint16_t vmacs[CHAN_IF_VMACS]; /* the last two bytes of virtual MAC addresses */
} __rte_cache_aligned;

/** Is @addr the broadcast address, directed or all-zeros style, of one of its prefixes? */
bool iface_is_bcast(const struct iface *i, uint32_t addr);

/** The virtual MAC address of a virtual router, 0xXXYY as in struct chan_if. */
static inline struct rte_ether_addr
iface_vmac(uint16_t low)
{
	return (struct rte_ether_addr){ .addr_bytes = { 0x00, 0x00, 0x5e, 0x00,
		(uint8_t)(low >> 8), (uint8_t)low } };
}

/** Is @mac, not the port's own, a virtual one of its? */
bool iface_has_vmac(const struct iface *i, const struct rte_ether_addr *mac);

/** Is @addr one of its IPv6 addresses? */
bool iface_has_addr6(const struct iface *i, const struct ip6_addr *addr);
/** Its first IPv6 address that is not link-local, NULL if there is none. */
const struct ip6_addr *iface_global_addr6(const struct iface *i);

/* Main core only; see tables_apply() for the errors. */
int iface_set(struct tables *t, const struct chan_if *c, const char **field);
int iface_del(struct tables *t, uint32_t if_id, const char **field);
/** A port's MAC address may have changed: make its interfaces anew where it did. 0, -ENOMEM. */
int iface_port_changed(struct tables *t, uint32_t port);
void iface_sweep(struct tables *t);
void iface_fini(struct tables *t);

#endif
