/* SPDX-License-Identifier: BSD-3-Clause */
/* Traces of packets; see packet_trace.h. Records are the dataplane's, headers in them anybody's. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/ip_range.h"
#include "common/log.h"
#include "common/wire.h"
#include "controlplane/config/config.h"
#include "controlplane/cp.h"
#include "controlplane/dataplane/dplink.h"
#include "controlplane/iface/iface.h"
#include "controlplane/show/packet_trace.h"
#include "controlplane/show/show_int.h"
#include "controlplane/tunnel/tunnel.h"

#define COUNT_DEFAULT 10
#define COUNT_MAX     1000
#define STEPS_MAX     24 /* of a packet, as the dataplane has it */

struct packet_trace {
	struct cp *cp;
	struct chan_trace want; /* the running one, or the last */
	uint32_t n_packets;     /* whose last record has come */
	uint32_t n_recs, max_recs;
	struct chan_trace_rec *recs;
};

struct packet_trace *
packet_trace_new(struct cp *cp)
{
	struct packet_trace *t = calloc(1, sizeof(*t));

	if (t != NULL)
		t->cp = cp;
	return t;
}

void
packet_trace_free(struct packet_trace *t)
{
	if (t == NULL)
		return;
	free(t->recs);
	free(t);
}

uint32_t
packet_trace_left(const struct packet_trace *t)
{
	return t->n_packets < t->want.count ? t->want.count - t->n_packets : 0;
}

void
packet_trace_add(struct packet_trace *t, const struct chan_trace_rec *rec)
{
	if (rec->trace_id != t->want.trace_id || t->n_recs == t->max_recs)
		return;
	t->recs[t->n_recs] = *rec;
	if (t->recs[t->n_recs].n_bytes > CHAN_TRACE_BYTES)
		t->recs[t->n_recs].n_bytes = CHAN_TRACE_BYTES;
	t->n_recs++;
	t->n_packets += rec->last != 0;
}

/* ---- headers in words ----------------------------------------------------------------------- */

static const char *
proto_name(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_ICMP:
		return "icmp";
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_GRE:
		return "gre";
	case IPPROTO_ESP:
		return "esp";
	case IPPROTO_ICMPV6:
		return "icmp6";
	case 89:
		return "ospf";
	case 112:
		return "vrrp";
	default:
		return NULL;
	}
}

static size_t
l4_text(struct rd *r, uint8_t proto, char *buf, size_t len)
{
	const char *name = proto_name(proto);
	size_t n = name != NULL ? (size_t)snprintf(buf, len, " %s", name)
				: (size_t)snprintf(buf, len, " protocol %u", proto);

	if (n >= len || rd_left(r) < 4)
		return n;
	if (proto == IPPROTO_TCP || proto == IPPROTO_UDP) {
		uint16_t sport = rd_be16(r), dport = rd_be16(r);

		n += (size_t)snprintf(buf + n, len - n, " %u > %u", sport, dport);
	} else if (proto == IPPROTO_ICMP || proto == IPPROTO_ICMPV6) {
		uint8_t type = rd_u8(r), code = rd_u8(r);

		n += (size_t)snprintf(buf + n, len - n, " %u/%u", type, code);
	} else if (proto == IPPROTO_ESP && rd_left(r) >= 8) {
		uint32_t spi = rd_be32(r), seq = rd_be32(r);

		n += (size_t)snprintf(buf + n, len - n, " spi 0x%08x seq %u", spi, seq);
	}
	return n;
}

static void
ip4_text(struct rd *r, char *buf, size_t len)
{
	char a[IP4_STR_LEN], b[IP4_STR_LEN];
	unsigned int options = (rd_u8(r) & 0xfu) * 4;
	uint8_t tos = rd_u8(r), ttl, proto;
	uint16_t id, frag;
	uint32_t src, dst;
	size_t n;

	rd_be16(r); /* total length: the record has it */
	id = rd_be16(r);
	frag = rd_be16(r);
	ttl = rd_u8(r);
	proto = rd_u8(r);
	rd_be16(r);
	src = rd_be32(r);
	dst = rd_be32(r);
	if (options > 20)
		rd_bytes(r, options - 20);
	n = (size_t)snprintf(buf, len, "%s > %s", ip4_str(src, a), ip4_str(dst, b));
	n += l4_text(r, proto, buf + n, len - n);
	if (n < len)
		n += (size_t)snprintf(buf + n, len - n, " ttl %u tos 0x%02x id %u%s", ttl, tos, id,
				frag & 0x4000 ? " df" : "");
	if (n < len && (frag & 0x3fff) != 0)
		snprintf(buf + n, len - n, " fragment at %u%s", (frag & 0x1fffu) * 8,
				frag & 0x2000 ? ", more" : "");
}

static void
ip6_text(struct rd *r, char *buf, size_t len)
{
	char a[IP6_STR_LEN], b[IP6_STR_LEN];
	uint32_t first = rd_be32(r); /* version, traffic class, flow label */
	struct ip6_addr src, dst;
	uint8_t proto, hops;
	uint16_t frag = 0;
	bool is_frag;
	size_t n;

	rd_be16(r); /* payload length: the record has it */
	proto = rd_u8(r);
	hops = rd_u8(r);
	rd_copy(r, &src, sizeof(src));
	rd_copy(r, &dst, sizeof(dst));
	is_frag = proto == IPPROTO_FRAGMENT;
	if (is_frag && rd_left(r) >= 8) {
		proto = rd_u8(r);
		rd_u8(r);
		frag = rd_be16(r);
		rd_be32(r);
	}
	n = (size_t)snprintf(buf, len, "%s > %s", ip6_str(&src, a), ip6_str(&dst, b));
	n += l4_text(r, proto, buf + n, len - n);
	if (n < len)
		n += (size_t)snprintf(buf + n, len - n, " hop limit %u class 0x%02x flow 0x%05x",
				hops,
				first >> 20 & 0xff, first & 0xfffff);
	if (n < len && is_frag)
		snprintf(buf + n, len - n, " fragment at %u%s", frag & 0xfff8u,
				frag & 1 ? ", more" : "");
}

/* The headers of a record in words, in @buf: "10.1.0.5 > 10.2.0.9 tcp 1025 > 80 ttl 63". */
static char *
packet_trace_text(const struct chan_trace_rec *rec, char *buf, size_t len)
{
	size_t have = rec->n_bytes <= CHAN_TRACE_BYTES ? rec->n_bytes : CHAN_TRACE_BYTES;
	struct rd r = rd_init(rec->bytes, have);

	buf[0] = '\0';
	if (have >= 20 && rec->bytes[0] >> 4 == 4)
		ip4_text(&r, buf, len);
	else if (have >= 40 && rec->bytes[0] >> 4 == 6)
		ip6_text(&r, buf, len);
	return buf;
}

/* ---- debug ---------------------------------------------------------------------------------- */

/* The if_id or tun_id that a name in @params stands for. False: there is none, @err says so. */
static bool
id_param(const struct packet_trace *t, const json_t *params, const char *name, bool tunnel,
		uint32_t *id, char *err, size_t err_len)
{
	const char *want = json_string_value(json_object_get(params, name));
	const struct tunnel_state *tun;

	*id = CHAN_NONE;
	if (want == NULL)
		return true;
	tun = tunnel ? tunnels_by_name(t->cp->tunnels, want) : NULL;
	if (tun != NULL)
		*id = tun->tun_id;
	for (uint32_t i = 0; !tunnel && i < ifaces_n(t->cp->ifaces); i++)
		if (strcmp(ifaces_at(t->cp->ifaces, i)->cfg->name, want) == 0)
			*id = ifaces_at(t->cp->ifaces, i)->if_id;
	if (*id == CHAN_NONE)
		snprintf(err, err_len, "there is no %s %.64s in the dataplane", name, want);
	return *id != CHAN_NONE;
}

/* An address or prefix of either family. @given: there is one in @params. */
static bool
prefix_param(const json_t *params, const char *name, struct ip_prefix *p, bool *given, char *err,
		size_t err_len)
{
	const char *want = json_string_value(json_object_get(params, name));
	char text[IP_PREFIX_STR_LEN];

	*given = json_object_get(params, name) != NULL;
	if (!*given)
		return true;
	if (want != NULL && strchr(want, '/') == NULL)
		snprintf(text, sizeof(text), "%.45s/%d", want,
				strchr(want, ':') != NULL ? 128 : 32);
	else
		snprintf(text, sizeof(text), "%.49s", want != NULL ? want : "");
	if (ip_prefix_parse(text, p) != 0) {
		snprintf(err, err_len, "\"%s\": %.64s is no IPv4 or IPv6 address or prefix", name,
				want != NULL ? want : "what was given");
		return false;
	}
	*p = ip_prefix_masked(p);
	return true;
}

/* Addresses in @params decide on a family: both are of the same. */
static bool
prefix_params(const json_t *params, struct chan_trace *to, char *err, size_t err_len)
{
	struct ip_prefix src = { 0 }, dst = { 0 };
	bool has_src, has_dst;

	if (!prefix_param(params, "source", &src, &has_src, err, err_len) ||
			!prefix_param(params, "destination", &dst, &has_dst, err, err_len))
		return false;
	if (has_src && has_dst && src.is_ip6 != dst.is_ip6) {
		snprintf(err, err_len, "source and destination are of different families");
		return false;
	}
	if (!has_src && !has_dst)
		return true;
	to->family = src.is_ip6 || dst.is_ip6 ? 6 : 4;
	to->src_len = src.len;
	to->dst_len = dst.len;
	to->src = ip_prefix_addr4(&src);
	to->dst = ip_prefix_addr4(&dst);
	if (to->family == 6) {
		memcpy(to->src6, src.addr, sizeof(to->src6));
		memcpy(to->dst6, dst.addr, sizeof(to->dst6));
	}
	return true;
}

static bool
port_param(const json_t *params, const char *name, uint16_t *port, char *err, size_t err_len)
{
	const json_t *want = json_object_get(params, name);
	json_int_t n = json_integer_value(want);

	if (want == NULL)
		return true;
	if (!json_is_integer(want) || n < 1 || n > UINT16_MAX) {
		snprintf(err, err_len, "\"%s\" must be a number 1..%d", name, UINT16_MAX);
		return false;
	}
	*port = (uint16_t)n;
	return true;
}

static bool
proto_param(const json_t *params, uint8_t *proto, char *err, size_t err_len)
{
	const char *want = json_string_value(json_object_get(params, "protocol"));
	char *end;
	long n;

	if (want == NULL)
		return true;
	for (unsigned int i = 1; i < 256; i++) {
		const char *name = proto_name((uint8_t)i);

		if (name != NULL && strcmp(name, want) == 0) {
			*proto = (uint8_t)i;
			return true;
		}
	}
	n = strtol(want, &end, 10);
	if (*want == '\0' || *end != '\0' || n < 1 || n > 255) {
		snprintf(err, err_len, "\"protocol\": %.64s is no number 1..255, nor icmp, tcp, "
				"udp, gre, esp, icmp6, ospf, vrrp", want);
		return false;
	}
	*proto = (uint8_t)n;
	return true;
}

static void
on_answer(void *arg, const struct chan_done *done)
{
	if (done->err != 0 && done->err != -EPIPE)
		log_warning("trace", "the dataplane refused the trace: %s (%s)",
				strerror(-done->err), done->field);
}

json_t *
packet_trace_set(struct packet_trace *t, const json_t *params, char *err, size_t err_len)
{
	struct chan_client *c = dplink_client(t->cp->dplink);
	const json_t *count = json_object_get(params, "count");
	struct chan_cmd cmd = { .op = CHAN_CMD_TRACE_SET };
	struct chan_trace *want = &cmd.u.trace;
	struct chan_trace_rec *recs;

	want->count = count == NULL ? COUNT_DEFAULT : (uint32_t)json_integer_value(count);
	if (count != NULL && (!json_is_integer(count) || json_integer_value(count) < 0 ||
				json_integer_value(count) > COUNT_MAX)) {
		snprintf(err, err_len, "\"count\" must be a number 0..%d", COUNT_MAX);
		return NULL;
	}
	if (!id_param(t, params, "interface", false, &want->if_id, err, err_len) ||
			!id_param(t, params, "tunnel", true, &want->tun_id, err, err_len) ||
			!prefix_params(params, want, err, err_len) ||
			!proto_param(params, &want->proto, err, err_len) ||
			!port_param(params, "source_port", &want->sport, err, err_len) ||
			!port_param(params, "destination_port", &want->dport, err, err_len))
		return NULL;
	want->drops_only = json_is_true(json_object_get(params, "drops"));
	want->trace_id = t->want.trace_id + (want->count != 0);
	if (c == NULL || chan_client_cmd(c, &cmd, on_answer, NULL) != 0) {
		snprintf(err, err_len, "the dataplane is not attached");
		return NULL;
	}
	if (want->count == 0) { /* what was recorded can still be shown */
		t->want.count = 0;
		return json_pack("{s:i}", "count", 0);
	}
	recs = calloc((size_t)want->count * STEPS_MAX, sizeof(*recs));
	if (recs == NULL)
		return NULL;
	free(t->recs);
	t->recs = recs;
	t->max_recs = want->count * STEPS_MAX;
	t->n_recs = 0;
	t->n_packets = 0;
	t->want = *want;
	return json_pack("{s:I}", "count", (json_int_t)want->count);
}

/* ---- show ----------------------------------------------------------------------------------- */

static json_t *
step_json(const struct packet_trace *t, const struct chan_trace_rec *r, uint64_t began_tsc,
		uint64_t tsc_hz)
{
	const struct tunnel_state *tun = tunnels_by_id(t->cp->tunnels, r->tun_id);
	uint64_t cycles = r->tsc > began_tsc ? r->tsc - began_tsc : 0;
	char text[256];
	json_t *o;

	o = json_pack("{s:s, s:I, s:o}", "step", chan_trace_node_str(r->node), "after_ns",
			tsc_hz != 0 ? (json_int_t)((double)cycles * 1e9 / (double)tsc_hz) : 0,
			"packet", show_text(packet_trace_text(r, text, sizeof(text))));
	if (r->len != 0)
		json_object_set_new(o, "length", json_integer(r->len));
	if (r->n_packets > 1)
		json_object_set_new(o, "packets", json_integer(r->n_packets));
	if (r->if_id != CHAN_NONE)
		json_object_set_new(o, "interface",
				json_string(ifaces_name(t->cp->ifaces, r->if_id)));
	if (tun != NULL)
		json_object_set_new(o, "tunnel", json_string(tun->name));
	if (r->node == CHAN_TRACE_DROP) {
		json_object_set_new(o, "reason", json_string(chan_drop_str(r->arg)));
		json_object_set_new(o, "text", json_string(chan_drop_text(r->arg)));
	} else if (r->node == CHAN_TRACE_PUNT) {
		json_object_set_new(o, "class", json_string(chan_class_str(r->arg)));
	} else if (r->node == CHAN_TRACE_TX || r->node == CHAN_TRACE_RX) {
		json_object_set_new(o, "port", json_integer(r->arg));
	}
	return o;
}

json_t *
packet_trace_show(const struct packet_trace *t)
{
	const struct chan_client *c = dplink_client(t->cp->dplink);
	uint64_t tsc_hz = c != NULL ? chan_client_stats(c)->tsc_hz : 0, began = 0;
	json_t *packets = json_array(), *steps = NULL;

	/* A packet's records come one after the other, and end with the last. */
	for (uint32_t i = 0; i < t->n_recs; i++) {
		const struct chan_trace_rec *r = &t->recs[i];

		if (steps == NULL) {
			began = r->tsc;
			steps = json_array();
			json_array_append_new(packets,
					json_pack("{s:I, s:i, s:o}", "packet",
							(json_int_t)json_array_size(packets) + 1,
							"worker", (int)r->worker, "steps", steps));
		}
		json_array_append_new(steps, step_json(t, r, began, tsc_hz));
		if (r->last)
			steps = NULL;
	}
	return json_pack("{s:b, s:I, s:o}", "running",
			(int)(t->want.count != 0 && t->n_packets < t->want.count), "count",
			(json_int_t)t->want.count, "packets", packets);
}
