/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Both ends of the channel: handshake, messages, statistics. Wake-ups are in test_channel_wake.c,
 * the end of either side and hostile ones in test_channel_ends.c.
 */
#include <fcntl.h>
#include <grp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "chan_ends.h"
#include "controlplane/dataplane/chan_client_priv.h"

/* ---- handshake ---------------------------------------------------------------------------- */

static void
test_attach(void)
{
	struct chan_client *c;
	struct stat st;

	setup();
	CU_ASSERT(stat(fx.path, &st) == 0 && (st.st_mode & 0777) == 0600);
	CU_ASSERT(fx.workers[0]->rings == NULL);
	c = attach();
	CU_ASSERT(fx.workers[0]->rings != NULL && fx.workers[1]->rings != NULL);
	CU_ASSERT(chan_client_boot_id(c) == fx.region.stats->boot_id);
	CU_ASSERT_STRING_EQUAL(chan_client_version(c), CULVERT_VERSION);
	CU_ASSERT(chan_client_stats(c)->max_tunnels == FX_TUNNELS);
	CU_ASSERT(chan_client_stats(c)->n_workers == FX_WORKERS);
	chan_client_close(c);
	run_server();
	CU_ASSERT(fx.n_detached == 1 && fx.workers[0]->rings == NULL);
	fx_fini(&fx);
	CU_ASSERT(access(fx.path, F_OK) != 0);
	CU_ASSERT(access(fx.dir, F_OK) != 0);
}

static void
test_abi_refused(void)
{
	struct chan_hello h = { .magic = CHAN_MAGIC, .abi = 4711, .version = "9.9" };
	struct chan_welcome w;
	int fds[CHAN_N_FDS], n_fds, fd;
	char ours[16];

	setup();
	fd = raw_connect(fx.path);
	CU_ASSERT_FATAL(fd >= 0);
	/* A later ABI's hello may be shorter or longer: its first two fields decide. */
	CU_ASSERT(chan_send(fd, &h, 16, NULL, 0) == 0);
	run_server();
	CU_ASSERT_FATAL(chan_recv(fd, &w, sizeof(w), fds, &n_fds) == sizeof(w));
	CU_ASSERT(w.status == -EPROTO && n_fds == 0 && w.abi == CHAN_ABI);
	snprintf(ours, sizeof(ours), " %u ", CHAN_ABI);
	CU_ASSERT(strstr(w.reason, " 4711 ") != NULL && strstr(w.reason, ours) != NULL);
	CU_ASSERT(chan_recv(fd, &w, sizeof(w), fds, &n_fds) == 0);
	close(fd);
	CU_ASSERT(!chan_server_attached(fx.server));
	fx_fini(&fx);
}

/* A dataplane of another ABI, played by the test: the client names both numbers. */
static void
test_abi_refused_by_client(void)
{
	struct chan_welcome w = { .magic = CHAN_MAGIC, .abi = 4711 };
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct chan_client *c;
	int lfd, fd, err = 0;

	CU_ASSERT_FATAL(fx_init(&fx) == 0);
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/x.sock", fx.dir);
	lfd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	CU_ASSERT_FATAL(bind(lfd, (struct sockaddr *)&sa, sizeof(sa)) == 0 && listen(lfd, 1) == 0);
	c = chan_client_open(sa.sun_path, &handlers, &err);
	CU_ASSERT_FATAL(c != NULL);
	fd = accept(lfd, NULL, NULL);
	CU_ASSERT(chan_send(fd, &w, 24, NULL, 0) == 0);
	CU_ASSERT(chan_client_sock_event(c) == -EPROTO);
	CU_ASSERT(strstr(chan_client_reason(c), "4711") != NULL);
	CU_ASSERT(send_route(c, 1, 1) == -ENOTCONN);
	chan_client_close(c);
	close(fd);
	close(lfd);
	unlink(sa.sun_path);
	fx_fini(&fx);
}

static void
test_second_refused(void)
{
	struct chan_client *c, *d;
	int err = 0;
	char pid[24];

	setup();
	c = attach();
	d = chan_client_open(fx.path, &handlers, &err);
	CU_ASSERT_FATAL(d != NULL);
	run_server();
	CU_ASSERT(chan_client_sock_event(d) == -EBUSY);
	snprintf(pid, sizeof(pid), "(pid %d)", (int)getpid());
	CU_ASSERT(strstr(chan_client_reason(d), pid) != NULL);
	chan_client_close(d);
	/* The first one has not noticed anything. */
	CU_ASSERT(chan_client_sock_event(c) == 0);
	CU_ASSERT(send_route(c, 1, 1) == 0);
	run_both(c);
	CU_ASSERT(seen.n_ok == 1);
	/* Its end and the next one's hello arrive together: no refusal. */
	chan_client_close(c);
	d = attach();
	CU_ASSERT(fx.n_detached == 1);
	chan_client_close(d);
	fx_fini(&fx);
}

static void
test_bad_hello(void)
{
	struct chan_hello h = { .magic = 1, .abi = CHAN_ABI };
	struct chan_client *c;
	int silent, bad, none, fds[CHAN_N_FDS], n_fds;
	char byte;

	setup();
	silent = raw_connect(fx.path);
	bad = raw_connect(fx.path);
	none = raw_connect(fx.path);
	CU_ASSERT(chan_send(bad, &h, sizeof(h), NULL, 0) == 0);
	CU_ASSERT(chan_send(none, "x", 1, NULL, 0) == 0);
	chan_server_run(fx.server, 1000);
	chan_server_run(fx.server, 1000);
	chan_server_run(fx.server, 1000);
	CU_ASSERT(chan_recv(bad, &byte, 1, fds, &n_fds) == 0);
	CU_ASSERT(chan_recv(none, &byte, 1, fds, &n_fds) == 0);
	/* Who says nothing is put out after two seconds. */
	CU_ASSERT(recv(silent, &byte, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN);
	chan_server_run(fx.server, 3001);
	CU_ASSERT(recv(silent, &byte, 1, MSG_DONTWAIT) == 0);
	close(silent);
	close(bad);
	close(none);
	c = attach();
	chan_client_close(c);
	fx_fini(&fx);
}

static void
test_socket_file(void)
{
	struct chan_server *second;
	struct chan_client *c;
	char why[160] = "";
	int fd;

	setup();
	/* Somebody listens: refused, and the first goes on. */
	second = chan_server_open(&fx.conf, why, sizeof(why));
	CU_ASSERT(second == NULL && strstr(why, "another dataplane is listening") != NULL);
	run_server();
	c = attach();
	chan_client_close(c);
	chan_server_close(fx.server);
	/* A socket that nobody listens on, as after a kill -9, is replaced. */
	fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", fx.path);
	CU_ASSERT(bind(fd, (struct sockaddr *)&sa, sizeof(sa)) == 0);
	close(fd);
	CU_ASSERT_FATAL(fx_open(&fx) == 0);
	chan_server_close(fx.server);
	fx.server = NULL;
	/* What is no socket is left alone. */
	fd = open(fx.path, O_CREAT | O_WRONLY, 0600);
	close(fd);
	CU_ASSERT(chan_server_open(&fx.conf, why, sizeof(why)) == NULL);
	CU_ASSERT(strstr(why, "not a socket") != NULL);
	CU_ASSERT(unlink(fx.path) == 0);
	fx_fini(&fx);
}

/* Connect as another user: 0 when attached, else the status of the refusal or the errno. */
static int
attach_as(uid_t uid, gid_t gid)
{
	int status = 0, ret = 255;
	uint64_t end = fx_now_ms() + LIMIT_MS;
	pid_t pid = fork();

	if (pid == 0) {
		struct chan_hello h = { .magic = CHAN_MAGIC, .abi = CHAN_ABI };
		struct chan_welcome w;
		int fds[CHAN_N_FDS], n_fds, fd;

		if (setgroups(0, NULL) != 0 || setgid(gid) != 0 || setuid(uid) != 0)
			_exit(254);
		fd = raw_connect(fx.path);
		if (fd < 0)
			_exit(-fd);
		if (chan_send(fd, &h, sizeof(h), NULL, 0) != 0)
			_exit(253);
		_exit(chan_recv(fd, &w, sizeof(w), fds, &n_fds) != sizeof(w) ? 252 : -w.status);
	}
	while (fx_now_ms() < end && waitpid(pid, &status, WNOHANG) == 0)
		run_server();
	if (WIFEXITED(status))
		ret = WEXITSTATUS(status);
	return ret;
}

static void
test_peer_credentials(void)
{
	if (geteuid() != 0) {
		printf("skipped: needs root to become another user ");
		return;
	}
	setup();
	chmod(fx.dir, 0755);
	/* The file's mode already keeps others out ... */
	CU_ASSERT_EQUAL(attach_as(65534, 65534), EACCES);
	/* ... and if somebody opens it, the credentials do. */
	CU_ASSERT(chmod(fx.path, 0666) == 0);
	CU_ASSERT(attach_as(65534, 65534) == EACCES);
	chan_server_close(fx.server);
	fx.conf.group = 4242;
	CU_ASSERT_FATAL(fx_open(&fx) == 0);
	CU_ASSERT(attach_as(65534, 65534) == EACCES);
	CU_ASSERT(attach_as(65534, 4242) == 0);
	fx_fini(&fx);
}

/* ---- messages ----------------------------------------------------------------------------- */

static void
test_commands(void)
{
	enum { N = 5000 };
	struct chan_cmd cmd = { .op = CHAN_CMD_TUN_SET, .u.tun.nh_id = FX_BAD_NH };
	struct chan_client *c;
	uint64_t sum = 0;
	const uint8_t *slots;
	unsigned int dirty = 0;

	setup();
	c = attach();
	/* More than the ring holds at once: the rest waits and goes out in order. */
	for (uint32_t i = 1; i <= N; i++) {
		CU_ASSERT_FATAL(send_route(c, i, i) == 0);
		sum += i;
	}
	CU_ASSERT(chan_client_n_pending(c) == N);
	run_both(c);
	CU_ASSERT(seen.n_done == N && seen.n_ok == N && seen.out_of_order == 0);
	CU_ASSERT(fx.n_applied == N && fx.route_sum == sum);
	CU_ASSERT(chan_client_n_pending(c) == 0);
	/* Nothing of a command stays in shared memory. */
	slots = (const uint8_t *)&c->cmd[1];
	for (size_t i = 0; i < CHAN_CMD_SLOTS * sizeof(struct chan_cmd); i++)
		dirty += slots[i] != 0;
	CU_ASSERT(dirty == 0);
	/* An error names the field. */
	CU_ASSERT(chan_client_cmd(c, &cmd, on_done, (void *)(uintptr_t)(N + 1)) == 0);
	run_both(c);
	CU_ASSERT(seen.n_done == N + 1 && seen.last.err == -ENOENT);
	CU_ASSERT_STRING_EQUAL(seen.last.field, "tun.nh_id");
	CU_ASSERT(seen.last.op == CHAN_CMD_TUN_SET);
	chan_client_close(c);
	fx_fini(&fx);
}

/* Without an answer taken, the dataplane does as many commands as it can answer, and no more. */
static void
test_answers_not_taken(void)
{
	struct chan_client *c;

	setup();
	c = attach();
	for (uint32_t i = 1; i <= 4000; i++)
		CU_ASSERT_FATAL(send_route(c, i, i) == 0);
	for (int i = 0; i < 50; i++)
		chan_server_run(fx.server, fx_now_ms());
	CU_ASSERT(fx.n_applied == INFLIGHT_MAX);
	CU_ASSERT(chan_server_sleep(fx.server));
	/* And when it ends there, every callback comes, in order. */
	chan_client_close(c);
	CU_ASSERT(seen.n_done == 4000 && seen.n_pipe == 4000 && seen.out_of_order == 0);
	fx_fini(&fx);
}

static void
test_punt_full(void)
{
	struct chan_client *c;
	unsigned int n = 0;

	setup();
	c = attach();
	/* Nobody reads. One class is flooded: it fills, the worker is told so at once ... */
	while (n < 10 * CHAN_PUNT_SLOTS && punt_one(fx.workers[0], CHAN_CLASS_OSPF, 100))
		n++;
	CU_ASSERT(n == CHAN_PUNT_SLOTS - 1);
	CU_ASSERT(!punt_one(fx.workers[0], CHAN_CLASS_OSPF, 100));
	/* ... and the other classes and workers have all their room. */
	CU_ASSERT(punt_one(fx.workers[0], CHAN_CLASS_OTHER, CHAN_PKT_DATA));
	CU_ASSERT(punt_one(fx.workers[1], CHAN_CLASS_OSPF, 1));
	while (chan_client_poll(c))
		;
	CU_ASSERT(seen.n_punts[CHAN_CLASS_OSPF] == CHAN_PUNT_SLOTS);
	CU_ASSERT(seen.n_punts[CHAN_CLASS_OTHER] == 1);
	CU_ASSERT(seen.first_other < 3); /* it did not wait behind the flood */
	/* The ring works on, past its end, any number of times. */
	for (int i = 0; i < 3 * CHAN_PUNT_SLOTS; i++) {
		CU_ASSERT_FATAL(punt_one(fx.workers[0], CHAN_CLASS_OSPF, (uint16_t)(i % 1500 + 1)));
		while (chan_client_poll(c))
			;
		CU_ASSERT_FATAL(seen.pkt.len == i % 1500 + 1);
	}
	CU_ASSERT(seen.pkt.data[0] == 0xa5 && seen.pkt.worker == 0);
	chan_client_close(c);
	fx_fini(&fx);
}

static void
test_punt_bad_length(void)
{
	struct chan_client *c;
	struct chan_pkt *p;

	setup();
	c = attach();
	p = ring_out_slot(&fx.workers[0]->punt_out[CHAN_CLASS_ARP]);
	p->len = CHAN_PKT_DATA + 1;
	ring_out_push(&fx.workers[0]->punt_out[CHAN_CLASS_ARP]);
	while (chan_client_poll(c))
		;
	CU_ASSERT(seen.n_punts[CHAN_CLASS_ARP] == 0);
	CU_ASSERT(punt_one(fx.workers[0], CHAN_CLASS_ARP, 60));
	while (chan_client_poll(c))
		;
	CU_ASSERT(seen.n_punts[CHAN_CLASS_ARP] == 1);
	chan_client_close(c);
	fx_fini(&fx);
}

static void
test_events(void)
{
	const struct chan_event ev = { .type = CHAN_EV_ACQUIRE, .id = 7 };
	struct chan_client *c;
	unsigned int n = 0;
	struct pollfd p;

	setup();
	CU_ASSERT(!worker_event(fx.workers[1], &ev)); /* nobody is there */
	CU_ASSERT(!chan_server_event(fx.server, &ev));
	c = attach();
	CU_ASSERT(worker_event(fx.workers[1], &ev));
	run_both(c);
	CU_ASSERT(seen.n_events == 1 && seen.event.worker == 1 && seen.event.id == 7);
	CU_ASSERT(chan_server_event(fx.server, &ev));
	run_both(c);
	CU_ASSERT(seen.n_events == 2 && seen.event.worker == 255);
	/* Not read: ring and queue fill, then they are lost and the worker is told. */
	while (n < 100000 && worker_event(fx.workers[0], &ev)) {
		n++;
		if (n % 1000 == 0)
			run_server();
	}
	CU_ASSERT(n > CHAN_EVENT_SLOTS && n < 100000);
	CU_ASSERT(!chan_server_event(fx.server, &ev));
	run_server();
	CU_ASSERT(chan_server_sleep(fx.server)); /* no room is no work */
	p = (struct pollfd){ .fd = chan_server_fd(fx.server), .events = POLLIN };
	CU_ASSERT(poll(&p, 1, 0) == 0);
	chan_client_poll(c);
	CU_ASSERT(poll(&p, 1, 0) == 1); /* there is room: it is woken for the rest */
	run_both(c);
	CU_ASSERT(seen.n_events == 2 + n);
	chan_client_close(c);
	fx_fini(&fx);
}

/*
 * What comes into a ring that the client has just found empty, while it is awake and so gets no
 * wake-up, must be seen before it sleeps.
 */
static void
test_last_look(void)
{
	struct chan_client *c;
	struct pollfd p;

	setup();
	c = attach();
	while (chan_client_poll(c))
		;
	raise_on_punt = true;
	CU_ASSERT(punt_one(fx.workers[0], CHAN_CLASS_OTHER, 60));
	while (chan_client_poll(c))
		;
	raise_on_punt = false;
	CU_ASSERT(seen.n_events == 1);
	/* Now it sleeps, and is woken once. */
	p = (struct pollfd){ .fd = chan_client_wake_fd(c), .events = POLLIN };
	CU_ASSERT(poll(&p, 1, 0) == 0);
	CU_ASSERT(punt_one(fx.workers[0], CHAN_CLASS_OTHER, 60));
	ring_wake_cp(fx.workers[0]->rings, fx.workers[0]->wake_cp_fd);
	CU_ASSERT(poll(&p, 1, 0) == 1);
	while (chan_client_poll(c))
		;
	CU_ASSERT(seen.n_punts[CHAN_CLASS_OTHER] == 2 && poll(&p, 1, 0) == 0);
	chan_client_close(c);
	fx_fini(&fx);
}

static void
test_inject(void)
{
	uint8_t data[CHAN_PKT_DATA + 1];
	struct ring_end *in;
	struct chan_client *c;
	const struct chan_pkt *p;
	int n = 0;

	setup();
	c = attach();
	in = &fx.workers[0]->inject_in;
	memset(data, 0x5a, sizeof(data));
	CU_ASSERT(ring_in_slot(in) == NULL);
	CU_ASSERT(chan_client_inject(c, CHAN_INJECT_FRAME, 3, data, 60) == 0);
	CU_ASSERT(chan_client_inject(c, CHAN_INJECT_TUN, 4, data, CHAN_PKT_DATA) == 0);
	CU_ASSERT(chan_client_inject(c, CHAN_INJECT_TUN, 4, data, sizeof(data)) == -EMSGSIZE);
	CU_ASSERT(chan_client_inject(c, CHAN_INJECT_TUN, 4, data, 0) == -EMSGSIZE);
	p = ring_in_slot(in);
	CU_ASSERT_FATAL(p != NULL);
	CU_ASSERT(p->len == 60 && p->if_id == 3 && p->tun_id == CHAN_NONE);
	CU_ASSERT(p->mode == CHAN_INJECT_FRAME && memcmp(p->data, data, 60) == 0);
	ring_in_pop(in);
	p = ring_in_slot(in);
	CU_ASSERT_FATAL(p != NULL);
	CU_ASSERT(p->len == CHAN_PKT_DATA && p->tun_id == 4 && p->mode == CHAN_INJECT_TUN);
	ring_in_pop(in);
	CU_ASSERT(ring_in_slot(in) == NULL);
	while (n < 10000 && chan_client_inject(c, CHAN_INJECT_ROUTE, 0, data, 20) == 0)
		n++;
	CU_ASSERT(n == CHAN_INJECT_SLOTS - 1 && chan_client_inject_drops(c) == 1);
	chan_client_close(c);
	fx_fini(&fx);
}

/* ---- statistics --------------------------------------------------------------------------- */

#define AT(off, type) ((type *)((char *)fx.region.stats + (off)))

static void
test_stats(void)
{
	struct chan_stats *s;
	struct chan_tun_stats ts;
	struct chan_client_sa_stats ss;
	struct chan_sa_info si;
	struct chan_port_info pi;
	uint64_t drops[CHAN_N_DROPS];
	struct chan_worker_stats ws;
	struct chan_client *c;

	setup();
	s = fx.region.stats;
	s->n_ports = 2;
	s->ports[1] = (struct chan_port_info){ .name = "net_af_packet1", .iface = "lan",
		.present = 1, .mtu = 1500 };
	memset(s->ports[0].name, 'x', sizeof(s->ports[0].name)); /* not terminated */
	c = attach();
	for (unsigned int w = 0; w < FX_WORKERS; w++) {
		AT(s->tun_off[w], struct chan_tun_stats)[9].out_bytes = 100 + w;
		AT(s->sa_off[w], struct chan_sa_stats)[5].packets = 10 + w;
		AT(s->sa_off[w], struct chan_sa_stats)[5].replay = 1;
		AT(s->worker_off[w], struct chan_worker_stats)->drops[CHAN_DROP_TX_FULL] = 3;
	}
	CU_ASSERT(chan_client_tun_stats(c, 9, &ts) == 0 && ts.out_bytes == 201);
	CU_ASSERT(chan_client_tun_stats(c, FX_TUNNELS, &ts) == -EINVAL);
	CU_ASSERT(chan_client_sa_stats(c, 5, &ss) == 0 && ss.packets == 21 && ss.replay == 2);
	CU_ASSERT(ss.heard_ms == CHAN_CLIENT_NEVER);
	s->tsc_hz = 1000000;
	AT(s->sa_off[1], struct chan_sa_stats)[5].last_tsc = rte_rdtsc() - 5000 * 1000;
	CU_ASSERT(chan_client_sa_stats(c, 5, &ss) == 0 && ss.heard_ms >= 5000);
	CU_ASSERT(chan_client_sa_info(c, 5, &si) == -ENOENT);
	AT(s->sa_info_off, struct chan_sa_info)[5].spi = 0x100005;
	CU_ASSERT(chan_client_sa_info(c, 5, &si) == 0 && si.spi == 0x100005);
	CU_ASSERT(chan_client_port_find(c, "lan") == 1);
	CU_ASSERT(chan_client_port_find(c, "net_af_packet1") == 1);
	CU_ASSERT(chan_client_port_find(c, "wan") == -ENOENT);
	CU_ASSERT(chan_client_port(c, 0, &pi) == 0 && strlen(pi.name) == sizeof(pi.name) - 1);
	CU_ASSERT(chan_client_port(c, 2, &pi) == -EINVAL);
	CU_ASSERT(chan_client_drops(c, drops) == 0 && drops[CHAN_DROP_TX_FULL] == 6);
	CU_ASSERT(chan_client_worker_stats(c, 1, &ws) == 0 && ws.drops[CHAN_DROP_TX_FULL] == 3);
	CU_ASSERT(chan_client_worker_stats(c, FX_WORKERS, &ws) == -EINVAL);
	/* The region can be read by others and not written. */
	CU_ASSERT(mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fx.region.fd, 0) ==
			MAP_FAILED && errno == EPERM);
	CU_ASSERT(ftruncate(fx.region.fd, 0) != 0 && errno == EPERM);
	chan_client_close(c);
	fx_fini(&fx);
}

static const struct cu_case cases[] = {
	CU_CASE(test_attach),
	CU_CASE(test_abi_refused),
	CU_CASE(test_abi_refused_by_client),
	CU_CASE(test_second_refused),
	CU_CASE(test_bad_hello),
	CU_CASE(test_socket_file),
	CU_CASE(test_peer_credentials),
	CU_CASE(test_commands),
	CU_CASE(test_answers_not_taken),
	CU_CASE(test_punt_full),
	CU_CASE(test_punt_bad_length),
	CU_CASE(test_events),
	CU_CASE(test_last_look),
	CU_CASE(test_inject),
	CU_CASE(test_stats),
};
CU_MAIN("channel", cases)
