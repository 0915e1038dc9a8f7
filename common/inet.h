/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IPv4 addresses, prefixes and the Internet checksum. Addresses are host order everywhere in
 * Culvert unless a name ends in _be.
 */
#ifndef CULVERT_COMMON_INET_H
#define CULVERT_COMMON_INET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** An IPv4 prefix or, in configuration, an address with its mask. Host order. */
struct ip4_prefix {
	uint32_t addr;
	uint8_t len; /* 0..32 */
};

#define IP4_STR_LEN        16 /* "255.255.255.255" and the NUL */
#define IP4_PREFIX_STR_LEN 19
#define MAC_STR_LEN        18

/** The mask of a prefix length, 0..32. */
uint32_t ip4_mask(uint8_t len);
bool ip4_prefix_contains(const struct ip4_prefix *p, uint32_t addr);
/** Dotted quad, four decimal numbers, nothing before or after. 0 or -EINVAL. */
int ip4_parse(const char *s, uint32_t *addr);
/** "a.b.c.d/len"; host bits are kept. 0 or -EINVAL. */
int ip4_prefix_parse(const char *s, struct ip4_prefix *p);
/** Write @addr to @buf (IP4_STR_LEN) and return it. */
char *ip4_str(uint32_t addr, char *buf);
char *ip4_prefix_str(const struct ip4_prefix *p, char *buf);
/** "aa:bb:cc:dd:ee:ff". */
char *mac_str(const uint8_t mac[6], char *buf);
/** Six hex bytes with colons. 0 or -EINVAL. */
int mac_parse(const char *s, uint8_t mac[6]);
/** Unicast addresses a host or router may own or send from: not 0/8, 127/8, class D/E. */
bool ip4_is_unicast_host(uint32_t addr);
/** RFC 1071 sum over @len bytes, continued from @sum (0 to start). Not yet complemented. */
uint32_t inet_sum(const void *p, size_t len, uint32_t sum);
/** Fold and complement a sum into the checksum field's value, in network order as stored. */
uint16_t inet_sum_fold(uint32_t sum);

#endif
