/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The dataplane's end of a channel for tests: real server, real statistics region, workers that
 * are only structs, and a double in the place of the tables.
 */
#ifndef CULVERT_TESTS_CHAN_FIXTURE_H
#define CULVERT_TESTS_CHAN_FIXTURE_H

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "controlplane/dataplane/chan_client.h"
#include "dataplane/channel_server.h"
#include "dataplane/event_queue.h"
#include "dataplane/stats.h"
#include "dataplane/worker.h"

#define FX_WORKERS 2
#define FX_TUNNELS 64
#define FX_SAS     128
#define FX_BAD_NH  12345u /* a tunnel over this next hop is refused */

struct fixture {
	char dir[32];
	char path[64];
	struct stats_region region;
	struct event_queue events;
	struct worker *workers[FX_WORKERS];
	struct chan_server_conf conf;
	struct chan_server *server;
	uint64_t n_applied;
	uint64_t route_sum; /* over the ids of all routes set */
	unsigned int n_detached;
};

static inline uint64_t
fx_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static int
fx_apply(void *arg, const struct chan_cmd *cmd, const char **field)
{
	struct fixture *f = arg;

	__atomic_fetch_add(&f->n_applied, 1, __ATOMIC_RELAXED);
	if (cmd->op == CHAN_CMD_ROUTE_SET)
		__atomic_fetch_add(&f->route_sum, cmd->u.route.id, __ATOMIC_RELAXED);
	if (cmd->op == CHAN_CMD_TUN_SET && cmd->u.tun.nh_id == FX_BAD_NH) {
		*field = "tun.nh_id";
		return -ENOENT;
	}
	return 0;
}

static void
fx_detached(void *arg)
{
	struct fixture *f = arg;

	f->n_detached++;
}

/* 0, or what went wrong is on stderr. The server is not open yet. */
static inline int
fx_init(struct fixture *f)
{
	const struct tables_limits limits = { .max_tunnels = FX_TUNNELS, .max_sas = FX_SAS,
		.max_nhs = 256, .max_nhgs = 16, .max_routes = 1000 };
	int err;

	memset(f, 0, sizeof(*f));
	strcpy(f->dir, "/tmp/culvert-chan-XXXXXX");
	if (mkdtemp(f->dir) == NULL)
		return -errno;
	snprintf(f->path, sizeof(f->path), "%s/sub/dp.sock", f->dir);
	err = stats_region_init(&f->region, FX_WORKERS, &limits, 1000000000);
	if (err == 0)
		err = event_queue_init(&f->events, FX_WORKERS);
	if (err != 0) {
		fprintf(stderr, "fixture: %s\n", strerror(-err));
		return err;
	}
	for (unsigned int i = 0; i < FX_WORKERS; i++) {
		struct worker *w = aligned_alloc(64, RTE_ALIGN_CEIL(sizeof(*w), 64));

		memset(w, 0, sizeof(*w));
		w->id = (uint8_t)i;
		w->events = &f->events;
		w->stats = (void *)((char *)f->region.stats + f->region.stats->worker_off[i]);
		f->workers[i] = w;
	}
	f->conf = (struct chan_server_conf){ .path = f->path, .group = CHAN_SERVER_NO_GROUP,
		.stats = f->region.stats, .stats_fd = f->region.fd, .workers = f->workers,
		.n_workers = FX_WORKERS, .events = &f->events, .apply = fx_apply,
		.detached = fx_detached, .arg = f };
	return 0;
}

static inline int
fx_open(struct fixture *f)
{
	char why[160] = "";

	f->server = chan_server_open(&f->conf, why, sizeof(why));
	if (f->server == NULL)
		fprintf(stderr, "server: %s\n", why);
	return f->server != NULL ? 0 : -1;
}

static inline void
fx_fini(struct fixture *f)
{
	char sub[64];

	chan_server_close(f->server);
	event_queue_fini(&f->events);
	stats_region_fini(&f->region);
	for (unsigned int i = 0; i < FX_WORKERS; i++)
		free(f->workers[i]);
	snprintf(sub, sizeof(sub), "%s/sub", f->dir);
	rmdir(sub);
	rmdir(f->dir);
}

#endif
