/* SPDX-License-Identifier: BSD-3-Clause */
/* Election of DR and BDR (RFC 2328 section 9.4, steps 2 and 3), as a function of its candidates. */
#include "controlplane/ospf/ospf_proto.h"

static bool
better(const struct ospf_candidate *a, const struct ospf_candidate *b)
{
	if (b == NULL)
		return true;
	if (a->priority != b->priority)
		return a->priority > b->priority;
	return a->router_id > b->router_id;
}

void
ospf_elect(const struct ospf_candidate *c, uint32_t n, uint32_t *dr, uint32_t *bdr)
{
	const struct ospf_candidate *best_dr = NULL, *said_bdr = NULL, *any = NULL, *best_bdr;

	for (uint32_t i = 0; i < n; i++) {
		if (c[i].priority == 0)
			continue;
		if (c[i].dr == c[i].addr) { /* says it is DR: cannot be BDR */
			if (better(&c[i], best_dr))
				best_dr = &c[i];
			continue;
		}
		if (c[i].bdr == c[i].addr && better(&c[i], said_bdr))
			said_bdr = &c[i];
		if (better(&c[i], any))
			any = &c[i];
	}
	best_bdr = said_bdr != NULL ? said_bdr : any;
	if (best_dr == NULL) { /* nobody says so: the BDR moves up */
		best_dr = best_bdr;
	}
	*dr = best_dr != NULL ? best_dr->addr : 0;
	*bdr = best_bdr != NULL ? best_bdr->addr : 0;
}
