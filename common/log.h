/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The log of all programs: one line per event on stderr, "TIME PROGRAM LEVEL AREA: text".
 * Not for packet paths. Secrets are never arguments of these functions.
 */
#ifndef CULVERT_COMMON_LOG_H
#define CULVERT_COMMON_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LVL_ERROR, LVL_WARNING, LVL_NOTICE, LVL_INFO, LVL_DEBUG };

/** Call once at start. @program must outlive the process's logging. Not thread-safe. */
void log_init(const char *program, enum log_level max_level);
void log_set_level(enum log_level max_level);
bool log_enabled(enum log_level level);
/** "error", "warning", "notice", "info", "debug" to a level. 0 or -EINVAL. */
int log_level_parse(const char *s, enum log_level *level);
/** One line; bytes outside printable ASCII become '?'. Any thread may call. Never waits for a pipe
 *  or socket whose reader has stopped: the line is lost, and how many were is told in the next. */
void log_msg(enum log_level level, const char *area, const char *fmt, ...)
		__attribute__((format(printf, 3, 4)));

#define log_error(area, ...)   log_msg(LVL_ERROR, area, __VA_ARGS__)
#define log_warning(area, ...) log_msg(LVL_WARNING, area, __VA_ARGS__)
#define log_notice(area, ...)  log_msg(LVL_NOTICE, area, __VA_ARGS__)
#define log_info(area, ...)    log_msg(LVL_INFO, area, __VA_ARGS__)
#define log_debug(area, ...)                                                                     \
	do {                                                                                     \
		if (log_enabled(LVL_DEBUG))                                                      \
			log_msg(LVL_DEBUG, area, __VA_ARGS__);                                   \
	} while (0)

/** A token bucket for lines an outsider can cause. Zeroed storage with the two limits set. */
struct log_limit {
	uint32_t per_interval; /* lines let through per interval */
	uint32_t interval_ms;
	uint64_t window_start_ms;
	uint32_t n_in_window;
	uint32_t n_suppressed; /* since the last line let through */
};

/** May a line be written at @now_ms (monotonic)? Counts what it refuses. */
bool log_limit_ok(struct log_limit *l, uint64_t now_ms);

#endif
