/* SPDX-License-Identifier: BSD-3-Clause */
/* Security policies for the world of dp_fixture.h. */
#ifndef CULVERT_TESTS_UNIT_DP_POLICY_H
#define CULVERT_TESTS_UNIT_DP_POLICY_H

#include "dataplane/tables/policy.h"
#include "tests/unit/cu.h"
#include "tests/unit/dp_fixture.h"

/** What goes from the LAN to @dst is protected by tunnel 2, whatever its protocol and ports. */
static inline struct chan_policy
dp_policy(uint32_t id, uint32_t priority, uint32_t dst, uint8_t dst_len)
{
	return (struct chan_policy){ .policy_id = id,
		.priority = priority,
		.src = IP4(10, 1, 0, 0),
		.src_len = 16,
		.dst = dst,
		.dst_len = dst_len,
		.action = CHAN_POLICY_PROTECT,
		.sport_hi = UINT16_MAX,
		.dport_hi = UINT16_MAX,
		.tun_id = 2 };
}

static inline void
dp_policy_set(struct chan_policy c)
{
	CU_ASSERT_EQUAL_FATAL(DP_APPLY(CHAN_CMD_POLICY_SET, c), 0);
}

/** What was set and deleted takes effect. */
static inline void
dp_policy_settle(void)
{
	CU_ASSERT_EQUAL_FATAL(policy_settle(dp.t), 0);
}

#endif
