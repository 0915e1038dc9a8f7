/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A change of the configuration, all or nothing:
 *
 *     candidate JSON -> parse, validate, ask the modules -> diff -> store -> apply -> running
 *
 * Modules apply in the order of their table with (old, new). When one fails, it and those before
 * it are called in reverse order with (new, old), the version file is withdrawn, and the old
 * configuration stays in force. An identical configuration changes nothing: no module is called,
 * no version is made. Commit confirmed goes back by itself unless it is confirmed in time: time
 * is an argument here (monotonic milliseconds), the caller runs the timer.
 *
 * With ten thousand tunnels reading, comparing and storing take longer than a timer may wait. So a
 * change can be made in steps: those that change nothing but the store may be taken on another
 * thread, while the loop goes on with the configuration that is running. Between the first and the
 * last step nothing else may be asked of the txn but what is running, its version and its deadline;
 * another change is refused, and going back waits. All other calls are from the loop's thread.
 */
#ifndef CULVERT_CONTROLPLANE_CONFIG_TRANSACTION_H
#define CULVERT_CONTROLPLANE_CONFIG_TRANSACTION_H

#include "controlplane/config/errors.h"
#include "controlplane/config/json.h"
#include "controlplane/config/store.h"

#define TXN_MAX_MODULES 16
#define TXN_NO_DEADLINE UINT64_MAX
#define TXN_CONFIRM_MAX_S 86400u

/**
 * Whoever acts on the configuration. @old and @new are never NULL: before the first configuration
 * @old is an empty one (cfg_new()). The structs stay valid until the next apply has succeeded.
 * apply is also called to undo: with what was new as @old. It must then cope with being half
 * applied, and should not fail; if it does, that is logged and the undoing goes on.
 */
struct cfg_module {
	const char *name;
	/** May be NULL. Adds to @errs what it can't do; 0 or -errno. Must change nothing. */
	int (*check)(void *ctx, const struct cfg *new, struct cfg_errors *errs);
	/** 0, or -errno with one line in @err. */
	int (*apply)(void *ctx, const struct cfg *old, const struct cfg *new, char *err,
			size_t err_len);
	void *ctx;
};

struct txn;

/** @modules is copied. @store may be NULL (versions are then counted, not kept); else it is
 *  borrowed and must outlive the txn. NULL without memory or with too many modules. */
struct txn *txn_new(const struct cfg_module *modules, unsigned int n, struct store *store);
/** Does not call the modules. */
void txn_free(struct txn *t);

/** Never NULL; valid until the next successful change. */
const struct cfg *txn_running(const struct txn *t);
/** 0 before the first. */
uint32_t txn_version(const struct txn *t);
struct store *txn_store(const struct txn *t);
/** The file that txn_start() was given, which will be read again at the next start; NULL: none. */
const char *txn_start_file(const struct txn *t);

struct txn_options {
	uint32_t base;       /* version it was edited from; 0: any */
	bool dry_run;        /* all but store and apply */
	uint32_t confirm_s;  /* 0: at once for good; else 1..TXN_CONFIRM_MAX_S */
	const char *comment; /* may be NULL */
};

struct txn_result {
	struct cfg_errors errs; /* errors if it failed; warnings in any case */
	char message[256];      /* why it failed, one line */
	uint32_t version;       /* now running */
	bool changed;           /* or would be, when dry_run */
	json_t *changes;        /* array of text, see cfg_diff() */
	json_t *notes;          /* array of text, see cfg_notes() */
};

void txn_result_init(struct txn_result *r);
void txn_result_fini(struct txn_result *r);

/**
 * 0 or a negative error with @res->message: -EINVAL not valid (see @res->errs), -ESTALE running is
 * not @base, -EBUSY a change in steps is under way, -EIO could not be stored, or what a module's
 * apply returned. A push while a commit
 * waits for its confirmation is taken as part of it: going back goes to before the first.
 */
int txn_push(struct txn *t, const json_t *config, const struct txn_options *o, uint64_t now_ms,
		struct txn_result *res);
/** What is running, and the store, stay as they are until txn_release(): for who reads them on
 *  another thread. A change is refused meanwhile, and going back waits. Not while a change is being
 *  made. */
void txn_hold(struct txn *t);
void txn_release(struct txn *t);
/** Is it held, or a change being made? */
bool txn_is_held(const struct txn *t);

struct txn_change;

/** Where the next step is to be taken. */
enum txn_where {
	TXN_ANYWHERE, /* on any thread */
	TXN_ON_LOOP,  /* it calls modules, and is where the change happens */
	TXN_DONE      /* there is none */
};

/** Begin a change; the arguments are those of txn_push(), a reference to @config is kept. What is
 *  refused at once is done at once. NULL without memory. */
struct txn_change *txn_change_push(struct txn *t, json_t *config, const struct txn_options *o);
/** The same, with those of txn_rollback(). */
struct txn_change *txn_change_rollback(struct txn *t, uint32_t version);
enum txn_where txn_change_next(const struct txn_change *c);
/** @now_ms  counts in steps on the loop only. */
void txn_change_step(struct txn_change *c, uint64_t now_ms);
/** What txn_push() would have returned and filled in; of a change that is done. @res is valid until
 *  the change is freed. */
int txn_change_result(const struct txn_change *c, const struct txn_result **res);
/** On the loop: others may change something again. A change that is not done is given up, and
 *  has changed nothing. */
void txn_change_end(struct txn_change *c);
/** After txn_change_end(), on any thread: the configuration that was replaced goes with it. NULL is
 *  fine. */
void txn_change_free(struct txn_change *c);

/** As txn_push, from a stored version. -ENOENT if there is none. */
int txn_rollback(struct txn *t, uint32_t version, uint64_t now_ms, struct txn_result *res);
/** Keep what is running. -ENOENT if nothing waits to be confirmed. */
int txn_confirm(struct txn *t);
/** Make running the start-up configuration. -EBUSY while it waits to be confirmed; -errno. */
int txn_save(struct txn *t);
/**
 * The first configuration: from @file, or if that is NULL the store's start-up configuration, or
 * if there is none an empty one. Applied as by txn_push; gets a new version only if it differs
 * from the newest stored. A hub has to start with what there is: if it can't be stored it runs as
 * version 0, and instead of a start-up configuration that can't be read the newest version that
 * can be read runs; both are logged as errors.
 */
int txn_start(struct txn *t, const char *file, uint64_t now_ms, struct txn_result *res);

/** When txn_tick() is due, or TXN_NO_DEADLINE. */
uint64_t txn_deadline_ms(const struct txn *t);
/** Goes back if a confirmation has not come in time. Calling early is harmless, and while a change
 *  is being made it waits: call it again at the end of that one. */
void txn_tick(struct txn *t, uint64_t now_ms);

#endif
