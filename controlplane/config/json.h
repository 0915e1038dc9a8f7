/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * JSON to struct cfg and back, by the schema table alone; differences of two configurations.
 */
#ifndef CULVERT_CONTROLPLANE_CONFIG_JSON_H
#define CULVERT_CONTROLPLANE_CONFIG_JSON_H

#include <jansson.h>

#include "controlplane/config/config.h"
#include "controlplane/config/errors.h"

/* What stands for a secret in documents shown to people, and means "keep it" in a push. */
#define CFG_SECRET_MASK "********"

/**
 * Make jansson wipe all memory it frees, since documents hold keys. Call once, first thing in a
 * program, before any other use of jansson.
 */
void cfg_json_init(void);

/**
 * A configuration from a JSON document: types, ranges, unknown names, then the cross checks of
 * validate.h. All findings go to @errs (initialised by the caller), warnings too.
 *
 * @param keep  where a secret given as CFG_SECRET_MASK is taken from, by its path; may be NULL.
 * @return the configuration, which the caller frees with cfg_free(); NULL if there was any error.
 */
struct cfg *cfg_from_json(const json_t *doc, const struct cfg *keep, struct cfg_errors *errs);
/** The same from text. A syntax error is reported with line and column. */
struct cfg *cfg_from_text(const char *text, size_t len, const struct cfg *keep,
		struct cfg_errors *errs);
/**
 * The same from a file: a configuration document, or a version file of the store (store.h). What
 * can't be read is an error in @errs with the file's name in the message.
 */
struct cfg *cfg_from_file(const char *path, struct cfg_errors *errs);

enum { CFG_JSON_SECRETS = 1 }; /* with the secrets; else CFG_SECRET_MASK */

/**
 * The configuration as a document: options at their default are left out; the order is that of
 * the table, entries by name. New reference; NULL without memory.
 */
json_t *cfg_to_json(const struct cfg *c, unsigned int flags);

/** Does cfg_diff() find nothing? Entries are compared by name, secrets by what they are. */
bool cfg_equal(const struct cfg *a, const struct cfg *b);
/**
 * What changes from @a to @b, as JSON strings in the table's order: "tunnels/tunnel1/mtu: 1400
 * -> 1380", "tunnels/tunnel2: added", "routes/10.0.0.0/8 via 1.1.1.1: removed". Secrets: "changed".
 * New reference; NULL without memory.
 */
json_t *cfg_diff(const struct cfg *a, const struct cfg *b);

#endif
