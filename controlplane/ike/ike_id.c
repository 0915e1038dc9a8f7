/* SPDX-License-Identifier: BSD-3-Clause */
/* Identification payloads, RFC 7296 section 3.5. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/inet.h"
#include "controlplane/ike/ike_wire.h"

static bool
equal_nocase(const uint8_t *a, const uint8_t *b, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (tolower(a[i]) != tolower(b[i]))
			return false;
	return true;
}

bool
ike_id_matches(const struct ike_blob *body, const struct ike_id *id)
{
	if (body->p == NULL || body->len != 4u + id->len || body->p[0] != id->type)
		return false;
	/* Domain names do not know case; everything else is compared as it is. */
	if (id->type == IKE_ID_FQDN || id->type == IKE_ID_RFC822_ADDR)
		return equal_nocase(body->p + 4, id->data, id->len);
	return memcmp(body->p + 4, id->data, id->len) == 0;
}

size_t
ike_id_body(const struct ike_id *id, uint8_t *out)
{
	out[0] = id->type;
	memset(out + 1, 0, 3);
	memcpy(out + 4, id->data, id->len);
	return 4u + id->len;
}

void
ike_put_id(struct ike_chain *c, uint8_t type, const struct ike_id *id)
{
	uint8_t body[4 + UINT8_MAX];

	ike_put_blob(c, type, body, ike_id_body(id, body));
}

char *
ike_id_str(uint8_t type, const uint8_t *data, size_t data_len, char *buf, size_t len)
{
	size_t n = 0;

	if (len == 0)
		return buf;
	if (type == IKE_ID_IPV4_ADDR && data_len == 4 && len >= IP4_STR_LEN) {
		struct rd r = rd_init(data, 4);

		return ip4_str(rd_be32(&r), buf);
	}
	for (size_t i = 0; i < data_len && n + 1 < len; i++)
		buf[n++] = isprint(data[i]) ? (char)data[i] : '?';
	buf[n] = '\0';
	return buf;
}
