/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What takes long of the configuration's methods, beside the loop: with ten thousand tunnels
 * reading a document, comparing, storing or writing one out are tens of milliseconds each.
 *
 *	push, rollback   thread: read, validate, compare   loop: ask the modules
 *	                 thread: store                     loop: apply; it is running
 *	                 thread: the answer's text; what was replaced is freed
 *	get, save        thread
 *
 * One at a time: the others' methods of the configuration wait for its end, so that what the thread
 * reads stays what it is. Everything else, shows too, goes on with what is running. A client
 * that has gone meanwhile does not stop a change.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "controlplane/mgmt/mgmt_priv.h"

struct config_work {
	struct mgmt_work w;
	struct txn *txn;
	json_t *id;     /* NULL: it has none */
	uint32_t uid;
	json_t *answer; /* to be written out */
	struct txn_change *change;
	uint32_t version; /* that is asked for; of a change the one before */
	bool secrets;
	bool holds; /* what is running, for as long as the thread reads it */
};

void
config_add_waiting(const struct txn *t, uint64_t now_ms, json_t *result)
{
	uint64_t deadline = txn_deadline_ms(t);
	uint64_t left = deadline > now_ms ? deadline - now_ms : 0;

	if (deadline != TXN_NO_DEADLINE)
		json_object_set_new(result, "confirm_in_s",
				json_integer((json_int_t)((left + 999) / 1000)));
}

/* ---- answers ------------------------------------------------------------------------------- */

/* @value, an object, or NULL without memory, becomes the answer: a result or an error. */
static void
set_answer(struct config_work *k, const char *key, json_t *value)
{
	k->answer = value != NULL ? mgmt_make_answer(k->id, key, value)
				  : mgmt_error_answer(k->id, "out of memory");
}

static void
set_error(struct config_work *k, const char *message, const struct cfg_errors *errs)
{
	json_t *e = json_pack("{s:s}", "message", message);

	if (errs != NULL && errs->n_errors_total > 0)
		json_object_set_new(e, "errors", cfg_errors_json(errs));
	set_answer(k, "error", e);
}

/* The answer as a line; what it was made of goes. */
static void
write_out(struct config_work *k)
{
	k->w.text = k->answer != NULL ? json_dumps(k->answer, JSON_COMPACT) : NULL;
	json_decref(k->answer);
	k->answer = NULL;
	if (k->w.text == NULL)
		return;
	k->w.len = strlen(k->w.text);
	k->w.text[k->w.len++] = '\n'; /* in the place of the NUL */
}

/* ---- changes ------------------------------------------------------------------------------- */

static void
change_beside(struct mgmt_work *w)
{
	struct config_work *k = (struct config_work *)w;

	if (k->answer == NULL) {
		if (txn_change_next(k->change) == TXN_ANYWHERE)
			txn_change_step(k->change, 0);
		return;
	}
	txn_change_free(k->change);
	k->change = NULL;
	write_out(k);
}

static void
change_answer(struct config_work *k, uint64_t now_ms)
{
	const struct txn_result *res;
	json_t *result;

	if (txn_change_result(k->change, &res) != 0) {
		set_error(k, res->message, &res->errs);
		return;
	}
	result = json_pack("{s:I, s:b, s:O, s:o, s:O?}", "version", (json_int_t)res->version,
			"changed", res->changed, "changes", res->changes, "warnings",
			cfg_warnings_json(&res->errs), "notes", res->notes);
	config_add_waiting(k->txn, now_ms, result);
	set_answer(k, "result", result);
	if (res->version != k->version)
		log_notice("mgmt", "user %" PRIu32 " changed the configuration", k->uid);
}

static bool
change_after(struct mgmt_work *w, uint64_t now_ms)
{
	struct config_work *k = (struct config_work *)w;

	if (k->change == NULL)
		return false;
	while (txn_change_next(k->change) == TXN_ON_LOOP)
		txn_change_step(k->change, now_ms);
	if (txn_change_next(k->change) == TXN_DONE) {
		txn_change_end(k->change);
		change_answer(k, now_ms);
	}
	return true;
}

/* ---- get and save -------------------------------------------------------------------------- */

static void
set_config(struct config_work *k, const struct cfg *c)
{
	json_t *doc = cfg_to_json(c, k->secrets ? CFG_JSON_SECRETS : 0);

	set_answer(k, "result", doc != NULL ? json_pack("{s:I, s:o}", "version",
								(json_int_t)k->version, "config",
								doc)
					    : NULL);
	if (doc != NULL && k->secrets)
		log_notice("mgmt", "user %" PRIu32 " read the configuration with its secrets",
				k->uid);
}

static void
get_beside(struct mgmt_work *w)
{
	struct config_work *k = (struct config_work *)w;
	struct cfg_errors errs;
	struct cfg *c;

	if (k->version == txn_version(k->txn)) {
		set_config(k, txn_running(k->txn));
		write_out(k);
		return;
	}
	cfg_errors_init(&errs);
	c = store_load(txn_store(k->txn), k->version, &errs);
	if (c != NULL)
		set_config(k, c);
	else
		set_error(k, "this version can't be read", &errs);
	cfg_free(c);
	cfg_errors_fini(&errs);
	write_out(k);
}

static void
save_beside(struct mgmt_work *w)
{
	struct config_work *k = (struct config_work *)w;
	const char *file = txn_start_file(k->txn);
	int rc = txn_save(k->txn);
	char text[128];
	json_t *result;

	if (rc != 0) {
		snprintf(text, sizeof(text), "it can't be saved: %s", strerror(-rc));
		set_error(k, rc == -EBUSY ? "the running configuration waits to be confirmed first"
					  : text, NULL);
		write_out(k);
		return;
	}
	result = json_pack("{s:I}", "version", (json_int_t)txn_version(k->txn));
	if (file != NULL)
		json_object_set_new(result, "warnings",
				json_pack("[o]", json_sprintf("started with --config %s: the next "
							      "start reads that "
							      "file, unless it is left out",
								 file)));
	set_answer(k, "result", result);
	write_out(k);
}

static bool
after_one(struct mgmt_work *w, uint64_t now_ms)
{
	return false;
}

/* ---- making -------------------------------------------------------------------------------- */

static void
work_free(struct mgmt_work *w)
{
	struct config_work *k = (struct config_work *)w;

	if (k->change != NULL) {
		txn_change_end(k->change);
		txn_change_free(k->change);
	}
	if (k->holds)
		txn_release(k->txn);
	if (w->text != NULL)
		explicit_bzero(w->text, w->len);
	free(w->text);
	json_decref(k->answer);
	json_decref(k->id);
	free(k);
}

static struct config_work *
work_new(const struct request *rq, void (*beside)(struct mgmt_work *w))
{
	struct config_work *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return NULL;
	k->w.beside = beside;
	k->w.after = after_one;
	k->w.free = work_free;
	k->w.config = true;
	k->txn = rq->txn;
	k->id = json_incref((json_t *)(uintptr_t)rq->id);
	k->uid = rq->uid;
	return k;
}

static void
hold(struct config_work *k)
{
	txn_hold(k->txn);
	k->holds = true;
}

struct mgmt_work *
config_work_get(const struct request *rq, uint32_t version, bool secrets)
{
	struct config_work *k = work_new(rq, get_beside);

	if (k == NULL)
		return NULL;
	hold(k);
	k->version = version;
	k->secrets = secrets;
	return &k->w;
}

struct mgmt_work *
config_work_save(const struct request *rq)
{
	struct config_work *k = work_new(rq, save_beside);

	if (k == NULL)
		return NULL;
	hold(k);
	return &k->w;
}

struct mgmt_work *
config_work_change(const struct request *rq, struct txn_change *change)
{
	struct config_work *k = work_new(rq, change_beside);

	if (k == NULL) {
		txn_change_end(change);
		txn_change_free(change);
		return NULL;
	}
	k->w.after = change_after;
	k->change = change;
	k->version = txn_version(rq->txn);
	return &k->w;
}
