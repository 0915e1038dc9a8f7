/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tunnels through the channel: the control plane's client at one end, the dataplane's server and
 * tables at the other, over the real socket and rings, but both in this one thread by turns. So
 * the time is that of both programs together.
 *
 * Memory: what the process has more with N tunnels, each with its SA pair, than with tables for
 * next to none; counters that the control plane reads included, for one worker; routes and
 * their next hops are installed after it was read. All resident pages count, of all kinds.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_cycles.h>

#include "controlplane/dataplane/chan_client.h"
#include "dataplane/channel_server.h"
#include "dataplane/event_queue.h"
#include "dataplane/stats.h"
#include "dataplane/tables/tables.h"
#include "tests/bench/bench.h"

#define BACKLOG 8192 /* commands under way */

struct end {
	struct stats_region region;
	struct event_queue events;
	struct worker *worker;
	struct tables *tables;
	struct chan_server *server;
	struct chan_client *client;
	char dir[32], path[64];
	bool routes; /* which half of a tunnel's commands */
};

static void __attribute__((noreturn))
give_up(const char *what)
{
	fprintf(stderr, "bench: install: %s\n", what);
	exit(1);
}

static uint64_t
now_ms(void)
{
	return rte_rdtsc() / (rte_get_tsc_hz() / 1000);
}

/* Resident memory in bytes, huge pages too. */
static double
memory_now(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	unsigned long kb, sum = 0;
	char line[128];

	malloc_trim(0);
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "VmRSS: %lu", &kb) == 1 ||
				sscanf(line, "HugetlbPages: %lu", &kb) == 1)
			sum += kb;
	if (f != NULL)
		fclose(f);
	return (double)sum * 1024;
}

static int
on_apply(void *arg, const struct chan_cmd *cmd, const char **field)
{
	struct end *e = arg;

	return tables_apply(e->tables, cmd, field);
}

static void
on_detached(void *arg)
{
	struct end *e = arg;

	tables_sync_abort(e->tables);
}

/* Both ends do what there is to do. */
static void
turn(struct end *e)
{
	chan_server_run(e->server, now_ms());
	if (!chan_client_attached(e->client)) {
		int err = chan_client_sock_event(e->client);

		if (err < 0 && err != -EAGAIN)
			give_up(chan_client_reason(e->client));
	}
	chan_client_poll(e->client);
}

static void
on_done(void *arg, const struct chan_done *done)
{
	if (done->err != 0)
		give_up(done->field);
}

static void
send_cmd(void *arg, const struct chan_cmd *cmd)
{
	struct end *e = arg;
	bool route = cmd->op == CHAN_CMD_NH_SET || cmd->op == CHAN_CMD_ROUTE_SET;

	if (route != e->routes)
		return;
	if (chan_client_cmd(e->client, cmd, on_done, NULL) != 0)
		give_up("a command cannot be queued");
	while (chan_client_n_pending(e->client) >= BACKLOG)
		turn(e);
}

static void
send_any(void *arg, const struct chan_cmd *cmd)
{
	struct end *e = arg;

	e->routes = cmd->op == CHAN_CMD_NH_SET || cmd->op == CHAN_CMD_ROUTE_SET;
	send_cmd(arg, cmd);
}

static void
settle(struct end *e)
{
	while (chan_client_n_pending(e->client) != 0)
		turn(e);
}

static struct end *
end_new(unsigned int n_tunnels)
{
	const struct world_conf conf = { .n_tunnels = n_tunnels, .n_routes = 200000,
		.n_workers = 1 };
	struct chan_stats l = world_limits(&conf);
	const struct tables_limits limits = { .max_tunnels = l.max_tunnels,
		.max_sas = l.max_sas, .max_nhs = l.max_nhs, .max_nhgs = l.max_nhgs,
		.max_routes = 200000 };
	struct end *e = calloc(1, sizeof(*e));
	struct chan_server_conf sc;
	struct tables_env env = { .n_workers = 1 };
	char why[160] = "";
	int err;

	strcpy(e->dir, "/tmp/culvert-bench-XXXXXX");
	if (mkdtemp(e->dir) == NULL || stats_region_init(&e->region, 1, &limits,
						      rte_get_tsc_hz()) != 0 ||
			event_queue_init(&e->events, 1) != 0)
		give_up("out of memory");
	snprintf(e->path, sizeof(e->path), "%s/dp.sock", e->dir);
	e->region.stats->n_ports = 2;
	e->region.stats->ports[0].present = e->region.stats->ports[1].present = 1;
	env.stats = e->region.stats;
	e->tables = tables_new(&env);
	e->worker = aligned_alloc(64, RTE_ALIGN(sizeof(*e->worker), 64));
	if (e->tables == NULL || e->worker == NULL)
		give_up("out of memory");
	memset(e->worker, 0, sizeof(*e->worker));
	e->worker->events = &e->events;
	sc = (struct chan_server_conf){ .path = e->path, .group = CHAN_SERVER_NO_GROUP,
		.stats = e->region.stats, .stats_fd = e->region.fd, .workers = &e->worker,
		.n_workers = 1, .events = &e->events, .apply = on_apply,
		.detached = on_detached, .arg = e };
	e->server = chan_server_open(&sc, why, sizeof(why));
	if (e->server == NULL)
		give_up(why);
	e->client = chan_client_open(e->path, &(struct chan_client_handlers){ 0 }, &err);
	if (e->client == NULL)
		give_up("the channel does not open");
	while (!chan_client_attached(e->client))
		turn(e);
	world_base(send_any, e);
	settle(e);
	return e;
}

static void
end_free(struct end *e)
{
	chan_client_close(e->client);
	chan_server_close(e->server);
	tables_free(e->tables);
	event_queue_fini(&e->events);
	stats_region_fini(&e->region);
	free(e->worker);
	rmdir(e->dir);
	free(e);
}

static double
install_all(struct end *e, unsigned int n, bool routes)
{
	uint64_t start = rte_rdtsc();

	e->routes = routes;
	for (unsigned int t = 0; t < n; t++)
		world_tunnel(CHAN_ESP_AES128_GCM16, t, send_cmd, e);
	settle(e);
	return (double)(rte_rdtsc() - start) / (double)rte_get_tsc_hz();
}

void
install_run(const struct options *o)
{
	double before = memory_now(), little, after;
	struct end *none = end_new(16), *e;
	struct installed i = { .n_tunnels = o->install };

	little = memory_now() - before;
	before = memory_now();
	e = end_new(o->install);
	i.seconds = install_all(e, o->install, false);
	after = memory_now();
	i.bytes_each = (after - before - little) / o->install;
	i.counters_each = sizeof(struct chan_tun_stats) + 2 * sizeof(struct chan_sa_stats);
	i.seconds += install_all(e, o->install, true);
	end_free(e);
	end_free(none);
	report_install(o, &i);
}
