/* SPDX-License-Identifier: BSD-3-Clause */
/* `show tunnel mtu`, `show gre protocols`, and what `show tunnel` says of keepalives. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/mtu.h"
#include "controlplane/config/config.h"
#include "controlplane/dataplane/dplink.h"
#include "controlplane/show/show_int.h"
#include "controlplane/tunnel/tunnel.h"

#define TYPES_MAX (CHAN_MAX_WORKERS * CHAN_GRE_TYPES)

/* ---- MTU --------------------------------------------------------------------------------- */

static void
line_add(json_t *list, const char *what, unsigned int bytes)
{
	if (bytes != 0)
		json_array_append_new(list,
				json_pack("{s:s, s:i}", "what", what, "bytes", (int)bytes));
}

/* What the budget is short of the underlay's MTU by, line by line: the sum of common/mtu.h. */
static json_t *
lines_json(const struct chan_tun_info *i, uint16_t underlay)
{
	const struct mtu_parts p = { .underlay = underlay,
		.udp = i->udp,
		.esp_hdr = i->esp_hdr,
		.iv = i->iv,
		.align = i->align,
		.icv = i->icv,
		.inner_hdr = i->inner_hdr,
		.gre = i->gre };
	bool esp = i->esp_hdr != 0;
	json_t *list = json_array();

	line_add(list, "IPv4 header", MTU_OUTER_IP4);
	line_add(list, "UDP, through NAT", i->udp);
	line_add(list, "ESP header", i->esp_hdr);
	line_add(list, "ESP IV", esp ? i->iv : 0);
	line_add(list, "IPv4 header inside ESP", i->inner_hdr);
	line_add(list, "GRE header", i->gre);
	line_add(list, "ESP padding of the longest packet", mtu_padding(&p, i->budget));
	line_add(list, "ESP trailer", esp ? MTU_ESP_TRAILER : 0);
	line_add(list, "ESP ICV", esp ? i->icv : 0);
	line_add(list, "cannot be used: less than a block", underlay - mtu_outer(&p, i->budget));
	return list;
}

static json_t *
path_json(const struct cfg_tunnel *c, const struct tunnel_state *t)
{
	uint64_t age_s = (cp_now_ms() - t->pmtu.learned_ms) / 1000;

	if (t->pmtu.mtu == 0)
		return json_null();
	return json_pack("{s:i, s:o, s:I, s:I}", "mtu", (int)t->pmtu.mtu, "from",
			show_addr(t->pmtu.from), "age_s", (json_int_t)age_s, "forgotten_in_s",
			(json_int_t)(age_s < c->path_mtu_age_s ? c->path_mtu_age_s - age_s : 0));
}

static json_t *
mtu_json(const struct cp *cp, const struct cfg_tunnel *c, const struct tunnel_state *t)
{
	const struct chan_client *client = dplink_client(cp->dplink);
	struct chan_tun_info i = { 0 };
	uint16_t underlay;

	if (client == NULL || t->tun_id == CHAN_NONE ||
			chan_client_tun_info(client, t->tun_id, &i) != 0)
		memset(&i, 0, sizeof(i));
	underlay = i.underlay_mtu;
	if (i.path_mtu != 0 && i.path_mtu < underlay)
		underlay = i.path_mtu;
	return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "name", c->name, "configured",
			c->mtu != 0 ? json_integer(c->mtu) : json_null(), "interface_mtu",
			i.underlay_mtu != 0 ? json_integer(i.underlay_mtu) : json_null(), "path",
			path_json(c, t), "lines",
			i.budget != 0 ? lines_json(&i, underlay) : json_array(), "budget",
			i.budget != 0 ? json_integer(i.budget) : json_null(), "applied",
			i.mtu != 0 && i.underlay_mtu != 0 ? json_integer(i.mtu) : json_null());
}

static bool
mtu_next(void *ctx, const json_t *params, void *cursor, struct mgmt_out *out)
{
	const struct show *s = ctx;
	const struct tunnels *x = s->cp->tunnels;
	json_t *icmp;
	uint32_t i;

	if (show_next_tunnel(s, params, cursor, "tunnels", out, &i)) {
		mgmt_out_put(out, NULL, mtu_json(s->cp, tunnels_cfg(x, i), tunnels_at(x, i)));
		return true;
	}
	icmp = json_object();
	for (int v = 0; v < PMTU_N_VERDICTS; v++)
		json_object_set_new(icmp, pmtu_verdict_str((enum pmtu_verdict)v),
				json_integer((json_int_t)tunnels_n_icmp(x, (enum pmtu_verdict)v)));
	mgmt_out_put(out, "icmp", icmp);
	return false;
}

const struct mgmt_parts show_tunnel_mtu_parts = { .cursor_size = sizeof(struct show_tunnels),
	.next = mtu_next };

void
show_keepalive(const struct cp *cp, const struct cfg_tunnel *c, const struct tunnel_state *t,
		json_t *o)
{
	struct keepalive_counts k;
	uint64_t ago_s;
	json_t *v = json_null();

	if (c->keepalive_s != 0) {
		k = tunnels_keepalive_counts(cp->tunnels, t->tun_id);
		ago_s = (cp_now_ms() - k.heard_ms) / 1000;
		v = json_pack("{s:i, s:i, s:I, s:I, s:I, s:o}", "interval_s", (int)c->keepalive_s,
				"retries", (int)c->keepalive_retries, "sent", (json_int_t)k.sent,
				"answered", (json_int_t)k.answered, "missed", (json_int_t)k.missed,
				"last_s", k.heard_ms != 0 ? json_integer((json_int_t)ago_s)
							  : json_null());
	}
	json_object_set_new(o, "keepalive", v);
}

/* ---- payload types ----------------------------------------------------------------------- */

static const char *
type_name(uint32_t type)
{
	switch (type) {
	case 0x00fe:
		return "OSI";
	case 0x2000:
		return "CDP";
	case 0x6558:
		return "Ethernet";
	case 0x8847:
	case 0x8848:
		return "MPLS";
	case 0x86dd:
		return "IPv6";
	case 0x880b:
		return "PPP";
	case 0x8909:
		return "metadata";
	case 0x88be:
	case 0x22eb:
		return "ERSPAN";
	default:
		return "";
	}
}

static int
more_first(const void *pa, const void *pb)
{
	const struct chan_gre_type *a = pa, *b = pb;

	return a->n != b->n ? (a->n > b->n ? -1 : 1) : (a->type > b->type) - (a->type < b->type);
}

/* The workers' tables together. How many types. */
static uint32_t
types_gather(const struct show *s, struct chan_gre_type types[TYPES_MAX])
{
	struct chan_worker_stats st;
	uint32_t n = 0, k;

	for (uint32_t w = 0; w < CHAN_MAX_WORKERS; w++) {
		counters_worker(s, w, &st);
		for (unsigned int i = 0; i < CHAN_GRE_TYPES; i++) {
			if (st.gre_types[i].n == 0)
				continue;
			for (k = 0; k < n && types[k].type != st.gre_types[i].type; k++)
				;
			if (k == n)
				types[n++] = (struct chan_gre_type){ .type = st.gre_types[i].type };
			types[k].n += st.gre_types[i].n;
		}
	}
	qsort(types, n, sizeof(types[0]), more_first);
	return n;
}

json_t *
show_gre_protocols(void *ctx, const json_t *params, char *err, size_t err_len)
{
	struct chan_gre_type types[TYPES_MAX];
	uint32_t n = types_gather(ctx, types);
	json_t *list = json_array();
	char hex[11];

	for (uint32_t i = 0; i < n; i++) {
		snprintf(hex, sizeof(hex), "0x%04x", types[i].type);
		json_array_append_new(list,
				json_pack("{s:s, s:o, s:I}", "type", hex, "name",
						show_text(type_name(types[i].type)), "packets",
						(json_int_t)types[i].n));
	}
	return json_pack("{s:o}", "protocols", list);
}
