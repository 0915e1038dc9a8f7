/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The ARP engine fed with an outsider's messages: the input is cut into messages of up to 60
 * bytes, each preceded by one byte that says how long it is and how much time goes by.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/arp/arp.h"
#include "controlplane/arp/arp_wire.h"
#include "tests/fuzz/fuzz.h"

static void
on_send(void *ctx, uint32_t if_id, const uint8_t *frame, size_t len)
{
	if (if_id != 1 || len != ARP_FRAME_LEN)
		abort();
}

static void
on_changed(void *ctx, uint32_t if_id, const struct ip6_addr *addr, enum neigh_state state,
		const uint8_t *mac)
{
	/* Whatever comes in, our own address is never learned, and a group address is no MAC. */
	if (ip6_ip4(addr) == 0x0a000001 || (mac != NULL && (mac[0] & 1) != 0))
		abort();
	fuzz_reached(state == NEIGH_REACHABLE ? "reachable" : "changed");
}

static void
on_conflict(void *ctx, const struct neigh_conflict *s)
{
	/* Only what is ours is defended. */
	if (ip6_ip4(&s->addr) != 0x0a000001)
		abort();
	fuzz_reached("conflict");
}

/* There is no virtual address here. */
static void
on_twin(void *ctx, uint32_t if_id, const struct ip6_addr *addr)
{
	abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct neigh_ops ops = { on_send, on_changed, on_conflict, on_twin };
	struct neigh_if_cfg cfg = { .if_id = 1,
		.mac = { 2, 0, 0, 0, 0, 1 },
		.up = true,
		.n_addrs = 1,
		.addrs = { arp_prefix(&(struct ip4_prefix){ 0x0a000001, 24 }) } };
	struct neigh_cache *a = arp_new(&ops, NULL, 8, 60000, 7);
	struct ip6_addr peer = ip6_mapped(0x0a000002);
	struct rd r = rd_init(data, size);
	uint64_t now_ms = 1000;

	if (a == NULL)
		return 0;
	neigh_cache_if_set(a, &cfg, now_ms);
	neigh_cache_pin(a, 1, &peer, 1, now_ms);
	while (rd_left(&r) > 0) {
		uint8_t head = rd_u8(&r);
		size_t len = head & 63;
		struct rd m = rd_sub(&r, len < rd_left(&r) ? len : rd_left(&r));
		size_t n = rd_left(&m);
		uint8_t *copy = malloc(n > 0 ? n : 1);

		if (copy == NULL)
			break;
		rd_copy(&m, copy, n);
		now_ms += (uint64_t)(head >> 6) * 700;
		neigh_cache_tick(a, now_ms);
		arp_input(a, 1, copy, n, now_ms);
		if (n >= 4) {
			peer = ip6_mapped(0x0a000000u | copy[3]);
			neigh_cache_resolve(a, 1, &peer, now_ms);
		}
		free(copy);
	}
	neigh_cache_tick(a, now_ms + 100000);
	neigh_cache_free(a);
	return 0;
}
