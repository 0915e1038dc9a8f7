/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The dataplane's end of the channel; the protocol is in common/channel.h.
 *
 *   channel_server.c   (this file) who is there: newcomers, handshake, attach, detach; the pump
 *   channel_socket.c   the listening socket and who may connect to it
 *   attachment.c       the ring region of one stay and the main core's ends of its rings
 *   ring_end.h         why a scribbling control plane cannot lead us out of a ring
 *   keep.c             the keep region, which outlives control planes
 *   event_queue.c      events of the workers on their way to the event ring
 *
 * One control plane is attached at most. A newcomer has HELLO_MS to say hello; then it is either
 * attached or refused with a reason, and closed. The attached one's socket is only watched for
 * its end: when it is readable, the attachment is over. The main core sleeps in epoll whenever it
 * has nothing to do; both the control plane and the workers wake it by an eventfd, which they
 * write only when it has said that it sleeps.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <rte_branch_prediction.h>

#include "common/log.h"
#include "dataplane/attachment.h"
#include "dataplane/channel_server.h"
#include "dataplane/channel_socket.h"
#include "dataplane/event_queue.h"
#include "dataplane/keep.h"

#define HELLO_MS     2000
#define MAX_NEW      8 /* newcomers that have not said hello yet */
#define CMD_BUDGET   256 /* commands per run, so that a resync does not starve the rest */
#define EVENT_BUDGET 1024
#define POLL_MAX     16

struct newcomer {
	int fd; /* -1: free */
	uint64_t until_ms;
	struct chan_peer peer;
};

struct chan_server {
	struct chan_server_conf conf;
	struct chan_listener listener;
	int epoll_fd;
	struct newcomer new[MAX_NEW];
	int peer_fd; /* the attached one's socket, -1: nobody */
	struct chan_peer peer;
	struct attachment att;
	struct keep_region keep;
	struct log_limit refuse_limit;
};

/*
 * @extra is EPOLLET for the eventfd that the control plane writes: each write is an event, and
 * it need not be read. A read could block, since the other side can clear O_NONBLOCK of a file
 * that both have open.
 */
static int
watch(struct chan_server *s, int fd, uint32_t extra)
{
	struct epoll_event ev = { .events = EPOLLIN | extra, .data.fd = fd };

	return epoll_ctl(s->epoll_fd, EPOLL_CTL_ADD, fd, &ev) == 0 ? 0 : -errno;
}

struct chan_server *
chan_server_open(const struct chan_server_conf *conf, char *why, size_t why_len)
{
	struct chan_server *s = calloc(1, sizeof(*s));
	int err;

	if (s == NULL) {
		snprintf(why, why_len, "out of memory");
		return NULL;
	}
	s->conf = *conf;
	s->peer_fd = -1;
	s->listener.fd = -1;
	s->keep.fd = -1;
	s->att = (struct attachment){ .rings_fd = -1, .wake_cp_fd = -1, .wake_dp_fd = -1 };
	s->refuse_limit = (struct log_limit){ .per_interval = 5, .interval_ms = 10000 };
	for (int i = 0; i < MAX_NEW; i++)
		s->new[i].fd = -1;
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (s->epoll_fd < 0) {
		snprintf(why, why_len, "epoll: %s", strerror(errno));
		goto fail;
	}
	err = keep_region_init(&s->keep, conf->stats->max_tunnels);
	if (err != 0) {
		snprintf(why, why_len, "no keep region: %s", strerror(-err));
		goto fail;
	}
	if (chan_listener_open(&s->listener, conf->path, conf->group, why, why_len) != 0)
		goto fail;
	err = watch(s, s->listener.fd, 0);
	if (err == 0)
		err = watch(s, conf->events->wake_fd, 0);
	if (err != 0) {
		snprintf(why, why_len, "epoll: %s", strerror(-err));
		goto fail;
	}
	return s;

fail:
	chan_server_close(s);
	return NULL;
}

int
chan_server_fd(const struct chan_server *s)
{
	return s->epoll_fd;
}

bool
chan_server_attached(const struct chan_server *s)
{
	return s->peer_fd >= 0;
}

/* ---- attach and detach -------------------------------------------------------------------- */

static void
detach(struct chan_server *s, const char *why)
{
	struct chan_event ev;

	if (s->peer_fd < 0)
		return;
	log_notice("channel", "control plane (pid %d) detached: %s; forwarding goes on",
			(int)s->peer.pid, why);
	close(s->peer_fd); /* which also ends epoll's watch */
	s->peer_fd = -1;
	epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, s->att.wake_dp_fd, NULL);
	attachment_fini(&s->att, s->conf.workers, s->conf.n_workers, s->conf.rcu);
	keep_region_pin(&s->keep);
	while (event_queue_get(s->conf.events, &ev))
		; /* what was meant for the one who left; states are read anew at attachment */
	s->conf.detached(s->conf.arg);
}

static void
newcomer_drop(struct newcomer *n)
{
	close(n->fd);
	n->fd = -1;
}

static void
refuse(struct chan_server *s, struct newcomer *n, int status, const char *reason, uint64_t now_ms)
{
	struct chan_welcome w = { .magic = CHAN_MAGIC, .abi = CHAN_ABI, .status = status,
		.boot_id = s->conf.stats->boot_id, .version = CULVERT_VERSION };

	snprintf(w.reason, sizeof(w.reason), "%s", reason);
	if (log_limit_ok(&s->refuse_limit, now_ms))
		log_warning("channel", "control plane (pid %d) refused: %s", (int)n->peer.pid,
				reason);
	/* It may be gone already; nothing to do about that. */
	(void)chan_send(n->fd, &w, sizeof(w), NULL, 0);
	newcomer_drop(n);
}

/* Everything is ready before the welcome goes out; workers get their rings last. */
static void
attach(struct chan_server *s, struct newcomer *n, const struct chan_hello *h, uint64_t now_ms)
{
	struct chan_welcome w = { .magic = CHAN_MAGIC, .abi = CHAN_ABI,
		.n_workers = s->conf.n_workers, .boot_id = s->conf.stats->boot_id,
		.version = CULVERT_VERSION };
	int fds[CHAN_N_FDS], err;
	char text[96];

	err = attachment_init(&s->att, s->conf.n_workers);
	if (err == 0)
		err = watch(s, s->att.wake_dp_fd, EPOLLET);
	if (err != 0) {
		attachment_fini(&s->att, NULL, 0, NULL);
		snprintf(text, sizeof(text), "no memory for its rings: %s", strerror(-err));
		refuse(s, n, err, text, now_ms);
		return;
	}
	fds[CHAN_FD_RINGS] = s->att.rings_fd;
	fds[CHAN_FD_STATS] = s->conf.stats_fd;
	fds[CHAN_FD_WAKE_CP] = s->att.wake_cp_fd;
	fds[CHAN_FD_WAKE_DP] = s->att.wake_dp_fd;
	fds[CHAN_FD_KEEP] = s->keep.fd;
	err = chan_send(n->fd, &w, sizeof(w), fds, CHAN_N_FDS);
	if (err != 0) {
		epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, s->att.wake_dp_fd, NULL);
		attachment_fini(&s->att, NULL, 0, NULL);
		newcomer_drop(n);
		return;
	}
	s->peer_fd = n->fd;
	s->peer = n->peer;
	n->fd = -1;
	attachment_publish(&s->att, s->conf.workers, s->conf.n_workers);
	log_notice("channel", "control plane attached: pid %d, uid %u, version %.*s",
			(int)s->peer.pid, (unsigned int)s->peer.uid, (int)sizeof(h->version),
			h->version);
}

/* ---- newcomers ---------------------------------------------------------------------------- */

/* Has the attached one left? Asked before a newcomer is turned away because of it. */
static void
peer_check(struct chan_server *s)
{
	int fds[CHAN_N_FDS], n_fds, n;
	char byte;

	if (s->peer_fd < 0)
		return;
	n = chan_recv(s->peer_fd, &byte, sizeof(byte), fds, &n_fds);
	for (int i = 0; i < n_fds; i++)
		close(fds[i]);
	if (n > 0)
		detach(s, "it sent something after its hello");
	else if (n != -EAGAIN)
		detach(s, "its end of the socket is closed");
}

static void
newcomer_hello(struct chan_server *s, struct newcomer *n, uint64_t now_ms)
{
	struct chan_hello h;
	int fds[CHAN_N_FDS], n_fds, len;
	char text[96];

	memset(&h, 0, sizeof(h));
	len = chan_recv(n->fd, &h, sizeof(h), fds, &n_fds);
	for (int i = 0; i < n_fds; i++)
		close(fds[i]);
	if (len == -EAGAIN)
		return;
	if (len < (int)offsetof(struct chan_hello, version) || h.magic != CHAN_MAGIC) {
		newcomer_drop(n);
		return;
	}
	if (!chan_peer_allowed(&n->peer, n->fd, s->conf.group)) {
		refuse(s, n, -EACCES,
				"not permitted: neither our user, root, nor in the socket group",
				now_ms);
		return;
	}
	if (h.abi != CHAN_ABI) {
		snprintf(text, sizeof(text),
				"channel ABI %u of the control plane is not %u of the dataplane",
				h.abi, CHAN_ABI);
		refuse(s, n, -EPROTO, text, now_ms);
		return;
	}
	peer_check(s);
	if (s->peer_fd >= 0) {
		snprintf(text, sizeof(text), "another control plane is attached (pid %d)",
				(int)s->peer.pid);
		refuse(s, n, -EBUSY, text, now_ms);
		return;
	}
	attach(s, n, &h, now_ms);
}

static void
newcomer_accept(struct chan_server *s, uint64_t now_ms)
{
	struct newcomer *n = NULL, spare = { .fd = -1 };

	for (int i = 0; i < MAX_NEW && n == NULL; i++)
		if (s->new[i].fd < 0)
			n = &s->new[i];
	if (n == NULL)
		n = &spare; /* full: take and close it, or the listener stays readable */
	n->fd = chan_listener_accept(&s->listener, &n->peer);
	if (n->fd < 0)
		return;
	if (n == &spare) {
		newcomer_drop(n);
		return;
	}
	n->until_ms = now_ms + HELLO_MS;
	if (watch(s, n->fd, 0) != 0)
		newcomer_drop(n);
}

static void
sockets_run(struct chan_server *s, uint64_t now_ms)
{
	struct epoll_event ev[POLL_MAX];
	int n = epoll_wait(s->epoll_fd, ev, POLL_MAX, 0);

	/* The one that leaves goes before newcomers: whoever takes over is not refused. */
	for (int i = 0; i < n; i++)
		if (ev[i].data.fd == s->peer_fd)
			peer_check(s);
	for (int i = 0; i < n; i++)
		if (ev[i].data.fd == s->listener.fd)
			newcomer_accept(s, now_ms);
	for (int i = 0; i < MAX_NEW; i++) {
		if (s->new[i].fd >= 0)
			newcomer_hello(s, &s->new[i], now_ms);
		if (s->new[i].fd >= 0 && now_ms >= s->new[i].until_ms)
			newcomer_drop(&s->new[i]);
	}
}

/* ---- the pump ----------------------------------------------------------------------------- */

/* True: the budget ended before the commands did. */
static bool
commands_run(struct chan_server *s)
{
	struct chan_cmd cmd;
	int n = 0;

	while (n < CMD_BUDGET && attachment_take_cmd(&s->att, &cmd)) {
		const char *field = NULL;
		int err = s->conf.apply(s->conf.arg, &cmd, &field);

		if (err != 0)
			log_debug("channel", "%s refused: %s (%s)", chan_op_str(cmd.op),
					strerror(-err), field != NULL ? field : "");
		attachment_answer(&s->att, &cmd, err, field);
		n++;
	}
	explicit_bzero(&cmd, sizeof(cmd));
	if (n > 0)
		ring_wake_cp(s->att.rings, s->att.wake_cp_fd);
	return n == CMD_BUDGET;
}

/* The workers' events, as far as there is room in the shared ring. */
static bool
events_run(struct chan_server *s)
{
	struct chan_event ev;
	int n = 0;

	while (n < EVENT_BUDGET && ring_out_room(&s->att.event_out) > 0 &&
			event_queue_get(s->conf.events, &ev)) {
		attachment_event(&s->att, &ev);
		n++;
	}
	if (n > 0)
		ring_wake_cp(s->att.rings, s->att.wake_cp_fd);
	return n == EVENT_BUDGET;
}

static void
damage_check(struct chan_server *s)
{
	const char *ring = attachment_damaged(&s->att, s->conf.workers, s->conf.n_workers);
	char text[96];

	if (likely(ring == NULL))
		return;
	snprintf(text, sizeof(text), "it wrote an impossible index into its %s ring", ring);
	detach(s, text);
}

bool
chan_server_run(struct chan_server *s, uint64_t now_ms)
{
	bool more;

	event_queue_awake(s->conf.events);
	sockets_run(s, now_ms);
	if (s->peer_fd < 0)
		return false;
	__atomic_store_n(&s->att.rings->dp_sleeps, 0, __ATOMIC_SEQ_CST);
	more = commands_run(s);
	more = events_run(s) || more;
	damage_check(s);
	return more && s->peer_fd >= 0;
}

bool
chan_server_sleep(struct chan_server *s)
{
	if (s->peer_fd < 0)
		return true; /* nobody to get commands from or to send events to */
	__atomic_store_n(&s->att.rings->dp_sleeps, 1, __ATOMIC_SEQ_CST);
	event_queue_sleep_prepare(s->conf.events); /* its fence is for both flags */
	if (attachment_has_cmd(&s->att))
		return false;
	return event_queue_empty(s->conf.events) || ring_out_room(&s->att.event_out) == 0;
}

bool
chan_server_event(struct chan_server *s, const struct chan_event *ev)
{
	struct chan_event e = *ev;

	if (s->peer_fd < 0)
		return false;
	e.worker = 255;
	if (!attachment_event(&s->att, &e))
		return false;
	ring_wake_cp(s->att.rings, s->att.wake_cp_fd);
	return true;
}

void
chan_server_close(struct chan_server *s)
{
	if (s == NULL)
		return;
	detach(s, "the dataplane stops");
	for (int i = 0; i < MAX_NEW; i++)
		if (s->new[i].fd >= 0)
			newcomer_drop(&s->new[i]);
	chan_listener_close(&s->listener);
	keep_region_fini(&s->keep);
	if (s->epoll_fd >= 0)
		close(s->epoll_fd);
	free(s);
}
