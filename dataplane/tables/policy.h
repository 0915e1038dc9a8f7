/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Security policies as workers see them (RFC 4301 section 4.4.1): one immutable set, classified
 * with rte_acl, a trie for each family, replaced as a whole. No set at all when there are no
 * policies: then a burst pays one load for them.
 */
#ifndef CULVERT_DATAPLANE_TABLES_POLICY_H
#define CULVERT_DATAPLANE_TABLES_POLICY_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <rte_acl.h>
#include <rte_byteorder.h>

#include "common/channel.h"

struct tables;

/** What is looked up, in network order. Ports are 0 where there are none or where they are not
 *  known, as in all fragments but the first. ICMP's type and code (RFC 4301 section 4.4.1.1: the
 *  upper and the lower eight bits of one port) stand in both, for they are the same in either
 *  direction; not known are 0 and POLICY_NO_TYPE, since 0 and 0 is an echo reply. */
struct policy_key {
	uint8_t proto;
	uint8_t zero[3];
	rte_be32_t src, dst;
	rte_be16_t sport, dport;
};
static_assert(sizeof(struct policy_key) == 16, "no holes");

#define POLICY_NO_TYPE 0xffff

/** The same of IPv6; @proto is that behind the extension headers. */
struct policy_key6 {
	uint8_t proto;
	uint8_t zero[3];
	uint8_t src[16], dst[16];
	rte_be16_t sport, dport;
};
static_assert(sizeof(struct policy_key6) == 40, "no holes");

struct policy_entry {
	uint32_t policy_id;
	uint32_t tun_id; /* PROTECT, UNAGREED; else CHAN_NONE */
	uint8_t action;  /* enum chan_policy_action */
};

struct policy_set {
	struct rte_acl_ctx *acl, *acl6; /* of IPv4, IPv6; NULL: no policies of this family */
	uint32_t n;
	uint32_t n_tun_words;
	uint64_t *tuns; /* bit of each tunnel that policies name; behind @e */
	struct policy_entry e[];
};

/*
 * The answer to a key: 0 for "no policy matches", else the index of its entry + 1, and whether the
 * ports would have to be known to be sure.
 */
#define POLICY_UNSURE    0x80000000u
#define POLICY_LOOKUPS   128 /* keys at a time */

/** The entry of an answer that is not 0. */
static inline const struct policy_entry *
policy_entry(const struct policy_set *s, uint32_t answer)
{
	return &s->e[(answer & ~POLICY_UNSURE) - 1];
}

static inline bool
policy_protects(const struct policy_entry *e)
{
	return e->action == CHAN_POLICY_PROTECT || e->action == CHAN_POLICY_UNAGREED;
}

/** Is there a policy that protects with this tunnel? */
static inline bool
policy_names_tunnel(const struct policy_set *s, uint32_t tun_id)
{
	return tun_id / 64 < s->n_tun_words && (s->tuns[tun_id / 64] >> tun_id % 64 & 1) != 0;
}

static inline void
policy_classify(const struct rte_acl_ctx *acl, const uint8_t *keys, size_t key_len,
		uint32_t *answers, uint32_t n)
{
	const uint8_t *p[POLICY_LOOKUPS];

	for (uint32_t i = 0; i < n; i++)
		p[i] = keys + i * key_len;
	if (likely(acl != NULL))
		rte_acl_classify(acl, p, answers, n, 1);
	else
		memset(answers, 0, n * sizeof(*answers));
}

/** Look up @n keys (1..POLICY_LOOKUPS) at once. */
static inline void
policy_lookup(const struct policy_set *s, const struct policy_key *keys, uint32_t *answers,
		uint32_t n)
{
	policy_classify(s->acl, (const uint8_t *)keys, sizeof(*keys), answers, n);
}

static inline void
policy_lookup6(const struct policy_set *s, const struct policy_key6 *keys, uint32_t *answers,
		uint32_t n)
{
	policy_classify(s->acl6, (const uint8_t *)keys, sizeof(*keys), answers, n);
}

/* ---- the main core's ------------------------------------------------------------------------ */

struct policy_db;

/** No policies. 0 or -ENOMEM. */
int policy_init(struct tables *t);
void policy_fini(struct tables *t);
/**
 * Take a policy in, or out; see tables_apply() for the errors. Workers see it with the next
 * policy_settle().
 */
int policy_set(struct tables *t, const struct chan_policy *c, const char **field);
int policy_del(struct tables *t, uint32_t policy_id, const char **field);
/** Forget all policies that the running sync has not named, and settle. */
int policy_sweep(struct tables *t);
/** Make workers see what has been set. Nothing to do: 0 at once. 0 or -ENOMEM: as before. */
int policy_settle(struct tables *t);
/** Settle when no policy has come for a tick, or they do not end. */
void policy_tick(struct tables *t);

#endif
