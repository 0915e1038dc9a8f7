/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Lines of the management protocol, as a client may send them, against the dispatcher and the
 * transactions behind it. Whatever comes, each request has an answer that is an object with
 * either a result or an error that says something, and that can be written as JSON.
 */
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "controlplane/mgmt/linebuf.h"
#include "controlplane/mgmt/mgmt_priv.h"
#include "tests/fuzz/fuzz.h"

static void
must(bool ok)
{
	if (!ok)
		abort();
}

static json_t *
echo(void *ctx, const json_t *params, char *err, size_t err_len)
{
	json_t *name = json_object_get(params, "name");

	return name != NULL ? json_pack("{s:O}", "name", name) : NULL;
}

static void
check_answer(json_t *answer)
{
	json_t *result = json_object_get(answer, "result"),
	       *error = json_object_get(answer, "error");
	char *text = json_dumps(answer, JSON_COMPACT);

	must(text != NULL && strchr(text, '\n') == NULL);
	must((result != NULL) != (error != NULL));
	must(error == NULL || json_string_length(json_object_get(error, "message")) > 0);
	free(text);
	fuzz_reached(result != NULL ? "result" : "error");
	json_decref(answer);
}

/* What is made beside the loop, all of it at once. */
static json_t *
finish(struct mgmt_work *w, uint64_t now_ms)
{
	json_t *answer;

	do
		w->beside(w);
	while (w->after(w, now_ms));
	must(w->text != NULL && w->text[w->len - 1] == '\n');
	answer = json_loadb(w->text, w->len, 0, NULL);
	w->free(w);
	return answer;
}

static void
one_line(const char *line, size_t len, struct txn *txn, uint64_t now_ms)
{
	struct subject subject = { "echo", echo, NULL };
	struct subjects subjects = { &subject, 1 };
	struct request rq = {
		.txn = txn, .shows = &subjects, .clears = &subjects, .now_ms = now_ms
	};
	json_t *req = json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL), *answer;

	if (req != NULL) {
		answer = mgmt_answer(req, &rq);
		check_answer(rq.work != NULL ? finish(rq.work, now_ms) : answer);
	}
	json_decref(req);
	txn_tick(txn, now_ms);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	log_init("fuzz", LVL_ERROR);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct txn *txn = txn_new(NULL, 0, NULL);
	struct linebuf in = { .buf = NULL };
	uint64_t now_ms = 0;
	size_t len = 0;
	char *line;

	must(txn != NULL && linebuf_add(&in, data, size) == 0);
	while ((line = linebuf_line(&in, &len)) != NULL) {
		one_line(line, len, txn, now_ms);
		linebuf_drop(&in, len);
		now_ms += 400;
	}
	one_line((const char *)data, size, txn, now_ms);
	linebuf_fini(&in);
	txn_free(txn);
	return 0;
}
