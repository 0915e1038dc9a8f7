/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The neighbour discovery engine fed with an outsider's messages: the input is cut into packets of
 * up to 127 bytes, each preceded by one byte that says how long it is and whether time goes by.
 * Their checksums are made right, or nothing would get in.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/inet.h"
#include "controlplane/nd/nd.h"
#include "controlplane/nd/nd_wire.h"
#include "tests/fuzz/fuzz.h"

static const struct ip6_addr own = { { 0xfe, 0x80, [15] = 1 } };

static void
on_send(void *ctx, uint32_t if_id, const uint8_t *frame, size_t len)
{
	struct rd r = rd_init(frame + 14, len - 14);
	struct nd_msg m;

	/* What we send is what we would take. */
	if (if_id != 1 || nd_parse(&r, &m) != 0)
		abort();
}

static void
on_changed(void *ctx, uint32_t if_id, const struct ip6_addr *addr, enum neigh_state state,
		const uint8_t *mac)
{
	/* Whatever comes in, our own address is never learned, and a group address is no MAC. */
	if (ip6_equal(addr, &own) || (mac != NULL && (mac[0] & 1) != 0))
		abort();
	fuzz_reached(state == NEIGH_REACHABLE ? "reachable" : "changed");
}

static void
on_conflict(void *ctx, const struct neigh_conflict *s)
{
	/* Only what is ours is defended. */
	if (!ip6_equal(&s->addr, &own))
		abort();
	fuzz_reached("conflict");
}

/* There is no virtual address here. */
static void
on_twin(void *ctx, uint32_t if_id, const struct ip6_addr *addr)
{
	abort();
}

/* Version, length, next header, hop limit and checksum as they should be. */
static void
mend(uint8_t *p, size_t n)
{
	uint8_t tail[8] = { 0, 0, 0, 0, 0, 0, 0, 58 };
	uint16_t sum;

	if (n < 44)
		return;
	p[0] = 0x60;
	p[4] = 0;
	p[5] = tail[3] = (uint8_t)(n - 40);
	p[6] = 58;
	p[7] = 255;
	p[42] = p[43] = 0;
	sum = inet_sum_fold(inet_sum(p + 40, n - 40, inet_sum(tail, 8, inet_sum(p + 8, 32, 0))));
	memcpy(p + 42, &sum, sizeof(sum));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct neigh_ops ops = { on_send, on_changed, on_conflict, on_twin };
	struct neigh_if_cfg cfg = { .if_id = 1,
		.mac = { 2, 0, 0, 0, 0, 1 },
		.up = true,
		.n_addrs = 1,
		.addrs = { { own, 64 } } };
	struct neigh_cache *e = nd_new(&ops, NULL, 8, 7);
	struct ip6_addr gw = { { 0xfe, 0x80, [15] = 2 } };
	struct rd r = rd_init(data, size);
	uint64_t now_ms = 1000;

	if (e == NULL)
		return 0;
	neigh_cache_if_set(e, &cfg, now_ms);
	neigh_cache_pin(e, 1, &gw, 1, now_ms);
	while (rd_left(&r) > 0) {
		uint8_t head = rd_u8(&r);
		size_t len = head & 127;
		struct rd m = rd_sub(&r, len < rd_left(&r) ? len : rd_left(&r));
		size_t n = rd_left(&m);
		uint8_t *copy = malloc(n > 0 ? n : 1);

		if (copy == NULL)
			break;
		rd_copy(&m, copy, n);
		mend(copy, n);
		now_ms += (uint64_t)(head >> 7) * 700;
		neigh_cache_tick(e, now_ms);
		nd_input(e, 1, copy, n, now_ms);
		if (n >= 4) {
			gw.b[15] = copy[3];
			neigh_cache_resolve(e, 1, &gw, now_ms);
		}
		free(copy);
	}
	neigh_cache_tick(e, now_ms + 100000);
	neigh_cache_free(e);
	return 0;
}
