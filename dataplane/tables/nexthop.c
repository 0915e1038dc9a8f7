/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * nexthop - the tables of next hops and ECMP groups, and the hop words that routes lead to.
 *
 * A change runs downstream: interface -> next hops on it -> tunnels that have one of them as
 * underlay -> next hops that lead into these tunnels -> groups that have one of them as their only
 * member. Each step makes new structs, publishes them with one store and frees the old ones later.
 *
 * Groups of one. Routes lead to them so that all can be sent another way by one change; a packet
 * must not pay for that. So the word of such a group is a copy of its member's.
 */
#include <errno.h>
#include <string.h>

#include <rte_ether.h>
#include <rte_malloc.h>

#include "common/inet.h"
#include "dataplane/tables/tables_int.h"

static int
nexthop_check(const struct tables *t, const struct chan_nh *c, const char **field)
{
	struct rte_ether_addr mac;
	struct ip6_addr gw6;

	if (c->nh_id >= t->max_nhs)
		return refuse(field, "nh.nh_id", -EINVAL);
	if (c->type > CHAN_NH_TUN)
		return refuse(field, "nh.type", -EINVAL);
	if (c->type == CHAN_NH_TUN) {
		if (c->tun_id >= t->max_tunnels)
			return refuse(field, "nh.tun_id", -EINVAL);
		if (t->tun_recs[c->tun_id].cur == NULL)
			return refuse(field, "nh.tun_id", -ENOENT);
	}
	if (c->type != CHAN_NH_GLEAN && c->type != CHAN_NH_ADJ)
		return 0;
	if (c->if_id >= CHAN_MAX_IFS)
		return refuse(field, "nh.if_id", -EINVAL);
	if (t->if_recs[c->if_id].cur == NULL)
		return refuse(field, "nh.if_id", -ENOENT);
	if (c->type == CHAN_NH_GLEAN)
		return 0;
	memcpy(&gw6, c->gw6, sizeof(gw6));
	if (!ip6_is_zero(&gw6)) {
		if (!ip6_is_unicast_host(&gw6))
			return refuse(field, "nh.gw6", -EINVAL);
		if (c->gw != 0)
			return refuse(field, "nh.gw", -EINVAL);
	} else if (!ip4_is_unicast_host(c->gw)) {
		return refuse(field, "nh.gw", -EINVAL);
	}
	if (c->resolved > 1)
		return refuse(field, "nh.resolved", -EINVAL);
	memcpy(&mac, c->mac, sizeof(mac));
	if (c->resolved && !rte_is_valid_assigned_ether_addr(&mac))
		return refuse(field, "nh.mac", -EINVAL);
	return 0;
}

/* The message without what it says in fields that do not count for its type. */
static struct chan_nh
nexthop_normal(const struct chan_nh *c)
{
	struct chan_nh n = { .nh_id = c->nh_id, .type = c->type };

	if (c->type == CHAN_NH_TUN)
		n.tun_id = c->tun_id;
	if (c->type == CHAN_NH_GLEAN || c->type == CHAN_NH_ADJ)
		n.if_id = c->if_id;
	if (c->type == CHAN_NH_ADJ) {
		n.gw = c->gw;
		memcpy(n.gw6, c->gw6, sizeof(n.gw6));
		n.resolved = c->resolved;
		if (c->resolved)
			memcpy(n.mac, c->mac, sizeof(n.mac));
	}
	return n;
}

static void
nexthop_write_l2(struct nexthop *nh, const struct iface *i, const uint8_t dst[6])
{
	uint8_t *p = nh->l2 + NH_L2_ROOM - nh->l2_len;

	memcpy(p, dst, 6);
	memcpy(p + 6, &i->mac, 6);
	p += 12;
	if (i->vlan != 0) {
		*p++ = RTE_ETHER_TYPE_VLAN >> 8;
		*p++ = RTE_ETHER_TYPE_VLAN & 0xff;
		*p++ = (uint8_t)(i->vlan >> 8);
		*p++ = (uint8_t)i->vlan;
	}
	*p++ = RTE_ETHER_TYPE_IPV4 >> 8;
	*p++ = RTE_ETHER_TYPE_IPV4 & 0xff;
}

static struct nexthop *
nexthop_build(const struct tables *t, const struct chan_nh *c)
{
	const struct iface *i = t->if_recs[c->if_id].cur;
	struct nexthop *nh = tables_alloc(t, sizeof(*nh));

	if (nh == NULL)
		return NULL;
	nh->l2_len = i->vlan != 0 ? 18 : 14;
	nexthop_write_l2(nh, i, c->mac);
	nh->resolved = c->resolved;
	nh->port = i->port;
	nh->mtu = i->mtu;
	nh->if_id = i->id;
	nh->nh_id = c->nh_id;
	nh->gw = c->gw;
	memcpy(&nh->gw6, c->gw6, sizeof(nh->gw6));
	return nh;
}

static hop_t
nexthop_hop(const struct tables *t, const struct chan_nh *c, const struct nexthop *nh)
{
	switch ((enum chan_nh_type)c->type) {
	case CHAN_NH_LOCAL:
		return HOP_LOCAL;
	case CHAN_NH_TUN:
		return (hop_t)t->tun_recs[c->tun_id].cur | HOP_TUN;
	case CHAN_NH_GLEAN:
	case CHAN_NH_ADJ:
		if (!t->if_recs[c->if_id].cur->admin_up)
			return (hop_t)nh | HOP_DOWN;
		if (c->type == CHAN_NH_GLEAN)
			return (hop_t)nh | HOP_GLEAN;
		return (hop_t)nh | (c->resolved ? HOP_ADJ : HOP_WAIT);
	case CHAN_NH_DROP:
		break;
	}
	return HOP_NONE;
}

void
nexthop_hop_store(struct tables *t, struct nh_rec *rec, hop_t hop)
{
	struct nhg_rec *g;

	__atomic_store_n(&t->hops[hop_of_nh(rec->cfg.nh_id)], hop, __ATOMIC_RELEASE);
	LIST_FOREACH(g, &rec->ones, by_only)
		__atomic_store_n(&t->hops[hop_of_nhg(t, g->cfg.nhg_id)], hop, __ATOMIC_RELEASE);
}

/* Something that @rec is made of has changed (interface, tunnel): publish its hop anew. */
static int
nexthop_publish(struct tables *t, struct nh_rec *rec)
{
	const struct chan_nh *c = &rec->cfg;
	struct nexthop *old = rec->cur, *nh = NULL;
	struct tun_rec *tun;
	int err = 0;

	if (c->type == CHAN_NH_GLEAN || c->type == CHAN_NH_ADJ) {
		nh = nexthop_build(t, c);
		if (nh == NULL)
			return -ENOMEM;
	}
	rec->cur = nh;
	nexthop_hop_store(t, rec, nexthop_hop(t, c, nh));
	tables_free_later(t, old);
	LIST_FOREACH(tun, &rec->tuns, by_nh)
		if (tunnel_publish(t, tun) != 0)
			err = -ENOMEM;
	return err;
}

/* Count what a next hop refers to, or no longer refers to. */
static void
nexthop_link(struct tables *t, struct nh_rec *rec)
{
	if (rec->cfg.type == CHAN_NH_GLEAN || rec->cfg.type == CHAN_NH_ADJ)
		t->if_recs[rec->cfg.if_id].n_refs++;
	else if (rec->cfg.type == CHAN_NH_TUN)
		LIST_INSERT_HEAD(&t->tun_recs[rec->cfg.tun_id].nhs, rec, by_tun);
}

static void
nexthop_unlink(struct tables *t, struct nh_rec *rec)
{
	if (rec->cfg.type == CHAN_NH_GLEAN || rec->cfg.type == CHAN_NH_ADJ)
		t->if_recs[rec->cfg.if_id].n_refs--;
	else if (rec->cfg.type == CHAN_NH_TUN)
		LIST_REMOVE(rec, by_tun);
}

int
nexthop_set(struct tables *t, const struct chan_nh *msg, const char **field)
{
	struct chan_nh c, old;
	struct nh_rec *rec;
	bool was;
	int err = nexthop_check(t, msg, field);

	if (err != 0)
		return err;
	c = nexthop_normal(msg);
	rec = &t->nh_recs[c.nh_id];
	if (!LIST_EMPTY(&rec->tuns) && !nexthop_is_underlay(&c))
		return refuse(field, "nh.type", -EBUSY);
	rec->mark = t->sync;
	if (rec->present && memcmp(&rec->cfg, &c, sizeof(c)) == 0)
		return 0;
	old = rec->cfg;
	was = rec->present;
	if (was)
		nexthop_unlink(t, rec);
	rec->cfg = c;
	rec->present = true;
	nexthop_link(t, rec);
	err = nexthop_publish(t, rec);
	if (err == 0)
		return 0;
	nexthop_unlink(t, rec);
	rec->cfg = old;
	rec->present = was;
	if (was)
		nexthop_link(t, rec);
	return refuse(field, "nh.nh_id", err);
}

static void
nexthop_remove(struct tables *t, struct nh_rec *rec)
{
	__atomic_store_n(&t->hops[hop_of_nh(rec->cfg.nh_id)], HOP_NONE, __ATOMIC_RELEASE);
	nexthop_unlink(t, rec);
	tables_free_later(t, rec->cur);
	rec->cur = NULL;
	rec->present = false;
	memset(&rec->cfg, 0, sizeof(rec->cfg));
}

int
nexthop_del(struct tables *t, uint32_t nh_id, const char **field)
{
	if (nh_id >= t->max_nhs)
		return refuse(field, "nh.nh_id", -EINVAL);
	if (!t->nh_recs[nh_id].present)
		return 0;
	if (t->nh_recs[nh_id].n_refs != 0)
		return refuse(field, "nh.nh_id", -EBUSY);
	nexthop_remove(t, &t->nh_recs[nh_id]);
	return 0;
}

int
nexthop_if_changed(struct tables *t, uint32_t if_id)
{
	uint32_t left = t->if_recs[if_id].n_refs;
	int err = 0;

	for (uint32_t id = 0; id < t->max_nhs && left != 0; id++) {
		struct nh_rec *rec = &t->nh_recs[id];

		if (!rec->present || rec->cfg.if_id != if_id ||
				(rec->cfg.type != CHAN_NH_GLEAN && rec->cfg.type != CHAN_NH_ADJ))
			continue;
		left--;
		if (nexthop_publish(t, rec) != 0)
			err = -ENOMEM;
	}
	return err;
}

void
nexthop_sweep(struct tables *t, bool tunnels_only)
{
	for (uint32_t id = 0; id < t->max_nhs; id++) {
		struct nh_rec *rec = &t->nh_recs[id];

		if (!rec->present || rec->n_refs != 0 || !unnamed(t, rec->mark))
			continue;
		if (!tunnels_only || rec->cfg.type == CHAN_NH_TUN)
			nexthop_remove(t, rec);
	}
}

void
hop_ref(struct tables *t, uint32_t hop, int d)
{
	uint32_t id = hop - 1;

	if (id < t->max_nhs)
		t->nh_recs[id].n_refs += (uint32_t)d;
	else
		t->nhg_recs[id - t->max_nhs].n_refs += (uint32_t)d;
}

static int
nhgroup_check(const struct tables *t, const struct chan_nhg *c, const char **field)
{
	if (c->nhg_id >= t->max_nhgs)
		return refuse(field, "nhg.nhg_id", -EINVAL);
	if (c->n < 1 || c->n > CHAN_ECMP_MAX)
		return refuse(field, "nhg.n", -EINVAL);
	for (uint32_t k = 0; k < c->n; k++) {
		if (c->nh_ids[k] >= t->max_nhs)
			return refuse(field, "nhg.nh_ids", -EINVAL);
		if (!t->nh_recs[c->nh_ids[k]].present)
			return refuse(field, "nhg.nh_ids", -ENOENT);
	}
	return 0;
}

/* @g, whose configuration is @rec's, in place of what the group was. */
static void
nhgroup_publish(struct tables *t, struct nhg_rec *rec, struct nhgroup *g)
{
	hop_t hop = (hop_t)g | HOP_GROUP;

	if (g->n == 1) {
		LIST_INSERT_HEAD(&t->nh_recs[rec->cfg.nh_ids[0]].ones, rec, by_only);
		hop = hop_by_number(t, g->hops[0]);
	}
	rec->cur = g;
	__atomic_store_n(&t->hops[hop_of_nhg(t, rec->cfg.nhg_id)], hop, __ATOMIC_RELEASE);
}

int
nhgroup_set(struct tables *t, const struct chan_nhg *msg, const char **field)
{
	struct chan_nhg c = { 0 };
	struct nhgroup *g, *old;
	struct nhg_rec *rec;
	int err = nhgroup_check(t, msg, field);

	if (err != 0)
		return err;
	c.nhg_id = msg->nhg_id;
	c.n = msg->n;
	memcpy(c.nh_ids, msg->nh_ids, c.n * sizeof(c.nh_ids[0]));
	rec = &t->nhg_recs[c.nhg_id];
	old = rec->cur;
	if (old == NULL || memcmp(&rec->cfg, &c, sizeof(c)) != 0) {
		g = tables_alloc(t, sizeof(*g));
		if (g == NULL)
			return refuse(field, "nhg.nhg_id", -ENOMEM);
		g->n = c.n;
		for (uint32_t k = 0; k < c.n; k++) {
			g->hops[k] = hop_of_nh(c.nh_ids[k]);
			hop_ref(t, g->hops[k], 1);
		}
		for (uint32_t k = 0; old != NULL && k < old->n; k++)
			hop_ref(t, old->hops[k], -1);
		if (old != NULL && old->n == 1)
			LIST_REMOVE(rec, by_only);
		rec->cfg = c;
		nhgroup_publish(t, rec, g);
		tables_free_later(t, old);
	}
	rec->mark = t->sync;
	return 0;
}

static void
nhgroup_remove(struct tables *t, struct nhg_rec *rec)
{
	struct nhgroup *g = rec->cur;

	__atomic_store_n(&t->hops[hop_of_nhg(t, rec->cfg.nhg_id)], HOP_NONE, __ATOMIC_RELEASE);
	for (uint32_t k = 0; k < g->n; k++)
		hop_ref(t, g->hops[k], -1);
	if (g->n == 1)
		LIST_REMOVE(rec, by_only);
	rec->cur = NULL;
	tables_free_later(t, g);
}

int
nhgroup_del(struct tables *t, uint32_t nhg_id, const char **field)
{
	if (nhg_id >= t->max_nhgs)
		return refuse(field, "nhg.nhg_id", -EINVAL);
	if (t->nhg_recs[nhg_id].cur == NULL)
		return 0;
	if (t->nhg_recs[nhg_id].n_refs != 0)
		return refuse(field, "nhg.nhg_id", -EBUSY);
	nhgroup_remove(t, &t->nhg_recs[nhg_id]);
	return 0;
}

void
nhgroup_sweep(struct tables *t)
{
	for (uint32_t id = 0; id < t->max_nhgs; id++) {
		struct nhg_rec *rec = &t->nhg_recs[id];

		if (rec->cur != NULL && rec->n_refs == 0 && unnamed(t, rec->mark))
			nhgroup_remove(t, rec);
	}
}

void
nexthop_fini(struct tables *t)
{
	for (uint32_t id = 0; id < t->max_nhs; id++)
		rte_free(t->nh_recs[id].cur);
	for (uint32_t id = 0; id < t->max_nhgs; id++)
		rte_free(t->nhg_recs[id].cur);
}
