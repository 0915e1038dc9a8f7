/* SPDX-License-Identifier: BSD-3-Clause */
/* The two ends of the tests about NAT: A, which may be behind one, and B. */
#ifndef CULVERT_TESTS_SIM_NAT_H
#define CULVERT_TESTS_SIM_NAT_H

#include "tests/sim/sim.h"

#define UP_MS 10000

struct ike_id nat_fqdn(const char *name);
/** A, which calls, by its name. */
struct ike_peer_cfg nat_branch(void);
/** B, which knows A by its name alone. */
struct ike_peer_cfg nat_hub(void);
void nat_set_pair(struct sim *s, const struct ike_peer_cfg *a, const struct ike_peer_cfg *b);
bool nat_path_is(const struct ike_path *p, uint32_t remote, uint16_t local_port,
		uint16_t remote_port);
/** Both are up, and each sends ESP in UDP to where it sees the other. */
bool nat_both_in_udp(struct sim *s);
/** Both have another IKE SA than the first. */
bool nat_ike_rekeyed(struct sim *s);

#endif
