/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * hold - packets that wait for a neighbour.
 *
 * A small table of places, four to a set; a place is for one wanted neighbour (interface and
 * address) or one tunnel whose underlay neighbour is wanted, and holds its first packets. It
 * stays after these have left, so that the control plane is not asked for the same again within a
 * second, until another neighbour needs the place. A flood to unused addresses can so fill the
 * table, but no more: what finds no place is dropped (RFC 1122 section 2.3.2.2 asks for at least
 * one packet to be saved).
 *
 * in     data at the IP header, TTL or hop limit done
 * out    ip4_lookup, gre_encap, and for IPv6 ip6_lookup, gre6_encap
 * drops  NEIGH_WAIT, NEIGH_FAIL (with ICMP host unreachable, RFC 1812 section 5.2.7.1), TUN_DOWN (the
 *        tunnel has gone)
 */
#include <netinet/ip_icmp.h>

#include <rte_malloc.h>

#include "dataplane/nodes/hold.h"
#include "dataplane/nodes/icmp6.h"
#include "dataplane/nodes/ip6.h"
#include "dataplane/nodes/nodes.h"

#define HOLD_SETS    64
#define HOLD_WAYS    4
#define HOLD_PACKETS 4

#define HOLD_RELEASE_MAX 128 /* packets a tick: the transmit buffers must take them */

struct hold_place {
	uint32_t if_id; /* CHAN_NONE: never used */
	uint32_t addr; /* 0: @addr6 */
	struct ip6_addr addr6;
	uint32_t tun_id; /* CHAN_NONE: packets wait for the neighbour itself */
	/* Of that tunnel when the first packet came: another one may get its id. */
	uint32_t tun_remote, tun_key;
	uint8_t tun_opts;
	uint32_t n;
	uint64_t expires_tsc; /* of the first packet in it */
	uint64_t asked_tsc;
	struct rte_mbuf *m[HOLD_PACKETS];
};

struct hold {
	struct hold_place places[HOLD_SETS][HOLD_WAYS];
	uint32_t n_busy; /* places with packets */
	uint64_t acquired_tsc[]; /* [max_tunnels] when CHAN_EV_ACQUIRE was raised last */
};

struct hold *
hold_new(uint32_t max_tunnels, int socket_id)
{
	struct hold *h = rte_zmalloc_socket("hold",
			sizeof(*h) + max_tunnels * sizeof(h->acquired_tsc[0]), 0, socket_id);

	if (h == NULL)
		return NULL;
	for (unsigned int s = 0; s < HOLD_SETS; s++)
		for (unsigned int k = 0; k < HOLD_WAYS; k++)
			h->places[s][k].if_id = CHAN_NONE;
	return h;
}

void
hold_free(struct hold *h)
{
	if (h == NULL)
		return;
	for (unsigned int s = 0; s < HOLD_SETS; s++)
		for (unsigned int k = 0; k < HOLD_WAYS; k++)
			rte_pktmbuf_free_bulk(h->places[s][k].m, h->places[s][k].n);
	rte_free(h);
}

/* A wanted neighbour: the beginning of its place. */
struct hold_want {
	uint32_t if_id;
	uint32_t addr;
	struct ip6_addr addr6;
	uint32_t tun_id;
};

static bool
hold_is_for(const struct hold_place *p, const struct hold_want *a)
{
	return p->if_id == a->if_id && p->addr == a->addr && p->tun_id == a->tun_id &&
			ip6_equal(&p->addr6, &a->addr6);
}

/* The place for this neighbour: its own, or the empty one that asked longest ago, or NULL. */
static struct hold_place *
hold_find(struct hold *h, const struct hold_want *a)
{
	uint32_t hash = rte_hash_crc(a, sizeof(*a), 0);
	struct hold_place *set = h->places[hash % HOLD_SETS], *best = NULL;

	for (unsigned int k = 0; k < HOLD_WAYS; k++) {
		struct hold_place *p = &set[k];

		if (hold_is_for(p, a))
			return p;
		if (p->n == 0 && (best == NULL || p->asked_tsc < best->asked_tsc))
			best = p;
	}
	if (best != NULL)
		*best = (struct hold_place){ .if_id = a->if_id, .addr = a->addr,
			.addr6 = a->addr6, .tun_id = a->tun_id };
	return best;
}

/* Is @tun, which may be NULL, still the tunnel whose packets @p holds? */
static bool
hold_is_of(const struct hold_place *p, const struct tunnel *tun)
{
	return tun != NULL && tun->remote == p->tun_remote && tun->key == p->tun_key &&
			((tun->opts ^ p->tun_opts) & TUN_OPT_PROTECT) == 0;
}

/* @tun: what @m is on its way into, or NULL. */
static void
hold_put(struct worker *w, struct rte_mbuf *m, const struct hold_want *a, const struct tunnel *tun)
{
	uint64_t hold_ms = __atomic_load_n(&w->tables->param.hold_ms, __ATOMIC_RELAXED);
	struct hold_place *p = hold_find(w->hold, a);

	if (p != NULL && (p->asked_tsc == 0 || w->now_tsc - p->asked_tsc >= w->tsc_hz)) {
		struct chan_event ev = { .type = CHAN_EV_NEIGH, .worker = w->id, .id = a->if_id,
			.addr = a->addr };

		memcpy(ev.addr6, &a->addr6, sizeof(ev.addr6));
		if (worker_event(w, &ev))
			p->asked_tsc = w->now_tsc;
	}
	if (p == NULL || p->n == HOLD_PACKETS || hold_ms == 0 ||
			(tun != NULL && p->n != 0 && !hold_is_of(p, tun))) {
		pkt_drop(w, m, CHAN_DROP_NEIGH_WAIT);
		return;
	}
	if (p->n == 0) {
		p->expires_tsc = w->now_tsc + hold_ms * w->tsc_hz / 1000;
		w->hold->n_busy++;
		if (tun != NULL) {
			p->tun_remote = tun->remote;
			p->tun_key = tun->key;
			p->tun_opts = tun->opts;
		}
	}
	p->m[p->n++] = m;
	w->stats->held++;
}

void
hold_neigh(struct worker *w, struct rte_mbuf *m, uint32_t if_id, uint32_t addr)
{
	struct hold_want a = { .if_id = if_id, .addr = addr, .tun_id = CHAN_NONE };

	hold_put(w, m, &a, NULL);
}

void
hold_neigh6(struct worker *w, struct rte_mbuf *m, uint32_t if_id, const struct ip6_addr *addr)
{
	struct hold_want a = { .if_id = if_id, .addr6 = *addr, .tun_id = CHAN_NONE };

	hold_put(w, m, &a, NULL);
}

void
hold_tunnel(struct worker *w, struct rte_mbuf *m, const struct tunnel *tun)
{
	struct hold_want a = { .if_id = tun->wait_if, .addr = tun->wait_addr, .tun_id = tun->id };

	hold_put(w, m, &a, tun);
}

/* Would the packets of @p go on now, wherever that is? */
static bool
hold_is_over(const struct worker *w, const struct hold_place *p)
{
	const struct tables *t = w->tables;
	const struct tunnel *tun;
	uint64_t number;
	uint8_t dst6[1][16];
	uint32_t dst;
	hop_t hop;

	if (p->tun_id != CHAN_NONE) {
		tun = tunnel_by_id(t, p->tun_id);
		return !hold_is_of(p, tun) || tun->out != TUN_OUT_WAIT;
	}
	if (p->addr == 0) {
		memcpy(dst6, mbuf_ip6(p->m[0])->dst_addr, sizeof(dst6));
		fib6_lookup(t->fib6, dst6, &number, 1);
		hop = ip6_hop(t, number, p->m[0]);
	} else {
		dst = rte_be_to_cpu_32(mbuf_ip4(p->m[0])->dst_addr);
		fib_lookup(t->fib, &dst, &number, 1);
		hop = ip4_hop(t, number, p->m[0]);
	}
	return hop_tag(hop) != HOP_GLEAN && hop_tag(hop) != HOP_WAIT;
}

/* Send the packets of @p on their way again. */
static void
hold_release(struct worker *w, struct hold_place *p)
{
	struct tunnel *tun = p->tun_id != CHAN_NONE ? tunnel_by_id(w->tables, p->tun_id) : NULL;
	unsigned int n = p->n;

	p->n = 0;
	w->hold->n_busy--;
	w->stats->held -= n;
	for (unsigned int k = 0; k < n; k++) {
		if (p->tun_id == CHAN_NONE && p->addr != 0)
			lookup_add(w, p->m[k], LOOKUP_TTL_DONE);
		else if (p->tun_id == CHAN_NONE)
			lookup6_add(w, p->m[k], LOOKUP6_HOPS_DONE);
		else if (hold_is_of(p, tun))
			pktvec_add(mbuf_is_ip6(p->m[k]) ? &w->gre6_encap : &w->gre_encap, p->m[k],
					tun);
		else
			pkt_drop(w, p->m[k], CHAN_DROP_TUN_DOWN);
	}
	path_drain(w);
}

static void
hold_expire(struct worker *w, struct hold_place *p)
{
	unsigned int n = p->n;

	p->n = 0;
	w->hold->n_busy--;
	w->stats->held -= n;
	for (unsigned int k = 0; k < n; k++)
		if (mbuf_is_ip6(p->m[k]))
			icmp6_error(w, p->m[k], ICMP6_UNREACH, ICMP6_UNREACH_ADDRESS, 0,
					CHAN_DROP_NEIGH_FAIL);
		else
			icmp_error(w, p->m[k], ICMP_UNREACH, ICMP_UNREACH_HOST, 0,
					CHAN_DROP_NEIGH_FAIL);
	path_drain(w);
}

void
hold_tick(struct worker *w)
{
	unsigned int n = 0;

	for (unsigned int s = 0; s < HOLD_SETS && w->hold->n_busy != 0; s++) {
		for (unsigned int k = 0; k < HOLD_WAYS && n < HOLD_RELEASE_MAX; k++) {
			struct hold_place *p = &w->hold->places[s][k];

			if (p->n == 0)
				continue;
			if (hold_is_over(w, p)) {
				n += p->n;
				hold_release(w, p);
			} else if (w->now_tsc >= p->expires_tsc) {
				n += p->n;
				hold_expire(w, p);
			}
		}
	}
}

void
hold_acquire(struct worker *w, uint32_t tun_id)
{
	struct chan_event ev = { .type = CHAN_EV_ACQUIRE, .worker = w->id, .id = tun_id };
	uint64_t *last = &w->hold->acquired_tsc[tun_id];

	if (*last != 0 && w->now_tsc - *last < w->tsc_hz)
		return;
	if (worker_event(w, &ev))
		*last = w->now_tsc;
}
