/* SPDX-License-Identifier: BSD-3-Clause */
/* Identification payloads, RFC 7296 section 3.5, and identities in words; see ike_id.h. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/inet.h"
#include "controlplane/ike/ike_id.h"
#include "controlplane/ike/ike_wire.h"

#define KEY_ID "key-id:"

/* The last * seen and where its text began: on a mismatch it takes one character more. */
bool
ike_glob(const char *pattern, size_t pattern_len, const char *s, size_t len)
{
	size_t p = 0, i = 0, star = SIZE_MAX, from = 0;

	while (i < len) {
		if (p < pattern_len && pattern[p] == '*') {
			star = p++;
			from = i;
		} else if (p < pattern_len && tolower((unsigned char)pattern[p]) ==
							      tolower((unsigned char)s[i])) {
			p++;
			i++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			i = ++from;
		} else {
			return false;
		}
	}
	while (p < pattern_len && pattern[p] == '*')
		p++;
	return p == pattern_len;
}

/* Addresses of a network: address and mask. */
static bool
is_net(const struct ike_id *id)
{
	return id->type == IKE_ID_IPV4_ADDR && id->len == 8;
}

static bool
in_net(const struct ike_id *net, const struct ike_blob *body)
{
	struct rd n = rd_init(net->data, net->len), a = rd_init(body->p + 4, body->len - 4);
	uint32_t addr = rd_be32(&n), mask = rd_be32(&n);

	return body->len == 8 && (rd_be32(&a) & mask) == addr;
}

bool
ike_id_is_pattern(const struct ike_id *id)
{
	if (is_net(id))
		return true;
	if (id->type == IKE_ID_DER_ASN1_DN)
		return ike_dn_is_pattern(id->data, id->len);
	return (id->type == IKE_ID_FQDN || id->type == IKE_ID_RFC822_ADDR) &&
	       memchr(id->data, '*', id->len) != NULL;
}

bool
ike_id_matches(const struct ike_blob *body, const struct ike_id *id)
{
	if (body->p == NULL || body->len < 4 || body->p[0] != id->type)
		return false;
	if (is_net(id))
		return in_net(id, body);
	/* Names do not know case; everything else is compared as it is. */
	if (id->type == IKE_ID_DER_ASN1_DN)
		return ike_dn_matches(id->data, id->len, body->p + 4, body->len - 4);
	if (id->type == IKE_ID_FQDN || id->type == IKE_ID_RFC822_ADDR)
		return ike_glob((const char *)id->data, id->len, (const char *)body->p + 4,
				body->len - 4);
	return body->len == 4u + id->len && memcmp(body->p + 4, id->data, id->len) == 0;
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
	uint8_t body[4 + IKE_ID_MAX];

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
	if (type == IKE_ID_IPV4_ADDR && data_len == 8 && len >= IP4_PREFIX_STR_LEN) {
		struct rd r = rd_init(data, 8);
		struct ip4_prefix net = { .addr = rd_be32(&r) };

		net.len = (uint8_t)__builtin_popcount(rd_be32(&r));
		return ip4_prefix_str(&net, buf);
	}
	if (type == IKE_ID_DER_ASN1_DN)
		return ike_dn_str(data, data_len, buf, len);
	for (size_t i = 0; i < data_len && n + 1 < len; i++)
		buf[n++] = isprint(data[i]) ? (char)data[i] : '?';
	buf[n] = '\0';
	return buf;
}

/* ---- in words ------------------------------------------------------------------------------- */

/* A domain name: labels of letters, digits, '-', '_' and wildcards; the last is no number, or it
 * would be a mistyped address. */
static bool
is_domain(const char *s)
{
	size_t label = 0;
	bool number = true;

	for (; *s != '\0'; s++) {
		if (*s == '.') {
			if (label == 0)
				return false;
			label = 0;
			number = true;
			continue;
		}
		if (!isalnum((unsigned char)*s) && *s != '-' && *s != '_' && *s != '*')
			return false;
		number = number && isdigit((unsigned char)*s);
		if (++label > 63)
			return false;
	}
	return label > 0 && !number;
}

static bool
is_mail(const char *s, const char *at)
{
	for (const char *p = s; p < at; p++)
		if (!isgraph((unsigned char)*p) || *p == '@')
			return false;
	return at > s && is_domain(at + 1);
}

static int
set_text(struct ike_id *out, uint8_t type, const char *text)
{
	size_t len = strlen(text);

	if (len == 0 || len > IKE_ID_MAX)
		return -EINVAL;
	out->type = type;
	out->len = (uint8_t)len;
	memcpy(out->data, text, len);
	return 0;
}

struct ike_id
ike_id_of_ip4(uint32_t addr)
{
	return (struct ike_id){ .type = IKE_ID_IPV4_ADDR,
		.len = 4,
		.data = { (uint8_t)(addr >> 24), (uint8_t)(addr >> 16), (uint8_t)(addr >> 8),
				(uint8_t)addr } };
}

/* The network's address and its mask; one of 32 bits is an address. */
static int
set_net(struct ike_id *out, const struct ip4_prefix *net)
{
	struct ike_id mask = ike_id_of_ip4(ip4_mask(net->len));

	if ((net->addr & ~ip4_mask(net->len)) != 0)
		return -EINVAL;
	*out = ike_id_of_ip4(net->addr);
	if (net->len == 32)
		return 0;
	memcpy(out->data + 4, mask.data, 4);
	out->len = 8;
	return 0;
}

int
ike_id_parse(const char *text, struct ike_id *out)
{
	const char *at = strrchr(text, '@');
	struct ip4_prefix net;
	uint32_t addr;

	memset(out, 0, sizeof(*out));
	if (ip4_parse(text, &addr) == 0) {
		*out = ike_id_of_ip4(addr);
		return 0;
	}
	if (ip4_prefix_parse(text, &net) == 0)
		return set_net(out, &net);
	if (strncmp(text, KEY_ID, strlen(KEY_ID)) == 0)
		return set_text(out, IKE_ID_KEY_ID, text + strlen(KEY_ID));
	if (strchr(text, '=') != NULL)
		return ike_dn_parse(text, out);
	if (at != NULL)
		return is_mail(text, at) ? set_text(out, IKE_ID_RFC822_ADDR, text) : -EINVAL;
	return is_domain(text) ? set_text(out, IKE_ID_FQDN, text) : -EINVAL;
}
