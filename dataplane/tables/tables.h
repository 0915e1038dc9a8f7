/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * All forwarding tables of the dataplane. The main core is the only writer: it applies the
 * channel's commands with tables_apply(). Workers read without locks; what is replaced is freed
 * after every worker has passed a quiescent state (rte_rcu_qsbr). One file per table:
 * fib.c and fib6.c (routes), nexthop.c (next hops and groups), iface.c (ports' interfaces),
 * tunnel.c, sa.c, policy.c (security policies).
 */
#ifndef CULVERT_DATAPLANE_TABLES_H
#define CULVERT_DATAPLANE_TABLES_H

#include <stdint.h>

#include "common/channel.h"

struct rte_rcu_qsbr;
struct tables;

struct tables_limits {
	uint32_t max_tunnels; /* 1..131072 */
	uint32_t max_sas;     /* power of two up to 2^CHAN_SPI_IDX_BITS */
	uint32_t max_nhs;
	uint32_t max_nhgs;
	uint32_t max_routes;
};

/** What tables need of the rest of the dataplane; constant for their life. */
struct tables_env {
	struct rte_rcu_qsbr *rcu;   /* NULL: no other readers (unit tests, bench) */
	struct chan_stats *stats;   /* limits: read; sa_info, tun_info, ports: written */
	unsigned int n_workers;
	int socket_id;
	/** Bring a port's device in line (MTU, state, promiscuity). 0 or -errno; may be NULL. */
	int (*port_set)(void *arg, const struct chan_port *p);
	/** The virtual MAC addresses that a port's device is to receive, 0xXXYY as in struct
	 *  chan_if; some may be there twice. May be NULL. */
	void (*vmacs_set)(void *arg, uint32_t port, const uint16_t *vmacs, unsigned int n);
	/** Raise an event; false when it could not be delivered now. May be NULL. */
	bool (*event)(void *arg, const struct chan_event *ev);
	void *arg;
};

/** Make empty tables; @stats must have been laid out, with limits set. NULL if out of memory. */
struct tables *tables_new(const struct tables_env *env);
/** Free everything and wipe keys. No worker may be running. */
void tables_free(struct tables *t);
/** The same at the process's end: what is large goes with DPDK's memory. */
void tables_end(struct tables *t);

/**
 * Check and apply one command. Main core only. @cmd is a private copy (never channel memory).
 * On error nothing has changed and *@field names what was refused ("tun.remote").
 * @return 0, -EINVAL (range), -ENOENT (reference), -EBUSY (still referenced), -EEXIST, -ENOMEM,
 *         -ENOSPC.
 */
int tables_apply(struct tables *t, const struct chan_cmd *cmd, const char **field);

/** An attachment ended: forget the marks of its sync, and the trace it wanted. */
void tables_sync_abort(struct tables *t);

/**
 * Periodic work of the main core, every 50 ms or so: SA lifetimes (soft, hard) and the
 * delivery of events not delivered yet, freeing of what RCU has released.
 * @now_ms  monotonic milliseconds.
 */
void tables_tick(struct tables *t, uint64_t now_ms);

#endif
