/* SPDX-License-Identifier: BSD-3-Clause */
/* Walking the schema table, and what it says about one node in words; see schema.h. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/config/config.h"
#include "controlplane/config/schema.h"

const struct schema_node *
schema_child(const struct schema_node *n, const char *name)
{
	for (uint32_t i = 0; i < n->n_children; i++)
		if (strcmp(n->children[i].name, name) == 0)
			return &n->children[i];
	return NULL;
}

const struct schema_node *
schema_find(const char *pointer)
{
	const struct schema_node *n = schema_root();

	while (n != NULL && *pointer == '/') {
		size_t len = strcspn(++pointer, "/");
		const struct schema_node *parent = n;

		n = NULL;
		for (uint32_t i = 0; i < parent->n_children && n == NULL; i++)
			if (strlen(parent->children[i].name) == len &&
					memcmp(parent->children[i].name, pointer, len) == 0)
				n = &parent->children[i];
		pointer += len;
	}
	return *pointer == '\0' ? n : NULL;
}

const char *
schema_type_str(enum schema_type type)
{
	static const char *const names[SCHEMA_N_TYPES] = {
		[SCHEMA_OBJECT] = "object",
		[SCHEMA_MAP] = "map",
		[SCHEMA_LIST] = "list",
		[SCHEMA_INTEGER] = "integer",
		[SCHEMA_BOOLEAN] = "boolean",
		[SCHEMA_STRING] = "string",
		[SCHEMA_ENUM] = "enum",
		[SCHEMA_IPV4] = "ipv4",
		[SCHEMA_PREFIX] = "prefix",
		[SCHEMA_ADDRESS] = "address",
		[SCHEMA_IPV6] = "ipv6",
		[SCHEMA_PREFIX6] = "prefix6",
		[SCHEMA_ADDRESS6] = "address6",
		[SCHEMA_PREFIX46] = "prefix46",
		[SCHEMA_IPV46] = "ipv46",
		[SCHEMA_IDENTITY] = "identity",
		[SCHEMA_REF] = "ref",
		[SCHEMA_INTEGERS] = "integers",
		[SCHEMA_ENUMS] = "enums",
		[SCHEMA_REFS] = "refs",
		[SCHEMA_IDENTITIES] = "identities",
		[SCHEMA_ADDRESSES] = "addresses",
		[SCHEMA_ADDRESSES6] = "addresses6",
	};

	return (unsigned int)type < SCHEMA_N_TYPES ? names[type] : "?";
}

static json_t *
word_json(enum schema_type type, const char *word)
{
	switch (type) {
	case SCHEMA_INTEGER:
	case SCHEMA_INTEGERS:
		return json_integer(strtoll(word, NULL, 10));
	case SCHEMA_BOOLEAN:
		return json_boolean(strcmp(word, "true") == 0);
	default:
		return json_string(word);
	}
}

json_t *
schema_default_json(const struct schema_node *n)
{
	char words[256], *word, *save;
	json_t *array;

	if (n->def == NULL)
		return NULL;
	if (n->type < SCHEMA_INTEGERS)
		return word_json(n->type, n->def);
	array = json_array();
	snprintf(words, sizeof(words), "%s", n->def);
	for (word = strtok_r(words, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save))
		json_array_append_new(array, word_json(n->type, word));
	return array;
}

/* A fixed buffer that words are appended to; what does not fit is cut off. */
struct text {
	char *buf;
	size_t cap, len;
};

static void __attribute__((format(printf, 2, 3)))
text_add(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->buf + t->len, t->cap - t->len, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->len = t->len + (size_t)n < t->cap ? t->len + (size_t)n : t->cap - 1;
}

#define IDENTITY_TEXT                                                                          \
	"IPv4 address or network, domain name, user@domain, distinguished name (CN=...) or "       \
	"key-id:TEXT, up to %" PRIu64 " bytes"

static void
text_values(struct text *t, const struct schema_node *n)
{
	bool quote = n->type != SCHEMA_INTEGERS;

	for (const struct schema_value *v = n->values; v->name != NULL; v++)
		text_add(t, "%s%s%s%s", v == n->values ? "" : ", ", quote ? "\"" : "", v->name,
				quote ? "\"" : "");
}

static void
text_integer(struct text *t, const struct schema_node *n)
{
	text_add(t, n->flags & SCHEMA_POW2 ? "power of two " : "integer ");
	text_add(t, "%s%" PRIu64 "..%" PRIu64, n->zero_too ? "0 or " : "", n->min, n->max);
	if (n->unit != NULL)
		text_add(t, " (%s)", n->unit);
}

static void
text_container(struct text *t, const struct schema_node *n)
{
	if (n->type == SCHEMA_OBJECT)
		text_add(t, "object");
	else if (n->type == SCHEMA_MAP)
		text_add(t, "object of up to %" PRIu64 " entries by name", n->max);
	else
		text_add(t, "array of up to %" PRIu64 " objects", n->max);
}

static void
text_array(struct text *t, const struct schema_node *n)
{
	text_add(t, "array of %" PRIu64 "..%" PRIu64, n->min, n->max);
	switch (n->type) {
	case SCHEMA_ADDRESSES:
		text_add(t, " IPv4 addresses with prefix length, \"192.0.2.1/24\"");
		break;
	case SCHEMA_ADDRESSES6:
		text_add(t, " IPv6 addresses with prefix length, \"2001:db8::1/64\"");
		break;
	case SCHEMA_REFS:
		text_add(t, " names of entries of %s", n->ref);
		break;
	case SCHEMA_IDENTITIES:
		text_add(t, " identities, each " IDENTITY_TEXT, (uint64_t)CFG_ID_MAX - 1);
		break;
	default:
		text_add(t, " of ");
		text_values(t, n);
		break;
	}
}

static void
text_ref(struct text *t, const struct schema_node *n)
{
	const char *second = strchr(n->ref, ' ');

	if (second == NULL)
		text_add(t, "name of an entry of %s", n->ref);
	else
		text_add(t, "name of an entry of %.*s or%s", (int)(second - n->ref), n->ref,
				second);
}

char *
schema_expected(const struct schema_node *n, char *buf, size_t len)
{
	struct text t = { .buf = buf, .cap = len };

	buf[0] = '\0';
	switch (n->type) {
	case SCHEMA_INTEGER:
		text_integer(&t, n);
		break;
	case SCHEMA_BOOLEAN:
		text_add(&t, "true or false");
		break;
	case SCHEMA_STRING:
		text_add(&t, "text of %" PRIu64 "..%" PRIu64 " bytes%s%s", n->min, n->max,
				n->pattern_help != NULL ? ": " : "",
				n->pattern_help != NULL ? n->pattern_help : "");
		break;
	case SCHEMA_ENUM:
		text_add(&t, "one of ");
		text_values(&t, n);
		break;
	case SCHEMA_IPV4:
		text_add(&t, "unicast IPv4 address, \"192.0.2.1\"");
		break;
	case SCHEMA_PREFIX:
		text_add(&t, "IPv4 prefix without host bits, \"192.0.2.0/24\"");
		break;
	case SCHEMA_ADDRESS:
		text_add(&t, "IPv4 address with prefix length, \"192.0.2.1/24\"");
		break;
	case SCHEMA_IPV6:
		text_add(&t, "unicast IPv6 address, \"2001:db8::1\"");
		break;
	case SCHEMA_PREFIX6:
		text_add(&t, "IPv6 prefix without host bits, \"2001:db8::/64\"");
		break;
	case SCHEMA_ADDRESS6:
		text_add(&t, "IPv6 address with prefix length, \"2001:db8::1/64\"");
		break;
	case SCHEMA_PREFIX46:
		text_add(&t, "IPv4 or IPv6 prefix without host bits, \"192.0.2.0/24\", "
			     "\"2001:db8::/64\"");
		break;
	case SCHEMA_IPV46:
		text_add(&t, "unicast IPv4 or IPv6 address, \"192.0.2.1\", \"2001:db8::1\"");
		break;
	case SCHEMA_IDENTITY:
		text_add(&t, IDENTITY_TEXT, n->max);
		break;
	case SCHEMA_REF:
		text_ref(&t, n);
		break;
	case SCHEMA_OBJECT:
	case SCHEMA_MAP:
	case SCHEMA_LIST:
		text_container(&t, n);
		break;
	default:
		text_array(&t, n);
		break;
	}
	return buf;
}
