/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines that must not be carried out, or not as they stand: too long ones, control characters, the
 * text of banners. None of them is carried out in part.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/banner.h"
#include "cli/shell.h"
#include "cli/terminal.h"
#include "cu.h"

/* ---- banners --------------------------------------------------------------------------------- */

/* @in comes out as @out, line by line; "-" is a line that is gone. */
static void
test_banners(void)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "banner motd ^C\n no shutdown\n reload ^C\nhostname x\n",
		  "banner motd \n-\n-\nhostname x\n" },
		{ "banner motd #hello#\nhostname x\n", "banner motd \nhostname x\n" },
		{ " banner  login\t#a\nb#rest\nx\n", " banner  login\t\n-\nx\n" },
		{ "banner exec \003a\nb\003\nx\n", "banner exec \n-\nx\n" },
		{ "banner motd ^a\nb^\nx\n", "banner motd \n-\nx\n" },
		{ "banner motd ^^\nx\n", "banner motd \nx\n" },
		{ "banner motd ^Ca^b^^C\nx\n", "banner motd \nx\n" },
		{ "banner\nbanner motd\nno banner motd\nx\n",
		  "banner\nbanner motd\nno banner motd\nx\n" },
		{ "description banner motd #\nx\n", "description banner motd #\nx\n" },
		{ "bannermotd x #\nbanner 7 #\nx\n", "bannermotd x #\nbanner 7 #\nx\n" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct banner b = { .len = 0 };
		char out[256] = "", copy[256], *save = NULL;

		snprintf(copy, sizeof(copy), "%s", rows[i].in);
		for (char *l = strtok_r(copy, "\n", &save); l != NULL;
				l = strtok_r(NULL, "\n", &save)) {
			bool gone;

			banner_cut(&b, l, strlen(l), &gone);
			snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s\n",
					gone ? "-" : l);
		}
		if (strcmp(out, rows[i].out) != 0)
			printf("\n%s is\n%s", rows[i].in, out);
		CU_ASSERT_STRING_EQUAL(out, rows[i].out);
	}
}

/* ---- lines ----------------------------------------------------------------------------------- */

static char said[512];

static void
say(void *arg, const char *line)
{
	snprintf(said, sizeof(said), "%s", line);
}

static void
test_lines(void)
{
	static const struct {
		const char *line;
		size_t len; /* 0: all of it */
		const char *says; /* NULL: it is carried out */
	} rows[] = {
		{ "help", 0, NULL },
		{ "  help \t \r\n", 0, NULL },
		{ "help\0and more", 13, "control character 0x00 at byte 5" },
		{ "help\033[31m", 0, "control character 0x1b at byte 5" },
		{ "he\177lp", 0, "control character 0x7f at byte 3" },
		{ "! \033\001 a remark", 0, NULL },
		{ "he\001", 0, "control character 0x01" },
	};
	char longest[CLI_MAX_LINE_LENGTH + 1];
	struct shell sh;

	CU_ASSERT_EQUAL_FATAL(shell_init(&sh, "/nonexistent/socket"), 0);
	sh.interactive = true; /* errors come to say() */
	sh.out.line = sh.err.line = say;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t len = rows[i].len != 0 ? rows[i].len : strlen(rows[i].line);

		said[0] = '\0';
		CU_ASSERT_EQUAL(shell_run(&sh, rows[i].line, len),
				rows[i].says == NULL ? SHELL_OK : SHELL_ERROR);
		if (rows[i].says != NULL)
			CU_ASSERT_PTR_NOT_NULL(strstr(said, rows[i].says));
	}
	memset(longest, ' ', sizeof(longest));
	memcpy(longest, "help", 4);
	longest[CLI_MAX_LINE_LENGTH - 1] = 'x'; /* that would be cut off */
	longest[CLI_MAX_LINE_LENGTH] = '\0';
	CU_ASSERT_EQUAL(shell_run(&sh, longest, CLI_MAX_LINE_LENGTH), SHELL_ERROR);
	CU_ASSERT_PTR_NOT_NULL(strstr(said, "4096 bytes"));
	longest[CLI_MAX_LINE_LENGTH - 1] = ' '; /* only blanks are too many */
	CU_ASSERT_EQUAL(shell_run(&sh, longest, CLI_MAX_LINE_LENGTH), SHELL_OK);
	shell_fini(&sh);
}

/* On a terminal: more than libcli takes is swallowed, and what it has got is taken back. */
static void
test_too_long(void)
{
	struct keys k = { .quoted = false };
	enum keys_event event = KEYS_NONE;
	unsigned char out[16];
	size_t n, total = 0;

	for (int i = 0; i < CLI_MAX_LINE_LENGTH + 100; i++) {
		event = keys_byte(&k, 'a', false, false, out, &n);
		CU_ASSERT_EQUAL(event, KEYS_NONE);
		total += n;
	}
	CU_ASSERT_EQUAL(total, KEYS_LINE_MAX);
	CU_ASSERT_EQUAL(keys_byte(&k, '\t', false, false, out, &n), KEYS_NONE);
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_EQUAL(keys_byte(&k, '\r', false, false, out, &n), KEYS_TOO_LONG);
	CU_ASSERT_TRUE(n == 2 && memcmp(out, "\025\r", 2) == 0);
	CU_ASSERT_EQUAL(keys_byte(&k, '\n', false, false, out, &n), KEYS_NONE);
	CU_ASSERT_EQUAL(n, 0);
	CU_ASSERT_EQUAL(keys_byte(&k, 'b', false, false, out, &n), KEYS_NONE);
	CU_ASSERT_EQUAL(n, 1);
	CU_ASSERT_EQUAL(keys_byte(&k, '\r', false, false, out, &n), KEYS_NONE);
	/* Deleted in between, or dropped, it is short enough. */
	for (int i = 0; i < 2 * CLI_MAX_LINE_LENGTH; i++)
		CU_ASSERT_EQUAL(keys_byte(&k, i % 2 == 0 ? 'a' : 127, false, false, out, &n),
				KEYS_NONE);
	CU_ASSERT_EQUAL(keys_byte(&k, '\r', false, false, out, &n), KEYS_NONE);
	for (int i = 0; i < CLI_MAX_LINE_LENGTH; i++)
		keys_byte(&k, 'a', false, false, out, &n);
	CU_ASSERT_EQUAL(keys_byte(&k, 3, false, false, out, &n), KEYS_NONE);
	CU_ASSERT_EQUAL(keys_byte(&k, '\r', false, false, out, &n), KEYS_NONE);
}

static const struct cu_case cases[] = {
	CU_CASE(test_banners),
	CU_CASE(test_lines),
	CU_CASE(test_too_long),
};

CU_MAIN("cli_input", cases)
