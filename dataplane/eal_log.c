/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * DPDK's messages. While EAL starts it prints to stdout and stderr, some of it past its own log
 * stream: both are caught. After that its log stream is ours: every line is a debug line of our
 * log, errors are remembered for whoever reports a failure, and, once the dataplane is up, are
 * warnings.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include <rte_log.h>

#include "common/log.h"
#include "dataplane/eal.h"
#include "dataplane/eal_log.h"

#define LINE_MAX_LEN 240

static char last_error[LINE_MAX_LEN];
static bool errors_are_warnings;

/* ---- the log stream ----------------------------------------------------------------------- */

static ssize_t
stream_write(void *cookie, const char *buf, size_t len)
{
	static struct log_limit limit = { .per_interval = 10, .interval_ms = 10000 };
	char line[LINE_MAX_LEN];
	struct timespec ts;
	int n = (int)strnlen(buf, len);

	while (n > 0 && (buf[n - 1] == '\n' || buf[n - 1] == ' '))
		n--;
	snprintf(line, sizeof(line), "%.*s", n, buf);
	if (n == 0)
		return (ssize_t)len;
	if (rte_log_cur_msg_loglevel() > (int)RTE_LOG_ERR) {
		log_debug("dpdk", "%s", line);
		return (ssize_t)len;
	}
	snprintf(last_error, sizeof(last_error), "%s", line);
	clock_gettime(CLOCK_MONOTONIC, &ts);
	if (errors_are_warnings && log_limit_ok(&limit, (uint64_t)ts.tv_sec * 1000))
		log_warning("dpdk", "%s", line);
	else
		log_debug("dpdk", "%s", line);
	return (ssize_t)len;
}

int
eal_log_open(void)
{
	const cookie_io_functions_t io = { .write = stream_write };
	FILE *f = fopencookie(NULL, "w", io);

	if (f == NULL)
		return -ENOMEM;
	setvbuf(f, NULL, _IONBF, 0);
	return rte_openlog_stream(f);
}

const char *
eal_last_error(void)
{
	static char text[LINE_MAX_LEN];

	memcpy(text, last_error, sizeof(text));
	last_error[0] = '\0';
	return text;
}

void
eal_log_errors(void)
{
	errors_are_warnings = true;
}

/* ---- what is printed while EAL starts ----------------------------------------------------- */

int
fd_capture_begin(struct fd_capture *c)
{
	fflush(NULL);
	c->mem_fd = memfd_create("eal", MFD_CLOEXEC);
	c->saved[0] = dup(STDOUT_FILENO);
	c->saved[1] = dup(STDERR_FILENO);
	if (c->mem_fd < 0 || c->saved[0] < 0 || c->saved[1] < 0 ||
			dup2(c->mem_fd, STDOUT_FILENO) < 0 || dup2(c->mem_fd, STDERR_FILENO) < 0)
		return -errno;
	return 0;
}

/* Lines that EAL prints when nothing is wrong, or that only repeat that something is. */
static bool
says_nothing(const char *line)
{
	static const char *const idle[] = { "Detected ", "Selected IOVA", "Multi-process",
		"VFIO support", "No free ", "No available", "Static memory", "TELEMETRY",
		"FATAL: ", "Bus (", "vdev_probe", "Physical addresses", "Cannot probe devices",
		"Probe PCI", "Probing VFIO", "Ignore mapping", "Usage:", "WARNING", "set_mempolicy",
		"get_mempolicy" };

	for (size_t i = 0; i < sizeof(idle) / sizeof(idle[0]); i++)
		if (strncmp(line, idle[i], strlen(idle[i])) == 0)
			return true;
	return line[0] == '\0' || line[0] == ' ' || line[0] == '-';
}

/* "EAL: failed to parse ..." without who says it. */
static const char *
without_prefix(const char *line)
{
	return strncmp(line, "EAL: ", 5) == 0 ? line + 5 : line;
}

/* The first line that says something is the cause; what follows are its consequences. */
static void
find_cause(FILE *f, char *why, size_t why_len)
{
	char line[512], fallback[LINE_MAX_LEN] = "";
	bool found = false;

	while (fgets(line, sizeof(line), f) != NULL) {
		const char *text = without_prefix(line);

		line[strcspn(line, "\n")] = '\0';
		log_debug("dpdk", "%s", line);
		/* Its answer to an option or a value that it does not know. */
		if (strcmp(text, "EAL common options:") == 0) {
			snprintf(fallback, sizeof(fallback), "bad option or value after --");
			break;
		}
		if (strncmp(text, "FATAL: ", 7) == 0)
			snprintf(fallback, sizeof(fallback), "%s", text + 7);
		if (found || says_nothing(text))
			continue;
		snprintf(why, why_len, "%s", text);
		found = true;
	}
	if (!found)
		snprintf(why, why_len, "%s", fallback);
}

void
fd_capture_end(struct fd_capture *c, char *why, size_t why_len)
{
	FILE *f;

	fflush(NULL);
	if (c->saved[0] >= 0) {
		dup2(c->saved[0], STDOUT_FILENO);
		close(c->saved[0]);
	}
	if (c->saved[1] >= 0) {
		dup2(c->saved[1], STDERR_FILENO);
		close(c->saved[1]);
	}
	if (why_len > 0)
		why[0] = '\0';
	if (c->mem_fd < 0)
		return;
	lseek(c->mem_fd, 0, SEEK_SET);
	f = fdopen(c->mem_fd, "r");
	if (f == NULL) {
		close(c->mem_fd);
		return;
	}
	find_cause(f, why, why_len);
	fclose(f);
}
