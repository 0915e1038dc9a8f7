/* SPDX-License-Identifier: BSD-3-Clause */
/* IP event dampening: penalty, thresholds, decay, the longest time. */
#include "controlplane/iface/damp.h"
#include "tests/unit/cu.h"

static const struct damp_cfg usual = { .half_life_s = 5, .reuse = 1000, .suppress = 2000 };

static void
test_decay(void)
{
	static const struct {
		uint64_t after_ms;
		double left;
	} rows[] = { { 0, 1000 }, { 5000, 500 }, { 10000, 250 }, { 2500, 707.1 }, { 60000, 0.2 } };
	struct damp d = { .suppressed = false };

	CU_ASSERT_FALSE(damp_add(&d, &usual, DAMP_FLAP, 7000));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		CU_ASSERT_DOUBLE_EQUAL(damp_penalty(&d, &usual, 7000 + rows[i].after_ms),
				rows[i].left, 0.1);
	CU_ASSERT_EQUAL(damp_reuse_ms(&d, &usual, 7000), 0);
}

/* Three losses in a row; used again a half-life after the penalty was twice the threshold. */
static void
test_suppression(void)
{
	struct damp d = { .suppressed = false };
	uint64_t reuse_ms;

	CU_ASSERT_FALSE(damp_add(&d, &usual, DAMP_FLAP, 1000));
	CU_ASSERT_FALSE(damp_add(&d, &usual, DAMP_FLAP, 1100));
	CU_ASSERT_TRUE(damp_add(&d, &usual, DAMP_FLAP, 1200));
	CU_ASSERT_FALSE(damp_add(&d, &usual, DAMP_FLAP, 1300));
	CU_ASSERT_EQUAL(d.n_suppressed, 1);
	reuse_ms = damp_reuse_ms(&d, &usual, 1300);
	CU_ASSERT(reuse_ms > 10900 && reuse_ms <= 11300); /* a little less than 4 times reuse */
	CU_ASSERT_FALSE(damp_settle(&d, &usual, reuse_ms - 10));
	CU_ASSERT_TRUE(damp_settle(&d, &usual, reuse_ms + 1));
	CU_ASSERT_FALSE(damp_settle(&d, &usual, reuse_ms + 2));
	/* Its past counts: one more is enough. */
	CU_ASSERT_FALSE(d.suppressed);
	CU_ASSERT_FALSE(damp_add(&d, &usual, DAMP_FLAP, reuse_ms + 2));
	CU_ASSERT_TRUE(damp_add(&d, &usual, DAMP_FLAP, reuse_ms + 3));
}

/* However often it flaps, the penalty has an end. */
static void
test_longest(void)
{
	static const struct {
		struct damp_cfg c;
		uint32_t most, longest_ms;
	} rows[] = {
		{ { 5, 1000, 2000, 0 }, 16000, 20000 },
		{ { 5, 1000, 2000, 10 }, 4000, 10000 },
		{ { 10, 1000, 2000, 255 }, DAMP_PENALTY_MAX, 43220 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct damp d = { .suppressed = false };
		uint64_t after_ms;

		CU_ASSERT_EQUAL(damp_penalty_max(&rows[i].c), rows[i].most);
		for (int k = 0; k < 1000; k++)
			damp_add(&d, &rows[i].c, DAMP_FLAP, 5);
		CU_ASSERT_DOUBLE_EQUAL(d.penalty, (double)rows[i].most, 1);
		after_ms = damp_reuse_ms(&d, &rows[i].c, 5) - 5;
		CU_ASSERT(after_ms > rows[i].longest_ms - 10 && after_ms < rows[i].longest_ms + 10);
	}
}

static const struct cu_case cases[] = {
	CU_CASE(test_decay), CU_CASE(test_suppression), CU_CASE(test_longest),
};

CU_MAIN("damp", cases)
