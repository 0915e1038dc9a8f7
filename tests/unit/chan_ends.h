/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Both ends of the channel for tests: real server against real client, driven step by step in one
 * thread.
 */
#ifndef CULVERT_TESTS_CHAN_ENDS_H
#define CULVERT_TESTS_CHAN_ENDS_H

#include <sys/socket.h>
#include <sys/un.h>

#include "chan_fixture.h"
#include "common/log.h"
#include "cu.h"

#define LIMIT_MS 60000

/* What the client's callbacks saw. */
struct seen {
	unsigned int n_done, n_ok, n_pipe, out_of_order;
	uintptr_t last_arg;
	struct chan_done last;
	unsigned int n_events, n_punts[CHAN_N_CLASSES];
	struct chan_event event;
	struct chan_pkt pkt;
	unsigned int first_other; /* punts seen before the first of CHAN_CLASS_OTHER */
};

static struct fixture fx;
static struct seen seen;
static bool raise_on_punt; /* the dataplane raises an event while the client takes in a packet */

static inline void
on_event(void *arg, const struct chan_event *ev)
{
	struct seen *s = arg;

	s->n_events++;
	s->event = *ev;
}

static inline void
on_punt(void *arg, const struct chan_pkt *pkt)
{
	struct seen *s = arg;

	if (pkt->cls == CHAN_CLASS_OTHER && s->n_punts[CHAN_CLASS_OTHER] == 0)
		for (int k = 0; k < CHAN_N_CLASSES; k++)
			s->first_other += s->n_punts[k];
	s->n_punts[pkt->cls]++;
	if (raise_on_punt)
		chan_server_event(fx.server, &(struct chan_event){ .type = CHAN_EV_LINK });
	memcpy(&s->pkt, pkt, offsetof(struct chan_pkt, data) + pkt->len);
}

static inline void
on_done(void *arg, const struct chan_done *d)
{
	uintptr_t n = (uintptr_t)arg;

	seen.n_done++;
	seen.n_ok += d->err == 0;
	seen.n_pipe += d->err == -EPIPE;
	if (n != seen.last_arg + 1)
		seen.out_of_order++;
	seen.last_arg = n;
	seen.last = *d;
}

static const struct chan_client_handlers handlers = { .event = on_event, .punt = on_punt,
	.arg = &seen };

static inline void
setup(void)
{
	log_init("test", LVL_ERROR);
	memset(&seen, 0, sizeof(seen));
	CU_ASSERT_FATAL(fx_init(&fx) == 0);
	CU_ASSERT_FATAL(fx_open(&fx) == 0);
}

static inline void
run_server(void)
{
	while (chan_server_run(fx.server, fx_now_ms()))
		;
}

/* Let both sides do all they have to do at this moment. */
static inline void
run_both(struct chan_client *c)
{
	for (int i = 0; i < 100; i++) {
		run_server();
		while (chan_client_poll(c))
			run_server();
		if (chan_client_n_pending(c) == 0)
			break;
	}
}

static inline struct chan_client *
attach(void)
{
	int err = 0;
	struct chan_client *c = chan_client_open(fx.path, &handlers, &err);

	CU_ASSERT_FATAL(c != NULL);
	CU_ASSERT(chan_client_sock_event(c) == 0); /* no answer yet */
	CU_ASSERT(!chan_client_attached(c) && chan_client_wake_fd(c) == -1);
	run_server();
	CU_ASSERT_FATAL(chan_client_sock_event(c) == 1);
	CU_ASSERT(chan_client_attached(c));
	return c;
}

static inline int
send_route(struct chan_client *c, uint32_t id, uintptr_t n)
{
	struct chan_cmd cmd = { .op = CHAN_CMD_ROUTE_SET,
		.u.route = { .prefix = 0x0a000000, .len = 8, .id = id } };

	return chan_client_cmd(c, &cmd, on_done, (void *)n);
}

/* A socket to the server without a client behind it. */
static inline int
raw_connect(const char *path)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) != 0) {
		close(fd);
		return -errno;
	}
	return fd;
}

/* Worker @w punts one packet of @len bytes; false when the ring is full. */
static inline bool
punt_one(struct worker *w, enum chan_class cls, uint16_t len)
{
	struct chan_pkt *p = ring_out_slot(&w->punt_out[cls]);

	if (p == NULL)
		return false;
	memset(p, 0, offsetof(struct chan_pkt, data));
	p->len = len;
	p->cls = (uint8_t)cls;
	p->worker = w->id;
	p->l3_off = len >= 14 ? 14 : 0;
	p->sa_id = CHAN_NONE;
	memset(p->data, 0xa5, len);
	ring_out_push(&w->punt_out[cls]);
	return true;
}

#endif
