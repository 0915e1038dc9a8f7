/* SPDX-License-Identifier: BSD-3-Clause */
/* What clients of the management socket do to it: lines, limits, those who do not read. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "controlplane/config/json.h"
#include "controlplane/mgmt/server.h"
#include "tests/unit/cu.h"
#include "tests/unit/mgmt_fixture.h"

#define LIMIT_S 60

static void
test_many_requests_in_one_write_and_in_pieces(void)
{
	static const char one[] =
			"{\"id\": 1, \"method\": \"show\", \"params\": {\"what\": \"echo\"}}\n";
	char text[200 * sizeof(one)] = "";
	int fd;

	mf_begin();
	fd = mf_client();
	for (int i = 0; i < 100; i++)
		strcat(text, one);
	mf_send_text(fd, text);
	for (int i = 0; i < 100; i++) {
		json_t *j = mf_receive(fd);

		CU_ASSERT_PTR_NOT_NULL_FATAL(json_object_get(j, "result"));
		json_decref(j);
	}
	for (size_t i = 0; i < strlen(one); i++)
		mf_send_bytes(fd, one + i, 1);
	json_decref(mf_receive(fd));
	close(fd);
	mf_end();
}

static void
test_answers_after_the_client_closed_its_side(void)
{
	int fd;

	mf_begin();
	fd = mf_client();
	for (int i = 0; i < 20; i++)
		mf_send_text(fd, "{\"id\": 1, \"method\": \"show\", \"params\": {\"what\": "
			      "\"echo\"}}\n");
	shutdown(fd, SHUT_WR);
	for (int i = 0; i < 20; i++) {
		json_t *j = mf_receive(fd);

		CU_ASSERT_PTR_NOT_NULL(j);
		json_decref(j);
	}
	CU_ASSERT_TRUE(mf_is_closed(fd));
	close(fd);
	mf_end();
}

static void
test_what_is_not_json_ends_the_connection(void)
{
	static const char *const bad[] = {
		"hello\n",
		"\n",
		"{\"a\": 1, \"a\": 2}\n",
		"{\"psk\": \"geheim\n",
		"\xff\xfe\n",
		"{\"a\": \"\\u0000\"}\n",
		"{} {}\n",
		"1e999\n",
	};

	mf_begin();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int fd = mf_client();
		json_t *j = mf_ask(fd, bad[i]);
		char *text = json_dumps(j, 0);

		CU_ASSERT_PTR_NOT_NULL(strstr(text, "not JSON"));
		CU_ASSERT_PTR_NULL(strstr(text, "geheim"));
		CU_ASSERT_TRUE(mf_is_closed(fd));
		free(text);
		json_decref(j);
		close(fd);
	}
	mf_end();
}

static void
test_a_nul_in_a_line_is_refused(void)
{
	int fd;
	json_t *j;

	mf_begin();
	fd = mf_client();
	mf_send_bytes(fd, "{}\0{}\n", 6);
	j = mf_receive(fd);
	CU_ASSERT_PTR_NOT_NULL(json_object_get(j, "error"));
	json_decref(j);
	CU_ASSERT_TRUE(mf_is_closed(fd));
	close(fd);
	mf_end();
}

static void
test_line_limit(void)
{
	char text[3000];
	json_t *j;
	int fd;

	mf_begin_with((struct mgmt_options){ .max_line = 1000 });
	memset(text, ' ', sizeof(text));
	fd = mf_client();
	mf_send_bytes(fd, text, sizeof(text)); /* no line feed at all */
	j = mf_receive(fd);
	CU_ASSERT_PTR_NOT_NULL(json_object_get(j, "error"));
	json_decref(j);
	CU_ASSERT_TRUE(mf_is_closed(fd));
	close(fd);
	/* Exactly at the limit is fine. */
	fd = mf_client();
	memcpy(text, "{\"method\": \"config-get\"}", 24);
	text[1000] = '\n';
	mf_send_bytes(fd, text, 1001);
	j = mf_receive(fd);
	CU_ASSERT_PTR_NOT_NULL(json_object_get(j, "result"));
	json_decref(j);
	close(fd);
	mf_end();
}

/* A big configuration comes as one line: time must not grow with the square of its length. */
static void
test_a_long_line(void)
{
	size_t n = 16u << 20;
	char *text = malloc(n);
	double start;
	json_t *j;
	int fd;

	mf_begin();
	memset(text, ' ', n);
	memcpy(text, "{\"method\": \"config-get\"}", 24);
	text[n - 1] = '\n';
	fd = mf_client();
	start = mf_now_s();
	mf_send_bytes(fd, text, n);
	j = mf_receive(fd);
	CU_ASSERT_PTR_NOT_NULL(json_object_get(j, "result"));
	printf("(%zu MiB in %.3f s) ", n >> 20, mf_now_s() - start);
	json_decref(j);
	free(text);
	close(fd);
	mf_end();
}

static void
test_client_limit(void)
{
	int fd[3];
	json_t *j;

	mf_begin_with((struct mgmt_options){ .max_clients = 2 });
	for (int i = 0; i < 2; i++) {
		fd[i] = mf_client();
		json_decref(mf_ask(fd[i], "{\"method\": \"config-get\"}\n"));
	}
	fd[2] = mf_client();
	j = mf_receive(fd[2]);
	CU_ASSERT_PTR_NOT_NULL(json_object_get(j, "error"));
	json_decref(j);
	CU_ASSERT_TRUE(mf_is_closed(fd[2]));
	close(fd[2]);
	/* One goes, one may come. */
	close(fd[0]);
	mf_turn();
	fd[0] = mf_client();
	json_decref(mf_ask(fd[0], "{\"method\": \"config-get\"}\n"));
	close(fd[0]);
	close(fd[1]);
	mf_end();
}

static void
pass_ms(unsigned int ms)
{
	for (double until = mf_now_s() + ms / 1000.0; mf_now_s() < until;)
		mf_turn();
}

/* Clients that hang, at a prompt or within a line, keep nobody out: the longest silent goes. */
static void
test_silent_clients_give_way(void)
{
	int fd[3], late;

	mf_begin_with((struct mgmt_options){ .max_clients = 3, .silent_ms = 1 });
	for (int i = 0; i < 3; i++) {
		fd[i] = mf_client();
		mf_send_text(fd[i], "{\"method\": \"config");
		pass_ms(3);
	}
	json_decref(mf_ask(fd[0], "-get\"}\n"));
	for (int i = 1; i < 3; i++) {
		pass_ms(3);
		late = mf_client();
		json_decref(mf_ask(late, "{\"method\": \"config-get\"}\n"));
		CU_ASSERT_TRUE(mf_is_closed(fd[i]));
		close(fd[i]);
		fd[i] = late;
	}
	for (int i = 0; i < 3; i++) {
		json_decref(mf_ask(fd[i], "{\"method\": \"config-get\"}\n"));
		close(fd[i]);
	}
	mf_end();
}

/* A client that asks and asks but does not read: no further request of it is looked at. */
static void
test_slow_reader_is_not_served_further(void)
{
	static const char one[] = "{\"method\": \"show\", \"params\": {\"what\": \"big\"}}\n";
	int fd, other;

	mf_begin();
	mf_n_big = 0;
	fd = mf_client();
	for (int i = 0; i < 10; i++)
		mf_send_text(fd, one);
	for (int i = 0; i < 100; i++)
		mf_turn();
	CU_ASSERT_TRUE(mf_n_big >= 1 && mf_n_big <= 2);
	/* Others are served meanwhile. */
	other = mf_client();
	json_decref(mf_ask(other, "{\"method\": \"config-get\"}\n"));
	close(other);
	/* And nothing is lost when it does read. */
	for (int i = 0; i < 10; i++) {
		json_t *j = mf_receive(fd);

		CU_ASSERT_PTR_NOT_NULL_FATAL(j);
		json_decref(j);
	}
	close(fd);
	mf_end();
}

static void
test_stalled_reader_is_dropped(void)
{
	double limit = mf_now_s() + LIMIT_S;
	struct pollfd p;
	int fd;

	mf_begin_with((struct mgmt_options){ .stall_s = 1 });
	fd = mf_client();
	mf_send_text(fd, "{\"method\": \"show\", \"params\": {\"what\": \"big\"}}\n");
	p = (struct pollfd){ .fd = fd, .events = POLLIN | POLLRDHUP };
	do {
		mf_turn();
		CU_ASSERT_TRUE(poll(&p, 1, 10) >= 0);
	} while ((p.revents & POLLRDHUP) == 0 && mf_now_s() < limit);
	CU_ASSERT_TRUE(p.revents & POLLRDHUP);
	close(fd);
	mf_end();
}

static void
test_answer_over_the_limit_drops_the_client(void)
{
	int fd;

	mf_begin_with((struct mgmt_options){ .max_output = 65536 });
	fd = mf_client();
	mf_send_text(fd, "{\"method\": \"show\", \"params\": {\"what\": \"big\"}}\n");
	CU_ASSERT_TRUE(mf_is_closed(fd));
	close(fd);
	mf_end();
}

static void
test_client_gone_before_its_answer(void)
{
	int fd;

	mf_begin();
	for (int i = 0; i < 20; i++) {
		fd = mf_client();
		mf_send_text(fd, "{\"method\": \"show\", \"params\": {\"what\": \"big\"}}\n");
		close(fd);
		mf_turn();
	}
	mf_expect("{\"id\": \"x\", \"method\": \"clear\", \"params\": {\"what\": \"counters\"}}\n",
			"{\"id\":\"x\",\"result\":{\"cleared\":3}}");
	mf_end();
}

static const struct cu_case cases[] = {
	CU_CASE(test_many_requests_in_one_write_and_in_pieces),
	CU_CASE(test_answers_after_the_client_closed_its_side),
	CU_CASE(test_what_is_not_json_ends_the_connection),
	CU_CASE(test_a_nul_in_a_line_is_refused),
	CU_CASE(test_line_limit),
	CU_CASE(test_a_long_line),
	CU_CASE(test_client_limit),
	CU_CASE(test_silent_clients_give_way),
	CU_CASE(test_slow_reader_is_not_served_further),
	CU_CASE(test_stalled_reader_is_dropped),
	CU_CASE(test_answer_over_the_limit_drops_the_client),
	CU_CASE(test_client_gone_before_its_answer),
};

int
main(void)
{
	log_init("test", LVL_ERROR);
	cfg_json_init();
	return cu_run("mgmt_clients", cases, sizeof(cases) / sizeof(cases[0]));
}
