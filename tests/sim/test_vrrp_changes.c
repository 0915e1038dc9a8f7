/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A virtual router that is configured anew while it runs, in each state: an active one stays active
 * and says at once what is new, a backup goes on listening, one that waits goes on waiting.
 */
#include <string.h>

#include "tests/sim/vrrp_one.h"
#include "tests/unit/cu.h"

/* In each state; @change makes it another. */
static void
each_state(void (*change)(struct vrrp_cfg *c))
{
	struct vrrp_cfg c = cfg(100), other = c;

	change(&other);
	startup(&c);
	hear_priority(200);
	pass(500);
	vrrp_set(engine, &other, now_ms);
	IS(VRRP_BACKUP);
	CU_ASSERT_EQUAL(fires_in(), 3109);
	CU_ASSERT_EQUAL(n_sent, 0);
	become_active(&c);
	pass(300);
	n_sent = n_announced = 0;
	vrrp_set(engine, &other, now_ms);
	IS(VRRP_ACTIVE);
	CU_ASSERT(n_sent == 1 && sent.priority == 100 && n_announced == 1);
	CU_ASSERT_EQUAL(announced_addrs, other.n_addrs);
	CU_ASSERT(ip6_equal(&sent.src, &other.source));
	pass(1000);
	CU_ASSERT_EQUAL(n_sent, 2);
	c.startup_delay_ms = other.startup_delay_ms = 30000;
	startup(&c);
	pass(1000);
	vrrp_set(engine, &other, now_ms);
	IS(VRRP_INIT);
	CU_ASSERT_EQUAL(fires_in(), 29000);
}

static void
change_address(struct vrrp_cfg *c)
{
	c->addrs[0] = addr(VIP_4 + 7, 7);
}

static void
change_number(struct vrrp_cfg *c)
{
	c->n_addrs = 2;
	c->addrs[1] = addr(VIP_4 + 8, 8);
}

/* The interface has got another address. */
static void
change_source(struct vrrp_cfg *c)
{
	c->source = addr(OWN_4 + 40, 0x44);
}

static void
test_change_addresses(void)
{
	EACH_KIND
	{
		each_state(change_address);
		each_state(change_number);
		each_state(change_source);
	}
}

/* Interval, password and preemption are for the next packet; who is active stays it. */
static void
test_change_interval(void)
{
	struct vrrp_cfg c;
	struct vrrp_adv a;

	kind = &kinds[1];
	c = cfg(100);
	become_active(&c);
	pass(300); /* the next one comes when it was to come, and has the new interval */
	n_sent = 0;
	c.advert_ms = 10000;
	vrrp_set(engine, &c, now_ms);
	pass(1000);
	CU_ASSERT(n_sent == 1 && sent.interval_ms == 10000);
	pass(9999);
	CU_ASSERT_EQUAL(n_sent, 2);
	IS(VRRP_ACTIVE);
	/* A backup of version 3 goes by what it hears. */
	c = cfg(100);
	startup(&c);
	a = adv(200);
	hear(&a);
	c.advert_ms = 10;
	vrrp_set(engine, &c, now_ms);
	CU_ASSERT_EQUAL(fires_in(), 3609);
	hear(&a);
	CU_ASSERT_EQUAL(fires_in(), 3609);
	/* One of version 2 hears nothing any more that it may believe. */
	kind = &kinds[0];
	c = cfg(100);
	startup(&c);
	hear_priority(200);
	c.advert_ms = 2000;
	vrrp_set(engine, &c, now_ms);
	for (int i = 0; i < 4; i++) {
		hear_priority(200);
		pass(1000);
	}
	IS(VRRP_ACTIVE);
	CU_ASSERT_EQUAL(vrrp_stats(vr)->interval_errors, 4);
}

/* An active router of another version has left, for those who know the old one. */
static void
test_change_version(void)
{
	struct vrrp_cfg c, other;

	kind = &kinds[1];
	c = cfg(100);
	other = c;
	other.version = 2;
	other.startup_delay_ms = c.startup_delay_ms = 10000;
	startup(&c);
	pass(5000);
	vrrp_set(engine, &other, now_ms); /* while the delay runs: it goes on */
	IS(VRRP_INIT);
	pass(5000);
	IS(VRRP_BACKUP);
	pass(4000);
	IS(VRRP_ACTIVE);
	CU_ASSERT_EQUAL(sent.version, 2);
	vrrp_set(engine, &c, now_ms);
	CU_ASSERT(sent.version == 2 && sent.priority == 0);
	IS(VRRP_BACKUP); /* and not a start-up once more */
	pass(3609);
	IS(VRRP_ACTIVE);
	CU_ASSERT_EQUAL(sent.version, 3);
}

/* From 255 down and up, as the address becomes the interface's own or another's. */
static void
test_change_owner(void)
{
	EACH_KIND
	{
		struct vrrp_cfg c = cfg(100), own = owner();

		become_active(&c);
		vrrp_set(engine, &own, now_ms);
		IS(VRRP_ACTIVE);
		CU_ASSERT_EQUAL(sent.priority, 255);
		vrrp_set(engine, &c, now_ms);
		CU_ASSERT_EQUAL(sent.priority, 0);
		IS(VRRP_BACKUP);
		vrrp_del(engine, vr, now_ms); /* "no vrrp 10": a backup goes without a word */
		CU_ASSERT_EQUAL(sent.priority, 0);
		CU_ASSERT(!timers_run());
	}
	vrrp_free(engine);
	engine = NULL;
}

static const struct cu_case cases[] = {
	CU_CASE(test_change_addresses),
	CU_CASE(test_change_interval),
	CU_CASE(test_change_version),
	CU_CASE(test_change_owner),
};

CU_MAIN("sim_vrrp_changes", cases)
