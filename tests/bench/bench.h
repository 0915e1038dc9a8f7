/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The benchmark of the packet path: one worker's real path, path_run(), on one core with prebuilt
 * packets, from what a receive burst returns to what is handed to the transmit burst.
 *
 *   bench.c         options, the loop over all cases
 *   bench_world.c   a worker and its tables, filled through the control plane's commands
 *   bench_packets.c buffers, packets, and making them new between passes
 *   bench_run.c     a measurement: path and floor in turn
 *   bench_floor.c   the same bytes through intel-ipsec-mb alone
 *   bench_report.c  table and JSON
 *
 * What is timed and what is not. A pass takes the whole set of buffers through the path, burst by
 * burst; only this is timed. Between two passes, off the clock, every buffer gets its next packet
 * (headers only for encap and forward, the whole ciphertext for decap), with a new tunnel each.
 * So nothing has to be subtracted. See docs/performance.md.
 */
#ifndef CULVERT_TESTS_BENCH_H
#define CULVERT_TESTS_BENCH_H

#include "dataplane/tables/sa.h"
#include "dataplane/worker.h"

#define SET_HOT     256  /* buffers that are recycled: they stay in the level 2 cache */
#define SET_COLD    8192 /* shuffled over 18 MB: they come from the last-level cache or beyond */
#define MAX_TUNNELS 65536
#define SIZE_IMIX   0
#define MAX_INNER   1600

enum bench_case { CASE_FORWARD, CASE_ENCAP, CASE_DECAP, N_CASES };

/* One line of the result. */
struct result {
	enum bench_case kase;
	enum chan_esp_alg alg; /* CHAN_ESP_NONE for forward */
	unsigned int size;     /* inner bytes, or SIZE_IMIX */
	double mean_size;
	unsigned int tunnels;
	bool random;
	bool cold;
	/* Cycles of the time-stamp counter per packet: of all passes, the median, the least, ... */
	double cycles, cycles_min, spread; /* ... and interquartile range / median */
	double floor, floor_min;           /* 0: there is none */
	double ratio;                      /* median of the turns' ratios */
	unsigned int reps; /* passes */
};

/* ---- the world ---------------------------------------------------------------------------- */

#define PORT_LAN 0
#define PORT_WAN 1

struct world {
	unsigned int n_tunnels;
	enum chan_esp_alg alg;
	struct chan_stats *stats;
	struct tables *tables;
	struct worker *w;
	struct sa **out; /* [n_tunnels], by tunnel */
	struct sa **in;
};

/** A worker with @n_tunnels protected tunnels of @alg. Exits when anything is refused. */
struct world *world_new(unsigned int n_tunnels, enum chan_esp_alg alg);
void world_free(struct world *wd);
/** What the inbound SA of tunnel @t was installed with. */
struct chan_sa world_sa_in(const struct world *wd, unsigned int t);
/** An address behind tunnel @t, host order. */
uint32_t world_behind(unsigned int t);
/** The host on the LAN. */
uint32_t world_lan_host(void);
void world_mac(unsigned int port, uint8_t mac[6]);

/* ---- packets ------------------------------------------------------------------------------ */

struct packets {
	const struct world *wd;
	enum bench_case kase;
	unsigned int n_bufs;     /* the set */
	unsigned int n_images;   /* packets to take in turn, at least one for each tunnel */
	unsigned int next;       /* image of the next restored buffer */
	struct rte_mbuf **bufs;  /* [n_bufs], in the order of use */
	uint32_t *tunnel;        /* [n_images] */
	uint16_t *inner_len;     /* [n_images] */
	uint16_t *len;           /* [n_images] frame as received */
	uint8_t *image;          /* [n_images][image_room] what is copied into the buffer */
	unsigned int image_room;
	uint32_t *current;       /* [n_bufs] image in each buffer now */
	double mean_size;
};

struct packets *packets_new(const struct world *wd, enum bench_case kase, unsigned int size,
		bool random, bool cold);
void packets_free(struct packets *pk);
/** Give every buffer its next packet. Off the clock. */
void packets_restore(struct packets *pk);
/** Make the pool. Once. */
void packets_init(void);

/* ---- measuring ---------------------------------------------------------------------------- */

struct options {
	bool cases[N_CASES];
	bool algs[CHAN_N_ESP_ALGS];
	unsigned int sizes[16], n_sizes;
	unsigned int tunnels[16], n_tunnels;
	bool orders[2]; /* sequential, random */
	bool sets[2];   /* hot, cold */
	unsigned int burst;
	double seconds; /* for each line */
	bool json;
	bool stages; /* what each node costs, to stderr; the figures include the clock */
};

/** Cycles that the bytes of all buffers cost in intel-ipsec-mb alone, as they are in @pk now. */
uint64_t floor_pass(const struct packets *pk, unsigned int burst);
void floor_init(void);
void floor_fini(void);

void bench_run(const struct options *o, struct world *wd, struct packets *pk, struct result *r);

/* ---- report ------------------------------------------------------------------------------- */

struct machine {
	char cpu[64];
	char kernel[72];
	const char *pages;
	double tsc_mhz;
	unsigned int burst;
	unsigned int timer_cycles; /* of reading the clock twice, inside every figure */
};

extern struct machine machine;

const char *cipher_name(enum chan_esp_alg alg);
const char *case_name(enum bench_case kase);
void report_begin(const struct options *o);
void report_line(const struct options *o, const struct result *r);
void report_end(const struct options *o);

#endif
