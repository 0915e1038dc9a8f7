/* SPDX-License-Identifier: BSD-3-Clause */
/* The shell's words, numbers and tables: harmless text, quoting that reads back, alignment. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/table.h"
#include "cli/text.h"
#include "cli/token.h"
#include "tests/unit/cu.h"

static void
test_clean(void)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "plain text", "plain text" },
		{ "\033[2Jgone", "?[2Jgone" },
		{ "a\r\nb\tc\bd\x7f", "a??b?c?d?" },
		{ "caf\xc3\xa9 \xd0\xbc\xd0\xb8\xd1\x80", "caf\xc3\xa9 \xd0\xbc\xd0\xb8\xd1\x80" },
		{ "\xc2\x9b"
		  "31m",
				"?31m" }, /* C1: the CSI of 8-bit terminals */
		{ "\xe2\x80\xae"
		  "txt",
				"?txt" },             /* right-to-left override */
		{ "\xe2\x80\x8b\xef\xbb\xbf", "??" }, /* zero width space, byte order mark */
		{ "\xff\xfe\x80", "???" },            /* no UTF-8 */
		{ "\xc0\xaf\xe0\x80\xaf", "?????" },  /* overlong */
		{ "\xed\xa0\x80", "???" },            /* a surrogate */
		{ "\xf4\x90\x80\x80", "????" },       /* beyond U+10FFFF */
		{ "\xe2\x82", "??" },                 /* cut short */
		{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80" },
	};
	char buf[64];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CU_ASSERT_STRING_EQUAL(text_clean(buf, sizeof(buf), cases[i].in), cases[i].out);
	/* what does not fit is cut between characters */
	CU_ASSERT_STRING_EQUAL(text_clean(buf, 5, "abcdef"), "abcd");
	CU_ASSERT_STRING_EQUAL(text_clean(buf, 5, "abc\xc3\xa9"), "abc");
	CU_ASSERT_EQUAL(text_width("caf\xc3\xa9"), 4);
	CU_ASSERT_EQUAL(text_prefix("caf\xc3\xa9s", 4), 5);
}

/* No byte sequence gets a control character through. */
static void
test_clean_random(void)
{
	char in[32], out[32];

	srand(1);
	for (int round = 0; round < 20000; round++) {
		size_t len = 0;

		for (; len < 20; len++)
			in[len] = (char)(rand() % 255 + 1);
		in[len] = '\0';
		text_clean(out, sizeof(out), in);
		for (const char *p = out; *p != '\0'; p++)
			if ((unsigned char)*p < 0x20 || *p == 0x7f)
				CU_FAIL("a control character came through");
		for (const char *p = out; (p = strchr(p, '\xc2')) != NULL; p++)
			if ((unsigned char)p[1] < 0xa0)
				CU_FAIL("a C1 control character came through");
	}
}

static void
test_numbers(void)
{
	char b[TEXT_NUM_LEN];

	CU_ASSERT_STRING_EQUAL(text_count(b, 0), "0");
	CU_ASSERT_STRING_EQUAL(text_count(b, 999), "999");
	CU_ASSERT_STRING_EQUAL(text_count(b, 1000), "1,000");
	CU_ASSERT_STRING_EQUAL(text_count(b, UINT64_MAX), "18,446,744,073,709,551,615");
	CU_ASSERT_STRING_EQUAL(text_packets(b, 9999999), "9,999,999");
	CU_ASSERT_STRING_EQUAL(text_packets(b, 10000000), "10.0 M");
	CU_ASSERT_STRING_EQUAL(text_bytes(b, 999), "999 B");
	CU_ASSERT_STRING_EQUAL(text_bytes(b, 999500), "1.00 MB");
	CU_ASSERT_STRING_EQUAL(text_bytes(b, 12345), "12.3 kB");
	CU_ASSERT_STRING_EQUAL(text_bytes(b, UINT64_MAX), "18.4 EB");
	CU_ASSERT_STRING_EQUAL(text_bits(b, 1.234e9), "1.23 Gbit/s");
	CU_ASSERT_STRING_EQUAL(text_bits(b, -1), "-");
	CU_ASSERT_STRING_EQUAL(text_age(b, 59), "59s");
	CU_ASSERT_STRING_EQUAL(text_age(b, 60), "1m00s");
	CU_ASSERT_STRING_EQUAL(text_age(b, 3599), "59m59s");
	CU_ASSERT_STRING_EQUAL(text_age(b, 86399), "23h59m");
	CU_ASSERT_STRING_EQUAL(text_age(b, 86400), "1d00h");
	CU_ASSERT_STRING_EQUAL(text_age(b, 366ull * 86400), "1y001d");
	CU_ASSERT_TRUE(text_age(b, UINT64_MAX) == b);
}

static void
test_tokens(void)
{
	struct tokens t;

	CU_ASSERT_EQUAL(tokens_split(&t, "  ip  route\t1.2.3.4/8 | include x"), 0);
	CU_ASSERT_EQUAL_FATAL(t.n, 3);
	CU_ASSERT_STRING_EQUAL(t.v[2], "1.2.3.4/8");
	tokens_free(&t);
	CU_ASSERT_EQUAL(tokens_split(&t, "a \"b | c\\\"\\\\\\x3f\" 'd \\ e' \"\""), 0);
	CU_ASSERT_EQUAL_FATAL(t.n, 4);
	CU_ASSERT_STRING_EQUAL(t.v[1], "b | c\"\\?");
	CU_ASSERT_STRING_EQUAL(t.v[2], "d \\ e");
	CU_ASSERT_STRING_EQUAL(t.v[3], "");
	tokens_free(&t);
	static const char *const bad[] = { "\"open", "'open", "\"\\q\"", "\"\\x4\"", "\"\\x00\"",
		"\"\\" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CU_ASSERT_EQUAL(tokens_split(&t, bad[i]), -EINVAL);
		tokens_free(&t);
	}
	CU_ASSERT_EQUAL(*token_command_end("show x; y"), ';');
	CU_ASSERT_EQUAL(*token_command_end("say \"a;b\\\";\" 'c;d'"), '\0');
}

/* Whatever is quoted reads back as it was: every byte, alone and among others. */
static void
test_quote_round_trip(void)
{
	char in[24], quoted[256];
	struct tokens t;

	for (int c = 1; c < 256; c++) {
		static const char *const forms[] = { "%c", "a%cb", "%c ", "\"%c'", "\\%c" };

		for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++) {
			snprintf(in, sizeof(in), forms[f], c);
			CU_ASSERT_TRUE_FATAL(token_quote(quoted, sizeof(quoted), in));
			CU_ASSERT_EQUAL_FATAL(tokens_split(&t, quoted), 0);
			CU_ASSERT_EQUAL_FATAL(t.n, 1);
			CU_ASSERT_STRING_EQUAL(t.v[0], in);
			CU_ASSERT_PTR_NULL(strchr(quoted, '?'));
			tokens_free(&t);
		}
	}
	CU_ASSERT_TRUE(token_quote(quoted, sizeof(quoted), ""));
	CU_ASSERT_STRING_EQUAL(quoted, "\"\"");
	CU_ASSERT_TRUE(token_quote(quoted, sizeof(quoted), "aes-gcm-128"));
	CU_ASSERT_STRING_EQUAL(quoted, "aes-gcm-128");
	for (size_t cap = 0; cap < 12; cap++)
		CU_ASSERT_FALSE(token_quote(quoted, cap, "with a space"));
}

struct lines_seen {
	char text[4096];
	size_t widest;
	int n;
};

static void
keep(void *arg, const char *line)
{
	struct lines_seen *seen = arg;
	char plain[OUT_LINE_MAX];

	out_strip(plain, sizeof(plain), line);
	if (text_width(plain) > seen->widest)
		seen->widest = text_width(plain);
	seen->n++;
	snprintf(seen->text + strlen(seen->text), sizeof(seen->text) - strlen(seen->text), "%s\n",
			plain);
}

static void
test_table(void)
{
	static const struct table_col cols[] = {
		{ "Name", TABLE_FLEX },
		{ "N", TABLE_RIGHT },
		{ "Text", TABLE_FLEX },
	};
	struct lines_seen seen = { "" };
	struct out o = { .line = keep, .arg = &seen, .color = true };
	struct table *t = table_new(cols, 3);

	table_cell(t, OUT_GOOD, "a");
	table_cell(t, OUT_PLAIN, "%d", 10);
	table_cell(t, OUT_PLAIN, "\033[31mx");
	table_row_end(t);
	table_cell(t, OUT_PLAIN, "caf\xc3\xa9");
	table_cell(t, OUT_BAD, "7");
	table_row_end(t);
	table_note(t, OUT_WARN, "  a note");
	table_print(t, &o);
	CU_ASSERT_STRING_EQUAL(seen.text, "Name   N  Text\n"
					  "a     10  ?[31mx\n"
					  "caf\xc3\xa9   7\n"
					  "  a note\n");

	/* what is too wide gives way in the flexible columns */
	memset(&seen, 0, sizeof(seen));
	t = table_new(cols, 3);
	table_cell(t, OUT_GOOD, "%090d", 1);
	table_cell(t, OUT_PLAIN, "12345");
	table_cell(t, OUT_BAD, "%090d", 2);
	table_row_end(t);
	table_print(t, &o);
	CU_ASSERT_EQUAL(seen.widest, TABLE_WIDTH);
	CU_ASSERT_PTR_NOT_NULL(strstr(seen.text, "..  12345  000"));
}

static const struct cu_case cases[] = {
	CU_CASE(test_clean),
	CU_CASE(test_clean_random),
	CU_CASE(test_numbers),
	CU_CASE(test_tokens),
	CU_CASE(test_quote_round_trip),
	CU_CASE(test_table),
};

CU_MAIN("cli_text", cases)
