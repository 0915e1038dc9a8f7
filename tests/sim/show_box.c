/* SPDX-License-Identifier: BSD-3-Clause */
/* What is behind `show`, without processes; see show_box.h. */
#include <stdlib.h>
#include <string.h>

#include "controlplane/arp/arp.h"
#include "controlplane/dataplane/mirror.h"
#include "controlplane/dataplane/reconcile.h"
#include "controlplane/dataplane/route_feed.h"
#include "controlplane/iface/iface.h"
#include "controlplane/neigh/neigh.h"
#include "controlplane/ospf/proc.h"
#include "controlplane/ospf/proc_calc.h"
#include "controlplane/policy/policies.h"
#include "tests/sim/show_box.h"

#define NET       0x0a000000u
#define TIMEOUT_S 1200u

static struct cp cp;
struct show sb_show;
uint64_t sb_now_ms;
struct ospf *sb_engine;
struct ospf_calc *sb_calc;
struct neigh_cache *sb_arp;

uint64_t
cp_now_ms(void)
{
	return sb_now_ms;
}

struct ospf *
ospf_proc_engine(const struct ospf_proc *p)
{
	return sb_engine;
}

struct proc_calc *
ospf_proc_calc(const struct ospf_proc *p)
{
	return NULL;
}

uint32_t
proc_calc_denied(const struct proc_calc *x)
{
	return 0;
}

struct ospf_calc *
proc_calc_engine(struct proc_calc *c)
{
	return sb_calc;
}

uint32_t
ospf_proc_number(const struct ospf_proc *p)
{
	return 1;
}

bool
ospf_proc_is_kept(const struct ospf_proc *p)
{
	return false;
}

bool
ospf_proc_clear(struct ospf_proc *p)
{
	return false;
}

void
reconcile_route_counts(const struct reconcile *r, struct route_feed_counts *out)
{
	memset(out, 0, sizeof(*out));
}

const char *
ifaces_name(const struct ifaces *x, uint32_t if_id)
{
	return "lan";
}

void
neigh_scan(const struct neigh *n, struct hmap_scan *at,
		void (*fn)(void *arg, const struct neigh_show *e), void *arg)
{
	neigh_cache_scan(sb_arp, sb_now_ms, at, fn, arg);
}

void
neigh_conflicts(const struct neigh *n, void (*fn)(void *arg, const struct neigh_conflict *s),
		void *arg)
{
	neigh_cache_conflicts(sb_arp, sb_now_ms, fn, arg);
}

uint32_t
mirror_policy_id(const struct mirror *m, uint64_t key)
{
	return CHAN_NONE;
}

uint64_t
policy_key(const char *name)
{
	return 0;
}

void
counters_policy(const struct show *s, uint32_t policy_id, struct chan_policy_stats *out)
{
}

static void
on_send(void *ctx, uint32_t if_id, const uint8_t *frame, size_t len)
{
}

static void
on_changed(void *ctx, uint32_t if_id, const struct ip6_addr *addr, enum neigh_state state,
		const uint8_t *mac)
{
}

void
sb_begin(uint32_t max)
{
	static const struct neigh_ops ops = { .send = on_send, .changed = on_changed };
	struct neigh_if_cfg c = { .if_id = SB_IF_ID, .mac = { 2, 0, 0, 0, 0, 1 }, .up = true,
		.n_addrs = 1, .addrs = { { .addr = ip6_mapped(NET + 1), .len = 96 + 8 } } };

	memset(&cp, 0, sizeof(cp));
	memset(&sb_show, 0, sizeof(sb_show));
	sb_show.cp = &cp;
	sb_now_ms = WORLD_START_MS;
	sb_engine = NULL;
	sb_calc = NULL;
	sb_arp = arp_new(&ops, NULL, max, TIMEOUT_S * 1000, 42);
	if (sb_arp == NULL || neigh_cache_if_set(sb_arp, &c, sb_now_ms) != 0)
		abort();
}

void
sb_end(void)
{
	neigh_cache_free(sb_arp);
}

void
sb_neighbor(uint32_t i)
{
	const uint8_t mac[6] = { 2, 1, (uint8_t)(i >> 24), (uint8_t)(i >> 16), (uint8_t)(i >> 8),
		(uint8_t)i };
	struct ip6_addr a = ip6_mapped(NET + i);

	neigh_cache_seed(sb_arp, SB_IF_ID, &a, mac, sb_now_ms);
}
