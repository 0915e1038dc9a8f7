/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Configured interfaces and the dataplane's ports they stand on: which port, what link, which id.
 * Gives ports and interfaces to the mirror and interfaces to the RIB and to ARP.
 */
#ifndef CULVERT_CONTROLPLANE_IFACE_H
#define CULVERT_CONTROLPLANE_IFACE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/channel.h"
#include "controlplane/config/config.h"
#include "controlplane/iface/damp.h"

struct cp;
struct ifaces;

enum iface_link { IFACE_MISSING, IFACE_DOWN, IFACE_UP };

struct iface {
	const struct cfg_interface *cfg; /* of the running configuration */
	uint32_t if_id;                  /* CHAN_NONE: no port, or no dataplane yet */
	uint32_t port;                   /* valid unless missing */
	enum iface_link link;            /* what it counts as */
	enum iface_link carrier;         /* of the port: another while a carrier delay runs, or
					  * while it flaps and is suppressed */
	struct damp damp;                /* what its flaps have cost it */
	uint64_t n_held;                 /* changes that were over before their carrier delay */
	uint8_t mac[6];
	uint16_t mtu; /* of IP packets: as configured, or as much of it as the port can */
	uint32_t speed_mbps;
};

struct ifaces *ifaces_new(struct cp *cp);
void ifaces_free(struct ifaces *x);

/** Look at configuration and ports anew. Logs changes of links. While a carrier delay runs a link
 *  is what it was, while it is suppressed it is down; reconcile_soon() is called when either is
 *  over. 0 or -ENOMEM. */
int ifaces_update(struct ifaces *x);
/** Name all ports and interfaces to the mirror, between mirror_begin() and mirror_commit(). */
void ifaces_mirror(struct ifaces *x);
/** Name one interface, whose virtual addresses have changed, at once. */
void ifaces_mirror_one(struct ifaces *x, uint32_t if_id);
/** Did a port change its link or MTU, or come or go, since the last ifaces_update()? */
bool ifaces_stale(const struct ifaces *x);

uint32_t ifaces_n(const struct ifaces *x);
/** In the order of the configuration. */
const struct iface *ifaces_at(const struct ifaces *x, uint32_t i);
const struct iface *ifaces_by_id(const struct ifaces *x, uint32_t if_id);
/** How it is dampened, of its configuration. */
struct damp_cfg iface_damp_cfg(const struct iface *f);
/** Its IPv6 addresses, the link-local one first; none if none is configured. Their number.
 *  @addrs: room for CFG_ADDRS_MAX. */
uint8_t iface_addrs6(const struct iface *f, struct ip6_prefix *addrs);
/** Does it stand on no port? Such an interface is up and has neither a port nor an id. */
bool iface_is_loopback(const struct iface *f);
/** Enabled, and its link is up. */
bool iface_up(const struct iface *f);
/** The interface's name for messages, "?" if there is none with this id. */
const char *ifaces_name(const struct ifaces *x, uint32_t if_id);

#endif
