/* SPDX-License-Identifier: BSD-3-Clause */
/* `show ipv6 nd ra`: who advertises as a router, what, and how often. */
#include "controlplane/iface/iface.h"
#include "controlplane/ra/ra.h"
#include "controlplane/ra/ras.h"
#include "controlplane/show/show_int.h"

static json_t *
prefixes_json(const struct ra_msg *m)
{
	json_t *list = json_array();
	char buf[IP6_PREFIX_STR_LEN];

	for (uint8_t i = 0; i < m->n_prefixes; i++) {
		const struct ra_prefix *p = &m->prefixes[i];

		json_array_append_new(list, json_pack("{s:s, s:b, s:b, s:I, s:I}", "prefix",
				ip6_prefix_str(&p->prefix, buf), "on_link", (int)p->on_link,
				"autonomous", (int)p->autonomous, "valid_s",
				(json_int_t)p->valid_s, "preferred_s",
				(json_int_t)p->preferred_s));
	}
	return list;
}

static json_t *
sender_json(const struct show *s, const struct ra_sender *r)
{
	const struct ra_cfg *c = ra_cfg(r);
	const struct ra_msg *m = &c->msg;
	uint64_t now_ms = cp_now_ms(), due_ms = ra_due_ms(r), last_ms = ra_last_ms(r);
	static const char *const preferences[] = { [RA_MEDIUM] = "medium", [RA_HIGH] = "high",
		[RA_LOW] = "low" };
	char addr[IP6_STR_LEN], mac[MAC_STR_LEN];

	return json_pack("{s:s, s:o, s:s, s:s, s:f, s:f, s:i, s:i, s:i, s:b, s:b, s:s, s:o, s:o, "
			 "s:f, s:I, s:I}",
			"interface", ifaces_name(s->cp->ifaces, c->if_id), "group",
			c->vrid != 0 ? json_integer(c->vrid) : json_null(), "source",
			ip6_str(&m->src, addr), "mac", mac_str(m->mac, mac), "interval_min_s",
			(double)c->min_ms / 1000, "interval_s", (double)c->max_ms / 1000,
			"lifetime_s", (int)m->lifetime_s, "hop_limit", (int)m->hop_limit, "mtu",
			(int)m->mtu, "managed", (int)m->managed, "other", (int)m->other,
			"preference", preferences[m->preference], "prefixes", prefixes_json(m),
			"last_s_ago",
			last_ms != 0 ? json_real((double)(now_ms - last_ms) / 1000) : json_null(),
			"next_s", due_ms > now_ms ? (double)(due_ms - now_ms) / 1000 : 0.0, "sent",
			(json_int_t)ra_stats(r)->sent, "solicited",
			(json_int_t)ra_stats(r)->solicited);
}

json_t *
show_ra(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct show *s = ctx;
	const struct ra_engine *e = ras_engine(s->cp->ras);
	const struct ra_totals *t = ra_totals(e);
	json_t *list = json_array();

	for (const struct ra_sender *r = ra_next(e, NULL); r != NULL; r = ra_next(e, r))
		json_array_append_new(list, sender_json(s, r));
	return json_pack("{s:o, s:{s:I, s:I, s:I}}", "senders", list, "counters", "solicitations",
			(json_int_t)t->solicits, "malformed", (json_int_t)t->malformed, "unwanted",
			(json_int_t)t->unwanted);
}
