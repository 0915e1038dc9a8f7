/* SPDX-License-Identifier: BSD-3-Clause */
/* Records that outlive a process: kept, replaced, wiped, torn at every byte, scribbled over. */
#include <stdlib.h>
#include <string.h>

#include "controlplane/vpn/keep.h"
#include "cu.h"

#define TUNNELS 8

static uint8_t *region;
static uint64_t size;
static struct keep k;

static void
setup(void)
{
	size = chan_keep_size(TUNNELS);
	region = aligned_alloc(64, size);
	CU_ASSERT_PTR_NOT_NULL_FATAL(region);
	memset(region, 0, size);
	keep_open(&k, region, size);
	CU_ASSERT_EQUAL_FATAL(k.n, TUNNELS);
}

static void
again(void)
{
	keep_close(&k);
	keep_open(&k, region, size);
}

static void
put(uint32_t tun_id, uint8_t fill, size_t len)
{
	uint8_t data[KEEP_MAX];

	memset(data, fill, sizeof(data));
	keep_put(&k, tun_id, data, len);
}

/* -1: nothing is there; -2: not the same byte throughout; else that byte. */
static int
get(uint32_t tun_id, size_t want_len)
{
	size_t len;
	const uint8_t *p = keep_get(&k, tun_id, &len);

	if (p == NULL)
		return -1;
	for (size_t i = 0; i < len; i++)
		if (p[i] != p[0])
			return -2;
	return len == want_len ? p[0] : -2;
}

/* Is this byte anywhere in the region, often enough to be no accident? */
static bool
anywhere(uint8_t byte)
{
	unsigned int run = 0;

	for (uint64_t i = 0; i < size; i++) {
		run = region[i] == byte ? run + 1 : 0;
		if (run == 16)
			return true;
	}
	return false;
}

static void
test_kept(void)
{
	setup();
	for (uint32_t i = 0; i < TUNNELS; i++)
		CU_ASSERT_EQUAL(get(i, 0), -1);
	put(0, 0x11, 100);
	put(TUNNELS - 1, 0x22, KEEP_MAX);
	put(TUNNELS, 0x33, 100); /* no such tunnel */
	again();
	CU_ASSERT_EQUAL(get(0, 100), 0x11);
	CU_ASSERT_EQUAL(get(TUNNELS - 1, KEEP_MAX), 0x22);
	CU_ASSERT_EQUAL(get(TUNNELS, 100), -1);
	CU_ASSERT_EQUAL(get(1, 0), -1);
	CU_ASSERT_EQUAL(k.n_torn, 0);
	free(region);
}

/* Nothing of an older record stays, in its place or in the journal. */
static void
test_wiped(void)
{
	setup();
	put(3, 0x44, 4000);
	put(3, 0x55, 200);
	CU_ASSERT_FALSE(anywhere(0x44));
	CU_ASSERT_EQUAL(get(3, 200), 0x55);
	keep_put(&k, 3, NULL, 0);
	CU_ASSERT_EQUAL(get(3, 0), -1);
	CU_ASSERT_FALSE(anywhere(0x55));
	put(4, 0x66, 300);
	put(4, 0x66, KEEP_MAX);
	put(5, 0x77, 300);
	keep_clear(&k);
	CU_ASSERT_FALSE(anywhere(0x66));
	CU_ASSERT_FALSE(anywhere(0x77));
	CU_ASSERT_EQUAL(k.n_torn, 0);
	free(region);
}

/*
 * Killed at every moment of a write: the region has the first n bytes of what changed, in the
 * order of the writes (journal, then place). Either the old record or the new one, never a mix.
 */
static void
test_killed(void)
{
	static const size_t len = 600;
	uint8_t *before = malloc(chan_keep_size(TUNNELS)), *j, *s;
	bool saw_old = false, saw_new = false;

	setup();
	put(2, 0xaa, len);
	memcpy(before, region, size);
	for (size_t cut = 0; cut <= 2 * (KEEP_HEAD_LEN + len); cut++) {
		uint8_t full[KEEP_HEAD_LEN + 600];
		int got;

		memcpy(region, before, size);
		keep_open(&k, region, size);
		put(2, 0xbb, len);
		s = region + (2 + 2) * (size_t)CHAN_KEEP_SLOT;
		j = region + CHAN_KEEP_SLOT;
		memcpy(full, s, sizeof(full)); /* what a whole slot looks like */
		memcpy(region, before, size);
		/* The state comes first in memory, but is written last: so is it here. */
		if (cut <= sizeof(full)) {
			memcpy(j + 8, full + 8, cut > 8 ? cut - 8 : 0);
			if (cut == sizeof(full))
				memcpy(j, full, 8);
		} else {
			memcpy(j, full, sizeof(full));
			memset(s, 0, 8);
			if (cut - sizeof(full) > 8)
				memcpy(s + 8, full + 8, cut - sizeof(full) - 8);
		}
		keep_open(&k, region, size);
		got = get(2, len);
		CU_ASSERT_TRUE(got == 0xaa || got == 0xbb);
		CU_ASSERT_TRUE(cut >= sizeof(full) ? got == 0xbb : got == 0xaa);
		saw_old = saw_old || got == 0xaa;
		saw_new = saw_new || got == 0xbb;
	}
	CU_ASSERT_TRUE(saw_old && saw_new);
	free(before);
	free(region);
}

/* One bit anywhere in a record, or in what says where it is: not given out, and said so. */
static void
test_torn(void)
{
	uint8_t *s;

	setup();
	put(1, 0xcc, 200);
	put(2, 0xdd, 200);
	s = region + 3 * (size_t)CHAN_KEEP_SLOT;
	for (size_t at = 0; at < KEEP_HEAD_LEN + 200; at++) {
		if (at >= 24 && at < 32)
			continue; /* not used */
		s[at] ^= 1;
		CU_ASSERT_EQUAL(get(1, 200), -1);
		CU_ASSERT_EQUAL(get(2, 200), 0xdd);
		s[at] ^= 1;
	}
	CU_ASSERT_EQUAL(k.n_torn, KEEP_HEAD_LEN - 8 + 200);
	CU_ASSERT_EQUAL(get(1, 200), 0xcc);
	free(region);
}

/* Whatever is in there: no read beyond it, and it can be used afterwards. */
static void
test_hostile(void)
{
	setup();
	srand(1);
	for (int round = 0; round < 300; round++) {
		uint64_t magic = 0;

		memcpy(&magic, region, sizeof(magic));
		for (int i = 0; i < 200; i++)
			region[(uint64_t)rand() % size] = (uint8_t)rand();
		for (uint32_t i = 0; i <= TUNNELS; i++)
			memset(region + (1 + i) * (uint64_t)CHAN_KEEP_SLOT + 16, rand() & 0xff, 8);
		if (round % 2 == 0)
			memcpy(region, &magic, sizeof(magic));
		keep_open(&k, region, size);
		for (uint32_t i = 0; i < TUNNELS; i++) {
			size_t len;

			keep_get(&k, i, &len);
			CU_ASSERT_TRUE(len <= KEEP_MAX);
		}
		put((uint32_t)round % TUNNELS, 0xee, 500);
		CU_ASSERT_EQUAL(get((uint32_t)round % TUNNELS, 500), 0xee);
	}
	free(region);
}

static void
test_none(void)
{
	keep_open(&k, NULL, 0);
	put(0, 1, 10);
	CU_ASSERT_EQUAL(get(0, 10), -1);
	keep_clear(&k);
	keep_close(&k);
}

static const struct cu_case cases[] = {
	CU_CASE(test_kept),
	CU_CASE(test_wiped),
	CU_CASE(test_killed),
	CU_CASE(test_torn),
	CU_CASE(test_hostile),
	CU_CASE(test_none),
};
CU_MAIN("keep", cases)
