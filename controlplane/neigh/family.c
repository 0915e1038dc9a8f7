/* SPDX-License-Identifier: BSD-3-Clause */
/* Neighbours by ARP, and by neighbour discovery; see family.h. */
#include "common/inet.h"
#include "controlplane/arp/arp.h"
#include "controlplane/config/config.h"
#include "controlplane/cp.h"
#include "controlplane/dataplane/mirror.h"
#include "controlplane/iface/iface.h"
#include "controlplane/nd/nd.h"
#include "controlplane/neigh/family.h"
#include "controlplane/rib/rib.h"
#include "controlplane/rib/rib6.h"

/* ---- IPv4 -------------------------------------------------------------------------------- */

static struct neigh_cache *
cache_new4(const struct neigh_ops *ops, void *ctx, uint64_t seed)
{
	return arp_new(ops, ctx, 0, ARP_TIMEOUT_MS, seed);
}

static void
settings4(struct neigh_cache *c, const struct cfg *cfg)
{
	arp_set_timeout(c, cfg->system.arp_timeout_s * UINT64_C(1000));
}

static void
addrs4(const struct iface *f, struct neigh_if_cfg *c)
{
	c->n_addrs = f->cfg->n_addrs;
	for (uint8_t i = 0; i < c->n_addrs; i++)
		c->addrs[i] = arp_prefix(&f->cfg->addrs[i]);
}

static bool
has_route4(const struct cp *cp, const struct ip6_addr *addr)
{
	struct ip4_prefix host = { .addr = ip6_ip4(addr), .len = 32 };

	return rib_has(cp->rib, &host);
}

static uint32_t
nh4(struct mirror *m, uint32_t if_id, const struct ip6_addr *addr, const uint8_t *mac)
{
	return mirror_nh_adj(m, if_id, ip6_ip4(addr), mac);
}

static void
nh_del4(struct mirror *m, uint32_t if_id, const struct ip6_addr *addr)
{
	mirror_nh_adj_del(m, if_id, ip6_ip4(addr));
}

static void
route4(struct mirror *m, const struct ip6_addr *addr, uint32_t nh_id)
{
	mirror_route(m, ip6_ip4(addr), 32, false, nh_id);
}

static void
route_del4(struct mirror *m, const struct ip6_addr *addr)
{
	mirror_route_del(m, ip6_ip4(addr), 32);
}

static char *
str4(const struct ip6_addr *addr, char *buf)
{
	return ip4_str(ip6_ip4(addr), buf);
}

const struct neigh_family neigh_family4 = { .name = "arp", .file = "neighbours",
	.cache_new = cache_new4, .settings = settings4, .input = arp_input, .addrs = addrs4,
	.has_route = has_route4, .nh = nh4, .nh_del = nh_del4, .route = route4,
	.route_del = route_del4, .str = str4 };

/* ---- IPv6 -------------------------------------------------------------------------------- */

static struct neigh_cache *
cache_new6(const struct neigh_ops *ops, void *ctx, uint64_t seed)
{
	return nd_new(ops, ctx, 0, seed);
}

static void
settings6(struct neigh_cache *c, const struct cfg *cfg)
{
	/* The times of RFC 4861 are as they are. */
}

static void
addrs6(const struct iface *f, struct neigh_if_cfg *c)
{
	c->n_addrs = iface_addrs6(f, c->addrs);
}

static bool
has_route6(const struct cp *cp, const struct ip6_addr *addr)
{
	struct ip6_prefix host = { .addr = *addr, .len = 128 };

	return rib6_has(cp->rib6, &host);
}

static void
route6(struct mirror *m, const struct ip6_addr *addr, uint32_t nh_id)
{
	struct ip6_prefix host = { .addr = *addr, .len = 128 };

	mirror_route6(m, &host, false, nh_id);
}

static void
route_del6(struct mirror *m, const struct ip6_addr *addr)
{
	struct ip6_prefix host = { .addr = *addr, .len = 128 };

	mirror_route6_del(m, &host);
}

const struct neigh_family neigh_family6 = { .name = "nd", .file = "neighbours6",
	.cache_new = cache_new6, .settings = settings6, .input = nd_input, .addrs = addrs6,
	.has_route = has_route6, .nh = mirror_nh_adj6, .nh_del = mirror_nh_adj6_del,
	.route = route6, .route_del = route_del6, .str = ip6_str };
