/* SPDX-License-Identifier: BSD-3-Clause */
/* Server and clients in one process; see mgmt_fixture.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "controlplane/config/json.h"
#include "tests/unit/cu.h"
#include "tests/unit/mgmt_fixture.h"

#define LIMIT_S 60

struct event_base *mf_base;
struct txn *mf_txn;
struct mgmt_server *mf_server;
char mf_dir[64], mf_path[96];

static json_t *
show_echo(void *ctx, const json_t *params, char *err, size_t err_len)
{
	if (json_object_get(params, "fail") != NULL) {
		snprintf(err, err_len, "told to fail");
		return NULL;
	}
	return json_pack("{s:s, s:O}", "ctx", ctx, "params", params);
}

int mf_n_big; /* times the next was asked */

static json_t *
show_big(void *ctx, const json_t *params, char *err, size_t err_len)
{
	size_t n = 1u << 20;
	char *text = malloc(n);
	json_t *j;

	mf_n_big++;
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

void
mf_begin_with(struct mgmt_options o)
{
	char err[256] = "";

	strcpy(mf_dir, "/tmp/culvert-test-XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(mf_dir));
	snprintf(mf_path, sizeof(mf_path), "%s/mgmt.sock", mf_dir);
	mf_base = event_base_new();
	mf_txn = txn_new(NULL, 0, NULL);
	o.path = mf_path;
	mf_server = mgmt_server_new(mf_base, mf_txn, &o, err, sizeof(err));
	if (mf_server == NULL)
		printf("%s\n", err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(mf_server);
	mgmt_register_show(mf_server, "echo", show_echo, (void *)(uintptr_t) "one");
	mgmt_register_show(mf_server, "big", show_big, NULL);
	mgmt_register_clear(mf_server, "counters", clear_none, NULL);
}

void
mf_begin(void)
{
	mf_begin_with((struct mgmt_options){ .path = NULL });
}

void
mf_end(void)
{
	mgmt_server_free(mf_server);
	txn_free(mf_txn);
	event_base_free(mf_base);
	CU_ASSERT_NOT_EQUAL(access(mf_path, F_OK), 0);
	CU_ASSERT_EQUAL(rmdir(mf_dir), 0);
}

int
mf_client(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	strcpy(sa.sun_path, mf_path);
	CU_ASSERT_EQUAL_FATAL(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	return fd;
}

double
mf_now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

void
mf_turn(void)
{
	event_base_loop(mf_base, EVLOOP_NONBLOCK);
}

void
mf_send_bytes(int fd, const char *p, size_t len)
{
	double limit = mf_now_s() + LIMIT_S;

	while (len > 0 && mf_now_s() < limit) {
		ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

		if (n > 0) {
			p += n;
			len -= (size_t)n;
		} else if (n < 0 && errno != EAGAIN) {
			break;
		}
		mf_turn();
	}
	CU_ASSERT_EQUAL(len, 0);
}

void
mf_send_text(int fd, const char *text)
{
	mf_send_bytes(fd, text, strlen(text));
}

/* The next line as JSON; NULL at end of file (or after LIMIT_S, which fails). */
json_t *
mf_receive(int fd)
{
	static char buf[4u << 20];
	double limit = mf_now_s() + LIMIT_S;
	size_t len = 0;

	while (mf_now_s() < limit && len < sizeof(buf)) {
		char peek[65536];
		ssize_t n = recv(fd, peek, sizeof(peek), MSG_PEEK);
		char *end;

		if (n == 0 || (n < 0 && errno != EAGAIN))
			return NULL;
		if (n < 0) {
			mf_turn();
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

bool
mf_is_closed(int fd)
{
	return mf_receive(fd) == NULL;
}

json_t *
mf_ask(int fd, const char *text)
{
	json_t *j;

	mf_send_text(fd, text);
	j = mf_receive(fd);
	CU_ASSERT_PTR_NOT_NULL_FATAL(j);
	return j;
}

/* Ask on a connection of its own; is the answer @expected? */
void
mf_expect(const char *request, const char *expected)
{
	int fd = mf_client();
	json_t *j = mf_ask(fd, request);
	char *text = json_dumps(j, JSON_COMPACT);

	if (strcmp(text, expected) != 0)
		printf("%s\n  got      %s\n  expected %s\n", request, text, expected);
	CU_ASSERT_STRING_EQUAL(text, expected);
	free(text);
	json_decref(j);
	close(fd);
	mf_turn();
}
