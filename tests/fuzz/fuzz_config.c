/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The configuration against any document. Input that begins with '{' is taken as text. Anything
 * else is a list of choices from which a document is made along the schema table, so that most of
 * it is nearly right and the checks behind the types are reached.
 *
 * What must hold: no crash; a document refused has an error, each of them good for JSON; a document
 * taken comes out, goes in again, and is equal, and no secret shows in what is meant for people.
 */
#include <stdlib.h>
#include <string.h>

#include "common/wire.h"
#include "controlplane/config/json.h"
#include "controlplane/config/model.h"
#include "controlplane/config/schema.h"
#include "tests/fuzz/fuzz.h"

#define SECRET "Geheimnis-der-Filiale" /* the only key the generator gives */

static void
must(bool ok)
{
	if (!ok)
		abort();
}

/* ---- a document from choices --------------------------------------------------------------- */

static const char *const names[] = { "a", "b", "wan", "default", "tunnel", "x/y", "1", "", "A b" };

static json_t *make_children(const struct schema_node *n, struct rd *r, int depth);

static const char *
pick_name(struct rd *r)
{
	return names[rd_u8(r) % (sizeof(names) / sizeof(names[0]))];
}

/* Few bits, so that addresses meet. */
static json_t *
make_address(struct rd *r, bool with_len)
{
	uint8_t v = rd_u8(r), len = rd_u8(r);
	static const char *const nets[] = { "1.1.1", "2.2.2", "10.0.0", "224.0.0" };
	static const int lens[] = { 32, 24, 30, 8, 0, 16, 31, 33 };

	if (with_len)
		return json_sprintf("%s.%u/%d", nets[v >> 6], v & 7, lens[len & 7]);
	return json_sprintf("%s.%u", nets[v >> 6], v & 7);
}

static json_t *
make_address6(struct rd *r, bool with_len)
{
	uint8_t v = rd_u8(r), len = rd_u8(r);
	static const char *const nets[] = { "2001:db8:1::", "2001:db8:2::", "fe80::", "ff02::" };
	static const int lens[] = { 128, 64, 127, 48, 0, 10, 126, 129 };

	if (with_len)
		return json_sprintf("%s%x/%d", nets[v >> 6], v & 7, lens[len & 7]);
	return json_sprintf("%s%x", nets[v >> 6], v & 7);
}

static json_t *
make_odd(struct rd *r)
{
	char text[4] = { (char)(rd_u8(r) & 0x7f), (char)(rd_u8(r) & 0x7f), 0 };

	switch (rd_u8(r) % 8) {
	case 0:
		return json_null();
	case 1:
		return json_real(1.5);
	case 2:
		return json_integer((json_int_t)rd_be64(r));
	case 3:
		return json_array();
	case 4:
		return json_object();
	case 5:
		return json_true();
	default:
		return json_string(text);
	}
}

static json_t *
make_choice(const struct schema_node *n, struct rd *r)
{
	unsigned int count = 0, at = rd_u8(r);

	while (n->values[count].name != NULL)
		count++;
	if (n->type == SCHEMA_INTEGERS)
		return json_integer(n->values[at % count].value);
	return json_string(n->values[at % count].name);
}

static json_t *
make_array(const struct schema_node *n, struct rd *r)
{
	json_t *a = json_array();

	for (unsigned int i = rd_u8(r) % 4; i > 0; i--) {
		if (n->type == SCHEMA_REFS || n->type == SCHEMA_IDENTITIES)
			json_array_append_new(a, json_string(pick_name(r)));
		else if (n->type == SCHEMA_ADDRESSES)
			json_array_append_new(a, make_address(r, true));
		else if (n->type == SCHEMA_ADDRESSES6)
			json_array_append_new(a, make_address6(r, true));
		else
			json_array_append_new(a, make_choice(n, r));
	}
	return a;
}

static json_t *
make_value(const struct schema_node *n, struct rd *r)
{
	uint64_t span = n->max - n->min + 2;

	if (n->flags & SCHEMA_SECRET)
		return json_string(rd_u8(r) & 1 ? SECRET : CFG_SECRET_MASK);
	switch (n->type) {
	case SCHEMA_INTEGER:
		return json_integer((json_int_t)(n->min + rd_be16(r) % span));
	case SCHEMA_BOOLEAN:
		return json_boolean(rd_u8(r) & 1);
	case SCHEMA_ENUM:
		return make_choice(n, r);
	case SCHEMA_IPV4:
		return make_address(r, false);
	case SCHEMA_PREFIX:
	case SCHEMA_ADDRESS:
		return make_address(r, true);
	case SCHEMA_IPV6:
		return make_address6(r, false);
	case SCHEMA_PREFIX6:
	case SCHEMA_ADDRESS6:
		return make_address6(r, true);
	case SCHEMA_IPV46:
		return rd_u8(r) & 1 ? make_address6(r, false) : make_address(r, false);
	case SCHEMA_PREFIX46:
		return rd_u8(r) & 1 ? make_address6(r, true) : make_address(r, true);
	case SCHEMA_STRING:
	case SCHEMA_IDENTITY:
	case SCHEMA_REF:
		return json_string(pick_name(r));
	default:
		return make_array(n, r);
	}
}

static json_t *
make_entries(const struct schema_node *n, struct rd *r, int depth)
{
	json_t *out = n->type == SCHEMA_MAP ? json_object() : json_array();

	for (unsigned int i = rd_u8(r) % 6; i > 0 && !r->bad; i--) {
		if (n->type == SCHEMA_MAP)
			json_object_set_new(out, pick_name(r), make_children(n, r, depth + 1));
		else
			json_array_append_new(out, make_children(n, r, depth + 1));
	}
	return out;
}

/* A byte per child: not there, odd, or as its row wants it. */
static json_t *
make_children(const struct schema_node *n, struct rd *r, int depth)
{
	json_t *o = json_object(), *v;

	for (uint32_t i = 0; i < n->n_children && !r->bad; i++) {
		const struct schema_node *ch = &n->children[i];
		uint8_t how = rd_u8(r);

		if (how < 64 && (ch->flags & SCHEMA_REQUIRED) == 0)
			continue;
		if (how == 255)
			v = make_odd(r);
		else if (ch->type == SCHEMA_OBJECT)
			v = make_children(ch, r, depth + 1);
		else if (ch->type == SCHEMA_MAP || ch->type == SCHEMA_LIST)
			v = make_entries(ch, r, depth + 1);
		else
			v = make_value(ch, r);
		json_object_set_new(o, how == 254 ? pick_name(r) : ch->name, v);
	}
	return o;
}

/* ---- what must hold ------------------------------------------------------------------------ */

static void
check_errors(const struct cfg_errors *e, bool made_here)
{
	json_t *errors = cfg_errors_json(e), *warnings = cfg_warnings_json(e), *one;
	char *text;
	size_t i;

	must(json_array_size(errors) == e->n_errors + (e->n_errors_total > e->n_errors));
	must(json_array_size(warnings) == e->n_warnings);
	json_array_foreach (errors, i, one)
		must(json_is_string(json_object_get(one, "message")));
	text = json_dumps(errors, 0);
	must(text != NULL);
	if (made_here) /* and the key is nowhere but where keys go */
		must(strstr(text, SECRET) == NULL);
	free(text);
	json_decref(errors);
	json_decref(warnings);
}

static void
check_good(const struct cfg *c)
{
	json_t *all = cfg_to_json(c, CFG_JSON_SECRETS), *shown = cfg_to_json(c, 0), *changes;
	struct cfg *empty = cfg_new(), *again;
	struct cfg_errors e;

	cfg_errors_init(&e);
	again = cfg_from_json(all, NULL, &e);
	must(again != NULL && cfg_equal(c, again));
	cfg_free(again);
	/* What is shown can be pushed back. */
	again = cfg_from_json(shown, c, &e);
	must(again != NULL && cfg_equal(c, again));
	changes = cfg_diff(c, again);
	must(json_array_size(changes) == 0);
	json_decref(changes);
	changes = cfg_diff(empty, c);
	must((json_array_size(changes) == 0) == cfg_equal(empty, c));
	json_decref(changes);
	cfg_free(again);
	cfg_free(empty);
	cfg_errors_fini(&e);
	json_decref(all);
	json_decref(shown);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_init(data, size);
	bool is_text = size > 0 && data[0] == '{';
	struct cfg_errors e;
	struct cfg *c;
	json_t *doc;

	cfg_errors_init(&e);
	if (is_text) {
		c = cfg_from_text((const char *)data, size, NULL, &e);
	} else {
		doc = make_children(schema_root(), &r, 0);
		c = cfg_from_json(doc, NULL, &e);
		json_decref(doc);
	}
	must((c == NULL) == (e.n_errors_total > 0));
	check_errors(&e, !is_text);
	if (c != NULL) {
		check_good(c);
		fuzz_reached("accepted");
	}
	cfg_free(c);
	cfg_errors_fini(&e);
	return 0;
}
