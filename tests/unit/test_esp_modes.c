/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Around ESP: transport and tunnel mode, with GRE and without, in UDP or not, through the
 * whole path and against the independent ESP of esp_ref.c. NATs that change their minds,
 * branches behind one address, padding for traffic flow confidentiality, and what an
 * authenticated peer may get wrong.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_udp.h>

#include "tests/unit/cu.h"
#include "tests/unit/dp_fixture.h"
#include "tests/unit/esp_fixture.h"

#define TO_TUN(n)  IP4(10, 100 + (n), 0, 5)
#define PEER_PORT  31234
#define L2         14
#define NEXT_IP4   4
#define NEXT_IP6   41
#define NEXT_GRE   47

struct variant {
	uint8_t kind; /* enum chan_tun_kind */
	uint8_t mode; /* enum chan_sa_mode */
	bool udp;
	uint8_t alg;
	uint8_t esn;
	uint32_t inner; /* the far end as the header around GRE names it; 0: as outside */
};

static const struct variant nat_gre = { CHAN_TUN_GRE, CHAN_SA_TRANSPORT, true,
	CHAN_ESP_AES128_GCM16, 0, 0 };
static const struct variant plain_gre = { CHAN_TUN_GRE, CHAN_SA_TRANSPORT, false,
	CHAN_ESP_AES128_GCM16, 0, 0 };
static const struct variant tunnel_gre = { CHAN_TUN_GRE, CHAN_SA_TUNNEL, false,
	CHAN_ESP_AES128_GCM16, 0, 0 };
static const struct variant private_gre = { CHAN_TUN_GRE, CHAN_SA_TUNNEL, true,
	CHAN_ESP_AES128_GCM16, 0, IP4(192, 168, 1, 7) };
static const struct variant tunnel_ip = { CHAN_TUN_IPSEC, CHAN_SA_TUNNEL, false,
	CHAN_ESP_AES128_GCM16, 0, 0 };

static void
end(void)
{
	CU_ASSERT_TRUE(dp_conserves());
	CU_ASSERT_EQUAL(dp_close(), 0);
}

static struct chan_sa
sa_of(uint32_t sa_id, const struct variant *v)
{
	const struct esp_alg *a = &esp_algs[v->alg];
	struct chan_sa c = dp_sa(sa_id);

	c.alg = v->alg;
	c.esn = v->esn;
	c.mode = v->mode;
	c.inner_remote = v->inner;
	c.enc_key_len = a->enc_key_len;
	c.auth_key_len = a->auth_key_len;
	c.salt_len = a->salt_len;
	memset(c.enc_key, 0, sizeof(c.enc_key));
	for (unsigned int i = 0; i < a->enc_key_len; i++)
		c.enc_key[i] = (uint8_t)((sa_id == DP_SA_OUT ? 7 : 3) * i + 1);
	for (unsigned int i = 0; i < a->auth_key_len; i++)
		c.auth_key[i] = (uint8_t)((sa_id == DP_SA_OUT ? 5 : 9) * i + 2);
	if (v->udp) {
		c.local_port = sa_id == DP_SA_PEER_OUT ? PEER_PORT : 4500;
		c.remote_port = sa_id == DP_SA_PEER_OUT ? 4500 : PEER_PORT;
	}
	return c;
}

/* Tunnels 2 and 3 and their SAs anew, as @v says. */
static void
become(const struct variant *v)
{
	struct chan_tun_sa_out bind[] = { { 2, CHAN_NONE }, { 3, CHAN_NONE } };

	for (unsigned int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SA_OUT, bind[i]), 0);
	for (uint32_t id = DP_SA_OUT; id <= DP_SA_PEER_OUT; id++) {
		struct chan_sa c = { .sa_id = id };

		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_DEL, c), 0);
	}
	for (uint32_t id = 2; id <= 3; id++) {
		struct chan_tun c = dp_tun(id);

		c.kind = v->kind;
		c.mtu = 9000;
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	}
	for (uint32_t id = DP_SA_OUT; id <= DP_SA_PEER_OUT; id++) {
		struct chan_sa c = sa_of(id, v);

		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_SET, c), 0);
	}
	bind[0].sa_id = DP_SA_OUT;
	bind[1].sa_id = DP_SA_PEER_OUT;
	for (unsigned int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SA_OUT, bind[i]), 0);
}

static void
world(const struct variant *v)
{
	dp_open(NULL);
	dp_world();
	become(v);
}

/* A packet that the peer of tunnel 2 sends us: encrypted by its end, tunnel 3. */
static struct rte_mbuf *
from_peer(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = TO_TUN(3), .len = 200, .ttl = 9 };
	struct rte_mbuf *m;

	CU_ASSERT_EQUAL(dp_route(IP4(10, 103, 0, 0), 16, DP_NH_TUN3), 0);
	dp_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	m = dp_turn(dp.out[0].m);
	dp.n_out = 0;
	dp_clear();
	CU_ASSERT_EQUAL(dp_route(IP4(10, 103, 0, 0), 16, DP_NH_LAN_HOST), 0);
	return m;
}

/* Did exactly the inner packet of from_peer() leave for the LAN? Forgets what was sent. */
static bool
arrived(void)
{
	bool ok = dp.n_out == 1 && dp.out[0].port == 0 && dp_ip_ok(dp_out_ip(0), 200) &&
			dp_out_ip(0)->dst_addr == RTE_BE32(TO_TUN(3)) &&
			dp_out_ip(0)->time_to_live == 7;
	unsigned int n_events = dp.n_events;

	dp_clear();
	dp.n_events = n_events;
	return ok;
}

static struct rte_ipv4_hdr *
ip_of(struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, L2);
}

static struct rte_udp_hdr *
udp_of(struct rte_mbuf *m)
{
	return (struct rte_udp_hdr *)(ip_of(m) + 1);
}

static void
sum_again(struct rte_ipv4_hdr *ip)
{
	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}

/* ---- every combination --------------------------------------------------------------------- */

/* What is in front of the inner packet, once decrypted. @return its length, 0 if it is wrong. */
static unsigned int
wrapping(const struct variant *v, const uint8_t *p, unsigned int len)
{
	struct rte_ipv4_hdr ip;

	if (v->kind == CHAN_TUN_IPSEC)
		return v->mode == CHAN_SA_TUNNEL ? UINT32_MAX : 0;
	if (v->mode == CHAN_SA_TUNNEL) {
		memcpy(&ip, p, sizeof(ip));
		if (!dp_ip_ok(&ip, len) || ip.next_proto_id != IPPROTO_GRE ||
				ip.src_addr != RTE_BE32(DP_WAN_ADDR) ||
				rte_be_to_cpu_32(ip.dst_addr) !=
				(v->inner != 0 ? v->inner : DP_PEER(2)))
			return 0;
		p += sizeof(ip);
	}
	if (memcmp(p, (const uint8_t[]){ 0, 0, 8, 0 }, 4) != 0)
		return 0;
	return v->mode == CHAN_SA_TUNNEL ? sizeof(ip) + 4 : 4;
}

/* The frame dp.out[0] of an inner packet of @len bytes, judged by the reference. */
static bool
out_is_right(const struct variant *v, unsigned int len)
{
	struct rte_mbuf *m = dp.out[0].m;
	const struct rte_ipv4_hdr *ip = ip_of(m);
	const struct rte_udp_hdr *udp = udp_of(m);
	const struct chan_sa c = sa_of(DP_SA_OUT, v);
	const uint8_t *esp = (const uint8_t *)(ip + 1) + (v->udp ? sizeof(*udp) : 0);
	unsigned int left = (unsigned int)(m->data_len - (esp - (const uint8_t *)ip) - L2);
	unsigned int pad, front, next;
	uint8_t plain[2000];
	int n;

	if (!dp_ip_ok(ip, m->data_len - L2) ||
			ip->next_proto_id != (v->udp ? IPPROTO_UDP : IPPROTO_ESP))
		return false;
	if (v->udp && (udp->src_port != RTE_BE16(4500) || udp->dst_port != RTE_BE16(PEER_PORT) ||
			udp->dgram_cksum != 0 ||
			rte_be_to_cpu_16(udp->dgram_len) != m->data_len - L2 - 20))
		return false;
	n = ref_open(&c, 0, esp, left, plain);
	if (n < 2)
		return false;
	pad = plain[n - 2];
	next = plain[n - 1];
	if (next != (v->mode == CHAN_SA_TUNNEL ? NEXT_IP4 : NEXT_GRE))
		return false;
	front = wrapping(v, plain, (unsigned int)n - 2 - pad);
	if (front == 0)
		return false;
	front = front == UINT32_MAX ? 0 : front;
	return (unsigned int)n == front + len + pad + 2 &&
			pad == ref_pad(v->alg, front + len) &&
			dp_ip_ok((const struct rte_ipv4_hdr *)(plain + front), len);
}

/* Some length, then exactly the longest that fits: its frame is as long as the link takes. */
static bool
both_ways(const struct variant *v)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = TO_TUN(2), .len = 131 };
	unsigned int mtu, longest;
	bool ok;

	become(v);
	mtu = tunnel_by_id(dp.t, 2)->mtu;
	dp_send(0, &p);
	ok = dp.n_out == 1 && out_is_right(v, p.len);
	dp_clear();
	p.len = (uint16_t)mtu;
	dp_send(0, &p);
	ok = ok && dp.n_out == 1 && out_is_right(v, p.len);
	longest = dp.n_out == 1 ? dp.out[0].m->data_len - (unsigned int)L2 : 0;
	ok = ok && longest <= 1500 && longest + esp_algs[v->alg].align > 1500;
	dp_clear();
	dp_run1(1, from_peer());
	return arrived() && ok;
}

static void
every_combination_works_both_ways(void)
{
	static const struct {
		uint8_t kind, mode;
	} shapes[] = { { CHAN_TUN_GRE, CHAN_SA_TRANSPORT }, { CHAN_TUN_GRE, CHAN_SA_TUNNEL },
		{ CHAN_TUN_IPSEC, CHAN_SA_TUNNEL } };
	unsigned int n_bad = 0;

	dp_open(NULL);
	dp_world();
	for (unsigned int alg = 1; alg < CHAN_N_ESP_ALGS; alg++)
		for (unsigned int i = 0; i < RTE_DIM(shapes) * 4; i++) {
			struct variant v = { shapes[i / 4].kind, shapes[i / 4].mode, i & 1,
				(uint8_t)alg, i >> 1 & 1 };

			if (!both_ways(&v)) {
				printf("%s esn %u mode %u kind %u udp %d\n", chan_esp_alg_str(alg),
						v.esn, v.mode, v.kind, v.udp);
				n_bad++;
			}
		}
	CU_ASSERT_EQUAL(n_bad, 0);
	CU_ASSERT_EQUAL(dp_all_drops(), 0);
	end();
}

/* Bytes to be changed in packet @i of a burst, counted from its end; 0: none. */
static unsigned int
broken_at(unsigned int i)
{
	return i % 8 == 3 ? 1 : i % 8 == 6 ? 60 : 0;
}

/*
 * A burst of packets of one SA by the short ways: the good ones arrive, what was changed on its way
 * does not, and nothing arrives a second time.
 */
static bool
burst_arrives(const struct variant *v)
{
	struct rte_mbuf *m[BURST_MAX], *again[BURST_MAX];
	unsigned int n_good = 0;
	bool ok;

	world(v);
	dp_run1(1, from_peer()); /* the first one of an SA is not usual */
	ok = arrived();
	for (unsigned int i = 0; i < BURST_MAX; i++) {
		m[i] = from_peer();
		again[i] = dp_raw(rte_pktmbuf_mtod(m[i], void *), m[i]->data_len);
		if (broken_at(i) != 0)
			rte_pktmbuf_mtod(m[i], uint8_t *)[m[i]->data_len - broken_at(i)] ^= 4;
		else
			n_good++;
	}
	dp_run(1, m, BURST_MAX);
	ok = ok && dp.n_out == n_good && dp_drops(CHAN_DROP_ESP_ICV) == BURST_MAX - n_good;
	for (unsigned int i = 0; ok && i < dp.n_out; i++)
		ok = dp_ip_ok(dp_out_ip(i), 200) && dp.out[i].m->data_len == L2 + 200 &&
				dp_out_ip(i)->time_to_live == 7;
	dp_clear();
	dp_run(1, again, BURST_MAX);
	ok = ok && dp.n_out == BURST_MAX - n_good && dp_drops(CHAN_DROP_ESP_REPLAY) == n_good;
	end();
	return ok;
}

static void
a_burst_of_each_algorithm_arrives_once(void)
{
	unsigned int n_bad = 0;

	for (unsigned int alg = 1; alg < CHAN_N_ESP_ALGS; alg++)
		for (unsigned int esn = 0; esn < 2; esn++) {
			const struct variant v = { CHAN_TUN_GRE, CHAN_SA_TRANSPORT, false,
				(uint8_t)alg, (uint8_t)esn };

			if (!burst_arrives(&v)) {
				printf("%s esn %u\n", chan_esp_alg_str(alg), esn);
				n_bad++;
			}
		}
	CU_ASSERT_EQUAL(n_bad, 0);
}

/* ---- NAT traversal ------------------------------------------------------------------------- */

/* The same packet as if a NAT had given the peer another address and port. */
static struct rte_mbuf *
from_elsewhere(uint32_t addr, uint16_t port)
{
	struct rte_mbuf *m = from_peer();

	ip_of(m)->src_addr = rte_cpu_to_be_32(addr);
	sum_again(ip_of(m));
	udp_of(m)->src_port = rte_cpu_to_be_16(port);
	return m;
}

static unsigned int
n_moved(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < dp.n_events; i++)
		n += dp.events[i].type == CHAN_EV_SA_MOVED;
	return n;
}

static void
a_peer_that_moved_is_heard_and_reported(void)
{
	const uint32_t elsewhere = IP4(203, 0, 113, 9);
	struct chan_sa move = { .sa_id = DP_SA_IN, .spi = dp_sa(DP_SA_IN).spi, .remote = elsewhere,
		.remote_port = 777 };
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = TO_TUN(2) };

	world(&nat_gre);
	dp_run1(1, from_peer());
	CU_ASSERT_TRUE(arrived());
	CU_ASSERT_EQUAL(n_moved(), 0);
	dp_run1(1, from_elsewhere(elsewhere, 777));
	CU_ASSERT_EQUAL_FATAL(n_moved(), 1);
	CU_ASSERT_EQUAL(dp.events[dp.n_events - 1].id, DP_SA_IN);
	CU_ASSERT_EQUAL(dp.events[dp.n_events - 1].addr, elsewhere);
	CU_ASSERT_EQUAL(dp.events[dp.n_events - 1].port, 777);
	CU_ASSERT_EQUAL(dp.events[dp.n_events - 1].arg, dp_sa(DP_SA_IN).spi);
	CU_ASSERT_TRUE(arrived());
	dp_run1(1, from_elsewhere(elsewhere, 778));
	CU_ASSERT_EQUAL(n_moved(), 0); /* one a second; from_peer() forgets events */
	CU_ASSERT_TRUE(arrived());

	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_MOVE, move), 0);
	move.sa_id = DP_SA_OUT;
	move.spi = dp_sa(DP_SA_OUT).spi;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_MOVE, move), 0);
	dp_clock(true); /* the second is over */
	dp_run1(1, from_elsewhere(elsewhere, 777));
	CU_ASSERT_EQUAL(n_moved(), 0);
	CU_ASSERT_TRUE(arrived());
	dp_run1(1, from_elsewhere(elsewhere, 776));
	CU_ASSERT_EQUAL(n_moved(), 1);
	dp_clock(false);
	CU_ASSERT_TRUE(arrived());
	dp_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp_out_ip(0)->dst_addr, rte_cpu_to_be_32(elsewhere));
	CU_ASSERT_EQUAL(udp_of(dp.out[0].m)->dst_port, RTE_BE16(777));
	CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(0), dp.out[0].m->data_len - L2));
	CU_ASSERT_EQUAL(dp_all_drops(), 0);
	end();
}

/* Not authentic, or seen before, or older than another: no reason to believe that it moved. */
static void
only_the_newest_authentic_packet_says_where_the_peer_is(void)
{
	struct rte_mbuf *older, *forged, *newest, *again;

	world(&nat_gre);
	older = from_elsewhere(IP4(203, 0, 113, 1), 1);
	forged = from_elsewhere(IP4(203, 0, 113, 2), 2);
	rte_pktmbuf_mtod(forged, uint8_t *)[forged->data_len - 1] ^= 1;
	newest = from_peer();
	again = rte_pktmbuf_copy(newest, dp.pool, 0, UINT32_MAX);
	ip_of(again)->src_addr = RTE_BE32(IP4(203, 0, 113, 3));
	sum_again(ip_of(again));
	dp_run1(1, forged);
	dp_run1(1, newest);
	CU_ASSERT_TRUE(arrived());
	dp_run1(1, older);
	CU_ASSERT_TRUE(arrived());
	dp_run1(1, again);
	CU_ASSERT_EQUAL(n_moved(), 0);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_ESP_ICV), 1);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_ESP_REPLAY), 1);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	end();
}

static void
addresses_without_udp_do_not_move(void)
{
	struct rte_mbuf *m;

	world(&plain_gre);
	m = from_peer();
	ip_of(m)->src_addr = RTE_BE32(IP4(203, 0, 113, 9));
	sum_again(ip_of(m));
	dp_run1(1, m);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_ESP_ADDR), 1);
	CU_ASSERT_EQUAL(n_moved(), 0);
	end();
}

/* Take the UDP header of a frame out, or put one in. */
static struct rte_mbuf *
without_udp(struct rte_mbuf *m)
{
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);

	memmove(p + 8, p, L2 + 20);
	rte_pktmbuf_adj(m, 8);
	ip_of(m)->next_proto_id = IPPROTO_ESP;
	ip_of(m)->total_length = rte_cpu_to_be_16((uint16_t)(m->data_len - L2));
	sum_again(ip_of(m));
	return m;
}

static struct rte_mbuf *
with_udp(struct rte_mbuf *m)
{
	uint8_t *p = (uint8_t *)rte_pktmbuf_prepend(m, 8);

	memmove(p, p + 8, L2 + 20);
	*udp_of(m) = (struct rte_udp_hdr){ .src_port = RTE_BE16(4500), .dst_port = RTE_BE16(4500),
		.dgram_len = rte_cpu_to_be_16((uint16_t)(m->data_len - L2 - 20)) };
	ip_of(m)->next_proto_id = IPPROTO_UDP;
	ip_of(m)->total_length = rte_cpu_to_be_16((uint16_t)(m->data_len - L2));
	sum_again(ip_of(m));
	return m;
}

static void
udp_is_taken_off_any_sa_but_not_missed_on_one(void)
{
	struct rte_mbuf *m;

	world(&plain_gre);
	dp_run1(1, with_udp(from_peer()));
	CU_ASSERT_TRUE(arrived());
	/* A UDP checksum that is wrong does not matter (RFC 3948 section 2.1). */
	m = with_udp(from_peer());
	udp_of(m)->dgram_cksum = 1;
	dp_run1(1, m);
	CU_ASSERT_TRUE(arrived());
	CU_ASSERT_EQUAL(dp_all_drops(), 0);
	become(&nat_gre);
	dp_run1(1, without_udp(from_peer()));
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_ESP_ADDR), 1);
	end();
}

/* What else comes to port 4500. */
static void
keepalives_are_absorbed_and_ike_is_punted(void)
{
	struct {
		uint8_t udp[8];
		uint8_t data[12];
	} __attribute__((packed)) d = { { 0x11, 0x94, 0x11, 0x94, 0, 9, 0, 0 }, { 0xff } };
	struct dp_pkt p = { .src = DP_PEER(2), .dst = DP_WAN_ADDR, .proto = IPPROTO_UDP,
		.payload = &d, .payload_len = 9 };

	world(&nat_gre);
	dp_attach();
	dp_send(1, &p);
	CU_ASSERT_EQUAL(dp.w->stats->nat_keepalives, 1);
	CU_ASSERT_EQUAL(dp.w->stats->absorbed, 1);
	d.data[0] = 0xfe; /* one byte, but not that one */
	dp_send(1, &p);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_ESP_SHORT), 1);
	d.udp[5] = 21; /* longer than the packet */
	p.payload_len = 20;
	dp_send(1, &p);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_RX_RUNT), 1);
	d.udp[5] = 7;
	dp_send(1, &p);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_RX_RUNT), 2);
	d.udp[5] = 20;
	memset(d.data, 0, 4);
	dp_send(1, &p);
	CU_ASSERT_TRUE(dp_punted(CHAN_CLASS_IKE));
	memset(d.data, 1, 4); /* an SPI that nobody has */
	dp_send(1, &p);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_ESP_NO_SA), 1);
	d.udp[5] = 12; /* the SPI and nothing else */
	p.payload_len = 12;
	dp_send(1, &p);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_ESP_SHORT), 2);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	end();
}

static void
moves_are_checked(void)
{
	struct chan_sa good = { .sa_id = DP_SA_IN, .spi = dp_sa(DP_SA_IN).spi,
		.remote = IP4(203, 0, 113, 9), .remote_port = 777 }, c = good;

	world(&nat_gre);
	c.sa_id = DP_SAS;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_MOVE, c), -EINVAL);
	CU_ASSERT_STRING_EQUAL(dp.field, "sa.sa_id");
	c.sa_id = 77;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_MOVE, c), -ENOENT);
	c = good;
	c.spi++;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_MOVE, c), -ENOENT);
	CU_ASSERT_STRING_EQUAL(dp.field, "sa.spi");
	c = good;
	c.remote = 0xffffffff;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_MOVE, c), -EINVAL);
	CU_ASSERT_STRING_EQUAL(dp.field, "sa.remote");
	c = good;
	c.remote_port = 0;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_MOVE, c), -EINVAL);
	CU_ASSERT_STRING_EQUAL(dp.field, "sa.remote_port");
	become(&plain_gre);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_MOVE, good), -EINVAL);
	CU_ASSERT_STRING_EQUAL(dp.field, "sa.remote_port");
	c = sa_of(DP_SA_IN, &nat_gre);
	c.local_port = 0;
	c.sa_id = 77;
	c.spi = 1u << CHAN_SPI_IDX_BITS | 77;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_SET, c), -EINVAL);
	CU_ASSERT_STRING_EQUAL(dp.field, "sa.remote_port");
	end();
}

/* ---- several tunnels with the same ends ---------------------------------------------------- */

/* Tunnel @id from where tunnel 2's peer is, behind the same NAT; outbound SA @id + 30 to @port. */
static void
neighbour(uint32_t id, uint16_t port, const struct variant *v)
{
	struct chan_tun c = dp_tun(2);
	struct chan_nh nh = { .nh_id = DP_NH_FREE + id, .type = CHAN_NH_TUN, .tun_id = id };
	struct chan_sa sa = sa_of(DP_SA_OUT, v);
	struct chan_tun_sa_out bind = { id, id + 30 };

	c.tun_id = id;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NH_SET, nh), 0);
	CU_ASSERT_EQUAL(dp_route(TO_TUN(id), 32, nh.nh_id), 0);
	sa.sa_id = id + 30;
	sa.tun_id = id;
	sa.remote_port = port;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_SET, sa), 0);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SA_OUT, bind), 0);
}

static bool
clear_is_refused(void)
{
	struct dp_pkt p = { .src = DP_PEER(2), .dst = DP_WAN_ADDR, .proto = IPPROTO_GRE,
		.payload = (const uint8_t[24]){ 0, 0, 8, 0, 0x45 }, .payload_len = 24 };
	uint64_t before = dp_drops(CHAN_DROP_GRE_CLEAR);

	dp_send(1, &p);
	return dp_drops(CHAN_DROP_GRE_CLEAR) == before + 1;
}

static void
del_neighbour(uint32_t id)
{
	struct chan_tun_sa_out bind = { id, CHAN_NONE };
	struct chan_route r = { .prefix = TO_TUN(id), .len = 32 };
	struct chan_nh nh = { .nh_id = DP_NH_FREE + id };
	struct chan_sa sa = { .sa_id = id + 30 };
	struct chan_tun c = { .tun_id = id };

	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_ROUTE_DEL, r), 0);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NH_DEL, nh), 0);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SA_OUT, bind), 0);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_DEL, sa), 0);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_DEL, c), 0);
}

/* @v: in tunnel mode, the same private address is inside of all of them. */
static void
behind_one_nat(const struct variant *v)
{
	struct chan_tun c;

	world(v);
	for (uint32_t id = 10; id < 20; id++)
		neighbour(id, (uint16_t)(5000 + id), v);
	for (uint32_t id = 10; id < 20; id++) {
		struct dp_pkt p = { .src = DP_LAN_HOST, .dst = TO_TUN(id) };

		dp_send(0, &p);
		CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
		CU_ASSERT_EQUAL(dp_out_ip(0)->dst_addr, RTE_BE32(DP_PEER(2)));
		CU_ASSERT_EQUAL(rte_be_to_cpu_16(udp_of(dp.out[0].m)->dst_port), 5000 + id);
		dp_clear();
	}
	/* Without protection addresses and key are a tunnel's own. */
	c = dp_tun(2);
	c.tun_id = 40;
	c.flags &= ~(uint32_t)CHAN_TUN_PROTECT;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), -EEXIST);
	CU_ASSERT_STRING_EQUAL(dp.field, "tun.remote");
	c.tun_id = 2;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), -EEXIST);
	/* Whichever of them goes, the others still want nothing in the clear. */
	for (uint32_t id = 10; id < 20; id++) {
		CU_ASSERT_TRUE(clear_is_refused());
		del_neighbour(id % 2 ? 30 - id : id);
	}
	CU_ASSERT_TRUE(clear_is_refused());
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	end();
}

static void
branches_behind_one_nat(void)
{
	behind_one_nat(&nat_gre);
	behind_one_nat(&private_gre);
}

static void
a_tunnel_has_only_so_many_sas(void)
{
	struct chan_sa c = sa_of(DP_SA_IN, &nat_gre);

	world(&nat_gre); /* with two */
	for (uint32_t id = 50; id < 50 + CHAN_TUN_SAS - 2; id++) {
		c.sa_id = id;
		c.spi = 1u << CHAN_SPI_IDX_BITS | id;
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_SET, c), 0);
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_SET, c), 0);
	}
	c.sa_id = 90;
	c.spi = 1u << CHAN_SPI_IDX_BITS | 90;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_SET, c), -ENOSPC);
	CU_ASSERT_STRING_EQUAL(dp.field, "sa.tun_id");
	c.sa_id = 50;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_DEL, c), 0);
	c.sa_id = 90;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_SET, c), 0);
	end();
}

/* ---- inside a tunnel-mode SA --------------------------------------------------------------- */

static uint64_t next_seq;

/* ESP from the peer with @len bytes of @payload of type @next; @tos of the outer header. */
static void
seal_and_run(const struct variant *v, const void *payload, unsigned int len, uint8_t next,
		uint8_t tos)
{
	struct chan_sa c = sa_of(DP_SA_IN, v);
	static uint8_t frame[2000];
	struct rte_udp_hdr udp = { .src_port = RTE_BE16(PEER_PORT), .dst_port = RTE_BE16(4500) };
	unsigned int pad = ref_pad(v->alg, len), front = v->udp ? sizeof(udp) : 0;
	struct dp_pkt p = { .src = DP_PEER(2), .dst = DP_WAN_ADDR,
		.proto = v->udp ? IPPROTO_UDP : IPPROTO_ESP, .tos = tos, .payload = frame };
	uint8_t iv[16] = { (uint8_t)++next_seq };

	p.payload_len = (uint16_t)(front + ref_seal(&c, next_seq, iv, payload, len, NULL, pad,
			(uint8_t)pad, next, frame + front));
	udp.dgram_len = rte_cpu_to_be_16(p.payload_len);
	memcpy(frame, &udp, front);
	dp_clear();
	dp_send(1, &p);
}

struct inside {
	struct rte_ipv4_hdr ip; /* from tunnel end to tunnel end */
	uint8_t gre[4];
	struct rte_ipv4_hdr pkt;
	uint8_t data[44];
	uint8_t tfc[64]; /* padding for traffic flow confidentiality */
} __attribute__((packed));

static struct inside
inside(void)
{
	struct inside x = { .gre = { 0, 0, 8, 0 } };

	x.ip = (struct rte_ipv4_hdr){ .version_ihl = 0x45, .total_length = RTE_BE16(88),
		.time_to_live = 64, .next_proto_id = IPPROTO_GRE, .src_addr = RTE_BE32(DP_PEER(2)),
		.dst_addr = RTE_BE32(DP_WAN_ADDR) };
	sum_again(&x.ip);
	x.pkt = (struct rte_ipv4_hdr){ .version_ihl = 0x45, .total_length = RTE_BE16(64),
		.time_to_live = 64, .next_proto_id = 200, .src_addr = RTE_BE32(TO_TUN(2)),
		.dst_addr = RTE_BE32(DP_LAN_HOST) };
	sum_again(&x.pkt);
	return x;
}

static bool
forwarded(void)
{
	return dp.n_out == 1 && dp.out[0].port == 0 &&
			dp.out[0].m->data_len == L2 + 64 && dp_ip_ok(dp_out_ip(0), 64);
}

static void
extra_bytes_after_the_packet_are_cut_off(void)
{
	struct inside x = inside();

	next_seq = 0;
	world(&tunnel_gre);
	seal_and_run(&tunnel_gre, &x, 88, NEXT_IP4, 0);
	CU_ASSERT_TRUE(forwarded());
	for (unsigned int tfc = 1; tfc <= sizeof(x.tfc); tfc++) {
		seal_and_run(&tunnel_gre, &x, 88 + tfc, NEXT_IP4, 0);
		CU_ASSERT_TRUE(forwarded());
	}
	next_seq = 0;
	become(&tunnel_ip);
	for (unsigned int tfc = 0; tfc <= sizeof(x.tfc); tfc++) {
		seal_and_run(&tunnel_ip, &x.pkt, 64 + tfc, NEXT_IP4, 0);
		CU_ASSERT_TRUE(forwarded());
		CU_ASSERT_EQUAL(dp.w->tun_stats[2].in_drops, 0);
	}
	next_seq = 0;
	become(&plain_gre);
	for (unsigned int tfc = 0; tfc <= sizeof(x.tfc); tfc++) {
		seal_and_run(&plain_gre, x.gre, 68 + tfc, NEXT_GRE, 0);
		CU_ASSERT_TRUE(forwarded());
	}
	CU_ASSERT_EQUAL(dp_all_drops(), 0);
	end();
}

/* One packet that must be dropped, and why. */
#define REFUSED(v, len, next, tos, why, stmt)                                                      \
	do {                                                                                      \
		struct inside x = inside();                                                       \
		uint64_t before = dp_drops(why);                                                  \
                                                                                                  \
		stmt;                                                                             \
		seal_and_run(v, (v)->kind == CHAN_TUN_IPSEC ? (void *)&x.pkt : (void *)&x, len,   \
				next, tos);                                                       \
		CU_ASSERT_EQUAL(dp_drops(why), before + 1);                                       \
		CU_ASSERT_EQUAL(dp.n_out, 0);                                                     \
	} while (0)

static void
what_a_tunnel_mode_peer_may_get_wrong(void)
{
	struct dp_pkt in_clear = { .src = DP_PEER(2), .dst = DP_WAN_ADDR, .proto = NEXT_IP4 };
	const struct variant *v = &tunnel_gre;

	next_seq = 0;
	world(v);
	REFUSED(v, 88, NEXT_GRE, 0, CHAN_DROP_ESP_NEXT_HDR, );
	REFUSED(v, 88, 6, 0, CHAN_DROP_ESP_NEXT_HDR, );
	REFUSED(v, 88, 0, 0, CHAN_DROP_ESP_NEXT_HDR, );
	REFUSED(v, 88, NEXT_IP4, 0, CHAN_DROP_IP_VERSION, x.ip.version_ihl = 0x65);
	REFUSED(v, 88, NEXT_IP4, 0, CHAN_DROP_IP_VERSION, x.ip.version_ihl = 0x44);
	REFUSED(v, 87, NEXT_IP4, 0, CHAN_DROP_IP_LENGTH, );
	REFUSED(v, 19, NEXT_IP4, 0, CHAN_DROP_IP_LENGTH, );
	REFUSED(v, 88, NEXT_IP4, 0, CHAN_DROP_IP_LENGTH, x.ip.total_length = RTE_BE16(19));
	REFUSED(v, 88, NEXT_IP4, 0, CHAN_DROP_IP_LENGTH,
			(x.ip.version_ihl = 0x4f, x.ip.total_length = RTE_BE16(59)));
	REFUSED(v, 88, NEXT_IP4, 0, CHAN_DROP_SA_TUNNEL, x.ip.next_proto_id = IPPROTO_UDP);
	REFUSED(v, 88, NEXT_IP4, 0, CHAN_DROP_SA_TUNNEL, x.ip.src_addr ^= 1);
	REFUSED(v, 88, NEXT_IP4, 0, CHAN_DROP_SA_TUNNEL, x.ip.dst_addr ^= 1);
	REFUSED(v, 88, NEXT_IP4, 0, CHAN_DROP_SA_TUNNEL, x.ip.fragment_offset = RTE_BE16(0x2000));
	REFUSED(v, 22, NEXT_IP4, 0, CHAN_DROP_GRE_SHORT, x.ip.total_length = RTE_BE16(22));
	REFUSED(v, 88, NEXT_IP4, 3, CHAN_DROP_GRE_ECN, );
	REFUSED(v, 88, NEXT_IP6, 0, CHAN_DROP_SA_TUNNEL, );
	next_seq = 0;
	become(&plain_gre);
	REFUSED(&plain_gre, 88, NEXT_IP4, 0, CHAN_DROP_ESP_NEXT_HDR, );
	next_seq = 0;
	become(&tunnel_ip);
	REFUSED(&tunnel_ip, 63, NEXT_IP4, 0, CHAN_DROP_IP_LENGTH, );
	REFUSED(&tunnel_ip, 64, NEXT_IP4, 3, CHAN_DROP_GRE_ECN, );
	REFUSED(&tunnel_ip, 64, NEXT_IP4, 0, CHAN_DROP_IP_CHECKSUM, x.pkt.hdr_checksum ^= 1);
	/* Whether it is one at all, ip6_input looks. */
	REFUSED(&tunnel_ip, 64, NEXT_IP6, 0, CHAN_DROP_IP6_VERSION, );
	/* And IP in IP without ESP is not a way in. */
	dp_send(1, &in_clear);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_LOCAL_PROTO), 1);
	end();
}

/* Behind NAT the far end has its private address inside, both ways, wherever the NAT puts it. */
static void
a_private_address_inside(void)
{
	struct chan_sa move = sa_of(DP_SA_OUT, &private_gre);
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = TO_TUN(2), .len = 131 };
	const struct variant *v = &private_gre;
	struct inside in = inside();

	next_seq = 0;
	world(v);
	dp_send(0, &p);
	CU_ASSERT_TRUE_FATAL(dp.n_out == 1 && out_is_right(v, p.len));
	CU_ASSERT_EQUAL(ip_of(dp.out[0].m)->dst_addr, RTE_BE32(DP_PEER(2)));
	dp_clear();
	move.remote = IP4(203, 0, 113, 9);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_MOVE, move), 0);
	dp_send(0, &p);
	CU_ASSERT_TRUE_FATAL(dp.n_out == 1 && out_is_right(v, p.len));
	in.ip.src_addr = rte_cpu_to_be_32(v->inner);
	sum_again(&in.ip);
	seal_and_run(v, &in, 88, NEXT_IP4, 0);
	CU_ASSERT_TRUE(forwarded());
	REFUSED(v, 88, NEXT_IP4, 0, CHAN_DROP_SA_TUNNEL, x.ip.src_addr = RTE_BE32(DP_PEER(2)));
	end();
}

/* A congestion mark reaches the innermost packet through both headers. */
static void
congestion_marks_go_inwards(void)
{
	struct inside x = inside();

	next_seq = 0;
	world(&tunnel_gre);
	x.ip.type_of_service = 2;
	sum_again(&x.ip);
	x.pkt.type_of_service = 2;
	sum_again(&x.pkt);
	seal_and_run(&tunnel_gre, &x, 88, NEXT_IP4, 3);
	CU_ASSERT_TRUE_FATAL(forwarded());
	CU_ASSERT_EQUAL(dp_out_ip(0)->type_of_service, 3);
	next_seq = 0;
	become(&tunnel_ip);
	seal_and_run(&tunnel_ip, &x.pkt, 64, NEXT_IP4, 3);
	CU_ASSERT_TRUE_FATAL(forwarded());
	CU_ASSERT_EQUAL(dp_out_ip(0)->type_of_service, 3);
	end();
}

/* A rekey may change the mode: for a while both are there. */
static void
inbound_sas_of_both_modes_at_once(void)
{
	struct inside x = inside();
	struct chan_sa c;

	next_seq = 0;
	world(&plain_gre);
	c = sa_of(DP_SA_IN, &tunnel_gre);
	c.sa_id = 60;
	c.spi = 1u << CHAN_SPI_IDX_BITS | 60;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_SET, c), 0);
	for (unsigned int i = 1; i <= 4; i++) {
		uint8_t esp[300], iv[8] = { (uint8_t)i };
		unsigned int pad = ref_pad(c.alg, 88);
		struct dp_pkt p = { .src = DP_PEER(2), .dst = DP_WAN_ADDR, .proto = IPPROTO_ESP,
			.payload = esp };

		seal_and_run(&plain_gre, x.gre, 68, NEXT_GRE, 0);
		CU_ASSERT_TRUE(forwarded());
		p.payload_len = (uint16_t)ref_seal(&c, i, iv, &x, 88, NULL, pad, (uint8_t)pad,
				NEXT_IP4, esp);
		dp_clear();
		dp_send(1, &p);
		CU_ASSERT_TRUE(forwarded());
	}
	end();
}

static void
kinds_are_checked(void)
{
	struct chan_tun c;
	struct chan_sa sa;

	world(&tunnel_ip);
	c = dp_tun(2);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), -EBUSY); /* it has SAs */
	CU_ASSERT_STRING_EQUAL(dp.field, "tun.kind");
	c = dp_tun(9);
	c.kind = 7;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), -EINVAL);
	CU_ASSERT_STRING_EQUAL(dp.field, "tun.kind");
	c.kind = CHAN_TUN_IPSEC;
	c.flags |= CHAN_TUN_KEY;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), -EINVAL);
	CU_ASSERT_STRING_EQUAL(dp.field, "tun.flags");
	sa = sa_of(DP_SA_IN, &plain_gre);
	sa.sa_id = 60;
	sa.spi = 1u << CHAN_SPI_IDX_BITS | 60;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_SET, sa), -EINVAL);
	CU_ASSERT_STRING_EQUAL(dp.field, "sa.mode");
	sa.mode = 2;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_SET, sa), -EINVAL);
	CU_ASSERT_STRING_EQUAL(dp.field, "sa.mode");
	end();
}

static const struct cu_case cases[] = {
	CU_CASE(every_combination_works_both_ways),
	CU_CASE(a_burst_of_each_algorithm_arrives_once),
	CU_CASE(a_peer_that_moved_is_heard_and_reported),
	CU_CASE(only_the_newest_authentic_packet_says_where_the_peer_is),
	CU_CASE(addresses_without_udp_do_not_move),
	CU_CASE(udp_is_taken_off_any_sa_but_not_missed_on_one),
	CU_CASE(keepalives_are_absorbed_and_ike_is_punted),
	CU_CASE(moves_are_checked),
	CU_CASE(branches_behind_one_nat),
	CU_CASE(a_tunnel_has_only_so_many_sas),
	CU_CASE(extra_bytes_after_the_packet_are_cut_off),
	CU_CASE(what_a_tunnel_mode_peer_may_get_wrong),
	CU_CASE(a_private_address_inside),
	CU_CASE(congestion_marks_go_inwards),
	CU_CASE(inbound_sas_of_both_modes_at_once),
	CU_CASE(kinds_are_checked),
};

int
main(void)
{
	dp_eal();
	return cu_run("esp_modes", cases, RTE_DIM(cases));
}
