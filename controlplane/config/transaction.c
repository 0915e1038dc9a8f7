/* SPDX-License-Identifier: BSD-3-Clause */
/* Changes of the configuration, all or nothing; see transaction.h. */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "controlplane/config/model.h"
#include "controlplane/config/notes.h"
#include "controlplane/config/transaction.h"

#define RETRY_MS 10000 /* when going back fails, it is tried again after this */

struct txn {
	struct cfg_module modules[TXN_MAX_MODULES];
	unsigned int n_modules;
	struct store *store;
	struct cfg *running;
	uint32_t version;
	/* While a commit waits to be confirmed: where to go back to, and when. */
	struct cfg *fallback;
	uint32_t fallback_version;
	uint64_t deadline_ms;
	char *start_file;
};

struct txn *
txn_new(const struct cfg_module *modules, unsigned int n, struct store *store)
{
	struct txn *t;

	if (n > TXN_MAX_MODULES)
		return NULL;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return NULL;
	t->running = cfg_new();
	if (t->running == NULL) {
		free(t);
		return NULL;
	}
	for (unsigned int i = 0; i < n; i++)
		t->modules[i] = modules[i];
	t->n_modules = n;
	t->store = store;
	t->deadline_ms = TXN_NO_DEADLINE;
	return t;
}

void
txn_free(struct txn *t)
{
	if (t == NULL)
		return;
	cfg_free(t->running);
	cfg_free(t->fallback);
	free(t->start_file);
	free(t);
}

const struct cfg *
txn_running(const struct txn *t)
{
	return t->running;
}

uint32_t
txn_version(const struct txn *t)
{
	return t->version;
}

struct store *
txn_store(const struct txn *t)
{
	return t->store;
}

const char *
txn_start_file(const struct txn *t)
{
	return t->start_file;
}

uint64_t
txn_deadline_ms(const struct txn *t)
{
	return t->deadline_ms;
}

void
txn_result_init(struct txn_result *r)
{
	memset(r, 0, sizeof(*r));
}

void
txn_result_fini(struct txn_result *r)
{
	cfg_errors_fini(&r->errs);
	json_decref(r->changes);
	json_decref(r->notes);
	txn_result_init(r);
}

/* ---- the steps ----------------------------------------------------------------------------- */

static int
say_invalid(struct txn_result *res)
{
	uint64_t n = res->errs.n_errors_total;

	snprintf(res->message, sizeof(res->message),
			"%" PRIu64 " error%s in the configuration, nothing was changed", n,
			n == 1 ? "" : "s");
	return -EINVAL;
}

static int
ask_modules(struct txn *t, const struct cfg *new, struct txn_result *res)
{
	for (unsigned int i = 0; i < t->n_modules; i++) {
		const struct cfg_module *m = &t->modules[i];
		uint64_t before = res->errs.n_errors_total;
		int rc = m->check != NULL ? m->check(m->ctx, new, &res->errs) : 0;

		if (rc != 0 && res->errs.n_errors_total == before)
			cfg_error_add(&res->errs, "", NULL, "%s: %s", m->name, strerror(-rc));
	}
	return res->errs.n_errors_total > 0 ? say_invalid(res) : 0;
}

/* Modules 0 .. n - 1 from @new back to @old, the last first. */
static void
undo_modules(struct txn *t, unsigned int n, const struct cfg *old, const struct cfg *new)
{
	while (n-- > 0) {
		const struct cfg_module *m = &t->modules[n];
		char err[160] = "";
		int rc = m->apply(m->ctx, new, old, err, sizeof(err));

		if (rc != 0)
			log_error("config", "%s could not undo its part: %s", m->name,
					err[0] != '\0' ? err : strerror(-rc));
	}
}

static int
apply_modules(struct txn *t, const struct cfg *old, const struct cfg *new, char *err,
		size_t err_len)
{
	for (unsigned int i = 0; i < t->n_modules; i++) {
		const struct cfg_module *m = &t->modules[i];
		char why[160] = "";
		int rc = m->apply(m->ctx, old, new, why, sizeof(why));

		if (rc == 0)
			continue;
		if (rc > 0)
			rc = -EIO;
		snprintf(err, err_len, "%s: %s", m->name, why[0] != '\0' ? why : strerror(-rc));
		undo_modules(t, i + 1, old, new);
		return rc;
	}
	return 0;
}

/* A disk that is full, or broken, must not keep a hub from starting: @first runs unstored then. */
static int
store_and_apply(struct txn *t, const struct cfg *new, const char *comment, bool first,
		uint32_t *version, struct txn_result *res)
{
	char err[192];
	int rc;

	*version = t->version + 1;
	if (t->store != NULL) {
		rc = store_add(t->store, new, comment, t->version, version);
		if (rc != 0 && first) {
			log_error("config", "%s can't be stored: %s; it runs as version 0", comment,
					strerror(-rc));
			*version = 0;
		} else if (rc != 0) {
			snprintf(res->message, sizeof(res->message),
					"the new version can't be stored: %s; nothing was changed",
					strerror(-rc));
			return -EIO;
		}
	}
	rc = apply_modules(t, t->running, new, err, sizeof(err));
	if (rc == 0)
		return 0;
	if (t->store != NULL && *version != 0)
		store_withdraw(t->store, *version);
	snprintf(res->message, sizeof(res->message), "%s; nothing was changed", err);
	return rc;
}

/* @new is running now. The old one is kept if it may be wanted back. */
static void
switch_to(struct txn *t, struct cfg *new, uint32_t version, uint32_t confirm_s, uint64_t now_ms)
{
	if (confirm_s > 0 && t->fallback == NULL) {
		t->fallback = t->running;
		t->fallback_version = t->version;
	} else {
		cfg_free(t->running);
	}
	if (confirm_s > 0)
		t->deadline_ms = now_ms + confirm_s * UINT64_C(1000);
	t->running = new;
	t->version = version;
}

/* From a valid @new, which is taken over, to running. @first: it is what a start was given. */
static int
commit(struct txn *t, struct cfg *new, const struct txn_options *o, bool first, uint64_t now_ms,
		struct txn_result *res)
{
	uint32_t version;
	int rc;

	res->version = t->version;
	rc = ask_modules(t, new, res);
	if (rc != 0)
		goto free_new;
	res->changes = cfg_diff(t->running, new);
	if (res->changes == NULL) {
		rc = -ENOMEM;
		snprintf(res->message, sizeof(res->message), "out of memory");
		goto free_new;
	}
	res->notes = cfg_notes(t->running, new);
	res->changed = json_array_size(res->changes) > 0;
	if (!res->changed || o->dry_run)
		goto free_new;
	rc = store_and_apply(t, new, o->comment, first, &version, res);
	if (rc != 0) {
		res->changed = false;
		goto free_new;
	}
	switch_to(t, new, version, o->confirm_s, now_ms);
	res->version = version;
	log_notice("config", "version %u is running, %zu change%s%s", version,
			json_array_size(res->changes),
			json_array_size(res->changes) == 1 ? "" : "s",
			o->confirm_s > 0 ? ", to be confirmed" : "");
	return 0;

free_new:
	cfg_free(new);
	return rc;
}

/* ---- what one can ask for ------------------------------------------------------------------ */

int
txn_push(struct txn *t, const json_t *config, const struct txn_options *o, uint64_t now_ms,
		struct txn_result *res)
{
	struct cfg *new;

	res->version = t->version;
	if (o->base != 0 && o->base != t->version) {
		snprintf(res->message, sizeof(res->message),
				"it was edited from version %u, but %u is running; nothing was "
				"changed",
				o->base, t->version);
		return -ESTALE;
	}
	if (o->confirm_s > TXN_CONFIRM_MAX_S) {
		snprintf(res->message, sizeof(res->message),
				"confirm_s is more than %u; nothing was changed",
				TXN_CONFIRM_MAX_S);
		return -EINVAL;
	}
	new = cfg_from_json(config, t->running, &res->errs);
	if (new == NULL)
		return say_invalid(res);
	return commit(t, new, o, false, now_ms, res);
}

int
txn_rollback(struct txn *t, uint32_t version, uint64_t now_ms, struct txn_result *res)
{
	struct txn_options o = { .base = 0 };
	char comment[64];
	struct cfg *new;

	res->version = t->version;
	if (t->store == NULL) {
		snprintf(res->message, sizeof(res->message), "versions are not stored here");
		return -ENOENT;
	}
	new = store_load(t->store, version, &res->errs);
	if (new == NULL) {
		snprintf(res->message, sizeof(res->message),
				"version %u can't be used; nothing was changed", version);
		return -ENOENT;
	}
	snprintf(comment, sizeof(comment), "back to version %u", version);
	o.comment = comment;
	return commit(t, new, &o, false, now_ms, res);
}

static void
end_waiting(struct txn *t)
{
	t->fallback = NULL;
	t->fallback_version = 0;
	t->deadline_ms = TXN_NO_DEADLINE;
}

int
txn_confirm(struct txn *t)
{
	if (t->fallback == NULL)
		return -ENOENT;
	cfg_free(t->fallback);
	end_waiting(t);
	log_notice("config", "version %u is confirmed", t->version);
	return 0;
}

void
txn_tick(struct txn *t, uint64_t now_ms)
{
	char err[192];

	if (t->fallback == NULL || now_ms < t->deadline_ms)
		return;
	log_notice("config", "version %u was not confirmed in time: back to version %u", t->version,
			t->fallback_version);
	if (apply_modules(t, t->running, t->fallback, err, sizeof(err)) != 0) {
		log_error("config", "going back failed: %s; will try again", err);
		t->deadline_ms = now_ms + RETRY_MS;
		return;
	}
	cfg_free(t->running);
	t->running = t->fallback;
	t->version = t->fallback_version;
	end_waiting(t);
}

int
txn_save(struct txn *t)
{
	if (t->store == NULL)
		return -ENOTSUP;
	if (t->fallback != NULL)
		return -EBUSY;
	return store_save_startup(t->store, t->running, t->version);
}

/* ---- the first configuration --------------------------------------------------------------- */

/* Which stored version is @c? The start-up's own number is tried first, then the newest. */
static uint32_t
stored_version(struct txn *t, const struct cfg *c)
{
	uint32_t tries[2] = { store_startup_version(t->store), store_latest(t->store) };

	for (unsigned int i = 0; i < 2; i++) {
		struct cfg_errors errs;
		struct cfg *stored;
		bool same;

		if (tries[i] == 0)
			continue;
		cfg_errors_init(&errs);
		stored = store_load(t->store, tries[i], &errs);
		same = stored != NULL && cfg_equal(stored, c);
		cfg_free(stored);
		cfg_errors_fini(&errs);
		if (same)
			return tries[i];
	}
	return 0;
}

/* What is wrong with the file as a whole (missing, not JSON) is all there is to say. */
static void
say_not_loaded(const char *file, struct txn_result *res)
{
	const struct cfg_error *e = res->errs.errors;
	uint64_t n = res->errs.n_errors_total;

	if (n == 1 && e->path[0] == '\0') {
		snprintf(res->message, sizeof(res->message), "%s%s%s",
				strstr(e->message, file) == NULL ? file : "",
				strstr(e->message, file) == NULL ? ": " : "", e->message);
		cfg_errors_fini(&res->errs);
		cfg_errors_init(&res->errs);
		return;
	}
	snprintf(res->message, sizeof(res->message), "%s: %" PRIu64 " error%s", file, n,
			n == 1 ? "" : "s");
}

/* The newest stored version that can be read, and @res told. NULL if there is none. */
static struct cfg *
instead_of_startup(struct txn *t, struct txn_result *res)
{
	for (uint32_t n = store_latest(t->store); n > 0; n = store_before(t->store, n)) {
		struct cfg_errors errs;
		struct cfg *c;

		cfg_errors_init(&errs);
		c = store_load(t->store, n, &errs);
		cfg_errors_fini(&errs);
		if (c == NULL)
			continue;
		log_error("config", "%s; version %u, the newest that can be read, runs instead",
				res->message, n);
		res->message[0] = '\0';
		cfg_errors_fini(&res->errs);
		cfg_errors_init(&res->errs);
		return c;
	}
	return NULL;
}

static struct cfg *
load_first(struct txn *t, const char *file, struct txn_result *res)
{
	struct cfg *c;

	if (file == NULL && (t->store == NULL || !store_has_startup(t->store)))
		return cfg_new();
	c = file != NULL ? cfg_from_file(file, &res->errs)
			 : store_load_startup(t->store, &res->errs);
	if (c == NULL)
		say_not_loaded(file != NULL ? file : store_startup_path(t->store), res);
	return c != NULL || file != NULL ? c : instead_of_startup(t, res);
}

int
txn_start(struct txn *t, const char *file, uint64_t now_ms, struct txn_result *res)
{
	struct txn_options o = { .comment = file != NULL ? file : "start-up" };
	struct cfg *c = load_first(t, file, res);
	uint32_t version = 0;
	char err[192];
	int rc;

	if (c == NULL)
		return -EINVAL;
	free(t->start_file);
	t->start_file = file != NULL ? strdup(file) : NULL;
	if (t->store != NULL)
		version = stored_version(t, c);
	if (version == 0 && !cfg_equal(t->running, c))
		return commit(t, c, &o, true, now_ms, res);
	/* Already stored, or empty: no new version, but the modules hear of it. */
	rc = ask_modules(t, c, res);
	if (rc == 0 && apply_modules(t, t->running, c, err, sizeof(err)) != 0) {
		snprintf(res->message, sizeof(res->message), "%s", err);
		rc = -EIO;
	}
	if (rc != 0) {
		cfg_free(c);
		return rc;
	}
	switch_to(t, c, version, 0, now_ms);
	res->version = version;
	res->changed = true;
	log_notice("config", "version %u is running", version);
	return 0;
}
