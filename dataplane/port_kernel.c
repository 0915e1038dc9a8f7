/* SPDX-License-Identifier: BSD-3-Clause */
/* The kernel interface behind a virtual port; see port_kernel.h. */
#include <errno.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/patience.h"
#include "dataplane/port_kernel.h"

void
port_kernel_iface(const char *devargs, char *iface)
{
	const char *at = strstr(devargs, ",iface=");
	size_t n;

	iface[0] = '\0';
	if (at == NULL)
		return;
	at += strlen(",iface=");
	n = strcspn(at, ",");
	if (n < IFNAMSIZ)
		snprintf(iface, IFNAMSIZ, "%.*s", (int)n, at);
}

/*
 * Two packet sockets on one interface would both get every packet, and nothing would say so.
 * Names of abstract sockets are per network namespace, as interfaces are, and go with the process:
 * just right for a lock. The descriptor is kept for good.
 */
static int
lock(const char *iface)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int n = snprintf(sa.sun_path + 1, sizeof(sa.sun_path) - 1, "culvert/port/%s", iface);
	size_t len = offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)n;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err = 0;

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&sa, (socklen_t)len) != 0) {
		err = -errno;
		close(fd);
	}
	return err;
}

/* May we open packet sockets? A raw socket of the Internet needs the same right, and the kernel
 * closes it at once; before it closes a packet socket, it waits for all CPUs. */
static int
may_open(void)
{
	int fd = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);

	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

int
port_kernel_check(const char *devargs, char *why, size_t why_len)
{
	struct patience patience = { 0 };
	char iface[IFNAMSIZ];
	int err;

	/* The others make their interface, or have none. */
	if (strncmp(devargs, "net_af_packet", 13) != 0 && strncmp(devargs, "net_af_xdp", 10) != 0)
		return 0;
	port_kernel_iface(devargs, iface);
	if (iface[0] == '\0') {
		snprintf(why, why_len, "--vdev %s: iface=NAME is missing or too long", devargs);
		return -EINVAL;
	}
	if (if_nametoindex(iface) == 0) {
		snprintf(why, why_len, "--vdev %s: there is no interface %s here", devargs, iface);
		return -ENODEV;
	}
	err = may_open();
	if (err != 0) {
		snprintf(why, why_len,
				"--vdev %s: no permission to open interface %s: start as root "
				"or with CAP_NET_RAW and CAP_NET_ADMIN",
				devargs, iface);
		return err;
	}
	do {
		err = lock(iface);
	} while (err == -EADDRINUSE && patience_more(&patience));
	if (err == -EADDRINUSE)
		snprintf(why, why_len, "--vdev %s: interface %s is in use by another dataplane",
				devargs, iface);
	else if (err != 0)
		snprintf(why, why_len, "--vdev %s: %s", devargs, strerror(-err));
	return err;
}

/*
 * The kernel puts its own header before each frame, so that the IP header comes at byte 80. Frames
 * fill the ring without gaps for the driver and do not cross blocks for the kernel, blocks are
 * whole pages: above 2048, only whole pages fit both.
 */
uint32_t
port_kernel_frame(uint16_t max_mtu)
{
	return max_mtu <= 2048 - 96 ? 2048 : (max_mtu + 96u + 4095u) & ~4095u;
}

int
port_kernel_devargs(const char *devargs, uint16_t max_mtu, unsigned int n_queues, char *out)
{
	unsigned int frame = port_kernel_frame(max_mtu);
	int n = snprintf(out, PORT_KERNEL_DEVARGS, "%s", devargs);

	if (strncmp(devargs, "net_af_packet", 13) != 0)
		return n < PORT_KERNEL_DEVARGS ? 0 : -E2BIG;
	if (n < PORT_KERNEL_DEVARGS && strstr(devargs, ",framesz=") == NULL &&
			strstr(devargs, ",blocksz=") == NULL && frame > 2048)
		n += snprintf(out + n, (size_t)(PORT_KERNEL_DEVARGS - n), ",blocksz=%u,framesz=%u",
				frame, frame);
	if (n < PORT_KERNEL_DEVARGS && strstr(devargs, ",framecnt=") == NULL)
		n += snprintf(out + n, (size_t)(PORT_KERNEL_DEVARGS - n), ",framecnt=%d",
				PORT_KERNEL_FRAMES);
	if (n < PORT_KERNEL_DEVARGS && n_queues > 1 && strstr(devargs, ",qpairs=") == NULL)
		n += snprintf(out + n, (size_t)(PORT_KERNEL_DEVARGS - n), ",qpairs=%u", n_queues);
	return n < PORT_KERNEL_DEVARGS ? 0 : -E2BIG;
}

unsigned int
port_kernel_queues(const char *devargs)
{
	const char *at = strstr(devargs, ",qpairs=");
	int n = at != NULL ? atoi(at + strlen(",qpairs=")) : 1;

	if (strncmp(devargs, "net_af_packet", 13) != 0 || n < 1)
		return 0;
	return (unsigned int)n;
}

uint64_t
port_kernel_drops(const int *fds, unsigned int n)
{
	uint64_t drops = 0;

	for (unsigned int i = 0; i < n; i++) {
		struct tpacket_stats s = { .tp_drops = 0 }; /* the kernel starts again from 0 */
		socklen_t len = sizeof(s);

		if (getsockopt(fds[i], SOL_PACKET, PACKET_STATISTICS, &s, &len) == 0)
			drops += s.tp_drops;
	}
	return drops;
}

int
port_kernel_state(const char *iface, bool *running, uint16_t *mtu)
{
	struct ifreq r = { .ifr_flags = 0 };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err = 0;

	if (fd < 0)
		return -errno;
	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", iface);
	if (ioctl(fd, SIOCGIFFLAGS, &r) != 0) {
		err = -errno;
		goto out;
	}
	*running = (r.ifr_flags & IFF_UP) != 0 && (r.ifr_flags & IFF_RUNNING) != 0;
	if (ioctl(fd, SIOCGIFMTU, &r) != 0) {
		err = -errno;
		goto out;
	}
	*mtu = (uint16_t)(r.ifr_mtu > UINT16_MAX ? UINT16_MAX : r.ifr_mtu);
out:
	close(fd);
	return err;
}
