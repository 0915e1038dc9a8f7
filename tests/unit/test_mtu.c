/* SPDX-License-Identifier: BSD-3-Clause */
/* The MTU budget: the values that every textbook has, and the sum's own definition. */
#include "common/mtu.h"
#include "tests/unit/cu.h"

#define GCM      .esp_hdr = 8, .iv = 8, .align = 4, .icv = 16
#define CBC_SHA1 .esp_hdr = 8, .iv = 16, .align = 16, .icv = 12
#define CBC_SHA2 .esp_hdr = 8, .iv = 16, .align = 16, .icv = 16
#define DES3     .esp_hdr = 8, .iv = 8, .align = 8, .icv = 12
#define NUL_SHA5 .esp_hdr = 8, .iv = 0, .align = 4, .icv = 32
#define NAT_T    .udp = 8
#define TUNNEL   .inner_hdr = 20

static const struct row {
	struct mtu_parts parts;
	uint16_t budget;
} rows[] = {
	{ { .underlay = 1500, .gre = 4 }, 1476 },
	{ { .underlay = 1500, .gre = 8 }, 1472 },
	{ { .underlay = 1500, .gre = 16 }, 1464 },
	{ { .underlay = 1500, .gre = 4, GCM }, 1442 },
	{ { .underlay = 1500, .gre = 4, CBC_SHA1 }, 1434 },
	{ { .underlay = 1500, .gre = 4, CBC_SHA2 }, 1434 },
	{ { .underlay = 1500, .gre = 4, DES3 }, 1442 },
	{ { .underlay = 1500, .gre = 4, NUL_SHA5 }, 1434 },
	{ { .underlay = 1500, .gre = 4, GCM, TUNNEL }, 1422 },
	{ { .underlay = 1500, .gre = 4, CBC_SHA1, TUNNEL }, 1414 },
	{ { .underlay = 1500, .gre = 4, CBC_SHA2, TUNNEL }, 1414 },
	{ { .underlay = 1500, .gre = 4, GCM, NAT_T }, 1434 },
	{ { .underlay = 1500, .gre = 4, CBC_SHA2, NAT_T }, 1418 },
	{ { .underlay = 1492, .gre = 4, GCM, NAT_T }, 1426 },
	{ { .underlay = 1500, GCM }, 1446 }, /* tunnel mode without GRE */
	{ { .underlay = 576, .gre = 4, CBC_SHA2, NAT_T, TUNNEL }, 470 },
	{ { .underlay = 40, .gre = 4, CBC_SHA2 }, 0 },
	{ { .underlay = 52, .gre = 4, GCM }, 0 },
	{ { .underlay = 60, .gre = 4, GCM }, 2 },
	{ { .underlay = 20, .gre = 4 }, 0 },
	{ { .underlay = 24, .gre = 4 }, 0 },
	{ { .underlay = 25, .gre = 4 }, 1 },
	{ { .underlay = 0 }, 0 },
};

static void
the_values_of_the_textbooks(void)
{
	for (unsigned int i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint16_t got = mtu_budget(&rows[i].parts);

		if (got != rows[i].budget)
			fprintf(stderr, "row %u: %u\n", i, got);
		CU_ASSERT_EQUAL(got, rows[i].budget);
	}
}

/* Of every combination the budget fits, and one byte more does not. */
static void
the_budget_fits_and_one_more_does_not(void)
{
	static const uint8_t ivs[] = { 0, 8, 16 }, aligns[] = { 4, 8, 16 },
			icvs[] = { 8, 12, 16, 24, 32 };

	for (unsigned int n = 0; n < 3 * 3 * 5 * 2 * 2 * 2 * 4 * 64; n++) {
		unsigned int k = n;
		struct mtu_parts p = { 0 };
		uint16_t budget;

		p.iv = ivs[k % 3], k /= 3;
		p.align = aligns[k % 3], k /= 3;
		p.icv = icvs[k % 5], k /= 5;
		p.udp = k % 2 ? 8 : 0, k /= 2;
		p.esp_hdr = k % 2 ? 8 : 0, k /= 2;
		p.inner_hdr = k % 2 ? 20 : 0, k /= 2;
		p.gre = (uint8_t)(4 + 4 * (k % 4)), k /= 4;
		p.underlay = (uint16_t)(1400 + k);
		budget = mtu_budget(&p);
		if (mtu_outer(&p, budget) > p.underlay || mtu_outer(&p, budget + 1u) <= p.underlay)
			CU_FAIL("budget");
	}
}

static void
the_outer_length_is_the_sum_of_its_lines(void)
{
	struct mtu_parts p = { .underlay = 1500, .gre = 4, CBC_SHA2 };

	CU_ASSERT_EQUAL(mtu_padding(&p, 1400), (16 - (4 + 1400 + 2) % 16) % 16);
	CU_ASSERT_EQUAL(mtu_outer(&p, 1400),
			20 + 8 + 16 + 4 + 1400 + mtu_padding(&p, 1400) + 2 + 16);
	p = (struct mtu_parts){ .underlay = 1500, .gre = 4 };
	CU_ASSERT_EQUAL(mtu_padding(&p, 1400), 0);
	CU_ASSERT_EQUAL(mtu_outer(&p, 1476), 1500);
	CU_ASSERT_EQUAL(mtu_gre(false, false, false), 4);
	CU_ASSERT_EQUAL(mtu_gre(true, false, true), 12);
	CU_ASSERT_EQUAL(mtu_gre(true, true, true), 16);
}

static const struct cu_case cases[] = {
	CU_CASE(the_values_of_the_textbooks),
	CU_CASE(the_budget_fits_and_one_more_does_not),
	CU_CASE(the_outer_length_is_the_sum_of_its_lines),
};
CU_MAIN("mtu", cases)
