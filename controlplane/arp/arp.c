/* SPDX-License-Identifier: BSD-3-Clause */
/* ARP; see arp.h. */
#include <errno.h>
#include <string.h>

#include "controlplane/arp/arp.h"
#include "controlplane/arp/arp_wire.h"
#include "controlplane/neigh/cache_int.h"

static const uint8_t mac_broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

/* ---- sending ----------------------------------------------------------------------------- */

static void
send_msg(struct neigh_cache *c, const struct neigh_if *f, const struct arp_msg *m,
		const uint8_t dst[6])
{
	uint8_t frame[ARP_FRAME_LEN];

	c->ops.send(c->ctx, f->cfg.if_id, frame, arp_build(m, dst, frame));
}

static void
ask(struct neigh_cache *c, const struct neigh_if *f, const struct ip6_addr *addr,
		const uint8_t *mac)
{
	const struct ip6_addr *from = neigh_if_source(c, f, addr);
	struct arp_msg m = { .op = ARP_OP_REQUEST, .spa = ip6_ip4(from), .tpa = ip6_ip4(addr) };

	/* Of an address that is a virtual router's too hosts learn no other MAC address than the
	 * virtual one (RFC 9568 section 8.1.2). */
	memcpy(m.sha, neigh_if_mac_at(f, from), 6);
	send_msg(c, f, &m, mac != NULL ? mac : mac_broadcast);
}

/* RFC 5227 section 2.3: a request with our address as sender and target. */
static void
announce(struct neigh_cache *c, const struct neigh_if *f, const struct ip6_addr *addr)
{
	struct arp_msg m = { .op = ARP_OP_REQUEST, .spa = ip6_ip4(addr), .tpa = ip6_ip4(addr) };
	const uint8_t *mac = neigh_if_mac_at(f, addr);

	memcpy(m.sha, mac != NULL ? mac : f->cfg.mac, 6);
	send_msg(c, f, &m, mac_broadcast);
}

static void
reply(struct neigh_cache *c, const struct neigh_if *f, const struct arp_msg *q, const uint8_t *mac)
{
	struct arp_msg m = { .op = ARP_OP_REPLY, .spa = q->tpa, .tpa = q->spa };

	memcpy(m.sha, mac, 6);
	memcpy(m.tha, q->sha, 6);
	send_msg(c, f, &m, q->sha);
}

/* ---- what the cache asks ----------------------------------------------------------------- */

/* Not the network's own address, and not the broadcast address. */
static bool
is_host(const struct ip6_prefix *p, const struct ip6_addr *addr)
{
	uint32_t mask = ip4_mask((uint8_t)(p->len - 96)), host = ip6_ip4(addr) & ~mask;

	return p->len - 96 >= 31 || (host != 0 && host != ~mask);
}

/* The probes of neighbours learned at the same moment are spread over a tenth of the time. */
static uint64_t
reachable_ms(const struct neigh_cache *c, const struct neigh_entry *e)
{
	uint64_t t = c->timeout_ms;

	if (e->pinned && t > ARP_PIN_PROBE_MS)
		t = ARP_PIN_PROBE_MS;
	return t - t * (e->node.key >> 56) / 2560;
}

/* ---- what comes in ----------------------------------------------------------------------- */

int
arp_input(struct neigh_cache *c, uint32_t if_id, const uint8_t *msg, size_t len, uint64_t now_ms)
{
	struct rd r = rd_init(msg, len);
	struct neigh_if *f = neigh_if_find(c, if_id);
	struct ip6_addr from, asked;
	const uint8_t *mine, *wanted = NULL;
	struct neigh_entry *e;
	struct arp_msg m;

	if (f == NULL || !f->cfg.up)
		return -ENOENT;
	if (arp_parse(&r, &m) != 0)
		return -EBADMSG;
	from = ip6_mapped(m.spa);
	asked = ip6_mapped(m.tpa);
	mine = neigh_if_mac_at(f, &from);
	if (memcmp(m.sha, f->cfg.mac, 6) == 0)
		return 0; /* our own, looped back */
	if (mine != NULL) {
		neigh_if_claimed(c, f, &from, mine, m.sha, now_ms);
		return 0;
	}
	if (m.op == ARP_OP_REQUEST)
		wanted = neigh_if_mac_at(f, &asked);
	/* RFC 826: update what is there; make a new entry only if we are asked for. */
	if (wanted != NULL && neigh_if_prefix(c, f, &from) != NULL)
		e = neigh_entry_get(c, f, &from, now_ms);
	else
		e = neigh_entry_find(c, if_id, &from);
	if (e != NULL)
		neigh_entry_confirm(c, f, e, m.sha, now_ms);
	if (wanted != NULL)
		reply(c, f, &m, wanted);
	return 0;
}

/* ---- life -------------------------------------------------------------------------------- */

struct neigh_cache *
arp_new(const struct neigh_ops *ops, void *ctx, uint32_t max_entries, uint64_t timeout_ms,
		uint64_t seed)
{
	static const struct neigh_proto proto = { .announce_ms = ARP_ANNOUNCE_MS, .host = is_host,
		.ask = ask, .arrive = announce, .announce = announce,
		.reachable_ms = reachable_ms };
	struct neigh_cache *c = neigh_cache_new(&proto, ops, ctx,
			max_entries != 0 ? max_entries : ARP_MAX_ENTRIES, seed);

	if (c != NULL)
		c->timeout_ms = timeout_ms;
	return c;
}

void
arp_set_timeout(struct neigh_cache *c, uint64_t timeout_ms)
{
	c->timeout_ms = timeout_ms;
}
