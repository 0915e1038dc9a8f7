/* SPDX-License-Identifier: BSD-3-Clause */
/* Policies of the configuration to the mirror; see policies.h. */
#include <string.h>

#include "controlplane/config/config.h"
#include "controlplane/config/model.h"
#include "controlplane/config/policy.h"
#include "controlplane/cp.h"
#include "controlplane/dataplane/mirror.h"
#include "controlplane/policy/policies.h"
#include "controlplane/tunnel/tunnel.h"
#include "controlplane/vpn/vpn.h"

uint64_t
policy_key(const char *name)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	for (; *name != '\0'; name++)
		h = (h ^ (uint8_t)*name) * UINT64_C(0x100000001b3);
	return h;
}

static uint8_t
action_of(const struct cfg_policy *p)
{
	switch ((enum cfg_policy_action)p->action) {
	case CFG_POLICY_PROTECT:
		return CHAN_POLICY_PROTECT;
	case CFG_POLICY_BYPASS:
		return CHAN_POLICY_BYPASS;
	case CFG_POLICY_DISCARD:
		break;
	}
	return CHAN_POLICY_DISCARD;
}

static struct ike_ts
selector(const struct ip_prefix *p, uint8_t proto, uint16_t lo, uint16_t hi)
{
	return (struct ike_ts){ .proto = proto,
		.port_lo = lo,
		.port_hi = hi,
		.addr = ip_range_of(p) };
}

/* Its own, if it is agreed on by itself. */
static const struct tunnel_state *
tunnel_of(const struct cp *cp, const struct cfg_policy *p)
{
	char name[CFG_NAME_MAX];
	const struct tunnel_state *t = cfg_line_name(p, name) ? tunnels_by_name(cp->tunnels, name)
							       : NULL;

	return t != NULL ? t : tunnels_by_name(cp->tunnels, p->tunnel);
}

/* Which tunnel, and will the peer have it? */
static void
protect(struct cp *cp, const struct cfg_policy *p, struct chan_policy *m)
{
	const struct tunnel_state *t = tunnel_of(cp, p);
	struct ike_ts local = selector(&p->source, m->proto, m->sport_lo, m->sport_hi);
	struct ike_ts remote = selector(&p->destination, m->proto, m->dport_lo, m->dport_hi);

	m->tun_id = t != NULL ? t->tun_id : CHAN_NONE;
	if (m->tun_id == CHAN_NONE) /* more tunnels than there is room for: closed, not open */
		m->action = CHAN_POLICY_DISCARD;
	else if (!vpn_agreed(cp->vpn, m->tun_id, &local, &remote))
		m->action = CHAN_POLICY_UNAGREED;
}

void
policies_mirror(struct cp *cp)
{
	const struct cfg *c = cp->cfg;

	for (uint32_t i = 0; i < c->n_policies; i++) {
		const struct cfg_policy *p = &c->policies[i];
		const struct cfg_match match = cfg_policy_match(p);
		struct chan_policy m;

		memset(&m, 0, sizeof(m));
		m.priority = p->priority;
		m.is_ip6 = p->source.is_ip6;
		m.src = ip_prefix_addr4(&p->source);
		m.src_len = p->source.len;
		m.dst = ip_prefix_addr4(&p->destination);
		m.dst_len = p->destination.len;
		if (m.is_ip6) {
			memcpy(m.src6, p->source.addr, sizeof(m.src6));
			memcpy(m.dst6, p->destination.addr, sizeof(m.dst6));
		}
		m.action = action_of(p);
		m.tun_id = CHAN_NONE;
		m.proto = match.proto;
		m.sport_lo = match.sport_lo;
		m.sport_hi = match.sport_hi;
		m.dport_lo = match.dport_lo;
		m.dport_hi = match.dport_hi;
		if (m.action == CHAN_POLICY_PROTECT)
			protect(cp, p, &m);
		mirror_policy(cp->mirror, policy_key(p->name), &m);
	}
}
