/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The mirror's objects: naming them, their ids, and what is not wanted any more. How they reach
 * the dataplane is in mirror_send.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "controlplane/dataplane/mirror_int.h"

/* clang-format off */
const struct mcls_info mcls_info[M_N_CLASSES] = {
	[M_PARAM]  = { CHAN_CMD_PARAM_SET,  CHAN_CMD_NONE,      sizeof(struct chan_param) },
	[M_PORT]   = { CHAN_CMD_PORT_SET,   CHAN_CMD_NONE,      sizeof(struct chan_port) },
	[M_POLICY] = { CHAN_CMD_POLICY_SET, CHAN_CMD_POLICY_DEL, sizeof(struct chan_policy) },
	[M_IF]     = { CHAN_CMD_IF_SET,     CHAN_CMD_IF_DEL,    sizeof(struct chan_if) },
	[M_NH]     = { CHAN_CMD_NH_SET,     CHAN_CMD_NH_DEL,    sizeof(struct chan_nh) },
	[M_TUN]    = { CHAN_CMD_TUN_SET,    CHAN_CMD_TUN_DEL,   sizeof(struct chan_tun) },
	[M_NH_TUN] = { CHAN_CMD_NH_SET,     CHAN_CMD_NH_DEL,    sizeof(struct chan_nh) },
	[M_NHG]    = { CHAN_CMD_NHG_SET,    CHAN_CMD_NHG_DEL,   sizeof(struct chan_nhg) },
	[M_ROUTE]  = { CHAN_CMD_ROUTE_SET,  CHAN_CMD_ROUTE_DEL, sizeof(struct chan_route) },
	[M_ROUTE6] = { CHAN_CMD_ROUTE6_SET, CHAN_CMD_ROUTE6_DEL, sizeof(struct chan_route6) },
	[M_SA]     = { CHAN_CMD_SA_KEEP,    CHAN_CMD_SA_DEL,    sizeof(struct msa) },
	[M_SA_OUT] = { CHAN_CMD_TUN_SA_OUT, CHAN_CMD_NONE,      sizeof(struct chan_tun_sa_out) },
};
/* clang-format on */

/* ---- ids --------------------------------------------------------------------------------- */

static uint64_t
mirror_mix(uint64_t a, uint64_t b)
{
	uint64_t x = a * UINT64_C(0x9e3779b97f4a7c15) ^ (b + UINT64_C(0xd1b54a32d192ed03));

	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	return x ^ x >> 32;
}

static int
mslots_init(struct mslots *s, uint32_t base, uint32_t n)
{
	free(s->taken);
	s->taken = calloc(n, 1);
	s->base = base;
	s->n = s->taken != NULL ? n : 0;
	s->n_taken = 0;
	return s->taken != NULL ? 0 : -ENOMEM;
}

static uint32_t
mslots_take(struct mslots *s, uint64_t hash)
{
	if (s->n_taken >= s->n)
		return CHAN_NONE;
	for (uint32_t at = (uint32_t)(hash % s->n);; at = at + 1 < s->n ? at + 1 : 0) {
		if (s->taken[at] != 0)
			continue;
		s->taken[at] = 1;
		s->n_taken++;
		return s->base + at;
	}
}

static void
mslots_give(struct mslots *s, uint32_t id)
{
	if (id < s->base || id - s->base >= s->n || s->taken[id - s->base] == 0)
		return;
	s->taken[id - s->base] = 0;
	s->n_taken--;
}

static void
nhg_id_give(struct mirror *m, uint32_t id)
{
	if (id == CHAN_NONE)
		return;
	m->groups[id] = (struct mgroup){ .o = NULL };
	mslots_give(&m->nhg_ids, id);
}

static void
id_give(struct mirror *m, const struct mobj *o)
{
	if (o->cls == M_IF)
		mslots_give(&m->if_ids, o->id);
	else if (o->cls == M_NH)
		mslots_give(&m->nh_ids, o->id);
	else if (o->cls == M_NHG)
		nhg_id_give(m, o->id);
	else if (o->cls == M_POLICY)
		mslots_give(&m->policy_ids, o->id);
	else if (o->cls == M_TUN)
		idpool_give(&m->tun_ids, o->id);
}

/* ---- objects ----------------------------------------------------------------------------- */

struct mobj *
mobj_find(const struct mirror *m, enum mcls cls, uint64_t key)
{
	return HMAP_ENTRY(hmap_find(&m->map[cls], key), struct mobj, node);
}

struct mobj *
mobj_new(struct mirror *m, enum mcls cls, uint64_t key)
{
	struct mobj *o = calloc(1, offsetof(struct mobj, u) + mcls_info[cls].size);

	if (o == NULL)
		return NULL;
	o->cls = (uint8_t)cls;
	o->id = CHAN_NONE;
	o->mark = m->mark;
	if (hmap_insert(&m->map[cls], &o->node, key) != 0) {
		free(o);
		return NULL;
	}
	return o;
}

void
mobj_dirty(struct mirror *m, struct mobj *o)
{
	if (o->dirty)
		return;
	o->dirty = true;
	TAILQ_INSERT_TAIL(&m->dirty[o->cls], o, link);
}

void
mobj_clean(struct mirror *m, struct mobj *o)
{
	if (!o->dirty)
		return;
	o->dirty = false;
	TAILQ_REMOVE(&m->dirty[o->cls], o, link);
}

/* The group that a route should lead into, NULL: none. */
static struct mobj *
group_of(const struct mirror *m, const struct mobj *o)
{
	if (o->want && o->cls == M_ROUTE && o->u.route.is_group)
		return m->groups[o->u.route.id].o;
	if (o->want && o->cls == M_ROUTE6 && o->u.route6.is_group)
		return m->groups[o->u.route6.id].o;
	return NULL;
}

/* While everything is named, groups go with what is not named; else with their last route. */
static void
group_leave(struct mirror *m, struct mobj *g)
{
	if (g != NULL && --g->n_users == 0 && g->want && !m->marking)
		mobj_unwant(m, g);
}

void
mobj_free(struct mirror *m, struct mobj *o)
{
	group_leave(m, group_of(m, o));
	mobj_clean(m, o);
	if (o->failed)
		m->n_failed--;
	id_give(m, o);
	hmap_remove(&m->map[o->cls], &o->node);
	free(o);
}

void
mobj_want(struct mirror *m, struct mobj *o, const void *payload)
{
	size_t size = mcls_info[o->cls].size;
	struct mobj *was, *is;

	o->mark = m->mark;
	if (o->want && memcmp(&o->u, payload, size) == 0)
		return;
	was = group_of(m, o);
	memcpy(&o->u, payload, size);
	o->want = true;
	is = group_of(m, o);
	if (is != NULL)
		is->n_users++;
	group_leave(m, was);
	mobj_dirty(m, o);
}

void
mobj_unwant(struct mirror *m, struct mobj *o)
{
	group_leave(m, group_of(m, o));
	o->want = false;
	if (!o->sent || mcls_info[o->cls].del_op == CHAN_CMD_NONE)
		mobj_free(m, o);
	else
		mobj_dirty(m, o);
}

/* An object of which there is one under this key: made if missing, then wanted like this. */
static void
want_at(struct mirror *m, enum mcls cls, uint64_t key, const void *payload)
{
	struct mobj *o = mobj_find(m, cls, key);

	if (o == NULL)
		o = mobj_new(m, cls, key);
	if (o != NULL)
		mobj_want(m, o, payload);
	else
		log_error("mirror", "out of memory");
}

/* ---- naming ------------------------------------------------------------------------------ */

void
mirror_begin(struct mirror *m)
{
	m->mark++;
	m->marking = true;
}

void
mirror_commit(struct mirror *m)
{
	for (int cls = M_ROUTE6; cls >= M_PARAM; cls--) {
		struct hmap_iter it = { 0 };

		for (struct hnode *h; (h = hmap_next(&m->map[cls], &it)) != NULL;) {
			struct mobj *o = HMAP_ENTRY(h, struct mobj, node);

			if (o->mark != m->mark && (o->want || !o->sent))
				mobj_unwant(m, o);
		}
	}
	m->marking = false;
	mirror_flush(m);
}

void
mirror_param(struct mirror *m, const struct chan_param *p)
{
	want_at(m, M_PARAM, 0, p);
}

void
mirror_port(struct mirror *m, const struct chan_port *p)
{
	want_at(m, M_PORT, p->port, p);
}

uint32_t
mirror_if_id(struct mirror *m, uint32_t port, uint16_t vlan)
{
	uint64_t key = (uint64_t)port << 16 | vlan;
	struct mobj *o = mobj_find(m, M_IF, key);

	if (o == NULL) {
		o = mobj_new(m, M_IF, key);
		if (o == NULL)
			return CHAN_NONE;
		/* Ports have 32 ids each to themselves as far as it goes, the first untagged. */
		o->id = mslots_take(&m->if_ids, port * (CHAN_MAX_IFS / CHAN_MAX_PORTS) +
								(vlan == 0 ? 0 : 1 + vlan % 31u));
		if (o->id == CHAN_NONE) {
			mobj_free(m, o);
			return CHAN_NONE;
		}
	}
	o->mark = m->mark;
	return o->id;
}

void
mirror_if(struct mirror *m, const struct chan_if *i)
{
	want_at(m, M_IF, (uint64_t)i->port << 16 | i->vlan, i);
}

static uint64_t
nh_key(enum chan_nh_type type, uint32_t a, uint32_t gw)
{
	return (uint64_t)type << 60 | (uint64_t)(a & 0xfffffff) << 32 | gw;
}

static uint32_t
nh_name(struct mirror *m, enum mcls cls, uint64_t key, struct chan_nh *nh)
{
	struct mobj *o = mobj_find(m, cls, key);

	if (o == NULL) {
		uint32_t id = cls == M_NH_TUN ? nh->tun_id
					      : mslots_take(&m->nh_ids, mirror_mix(key, 0));

		if (id == CHAN_NONE)
			return CHAN_NONE;
		o = mobj_new(m, cls, key);
		if (o == NULL) {
			mslots_give(&m->nh_ids, id);
			return CHAN_NONE;
		}
		o->id = id;
	}
	nh->nh_id = o->id;
	mobj_want(m, o, nh);
	return o->id;
}

uint32_t
mirror_nh_drop(struct mirror *m)
{
	struct chan_nh nh = { .type = CHAN_NH_DROP };

	return nh_name(m, M_NH, nh_key(CHAN_NH_DROP, 0, 0), &nh);
}

uint32_t
mirror_nh_local(struct mirror *m)
{
	struct chan_nh nh = { .type = CHAN_NH_LOCAL };

	return nh_name(m, M_NH, nh_key(CHAN_NH_LOCAL, 0, 0), &nh);
}

uint32_t
mirror_nh_glean(struct mirror *m, uint32_t if_id)
{
	struct chan_nh nh = { .type = CHAN_NH_GLEAN, .if_id = if_id };

	return nh_name(m, M_NH, nh_key(CHAN_NH_GLEAN, if_id, 0), &nh);
}

uint32_t
mirror_nh_tun(struct mirror *m, uint32_t tun_id)
{
	struct chan_nh nh = { .type = CHAN_NH_TUN, .tun_id = tun_id };

	return nh_name(m, M_NH_TUN, tun_id, &nh);
}

uint32_t
mirror_nh_adj(struct mirror *m, uint32_t if_id, uint32_t gw, const uint8_t *mac)
{
	struct chan_nh nh = {
		.type = CHAN_NH_ADJ, .if_id = if_id, .gw = gw, .resolved = mac != NULL
	};

	if (mac != NULL)
		memcpy(nh.mac, mac, 6);
	return nh_name(m, M_NH, nh_key(CHAN_NH_ADJ, if_id, gw), &nh);
}

void
mirror_nh_adj_del(struct mirror *m, uint32_t if_id, uint32_t gw)
{
	struct mobj *o = mobj_find(m, M_NH, nh_key(CHAN_NH_ADJ, if_id, gw));

	if (o != NULL)
		mobj_unwant(m, o);
}

uint32_t
mirror_n_next_hops(const struct mirror *m)
{
	return m->map[M_NH].n;
}

/* ---- IPv6 -------------------------------------------------------------------------------- */

#define NH_KEY_ADJ6 8 /* in the place of the type; the others are below */

/* Addresses do not fit into a key, a hash of them does. */
static uint64_t
addr6_hash(uint64_t h, const struct ip6_addr *a)
{
	uint64_t half[2];

	memcpy(half, a, sizeof(half));
	return mirror_mix(mirror_mix(h, half[0]), half[1]);
}

static uint64_t
nh6_key(uint32_t if_id, const struct ip6_addr *gw)
{
	return (uint64_t)NH_KEY_ADJ6 << 60 | addr6_hash(if_id, gw) >> 4;
}

uint32_t
mirror_nh_adj6(struct mirror *m, uint32_t if_id, const struct ip6_addr *gw, const uint8_t *mac)
{
	struct chan_nh nh = { .type = CHAN_NH_ADJ, .if_id = if_id, .resolved = mac != NULL };
	uint64_t key = nh6_key(if_id, gw);
	const struct mobj *o = mobj_find(m, M_NH, key);

	/* Another neighbour with the same hash: the first one has it. */
	if (o != NULL && (o->u.nh.if_id != if_id || memcmp(o->u.nh.gw6, gw, sizeof(*gw)) != 0))
		return CHAN_NONE;
	memcpy(nh.gw6, gw, sizeof(nh.gw6));
	if (mac != NULL)
		memcpy(nh.mac, mac, 6);
	return nh_name(m, M_NH, key, &nh);
}

void
mirror_nh_adj6_del(struct mirror *m, uint32_t if_id, const struct ip6_addr *gw)
{
	struct mobj *o = mobj_find(m, M_NH, nh6_key(if_id, gw));

	if (o != NULL && memcmp(o->u.nh.gw6, gw, sizeof(*gw)) == 0)
		mobj_unwant(m, o);
}

/* The object of this route; *@taken: another route has its key. */
static struct mobj *
route6_find(const struct mirror *m, const struct ip6_prefix *p, uint64_t *key, bool *taken)
{
	struct mobj *o;

	*key = addr6_hash(p->len, &p->addr);
	o = mobj_find(m, M_ROUTE6, *key);
	*taken = o != NULL && (o->u.route6.len != p->len ||
				      memcmp(o->u.route6.prefix, &p->addr, sizeof(p->addr)) != 0);
	return *taken ? NULL : o;
}

void
mirror_route6(struct mirror *m, const struct ip6_prefix *p, bool is_group, uint32_t id)
{
	struct chan_route6 r = { .len = p->len, .is_group = is_group, .id = id };
	char buf[IP6_PREFIX_STR_LEN];
	uint64_t key;
	bool taken;

	memcpy(r.prefix, &p->addr, sizeof(r.prefix));
	route6_find(m, p, &key, &taken);
	if (taken)
		log_error("mirror", "%s: another route has its key", ip6_prefix_str(p, buf));
	else
		want_at(m, M_ROUTE6, key, &r);
}

uint32_t
mirror_route6_group(const struct mirror *m, const struct ip6_prefix *p)
{
	uint64_t key;
	bool taken;
	const struct mobj *o = route6_find(m, p, &key, &taken);

	return o != NULL && o->want && o->u.route6.is_group ? o->u.route6.id : CHAN_NONE;
}

void
mirror_route6_del(struct mirror *m, const struct ip6_prefix *p)
{
	uint64_t key;
	bool taken;
	struct mobj *o = route6_find(m, p, &key, &taken);

	if (o != NULL)
		mobj_unwant(m, o);
}

#define NHG_NAMED 0x6e616d6564 /* keeps names apart from what groups are made of */
#define NHG_TRIES 8 /* groups that were made under a name and have another one by now */

static int
u32_cmp(const void *pa, const void *pb)
{
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;

	return a < b ? -1 : a > b;
}

static void
nhg_fill(struct chan_nhg *g, const uint32_t *nh_ids, uint32_t n)
{
	memset(g, 0, sizeof(*g));
	g->n = n > CHAN_ECMP_MAX ? CHAN_ECMP_MAX : n;
	memcpy(g->nh_ids, nh_ids, g->n * sizeof(*nh_ids));
	qsort(g->nh_ids, g->n, sizeof(g->nh_ids[0]), u32_cmp);
}

static struct mobj *
nhg_new(struct mirror *m, uint64_t key, uint64_t name)
{
	struct mobj *o = mobj_new(m, M_NHG, key);

	if (o == NULL)
		return NULL;
	o->id = mslots_take(&m->nhg_ids, key);
	if (o->id != CHAN_NONE) {
		m->groups[o->id] = (struct mgroup){ .o = o, .name = name };
		return o;
	}
	mobj_free(m, o);
	return NULL;
}

/* A group of this name, @have before others; made if there is none. */
static struct mobj *
nhg_of_name(struct mirror *m, uint64_t name, bool one, uint32_t have)
{
	uint64_t key = mirror_mix(name, NHG_NAMED);

	if (have != CHAN_NONE && m->groups[have].o != NULL && m->groups[have].name == name)
		return m->groups[have].o;
	for (int i = 0; i < NHG_TRIES; i++, key++) {
		struct mobj *o = mobj_find(m, M_NHG, key);

		if (o != NULL && m->groups[o->id].name == name)
			return o;
		/* Without a group of its own one next hop is as good, several are not. */
		if (o == NULL && one && m->nhg_ids.n_taken >= m->nhg_ids.n / 2)
			return NULL;
		if (o == NULL)
			return nhg_new(m, key, name);
	}
	return NULL;
}

uint32_t
mirror_nhg_named(struct mirror *m, uint64_t name, const uint32_t *nh_ids, uint32_t n, uint32_t have)
{
	struct chan_nhg g;
	struct mobj *o;

	if (n == 1 && !m->ones)
		return CHAN_NONE;
	nhg_fill(&g, nh_ids, n);
	o = nhg_of_name(m, name, n == 1, have);
	if (o == NULL)
		return CHAN_NONE;
	if (o->mark == m->mark && o->want && (o->u.nhg.n != g.n ||
			memcmp(o->u.nhg.nh_ids, g.nh_ids, sizeof(g.nh_ids)) != 0))
		return CHAN_NONE;
	g.nhg_id = o->id;
	mobj_want(m, o, &g);
	return o->id;
}

void
mirror_nhg_rename(struct mirror *m, uint32_t nhg_id, uint64_t name)
{
	m->groups[nhg_id].name = name;
	m->groups[nhg_id].o->mark = m->mark - 1;
}

uint64_t
mirror_nhg_name(const struct mirror *m, uint32_t nhg_id)
{
	return m->groups[nhg_id].name;
}

uint32_t
mirror_nhg_users(const struct mirror *m, uint32_t nhg_id)
{
	return m->groups[nhg_id].o->n_users;
}

uint32_t
mirror_nhg_max(const struct mirror *m)
{
	return m->limits.max_nhgs;
}

void
mirror_nhg_ones(struct mirror *m)
{
	m->ones = true;
}

uint32_t
mirror_nhg(struct mirror *m, const uint32_t *nh_ids, uint32_t n)
{
	struct chan_nhg g;
	struct mobj *o;
	uint64_t key = n;

	nhg_fill(&g, nh_ids, n);
	n = g.n;
	for (uint32_t i = 0; i < n; i++)
		key = mirror_mix(key, g.nh_ids[i]);
	/* Another group under the same hash: go on to the next key. */
	while ((o = mobj_find(m, M_NHG, key)) != NULL &&
			(o->u.nhg.n != n || memcmp(o->u.nhg.nh_ids, g.nh_ids,
							    n * sizeof(g.nh_ids[0])) != 0))
		key++;
	if (o == NULL)
		o = nhg_new(m, key, 0);
	if (o == NULL)
		return CHAN_NONE;
	g.nhg_id = o->id;
	mobj_want(m, o, &g);
	return o->id;
}

static uint64_t
route_key(uint32_t prefix, uint8_t len)
{
	return (uint64_t)len << 32 | prefix;
}

void
mirror_route(struct mirror *m, uint32_t prefix, uint8_t len, bool is_group, uint32_t id)
{
	struct chan_route r = { .prefix = prefix, .len = len, .is_group = is_group, .id = id };

	want_at(m, M_ROUTE, route_key(prefix, len), &r);
}

uint32_t
mirror_route_group(const struct mirror *m, uint32_t prefix, uint8_t len)
{
	const struct mobj *o = mobj_find(m, M_ROUTE, route_key(prefix, len));

	return o != NULL && o->want && o->u.route.is_group ? o->u.route.id : CHAN_NONE;
}

void
mirror_route_del(struct mirror *m, uint32_t prefix, uint8_t len)
{
	struct mobj *o = mobj_find(m, M_ROUTE, route_key(prefix, len));

	if (o != NULL)
		mobj_unwant(m, o);
}

/* ---- policies ---------------------------------------------------------------------------- */

void
mirror_policy(struct mirror *m, uint64_t key, const struct chan_policy *p)
{
	struct mobj *o = mobj_find(m, M_POLICY, key);
	struct chan_policy c = *p;

	if (o == NULL) {
		o = mobj_new(m, M_POLICY, key);
		if (o == NULL) {
			log_error("mirror", "out of memory");
			return;
		}
		o->id = mslots_take(&m->policy_ids, key);
		if (o->id == CHAN_NONE) {
			mobj_free(m, o);
			log_error("mirror", "more policies than the dataplane takes");
			return;
		}
	}
	c.policy_id = o->id;
	mobj_want(m, o, &c);
}

uint32_t
mirror_policy_id(const struct mirror *m, uint64_t key)
{
	const struct mobj *o = mobj_find(m, M_POLICY, key);

	return o != NULL && o->want ? o->id : CHAN_NONE;
}

/* ---- tunnels ----------------------------------------------------------------------------- */

uint32_t
mirror_tun_id(struct mirror *m, uint64_t cookie)
{
	struct mobj *o = mobj_find(m, M_TUN, cookie);

	if (o == NULL) {
		o = mobj_new(m, M_TUN, cookie);
		if (o == NULL)
			return CHAN_NONE;
		o->id = idpool_take(&m->tun_ids);
		if (o->id == CHAN_NONE) {
			mobj_free(m, o);
			return CHAN_NONE;
		}
	}
	o->mark = m->mark;
	return o->id;
}

int
mirror_tun_reserve(struct mirror *m, uint32_t tun_id, uint64_t cookie)
{
	struct mobj *o;
	int err;

	if (mobj_find(m, M_TUN, cookie) != NULL)
		return -EBUSY;
	err = idpool_reserve(&m->tun_ids, tun_id);
	if (err != 0)
		return err;
	o = mobj_new(m, M_TUN, cookie);
	if (o == NULL) {
		idpool_give(&m->tun_ids, tun_id);
		return -ENOMEM;
	}
	o->id = tun_id;
	return 0;
}

void
mirror_tun(struct mirror *m, const struct chan_tun *t)
{
	want_at(m, M_TUN, t->cookie, t);
}

void
mirror_tun_remote(struct mirror *m, uint64_t cookie, uint32_t remote)
{
	struct mobj *o = mobj_find(m, M_TUN, cookie);
	struct chan_tun t;

	if (o == NULL || !o->want)
		return;
	t = o->u.tun;
	t.remote = remote;
	mobj_want(m, o, &t);
	mirror_flush(m);
}

/* ---- life -------------------------------------------------------------------------------- */

static void
forget(struct mirror *m, enum mcls cls)
{
	struct hmap_iter it = { 0 };

	for (struct hnode *h; (h = hmap_next(&m->map[cls], &it)) != NULL;)
		mobj_free(m, HMAP_ENTRY(h, struct mobj, node));
}

struct mirror *
mirror_new(const struct mirror_io *io)
{
	struct mirror *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->io = *io;
	for (int cls = 0; cls < M_N_CLASSES; cls++)
		TAILQ_INIT(&m->dirty[cls]);
	return m;
}

void
mirror_free(struct mirror *m)
{
	if (m == NULL)
		return;
	for (int cls = M_N_CLASSES - 1; cls >= 0; cls--) {
		forget(m, cls);
		hmap_fini(&m->map[cls]);
	}
	free(m->if_ids.taken);
	free(m->nh_ids.taken);
	free(m->nhg_ids.taken);
	free(m->groups);
	free(m->policy_ids.taken);
	idpool_fini(&m->tun_ids);
	free(m->pending);
	free(m);
}

int
mirror_limits(struct mirror *m, const struct mirror_limits *l)
{
	if (memcmp(&m->limits, l, sizeof(*l)) == 0)
		return 0;
	if (l->max_nhs <= l->max_tunnels || l->max_nhgs == 0)
		return -ERANGE;
	for (int cls = M_ROUTE6; cls >= 0; cls--)
		forget(m, cls);
	idpool_fini(&m->tun_ids);
	memset(&m->limits, 0, sizeof(m->limits));
	free(m->groups);
	m->groups = calloc(l->max_nhgs, sizeof(*m->groups));
	if (m->groups == NULL || idpool_resize(&m->tun_ids, l->max_tunnels) != 0 ||
			mslots_init(&m->if_ids, 0, CHAN_MAX_IFS) != 0 ||
			mslots_init(&m->nh_ids, l->max_tunnels, l->max_nhs - l->max_tunnels) != 0 ||
			mslots_init(&m->nhg_ids, 0, l->max_nhgs) != 0 ||
			mslots_init(&m->policy_ids, 0, CHAN_MAX_POLICIES) != 0)
		return -ENOMEM;
	m->limits = *l;
	return 0;
}
