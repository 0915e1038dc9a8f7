/* SPDX-License-Identifier: BSD-3-Clause */
/* The interactive shell; see terminal.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "cli/banner.h"
#include "cli/config_mode.h"
#include "cli/grammar.h"
#include "cli/history.h"
#include "cli/terminal.h"
#include "cli/text.h"

#define QUEUE_MAX (1u << 20) /* keys typed or pasted ahead of libcli */

/* The thread between the terminal and libcli. */
struct pump {
	struct shell *sh;
	int fd; /* our end of the socket pair */
	struct keys keys;
	struct banner banner;
	unsigned char *queue; /* for libcli, not yet written */
	size_t queued;
	bool eof;
};

/* ---- the terminal ---------------------------------------------------------------------------- */

static struct termios cooked, raw;
static volatile sig_atomic_t is_raw;

static void
terminal_restore(void)
{
	if (is_raw)
		tcsetattr(STDIN_FILENO, TCSADRAIN, &cooked);
	is_raw = 0;
}

static void
on_fatal(int sig)
{
	if (is_raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &cooked);
	signal(sig, SIG_DFL);
	raise(sig);
}

static void
on_continue(int sig)
{
	if (is_raw)
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
}

static bool
terminal_raw(void)
{
	static const int fatal[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGSEGV, SIGBUS, SIGABRT,
		SIGFPE };
	struct sigaction sa = { .sa_handler = on_fatal, .sa_flags = SA_RESETHAND };

	if (tcgetattr(STDIN_FILENO, &cooked) != 0)
		return false;
	raw = cooked;
	cfmakeraw(&raw);
	raw.c_oflag |= OPOST | ONLCR;
	for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		sigaction(fatal[i], &sa, NULL);
	sa.sa_handler = on_continue;
	sa.sa_flags = SA_RESTART;
	sigaction(SIGCONT, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	atexit(terminal_restore);
	is_raw = 1;
	return tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

/* ---- the pump -------------------------------------------------------------------------------- */

static void
write_all(int fd, const void *buf, size_t len)
{
	const char *p = buf;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno != EINTR)
			return;
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
}

static void
pump_key(struct pump *p, unsigned char c)
{
	static const char too_long[] = "\r\n% The line is too long: it is not carried out.";
	const uint64_t one = 1;
	unsigned char out[16];
	size_t n;

	if (c == 3) /* ^C ends a banner, too */
		memset(&p->banner, 0, sizeof(p->banner));
	else if (banner_byte(&p->banner, (char)c))
		return;
	switch (keys_byte(&p->keys, c, p->sh->busy, p->sh->config_mode, out, &n)) {
	case KEYS_INTERRUPT:
		p->queued = 0;
		write_all(p->sh->interrupt_fd, &one, sizeof(one));
		break;
	case KEYS_CLEAR:
		write_all(STDOUT_FILENO, "\033[H\033[2J", 7);
		break;
	case KEYS_TOO_LONG:
		write_all(STDOUT_FILENO, too_long, sizeof(too_long) - 1);
		break;
	default:
		break;
	}
	if (p->queued + n <= QUEUE_MAX) {
		memcpy(p->queue + p->queued, out, n);
		p->queued += n;
	}
}

static void
pump_keys(struct pump *p)
{
	unsigned char buf[1024];
	ssize_t n = read(STDIN_FILENO, buf, sizeof(buf));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	p->eof = n <= 0;
	for (ssize_t i = 0; i < n; i++)
		pump_key(p, buf[i]);
	explicit_bzero(buf, sizeof(buf));
}

static void
pump_flush(struct pump *p)
{
	ssize_t n = send(p->fd, p->queue, p->queued, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n <= 0)
		return;
	memmove(p->queue, p->queue + n, p->queued - (size_t)n);
	p->queued -= (size_t)n;
	explicit_bzero(p->queue + p->queued, (size_t)n);
}

/* Carry keys one way and the screen the other until libcli closes its end. */
static void *
pump_run(void *arg)
{
	struct pump *p = arg;
	char buf[4096];
	bool shut = false;

	for (;;) {
		struct pollfd fds[2] = {
			{ .fd = p->eof || p->queued > QUEUE_MAX / 2 ? -1 : STDIN_FILENO,
					.events = POLLIN },
			{ .fd = p->fd, .events = (short)(POLLIN | (p->queued > 0 ? POLLOUT : 0)) },
		};

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			break;
		if ((fds[1].revents & (POLLIN | POLLHUP)) != 0) {
			ssize_t n = recv(p->fd, buf, sizeof(buf), MSG_DONTWAIT);

			if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
				break;
			if (n > 0)
				write_all(STDOUT_FILENO, buf, (size_t)n);
		}
		if (fds[0].revents != 0)
			pump_keys(p);
		if (p->queued > 0)
			pump_flush(p);
		if (p->eof && p->queued == 0 && !shut) {
			shutdown(p->fd, SHUT_WR);
			shut = true;
		}
	}
	return NULL;
}

/* ---- lines on the screen ----------------------------------------------------------------------
 */

static bool
drain_interrupt(int fd)
{
	uint64_t n;

	return read(fd, &n, sizeof(n)) == (ssize_t)sizeof(n);
}

/* --More--: space or Enter goes on, anything else stops the command's output. */
static void
page_wait(struct shell *sh)
{
	struct pollfd fds[2] = {
		{ .fd = fileno(sh->cli->client), .events = POLLIN },
		{ .fd = sh->interrupt_fd, .events = POLLIN },
	};
	unsigned char key = 'q';

	fprintf(sh->cli->client, "--More--");
	while (poll(fds, 2, -1) < 0 && errno == EINTR)
		;
	if ((fds[1].revents & POLLIN) != 0)
		drain_interrupt(sh->interrupt_fd);
	else if (read(fds[0].fd, &key, 1) != 1)
		key = 'q';
	fprintf(sh->cli->client, "\r        \r");
	sh->page_quit = key != ' ' && key != '\r';
	sh->page_at = key == '\r' ? sh->page_lines - 2 : 0;
}

static void
terminal_line(struct cli_def *cli, const char *line)
{
	struct shell *sh = cli_get_context(cli);
	char clean[OUT_LINE_MAX];

	if (sh->page_quit || cli->client == NULL ||
			(!sh->in_command && strstr(line, GRAMMAR_HIDDEN) != NULL))
		return;
	if (sh->in_command && sh->page_lines > 0 && ++sh->page_at >= sh->page_lines)
		page_wait(sh);
	if (sh->page_quit)
		return;
	if (sh->in_command)
		fprintf(cli->client, "%s\r\n", line);
	else /* libcli's: help, which is indented, or what it does not understand of the line */
		fprintf(cli->client, "%s%s\r\n", line[0] != ' ' && line[0] != '\0' ? "% " : "",
				text_clean(clean, sizeof(clean), line));
}

/* libcli prints the banner when it has emptied its history and before the first prompt. */
static void
banner_line(struct cli_def *cli, const char *line)
{
	struct shell *sh = cli_get_context(cli);

	cli_print_callback(cli, terminal_line);
	history_load(sh);
	fprintf(cli->client, "%s\r\n", line);
}

enum shell_status
terminal_run(struct shell *sh)
{
	struct pump pump = { .sh = sh, .queue = malloc(QUEUE_MAX) };
	pthread_t thread;
	int pair[2];

	sh->interrupt_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (pump.queue == NULL || sh->interrupt_fd < 0 ||
			socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0 ||
			!terminal_raw()) {
		fprintf(stderr, "culvert: no terminal: %s\n", strerror(errno));
		free(pump.queue);
		return SHELL_ERROR;
	}
	pump.fd = pair[1];
	sh->interactive = true;
	client_set_interrupt(sh->client, sh->interrupt_fd);
	cli_print_callback(sh->cli, banner_line);
	cli_set_banner(sh->cli, "Culvert " CULVERT_VERSION ". ? helps, exit leaves.");
	if (pthread_create(&thread, NULL, pump_run, &pump) != 0) {
		terminal_restore();
		free(pump.queue);
		return SHELL_ERROR;
	}
	cli_loop(sh->cli, pair[0]); /* closes it */
	pthread_join(thread, NULL);
	close(pair[1]);
	terminal_restore();
	if (!sh->quit)
		printf("\n");
	if (config_changed(sh))
		fprintf(stderr, "%% The changes were not committed and are dropped.\n");
	explicit_bzero(pump.queue, QUEUE_MAX);
	free(pump.queue);
	close(sh->interrupt_fd);
	sh->interrupt_fd = -1;
	client_set_interrupt(sh->client, -1);
	return SHELL_OK;
}
