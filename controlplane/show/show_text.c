/* SPDX-License-Identifier: BSD-3-Clause */
/* What all shows need: the entry that is asked for, addresses and the like as JSON. */
#include <stdio.h>
#include <string.h>

#include "common/inet.h"
#include "controlplane/show/show_int.h"

bool
show_wanted(const json_t *params, const char *name)
{
	const char *want = json_string_value(json_object_get(params, "name"));

	return want == NULL || strcmp(want, name) == 0;
}

json_t *
show_text(const char *s)
{
	return s[0] != '\0' ? json_string(s) : json_null();
}

json_t *
show_addr(uint32_t addr)
{
	char buf[IP4_STR_LEN];

	return json_string(ip4_str(addr, buf));
}

json_t *
show_spi(uint32_t spi)
{
	char buf[11];

	snprintf(buf, sizeof(buf), "0x%08x", spi);
	return json_string(buf);
}
