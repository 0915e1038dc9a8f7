/* SPDX-License-Identifier: BSD-3-Clause */
/* Making and ending workers; see workers.h. */
#include <errno.h>

#include <rte_cycles.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_random.h>
#include <rte_rcu_qsbr.h>

#include "dataplane/nodes/esp.h"
#include "dataplane/nodes/hold.h"
#include "dataplane/nodes/police.h"
#include "dataplane/nodes/reass.h"
#include "dataplane/nodes/trace.h"
#include "dataplane/workers.h"

static void *
region_at(struct chan_stats *s, uint64_t off)
{
	return (char *)s + off;
}

static int
worker_init(struct worker *w, unsigned int id, unsigned int lcore, bool shared,
		const struct workers_conf *c)
{
	struct chan_stats *s = c->stats;
	int socket = (int)rte_lcore_to_socket_id(lcore);
	/* A quarter of all packet buffers may wait for the rest of their packets. */
	const struct reass_conf reass = { .max_pieces = c->pool->size / 4 / s->n_workers,
		.big = c->big_pool, .socket_id = socket };

	w->id = (uint8_t)id;
	w->lcore = lcore;
	w->tables = c->tables;
	w->stats = region_at(s, s->worker_off[id]);
	w->if_stats = region_at(s, s->if_off[id]);
	w->tun_stats = region_at(s, s->tun_off[id]);
	w->sa_stats = region_at(s, s->sa_off[id]);
	w->policy_stats = region_at(s, s->policy_off[id]);
	w->tsc_hz = s->tsc_hz;
	w->now_tsc = rte_rdtsc();
	w->shared_sas = shared;
	w->n_ports = (uint16_t)c->ports->n;
	w->pool = c->pool;
	w->ip_id = (uint16_t)rte_rand();
	w->events = c->events;
	w->rcu = c->rcu;
	w->adaptive = c->adaptive;
	w->wake_cp_fd = -1;
	w->esp = esp_worker_new(socket);
	w->hold = hold_new(s->max_tunnels, socket);
	w->reass = reass_new(&reass);
	w->police = police_new(socket);
	w->trace = trace_new(socket);
	return w->esp != NULL && w->hold != NULL && w->reass != NULL && w->police != NULL &&
			w->trace != NULL ? 0 : -ENOMEM;
}

static void
io_add(struct worker_io *io, unsigned int port, unsigned int queue)
{
	io->rxq[io->n_rxqs].port = (uint16_t)port;
	io->rxq[io->n_rxqs].queue = (uint16_t)queue;
	io->fds[io->n_rxqs].fd = ports_rx_fd(io->ports, port, queue);
	io->fds[io->n_rxqs].events = POLLIN;
	io->can_wait = io->can_wait && io->fds[io->n_rxqs].fd >= 0;
	io->n_rxqs++;
}

/* Which queues does this worker poll? Those of control packets come first in each round. */
static void
io_init(struct worker_io *io, struct worker *w, struct ports *ports)
{
	io->w = w;
	io->ports = ports;
	io->can_wait = true;
	for (unsigned int p = 0; w->id == 0 && p < ports->n; p++)
		for (unsigned int q = 0; q < ports_rxq_control(ports, p); q++)
			io_add(io, p, q);
	for (unsigned int p = 0; p < ports->n; p++) {
		int q = ports_rxq_of(ports, p, w->id);

		if (q >= 0)
			io_add(io, p, (unsigned int)q);
	}
}

int
workers_init(struct workers *ws, const struct workers_conf *c)
{
	struct reass *reass[CHAN_MAX_WORKERS];
	unsigned int lcore, i = 0;
	int err;

	ws->ports = c->ports;
	RTE_LCORE_FOREACH_WORKER(lcore) {
		int socket = (int)rte_lcore_to_socket_id(lcore);

		if (i == ws->n)
			break;
		ws->w[i] = rte_zmalloc_socket("worker", sizeof(*ws->w[i]), RTE_CACHE_LINE_SIZE,
				socket);
		ws->io[i] = rte_zmalloc_socket("worker_io", sizeof(*ws->io[i]),
				RTE_CACHE_LINE_SIZE, socket);
		if (ws->w[i] == NULL || ws->io[i] == NULL)
			return -ENOMEM;
		err = worker_init(ws->w[i], i, lcore, ws->n > 1, c);
		if (err != 0)
			return err;
		io_init(ws->io[i], ws->w[i], c->ports);
		reass[i] = ws->w[i]->reass;
		i++;
	}
	return reass_connect(reass, i);
}

int
workers_start(struct workers *ws)
{
	for (unsigned int i = 0; i < ws->n; i++) {
		int err = rte_rcu_qsbr_thread_register(ws->w[i]->rcu, i);

		if (err == 0)
			err = rte_eal_remote_launch(worker_loop, ws->io[i], ws->w[i]->lcore);
		if (err != 0)
			return err < 0 ? err : -EINVAL;
	}
	return 0;
}

void
workers_stop(struct workers *ws)
{
	for (unsigned int i = 0; i < ws->n; i++)
		if (ws->w[i] != NULL)
			__atomic_store_n(&ws->w[i]->stop, true, __ATOMIC_RELAXED);
	for (unsigned int i = 0; i < ws->n; i++)
		if (ws->w[i] != NULL)
			rte_eal_wait_lcore(ws->w[i]->lcore);
}

void
workers_fini(struct workers *ws)
{
	for (unsigned int i = 0; i < ws->n; i++) {
		if (ws->w[i] != NULL) {
			trace_free(ws->w[i]->trace);
			police_free(ws->w[i]->police);
			reass_free(ws->w[i]->reass);
			hold_free(ws->w[i]->hold);
			esp_worker_free(ws->w[i]->esp);
		}
		rte_free(ws->w[i]);
		rte_free(ws->io[i]);
	}
}
