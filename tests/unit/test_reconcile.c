/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The control plane from configuration to commands, against a dataplane that writes down what it
 * is told: this file takes the place of dplink.c and of the channel's client. The clock is ours.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "controlplane/arp/arp_wire.h"
#include "controlplane/config/json.h"
#include "controlplane/cp.h"
#include "controlplane/dataplane/dplink.h"
#include "controlplane/dataplane/mirror.h"
#include "controlplane/dataplane/reconcile.h"
#include "controlplane/dataplane/route_feed.h"
#include "controlplane/iface/iface.h"
#include "controlplane/neigh/neigh.h"
#include "controlplane/rib/rib.h"
#include "controlplane/rib/rib6.h"
#include "controlplane/tunnel/tunnel.h"
#include "controlplane/vpn/udp.h"
#include "controlplane/vpn/vpn_int.h"
#include "tests/unit/cu.h"

#define CMDS_MAX 8192
#define GW       0x01010101u
#define HUB      0x01010102u
#define BRANCH   0x02020202u
#define MANY     8 /* tunnels, at most: to BRANCH, BRANCH + 1, ... */

/* The dataplane: what it has been told since the last look, and what it says it holds. */
static struct {
	bool attached;
	uint64_t boot_id;
	struct chan_stats stats;
	struct chan_cmd cmd[CMDS_MAX];
	unsigned int n, n_answered;
	unsigned int n_keepalives, n_frames;
	unsigned int n_arp_asked, n_ike; /* frames asking for the gateway; IKE messages sent */
	struct chan_tun_info tun[8];
	struct chan_sa_info sa[64];
} dp;

static uint64_t now_ms;
static struct cp cp;
static const uint8_t gw_mac[6] = { 2, 0, 0, 0, 9, 9 };

/* ---- what the control plane calls ---------------------------------------------------------- */

uint64_t
cp_now_ms(void)
{
	return now_ms;
}

struct chan_client *
dplink_client(const struct dplink *l)
{
	return dp.attached ? (struct chan_client *)&dp : NULL;
}

const char *
dplink_state(const struct dplink *l)
{
	return dp.attached ? "attached" : "dataplane is not running";
}

int
dplink_cmd(struct dplink *l, const struct chan_cmd *cmd)
{
	CU_ASSERT_FATAL(dp.n < CMDS_MAX);
	dp.cmd[dp.n++] = *cmd;
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
		dp.n_frames++;
		rd_bytes(&r, 14);
		CU_ASSERT_EQUAL(arp_parse(&r, &m), 0);
		dp.n_arp_asked += m.tpa == GW;
	} else if (mode == CHAN_INJECT_TUN) {
		CU_ASSERT_EQUAL(len, 28);
		dp.n_keepalives++;
	} else if (mode == CHAN_INJECT_ROUTE) {
		CU_ASSERT_EQUAL(udp_parse(&r, &u), 0);
		CU_ASSERT_EQUAL(u.src, HUB);
		CU_ASSERT(u.dst - BRANCH < MANY);
		dp.n_ike++;
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
	return &dp.stats;
}

uint64_t
chan_client_boot_id(const struct chan_client *c)
{
	return dp.boot_id;
}

void *
chan_client_keep(const struct chan_client *c, uint64_t *size)
{
	*size = 0;
	return NULL;
}

size_t
chan_client_n_pending(const struct chan_client *c)
{
	return 0;
}

int
chan_client_port(const struct chan_client *c, uint32_t port, struct chan_port_info *out)
{
	if (port >= dp.stats.n_ports)
		return -EINVAL;
	*out = dp.stats.ports[port];
	return 0;
}

int
chan_client_tun_info(const struct chan_client *c, uint32_t tun_id, struct chan_tun_info *out)
{
	if (tun_id >= dp.stats.max_tunnels)
		return -EINVAL;
	*out = dp.tun[tun_id];
	return 0;
}

int
chan_client_sa_info(const struct chan_client *c, uint32_t sa_id, struct chan_sa_info *out)
{
	if (sa_id >= dp.stats.max_sas)
		return -EINVAL;
	*out = dp.sa[sa_id];
	return out->spi != 0 ? 0 : -ENOENT;
}

int
chan_client_sa_stats(const struct chan_client *c, uint32_t sa_id, struct chan_client_sa_stats *out)
{
	*out = (struct chan_client_sa_stats){ .heard_ms = CHAN_CLIENT_NEVER };
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
	return sa_id < dp.stats.max_sas && dp.sa[sa_id].spi == spi;
}

static void
io_sa_gone(void *ctx, uint32_t sa_id, const char *why)
{
	vpn_sa_gone(cp.vpn, sa_id, why);
}

static void
io_synced(void *ctx)
{
	reconcile_synced(cp.reconcile);
}

/* ---- the box --------------------------------------------------------------------------------- */

static const char config[] =
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

/* Without protection, its far end watched by keepalives, and another way if it does not answer. */
static const char plain_config[] =
		"{ \"interfaces\": { \"wan\": { \"address\": [\"1.1.1.2/24\"] } },"
		"  \"tunnels\": { \"tunnel1\": { \"source\": \"1.1.1.2\", \"destination\": "
		"\"2.2.2.2\", \"mtu\": %d, \"key\": 42, \"ttl\": 0, \"df\": \"clear\", "
		"\"ignore-df\": true, \"fragment-after\": true, \"tcp-mss\": 1300, "
		"\"path-mtu-min\": 1000, \"path-mtu-age-seconds\": 60, "
		"\"keepalive-seconds\": 10, \"keepalive-retries\": 2 } },"
		"  \"routes\": [ { \"prefix\": \"0.0.0.0/0\", \"via\": \"1.1.1.1\" },"
		"     { \"prefix\": \"192.168.21.0/24\", \"interface\": \"tunnel1\" },"
		"     { \"prefix\": \"192.168.21.0/24\", \"via\": \"1.1.1.1\", \"distance\": 200 } ] }";

/* As many tunnels as the dataplane takes. */
static const char *
many_config(void)
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

	for (int i = 0; i < MANY; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n,
				"%s\"t%d\": { \"source\": \"1.1.1.2\", \"destination\": \"2.2.2.%d\","
				" \"mtu\": %%d, \"protection\": \"p\" }",
				i > 0 ? ", " : "", i, i + 2);
	snprintf(text + n, sizeof(text) - (size_t)n, "} }");
	return text;
}

static const char *config_text = config;

static struct cfg *
load(int mtu)
{
	struct cfg_errors errs;
	char text[4096];
	struct cfg *c;

	cfg_errors_init(&errs);
	snprintf(text, sizeof(text), config_text, mtu, mtu, mtu, mtu, mtu, mtu, mtu, mtu);
	c = cfg_from_text(text, strlen(text), NULL, &errs);
	for (uint32_t i = 0; i < errs.n_errors; i++)
		printf("%s: %s\n", errs.errors[i].path, errs.errors[i].message);
	cfg_errors_fini(&errs);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	return c;
}

static void
port_make(uint32_t i, const char *name)
{
	struct chan_port_info *p = &dp.stats.ports[i];

	strcpy(p->name, name);
	p->present = p->link_up = 1;
	p->mac[0] = 2;
	p->mac[5] = (uint8_t)(i + 1);
}

static void
dataplane_boot(uint64_t boot_id)
{
	memset(&dp, 0, sizeof(dp));
	dp.boot_id = boot_id;
	dp.stats.n_ports = 2;
	dp.stats.n_workers = 1;
	dp.stats.max_tunnels = MANY;
	dp.stats.max_sas = 64;
	dp.stats.max_nhs = 64;
	dp.stats.max_nhgs = 8;
	port_make(0, "wan");
	port_make(1, "lan");
}

static void
start(void)
{
	struct mirror_io io = { .cmd = io_cmd,
		.sa_installed = io_sa_installed,
		.sa_gone = io_sa_gone,
		.synced = io_synced };

	log_init("test", LVL_ERROR);
	memset(&cp, 0, sizeof(cp));
	dataplane_boot(7);
	now_ms = 1000000;
	cp.args.state_dir = "/nonexistent";
	cp.base = event_base_new();
	cp.cfg = load(1400);
	cp.mirror = mirror_new(&io);
	cp.reconcile = reconcile_new(&cp);
	cp.ifaces = ifaces_new(&cp);
	cp.neigh = neigh_new(&cp, false);
	cp.rib = rib_new();
	cp.neigh6 = neigh_new(&cp, true);
	cp.rib6 = rib6_new();
	cp.tunnels = tunnels_new(&cp);
	cp.vpn = vpn_new(&cp);
	CU_ASSERT_EQUAL_FATAL(reconcile_config(cp.reconcile), 0);
}

static void
stop(void)
{
	cp.stopping = true;
	vpn_free(cp.vpn, false);
	tunnels_free(cp.tunnels);
	rib6_free(cp.rib6);
	neigh_free(cp.neigh6);
	rib_free(cp.rib);
	neigh_free(cp.neigh);
	ifaces_free(cp.ifaces);
	reconcile_free(cp.reconcile);
	mirror_free(cp.mirror);
	cfg_free((struct cfg *)(uintptr_t)cp.cfg);
	event_base_free(cp.base);
}

/* A new configuration: that of @config_text. */
static void
push(int mtu)
{
	struct cfg *old = (struct cfg *)(uintptr_t)cp.cfg;

	cp.cfg = load(mtu);
	CU_ASSERT_EQUAL(reconcile_config(cp.reconcile), 0);
	cfg_free(old);
}

static void
answer(void)
{
	while (dp.n_answered < dp.n) {
		struct chan_done d = { .op = dp.cmd[dp.n_answered++].op };

		mirror_done(cp.mirror, &d);
	}
}

static void
forget(void)
{
	answer();
	dp.n = dp.n_answered = 0;
}

static void
attach(void)
{
	dp.attached = true;
	reconcile_attached(cp.reconcile, dplink_client(NULL));
}

static unsigned int
count(enum chan_op op)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < dp.n; i++)
		n += dp.cmd[i].op == op;
	return n;
}

static const struct chan_cmd *
find(enum chan_op op)
{
	for (unsigned int i = 0; i < dp.n; i++)
		if (dp.cmd[i].op == op)
			return &dp.cmd[i];
	return NULL;
}

static const struct chan_route *
route(uint32_t prefix, uint8_t len)
{
	for (unsigned int i = 0; i < dp.n; i++)
		if (dp.cmd[i].op == CHAN_CMD_ROUTE_SET && dp.cmd[i].u.route.prefix == prefix &&
				dp.cmd[i].u.route.len == len)
			return &dp.cmd[i].u.route;
	return NULL;
}

/* The gateway answers ARP. */
static void
gateway_answers(void)
{
	struct arp_msg m = { .op = ARP_OP_REPLY, .spa = GW, .tpa = HUB };
	struct chan_pkt pkt = { .cls = CHAN_CLASS_ARP, .l3_off = 14, .len = ARP_FRAME_LEN };

	memcpy(m.sha, gw_mac, 6);
	arp_build(&m, dp.stats.ports[0].mac, pkt.data);
	pkt.if_id = mirror_if_id(cp.mirror, 0, 0);
	neigh_punt(cp.neigh, &pkt);
}

/* Everything up, but for SAs. */
static void
start_up(void)
{
	start();
	attach();
	answer();
	gateway_answers();
	forget();
}

static const char *
why(void)
{
	tunnels_check(cp.tunnels);
	return tunnels_at(cp.tunnels, 0)->why;
}

/* ---- cases ------------------------------------------------------------------------------------
 */

static void
test_first_attachment(void)
{
	start();
	CU_ASSERT_EQUAL(dp.n, 0);
	CU_ASSERT_STRING_EQUAL(why(), "dataplane is not running");
	attach();
	CU_ASSERT_EQUAL(dp.cmd[0].op, CHAN_CMD_SYNC_BEGIN);
	CU_ASSERT_EQUAL(dp.cmd[dp.n - 1].op, CHAN_CMD_SYNC_END);
	CU_ASSERT_EQUAL(count(CHAN_CMD_IF_SET), 2);
	CU_ASSERT_EQUAL(count(CHAN_CMD_PORT_SET), 2);
	CU_ASSERT_EQUAL(count(CHAN_CMD_TUN_SET), 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(find(CHAN_CMD_TUN_SET));
	CU_ASSERT_EQUAL(find(CHAN_CMD_TUN_SET)->u.tun.flags, CHAN_TUN_UP | CHAN_TUN_PROTECT);
	CU_ASSERT_PTR_NOT_NULL_FATAL(route(0, 0));
	CU_ASSERT_EQUAL(route(0, 0)->id, find(CHAN_CMD_TUN_SET)->u.tun.nh_id);
	CU_ASSERT_PTR_NOT_NULL_FATAL(route(0xc0a81500, 24));
	CU_ASSERT_EQUAL(route(0xc0a81500, 24)->id, find(CHAN_CMD_TUN_SET)->u.tun.tun_id);
	/* No frame before the dataplane has said that it has the interfaces. */
	CU_ASSERT_EQUAL(dp.n_frames, 0);
	answer();
	CU_ASSERT(dp.n_arp_asked > 0);
	CU_ASSERT_STRING_EQUAL(why(), "resolving next hop 1.1.1.1");
	forget();
	/* One next hop and the neighbour's route, nothing more. */
	gateway_answers();
	CU_ASSERT_EQUAL(dp.n, 2);
	CU_ASSERT_PTR_NOT_NULL_FATAL(find(CHAN_CMD_NH_SET));
	CU_ASSERT_EQUAL(find(CHAN_CMD_NH_SET)->u.nh.resolved, 1);
	CU_ASSERT_EQUAL(memcmp(find(CHAN_CMD_NH_SET)->u.nh.mac, gw_mac, 6), 0);
	CU_ASSERT_PTR_NOT_NULL(route(GW, 32));
	CU_ASSERT_STRING_EQUAL(why(), "waiting for traffic");
	CU_ASSERT_EQUAL(dp.n_ike, 0);
	stop();
}

static void
test_identical_sends_nothing(void)
{
	start_up();
	for (int i = 0; i < 3; i++)
		push(1400);
	CU_ASSERT_EQUAL(dp.n, 0);
	CU_ASSERT_EQUAL(dp.n_ike, 0);
	push(1380);
	CU_ASSERT_EQUAL(dp.n, 1);
	CU_ASSERT_EQUAL(dp.cmd[0].op, CHAN_CMD_TUN_SET);
	CU_ASSERT_EQUAL(dp.cmd[0].u.tun.mtu, 1380);
	stop();
}

static void
loop_10ms(void)
{
	struct timeval tv = { .tv_usec = 10000 };

	event_base_loopexit(cp.base, &tv);
	event_base_loop(cp.base, EVLOOP_ONCE);
}

/* A key pair is made by a thread: the message follows when that is done. */
static void
loop_until_ike(unsigned int n)
{
	for (int i = 0; i < 1000 && dp.n_ike < n; i++)
		loop_10ms();
}

static void
test_acquire(void)
{
	struct chan_event ev = { .type = CHAN_EV_ACQUIRE };

	start_up();
	ev.id = tunnels_at(cp.tunnels, 0)->tun_id;
	vpn_event(cp.vpn, &ev);
	loop_until_ike(1);
	CU_ASSERT_EQUAL(dp.n_ike, 1);
	CU_ASSERT_STRING_EQUAL(why(), "IKE: negotiating");
	stop();
}

static bool
negotiates(uint32_t i)
{
	return strcmp(tunnels_at(cp.tunnels, i)->why, "IKE: negotiating") == 0;
}

/* What happens to one tunnel is a look at that one, not at all of them. */
static void
test_events_look_at_their_tunnel(void)
{
	struct chan_event ev = { .type = CHAN_EV_ACQUIRE };
	uint64_t n_looks;

	config_text = many_config();
	start_up();
	CU_ASSERT_EQUAL_FATAL(tunnels_n(cp.tunnels), MANY);
	for (int i = 0; i < 10; i++)
		loop_10ms(); /* looks that the start has asked for */
	n_looks = tunnels_n_looks(cp.tunnels);
	for (unsigned int i = 0; i < MANY; i++) {
		ev.id = tunnels_at(cp.tunnels, i)->tun_id;
		vpn_event(cp.vpn, &ev);
		for (int k = 0; k < 1000 && (dp.n_ike <= i || !negotiates(i)); k++)
			loop_10ms();
		CU_ASSERT(negotiates(i));
	}
	CU_ASSERT(tunnels_n_looks(cp.tunnels) >= n_looks + MANY);
	/* It waits for a key pair, then for the peer: two changes each, at most. */
	CU_ASSERT(tunnels_n_looks(cp.tunnels) <= n_looks + 2 * MANY);
	/* What concerns all is a look at all. */
	n_looks = tunnels_n_looks(cp.tunnels);
	tunnels_check_id_soon(cp.tunnels, ev.id);
	tunnels_check_soon(cp.tunnels);
	for (int i = 0; i < 1000 && tunnels_n_looks(cp.tunnels) < n_looks + MANY; i++)
		loop_10ms();
	CU_ASSERT_EQUAL(tunnels_n_looks(cp.tunnels), n_looks + MANY);
	/* A tunnel that goes while it is due is nobody's any more. */
	tunnels_check_id_soon(cp.tunnels, ev.id);
	config_text = config;
	push(1400);
	for (int i = 0; i < 10; i++)
		loop_10ms();
	CU_ASSERT_EQUAL(tunnels_n(cp.tunnels), 1);
	stop();
}

static void
test_link_down(void)
{
	start_up();
	dp.stats.ports[0].link_up = 0;
	CU_ASSERT_TRUE(ifaces_stale(cp.ifaces));
	reconcile_soon(cp.reconcile);
	event_base_loop(cp.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	CU_ASSERT_FALSE(ifaces_stale(cp.ifaces));
	/* The default route goes; what the protected tunnel should carry stays with it. */
	CU_ASSERT(count(CHAN_CMD_ROUTE_DEL) >= 3);
	for (unsigned int i = 0; i < dp.n; i++)
		if (dp.cmd[i].op == CHAN_CMD_ROUTE_DEL)
			CU_ASSERT_NOT_EQUAL(dp.cmd[i].u.route.prefix, 0xc0a81500);
	CU_ASSERT_PTR_NOT_NULL_FATAL(find(CHAN_CMD_TUN_SET));
	CU_ASSERT_EQUAL(find(CHAN_CMD_TUN_SET)->u.tun.nh_id, CHAN_NONE);
	CU_ASSERT_STRING_EQUAL(
			why(), "source 1.1.1.2 is not an address of an interface that is up");
	stop();
}

/* A dataplane that a former control plane has filled. */
static void
dataplane_in_use(void)
{
	dp.tun[5] = (struct chan_tun_info){
		.present = 1, .local = HUB, .remote = BRANCH, .sa_out = 12,
		.cookie = tunnel_cookie(&cp.cfg->tunnels[0])
	};
	dp.sa[11] = (struct chan_sa_info){ .spi = 0x3300000b,
		.tun_id = 5,
		.local = HUB,
		.remote = BRANCH,
		.dir = CHAN_SA_IN,
		.alg = CHAN_ESP_AES128_GCM16 };
	dp.sa[12] = (struct chan_sa_info){ .spi = 0xc0ffee,
		.tun_id = 5,
		.local = HUB,
		.remote = BRANCH,
		.dir = CHAN_SA_OUT,
		.alg = CHAN_ESP_AES128_GCM16 };
	/* Of a tunnel that is not configured any more; and one that has expired. */
	dp.tun[6] = (struct chan_tun_info){
		.present = 1, .local = HUB, .remote = BRANCH + 1, .sa_out = CHAN_NONE
	};
	dp.sa[13] = (struct chan_sa_info){ .spi = 0x3300000d,
		.tun_id = 6,
		.local = HUB,
		.remote = BRANCH + 1,
		.dir = CHAN_SA_IN };
	dp.sa[14] = (struct chan_sa_info){ .spi = 0x3300000e,
		.tun_id = 5,
		.local = HUB,
		.remote = BRANCH,
		.dir = CHAN_SA_IN,
		.dead = 1 };
}

/* What a former control plane has heard of the path's MTU, if it is not too old or from a future. */
static void
test_path_mtu_is_taken_over(void)
{
	static const struct {
		uint16_t mtu, taken;
		uint32_t ago_s;
	} cases[] = { { 1300, 1300, 599 }, { 1300, 0, 600 }, { 400, 576, 5 }, { 0, 0, 5 },
		{ 1300, 0, UINT32_MAX } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct tunnel_state *t;

		start();
		dataplane_in_use();
		now_ms = 5000000;
		dp.tun[5].path_mtu = cases[i].mtu;
		dp.tun[5].path_mtu_from = BRANCH + 9;
		dp.tun[5].path_mtu_s = (uint32_t)(now_ms / 1000) - cases[i].ago_s;
		attach();
		t = tunnels_at(cp.tunnels, 0);
		CU_ASSERT_EQUAL(t->pmtu.mtu, cases[i].taken);
		CU_ASSERT_PTR_NOT_NULL_FATAL(find(CHAN_CMD_TUN_SET));
		CU_ASSERT_EQUAL(find(CHAN_CMD_TUN_SET)->u.tun.path_mtu, cases[i].taken);
		if (cases[i].taken != 0) {
			CU_ASSERT_EQUAL(t->pmtu.from, BRANCH + 9);
			CU_ASSERT_EQUAL(find(CHAN_CMD_TUN_SET)->u.tun.path_mtu_s,
					dp.tun[5].path_mtu_s);
			tunnels_second(cp.tunnels, now_ms + 600000);
			CU_ASSERT_EQUAL(tunnels_at(cp.tunnels, 0)->pmtu.mtu, 0);
		}
		stop();
	}
}

static void
test_adoption(void)
{
	start();
	dataplane_in_use();
	attach();
	CU_ASSERT_EQUAL(tunnels_at(cp.tunnels, 0)->tun_id, 5);
	CU_ASSERT_EQUAL(count(CHAN_CMD_SA_KEEP), 2);
	CU_ASSERT_EQUAL(count(CHAN_CMD_SA_SET), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(find(CHAN_CMD_TUN_SA_OUT));
	CU_ASSERT_EQUAL(find(CHAN_CMD_TUN_SA_OUT)->u.tun_sa_out.sa_id, 12);
	for (unsigned int i = 0; i < dp.n; i++)
		if (dp.cmd[i].op == CHAN_CMD_SA_KEEP)
			CU_ASSERT(dp.cmd[i].u.sa.spi == 0x3300000b ||
					dp.cmd[i].u.sa.spi == 0xc0ffee);
	answer();
	gateway_answers();
	CU_ASSERT_STRING_EQUAL(why(), "");
	CU_ASSERT_TRUE(tunnels_at(cp.tunnels, 0)->up);
	/* The peer is called at once, although there is no traffic. */
	for (int i = 0; i < 1000 && dp.n_ike == 0; i++) {
		struct timeval tv = { .tv_usec = 10000 };

		event_base_loopexit(cp.base, &tv);
		event_base_loop(cp.base, EVLOOP_ONCE);
	}
	CU_ASSERT_EQUAL(dp.n_ike, 1);
	/* Slots of adopted SAs are not given to others. */
	forget();
	vpn_clear(cp.vpn, &(struct vpn_clear_what){ 0 }, &(uint32_t){ 0 });
	CU_ASSERT_EQUAL(count(CHAN_CMD_SA_DEL), 2);
	CU_ASSERT_FALSE(tunnels_at(cp.tunnels, 0)->up && why()[0] == '\0');
	stop();
}

static void
test_new_dataplane_gets_no_sas(void)
{
	start();
	dataplane_in_use();
	attach();
	answer();
	dp.attached = false;
	reconcile_detached(cp.reconcile);
	CU_ASSERT_STRING_EQUAL(why(), "dataplane is not running");
	dataplane_boot(8);
	dataplane_in_use(); /* even if it had such SAs */
	attach();
	CU_ASSERT_EQUAL(count(CHAN_CMD_SA_KEEP), 0);
	CU_ASSERT_EQUAL(count(CHAN_CMD_SA_SET), 0);
	CU_ASSERT_EQUAL(count(CHAN_CMD_TUN_SA_OUT), 0);
	CU_ASSERT_EQUAL(count(CHAN_CMD_TUN_SET), 1);
	CU_ASSERT_EQUAL(find(CHAN_CMD_TUN_SET)->u.tun.tun_id, 5);
	CU_ASSERT_EQUAL(dp.cmd[dp.n - 1].op, CHAN_CMD_SYNC_END);
	stop();
}

/* ---- the audit ----------------------------------------------------------------------------- */

/* The two looks of one audit, a minute on. */
static struct vpn_audit_show
audit(void)
{
	struct vpn_audit_show a;

	forget();
	for (int i = 0; i < 70; i++) {
		now_ms += 1000;
		vpn_second(cp.vpn, now_ms);
	}
	vpn_audit_show(cp.vpn, &a);
	return a;
}

static uint64_t
all_found(const struct vpn_audit_show *a)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < VPN_N_AUDIT; i++)
		n += a->found[i];
	return n;
}

static void
test_audit(void)
{
	struct vpn_audit_show a;

	start();
	dataplane_in_use();
	attach();
	memset(&dp.sa[13], 0, 2 * sizeof(dp.sa[0])); /* swept by the sync, as the real one does */
	answer();
	gateway_answers();
	a = audit();
	CU_ASSERT_EQUAL(a.n_runs, 1);
	CU_ASSERT_EQUAL(all_found(&a), 0);
	CU_ASSERT_EQUAL(dp.n, 0);
	/* An SA that nobody here has made. */
	dp.sa[20] = dp.sa[11];
	dp.sa[20].spi = 0x33000014;
	a = audit();
	CU_ASSERT_EQUAL(a.found[VPN_AUDIT_SA_EXTRA], 1);
	CU_ASSERT_EQUAL(count(CHAN_CMD_SA_DEL), 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(find(CHAN_CMD_SA_DEL));
	CU_ASSERT_EQUAL(find(CHAN_CMD_SA_DEL)->u.sa.sa_id, 20);
	dp.sa[20].spi = 0;
	answer();
	/* It sends with none: told everything once more, and nothing of it is removed. */
	dp.tun[5].sa_out = CHAN_NONE;
	a = audit();
	CU_ASSERT_EQUAL(a.found[VPN_AUDIT_SA_OUT], 1);
	CU_ASSERT_EQUAL(count(CHAN_CMD_SYNC_BEGIN), 1);
	CU_ASSERT_EQUAL(count(CHAN_CMD_SYNC_END), 1);
	CU_ASSERT_EQUAL(count(CHAN_CMD_SA_KEEP), 2);
	CU_ASSERT_EQUAL(count(CHAN_CMD_TUN_SA_OUT), 1);
	dp.tun[5].sa_out = 12;
	answer();
	/* A tunnel is gone, or another one is in its place. */
	dp.tun[5].cookie++;
	a = audit();
	CU_ASSERT_EQUAL(a.found[VPN_AUDIT_TUNNEL], 1);
	CU_ASSERT_EQUAL(count(CHAN_CMD_TUN_SET), 1);
	dp.tun[5].cookie--;
	answer();
	/* What differs once and not a moment later was on its way: nothing is done. */
	dp.sa[21] = dp.sa[11];
	forget();
	for (int i = 0; i < 61 && !cp.vpn->audit.suspect; i++) {
		now_ms += 1000;
		vpn_second(cp.vpn, now_ms);
	}
	CU_ASSERT_TRUE(cp.vpn->audit.suspect);
	dp.sa[21].spi = 0;
	a = audit();
	CU_ASSERT_EQUAL(all_found(&a), 3);
	/* SAs that are not there any more. */
	dp.sa[12].spi = dp.sa[11].spi = 0;
	a = audit();
	CU_ASSERT_EQUAL(a.found[VPN_AUDIT_SA_MISSING], 2);
	CU_ASSERT_FALSE(tunnels_at(cp.tunnels, 0)->up && why()[0] == '\0');
	stop();
}

/* ---- paths and keepalives ------------------------------------------------------------------- */

/* What was put off to a moment later. */
static void
loop_once(void)
{
	event_base_loop(cp.base, EVLOOP_NONBLOCK);
	answer();
}

/* Fragmentation needed: next-hop MTU @mtu, about 1500 bytes to the branch, @proto and its first words. */
static void
icmp(uint16_t mtu, uint8_t proto, uint32_t first, uint32_t second)
{
	struct chan_pkt pkt = { .cls = CHAN_CLASS_ICMP, .l3_off = 14, .len = 14 + 56 };
	struct wr w = wr_init(pkt.data + 14, 56);

	for (int i = 0; i < 2; i++) {
		wr_be32(&w, 0x45000000 | (i == 0 ? 56 : 1500));
		wr_be32(&w, 0);
		wr_be32(&w, 0x40000000 | (uint32_t)(i == 0 ? 1 : proto) << 16);
		wr_be32(&w, i == 0 ? GW : HUB);
		wr_be32(&w, i == 0 ? HUB : BRANCH);
		if (i == 0) {
			wr_be32(&w, 0x03040000);
			wr_be32(&w, mtu);
		}
	}
	wr_be32(&w, first);
	wr_be32(&w, second);
	tunnels_icmp(cp.tunnels, &pkt);
	loop_once();
}

static uint16_t
told_path_mtu(void)
{
	const struct chan_cmd *c = find(CHAN_CMD_TUN_SET);

	return c != NULL ? c->u.tun.path_mtu : 1;
}

/* Of a protected tunnel only what quotes the SA it sends with now. */
static void
test_path_mtu(void)
{
	start();
	dataplane_in_use();
	attach();
	answer();
	gateway_answers();
	forget();
	icmp(1300, 50, 0xc0ffef, 1); /* not its SPI */
	icmp(1300, 50, 0x3300000b, 1); /* the SPI it receives with */
	icmp(1300, 47, 0x00000800, 0); /* GRE in the clear, which it never sends */
	CU_ASSERT_EQUAL(dp.n, 0);
	CU_ASSERT_EQUAL(tunnels_n_icmp(cp.tunnels, PMTU_NO_SA), 2);
	CU_ASSERT_EQUAL(tunnels_n_icmp(cp.tunnels, PMTU_NO_TUNNEL), 1);
	icmp(1300, 50, 0xc0ffee, 1);
	CU_ASSERT_EQUAL(count(CHAN_CMD_TUN_SET), 1);
	CU_ASSERT_EQUAL(told_path_mtu(), 1300);
	forget();
	icmp(1400, 50, 0xc0ffee, 1);
	CU_ASSERT_EQUAL(dp.n, 0);
	now_ms += 599000;
	tunnels_second(cp.tunnels, now_ms);
	loop_once();
	CU_ASSERT_EQUAL(count(CHAN_CMD_TUN_SET), 0);
	now_ms += 1000;
	tunnels_second(cp.tunnels, now_ms);
	loop_once();
	CU_ASSERT_EQUAL(told_path_mtu(), 0);
	stop();
}

/* Everything that is configured reaches the dataplane; a plain tunnel is known by its key. */
static void
test_plain_tunnel(void)
{
	const struct chan_tun *t;

	config_text = plain_config;
	start_up();
	config_text = config;
	icmp(900, 47, 0x20000800, 43);
	CU_ASSERT_EQUAL(dp.n, 0);
	icmp(900, 47, 0x20000800, 42);
	CU_ASSERT_PTR_NOT_NULL_FATAL(find(CHAN_CMD_TUN_SET));
	t = &find(CHAN_CMD_TUN_SET)->u.tun;
	CU_ASSERT_EQUAL(t->path_mtu, 1000); /* not below the floor */
	CU_ASSERT_EQUAL(t->flags, CHAN_TUN_UP | CHAN_TUN_KEY | CHAN_TUN_TTL_COPY |
			CHAN_TUN_DF_CLEAR | CHAN_TUN_IGNORE_DF | CHAN_TUN_FRAG_AFTER);
	CU_ASSERT_EQUAL(t->mss4, 1300);
	CU_ASSERT_EQUAL(t->mss6, 1280);
	CU_ASSERT_EQUAL(t->mtu, 1400);
	stop();
}

static void
pass(unsigned int seconds)
{
	for (unsigned int i = 0; i < seconds * 1000 / KEEPALIVE_TICK_MS; i++) {
		now_ms += KEEPALIVE_TICK_MS;
		tunnels_tick(cp.tunnels, now_ms);
	}
	loop_once();
}

/* No answers: the other way is taken, keepalives go on; one answer, and it is as before. */
static void
test_keepalives(void)
{
	struct chan_pkt pkt = { .cls = CHAN_CLASS_KEEPALIVE };
	uint32_t tunnel_nh;

	config_text = plain_config;
	start_up();
	config_text = config;
	tunnel_nh = mirror_nh_tun(cp.mirror, tunnels_at(cp.tunnels, 0)->tun_id);
	pkt.tun_id = tunnels_at(cp.tunnels, 0)->tun_id;
	pass(20);
	CU_ASSERT_EQUAL(dp.n_keepalives, 2);
	tunnels_keepalive(cp.tunnels, &pkt);
	pass(20);
	CU_ASSERT_STRING_EQUAL(why(), "");
	CU_ASSERT_EQUAL(dp.n, 0);
	pass(10);
	CU_ASSERT_STRING_EQUAL(why(), "no answer to the last 2 keepalives");
	CU_ASSERT_FALSE(tunnels_at(cp.tunnels, 0)->up);
	/* The routes stay where they are: the group that they lead to has another member. */
	CU_ASSERT_PTR_NULL(route(0xc0a81500, 24));
	CU_ASSERT_EQUAL(count(CHAN_CMD_NHG_SET), 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(find(CHAN_CMD_NHG_SET));
	CU_ASSERT_NOT_EQUAL(find(CHAN_CMD_NHG_SET)->u.nhg.nh_ids[0], tunnel_nh);
	CU_ASSERT_EQUAL(count(CHAN_CMD_TUN_DEL), 0);
	forget();
	pass(30);
	CU_ASSERT_EQUAL(dp.n_keepalives, 8);
	CU_ASSERT_EQUAL(dp.n, 0);
	tunnels_keepalive(cp.tunnels, &pkt);
	loop_once();
	CU_ASSERT_STRING_EQUAL(why(), "");
	CU_ASSERT_PTR_NOT_NULL_FATAL(find(CHAN_CMD_NHG_SET));
	CU_ASSERT_EQUAL(find(CHAN_CMD_NHG_SET)->u.nhg.nh_ids[0], tunnel_nh);
	stop();
}

/* ---- routes of a routing protocol ------------------------------------------------------------ */

#define DYNS  3000u
#define SLICE 1024u /* as in route_feed.c */

static struct rib_dyn dyns[DYNS];
static const struct rib_hop dyn_hops[] = { { 0, 0xc0a80a03 }, { 0, 0xc0a80a04 }, { 0, 0xc0a80a05 } };

/* All of them by one neighbour on the LAN, /24 and /25 in turn. */
static void
dyns_make(void)
{
	for (uint32_t i = 0; i < DYNS; i++)
		dyns[i] = (struct rib_dyn){ .prefix = { 0x0b000000 + (i << 8), (uint8_t)(24 + i % 2) },
			.kind = RIB_OSPF_INTRA, .distance = 110, .metric = 1, .n_hops = 1 };
}

static void
dyns_give(uint32_t first, uint32_t n)
{
	static const char names[][RIB_LINK_NAME] = { "lan" };
	struct rib_source s = { .routes = dyns + first, .hops = dyn_hops, .names = names,
		.n_routes = n, .n_hops = 3, .n_names = 1 };

	forget();
	CU_ASSERT_EQUAL(reconcile_routes(cp.reconcile, &s), 0);
}

static struct route_feed_counts
feed_counts(void)
{
	struct route_feed_counts c;

	reconcile_route_counts(cp.reconcile, &c);
	return c;
}

/* Let the loop come round until all is named: in how many turns. */
static unsigned int
turns(void)
{
	unsigned int n = 0;

	for (; feed_counts().n_waiting > 0; n++) {
		unsigned int before = dp.n;

		CU_ASSERT_FATAL(n < 100);
		event_base_loop(cp.base, EVLOOP_ONCE);
		CU_ASSERT(dp.n - before <= SLICE);
	}
	return n;
}

/* A route of the command list: which place it has. */
static unsigned int
place_of(enum chan_op op, uint32_t prefix)
{
	for (unsigned int i = 0; i < dp.n; i++)
		if (dp.cmd[i].op == op && dp.cmd[i].u.route.prefix == prefix)
			return i;
	CU_FAIL("no such command");
	return 0;
}

/* Many routes come in slices, and what changes of them costs what has changed. */
static void
test_routes_change(void)
{
	uint64_t n_whole;

	config_text = config;
	start_up();
	dyns_make();
	n_whole = feed_counts().n_whole;
	dyns_give(0, DYNS);
	CU_ASSERT_EQUAL(count(CHAN_CMD_ROUTE_SET), SLICE);
	CU_ASSERT_EQUAL(turns(), (DYNS + SLICE - 1) / SLICE - 1);
	CU_ASSERT_EQUAL(count(CHAN_CMD_ROUTE_SET), DYNS);
	CU_ASSERT_EQUAL(dp.n, DYNS + 1); /* and the next hop */
	CU_ASSERT(place_of(CHAN_CMD_ROUTE_SET, 0x0b000100) < place_of(CHAN_CMD_ROUTE_SET, 0x0b000000));
	dyns_give(0, DYNS);
	CU_ASSERT_EQUAL(dp.n, 0);
	dyns[7].metric = 2; /* nothing to the dataplane */
	dyns_give(0, DYNS);
	CU_ASSERT_EQUAL(dp.n, 0);
	dyns[7].first_hop = 1;
	dyns_give(0, DYNS);
	CU_ASSERT_EQUAL(count(CHAN_CMD_ROUTE_SET), 1);
	CU_ASSERT_EQUAL(dp.n, 2);
	dyns_give(10, DYNS - 10);
	CU_ASSERT_EQUAL(count(CHAN_CMD_ROUTE_DEL), 10);
	CU_ASSERT_EQUAL(dp.n, 10);
	CU_ASSERT(place_of(CHAN_CMD_ROUTE_DEL, 0x0b000000) < place_of(CHAN_CMD_ROUTE_DEL, 0x0b000100));
	/* What changes while others wait is sent as it is in the end. */
	for (uint32_t i = 10; i < DYNS; i++)
		dyns[i].first_hop = 1;
	dyns_give(10, DYNS - 10);
	CU_ASSERT_EQUAL(dp.n, SLICE);
	for (uint32_t i = 10; i < DYNS; i++)
		dyns[i].first_hop = 0;
	dyns_give(10, DYNS - 10);
	turns();
	CU_ASSERT_EQUAL(count(CHAN_CMD_ROUTE_SET), SLICE); /* those of before, back */
	CU_ASSERT_EQUAL(feed_counts().n_whole, n_whole);
	stop();
}

/* Two next hops are a group, which goes with its last route. */
static void
test_routes_groups(void)
{
	config_text = config;
	start_up();
	dyns_make();
	for (uint32_t i = 0; i < 4; i++)
		dyns[i].n_hops = 2;
	dyns_give(0, 4);
	CU_ASSERT_EQUAL(count(CHAN_CMD_NHG_SET), 1);
	CU_ASSERT_EQUAL(count(CHAN_CMD_ROUTE_SET), 4);
	for (uint32_t i = 0; i < 3; i++)
		dyns[i].first_hop = 1;
	dyns_give(0, 4);
	CU_ASSERT_EQUAL(count(CHAN_CMD_NHG_SET), 1);
	CU_ASSERT_EQUAL(count(CHAN_CMD_ROUTE_SET), 3);
	CU_ASSERT_EQUAL(count(CHAN_CMD_NHG_DEL), 0);
	dyns_give(0, 3);
	CU_ASSERT_EQUAL(count(CHAN_CMD_ROUTE_DEL), 1);
	CU_ASSERT_EQUAL(count(CHAN_CMD_NHG_DEL), 1);
	dyns_give(0, 0);
	CU_ASSERT_EQUAL(count(CHAN_CMD_ROUTE_DEL), 3);
	CU_ASSERT_EQUAL(count(CHAN_CMD_NHG_DEL), 1);
	stop();
}

/* Around a tunnel's far end, everything is looked at: the tunnel's packets leave another way. */
static void
test_routes_underlay(void)
{
	uint64_t n_whole;

	config_text = config;
	start_up();
	n_whole = feed_counts().n_whole;
	dyns[0] = (struct rib_dyn){ .prefix = { 0x02020000, 16 }, .kind = RIB_OSPF_INTRA,
		.distance = 110, .metric = 1, .n_hops = 1 };
	dyns_give(0, 1);
	CU_ASSERT_EQUAL(feed_counts().n_whole, n_whole + 1);
	CU_ASSERT_EQUAL(count(CHAN_CMD_ROUTE_SET), 1);
	CU_ASSERT_EQUAL(count(CHAN_CMD_TUN_SET), 1);
	dyns_give(0, 0);
	CU_ASSERT_EQUAL(feed_counts().n_whole, n_whole + 2);
	CU_ASSERT_EQUAL(count(CHAN_CMD_TUN_SET), 1);
	stop();
}

static const struct cu_case cases[] = {
	CU_CASE(test_path_mtu),
	CU_CASE(test_plain_tunnel),
	CU_CASE(test_keepalives),
	CU_CASE(test_routes_change),
	CU_CASE(test_routes_groups),
	CU_CASE(test_routes_underlay),
	CU_CASE(test_first_attachment),
	CU_CASE(test_identical_sends_nothing),
	CU_CASE(test_acquire),
	CU_CASE(test_events_look_at_their_tunnel),
	CU_CASE(test_link_down),
	CU_CASE(test_adoption),
	CU_CASE(test_path_mtu_is_taken_over),
	CU_CASE(test_new_dataplane_gets_no_sas),
	CU_CASE(test_audit),
};

CU_MAIN("reconcile", cases)
