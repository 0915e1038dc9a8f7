/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The packet sockets of net_af_packet ports: set as DPDK's driver does not set them, and made and
 * closed all at once. For starting and stopping, by the main core only.
 */
#ifndef CULVERT_DATAPLANE_PORT_SOCKET_H
#define CULVERT_DATAPLANE_PORT_SOCKET_H

#define PORT_SOCKETS_MAX 256 /* of all ports */

/** DPDK is going to start, with drivers that make @n packet sockets with rings. */
void port_sockets_begin(unsigned int n);
/** It has. What was prepared and not used is closed. */
void port_sockets_end(void);

/** Those of an interface, into @fds, in the order of its queues. Returns how many. */
unsigned int port_sockets_of(int if_index, int *fds, unsigned int max);

/** Close @n descriptors of packet sockets, of which nobody else has another one. */
void port_sockets_close(const int *fds, unsigned int n);

#endif
