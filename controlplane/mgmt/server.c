/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The management socket; see server.h. This file moves bytes: lines in, lines out, and limits on
 * everything a client can make grow. dispatch.c answers requests, config_methods.c those about
 * the configuration, config_work.c what of them takes long, on a thread; listen.c makes the socket
 * file, and subjects.c knows who answers what.
 *
 * Requests of one client are answered in order. While more than OUTPUT_PAUSE bytes of answers wait
 * to be read by it, no further request of it is looked at, and none is read: a client that does not
 * read costs one answer's memory, and is dropped when nothing moves for stall_s. When there are as
 * many clients as there may be, a further one takes the place of the one that was silent longest.
 */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/listener.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/log.h"
#include "controlplane/mgmt/server_int.h"
#include "controlplane/util/events.h"
#include "controlplane/util/jobs.h"
#include "controlplane/util/loop.h"

#define DEFAULT_MAX_LINE    ((size_t)64 << 20)
#define DEFAULT_MAX_OUTPUT  ((size_t)128 << 20)
#define DEFAULT_MAX_CLIENTS 32u
#define DEFAULT_STALL_S     30u
#define DEFAULT_SILENT_MS   60000u
#define OUTPUT_PAUSE        (256u << 10)
#define REQUESTS_AT_ONCE    16 /* of one client, before others have their turn */
#define ACCEPT_PAUSE_MS     1000
#define PARTS_TURN_MS       3 /* for parts of answers in a turn of the loop, of all clients */
#define LONG_LINE           (64u << 10) /* is parsed beside the loop */

/* ---- the timer of commit confirmed --------------------------------------------------------- */

static void
txn_timer_arm(struct mgmt_server *s)
{
	static_assert(TXN_NO_DEADLINE == UINT64_MAX, "how a timer is stopped");
	loop_timer_at(s->txn_timer, txn_deadline_ms(s->txn), now_ms());
}

static void
txn_timer_fired(evutil_socket_t fd, short what, void *arg)
{
	struct mgmt_server *s = arg;

	if (s->config_taken)
		return; /* armed again when it is free */
	txn_tick(s->txn, now_ms());
	txn_timer_arm(s);
}

/* ---- clients ------------------------------------------------------------------------------- */

/* Move what was read into the client's buffer, and zero where it was: it may hold keys. */
static int
take_input(struct client *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	struct evbuffer_iovec v;
	int rc = 0;

	while (rc == 0 && evbuffer_peek(in, -1, NULL, &v, 1) > 0 && v.iov_len > 0) {
		rc = linebuf_add(&c->in, v.iov_base, v.iov_len);
		explicit_bzero(v.iov_base, v.iov_len);
		evbuffer_drain(in, v.iov_len);
	}
	return rc;
}

static void
client_free(struct client *c)
{
	take_input(c);
	linebuf_fini(&c->in);
	mgmt_parts_free(c->answer);
	json_decref(c->waiting);
	if (c->work != NULL)
		c->work->client = NULL;
	TAILQ_REMOVE(&c->server->clients, c, link);
	c->server->n_clients--;
	event_free(c->again);
	bufferevent_free(c->bev);
	free(c);
}

static void
text_wipe(const void *data, size_t len, void *arg)
{
	explicit_bzero(arg, len);
	free(arg);
}

/* Send @text, which is freed. */
static void
client_text(struct client *c, char *text, size_t len)
{
	struct evbuffer *out = bufferevent_get_output(c->bev);

	if (evbuffer_add_reference(out, text, len, text_wipe, text) == 0)
		return;
	text_wipe(text, len, text);
	c->closing = true;
}

/* Send @answer, taking its reference. */
static void
client_send(struct client *c, json_t *answer)
{
	char *text = answer != NULL ? json_dumps(answer, JSON_COMPACT) : NULL;
	size_t len = text != NULL ? strlen(text) : 0;

	json_decref(answer);
	if (text == NULL) {
		log_error("mgmt", "out of memory for an answer: client dropped");
		c->closing = true;
		return;
	}
	text[len] = '\n'; /* in the place of the NUL */
	client_text(c, text, len + 1);
}

static size_t
output_len(const struct client *c)
{
	return evbuffer_get_length(bufferevent_get_output(c->bev));
}

/* "show tunnel" for people; nothing else of a request, which may have keys in it. */
static void
request_name(const json_t *req, char *buf, size_t len)
{
	const char *method = json_string_value(json_object_get(req, "method"));
	const char *what = json_string_value(
			json_object_get(json_object_get(req, "params"), "what"));

	snprintf(buf, len, "%.16s%s%.24s", method != NULL ? method : "", what != NULL ? " " : "",
			what != NULL ? what : "");
	for (char *p = buf; *p != '\0'; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
}

/* Is a request of it not answered yet? Then the next one waits. */
static bool
is_busy(const struct client *c)
{
	return c->answer != NULL || c->work != NULL || c->waiting != NULL;
}

static void
drop_without_memory(struct client *c)
{
	log_error("mgmt", "out of memory for a request: client dropped");
	c->closing = true;
}

static void run_work(void *job);
static void on_work(void *ctx, void *job);

/* @w is taken over; 0 or -ENOMEM. The thread is made when it is first needed: by then privileges
 * have been given up, and a thread made before would keep root's capabilities. */
static int
work_submit(struct mgmt_server *s, struct mgmt_work *w)
{
	if (s->jobs == NULL)
		s->jobs = jobs_new(s->base, 1,
				&(struct jobs_ops){ .run = run_work, .done = on_work, .ctx = s });
	if (s->jobs == NULL || jobs_submit(s->jobs, w) != 0) {
		w->free(w);
		return -ENOMEM;
	}
	s->config_taken |= w->config;
	return 0;
}

static void
work_begin(struct client *c, struct mgmt_work *w)
{
	w->client = c;
	if (work_submit(c->server, w) == 0)
		c->work = w;
	else
		drop_without_memory(c);
}

int
mgmt_reread(struct mgmt_server *s, const char *file)
{
	struct mgmt_work *w;

	if (s->config_taken)
		return -EBUSY;
	w = config_work_file(s->txn, file);
	return w != NULL ? work_submit(s, w) : -ENOMEM;
}

/* Answer @req, whose reference is taken, or begin to. */
static void
answer_request(struct client *c, json_t *req)
{
	struct mgmt_server *s = c->server;
	struct request rq = { .txn = s->txn,
		.options = &s->o,
		.events = s->o.events,
		.shows = &s->shows,
		.clears = &s->clears,
		.debugs = &s->debugs,
		.now_ms = now_ms(),
		.config_taken = s->config_taken,
		.uid = c->uid };
	json_t *answer;

	c->heard_ms = rq.now_ms;
	request_name(req, c->request, sizeof(c->request));
	answer = mgmt_answer(req, &rq);
	if (rq.wait) {
		c->waiting = req;
		return;
	}
	json_decref(req); /* what of it the work keeps is the thread's alone from now on */
	c->answer = rq.parts;
	if (rq.work != NULL)
		work_begin(c, rq.work);
	else if (c->answer == NULL)
		client_send(c, answer);
	if (rq.follow) {
		c->follows = true;
		c->next_event = rq.follow_from;
		memcpy(c->source, rq.follow_source, sizeof(c->source));
	}
	txn_timer_arm(s);
}

/* What a line was, its reference taken; NULL with @e: no JSON. */
static void
take_request(struct client *c, json_t *req, json_error_t *e)
{
	char text[sizeof(e->text) + 64];
	char *near;

	if (req != NULL) {
		answer_request(c, req);
		return;
	}
	near = strstr(e->text, " near '"); /* may quote a key */
	if (near != NULL && json_error_code(e) != json_error_duplicate_key)
		*near = '\0';
	snprintf(text, sizeof(text), "not JSON: column %d: %s", e->column, e->text);
	client_send(c, mgmt_error_answer(NULL, text));
	c->closing = true;
}

/* ---- long lines ---------------------------------------------------------------------------- */

struct reading {
	struct mgmt_work w;
	char *line;
	size_t len;
	json_t *req;
	json_error_t e;
};

static void
reading_beside(struct mgmt_work *w)
{
	struct reading *r = (struct reading *)w;

	r->req = json_loadb(r->line, r->len, JSON_REJECT_DUPLICATES, &r->e);
}

static bool
reading_after(struct mgmt_work *w, uint64_t now)
{
	struct reading *r = (struct reading *)w;

	if (w->client != NULL)
		take_request(w->client, r->req, &r->e);
	else
		json_decref(r->req);
	r->req = NULL;
	return false;
}

static void
reading_free(struct mgmt_work *w)
{
	struct reading *r = (struct reading *)w;

	explicit_bzero(r->line, r->len); /* it may hold keys */
	free(r->line);
	json_decref(r->req);
	free(r);
}

/* A document of some megabytes is tens of milliseconds. */
static void
read_beside(struct client *c, const char *line, size_t len)
{
	struct reading *r = calloc(1, sizeof(*r));

	if (r == NULL || (r->line = malloc(len)) == NULL) {
		free(r);
		drop_without_memory(c);
		return;
	}
	memcpy(r->line, line, len);
	r->len = len;
	r->w.beside = reading_beside;
	r->w.after = reading_after;
	r->w.free = reading_free;
	work_begin(c, &r->w);
}

static void
answer_line(struct client *c, const char *line, size_t len)
{
	json_error_t e;

	if (len > LONG_LINE)
		read_beside(c, line, len);
	else
		take_request(c, json_loadb(line, len, JSON_REJECT_DUPLICATES, &e), &e);
}

/* Answer one line of what has come in. False: there is no whole line. */
static bool
client_one(struct client *c)
{
	size_t len = 0;
	const char *line = linebuf_line(&c->in, &len);

	if (line == NULL && linebuf_len(&c->in) <= c->server->o.max_line)
		return false;
	if (line == NULL || len > c->server->o.max_line) {
		client_send(c, mgmt_error_answer(NULL, "the line is longer than the limit"));
		c->closing = true;
		return false;
	}
	answer_line(c, line, len);
	linebuf_drop(&c->in, len);
	return true;
}

/* Events that it has not had, as many as it reads. What the ring has lost meanwhile it is told. */
static void
client_events(struct client *c)
{
	const struct events *e = c->server->o.events;
	uint64_t first = events_first(e);

	while (c->next_event < events_next(e) && !c->closing && output_len(c) <= OUTPUT_PAUSE) {
		if (c->next_event < first) {
			client_send(c, json_pack("{s:I}", "lost",
						       (json_int_t)(first - c->next_event)));
			c->next_event = first;
			continue;
		}
		if (event_wanted(events_at(e, c->next_event), c->source))
			client_send(c, json_pack("{s:o}", "event",
						       event_json(events_at(e, c->next_event))));
		c->next_event++;
	}
}

/* To be gone on with: its answer is not whole, and it has read what there is of it. */
static bool
wants_parts(const struct client *c)
{
	return c->answer != NULL && !c->closing && output_len(c) <= OUTPUT_PAUSE;
}

/* A timer without delay, not the event itself: timers that are due come first. */
static void
parts_soon(struct mgmt_server *s)
{
	const struct timeval soon = { 0 };

	if (!evtimer_pending(s->parts, NULL))
		evtimer_add(s->parts, &soon);
}

/* Answer what has come in, as far as limits allow. May free @c. */
static void
client_work(struct client *c)
{
	json_t *waiting = c->waiting;
	bool more = true;
	int n = 0;

	if (waiting != NULL && !c->server->config_taken && !c->closing) {
		c->waiting = NULL;
		answer_request(c, waiting);
	}
	if (c->follows && !is_busy(c))
		client_events(c);

	while (more && !c->closing && !is_busy(c) && n < REQUESTS_AT_ONCE &&
			output_len(c) <= OUTPUT_PAUSE) {
		more = client_one(c);
		n += more;
	}
	if (output_len(c) > c->server->o.max_output) {
		log_warning("mgmt", "user %u: an answer of %zu bytes is over the limit: dropped",
				c->uid, output_len(c));
		client_free(c);
		return;
	}
	if (c->eof && !more && !is_busy(c))
		c->closing = true; /* all it sent is answered */
	if (c->closing && output_len(c) == 0) {
		client_free(c);
		return;
	}
	if (c->closing || c->eof || more || is_busy(c) || output_len(c) > OUTPUT_PAUSE)
		bufferevent_disable(c->bev, EV_READ); /* on_again or on_written goes on */
	else
		bufferevent_enable(c->bev, EV_READ);
	if (wants_parts(c))
		parts_soon(c->server);
	else if (!c->closing && more && !is_busy(c) && output_len(c) <= OUTPUT_PAUSE)
		event_active(c->again, EV_TIMEOUT, 0);
}

/* As much of its answer as there is time for, and as it reads. */
static void
client_parts(struct client *c)
{
	uint64_t end_ms = now_ms() + PARTS_TURN_MS;
	size_t len;
	bool more = true;

	while (more && mgmt_parts_len(c->answer) <= OUTPUT_PAUSE && now_ms() < end_ms)
		more = mgmt_parts_next(c->answer);
	len = mgmt_parts_len(c->answer);
	if (mgmt_parts_failed(c->answer)) {
		log_error("mgmt", "out of memory for an answer: client dropped");
		c->closing = true;
	} else if (len > 0) {
		client_text(c, mgmt_parts_take(c->answer), len);
	}
	if (more && !c->closing)
		return;
	mgmt_parts_free(c->answer);
	c->answer = NULL;
}

static struct client *
next_for_parts(const struct mgmt_server *s)
{
	struct client *c;

	TAILQ_FOREACH (c, &s->clients, link)
		if (wants_parts(c))
			break;
	return c;
}

static void
on_parts(evutil_socket_t fd, short what, void *arg)
{
	struct mgmt_server *s = arg;
	struct client *c = next_for_parts(s);

	if (c == NULL)
		return;
	client_parts(c);
	/* The next turn is another one's. */
	TAILQ_REMOVE(&s->clients, c, link);
	TAILQ_INSERT_TAIL(&s->clients, c, link);
	client_work(c);
	if (next_for_parts(s) != NULL)
		parts_soon(s);
}

static void
run_work(void *job)
{
	struct mgmt_work *w = job;

	w->beside(w);
}

/* The configuration is free: who waits for it asks again. */
static void
config_free_again(struct mgmt_server *s)
{
	struct client *c;

	s->config_taken = false;
	txn_timer_arm(s);
	TAILQ_FOREACH (c, &s->clients, link)
		if (c->waiting != NULL)
			event_active(c->again, EV_TIMEOUT, 0);
}

static void
on_work(void *ctx, void *job)
{
	struct mgmt_server *s = ctx;
	struct mgmt_work *w = job;
	struct client *c = w->client;
	bool config = w->config;

	if (s->stopping) {
		if (c != NULL)
			c->work = NULL;
		w->free(w);
		return;
	}
	if (w->after(w, now_ms()) && jobs_submit(s->jobs, w) == 0)
		return;
	if (c != NULL && c->work == w)
		c->work = NULL; /* a line that was read has perhaps become the next one */
	if (c != NULL && w->text != NULL)
		client_text(c, w->text, w->len);
	else if (c != NULL && config)
		drop_without_memory(c);
	if (c != NULL)
		w->text = NULL;
	w->free(w);
	if (config)
		config_free_again(s);
	if (c != NULL)
		client_work(c);
}

static void
on_again(evutil_socket_t fd, short what, void *arg)
{
	client_work(arg);
}

static void
on_event_added(void *ctx)
{
	struct mgmt_server *s = ctx;
	struct client *c;

	TAILQ_FOREACH (c, &s->clients, link)
		if (c->follows)
			event_active(c->again, EV_TIMEOUT, 0);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct client *c = arg;

	if (take_input(c) != 0) {
		log_error("mgmt", "out of memory for a request: client dropped");
		client_free(c);
		return;
	}
	client_work(c);
}

static void
on_written(struct bufferevent *bev, void *arg)
{
	client_work(arg);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct client *c = arg;

	if (what & BEV_EVENT_EOF) {
		c->eof = true; /* it may still read the answers to what it sent before */
		client_work(c);
		return;
	}
	if (what & BEV_EVENT_TIMEOUT)
		log_warning("mgmt", "user %u does not read its answer: dropped", c->uid);
	client_free(c);
}

static void
learn_peer(struct client *c, int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	c->since_ms = c->heard_ms = now_ms();
	c->uid = UINT32_MAX;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) != 0)
		return;
	c->uid = cred.uid;
	c->pid = cred.pid;
}

static struct client *
client_new(struct mgmt_server *s, int fd)
{
	struct timeval stall = { .tv_sec = s->o.stall_s };
	struct client *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->server = s;
	learn_peer(c, fd);
	c->again = event_new(s->base, -1, 0, on_again, c);
	if (c->again == NULL)
		goto free_client;
	c->bev = bufferevent_socket_new(s->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (c->bev == NULL)
		goto free_event;
	bufferevent_set_timeouts(c->bev, NULL, &stall);
	bufferevent_setcb(c->bev, on_read, on_written, on_event, c);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
	TAILQ_INSERT_TAIL(&s->clients, c, link);
	s->n_clients++;
	return c;

free_event:
	event_free(c->again);
free_client:
	free(c);
	return NULL;
}

/* Who gives way when there is no room: the client that has asked for nothing for the longest time,
 * if that was long enough. Not one that follows events, or whose answer is on its way. */
static struct client *
longest_silent(const struct mgmt_server *s)
{
	struct client *c, *found = NULL;
	uint64_t now = now_ms();

	TAILQ_FOREACH (c, &s->clients, link)
		if (!c->follows && !is_busy(c) && output_len(c) == 0 &&
				now - c->heard_ms >= s->o.silent_ms &&
				(found == NULL || c->heard_ms < found->heard_ms))
			found = c;
	return found;
}

/* Clients that hang must not keep an operator out. */
static bool
make_room(struct mgmt_server *s)
{
	struct client *c = s->n_clients >= s->o.max_clients ? longest_silent(s) : NULL;

	if (c != NULL) {
		log_notice("mgmt", "user %u, process %d, asks for nothing: it makes room", c->uid,
				(int)c->pid);
		client_free(c);
	}
	return s->n_clients < s->o.max_clients;
}

static void
on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa, int len, void *arg)
{
	static const char busy[] = "{\"error\":{\"message\":\"too many connections\"}}\n";
	struct mgmt_server *s = arg;

	if (!make_room(s)) {
		if (send(fd, busy, sizeof(busy) - 1, MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			log_debug("mgmt", "refused client is gone");
		close(fd);
		return;
	}
	if (client_new(s, fd) == NULL)
		close(fd);
}

/* Out of descriptors, most likely: trying again at once would only burn the CPU. */
static void
on_accept_error(struct evconnlistener *l, void *arg)
{
	struct mgmt_server *s = arg;
	struct timeval tv = { .tv_sec = ACCEPT_PAUSE_MS / 1000 };

	log_warning("mgmt", "accept: %s", strerror(errno));
	evconnlistener_disable(l);
	event_add(s->accept_again, &tv);
}

static void
on_accept_again(evutil_socket_t fd, short what, void *arg)
{
	struct mgmt_server *s = arg;

	evconnlistener_enable(s->listener);
}

/* ---- life ---------------------------------------------------------------------------------- */

static void
set_options(struct mgmt_server *s, const struct mgmt_options *o)
{
	s->o = *o;
	if (s->o.path == NULL)
		s->o.path = MGMT_DEFAULT_SOCKET;
	if (s->o.max_line == 0)
		s->o.max_line = DEFAULT_MAX_LINE;
	if (s->o.max_output == 0)
		s->o.max_output = DEFAULT_MAX_OUTPUT;
	if (s->o.max_clients == 0)
		s->o.max_clients = DEFAULT_MAX_CLIENTS;
	if (s->o.stall_s == 0)
		s->o.stall_s = DEFAULT_STALL_S;
	if (s->o.silent_ms == 0)
		s->o.silent_ms = DEFAULT_SILENT_MS;
}

struct mgmt_server *
mgmt_server_new(struct event_base *base, struct txn *txn, const struct mgmt_options *o, char *err,
		size_t err_len)
{
	struct mgmt_server *s = calloc(1, sizeof(*s));
	int fd = -1;

	if (s == NULL) {
		snprintf(err, err_len, "out of memory");
		return NULL;
	}
	signal(SIGPIPE, SIG_IGN); /* a client that has gone is an error of write, not our end */
	s->base = base;
	s->txn = txn;
	TAILQ_INIT(&s->clients);
	set_options(s, o);
	s->txn_timer = evtimer_new(base, txn_timer_fired, s);
	s->accept_again = evtimer_new(base, on_accept_again, s);
	s->parts = evtimer_new(base, on_parts, s);
	if (s->txn_timer != NULL && s->accept_again != NULL && s->parts != NULL)
		fd = listen_open(&s->file, s->o.path, s->o.group, err, err_len);
	else
		snprintf(err, err_len, "out of memory");
	if (fd < 0)
		goto fail;
	s->listener = evconnlistener_new(
			base, on_accept, s, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	if (s->listener == NULL) {
		close(fd);
		listen_remove(&s->file);
		snprintf(err, err_len, "out of memory");
		goto fail;
	}
	evconnlistener_set_error_cb(s->listener, on_accept_error);
	if (s->o.events != NULL)
		events_on_add(s->o.events, on_event_added, s);
	txn_timer_arm(s);
	return s;

fail:
	if (s->txn_timer != NULL)
		event_free(s->txn_timer);
	if (s->accept_again != NULL)
		event_free(s->accept_again);
	if (s->parts != NULL)
		event_free(s->parts);
	free(s);
	return NULL;
}

void
mgmt_server_free(struct mgmt_server *s)
{
	if (s == NULL)
		return;
	if (s->o.events != NULL)
		events_on_add(s->o.events, NULL, NULL);
	s->stopping = true; /* a change that is being made is given up */
	jobs_free(s->jobs);
	while (!TAILQ_EMPTY(&s->clients))
		client_free(TAILQ_FIRST(&s->clients));
	evconnlistener_free(s->listener);
	listen_remove(&s->file);
	event_free(s->txn_timer);
	event_free(s->accept_again);
	event_free(s->parts);
	free(s->shows.v);
	free(s->clears.v);
	free(s->debugs.v);
	free(s);
}
