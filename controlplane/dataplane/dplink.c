/* SPDX-License-Identifier: BSD-3-Clause */
/* The attachment over time; see dplink.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/log.h"
#include "controlplane/cp.h"
#include "controlplane/dataplane/dplink.h"

#define HEARTBEAT_LATE_MS 5000
#define WAITING_MAX       4096 /* packets that wait for commands */

/* A packet that waits for commands to be answered. */
struct waiting {
	STAILQ_ENTRY(waiting) next;
	uint64_t mark;
	enum chan_inject_mode mode;
	uint32_t id;
	size_t len;
	uint8_t data[];
};

struct dplink {
	struct event_base *base;
	const char *path;
	struct dplink_handlers h;
	struct chan_client *client;
	bool attached;
	struct event *retry, *sock, *wake, *again;
	char state[160];
	char logged[160]; /* reason that was logged last, so that a retry is no new line */
	uint64_t heartbeat, heartbeat_ms;
	bool stalled;
	uint64_t denied_ms; /* since when we have no permission; 0: we have, or do not know */
	uint64_t n_cmds, n_answered; /* of all attachments */
	uint64_t if_mark;  /* the last command about an interface: frames wait for it */
	uint64_t tun_mark; /* about a tunnel: packets into tunnels do */
	STAILQ_HEAD(, waiting) waiting;
	uint32_t n_waiting;
};

static void
event_drop(struct event **ev)
{
	if (*ev != NULL)
		event_free(*ev);
	*ev = NULL;
}

static void
retry_soon(struct dplink *l)
{
	struct timeval tv = { .tv_usec = DPLINK_RETRY_MS * 1000 };

	evtimer_add(l->retry, &tv);
}

static void
note_state(struct dplink *l, const char *why)
{
	snprintf(l->state, sizeof(l->state), "%s", why);
	if (strcmp(l->state, l->logged) == 0)
		return;
	snprintf(l->logged, sizeof(l->logged), "%s", why);
	log_warning("dataplane", "%s; trying again", why);
}

/* ---- packets that wait for commands ------------------------------------------------------- */

static void
waiting_drop(struct dplink *l)
{
	struct waiting *w;

	while ((w = STAILQ_FIRST(&l->waiting)) != NULL) {
		STAILQ_REMOVE_HEAD(&l->waiting, next);
		free(w);
	}
	l->n_waiting = 0;
}

static void
waiting_send(struct dplink *l)
{
	struct waiting *w;

	while ((w = STAILQ_FIRST(&l->waiting)) != NULL && w->mark <= l->n_answered) {
		STAILQ_REMOVE_HEAD(&l->waiting, next);
		l->n_waiting--;
		/* No room: lost, as on any bad day. */
		chan_client_inject(l->client, w->mode, w->id, w->data, w->len);
		free(w);
	}
}

uint64_t
dplink_mark(const struct dplink *l)
{
	return l->n_cmds;
}

/* Send when all commands up to @mark have been answered, and what waits has left. */
static int
wait_for(struct dplink *l, uint64_t mark, enum chan_inject_mode mode, uint32_t id,
		const void *data, size_t len)
{
	struct waiting *w;

	if (!l->attached)
		return -ENOTCONN;
	if (l->n_waiting >= WAITING_MAX)
		return -ENOBUFS;
	w = malloc(sizeof(*w) + len);
	if (w == NULL)
		return -ENOMEM;
	w->mark = mark;
	w->mode = mode;
	w->id = id;
	w->len = len;
	memcpy(w->data, data, len);
	STAILQ_INSERT_TAIL(&l->waiting, w, next);
	l->n_waiting++;
	return 0;
}

int
dplink_inject_after(struct dplink *l, uint64_t mark, enum chan_inject_mode mode, uint32_t id,
		const void *data, size_t len)
{
	if (mark <= l->n_answered && STAILQ_EMPTY(&l->waiting))
		return dplink_inject(l, mode, id, data, len);
	return wait_for(l, mark, mode, id, data, len);
}

/* ---- the attachment ------------------------------------------------------------------------ */

/* End whatever there is of an attachment, and begin to look for a new one. */
static void
lost(struct dplink *l, const char *why)
{
	struct chan_client *c = l->client;
	char reason[160];

	snprintf(reason, sizeof(reason), "%s", why);
	event_drop(&l->sock);
	event_drop(&l->wake);
	event_del(l->again);
	if (l->attached) {
		l->attached = false;
		l->logged[0] = '\0';
		l->h.detached(l->h.ctx, reason);
	}
	l->client = NULL;
	waiting_drop(l);
	chan_client_close(c);
	note_state(l, reason);
	retry_soon(l);
}

static void
on_done(void *arg, const struct chan_done *done)
{
	struct dplink *l = arg;

	l->n_answered++;
	if (!l->attached)
		return;
	l->h.done(l->h.ctx, done);
	waiting_send(l);
}

static void
poll_now(struct dplink *l)
{
	struct timeval soon = { 0 };

	if (l->attached && chan_client_poll(l->client))
		evtimer_add(l->again, &soon);
}

static void
on_wake(evutil_socket_t fd, short what, void *arg)
{
	poll_now(arg);
}

static int
attached(struct dplink *l)
{
	l->wake = event_new(
			l->base, chan_client_wake_fd(l->client), EV_READ | EV_PERSIST, on_wake, l);
	if (l->wake == NULL || event_add(l->wake, NULL) != 0)
		return -ENOMEM;
	l->attached = true;
	l->heartbeat_ms = cp_now_ms();
	l->stalled = false;
	snprintf(l->state, sizeof(l->state), "attached");
	l->logged[0] = '\0';
	log_notice("dataplane", "attached to dataplane %s, run %016llx",
			chan_client_version(l->client),
			(unsigned long long)chan_client_boot_id(l->client));
	l->h.attached(l->h.ctx, l->client);
	poll_now(l);
	return 0;
}

static void
on_sock(evutil_socket_t fd, short what, void *arg)
{
	struct dplink *l = arg;
	bool was_attached = l->attached;
	int rc = chan_client_sock_event(l->client);
	char why[160];

	if (rc == 1)
		rc = attached(l);
	if (rc >= 0)
		return;
	snprintf(why, sizeof(why), "%s",
			chan_client_reason(l->client)[0] != '\0' ? chan_client_reason(l->client)
								 : "dataplane is not running");
	if (rc == -EPROTO && !was_attached) {
		event_drop(&l->sock);
		l->h.fatal(l->h.ctx, why);
	} else {
		lost(l, why);
	}
}

static const char *
open_why(const struct dplink *l, int err, char *buf, size_t len)
{
	switch (err) {
	case -ENOENT:
	case -ECONNREFUSED:
		return "dataplane is not running";
	case -EACCES:
		snprintf(buf, len, "no permission to use the dataplane's socket %s", l->path);
		return buf;
	default:
		snprintf(buf, len, "dataplane's socket %s: %s", l->path, strerror(-err));
		return buf;
	}
}

static void
on_retry(evutil_socket_t fd, short what, void *arg)
{
	struct dplink *l = arg;
	struct chan_client_handlers ch = {
		.event = l->h.event, .punt = l->h.punt, .trace = l->h.trace, .arg = l->h.ctx
	};
	char why[160];
	int err = 0;

	l->client = chan_client_open(l->path, &ch, &err);
	if (l->client == NULL) {
		note_state(l, open_why(l, err, why, sizeof(why)));
		retry_soon(l);
		if (err != -EACCES)
			l->denied_ms = 0;
		else if (l->denied_ms == 0)
			l->denied_ms = cp_now_ms();
		else if (cp_now_ms() - l->denied_ms > DPLINK_DENIED_MS)
			l->h.fatal(l->h.ctx, l->state);
		return;
	}
	l->denied_ms = 0;
	l->sock = event_new(
			l->base, chan_client_sock_fd(l->client), EV_READ | EV_PERSIST, on_sock, l);
	if (l->sock == NULL || event_add(l->sock, NULL) != 0)
		lost(l, "out of memory");
}

static void
on_again(evutil_socket_t fd, short what, void *arg)
{
	poll_now(arg);
}

struct dplink *
dplink_new(struct event_base *base, const char *path, const struct dplink_handlers *h)
{
	struct dplink *l = calloc(1, sizeof(*l));

	if (l == NULL)
		return NULL;
	l->base = base;
	l->path = path;
	l->h = *h;
	STAILQ_INIT(&l->waiting);
	snprintf(l->state, sizeof(l->state), "dataplane is not running");
	l->retry = evtimer_new(base, on_retry, l);
	l->again = evtimer_new(base, on_again, l);
	if (l->retry != NULL && l->again != NULL)
		return l;
	dplink_free(l);
	return NULL;
}

void
dplink_free(struct dplink *l)
{
	if (l == NULL)
		return;
	event_drop(&l->sock);
	event_drop(&l->wake);
	event_drop(&l->retry);
	event_drop(&l->again);
	l->attached = false;
	waiting_drop(l);
	chan_client_close(l->client);
	free(l);
}

void
dplink_start(struct dplink *l)
{
	on_retry(-1, 0, l);
}

struct chan_client *
dplink_client(const struct dplink *l)
{
	return l->attached ? l->client : NULL;
}

const char *
dplink_state(const struct dplink *l)
{
	return l->state;
}

int
dplink_cmd(struct dplink *l, const struct chan_cmd *cmd)
{
	int err = l->attached ? chan_client_cmd(l->client, cmd, on_done, l) : -ENOTCONN;

	if (err != 0)
		return err;
	l->n_cmds++;
	if (cmd->op == CHAN_CMD_IF_SET)
		l->if_mark = l->n_cmds;
	else if (cmd->op == CHAN_CMD_TUN_SET)
		l->tun_mark = l->n_cmds;
	return 0;
}

int
dplink_inject(struct dplink *l, enum chan_inject_mode mode, uint32_t id, const void *data,
		size_t len)
{
	if (!l->attached)
		return -ENOTCONN;
	if (mode == CHAN_INJECT_FRAME && l->if_mark > l->n_answered)
		return wait_for(l, l->if_mark, mode, id, data, len);
	if (mode == CHAN_INJECT_TUN && l->tun_mark > l->n_answered)
		return wait_for(l, l->tun_mark, mode, id, data, len);
	return chan_client_inject(l->client, mode, id, data, len);
}

void
dplink_watch(struct dplink *l, uint64_t now_ms)
{
	uint64_t beat;

	if (!l->attached)
		return;
	beat = __atomic_load_n(&chan_client_stats(l->client)->heartbeat, __ATOMIC_RELAXED);
	if (beat != l->heartbeat) {
		if (l->stalled)
			log_notice("dataplane", "the dataplane's heart beats again");
		l->heartbeat = beat;
		l->heartbeat_ms = now_ms;
		l->stalled = false;
	} else if (!l->stalled && now_ms - l->heartbeat_ms > HEARTBEAT_LATE_MS) {
		l->stalled = true;
		log_warning("dataplane",
				"no heartbeat of the dataplane for %u s: it hangs or is starved",
				HEARTBEAT_LATE_MS / 1000);
	}
}
