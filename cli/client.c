/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests over the management socket; see client.h. */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "cli/client.h"

#define ANSWER_MAX (128u << 20)

struct client {
	struct sockaddr_un addr;
	int fd;
	int interrupt_fd;
	int timeout_ms;
	json_int_t next_id;
	char why[256];
};

struct client *
client_new(const char *path)
{
	struct client *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->fd = -1;
	c->interrupt_fd = -1;
	c->timeout_ms = 60000;
	c->addr.sun_family = AF_UNIX;
	if (strlen(path) < sizeof(c->addr.sun_path))
		strcpy(c->addr.sun_path, path);
	return c;
}

static void
client_close(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

void
client_free(struct client *c)
{
	if (c == NULL)
		return;
	client_close(c);
	free(c);
}

void
client_set_interrupt(struct client *c, int fd)
{
	c->interrupt_fd = fd;
}

void
client_set_timeout_ms(struct client *c, int timeout_ms)
{
	c->timeout_ms = timeout_ms;
}

const char *
client_why(const struct client *c)
{
	return c->why;
}

static enum client_status __attribute__((format(printf, 2, 3)))
unreachable(struct client *c, const char *fmt, ...)
{
	int used = snprintf(c->why, sizeof(c->why),
			"the control plane is not reachable at %.100s: ", c->addr.sun_path);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->why + used, sizeof(c->why) - (size_t)used, fmt, ap);
	va_end(ap);
	client_close(c);
	return CLIENT_UNREACHABLE;
}

static int64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* What to do about it, for the refusals a person meets. */
static const char *
connect_hint(int err)
{
	switch (err) {
	case ENOENT:
	case ECONNREFUSED:
		return " (is culvert-controlplane running?)";
	case EACCES:
	case EPERM:
		return " (root or a member of the control plane's --group may connect)";
	default:
		return "";
	}
}

/* An idle connection with something to read has been closed by the other side. */
static bool
connection_stale(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) != 0;
}

static enum client_status
client_connect(struct client *c)
{
	if (c->fd >= 0 && !connection_stale(c->fd))
		return CLIENT_OK;
	client_close(c);
	if (c->addr.sun_path[0] == '\0')
		return unreachable(c, "the path of the socket is empty or too long");
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		return unreachable(c, "%s", strerror(errno));
	if (connect(c->fd, (struct sockaddr *)&c->addr, sizeof(c->addr)) != 0) {
		int err = errno;

		return unreachable(c, "%s%s", strerror(err), connect_hint(err));
	}
	return CLIENT_OK;
}

/* Wait until the socket is ready for @events, the user interrupts, or @deadline_ms passes. */
static enum client_status
client_wait(struct client *c, short events, int64_t deadline_ms)
{
	struct pollfd p[2] = {
		{ .fd = c->fd, .events = events },
		{ .fd = c->interrupt_fd, .events = POLLIN },
	};

	for (;;) {
		int64_t left = deadline_ms - now_ms();
		int n = poll(p, 2, left > 0 ? (int)left : 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return unreachable(c, "%s", strerror(errno));
		if ((p[1].revents & POLLIN) != 0) {
			client_close(c); /* the answer that is still to come must not be the next
					    one's */
			return CLIENT_INTERRUPTED;
		}
		if (n == 0)
			return unreachable(c, "no answer within %d s", c->timeout_ms / 1000);
		return CLIENT_OK;
	}
}

static enum client_status
send_all(struct client *c, const char *buf, size_t len, int64_t deadline_ms)
{
	while (len > 0) {
		ssize_t n = send(c->fd, buf, len, MSG_NOSIGNAL);

		if (n >= 0) {
			buf += n;
			len -= (size_t)n;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return unreachable(c, "%s", strerror(errno));
		enum client_status s = client_wait(c, POLLOUT, deadline_ms);

		if (s != CLIENT_OK)
			return s;
	}
	return CLIENT_OK;
}

/* Read up to the line feed that ends the answer. */
static enum client_status
receive_line(struct client *c, char **line, size_t *len, int64_t deadline_ms)
{
	size_t cap = 0, used = 0;
	char *buf = NULL;
	enum client_status s;

	for (;;) {
		if (used + 1 >= cap) {
			size_t more = cap == 0 ? 65536 : cap * 2;
			char *bigger = more > ANSWER_MAX ? NULL : realloc(buf, more);

			if (bigger == NULL) {
				free(buf);
				return unreachable(c, "the answer is too long");
			}
			buf = bigger;
			cap = more;
		}
		ssize_t n = recv(c->fd, buf + used, cap - used - 1, 0);

		if (n > 0) {
			used += (size_t)n;
			if (memchr(buf + used - n, '\n', (size_t)n) != NULL) {
				*line = buf;
				*len = used;
				return CLIENT_OK;
			}
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0 || errno != EAGAIN) {
			free(buf);
			return unreachable(c, "%s",
					n == 0 ? "it closed the connection" : strerror(errno));
		}
		s = client_wait(c, POLLIN, deadline_ms);
		if (s != CLIENT_OK) {
			free(buf);
			return s;
		}
	}
}

/* Check the envelope and take the result or the error out of it. */
static enum client_status
answer_open(struct client *c, json_t *doc, json_int_t id, json_t **answer)
{
	json_t *result = json_object_get(doc, "result"), *error = json_object_get(doc, "error");
	json_t *got = json_object_get(doc, "id");

	if (json_is_object(error) && (json_integer_value(got) == id || !json_is_integer(got))) {
		*answer = json_incref(error);
		return CLIENT_REFUSED;
	}
	if (!json_is_object(result) || json_integer_value(got) != id)
		return unreachable(c, "what it answers is not the management protocol");
	*answer = json_incref(result);
	return CLIENT_OK;
}

static char *
request_line(json_int_t id, const char *method, json_t *params)
{
	json_t *doc = json_pack("{s:I, s:s, s:o*}", "id", id, "method", method, "params", params);
	char *text = doc == NULL ? NULL : json_dumps(doc, JSON_COMPACT);

	json_decref(doc);
	return text;
}

enum client_status
client_call(struct client *c, const char *method, json_t *params, json_t **answer)
{
	int64_t deadline_ms = now_ms() + c->timeout_ms;
	json_int_t id = ++c->next_id;
	char *line = NULL, *request = request_line(id, method, params);
	size_t line_len = 0;
	enum client_status s;
	json_t *doc;

	*answer = NULL;
	if (request == NULL)
		return unreachable(c, "the request does not fit into memory");
	s = client_connect(c);
	if (s == CLIENT_OK)
		s = send_all(c, request, strlen(request), deadline_ms);
	if (s == CLIENT_OK)
		s = send_all(c, "\n", 1, deadline_ms);
	explicit_bzero(request, strlen(request)); /* a pushed configuration has secrets in it */
	free(request);
	if (s == CLIENT_OK)
		s = receive_line(c, &line, &line_len, deadline_ms);
	if (s != CLIENT_OK)
		return s;
	line[line_len] = '\0';
	doc = json_loads(line, 0, NULL);
	explicit_bzero(line, line_len);
	free(line);
	s = doc == NULL ? unreachable(c, "what it answers is not JSON")
			: answer_open(c, doc, id, answer);
	json_decref(doc);
	return s;
}
