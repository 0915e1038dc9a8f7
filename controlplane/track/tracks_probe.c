/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Configured probes on their way (probe_path.h); see tracks.h. A request that cannot be sent
 * counts as not answered.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/log.h"
#include "controlplane/cp.h"
#include "controlplane/track/probe_path.h"
#include "controlplane/track/tracks_int.h"

#define ID_BASE 0xc000 /* of echo identifiers */

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
	return ip6_equal(&a->target, &b->target) && ip6_equal(&a->tcp_target, &b->tcp_target) &&
			a->port == b->port && strcmp(a->interface, b->interface) == 0 &&
			ip6_equal(&a->next_hop, &b->next_hop) &&
			ip6_equal(&a->source, &b->source) &&
			a->interval_ms == b->interval_ms && a->timeout_ms == b->timeout_ms &&
			a->down_after == b->down_after && a->up_after == b->up_after &&
			a->size == b->size && a->dscp == b->dscp && a->rtt_max_ms == b->rtt_max_ms;
}

static struct probe *
probe_make(const struct cfg_sla *c, uint32_t i)
{
	struct probe_cfg pc = {
		.target = ip6_is_zero(&c->tcp_target) ? c->target : c->tcp_target,
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
	probe_init(p, &pc, (uint16_t)(ID_BASE + i), secret, cp_now_us());
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
	tracks_debug_probes(x);
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

/* The way that is configured. */
static struct probe_way
way_of(const struct tracks_sla *s)
{
	return (struct probe_way){ .interface = s->cfg.interface, .next_hop = s->cfg.next_hop,
		.source = s->cfg.source };
}

/* By the way that is configured. False: s->why says why it could not be. */
static bool
packet_out(struct tracks *x, struct tracks_sla *s, const uint8_t *pkt, size_t len)
{
	struct probe_way w = way_of(s);

	return probe_out(x->cp, &w, &s->probe->cfg.target, pkt, len, s->why, sizeof(s->why));
}

static void
sla_send(struct tracks *x, struct tracks_sla *s, uint64_t now_us)
{
	struct probe_way w = way_of(s);
	char why[TRACK_WHY_MAX] = "";
	struct ip6_addr source;
	uint8_t pkt[PROBE_PACKET_MAX];
	bool good = probe_source(x->cp, &w, &s->probe->cfg.target, &source, why, sizeof(why));
	size_t len = probe_send(s->probe, &source, now_us, pkt);

	if (len == 0)
		return;
	memcpy(s->why, why, sizeof(s->why));
	if (good && packet_out(x, s, pkt, len)) {
		tracks_say(x, TRACKS_DEBUG_PROBES, s->cfg.name, "number %u, %zu bytes, is sent",
				(uint16_t)(s->probe->seq - 1), len);
		return;
	}
	tracks_say(x, TRACKS_DEBUG_PROBES, s->cfg.name, "number %u cannot be sent: %s",
			(uint16_t)(s->probe->seq - 1),
			s->why[0] != '\0' ? s->why : "the dataplane does not take it");
	probe_unsent(s->probe);
}

void
tracks_probes_run(struct tracks *x)
{
	uint64_t now_us = cp_now_us();

	for (uint32_t i = 0; i < x->n_slas; i++) {
		struct tracks_sla *s = &x->slas[i];

		if (s->probe == NULL)
			continue;
		probe_expire(s->probe, now_us);
		sla_send(x, s, now_us);
	}
}

uint64_t
tracks_probes_next_ms(const struct tracks *x)
{
	uint64_t next = UINT64_MAX, at;

	for (uint32_t i = 0; i < x->n_slas; i++) {
		at = x->slas[i].probe != NULL ? (probe_next_us(x->slas[i].probe) + 999) / 1000
					      : UINT64_MAX;
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
						 (size_t)pkt->len - pkt->l3_off, cp_now_us(),
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
						(size_t)pkt->len - pkt->l3_off, cp_now_us(),
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
	char why[TRACK_WHY_MAX], target[IP6_STR_LEN], port[16] = "";

	if (s == NULL || s->probe == NULL || !s->probe->known)
		return; /* nothing is known yet */
	ip46_str(&s->probe->cfg.target, target);
	if (s->cfg.port != 0)
		snprintf(port, sizeof(port), " port %u", s->cfg.port);
	if (s->probe->up)
		snprintf(why, sizeof(why), "%s%s answers", target, port);
	else if (s->probe->was_refused)
		snprintf(why, sizeof(why), "%s%s refuses", target, port);
	else
		snprintf(why, sizeof(why), "%s%s does not answer%s%.60s",
				target, port, s->why[0] != '\0' ? ": " : "", s->why);
	tracks_saw(x, i, s->probe->up, why);
}

const struct probe *
tracks_probe(const struct tracks *x, uint32_t i, const struct cfg_sla **cfg)
{
	if (x == NULL || i >= x->n_slas || x->slas[i].probe == NULL)
		return NULL;
	*cfg = &x->slas[i].cfg;
	return x->slas[i].probe;
}
