/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Workers and their tables, filled with the commands that the control plane would send.
 *
 *     LAN host 10.0.0.2 --- port 0 [hub] port 1 --- 192.0.2.254 ... branches 198.18.x.y,
 *                     10.0.0.1/16       192.0.2.1/24     11.0.0.0/24 + t behind tunnel t
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>

#include "dataplane/event_queue.h"
#include "dataplane/nodes/esp.h"
#include "dataplane/nodes/hold.h"
#include "dataplane/nodes/police.h"
#include "dataplane/nodes/reass.h"
#include "dataplane/tables/tables_int.h"
#include "tests/bench/bench.h"

#define IF_LAN 0
#define IF_WAN 1
#define NH_LAN 0
#define NH_WAN 1
#define NH_US  2
#define N_GATEWAYS 16
#define NH_GATEWAY 3
#define NH_TUN     (NH_GATEWAY + N_GATEWAYS) /* and up: one for each tunnel */

#define ADDR_LAN    0x0a000001u
#define ADDR_WAN    0xc0000201u
#define ADDR_OTHER  0xc0000264u
#define ADDR_BRANCH 0xc6120001u
#define BEHIND      0x0b000000u

struct shape shape = { .window = 64 };

/* Where tunnels end. */
static uint32_t
hub_end(void)
{
	return shape.far_address ? ADDR_OTHER : ADDR_WAN;
}

const char *
shape_name(void)
{
	static char name[96];

	if (!shape.esn && !shape.nat_t && !shape.tunnel_mode && shape.gre_flags == 0 &&
			shape.window == 64 && !shape.far_address)
		return "plain";
	snprintf(name, sizeof(name), "%s%s%s%s%s%s%swindow %u", shape.esn ? "ESN, " : "",
			shape.far_address ? "virtual address, " : "",
			shape.nat_t ? "UDP, " : "", shape.tunnel_mode ? "tunnel mode, " : "",
			shape.gre_flags & CHAN_TUN_KEY ? "GRE key, " : "",
			shape.gre_flags & CHAN_TUN_CSUM ? "GRE checksum, " : "",
			shape.gre_flags & CHAN_TUN_SEQ ? "GRE sequence, " : "", shape.window);
	return name;
}

unsigned int
shape_head(void)
{
	return 4u + 4u * (unsigned int)__builtin_popcount(shape.gre_flags) +
	       (shape.tunnel_mode ? 20 : 0);
}

unsigned int
shape_udp(void)
{
	return shape.nat_t ? 8 : 0;
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

/* ---- commands ----------------------------------------------------------------------------- */

typedef void (*apply_fn)(void *arg, const struct chan_cmd *cmd);

static void
apply(void *arg, const struct chan_cmd *cmd)
{
	struct world *wd = arg;
	const char *field = "?";
	int err = tables_apply(wd->tables, cmd, &field);

	if (err != 0) {
		fprintf(stderr, "bench: %s refused: %s: %s\n", chan_op_str(cmd->op), field,
				strerror(-err));
		exit(1);
	}
}

static void
add_if(apply_fn fn, void *arg, uint32_t id, uint32_t addr, uint8_t len)
{
	fn(arg, &(struct chan_cmd){ .op = CHAN_CMD_IF_SET, .u.iface = { .if_id = id, .port = id,
		.mtu = 1600, .admin_up = 1, .n_addrs = 1, .addrs = { addr },
		.addr_lens = { len } } });
}

static void
add_route(apply_fn fn, void *arg, uint32_t prefix, uint8_t len, uint32_t nh)
{
	fn(arg, &(struct chan_cmd){ .op = CHAN_CMD_ROUTE_SET, .u.route = { .prefix = prefix,
		.len = len, .id = nh } });
}

static void
add_adj(apply_fn fn, void *arg, uint32_t nh, uint32_t if_id, uint32_t gw)
{
	fn(arg, &(struct chan_cmd){ .op = CHAN_CMD_NH_SET, .u.nh = { .nh_id = nh, .if_id = if_id,
		.gw = gw, .type = CHAN_NH_ADJ, .resolved = 1,
		.mac = { 2, 0, 0, 0, 1, (uint8_t)nh } } });
}

void
world_base(apply_fn fn, void *arg)
{
	add_if(fn, arg, IF_LAN, ADDR_LAN, 16);
	add_if(fn, arg, IF_WAN, ADDR_WAN, 24);
	add_adj(fn, arg, NH_LAN, IF_LAN, world_lan_host());
	add_adj(fn, arg, NH_WAN, IF_WAN, ADDR_WAN + 253);
	fn(arg, &(struct chan_cmd){ .op = CHAN_CMD_NH_SET, .u.nh = { .nh_id = NH_US,
		.type = CHAN_NH_LOCAL } });
	for (uint32_t i = 0; i < N_GATEWAYS; i++)
		add_adj(fn, arg, NH_GATEWAY + i, IF_WAN, ADDR_WAN + 16 + i);
	add_route(fn, arg, world_lan_host(), 32, NH_LAN);
	add_route(fn, arg, ADDR_WAN, 32, NH_US);
	add_route(fn, arg, ADDR_OTHER, 32, NH_US);
}

struct chan_sa
world_sa_in(enum chan_esp_alg alg, unsigned int t)
{
	const struct esp_alg *a = &esp_algs[alg];
	struct chan_sa c = {
		.sa_id = 2 * t,
		.spi = 1u << CHAN_SPI_IDX_BITS | 2 * t,
		.tun_id = t,
		.local = hub_end(),
		.remote = ADDR_BRANCH + t,
		.window = (uint16_t)shape.window,
		.esn = shape.esn,
		.mode = shape.tunnel_mode ? CHAN_SA_TUNNEL : CHAN_SA_TRANSPORT,
		.local_port = shape.nat_t ? 4500 : 0,
		.remote_port = shape.nat_t ? 4500 : 0,
		.dir = CHAN_SA_IN,
		.alg = alg,
		.enc_key_len = a->enc_key_len,
		.auth_key_len = a->auth_key_len,
		.salt_len = a->salt_len,
	};

	for (unsigned int i = 0; i < sizeof(c.enc_key); i++)
		c.enc_key[i] = (uint8_t)((uint8_t)(t >> (i & 1 ? 8 : 0)) ^ (uint8_t)(i * 29));
	for (unsigned int i = 0; i < sizeof(c.auth_key); i++)
		c.auth_key[i] = (uint8_t)(t + i * 31);
	return c;
}

void
world_tunnel(enum chan_esp_alg alg, unsigned int t, apply_fn fn, void *arg)
{
	struct chan_cmd sa = { .op = CHAN_CMD_SA_SET, .u.sa = world_sa_in(alg, t) };

	fn(arg, &(struct chan_cmd){ .op = CHAN_CMD_TUN_SET, .u.tun = { .tun_id = t,
		.flags = CHAN_TUN_UP | CHAN_TUN_PROTECT | shape.gre_flags, .key = t + 1,
		.local = hub_end(), .remote = ADDR_BRANCH + t, .nh_id = NH_WAN, .mtu = TUNNEL_MTU, .ttl = 64,
		.parent = CHAN_NONE } });
	fn(arg, &sa);
	sa.u.sa.sa_id = 2 * t + 1;
	sa.u.sa.dir = CHAN_SA_OUT;
	fn(arg, &sa);
	fn(arg, &(struct chan_cmd){ .op = CHAN_CMD_TUN_SA_OUT, .u.tun_sa_out = { .tun_id = t,
		.sa_id = 2 * t + 1 } });
	fn(arg, &(struct chan_cmd){ .op = CHAN_CMD_NH_SET, .u.nh = { .nh_id = NH_TUN + t,
		.tun_id = t, .type = CHAN_NH_TUN } });
	add_route(fn, arg, world_behind(t) - 1, 24, NH_TUN + t);
}

/* ---- routes for plain forwarding ----------------------------------------------------------- */

/* Lengths as they are in the Internet's table: most are 24, few are short or very long. */
static const uint8_t route_lens[64] = { 24, 24, 23, 24, 22, 24, 24, 20, 24, 24, 23, 24, 22, 24, 24,
	19, 24, 24, 21, 24, 22, 24, 24, 24, 24, 24, 23, 24, 22, 24, 24, 16, 24, 24, 23, 24, 22, 24,
	24, 20, 24, 24, 21, 24, 22, 24, 24, 24, 24, 24, 23, 24, 22, 24, 24, 18, 24, 24, 24, 24, 22,
	24, 24, 28 };

/* Prefixes all over 32.0.0.0 to 159.255.255.255, but 127.0.0.0/8. */
static void
add_routes(struct world *wd)
{
	uint64_t state = 1;

	for (unsigned int i = 0; i < wd->n_routes;) {
		uint8_t len = route_lens[i % sizeof(route_lens)];
		uint32_t prefix;

		state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		prefix = (uint32_t)(state >> 33) + 0x20000000u;
		prefix &= UINT32_MAX << (32 - len);
		if (prefix >> 24 == 127 || fib_get(wd->tables->fib, prefix, len) != 0)
			continue;
		add_route(apply, wd, prefix, len, NH_GATEWAY + i % N_GATEWAYS);
		wd->routed[i++] = prefix + 1;
	}
}

/* ---- workers ------------------------------------------------------------------------------ */

static void
must(const void *p, const char *what)
{
	if (p == NULL) {
		fprintf(stderr, "bench: out of memory: %s\n", what);
		exit(1);
	}
}

/* Nobody reads them. */
static struct event_queue events;

static struct worker *
worker_new(const struct world *wd, unsigned int id)
{
	struct worker *w = aligned_alloc(64, RTE_ALIGN(sizeof(*w), 64));
	char *base = (char *)wd->stats;

	must(w, "worker");
	memset(w, 0, sizeof(*w));
	w->id = (uint8_t)id;
	w->tables = wd->tables;
	w->stats = (struct chan_worker_stats *)(base + wd->stats->worker_off[id]);
	w->if_stats = (struct chan_if_stats *)(base + wd->stats->if_off[id]);
	w->tun_stats = (struct chan_tun_stats *)(base + wd->stats->tun_off[id]);
	w->sa_stats = (struct chan_sa_stats *)(base + wd->stats->sa_off[id]);
	w->policy_stats = (struct chan_policy_stats *)(base + wd->stats->policy_off[id]);
	w->tsc_hz = rte_get_tsc_hz();
	w->n_ports = 2;
	w->wake_cp_fd = -1;
	w->events = &events;
	w->pool = packets_pool();
	w->esp = esp_worker_new(0);
	must(w->esp, "crypto");
	w->hold = hold_new(wd->stats->max_tunnels, 0);
	must(w->hold, "hold");
	w->reass = reass_new(&(struct reass_conf){ .max_pieces = 1024 });
	must(w->reass, "reassembly");
	w->police = police_new(0);
	must(w->police, "policers");
	return w;
}

struct chan_stats
world_limits(const struct world_conf *conf)
{
	return (struct chan_stats){ .n_workers = conf->n_workers, .n_ports = 2,
		.max_tunnels = conf->n_tunnels,
		.max_sas = rte_align32pow2(RTE_MAX(16u, 2 * conf->n_tunnels)),
		.max_nhs = conf->n_tunnels + NH_TUN, .max_nhgs = 1,
		.max_routes = conf->n_tunnels + conf->n_routes + 16 };
}

struct world *
world_new(const struct world_conf *conf)
{
	static unsigned int serial;
	struct world *wd = calloc(1, sizeof(*wd));
	struct chan_stats limits = world_limits(conf);
	struct tables_env env = { .n_workers = conf->n_workers };
	uint64_t size = chan_stats_layout(&limits);

	must(wd, "world");
	if (events.n == 0 && event_queue_init(&events, MAX_WORKERS) != 0)
		must(NULL, "events");
	wd->serial = ++serial;
	wd->n_tunnels = conf->n_tunnels;
	wd->alg = conf->alg;
	wd->n_routes = conf->n_routes;
	wd->n_workers = conf->n_workers;
	wd->out = calloc(wd->n_tunnels, sizeof(struct sa *));
	wd->in = calloc(wd->n_tunnels, sizeof(struct sa *));
	wd->routed = calloc(wd->n_routes, sizeof(uint32_t));
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
	for (unsigned int i = 0; i < wd->n_workers; i++)
		wd->w[i] = worker_new(wd, i);
	world_base(apply, wd);
	add_routes(wd);
	for (unsigned int t = 0; conf->alg != CHAN_ESP_NONE && t < wd->n_tunnels; t++) {
		world_tunnel(wd->alg, t, apply, wd);
		wd->in[t] = sa_by_id(wd->tables->sas, 2 * t);
		wd->out[t] = sa_by_id(wd->tables->sas, 2 * t + 1);
	}
	return wd;
}

void
world_free(struct world *wd)
{
	for (unsigned int i = 0; i < wd->n_workers; i++) {
		police_free(wd->w[i]->police);
		reass_free(wd->w[i]->reass);
		hold_free(wd->w[i]->hold);
		esp_worker_free(wd->w[i]->esp);
		free(wd->w[i]);
	}
	tables_free(wd->tables);
	free(wd->stats);
	free(wd->routed);
	free(wd->in);
	free(wd->out);
	free(wd);
}
