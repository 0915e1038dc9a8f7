/* SPDX-License-Identifier: BSD-3-Clause */
/* Values of options; see value.h. */
#include <ctype.h>
#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/text.h"
#include "cli/token.h"
#include "cli/value.h"
#include "common/inet.h"
#include "common/inet6.h"

#define VALUE_WORD_MAX 1024

char *
value_placeholder(const struct node *n, char *buf, size_t cap)
{
	switch (n->type) {
	case NODE_INTEGER:
	case NODE_INTEGERS:
		if (n->n_values > 0 || !n->has_min || !n->has_max || n->type == NODE_INTEGERS)
			snprintf(buf, cap, "NUMBER");
		else
			snprintf(buf, cap, "%" JSON_INTEGER_FORMAT "-%" JSON_INTEGER_FORMAT, n->min,
					n->max);
		break;
	case NODE_IPV4:
		snprintf(buf, cap, "A.B.C.D");
		break;
	case NODE_PREFIX:
	case NODE_ADDRESS:
	case NODE_ADDRESSES:
		snprintf(buf, cap, "A.B.C.D/LEN");
		break;
	case NODE_IPV6:
		snprintf(buf, cap, "X:X::X");
		break;
	case NODE_PREFIX6:
	case NODE_ADDRESS6:
	case NODE_ADDRESSES6:
		snprintf(buf, cap, "X:X::X/LEN");
		break;
	case NODE_PREFIX46:
		snprintf(buf, cap, "PREFIX/LEN");
		break;
	case NODE_IPV46:
		snprintf(buf, cap, "ADDRESS");
		break;
	case NODE_REF:
	case NODE_REFS:
	case NODE_MAP:
		snprintf(buf, cap, "NAME");
		break;
	case NODE_ENUM:
	case NODE_ENUMS:
		snprintf(buf, cap, "WORD");
		break;
	default:
		snprintf(buf, cap, "TEXT");
		break;
	}
	return buf;
}

static void
expected_values(const struct node *n, char *buf, size_t cap)
{
	size_t used = (size_t)snprintf(buf, cap, "%s", node_is_array(n) ? "some of" : "one of");

	for (int i = 0; i < n->n_values && used < cap; i++)
		used += (size_t)snprintf(buf + used, cap - used, "%s %s", i > 0 ? "," : "",
				n->values[i].name);
}

char *
value_default(const struct node *n, char *buf, size_t cap)
{
	buf[0] = '\0';
	if (n->default_help[0] != '\0')
		snprintf(buf, cap, " %s", n->default_help);
	else if (n->def != NULL && !json_is_boolean(n->def) && !value_words(n, n->def, buf, cap))
		buf[0] = '\0';
	return buf[0] == ' ' ? buf + 1 : buf;
}

char *
value_expected(const struct node *n, char *buf, size_t cap)
{
	char range[64];

	if (n->n_values > 0) {
		expected_values(n, buf, cap);
		return buf;
	}
	switch (n->type) {
	case NODE_INTEGER:
		snprintf(buf, cap, "%s%s%s%s%s%s", n->zero_too ? "0 or " : "",
				n->power_of_two ? "a power of two, " : "",
				n->has_max ? value_placeholder(n, range, sizeof(range))
					   : "a number",
				n->unit[0] != '\0' ? " (" : "", n->unit,
				n->unit[0] != '\0' ? ")" : "");
		break;
	case NODE_IPV4:
		snprintf(buf, cap, "an IPv4 address, A.B.C.D");
		break;
	case NODE_PREFIX:
		snprintf(buf, cap, "an IPv4 prefix without host bits, A.B.C.D/LEN");
		break;
	case NODE_ADDRESS:
	case NODE_ADDRESSES:
		snprintf(buf, cap, "an IPv4 address with its prefix length, A.B.C.D/LEN");
		break;
	case NODE_IPV6:
		snprintf(buf, cap, "an IPv6 address, X:X::X");
		break;
	case NODE_PREFIX6:
		snprintf(buf, cap, "an IPv6 prefix without host bits, X:X::X/LEN");
		break;
	case NODE_ADDRESS6:
	case NODE_ADDRESSES6:
		snprintf(buf, cap, "an IPv6 address with its prefix length, X:X::X/LEN");
		break;
	case NODE_PREFIX46:
		snprintf(buf, cap, "a prefix without host bits, A.B.C.D/LEN or X:X::X/LEN");
		break;
	case NODE_IPV46:
		snprintf(buf, cap, "an address, A.B.C.D or X:X::X");
		break;
	case NODE_IDENTITY:
	case NODE_IDENTITIES:
		snprintf(buf, cap,
				"an IPv4 address, a domain name, user@domain, CN=... or "
				"key-id:TEXT");
		break;
	case NODE_REF:
	case NODE_REFS:
		snprintf(buf, cap, "the name of an entry of %s", n->ref);
		break;
	case NODE_STRING:
		if (n->has_max)
			snprintf(buf, cap,
					"text of %" JSON_INTEGER_FORMAT " to %" JSON_INTEGER_FORMAT
					" bytes%s%s",
					n->min, n->max, n->pattern_help[0] != '\0' ? ": " : "",
					n->pattern_help);
		else
			snprintf(buf, cap, "text");
		break;
	default:
		snprintf(buf, cap, "%s", n->help);
		break;
	}
	return buf;
}

static json_t *
bad(const struct node *n, const char *word, char *err, size_t err_len)
{
	char expected[512];

	/* of a long word the beginning, so that there is room for what was expected */
	snprintf(err, err_len, "\"%.64s%s\": expected %s", n->secret ? VALUE_SECRET : word,
			!n->secret && strlen(word) > 64 ? "..." : "",
			value_expected(n, expected, sizeof(expected)));
	return NULL;
}

static bool
pattern_ok(const char *pattern, const char *s)
{
	regex_t re;
	bool ok;

	if (pattern[0] == '\0' || regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return true; /* the control plane checks in any case */
	ok = regexec(&re, s, 0, NULL, 0) == 0;
	regfree(&re);
	return ok;
}

/* Is @word one of the words of @list? */
static bool
word_in(const char *word, const char *list)
{
	for (const char *p = list; *p != '\0'; p += strspn(p, " ")) {
		size_t len = strcspn(p, " ");

		if (len == strlen(word) && strncasecmp(word, p, len) == 0)
			return true;
		p += len;
	}
	return false;
}

bool
value_name_ok(const struct node *n, const char *name, char *err, size_t err_len)
{
	if (name[0] != '\0' && strlen(name) <= 127 && pattern_ok(n->pattern, name) &&
			!word_in(name, n->reserved))
		return true;
	snprintf(err, err_len, "\"%s\" cannot be the %s", name,
			n->key_help[0] != '\0' ? n->key_help : "name");
	return false;
}

static json_t *
parse_integer(const struct node *n, const char *word, char *err, size_t err_len)
{
	char *end;
	long long v;

	errno = 0;
	v = strtoll(word, &end, 10);
	if (!isdigit((unsigned char)word[0]) || *end != '\0' || errno != 0)
		return bad(n, word, err, err_len);
	if (!(n->zero_too && v == 0) && n->type == NODE_INTEGER &&
			((n->has_min && v < n->min) || (n->has_max && v > n->max) ||
					(n->power_of_two && (v & (v - 1)) != 0)))
		return bad(n, word, err, err_len);
	return json_integer(v);
}

/* An enumerated value, which may be abbreviated as long as only one fits. */
static json_t *
parse_listed(const struct node *n, const char *word, char *err, size_t err_len)
{
	const char *found = NULL;

	for (int i = 0; i < n->n_values; i++) {
		if (strcasecmp(n->values[i].name, word) == 0) {
			found = n->values[i].name;
			break;
		}
		if (n->type != NODE_INTEGERS && text_abbreviates(word, n->values[i].name)) {
			if (found != NULL) {
				snprintf(err, err_len, "\"%s\" may be %s or %s", word, found,
						n->values[i].name);
				return NULL;
			}
			found = n->values[i].name;
		}
	}
	if (found == NULL)
		return bad(n, word, err, err_len);
	return n->type == NODE_INTEGERS || n->type == NODE_INTEGER
			       ? json_integer(strtoll(found, NULL, 10))
			       : json_string(found);
}

/* A netmask as IOS writes it: ones, then zeros. */
static bool
netmask_len(const char *word, uint8_t *len)
{
	uint32_t mask;

	if (ip4_parse(word, &mask) != 0)
		return false;
	for (*len = 0; *len <= 32; (*len)++)
		if (ip4_mask(*len) == mask)
			return true;
	return false;
}

static json_t *
parse_prefix(const struct node *n, char *const *argv, int argc, int *used, char *err,
		size_t err_len)
{
	char text[IP4_PREFIX_STR_LEN];
	struct ip4_prefix p;

	if (ip4_prefix_parse(argv[0], &p) != 0) {
		if (argc < 2 || ip4_parse(argv[0], &p.addr) != 0 || !netmask_len(argv[1], &p.len))
			return bad(n, argv[0], err, err_len);
		*used = 2;
	}
	if (n->type != NODE_ADDRESS && n->type != NODE_ADDRESSES &&
			(p.addr & ~ip4_mask(p.len)) != 0) {
		struct ip4_prefix net = { .addr = p.addr & ip4_mask(p.len), .len = p.len };

		snprintf(err, err_len, "\"%s\" has host bits set; the prefix is %s", argv[0],
				ip4_prefix_str(&net, text));
		return NULL;
	}
	return json_string(ip4_prefix_str(&p, text));
}

static json_t *
parse_prefix6(const struct node *n, const char *word, char *err, size_t err_len)
{
	char text[IP6_PREFIX_STR_LEN];
	struct ip6_prefix p;
	struct ip6_addr net;

	if (ip6_prefix_parse(word, &p) != 0)
		return bad(n, word, err, err_len);
	net = ip6_masked(&p.addr, p.len);
	if (n->type != NODE_ADDRESS6 && n->type != NODE_ADDRESSES6 && !ip6_equal(&net, &p.addr)) {
		p.addr = net;
		snprintf(err, err_len, "\"%s\" has host bits set; the prefix is %s", word,
				ip6_prefix_str(&p, text));
		return NULL;
	}
	return json_string(ip6_prefix_str(&p, text));
}

static json_t *
parse_ipv6(const struct node *n, const char *word, char *err, size_t err_len)
{
	char text[IP6_STR_LEN];
	struct ip6_addr addr;

	return ip6_parse(word, &addr) == 0 ? json_string(ip6_str(&addr, text))
					   : bad(n, word, err, err_len);
}

/* Text: all the words. A secret must come as one, for nobody sees how many spaces it had. */
static json_t *
parse_text(const struct node *n, char *const *argv, int argc, int *used, char *err, size_t err_len)
{
	char text[VALUE_WORD_MAX] = "";
	size_t len = 0;
	json_t *v;

	if (n->secret && argc > 1) {
		snprintf(err, err_len, "put the %s in quotes if it has spaces", n->name);
		return NULL;
	}
	for (int i = 0; i < argc && len < sizeof(text); i++)
		len += (size_t)snprintf(
				text + len, sizeof(text) - len, "%s%s", i > 0 ? " " : "", argv[i]);
	*used = argc;
	if (n->secret && strcmp(text, VALUE_SECRET) == 0)
		return json_string(text);
	if (len >= sizeof(text) || (n->has_min && (json_int_t)len < n->min) ||
			(n->has_max && (json_int_t)len > n->max) || !pattern_ok(n->pattern, text))
		return bad(n, text, err, err_len);
	v = json_string(text);
	explicit_bzero(text, sizeof(text));
	return v == NULL ? bad(n, "(not UTF-8)", err, err_len) : v;
}

static json_t *
parse_one(const struct node *n, char *const *argv, int argc, int *used, char *err, size_t err_len)
{
	uint32_t addr;

	*used = 1;
	if (n->n_values > 0)
		return parse_listed(n, argv[0], err, err_len);
	switch (n->type) {
	case NODE_INTEGER:
	case NODE_INTEGERS:
		return parse_integer(n, argv[0], err, err_len);
	case NODE_IPV4:
		return ip4_parse(argv[0], &addr) == 0 ? json_string(argv[0])
						      : bad(n, argv[0], err, err_len);
	case NODE_PREFIX:
	case NODE_ADDRESS:
	case NODE_ADDRESSES:
		return parse_prefix(n, argv, argc, used, err, err_len);
	case NODE_IPV6:
		return parse_ipv6(n, argv[0], err, err_len);
	case NODE_PREFIX6:
	case NODE_ADDRESS6:
	case NODE_ADDRESSES6:
		return parse_prefix6(n, argv[0], err, err_len);
	case NODE_IPV46:
		if (strchr(argv[0], ':') != NULL)
			return parse_ipv6(n, argv[0], err, err_len);
		return ip4_parse(argv[0], &addr) == 0 ? json_string(argv[0])
						      : bad(n, argv[0], err, err_len);
	case NODE_PREFIX46:
		return strchr(argv[0], ':') != NULL
				? parse_prefix6(n, argv[0], err, err_len)
				: parse_prefix(n, argv, argc, used, err, err_len);
	case NODE_STRING:
		return parse_text(n, argv, argc, used, err, err_len);
	default: /* names and identities: one word, and the control plane knows the rest */
		return argv[0][0] != '\0' ? json_string(argv[0]) : bad(n, argv[0], err, err_len);
	}
}

json_t *
value_parse(const struct node *n, char *const *argv, int argc, int *used, char *err, size_t err_len)
{
	char expected[512];
	json_t *array, *v;
	int taken;

	if (argc == 0) {
		snprintf(err, err_len, "incomplete: expected %s",
				value_expected(n, expected, sizeof(expected)));
		return NULL;
	}
	if (!node_is_array(n))
		return parse_one(n, argv, argc, used, err, err_len);
	array = json_array();
	for (*used = 0; *used < argc; *used += taken) {
		v = parse_one(n, argv + *used, argc - *used, &taken, err, err_len);
		if (v == NULL || json_array_append_new(array, v) != 0) {
			json_decref(array);
			return NULL;
		}
	}
	return array;
}

bool
value_words(const struct node *n, const json_t *v, char *buf, size_t cap)
{
	char quoted[VALUE_WORD_MAX];
	size_t i, len = strlen(buf);
	json_t *one;

	if (json_is_array(v)) {
		json_array_foreach (v, i, one)
			if (!value_words(n, one, buf, cap))
				return false;
		return true;
	}
	if (json_is_integer(v))
		snprintf(quoted, sizeof(quoted), "%" JSON_INTEGER_FORMAT, json_integer_value(v));
	else if (n->secret)
		snprintf(quoted, sizeof(quoted), "%s", VALUE_SECRET);
	else if (!json_is_string(v) || !token_quote(quoted, sizeof(quoted), json_string_value(v)))
		return false;
	if (len + strlen(quoted) + 2 > cap)
		return false;
	sprintf(buf + len, " %s", quoted);
	return true;
}
