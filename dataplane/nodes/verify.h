/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether a source may come in where it did: verify.c. */
#ifndef CULVERT_DATAPLANE_NODES_VERIFY_H
#define CULVERT_DATAPLANE_NODES_VERIFY_H

#include "dataplane/worker.h"

/**
 * An IPv6 packet with PKT_VERIFY, its addresses checked, neither for a group nor for a link-local
 * address. @return false: dropped.
 */
bool ip6_verify(struct worker *w, struct rte_mbuf *m);

#endif
