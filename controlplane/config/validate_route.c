/* SPDX-License-Identifier: BSD-3-Clause */
/* Cross checks of static routes, and of the way to the tunnels' far ends; see validate.h. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/config/validate_priv.h"

#define MAX_RECURSION 8 /* next hops looked up through next hops */

static char *
route_path(const struct validator *v, const struct cfg_route *r, const char *name, char buf[128])
{
	uint32_t i = (uint32_t)(r - v->c->routes);

	snprintf(buf, 128, "/routes/%u%s%s", v->route_index != NULL ? v->route_index[i] : i,
			name != NULL ? "/" : "", name != NULL ? name : "");
	return buf;
}

static void __attribute__((format(printf, 4, 5)))
route_error(struct validator *v, const struct cfg_route *r, const char *name, const char *fmt, ...)
{
	char path[128], text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	cfg_error_add(v->errs, route_path(v, r, name, path), NULL, "%s", text);
}

static void __attribute__((format(printf, 4, 5))) route_warning(struct validator *v,
		const struct cfg_route *r, const char *name, const char *fmt, ...)
{
	char path[128], text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	cfg_warning_add(v->errs, route_path(v, r, name, path), "%s", text);
}

/* ---- where an address leads ---------------------------------------------------------------- */

enum way { WAY_CONNECTED, WAY_TUNNEL, WAY_NULL, WAY_NONE, WAY_LOOP };

/*
 * Follow the longest match for @addr through next hops until an interface or a tunnel. For
 * WAY_TUNNEL *@name is the tunnel; *@route the last route followed, NULL if connected at once.
 */
static enum way
resolve(const struct validator *v, uint32_t addr, const char **name, const struct cfg_route **route)
{
	*name = NULL;
	*route = NULL;
	for (int depth = 0; depth < MAX_RECURSION; depth++) {
		const struct prefix_item *c = prefix_index_find(v->connected, addr);
		const struct prefix_item *s = prefix_index_find(v->routes, addr);

		/* Of equal prefixes the connected one wins: its distance is 0. */
		if (c != NULL && (s == NULL || c->prefix.len >= s->prefix.len)) {
			const struct our_addr *a = &v->addrs[c->id];

			*name = a->owner;
			return a->tunnel ? WAY_TUNNEL : WAY_CONNECTED;
		}
		if (s == NULL)
			return WAY_NONE;
		*route = &v->c->routes[s->id];
		if ((*route)->null)
			return WAY_NULL;
		*name = (*route)->interface;
		if (cfg_tunnel_find(v->c, *name) != NULL)
			return WAY_TUNNEL;
		if ((*route)->next_hop == 0)
			return WAY_NONE;
		if ((*name)[0] != '\0')
			return WAY_CONNECTED;
		addr = (*route)->next_hop;
	}
	return WAY_LOOP;
}

/* Is there a route to @addr that leads to an interface? */
static bool
other_way(const struct validator *v, uint32_t addr)
{
	for (uint32_t i = 0; i < v->c->n_routes; i++) {
		const struct cfg_route *r = &v->c->routes[i];
		const struct prefix_item *c;

		if (r->next_hop == 0 || !ip4_prefix_contains(&r->prefix, addr))
			continue;
		if (cfg_interface_find(v->c, r->interface) != NULL)
			return true;
		c = prefix_index_find(v->connected, r->next_hop);
		if (r->interface[0] == '\0' && c != NULL && !v->addrs[c->id].tunnel)
			return true;
	}
	return false;
}

/* A pinned far end: its next hop is a neighbour on one of our interfaces. */
static void
check_next_hop(struct validator *v, const struct cfg_tunnel *t)
{
	const struct prefix_item *c = prefix_index_find(v->connected, t->next_hop);
	char addr[IP4_STR_LEN];

	ip4_str(t->next_hop, addr);
	if (our_addr_find(v, t->next_hop) != NULL)
		entry_error(v, AT_TUNNELS, t->name, "destination-next-hop",
				"%s is our own address", addr);
	else if ((c == NULL || v->addrs[c->id].tunnel) && !addresses_incomplete(v))
		entry_error(v, AT_TUNNELS, t->name, "destination-next-hop",
				"%s is on no subnet of an interface", addr);
}

static void
recursion_warn(struct validator *v, const struct cfg_tunnel *t, const struct cfg_route *r)
{
	char addr[IP4_STR_LEN], prefix[IP4_PREFIX_STR_LEN];

	entry_warning(v, AT_TUNNELS, t->name, "destination",
			"route %s would carry what goes to %s through the tunnel itself: it is "
			"suppressed", ip4_prefix_str(&r->prefix, prefix),
			ip4_str(t->destination, addr));
}

void
validate_underlay(struct validator *v)
{
	char addr[IP4_STR_LEN], prefix[IP4_PREFIX_STR_LEN];

	for (uint32_t i = 0; i < v->c->n_tunnels; i++) {
		const struct cfg_tunnel *t = &v->c->tunnels[i];
		const struct cfg_route *r;
		const char *name;
		enum way way;

		if (!t->enabled || t->destination == 0 || our_addr_find(v, t->destination) != NULL)
			continue;
		if (t->next_hop != 0) {
			check_next_hop(v, t);
			continue;
		}
		way = resolve(v, t->destination, &name, &r);
		ip4_str(t->destination, addr);
		if (way == WAY_TUNNEL && strcmp(name, t->name) == 0 && r != NULL &&
				other_way(v, t->destination))
			recursion_warn(v, t, r);
		else if (way == WAY_TUNNEL && strcmp(name, t->name) == 0)
			entry_error(v, AT_TUNNELS, t->name, "destination",
					"%s would be reached through the tunnel itself (%s %s)",
					addr, r != NULL ? "route" : "its own subnet",
					ip4_prefix_str(r != NULL ? &r->prefix : &t->address,
							prefix));
		else if (way == WAY_TUNNEL)
			entry_warning(v, AT_TUNNELS, t->name, "destination",
					"%s is reached through tunnel %s: a tunnel inside a tunnel "
					"is not carried",
					addr, name);
		else if (way == WAY_NULL)
			entry_warning(v, AT_TUNNELS, t->name, "destination",
					"%s is discarded by route %s", addr,
					ip4_prefix_str(&r->prefix, prefix));
		else if (way != WAY_CONNECTED && !addresses_incomplete(v) &&
				!read_errors_at(v, "/routes"))
			entry_warning(v, AT_TUNNELS, t->name, "destination", "no route to %s",
					addr);
	}
}

/* ---- routes -------------------------------------------------------------------------------- */

static bool
is_on(const struct cfg_interface *i, uint32_t addr)
{
	for (unsigned int k = 0; k < i->n_addrs; k++)
		if (ip4_prefix_contains(&i->addrs[k], addr))
			return true;
	return false;
}

static void
check_interface(struct validator *v, const struct cfg_route *r)
{
	const struct cfg_interface *i = cfg_interface_find(v->c, r->interface);
	char addr[IP4_STR_LEN];

	if (cfg_tunnel_find(v->c, r->interface) != NULL)
		return;
	if (i == NULL)
		route_error(v, r, "interface", "no interface or tunnel is called \"%s\"",
				r->interface);
	else if (r->next_hop == 0)
		route_error(v, r, "via", "a route out of interface %s needs a next hop", i->name);
	else if (!is_on(i, r->next_hop) && !addresses_incomplete(v))
		route_error(v, r, "via", "%s is on no subnet of interface %s",
				ip4_str(r->next_hop, addr), i->name);
}

static void
check_via(struct validator *v, const struct cfg_route *r)
{
	const struct our_addr *own = our_addr_find(v, r->next_hop);
	const struct cfg_route *last;
	char addr[IP4_STR_LEN];
	const char *name;

	ip4_str(r->next_hop, addr);
	if (own != NULL) {
		route_error(v, r, "via", "%s is our own address, on %s", addr, own->owner);
		return;
	}
	if (r->interface[0] != '\0' || addresses_incomplete(v) ||
			read_errors_at(v, AT_TUNNELS))
		return;
	switch (resolve(v, r->next_hop, &name, &last)) {
	case WAY_NONE:
		route_warning(v, r, "via", "%s is on no connected subnet, and no route leads there",
				addr);
		break;
	case WAY_LOOP:
		route_warning(v, r, "via", "%s is only reached through this route itself", addr);
		break;
	case WAY_NULL:
		route_warning(v, r, "via", "%s is discarded by a null route", addr);
		break;
	default:
		break;
	}
}

/* Distance 0 always wins: a static route beside a connected one of the same length is never used.
 */
static void
check_connected(struct validator *v, const struct cfg_route *r)
{
	const struct prefix_item *c = prefix_index_find(v->connected, r->prefix.addr);
	char buf[IP4_PREFIX_STR_LEN];

	if (c != NULL && c->prefix.len == r->prefix.len)
		route_warning(v, r, "prefix", "%s is connected to %s: the route is never used",
				ip4_prefix_str(&r->prefix, buf), v->addrs[c->id].owner);
}

static void
check_route(struct validator *v, const struct cfg_route *r)
{
	char path[128];

	if (read_errors_at(v, route_path(v, r, NULL, path)))
		return;
	if (r->track[0] != '\0' && cfg_track_find(v->c, r->track) == NULL &&
			!read_errors_at(v, AT_TRACKS))
		route_error(v, r, "track", "there is no tracked object \"%s\"", r->track);
	if (r->null && (r->next_hop != 0 || r->interface[0] != '\0')) {
		route_error(v, r, "null", "a null route has neither next hop nor interface");
		return;
	}
	if (!r->null && r->next_hop == 0 && r->interface[0] == '\0') {
		route_error(v, r, NULL, "leads nowhere: give via, interface or null");
		return;
	}
	check_connected(v, r);
	if (r->interface[0] != '\0')
		check_interface(v, r);
	if (r->next_hop != 0)
		check_via(v, r);
}

int
validate_routes(struct validator *v)
{
	const struct cfg *c = v->c;
	struct prefix_item *items = calloc(c->n_routes + 1, sizeof(*items));

	if (items == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->n_routes; i++)
		items[i] = (struct prefix_item){
			.prefix = c->routes[i].prefix, .rank = c->routes[i].distance, .id = i
		};
	v->routes = prefix_index_new(items, c->n_routes);
	free(items);
	if (v->routes == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->n_routes; i++)
		check_route(v, &c->routes[i]);
	return 0;
}
