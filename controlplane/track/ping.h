/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ping and traceroute without I/O: a probe (probe.h) whose echo requests go one after the other,
 * so many of them, or so many for each number of hops until the target or somebody who cannot reach
 * it has answered. What became of each request is kept for a while.
 *
 * All times are monotonic microseconds, but those that are configured.
 */
#ifndef CULVERT_CONTROLPLANE_PING_H
#define CULVERT_CONTROLPLANE_PING_H

#include "controlplane/track/probe.h"

#define PING_RESULTS     512 /* that are kept, a power of two */
#define PING_REPEAT_MAX  100000
#define PING_PER_HOP_MAX 10

struct ping_cfg {
	struct ip6_addr target; /* IPv4: IPv4-mapped */
	uint32_t repeat;        /* requests; with @trace for each number of hops */
	uint32_t timeout_ms, interval_ms;
	uint16_t size; /* of the data */
	uint8_t dscp;
	bool df;
	bool trace;
	uint8_t ttl_first, ttl_last; /* with @trace */
};

enum ping_how {
	PING_ANSWERED,
	PING_TIMED_OUT,
	PING_UNREACHABLE,
	PING_TOO_BIG,
	PING_TTL_EXCEEDED,
	PING_OTHER, /* parameter problem, source quench */
};

struct ping_result {
	enum ping_how how;
	uint8_t ttl;           /* of the request, with @trace */
	uint8_t type, code;    /* of what came; not of a request without answer, nor the rest */
	uint16_t mtu;          /* with PING_TOO_BIG; 0: it was not told */
	struct ip6_addr from;
	uint32_t rtt_us;
};

struct ping {
	struct ping_cfg cfg;
	struct probe probe;
	bool done;
	uint32_t n_ended; /* requests, each with a result */
	uint8_t ttl;
	uint32_t hop_sent, hop_ended; /* with @trace of this number of hops, else of all */
	bool arrived; /* one of them was answered by who ends the way */
	struct ping_result results[PING_RESULTS]; /* by number */
};

/** @id and @secret as in probe_init(). The first request is due at @now_us. */
void ping_init(struct ping *p, const struct ping_cfg *c, uint16_t id,
		const uint8_t secret[PROBE_SECRET_LEN], uint64_t now_us);
/** Requests without answer are given up, and is one due? Then it is in @buf; its length, 0: none
 *  is. */
size_t ping_step(struct ping *p, const struct ip6_addr *source, uint64_t now_us,
		uint8_t buf[PROBE_PACKET_MAX]);
/** An ICMP message to us, from its IP header on. False: it is not about this. */
bool ping_input(struct ping *p, const uint8_t *pkt, size_t len, uint64_t now_us);
/** When ping_step() is to be called next; UINT64_MAX: it is done. */
uint64_t ping_next_us(const struct ping *p);
/** Of request @n of @p->n_ended; NULL: it is not kept any more. */
const struct ping_result *ping_result_at(const struct ping *p, uint32_t n);

#endif
