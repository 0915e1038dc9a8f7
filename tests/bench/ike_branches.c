/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Thousands of branches for a hub on the wire: one engine of ours with as many addresses, on two
 * UDP sockets. Its namespace takes all of 10.0.0.0/8 for its own (`ip route add local`), the hub is
 * 1.1.1.2. It is driven by lines on standard input, and answers each with one line of JSON when
 * what it asks for has happened:
 *
 *   up FROM TO WINDOW      branches FROM to TO - 1 call, WINDOW of them at a time
 *   rekey FROM TO WINDOW   they rekey their Child SA
 *   dpd SECONDS            they ask whether the hub is alive, once a second, for so long
 *   state                  how many are up, and what has happened so far
 *
 * tests/bench/ike_wire.py starts it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>


#include "common/wire.h"
#include "controlplane/vpn/udp.h"
#include "tests/bench/bench_ike.h"

#define LIMIT_MS   120000 /* for one command */
#define RCVBUF     (32 << 20)
#define PER_TURN   64 /* datagrams */
#define MSG_LEN    8192
#define MARKER_LEN 4 /* RFC 3948 section 2.2 */

enum what { IDLE, UP, REKEY, ASKING };

struct branch {
	uint64_t child;
	bool up, pending;
};

static struct {
	struct ike_engine *e;
	struct branch *b;
	uint32_t n, n_up, next_spi;
	uint16_t group;
	const char *certs, *pki;
	bool tunnel; /* mode */
	bool named;  /* b7.branch.example.com, for a hub that knows no address */
	int fd[2];   /* port 500, 4500 */
	enum what what;
	uint32_t next, to, window, n_pending, n_done;
	uint64_t began_ms, last_ms, deadline_ms, asked;
	uint64_t n_added, n_deleted, n_failed;
} st;

/* ---- sockets -------------------------------------------------------------------------------- */

union pktinfo_room {
	struct cmsghdr align;
	uint8_t room[CMSG_SPACE(sizeof(struct in_pktinfo))];
};

static int
open_port(uint16_t port)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), on = 1,
	    size = RCVBUF;

	if (fd < 0 || setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on)) != 0 ||
			bind(fd, (struct sockaddr *)&any, sizeof(any)) != 0)
		give_up("a UDP port cannot be opened");
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	return fd;
}

static void
send_from(const struct ike_path *path, const uint8_t *msg, size_t len, bool bare)
{
	static const uint8_t marker[MARKER_LEN];
	bool natt = path->local_port == UDP_PORT_IKE_NATT;
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(path->remote_port),
		.sin_addr.s_addr = htonl(path->remote) };
	struct iovec iov[2] = { { (void *)(uintptr_t)marker, natt && !bare ? MARKER_LEN : 0 },
		{ (void *)(uintptr_t)msg, len } };
	struct in_pktinfo from = { .ipi_spec_dst.s_addr = htonl(path->local) };
	union pktinfo_room room = { 0 };
	struct msghdr m = { .msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_iov = iov,
		.msg_iovlen = 2,
		.msg_control = &room,
		.msg_controllen = sizeof(room) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(from));
	memcpy(CMSG_DATA(c), &from, sizeof(from));
	if (sendmsg(st.fd[natt], &m, 0) < 0 && errno != EAGAIN && errno != ENOBUFS)
		st.n_failed++; /* the engine sends it again */
}

/* One datagram into the engine. False: there is none. */
static bool
take(int i)
{
	uint8_t msg[MSG_LEN];
	struct sockaddr_in from;
	union pktinfo_room room;
	struct iovec iov = { msg, sizeof(msg) };
	struct msghdr m = { .msg_name = &from,
		.msg_namelen = sizeof(from),
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &room,
		.msg_controllen = sizeof(room) };
	ssize_t n = recvmsg(st.fd[i], &m, 0);
	size_t skip = i == 1 ? MARKER_LEN : 0;
	struct ike_path path = { .local_port = i == 1 ? UDP_PORT_IKE_NATT : UDP_PORT_IKE };
	struct in_pktinfo to;

	if (n < 0)
		return false;
	if ((size_t)n <= skip || CMSG_FIRSTHDR(&m) == NULL)
		return true;
	memcpy(&to, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(to));
	path.local = ntohl(to.ipi_addr.s_addr);
	path.remote = ntohl(from.sin_addr.s_addr);
	path.remote_port = ntohs(from.sin_port);
	/* ESP in UDP has an SPI where IKE has its marker of zeros. */
	if (skip == 0 || memcmp(msg, (uint8_t[MARKER_LEN]){ 0 }, MARKER_LEN) == 0)
		ike_input(st.e, &path, msg + skip, (size_t)n - skip, mono_ms());
	return true;
}

/* ---- the engine's callbacks ----------------------------------------------------------------- */

static void
op_send(void *ctx, const struct ike_path *path, const uint8_t *msg, size_t len)
{
	send_from(path, msg, len, false);
}

static void
op_keepalive(void *ctx, const struct ike_path *path)
{
	static const uint8_t keepalive = 0xff;

	send_from(path, &keepalive, 1, true);
}

static uint32_t
op_spi_alloc(void *ctx, uint32_t tun_id)
{
	return 4096 + st.next_spi++;
}

static void
op_spi_free(void *ctx, uint32_t spi)
{
}

static int
op_child_add(void *ctx, const struct ike_child_sa *c, uint64_t replaces, bool use_out)
{
	struct branch *b = &st.b[c->tun_id];

	st.n_added++;
	st.n_up += !b->up;
	b->up = true;
	b->child = c->id;
	if (b->pending) {
		b->pending = false;
		st.n_pending--;
		st.n_done++;
		st.last_ms = mono_ms();
	}
	return 0;
}

static void
op_child_use_out(void *ctx, uint64_t id)
{
}

static void
op_child_del(void *ctx, uint64_t id)
{
	st.n_deleted++;
}

static void
op_peer_state(void *ctx, const char *peer, enum ike_peer_state state, const char *why)
{
	uint32_t i = (uint32_t)strtoul(peer + strlen("branch-"), NULL, 10);

	if (state == IKE_PEER_ESTABLISHED || state == IKE_PEER_CONNECTING)
		return;
	st.n_up -= st.b[i].up;
	st.b[i].up = false;
	if (st.n_failed++ < 5)
		fprintf(stderr, "%s: %s\n", peer, why);
}

static int64_t
op_wall_s(void *ctx)
{
	return (int64_t)time(NULL);
}

static struct ike_peer_cfg
branch_cfg(uint32_t i, bool ask)
{
	struct ike_peer_cfg c = duo_cfg(BRANCH, i, st.group);

	c.transport = !st.tunnel;
	c.esp_proposals[0].esn = false;
	c.retransmit_tries = 7;
	if (st.named) {
		c.local_id.type = IKE_ID_FQDN;
		c.local_id.len = (uint8_t)snprintf((char *)c.local_id.data,
				sizeof(c.local_id.data), "b%u.branch.example.com", i);
	}
	if (ask) {
		c.dpd_interval_s = 1;
		c.dpd_retry_s = 5;
		c.dpd_count = 3;
	}
	return c;
}

static void
peers_set(bool ask)
{
	for (uint32_t i = 0; i < st.n; i++) {
		struct ike_peer_cfg c = branch_cfg(i, ask);

		if (ike_peer_set(st.e, &c, mono_ms()) != 0)
			give_up("a peer is refused");
	}
}

/* ---- commands ------------------------------------------------------------------------------- */

static void
sum_asked(void *arg, const struct ike_peer_show *p)
{
	*(uint64_t *)arg += p->live.n_answered;
}

static uint64_t
answered(void)
{
	uint64_t n = 0;

	ike_for_each_peer(st.e, mono_ms(), sum_asked, &n);
	return n;
}

static void
say_state(void)
{
	printf("{\"up\": %u, \"added\": %llu, \"deleted\": %llu, \"failed\": %llu}\n", st.n_up,
			(unsigned long long)st.n_added, (unsigned long long)st.n_deleted,
			(unsigned long long)st.n_failed);
}

static void
command(const char *line)
{
	char word[16];
	uint32_t a = 0, b = 0, c = 0;

	if (sscanf(line, "%15s %u %u %u", word, &a, &b, &c) < 1)
		give_up("an empty command");
	st.began_ms = st.last_ms = mono_ms();
	st.deadline_ms = st.began_ms + LIMIT_MS;
	st.n_done = 0;
	st.n_pending = 0;
	if ((strcmp(word, "up") == 0 || strcmp(word, "rekey") == 0) && a < b && b <= st.n &&
			c > 0) {
		st.what = word[0] == 'u' ? UP : REKEY;
		st.next = a;
		st.to = b;
		st.window = c;
	} else if (strcmp(word, "dpd") == 0 && a > 0) {
		peers_set(true);
		st.what = ASKING;
		st.asked = answered();
		st.deadline_ms = st.began_ms + (uint64_t)a * 1000;
	} else if (strcmp(word, "state") == 0) {
		say_state();
	} else {
		give_up("no such command");
	}
}

static void
begin_more(void)
{
	while ((st.what == UP || st.what == REKEY) && st.n_pending < st.window && st.next < st.to) {
		uint32_t i = st.next++;

		st.b[i].pending = true;
		st.n_pending++;
		if (st.what == UP)
			ike_peer_acquire(st.e, i, mono_ms());
		else
			ike_child_rekey(st.e, st.b[i].child, false, mono_ms());
	}
}

/* Has the command come to its end? */
static void
look(uint64_t now_ms)
{
	bool late = now_ms >= st.deadline_ms;

	if (st.what == IDLE || (st.what == ASKING && !late))
		return;
	if (st.what == ASKING) {
		printf("{\"done\": %llu, \"ms\": %llu}\n",
				(unsigned long long)(answered() - st.asked),
				(unsigned long long)(now_ms - st.began_ms));
		peers_set(false);
	} else if (late || (st.next == st.to && st.n_pending == 0)) {
		printf("{\"done\": %u, \"ms\": %llu}\n", st.n_done,
				(unsigned long long)(st.last_ms - st.began_ms));
	} else {
		return;
	}
	st.what = IDLE;
}

/* ---- life ----------------------------------------------------------------------------------- */

static void
engine_new(void)
{
	static const struct ike_ops ops = { .send = op_send,
		.keepalive = op_keepalive,
		.random = random_bytes,
		.spi_alloc = op_spi_alloc,
		.spi_free = op_spi_free,
		.child_add = op_child_add,
		.child_use_out = op_child_use_out,
		.child_del = op_child_del,
		.peer_state = op_peer_state,
		.wall_s = op_wall_s };
	const struct ike_limits limits = { .max_calls = st.n };

	st.b = calloc(st.n, sizeof(*st.b));
	st.e = ike_engine_new(&ops, NULL, &limits, mono_ms());
	if (st.b == NULL || st.e == NULL)
		give_up("out of memory");
	if (st.certs != NULL)
		creds_make(st.certs, st.n, (int64_t)time(NULL), st.pki);
	peers_set(false);
}

static int
wait_ms(void)
{
	uint64_t next = ike_next_ms(st.e), now = mono_ms();

	if (st.what != IDLE && next > st.deadline_ms)
		next = st.deadline_ms;
	if (next <= now)
		return 0;
	return next - now > 1000 ? 1000 : (int)(next - now);
}

/* Until standard input ends. */
static void
run(void)
{
	struct pollfd p[3] = { { .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = st.fd[0], .events = POLLIN }, { .fd = st.fd[1], .events = POLLIN } };
	char line[128];

	for (;;) {
		begin_more();
		look(mono_ms());
		fflush(stdout);
		if (poll(p, 3, wait_ms()) < 0)
			give_up("poll");
		for (int i = 0; i < 2; i++)
			for (int k = 0; k < PER_TURN && take(i); k++)
				;
		ike_tick(st.e, mono_ms());
		if (p[0].revents == 0 || st.what != IDLE)
			continue;
		if (fgets(line, sizeof(line), stdin) == NULL)
			return;
		command(line);
	}
}

int
main(int argc, char **argv)
{
	static const struct option longs[] = { { "branches", required_argument, NULL, 'n' },
		{ "group", required_argument, NULL, 'g' },
		{ "certs", required_argument, NULL, 'c' },
		{ "pki", required_argument, NULL, 'p' }, { "tunnel", no_argument, NULL, 't' },
		{ "named", no_argument, NULL, 'i' },
		{ 0 } };
	int o;

	st.group = IKE_GROUP_X25519;
	while ((o = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (o == 'n')
			st.n = (uint32_t)strtoul(optarg, NULL, 10);
		else if (o == 'g')
			st.group = (uint16_t)strtoul(optarg, NULL, 10);
		else if (o == 'c')
			st.certs = optarg;
		else if (o == 'p')
			st.pki = optarg;
		else if (o == 't')
			st.tunnel = true;
		else if (o == 'i')
			st.named = true;
		else
			return 2;
	}
	if (st.n == 0)
		give_up("how many --branches?");
	setvbuf(stdin, NULL, _IONBF, 0);
	st.fd[0] = open_port(UDP_PORT_IKE);
	st.fd[1] = open_port(UDP_PORT_IKE_NATT);
	engine_new();
	printf("{\"ready\": true}\n");
	run();
	ike_engine_free(st.e, false);
	creds_drop();
	free(st.b);
	return 0;
}
