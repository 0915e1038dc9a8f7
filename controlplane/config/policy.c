/* SPDX-License-Identifier: BSD-3-Clause */
/* Security policies in numbers; see policy.h. */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "controlplane/config/policy.h"

/* clang-format off */
static const struct {
	const char *name;
	uint8_t proto;
} protos[] = {
	{ "any", 0 }, { "icmp", IPPROTO_ICMP }, { "icmpv6", IPPROTO_ICMPV6 },
	{ "tcp", IPPROTO_TCP }, { "udp", IPPROTO_UDP }, { "gre", IPPROTO_GRE },
	{ "esp", IPPROTO_ESP }, { "ah", IPPROTO_AH }, { "ospf", 89 },
	{ "sctp", IPPROTO_SCTP }, { "udplite", IPPROTO_UDPLITE }, { "dccp", IPPROTO_DCCP },
};
/* clang-format on */

/*
 * The words of IOS. @v4, @v6: the type in ICMP (RFC 792) and in ICMPv6 (RFC 4443), -1: it has none;
 * @code4, @code6: -1 is all codes.
 */
/* clang-format off */
static const struct {
	const char *name;
	int16_t v4, code4, v6, code6;
} icmp_types[] = {
	{ "administratively-prohibited",  3, 13,   1,  1 },
	{ "echo",                         8, -1, 128, -1 },
	{ "echo-reply",                   0, -1, 129, -1 },
	{ "echo-request",                 8, -1, 128, -1 },
	{ "host-unreachable",             3,  1,   1,  3 },
	{ "nd-na",                       -1, -1, 136, -1 },
	{ "nd-ns",                       -1, -1, 135, -1 },
	{ "net-unreachable",              3,  0,   1,  0 },
	{ "packet-too-big",               3,  4,   2, -1 },
	{ "parameter-problem",           12, -1,   4, -1 },
	{ "port-unreachable",             3,  3,   1,  4 },
	{ "protocol-unreachable",         3,  2,  -1, -1 },
	{ "reassembly-timeout",          11,  1,   3,  1 },
	{ "redirect",                     5, -1, 137, -1 },
	{ "time-exceeded",               11, -1,   3, -1 },
	{ "timestamp-reply",             14, -1,  -1, -1 },
	{ "timestamp-request",           13, -1,  -1, -1 },
	{ "ttl-exceeded",                11,  0,   3,  0 },
	{ "unreachable",                  3, -1,   1, -1 },
};
/* clang-format on */

/* Decimal digits up to @max; *@end is where they end. False: none, or too many. */
static bool
number(const char *text, uint32_t max, uint32_t *out, const char **end)
{
	uint32_t n = 0;

	if (*text < '0' || *text > '9')
		return false;
	for (; *text >= '0' && *text <= '9'; text++) {
		n = n * 10 + (uint32_t)(*text - '0');
		if (n > max)
			return false;
	}
	*out = n;
	*end = text;
	return true;
}

bool
cfg_policy_proto(const char *text, uint8_t *proto)
{
	const char *end;
	uint32_t n;

	for (size_t i = 0; i < sizeof(protos) / sizeof(protos[0]); i++) {
		if (strcmp(text, protos[i].name) == 0) {
			*proto = protos[i].proto;
			return true;
		}
	}
	if (!number(text, UINT8_MAX, &n, &end) || *end != '\0')
		return false;
	*proto = (uint8_t)n;
	return true;
}

bool
cfg_policy_ports(const char *text, uint16_t *lo, uint16_t *hi)
{
	uint32_t from = 0, to = UINT16_MAX;
	const char *end = text;

	if (*text != '\0') {
		if (!number(text, UINT16_MAX, &from, &end))
			return false;
		to = from;
		if (*end == '-' && !number(end + 1, UINT16_MAX, &to, &end))
			return false;
	}
	*lo = (uint16_t)from;
	*hi = (uint16_t)to;
	return *end == '\0' && from <= to;
}

static void
put_types(int type, int code, uint16_t *lo, uint16_t *hi)
{
	*lo = (uint16_t)(type << 8 | (code >= 0 ? code : 0));
	*hi = (uint16_t)(type << 8 | (code >= 0 ? code : UINT8_MAX));
}

/* TYPE, TYPE/CODE, TYPE/CODE-CODE */
static bool
icmp_numbers(const char *text, uint16_t *lo, uint16_t *hi)
{
	uint32_t type, from = 0, to = UINT8_MAX;
	const char *end;

	if (!number(text, UINT8_MAX, &type, &end))
		return false;
	if (*end == '/') {
		if (!number(end + 1, UINT8_MAX, &from, &end))
			return false;
		to = from;
		if (*end == '-' && !number(end + 1, UINT8_MAX, &to, &end))
			return false;
	}
	*lo = (uint16_t)(type << 8 | from);
	*hi = (uint16_t)(type << 8 | to);
	return *end == '\0' && from <= to;
}

bool
cfg_policy_icmp(const char *text, uint8_t proto, uint16_t *lo, uint16_t *hi)
{
	bool six = proto == IPPROTO_ICMPV6;

	*lo = 0;
	*hi = UINT16_MAX;
	if (*text == '\0')
		return true;
	for (size_t i = 0; i < sizeof(icmp_types) / sizeof(icmp_types[0]); i++) {
		int type = six ? icmp_types[i].v6 : icmp_types[i].v4;

		if (strcmp(text, icmp_types[i].name) != 0)
			continue;
		if (type >= 0)
			put_types(type, six ? icmp_types[i].code6 : icmp_types[i].code4, lo, hi);
		return type >= 0;
	}
	return icmp_numbers(text, lo, hi);
}

bool
cfg_proto_has_type(uint8_t proto)
{
	return proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6;
}

bool
cfg_proto_has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP ||
	       proto == IPPROTO_UDPLITE || proto == IPPROTO_DCCP;
}

static bool
same_kind(const struct cfg_selector *a, const struct cfg_selector *b)
{
	return a->proto == b->proto && a->port_lo == b->port_lo && a->port_hi == b->port_hi;
}

static bool
inside(const struct cfg_selector *a, const struct cfg_selector *b)
{
	return (b->proto == 0 || a->proto == b->proto) && b->port_lo <= a->port_lo &&
	       a->port_hi <= b->port_hi && ip_range_within(&a->addr, &b->addr);
}

static void
drop(struct cfg_selectors *l, uint32_t i)
{
	l->n--;
	memmove(&l->v[i], &l->v[i + 1], (l->n - i) * sizeof(l->v[0]));
}

/* Add @s; as it grows, others may come to lie in it or beside it. */
static bool
add(struct cfg_selectors *l, struct cfg_selector s)
{
	for (uint32_t i = 0; i < l->n;) {
		struct cfg_selector *o = &l->v[i];

		if (inside(&s, o))
			return true;
		if (!(same_kind(&s, o) && ip_range_join(&s.addr, &o->addr)) && !inside(o, &s)) {
			i++;
			continue;
		}
		drop(l, i);
		i = 0;
	}
	if (l->n == CFG_SELECTORS_MAX)
		return false;
	l->v[l->n++] = s;
	return true;
}

struct cfg_match
cfg_policy_match(const struct cfg_policy *p)
{
	struct cfg_match m = { .sport_hi = UINT16_MAX, .dport_hi = UINT16_MAX };

	cfg_policy_proto(p->protocol, &m.proto);
	if (cfg_proto_has_type(m.proto)) {
		cfg_policy_icmp(p->icmp_type, m.proto, &m.sport_lo, &m.sport_hi);
		m.dport_lo = m.sport_lo;
		m.dport_hi = m.sport_hi;
	} else {
		cfg_policy_ports(p->source_port, &m.sport_lo, &m.sport_hi);
		cfg_policy_ports(p->destination_port, &m.dport_lo, &m.dport_hi);
	}
	return m;
}

static int
add_policy(const struct cfg_policy *p, struct cfg_selectors *local, struct cfg_selectors *remote)
{
	struct cfg_match m = cfg_policy_match(p);
	struct cfg_selector here = { .proto = m.proto, .port_lo = m.sport_lo, .port_hi = m.sport_hi,
		.addr = ip_range_of(&p->source) };
	struct cfg_selector there = { .proto = m.proto, .port_lo = m.dport_lo,
		.port_hi = m.dport_hi, .addr = ip_range_of(&p->destination) };

	return add(local, here) && add(remote, there) ? 0 : -E2BIG;
}

int
cfg_policy_selectors_of(const struct cfg_policy *const *of, uint32_t n,
		struct cfg_selectors *local, struct cfg_selectors *remote)
{
	int err = 0;

	local->n = 0;
	remote->n = 0;
	for (uint32_t i = 0; err == 0 && i < n; i++)
		err = add_policy(of[i], local, remote);
	return err;
}

int
cfg_policy_selectors(const struct cfg *c, const char *tunnel, struct cfg_selectors *local,
		struct cfg_selectors *remote)
{
	int err = 0;

	local->n = 0;
	remote->n = 0;
	for (uint32_t i = 0; err == 0 && i < c->n_policies; i++)
		if (c->policies[i].action == CFG_POLICY_PROTECT &&
				strcmp(c->policies[i].tunnel, tunnel) == 0)
			err = add_policy(&c->policies[i], local, remote);
	return err;
}
