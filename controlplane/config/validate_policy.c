/* SPDX-License-Identifier: BSD-3-Clause */
/* Cross checks of security policies, and of the tunnels they protect with; see validate.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/config/policy.h"
#include "controlplane/config/validate_priv.h"

#define LOOK_BACK 64 /* enclosing policies that one is compared with */

static void
check_families(struct validator *v, const struct cfg_policy *p)
{
	char path[512];

	/* Of what could not be read the default is here, which may be of the other one. */
	if (p->source.is_ip6 == p->destination.is_ip6 ||
			read_errors_at(v, entry_path(AT_POLICIES, p->name, "source", path)) ||
			read_errors_at(v, entry_path(AT_POLICIES, p->name, "destination", path)))
		return;
	entry_error(v, AT_POLICIES, p->name, "destination",
			"source and destination are of different families: all of IPv6 is ::/0, "
			"all of IPv4 0.0.0.0/0");
}

static void
check_ports(struct validator *v, const struct cfg_policy *p, const char *field, const char *text,
		uint8_t proto)
{
	uint16_t lo, hi;

	if (text[0] == '\0')
		return;
	if (!cfg_policy_ports(text, &lo, &hi))
		entry_error(v, AT_POLICIES, p->name, field,
				"\"%s\" is no port or range of ports: 0-65535", text);
	else if (!cfg_proto_has_ports(proto))
		entry_error(v, AT_POLICIES, p->name, field,
				"protocol %s has no ports; tcp, udp and sctp have", p->protocol);
}

static void
check_icmp_type(struct validator *v, const struct cfg_policy *p, uint8_t proto)
{
	uint16_t lo, hi;

	if (p->icmp_type[0] == '\0')
		return;
	if (!cfg_proto_has_type(proto))
		entry_error(v, AT_POLICIES, p->name, "icmp-type",
				"only with protocol icmp or icmpv6, not %s", p->protocol);
	else if (!cfg_policy_icmp(p->icmp_type, proto, &lo, &hi))
		entry_error(v, AT_POLICIES, p->name, "icmp-type",
				"\"%s\" is no type of %s: a name such as echo, TYPE, TYPE/CODE or "
				"TYPE/CODE-CODE",
				p->icmp_type, p->protocol);
}

static void
check_tunnel(struct validator *v, const struct cfg_policy *p)
{
	const struct cfg_tunnel *t = cfg_tunnel_find(v->c, p->tunnel);
	char path[512];

	if (p->action != CFG_POLICY_PROTECT && p->tunnel[0] != '\0')
		entry_error(v, AT_POLICIES, p->name, "tunnel", "only with action protect");
	else if (p->action == CFG_POLICY_PROTECT && p->tunnel[0] == '\0')
		entry_error(v, AT_POLICIES, p->name, "tunnel", "needed with action protect");
	else if (p->tunnel[0] != '\0' && t == NULL &&
			!read_errors_at(v, entry_path(AT_TUNNELS, p->tunnel, NULL, path)))
		entry_error(v, AT_POLICIES, p->name, "tunnel", "there is no tunnel %s", p->tunnel);
	else if (t != NULL && t->mode != CFG_TUNNEL_IPSEC)
		entry_error(v, AT_POLICIES, p->name, "tunnel",
				"tunnel %s is GRE: policies protect with a tunnel of mode ipsec",
				t->name);
}

static bool
is_port_range(const char *text)
{
	uint16_t lo, hi;

	return text[0] != '\0' && cfg_policy_ports(text, &lo, &hi) && lo != hi;
}

/* IKEv1 has one port a side. */
static void
check_ikev1(struct validator *v, const struct cfg_policy *p, const struct cfg_tunnel *t)
{
	if (is_port_range(p->source_port) || is_port_range(p->destination_port))
		entry_error(v, AT_POLICIES, p->name, "tunnel",
				"tunnel %s is negotiated by IKEv1, which knows no ranges of ports",
				t->name);
	if (p->icmp_type[0] != '\0')
		entry_error(v, AT_POLICIES, p->name, "icmp-type",
				"tunnel %s is negotiated by IKEv1, which knows no ICMP types: "
				"protocol %s as a whole, or IKEv2",
				t->name, p->protocol);
}

/* Is there a name for the tunnel that it has, if each policy is agreed on by itself? */
static void
check_line(struct validator *v, const struct cfg_policy *p)
{
	const struct cfg_tunnel *t = cfg_tunnel_find(v->c, p->tunnel);
	char name[CFG_NAME_MAX];

	if (p->action != CFG_POLICY_PROTECT || t == NULL || !cfg_is_per_policy(v->c, t))
		return;
	if (cfg_is_ikev1_nets(v->c, t))
		check_ikev1(v, p, t);
	if (!cfg_line_name(p, name))
		entry_error(v, AT_POLICIES, p->name, "tunnel",
				"each policy gets SAs of its own here, and the name %s/%s for "
				"them is too long",
				t->name, p->name);
	else if (cfg_tunnel_find(v->c, name) != NULL)
		entry_error(v, AT_POLICIES, p->name, "tunnel",
				"each policy gets SAs of its own here, and a tunnel has the "
				"name for them: %s",
				name);
}

/* ---- overlaps ------------------------------------------------------------------------------ */

static int
by_place(const void *pa, const void *pb)
{
	const struct cfg_policy *a = *(const struct cfg_policy *const *)pa;
	const struct cfg_policy *b = *(const struct cfg_policy *const *)pb;
	int c;

	if (a->priority != b->priority)
		return a->priority < b->priority ? -1 : 1;
	c = ip_prefix_cmp(&a->destination, &b->destination);
	return c != 0 ? c : strcmp(a->name, b->name);
}

/* Could a packet match both, and would it matter? */
static bool
ambiguous(const struct cfg_policy *a, const struct cfg_policy *b)
{
	struct cfg_match ma = cfg_policy_match(a), mb = cfg_policy_match(b);

	if (a->action == b->action && strcmp(a->tunnel, b->tunnel) == 0)
		return false;
	return (ma.proto == 0 || mb.proto == 0 || ma.proto == mb.proto) &&
	       ip_prefix_nested(&a->source, &b->source) &&
	       ip_prefix_nested(&a->destination, &b->destination) && ma.sport_lo <= mb.sport_hi &&
	       mb.sport_lo <= ma.sport_hi && ma.dport_lo <= mb.dport_hi &&
	       mb.dport_lo <= ma.dport_hi;
}

/* Sorted by destination, the wider first: what a policy may overlap with stands just before it. */
static int
check_overlaps(struct validator *v)
{
	uint32_t n = v->c->n_policies;
	const struct cfg_policy **list = calloc(n + 1u, sizeof(*list));
	const struct cfg_policy *stack[LOOK_BACK];
	uint32_t depth = 0;

	if (list == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++)
		list[i] = &v->c->policies[i];
	qsort(list, n, sizeof(*list), by_place);
	for (uint32_t i = 0; i < n; i++) {
		const struct cfg_policy *p = list[i];

		for (; depth > 0; depth--) {
			const struct cfg_policy *top = stack[depth - 1];

			if (top->priority == p->priority &&
					ip_prefix_nested(&top->destination, &p->destination))
				break;
		}
		for (uint32_t k = depth; k > 0; k--) {
			if (!ambiguous(stack[k - 1], p))
				continue;
			entry_warning(v, AT_POLICIES, p->name, "priority",
					"overlaps with policy %s of the same priority, which does "
					"something else: give one of them a higher priority",
					stack[k - 1]->name);
			break;
		}
		if (depth < LOOK_BACK)
			stack[depth++] = p;
	}
	free(list);
	return 0;
}

/* ---- public -------------------------------------------------------------------------------- */

void
validate_ipsec_tunnel(struct validator *v, const struct cfg_tunnel *t)
{
	struct cfg_selectors local, remote;

	if (t->protection[0] == '\0')
		entry_error(v, AT_TUNNELS, t->name, "protection",
				"needed: mode ipsec is nothing but protection");
	if (t->has_key)
		entry_error(v, AT_TUNNELS, t->name, "key", "mode ipsec has no GRE header");
	if (t->checksum)
		entry_error(v, AT_TUNNELS, t->name, "checksum", "mode ipsec has no GRE header");
	if (t->sequence)
		entry_error(v, AT_TUNNELS, t->name, "sequence", "mode ipsec has no GRE header");
	if (cfg_key_selectors(v->keys, t->name, &local, &remote) != 0)
		entry_error(v, AT_TUNNELS, t->name, NULL,
				"its policies have more than %u separate networks on a side: write "
				"them together or take several tunnels",
				CFG_SELECTORS_MAX);
}

int
validate_policies(struct validator *v)
{
	for (uint32_t i = 0; i < v->c->n_policies; i++) {
		const struct cfg_policy *p = &v->c->policies[i];
		uint8_t proto = 0;

		if (!cfg_policy_proto(p->protocol, &proto))
			entry_error(v, AT_POLICIES, p->name, "protocol",
					"\"%s\" is no protocol: a number 0-255 or a name such as "
					"tcp",
					p->protocol);
		check_families(v, p);
		check_ports(v, p, "source-port", p->source_port, proto);
		check_ports(v, p, "destination-port", p->destination_port, proto);
		check_icmp_type(v, p, proto);
		check_tunnel(v, p);
		check_line(v, p);
	}
	return check_overlaps(v);
}
