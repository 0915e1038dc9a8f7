/* SPDX-License-Identifier: BSD-3-Clause */
/* Repeating commands; see watch.h. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/watch.h"

struct watch {
	json_t *answers; /* by subject: {"at": seconds, "answer": ...} of the last round */
	json_t *before;  /* keeps the answer that the present round compares with */
};

static volatile sig_atomic_t stopped;

static void
stop(int sig)
{
	stopped = 1;
}

static double
now_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

void
watch_since(struct watch *w, const char *what, const json_t *answer, struct since *since)
{
	json_t *last = json_object_get(w->answers, what);
	double now = now_s();

	json_decref(w->before);
	w->before = json_incref(json_object_get(last, "answer"));
	since->before = w->before;
	since->seconds = now - json_real_value(json_object_get(last, "at"));
	json_object_set_new(w->answers, what,
			json_pack("{s:f, s:O}", "at", now, "answer", (json_t *)answer));
}

/* The top of the screen: what is repeated, where, and when. */
static void
screen_top(const struct shell *sh, const struct watch_options *o, const char *line)
{
	char clock[32] = "";
	time_t now = time(NULL);
	struct tm tm;

	if (localtime_r(&now, &tm) != NULL)
		strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	printf("\033[H\033[J%s%s: every %g s on %s, %s; ^C ends%s\n\n", out_sgr(&sh->out, OUT_DIM),
			line, o->interval_s, sh->hostname, clock, out_sgr(&sh->out, OUT_PLAIN));
}

/* Wait for the next round, from when the last one was due. False when stopped. */
static bool
pause_until(double due)
{
	struct timespec ts = { .tv_sec = (time_t)due };

	ts.tv_nsec = (long)((due - (double)ts.tv_sec) * 1e9);
	while (!stopped && clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR)
		;
	return !stopped;
}

enum shell_status
watch_run(struct shell *sh, const struct watch_options *o, char *const *lines, int n_lines)
{
	struct sigaction sa = { .sa_handler = stop };
	struct watch w = { .answers = json_object() };
	enum shell_status status = SHELL_OK;
	double due = now_s();

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sh->watch = &w;
	if (o->screen)
		shell_learn_hostname(sh);
	for (long round = 0; !stopped && !sh->quit && (o->limit == 0 || round < o->limit);
			round++) {
		if (round > 0 && !pause_until(due))
			break;
		if (o->screen)
			screen_top(sh, o, lines[0]);
		for (int i = 0; i < n_lines && !sh->quit; i++) {
			enum shell_status one = shell_run(sh, lines[i], strlen(lines[i]));

			status = i == 0 || one != SHELL_OK ? one : status;
		}
		fflush(stdout);
		due += o->interval_s;
		if (due < now_s())
			due = now_s(); /* the rounds missed are not made up for */
	}
	if (stopped && o->screen)
		printf("\n");
	sh->watch = NULL;
	json_decref(w.answers);
	json_decref(w.before);
	return status;
}
