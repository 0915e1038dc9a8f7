/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packets that nobody in his right mind would send, for the worlds of dp_fixture.h and
 * dp6_fixture.h: of every kind that the path looks at, malformed in every way that a header allows,
 * one inside the other. All follow from a seed.
 *
 * What a test wants to say of what is sent would be worth nothing if strangers could have sent
 * just that: so no packet made here is GRE or ICMP that names one of our addresses as its source,
 * but for keepalives and their answers.
 */
#ifndef CULVERT_TESTS_HOSTILE_H
#define CULVERT_TESTS_HOSTILE_H

#include "tests/unit/dp6_fixture.h"

#define HOSTILE_MAX  1800 /* bytes of a packet */
#define HOSTILE_ROOM 8192 /* bytes that making one may take */

/** Begin with @seed, which is not 0. */
void hostile_seed(uint64_t seed);
/** 0 to @n - 1. */
uint32_t rnd(uint32_t n);
/** One in @n times. */
bool rnd_one_in(uint32_t n);
/** An address of the world, ours, others' or nobody's. */
uint32_t rnd_addr(void);

/** What ESP in ICMP errors and in the clear claims to be of: SPIs that are installed. */
void hostile_spis(const uint32_t *spis, unsigned int n);

/** An IPv4 packet; @p has HOSTILE_ROOM bytes. @return its length, at most HOSTILE_MAX. */
uint16_t hostile_ip4(uint8_t *p);
/** An IPv6 packet. */
uint16_t hostile_ip6(uint8_t *p);
/** GRE: its header, with or without each option, and what is inside. */
uint16_t hostile_gre(uint8_t *p);
/** Make @n bytes at @p noise. */
void rnd_fill(uint8_t *p, unsigned int n);

/** The number of an IPv4 packet that nobody objects to, of which each has its own; 0: another one,
 *  a fragment, or too short. @len: bytes of it. */
uint32_t hostile_number(const struct rte_ipv4_hdr *ip, unsigned int len);

/** A frame for @port of any kind. */
struct rte_mbuf *hostile_frame(uint16_t port);
/** The frame of an IPv4 or IPv6 packet for @port, with or without VLAN tags. */
struct rte_mbuf *hostile_l2(uint16_t port, const uint8_t *ip, uint16_t len);
/** Bits of @m changed, its end cut off or drawn out. */
void hostile_spoil(struct rte_mbuf *m);
/** @m as a device might hand it over: in segments, without room in front or behind. */
struct rte_mbuf *hostile_shape(struct rte_mbuf *m);
/**
 * The IPv4 frame @m in at most @max pieces at @to: in order or not, overlapping, tiny, one missing
 * or twice. Frees @m. @return how many; 0: there was nothing to cut, and @m is as it was.
 */
unsigned int hostile_pieces(struct rte_mbuf *m, uint16_t port, struct rte_mbuf **to,
		unsigned int max);

#endif
