/* SPDX-License-Identifier: BSD-3-Clause */
/* Grace-LSAs with which we ask for help with a restart of our own; ospf_restart.c says when. */
#ifndef CULVERT_CONTROLPLANE_OSPF_GRACE_H
#define CULVERT_CONTROLPLANE_OSPF_GRACE_H

#include <stddef.h>
#include <stdint.h>

struct ospf;
struct ospf_if;
struct ospf_lsa;

#define OSPF_RESTART_NAMED 4 /* neighbours that a line of the log names */

/**
 * Ask the neighbours on @ifp for help for @period_s seconds. @reason: enum ospf_restart_reason.
 * @return how many of them there are to acknowledge it.
 */
uint32_t ospf_grace_originate(struct ospf_if *ifp, uint16_t period_s, uint8_t reason);
/**
 * The former process's, with sequence number @seq and of the age it has since @asked_ms, as if it
 * had come from a neighbour: so that it can be flushed.
 */
void ospf_grace_install(struct ospf_if *ifp, uint16_t period_s, uint8_t reason, uint64_t asked_ms,
		int32_t seq);
/** The one on @ifp, which belongs to the database; NULL: none, or it is being flushed. */
struct ospf_lsa *ospf_grace_of(const struct ospf_if *ifp);
void ospf_graces_flush(struct ospf *o);

/**
 * How many neighbours have not acknowledged it. @names, of @len bytes, or NULL: the router IDs of
 * the first OSPF_RESTART_NAMED of them, with commas.
 */
uint32_t ospf_graces_unacked(const struct ospf *o, char *names, size_t len);
/** To all who have not. */
void ospf_graces_resend(struct ospf *o);

#endif
