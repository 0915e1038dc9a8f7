/* SPDX-License-Identifier: BSD-3-Clause */
/* What differs between neighbours of IPv4 and of IPv6: the protocol, what mirror and RIB call
 * it. */
#ifndef CULVERT_CONTROLPLANE_NEIGH_FAMILY_H
#define CULVERT_CONTROLPLANE_NEIGH_FAMILY_H

#include "controlplane/neigh/cache.h"

struct cfg;
struct cp;
struct iface;
struct mirror;

struct neigh_family {
	const char *name; /* of the protocol, in the log */
	const char *file; /* in the state directory */
	struct neigh_cache *(*cache_new)(const struct neigh_ops *ops, void *ctx, uint64_t seed);
	void (*settings)(struct neigh_cache *c, const struct cfg *cfg);
	int (*input)(struct neigh_cache *c, uint32_t if_id, const uint8_t *msg, size_t len,
			uint64_t now_ms);
	/** An interface's addresses: addrs and n_addrs of @c. */
	void (*addrs)(const struct iface *f, struct neigh_if_cfg *c);
	/** Has the RIB a host route to @addr? */
	bool (*has_route)(const struct cp *cp, const struct ip6_addr *addr);
	/** Of the mirror: a next hop (@mac NULL: not resolved; its nh_id or CHAN_NONE), and a host
	 *  route through one. */
	uint32_t (*nh)(struct mirror *m, uint32_t if_id, const struct ip6_addr *addr,
			const uint8_t *mac);
	void (*nh_del)(struct mirror *m, uint32_t if_id, const struct ip6_addr *addr);
	void (*route)(struct mirror *m, const struct ip6_addr *addr, uint32_t nh_id);
	void (*route_del)(struct mirror *m, const struct ip6_addr *addr);
	/** Into @buf of IP6_STR_LEN bytes. */
	char *(*str)(const struct ip6_addr *addr, char *buf);
};

extern const struct neigh_family neigh_family4, neigh_family6;

#endif
