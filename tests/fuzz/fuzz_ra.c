/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Router solicitations of an outsider: the input is cut into packets as in fuzz_nd.c, with headers
 * and checksums made right. Whatever comes in, what goes out is an advertisement of ours, and no
 * two within three seconds.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/inet.h"
#include "controlplane/nd/nd_wire.h"
#include "controlplane/ra/ra.h"
#include "tests/fuzz/fuzz.h"

static uint64_t now_ms, sent_ms;

static void
on_send(void *ctx, uint32_t if_id, const uint8_t *frame, size_t len)
{
	struct rd r = rd_init(frame + 14, len - 14);
	struct nd_packet p;

	check(if_id == 1 && nd_open(&r, &p) == 0 && p.type == RA_ADVERT, "an advertisement");
	check(sent_ms == 0 || now_ms - sent_ms >= RA_APART_MS, "three seconds apart");
	sent_ms = now_ms;
}

/* Version, length, next header, hop limit, type and checksum as they should be. */
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
	p[40] = RA_SOLICIT;
	p[41] = 0;
	p[42] = p[43] = 0;
	sum = inet_sum_fold(inet_sum(p + 40, n - 40, inet_sum(tail, 8, inet_sum(p + 8, 32, 0))));
	memcpy(p + 42, &sum, sizeof(sum));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct ra_ops ops = { .send = on_send };
	struct ra_cfg c = { .if_id = 1, .min_ms = 60000, .max_ms = 200000,
		.msg = { .src = { { 0xfe, 0x80, [15] = 1 } }, .mac = { 2, 0, 0, 0, 0, 1 },
				.lifetime_s = 1800 } };
	struct ra_engine *e = ra_new(&ops, NULL, 7);
	struct rd r = rd_init(data, size);
	const struct ra_sender *s;

	now_ms = 1000;
	sent_ms = 0;
	if (e == NULL)
		return 0;
	s = ra_set(e, &c, now_ms);
	while (s != NULL && rd_left(&r) > 0) {
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
		ra_tick(e, now_ms);
		ra_input(e, 1, copy, n, now_ms);
		free(copy);
	}
	if (s != NULL && ra_stats(s)->solicited > 0)
		fuzz_reached("solicited");
	if (ra_totals(e)->malformed > 0)
		fuzz_reached("malformed");
	now_ms += 100000;
	ra_tick(e, now_ms);
	ra_free(e);
	return 0;
}
