/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Sides of the channel that end, or do what they should not: a dataplane that goes, a client that
 * is killed (it lives in a child process), a control plane that scribbles over the rings; and the
 * keep region, which outlives a client.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <rte_ring.h>

#include "chan_ends.h"
#include "controlplane/dataplane/chan_client_priv.h"

/* ---- ends --------------------------------------------------------------------------------- */

static void
test_dataplane_gone(void)
{
	struct chan_client *c;

	setup();
	c = attach();
	CU_ASSERT(send_route(c, 1, 1) == 0);
	fx_fini(&fx);
	CU_ASSERT(chan_client_sock_event(c) == -EPIPE);
	CU_ASSERT(!chan_client_poll(c) && !chan_client_attached(c));
	CU_ASSERT(chan_client_wake_fd(c) == -1 && chan_client_stats(c) == NULL);
	CU_ASSERT(send_route(c, 2, 2) == -ENOTCONN);
	CU_ASSERT(seen.n_done == 0);
	chan_client_close(c);
	CU_ASSERT(seen.n_done == 1 && seen.n_pipe == 1);
}

/* The life of a control plane that is about to be killed. */
static void
child_hammer(void)
{
	int err = 0;
	struct chan_client *c = chan_client_open(fx.path, &handlers, &err);
	struct pollfd p;

	if (c == NULL)
		_exit(1);
	p = (struct pollfd){ .fd = chan_client_sock_fd(c), .events = POLLIN };
	if (poll(&p, 1, LIMIT_MS) != 1 || chan_client_sock_event(c) != 1)
		_exit(2);
	for (uint32_t i = 1;; i++) {
		if (chan_client_n_pending(c) < 3000 && send_route(c, i, i) != 0)
			_exit(3);
		chan_client_inject(c, CHAN_INJECT_ROUTE, 0, &i, sizeof(i));
		chan_client_poll(c);
	}
}

static void
test_killed(void)
{
	setup();
	for (int round = 0; round < 5; round++) {
		uint64_t end = fx_now_ms() + LIMIT_MS, want = fx.n_applied + 10000;
		unsigned int detached = fx.n_detached;
		struct chan_client *c;
		int status = 0;
		pid_t pid = fork();

		if (pid == 0)
			child_hammer();
		while (fx.n_applied < want && fx_now_ms() < end) {
			chan_server_run(fx.server, fx_now_ms());
			if (fx.workers[0]->rings == NULL)
				continue;
			while (ring_in_slot(&fx.workers[0]->inject_in) != NULL)
				ring_in_pop(&fx.workers[0]->inject_in);
			punt_one(fx.workers[0], CHAN_CLASS_IKE, 500);
			worker_event(fx.workers[1], &(struct chan_event){ .type = 1 });
		}
		CU_ASSERT(fx.n_applied >= want);
		CU_ASSERT(kill(pid, SIGKILL) == 0 && waitpid(pid, &status, 0) == pid);
		CU_ASSERT(WIFSIGNALED(status));
		while (fx.n_detached == detached && fx_now_ms() < end)
			run_server();
		CU_ASSERT(fx.n_detached == detached + 1 && fx.workers[0]->rings == NULL);
		/* The next one finds everything fresh. */
		memset(&seen, 0, sizeof(seen));
		c = attach();
		CU_ASSERT(send_route(c, 1, 1) == 0);
		run_both(c);
		CU_ASSERT(seen.n_ok == 1 && seen.n_events == 0);
		chan_client_close(c);
		run_server();
	}
	fx_fini(&fx);
}

/* ---- a control plane that scribbles ------------------------------------------------------- */

static void
work_all_rings(int rounds)
{
	const struct chan_event ev = { .type = CHAN_EV_NEIGH };

	for (int i = 0; i < rounds; i++) {
		for (unsigned int w = 0; w < FX_WORKERS && fx.workers[w]->rings != NULL; w++) {
			for (int k = 0; k < CHAN_N_CLASSES; k++)
				punt_one(fx.workers[w], (enum chan_class)k, 700);
			worker_event(fx.workers[w], &ev);
		}
		if (fx.workers[0]->rings != NULL &&
				ring_in_slot(&fx.workers[0]->inject_in) != NULL)
			ring_in_pop(&fx.workers[0]->inject_in);
		chan_server_event(fx.server, &ev);
		chan_server_run(fx.server, fx_now_ms());
	}
}

/* Every single word that the dataplane reads of a ring, set to what cannot be. */
static void
test_scribble_index(void)
{
	static const size_t rings[] = { offsetof(struct chan_client, cmd),
		offsetof(struct chan_client, done), offsetof(struct chan_client, event),
		offsetof(struct chan_client, inject), offsetof(struct chan_client, punt[0][0]),
		offsetof(struct chan_client, punt[1][CHAN_CLASS_VRRP]) };

	setup();
	for (size_t i = 0; i < sizeof(rings) / sizeof(rings[0]); i++) {
		struct chan_client *c = attach();
		struct rte_ring *r = *(struct rte_ring **)((char *)c + rings[i]);

		CU_ASSERT(send_route(c, 1, 1) == 0);
		r->prod.tail = r->prod.head = 0x7fffffff;
		r->cons.tail = r->cons.head = 0x3fffffff;
		/* The other side's index is looked at when the last one seen is used up. */
		work_all_rings(CHAN_PUNT_SLOTS);
		CU_ASSERT(!chan_server_attached(fx.server));
		CU_ASSERT(fx.workers[0]->rings == NULL && fx.workers[1]->rings == NULL);
		CU_ASSERT(fx.n_detached == i + 1);
		CU_ASSERT(chan_client_sock_event(c) == -EPIPE);
		c->cmd = NULL;
		chan_client_close(c);
	}
	fx_fini(&fx);
}

/* Sizes, masks and offsets of the shared region are not even read. */
static void
test_scribble_header(void)
{
	struct chan_client *c;
	uint8_t *p;

	setup();
	c = attach();
	p = (uint8_t *)c->rings;
	memset(p, 0xff, sizeof(struct chan_rings));
	for (unsigned int w = 0; w < FX_WORKERS; w++)
		for (unsigned int k = 0; k < CHAN_N_CLASSES; k++)
			c->punt[w][k]->size = c->punt[w][k]->mask = UINT32_MAX;
	c->event->mask = c->event->capacity = UINT32_MAX;
	c->done->mask = c->cmd->mask = c->inject->mask = UINT32_MAX;
	work_all_rings(2 * CHAN_PUNT_SLOTS);
	CU_ASSERT(chan_server_attached(fx.server));
	shutdown(c->sock_fd, SHUT_RDWR);
	run_server();
	CU_ASSERT(!chan_server_attached(fx.server));
	chan_client_close(c);
	fx_fini(&fx);
}

/* Random bytes anywhere in the rings' heads, in the middle of the work. */
static void
test_scribble_random(void)
{
	unsigned int seed = 1;

	setup();
	for (int round = 0; round < 60; round++) {
		struct chan_client *c = attach();
		struct rte_ring *r[] = { c->cmd, c->done, c->event, c->inject, c->punt[0][3],
			c->punt[1][0] };

		work_all_rings(64);
		for (int n = 0; n < 40; n++) {
			uint8_t *p = (uint8_t *)r[(unsigned int)rand_r(&seed) % 6];

			p[(unsigned int)rand_r(&seed) % sizeof(struct rte_ring)] =
					(uint8_t)rand_r(&seed);
			work_all_rings(64);
		}
		shutdown(c->sock_fd, SHUT_RDWR);
		run_server();
		CU_ASSERT(!chan_server_attached(fx.server));
		chan_client_close(c);
	}
	CU_ASSERT(fx.n_detached == 60);
	fx_fini(&fx);
}

/* It may not speak on the socket either. */
static void
test_speaks_after_hello(void)
{
	struct chan_client *c;

	setup();
	c = attach();
	CU_ASSERT(chan_send(c->sock_fd, "again", 5, NULL, 0) == 0);
	run_server();
	CU_ASSERT(!chan_server_attached(fx.server));
	chan_client_close(c);
	fx_fini(&fx);
}

/* What one control plane writes into the keep region the next one reads; nobody resizes it. */
static void
test_keep(void)
{
	static const char said[] = "still here";
	const struct chan_hello h = { .magic = CHAN_MAGIC, .abi = CHAN_ABI };
	int fds[CHAN_N_FDS], n_fds, fd;
	struct chan_welcome w;
	struct chan_client *c;
	uint64_t size = 0;
	char *keep;

	setup();
	c = attach();
	keep = chan_client_keep(c, &size);
	CU_ASSERT_FATAL(keep != NULL && size == chan_keep_size(FX_TUNNELS));
	CU_ASSERT(keep[0] == 0 && keep[size - 1] == 0);
	memcpy(keep + size - sizeof(said), said, sizeof(said));
	chan_client_close(c);
	run_server();
	fd = raw_connect(fx.path);
	CU_ASSERT(chan_send(fd, &h, sizeof(h), NULL, 0) == 0);
	run_server();
	CU_ASSERT(chan_recv(fd, &w, sizeof(w), fds, &n_fds) > 0);
	CU_ASSERT_FATAL(n_fds == CHAN_N_FDS);
	CU_ASSERT(ftruncate(fds[CHAN_FD_KEEP], (off_t)size / 2) != 0);
	CU_ASSERT(ftruncate(fds[CHAN_FD_KEEP], (off_t)size * 2) != 0);
	for (int i = 0; i < n_fds; i++)
		close(fds[i]);
	close(fd);
	run_server();
	c = attach();
	keep = chan_client_keep(c, &size);
	CU_ASSERT_FATAL(keep != NULL && size == chan_keep_size(FX_TUNNELS));
	CU_ASSERT(memcmp(keep + size - sizeof(said), said, sizeof(said)) == 0);
	chan_client_close(c);
	fx_fini(&fx);
}

static const struct cu_case cases[] = {
	CU_CASE(test_dataplane_gone),
	CU_CASE(test_killed),
	CU_CASE(test_scribble_index),
	CU_CASE(test_scribble_header),
	CU_CASE(test_scribble_random),
	CU_CASE(test_speaks_after_hello),
	CU_CASE(test_keep),
};
CU_MAIN("channel_ends", cases)
