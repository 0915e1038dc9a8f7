/* SPDX-License-Identifier: BSD-3-Clause */
/* Probes; see probe.h. */
#include <string.h>

#include "common/channel.h"
#include "controlplane/track/probe.h"
#include "controlplane/track/probe_tcp.h"

#define PORT_MASK 0x0fffu /* of a request's number, in its port */
#define US_PER_MS 1000u

static_assert(CHAN_PROBE_PORT_MIN + PORT_MASK == UINT16_MAX, "ports up to the last one");
static_assert(PROBE_WINDOW <= PORT_MASK, "a port tells which request it was");

void
probe_init(struct probe *p, const struct probe_cfg *c, uint16_t id,
		const uint8_t secret[PROBE_SECRET_LEN], uint64_t now_us)
{
	memset(p, 0, sizeof(*p));
	p->cfg = *c;
	p->id = id;
	memcpy(p->secret, secret, sizeof(p->secret));
	p->next_us = now_us;
}

/* One request's outcome. True: what is known has changed. */
static bool
outcome(struct probe *p, bool good)
{
	bool up = p->up, known = p->known;

	if (good) {
		p->bad = 0;
		p->good = p->good < UINT8_MAX ? (uint8_t)(p->good + 1) : p->good;
		/* The first answer of all is good news enough. */
		if (p->good >= p->cfg.up_after || !p->known)
			p->up = p->known = true;
	} else {
		p->good = 0;
		p->bad = p->bad < UINT8_MAX ? (uint8_t)(p->bad + 1) : p->bad;
		if (p->bad >= p->cfg.down_after) {
			p->up = false;
			p->known = true;
		}
	}
	return p->up != up || p->known != known;
}

/* Numbers wrap: the window is much smaller than half of them. */
static uint16_t
under_way(const struct probe *p)
{
	return (uint16_t)(p->seq - p->oldest);
}

static uint64_t
timeout_us(const struct probe *p)
{
	return (uint64_t)p->cfg.timeout_ms * US_PER_MS;
}

static void
tell(const struct probe *p, const struct probe_result *r)
{
	if (p->ended != NULL)
		p->ended(p->arg, r);
}

bool
probe_expire(struct probe *p, uint64_t now_us)
{
	bool changed = false;

	while (under_way(p) > 0) {
		uint64_t *at = &p->sent_us[p->oldest % PROBE_WINDOW];

		if (*at != 0 && now_us < *at + timeout_us(p) && under_way(p) < PROBE_WINDOW)
			break;
		if (*at != 0) {
			p->stats.lost++;
			p->was_refused = false;
			*at = 0;
			changed = outcome(p, false) || changed;
			tell(p, &(struct probe_result){ .end = PROBE_TIMED_OUT,
					.seq = p->oldest });
		}
		p->oldest++;
	}
	return changed;
}

static size_t
echo_make(const struct probe *p, const struct ip6_addr *source, uint8_t buf[PROBE_PACKET_MAX])
{
	struct probe_echo e = { .source = *source, .target = p->cfg.target, .id = p->id,
		.seq = p->seq, .ttl = p->cfg.ttl != 0 ? p->cfg.ttl : PROBE_TTL_DEFAULT,
		.dscp = p->cfg.dscp, .df = p->cfg.df, .secret = p->secret, .data = p->cfg.size };

	return probe_echo_make(&e, buf);
}

/* Each request has a port and a sequence number of its own: the number in the port's low bits, and
 * mixed with the secret (the finalizer of splitmix64). */
static struct probe_tcp
syn_of(const struct probe *p, const struct ip6_addr *source, uint16_t seq)
{
	uint64_t x;

	memcpy(&x, p->secret, sizeof(x));
	x += UINT64_C(0x9e3779b97f4a7c15) * (seq + 1u);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return (struct probe_tcp){ .source = *source, .target = p->cfg.target,
		.sport = (uint16_t)(CHAN_PROBE_PORT_MIN + (seq & PORT_MASK)),
		.dport = p->cfg.port, .seq = (uint32_t)(x >> 32), .dscp = p->cfg.dscp };
}

/* Is there room for one more, and is it its turn? */
static bool
may_send(const struct probe *p)
{
	if (p->cfg.in_turn && under_way(p) > 0 &&
			p->sent_us[(uint16_t)(p->seq - 1) % PROBE_WINDOW] != 0)
		return false;
	return under_way(p) < PROBE_WINDOW;
}

size_t
probe_send(struct probe *p, const struct ip6_addr *source, uint64_t now_us,
		uint8_t buf[PROBE_PACKET_MAX])
{
	uint64_t interval_us = (uint64_t)p->cfg.interval_ms * US_PER_MS;
	struct probe_tcp syn;
	size_t len;

	if (now_us < p->next_us || !may_send(p))
		return 0;
	p->next_us += interval_us;
	if (p->next_us <= now_us || p->cfg.in_turn)
		p->next_us = now_us + interval_us;
	if (p->cfg.port != 0) {
		syn = syn_of(p, source, p->seq);
		len = probe_tcp_syn(&syn, p->seq, buf);
	} else {
		len = echo_make(p, source, buf);
	}
	p->sent_us[p->seq % PROBE_WINDOW] = now_us != 0 ? now_us : 1;
	p->seq++;
	p->stats.sent++;
	return len;
}

void
probe_unsent(struct probe *p)
{
	p->stats.unsent++;
}

static void
rtt_count(struct probe_stats *s, uint32_t rtt_us)
{
	s->rtt_last_us = rtt_us;
	if (s->answered == 0 || rtt_us < s->rtt_min_us)
		s->rtt_min_us = rtt_us;
	if (rtt_us > s->rtt_max_us)
		s->rtt_max_us = rtt_us;
	s->rtt_sum_us += rtt_us;
	s->answered++;
}

/* An answer to request @r->seq; its end says whether it is one that counts as such. True: what is
 * known has changed. */
static bool
answered(struct probe *p, struct probe_result *r, uint64_t now_us)
{
	uint64_t *at = &p->sent_us[r->seq % PROBE_WINDOW], rtt_us;

	/* Of a number that is not under way: late, or twice. */
	if ((uint16_t)(r->seq - p->oldest) >= under_way(p) || *at == 0) {
		p->stats.late++;
		return false;
	}
	rtt_us = now_us - *at;
	*at = 0;
	r->rtt_us = (uint32_t)rtt_us;
	p->was_refused = r->end == PROBE_REFUSED;
	if (r->end == PROBE_REFUSED) {
		p->stats.refused++;
		tell(p, r);
		return outcome(p, false);
	}
	if (rtt_us > timeout_us(p) || (p->cfg.rtt_max_ms != 0 &&
			rtt_us > (uint64_t)p->cfg.rtt_max_ms * US_PER_MS)) {
		p->stats.late++;
		r->end = PROBE_TIMED_OUT;
		tell(p, r);
		return outcome(p, false);
	}
	rtt_count(&p->stats, (uint32_t)rtt_us);
	tell(p, r);
	return outcome(p, true);
}

bool
probe_input(struct probe *p, const uint8_t *pkt, size_t len, uint64_t now_us, bool *changed)
{
	struct probe_result r = { .end = PROBE_ANSWERED };
	const struct probe_echo_answer *a = &r.answer;

	*changed = false;
	if (p->cfg.port != 0 || probe_echo_parse(pkt, len, &r.answer) != 0 || a->id != p->id ||
			!ip6_equal(&a->target, &p->cfg.target))
		return false;
	if (a->said == PROBE_SAID_REPLY) {
		if (memcmp(a->secret, p->secret, sizeof(p->secret)) != 0)
			return false;
	} else {
		if (!p->cfg.errors)
			return false;
		r.end = PROBE_REFUSED;
	}
	r.seq = a->seq;
	*changed = answered(p, &r, now_us);
	return true;
}

bool
probe_input_tcp(struct probe *p, const uint8_t *pkt, size_t len, uint64_t now_us, bool *changed,
		uint8_t reply[PROBE_PACKET_MAX], size_t *reply_len)
{
	struct probe_result r = { .end = PROBE_ANSWERED };
	struct probe_tcp_answer a;
	struct probe_tcp syn;
	uint16_t seq;

	*changed = false;
	*reply_len = 0;
	if (p->cfg.port == 0 || probe_tcp_parse(pkt, len, &a) != 0 ||
			!ip6_equal(&a.to.target, &p->cfg.target) ||
			a.to.dport != p->cfg.port || a.to.sport < CHAN_PROBE_PORT_MIN)
		return false;
	/* The last number that ended in the port's bits. */
	seq = (uint16_t)(p->seq - 1);
	seq = (uint16_t)(seq - ((seq - (a.to.sport - CHAN_PROBE_PORT_MIN)) & PORT_MASK));
	syn = syn_of(p, &a.to.source, seq);
	if (syn.seq != a.to.seq)
		return false;
	if (a.open)
		*reply_len = probe_tcp_rst(&syn, seq, reply);
	r.seq = seq;
	r.end = a.open ? PROBE_ANSWERED : PROBE_REFUSED;
	*changed = answered(p, &r, now_us);
	return true;
}

uint64_t
probe_next_us(const struct probe *p)
{
	uint64_t next = p->next_us;

	for (uint16_t i = p->oldest; i != p->seq; i++) {
		uint64_t at = p->sent_us[i % PROBE_WINDOW];

		if (at == 0)
			continue;
		at += timeout_us(p);
		return at < next || p->cfg.in_turn ? at : next;
	}
	return next;
}
