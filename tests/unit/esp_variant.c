/* SPDX-License-Identifier: BSD-3-Clause */
#include "tests/unit/esp_variant.h"

#include <string.h>

#include "tests/unit/cu.h"
#include "tests/unit/esp_fixture.h"

const struct esp_variant ev_nat_gre = { CHAN_TUN_GRE, CHAN_SA_TRANSPORT, true,
	CHAN_ESP_AES128_GCM16, 0, 0, 0 };
const struct esp_variant ev_plain_gre = { CHAN_TUN_GRE, CHAN_SA_TRANSPORT, false,
	CHAN_ESP_AES128_GCM16, 0, 0, 0 };
const struct esp_variant ev_private_gre = { CHAN_TUN_GRE, CHAN_SA_TUNNEL, true,
	CHAN_ESP_AES128_GCM16, 0, IP4(192, 168, 1, 7), 0 };

struct chan_sa
ev_sa(uint32_t sa_id, const struct esp_variant *v)
{
	const struct esp_alg *a = &esp_algs[v->alg];
	struct chan_sa c = dp_sa(sa_id);

	c.alg = v->alg;
	c.esn = v->esn;
	c.mode = v->mode;
	c.inner_remote = v->inner;
	c.inner_local = v->inner_local;
	c.enc_key_len = a->enc_key_len;
	c.auth_key_len = a->auth_key_len;
	c.salt_len = a->salt_len;
	memset(c.enc_key, 0, sizeof(c.enc_key));
	for (unsigned int i = 0; i < a->enc_key_len; i++)
		c.enc_key[i] = (uint8_t)((sa_id == DP_SA_OUT ? 7 : 3) * i + 1);
	for (unsigned int i = 0; i < a->auth_key_len; i++)
		c.auth_key[i] = (uint8_t)((sa_id == DP_SA_OUT ? 5 : 9) * i + 2);
	if (v->udp) {
		c.local_port = sa_id == DP_SA_PEER_OUT ? EV_PEER_PORT : 4500;
		c.remote_port = sa_id == DP_SA_PEER_OUT ? 4500 : EV_PEER_PORT;
	}
	return c;
}

void
ev_become(const struct esp_variant *v)
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
		struct chan_sa c = ev_sa(id, v);

		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_SET, c), 0);
	}
	bind[0].sa_id = DP_SA_OUT;
	bind[1].sa_id = DP_SA_PEER_OUT;
	for (unsigned int i = 0; i < 2; i++)
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SA_OUT, bind[i]), 0);
}

void
ev_open(const struct esp_variant *v)
{
	dp_open(NULL);
	dp_world();
	ev_become(v);
}

struct rte_mbuf *
ev_from_peer(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_TO_TUN(3), .len = 200, .ttl = 9 };
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

bool
ev_arrived(void)
{
	bool ok = dp.n_out == 1 && dp.out[0].port == 0 && dp_ip_ok(dp_out_ip(0), 200) &&
			dp_out_ip(0)->dst_addr == RTE_BE32(DP_TO_TUN(3)) &&
			dp_out_ip(0)->time_to_live == 7;
	unsigned int n_events = dp.n_events;

	dp_clear();
	dp.n_events = n_events;
	return ok;
}

struct rte_ipv4_hdr *
ev_ip(struct rte_mbuf *m)
{
	return rte_pktmbuf_mtod_offset(m, struct rte_ipv4_hdr *, EV_L2);
}

struct rte_udp_hdr *
ev_udp(struct rte_mbuf *m)
{
	return (struct rte_udp_hdr *)(ev_ip(m) + 1);
}

void
ev_sum_again(struct rte_ipv4_hdr *ip)
{
	ip->hdr_checksum = 0;
	ip->hdr_checksum = rte_ipv4_cksum(ip);
}
