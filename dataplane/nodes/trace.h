/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trace - what becomes of single packets, for a person who wants to know (CHAN_CMD_TRACE_SET).
 * While a trace runs, packets that may match it go through the path one at a time, so that
 * whatever a node does it does to that packet or what became of it. Nodes know nothing of it, and
 * with no trace running the cost is one look at a pointer per burst.
 */
#ifndef CULVERT_DATAPLANE_NODES_TRACE_H
#define CULVERT_DATAPLANE_NODES_TRACE_H

#include "dataplane/tables/tables_int.h"
#include "dataplane/worker.h"

struct trace; /* a worker's records of the packet at hand */

/** For w->trace. NULL if out of memory. */
struct trace *trace_new(int socket_id);
/** NULL is fine. */
void trace_free(struct trace *t);

/** The running trace if there is one with packets left, else NULL. */
struct trace_filter *trace_running(const struct worker *w);

/** A frame from a port: not worth a trace, to be seen without taking it through the path? */
bool trace_skips(const struct trace_filter *f, const struct rte_mbuf *m);

/** A packet begins, CHAN_TRACE_RX on @port or CHAN_TRACE_INJECT. Every vector is empty. */
void trace_begin(struct worker *w, enum chan_trace_node node, const struct rte_mbuf *m,
		uint16_t port);
/** @node is about to take @v; NULL: what others have put aside for it. */
void trace_step(struct worker *w, enum chan_trace_node node, const struct pktvec *v);
/** The path is empty: what became of it, and if it matches, to the control plane. */
void trace_end(struct worker *w);

#endif
