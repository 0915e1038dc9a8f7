/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The one table of the configuration. Every option is a row (struct schema_node) in schema.c:
 * its JSON name, type, range, default, unit, help, CLI words, what it refers to, and where its
 * value lives in the structs of config.h. JSON in and out, validation of types and ranges, diff,
 * the `schema` answer of the management protocol (from which the CLI builds its commands), the
 * JSON Schema and the reference manual are all loops over this table and know no option by name.
 */
#ifndef CULVERT_CONTROLPLANE_CONFIG_SCHEMA_H
#define CULVERT_CONTROLPLANE_CONFIG_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum schema_type {
	/* containers */
	SCHEMA_OBJECT, /* children at their place in the parent's struct */
	SCHEMA_MAP,    /* named entries: pointer and count in the parent, sorted by name */
	SCHEMA_LIST,   /* array of entries without names: pointer and count in the parent */
	/* values */
	SCHEMA_INTEGER,  /* unsigned, 1, 2, 4 or 8 bytes */
	SCHEMA_BOOLEAN,  /* bool */
	SCHEMA_STRING,   /* char[size], printable UTF-8 */
	SCHEMA_ENUM,     /* unsigned; the number beside the name in values */
	SCHEMA_IPV4,     /* uint32_t, a unicast address */
	SCHEMA_PREFIX,   /* struct ip4_prefix, host bits zero */
	SCHEMA_ADDRESS,  /* struct ip4_prefix with host bits */
	SCHEMA_IPV6,     /* struct ip6_addr, a unicast address */
	SCHEMA_PREFIX6,  /* struct ip6_prefix, host bits zero */
	SCHEMA_ADDRESS6, /* struct ip6_prefix with host bits */
	SCHEMA_PREFIX46, /* struct ip_prefix, of either family, host bits zero */
	SCHEMA_IPV46,    /* struct ip6_addr, a unicast address of either family; IPv4: mapped */
	SCHEMA_IDENTITY, /* char[size]: see ike_id_parse() */
	SCHEMA_REF,      /* char[CFG_NAME_MAX]: name of an entry of the map(s) at ref */
	/* arrays of values, in order of preference, no value twice */
	SCHEMA_INTEGERS,  /* struct cfg_list; the numbers are in values */
	SCHEMA_ENUMS,     /* struct cfg_list */
	SCHEMA_REFS,      /* struct cfg_names */
	SCHEMA_IDENTITIES, /* struct cfg_identities */
	SCHEMA_ADDRESSES, /* struct ip4_prefix[CFG_ADDRS_MAX] and a count */
	SCHEMA_ADDRESSES6, /* struct ip6_prefix[CFG_ADDRS_MAX] and a count */
	SCHEMA_N_TYPES
};

enum schema_flag {
	SCHEMA_REQUIRED = 1u << 0, /* must be given */
	SCHEMA_SECRET = 1u << 1,   /* never shown; wiped when freed */
	SCHEMA_INVERTED = 1u << 2, /* boolean: the CLI word means false ("shutdown") */
	SCHEMA_KEY = 1u << 3,      /* child of a list: part of what tells entries apart */
	SCHEMA_POW2 = 1u << 4,     /* integer: a power of two (or 0 with zero_too) */
	SCHEMA_INLINE = 1u << 5,   /* map: an entry's option may follow its name on one line */
	SCHEMA_LINES = 1u << 6,    /* string: of several lines */
};

#define SCHEMA_NONE UINT32_MAX /* no such field, in the offsets below */

/** A word (or, for SCHEMA_INTEGERS, a number) and what it is stored as. */
struct schema_value {
	const char *name; /* NULL ends the list */
	uint16_t value;
	const char *help;
};

struct schema_node {
	const char *name; /* JSON key; "" for the root */
	enum schema_type type;
	unsigned int flags; /* enum schema_flag */
	const char *help;
	const char *cli;  /* CLI words; "" for none of its own */
	const char *cli_inline; /* other words for it behind the name of an entry, where
				 * SCHEMA_INLINE allows: those of IOS, where inside of the entry
				 * they would hide a command of the top */
	const char *cli_after; /* words that may stand behind the value, and say nothing more */
	const char *cli_instead; /* value: JSON name of a sibling that sets the same in other terms:
				  * of the lines of both the last one counts. NULL: none */
	const char *cli_no_with; /* list: while this sibling, a boolean, is true, the lines of
				  * entries are said with "no", and without it take them away */
	const char *unit; /* NULL: none */
	const char *def;  /* default as the CLI would have it; NULL: none */
	uint64_t min, max; /* integer: range; string: length; map, list: entries; arrays: values */
	bool zero_too;    /* integer: 0 is allowed besides min..max */
	const struct schema_value *values; /* enum, enums, integers */
	const char *ref;      /* JSON pointer of the map; several separated by a space */
	const char *key_help; /* map: what the name of an entry is */
	/* string: extended regular expression of the value; map: of the names (see below). It is
	 * also valid in ECMA-262, since it goes into the JSON Schema. NULL: any printable text. */
	const char *pattern;
	const char *pattern_help;
	const char *reserved; /* map: names nobody may take, separated by spaces */
	/* Value: JSON names of siblings whose values may stand behind it on the same line, in this
	 * order, separated by spaces; each may be left out. NULL: none. */
	const char *follow;
	/* Filled in when absent in the JSON, from the entry's other fields (earlier rows). */
	void (*derive)(void *entry);
	const char *derive_help; /* the default in words, when @derive is set */
	/* Storage. */
	uint32_t offset; /* of the value; of the pointer for map and list */
	uint32_t size;   /* of the value; of an entry for map and list */
	uint32_t has;    /* offset of the bool that says it is present, or SCHEMA_NONE */
	uint32_t count;  /* offset of the count: map, list (uint32_t), addresses (uint8_t) */
	const struct schema_node *children;
	uint32_t n_children;
};

#define SCHEMA_NAME_PATTERN "^[A-Za-z0-9][A-Za-z0-9._:/@+-]*$"

/** The root of the table: an object over struct cfg. */
const struct schema_node *schema_root(void);
/** The child of @n with this JSON name, NULL if there is none. */
const struct schema_node *schema_child(const struct schema_node *n, const char *name);
/** The node at a JSON pointer without entry names ("/crypto/ikev2/keyring"), or NULL. */
const struct schema_node *schema_find(const char *pointer);
/** The type's name in the `schema` answer: "object", "map", "integer", ... */
const char *schema_type_str(enum schema_type type);
/** @def as JSON. New reference; NULL when the node has no default. */
json_t *schema_default_json(const struct schema_node *n);
/** What a value must be, in words: "integer 576..9600 (bytes)". Returns @buf. */
char *schema_expected(const struct schema_node *n, char *buf, size_t len);

/** The NODE tree of docs/mgmt.md, method `schema`. New reference, NULL without memory. */
json_t *schema_tree_json(void);
/** JSON Schema, draft 2020-12. New reference, NULL without memory. */
json_t *schema_json_schema(void);
/** docs/configuration.md. 0 or -errno. */
int schema_write_reference(FILE *out);

#endif
