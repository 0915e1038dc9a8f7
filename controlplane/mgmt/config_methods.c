/* SPDX-License-Identifier: BSD-3-Clause */
/* The methods on the configuration, over transactions and the store; see docs/mgmt.md. */
#include <stdio.h>

#include "controlplane/config/schema.h"
#include "controlplane/mgmt/mgmt_priv.h"

#define VERSION_MAX 999999999u

/* NULL: its answer is made beside the loop. */
static json_t *
beside(struct request *rq, struct mgmt_work *w)
{
	rq->work = w;
	return w != NULL ? NULL : request_fail(rq, "out of memory");
}

json_t *
method_config_get(struct request *rq)
{
	uint32_t version = txn_version(rq->txn);
	bool secrets = false;

	if (!request_only(rq, "version secrets") ||
			!request_number(rq, "version", VERSION_MAX, &version) ||
			!request_bool(rq, "secrets", &secrets))
		return NULL;
	if (version != txn_version(rq->txn) && txn_store(rq->txn) == NULL)
		return request_fail(rq, "versions are not stored here");
	return beside(rq, config_work_get(rq, version, secrets));
}

static bool
push_options(struct request *rq, struct txn_options *o)
{
	return request_only(rq, "config base dry_run confirm_s comment") &&
	       request_number(rq, "base", VERSION_MAX, &o->base) &&
	       request_number(rq, "confirm_s", TXN_CONFIRM_MAX_S, &o->confirm_s) &&
	       request_bool(rq, "dry_run", &o->dry_run) && request_text(rq, "comment", &o->comment);
}

static json_t *
change(struct request *rq, struct txn_change *c)
{
	return beside(rq, c != NULL ? config_work_change(rq, c) : NULL);
}

json_t *
method_config_push(struct request *rq)
{
	json_t *config = json_object_get(rq->params, "config");
	struct txn_options o = { .base = 0 };

	if (!push_options(rq, &o))
		return NULL;
	if (config == NULL)
		return request_fail(rq, "params: \"config\" is missing");
	return change(rq, txn_change_push(rq->txn, config, &o));
}

json_t *
method_config_rollback(struct request *rq)
{
	uint32_t version = 0;

	if (!request_only(rq, "version") || !request_number(rq, "version", VERSION_MAX, &version))
		return NULL;
	if (version == 0)
		return request_fail(rq, "params: \"version\" is missing");
	return change(rq, txn_change_rollback(rq->txn, version));
}

json_t *
method_config_confirm(struct request *rq)
{
	if (!request_only(rq, ""))
		return NULL;
	if (txn_confirm(rq->txn) != 0)
		return request_fail(rq, "no change waits to be confirmed");
	return json_pack("{s:I}", "version", (json_int_t)txn_version(rq->txn));
}

json_t *
method_config_save(struct request *rq)
{
	return request_only(rq, "") ? beside(rq, config_work_save(rq)) : NULL;
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
	config_add_waiting(rq->txn, rq->now_ms, result);
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
