/* SPDX-License-Identifier: BSD-3-Clause */
/* show ipv6 nd ra. */
#include <string.h>

#include "cli/render.h"
#include "cli/text.h"

static void
sender(const struct out *o, const json_t *s)
{
	const json_t *group = json_object_get(s, "group");
	char last[TEXT_NUM_LEN];
	json_t *p;
	size_t i;

	if (json_is_integer(group))
		out_line(o, "%s group %d: as %s, %s", get_str(s, "interface"),
				(int)json_integer_value(group), get_str(s, "source"),
				get_str(s, "mac"));
	else
		out_line(o, "%s: as %s, %s", get_str(s, "interface"), get_str(s, "source"),
				get_str(s, "mac"));
	detail(o, "every", "%.0f to %.0f s; last %s ago, next in %.0f s",
			json_number_value(json_object_get(s, "interval_min_s")),
			json_number_value(json_object_get(s, "interval_s")),
			get_age(s, "last_s_ago", last),
			json_number_value(json_object_get(s, "next_s")));
	detail(o, "router lifetime", "%d s, preference %s", (int)get_int(s, "lifetime_s"),
			get_str(s, "preference"));
	detail(o, "told", "hop limit %d, MTU %d%s%s", (int)get_int(s, "hop_limit"),
			(int)get_int(s, "mtu"), get_true(s, "managed") ? ", managed" : "",
			get_true(s, "other") ? ", other" : "");
	json_array_foreach (json_object_get(s, "prefixes"), i, p)
		detail(o, i == 0 ? "prefixes" : "", "%s%s%s, valid %" JSON_INTEGER_FORMAT
				" s, preferred %" JSON_INTEGER_FORMAT " s", get_str(p, "prefix"),
				get_true(p, "on_link") ? ", on link" : "",
				get_true(p, "autonomous") ? ", autoconfig" : "",
				get_int(p, "valid_s"), get_int(p, "preferred_s"));
	detail(o, "sent", "%" JSON_INTEGER_FORMAT ", %" JSON_INTEGER_FORMAT " times solicited",
			get_int(s, "sent"), get_int(s, "solicited"));
}

void
render_ra(const struct out *o, const json_t *answer)
{
	const json_t *c = json_object_get(answer, "counters");
	json_t *s;
	size_t i;

	json_array_foreach (json_object_get(answer, "senders"), i, s)
		sender(o, s);
	out_line(o, "Solicitations: %" JSON_INTEGER_FORMAT ", of them unwanted %" JSON_INTEGER_FORMAT
		    "; malformed %" JSON_INTEGER_FORMAT, get_int(c, "solicitations"),
			get_int(c, "unwanted"), get_int(c, "malformed"));
}
