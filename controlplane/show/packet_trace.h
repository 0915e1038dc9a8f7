/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `debug packet-trace` and `show packet-trace`: asks the dataplane for the steps of single packets
 * (CHAN_CMD_TRACE_SET), keeps the records and tells what is in them.
 */
#ifndef CULVERT_CONTROLPLANE_PACKET_TRACE_H
#define CULVERT_CONTROLPLANE_PACKET_TRACE_H

#include <jansson.h>
#include <stddef.h>

#include "common/channel.h"

struct cp;
struct packet_trace;

/** NULL without memory. */
struct packet_trace *packet_trace_new(struct cp *cp);
/** NULL is fine. */
void packet_trace_free(struct packet_trace *t);

/** A record has come. */
void packet_trace_add(struct packet_trace *t, const struct chan_trace_rec *rec);
/** Start or (count 0) stop a trace, as @params say; see docs/mgmt.md. As mgmt_fn. */
json_t *packet_trace_set(struct packet_trace *t, const json_t *params, char *err, size_t err_len);
/** How many packets the running trace still waits for; 0: none runs. */
uint32_t packet_trace_left(const struct packet_trace *t);
/** All that was recorded, packet by packet. */
json_t *packet_trace_show(const struct packet_trace *t);

#endif
