/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What takes long of the configuration is done beside the loop, one after the other. How much the
 * loop's own thread does is counted in values of JSON, which it makes or frees: no clock is asked.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "controlplane/config/json.h"
#include "controlplane/mgmt/server.h"
#include "tests/unit/cu.h"
#include "tests/unit/mgmt_fixture.h"

#define N_ROUTES 4000 /* of some hundred bytes: much more than a line that the loop reads itself */
#define LOOP_MAX 500  /* values for the request around them and for the answer */
#define LIMIT_S  20
#define DOC_MAX  (1u << 20)
#define SHOW     "{\"id\": 9, \"method\": \"show\", \"params\": {\"what\": \"echo\"}}\n"

static pthread_t loop_thread;
static unsigned int n_loop;

static void *
count_malloc(size_t n)
{
	if (pthread_equal(pthread_self(), loop_thread))
		n_loop++;
	return malloc(n);
}

static void
count_free(void *p)
{
	if (p != NULL && pthread_equal(pthread_self(), loop_thread))
		n_loop++;
	free(p);
}

/* A push of so many routes, as a line; the caller frees it. */
static char *
push_text(unsigned int n_routes, const char *params)
{
	char *text = malloc(DOC_MAX);
	size_t at = (size_t)snprintf(text, DOC_MAX,
			"{\"method\": \"config-push\", \"params\": {%s \"config\": {\"interfaces\": "
			"{\"wan\": {\"address\": [\"1.1.1.2/24\"]}}, \"routes\": [", params);

	for (unsigned int i = 0; i < n_routes; i++)
		at += (size_t)snprintf(text + at, DOC_MAX - at,
				"%s{\"prefix\": \"10.%u.%u.0/24\", \"via\": \"1.1.1.1\"}",
				i > 0 ? ", " : "", i / 256, i % 256);
	at += (size_t)snprintf(text + at, DOC_MAX - at, "]}}}\n");
	CU_ASSERT_FATAL(at < DOC_MAX);
	return text;
}

/* Turn the loop until there is something to read. */
static void
wait_answer(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	double limit = mf_now_s() + LIMIT_S;

	while (poll(&p, 1, 0) == 0 && mf_now_s() < limit)
		mf_turn();
}

/* How many values the loop's thread handles until the answer to @text is there. */
static unsigned int
loop_values(const char *text)
{
	int fd = mf_client();
	unsigned int n;
	json_t *j;

	mf_send_text(fd, text);
	n_loop = 0;
	wait_answer(fd);
	n = n_loop;
	j = mf_receive(fd);
	CU_ASSERT_PTR_NOT_NULL(json_object_get(j, "result"));
	json_decref(j);
	close(fd);
	return n;
}

static void
test_the_loop_does_not_read_or_write_documents(void)
{
	char *many = push_text(N_ROUTES, ""), *one = push_text(1, "");

	loop_thread = pthread_self();
	json_set_alloc_funcs(count_malloc, count_free);
	mf_begin();
	CU_ASSERT(loop_values(many) < LOOP_MAX);
	CU_ASSERT_EQUAL(txn_running(mf_txn)->n_routes, N_ROUTES);
	CU_ASSERT(loop_values(many) < LOOP_MAX);
	CU_ASSERT_EQUAL(txn_version(mf_txn), 1);
	CU_ASSERT(loop_values("{\"method\": \"config-get\"}\n") < LOOP_MAX);
	CU_ASSERT(loop_values(one) < LOOP_MAX); /* its answer names all that go */
	CU_ASSERT_EQUAL(txn_running(mf_txn)->n_routes, 1);
	mf_end();
	cfg_json_init();
	free(many);
	free(one);
}

/* A method of the configuration is answered with what the one before it has made of it; a show
 * waits for nobody. */
static void
test_others_wait_for_a_push(void)
{
	char *many = push_text(N_ROUTES, ""), *stale = push_text(1, "\"base\": 7,");
	int pusher, other, third, shower;
	json_t *j;

	mf_begin();
	pusher = mf_client();
	other = mf_client();
	third = mf_client();
	shower = mf_client();
	mf_send_text(pusher, many);
	mf_send_text(other, "{\"method\": \"config-get\"}\n");
	mf_send_text(third, stale);
	mf_send_text(third, SHOW);
	mf_send_text(shower, SHOW);
	j = mf_receive(shower);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(j, "id")), 9);
	json_decref(j);
	j = mf_receive(pusher);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(json_object_get(j, "result"),
					"version")), 1);
	json_decref(j);
	j = mf_receive(other);
	CU_ASSERT_PTR_NOT_NULL(json_object_get(json_object_get(j, "result"), "config"));
	json_decref(j);
	/* The answers to one client come in the order of its requests. */
	j = mf_receive(third);
	CU_ASSERT_PTR_NOT_NULL(json_object_get(j, "error"));
	json_decref(j);
	j = mf_receive(third);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(j, "id")), 9);
	json_decref(j);
	close(pusher);
	close(other);
	close(third);
	close(shower);
	mf_end();
	free(many);
	free(stale);
}

static void
test_a_push_is_made_without_its_client(void)
{
	double limit = mf_now_s() + LIMIT_S;
	char *many = push_text(N_ROUTES, "");
	int fd;

	mf_begin();
	fd = mf_client();
	mf_send_text(fd, many);
	close(fd);
	while (txn_version(mf_txn) == 0 && mf_now_s() < limit)
		mf_turn();
	CU_ASSERT_EQUAL(txn_running(mf_txn)->n_routes, N_ROUTES);
	mf_expect("{\"method\":\"config-versions\"}\n", "{\"result\":{\"versions\":[]}}");
	mf_end();
	free(many);
}

/* Whatever turn the server ends in, a change has been made or it has not. */
static void
test_the_server_ends_while_a_push_is_made(void)
{
	char *text = push_text(10, "");

	for (int turns = 0; turns < 12; turns++) {
		uint32_t n;
		int fd;

		mf_begin();
		fd = mf_client();
		mf_send_text(fd, text);
		for (int i = 0; i < turns; i++)
			mf_turn();
		mgmt_server_free(mf_server);
		mf_server = NULL;
		CU_ASSERT_FALSE(txn_is_held(mf_txn));
		n = txn_running(mf_txn)->n_routes;
		CU_ASSERT(txn_version(mf_txn) == 0 ? n == 0 : n == 10);
		close(fd);
		mf_end();
	}
	free(text);
}

/* ---- the file read again -------------------------------------------------------------------- */

static char file[128];

/* The document of a push, as a file. */
static void
file_write(unsigned int n_routes)
{
	char *text = push_text(n_routes, "");
	json_t *j = json_loads(text, 0, NULL);

	snprintf(file, sizeof(file), "%s/again.json", mf_dir);
	CU_ASSERT_EQUAL(json_dump_file(json_object_get(json_object_get(j, "params"), "config"),
			file, 0), 0);
	json_decref(j);
	free(text);
}

/* Whoever asks for the configuration meanwhile is answered behind it. @n: how many values the
 * loop's thread has handled until then. */
static json_t *
config_behind(unsigned int *n)
{
	int fd = mf_client();
	json_t *j;

	mf_send_text(fd, "{\"method\": \"config-get\"}\n");
	wait_answer(fd);
	*n = n_loop;
	j = mf_receive(fd);
	close(fd);
	return j;
}

static void
test_a_file_read_again(void)
{
	unsigned int n;
	json_t *j;

	loop_thread = pthread_self();
	json_set_alloc_funcs(count_malloc, count_free);
	mf_begin();
	file_write(N_ROUTES);
	n_loop = 0;
	CU_ASSERT_EQUAL(mgmt_reread(mf_server, file), 0);
	CU_ASSERT_EQUAL(mgmt_reread(mf_server, file), -EBUSY);
	j = config_behind(&n);
	CU_ASSERT(n < LOOP_MAX);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(json_object_get(j, "result"),
			"version")), 1);
	CU_ASSERT_EQUAL(txn_running(mf_txn)->n_routes, N_ROUTES);
	json_decref(j);
	unlink(file);
	mf_end();
	cfg_json_init();
}

static void
test_a_file_that_cannot_be_read_changes_nothing(void)
{
	static const char *const texts[] = { "{ \"routes\": ", "{ \"routes\": 7 }" };
	unsigned int n;
	json_t *j;
	FILE *f;

	mf_begin();
	file_write(3);
	CU_ASSERT_EQUAL(mgmt_reread(mf_server, file), 0);
	json_decref(config_behind(&n));
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		f = fopen(file, "w");
		fputs(texts[i], f);
		fclose(f);
		CU_ASSERT_EQUAL(mgmt_reread(mf_server, file), 0);
		j = config_behind(&n);
		CU_ASSERT_EQUAL(txn_version(mf_txn), 1);
		CU_ASSERT_EQUAL(txn_running(mf_txn)->n_routes, 3);
		json_decref(j);
	}
	CU_ASSERT_EQUAL(mgmt_reread(mf_server, "/nonexistent"), 0);
	json_decref(config_behind(&n));
	CU_ASSERT_EQUAL(txn_version(mf_txn), 1);
	/* The server goes while the file is read: nothing was changed. */
	CU_ASSERT_EQUAL(mgmt_reread(mf_server, file), 0);
	unlink(file);
	mf_end();
}

static const struct cu_case cases[] = {
	CU_CASE(test_a_file_read_again),
	CU_CASE(test_a_file_that_cannot_be_read_changes_nothing),
	CU_CASE(test_the_loop_does_not_read_or_write_documents),
	CU_CASE(test_others_wait_for_a_push),
	CU_CASE(test_a_push_is_made_without_its_client),
	CU_CASE(test_the_server_ends_while_a_push_is_made),
};

int
main(void)
{
	log_init("test", LVL_ERROR);
	cfg_json_init();
	return cu_run("mgmt_config", cases, sizeof(cases) / sizeof(cases[0]));
}
