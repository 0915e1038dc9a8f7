/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tracked objects: delays, lists of every kind, changes of the configuration; and probes, ICMP (RFC
 * 792) and TCP (RFC 9293): what they send, which answers count, thresholds, windows that wrap.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/channel.h"
#include "common/inet.h"
#include "controlplane/track/probe.h"
#include "controlplane/track/probe_tcp.h"
#include "controlplane/track/track.h"
#include "cu.h"

static unsigned int n_changes;
static char changes[512];

static void
on_changed(void *ctx, const char *name, bool up, const char *why)
{
	size_t at = strlen(changes);

	n_changes++;
	CU_ASSERT_NOT_EQUAL(why[0], '\0');
	snprintf(changes + at, sizeof(changes) - at, "%s%c ", name, up ? '+' : '-');
}

static struct track_engine *
engine_with(const struct cfg_track *defs, uint32_t n)
{
	static const struct track_ops ops = { .changed = on_changed };
	struct track_engine *e = track_new(&ops, NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	CU_ASSERT_EQUAL_FATAL(track_set(e, defs, n, 0), 0);
	n_changes = 0;
	changes[0] = '\0';
	return e;
}

static struct cfg_track
leaf(const char *name)
{
	struct cfg_track c = { .threshold_up = 50, .threshold_down = 49 };

	snprintf(c.name, sizeof(c.name), "%s", name);
	snprintf(c.interface, sizeof(c.interface), "if-%s", name);
	return c;
}

static void
test_delays(void)
{
	struct cfg_track c = leaf("a");
	struct track_engine *e;

	c.delay_up_s = 10;
	c.delay_down_s = 5;
	e = engine_with(&c, 1);
	track_settle(e, 0);
	CU_ASSERT_FALSE(track_is_up(e, "a")); /* not looked at */
	CU_ASSERT_TRUE(track_is_up(e, "nobody"));
	track_saw(e, 0, true, "first");
	track_settle(e, 100);
	CU_ASSERT_TRUE(track_is_up(e, "a")); /* the first sight counts at once */
	track_saw(e, 0, false, "down");
	track_settle(e, 1000);
	CU_ASSERT_TRUE(track_is_up(e, "a"));
	CU_ASSERT_EQUAL(track_next_ms(e), 6000);
	track_saw(e, 0, true, "up again"); /* too short to count */
	track_settle(e, 5999);
	CU_ASSERT_EQUAL(track_next_ms(e), UINT64_MAX);
	track_saw(e, 0, false, "down");
	track_settle(e, 7000);
	track_settle(e, 11999);
	CU_ASSERT_TRUE(track_is_up(e, "a"));
	track_settle(e, 12000);
	CU_ASSERT_FALSE(track_is_up(e, "a"));
	track_saw(e, 0, true, "up");
	track_settle(e, 13000);
	track_settle(e, 22999);
	CU_ASSERT_FALSE(track_is_up(e, "a"));
	track_settle(e, 23000);
	CU_ASSERT_TRUE(track_is_up(e, "a"));
	CU_ASSERT_STRING_EQUAL(changes, "a+ a- a+ ");
	track_free(e);
}

/* Lists l of a, b, c: which states of those make it up? */
static void
test_lists(void)
{
	static const struct row {
		uint8_t boolean, threshold, up, down;
		bool not_c;
		const char *is_up; /* for a, b, c = 000 001 010 ... 111, from 000 upwards */
	} rows[] = {
		{ CFG_TRACK_AND, 0, 0, 0, false, "00000001" },
		{ CFG_TRACK_OR, 0, 0, 0, false, "01111111" },
		{ CFG_TRACK_AND, 0, 0, 0, true, "00000010" },
		{ 0, CFG_TRACK_PERCENTAGE, 66, 33, false, "00010111" },
		{ 0, CFG_TRACK_WEIGHT, 5, 4, false, "01010111" }, /* a 2, b 3, c 5 */
	};
	struct cfg_track_member members[3] = { { .object = "a", .weight = 2 },
		{ .object = "b", .weight = 3 }, { .object = "c", .weight = 5 } };

	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		for (unsigned int state = 0; state < 8; state++) {
			struct cfg_track defs[4] = { leaf("a"), leaf("b"), leaf("c"), leaf("l") };
			struct track_engine *e;

			members[2].negate = rows[r].not_c;
			defs[3].interface[0] = '\0';
			defs[3].has_boolean = rows[r].boolean != 0;
			defs[3].boolean = rows[r].boolean;
			defs[3].has_threshold = rows[r].threshold != 0;
			defs[3].threshold = rows[r].threshold;
			defs[3].threshold_up = rows[r].up;
			defs[3].threshold_down = rows[r].down;
			defs[3].members = members;
			defs[3].n_members = 3;
			e = engine_with(defs, 4);
			for (uint32_t i = 0; i < 3; i++)
				track_saw(e, i, state >> (2 - i) & 1, "seen");
			track_settle(e, 1);
			CU_ASSERT_EQUAL(track_is_up(e, "l"), rows[r].is_up[state] == '1');
			track_free(e);
		}
	}
}

/* A threshold list that is up stays so between its thresholds; lists in lists; new definitions. */
static void
test_list_in_list(void)
{
	struct cfg_track_member inner[2] = { { .object = "a", .weight = 1 },
		{ .object = "b", .weight = 1 } };
	struct cfg_track_member outer[1] = { { .object = "m" } };
	struct cfg_track defs[4] = { leaf("a"), leaf("b"), leaf("l"), leaf("m") };
	struct track_engine *e;

	defs[2].interface[0] = defs[3].interface[0] = '\0';
	defs[2].has_boolean = defs[3].has_threshold = true;
	defs[2].boolean = CFG_TRACK_AND;
	defs[2].members = outer; /* l, before m by name, looks at m */
	defs[2].n_members = 1;
	defs[3].threshold = CFG_TRACK_WEIGHT;
	defs[3].threshold_up = 2;
	defs[3].threshold_down = 0;
	defs[3].members = inner;
	defs[3].n_members = 2;
	e = engine_with(defs, 4);
	track_saw(e, 0, true, "seen");
	track_saw(e, 1, true, "seen");
	track_settle(e, 1);
	CU_ASSERT_TRUE(track_is_up(e, "l"));
	track_saw(e, 0, false, "seen");
	track_settle(e, 2);
	CU_ASSERT_TRUE(track_is_up(e, "l"));
	track_saw(e, 1, false, "seen");
	track_settle(e, 3);
	CU_ASSERT_FALSE(track_is_up(e, "l"));
	track_saw(e, 0, true, "seen");
	track_settle(e, 4);
	CU_ASSERT_FALSE(track_is_up(e, "l")); /* one is not two */
	n_changes = 0;
	CU_ASSERT_EQUAL(track_set(e, defs, 4, 5), 0); /* the same again */
	track_settle(e, 5);
	CU_ASSERT_EQUAL(n_changes, 0);
	CU_ASSERT_TRUE(track_is_up(e, "a"));
	snprintf(defs[0].interface, sizeof(defs[0].interface), "another");
	CU_ASSERT_EQUAL(track_set(e, defs, 4, 6), 0);
	CU_ASSERT_FALSE(track_is_up(e, "a")); /* nothing is known of it yet */
	track_free(e);
}

/* ---- probes ------------------------------------------------------------------------------ */

#define TARGET 0x01010101u
#define SOURCE 0x01010102u
#define MS(n)  ((uint64_t)(n) * 1000) /* in microseconds, as probes count */

static struct ip6_addr source;

static const uint8_t secret[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };

static struct probe *
probe_with(uint32_t interval_ms, uint32_t timeout_ms)
{
	struct probe_cfg c = { .target = ip6_mapped(TARGET), .interval_ms = interval_ms,
		.timeout_ms = timeout_ms, .down_after = 3, .up_after = 2, .size = 32, .dscp = 46 };
	struct probe *p = malloc(sizeof(*p));

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	source = ip6_mapped(SOURCE);
	probe_init(p, &c, 0xc001, secret, MS(1000));
	return p;
}

/* The answer to a request. */
static void
turn(uint8_t *pkt, size_t len)
{
	uint8_t addr[4];
	uint16_t sum;

	memcpy(addr, pkt + 12, 4);
	memcpy(pkt + 12, pkt + 16, 4);
	memcpy(pkt + 16, addr, 4);
	pkt[20] = 0;
	memset(pkt + 22, 0, 2);
	sum = inet_sum_fold(inet_sum(pkt + 20, len - 20, 0));
	memcpy(pkt + 22, &sum, 2);
}

static bool
on_was_up(void *ctx, const char *name)
{
	return strcmp(name, "a") == 0;
}

/* What was up before a restart is up until something else is seen, and then goes by its delays. */
static void
test_was_up(void)
{
	static const struct track_ops ops = { .changed = on_changed, .was_up = on_was_up };
	struct cfg_track c[2] = { leaf("a"), leaf("b") };
	struct track_engine *e = track_new(&ops, NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	n_changes = 0;
	c[0].delay_down_s = 2;
	CU_ASSERT_EQUAL_FATAL(track_set(e, c, 2, 0), 0);
	track_settle(e, 0);
	CU_ASSERT_TRUE(track_is_up(e, "a"));
	CU_ASSERT_FALSE(track_is_up(e, "b"));
	track_saw(e, 0, true, "as it was");
	track_settle(e, 100);
	CU_ASSERT_EQUAL(n_changes, 0);
	track_saw(e, 0, false, "not any more");
	track_settle(e, 200);
	CU_ASSERT_TRUE(track_is_up(e, "a"));
	track_settle(e, 2200);
	CU_ASSERT_FALSE(track_is_up(e, "a"));
	CU_ASSERT_EQUAL(n_changes, 1);
	track_free(e);
}

static void
test_probe_packets(void)
{
	struct probe *p = probe_with(1000, 500);
	uint8_t pkt[PROBE_PACKET_MAX];
	size_t len = probe_send(p, &source, MS(1000), pkt);
	bool changed;

	CU_ASSERT_EQUAL_FATAL(len, 20 + 8 + 32);
	CU_ASSERT_EQUAL(pkt[1], 46 << 2);
	CU_ASSERT_EQUAL(inet_sum_fold(inet_sum(pkt, 20, 0)), 0);
	CU_ASSERT_EQUAL(inet_sum_fold(inet_sum(pkt + 20, len - 20, 0)), 0);
	CU_ASSERT_EQUAL(probe_send(p, &source, MS(1500), pkt), 0); /* not due */
	CU_ASSERT_FALSE(probe_input(p, pkt, len, MS(1010), &changed)); /* a request is no answer */
	turn(pkt, len);
	for (size_t n = 0; n < 36; n++)
		CU_ASSERT_FALSE(probe_input(p, pkt, n, MS(1010), &changed));
	pkt[30] ^= 1; /* the secret */
	CU_ASSERT_FALSE(probe_input(p, pkt, len, MS(1010), &changed));
	pkt[30] ^= 1;
	CU_ASSERT_TRUE(probe_input(p, pkt, len, MS(1010), &changed));
	CU_ASSERT_TRUE(changed && p->up && p->known);
	CU_ASSERT_EQUAL(p->stats.rtt_last_us, 10000);
	CU_ASSERT_TRUE(probe_input(p, pkt, len, MS(1011), &changed)); /* twice */
	CU_ASSERT_EQUAL(p->stats.answered, 1);
	CU_ASSERT_EQUAL(p->stats.late, 1);
	free(p);
}

static void
test_probe_thresholds(void)
{
	struct probe *p = probe_with(100, 50);
	uint8_t pkt[PROBE_PACKET_MAX];
	uint64_t now = 1000;
	bool changed = false;

	/* a: answered, l: lost */
	static const char *const does = "llalalllaalllaa";

	for (int i = 0; does[i] != '\0'; i++, now += 100) {
		size_t len = probe_send(p, &source, MS(now), pkt);

		CU_ASSERT_EQUAL_FATAL(len, 60);
		if (does[i] == 'a') {
			turn(pkt, len);
			CU_ASSERT_TRUE(probe_input(p, pkt, len, MS(now + 10), &changed));
		}
		changed = probe_expire(p, MS(now + 60)) || changed;
		/* Three in a row: down; two in a row, or the first of all: up. */
		if (i == 0 || i == 1)
			CU_ASSERT_FALSE(p->known);
		if (i == 2 || i == 6)
			CU_ASSERT_TRUE(p->up);
		if (i == 7 || i == 8)
			CU_ASSERT_FALSE(p->up);
		if (i == 9 || i == 11)
			CU_ASSERT_TRUE(p->up);
		if (i == 12 || i == 13)
			CU_ASSERT_FALSE(p->up);
		if (i == 14)
			CU_ASSERT_TRUE(p->up);
	}
	CU_ASSERT_EQUAL(p->stats.sent, 15);
	CU_ASSERT_EQUAL(p->stats.answered + p->stats.lost, 15);
	free(p);
}

/* Many under way, numbers that wrap, and a target that never answers: everything is counted. */
static void
test_probe_window(void)
{
	struct probe *p = probe_with(10, 60000);
	uint8_t pkt[PROBE_PACKET_MAX];
	uint64_t now = 1000;

	for (int i = 0; i < 70000; i++, now += 10) {
		probe_expire(p, MS(now));
		CU_ASSERT_NOT_EQUAL_FATAL(probe_send(p, &source, MS(now), pkt), 0);
	}
	probe_expire(p, MS(now + 60000));
	CU_ASSERT_EQUAL(p->stats.sent, 70000);
	CU_ASSERT_EQUAL(p->stats.lost, 70000);
	CU_ASSERT_FALSE(p->up);
	CU_ASSERT_TRUE(p->known);
	CU_ASSERT_EQUAL(probe_next_us(p), p->next_us);
	free(p);
}

/* Between two thresholds a metric is as good as it was; with one there is nothing between. */
static void
test_metric(void)
{
	static const struct {
		uint32_t metric;
		bool up;
	} rows[] = { { 20, false }, { 10, true }, { 11, true }, { 19, true }, { 20, false },
		{ 19, false }, { 11, false }, { 10, true }, { UINT32_MAX, false }, { 0, true } };
	struct cfg_track two = { .has_route = true, .has_metric_up = true, .has_metric_down = true,
		.metric_up = 10, .metric_down = 20 };
	struct cfg_track one = { .has_route = true, .has_metric_max = true, .metric_max = 10 };
	struct cfg_track none = { .has_route = true };
	struct track_show s = { .cfg = &two };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		s.raw = track_metric_ok(&s, rows[i].metric);
		CU_ASSERT_EQUAL(s.raw, rows[i].up);
	}
	s.cfg = &one;
	for (int was = 0; was < 2; was++) {
		s.raw = was;
		CU_ASSERT_TRUE(track_metric_ok(&s, 10));
		CU_ASSERT_FALSE(track_metric_ok(&s, 11));
	}
	s.cfg = &none;
	CU_ASSERT_TRUE(track_metric_ok(&s, UINT32_MAX));
}

/* ---- TCP ---------------------------------------------------------------------------------- */

#define FLAGS 33 /* their place in a segment without options */

static void
tcp_sum_set(uint8_t pkt[PROBE_TCP4_LEN])
{
	uint8_t pseudo[12] = { [9] = 6, [11] = 20 };
	uint16_t sum;

	memcpy(pseudo, pkt + 12, 8);
	memset(pkt + 36, 0, 2);
	sum = inet_sum_fold(inet_sum(pkt + 20, 20, inet_sum(pseudo, 12, 0)));
	memcpy(pkt + 36, &sum, 2);
}

/* What a host answers to the SYN: @flags, acknowledging it. */
static void
tcp_answer(uint8_t pkt[PROBE_TCP4_LEN], uint8_t flags)
{
	uint8_t was[PROBE_TCP4_LEN];

	memcpy(was, pkt, sizeof(was));
	memcpy(pkt + 12, was + 16, 4);
	memcpy(pkt + 16, was + 12, 4);
	memcpy(pkt + 20, was + 22, 2);
	memcpy(pkt + 22, was + 20, 2);
	memcpy(pkt + 28, was + 24, 4);
	for (int i = 31; i >= 28 && ++pkt[i] == 0; i--)
		;
	memset(pkt + 24, 7, 4);
	pkt[FLAGS] = flags;
	tcp_sum_set(pkt);
}

static struct probe *
tcp_probe(uint32_t interval_ms, uint32_t timeout_ms)
{
	struct probe *p = probe_with(interval_ms, timeout_ms);

	p->cfg.port = 443;
	return p;
}

/* RFC 9293 figure 6: SYN; SYN and ACK; and RST, with the number that was acknowledged. */
static void
test_tcp_open(void)
{
	struct probe *p = tcp_probe(1000, 500);
	uint8_t pkt[PROBE_PACKET_MAX], reply[PROBE_PACKET_MAX], syn[PROBE_TCP4_LEN];
	struct probe_tcp_answer a;
	size_t len = probe_send(p, &source, MS(1000), pkt), reply_len;
	bool changed;

	CU_ASSERT_EQUAL_FATAL(len, PROBE_TCP4_LEN);
	memcpy(syn, pkt, len);
	CU_ASSERT_EQUAL(syn[FLAGS], 0x02);
	CU_ASSERT_EQUAL(syn[20] << 8 | syn[21], CHAN_PROBE_PORT_MIN);
	CU_ASSERT_EQUAL(syn[22] << 8 | syn[23], 443);
	CU_ASSERT_EQUAL(syn[1], 46 << 2);
	CU_ASSERT_EQUAL(inet_sum_fold(inet_sum(syn, 20, 0)), 0);
	CU_ASSERT_EQUAL(probe_tcp_parse(syn, len, &a), -ENOMSG); /* with a good checksum */
	CU_ASSERT_FALSE(probe_input_tcp(p, syn, len, MS(1010), &changed, reply, &reply_len));
	tcp_answer(pkt, 0x12);
	for (size_t n = 0; n < len; n++) {
		uint8_t *cut = malloc(n + 1); /* +1: of no bytes there is nothing to point to */

		memcpy(cut, pkt, n);
		CU_ASSERT_EQUAL(probe_tcp_parse(cut, n, &a), -EBADMSG);
		free(cut);
	}
	pkt[31] ^= 1; /* acknowledges something else */
	tcp_sum_set(pkt);
	CU_ASSERT_FALSE(probe_input_tcp(p, pkt, len, MS(1010), &changed, reply, &reply_len));
	pkt[31] ^= 1;
	CU_ASSERT_EQUAL(probe_tcp_parse(pkt, len, &a), -EBADMSG); /* checksum */
	tcp_sum_set(pkt);
	CU_ASSERT_FALSE(probe_input(p, pkt, len, MS(1010), &changed)); /* no ICMP */
	CU_ASSERT_TRUE(probe_input_tcp(p, pkt, len, MS(1010), &changed, reply, &reply_len));
	CU_ASSERT_TRUE(changed && p->up && p->known);
	CU_ASSERT_EQUAL(p->stats.rtt_last_us, 10000);
	CU_ASSERT_EQUAL_FATAL(reply_len, PROBE_TCP4_LEN);
	CU_ASSERT_EQUAL(reply[FLAGS], 0x04);
	CU_ASSERT_EQUAL(memcmp(reply + 12, syn + 12, 12), 0); /* from and to the same */
	CU_ASSERT_EQUAL(memcmp(reply + 24, pkt + 28, 4), 0);
	/* A host that has not heard the RST asks again, and gets it again. */
	CU_ASSERT_TRUE(probe_input_tcp(p, pkt, len, MS(1011), &changed, reply, &reply_len));
	CU_ASSERT_EQUAL(reply_len, PROBE_TCP4_LEN);
	CU_ASSERT_EQUAL(p->stats.answered, 1);
	CU_ASSERT_EQUAL(p->stats.late, 1);
	free(p);
}

/* The same of IPv6: RFC 8200 section 8.1 has the pseudo-header. */
static void
test_tcp_ip6(void)
{
	static const struct ip6_addr us = { { 0x20, 1, 0x0d, 0xb8, [15] = 2 } };
	static const struct ip6_addr target = { { 0x20, 1, 0x0d, 0xb8, [15] = 9 } };
	static const uint8_t tail[8] = { 0, 0, 0, 20, 0, 0, 0, 6 };
	struct probe *p = tcp_probe(1000, 500);
	uint8_t pkt[PROBE_PACKET_MAX], reply[PROBE_PACKET_MAX], syn[PROBE_PACKET_MAX];
	struct probe_tcp_answer a;
	size_t reply_len;
	uint16_t sum;
	bool changed;

	p->cfg.target = target;
	CU_ASSERT_EQUAL_FATAL(probe_send(p, &us, MS(1000), syn), PROBE_TCP6_LEN);
	CU_ASSERT_EQUAL(syn[0] << 8 | syn[1], 0x6000 | 46 << 6);
	CU_ASSERT_EQUAL(syn[5], 20);
	CU_ASSERT_EQUAL(memcmp(syn + 8, &us, 16), 0);
	CU_ASSERT_EQUAL(memcmp(syn + 24, &target, 16), 0);
	CU_ASSERT_EQUAL(inet_sum_fold(inet_sum(syn + 8, 52, inet_sum(tail, 8, 0))), 0);
	/* SYN and ACK */
	memcpy(pkt, syn, PROBE_TCP6_LEN);
	memcpy(pkt + 8, &target, 16);
	memcpy(pkt + 24, &us, 16);
	memcpy(pkt + 40, syn + 42, 2);
	memcpy(pkt + 42, syn + 40, 2);
	memcpy(pkt + 48, syn + 44, 4);
	for (int i = 51; i >= 48 && ++pkt[i] == 0; i--)
		;
	pkt[53] = 0x12;
	pkt[56] = pkt[57] = 0;
	sum = inet_sum_fold(inet_sum(pkt + 8, 52, inet_sum(tail, 8, 0)));
	memcpy(pkt + 56, &sum, 2);
	for (size_t n = 0; n < PROBE_TCP6_LEN; n++) {
		uint8_t *cut = malloc(n + 1);

		memcpy(cut, pkt, n);
		CU_ASSERT_EQUAL(probe_tcp_parse(cut, n, &a), -EBADMSG);
		free(cut);
	}
	pkt[23]++; /* of another host */
	CU_ASSERT_EQUAL(probe_tcp_parse(pkt, PROBE_TCP6_LEN, &a), -EBADMSG);
	pkt[23]--;
	CU_ASSERT_TRUE(probe_input_tcp(p, pkt, PROBE_TCP6_LEN, MS(1010), &changed, reply, &reply_len));
	CU_ASSERT_TRUE(changed && p->up);
	CU_ASSERT_EQUAL_FATAL(reply_len, PROBE_TCP6_LEN);
	CU_ASSERT_EQUAL(reply[53], 0x04);
	CU_ASSERT_EQUAL(memcmp(reply + 8, syn + 8, 36), 0);
	free(p);
}

/* RSTs count at once, without waiting for a timeout; no RST is answered by one. */
static void
test_tcp_refused(void)
{
	struct probe *p = tcp_probe(100, 50);
	uint8_t pkt[PROBE_PACKET_MAX], reply[PROBE_PACKET_MAX];
	uint16_t ports[3];
	size_t reply_len;
	bool changed = false;

	for (unsigned int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(probe_send(p, &source, MS(1000 + 100 * i), pkt), PROBE_TCP4_LEN);
		memcpy(&ports[i], pkt + 20, 2);
		tcp_answer(pkt, 0x14);
		CU_ASSERT_TRUE(probe_input_tcp(p, pkt, PROBE_TCP4_LEN, MS(1001 + 100 * i), &changed,
				reply, &reply_len));
		CU_ASSERT_EQUAL(reply_len, 0);
		CU_ASSERT_EQUAL(changed, i == 2);
	}
	CU_ASSERT_TRUE(p->known && !p->up && p->was_refused);
	CU_ASSERT_EQUAL(p->stats.refused, 3);
	CU_ASSERT_TRUE(ports[0] != ports[1] && ports[1] != ports[2]);
	/* Then there is nobody any more who would refuse. */
	CU_ASSERT_EQUAL(probe_send(p, &source, MS(1300), pkt), PROBE_TCP4_LEN);
	CU_ASSERT_FALSE(probe_expire(p, MS(1350)));
	CU_ASSERT_TRUE(!p->up && !p->was_refused);
	free(p);
}

/* Ports come round after 4,096 requests, numbers after 65,536: an answer is always that of its
 * own. */
static void
test_tcp_wraps(void)
{
	struct probe *p = tcp_probe(10, 1000);
	uint8_t pkt[PROBE_PACKET_MAX], reply[PROBE_PACKET_MAX];
	uint64_t now = 1000;
	size_t reply_len;
	bool changed;

	for (int i = 0; i < 70000; i++, now += 10) {
		CU_ASSERT_EQUAL_FATAL(probe_send(p, &source, MS(now), pkt), PROBE_TCP4_LEN);
		tcp_answer(pkt, 0x12);
		CU_ASSERT_TRUE_FATAL(probe_input_tcp(p, pkt, PROBE_TCP4_LEN, MS(now + 5), &changed,
				reply,
				&reply_len));
		probe_expire(p, MS(now + 5));
	}
	CU_ASSERT_EQUAL(p->stats.answered, 70000);
	CU_ASSERT_EQUAL(p->stats.late, 0);
	free(p);
}

static const struct cu_case cases[] = {
	CU_CASE(test_delays),
	CU_CASE(test_lists),
	CU_CASE(test_list_in_list),
	CU_CASE(test_was_up),
	CU_CASE(test_probe_packets),
	CU_CASE(test_probe_thresholds),
	CU_CASE(test_probe_window),
	CU_CASE(test_metric),
	CU_CASE(test_tcp_open),
	CU_CASE(test_tcp_ip6),
	CU_CASE(test_tcp_refused),
	CU_CASE(test_tcp_wraps),
};

CU_MAIN("track", cases)
