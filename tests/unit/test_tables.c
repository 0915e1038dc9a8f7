/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control plane's commands: what is refused and why, that the same again changes nothing, that
 * what is referenced stays, mark-and-sweep, and that workers never lose what they look at.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_malloc.h>
#include <rte_rcu_qsbr.h>

#include "tests/unit/cu.h"
#include "tests/unit/dp_fixture.h"

static void
world(void)
{
	dp_open(NULL);
	dp_world();
	dp_world_sas();
}

static void
end(void)
{
	CU_ASSERT_EQUAL(dp_close(), 0);
}

static void
expect(int err, int want, const char *field)
{
	if (err != want || strcmp(dp.field, field) != 0) {
		fprintf(stderr, "got %d \"%s\", want %d \"%s\"\n", err, dp.field, want, field);
		CU_FAIL("refusal");
	}
}

/* A good command with one byte-sized or wider field spoilt. */
struct spoil {
	enum chan_op op;
	uint32_t id;   /* of the world's object to start from */
	size_t at;     /* offset of the field */
	size_t size;   /* of the field */
	uint64_t value;
	int err;
	const char *field;
};

#define SPOIL(OP, ID, TYPE, FIELD, VALUE, ERR, NAME)                                              \
	{ OP, ID, offsetof(struct TYPE, FIELD), sizeof(((struct TYPE *)0)->FIELD), VALUE, ERR,    \
	  NAME }

/* clang-format off */
static const struct spoil spoils[] = {
	SPOIL(CHAN_CMD_IF_SET, 0, chan_if, if_id, CHAN_MAX_IFS, -EINVAL, "if.if_id"),
	SPOIL(CHAN_CMD_IF_SET, 0, chan_if, port, 2, -ENOENT, "if.port"),
	SPOIL(CHAN_CMD_IF_SET, 0, chan_if, port, CHAN_NONE, -EINVAL, "if.port"),
	SPOIL(CHAN_CMD_IF_SET, 0, chan_if, vlan, 4095, -EINVAL, "if.vlan"),
	SPOIL(CHAN_CMD_IF_SET, 0, chan_if, vlan, DP_VLAN, -EEXIST, "if.vlan"),
	SPOIL(CHAN_CMD_IF_SET, 0, chan_if, mtu, 575, -EINVAL, "if.mtu"),
	SPOIL(CHAN_CMD_IF_SET, 0, chan_if, mtu, 9601, -EINVAL, "if.mtu"),
	SPOIL(CHAN_CMD_IF_SET, 0, chan_if, admin_up, 2, -EINVAL, "if.admin_up"),
	SPOIL(CHAN_CMD_IF_SET, 0, chan_if, n_addrs, CHAN_IF_ADDRS + 1, -EINVAL, "if.n_addrs"),
	SPOIL(CHAN_CMD_IF_SET, 0, chan_if, n_addrs, 2, -EINVAL, "if.addrs"),
	SPOIL(CHAN_CMD_IF_SET, 0, chan_if, addrs[0], IP4(224, 0, 0, 1), -EINVAL, "if.addrs"),
	SPOIL(CHAN_CMD_IF_SET, 0, chan_if, addr_lens[0], 33, -EINVAL, "if.addr_lens"),
	SPOIL(CHAN_CMD_IF_SET, 0, chan_if, addr_lens[0], 0, -EINVAL, "if.addr_lens"),
	SPOIL(CHAN_CMD_NH_SET, DP_NH_GW, chan_nh, nh_id, DP_NHS, -EINVAL, "nh.nh_id"),
	SPOIL(CHAN_CMD_NH_SET, DP_NH_GW, chan_nh, type, 5, -EINVAL, "nh.type"),
	SPOIL(CHAN_CMD_NH_SET, DP_NH_GW, chan_nh, type, CHAN_NH_LOCAL, -EBUSY, "nh.type"),
	SPOIL(CHAN_CMD_NH_SET, DP_NH_GW, chan_nh, if_id, CHAN_MAX_IFS, -EINVAL, "nh.if_id"),
	SPOIL(CHAN_CMD_NH_SET, DP_NH_GW, chan_nh, if_id, 9, -ENOENT, "nh.if_id"),
	SPOIL(CHAN_CMD_NH_SET, DP_NH_LAN, chan_nh, if_id, 9, -ENOENT, "nh.if_id"),
	SPOIL(CHAN_CMD_NH_SET, DP_NH_GW, chan_nh, gw, 0, -EINVAL, "nh.gw"),
	SPOIL(CHAN_CMD_NH_SET, DP_NH_GW, chan_nh, resolved, 2, -EINVAL, "nh.resolved"),
	SPOIL(CHAN_CMD_NH_SET, DP_NH_GW, chan_nh, mac[0], 1, -EINVAL, "nh.mac"),
	SPOIL(CHAN_CMD_NH_SET, DP_NH_TUN0, chan_nh, tun_id, DP_TUNNELS, -EINVAL, "nh.tun_id"),
	SPOIL(CHAN_CMD_NH_SET, DP_NH_TUN0, chan_nh, tun_id, 9, -ENOENT, "nh.tun_id"),
	SPOIL(CHAN_CMD_TUN_SET, 0, chan_tun, tun_id, DP_TUNNELS, -EINVAL, "tun.tun_id"),
	SPOIL(CHAN_CMD_TUN_SET, 0, chan_tun, flags, 1u << 31, -EINVAL, "tun.flags"),
	SPOIL(CHAN_CMD_TUN_SET, 0, chan_tun, kind, CHAN_TUN_MGRE, -EINVAL, "tun.remote"),
	SPOIL(CHAN_CMD_TUN_SET, 0, chan_tun, flags, CHAN_TUN_UP | CHAN_TUN_MCAST, -EINVAL,
			"tun.parent"),
	SPOIL(CHAN_CMD_TUN_SET, 0, chan_tun, kind, 3, -EINVAL, "tun.kind"),
	SPOIL(CHAN_CMD_TUN_SET, 0, chan_tun, local, 0, -EINVAL, "tun.local"),
	SPOIL(CHAN_CMD_TUN_SET, 0, chan_tun, remote, UINT32_MAX, -EINVAL, "tun.remote"),
	SPOIL(CHAN_CMD_TUN_SET, 0, chan_tun, remote, DP_WAN_ADDR, -EINVAL, "tun.remote"),
	SPOIL(CHAN_CMD_TUN_SET, 0, chan_tun, remote, DP_PEER(2), -EEXIST, "tun.remote"),
	SPOIL(CHAN_CMD_TUN_SET, 0, chan_tun, nh_id, DP_NHS, -EINVAL, "tun.nh_id"),
	SPOIL(CHAN_CMD_TUN_SET, 0, chan_tun, nh_id, DP_NH_FREE, -ENOENT, "tun.nh_id"),
	SPOIL(CHAN_CMD_TUN_SET, 0, chan_tun, nh_id, DP_NH_TUN1, -EINVAL, "tun.nh_id"),
	SPOIL(CHAN_CMD_TUN_SET, 0, chan_tun, addr, IP4(127, 0, 0, 1), -EINVAL, "tun.addr"),
	SPOIL(CHAN_CMD_TUN_SET, 0, chan_tun, mtu, 575, -EINVAL, "tun.mtu"),
	SPOIL(CHAN_CMD_TUN_SET, 0, chan_tun, mtu, 9001, -EINVAL, "tun.mtu"),
	SPOIL(CHAN_CMD_TUN_SET, 0, chan_tun, ttl, 0, -EINVAL, "tun.ttl"),
	SPOIL(CHAN_CMD_SA_SET, DP_SA_IN, chan_sa, tun_id, DP_TUNNELS, -EINVAL, "sa.tun_id"),
	SPOIL(CHAN_CMD_SA_SET, DP_SA_IN, chan_sa, tun_id, 9, -ENOENT, "sa.tun_id"),
	SPOIL(CHAN_CMD_SA_SET, DP_SA_IN, chan_sa, sa_id, DP_SAS, -EINVAL, "sa.sa_id"),
};
/* clang-format on */

static size_t
world_object(const struct spoil *s, void *body)
{
	struct chan_if i = dp_if(s->id);
	struct chan_nh nh = dp_nh(s->id);
	struct chan_tun tun = dp_tun(s->id);
	struct chan_sa sa = dp_sa(s->id);

#define COPY(x) (memcpy(body, &(x), sizeof(x)), sizeof(x))
	switch (s->op) {
	case CHAN_CMD_IF_SET:
		return COPY(i);
	case CHAN_CMD_NH_SET:
		return COPY(nh);
	case CHAN_CMD_TUN_SET:
		return COPY(tun);
	default:
		return COPY(sa);
	}
#undef COPY
}

static void
test_refused(void)
{
	world();
	for (unsigned int i = 0; i < RTE_DIM(spoils); i++) {
		uint8_t body[248] = { 0 };
		size_t len = world_object(&spoils[i], body);
		int err;

		CU_ASSERT_EQUAL(dp_apply(spoils[i].op, body, len), 0);
		memcpy(body + spoils[i].at, &spoils[i].value, spoils[i].size);
		err = dp_apply(spoils[i].op, body, len);
		if (err != spoils[i].err)
			fprintf(stderr, "row %u: ", i);
		expect(err, spoils[i].err, spoils[i].field);
	}
	end();
}

static void
test_refused_others(void)
{
	struct chan_route r = { .prefix = IP4(10, 0, 0, 1), .len = 24, .id = 0 };
	struct chan_nhg g = { .nhg_id = 16, .n = 1 };
	struct chan_tun_sa_out o = { DP_TUNNELS, DP_SA_OUT };
	struct chan_trace tr;
	struct chan_param p = { .icmp_error_pps = 100001 };
	struct chan_port port = { .port = CHAN_MAX_PORTS };

	world();
	expect(DP_APPLY(CHAN_CMD_ROUTE_SET, r), -EINVAL, "route.prefix");
	expect(DP_APPLY(CHAN_CMD_ROUTE_DEL, r), -EINVAL, "route.prefix");
	r = (struct chan_route){ .len = 33 };
	expect(DP_APPLY(CHAN_CMD_ROUTE_SET, r), -EINVAL, "route.len");
	r = (struct chan_route){ .is_group = 2 };
	expect(DP_APPLY(CHAN_CMD_ROUTE_SET, r), -EINVAL, "route.is_group");
	r = (struct chan_route){ .id = DP_NHS };
	expect(DP_APPLY(CHAN_CMD_ROUTE_SET, r), -EINVAL, "route.id");
	r = (struct chan_route){ .id = DP_NH_FREE };
	expect(DP_APPLY(CHAN_CMD_ROUTE_SET, r), -ENOENT, "route.id");
	r = (struct chan_route){ .id = 3, .is_group = 1 };
	expect(DP_APPLY(CHAN_CMD_ROUTE_SET, r), -ENOENT, "route.id");

	expect(DP_APPLY(CHAN_CMD_NHG_SET, g), -EINVAL, "nhg.nhg_id");
	g = (struct chan_nhg){ .n = 0 };
	expect(DP_APPLY(CHAN_CMD_NHG_SET, g), -EINVAL, "nhg.n");
	g = (struct chan_nhg){ .n = CHAN_ECMP_MAX + 1 };
	expect(DP_APPLY(CHAN_CMD_NHG_SET, g), -EINVAL, "nhg.n");
	g = (struct chan_nhg){ .n = 2, .nh_ids = { 0, DP_NHS } };
	expect(DP_APPLY(CHAN_CMD_NHG_SET, g), -EINVAL, "nhg.nh_ids");
	g = (struct chan_nhg){ .n = 2, .nh_ids = { 0, DP_NH_FREE } };
	expect(DP_APPLY(CHAN_CMD_NHG_SET, g), -ENOENT, "nhg.nh_ids");

	expect(DP_APPLY(CHAN_CMD_TUN_SA_OUT, o), -EINVAL, "tun_sa_out.tun_id");
	o.tun_id = 9;
	expect(DP_APPLY(CHAN_CMD_TUN_SA_OUT, o), -ENOENT, "tun_sa_out.tun_id");
	o.tun_id = 0; /* not the SA's tunnel */
	expect(DP_APPLY(CHAN_CMD_TUN_SA_OUT, o), -EINVAL, "tun_sa_out.sa_id");
	o = (struct chan_tun_sa_out){ 2, DP_SA_IN };
	expect(DP_APPLY(CHAN_CMD_TUN_SA_OUT, o), -EINVAL, "tun_sa_out.sa_id");
	o = (struct chan_tun_sa_out){ 2, DP_SAS };
	expect(DP_APPLY(CHAN_CMD_TUN_SA_OUT, o), -EINVAL, "tun_sa_out.sa_id");
	o = (struct chan_tun_sa_out){ 2, 77 };
	expect(DP_APPLY(CHAN_CMD_TUN_SA_OUT, o), -ENOENT, "tun_sa_out.sa_id");

	expect(DP_APPLY(CHAN_CMD_PARAM_SET, p), -EINVAL, "param.icmp_error_pps");
	p = (struct chan_param){ .icmp_echo_pps = 1000001 };
	expect(DP_APPLY(CHAN_CMD_PARAM_SET, p), -EINVAL, "param.icmp_echo_pps");
	tr = (struct chan_trace){ .if_id = CHAN_NONE, .tun_id = CHAN_NONE, .count = 1001 };
	expect(DP_APPLY(CHAN_CMD_TRACE_SET, tr), -EINVAL, "trace.count");
	tr = (struct chan_trace){ .if_id = CHAN_MAX_IFS, .tun_id = CHAN_NONE };
	expect(DP_APPLY(CHAN_CMD_TRACE_SET, tr), -EINVAL, "trace.if_id");
	tr = (struct chan_trace){ .if_id = CHAN_NONE, .tun_id = DP_TUNNELS };
	expect(DP_APPLY(CHAN_CMD_TRACE_SET, tr), -EINVAL, "trace.tun_id");
	tr = (struct chan_trace){ .if_id = CHAN_NONE, .tun_id = CHAN_NONE, .family = 4, .src = 1,
		.src_len = 24 };
	expect(DP_APPLY(CHAN_CMD_TRACE_SET, tr), -EINVAL, "trace.src");
	tr = (struct chan_trace){ .if_id = CHAN_NONE, .tun_id = CHAN_NONE, .family = 4,
		.dst_len = 33 };
	expect(DP_APPLY(CHAN_CMD_TRACE_SET, tr), -EINVAL, "trace.dst");
	tr = (struct chan_trace){ .if_id = CHAN_NONE, .tun_id = CHAN_NONE, .dst_len = 8 };
	expect(DP_APPLY(CHAN_CMD_TRACE_SET, tr), -EINVAL, "trace.dst"); /* of which family? */
	tr = (struct chan_trace){ .if_id = CHAN_NONE, .tun_id = CHAN_NONE, .family = 6,
		.dst_len = 129 };
	expect(DP_APPLY(CHAN_CMD_TRACE_SET, tr), -EINVAL, "trace.dst");
	tr = (struct chan_trace){ .if_id = CHAN_NONE, .tun_id = CHAN_NONE, .family = 6,
		.src6 = { [15] = 1 }, .src_len = 64 };
	expect(DP_APPLY(CHAN_CMD_TRACE_SET, tr), -EINVAL, "trace.src");
	tr = (struct chan_trace){ .if_id = CHAN_NONE, .tun_id = CHAN_NONE, .family = 5 };
	expect(DP_APPLY(CHAN_CMD_TRACE_SET, tr), -EINVAL, "trace.family");
	tr = (struct chan_trace){ .if_id = CHAN_NONE, .tun_id = CHAN_NONE, .drops_only = 2 };
	expect(DP_APPLY(CHAN_CMD_TRACE_SET, tr), -EINVAL, "trace.drops_only");
	p = (struct chan_param){ .reass_ms = 99 };
	expect(DP_APPLY(CHAN_CMD_PARAM_SET, p), -EINVAL, "param.reass_ms");
	p = (struct chan_param){ .reass_ms = 60001 };
	expect(DP_APPLY(CHAN_CMD_PARAM_SET, p), -EINVAL, "param.reass_ms");
	p = (struct chan_param){ .reass_packets = 65537 };
	expect(DP_APPLY(CHAN_CMD_PARAM_SET, p), -EINVAL, "param.reass_packets");
	p = (struct chan_param){ .reass_per_src = 65537 };
	expect(DP_APPLY(CHAN_CMD_PARAM_SET, p), -EINVAL, "param.reass_per_src");
	p = (struct chan_param){ .punt_pps = { 0, 1000001 } };
	expect(DP_APPLY(CHAN_CMD_PARAM_SET, p), -EINVAL, "param.punt_pps");
	p = (struct chan_param){ .punt_burst = { 0, 0, 65537 } };
	expect(DP_APPLY(CHAN_CMD_PARAM_SET, p), -EINVAL, "param.punt_burst");
	p = (struct chan_param){ .hold_ms = 10001 };
	expect(DP_APPLY(CHAN_CMD_PARAM_SET, p), -EINVAL, "param.hold_ms");
	expect(DP_APPLY(CHAN_CMD_PORT_SET, port), -EINVAL, "port.port");
	port.port = 2;
	expect(DP_APPLY(CHAN_CMD_PORT_SET, port), -ENOENT, "port.port");
	port = (struct chan_port){ .mtu = 100 };
	expect(DP_APPLY(CHAN_CMD_PORT_SET, port), -EINVAL, "port.mtu");
	expect(dp_apply(CHAN_CMD_SYNC_END, &p, 0), -EINVAL, "sync");
	expect(dp_apply(CHAN_CMD_NONE, &p, 0), -EINVAL, "op");
	expect(dp_apply((enum chan_op)200, &p, 0), -EINVAL, "op");
	end();
}

/* Random bytes as commands: nothing breaks, and what stands is still consistent. */
static void
test_garbage(void)
{
	world();
	srand(3);
	for (unsigned int i = 0; i < 200000; i++) {
		struct chan_cmd cmd;
		uint32_t words[16];

		/* Small numbers mostly, so that ids and types are often good. */
		for (unsigned int k = 0; k < RTE_DIM(words); k++)
			words[k] = rand() % 8 != 0 ? (uint32_t)rand() % 16
						   : (uint32_t)rand() * 77773u;
		memset(&cmd, 0, sizeof(cmd));
		cmd.op = (uint16_t)((unsigned int)rand() % (CHAN_N_CMDS + 1));
		memcpy(&cmd.u, words, sizeof(words));
		tables_apply(dp.t, &cmd, &dp.field);
		if (i % 64 == 0) {
			struct dp_pkt p = { .src = DP_LAN_HOST,
				.dst = IP4(10, 100 + rand() % 4, 0, 1) };

			dp_send(0, &p);
			dp_clear();
			dp_tick();
			tables_tick(dp.t, i);
		}
	}
	dp_clear();
	CU_ASSERT_TRUE(dp_conserves());
	dp_close();
	CU_ASSERT_EQUAL(rte_mempool_in_use_count(dp.pool), 0);
}

/* ---- the same again ------------------------------------------------------------------------- */

static void
test_idempotent(void)
{
	struct chan_nhg g = { .nhg_id = 1, .n = 1, .nh_ids = { DP_NH_GW } };
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = IP4(10, 101, 0, 1) };
	struct iface *ifs[3];
	struct tunnel *tuns[4];
	hop_t hops[DP_NHS];

	world();
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NHG_SET, g), 0);
	dp_send(0, &p);
	memcpy(ifs, dp.t->ifs, sizeof(ifs));
	memcpy(tuns, dp.t->tuns, sizeof(tuns));
	memcpy(hops, dp.t->hops, sizeof(hops));
	dp_world();
	for (uint32_t id = DP_SA_OUT; id <= DP_SA_PEER_OUT; id++) {
		struct chan_sa c = dp_sa(id);

		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_SET, c), 0);
	}
	dp_world_sas();
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NHG_SET, g), 0);
	CU_ASSERT_EQUAL(memcmp(ifs, dp.t->ifs, sizeof(ifs)), 0);
	CU_ASSERT_EQUAL(memcmp(tuns, dp.t->tuns, sizeof(tuns)), 0);
	CU_ASSERT_EQUAL(memcmp(hops, dp.t->hops, sizeof(hops)), 0);
	CU_ASSERT_EQUAL(dp.w->tun_stats[1].out_packets, 1);
	end();
}

/* A change keeps what it does not name: the outbound SA, GRE's sequence, counters. */
static void
test_change_keeps(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = IP4(10, 101, 0, 1) };
	struct chan_tun c;

	world();
	dp_send(0, &p);
	c = dp_tun(1);
	c.mtu = 1300;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	dp_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 2);
	CU_ASSERT_EQUAL(((uint8_t *)(dp_out_ip(1) + 1))[15], 1);
	CU_ASSERT_EQUAL(dp.w->tun_stats[1].out_packets, 2);
	c = dp_tun(2);
	c.mtu = 1300;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	CU_ASSERT_EQUAL(tunnel_by_id(dp.t, 2)->out, TUN_OUT_ESP);
	end();
}

/* What is counted under an id is of who has it now. */
static void
test_counters_begin_anew(void)
{
	struct chan_tun c = dp_tun(1);
	struct chan_if i = dp_if(1);

	world();
	c.tun_id = 5;
	c.remote = IP4(9, 9, 9, 9);
	dp.w->tun_stats[5].out_packets = dp.w->tun_stats[5].in_drops = 7;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	CU_ASSERT_EQUAL(dp.w->tun_stats[5].out_packets + dp.w->tun_stats[5].in_drops, 0);
	i.if_id = 6;
	i.vlan = 600;
	dp.w->if_stats[6].in_packets = 7;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, i), 0);
	CU_ASSERT_EQUAL(dp.w->if_stats[6].in_packets, 0);
	dp.w->if_stats[6].in_packets = dp.w->tun_stats[5].in_packets = 3;
	i.mtu = c.mtu = 1300;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, i), 0);
	CU_ASSERT_EQUAL(dp.w->if_stats[6].in_packets, 3);
	CU_ASSERT_EQUAL(dp.w->tun_stats[5].in_packets, 3);
	end();
}

/* A tunnel that moved is found at its new place only. */
static void
test_tunnel_moves(void)
{
	struct tun_key old = { .local = DP_WAN_ADDR, .remote = DP_PEER(0) };
	struct tun_key new = { .local = DP_WAN_ADDR, .remote = DP_PEER(40) };
	struct chan_tun c;

	world();
	CU_ASSERT_PTR_EQUAL(tunnel_find(dp.t, &old), tunnel_by_id(dp.t, 0));
	c = dp_tun(0);
	c.remote = DP_PEER(40);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	CU_ASSERT_PTR_NULL(tunnel_find(dp.t, &old));
	CU_ASSERT_PTR_EQUAL(tunnel_find(dp.t, &new), tunnel_by_id(dp.t, 0));
	/* The place is free for another. */
	c = dp_tun(0);
	c.tun_id = 5;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	CU_ASSERT_PTR_EQUAL(tunnel_find(dp.t, &old), tunnel_by_id(dp.t, 5));
	end();
}

/* What an interface or a neighbour changes reaches the tunnels' templates. */
static void
test_change_reaches_tunnels(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = IP4(10, 100, 0, 1) };
	struct chan_port port = { .port = 1, .admin_up = 1 };
	struct chan_nh nh;
	struct chan_if i;

	world();
	nh = dp_nh(DP_NH_GW);
	nh.mac[5] = 0x77;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NH_SET, nh), 0);
	dp.stats->ports[1].mac[5] = 0x88;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_PORT_SET, port), 0);
	i = dp_if(DP_IF_WAN);
	i.mtu = 1000;
	i.vlan = 7;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, i), 0);
	CU_ASSERT_EQUAL(tunnel_by_id(dp.t, 0)->mtu, 976);
	dp_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(rte_pktmbuf_mtod(dp.out[0].m, uint8_t *)[5], 0x77);
	CU_ASSERT_EQUAL(rte_pktmbuf_mtod(dp.out[0].m, uint8_t *)[11], 0x88);
	CU_ASSERT_EQUAL(rte_pktmbuf_mtod(dp.out[0].m, uint8_t *)[15], 7);
	/* Untagged frames are for nobody on that port now. */
	CU_ASSERT_PTR_NULL(dp.t->vlans[1][0]);
	i.admin_up = 0;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, i), 0);
	CU_ASSERT_EQUAL(tunnel_by_id(dp.t, 0)->out, TUN_OUT_NO_ROUTE);
	end();
}

/* ---- references ----------------------------------------------------------------------------- */

static void
test_busy(void)
{
	struct chan_nhg g = { .nhg_id = 1, .n = 2, .nh_ids = { DP_NH_GW, DP_NH_GW2 } };
	struct chan_route r = { .prefix = IP4(10, 20, 0, 0), .len = 16, .is_group = 1, .id = 1 };
	struct chan_tun_sa_out none = { 2, CHAN_NONE };
	struct chan_if i;
	struct chan_nh nh;
	struct chan_tun tun;
	struct chan_sa sa;

	world();
	i = dp_if(DP_IF_WAN);
	expect(DP_APPLY(CHAN_CMD_IF_DEL, i), -EBUSY, "if.if_id");
	nh = dp_nh(DP_NH_GW);
	expect(DP_APPLY(CHAN_CMD_NH_DEL, nh), -EBUSY, "nh.nh_id");
	tun = dp_tun(0);
	expect(DP_APPLY(CHAN_CMD_TUN_DEL, tun), -EBUSY, "tun.tun_id");
	/* A route by way of a group holds the group, the group its members. */
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NHG_SET, g), 0);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_ROUTE_SET, r), 0);
	expect(DP_APPLY(CHAN_CMD_NHG_DEL, g), -EBUSY, "nhg.nhg_id");
	nh = dp_nh(DP_NH_GW2);
	expect(DP_APPLY(CHAN_CMD_NH_DEL, nh), -EBUSY, "nh.nh_id");
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_ROUTE_DEL, r), 0);
	expect(DP_APPLY(CHAN_CMD_NH_DEL, nh), -EBUSY, "nh.nh_id");
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NHG_DEL, g), 0);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NH_DEL, nh), 0);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NH_DEL, nh), 0); /* again: fine */
	/* Tunnel 2: its next hop, its SAs, its outbound SA. */
	r = (struct chan_route){ .prefix = IP4(10, 102, 0, 0), .len = 16 };
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_ROUTE_DEL, r), 0);
	nh = dp_nh(DP_NH_TUN2);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NH_DEL, nh), 0);
	tun = dp_tun(2);
	expect(DP_APPLY(CHAN_CMD_TUN_DEL, tun), -EBUSY, "tun.tun_id");
	sa = dp_sa(DP_SA_OUT);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_DEL, sa), -EBUSY);
	CU_ASSERT_EQUAL(dp.stats != NULL, 1);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SA_OUT, none), 0);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_DEL, sa), 0);
	sa = dp_sa(DP_SA_IN);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_DEL, sa), 0);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_DEL, sa), 0);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_DEL, tun), 0);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_DEL, tun), 0);
	end();
}

static const struct chan_tun_info *
info(uint32_t tun_id)
{
	return (const struct chan_tun_info *)chan_stats_at(dp.stats, dp.stats->tun_info_off) +
	       tun_id;
}

static void
test_tun_info(void)
{
	struct chan_tun_sa_out none = { 2, CHAN_NONE };
	struct chan_tun path = dp_tun(2);

	world();
	path.path_mtu = 1300;
	path.path_mtu_from = DP_WAN_GW;
	path.path_mtu_s = 77;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, path), 0);
	CU_ASSERT_TRUE(info(2)->path_mtu == 1300 && info(2)->path_mtu_from == DP_WAN_GW &&
			info(2)->path_mtu_s == 77);
	CU_ASSERT_EQUAL(info(2)->present, 1);
	CU_ASSERT_EQUAL(info(2)->local, DP_WAN_ADDR);
	CU_ASSERT_EQUAL(info(2)->remote, DP_PEER(2));
	CU_ASSERT_EQUAL(info(2)->sa_out, DP_SA_OUT);
	CU_ASSERT_EQUAL(info(0)->sa_out, CHAN_NONE);
	CU_ASSERT_EQUAL(info(7)->present, 0);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SA_OUT, none), 0);
	CU_ASSERT_EQUAL(info(2)->sa_out, CHAN_NONE);
	end();
}

/* ---- sync ----------------------------------------------------------------------------------- */

static int
op(enum chan_op o)
{
	return dp_apply(o, "", 0);
}

/* A control plane that names the same world again: nothing moves, keys are not even sent. */
static void
test_sync_same(void)
{
	struct chan_tun_sa_out bind[] = { { 2, DP_SA_OUT }, { 3, DP_SA_PEER_OUT } };
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = IP4(10, 102, 0, 1) };
	struct tunnel *tuns[4];

	world();
	memcpy(tuns, dp.t->tuns, sizeof(tuns));
	CU_ASSERT_EQUAL(op(CHAN_CMD_SYNC_BEGIN), 0);
	dp_world();
	for (uint32_t id = DP_SA_OUT; id <= DP_SA_PEER_OUT; id++) {
		struct chan_sa keep = { .sa_id = id, .spi = dp_sa(id).spi };

		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_SA_KEEP, keep), 0);
	}
	for (unsigned int i = 0; i < RTE_DIM(bind); i++)
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SA_OUT, bind[i]), 0);
	CU_ASSERT_EQUAL(op(CHAN_CMD_SYNC_END), 0);
	CU_ASSERT_EQUAL(memcmp(tuns, dp.t->tuns, sizeof(tuns)), 0);
	dp_send(0, &p);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(dp_out_ip(0)->next_proto_id, IPPROTO_ESP);
	end();
}

/* One that knows of an interface and a route only. Traffic goes on until SYNC_END. */
static void
test_sync_sweeps(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = IP4(10, 102, 0, 1) };
	struct chan_if i;
	struct chan_nh nh;

	world();
	CU_ASSERT_EQUAL(op(CHAN_CMD_SYNC_BEGIN), 0);
	i = dp_if(DP_IF_LAN);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, i), 0);
	nh = dp_nh(DP_NH_LAN);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NH_SET, nh), 0);
	CU_ASSERT_EQUAL(dp_route(IP4(10, 1, 0, 0), 24, DP_NH_LAN), 0);
	dp_send(0, &p);
	CU_ASSERT_EQUAL(dp.n_out, 1);
	CU_ASSERT_EQUAL(op(CHAN_CMD_SYNC_END), 0);

	CU_ASSERT_EQUAL(dp.t->fib->n_routes, 1);
	for (uint32_t id = 0; id < DP_NHS; id++)
		CU_ASSERT_EQUAL(dp.t->nh_recs[id].present, id == DP_NH_LAN);
	for (uint32_t id = 0; id < DP_TUNNELS; id++)
		CU_ASSERT_PTR_NULL(dp.t->tuns[id]);
	for (uint32_t id = 0; id < DP_SAS; id++)
		CU_ASSERT_PTR_NULL(sa_by_id(dp.t->sas, id));
	for (uint32_t id = 0; id < CHAN_MAX_IFS; id++)
		CU_ASSERT_EQUAL(dp.t->ifs[id] != NULL, id == DP_IF_LAN);
	CU_ASSERT_EQUAL(info(2)->present, 0);
	dp_clear();
	dp_send(0, &p);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_NO_ROUTE), 1);
	dp_clear();
	end();
}

/* An outbound SA that was not named is no longer sent with, though its tunnel stays. */
static void
test_sync_loses_sa(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = IP4(10, 102, 0, 1) };

	world();
	CU_ASSERT_EQUAL(op(CHAN_CMD_SYNC_BEGIN), 0);
	dp_world();
	CU_ASSERT_EQUAL(op(CHAN_CMD_SYNC_END), 0);
	CU_ASSERT_PTR_NULL(sa_by_id(dp.t->sas, DP_SA_OUT));
	CU_ASSERT_EQUAL(info(2)->sa_out, CHAN_NONE);
	dp_send(0, &p);
	CU_ASSERT_EQUAL(dp.n_out, 0);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_TUN_NO_SA), 1);
	end();
}

static void
test_sync_abort(void)
{
	struct chan_tun tun;

	world();
	CU_ASSERT_EQUAL(op(CHAN_CMD_SYNC_BEGIN), 0);
	tables_sync_abort(dp.t);
	CU_ASSERT_EQUAL(op(CHAN_CMD_SYNC_END), -EINVAL);
	for (uint32_t id = 0; id < 4; id++)
		CU_ASSERT_PTR_NOT_NULL(dp.t->tuns[id]);
	/* What was named in the aborted one is not named in the next. */
	CU_ASSERT_EQUAL(op(CHAN_CMD_SYNC_BEGIN), 0);
	tun = dp_tun(0);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, tun), 0);
	tables_sync_abort(dp.t);
	CU_ASSERT_EQUAL(op(CHAN_CMD_SYNC_BEGIN), 0);
	CU_ASSERT_EQUAL(op(CHAN_CMD_SYNC_END), 0);
	CU_ASSERT_EQUAL(dp.t->fib->n_routes, 0);
	CU_ASSERT_PTR_NULL(dp.t->tuns[0]);
	end();
}

/* ---- RCU ------------------------------------------------------------------------------------ */

/* What a worker may be looking at is freed when it has looked up, not before. */
static void
test_rcu(void)
{
	struct rte_rcu_qsbr *rcu = aligned_alloc(64, RTE_ALIGN(rte_rcu_qsbr_get_memsize(2), 64));
	struct chan_tun c;
	struct deferred *d;
	unsigned int n = 0;

	CU_ASSERT_EQUAL(rte_rcu_qsbr_init(rcu, 2), 0);
	CU_ASSERT_EQUAL(rte_rcu_qsbr_thread_register(rcu, 1), 0);
	dp_open(rcu);
	dp_world();
	tables_tick(dp.t, 1000);
	rte_rcu_qsbr_thread_online(rcu, 1);
	c = dp_tun(0);
	c.mtu = 1200;
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	c.remote = DP_PEER(50);
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, c), 0);
	tables_tick(dp.t, 1050);
	STAILQ_FOREACH(d, &dp.t->deferred, next)
		n++;
	CU_ASSERT_EQUAL(n, 3); /* two old tunnels and a hash key */
	rte_rcu_qsbr_quiescent(rcu, 1);
	tables_tick(dp.t, 1100);
	CU_ASSERT_TRUE(STAILQ_EMPTY(&dp.t->deferred));
	rte_rcu_qsbr_thread_offline(rcu, 1);
	dp_close();
	free(rcu);
}

/* Does each group lead where it should? One member: where that does, without a step in between. */
static unsigned int
groups_astray(void)
{
	unsigned int bad = 0;

	for (uint32_t id = 0; id < dp.t->max_nhgs; id++) {
		const struct nhg_rec *rec = &dp.t->nhg_recs[id];
		hop_t hop = hop_by_number(dp.t, hop_of_nhg(dp.t, id));

		if (rec->cur == NULL)
			bad += hop != HOP_NONE;
		else if (rec->cur->n == 1)
			bad += hop != hop_by_number(dp.t, hop_of_nh(rec->cfg.nh_ids[0]));
		else
			bad += hop != ((hop_t)rec->cur | HOP_GROUP);
	}
	return bad;
}

/* Groups, next hops, interfaces and tunnels that change in any order. */
static void
test_groups_follow(void)
{
	world();
	srand(4);
	for (unsigned int round = 0; round < 4000; round++) {
		struct chan_nhg g = { .nhg_id = (uint32_t)rand() % 8,
			.n = 1 + (uint32_t)rand() % 3 };
		struct chan_nh nh = dp_nh(DP_NH_LAN_HOST + (uint32_t)rand() % 4);
		struct chan_if i = dp_if((uint32_t)rand() % 3);
		struct chan_tun tun = dp_tun((uint32_t)rand() % 4);

		g.n = rand() % 3 != 0 ? 1 : g.n;
		for (uint32_t k = 0; k < g.n; k++)
			g.nh_ids[k] = (uint32_t)rand() % DP_NH_FREE;
		nh.resolved = nh.mac[0] != 0 && rand() % 2 != 0;
		i.admin_up = rand() % 2 != 0;
		tun.mtu = (uint16_t)(1300 + rand() % 100);
		switch (rand() % 6) {
		case 0:
		case 1:
			CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NHG_SET, g), 0);
			break;
		case 2:
			CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NHG_DEL, g), 0);
			break;
		case 3:
			CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NH_SET, nh), 0);
			break;
		case 4:
			CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_IF_SET, i), 0);
			break;
		default:
			CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_TUN_SET, tun), 0);
			break;
		}
		CU_ASSERT_EQUAL(groups_astray(), 0);
	}
	end();
}

/* All routes behind a group go another way by one command. */
static void
test_group_moves_routes(void)
{
	struct chan_nhg g = { .nhg_id = 2, .n = 1, .nh_ids = { DP_NH_GW } };
	struct dp_pkt p = { .src = DP_LAN_HOST };

	world();
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NHG_SET, g), 0);
	for (uint32_t k = 0; k < 100; k++) {
		struct chan_route r = { .prefix = IP4(203, 0, k, 0), .len = 24, .is_group = 1,
			.id = 2 };

		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_ROUTE_SET, r), 0);
	}
	for (unsigned int way = 0; way < 3; way++) {
		g.nh_ids[0] = way == 1 ? DP_NH_TUN0 : DP_NH_GW;
		CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_NHG_SET, g), 0);
		for (uint32_t k = 0; k < 100; k++) {
			p.dst = IP4(203, 0, k, 7);
			dp_send(0, &p);
			CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
			CU_ASSERT_EQUAL(dp_out_ip(0)->next_proto_id,
					way == 1 ? IPPROTO_GRE : IPPROTO_UDP);
			dp_clear();
		}
	}
	end();
}

/* The hash has room again for tunnels that come and go. */
static void
test_hash_churn(void)
{
	world();
	for (uint32_t i = 0; i < 5000; i++) {
		struct chan_tun c = dp_tun(10 + i % 40);

		c.remote = IP4(198, 18, 0, 0) + i + 1;
		if (DP_APPLY(CHAN_CMD_TUN_SET, c) != 0)
			CU_FAIL_FATAL("hash is full");
	}
	end();
}

static const struct cu_case cases[] = {
	CU_CASE(test_refused), CU_CASE(test_refused_others), CU_CASE(test_garbage),
	CU_CASE(test_idempotent), CU_CASE(test_change_keeps), CU_CASE(test_tunnel_moves),
	CU_CASE(test_counters_begin_anew),
	CU_CASE(test_change_reaches_tunnels), CU_CASE(test_busy), CU_CASE(test_tun_info),
	CU_CASE(test_sync_same), CU_CASE(test_sync_sweeps), CU_CASE(test_sync_loses_sa),
	CU_CASE(test_sync_abort), CU_CASE(test_rcu), CU_CASE(test_groups_follow),
	CU_CASE(test_group_moves_routes), CU_CASE(test_hash_churn),
};

int
main(void)
{
	dp_eal();
	return cu_run("tables", cases, RTE_DIM(cases));
}
