/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Router advertisements (RFC 4861 section 6.2), without I/O: which senders there are and the clock
 * come in, frames go out through struct ra_ops. A sender is an interface, or a virtual router of it
 * that is active (RFC 9568 section 8.2.3): its own link-local and MAC address, the interface's
 * contents.
 *
 *   ra_wire.c  frames
 *   ra.c       senders and their timers
 *   ras.c      ties it to the rest: configuration, interfaces, VRRP, dataplane
 *
 * Solicitations are answered to all nodes, 0 to 0.5 s later, and never sooner than 3 s after the
 * last advertisement (section 6.2.6): who solicits a thousand times a second gets what one gets.
 * A sender that begins, or has other contents, advertises at once and twice more, 16 s apart at
 * most.
 *
 * Left out on purpose: what other routers advertise is not compared with ours (section 6.2.7), no
 * options of DNS (RFC 8106) or routes (RFC 4191 section 2.3).
 *
 * All times are monotonic milliseconds.
 */
#ifndef CULVERT_CONTROLPLANE_RA_H
#define CULVERT_CONTROLPLANE_RA_H

#include "controlplane/ra/ra_wire.h"

#define RA_DELAY_MS       500   /* MAX_RA_DELAY_TIME */
#define RA_APART_MS       3000  /* MIN_DELAY_BETWEEN_RAS */
#define RA_FIRST          3     /* MAX_INITIAL_RTR_ADVERTISEMENTS */
#define RA_FIRST_APART_MS 16000 /* MAX_INITIAL_RTR_ADVERT_INTERVAL */

struct ra_cfg {
	uint32_t if_id;
	uint8_t vrid; /* 0: the interface itself */
	uint32_t min_ms, max_ms; /* MinRtrAdvInterval, MaxRtrAdvInterval */
	struct ra_msg msg;
};

struct ra_stats {
	uint64_t sent, solicited; /* solicited: solicitations that it has answered, or will */
};

/* Solicitations that nobody answers, or that are none. */
struct ra_totals {
	uint64_t solicits, malformed, unwanted; /* unwanted: no sender on that interface */
};

struct ra_engine;
struct ra_sender;

struct ra_ops {
	void (*send)(void *ctx, uint32_t if_id, const uint8_t *frame, size_t len);
};

/** @seed: a random number. NULL: no memory. */
struct ra_engine *ra_new(const struct ra_ops *ops, void *ctx, uint64_t seed);
/** Frees without a word. NULL is fine. */
void ra_free(struct ra_engine *e);

/** Add a sender, or change it; the same again touches nothing. NULL: no memory. */
struct ra_sender *ra_set(struct ra_engine *e, const struct ra_cfg *c, uint64_t now_ms);
/** Remove it. @last: with an advertisement of lifetime 0, so that no host keeps it as its router
 *  (section 6.2.5). */
void ra_del(struct ra_engine *e, struct ra_sender *s, bool last);
struct ra_sender *ra_find(const struct ra_engine *e, uint32_t if_id, uint8_t vrid);
/** In the order in which they were made; NULL: the first one. */
struct ra_sender *ra_next(const struct ra_engine *e, const struct ra_sender *s);

/** An ICMPv6 packet of type RA_SOLICIT received on @if_id, from the IPv6 header on. */
void ra_input(struct ra_engine *e, uint32_t if_id, const uint8_t *pkt, size_t len,
		uint64_t now_ms);
void ra_tick(struct ra_engine *e, uint64_t now_ms);
/** When ra_tick() is to be called next; UINT64_MAX: nothing pending. */
uint64_t ra_next_ms(const struct ra_engine *e);

const struct ra_cfg *ra_cfg(const struct ra_sender *s);
const struct ra_stats *ra_stats(const struct ra_sender *s);
const struct ra_totals *ra_totals(const struct ra_engine *e);
/** When it advertised last, 0: not yet; and when it will next. */
uint64_t ra_last_ms(const struct ra_sender *s);
uint64_t ra_due_ms(const struct ra_sender *s);

#endif
