/* SPDX-License-Identifier: BSD-3-Clause */
/* `debug track`, `debug ip sla`, `debug ip routing`: started and ended, and what has come since;
 * `show debugging`: which of all there are run. */
#include <stdio.h>
#include <string.h>

#include "common/inet.h"
#include "controlplane/config/model.h"
#include "controlplane/ospf/proc.h"
#include "controlplane/rib/routes_debug.h"
#include "controlplane/show/packet_trace.h"
#include "controlplane/show/show_debug_watch.h"
#include "controlplane/show/show_int.h"
#include "controlplane/track/tracks_debug.h"
#include "controlplane/vpn/debug.h"
#include "controlplane/vrrp/vrrps.h"

static bool
is_off(const json_t *params)
{
	return json_is_false(json_object_get(params, "on"));
}

static json_t *
started(uint64_t next)
{
	return json_pack("{s:b, s:I}", "running", 1, "next", (json_int_t)next);
}

static json_t *
stopped(void)
{
	return json_pack("{s:b}", "running", 0);
}

/* ---- objects and probes ---------------------------------------------------------------------- */

static json_t *
tracks_debug(const struct show *s, enum tracks_debug_kind kind, const json_t *params, char *err,
		size_t err_len)
{
	const char *name = json_string_value(json_object_get(params, "name"));
	bool there = name == NULL || (kind == TRACKS_DEBUG_OBJECTS
			? cfg_track_find(s->cp->cfg, name) != NULL
			: cfg_sla_find(s->cp->cfg, name) != NULL);

	if (is_off(params)) {
		tracks_debug_stop(s->cp->tracks, kind);
		return stopped();
	}
	if (!there) {
		snprintf(err, err_len, "there is no %s \"%.32s\"",
				kind == TRACKS_DEBUG_OBJECTS ? "tracked object" : "probe", name);
		return NULL;
	}
	return started(tracks_debug_start(s->cp->tracks, kind, name != NULL ? name : ""));
}

json_t *
debug_track(void *ctx, const json_t *params, char *err, size_t err_len)
{
	return tracks_debug(ctx, TRACKS_DEBUG_OBJECTS, params, err, err_len);
}

json_t *
debug_sla(void *ctx, const json_t *params, char *err, size_t err_len)
{
	return tracks_debug(ctx, TRACKS_DEBUG_PROBES, params, err, err_len);
}

static void
tracks_msg_add(void *list, const struct debug_msg *m)
{
	const struct tracks_debug_about *a = (const struct tracks_debug_about *)m->about;

	json_array_append_new(list, json_pack("{s:I, s:I, s:s, s:o}", "seq", (json_int_t)m->seq,
			"time_ms", (json_int_t)m->time_ms, "name", a->name, "lines",
			show_lines(m->text)));
}

json_t *
show_track_debug(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct show *s = ctx;

	return show_ring(tracks_debug_ring(s->cp->tracks, TRACKS_DEBUG_OBJECTS), params,
			tracks_msg_add);
}

json_t *
show_sla_debug(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct show *s = ctx;

	return show_ring(tracks_debug_ring(s->cp->tracks, TRACKS_DEBUG_PROBES), params,
			tracks_msg_add);
}

/* ---- routes ---------------------------------------------------------------------------------- */

json_t *
debug_routing(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const char *text = json_string_value(json_object_get(params, "prefix"));
	const struct show *s = ctx;
	struct ip6_prefix within;
	struct ip4_prefix four;

	if (is_off(params)) {
		routes_debug_stop(routes_debug_of(s->cp->reconcile));
		return stopped();
	}
	if (text != NULL && ip4_prefix_parse(text, &four) == 0) {
		within = (struct ip6_prefix){ ip6_mapped(four.addr), (uint8_t)(four.len + 96) };
	} else if (text != NULL && ip6_prefix_parse(text, &within) != 0) {
		snprintf(err, err_len, "\"prefix\": %.64s is no prefix", text);
		return NULL;
	}
	return started(routes_debug_start(
			routes_debug_of(s->cp->reconcile), text != NULL ? &within : NULL));
}

static void
routes_msg_add(void *list, const struct debug_msg *m)
{
	const struct routes_debug_about *a = (const struct routes_debug_about *)m->about;

	json_array_append_new(list, json_pack("{s:I, s:I, s:s, s:o}", "seq", (json_int_t)m->seq,
			"time_ms", (json_int_t)m->time_ms, "family", a->ip6 ? "ipv6" : "ipv4",
			"lines", show_lines(m->text)));
}

json_t *
show_routing_debug(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct show *s = ctx;

	return show_ring(routes_debug_ring(routes_debug_of(s->cp->reconcile)), params, routes_msg_add);
}

/* ---- all ------------------------------------------------------------------------------------- */

static void
running_add(json_t *list, const char *command, const struct debug_ring *d)
{
	if (d->running)
		json_array_append_new(list, json_pack("{s:s, s:I, s:f}", "command", command,
				"messages", (json_int_t)d->next, "read_s_ago",
				(double)(cp_now_ms() - d->read_ms) / 1000));
}

json_t *
show_debugging(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct show *s = ctx;
	struct cp *cp = s->cp;
	json_t *list = json_array();

	running_add(list, "debug crypto", vpn_debug_ring(cp->vpn));
	running_add(list, "debug ip ospf", ospf_debug_ring(cp->ospf));
	running_add(list, "debug ip routing", routes_debug_ring(routes_debug_of(cp->reconcile)));
	running_add(list, "debug ip sla", tracks_debug_ring(cp->tracks, TRACKS_DEBUG_PROBES));
	running_add(list, "debug track", tracks_debug_ring(cp->tracks, TRACKS_DEBUG_OBJECTS));
	running_add(list, "debug vrrp", vrrps_debug_ring(cp->vrrps));
	return json_pack("{s:o, s:I}", "debugging", list, "packet_trace_left",
			(json_int_t)packet_trace_left(s->trace));
}
