/* SPDX-License-Identifier: BSD-3-Clause */
/* Probes; see probe.h. */
#include <string.h>

#include "common/channel.h"
#include "common/inet.h"
#include "common/wire.h"
#include "controlplane/track/probe.h"
#include "controlplane/track/probe_tcp.h"

#define IP_PROTO_ICMP   1
#define ICMP_ECHO       8
#define ICMP_ECHO_REPLY 0
#define TTL             64
#define PORT_MASK       0x0fffu /* of a request's number, in its port */

static_assert(CHAN_PROBE_PORT_MIN + PORT_MASK == UINT16_MAX, "ports up to the last one");
static_assert(PROBE_WINDOW <= PORT_MASK, "a port tells which request it was");

void
probe_init(struct probe *p, const struct probe_cfg *c, uint16_t id, const uint8_t secret[8],
		uint64_t now_ms)
{
	memset(p, 0, sizeof(*p));
	p->cfg = *c;
	p->id = id;
	memcpy(p->secret, secret, sizeof(p->secret));
	p->next_ms = now_ms;
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

bool
probe_expire(struct probe *p, uint64_t now_ms)
{
	bool changed = false;

	while (under_way(p) > 0) {
		uint64_t *at = &p->sent_ms[p->oldest % PROBE_WINDOW];

		if (*at != 0 && now_ms < *at + p->cfg.timeout_ms && under_way(p) < PROBE_WINDOW)
			break;
		if (*at != 0) {
			p->stats.lost++;
			*at = 0;
			changed = outcome(p, false) || changed;
		}
		p->oldest++;
	}
	return changed;
}

static size_t
echo_make(const struct probe *p, uint32_t source, uint8_t buf[PROBE_PACKET_MAX])
{
	size_t data = p->cfg.size < sizeof(p->secret) ? sizeof(p->secret) : p->cfg.size;
	struct wr w = wr_init(buf, PROBE_PACKET_MAX);
	uint16_t sum;

	wr_u8(&w, 0x45);
	wr_u8(&w, (uint8_t)(p->cfg.dscp << 2));
	wr_be16(&w, (uint16_t)(20 + 8 + data));
	wr_be16(&w, p->seq);
	wr_be16(&w, 0);
	wr_u8(&w, TTL);
	wr_u8(&w, IP_PROTO_ICMP);
	wr_be16(&w, 0);
	wr_be32(&w, source);
	wr_be32(&w, p->cfg.target);
	sum = inet_sum_fold(inet_sum(buf, 20, 0));
	memcpy(buf + 10, &sum, sizeof(sum));
	wr_u8(&w, ICMP_ECHO);
	wr_u8(&w, 0);
	wr_be16(&w, 0);
	wr_be16(&w, p->id);
	wr_be16(&w, p->seq);
	wr_bytes(&w, p->secret, sizeof(p->secret));
	wr_zero(&w, data - sizeof(p->secret));
	sum = inet_sum_fold(inet_sum(buf + 20, w.len - 20, 0));
	memcpy(buf + 22, &sum, sizeof(sum));
	return w.len;
}

/* Each request has a port and a sequence number of its own: the number in the port's low bits, and
 * mixed with the secret (the finalizer of splitmix64). */
static struct probe_tcp
syn_of(const struct probe *p, uint32_t source, uint16_t seq)
{
	uint64_t x;

	memcpy(&x, p->secret, sizeof(x));
	x += UINT64_C(0x9e3779b97f4a7c15) * (seq + 1u);
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return (struct probe_tcp){ .source = source, .target = p->cfg.target,
		.sport = (uint16_t)(CHAN_PROBE_PORT_MIN + (seq & PORT_MASK)),
		.dport = p->cfg.port, .seq = (uint32_t)(x >> 32), .dscp = p->cfg.dscp };
}

size_t
probe_send(struct probe *p, uint32_t source, uint64_t now_ms, uint8_t buf[PROBE_PACKET_MAX])
{
	size_t len = PROBE_TCP_LEN;
	struct probe_tcp syn;

	if (now_ms < p->next_ms || under_way(p) >= PROBE_WINDOW)
		return 0;
	p->next_ms += p->cfg.interval_ms;
	if (p->next_ms <= now_ms)
		p->next_ms = now_ms + p->cfg.interval_ms;
	if (p->cfg.port != 0) {
		syn = syn_of(p, source, p->seq);
		probe_tcp_syn(&syn, p->seq, buf);
	} else {
		len = echo_make(p, source, buf);
	}
	p->sent_ms[p->seq % PROBE_WINDOW] = now_ms != 0 ? now_ms : 1;
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
rtt_count(struct probe_stats *s, uint32_t rtt_ms)
{
	s->rtt_last_ms = rtt_ms;
	if (s->answered == 0 || rtt_ms < s->rtt_min_ms)
		s->rtt_min_ms = rtt_ms;
	if (rtt_ms > s->rtt_max_ms)
		s->rtt_max_ms = rtt_ms;
	s->answered++;
}

/* An answer to request @seq; @good: one that counts as such. True: what is known has changed. */
static bool
answered(struct probe *p, uint16_t seq, bool good, uint64_t now_ms)
{
	uint64_t *at = &p->sent_ms[seq % PROBE_WINDOW], rtt_ms;

	/* Of a number that is not under way: late, or twice. */
	if ((uint16_t)(seq - p->oldest) >= under_way(p) || *at == 0) {
		p->stats.late++;
		return false;
	}
	rtt_ms = now_ms - *at;
	*at = 0;
	p->was_refused = !good;
	if (!good) {
		p->stats.refused++;
		return outcome(p, false);
	}
	if (rtt_ms > p->cfg.timeout_ms || (p->cfg.rtt_max_ms != 0 && rtt_ms > p->cfg.rtt_max_ms)) {
		p->stats.late++;
		return outcome(p, false);
	}
	rtt_count(&p->stats, (uint32_t)rtt_ms);
	return outcome(p, true);
}

bool
probe_input(struct probe *p, const uint8_t *pkt, size_t len, uint64_t now_ms, bool *changed)
{
	struct rd r = rd_init(pkt, len);
	uint8_t first = rd_u8(&r), type, secret[8];
	uint32_t src;
	uint16_t id, seq;

	*changed = false;
	rd_bytes(&r, 11); /* to the checksum; the dataplane has checked it, and that of ICMP */
	src = rd_be32(&r);
	rd_be32(&r);
	if (first >> 4 != 4 || (first & 0x0f) < 5)
		return false;
	rd_bytes(&r, (first & 0x0fu) * 4 - 20);
	type = rd_u8(&r);
	rd_bytes(&r, 3);
	id = rd_be16(&r);
	seq = rd_be16(&r);
	rd_copy(&r, secret, sizeof(secret));
	if (r.bad || p->cfg.port != 0 || type != ICMP_ECHO_REPLY || id != p->id ||
			src != p->cfg.target ||
			memcmp(secret, p->secret, sizeof(secret)) != 0)
		return false;
	*changed = answered(p, seq, true, now_ms);
	return true;
}

bool
probe_input_tcp(struct probe *p, const uint8_t *pkt, size_t len, uint64_t now_ms, bool *changed,
		uint8_t reply[PROBE_PACKET_MAX], size_t *reply_len)
{
	struct probe_tcp_answer a;
	struct probe_tcp syn;
	uint16_t seq;

	*changed = false;
	*reply_len = 0;
	if (p->cfg.port == 0 || probe_tcp_parse(pkt, len, &a) != 0 ||
			a.to.target != p->cfg.target ||
			a.to.dport != p->cfg.port || a.to.sport < CHAN_PROBE_PORT_MIN)
		return false;
	/* The last number that ended in the port's bits. */
	seq = (uint16_t)(p->seq - 1);
	seq = (uint16_t)(seq - ((seq - (a.to.sport - CHAN_PROBE_PORT_MIN)) & PORT_MASK));
	syn = syn_of(p, a.to.source, seq);
	if (syn.seq != a.to.seq)
		return false;
	if (a.open) {
		probe_tcp_rst(&syn, seq, reply);
		*reply_len = PROBE_TCP_LEN;
	}
	*changed = answered(p, seq, a.open, now_ms);
	return true;
}

uint64_t
probe_next_ms(const struct probe *p)
{
	uint64_t next = p->next_ms;

	for (uint16_t i = p->oldest; i != p->seq; i++) {
		uint64_t at = p->sent_ms[i % PROBE_WINDOW];

		if (at == 0)
			continue;
		return at + p->cfg.timeout_ms < next ? at + p->cfg.timeout_ms : next;
	}
	return next;
}
