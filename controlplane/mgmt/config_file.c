/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The configuration's file read again, at SIGHUP: the steps of a push (config_work.c), with the file
 * in place of a request and the log in place of a client.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "controlplane/mgmt/mgmt_priv.h"

struct file_work {
	struct mgmt_work w;
	struct txn *txn;
	char *path;
	bool is_read, began;
	json_t *doc; /* from the file, until the change has it; NULL: @e says why not */
	json_error_t e;
	struct txn_change *change;
};

static void
file_beside(struct mgmt_work *w)
{
	struct file_work *k = (struct file_work *)w;

	if (!k->is_read) {
		k->is_read = true;
		k->doc = json_load_file(k->path, JSON_REJECT_DUPLICATES, &k->e);
	} else if (txn_change_next(k->change) == TXN_ANYWHERE) {
		txn_change_step(k->change, 0);
	} else { /* it has ended: what was replaced goes here */
		txn_change_free(k->change);
		k->change = NULL;
	}
}

static void
change_begin(struct file_work *k)
{
	static const struct txn_options o = { .comment = "file read again (SIGHUP)" };
	json_t *inner;

	k->began = true;
	if (k->doc == NULL) {
		log_error("config", "%s: line %d: %s; nothing was changed", k->path, k->e.line,
				k->e.text);
		return;
	}
	/* A version file of the store has the document inside. */
	inner = json_object_get(k->doc, "version") != NULL ? json_object_get(k->doc, "config")
							    : NULL;
	k->change = txn_change_push(k->txn, inner != NULL ? inner : k->doc, &o);
	json_decref(k->doc);
	k->doc = NULL;
	if (k->change == NULL)
		log_error("config", "%s: out of memory; nothing was changed", k->path);
}

static void
say(const struct file_work *k)
{
	const struct txn_result *res;

	if (txn_change_result(k->change, &res) == 0) {
		log_notice("config", "%s read again: %s, version %u", k->path,
				res->changed ? "changed" : "nothing changed", res->version);
		return;
	}
	log_error("config", "%s: %s", k->path, res->message);
	for (uint32_t i = 0; i < res->errs.n_errors; i++) {
		const struct cfg_error *e = &res->errs.errors[i];

		log_error("config", "%s: %s%s%s", e->path[0] != '\0' ? e->path : "/", e->message,
				e->expected != NULL ? ", expected " : "",
				e->expected != NULL ? e->expected : "");
	}
}

static bool
file_after(struct mgmt_work *w, uint64_t now_ms)
{
	struct file_work *k = (struct file_work *)w;

	if (!k->began)
		change_begin(k);
	if (k->change == NULL)
		return false;
	while (txn_change_next(k->change) == TXN_ON_LOOP)
		txn_change_step(k->change, now_ms);
	if (txn_change_next(k->change) == TXN_DONE) {
		say(k);
		txn_change_end(k->change);
	}
	return true;
}

static void
file_free(struct mgmt_work *w)
{
	struct file_work *k = (struct file_work *)w;

	if (k->change != NULL) {
		txn_change_end(k->change);
		txn_change_free(k->change);
	}
	json_decref(k->doc);
	free(k->path);
	free(k);
}

struct mgmt_work *
config_work_file(struct txn *txn, const char *path)
{
	struct file_work *k = calloc(1, sizeof(*k));

	if (k == NULL || (k->path = strdup(path)) == NULL) {
		free(k);
		return NULL;
	}
	k->w.beside = file_beside;
	k->w.after = file_after;
	k->w.free = file_free;
	k->w.config = true;
	k->txn = txn;
	return &k->w;
}
