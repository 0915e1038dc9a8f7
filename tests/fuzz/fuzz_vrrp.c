/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The VRRP engine fed with an outsider's packets: the input is cut into packets of up to 127 bytes,
 * each preceded by one byte that says how long it is and whether time goes by. Their checksums are
 * made right, or nothing would get in.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/inet.h"
#include "controlplane/vrrp/vrrp.h"
#include "tests/fuzz/fuzz.h"

static void
on_send(void *ctx, const struct vrrp_cfg *c, const uint8_t *pkt, size_t len,
		const struct ip6_addr *to)
{
	struct rd r = rd_init(pkt, len);
	struct vrrp_adv a;

	/* What we send is what we would take, and always ours. */
	if (vrrp_parse(&r, &a) != VRRP_OK || a.vrid != c->vrid || a.ip6 != c->ip6 || a.ttl != 255)
		abort();
}

static void
on_announce(void *ctx, const struct vrrp_cfg *c)
{
}

static void
on_changed(void *ctx, const struct vrrp_vr *v, const struct vrrp_transition *t)
{
	if (t->from == t->to || memchr(t->reason, '\0', sizeof(t->reason)) == NULL)
		abort();
}

static void
on_duplicate(void *ctx, const struct vrrp_vr *v, const struct ip6_addr *from, uint8_t priority)
{
}

static void
on_refused(void *ctx, const struct vrrp_vr *v, const struct ip6_addr *from, const char *why)
{
}

/* The message's checksum as it should be, when it is IPv4 without options, or IPv6. */
static void
mend(uint8_t *p, size_t n)
{
	uint8_t tail[4] = { 0, 112, 0, 0 };
	size_t at = n > 0 && p[0] >> 4 == 6 ? 40 : 20, from = at == 40 ? 8 : 12;
	uint32_t sum = 0;
	uint16_t field;

	if (n < at + 8)
		return;
	p[0] = at == 40 ? 0x60 : 0x45;
	p[at == 40 ? 6 : 9] = 112;
	p[at == 40 ? 7 : 8] = 255;
	p[at == 40 ? 5 : 3] = (uint8_t)(at == 40 ? n - 40 : n);
	p[at == 40 ? 4 : 2] = 0;
	p[at + 6] = p[at + 7] = 0;
	tail[3] = (uint8_t)(n - at);
	if (p[at] >> 4 == 3)
		sum = inet_sum(tail, sizeof(tail), inet_sum(p + from, at - from, 0));
	field = inet_sum_fold(inet_sum(p + at, n - at, sum));
	memcpy(p + at + 6, &field, sizeof(field));
}

static void
make(struct vrrp_engine *e, uint8_t vrid, bool ip6, uint8_t version, const char *auth)
{
	struct vrrp_cfg c = { .if_id = 1, .vrid = vrid, .ip6 = ip6, .version = version,
		.priority = 100, .n_addrs = 1, .advert_ms = 1000, .preempt = vrid != 2,
		.preempt_delay_ms = 3000, .sync = "both" };
	struct vrrp_vr *v;

	c.source = ip6 ? (struct ip6_addr){ { 0xfe, 0x80, [15] = 2 } } : vrrp_map4(0x0a000002);
	c.addrs[0] = ip6 ? (struct ip6_addr){ { 0xfe, 0x80, [15] = 1 } } : vrrp_map4(0x0a000001);
	memcpy(c.auth, auth, strlen(auth) + 1);
	v = vrrp_set(e, &c, 1);
	if (v != NULL)
		vrrp_up(e, v, true, NULL, 1);
}

static void
on_trace(void *ctx, const struct vrrp_trace *t)
{
	if (t->text[0] == '\0' || strstr(t->text, "sesame") != NULL)
		abort();
	if (!t->out)
		fuzz_reached(t->text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct vrrp_ops ops = { .send = on_send, .announce = on_announce,
		.changed = on_changed, .duplicate = on_duplicate, .refused = on_refused,
		.trace = on_trace };
	struct vrrp_engine *e = vrrp_new(&ops, NULL);
	uint64_t now_ms = 1;

	vrrp_trace_on(e, true);
	make(e, 1, false, 3, "");
	make(e, 2, false, 2, "");
	make(e, 3, false, 2, "sesame");
	make(e, 1, true, 3, "");
	while (size > 0) {
		size_t n = data[0] & 0x7f;
		uint8_t *copy;

		if (data[0] & 0x80)
			now_ms += 500;
		data++;
		size--;
		n = n < size ? n : size;
		copy = malloc(n + 1);
		memcpy(copy, data, n);
		mend(copy, n);
		vrrp_input(e, 1, copy, n, now_ms);
		vrrp_tick(e, now_ms);
		free(copy);
		data += n;
		size -= n;
	}
	vrrp_leave_all(e, "the end", now_ms);
	vrrp_free(e);
	return 0;
}
