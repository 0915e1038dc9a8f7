/* SPDX-License-Identifier: BSD-3-Clause */
/* A router whose databases are filled with LSAs made from a topology; what it computes of them. */
#ifndef CULVERT_TESTS_SPF_BOX_H
#define CULVERT_TESTS_SPF_BOX_H

#include "controlplane/ospf/ospf_calc.h"
#include "controlplane/ospf/ospf_proto.h"
#include "tests/unit/spf_topo.h"

struct box {
	struct ospf *o;
	struct ospf_calc *c;
	struct ospf_area *area;
	uint32_t n_calls;
};

/** The next instance of an LSA with these contents. */
void box_install(struct ospf_lsdb *db, uint8_t type, uint32_t id, uint32_t adv, const uint8_t *body,
		size_t len);
/** A link of a router-LSA. */
void box_link_write(struct wr *w, uint32_t id, uint32_t data, uint8_t type, uint16_t metric);
/** Router @i's, with its links as they are in @t; @loopback: cost of its own network. */
void box_router_lsa(struct box *b, const struct topo *t, uint32_t i, uint8_t flags,
		uint16_t loopback);
void box_summary_lsa(struct box *b, uint32_t adv, uint32_t net, uint32_t metric);
void box_external_lsa(struct box *b, uint32_t adv, uint32_t net, const struct ospf_external *x);

/** Router 0 of @t: its interfaces, with neighbours that are Full; and all LSAs. */
void box_start(struct box *b, const struct topo *t);
void box_fill(struct box *b, const struct topo *t);
void box_stop(struct box *b);

/** Its route to a prefix; NULL: none. */
const struct ospf_route *box_route(const struct box *b, uint32_t addr, uint8_t len);
bool box_hops_equal(const struct box *b, const struct ospf_route *r, const struct spf_hops *s);
/** How many routes are not as the oracle has them. */
uint32_t box_compare(const struct box *b, const struct topo *t, const struct oracle *o);

#endif
