/* SPDX-License-Identifier: BSD-3-Clause */
/* Events as JSON, for `show events` and for those who follow them. */
#include <string.h>

#include "controlplane/mgmt/mgmt_priv.h"
#include "controlplane/util/events.h"

json_t *
event_json(const struct event_rec *r)
{
	return json_pack("{s:I, s:I, s:s, s:s, s:s, s:s, s:s}", "seq", (json_int_t)r->seq,
	"time_ms",
			(json_int_t)r->time_ms, "source", r->source, "object", r->object, "from",
			r->from, "to", r->to, "why", r->why);
}

bool
event_wanted(const struct event_rec *r, const char *source)
{
	return source[0] == '\0' || strcmp(source, r->source) == 0;
}

json_t *
method_events(struct request *rq)
{
	const char *source = "";
	uint32_t since = UINT32_MAX;

	if (!request_only(rq, "since source") ||
			!request_number(rq, "since", UINT32_MAX - 1, &since) ||
			!request_text(rq, "source", &source))
		return NULL;
	if (rq->events == NULL)
		return request_fail(rq, "there are no events here");
	if (strlen(source) >= sizeof(rq->follow_source))
		return request_fail(rq, "params: there is no \"source\" %.32s", source);
	rq->follow = true;
	rq->follow_from = since < events_next(rq->events) ? since : events_next(rq->events);
	strcpy(rq->follow_source, source);
	return json_pack("{s:I}", "next", (json_int_t)rq->follow_from);
}

json_t *
mgmt_show_events(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct events *e = ctx;
	const char *source = json_string_value(json_object_get(params, "source"));
	json_int_t since = json_integer_value(json_object_get(params, "since"));
	uint64_t seq = since > 0 ? (uint64_t)since : 0, lost = 0;
	json_t *list = json_array();

	if (seq < events_first(e)) {
		lost = events_first(e) - seq;
		seq = events_first(e);
	}
	for (; seq < events_next(e); seq++)
		if (event_wanted(events_at(e, seq), source != NULL ? source : ""))
			json_array_append_new(list, event_json(events_at(e, seq)));
	return json_pack("{s:I, s:I, s:o}", "next", (json_int_t)events_next(e), "lost",
			(json_int_t)(since > 0 ? lost : 0), "events", list);
}
