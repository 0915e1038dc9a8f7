/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The loop of a worker: receive a burst from each of its queues, take it through the path, send
 * what came out; packets of the control plane (worker 0); once a millisecond, what waits.
 *
 * Idling (--idle adaptive). While packets come the worker polls without a pause. After SPINS empty
 * rounds it sleeps until the kernel has a packet for one of its queues, at most WAIT_NS: that long
 * packets of the control plane, of other workers and timers may have to wait. A packet wakes it at
 * once. For that, every queue must have a descriptor to wait on: those of net_af_packet have, its
 * sockets (the driver itself offers no receive interrupts). Nothing is lost in between: packets
 * stay in the ring that the worker reads, and a ring that is not empty does not let it sleep.
 *
 * Other devices are looked at: the worker sleeps 8 us at first and twice as long each time up to
 * 100 us; after a silence of a tenth of a second 250 us, after one of a second 500 us: that is
 * what the first packet may have to wait. (In a virtual machine, sleeps of 100 us cost 9 % of a CPU
 * for the timer alone: hence the last steps.)
 *
 * With --idle poll it never sleeps. Around each sleep the worker is offline for RCU: the main core
 * need not wait for it.
 */
#include <errno.h>
#include <sys/prctl.h>
#include <time.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_pause.h>
#include <rte_rcu_qsbr.h>

#include "common/log.h"
#include "dataplane/nodes/mgre.h"
#include "dataplane/nodes/tx.h"
#include "dataplane/workers.h"

#define SPINS        64u     /* empty rounds before the first sleep */
#define SLEEP_MIN_NS 8000L
#define SLEEP_MAX_NS 100000L
#define SILENT       1000u   /* empty rounds, nearly all of them sleeps of SLEEP_MAX_NS */
#define SILENT_NS    250000L
#define ASLEEP       5000u /* empty rounds, the last of them sleeps of SILENT_NS */
#define ASLEEP_NS    500000L
#define WAIT_NS      1000000L
#define INJECT_BURST 32

/* ---- transmit ----------------------------------------------------------------------------- */

struct tx_queue {
	uint16_t dev, queue;
};

static uint16_t
tx_device(void *arg, struct rte_mbuf **m, uint16_t n)
{
	const struct tx_queue *q = arg;

	return rte_eth_tx_burst(q->dev, q->queue, m, n);
}

static void
tx_port(struct worker *w, struct ports *ports, uint16_t port)
{
	struct port *p = &ports->p[port];
	struct tx_queue q = { .dev = p->dev, .queue = w->id };

	if (!__atomic_load_n(&p->usable, __ATOMIC_ACQUIRE)) {
		tx_give_up(w, port, CHAN_DROP_TX_DOWN);
		return;
	}
	if (p->n_txq == ports->n_workers) {
		tx_send(w, port, tx_device, &q);
		return;
	}
	q.queue = w->id % p->n_txq;
	rte_spinlock_lock(&p->tx_lock[q.queue]);
	tx_send(w, port, tx_device, &q);
	rte_spinlock_unlock(&p->tx_lock[q.queue]);
}

static inline void
tx_flush(struct worker *w, struct ports *ports)
{
	for (uint16_t i = 0; i < w->n_ports; i++)
		if (w->tx[i].n != 0 || unlikely(w->tx[i].n_late != 0))
			tx_port(w, ports, i);
}

/* ---- one round ---------------------------------------------------------------------------- */

static unsigned int
rx_all(struct worker_io *io)
{
	struct worker *w = io->w;
	struct rte_mbuf *m[BURST_MAX];
	unsigned int total = 0;

	for (unsigned int i = 0; i < io->n_rxqs; i++) {
		uint16_t port = io->rxq[i].port, n;
		struct port *p = &io->ports->p[port];

		if (unlikely(!__atomic_load_n(&p->polled, __ATOMIC_ACQUIRE)))
			continue;
		n = rte_eth_rx_burst(p->dev, io->rxq[i].queue, m, BURST_MAX);
		if (n == 0)
			continue;
		path_run(w, port, m, n);
		tx_flush(w, io->ports);
		total += n;
	}
	return total;
}

/* Everything once. Returns how many packets there were. */
static unsigned int
round_run(struct worker_io *io)
{
	struct worker *w = io->w;
	uint64_t start = rte_rdtsc();
	unsigned int n = rx_all(io);

	if (w->shared_sas) { /* there are others */
		unsigned int k = path_handover(w);

		if (k != 0)
			tx_flush(w, io->ports);
		n += k;
	}
	if (w->id == 0) {
		unsigned int k = path_inject(w, INJECT_BURST);

		if (k != 0)
			tx_flush(w, io->ports);
		n += k;
	}
	if (unlikely(w->mgre.n != 0)) {
		n += path_mgre(w);
		tx_flush(w, io->ports);
	}
	if (start - io->tick_tsc >= w->tsc_hz / 1000) {
		io->tick_tsc = start;
		path_tick(w);
		tx_flush(w, io->ports);
	}
	if (unlikely(w->n_late != 0)) {
		tx_flush(w, io->ports);
		n++; /* this is no time to sleep */
	}
	w->stats->polls++;
	if (n == 0)
		w->stats->empty_polls++;
	else
		w->stats->busy_tsc += rte_rdtsc() - start;
	return n;
}

/* ---- idling ------------------------------------------------------------------------------- */

/* Sleep for a while that grows with the number of rounds without a packet. */
static void
sleep_timed(uint32_t empty)
{
	struct timespec ts = { .tv_sec = 0 };
	uint32_t doublings = empty - SPINS;

	if (doublings < 4)
		ts.tv_nsec = SLEEP_MIN_NS << doublings;
	else if (doublings < SILENT)
		ts.tv_nsec = SLEEP_MAX_NS;
	else
		ts.tv_nsec = doublings < ASLEEP ? SILENT_NS : ASLEEP_NS;
	nanosleep(&ts, NULL);
}

/* Sleep until there is a packet. @return whether there is said to be one. */
static bool
sleep_wait(struct worker_io *io)
{
	const struct timespec ts = { .tv_nsec = WAIT_NS };

	return ppoll(io->fds, io->n_rxqs, &ts, NULL) > 0;
}

static void
idle(struct worker_io *io, uint32_t empty)
{
	struct worker *w = io->w;

	if (!w->adaptive || empty < SPINS) {
		rte_pause();
		return;
	}
	w->stats->sleeps++;
	rte_rcu_qsbr_thread_offline(w->rcu, w->id);
	/* Woken, and yet there was nothing: a socket in an error, or a port that is not polled. */
	if (io->can_wait && !io->woken) {
		io->woken = sleep_wait(io);
	} else {
		sleep_timed(empty);
		io->woken = false;
	}
	rte_rcu_qsbr_thread_online(w->rcu, w->id);
}

int
worker_loop(void *arg)
{
	struct worker_io *io = arg;
	struct worker *w = io->w;
	uint32_t empty = 0;

	/* Or the kernel adds 50 us to each sleep, to wake up for several timers at once. */
	if (prctl(PR_SET_TIMERSLACK, 1) != 0)
		log_warning("worker", "%u: cannot set the timer slack", w->id);
	rte_rcu_qsbr_thread_online(w->rcu, w->id);
	while (!__atomic_load_n(&w->stop, __ATOMIC_RELAXED)) {
		if (round_run(io) != 0) {
			empty = 0;
			io->woken = false;
		} else {
			idle(io, empty);
			empty += empty < UINT32_MAX;
		}
		rte_rcu_qsbr_quiescent(w->rcu, w->id);
	}
	rte_rcu_qsbr_thread_offline(w->rcu, w->id);
	rte_rcu_qsbr_thread_unregister(w->rcu, w->id);
	return 0;
}
