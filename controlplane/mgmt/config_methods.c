/* SPDX-License-Identifier: BSD-3-Clause */
/* The methods on the configuration, over transactions and the store; see docs/mgmt.md. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "controlplane/config/schema.h"
#include "controlplane/mgmt/mgmt_priv.h"

#define VERSION_MAX 999999999u

static json_t *
get_answer(struct request *rq, const struct cfg *c, uint32_t version, bool secrets)
{
	json_t *doc = cfg_to_json(c, secrets ? CFG_JSON_SECRETS : 0);

	if (doc == NULL)
		return request_fail(rq, "out of memory");
	if (secrets)
		log_notice("mgmt", "user %u read the configuration with its secrets", rq->uid);
	return json_pack("{s:I, s:o}", "version", (json_int_t)version, "config", doc);
}

json_t *
method_config_get(struct request *rq)
{
	uint32_t version = txn_version(rq->txn);
	struct cfg_errors errs;
	bool secrets = false;
	json_t *result;
	struct cfg *c;

	if (!request_only(rq, "version secrets") ||
			!request_number(rq, "version", VERSION_MAX, &version) ||
			!request_bool(rq, "secrets", &secrets))
		return NULL;
	if (version == txn_version(rq->txn))
		return get_answer(rq, txn_running(rq->txn), version, secrets);
	if (txn_store(rq->txn) == NULL)
		return request_fail(rq, "versions are not stored here");
	cfg_errors_init(&errs);
	c = store_load(txn_store(rq->txn), version, &errs);
	if (c != NULL)
		result = get_answer(rq, c, version, secrets);
	else
		result = request_fail_errors(rq, "this version can't be read", &errs);
	cfg_free(c);
	cfg_errors_fini(&errs);
	return result;
}

/* When a change waits to be confirmed: how long still. */
static void
add_waiting(const struct request *rq, json_t *result)
{
	uint64_t deadline = txn_deadline_ms(rq->txn);
	uint64_t left = deadline > rq->now_ms ? deadline - rq->now_ms : 0;

	if (deadline != TXN_NO_DEADLINE)
		json_object_set_new(result, "confirm_in_s",
				json_integer((json_int_t)((left + 999) / 1000)));
}

/* The result of a push or a rollback, or its failure. */
static json_t *
change_answer(struct request *rq, int rc, const struct txn_result *res)
{
	json_t *result;

	if (rc != 0)
		return request_fail_errors(rq, res->message, &res->errs);
	result = json_pack("{s:I, s:b, s:O, s:o, s:O?}", "version", (json_int_t)res->version,
			"changed",
			res->changed, "changes", res->changes, "warnings",
			cfg_warnings_json(&res->errs), "notes", res->notes);
	add_waiting(rq, result);
	return result;
}

static bool
push_options(struct request *rq, struct txn_options *o)
{
	return request_only(rq, "config base dry_run confirm_s comment") &&
	       request_number(rq, "base", VERSION_MAX, &o->base) &&
	       request_number(rq, "confirm_s", TXN_CONFIRM_MAX_S, &o->confirm_s) &&
	       request_bool(rq, "dry_run", &o->dry_run) && request_text(rq, "comment", &o->comment);
}

json_t *
method_config_push(struct request *rq)
{
	const json_t *config = json_object_get(rq->params, "config");
	struct txn_options o = { .base = 0 };
	struct txn_result res;
	json_t *result;
	int rc;

	if (!push_options(rq, &o))
		return NULL;
	if (config == NULL)
		return request_fail(rq, "params: \"config\" is missing");
	txn_result_init(&res);
	rc = txn_push(rq->txn, config, &o, rq->now_ms, &res);
	if (rc == 0 && res.changed && !o.dry_run)
		log_notice("mgmt", "user %u changed the configuration", rq->uid);
	result = change_answer(rq, rc, &res);
	txn_result_fini(&res);
	return result;
}

json_t *
method_config_rollback(struct request *rq)
{
	struct txn_result res;
	uint32_t version = 0;
	json_t *result;
	int rc;

	if (!request_only(rq, "version") || !request_number(rq, "version", VERSION_MAX, &version))
		return NULL;
	if (version == 0)
		return request_fail(rq, "params: \"version\" is missing");
	txn_result_init(&res);
	rc = txn_rollback(rq->txn, version, rq->now_ms, &res);
	if (rc == 0 && res.changed)
		log_notice("mgmt", "user %u went back to version %u", rq->uid, version);
	result = change_answer(rq, rc, &res);
	txn_result_fini(&res);
	return result;
}

static json_t *
version_answer(const struct request *rq)
{
	return json_pack("{s:I}", "version", (json_int_t)txn_version(rq->txn));
}

json_t *
method_config_confirm(struct request *rq)
{
	if (!request_only(rq, ""))
		return NULL;
	if (txn_confirm(rq->txn) != 0)
		return request_fail(rq, "no change waits to be confirmed");
	return version_answer(rq);
}

json_t *
method_config_save(struct request *rq)
{
	const char *file = txn_start_file(rq->txn);
	json_t *result;
	int rc;

	if (!request_only(rq, ""))
		return NULL;
	rc = txn_save(rq->txn);
	if (rc == -EBUSY)
		return request_fail(rq, "the running configuration waits to be confirmed first");
	if (rc != 0)
		return request_fail(rq, "it can't be saved: %s", strerror(-rc));
	result = version_answer(rq);
	if (file != NULL)
		json_object_set_new(result, "warnings",
				json_pack("[o]", json_sprintf("started with --config %s: the next "
							      "start reads that "
							      "file, unless it is left out",
								 file)));
	return result;
}

json_t *
method_config_versions(struct request *rq)
{
	json_t *list, *result;

	if (!request_only(rq, ""))
		return NULL;
	list = txn_store(rq->txn) != NULL
			       ? store_list_json(txn_store(rq->txn), txn_version(rq->txn))
			       : json_array();
	result = json_pack("{s:o}", "versions", list);
	add_waiting(rq, result);
	return result;
}

json_t *
method_schema(struct request *rq)
{
	return json_pack("{s:o}", "schema", schema_tree_json());
}

json_t *
method_json_schema(struct request *rq)
{
	return json_pack("{s:o}", "schema", schema_json_schema());
}
