/* SPDX-License-Identifier: BSD-3-Clause */
/* The way of a probe's packets; see probe_path.h. */
#include <stdio.h>
#include <string.h>

#include "common/inet.h"
#include "common/wire.h"
#include "controlplane/cp.h"
#include "controlplane/dataplane/dplink.h"
#include "controlplane/iface/iface.h"
#include "controlplane/neigh/neigh.h"
#include "controlplane/rib/rib.h"
#include "controlplane/rib/rib6.h"
#include "controlplane/track/probe_echo.h"
#include "controlplane/track/probe_path.h"
#include "controlplane/tunnel/tunnel.h"

#define ETH_LEN        14
#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd

static const struct iface *
iface_named(const struct cp *cp, const char *name)
{
	for (uint32_t i = 0; i < ifaces_n(cp->ifaces); i++)
		if (strcmp(ifaces_at(cp->ifaces, i)->cfg->name, name) == 0)
			return ifaces_at(cp->ifaces, i);
	return NULL;
}

/* ---- from where -------------------------------------------------------------------------- */

/* The interface's address of the target's family; of IPv6 one of the same scope. */
static bool
source_of_iface(const struct iface *f, const struct ip6_addr *target, struct ip6_addr *source)
{
	struct ip6_prefix addrs[CFG_ADDRS_MAX + 1];
	uint8_t n;

	if (ip6_is_mapped(target)) {
		if (f->cfg->n_addrs == 0)
			return false;
		*source = ip6_mapped(f->cfg->addrs[0].addr);
		return true;
	}
	n = iface_addrs6(f, addrs);
	for (uint8_t i = 0; i < n; i++) {
		if (ip6_is_link_local(&addrs[i].addr) != ip6_is_link_local(target))
			continue;
		*source = addrs[i].addr;
		return true;
	}
	return false;
}

static bool
source_of_tunnel(const struct cp *cp, const char *name, const struct ip6_addr *target,
		struct ip6_addr *source)
{
	const struct tunnel_state *t = tunnels_by_name(cp->tunnels, name);
	const struct cfg_tunnel *c = t != NULL ? tunnels_cfg_of(cp->tunnels, t) : NULL;

	if (c == NULL)
		return false;
	if (ip6_is_mapped(target)) {
		*source = ip6_mapped(c->address.addr);
		return c->address.addr != 0;
	}
	*source = c->address6.addr;
	return !ip6_is_zero(&c->address6.addr);
}

/* Of an unnumbered way: that of whatever interface has one. */
static bool
source_of_any(const struct cp *cp, const struct ip6_addr *target, struct ip6_addr *source)
{
	for (uint32_t i = 0; i < ifaces_n(cp->ifaces); i++)
		if (iface_up(ifaces_at(cp->ifaces, i)) &&
				source_of_iface(ifaces_at(cp->ifaces, i), target, source))
			return true;
	return false;
}

/* Which link the route to @target leads to; RIB_NO_LINK with *@local: to ourselves. */
static bool
route_link(const struct cp *cp, const struct ip6_addr *target, const char **link, bool *local)
{
	enum rib_nh_kind kind = RIB_NH_DROP;
	uint32_t at = RIB_NO_LINK;

	if (ip6_is_mapped(target)) {
		const struct rib_fib *fib = rib_lookup(cp->rib, ip6_ip4(target));

		if (fib != NULL) {
			kind = fib->nhs[0].kind;
			at = fib->nhs[0].link;
		}
		*link = at != RIB_NO_LINK ? rib_link(cp->rib, at)->name : "";
	} else {
		const struct rib6_fib *fib = rib6_lookup(cp->rib6, *target);

		if (fib != NULL) {
			kind = fib->nhs[0].kind;
			at = fib->nhs[0].link;
		}
		*link = at != RIB_NO_LINK ? rib6_link(cp->rib6, at)->name : "";
	}
	*local = kind == RIB_NH_LOCAL;
	return kind != RIB_NH_DROP;
}

bool
probe_source_of(const struct cp *cp, const char *name, const struct ip6_addr *target,
		struct ip6_addr *source)
{
	const struct iface *f = iface_named(cp, name);

	return f != NULL ? source_of_iface(f, target, source)
			 : source_of_tunnel(cp, name, target, source);
}

bool
probe_is_ours(const struct cp *cp, const struct ip6_addr *a)
{
	const char *link;
	bool local;

	return route_link(cp, a, &link, &local) && local;
}

bool
probe_source(const struct cp *cp, const struct probe_way *w, const struct ip6_addr *target,
		struct ip6_addr *source, char *why, size_t why_len)
{
	char a[IP6_STR_LEN];
	const char *link;
	bool local;

	*source = w->source;
	if (w->interface[0] == '\0' && !route_link(cp, target, &link, &local)) {
		snprintf(why, why_len, "no route to %s", ip46_str(target, a));
		return false;
	}
	if (!ip6_is_zero(source))
		return true;
	if (w->interface[0] == '\0' && local) {
		*source = *target;
		return true;
	}
	if (w->interface[0] != '\0')
		link = w->interface;
	if (probe_source_of(cp, link, target, source) || source_of_any(cp, target, source))
		return true;
	snprintf(why, why_len, "no address to send from");
	*source = *target; /* of the family at least */
	return false;
}

/* ---- out --------------------------------------------------------------------------------- */

static bool
by_interface(struct cp *cp, const struct probe_way *w, const struct iface *f,
		const struct ip6_addr *target, const uint8_t *pkt, size_t len, char *why,
		size_t why_len)
{
	const struct ip6_addr *via = ip6_is_zero(&w->next_hop) ? target : &w->next_hop;
	bool ip4 = ip6_is_mapped(target);
	struct neigh *neigh = ip4 ? cp->neigh : cp->neigh6;
	uint8_t frame[ETH_LEN + PROBE_PACKET_MAX], mac[6];
	struct wr o = wr_init(frame, sizeof(frame));
	char a[IP6_STR_LEN];

	if (!iface_up(f) || f->if_id == CHAN_NONE) {
		snprintf(why, why_len, "interface %s is down", f->cfg->name);
		return false;
	}
	if (!neigh_is_known(neigh_lookup(neigh, f->if_id, via, mac))) {
		neigh_wanted(neigh, f->if_id, via);
		snprintf(why, why_len, "%s does not answer %s", ip46_str(via, a),
				ip4 ? "ARP" : "neighbour solicitations");
		return false;
	}
	wr_bytes(&o, mac, 6);
	wr_bytes(&o, f->mac, 6);
	wr_be16(&o, ip4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6);
	wr_bytes(&o, pkt, len);
	return dplink_inject(cp->dplink, CHAN_INJECT_FRAME, f->if_id, frame, o.len) == 0;
}

static bool
into_tunnel(struct cp *cp, const char *name, const uint8_t *pkt, size_t len, char *why,
		size_t why_len)
{
	const struct tunnel_state *t = tunnels_by_name(cp->tunnels, name);

	if (t == NULL || t->tun_id == CHAN_NONE) {
		snprintf(why, why_len, "there is no tunnel %s", name);
		return false;
	}
	return dplink_inject(cp->dplink, CHAN_INJECT_TUN, t->tun_id, pkt, len) == 0;
}

bool
probe_out(struct cp *cp, const struct probe_way *w, const struct ip6_addr *target,
		const uint8_t *pkt, size_t len, char *why, size_t why_len)
{
	const struct iface *f = w->interface[0] != '\0' ? iface_named(cp, w->interface) : NULL;

	if (f != NULL)
		return by_interface(cp, w, f, target, pkt, len, why, why_len);
	if (w->interface[0] != '\0')
		return into_tunnel(cp, w->interface, pkt, len, why, why_len);
	return dplink_inject(cp->dplink, CHAN_INJECT_ROUTE, 0, pkt, len) == 0;
}
