/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * trace - records of a packet's steps, kept aside until its end shows whether it matches: what
 * is inside a tunnel's packet is known late. What a node did is told by the counters, which
 * every node keeps anyway: drops, punts, packets held and sent.
 *
 * Records have headers and nothing else: addresses, ports, SPI, sequence number. No payload, be it
 * encrypted or not, and no keys: those are in no packet.
 */
#include <netinet/in.h>

#include <rte_cycles.h>
#include <rte_malloc.h>

#include "dataplane/nodes/ip4.h"
#include "dataplane/nodes/policy_key.h"
#include "dataplane/nodes/trace.h"
#include "dataplane/tables/tunnel.h"

#define STEPS_MAX 24

/* Counters as they were when the packet, or the node, began. */
struct trace_marks {
	uint64_t drops[CHAN_N_DROPS];
	uint64_t punted[CHAN_N_CLASSES];
	uint64_t held;
	uint16_t tx[CHAN_MAX_PORTS];
};

struct trace {
	struct trace_marks marks;
	bool addr_fits, if_fits, tun_fits, dropped;
	uint32_t n_packets; /* recorded in this trace */
	uint32_t trace_id;
	uint32_t n;
	struct chan_trace_rec recs[STEPS_MAX];
};

struct trace *
trace_new(int socket_id)
{
	return rte_zmalloc_socket("trace", sizeof(struct trace), RTE_CACHE_LINE_SIZE, socket_id);
}

void
trace_free(struct trace *t)
{
	rte_free(t);
}

struct trace_filter *
trace_running(const struct worker *w)
{
	struct trace_filter *f = __atomic_load_n(&w->tables->trace, __ATOMIC_ACQUIRE);

	if (likely(f == NULL) || __atomic_load_n(&f->left, __ATOMIC_RELAXED) == 0 ||
			worker_rings(w) == NULL)
		return NULL;
	return f;
}

/* ---- what matches --------------------------------------------------------------------------- */

static bool
prefix_fits(rte_be32_t addr_be, uint32_t prefix, uint8_t len)
{
	return len == 0 || ((rte_be_to_cpu_32(addr_be) ^ prefix) >> (32 - len)) == 0;
}

static bool
prefix6_fits(const uint8_t addr[16], const uint8_t prefix[16], uint8_t len)
{
	struct ip6_prefix p = { .len = len };
	struct ip6_addr a;

	memcpy(&p.addr, prefix, sizeof(p.addr));
	memcpy(&a, addr, sizeof(a));
	return len == 0 || ip6_prefix_contains(&p, &a);
}

static bool
upper_fits(const struct chan_trace *want, uint8_t proto, rte_be16_t sport, rte_be16_t dport)
{
	return (want->proto == 0 || want->proto == proto) &&
			(want->sport == 0 || want->sport == rte_be_to_cpu_16(sport)) &&
			(want->dport == 0 || want->dport == rte_be_to_cpu_16(dport));
}

static bool
ip4_fits(const struct chan_trace *want, const struct rte_ipv4_hdr *ip, unsigned int have)
{
	struct policy_key k = policy_key_of(ip, have);

	return want->family != 6 && prefix_fits(k.src, want->src, want->src_len) &&
			prefix_fits(k.dst, want->dst, want->dst_len) &&
			upper_fits(want, k.proto, k.sport, k.dport);
}

static bool
ip6_fits(const struct chan_trace *want, const struct rte_ipv6_hdr *ip, unsigned int have)
{
	struct policy_key6 k;

	policy_key6_of(ip, have, &k); /* as far as it can be told */
	return want->family != 4 && prefix6_fits(k.src, want->src6, want->src_len) &&
			prefix6_fits(k.dst, want->dst6, want->dst_len) &&
			upper_fits(want, k.proto, k.sport, k.dport);
}

/* Do addresses, protocol and ports of the packet at @p fit? False of what is no IP. */
static bool
packet_fits(const struct chan_trace *want, const uint8_t *p, unsigned int have)
{
	if (have >= sizeof(struct rte_ipv4_hdr) && p[0] >> 4 == 4)
		return ip4_fits(want, (const struct rte_ipv4_hdr *)p, have);
	if (have >= sizeof(struct rte_ipv6_hdr) && p[0] >> 4 == 6)
		return ip6_fits(want, (const struct rte_ipv6_hdr *)p, have);
	return false;
}

static bool
wants_packet(const struct chan_trace *want)
{
	return want->family != 0 || want->proto != 0 || want->sport != 0 || want->dport != 0;
}

/* Where the network header of a frame begins, and its type. 0: too short. */
static unsigned int
frame_l3(const struct rte_mbuf *m, rte_be16_t *type)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);
	unsigned int off = sizeof(struct rte_ether_hdr);

	if (m->data_len < off)
		return 0;
	memcpy(type, p + 12, sizeof(*type));
	if (*type != RTE_BE16(RTE_ETHER_TYPE_VLAN))
		return off;
	if (m->data_len < off + sizeof(struct rte_vlan_hdr))
		return 0;
	memcpy(type, p + 16, sizeof(*type));
	return off + (unsigned int)sizeof(struct rte_vlan_hdr);
}

bool
trace_skips(const struct trace_filter *f, const struct rte_mbuf *m)
{
	const uint8_t *p;
	unsigned int have;
	rte_be16_t type;
	unsigned int off = frame_l3(m, &type);
	bool is_ip4 = type == RTE_BE16(RTE_ETHER_TYPE_IPV4);

	if (off == 0 || (!is_ip4 && type != RTE_BE16(RTE_ETHER_TYPE_IPV6)))
		return wants_packet(&f->want);
	p = rte_pktmbuf_mtod_offset(m, const uint8_t *, off);
	have = m->data_len - off;
	/* Something else may be inside of these. */
	if (is_ip4 && have >= sizeof(struct rte_ipv4_hdr) &&
			(p[9] == IPPROTO_ESP || p[9] == IPPROTO_GRE || p[9] == IPPROTO_UDP))
		return false;
	return wants_packet(&f->want) && !packet_fits(&f->want, p, have);
}

/* ---- headers -------------------------------------------------------------------------------- */

/* How many bytes behind an IPv4 header of protocol @proto are header, not payload. */
static unsigned int
l4_len(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return 20;
	case IPPROTO_UDP:
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
	case IPPROTO_ESP: /* SPI and sequence number */
		return 8;
	case IPPROTO_GRE:
		return 4;
	default:
		return 0;
	}
}

/* Network and transport headers at @p, of @have bytes, into the record. */
static void
headers_copy(struct chan_trace_rec *r, const uint8_t *p, unsigned int have)
{
	unsigned int len = 0;

	if (have >= 20 && p[0] >> 4 == 4) {
		const struct rte_ipv4_hdr *ip = (const struct rte_ipv4_hdr *)p;

		len = ip4_hdr_len(ip);
		if ((ip->fragment_offset & RTE_BE16(RTE_IPV4_HDR_OFFSET_MASK)) == 0)
			len += l4_len(ip->next_proto_id);
	} else if (have >= 40 && p[0] >> 4 == 6) {
		len = 40 + (p[6] == IP6_FRAGMENT ? 8 : l4_len(p[6]));
	}
	len = RTE_MIN(len, RTE_MIN(have, (unsigned int)CHAN_TRACE_BYTES));
	r->n_bytes = (uint8_t)len;
	memcpy(r->bytes, p, len);
}

/* ---- records -------------------------------------------------------------------------------- */

static struct chan_trace_rec *
rec_new(struct worker *w, enum chan_trace_node node)
{
	struct trace *t = w->trace;
	struct chan_trace_rec *r;

	/* A packet of so many steps runs in a circle: the last place shows its end. */
	if (t->n == STEPS_MAX)
		t->n--;
	r = &t->recs[t->n];
	*r = (struct chan_trace_rec){ .tsc = rte_rdtsc(), .worker = w->id, .step = (uint8_t)t->n,
		.node = (uint8_t)node, .if_id = CHAN_NONE, .tun_id = CHAN_NONE,
		.sa_id = CHAN_NONE };
	t->n++;
	return r;
}

static void
marks_take(const struct worker *w, struct trace_marks *k)
{
	memcpy(k->drops, w->stats->drops, sizeof(k->drops));
	memcpy(k->punted, w->stats->punted, sizeof(k->punted));
	k->held = w->stats->held;
	for (unsigned int i = 0; i < w->n_ports; i++)
		k->tx[i] = w->tx[i].n;
}

/* What ended since the marks were taken. */
static void
ends_record(struct worker *w)
{
	struct trace *t = w->trace;
	const struct trace_marks *k = &t->marks;

	for (unsigned int i = 0; i < CHAN_N_DROPS; i++) {
		if (w->stats->drops[i] == k->drops[i])
			continue;
		t->dropped = true;
		rec_new(w, CHAN_TRACE_DROP)->arg = i;
	}
	for (unsigned int i = 0; i < CHAN_N_CLASSES; i++)
		if (w->stats->punted[i] != k->punted[i])
			rec_new(w, CHAN_TRACE_PUNT)->arg = i;
	if (w->stats->held > k->held)
		rec_new(w, CHAN_TRACE_HELD);
	for (unsigned int i = 0; i < w->n_ports; i++) {
		for (unsigned int j = k->tx[i]; j < w->tx[i].n; j++) {
			struct rte_mbuf *m = w->tx[i].m[j];
			struct chan_trace_rec *r = rec_new(w, CHAN_TRACE_TX);
			rte_be16_t type;
			unsigned int off = frame_l3(m, &type);

			r->arg = i;
			r->len = m->data_len;
			headers_copy(r, rte_pktmbuf_mtod_offset(m, const uint8_t *, off),
					m->data_len - off);
		}
	}
	marks_take(w, &t->marks);
}

/* Learn from the packet @m with its network header at @p what the filter asks for. */
static void
look(struct trace *t, const struct chan_trace *want, struct rte_mbuf *m, const uint8_t *p,
		unsigned int have)
{
	if (packet_fits(want, p, have))
		t->addr_fits = true;
	if (pkt_meta(m)->if_id == want->if_id)
		t->if_fits = true;
	if (pkt_origin(m).tun_id == want->tun_id)
		t->tun_fits = true;
}

void
trace_begin(struct worker *w, enum chan_trace_node node, const struct rte_mbuf *m, uint16_t port)
{
	struct trace_filter *f = trace_running(w);
	struct trace *t = w->trace;
	struct chan_trace_rec *r;

	if (f == NULL)
		return;
	if (t->trace_id != f->want.trace_id) {
		t->trace_id = f->want.trace_id;
		t->n_packets = 0;
	}
	t->n = 0;
	t->addr_fits = !wants_packet(&f->want);
	t->if_fits = f->want.if_id == CHAN_NONE;
	t->tun_fits = f->want.tun_id == CHAN_NONE;
	t->dropped = false;
	marks_take(w, &t->marks);
	r = rec_new(w, node);
	r->len = m->data_len;
	if (node == CHAN_TRACE_RX) {
		rte_be16_t type;
		unsigned int off = frame_l3(m, &type);

		headers_copy(r, rte_pktmbuf_mtod_offset(m, const uint8_t *, off),
				m->data_len - off);
		r->arg = port;
	}
	w->tracing = f;
}

void
trace_step(struct worker *w, enum chan_trace_node node, const struct pktvec *v)
{
	struct pkt_origin from;
	struct trace *t = w->trace;
	struct chan_trace_rec *r;
	struct rte_mbuf *m;
	const uint8_t *p;
	unsigned int have;

	ends_record(w);
	r = rec_new(w, node);
	if (v == NULL || v->n == 0)
		return;
	m = v->m[0];
	from = pkt_origin(m);
	p = rte_pktmbuf_mtod(m, const uint8_t *);
	have = m->data_len;
	r->len = m->data_len;
	r->n_packets = (uint8_t)v->n;
	r->if_id = pkt_meta(m)->if_id;
	r->tun_id = from.tun_id;
	r->sa_id = from.sa_id;
	if (node == CHAN_TRACE_GRE_ENCAP || node == CHAN_TRACE_GRE6_ENCAP ||
			node == CHAN_TRACE_ESP_ENCRYPT || node == CHAN_TRACE_GRE_FRAG) {
		const struct tunnel *tun = v->ctx[0];

		r->arg = tun->id;
		if (tun->id == w->tracing->want.tun_id)
			t->tun_fits = true;
	}
	if (node == CHAN_TRACE_ESP_ENCRYPT) { /* behind the Ethernet header */
		rte_be16_t type;
		unsigned int off = frame_l3(m, &type);

		p += off;
		have -= off;
	}
	look(t, &w->tracing->want, m, p, have);
	headers_copy(r, p, have);
}

/* One of the packets that may still be recorded. */
static bool
count_take(struct trace_filter *f)
{
	uint32_t n = __atomic_load_n(&f->left, __ATOMIC_RELAXED);

	while (n != 0)
		if (__atomic_compare_exchange_n(&f->left, &n, n - 1, false, __ATOMIC_RELAXED,
				__ATOMIC_RELAXED))
			return true;
	return false;
}

void
trace_end(struct worker *w)
{
	struct trace_filter *f = w->tracing;
	struct trace *t = w->trace;

	if (f == NULL)
		return;
	ends_record(w);
	w->tracing = NULL;
	if (!t->addr_fits || !t->if_fits || !t->tun_fits || (f->want.drops_only && !t->dropped))
		return;
	if (t->recs[t->n - 1].node < CHAN_TRACE_TX) /* consumed: an echo request, a fragment */
		rec_new(w, CHAN_TRACE_END);
	/* All of a packet's records or none: half a story misleads. */
	if (ring_out_room(&w->trace_out) < t->n || !count_take(f))
		return;
	t->n_packets++;
	t->recs[t->n - 1].last = 1;
	for (uint32_t i = 0; i < t->n; i++) {
		t->recs[i].trace_id = t->trace_id;
		t->recs[i].packet = t->n_packets;
		memcpy(ring_out_slot(&w->trace_out), &t->recs[i], sizeof(t->recs[i]));
		ring_out_push(&w->trace_out);
	}
	w->wake_cp = true;
}
