/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Probes on their way: out of an interface to a neighbour, into a tunnel, or by the routes; see
 * tracks.h. A request that cannot be sent counts as not answered.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/log.h"
#include "common/wire.h"
#include "controlplane/cp.h"
#include "controlplane/dataplane/dplink.h"
#include "controlplane/iface/iface.h"
#include "controlplane/neigh/neigh.h"
#include "controlplane/rib/rib.h"
#include "controlplane/track/tracks_int.h"
#include "controlplane/tunnel/tunnel.h"

#define ETH_LEN        14
#define ETHERTYPE_IPV4 0x0800
#define ID_BASE        0xc000 /* of echo identifiers */

/* ---- definitions ------------------------------------------------------------------------- */

static struct tracks_sla *
sla_find(const struct tracks *x, const char *name)
{
	for (uint32_t i = 0; i < x->n_slas; i++)
		if (strcmp(x->slas[i].cfg.name, name) == 0)
			return &x->slas[i];
	return NULL;
}

static bool
same_cfg(const struct cfg_sla *a, const struct cfg_sla *b)
{
	return a->target == b->target && a->tcp_target == b->tcp_target &&
			a->port == b->port && strcmp(a->interface, b->interface) == 0 &&
			a->next_hop == b->next_hop && a->source == b->source &&
			a->interval_ms == b->interval_ms && a->timeout_ms == b->timeout_ms &&
			a->down_after == b->down_after && a->up_after == b->up_after &&
			a->size == b->size && a->dscp == b->dscp && a->rtt_max_ms == b->rtt_max_ms;
}

static struct probe *
probe_make(const struct cfg_sla *c, uint32_t i)
{
	struct probe_cfg pc = { .target = c->tcp_target != 0 ? c->tcp_target : c->target,
		.port = c->port, .interval_ms = c->interval_ms,
		.timeout_ms = c->timeout_ms, .rtt_max_ms = c->rtt_max_ms,
		.down_after = c->down_after, .up_after = c->up_after, .size = c->size,
		.dscp = c->dscp };
	struct probe *p = malloc(sizeof(*p));
	uint8_t secret[8];

	if (p == NULL || getrandom(secret, sizeof(secret), 0) != sizeof(secret)) {
		free(p);
		return NULL;
	}
	probe_init(p, &pc, (uint16_t)(ID_BASE + i), secret, cp_now_ms());
	return p;
}

int
tracks_probes_set(struct tracks *x, const struct cfg *c)
{
	struct tracks_sla *slas = calloc(c->n_slas + 1u, sizeof(*slas));
	int err = slas == NULL ? -ENOMEM : 0;

	for (uint32_t i = 0; i < c->n_slas && err == 0; i++) {
		struct tracks_sla *old = sla_find(x, c->slas[i].name);

		slas[i].cfg = c->slas[i];
		if (old != NULL && old->probe != NULL && same_cfg(&old->cfg, &c->slas[i])) {
			slas[i].probe = old->probe;
			old->probe = NULL;
			slas[i].probe->id = (uint16_t)(ID_BASE + i);
		} else {
			slas[i].probe = probe_make(&c->slas[i], i);
			err = slas[i].probe == NULL ? -ENOMEM : 0;
		}
	}
	tracks_probes_free(x);
	x->slas = slas;
	x->n_slas = slas != NULL ? c->n_slas : 0;
	return err;
}

void
tracks_probes_free(struct tracks *x)
{
	for (uint32_t i = 0; i < x->n_slas; i++)
		free(x->slas[i].probe);
	free(x->slas);
	x->slas = NULL;
	x->n_slas = 0;
}

/* ---- out --------------------------------------------------------------------------------- */

static const struct iface *
iface_named(const struct tracks *x, const char *name)
{
	for (uint32_t i = 0; i < ifaces_n(x->cp->ifaces); i++)
		if (strcmp(ifaces_at(x->cp->ifaces, i)->cfg->name, name) == 0)
			return ifaces_at(x->cp->ifaces, i);
	return NULL;
}

/* Our address that a request leaves from; 0: there is none. */
static uint32_t
source_of(const struct tracks *x, const struct tracks_sla *s, const struct iface *f)
{
	const struct rib_fib *fib;
	const struct rib_link *l;

	if (s->cfg.source != 0)
		return s->cfg.source;
	if (f != NULL)
		return f->cfg->n_addrs != 0 ? f->cfg->addrs[0].addr : 0;
	if (s->cfg.interface[0] != '\0') {
		const struct tunnel_state *t = tunnels_by_name(x->cp->tunnels, s->cfg.interface);

		return t != NULL ? tunnels_cfg_of(x->cp->tunnels, t)->address.addr : 0;
	}
	fib = rib_lookup(x->cp->rib, s->probe->cfg.target);
	l = fib != NULL && fib->nhs[0].link != RIB_NO_LINK ? rib_link(x->cp->rib, fib->nhs[0].link)
							   : NULL;
	return l != NULL && l->n_addrs != 0 ? l->addrs[0].addr : 0;
}

static bool
by_interface(struct tracks *x, struct tracks_sla *s, const struct iface *f, const uint8_t *pkt,
		size_t len)
{
	uint32_t via = s->cfg.next_hop != 0 ? s->cfg.next_hop : s->probe->cfg.target;
	uint8_t frame[ETH_LEN + PROBE_PACKET_MAX], mac[6];
	struct wr w = wr_init(frame, sizeof(frame));
	enum neigh_state state;
	char a[IP4_STR_LEN];

	if (!iface_up(f) || f->if_id == CHAN_NONE) {
		snprintf(s->why, sizeof(s->why), "interface %s is down", s->cfg.interface);
		return false;
	}
	state = neigh_lookup4(x->cp->neigh, f->if_id, via, mac);
	if (!neigh_is_known(state)) {
		neigh_wanted4(x->cp->neigh, f->if_id, via);
		snprintf(s->why, sizeof(s->why), "%s does not answer ARP", ip4_str(via, a));
		return false;
	}
	wr_bytes(&w, mac, 6);
	wr_bytes(&w, f->mac, 6);
	wr_be16(&w, ETHERTYPE_IPV4);
	wr_bytes(&w, pkt, len);
	return dplink_inject(x->cp->dplink, CHAN_INJECT_FRAME, f->if_id, frame, w.len) == 0;
}

static bool
into_tunnel(struct tracks *x, struct tracks_sla *s, const uint8_t *pkt, size_t len)
{
	const struct tunnel_state *t = tunnels_by_name(x->cp->tunnels, s->cfg.interface);

	if (t == NULL || t->tun_id == CHAN_NONE) {
		snprintf(s->why, sizeof(s->why), "there is no tunnel %s", s->cfg.interface);
		return false;
	}
	return dplink_inject(x->cp->dplink, CHAN_INJECT_TUN, t->tun_id, pkt, len) == 0;
}

static const struct iface *
iface_of(const struct tracks *x, const struct tracks_sla *s)
{
	return s->cfg.interface[0] != '\0' ? iface_named(x, s->cfg.interface) : NULL;
}

/* By the way that is configured. False: s->why says why it could not be. */
static bool
packet_out(struct tracks *x, struct tracks_sla *s, const uint8_t *pkt, size_t len)
{
	const struct iface *f = iface_of(x, s);

	if (f != NULL)
		return by_interface(x, s, f, pkt, len);
	if (s->cfg.interface[0] != '\0')
		return into_tunnel(x, s, pkt, len);
	return dplink_inject(x->cp->dplink, CHAN_INJECT_ROUTE, 0, pkt, len) == 0;
}

static void
sla_send(struct tracks *x, struct tracks_sla *s, uint64_t now_ms)
{
	uint32_t source = source_of(x, s, iface_of(x, s));
	uint8_t pkt[PROBE_PACKET_MAX];
	size_t len = probe_send(s->probe, source, now_ms, pkt);

	if (len == 0)
		return;
	s->why[0] = '\0';
	if (source == 0)
		snprintf(s->why, sizeof(s->why), "no address to send from");
	if (source == 0 || !packet_out(x, s, pkt, len))
		probe_unsent(s->probe);
}

void
tracks_probes_run(struct tracks *x)
{
	uint64_t now_ms = cp_now_ms();

	for (uint32_t i = 0; i < x->n_slas; i++) {
		struct tracks_sla *s = &x->slas[i];

		if (s->probe == NULL)
			continue;
		probe_expire(s->probe, now_ms);
		sla_send(x, s, now_ms);
	}
}

uint64_t
tracks_probes_next_ms(const struct tracks *x)
{
	uint64_t next = UINT64_MAX, at;

	for (uint32_t i = 0; i < x->n_slas; i++) {
		at = x->slas[i].probe != NULL ? probe_next_ms(x->slas[i].probe) : UINT64_MAX;
		if (at < next)
			next = at;
	}
	return next;
}

/* ---- in ---------------------------------------------------------------------------------- */

bool
tracks_icmp(struct tracks *x, const struct chan_pkt *pkt)
{
	bool changed;

	if (x == NULL || pkt->l3_off > pkt->len)
		return false;
	for (uint32_t i = 0; i < x->n_slas; i++) {
		struct probe *p = x->slas[i].probe;

		if (p == NULL || !probe_input(p, pkt->data + pkt->l3_off,
						 (size_t)pkt->len - pkt->l3_off, cp_now_ms(),
						 &changed))
			continue;
		if (changed)
			tracks_settle(x);
		return true;
	}
	return false;
}

void
tracks_tcp(struct tracks *x, const struct chan_pkt *pkt)
{
	uint8_t reply[PROBE_PACKET_MAX];
	size_t reply_len;
	bool changed;

	if (x == NULL || pkt->l3_off > pkt->len)
		return;
	for (uint32_t i = 0; i < x->n_slas; i++) {
		struct tracks_sla *s = &x->slas[i];

		if (s->probe == NULL || !probe_input_tcp(s->probe, pkt->data + pkt->l3_off,
						(size_t)pkt->len - pkt->l3_off, cp_now_ms(),
						&changed, reply, &reply_len))
			continue;
		if (reply_len != 0)
			packet_out(x, s, reply, reply_len);
		if (changed)
			tracks_settle(x);
		return;
	}
}

void
tracks_look_probe(struct tracks *x, uint32_t i, const char *sla)
{
	const struct tracks_sla *s = sla_find(x, sla);
	char why[TRACK_WHY_MAX], a[IP4_STR_LEN], port[16] = "";

	if (s == NULL || s->probe == NULL || !s->probe->known)
		return; /* nothing is known yet */
	if (s->cfg.port != 0)
		snprintf(port, sizeof(port), " port %u", s->cfg.port);
	if (s->probe->up)
		snprintf(why, sizeof(why), "%s%s answers", ip4_str(s->probe->cfg.target, a), port);
	else if (s->probe->was_refused)
		snprintf(why, sizeof(why), "%s%s refuses", ip4_str(s->probe->cfg.target, a), port);
	else
		snprintf(why, sizeof(why), "%s%s does not answer%s%.60s",
				ip4_str(s->probe->cfg.target, a), port,
				s->why[0] != '\0' ? ": " : "", s->why);
	track_saw(x->engine, i, s->probe->up, why);
}

const struct probe *
tracks_probe(const struct tracks *x, uint32_t i, const struct cfg_sla **cfg)
{
	if (x == NULL || i >= x->n_slas || x->slas[i].probe == NULL)
		return NULL;
	*cfg = &x->slas[i].cfg;
	return x->slas[i].probe;
}
