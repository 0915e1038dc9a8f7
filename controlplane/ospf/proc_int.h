/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files proc*.c share. */
#ifndef CULVERT_CONTROLPLANE_OSPF_PROC_INT_H
#define CULVERT_CONTROLPLANE_OSPF_PROC_INT_H

#include <event2/event.h>

#include "controlplane/config/config.h"
#include "controlplane/dataplane/punt_parts.h"
#include "controlplane/ospf/ospf_int.h"
#include "controlplane/ospf/proc.h"

/* Numbers of interfaces, as the engine has them. */
#define USER_VLINK  0x60000000u /* and which */
#define USER_LOOPBACK 0x50000000u /* and its number */
#define USER_TUNNEL 0x40000000u /* and the tunnel's id; else the interface's id and 1 */

struct restart_file;

struct ospf_proc {
	struct cp *cp;
	struct ospf *o; /* NULL: none is configured */
	struct proc_calc *calc; /* with @o */
	struct proc_keep *keep; /* NULL: no dataplane has been seen yet, or no file */
	struct restart_file *restart; /* of the process before us, until the engine has it */
	bool leaving; /* ospf_proc_leave() */
	bool restart_file; /* there is one in the state directory that is ours to remove */
	uint32_t number;
	struct debug_ring debug;
	struct ospf_debug_filter debug_filter;
	struct event *timer;
	struct event *keep_timer; /* looks every KEEP_MS whether something is to be kept */
	uint64_t armed_ms; /* when the timer is due; UINT64_MAX: it is not on */
	uint16_t ip_id;
	/* Of the packet being worked at, for answers that come before its sender is a neighbour. */
	uint32_t rx_src;
	uint8_t rx_mac[6];
	bool rx_has_mac;
	struct punt_parts parts;
};

/* proc_cfg.c */
void proc_cfg_instance(const struct cfg *c, const struct cfg_ospf *p, struct ospf_cfg *out);
void proc_cfg_area(const struct cfg_ospf_area *a, struct ospf_area_cfg *out);
/** What is said of an interface or tunnel. False: OSPF does not run there. */
struct proc_link {
	const char *name;
	const struct cfg_ospf_if *cfg;
	bool tunnel, loopback;
	const struct ip4_prefix *addrs;
	uint8_t n_addrs;
	uint32_t borrowed; /* address to send from when there is none */
	uint16_t mtu;
	uint32_t speed_mbps; /* 0: not known */
	uint32_t user;
};
bool proc_cfg_if(const struct cfg *c, const struct cfg_ospf *p, const struct proc_link *l,
		struct ospf_if_cfg *out);
/** A virtual link through area @a, without its user. False: it is not valid. */
bool proc_cfg_vlink(const struct cfg *c, const struct cfg_ospf_area *a,
		const struct cfg_ospf_vlink *v, struct ospf_if_cfg *out, uint32_t *area,
		uint32_t *router_id);
/** An address to send from on links without one. */
uint32_t proc_cfg_borrowed(const struct cfg *c, uint32_t router_id, uint32_t other_than);

/* proc_debug.c: ops.trace; tell the engine what is wanted */
void proc_debug_trace(void *ctx, const struct ospf_trace *t);
void proc_debug_apply(struct ospf_proc *p);

/* proc_io.c */
void proc_send(void *ctx, struct ospf_if *ifp, uint32_t dst, const uint8_t *pkt, size_t len);

#endif
