/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets in parts: whole again, and nothing of what is lost, repeated, or a lie. */
#include <string.h>

#include "controlplane/dataplane/punt_parts.h"
#include "cu.h"

static struct punt_parts parts;

/* A part of @len bytes at @off of a packet of @total; its bytes say where they are. */
static const uint8_t *
give(uint8_t worker, uint32_t off, uint16_t len, uint32_t total, size_t *whole)
{
	static struct chan_pkt p;

	p = (struct chan_pkt){ .worker = worker, .len = len, .part_off = off, .part_total = total };
	for (uint32_t i = 0; i < len; i++)
		p.data[i] = (uint8_t)((off + i) * 7 + worker);
	return punt_whole(&parts, &p, whole);
}

static bool
is_whole(const uint8_t *frame, size_t len, uint8_t worker, size_t want)
{
	if (frame == NULL || len != want)
		return false;
	for (size_t i = 0; i < len; i++)
		if (frame[i] != (uint8_t)(i * 7 + worker))
			return false;
	return true;
}

static void
test_parts(void)
{
	const uint8_t *f;
	size_t len;

	/* alone */
	f = give(0, 0, 100, 0, &len);
	CU_ASSERT_TRUE(is_whole(f, len, 0, 100));
	/* two workers at a time, and two packets behind each other */
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_PTR_NULL(give(0, 0, 2016, 5000, &len));
		CU_ASSERT_PTR_NULL(give(1, 0, 2016, 2100, &len));
		CU_ASSERT_PTR_NULL(give(0, 2016, 2016, 5000, &len));
		f = give(1, 2016, 84, 2100, &len);
		CU_ASSERT_TRUE(is_whole(f, len, 1, 2100));
		f = give(0, 4032, 968, 5000, &len);
		CU_ASSERT_TRUE(is_whole(f, len, 0, 5000));
	}
	/* one that is whole in the midst of another, which goes on */
	CU_ASSERT_PTR_NULL(give(0, 0, 2016, 2100, &len));
	f = give(0, 0, 100, 0, &len);
	CU_ASSERT_TRUE(is_whole(f, len, 0, 100));
	f = give(0, 2016, 84, 2100, &len);
	CU_ASSERT_TRUE(is_whole(f, len, 0, 2100));
	punt_parts_fini(&parts);
}

static void
test_lies(void)
{
	const uint8_t *f;
	size_t len;

	/* a second part without a first one; the last again; a hole */
	CU_ASSERT_PTR_NULL(give(0, 2016, 84, 2100, &len));
	CU_ASSERT_PTR_NULL(give(0, 0, 2016, 2100, &len));
	CU_ASSERT_PTR_NOT_NULL(give(0, 2016, 84, 2100, &len));
	CU_ASSERT_PTR_NULL(give(0, 2016, 84, 2100, &len));
	CU_ASSERT_PTR_NULL(give(0, 0, 2016, 6100, &len));
	CU_ASSERT_PTR_NULL(give(0, 4032, 2016, 6100, &len));
	CU_ASSERT_PTR_NULL(give(0, 6048, 52, 6100, &len));
	/* another length in the midst; more than the whole; far too long; no such worker */
	CU_ASSERT_PTR_NULL(give(0, 0, 2016, 2100, &len));
	CU_ASSERT_PTR_NULL(give(0, 2016, 84, 2200, &len));
	CU_ASSERT_PTR_NULL(give(0, 0, 2016, 2100, &len));
	CU_ASSERT_PTR_NULL(give(0, 2016, 85, 2100, &len));
	CU_ASSERT_PTR_NULL(give(0, 0, 2016, 1000, &len));
	CU_ASSERT_PTR_NULL(give(0, 0, 2016, PUNT_WHOLE_MAX + 1, &len));
	CU_ASSERT_PTR_NULL(give(255, 0, 2016, 2100, &len));
	/* and the next one is well */
	CU_ASSERT_PTR_NULL(give(1, 0, 2016, 2100, &len));
	f = give(1, 2016, 84, 2100, &len);
	CU_ASSERT_TRUE(is_whole(f, len, 1, 2100));
	punt_parts_fini(&parts);
}

static const struct cu_case cases[] = {
	CU_CASE(test_parts),
	CU_CASE(test_lies),
};

CU_MAIN("punt_parts", cases)
