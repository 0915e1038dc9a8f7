/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Segments of TCP probes (RFC 9293): a SYN, what answers it, and the RST that ends it. There is no
 * connection and no state but the request's number: ports and sequence numbers follow from it.
 */
#ifndef CULVERT_CONTROLPLANE_PROBE_TCP_H
#define CULVERT_CONTROLPLANE_PROBE_TCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/inet6.h"

/* Of every segment that we send, with its IP header. */
#define PROBE_TCP4_LEN (20 + 20)
#define PROBE_TCP6_LEN (40 + 20)

struct probe_tcp {
	struct ip6_addr source, target; /* of one family; IPv4: mapped */
	uint16_t sport, dport; /* ours, the target's */
	uint32_t seq;
	uint8_t dscp;
};

struct probe_tcp_answer {
	/* what it answers: addresses, ports; @seq is what it acknowledges less 1 */
	struct probe_tcp to;
	bool open;           /* SYN and ACK; else RST: nobody listens */
};

/** A SYN from the IP header on. Its length; so below. */
size_t probe_tcp_syn(const struct probe_tcp *t, uint16_t ip_id, uint8_t buf[PROBE_TCP6_LEN]);
/** The RST that ends what the target has half open, @t being the SYN it has answered. */
size_t probe_tcp_rst(const struct probe_tcp *t, uint16_t ip_id, uint8_t buf[PROBE_TCP6_LEN]);
/** A segment from its IP header on. 0, -EBADMSG: cut short, or its checksum is wrong; -ENOMSG: no
 *  answer to a SYN. */
int probe_tcp_parse(const uint8_t *pkt, size_t len, struct probe_tcp_answer *out);

#endif
