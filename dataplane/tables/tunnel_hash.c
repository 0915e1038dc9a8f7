/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tunnel_hash - which tunnel a cleartext GRE packet belongs to: by addresses and key. A packet of a
 * protected tunnel needs no such look-up, its SA says it all. So several protected tunnels may have
 * the same addresses and key (branches behind one NAT have): they form a ring, the hash leads to
 * one of them, and all that is done with it is to say that cleartext is not wanted. A tunnel
 * without protection has its addresses and key for itself.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_hash.h>

#include "dataplane/tables/tables_int.h"

int
tunnel_hash_init(struct tables *t)
{
	static unsigned int serial;
	char name[RTE_HASH_NAMESIZE];
	struct rte_hash_parameters p = {
		.name = name,
		/* Deleted keys keep their place until RCU has released them. */
		.entries = RTE_MAX(64u, t->max_tunnels + t->max_tunnels / 4),
		.key_len = sizeof(struct tun_key),
		.socket_id = t->env.socket_id,
		.extra_flag = RTE_HASH_EXTRA_FLAGS_RW_CONCURRENCY_LF |
				RTE_HASH_EXTRA_FLAGS_EXT_TABLE,
	};

	snprintf(name, sizeof(name), "tunnels%u", serial++);
	t->tun_hash = rte_hash_create(&p);
	return t->tun_hash != NULL ? 0 : -ENOMEM;
}

static struct tun_key
key_of(const struct chan_tun *c)
{
	return (struct tun_key){ .local = c->local, .remote = c->remote, .key = c->key,
		.keyed = (c->flags & CHAN_TUN_KEY) != 0 };
}

/* Can GRE in the clear come for it? Not from nobody knows where, unless anybody may send, and not
 * without GRE. */
static bool
has_key(const struct chan_tun *c)
{
	return c->kind == CHAN_TUN_MGRE || (c->remote != 0 && c->kind != CHAN_TUN_IPSEC);
}

static struct tun_rec *
rec_find(const struct tables *t, const struct chan_tun *c)
{
	struct tun_key k = key_of(c);
	void *data;

	if (rte_hash_lookup_data(t->tun_hash, &k, &data) < 0)
		return NULL;
	return &t->tun_recs[(uintptr_t)data];
}

static int
key_put(struct tables *t, const struct chan_tun *c, uint32_t tun_id)
{
	struct tun_key k = key_of(c);

	return rte_hash_add_key_data(t->tun_hash, &k, (void *)(uintptr_t)tun_id) == 0 ? 0 :
											 -ENOSPC;
}

static void
key_free(struct tables *t, void *p, uintptr_t position)
{
	rte_hash_free_key_with_position(t->tun_hash, (int32_t)position);
}

static void
key_del(struct tables *t, const struct chan_tun *c)
{
	struct tun_key k = key_of(c);
	int32_t position = rte_hash_del_key(t->tun_hash, &k);

	if (position >= 0)
		tables_defer(t, key_free, NULL, (uintptr_t)position);
}

bool
tunnel_hash_same(const struct chan_tun *a, const struct chan_tun *b)
{
	struct tun_key x = key_of(a), y = key_of(b);

	return has_key(a) == has_key(b) && memcmp(&x, &y, sizeof(x)) == 0;
}

int
tunnel_hash_reserve(struct tables *t, const struct tun_rec *rec, const struct chan_tun *c)
{
	const struct tun_rec *other;

	if (!has_key(c))
		return 0;
	other = rec_find(t, c);
	if (other == NULL)
		return key_put(t, c, c->tun_id);
	if (other == rec)
		other = rec->by_key;
	if (other == rec)
		return 0;
	/* Who shares is protected: asking one of them is enough. */
	return (c->flags & CHAN_TUN_PROTECT) && (other->cfg.flags & CHAN_TUN_PROTECT) ? 0 :
											 -EEXIST;
}

void
tunnel_hash_release(struct tables *t, const struct tun_rec *rec, const struct chan_tun *c)
{
	if (has_key(c) && rec_find(t, c) == rec)
		key_del(t, c);
}

void
tunnel_hash_join(struct tables *t, struct tun_rec *rec)
{
	struct tun_rec *other;

	rec->by_key = rec;
	if (!has_key(&rec->cfg))
		return;
	other = rec_find(t, &rec->cfg);
	if (other != NULL && other != rec) {
		rec->by_key = other->by_key;
		other->by_key = rec;
	}
}

void
tunnel_hash_leave(struct tables *t, struct tun_rec *rec, const struct chan_tun *c)
{
	struct tun_rec *before = rec->by_key;

	if (!has_key(c))
		return;
	if (before == rec) {
		key_del(t, c);
		return;
	}
	while (before->by_key != rec)
		before = before->by_key;
	before->by_key = rec->by_key;
	rec->by_key = rec;
	/* The key is there: this changes where it leads to and needs no room. */
	if (rec_find(t, c) == rec)
		key_put(t, c, before->cfg.tun_id);
}

const struct tunnel *
tunnel_find(const struct tables *t, const struct tun_key *k)
{
	void *data;

	if (rte_hash_lookup_data(t->tun_hash, k, &data) < 0)
		return NULL;
	return tunnel_by_id(t, (uint32_t)(uintptr_t)data);
}
