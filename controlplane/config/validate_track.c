/* SPDX-License-Identifier: BSD-3-Clause */
/* What must hold of tracked objects and probes; see validate.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/config/track_graph.h"
#include "controlplane/config/validate_priv.h"

static bool
is_link(const struct cfg *c, const char *name)
{
	return cfg_interface_find(c, name) != NULL || cfg_tunnel_find(c, name) != NULL;
}

static void
check_list(struct validator *v, const struct track_graph *g, const struct cfg_track *t)
{
	bool by_weight = t->threshold == CFG_TRACK_WEIGHT;

	if (t->n_members == 0)
		entry_error(v, AT_TRACKS, t->name, "objects", "a list needs objects");
	for (uint32_t i = 0; i < t->n_members; i++) {
		char field[32];

		snprintf(field, sizeof(field), "objects/%u", i);
		if (cfg_track_find(v->c, t->members[i].object) == NULL)
			entry_error(v, AT_TRACKS, t->name, field,
					"there is no tracked object \"%s\"", t->members[i].object);
	}
	if (t->threshold != CFG_TRACK_NO_LIST && t->threshold_down >= t->threshold_up)
		entry_error(v, AT_TRACKS, t->name, "threshold-down", "is not below threshold-up");
	if (t->threshold == CFG_TRACK_PERCENTAGE && t->threshold_up > 100)
		entry_error(v, AT_TRACKS, t->name, "threshold-up", "is more than 100 per cent");
	if (by_weight) {
		unsigned int sum = 0;

		for (uint32_t i = 0; i < t->n_members; i++)
			sum += t->members[i].weight;
		if (sum < t->threshold_up)
			entry_error(v, AT_TRACKS, t->name, "threshold-up",
					"all weights together are %u: it never comes up", sum);
	}
	if (track_graph_is_deep(g, t))
		entry_error(v, AT_TRACKS, t->name, "objects",
				"the list contains itself, or lists too deep in lists");
}

static void
check_metrics(struct validator *v, const struct cfg_track *t)
{
	bool is_route = t->has_route || t->has_route6;

	if (t->has_metric_max && !is_route)
		entry_error(v, AT_TRACKS, t->name, "metric-max", "is for a route");
	if (t->has_metric_up && !is_route)
		entry_error(v, AT_TRACKS, t->name, "metric-up", "is for a route");
	if (t->has_metric_up != t->has_metric_down)
		entry_error(v, AT_TRACKS, t->name, t->has_metric_up ? "metric-up" : "metric-down",
				"metric-up and metric-down go together");
	else if (t->has_metric_up && t->metric_up >= t->metric_down)
		entry_error(v, AT_TRACKS, t->name, "metric-down", "is not above metric-up");
	if (t->has_metric_up && t->has_metric_max)
		entry_error(v, AT_TRACKS, t->name, "metric-max",
				"is one threshold, metric-up and metric-down are two");
}

static void
check_track(struct validator *v, const struct track_graph *g, const struct cfg_track *t)
{
	bool is_list = t->boolean != CFG_TRACK_NO_LIST || t->threshold != CFG_TRACK_NO_LIST;
	int n = (t->interface[0] != '\0') + t->has_route + t->has_route6 + (t->ipsec[0] != '\0') +
			(t->sla[0] != '\0') + (t->vrrp[0] != '\0') +
			(t->boolean != CFG_TRACK_NO_LIST) +
			(t->threshold != CFG_TRACK_NO_LIST);

	if (n != 1)
		entry_error(v, AT_TRACKS, t->name, NULL,
				"%s: exactly one of interface, route, ipv6-route, ipsec, sla, vrrp "
				"and a list",
				n == 0
						? "says not what is tracked"
						: "tracks more than one thing");
	if (t->interface[0] != '\0' && !is_link(v->c, t->interface))
		entry_error(v, AT_TRACKS, t->name, "interface",
				"there is no interface or tunnel \"%s\"", t->interface);
	if (t->ipsec[0] != '\0') {
		const struct cfg_tunnel *tun = cfg_tunnel_find(v->c, t->ipsec);

		if (tun == NULL)
			entry_error(v, AT_TRACKS, t->name, "ipsec", "there is no tunnel \"%s\"",
					t->ipsec);
		else if (tun->protection[0] == '\0')
			entry_error(v, AT_TRACKS, t->name, "ipsec",
					"tunnel %s has no protection, and no SAs", t->ipsec);
	}
	if (t->sla[0] != '\0' && cfg_sla_find(v->c, t->sla) == NULL)
		entry_error(v, AT_TRACKS, t->name, "sla", "there is no probe \"%s\"", t->sla);
	if (t->vrrp[0] != '\0' && cfg_vrrp_find(v->c, t->vrrp) == NULL &&
			!read_errors_at(v, AT_INTERFACES))
		entry_error(v, AT_TRACKS, t->name, "vrrp", "there is no virtual router %s",
		t->vrrp);
	check_metrics(v, t);
	if (is_list)
		check_list(v, g, t);
	else if (t->n_members != 0)
		entry_error(v, AT_TRACKS, t->name, "objects", "is for a list");
}

/* An address beside the target's: of its family, and for link-local ones its scope. */
static void
check_sla_addr(struct validator *v, const struct cfg_sla *s, const char *field,
		const struct ip6_addr *a, const struct ip6_addr *target)
{
	if (!ip6_is_zero(a) && ip6_is_mapped(a) != ip6_is_mapped(target))
		entry_error(v, AT_SLAS, s->name, field, "is not of the target's family");
}

static void
check_sla(struct validator *v, const struct cfg_sla *s)
{
	bool tcp = !ip6_is_zero(&s->tcp_target);
	const struct ip6_addr *target = tcp ? &s->tcp_target : &s->target;

	if (s->interface[0] != '\0' && !is_link(v->c, s->interface))
		entry_error(v, AT_SLAS, s->name, "interface",
				"there is no interface or tunnel \"%s\"", s->interface);
	if (!ip6_is_zero(&s->next_hop) && cfg_interface_find(v->c, s->interface) == NULL)
		entry_error(v, AT_SLAS, s->name, "next-hop", "needs an interface");
	if (!ip6_is_zero(&s->target) == tcp)
		entry_error(v, AT_SLAS, s->name, NULL, "exactly one of icmp-echo and tcp-connect");
	if (ip6_is_link_local(target) && s->interface[0] == '\0')
		entry_error(v, AT_SLAS, s->name, "interface",
				"a link-local target needs the interface it is on");
	check_sla_addr(v, s, "next-hop", &s->next_hop, target);
	check_sla_addr(v, s, "source-address", &s->source, target);
	if (tcp && s->port == 0)
		entry_error(v, AT_SLAS, s->name, "port", "tcp-connect needs a port");
	if (!tcp && s->port != 0)
		entry_error(v, AT_SLAS, s->name, "port", "is for tcp-connect");
	if (s->rtt_max_ms > s->timeout_ms)
		entry_warning(v, AT_SLAS, s->name, "rtt-max-ms", "is more than the timeout");
}

/* A priority must not follow the role that follows from it. */
static void
check_groups(struct validator *v, struct track_graph *graph, const struct cfg_interface *f)
{
	for (uint32_t i = 0; i < f->n_vrrps; i++) {
		const struct cfg_vrrp *g = &f->vrrps[i];
		char group[CFG_REDUNDANCY_MAX], field[CFG_NAME_MAX + 32];

		snprintf(group, sizeof(group), "%s/%.3s", f->name, g->name);
		for (uint32_t k = 0; k < g->n_tracks; k++) {
			if (!track_graph_needs(graph, g->tracks[k].object, group))
				continue;
			snprintf(field, sizeof(field), "vrrp/%s/track/%u", g->name, k);
			entry_error(v, AT_INTERFACES, f->name, field,
					"the object follows the role of this very group");
		}
	}
}

static void
check_tunnel(struct validator *v, struct track_graph *g, const struct cfg_tunnel *t)
{
	if (t->track[0] == '\0')
		return;
	if (cfg_track_find(v->c, t->track) == NULL && !read_errors_at(v, AT_TRACKS))
		entry_error(v, AT_TUNNELS, t->name, "track", "there is no tracked object \"%s\"",
				t->track);
	if (track_graph_needs(g, t->track, t->name))
		entry_error(v, AT_TUNNELS, t->name, "track",
				"the object needs this tunnel: neither would ever be up");
}

int
validate_tracks(struct validator *v)
{
	struct track_graph *g = track_graph_new(v->c);

	if (g == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < v->c->n_tracks; i++)
		check_track(v, g, &v->c->tracks[i]);
	for (uint32_t i = 0; i < v->c->n_tunnels; i++)
		check_tunnel(v, g, &v->c->tunnels[i]);
	for (uint32_t i = 0; i < v->c->n_interfaces; i++)
		check_groups(v, g, &v->c->interfaces[i]);
	for (uint32_t i = 0; i < v->c->n_slas; i++)
		check_sla(v, &v->c->slas[i]);
	track_graph_free(g);
	return 0;
}
