/* SPDX-License-Identifier: BSD-3-Clause */
/* The control plane and a dataplane that writes down what it is told; see cp_fixture.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "controlplane/arp/arp_wire.h"
#include "controlplane/cp.h"
#include "controlplane/dataplane/dplink.h"
#include "controlplane/dataplane/mirror.h"
#include "controlplane/dataplane/reconcile.h"
#include "controlplane/iface/iface.h"
#include "controlplane/neigh/neigh.h"
#include "controlplane/rib/rib.h"
#include "controlplane/rib/rib6.h"
#include "controlplane/tunnel/tunnel.h"
#include "controlplane/vpn/udp.h"
#include "controlplane/vpn/vpn_int.h"
#include "tests/unit/cfg_text.h"
#include "tests/unit/cmds.h"
#include "tests/unit/cp_fixture.h"

struct cpf_dataplane cpf;
uint64_t cpf_now_ms;
struct cp cpf_cp;
void *cpf_keep;
uint64_t cpf_keep_size;
const uint8_t cpf_gw_mac[6] = { 2, 0, 0, 0, 9, 9 };

/* ---- what the control plane calls ---------------------------------------------------------- */

uint64_t
cp_now_ms(void)
{
	return cpf_now_ms;
}

uint64_t
cp_now_us(void)
{
	return cpf_now_ms * 1000;
}

struct chan_client *
dplink_client(const struct dplink *l)
{
	return cpf.attached ? (struct chan_client *)&cpf : NULL;
}

const char *
dplink_state(const struct dplink *l)
{
	return cpf.attached ? "attached" : "dataplane is not running";
}

int
dplink_cmd(struct dplink *l, const struct chan_cmd *cmd)
{
	CU_ASSERT_FATAL(cpf.n < CPF_CMDS);
	cpf.cmd[cpf.n++] = *cmd;
	return 0;
}

int
dplink_inject(struct dplink *l, enum chan_inject_mode mode, uint32_t id, const void *data,
		size_t len)
{
	struct rd r = rd_init(data, len);
	struct arp_msg m;
	struct udp_msg u;

	if (mode == CHAN_INJECT_FRAME) {
		cpf.n_frames++;
		rd_bytes(&r, 14);
		CU_ASSERT_EQUAL(arp_parse(&r, &m), 0);
		cpf.n_arp_asked += m.tpa == CPF_GW;
	} else if (mode == CHAN_INJECT_TUN) {
		CU_ASSERT_EQUAL(len, 28);
		cpf.n_keepalives++;
	} else if (mode == CHAN_INJECT_ROUTE) {
		CU_ASSERT_EQUAL(udp_parse(&r, &u), 0);
		CU_ASSERT_EQUAL(u.src, CPF_HUB);
		CU_ASSERT(u.dst - CPF_BRANCH < CPF_TUNNELS);
		cpf.n_ike++;
	}
	return 0;
}

uint64_t
dplink_mark(const struct dplink *l)
{
	return 0;
}

int
dplink_inject_after(struct dplink *l, uint64_t mark, enum chan_inject_mode mode, uint32_t id,
		const void *data, size_t len)
{
	return dplink_inject(l, mode, id, data, len);
}

const struct chan_stats *
chan_client_stats(const struct chan_client *c)
{
	return &cpf.stats;
}

uint64_t
chan_client_boot_id(const struct chan_client *c)
{
	return cpf.boot_id;
}

void *
chan_client_keep(const struct chan_client *c, uint64_t *size)
{
	*size = cpf_keep_size;
	return cpf_keep;
}

size_t
chan_client_n_pending(const struct chan_client *c)
{
	return 0;
}

int
chan_client_port(const struct chan_client *c, uint32_t port, struct chan_port_info *out)
{
	if (port >= cpf.stats.n_ports)
		return -EINVAL;
	*out = cpf.stats.ports[port];
	return 0;
}

int
chan_client_tun_info(const struct chan_client *c, uint32_t tun_id, struct chan_tun_info *out)
{
	if (tun_id >= cpf.stats.max_tunnels)
		return -EINVAL;
	*out = cpf.tun[tun_id];
	return 0;
}

int
chan_client_sa_info(const struct chan_client *c, uint32_t sa_id, struct chan_sa_info *out)
{
	if (sa_id >= cpf.stats.max_sas)
		return -EINVAL;
	*out = cpf.sa[sa_id];
	return out->spi != 0 ? 0 : -ENOENT;
}

int
chan_client_worker_stats(
		const struct chan_client *c, uint32_t worker, struct chan_worker_stats *out)
{
	memset(out, 0, sizeof(*out));
	out->punt_policed[CHAN_CLASS_IKE] = cpf.ike_dropped;
	return 0;
}

int
chan_client_sa_stats(const struct chan_client *c, uint32_t sa_id, struct chan_client_sa_stats *out)
{
	*out = (struct chan_client_sa_stats){ .heard_ms = CHAN_CLIENT_NEVER };
	if (cpf.heard_sa != 0 && sa_id == cpf.heard_sa)
		out->heard_ms = 0;
	return 0;
}

static int
io_cmd(void *ctx, const struct chan_cmd *cmd)
{
	return dplink_cmd(NULL, cmd);
}

static bool
io_sa_installed(void *ctx, uint32_t sa_id, uint32_t spi)
{
	return sa_id < cpf.stats.max_sas && cpf.sa[sa_id].spi == spi;
}

static void
io_sa_gone(void *ctx, uint32_t sa_id, const char *why)
{
	vpn_sa_gone(cpf_cp.vpn, sa_id, why);
}

static void
io_synced(void *ctx)
{
	reconcile_synced(cpf_cp.reconcile);
}

/* ---- the box --------------------------------------------------------------------------------- */

const char cpf_config[] =
		"{ \"interfaces\": { \"wan\": { \"address\": [\"1.1.1.2/24\"] },"
		"                   \"lan\": { \"address\": [\"192.168.10.1/24\"] } },"
		"  \"tunnels\": { \"tunnel1\": { \"source\": \"1.1.1.2\", \"destination\": "
		"\"2.2.2.2\","
		"     \"address\": \"10.255.1.1/30\", \"mtu\": %d, \"protection\": \"p\" } },"
		"  \"routes\": [ { \"prefix\": \"0.0.0.0/0\", \"via\": \"1.1.1.1\" },"
		"     { \"prefix\": \"192.168.21.0/24\", \"interface\": \"tunnel1\" } ],"
		"  \"crypto\": { \"ikev2\": { \"proposals\": { \"default\": {} },"
		"     \"keyring\": { \"k\": { \"address\": \"2.2.2.2/32\","
		"        \"pre-shared-key\": \"a-long-enough-secret\" } },"
		"     \"profiles\": { \"default\": { \"initiate\": \"traffic\" } } },"
		"   \"ipsec\": { \"transform-sets\": { \"g\": { \"encryption\": \"aes-gcm-128\" } "
		"},"
		"     \"profiles\": { \"p\": { \"transform-sets\": [\"g\"] } } } } }";

const char *
cpf_many_config(void)
{
	static char text[4096];
	int n = snprintf(text, sizeof(text),
			"{ \"interfaces\": { \"wan\": { \"address\": [\"1.1.1.2/24\"] } },"
			"  \"routes\": [ { \"prefix\": \"0.0.0.0/0\", \"via\": \"1.1.1.1\" } ],"
			"  \"crypto\": { \"ikev2\": { \"proposals\": { \"default\": {} },"
			"     \"keyring\": { \"k\": { \"address\": \"2.2.2.0/24\","
			"        \"pre-shared-key\": \"a-long-enough-secret\" } },"
			"     \"profiles\": { \"default\": { \"initiate\": \"traffic\" } } },"
			"   \"ipsec\": { \"transform-sets\": { \"g\": { \"encryption\": "
			"\"aes-gcm-128\" } },"
			"     \"profiles\": { \"p\": { \"transform-sets\": [\"g\"] } } } },"
			"  \"tunnels\": {");

	for (int i = 0; i < CPF_TUNNELS; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n,
				"%s\"t%d\": { \"source\": \"1.1.1.2\", \"destination\": "
				"\"2.2.2.%d\", \"mtu\": %%d, \"protection\": \"p\" }",
				i > 0 ? ", " : "", i, i + 2);
	snprintf(text + n, sizeof(text) - (size_t)n, "} }");
	return text;
}

const char *cpf_config_text = cpf_config;

static struct cfg *
load(int mtu)
{
	char text[4096];

	snprintf(text, sizeof(text), cpf_config_text, mtu, mtu, mtu, mtu, mtu, mtu, mtu, mtu);
	return cfg_text_load(text);
}

static void
port_make(uint32_t i, const char *name)
{
	struct chan_port_info *p = &cpf.stats.ports[i];

	strcpy(p->name, name);
	p->present = p->link_up = 1;
	p->mac[0] = 2;
	p->mac[5] = (uint8_t)(i + 1);
}

void
cpf_dataplane_boot(uint64_t boot_id)
{
	memset(&cpf, 0, sizeof(cpf));
	cpf.boot_id = boot_id;
	cpf.stats.n_ports = 2;
	cpf.stats.n_workers = 1;
	cpf.stats.max_tunnels = CPF_TUNNELS;
	cpf.stats.max_sas = 64;
	cpf.stats.max_nhs = 64;
	cpf.stats.max_nhgs = 8;
	port_make(0, "wan");
	port_make(1, "lan");
}

void
cpf_start(void)
{
	struct mirror_io io = { .cmd = io_cmd,
		.sa_installed = io_sa_installed,
		.sa_gone = io_sa_gone,
		.synced = io_synced };

	log_init("test", LVL_ERROR);
	memset(&cpf_cp, 0, sizeof(cpf_cp));
	cpf_dataplane_boot(7);
	cpf_now_ms = 1000000;
	cpf_cp.args.state_dir = "/nonexistent";
	cpf_cp.base = event_base_new();
	cpf_cp.cfg = load(1400);
	cpf_cp.mirror = mirror_new(&io);
	cpf_cp.reconcile = reconcile_new(&cpf_cp);
	cpf_cp.ifaces = ifaces_new(&cpf_cp);
	cpf_cp.neigh = neigh_new(&cpf_cp, false);
	cpf_cp.rib = rib_new();
	cpf_cp.neigh6 = neigh_new(&cpf_cp, true);
	cpf_cp.rib6 = rib6_new();
	cpf_cp.tunnels = tunnels_new(&cpf_cp);
	cpf_cp.vpn = vpn_new(&cpf_cp);
	CU_ASSERT_EQUAL_FATAL(reconcile_config(cpf_cp.reconcile), 0);
}

void
cpf_stop(void)
{
	cpf_cp.stopping = true;
	vpn_free(cpf_cp.vpn, false);
	tunnels_free(cpf_cp.tunnels);
	rib6_free(cpf_cp.rib6);
	neigh_free(cpf_cp.neigh6);
	rib_free(cpf_cp.rib);
	neigh_free(cpf_cp.neigh);
	ifaces_free(cpf_cp.ifaces);
	reconcile_free(cpf_cp.reconcile);
	mirror_free(cpf_cp.mirror);
	cfg_free((struct cfg *)(uintptr_t)cpf_cp.cfg);
	event_base_free(cpf_cp.base);
}

/* A new configuration: that of @cpf_config_text. */
void
cpf_push(int mtu)
{
	struct cfg *old = (struct cfg *)(uintptr_t)cpf_cp.cfg;

	cpf_cp.cfg = load(mtu);
	CU_ASSERT_EQUAL(reconcile_config(cpf_cp.reconcile), 0);
	cfg_free(old);
}

void
cpf_answer(void)
{
	while (cpf.n_answered < cpf.n) {
		struct chan_done d = { .op = cpf.cmd[cpf.n_answered++].op };

		mirror_done(cpf_cp.mirror, &d);
	}
}

void
cpf_forget(void)
{
	cpf_answer();
	cpf.n = cpf.n_answered = 0;
}

void
cpf_attach(void)
{
	cpf.attached = true;
	reconcile_attached(cpf_cp.reconcile, dplink_client(NULL));
}

unsigned int
cpf_count(enum chan_op op)
{
	return cmds_count(cpf.cmd, cpf.n, op);
}

const struct chan_cmd *
cpf_find(enum chan_op op)
{
	return cmds_find(cpf.cmd, cpf.n, op);
}

const struct chan_route *
cpf_route(uint32_t prefix, uint8_t len)
{
	for (unsigned int i = 0; i < cpf.n; i++)
		if (cpf.cmd[i].op == CHAN_CMD_ROUTE_SET && cpf.cmd[i].u.route.prefix == prefix &&
				cpf.cmd[i].u.route.len == len)
			return &cpf.cmd[i].u.route;
	return NULL;
}

/* The gateway answers ARP. */
void
cpf_gateway_answers(void)
{
	struct arp_msg m = { .op = ARP_OP_REPLY, .spa = CPF_GW, .tpa = CPF_HUB };
	struct chan_pkt pkt = { .cls = CHAN_CLASS_ARP, .l3_off = 14, .len = ARP_FRAME_LEN };

	memcpy(m.sha, cpf_gw_mac, 6);
	arp_build(&m, cpf.stats.ports[0].mac, pkt.data);
	pkt.if_id = mirror_if_id(cpf_cp.mirror, 0, 0);
	neigh_punt(cpf_cp.neigh, &pkt);
}

/* Everything up, but for SAs. */
void
cpf_start_up(void)
{
	cpf_start();
	cpf_attach();
	cpf_answer();
	cpf_gateway_answers();
	cpf_loop_once(); /* now that it is in line, routes are led into groups */
	cpf_forget();
}

const char *
cpf_why(void)
{
	tunnels_check(cpf_cp.tunnels, true, UINT32_MAX);
	return tunnels_at(cpf_cp.tunnels, 0)->why;
}

/* What was put off to a moment later. */
void
cpf_loop_once(void)
{
	event_base_loop(cpf_cp.base, EVLOOP_NONBLOCK);
	cpf_answer();
}

void
cpf_dataplane_in_use(void)
{
	cpf.tun[5] = (struct chan_tun_info){
		.present = 1, .local = CPF_HUB, .remote = CPF_BRANCH, .sa_out = 12,
		.cookie = tunnel_cookie(&cpf_cp.cfg->tunnels[0])
	};
	cpf.sa[11] = (struct chan_sa_info){ .spi = 0x3300000b,
		.tun_id = 5,
		.local = CPF_HUB,
		.remote = CPF_BRANCH,
		.dir = CHAN_SA_IN,
		.alg = CHAN_ESP_AES128_GCM16 };
	cpf.sa[12] = (struct chan_sa_info){ .spi = 0xc0ffee,
		.tun_id = 5,
		.local = CPF_HUB,
		.remote = CPF_BRANCH,
		.dir = CHAN_SA_OUT,
		.alg = CHAN_ESP_AES128_GCM16 };
	/* Of a tunnel that is not configured any more; and one that has expired. */
	cpf.tun[6] = (struct chan_tun_info){
		.present = 1, .local = CPF_HUB, .remote = CPF_BRANCH + 1, .sa_out = CHAN_NONE
	};
	cpf.sa[13] = (struct chan_sa_info){ .spi = 0x3300000d,
		.tun_id = 6,
		.local = CPF_HUB,
		.remote = CPF_BRANCH + 1,
		.dir = CHAN_SA_IN };
	cpf.sa[14] = (struct chan_sa_info){ .spi = 0x3300000e,
		.tun_id = 5,
		.local = CPF_HUB,
		.remote = CPF_BRANCH,
		.dir = CHAN_SA_IN,
		.dead = 1 };
}
