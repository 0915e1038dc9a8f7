/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * icmp6 - ICMPv6 that the dataplane answers itself (RFC 4443): echo replies and errors, within the
 * same two rate limits as ICMP; and neighbour discovery (RFC 4861), checked and handed up, as echo
 * replies and errors are, which are about pings of the operator's.
 *
 * What goes back to a link-local address cannot be routed: it leaves by the interface that the
 * question came by, to the Ethernet address that it came from.
 *
 * An echo request that came in fragments is answered in fragments that every link takes (RFC 8200
 * section 5): one at a time, since there may be many.
 *
 * drops  the reason given, FRAG_FAIL, ICMP_LIMIT for echo requests, ICMP_BAD, IP6_ND, LOCAL_PROTO
 */
#include <rte_random.h>

#include "dataplane/nodes/frag6.h"
#include "dataplane/nodes/icmp.h"
#include "dataplane/nodes/icmp6.h"
#include "dataplane/nodes/ip6.h"
#include "dataplane/nodes/nodes.h"
#include "dataplane/nodes/tx.h"

#define ICMP6_HOPS    64
#define ICMP6_REDIRECT 137

static bool
icmp6_cksum_ok(const struct rte_mbuf *m, unsigned int off)
{
	const struct rte_ipv6_hdr *ip = mbuf_ip6(m);
	unsigned int len = m->data_len - off;
	uint32_t sum = rte_raw_cksum(ip->src_addr, 2 * sizeof(ip->src_addr));

	sum += rte_raw_cksum((const char *)ip + off, len);
	sum += rte_cpu_to_be_16((uint16_t)len) + RTE_BE16(IP6_ICMP);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)(sum + (sum >> 16)) == 0xffff;
}

static void
icmp6_cksum_set(struct rte_ipv6_hdr *ip, struct icmp6_hdr *icmp)
{
	uint16_t len_be = ip->payload_len;
	uint32_t sum;

	icmp->cksum = 0;
	sum = rte_raw_cksum(ip->src_addr, 2 * sizeof(ip->src_addr));
	sum += rte_raw_cksum(icmp, rte_be_to_cpu_16(len_be));
	sum += (uint32_t)len_be + RTE_BE16(IP6_ICMP);
	sum = (sum & 0xffff) + (sum >> 16);
	icmp->cksum = (rte_be16_t)~(sum + (sum >> 16));
}

/* ---- back along the way it came ------------------------------------------------------------ */

/* Where a packet came from on its link; @i NULL: out of a tunnel, or made here. */
struct link {
	const struct iface *i;
	uint8_t mac[6];
};

static struct link
link_of(const struct worker *w, struct rte_mbuf *m)
{
	const struct pkt_meta *meta = pkt_meta(m);
	struct link l = { 0 };

	if (meta->l3_off < sizeof(struct rte_ether_hdr))
		return l;
	l.i = iface_by_id(w->tables, meta->if_id);
	memcpy(l.mac, rte_pktmbuf_mtod(m, const char *) - meta->l3_off + 6, sizeof(l.mac));
	return l;
}

static void
link_send(struct worker *w, struct rte_mbuf *m, const struct link *l)
{
	struct rte_ether_addr mac;
	unsigned int l2_len = l->i->vlan != 0 ? 18 : 14;
	uint8_t *p;

	memcpy(&mac, l->mac, sizeof(mac));
	p = (uint8_t *)rte_pktmbuf_prepend(m, (uint16_t)l2_len);
	if (p == NULL || !rte_is_valid_assigned_ether_addr(&mac) || !l->i->admin_up) {
		pkt_drop(w, m, CHAN_DROP_IP6_SCOPE);
		return;
	}
	memcpy(p, l->mac, 6);
	memcpy(p + 6, &l->i->mac, 6);
	if (l->i->vlan != 0) {
		rte_be16_t tag[2] = { RTE_BE16(RTE_ETHER_TYPE_VLAN), rte_cpu_to_be_16(l->i->vlan) };

		memcpy(p + 12, tag, sizeof(tag));
	}
	p[l2_len - 2] = RTE_ETHER_TYPE_IPV6 >> 8;
	p[l2_len - 1] = RTE_ETHER_TYPE_IPV6 & 0xff;
	tx_add(w, l->i->port, l->i->id, m);
}

/* A finished answer. */
static void
icmp6_send(struct worker *w, struct rte_mbuf *m, const struct link *l)
{
	w->stats->made++;
	pkt_meta_ours(m);
	if (!ip6_is_link_local(ip6_dst(mbuf_ip6(m))))
		lookup6_add(w, m, LOOKUP6_HOPS_DONE);
	else if (l->i != NULL)
		link_send(w, m, l);
	else
		pkt_drop(w, m, CHAN_DROP_IP6_SCOPE);
}

/* ---- errors -------------------------------------------------------------------------------- */

/* Past the fragment header of @m; false: there is ICMPv6 behind it, but not its beginning. */
static bool
icmp6_in_fragment(const struct rte_mbuf *m, unsigned int *off, uint8_t *proto)
{
	struct frag6 f;
	struct ip6_at at;

	if (!frag6_read(m, &f))
		return false;
	at = (struct ip6_at){ .off = f.off + FRAG6_HDR_LEN, .n = 1, .proto = f.next };
	if (f.offset == 0)
		ip6_skip(m, &at); /* as far as it goes: what is cut short is no ICMPv6 yet */
	*off = at.off;
	*proto = at.proto;
	return f.offset == 0 || f.next != IP6_ICMP;
}

/* Is @m itself an ICMPv6 error or a redirect? What cannot be told may be one. */
static bool
icmp6_is_error(const struct rte_mbuf *m)
{
	const struct rte_ipv6_hdr *ip = mbuf_ip6(m);
	const struct icmp6_hdr *icmp;
	unsigned int off;
	uint8_t proto;

	if (!ip6_skip_ext(m, &off, &proto))
		return true;
	if (proto == IP6_FRAGMENT && !icmp6_in_fragment(m, &off, &proto))
		return true;
	if (proto != IP6_ICMP)
		return false;
	if (m->data_len < off + sizeof(*icmp))
		return true;
	icmp = (const struct icmp6_hdr *)((const char *)ip + off);
	return icmp->type < ICMP6_ECHO || icmp->type == ICMP6_REDIRECT;
}

/* An address of ours that all may answer to: of the first interface that has one. */
static const struct ip6_addr *
any_addr6(const struct worker *w)
{
	for (uint32_t id = 0; id < CHAN_MAX_IFS; id++) {
		const struct iface *i = iface_by_id(w->tables, id);
		const struct ip6_addr *a = i != NULL ? iface_global_addr6(i) : NULL;

		if (a != NULL)
			return a;
	}
	return NULL;
}

/* A ping of the operator's, which hears of errors as it would from another router. */
static bool
icmp6_is_own_echo(struct rte_mbuf *m)
{
	const struct rte_ipv6_hdr *ip = mbuf_ip6(m);

	return (pkt_meta(m)->flags & PKT_CONTROL) != 0 && ip->proto == IP6_ICMP &&
			m->data_len > sizeof(*ip) &&
			((const struct icmp6_hdr *)(ip + 1))->type == ICMP6_ECHO;
}

/* The address an error about @m is sent from (RFC 4443 section 2.2); NULL: there is none. Of what
 * was sent to us it is the one that it was sent to, but for a link-local one beyond its link. */
static const struct ip6_addr *
icmp6_error_source(const struct worker *w, struct rte_mbuf *m)
{
	const struct ip6_addr *src = ip6_src(mbuf_ip6(m)), *dst = ip6_dst(mbuf_ip6(m));
	const struct tunnel *tun = tunnel_by_id(w->tables, pkt_origin(m).tun_id);
	const struct iface *i = iface_by_id(w->tables, pkt_meta(m)->if_id);
	const struct ip6_addr *a = NULL;

	if (icmp6_is_own_echo(m))
		return src;
	if ((!ip6_is_link_local(dst) || ip6_is_link_local(src)) && ip6_is_ours(w, m, dst))
		return dst;
	if (tun != NULL && !ip6_is_zero(&tun->icmp6_src))
		return &tun->icmp6_src;
	if (i != NULL)
		a = iface_global_addr6(i);
	return a != NULL ? a : any_addr6(w);
}

/* RFC 4443 section 2.4 (e). */
static bool
icmp6_error_allowed(const struct worker *w, struct rte_mbuf *m)
{
	const struct rte_ipv6_hdr *ip = mbuf_ip6(m);

	if (icmp6_is_own_echo(m))
		return true;
	return (pkt_meta(m)->flags & (PKT_OURS | PKT_L2_CAST)) == 0 &&
			ip6_is_unicast_host(ip6_src(ip)) && !ip6_is_multicast(ip6_dst(ip)) &&
			!icmp6_is_error(m) && !ip6_from_us(w, m);
}

static struct rte_mbuf *
icmp6_error_build(struct worker *w, const struct rte_mbuf *about, const struct ip6_addr *src)
{
	uint16_t headers = sizeof(struct rte_ipv6_hdr) + sizeof(struct icmp6_hdr);
	uint16_t quote = (uint16_t)RTE_MIN(about->data_len, IP6_MIN_MTU - headers);
	struct rte_mbuf *m = rte_pktmbuf_alloc(w->pool);
	struct rte_ipv6_hdr *ip;

	if (m == NULL)
		return NULL;
	ip = (struct rte_ipv6_hdr *)rte_pktmbuf_append(m, (uint16_t)(headers + quote));
	if (ip == NULL) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	*ip = (struct rte_ipv6_hdr){
		.vtc_flow = RTE_BE32(6u << 28),
		.payload_len = rte_cpu_to_be_16((uint16_t)(sizeof(struct icmp6_hdr) + quote)),
		.proto = IP6_ICMP,
		.hop_limits = ICMP6_HOPS,
	};
	memcpy(ip->src_addr, src, sizeof(ip->src_addr));
	memcpy(ip->dst_addr, mbuf_ip6(about)->src_addr, sizeof(ip->dst_addr));
	memcpy((char *)ip + headers, mbuf_ip6(about), quote);
	return m;
}

void
icmp6_error(struct worker *w, struct rte_mbuf *about, uint8_t type, uint8_t code, uint32_t arg,
		enum chan_drop why)
{
	const struct ip6_addr *src = NULL;
	struct link l = { 0 };
	struct rte_mbuf *m = NULL;
	struct icmp6_hdr *icmp;

	if (icmp6_error_allowed(w, about))
		src = icmp6_error_source(w, about);
	if (src != NULL && icmp_may_error(w)) {
		l = link_of(w, about);
		m = icmp6_error_build(w, about, src);
	}
	pkt_drop(w, about, why);
	if (m == NULL)
		return;
	icmp = rte_pktmbuf_mtod_offset(m, struct icmp6_hdr *, sizeof(struct rte_ipv6_hdr));
	*icmp = (struct icmp6_hdr){ .type = type, .code = code, .arg = rte_cpu_to_be_32(arg) };
	icmp6_cksum_set(mbuf_ip6(m), icmp);
	icmp6_send(w, m, &l);
}

/* ---- for us -------------------------------------------------------------------------------- */

/* A fragment of @whole into the fresh buffer @m: the @len bytes of its payload from @at on. */
static void
piece_fill(struct rte_mbuf *m, const struct rte_ipv6_hdr *whole, rte_be32_t id, unsigned int at,
		unsigned int len, bool more)
{
	unsigned int headers = sizeof(*whole) + FRAG6_HDR_LEN;
	uint8_t *p = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)(headers + len));
	struct rte_ipv6_hdr *ip = (struct rte_ipv6_hdr *)p;
	rte_be16_t word = rte_cpu_to_be_16((uint16_t)(at | (more ? FRAG6_MORE : 0)));
	uint8_t *f = p + sizeof(*ip);

	*ip = *whole;
	ip->proto = IP6_FRAGMENT;
	ip->payload_len = rte_cpu_to_be_16((uint16_t)(FRAG6_HDR_LEN + len));
	memset(f, 0, FRAG6_HDR_LEN);
	f[0] = whole->proto;
	memcpy(f + FRAG6_OFFSET_FIELD, &word, sizeof(word));
	memcpy(f + 4, &id, sizeof(id));
	memcpy(p + headers, (const uint8_t *)(whole + 1) + at, len);
}

/* A finished answer of more than every link takes: in fragments, with an identification that
 * nobody can foresee (RFC 7739). */
static void
icmp6_send_pieces(struct worker *w, struct rte_mbuf *m, const struct link *l)
{
	const struct rte_ipv6_hdr *ip = mbuf_ip6(m);
	unsigned int step = (IP6_MIN_MTU - sizeof(*ip) - FRAG6_HDR_LEN) & ~7u;
	unsigned int len = m->data_len - sizeof(*ip), n = (len + step - 1) / step;
	rte_be32_t id = (rte_be32_t)rte_rand();
	struct rte_mbuf *piece[BURST_MAX];

	if (n > BURST_MAX || rte_pktmbuf_alloc_bulk(w->pool, piece, n) != 0) {
		pkt_drop(w, m, CHAN_DROP_FRAG_FAIL);
		return;
	}
	for (unsigned int i = 0; i < n; i++) {
		unsigned int at = i * step;

		piece_fill(piece[i], ip, id, at, RTE_MIN(step, len - at), i + 1 < n);
		icmp6_send(w, piece[i], l);
	}
	w->stats->absorbed++;
	rte_pktmbuf_free(m);
}

static void
icmp6_echo_reply(struct worker *w, struct rte_mbuf *m, unsigned int off)
{
	struct rte_ipv6_hdr *ip = mbuf_ip6(m), was = *ip;
	struct link l = link_of(w, m);
	struct icmp6_hdr *icmp;
	uint32_t sum;

	if (!icmp_may_echo(w)) {
		pkt_drop(w, m, CHAN_DROP_ICMP_LIMIT);
		return;
	}
	rte_pktmbuf_adj(m, (uint16_t)(off - sizeof(*ip)));
	ip = mbuf_ip6(m);
	*ip = (struct rte_ipv6_hdr){
		.vtc_flow = (was.vtc_flow & RTE_BE32(RTE_IPV6_HDR_TC_MASK)) | RTE_BE32(6u << 28),
		.payload_len = rte_cpu_to_be_16((uint16_t)(m->data_len - sizeof(*ip))),
		.proto = IP6_ICMP,
		.hop_limits = ICMP6_HOPS,
	};
	memcpy(ip->src_addr, was.dst_addr, sizeof(ip->src_addr));
	memcpy(ip->dst_addr, was.src_addr, sizeof(ip->dst_addr));
	/* RFC 1624: only the type has changed, from 128 to 129; the addresses have the same sum. */
	icmp = (struct icmp6_hdr *)(ip + 1);
	icmp->type = ICMP6_ECHO_REPLY;
	sum = (uint16_t)~icmp->cksum + (uint32_t)(uint16_t)~RTE_BE16(ICMP6_ECHO << 8) +
			RTE_BE16(ICMP6_ECHO_REPLY << 8);
	sum = (sum & 0xffff) + (sum >> 16);
	icmp->cksum = (rte_be16_t)~(sum + (sum >> 16));
	if (m->data_len > IP6_MIN_MTU && (pkt_meta(m)->flags & PKT_REASS)) {
		icmp6_send_pieces(w, m, &l);
		return;
	}
	w->stats->absorbed++;
	icmp6_send(w, m, &l);
}

void
icmp6_long(struct worker *w)
{
	struct pktvec *v = &w->icmp6_long;
	struct rte_mbuf *m = v->m[0];
	unsigned int off = (unsigned int)(uintptr_t)v->ctx[0];

	v->n--;
	memmove(v->m, v->m + 1, v->n * sizeof(v->m[0]));
	memmove(v->ctx, v->ctx + 1, v->n * sizeof(v->ctx[0]));
	icmp6_echo_reply(w, m, off);
}

bool
nd_is_message(const struct rte_mbuf *m)
{
	const struct icmp6_hdr *icmp = (const struct icmp6_hdr *)(mbuf_ip6(m) + 1);

	return m->data_len >= sizeof(struct rte_ipv6_hdr) + sizeof(*icmp) &&
			icmp->type >= ICMP6_ND_FIRST && icmp->type <= ICMP6_ND_LAST;
}

void
nd_input(struct worker *w, struct rte_mbuf *m)
{
	const struct rte_ipv6_hdr *ip = mbuf_ip6(m);
	const struct icmp6_hdr *icmp = (const struct icmp6_hdr *)(ip + 1);

	if (ip->hop_limits != ND_HOPS || pkt_meta(m)->if_id == CHAN_NONE)
		pkt_drop(w, m, CHAN_DROP_IP6_ND);
	else if (icmp->code != 0 || !icmp6_cksum_ok(m, sizeof(*ip)))
		pkt_drop(w, m, CHAN_DROP_ICMP_BAD);
	else
		punt(w, m, CHAN_CLASS_ARP);
}

void
icmp6_input(struct worker *w, struct rte_mbuf *m, unsigned int off)
{
	const struct icmp6_hdr *icmp;

	if (m->data_len < off + sizeof(*icmp)) {
		pkt_drop(w, m, CHAN_DROP_ICMP_BAD);
		return;
	}
	icmp = rte_pktmbuf_mtod_offset(m, const struct icmp6_hdr *, off);
	if (off == sizeof(struct rte_ipv6_hdr) && nd_is_message(m))
		nd_input(w, m);
	else if (!icmp6_cksum_ok(m, off))
		pkt_drop(w, m, CHAN_DROP_ICMP_BAD);
	else if (icmp->type == ICMP6_ECHO && (pkt_meta(m)->flags & PKT_REASS))
		pktvec_add(&w->icmp6_long, m, (void *)(uintptr_t)off);
	else if (icmp->type == ICMP6_ECHO)
		icmp6_echo_reply(w, m, off);
	else if (icmp->type == ICMP6_ECHO_REPLY || icmp->type < ICMP6_ECHO)
		punt(w, m, CHAN_CLASS_ICMP);
	else
		pkt_drop(w, m, CHAN_DROP_LOCAL_PROTO);
}
