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

static struct cfg_selector
selector(const struct ip_prefix *p, uint8_t proto, const char *ports)
{
	struct cfg_selector s = { .proto = proto, .addr = ip_range_of(p) };

	cfg_policy_ports(ports, &s.port_lo, &s.port_hi);
	return s;
}

static int
add_policy(const struct cfg_policy *p, struct cfg_selectors *local, struct cfg_selectors *remote)
{
	uint8_t proto = 0;

	cfg_policy_proto(p->protocol, &proto);
	return add(local, selector(&p->source, proto, p->source_port)) &&
			       add(remote, selector(&p->destination, proto, p->destination_port))
		       ? 0
		       : -E2BIG;
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
