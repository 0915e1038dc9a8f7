/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ESP and NATs: peers whose address and port change, ESP in UDP where none is expected and the
 * other way round, keepalives, branches behind one address.
 */
#include <errno.h>
#include <string.h>

#include "tests/unit/cu.h"
#include "tests/unit/esp_variant.h"

/* ---- NAT traversal ------------------------------------------------------------------------- */

/* The same packet as if a NAT had given the peer another address and port. */
static struct rte_mbuf *
from_elsewhere(uint32_t addr, uint16_t port)
{
	struct rte_mbuf *m = ev_from_peer();

	ev_ip(m)->src_addr = rte_cpu_to_be_32(addr);
	ev_sum_again(ev_ip(m));
	ev_udp(m)->src_port = rte_cpu_to_be_16(port);
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
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(2) };

	ev_open(&ev_nat_gre);
	dp_run1(1, ev_from_peer());
	CU_ASSERT_TRUE(ev_arrived());
	CU_ASSERT_EQUAL(n_moved(), 0);
	dp_run1(1, from_elsewhere(elsewhere, 777));
	CU_ASSERT_EQUAL_FATAL(n_moved(), 1);
	CU_ASSERT_EQUAL(dp.events[dp.n_events - 1].id, DP_SA_IN);
	CU_ASSERT_EQUAL(dp.events[dp.n_events - 1].addr, elsewhere);
	CU_ASSERT_EQUAL(dp.events[dp.n_events - 1].port, 777);
	CU_ASSERT_EQUAL(dp.events[dp.n_events - 1].arg, dp_sa(DP_SA_IN).spi);
	CU_ASSERT_TRUE(ev_arrived());
	dp_run1(1, from_elsewhere(elsewhere, 778));
	CU_ASSERT_EQUAL(n_moved(), 0); /* one a second; ev_from_peer() forgets events */
	CU_ASSERT_TRUE(ev_arrived());

	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_MOVE, move), 0);
	move.sa_id = DP_SA_OUT;
	move.spi = dp_sa(DP_SA_OUT).spi;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_MOVE, move), 0);
	dp_clock(true); /* the second is over */
	dp_run1(1, from_elsewhere(elsewhere, 777));
	CU_ASSERT_EQUAL(n_moved(), 0);
	CU_ASSERT_TRUE(ev_arrived());
	dp_run1(1, from_elsewhere(elsewhere, 776));
	CU_ASSERT_EQUAL(n_moved(), 1);
	dp_clock(false);
	CU_ASSERT_TRUE(ev_arrived());
	dp_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp_out_ip(0)->dst_addr, rte_cpu_to_be_32(elsewhere));
	CU_ASSERT_EQUAL(ev_udp(dp.out[0].m)->dst_port, RTE_BE16(777));
	CU_ASSERT_TRUE(dp_ip_ok(dp_out_ip(0), dp.out[0].m->data_len - EV_L2));
	CU_ASSERT_EQUAL(dp_all_drops(), 0);
	DP_END();
}

/* Not authentic, or seen before, or older than another: no reason to believe that it moved. */
static void
only_the_newest_authentic_packet_says_where_the_peer_is(void)
{
	struct rte_mbuf *older, *forged, *newest, *again;

	ev_open(&ev_nat_gre);
	older = from_elsewhere(IP4(203, 0, 113, 1), 1);
	forged = from_elsewhere(IP4(203, 0, 113, 2), 2);
	rte_pktmbuf_mtod(forged, uint8_t *)[forged->data_len - 1] ^= 1;
	newest = ev_from_peer();
	again = rte_pktmbuf_copy(newest, dp.pool, 0, UINT32_MAX);
	ev_ip(again)->src_addr = RTE_BE32(IP4(203, 0, 113, 3));
	ev_sum_again(ev_ip(again));
	dp_run1(1, forged);
	dp_run1(1, newest);
	CU_ASSERT_TRUE(ev_arrived());
	dp_run1(1, older);
	CU_ASSERT_TRUE(ev_arrived());
	dp_run1(1, again);
	CU_ASSERT_EQUAL(n_moved(), 0);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_ESP_ICV), 1);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_ESP_REPLAY), 1);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	DP_END();
}

static void
addresses_without_udp_do_not_move(void)
{
	struct rte_mbuf *m;

	ev_open(&ev_plain_gre);
	m = ev_from_peer();
	ev_ip(m)->src_addr = RTE_BE32(IP4(203, 0, 113, 9));
	ev_sum_again(ev_ip(m));
	dp_run1(1, m);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_ESP_ADDR), 1);
	CU_ASSERT_EQUAL(n_moved(), 0);
	DP_END();
}

/* Take the UDP header of a frame out, or put one in. */
static struct rte_mbuf *
without_udp(struct rte_mbuf *m)
{
	uint8_t *p = rte_pktmbuf_mtod(m, uint8_t *);

	memmove(p + 8, p, EV_L2 + 20);
	rte_pktmbuf_adj(m, 8);
	ev_ip(m)->next_proto_id = IPPROTO_ESP;
	ev_ip(m)->total_length = rte_cpu_to_be_16((uint16_t)(m->data_len - EV_L2));
	ev_sum_again(ev_ip(m));
	return m;
}

static struct rte_mbuf *
with_udp(struct rte_mbuf *m)
{
	uint8_t *p = (uint8_t *)rte_pktmbuf_prepend(m, 8);

	memmove(p, p + 8, EV_L2 + 20);
	*ev_udp(m) = (struct rte_udp_hdr){ .src_port = RTE_BE16(4500), .dst_port = RTE_BE16(4500),
		.dgram_len = rte_cpu_to_be_16((uint16_t)(m->data_len - EV_L2 - 20)) };
	ev_ip(m)->next_proto_id = IPPROTO_UDP;
	ev_ip(m)->total_length = rte_cpu_to_be_16((uint16_t)(m->data_len - EV_L2));
	ev_sum_again(ev_ip(m));
	return m;
}

static void
udp_is_taken_off_any_sa_but_not_missed_on_one(void)
{
	struct rte_mbuf *m;

	ev_open(&ev_plain_gre);
	dp_run1(1, with_udp(ev_from_peer()));
	CU_ASSERT_TRUE(ev_arrived());
	/* A UDP checksum that is wrong does not matter (RFC 3948 section 2.1). */
	m = with_udp(ev_from_peer());
	ev_udp(m)->dgram_cksum = 1;
	dp_run1(1, m);
	CU_ASSERT_TRUE(ev_arrived());
	CU_ASSERT_EQUAL(dp_all_drops(), 0);
	ev_become(&ev_nat_gre);
	dp_run1(1, without_udp(ev_from_peer()));
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_ESP_ADDR), 1);
	DP_END();
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

	ev_open(&ev_nat_gre);
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
	DP_END();
}

static void
moves_are_checked(void)
{
	struct chan_sa good = { .sa_id = DP_SA_IN, .spi = dp_sa(DP_SA_IN).spi,
		.remote = IP4(203, 0, 113, 9), .remote_port = 777 }, c = good;

	ev_open(&ev_nat_gre);
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
	ev_become(&ev_plain_gre);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_MOVE, good), -EINVAL);
	CU_ASSERT_STRING_EQUAL(dp.field, "sa.remote_port");
	c = ev_sa(DP_SA_IN, &ev_nat_gre);
	c.local_port = 0;
	c.sa_id = 77;
	c.spi = 1u << CHAN_SPI_IDX_BITS | 77;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_SET, c), -EINVAL);
	CU_ASSERT_STRING_EQUAL(dp.field, "sa.remote_port");
	DP_END();
}

/* ---- several tunnels with the same ends ---------------------------------------------------- */

/* Tunnel @id from where tunnel 2's peer is, behind the same NAT; outbound SA @id + 30 to @port. */
static void
neighbour(uint32_t id, uint16_t port, const struct esp_variant *v)
{
	struct chan_tun c = dp_tun(2);
	struct chan_nh nh = { .nh_id = DP_NH_FREE + id, .type = CHAN_NH_TUN, .tun_id = id };
	struct chan_sa sa = ev_sa(DP_SA_OUT, v);
	struct chan_tun_sa_out bind = { id, id + 30 };

	c.tun_id = id;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NH_SET, nh), 0);
	CU_ASSERT_EQUAL(dp_route(DP_TO_TUN(id), 32, nh.nh_id), 0);
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
	struct chan_route r = { .prefix = DP_TO_TUN(id), .len = 32 };
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
behind_one_nat(const struct esp_variant *v)
{
	struct chan_tun c;

	ev_open(v);
	for (uint32_t id = 10; id < 20; id++)
		neighbour(id, (uint16_t)(5000 + id), v);
	for (uint32_t id = 10; id < 20; id++) {
		struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(id) };

		dp_send(0, &p);
		CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
		CU_ASSERT_EQUAL(dp_out_ip(0)->dst_addr, RTE_BE32(DP_PEER(2)));
		CU_ASSERT_EQUAL(rte_be_to_cpu_16(ev_udp(dp.out[0].m)->dst_port), 5000 + id);
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
	DP_END();
}

static void
branches_behind_one_nat(void)
{
	behind_one_nat(&ev_nat_gre);
	behind_one_nat(&ev_private_gre);
}

static void
a_tunnel_has_only_so_many_sas(void)
{
	struct chan_sa c = ev_sa(DP_SA_IN, &ev_nat_gre);

	ev_open(&ev_nat_gre); /* with two */
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
	DP_END();
}

static const struct cu_case cases[] = {
	CU_CASE(a_peer_that_moved_is_heard_and_reported),
	CU_CASE(only_the_newest_authentic_packet_says_where_the_peer_is),
	CU_CASE(addresses_without_udp_do_not_move),
	CU_CASE(udp_is_taken_off_any_sa_but_not_missed_on_one),
	CU_CASE(keepalives_are_absorbed_and_ike_is_punted), CU_CASE(moves_are_checked),
	CU_CASE(branches_behind_one_nat), CU_CASE(a_tunnel_has_only_so_many_sas),
};

int
main(void)
{
	dp_eal();
	return cu_run("esp_nat", cases, RTE_DIM(cases));
}
