/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The anti-replay window against a slow, obvious model: a list of all numbers seen. RFC 4303
 * section 3.4.3 says what may pass; appendix A2 how ESN's upper half is inferred.
 */
#include <stdlib.h>
#include <string.h>

#include "dataplane/nodes/esp_in.h"
#include "dataplane/tables/replay.h"
#include "tests/unit/cu.h"

#define MODEL_MAX 20000

static const uint32_t windows[] = { 64, 128, 256, 512, 1024, 2048, 4096, 8192 };

struct model {
	uint64_t seen[MODEL_MAX];
	unsigned int n;
	uint64_t top;
	uint32_t window;
};

static struct model model;
static struct sa sa;
static struct sa twin; /* the same, by the short way of esp_in.h */

static bool
model_check(const struct model *md, uint64_t seq)
{
	if (seq == 0)
		return false;
	if (seq <= md->top && md->top - seq >= md->window)
		return false;
	for (unsigned int i = md->n; i > 0; i--)
		if (md->seen[i - 1] == seq)
			return false;
	return true;
}

static void
model_take(struct model *md, uint64_t seq)
{
	md->seen[md->n++] = seq;
	if (seq > md->top)
		md->top = seq;
}

static void
sa_start(struct sa *s, uint32_t window, bool esn)
{
	if (s->ring != NULL && s->ring != s->ring_inline)
		free(s->ring);
	memset(s, 0, sizeof(*s));
	s->esn = esn;
	s->window = window;
	s->ring_mask = replay_words(window) - 1;
	s->ring = replay_words(window) <= SA_RING_INLINE ? s->ring_inline :
							   calloc(replay_words(window), 8);
}

static void
start(uint32_t window, bool esn)
{
	sa_start(&sa, window, esn);
	sa_start(&twin, window, esn);
	model.n = 0;
	model.top = 0;
	model.window = window;
}

/* Offer @seq to all; they must agree, also in the check before. */
static bool
offer(uint64_t seq)
{
	bool want = model_check(&model, seq);
	bool checked = replay_check(&sa, seq);
	bool got = replay_commit(&sa, seq), got_twin = esp_short_commit(&twin, seq);

	if (want)
		model_take(&model, seq);
	return checked == want && got == want && sa.seq == model.top && got_twin == want &&
	       twin.seq == model.top;
}

static void
a_ring_holds_its_window_wherever_it_lies(void)
{
	CU_ASSERT_EQUAL(replay_words(0), 2);
	CU_ASSERT_EQUAL(replay_words(64), 2);
	CU_ASSERT_EQUAL(replay_words(128), 4);
	CU_ASSERT_EQUAL(replay_words(256), 8);
	CU_ASSERT_EQUAL(replay_words(4096), 128);
	CU_ASSERT_EQUAL(replay_words(8192), 256);
}

static void
edges_of_every_window(void)
{
	for (unsigned int k = 0; k < RTE_DIM(windows); k++) {
		uint32_t w = windows[k];

		start(w, false);
		CU_ASSERT_TRUE(offer(0)); /* never valid */
		CU_ASSERT_FALSE(replay_check(&sa, 0));
		CU_ASSERT_TRUE(offer(1));
		CU_ASSERT_TRUE(offer(1));
		CU_ASSERT_FALSE(replay_check(&sa, 1));
		CU_ASSERT_TRUE(offer(w + 1)); /* 2 is now the left edge */
		CU_ASSERT_FALSE(replay_check(&sa, 1));
		CU_ASSERT_TRUE(replay_check(&sa, 2));
		CU_ASSERT_TRUE(offer(3 * (uint64_t)w));
		for (int d = -2; d <= 2; d++) {
			CU_ASSERT_TRUE(offer(2 * (uint64_t)w + (uint64_t)d));
			CU_ASSERT_TRUE(offer(2 * (uint64_t)w + (uint64_t)d));
		}
		CU_ASSERT_TRUE(offer(UINT32_MAX)); /* a jump clears all of the ring */
		for (uint64_t d = 0; d <= w + 1; d++)
			CU_ASSERT_TRUE(offer(UINT32_MAX - d));
		CU_ASSERT_TRUE(offer(UINT32_MAX));
	}
}

static void
jumps_of_every_length(void)
{
	for (unsigned int k = 0; k < RTE_DIM(windows); k++) {
		uint32_t w = windows[k], n = 0;

		for (uint64_t jump = 1; jump < 2 * (uint64_t)w + 130; jump += 1 + jump / 7) {
			start(w, false);
			for (uint64_t s = 60; s < 70; s++)
				n += !offer(s);
			n += !offer(69 + jump);
			for (uint64_t s = 55; s < 75; s++)
				n += !offer(s);
			for (uint64_t s = 65 + jump; s < 75 + jump; s++)
				n += !offer(s);
		}
		CU_ASSERT_EQUAL(n, 0);
	}
}

/* Packets shuffled over a distance about the window's, with repeats and some jumps. */
static void
shuffled_like_a_bad_path(void)
{
	static const uint64_t bases[] = { 0, UINT32_MAX - 700u, (UINT64_C(7) << 32) - 900 };
	unsigned int seed = 1;

	for (unsigned int k = 0; k < RTE_DIM(windows); k++)
		for (unsigned int b = 0; b < RTE_DIM(bases); b++) {
			uint32_t w = windows[k], n = 0;
			uint64_t at = bases[b] + 1;

			start(w, true);
			sa.seq = twin.seq = model.top = bases[b];
			for (unsigned int i = 0; i < 3000; i++) {
				uint64_t back = (uint64_t)rand_r(&seed) % (w + w / 4);
				uint64_t seq = at > back ? at - back : 0;

				n += !offer(seq);
				at += (unsigned int)rand_r(&seed) % 3;
				if (i % 501 == 500)
					at += (unsigned int)rand_r(&seed) % (3 * w);
			}
			CU_ASSERT_EQUAL(n, 0);
		}
}

static void
esn_finds_every_number_in_reach(void)
{
	static const uint64_t tops[] = { 1, 62, 63, 64, 4095, 4096, UINT32_MAX - 1, UINT32_MAX,
		UINT64_C(1) << 32, (UINT64_C(1) << 32) + 1, (UINT64_C(1) << 32) + 62,
		(UINT64_C(1) << 32) + 63, (UINT64_C(1) << 32) + 5000, (UINT64_C(9) << 32) - 1,
		(UINT64_C(9) << 32) + 10 };
	unsigned int n = 0;

	for (unsigned int k = 0; k < RTE_DIM(windows); k++)
		for (unsigned int t = 0; t < RTE_DIM(tops); t++) {
			uint64_t top = tops[t], w = windows[k];
			uint64_t left = top >= w ? top - w + 1 : 1;
			uint64_t right = top + (UINT64_C(1) << 32) - w; /* last that can be told */

			start(windows[k], true);
			sa.seq = top;
			for (uint64_t s = left; s <= top + 2 * w; s++)
				n += replay_seq_esn(&sa, (uint32_t)s) != s;
			for (uint64_t s = right - 3; s <= right; s++)
				n += replay_seq_esn(&sa, (uint32_t)s) != s;
			if (top >= w) /* one left of the window is taken for one far ahead */
				n += replay_seq_esn(&sa, (uint32_t)(top - w)) !=
				     top - w + (UINT64_C(1) << 32);
		}
	CU_ASSERT_EQUAL(n, 0);
}

static void
esn_has_no_number_before_the_first_or_after_the_last(void)
{
	start(64, true);
	CU_ASSERT_EQUAL(replay_seq_esn(&sa, UINT32_MAX), 0); /* would be before the first */
	CU_ASSERT_FALSE(replay_check(&sa, 0));
	sa.seq = UINT64_MAX;
	CU_ASSERT_EQUAL(replay_seq_esn(&sa, UINT32_MAX), UINT64_MAX);
	CU_ASSERT_EQUAL(replay_seq_esn(&sa, 5), 0); /* the upper half would wrap */
	start(0, true);
	CU_ASSERT_FALSE(replay_check(&sa, 0)); /* also with the window off */
}

static void
without_a_window_all_pass_and_the_top_follows(void)
{
	start(0, false);
	CU_ASSERT_TRUE(replay_commit(&sa, 5));
	CU_ASSERT_TRUE(replay_commit(&sa, 5));
	CU_ASSERT_TRUE(replay_commit(&sa, 1000));
	CU_ASSERT_TRUE(replay_commit(&sa, 1));
	CU_ASSERT_EQUAL(sa.seq, 1000);
	CU_ASSERT_TRUE(esp_short_commit(&twin, 5));
	CU_ASSERT_TRUE(esp_short_commit(&twin, 5));
	CU_ASSERT_TRUE(esp_short_commit(&twin, 6));
	CU_ASSERT_TRUE(esp_short_commit(&twin, 1000));
	CU_ASSERT_TRUE(esp_short_commit(&twin, 6));
	CU_ASSERT_EQUAL(twin.seq, 1000);
}

/* The trailer's check in esp_in.h: RFC 4303 section 2.4, byte by byte. @end: behind next header. */
static bool
padding_right(const uint8_t *end, unsigned int max)
{
	unsigned int pad = end[-2];

	if (end[-1] != SA_NEXT_GRE || pad > max)
		return false;
	for (unsigned int i = 0; i < pad; i++)
		if (end[-2 - (int)pad + (int)i] != i + 1)
			return false;
	return true;
}

static void
the_short_way_knows_padding(void)
{
	uint8_t buf[32], *end = buf + sizeof(buf);
	unsigned int n_wrong = 0;
	uint64_t tail;

	for (unsigned int pad = 0; pad < 20; pad++)
		for (unsigned int bad = 0; bad <= 20; bad++) {
			memset(buf, 0, sizeof(buf));
			for (unsigned int i = 0; i < pad; i++)
				end[-2 - (int)pad + (int)i] = (uint8_t)(i + 1);
			end[-2] = (uint8_t)pad;
			end[-1] = SA_NEXT_GRE;
			if (bad > 0)
				end[-(int)bad] ^= 1;
			memcpy(&tail, end - 8, sizeof(tail));
			n_wrong += esp_short_tail_gcm(tail, end[-2]) != padding_right(end, 3);
			n_wrong += esp_short_tail_cbc(end, tail, end[-2]) != padding_right(end, 15);
		}
	CU_ASSERT_EQUAL(n_wrong, 0);
}

static const struct cu_case cases[] = {
	CU_CASE(a_ring_holds_its_window_wherever_it_lies),
	CU_CASE(edges_of_every_window),
	CU_CASE(jumps_of_every_length),
	CU_CASE(shuffled_like_a_bad_path),
	CU_CASE(esn_finds_every_number_in_reach),
	CU_CASE(esn_has_no_number_before_the_first_or_after_the_last),
	CU_CASE(without_a_window_all_pass_and_the_top_follows),
	CU_CASE(the_short_way_knows_padding),
};
CU_MAIN("replay", cases)
