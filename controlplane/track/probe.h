/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A probe without I/O: ICMP echo requests (probe_echo.h) or TCP SYNs (probe_tcp.h) at an interval,
 * which answers count, and what follows from some in a row; or one request after the other, for
 * ping and traceroute. An echo request is known again by its identifier, its number and eight
 * random bytes in it, a SYN by its ports and its sequence number, which is random: nobody who has
 * not seen it can answer.
 *
 * All times are monotonic microseconds, but those that are configured.
 */
#ifndef CULVERT_CONTROLPLANE_PROBE_H
#define CULVERT_CONTROLPLANE_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/inet6.h"
#include "controlplane/track/probe_echo.h"

#define PROBE_WINDOW 1024 /* requests that may be under way, a power of two */

struct probe_cfg {
	struct ip6_addr target; /* IPv4: IPv4-mapped */
	uint16_t port; /* of TCP; 0: ICMP echo */
	uint32_t interval_ms, timeout_ms, rtt_max_ms; /* rtt_max_ms 0: any */
	uint8_t down_after, up_after; /* in a row */
	uint16_t size;  /* of data; of less than 8 bytes there are 8 */
	uint8_t dscp;
	uint8_t ttl;    /* 0: PROBE_TTL_DEFAULT */
	bool df;
	/* No request before the one before it has had its end; the interval is the least between
	 * two. */
	bool in_turn;
	/* ICMP errors are the end of a request, though anybody could send them who sees no more
	 * than that there are requests. */
	bool errors;
};

struct probe_stats {
	uint64_t sent, answered, lost, late, unsent; /* late: after the timeout, or too slow */
	uint64_t refused; /* of TCP: nobody listens there; of ICMP: an error */
	uint32_t rtt_last_us, rtt_min_us, rtt_max_us;
	uint64_t rtt_sum_us;
};

enum probe_end { PROBE_ANSWERED, PROBE_TIMED_OUT, PROBE_REFUSED };

/** How a request has ended. */
struct probe_result {
	enum probe_end end;
	uint16_t seq;
	uint32_t rtt_us;                  /* unless PROBE_TIMED_OUT */
	struct probe_echo_answer answer;  /* of ICMP; unless PROBE_TIMED_OUT */
};

struct probe {
	struct probe_cfg cfg;
	uint16_t id;
	uint8_t secret[PROBE_SECRET_LEN];
	/* Called for each request, in the order of their ends; NULL: nobody asks. */
	void (*ended)(void *arg, const struct probe_result *r);
	void *arg;
	bool up, known; /* known: either was shown by enough in a row */
	bool was_refused; /* the last one was answered by a RST */
	uint8_t good, bad; /* in a row */
	uint16_t seq;      /* of the next request */
	uint16_t oldest;   /* the first one under way */
	uint64_t next_us;
	struct probe_stats stats;
	uint64_t sent_us[PROBE_WINDOW]; /* by number; 0: answered */
};

/** @secret are random. The first request is due at @now_us. */
void probe_init(struct probe *p, const struct probe_cfg *c, uint16_t id,
		const uint8_t secret[PROBE_SECRET_LEN], uint64_t now_us);
/** Requests that were not answered in time. True: p->up or p->known has changed. */
bool probe_expire(struct probe *p, uint64_t now_us);
/** Is a request due? Then it is in @buf, from its IP header on; its length, 0: none is. @source is
 *  of the target's family. */
size_t probe_send(struct probe *p, const struct ip6_addr *source, uint64_t now_us,
		uint8_t buf[PROBE_PACKET_MAX]);
/** The request just made could not be sent: it will not be answered. */
void probe_unsent(struct probe *p);
/**
 * An ICMP message to us, from its IP header on.
 * @return false if it is no answer to this probe. *@changed: p->up or p->known has changed.
 */
bool probe_input(struct probe *p, const uint8_t *pkt, size_t len, uint64_t now_us, bool *changed);
/** The same of a TCP segment. *@reply_len bytes in @reply are to be sent, or none. */
bool probe_input_tcp(struct probe *p, const uint8_t *pkt, size_t len, uint64_t now_us,
		bool *changed, uint8_t reply[PROBE_PACKET_MAX], size_t *reply_len);
/** When probe_expire() and probe_send() are to be called next. */
uint64_t probe_next_us(const struct probe *p);

#endif
