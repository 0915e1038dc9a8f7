/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net_af_packet without the kernel's reassembly.
 *
 * DPDK 22.11's driver puts its sockets into a fanout group with PACKET_FANOUT_FLAG_DEFRAG: the
 * kernel then joins fragments before the port receives them, longer than the port's MTU and cut off
 * at the end of the ring's frame. A router forwards fragments as they are. The driver has no option
 * for it, so the flag is taken out where it is set: the driver is a shared object, and finds this
 * setsockopt() before the C library's (see export-dynamic-symbol in meson.build).
 */
#include <linux/if_packet.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FANOUT_DEFRAG ((uint32_t)PACKET_FANOUT_FLAG_DEFRAG << 16)

int
setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	uint32_t fanout;

	if (level == SOL_PACKET && name == PACKET_FANOUT && len == sizeof(fanout)) {
		memcpy(&fanout, value, sizeof(fanout));
		fanout &= ~FANOUT_DEFRAG;
		value = &fanout;
	}
	return (int)syscall(SYS_setsockopt, fd, level, name, value, len);
}
