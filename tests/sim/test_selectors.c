/* SPDX-License-Identifier: BSD-3-Clause */
/* Networks behind two gateways: what is agreed on when the two sides do not want the same. */
#include <string.h>

#include "tests/sim/sim.h"
#include "tests/unit/cu.h"

#define UP_MS 5000
#define NET(b) { 0, 0, UINT16_MAX, IP4_RANGE(0x0a000000u | (b) << 16, 0x0a00ffffu | (b) << 16) }
/* 2001:db8:N::/48 */
#define NET6(n) \
	{ 0, 0, UINT16_MAX, { .is_ip6 = true, .lo = { 0x20, 1, 0xd, 0xb8, 0, (n) }, \
		.hi = { 0x20, 1, 0xd, 0xb8, 0, (n), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, \
			0xff, 0xff, 0xff } } }

static struct ike_peer_cfg
site(int i)
{
	struct ike_peer_cfg c = sim_cfg(i);

	c.transport = false;
	c.ts_proto = 0;
	c.child_life_s = 3600;
	return c;
}

static void
set_pair(struct sim *s, struct ike_peer_cfg *a, struct ike_peer_cfg *b)
{
	a->initiate = true;
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, b, s->now), 0);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, a, s->now), 0);
}

static void
keep_children(void *arg, const struct ike_sa_show *sa)
{
	struct ike_child_show *out = arg;

	for (int i = 0; i < sa->n_children; i++)
		if (sa->children[i].current)
			*out = sa->children[i];
}

static struct ike_child_show
agreed(struct sim *s, int who)
{
	struct ike_child_show c = { 0 };

	ike_for_each_sa(s->n[who].e, s->now, keep_children, &c);
	return c;
}

static bool
both_up(struct sim *s)
{
	return s->n[A].state == IKE_PEER_ESTABLISHED && s->n[B].state == IKE_PEER_ESTABLISHED;
}

static bool
a_has_no_child(struct sim *s)
{
	return s->n[A].state == IKE_PEER_NO_CHILD;
}

/* Field by field: there is padding between them. */
static bool
equal(const struct ike_ts *a, const struct ike_ts *b)
{
	return a->proto == b->proto && a->port_lo == b->port_lo && a->port_hi == b->port_hi &&
	       ip_range_within(&a->addr, &b->addr) && ip_range_within(&b->addr, &a->addr);
}

static bool
list_is(const struct ike_ts_list *l, const struct ike_ts *ts, unsigned int n)
{
	for (unsigned int i = 0; i < n && i < l->n; i++)
		if (!equal(&l->ts[i], &ts[i]))
			return false;
	return l->n == n;
}

static void
the_same_lists_are_agreed_and_kept_by_a_rekey(void)
{
	static const struct ike_ts here[] = { NET(1), NET(2) }, there[] = { NET(9) };
	struct sim *s = sim_new(1, NULL);
	struct ike_peer_cfg a = site(A), b = site(B);
	struct ike_child_show c;
	uint32_t spi;

	a.ts_local = b.ts_remote = (struct ike_ts_list){ 2, { NET(1), NET(2) } };
	a.ts_remote = b.ts_local = (struct ike_ts_list){ 1, { NET(9) } };
	set_pair(s, &a, &b);
	CU_ASSERT_TRUE(sim_until(s, both_up, UP_MS));
	c = agreed(s, A);
	CU_ASSERT_TRUE(list_is(&c.ts_local, here, 2) && list_is(&c.ts_remote, there, 1));
	c = agreed(s, B);
	CU_ASSERT_TRUE(list_is(&c.ts_local, there, 1) && list_is(&c.ts_remote, here, 2));
	spi = agreed(s, A).spi_in;
	ike_child_rekey(s->n[A].e, agreed(s, A).id, false, s->now);
	sim_run(s, 2000);
	c = agreed(s, A);
	CU_ASSERT_NOT_EQUAL(c.spi_in, spi);
	CU_ASSERT_TRUE(list_is(&c.ts_local, here, 2) && list_is(&c.ts_remote, there, 1));
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

/* IPv4 and IPv6 networks in one Child SA; the responder has less of IPv6. */
static void
both_families_share_a_child(void)
{
	static const struct ike_ts here[] = { NET(1), NET6(1) }, there[] = { NET(9), NET6(9) };
	struct sim *s = sim_new(1, NULL);
	struct ike_peer_cfg a = site(A), b = site(B);
	struct ike_child_show c;

	a.ts_local = b.ts_remote = (struct ike_ts_list){ 2, { NET(1), NET6(1) } };
	a.ts_remote = (struct ike_ts_list){ 3, { NET(9), NET6(9), NET6(8) } };
	b.ts_local = (struct ike_ts_list){ 2, { NET(9), NET6(9) } };
	set_pair(s, &a, &b);
	CU_ASSERT_TRUE(sim_until(s, both_up, UP_MS));
	c = agreed(s, A);
	CU_ASSERT_TRUE(list_is(&c.ts_local, here, 2) && list_is(&c.ts_remote, there, 2));
	c = agreed(s, B);
	CU_ASSERT_TRUE(list_is(&c.ts_local, there, 2) && list_is(&c.ts_remote, here, 2));
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

/* The responder has less behind it than the initiator asks for, and the other way round. */
static void
the_smaller_side_wins(void)
{
	for (int small = A; small <= B; small++) {
		static const struct ike_ts net1[] = { NET(1) }, net9[] = { NET(9) };
		struct sim *s = sim_new(2 + (uint64_t)small, NULL);
		struct ike_peer_cfg p[2] = { site(A), site(B) };
		struct ike_child_show c;

		p[!small].ts_local = p[!small].ts_remote =
				(struct ike_ts_list){ 1,
				{ { 0, 0, UINT16_MAX, IP4_RANGE(0, UINT32_MAX) } } };
		p[small].ts_local = (struct ike_ts_list){ 1, { NET(1) } };
		p[small].ts_remote = (struct ike_ts_list){ 1, { NET(9) } };
		set_pair(s, &p[A], &p[B]);
		CU_ASSERT_TRUE(sim_until(s, both_up, UP_MS));
		c = agreed(s, small);
		CU_ASSERT_TRUE(list_is(&c.ts_local, net1, 1) && list_is(&c.ts_remote, net9, 1));
		c = agreed(s, !small);
		CU_ASSERT_TRUE(list_is(&c.ts_local, net9, 1) && list_is(&c.ts_remote, net1, 1));
		CU_ASSERT_EQUAL(sim_free(s), 0);
	}
}

static void
nothing_in_common_is_refused_with_a_reason(void)
{
	struct sim *s = sim_new(4, NULL);
	struct ike_peer_cfg a = site(A), b = site(B);

	a.ts_local = b.ts_remote = (struct ike_ts_list){ 1, { NET(1) } };
	a.ts_remote = (struct ike_ts_list){ 1, { NET(2) } };
	b.ts_local = (struct ike_ts_list){ 1, { NET(3) } };
	set_pair(s, &a, &b);
	CU_ASSERT_TRUE(sim_until(s, a_has_no_child, UP_MS));
	CU_ASSERT_PTR_NOT_NULL(strstr(s->n[A].why, "TS_UNACCEPTABLE"));
	CU_ASSERT_PTR_NOT_NULL(strstr(s->n[B].why, "have nothing of"));
	CU_ASSERT_EQUAL(sim_held_sas(&s->n[A]) + sim_held_sas(&s->n[B]), 0);
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

#define ICMP(b, from, to) \
	{ 1, (from), (to), IP4_RANGE(0x0a000000u | (b) << 16, 0x0a00ffffu | (b) << 16) }

/* ICMP types, RFC 7296 section 3.13.1: the whole of ICMP against some types, and all codes against
 * one. What only one side has is left out; a Child SA is rekeyed with what was agreed. */
static void
icmp_types_are_narrowed(void)
{
	static const struct ike_ts near[] = { ICMP(1, 0x800, 0x800), ICMP(1, 0, 0xff) },
				   far[] = { ICMP(9, 0x800, 0x800), ICMP(9, 0, 0xff) };
	struct sim *s = sim_new(8, NULL);
	struct ike_peer_cfg a = site(A), b = site(B);
	struct ike_child_show c;
	uint32_t spi;

	/* A: all codes of echo, echo reply, 3/4. B: echo 8/0, types 0 to 2. */
	a.ts_local = (struct ike_ts_list){ 3,
		{ ICMP(1, 0x800, 0x8ff), ICMP(1, 0, 0xff), ICMP(1, 0x304, 0x304) } };
	a.ts_remote = (struct ike_ts_list){ 3,
		{ ICMP(9, 0x800, 0x8ff), ICMP(9, 0, 0xff), ICMP(9, 0x304, 0x304) } };
	b.ts_local = (struct ike_ts_list){ 2, { ICMP(9, 0x800, 0x800), ICMP(9, 0, 0x2ff) } };
	b.ts_remote = (struct ike_ts_list){ 2, { ICMP(1, 0x800, 0x800), ICMP(1, 0, 0x2ff) } };
	set_pair(s, &a, &b);
	CU_ASSERT_TRUE(sim_until(s, both_up, UP_MS));
	c = agreed(s, A);
	CU_ASSERT_TRUE(list_is(&c.ts_local, near, 2) && list_is(&c.ts_remote, far, 2));
	c = agreed(s, B);
	CU_ASSERT_TRUE(list_is(&c.ts_local, far, 2) && list_is(&c.ts_remote, near, 2));
	spi = agreed(s, A).spi_in;
	ike_child_rekey(s->n[A].e, agreed(s, A).id, false, s->now);
	sim_run(s, 2000);
	c = agreed(s, A);
	CU_ASSERT_NOT_EQUAL(c.spi_in, spi);
	CU_ASSERT_TRUE(list_is(&c.ts_local, near, 2) && list_is(&c.ts_remote, far, 2));
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

/* Other types, and OPAQUE (65535 to 0): nothing in common. */
static void
other_icmp_types_are_refused(void)
{
	static const struct ike_ts others[] = { ICMP(9, 0, 0xff), ICMP(9, 0xffff, 0) };

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct sim *s = sim_new(9 + i, NULL);
		struct ike_peer_cfg a = site(A), b = site(B);

		a.ts_local = b.ts_remote = (struct ike_ts_list){ 1, { ICMP(1, 0x800, 0x8ff) } };
		a.ts_remote = (struct ike_ts_list){ 1, { others[i] } };
		b.ts_local = (struct ike_ts_list){ 1, { ICMP(9, 0x800, 0x8ff) } };
		set_pair(s, &a, &b);
		CU_ASSERT_TRUE(sim_until(s, a_has_no_child, UP_MS));
		CU_ASSERT_PTR_NOT_NULL(strstr(s->n[A].why, "TS_UNACCEPTABLE"));
		CU_ASSERT_EQUAL(sim_free(s), 0);
	}
}

/* Other networks are other terms: the peer starts over. The same ones again touch nothing. */
static void
a_change_of_networks_starts_over(void)
{
	static const struct ike_ts net2[] = { NET(2) };
	struct sim *s = sim_new(5, NULL);
	struct ike_peer_cfg a = site(A), b = site(B);
	struct ike_child_show c;
	uint64_t id;

	b.ts_local = b.ts_remote =
			(struct ike_ts_list){ 1,
			{ { 0, 0, UINT16_MAX, IP4_RANGE(0, UINT32_MAX) } } };
	a.ts_local = (struct ike_ts_list){ 1, { NET(1) } };
	a.ts_remote = (struct ike_ts_list){ 1, { NET(9) } };
	set_pair(s, &a, &b);
	CU_ASSERT_TRUE(sim_until(s, both_up, UP_MS));
	id = agreed(s, A).id;
	CU_ASSERT_EQUAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	sim_run(s, 2000);
	CU_ASSERT_EQUAL(agreed(s, A).id, id);
	a.ts_local = (struct ike_ts_list){ 1, { NET(2) } };
	CU_ASSERT_EQUAL(ike_peer_set(s->n[A].e, &a, s->now), 0);
	sim_run(s, UP_MS);
	CU_ASSERT_TRUE(sim_until(s, both_up, UP_MS));
	c = agreed(s, A);
	CU_ASSERT_NOT_EQUAL(c.id, id);
	CU_ASSERT_TRUE(list_is(&c.ts_local, net2, 1));
	CU_ASSERT_EQUAL(sim_free(s), 0);
}

static const struct cu_case cases[] = {
	CU_CASE(the_same_lists_are_agreed_and_kept_by_a_rekey),
	CU_CASE(both_families_share_a_child),
	CU_CASE(the_smaller_side_wins),
	CU_CASE(nothing_in_common_is_refused_with_a_reason),
	CU_CASE(icmp_types_are_narrowed),
	CU_CASE(other_icmp_types_are_refused),
	CU_CASE(a_change_of_networks_starts_over),
};

CU_MAIN("selectors", cases)
