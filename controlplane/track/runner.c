/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The process that runs operators' programs; see runner.h. Three generations: the helper reads
 * requests and forks a watcher for each; the watcher gives up all privileges, forks the program,
 * waits, and reports.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "controlplane/config/config.h"
#include "controlplane/track/runner.h"

#define NOBODY   65534
#define MAX_FILES 64
#define MAX_MEMORY (256u << 20)

struct request {
	char name[CFG_NAME_MAX];
	char state[8];
	char command[RUNNER_COMMAND_MAX];
	uint32_t timeout_s;
};

struct report {
	char name[CFG_NAME_MAX];
	bool ok;
	char text[160];
};

struct runner {
	int fd;
	pid_t pid;
	struct event *ev;
	runner_done_fn *done;
	void *ctx;
};

/* ---- in the helper ----------------------------------------------------------------------- */

static void
tell(int fd, const struct request *q, bool ok, const char *text)
{
	struct report r = { .ok = ok };

	memcpy(r.name, q->name, sizeof(r.name));
	snprintf(r.text, sizeof(r.text), "%s", text);
	(void)send(fd, &r, sizeof(r), MSG_NOSIGNAL);
}

/* Nobody, with little. 0 or -1: then nothing may be run. */
static int
give_up(void)
{
	const struct rlimit files = { MAX_FILES, MAX_FILES }, memory = { MAX_MEMORY, MAX_MEMORY };

	if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
					      setresuid(NOBODY, NOBODY, NOBODY) != 0))
		return -1;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || chdir("/") != 0 ||
			setrlimit(RLIMIT_NOFILE, &files) != 0 || setrlimit(RLIMIT_AS, &memory) != 0)
		return -1;
	return 0;
}

static void __attribute__((noreturn))
become_program(struct request *q)
{
	char track[64], state[32], path[] = "PATH=/usr/local/bin:/usr/bin:/bin";
	char *env[] = { track, state, path, NULL }, *argv[RUNNER_WORDS_MAX + 1], *save = NULL;
	int n = 0, null = open("/dev/null", O_RDWR);
	sigset_t none;

	snprintf(track, sizeof(track), "CULVERT_TRACK=%s", q->name);
	snprintf(state, sizeof(state), "CULVERT_STATE=%s", q->state);
	for (char *w = strtok_r(q->command, " ", &save); w != NULL && n < RUNNER_WORDS_MAX;
			w = strtok_r(NULL, " ", &save))
		argv[n++] = w;
	argv[n] = NULL;
	if (n == 0 || null < 0 || setsid() < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 ||
			dup2(null, 2) < 0)
		_exit(127);
	close_range(3, ~0u, 0);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execve(argv[0], argv, env);
	_exit(127);
}

/* Wait for @pid, which leads a group of its own, until its time is over. False: it was. */
static bool
wait_for(pid_t pid, uint32_t timeout_s, int *status)
{
	const struct timespec limit = { .tv_sec = (time_t)timeout_s };
	sigset_t child;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	for (;;) {
		if (waitpid(pid, status, WNOHANG) == pid)
			return true;
		/* A program has one child to us: nothing else raises it. */
		if (sigtimedwait(&child, NULL, &limit) < 0 && errno == EAGAIN)
			break;
	}
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	waitpid(pid, status, 0);
	return false;
}

static void __attribute__((noreturn))
watch(int fd, struct request *q)
{
	char text[160];
	int status = 0;
	pid_t pid;

	if (give_up() != 0) {
		tell(fd, q, false, "privileges could not be given up: not run");
		_exit(1);
	}
	pid = fork();
	if (pid == 0)
		become_program(q);
	if (pid < 0)
		snprintf(text, sizeof(text), "not run: %s", strerror(errno));
	else if (!wait_for(pid, q->timeout_s, &status))
		snprintf(text, sizeof(text), "ended by force after %u s", q->timeout_s);
	else if (WIFSIGNALED(status))
		snprintf(text, sizeof(text), "ended by signal %d", WTERMSIG(status));
	else
		snprintf(text, sizeof(text), "exit status %d%s", WEXITSTATUS(status),
				WEXITSTATUS(status) == 127 ? ": not found, or may not be run" : "");
	tell(fd, q, pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0, text);
	_exit(0);
}

static void __attribute__((noreturn))
helper(int fd)
{
	struct request q;
	unsigned int n = 0;
	sigset_t set;
	ssize_t len;

	/* The watchers wait for it; signals meant for the control plane's group are not ours. */
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_SETMASK, &set, NULL);
	for (int sig = 1; sig < 32; sig++)
		signal(sig, SIG_DFL);
	prctl(PR_SET_NAME, "culvert-runner");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while ((len = recv(fd, &q, sizeof(q), 0)) == (ssize_t)sizeof(q)) {
		pid_t pid;

		while (n > 0 && waitpid(-1, NULL, WNOHANG) > 0)
			n--;
		q.name[sizeof(q.name) - 1] = q.state[sizeof(q.state) - 1] = '\0';
		q.command[sizeof(q.command) - 1] = '\0';
		if (n >= RUNNER_AT_ONCE) {
			tell(fd, &q, false, "too many programs run already: not run");
			continue;
		}
		pid = fork();
		if (pid == 0)
			watch(fd, &q);
		if (pid < 0)
			tell(fd, &q, false, "not run: fork failed");
		else
			n++;
	}
	_exit(0);
}

/* ---- in the control plane ---------------------------------------------------------------- */

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct runner *r = arg;
	struct report rep;
	ssize_t len = recv(r->fd, &rep, sizeof(rep), MSG_DONTWAIT);

	if (len == 0)
		event_del(r->ev); /* it has ended */
	if (len != (ssize_t)sizeof(rep))
		return;
	rep.name[sizeof(rep.name) - 1] = rep.text[sizeof(rep.text) - 1] = '\0';
	r->done(r->ctx, rep.name, rep.ok, rep.text);
}

struct runner *
runner_new(struct event_base *base, runner_done_fn *done, void *ctx)
{
	struct runner *r = calloc(1, sizeof(*r));
	int fds[2];

	if (r == NULL)
		return NULL;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0) {
		free(r);
		return NULL;
	}
	r->done = done;
	r->ctx = ctx;
	r->fd = fds[0];
	r->pid = fork();
	if (r->pid == 0) {
		if (dup2(fds[1], 3) < 0)
			_exit(1);
		close_range(4, ~0u, 0);
		helper(3);
	}
	close(fds[1]);
	if (r->pid > 0)
		r->ev = event_new(base, r->fd, EV_READ | EV_PERSIST, on_readable, r);
	if (r->ev == NULL || event_add(r->ev, NULL) != 0) {
		runner_free(r);
		return NULL;
	}
	return r;
}

void
runner_free(struct runner *r)
{
	if (r == NULL)
		return;
	if (r->ev != NULL)
		event_free(r->ev);
	close(r->fd);
	if (r->pid > 0)
		waitpid(r->pid, NULL, 0); /* it sees the end of the socket */
	free(r);
}

int
runner_run(struct runner *r, const char *name, const char *state, const char *command,
		uint32_t timeout_s)
{
	struct request q;

	memset(&q, 0, sizeof(q));
	if (strlen(name) >= sizeof(q.name) || strlen(state) >= sizeof(q.state) ||
			strlen(command) >= sizeof(q.command))
		return -E2BIG;
	strcpy(q.name, name);
	strcpy(q.state, state);
	strcpy(q.command, command);
	q.timeout_s = timeout_s;
	return send(r->fd, &q, sizeof(q), MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)sizeof(q)
			? 0
			: -errno;
}
