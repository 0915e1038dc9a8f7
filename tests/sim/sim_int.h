/* SPDX-License-Identifier: BSD-3-Clause */
/* What the parts of the world of sim.h share: sim.c (the world, time), sim_wire.c, sim_node.c. */
#ifndef CULVERT_TESTS_SIM_INT_H
#define CULVERT_TESTS_SIM_INT_H

#include "tests/sim/sim.h"

enum sim_kind { EV_IKE, EV_DATA, EV_JOB };

struct sim_event {
	struct sim_event *next;
	uint64_t at;
	enum sim_kind kind;
	int to;
	struct ike_path path; /* as the receiver sees it */
	/* EV_IKE */
	uint8_t msg[SIM_MSG_MAX];
	size_t len;
	/* EV_DATA */
	struct ike_child_keys key;
	/* EV_JOB */
	struct ike_job *job;
};

/* sim_wire.c */
/** A new event, not posted yet; freed when it has run. */
struct sim_event *sim_event_new(enum sim_kind kind, int to);
/** It happens at @at. */
void sim_post(struct sim *s, struct sim_event *ev, uint64_t at);
/** When a packet that leaves now arrives. */
uint64_t sim_travel(struct sim *s);
/** What the other node sees of a packet that @from sends by @path; false: it goes nowhere. */
bool sim_wire_path(const struct sim *s, int from, const struct ike_path *path,
		struct ike_path *out);
/** The engine's callbacks send and keepalive; @ctx is the node. */
void sim_send(void *ctx, const struct ike_path *path, const uint8_t *msg, size_t len);
void sim_keepalive(void *ctx, const struct ike_path *path);
/** A message reaches node @to. */
void sim_give(struct sim *s, int to, const struct ike_path *path, const uint8_t *msg, size_t len);

/* sim_node.c */
/** An engine for node @i, which has none. */
void sim_start_engine(struct sim *s, int i);
/** A packet each way. */
void sim_send_data(struct sim *s);
void sim_receive_data(struct sim *s, int to, const struct ike_child_keys *key,
		const struct ike_path *path);

#endif
