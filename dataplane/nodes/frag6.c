/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * frag6 - the fragment header of IPv6 packets for one of our addresses (RFC 8200 section 4.5).
 *
 * in     from ip6_local: data at the IPv6 header, a fragment header in its chain
 * out    the packet without it to the caller: an atomic fragment (RFC 6946) at once, all others by
 *        way of reass.c
 * drops  IP6_FRAGMENT, IP6_EXT, and those of reass.c
 *
 * The first fragment must hold all headers, the upper layer's too (RFC 7112): else nobody could
 * tell from it what the packet is. A fragment header behind a fragment header is refused.
 */
#include "dataplane/nodes/frag6.h"
#include "dataplane/nodes/ip6.h"
#include "dataplane/nodes/reass.h"

#define TCP_HDR_LEN  20
#define UDP_HDR_LEN  8
#define ICMP_HDR_LEN 8

bool
frag6_read(const struct rte_mbuf *m, struct frag6 *f)
{
	struct ip6_at at = ip6_at_start(m);
	const uint8_t *p;
	uint16_t word;

	if (!ip6_skip(m, &at) || at.proto != IP6_FRAGMENT || m->data_len < at.off + FRAG6_HDR_LEN)
		return false;
	p = rte_pktmbuf_mtod_offset(m, const uint8_t *, at.off);
	word = (uint16_t)(p[FRAG6_OFFSET_FIELD] << 8 | p[FRAG6_OFFSET_FIELD + 1]);
	*f = (struct frag6){ .off = at.off, .field = at.field, .next = p[0],
		.offset = word & ~7u, .more = (word & FRAG6_MORE) != 0 };
	memcpy(&f->id, p + 4, sizeof(f->id));
	return true;
}

void
frag6_strip(struct rte_mbuf *m, const struct frag6 *f)
{
	unsigned int l2_len = pkt_meta(m)->l3_off;
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);
	struct rte_ipv6_hdr *ip;

	p[f->field] = f->next;
	memmove(p - l2_len + FRAG6_HDR_LEN, p - l2_len, l2_len + f->off);
	mbuf_set(m, m->data_off + FRAG6_HDR_LEN, m->data_len - FRAG6_HDR_LEN);
	ip = mbuf_ip6(m);
	ip->payload_len = rte_cpu_to_be_16((uint16_t)(m->data_len - sizeof(*ip)));
}

/* The shortest header of @proto; 0: not known here. */
static unsigned int
upper_len(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return TCP_HDR_LEN;
	case IPPROTO_UDP:
		return UDP_HDR_LEN;
	case IP6_ICMP:
		return ICMP_HDR_LEN;
	default:
		return 0;
	}
}

/* Has @m, a first fragment, all its headers, and such as we take? Else it is dropped. */
static bool
first_ok(struct worker *w, struct rte_mbuf *m, const struct frag6 *f)
{
	const struct ip6_at behind = { .off = f->off + FRAG6_HDR_LEN, .field = f->off, .n = 1,
		.proto = f->next };
	struct ip6_at at = behind;
	bool ok = ip6_skip(m, &at);

	if (!ok && at.off + 8 <= m->data_len) {
		pkt_drop(w, m, CHAN_DROP_IP6_EXT);
		return false;
	}
	if (!ok || m->data_len < at.off + upper_len(at.proto)) {
		icmp6_error(w, m, ICMP6_PARAM_PROBLEM, ICMP6_PARAM_CHAIN, 0,
				CHAN_DROP_IP6_FRAGMENT);
		return false;
	}
	if (at.proto == IP6_FRAGMENT) {
		pkt_drop(w, m, CHAN_DROP_IP6_FRAGMENT);
		return false;
	}
	at = behind;
	return ip6_ext_ok(w, m, &at);
}

struct rte_mbuf *
frag6_input(struct worker *w, struct rte_mbuf *m)
{
	struct frag6 f;

	if (!frag6_read(m, &f)) {
		pkt_drop(w, m, CHAN_DROP_IP6_FRAGMENT);
		return NULL;
	}
	if (f.offset == 0 && !first_ok(w, m, &f))
		return NULL;
	if (f.offset != 0 || f.more)
		return reass_put6(w, m, f.id);
	frag6_strip(m, &f);
	return m;
}
