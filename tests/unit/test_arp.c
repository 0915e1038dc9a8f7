/* SPDX-License-Identifier: BSD-3-Clause */
/* ARP and the cache of neighbours on a simulated clock: messages in, frames and changes out. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/arp/arp.h"
#include "controlplane/arp/arp_wire.h"
#include "controlplane/neigh/cache_int.h"
#include "tests/unit/cu.h"

#define IF      3u
#define OUR     0x0a000001u /* 10.0.0.1/24 */
#define PEER    0x0a000002u
#define VIRT    (OUR + 100u)
#define TIMEOUT 1200000u

static const uint8_t our_mac[6] = { 2, 0, 0, 0, 0, 1 };
static const uint8_t peer_mac[6] = { 2, 0, 0, 0, 0, 2 };
static const uint8_t other_mac[6] = { 2, 0, 0, 0, 0, 3 };
static const uint8_t bcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

struct world {
	struct neigh_cache *a;
	uint64_t now;
	unsigned int n_sent, n_changed, n_conflict, n_twin;
	struct neigh_conflict conflict; /* told last */
	struct arp_msg last; /* message last sent */
	uint8_t last_dst[6];
	enum neigh_state state; /* of the last change */
	uint32_t addr;
	uint8_t mac[6];
};

static void
on_send(void *ctx, uint32_t if_id, const uint8_t *frame, size_t len)
{
	struct world *w = ctx;
	struct rd r = rd_init(frame, len);

	CU_ASSERT_EQUAL(if_id, IF);
	CU_ASSERT_EQUAL(len, ARP_FRAME_LEN);
	rd_copy(&r, w->last_dst, 6);
	rd_bytes(&r, 6);
	CU_ASSERT_EQUAL(rd_be16(&r), 0x0806);
	CU_ASSERT_EQUAL(arp_parse(&r, &w->last), 0);
	w->n_sent++;
}

static void
on_changed(void *ctx, uint32_t if_id, const struct ip6_addr *addr, enum neigh_state state,
		const uint8_t *mac)
{
	struct world *w = ctx;

	w->n_changed++;
	w->state = state;
	w->addr = ip6_ip4(addr);
	memset(w->mac, 0, 6);
	if (mac != NULL)
		memcpy(w->mac, mac, 6);
	CU_ASSERT_EQUAL(mac != NULL, state == NEIGH_REACHABLE || state == NEIGH_STALE);
}

static void
on_conflict(void *ctx, const struct neigh_conflict *s)
{
	struct world *w = ctx;

	CU_ASSERT_EQUAL(s->if_id, IF);
	if (ip6_equal(&s->addr, &w->conflict.addr))
		CU_ASSERT_EQUAL(s->begins, s->open && !w->conflict.open);
	w->conflict = *s;
	w->n_conflict++;
}

static void
on_twin(void *ctx, uint32_t if_id, const struct ip6_addr *addr)
{
	struct world *w = ctx;

	CU_ASSERT_EQUAL(if_id, IF);
	CU_ASSERT_EQUAL(ip6_ip4(addr), VIRT);
	w->n_twin++;
}

static struct neigh_if_cfg
if_cfg(bool up)
{
	struct neigh_if_cfg c = { .if_id = IF, .up = up, .n_addrs = 1 };

	memcpy(c.mac, our_mac, 6);
	c.addrs[0] = arp_prefix(&(struct ip4_prefix){ OUR, 24 });
	return c;
}

static void
start(struct world *w, uint32_t max)
{
	static const struct neigh_ops ops = { on_send, on_changed, on_conflict, on_twin };
	struct neigh_if_cfg c = if_cfg(true);

	memset(w, 0, sizeof(*w));
	w->now = 1000000;
	w->a = arp_new(&ops, w, max, TIMEOUT, 42);
	CU_ASSERT_PTR_NOT_NULL_FATAL(w->a);
	CU_ASSERT_EQUAL(neigh_cache_if_set(w->a, &c, w->now), 0);
	/* Past the announcements. */
	w->now += 5000;
	neigh_cache_tick(w->a, w->now);
	w->n_sent = 0;
}

static void
advance(struct world *w, uint64_t ms)
{
	uint64_t end = w->now + ms;

	while (neigh_cache_next_ms(w->a) <= end) {
		if (neigh_cache_next_ms(w->a) > w->now)
			w->now = neigh_cache_next_ms(w->a);
		neigh_cache_tick(w->a, w->now);
	}
	w->now = end;
}

/* An ARP message as received, from a heap copy of exactly its size. */
static int
receive_len(struct world *w, uint16_t op, const uint8_t *sha, uint32_t spa, uint32_t tpa,
		size_t len)
{
	struct arp_msg m = { .op = op, .spa = spa, .tpa = tpa };
	uint8_t frame[ARP_FRAME_LEN];
	uint8_t *copy = malloc(len + 1);
	int err;

	memcpy(m.sha, sha, 6);
	arp_build(&m, our_mac, frame);
	copy = realloc(copy, len > 0 ? len : 1);
	memcpy(copy, frame + 14, len);
	err = arp_input(w->a, IF, copy, len, w->now);
	free(copy);
	return err;
}

static int
receive(struct world *w, uint16_t op, const uint8_t *sha, uint32_t spa, uint32_t tpa)
{
	return receive_len(w, op, sha, spa, tpa, ARP_MSG_LEN);
}

static enum neigh_state
state_of(struct world *w, uint32_t addr)
{
	struct ip6_addr a = ip6_mapped(addr);

	return neigh_cache_lookup(w->a, IF, &a, NULL);
}

static void
resolve(struct world *w, uint32_t addr)
{
	struct ip6_addr a = ip6_mapped(addr);

	neigh_cache_resolve(w->a, IF, &a, w->now);
}

static int
pin(struct world *w, uint32_t if_id, uint32_t addr)
{
	struct ip6_addr a = ip6_mapped(addr);

	return neigh_cache_pin(w->a, if_id, &a, 1, w->now);
}

static void
unpin(struct world *w, uint32_t addr)
{
	struct ip6_addr a = ip6_mapped(addr);

	neigh_cache_unpin(w->a, IF, &a);
}

static void
test_announce(void)
{
	struct world w;
	struct neigh_if_cfg c = if_cfg(false);

	start(&w, 0);
	neigh_cache_if_set(w.a, &c, w.now);
	CU_ASSERT_EQUAL(w.n_sent, 0);
	c = if_cfg(true);
	neigh_cache_if_set(w.a, &c, w.now);
	CU_ASSERT_EQUAL(w.n_sent, 1);
	CU_ASSERT_EQUAL(w.last.op, ARP_OP_REQUEST);
	CU_ASSERT_EQUAL(w.last.spa, OUR);
	CU_ASSERT_EQUAL(w.last.tpa, OUR);
	CU_ASSERT_EQUAL(memcmp(w.last_dst, bcast, 6), 0);
	neigh_cache_if_set(w.a, &c, w.now); /* the same again touches nothing */
	CU_ASSERT_EQUAL(w.n_sent, 1);
	advance(&w, 10000);
	CU_ASSERT_EQUAL(w.n_sent, 2);
	/* A second address is announced alone, at once. */
	c.addrs[c.n_addrs++] = arp_prefix(&(struct ip4_prefix){ 0x0b000001, 24 });
	neigh_cache_if_set(w.a, &c, w.now);
	CU_ASSERT_EQUAL(w.n_sent, 3);
	CU_ASSERT_EQUAL(w.last.spa, 0x0b000001);
	neigh_cache_free(w.a);
}

static void
test_reply_and_learn(void)
{
	struct world w;

	start(&w, 0);
	CU_ASSERT_EQUAL(receive(&w, ARP_OP_REQUEST, peer_mac, PEER, OUR), 0);
	CU_ASSERT_EQUAL(w.n_sent, 1);
	CU_ASSERT_EQUAL(w.last.op, ARP_OP_REPLY);
	CU_ASSERT_EQUAL(w.last.spa, OUR);
	CU_ASSERT_EQUAL(w.last.tpa, PEER);
	CU_ASSERT_EQUAL(memcmp(w.last.sha, our_mac, 6), 0);
	CU_ASSERT_EQUAL(memcmp(w.last.tha, peer_mac, 6), 0);
	CU_ASSERT_EQUAL(memcmp(w.last_dst, peer_mac, 6), 0);
	CU_ASSERT_EQUAL(state_of(&w, PEER), NEIGH_REACHABLE);
	CU_ASSERT_EQUAL(memcmp(w.mac, peer_mac, 6), 0);
	/* The same again is no change; another MAC is. */
	w.n_changed = 0;
	receive(&w, ARP_OP_REQUEST, peer_mac, PEER, OUR);
	CU_ASSERT_EQUAL(w.n_changed, 0);
	receive(&w, ARP_OP_REQUEST, other_mac, PEER, PEER); /* gratuitous */
	CU_ASSERT_EQUAL(w.n_changed, 1);
	CU_ASSERT_EQUAL(memcmp(w.mac, other_mac, 6), 0);
	neigh_cache_free(w.a);
}

/* An owner's address is the interface's and the virtual router's: nothing that we send says that
 * it is at another MAC address than the virtual one (RFC 9568 section 8.1.2). */
static void
test_owner(void)
{
	struct neigh_virtual v = { .addr = ip6_mapped(OUR), .mac = { 0, 0, 0x5e, 0, 1, 10 } };
	struct world w;

	start(&w, 0);
	CU_ASSERT_EQUAL(neigh_cache_virtual_set(w.a, IF, &v, 1), 0);
	w.n_sent = 0;
	resolve(&w, PEER);
	CU_ASSERT_EQUAL(w.n_sent, 1);
	CU_ASSERT_EQUAL(w.last.op, ARP_OP_REQUEST);
	CU_ASSERT_EQUAL(w.last.spa, OUR);
	CU_ASSERT_EQUAL(memcmp(w.last.sha, v.mac, 6), 0);
	CU_ASSERT_EQUAL(neigh_cache_virtual_set(w.a, IF, NULL, 0), 0);
	resolve(&w, PEER + 1);
	CU_ASSERT_EQUAL(w.n_sent, 2);
	CU_ASSERT_EQUAL(memcmp(w.last.sha, our_mac, 6), 0);
	neigh_cache_free(w.a);
}

/* An address of a virtual router: answered with its MAC address, never a neighbour, and announced
 * by who was the router before us without a conflict. */
static void
test_virtual(void)
{
	static const uint8_t vmac[6] = { 0, 0, 0x5e, 0, 1, 10 };
	struct neigh_virtual v = { .addr = ip6_mapped(VIRT), .mac = { 0, 0, 0x5e, 0, 1, 10 } };
	struct world w;

	start(&w, 0);
	resolve(&w, VIRT);
	receive(&w, ARP_OP_REPLY, vmac, VIRT, OUR);
	CU_ASSERT_EQUAL(state_of(&w, VIRT), NEIGH_REACHABLE); /* another is the router */
	CU_ASSERT_EQUAL(neigh_cache_virtual_set(w.a, IF + 1, &v, 1), -ENOENT);
	CU_ASSERT_EQUAL(neigh_cache_virtual_set(w.a, IF, &v, 1), 0); /* now it is us */
	CU_ASSERT_EQUAL(state_of(&w, VIRT), NEIGH_GONE);
	w.n_sent = 0;
	receive(&w, ARP_OP_REQUEST, peer_mac, PEER, VIRT);
	CU_ASSERT_EQUAL(w.n_sent, 1);
	CU_ASSERT_EQUAL(w.last.op, ARP_OP_REPLY);
	CU_ASSERT_EQUAL(w.last.spa, VIRT);
	CU_ASSERT_EQUAL(memcmp(w.last.sha, vmac, 6), 0);
	CU_ASSERT_EQUAL(state_of(&w, PEER), NEIGH_REACHABLE);
	CU_ASSERT_EQUAL(w.n_twin, 0);
	receive(&w, ARP_OP_REQUEST, vmac, VIRT, VIRT); /* who was it before is late, or stays */
	CU_ASSERT_EQUAL(w.n_conflict, 0);
	CU_ASSERT_EQUAL(w.n_twin, 1);
	receive(&w, ARP_OP_REQUEST, our_mac, OUR, OUR); /* looped back */
	CU_ASSERT_EQUAL(w.n_conflict + w.n_twin, 1);
	resolve(&w, VIRT);
	CU_ASSERT_EQUAL(state_of(&w, VIRT), NEIGH_GONE);
	CU_ASSERT_EQUAL(neigh_cache_virtual_set(w.a, IF, NULL, 0), 0);
	w.n_sent = 0;
	receive(&w, ARP_OP_REQUEST, peer_mac, PEER, VIRT);
	CU_ASSERT_EQUAL(w.n_sent, 0);
	neigh_cache_free(w.a);
}

static void
test_not_learned(void)
{
	struct world w;

	start(&w, 0);
	/* A probe is answered, not learned. */
	receive(&w, ARP_OP_REQUEST, peer_mac, 0, OUR);
	CU_ASSERT_EQUAL(w.n_sent, 1);
	CU_ASSERT_EQUAL(state_of(&w, 0), NEIGH_GONE);
	/* Requests for others, unsolicited replies, gratuitous ARP: nothing new is made. */
	receive(&w, ARP_OP_REQUEST, peer_mac, PEER, 0x0a000063);
	receive(&w, ARP_OP_REPLY, peer_mac, PEER, OUR);
	receive(&w, ARP_OP_REQUEST, peer_mac, PEER, PEER);
	CU_ASSERT_EQUAL(state_of(&w, PEER), NEIGH_GONE);
	CU_ASSERT_EQUAL(w.n_sent, 1);
	/* From off the subnet, from its broadcast address: answered, not learned. */
	receive(&w, ARP_OP_REQUEST, peer_mac, 0xc0a80001, OUR);
	receive(&w, ARP_OP_REQUEST, peer_mac, 0x0a0000ff, OUR);
	CU_ASSERT_EQUAL(w.n_sent, 3);
	CU_ASSERT_EQUAL(w.n_changed, 0);
	/* Our own frame, looped back. */
	receive(&w, ARP_OP_REQUEST, our_mac, OUR, OUR);
	CU_ASSERT_EQUAL(w.n_conflict, 0);
	neigh_cache_free(w.a);
}

static void
test_resolve(void)
{
	struct world w;

	start(&w, 0);
	resolve(&w, PEER);
	resolve(&w, PEER);
	CU_ASSERT_EQUAL(w.n_sent, 1);
	CU_ASSERT_EQUAL(memcmp(w.last_dst, bcast, 6), 0);
	CU_ASSERT_EQUAL(w.last.tpa, PEER);
	CU_ASSERT_EQUAL(w.last.spa, OUR);
	CU_ASSERT_EQUAL(state_of(&w, PEER), NEIGH_INCOMPLETE);
	receive(&w, ARP_OP_REPLY, peer_mac, PEER, OUR);
	CU_ASSERT_EQUAL(state_of(&w, PEER), NEIGH_REACHABLE);
	advance(&w, 5000);
	CU_ASSERT_EQUAL(w.n_sent, 1);
	/* Off the subnet, our own, the broadcast and the network address: not asked for. */
	resolve(&w, 0x0b000001);
	resolve(&w, OUR);
	resolve(&w, 0x0a0000ff);
	resolve(&w, 0x0a000000);
	CU_ASSERT_EQUAL(w.n_sent, 1);
	neigh_cache_free(w.a);
}

static void
test_resolve_fails(void)
{
	struct world w;

	start(&w, 0);
	resolve(&w, PEER);
	advance(&w, NEIGH_TRIES * NEIGH_TRY_MS - 1);
	CU_ASSERT_EQUAL(w.n_sent, NEIGH_TRIES);
	CU_ASSERT_EQUAL(state_of(&w, PEER), NEIGH_INCOMPLETE);
	advance(&w, 1);
	CU_ASSERT_EQUAL(state_of(&w, PEER), NEIGH_FAILED);
	resolve(&w, PEER); /* negative: not asked for again yet */
	CU_ASSERT_EQUAL(w.n_sent, NEIGH_TRIES);
	advance(&w, NEIGH_NEGATIVE_MS);
	CU_ASSERT_EQUAL(state_of(&w, PEER), NEIGH_GONE);
	resolve(&w, PEER);
	CU_ASSERT_EQUAL(w.n_sent, NEIGH_TRIES + 1);
	neigh_cache_free(w.a);
}

static void
test_refresh(void)
{
	struct world w;

	start(&w, 0);
	receive(&w, ARP_OP_REQUEST, peer_mac, PEER, OUR);
	w.n_sent = 0;
	advance(&w, TIMEOUT * 8 / 10);
	CU_ASSERT_EQUAL(w.n_sent, 0);
	while (w.n_sent == 0 && neigh_cache_next_ms(w.a) <= w.now + TIMEOUT)
		advance(&w, neigh_cache_next_ms(w.a) - w.now);
	CU_ASSERT_EQUAL(w.n_sent, 1);
	CU_ASSERT_EQUAL(memcmp(w.last_dst, peer_mac, 6), 0); /* unicast */
	CU_ASSERT_EQUAL(w.state, NEIGH_STALE);
	receive(&w, ARP_OP_REPLY, peer_mac, PEER, OUR);
	CU_ASSERT_EQUAL(state_of(&w, PEER), NEIGH_REACHABLE);
	/* No answer the next time: three probes, then gone. */
	w.n_sent = 0;
	advance(&w, TIMEOUT + NEIGH_TRIES * NEIGH_TRY_MS);
	CU_ASSERT_EQUAL(w.n_sent, NEIGH_TRIES);
	CU_ASSERT_EQUAL(state_of(&w, PEER), NEIGH_GONE);
	CU_ASSERT_EQUAL(w.state, NEIGH_GONE);
	neigh_cache_free(w.a);
}

static void
test_pinned(void)
{
	struct world w;

	start(&w, 0);
	CU_ASSERT_EQUAL(pin(&w, IF, PEER), 0);
	CU_ASSERT_EQUAL(pin(&w, 99, PEER), -ENOENT);
	advance(&w, 60000);
	CU_ASSERT_EQUAL(state_of(&w, PEER), NEIGH_FAILED);
	CU_ASSERT(w.n_sent > 20); /* goes on asking */
	receive(&w, ARP_OP_REPLY, peer_mac, PEER, OUR);
	CU_ASSERT_EQUAL(state_of(&w, PEER), NEIGH_REACHABLE);
	/* Probed often, and noticed when it no longer answers. */
	w.n_sent = 0;
	advance(&w, ARP_PIN_PROBE_MS + 10000);
	CU_ASSERT(w.n_sent >= NEIGH_TRIES);
	CU_ASSERT_EQUAL(state_of(&w, PEER), NEIGH_FAILED);
	unpin(&w, PEER);
	CU_ASSERT_EQUAL(state_of(&w, PEER), NEIGH_GONE);
	w.n_sent = 0;
	advance(&w, 60000);
	CU_ASSERT_EQUAL(w.n_sent, 0);
	neigh_cache_free(w.a);
}

static void
test_link_down(void)
{
	struct world w;
	struct neigh_if_cfg c = if_cfg(false);

	start(&w, 0);
	receive(&w, ARP_OP_REQUEST, other_mac, 0x0a000009, OUR);
	pin(&w, IF, PEER);
	receive(&w, ARP_OP_REPLY, peer_mac, PEER, OUR);
	w.n_sent = 0;
	neigh_cache_if_set(w.a, &c, w.now);
	CU_ASSERT_EQUAL(state_of(&w, PEER), NEIGH_INCOMPLETE);
	CU_ASSERT_EQUAL(state_of(&w, 0x0a000009), NEIGH_GONE);
	advance(&w, 60000);
	CU_ASSERT_EQUAL(w.n_sent, 0);
	CU_ASSERT_EQUAL(receive(&w, ARP_OP_REQUEST, peer_mac, PEER, OUR), -ENOENT);
	c = if_cfg(true);
	neigh_cache_if_set(w.a, &c, w.now);
	CU_ASSERT_EQUAL(w.n_sent, 2); /* asks for the pinned one, announces */
	receive(&w, ARP_OP_REPLY, peer_mac, PEER, OUR);
	CU_ASSERT_EQUAL(state_of(&w, PEER), NEIGH_REACHABLE);
	neigh_cache_if_del(w.a, IF);
	CU_ASSERT_EQUAL(state_of(&w, PEER), NEIGH_GONE);
	neigh_cache_free(w.a);
}

/* A stranger announces our address, again and again, but less often than we may answer: each time
 * we are the last to speak. It is told when it begins, every ten seconds, and when it is over. */
static void
test_defence(void)
{
	struct world w;

	start(&w, 0);
	for (unsigned int i = 0; i < 30; i++) {
		receive(&w, ARP_OP_REQUEST, other_mac, OUR, i % 2 != 0 ? OUR : PEER);
		CU_ASSERT_EQUAL(w.n_sent, i);
		advance(&w, 20);
		CU_ASSERT_EQUAL(w.n_sent, i + 1);
		CU_ASSERT_EQUAL(w.last.op, ARP_OP_REQUEST);
		CU_ASSERT_EQUAL(w.last.spa, OUR);
		CU_ASSERT_EQUAL(w.last.tpa, OUR);
		CU_ASSERT_EQUAL(memcmp(w.last.sha, our_mac, 6), 0);
		CU_ASSERT_EQUAL(memcmp(w.last_dst, bcast, 6), 0);
		advance(&w, 980);
	}
	CU_ASSERT_EQUAL(w.n_conflict, 3); /* at 0, 10 and 20 s */
	CU_ASSERT_TRUE(w.conflict.open && w.conflict.has_mac);
	CU_ASSERT_EQUAL(memcmp(w.conflict.mac, other_mac, 6), 0);
	advance(&w, 8999);
	CU_ASSERT_EQUAL(w.n_conflict, 3);
	advance(&w, 1);
	CU_ASSERT_EQUAL(w.n_conflict, 4);
	CU_ASSERT_FALSE(w.conflict.open);
	CU_ASSERT_EQUAL(w.conflict.heard, 30);
	CU_ASSERT_EQUAL(w.conflict.defended, 30);
	CU_ASSERT_EQUAL(neigh_cache_next_ms(w.a), UINT64_MAX);
	CU_ASSERT_EQUAL(state_of(&w, OUR), NEIGH_GONE);
	neigh_cache_free(w.a);
}

/* A thousand claims a second: five answers as they come, then ten a second, and the last word. A
 * stranger who has another address of ours at the same time does not use up this one's. */
static void
test_defence_limit(void)
{
	struct neigh_if_cfg c = if_cfg(true);
	struct world w;

	start(&w, 0);
	c.addrs[c.n_addrs++] = arp_prefix(&(struct ip4_prefix){ OUR + 1000, 24 });
	neigh_cache_if_set(w.a, &c, w.now);
	advance(&w, 5000);
	w.n_sent = 0;
	for (unsigned int i = 0; i < 10000; i++) {
		receive(&w, ARP_OP_REPLY, other_mac, OUR, PEER);
		advance(&w, 1);
	}
	CU_ASSERT_TRUE(w.n_sent >= 100 && w.n_sent <= 105);
	receive(&w, ARP_OP_REPLY, other_mac, OUR, PEER);
	receive(&w, ARP_OP_REPLY, other_mac, OUR + 1000, PEER);
	w.n_sent = 0;
	advance(&w, 20);
	CU_ASSERT_EQUAL(w.last.spa, OUR + 1000);
	advance(&w, 80);
	CU_ASSERT_EQUAL(w.n_sent, 2); /* one each */
	advance(&w, 60000);
	CU_ASSERT_EQUAL(w.n_sent, 2);
	neigh_cache_free(w.a);
}

/* A virtual address is defended with its MAC address, unless it was given up meanwhile: then the
 * one who claims it has it by right, and nothing is told. */
static void
test_defence_virtual(void)
{
	struct neigh_virtual v = { .addr = ip6_mapped(VIRT), .mac = { 0, 0, 0x5e, 0, 1, 10 } };
	struct world w;

	start(&w, 0);
	CU_ASSERT_EQUAL(neigh_cache_virtual_set(w.a, IF, &v, 1), 0);
	receive(&w, ARP_OP_REQUEST, other_mac, VIRT, VIRT);
	advance(&w, 20);
	CU_ASSERT_EQUAL_FATAL(w.n_sent, 1);
	CU_ASSERT_EQUAL(w.last.spa, VIRT);
	CU_ASSERT_EQUAL(memcmp(w.last.sha, v.mac, 6), 0);
	CU_ASSERT_EQUAL(w.n_conflict, 1);
	receive(&w, ARP_OP_REQUEST, other_mac, VIRT, VIRT);
	CU_ASSERT_EQUAL(neigh_cache_virtual_set(w.a, IF, NULL, 0), 0);
	advance(&w, 60000);
	CU_ASSERT_EQUAL(w.n_sent, 1);
	CU_ASSERT_EQUAL(w.n_conflict, 2);
	CU_ASSERT_FALSE(w.conflict.open);
	CU_ASSERT_EQUAL(neigh_cache_virtual_set(w.a, IF, &v, 1), 0);
	receive(&w, ARP_OP_REQUEST, other_mac, VIRT, VIRT);
	CU_ASSERT_EQUAL(neigh_cache_virtual_set(w.a, IF, NULL, 0), 0);
	advance(&w, 60000);
	CU_ASSERT_EQUAL(w.n_sent, 1);
	CU_ASSERT_EQUAL(w.n_conflict, 2);
	neigh_cache_free(w.a);
}

/* More addresses than are remembered: no more memory, and those that are claimed are defended. */
static void
test_defence_many(void)
{
	struct neigh_virtual v[2 * NEIGH_CONTESTS];
	struct world w;

	start(&w, 0);
	for (uint32_t i = 0; i < 2 * NEIGH_CONTESTS; i++)
		v[i] = (struct neigh_virtual){ .addr = ip6_mapped(VIRT + i),
			.mac = { 0, 0, 0x5e, 0, 1, 10 } };
	CU_ASSERT_EQUAL(neigh_cache_virtual_set(w.a, IF, v, 2 * NEIGH_CONTESTS), 0);
	for (uint32_t i = 0; i < 2 * NEIGH_CONTESTS; i++) {
		receive(&w, ARP_OP_REQUEST, other_mac, VIRT + i, PEER);
		advance(&w, 25);
		CU_ASSERT_EQUAL(w.n_sent, i + 1);
		CU_ASSERT_EQUAL(w.last.spa, VIRT + i);
	}
	neigh_cache_free(w.a);
}

static void
test_limit(void)
{
	struct world w;

	start(&w, 4);
	for (uint32_t i = 0; i < 3; i++) {
		receive(&w, ARP_OP_REQUEST, peer_mac, PEER + i, OUR);
		w.now++;
	}
	/* A scan of the subnet displaces its own entries only. */
	for (uint32_t i = 0; i < 50; i++)
		resolve(&w, 0x0a000064 + i);
	for (uint32_t i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(state_of(&w, PEER + i), NEIGH_REACHABLE);
	CU_ASSERT_EQUAL(state_of(&w, 0x0a000064 + 49), NEIGH_INCOMPLETE);
	CU_ASSERT_EQUAL(state_of(&w, 0x0a000064 + 48), NEIGH_GONE);
	/* Learned ones push out the oldest learned; a refreshed one is young. */
	receive(&w, ARP_OP_REQUEST, peer_mac, PEER, OUR);
	receive(&w, ARP_OP_REQUEST, peer_mac, PEER + 10, OUR);
	receive(&w, ARP_OP_REQUEST, peer_mac, PEER + 11, OUR);
	CU_ASSERT_EQUAL(state_of(&w, PEER), NEIGH_REACHABLE);
	CU_ASSERT_EQUAL(state_of(&w, PEER + 1), NEIGH_GONE);
	neigh_cache_free(w.a);
}

static void
test_malformed(void)
{
	static const struct {
		size_t at;
		uint8_t value;
	} bad[] = { { 1, 6 }, { 2, 0x86 }, { 4, 8 }, { 5, 16 }, { 7, 3 }, { 8, 0x01 } };
	struct arp_msg m = { .op = ARP_OP_REQUEST, .spa = PEER, .tpa = OUR };
	uint8_t frame[ARP_FRAME_LEN];
	struct world w;

	start(&w, 0);
	for (size_t len = 0; len < ARP_MSG_LEN; len++)
		CU_ASSERT_EQUAL(receive_len(&w, ARP_OP_REQUEST, peer_mac, PEER, OUR, len),
				-EBADMSG);
	CU_ASSERT_EQUAL(receive_len(&w, 7, peer_mac, PEER, OUR, ARP_MSG_LEN), -EBADMSG);
	memcpy(m.sha, peer_mac, 6);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		arp_build(&m, our_mac, frame);
		frame[14 + bad[i].at] = bad[i].value;
		CU_ASSERT_EQUAL(arp_input(w.a, IF, frame + 14, ARP_MSG_LEN, w.now), -EBADMSG);
	}
	CU_ASSERT_EQUAL(w.n_sent, 0);
	CU_ASSERT_EQUAL(w.n_changed, 0);
	neigh_cache_free(w.a);
}

static void
test_clear(void)
{
	struct world w;

	start(&w, 0);
	receive(&w, ARP_OP_REQUEST, other_mac, 0x0a000009, OUR);
	pin(&w, IF, PEER);
	receive(&w, ARP_OP_REPLY, peer_mac, PEER, OUR);
	w.n_sent = 0;
	CU_ASSERT_EQUAL(neigh_cache_clear(w.a, w.now), 2);
	CU_ASSERT_EQUAL(state_of(&w, 0x0a000009), NEIGH_GONE);
	CU_ASSERT_EQUAL(state_of(&w, PEER), NEIGH_INCOMPLETE);
	CU_ASSERT_EQUAL(w.n_sent, 1);
	neigh_cache_free(w.a);
}

static void
test_kick(void)
{
	struct world w;

	start(&w, 0);
	pin(&w, IF, PEER);
	pin(&w, IF, PEER + 1);
	receive(&w, ARP_OP_REPLY, peer_mac, PEER, OUR);
	w.n_sent = 0;
	neigh_cache_kick(w.a, w.now);
	CU_ASSERT_EQUAL(w.n_sent, 2); /* for the one without an answer, and our announcement */
	CU_ASSERT_EQUAL(state_of(&w, PEER), NEIGH_REACHABLE);
	CU_ASSERT_EQUAL(state_of(&w, PEER + 1), NEIGH_INCOMPLETE);
	neigh_cache_free(w.a);
}

/* What was pinned in the last round and not in this one is let go. */
static void
test_rounds(void)
{
	struct ip6_addr a = ip6_mapped(PEER), b = ip6_mapped(PEER + 1);
	struct world w;

	start(&w, 0);
	pin(&w, IF, PEER);
	pin(&w, IF, PEER + 1);
	receive(&w, ARP_OP_REPLY, peer_mac, PEER, OUR);
	CU_ASSERT_TRUE(neigh_cache_pinned(w.a, IF, &a));
	CU_ASSERT_EQUAL(neigh_cache_pin(w.a, IF, &b, 2, w.now), 0);
	neigh_cache_unpin_others(w.a, 2);
	CU_ASSERT_FALSE(neigh_cache_pinned(w.a, IF, &a));
	CU_ASSERT_TRUE(neigh_cache_pinned(w.a, IF, &b));
	CU_ASSERT_EQUAL(state_of(&w, PEER), NEIGH_REACHABLE); /* it has answered, and stays */
	neigh_cache_unpin_others(w.a, 3);
	CU_ASSERT_EQUAL(state_of(&w, PEER + 1), NEIGH_GONE);
	neigh_cache_free(w.a);
}

/* Known from before a restart: usable at once, asked by unicast within a second. */
static void
test_seed(void)
{
	static const uint8_t none[6], group[6] = { 1, 0, 0x5e, 0, 0, 5 };
	struct ip6_addr a = ip6_mapped(PEER), off = ip6_mapped(0x0b000001);
	struct world w;

	start(&w, 0);
	neigh_cache_seed(w.a, IF, &a, none, w.now);
	neigh_cache_seed(w.a, IF, &a, group, w.now);
	neigh_cache_seed(w.a, IF, &off, peer_mac, w.now);
	neigh_cache_seed(w.a, 99, &a, peer_mac, w.now);
	CU_ASSERT_EQUAL(w.n_changed, 0);
	neigh_cache_seed(w.a, IF, &a, peer_mac, w.now);
	CU_ASSERT_EQUAL(state_of(&w, PEER), NEIGH_STALE);
	CU_ASSERT_EQUAL(memcmp(w.mac, peer_mac, 6), 0);
	CU_ASSERT_EQUAL(w.n_sent, 0);
	advance(&w, 1000);
	CU_ASSERT_EQUAL(w.n_sent, 1);
	CU_ASSERT_EQUAL(memcmp(w.last_dst, peer_mac, 6), 0);
	neigh_cache_seed(w.a, IF, &a, other_mac, w.now); /* nothing over what is there */
	CU_ASSERT_EQUAL(memcmp(w.mac, peer_mac, 6), 0);
	neigh_cache_free(w.a);
}

static const struct cu_case cases[] = {
	CU_CASE(test_announce),
	CU_CASE(test_reply_and_learn),
	CU_CASE(test_owner),
	CU_CASE(test_virtual),
	CU_CASE(test_not_learned),
	CU_CASE(test_resolve),
	CU_CASE(test_resolve_fails),
	CU_CASE(test_refresh),
	CU_CASE(test_pinned),
	CU_CASE(test_link_down),
	CU_CASE(test_defence),
	CU_CASE(test_defence_limit),
	CU_CASE(test_defence_virtual),
	CU_CASE(test_defence_many),
	CU_CASE(test_limit),
	CU_CASE(test_malformed),
	CU_CASE(test_clear),
	CU_CASE(test_kick),
	CU_CASE(test_rounds),
	CU_CASE(test_seed),
};

CU_MAIN("arp", cases)
