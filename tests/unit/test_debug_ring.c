/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages for `debug`: the ring they are in, and the text they are made of. */
#include <stdio.h>
#include <string.h>

#include "common/words.h"
#include "controlplane/util/debug_ring.h"
#include "tests/unit/cu.h"

static struct {
	uint64_t first, n;
	bool wrong;
} seen;

static void
on_msg(void *arg, const struct debug_msg *m)
{
	char text[32];
	uint32_t about;

	memcpy(&about, m->about, sizeof(about));
	snprintf(text, sizeof(text), "message %u", about);
	if (seen.n++ == 0)
		seen.first = m->seq;
	seen.wrong |= m->seq != about || strcmp(m->text, text) != 0 || m->time_ms == 0;
}

static uint64_t
take(struct debug_ring *d, uint64_t since, uint64_t *lost)
{
	seen.n = 0;
	seen.wrong = false;
	return debug_ring_read(d, since, 1000, lost, on_msg, NULL);
}

static void
add(struct debug_ring *d, uint32_t from, uint32_t n)
{
	char text[32];

	for (uint32_t i = from; i < from + n; i++) {
		snprintf(text, sizeof(text), "message %u", i);
		debug_ring_add(d, text, &i, sizeof(i));
	}
}

static void
test_ring(void)
{
	static struct debug_ring d;
	char big[DEBUG_ABOUT_MAX + 1] = { 0 };
	uint64_t lost, next = 0;

	debug_ring_add(&d, "nobody looks", &next, sizeof(uint32_t));
	CU_ASSERT_EQUAL(debug_ring_start(&d, 1000), 0);
	CU_ASSERT_EQUAL(take(&d, 0, &lost), 0);
	CU_ASSERT_EQUAL(seen.n, 0);
	add(&d, 0, 3);
	next = take(&d, 0, &lost);
	CU_ASSERT_TRUE(next == 3 && seen.n == 3 && seen.first == 0 && lost == 0 && !seen.wrong);
	debug_ring_add(&d, "too big", big, sizeof(big));
	CU_ASSERT_EQUAL(d.next, 3);
	/* Exactly as many as there is room for, one more, and a number from the future. */
	add(&d, 3, DEBUG_RING);
	next = take(&d, 3, &lost);
	CU_ASSERT_TRUE(next == 3 + DEBUG_RING && seen.n == DEBUG_RING && lost == 0 && !seen.wrong);
	add(&d, 3 + DEBUG_RING, 1);
	next = take(&d, 3, &lost);
	CU_ASSERT_TRUE(seen.first == 4 && seen.n == DEBUG_RING && lost == 1 && !seen.wrong);
	CU_ASSERT_EQUAL(take(&d, next + 5, &lost), next);
	CU_ASSERT_TRUE(seen.n == 0 && lost == 0);
	debug_ring_stop(&d);
	add(&d, 0, 1);
	CU_ASSERT_EQUAL(d.next, next);
	/* Started anew, numbers go on. */
	CU_ASSERT_EQUAL(debug_ring_start(&d, 1000), next);
	debug_ring_fini(&d);
}

/* A minute without a reader, and not a moment less. */
static void
test_unread(void)
{
	static struct debug_ring d;
	uint64_t lost;

	CU_ASSERT_FALSE(debug_ring_unread(&d, 1000000));
	debug_ring_start(&d, 1000);
	CU_ASSERT_FALSE(debug_ring_unread(&d, 60999));
	CU_ASSERT_TRUE(debug_ring_unread(&d, 61000));
	debug_ring_read(&d, 0, 61000, &lost, on_msg, NULL);
	CU_ASSERT_FALSE(debug_ring_unread(&d, 61000));
	debug_ring_stop(&d);
	CU_ASSERT_FALSE(debug_ring_unread(&d, 1000000));
}

/* Cut where it is full, never beyond, whatever comes. */
static void
test_words(void)
{
	struct words w = { .n = 0 };

	words_add(&w, "%s-%d", "a", 7);
	CU_ASSERT_STRING_EQUAL(w.buf, "a-7");
	while (w.n < WORDS_MAX - 3)
		words_add(&w, "%c", 'x');
	words_add(&w, "%s", "yz and more");
	CU_ASSERT_EQUAL(w.n, WORDS_MAX - 1);
	CU_ASSERT_EQUAL(strlen(w.buf), w.n);
	CU_ASSERT_STRING_EQUAL(w.buf + w.n - 3, "xyz");
	words_add(&w, "%s", "none");
	CU_ASSERT_EQUAL(w.n, WORDS_MAX - 1);
}

static const struct cu_case cases[] = {
	CU_CASE(test_ring),
	CU_CASE(test_unread),
	CU_CASE(test_words),
};

CU_MAIN("debug_ring", cases)
