/* SPDX-License-Identifier: BSD-3-Clause */
/* IPv4 addresses, prefixes, checksums; see inet.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/inet.h"

uint32_t
ip4_mask(uint8_t len)
{
	return len == 0 ? 0 : UINT32_MAX << (32 - len);
}

bool
ip4_prefix_contains(const struct ip4_prefix *p, uint32_t addr)
{
	return ((p->addr ^ addr) & ip4_mask(p->len)) == 0;
}

/* A decimal number of at most three digits, no sign, no leading zero; NULL if there is none. */
static const char *
parse_decimal(const char *s, unsigned int max, unsigned int *out)
{
	unsigned int v = 0;
	int digits = 0;

	for (; *s >= '0' && *s <= '9'; s++, digits++) {
		if (digits == 3 || (digits > 0 && v == 0))
			return NULL;
		v = v * 10 + (unsigned int)(*s - '0');
	}
	if (digits == 0 || v > max)
		return NULL;
	*out = v;
	return s;
}

static const char *
parse_quad(const char *s, uint32_t *addr)
{
	uint32_t a = 0;

	for (int i = 0; i < 4; i++) {
		unsigned int byte;

		if (i > 0 && *s++ != '.')
			return NULL;
		s = parse_decimal(s, 255, &byte);
		if (s == NULL)
			return NULL;
		a = a << 8 | byte;
	}
	*addr = a;
	return s;
}

int
ip4_parse(const char *s, uint32_t *addr)
{
	const char *end = parse_quad(s, addr);

	return end != NULL && *end == '\0' ? 0 : -EINVAL;
}

int
ip4_prefix_parse(const char *s, struct ip4_prefix *p)
{
	unsigned int len;

	s = parse_quad(s, &p->addr);
	if (s == NULL || *s != '/')
		return -EINVAL;
	s = parse_decimal(s + 1, 32, &len);
	if (s == NULL || *s != '\0')
		return -EINVAL;
	p->len = (uint8_t)len;
	return 0;
}

char *
ip4_str(uint32_t addr, char *buf)
{
	snprintf(buf, IP4_STR_LEN, "%u.%u.%u.%u", addr >> 24, addr >> 16 & 255, addr >> 8 & 255,
			addr & 255);
	return buf;
}

char *
ip4_prefix_str(const struct ip4_prefix *p, char *buf)
{
	char addr[IP4_STR_LEN];

	snprintf(buf, IP4_PREFIX_STR_LEN, "%s/%u", ip4_str(p->addr, addr), p->len);
	return buf;
}

char *
mac_str(const uint8_t mac[6], char *buf)
{
	snprintf(buf, MAC_STR_LEN, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
			mac[4], mac[5]);
	return buf;
}

int
mac_parse(const char *s, uint8_t mac[6])
{
	for (int i = 0; i < 6; i++) {
		unsigned int v = 0;

		if (i > 0 && *s++ != ':')
			return -EINVAL;
		for (int d = 0; d < 2; d++, s++) {
			static const char hex[] = "0123456789abcdef";
			const char *at = *s != '\0' ? strchr(hex, *s | 0x20) : NULL;

			if (at == NULL)
				return -EINVAL;
			v = v << 4 | (unsigned int)(at - hex);
		}
		mac[i] = (uint8_t)v;
	}
	return *s == '\0' ? 0 : -EINVAL;
}

bool
ip4_is_unicast_host(uint32_t addr)
{
	uint32_t top = addr >> 24;

	return top != 0 && top != 127 && top < 224;
}

uint32_t
inet_sum(const void *p, size_t len, uint32_t sum)
{
	const uint8_t *b = p;
	uint64_t s = sum;

	for (; len >= 2; len -= 2, b += 2) {
		uint16_t w;

		memcpy(&w, b, sizeof(w));
		s += w;
	}
	if (len > 0) {
		uint16_t w = 0;

		memcpy(&w, b, 1);
		s += w;
	}
	while (s >> 32 != 0)
		s = (s & UINT32_MAX) + (s >> 32);
	return (uint32_t)s;
}

uint16_t
inet_sum_fold(uint32_t sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}
