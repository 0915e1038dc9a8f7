/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Somebody else claims an address of ours: the defence of RFC 5227 section 2.4, and the same for
 * IPv6, where the RFCs have none for an address that is in use (RFC 4862 section 5.4 is about new
 * ones).
 *
 * Our addresses are gateways of LANs and ends of tunnels. They are never given up, as section
 * 2.4(c) allows "if the host [...] needs to have a well-known stable IP address, such as a link's
 * default router". We depart from its DEFEND_INTERVAL: with one defence in ten seconds a stranger
 * who speaks every second would be the LAN's gateway nine seconds of ten. Here
 *
 *  - every claim is answered, CONTEST_WAIT_MS later: claims that come together get one answer, and
 *    an advertisement of VRRP that was sent before the claim has been read by then, so that a
 *    router to whom we yield is not taken for a stranger;
 *  - CONTEST_BURST answers in a row, then one in CONTEST_GAP_MS: with another node that never
 *    gives up either, that is ten small frames a second and address, not a storm;
 *  - what the limit has held back is sent when it may be: the last word is ours.
 */
#include <stdlib.h>
#include <string.h>

#include "controlplane/neigh/cache_int.h"

#define CONTEST_WAIT_MS  20
#define CONTEST_GAP_MS   100
#define CONTEST_BURST    5
#define CONTEST_TELL_MS  10000 /* it is told this often while it goes on */
#define CONTEST_QUIET_MS 10000 /* without a claim for so long it is over */

/* That of @addr; else a free one, or the one that has rested longest. */
static struct neigh_contest *
contest_of(struct neigh_if *f, const struct ip6_addr *addr)
{
	struct neigh_contest *oldest = NULL;

	if (f->contests == NULL)
		f->contests = calloc(NEIGH_CONTESTS, sizeof(*f->contests));
	for (unsigned int i = 0; f->contests != NULL && i < NEIGH_CONTESTS; i++) {
		struct neigh_contest *t = &f->contests[i];

		if (ip6_equal(&t->addr, addr))
			return t;
		if (oldest == NULL || t->heard_ms < oldest->heard_ms)
			oldest = t;
	}
	if (oldest != NULL)
		*oldest = (struct neigh_contest){ .addr = *addr, .due_ms = UINT64_MAX };
	return oldest;
}

void
neigh_if_conflict(struct neigh_cache *c, struct neigh_if *f, const struct ip6_addr *addr,
		const uint8_t *mac, uint64_t now_ms)
{
	struct neigh_contest *t = contest_of(f, addr);
	uint64_t burst_ms = (CONTEST_BURST - 1) * CONTEST_GAP_MS, at_ms = now_ms + CONTEST_WAIT_MS;

	if (t == NULL)
		return;
	t->heard++;
	t->heard_ms = now_ms;
	t->has_mac = mac != NULL;
	if (mac != NULL)
		memcpy(t->mac, mac, 6);
	if (t->due_ms != UINT64_MAX)
		return;
	if (t->paced_ms > at_ms + burst_ms)
		at_ms = t->paced_ms - burst_ms;
	neigh_due_at(c, &t->due_ms, at_ms);
}

void
neigh_if_claimed(struct neigh_cache *c, struct neigh_if *f, const struct ip6_addr *addr,
		const uint8_t *mine, const uint8_t *mac, uint64_t now_ms)
{
	if (mac == NULL || memcmp(mac, mine, 6) != 0)
		neigh_if_conflict(c, f, addr, mac, now_ms);
	else if (memcmp(mac, f->cfg.mac, 6) != 0)
		c->ops.twin(c->ctx, f->cfg.if_id, addr);
}

static void
tell(struct neigh_cache *c, const struct neigh_if *f, struct neigh_contest *t, bool over,
		uint64_t now_ms)
{
	bool begins = !over && !t->open;
	struct neigh_conflict s;

	t->told_ms = now_ms;
	t->open = !over;
	neigh_contest_show(f, t, now_ms, &s);
	s.begins = begins;
	c->ops.conflict(c->ctx, &s);
}

static void
defend(struct neigh_cache *c, struct neigh_if *f, struct neigh_contest *t, uint64_t now_ms)
{
	t->due_ms = UINT64_MAX;
	t->defended++;
	t->paced_ms = (t->paced_ms > now_ms ? t->paced_ms : now_ms) + CONTEST_GAP_MS;
	c->proto->announce(c, f, &t->addr);
	if (!t->open || now_ms - t->told_ms >= CONTEST_TELL_MS)
		tell(c, f, t, false, now_ms);
}

void
neigh_if_defend(struct neigh_cache *c, struct neigh_if *f, uint64_t now_ms)
{
	for (unsigned int i = 0; f->contests != NULL && i < NEIGH_CONTESTS; i++) {
		struct neigh_contest *t = &f->contests[i];
		uint64_t over_ms = t->heard_ms + CONTEST_QUIET_MS;

		if (t->heard == 0)
			continue;
		if (!f->cfg.up || neigh_if_mac_at(f, &t->addr) == NULL) {
			if (t->open)
				tell(c, f, t, true, now_ms);
			t->due_ms = UINT64_MAX; /* it is another's by right */
			continue;
		}
		if (t->due_ms <= now_ms)
			defend(c, f, t, now_ms);
		if (t->open && over_ms <= now_ms)
			tell(c, f, t, true, now_ms);
		if (t->due_ms < c->next_ms)
			c->next_ms = t->due_ms;
		if (t->open && over_ms < c->next_ms)
			c->next_ms = over_ms;
	}
}

void
neigh_contest_show(const struct neigh_if *f, const struct neigh_contest *t, uint64_t now_ms,
		struct neigh_conflict *out)
{
	*out = (struct neigh_conflict){ .if_id = f->cfg.if_id, .addr = t->addr, .open = t->open,
		.has_mac = t->has_mac, .heard = t->heard, .defended = t->defended,
		.age_ms = now_ms - t->heard_ms };
	memcpy(out->mac, t->mac, 6);
}

void
neigh_cache_conflicts(const struct neigh_cache *c, uint64_t now_ms,
		void (*fn)(void *arg, const struct neigh_conflict *s), void *arg)
{
	struct hmap_iter it = { 0 };
	struct neigh_conflict s;

	for (struct hnode *h; (h = hmap_next(&c->ifs, &it)) != NULL;) {
		const struct neigh_if *f = HMAP_ENTRY(h, struct neigh_if, node);

		for (unsigned int i = 0; f->contests != NULL && i < NEIGH_CONTESTS; i++) {
			if (f->contests[i].defended == 0)
				continue;
			neigh_contest_show(f, &f->contests[i], now_ms, &s);
			fn(arg, &s);
		}
	}
}
