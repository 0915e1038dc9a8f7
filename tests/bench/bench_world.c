/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A worker and its tables, filled with the commands that the control plane would send.
 *
 *     LAN host 10.0.0.2 --- port 0 [hub] port 1 --- 192.0.2.254 ... branches 198.18.x.y,
 *                     10.0.0.1/16       192.0.2.1/24     11.0.0.0/24 + t behind tunnel t
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "dataplane/nodes/esp.h"
#include "dataplane/nodes/hold.h"
#include "dataplane/nodes/reass.h"
#include "dataplane/tables/tables_int.h"
#include "tests/bench/bench.h"

#define IF_LAN 0
#define IF_WAN 1
#define NH_LAN 0
#define NH_WAN 1
#define NH_US  2
#define NH_TUN 3 /* and up: one for each tunnel */

#define ADDR_LAN    0x0a000001u
#define ADDR_WAN    0xc0000201u
#define ADDR_BRANCH 0xc6120001u
#define BEHIND      0x0b000000u

/* Events have no reader here. */
bool
worker_event(struct worker *w, const struct chan_event *ev)
{
	(void)w;
	(void)ev;
	return false;
}

uint32_t
world_behind(unsigned int t)
{
	return BEHIND + (t << 8) + 1;
}

uint32_t
world_lan_host(void)
{
	return ADDR_LAN + 1;
}

void
world_mac(unsigned int port, uint8_t mac[6])
{
	memcpy(mac, (uint8_t[6]){ 2, 0, 0, 0, 0, (uint8_t)(port + 1) }, 6);
}

static void
apply(struct world *wd, struct chan_cmd *cmd, enum chan_op op)
{
	const char *field = "?";
	int err;

	cmd->op = op;
	err = tables_apply(wd->tables, cmd, &field);
	if (err != 0) {
		fprintf(stderr, "bench: %s refused: %s: %s\n", chan_op_str(op), field,
				strerror(-err));
		exit(1);
	}
}

static void
add_if(struct world *wd, uint32_t id, uint32_t addr, uint8_t len)
{
	struct chan_cmd cmd = { .u.iface = { .if_id = id, .port = id, .mtu = 1600, .admin_up = 1,
		.n_addrs = 1, .addrs = { addr }, .addr_lens = { len } } };

	apply(wd, &cmd, CHAN_CMD_IF_SET);
}

static void
add_route(struct world *wd, uint32_t prefix, uint8_t len, uint32_t nh)
{
	struct chan_cmd cmd = { .u.route = { .prefix = prefix, .len = len, .id = nh } };

	apply(wd, &cmd, CHAN_CMD_ROUTE_SET);
}

static void
add_adj(struct world *wd, uint32_t nh, uint32_t if_id, uint32_t gw)
{
	struct chan_cmd cmd = { .u.nh = { .nh_id = nh, .if_id = if_id, .gw = gw,
		.type = CHAN_NH_ADJ, .resolved = 1, .mac = { 2, 0, 0, 0, 1, (uint8_t)nh } } };

	apply(wd, &cmd, CHAN_CMD_NH_SET);
}

struct chan_sa
world_sa_in(const struct world *wd, unsigned int t)
{
	const struct esp_alg *a = &esp_algs[wd->alg];
	struct chan_sa c = {
		.sa_id = 2 * t,
		.spi = 1u << CHAN_SPI_IDX_BITS | 2 * t,
		.tun_id = t,
		.local = ADDR_WAN,
		.remote = ADDR_BRANCH + t,
		.window = 64,
		.dir = CHAN_SA_IN,
		.alg = wd->alg,
		.enc_key_len = a->enc_key_len,
		.auth_key_len = a->auth_key_len,
		.salt_len = a->salt_len,
	};

	for (unsigned int i = 0; i < sizeof(c.enc_key); i++)
		c.enc_key[i] = (uint8_t)(t >> (i & 1 ? 8 : 0)) ^ (uint8_t)(i * 29);
	for (unsigned int i = 0; i < sizeof(c.auth_key); i++)
		c.auth_key[i] = (uint8_t)(t + i * 31);
	return c;
}

static void
add_tunnel(struct world *wd, unsigned int t)
{
	struct chan_cmd tun = { .u.tun = { .tun_id = t, .flags = CHAN_TUN_UP | CHAN_TUN_PROTECT,
		.local = ADDR_WAN, .remote = ADDR_BRANCH + t, .nh_id = NH_WAN, .mtu = 1476,
		.ttl = 64 } };
	struct chan_cmd in = { .u.sa = world_sa_in(wd, t) }, out = in;
	struct chan_cmd use = { .u.tun_sa_out = { .tun_id = t, .sa_id = 2 * t + 1 } };
	struct chan_cmd nh = { .u.nh = { .nh_id = NH_TUN + t, .tun_id = t, .type = CHAN_NH_TUN } };

	apply(wd, &tun, CHAN_CMD_TUN_SET);
	apply(wd, &in, CHAN_CMD_SA_SET);
	out.u.sa.sa_id = 2 * t + 1;
	out.u.sa.dir = CHAN_SA_OUT;
	apply(wd, &out, CHAN_CMD_SA_SET);
	apply(wd, &use, CHAN_CMD_TUN_SA_OUT);
	apply(wd, &nh, CHAN_CMD_NH_SET);
	add_route(wd, world_behind(t) - 1, 24, NH_TUN + t);
	wd->in[t] = sa_by_id(wd->tables->sas, 2 * t);
	wd->out[t] = sa_by_id(wd->tables->sas, 2 * t + 1);
}

static void
must(const void *p, const char *what)
{
	if (p == NULL) {
		fprintf(stderr, "bench: out of memory: %s\n", what);
		exit(1);
	}
}

static void
add_worker(struct world *wd)
{
	struct worker *w = aligned_alloc(64, RTE_ALIGN(sizeof(*w), 64));
	char *base = (char *)wd->stats;

	must(w, "worker");
	memset(w, 0, sizeof(*w));
	w->tables = wd->tables;
	w->stats = (struct chan_worker_stats *)(base + wd->stats->worker_off[0]);
	w->if_stats = (struct chan_if_stats *)(base + wd->stats->if_off[0]);
	w->tun_stats = (struct chan_tun_stats *)(base + wd->stats->tun_off[0]);
	w->sa_stats = (struct chan_sa_stats *)(base + wd->stats->sa_off[0]);
	w->tsc_hz = rte_get_tsc_hz();
	w->n_ports = 2;
	w->wake_cp_fd = -1;
	w->esp = esp_worker_new(0);
	must(w->esp, "crypto");
	w->hold = hold_new(wd->stats->max_tunnels, 0);
	must(w->hold, "hold");
	w->reass = reass_new(&(struct reass_conf){ .max_pieces = 1024 });
	must(w->reass, "reassembly");
	wd->w = w;
}

struct world *
world_new(unsigned int n_tunnels, enum chan_esp_alg alg)
{
	struct world *wd = calloc(1, sizeof(*wd));
	struct chan_stats limits = { .n_workers = 1, .n_ports = 2, .max_tunnels = n_tunnels,
		.max_sas = rte_align32pow2(2 * n_tunnels), .max_nhs = n_tunnels + NH_TUN,
		.max_nhgs = 1, .max_routes = n_tunnels + 16 };
	uint64_t size = chan_stats_layout(&limits);
	struct tables_env env = { .n_workers = 1 };
	struct chan_cmd us = { .u.nh = { .nh_id = NH_US, .type = CHAN_NH_LOCAL } };

	must(wd, "world");
	wd->n_tunnels = n_tunnels;
	wd->alg = alg;
	wd->out = calloc(n_tunnels, sizeof(struct sa *));
	wd->in = calloc(n_tunnels, sizeof(struct sa *));
	wd->stats = aligned_alloc(64, RTE_ALIGN(size, 64));
	must(wd->stats, "counters");
	memset(wd->stats, 0, size);
	*wd->stats = limits;
	for (unsigned int p = 0; p < 2; p++) {
		wd->stats->ports[p].present = 1;
		wd->stats->ports[p].link_up = 1;
		world_mac(p, wd->stats->ports[p].mac);
	}
	env.stats = wd->stats;
	wd->tables = tables_new(&env);
	must(wd->tables, "tables");
	add_worker(wd);
	add_if(wd, IF_LAN, ADDR_LAN, 16);
	add_if(wd, IF_WAN, ADDR_WAN, 24);
	add_adj(wd, NH_LAN, IF_LAN, world_lan_host());
	add_adj(wd, NH_WAN, IF_WAN, ADDR_WAN + 253);
	apply(wd, &us, CHAN_CMD_NH_SET);
	add_route(wd, world_lan_host(), 32, NH_LAN);
	add_route(wd, ADDR_WAN, 32, NH_US);
	add_route(wd, 0x0c000000u, 8, NH_WAN); /* plain forwarding */
	if (alg != CHAN_ESP_NONE)
		for (unsigned int t = 0; t < n_tunnels; t++)
			add_tunnel(wd, t);
	return wd;
}

void
world_free(struct world *wd)
{
	reass_free(wd->w->reass);
	hold_free(wd->w->hold);
	esp_worker_free(wd->w->esp);
	free(wd->w);
	tables_free(wd->tables);
	free(wd->stats);
	free(wd->in);
	free(wd->out);
	free(wd);
}
