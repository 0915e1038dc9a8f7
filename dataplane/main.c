/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * culvert-dataplane: puts the parts together and is the main core.
 *
 *   args.c                  command line
 *   eal.c, eal_log.c        starting DPDK, quietly
 *   port.c, port_kernel.c   Ethernet devices
 *   stats.c                 the counters that others read
 *   tables/                 what the control plane told us; the main core is the only writer
 *   workers.c               the workers; worker_loop.c is what each of them does
 *   path.c, nodes/          a packet's way through a worker
 *   channel_server.c        the control plane's commands and our events
 *
 * The main core sleeps until the control plane, a worker's event or a signal wakes it, or TICK_MS
 * have passed. It never touches a packet.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_rcu_qsbr.h>

#include "common/log.h"
#include "dataplane/args.h"
#include "dataplane/channel_server.h"
#include "dataplane/eal.h"
#include "dataplane/event_queue.h"
#include "dataplane/nodes/reass.h"
#include "dataplane/port.h"
#include "dataplane/stats.h"
#include "dataplane/tables/tables.h"
#include "dataplane/workers.h"

#define TICK_MS    50
#define LINK_TICKS 4  /* links are looked at every 200 ms */
#define STAT_TICKS 10 /* device counters every 500 ms */

struct dataplane {
	struct args args;
	struct memory_plan memory;
	struct stats_region region;
	struct rte_mempool *pool, *big_pool;
	struct rte_rcu_qsbr *rcu;
	struct ports ports;
	struct tables *tables;
	struct event_queue events;
	struct workers workers;
	struct chan_server *server;
	int signal_fd;
	uint64_t n_ticks;
	char why[256]; /* why it does not start */
};

static uint64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static int __attribute__((format(printf, 3, 4)))
fail(struct dataplane *d, int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(d->why, sizeof(d->why), fmt, ap);
	va_end(ap);
	return err;
}

/* ---- what the parts ask of each other ----------------------------------------------------- */

static int
on_port_set(void *arg, const struct chan_port *p)
{
	struct dataplane *d = arg;

	return ports_set(&d->ports, p);
}

static void
on_vmacs_set(void *arg, uint32_t port, const uint16_t *vmacs, unsigned int n)
{
	struct dataplane *d = arg;

	ports_vmacs_set(&d->ports, port, vmacs, n);
}

static bool
on_event(void *arg, const struct chan_event *ev)
{
	struct dataplane *d = arg;

	return d->server != NULL && chan_server_event(d->server, ev);
}

static void
on_port_changed(void *arg, unsigned int port)
{
	const struct chan_event ev = { .type = CHAN_EV_LINK, .id = port };

	/* When nobody is there, or has room: the port table says it too. */
	(void)on_event(arg, &ev);
}

static int
on_command(void *arg, const struct chan_cmd *cmd, const char **field)
{
	struct dataplane *d = arg;

	return tables_apply(d->tables, cmd, field);
}

static void
on_detached(void *arg)
{
	struct dataplane *d = arg;

	tables_sync_abort(d->tables);
}

/* ---- start, in order ---------------------------------------------------------------------- */

/* Before any thread is made: all of them inherit the mask, and signals come by descriptor. */
static int
signals_start(struct dataplane *d)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0 || signal(SIGPIPE, SIG_IGN) == SIG_ERR)
		return fail(d, -errno, "signals: %s", strerror(errno));
	d->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (d->signal_fd < 0)
		return fail(d, -errno, "signals: %s", strerror(errno));
	return 0;
}

static int
lcores_count(struct dataplane *d)
{
	unsigned int n = rte_lcore_count() - 1;

	if (n == 0)
		return fail(d, -EINVAL, "no lcore is left for a worker: name at least two, e.g. "
				"-l 0-1 or --lcores 0@0,1@0");
	if (n > CHAN_MAX_WORKERS)
		return fail(d, -EINVAL, "%u worker lcores: more than %d", n, CHAN_MAX_WORKERS);
	d->workers.n = n;
	return 0;
}

static int
memory_start(struct dataplane *d)
{
	const struct memory_plan *m = &d->memory;
	size_t rcu_len = rte_rcu_qsbr_get_memsize(d->workers.n);
	int err;

	/* 512 is what a worker's mempool cache may hold at most. */
	d->pool = rte_pktmbuf_pool_create("mbufs", m->n_mbufs, RTE_MIN(512u, m->n_mbufs / 8), 0,
			(uint16_t)m->mbuf_len, (int)rte_socket_id());
	if (d->pool == NULL)
		return fail(d, -ENOMEM, "not enough memory for %u packet buffers: more hugepages, "
				"--memory or a smaller --mbufs", m->n_mbufs);
	d->big_pool = rte_pktmbuf_pool_create("big", REASS_BIG_BUFS * d->workers.n, 0, 0,
			REASS_BIG_ROOM, (int)rte_socket_id());
	if (d->big_pool == NULL)
		return fail(d, -ENOMEM,
				"not enough memory for reassembly: more hugepages, --memory");
	d->rcu = rte_zmalloc("rcu", rcu_len, RTE_CACHE_LINE_SIZE);
	if (d->rcu == NULL || rte_rcu_qsbr_init(d->rcu, d->workers.n) != 0)
		return fail(d, -ENOMEM, "out of memory");
	err = stats_region_init(&d->region, d->workers.n, &d->args.limits, rte_get_tsc_hz());
	if (err != 0)
		return fail(d, err, "no memory for the counters: %s", strerror(-err));
	err = event_queue_init(&d->events, d->workers.n);
	if (err != 0)
		return fail(d, err, "no memory for the event queue: %s", strerror(-err));
	return 0;
}

static int
tables_start(struct dataplane *d)
{
	const struct tables_env env = { .rcu = d->rcu, .stats = d->region.stats,
		.n_workers = d->workers.n, .socket_id = SOCKET_ID_ANY, .port_set = on_port_set,
		.vmacs_set = on_vmacs_set, .event = on_event, .arg = d };

	d->tables = tables_new(&env);
	if (d->tables == NULL)
		return fail(d, -ENOMEM,
				"not enough memory for the tables: more hugepages, --memory, or "
				"smaller --max-tunnels, --max-sas, --max-routes");
	return 0;
}

static int
workers_bring_up(struct dataplane *d)
{
	const struct workers_conf conf = { .stats = d->region.stats, .ports = &d->ports,
		.pool = d->pool, .big_pool = d->big_pool, .tables = d->tables, .events = &d->events,
		.rcu = d->rcu,
		.adaptive = d->args.adaptive };
	int err = workers_init(&d->workers, &conf);

	if (err != 0)
		return fail(d, err, "not enough memory for the workers: --memory");
	err = workers_start(&d->workers);
	if (err != 0)
		return fail(d, err, "workers cannot be started: %s", strerror(-err));
	d->ports.rcu = d->rcu;
	return 0;
}

static int
server_start(struct dataplane *d)
{
	const struct chan_server_conf conf = { .path = d->args.socket_path,
		.group = d->args.socket_group, .stats = d->region.stats,
		.stats_fd = d->region.fd, .workers = d->workers.w, .n_workers = d->workers.n,
		.events = &d->events, .rcu = d->rcu, .apply = on_command,
		.detached = on_detached, .arg = d };

	d->server = chan_server_open(&conf, d->why, sizeof(d->why));
	return d->server != NULL ? 0 : -EADDRINUSE;
}

static int
start(struct dataplane *d)
{
	int err = signals_start(d);

	memory_plan_make(&d->memory, &d->args);
	if (err == 0)
		err = eal_start(&d->args, &d->memory, d->why, sizeof(d->why));
	if (err == 0)
		err = lcores_count(d);
	if (err == 0)
		err = memory_start(d);
	if (err != 0)
		return err;
	d->ports.n_workers = d->workers.n;
	d->ports.max_mtu = d->args.max_mtu;
	d->ports.stats = d->region.stats;
	d->ports.changed = on_port_changed;
	d->ports.arg = d;
	err = ports_start(&d->ports, &d->args, d->pool, d->why, sizeof(d->why));
	if (err == 0)
		err = tables_start(d);
	if (err == 0)
		err = workers_bring_up(d);
	if (err == 0)
		err = server_start(d);
	return err;
}

/* In the reverse order; whatever was not started is not there. */
static void
stop(struct dataplane *d)
{
	chan_server_close(d->server);
	d->server = NULL;
	workers_stop(&d->workers);
	workers_fini(&d->workers);
	tables_end(d->tables);
	ports_stop(&d->ports);
	event_queue_fini(&d->events);
	stats_region_fini(&d->region);
	rte_free(d->rcu);
	rte_mempool_free(d->big_pool);
	rte_mempool_free(d->pool);
	eal_stop();
}

/* ---- the main core ------------------------------------------------------------------------ */

static void
tick(struct dataplane *d, uint64_t now)
{
	struct chan_stats *s = d->region.stats;

	tables_tick(d->tables, now);
	if (d->n_ticks % LINK_TICKS == 0)
		ports_poll_link(&d->ports);
	if (d->n_ticks % STAT_TICKS == 0)
		ports_poll_stats(&d->ports);
	__atomic_store_n(&s->heartbeat, s->heartbeat + 1, __ATOMIC_RELAXED);
	d->n_ticks++;
}

/* Until a signal; returns its number. */
static int
run(struct dataplane *d)
{
	struct pollfd fds[] = {
		{ .fd = chan_server_fd(d->server), .events = POLLIN },
		{ .fd = d->signal_fd, .events = POLLIN },
	};
	struct signalfd_siginfo sig;
	uint64_t next = now_ms();

	for (;;) {
		uint64_t now = now_ms();
		bool more = chan_server_run(d->server, now);
		int wait;

		if (now >= next) {
			tick(d, now);
			next = now + TICK_MS;
		}
		wait = more || !chan_server_sleep(d->server) ? 0 : (int)(next - now);
		if (poll(fds, 2, wait) > 0 && fds[1].revents != 0 &&
				read(d->signal_fd, &sig, sizeof(sig)) == sizeof(sig))
			return (int)sig.ssi_signo;
	}
}

static void
say_ready(const struct dataplane *d)
{
	for (unsigned int i = 0; i < d->ports.n; i++) {
		const struct chan_port_info *p = d->ports.p[i].info;

		log_info("port", "%u: %s%s%s%s %02x:%02x:%02x:%02x:%02x:%02x, MTU %u, %u queue%s, "
				"link %s", i, p->name, p->iface[0] != '\0' ? " (" : "", p->iface,
				p->iface[0] != '\0' ? ")" : "", p->mac[0], p->mac[1], p->mac[2],
				p->mac[3], p->mac[4], p->mac[5], p->mtu, p->n_queues,
				p->n_queues == 1 ? "" : "s", p->link_up ? "up" : "down");
	}
	log_notice("main", "ready: %u port%s, %u worker%s, socket %s", d->ports.n,
			d->ports.n == 1 ? "" : "s", d->workers.n, d->workers.n == 1 ? "" : "s",
			d->args.socket_path);
}

int
main(int argc, char **argv)
{
	static struct dataplane d = { .signal_fd = -1, .region = { .fd = -1 },
		.events = { .wake_fd = -1 } };
	int sig;

	log_init("culvert-dataplane", LVL_INFO);
	switch (args_parse(&d.args, argc, argv, d.why, sizeof(d.why))) {
	case ARGS_EXIT:
		return EXIT_SUCCESS;
	case ARGS_ERROR:
		log_error("main", "%s", d.why);
		return EXIT_FAILURE;
	case ARGS_RUN:
		break;
	}
	log_set_level(d.args.log_level);
	if (start(&d) != 0) {
		log_error("main", "%s", d.why);
		stop(&d);
		return EXIT_FAILURE;
	}
	eal_log_errors();
	say_ready(&d);
	sig = run(&d);
	log_notice("main", "stopping: %s", sig == SIGTERM ? "SIGTERM" : "SIGINT");
	stop(&d);
	return EXIT_SUCCESS;
}
