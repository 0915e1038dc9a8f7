/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ICMP about our outer packets: which tunnel it is about, and what becomes of it (pmtu.h has the
 * rules). A protected tunnel's packets are known by the SPI of the SA it sends with now, which
 * nobody off the path can know; plain GRE only by addresses and key.
 */
#include <stdlib.h>

#include "common/inet.h"
#include "common/log.h"
#include "controlplane/cp.h"
#include "controlplane/dataplane/reconcile.h"
#include "controlplane/tunnel/tunnel_int.h"
#include "controlplane/vpn/vpn.h"

static int
remote_cmp(const void *a, const void *b, void *arg)
{
	const struct tunnel_state *at = arg;
	uint32_t x = at[*(const uint32_t *)a].remote, y = at[*(const uint32_t *)b].remote;

	return (x > y) - (x < y);
}

/* Position in by_remote of the first tunnel to @remote, or where it would be. */
static uint32_t
remote_find(struct tunnels *x, uint32_t remote)
{
	uint32_t lo = 0, hi = x->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (x->at[x->by_remote[mid]].remote < remote)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static bool
remote_index(struct tunnels *x)
{
	if (x->by_remote != NULL)
		return true;
	x->by_remote = calloc(x->n + 1u, sizeof(*x->by_remote));
	if (x->by_remote == NULL)
		return false;
	for (uint32_t i = 0; i < x->n; i++)
		x->by_remote[i] = i;
	qsort_r(x->by_remote, x->n, sizeof(*x->by_remote), remote_cmp, x->at);
	return true;
}

/* Is the quoted packet one of tunnel @i, whose addresses it has? */
static enum pmtu_verdict
quote_fits(const struct tunnels *x, uint32_t i, const struct pmtu_quote *q)
{
	const struct cfg_tunnel *t = tunnels_cfg(x, i);
	bool protected = t->protection[0] != '\0';
	struct vpn_sa_show in, out;

	if (q->esp != protected)
		return PMTU_NO_TUNNEL;
	if (!protected)
		return q->keyed == t->has_key && (!t->has_key || q->key == t->key)
				? PMTU_LOWERED : PMTU_NO_TUNNEL;
	vpn_tunnel_sas(x->cp->vpn, x->at[i].tun_id, &in, &out);
	return out.sa_id != CHAN_NONE && out.spi == q->spi ? PMTU_LOWERED : PMTU_NO_SA;
}

/* The tunnel that sent the quoted packet, in @i; or why there is none. */
static enum pmtu_verdict
quote_tunnel(struct tunnels *x, const struct pmtu_quote *q, uint32_t *i)
{
	enum pmtu_verdict v, best = PMTU_NO_TUNNEL;

	if (!remote_index(x))
		return PMTU_NO_TUNNEL;
	for (uint32_t k = remote_find(x, q->dst); k < x->n; k++) {
		*i = x->by_remote[k];
		if (x->at[*i].remote != q->dst)
			break;
		if (tunnels_cfg(x, *i)->source != q->src || x->at[*i].tun_id == CHAN_NONE)
			continue;
		v = quote_fits(x, *i, q);
		if (v == PMTU_LOWERED)
			return v;
		if (v == PMTU_NO_SA)
			best = v;
	}
	return best;
}

static enum pmtu_verdict
quote_judge(struct tunnels *x, const struct pmtu_quote *q, uint64_t now_ms)
{
	const struct cfg_tunnel *t;
	struct pmtu *p;
	uint64_t before_ms;
	uint32_t i = 0;
	bool known;
	enum pmtu_verdict v = quote_tunnel(x, q, &i);

	if (v != PMTU_LOWERED)
		return v;
	t = tunnels_cfg(x, i);
	if (!t->pmtud)
		return PMTU_DISABLED;
	p = &x->at[i].pmtu;
	known = p->mtu != 0;
	before_ms = p->learned_ms;
	v = pmtu_learn(p, q, t->path_mtu_min, now_ms);
	if (v == PMTU_CONFIRMED && p->learned_ms != before_ms)
		reconcile_soon(x->cp->reconcile); /* the dataplane keeps it for the next of us */
	if (v == PMTU_LOWERED) {
		char from[IP4_STR_LEN];

		x->n_learned += !known;
		log_notice("tunnel", "%s: path MTU is %u, says %s", t->name, p->mtu,
				ip4_str(q->from, from));
		reconcile_soon(x->cp->reconcile);
	}
	return v;
}

void
tunnels_icmp(struct tunnels *x, const struct chan_pkt *pkt)
{
	struct pmtu_quote q;
	enum pmtu_verdict v;
	char from[IP4_STR_LEN];

	if (pkt->l3_off > pkt->len)
		return;
	v = pmtu_parse(pkt->data + pkt->l3_off, (size_t)(pkt->len - pkt->l3_off), &q);
	if (v == PMTU_LOWERED)
		v = quote_judge(x, &q, cp_now_ms());
	x->n_icmp[v]++;
	if (v > PMTU_OTHER)
		log_debug("tunnel", "ICMP fragmentation needed from %s not used: %s",
				ip4_str(q.from, from), pmtu_verdict_str(v));
}

void
tunnels_adopt_pmtu(struct tunnels *x, uint32_t i, const struct chan_tun_info *info, uint64_t now_ms)
{
	const struct cfg_tunnel *t = tunnels_cfg(x, i);
	struct pmtu *p = &x->at[i].pmtu;
	uint64_t said_ms = info->path_mtu_s * UINT64_C(1000);
	char from[IP4_STR_LEN];

	if (info->path_mtu == 0 || p->mtu != 0 || !t->pmtud || said_ms > now_ms)
		return;
	*p = (struct pmtu){
		.mtu = info->path_mtu > t->path_mtu_min ? info->path_mtu : t->path_mtu_min,
		.from = info->path_mtu_from,
		.learned_ms = said_ms,
	};
	if (pmtu_expire(p, t->path_mtu_age_s, now_ms))
		return;
	x->n_learned++;
	log_info("tunnel", "%s: path MTU is still %u, said %s", t->name, p->mtu,
			ip4_str(p->from, from));
}

void
tunnels_second(struct tunnels *x, uint64_t now_ms)
{
	bool any = false;

	if (x->n_learned == 0)
		return;
	for (uint32_t i = 0; i < x->n; i++) {
		if (!pmtu_expire(&x->at[i].pmtu, tunnels_cfg(x, i)->path_mtu_age_s, now_ms))
			continue;
		x->n_learned--;
		any = true;
		log_notice("tunnel", "%s: what was said of the path MTU is forgotten",
				x->at[i].name);
	}
	if (any)
		reconcile_soon(x->cp->reconcile);
}

uint64_t
tunnels_n_icmp(const struct tunnels *x, enum pmtu_verdict v)
{
	return (unsigned int)v < PMTU_N_VERDICTS ? x->n_icmp[v] : 0;
}
