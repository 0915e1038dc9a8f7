/* SPDX-License-Identifier: BSD-3-Clause */
/* One virtual router, and advertisements of a peer that is made up; see vrrp_one.h. */
#include <string.h>

#include "tests/sim/vrrp_one.h"
#include "tests/unit/cu.h"

#define FROM 10000 /* ms: when each case begins */

const struct kind kinds[N_KINDS] = { { "version 2", 2, false }, { "version 3, IPv4", 3, false },
	{ "version 3, IPv6", 3, true } };

const struct kind *kind;
struct vrrp_engine *engine;
struct vrrp_vr *vr;
uint64_t now_ms;
unsigned int n_sent, n_announced, n_duplicates, n_refused;
struct vrrp_adv sent;
uint8_t sent_pkt[VRRP_PACKET_MAX];
uint8_t announced_addrs;

static void
on_send(void *ctx, const struct vrrp_cfg *c, const uint8_t *pkt, size_t len,
		const struct ip6_addr *to)
{
	struct rd r = rd_init(pkt, len);

	n_sent++;
	memcpy(sent_pkt, pkt, len);
	CU_ASSERT_EQUAL(vrrp_parse(&r, &sent), VRRP_OK);
}

static void
on_announce(void *ctx, const struct vrrp_cfg *c)
{
	n_announced++;
	announced_addrs = c->n_addrs;
}

static void
on_changed(void *ctx, const struct vrrp_vr *v, const struct vrrp_transition *t)
{
	CU_ASSERT_NOT_EQUAL(t->from, t->to);
	CU_ASSERT_NOT_EQUAL(t->reason[0], '\0');
}

static void
on_duplicate(void *ctx, const struct vrrp_vr *v, const struct ip6_addr *from, uint8_t priority)
{
	n_duplicates++;
}

static void
on_refused(void *ctx, const struct vrrp_vr *v, const struct ip6_addr *from, const char *why)
{
	n_refused++;
}

struct ip6_addr
addr(uint32_t four, uint8_t six)
{
	return kind->ip6 ? (struct ip6_addr){ { 0xfe, 0x80, [15] = six } } : vrrp_map4(four);
}

struct vrrp_cfg
cfg(uint8_t priority)
{
	struct vrrp_cfg c = { .if_id = 1, .vrid = 10, .name = "lan 10", .ip6 = kind->ip6,
		.version = kind->version, .priority = priority, .n_addrs = 1,
		.source = addr(OWN_4, 2), .advert_ms = 1000, .preempt = true };

	c.addrs[0] = addr(VIP_4, 1);
	return c;
}

void
begin(const struct vrrp_cfg *c)
{
	static const struct vrrp_ops ops = { .send = on_send, .announce = on_announce,
		.changed = on_changed, .duplicate = on_duplicate, .refused = on_refused };

	vrrp_free(engine);
	engine = vrrp_new(&ops, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(engine);
	now_ms = FROM;
	vr = vrrp_set(engine, c, now_ms);
	CU_ASSERT_PTR_NOT_NULL_FATAL(vr);
	n_sent = n_announced = n_duplicates = n_refused = 0;
}

void
pass(uint64_t ms)
{
	uint64_t end = now_ms + ms, at;

	while ((at = vrrp_next_ms(engine)) <= end) {
		now_ms = at > now_ms ? at : now_ms;
		vrrp_tick(engine, now_ms);
	}
	now_ms = end;
}

struct vrrp_adv
adv(uint8_t priority)
{
	struct vrrp_adv a = { .ip6 = kind->ip6, .ttl = 255, .src = addr(PEER_4, 3),
		.dst = vrrp_group(kind->ip6), .version = kind->version, .vrid = 10,
		.priority = priority, .n_addrs = 1, .interval_ms = 1000 };

	a.addrs[0] = addr(VIP_4, 1);
	return a;
}

void
hear(const struct vrrp_adv *a)
{
	uint8_t pkt[VRRP_PACKET_MAX];

	vrrp_input(engine, 1, pkt, vrrp_build(a, pkt), now_ms);
}

void
hear_priority(uint8_t priority)
{
	struct vrrp_adv a = adv(priority);

	hear(&a);
}

void
startup(const struct vrrp_cfg *c)
{
	begin(c);
	vrrp_up(engine, vr, true, NULL, now_ms);
}

void
shut_down(void)
{
	vrrp_up(engine, vr, false, "shut down", now_ms);
}

void
become_active(const struct vrrp_cfg *c)
{
	startup(c);
	pass(5000);
	CU_ASSERT_EQUAL_FATAL(vrrp_state(vr), VRRP_ACTIVE);
	n_sent = n_announced = n_duplicates = n_refused = 0;
}

struct vrrp_cfg
owner(void)
{
	struct vrrp_cfg c = cfg(VRRP_OWNER);

	c.source = c.addrs[0];
	return c;
}

uint64_t
fires_in(void)
{
	return vrrp_next_ms(engine) - now_ms;
}

bool
timers_run(void)
{
	return vrrp_next_ms(engine) != UINT64_MAX;
}
