/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What outsiders fill, behind `show`: an OSPF engine with its calculation, and a cache of
 * neighbours. This file takes the place of the processes around them; the clock is ours.
 */
#ifndef CULVERT_TESTS_SHOW_BOX_H
#define CULVERT_TESTS_SHOW_BOX_H

#include "controlplane/neigh/cache.h"
#include "controlplane/ospf/ospf_calc.h"
#include "controlplane/show/show_int.h"
#include "tests/sim/ospf_world.h"

#define SB_IF_ID 3u

extern struct show sb_show;
extern uint64_t sb_now_ms;
extern struct ospf *sb_engine; /* NULL: there is none */
extern struct ospf_calc *sb_calc;
extern struct neigh_cache *sb_arp;

/** An empty cache of up to @max neighbours in 10.0.0.0/8, and no engine. */
void sb_begin(uint32_t max);
void sb_end(void);
/** 10.0.0.0 + @i is a neighbour. */
void sb_neighbor(uint32_t i);

#endif
