/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes in, lines out, in pieces of every size, against the whole text. */
#include <stdlib.h>
#include <string.h>

#include "controlplane/mgmt/linebuf.h"
#include "cu.h"

static void
test_lines_and_what_is_left(void)
{
	struct linebuf b = { .buf = NULL };
	size_t len;
	char *line;

	CU_ASSERT_PTR_NULL(linebuf_line(&b, &len));
	CU_ASSERT_EQUAL(linebuf_add(&b, "", 0), 0);
	CU_ASSERT_EQUAL(linebuf_add(&b, "one\n\ntw", 7), 0);
	line = linebuf_line(&b, &len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(line);
	CU_ASSERT_TRUE(len == 3 && memcmp(line, "one", 3) == 0);
	linebuf_drop(&b, len);
	CU_ASSERT_PTR_NOT_NULL(linebuf_line(&b, &len));
	CU_ASSERT_EQUAL(len, 0);
	linebuf_drop(&b, len);
	CU_ASSERT_PTR_NULL(linebuf_line(&b, &len));
	CU_ASSERT_EQUAL(linebuf_len(&b), 2);
	CU_ASSERT_EQUAL(linebuf_add(&b, "o\n", 2), 0);
	line = linebuf_line(&b, &len);
	CU_ASSERT_PTR_NOT_NULL_FATAL(line);
	CU_ASSERT_TRUE(len == 3 && memcmp(line, "two", 3) == 0);
	linebuf_drop(&b, len);
	CU_ASSERT_EQUAL(linebuf_len(&b), 0);
	linebuf_fini(&b);
}

/* Text with lines of 0 to 9999 bytes, in pieces of 1 to @max, taken out now and then. */
static void
pieces(size_t max)
{
	size_t n = 300000, in = 0, out = 0, len;
	char *text = malloc(n), *line;
	struct linebuf b = { .buf = NULL };

	srand(1);
	for (size_t i = 0, next = 0; i < n; i++) {
		text[i] = (char)('a' + i % 26);
		if (i == next) {
			text[i] = '\n';
			next += 1 + (size_t)rand() % 10000;
		}
	}
	text[n - 1] = '\n';
	while (in < n) {
		size_t k = 1 + (size_t)rand() % max;

		k = k < n - in ? k : n - in;
		CU_ASSERT_EQUAL_FATAL(linebuf_add(&b, text + in, k), 0);
		in += k;
		while ((in == n || rand() % 3 > 0) && (line = linebuf_line(&b, &len)) != NULL) {
			CU_ASSERT_TRUE_FATAL(out + len < n && text[out + len] == '\n');
			CU_ASSERT_EQUAL(memcmp(line, text + out, len), 0);
			linebuf_drop(&b, len);
			out += len + 1;
		}
		CU_ASSERT_EQUAL(linebuf_len(&b), in - out);
	}
	CU_ASSERT_EQUAL(out, n);
	linebuf_fini(&b);
	free(text);
}

static void
test_pieces_of_every_size(void)
{
	static const size_t sizes[] = { 1, 2, 100, 4096, 5000, 100000 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		pieces(sizes[i]);
}

/* What has been dropped is zeroed: it may have been a key. */
static void
test_dropped_lines_are_wiped(void)
{
	struct linebuf b = { .buf = NULL };
	size_t len = 0;

	linebuf_add(&b, "geheim\nrest", 11);
	CU_ASSERT_PTR_NOT_NULL_FATAL(linebuf_line(&b, &len));
	linebuf_drop(&b, len);
	CU_ASSERT_PTR_NULL(memmem(b.buf, b.cap, "geheim", 6));
	for (size_t i = 0; i < 7; i++)
		CU_ASSERT_EQUAL(b.buf[i], 0);
	linebuf_fini(&b);
}

static const struct cu_case cases[] = {
	CU_CASE(test_lines_and_what_is_left),
	CU_CASE(test_pieces_of_every_size),
	CU_CASE(test_dropped_lines_are_wiped),
};

CU_MAIN("mgmt_linebuf", cases)
