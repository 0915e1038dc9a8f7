/* SPDX-License-Identifier: BSD-3-Clause */
/* Neighbour discovery; see nd.h. Sections are those of RFC 4861. */
#include <errno.h>
#include <string.h>

#include "controlplane/nd/nd.h"
#include "controlplane/nd/nd_wire.h"
#include "controlplane/neigh/cache_int.h"

static const struct ip6_addr all_nodes = { { 0xff, 0x02, [15] = 1 } };

/* ---- sending ----------------------------------------------------------------------------- */

static void
send_msg(struct neigh_cache *c, const struct neigh_if *f, const struct nd_msg *m,
		const uint8_t *dst)
{
	uint8_t frame[ND_FRAME_LEN], group[6];
	const uint8_t *src;

	if (dst == NULL) {
		ip6_multicast_mac(&m->dst, group);
		dst = group;
	}
	src = m->has_mac ? m->mac : f->cfg.mac; /* a virtual router speaks as itself */
	c->ops.send(c->ctx, f->cfg.if_id, frame, nd_build(m, src, dst, frame));
}

/* @mac NULL: to all who might be it, else a probe of the one who was (section 7.3.3). */
static void
solicit(struct neigh_cache *c, const struct neigh_if *f, const struct ip6_addr *addr,
		const uint8_t *mac)
{
	struct nd_msg m = { .type = ND_NS, .target = *addr, .has_mac = true };

	m.src = *neigh_if_source(c, f, addr);
	m.dst = mac != NULL ? *addr : ip6_solicited_node(addr);
	/* RFC 9568 section 8.2.2: as in arp.c */
	memcpy(m.mac, neigh_if_mac_at(f, &m.src), 6);
	send_msg(c, f, &m, mac);
}

/* RFC 4862 section 5.4.2. */
static void
send_dad(struct neigh_cache *c, const struct neigh_if *f, const struct ip6_addr *addr)
{
	struct nd_msg m = { .type = ND_NS, .target = *addr, .dst = ip6_solicited_node(addr) };

	send_msg(c, f, &m, NULL);
}

static struct nd_msg
advert_of(const struct neigh_if *f, const struct ip6_addr *addr)
{
	struct nd_msg m = { .type = ND_NA, .flags = ND_ROUTER | ND_OVERRIDE, .src = *addr,
		.dst = all_nodes, .target = *addr, .has_mac = true };
	const uint8_t *mac = neigh_if_mac_at(f, addr);

	memcpy(m.mac, mac != NULL ? mac : f->cfg.mac, 6);
	return m;
}

static void
advertise(struct neigh_cache *c, const struct neigh_if *f, const struct ip6_addr *addr)
{
	struct nd_msg m = advert_of(f, addr);

	send_msg(c, f, &m, NULL);
}

/* The answer to a solicitation; to all nodes if who asks has no address yet. */
static void
answer(struct neigh_cache *c, const struct neigh_if *f, const struct nd_msg *q)
{
	struct nd_msg m = advert_of(f, &q->target);
	const struct neigh_entry *e;

	if (ip6_is_zero(&q->src)) {
		send_msg(c, f, &m, NULL);
		return;
	}
	m.dst = q->src;
	m.flags |= ND_SOLICITED;
	/* Its address came with the question, or it would have asked all for it. */
	e = neigh_entry_find(c, f->cfg.if_id, &q->src);
	if (q->has_mac)
		send_msg(c, f, &m, q->mac);
	else if (e != NULL && neigh_is_known(e->state))
		send_msg(c, f, &m, e->mac);
}

/* ---- what the cache asks ----------------------------------------------------------------- */

static bool
is_host(const struct ip6_prefix *p, const struct ip6_addr *addr)
{
	return ip6_is_unicast_host(addr);
}

/* Section 6.3.2 draws from 0.5 to 1.5 times the time; here each address has its own place. */
static uint64_t
reachable_ms(const struct neigh_cache *c, const struct neigh_entry *e)
{
	return ND_REACHABLE_MS / 2 + e->node.key % ND_REACHABLE_MS;
}

/* ---- what comes in ----------------------------------------------------------------------- */

/* A MAC address that came with a message; @sure: in answer to a question of ours. */
static void
learn(struct neigh_cache *c, struct neigh_if *f, struct neigh_entry *e, const uint8_t mac[6],
		bool sure, uint64_t now_ms)
{
	if (sure)
		neigh_entry_confirm(c, f, e, mac, now_ms);
	else if (!neigh_is_known(e->state) || memcmp(e->mac, mac, 6) != 0)
		neigh_entry_doubt(c, f, e, mac, now_ms, ND_DELAY_MS);
}

/* Section 7.2.3. */
static void
solicit_input(struct neigh_cache *c, struct neigh_if *f, const struct nd_msg *m, uint64_t now_ms)
{
	struct neigh_entry *e;

	if (neigh_if_mac_at(f, &m->target) == NULL)
		return;
	if (ip6_is_zero(&m->src)) {
		/* A host is about to take our address; RFC 4862 section 5.4.3. */
		neigh_if_conflict(c, f, &m->target, NULL, now_ms);
	} else if (m->has_mac && neigh_if_mac_at(f, &m->src) != NULL) {
		neigh_if_conflict(c, f, &m->src, m->mac, now_ms);
	} else if (m->has_mac && neigh_if_prefix(c, f, &m->src) != NULL) {
		e = neigh_entry_get(c, f, &m->src, now_ms);
		if (e != NULL)
			learn(c, f, e, m->mac, false, now_ms);
	}
	answer(c, f, m);
}

/* Section 7.2.5: an advertisement makes no entry, and without the override flag changes none. */
static void
advert_input(struct neigh_cache *c, struct neigh_if *f, const struct nd_msg *m, uint64_t now_ms)
{
	bool sure = (m->flags & ND_SOLICITED) != 0, same;
	const uint8_t *mine = neigh_if_mac_at(f, &m->target);
	struct neigh_entry *e;

	if (mine != NULL) {
		neigh_if_claimed(c, f, &m->target, mine, m->has_mac ? m->mac : NULL, now_ms);
		return;
	}
	e = neigh_entry_find(c, f->cfg.if_id, &m->target);
	if (e == NULL || (!neigh_is_known(e->state) && !m->has_mac))
		return;
	same = !m->has_mac || memcmp(e->mac, m->mac, 6) == 0;
	if (!neigh_is_known(e->state) || same || (m->flags & ND_OVERRIDE))
		learn(c, f, e, m->has_mac ? m->mac : e->mac, sure, now_ms);
	else if (e->state == NEIGH_REACHABLE)
		neigh_entry_doubt(c, f, e, e->mac, now_ms, ND_DELAY_MS);
}

int
nd_input(struct neigh_cache *c, uint32_t if_id, const uint8_t *pkt, size_t len, uint64_t now_ms)
{
	struct rd r = rd_init(pkt, len);
	struct neigh_if *f = neigh_if_find(c, if_id);
	struct nd_msg m;
	int err;

	if (f == NULL || !f->cfg.up || f->cfg.n_addrs == 0)
		return -ENOENT;
	err = nd_parse(&r, &m);
	if (err != 0)
		return err;
	if (m.has_mac && memcmp(m.mac, f->cfg.mac, 6) == 0)
		return 0; /* our own, looped back */
	if (m.type == ND_NS)
		solicit_input(c, f, &m, now_ms);
	else
		advert_input(c, f, &m, now_ms);
	return 0;
}

/* ---- life -------------------------------------------------------------------------------- */

struct neigh_cache *
nd_new(const struct neigh_ops *ops, void *ctx, uint32_t max_entries, uint64_t seed)
{
	static const struct neigh_proto proto = { .announce_ms = NEIGH_TRY_MS, .host = is_host,
		.ask = solicit, .arrive = send_dad, .announce = advertise,
		.reachable_ms = reachable_ms };

	return neigh_cache_new(
			&proto, ops, ctx, max_entries != 0 ? max_entries : ND_MAX_ENTRIES, seed);
}
