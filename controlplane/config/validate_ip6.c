/* SPDX-License-Identifier: BSD-3-Clause */
/* Cross checks of IPv6: our addresses and static routes. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "controlplane/config/model.h"
#include "controlplane/config/validate_priv.h"

#define IP6_MTU_MIN 1280

/* One of our addresses. */
struct own6 {
	struct ip6_prefix prefix; /* with host bits */
	struct ip6_addr net;
	const char *owner;
	bool tunnel;
};

static int
own_cmp(const void *pa, const void *pb)
{
	const struct own6 *a = pa, *b = pb;
	int c = memcmp(&a->net, &b->net, sizeof(a->net));

	if (c == 0)
		c = (int)a->prefix.len - (int)b->prefix.len;
	return c != 0 ? c : memcmp(&a->prefix.addr, &b->prefix.addr, sizeof(a->prefix.addr));
}

static int
addr_cmp(const void *pa, const void *pb)
{
	const struct own6 *a = pa, *b = pb;

	return memcmp(&a->prefix.addr, &b->prefix.addr, sizeof(a->prefix.addr));
}

static void
own_add(struct own6 *list, uint32_t *n, const struct ip6_prefix *p, const char *owner, bool tunnel)
{
	list[(*n)++] = (struct own6){ .prefix = *p, .net = ip6_masked(&p->addr, p->len),
		.owner = owner, .tunnel = tunnel };
}

static struct own6 *
own_list(const struct cfg *c, uint32_t *n)
{
	struct own6 *list = calloc((size_t)c->n_interfaces * CFG_ADDRS_MAX + c->n_tunnels + 1,
			sizeof(*list));

	*n = 0;
	for (uint32_t i = 0; list != NULL && i < c->n_interfaces; i++)
		for (uint8_t k = 0; k < c->interfaces[i].n_addrs6; k++)
			own_add(list, n, &c->interfaces[i].addrs6[k], c->interfaces[i].name, false);
	for (uint32_t i = 0; list != NULL && i < c->n_tunnels; i++)
		if (!ip6_is_zero(&c->tunnels[i].address6.addr))
			own_add(list, n, &c->tunnels[i].address6, c->tunnels[i].name, true);
	if (list != NULL)
		qsort(list, *n, sizeof(*list), own_cmp);
	return list;
}

/* Prefixes nest or are apart: one that contains the present one is still on the stack. */
static void
check_overlaps6(struct validator *v, const struct own6 *list, uint32_t n)
{
	const struct own6 *stack[130];
	unsigned int depth = 0;
	char a[IP6_PREFIX_STR_LEN], b[IP6_PREFIX_STR_LEN];

	for (uint32_t i = 0; i < n; i++) {
		const struct own6 *x = &list[i], *y;

		while (depth > 0 &&
				!ip6_prefix_contains(&stack[depth - 1]->prefix, &x->prefix.addr))
			depth--;
		y = depth > 0 ? stack[depth - 1] : NULL;
		if (y != NULL && (strcmp(x->owner, y->owner) != 0 || x->tunnel != y->tunnel))
			entry_error(v, x->tunnel ? AT_TUNNELS : AT_INTERFACES, x->owner,
					"ipv6-address", "%s overlaps with %s of %s",
					ip6_prefix_str(&x->prefix, a),
					ip6_prefix_str(&y->prefix, b), y->owner);
		if (depth == 0 || stack[depth - 1]->prefix.len < x->prefix.len)
			stack[depth++] = x;
	}
}

static void __attribute__((format(printf, 3, 4)))
route6_error(struct validator *v, const struct cfg_route6 *r, const char *fmt, ...)
{
	char prefix[IP6_PREFIX_STR_LEN], text[192];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	cfg_error_add(v->errs, "/routes6", NULL, "%s: %s", ip6_prefix_str(&r->prefix, prefix),
			text);
}

static bool
is_on6(const struct cfg_interface *i, const struct ip6_addr *addr)
{
	for (unsigned int k = 0; k < i->n_addrs6; k++)
		if (ip6_prefix_contains(&i->addrs6[k], addr))
			return true;
	return ip6_is_link_local(addr) && i->n_addrs6 > 0;
}

static void
check_interface6(struct validator *v, const struct cfg_route6 *r)
{
	const struct cfg_interface *i = cfg_interface_find(v->c, r->interface);
	const struct cfg_tunnel *t = cfg_tunnel_find(v->c, r->interface);
	char addr[IP6_STR_LEN];

	if (t != NULL && t->mode == CFG_TUNNEL_IPSEC)
		route6_error(v, r, "tunnel %s is of mode ipsec, which carries IPv4 only", t->name);
	if (t != NULL)
		return;
	if (i == NULL)
		route6_error(v, r, "no interface or tunnel is called \"%s\"", r->interface);
	else if (ip6_is_zero(&r->next_hop))
		route6_error(v, r, "a route out of interface %s needs a next hop", i->name);
	else if (!is_on6(i, &r->next_hop))
		route6_error(v, r, "%s is on no prefix of interface %s",
				ip6_str(&r->next_hop, addr), i->name);
}

static void
check_route6(struct validator *v, const struct cfg_route6 *r, const struct own6 *own, uint32_t n)
{
	bool has_via = !ip6_is_zero(&r->next_hop), has_if = r->interface[0] != '\0';
	struct own6 key = { .prefix.addr = r->next_hop };
	const struct own6 *mine;
	char addr[IP6_STR_LEN];

	if (r->track[0] != '\0' && cfg_track_find(v->c, r->track) == NULL)
		route6_error(v, r, "there is no tracked object \"%s\"", r->track);
	if (r->null && (has_via || has_if))
		route6_error(v, r, "a null route has neither next hop nor interface");
	else if (!r->null && !has_via && !has_if)
		route6_error(v, r, "leads nowhere: give via, interface or null");
	else if (has_via && !has_if && ip6_is_link_local(&r->next_hop))
		route6_error(v, r, "%s is link-local: say on which interface",
				ip6_str(&r->next_hop, addr));
	else if (has_if)
		check_interface6(v, r);
	mine = has_via && n > 0 ? bsearch(&key, own, n, sizeof(*own), addr_cmp) : NULL;
	if (mine != NULL)
		route6_error(v, r, "%s is our own address, on %s", ip6_str(&r->next_hop, addr),
				mine->owner);
}

/* RFC 8200 section 5: no link carries less. A tunnel does with fragments of the outer packet. */
static void
check_mtu6(struct validator *v)
{
	for (uint32_t i = 0; i < v->c->n_interfaces; i++) {
		const struct cfg_interface *n = &v->c->interfaces[i];

		if (n->n_addrs6 != 0 && n->mtu < IP6_MTU_MIN)
			entry_error(v, AT_INTERFACES, n->name, "mtu",
					"%u is less than the %u that IPv6 needs", n->mtu,
					IP6_MTU_MIN);
	}
}

int
validate_ip6(struct validator *v)
{
	uint32_t n;
	struct own6 *own = own_list(v->c, &n);

	if (own == NULL)
		return -ENOMEM;
	check_overlaps6(v, own, n);
	check_mtu6(v);
	qsort(own, n, sizeof(*own), addr_cmp);
	if (!read_errors_at(v, "/routes6") && !read_errors_at(v, AT_INTERFACES) &&
			!read_errors_at(v, AT_TUNNELS))
		for (uint32_t i = 0; i < v->c->n_routes6; i++)
			check_route6(v, &v->c->routes6[i], own, n);
	free(own);
	return 0;
}
