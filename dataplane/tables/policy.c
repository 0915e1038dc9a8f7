/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * policy - the security policy database. What the control plane has asked for is kept in an array
 * by id; from it a set is built that workers classify packets with (rte_acl) and that is swapped
 * with one store.
 *
 * Building is dear (10,000 policies between networks: a quarter of a second), so it is not done for
 * each command. Policies that come one after another take effect together: before any other
 * command is applied, or when none has come for a tick. So what the control plane sends after its
 * policies, routes above all, finds them in force. If a set cannot be built, the old one stays and
 * those other commands are refused: nothing may be routed while protection is behind.
 *
 * A packet without ports, or of a protocol that has them but not in this fragment, is looked up
 * with ports 0 and 0. For a policy that selects by ports there is a second rule for just that, a
 * little above it, whose answer says that nobody can tell.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <netinet/in.h>

#include <rte_errno.h>
#include <rte_malloc.h>

#include "common/inet.h"
#include "common/log.h"
#include "dataplane/tables/policy.h"
#include "dataplane/tables/tables_int.h"

#define MAX_DIRTY_TICKS 10

struct policy_rec {
	struct chan_policy cfg;
	bool present;
	uint32_t mark; /* the sync that named it */
};

struct policy_db {
	struct policy_rec rec[CHAN_MAX_POLICIES];
	uint32_t n;        /* present */
	bool dirty;        /* workers do not see all of it */
	bool changed;      /* since the last tick */
	unsigned int n_dirty_ticks;
};

enum { F_PROTO, F_SRC, F_DST, F_SPORT, F_DPORT, N_FIELDS };

RTE_ACL_RULE_DEF(policy_rule, N_FIELDS);

/* clang-format off */
static const struct rte_acl_config acl_config = {
	.num_categories = 1,
	.num_fields = N_FIELDS,
	.defs = {
		{ RTE_ACL_FIELD_TYPE_BITMASK, 1, F_PROTO, 0, offsetof(struct policy_key, proto) },
		{ RTE_ACL_FIELD_TYPE_MASK,    4, F_SRC,   1, offsetof(struct policy_key, src) },
		{ RTE_ACL_FIELD_TYPE_MASK,    4, F_DST,   2, offsetof(struct policy_key, dst) },
		{ RTE_ACL_FIELD_TYPE_RANGE,   2, F_SPORT, 3, offsetof(struct policy_key, sport) },
		{ RTE_ACL_FIELD_TYPE_RANGE,   2, F_DPORT, 3, offsetof(struct policy_key, dport) },
	},
};
/* clang-format on */

/* ---- checks --------------------------------------------------------------------------------- */

static bool
proto_has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP ||
			proto == IPPROTO_UDPLITE || proto == IPPROTO_DCCP;
}

static bool
any_ports(uint16_t lo, uint16_t hi)
{
	return lo == 0 && hi == UINT16_MAX;
}

static bool
selects_ports(const struct chan_policy *c)
{
	return !any_ports(c->sport_lo, c->sport_hi) || !any_ports(c->dport_lo, c->dport_hi);
}

static bool
has_tunnel(const struct chan_policy *c)
{
	return c->action == CHAN_POLICY_PROTECT || c->action == CHAN_POLICY_UNAGREED;
}

static int
policy_check(const struct tables *t, const struct chan_policy *c, const char **field)
{
	if (c->policy_id >= CHAN_MAX_POLICIES)
		return refuse(field, "policy.policy_id", -EINVAL);
	if (c->src_len > 32)
		return refuse(field, "policy.src_len", -EINVAL);
	if ((c->src & ~ip4_mask(c->src_len)) != 0)
		return refuse(field, "policy.src", -EINVAL);
	if (c->dst_len > 32)
		return refuse(field, "policy.dst_len", -EINVAL);
	if ((c->dst & ~ip4_mask(c->dst_len)) != 0)
		return refuse(field, "policy.dst", -EINVAL);
	if (c->action > CHAN_POLICY_UNAGREED)
		return refuse(field, "policy.action", -EINVAL);
	if (c->sport_lo > c->sport_hi)
		return refuse(field, "policy.sport_lo", -EINVAL);
	if (c->dport_lo > c->dport_hi)
		return refuse(field, "policy.dport_lo", -EINVAL);
	if (selects_ports(c) && !proto_has_ports(c->proto))
		return refuse(field, "policy.proto", -EINVAL);
	if (has_tunnel(c) && c->tun_id >= t->max_tunnels)
		return refuse(field, "policy.tun_id", -EINVAL);
	return 0;
}

/* ---- building a set ------------------------------------------------------------------------- */

/* Best first. */
static int
by_rank(const void *a, const void *b)
{
	const struct chan_policy *p = *(const struct chan_policy *const *)a;
	const struct chan_policy *q = *(const struct chan_policy *const *)b;

	if (p->priority != q->priority)
		return p->priority > q->priority ? -1 : 1;
	return p->policy_id < q->policy_id ? -1 : 1;
}

static const struct chan_policy **
sorted(const struct policy_db *db)
{
	const struct chan_policy **p = malloc(db->n * sizeof(const struct chan_policy *));
	uint32_t n = 0;

	if (p == NULL)
		return NULL;
	for (uint32_t id = 0; n < db->n; id++)
		if (db->rec[id].present)
			p[n++] = &db->rec[id].cfg;
	qsort(p, n, sizeof(const struct chan_policy *), by_rank);
	return p;
}

static struct policy_rule
rule_of(const struct chan_policy *c, int32_t rank, uint32_t answer)
{
	struct policy_rule r = {
		.data = { .category_mask = 1, .priority = rank, .userdata = answer },
	};

	r.field[F_PROTO].value.u8 = c->proto;
	r.field[F_PROTO].mask_range.u8 = c->proto != 0 ? UINT8_MAX : 0;
	r.field[F_SRC].value.u32 = c->src;
	r.field[F_SRC].mask_range.u32 = c->src_len;
	r.field[F_DST].value.u32 = c->dst;
	r.field[F_DST].mask_range.u32 = c->dst_len;
	r.field[F_SPORT].value.u16 = c->sport_lo;
	r.field[F_SPORT].mask_range.u16 = c->sport_hi;
	r.field[F_DPORT].value.u16 = c->dport_lo;
	r.field[F_DPORT].mask_range.u16 = c->dport_hi;
	return r;
}

static int
add_rules(struct rte_acl_ctx *acl, const struct chan_policy *const *p, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		int32_t rank = 2 * (int32_t)(n - i);
		struct policy_rule r = rule_of(p[i], rank, i + 1);
		int err = rte_acl_add_rules(acl, (const struct rte_acl_rule *)&r, 1);

		if (err == 0 && selects_ports(p[i])) {
			r = rule_of(p[i], rank + 1, (i + 1) | POLICY_UNSURE);
			r.field[F_SPORT].value.u16 = r.field[F_SPORT].mask_range.u16 = 0;
			r.field[F_DPORT].value.u16 = r.field[F_DPORT].mask_range.u16 = 0;
			err = rte_acl_add_rules(acl, (const struct rte_acl_rule *)&r, 1);
		}
		if (err != 0)
			return err;
	}
	return 0;
}

static struct rte_acl_ctx *
acl_build(const struct tables *t, const struct chan_policy *const *p, uint32_t n)
{
	static unsigned int serial; /* the library knows contexts by name */
	char name[RTE_ACL_NAMESIZE];
	struct rte_acl_param param = { .name = name,
		.socket_id = t->env.socket_id,
		.rule_size = RTE_ACL_RULE_SZ(N_FIELDS),
		.max_rule_num = 2 * n };
	struct rte_acl_ctx *acl;

	snprintf(name, sizeof(name), "policies%u", serial++);
	acl = rte_acl_create(&param);
	if (acl == NULL)
		return NULL;
	if (add_rules(acl, p, n) != 0 || rte_acl_build(acl, &acl_config) != 0) {
		rte_acl_free(acl);
		return NULL;
	}
	return acl;
}

static struct policy_set *
set_build(const struct tables *t, const struct policy_db *db)
{
	uint32_t n = db->n, n_words = (t->max_tunnels + 63) / 64;
	size_t entries = RTE_ALIGN(sizeof(struct policy_set) + n * sizeof(struct policy_entry), 8);
	const struct chan_policy **p = sorted(db);
	struct policy_set *s = p != NULL ? tables_alloc(t, entries + n_words * 8) : NULL;

	if (s == NULL) {
		free(p);
		return NULL;
	}
	s->n = n;
	s->n_tun_words = n_words;
	s->tuns = RTE_PTR_ADD(s, entries);
	for (uint32_t i = 0; i < n; i++) {
		uint32_t tun = p[i]->tun_id;

		s->e[i] = (struct policy_entry){ .policy_id = p[i]->policy_id, .tun_id = tun,
			.action = p[i]->action };
		if (tun != CHAN_NONE)
			s->tuns[tun / 64] |= UINT64_C(1) << tun % 64;
	}
	s->acl = acl_build(t, p, n);
	free(p);
	if (s->acl == NULL) {
		rte_free(s);
		return NULL;
	}
	return s;
}

static void
set_free(struct tables *t, void *p, uintptr_t arg)
{
	struct policy_set *s = p;

	if (s == NULL)
		return;
	rte_acl_free(s->acl);
	rte_free(s);
}

int
policy_settle(struct tables *t)
{
	struct policy_db *db = t->policy_db;
	struct policy_set *old = t->policies, *s = NULL;

	if (likely(!db->dirty))
		return 0;
	if (db->n != 0) {
		s = set_build(t, db);
		if (s == NULL) {
			log_error("policy", "no memory to put %u policies in force", db->n);
			return -ENOMEM;
		}
	}
	__atomic_store_n(&t->policies, s, __ATOMIC_RELEASE);
	if (old != NULL)
		tables_defer(t, set_free, old, 0);
	db->dirty = false;
	db->n_dirty_ticks = 0;
	return 0;
}

void
policy_tick(struct tables *t)
{
	struct policy_db *db = t->policy_db;

	if (db->dirty && (!db->changed || ++db->n_dirty_ticks >= MAX_DIRTY_TICKS))
		policy_settle(t);
	db->changed = false;
}

/* ---- the database --------------------------------------------------------------------------- */

static void
db_changed(struct policy_db *db)
{
	db->dirty = true;
	db->changed = true;
}

/* The counters of an id belong to who has it now. */
static void
counters_clear(struct tables *t, uint32_t policy_id)
{
	struct chan_stats *s = t->env.stats;

	for (uint32_t w = 0; w < s->n_workers; w++)
		memset((struct chan_policy_stats *)RTE_PTR_ADD(s, s->policy_off[w]) + policy_id, 0,
				sizeof(struct chan_policy_stats));
}

int
policy_set(struct tables *t, const struct chan_policy *msg, const char **field)
{
	struct policy_db *db = t->policy_db;
	struct chan_policy c = *msg;
	struct policy_rec *rec;
	int err = policy_check(t, msg, field);

	if (err != 0)
		return err;
	if (!has_tunnel(&c))
		c.tun_id = CHAN_NONE;
	rec = &db->rec[c.policy_id];
	if (!rec->present) {
		db->n++;
		counters_clear(t, c.policy_id);
	}
	if (!rec->present || memcmp(&rec->cfg, &c, sizeof(c)) != 0)
		db_changed(db);
	rec->cfg = c;
	rec->present = true;
	rec->mark = t->sync;
	return 0;
}

static void
policy_remove(struct policy_db *db, struct policy_rec *rec)
{
	rec->present = false;
	db->n--;
	db_changed(db);
}

int
policy_del(struct tables *t, uint32_t policy_id, const char **field)
{
	struct policy_db *db = t->policy_db;

	if (policy_id >= CHAN_MAX_POLICIES)
		return refuse(field, "policy.policy_id", -EINVAL);
	if (db->rec[policy_id].present)
		policy_remove(db, &db->rec[policy_id]);
	return 0;
}

int
policy_sweep(struct tables *t)
{
	struct policy_db *db = t->policy_db;

	for (uint32_t id = 0; id < CHAN_MAX_POLICIES && db->n != 0; id++)
		if (db->rec[id].present && unnamed(t, db->rec[id].mark))
			policy_remove(db, &db->rec[id]);
	return policy_settle(t);
}

int
policy_init(struct tables *t)
{
	t->policy_db = calloc(1, sizeof(*t->policy_db));
	return t->policy_db != NULL ? 0 : -ENOMEM;
}

void
policy_fini(struct tables *t)
{
	set_free(t, t->policies, 0);
	free(t->policy_db);
}
