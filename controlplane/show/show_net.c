/* SPDX-License-Identifier: BSD-3-Clause */
/* `show interface`, `show ip route`, `show arp`, `show drops`. */
#include <stdio.h>
#include <string.h>

#include "common/inet.h"
#include "controlplane/config/config.h"
#include "controlplane/dataplane/dplink.h"
#include "controlplane/iface/iface.h"
#include "controlplane/neigh/neigh.h"
#include "controlplane/rib/rib.h"
#include "controlplane/show/show_int.h"

/* ---- interfaces -------------------------------------------------------------------------- */

static json_t *
addresses(const struct cfg_interface *c)
{
	json_t *a = json_array();
	char buf[IP4_PREFIX_STR_LEN];

	for (uint8_t i = 0; i < c->n_addrs; i++)
		json_array_append_new(a, json_string(ip4_prefix_str(&c->addrs[i], buf)));
	return a;
}

static json_t *
addresses6(const struct iface *f)
{
	struct ip6_prefix addrs[CFG_ADDRS_MAX];
	uint8_t n = f->link != IFACE_MISSING ? iface_addrs6(f, addrs) : 0;
	json_t *a = json_array();
	char buf[IP6_PREFIX_STR_LEN];

	for (uint8_t i = 0; i < n; i++)
		json_array_append_new(a, json_string(ip6_prefix_str(&addrs[i], buf)));
	return a;
}

/* null: not configured. */
static json_t *
dampening_json(const struct iface *f)
{
	struct damp_cfg c = iface_damp_cfg(f);
	uint64_t now_ms = cp_now_ms(), reuse_ms = damp_reuse_ms(&f->damp, &c, now_ms);

	if (c.half_life_s == 0)
		return json_null();
	return json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:b, s:I, s:I, s:I}", "half_life_s",
			(int)c.half_life_s, "reuse", (int)c.reuse, "suppress", (int)c.suppress,
			"max_suppress_s", (int)damp_max_suppress_s(&c), "max_penalty",
			(int)damp_penalty_max(&c), "restart", (int)f->cfg->damp_restart, "penalty",
			(int)damp_penalty(&f->damp, &c, now_ms), "suppressed",
			(int)f->damp.suppressed, "reuse_in_s",
			(json_int_t)(reuse_ms > now_ms ? (reuse_ms - now_ms + 999) / 1000 : 0), "flaps",
			(json_int_t)f->damp.n_flaps, "suppressions",
			(json_int_t)f->damp.n_suppressed);
}

void
show_verify(json_t *o, uint8_t verify4, uint8_t verify6)
{
	static const char *const names[] = { "", "rx", "any" };

	json_object_set_new(o, "verify_source", show_text(names[verify4]));
	json_object_set_new(o, "ipv6_verify_source", show_text(names[verify6]));
}

static json_t *
interface_json(const struct show *s, const struct iface *f)
{
	static const char *const links[] = { "missing", "down", "up" };
	struct chan_if_stats st;
	struct chan_port_info p;
	char mac[MAC_STR_LEN];
	bool there = f->link != IFACE_MISSING && !iface_is_loopback(f);
	json_t *o;

	counters_if(s, f->if_id, &st);
	counters_port(s, f->port, &p);
	o = json_pack("{s:s, s:o, s:o, s:s, s:i, s:o, s:i, s:b, s:s, s:s, s:{s:i, s:i, s:I}, "
			 "s:o, s:o, s:o, s:I, s:I, "
			 "s:I, s:I, s:o, "
			 "s:{s:I, s:I, s:I, s:I, s:I, s:I, s:I}}",
			"name", f->cfg->name, "ipv6_addresses", addresses6(f), "description",
			show_text(f->cfg->description), "port",
			iface_is_loopback(f) ? "none" : f->cfg->port, "vlan", (int)f->cfg->vlan,
			"mac", there ? json_string(mac_str(f->mac, mac)) : json_null(), "mtu",
			(int)f->mtu, "enabled", (int)f->cfg->enabled, "link", links[f->link],
			"carrier", links[f->carrier], "carrier_delay", "down_ms",
			(int)f->cfg->carrier_down_ms, "up_ms", (int)f->cfg->carrier_up_ms, "held",
			(json_int_t)f->n_held, "dampening", dampening_json(f), "speed_mbps",
			f->speed_mbps != 0 ? json_integer(f->speed_mbps) : json_null(), "addresses",
			addresses(f->cfg), "in_packets", (json_int_t)st.in_packets, "in_bytes",
			(json_int_t)st.in_bytes, "out_packets", (json_int_t)st.out_packets,
			"out_bytes", (json_int_t)st.out_bytes, "rates", rates_json(s, f->if_id),
			"hw", "rx_packets", (json_int_t)p.rx_packets, "rx_bytes",
			(json_int_t)p.rx_bytes, "tx_packets", (json_int_t)p.tx_packets, "tx_bytes",
			(json_int_t)p.tx_bytes, "rx_missed", (json_int_t)p.rx_missed, "rx_errors",
			(json_int_t)p.rx_errors, "tx_errors", (json_int_t)p.tx_errors);
	if (o != NULL)
		show_verify(o, f->cfg->verify4, f->cfg->verify6);
	return o;
}

struct interface_cursor {
	bool begun;
	uint32_t at; /* behind @last, when that was written */
	char last[CFG_NAME_MAX];
};

/* The first one behind @c->last; they are in the order of their names. */
static uint32_t
interface_after(const struct ifaces *x, const struct interface_cursor *c)
{
	uint32_t i = c->at;

	if (i == 0 || (i <= ifaces_n(x) && strcmp(ifaces_at(x, i - 1)->cfg->name, c->last) == 0))
		return i;
	for (i = 0; i < ifaces_n(x) && strcmp(ifaces_at(x, i)->cfg->name, c->last) <= 0;)
		i++;
	return i;
}

static bool
interface_next(void *ctx, const json_t *params, void *cursor, struct mgmt_out *out)
{
	const struct show *s = ctx;
	const struct ifaces *x = s->cp->ifaces;
	struct interface_cursor *c = cursor;
	const struct iface *f;

	if (!c->begun)
		mgmt_out_array(out, "interfaces");
	c->begun = true;
	c->at = interface_after(x, c);
	if (c->at >= ifaces_n(x)) {
		mgmt_out_end(out);
		return false;
	}
	f = ifaces_at(x, c->at++);
	memcpy(c->last, f->cfg->name, sizeof(c->last));
	if (show_wanted(params, f->cfg->name))
		mgmt_out_put(out, NULL, interface_json(s, f));
	return true;
}

const struct mgmt_parts show_interface_parts = { .cursor_size = sizeof(struct interface_cursor),
	.next = interface_next };

/* ---- routes ------------------------------------------------------------------------------ */

static json_t *
via_json(const struct cp *cp, const struct rib_route *r, const struct rib_via *v)
{
	bool resolved = v->resolved;
	const char *name = v->null ? "null0" : NULL;

	if (v->link != RIB_NO_LINK) {
		const struct rib_link *l = rib_link(cp->rib, v->link);

		name = l->name;
		/* A gateway on an interface is resolved when it answers ARP. */
		if (resolved && v->gw != 0 && !l->is_tunnel)
			resolved = r->installed && neigh_lookup4(cp->neigh, l->id, v->gw, NULL) !=
								   NEIGH_FAILED;
	}
	return json_pack("{s:o, s:o, s:b}", "via", v->gw != 0 ? show_addr(v->gw) : json_null(),
			"interface", name != NULL ? json_string(name) : json_null(), "resolved",
			(int)resolved);
}

void
show_route_more(json_t *o, enum rib_proto proto, enum rib_kind kind, uint32_t tag, const char *why)
{
	json_object_set_new(o, "code", json_string(rib_code_str(proto, kind)));
	if (rib_kind_str(kind) != NULL)
		json_object_set_new(o, "kind", json_string(rib_kind_str(kind)));
	if (tag != 0)
		json_object_set_new(o, "tag", json_integer(tag));
	if (why != NULL)
		json_object_set_new(o, "why", json_string(why));
}

static json_t *
route_json(const struct cp *cp, const struct rib_route *r, uint64_t now_s)
{
	char prefix[IP4_PREFIX_STR_LEN];
	json_t *vias = json_array();
	json_t *o;

	for (uint32_t i = 0; i < r->n_vias; i++)
		json_array_append_new(vias, via_json(cp, r, &r->vias[i]));
	o = json_pack("{s:s, s:s, s:i, s:I, s:b, s:I, s:o}", "prefix",
			ip4_prefix_str(&r->prefix, prefix), "protocol", rib_proto_str(r->proto),
			"distance", (int)r->distance, "metric", (json_int_t)r->metric, "installed",
			(int)r->installed, "age_s", (json_int_t)(now_s - r->since_s), "next_hops",
			vias);
	show_route_more(o, r->proto, r->kind, r->tag, r->installed ? NULL : r->why);
	return o;
}

struct route_cursor {
	bool begun;
	uint32_t at; /* behind @last, when that was written */
	struct rib_route last;
};

static bool
route_next(void *ctx, const json_t *params, void *cursor, struct mgmt_out *out)
{
	const struct show *s = ctx;
	struct route_cursor *c = cursor;
	const struct rib_route *r;
	uint32_t n;

	r = rib_routes(s->cp->rib, &n);
	if (!c->begun)
		mgmt_out_array(out, "routes");
	else
		c->at = rib_routes_after(s->cp->rib, &c->last, c->at);
	c->begun = true;
	if (c->at >= n) {
		mgmt_out_end(out);
		return false;
	}
	c->last = r[c->at++];
	mgmt_out_put(out, NULL, route_json(s->cp, &c->last, cp_now_ms() / 1000));
	return true;
}

const struct mgmt_parts show_route_parts = { .cursor_size = sizeof(struct route_cursor),
	.next = route_next };

static json_t *
recursive_json(const struct rib *rib, const struct rib_recursive *x)
{
	const struct rib_fib *f = rib_lookup(rib, x->destination);
	char prefix[IP4_PREFIX_STR_LEN], way[IP4_PREFIX_STR_LEN];

	return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "prefix",
			ip4_prefix_str(&x->prefix, prefix), "protocol", rib_proto_str(x->proto),
			"into", rib_link(rib, x->link)->name, "tunnel",
			rib_link(rib, x->tunnel)->name, "destination", show_addr(x->destination),
			"uses", f != NULL ? json_string(ip4_prefix_str(&f->prefix, way))
					  : json_null());
}

struct recursive_cursor {
	bool begun;
	uint32_t at; /* behind @last, when that was written */
	struct rib_recursive last;
};

static bool
is_behind(const struct rib_recursive *x, const struct ip4_prefix *p)
{
	return x->prefix.addr != p->addr ? x->prefix.addr > p->addr : x->prefix.len > p->len;
}

/* They are by prefix; of one that has several, all come unless something changes there. */
static uint32_t
recursive_after(const struct rib_recursive *x, uint32_t n, const struct recursive_cursor *c)
{
	uint32_t i = c->at;

	if (i == 0 || (i <= n && x[i - 1].prefix.addr == c->last.prefix.addr &&
				      x[i - 1].prefix.len == c->last.prefix.len))
		return i;
	for (i = 0; i < n && !is_behind(&x[i], &c->last.prefix);)
		i++;
	return i;
}

static bool
recursive_next(void *ctx, const json_t *params, void *cursor, struct mgmt_out *out)
{
	const struct show *s = ctx;
	struct recursive_cursor *c = cursor;
	uint32_t n;
	const struct rib_recursive *x = rib_recursives(s->cp->rib, &n);

	if (!c->begun)
		mgmt_out_array(out, "recursive");
	c->begun = true;
	c->at = recursive_after(x, n, c);
	if (c->at >= n) {
		mgmt_out_end(out);
		return false;
	}
	c->last = x[c->at++];
	mgmt_out_put(out, NULL, recursive_json(s->cp->rib, &c->last));
	return true;
}

const struct mgmt_parts show_recursive_parts = { .cursor_size = sizeof(struct recursive_cursor),
	.next = recursive_next };

/* ---- drops ------------------------------------------------------------------------------- */

static json_t *
worker_json(const struct show *s, uint32_t i, const struct chan_worker_stats *w)
{
	uint64_t drops = 0;

	for (int k = 0; k < CHAN_N_DROPS; k++)
		drops += w->drops[k];
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:I, s:I}", "worker",
			(json_int_t)i, "rx", (json_int_t)w->rx, "tx", (json_int_t)w->tx, "injected",
			(json_int_t)w->injected, "made", (json_int_t)w->made, "absorbed",
			(json_int_t)w->absorbed, "held", (json_int_t)w->held, "drops",
			(json_int_t)drops, "busy_percent", s->busy_percent[i], "polls",
			(json_int_t)w->polls, "sleeps", (json_int_t)w->sleeps);
}

json_t *
show_drops(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct show *s = ctx;
	const struct chan_client *c = dplink_client(s->cp->dplink);
	json_t *reasons = json_array(), *punt = json_array(), *workers = json_array();
	uint32_t n = c != NULL ? chan_client_stats(c)->n_workers : 0;
	uint64_t drops[CHAN_N_DROPS] = { 0 };
	uint64_t punted[CHAN_N_CLASSES] = { 0 }, dropped[CHAN_N_CLASSES] = { 0 };
	struct chan_worker_stats w;

	for (uint32_t i = 0; i < n && i < CHAN_MAX_WORKERS; i++) {
		counters_worker(s, i, &w);
		for (int k = 0; k < CHAN_N_DROPS; k++)
			drops[k] += w.drops[k];
		for (int k = 0; k < CHAN_N_CLASSES; k++) {
			punted[k] += w.punted[k];
			dropped[k] += w.punt_drops[k];
		}
		json_array_append_new(workers, worker_json(s, i, &w));
	}
	for (unsigned int k = 0; k < CHAN_N_DROPS; k++)
		json_array_append_new(
				reasons, json_pack("{s:s, s:s, s:I}", "name", chan_drop_str(k),
							 "text", chan_drop_text(k), "packets",
							 (json_int_t)drops[k]));
	for (unsigned int k = 0; k < CHAN_N_CLASSES; k++)
		json_array_append_new(punt, json_pack("{s:s, s:I, s:I}", "class", chan_class_str(k),
							    "punted", (json_int_t)punted[k],
							    "dropped", (json_int_t)dropped[k]));
	return json_pack("{s:o, s:o, s:o}", "reasons", reasons, "punt", punt, "workers", workers);
}
