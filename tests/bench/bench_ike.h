/* SPDX-License-Identifier: BSD-3-Clause */
/* The benchmark of IKE: two engines of ours in one process, and a clock on one of them, the hub. */
#ifndef CULVERT_TESTS_BENCH_IKE_H
#define CULVERT_TESTS_BENCH_IKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controlplane/ike/ike.h"
#include "controlplane/vpn/keep.h"

enum { HUB, BRANCH, N_ENDS };

struct letter;

struct end {
	struct duo *d;
	int me;
	struct ike_engine *e;
	uint32_t next_spi;
	uint64_t *child; /* by tunnel: the newest */
	uint64_t ns;     /* CPU time of its calls */
	uint32_t n_up;
	struct keep keep; /* the hub's records, as the control plane has them */
};

struct duo {
	struct end end[N_ENDS];
	uint64_t now;
	struct letter *first, **last;
	uint32_t n;
};

struct ike_case {
	const char *name;
	uint16_t group; /* enum ike_group */
	double target_ms;
	const char *certs; /* certificates with such keys (certs.h); NULL: a pre-shared key */
};

/** Two engines with @n peers each, which wait: by certificates with keys of kind @certs, or (NULL)
 *  by pre-shared key, and @group. One at a time has certificates. */
struct duo *duo_new(uint32_t n, uint16_t group, const char *certs);
void duo_free(struct duo *d);
/** Deliver messages and do public-key work until nothing is left to do. */
void duo_run(struct duo *d);
/** Let @ms pass, timer by timer. */
void duo_pass(struct duo *d, uint64_t ms);
/** The configuration of peer @i at one end: the hub is 1.1.1.2, branch @i is 10.0.0.1 + @i. */
struct ike_peer_cfg duo_cfg(int end, uint32_t i, uint16_t group);
/**
 * Certificates with keys of kind @kind (certs.h) for the hub and @n branches, valid a day around
 * @now_s: from now on duo_cfg() has them. The hub's are written to @dir, if it is not NULL, as
 * hub.pem, hub.key and ca.pem.
 */
void creds_make(const char *kind, uint32_t n, int64_t now_s, const char *dir);
void creds_drop(void);

/** Seconds for a key pair and a shared secret of @group through libcrypto alone. */
double floor_kex_s(uint16_t group, unsigned int n);

/** bench_ike_storm.c: @n branches call at once. 0: all came up and no timer was too late. */
int storm_run(uint32_t n, uint16_t group, bool json);

void give_up(const char *why) __attribute__((noreturn));
/** struct ike_ops.random of libcrypto. */
void random_bytes(void *ctx, uint8_t *buf, size_t len);
double cpu_s(void);
uint64_t mono_ms(void);

#endif
