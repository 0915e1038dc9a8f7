/* SPDX-License-Identifier: BSD-3-Clause */
/* The bounded reader and writer: what fits is right, what does not fit sticks. */
#include <string.h>

#include "common/wire.h"
#include "tests/unit/cu.h"

static void
reads_in_network_order(void)
{
	static const uint8_t b[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };
	struct rd r = rd_init(b, sizeof(b));

	CU_ASSERT_EQUAL(rd_u8(&r), 1);
	CU_ASSERT_EQUAL(rd_be16(&r), 0x0203);
	CU_ASSERT_EQUAL(rd_be32(&r), 0x04050607);
	CU_ASSERT_EQUAL(rd_be64(&r), 0x08090a0b0c0d0e0f);
	CU_ASSERT_EQUAL(rd_left(&r), 0);
	CU_ASSERT_FALSE(r.bad);
}

static void
a_short_read_sticks(void)
{
	static const uint8_t b[] = { 1, 2, 3 };
	struct rd r = rd_init(b, sizeof(b));

	CU_ASSERT_EQUAL(rd_be32(&r), 0);
	CU_ASSERT_TRUE(r.bad);
	CU_ASSERT_EQUAL(rd_u8(&r), 0);
	CU_ASSERT_EQUAL(rd_left(&r), 0);
	CU_ASSERT_PTR_NULL(rd_bytes(&r, 0));
}

static void
a_sub_reader_cannot_leave_its_element(void)
{
	static const uint8_t b[] = { 1, 2, 3, 4 };
	struct rd r = rd_init(b, sizeof(b));
	struct rd s = rd_sub(&r, 2);

	CU_ASSERT_EQUAL(rd_be16(&s), 0x0102);
	CU_ASSERT_EQUAL(rd_u8(&s), 0);
	CU_ASSERT_TRUE(s.bad);
	CU_ASSERT_FALSE(r.bad);
	CU_ASSERT_EQUAL(rd_u8(&r), 3);
	s = rd_sub(&r, SIZE_MAX);
	CU_ASSERT_TRUE(s.bad);
	CU_ASSERT_TRUE(r.bad);
}

static void
nothing_may_be_null(void)
{
	struct rd r = rd_init(NULL, 0);

	CU_ASSERT_EQUAL(rd_left(&r), 0);
	CU_ASSERT_FALSE(r.bad);
	CU_ASSERT_EQUAL(rd_u8(&r), 0);
	CU_ASSERT_TRUE(r.bad);
	r = rd_init(NULL, 1);
	CU_ASSERT_TRUE(r.bad);
}

static void
the_writer_stops_at_its_end(void)
{
	uint8_t b[8];
	struct wr w;

	memset(b, 0xee, sizeof(b));
	w = wr_init(b, 7);
	wr_be32(&w, 0x01020304);
	wr_be16(&w, 0x0506);
	CU_ASSERT_FALSE(w.bad);
	wr_be16(&w, 0x0708);
	CU_ASSERT_TRUE(w.bad);
	CU_ASSERT_EQUAL(w.len, 6);
	CU_ASSERT_EQUAL(b[6], 0xee);
	CU_ASSERT_EQUAL(b[7], 0xee);
	wr_u8(&w, 1);
	CU_ASSERT_EQUAL(w.len, 6);
}

static void
patches_stay_inside_what_was_written(void)
{
	uint8_t b[8] = { 0 };
	struct wr w = wr_init(b, sizeof(b));

	wr_zero(&w, 4);
	wr_patch_be16(&w, 2, 0xabcd);
	CU_ASSERT_EQUAL(b[2], 0xab);
	CU_ASSERT_EQUAL(b[3], 0xcd);
	CU_ASSERT_FALSE(w.bad);
	wr_patch_be16(&w, 3, 1);
	CU_ASSERT_TRUE(w.bad);
	CU_ASSERT_EQUAL(b[3], 0xcd);
}

static const struct cu_case cases[] = {
	CU_CASE(reads_in_network_order),
	CU_CASE(a_short_read_sticks),
	CU_CASE(a_sub_reader_cannot_leave_its_element),
	CU_CASE(nothing_may_be_null),
	CU_CASE(the_writer_stops_at_its_end),
	CU_CASE(patches_stay_inside_what_was_written),
};
CU_MAIN("wire", cases)
