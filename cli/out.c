/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines to the terminal or elsewhere; see out.h. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/out.h"
#include "cli/text.h"

const char *
out_sgr(const struct out *o, enum out_color color)
{
	static const char *const sgr[] = {
		[OUT_PLAIN] = "\033[0m",
		[OUT_GOOD] = "\033[32m",
		[OUT_BAD] = "\033[31m",
		[OUT_WARN] = "\033[33m",
		[OUT_DIM] = "\033[2m",
		[OUT_BOLD] = "\033[1m",
	};

	return o->color ? sgr[color] : "";
}

static void
emit(const struct out *o, enum out_color color, const char *fmt, va_list ap)
{
	char raw[OUT_LINE_MAX], clean[OUT_LINE_MAX], line[OUT_LINE_MAX + 16];

	vsnprintf(raw, sizeof(raw), fmt, ap);
	text_clean(clean, sizeof(clean), raw);
	if (color == OUT_PLAIN || !o->color) {
		o->line(o->arg, clean);
		return;
	}
	snprintf(line, sizeof(line), "%s%s%s", out_sgr(o, color), clean, out_sgr(o, OUT_PLAIN));
	o->line(o->arg, line);
}

void
out_line(const struct out *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(o, OUT_PLAIN, fmt, ap);
	va_end(ap);
}

void
out_colored(const struct out *o, enum out_color color, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(o, color, fmt, ap);
	va_end(ap);
}

char *
out_strip(char *dst, size_t cap, const char *s)
{
	size_t used = 0;

	while (*s != '\0' && used + 1 < cap) {
		if (s[0] == '\033' && s[1] == '[') {
			s += 2;
			s += strspn(s, "0123456789;");
			if (*s != '\0')
				s++;
			continue;
		}
		dst[used++] = *s++;
	}
	dst[used] = '\0';
	return dst;
}
