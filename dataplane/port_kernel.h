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

/** What the kernel says now. -errno: the interface is gone. */
int port_kernel_state(const char *iface, bool *running, uint16_t *mtu);

#endif
