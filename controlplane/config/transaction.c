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
	bool held; /* somebody reads on another thread, or a change is between its steps */
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

/* @new is running now. The old one is kept if it may be wanted back, else it is returned. */
static struct cfg *
switch_to(struct txn *t, struct cfg *new, uint32_t version, uint32_t confirm_s, uint64_t now_ms)
{
	struct cfg *old = t->running;

	if (confirm_s > 0 && t->fallback == NULL) {
		t->fallback = old;
		t->fallback_version = t->version;
		old = NULL;
	}
	if (confirm_s > 0)
		t->deadline_ms = now_ms + confirm_s * UINT64_C(1000);
	t->running = new;
	t->version = version;
	return old;
}

/* ---- a change in steps --------------------------------------------------------------------- */

enum step {
	STEP_READ,   /* read, validate, compare: changes nothing */
	STEP_ASK,    /* the modules */
	STEP_STORE,  /* the version file */
	STEP_APPLY,  /* modules, then it is running */
	STEP_DONE
};

struct txn_change {
	struct txn *t;
	enum step step;
	struct txn_options o; /* its comment is @comment */
	char comment[CFG_TEXT_MAX];
	json_t *config;       /* to read; NULL: version @from of the store, or @new is there */
	uint32_t from;
	struct cfg *new;      /* until it is running */
	struct cfg *old;      /* that it has replaced */
	uint32_t version;     /* stored as */
	bool began;           /* @t->held is ours */
	bool first;           /* it is what a start was given */
	struct txn_result res;
	int rc;
};

static void
change_done(struct txn_change *c, int rc)
{
	c->rc = rc;
	c->step = STEP_DONE;
}

static void
step_read(struct txn_change *c)
{
	struct txn *t = c->t;

	if (c->new == NULL && c->config != NULL) {
		c->new = cfg_from_json(c->config, t->running, &c->res.errs);
		json_decref(c->config);
		c->config = NULL;
		if (c->new == NULL) {
			change_done(c, say_invalid(&c->res));
			return;
		}
	} else if (c->new == NULL) {
		c->new = store_load(t->store, c->from, &c->res.errs);
		if (c->new == NULL) {
			snprintf(c->res.message, sizeof(c->res.message),
					"version %u can't be used; nothing was changed", c->from);
			change_done(c, -ENOENT);
			return;
		}
	}
	c->res.changes = cfg_diff(t->running, c->new);
	if (c->res.changes == NULL) {
		snprintf(c->res.message, sizeof(c->res.message), "out of memory");
		change_done(c, -ENOMEM);
		return;
	}
	c->res.notes = cfg_notes(t->running, c->new);
	c->step = STEP_ASK;
}

static void
step_ask(struct txn_change *c)
{
	int rc = ask_modules(c->t, c->new, &c->res);

	c->res.changed = rc == 0 && json_array_size(c->res.changes) > 0;
	if (rc != 0 || !c->res.changed || c->o.dry_run)
		change_done(c, rc);
	else
		c->step = STEP_STORE;
}

/* A disk that is full, or broken, must not keep a hub from starting: the first runs unstored. */
static void
step_store(struct txn_change *c)
{
	struct txn *t = c->t;
	int rc = 0;

	c->version = t->version + 1;
	if (t->store != NULL)
		rc = store_add(t->store, c->new, c->o.comment, t->version, &c->version);
	if (rc != 0 && c->first) {
		log_error("config", "%s can't be stored: %s; it runs as version 0", c->o.comment,
				strerror(-rc));
		c->version = 0;
		rc = 0;
	}
	if (rc == 0) {
		c->step = STEP_APPLY;
		return;
	}
	snprintf(c->res.message, sizeof(c->res.message),
			"the new version can't be stored: %s; nothing was changed", strerror(-rc));
	c->res.changed = false;
	change_done(c, -EIO);
}

static void
withdraw(const struct txn_change *c)
{
	if (c->t->store != NULL && c->version != 0)
		store_withdraw(c->t->store, c->version);
}

static void
step_apply(struct txn_change *c, uint64_t now_ms)
{
	struct txn *t = c->t;
	size_t n = json_array_size(c->res.changes);
	char err[192];
	int rc = apply_modules(t, t->running, c->new, err, sizeof(err));

	if (rc != 0) {
		withdraw(c);
		snprintf(c->res.message, sizeof(c->res.message), "%s; nothing was changed", err);
		c->res.changed = false;
		change_done(c, rc);
		return;
	}
	c->old = switch_to(t, c->new, c->version, c->o.confirm_s, now_ms);
	c->new = NULL;
	c->res.version = c->version;
	c->step = STEP_DONE;
	log_notice("config", "version %u is running, %zu change%s%s", c->version, n,
			n == 1 ? "" : "s", c->o.confirm_s > 0 ? ", to be confirmed" : "");
}

void
txn_hold(struct txn *t)
{
	assert(!t->held);
	t->held = true;
}

void
txn_release(struct txn *t)
{
	t->held = false;
}

bool
txn_is_held(const struct txn *t)
{
	return t->held;
}

enum txn_where
txn_change_next(const struct txn_change *c)
{
	switch (c->step) {
	case STEP_READ:
	case STEP_STORE:
		return TXN_ANYWHERE;
	case STEP_ASK:
	case STEP_APPLY:
		return TXN_ON_LOOP;
	case STEP_DONE:
		break;
	}
	return TXN_DONE;
}

void
txn_change_step(struct txn_change *c, uint64_t now_ms)
{
	switch (c->step) {
	case STEP_READ:
		step_read(c);
		break;
	case STEP_ASK:
		step_ask(c);
		break;
	case STEP_STORE:
		step_store(c);
		break;
	case STEP_APPLY:
		step_apply(c, now_ms);
		break;
	case STEP_DONE:
		break;
	}
}

/* Refused at once while another is being made. */
static struct txn_change *
change_new(struct txn *t, const struct txn_options *o)
{
	struct txn_change *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->t = t;
	c->o = *o;
	if (o->comment != NULL) {
		snprintf(c->comment, sizeof(c->comment), "%s", o->comment);
		c->o.comment = c->comment;
	}
	txn_result_init(&c->res);
	c->res.version = t->version;
	if (t->held) {
		snprintf(c->res.message, sizeof(c->res.message),
				"another change is being made; nothing was changed");
		change_done(c, -EBUSY);
	}
	return c;
}

struct txn_change *
txn_change_push(struct txn *t, json_t *config, const struct txn_options *o)
{
	struct txn_change *c = change_new(t, o);

	if (c == NULL)
		return c;
	c->config = json_incref(config);
	if (c->step == STEP_DONE)
		return c;
	if (o->base != 0 && o->base != t->version) {
		snprintf(c->res.message, sizeof(c->res.message),
				"it was edited from version %u, but %u is running; nothing was "
				"changed",
				o->base, t->version);
		change_done(c, -ESTALE);
		return c;
	}
	if (o->confirm_s > TXN_CONFIRM_MAX_S) {
		snprintf(c->res.message, sizeof(c->res.message),
				"confirm_s is more than %u; nothing was changed",
				TXN_CONFIRM_MAX_S);
		change_done(c, -EINVAL);
		return c;
	}
	c->began = t->held = true;
	return c;
}

struct txn_change *
txn_change_rollback(struct txn *t, uint32_t version)
{
	char comment[64];
	struct txn_change *c;

	snprintf(comment, sizeof(comment), "back to version %u", version);
	c = change_new(t, &(struct txn_options){ .comment = comment });
	if (c == NULL || c->step == STEP_DONE)
		return c;
	if (t->store == NULL) {
		snprintf(c->res.message, sizeof(c->res.message), "versions are not stored here");
		change_done(c, -ENOENT);
		return c;
	}
	c->from = version;
	c->began = t->held = true;
	return c;
}

int
txn_change_result(const struct txn_change *c, const struct txn_result **res)
{
	*res = &c->res;
	return c->rc;
}

void
txn_change_end(struct txn_change *c)
{
	if (c->step == STEP_APPLY)
		withdraw(c);
	if (c->began)
		c->t->held = false;
	c->began = false;
	change_done(c, c->rc);
}

void
txn_change_free(struct txn_change *c)
{
	if (c == NULL)
		return;
	assert(c->step == STEP_DONE);
	json_decref(c->config);
	cfg_free(c->new);
	cfg_free(c->old);
	txn_result_fini(&c->res);
	free(c);
}

/* All steps at once; @c is freed. Its result goes to @res, with what that has already. */
static int
change_run(struct txn_change *c, uint64_t now_ms, struct txn_result *res)
{
	int rc;

	if (c == NULL) {
		snprintf(res->message, sizeof(res->message), "out of memory");
		return -ENOMEM;
	}
	while (txn_change_next(c) != TXN_DONE)
		txn_change_step(c, now_ms);
	txn_change_end(c);
	rc = c->rc;
	txn_result_fini(res);
	*res = c->res;
	txn_result_init(&c->res);
	txn_change_free(c);
	return rc;
}

/* ---- what one can ask for ------------------------------------------------------------------ */

int
txn_push(struct txn *t, const json_t *config, const struct txn_options *o, uint64_t now_ms,
		struct txn_result *res)
{
	return change_run(txn_change_push(t, (json_t *)(uintptr_t)config, o), now_ms, res);
}

int
txn_rollback(struct txn *t, uint32_t version, uint64_t now_ms, struct txn_result *res)
{
	return change_run(txn_change_rollback(t, version), now_ms, res);
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

	if (t->held || t->fallback == NULL || now_ms < t->deadline_ms)
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

/* @c, which is taken over, becomes a version. @res has what reading it has told. */
static int
commit_first(struct txn *t, struct cfg *c, const struct txn_options *o, uint64_t now_ms,
		struct txn_result *res)
{
	struct txn_change *change = change_new(t, o);

	if (change == NULL) {
		cfg_free(c);
	} else {
		change->new = c;
		change->first = true;
		change->res.errs = res->errs;
		cfg_errors_init(&res->errs);
	}
	return change_run(change, now_ms, res);
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
		return commit_first(t, c, &o, now_ms, res);
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
	cfg_free(switch_to(t, c, version, 0, now_ms));
	res->version = version;
	res->changed = true;
	log_notice("config", "version %u is running", version);
	return 0;
}
