/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a peer's life has been like, for the operator: when it was heard, how its liveness checks
 * went, why and when its last session ended, and how far the last attempt to connect came. Nothing
 * of the protocol depends on any of it.
 */
#include <stdio.h>
#include <string.h>

#include "controlplane/ike/ike_int.h"

const uint32_t ike_rtt_bounds_ms[IKE_RTT_BUCKETS - 1] = { 1, 5, 20, 50, 100, 300, 1000 };

const char *
ike_stage_str(enum ike_stage s)
{
	switch (s) {
	case IKE_STAGE_NONE:
		return "none";
	case IKE_STAGE_CALLED:
		return "called";
	case IKE_STAGE_ANSWERED:
		return "answered";
	case IKE_STAGE_PROPOSAL:
		return "proposal";
	case IKE_STAGE_IDENTITY:
		return "identity";
	case IKE_STAGE_KEY:
		return "key";
	case IKE_STAGE_CHILD:
		return "child";
	}
	return "?";
}

void
ike_live_stage(struct ike_peer *p, enum ike_stage s)
{
	if (p == NULL || (s != IKE_STAGE_CALLED && s <= p->live.stage))
		return;
	p->live.stage = s;
	p->live.other_name = false;
}

void
ike_live_other_name(struct ike_peer *p)
{
	if (p != NULL)
		p->live.other_name = true;
}

void
ike_live_heard(struct ike_peer *p)
{
	if (p == NULL)
		return;
	p->live.heard_ms = p->e->now;
	p->live.n_unknown = 0;
}

void
ike_live_probe(struct ike_peer *p)
{
	if (p != NULL)
		p->live.n_sent++;
}

void
ike_live_missed(struct ike_peer *p)
{
	if (p != NULL)
		p->live.n_missed++;
}

void
ike_live_answered(struct ike_peer *p, uint64_t rtt_ms)
{
	unsigned int i = 0;

	if (p == NULL)
		return;
	p->live.n_answered++;
	if (rtt_ms == UINT64_MAX)
		return;
	while (i < IKE_RTT_BUCKETS - 1 && rtt_ms > ike_rtt_bounds_ms[i])
		i++;
	p->live.rtt[i]++;
	p->live.rtt_last_ms = (uint32_t)(rtt_ms < UINT32_MAX ? rtt_ms : UINT32_MAX);
}

void
ike_live_state(struct ike_peer *p, enum ike_peer_state from, enum ike_peer_state to,
		const char *why)
{
	if (to == IKE_PEER_ESTABLISHED && from != IKE_PEER_ESTABLISHED) {
		p->live.stage = IKE_STAGE_CHILD;
		p->live.n_sessions++;
	}
	if (from != IKE_PEER_ESTABLISHED || to == IKE_PEER_ESTABLISHED)
		return;
	p->live.ended = true;
	p->live.end_ms = p->e->now;
	snprintf(p->live.end_why, sizeof(p->live.end_why), "%s",
			why != NULL ? why : "its Child SA is gone");
}

void
ike_live_offer(struct ike_peer *p, const char *offer)
{
	snprintf(p->live.offer, sizeof(p->live.offer), "%s", offer);
}

static uint32_t
ago_s(uint64_t then_ms, uint64_t now_ms)
{
	if (then_ms == 0)
		return UINT32_MAX;
	return now_ms > then_ms ? (uint32_t)((now_ms - then_ms) / 1000) : 0;
}

void
ike_live_show(const struct ike_peer *p, uint64_t now_ms, struct ike_live_show *s)
{
	const struct ike_live *l = &p->live;

	memset(s, 0, sizeof(*s));
	s->version = p->cfg.version == 1 ? 1 : 2;
	s->local = p->cfg.local;
	s->remote = p->cfg.remote;
	ike_names_str(&p->cfg, s->expected_id, sizeof(s->expected_id));
	s->ike_heard_s = ago_s(l->heard_ms, now_ms);
	s->esp_heard_s = ago_s(p->alive_ms, now_ms);
	s->dpd_interval_s = p->cfg.dpd_interval_s;
	s->dpd_retry_s = p->cfg.dpd_retry_s;
	s->dpd_count = p->cfg.dpd_count;
	s->dpd_on_demand = p->cfg.dpd_on_demand;
	s->n_sent = l->n_sent;
	s->n_answered = l->n_answered;
	s->n_missed = l->n_missed;
	s->n_unknown = l->n_excused;
	memcpy(s->rtt, l->rtt, sizeof(s->rtt));
	s->rtt_last_ms = l->rtt_last_ms;
	s->n_sessions = l->n_sessions;
	s->ended_s = l->ended ? ago_s(l->end_ms, now_ms) : UINT32_MAX;
	memcpy(s->end_why, l->end_why, sizeof(s->end_why));
	s->stage = l->stage;
	s->other_name = l->other_name;
}
