/* SPDX-License-Identifier: BSD-3-Clause */
/* The table of security policies, IPv4 and IPv6, against a slow obvious model. */
#include <stdlib.h>
#include <string.h>

#include "common/inet.h"
#include "common/inet6.h"
#include "tests/unit/cu.h"
#include "tests/unit/dp_fixture.h"

#define MAX_POLICIES 400

/* What is looked up, whatever the family: an IPv4 address is in the first four bytes. */
struct flow {
	uint8_t src[16], dst[16];
	uint8_t proto;
	uint16_t sport, dport; /* 0 and 0: not known; of ICMP the type in both, or not known */
};

static uint32_t
rnd(uint32_t n)
{
	return (uint32_t)rand() % n;
}

/* ---- the model ------------------------------------------------------------------------------ */

static void
put_ip4(uint8_t out[16], uint32_t addr)
{
	rte_be32_t be = rte_cpu_to_be_32(addr);

	memset(out, 0, 16);
	memcpy(out, &be, sizeof(be));
}

static bool
in_prefix(const uint8_t net[16], uint8_t len, const uint8_t addr[16])
{
	for (unsigned int bit = 0; bit < len; bit++)
		if (((net[bit / 8] ^ addr[bit / 8]) >> (7 - bit % 8) & 1) != 0)
			return false;
	return true;
}

static bool
is_icmp(uint8_t proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

static bool
covers(const struct chan_policy *c, const struct flow *f, bool with_ports)
{
	uint8_t src[16], dst[16];

	if (c->is_ip6) {
		memcpy(src, c->src6, sizeof(src));
		memcpy(dst, c->dst6, sizeof(dst));
	} else {
		put_ip4(src, c->src);
		put_ip4(dst, c->dst);
	}
	return in_prefix(src, c->src_len, f->src) && in_prefix(dst, c->dst_len, f->dst) &&
			(c->proto == 0 || c->proto == f->proto) &&
			(!with_ports || (c->sport_lo <= f->sport && f->sport <= c->sport_hi &&
							c->dport_lo <= f->dport &&
							f->dport <= c->dport_hi));
}

/* The best by the book: the highest priority, then the lowest id. */
static const struct chan_policy *
model(const struct chan_policy *c, unsigned int n, const struct flow *f, bool *unsure)
{
	const struct chan_policy *best = NULL;
	bool ports_known = is_icmp(f->proto) ? f->sport == f->dport
					     : f->sport != 0 || f->dport != 0;

	for (unsigned int i = 0; i < n; i++)
		if (covers(&c[i], f, ports_known) &&
				(best == NULL || c[i].priority > best->priority))
			best = &c[i];
	*unsure = best != NULL && !ports_known &&
			(best->dport_lo != 0 || best->dport_hi != UINT16_MAX);
	return best;
}

/* ---- policies and packets ------------------------------------------------------------------- */

/* IPv6 addresses that differ in a few bits all over their length. */
static void
rnd_addr6(uint8_t a[16])
{
	memset(a, 0, 16);
	a[0] = 0x20;
	for (int i = 0; i < 3; i++)
		a[(const int[]){ 2, 3, 4, 7, 8, 11, 12, 15 }[rnd(8)]] = (uint8_t)(0x80 >> rnd(8));
}

static void
rnd_prefix6(uint8_t a[16], uint8_t *len)
{
	struct ip6_addr full;

	rnd_addr6(full.b);
	*len = (uint8_t)rnd(129);
	full = ip6_masked(&full, *len);
	memcpy(a, &full, 16);
}

static void
rnd_prefixes(struct chan_policy *c)
{
	if (!c->is_ip6) {
		c->src_len = (uint8_t)(rnd(4) == 0 ? rnd(33) : 24 + rnd(9));
		c->dst_len = (uint8_t)(rnd(4) == 0 ? rnd(33) : 24 + rnd(9));
		c->src = IP4(10, 1, rnd(2), rnd(8)) & ip4_mask(c->src_len);
		c->dst = IP4(10, 50, rnd(2), rnd(8)) & ip4_mask(c->dst_len);
		return;
	}
	rnd_prefix6(c->src6, &c->src_len);
	rnd_prefix6(c->dst6, &c->dst_len);
	if (rnd(3) == 0) {
		c->src_len = (uint8_t)rnd(12);
		memset(c->src6, 0, 16);
		c->src6[0] = c->src_len > 2 ? 0x20 : 0;
	}
}

static struct chan_policy
rnd_policy(uint32_t id, bool six)
{
	struct chan_policy c = { .policy_id = id, .priority = rnd(20), .is_ip6 = six, .tun_id = 2,
		.action = (uint8_t)rnd(3), .sport_hi = UINT16_MAX, .dport_hi = UINT16_MAX };

	rnd_prefixes(&c);
	c.proto = (const uint8_t[]){ 0, IPPROTO_TCP, IPPROTO_UDP,
		six ? IPPROTO_ICMPV6 : IPPROTO_ICMP }[rnd(4)];
	if ((c.proto == IPPROTO_TCP || c.proto == IPPROTO_UDP) && rnd(2) == 0) {
		c.dport_lo = (uint16_t)rnd(20);
		c.dport_hi = (uint16_t)(c.dport_lo + rnd(20));
	} else if (is_icmp(c.proto) && rnd(3) != 0) {
		c.sport_lo = c.dport_lo = (uint16_t)(rnd(4) << 8 | rnd(4));
		c.sport_hi = c.dport_hi = rnd(2) ? c.sport_lo : c.sport_lo | UINT8_MAX;
	}
	return c;
}

/* A packet; of IPv6 often one from or to where @like begins. */
static struct flow
rnd_flow(const struct chan_policy *like)
{
	struct flow f;

	if (like->is_ip6) {
		rnd_addr6(f.src);
		rnd_addr6(f.dst);
		if (rnd(2) != 0)
			memcpy(f.src, like->src6, sizeof(f.src));
		if (rnd(2) != 0)
			memcpy(f.dst, like->dst6, sizeof(f.dst));
	} else {
		put_ip4(f.src, IP4(10, 1, rnd(2), rnd(8)));
		put_ip4(f.dst, IP4(10, 50, rnd(2), rnd(8)));
	}
	f.proto = (const uint8_t[]){ IPPROTO_TCP, IPPROTO_UDP,
		like->is_ip6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, IPPROTO_ESP }[rnd(4)];
	f.sport = rnd(4) != 0 ? (uint16_t)(1 + rnd(9)) : 0;
	f.dport = f.sport != 0 ? (uint16_t)rnd(40) : 0;
	if (is_icmp(f.proto) && rnd(3) != 0) {
		f.sport = f.dport = (uint16_t)(rnd(4) << 8 | rnd(4));
	} else if (is_icmp(f.proto)) {
		f.sport = rnd(2) ? 0 : POLICY_NO_TYPE;
		f.dport = f.sport ^ POLICY_NO_TYPE;
	}
	return f;
}

/* ---- the table ------------------------------------------------------------------------------ */

static void
look_up(const struct flow *f, bool six, uint32_t *answers)
{
	struct policy_key k[POLICY_LOOKUPS];
	struct policy_key6 k6[POLICY_LOOKUPS];

	memset(k, 0, sizeof(k));
	memset(k6, 0, sizeof(k6));
	for (unsigned int i = 0; i < POLICY_LOOKUPS; i++) {
		memcpy(&k[i].src, f[i].src, sizeof(k[i].src));
		memcpy(&k[i].dst, f[i].dst, sizeof(k[i].dst));
		memcpy(k6[i].src, f[i].src, sizeof(k6[i].src));
		memcpy(k6[i].dst, f[i].dst, sizeof(k6[i].dst));
		k[i].proto = k6[i].proto = f[i].proto;
		k[i].sport = k6[i].sport = rte_cpu_to_be_16(f[i].sport);
		k[i].dport = k6[i].dport = rte_cpu_to_be_16(f[i].dport);
	}
	if (six)
		policy_lookup6(dp.t->policies, k6, answers, POLICY_LOOKUPS);
	else
		policy_lookup(dp.t->policies, k, answers, POLICY_LOOKUPS);
}

static void
compare(bool six, unsigned int n, unsigned int n_rounds)
{
	static struct chan_policy c[MAX_POLICIES];
	unsigned int n_hits = 0, n_unsure = 0;

	for (uint32_t id = 0; id < n; id++) {
		c[id] = rnd_policy(id, six);
		CU_ASSERT_EQUAL_FATAL(DP_APPLY(CHAN_CMD_POLICY_SET, c[id]), 0);
	}
	CU_ASSERT_EQUAL_FATAL(policy_settle(dp.t), 0);
	for (unsigned int round = 0; round < n_rounds; round++) {
		struct flow f[POLICY_LOOKUPS];
		uint32_t answers[POLICY_LOOKUPS];

		for (unsigned int i = 0; i < POLICY_LOOKUPS; i++)
			f[i] = rnd_flow(&c[rnd(n)]);
		look_up(f, six, answers);
		for (unsigned int i = 0; i < POLICY_LOOKUPS; i++) {
			bool unsure;
			const struct chan_policy *want = model(c, n, &f[i], &unsure);

			CU_ASSERT_EQUAL_FATAL(answers[i] != 0, want != NULL);
			if (want == NULL)
				continue;
			CU_ASSERT_EQUAL_FATAL(policy_entry(dp.t->policies, answers[i])->policy_id,
					want->policy_id);
			CU_ASSERT_EQUAL_FATAL((answers[i] & POLICY_UNSURE) != 0, unsure);
			n_hits++;
			n_unsure += unsure;
		}
	}
	CU_ASSERT_TRUE(n_hits > 5000 && n_unsure > 50);
}

static void
ip4_is_what_a_slow_model_says(void)
{
	srand(7);
	dp_open(NULL);
	compare(false, MAX_POLICIES, 200);
	DP_END();
}

static void
ip6_is_what_a_slow_model_says(void)
{
	srand(11);
	dp_open(NULL);
	compare(true, 300, 400);
	CU_ASSERT_PTR_NULL(dp.t->policies->acl); /* none of IPv4 */
	DP_END();
}

static const struct cu_case cases[] = {
	CU_CASE(ip4_is_what_a_slow_model_says), CU_CASE(ip6_is_what_a_slow_model_says),
};

int
main(void)
{
	dp_eal();
	return cu_run("policy_table", cases, RTE_DIM(cases));
}
