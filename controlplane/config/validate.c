/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cross checks of a whole configuration; see validate.h. This file has the frame and the
 * interfaces; validate_tunnel.c, validate_route.c and validate_crypto.c their subjects. With ten
 * thousand tunnels a pair-wise check would take minutes: everything here sorts first.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/config/place.h"
#include "controlplane/config/schema.h"
#include "controlplane/config/validate.h"
#include "controlplane/config/validate_priv.h"

char *
entry_path(const char *map, const char *name, const char *field, char buf[512])
{
	struct place p = { .up = NULL, .key = name };
	char tail[PLACE_MAX];

	place_str(&p, tail, sizeof(tail));
	snprintf(buf, 512, "%s%.*s%s%s", map, 400, tail, field != NULL ? "/" : "",
			field != NULL ? field : "");
	return buf;
}

void
entry_error(struct validator *v, const char *map, const char *name, const char *field,
		const char *fmt, ...)
{
	char text[256], path[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	cfg_error_add(v->errs, entry_path(map, name, field, path), NULL, "%s", text);
}

void
entry_warning(struct validator *v, const char *map, const char *name, const char *field,
		const char *fmt, ...)
{
	char text[256], path[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	cfg_warning_add(v->errs, entry_path(map, name, field, path), "%s", text);
}

bool
read_errors_at(const struct validator *v, const char *pointer)
{
	size_t len = strlen(pointer);

	for (uint32_t i = 0; i < v->n_read_errors; i++) {
		const char *path = v->errs->errors[i].path;

		if (path != NULL && strncmp(path, pointer, len) == 0 &&
				(path[len] == '\0' || path[len] == '/'))
			return true;
	}
	return false;
}

bool
addresses_incomplete(const struct validator *v)
{
	const struct schema_node *n = schema_find(AT_INTERFACES);
	size_t len = strlen(AT_INTERFACES);

	for (uint32_t i = 0; i < v->n_read_errors; i++) {
		const char *path = v->errs->errors[i].path, *field;
		char name[64];

		if (path == NULL || strncmp(path, AT_INTERFACES, len) != 0)
			continue;
		if (path[len] == '\0')
			return true;
		if (path[len] != '/')
			continue;
		field = strchr(path + len + 1, '/');
		if (field == NULL)
			return true;
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(field + 1, "/"), field + 1);
		/* An unknown option may be a misspelt address. */
		if (strcmp(name, "address") == 0 || schema_child(n, name) == NULL)
			return true;
	}
	return false;
}

/* ---- our addresses ------------------------------------------------------------------------- */

static int
addr_cmp(const void *a, const void *b)
{
	const struct our_addr *x = a, *y = b;

	if (x->prefix.addr != y->prefix.addr)
		return x->prefix.addr < y->prefix.addr ? -1 : 1;
	if (x->tunnel != y->tunnel)
		return x->tunnel ? 1 : -1;
	return strcmp(x->owner, y->owner);
}

const struct our_addr *
our_addr_find(const struct validator *v, uint32_t addr)
{
	uint32_t lo = 0, hi = v->n_addrs;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (v->addrs[mid].prefix.addr < addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < v->n_addrs && v->addrs[lo].prefix.addr == addr ? &v->addrs[lo] : NULL;
}

static void
addr_error(struct validator *v, const struct our_addr *a, const struct our_addr *b,
		const char *what)
{
	char item[24] = "address", x[IP4_PREFIX_STR_LEN], y[IP4_PREFIX_STR_LEN];

	if (!a->tunnel)
		snprintf(item, sizeof(item), "address/%u", a->item);
	entry_error(v, a->tunnel ? AT_TUNNELS : AT_INTERFACES, a->owner, item, "%s %s %s of %s %s",
			ip4_prefix_str(&a->prefix, x), what, ip4_prefix_str(&b->prefix, y),
			b->tunnel ? "tunnel" : "interface", b->owner);
}

static int
collect_addrs(struct validator *v)
{
	const struct cfg *c = v->c;
	struct prefix_item *items;
	size_t room = c->n_tunnels + 1;
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->n_interfaces; i++)
		room += c->interfaces[i].n_addrs;
	v->addrs = calloc(room, sizeof(*v->addrs));
	items = calloc(room, sizeof(*items));
	if (v->addrs == NULL || items == NULL) {
		free(items);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < c->n_interfaces; i++)
		for (uint8_t k = 0; k < c->interfaces[i].n_addrs; k++)
			v->addrs[n++] = (struct our_addr){ .prefix = c->interfaces[i].addrs[k],
				.owner = c->interfaces[i].name,
				.item = k,
				.iface = &c->interfaces[i] };
	for (uint32_t i = 0; i < c->n_tunnels; i++)
		if (c->tunnels[i].address.addr != 0)
			v->addrs[n++] = (struct our_addr){ .prefix = c->tunnels[i].address,
				.owner = c->tunnels[i].name,
				.tunnel = true };
	qsort(v->addrs, n, sizeof(*v->addrs), addr_cmp);
	for (uint32_t i = 0; i < n; i++)
		items[i] = (struct prefix_item){ .prefix = v->addrs[i].prefix, .id = i };
	v->n_addrs = n;
	v->connected = prefix_index_new(items, n);
	free(items);
	return v->connected != NULL ? 0 : -ENOMEM;
}

static int
subnet_cmp(const void *a, const void *b)
{
	const struct our_addr *x = *(const struct our_addr *const *)a;
	const struct our_addr *y = *(const struct our_addr *const *)b;
	uint32_t nx = x->prefix.addr & ip4_mask(x->prefix.len);
	uint32_t ny = y->prefix.addr & ip4_mask(y->prefix.len);

	if (nx != ny)
		return nx < ny ? -1 : 1;
	if (x->prefix.len != y->prefix.len)
		return x->prefix.len < y->prefix.len ? -1 : 1;
	return x < y ? -1 : x > y;
}

/*
 * Subnets either nest or are apart. Sorted by network address, the shorter first, one that
 * contains the present one is still on the stack of those not yet left behind.
 */
static int
check_overlaps(struct validator *v)
{
	const struct our_addr **list = calloc(v->n_addrs + 1, sizeof(*list));
	const struct our_addr *stack[34];
	unsigned int depth = 0;

	if (list == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < v->n_addrs; i++)
		list[i] = &v->addrs[i];
	qsort(list, v->n_addrs, sizeof(*list), subnet_cmp);
	for (uint32_t i = 0; i < v->n_addrs; i++) {
		const struct our_addr *a = list[i];

		while (depth > 0 && !ip4_prefix_contains(&stack[depth - 1]->prefix, a->prefix.addr))
			depth--;
		for (unsigned int k = depth; k > 0; k--) {
			const struct our_addr *b = stack[k - 1];

			if (strcmp(a->owner, b->owner) == 0 && a->tunnel == b->tunnel)
				continue;
			addr_error(v, a, b,
					a->prefix.addr == b->prefix.addr ? "is the same address as"
									 : "overlaps with");
			break;
		}
		if (depth == 0 || stack[depth - 1]->prefix.len < a->prefix.len)
			stack[depth++] = a;
	}
	free(list);
	return 0;
}

/* ---- interfaces ---------------------------------------------------------------------------- */

static int
port_cmp(const void *a, const void *b)
{
	const struct cfg_interface *x = *(const struct cfg_interface *const *)a;
	const struct cfg_interface *y = *(const struct cfg_interface *const *)b;
	int c = strcmp(x->port, y->port);

	if (c != 0 || x->vlan != y->vlan)
		return c != 0 ? c : x->vlan < y->vlan ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int
check_ports(struct validator *v)
{
	const struct cfg *c = v->c;
	const struct cfg_interface **list = calloc(c->n_interfaces + 1, sizeof(*list));

	if (list == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->n_interfaces; i++)
		list[i] = &c->interfaces[i];
	qsort(list, c->n_interfaces, sizeof(*list), port_cmp);
	for (uint32_t i = 1; i < c->n_interfaces; i++) {
		const struct cfg_interface *a = list[i - 1], *b = list[i];

		if (a->vlan != b->vlan || strcmp(a->port, b->port) != 0)
			continue;
		if (b->vlan != 0)
			entry_error(v, AT_INTERFACES, b->name, "vlan",
					"VLAN %u of port %s belongs to interface %s already",
					b->vlan, b->port, a->name);
		else
			entry_error(v, AT_INTERFACES, b->name, "port",
					"port %s belongs to interface %s already; give it a vlan",
					b->port, a->name);
	}
	free(list);
	return 0;
}

/* It has addresses and nothing below them. */
static void
check_loopback(struct validator *v, const struct cfg_interface *f)
{
	if (cfg_loopback_number(f->name) < 0)
		return;
	if (strcmp(f->port, f->name) != 0)
		entry_error(v, AT_INTERFACES, f->name, "port", "a loopback interface has no port");
	if (f->vlan != 0)
		entry_error(v, AT_INTERFACES, f->name, "vlan", "a loopback interface has no VLAN");
	if (f->n_vrrps != 0)
		entry_error(v, AT_INTERFACES, f->name, "vrrp",
				"there is nobody else on a loopback interface");
	if (f->n_addrs6 != 0)
		entry_error(v, AT_INTERFACES, f->name, "ipv6-address",
				"loopback interfaces have IPv4 addresses only");
	for (uint8_t i = 0; i < f->n_addrs; i++)
		if (f->addrs[i].len != 32)
			entry_error(v, AT_INTERFACES, f->name, "address",
					"an address of a loopback interface is a /32");
}

int
validate_interfaces(struct validator *v)
{
	int rc = collect_addrs(v);

	if (rc == 0)
		rc = check_overlaps(v);
	if (rc == 0)
		rc = check_ports(v);
	for (uint32_t i = 0; i < v->c->n_interfaces; i++) {
		const struct cfg_interface *f = &v->c->interfaces[i];

		if (f->vlan != 0 && strcmp(f->port, f->name) == 0)
			entry_warning(v, AT_INTERFACES, f->name, "port",
					"VLAN %u is on a port called %s, like the interface: is "
					"that "
					"meant?",
					f->vlan, f->port);
		check_loopback(v, f);
		if (f->damp_reuse >= f->damp_suppress)
			entry_error(v, AT_INTERFACES, f->name, "dampening-reuse",
					"is not less than dampening-suppress");
		if (cfg_tunnel_find(v->c, f->name) != NULL)
			entry_error(v, AT_TUNNELS, f->name, NULL,
					"an interface has the same name: routes could mean either");
	}
	return rc;
}

int
cfg_validate(const struct cfg *c, const uint32_t *route_index, struct cfg_errors *errs)
{
	struct validator v = { .c = c, .errs = errs, .route_index = route_index };
	int rc;

	if (errs->n_errors_total > errs->n_errors)
		return -EINVAL; /* so much is wrong that what was read means nothing */
	v.n_read_errors = errs->n_errors;
	v.keys = cfg_key_index_new(c);
	rc = v.keys != NULL ? validate_interfaces(&v) : -ENOMEM;
	if (rc == 0)
		rc = validate_tunnels(&v);
	if (rc == 0)
		rc = validate_nhrp(&v);
	if (rc == 0)
		rc = validate_routes(&v);
	if (rc == 0)
		rc = validate_ip6(&v);
	if (rc == 0)
		rc = validate_crypto(&v);
	if (rc == 0)
		rc = validate_policies(&v);
	if (rc == 0) {
		validate_vrrp(&v);
		validate_ra(&v);
		validate_ospf(&v);
		validate_underlay(&v);
		rc = validate_tracks(&v);
	}
	cfg_key_index_free(v.keys);
	prefix_index_free(v.connected);
	prefix_index_free(v.routes);
	free(v.addrs);
	if (rc == 0 && errs->n_errors_total > 0)
		rc = -EINVAL;
	return rc;
}
