/* SPDX-License-Identifier: BSD-3-Clause */
/* Pings and traceroutes: begun and ended by `debug` "ping", their results by `show` "ping". */
#include <stdio.h>
#include <string.h>

#include "common/inet.h"
#include "controlplane/show/show_int.h"
#include "controlplane/track/pings.h"
#include "controlplane/track/probe_path.h"

#define SIZE4_MIN     (PROBE_ECHO4_LEN + PROBE_SECRET_LEN)
#define SIZE6_MIN     (PROBE_ECHO6_LEN + PROBE_SECRET_LEN)
#define SIZE_DEFAULT  100
#define REPEAT        5
#define TIMEOUT_MS    2000
#define TIMEOUT_MAX   3600000
#define TRACE_TIMEOUT 3000
#define TRACE_REPEAT  3
#define TRACE_TTL     30

/* ---- begin ------------------------------------------------------------------------------- */

static bool
number(const json_t *params, const char *name, json_int_t least, json_int_t most, uint32_t *to,
		char *err, size_t err_len)
{
	const json_t *want = json_object_get(params, name);
	json_int_t n = json_integer_value(want);

	if (want == NULL)
		return true;
	if (!json_is_integer(want) || n < least || n > most) {
		snprintf(err, err_len, "\"%s\" must be a number %" JSON_INTEGER_FORMAT
				"..%" JSON_INTEGER_FORMAT, name, least, most);
		return false;
	}
	*to = (uint32_t)n;
	return true;
}

/* An address of either family, IPv4 mapped. */
static bool
addr_read(const char *text, struct ip6_addr *a)
{
	uint32_t ip4;

	if (ip4_parse(text, &ip4) == 0) {
		*a = ip6_mapped(ip4);
		return true;
	}
	return ip6_parse(text, a) == 0;
}

static bool
target_ok(const struct ip6_addr *a)
{
	return ip6_is_mapped(a) ? ip4_is_unicast_host(ip6_ip4(a)) : ip6_is_unicast_host(a);
}

/* "source": an address of ours, or the name of an interface or tunnel, out of which packets to a
 * link-local address go, too. */
static bool
source_param(const struct cp *cp, const json_t *params, const struct ip6_addr *target,
		struct ip6_addr *source, char *interface, size_t if_len, char *err, size_t err_len)
{
	const char *want = json_string_value(json_object_get(params, "source"));
	bool local = !ip6_is_mapped(target) && ip6_is_link_local(target);

	interface[0] = '\0';
	*source = (struct ip6_addr){ { 0 } };
	if (want == NULL && !local)
		return true;
	if (want == NULL || (local && addr_read(want, source))) {
		snprintf(err, err_len, "a link-local address needs the interface as \"source\"");
		return false;
	}
	if (!addr_read(want, source)) {
		if (local)
			snprintf(interface, if_len, "%s", want);
		if (probe_source_of(cp, want, target, source))
			return true;
		snprintf(err, err_len, "\"source\": %.64s is no interface with an %s address", want,
				ip6_is_mapped(target) ? "IPv4" : "IPv6");
		return false;
	}
	if (ip6_is_mapped(source) != ip6_is_mapped(target) || !probe_is_ours(cp, source)) {
		snprintf(err, err_len, "\"source\": %.64s is no %s address of ours", want,
				ip6_is_mapped(target) ? "IPv4" : "IPv6");
		return false;
	}
	return true;
}

static bool
cfg_read(const json_t *params, struct ping_cfg *c, char *err, size_t err_len)
{
	const char *target = json_string_value(json_object_get(params, "target"));
	bool trace = json_is_true(json_object_get(params, "trace")), ip4;
	uint32_t size = SIZE_DEFAULT, dscp = 0, first = 1, last = TRACE_TTL;

	*c = (struct ping_cfg){ .trace = trace, .repeat = trace ? TRACE_REPEAT : REPEAT,
		.timeout_ms = trace ? TRACE_TIMEOUT : TIMEOUT_MS,
		.df = json_is_true(json_object_get(params, "df")) };
	if (target == NULL || !addr_read(target, &c->target) || !target_ok(&c->target)) {
		snprintf(err, err_len, "\"target\": %.64s is no address of a host",
				target != NULL ? target : "what was given");
		return false;
	}
	ip4 = ip6_is_mapped(&c->target);
	if (!number(params, "repeat", 1, trace ? PING_PER_HOP_MAX : PING_REPEAT_MAX, &c->repeat,
			    err, err_len) ||
			!number(params, "size", ip4 ? SIZE4_MIN : SIZE6_MIN, PROBE_PACKET_MAX,
					&size, err, err_len) ||
			!number(params, "timeout_ms", 1, TIMEOUT_MAX, &c->timeout_ms, err,
					err_len) ||
			!number(params, "dscp", 0, 63, &dscp, err, err_len) ||
			!number(params, "ttl_first", 1, 255, &first, err, err_len) ||
			!number(params, "ttl_last", first, 255, &last, err, err_len))
		return false;
	c->size = (uint16_t)(size - (ip4 ? PROBE_ECHO4_LEN : PROBE_ECHO6_LEN));
	c->dscp = (uint8_t)dscp;
	c->ttl_first = (uint8_t)first;
	c->ttl_last = (uint8_t)last;
	return true;
}

json_t *
debug_ping(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct show *s = ctx;
	const json_t *stop = json_object_get(params, "stop");
	char interface[PINGS_IF_LEN];
	struct ip6_addr source;
	struct ping_cfg c;
	uint32_t id;

	if (stop != NULL)
		return json_pack("{s:b}", "stopped", (int)pings_stop(s->cp->pings,
				(uint32_t)json_integer_value(stop)));
	if (!cfg_read(params, &c, err, err_len) ||
			!source_param(s->cp, params, &c.target, &source, interface,
					sizeof(interface), err, err_len))
		return NULL;
	id = pings_start(s->cp->pings, &c, &source, interface, err, err_len);
	return id != 0 ? json_pack("{s:I}", "id", (json_int_t)id) : NULL;
}

/* ---- results ----------------------------------------------------------------------------- */

static json_t *
addr_json(const struct ip6_addr *a)
{
	char buf[IP6_STR_LEN];

	if (ip6_is_zero(a))
		return json_null();
	return json_string(ip46_str(a, buf));
}

static json_t *
result_json(const struct ping *p, uint32_t n, const struct ping_result *r)
{
	static const char *const hows[] = { "answered", "timeout", "unreachable", "too-big",
		"ttl-exceeded", "other" };
	json_t *o = json_pack("{s:I, s:s}", "n", (json_int_t)n, "result", hows[r->how]);

	if (p->cfg.trace)
		json_object_set_new(o, "ttl", json_integer(r->ttl));
	if (r->how == PING_TIMED_OUT)
		return o;
	json_object_set_new(o, "from", addr_json(&r->from));
	json_object_set_new(o, "rtt_us", json_integer(r->rtt_us));
	if (r->how == PING_ANSWERED)
		return o;
	json_object_set_new(o, "type", json_integer(r->type));
	json_object_set_new(o, "code", json_integer(r->code));
	if (r->how == PING_TOO_BIG)
		json_object_set_new(o, "mtu", r->mtu != 0 ? json_integer(r->mtu) : json_null());
	return o;
}

json_t *
show_ping(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct show *s = ctx;
	json_int_t id = json_integer_value(json_object_get(params, "id"));
	json_int_t since = json_integer_value(json_object_get(params, "since"));
	const struct pings_run *r = id > 0 && id <= UINT32_MAX
					    ? pings_ask(s->cp->pings, (uint32_t)id) : NULL;
	const struct probe_stats *st;
	uint32_t n, first, lost;
	json_t *list;

	if (r == NULL) {
		snprintf(err, err_len, "there is no ping or traceroute of this \"id\"");
		return NULL;
	}
	st = &r->ping->probe.stats;
	first = r->ping->n_ended > PING_RESULTS ? r->ping->n_ended - PING_RESULTS : 0;
	n = since > 0 && since < UINT32_MAX ? (uint32_t)since : 0;
	lost = n < first ? first - n : 0;
	list = json_array();
	for (n = n < first ? first : n; n < r->ping->n_ended; n++)
		json_array_append_new(list, result_json(r->ping, n, ping_result_at(r->ping, n)));
	return json_pack("{s:b, s:o, s:o, s:I, s:I, s:o, s:I, s:I, s:I, s:I, s:I, s:o}", "done",
			(int)(r->ping->done || r->ended), "target",
			addr_json(&r->ping->cfg.target), "source", addr_json(&r->from), "sent",
			(json_int_t)st->sent, "answered", (json_int_t)st->answered, "why",
			show_text(r->why), "rtt_min_us", (json_int_t)st->rtt_min_us, "rtt_avg_us",
			(json_int_t)(st->answered != 0 ? st->rtt_sum_us / st->answered : 0),
			"rtt_max_us", (json_int_t)st->rtt_max_us, "next",
			(json_int_t)r->ping->n_ended, "lost", (json_int_t)lost, "results", list);
}
