/* SPDX-License-Identifier: BSD-3-Clause */
/* See mirror_fixture.h. */
#include "tests/unit/mirror_fixture.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/cmds.h"
#include "tests/unit/cu.h"

struct fake fake;

static int
fake_cmd(void *ctx, const struct chan_cmd *cmd)
{
	if (fake.full || (fake.room != 0 && fake.n >= fake.room))
		return -ENOBUFS;
	CU_ASSERT_FATAL(fake.n < FAKE_CMDS_MAX);
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
const struct mirror_limits fake_limits = {
	.max_tunnels = 64, .max_sas = 64, .max_nhs = 256, .max_nhgs = 16
};

struct mirror *
fake_start(void)
{
	struct mirror *m;

	memset(&fake, 0, sizeof(fake));
	m = mirror_new(&fake_io);
	CU_ASSERT_PTR_NOT_NULL_FATAL(m);
	CU_ASSERT_EQUAL(mirror_limits(m, &fake_limits), 0);
	return m;
}

void
fake_answer(struct mirror *m, int bad, int err)
{
	for (int i = 0; fake.n_answered < fake.n; i++) {
		const struct chan_cmd *c = &fake.cmd[fake.n_answered++];
		struct chan_done d = { .op = c->op, .err = i == bad ? err : 0, .field = "field" };

		mirror_done(m, &d);
	}
}

void
fake_forget(struct mirror *m)
{
	fake_answer(m, -1, 0);
	fake.n = fake.n_answered = 0;
}

int
fake_at(enum chan_op op)
{
	const struct chan_cmd *c = cmds_find(fake.cmd, fake.n, op);

	return c != NULL ? (int)(c - fake.cmd) : -1;
}

unsigned int
fake_count(enum chan_op op)
{
	return cmds_count(fake.cmd, fake.n, op);
}

const uint8_t mac1[6] = { 2, 0, 0, 0, 0, 1 };
const uint8_t mac2[6] = { 2, 0, 0, 0, 0, 2 };
const struct wish wish_full = { .tunnel = true, .mtu = 1400, .mac = mac1 };

uint32_t
fake_name(struct mirror *m, const struct wish *w)
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
