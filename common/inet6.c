/* SPDX-License-Identifier: BSD-3-Clause */
/* IPv6 addresses and prefixes; see inet6.h. */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "common/inet.h"
#include "common/inet6.h"

static_assert(IP6_STR_LEN >= INET6_ADDRSTRLEN, "every address fits");

struct ip6_addr
ip6_masked(const struct ip6_addr *a, uint8_t len)
{
	struct ip6_addr m = { { 0 } };

	memcpy(m.b, a->b, len / 8);
	if (len % 8 != 0)
		m.b[len / 8] = a->b[len / 8] & (uint8_t)(0xff00 >> (len % 8));
	return m;
}

bool
ip6_prefix_contains(const struct ip6_prefix *p, const struct ip6_addr *a)
{
	struct ip6_addr x = ip6_masked(&p->addr, p->len), y = ip6_masked(a, p->len);

	return ip6_equal(&x, &y);
}

int
ip6_parse(const char *s, struct ip6_addr *a)
{
	return inet_pton(AF_INET6, s, a->b) == 1 ? 0 : -EINVAL;
}

int
ip6_prefix_parse(const char *s, struct ip6_prefix *p)
{
	const char *slash = strchr(s, '/'), *at;
	char addr[IP6_STR_LEN];
	unsigned int len = 0;

	if (slash == NULL || (size_t)(slash - s) >= sizeof(addr))
		return -EINVAL;
	memcpy(addr, s, (size_t)(slash - s));
	addr[slash - s] = '\0';
	/* No sign, no leading zero, at most three digits. */
	for (at = slash + 1; *at >= '0' && *at <= '9' && at - slash <= 3; at++)
		len = len * 10 + (unsigned int)(*at - '0');
	if (at == slash + 1 || *at != '\0' || len > 128 || (slash[1] == '0' && at != slash + 2))
		return -EINVAL;
	p->len = (uint8_t)len;
	return ip6_parse(addr, &p->addr);
}

char *
ip6_str(const struct ip6_addr *a, char *buf)
{
	if (inet_ntop(AF_INET6, a->b, buf, IP6_STR_LEN) == NULL)
		buf[0] = '\0';
	return buf;
}

char *
ip46_str(const struct ip6_addr *a, char *buf)
{
	return ip6_is_mapped(a) ? ip4_str(ip6_ip4(a), buf) : ip6_str(a, buf);
}

char *
ip6_prefix_str(const struct ip6_prefix *p, char *buf)
{
	char addr[IP6_STR_LEN];

	snprintf(buf, IP6_PREFIX_STR_LEN, "%s/%u", ip6_str(&p->addr, addr), p->len);
	return buf;
}

struct ip6_addr
ip6_link_local_of(const uint8_t mac[6])
{
	return (struct ip6_addr){ { 0xfe, 0x80, [8] = mac[0] ^ 0x02, mac[1], mac[2], 0xff, 0xfe,
		mac[3], mac[4], mac[5] } };
}

struct ip6_addr
ip6_solicited_node(const struct ip6_addr *a)
{
	return (struct ip6_addr){ { 0xff, 0x02, [11] = 0x01, 0xff, a->b[13], a->b[14], a->b[15] } };
}

void
ip6_multicast_mac(const struct ip6_addr *group, uint8_t mac[6])
{
	mac[0] = mac[1] = 0x33;
	memcpy(mac + 2, group->b + 12, 4);
}
