/* SPDX-License-Identifier: BSD-3-Clause */
/* Words of command lines; see token.h. */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/token.h"

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One quoted word from after its opening quote; returns what follows the closing one. */
static const char *
quoted(const char *p, char quote, char **out)
{
	while (*p != quote) {
		if (*p == '\0')
			return NULL;
		if (quote != '"' || *p != '\\') {
			*(*out)++ = *p++;
			continue;
		}
		if (p[1] == 'x') {
			int hi = p[2] == '\0' ? -1 : hex_digit(p[2]);
			int lo = hi < 0 ? -1 : hex_digit(p[3]);

			if (hi < 0 || lo < 0 || (hi == 0 && lo == 0))
				return NULL;
			*(*out)++ = (char)(hi * 16 + lo);
			p += 4;
		} else if (p[1] == '"' || p[1] == '\\') {
			*(*out)++ = p[1];
			p += 2;
		} else {
			return NULL;
		}
	}
	return p + 1;
}

int
tokens_split(struct tokens *t, const char *line)
{
	char *out;

	memset(t, 0, sizeof(*t));
	t->store_len = 2 * strlen(line) + 2;
	t->store = malloc(t->store_len);
	if (t->store == NULL)
		return -ENOMEM;
	out = t->store;
	for (;;) {
		while (isspace((unsigned char)*line))
			line++;
		if (*line == '\0' || *line == '|')
			return 0;
		if (t->n == TOKEN_MAX)
			return -E2BIG;
		t->v[t->n++] = out;
		if (*line == '"' || *line == '\'') {
			line = quoted(line + 1, *line, &out);
			if (line == NULL)
				return -EINVAL;
		} else {
			while (*line != '\0' && *line != '|' && *line != '"' && *line != '\'' &&
					!isspace((unsigned char)*line))
				*out++ = *line++;
		}
		*out++ = '\0';
	}
}

void
tokens_free(struct tokens *t)
{
	if (t->store != NULL)
		explicit_bzero(t->store, t->store_len);
	free(t->store);
	memset(t, 0, sizeof(*t));
}

/* Characters that mean nothing to the shell, to libcli or to a terminal. */
static bool
plain(char c)
{
	return isalnum((unsigned char)c) ||
	       (c != '\0' && strchr("._:/,@+-=*%^~#$&()[]{}<>", c) != NULL);
}

bool
token_quote(char *dst, size_t cap, const char *s)
{
	bool bare = s[0] != '\0' && s[0] != '#';
	size_t used = 0;

	if (cap == 0)
		return false;
	for (const char *p = s; *p != '\0'; p++)
		bare = bare && plain(*p);
	if (bare && strlen(s) < cap) {
		memcpy(dst, s, strlen(s) + 1);
		return true;
	}
	dst[0] = '\0';
	if (cap < 3)
		return false;
	dst[used++] = '"';
	for (const char *p = s; *p != '\0'; p++) {
		unsigned char c = (unsigned char)*p;

		if (used + 6 > cap) {
			dst[0] = '\0';
			return false;
		}
		if (c == '"' || c == '\\')
			used += (size_t)snprintf(dst + used, cap - used, "\\%c", c);
		else if (c < 0x20 || c == 0x7f || c == '?') /* '?' would ask for help */
			used += (size_t)snprintf(dst + used, cap - used, "\\x%02x", c);
		else
			dst[used++] = (char)c;
	}
	if (used + 2 > cap) {
		dst[0] = '\0';
		return false;
	}
	dst[used++] = '"';
	dst[used] = '\0';
	return true;
}

const char *
token_command_end(const char *line)
{
	char quote = '\0';

	for (; *line != '\0'; line++) {
		if (quote == '"' && *line == '\\' && line[1] != '\0')
			line++;
		else if (quote != '\0')
			quote = *line == quote ? '\0' : quote;
		else if (*line == '"' || *line == '\'')
			quote = *line;
		else if (*line == ';')
			break;
	}
	return line;
}
