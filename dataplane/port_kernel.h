/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel interface behind a virtual port (net_af_packet, net_af_xdp, net_tap). DPDK's drivers
 * for these tell neither carrier nor MTU as they are; the kernel does.
 */
#ifndef CULVERT_DATAPLANE_PORT_KERNEL_H
#define CULVERT_DATAPLANE_PORT_KERNEL_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** The interface that @devargs names with iface=; "" if none. @iface has IFNAMSIZ bytes. */
void port_kernel_iface(const char *devargs, char *iface);

/**
 * Before DPDK starts: does the interface exist, may we open it, does another dataplane use it?
 * It is then taken, until the process ends. @return 0, or -errno with one line in @why.
 */
int port_kernel_check(const char *devargs, char *why, size_t why_len);

/**
 * The devargs to start with: a net_af_packet port gets a ring of PORT_KERNEL_FRAMES frames, each
 * large enough for @max_mtu, and @n_queues queues, over which the kernel spreads flows, unless
 * @devargs says something else. @out has PORT_KERNEL_DEVARGS bytes. -E2BIG: @devargs is too long.
 */
#define PORT_KERNEL_DEVARGS 256
#define PORT_KERNEL_FRAMES  2048 /* the driver's 512 overflow in a burst of TCP */
/** Bytes of such a frame; DPDK's driver wants an mbuf to hold nearly all of it. */
uint32_t port_kernel_frame(uint16_t max_mtu);
int port_kernel_devargs(const char *devargs, uint16_t max_mtu, unsigned int n_queues, char *out);

/** How many packet sockets the driver will open for such a port; 0 for others. */
unsigned int port_kernel_queues(const char *devargs);

#define PORT_KERNEL_SOCKETS 32 /* one per queue: of workers and for control packets */

/** What the kernel dropped since the last call because the rings of @fds were full. */
uint64_t port_kernel_drops(const int *fds, unsigned int n);

/** What the kernel says now. -errno: the interface is gone. */
int port_kernel_state(const char *iface, bool *running, uint16_t *mtu);

#endif
