/* SPDX-License-Identifier: BSD-3-Clause */
/* `debug ip ospf`, `debug vrrp`: started and ended, and what has come since. */
#include <stdio.h>
#include <string.h>

#include "common/inet.h"
#include "controlplane/ospf/ospf.h"
#include "controlplane/ospf/proc.h"
#include "controlplane/show/show_int.h"
#include "controlplane/vrrp/vrrp_wire.h"
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

/* "interface" of the params, "" without it. */
static void
interface_of(const json_t *params, char *buf, size_t len)
{
	const char *name = json_string_value(json_object_get(params, "interface"));

	snprintf(buf, len, "%s", name != NULL ? name : "");
}

/* ---- OSPF ------------------------------------------------------------------------------------ */

static const struct {
	uint8_t bit;
	const char *name;
} topics[] = { { OSPF_TRACE_HELLO, "hello" }, { OSPF_TRACE_ADJ, "adj" }, { OSPF_TRACE_LSA, "lsa" },
	{ OSPF_TRACE_SPF, "spf" } };

#define N_TOPICS (sizeof(topics) / sizeof(topics[0]))

static bool
ospf_filter_of(const json_t *params, struct ospf_debug_filter *f, char *err, size_t err_len)
{
	const char *topic = json_string_value(json_object_get(params, "topic"));
	const char *neighbor = json_string_value(json_object_get(params, "neighbor"));

	*f = (struct ospf_debug_filter){ .topics = topic == NULL ? OSPF_TRACE_ALL : 0 };
	for (size_t i = 0; topic != NULL && i < N_TOPICS; i++)
		if (strcmp(topic, topics[i].name) == 0)
			f->topics = topics[i].bit;
	interface_of(params, f->interface, sizeof(f->interface));
	if (f->topics == 0)
		snprintf(err, err_len, "\"topic\": %.32s is none of hello, adj, lsa, spf", topic);
	else if (neighbor != NULL && ip4_parse(neighbor, &f->neighbor) != 0)
		snprintf(err, err_len, "\"neighbor\": %.32s is neither an address nor a router ID",
				neighbor);
	else
		return true;
	return false;
}

json_t *
debug_ospf(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct show *s = ctx;
	struct ospf_debug_filter f;

	if (is_off(params)) {
		ospf_debug_stop(s->cp->ospf);
		return json_pack("{s:b}", "running", 0);
	}
	if (!ospf_filter_of(params, &f, err, err_len))
		return NULL;
	return started(ospf_debug_start(s->cp->ospf, &f));
}

static void
ospf_msg_add(void *list, const struct debug_msg *m)
{
	const struct ospf_debug_about *a = (const struct ospf_debug_about *)m->about;
	const char *topic = NULL; /* what was refused belongs to all of them */

	for (size_t i = 0; i < N_TOPICS; i++)
		if (a->topic == topics[i].bit)
			topic = topics[i].name;
	json_array_append_new(list, json_pack("{s:I, s:I, s:s?, s:s, s:o, s:o, s:o, s:o}", "seq",
			(json_int_t)m->seq, "time_ms", (json_int_t)m->time_ms, "topic", topic,
			"direction", a->out ? "out" : "in", "interface", show_text(a->interface),
			"address", a->addr != 0 ? show_addr(a->addr) : json_null(), "router_id",
			a->router_id != 0 ? show_addr(a->router_id) : json_null(), "lines",
			show_lines(m->text)));
}

json_t *
show_ospf_debug(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct show *s = ctx;

	return show_ring(ospf_debug_ring(s->cp->ospf), params, ospf_msg_add);
}

/* ---- VRRP ------------------------------------------------------------------------------------ */

static bool
vrrp_filter_of(const json_t *params, struct vrrp_debug_filter *f, char *err, size_t err_len)
{
	static const char *const names[] = { "packets", "errors", "events" };
	const char *topic = json_string_value(json_object_get(params, "topic"));
	const char *neighbor = json_string_value(json_object_get(params, "neighbor"));
	uint32_t four;

	for (int i = 0; topic != NULL && i < 3; i++)
		if (strcmp(topic, names[i]) == 0)
			f->topic = (enum vrrp_debug_topic)(VRRP_DEBUG_PACKETS + i);
	if (topic != NULL && f->topic == VRRP_DEBUG_ALL) {
		snprintf(err, err_len, "\"topic\": not packets, errors or events");
		return false;
	}
	if (neighbor != NULL && ip4_parse(neighbor, &four) == 0) {
		f->neighbor = vrrp_map4(four);
	} else if (neighbor != NULL && ip6_parse(neighbor, &f->neighbor) != 0) {
		snprintf(err, err_len, "\"neighbor\": not an address");
		return false;
	}
	return true;
}

json_t *
debug_vrrp(void *ctx, const json_t *params, char *err, size_t err_len)
{
	json_int_t group = json_integer_value(json_object_get(params, "group"));
	struct vrrp_debug_filter f = { .group = (uint8_t)group };
	const struct show *s = ctx;

	if (is_off(params)) {
		vrrps_debug_stop(s->cp->vrrps);
		return json_pack("{s:b}", "running", 0);
	}
	if (group < 0 || group > UINT8_MAX) {
		snprintf(err, err_len, "\"group\": not 1-255");
		return NULL;
	}
	if (!vrrp_filter_of(params, &f, err, err_len))
		return NULL;
	interface_of(params, f.interface, sizeof(f.interface));
	return started(vrrps_debug_start(s->cp->vrrps, &f));
}

static void
vrrp_msg_add(void *list, const struct debug_msg *m)
{
	const struct vrrp_debug_about *a = (const struct vrrp_debug_about *)m->about;
	char buf[IP6_STR_LEN];

	json_array_append_new(list, json_pack("{s:I, s:I, s:s, s:o, s:i, s:s, s:o, s:o}", "seq",
			(json_int_t)m->seq, "time_ms", (json_int_t)m->time_ms, "direction",
			a->out ? "out" : "in", "interface", show_text(a->interface), "group",
			(int)a->vrid, "family", a->ip6 ? "ipv6" : "ipv4", "address",
			ip6_is_zero(&a->peer) ? json_null()
					      : json_string(ip46_str(&a->peer, buf)),
			"lines", show_lines(m->text)));
}

json_t *
show_vrrp_debug(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct show *s = ctx;

	return show_ring(vrrps_debug_ring(s->cp->vrrps), params, vrrp_msg_add);
}
