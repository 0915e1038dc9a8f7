/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net_af_packet without the kernel's reassembly, and with queues of our choice.
 *
 * DPDK 22.11's driver puts its sockets into a fanout group with PACKET_FANOUT_FLAG_DEFRAG: the
 * kernel then joins fragments before the port receives them, longer than the port's MTU and cut off
 * at the end of the ring's frame. A router forwards fragments as they are. It also sets
 * PACKET_FANOUT_FLAG_ROLLOVER, which moves packets of a full queue to another one, where another
 * worker may send them before their predecessors. And it has the kernel choose queues by hash
 * alone; here a program of ours does (port_steer.c), given when the port starts.
 *
 * The driver has no option for any of it, so the flags are taken out where they are set: the driver
 * is a shared object, and finds this setsockopt() before the C library's (see
 * export-dynamic-symbol in meson.build).
 */
#include <linux/if_packet.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FANOUT_UNWANTED \
	((uint32_t)(PACKET_FANOUT_FLAG_DEFRAG | PACKET_FANOUT_FLAG_ROLLOVER) << 16)

#define FANOUT_TYPE ((uint32_t)0xff << 16)

int
setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	uint32_t fanout;

	if (level == SOL_PACKET && name == PACKET_FANOUT && len == sizeof(fanout)) {
		memcpy(&fanout, value, sizeof(fanout));
		fanout &= ~(FANOUT_UNWANTED | FANOUT_TYPE);
		fanout |= (uint32_t)PACKET_FANOUT_CBPF << 16;
		value = &fanout;
	}
	return (int)syscall(SYS_setsockopt, fd, level, name, value, len);
}
