/* SPDX-License-Identifier: BSD-3-Clause */
/* GRE keepalives: when they are sent, who is lost, who is back; on a clock of the test's. */
#include <string.h>

#include "common/inet.h"
#include "controlplane/tunnel/keepalive.h"
#include "tests/unit/cu.h"

#define N 10000

static uint32_t n_sent[N];
static uint32_t n_changed;
static uint64_t now_ms;
static bool lost_now[N];

static void
on_send(void *ctx, uint32_t id)
{
	n_sent[id]++;
}

static void
on_changed(void *ctx, uint32_t id, bool lost)
{
	CU_ASSERT_NOT_EQUAL(lost_now[id], lost);
	lost_now[id] = lost;
	n_changed++;
}

static struct keepalives *
begin(void)
{
	struct keepalive_io io = { .send = on_send, .changed = on_changed };
	struct keepalives *k = keepalives_new(&io);

	CU_ASSERT_PTR_NOT_NULL_FATAL(k);
	memset(n_sent, 0, sizeof(n_sent));
	memset(lost_now, 0, sizeof(lost_now));
	n_changed = 0;
	now_ms = 1000000;
	return k;
}

static void
pass(struct keepalives *k, uint64_t ms)
{
	for (uint64_t end = now_ms + ms; now_ms < end;) {
		now_ms += KEEPALIVE_TICK_MS;
		keepalives_tick(k, now_ms);
	}
}

static void
a_silent_far_end_is_lost_and_comes_back(void)
{
	struct keepalives *k = begin();

	CU_ASSERT_EQUAL(keepalives_set(k, 7, 10, 3, now_ms), 0);
	CU_ASSERT_EQUAL(keepalives_n(k), 1);
	pass(k, 10000);
	CU_ASSERT_EQUAL(n_sent[7], 1);
	pass(k, 20000); /* the 2nd and 3rd: two are missed */
	CU_ASSERT_EQUAL(n_sent[7], 3);
	CU_ASSERT_FALSE(keepalives_lost(k, 7));
	CU_ASSERT_EQUAL(keepalives_counts(k, 7).missed, 2);
	pass(k, 10000);
	CU_ASSERT_TRUE(keepalives_lost(k, 7));
	CU_ASSERT_TRUE(lost_now[7]);
	pass(k, 100000); /* it is called all the while, and nothing is said twice */
	CU_ASSERT_EQUAL(n_sent[7], 14);
	CU_ASSERT_EQUAL(n_changed, 1);
	keepalives_heard(k, 7, now_ms);
	CU_ASSERT_FALSE(keepalives_lost(k, 7));
	CU_ASSERT_EQUAL(n_changed, 2);
	CU_ASSERT_EQUAL(keepalives_counts(k, 7).heard_ms, now_ms);
	CU_ASSERT_EQUAL(keepalives_counts(k, 7).missed, 0);
	/* One answer in three is enough with three retries. */
	for (int i = 0; i < 9; i++) {
		pass(k, 30000);
		keepalives_heard(k, 7, now_ms);
	}
	CU_ASSERT_EQUAL(n_changed, 2);
	keepalives_free(k);
}

static void
settings_change(void)
{
	struct keepalives *k = begin();

	CU_ASSERT_EQUAL(keepalives_set(k, 3, 1, 1, now_ms), 0);
	pass(k, 3000);
	CU_ASSERT_TRUE(keepalives_lost(k, 3));
	CU_ASSERT_EQUAL(keepalives_set(k, 3, 1, 1, now_ms), 0); /* the same: stays as it is */
	CU_ASSERT_TRUE(keepalives_lost(k, 3));
	CU_ASSERT_EQUAL(keepalives_set(k, 3, 1, 2, now_ms), 0);
	CU_ASSERT_FALSE(keepalives_lost(k, 3));
	CU_ASSERT_EQUAL(keepalives_set(k, 3, 0, 2, now_ms), 0);
	CU_ASSERT_EQUAL(keepalives_n(k), 0);
	n_sent[3] = 0;
	pass(k, 10000);
	CU_ASSERT_EQUAL(n_sent[3], 0);
	keepalives_heard(k, 3, now_ms); /* late answers do no harm, and strangers' neither */
	keepalives_heard(k, 4000000, now_ms);
	CU_ASSERT_FALSE(keepalives_lost(k, 4000000));
	CU_ASSERT_EQUAL(keepalives_counts(k, 4000000).sent, 0);
	CU_ASSERT_EQUAL(keepalives_set(k, 4000000, 0, 0, now_ms), 0);
	keepalives_free(k);
}

/* Ten thousand tunnels: each is called once in its interval, and no tick has more than its
 * share. */
static void
many_are_spread(void)
{
	struct keepalives *k = begin();
	uint32_t most = 0, before = 0, total = 0;
	bool once = true;

	for (uint32_t id = 0; id < N; id++)
		CU_ASSERT_EQUAL(keepalives_set(k, id, 10, 3, now_ms), 0);
	for (int tick = 0; tick < 10000 / KEEPALIVE_TICK_MS; tick++) {
		pass(k, KEEPALIVE_TICK_MS);
		total = 0;
		for (uint32_t id = 0; id < N; id++)
			total += n_sent[id];
		if (total - before > most)
			most = total - before;
		before = total;
	}
	for (uint32_t id = 0; id < N; id++)
		once = once && n_sent[id] == 1;
	CU_ASSERT_TRUE(once);
	CU_ASSERT_TRUE(most < 2 * N * KEEPALIVE_TICK_MS / 10000);
	/* Half of them go; the others are called on, exactly. */
	for (uint32_t id = 0; id < N; id += 2)
		CU_ASSERT_EQUAL(keepalives_set(k, id, 0, 0, now_ms), 0);
	pass(k, 30000);
	for (uint32_t id = 0; id < N; id++)
		once = once && n_sent[id] == (id % 2 == 0 ? 1 : 4);
	CU_ASSERT_TRUE(once);
	CU_ASSERT_EQUAL(n_changed, N / 2);
	keepalives_free(k);
}

/* Intervals below, at and above a turn of the wheel are kept to the tick. */
static void
long_intervals_are_kept(void)
{
	static const uint16_t intervals[] = { 1, 2, 51, 52, 64, 102, 103, 600, 3600 };
	const uint32_t n = sizeof(intervals) / sizeof(intervals[0]);
	struct keepalives *k = begin();

	for (uint32_t i = 0; i < n; i++)
		CU_ASSERT_EQUAL(keepalives_set(k, i, intervals[i], 255, now_ms), 0);
	pass(k, 3600 * 1000);
	for (uint32_t i = 0; i < n; i++)
		CU_ASSERT_TRUE(n_sent[i] - 3600u / intervals[i] <= (3600 % intervals[i] != 0));
	keepalives_free(k);
}

/* The loop slept: each is due once, not once for every interval it slept through. */
static void
a_gap_in_time_is_one_miss(void)
{
	struct keepalives *k = begin();

	CU_ASSERT_EQUAL(keepalives_set(k, 1, 10, 3, now_ms), 0);
	CU_ASSERT_EQUAL(keepalives_set(k, 2, 1, 3, now_ms), 0);
	pass(k, 10000);
	keepalives_heard(k, 1, now_ms);
	keepalives_heard(k, 2, now_ms);
	now_ms += 3600 * 1000;
	keepalives_tick(k, now_ms);
	CU_ASSERT_EQUAL(n_sent[1], 2);
	CU_ASSERT_EQUAL(n_sent[2], 11);
	CU_ASSERT_FALSE(keepalives_lost(k, 1) || keepalives_lost(k, 2));
	pass(k, 1000);
	CU_ASSERT_EQUAL(n_sent[2], 12);
	keepalives_free(k);
}

static void
the_packet_is_the_far_ends_answer(void)
{
	static const uint8_t want[] =
			{ 0x45, 0xc0, 0, 28, 0, 0, 0, 0, 255, 47, 0, 0, 2, 2, 2, 2, 1, 1,
		1, 2, 0x20, 0, 0, 0, 0, 0, 0, 40 };
	uint8_t buf[KEEPALIVE_LEN];

	CU_ASSERT_EQUAL(keepalive_build(buf, 0x01010102, 0x02020202, true, 40), 28);
	CU_ASSERT_EQUAL(inet_sum_fold(inet_sum(buf, 20, 0)), 0);
	buf[10] = buf[11] = 0;
	CU_ASSERT_EQUAL(memcmp(buf, want, sizeof(want)), 0);
	CU_ASSERT_EQUAL(keepalive_build(buf, 0x01010102, 0x02020202, false, 40), 24);
	CU_ASSERT_EQUAL(inet_sum_fold(inet_sum(buf, 20, 0)), 0);
	CU_ASSERT_EQUAL(buf[3], 24);
	CU_ASSERT_EQUAL(memcmp(buf + 20, (const uint8_t[4]){ 0 }, 4), 0);
}

static const struct cu_case cases[] = {
	CU_CASE(a_silent_far_end_is_lost_and_comes_back),
	CU_CASE(settings_change),
	CU_CASE(many_are_spread),
	CU_CASE(long_intervals_are_kept),
	CU_CASE(a_gap_in_time_is_one_miss),
	CU_CASE(the_packet_is_the_far_ends_answer),
};
CU_MAIN("keepalive", cases)
