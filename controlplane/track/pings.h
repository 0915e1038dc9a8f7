/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Pings and traceroutes that operators run: each one by its number, until it is done, ended, or
 * nobody has asked for its results for a while. Their packets go by probe_path.h.
 */
#ifndef CULVERT_CONTROLPLANE_PINGS_H
#define CULVERT_CONTROLPLANE_PINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controlplane/track/ping.h"

#define PINGS_MAX         16   /* at the same time, of all operators */
#define PINGS_UNREAD_MS   10000
#define PINGS_WHY_LEN     128
#define PINGS_IF_LEN      32

struct cp;
struct chan_pkt;
struct pings;

struct pings_run {
	uint32_t id; /* 0: unused */
	struct ping *ping;
	struct ip6_addr source;   /* of its packets; zero: it is looked up for each */
	struct ip6_addr from;     /* the last one's */
	char interface[PINGS_IF_LEN]; /* that they go out of; "": by the routes */
	char why[PINGS_WHY_LEN];  /* the last one could not be sent; "": it could */
	bool ended;               /* before its time, for @why */
	uint64_t asked_ms;        /* when its results were asked for last */
};

/** NULL: out of memory. */
struct pings *pings_new(struct cp *cp);
/** NULL is fine, here and in pings_icmp(). */
void pings_free(struct pings *x);

/**
 * Begin. @source zero: one of ours that fits; @interface "": by the routes.
 * @return its number; 0: it cannot be, @err says why.
 */
uint32_t pings_start(struct pings *x, const struct ping_cfg *c, const struct ip6_addr *source,
		const char *interface, char *err, size_t err_len);
/** Somebody asks for number @id; NULL: there is none any more. Valid until the loop goes on. */
const struct pings_run *pings_ask(struct pings *x, uint32_t id);
/** False: there is none. */
bool pings_stop(struct pings *x, uint32_t id);
/** An ICMP message to us; true if it was about one of these. */
bool pings_icmp(struct pings *x, const struct chan_pkt *pkt);

#endif
