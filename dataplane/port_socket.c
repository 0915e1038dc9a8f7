/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * net_af_packet without the kernel's reassembly, with queues of our choice, and started quickly.
 *
 * DPDK 22.11's driver puts its sockets into a fanout group with PACKET_FANOUT_FLAG_DEFRAG: the
 * kernel then joins fragments before the port receives them, longer than the port's MTU and cut off
 * at the end of the ring's frame. A router forwards fragments as they are. It also sets
 * PACKET_FANOUT_FLAG_ROLLOVER, which moves packets of a full queue to another one, where another
 * worker may send them before their predecessors. And it has the kernel choose queues by hash
 * alone; here a program of ours does (port_steer.c), given when the port starts.
 *
 * Its sockets take frames of all interfaces until they are bound to theirs. Here they take none.
 *
 * Each ring costs a wait for all CPUs in the kernel (synchronize_net(), 8 to 20 ms), another one
 * the binding of a socket that takes frames, and the end of a socket three; a port has three
 * sockets or more, and the driver makes them one after the other. So when it wants the first ring,
 * threads make as many sockets as it will want, like the first one and with the same rings, and
 * wait at the same time. Each later socket of the driver is exchanged for one of these when it
 * asks for its first ring. One that is set in another way is left alone.
 *
 * The driver has no option for any of it, so it is done where the driver calls the C library: it is
 * a shared object, and finds this socket() and setsockopt() before the C library's (see
 * export-dynamic-symbol in meson.build).
 */
#include <fcntl.h>
#include <linux/if_packet.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "dataplane/port_socket.h"

#define FANOUT_UNWANTED \
	((uint32_t)(PACKET_FANOUT_FLAG_DEFRAG | PACKET_FANOUT_FLAG_ROLLOVER) << 16)

#define FANOUT_TYPE ((uint32_t)0xff << 16)

#define RECIPE_OPTS 8

/* What a socket has been told before its first ring, which is for both directions. */
struct recipe {
	int fd;
	unsigned int n; /* RECIPE_OPTS + 1: more than there is room for */
	struct {
		int name;
		int value;
	} opt[RECIPE_OPTS];
	struct tpacket_req ring;
};

/* A socket that is made, or closed, by a thread. */
struct job {
	pthread_t thread;
	bool running;
	int fd; /* -1: it could not be made */
};

static struct {
	bool on;
	unsigned int n_wanted;
	struct recipe now;   /* of the socket that the driver sets up */
	struct recipe first; /* by which the others are made; n_jobs != 0 */
	int whole;           /* has been exchanged: has its rings */
	struct job jobs[PORT_SOCKETS_MAX];
	unsigned int n_jobs, n_taken;
	int queues[PORT_SOCKETS_MAX]; /* in the order in which they joined their groups */
	unsigned int n_queues;
} ahead = { .now.fd = -1, .whole = -1 };

static int
set(int fd, int level, int name, const void *value, socklen_t len)
{
	return (int)syscall(SYS_setsockopt, fd, level, name, value, len);
}

static int
set_ring(int fd, int name, const struct tpacket_req *ring)
{
	return set(fd, SOL_PACKET, name, ring, sizeof(*ring));
}

static void *
job_make(void *arg)
{
	struct job *j = arg;
	const struct recipe *r = &ahead.first;
	int fd = (int)syscall(SYS_socket, AF_PACKET, SOCK_RAW, 0), err = fd < 0 ? -1 : 0;

	for (unsigned int i = 0; err == 0 && i < r->n; i++)
		err = set(fd, SOL_PACKET, r->opt[i].name, &r->opt[i].value, sizeof(int));
	if (err == 0)
		err = set_ring(fd, PACKET_RX_RING, &r->ring);
	if (err == 0)
		err = set_ring(fd, PACKET_TX_RING, &r->ring);
	if (err != 0 && fd >= 0)
		close(fd);
	j->fd = err == 0 ? fd : -1;
	return NULL;
}

static void *
job_close(void *arg)
{
	const struct job *j = arg;

	close(j->fd);
	return NULL;
}

/* Without a thread it is done at once. */
static void
job_start(struct job *j, void *(*fn)(void *))
{
	j->running = pthread_create(&j->thread, NULL, fn, j) == 0;
	if (!j->running)
		fn(j);
}

static void
job_wait(struct job *j)
{
	if (j->running)
		pthread_join(j->thread, NULL);
	j->running = false;
}

static void
recipe_note(struct recipe *r, int fd, int name, const void *value, socklen_t len)
{
	if (fd != r->fd)
		*r = (struct recipe){ .fd = fd };
	if (r->n >= RECIPE_OPTS || len != sizeof(int)) {
		r->n = RECIPE_OPTS + 1;
		return;
	}
	r->opt[r->n].name = name;
	memcpy(&r->opt[r->n++].value, value, sizeof(int));
}

static bool
recipe_same(const struct recipe *a, const struct recipe *b)
{
	return a->n == b->n && memcmp(a->opt, b->opt, a->n * sizeof(a->opt[0])) == 0 &&
			memcmp(&a->ring, &b->ring, sizeof(a->ring)) == 0;
}

/* One that was made takes the place of @fd, whose own socket is closed meanwhile. */
static bool
exchange(int fd)
{
	struct job *j = &ahead.jobs[ahead.n_taken++];
	int old;

	job_wait(j);
	old = j->fd >= 0 ? fcntl(fd, F_DUPFD_CLOEXEC, 0) : -1;
	if (old < 0)
		return false;
	if (dup2(j->fd, fd) != fd) {
		close(old);
		return false;
	}
	close(j->fd);
	j->fd = old;
	job_start(j, job_close);
	return true;
}

/* The driver wants a ring. Has its socket got it without that? */
static bool
ring_is_there(int fd, int name, const void *value, socklen_t len)
{
	struct recipe *r = &ahead.now;

	if (!ahead.on || len != sizeof(r->ring))
		return false;
	if (name == PACKET_TX_RING)
		return fd == ahead.whole && memcmp(value, &ahead.first.ring, len) == 0;
	if (fd != r->fd || r->n > RECIPE_OPTS)
		return false;
	memcpy(&r->ring, value, len);
	if (ahead.n_jobs == 0) {
		ahead.first = *r;
		while (ahead.n_jobs + 1 < ahead.n_wanted)
			job_start(&ahead.jobs[ahead.n_jobs++], job_make);
		return false;
	}
	if (ahead.n_taken == ahead.n_jobs || !recipe_same(r, &ahead.first) || !exchange(fd))
		return false;
	ahead.whole = fd;
	return true;
}

/* Each queue's socket joins its port's group, one after the other. */
static int
fanout_set(int fd, uint32_t fanout)
{
	int err;

	fanout &= ~(FANOUT_UNWANTED | FANOUT_TYPE);
	fanout |= (uint32_t)PACKET_FANOUT_CBPF << 16;
	err = set(fd, SOL_PACKET, PACKET_FANOUT, &fanout, sizeof(fanout));
	if (err == 0 && ahead.on && ahead.n_queues < PORT_SOCKETS_MAX)
		ahead.queues[ahead.n_queues++] = fd;
	return err;
}

int
socket(int domain, int type, int protocol)
{
	return (int)syscall(SYS_socket, domain, type, domain == AF_PACKET ? 0 : protocol);
}

int
setsockopt(int fd, int level, int name, const void *value, socklen_t len)
{
	uint32_t fanout;

	if (level == SOL_PACKET && (name == PACKET_RX_RING || name == PACKET_TX_RING)) {
		if (ring_is_there(fd, name, value, len))
			return 0;
	} else if (level == SOL_PACKET && name == PACKET_FANOUT && len == sizeof(fanout)) {
		memcpy(&fanout, value, sizeof(fanout));
		return fanout_set(fd, fanout);
	} else if (level == SOL_PACKET && ahead.on) {
		recipe_note(&ahead.now, fd, name, value, len);
	}
	return set(fd, level, name, value, len);
}

void
port_sockets_begin(unsigned int n)
{
	ahead.on = true;
	ahead.n_queues = 0;
	ahead.n_wanted = n < PORT_SOCKETS_MAX ? n : PORT_SOCKETS_MAX;
}

void
port_sockets_end(void)
{
	for (unsigned int i = ahead.n_taken; i < ahead.n_jobs; i++) {
		job_wait(&ahead.jobs[i]);
		if (ahead.jobs[i].fd >= 0)
			job_start(&ahead.jobs[i], job_close);
	}
	for (unsigned int i = 0; i < ahead.n_jobs; i++)
		job_wait(&ahead.jobs[i]);
	ahead.on = false;
	ahead.n_jobs = ahead.n_taken = 0;
}

unsigned int
port_sockets_of(int if_index, int *fds, unsigned int max)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < ahead.n_queues && n < max; i++) {
		struct sockaddr_ll sa = { .sll_family = AF_UNSPEC };
		socklen_t len = sizeof(sa);

		if (getsockname(ahead.queues[i], (struct sockaddr *)&sa, &len) == 0 &&
				sa.sll_family == AF_PACKET && sa.sll_ifindex == if_index)
			fds[n++] = ahead.queues[i];
	}
	return n;
}

void
port_sockets_close(const int *fds, unsigned int n)
{
	struct job jobs[PORT_SOCKETS_MAX] = { 0 };

	for (unsigned int i = 0; i < n && i < PORT_SOCKETS_MAX; i++) {
		jobs[i].fd = fds[i];
		job_start(&jobs[i], job_close);
	}
	for (unsigned int i = 0; i < n && i < PORT_SOCKETS_MAX; i++)
		job_wait(&jobs[i]);
}
