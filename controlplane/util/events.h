/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What has changed its state, in order and with a reason: virtual routers, tracked objects, OSPF's
 * neighbours, tunnels, IKE peers, addresses of ours that others claim. A ring of the last
 * EVENTS_MAX; whoever reads it has a number of its own and sees by that what it has missed.
 */
#ifndef CULVERT_CONTROLPLANE_EVENTS_H
#define CULVERT_CONTROLPLANE_EVENTS_H

#include <stdint.h>

#define EVENTS_MAX 1024 /* a power of two */

struct event_rec {
	uint64_t seq;       /* from 0 up, without a gap */
	uint64_t time_ms;   /* since 1970 */
	const char *source; /* a constant: "vrrp", "ike", "arp", ... */
	char object[96];
	char from[24], to[24];
	char why[200]; /* "": nothing to say */
};

struct events;

/** NULL: no memory. */
struct events *events_new(void);
/** NULL is fine. */
void events_free(struct events *e);
/** Called after each event. */
void events_on_add(struct events *e, void (*fn)(void *ctx), void *ctx);
/** Texts are copied, what is too long is cut off; @source must be a constant. @e may be NULL. */
void events_add(struct events *e, const char *source, const char *object, const char *from,
		const char *to, const char *why);
/** Number of the next event. */
uint64_t events_next(const struct events *e);
/** Number of the oldest one that is kept. */
uint64_t events_first(const struct events *e);
/** NULL unless events_first() <= @seq < events_next(). Valid until the next event. */
const struct event_rec *events_at(const struct events *e, uint64_t seq);

#endif
