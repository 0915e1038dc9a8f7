/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Echo requests and what comes of them, ICMP (RFC 792) and ICMPv6 (RFC 4443): bytes only. IPv4
 * addresses are IPv4-mapped (ip6_mapped()).
 */
#ifndef CULVERT_CONTROLPLANE_PROBE_ECHO_H
#define CULVERT_CONTROLPLANE_PROBE_ECHO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/inet6.h"

#define PROBE_PACKET_MAX  1998 /* what fits into the channel with an Ethernet header and a tag */
#define PROBE_SECRET_LEN  8
#define PROBE_ECHO4_LEN   (20 + 8)
#define PROBE_ECHO6_LEN   (40 + 8)
#define PROBE_TTL_DEFAULT 64

struct probe_echo {
	struct ip6_addr source, target; /* of one family */
	uint16_t id, seq;
	uint8_t ttl, dscp;
	bool df;                /* of IPv4; IPv6 has no other way */
	const uint8_t *secret;  /* PROBE_SECRET_LEN bytes, the first ones of the data */
	size_t data;            /* bytes, of less than the secret's length there are those */
};

/** What an answer says of the request. */
enum probe_said {
	PROBE_SAID_REPLY,
	PROBE_SAID_UNREACHABLE, /* for whatever reason but the next: @code */
	PROBE_SAID_TOO_BIG,     /* for the next hop, which has @mtu, 0: it does not say */
	PROBE_SAID_TTL,         /* it ran out on the way */
	PROBE_SAID_OTHER,       /* parameter problem, source quench: @type */
};

struct probe_echo_answer {
	enum probe_said said;
	struct ip6_addr from;
	/* Of the request: as the reply has it, or as the error quotes it. */
	struct ip6_addr source, target;
	uint16_t id, seq;
	uint8_t secret[PROBE_SECRET_LEN]; /* of a reply; an error need not quote it */
	uint8_t type, code;               /* of the ICMP message */
	uint16_t mtu;
};

/** An echo request from its IP header on. Its length, at most PROBE_PACKET_MAX. */
size_t probe_echo_make(const struct probe_echo *e, uint8_t buf[PROBE_PACKET_MAX]);
/**
 * An ICMP or ICMPv6 message, from its IP header on; its checksums have been verified.
 * @return 0; -EBADMSG: cut short; -ENOMSG: it does not say anything of an echo request.
 */
int probe_echo_parse(const uint8_t *pkt, size_t len, struct probe_echo_answer *out);

#endif
