/* SPDX-License-Identifier: BSD-3-Clause */
/* Between sa.c and sa_keys.c. */
#ifndef CULVERT_DATAPLANE_TABLES_SA_INT_H
#define CULVERT_DATAPLANE_TABLES_SA_INT_H

#include "dataplane/tables/sa.h"

/** The digest of @c's keys and algorithm under the table's secret. Lengths have been checked. */
void sa_keys_digest(const struct sa_table *st, const struct chan_sa *c, uint8_t digest[32]);

/** Are keys for AES-GCM in struct sa, because our own code does it? */
bool sa_keys_are_inside(IMB_MGR *mgr);
/** Fill in @sa's keys and salt; its alg is set. Lengths of @c have been checked. 0, -ENOMEM. */
int sa_keys_expand(IMB_MGR *mgr, const struct chan_sa *c, struct sa *sa);
/** Wipe and free what of @sa's keys lies outside of it. */
void sa_keys_free(IMB_MGR *mgr, struct sa *sa);

#endif
