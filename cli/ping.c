/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ping and traceroute; see ping.h. The control plane sends; here it is asked for results until all
 * are there, or ^C.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/follow.h"
#include "cli/ping.h"
#include "cli/render.h"
#include "cli/text.h"

#define POLL_MS   50
#define LINE_SIGNS 70 /* "!" on one line, as on IOS */

struct run {
	struct shell *sh;
	bool trace, ipv6;
	json_int_t id, next;
	json_t *all;   /* results so far, for JSON; else NULL */
	char line[160]; /* that is not ended yet */
	bool shown;     /* as far as it goes */
	json_int_t ttl; /* of traceroute's line */
	char last[64];  /* who is named on it */
};

/* ---- words ----------------------------------------------------------------------------------- */

struct option {
	const char *word, *key;
	double least, most, factor;
};

static const struct option ping_options[] = {
	{ "repeat", "repeat", 1, 100000, 1 },
	{ "size", "size", 36, 1998, 1 },
	{ "timeout", "timeout_ms", 0.001, 3600, 1000 },
	{ "dscp", "dscp", 0, 63, 1 },
};

static const struct option trace_options[] = {
	{ "timeout", "timeout_ms", 0.001, 3600, 1000 },
	{ "probe", "repeat", 1, 10, 1 },
	{ "ttl", "ttl_first", 1, 255, 1 },
	{ "dscp", "dscp", 0, 63, 1 },
};

static bool
number(struct shell *sh, const char *word, const char *text, double least, double most, double *n)
{
	char *end = NULL;

	*n = text != NULL ? strtod(text, &end) : 0;
	if (text != NULL && end != text && *end == '\0' && *n >= least && *n <= most)
		return true;
	shell_error(sh, "%s: expected %g-%g", word, least, most);
	return false;
}

/* One option with what belongs to it. How many words; 0 after an error. */
static int
option_take(struct shell *sh, const struct option *options, size_t n, char **argv, int argc,
		json_t *params)
{
	const char *value = argc > 1 ? argv[1] : NULL;
	double x;

	for (size_t i = 0; i < n; i++) {
		const struct option *o = &options[i];

		if (!text_abbreviates(argv[0], o->word))
			continue;
		if (!number(sh, o->word, value, o->least, o->most, &x))
			return 0;
		json_object_set_new(params, o->key, json_integer((json_int_t)(x * o->factor)));
		if (strcmp(o->word, "ttl") != 0)
			return 2;
		if (!number(sh, "ttl", argc > 2 ? argv[2] : NULL, x, 255, &x))
			return 0;
		json_object_set_new(params, "ttl_last", json_integer((json_int_t)x));
		return 3;
	}
	if (value != NULL && text_abbreviates(argv[0], "source")) {
		json_object_set_new(params, "source", json_string(value));
		return 2;
	}
	if (options == ping_options && text_abbreviates(argv[0], "df-bit")) {
		json_object_set_new(params, "df", json_true());
		return 1;
	}
	if (options == trace_options && text_abbreviates(argv[0], "numeric"))
		return 1; /* names are never looked up */
	shell_error(sh, value == NULL ? "\"%s\": incomplete, or not known here"
				      : "\"%s\" is not known here", argv[0]);
	return 0;
}

/* [ip|ipv6] TARGET OPTIONS. New reference, NULL after an error. */
static json_t *
words(struct shell *sh, bool trace, int argc, char **argv)
{
	json_t *params = json_pack("{s:s, s:b}", "what", "ping", "trace", (int)trace);
	const struct option *options = trace ? trace_options : ping_options;
	size_t n = trace ? sizeof(trace_options) / sizeof(trace_options[0])
			 : sizeof(ping_options) / sizeof(ping_options[0]);
	int took = 1;

	if (argc > 1 && (strcasecmp(argv[0], "ip") == 0 || strcasecmp(argv[0], "ipv6") == 0)) {
		argv++;
		argc--;
	}
	if (argc == 0)
		shell_error(sh, "incomplete: expected an IPv4 or IPv6 address");
	else if (strpbrk(argv[0], ".:") == NULL || strpbrk(argv[0], "ghijklmnopqrstuvwxyz") != NULL)
		shell_error(sh, "\"%s\": expected an IPv4 or IPv6 address; names are not looked up",
				argv[0]);
	else
		json_object_set_new(params, "target", json_string(argv[0]));
	for (int at = 1; at < argc && took > 0 && sh->status == SHELL_OK; at += took)
		took = option_take(sh, options, n, argv + at, argc - at, params);
	if (sh->status == SHELL_OK)
		return params;
	json_decref(params);
	return NULL;
}

/* ---- lines that grow ------------------------------------------------------------------------- */

static void __attribute__((format(printf, 2, 3)))
grow(struct run *r, const char *fmt, ...)
{
	size_t len = strlen(r->line);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->line + len, sizeof(r->line) - len, fmt, ap);
	va_end(ap);
	r->shown = shell_progress(r->sh, r->line + len);
}

/* What was shown as it came needs its end only. */
static void
line_end(struct run *r)
{
	if (r->line[0] != '\0' && r->shown)
		shell_progress(r->sh, "\n");
	else if (r->line[0] != '\0')
		out_line(&r->sh->out, "%s", r->line);
	r->line[0] = '\0';
}

/* ---- what comes ------------------------------------------------------------------------------ */

/* IOS's signs for what ends a request. */
static char
sign_of(const struct run *r, const json_t *res)
{
	const char *how = get_str(res, "result");

	if (strcmp(how, "answered") == 0)
		return '!';
	if (strcmp(how, "timeout") == 0)
		return '.';
	if (strcmp(how, "too-big") == 0)
		return r->ipv6 ? 'B' : 'M';
	if (strcmp(how, "ttl-exceeded") == 0)
		return r->ipv6 ? 'T' : '&';
	if (strcmp(how, "unreachable") != 0)
		return '?';
	if (!r->ipv6)
		return 'U';
	switch (get_int(res, "code")) { /* RFC 4443 section 3.1 */
	case 0:
		return 'N';
	case 1:
	case 5:
	case 6:
		return 'A';
	case 4:
		return 'P';
	default:
		return 'H';
	}
}

/* What a traceroute puts behind the time of who could not go on. */
static const char *
mark_of(const struct run *r, const json_t *res)
{
	if (strcmp(get_str(res, "result"), "unreachable") != 0)
		return strcmp(get_str(res, "result"), "too-big") == 0 ? " !M" : "";
	switch (get_int(res, "code")) {
	case 0:
		return " !N";
	case 1:
		return r->ipv6 ? " !A" : " !H";
	case 2:
		return r->ipv6 ? " !H" : " !P";
	case 3:
		return r->ipv6 ? " !H" : "";
	case 9:
	case 10:
	case 13:
		return " !A";
	default:
		return " !U";
	}
}

/* Rounded, and never 0, as on IOS. */
static json_int_t
ms(json_int_t us)
{
	return us < 1000 ? 1 : (us + 500) / 1000;
}

static void
trace_result(struct run *r, const json_t *res)
{
	if (get_int(res, "ttl") != r->ttl) {
		line_end(r);
		r->ttl = get_int(res, "ttl");
		r->last[0] = '\0';
		grow(r, "%3" JSON_INTEGER_FORMAT, r->ttl);
	}
	if (strcmp(get_str(res, "result"), "timeout") == 0) {
		grow(r, " *");
		return;
	}
	if (strcmp(get_str(res, "from"), r->last) != 0)
		grow(r, " %s", get_str(res, "from"));
	snprintf(r->last, sizeof(r->last), "%s", get_str(res, "from"));
	grow(r, " %" JSON_INTEGER_FORMAT " msec%s", ms(get_int(res, "rtt_us")), mark_of(r, res));
}

static void
ping_result(struct run *r, const json_t *res)
{
	grow(r, "%c", sign_of(r, res));
	if (strlen(r->line) == LINE_SIGNS)
		line_end(r);
}

/* What has come since the last answer. */
static void
results(struct run *r, const json_t *answer)
{
	json_t *list = json_object_get(answer, "results"), *res;
	size_t i;

	if (r->all != NULL)
		json_array_extend(r->all, list);
	json_array_foreach (list, i, res) {
		if (r->all != NULL)
			continue;
		if (r->trace)
			trace_result(r, res);
		else
			ping_result(r, res);
	}
	r->next = get_int(answer, "next");
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void
intro(struct run *r, const json_t *params, const json_t *answer)
{
	const struct out *o = &r->sh->out;
	json_int_t size = get_int(params, "size"), repeat = get_int(params, "repeat");
	double timeout_s = (double)get_int(params, "timeout_ms") / 1000;

	if (r->sh->interactive)
		out_line(o, "Type escape sequence (^C) to abort.");
	if (r->trace) {
		out_line(o, "Tracing the route to %s", get_str(params, "target"));
		return;
	}
	out_line(o, "Sending %d, %d-byte ICMP Echos to %s, timeout is %g seconds:",
			repeat != 0 ? (int)repeat : 5, size != 0 ? (int)size : 100,
			get_str(params, "target"), timeout_s > 0 ? timeout_s : 2);
	if (json_object_get(params, "source") != NULL)
		out_line(o, "Packet sent with a source address of %s", get_str(answer, "source"));
	if (json_object_get(params, "df") != NULL)
		out_line(o, "Packet sent with the DF bit set");
}

static void
summary(struct run *r, const json_t *answer)
{
	json_int_t n = r->next, good = get_int(answer, "answered");
	char rtt[96] = "";

	line_end(r);
	if (get_str(answer, "why")[0] != '-')
		shell_error(r->sh, "%s", get_str(answer, "why"));
	if (r->trace || n == 0)
		return;
	if (good > 0)
		snprintf(rtt, sizeof(rtt),
				", round-trip min/avg/max = %" JSON_INTEGER_FORMAT
				"/%" JSON_INTEGER_FORMAT "/%" JSON_INTEGER_FORMAT " ms",
				ms(get_int(answer, "rtt_min_us")),
				ms(get_int(answer, "rtt_avg_us")),
				ms(get_int(answer, "rtt_max_us")));
	out_line(&r->sh->out, "Success rate is %d percent (%d/%d)%s",
			n > 0 ? (int)(good * 100 / n) : 0, (int)good, (int)n, rtt);
}

static void
finish(struct run *r, json_t *answer)
{
	json_decref(shell_ask(r->sh, "debug",
			json_pack("{s:s, s:I}", "what", "ping", "stop", r->id)));
	if (answer == NULL)
		return;
	if (r->all != NULL) {
		json_object_set(answer, "results", r->all);
		json_object_del(answer, "next");
		json_object_del(answer, "lost");
		shell_print_json(r->sh, answer);
	} else {
		summary(r, answer);
	}
	if (get_int(answer, "answered") == 0)
		r->sh->status = SHELL_ERROR;
}

static void
run(struct shell *sh, bool trace, int argc, char **argv)
{
	struct run r = { .sh = sh, .trace = trace, .all = sh->json ? json_array() : NULL };
	json_t *params = words(sh, trace, argc, argv), *answer = NULL, *begun = NULL;
	struct follow_signals old;

	if (params != NULL)
		begun = shell_ask(sh, "debug", json_incref(params));
	if (begun == NULL) {
		json_decref(params);
		json_decref(r.all);
		return;
	}
	r.id = get_int(begun, "id");
	json_decref(begun);
	r.ipv6 = strchr(get_str(params, "target"), ':') != NULL;
	follow_begin(&old);
	for (bool first = true;; first = false) {
		json_decref(answer);
		answer = shell_ask(sh, "show", json_pack("{s:s, s:I, s:I}", "what", "ping", "id",
						r.id, "since", r.next));
		if (answer == NULL)
			break;
		if (first && r.all == NULL)
			intro(&r, params, answer);
		results(&r, answer);
		if (get_true(answer, "done") || !follow_rest(sh, POLL_MS))
			break;
	}
	follow_end(sh, &old);
	finish(&r, answer);
	json_decref(answer);
	json_decref(r.all);
	json_decref(params);
}

void
ping(struct shell *sh, int argc, char **argv)
{
	run(sh, false, argc, argv);
}

void
traceroute(struct shell *sh, int argc, char **argv)
{
	run(sh, true, argc, argv);
}
