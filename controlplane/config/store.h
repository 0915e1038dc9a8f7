/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Numbered versions of the configuration on disk. A directory (default /var/lib/culvert, mode
 * 0700) with config-N.json for the last 50 versions and startup.json, the one to start with; each
 * {"version": N, "time": "2026-01-31T12:00:00Z", "comment": "...", "config": {...}}, mode 0600,
 * since they hold keys, and replaced atomically (temporary file, fsync, rename, fsync of the
 * directory): after a power cut there is the old one or the new one.
 */
#ifndef CULVERT_CONTROLPLANE_CONFIG_STORE_H
#define CULVERT_CONTROLPLANE_CONFIG_STORE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "controlplane/config/config.h"
#include "controlplane/config/errors.h"

#define STORE_DEFAULT_DIR "/var/lib/culvert"
#define STORE_KEEP        50

struct store;

/**
 * Open the directory, made if it is not there (its parent must be), and read which versions it
 * holds. Temporary files left by a crash are removed. A version file that can't be read is logged
 * and listed as such, not an error; nor is a file system that can only be read.
 *
 * @return NULL on failure, with one line in @err.
 */
struct store *store_open(const char *dir, char *err, size_t err_len);
void store_close(struct store *s);

/** The newest version's number; 0 when there is none. */
uint32_t store_latest(const struct store *s);
/** The number of the newest version older than @version; 0 when there is none. */
uint32_t store_before(const struct store *s, uint32_t version);
/** Which version startup.json is; 0 when there is none or it does not say. */
uint32_t store_startup_version(const struct store *s);
bool store_has_startup(const struct store *s);
/**
 * Write @c as the next version and drop the oldest beyond STORE_KEEP (never the start-up's, nor
 * @running). 0 and *@version, or -errno.
 */
int store_add(struct store *s, const struct cfg *c, const char *comment, uint32_t running,
		uint32_t *version);
/** Take back the newest version, whose change was not carried out. Failing is logged. */
void store_withdraw(struct store *s, uint32_t version);
/** Make @c, which is version @version, the start-up configuration. 0 or -errno. */
int store_save_startup(struct store *s, const struct cfg *c, uint32_t version);
/** Read a version. NULL with @errs filled if it isn't there or no longer valid. */
struct cfg *store_load(struct store *s, uint32_t version, struct cfg_errors *errs);
/** Read startup.json. NULL with @errs filled. */
struct cfg *store_load_startup(struct store *s, struct cfg_errors *errs);
/** What startup.json is called, for messages. */
const char *store_startup_path(const struct store *s);
/** [{"version","time","comment","running","startup"}], oldest first; a damaged file has also
 *  "unreadable": true. New reference. */
json_t *store_list_json(const struct store *s, uint32_t running);

#endif
