/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ip4_local - packets for one of our addresses.
 *
 * in     data at the IPv4 header, checked
 * out    esp_decrypt, gre_decap
 *        ip4_lookup  echo replies and errors made here
 *        absorbed    NAT-T keepalives
 *        punt        IKE, OSPF, VRRP, ICMP and answers to TCP probes for the control plane
 * drops  REASS_* (reass.c), IP_MARTIAN_SRC, ICMP_BAD, ICMP_LIMIT, LOCAL_PROTO (with an ICMP
 *        error), RX_RUNT, ESP_SHORT
 */
#include <netinet/ip_icmp.h>

#include <rte_tcp.h>
#include <rte_udp.h>

#include "common/inet.h"
#include "dataplane/nodes/esp.h"
#include "dataplane/nodes/icmp.h"
#include "dataplane/nodes/ip4.h"
#include "dataplane/nodes/nodes.h"
#include "dataplane/nodes/reass.h"

#define IPPROTO_OSPF 89
#define IPPROTO_VRRP 112

#define PORT_IKE       500
#define PORT_IKE_NAT_T 4500

#define NAT_T_KEEPALIVE 0xff

/*
 * A packet that came in and has an address of ours as its source was made to have us talk to
 * ourselves. ESP and GRE need no such look: it is by keys and by the far end that they are taken.
 */
static bool
local_forged(struct worker *w, struct rte_mbuf *m)
{
	if ((pkt_meta(m)->flags & PKT_OURS) != 0 ||
			!ip4_is_ours(w->tables, rte_be_to_cpu_32(mbuf_ip4(m)->src_addr)))
		return false;
	pkt_drop(w, m, CHAN_DROP_IP_MARTIAN_SRC);
	return true;
}

/* ESP came for an address that is not its interface's first one, a virtual router's perhaps: more of
 * it takes the short way, ethernet_input.c. */
static void
local_esp_addr(struct worker *w, struct rte_mbuf *m, const struct rte_ipv4_hdr *ip)
{
	const struct iface *i = iface_by_id(w->tables, pkt_meta(m)->if_id);

	if (i != NULL && (i->n_addrs == 0 || ip->dst_addr != rte_cpu_to_be_32(i->addrs[0])))
		w->esp_addr_be = ip->dst_addr;
}

static void
local_ike(struct worker *w, struct rte_mbuf *m)
{
	if (!local_forged(w, m))
		punt(w, m, CHAN_CLASS_IKE);
}

/*
 * UDP port 4500, RFC 3948 section 2: a keepalive, IKE behind four zero bytes, or ESP. Of ESP the
 * UDP header is taken out and the peer's port kept; to a checksum nobody looks, the ICV is better.
 */
static void
local_nat_t(struct worker *w, struct rte_mbuf *m, unsigned int off)
{
	struct rte_ipv4_hdr *ip = mbuf_ip4(m);
	const struct rte_udp_hdr *udp = RTE_PTR_ADD(ip, off);
	unsigned int udp_len = rte_be_to_cpu_16(udp->dgram_len), len;
	uint8_t *data = RTE_PTR_ADD(udp, sizeof(*udp));
	uint32_t marker;

	if (udp_len < sizeof(*udp) || udp_len > m->data_len - off) {
		pkt_drop(w, m, CHAN_DROP_RX_RUNT);
		return;
	}
	len = udp_len - (unsigned int)sizeof(*udp);
	if (len == 1 && data[0] == NAT_T_KEEPALIVE) {
		w->stats->nat_keepalives++;
		w->stats->absorbed++;
		rte_pktmbuf_free(m);
		return;
	}
	if (len < sizeof(marker)) {
		pkt_drop(w, m, CHAN_DROP_ESP_SHORT);
		return;
	}
	memcpy(&marker, data, sizeof(marker));
	if (marker == 0) {
		local_ike(w, m);
		return;
	}
	local_esp_addr(w, m, ip);
	pkt_origin_at(m)->udp_src = udp->src_port;
	pkt_meta(m)->flags |= PKT_ESP_UDP;
	ip->next_proto_id = IPPROTO_ESP;
	ip->total_length = rte_cpu_to_be_16((uint16_t)(off + len));
	memmove(RTE_PTR_ADD(ip, sizeof(*udp)), ip, off);
	mbuf_set(m, m->data_off + (unsigned int)sizeof(*udp), off + len);
	pktvec_add(&w->esp_decrypt, m, esp_slot(w->tables->sas, data));
}

/* Is the checksum of the datagram at @udp, which is all there, right, if it has one? RFC 768. */
static bool
udp_cksum_ok(const struct rte_ipv4_hdr *ip, const struct rte_udp_hdr *udp)
{
	uint32_t sum;

	if (udp->dgram_cksum == 0)
		return true;
	sum = inet_sum(&ip->src_addr, 2 * sizeof(ip->src_addr), 0);
	sum += (uint32_t)udp->dgram_len + RTE_BE16(IPPROTO_UDP);
	sum += inet_sum(udp, rte_be_to_cpu_16(udp->dgram_len), 0);
	return inet_sum_fold(sum) == 0;
}

/* UDP for a port that nobody serves. What was spoilt on its way may have been for another: nobody
 * is told (RFC 1122 section 4.1.3.4). */
static void
local_udp_refuse(struct worker *w, struct rte_mbuf *m, const struct rte_udp_hdr *udp)
{
	const struct rte_ipv4_hdr *ip = mbuf_ip4(m);
	unsigned int len = rte_be_to_cpu_16(udp->dgram_len);

	if (len < sizeof(*udp) || len > m->data_len - ip4_hdr_len(ip))
		pkt_drop(w, m, CHAN_DROP_RX_RUNT);
	else if (!udp_cksum_ok(ip, udp))
		pkt_drop(w, m, CHAN_DROP_LOCAL_PROTO);
	else
		icmp_error(w, m, ICMP_UNREACH, ICMP_UNREACH_PORT, 0, CHAN_DROP_LOCAL_PROTO);
}

static void
local_udp(struct worker *w, struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = mbuf_ip4(m);
	unsigned int off = ip4_hdr_len(ip);
	const struct rte_udp_hdr *udp;

	if (m->data_len < off + sizeof(*udp)) {
		pkt_drop(w, m, CHAN_DROP_RX_RUNT);
		return;
	}
	udp = rte_pktmbuf_mtod_offset(m, const struct rte_udp_hdr *, off);
	if (udp->dst_port == RTE_BE16(PORT_IKE_NAT_T))
		local_nat_t(w, m, off);
	else if (udp->dst_port == RTE_BE16(PORT_IKE))
		local_ike(w, m);
	else if (!local_forged(w, m))
		local_udp_refuse(w, m, udp);
}

static void
local_icmp(struct worker *w, struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = mbuf_ip4(m);
	unsigned int off = ip4_hdr_len(ip);
	const struct icmp_hdr *icmp;

	if (m->data_len < off + sizeof(*icmp)) {
		pkt_drop(w, m, CHAN_DROP_ICMP_BAD);
		return;
	}
	icmp = rte_pktmbuf_mtod_offset(m, const struct icmp_hdr *, off);
	if (rte_raw_cksum(icmp, m->data_len - off) != 0xffff)
		pkt_drop(w, m, CHAN_DROP_ICMP_BAD);
	else if (icmp->type == ICMP_ECHO)
		icmp_echo_reply(w, m);
	else
		punt(w, m, CHAN_CLASS_ICMP);
}

/* Nothing here speaks TCP, but for probes that want to know whether somebody else does. */
static void
local_tcp(struct worker *w, struct rte_mbuf *m)
{
	unsigned int off = ip4_hdr_len(mbuf_ip4(m));
	const struct rte_tcp_hdr *tcp = rte_pktmbuf_mtod_offset(m, const struct rte_tcp_hdr *, off);

	if (m->data_len < off + sizeof(*tcp))
		pkt_drop(w, m, CHAN_DROP_RX_RUNT);
	else if ((tcp->tcp_flags & RTE_TCP_ACK_FLAG) != 0 &&
			(tcp->tcp_flags & (RTE_TCP_SYN_FLAG | RTE_TCP_RST_FLAG)) != 0 &&
			rte_be_to_cpu_16(tcp->dst_port) >= CHAN_PROBE_PORT_MIN)
		punt(w, m, CHAN_CLASS_OTHER);
	else
		icmp_error(w, m, ICMP_UNREACH, ICMP_UNREACH_PORT, 0, CHAN_DROP_LOCAL_PROTO);
}

/* What is neither ESP, GRE nor UDP. */
static void
local_other(struct worker *w, struct rte_mbuf *m)
{
	if (local_forged(w, m))
		return;
	switch (mbuf_ip4(m)->next_proto_id) {
	case IPPROTO_ICMP:
		local_icmp(w, m);
		break;
	case IPPROTO_OSPF:
		punt(w, m, CHAN_CLASS_OSPF);
		break;
	case IPPROTO_VRRP:
		punt(w, m, CHAN_CLASS_VRRP);
		break;
	case IPPROTO_TCP:
		local_tcp(w, m);
		break;
	default:
		icmp_error(w, m, ICMP_UNREACH, ICMP_UNREACH_PROTOCOL, 0, CHAN_DROP_LOCAL_PROTO);
		break;
	}
}

static inline void
ip4_local_one(struct worker *w, struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = mbuf_ip4(m);

	if (unlikely((ip->fragment_offset & IP4_FRAG_BITS) != 0)) {
		m = reass_put(w, m);
		if (m == NULL)
			return;
		ip = mbuf_ip4(m);
	}
	if (likely(ip->next_proto_id == IPPROTO_ESP)) {
		local_esp_addr(w, m, ip);
		pktvec_add(&w->esp_decrypt, m,
				esp_slot(w->tables->sas, (const char *)ip + ip4_hdr_len(ip)));
		return;
	}
	if (ip->next_proto_id == IPPROTO_GRE)
		pktvec_add(&w->gre_decap, m, NULL);
	else if (ip->next_proto_id == IPPROTO_UDP)
		local_udp(w, m);
	else
		local_other(w, m);
}

void
ip4_local(struct worker *w)
{
	struct pktvec *v = &w->ip4_local;
	unsigned int n = v->n;

	v->n = 0;
	for (unsigned int i = 0; i < n; i++) {
		struct rte_mbuf *m = v->m[i];

		if (unlikely((mbuf_ip4(m)->fragment_offset & IP4_FRAG_BITS) != 0) && i + 1 < n &&
				reass_pair(w, m, v->m[i + 1]))
			i++;
		ip4_local_one(w, m);
	}
}
