/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Addresses as the RIB's own code handles them. The code is compiled once for each family: with
 * RIB_IPV6 for IPv6, whose addresses are structs, without for IPv4, whose addresses are integers in
 * host order. Nobody else includes this.
 */
#ifndef CULVERT_CONTROLPLANE_RIB_ADDR_H
#define CULVERT_CONTROLPLANE_RIB_ADDR_H

#include "common/inet.h"
#include "common/inet6.h"

#ifdef RIB_IPV6

#define RIB_ADDR           struct ip6_addr
#define RIB_PREFIX         struct ip6_prefix
#define RIB_BITS           128
#define RIB_ADDR_STR_LEN   IP6_STR_LEN

static inline int
rib_addr_cmp(RIB_ADDR a, RIB_ADDR b)
{
	return memcmp(&a, &b, sizeof(a));
}

static inline bool
rib_addr_is_zero(RIB_ADDR a)
{
	return ip6_is_zero(&a);
}

static inline RIB_ADDR
rib_addr_masked(RIB_ADDR a, uint8_t len)
{
	return ip6_masked(&a, len);
}

static inline bool
rib_prefix_contains(const RIB_PREFIX *p, RIB_ADDR a)
{
	return ip6_prefix_contains(p, &a);
}

/** A number that two addresses hardly share. */
static inline uint64_t
rib_addr_hash(RIB_ADDR a)
{
	uint64_t half[2];

	memcpy(half, &a, sizeof(half));
	return (half[0] ^ half[0] >> 29) * UINT64_C(0x9e3779b97f4a7c15) + half[1];
}

/** Write @a to @buf (RIB_ADDR_STR_LEN) and return it. */
static inline char *
rib_addr_str(RIB_ADDR a, char *buf)
{
	return ip6_str(&a, buf);
}

#else

#define RIB_ADDR           uint32_t
#define RIB_PREFIX         struct ip4_prefix
#define RIB_BITS           32
#define RIB_ADDR_STR_LEN   IP4_STR_LEN

static inline int
rib_addr_cmp(RIB_ADDR a, RIB_ADDR b)
{
	return a < b ? -1 : a > b;
}

static inline bool
rib_addr_is_zero(RIB_ADDR a)
{
	return a == 0;
}

static inline RIB_ADDR
rib_addr_masked(RIB_ADDR a, uint8_t len)
{
	return a & ip4_mask(len);
}

static inline bool
rib_prefix_contains(const RIB_PREFIX *p, RIB_ADDR a)
{
	return ip4_prefix_contains(p, a);
}

/** A number that two addresses never share. */
static inline uint64_t
rib_addr_hash(RIB_ADDR a)
{
	return a;
}

/** Write @a to @buf (RIB_ADDR_STR_LEN) and return it. */
static inline char *
rib_addr_str(RIB_ADDR a, char *buf)
{
	return ip4_str(a, buf);
}

#endif

static inline bool
rib_addr_equal(RIB_ADDR a, RIB_ADDR b)
{
	return rib_addr_cmp(a, b) == 0;
}

/** Which prefix lengths occur. */
struct rib_lens {
	uint64_t set[RIB_BITS / 64 + 1];
};

static inline void
rib_lens_add(struct rib_lens *l, unsigned int len)
{
	l->set[len / 64] |= UINT64_C(1) << len % 64;
}

static inline bool
rib_lens_has(const struct rib_lens *l, unsigned int len)
{
	return (l->set[len / 64] >> len % 64 & 1) != 0;
}

#endif
