/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * policy - security policies (RFC 4301 section 5), in the midst of ip4_lookup and ip6_lookup:
 * addresses checked and the hop known, TTL or hop limit not touched yet. Only called when there are
 * policies.
 *
 * in     a burst with the hop of each packet
 * out    gre_encap, gre6_encap  ctx the tunnel of a PROTECT policy
 *        the rest stays in the burst, to be routed
 * drops  POLICY_DISCARD, POLICY_CLEAR, POLICY_SELECTOR, POLICY_TUNNEL, POLICY_UNAGREED,
 *        POLICY_FRAGMENT, IP_TTL, IP6_HOP_LIMIT, IP6_SCOPE
 *
 * Each packet is looked up twice, all of them in one call: as it came in (source and destination
 * exchanged, for a policy is written down in the direction out) and as it goes out. What is made
 * here has not come in; but an ICMP error quotes a packet, and if that was protected, then so is
 * the error: in place of the look-up inwards it gets one for an answer to what it quotes (RFC 4301
 * section 6.2 allows it, and our own address is seldom in the selector).
 *
 * What is for one of our own addresses has no way out. ESP and IKE for us are how protection is
 * had, so they come in by no policy (section 5.2, step 1); so do UDP fragments that may be IKE: a
 * first fragment that shows other ports is refused, and without it nothing is put together. In IPv6
 * the same goes for neighbour discovery: it is how the link is had, as ARP is.
 *
 * An IPv6 packet whose protocol cannot be told (policy_key.c) may be one of any policy for a
 * protocol or port: when there are IPv6 policies it is dropped as POLICY_FRAGMENT, which is what it
 * commonly is.
 */
#include "dataplane/nodes/icmp6.h"
#include "dataplane/nodes/nodes.h"
#include "dataplane/nodes/policy.h"
#include "dataplane/nodes/policy_key.h"

#define PORT_IKE      500
#define PORT_IKE_NATT 4500

static_assert(POLICY_LOOKUPS >= 2 * BURST_MAX, "both directions of a burst");

/* ESP and IKE to one of our addresses. @k: as the packet goes. */
static bool
is_protection(const struct policy_key *k, hop_t hop, const struct rte_mbuf *m)
{
	if (hop_tag(hop) != HOP_LOCAL)
		return false;
	if (k->proto == IPPROTO_ESP)
		return true;
	return k->proto == IPPROTO_UDP &&
			(k->dport == RTE_BE16(PORT_IKE) || k->dport == RTE_BE16(PORT_IKE_NATT) ||
			 (mbuf_ip4(m)->fragment_offset & RTE_BE16(RTE_IPV4_HDR_OFFSET_MASK)) != 0);
}

/* May the packet come in? @answer: for the exchanged selector. The reason why not, or N_DROPS. */
static inline enum chan_drop
policy_in(struct worker *w, const struct policy_set *s, uint32_t answer,
		struct pkt_origin from)
{
	bool secured = from.sa_id != CHAN_NONE;
	const struct policy_entry *e;

	if (answer == 0)
		return secured && policy_names_tunnel(s, from.tun_id) ? CHAN_DROP_POLICY_SELECTOR
								       : CHAN_N_DROPS;
	e = policy_entry(s, answer);
	if (answer & POLICY_UNSURE)
		return CHAN_DROP_POLICY_FRAGMENT;
	if (e->action == CHAN_POLICY_PROTECT && secured && from.tun_id == e->tun_id) {
		w->policy_stats[e->policy_id].in_packets++;
		return CHAN_N_DROPS;
	}
	if (e->action == CHAN_POLICY_BYPASS)
		return secured && policy_names_tunnel(s, from.tun_id) ? CHAN_DROP_POLICY_SELECTOR
								       : CHAN_N_DROPS;
	w->policy_stats[e->policy_id].in_drops++;
	if (e->action == CHAN_POLICY_DISCARD)
		return CHAN_DROP_POLICY_DISCARD;
	return secured && policy_names_tunnel(s, from.tun_id) ? CHAN_DROP_POLICY_SELECTOR
							       : CHAN_DROP_POLICY_CLEAR;
}

/* PROTECT: into the tunnel, or nowhere. */
static void
policy_protect(struct worker *w, uint32_t tun_id, struct rte_mbuf *m, uintptr_t ctx, bool is_ip6)
{
	struct tunnel *tun = tunnel_by_id(w->tables, tun_id);

	if (unlikely(tun == NULL || !(tun->opts & TUN_OPT_PROTECT)))
		pkt_drop(w, m, CHAN_DROP_POLICY_TUNNEL);
	else if (is_ip6 ? ip6_forward_ok(w, m, ctx) : ip4_ttl(w, m, ctx))
		pktvec_add(is_ip6 ? &w->gre6_encap : &w->gre_encap, m, tun);
}

/* @return true: the packet is to be routed; else it has gone. @answer: for its way out. */
static inline bool
policy_out(struct worker *w, const struct policy_set *s, uint32_t answer, struct rte_mbuf *m,
		uintptr_t ctx, hop_t hop, bool is_ip6)
{
	const struct policy_entry *e;

	if (answer != 0) {
		e = policy_entry(s, answer);
		if (unlikely(answer & POLICY_UNSURE)) {
			pkt_drop(w, m, CHAN_DROP_POLICY_FRAGMENT);
			return false;
		}
		w->policy_stats[e->policy_id].out_packets++;
		w->policy_stats[e->policy_id].out_bytes += m->data_len;
		if (e->action == CHAN_POLICY_PROTECT) {
			policy_protect(w, e->tun_id, m, ctx, is_ip6);
			return false;
		}
		if (e->action != CHAN_POLICY_BYPASS) {
			pkt_drop(w, m, e->action == CHAN_POLICY_DISCARD
							? CHAN_DROP_POLICY_DISCARD
							: CHAN_DROP_POLICY_UNAGREED);
			return false;
		}
	}
	/* Routed into a tunnel that has policies, by none of them. */
	if (hop_tag(hop) == HOP_TUN &&
			policy_names_tunnel(s, ((const struct tunnel *)hop_ptr(hop))->id)) {
		pkt_drop(w, m, CHAN_DROP_POLICY_SELECTOR);
		return false;
	}
	return true;
}

/* The answer that counts for what was made here: its own, or that of what it quotes. */
static inline uint32_t
answer_ours(const struct policy_set *s, uint32_t own, uint32_t quoted)
{
	if (quoted == 0 || !policy_protects(policy_entry(s, quoted)))
		return own;
	if (own != 0 && policy_protects(policy_entry(s, own)))
		return own;
	return quoted;
}

/* @return true: to be routed. @out, @in: the answers. @exempt: how protection or the link
 * is had. */
static inline bool
policy_one(struct worker *w, const struct policy_set *s, const struct policy_burst *b,
		unsigned int i, uint32_t out, uint32_t in, bool exempt, bool is_ip6)
{
	const struct pkt_meta *meta = pkt_meta(b->m[i]);
	enum chan_drop why;

	if (unlikely(meta->flags & PKT_OURS)) {
		if (meta->flags & PKT_CP)
			return true;
		out = answer_ours(s, out, in);
	} else {
		why = policy_in(w, s, in, pkt_origin(b->m[i]));
		if (unlikely(why != CHAN_N_DROPS) && !exempt) {
			pkt_drop(w, b->m[i], why);
			return false;
		}
	}
	if (hop_tag(b->hops[i]) == HOP_LOCAL)
		return true;
	return policy_out(w, s, out, b->m[i], (uintptr_t)b->ctx[i], b->hops[i], is_ip6);
}

static inline void
policy_keep(struct policy_burst *b, unsigned int i, unsigned int *n_kept)
{
	b->m[*n_kept] = b->m[i];
	b->ctx[*n_kept] = b->ctx[i];
	b->hops[*n_kept] = b->hops[i];
	b->numbers[(*n_kept)++] = b->numbers[i];
}

void
policy_apply(struct worker *w, const struct policy_set *s, struct policy_burst *b)
{
	struct policy_key keys[2 * BURST_MAX];
	uint32_t answers[2 * BURST_MAX];
	unsigned int n = b->n, n_kept = 0;

	for (unsigned int i = 0; i < n; i++) {
		keys[i] = policy_key_of(mbuf_ip4(b->m[i]), b->m[i]->data_len);
		keys[n + i] = unlikely(pkt_meta(b->m[i])->flags & PKT_OURS)
				? policy_key_quoted(b->m[i])
				: policy_key_exchanged(&keys[i]);
	}
	if (n != 0)
		policy_lookup(s, keys, answers, 2 * n);
	for (unsigned int i = 0; i < n; i++)
		if (policy_one(w, s, b, i, answers[i], answers[n + i],
				    is_protection(&keys[i], b->hops[i], b->m[i]), false))
			policy_keep(b, i, &n_kept);
	b->n = n_kept;
}

/* Neighbour discovery to one of our addresses, from the link (RFC 4861 section 6.1). */
static bool
is_discovery(hop_t hop, const struct rte_mbuf *m)
{
	const struct rte_ipv6_hdr *ip = mbuf_ip6(m);

	return hop_tag(hop) == HOP_LOCAL && ip->proto == IP6_ICMP && ip->hop_limits == ND_HOPS &&
			nd_is_message(m);
}

/* The keys of a burst, both ways. Packets of which the protocol cannot be told are dropped. */
static void
policy_keys6(struct worker *w, const struct policy_set *s, struct policy_burst *b,
		struct policy_key6 *out, struct policy_key6 *in)
{
	unsigned int n_kept = 0;

	for (unsigned int i = 0; i < b->n; i++) {
		struct rte_mbuf *m = b->m[i];

		if (unlikely(!policy_key6_of(mbuf_ip6(m), m->data_len, &out[n_kept])) &&
				s->acl6 != NULL) {
			pkt_drop(w, m, CHAN_DROP_POLICY_FRAGMENT);
			continue;
		}
		in[n_kept] = unlikely(pkt_meta(m)->flags & PKT_OURS)
				? policy_key6_quoted(m)
				: policy_key6_exchanged(&out[n_kept]);
		policy_keep(b, i, &n_kept);
	}
	b->n = n_kept;
}

void
policy_apply6(struct worker *w, const struct policy_set *s, struct policy_burst *b)
{
	struct policy_key6 out[BURST_MAX], in[BURST_MAX];
	uint32_t out_answers[BURST_MAX], in_answers[BURST_MAX];
	unsigned int n_kept = 0;

	policy_keys6(w, s, b, out, in);
	if (b->n == 0)
		return;
	policy_lookup6(s, out, out_answers, b->n);
	policy_lookup6(s, in, in_answers, b->n);
	for (unsigned int i = 0; i < b->n; i++)
		if (policy_one(w, s, b, i, out_answers[i], in_answers[i],
				    is_discovery(b->hops[i], b->m[i]), true))
			policy_keep(b, i, &n_kept);
	b->n = n_kept;
}
