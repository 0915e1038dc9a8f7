/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading one value of a document: type, range, form, as its row of the schema table says. The
 * JSON library has made sure of valid UTF-8 without NUL; the rest is checked here. See value.h.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <regex.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "controlplane/config/value.h"
#include "controlplane/ike/ike_id.h"

static int __attribute__((format(printf, 2, 3)))
refuse(struct value_error *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static const char *
json_kind(const json_t *j)
{
	switch (json_typeof(j)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "an array";
	case JSON_STRING:
		return "a string";
	case JSON_INTEGER:
	case JSON_REAL:
		return "a number";
	case JSON_NULL:
		return "null";
	default:
		return "a boolean";
	}
}

static int
refuse_kind(const json_t *j, struct value_error *err)
{
	return refuse(err, "is %s", json_kind(j));
}

/* ---- numbers ------------------------------------------------------------------------------- */

static void
store_uint(const struct schema_node *n, char *p, uint64_t v)
{
	switch (n->size) {
	case 1:
		*(uint8_t *)p = (uint8_t)v;
		break;
	case 2:
		*(uint16_t *)p = (uint16_t)v;
		break;
	case 4:
		*(uint32_t *)p = (uint32_t)v;
		break;
	default:
		*(uint64_t *)p = v;
		break;
	}
}

static int
read_integer(const struct schema_node *n, const json_t *j, char *p, struct value_error *err)
{
	json_int_t v = json_integer_value(j);

	if (json_is_string(j))
		return refuse(err, "is a string: numbers are written without quotes");
	if (json_is_real(j))
		return refuse(err, "%g is not an integer", json_real_value(j));
	if (!json_is_integer(j))
		return refuse_kind(j, err);
	if (v < 0 || ((uint64_t)v < n->min && !(n->zero_too && v == 0)) || (uint64_t)v > n->max)
		return refuse(err, "%" JSON_INTEGER_FORMAT " is out of range", v);
	if (n->flags & SCHEMA_POW2 && (v & (v - 1)) != 0)
		return refuse(err, "%" JSON_INTEGER_FORMAT " is not a power of two", v);
	store_uint(n, p, (uint64_t)v);
	return 0;
}

static int
read_boolean(const json_t *j, char *p, struct value_error *err)
{
	if (json_is_string(j))
		return refuse(err, "is a string: booleans are written without quotes");
	if (!json_is_boolean(j))
		return refuse_kind(j, err);
	*(bool *)p = json_is_true(j);
	return 0;
}

/* ---- words --------------------------------------------------------------------------------- */

/* A value of n->values; for integers by its number, else by its name. */
static int
read_choice(const struct schema_node *n, const json_t *j, uint16_t *out, struct value_error *err)
{
	bool number = n->type == SCHEMA_INTEGERS;

	if (number ? !json_is_integer(j) : !json_is_string(j))
		return refuse_kind(j, err);
	for (const struct schema_value *v = n->values; v->name != NULL; v++) {
		if (number ? json_integer_value(j) == v->value
			   : strcmp(json_string_value(j), v->name) == 0) {
			*out = v->value;
			return 0;
		}
	}
	if (number)
		return refuse(err, "%" JSON_INTEGER_FORMAT " is not known", json_integer_value(j));
	return refuse(err, "\"%.64s\" is not known", json_string_value(j));
}

static int
read_enum(const struct schema_node *n, const json_t *j, char *p, struct value_error *err)
{
	uint16_t v;
	int rc = read_choice(n, j, &v, err);

	if (rc == 0)
		store_uint(n, p, v);
	return rc;
}

/* C0 and C1 control characters have no place in a text that ends up on a terminal. */
static bool
is_printable(const char *s, bool lines)
{
	for (const unsigned char *p = (const unsigned char *)s; *p != 0; p++)
		if ((*p < 0x20 && !(lines && (*p == '\n' || *p == '\r'))) || *p == 0x7f ||
				(*p == 0xc2 && p[1] < 0xa0))
			return false;
	return true;
}

static bool
matches(const char *pattern, const char *s)
{
	regex_t re;
	bool ok;

	if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return false;
	ok = regexec(&re, s, 0, NULL, 0) == 0;
	regfree(&re);
	return ok;
}

static int
read_string(const struct schema_node *n, const json_t *j, char *p, struct value_error *err)
{
	const char *s = json_string_value(j);
	size_t len = json_string_length(j);
	size_t max = n->type == SCHEMA_REF ? CFG_NAME_MAX - 1 : n->max;

	if (s == NULL)
		return refuse_kind(j, err);
	if (len == 0)
		return refuse(err, "is empty");
	if (len < n->min || len > max)
		return refuse(err, "has %zu bytes, the limit is %zu", len, max);
	if (!is_printable(s, (n->flags & SCHEMA_LINES) != 0))
		return refuse(err, "contains a control character");
	if (n->pattern != NULL && !matches(n->pattern, s))
		return refuse(err, "\"%.200s\" contains what is not allowed here", s);
	if (n->type == SCHEMA_IDENTITY && ike_id_parse(s, &(struct ike_id){ 0 }) != 0)
		return refuse(err, "\"%s\" is no identity", s);
	memset(p, 0, n->size);
	memcpy(p, s, len);
	return 0;
}

int
value_check_name(const struct schema_node *n, const regex_t *re, const char *name,
		struct value_error *err)
{
	const char *word = n->reserved;
	size_t len = strlen(name);

	err->item = -1;
	if (len == 0)
		return refuse(err, "the name is empty");
	if (len >= CFG_NAME_MAX)
		return refuse(err, "the name has %zu bytes, the limit is %d", len,
				CFG_NAME_MAX - 1);
	if (regexec(re, name, 0, NULL, 0) != 0)
		return refuse(err, "the name contains what is not allowed in it");
	while (word != NULL && *word != '\0') {
		size_t word_len = strcspn(word, " ");

		if (word_len == len && strncasecmp(word, name, len) == 0)
			return refuse(err, "the name \"%s\" is reserved", name);
		word += word_len + strspn(word + word_len, " ");
	}
	return 0;
}

/* ---- addresses ----------------------------------------------------------------------------- */

static int
read_ipv4(const json_t *j, char *p, struct value_error *err)
{
	const char *s = json_string_value(j);
	uint32_t addr;

	if (s == NULL)
		return refuse_kind(j, err);
	if (ip4_parse(s, &addr) != 0)
		return refuse(err, "\"%.64s\" is not an IPv4 address", s);
	if (!ip4_is_unicast_host(addr))
		return refuse(err, "%s is not a unicast address", s);
	*(uint32_t *)p = addr;
	return 0;
}

static int
read_prefix(const json_t *j, char *p, struct value_error *err)
{
	const char *s = json_string_value(j);
	char buf[IP4_PREFIX_STR_LEN];
	struct ip4_prefix x;

	if (s == NULL)
		return refuse_kind(j, err);
	if (ip4_prefix_parse(s, &x) != 0)
		return refuse(err, "\"%.64s\" is not an IPv4 prefix", s);
	if ((x.addr & ~ip4_mask(x.len)) != 0) {
		x.addr &= ip4_mask(x.len);
		return refuse(err, "%s has host bits; did you mean %s?", s,
				ip4_prefix_str(&x, buf));
	}
	if (x.addr >> 28 >= 0xe || x.addr >> 24 == 127)
		return refuse(err, "%s is not unicast", s);
	memcpy(p, &x, sizeof(x));
	return 0;
}

static int
read_address(const json_t *j, char *p, struct value_error *err)
{
	const char *s = json_string_value(j);
	struct ip4_prefix x;
	uint32_t host;

	if (s == NULL)
		return refuse_kind(j, err);
	if (ip4_prefix_parse(s, &x) != 0)
		return refuse(err, "\"%.64s\" is not an address with prefix length", s);
	if (!ip4_is_unicast_host(x.addr))
		return refuse(err, "%s is not a unicast address", s);
	if (x.len < 8)
		return refuse(err, "%s: the shortest prefix length here is 8", s);
	host = x.addr & ~ip4_mask(x.len);
	if (x.len < 31 && host == 0) /* RFC 3021 lets /31 use both */
		return refuse(err, "%s is the address of the subnet itself", s);
	if (x.len < 31 && host == ~ip4_mask(x.len))
		return refuse(err, "%s is the broadcast address of its subnet", s);
	memcpy(p, &x, sizeof(x));
	return 0;
}

/* ---- IPv6 addresses ------------------------------------------------------------------------ */

static int
read_ipv6(const json_t *j, char *p, struct value_error *err)
{
	const char *s = json_string_value(j);
	struct ip6_addr addr;

	if (s == NULL)
		return refuse_kind(j, err);
	if (ip6_parse(s, &addr) != 0)
		return refuse(err, "\"%.64s\" is not an IPv6 address", s);
	if (!ip6_is_unicast_host(&addr))
		return refuse(err, "%s is not a unicast address", s);
	memcpy(p, &addr, sizeof(addr));
	return 0;
}

static int
read_prefix6(const json_t *j, char *p, struct value_error *err)
{
	const char *s = json_string_value(j);
	char buf[IP6_PREFIX_STR_LEN];
	struct ip6_prefix x;
	struct ip6_addr net;

	if (s == NULL)
		return refuse_kind(j, err);
	if (ip6_prefix_parse(s, &x) != 0)
		return refuse(err, "\"%.64s\" is not an IPv6 prefix", s);
	net = ip6_masked(&x.addr, x.len);
	if (!ip6_equal(&net, &x.addr)) {
		x.addr = net;
		return refuse(err, "%s has host bits; did you mean %s?", s,
				ip6_prefix_str(&x, buf));
	}
	if (x.len > 0 && (ip6_is_multicast(&x.addr) || ip6_is_link_local(&x.addr) ||
			(x.len >= 96 && ip6_is_martian(&x.addr))))
		return refuse(err, "%s is not routed", s);
	memcpy(p, &x, sizeof(x));
	return 0;
}

static int
read_prefix46(const json_t *j, char *p, struct value_error *err)
{
	const char *s = json_string_value(j);
	char four[sizeof(struct ip4_prefix)], six[sizeof(struct ip6_prefix)];
	struct ip_prefix x;
	int rc;

	if (s == NULL)
		return refuse_kind(j, err);
	if (ip_prefix_parse(s, &x) != 0)
		return refuse(err, "\"%.64s\" is not an IPv4 or IPv6 prefix", s);
	rc = x.is_ip6 ? read_prefix6(j, six, err) : read_prefix(j, four, err);
	if (rc == 0)
		memcpy(p, &x, sizeof(x));
	return rc;
}

/* IPv4: mapped, so that the two families are kept alike. */
static int
read_ipv46(const json_t *j, char *p, struct value_error *err)
{
	const char *s = json_string_value(j);
	struct ip6_addr six;
	uint32_t four = 0;
	int rc;

	if (s == NULL)
		return refuse_kind(j, err);
	if (strchr(s, ':') != NULL)
		return read_ipv6(j, p, err);
	rc = read_ipv4(j, (char *)&four, err);
	if (rc != 0)
		return rc;
	six = ip6_mapped(four);
	memcpy(p, &six, sizeof(six));
	return 0;
}

static int
read_address6(const json_t *j, char *p, struct value_error *err)
{
	const char *s = json_string_value(j);
	struct ip6_prefix x;
	struct ip6_addr net;

	if (s == NULL)
		return refuse_kind(j, err);
	if (ip6_prefix_parse(s, &x) != 0)
		return refuse(err, "\"%.64s\" is not an IPv6 address with prefix length", s);
	if (!ip6_is_unicast_host(&x.addr))
		return refuse(err, "%s is not a unicast address", s);
	if (ip6_is_link_local(&x.addr))
		return refuse(err, "%s is link-local: such an address is made of the MAC address",
				s);
	if (x.len < 16)
		return refuse(err, "%s: the shortest prefix length here is 16", s);
	net = ip6_masked(&x.addr, x.len);
	/* RFC 4291 section 2.6.1, RFC 6164 section 5 */
	if (x.len < 127 && ip6_equal(&net, &x.addr))
		return refuse(err, "%s is the subnet's anycast address of all routers", s);
	memcpy(p, &x, sizeof(x));
	return 0;
}

/* ---- arrays -------------------------------------------------------------------------------- */

static int
read_row(const struct schema_node *n, const json_t *j, char *row, struct value_error *err)
{
	static const struct schema_node name = {
		.type = SCHEMA_REF,
		.size = CFG_NAME_MAX,
		.has = SCHEMA_NONE,
	};
	static const struct schema_node identity = {
		.type = SCHEMA_IDENTITY,
		.size = CFG_ID_MAX,
		.has = SCHEMA_NONE,
		.min = 1,
		.max = CFG_ID_MAX - 1,
	};

	switch (n->type) {
	case SCHEMA_REFS:
		return read_string(&name, j, row, err);
	case SCHEMA_IDENTITIES:
		return read_string(&identity, j, row, err);
	case SCHEMA_ADDRESSES:
		return read_address(j, row, err);
	case SCHEMA_ADDRESSES6:
		return read_address6(j, row, err);
	default:
		return read_choice(n, j, (uint16_t *)row, err);
	}
}

/* Of identities case means nothing, and an address is there once, whatever its prefix length. */
static bool
is_same_row(const struct schema_node *n, const char *a, const char *b)
{
	switch (n->type) {
	case SCHEMA_REFS:
		return strcmp(a, b) == 0;
	case SCHEMA_IDENTITIES:
		return strcasecmp(a, b) == 0;
	case SCHEMA_ADDRESSES:
		return ((const struct ip4_prefix *)a)->addr == ((const struct ip4_prefix *)b)->addr;
	case SCHEMA_ADDRESSES6:
		return ip6_equal(&((const struct ip6_prefix *)a)->addr,
				&((const struct ip6_prefix *)b)->addr);
	default:
		return *(const uint16_t *)a == *(const uint16_t *)b;
	}
}

static int
refuse_twice(const struct schema_node *n, const char *row, struct value_error *err)
{
	if (n->type == SCHEMA_REFS || n->type == SCHEMA_IDENTITIES)
		return refuse(err, "\"%s\" is in the list twice", row);
	return refuse(err, "is in the list twice");
}

static int
read_array(const struct schema_node *n, const json_t *j, void *entry, struct value_error *err)
{
	struct value_rows r = value_rows(n, entry);
	size_t size = json_array_size(j);

	/* Documents of before there could be several have a string: a list of one. */
	if (n->type == SCHEMA_IDENTITIES && json_is_string(j)) {
		*r.n = read_row(n, j, r.base, err) == 0;
		return *r.n == 1 ? 0 : -EINVAL;
	}
	if (!json_is_array(j))
		return refuse(err, "is %s: values go into an array, [ ... ]", json_kind(j));
	if (size < n->min || size > n->max)
		return refuse(err, "has %zu values", size);
	*r.n = 0;
	for (size_t i = 0; i < size; i++) {
		char *row = r.base + i * r.width;

		err->item = (int)i;
		if (read_row(n, json_array_get(j, i), row, err) != 0)
			return -EINVAL;
		for (size_t k = 0; k < i; k++)
			if (is_same_row(n, r.base + k * r.width, row))
				return refuse_twice(n, row, err);
		(*r.n)++;
	}
	return 0;
}

int
value_from_json(const struct schema_node *n, const json_t *j, void *entry, struct value_error *err)
{
	char *p = (char *)entry + n->offset;
	int rc;

	err->item = -1;
	switch (n->type) {
	case SCHEMA_INTEGER:
		rc = read_integer(n, j, p, err);
		break;
	case SCHEMA_BOOLEAN:
		rc = read_boolean(j, p, err);
		break;
	case SCHEMA_STRING:
	case SCHEMA_IDENTITY:
	case SCHEMA_REF:
		rc = read_string(n, j, p, err);
		break;
	case SCHEMA_ENUM:
		rc = read_enum(n, j, p, err);
		break;
	case SCHEMA_IPV4:
		rc = read_ipv4(j, p, err);
		break;
	case SCHEMA_PREFIX:
		rc = read_prefix(j, p, err);
		break;
	case SCHEMA_ADDRESS:
		rc = read_address(j, p, err);
		break;
	case SCHEMA_IPV6:
		rc = read_ipv6(j, p, err);
		break;
	case SCHEMA_PREFIX6:
		rc = read_prefix6(j, p, err);
		break;
	case SCHEMA_ADDRESS6:
		rc = read_address6(j, p, err);
		break;
	case SCHEMA_PREFIX46:
		rc = read_prefix46(j, p, err);
		break;
	case SCHEMA_IPV46:
		rc = read_ipv46(j, p, err);
		break;
	default:
		rc = read_array(n, j, entry, err);
		break;
	}
	if (rc == 0 && n->has != SCHEMA_NONE)
		*(bool *)((char *)entry + n->has) = true;
	return rc;
}
