/* SPDX-License-Identifier: BSD-3-Clause */
/* `show tunnel`, `show crypto ikev2 sa`, `show crypto ipsec sa`. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/inet.h"
#include "controlplane/config/config.h"
#include "controlplane/dataplane/dplink.h"
#include "controlplane/show/show_int.h"
#include "controlplane/tunnel/tunnel.h"
#include "controlplane/vpn/vpn.h"

static json_t *
seconds_or_null(uint32_t s)
{
	return s != UINT32_MAX ? json_integer(s) : json_null();
}

/* ---- tunnels ----------------------------------------------------------------------------- */

/* What its SAs are, or nothing of it. */
static void
tunnel_sas(const struct cp *cp, const struct tunnel_state *t, json_t *o)
{
	struct vpn_sa_show in, out;

	vpn_tunnel_sas(cp->vpn, t->tun_id, &in, &out);
	json_object_set_new(o, "spi_in", in.sa_id != CHAN_NONE ? show_spi(in.spi) : json_null());
	json_object_set_new(o, "spi_out", out.sa_id != CHAN_NONE ? show_spi(out.spi) : json_null());
	json_object_set_new(o, "alg",
			out.sa_id != CHAN_NONE ? json_string(chan_esp_alg_str(out.alg))
					       : json_null());
	json_object_set_new(o, "rekeys", json_integer(vpn_tunnel_rekeys(cp->vpn, t->tun_id)));
	json_object_set_new(o, "sa_age_s",
			out.sa_id != CHAN_NONE ? json_integer(out.age_s) : json_null());
}

static const char *
mode_str(const struct cfg_tunnel *t)
{
	switch ((enum cfg_tunnel_mode)t->mode) {
	case CFG_TUNNEL_GRE:
		return "gre";
	case CFG_TUNNEL_IPSEC:
		return "ipsec";
	case CFG_TUNNEL_MGRE:
		break;
	}
	return "gre-multipoint";
}

static json_t *
tunnel_json(const struct show *s, uint32_t i)
{
	const struct tunnels *x = s->cp->tunnels;
	const struct cfg_tunnel *c = tunnels_cfg(x, i), *parent;
	const struct tunnel_state *t = tunnels_at(x, i);
	struct chan_tun_stats st;
	char addr[IP4_PREFIX_STR_LEN];
	bool protected = c->protection[0] != '\0' && c->mode != CFG_TUNNEL_MGRE;
	uint32_t inner;
	json_t *o;

	counters_tun(s, t->tun_id, &st);
	o = json_pack("{s:s, s:o, s:b, s:o, s:o, s:o, s:i, s:o, s:o, s:s, s:o, s:I, "
		      "s:I, s:I, s:I, s:I, s:I, s:I}",
			"name", c->name, "description", show_text(c->description), "enabled",
			(int)c->enabled, "source", show_addr(c->source), "destination",
			t->remote != 0 ? show_addr(t->remote) : json_null(), "address",
			c->address.addr != 0 ? json_string(ip4_prefix_str(&c->address, addr))
					     : json_null(),
			"mtu", (int)c->mtu, "protection", show_text(c->protection), "peer",
			protected ? json_string(c->name) : json_null(), "state",
			t->up ? "up" : "down", "why", show_text(t->why), "since_s",
			(json_int_t)((cp_now_ms() - t->since_ms) / 1000), "in_packets",
			(json_int_t)st.in_packets, "in_bytes", (json_int_t)st.in_bytes,
			"out_packets", (json_int_t)st.out_packets, "out_bytes",
			(json_int_t)st.out_bytes, "in_drops", (json_int_t)st.in_drops, "out_drops",
			(json_int_t)st.out_drops);
	if (o != NULL) {
		tunnel_sas(s->cp, t, o);
		json_object_set_new(o, "group",
				tunnels_model(x, i) != NULL
						? json_string(tunnels_model(x, i)->name)
						: json_null());
		json_object_set_new(o, "destination_name", show_text(c->destination_name));
		show_keepalive(s->cp, c, t, o);
		show_verify(o, c->verify4, c->verify6);
		parent = tunnels_parent(x, i, &inner);
		json_object_set_new(o, "mode", json_string(mode_str(c)));
		json_object_set_new(o, "member_of",
				parent != NULL ? json_string(parent->name) : json_null());
		json_object_set_new(o, "far_address",
				parent != NULL ? show_addr(inner) : json_null());
	}
	return o;
}

static bool
tunnel_next(void *ctx, const json_t *params, void *cursor, struct mgmt_out *out)
{
	uint32_t i;

	if (!show_next_tunnel(ctx, params, cursor, "tunnels", out, &i))
		return false;
	mgmt_out_put(out, NULL, tunnel_json(ctx, i));
	return true;
}

const struct mgmt_parts show_tunnel_parts = { .cursor_size = sizeof(struct show_tunnels),
	.next = tunnel_next };

/* ---- IKE SAs ----------------------------------------------------------------------------- */

static json_t *
spi64(uint64_t spi)
{
	char buf[17];

	snprintf(buf, sizeof(buf), "%016llx", (unsigned long long)spi);
	return json_string(buf);
}

static json_t *
children_json(const struct ike_sa_show *sa)
{
	json_t *list = json_array();

	for (uint8_t i = 0; i < sa->n_children; i++) {
		const struct ike_child_show *c = &sa->children[i];

		json_array_append_new(list,
				json_pack("{s:o, s:o, s:s, s:s, s:o, s:o, s:b, s:b, s:I, s:o, s:I}",
						"spi_in",
						show_spi(c->spi_in), "spi_out",
						show_spi(c->spi_out), "mode",
						c->tunnel ? "tunnel" : "transport", "alg", c->alg,
						"weak", show_text(c->weak), "pfs",
						show_text(c->group), "esn", (int)c->esn, "current",
						(int)c->current, "age_s", (json_int_t)c->age_s,
						"rekey_in_s", seconds_or_null(c->rekey_in_s),
						"rekeys", (json_int_t)c->n_rekeys));
	}
	return list;
}

static json_t *
certificate_json(const struct ike_sa_show *sa)
{
	json_t *subject, *left = json_null();

	if (sa->subject[0] == '\0')
		return left;
	if (sa->cert_until_s != INT64_MAX)
		left = json_integer((json_int_t)(sa->cert_until_s - (int64_t)time(NULL)));
	subject = json_string(sa->subject);
	return json_pack("{s:o, s:o}", "subject",
			subject != NULL ? subject : json_string("(not text)"), "expires_in_s",
			left);
}

json_t *
show_authentication(const struct ike_sa_show *sa)
{
	return json_pack("{s:o, s:o, s:b, s:o}", "local", show_text(sa->auth_local), "remote",
			show_text(sa->auth_remote), "ppk", (int)sa->ppk, "certificate",
			certificate_json(sa));
}

static json_t *
sa_json(const struct ike_sa_show *sa)
{
	json_t *id = json_string(sa->remote_id);
	json_t *o = json_pack("{s:s, s:i, s:o, s:o, s:i, s:i, s:s, s:s, s:o, s:o, s:s, s:o, s:o, "
			      "s:I, s:o, s:I, s:b, s:b, s:b, s:b, s:o}",
			"peer", sa->peer, "version", (int)sa->version, "local",
			show_addr(sa->local), "remote", show_addr(sa->remote), "local_port",
			(int)sa->local_port, "remote_port", (int)sa->remote_port, "role",
			sa->initiator ? "initiator" : "responder", "state", sa->state, "spi_i",
			spi64(sa->spi_i), "spi_r", spi64(sa->spi_r), "proposal", sa->proposal,
			"weak", show_text(sa->weak), "remote_id",
			/* It comes from outside: what is no UTF-8, JSON has no way to say. */
			id != NULL ? id : json_string("(not text)"), "age_s",
			(json_int_t)sa->age_s, "rekey_in_s", seconds_or_null(sa->rekey_in_s),
			"rekeys", (json_int_t)sa->n_rekeys,
			"nat_local", (int)sa->nat_local, "nat_remote", (int)sa->nat_remote,
			"encapsulated", (int)sa->encap, "restored", (int)sa->restored,
			"children", children_json(sa));

	if (o == NULL)
		return NULL;
	json_object_set_new(o, "fragmentation_mtu", json_integer(sa->frag_mtu));
	json_object_set_new(o, "authentication", show_authentication(sa));
	return o;
}

static json_t *
peer_json(const struct ike_peer_show *p)
{
	return json_pack("{s:s, s:i, s:s, s:s, s:I, s:I, s:I}", "name", p->name,
						   "version", (int)p->live.version, "state",
						   ike_peer_state_str(p->state), "why", p->why,
						   "since_s", (json_int_t)p->since_s, "retry_in_s",
						   (json_int_t)p->retry_in_s, "dpd_worst_s",
						   (json_int_t)p->dpd_worst_s);
}

struct ike_cursor {
	struct ike_walk *walk;
	enum { IKE_SAS_BEGIN, IKE_SAS, IKE_PEERS } at;
};

static bool
ike_begin(void *ctx, const json_t *params, void *cursor, char *err, size_t err_len)
{
	const struct show *s = ctx;
	struct ike_cursor *c = cursor;

	c->walk = ike_walk_new(vpn_engine(s->cp->vpn));
	if (c->walk == NULL)
		snprintf(err, err_len, "out of memory");
	return c->walk != NULL;
}

static void
ike_end(void *ctx, void *cursor)
{
	struct ike_cursor *c = cursor;

	ike_walk_free(c->walk);
}

static json_t *
counters_json(const struct ike_engine *e)
{
	json_t *counters = json_object();

	for (unsigned int i = 0; i < ike_n_counters(); i++)
		json_object_set_new(counters, ike_counter_name(i),
				json_integer((json_int_t)ike_counter(e, i)));
	return counters;
}

static json_t *
limits_json(const struct ike_engine *e)
{
	struct ike_limits_show l;

	ike_limits_get(e, &l);
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:b}", "half_open",
			(json_int_t)l.n_half_open, "max_in_negotiation_sa",
			(json_int_t)l.lim.max_half_open, "per_address",
			(json_int_t)l.lim.max_half_open_per_ip, "per_address_proven",
			(json_int_t)l.per_ip_proven, "sas", (json_int_t)l.n_sas, "max_sa",
			(json_int_t)l.lim.max_sas, "cookie_challenge",
			(json_int_t)l.lim.cookie_threshold, "cookies_demanded", l.cookies);
}

static bool
ike_next(void *ctx, const json_t *params, void *cursor, struct mgmt_out *out)
{
	const struct show *s = ctx;
	struct ike_cursor *c = cursor;
	struct ike_peer_show peer;
	struct ike_sa_show sa;

	if (c->at == IKE_SAS_BEGIN) {
		mgmt_out_array(out, "sas");
		c->at = IKE_SAS;
	}
	if (c->at == IKE_SAS && ike_walk_sa(c->walk, cp_now_ms(), &sa)) {
		mgmt_out_put(out, NULL, sa_json(&sa));
		return true;
	}
	if (c->at == IKE_SAS) {
		mgmt_out_end(out);
		mgmt_out_array(out, "peers");
		c->at = IKE_PEERS;
	}
	if (ike_walk_peer(c->walk, cp_now_ms(), &peer)) {
		mgmt_out_put(out, NULL, peer_json(&peer));
		return true;
	}
	mgmt_out_end(out);
	mgmt_out_put(out, "limits", limits_json(vpn_engine(s->cp->vpn)));
	mgmt_out_put(out, "counters", counters_json(vpn_engine(s->cp->vpn)));
	return false;
}

const struct mgmt_parts show_ikev2_sa_parts = { .cursor_size = sizeof(struct ike_cursor),
	.begin = ike_begin, .next = ike_next, .end = ike_end };

/* ---- ESP SAs ----------------------------------------------------------------------------- */

/* As IKE names them: what RFC 8221 advises against. */
static json_t *
weak_json(enum chan_esp_alg alg)
{
	const char *name = chan_esp_alg_str(alg), *integ = strchr(name, '-');
	bool sha1 = integ != NULL && strcmp(integ, "-sha1") == 0;
	const char *cipher = strncmp(name, "3des", 4) == 0   ? "3des"
			     : strncmp(name, "null", 4) == 0 ? "null"
							     : "";
	char weak[16];

	snprintf(weak, sizeof(weak), "%s%s%s", cipher, sha1 && cipher[0] != '\0' ? " " : "",
			sha1 ? "sha1" : "");
	return show_text(weak);
}

/* Of ESP in UDP. */
static json_t *
port_or_null(uint16_t port)
{
	return port != 0 ? json_integer(port) : json_null();
}

static json_t *
addr_or_null(uint32_t addr)
{
	return addr != 0 ? show_addr(addr) : json_null();
}

static json_t *
ipsec_json(const struct show *s, const struct vpn_sa_show *sa)
{
	const struct tunnel_state *t = tunnels_by_id(s->cp->tunnels, sa->tun_id);
	struct chan_client_sa_stats st;
	bool in = sa->dir == CHAN_SA_IN;

	counters_sa(s, sa->sa_id, sa->spi, &st);
	return json_pack("{s:I, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:s, s:s, s:b, s:o, "
				  "s:s, s:I, s:o, s:o, s:I, s:I, s:I, s:I, s:o, s:o}",
					"id", (json_int_t)sa->sa_id, "tunnel",
					t != NULL ? json_string(t->name) : json_null(), "direction",
					in ? "in" : "out", "spi", show_spi(sa->spi), "local",
					show_addr(sa->local), "remote", show_addr(sa->remote),
					"local_port", port_or_null(sa->local_port), "remote_port",
					port_or_null(sa->remote_port), "inner_remote",
					addr_or_null(sa->inner_remote), "inner_local",
					addr_or_null(sa->inner_local), "mode",
					sa->tunnel ? "tunnel" : "transport", "alg",
					chan_esp_alg_str(sa->alg), "esn", (int)sa->esn,
					"window", in ? json_integer(sa->window) : json_null(),
					"state", sa->state, "age_s", (json_int_t)sa->age_s,
					"soft_s",
					sa->soft_s != 0 ? json_integer(sa->soft_s) : json_null(),
					"hard_s",
					sa->hard_s != 0 ? json_integer(sa->hard_s) : json_null(),
					"packets", (json_int_t)st.packets, "bytes",
					(json_int_t)st.bytes, "replay_drops", (json_int_t)st.replay,
					"auth_drops", (json_int_t)st.auth_fail, "last_packet_s",
					in && st.heard_ms != CHAN_CLIENT_NEVER
							? json_integer((json_int_t)(st.heard_ms /
										    1000))
							: json_null(),
					"weak", weak_json(sa->alg));
}

struct ipsec_cursor {
	bool begun;
	uint32_t id; /* the next one */
};

static bool
ipsec_next(void *ctx, const json_t *params, void *cursor, struct mgmt_out *out)
{
	const struct show *s = ctx;
	struct ipsec_cursor *c = cursor;
	struct vpn_sa_show sa;
	bool more;

	if (!c->begun)
		mgmt_out_array(out, "sas");
	c->begun = true;
	more = vpn_next_sa(s->cp->vpn, &c->id, &sa);
	if (more)
		mgmt_out_put(out, NULL, ipsec_json(s, &sa));
	else
		mgmt_out_end(out);
	return more;
}

const struct mgmt_parts show_ipsec_sa_parts = { .cursor_size = sizeof(struct ipsec_cursor),
	.next = ipsec_next };
