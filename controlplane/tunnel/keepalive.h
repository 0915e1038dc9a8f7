/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * GRE keepalives of all tunnels: when one is to be sent, and which tunnels have not answered for
 * too long. No clock and no I/O of its own. One that is not answered before the next is due is a
 * miss; @retries misses in a row and the tunnel is lost; the next answer and it is back.
 *
 * A hashed timing wheel: ten thousand tunnels cost no more than those that are due.
 */
#ifndef CULVERT_CONTROLPLANE_KEEPALIVE_H
#define CULVERT_CONTROLPLANE_KEEPALIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Ten thousand a second are 250 at once: rings and policers take as many. */
#define KEEPALIVE_TICK_MS 25
#define KEEPALIVE_LEN     28 /* IPv4 and the longest GRE header that is sent in one */

struct keepalives;

struct keepalive_io {
	/** Send one for tunnel @id now. */
	void (*send)(void *ctx, uint32_t id);
	/** Tunnel @id is lost, or back. */
	void (*changed)(void *ctx, uint32_t id, bool lost);
	void *ctx;
};

struct keepalive_counts {
	uint64_t sent, answered;
	uint32_t missed; /* in a row, now */
	uint64_t heard_ms; /* the last answer; 0: never */
};

struct keepalives *keepalives_new(const struct keepalive_io *io);
void keepalives_free(struct keepalives *k);

/**
 * Tunnel @id has keepalives every @interval_s, 0: none. The same as before changes nothing; else it
 * begins anew as not lost. The first is due within the interval, at a time of its own, so that not
 * all tunnels send at once.
 * @return 0 or -ENOMEM.
 */
int keepalives_set(struct keepalives *k, uint32_t id, uint16_t interval_s, uint8_t retries,
		uint64_t now_ms);
/** An answer of tunnel @id's far end. */
void keepalives_heard(struct keepalives *k, uint32_t id, uint64_t now_ms);
/** Time has passed: call every KEEPALIVE_TICK_MS. */
void keepalives_tick(struct keepalives *k, uint64_t now_ms);

/** How many tunnels have keepalives. */
uint32_t keepalives_n(const struct keepalives *k);
bool keepalives_lost(const struct keepalives *k, uint32_t id);
/** All zero for a tunnel without. */
struct keepalive_counts keepalives_counts(const struct keepalives *k, uint32_t id);

/**
 * The inner packet of a keepalive: from the far end to us, with nothing in it but a GRE header, for
 * the far end to send back (see dataplane/nodes/gre_decap.c). Addresses in host order.
 * @return its length, 24 or with a key 28.
 */
size_t keepalive_build(uint8_t buf[KEEPALIVE_LEN], uint32_t local, uint32_t remote, bool keyed,
		uint32_t key);

#endif
