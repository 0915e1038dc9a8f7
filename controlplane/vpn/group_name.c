/* SPDX-License-Identifier: BSD-3-Clause */
/* Names and addresses of a group's branches; see group.h. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "controlplane/vpn/group.h"

#define PRINT_LEN 9 /* "~" and eight digits */

static uint32_t
fingerprint(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s != '\0'; s++)
		h = (h ^ (uint8_t)tolower((unsigned char)*s)) * 16777619u;
	return h;
}

char *
group_name(const char *identity, bool taken, char out[CFG_NAME_MAX])
{
	bool print = taken || strlen(identity) >= CFG_NAME_MAX;
	size_t max = CFG_NAME_MAX - 1 - (print ? PRINT_LEN : 0), n = 0;

	if (!isalpha((unsigned char)identity[0]))
		n = (size_t)snprintf(out, CFG_NAME_MAX, "b-"); /* names begin with a letter */
	for (const char *p = identity; *p != '\0' && n < max; p++) {
		bool fits = isalnum((unsigned char)*p) || strchr("._:@+-", *p) != NULL;

		out[n++] = fits ? (char)tolower((unsigned char)*p) : '-';
	}
	out[n] = '\0';
	if (print)
		snprintf(out + n, CFG_NAME_MAX - n, "-%08x", fingerprint(identity));
	return out;
}

struct ip4_prefix
group_pair(const struct ip4_prefix *pool, uint32_t i)
{
	return (struct ip4_prefix){ .addr = pool->addr + 2 * i, .len = 31 };
}
