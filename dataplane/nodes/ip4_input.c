/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ip4_input - what RFC 1812 section 5.2.2 demands of a packet before anything is done with it,
 * and the martians of section 5.3.7.
 *
 * ethernet_input and gre_decap let usual packets past (ip4_usual() makes the same checks); what
 * comes here has options, is malformed, multicast, or came with a VLAN tag.
 *
 * in     data at the IPv4 header (not looked at yet), single segment
 * out    ip4_lookup  unicast; trimmed to its total length
 *        ip4_verify  the same with PKT_VERIFY
 *        punt        multicast that is listened to, fragments put together
 * drops  RX_RUNT, IP_VERSION, IP_LENGTH, IP_CHECKSUM, IP_MARTIAN_SRC, IP_MARTIAN_DST, IP_OPTIONS
 *        (with an ICMP error if they are malformed), IP_BROADCAST
 *
 * Options (section 5.2.2, RFC 7126): source routes are refused; record route and timestamp need
 * not be honoured (section 4.2.2.2 lets a router be configured so) and go through as they are;
 * a router alert is for packets that a router on the way must look at: nothing here does.
 */
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>

#include "common/inet.h"
#include "dataplane/nodes/ip4.h"
#include "dataplane/nodes/nodes.h"
#include "dataplane/nodes/reass.h"

#define ADDR_ALL_OSPF 0xe0000005u /* 224.0.0.5 */
#define ADDR_DR_OSPF  0xe0000006u /* 224.0.0.6 */
#define ADDR_VRRP     0xe0000012u /* 224.0.0.18 */

#define IPPROTO_OSPF 89
#define IPPROTO_VRRP 112

#define PREFETCH_AHEAD 4

/* clang-format off */
const uint8_t addr_classes[256] = {
	[0] = ADDR_BAD_SRC | ADDR_BAD_DST,           /* RFC 1122: this network */
	[127] = ADDR_BAD_SRC | ADDR_BAD_DST,         /* loopback */
	[224 ... 239] = ADDR_BAD_SRC | ADDR_CAST,    /* multicast */
	[240 ... 254] = ADDR_BAD_SRC | ADDR_BAD_DST, /* RFC 1112: reserved */
	[255] = ADDR_BAD_SRC | ADDR_CAST,            /* limited broadcast; reserved */
};
/* clang-format on */

/* To a group that the control plane listens to. */
static void
ip4_group(struct worker *w, struct rte_mbuf *m, enum chan_class cls)
{
	if ((mbuf_ip4(m)->fragment_offset & IP4_FRAG_BITS) != 0)
		m = reass_put(w, m);
	if (m != NULL)
		punt(w, m, cls);
}

/*
 * Multicast and broadcast. Nothing is routed that way (no multicast routing, RFC 2644); the
 * groups of the protocols we speak are for the control plane.
 */
static void
ip4_cast(struct worker *w, struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = mbuf_ip4(m);
	uint32_t dst = rte_be_to_cpu_32(ip->dst_addr);

	if ((dst >> 24) == 255 && dst != UINT32_MAX)
		pkt_drop(w, m, CHAN_DROP_IP_MARTIAN_DST);
	else if ((dst == ADDR_ALL_OSPF || dst == ADDR_DR_OSPF) && ip->next_proto_id == IPPROTO_OSPF)
		ip4_group(w, m, CHAN_CLASS_OSPF);
	else if (dst == ADDR_VRRP && ip->next_proto_id == IPPROTO_VRRP)
		ip4_group(w, m, CHAN_CLASS_VRRP);
	else
		pkt_drop(w, m, CHAN_DROP_IP_BROADCAST);
}

enum options { OPTIONS_GOOD, OPTIONS_REFUSED, OPTIONS_MALFORMED };

/* Are the options well-formed and none of them refused? *@at: of a malformed one where it begins,
 * counted from the header on. */
static enum options
ip4_check_options(const struct rte_ipv4_hdr *ip, unsigned int hdr_len, unsigned int *at)
{
	const uint8_t *p = (const uint8_t *)ip;
	unsigned int len;

	for (*at = sizeof(*ip); *at < hdr_len; *at += len) {
		len = 1;
		if (p[*at] == IPOPT_EOL)
			break;
		if (p[*at] == IPOPT_NOP)
			continue;
		if (*at + 2 > hdr_len)
			return OPTIONS_MALFORMED;
		len = p[*at + 1];
		if (len < 2 || *at + len > hdr_len)
			return OPTIONS_MALFORMED;
		if (p[*at] == IPOPT_LSRR || p[*at] == IPOPT_SSRR)
			return OPTIONS_REFUSED;
	}
	return OPTIONS_GOOD;
}

/* The reason to drop a packet with a header that is not the plain one, its options aside, or
 * CHAN_N_DROPS: there is none. */
static enum chan_drop
ip4_check_header(const struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = mbuf_ip4(m);
	unsigned int len = ip4_hdr_len(ip), total = rte_be_to_cpu_16(ip->total_length);

	if ((ip->version_ihl >> 4) != 4 || len < sizeof(*ip))
		return CHAN_DROP_IP_VERSION;
	if (len > m->data_len || total < len || total > m->data_len)
		return CHAN_DROP_IP_LENGTH;
	return rte_raw_cksum(ip, len) == 0xffff ? CHAN_N_DROPS : CHAN_DROP_IP_CHECKSUM;
}

/*
 * A packet whose header is not the plain one: options, or a wrong version or length. Of malformed
 * options the sender is told which (RFC 1812 section 4.3.3.5), unless that may not be who it says.
 * @return false: it was dropped.
 */
static bool
ip4_header_ok(struct worker *w, struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = mbuf_ip4(m);
	enum chan_drop why = ip4_check_header(m);
	enum options options;
	unsigned int at;

	if (why != CHAN_N_DROPS) {
		pkt_drop(w, m, why);
		return false;
	}
	options = ip4_check_options(ip, ip4_hdr_len(ip), &at);
	if (options == OPTIONS_GOOD)
		return true;
	mbuf_set(m, m->data_off, rte_be_to_cpu_16(ip->total_length));
	if (options == OPTIONS_MALFORMED && !(pkt_meta(m)->flags & PKT_VERIFY))
		icmp_error(w, m, ICMP_PARAMETERPROB, 0, at << 24, CHAN_DROP_IP_OPTIONS);
	else
		pkt_drop(w, m, CHAN_DROP_IP_OPTIONS);
	return false;
}

/* The header is right. */
static inline void
ip4_pass(struct worker *w, struct rte_mbuf *m)
{
	if (unlikely(pkt_meta(m)->flags & PKT_VERIFY))
		pktvec_add(&w->ip4_verify, m, NULL);
	else
		lookup_add(w, m, 0);
}

/* A packet that is not the usual one, @h its first 20 bytes: why, and what becomes of it. */
static void
ip4_unusual(struct worker *w, struct rte_mbuf *m, const struct ip4_words *h)
{
	const struct rte_ipv4_hdr *ip = mbuf_ip4(m);
	unsigned int total = rte_be_to_cpu_16(ip->total_length);
	uint8_t src = addr_classes[h->b >> 32 & 0xff], dst = addr_classes[h->c & 0xff];

	if (ip->version_ihl != RTE_IPV4_VHL_DEF) {
		if (!ip4_header_ok(w, m))
			return;
	} else if (total < sizeof(*ip) || total > m->data_len) {
		pkt_drop(w, m, CHAN_DROP_IP_LENGTH);
		return;
	} else if (!ip4_sum_ok(h)) {
		pkt_drop(w, m, CHAN_DROP_IP_CHECKSUM);
		return;
	}
	m->data_len = (uint16_t)total;
	m->pkt_len = total;
	if (src & ADDR_BAD_SRC)
		pkt_drop(w, m, CHAN_DROP_IP_MARTIAN_SRC);
	else if (dst & ADDR_BAD_DST)
		pkt_drop(w, m, CHAN_DROP_IP_MARTIAN_DST);
	else if (dst & ADDR_CAST)
		ip4_cast(w, m);
	else if (pkt_meta(m)->flags & PKT_L2_CAST) /* RFC 1122 section 3.3.6, RFC 1812 5.3.4 */
		pkt_drop(w, m, CHAN_DROP_IP_BROADCAST);
	else
		ip4_pass(w, m);
}

static inline void
ip4_input_one(struct worker *w, struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = mbuf_ip4(m);
	struct ip4_words h;

	if (unlikely(m->data_len < sizeof(*ip))) {
		pkt_drop(w, m, CHAN_DROP_RX_RUNT);
		return;
	}
	h = ip4_load(ip);
	if (unlikely(!ip4_usual(&h, m->data_len) || (pkt_meta(m)->flags & PKT_L2_CAST))) {
		ip4_unusual(w, m, &h);
		return;
	}
	mbuf_set(m, m->data_off, ip4_total(&h)); /* without the padding of a short frame */
	ip4_pass(w, m);
}

void
ip4_input(struct worker *w)
{
	struct pktvec *v = &w->ip4_input;
	unsigned int n = v->n;

	v->n = 0;
	for (unsigned int i = 0; i < n; i++) {
		if (i + PREFETCH_AHEAD < n)
			rte_prefetch0(rte_pktmbuf_mtod(v->m[i + PREFETCH_AHEAD], void *));
		ip4_input_one(w, v->m[i]);
	}
}
