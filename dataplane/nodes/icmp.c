/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * icmp - ICMP that the dataplane answers itself (RFC 792, RFC 1812 section 4.3): echo replies and
 * errors, both limited by a token bucket each.
 *
 * drops  the reason given, ICMP_LIMIT for echo requests
 */
#include <netinet/ip_icmp.h>

#include "common/inet.h"
#include "dataplane/nodes/icmp.h"
#include "dataplane/nodes/ip4.h"
#include "dataplane/nodes/nodes.h"

#define ICMP_TTL     64
#define ICMP_TOS     0xc0 /* RFC 1812 section 4.3.2.5: precedence internetwork control */
#define ICMP_MAX_LEN 576  /* RFC 1812 section 4.3.2.3: as much as fits without exceeding it */

/* Take a token; the bucket holds a quarter of a second's worth. */
static bool
bucket_take(const struct worker *w, uint32_t *tokens, uint64_t *tsc, uint32_t per_s)
{
	uint64_t depth = per_s / 4 + 1, elapsed = w->now_tsc - *tsc, add;

	if (per_s == 0)
		return false;
	if (elapsed > w->tsc_hz)
		elapsed = w->tsc_hz;
	add = elapsed * per_s / w->tsc_hz;
	if (add > 0) {
		*tokens = (uint32_t)RTE_MIN(*tokens + add, depth);
		*tsc = w->now_tsc;
	}
	if (*tokens == 0)
		return false;
	--*tokens;
	return true;
}

bool
icmp_may_error(struct worker *w)
{
	return bucket_take(w, &w->icmp_error_tokens, &w->icmp_error_tsc,
			__atomic_load_n(&w->tables->param.icmp_error_pps, __ATOMIC_RELAXED));
}

bool
icmp_may_echo(struct worker *w)
{
	return bucket_take(w, &w->icmp_echo_tokens, &w->icmp_echo_tsc,
			__atomic_load_n(&w->tables->param.icmp_echo_pps, __ATOMIC_RELAXED));
}

void
icmp_echo_reply(struct worker *w, struct rte_mbuf *m)
{
	struct rte_ipv4_hdr *ip = mbuf_ip4(m);
	unsigned int options = ip4_hdr_len(ip) - (unsigned int)sizeof(*ip);
	rte_be32_t src = ip->src_addr, dst = ip->dst_addr;
	uint8_t tos = ip->type_of_service;
	struct icmp_hdr *icmp;
	uint32_t sum;

	if (!icmp_may_echo(w)) {
		pkt_drop(w, m, CHAN_DROP_ICMP_LIMIT);
		return;
	}
	rte_pktmbuf_adj(m, (uint16_t)options);
	ip = mbuf_ip4(m);
	*ip = (struct rte_ipv4_hdr){
		.version_ihl = RTE_IPV4_VHL_DEF,
		.type_of_service = tos,
		.total_length = rte_cpu_to_be_16(m->data_len),
		.packet_id = w->ip_id++,
		.time_to_live = ICMP_TTL,
		.next_proto_id = IPPROTO_ICMP,
		.src_addr = dst,
		.dst_addr = src,
	};
	ip4_set_cksum(ip);
	/* RFC 1624: only the type has changed, from 8 to 0. */
	icmp = (struct icmp_hdr *)(ip + 1);
	icmp->type = ICMP_ECHOREPLY;
	sum = (uint16_t)~icmp->cksum + (uint32_t)(uint16_t)~RTE_BE16(ICMP_ECHO << 8);
	sum = (sum & 0xffff) + (sum >> 16);
	icmp->cksum = (rte_be16_t)~sum;
	pkt_meta_ours(m);
	w->stats->absorbed++;
	w->stats->made++;
	lookup_add(w, m, LOOKUP_TTL_DONE);
}

static bool
icmp_is_error(uint8_t type)
{
	return type == ICMP_UNREACH || type == ICMP_SOURCEQUENCH || type == ICMP_REDIRECT ||
			type == ICMP_TIME_EXCEEDED || type == ICMP_PARAMETERPROB;
}

/* A ping of the operator's, which hears of errors as it would from another router. */
static bool
icmp_is_own_echo(struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = mbuf_ip4(m);
	unsigned int len = ip4_hdr_len(ip);

	return (pkt_meta(m)->flags & PKT_CONTROL) != 0 && ip->next_proto_id == IPPROTO_ICMP &&
			m->data_len > len &&
			*rte_pktmbuf_mtod_offset(m, uint8_t *, len) == ICMP_ECHO;
}

/* Is @dst (host order) the broadcast address of a network that we are on? */
static bool
icmp_is_to_many(const struct worker *w, uint32_t dst)
{
	const struct iface *i;
	uint64_t number;
	hop_t hop;

	fib_lookup(w->tables->fib, &dst, &number, 1);
	hop = hop_by_number(w->tables, number);
	if (hop_tag(hop) != HOP_GLEAN && hop_tag(hop) != HOP_DOWN)
		return false;
	i = iface_by_id(w->tables, ((const struct nexthop *)hop_ptr(hop))->if_id);
	return i != NULL && iface_is_bcast(i, dst);
}

/* The address an error about @m is sent from; 0: none may be sent. RFC 1812 section 4.3.2.7. */
static uint32_t
icmp_error_source(const struct worker *w, struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = mbuf_ip4(m);
	const struct pkt_meta *meta = pkt_meta(m);
	unsigned int len = ip4_hdr_len(ip);
	uint32_t src = rte_be_to_cpu_32(ip->src_addr);
	const struct tunnel *tun;
	const struct iface *i;

	if (meta->flags & (PKT_OURS | PKT_L2_CAST))
		return icmp_is_own_echo(m) ? src : 0;
	if ((ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_OFFSET_MASK)) != 0)
		return 0;
	if (!ip4_is_unicast_host(src) || !ip4_is_unicast_host(rte_be_to_cpu_32(ip->dst_addr)))
		return 0;
	if (ip->next_proto_id == IPPROTO_ICMP &&
			(m->data_len <= len ||
			 icmp_is_error(*rte_pktmbuf_mtod_offset(m, uint8_t *, len))))
		return 0;
	if (ip4_is_ours(w->tables, src) ||
			icmp_is_to_many(w, rte_be_to_cpu_32(ip->dst_addr)))
		return 0;
	tun = tunnel_by_id(w->tables, pkt_origin(m).tun_id);
	if (tun != NULL)
		return tun->icmp_src;
	i = iface_by_id(w->tables, meta->if_id);
	if (i == NULL || i->n_addrs == 0 || iface_is_bcast(i, src))
		return 0;
	return i->addrs[0];
}

static struct rte_mbuf *
icmp_error_build(struct worker *w, const struct rte_mbuf *about, uint32_t src)
{
	uint16_t headers = sizeof(struct rte_ipv4_hdr) + sizeof(struct icmp_hdr);
	uint16_t quote = (uint16_t)RTE_MIN(about->data_len, ICMP_MAX_LEN - headers);
	struct rte_mbuf *m = rte_pktmbuf_alloc(w->pool);
	struct rte_ipv4_hdr *ip;

	if (m == NULL)
		return NULL;
	ip = (struct rte_ipv4_hdr *)rte_pktmbuf_append(m, (uint16_t)(headers + quote));
	if (ip == NULL) {
		rte_pktmbuf_free(m);
		return NULL;
	}
	*ip = (struct rte_ipv4_hdr){
		.version_ihl = RTE_IPV4_VHL_DEF,
		.type_of_service = ICMP_TOS,
		.total_length = rte_cpu_to_be_16((uint16_t)(headers + quote)),
		.packet_id = w->ip_id++,
		.time_to_live = ICMP_TTL,
		.next_proto_id = IPPROTO_ICMP,
		.src_addr = rte_cpu_to_be_32(src),
		.dst_addr = mbuf_ip4(about)->src_addr,
	};
	ip4_set_cksum(ip);
	memcpy((char *)ip + headers, mbuf_ip4(about), quote);
	return m;
}

void
icmp_error(struct worker *w, struct rte_mbuf *about, uint8_t type, uint8_t code, uint32_t arg,
		enum chan_drop why)
{
	uint32_t src = icmp_error_source(w, about);
	struct rte_mbuf *m = NULL;
	struct icmp_hdr *icmp;

	if (src != 0 && icmp_may_error(w))
		m = icmp_error_build(w, about, src);
	pkt_drop(w, about, why);
	if (m == NULL)
		return;
	icmp = rte_pktmbuf_mtod_offset(m, struct icmp_hdr *, sizeof(struct rte_ipv4_hdr));
	*icmp = (struct icmp_hdr){ .type = type, .code = code,
		.rest = { rte_cpu_to_be_16((uint16_t)(arg >> 16)),
			rte_cpu_to_be_16((uint16_t)arg) } };
	icmp->cksum = (rte_be16_t)~rte_raw_cksum(icmp, m->data_len - sizeof(struct rte_ipv4_hdr));
	pkt_meta_ours(m);
	w->stats->made++;
	lookup_add(w, m, LOOKUP_TTL_DONE);
}
