/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the management server share. Internal to controlplane/mgmt. */
#ifndef CULVERT_CONTROLPLANE_MGMT_PRIV_H
#define CULVERT_CONTROLPLANE_MGMT_PRIV_H

#include <jansson.h>
#include <stdint.h>

#include "controlplane/config/transaction.h"
#include "controlplane/mgmt/parts.h"
#include "controlplane/mgmt/server.h"

/** Who answers a subject of `show` or `clear`. */
struct subject {
	const char *what;
	mgmt_fn fn; /* NULL: in parts */
	const struct mgmt_parts *parts;
	void *ctx;
};

struct subjects {
	struct subject *v;
	unsigned int n;
};

#define EVENT_SOURCE_MAX 16

/**
 * A request that takes too long for a turn of the loop: a thread and the loop work on it by turns,
 * first the thread. See config_work.c for the configuration's, server.c for long lines.
 */
struct mgmt_work {
	/** On the thread. Touches what is the work's own, and with @config the configuration. */
	void (*beside)(struct mgmt_work *w);
	/** On the loop, after it. True: beside() again; false: it is done. */
	bool (*after)(struct mgmt_work *w, uint64_t now_ms);
	/** On the loop; gives up what is not done. */
	void (*free)(struct mgmt_work *w);
	bool config;  /* others that want the configuration wait for its end */
	void *client; /* whose request it is, for the server; NULL: gone */
	char *text;   /* the answer when it is done, freed by who takes it; NULL: no memory */
	size_t len;
};

struct events;
struct event_rec;

/** One request being answered. */
struct request {
	const json_t *params; /* an object, never NULL */
	const json_t *id;     /* NULL: it has none */
	struct txn *txn;
	const struct subjects *shows, *clears, *debugs;
	uint64_t now_ms;
	uint32_t uid; /* of the client, for the log */
	const struct mgmt_options *options;
	const struct events *events; /* NULL: none are kept */
	/* Set by the method `events`: behind the answer the client gets those from @follow_from
	 * on. */
	bool follow;
	uint64_t follow_from;
	char follow_source[EVENT_SOURCE_MAX]; /* "": of all */
	bool config_taken; /* somebody works on the configuration beside the loop */
	json_t *error; /* set by a method that returns NULL */
	struct mgmt_answer_parts *parts; /* or this: the answer is made in parts */
	struct mgmt_work *work;          /* or beside the loop */
	bool wait;                       /* or this: ask again when the configuration is free */
};

/** Make the request fail with one line. Returns NULL, for the method to return. */
json_t *request_fail(struct request *rq, const char *fmt, ...)
		__attribute__((format(printf, 2, 3)));
/** The same with a list of errors; may be empty. */
json_t *request_fail_errors(struct request *rq, const char *message, const struct cfg_errors *errs);
/** An optional number 0..@max; @value is left alone if it isn't there. False: failed. */
bool request_number(struct request *rq, const char *name, uint32_t max, uint32_t *value);
bool request_bool(struct request *rq, const char *name, bool *value);
/** Optional; borrowed from the request. */
bool request_text(struct request *rq, const char *name, const char **value);
/** Are all names in params among @known (separated by spaces)? A mistyped "dry_run" must not become
 *  a change. False: failed. */
bool request_only(struct request *rq, const char *known);

/* The config methods; each a new reference, or NULL with rq->error set. */
json_t *method_config_get(struct request *rq);
json_t *method_config_push(struct request *rq);
json_t *method_config_confirm(struct request *rq);
json_t *method_config_rollback(struct request *rq);
json_t *method_config_versions(struct request *rq);
json_t *method_config_save(struct request *rq);
json_t *method_schema(struct request *rq);
json_t *method_events(struct request *rq);

/** The configuration as an answer: @version, 0 for what is running. NULL without memory. */
struct mgmt_work *config_work_get(const struct request *rq, uint32_t version, bool secrets);
/** From a change that has begun, which is taken over, to its answer. NULL without memory. */
struct mgmt_work *config_work_change(const struct request *rq, struct txn_change *change);
struct mgmt_work *config_work_save(const struct request *rq);
/** @path read again; what comes of it is in the log. NULL without memory. */
struct mgmt_work *config_work_file(struct txn *txn, const char *path);
/** When a change waits to be confirmed: how long still. */
void config_add_waiting(const struct txn *t, uint64_t now_ms, json_t *result);

/** New reference. */
json_t *event_json(const struct event_rec *r);
/** Is it of this source? "": any. */
bool event_wanted(const struct event_rec *r, const char *source);
json_t *method_json_schema(struct request *rq);

/** Answer the request object @req (any JSON). @rq has all but params, id, error, parts, work and
 *  wait filled in. New reference: the whole answer; NULL: rq->parts or rq->work has it, and is the
 *  caller's, or rq->wait is set. */
json_t *mgmt_answer(const json_t *req, struct request *rq);
/** An answer with @value, whose reference is taken, as its @key: "result" or "error". */
json_t *mgmt_make_answer(const json_t *id, const char *key, json_t *value);
/** An answer that is an error, for what is no request. */
json_t *mgmt_error_answer(const json_t *id, const char *message);

#endif
