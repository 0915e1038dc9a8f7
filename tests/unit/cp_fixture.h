/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control plane from configuration to commands, against a dataplane that writes down what it
 * is told: this file takes the place of dplink.c and of the channel's client. The clock is ours.
 */
#ifndef CULVERT_TESTS_UNIT_CP_FIXTURE_H
#define CULVERT_TESTS_UNIT_CP_FIXTURE_H

#include "common/channel.h"
#include "controlplane/cp.h"
#include "controlplane/dataplane/chan_client.h"
#include "controlplane/dataplane/dplink.h"
#include "controlplane/dataplane/mirror.h"
#include "controlplane/dataplane/reconcile.h"
#include "controlplane/tunnel/tunnel.h"
#include "tests/unit/cu.h"

#define CPF_CMDS 8192
#define CPF_GW 0x01010101u
#define CPF_HUB 0x01010102u
#define CPF_BRANCH 0x02020202u
#define CPF_TUNNELS 8 /* tunnels, at most: to CPF_BRANCH, CPF_BRANCH + 1, ... */

/* The dataplane: what it has been told since the last look, and what it says it holds. */
struct cpf_dataplane {
	bool attached;
	uint64_t boot_id;
	struct chan_stats stats;
	struct chan_cmd cmd[CPF_CMDS];
	unsigned int n, n_answered;
	unsigned int n_keepalives, n_frames;
	unsigned int n_arp_asked, n_ike; /* frames asking for the gateway; IKE messages sent */
	struct chan_tun_info tun[8];
	struct chan_sa_info sa[64];
	uint32_t heard_sa;    /* this one has just been heard; 0: none */
	uint64_t ike_dropped; /* punts of IKE, policed or too many */
};

extern struct cpf_dataplane cpf;
/** What outlives the process, and a restart of the dataplane in a test; NULL: there is none. */
extern void *cpf_keep;
extern uint64_t cpf_keep_size;

extern struct cp cpf_cp;
extern uint64_t cpf_now_ms;
extern const uint8_t cpf_gw_mac[6];

/** One protected tunnel to CPF_BRANCH; %d is its MTU. */
extern const char cpf_config[];
/** What cpf_start() and cpf_push() load. */
extern const char *cpf_config_text;

/** A fresh dataplane, which holds nothing. */
void cpf_dataplane_boot(uint64_t boot_id);
/** A dataplane that a former control plane has filled. */
void cpf_dataplane_in_use(void);
/** The control plane, not attached yet. */
void cpf_start(void);
void cpf_stop(void);
/** A new configuration: that of @cpf_config_text. */
void cpf_push(int mtu);
void cpf_attach(void);
/** All commands are answered. */
void cpf_answer(void);
/** ... and forgotten. */
void cpf_forget(void);
/** The gateway answers ARP. */
void cpf_gateway_answers(void);
/** As many tunnels as the dataplane takes: t0 to CPF_BRANCH, t1 to the next address, ... */
const char *cpf_many_config(void);
/** Everything up, but for SAs. */
void cpf_start_up(void);
/** What was put off to a moment later. */
void cpf_loop_once(void);

/** Of the commands since the last cpf_forget(): how many, the first, a route. */
unsigned int cpf_count(enum chan_op op);
const struct chan_cmd *cpf_find(enum chan_op op);
const struct chan_route *cpf_route(uint32_t prefix, uint8_t len);
/** Why the first tunnel is down. */
const char *cpf_why(void);

#endif
