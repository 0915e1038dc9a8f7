/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * culvert-dataplane as a process: whatever is wrong at its start, it says so in one line and ends
 * with an exit status; and when nothing is wrong it starts, stops and leaves nothing behind. The
 * program to run is named by the environment variable CULVERT_DATAPLANE.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/param.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cu.h"

#define LIMIT_MS 60000
#define MAX_ARGS 12

#ifdef __SANITIZE_ADDRESS__
#define SLOWER 4
#else
#define SLOWER 1
#endif
#define START_MS   (800u * SLOWER)
#define STOP_MS    (400u * SLOWER)
#define SOCKETS_MS 150u

static char dir[] = "/tmp/culvert-start-XXXXXX";
static char sock[64];

struct run {
	pid_t pid;
	int out; /* stdout and stderr */
	char text[16384];
	size_t len;
	int status; /* of waitpid() */
};

static uint64_t
now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Start it with the words of @line (between spaces) and --socket. */
static void
run_start(struct run *r, const char *line)
{
	char words[512], *argv[MAX_ARGS + 5], *save = NULL;
	int n = 0, p[2];

	memset(r, 0, sizeof(*r));
	snprintf(words, sizeof(words), "%s", line);
	argv[n++] = getenv("CULVERT_DATAPLANE");
	argv[n++] = (char *)(uintptr_t)"--socket";
	argv[n++] = sock;
	for (char *w = strtok_r(words, " ", &save); w != NULL && n < MAX_ARGS + 3;
			w = strtok_r(NULL, " ", &save))
		argv[n++] = w;
	argv[n] = NULL;
	CU_ASSERT_FATAL(pipe(p) == 0);
	r->pid = fork();
	if (r->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(p[1], STDOUT_FILENO);
		dup2(p[1], STDERR_FILENO);
		close(p[0]);
		execv(argv[0], argv);
		_exit(127);
	}
	close(p[1]);
	r->out = p[0];
}

/* Read what it prints until @until appears, or until its end. False: neither in time. */
static bool
run_read(struct run *r, const char *until)
{
	uint64_t end = now_ms() + LIMIT_MS;
	struct pollfd p = { .fd = r->out, .events = POLLIN };

	while (now_ms() < end && r->len < sizeof(r->text) - 1) {
		ssize_t n;

		if (until != NULL && strstr(r->text, until) != NULL)
			return true;
		if (poll(&p, 1, (int)(end - now_ms())) != 1)
			return false;
		n = read(r->out, r->text + r->len, sizeof(r->text) - 1 - r->len);
		if (n <= 0)
			return until == NULL;
		r->len += (size_t)n;
	}
	return false;
}

/* Its exit status; 255 if it did not end by itself. */
static int
run_end(struct run *r)
{
	if (!run_read(r, NULL))
		kill(r->pid, SIGKILL);
	close(r->out);
	if (waitpid(r->pid, &r->status, 0) != r->pid || !WIFEXITED(r->status))
		return 255;
	return WEXITSTATUS(r->status);
}

static unsigned int
lines(const char *text)
{
	unsigned int n = 0;

	for (; *text != '\0'; text++)
		n += *text == '\n';
	return n;
}

/* One line of error that contains @want, exit status 1. */
static void
expect_refusal(const char *args, const char *want)
{
	struct run r;
	int status;

	run_start(&r, args);
	status = run_end(&r);
	if (status != 1 || lines(r.text) != 1 || strstr(r.text, want) == NULL)
		fprintf(stderr, "%s: status %d, want \"%s\", got:\n%s", args, status, want, r.text);
	CU_ASSERT(status == 1);
	CU_ASSERT(lines(r.text) == 1);
	CU_ASSERT(strstr(r.text, " error main: ") != NULL && strstr(r.text, want) != NULL);
	CU_ASSERT(access(sock, F_OK) != 0);
}

static void
test_bad_options(void)
{
	static const char *const cases[][2] = {
		{ "--no-huge", "no ports" },
		{ "--bogus", "--bogus" },
		{ "-z", "-z" },
		{ "--vdev", "--vdev needs a value" },
		{ "word", "word" },
		{ "--workers 0", "from 1 to 16" },
		{ "--workers 1x", "from 1 to 16" },
		{ "--max-sas 1000", "power of two" },
		{ "--idle fast", "poll or adaptive" },
		{ "--log-level loud", "--log-level loud" },
		{ "--cpus 0,x", "CPU numbers" },
		{ "--cpus 1023", "CPU 1023" },
		{ "--socket-group no-such-group", "no such group" },
		{ "-l 0-1 --workers 1", "cannot be used together" },
		{ "--no-huge --vdev net_null0 -- --bogus", "bad option" },
		{ "--no-huge --vdev net_null0 -l 0", "no lcore is left" },
		{ "--no-huge --vdev net_null0 --vdev net_null0", "there already" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_refusal(cases[i][0], cases[i][1]);
}

static void
test_bad_devices(void)
{
	expect_refusal("--no-huge --vdev net_nosuchdriver0", "net_nosuchdriver0");
	expect_refusal("--no-huge --vdev net_af_packet0", "iface=NAME is missing");
	expect_refusal("--no-huge --vdev net_af_packet0,iface=nosuchif0", "no interface nosuchif0");
	expect_refusal("--no-huge --vdev net_pcap0,rx_pcap=/nonexistent", "net_pcap0");
	expect_refusal("--no-huge -a ffff:ff:1f.7", "no PCI device ffff:ff:1f.7");
	expect_refusal("--no-huge --vdev net_null0,bogus=1", "net_null0,bogus=1");
}

static void
test_memory(void)
{
	expect_refusal("--no-huge --vdev net_null0 --mbufs 16000000 --max-mtu 9600",
			"MB of memory are needed");
	expect_refusal("--no-huge --vdev net_null0 --memory 64", "not enough memory");
	/* More than any test machine has in hugepages, or none at all: the same line. */
	expect_refusal("--vdev net_null0 --mbufs 16000000", "or start with --no-huge");
}

static void
test_socket(void)
{
	struct run r;

	expect_refusal("--no-huge --vdev net_null0 --socket /proc/nosuch/x", "cannot listen on");
	run_start(&r, "--no-huge --vdev net_null0");
	CU_ASSERT(run_read(&r, "ready:"));
	/* The second one must not disturb the first. */
	{
		struct run second;

		run_start(&second, "--no-huge --vdev net_null0");
		CU_ASSERT(run_end(&second) == 1 && lines(second.text) == 1);
		CU_ASSERT(strstr(second.text, "another dataplane is listening") != NULL);
	}
	CU_ASSERT(access(sock, F_OK) == 0);
	kill(r.pid, SIGTERM);
	CU_ASSERT(run_end(&r) == 0);
	CU_ASSERT(access(sock, F_OK) != 0);
}

static void
test_start_stop(void)
{
	struct run r;
	struct stat st;
	glob_t g;
	char pattern[64];

	run_start(&r, "--no-huge --vdev net_null0 --vdev net_null1 --workers 1");
	CU_ASSERT(run_read(&r, "ready: 2 ports, 1 worker, socket "));
	CU_ASSERT(stat(sock, &st) == 0 && S_ISSOCK(st.st_mode));
	snprintf(pattern, sizeof(pattern), "/var/run/dpdk/culvert-%d*", (int)r.pid);
	CU_ASSERT(glob(pattern, 0, NULL, &g) == GLOB_NOMATCH);
	kill(r.pid, SIGINT);
	CU_ASSERT(run_end(&r) == 0);
	CU_ASSERT(access(sock, F_OK) != 0);
	/* After a kill its socket is in the way of nobody. */
	run_start(&r, "--no-huge --vdev net_null0");
	CU_ASSERT(run_read(&r, "ready:"));
	kill(r.pid, SIGKILL);
	CU_ASSERT(run_end(&r) == 255);
	CU_ASSERT(access(sock, F_OK) == 0);
	run_start(&r, "--no-huge --vdev net_null0");
	CU_ASSERT(run_read(&r, "ready:"));
	kill(r.pid, SIGTERM);
	CU_ASSERT(run_end(&r) == 0);
}

static void
test_port_in_use(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	struct run r;
	int fd;

	if (geteuid() != 0 || unshare(CLONE_NEWNET) != 0) {
		printf("skipped: needs root and a network namespace ");
		return;
	}
	fd = socket(AF_INET, SOCK_DGRAM, 0);
	ifr.ifr_flags = IFF_UP | IFF_RUNNING;
	CU_ASSERT(ioctl(fd, SIOCSIFFLAGS, &ifr) == 0);
	close(fd);
	run_start(&r, "--no-huge --vdev net_af_packet0,iface=lo");
	CU_ASSERT(run_read(&r, "ready: 1 port"));
	CU_ASSERT(strstr(r.text, "net_af_packet0 (lo)") != NULL);
	{
		struct run second;

		run_start(&second, "--no-huge --vdev net_af_packet7,iface=lo");
		CU_ASSERT(run_end(&second) == 1 && lines(second.text) == 1);
		CU_ASSERT(strstr(second.text, "lo is in use by another dataplane") != NULL);
	}
	kill(r.pid, SIGTERM);
	CU_ASSERT(run_end(&r) == 0);
}

/* A second interface, which goes with its descriptor. */
static int
tap_make(const char *name)
{
	struct ifreq ifr = { .ifr_flags = IFF_TAP | IFF_NO_PI };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	if (fd >= 0 && ioctl(fd, TUNSETIFF, &ifr) == 0)
		return fd;
	close(fd);
	return -1;
}

struct times {
	unsigned int start_ms, stop_ms;
};

/* Start and stop with @ports, and keep the best times: the machine may have other things to do. */
static void
take_times(const char *ports, struct times *best)
{
	uint64_t begin = now_ms(), end;
	struct run r;

	run_start(&r, ports);
	CU_ASSERT_FATAL(run_read(&r, "ready: 2 ports"));
	end = now_ms();
	best->start_ms = (unsigned int)MIN(end - begin, best->start_ms);
	kill(r.pid, SIGTERM);
	CU_ASSERT(run_end(&r) == 0);
	best->stop_ms = (unsigned int)MIN(now_ms() - end, best->stop_ms);
}

/* A hub that restarts does not forward meanwhile: with tables of the usual size it starts and stops
 * quickly, and packet sockets, three a port, take but a small part of it. */
static void
test_time(void)
{
	struct times null = { UINT_MAX, UINT_MAX }, packet = null;
	int tap = tap_make("tap0");
	bool quick = false;

	if (tap < 0) {
		printf("skipped: no network namespace, or no /dev/net/tun ");
		return;
	}
	for (int i = 0; i < 20 && (i < 3 || !quick); i++) {
		take_times("--no-huge --vdev net_null0 --vdev net_null1", &null);
		take_times("--no-huge --vdev net_af_packet0,iface=lo "
				"--vdev net_af_packet1,iface=tap0", &packet);
		quick = packet.start_ms < START_MS && packet.stop_ms < STOP_MS &&
				packet.start_ms < null.start_ms + SOCKETS_MS &&
				packet.stop_ms < null.stop_ms + SOCKETS_MS;
	}
	printf("ready after %u ms, with packet sockets %u; stopped after %u ms, %u ",
			null.start_ms, packet.start_ms, null.stop_ms, packet.stop_ms);
	CU_ASSERT(quick);
	close(tap);
}

static void
test_help(void)
{
	struct run r;

	run_start(&r, "--help");
	CU_ASSERT(run_end(&r) == 0 && strstr(r.text, "Usage: culvert-dataplane") == r.text);
	run_start(&r, "--version");
	CU_ASSERT(run_end(&r) == 0 && lines(r.text) == 1);
}

static const struct cu_case cases[] = {
	CU_CASE(test_help),
	CU_CASE(test_bad_options),
	CU_CASE(test_bad_devices),
	CU_CASE(test_memory),
	CU_CASE(test_socket),
	CU_CASE(test_start_stop),
	CU_CASE(test_port_in_use), /* it and what follows: in a network namespace of their own */
	CU_CASE(test_time),
};

int
main(void)
{
	int status;

	if (getenv("CULVERT_DATAPLANE") == NULL || mkdtemp(dir) == NULL) {
		fprintf(stderr, "CULVERT_DATAPLANE must name the program to test\n");
		return 2;
	}
	snprintf(sock, sizeof(sock), "%s/dp.sock", dir);
	status = cu_run("dataplane start", cases, sizeof(cases) / sizeof(cases[0]));
	rmdir(dir);
	return status;
}
