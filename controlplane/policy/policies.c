/* SPDX-License-Identifier: BSD-3-Clause */
/* Policies of the configuration to the mirror; see policies.h. */
#include <string.h>

#include "controlplane/config/config.h"
#include "controlplane/config/policy.h"
#include "controlplane/cp.h"
#include "controlplane/dataplane/mirror.h"
#include "controlplane/policy/policies.h"
#include "controlplane/tunnel/tunnel.h"

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

void
policies_mirror(struct cp *cp)
{
	const struct cfg *c = cp->cfg;

	for (uint32_t i = 0; i < c->n_policies; i++) {
		const struct cfg_policy *p = &c->policies[i];
		const struct tunnel_state *t = NULL;
		struct chan_policy m;

		memset(&m, 0, sizeof(m));
		m.priority = p->priority;
		m.src = p->source.addr;
		m.src_len = p->source.len;
		m.dst = p->destination.addr;
		m.dst_len = p->destination.len;
		m.action = action_of(p);
		m.tun_id = CHAN_NONE;
		/* Validation has read these before. */
		cfg_policy_proto(p->protocol, &m.proto);
		cfg_policy_ports(p->source_port, &m.sport_lo, &m.sport_hi);
		cfg_policy_ports(p->destination_port, &m.dport_lo, &m.dport_hi);
		if (m.action == CHAN_POLICY_PROTECT) {
			t = tunnels_by_name(cp->tunnels, p->tunnel);
			m.tun_id = t != NULL ? t->tun_id : CHAN_NONE;
			/* More tunnels than the dataplane has room for: closed, not open. */
			if (m.tun_id == CHAN_NONE)
				m.action = CHAN_POLICY_DISCARD;
		}
		mirror_policy(cp->mirror, policy_key(p->name), &m);
	}
}
