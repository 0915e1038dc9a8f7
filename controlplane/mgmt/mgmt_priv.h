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
	json_t *error; /* set by a method that returns NULL */
	struct mgmt_answer_parts *parts; /* or this: the answer is made in parts */
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

/** New reference. */
json_t *event_json(const struct event_rec *r);
/** Is it of this source? "": any. */
bool event_wanted(const struct event_rec *r, const char *source);
json_t *method_json_schema(struct request *rq);

/** Answer the request object @req (any JSON). @rq has all but params, id, error and parts filled
 *  in. New reference: the whole answer; NULL: rq->parts has it, and is the caller's. */
json_t *mgmt_answer(const json_t *req, struct request *rq);
/** An answer that is an error, for what is no request. */
json_t *mgmt_error_answer(const json_t *id, const char *message);

#endif
