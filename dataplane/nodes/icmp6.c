/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * icmp6 - ICMPv6 that the dataplane answers itself (RFC 4443): echo replies and errors, within the
 * same two rate limits as ICMP; and neighbour discovery (RFC 4861), checked and handed up.
 *
 * What goes back to a link-local address cannot be routed: it leaves by the interface that the
 * question came by, to the Ethernet address that it came from.
 *
 * drops  the reason given, ICMP_LIMIT for echo requests, ICMP_BAD, IP6_ND, LOCAL_PROTO
 */
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

/* The address an error about @m is sent from (RFC 4443 section 2.2); NULL: there is none. */
static const struct ip6_addr *
icmp6_error_source(const struct worker *w, struct rte_mbuf *m)
{
	const struct pkt_meta *meta = pkt_meta(m);
	const struct tunnel *tun = tunnel_by_id(w->tables, meta->tun_id);
	const struct iface *i = iface_by_id(w->tables, meta->if_id);
	const struct ip6_addr *a = NULL;

	if (tun != NULL && !ip6_is_zero(&tun->icmp6_src))
		return &tun->icmp6_src;
	if (i != NULL)
		a = iface_global_addr6(i);
	return a != NULL ? a : any_addr6(w);
}

/* RFC 4443 section 2.4 (e). */
static bool
icmp6_error_allowed(struct rte_mbuf *m)
{
	const struct rte_ipv6_hdr *ip = mbuf_ip6(m);

	return (pkt_meta(m)->flags & (PKT_OURS | PKT_L2_CAST)) == 0 &&
			ip6_is_unicast_host(ip6_src(ip)) && !ip6_is_multicast(ip6_dst(ip)) &&
			!icmp6_is_error(m);
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

	if (icmp6_error_allowed(about))
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
	w->stats->absorbed++;
	icmp6_send(w, m, &l);
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
	else if (icmp->type == ICMP6_ECHO)
		icmp6_echo_reply(w, m, off);
	else
		pkt_drop(w, m, CHAN_DROP_LOCAL_PROTO);
}
