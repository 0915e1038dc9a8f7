/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of tunnel/ share. */
#ifndef CULVERT_CONTROLPLANE_TUNNEL_INT_H
#define CULVERT_CONTROLPLANE_TUNNEL_INT_H

#include "controlplane/tunnel/tunnel.h"
#include "controlplane/tunnel/tunnel_list.h"

struct event;

struct tunnels {
	struct cp *cp;
	struct tunnel_list list;  /* [n], side by side with @at */
	struct tunnel_list next;  /* for the next tunnels_update() */
	bool has_next;
	struct tunnel_state *at;
	uint32_t n;
	uint32_t *by_id; /* index + 1 by tun_id */
	uint32_t n_by_id;
	uint32_t *by_remote; /* [n] indices, by far end; NULL: to be made anew */
	struct event *soon;
	bool fresh;     /* the list is new, the RIB not yet: all are looked at when it is */
	bool all_due;   /* ... to look at all tunnels, not only at these: */
	uint32_t *due;  /* [n] indices */
	uint32_t n_due;
	struct { /* a look at all of them, some in a turn of the loop */
		bool on;
		uint32_t next, n_changed;
	} all;
	uint32_t looks_per_turn;
	uint64_t n_looks; /* at a tunnel, whether it is up */
	/* tunnel_alive.c */
	struct keepalives *keepalives;
	struct event *tick;
	/* tunnel_pmtu.c */
	uint32_t n_learned; /* tunnels with a path MTU */
	uint64_t n_icmp[PMTU_N_VERDICTS];
};

/* tunnel_alive.c: keepalives to and from the dataplane. */
int tunnels_alive_init(struct tunnels *x);
void tunnels_alive_fini(struct tunnels *x);
/** The configuration, and who has which id, may have changed. 0 or -ENOMEM. */
int tunnels_alive_update(struct tunnels *x);

#endif
