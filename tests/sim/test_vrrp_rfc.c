/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * RFC 9568 step by step: each case is a section, and each line of it what that section says a
 * router does. What is the same in RFC 3768 is done with version 2 as well.
 *
 * Who answers ARP and ND, and what is done with frames to the virtual MAC address, is not the
 * engine's business: see tests/unit/test_ip6.c, test_nd.c, test_arp.c and tests/interop.
 */
#include <string.h>

#include "tests/sim/vrrp_one.h"
#include "tests/unit/cu.h"

/* ---- 5: what is sent --------------------------------------------------------------------- */

/* 5.1.1, 5.1.2: source, destination, TTL or hop limit 255, protocol 112. */
static void
test_5_1_header(void)
{
	EACH_KIND
	{
		struct vrrp_cfg c = cfg(100);
		struct ip6_addr group = vrrp_group(kind->ip6), from = addr(OWN_4, 2);

		become_active(&c);
		pass(1000);
		CU_ASSERT_EQUAL(sent.ttl, 255);
		CU_ASSERT(ip6_equal(&sent.src, &from));
		CU_ASSERT(ip6_equal(&sent.dst, &group));
		CU_ASSERT_EQUAL(kind->ip6 ? sent_pkt[6] : sent_pkt[9], 112);
	}
}

/* 5.2: the fields; 5.2.8 with the three sums that may be in it. */
static void
test_5_2_fields(void)
{
	EACH_KIND
	{
		struct vrrp_cfg c = cfg(100);
		const uint8_t *msg = sent_pkt + (kind->ip6 ? 40 : 20);

		c.n_addrs = 2;
		c.addrs[1] = addr(VIP_4 + 9, 9);
		c.advert_ms = kind->version == 2 ? 40000 : 40950;
		begin(&c);
		vrrp_up(engine, vr, true, NULL, now_ms);
		pass(200000);
		IS(VRRP_ACTIVE);
		CU_ASSERT_EQUAL(msg[0], kind->version << 4 | 1);
		CU_ASSERT_EQUAL(msg[1], 10);
		CU_ASSERT_EQUAL(msg[2], 100);
		CU_ASSERT_EQUAL(msg[3], 2);
		/* 5.2.6: the four bits before the interval are zero */
		CU_ASSERT_EQUAL(msg[4] << 8 | msg[5], kind->version == 3 ? 4095 : 40);
		CU_ASSERT(ip6_equal(&sent.addrs[1], &c.addrs[1]));
	}
}

/* 5.2.8: over the message alone (RFC 9568), or with the pseudo-header (RFC 5798 as many read it);
 * version 2 never with it. */
static void
test_5_2_8_checksum(void)
{
	static const enum vrrp_checksum sums[] = { VRRP_SUM_PLAIN, VRRP_SUM_PSEUDO };

	kind = &kinds[1];
	for (int i = 0; i < 2; i++) {
		struct vrrp_cfg c = cfg(100);
		struct vrrp_adv a = adv(50);

		c.checksum = sums[i];
		become_active(&c);
		pass(1000);
		CU_ASSERT_EQUAL(sent.pseudo, sums[i] == VRRP_SUM_PSEUDO);
		/* the other one is heard, and not followed */
		a.pseudo = sums[i] != VRRP_SUM_PSEUDO;
		hear(&a);
		pass(1000);
		CU_ASSERT_EQUAL(vrrp_stats(vr)->rcvd, 1);
		CU_ASSERT_EQUAL(sent.pseudo, sums[i] == VRRP_SUM_PSEUDO);
	}
}

/* ---- 6.1: the intervals ------------------------------------------------------------------ */

static void
test_6_1_intervals(void)
{
	static const struct {
		uint8_t version, priority;
		uint32_t advert_ms, skew_ms, down_ms;
	} rows[] = {
		/* ((256 - priority) * interval) / 256, not coarser than 10 ms */
		{ 3, 100, 1000, 609, 3609 }, { 3, 254, 1000, 7, 3007 },   { 3, 1, 1000, 996, 3996 },
		{ 3, 100, 10, 6, 36 },       { 3, 1, 40950, 40790, 163640 },
		{ 3, 254, 10, 0, 30 },       { 3, 255, 100, 0, 300 },     { 3, 128, 20, 10, 70 },
		/* RFC 3768 section 6.1: (256 - priority) / 256 seconds, whatever the interval */
		{ 2, 100, 1000, 609, 3609 }, { 2, 100, 10000, 609, 30609 },
		{ 2, 1, 40000, 996, 120996 },
	};
	struct vrrp_info info;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vrrp_cfg c;

		kind = &kinds[rows[i].version - 2];
		c = cfg(rows[i].priority);
		c.advert_ms = rows[i].advert_ms;
		begin(&c);
		vrrp_info(vr, &info);
		CU_ASSERT_EQUAL(info.skew_ms, rows[i].skew_ms);
		CU_ASSERT_EQUAL(info.down_ms, rows[i].down_ms);
	}
}

/* ---- 6.4.1: initialize ------------------------------------------------------------------- */

static void
test_6_4_1_initialize(void)
{
	EACH_KIND
	{
		struct vrrp_cfg c = cfg(100), own = owner();

		/* Before the Startup event nothing is done, and nothing listened to. */
		begin(&c);
		hear_priority(255);
		pass(100000);
		IS(VRRP_INIT);
		CU_ASSERT(!timers_run() && n_sent == 0 && n_announced == 0);
		CU_ASSERT_EQUAL(vrrp_stats(vr)->rcvd, 0);
		/* Startup, not the owner: Active_Adver_Interval is our own, Active_Down_Timer is
		 * set, Backup; without a word. */
		vrrp_up(engine, vr, true, NULL, now_ms);
		IS(VRRP_BACKUP);
		CU_ASSERT_EQUAL(fires_in(), 3609);
		CU_ASSERT(n_sent == 0 && n_announced == 0);
		/* Startup of the owner: ADVERTISEMENT, gratuitous ARP or unsolicited NA,
		 * Adver_Timer, Active. */
		startup(&own);
		IS(VRRP_ACTIVE);
		CU_ASSERT(n_sent == 1 && sent.priority == 255 && n_announced == 1);
		CU_ASSERT_EQUAL(vrrp_stats(vr)->active_reason, VRRP_BY_PRIORITY);
		pass(999);
		CU_ASSERT_EQUAL(n_sent, 1);
		pass(1);
		CU_ASSERT_EQUAL(n_sent, 2);
	}
}

/* ---- 6.4.2: backup ----------------------------------------------------------------------- */

static void
test_6_4_2_shutdown(void)
{
	EACH_KIND
	{
		struct vrrp_cfg c = cfg(100);

		/* Cancel the Active_Down_Timer, Initialize; no advertisement. */
		startup(&c);
		shut_down();
		IS(VRRP_INIT);
		CU_ASSERT(!timers_run() && n_sent == 0);
	}
}

static void
test_6_4_2_down_timer(void)
{
	EACH_KIND
	{
		struct vrrp_cfg c = cfg(100);

		/* ADVERTISEMENT, gratuitous ARP or NA for each address, Adver_Timer, Active. */
		c.n_addrs = 2;
		c.addrs[1] = addr(VIP_4 + 9, 9);
		startup(&c);
		pass(3608);
		IS(VRRP_BACKUP);
		pass(1);
		IS(VRRP_ACTIVE);
		CU_ASSERT(n_sent == 1 && sent.priority == 100 && sent.n_addrs == 2);
		CU_ASSERT(n_announced == 1 && announced_addrs == 2);
		CU_ASSERT_EQUAL(vrrp_stats(vr)->active_reason, VRRP_NO_RESPONSE);
		pass(1000);
		CU_ASSERT_EQUAL(n_sent, 2);
	}
}

static void
test_6_4_2_advertisement(void)
{
	EACH_KIND
	{
		struct vrrp_cfg c = cfg(100);

		startup(&c);
		/* Priority not below ours: the timer begins anew. */
		pass(2000);
		hear_priority(100);
		CU_ASSERT_EQUAL(fires_in(), 3609);
		pass(2000);
		hear_priority(101);
		CU_ASSERT_EQUAL(fires_in(), 3609);
		/* Lower, and Preempt_Mode: discarded, the timer goes on. */
		pass(2000);
		hear_priority(99);
		CU_ASSERT_EQUAL(fires_in(), 1609);
		pass(1609);
		IS(VRRP_ACTIVE);
		CU_ASSERT_EQUAL(vrrp_stats(vr)->active_reason, VRRP_PREEMPTED);
		/* Lower, and no Preempt_Mode: it is heeded. */
		c.preempt = false;
		startup(&c);
		pass(2000);
		hear_priority(1);
		CU_ASSERT_EQUAL(fires_in(), 3609);
		/* Priority zero: the Skew_Time is left; also without Preempt_Mode. */
		hear_priority(0);
		CU_ASSERT_EQUAL(fires_in(), 609);
		CU_ASSERT_EQUAL(n_sent, 0); /* a backup sends nothing, whatever it hears */
		pass(609);
		IS(VRRP_ACTIVE);
		CU_ASSERT_PTR_NOT_NULL(strstr(vrrp_history(vr, 0)->reason, "has left"));
		CU_ASSERT_EQUAL(vrrp_stats(vr)->prio0_rcvd, 1);
	}
}

/* "Set Active_Adver_Interval to Max Advertise Interval contained in the ADVERTISEMENT", and what is
 * computed from it; version 3 alone. */
static void
test_6_4_2_learns_interval(void)
{
	static const uint32_t heard_ms[] = { 10, 20, 200, 40950 };

	for (kind = &kinds[1]; kind < kinds + N_KINDS; kind++)
		for (size_t i = 0; i < sizeof(heard_ms) / sizeof(heard_ms[0]); i++) {
			struct vrrp_cfg c = cfg(100);
			struct vrrp_adv a = adv(200);
			uint32_t skew_ms = 156 * heard_ms[i] / 256;

			startup(&c);
			a.interval_ms = heard_ms[i];
			hear(&a);
			CU_ASSERT_EQUAL(fires_in(), 3 * heard_ms[i] + skew_ms);
			a.priority = 99; /* discarded: its interval, too */
			a.interval_ms = 1000;
			hear(&a);
			a.priority = 0; /* the skew time is that of the active router's interval */
			hear(&a);
			CU_ASSERT_EQUAL(fires_in(), skew_ms);
			pass(skew_ms);
			IS(VRRP_ACTIVE);
			CU_ASSERT_EQUAL(sent.interval_ms, 1000); /* and ours is ours */
		}
}

/* ---- 6.4.3: active ----------------------------------------------------------------------- */

static void
test_6_4_3_shutdown_and_timer(void)
{
	EACH_KIND
	{
		struct vrrp_cfg c = cfg(100);

		/* Adver_Timer: ADVERTISEMENT, and again. */
		become_active(&c);
		pass(10000);
		CU_ASSERT_EQUAL(n_sent, 10);
		CU_ASSERT_EQUAL(sent.priority, 100);
		/* Shutdown: cancel, priority 0, Initialize. */
		shut_down();
		IS(VRRP_INIT);
		CU_ASSERT(n_sent == 11 && sent.priority == 0 && !timers_run());
		pass(10000);
		CU_ASSERT_EQUAL(n_sent, 11);
	}
}

static void
test_6_4_3_advertisement(void)
{
	EACH_KIND
	{
		struct vrrp_cfg c = cfg(100);
		struct vrrp_adv a = adv(100);

		/* Priority zero: ADVERTISEMENT, and the timer anew. */
		become_active(&c);
		pass(500);
		n_sent = 0;
		hear_priority(0);
		CU_ASSERT_EQUAL(n_sent, 1);
		CU_ASSERT_EQUAL(fires_in() <= 1000, true);
		pass(999);
		CU_ASSERT_EQUAL(n_sent, 1);
		IS(VRRP_ACTIVE);
		/* Lower: discarded; an ADVERTISEMENT asserts who is active. */
		n_sent = 0;
		hear_priority(99);
		CU_ASSERT_EQUAL(n_sent, 1);
		IS(VRRP_ACTIVE);
		CU_ASSERT_EQUAL(n_duplicates, 1);
		/* Equal and the lower address: the same. */
		a.src = addr(OWN_4 - 1, 1);
		hear(&a);
		IS(VRRP_ACTIVE);
		/* Equal and the greater address, as unsigned numbers: Backup. */
		n_sent = 0;
		a.src = addr(PEER_4, 3);
		hear(&a);
		IS(VRRP_BACKUP);
		CU_ASSERT_EQUAL(fires_in(), 3609);
		CU_ASSERT_EQUAL(n_sent, 0);
		/* Greater priority: Backup, whatever the address. */
		become_active(&c);
		a = adv(101);
		a.src = addr(OWN_4 - 1, 1);
		a.interval_ms = kind->version == 2 ? 1000 : 300;
		hear(&a);
		IS(VRRP_BACKUP);
		CU_ASSERT_EQUAL(fires_in(), kind->version == 2 ? 3609 : 900 + 156 * 300 / 256);
		/* Preempt_Mode says nothing here: of two active ones the lesser yields. */
		c.preempt = false;
		become_active(&c);
		hear_priority(101);
		IS(VRRP_BACKUP);
		become_active(&c);
		hear_priority(99);
		IS(VRRP_ACTIVE);
	}
}

/* ---- 7.1: receiving ---------------------------------------------------------------------- */

/* The MUSTs of every packet: a backup, whose timer would begin anew if it were believed. */
static void
refuse(const struct vrrp_adv *a, const uint64_t *counter, enum vrrp_proto_error error)
{
	uint64_t left = fires_in(), was = counter != NULL ? *counter : 0;

	pass(10);
	hear(a);
	CU_ASSERT_EQUAL(fires_in(), left - 10);
	CU_ASSERT_EQUAL(vrrp_stats(vr)->rcvd, 0);
	CU_ASSERT_EQUAL(vrrp_stats(vr)->proto_error, error);
	if (counter != NULL)
		CU_ASSERT_EQUAL(*counter, was + 1);
}

static void
test_7_1_receiving(void)
{
	EACH_KIND
	{
		struct vrrp_cfg c = cfg(100);
		struct vrrp_adv a;
		uint8_t pkt[VRRP_PACKET_MAX];
		size_t at = kind->ip6 ? 40 : 20, len;

		startup(&c);
		a = adv(200);
		a.vrid = 11; /* the VRID is configured on the interface */
		refuse(&a, &vrrp_totals(engine)->vrid_errors, VRRP_NO_ERROR);
		a = adv(200);
		a.ttl = 254;
		refuse(&a, &vrrp_stats(vr)->ttl_errors, VRRP_BAD_TTL);
		a = adv(200);
		a.version = kind->version == 2 ? 3 : 2;
		refuse(&a, &vrrp_totals(engine)->version_errors, VRRP_BAD_VERSION);
		a = adv(200);
		len = vrrp_build(&a, pkt);
		pkt[at] = (uint8_t)(kind->version << 4 | 2); /* the type is ADVERTISEMENT */
		vrrp_input(engine, 1, pkt, len, now_ms);
		CU_ASSERT_EQUAL(vrrp_stats(vr)->type_errors, 1);
		len = vrrp_build(&a, pkt);
		pkt[at + 2] ^= 1; /* the checksum */
		vrrp_input(engine, 1, pkt, len, now_ms);
		CU_ASSERT_EQUAL(vrrp_totals(engine)->checksum_errors, 1);
		CU_ASSERT_EQUAL(vrrp_stats(vr)->proto_error, VRRP_BAD_CHECKSUM);
		len = vrrp_build(&a, pkt);
		pkt[at + 3] = 9; /* the packet has all the addresses that it says it has */
		vrrp_input(engine, 1, pkt, len, now_ms);
		CU_ASSERT_EQUAL(vrrp_stats(vr)->length_errors, 1);
		len = vrrp_build(&a, pkt);
		vrrp_input(engine, 2, pkt, len, now_ms); /* of another interface */
		CU_ASSERT_EQUAL(vrrp_stats(vr)->rcvd, 0);
		/* Other addresses: logged, and heeded, of both versions (see docs/ha.md). */
		a.addrs[0] = addr(VIP_4 + 5, 5);
		hear(&a);
		CU_ASSERT_EQUAL(vrrp_stats(vr)->addr_list_errors, 1);
		CU_ASSERT_EQUAL(vrrp_stats(vr)->rcvd, 1);
		CU_ASSERT_EQUAL(n_refused > 0, true);
	}
}

/* 5.2.5 with erratum 8299: without an address it is ignored, a farewell, too. 7.1 with erratum
 * 8301: so is one whose interval is zero. */
static void
test_5_2_5_no_address(void)
{
	for (kind = &kinds[1]; kind < kinds + N_KINDS; kind++) {
		struct vrrp_cfg c = cfg(100);
		struct vrrp_adv a = adv(200);

		startup(&c);
		a.n_addrs = 0;
		refuse(&a, &vrrp_stats(vr)->addr_list_errors, VRRP_NO_ERROR);
		a.priority = 0;
		refuse(&a, &vrrp_stats(vr)->addr_list_errors, VRRP_NO_ERROR);
		a = adv(200);
		a.interval_ms = 0;
		refuse(&a, &vrrp_stats(vr)->interval_errors, VRRP_NO_ERROR);
		/* An active router is not moved, either. */
		become_active(&c);
		a = adv(200);
		a.n_addrs = 0;
		hear(&a);
		IS(VRRP_ACTIVE);
	}
}

/* RFC 3768 section 7.1: authentication, and the interval is the same as ours. */
static void
test_7_1_version_2(void)
{
	struct vrrp_cfg c;
	struct vrrp_adv a;

	kind = &kinds[0];
	c = cfg(100);
	startup(&c);
	a = adv(200);
	a.interval_ms = 2000;
	refuse(&a, &vrrp_stats(vr)->interval_errors, VRRP_NO_ERROR);
	a = adv(200);
	a.auth_type = VRRP_AUTH_TEXT;
	refuse(&a, &vrrp_stats(vr)->auth_type_errors, VRRP_NO_ERROR);
}

/* "... and the local router is not the IPvX address owner": it discards them all, in any state. */
static void
test_7_1_owner(void)
{
	EACH_KIND
	{
		struct vrrp_cfg c = owner();
		struct vrrp_adv a = adv(255);

		startup(&c);
		pass(5000);
		n_sent = 0;
		hear(&a); /* another owner, of a greater address */
		IS(VRRP_ACTIVE);
		CU_ASSERT_EQUAL(n_sent, 0);
		CU_ASSERT_EQUAL(n_duplicates, 1);
		CU_ASSERT_EQUAL(vrrp_stats(vr)->duplicates, 1);
		hear_priority(254);
		IS(VRRP_ACTIVE);
		/* Its clock stood still: it listens, and nobody keeps it from going on. */
		c.preempt = false;
		c.preempt_delay_ms = 60000;
		vrrp_set(engine, &c, now_ms);
		now_ms += 10000;
		vrrp_tick(engine, now_ms);
		IS(VRRP_BACKUP);
		hear_priority(254);
		hear(&a);
		pass(1004);
		IS(VRRP_ACTIVE);
	}
}

/* ---- 7.3: the virtual MAC address -------------------------------------------------------- */

static void
test_7_3_virtual_mac(void)
{
	static const uint8_t four[] = { 0, 0, 0x5e, 0, 1, 0xff }, six[] = { 0, 0, 0x5e, 0, 2, 1 };
	uint8_t mac[6];

	vrrp_mac(false, 255, mac);
	CU_ASSERT_EQUAL(memcmp(mac, four, 6), 0);
	vrrp_mac(true, 1, mac);
	CU_ASSERT_EQUAL(memcmp(mac, six, 6), 0);
}

/* 8.4: versions do not mix within a group, and do not disturb each other in two. */
static void
test_8_4_both_versions(void)
{
	struct vrrp_cfg c2, c3;
	struct vrrp_adv a;
	struct vrrp_vr *other;

	kind = &kinds[0];
	c2 = cfg(100);
	kind = &kinds[1];
	c3 = cfg(100);
	c3.vrid = 11;
	startup(&c2);
	other = vrrp_set(engine, &c3, now_ms);
	CU_ASSERT_PTR_NOT_NULL_FATAL(other);
	vrrp_up(engine, other, true, NULL, now_ms);
	for (int i = 0; i < 10; i++) {
		a = adv(200); /* version 3 of a group that is of version 2 */
		hear(&a);
		a.vrid = 11;
		hear(&a);
		pass(1000);
	}
	IS(VRRP_ACTIVE);
	CU_ASSERT_EQUAL(vrrp_state(other), VRRP_BACKUP);
	CU_ASSERT_EQUAL(sent.version, 2);
	vrrp_free(engine);
	engine = NULL;
}

static const struct cu_case cases[] = {
	CU_CASE(test_5_1_header),
	CU_CASE(test_5_2_fields),
	CU_CASE(test_5_2_5_no_address),
	CU_CASE(test_5_2_8_checksum),
	CU_CASE(test_6_1_intervals),
	CU_CASE(test_6_4_1_initialize),
	CU_CASE(test_6_4_2_shutdown),
	CU_CASE(test_6_4_2_down_timer),
	CU_CASE(test_6_4_2_advertisement),
	CU_CASE(test_6_4_2_learns_interval),
	CU_CASE(test_6_4_3_shutdown_and_timer),
	CU_CASE(test_6_4_3_advertisement),
	CU_CASE(test_7_1_receiving),
	CU_CASE(test_7_1_version_2),
	CU_CASE(test_7_1_owner),
	CU_CASE(test_7_3_virtual_mac),
	CU_CASE(test_8_4_both_versions),
};

CU_MAIN("sim_vrrp_rfc", cases)
