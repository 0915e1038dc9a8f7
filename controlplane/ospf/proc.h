/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The OSPF process: the engine between configuration, interfaces, tunnels and the channel.
 *
 *   proc.c       life, time, what comes in     proc_cfg.c  configuration to the engine's structs
 *   proc_io.c    packets out: IP, Ethernet, fragments
 *   proc_calc.c  routes to the RIB, redistribution
 *   proc_keep.c, proc_restart.c   files for the next process
 */
#ifndef CULVERT_CONTROLPLANE_OSPF_PROC_H
#define CULVERT_CONTROLPLANE_OSPF_PROC_H

#include <stdbool.h>
#include <stdint.h>

#include "common/channel.h"
#include "controlplane/util/debug_ring.h"

struct cp;
struct ospf;
struct ospf_proc;
struct proc_calc;

/** NULL: no memory. Nothing runs before there is a process in the configuration. */
struct ospf_proc *ospf_proc_new(struct cp *cp);
void ospf_proc_free(struct ospf_proc *p);
/** Say good-bye to the neighbours. */
void ospf_proc_stop(struct ospf_proc *p);

struct rib_source;
/** The dataplane of this run has been attached to. @return the first time, the routes that the
 *  process before us had, to begin with, if it was killed a moment ago; NULL: none. */
const struct rib_source *ospf_proc_attached(struct ospf_proc *p, uint64_t boot_id);
/** Another configuration is being applied, and the former one is about to go. What it says counts
 *  with the next ospf_proc_update(). NULL is fine. */
void ospf_proc_config(struct ospf_proc *p);
/** Configuration, interfaces and tunnels as they are now. */
void ospf_proc_update(struct ospf_proc *p);
/** An OSPF packet, of IPv4 or IPv6. */
void ospf_proc_punt(struct ospf_proc *p, const struct chan_pkt *pkt);
/** "clear ip ospf process". @return there is one. */
bool ospf_proc_clear(struct ospf_proc *p);
/** After a change from outside of ospf_proc's own calls: its timer. */
void ospf_proc_rearm(struct ospf_proc *p);

/**
 * The process is about to end, to be followed by another: neighbours are asked for help (RFC 3623),
 * if that is configured. To be called again, some 50 ms later, until it says true: then all that
 * the next process needs is written down.
 */
bool ospf_proc_leave(struct ospf_proc *p);

/** Is all written down that another process needs to go on from here? */
bool ospf_proc_is_kept(const struct ospf_proc *p);

/** The engine, NULL while none is configured. */
struct ospf *ospf_proc_engine(const struct ospf_proc *p);
/** Its route calculation, NULL without it; see proc_calc.h. */
struct proc_calc *ospf_proc_calc(const struct ospf_proc *p);
/* `debug ip ospf`. */
struct ospf_debug_filter {
	uint8_t topics;     /* bits of enum ospf_topic */
	char interface[32]; /* "": any */
	uint32_t neighbor;  /* address or router ID; 0: any */
};
/* debug_msg.about */
struct ospf_debug_about {
	uint8_t topic; /* bits of enum ospf_topic */
	bool out;
	char interface[32]; /* "": of none */
	uint32_t addr;      /* where it came from, or went to; 0: nowhere */
	uint32_t router_id; /* 0: of nobody */
};
/** Begin, or go on with another filter. Returns the number that the next message will have. */
uint64_t ospf_debug_start(struct ospf_proc *p, const struct ospf_debug_filter *f);
void ospf_debug_stop(struct ospf_proc *p);
/** Its messages; read by debug_ring_read(). */
struct debug_ring *ospf_debug_ring(struct ospf_proc *p);
/** Number of the process, 0 without one. */
uint32_t ospf_proc_number(const struct ospf_proc *p);

#endif
