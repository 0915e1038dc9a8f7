/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Buffers and the packets in them. Images of all packets are built once; before each pass every
 * buffer gets the next one. There is at least one image for each tunnel, so that a set of 256
 * buffers works its way through 10,000 tunnels.
 *
 * Decap needs sequence numbers that the window takes: an image has the number that follows from
 * the images of the same tunnel before it. When all images have been used once, all inbound SAs
 * are set back to no packet seen. Of CASE_REASS an image is a fragment.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ip.h>
#include <rte_prefetch.h>
#include <rte_udp.h>

#include "dataplane/tables/replay.h"
#include "tests/bench/bench.h"
#include "tests/unit/esp_fixture.h"

#define MAX_FLOWS 65536 /* of plain forwarding: so many of the routes get packets */
#define HDR_COPY 34 /* Ethernet and IPv4: all that forward and encap change of a packet */

static struct rte_mempool *pool;

/* 7 : 4 : 1, as it comes. */
static const uint16_t imix[12] = { 64, 594, 64, 64, 594, 64, 1400, 64, 594, 64, 594, 64 };

void
packets_init(void)
{
	/* The cache as the dataplane has it: what a burst gives back, the next one takes. */
	const unsigned int cache = RTE_MEMPOOL_CACHE_MAX_SIZE;

	pool = rte_pktmbuf_pool_create("bench", MAX_WORKERS * (SET_COLD + 2 * cache), cache, 0,
			RTE_MBUF_DEFAULT_BUF_SIZE,
			SOCKET_ID_ANY);
	if (pool == NULL) {
		fprintf(stderr, "bench: no memory for packet buffers\n");
		exit(1);
	}
}

struct rte_mempool *
packets_pool(void)
{
	return pool;
}

static uint32_t
next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(*state >> 33);
}

static void
shuffle32(uint32_t *v, unsigned int n, uint64_t seed)
{
	for (unsigned int i = n; i > 1; i--) {
		unsigned int k = next_random(&seed) % i;
		uint32_t x = v[i - 1];

		v[i - 1] = v[k];
		v[k] = x;
	}
}

static unsigned int
put_ip(uint8_t *p, uint32_t src, uint32_t dst, uint8_t proto, unsigned int total)
{
	struct rte_ipv4_hdr ip = {
		.version_ihl = 0x45,
		.total_length = rte_cpu_to_be_16((uint16_t)total),
		.time_to_live = 64,
		.next_proto_id = proto,
		.src_addr = rte_cpu_to_be_32(src),
		.dst_addr = rte_cpu_to_be_32(dst),
	};

	ip.hdr_checksum = rte_ipv4_cksum(&ip);
	memcpy(p, &ip, sizeof(ip));
	return sizeof(ip);
}

static unsigned int
put_eth(uint8_t *p, unsigned int port)
{
	world_mac(port, p);
	memcpy(p + 6, (uint8_t[8]){ 2, 0, 0, 0, 9, 9, 8, 0 }, 8);
	return 14;
}

/* An inner UDP packet of @size bytes at @p. */
static void
put_inner(uint8_t *p, uint32_t src, uint32_t dst, unsigned int size)
{
	unsigned int at = put_ip(p, src, dst, 17, size);
	struct rte_udp_hdr udp = { .src_port = RTE_BE16(4000), .dst_port = RTE_BE16(4001),
		.dgram_len = rte_cpu_to_be_16((uint16_t)(size - at)) };

	memcpy(p + at, &udp, sizeof(udp));
	for (at += sizeof(udp); at < size; at++)
		p[at] = (uint8_t)at;
}

/* GRE and what is in front of it, for an inner packet of @size bytes that is there already: what
 * ESP carries. @seq: the number in GRE. */
static void
put_head(uint8_t *p, const struct chan_sa *c, unsigned int t, unsigned int size, uint32_t seq)
{
	rte_be32_t key_be = rte_cpu_to_be_32(t + 1), seq_be = rte_cpu_to_be_32(seq);
	uint8_t *gre = p, *at;
	uint16_t sum;

	if (shape.tunnel_mode)
		gre += put_ip(p, c->remote, c->local, 47, shape_head() + size);
	memcpy(gre, (uint8_t[4]){ 0, 0, 8, 0 }, 4);
	at = gre + 4;
	if (shape.gre_flags & CHAN_TUN_CSUM) {
		gre[0] |= 0x80;
		memset(at, 0, 4);
		at += 4;
	}
	if (shape.gre_flags & CHAN_TUN_KEY) {
		gre[0] |= 0x20;
		memcpy(at, &key_be, 4);
		at += 4;
	}
	if (shape.gre_flags & CHAN_TUN_SEQ) {
		gre[0] |= 0x10;
		memcpy(at, &seq_be, 4);
		at += 4;
	}
	sum = (uint16_t)~rte_raw_cksum(gre, (size_t)(at - gre) + size);
	if (shape.gre_flags & CHAN_TUN_CSUM)
		memcpy(gre + 4, &sum, sizeof(sum));
}

static unsigned int
image_decap(const struct packets *pk, uint8_t *p, unsigned int t, unsigned int size, uint32_t seq)
{
	struct chan_sa c = world_sa_in(pk->wd->alg, t);
	uint8_t inside[40 + MAX_INNER], iv[16] = { 0 };
	unsigned int at = put_eth(p, PORT_WAN), head = shape_head(), front = 20 + shape_udp();
	unsigned int pad = ref_pad(c.alg, size + head), n;
	struct rte_udp_hdr udp = { .src_port = RTE_BE16(4500), .dst_port = RTE_BE16(4500) };

	put_inner(inside + head, world_behind(t), world_lan_host(), size);
	put_head(inside, &c, t, size, seq);
	memcpy(iv + 4, &seq, sizeof(seq));
	n = ref_seal(&c, seq, iv, inside, size + head, NULL, pad, (uint8_t)pad,
			shape.tunnel_mode ? 4 : 47, p + at + front);
	udp.dgram_len = rte_cpu_to_be_16((uint16_t)(sizeof(udp) + n));
	memcpy(p + at + 20, &udp, shape_udp());
	put_ip(p + at, c.remote, c.local, shape.nat_t ? 17 : 50, front + n);
	return at + front + n;
}

/* One of the two fragments of image @i: what a link of 1500 bytes makes of a longer ESP packet. */
static unsigned int
image_fragment(const struct packets *pk, uint8_t *p, unsigned int t, unsigned int size,
		uint32_t seq,
		unsigned int i)
{
	static uint8_t whole[14 + MAX_INNER + 128];
	unsigned int len = image_decap(pk, whole, t, size, seq) - 34, cut = FRAG_SIZE - 20;
	struct rte_ipv4_hdr ip;

	memcpy(&ip, whole + 14, sizeof(ip));
	ip.packet_id = rte_cpu_to_be_16((uint16_t)(i / 2));
	ip.fragment_offset = rte_cpu_to_be_16((uint16_t)(i % 2 != 0 ? cut / 8 :
			(unsigned int)RTE_IPV4_HDR_MF_FLAG));
	len = i % 2 != 0 ? len - cut : cut;
	ip.total_length = rte_cpu_to_be_16((uint16_t)(len + 20));
	ip.hdr_checksum = 0;
	ip.hdr_checksum = rte_ipv4_cksum(&ip);
	memcpy(p, whole, 14);
	memcpy(p + 14, &ip, sizeof(ip));
	memcpy(p + 34, whole + 34 + (i % 2 != 0 ? cut : 0), len);
	return 34 + len;
}

static unsigned int
image_plain(const struct packets *pk, uint8_t *p, unsigned int t, unsigned int size)
{
	uint32_t dst = pk->kase == CASE_FORWARD ? pk->wd->routed[t] : world_behind(t);
	unsigned int at = put_eth(p, PORT_LAN);

	put_inner(p + at, world_lan_host(), dst, size);
	return at + size;
}

static unsigned int
image_size(unsigned int size, unsigned int i)
{
	if (size == SIZE_PAIR)
		return i & 1 ? FRAG_SIZE - TUNNEL_MTU + 20 : TUNNEL_MTU;
	return size == SIZE_IMIX ? imix[i % 12] : size;
}

/* A tunnel for each image or, of plain forwarding, a route. A share is a row of neighbours: every
 * second tunnel would leave sets of the caches unused that a NIC's hash does not. */
static void
choose_tunnels(struct packets *pk)
{
	unsigned int n = pk->wd->n_tunnels, share = n / pk->n_shares;
	uint64_t state = 3;

	for (unsigned int i = 0; i < pk->n_images; i++)
		pk->tunnel[i] = pk->share * share + i % share;
	for (unsigned int i = 0; pk->kase == CASE_REASS && i < pk->n_images; i++)
		pk->tunnel[i] = i / 2 % n;
	for (unsigned int i = 0; pk->kase == CASE_FORWARD && i < pk->n_images; i++)
		pk->tunnel[i] = next_random(&state) % pk->wd->n_routes;
}

static void
build_images(struct packets *pk, unsigned int size, bool random)
{
	uint32_t *seq = calloc(pk->wd->n_tunnels, sizeof(*seq));
	double sum = 0;

	choose_tunnels(pk);
	if (random && pk->kase != CASE_REASS) /* pairs stay together */
		shuffle32(pk->tunnel, pk->n_images, 1);
	for (unsigned int i = 0; i < pk->n_images; i++) {
		uint8_t *p = pk->image + (size_t)i * pk->image_room;
		unsigned int t = pk->tunnel[i];

		pk->inner_len[i] = (uint16_t)image_size(size, i);
		sum += pk->inner_len[i];
		if (pk->kase == CASE_REASS) {
			seq[t] += i % 2 == 0;
			pk->len[i] = (uint16_t)image_fragment(pk, p, t, pk->inner_len[i], seq[t],
					i);
		} else if (pk->kase == CASE_DECAP) {
			pk->len[i] = (uint16_t)image_decap(pk, p, t, pk->inner_len[i], ++seq[t]);
		} else {
			pk->len[i] = (uint16_t)image_plain(pk, p, t, pk->inner_len[i]);
		}
	}
	pk->mean_size = sum / pk->n_images;
	free(seq);
}

/* Buffers as a pool hands them out, or shuffled over all of it. Their first packets whole. */
static void
take_buffers(struct packets *pk, bool cold)
{
	uint32_t *order = calloc(pk->n_bufs, sizeof(*order));
	struct rte_mbuf **m = calloc(pk->n_bufs, sizeof(*m));

	if (rte_pktmbuf_alloc_bulk(pool, m, pk->n_bufs) != 0) {
		fprintf(stderr, "bench: out of packet buffers\n");
		exit(1);
	}
	for (unsigned int i = 0; i < pk->n_bufs; i++)
		order[i] = i;
	if (cold)
		shuffle32(order, pk->n_bufs, 2);
	for (unsigned int i = 0; i < pk->n_bufs; i++) {
		pk->bufs[i] = m[order[i]];
		memset(rte_pktmbuf_mtod(pk->bufs[i], void *), 0x5a, rte_pktmbuf_tailroom(m[i]));
	}
	free(order);
	free(m);
}

struct packets *
packets_new(const struct packets_conf *conf)
{
	struct packets *pk = calloc(1, sizeof(*pk));
	unsigned int n_bufs = conf->cold ? SET_COLD : SET_HOT, size = conf->size;
	unsigned int n = conf->kase != CASE_FORWARD ? conf->wd->n_tunnels :
			RTE_MIN(conf->wd->n_routes, (unsigned int)MAX_FLOWS);

	pk->wd = conf->wd;
	pk->kase = conf->kase;
	pk->share = conf->share;
	pk->n_shares = RTE_MAX(1u, conf->n_shares);
	pk->n_bufs = n_bufs;
	/* A multiple of the tunnels and of the set: a turn through all ends with both. */
	pk->n_images = RTE_MAX(n, n_bufs);
	pk->n_images = (pk->n_images + n_bufs - 1) / n_bufs * n_bufs;
	pk->image_room = size <= SIZE_PAIR ? 1664 : RTE_ALIGN(size + 14 + 20 + 36 + 8 + 64, 64);
	pk->bufs = calloc(n_bufs, sizeof(*pk->bufs));
	pk->current = calloc(n_bufs, sizeof(*pk->current));
	pk->tunnel = calloc(pk->n_images, sizeof(*pk->tunnel));
	pk->inner_len = calloc(pk->n_images, sizeof(*pk->inner_len));
	pk->len = calloc(pk->n_images, sizeof(*pk->len));
	pk->image = aligned_alloc(64, (size_t)pk->n_images * pk->image_room);
	if (pk->image == NULL) {
		fprintf(stderr, "bench: out of memory\n");
		exit(1);
	}
	build_images(pk, size, conf->random);
	take_buffers(pk, conf->cold);
	if (CASE_TAKES_ALL(pk->kase))
		rte_pktmbuf_free_bulk(pk->bufs, pk->n_bufs);
	return pk;
}

void
packets_free(struct packets *pk)
{
	if (!CASE_TAKES_ALL(pk->kase))
		rte_pktmbuf_free_bulk(pk->bufs, pk->n_bufs);
	free(pk->bufs);
	free(pk->current);
	free(pk->tunnel);
	free(pk->inner_len);
	free(pk->len);
	free(pk->image);
	free(pk);
}

/* No packet seen yet, on all inbound SAs that these packets are for. */
static void
forget_sequence(const struct packets *pk)
{
	unsigned int share = pk->wd->n_tunnels / pk->n_shares;

	for (unsigned int t = 0; t < share; t++) {
		struct sa *sa = pk->wd->in[pk->share * share + t];

		sa->seq = 0;
		memset(sa->ring, 0, (sa->ring_mask + 1) * sizeof(*sa->ring));
	}
}

void
packets_restore(struct packets *pk)
{
	static _Thread_local const struct packets *last;

	/* Two sets by turns use the same SAs. */
	if (CASE_IS_IN(pk->kase) && (pk->next == 0 || last != pk))
		forget_sequence(pk);
	last = pk;
	for (unsigned int i = 0; i < pk->n_bufs; i++) {
		unsigned int image = pk->next++;
		const uint8_t *p = pk->image + (size_t)image * pk->image_room;
		struct rte_mbuf *m;
		unsigned int copy = pk->kase >= CASE_DECAP ? pk->len[image] : HDR_COPY;

		/* The path has freed what it has cut into pieces or put together. */
		if (CASE_TAKES_ALL(pk->kase))
			pk->bufs[i] = rte_pktmbuf_alloc(pool);
		m = pk->bufs[i];

		if (pk->next == pk->n_images)
			pk->next = 0;
		/* Non-temporal: the images are not to push the tables out of the cache. */
		for (unsigned int at = 0; at < copy; at += 64)
			rte_prefetch_non_temporal(p + at);
		rte_pktmbuf_reset(m);
		memcpy(rte_pktmbuf_mtod(m, void *), p, copy);
		m->data_len = pk->len[image];
		m->pkt_len = pk->len[image];
		pk->current[i] = image;
	}
}
