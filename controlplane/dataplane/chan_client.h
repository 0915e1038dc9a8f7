/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control plane's end of the channel to the dataplane (common/channel.h). No DPDK is linked
 * for it, no thread is made, nothing blocks: one event loop owns a client and calls it.
 *
 * How to use it from an event loop:
 *
 *   1. chan_client_open(). It connects and sends the hello. When it fails (no dataplane yet) try
 *      again later, a second or so; there is no reconnecting in here.
 *   2. Watch chan_client_sock_fd() for reading, persistently, and call chan_client_sock_event()
 *      when it is readable. The first time it normally returns 1: attached. From then on the
 *      socket is readable only when the dataplane is gone (negative: chan_client_reason() says
 *      why, chan_client_close() and start again).
 *   3. Attached: watch chan_client_wake_fd() for reading, persistently, and call
 *      chan_client_poll() when it is readable, and once at the beginning. As long as poll returns
 *      true there is more than it was willing to take at once: call it again soon, after the
 *      loop's other events (a zero timer). When it returns false the descriptor becomes readable
 *      as soon as there is something new; no wake-up is ever lost in between.
 *
 * Commands are queued with chan_client_cmd() at any time after attachment, from callbacks too,
 * and go out at once as far as there is room; the rest follows while chan_client_poll() takes in
 * answers. Each callback is called exactly once, in the order of the commands: with the answer, or
 * with -EPIPE from chan_client_close() when the attachment ended before.
 *
 * No callback may call chan_client_close() or chan_client_poll(). Not thread-safe.
 */
#ifndef CULVERT_CONTROLPLANE_DATAPLANE_CHAN_CLIENT_H
#define CULVERT_CONTROLPLANE_DATAPLANE_CHAN_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/channel.h"

#define CHAN_CLIENT_BACKLOG_MAX (1u << 18) /* commands waiting for room in the ring */

struct chan_client;

/** What chan_client_poll() hands out. All may be NULL, then it is taken and forgotten. */
struct chan_client_handlers {
	/** @ev is valid during the call. Types this side does not know must be ignored. */
	void (*event)(void *arg, const struct chan_event *ev);
	/** A packet for the appliance. @pkt is a private copy, valid during the call: ->len is
	 *  within bounds, ->l3_off <= ->len, ->cls < CHAN_N_CLASSES; the bytes are an
	 *  outsider's. */
	void (*punt)(void *arg, const struct chan_pkt *pkt);
	/** A step of a traced packet; a private copy. */
	void (*trace)(void *arg, const struct chan_trace_rec *rec);
	void *arg;
};

/** The answer to a command: @done->err is 0 or -errno, @done->field names what was refused and is
 *  always terminated, @done->op is that of the command. */
typedef void (*chan_client_done_fn)(void *arg, const struct chan_done *done);

/* ---- attachment --------------------------------------------------------------------------- */

/**
 * Connect to the dataplane's socket at @path and say hello. @handlers is copied.
 * @param[out] err  -errno on failure: -ENOENT or -ECONNREFUSED: no dataplane is running;
 *                  -EACCES: its socket is not for us; -EAGAIN: it is busy; -ENOMEM.
 * @return the client, not attached yet, or NULL.
 */
struct chan_client *chan_client_open(
		const char *path, const struct chan_client_handlers *handlers, int *err);

/** Readable: chan_client_sock_event(). Owned by the client. */
int chan_client_sock_fd(const struct chan_client *c);

/**
 * Take what came on the socket.
 * @return 1: now attached (once); 0: nothing new; negative: refused or lost, for good:
 *         -EPROTO (other ABI, or the dataplane broke the protocol), -EBUSY (another control plane
 *         is attached), -EPIPE (the dataplane is gone), or another -errno of mapping the regions.
 */
int chan_client_sock_event(struct chan_client *c);

/** One line for a person: why the last call failed. Never NULL; "" when nothing failed. */
const char *chan_client_reason(const struct chan_client *c);

/** Is there a dataplane at the other end, which has taken us? */
bool chan_client_attached(const struct chan_client *c);

/** Readable: chan_client_poll(). -1 while not attached. Owned by the client. */
int chan_client_wake_fd(const struct chan_client *c);

/** Random number of the dataplane's run: another one means that its tables are empty. 0 while not
 *  attached. */
uint64_t chan_client_boot_id(const struct chan_client *c);
/** Version the dataplane told. "" while not attached. */
const char *chan_client_version(const struct chan_client *c);

/** The keep region: what is written here is there again for the next control plane of this
 *  dataplane. Valid until chan_client_close(). NULL while not attached. */
void *chan_client_keep(const struct chan_client *c, uint64_t *size);

/** End the attachment; every command without answer gets its callback with -EPIPE; wipe and free.
 *  Take the two descriptors out of the event loop before. @c may be NULL. */
void chan_client_close(struct chan_client *c);

/* ---- messages ----------------------------------------------------------------------------- */

/**
 * Queue a command. @cmd is copied (its ->seq is ignored and set here); wipe yours if it has keys.
 * @cb may be NULL.
 * @return 0, -ENOTCONN (not attached, or lost), -ENOBUFS (backlog is full), -ENOMEM.
 */
int chan_client_cmd(
		struct chan_client *c, const struct chan_cmd *cmd, chan_client_done_fn cb,
		void *arg);

/** Commands queued or sent whose answer has not come. */
size_t chan_client_n_pending(const struct chan_client *c);

/**
 * Take in answers, events and punted packets and send queued commands, a bounded amount of each:
 * the classes and workers take turns, so that a flood of one does not delay another.
 * @return true: there is more, call again soon. false: all is empty (or not attached), and
 *         chan_client_wake_fd() will be readable when there is more.
 */
bool chan_client_poll(struct chan_client *c);

/**
 * Send a packet. @id is an if_id for CHAN_INJECT_FRAME, a tun_id for CHAN_INJECT_TUN, ignored for
 * CHAN_INJECT_ROUTE; @data is copied.
 * @return 0, -ENOTCONN, -EMSGSIZE (0 bytes or more than CHAN_PKT_DATA), -ENOBUFS (ring is full:
 *         the packet is not sent; counted, see chan_client_inject_drops()).
 */
int chan_client_inject(struct chan_client *c, enum chan_inject_mode mode, uint32_t id,
		const void *data, size_t len);

/** Packets that chan_client_inject() refused with -ENOBUFS in this attachment. */
uint64_t chan_client_inject_drops(const struct chan_client *c);

/* ---- statistics ----------------------------------------------------------------------------
 *
 * Read straight from the dataplane's memory, without a message: cheap enough for 10,000 tunnels a
 * second. All return -ENOTCONN while not attached (NULL for the pointer), -EINVAL for an id out
 * of range. Counters live as long as the dataplane (not as the attachment).
 */

/** Limits (max_tunnels, max_sas, max_nhs, max_nhgs, max_routes), n_ports, n_workers, tsc_hz, pid,
 *  heartbeat. Read-only memory, valid until chan_client_close(). */
const struct chan_stats *chan_client_stats(const struct chan_client *c);

/** A private copy of a port's state, strings terminated. @port < n_ports. */
int chan_client_port(const struct chan_client *c, uint32_t port, struct chan_port_info *out);
/** The port whose name or kernel interface is @name. Its index or -ENOENT. */
int chan_client_port_find(const struct chan_client *c, const char *name);

/** Sums over all workers. */
int chan_client_if_stats(const struct chan_client *c, uint32_t if_id, struct chan_if_stats *out);
int chan_client_tun_stats(
		const struct chan_client *c, uint32_t tun_id, struct chan_tun_stats *out);

int chan_client_policy_stats(
		const struct chan_client *c, uint32_t policy_id, struct chan_policy_stats *out);

#define CHAN_CLIENT_NEVER UINT64_MAX

struct chan_client_sa_stats {
	uint64_t packets, bytes;    /* bytes of ESP payload: what lifetimes count */
	uint64_t replay, auth_fail; /* IN: refused packets */
	uint64_t heard_ms; /* IN: since the last authenticated packet, or CHAN_CLIENT_NEVER */
};

int chan_client_sa_stats(
		const struct chan_client *c, uint32_t sa_id, struct chan_client_sa_stats *out);

/** What is installed, for adopting it after a restart. -ENOENT when the slot is free. */
int chan_client_sa_info(const struct chan_client *c, uint32_t sa_id, struct chan_sa_info *out);
int chan_client_tun_info(const struct chan_client *c, uint32_t tun_id, struct chan_tun_info *out);

/** Dropped packets by reason, over all workers: @out[CHAN_N_DROPS]. */
int chan_client_drops(const struct chan_client *c, uint64_t *out);
/** Everything of one worker; @worker < n_workers, or CHAN_NONE: the sum of all. */
int chan_client_worker_stats(
		const struct chan_client *c, uint32_t worker, struct chan_worker_stats *out);

#endif
