/* SPDX-License-Identifier: BSD-3-Clause */
/* From a request object to its answer: methods, parameters, errors. No sockets here. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "controlplane/mgmt/mgmt_priv.h"

json_t *
request_fail(struct request *rq, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	rq->error = json_pack("{s:o}", "message", json_vsprintf(fmt, ap));
	va_end(ap);
	return NULL;
}

json_t *
request_fail_errors(struct request *rq, const char *message, const struct cfg_errors *errs)
{
	rq->error = json_pack("{s:s}", "message", message);
	if (errs->n_errors_total > 0)
		json_object_set_new(rq->error, "errors", cfg_errors_json(errs));
	return NULL;
}

/* ---- parameters ---------------------------------------------------------------------------- */

/* null is the same as not given. */
static const json_t *
param(const struct request *rq, const char *name)
{
	const json_t *j = json_object_get(rq->params, name);

	return json_is_null(j) ? NULL : j;
}

bool
request_number(struct request *rq, const char *name, uint32_t max, uint32_t *value)
{
	const json_t *j = param(rq, name);

	if (j == NULL)
		return true;
	if (!json_is_integer(j) || json_integer_value(j) < 0 || json_integer_value(j) > max) {
		request_fail(rq, "params: \"%s\" must be a number 0..%u", name, max);
		return false;
	}
	*value = (uint32_t)json_integer_value(j);
	return true;
}

bool
request_bool(struct request *rq, const char *name, bool *value)
{
	const json_t *j = param(rq, name);

	if (j == NULL)
		return true;
	if (!json_is_boolean(j)) {
		request_fail(rq, "params: \"%s\" must be true or false", name);
		return false;
	}
	*value = json_is_true(j);
	return true;
}

bool
request_text(struct request *rq, const char *name, const char **value)
{
	const json_t *j = param(rq, name);

	if (j == NULL)
		return true;
	if (!json_is_string(j)) {
		request_fail(rq, "params: \"%s\" must be a string", name);
		return false;
	}
	*value = json_string_value(j);
	return true;
}

bool
request_only(struct request *rq, const char *known)
{
	json_t *params = (json_t *)(uintptr_t)rq->params, *value;
	const char *name;

	json_object_foreach (params, name, value) {
		size_t len = strlen(name);
		const char *p = known;
		bool found = false;

		while (*p != '\0' && !found) {
			size_t word = strcspn(p, " ");

			found = word == len && memcmp(p, name, len) == 0;
			p += word + strspn(p + word, " ");
		}
		if (!found) {
			request_fail(rq, "params: unknown \"%.64s\"; known are: %s", name,
					known[0] != '\0' ? known : "none");
			return false;
		}
	}
	return true;
}

/* ---- show and clear ------------------------------------------------------------------------ */

static json_t *
fail_unknown_subject(struct request *rq, const struct subjects *s, const char *what)
{
	char known[512];
	size_t at = 0;

	known[0] = '\0';
	for (unsigned int i = 0; i < s->n && at < sizeof(known); i++)
		at += (size_t)snprintf(known + at, sizeof(known) - at, "%s%s", i > 0 ? ", " : "",
				s->v[i].what);
	return request_fail(
			rq, "params: \"what\": \"%.64s\" is not known; known are: %s", what, known);
}

static json_t *
ask_subject(struct request *rq, const struct subjects *s)
{
	const char *what = NULL;

	if (!request_text(rq, "what", &what))
		return NULL;
	if (what == NULL)
		return request_fail(rq, "params: \"what\" is missing");
	for (unsigned int i = 0; i < s->n; i++) {
		char err[256] = "";
		json_t *result;

		if (strcmp(s->v[i].what, what) != 0)
			continue;
		if (s->v[i].parts != NULL) {
			rq->parts = mgmt_parts_begin(s->v[i].parts, s->v[i].ctx, rq->id, rq->params,
					err, sizeof(err));
			return rq->parts != NULL ? NULL : request_fail(rq, "%s", err);
		}
		result = s->v[i].fn(s->v[i].ctx, rq->params, err, sizeof(err));
		if (result == NULL)
			request_fail(rq, "%s", err[0] != '\0' ? err : "it can't be shown now");
		return result;
	}
	return fail_unknown_subject(rq, s, what);
}

static json_t *
method_show(struct request *rq)
{
	return ask_subject(rq, rq->shows);
}

static json_t *
method_clear(struct request *rq)
{
	return ask_subject(rq, rq->clears);
}

static json_t *
method_debug(struct request *rq)
{
	return ask_subject(rq, rq->debugs);
}

static json_t *
method_reload(struct request *rq)
{
	const struct mgmt_options *o = rq->options;
	const char *what = NULL;
	char err[256] = "";

	if (!request_only(rq, "what") || !request_text(rq, "what", &what))
		return NULL;
	if (what == NULL || strcmp(what, "control-plane") != 0)
		return request_fail(rq, "params: \"what\" must be \"control-plane\"");
	if (o->reload == NULL || !o->reload(o->reload_ctx, err, sizeof(err)))
		return request_fail(rq, "%s", err[0] != '\0' ? err : "it can't be restarted");
	return json_pack("{s:b}", "restarting", 1);
}

/* ---- requests ------------------------------------------------------------------------------ */

static const struct method {
	const char *name;
	json_t *(*fn)(struct request *rq);
	bool config; /* waits while somebody works on the configuration */
} methods[] = {
	{ "show", method_show },
	{ "clear", method_clear },
	{ "debug", method_debug },
	{ "config-get", method_config_get, true },
	{ "config-push", method_config_push, true },
	{ "config-confirm", method_config_confirm, true },
	{ "config-rollback", method_config_rollback, true },
	{ "config-versions", method_config_versions, true },
	{ "config-save", method_config_save, true },
	{ "events", method_events },
	{ "reload", method_reload },
	{ "schema", method_schema },
	{ "json-schema", method_json_schema },
};

static json_t *
call(const json_t *req, struct request *rq)
{
	const char *name = json_string_value(json_object_get(req, "method"));

	if (!json_is_object(req))
		return request_fail(
				rq, "a request is an object: {\"method\": ..., \"params\": {...}}");
	if (name == NULL)
		return request_fail(rq, "\"method\" is missing, or no string");
	if (!json_is_object(rq->params))
		return request_fail(rq, "\"params\" is not an object");
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (strcmp(methods[i].name, name) != 0)
			continue;
		rq->wait = methods[i].config && rq->config_taken;
		return rq->wait ? NULL : methods[i].fn(rq);
	}
	return request_fail(rq, "there is no method \"%.64s\"", name);
}

json_t *
mgmt_make_answer(const json_t *id, const char *key, json_t *value)
{
	json_t *o = json_object();

	if (id != NULL)
		json_object_set(o, "id", (json_t *)(uintptr_t)id);
	json_object_set_new(o, key, value);
	return o;
}

json_t *
mgmt_error_answer(const json_t *id, const char *message)
{
	return mgmt_make_answer(id, "error", json_pack("{s:s}", "message", message));
}

json_t *
mgmt_answer(const json_t *req, struct request *rq)
{
	const json_t *id = json_object_get(req, "id");
	json_t *none = json_object(), *result;

	rq->id = id;
	rq->parts = NULL;
	rq->work = NULL;
	rq->wait = false;
	rq->params = json_object_get(req, "params");
	if (rq->params == NULL)
		rq->params = none;
	rq->error = NULL;
	result = call(req, rq);
	json_decref(none);
	if (result != NULL)
		return mgmt_make_answer(id, "result", result);
	if (rq->parts != NULL || rq->work != NULL || rq->wait)
		return NULL;
	if (rq->error == NULL) /* what was to be said holds bytes that are no UTF-8, or no memory */
		return mgmt_error_answer(id, "the request failed");
	return mgmt_make_answer(id, "error", rq->error);
}
