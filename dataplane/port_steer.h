/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which queue of a net_af_packet port a frame goes to: a classic BPF program that the kernel runs
 * for each frame (PACKET_FANOUT_CBPF). A flood of data then fills the rings of data queues only:
 *
 *     queue 0     OSPF, VRRP: what neighbours would declare us dead without
 *     queue 1     ARP, neighbour discovery, IKE
 *     the others  everything else, by a hash of the flow
 *
 * With fewer than three queues there is no room for that, and all of them take everything.
 */
#ifndef CULVERT_DATAPLANE_PORT_STEER_H
#define CULVERT_DATAPLANE_PORT_STEER_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

#define PORT_STEER_CONTROL 2  /* queues for what is not data */
#define PORT_STEER_QUEUES  16 /* that the driver can have */
#define PORT_STEER_INSNS   64 /* room for the program */

/** Queues of a port: one for the data of each worker and, if there can be so many, control's. */
static inline unsigned int
port_steer_queues(unsigned int n_workers)
{
	unsigned int n = n_workers + PORT_STEER_CONTROL;

	return n <= PORT_STEER_QUEUES ? n : n_workers;
}

/** The program for @n_queues queues, of which the first @n_control (0 or PORT_STEER_CONTROL) are
 *  for control. Returns its length. */
unsigned int port_steer_program(
		struct sock_filter prog[PORT_STEER_INSNS], unsigned int n_queues,
		unsigned int n_control);

/** Let the kernel run it for the port with these sockets. 0 or -errno. */
int port_steer(int socket, unsigned int n_queues, unsigned int n_control);

#endif
