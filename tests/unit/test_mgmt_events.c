/* SPDX-License-Identifier: BSD-3-Clause */
/* Those who follow events over the management socket, and who is connected to it. */
#include <stdio.h>
#include <unistd.h>

#include "common/log.h"
#include "controlplane/config/json.h"
#include "controlplane/mgmt/server.h"
#include "controlplane/util/events.h"
#include "tests/unit/cu.h"
#include "tests/unit/mgmt_fixture.h"

static struct events *events;

static void
begin_events(void)
{
	events = events_new();
	CU_ASSERT_PTR_NOT_NULL_FATAL(events);
	mf_begin_with((struct mgmt_options){ .events = events });
	CU_ASSERT_EQUAL(mgmt_register_show(mf_server, "events", mgmt_show_events, events), 0);
}

static void
end_events(void)
{
	mf_end();
	events_free(events);
}

static void
add_event(unsigned int n)
{
	char object[16];

	snprintf(object, sizeof(object), "%u", n);
	events_add(events, n % 2 != 0 ? "vrrp" : "track", object, "down", "up", "a test");
}

static json_t *
next_line(int fd)
{
	json_t *j = mf_receive(fd);

	CU_ASSERT_PTR_NOT_NULL_FATAL(j);
	return j;
}

static json_int_t
event_number(const json_t *line)
{
	const json_t *seq = json_object_get(json_object_get(line, "event"), "seq");

	return json_is_integer(seq) ? json_integer_value(seq) : -1;
}

/* The answer, then events as they come; those of one source alone; requests go on beside them. */
static void
test_events_follow(void)
{
	json_t *j;
	int all, some;

	begin_events();
	add_event(0);
	all = mf_client();
	some = mf_client();
	mf_send_text(all, "{\"id\":1,\"method\":\"events\",\"params\":{\"since\":0}}\n");
	j = next_line(all);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(json_object_get(j, "result"), "next")),
			0);
	json_decref(j);
	j = next_line(all);
	CU_ASSERT_EQUAL(event_number(j), 0);
	json_decref(j);
	mf_send_text(some, "{\"id\":1,\"method\":\"events\",\"params\":{\"source\":\"vrrp\"}}\n");
	json_decref(next_line(some));
	for (unsigned int i = 1; i < 4; i++)
		add_event(i);
	for (int i = 1; i < 4; i++) {
		j = next_line(all);
		CU_ASSERT_EQUAL(event_number(j), i);
		json_decref(j);
	}
	for (int i = 1; i < 4; i += 2) {
		j = next_line(some);
		CU_ASSERT_EQUAL(event_number(j), i);
		json_decref(j);
	}
	mf_send_text(some,
			"{\"id\":2,\"method\":\"show\","
			"\"params\":{\"what\":\"events\",\"since\":2}}\n");
	j = next_line(some);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(j, "id")), 2);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(json_object_get(j, "result"), "events")),
			2);
	json_decref(j);
	mf_send_text(some, "{\"id\":3,\"method\":\"events\",\"params\":{\"sources\":\"vrrp\"}}\n");
	j = next_line(some);
	CU_ASSERT_PTR_NOT_NULL(json_object_get(j, "error"));
	json_decref(j);
	close(all);
	close(some);
	end_events();
}

/* Who does not read for a while gets the rest in order, and is told how many are missing. */
static void
test_events_slow(void)
{
	const unsigned int n = 40 * EVENTS_MAX;
	json_int_t next = 0, lost = 0, got = 0;
	json_t *j;
	int fd;

	begin_events();
	fd = mf_client();
	mf_send_text(fd, "{\"method\":\"events\"}\n");
	json_decref(next_line(fd));
	for (unsigned int i = 0; i < n; i++) {
		add_event(i);
		mf_turn(); /* as it goes: the socket's buffers fill */
	}
	while (next < (json_int_t)n) {
		j = next_line(fd);
		if (json_object_get(j, "lost") != NULL) {
			json_int_t more = json_integer_value(json_object_get(j, "lost"));

			CU_ASSERT_TRUE_FATAL(more > 0);
			lost += more;
			next += more;
		} else {
			CU_ASSERT_EQUAL_FATAL(event_number(j), next);
			got++;
			next++;
		}
		json_decref(j);
	}
	CU_ASSERT_EQUAL(next, (json_int_t)n);
	CU_ASSERT_TRUE(lost > 0);
	CU_ASSERT_TRUE(got >= EVENTS_MAX);
	close(fd);
	end_events();
}

/* ---- users -------------------------------------------------------------------------------- */

/* Who is connected, and what was asked last: no more of it than its name, made harmless. */
static void
test_users(void)
{
	json_t *answer, *users, *u;
	int one, two;

	mf_begin();
	CU_ASSERT_EQUAL(mgmt_register_show(mf_server, "users", mgmt_show_users, mf_server), 0);
	one = mf_client();
	two = mf_client();
	json_decref(mf_ask(one, "{\"method\": \"show\", \"params\": {\"what\": \"e\\u0007cho and a "
				"long name that is cut\"}}\n"));
	answer = mf_ask(two, "{\"method\": \"show\", \"params\": {\"what\": \"users\"}}\n");
	users = json_object_get(json_object_get(answer, "result"), "users");
	CU_ASSERT_EQUAL_FATAL(json_array_size(users), 2);
	u = json_array_get(users, 0);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(u, "uid")), getuid());
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(u, "pid")), getpid());
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(u, "request")),
			"show e?cho and a long name th");
	u = json_array_get(users, 1);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(u, "request")), "show users");
	json_decref(answer);
	close(one);
	close(two);
	mf_end();
}

static const struct cu_case cases[] = {
	CU_CASE(test_events_follow),
	CU_CASE(test_events_slow),
	CU_CASE(test_users),
};

int
main(void)
{
	log_init("test", LVL_ERROR);
	cfg_json_init();
	return cu_run("mgmt_events", cases, sizeof(cases) / sizeof(cases[0]));
}
