/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ethernet_input - whose frame is it, and what is in it (IEEE 802.3, 802.1Q).
 *
 * in     frames as received from one port
 * out    ip4_lookup   data at the IPv4 header, pkt_meta filled in: untagged and usual
 *        esp_decrypt  the same, ESP for the interface's own address, or for the address of ours
 *                     that other ESP came for last; out of UDP, too
 *        ip4_input    the same, all other IPv4, and what follows such a packet in the burst
 *        ip6_input    the same, IPv6
 *        punt         ARP
 * drops  RX_RUNT, ETH_TYPE, ETH_VLAN, ETH_NOT_US, IF_DOWN, NO_MBUF
 */
#include <string.h>

#include <immintrin.h>

#include <rte_udp.h>

#include "dataplane/nodes/esp.h"
#include "dataplane/nodes/ip4.h"
#include "dataplane/nodes/nodes.h"

#define MAC_MASK      UINT64_C(0xffffffffffff) /* the first six bytes, on a little-endian machine */
#define MAC_GROUP_BIT UINT64_C(1)
static_assert(RTE_BYTE_ORDER == RTE_LITTLE_ENDIAN, "MAC addresses are compared as numbers");

#define PORT_NAT_T 4500

/* Packets ahead: an mbuf, which says where the data is; then the data. */
#define MBUFS_AHEAD 12
#define DATA_AHEAD  4

static inline uint64_t
mac_load(const void *mac)
{
	uint64_t v;

	memcpy(&v, mac, sizeof(v));
	return v & MAC_MASK;
}

/* Interface and length of the Ethernet header of a frame whose type is not plain IPv4. */
static const struct iface *
eth_classify(struct iface *const *vlans, const struct rte_mbuf *m, rte_be16_t *type,
		unsigned int *l2_len, enum chan_drop *why)
{
	const struct rte_ether_hdr *eth = rte_pktmbuf_mtod(m, const struct rte_ether_hdr *);
	const struct rte_vlan_hdr *tag = (const struct rte_vlan_hdr *)(eth + 1);
	const struct iface *i;
	unsigned int vlan = 0;

	*l2_len = sizeof(*eth);
	*type = eth->ether_type;
	if (*type == RTE_BE16(RTE_ETHER_TYPE_VLAN)) {
		if (m->data_len < sizeof(*eth) + sizeof(*tag)) {
			*why = CHAN_DROP_RX_RUNT;
			return NULL;
		}
		*l2_len += sizeof(*tag);
		*type = tag->eth_proto;
		vlan = rte_be_to_cpu_16(tag->vlan_tci) & 0xfff; /* 0: just a priority */
	}
	*why = CHAN_DROP_ETH_VLAN;
	i = vlans != NULL ? __atomic_load_n(&vlans[vlan], __ATOMIC_ACQUIRE) : NULL;
	if (i != NULL && !i->admin_up) {
		*why = CHAN_DROP_IF_DOWN;
		return NULL;
	}
	return i;
}

static inline uint8_t
eth_verify(uint8_t verify)
{
	return verify != CHAN_VERIFY_OFF ? PKT_VERIFY : 0;
}

/* Past the Ethernet header. */
static void
eth_accept(struct rte_mbuf *m, uint32_t if_id, unsigned int l2_len, uint8_t flags)
{
	*pkt_meta(m) = (struct pkt_meta){ .if_id = if_id, .l3_off = (uint8_t)l2_len,
		.flags = flags };
	mbuf_set(m, m->data_off + l2_len, m->data_len - l2_len);
}

/* All that is not a usual IPv4 packet, untagged, to our MAC address. */
static __rte_noinline void
eth_slow(struct worker *w, struct iface *const *vlans, struct rte_mbuf *m)
{
	const struct iface *i;
	enum chan_drop why;
	unsigned int l2_len;
	rte_be16_t type;
	uint64_t dst;
	uint8_t flags;

	if (m->nb_segs != 1 && rte_pktmbuf_linearize(m) != 0) {
		pkt_drop(w, m, CHAN_DROP_NO_MBUF);
		return;
	}
	if (m->data_len < sizeof(struct rte_ether_hdr)) {
		pkt_drop(w, m, CHAN_DROP_RX_RUNT);
		return;
	}
	i = eth_classify(vlans, m, &type, &l2_len, &why);
	if (i == NULL) {
		pkt_drop(w, m, why);
		return;
	}
	w->if_stats[i->id].in_packets++;
	w->if_stats[i->id].in_bytes += m->data_len;
	dst = mac_load(rte_pktmbuf_mtod(m, const void *));
	flags = dst & MAC_GROUP_BIT ? PKT_L2_CAST : 0;
	if (dst != mac_load(&i->mac) && flags == 0 &&
			!iface_has_vmac(i, rte_pktmbuf_mtod(m, const struct rte_ether_addr *))) {
		pkt_drop(w, m, CHAN_DROP_ETH_NOT_US);
	} else if (type == RTE_BE16(RTE_ETHER_TYPE_IPV4)) {
		eth_accept(m, i->id, l2_len, flags | eth_verify(i->verify4));
		pktvec_add(&w->ip4_input, m, NULL);
	} else if (type == RTE_BE16(RTE_ETHER_TYPE_IPV6)) {
		eth_accept(m, i->id, l2_len, flags | eth_verify(i->verify6));
		pktvec_add(&w->ip6_input, m, NULL);
	} else if (type == RTE_BE16(RTE_ETHER_TYPE_ARP)) {
		eth_accept(m, i->id, l2_len, flags);
		punt(w, m, CHAN_CLASS_ARP);
	} else {
		pkt_drop(w, m, CHAN_DROP_ETH_TYPE);
	}
}

/*
 * What a burst's frames have in common: 16 bytes of the frame and which of their bits matter,
 * twice. Then what a packet for ip4_lookup knows of itself.
 */
struct eth_burst {
	__m128i ip4, ip4_mask; /* from byte 0 on: our MAC address, IPv4, no options */
	__m128i vip4;          /* the same with the first virtual one, which hosts send to */
	__m128i esp, esp_mask; /* from byte ESP_AT on: no fragment, ESP, our first address */
	rte_be32_t addr_be;    /* that address, or 0 */
	rte_be32_t other_be;   /* another one of ours to which ESP goes, or the same */
	struct pkt_meta meta;
	const struct sa_table *sas;
	const struct fib *fib;
};
#define ESP_AT (sizeof(struct rte_ether_hdr) + offsetof(struct rte_ipv4_hdr, packet_id))

/* Where ESP went that came by ip4_local last, as long as that is an address of ours. */
static rte_be32_t
eth_other_addr(struct worker *w)
{
	if (w->esp_addr_be != 0 && !ip4_is_ours(w->tables, rte_be_to_cpu_32(w->esp_addr_be)))
		w->esp_addr_be = 0;
	return w->esp_addr_be;
}

static struct eth_burst
eth_burst(struct worker *w, const struct iface *i)
{
	uint8_t want[ESP_AT + 16] = { 0 }, mask[ESP_AT + 16] = { 0 };
	struct rte_ether_hdr eth = { .dst_addr = i->mac,
		.ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4) };
	struct rte_ether_hdr eth_mask = { .ether_type = UINT16_MAX };
	struct rte_ipv4_hdr ip = { .version_ihl = RTE_IPV4_VHL_DEF, .next_proto_id = IPPROTO_ESP,
		.dst_addr = i->n_addrs != 0 ? rte_cpu_to_be_32(i->addrs[0]) : 0 };
	struct rte_ipv4_hdr ip_mask = { .version_ihl = UINT8_MAX,
		.fragment_offset = IP4_FRAG_BITS, .next_proto_id = UINT8_MAX,
		.dst_addr = UINT32_MAX };
	struct eth_burst b = { .sas = w->tables->sas, .fib = w->tables->fib, .addr_be = ip.dst_addr,
		.other_be = eth_other_addr(w),
		.meta = { .if_id = i->id, .l3_off = sizeof(struct rte_ether_hdr),
			.flags = eth_verify(i->verify4) } };

	if (b.other_be == 0)
		b.other_be = b.addr_be;
	memset(&eth_mask.dst_addr, 0xff, sizeof(eth_mask.dst_addr));
	memcpy(want, &eth, sizeof(eth));
	memcpy(want + sizeof(eth), &ip, sizeof(ip));
	memcpy(mask, &eth_mask, sizeof(eth_mask));
	memcpy(mask + sizeof(eth), &ip_mask, sizeof(ip_mask));
	memcpy(&b.ip4, want, sizeof(b.ip4));
	memcpy(&b.ip4_mask, mask, sizeof(b.ip4));
	if (i->n_vmacs != 0)
		eth.dst_addr = iface_vmac(i->vmacs[0]);
	memcpy(want, &eth, sizeof(eth));
	memcpy(&b.vip4, want, sizeof(b.vip4));
	memcpy(&b.esp, want + ESP_AT, sizeof(b.esp));
	memcpy(&b.esp_mask, mask + ESP_AT, sizeof(b.esp));
	return b;
}

/* Has @p the bits of @want that are in @mask? */
static __rte_always_inline bool
eth_has(const void *p, __m128i want, __m128i mask)
{
	return _mm_testz_si128(_mm_xor_si128(_mm_loadu_si128(p), want), mask);
}

/* The two vectors that usual frames go to, their lengths in registers. @lookup: ip4_lookup's, or
 * that of ip4_verify, which does not care for ctx. */
struct eth_out {
	struct pktvec *lookup, *esp;
	unsigned int n_lookup, n_esp;
};

/*
 * ESP in UDP (RFC 3948) loses its UDP header, for esp_decrypt: the IPv4 header, without options,
 * moves up to ESP, @esp_len bytes. What follows that is cut off; the checksum stays right. Words of
 * 4 and 8 bytes, as they are loaded soon.
 */
static inline void
eth_out_of_udp(struct rte_mbuf *m, unsigned int esp_len)
{
	const unsigned int udp_len = sizeof(struct rte_udp_hdr);
	uint8_t *ip = rte_pktmbuf_mtod(m, uint8_t *);
	uint32_t total = (uint32_t)sizeof(struct rte_ipv4_hdr) + esp_len, sum;
	uint64_t first, addrs;
	uint32_t ttl; /* TTL, protocol, checksum */

	memcpy(&pkt_origin_at(m)->udp_src, ip + sizeof(struct rte_ipv4_hdr), sizeof(rte_be16_t));
	pkt_meta(m)->flags |= PKT_ESP_UDP;
	memcpy(&first, ip, 8);
	memcpy(&ttl, ip + 8, 4);
	memcpy(&addrs, ip + 12, 8);
	/* RFC 1624: the protocol is 50 instead of 17, and the length is another. */
	sum = (ttl >> 16) + (uint16_t)~RTE_BE16(IPPROTO_ESP - IPPROTO_UDP) +
			(uint16_t)(first >> 16) + (uint16_t)~rte_cpu_to_be_16((uint16_t)total);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	first = (first & ~UINT64_C(0xffff0000)) | rte_bswap32(total);
	ttl = (ttl & 0xff) | IPPROTO_ESP << 8 | sum << 16;
	memcpy(ip + udp_len, &first, 8);
	memcpy(ip + udp_len + 8, &ttl, 4);
	memcpy(ip + udp_len + 12, &addrs, 8);
	mbuf_set(m, m->data_off + udp_len, total);
}

/*
 * A usual packet for one of the two addresses: ESP for the second, or if there is ESP in UDP in it,
 * that is taken out. All else is for ip4_local, which does the same with what is less usual.
 * @return where the SA may be; NULL: it is no ESP.
 */
static __rte_noinline struct sa *
eth_esp_of(const struct sa_table *sas, struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = mbuf_ip4(m);
	const struct rte_udp_hdr *udp = (const struct rte_udp_hdr *)(ip + 1);
	unsigned int left = m->data_len - (unsigned int)sizeof(*ip), len;
	struct sa *sa;
	uint32_t marker;

	if ((ip->fragment_offset & IP4_FRAG_BITS) != 0)
		return NULL;
	if (ip->next_proto_id == IPPROTO_ESP)
		return esp_slot(sas, ip + 1);
	if (ip->next_proto_id != IPPROTO_UDP || left < sizeof(*udp) ||
			udp->dst_port != RTE_BE16(PORT_NAT_T))
		return NULL;
	len = rte_be_to_cpu_16(udp->dgram_len);
	if (len < sizeof(*udp) + sizeof(marker) || len > left)
		return NULL;
	memcpy(&marker, udp + 1, sizeof(marker));
	if (marker == 0) /* IKE */
		return NULL;
	sa = esp_slot(sas, udp + 1);
	rte_prefetch0(&sa->remote_port_be);
	eth_out_of_udp(m, len - (unsigned int)sizeof(*udp));
	return sa;
}

/*
 * The short way of the usual frame: untagged, to our MAC address, a usual IPv4 packet. ESP to the
 * two addresses needs no look-up.
 * @other: there is a second one. @return its length, or 0 if it is not one, and untouched.
 */
static __rte_always_inline unsigned int
eth_usual(const struct eth_burst *b, struct rte_mbuf *m, struct eth_out *out, bool other)
{
	const char *eth = rte_pktmbuf_mtod(m, const char *);
	const char *ip = eth + sizeof(struct rte_ether_hdr);
	unsigned int len = m->data_len;
	struct ip4_words h;
	struct sa *sa;

	if (unlikely(m->nb_segs != 1 || len < sizeof(struct rte_ether_hdr) +
			sizeof(struct rte_ipv4_hdr) ||
			(!eth_has(eth, b->ip4, b->ip4_mask) &&
			!eth_has(eth, b->vip4, b->ip4_mask))))
		return 0;
	h = ip4_load(ip);
	if (unlikely(!ip4_usual_rest(&h, len - (unsigned int)sizeof(struct rte_ether_hdr))))
		return 0;
	*pkt_meta(m) = b->meta;
	mbuf_set(m, m->data_off + sizeof(struct rte_ether_hdr), ip4_total(&h));
	if (eth_has(eth + ESP_AT, b->esp, b->esp_mask)) {
		out->esp->m[out->n_esp] = m;
		out->esp->ctx[out->n_esp++] = esp_slot(b->sas, ip + sizeof(struct rte_ipv4_hdr));
	} else if (unlikely(h.c == b->addr_be || (other && h.c == b->other_be)) &&
			(sa = eth_esp_of(b->sas, m)) != NULL) {
		out->esp->m[out->n_esp] = m;
		out->esp->ctx[out->n_esp++] = sa;
	} else {
		fib_prefetch(b->fib, rte_be_to_cpu_32(h.c));
		out->lookup->m[out->n_lookup] = m;
		out->lookup->ctx[out->n_lookup++] = (void *)lookup_ctx(h.c, 0);
	}
	return len;
}

/* The interface is not there, or down. */
static __rte_noinline void
eth_slow_all(struct worker *w, struct iface *const *vlans, struct rte_mbuf **m, uint16_t n)
{
	for (unsigned int k = 0; k < n; k++)
		eth_slow(w, vlans, m[k]);
}

static __rte_always_inline void
eth_prefetch(struct rte_mbuf *m)
{
	rte_prefetch0_write(rte_pktmbuf_mtod(m, void *));
}

static inline void
eth_prefetch_first(struct rte_mbuf **m, unsigned int n)
{
	for (unsigned int k = 0; k < n && k < MBUFS_AHEAD; k++)
		rte_prefetch0_write(m[k]);
	for (unsigned int k = 0; k < n && k < DATA_AHEAD; k++)
		eth_prefetch(m[k]);
}

/* A frame to where it belongs. @return its length if it is a usual one, else 0. */
static __rte_always_inline unsigned int
eth_one(struct worker *w, struct iface *const *vlans, const struct eth_burst *b, struct rte_mbuf *m,
		struct eth_out *out, bool other, unsigned int *n_usual)
{
	unsigned int len = eth_usual(b, m, out, other);

	if (unlikely(len == 0)) {
		eth_slow(w, vlans, m);
		--*n_usual;
	}
	return len;
}

/* ---- order --------------------------------------------------------------------------------- */

/*
 * A usual packet must not overtake one of its flow that takes a longer way: one with options, say,
 * by ip4_input; or a fragment for us, of ESP perhaps, which esp_decrypt gets by way of ip4_lookup
 * only. Which packets are of one flow cannot be told here, so all behind such a one go its way.
 */

/* To an address that ESP goes to esp_decrypt at once for? */
static inline bool
eth_is_our_fragment(const struct eth_burst *b, const struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip = mbuf_ip4(m);

	return (ip->fragment_offset & IP4_FRAG_BITS) != 0 &&
	       (ip->dst_addr == b->addr_be || ip->dst_addr == b->other_be);
}

static bool
eth_any_fragment(const struct eth_burst *b, const struct pktvec *v)
{
	for (unsigned int k = 0; k < v->n; k++)
		if (eth_is_our_fragment(b, v->m[k]))
			return true;
	return false;
}

/* May @m, in ip4_input, be of a usual packet's flow? Not with a VLAN tag, nor multicast. */
static inline bool
eth_is_before(const struct iface *i, struct rte_mbuf *m)
{
	return pkt_meta(m)->if_id == i->id && (pkt_meta(m)->flags & PKT_L2_CAST) == 0;
}

static bool
eth_any_before(const struct iface *i, const struct pktvec *v)
{
	for (unsigned int k = 0; k < v->n; k++)
		if (eth_is_before(i, v->m[k]))
			return true;
	return false;
}

/* Is @m the next of @v that has no place yet? @k: how many have one. */
static inline bool
eth_next_is(const struct pktvec *v, unsigned int k, const struct rte_mbuf *m)
{
	return k < v->n && v->m[k] == m;
}

/*
 * The vectors of the burst @m of @n frames, some of which are gone, as above: from the first
 * packet on that takes a longer way, those of @lookup and esp_decrypt are put into ip4_input, too,
 * all of it in the order in which they came.
 */
static __rte_noinline void
eth_order(struct worker *w, const struct iface *i, const struct eth_burst *b,
		struct rte_mbuf *const *m, unsigned int n, struct pktvec *lookup)
{
	struct pktvec *esp = &w->esp_decrypt, slow = w->ip4_input;
	unsigned int n_slow = 0, n_lookup = 0, n_esp = 0, left_lookup = 0, left_esp = 0;
	bool behind = false, fragments = esp->n != 0;

	w->ip4_input.n = 0;
	for (unsigned int k = 0; k < n; k++) {
		if (eth_next_is(&slow, n_slow, m[k])) {
			n_slow++;
			behind = behind || eth_is_before(i, m[k]);
		} else if (eth_next_is(lookup, n_lookup, m[k])) {
			n_lookup++;
			behind = behind || (fragments && eth_is_our_fragment(b, m[k]));
			left_lookup += !behind;
			if (!behind)
				continue;
		} else if (eth_next_is(esp, n_esp, m[k])) {
			n_esp++;
			left_esp += !behind;
			if (!behind)
				continue;
		} else {
			continue;
		}
		pktvec_add(&w->ip4_input, m[k], NULL);
	}
	lookup->n = (uint16_t)left_lookup;
	esp->n = (uint16_t)left_esp;
}

/* @lookup: where usual packets that are not ESP go; @other: as above. Constants: they stay out of
 * the loop. */
static __rte_always_inline void
eth_burst_run(struct worker *w, struct iface *const *vlans, const struct iface *i,
		struct rte_mbuf **m, unsigned int n, struct pktvec *lookup, bool other)
{
	struct eth_out out = { .lookup = lookup, .esp = &w->esp_decrypt,
		.n_lookup = lookup->n, .n_esp = w->esp_decrypt.n };
	struct eth_burst b = eth_burst(w, i);
	unsigned int n_usual = n, k = 0;
	uint64_t bytes = 0;

	eth_prefetch_first(m, n);
	for (; k + MBUFS_AHEAD < n; k++) {
		rte_prefetch0_write(m[k + MBUFS_AHEAD]);
		eth_prefetch(m[k + DATA_AHEAD]);
		bytes += eth_one(w, vlans, &b, m[k], &out, other, &n_usual);
	}
	for (; k < n; k++) {
		if (k + DATA_AHEAD < n)
			eth_prefetch(m[k + DATA_AHEAD]);
		bytes += eth_one(w, vlans, &b, m[k], &out, other, &n_usual);
	}
	lookup->n = (uint16_t)out.n_lookup;
	w->esp_decrypt.n = (uint16_t)out.n_esp;
	w->if_stats[i->id].in_packets += n_usual;
	w->if_stats[i->id].in_bytes += bytes;
	if ((unlikely(w->ip4_input.n != 0) && eth_any_before(i, &w->ip4_input)) ||
			(out.n_esp != 0 && unlikely(out.n_lookup != 0) &&
			eth_any_fragment(&b, lookup)))
		eth_order(w, i, &b, m, n, lookup);
}

static __rte_noinline void
eth_burst_verify(struct worker *w, struct iface *const *vlans, const struct iface *i,
		struct rte_mbuf **m, unsigned int n)
{
	eth_burst_run(w, vlans, i, m, n, &w->ip4_verify, true);
}

static __rte_noinline void
eth_burst_other(struct worker *w, struct iface *const *vlans, const struct iface *i,
		struct rte_mbuf **m, unsigned int n)
{
	eth_burst_run(w, vlans, i, m, n, &w->ip4_lookup, true);
}

void
ethernet_input(struct worker *w, uint16_t port, struct rte_mbuf **m, uint16_t n)
{
	struct iface *const *vlans = __atomic_load_n(&w->tables->vlans[port], __ATOMIC_ACQUIRE);
	const struct iface *i = NULL;

	w->stats->rx += n;
	if (vlans != NULL)
		i = __atomic_load_n(&vlans[0], __ATOMIC_ACQUIRE);
	if (unlikely(i == NULL || !i->admin_up))
		eth_slow_all(w, vlans, m, n);
	else if (unlikely(i->verify4 != CHAN_VERIFY_OFF))
		eth_burst_verify(w, vlans, i, m, n);
	else if (unlikely(w->esp_addr_be != 0))
		eth_burst_other(w, vlans, i, m, n);
	else
		eth_burst_run(w, vlans, i, m, n, &w->ip4_lookup, false);
}
