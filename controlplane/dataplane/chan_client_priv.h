/* SPDX-License-Identifier: BSD-3-Clause */
/* The inside of a channel client; for chan_client*.c only. */
#ifndef CULVERT_CONTROLPLANE_DATAPLANE_CHAN_CLIENT_PRIV_H
#define CULVERT_CONTROLPLANE_DATAPLANE_CHAN_CLIENT_PRIV_H

#include "controlplane/dataplane/chan_client.h"

/* Commands in the dataplane's hands at once. Not more than the command ring holds, and so few
 * that the answer ring can never be full. */
#define INFLIGHT_MAX (CHAN_CMD_SLOTS - 1)
static_assert(INFLIGHT_MAX < CHAN_DONE_SLOTS, "an answer always finds room");

enum client_state { CLIENT_HELLO, CLIENT_ATTACHED, CLIENT_LOST };

/* What is kept of a command until its answer comes. */
struct sent {
	uint32_t seq;
	uint16_t op;
	chan_client_done_fn cb;
	void *arg;
};

/* A command that waits for room; holds keys, wiped when it leaves. */
struct queued {
	struct chan_cmd cmd;
	chan_client_done_fn cb;
	void *arg;
};

struct chan_client {
	enum client_state state;
	struct chan_client_handlers handlers;
	int sock_fd;
	int wake_cp_fd;
	int wake_dp_fd;
	char reason[160];
	char version[32];

	struct chan_rings *rings;
	struct rte_ring *cmd, *done, *event, *inject;
	struct rte_ring *punt[CHAN_MAX_WORKERS][CHAN_N_CLASSES];
	struct rte_ring *trace[CHAN_MAX_WORKERS];
	unsigned int n_workers;
	const struct chan_stats *stats;
	void *keep; /* of the control plane alone: chan_client_keep() */
	uint64_t rings_size, stats_size, keep_size;

	uint32_t next_seq;
	struct sent sent[INFLIGHT_MAX]; /* circular, oldest at sent_head */
	unsigned int sent_head, n_sent;
	struct queued *backlog; /* circular, a power of two */
	size_t backlog_cap, backlog_head, n_backlog;
	uint64_t inject_drops;
	struct chan_pkt pkt; /* the punted packet in the handler's hands */
};

#endif
