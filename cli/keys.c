/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys of a terminal to keys of libcli; see terminal.h. */
#include <string.h>

#include "cli/terminal.h"

#define CTRL(c) ((c)&0x1f)
#define ESC     0x1b
#define DEL     0x7f

static void
put(unsigned char *out, size_t *n, const char *s)
{
	size_t len = strlen(s);

	memcpy(out + *n, s, len);
	*n += len;
}

/* The end of an escape sequence: arrows as libcli knows them, Home and End as ^A and ^E; any other
 * is swallowed, for libcli would take part of it as text. */
static void
sequence_end(const struct keys *k, unsigned char final, unsigned char *out, size_t *n)
{
	char digit = final == '~' && k->seq_len == 3 ? (char)k->seq[2] : '\0';

	if (final >= 'A' && final <= 'D') {
		put(out, n, "\033[");
		out[(*n)++] = final;
	} else if (final == 'H' || digit == '1' || digit == '7') {
		put(out, n, "\001");
	} else if (final == 'F' || digit == '4' || digit == '8') {
		put(out, n, "\005");
	}
}

static void
sequence_byte(struct keys *k, unsigned char c, unsigned char *out, size_t *n)
{
	bool open = k->seq_len == 1 && (c == '[' || c == 'O');
	bool final = k->seq_len > 1 && c >= 0x40 && c <= 0x7e;

	if (final)
		sequence_end(k, c, out, n);
	if ((!open && k->seq_len == 1) || final || k->seq_len == sizeof(k->seq)) {
		memset(k->seq, 0, sizeof(k->seq));
		k->seq_len = 0;
		return;
	}
	k->seq[k->seq_len++] = c;
}

/* After ^V: "?" as a character. libcli takes it for one only in the middle of a line, so it is
 * typed before another, which is then removed. */
static void
quoted_byte(unsigned char c, unsigned char *out, size_t *n)
{
	if (c == '?')
		put(out, n, "x\002?\006\177");
	else if (c >= 0x20 && c != DEL)
		out[(*n)++] = c;
}

/* A new line. Was the one before too long? */
static bool
line_begin(struct keys *k)
{
	bool too_long = k->too_long;

	k->line_len = 0;
	k->too_long = false;
	return too_long;
}

enum keys_event
keys_byte(struct keys *k, unsigned char c, bool busy, bool config, unsigned char *out, size_t *n)
{
	bool after_cr = k->after_cr;

	*n = 0;
	k->after_cr = c == '\r';
	if (k->too_long && c != '\r' && c != '\n' && c != CTRL('C') && c != CTRL('U'))
		return KEYS_NONE;
	if (k->seq_len > 0) {
		sequence_byte(k, c, out, n);
		return KEYS_NONE;
	}
	if (k->quoted) {
		k->quoted = false;
		quoted_byte(c, out, n);
		return KEYS_NONE;
	}
	switch (c) {
	case ESC:
		k->seq[0] = c;
		k->seq_len = 1;
		break;
	case CTRL('V'):
		k->quoted = true;
		break;
	case CTRL('C'):
		line_begin(k);
		if (busy)
			return KEYS_INTERRUPT;
		put(out, n, "\025\r");
		break;
	case CTRL('Z'):
		if (config)
			put(out, n, "\025end\r");
		break;
	case CTRL('L'):
		out[(*n)++] = c;
		return KEYS_CLEAR;
	case '\r':
	case '\n':
		if (c == '\n' && after_cr)
			break;
		put(out, n, k->too_long ? "\025\r" : "\r");
		return line_begin(k) ? KEYS_TOO_LONG : KEYS_NONE;
	case CTRL('U'):
		line_begin(k);
		out[(*n)++] = c;
		break;
	case DEL:
	case CTRL('H'):
		k->line_len -= k->line_len > 0;
		out[(*n)++] = c;
		break;
	case 0xff: /* would begin a telnet option */
		break;
	default:
		k->line_len += c >= 0x20;
		k->too_long = k->line_len > KEYS_LINE_MAX;
		if (!k->too_long)
			out[(*n)++] = c;
		break;
	}
	return KEYS_NONE;
}
