/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Answers that are made in parts: they are whole JSON, one line, whatever happens between two
 * parts, and they hold up nobody else.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "controlplane/mgmt/parts.h"
#include "controlplane/util/events.h"
#include "tests/unit/cu.h"
#include "tests/unit/mgmt_fixture.h"

#define N_ENTRIES 20000
#define LIMIT_S   60

/* What is listed: numbers 0..n - 1, each with so much text. */
static struct {
	int n, text_len;
	int n_written, n_begun, n_ended; /* entries; answers */
	void (*between)(int i);          /* before entry @i */
} list;

struct cursor {
	bool begun;
	int next;
};

static bool
list_begin(void *ctx, const json_t *params, void *cursor, char *err, size_t err_len)
{
	list.n_begun++;
	if (json_object_get(params, "fail") == NULL)
		return true;
	snprintf(err, err_len, "told to fail");
	list.n_begun--;
	return false;
}

static bool
list_next(void *ctx, const json_t *params, void *cursor, struct mgmt_out *out)
{
	static char text[4096];
	struct cursor *c = cursor;

	if (!c->begun)
		mgmt_out_array(out, "entries");
	c->begun = true;
	if (c->next >= list.n) {
		mgmt_out_end(out);
		mgmt_out_put(out, "n", json_integer(c->next));
		return false;
	}
	if (list.between != NULL)
		list.between(c->next);
	memset(text, 'x', (size_t)list.text_len);
	mgmt_out_put(out, NULL, json_pack("{s:i, s:s#}", "i", c->next++, "text", text,
						  list.text_len));
	list.n_written++;
	return true;
}

static void
list_end(void *ctx, void *cursor)
{
	list.n_ended++;
}

static const struct mgmt_parts list_parts = { .cursor_size = sizeof(struct cursor),
	.begin = list_begin, .next = list_next, .end = list_end };

static json_t *
show_one(void *ctx, const json_t *params, char *err, size_t err_len)
{
	return json_pack("{s:i}", "written", list.n_written);
}

static struct events *events;

static void
begin(int n, int text_len)
{
	memset(&list, 0, sizeof(list));
	list.n = n;
	list.text_len = text_len;
	events = events_new();
	mf_begin_with((struct mgmt_options){ .events = events });
	mgmt_register_show_parts(mf_server, "list", &list_parts, NULL);
	mgmt_register_show(mf_server, "one", show_one, NULL);
}

static void
end(void)
{
	mf_end();
	events_free(events);
	CU_ASSERT_EQUAL(list.n_begun, list.n_ended);
}

/* The whole line as it came, for it may be megabytes. */
static json_t *
whole(int fd)
{
	double limit = mf_now_s() + LIMIT_S;
	size_t len = 0, cap = 1u << 20;
	char *buf = malloc(cap);
	json_t *j;

	while (mf_now_s() < limit && (len == 0 || buf[len - 1] != '\n')) {
		ssize_t n;

		if (len == cap)
			buf = realloc(buf, cap *= 2);
		n = read(fd, buf + len, cap - len);
		len += n > 0 ? (size_t)n : 0;
		mf_turn();
	}
	j = json_loadb(buf, len, 0, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(j);
	free(buf);
	return j;
}

static void
is_all(const json_t *answer, int id, int n)
{
	const json_t *result = json_object_get(answer, "result");
	const json_t *entries = json_object_get(result, "entries");

	CU_ASSERT_EQUAL(json_integer_value(json_object_get(answer, "id")), id);
	CU_ASSERT_EQUAL_FATAL(json_array_size(entries), (size_t)n);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(result, "n")), n);
	for (int i = 0; i < n; i++)
		CU_ASSERT_EQUAL_FATAL(json_integer_value(json_object_get(
				json_array_get(entries, (size_t)i), "i")), i);
}

static void
ask_list(int fd, int id)
{
	char text[80];

	snprintf(text, sizeof(text),
			"{\"id\":%d,\"method\":\"show\",\"params\":{\"what\":\"list\"}}\n", id);
	mf_send_text(fd, text);
}

static void
test_small_ones(void)
{
	begin(0, 0);
	mf_expect("{\"id\":1,\"method\":\"show\",\"params\":{\"what\":\"list\"}}\n",
			"{\"id\":1,\"result\":{\"entries\":[],\"n\":0}}");
	list.n = 2;
	mf_expect("{\"method\":\"show\",\"params\":{\"what\":\"list\"}}\n",
			"{\"result\":{\"entries\":[{\"i\":0,\"text\":\"\"},"
			"{\"i\":1,\"text\":\"\"}],"
			"\"n\":2}}");
	mf_expect("{\"id\":[\"x\"],\"method\":\"show\","
		  "\"params\":{\"what\":\"list\",\"fail\":1}}\n",
			"{\"id\":[\"x\"],\"error\":{\"message\":\"told to fail\"}}");
	end();
}

/* Another client is answered before the long answer is whole; so is a timer of the loop. */
static void
test_others_have_their_turn(void)
{
	int fd, other;
	json_t *j;
	json_int_t written;

	begin(N_ENTRIES, 40);
	fd = mf_client();
	other = mf_client();
	ask_list(fd, 1);
	j = mf_ask(other, "{\"method\":\"show\",\"params\":{\"what\":\"one\"}}\n");
	written = json_integer_value(json_object_get(json_object_get(j, "result"), "written"));
	CU_ASSERT_TRUE(written < N_ENTRIES);
	json_decref(j);
	j = whole(fd);
	is_all(j, 1, N_ENTRIES);
	json_decref(j);
	close(fd);
	close(other);
	end();
}

/* Two long answers at once, and what was asked behind each on the same connection. */
static void
test_in_order(void)
{
	int fd[2];
	json_t *j;

	begin(N_ENTRIES, 10);
	for (int i = 0; i < 2; i++) {
		fd[i] = mf_client();
		ask_list(fd[i], i);
		mf_send_text(fd[i],
				"{\"id\":9,\"method\":\"show\",\"params\":{\"what\":\"one\"}}\n");
	}
	for (int i = 0; i < 2; i++) {
		j = mf_receive(fd[i]);
		CU_ASSERT_PTR_NOT_NULL_FATAL(j);
		is_all(j, i, N_ENTRIES);
		json_decref(j);
		j = mf_receive(fd[i]);
		CU_ASSERT_EQUAL(json_integer_value(json_object_get(j, "id")), 9);
		json_decref(j);
		close(fd[i]);
	}
	end();
}

static void
event_comes(int i)
{
	if (i % 1000 == 0)
		events_add(events, "vrrp", "lan 10", "backup", "active", "");
}

/* Events wait until the answer is whole. */
static void
test_events_between(void)
{
	json_t *j;
	int fd;

	begin(N_ENTRIES, 40);
	list.between = event_comes;
	fd = mf_client();
	json_decref(mf_ask(fd, "{\"method\":\"events\",\"params\":{\"since\":0}}\n"));
	ask_list(fd, 3);
	j = mf_receive(fd);
	is_all(j, 3, N_ENTRIES);
	json_decref(j);
	for (int i = 0; i < N_ENTRIES / 1000; i++) {
		j = mf_receive(fd);
		CU_ASSERT_EQUAL(json_integer_value(json_object_get(json_object_get(j, "event"),
						"seq")), i);
		json_decref(j);
	}
	close(fd);
	end();
}

/* No more is made than is read, and it costs no memory to wait. */
static void
test_slow_reader(void)
{
	json_t *j;
	int fd;

	begin(N_ENTRIES, 1000);
	fd = mf_client();
	ask_list(fd, 4);
	for (int i = 0; i < 500; i++)
		mf_turn();
	CU_ASSERT_TRUE(list.n_written > 0 && list.n_written < 3000);
	j = whole(fd);
	is_all(j, 4, N_ENTRIES);
	json_decref(j);
	close(fd);
	end();
}

static void
test_gone_in_the_middle(void)
{
	begin(N_ENTRIES, 1000);
	for (int i = 0; i < 5; i++) {
		int fd = mf_client();

		ask_list(fd, i);
		for (int k = 0; k < 3 * i; k++)
			mf_turn();
		close(fd);
		for (int k = 0; k < 100 && list.n_ended < list.n_begun; k++)
			mf_turn();
		CU_ASSERT_EQUAL(list.n_begun, i + 1);
		CU_ASSERT_EQUAL(list.n_ended, i + 1);
	}
	/* And one that is there when the server goes. */
	ask_list(mf_client(), 0);
	mf_turn();
	end();
}

/* It has said that it will send no more, and reads on. */
static void
test_answer_after_the_end(void)
{
	json_t *j;
	int fd;

	begin(N_ENTRIES, 10);
	fd = mf_client();
	ask_list(fd, 5);
	CU_ASSERT_EQUAL(shutdown(fd, SHUT_WR), 0);
	j = mf_receive(fd);
	is_all(j, 5, N_ENTRIES);
	json_decref(j);
	CU_ASSERT_PTR_NULL(mf_receive(fd));
	close(fd);
	end();
}

static const struct cu_case cases[] = {
	CU_CASE(test_small_ones),
	CU_CASE(test_others_have_their_turn),
	CU_CASE(test_in_order),
	CU_CASE(test_events_between),
	CU_CASE(test_slow_reader),
	CU_CASE(test_gone_in_the_middle),
	CU_CASE(test_answer_after_the_end),
};

CU_MAIN("mgmt-parts", cases)
