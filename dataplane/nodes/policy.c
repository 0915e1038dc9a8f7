/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * policy - security policies (RFC 4301 section 5), in the midst of ip4_lookup: addresses checked
 * and the hop known, TTL not touched yet. Only called when there are policies.
 *
 * in     a burst with the hop of each packet
 * out    gre_encap  ctx the tunnel of a PROTECT policy
 *        the rest stays in the burst, to be routed
 * drops  POLICY_DISCARD, POLICY_CLEAR, POLICY_SELECTOR, POLICY_TUNNEL, POLICY_UNAGREED,
 *        POLICY_FRAGMENT, IP_TTL
 *
 * Each packet is looked up twice, all of them in one call: as it came in (source and destination
 * exchanged, for a policy is written down in the direction out) and as it goes out. What is made
 * here has not come in; but an ICMP error quotes a packet, and if that was protected, then so is
 * the error: in place of the look-up inwards it gets one for an answer to what it quotes (RFC 4301
 * section 6.2 allows it, and our own address is seldom in the selector).
 *
 * What is for one of our own addresses has no way out. ESP and IKE for us are how protection is
 * had, so they come in by no policy (section 5.2, step 1); so do UDP fragments that may be IKE: a
 * first fragment that shows other ports is refused, and without it nothing is put together.
 */
#include <netinet/ip_icmp.h>

#include "dataplane/nodes/icmp.h"
#include "dataplane/nodes/ip4.h"
#include "dataplane/nodes/nodes.h"
#include "dataplane/nodes/policy.h"

#define PORT_IKE      500
#define PORT_IKE_NATT 4500

static_assert(POLICY_LOOKUPS >= 2 * BURST_MAX, "both directions of a burst");

static bool
has_ports(uint8_t proto)
{
	return proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP ||
			proto == IPPROTO_UDPLITE || proto == IPPROTO_DCCP;
}

/* The selector of the @len bytes from the header @ip on, as the packet goes. */
static inline struct policy_key
key_of(const struct rte_ipv4_hdr *ip, unsigned int len)
{
	struct policy_key k = { .proto = ip->next_proto_id,
		.src = ip->src_addr,
		.dst = ip->dst_addr };
	unsigned int off = ip4_hdr_len(ip);

	if (has_ports(k.proto) && len >= off + 4 &&
			(ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_OFFSET_MASK)) == 0)
		memcpy(&k.sport, (const char *)ip + off, 4);
	return k;
}

static inline struct policy_key
key_exchanged(const struct policy_key *k)
{
	return (struct policy_key){ .proto = k->proto,
		.src = k->dst,
		.dst = k->src,
		.sport = k->dport,
		.dport = k->sport };
}

/* Of an ICMP error that was made here: the answer to what it quotes. Else nothing's. */
static struct policy_key
key_quoted(const struct rte_mbuf *m)
{
	const unsigned int off = sizeof(struct rte_ipv4_hdr) + sizeof(struct icmp_hdr);
	const struct rte_ipv4_hdr *ip = mbuf_ip4(m);
	struct policy_key k = { 0 };
	uint8_t type;

	if (ip->next_proto_id != IPPROTO_ICMP || m->data_len < off + sizeof(*ip))
		return k;
	type = ((const struct icmp_hdr *)(ip + 1))->type;
	if (type != ICMP_UNREACH && type != ICMP_TIME_EXCEEDED && type != ICMP_PARAMETERPROB)
		return k;
	k = key_of(RTE_PTR_ADD(ip, off), m->data_len - off);
	return key_exchanged(&k);
}

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
		const struct pkt_meta *meta)
{
	bool secured = meta->sa_id != CHAN_NONE;
	const struct policy_entry *e;

	if (answer == 0)
		return secured && policy_names_tunnel(s, meta->tun_id) ? CHAN_DROP_POLICY_SELECTOR
								       : CHAN_N_DROPS;
	e = policy_entry(s, answer);
	if (answer & POLICY_UNSURE)
		return CHAN_DROP_POLICY_FRAGMENT;
	if (e->action == CHAN_POLICY_PROTECT && secured && meta->tun_id == e->tun_id) {
		w->policy_stats[e->policy_id].in_packets++;
		return CHAN_N_DROPS;
	}
	if (e->action == CHAN_POLICY_BYPASS)
		return secured && policy_names_tunnel(s, meta->tun_id) ? CHAN_DROP_POLICY_SELECTOR
								       : CHAN_N_DROPS;
	w->policy_stats[e->policy_id].in_drops++;
	if (e->action == CHAN_POLICY_DISCARD)
		return CHAN_DROP_POLICY_DISCARD;
	return secured && policy_names_tunnel(s, meta->tun_id) ? CHAN_DROP_POLICY_SELECTOR
							       : CHAN_DROP_POLICY_CLEAR;
}

/* PROTECT: into the tunnel, or nowhere. */
static void
policy_protect(struct worker *w, uint32_t tun_id, struct rte_mbuf *m, uintptr_t ctx)
{
	struct tunnel *tun = tunnel_by_id(w->tables, tun_id);

	if (unlikely(tun == NULL || !(tun->opts & TUN_OPT_PROTECT)))
		pkt_drop(w, m, CHAN_DROP_POLICY_TUNNEL);
	else if (ip4_ttl(w, m, ctx))
		pktvec_add(&w->gre_encap, m, tun);
}

/* @return true: the packet is to be routed; else it has gone. @answer: for its way out. */
static inline bool
policy_out(struct worker *w, const struct policy_set *s, uint32_t answer, struct rte_mbuf *m,
		uintptr_t ctx, hop_t hop)
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
			policy_protect(w, e->tun_id, m, ctx);
			return false;
		}
		if (e->action != CHAN_POLICY_BYPASS) {
			pkt_drop(w, m, e->action == CHAN_POLICY_DISCARD ? CHAN_DROP_POLICY_DISCARD
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

/* @return true: to be routed. @out, @in: the answers. */
static inline bool
policy_one(struct worker *w, const struct policy_set *s, const struct policy_burst *b,
		unsigned int i, const struct policy_key *key, uint32_t out, uint32_t in)
{
	const struct pkt_meta *meta = pkt_meta(b->m[i]);
	enum chan_drop why;

	if (unlikely(meta->flags & PKT_OURS)) {
		if (meta->flags & PKT_CP)
			return true;
		out = answer_ours(s, out, in);
	} else {
		why = policy_in(w, s, in, meta);
		if (unlikely(why != CHAN_N_DROPS) && !is_protection(key, b->hops[i], b->m[i])) {
			pkt_drop(w, b->m[i], why);
			return false;
		}
	}
	if (hop_tag(b->hops[i]) == HOP_LOCAL)
		return true;
	return policy_out(w, s, out, b->m[i], (uintptr_t)b->ctx[i], b->hops[i]);
}

void
policy_apply(struct worker *w, const struct policy_set *s, struct policy_burst *b)
{
	struct policy_key keys[2 * BURST_MAX];
	uint32_t answers[2 * BURST_MAX];
	unsigned int n = b->n, n_kept = 0;

	for (unsigned int i = 0; i < n; i++) {
		keys[i] = key_of(mbuf_ip4(b->m[i]), b->m[i]->data_len);
		keys[n + i] = unlikely(pkt_meta(b->m[i])->flags & PKT_OURS)
				? key_quoted(b->m[i])
				: key_exchanged(&keys[i]);
	}
	if (n != 0)
		policy_lookup(s, keys, answers, 2 * n);
	for (unsigned int i = 0; i < n; i++) {
		if (!policy_one(w, s, b, i, &keys[i], answers[i], answers[n + i]))
			continue;
		b->m[n_kept] = b->m[i];
		b->ctx[n_kept] = b->ctx[i];
		b->hops[n_kept] = b->hops[i];
		b->numbers[n_kept] = b->numbers[i];
		n_kept++;
	}
	b->n = n_kept;
}
