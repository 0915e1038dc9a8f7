/* SPDX-License-Identifier: BSD-3-Clause */
/* Prefixes and ranges of either family; see ip_range.h. */
#include <stdio.h>
#include <string.h>

#include "common/ip_range.h"

static void
put4(uint8_t to[16], uint32_t addr)
{
	const uint8_t bytes[4] = IP4_BYTES(addr);

	memset(to, 0, 16);
	memcpy(to, bytes, sizeof(bytes));
}

static uint32_t
get4(const uint8_t b[16])
{
	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static struct ip6_addr
as_ip6(const uint8_t b[16])
{
	struct ip6_addr a;

	memcpy(&a, b, sizeof(a));
	return a;
}

/* ---- prefixes ------------------------------------------------------------------------------ */

int
ip_prefix_parse(const char *s, struct ip_prefix *p)
{
	struct ip4_prefix p4;
	struct ip6_prefix p6;
	int err;

	memset(p, 0, sizeof(*p));
	p->is_ip6 = strchr(s, ':') != NULL;
	err = p->is_ip6 ? ip6_prefix_parse(s, &p6) : ip4_prefix_parse(s, &p4);
	if (err != 0)
		return err;
	p->len = p->is_ip6 ? p6.len : p4.len;
	if (p->is_ip6)
		memcpy(p->addr, &p6.addr, sizeof(p->addr));
	else
		put4(p->addr, p4.addr);
	return 0;
}

char *
ip_prefix_str(const struct ip_prefix *p, char *buf)
{
	struct ip4_prefix p4 = { .addr = get4(p->addr), .len = p->len };
	struct ip6_prefix p6 = { .addr = as_ip6(p->addr), .len = p->len };

	return p->is_ip6 ? ip6_prefix_str(&p6, buf) : ip4_prefix_str(&p4, buf);
}

int
ip_prefix_cmp(const struct ip_prefix *a, const struct ip_prefix *b)
{
	int c;

	if (a->is_ip6 != b->is_ip6)
		return a->is_ip6 ? 1 : -1;
	c = memcmp(a->addr, b->addr, sizeof(a->addr));
	return c != 0 ? c : (int)a->len - (int)b->len;
}

struct ip_prefix
ip_prefix_masked(const struct ip_prefix *p)
{
	struct ip6_addr a = as_ip6(p->addr), net = ip6_masked(&a, p->len);
	struct ip_prefix out = { .is_ip6 = p->is_ip6, .len = p->len };

	memcpy(out.addr, &net, sizeof(out.addr));
	return out;
}

bool
ip_prefix_nested(const struct ip_prefix *a, const struct ip_prefix *b)
{
	struct ip6_prefix wide = { .addr = as_ip6(a->addr),
		.len = a->len < b->len ? a->len : b->len };
	struct ip6_addr other = as_ip6(b->addr);

	return a->is_ip6 == b->is_ip6 && ip6_prefix_contains(&wide, &other);
}

uint32_t
ip_prefix_addr4(const struct ip_prefix *p)
{
	return p->is_ip6 ? 0 : get4(p->addr);
}

/* ---- ranges -------------------------------------------------------------------------------- */

struct ip_range
ip_range4(uint32_t lo, uint32_t hi)
{
	return (struct ip_range)IP4_RANGE(lo, hi);
}

struct ip_range
ip_range_of(const struct ip_prefix *p)
{
	struct ip_prefix net = ip_prefix_masked(p);
	struct ip_range r = { .is_ip6 = p->is_ip6 };

	memcpy(r.lo, net.addr, sizeof(r.lo));
	memcpy(r.hi, net.addr, sizeof(r.hi));
	for (unsigned int bit = p->len; bit < (p->is_ip6 ? 128u : 32u); bit++)
		r.hi[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return r;
}

struct ip_range
ip_range_all(bool is_ip6)
{
	return ip_range_of(&(struct ip_prefix){ .is_ip6 = is_ip6 });
}

static bool
above(const uint8_t a[16], const uint8_t b[16])
{
	return memcmp(a, b, 16) > 0;
}

bool
ip_range_empty(const struct ip_range *r)
{
	return above(r->lo, r->hi);
}

bool
ip_range_within(const struct ip_range *a, const struct ip_range *b)
{
	return a->is_ip6 == b->is_ip6 && !above(b->lo, a->lo) && !above(a->hi, b->hi);
}

bool
ip_range_meet(const struct ip_range *a, const struct ip_range *b, struct ip_range *out)
{
	if (a->is_ip6 != b->is_ip6)
		return false;
	out->is_ip6 = a->is_ip6;
	memcpy(out->lo, above(a->lo, b->lo) ? a->lo : b->lo, sizeof(out->lo));
	memcpy(out->hi, above(a->hi, b->hi) ? b->hi : a->hi, sizeof(out->hi));
	return !ip_range_empty(out);
}

/* Is @b beyond @a with addresses between them? */
static bool
apart(const struct ip_range *a, const struct ip_range *b)
{
	uint8_t next[16];
	int i = a->is_ip6 ? 15 : 3;

	memcpy(next, a->hi, sizeof(next));
	while (i >= 0 && ++next[i] == 0)
		i--;
	return i >= 0 && above(b->lo, next);
}

bool
ip_range_join(struct ip_range *a, const struct ip_range *b)
{
	if (a->is_ip6 != b->is_ip6 || apart(a, b) || apart(b, a))
		return false;
	if (above(a->lo, b->lo))
		memcpy(a->lo, b->lo, sizeof(a->lo));
	if (above(b->hi, a->hi))
		memcpy(a->hi, b->hi, sizeof(a->hi));
	return true;
}

uint32_t
ip_range_host4(const struct ip_range *r)
{
	return !r->is_ip6 && memcmp(r->lo, r->hi, sizeof(r->lo)) == 0 ? get4(r->lo) : 0;
}

static char *
addr_str(const struct ip_range *r, const uint8_t b[16], char *buf)
{
	struct ip6_addr a = as_ip6(b);

	return r->is_ip6 ? ip6_str(&a, buf) : ip4_str(get4(b), buf);
}

char *
ip_range_str(const struct ip_range *r, char *buf)
{
	char lo[IP6_STR_LEN], hi[IP6_STR_LEN];

	addr_str(r, r->lo, lo);
	if (memcmp(r->lo, r->hi, sizeof(r->lo)) == 0)
		snprintf(buf, IP_RANGE_STR_LEN, "%s", lo);
	else
		snprintf(buf, IP_RANGE_STR_LEN, "%s-%s", lo, addr_str(r, r->hi, hi));
	return buf;
}
