/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control plane as a whole: what its parts find each other through. Each part has one struct
 * of its own, made by its module's init and reached from here; engines (IKE, ARP, RIB) know
 * nothing of this file.
 */
#ifndef CULVERT_CONTROLPLANE_CP_H
#define CULVERT_CONTROLPLANE_CP_H

#include <event2/event.h>
#include <stdbool.h>
#include <stdint.h>

#include "controlplane/args.h"

struct cfg;
struct dplink;    /* dataplane/dplink.h: the attachment to the dataplane */
struct mirror;    /* dataplane/mirror.h: what the dataplane should hold */
struct reconcile; /* dataplane/reconcile.h: configuration and state to the mirror */
struct ifaces;    /* iface/iface.h: interfaces and their ports */
struct neigh;     /* neigh/neigh.h: neighbours of one family */
struct rib6;      /* rib/rib6.h: IPv6 routes */
struct rib;       /* rib/rib.h: routes */
struct tunnels;   /* tunnel/tunnel.h: tunnels and whether they are up */
struct tracks;    /* track/tracks.h: tracked objects and probes */
struct pings;     /* track/pings.h: ping and traceroute */
struct ospf_proc; /* ospf/proc.h: OSPF */
struct vrrps;     /* vrrp/vrrps.h: virtual routers */
struct ras;       /* ra/ras.h: router advertisements */
struct vpn;       /* vpn/vpn.h: IKE and the SAs it makes */
struct store;     /* config/store.h: numbered versions on disk */
struct txn;       /* config/transaction.h: changes of the configuration */
struct mgmt_server;
struct events; /* util/events.h: what has changed its state */
struct show; /* show/show.h: snapshots for people */

/* How late the loop was: of a timer that should fire every second. */
struct cp_lateness {
	uint64_t due_ms;
	uint64_t max_ms; /* worst since the start */
	uint64_t n_late; /* times it was more than CP_LATE_MS late */
};
#define CP_LATE_MS 50

/* Events of the loop: what must keep its beat goes first. */
enum cp_priority { CP_PRIORITY_BEAT, CP_PRIORITY_USUAL, CP_N_PRIORITIES };

struct cp {
	struct args args;
	struct event_base *base;
	uint64_t started_ms;
	const struct cfg *cfg; /* what is applied, or being applied */
	struct store *store;
	struct txn *txn;
	struct mgmt_server *mgmt;
	struct dplink *dplink;
	struct mirror *mirror;
	struct reconcile *reconcile;
	struct ifaces *ifaces;
	struct neigh *neigh;
	struct rib *rib;
	struct neigh *neigh6;
	struct rib6 *rib6;
	struct tunnels *tunnels;
	struct vpn *vpn;
	struct vrrps *vrrps;
	struct ras *ras;
	struct tracks *tracks;
	struct pings *pings;
	struct ospf_proc *ospf;
	struct show *show;
	struct events *events;
	struct cp_lateness lateness;
	bool failed;   /* stopping because it makes no sense to go on */
	bool reloading; /* ending as a process that is killed does, so that the next one goes on */
	bool stopping; /* parts are being taken down: nothing new is begun */
	struct event *reload;
	struct event *second, *sigterm, *sigint, *sighup, *sigusr1;
};

/** CLOCK_MONOTONIC in milliseconds. */
uint64_t cp_now_ms(void);
/** The same clock in microseconds. */
uint64_t cp_now_us(void);

#endif
