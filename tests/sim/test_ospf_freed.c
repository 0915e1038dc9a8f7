/* SPDX-License-Identifier: BSD-3-Clause */
/* OSPF leaves no secret behind: neither of an interface that goes, nor of one that gets another. */
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/ospf_proto.h"
#include "tests/sim/freed.h"
#include "tests/sim/ospf_world.h"
#include "tests/unit/cu.h"

static void
set_secret(struct ospf_if_cfg *c, const char *secret)
{
	c->auth.type = OSPF_AUTH_CRYPT;
	c->auth.n_keys = 1;
	c->auth.keys[0] = (struct ospf_key){ .id = 1, .alg = OSPF_ALG_HMAC_SHA256,
		.len = (uint8_t)strlen(secret) };
	memcpy(c->auth.keys[0].secret, secret, strlen(secret));
	freed_watch(secret);
}

static void
test_interface(void)
{
	struct world *w = world_new(70);
	struct router *r[2] = { world_router(w, 1), world_router(w, 2) };
	struct net *net = world_net(w);

	for (uint32_t i = 0; i < 2; i++) {
		struct ospf_if_cfg c = world_if_cfg(OSPF_IF_P2P, 0x0a000001 + i, 30);

		set_secret(&c, "a long old secret");
		world_attach(r[i], net, &c);
	}
	CU_ASSERT_TRUE(world_until(w, 20000, world_quiet));
	for (uint32_t i = 0; i < 2; i++) {
		struct ospf_if_cfg c = r[i]->ports->ifp->cfg;

		set_secret(&c, "another new secret");
		CU_ASSERT_PTR_NOT_NULL(ospf_if_set(r[i]->o, &c, true, w->now_ms));
	}
	world_run(w, 20000);
	CU_ASSERT_TRUE(world_quiet(w));
	world_free(w);
	CU_ASSERT_EQUAL(freed_end(), 0);
}

static const struct cu_case cases[] = { CU_CASE(test_interface) };

CU_MAIN("ospf_freed", cases)
