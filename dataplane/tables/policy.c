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
 * with ports 0 and 0, ICMP without its type with 0 and POLICY_NO_TYPE. For a policy that selects by
 * them there is a second rule for just that, a little above it, whose answer says that nobody can
 * tell; for an ICMP type one in each direction.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <netinet/in.h>

#include <rte_errno.h>
#include <rte_malloc.h>

#include "common/inet.h"
#include "common/inet6.h"
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

/* An address is one field of 32 bits in IPv4, four in IPv6. */
#define F_PROTO       0
#define F_SRC         1
#define F_DST(words)  (1 + (words))
#define F_PORTS(words) (1 + 2 * (words)) /* source, destination */
#define N_FIELDS(words) (3 + 2 * (words))
#define WORDS4        1
#define WORDS6        4
#define MAX_RULES     3 /* of a policy */

RTE_ACL_RULE_DEF(policy_rule, N_FIELDS(WORDS6)); /* of IPv4: the first fields of it */

/* clang-format off */
static const struct rte_acl_config acl_config = {
	.num_categories = 1,
	.num_fields = N_FIELDS(WORDS4),
	.defs = {
		{ RTE_ACL_FIELD_TYPE_BITMASK, 1, 0, 0, offsetof(struct policy_key, proto) },
		{ RTE_ACL_FIELD_TYPE_MASK,    4, 1, 1, offsetof(struct policy_key, src) },
		{ RTE_ACL_FIELD_TYPE_MASK,    4, 2, 2, offsetof(struct policy_key, dst) },
		{ RTE_ACL_FIELD_TYPE_RANGE,   2, 3, 3, offsetof(struct policy_key, sport) },
		{ RTE_ACL_FIELD_TYPE_RANGE,   2, 4, 3, offsetof(struct policy_key, dport) },
	},
};

static const struct rte_acl_config acl_config6 = {
	.num_categories = 1,
	.num_fields = N_FIELDS(WORDS6),
	.defs = {
		{ RTE_ACL_FIELD_TYPE_BITMASK, 1, 0,  0, offsetof(struct policy_key6, proto) },
		{ RTE_ACL_FIELD_TYPE_MASK,    4, 1,  1, offsetof(struct policy_key6, src) },
		{ RTE_ACL_FIELD_TYPE_MASK,    4, 2,  2, offsetof(struct policy_key6, src) + 4 },
		{ RTE_ACL_FIELD_TYPE_MASK,    4, 3,  3, offsetof(struct policy_key6, src) + 8 },
		{ RTE_ACL_FIELD_TYPE_MASK,    4, 4,  4, offsetof(struct policy_key6, src) + 12 },
		{ RTE_ACL_FIELD_TYPE_MASK,    4, 5,  5, offsetof(struct policy_key6, dst) },
		{ RTE_ACL_FIELD_TYPE_MASK,    4, 6,  6, offsetof(struct policy_key6, dst) + 4 },
		{ RTE_ACL_FIELD_TYPE_MASK,    4, 7,  7, offsetof(struct policy_key6, dst) + 8 },
		{ RTE_ACL_FIELD_TYPE_MASK,    4, 8,  8, offsetof(struct policy_key6, dst) + 12 },
		{ RTE_ACL_FIELD_TYPE_RANGE,   2, 9,  9, offsetof(struct policy_key6, sport) },
		{ RTE_ACL_FIELD_TYPE_RANGE,   2, 10, 9, offsetof(struct policy_key6, dport) },
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
proto_has_type(uint8_t proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
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

/* No host bits, and nothing of the other family. */
static bool
addr_good(bool is_ip6, uint32_t addr, const uint8_t addr6[16], uint8_t len)
{
	struct ip6_addr a, net;

	memcpy(&a, addr6, sizeof(a));
	net = ip6_masked(&a, len);
	return is_ip6 ? addr == 0 && ip6_equal(&a, &net)
		      : (addr & ~ip4_mask(len)) == 0 && ip6_is_zero(&a);
}

static int
policy_check(const struct tables *t, const struct chan_policy *c, const char **field)
{
	const uint8_t max_len = c->is_ip6 ? 128 : 32;

	if (c->policy_id >= CHAN_MAX_POLICIES)
		return refuse(field, "policy.policy_id", -EINVAL);
	if (c->is_ip6 > 1)
		return refuse(field, "policy.is_ip6", -EINVAL);
	if (c->src_len > max_len)
		return refuse(field, "policy.src_len", -EINVAL);
	if (!addr_good(c->is_ip6, c->src, c->src6, c->src_len))
		return refuse(field, "policy.src", -EINVAL);
	if (c->dst_len > max_len)
		return refuse(field, "policy.dst_len", -EINVAL);
	if (!addr_good(c->is_ip6, c->dst, c->dst6, c->dst_len))
		return refuse(field, "policy.dst", -EINVAL);
	if (c->action > CHAN_POLICY_UNAGREED)
		return refuse(field, "policy.action", -EINVAL);
	if (c->sport_lo > c->sport_hi)
		return refuse(field, "policy.sport_lo", -EINVAL);
	if (c->dport_lo > c->dport_hi)
		return refuse(field, "policy.dport_lo", -EINVAL);
	if (selects_ports(c) && !proto_has_ports(c->proto) && !proto_has_type(c->proto))
		return refuse(field, "policy.proto", -EINVAL);
	if (proto_has_type(c->proto) && (c->sport_lo != c->dport_lo || c->sport_hi != c->dport_hi))
		return refuse(field, "policy.dport_lo", -EINVAL);
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

static void
addr_fields4(struct rte_acl_field *f, uint32_t addr, uint8_t len)
{
	f->value.u32 = addr;
	f->mask_range.u32 = len;
}

static void
addr_fields6(struct rte_acl_field *f, const uint8_t addr[16], uint8_t len)
{
	for (int i = 0; i < WORDS6; i++) {
		rte_be32_t word;

		memcpy(&word, addr + 4 * i, sizeof(word));
		f[i].value.u32 = rte_be_to_cpu_32(word);
		f[i].mask_range.u32 = len > 32 ? 32 : len;
		len = len > 32 ? len - 32 : 0;
	}
}

static unsigned int
words_of(const struct chan_policy *c)
{
	return c->is_ip6 ? WORDS6 : WORDS4;
}

static struct policy_rule
rule_of(const struct chan_policy *c, int32_t rank, uint32_t answer)
{
	unsigned int words = words_of(c);
	struct rte_acl_field *ports;
	struct policy_rule r = {
		.data = { .category_mask = 1, .priority = rank, .userdata = answer },
	};

	r.field[F_PROTO].value.u8 = c->proto;
	r.field[F_PROTO].mask_range.u8 = c->proto != 0 ? UINT8_MAX : 0;
	if (c->is_ip6) {
		addr_fields6(&r.field[F_SRC], c->src6, c->src_len);
		addr_fields6(&r.field[F_DST(words)], c->dst6, c->dst_len);
	} else {
		addr_fields4(&r.field[F_SRC], c->src, c->src_len);
		addr_fields4(&r.field[F_DST(words)], c->dst, c->dst_len);
	}
	ports = &r.field[F_PORTS(words)];
	ports[0].value.u16 = c->sport_lo;
	ports[0].mask_range.u16 = c->sport_hi;
	ports[1].value.u16 = c->dport_lo;
	ports[1].mask_range.u16 = c->dport_hi;
	return r;
}

/* For packets whose ports or type are not known, which are looked up with these two. */
static int
add_unsure(struct rte_acl_ctx *acl, const struct chan_policy *c, int32_t rank, uint32_t answer,
		uint16_t sport, uint16_t dport)
{
	struct policy_rule r = rule_of(c, rank, answer | POLICY_UNSURE);
	struct rte_acl_field *ports = &r.field[F_PORTS(words_of(c))];

	ports[0].value.u16 = ports[0].mask_range.u16 = sport;
	ports[1].value.u16 = ports[1].mask_range.u16 = dport;
	return rte_acl_add_rules(acl, (const struct rte_acl_rule *)&r, 1);
}

static int
add_rule(struct rte_acl_ctx *acl, const struct chan_policy *c, int32_t rank, uint32_t answer)
{
	struct policy_rule r = rule_of(c, rank, answer);
	int err = rte_acl_add_rules(acl, (const struct rte_acl_rule *)&r, 1);

	if (err != 0 || !selects_ports(c))
		return err;
	if (!proto_has_type(c->proto))
		return add_unsure(acl, c, rank + 1, answer, 0, 0);
	err = add_unsure(acl, c, rank + 1, answer, 0, POLICY_NO_TYPE);
	return err != 0 ? err : add_unsure(acl, c, rank + 1, answer, POLICY_NO_TYPE, 0);
}

/* Of one family; ranks and answers are those of all policies together. */
static int
acl_build(const struct tables *t, const struct chan_policy *const *p, uint32_t n, bool is_ip6,
		struct rte_acl_ctx **out)
{
	static unsigned int serial; /* the library knows contexts by name */
	char name[RTE_ACL_NAMESIZE];
	struct rte_acl_param param = { .name = name,
		.socket_id = t->env.socket_id,
		.rule_size = RTE_ACL_RULE_SZ(N_FIELDS(is_ip6 ? WORDS6 : WORDS4)) };
	struct rte_acl_ctx *acl;
	int err = 0;

	for (uint32_t i = 0; i < n; i++)
		param.max_rule_num += p[i]->is_ip6 == is_ip6 ? MAX_RULES : 0;
	if (param.max_rule_num == 0)
		return 0;
	snprintf(name, sizeof(name), "policies%u", serial++);
	acl = rte_acl_create(&param);
	if (acl == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < n && err == 0; i++)
		if (p[i]->is_ip6 == is_ip6)
			err = add_rule(acl, p[i], 2 * (int32_t)(n - i), i + 1);
	if (err == 0)
		err = rte_acl_build(acl, is_ip6 ? &acl_config6 : &acl_config);
	if (err != 0) {
		rte_acl_free(acl);
		return -ENOMEM;
	}
	*out = acl;
	return 0;
}

static void
set_free(struct tables *t, void *p, uintptr_t arg)
{
	struct policy_set *s = p;

	if (s == NULL)
		return;
	rte_acl_free(s->acl);
	rte_acl_free(s->acl6);
	rte_free(s);
}

static struct policy_set *
set_build(const struct tables *t, const struct policy_db *db)
{
	int err;
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
	err = acl_build(t, p, n, false, &s->acl);
	if (err == 0)
		err = acl_build(t, p, n, true, &s->acl6);
	free(p);
	if (err != 0) {
		set_free(NULL, s, 0);
		return NULL;
	}
	return s;
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
		tables_stats_clear(t, t->env.stats->policy_off, c.policy_id,
				sizeof(struct chan_policy_stats));
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
