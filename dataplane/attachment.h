/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One control plane's stay: its ring region, made anew when it comes and abandoned when it goes,
 * the main core's ends of the rings in it, and the workers' access to theirs. Main core only.
 */
#ifndef CULVERT_DATAPLANE_ATTACHMENT_H
#define CULVERT_DATAPLANE_ATTACHMENT_H

#include "common/channel.h"
#include "dataplane/ring_end.h"

struct rte_rcu_qsbr;
struct worker;

struct attachment {
	struct chan_rings *rings; /* NULL: nobody is attached */
	uint64_t size;
	int rings_fd;
	int wake_cp_fd;
	int wake_dp_fd;
	struct ring_end cmd_in;
	struct ring_end done_out;
	struct ring_end event_out;
	struct ring_end punt_out[CHAN_MAX_WORKERS][CHAN_N_CLASSES]; /* as given to the workers */
	struct ring_end trace_out[CHAN_MAX_WORKERS];
	struct ring_end inject_in;
};

/** Make region and descriptors for @n_workers (1..CHAN_MAX_WORKERS). 0 or -errno. */
int attachment_init(struct attachment *a, unsigned int n_workers);

/** Let the workers have the rings. They have none at this moment. */
void attachment_publish(struct attachment *a, struct worker *const *workers, unsigned int n);

/** Take the rings from the workers, wait until none uses them (@rcu may be NULL when no worker
 *  runs), wipe and free. */
void attachment_fini(struct attachment *a, struct worker *const *workers, unsigned int n,
		struct rte_rcu_qsbr *rcu);

/** The name of a ring whose other end holds an impossible index, or NULL: all is well. */
const char *attachment_damaged(const struct attachment *a, struct worker *const *workers,
		unsigned int n);

/** Copy the oldest command out and wipe its slot. False: none, or no room for an answer. */
bool attachment_take_cmd(struct attachment *a, struct chan_cmd *cmd);
/** Answer the command just taken. There is room. */
void attachment_answer(struct attachment *a, const struct chan_cmd *cmd, int err,
		const char *field);
/** Is there a command that attachment_take_cmd() would take? */
bool attachment_has_cmd(struct attachment *a);
/** Put an event; false: the ring is full. */
bool attachment_event(struct attachment *a, const struct chan_event *ev);

#endif
