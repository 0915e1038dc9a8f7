/* SPDX-License-Identifier: BSD-3-Clause */
/* Harmless and readable text; see text.h. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/text.h"

#define UTF8_BAD 0xffffffffu

/* Decode one character (RFC 3629: no overlong forms, no surrogates). Returns its length, or 1 with
 * @cp set to UTF8_BAD. */
static size_t
utf8_next(const char *s, uint32_t *cp)
{
	const unsigned char *p = (const unsigned char *)s;
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n;

	*cp = UTF8_BAD;
	if (p[0] < 0x80) {
		*cp = p[0];
		return 1;
	}
	n = p[0] >= 0xf0 && p[0] < 0xf8 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc0 ? 2 : 0;
	if (n == 0 || p[0] >= 0xf8)
		return 1;
	uint32_t v = p[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 1;
		v = v << 6 | (p[i] & 0x3fu);
	}
	if (v < least[n] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return 1;
	*cp = v;
	return n;
}

/* Characters that move the cursor, hide, or turn the direction of what follows. */
static bool
harmful(uint32_t cp)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = {
		{ 0x00, 0x1f },
		{ 0x7f, 0x9f },
		{ 0xad, 0xad },
		{ 0x0300, 0x036f },
		{ 0x061c, 0x061c },
		{ 0x180b, 0x180e },
		{ 0x200b, 0x200f },
		{ 0x2028, 0x202e },
		{ 0x2060, 0x206f },
		{ 0xd800, 0xf8ff },
		{ 0xfe00, 0xfe0f },
		{ 0xfeff, 0xfeff },
		{ 0xfff0, 0xffff },
		{ 0xe0000, UTF8_BAD },
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (cp >= ranges[i].first && cp <= ranges[i].last)
			return true;
	return false;
}

char *
text_clean(char *dst, size_t cap, const char *s)
{
	size_t used = 0;
	uint32_t cp;

	while (*s != '\0') {
		size_t n = utf8_next(s, &cp);
		bool bad = harmful(cp);

		if (used + (bad ? 1 : n) >= cap)
			break;
		if (bad)
			dst[used++] = '?';
		else
			memcpy(dst + used, s, n), used += n;
		s += n;
	}
	dst[used] = '\0';
	return dst;
}

size_t
text_width(const char *s)
{
	size_t cols = 0;

	for (; *s != '\0'; s++)
		if ((*s & 0xc0) != 0x80)
			cols++;
	return cols;
}

size_t
text_prefix(const char *s, size_t cols)
{
	size_t i = 0;

	while (s[i] != '\0') {
		if ((s[i] & 0xc0) != 0x80 && cols-- == 0)
			break;
		i++;
	}
	return i;
}

char *
text_count(char *buf, uint64_t n)
{
	char digits[24];
	int len = snprintf(digits, sizeof(digits), "%" PRIu64, n), out = 0;

	for (int i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			buf[out++] = ',';
		buf[out++] = digits[i];
	}
	buf[out] = '\0';
	return buf;
}

/* Three significant digits and a prefix. */
static char *
scaled(char *buf, double v, const char *unit)
{
	static const char *const prefixes[] = { "", "k", "M", "G", "T", "P", "E" };
	size_t i = 0;

	while (v >= 999.5 && i + 1 < sizeof(prefixes) / sizeof(prefixes[0])) {
		v /= 1000;
		i++;
	}
	snprintf(buf, TEXT_NUM_LEN, "%.*f %s%s",
			i == 0 || v >= 99.95 ? 0
			: v >= 9.995         ? 1
					     : 2,
			v, prefixes[i], unit);
	return buf;
}

char *
text_packets(char *buf, uint64_t n)
{
	return n < 10000000 ? text_count(buf, n) : scaled(buf, (double)n, "");
}

char *
text_bytes(char *buf, uint64_t n)
{
	return scaled(buf, (double)n, "B");
}

char *
text_bits(char *buf, double bits_per_s)
{
	return bits_per_s < 0 ? strcpy(buf, "-") : scaled(buf, bits_per_s, "bit/s");
}

char *
text_age(char *buf, uint64_t s)
{
	const uint64_t minute = 60, hour = 3600, day = 86400, year = 365 * day;

	if (s < minute)
		snprintf(buf, TEXT_NUM_LEN, "%" PRIu64 "s", s);
	else if (s < hour)
		snprintf(buf, TEXT_NUM_LEN, "%" PRIu64 "m%02" PRIu64 "s", s / minute, s % minute);
	else if (s < day)
		snprintf(buf, TEXT_NUM_LEN, "%" PRIu64 "h%02" PRIu64 "m", s / hour,
				s % hour / minute);
	else if (s < year)
		snprintf(buf, TEXT_NUM_LEN, "%" PRIu64 "d%02" PRIu64 "h", s / day, s % day / hour);
	else
		snprintf(buf, TEXT_NUM_LEN, "%" PRIu64 "y%03" PRIu64 "d", s / year, s % year / day);
	return buf;
}

static size_t
letters(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && (s[n] < '0' || s[n] > '9'))
		n++;
	return n;
}

bool
text_short_for(const char *word, size_t word_len, const char *name, size_t name_len)
{
	size_t n = letters(word, word_len), full = letters(name, name_len);

	return n > 0 && n <= full && n < word_len && strncasecmp(word, name, n) == 0 &&
			word_len - n == name_len - full &&
			memcmp(word + n, name + full, word_len - n) == 0;
}

bool
text_abbreviates(const char *word, const char *full)
{
	return word[0] != '\0' && strncasecmp(word, full, strlen(word)) == 0;
}
