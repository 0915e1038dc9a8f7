/* SPDX-License-Identifier: BSD-3-Clause */
/* What goes on until ^C; see follow.h. */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cli/follow.h"

static volatile sig_atomic_t stopped;

static void
on_signal(int sig)
{
	stopped = 1;
}

double
follow_now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

bool
follow_rest(struct shell *sh, int ms)
{
	struct pollfd p = { .fd = sh->interrupt_fd, .events = POLLIN };

	if (poll(&p, sh->interrupt_fd >= 0 ? 1 : 0, ms) < 0 && errno != EINTR)
		return false;
	return !stopped && (sh->interrupt_fd < 0 || (p.revents & POLLIN) == 0);
}

void
follow_begin(struct follow_signals *old)
{
	struct sigaction sa = { .sa_handler = on_signal };

	stopped = 0;
	sigaction(SIGINT, &sa, &old->sigint);
	sigaction(SIGTERM, &sa, &old->sigterm);
}

void
follow_end(struct shell *sh, const struct follow_signals *old)
{
	uint64_t n;

	sigaction(SIGINT, &old->sigint, NULL);
	sigaction(SIGTERM, &old->sigterm, NULL);
	if (sh->interrupt_fd >= 0 && read(sh->interrupt_fd, &n, sizeof(n)) < 0)
		return; /* none was pressed */
}

void
follow_clock(json_int_t ms, char buf[FOLLOW_CLOCK_LEN])
{
	time_t when = (time_t)(ms / 1000);
	size_t len = 0;
	struct tm tm;

	if (localtime_r(&when, &tm) != NULL)
		len = strftime(buf, FOLLOW_CLOCK_LEN, "%H:%M:%S", &tm);
	snprintf(buf + len, FOLLOW_CLOCK_LEN - len, ".%03d", (int)(ms % 1000));
}

void
follow_json(struct shell *sh, const json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT);

	out_line(&sh->out, "%s", text != NULL ? text : "{}");
	free(text);
}
