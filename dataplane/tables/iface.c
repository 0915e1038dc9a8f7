/* SPDX-License-Identifier: BSD-3-Clause */
/* iface - the table of IP interfaces: by id, and by port and VLAN for received frames. */
#include <errno.h>
#include <string.h>

#include <rte_malloc.h>

#include "common/inet.h"
#include "dataplane/tables/tables_int.h"

bool
iface_is_bcast(const struct iface *i, uint32_t addr)
{
	for (unsigned int k = 0; k < i->n_addrs; k++) {
		uint32_t mask = i->masks[k];

		/* RFC 3021: a /31 has no broadcast address, nor has a /32. */
		if (mask >= UINT32_C(0xfffffffe) || ((addr ^ i->addrs[k]) & mask) != 0)
			continue;
		if ((addr & ~mask) == 0 || (addr | mask) == UINT32_MAX)
			return true;
	}
	return false;
}

bool
iface_has_vmac(const struct iface *i, const struct rte_ether_addr *mac)
{
	for (unsigned int k = 0; k < i->n_vmacs; k++) {
		struct rte_ether_addr v = iface_vmac(i->vmacs[k]);

		if (rte_is_same_ether_addr(&v, mac))
			return true;
	}
	return false;
}

bool
iface_has_addr6(const struct iface *i, const struct ip6_addr *addr)
{
	for (unsigned int k = 0; k < i->n_addrs6; k++)
		if (ip6_equal(&i->addrs6[k], addr))
			return true;
	return false;
}

const struct ip6_addr *
iface_global_addr6(const struct iface *i)
{
	for (unsigned int k = 0; k < i->n_addrs6; k++)
		if (!ip6_is_link_local(&i->addrs6[k]))
			return &i->addrs6[k];
	return NULL;
}

static int
iface_check_addrs6(const struct chan_if *c, const char **field)
{
	struct ip6_addr a;

	if (c->n_addrs6 > CHAN_IF_ADDRS)
		return refuse(field, "if.n_addrs6", -EINVAL);
	for (unsigned int k = 0; k < c->n_addrs6; k++) {
		memcpy(&a, c->addrs6[k], sizeof(a));
		if (!ip6_is_unicast_host(&a))
			return refuse(field, "if.addrs6", -EINVAL);
		if (c->addr_lens6[k] < 1 || c->addr_lens6[k] > 128)
			return refuse(field, "if.addr_lens6", -EINVAL);
	}
	return 0;
}

static int
iface_check_vmacs(const struct chan_if *c, const char **field)
{
	if (c->n_vmacs > CHAN_IF_VMACS)
		return refuse(field, "if.n_vmacs", -EINVAL);
	for (unsigned int k = 0; k < c->n_vmacs; k++) {
		unsigned int family = c->vmacs[k] >> 8;

		if ((family != 1 && family != 2) || (c->vmacs[k] & 0xff) == 0)
			return refuse(field, "if.vmacs", -EINVAL);
	}
	return 0;
}

static int
iface_check(const struct tables *t, const struct chan_if *c, const char **field)
{
	if (c->if_id >= CHAN_MAX_IFS)
		return refuse(field, "if.if_id", -EINVAL);
	if (c->port >= CHAN_MAX_PORTS)
		return refuse(field, "if.port", -EINVAL);
	if (c->port >= t->env.stats->n_ports || !t->env.stats->ports[c->port].present)
		return refuse(field, "if.port", -ENOENT);
	if (c->vlan > 4094)
		return refuse(field, "if.vlan", -EINVAL);
	if (c->mtu < 576 || c->mtu > 9600)
		return refuse(field, "if.mtu", -EINVAL);
	if (c->admin_up > 1)
		return refuse(field, "if.admin_up", -EINVAL);
	if (c->verify4 > CHAN_VERIFY_ANY)
		return refuse(field, "if.verify4", -EINVAL);
	if (c->verify6 > CHAN_VERIFY_ANY)
		return refuse(field, "if.verify6", -EINVAL);
	if (c->n_addrs > CHAN_IF_ADDRS)
		return refuse(field, "if.n_addrs", -EINVAL);
	for (unsigned int k = 0; k < c->n_addrs; k++) {
		if (!ip4_is_unicast_host(c->addrs[k]))
			return refuse(field, "if.addrs", -EINVAL);
		if (c->addr_lens[k] < 1 || c->addr_lens[k] > 32)
			return refuse(field, "if.addr_lens", -EINVAL);
	}
	if (iface_check_addrs6(c, field) != 0)
		return -EINVAL;
	return iface_check_vmacs(c, field);
}

/* The message without what it says in fields that do not count, to be compared as bytes. */
static struct chan_if
iface_normal(const struct chan_if *c)
{
	struct chan_if n = { .if_id = c->if_id, .port = c->port, .vlan = c->vlan, .mtu = c->mtu,
		.admin_up = c->admin_up, .n_addrs = c->n_addrs, .n_addrs6 = c->n_addrs6,
		.n_vmacs = c->n_vmacs, .verify4 = c->verify4, .verify6 = c->verify6 };

	memcpy(n.addrs, c->addrs, c->n_addrs * sizeof(c->addrs[0]));
	memcpy(n.addr_lens, c->addr_lens, c->n_addrs * sizeof(c->addr_lens[0]));
	memcpy(n.addrs6, c->addrs6, c->n_addrs6 * sizeof(c->addrs6[0]));
	memcpy(n.addr_lens6, c->addr_lens6, c->n_addrs6 * sizeof(c->addr_lens6[0]));
	memcpy(n.vmacs, c->vmacs, c->n_vmacs * sizeof(c->vmacs[0]));
	return n;
}

static struct iface *
iface_build(const struct tables *t, const struct chan_if *c)
{
	struct iface *i = tables_alloc(t, sizeof(*i));

	if (i == NULL)
		return NULL;
	memcpy(&i->mac, t->env.stats->ports[c->port].mac, sizeof(i->mac));
	i->admin_up = c->admin_up;
	i->verify4 = c->verify4;
	i->verify6 = c->verify6;
	i->n_addrs = c->n_addrs;
	i->n_addrs6 = c->n_addrs6;
	memcpy(i->addrs6, c->addrs6, c->n_addrs6 * sizeof(i->addrs6[0]));
	i->n_vmacs = c->n_vmacs;
	memcpy(i->vmacs, c->vmacs, c->n_vmacs * sizeof(i->vmacs[0]));
	i->id = c->if_id;
	i->port = (uint16_t)c->port;
	i->vlan = c->vlan;
	i->mtu = c->mtu;
	for (unsigned int k = 0; k < c->n_addrs; k++) {
		i->addrs[k] = c->addrs[k];
		i->masks[k] = ip4_mask(c->addr_lens[k]);
	}
	return i;
}

/* Frames of a port and VLAN belong to @i from now on. */
static void
iface_slot_set(struct tables *t, uint32_t port, uint16_t vlan, struct iface *i)
{
	__atomic_store_n(&t->vlans[port][vlan], i, __ATOMIC_RELEASE);
}

/* The device of a port takes the virtual MAC addresses of all its interfaces, and no others. */
static void
iface_filter(const struct tables *t, uint32_t port)
{
	uint16_t vmacs[CHAN_PORT_VMACS];
	unsigned int n = 0;

	if (t->env.vmacs_set == NULL)
		return;
	for (uint32_t id = 0; id < CHAN_MAX_IFS; id++) {
		const struct iface *i = t->if_recs[id].cur;

		for (unsigned int k = 0; i != NULL && i->port == port && k < i->n_vmacs; k++)
			if (n < CHAN_PORT_VMACS)
				vmacs[n++] = i->vmacs[k];
	}
	t->env.vmacs_set(t->env.arg, port, vmacs, n);
}

/* Put a new struct iface in the place of the old, everywhere. */
static int
iface_replace(struct tables *t, struct if_rec *rec, const struct chan_if *c)
{
	struct iface *old = rec->cur, *i;

	if (t->vlans[c->port] == NULL) {
		struct iface **vlans = tables_alloc(t, IFACE_VLANS * sizeof(*vlans));

		if (vlans == NULL)
			return -ENOMEM;
		__atomic_store_n(&t->vlans[c->port], vlans, __ATOMIC_RELEASE);
	}
	i = iface_build(t, c);
	if (i == NULL)
		return -ENOMEM;
	if (old != NULL && (old->port != i->port || old->vlan != i->vlan))
		iface_slot_set(t, old->port, old->vlan, NULL);
	iface_slot_set(t, i->port, i->vlan, i);
	__atomic_store_n(&t->ifs[i->id], i, __ATOMIC_RELEASE);
	rec->cur = i;
	if (i->n_vmacs != 0 || (old != NULL && old->n_vmacs != 0)) {
		iface_filter(t, i->port);
		if (old != NULL && old->port != i->port)
			iface_filter(t, old->port);
	}
	tables_free_later(t, old);
	return 0;
}

int
iface_set(struct tables *t, const struct chan_if *msg, const char **field)
{
	struct chan_if c;
	struct if_rec *rec;
	struct iface *owner = NULL;
	int err = iface_check(t, msg, field);

	if (err != 0)
		return err;
	c = iface_normal(msg);
	rec = &t->if_recs[c.if_id];
	if (t->vlans[c.port] != NULL)
		owner = t->vlans[c.port][c.vlan];
	if (owner != NULL && owner->id != c.if_id)
		return refuse(field, "if.vlan", -EEXIST);
	if (rec->cur == NULL)
		tables_stats_clear(t, t->env.stats->if_off, c.if_id,
				sizeof(struct chan_if_stats));
	if (rec->cur == NULL || memcmp(&rec->cfg, &c, sizeof(c)) != 0) {
		err = iface_replace(t, rec, &c);
		if (err == 0)
			err = nexthop_if_changed(t, c.if_id);
		if (err != 0)
			return refuse(field, "if.if_id", err);
		rec->cfg = c;
	}
	rec->mark = t->sync;
	return 0;
}

static void
iface_remove(struct tables *t, struct if_rec *rec)
{
	struct iface *i = rec->cur;

	iface_slot_set(t, i->port, i->vlan, NULL);
	__atomic_store_n(&t->ifs[i->id], NULL, __ATOMIC_RELEASE);
	memset(&rec->cfg, 0, sizeof(rec->cfg));
	rec->cur = NULL;
	if (i->n_vmacs != 0)
		iface_filter(t, i->port);
	tables_free_later(t, i);
}

int
iface_del(struct tables *t, uint32_t if_id, const char **field)
{
	if (if_id >= CHAN_MAX_IFS)
		return refuse(field, "if.if_id", -EINVAL);
	if (t->if_recs[if_id].cur == NULL)
		return 0;
	if (t->if_recs[if_id].n_refs != 0)
		return refuse(field, "if.if_id", -EBUSY);
	iface_remove(t, &t->if_recs[if_id]);
	return 0;
}

int
iface_port_changed(struct tables *t, uint32_t port)
{
	for (uint32_t id = 0; id < CHAN_MAX_IFS; id++) {
		struct if_rec *rec = &t->if_recs[id];
		int err;

		if (rec->cur == NULL || rec->cur->port != port ||
				memcmp(&rec->cur->mac, t->env.stats->ports[port].mac, 6) == 0)
			continue;
		err = iface_replace(t, rec, &rec->cfg);
		if (err == 0)
			err = nexthop_if_changed(t, id);
		if (err != 0)
			return err;
	}
	return 0;
}

void
iface_sweep(struct tables *t)
{
	for (uint32_t id = 0; id < CHAN_MAX_IFS; id++) {
		struct if_rec *rec = &t->if_recs[id];

		if (rec->cur != NULL && rec->n_refs == 0 && unnamed(t, rec->mark))
			iface_remove(t, rec);
	}
}

void
iface_fini(struct tables *t)
{
	for (uint32_t id = 0; id < CHAN_MAX_IFS; id++)
		rte_free(t->ifs[id]);
	for (unsigned int p = 0; p < CHAN_MAX_PORTS; p++)
		rte_free(t->vlans[p]);
}
