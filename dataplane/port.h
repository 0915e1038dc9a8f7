/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ports: the Ethernet devices that DPDK found. The main core configures and watches them; workers
 * receive from their queues and send to theirs.
 */
#ifndef CULVERT_DATAPLANE_PORT_H
#define CULVERT_DATAPLANE_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_ethdev.h>
#include <rte_spinlock.h>

#include "common/channel.h"
#include "dataplane/args.h"
#include "dataplane/port_kernel.h"

struct rte_mempool;
struct rte_rcu_qsbr;

/** One port. Its index is what the rest of Culvert calls the port; @dev is DPDK's number for it. */
struct port {
	/* Read by workers at every poll, written by the main core. */
	uint8_t polled; /* the device is started and may be received from */
	uint8_t usable; /* up, link and all: may be sent to */
	uint16_t dev;
	uint16_t n_rxq;
	uint16_t n_control; /* of them, the first ones: for control packets only, worker 0's */
	uint16_t n_txq; /* fewer than workers: they share queues, each with its lock */
	rte_spinlock_t tx_lock[CHAN_MAX_WORKERS];

	/* Main core only. */
	char iface[IFNAMSIZ]; /* kernel interface, or "" */
	bool kernel_link;     /* its driver does not know the carrier: ask the kernel */
	int sockets[PORT_KERNEL_SOCKETS]; /* its driver's, to ask what the kernel dropped */
	unsigned int n_sockets;
	uint64_t kernel_drops;
	bool admin_up;
	bool all_promisc;     /* always promiscuous: it cannot be told to take all multicast */
	bool want_promisc;    /* the control plane wants it so */
	bool vmac_promisc;    /* virtual MAC addresses need it: its filter has no room for them */
	uint16_t vmacs[CHAN_PORT_VMACS]; /* in the device's filter, 0xXXYY as in struct chan_if */
	unsigned int n_vmacs;
	struct chan_port_info *info;
};

struct ports {
	struct port p[CHAN_MAX_PORTS];
	unsigned int n;
	unsigned int n_workers;
	uint16_t max_mtu;
	struct chan_stats *stats;
	struct rte_rcu_qsbr *rcu; /* set once workers run */
	/** A port's state changed. */
	void (*changed)(void *arg, unsigned int port);
	void *arg;
};

/**
 * Configure and start every device. @ps has n_workers, max_mtu, stats, changed and arg set.
 * @return 0, or -errno with one line for a person in @why.
 */
int ports_start(struct ports *ps, const struct args *a, struct rte_mempool *pool, char *why,
		size_t why_len);
/** Stop and close all. No worker may be running. */
void ports_stop(struct ports *ps);

/** Bring a port in line with @c. 0 or -ENOENT. What the device, or --max-mtu, does not allow stays
 *  as it is and is logged; the port table tells. */
int ports_set(struct ports *ps, const struct chan_port *c);

/** Receive frames to these virtual MAC addresses (0xXXYY as in struct chan_if), and no longer to
 *  those that were set before: by the device's filter, or promiscuous where it has none. */
void ports_vmacs_set(struct ports *ps, uint32_t port, const uint16_t *vmacs, unsigned int n);
/** Bring promiscuity in line with what is wanted of the port. */
void port_promisc_update(struct port *p);

/** Look at all links and raise changed(). Every 200 ms or so. */
void ports_poll_link(struct ports *ps);
/** Copy the devices' counters to the port table. Every second or so. */
void ports_poll_stats(struct ports *ps);

/** A descriptor that is readable when something waits in @queue of @port. -1: there is none. */
int ports_rx_fd(const struct ports *ps, unsigned int port, unsigned int queue);

/** How many of the port's first queues are for control packets, all of them worker 0's. */
unsigned int ports_rxq_control(const struct ports *ps, unsigned int port);
/** Which receive queue of port @port does worker @worker poll besides? -1: none. */
int ports_rxq_of(const struct ports *ps, unsigned int port, unsigned int worker);

#endif
