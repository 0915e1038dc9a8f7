/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A probe without I/O: ICMP echo requests (RFC 792) or TCP SYNs (probe_tcp.h) at an interval, which
 * answers count, and what follows from some in a row. An echo request is known again by its
 * identifier, its number and eight random bytes in it, a SYN by its ports and its sequence number,
 * which is random: nobody who has not seen it can answer.
 *
 * All times are monotonic milliseconds.
 */
#ifndef CULVERT_CONTROLPLANE_PROBE_H
#define CULVERT_CONTROLPLANE_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROBE_WINDOW     1024 /* requests that may be under way, a power of two */
#define PROBE_PACKET_MAX (20 + 8 + 8 + 1400)

struct probe_cfg {
	uint32_t target;
	uint16_t port; /* of TCP; 0: ICMP echo */
	uint32_t interval_ms, timeout_ms, rtt_max_ms; /* rtt_max_ms 0: any */
	uint8_t down_after, up_after; /* in a row */
	uint16_t size;  /* of data; of less than 8 bytes there are 8 */
	uint8_t dscp;
};

struct probe_stats {
	uint64_t sent, answered, lost, late, unsent; /* late: after the timeout, or too slow */
	uint64_t refused; /* of TCP: nobody listens there */
	uint32_t rtt_last_ms, rtt_min_ms, rtt_max_ms;
};

struct probe {
	struct probe_cfg cfg;
	uint16_t id;
	uint8_t secret[8];
	bool up, known; /* known: either was shown by enough in a row */
	bool was_refused; /* the last answer was a RST */
	uint8_t good, bad; /* in a row */
	uint16_t seq;      /* of the next request */
	uint16_t oldest;   /* the first one under way */
	uint64_t next_ms;
	struct probe_stats stats;
	uint64_t sent_ms[PROBE_WINDOW]; /* by number; 0: answered */
};

/** @secret are random. The first request is due at @now_ms. */
void probe_init(struct probe *p, const struct probe_cfg *c, uint16_t id, const uint8_t secret[8],
		uint64_t now_ms);
/** Requests that were not answered in time. True: p->up or p->known has changed. */
bool probe_expire(struct probe *p, uint64_t now_ms);
/** Is a request due? Then it is in @buf, from its IPv4 header on; its length, 0: none is. */
size_t probe_send(struct probe *p, uint32_t source, uint64_t now_ms, uint8_t buf[PROBE_PACKET_MAX]);
/** The request just made could not be sent: it will not be answered. */
void probe_unsent(struct probe *p);
/**
 * An ICMP message to us, from its IPv4 header on.
 * @return false if it is no answer to this probe. *@changed: p->up or p->known has changed.
 */
bool probe_input(struct probe *p, const uint8_t *pkt, size_t len, uint64_t now_ms, bool *changed);
/** The same of a TCP segment. *@reply_len bytes in @reply are to be sent, or none. */
bool probe_input_tcp(struct probe *p, const uint8_t *pkt, size_t len, uint64_t now_ms,
		bool *changed, uint8_t reply[PROBE_PACKET_MAX], size_t *reply_len);
/** When probe_expire() and probe_send() are to be called next. */
uint64_t probe_next_ms(const struct probe *p);

#endif
