/* SPDX-License-Identifier: BSD-3-Clause */
/* The workers as a whole: made, started, stopped by the main core. Their loop: worker_loop.c. */
#ifndef CULVERT_DATAPLANE_WORKERS_H
#define CULVERT_DATAPLANE_WORKERS_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/channel.h"
#include "dataplane/port.h"
#include "dataplane/port_steer.h"
#include "dataplane/worker.h"

struct workers_conf {
	struct chan_stats *stats;
	struct ports *ports;
	struct rte_mempool *pool;
	struct rte_mempool *big_pool; /* for reassembled packets that fit none of @pool's buffers */
	const struct tables *tables;
	struct event_queue *events;
	struct rte_rcu_qsbr *rcu;
	bool adaptive;
};

struct workers {
	struct worker *w[CHAN_MAX_WORKERS];
	unsigned int n; /* set first: as many as lcores besides the main one */
	struct ports *ports;
	struct worker_io *io[CHAN_MAX_WORKERS];
};

#define WORKER_RXQS (CHAN_MAX_PORTS * (1 + PORT_STEER_CONTROL))

/** What a worker's loop knows besides struct worker. */
struct worker_io {
	struct worker *w;
	struct ports *ports;
	uint8_t n_rxqs;
	struct {
		uint16_t port;
		uint16_t queue;
	} rxq[WORKER_RXQS];
	uint64_t tick_tsc; /* when path_tick() ran last */
	/* Idling: what is readable when one of the queues has packets, if all of them have that. */
	struct pollfd fds[WORKER_RXQS];
	bool can_wait;
	bool woken; /* by one of them, a moment ago */
};

/** Make all of @ws->n workers, not running. 0 or -ENOMEM. */
int workers_init(struct workers *ws, const struct workers_conf *c);
/** Start them on their lcores. 0 or -errno. */
int workers_start(struct workers *ws);
/** Ask them to end and wait until they have. */
void workers_stop(struct workers *ws);
void workers_fini(struct workers *ws);

/** The loop (worker_loop.c), for rte_eal_remote_launch(); @arg is a struct worker_io. */
int worker_loop(void *arg);

#endif
