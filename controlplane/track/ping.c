/* SPDX-License-Identifier: BSD-3-Clause */
/* Ping and traceroute; see ping.h. */
#include <string.h>

#include "controlplane/track/ping.h"

static enum ping_how
how_of(const struct probe_result *r)
{
	if (r->end == PROBE_TIMED_OUT)
		return PING_TIMED_OUT;
	switch (r->answer.said) {
	case PROBE_SAID_REPLY:
		return PING_ANSWERED;
	case PROBE_SAID_UNREACHABLE:
		return PING_UNREACHABLE;
	case PROBE_SAID_TOO_BIG:
		return PING_TOO_BIG;
	case PROBE_SAID_TTL:
		return PING_TTL_EXCEEDED;
	default:
		return PING_OTHER;
	}
}

/* With all of a number of hops ended: on to the next one, or is this the end of the way? */
static void
hop_over(struct ping *p)
{
	if (p->arrived || p->ttl == p->cfg.ttl_last || !p->cfg.trace) {
		p->done = true;
		return;
	}
	p->ttl++;
	p->hop_sent = p->hop_ended = 0;
}

static void
on_ended(void *arg, const struct probe_result *r)
{
	struct ping *p = arg;
	struct ping_result *to = &p->results[p->n_ended % PING_RESULTS];

	*to = (struct ping_result){ .how = how_of(r), .ttl = p->cfg.trace ? p->ttl : 0 };
	if (to->how != PING_TIMED_OUT) {
		to->from = r->answer.from;
		to->rtt_us = r->rtt_us;
		to->type = r->answer.type;
		to->code = r->answer.code;
		to->mtu = r->answer.mtu;
	}
	p->arrived = p->arrived || to->how == PING_ANSWERED || to->how == PING_UNREACHABLE;
	p->n_ended++;
	if (++p->hop_ended == p->cfg.repeat)
		hop_over(p);
}

void
ping_init(struct ping *p, const struct ping_cfg *c, uint16_t id,
		const uint8_t secret[PROBE_SECRET_LEN], uint64_t now_us)
{
	const struct probe_cfg pc = { .target = c->target, .interval_ms = c->interval_ms,
		.timeout_ms = c->timeout_ms, .down_after = 1, .up_after = 1, .size = c->size,
		.dscp = c->dscp, .df = c->df, .in_turn = true, .errors = true };

	memset(p, 0, sizeof(*p));
	p->cfg = *c;
	p->ttl = c->ttl_first;
	probe_init(&p->probe, &pc, id, secret, now_us);
	p->probe.ended = on_ended;
	p->probe.arg = p;
}

size_t
ping_step(struct ping *p, const struct ip6_addr *source, uint64_t now_us,
		uint8_t buf[PROBE_PACKET_MAX])
{
	size_t len;

	probe_expire(&p->probe, now_us);
	if (p->done || p->hop_sent == p->cfg.repeat)
		return 0;
	p->probe.cfg.ttl = p->cfg.trace ? p->ttl : 0;
	len = probe_send(&p->probe, source, now_us, buf);
	p->hop_sent += len != 0;
	return len;
}

bool
ping_input(struct ping *p, const uint8_t *pkt, size_t len, uint64_t now_us)
{
	bool changed;

	return probe_input(&p->probe, pkt, len, now_us, &changed);
}

uint64_t
ping_next_us(const struct ping *p)
{
	return p->done ? UINT64_MAX : probe_next_us(&p->probe);
}

const struct ping_result *
ping_result_at(const struct ping *p, uint32_t n)
{
	if (n >= p->n_ended || p->n_ended - n > PING_RESULTS)
		return NULL;
	return &p->results[n % PING_RESULTS];
}
