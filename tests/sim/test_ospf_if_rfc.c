/* SPDX-License-Identifier: BSD-3-Clause */
/* The interface state machine of RFC 2328 section 9.3, row by row: each event in each state, of a
 * router that is alone on its network. */
#include <stdio.h>

#include "controlplane/ospf/ospf_proto.h"
#include "tests/sim/ospf_world.h"
#include "tests/unit/cu.h"

#define N_EVENTS 7

static const enum ospf_if_event events[N_EVENTS] = { OSPF_IFE_UP, OSPF_IFE_WAIT,
	OSPF_IFE_BACKUP_SEEN, OSPF_IFE_NBR_CHANGE, OSPF_IFE_LOOP, OSPF_IFE_UNLOOP, OSPF_IFE_DOWN };

#define DOWN OSPF_IFS_DOWN
#define LOOP OSPF_IFS_LOOPBACK
#define WAIT OSPF_IFS_WAITING
#define P2P  OSPF_IFS_P2P
#define OTH  OSPF_IFS_DROTHER
#define DR   OSPF_IFS_DR

static const struct row {
	enum ospf_if_type type;
	uint8_t priority;
	int by[2];  /* events that lead to the state, -1: none */
	enum ospf_if_state state;
	enum ospf_if_state next[N_EVENTS]; /* by the order above */
} rows[] = {
	/* clang-format off */
	{ OSPF_IF_BROADCAST, 1, { OSPF_IFE_DOWN, -1 }, DOWN,
	  { WAIT, DOWN, DOWN, DOWN, LOOP, DOWN, DOWN } },
	{ OSPF_IF_BROADCAST, 0, { OSPF_IFE_DOWN, -1 }, DOWN,
	  { OTH,  DOWN, DOWN, DOWN, LOOP, DOWN, DOWN } },
	{ OSPF_IF_NBMA, 1, { OSPF_IFE_DOWN, -1 }, DOWN,
	  { WAIT, DOWN, DOWN, DOWN, LOOP, DOWN, DOWN } },
	{ OSPF_IF_P2P, 1, { OSPF_IFE_DOWN, -1 }, DOWN,
	  { P2P,  DOWN, DOWN, DOWN, LOOP, DOWN, DOWN } },
	{ OSPF_IF_P2MP, 1, { OSPF_IFE_DOWN, -1 }, DOWN,
	  { P2P,  DOWN, DOWN, DOWN, LOOP, DOWN, DOWN } },
	{ OSPF_IF_BROADCAST, 1, { -1, -1 }, WAIT,
	  { WAIT, DR,   DR,   WAIT, LOOP, WAIT, DOWN } },
	{ OSPF_IF_BROADCAST, 0, { -1, -1 }, OTH,
	  { OTH,  OTH,  OTH,  OTH,  LOOP, OTH,  DOWN } },
	{ OSPF_IF_BROADCAST, 1, { OSPF_IFE_WAIT, -1 }, DR,
	  { DR,   DR,   DR,   DR,   LOOP, DR,   DOWN } },
	{ OSPF_IF_P2P, 1, { -1, -1 }, P2P,
	  { P2P,  P2P,  P2P,  P2P,  LOOP, P2P,  DOWN } },
	{ OSPF_IF_P2MP, 1, { -1, -1 }, P2P,
	  { P2P,  P2P,  P2P,  P2P,  LOOP, P2P,  DOWN } },
	{ OSPF_IF_BROADCAST, 1, { OSPF_IFE_LOOP, -1 }, LOOP,
	  { LOOP, LOOP, LOOP, LOOP, LOOP, DOWN, DOWN } },
	{ OSPF_IF_P2P, 1, { OSPF_IFE_LOOP, -1 }, LOOP,
	  { LOOP, LOOP, LOOP, LOOP, LOOP, DOWN, DOWN } },
	{ OSPF_IF_BROADCAST, 1, { OSPF_IFE_WAIT, OSPF_IFE_DOWN }, DOWN,
	  { WAIT, DOWN, DOWN, DOWN, LOOP, DOWN, DOWN } },
	/* clang-format on */
};

static void
test_9_3_events(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (int k = 0; k < N_EVENTS; k++) {
			struct world *w = world_new(1);
			struct router *r = world_router(w, 1);
			struct ospf_if_cfg c = world_if_cfg(rows[i].type, 0x0a000001, 24);
			struct ospf_if *ifp;

			c.priority = rows[i].priority;
			ifp = world_attach(r, world_net(w), &c)->ifp;
			for (int b = 0; b < 2 && rows[i].by[b] >= 0; b++)
				ospf_if_event(ifp, (enum ospf_if_event)rows[i].by[b]);
			CU_ASSERT_EQUAL(ifp->state, rows[i].state);
			ospf_if_event(ifp, events[k]);
			if (ifp->state != rows[i].next[k])
				printf("\n  row %zu, event %d: %s", i, k,
						ospf_if_state_str(ifp->state));
			CU_ASSERT_EQUAL(ifp->state, rows[i].next[k]);
			/* Section 9.3: what a reset takes with it. */
			if (ifp->state <= LOOP)
				CU_ASSERT(ifp->dr == 0 && ifp->bdr == 0 && !ifp->hello.on &&
						!ifp->wait.on && ifp->n_nbrs == 0);
			CU_ASSERT_EQUAL(ifp->wait.on, ifp->state == WAIT);
			world_free(w);
		}
}

static const struct cu_case cases[] = { CU_CASE(test_9_3_events) };

CU_MAIN("ospf_if_rfc", cases)
