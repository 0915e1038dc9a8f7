/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The route calculation within the process: its routes to the RIB, what is redistributed from the
 * RIB, and its configuration.
 */
#ifndef CULVERT_CONTROLPLANE_OSPF_PROC_CALC_H
#define CULVERT_CONTROLPLANE_OSPF_PROC_CALC_H

#include "controlplane/ospf/ospf_calc.h"

struct cfg;
struct cfg_ospf;
struct cp;
struct proc_calc;

/** For the engine @o, before it has interfaces. NULL: no memory. */
struct proc_calc *proc_calc_new(struct cp *cp, struct ospf *o);
/** Before the engine goes; its routes leave the RIB. NULL is fine. */
void proc_calc_free(struct proc_calc *x);
/** Another configuration, of which the engine is told by proc_calc_update() later: the former one
 *  may go from here on. @p may be NULL, as may @x. */
void proc_calc_config(struct proc_calc *x, const struct cfg *c, const struct cfg_ospf *p);
/** The configuration is this; it stays where it is until the next call of one of the two. */
void proc_calc_update(struct proc_calc *x, const struct cfg *c, const struct cfg_ospf *p);
/** The RIB's routes may be others: what is redistributed. */
void proc_calc_redistribute(struct proc_calc *x);
/** The routes that the RIB has been given last. @return false: others are on their way there. */
struct rib_source;
bool proc_calc_source(const struct proc_calc *x, struct rib_source *out);
/** Routes that the distribute-list keeps out of the RIB. */
uint32_t proc_calc_denied(const struct proc_calc *x);
struct ospf_calc *proc_calc_engine(struct proc_calc *x);

#endif
