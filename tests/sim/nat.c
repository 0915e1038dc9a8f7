/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/sim/nat.h"

#include <string.h>

#include "tests/unit/cu.h"

struct ike_id
nat_fqdn(const char *name)
{
	struct ike_id id = { .type = IKE_ID_FQDN, .len = (uint8_t)strlen(name) };

	memcpy(id.data, name, id.len);
	return id;
}

struct ike_peer_cfg
nat_branch(void)
{
	struct ike_peer_cfg a = sim_cfg(A);

	a.initiate = true;
	a.local_id = nat_fqdn("branch-1.example");
	a.keepalive_s = 20;
	return a;
}

struct ike_peer_cfg
nat_hub(void)
{
	struct ike_peer_cfg b = sim_cfg(B);

	b.remote = 0;
	b.remote_id = nat_fqdn("branch-1.example");
	b.keepalive_s = 20;
	return b;
}

void
nat_set_pair(struct sim *s, const struct ike_peer_cfg *a, const struct ike_peer_cfg *b)
{
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[B].e, b, s->now), 0);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(s->n[A].e, a, s->now), 0);
}

bool
nat_path_is(const struct ike_path *p, uint32_t remote, uint16_t local_port, uint16_t remote_port)
{
	return p->remote == remote && p->local_port == local_port && p->remote_port == remote_port;
}

bool
nat_both_in_udp(struct sim *s)
{
	const struct sim_sa *a = sim_out(&s->n[A]), *b = sim_out(&s->n[B]);

	return sim_both_up(s) && nat_path_is(&a->path, SIM_ADDR(B), 4500, 4500) &&
	       nat_path_is(&b->path, SIM_NAT, 4500, s->nat_port[1]);
}

bool
nat_ike_rekeyed(struct sim *s)
{
	return sim_sa(s, A).n_rekeys > 0 && sim_sa(s, B).n_rekeys > 0;
}
