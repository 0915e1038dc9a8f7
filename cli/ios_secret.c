/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Secrets of IOS's type 7, which are no secrets: each byte is combined with one of a fixed text, as
 * has been known since 1995. Two digits say where in that text to begin.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ios_int.h"

int
ios_type7(const char *in, char *out, size_t cap)
{
	static const char text[] = "dsfd;kfoA,.iyewrkldJKDHSUBsgvca69834ncxv9873254k;fg87";
	size_t len = strlen(in), n = 0, at;

	if (len < 4 || len % 2 != 0 || !isdigit((unsigned char)in[0]) ||
			!isdigit((unsigned char)in[1]) ||
			strspn(in + 2, "0123456789abcdefABCDEF") != len - 2)
		return -EINVAL;
	at = (size_t)(in[0] - '0') * 10 + (size_t)(in[1] - '0');
	for (size_t i = 2; i < len; i += 2) {
		char hex[3] = { in[i], in[i + 1], '\0' };
		char c = (char)(strtoul(hex, NULL, 16) ^
				(unsigned char)text[at++ % (sizeof(text) - 1)]);

		if (n + 1 >= cap || !isprint((unsigned char)c))
			return -EINVAL;
		out[n++] = c;
	}
	out[n] = '\0';
	return 0;
}
