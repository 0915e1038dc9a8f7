/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The benchmark of the packet path: a worker's real path, path_run(), on one core with prebuilt
 * packets, from what a receive burst returns to what is handed to the transmit burst.
 *
 *   bench.c         the loop over all cases
 *   bench_options.c what was asked for
 *   bench_world.c   workers and their tables, filled through the control plane's commands
 *   bench_packets.c buffers, packets, and making them new between passes
 *   bench_run.c     a measurement: path and floors in turn
 *   bench_stages.c  the same node by node
 *   bench_floor.c   the same bytes through intel-ipsec-mb alone, and through our ciphers alone
 *   bench_scale.c   several workers at once on the same tunnels
 *   bench_latency.c what packets wait when they come by the clock
 *   bench_install.c tunnels through the channel: time and memory
 *   bench_move.c    many routes that go another way at once
 *   bench_policy.c  security policies: cycles, time and memory
 *   bench_report.c  table, JSON, CSV
 *
 * What is timed and what is not. A pass takes the whole set of buffers through the path, burst by
 * burst; only this is timed. Between two passes, off the clock, every buffer gets its next packet
 * (headers only for encap and forward, the whole ciphertext for decap), with a new tunnel each.
 * So nothing has to be subtracted. See docs/performance.md.
 */
#ifndef CULVERT_TESTS_BENCH_H
#define CULVERT_TESTS_BENCH_H

#include "dataplane/crypto/crypt.h"
#include "dataplane/tables/sa.h"
#include "dataplane/worker.h"

#define SET_HOT     256  /* buffers that are recycled: they stay in the level 2 cache */
#define SET_COLD    8192 /* shuffled over 18 MB: they come from the last-level cache or beyond */
#define MAX_TUNNELS 131072
#define MAX_ROUTES  1000000
#define MAX_WORKERS 4
#define MAX_INNER   1600
#define SIZE_IMIX   0
#define SIZE_PAIR   1    /* 1476 and 44 bytes by turns: what 1500 bytes are cut into */
#define FRAG_SIZE   1500
#define TUNNEL_MTU  1476

/* In CASE_REASS two buffers are the fragments of one ESP packet. */
enum bench_case { CASE_FORWARD, CASE_ENCAP, CASE_DECAP, CASE_FRAG, CASE_REASS, N_CASES };

/* Comes in from the WAN? And does the path free buffers, or make some? */
#define CASE_IS_IN(kase)    ((kase) == CASE_DECAP || (kase) == CASE_REASS)
#define CASE_TAKES_ALL(kase) ((kase) == CASE_FRAG || (kase) == CASE_REASS)

/* One line of the result. */
struct result {
	enum bench_case kase;
	enum chan_esp_alg alg; /* CHAN_ESP_NONE for forward */
	unsigned int size;     /* inner bytes, or SIZE_IMIX */
	double mean_size;
	unsigned int tunnels;
	unsigned int routes;
	bool random;
	bool cold;
	unsigned int workers;
	/* Cycles of the time-stamp counter per packet: of all passes, the median, the least, ... */
	double cycles, cycles_min, spread; /* ... and interquartile range / median */
	/* The floor: the library alone, or for CASE_FRAG and CASE_REASS two whole packets. 0:
	 * none. */
	double floor, floor_min;
	double own, own_min; /* our ciphers alone; 0: none */
	double ratio;        /* median of the turns' ratios to the floor */
	double own_ratio;    /* the same to our ciphers alone */
	/* With several workers: packets by those of one; the same of the floor, 0: none; and the
	 * median of the rounds' own ratios of the two. */
	double scaling, floor_scaling, scaling_ratio;
	unsigned int reps;   /* passes */
};

struct options {
	bool cases[N_CASES];
	bool algs[CHAN_N_ESP_ALGS];
	unsigned int sizes[16], n_sizes;
	unsigned int tunnels[16], n_tunnels;
	unsigned int routes[4], n_routes;
	bool orders[2]; /* sequential, random */
	bool sets[2];   /* hot, cold */
	unsigned int workers; /* 0: just one */
	unsigned int burst;
	unsigned int install; /* tunnels; 0: do not */
	unsigned int move; /* routes; 0: do not */
	unsigned int policies[4], n_policies; /* security policies; none: do not */
	double seconds; /* for each line */
	bool latency;
	bool json;
	bool csv;
	bool stages; /* what each node costs, to stderr; the figures include the clock */
};

/* What all tunnels of a run are like. */
struct shape {
	bool esn;
	bool nat_t;          /* ESP in UDP */
	bool far_address;    /* tunnels end at an address that no interface has, as a VRRP one */
	bool tunnel_mode;    /* of ESP, around GRE */
	uint32_t gre_flags;  /* CHAN_TUN_KEY, _CSUM, _SEQ */
	unsigned int window; /* of anti-replay, packets */
};

extern struct shape shape;

/** In words: "ESN, UDP, window 1024"; "plain" if there is nothing to say. */
const char *shape_name(void);
/** Bytes in front of the inner packet within ESP. */
unsigned int shape_head(void);
/** And of the UDP header in front of ESP. */
unsigned int shape_udp(void);

void options_read(struct options *o, int argc, char **argv);

/* ---- the world ---------------------------------------------------------------------------- */

#define PORT_LAN 0
#define PORT_WAN 1

struct world_conf {
	unsigned int n_tunnels;
	enum chan_esp_alg alg; /* CHAN_ESP_NONE: no tunnels */
	unsigned int n_routes; /* for plain forwarding */
	unsigned int n_workers;
};

struct world {
	unsigned int serial; /* 1 and up: worlds come and go, at the same place */
	unsigned int n_tunnels;
	enum chan_esp_alg alg;
	unsigned int n_routes;
	unsigned int n_workers;
	struct chan_stats *stats;
	struct tables *tables;
	struct worker *w[MAX_WORKERS];
	struct sa **out; /* [n_tunnels], by tunnel */
	struct sa **in;
	uint32_t *routed; /* [n_routes] an address behind each, for plain forwarding */
};

/** Workers with @n_tunnels protected tunnels of @alg. Exits when anything is refused. */
struct world *world_new(const struct world_conf *conf);
void world_free(struct world *wd);
/** What the inbound SA of tunnel @t is installed with. */
struct chan_sa world_sa_in(enum chan_esp_alg alg, unsigned int t);
/** The commands that install tunnel @t, in order; @apply is called for each. */
void world_tunnel(enum chan_esp_alg alg, unsigned int t,
		void (*apply)(void *arg, const struct chan_cmd *cmd), void *arg);
/** What tunnels need before: interfaces, next hops. */
void world_base(void (*apply)(void *arg, const struct chan_cmd *cmd), void *arg);
/** Limits for @n_tunnels. */
struct chan_stats world_limits(const struct world_conf *conf);
/** An address behind tunnel @t, host order. */
uint32_t world_behind(unsigned int t);
/** The host on the LAN. */
uint32_t world_lan_host(void);
void world_mac(unsigned int port, uint8_t mac[6]);

/* ---- packets ------------------------------------------------------------------------------ */

struct packets_conf {
	const struct world *wd;
	enum bench_case kase;
	unsigned int size;
	bool random;
	bool cold;
	unsigned int share, n_shares; /* decap by several workers: which part of the tunnels */
};

struct packets {
	const struct world *wd;
	enum bench_case kase;
	unsigned int n_bufs;     /* the set */
	unsigned int n_images;   /* packets to take in turn, at least one for each tunnel */
	unsigned int next;       /* image of the next restored buffer */
	unsigned int share, n_shares;
	struct rte_mbuf **bufs;  /* [n_bufs], in the order of use */
	uint32_t *tunnel;        /* [n_images] */
	uint16_t *inner_len;     /* [n_images] */
	uint16_t *len;           /* [n_images] frame as received */
	uint8_t *image;          /* [n_images][image_room] what is copied into the buffer */
	unsigned int image_room;
	uint32_t *current;       /* [n_bufs] image in each buffer now */
	double mean_size;
};

struct packets *packets_new(const struct packets_conf *conf);
void packets_free(struct packets *pk);
/** Give every buffer its next packet. Off the clock. */
void packets_restore(struct packets *pk);
/** Make the pool. Once. */
void packets_init(void);
struct rte_mempool *packets_pool(void);

/* ---- measuring ---------------------------------------------------------------------------- */

/** The ciphers alone, for one thread. Exits without memory. */
struct floor *floor_new(void);
void floor_free(struct floor *f);
/** Make the library's keys for @wd, before any floor_pass() in it. One thread at a time. */
void floor_keys(const struct floor *f, const struct world *wd);
/** Cycles that the bytes of all buffers cost in intel-ipsec-mb alone, as they are in @pk now. */
uint64_t floor_pass(struct floor *f, const struct packets *pk, unsigned int burst);
/** The same in our own ciphers, crypt_encrypt() and crypt_decrypt(). */
uint64_t own_pass(struct floor *f, const struct packets *pk, unsigned int burst);
/** Is there a floor_pass() for it? */
bool floor_has(enum chan_esp_alg alg);

/** All buffers once through the path of worker @w. Cycles; exits when a packet is missing. */
uint64_t path_pass(struct worker *w, struct packets *pk, unsigned int burst, bool staged);
/** The port that packets of a case come from. */
uint16_t path_in_port(enum bench_case kase);

void bench_run(const struct options *o, struct world *wd, struct result *r);
/** @r: what one worker did; becomes what o->workers do. False if that cannot be measured. */
bool scale_run(const struct options *o, struct world *wd, struct result *r);
/** @one: what one worker takes. */
void latency_run(const struct options *o, struct world *wd, const struct result *one);
void install_run(const struct options *o);
void policy_run(const struct options *o);
void move_run(const struct options *o);

/** Puts @v in order. */
double median_of(double *v, unsigned int n);

/** path_run() with the clock read between the nodes. */
void staged_run(struct worker *w, uint16_t port, struct rte_mbuf **m, uint16_t n);
/** A pass is over. */
void stages_keep(double per_packet);
void stages_print(void);

/* ---- report ------------------------------------------------------------------------------- */

struct machine {
	char cpu[64];
	char kernel[72];
	const char *pages;
	double tsc_mhz;
	unsigned int burst;
	unsigned int cpus[64], n_cpus; /* that we may run on */
	unsigned int timer_cycles; /* of reading the clock twice, inside every figure */
};

extern struct machine machine;

/* When the machine did something else, seen by a loop that does nothing. */
struct pauses {
	double per_s;
	double longest_us;
	double share; /* of the time, 0 to 1 */
};

/* What packets wait, from their arrival to the end of their burst. */
struct latency {
	unsigned int load_percent;
	double p50_us, p99_us, p999_us;
	struct pauses pauses; /* just before */
};

struct installed {
	unsigned int n_tunnels;
	double seconds;
	double bytes_each; /* of an SA pair and its tunnel */
	double counters_each; /* of it for counters, for each worker */
};

/* Routes that take another tunnel. */
struct moved {
	unsigned int n_routes;
	bool groups; /* by next-hop groups; else each by itself */
	bool lost;   /* the tunnel has failed; else it has become the longer way */
	double install_ms;
	double ms, rib_ms; /* from the protocol's routes to the last one; the RIB's part of it */
	uint64_t n_commands;
};

const char *case_name(enum bench_case kase);
void report_begin(const struct options *o);
void report_line(const struct options *o, const struct result *r);
void report_latency(const struct options *o, const struct result *r, const struct latency *l);
void report_install(const struct options *o, const struct installed *i);
void report_move(const struct options *o, const struct moved *m);
void report_end(const struct options *o);

#endif
