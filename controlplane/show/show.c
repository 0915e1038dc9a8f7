/* SPDX-License-Identifier: BSD-3-Clause */
/* Registration of `show` and `clear`, and what is too small for a file of its own. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "controlplane/config/config.h"
#include "controlplane/dataplane/dplink.h"
#include "controlplane/mgmt/server.h"
#include "controlplane/neigh/neigh.h"
#include "controlplane/show/packet_trace.h"
#include "controlplane/show/show_debug_watch.h"
#include "controlplane/show/show_int.h"
#include "controlplane/tunnel/tunnel.h"
#include "controlplane/vpn/vpn.h"

bool
show_next_tunnel(const struct show *s, const json_t *params, struct show_tunnels *c,
		const char *list, struct mgmt_out *out, uint32_t *i)
{
	const struct tunnels *x = s->cp->tunnels;
	const char *want = json_string_value(json_object_get(params, "name"));
	const struct tunnel_state *t = want != NULL ? tunnels_by_name(x, want) : NULL;
	bool first = !c->begun;

	if (first)
		mgmt_out_array(out, list);
	c->begun = true;
	if (want != NULL)
		*i = first && t != NULL ? (uint32_t)(t - tunnels_at(x, 0)) : tunnels_n(x);
	else
		*i = tunnels_after(x, c->last);
	if (*i < tunnels_n(x))
		memcpy(c->last, tunnels_at(x, *i)->name, sizeof(c->last));
	else
		mgmt_out_end(out);
	return *i < tunnels_n(x);
}

static json_t *
dataplane_json(const struct cp *cp)
{
	const struct chan_client *c = dplink_client(cp->dplink);
	const struct chan_stats *st = c != NULL ? chan_client_stats(c) : NULL;
	char boot[17] = "";

	if (c != NULL)
		snprintf(boot, sizeof(boot), "%016llx", (unsigned long long)chan_client_boot_id(c));
	return json_pack("{s:b, s:o, s:o, s:o, s:o, s:o, s:s}", "attached", c != NULL, "pid",
			st != NULL ? json_integer(st->pid) : json_null(), "version",
			c != NULL ? json_string(chan_client_version(c)) : json_null(), "boot_id",
			show_text(boot), "workers",
			st != NULL ? json_integer(st->n_workers) : json_null(), "uptime_s",
			st != NULL ? json_integer((json_int_t)(cp_now_ms() - st->started_ms) / 1000)
				   : json_null(), "state", dplink_state(cp->dplink));
}

static json_t *
show_version(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct show *s = ctx;
	const struct cp *cp = s->cp;
	const char *host = cp->cfg->system.hostname;
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	return json_pack("{s:s, s:o, s:I, s:{s:i, s:i, s:I, s:I, s:f, s:I}, s:o}", "version",
			CULVERT_VERSION,
			"hostname", show_text(host), "uptime_s",
			(json_int_t)((cp_now_ms() - cp->started_ms) / 1000), "controlplane", "pid",
			(int)getpid(), "abi", (int)CHAN_ABI, "timer_late_max_ms",
			(json_int_t)cp->lateness.max_ms, "timer_late_count",
			(json_int_t)cp->lateness.n_late, "cpu_s",
			(double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) +
					(double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec) / 1e6,
			"memory_max_kib", (json_int_t)use.ru_maxrss, "dataplane",
			dataplane_json(cp));
}

static json_t *
show_clock(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct show *s = ctx;
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return json_pack("{s:I, s:I}", "time_ms",
			(json_int_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000, "uptime_s",
			(json_int_t)((cp_now_ms() - s->cp->started_ms) / 1000));
}

/* ---- clear ------------------------------------------------------------------------------- */

static json_t *
cleared(uint32_t n)
{
	return json_pack("{s:I}", "cleared", (json_int_t)n);
}

static json_t *
clear_counters(void *ctx, const json_t *params, char *err, size_t err_len)
{
	return cleared(counters_clear(ctx));
}

static json_t *
clear_arp(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct show *s = ctx;

	return cleared(neigh_clear(s->cp->neigh));
}

static json_t *
clear_ipv6_neighbors(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct show *s = ctx;

	return cleared(neigh_clear(s->cp->neigh6));
}

/* ---- traces ------------------------------------------------------------------------------ */

void
show_trace(struct show *s, const struct chan_trace_rec *rec)
{
	packet_trace_add(s->trace, rec);
}

static json_t *
show_packet_trace(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct show *s = ctx;

	return packet_trace_show(s->trace);
}

static json_t *
debug_packet_trace(void *ctx, const json_t *params, char *err, size_t err_len)
{
	struct show *s = ctx;

	return packet_trace_set(s->trace, params, err, err_len);
}

/* ---- life -------------------------------------------------------------------------------- */

struct show *
show_new(struct cp *cp)
{
	static const struct {
		const char *what;
		mgmt_fn fn;
	} shows[] = {
		{ "version", show_version },
		{ "clock", show_clock },
		{ "gre-protocols", show_gre_protocols },
		{ "crypto-debug", show_crypto_debug },
		{ "ip-ospf-debug", show_ospf_debug },
		{ "vrrp-debug", show_vrrp_debug },
		{ "track-debug", show_track_debug },
		{ "ip-sla-debug", show_sla_debug },
		{ "ip-routing-debug", show_routing_debug },
		{ "debugging", show_debugging },
		{ "crypto-audit", show_crypto_audit },
		{ "crypto-pki-certificates", show_pki_certificates },
		{ "vrrp", show_vrrp },
		{ "ipv6-nd-ra", show_ra },
		{ "track", show_track },
		{ "sla", show_sla },
		{ "ping", show_ping },
		{ "ip-ospf", show_ip_ospf },
		{ "ip-ospf-statistics", show_ospf_spf },
		{ "drops", show_drops },
		{ "control-plane", show_control_plane },
		{ "ip-traffic", show_ip_traffic },
		{ "packet-trace", show_packet_trace },
	}, clears[] = {
		{ "crypto-sa", clear_crypto_sa },
		{ "crypto-session", clear_crypto_sa },
		{ "crypto-ikev2-sa", clear_crypto_ikev2 },
		{ "crypto-isakmp-sa", clear_crypto_isakmp },
		{ "crypto-ipsec-sa", clear_crypto_ipsec },
		{ "counters", clear_counters },
		{ "arp", clear_arp },
		{ "ip-ospf-process", clear_ospf_process },
		{ "ipv6-neighbors", clear_ipv6_neighbors },
	};
	static const struct {
		const char *what;
		const struct mgmt_parts *how;
	} parts[] = {
		{ "ip-route", &show_route_parts },
		{ "ipv6-route", &show_route6_parts },
		{ "tunnel", &show_tunnel_parts },
		{ "tunnel-mtu", &show_tunnel_mtu_parts },
		{ "crypto-ikev2-sa", &show_ikev2_sa_parts },
		{ "crypto-ipsec-sa", &show_ipsec_sa_parts },
		{ "crypto-session", &show_session_parts },
		{ "ip-ospf-border-routers", &show_ospf_border_parts },
		{ "ip-ospf-route", &show_ospf_route_parts },
		{ "ip-ospf-database", &show_ospf_database_parts },
		{ "ip-ospf-neighbor", &show_ospf_neighbor_parts },
		{ "ip-ospf-interface", &show_ospf_interface_parts },
		{ "ipv6-neighbors", &show_neighbors6_parts },
		{ "arp", &show_arp_parts },
		{ "crypto-policy", &show_policy_parts },
		{ "interface", &show_interface_parts },
		{ "ip-route-recursive", &show_recursive_parts },
	};
	struct show *s = calloc(1, sizeof(*s));
	int err = 0;

	if (s == NULL)
		return NULL;
	s->cp = cp;
	s->trace = packet_trace_new(cp);
	err = s->trace != NULL ? mgmt_register_debug(cp->mgmt, "packet-trace", debug_packet_trace,
			s)
			       : -ENOMEM;
	if (err == 0)
		err = mgmt_register_debug(cp->mgmt, "crypto", debug_crypto, s);
	if (err == 0)
		err = mgmt_register_debug(cp->mgmt, "crypto-test", test_crypto, s);
	if (err == 0)
		err = mgmt_register_debug(cp->mgmt, "ip-ospf", debug_ospf, s);
	if (err == 0)
		err = mgmt_register_debug(cp->mgmt, "vrrp", debug_vrrp, s);
	if (err == 0)
		err = mgmt_register_debug(cp->mgmt, "track", debug_track, s);
	if (err == 0)
		err = mgmt_register_debug(cp->mgmt, "ip-sla", debug_sla, s);
	if (err == 0)
		err = mgmt_register_debug(cp->mgmt, "ip-routing", debug_routing, s);
	if (err == 0)
		err = mgmt_register_debug(cp->mgmt, "ping", debug_ping, s);
	for (size_t i = 0; err == 0 && i < sizeof(shows) / sizeof(shows[0]); i++)
		err = mgmt_register_show(cp->mgmt, shows[i].what, shows[i].fn, s);
	for (size_t i = 0; err == 0 && i < sizeof(parts) / sizeof(parts[0]); i++)
		err = mgmt_register_show_parts(cp->mgmt, parts[i].what, parts[i].how, s);
	for (size_t i = 0; err == 0 && i < sizeof(clears) / sizeof(clears[0]); i++)
		err = mgmt_register_clear(cp->mgmt, clears[i].what, clears[i].fn, s);
	if (err == 0)
		return s;
	show_free(s);
	return NULL;
}

void
show_free(struct show *s)
{
	if (s == NULL)
		return;
	packet_trace_free(s->trace);
	free(s->tuns);
	free(s->sas);
	free(s->policies);
	free(s);
}
