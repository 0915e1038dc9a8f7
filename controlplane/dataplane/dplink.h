/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The attachment to the dataplane over time: connect, notice at once when it goes, try again five
 * times a second, and hand out what comes. The channel's client does one attachment; this is
 * what makes another.
 */
#ifndef CULVERT_CONTROLPLANE_DATAPLANE_DPLINK_H
#define CULVERT_CONTROLPLANE_DATAPLANE_DPLINK_H

#include <event2/event.h>

#include "controlplane/dataplane/chan_client.h"

#define DPLINK_RETRY_MS  200
#define DPLINK_DENIED_MS 3000 /* a socket that has just been made may get its mode a moment later \
			       */

struct dplink;

struct dplink_handlers {
	/** Attached; commands may be queued from here on. */
	void (*attached)(void *ctx, struct chan_client *c);
	/** The dataplane is gone; the client is closed after this returns. */
	void (*detached)(void *ctx, const char *why);
	void (*event)(void *ctx, const struct chan_event *ev);
	void (*punt)(void *ctx, const struct chan_pkt *pkt);
	void (*trace)(void *ctx, const struct chan_trace_rec *rec); /* may be NULL */
	void (*done)(void *ctx, const struct chan_done *done);
	/** Trying again cannot help: another channel ABI, or no permission for DPLINK_DENIED_MS. */
	void (*fatal)(void *ctx, const char *why);
	void *ctx;
};

/** Nothing happens before dplink_start(). @path is borrowed. NULL without memory. */
struct dplink *dplink_new(
		struct event_base *base, const char *path, const struct dplink_handlers *h);
/** Closes the attachment without telling handlers. NULL is fine. */
void dplink_free(struct dplink *l);
void dplink_start(struct dplink *l);

/** The client while attached, else NULL. */
struct chan_client *dplink_client(const struct dplink *l);
/** "attached", or why not, in words. */
const char *dplink_state(const struct dplink *l);

/** Queue a command, answered through the handlers. 0 or -errno. */
int dplink_cmd(struct dplink *l, const struct chan_cmd *cmd);
/** See chan_client_inject(). A frame waits until the interfaces are as they have been told to be,
 *  a packet into a tunnel until the tunnels are. */
int dplink_inject(struct dplink *l, enum chan_inject_mode mode, uint32_t id, const void *data,
		size_t len);
/** How many commands have been queued so far: a mark for dplink_inject_after(). */
uint64_t dplink_mark(const struct dplink *l);
/**
 * The same as dplink_inject(), but not before all commands up to @mark have been answered: the
 * rings of commands and packets are read by different threads, and what the packet brings about
 * may need what the command makes. Packets with rising marks keep their order. What waits when
 * the dataplane goes is lost.
 * @return 0, -ENOTCONN, -ENOMEM, -ENOBUFS (too many wait), or of chan_client_inject().
 */
int dplink_inject_after(struct dplink *l, uint64_t mark, enum chan_inject_mode mode, uint32_t id,
		const void *data, size_t len);
/** Once a second: says so in the log when the dataplane's heart stops or beats again. */
void dplink_watch(struct dplink *l, uint64_t now_ms);

#endif
