/* SPDX-License-Identifier: BSD-3-Clause */
/* OSPF's trace: what it says of packets and events, and that it can read anything. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/ospf_auth.h"
#include "controlplane/ospf/ospf_proto.h"
#include "tests/sim/ospf_lan.h"
#include "tests/unit/cu.h"

static void
test_trace(void)
{
	static const char *const words[] = {
		"to 224.0.0.5: Hello, ", "  mask 255.255.255.0, hello 1 s, dead 4 s, options 0x",
		" priority 100, DR 10.0.0.2, BDR 10.0.0.1, neighbors 0.0.0.", "a password",
		"Database Description, ", "MTU 1500, flags I M MS, sequence ",
		"Link State Request, ",
		"  router 0.0.0.2 of 0.0.0.2", "Link State Update, ", "    transit, id 10.0.0.2",
		"    mask 255.255.255.0, routers 0.0.0.", "Link State Acknowledgment, ",
		"neighbor 0.0.0.2 Loading -> Full: ", "election: DR 10.0.0.2, BDR 10.0.0.1",
		"interface Waiting -> ", "originated, new", "installed, new",
	};
	struct world *w = world_new(60);
	struct net *net = world_net(w);
	struct router *r[3];

	for (uint32_t i = A; i <= B; i++) {
		struct ospf_if_cfg c = world_if_cfg(OSPF_IF_BROADCAST, ADDR + i, 24);

		c.priority = i == B ? 200 : 100;
		c.auth.type = OSPF_AUTH_SIMPLE;
		c.auth.n_keys = 1;
		c.auth.keys[0].len = 6;
		memcpy(c.auth.keys[0].secret, "sesame", 6);
		r[i] = world_router(w, i);
		ospf_trace_on(r[i]->o, OSPF_TRACE_ALL);
		world_attach(r[i], net, &c);
	}
	CU_ASSERT_TRUE(world_until(w, 20000, world_quiet));
	world_run(w, 5000);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!world_said(r[A], words[i]))
			printf("\n  the trace does not say \"%s\"\n", words[i]);
		CU_ASSERT_TRUE(world_said(r[A], words[i]));
	}
	CU_ASSERT_FALSE(world_said(r[A], "sesame"));
	/* No topic, nothing. */
	ospf_trace_on(r[A]->o, 0);
	r[A]->lines[r[A]->n_lines = 0] = '\0';
	world_run(w, 5000);
	CU_ASSERT_FALSE(world_said(r[A], "Hello"));
	world_free(w);
}

/* Each beginning of an update goes through the trace, from a copy of exactly its size. */
static void
test_trace_prefixes(void)
{
	struct ospf_if *ifp;
	struct ospf_out p;
	uint64_t seq = 0;
	uint8_t lsa[64];
	struct lan l;
	size_t len;

	lan_begin(&l, A, B);
	ifp = l.r[B]->ports->ifp;
	len = lan_lsa_make(lsa, sizeof(lsa), OSPF_LSA_SUMMARY, FAR, 5, 10);
	for (uint8_t type = OSPF_PKT_HELLO; type < OSPF_N_PKTS; type++) {
		ospf_out_begin(&p, ifp, (enum ospf_pkt)type);
		if (type == OSPF_PKT_LSU)
			wr_be32(&p.w, 1);
		wr_bytes(&p.w, lsa, len);
		CU_ASSERT_EQUAL_FATAL(ospf_auth_sign(&ifp->cfg.auth, &p.w, 0, 0, &seq), 0);
		for (size_t n = 0; n <= p.w.len; n++) {
			uint8_t *copy = malloc(n + 1);

			memcpy(copy, p.buf, n);
			ospf_trace_on(l.r[A]->o, OSPF_TRACE_ALL);
			ospf_trace_packet(l.r[A]->ports->ifp, false, ADDR + B, copy, n);
			free(copy);
		}
	}
	CU_ASSERT_TRUE(world_said(l.r[A], "(what follows is malformed)"));
	world_free(l.w);
}

static const struct cu_case cases[] = {
	CU_CASE(test_trace), CU_CASE(test_trace_prefixes),
};

CU_MAIN("ospf_trace", cases)
