/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Prefixes and ranges of addresses of either family: what selectors are made of. Bytes are in the
 * order of the wire; of IPv4 the first four count and the rest is zero, so that both families are
 * compared in the same way. IPv4 and IPv6 have no address in common, mapped ones neither.
 */
#ifndef CULVERT_COMMON_IP_RANGE_H
#define CULVERT_COMMON_IP_RANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/inet.h"
#include "common/inet6.h"

struct ip_prefix {
	bool is_ip6;
	uint8_t len; /* 0..32, 0..128 */
	uint8_t addr[16];
};

/** All addresses from @lo to @hi, both included. None when @lo is above @hi. */
struct ip_range {
	bool is_ip6;
	uint8_t lo[16], hi[16];
};

#define IP_PREFIX_STR_LEN IP6_PREFIX_STR_LEN
#define IP_RANGE_STR_LEN  (2 * IP6_STR_LEN)

#define IP4_BYTES(a) \
	{ \
		(uint8_t)((uint32_t)(a) >> 24), (uint8_t)((uint32_t)(a) >> 16), \
				(uint8_t)((uint32_t)(a) >> 8), (uint8_t)(a) \
	}

/** Initialiser of a range of IPv4 addresses in host order. */
#define IP4_RANGE(from, to) { .lo = IP4_BYTES(from), .hi = IP4_BYTES(to) }

/** "192.0.2.0/24", "2001:db8::/32"; host bits are kept. 0 or -EINVAL. */
int ip_prefix_parse(const char *s, struct ip_prefix *p);
/** Write @p to @buf (IP_PREFIX_STR_LEN) and return it. */
char *ip_prefix_str(const struct ip_prefix *p, char *buf);
/** By family, address and length: <0, 0, >0. */
int ip_prefix_cmp(const struct ip_prefix *a, const struct ip_prefix *b);
/** Without its host bits. */
struct ip_prefix ip_prefix_masked(const struct ip_prefix *p);
/** Is one of them inside the other? */
bool ip_prefix_nested(const struct ip_prefix *a, const struct ip_prefix *b);
/** The IPv4 address in host order; 0 of IPv6. */
uint32_t ip_prefix_addr4(const struct ip_prefix *p);

/** From @lo to @hi, both in it, in host order; empty if @lo is above @hi. */
struct ip_range ip_range4(uint32_t lo, uint32_t hi);
/** The addresses of a prefix. */
struct ip_range ip_range_of(const struct ip_prefix *p);
/** All of a family. */
struct ip_range ip_range_all(bool is_ip6);
bool ip_range_empty(const struct ip_range *r);
/** Is @a all in @b? */
bool ip_range_within(const struct ip_range *a, const struct ip_range *b);
/** What is in both; false: nothing is. */
bool ip_range_meet(const struct ip_range *a, const struct ip_range *b, struct ip_range *out);
/** Widen @a to take in @b when nothing lies between them; false: it is left as it is. */
bool ip_range_join(struct ip_range *a, const struct ip_range *b);
/** The one IPv4 address it is, in host order; 0: it is not just one. */
uint32_t ip_range_host4(const struct ip_range *r);
/** Write "LO-HI", or the address if it is one, to @buf (IP_RANGE_STR_LEN) and return it. */
char *ip_range_str(const struct ip_range *r, char *buf);

#endif
