/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The management socket from a client's side: server and clients in one process and one loop.
 * Waiting is turning the loop until the answer is there, with a limit.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "controlplane/config/json.h"
#include "controlplane/mgmt/server.h"
#include "controlplane/util/events.h"
#include "cu.h"

#define LIMIT_S 10

static struct event_base *base;
static struct txn *txn;
static struct mgmt_server *server;
static char dir[64], path[96];

/* ---- fixture ------------------------------------------------------------------------------- */

static json_t *
show_echo(void *ctx, const json_t *params, char *err, size_t err_len)
{
	if (json_object_get(params, "fail") != NULL) {
		snprintf(err, err_len, "told to fail");
		return NULL;
	}
	return json_pack("{s:s, s:O}", "ctx", ctx, "params", params);
}

static int n_big; /* times the next was asked */

static json_t *
show_big(void *ctx, const json_t *params, char *err, size_t err_len)
{
	size_t n = 1u << 20;
	char *text = malloc(n);
	json_t *j;

	n_big++;
	memset(text, 'x', n);
	j = json_pack("{s:o}", "text", json_stringn(text, n));
	free(text);
	return j;
}

static json_t *
clear_none(void *ctx, const json_t *params, char *err, size_t err_len)
{
	return json_pack("{s:i}", "cleared", 3);
}

static void
begin_with(struct mgmt_options o)
{
	char err[256] = "";

	strcpy(dir, "/tmp/culvert-test-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/mgmt.sock", dir);
	base = event_base_new();
	txn = txn_new(NULL, 0, NULL);
	o.path = path;
	server = mgmt_server_new(base, txn, &o, err, sizeof(err));
	if (server == NULL)
		printf("%s\n", err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(server);
	mgmt_register_show(server, "echo", show_echo, (void *)(uintptr_t) "one");
	mgmt_register_show(server, "big", show_big, NULL);
	mgmt_register_clear(server, "counters", clear_none, NULL);
}

static void
begin(void)
{
	begin_with((struct mgmt_options){ .path = NULL });
}

static void
end(void)
{
	mgmt_server_free(server);
	txn_free(txn);
	event_base_free(base);
	CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
	CU_ASSERT_EQUAL(rmdir(dir), 0);
}

static int
client(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(sa.sun_path, path);
	CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return fd;
}

static double
now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
turn(void)
{
	event_base_loop(base, EVLOOP_NONBLOCK);
}

static void
send_bytes(int fd, const char *p, size_t len)
{
	double limit = now_s() + LIMIT_S;

	while (len > 0 && now_s() < limit) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n > 0) {
			p += n;
			len -= (size_t)n;
		} else if (n < 0 && errno != EAGAIN) {
			break;
		}
		turn();
	}
	CU_ASSERT_EQUAL(len, 0);
}

static void
send_text(int fd, const char *text)
{
	send_bytes(fd, text, strlen(text));
}

/* The next line as JSON; NULL at end of file (or after LIMIT_S, which fails). */
static json_t *
receive(int fd)
{
	static char buf[4u << 20];
	double limit = now_s() + LIMIT_S;
	size_t len = 0;

	while (now_s() < limit && len < sizeof(buf)) {
		char peek[65536];
		ssize_t n = recv(fd, peek, sizeof(peek), MSG_PEEK);
		char *end;

		if (n == 0 || (n < 0 && errno != EAGAIN))
			return NULL;
		if (n < 0) {
			turn();
			continue;
		}
		end = memchr(peek, '\n', (size_t)n);
		n = recv(fd, buf + len, end != NULL ? (size_t)(end - peek) + 1 : (size_t)n, 0);
		CU_ASSERT_FATAL(n > 0);
		len += (size_t)n;
		if (end != NULL)
			return json_loadb(buf, len, 0, NULL);
	}
	CU_FAIL("no answer in time");
	return NULL;
}

static bool
is_closed(int fd)
{
	return receive(fd) == NULL;
}

static json_t *
ask(int fd, const char *text)
{
	json_t *j;

	send_text(fd, text);
	j = receive(fd);
	CU_ASSERT_PTR_NOT_NULL_FATAL(j);
	return j;
}

/* Ask on a connection of its own; is the answer @expected? */
static void
expect(const char *request, const char *expected)
{
	int fd = client();
	json_t *j = ask(fd, request);
	char *text = json_dumps(j, JSON_COMPACT);

	if (strcmp(text, expected) != 0)
		printf("%s\n  got      %s\n  expected %s\n", request, text, expected);
	CU_ASSERT_STRING_EQUAL(text, expected);
	free(text);
	json_decref(j);
	close(fd);
	turn();
}

/* ---- requests ------------------------------------------------------------------------------ */

static void
test_methods_and_their_errors(void)
{
	begin();
	expect("{\"id\": 1, \"method\": \"show\", \"params\": {\"what\": \"echo\"}}\n",
			"{\"id\":1,\"result\":{\"ctx\":\"one\",\"params\":{\"what\":\"echo\"}}}");
	expect("{\"id\": \"x\", \"method\": \"clear\", \"params\": {\"what\": \"counters\"}}\n",
			"{\"id\":\"x\",\"result\":{\"cleared\":3}}");
	expect("{\"method\": \"show\", \"params\": {\"what\": \"echo\", \"fail\": 1}}\n",
			"{\"error\":{\"message\":\"told to fail\"}}");
	expect("{\"id\": 2, \"method\": \"show\", \"params\": {\"what\": \"nothing\"}}\n",
			"{\"id\":2,\"error\":{\"message\":\"params: \\\"what\\\": \\\"nothing\\\" "
			"is not "
			"known; known are: echo, big\"}}");
	expect("{\"id\": 3, \"method\": \"show\"}\n",
			"{\"id\":3,\"error\":{\"message\":\"params: \\\"what\\\" is missing\"}}");
	expect("{\"id\": 4, \"method\": \"dance\"}\n",
			"{\"id\":4,\"error\":{\"message\":\"there is no method \\\"dance\\\"\"}}");
	expect("{\"id\": 5}\n", "{\"id\":5,\"error\":{\"message\":\"\\\"method\\\" is missing, or "
				"no string\"}}");
	expect("{\"id\": 6, \"method\": \"schema\", \"params\": []}\n",
			"{\"id\":6,\"error\":{\"message\":\"\\\"params\\\" is not an object\"}}");
	expect("[]\n", "{\"error\":{\"message\":\"a request is an object: {\\\"method\\\": ..., "
		       "\\\"params\\\": {...}}\"}}");
	expect("{\"id\": 7, \"method\": \"config-push\", \"params\": {\"config\": {}, "
	       "\"dryrun\": true}}\n",
			"{\"id\":7,\"error\":{\"message\":\"params: unknown \\\"dryrun\\\"; known "
			"are: "
			"config base dry_run confirm_s comment\"}}");
	expect("{\"id\": 8, \"method\": \"config-push\", \"params\": {\"config\": {}, "
	       "\"base\": -1}}\n",
			"{\"id\":8,\"error\":{\"message\":\"params: \\\"base\\\" must be a number "
			"0..999999999\"}}");
	expect("{\"id\": 9, \"method\": \"config-confirm\"}\n",
			"{\"id\":9,\"error\":{\"message\":\"no change waits to be confirmed\"}}");
	end();
}

static void
test_configuration_over_the_socket(void)
{
	begin();
	expect("{\"method\":\"config-push\",\"params\":{\"config\":{\"system\":{\"hostname\":\"h\"}"
	       ","
	       "\"crypto\":{\"ikev2\":{\"keyring\":{\"k\":{\"address\":\"2.2.2.2/32\","
	       "\"pre-shared-key\":\"short\"}}}}}}}\n",
			"{\"result\":{\"version\":1,\"changed\":true,\"changes\":[\"system/"
			"hostname: "
			"culvert -> h\",\"crypto/ikev2/keyring/k: added\"],\"warnings\":["
			"\"/crypto/ikev2/keyring/k/pre-shared-key: shorter than 12 characters: it "
			"can "
			"be guessed\"],\"notes\":[]}}");
	expect("{\"method\":\"config-get\"}\n",
			"{\"result\":{\"version\":1,\"config\":{\"system\":{\"hostname\":\"h\"},"
			"\"crypto\":{\"ikev2\":{\"keyring\":{\"k\":{\"address\":\"2.2.2.2/32\","
			"\"pre-shared-key\":\"********\"}}}}}}}");
	/* What was shown can be edited and pushed back: the key stays. */
	expect("{\"method\":\"config-push\",\"params\":{\"base\":1,\"config\":{\"system\":{"
	       "\"hostname\":\"i\"},\"crypto\":{\"ikev2\":{\"keyring\":{\"k\":{\"address\":"
	       "\"2.2.2.2/32\",\"pre-shared-key\":\"********\"}}}}}}}\n",
			"{\"result\":{\"version\":2,\"changed\":true,\"changes\":[\"system/"
			"hostname: h "
			"-> i\"],\"warnings\":[\"/crypto/ikev2/keyring/k/pre-shared-key: shorter "
			"than "
			"12 characters: it can be guessed\"],\"notes\":[]}}");
	CU_ASSERT_STRING_EQUAL(txn_running(txn)->ike_keys[0].psk, "short");
	expect("{\"method\":\"config-push\",\"params\":{\"config\":{\"interfaces\":{\"wan\":{"
	       "\"mtu\":70000},\"lan\":{\"mtu\":1}}}}}\n",
			"{\"error\":{\"message\":\"2 errors in the configuration, nothing was "
			"changed\","
			"\"errors\":[{\"path\":\"/interfaces/lan/mtu\",\"message\":\"1 is out of "
			"range\",\"expected\":\"integer 576..9600 (bytes)\"},{\"path\":"
			"\"/interfaces/wan/mtu\",\"message\":\"70000 is out of "
			"range\",\"expected\":"
			"\"integer 576..9600 (bytes)\"}]}}");
	expect("{\"method\":\"config-push\",\"params\":{\"base\":1,\"config\":{}}}\n",
			"{\"error\":{\"message\":\"it was edited from version 1, but 2 is running; "
			"nothing was changed\"}}");
	end();
}

static void
test_schemas_are_served(void)
{
	int fd;
	json_t *j, *schema;

	begin();
	fd = client();
	j = ask(fd, "{\"method\": \"schema\"}\n");
	schema = json_object_get(json_object_get(j, "result"), "schema");
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(schema, "type")), "object");
	json_decref(j);
	j = ask(fd, "{\"method\": \"json-schema\"}\n");
	schema = json_object_get(json_object_get(j, "result"), "schema");
	CU_ASSERT_PTR_NOT_NULL(json_object_get(schema, "$schema"));
	json_decref(j);
	close(fd);
	end();
}

static void
test_commit_confirmed_runs_its_timer(void)
{
	double limit = now_s() + LIMIT_S;

	begin();
	expect("{\"method\":\"config-push\",\"params\":{\"confirm_s\":1,\"config\":{\"system\":{"
	       "\"hostname\":\"h\"}}}}\n",
			"{\"result\":{\"version\":1,\"changed\":true,\"changes\":[\"system/"
			"hostname: "
			"culvert -> h\"],\"warnings\":[],\"notes\":[],\"confirm_in_s\":1}}");
	CU_ASSERT_STRING_EQUAL(txn_running(txn)->system.hostname, "h");
	while (txn_version(txn) != 0 && now_s() < limit)
		event_base_loop(base, EVLOOP_ONCE);
	CU_ASSERT_STRING_EQUAL(txn_running(txn)->system.hostname, "culvert");
	end();
}

/* ---- lines and connections ----------------------------------------------------------------- */

static void
test_many_requests_in_one_write_and_in_pieces(void)
{
	static const char one[] =
			"{\"id\": 1, \"method\": \"show\", \"params\": {\"what\": \"echo\"}}\n";
	char text[200 * sizeof(one)] = "";
	int fd;

	begin();
	fd = client();
	for (int i = 0; i < 100; i++)
		strcat(text, one);
	send_text(fd, text);
	for (int i = 0; i < 100; i++) {
		json_t *j = receive(fd);

		CU_ASSERT_PTR_NOT_NULL_FATAL(json_object_get(j, "result"));
		json_decref(j);
	}
	for (size_t i = 0; i < strlen(one); i++)
		send_bytes(fd, one + i, 1);
	json_decref(receive(fd));
	close(fd);
	end();
}

static void
test_answers_after_the_client_closed_its_side(void)
{
	int fd;

	begin();
	fd = client();
	for (int i = 0; i < 20; i++)
		send_text(fd, "{\"id\": 1, \"method\": \"show\", \"params\": {\"what\": "
			      "\"echo\"}}\n");
	shutdown(fd, SHUT_WR);
	for (int i = 0; i < 20; i++) {
		json_t *j = receive(fd);

		CU_ASSERT_PTR_NOT_NULL(j);
		json_decref(j);
	}
	CU_ASSERT_TRUE(is_closed(fd));
	close(fd);
	end();
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

	begin();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		int fd = client();
		json_t *j = ask(fd, bad[i]);
		char *text = json_dumps(j, 0);

		CU_ASSERT_PTR_NOT_NULL(strstr(text, "not JSON"));
		CU_ASSERT_PTR_NULL(strstr(text, "geheim"));
		CU_ASSERT_TRUE(is_closed(fd));
		free(text);
		json_decref(j);
		close(fd);
	}
	end();
}

static void
test_a_nul_in_a_line_is_refused(void)
{
	int fd;
	json_t *j;

	begin();
	fd = client();
	send_bytes(fd, "{}\0{}\n", 6);
	j = receive(fd);
	CU_ASSERT_PTR_NOT_NULL(json_object_get(j, "error"));
	json_decref(j);
	CU_ASSERT_TRUE(is_closed(fd));
	close(fd);
	end();
}

static void
test_line_limit(void)
{
	char text[3000];
	json_t *j;
	int fd;

	begin_with((struct mgmt_options){ .max_line = 1000 });
	memset(text, ' ', sizeof(text));
	fd = client();
	send_bytes(fd, text, sizeof(text)); /* no line feed at all */
	j = receive(fd);
	CU_ASSERT_PTR_NOT_NULL(json_object_get(j, "error"));
	json_decref(j);
	CU_ASSERT_TRUE(is_closed(fd));
	close(fd);
	/* Exactly at the limit is fine. */
	fd = client();
	memcpy(text, "{\"method\": \"config-get\"}", 24);
	text[1000] = '\n';
	send_bytes(fd, text, 1001);
	j = receive(fd);
	CU_ASSERT_PTR_NOT_NULL(json_object_get(j, "result"));
	json_decref(j);
	close(fd);
	end();
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

	begin();
	memset(text, ' ', n);
	memcpy(text, "{\"method\": \"config-get\"}", 24);
	text[n - 1] = '\n';
	fd = client();
	start = now_s();
	send_bytes(fd, text, n);
	j = receive(fd);
	CU_ASSERT_PTR_NOT_NULL(json_object_get(j, "result"));
	printf("(%zu MiB in %.3f s) ", n >> 20, now_s() - start);
	json_decref(j);
	free(text);
	close(fd);
	end();
}

static void
test_client_limit(void)
{
	int fd[3];
	json_t *j;

	begin_with((struct mgmt_options){ .max_clients = 2 });
	for (int i = 0; i < 2; i++) {
		fd[i] = client();
		json_decref(ask(fd[i], "{\"method\": \"config-get\"}\n"));
	}
	fd[2] = client();
	j = receive(fd[2]);
	CU_ASSERT_PTR_NOT_NULL(json_object_get(j, "error"));
	json_decref(j);
	CU_ASSERT_TRUE(is_closed(fd[2]));
	close(fd[2]);
	/* One goes, one may come. */
	close(fd[0]);
	turn();
	fd[0] = client();
	json_decref(ask(fd[0], "{\"method\": \"config-get\"}\n"));
	close(fd[0]);
	close(fd[1]);
	end();
}

/* A client that asks and asks but does not read: no further request of it is looked at. */
static void
test_slow_reader_is_not_served_further(void)
{
	static const char one[] = "{\"method\": \"show\", \"params\": {\"what\": \"big\"}}\n";
	int fd, other;

	begin();
	n_big = 0;
	fd = client();
	for (int i = 0; i < 10; i++)
		send_text(fd, one);
	for (int i = 0; i < 100; i++)
		turn();
	CU_ASSERT_TRUE(n_big >= 1 && n_big <= 2);
	/* Others are served meanwhile. */
	other = client();
	json_decref(ask(other, "{\"method\": \"config-get\"}\n"));
	close(other);
	/* And nothing is lost when it does read. */
	for (int i = 0; i < 10; i++) {
		json_t *j = receive(fd);

		CU_ASSERT_PTR_NOT_NULL_FATAL(j);
		json_decref(j);
	}
	close(fd);
	end();
}

static void
test_stalled_reader_is_dropped(void)
{
	double limit = now_s() + LIMIT_S;
	struct pollfd p;
	int fd;

	begin_with((struct mgmt_options){ .stall_s = 1 });
	fd = client();
	send_text(fd, "{\"method\": \"show\", \"params\": {\"what\": \"big\"}}\n");
	p = (struct pollfd){ .fd = fd, .events = POLLIN | POLLRDHUP };
	do {
		turn();
		CU_ASSERT_TRUE(poll(&p, 1, 10) >= 0);
	} while ((p.revents & POLLRDHUP) == 0 && now_s() < limit);
	CU_ASSERT_TRUE(p.revents & POLLRDHUP);
	close(fd);
	end();
}

static void
test_answer_over_the_limit_drops_the_client(void)
{
	int fd;

	begin_with((struct mgmt_options){ .max_output = 65536 });
	fd = client();
	send_text(fd, "{\"method\": \"show\", \"params\": {\"what\": \"big\"}}\n");
	CU_ASSERT_TRUE(is_closed(fd));
	close(fd);
	end();
}

static void
test_client_gone_before_its_answer(void)
{
	int fd;

	begin();
	for (int i = 0; i < 20; i++) {
		fd = client();
		send_text(fd, "{\"method\": \"show\", \"params\": {\"what\": \"big\"}}\n");
		close(fd);
		turn();
	}
	expect("{\"id\": \"x\", \"method\": \"clear\", \"params\": {\"what\": \"counters\"}}\n",
			"{\"id\":\"x\",\"result\":{\"cleared\":3}}");
	end();
}

/* ---- the socket file ----------------------------------------------------------------------- */

static void
test_socket_file(void)
{
	struct mgmt_options o;
	char err[256] = "", other[128];
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct stat st;
	FILE *f;
	int fd;

	begin();
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0660);
	/* Somebody listens: refused, and theirs stays. */
	o = (struct mgmt_options){ .path = path };
	CU_ASSERT_PTR_NULL(mgmt_server_new(base, txn, &o, err, sizeof(err)));
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "another control plane"));
	expect("{\"method\": \"clear\", \"params\": {\"what\": \"counters\"}}\n",
			"{\"result\":{\"cleared\":3}}");
	mgmt_server_free(server);
	CU_ASSERT_NOT_EQUAL(access(path, F_OK), 0);
	/* Left by a crash: replaced. */
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	strcpy(sa.sun_path, path);
	CU_ASSERT_EQUAL(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	close(fd);
	server = mgmt_server_new(base, txn, &o, err, sizeof(err));
	CU_ASSERT_PTR_NOT_NULL_FATAL(server);
	/* Not a socket: left alone. */
	snprintf(other, sizeof(other), "%s/file", dir);
	f = fopen(other, "w");
	fclose(f);
	o.path = other;
	CU_ASSERT_PTR_NULL(mgmt_server_new(base, txn, &o, err, sizeof(err)));
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "not a socket"));
	CU_ASSERT_EQUAL(unlink(other), 0);
	/* No such group, path too long. */
	o.group = "no-such-group-here";
	CU_ASSERT_PTR_NULL(mgmt_server_new(base, txn, &o, err, sizeof(err)));
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "no-such-group-here"));
	CU_ASSERT_NOT_EQUAL(access(other, F_OK), 0);
	o = (struct mgmt_options){ .path = "/tmp/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
					   "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
					   "xxxxxxxxxxxxxxxxxxxxxxxxxx" };
	CU_ASSERT_PTR_NULL(mgmt_server_new(base, txn, &o, err, sizeof(err)));
	end();
}

/* ---- events -------------------------------------------------------------------------------- */

static struct events *events;

static void
begin_events(void)
{
	events = events_new();
	CU_ASSERT_PTR_NOT_NULL_FATAL(events);
	begin_with((struct mgmt_options){ .events = events });
	CU_ASSERT_EQUAL(mgmt_register_show(server, "events", mgmt_show_events, events), 0);
}

static void
end_events(void)
{
	end();
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
	json_t *j = receive(fd);

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
	all = client();
	some = client();
	send_text(all, "{\"id\":1,\"method\":\"events\",\"params\":{\"since\":0}}\n");
	j = next_line(all);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(json_object_get(j, "result"), "next")),
			0);
	json_decref(j);
	j = next_line(all);
	CU_ASSERT_EQUAL(event_number(j), 0);
	json_decref(j);
	send_text(some, "{\"id\":1,\"method\":\"events\",\"params\":{\"source\":\"vrrp\"}}\n");
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
	send_text(some, "{\"id\":2,\"method\":\"show\",\"params\":{\"what\":\"events\",\"since\":2}}\n");
	j = next_line(some);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(j, "id")), 2);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(json_object_get(j, "result"), "events")),
			2);
	json_decref(j);
	send_text(some, "{\"id\":3,\"method\":\"events\",\"params\":{\"sources\":\"vrrp\"}}\n");
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
	fd = client();
	send_text(fd, "{\"method\":\"events\"}\n");
	json_decref(next_line(fd));
	for (unsigned int i = 0; i < n; i++) {
		add_event(i);
		turn(); /* as it goes: the socket's buffers fill */
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

/* ---- reload ------------------------------------------------------------------------------- */

static bool
on_reload(void *ctx, char *err, size_t err_len)
{
	bool *may = ctx;

	if (!*may)
		snprintf(err, err_len, "not now");
	return *may;
}

static void
test_reload(void)
{
	bool may = false;

	begin_with((struct mgmt_options){ .reload = on_reload, .reload_ctx = &may });
	expect("{\"id\":1,\"method\":\"reload\",\"params\":{\"what\":\"control-plane\"}}\n",
			"{\"id\":1,\"error\":{\"message\":\"not now\"}}");
	may = true;
	expect("{\"id\":1,\"method\":\"reload\",\"params\":{\"what\":\"control-plane\"}}\n",
			"{\"id\":1,\"result\":{\"restarting\":true}}");
	expect("{\"id\":1,\"method\":\"reload\",\"params\":{\"what\":\"dataplane\"}}\n",
			"{\"id\":1,\"error\":{\"message\":\"params: \\\"what\\\" must be \\\"control-plane\\\"\"}}");
	end();
}

static const struct cu_case cases[] = {
	CU_CASE(test_methods_and_their_errors),
	CU_CASE(test_configuration_over_the_socket),
	CU_CASE(test_schemas_are_served),
	CU_CASE(test_commit_confirmed_runs_its_timer),
	CU_CASE(test_many_requests_in_one_write_and_in_pieces),
	CU_CASE(test_answers_after_the_client_closed_its_side),
	CU_CASE(test_what_is_not_json_ends_the_connection),
	CU_CASE(test_a_nul_in_a_line_is_refused),
	CU_CASE(test_line_limit),
	CU_CASE(test_a_long_line),
	CU_CASE(test_client_limit),
	CU_CASE(test_slow_reader_is_not_served_further),
	CU_CASE(test_stalled_reader_is_dropped),
	CU_CASE(test_answer_over_the_limit_drops_the_client),
	CU_CASE(test_client_gone_before_its_answer),
	CU_CASE(test_socket_file),
	CU_CASE(test_events_follow),
	CU_CASE(test_events_slow),
	CU_CASE(test_reload),
};

int
main(void)
{
	log_init("test", LVL_ERROR);
	cfg_json_init();
	return cu_run("mgmt", cases, sizeof(cases) / sizeof(cases[0]));
}
