/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The mirror against a dataplane that only writes down the commands: what is sent, in which
 * order, and above all what is not.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "controlplane/dataplane/mirror.h"
#include "tests/unit/cu.h"

#define CMDS_MAX 16384
#define AT_ONCE  4096 /* commands that a turn sends */

struct fake {
	struct chan_cmd cmd[CMDS_MAX];
	unsigned int n, n_answered;
	unsigned int n_gone, n_synced;
	uint32_t gone[16];
	bool full;          /* no room for commands */
	unsigned int room;  /* if not 0: room for so many */
	uint64_t installed; /* set of sa_ids that it holds */
};

static struct fake fake;

static int
fake_cmd(void *ctx, const struct chan_cmd *cmd)
{
	if (fake.full || (fake.room != 0 && fake.n >= fake.room))
		return -ENOBUFS;
	CU_ASSERT_FATAL(fake.n < CMDS_MAX);
	fake.cmd[fake.n++] = *cmd;
	return 0;
}

static bool
fake_sa_installed(void *ctx, uint32_t sa_id, uint32_t spi)
{
	return (fake.installed >> sa_id & 1) != 0;
}

static void
fake_sa_gone(void *ctx, uint32_t sa_id, const char *why)
{
	CU_ASSERT_PTR_NOT_NULL(why);
	CU_ASSERT_FATAL(fake.n_gone < 16);
	fake.gone[fake.n_gone++] = sa_id;
}

static void
fake_synced(void *ctx)
{
	fake.n_synced++;
}

static const struct mirror_io fake_io = { .cmd = fake_cmd,
	.sa_installed = fake_sa_installed,
	.sa_gone = fake_sa_gone,
	.synced = fake_synced };
static const struct mirror_limits limits = {
	.max_tunnels = 64, .max_sas = 64, .max_nhs = 256, .max_nhgs = 16
};

static struct mirror *
start(void)
{
	struct mirror *m;

	memset(&fake, 0, sizeof(fake));
	m = mirror_new(&fake_io);
	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	CU_ASSERT_EQUAL(mirror_limits(m, &limits), 0);
	return m;
}

/* Answer what has not been answered; the command at index @bad (from the first unanswered) fails.
 */
static void
answer(struct mirror *m, int bad, int err)
{
	for (int i = 0; fake.n_answered < fake.n; i++) {
		const struct chan_cmd *c = &fake.cmd[fake.n_answered++];
		struct chan_done d = { .op = c->op, .err = i == bad ? err : 0, .field = "field" };

		mirror_done(m, &d);
	}
}

static void
forget(struct mirror *m)
{
	answer(m, -1, 0);
	fake.n = fake.n_answered = 0;
}

/* Where the first command of this kind is; -1 if there is none. */
static int
at(enum chan_op op)
{
	for (unsigned int i = 0; i < fake.n; i++)
		if (fake.cmd[i].op == op)
			return (int)i;
	return -1;
}

static unsigned int
count(enum chan_op op)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < fake.n; i++)
		n += fake.cmd[i].op == op;
	return n;
}

struct wish {
	bool tunnel, group;
	uint32_t mtu;
	const uint8_t *mac;
};

static const uint8_t mac1[6] = { 2, 0, 0, 0, 0, 1 };
static const uint8_t mac2[6] = { 2, 0, 0, 0, 0, 2 };

#define LOCAL  0x01010102u
#define REMOTE 0x02020202u
#define COOKIE UINT64_C(0xc00c1e0000000001) /* of the one tunnel */
#define GW     0x01010101u

/* A small box: one port, a default route, and a tunnel with a route into it. */
static uint32_t
name_all(struct mirror *m, const struct wish *w)
{
	struct chan_param p = { .hold_ms = 1000 };
	struct chan_port port = { .port = 0, .mtu = 1500, .admin_up = 1 };
	struct chan_if i = { .port = 0,
		.mtu = 1500,
		.admin_up = 1,
		.n_addrs = 1,
		.addrs = { LOCAL },
		.addr_lens = { 24 } };
	uint32_t adj, adj2, tun = CHAN_NONE;

	mirror_begin(m);
	mirror_param(m, &p);
	mirror_port(m, &port);
	i.if_id = mirror_if_id(m, 0, 0);
	mirror_if(m, &i);
	mirror_route(m, LOCAL, 32, false, mirror_nh_local(m));
	mirror_route(m, LOCAL & 0xffffff00, 24, false, mirror_nh_glean(m, i.if_id));
	adj = mirror_nh_adj(m, i.if_id, GW, w->mac);
	if (w->group) {
		uint32_t ids[2] = { adj, 0 };

		adj2 = mirror_nh_adj(m, i.if_id, GW + 8, mac2);
		ids[1] = adj2;
		mirror_route(m, 0, 0, true, mirror_nhg(m, ids, 2));
	} else {
		mirror_route(m, 0, 0, false, adj);
	}
	if (w->tunnel) {
		struct chan_tun t = { .flags = CHAN_TUN_UP | CHAN_TUN_PROTECT,
			.local = LOCAL,
			.remote = REMOTE,
			.nh_id = adj,
			.mtu = (uint16_t)w->mtu,
			.ttl = 64 };

		t.cookie = COOKIE;
		t.tun_id = tun = mirror_tun_id(m, COOKIE);
		mirror_tun(m, &t);
		mirror_route(m, 0x0a000000, 8, false, mirror_nh_tun(m, tun));
	}
	mirror_commit(m);
	return tun;
}

static const struct wish full = { .tunnel = true, .mtu = 1400, .mac = mac1 };

static void
test_sync_order(void)
{
	struct mirror *m = start();

	name_all(m, &full);
	CU_ASSERT_EQUAL(fake.n, 0); /* not attached: nothing goes out */
	CU_ASSERT_EQUAL(mirror_attach(m, 7), 0);
	CU_ASSERT_EQUAL(fake.cmd[0].op, CHAN_CMD_SYNC_BEGIN);
	CU_ASSERT_EQUAL(fake.cmd[fake.n - 1].op, CHAN_CMD_SYNC_END);
	CU_ASSERT(at(CHAN_CMD_PORT_SET) < at(CHAN_CMD_IF_SET));
	CU_ASSERT(at(CHAN_CMD_IF_SET) < at(CHAN_CMD_NH_SET));
	CU_ASSERT(at(CHAN_CMD_NH_SET) < at(CHAN_CMD_TUN_SET));
	CU_ASSERT(at(CHAN_CMD_TUN_SET) < at(CHAN_CMD_ROUTE_SET));
	CU_ASSERT_EQUAL(count(CHAN_CMD_NH_SET), 4);
	CU_ASSERT_EQUAL(count(CHAN_CMD_ROUTE_SET), 4);
	for (unsigned int i = (unsigned int)at(CHAN_CMD_TUN_SET) + 1; i < fake.n; i++)
		if (fake.cmd[i].op == CHAN_CMD_NH_SET)
			CU_ASSERT_EQUAL(fake.cmd[i].u.nh.type, CHAN_NH_TUN);
	CU_ASSERT_EQUAL(fake.n_synced, 0);
	answer(m, -1, 0);
	CU_ASSERT_EQUAL(fake.n_synced, 1);
	CU_ASSERT_EQUAL(mirror_n_failed(m), 0);
	mirror_free(m);
}

/* Policies come before and go after everything that could be routed without them. */
static void
test_policies(void)
{
	struct chan_policy p[2] = { { .priority = 1, .dst = 0x0a000000, .dst_len = 8 },
		{ .priority = 2, .dst = 0x0b000000, .dst_len = 8 } };
	struct mirror *m = start();
	uint32_t id;

	name_all(m, &full);
	mirror_policy(m, 111, &p[0]);
	mirror_policy(m, 222, &p[1]);
	mirror_attach(m, 7);
	CU_ASSERT_EQUAL(count(CHAN_CMD_POLICY_SET), 2);
	CU_ASSERT(at(CHAN_CMD_POLICY_SET) < at(CHAN_CMD_IF_SET));
	id = mirror_policy_id(m, 111);
	CU_ASSERT_NOT_EQUAL(id, mirror_policy_id(m, 222));
	CU_ASSERT_EQUAL(mirror_policy_id(m, 333), CHAN_NONE);
	forget(m);
	mirror_begin(m); /* one goes, with all the rest; one changes */
	p[0].priority = 9;
	mirror_policy(m, 111, &p[0]);
	mirror_commit(m);
	CU_ASSERT_EQUAL(count(CHAN_CMD_POLICY_SET), 1);
	CU_ASSERT_EQUAL(fake.cmd[0].op, CHAN_CMD_POLICY_SET);
	CU_ASSERT_EQUAL(fake.cmd[0].u.policy.policy_id, id);
	CU_ASSERT_EQUAL(count(CHAN_CMD_POLICY_DEL), 1);
	CU_ASSERT(at(CHAN_CMD_ROUTE_DEL) < at(CHAN_CMD_POLICY_DEL));
	CU_ASSERT(at(CHAN_CMD_TUN_DEL) < at(CHAN_CMD_POLICY_DEL));
	CU_ASSERT(at(CHAN_CMD_IF_DEL) < at(CHAN_CMD_POLICY_DEL));
	mirror_free(m);
	/* A control plane that starts anew gives the same id. */
	m = start();
	mirror_policy(m, 222, &p[1]);
	mirror_policy(m, 111, &p[0]);
	CU_ASSERT_EQUAL(mirror_policy_id(m, 111), id);
	mirror_free(m);
}

static void
test_identical_sends_nothing(void)
{
	struct mirror *m = start();
	struct wish g = full;

	g.group = true;
	name_all(m, &g);
	mirror_attach(m, 7);
	forget(m);
	for (int i = 0; i < 3; i++)
		name_all(m, &g);
	mirror_flush(m);
	mirror_retry(m);
	CU_ASSERT_EQUAL(fake.n, 0);
	mirror_free(m);
}

static void
test_change_touches_only_its_own(void)
{
	struct mirror *m = start();
	struct wish w = full;

	name_all(m, &w);
	mirror_attach(m, 7);
	forget(m);
	w.mtu = 1380;
	name_all(m, &w);
	CU_ASSERT_EQUAL(fake.n, 1);
	CU_ASSERT_EQUAL(fake.cmd[0].op, CHAN_CMD_TUN_SET);
	CU_ASSERT_EQUAL(fake.cmd[0].u.tun.mtu, 1380);
	forget(m);
	w.mac = mac2; /* the gateway has another MAC: one next hop, nothing else */
	name_all(m, &w);
	CU_ASSERT_EQUAL(fake.n, 1);
	CU_ASSERT_EQUAL(fake.cmd[0].op, CHAN_CMD_NH_SET);
	CU_ASSERT_EQUAL(memcmp(fake.cmd[0].u.nh.mac, mac2, 6), 0);
	forget(m);
	mirror_nh_adj(m, mirror_if_id(m, 0, 0), GW, NULL); /* single objects work alike */
	mirror_flush(m);
	CU_ASSERT_EQUAL(fake.n, 1);
	CU_ASSERT_EQUAL(fake.cmd[0].u.nh.resolved, 0);
	mirror_free(m);
}

static void
test_delete_order(void)
{
	struct mirror *m = start();
	struct wish w = full;

	name_all(m, &w);
	mirror_attach(m, 7);
	forget(m);
	w.tunnel = false;
	name_all(m, &w);
	CU_ASSERT_EQUAL(fake.n, 3);
	CU_ASSERT_EQUAL(fake.cmd[0].op, CHAN_CMD_ROUTE_DEL);
	CU_ASSERT_EQUAL(fake.cmd[0].u.route.prefix, 0x0a000000);
	CU_ASSERT_EQUAL(fake.cmd[1].op, CHAN_CMD_NH_DEL);
	CU_ASSERT_EQUAL(fake.cmd[2].op, CHAN_CMD_TUN_DEL);
	forget(m);
	/* A route moves from a next hop to a group and back: set before the old is deleted. */
	w.group = true;
	name_all(m, &w);
	CU_ASSERT_EQUAL(fake.n, 3);
	CU_ASSERT(at(CHAN_CMD_NHG_SET) < at(CHAN_CMD_ROUTE_SET));
	CU_ASSERT_EQUAL(fake.cmd[at(CHAN_CMD_ROUTE_SET)].u.route.is_group, 1);
	forget(m);
	w.group = false;
	name_all(m, &w);
	CU_ASSERT_EQUAL(fake.cmd[0].op, CHAN_CMD_ROUTE_SET);
	CU_ASSERT_EQUAL(fake.cmd[1].op, CHAN_CMD_NHG_DEL);
	CU_ASSERT_EQUAL(fake.cmd[2].op, CHAN_CMD_NH_DEL);
	mirror_free(m);
}

/* Nothing may fall to a less specific route while routes come or go. */
static void
test_specific_routes_first(void)
{
	struct mirror *m = start();
	struct wish w = full;
	unsigned int last = 33;

	name_all(m, &w);
	mirror_attach(m, 7);
	for (unsigned int i = 0; i < fake.n; i++) {
		if (fake.cmd[i].op != CHAN_CMD_ROUTE_SET)
			continue;
		CU_ASSERT(fake.cmd[i].u.route.len <= last);
		last = fake.cmd[i].u.route.len;
	}
	CU_ASSERT_EQUAL(last, 0);
	forget(m);
	mirror_begin(m);
	mirror_commit(m);
	for (unsigned int i = last = 0; i < fake.n; i++) {
		if (fake.cmd[i].op != CHAN_CMD_ROUTE_DEL)
			continue;
		CU_ASSERT(fake.cmd[i].u.route.len >= last);
		last = fake.cmd[i].u.route.len;
	}
	CU_ASSERT_EQUAL(last, 32);
	mirror_free(m);
}

static void
test_ids_are_stable(void)
{
	struct mirror *a = start(), *b;
	uint32_t first[3], tun;

	tun = name_all(a, &full);
	first[0] = mirror_nh_adj(a, mirror_if_id(a, 0, 0), GW, mac1);
	first[1] = mirror_nh_glean(a, mirror_if_id(a, 0, 0));
	first[2] = mirror_nh_tun(a, tun);
	/* Another control plane that names things in another order, and more of them. */
	b = start();
	CU_ASSERT_EQUAL(mirror_tun_reserve(b, tun, COOKIE), 0);
	CU_ASSERT_EQUAL(mirror_tun_reserve(b, tun, COOKIE + 1), -EBUSY);
	CU_ASSERT_NOT_EQUAL(mirror_tun_id(b, COOKIE + 1), tun);
	CU_ASSERT_EQUAL(mirror_tun_id(b, COOKIE), tun);
	CU_ASSERT_EQUAL(mirror_nh_tun(b, tun), first[2]);
	CU_ASSERT_EQUAL(mirror_nh_glean(b, mirror_if_id(b, 0, 0)), first[1]);
	CU_ASSERT_EQUAL(mirror_nh_adj(b, mirror_if_id(b, 0, 0), GW, NULL), first[0]);
	CU_ASSERT_EQUAL(mirror_if_id(b, 0, 0), mirror_if_id(a, 0, 0));
	CU_ASSERT_NOT_EQUAL(mirror_if_id(b, 0, 100), mirror_if_id(b, 1, 0));
	/* The next hop into a tunnel has its id; no other next hop may ever have that. */
	CU_ASSERT_EQUAL(first[2], tun);
	CU_ASSERT(first[0] >= limits.max_tunnels && first[1] >= limits.max_tunnels);
	mirror_free(a);
	mirror_free(b);
}

static void
test_ids_run_out(void)
{
	struct mirror *m = start();
	uint32_t i, n = 0;

	mirror_begin(m);
	for (i = 0; i < 300; i++)
		n += mirror_nh_adj(m, 0, GW + i, mac1) != CHAN_NONE;
	CU_ASSERT_EQUAL(n, limits.max_nhs - limits.max_tunnels);
	for (i = n = 0; i < 100; i++)
		n += mirror_tun_id(m, COOKIE + i) != CHAN_NONE;
	CU_ASSERT_EQUAL(n, limits.max_tunnels);
	mirror_commit(m);
	/* All given back: nothing was named. */
	mirror_begin(m);
	mirror_commit(m);
	for (i = n = 0; i < 100; i++)
		n += mirror_tun_id(m, COOKIE + i) != CHAN_NONE;
	CU_ASSERT_EQUAL(n, limits.max_tunnels);
	mirror_free(m);
}

static struct chan_sa
make_sa(uint32_t id, uint32_t tun, enum chan_sa_dir dir)
{
	struct chan_sa sa = { .sa_id = id,
		.spi = 1u << CHAN_SPI_IDX_BITS | id,
		.tun_id = tun,
		.local = LOCAL,
		.remote = REMOTE,
		.dir = (uint8_t)dir,
		.alg = CHAN_ESP_AES128_GCM16,
		.enc_key_len = 16,
		.salt_len = 4 };

	memset(sa.enc_key, 0x5a, 16);
	return sa;
}

/* A box with a tunnel that has SA 1 in and SA 2 out. */
static struct mirror *
start_with_sas(uint32_t *tun)
{
	struct mirror *m = start();
	struct chan_sa in, out;

	*tun = name_all(m, &full);
	in = make_sa(1, *tun, CHAN_SA_IN);
	out = make_sa(2, *tun, CHAN_SA_OUT);
	CU_ASSERT_EQUAL(mirror_sa_set(m, &in), -ENOTCONN);
	mirror_attach(m, 7);
	CU_ASSERT_EQUAL(mirror_sa_set(m, &in), 0);
	CU_ASSERT_EQUAL(mirror_sa_set(m, &in), -EEXIST);
	CU_ASSERT_EQUAL(mirror_sa_set(m, &out), 0);
	mirror_sa_out(m, *tun, 2);
	CU_ASSERT_EQUAL(count(CHAN_CMD_SA_SET), 2);
	CU_ASSERT_EQUAL(fake.cmd[at(CHAN_CMD_SA_SET)].u.sa.enc_key[15], 0x5a);
	CU_ASSERT(at(CHAN_CMD_SA_SET) < at(CHAN_CMD_TUN_SA_OUT));
	fake.installed = 1u << 1 | 1u << 2;
	forget(m);
	return m;
}

static bool
any_key_sent(void)
{
	for (unsigned int i = 0; i < fake.n; i++) {
		if (fake.cmd[i].op == CHAN_CMD_SA_SET)
			return true;
		for (size_t k = 0; k < sizeof(fake.cmd[i].u.sa.enc_key); k++)
			if ((fake.cmd[i].op == CHAN_CMD_SA_KEEP ||
					    fake.cmd[i].op == CHAN_CMD_SA_DEL) &&
					fake.cmd[i].u.sa.enc_key[k] != 0)
				return true;
	}
	return false;
}

static void
test_same_boot_keeps_sas(void)
{
	uint32_t tun;
	struct mirror *m = start_with_sas(&tun);

	mirror_detach(m);
	mirror_attach(m, 7);
	CU_ASSERT_EQUAL(count(CHAN_CMD_SA_KEEP), 2);
	CU_ASSERT_EQUAL(count(CHAN_CMD_TUN_SA_OUT), 1);
	CU_ASSERT(at(CHAN_CMD_TUN_SET) < at(CHAN_CMD_SA_KEEP));
	CU_ASSERT(at(CHAN_CMD_SA_KEEP) < at(CHAN_CMD_TUN_SA_OUT));
	CU_ASSERT_EQUAL(fake.cmd[at(CHAN_CMD_TUN_SA_OUT)].u.tun_sa_out.sa_id, 2);
	CU_ASSERT_FALSE(any_key_sent());
	CU_ASSERT_EQUAL(fake.n_gone, 0);
	/* One of the two never got there: the other stays, its owner is told. */
	forget(m);
	mirror_detach(m);
	fake.installed = 1u << 1;
	mirror_attach(m, 7);
	CU_ASSERT_EQUAL(count(CHAN_CMD_SA_KEEP), 1);
	CU_ASSERT_EQUAL(count(CHAN_CMD_TUN_SA_OUT), 0);
	CU_ASSERT_EQUAL(fake.n_gone, 1);
	CU_ASSERT_EQUAL(fake.gone[0], 2);
	mirror_free(m);
}

static void
test_new_boot_never_gets_old_keys(void)
{
	uint32_t tun;
	struct mirror *m = start_with_sas(&tun);
	struct chan_sa in;

	mirror_detach(m);
	mirror_attach(m, 8); /* even if it says that it has such SAs */
	CU_ASSERT_FALSE(any_key_sent());
	CU_ASSERT_EQUAL(count(CHAN_CMD_SA_KEEP), 0);
	CU_ASSERT_EQUAL(count(CHAN_CMD_TUN_SA_OUT), 0);
	CU_ASSERT_EQUAL(fake.n_gone, 2);
	CU_ASSERT_EQUAL(mirror_sa_out_get(m, tun), CHAN_NONE);
	CU_ASSERT_EQUAL(count(CHAN_CMD_TUN_SET), 1); /* all the rest is told */
	CU_ASSERT_EQUAL(count(CHAN_CMD_ROUTE_SET), 4);
	forget(m);
	in = make_sa(1, tun, CHAN_SA_IN); /* the slot is free for a new one */
	CU_ASSERT_EQUAL(mirror_sa_set(m, &in), 0);
	mirror_free(m);
}

static void
test_adoption(void)
{
	struct mirror *m = start();
	uint32_t tun;

	fake.installed = 1u << 1 | 1u << 2;
	CU_ASSERT_EQUAL(mirror_tun_reserve(m, 9, COOKIE), 0);
	tun = name_all(m, &full);
	CU_ASSERT_EQUAL(tun, 9);
	CU_ASSERT_EQUAL(mirror_sa_adopt(m, 1, 0x100001, tun), 0);
	CU_ASSERT_EQUAL(mirror_sa_adopt(m, 2, 0xc0ffee, tun), 0);
	mirror_sa_out(m, tun, 2);
	mirror_attach(m, 99);
	CU_ASSERT_EQUAL(count(CHAN_CMD_SA_KEEP), 2);
	CU_ASSERT_EQUAL(count(CHAN_CMD_TUN_SA_OUT), 1);
	CU_ASSERT_EQUAL(fake.n_gone, 0);
	forget(m);
	/* Replaced later: out is moved first, then the adopted ones go. */
	struct chan_sa out = make_sa(3, tun, CHAN_SA_OUT);

	mirror_sa_set(m, &out);
	mirror_sa_out(m, tun, 3);
	mirror_sa_del(m, 1);
	mirror_sa_del(m, 2);
	CU_ASSERT_EQUAL(fake.n, 4);
	CU_ASSERT_EQUAL(fake.cmd[1].op, CHAN_CMD_TUN_SA_OUT);
	CU_ASSERT_EQUAL(fake.cmd[2].op, CHAN_CMD_SA_DEL);
	CU_ASSERT_EQUAL(fake.cmd[3].u.sa.sa_id, 2);
	mirror_free(m);
}

static void
test_sa_removal(void)
{
	uint32_t tun;
	struct mirror *m = start_with_sas(&tun);
	struct wish w = full;

	mirror_sa_del(m, 2); /* in use: the tunnel lets go first */
	CU_ASSERT_EQUAL(fake.n, 2);
	CU_ASSERT_EQUAL(fake.cmd[0].op, CHAN_CMD_TUN_SA_OUT);
	CU_ASSERT_EQUAL(fake.cmd[0].u.tun_sa_out.sa_id, CHAN_NONE);
	CU_ASSERT_EQUAL(fake.cmd[1].op, CHAN_CMD_SA_DEL);
	mirror_sa_del(m, 1);
	mirror_sa_del(m, 1);
	CU_ASSERT_EQUAL(fake.n, 3);
	forget(m);
	w.tunnel = false;
	name_all(m, &w);
	CU_ASSERT_EQUAL(fake.cmd[fake.n - 1].op, CHAN_CMD_TUN_DEL);
	mirror_free(m);
}

static void
test_refused(void)
{
	uint32_t tun;
	struct mirror *m = start_with_sas(&tun);
	struct chan_sa sa = make_sa(5, tun, CHAN_SA_IN);
	struct wish w = full;

	log_init("test", LVL_ERROR);
	CU_ASSERT_EQUAL(mirror_sa_set(m, &sa), 0);
	answer(m, 0, -EEXIST);
	CU_ASSERT_EQUAL(fake.n_gone, 1);
	CU_ASSERT_EQUAL(fake.gone[0], 5);
	CU_ASSERT_EQUAL(mirror_n_failed(m), 0);
	forget(m);
	w.mtu = 1300;
	name_all(m, &w);
	answer(m, 0, -ENOMEM);
	CU_ASSERT_EQUAL(mirror_n_failed(m), 1);
	fake.n = fake.n_answered = 0;
	mirror_retry(m);
	CU_ASSERT_EQUAL(fake.n, 1);
	CU_ASSERT_EQUAL(fake.cmd[0].op, CHAN_CMD_TUN_SET);
	CU_ASSERT_EQUAL(fake.cmd[0].u.tun.mtu, 1300);
	answer(m, -1, 0);
	CU_ASSERT_EQUAL(mirror_n_failed(m), 0);
	/* No room for commands: nothing is lost. */
	forget(m);
	fake.full = true;
	w.mtu = 1200;
	name_all(m, &w);
	CU_ASSERT_EQUAL(fake.n, 0);
	fake.full = false;
	mirror_retry(m);
	CU_ASSERT_EQUAL(fake.n, 1);
	CU_ASSERT_EQUAL(fake.cmd[0].u.tun.mtu, 1200);
	mirror_free(m);
}

/* A sync that does not fit at once must not end, and sweep, before everything was named. */
static void
test_sync_without_room(void)
{
	for (unsigned int room = 1; room < 12; room++) {
		struct mirror *m = start();
		unsigned int laps = 0;

		name_all(m, &full);
		fake.room = room;
		CU_ASSERT_EQUAL(mirror_attach(m, 7), 0);
		while (mirror_syncing(m) && laps++ < 60) {
			CU_ASSERT_EQUAL(at(CHAN_CMD_SYNC_END), -1);
			fake.room = fake.n + room;
			if (laps % 2 == 0)
				mirror_retry(m);
			answer(m, -1, 0); /* the last answer sends on by itself */
		}
		CU_ASSERT_FALSE(mirror_syncing(m));
		CU_ASSERT_EQUAL(fake.cmd[fake.n - 1].op, CHAN_CMD_SYNC_END);
		CU_ASSERT_EQUAL(count(CHAN_CMD_SYNC_BEGIN), 1);
		CU_ASSERT_EQUAL(count(CHAN_CMD_SYNC_END), 1);
		CU_ASSERT_EQUAL(count(CHAN_CMD_NH_SET), 4);
		CU_ASSERT_EQUAL(count(CHAN_CMD_ROUTE_SET), 4);
		fake.room = 0;
		answer(m, -1, 0);
		CU_ASSERT_EQUAL(fake.n_synced, 1);
		CU_ASSERT_EQUAL(mirror_n_failed(m), 0);
		mirror_free(m);
	}
}

/* Thousands of commands: some thousand in a turn, the others when those have been answered, all in
 * the order in which they would have gone at once. */
static void
test_too_much_for_a_turn(void)
{
	struct mirror *m = start();
	uint8_t len = 32;

	mirror_begin(m);
	for (uint32_t i = 0; i < 10000; i++)
		mirror_route(m, i << 12, (uint8_t)(20 + i % 13), false, mirror_nh_drop(m));
	mirror_commit(m);
	CU_ASSERT_EQUAL(mirror_attach(m, 1), 0);
	CU_ASSERT_EQUAL(fake.n, AT_ONCE + 1); /* SYNC_BEGIN */
	CU_ASSERT_TRUE(mirror_syncing(m));
	CU_ASSERT_EQUAL(mirror_n_failed(m), 0);
	/* What must be there before something else is sent in full. */
	mirror_sa_out(m, 1, 5);
	CU_ASSERT_EQUAL(at(CHAN_CMD_TUN_SA_OUT), (int)fake.n - 2);
	CU_ASSERT_EQUAL(count(CHAN_CMD_ROUTE_SET), 10000);
	CU_ASSERT_FALSE(mirror_syncing(m));
	forget(m);
	CU_ASSERT_EQUAL(fake.n_synced, 1);
	/* The same again, with nothing but answers. */
	CU_ASSERT_EQUAL(mirror_attach(m, 1), 0);
	CU_ASSERT_EQUAL(fake.n, AT_ONCE + 1);
	answer(m, -1, 0);
	CU_ASSERT_EQUAL(count(CHAN_CMD_ROUTE_SET), 10000);
	CU_ASSERT_EQUAL(fake.cmd[fake.n - 1].op, CHAN_CMD_SYNC_END);
	CU_ASSERT_EQUAL(fake.n_synced, 2);
	for (unsigned int i = 0; i < fake.n; i++) {
		if (fake.cmd[i].op != CHAN_CMD_ROUTE_SET)
			continue;
		CU_ASSERT_TRUE(fake.cmd[i].u.route.len <= len);
		len = fake.cmd[i].u.route.len;
	}
	/* Deletions, too, and they may not overtake. */
	fake.n = fake.n_answered = 0;
	mirror_begin(m);
	mirror_commit(m);
	CU_ASSERT_EQUAL(fake.n, AT_ONCE);
	answer(m, -1, 0);
	CU_ASSERT_EQUAL(count(CHAN_CMD_ROUTE_DEL), 10000);
	CU_ASSERT_EQUAL(at(CHAN_CMD_NH_DEL), (int)fake.n - 1);
	/* An attachment that ends in the middle leaves nothing behind. */
	forget(m);
	mirror_begin(m);
	for (uint32_t i = 0; i < 10000; i++)
		mirror_route(m, i << 12, 20, false, mirror_nh_drop(m));
	mirror_commit(m);
	mirror_detach(m);
	fake.n = fake.n_answered = 0;
	CU_ASSERT_EQUAL(mirror_attach(m, 2), 0);
	answer(m, -1, 0);
	CU_ASSERT_EQUAL(count(CHAN_CMD_ROUTE_SET), 10000);
	CU_ASSERT_EQUAL(count(CHAN_CMD_SYNC_END), 1);
	mirror_free(m);
}

static void
test_detached_changes(void)
{
	uint32_t tun;
	struct mirror *m = start_with_sas(&tun);
	struct wish w = full;

	mirror_detach(m);
	w.tunnel = false;
	mirror_sa_del(m, 1);
	mirror_sa_del(m, 2);
	name_all(m, &w);
	CU_ASSERT_EQUAL(fake.n, 0);
	mirror_attach(m, 7);
	CU_ASSERT_EQUAL(count(CHAN_CMD_TUN_SET), 0);
	CU_ASSERT_EQUAL(count(CHAN_CMD_TUN_DEL), 0); /* the sweep does it */
	CU_ASSERT_EQUAL(count(CHAN_CMD_SA_KEEP), 0);
	mirror_free(m);
}

/* Many routes through one neighbour or, when that fails, another. */
static void
name_many(struct mirror *m, uint32_t n, uint32_t way)
{
	uint32_t ids[2];

	mirror_begin(m);
	ids[0] = mirror_nh_adj(m, 0, GW, mac1);
	ids[1] = mirror_nh_adj(m, 0, GW + 1, mac2);
	for (uint32_t i = 0; i < n; i++)
		mirror_route(m, 0x0a000000 + (i << 8), 24, true,
				mirror_nhg_named(m, 77, &ids[way], 1, CHAN_NONE));
	mirror_commit(m);
}

/* What fails moves all routes that knew another way by one command. */
static void
test_named_group(void)
{
	struct mirror *m = start();
	uint32_t ids[2] = { 64, 65 }, group;

	CU_ASSERT_EQUAL(mirror_nhg_named(m, 77, &ids[0], 1, CHAN_NONE), CHAN_NONE);
	mirror_nhg_ones(m);
	name_many(m, 100, 0);
	mirror_attach(m, 7);
	CU_ASSERT_EQUAL(count(CHAN_CMD_NHG_SET), 1);
	CU_ASSERT_EQUAL(count(CHAN_CMD_ROUTE_SET), 100);
	forget(m);
	name_many(m, 100, 1);
	CU_ASSERT_EQUAL(fake.n, 1);
	CU_ASSERT_EQUAL(fake.cmd[0].op, CHAN_CMD_NHG_SET);
	CU_ASSERT_EQUAL(fake.cmd[0].u.nhg.n, 1);
	forget(m);
	name_many(m, 100, 1);
	CU_ASSERT_EQUAL(fake.n, 0);
	/* A prefix that cannot go the way of the others has no part in their group. */
	mirror_begin(m);
	group = mirror_nhg_named(m, 77, &ids[0], 1, CHAN_NONE);
	CU_ASSERT_NOT_EQUAL(group, CHAN_NONE);
	CU_ASSERT_EQUAL(mirror_nhg_named(m, 77, &ids[0], 1, CHAN_NONE), group);
	CU_ASSERT_EQUAL(mirror_nhg_named(m, 77, &ids[1], 1, CHAN_NONE), CHAN_NONE);
	CU_ASSERT_NOT_EQUAL(mirror_nhg_named(m, 78, &ids[1], 1, CHAN_NONE), CHAN_NONE);
	mirror_commit(m);
	mirror_free(m);
}

/* The routes of both families that lead one way share a group, and move together. */
static void
test_named_group6(void)
{
	struct ip6_prefix p = { .addr = { { 0x20, 0x01, 0x0d, 0xb8 } }, .len = 48 };
	struct mirror *m = start();

	mirror_nhg_ones(m);
	mirror_attach(m, 7);
	for (uint32_t way = 0; way < 2; way++) {
		uint32_t id, group;

		forget(m);
		mirror_begin(m);
		id = mirror_nh_adj(m, 0, GW + way, mac1);
		for (uint8_t i = 0; i < 50; i++) {
			p.addr.b[5] = i;
			group = mirror_nhg_named(m, 77, &id, 1, mirror_route6_group(m, &p));
			mirror_route6(m, &p, true, group);
			CU_ASSERT_EQUAL(mirror_route6_group(m, &p), group);
			CU_ASSERT_EQUAL(mirror_nhg_named(m, 77, &id, 1,
					mirror_route_group(m, 0x0a000000, 24)), group);
			mirror_route(m, 0x0a000000, 24, true, group);
		}
		CU_ASSERT_EQUAL(mirror_nhg_name(m, group), 77);
		CU_ASSERT_EQUAL(mirror_nhg_users(m, group), 51);
		mirror_commit(m);
		CU_ASSERT_EQUAL(count(CHAN_CMD_NHG_SET), 1);
		CU_ASSERT_EQUAL(count(CHAN_CMD_ROUTE6_SET), way == 0 ? 50 : 0);
		CU_ASSERT_EQUAL(count(CHAN_CMD_ROUTE_SET), way == 0 ? 1 : 0);
	}
	mirror_free(m);
}

static const struct cu_case cases[] = {
	CU_CASE(test_named_group6),
	CU_CASE(test_named_group),
	CU_CASE(test_sync_order),
	CU_CASE(test_policies),
	CU_CASE(test_identical_sends_nothing),
	CU_CASE(test_change_touches_only_its_own),
	CU_CASE(test_delete_order),
	CU_CASE(test_specific_routes_first),
	CU_CASE(test_ids_are_stable),
	CU_CASE(test_ids_run_out),
	CU_CASE(test_same_boot_keeps_sas),
	CU_CASE(test_new_boot_never_gets_old_keys),
	CU_CASE(test_adoption),
	CU_CASE(test_sa_removal),
	CU_CASE(test_refused),
	CU_CASE(test_sync_without_room),
	CU_CASE(test_too_much_for_a_turn),
	CU_CASE(test_detached_changes),
};

CU_MAIN("mirror", cases)
