/* SPDX-License-Identifier: BSD-3-Clause */
/* Log lines on stderr; see log.h. */
#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"

static const char *log_program = "culvert";
static enum log_level log_max = LVL_INFO;
static atomic_uint log_lost; /* lines since the last one that could be written */

#define LOG_LINE_MAX 1024

static const char *const level_names[] = {
	[LVL_ERROR] = "error",
	[LVL_WARNING] = "warning",
	[LVL_NOTICE] = "notice",
	[LVL_INFO] = "info",
	[LVL_DEBUG] = "debug",
};

void
log_init(const char *program, enum log_level max_level)
{
	log_program = program;
	log_max = max_level;
}

void
log_set_level(enum log_level max_level)
{
	log_max = max_level;
}

bool
log_enabled(enum log_level level)
{
	return level <= log_max;
}

int
log_level_parse(const char *s, enum log_level *level)
{
	for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
		if (strcmp(s, level_names[i]) == 0) {
			*level = (enum log_level)i;
			return 0;
		}
	}
	return -EINVAL;
}

/* Who reads the log may have stopped: a pipe or a socket that is full must not stop us as well.
 * With POLLOUT there is room for PIPE_BUF bytes, more than a line has. */
static bool
log_has_room(void)
{
	struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };

	return poll(&p, 1, 0) != 0; /* an error is write()'s to tell */
}

/* One write, so that lines of several threads and programs do not mix. */
static void
put_line(const char *line, size_t len)
{
	char told[128];
	unsigned int lost;
	int n;

	static_assert(LOG_LINE_MAX + sizeof(told) <= PIPE_BUF, "both fit");
	if (!log_has_room()) {
		atomic_fetch_add(&log_lost, 1);
		return;
	}
	lost = atomic_exchange(&log_lost, 0);
	if (lost != 0) {
		n = snprintf(told, sizeof(told),
				"%.24s %.32s warning log: %u lines were lost: nobody read them\n",
				line, log_program, lost);
		if (n > 0 && write(STDERR_FILENO, told, (size_t)n) < 0)
			return;
	}
	if (write(STDERR_FILENO, line, len) < 0)
		return;
}

void
log_msg(enum log_level level, const char *area, const char *fmt, ...)
{
	char line[LOG_LINE_MAX], stamp[32];
	struct timespec ts;
	struct tm tm;
	va_list ap;
	int at, n;

	if (!log_enabled(level))
		return;
	clock_gettime(CLOCK_REALTIME, &ts);
	gmtime_r(&ts.tv_sec, &tm);
	strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%S", &tm);
	at = snprintf(line, sizeof(line) - 1, "%s.%03ldZ %s %s %s: ", stamp, ts.tv_nsec / 1000000,
			log_program, level_names[level], area);
	if (at < 0 || at >= (int)sizeof(line) - 1)
		return;
	va_start(ap, fmt);
	n = vsnprintf(line + at, sizeof(line) - 1 - (size_t)at, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	n = (int)strlen(line);
	for (int i = 0; i < n; i++) {
		if (line[i] < 0x20 || line[i] > 0x7e)
			line[i] = '?';
	}
	line[n++] = '\n';
	put_line(line, (size_t)n);
}

bool
log_limit_ok(struct log_limit *l, uint64_t now_ms)
{
	if (now_ms - l->window_start_ms >= l->interval_ms) {
		l->window_start_ms = now_ms;
		l->n_in_window = 0;
	}
	if (l->n_in_window >= l->per_interval) {
		l->n_suppressed++;
		return false;
	}
	l->n_in_window++;
	return true;
}
