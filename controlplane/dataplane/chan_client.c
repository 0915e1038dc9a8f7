/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control plane's end of the channel: attachment and messages; see chan_client.h for its use
 * and common/channel.h for the protocol. Counters are read in chan_client_stats.c.
 *
 * The dataplane is trusted as far as memory goes (it could do without us), but what it hands over
 * is checked once at attachment, and lengths of packets each time, since a bug there should be
 * a log line here and not a crash of the routing protocols.
 *
 * Only header-only inline functions of rte_ring are used, in the variant that is written with C11
 * atomics: on x86 it makes the same code, and ThreadSanitizer understands it.
 */
#define RTE_USE_C11_MEM_MODEL 1

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <rte_ring.h>
#include <rte_ring_elem.h>
#include <rte_ring_peek_zc.h>

#include "common/log.h"
#include "controlplane/dataplane/chan_client_priv.h"

#define DONE_BUDGET  1024 /* answers taken per poll */
#define EVENT_BUDGET 256
#define PUNT_ROUNDS  16 /* packets per worker and class per poll */

#define BACKLOG_MIN 256u

/* ---- attachment --------------------------------------------------------------------------- */

static int
lost(struct chan_client *c, int err, const char *why)
{
	c->state = CLIENT_LOST;
	snprintf(c->reason, sizeof(c->reason), "%s", why);
	return err;
}

struct chan_client *
chan_client_open(const char *path, const struct chan_client_handlers *handlers, int *err)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct chan_hello hello = { .magic = CHAN_MAGIC, .abi = CHAN_ABI,
		.version = CULVERT_VERSION };
	struct chan_client *c;

	if (strlen(path) >= sizeof(sa.sun_path)) {
		*err = -ENAMETOOLONG;
		return NULL;
	}
	strcpy(sa.sun_path, path);
	c = calloc(1, sizeof(*c));
	if (c == NULL) {
		*err = -ENOMEM;
		return NULL;
	}
	c->handlers = *handlers;
	c->wake_cp_fd = c->wake_dp_fd = -1;
	c->sock_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->sock_fd < 0 || connect(c->sock_fd, (struct sockaddr *)&sa, sizeof(sa)) != 0)
		*err = -errno;
	else
		*err = chan_send(c->sock_fd, &hello, sizeof(hello), NULL, 0);
	if (*err != 0) {
		chan_client_close(c);
		return NULL;
	}
	return c;
}

/* Map one region that the dataplane handed over; it must be sealed against shrinking, or a bug
 * there would be a SIGBUS here. */
static int
region_map(int fd, int prot, void **at, uint64_t *size)
{
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);

	if (fstat(fd, &st) != 0 || seals < 0)
		return -errno;
	if ((seals & F_SEAL_SHRINK) == 0 || st.st_size <= 0)
		return -EPROTO;
	*at = mmap(NULL, (size_t)st.st_size, prot, MAP_SHARED, fd, 0);
	if (*at == MAP_FAILED) {
		*at = NULL;
		return -errno;
	}
	*size = (uint64_t)st.st_size;
	return 0;
}

/* One ring of the region: as large as both sides expect, and wholly inside. */
static struct rte_ring *
ring_at(struct chan_client *c, uint64_t off, uint32_t n_slots, size_t elem_len)
{
	struct rte_ring *r = chan_ring(c->rings, off);
	uint64_t need = sizeof(*r) + (uint64_t)n_slots * elem_len;

	if (need > c->rings_size || off > c->rings_size - need)
		return NULL;
	if (r->size != n_slots || r->mask != n_slots - 1 || r->capacity != n_slots - 1)
		return NULL;
	if (r->prod.sync_type != RTE_RING_SYNC_ST || r->cons.sync_type != RTE_RING_SYNC_ST)
		return NULL;
	return r;
}

static int
rings_find(struct chan_client *c)
{
	struct chan_rings *g = c->rings;
	bool ok = true;

	c->cmd = ring_at(c, g->cmd_off, CHAN_CMD_SLOTS, sizeof(struct chan_cmd));
	c->done = ring_at(c, g->done_off, CHAN_DONE_SLOTS, sizeof(struct chan_done));
	c->event = ring_at(c, g->event_off, CHAN_EVENT_SLOTS, sizeof(struct chan_event));
	c->inject = ring_at(c, g->inject_off, CHAN_INJECT_SLOTS, sizeof(struct chan_pkt));
	for (unsigned int w = 0; w < c->n_workers; w++) {
		for (unsigned int k = 0; k < CHAN_N_CLASSES; k++) {
			c->punt[w][k] = ring_at(c, g->punt_off[w][k], CHAN_PUNT_SLOTS,
					sizeof(struct chan_pkt));
			ok = ok && c->punt[w][k] != NULL;
		}
		c->trace[w] = ring_at(c, g->trace_off[w], CHAN_TRACE_SLOTS,
				sizeof(struct chan_trace_rec));
		ok = ok && c->trace[w] != NULL;
	}
	ok = ok && c->cmd != NULL && c->done != NULL && c->event != NULL && c->inject != NULL;
	return ok ? 0 : -EPROTO;
}

/* It holds keys: neither in core dumps nor, as far as the limit on locked memory permits, in
 * swap. */
static void
keep_lock(struct chan_client *c)
{
	madvise(c->keep, c->keep_size, MADV_DONTDUMP);
	if (mlock2(c->keep, c->keep_size, MLOCK_ONFAULT) != 0)
		log_notice("dataplane", "the memory that outlives us can be swapped out: %s",
				strerror(errno));
}

/* The welcome came with its descriptors: map, check, attached. */
static int
attach(struct chan_client *c, const struct chan_welcome *w, const int *fds)
{
	void *rings = NULL, *stats = NULL;
	int err;

	err = region_map(fds[CHAN_FD_RINGS], PROT_READ | PROT_WRITE, &rings, &c->rings_size);
	c->rings = rings;
	if (err == 0)
		err = region_map(fds[CHAN_FD_STATS], PROT_READ, &stats, &c->stats_size);
	c->stats = stats;
	if (err == 0)
		err = region_map(fds[CHAN_FD_KEEP], PROT_READ | PROT_WRITE, &c->keep,
				&c->keep_size);
	if (err != 0)
		return lost(c, err, "cannot map the dataplane's regions");
	keep_lock(c);
	if (chan_rings_check(c->rings, c->rings_size) != 0)
		return lost(c, -EPROTO, "the dataplane's ring region is malformed");
	if (chan_stats_check(c->stats, c->stats_size) != 0)
		return lost(c, -EPROTO, "the dataplane's statistics region is malformed");
	if (c->keep_size != chan_keep_size(c->stats->max_tunnels))
		return lost(c, -EPROTO, "the dataplane's keep region has the wrong size");
	c->n_workers = c->rings->n_workers;
	if (c->n_workers != w->n_workers || c->stats->n_workers != w->n_workers ||
			rings_find(c) != 0)
		return lost(c, -EPROTO, "the dataplane's rings are malformed");
	c->wake_cp_fd = fds[CHAN_FD_WAKE_CP];
	c->wake_dp_fd = fds[CHAN_FD_WAKE_DP];
	memcpy(c->version, w->version, sizeof(c->version) - 1);
	c->state = CLIENT_ATTACHED;
	return 1;
}

/* A refusal, or a welcome of another ABI. Its first three fields stay where they are for ever. */
static int
welcome_check(struct chan_client *c, const struct chan_welcome *w, size_t len, int n_fds)
{
	char text[160];

	if (len < offsetof(struct chan_welcome, n_workers) || w->magic != CHAN_MAGIC)
		return lost(c, -EPROTO, "this is not a dataplane's socket");
	if (w->abi != CHAN_ABI) {
		snprintf(text, sizeof(text),
				"the dataplane speaks channel ABI %u, this control plane %u",
				w->abi, CHAN_ABI);
		return lost(c, -EPROTO, text);
	}
	if (len != sizeof(*w))
		return lost(c, -EPROTO, "the dataplane's welcome is malformed");
	if (w->status != 0) {
		snprintf(text, sizeof(text), "refused by the dataplane: %.*s",
				(int)sizeof(w->reason), w->reason);
		return lost(c, w->status < 0 ? w->status : -EPROTO, text);
	}
	if (n_fds != CHAN_N_FDS || w->n_workers == 0 || w->n_workers > CHAN_MAX_WORKERS)
		return lost(c, -EPROTO, "the dataplane's welcome is malformed");
	return 0;
}

/* -EAGAIN, or how the attachment ended. */
static int
recv_failed(struct chan_client *c, int n)
{
	if (n == -EAGAIN)
		return 0;
	if (c->state == CLIENT_HELLO)
		return lost(c, -EPIPE, "the dataplane closed the connection before its welcome");
	return lost(c, -EPIPE, "the dataplane is gone");
}

int
chan_client_sock_event(struct chan_client *c)
{
	struct chan_welcome w;
	int fds[CHAN_N_FDS], n_fds, n, ret;
	bool hello = c->state == CLIENT_HELLO;

	if (c->state == CLIENT_LOST)
		return -EPIPE;
	memset(&w, 0, sizeof(w));
	n = chan_recv(c->sock_fd, &w, sizeof(w), fds, &n_fds);
	if (n <= 0)
		return recv_failed(c, n);
	if (hello)
		ret = welcome_check(c, &w, (size_t)n, n_fds);
	else
		ret = lost(c, -EPROTO, "the dataplane sent something after its welcome");
	if (ret == 0)
		ret = attach(c, &w, fds);
	/* The two eventfds stay with an attached client, the mappings do not need theirs. */
	for (int i = 0; i < n_fds; i++)
		if (ret != 1 || (i != CHAN_FD_WAKE_CP && i != CHAN_FD_WAKE_DP))
			close(fds[i]);
	return ret;
}

int
chan_client_sock_fd(const struct chan_client *c)
{
	return c->sock_fd;
}

const char *
chan_client_reason(const struct chan_client *c)
{
	return c->reason;
}

bool
chan_client_attached(const struct chan_client *c)
{
	return c->state == CLIENT_ATTACHED;
}

int
chan_client_wake_fd(const struct chan_client *c)
{
	return c->state == CLIENT_ATTACHED ? c->wake_cp_fd : -1;
}

uint64_t
chan_client_boot_id(const struct chan_client *c)
{
	return c->state == CLIENT_ATTACHED ? c->stats->boot_id : 0;
}

const char *
chan_client_version(const struct chan_client *c)
{
	return c->version;
}

void *
chan_client_keep(const struct chan_client *c, uint64_t *size)
{
	*size = c->keep_size;
	return c->state == CLIENT_ATTACHED ? c->keep : NULL;
}

/* ---- commands ----------------------------------------------------------------------------- */

/* Ring the bell if the dataplane's main core said that it sleeps. */
static void
wake_dp(struct chan_client *c)
{
	static const uint64_t one = 1;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&c->rings->dp_sleeps, __ATOMIC_RELAXED) == 0 ||
			__atomic_exchange_n(&c->rings->dp_sleeps, 0, __ATOMIC_SEQ_CST) == 0)
		return;
	/* Fails only when the counter is at its end: then it is readable anyway. */
	if (write(c->wake_dp_fd, &one, sizeof(one)) < 0)
		return;
}

/* Put one command into the ring. False: no room, or enough in flight. */
static bool
cmd_send(struct chan_client *c, const struct chan_cmd *cmd, chan_client_done_fn cb, void *arg)
{
	struct rte_ring_zc_data z;
	struct chan_cmd *slot;
	struct sent *s;

	if (c->n_sent == INFLIGHT_MAX)
		return false;
	if (rte_ring_enqueue_zc_burst_elem_start(c->cmd, sizeof(*cmd), 1, &z, NULL) == 0)
		return false;
	slot = z.ptr1;
	*slot = *cmd;
	slot->seq = c->next_seq++;
	s = &c->sent[(c->sent_head + c->n_sent++) % INFLIGHT_MAX];
	*s = (struct sent){ .seq = slot->seq, .op = cmd->op, .cb = cb, .arg = arg };
	rte_ring_enqueue_zc_elem_finish(c->cmd, 1);
	return true;
}

/* Twice the room for waiting commands; the old place is wiped. */
static int
backlog_grow(struct chan_client *c)
{
	size_t cap = c->backlog_cap == 0 ? BACKLOG_MIN : 2 * c->backlog_cap;
	struct queued *q;

	if (cap > CHAN_CLIENT_BACKLOG_MAX)
		return -ENOBUFS;
	q = calloc(cap, sizeof(*q));
	if (q == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < c->n_backlog; i++)
		q[i] = c->backlog[(c->backlog_head + i) & (c->backlog_cap - 1)];
	if (c->backlog != NULL)
		explicit_bzero(c->backlog, c->backlog_cap * sizeof(*q));
	free(c->backlog);
	c->backlog = q;
	c->backlog_cap = cap;
	c->backlog_head = 0;
	return 0;
}

static void
backlog_pop(struct chan_client *c)
{
	explicit_bzero(&c->backlog[c->backlog_head], sizeof(struct queued));
	c->backlog_head = (c->backlog_head + 1) & (c->backlog_cap - 1);
	c->n_backlog--;
}

int
chan_client_cmd(struct chan_client *c, const struct chan_cmd *cmd, chan_client_done_fn cb,
		void *arg)
{
	int err;

	if (c->state != CLIENT_ATTACHED)
		return -ENOTCONN;
	if (c->n_backlog == 0 && cmd_send(c, cmd, cb, arg)) {
		wake_dp(c);
		return 0;
	}
	if (c->n_backlog == c->backlog_cap) {
		err = backlog_grow(c);
		if (err != 0)
			return err;
	}
	c->backlog[(c->backlog_head + c->n_backlog++) & (c->backlog_cap - 1)] =
			(struct queued){ .cmd = *cmd, .cb = cb, .arg = arg };
	return 0;
}

size_t
chan_client_n_pending(const struct chan_client *c)
{
	return c->n_sent + c->n_backlog;
}

static void
backlog_flush(struct chan_client *c)
{
	bool any = false;

	while (c->n_backlog > 0) {
		struct queued *q = &c->backlog[c->backlog_head];

		if (!cmd_send(c, &q->cmd, q->cb, q->arg))
			break;
		backlog_pop(c);
		any = true;
	}
	if (any)
		wake_dp(c);
}

/* Answers, oldest first. True: the budget ended before they did. */
static bool
poll_done(struct chan_client *c)
{
	struct chan_done d;
	struct sent s;

	for (int i = 0; i < DONE_BUDGET; i++) {
		if (rte_ring_sc_dequeue_elem(c->done, &d, sizeof(d)) != 0)
			return false;
		if (c->n_sent == 0 || c->sent[c->sent_head].seq != d.seq) {
			lost(c, -EPROTO, "the dataplane answered what was not asked");
			shutdown(c->sock_fd, SHUT_RDWR);
			return false;
		}
		s = c->sent[c->sent_head];
		c->sent_head = (c->sent_head + 1) % INFLIGHT_MAX;
		c->n_sent--;
		d.op = s.op;
		d.field[sizeof(d.field) - 1] = '\0';
		if (s.cb != NULL)
			s.cb(s.arg, &d);
	}
	return true;
}

/* ---- events and packets ------------------------------------------------------------------- */

/* The main core may sleep over a full ring, with more events behind it: whoever sees it near full
 * rings when there is room again. */
static bool
poll_events(struct chan_client *c)
{
	bool more = true, crowded = false;
	struct chan_event ev;
	unsigned int left;

	for (int i = 0; i < EVENT_BUDGET; i++) {
		more = rte_ring_sc_dequeue_bulk_elem(c->event, &ev, sizeof(ev), 1, &left) != 0;
		if (!more)
			break;
		crowded = crowded || left >= CHAN_EVENT_SLOTS / 2;
		if (c->handlers.event != NULL)
			c->handlers.event(c->handlers.arg, &ev);
	}
	if (crowded)
		wake_dp(c);
	return more;
}

/* One packet of one ring. False: it is empty. */
static bool
punt_one(struct chan_client *c, struct rte_ring *r)
{
	const size_t head_len = offsetof(struct chan_pkt, data);
	struct chan_pkt *p = &c->pkt;
	const struct chan_pkt *slot;
	struct rte_ring_zc_data z;
	bool ok;

	if (rte_ring_dequeue_zc_burst_elem_start(r, sizeof(*p), 1, &z, NULL) == 0)
		return false;
	slot = z.ptr1;
	memcpy(p, slot, head_len);
	ok = p->len > 0 && p->len <= CHAN_PKT_DATA && p->l3_off <= p->len &&
			p->cls < CHAN_N_CLASSES;
	if (ok)
		memcpy(p->data, slot->data, p->len);
	rte_ring_dequeue_zc_elem_finish(r, 1);
	if (ok && c->handlers.punt != NULL)
		c->handlers.punt(c->handlers.arg, p);
	return true;
}

/* Every worker and class gets one packet per round, so that none waits for a flooded one. */
static bool
poll_punts(struct chan_client *c)
{
	for (int round = 0; round < PUNT_ROUNDS; round++) {
		bool any = false;

		for (unsigned int k = 0; k < CHAN_N_CLASSES; k++)
			for (unsigned int w = 0; w < c->n_workers; w++)
				any = punt_one(c, c->punt[w][k]) || any;
		if (!any)
			return false;
	}
	return true;
}

/* Records of traced packets, worker by worker: those of a packet stay together. */
static bool
poll_traces(struct chan_client *c)
{
	struct chan_trace_rec rec;
	int n = 0;

	for (unsigned int w = 0; w < c->n_workers; w++) {
		while (rte_ring_sc_dequeue_elem(c->trace[w], &rec, sizeof(rec)) == 0) {
			if (c->handlers.trace != NULL)
				c->handlers.trace(c->handlers.arg, &rec);
			if (++n == CHAN_TRACE_SLOTS)
				return true;
		}
	}
	return false;
}

/* A consumer's rte_ring_empty(), with an acquire that the plain one does not have. */
static bool
ring_has(const struct rte_ring *r)
{
	return __atomic_load_n(&r->prod.tail, __ATOMIC_ACQUIRE) !=
			__atomic_load_n(&r->cons.tail, __ATOMIC_RELAXED);
}

static bool
anything(const struct chan_client *c)
{
	if (ring_has(c->done) || ring_has(c->event))
		return true;
	for (unsigned int w = 0; w < c->n_workers; w++)
		if (ring_has(c->trace[w]))
			return true;
	for (unsigned int w = 0; w < c->n_workers; w++)
		for (unsigned int k = 0; k < CHAN_N_CLASSES; k++)
			if (ring_has(c->punt[w][k]))
				return true;
	return false;
}

bool
chan_client_poll(struct chan_client *c)
{
	uint64_t n;
	bool more;

	if (c->state != CLIENT_ATTACHED)
		return false;
	/* Non-blocking: nothing to read is as good. Who is awake needs no bell. */
	if (read(c->wake_cp_fd, &n, sizeof(n)) < 0)
		n = 0;
	__atomic_store_n(&c->rings->cp_sleeps, 0, __ATOMIC_SEQ_CST);
	more = poll_done(c);
	if (c->state != CLIENT_ATTACHED)
		return false;
	backlog_flush(c);
	more = poll_events(c) || more;
	more = poll_punts(c) || more;
	more = poll_traces(c) || more;
	if (more)
		return true;
	chan_sleep_prepare(c->rings);
	/* What came before the flag was seen got no bell: look once more. */
	return anything(c);
}

int
chan_client_inject(struct chan_client *c, enum chan_inject_mode mode, uint32_t id,
		const void *data, size_t len)
{
	struct rte_ring_zc_data z;
	struct chan_pkt *slot;

	if (c->state != CLIENT_ATTACHED)
		return -ENOTCONN;
	if (len == 0 || len > CHAN_PKT_DATA)
		return -EMSGSIZE;
	if (rte_ring_enqueue_zc_burst_elem_start(c->inject, sizeof(*slot), 1, &z, NULL) == 0) {
		c->inject_drops++;
		return -ENOBUFS;
	}
	slot = z.ptr1;
	memset(slot, 0, offsetof(struct chan_pkt, data));
	slot->len = (uint16_t)len;
	slot->mode = (uint8_t)mode;
	slot->if_id = mode == CHAN_INJECT_FRAME ? id : CHAN_NONE;
	slot->tun_id = mode == CHAN_INJECT_TUN ? id : CHAN_NONE;
	slot->sa_id = CHAN_NONE;
	slot->at_ms = chan_clock_ms();
	memcpy(slot->data, data, len);
	rte_ring_enqueue_zc_elem_finish(c->inject, 1);
	return 0;
}

uint64_t
chan_client_inject_drops(const struct chan_client *c)
{
	return c->inject_drops;
}

/* ---- the end ------------------------------------------------------------------------------ */

/* Nobody will answer any more: tell everyone who waits, in the order of the commands. */
static void
fail_pending(struct chan_client *c)
{
	struct chan_done d = { .err = -EPIPE };

	for (; c->n_sent > 0; c->n_sent--) {
		struct sent s = c->sent[c->sent_head];

		c->sent_head = (c->sent_head + 1) % INFLIGHT_MAX;
		d.seq = s.seq;
		d.op = s.op;
		if (s.cb != NULL)
			s.cb(s.arg, &d);
	}
	while (c->n_backlog > 0) {
		chan_client_done_fn cb = c->backlog[c->backlog_head].cb;
		void *arg = c->backlog[c->backlog_head].arg;

		d.seq = c->next_seq++;
		d.op = c->backlog[c->backlog_head].cmd.op;
		backlog_pop(c);
		if (cb != NULL)
			cb(arg, &d);
	}
}

void
chan_client_close(struct chan_client *c)
{
	if (c == NULL)
		return;
	c->state = CLIENT_LOST; /* what a callback queues now is refused */
	fail_pending(c);
	if (c->cmd != NULL) /* keys of commands nobody took */
		explicit_bzero(&c->cmd[1], CHAN_CMD_SLOTS * sizeof(struct chan_cmd));
	if (c->rings != NULL)
		munmap(c->rings, c->rings_size);
	if (c->stats != NULL)
		munmap((void *)(uintptr_t)c->stats, c->stats_size);
	if (c->keep != NULL)
		munmap(c->keep, c->keep_size);
	if (c->sock_fd >= 0)
		close(c->sock_fd);
	if (c->wake_cp_fd >= 0)
		close(c->wake_cp_fd);
	if (c->wake_dp_fd >= 0)
		close(c->wake_dp_fd);
	free(c->backlog);
	explicit_bzero(c, sizeof(*c));
	free(c);
}
