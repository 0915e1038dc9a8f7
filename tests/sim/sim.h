/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A world for IKE engines: two nodes in one process, a simulated clock, and a wire between them
 * that delays, drops, repeats and reorders, all from one seed. Each node has a model of a
 * dataplane: which inbound SAs it holds, which outbound one it sends with. Data packets run along;
 * one that arrives for an SA that the receiver does not hold, or holds with other keys, is lost.
 *
 *   sim.c       the world, its time, what tests look at
 *   sim_wire.c  messages on their way, the NAT, what is held back
 *   sim_node.c  a node: its dataplane's model, what its engine asks for
 */
#ifndef CULVERT_TESTS_SIM_H
#define CULVERT_TESTS_SIM_H

#include "controlplane/ike/ike.h"

#define SIM_ALIAS   0x0a000063u                   /* 10.0.0.99, B too if sim.alias */
#define SIM_ADDR(i) (0x0a000001u + (uint32_t)(i)) /* 10.0.0.1, 10.0.0.2 */
#define SIM_NAT     0xcb007109u /* 203.0.113.9: what B sees of A when A is behind NAT */
#define SIM_SAS     16
#define SIM_TUNNELS 4 /* 7, the usual one, and those behind it: of one gateway */
#define SIM_WALL_S  1800000000 /* the date when a world begins */
#define SIM_MSG_MAX 4096

enum { A, B, SIM_NODES };

struct sim_sa {
	bool used;
	uint64_t id;
	struct ike_child_keys in, out;
	struct ike_path path; /* ports 0: ESP without UDP */
	bool tunnel;          /* mode */
	uint32_t inner_remote, inner_local; /* as struct ike_child_sa has them */
	uint64_t life_bytes;  /* agreed, in kilobytes; 0: as configured */
	bool seen; /* a packet has come in on it */
};

struct sim;

struct sim_node {
	struct sim *s;
	int me;
	struct ike_engine *e;
	struct sim_sa sas[SIM_SAS];
	uint64_t out_id; /* Child SA in use for sending; 0: none */
	uint32_t next_spi;
	int spis_out; /* taken and not given back */
	enum ike_peer_state state;
	char why[256];
	unsigned int n_added, n_deleted, n_moved, max_held;
	int refuse_add; /* answer child_add with this -errno; 0: accept */
	bool no_spi;
	bool keeps; /* what the engine wants kept outlives it, see sim_restart() */
	uint8_t kept[8192];
	size_t kept_len;
	uint8_t kept_of[SIM_TUNNELS - 1][8192]; /* of the tunnels behind 7 */
	size_t kept_of_len[SIM_TUNNELS - 1];
	unsigned int n_kept; /* times it was told */
	/* What the engine learns only when it looks: the last ESP of tunnel 7, IKE dropped. */
	uint64_t esp_ms;
	bool input_lost;
};

struct sim_event;

struct sim {
	uint64_t now;
	uint64_t rng;
	struct ike_limits limits;
	struct sim_node n[SIM_NODES];
	struct sim_event *events; /* sorted by time */
	/* the wire */
	uint32_t latency_ms, jitter_ms;
	unsigned int loss_percent, repeat_percent;
	unsigned int mtu;      /* longer IP packets vanish; 0: none do */
	uint32_t job_delay_ms; /* 0: public-key work is done inline */
	bool alias; /* B has another address, SIM_ALIAS */
	bool nat;              /* A is behind a NAT, which maps its ports (sim_nat_flush()) */
	uint16_t nat_port[2];  /* of its ports 500 and 4500 */
	unsigned int n_keepalives[SIM_NODES];
	bool hold[SIM_NODES];  /* messages of that node wait */
	struct sim_event *held[SIM_NODES];
	/** Called for each IKE message; true: it is lost. NULL: none. */
	bool (*drop)(struct sim *s, int from, const uint8_t *msg, size_t len);
	int drop_arg;
	/** Called for each IKE message that reaches a node. NULL: none. */
	void (*given)(struct sim *s, int to, const uint8_t *msg, size_t len);
	uint64_t given_ms; /* for its use */
	unsigned int n_met; /* times a node's engine has met somebody of a group */
	struct ike_id met;  /* the last one */
	char met_by[IKE_NAME_MAX]; /* its group */
	int met_answer;     /* what it is told */
	/** Called for each message in words, once ike_trace_on(). */
	void (*traced)(struct sim *s, int node, const struct ike_trace *t);
	unsigned int n_ike[SIM_NODES];        /* messages sent */
	uint8_t last[SIM_NODES][SIM_MSG_MAX]; /* the last one each node sent */
	size_t last_len[SIM_NODES];
	/* data packets */
	uint32_t data_ms; /* one each way every so often; 0: none */
	uint64_t next_data_ms;
	unsigned long n_data, n_data_lost, n_no_out;
	unsigned long n_no_twin; /* events after which a node sends what the other does not hold */
	bool log;
};

/** Two engines without peers. @seed makes the run repeatable. */
struct sim *sim_new(uint64_t seed, const struct ike_limits *lim);
/** Frees; returns how many inbound SPIs the engines did not give back. */
int sim_free(struct sim *s);
/** A new engine in place of node @i's, without a word to the peer: a crash and restart. */
void sim_crash(struct sim *s, int i);
/** The same for a control plane whose dataplane goes on: its SAs and what was kept are there. The
 *  peer of that node is to be configured again. */
void sim_restart(struct sim *s, int i);
/** What the new engine of node @i has not claimed goes, as the control plane has it. */
void sim_sweep(struct sim *s, int i);
uint32_t sim_rand(struct sim *s);

/** The usual configuration of node @i for its one peer "peer", tunnel 7. */
struct ike_peer_cfg sim_cfg(int i);
/** Configure both; A initiates when @a_starts. */
void sim_pair(struct sim *s, bool a_starts, bool b_starts);
/** One CBC or AEAD proposal from words: cipher bits, integ, prf, group. */
struct ike_proposal_cfg sim_prop(uint16_t encr, uint16_t bits, uint16_t integ, uint16_t prf,
		uint16_t group, bool esn);

void sim_run(struct sim *s, uint64_t ms);
/** Until @cond holds; false if it does not within @ms. */
bool sim_until(struct sim *s, bool (*cond)(struct sim *s), uint64_t ms);
/** Messages that were held go on their way: the @nth one, or all (-1), in order. */
void sim_release(struct sim *s, int from, int nth);
int sim_n_held(struct sim *s, int from);
/** Look at the @nth held message; NULL: there is none. */
const uint8_t *sim_held(struct sim *s, int from, int nth, size_t *len);
/** The @nth held message is lost. */
void sim_discard(struct sim *s, int from, int nth);
/** Put A behind a NAT; or, when it is, the NAT loses its mappings and makes other ones. */
void sim_nat_flush(struct sim *s);
/** Give node @to a datagram as if from the other. */
void sim_deliver(struct sim *s, int to, const uint8_t *msg, size_t len);

/* ---- what a test looks at ------------------------------------------------------------------- */

bool sim_both_up(struct sim *s);
/** Child SAs a node's dataplane holds. */
int sim_held_sas(const struct sim_node *n);
/** The one in use for sending; NULL: none. */
struct sim_sa *sim_out(struct sim_node *n);
/** Would a packet from node @from be understood by the other right now? */
bool sim_passes(struct sim *s, int from);
uint64_t sim_counter(struct sim *s, int i, const char *name);
/** IKE SAs a node holds in state @state; NULL: any. */
int sim_n_sas(struct sim *s, int i, const char *state);
/** The node's newest established IKE SA. */
struct ike_sa_show sim_sa(struct sim *s, int i);
/** Exchange type, and is it a response? */
int sim_exchange(const uint8_t *msg);
bool sim_is_response(const uint8_t *msg);

#endif
