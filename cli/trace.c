/* SPDX-License-Identifier: BSD-3-Clause */
/* debug packet-trace, undebug, show packet-trace; see trace.h. */
#include <stdlib.h>
#include <string.h>

#include "cli/render.h"
#include "cli/text.h"
#include "cli/trace.h"

/* The words that take a value, and the parameter of the method. */
static const char *const filters[] = { "interface", "tunnel", "source", "destination", "protocol" };

/* Those that take a number. Behind the others: "source" is no short form of "source-port". */
static const struct {
	const char *word, *param;
	int max;
} numbers[] = {
	{ "count", "count", 1000 },
	{ "source-port", "source_port", 65535 },
	{ "destination-port", "destination_port", 65535 },
};

/* One word of the command, and its value, into @params. How many words that were; 0: wrong. */
static int
word_take(struct shell *sh, json_t *params, int left, char **argv)
{
	if (text_abbreviates(argv[0], "drops")) {
		json_object_set_new(params, "drops", json_true());
		return 1;
	}
	for (size_t i = 0; left >= 2 && i < sizeof(filters) / sizeof(filters[0]); i++) {
		if (!text_abbreviates(argv[0], filters[i]))
			continue;
		json_object_set_new(params, filters[i], json_string(argv[1]));
		return 2;
	}
	for (size_t i = 0; left >= 2 && i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		long long n;
		char *end;

		if (!text_abbreviates(argv[0], numbers[i].word))
			continue;
		n = strtoll(argv[1], &end, 10);
		if (*end == '\0' && n >= 1 && n <= numbers[i].max) {
			json_object_set_new(params, numbers[i].param, json_integer(n));
			return 2;
		}
		shell_error(sh, "\"%s\": expected 1-%d", argv[1], numbers[i].max);
		return 0;
	}
	shell_error(sh, "\"%s\": expected count N, interface NAME, tunnel NAME, source PREFIX, "
			"destination PREFIX, source-port N, destination-port N, protocol NAME or "
			"drops",
			argv[0]);
	return 0;
}

void
trace_debug(struct shell *sh, int argc, char **argv)
{
	json_t *params = json_pack("{s:s}", "what", "packet-trace"), *answer;

	for (int i = 0; i < argc;) {
		int n = word_take(sh, params, argc - i, argv + i);

		if (n == 0) {
			json_decref(params);
			return;
		}
		i += n;
	}
	answer = shell_ask(sh, "debug", params);
	if (answer != NULL && sh->json)
		shell_print_json(sh, answer);
	else if (answer != NULL)
		out_line(&sh->out, "Tracing the next %" JSON_INTEGER_FORMAT
				" packets that match: show packet-trace, undebug packet-trace",
				get_int(answer, "count"));
	json_decref(answer);
}

void
trace_undebug(struct shell *sh, int argc, char **argv)
{
	json_t *answer = shell_ask(
			sh, "debug", json_pack("{s:s, s:i}", "what", "packet-trace", "count", 0));

	if (answer != NULL && sh->json)
		shell_print_json(sh, answer);
	else if (answer != NULL)
		out_line(&sh->out, "%s", "Nothing is traced.");
	json_decref(answer);
}

static void
step_render(const struct out *o, const json_t *s)
{
	const char *keys[] = { "interface", "tunnel", "reason", "class" };
	char line[256];
	size_t n = 0;

	line[0] = '\0';
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (json_is_string(json_object_get(s, keys[i])) && n < sizeof(line))
			n += (size_t)snprintf(line + n, sizeof(line) - n, " %s %s", keys[i],
					get_str(s, keys[i]));
	if (get_int(s, "length") != 0 && n < sizeof(line))
		snprintf(line + n, sizeof(line) - n, " length %" JSON_INTEGER_FORMAT,
				get_int(s, "length"));
	out_colored(o, json_object_get(s, "reason") != NULL ? OUT_BAD : OUT_PLAIN,
			"  %8" JSON_INTEGER_FORMAT " ns  %-16s%s", get_int(s, "after_ns"),
			get_str(s, "step"), line);
	if (json_is_string(json_object_get(s, "packet")))
		out_line(o, "               %s", get_str(s, "packet"));
	if (json_is_string(json_object_get(s, "text")))
		out_line(o, "               %s", get_str(s, "text"));
}

/* What `show packet-trace` prints of an answer. */
static void
trace_render(const struct out *o, const json_t *answer)
{
	const json_t *packets = json_object_get(answer, "packets");
	json_t *p, *s;
	size_t i, k;

	json_array_foreach (packets, i, p) {
		out_line(o, "Packet %" JSON_INTEGER_FORMAT ", worker %" JSON_INTEGER_FORMAT,
				get_int(p, "packet"), get_int(p, "worker"));
		json_array_foreach (json_object_get(p, "steps"), k, s)
			step_render(o, s);
	}
	if (get_true(answer, "running"))
		out_line(o, "%zu of %" JSON_INTEGER_FORMAT " packets so far.",
				json_array_size(packets), get_int(answer, "count"));
	else if (json_array_size(packets) == 0)
		out_line(o, "%s", "Nothing was traced.");
}

void
trace_show(struct shell *sh, int argc, char **argv)
{
	json_t *answer = shell_ask(sh, "show", json_pack("{s:s}", "what", "packet-trace"));

	if (answer != NULL && sh->json)
		shell_print_json(sh, answer);
	else if (answer != NULL)
		trace_render(&sh->out, answer);
	json_decref(answer);
}
