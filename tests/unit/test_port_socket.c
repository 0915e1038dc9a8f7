/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Packet sockets as DPDK's driver makes them, one after the other (dataplane/port_socket.c): here
 * the test is the driver. In a network namespace of its own, on the loopback interface.
 */
#include <arpa/inet.h>
#include <dirent.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cu.h"
#include "dataplane/port_socket.h"

#define N_QUEUES 3

static const struct tpacket_req usual = { .tp_block_size = 4096, .tp_block_nr = 16,
	.tp_frame_size = 2048, .tp_frame_nr = 32 };
static const struct tpacket_req larger = { .tp_block_size = 4096, .tp_block_nr = 64,
	.tp_frame_size = 2048, .tp_frame_nr = 128 };

static unsigned int
descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned int n = 0;

	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static bool
option_set(int fd, int name, int value)
{
	return setsockopt(fd, SOL_PACKET, name, &value, sizeof(value)) == 0;
}

/* Can both rings be mapped, and no more than that? Packet rings are mapped as a whole. */
static bool
rings_are(int fd, const struct tpacket_req *ring)
{
	size_t len = 2 * (size_t)ring->tp_block_size * ring->tp_block_nr;
	void *at = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		return false;
	munmap(at, len);
	return true;
}

static int
value_of(int fd, int level, int name)
{
	socklen_t len = sizeof(int);
	int value = -1;

	return getsockopt(fd, level, name, &value, &len) == 0 ? value : -1;
}

/* A queue as the driver makes it; its descriptor. */
static int
queue_make(const struct tpacket_req *ring, int group)
{
	struct sockaddr_ll sa = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex("lo") };
	uint32_t fanout = (uint32_t)group |
			(uint32_t)(PACKET_FANOUT_HASH | PACKET_FANOUT_FLAG_DEFRAG) << 16;
	int fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));

	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT(value_of(fd, SOL_SOCKET, SO_PROTOCOL) == 0); /* deaf until it is bound */
	CU_ASSERT(option_set(fd, PACKET_VERSION, TPACKET_V2) && option_set(fd, PACKET_LOSS, 1));
	CU_ASSERT(setsockopt(fd, SOL_PACKET, PACKET_RX_RING, ring, sizeof(*ring)) == 0);
	CU_ASSERT(setsockopt(fd, SOL_PACKET, PACKET_TX_RING, ring, sizeof(*ring)) == 0);
	CU_ASSERT(rings_are(fd, ring));
	CU_ASSERT(bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0);
	CU_ASSERT(setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &fanout, sizeof(fanout)) == 0);
	CU_ASSERT(value_of(fd, SOL_PACKET, PACKET_VERSION) == TPACKET_V2);
	CU_ASSERT(value_of(fd, SOL_PACKET, PACKET_LOSS) == 1);
	CU_ASSERT(value_of(fd, SOL_PACKET, PACKET_FANOUT) >> 16 == PACKET_FANOUT_CBPF);
	return fd;
}

/* The queues of @rings with @n_expected announced: all as asked for, in order, nothing left. */
static void
ports_make(unsigned int n_expected, const struct tpacket_req *rings[N_QUEUES])
{
	unsigned int before = descriptors();
	int fds[N_QUEUES], found[N_QUEUES + 1];
	int lo = (int)if_nametoindex("lo");

	port_sockets_begin(n_expected);
	for (int i = 0; i < N_QUEUES; i++)
		fds[i] = queue_make(rings[i], 1);
	port_sockets_end();
	CU_ASSERT(descriptors() == before + N_QUEUES);
	CU_ASSERT(port_sockets_of(lo, found, N_QUEUES + 1) == N_QUEUES);
	CU_ASSERT(memcmp(fds, found, sizeof(fds)) == 0);
	CU_ASSERT(port_sockets_of(lo + 1, found, N_QUEUES) == 0);
	port_sockets_close(fds, N_QUEUES);
	CU_ASSERT(descriptors() == before);
	CU_ASSERT(port_sockets_of(lo, found, N_QUEUES) == 0);
}

static void
test_all_alike(void)
{
	const struct tpacket_req *rings[N_QUEUES] = { &usual, &usual, &usual };

	for (unsigned int expected = 0; expected <= N_QUEUES + 2; expected++)
		ports_make(expected, rings);
}

static void
test_one_is_different(void)
{
	for (unsigned int odd = 0; odd < N_QUEUES; odd++) {
		const struct tpacket_req *rings[N_QUEUES] = { &usual, &usual, &usual };

		rings[odd] = &larger;
		ports_make(N_QUEUES, rings);
	}
}

/* Other families, and packet sockets of nobody that was announced, are as ever. */
static void
test_others(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0), on = 1;

	CU_ASSERT(fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0);
	CU_ASSERT(value_of(fd, SOL_SOCKET, SO_REUSEADDR) == 1);
	close(fd);
	close(queue_make(&usual, 2));
}

static const struct cu_case cases[] = {
	CU_CASE(test_all_alike),
	CU_CASE(test_one_is_different),
	CU_CASE(test_others),
};

int
main(void)
{
	if (geteuid() != 0 || unshare(CLONE_NEWNET) != 0) {
		printf("skipped: needs root and a network namespace\n");
		return 77;
	}
	return cu_run("port sockets", cases, sizeof(cases) / sizeof(cases[0]));
}
