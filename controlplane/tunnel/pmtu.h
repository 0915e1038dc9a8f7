/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Path MTU of tunnels (RFC 1191, RFC 4301 section 8.2): what routers on the way say by ICMP of our
 * outer packets that were too long. Such a message is not authenticated, anybody may send one. So
 * it counts only if it quotes a packet that we could have sent: the addresses of a tunnel and, of
 * a protected one, the SPI of the SA it sends with. It can lower a tunnel's path MTU, never raise
 * it, down to a floor, and is forgotten after a while.
 *
 * Here is the parsing, the memory and the rules; which tunnel a quote belongs to is the caller's
 * to find. No clock, no I/O.
 */
#ifndef CULVERT_CONTROLPLANE_PMTU_H
#define CULVERT_CONTROLPLANE_PMTU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Why a message was or was not used. In the order in which it is found out. */
enum pmtu_verdict {
	PMTU_LOWERED,
	PMTU_CONFIRMED,  /* says what is known already: it is believed for longer */
	PMTU_OTHER,      /* ICMP that says nothing of a path MTU */
	PMTU_MALFORMED,  /* or a quote too short to recognise the packet */
	PMTU_NO_TUNNEL,  /* no tunnel has these addresses and this key */
	PMTU_NO_SA,      /* the SPI is not that of the tunnel's outbound SA */
	PMTU_DISABLED,   /* the tunnel does not believe such messages */
	PMTU_NOT_LESS,   /* not less than the packet that is quoted, or than what is known */
	PMTU_N_VERDICTS
};

const char *pmtu_verdict_str(enum pmtu_verdict v);

/** An ICMP "fragmentation needed" and the packet it quotes. Host order. */
struct pmtu_quote {
	uint32_t from;     /* the router that says so */
	uint16_t mtu;      /* next-hop MTU; of a router from before RFC 1191 a guess */
	uint32_t src, dst; /* of the quoted packet */
	uint16_t len;      /* its total length */
	bool esp;          /* protected: @spi; else GRE: @keyed, @key */
	bool udp;          /* with @esp: in UDP, between these ports */
	uint16_t sport, dport;
	uint32_t spi;
	bool keyed;
	uint32_t key;
};

/**
 * Read an ICMP message, @len bytes from its IPv4 header on; its checksums have been verified.
 * @return PMTU_LOWERED if @q is filled in, PMTU_OTHER or PMTU_MALFORMED.
 */
enum pmtu_verdict pmtu_parse(const uint8_t *ip, size_t len, struct pmtu_quote *q);

/** What is known of one tunnel's path. Zeroed: nothing. */
struct pmtu {
	uint16_t mtu;        /* 0: nothing is known */
	uint32_t from;       /* who said so */
	uint64_t learned_ms; /* when it was said last */
};

/** Take @q's word for it, not below @floor. PMTU_LOWERED, PMTU_CONFIRMED or PMTU_NOT_LESS. */
enum pmtu_verdict pmtu_learn(struct pmtu *p, const struct pmtu_quote *q, uint16_t floor,
		uint64_t now_ms);
/** Forget it if it is older than @age_s. true if something was forgotten. */
bool pmtu_expire(struct pmtu *p, uint32_t age_s, uint64_t now_ms);

#endif
