/* SPDX-License-Identifier: BSD-3-Clause */
/* A graceful restart's file, as bytes; see restart_file.h. */
#include "controlplane/ospf/restart_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/wire.h"

#define MAGIC    0x43475231u /* "CGR1" */
#define HEAD_LEN 12
#define ITEM_LEN 6

enum item { PROCESS = 1, INTERFACE, NEIGHBOUR, LINK, ROUTE, N_ITEMS };
enum nbr_flag { FLAG_FULL = 1, FLAG_SEEN = 2 };

/* Lengths of values; of a route without its hops. */
#define PROCESS_LEN   23
#define INTERFACE_LEN (OSPF_NAME_LEN + 24)
#define NEIGHBOUR_LEN 45
#define LINK_LEN      RIB_LINK_NAME
#define ROUTE_LEN     18
#define HOP_LEN       8

static uint64_t
sum_of(const uint8_t *p, size_t len)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	return h;
}

/* ---- writing ----------------------------------------------------------------------------- */

static void
item(struct wr *w, enum item type, size_t len)
{
	wr_be16(w, (uint16_t)type);
	wr_be32(w, (uint32_t)len);
}

static void
put_name(struct wr *w, const char *name, size_t room)
{
	size_t len = strnlen(name, room - 1);

	wr_bytes(w, name, len);
	wr_zero(w, room - len);
}

static void
put_if(struct wr *w, const struct ospf_restart *r, const struct ospf_restart_if *i)
{
	item(w, INTERFACE, INTERFACE_LEN);
	put_name(w, i->name, OSPF_NAME_LEN);
	wr_be32(w, i->area);
	wr_be32(w, i->dr);
	wr_be32(w, i->bdr);
	wr_be32(w, (uint32_t)i->grace_seq);
	wr_be64(w, i->crypt_seq);
	for (uint32_t k = 0; k < i->n_nbrs; k++) {
		const struct ospf_restart_nbr *n = &r->nbrs[i->first_nbr + k];

		item(w, NEIGHBOUR, NEIGHBOUR_LEN);
		wr_be32(w, n->router_id);
		wr_u8(w, (uint8_t)((n->full ? FLAG_FULL : 0) | (n->crypt_seen ? FLAG_SEEN : 0)));
		for (int t = 0; t < 5; t++)
			wr_be64(w, n->crypt_seq[t]);
	}
}

static void
put_route(struct wr *w, const struct rib_source *s, const struct rib_dyn *d)
{
	item(w, ROUTE, ROUTE_LEN + (size_t)d->n_hops * HOP_LEN);
	wr_be32(w, d->prefix.addr);
	wr_u8(w, d->prefix.len);
	wr_u8(w, d->kind);
	wr_u8(w, d->distance);
	wr_u8(w, d->null);
	wr_be32(w, d->metric);
	wr_be32(w, d->tag);
	wr_be16(w, (uint16_t)d->n_hops);
	for (uint32_t k = 0; k < d->n_hops; k++) {
		wr_be32(w, s->hops[d->first_hop + k].link);
		wr_be32(w, s->hops[d->first_hop + k].gw);
	}
}

uint8_t *
restart_file_write(const struct restart_file *f, size_t *len)
{
	const struct ospf_restart *r = &f->r;
	const struct rib_source *s = &f->routes;
	size_t cap = HEAD_LEN + ITEM_LEN + PROCESS_LEN +
			(size_t)r->n_ifs * (ITEM_LEN + INTERFACE_LEN) +
			(size_t)r->n_nbrs * (ITEM_LEN + NEIGHBOUR_LEN) +
			(size_t)s->n_names * (ITEM_LEN + LINK_LEN) +
			(size_t)s->n_routes * (ITEM_LEN + ROUTE_LEN);
	uint8_t *buf;
	struct wr w;

	for (uint32_t i = 0; i < s->n_routes; i++) /* routes may share their hops */
		cap += (size_t)s->routes[i].n_hops * HOP_LEN;
	buf = malloc(cap);
	if (buf == NULL)
		return NULL;
	w = wr_init(buf, cap);
	wr_be32(&w, MAGIC);
	wr_be64(&w, 0);
	item(&w, PROCESS, PROCESS_LEN);
	wr_be64(&w, f->boot_id);
	wr_be32(&w, r->router_id);
	wr_be16(&w, r->period_s);
	wr_u8(&w, r->reason);
	wr_be64(&w, r->asked_ms);
	for (uint32_t i = 0; i < r->n_ifs; i++)
		put_if(&w, r, &r->ifs[i]);
	for (uint32_t i = 0; i < s->n_names; i++) {
		item(&w, LINK, LINK_LEN);
		put_name(&w, s->names[i], LINK_LEN);
	}
	for (uint32_t i = 0; i < s->n_routes; i++)
		put_route(&w, s, &s->routes[i]);
	*len = w.len;
	w.len = 4;
	wr_be64(&w, sum_of(buf + HEAD_LEN, *len - HEAD_LEN));
	return buf;
}

/* ---- reading ----------------------------------------------------------------------------- */

/* Lists as they grow; their room is known from counting the items. */
struct lists {
	struct ospf_restart_if *ifs;
	struct ospf_restart_nbr *nbrs;
	char (*names)[RIB_LINK_NAME];
	struct rib_dyn *routes;
	struct rib_hop *hops;
	uint32_t n_ifs, n_nbrs, n_names, n_routes, n_hops, n_process;
};

static bool
is_name(const char *name, size_t room)
{
	return name[0] != '\0' && memchr(name, '\0', room) != NULL;
}

static bool
get_process(struct rd *r, struct restart_file *out)
{
	out->boot_id = rd_be64(r);
	out->r.router_id = rd_be32(r);
	out->r.period_s = rd_be16(r);
	out->r.reason = rd_u8(r);
	out->r.asked_ms = rd_be64(r);
	return out->r.period_s >= OSPF_GRACE_MIN_S && out->r.period_s <= OSPF_GRACE_MAX_S;
}

static bool
get_if(struct rd *r, struct lists *l)
{
	struct ospf_restart_if *i = &l->ifs[l->n_ifs++];

	rd_copy(r, i->name, sizeof(i->name));
	i->area = rd_be32(r);
	i->dr = rd_be32(r);
	i->bdr = rd_be32(r);
	i->grace_seq = (int32_t)rd_be32(r);
	i->crypt_seq = rd_be64(r);
	i->first_nbr = l->n_nbrs;
	return is_name(i->name, sizeof(i->name));
}

static bool
get_nbr(struct rd *r, struct lists *l)
{
	struct ospf_restart_nbr *n = &l->nbrs[l->n_nbrs];
	uint8_t flags;

	if (l->n_ifs == 0)
		return false;
	n->router_id = rd_be32(r);
	flags = rd_u8(r);
	n->full = (flags & FLAG_FULL) != 0;
	n->crypt_seen = (flags & FLAG_SEEN) != 0;
	for (int t = 0; t < 5; t++)
		n->crypt_seq[t] = rd_be64(r);
	l->n_nbrs++;
	l->ifs[l->n_ifs - 1].n_nbrs++;
	return true;
}

static bool
get_name(struct rd *r, struct lists *l)
{
	char *name = l->names[l->n_names++];

	rd_copy(r, name, RIB_LINK_NAME);
	return is_name(name, RIB_LINK_NAME);
}

/* Each prefix once, in their order. */
static bool
is_next(const struct lists *l, const struct ip4_prefix *p)
{
	const struct ip4_prefix *last;

	if (l->n_routes == 0)
		return true;
	last = &l->routes[l->n_routes - 1].prefix;
	return p->addr != last->addr ? p->addr > last->addr : p->len > last->len;
}

static bool
get_route(struct rd *r, struct lists *l)
{
	struct rib_dyn *d = &l->routes[l->n_routes];
	uint16_t n_hops;
	uint8_t null;

	d->prefix.addr = rd_be32(r);
	d->prefix.len = rd_u8(r);
	d->kind = rd_u8(r);
	d->distance = rd_u8(r);
	null = rd_u8(r);
	d->null = null == 1;
	d->metric = rd_be32(r);
	d->tag = rd_be32(r);
	n_hops = rd_be16(r);
	if (d->prefix.len > 32 || (d->prefix.addr & ~ip4_mask(d->prefix.len)) != 0 ||
			!is_next(l, &d->prefix) || d->kind == RIB_KIND_NONE ||
			d->kind >= RIB_N_KINDS || null > 1 || d->null != (n_hops == 0) ||
			rd_left(r) < (size_t)n_hops * HOP_LEN)
		return false;
	d->first_hop = l->n_hops;
	d->n_hops = n_hops;
	for (; n_hops > 0; n_hops--) {
		struct rib_hop *h = &l->hops[l->n_hops++];

		h->link = rd_be32(r);
		h->gw = rd_be32(r);
		if (h->link >= l->n_names)
			return false;
	}
	l->n_routes++;
	return true;
}

static bool
get_item(uint16_t type, struct rd *v, struct lists *l, struct restart_file *out)
{
	bool ok = true;

	switch (type) {
	case PROCESS:
		ok = l->n_process++ == 0 && get_process(v, out);
		break;
	case INTERFACE:
		ok = get_if(v, l);
		break;
	case NEIGHBOUR:
		ok = get_nbr(v, l);
		break;
	case LINK:
		ok = get_name(v, l);
		break;
	case ROUTE:
		ok = get_route(v, l);
		break;
	}
	return ok && !v->bad;
}

/* How much room the lists need. False: the items do not fill the file. */
static bool
count(struct rd r, uint32_t n[N_ITEMS], size_t *hops)
{
	*hops = 0;
	while (rd_left(&r) > 0) {
		uint16_t type = rd_be16(&r);
		uint32_t len = rd_be32(&r);

		rd_bytes(&r, len);
		if (r.bad)
			return false;
		if (type < N_ITEMS)
			n[type]++;
		if (type == ROUTE)
			*hops += len / HOP_LEN;
	}
	return true;
}

static void
lists_free(struct lists *l)
{
	free(l->ifs);
	free(l->nbrs);
	free(l->names);
	free(l->routes);
	free(l->hops);
}

static int
lists_alloc(struct lists *l, struct rd r)
{
	uint32_t n[N_ITEMS] = { 0 };
	size_t hops;

	if (!count(r, n, &hops))
		return -EBADMSG;
	l->ifs = calloc(n[INTERFACE] + 1u, sizeof(*l->ifs));
	l->nbrs = calloc(n[NEIGHBOUR] + 1u, sizeof(*l->nbrs));
	l->names = calloc(n[LINK] + 1u, sizeof(*l->names));
	l->routes = calloc(n[ROUTE] + 1u, sizeof(*l->routes));
	l->hops = calloc(hops + 1u, sizeof(*l->hops));
	return l->ifs != NULL && l->nbrs != NULL && l->names != NULL && l->routes != NULL &&
			l->hops != NULL ? 0 : -ENOMEM;
}

int
restart_file_read(const uint8_t *data, size_t len, struct restart_file *out)
{
	struct rd r = rd_init(data, len);
	struct lists l = { 0 };
	int err;

	memset(out, 0, sizeof(*out));
	if (rd_be32(&r) != MAGIC || rd_be64(&r) != sum_of(r.p, rd_left(&r)) || r.bad)
		return -EBADMSG;
	err = lists_alloc(&l, r);
	while (err == 0 && rd_left(&r) > 0) {
		uint16_t type = rd_be16(&r);
		struct rd v = rd_sub(&r, rd_be32(&r));

		if (!get_item(type, &v, &l, out))
			err = -EBADMSG;
	}
	if (err == 0 && l.n_process == 0)
		err = -EBADMSG;
	if (err != 0) {
		lists_free(&l);
		memset(out, 0, sizeof(*out));
		return err;
	}
	out->r.ifs = l.ifs;
	out->r.n_ifs = l.n_ifs;
	out->r.nbrs = l.nbrs;
	out->r.n_nbrs = l.n_nbrs;
	out->routes = (struct rib_source){ .routes = l.routes, .n_routes = l.n_routes,
		.hops = l.hops, .n_hops = l.n_hops,
		.names = (const char(*)[RIB_LINK_NAME])l.names, .n_names = l.n_names };
	return 0;
}

void
restart_file_fini(struct restart_file *f)
{
	ospf_restart_fini(&f->r);
	free((void *)(uintptr_t)f->routes.routes);
	free((void *)(uintptr_t)f->routes.hops);
	free((void *)(uintptr_t)f->routes.names);
	memset(f, 0, sizeof(*f));
}
