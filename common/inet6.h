/* SPDX-License-Identifier: BSD-3-Clause */
/* IPv6 addresses and prefixes (RFC 4291, RFC 5952). Bytes are in the order of the wire. */
#ifndef CULVERT_COMMON_INET6_H
#define CULVERT_COMMON_INET6_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct ip6_addr {
	uint8_t b[16];
};

/** A prefix or, in configuration, an address with its prefix length. */
struct ip6_prefix {
	struct ip6_addr addr;
	uint8_t len; /* 0..128 */
};

#define IP6_STR_LEN        46 /* the longest textual form and the NUL */
#define IP6_PREFIX_STR_LEN 50

static inline bool
ip6_equal(const struct ip6_addr *a, const struct ip6_addr *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static inline bool
ip6_is_zero(const struct ip6_addr *a)
{
	static const struct ip6_addr zero;

	return ip6_equal(a, &zero);
}

static inline bool
ip6_is_multicast(const struct ip6_addr *a)
{
	return a->b[0] == 0xff;
}

/** fe80::/10 */
static inline bool
ip6_is_link_local(const struct ip6_addr *a)
{
	return a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80;
}

/**
 * Addresses that no packet on a wire may have: ::/96 (unspecified, loopback, the IPv4-compatible
 * ones that RFC 4291 has abolished) and ::ffff:0:0/96 (IPv4-mapped).
 */
static inline bool
ip6_is_martian(const struct ip6_addr *a)
{
	static const uint8_t zero[10];

	return memcmp(a, zero, sizeof(zero)) == 0 && a->b[10] == a->b[11] &&
			(a->b[10] == 0 || a->b[10] == 0xff);
}

/** An address that a host or router may own or send from; link-local ones, too. */
static inline bool
ip6_is_unicast_host(const struct ip6_addr *a)
{
	return !ip6_is_multicast(a) && !ip6_is_martian(a);
}

/** The IPv4-mapped form ::ffff:a.b.c.d of an IPv4 address (host order); RFC 4291 section
 *  2.5.5.2. */
static inline struct ip6_addr
ip6_mapped(uint32_t ip4)
{
	return (struct ip6_addr){ { [10] = 0xff, 0xff, (uint8_t)(ip4 >> 24), (uint8_t)(ip4 >> 16),
		(uint8_t)(ip4 >> 8), (uint8_t)ip4 } };
}

/** Is it an IPv4-mapped one? */
static inline bool
ip6_is_mapped(const struct ip6_addr *a)
{
	static const uint8_t prefix[12] = { [10] = 0xff, 0xff };

	return memcmp(a, prefix, sizeof(prefix)) == 0;
}

/** The IPv4 address (host order) in an IPv4-mapped one. */
static inline uint32_t
ip6_ip4(const struct ip6_addr *a)
{
	return (uint32_t)a->b[12] << 24 | (uint32_t)a->b[13] << 16 | (uint32_t)a->b[14] << 8 |
			a->b[15];
}

/** Without the bits behind the first @len, 0..128. */
struct ip6_addr ip6_masked(const struct ip6_addr *a, uint8_t len);
bool ip6_prefix_contains(const struct ip6_prefix *p, const struct ip6_addr *a);
/** Any textual form of RFC 4291 section 2.2, no zone, nothing around it. 0 or -EINVAL. */
int ip6_parse(const char *s, struct ip6_addr *a);
/** "address/len"; host bits are kept. 0 or -EINVAL. */
int ip6_prefix_parse(const char *s, struct ip6_prefix *p);
/** Write @a to @buf (IP6_STR_LEN) as RFC 5952 wants it and return it. */
char *ip6_str(const struct ip6_addr *a, char *buf);
/** The same; an IPv4-mapped one as an IPv4 address. */
char *ip46_str(const struct ip6_addr *a, char *buf);
/** ip6_str() of a prefix, with IP6_PREFIX_STR_LEN. */
char *ip6_prefix_str(const struct ip6_prefix *p, char *buf);
/** fe80::/64 with the modified EUI-64 of a MAC address (RFC 4291 appendix A). */
struct ip6_addr ip6_link_local_of(const uint8_t mac[6]);
/** The solicited-node multicast address ff02::1:ffXX:XXXX of @a (RFC 4291 section 2.7.1). */
struct ip6_addr ip6_solicited_node(const struct ip6_addr *a);
/** The Ethernet address of an IPv6 multicast group (RFC 2464 section 7). */
void ip6_multicast_mac(const struct ip6_addr *group, uint8_t mac[6]);

#endif
