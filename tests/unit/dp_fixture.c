/* SPDX-License-Identifier: BSD-3-Clause */
/* A whole dataplane without ports. See dp_fixture.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_mbuf_dyn.h>
#include <rte_udp.h>

#include "dataplane/crypto/esp_alg.h"
#include "tests/unit/dp_fixture.h"

#define N_MBUFS 4095

struct dp dp;

static const uint8_t port_macs[2][6] = { { 2, 0, 0, 0, 0, 1 }, { 2, 0, 0, 0, 0, 2 } };
static const uint8_t lan_host_mac[6] = { 2, 0, 0, 0, 1, 10 };
static const uint8_t vlan_host_mac[6] = { 2, 0, 0, 0, 2, 10 };
static const uint8_t gw_mac[6] = { 2, 0, 0, 0, 3, 254 };

static void
must(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "fixture: %s failed (field %s)\n", what,
				dp.field != NULL ? dp.field : "-");
		exit(2);
	}
}

bool
worker_event(struct worker *w, const struct chan_event *ev)
{
	if (dp.n_events == DP_EVENTS)
		return false;
	dp.events[dp.n_events++] = *ev;
	return true;
}

/* ---- set-up --------------------------------------------------------------------------------- */

void
dp_eal(void)
{
	static char args[][24] = { "test", "--no-huge", "--no-pci", "-m", "320", "--no-shconf",
		"--no-telemetry", "--log-level=error" };
	static char *argv[RTE_DIM(args) + 1];
	struct rte_mbuf_dynfield field = { .name = "culvert_pkt_origin",
		.size = sizeof(struct pkt_origin), .align = 4 };

	for (unsigned int i = 0; i < RTE_DIM(args); i++)
		argv[i] = args[i];
	must(rte_eal_init(RTE_DIM(args), argv) >= 0, "rte_eal_init");
	must(rte_mbuf_dynfield_register_offset(&field, PKT_ORIGIN_OFFSET) == (int)PKT_ORIGIN_OFFSET,
			"mbuf field");
	dp.pool = rte_pktmbuf_pool_create("test", N_MBUFS, 0, 0, RTE_PKTMBUF_HEADROOM + 4096, 0);
	dp.big_pool = rte_pktmbuf_pool_create("big", REASS_BIG_BUFS, 0, 0, REASS_BIG_ROOM, 0);
	must(dp.pool != NULL && dp.big_pool != NULL, "mempool");
}

static struct chan_stats *
dp_stats_new(unsigned int n_workers)
{
	struct chan_stats limits = { .n_workers = n_workers, .n_ports = 2,
		.max_tunnels = DP_TUNNELS, .max_sas = DP_SAS, .max_nhs = DP_NHS, .max_nhgs = 16,
		.max_routes = 512 };
	struct chan_stats *s = calloc(1, chan_stats_layout(&limits));

	must(s != NULL, "memory");
	*s = limits;
	for (unsigned int p = 0; p < 2; p++) {
		s->ports[p].present = 1;
		s->ports[p].link_up = 1;
		memcpy(s->ports[p].mac, port_macs[p], 6);
	}
	return s;
}

static struct worker *
dp_worker_new(unsigned int i, struct rte_rcu_qsbr *rcu)
{
	struct reass_conf reass = { .max_pieces = DP_PIECES, .big = dp.big_pool,
		.socket_id = SOCKET_ID_ANY };
	struct worker *w = aligned_alloc(64, RTE_ALIGN(sizeof(*w), 64));

	must(w != NULL, "memory");
	memset(w, 0, sizeof(*w));
	w->id = (uint8_t)i;
	w->shared_sas = dp.n_workers > 1;
	w->tables = dp.t;
	w->stats = RTE_PTR_ADD(dp.stats, dp.stats->worker_off[i]);
	w->if_stats = RTE_PTR_ADD(dp.stats, dp.stats->if_off[i]);
	w->tun_stats = RTE_PTR_ADD(dp.stats, dp.stats->tun_off[i]);
	w->sa_stats = RTE_PTR_ADD(dp.stats, dp.stats->sa_off[i]);
	w->policy_stats = RTE_PTR_ADD(dp.stats, dp.stats->policy_off[i]);
	w->tsc_hz = rte_get_tsc_hz();
	w->now_tsc = rte_rdtsc();
	w->n_ports = 2;
	w->pool = dp.pool;
	w->esp = esp_worker_new(SOCKET_ID_ANY);
	w->hold = hold_new(DP_TUNNELS, SOCKET_ID_ANY);
	w->reass = reass_new(&reass);
	w->police = police_new(SOCKET_ID_ANY);
	w->trace = trace_new(SOCKET_ID_ANY);
	must(w->esp != NULL && w->hold != NULL && w->reass != NULL && w->police != NULL &&
			w->trace != NULL, "memory");
	w->wake_cp_fd = -1;
	w->rcu = rcu;
	return w;
}

static void
dp_worker_free(struct worker *w)
{
	trace_free(w->trace);
	police_free(w->police);
	reass_free(w->reass);
	hold_free(w->hold);
	esp_worker_free(w->esp);
	free(w);
}

void
dp_open_workers(struct rte_rcu_qsbr *rcu, unsigned int n)
{
	struct tables_env env = { .rcu = rcu, .n_workers = n, .socket_id = SOCKET_ID_ANY };
	struct reass *reass[DP_WORKERS];

	dp.n_workers = n;
	dp.stats = dp_stats_new(n);
	env.stats = dp.stats;
	dp.t = tables_new(&env);
	must(dp.t != NULL, "tables_new");
	for (unsigned int i = 0; i < n; i++) {
		dp.workers[i] = dp_worker_new(i, rcu);
		reass[i] = dp.workers[i]->reass;
	}
	must(n == 1 || reass_connect(reass, n) == 0, "reass_connect");
	dp.n_out = 0;
	dp.n_events = 0;
	dp_use(0);
}

void
dp_open(struct rte_rcu_qsbr *rcu)
{
	dp_open_workers(rcu, 1);
}

void
dp_use(unsigned int i)
{
	dp.w = dp.workers[i];
}

static unsigned int
dp_in_use(void)
{
	return rte_mempool_in_use_count(dp.pool) + rte_mempool_in_use_count(dp.big_pool);
}

unsigned int
dp_close(void)
{
	dp_clear();
	dp_detach();
	for (unsigned int i = 0; i < dp.n_workers; i++)
		dp_worker_free(dp.workers[i]);
	tables_free(dp.t);
	free(dp.stats);
	dp.w = NULL;
	return dp_in_use();
}

int
dp_apply(enum chan_op op, const void *body, size_t len)
{
	struct chan_cmd cmd = { .op = (uint16_t)op };

	memcpy(&cmd.u, body, len);
	return tables_apply(dp.t, &cmd, &dp.field);
}

/* ---- the world ------------------------------------------------------------------------------ */

struct chan_if
dp_if(uint32_t if_id)
{
	struct chan_if c = { .if_id = if_id, .port = if_id == DP_IF_WAN, .mtu = 1500, .admin_up = 1,
		.n_addrs = 1, .addr_lens = { 24 } };

	c.vlan = if_id == DP_IF_VLAN ? DP_VLAN : 0;
	c.addrs[0] = if_id == DP_IF_LAN ? DP_LAN_ADDR : if_id == DP_IF_WAN ? DP_WAN_ADDR :
			DP_VLAN_ADDR;
	return c;
}

static struct chan_nh
dp_adj(uint32_t if_id, uint32_t gw, const uint8_t *mac)
{
	struct chan_nh c = { .type = CHAN_NH_ADJ, .if_id = if_id, .gw = gw,
		.resolved = mac != NULL };

	if (mac != NULL)
		memcpy(c.mac, mac, 6);
	return c;
}

struct chan_nh
dp_nh(uint32_t nh_id)
{
	struct chan_nh c = { .type = CHAN_NH_DROP };

	if (nh_id == DP_NH_LOCAL)
		c.type = CHAN_NH_LOCAL;
	else if (nh_id >= DP_NH_LAN && nh_id <= DP_NH_VLAN)
		c = (struct chan_nh){ .type = CHAN_NH_GLEAN, .if_id = nh_id - DP_NH_LAN };
	else if (nh_id == DP_NH_LAN_HOST)
		c = dp_adj(DP_IF_LAN, DP_LAN_HOST, lan_host_mac);
	else if (nh_id == DP_NH_VLAN_HOST)
		c = dp_adj(DP_IF_VLAN, DP_VLAN_HOST, vlan_host_mac);
	else if (nh_id == DP_NH_GW)
		c = dp_adj(DP_IF_WAN, DP_WAN_GW, gw_mac);
	else if (nh_id == DP_NH_GW2)
		c = dp_adj(DP_IF_WAN, DP_WAN_GW2, NULL);
	else if (nh_id >= DP_NH_TUN0 && nh_id <= DP_NH_TUN3)
		c = (struct chan_nh){ .type = CHAN_NH_TUN, .tun_id = nh_id - DP_NH_TUN0 };
	c.nh_id = nh_id;
	return c;
}

struct chan_tun
dp_tun(uint32_t tun_id)
{
	struct chan_tun c = { .tun_id = tun_id, .flags = CHAN_TUN_UP, .local = DP_WAN_ADDR,
		.remote = DP_PEER(tun_id), .nh_id = DP_NH_GW, .addr = IP4(172, 16, tun_id, 1),
		.mtu = 1400, .ttl = 64 };

	if (tun_id == 1) {
		c.flags |= CHAN_TUN_KEY | CHAN_TUN_CSUM | CHAN_TUN_SEQ;
		c.key = DP_TUN_KEY;
	} else if (tun_id == 2 || tun_id == 3) {
		c.flags |= CHAN_TUN_PROTECT;
		c.kind = dp.protected_kind;
		c.flags |= dp.protected_key != 0 ? CHAN_TUN_KEY : 0;
		c.key = dp.protected_key;
	}
	if (tun_id == 3) {
		c.local = DP_PEER(2);
		c.remote = DP_WAN_ADDR;
	}
	return c;
}

int
dp_route(uint32_t prefix, uint8_t len, uint32_t nh_id)
{
	struct chan_route c = { .prefix = prefix, .len = len, .id = nh_id };

	return DP_APPLY(CHAN_CMD_ROUTE_SET, c);
}

void
dp_world(void)
{
	static const struct {
		uint32_t prefix;
		uint8_t len, nh;
	} routes[] = {
		{ 0, 0, DP_NH_GW },
		{ IP4(10, 1, 0, 0), 24, DP_NH_LAN },
		{ DP_LAN_ADDR, 32, DP_NH_LOCAL },
		{ DP_LAN_HOST, 32, DP_NH_LAN_HOST },
		{ IP4(10, 2, 0, 0), 24, DP_NH_VLAN },
		{ DP_VLAN_ADDR, 32, DP_NH_LOCAL },
		{ DP_VLAN_HOST, 32, DP_NH_VLAN_HOST },
		{ IP4(192, 0, 2, 0), 24, DP_NH_WAN },
		{ DP_WAN_ADDR, 32, DP_NH_LOCAL },
		{ DP_WAN_GW, 32, DP_NH_GW },
		{ IP4(10, 9, 0, 0), 16, DP_NH_NULL },
		{ IP4(10, 20, 0, 0), 16, DP_NH_GW2 },
		{ IP4(10, 100, 0, 0), 16, DP_NH_TUN0 },
		{ IP4(10, 101, 0, 0), 16, DP_NH_TUN1 },
		{ IP4(10, 102, 0, 0), 16, DP_NH_TUN2 },
		{ IP4(10, 103, 0, 0), 16, DP_NH_TUN3 },
	};

	for (uint32_t id = 0; id <= DP_IF_VLAN; id++) {
		struct chan_if c = dp_if(id);

		must(DP_APPLY(CHAN_CMD_IF_SET, c) == 0, "IF_SET");
	}
	for (uint32_t id = 0; id <= DP_NH_NULL; id++) {
		struct chan_nh c = dp_nh(id);

		must(DP_APPLY(CHAN_CMD_NH_SET, c) == 0, "NH_SET");
	}
	for (uint32_t id = 0; id <= 3; id++) {
		struct chan_tun c = dp_tun(id);
		struct chan_nh nh = dp_nh(DP_NH_TUN0 + id);

		must(DP_APPLY(CHAN_CMD_TUN_SET, c) == 0, "TUN_SET");
		must(DP_APPLY(CHAN_CMD_NH_SET, nh) == 0, "NH_SET");
	}
	for (unsigned int i = 0; i < RTE_DIM(routes); i++)
		must(dp_route(routes[i].prefix, routes[i].len, routes[i].nh) == 0, "ROUTE_SET");
}

struct chan_sa
dp_sa(uint32_t sa_id)
{
	const struct esp_alg *a = &esp_algs[CHAN_ESP_AES128_GCM16];
	bool in = sa_id == DP_SA_IN;
	struct chan_sa c = { .sa_id = sa_id, .tun_id = sa_id == DP_SA_PEER_OUT ? 3 : 2,
		.dir = in ? CHAN_SA_IN : CHAN_SA_OUT, .alg = CHAN_ESP_AES128_GCM16,
		.window = in ? 64 : 0, .local = DP_WAN_ADDR, .remote = DP_PEER(2),
		.enc_key_len = a->enc_key_len, .salt_len = a->salt_len };

	/* What the peer sends is what our inbound SA takes. */
	c.spi = sa_id == DP_SA_OUT ? 0x1000 : 1u << CHAN_SPI_IDX_BITS | DP_SA_IN;
	if (sa_id == DP_SA_PEER_OUT) {
		c.local = DP_PEER(2);
		c.remote = DP_WAN_ADDR;
	}
	memset(c.enc_key, sa_id == DP_SA_OUT ? 0x11 : 0x22, a->enc_key_len);
	memset(c.salt, 0x33, a->salt_len);
	return c;
}

void
dp_world_sas(void)
{
	struct chan_tun_sa_out bind[] = { { 2, DP_SA_OUT }, { 3, DP_SA_PEER_OUT } };

	for (uint32_t id = DP_SA_OUT; id <= DP_SA_PEER_OUT; id++) {
		struct chan_sa c = dp_sa(id);

		must(DP_APPLY(CHAN_CMD_SA_SET, c) == 0, "SA_SET");
	}
	for (unsigned int i = 0; i < RTE_DIM(bind); i++)
		must(DP_APPLY(CHAN_CMD_TUN_SA_OUT, bind[i]) == 0, "TUN_SA_OUT");
}

/* ---- the control plane's end ---------------------------------------------------------------- */

static struct rte_ring *
dp_ring_at(uint64_t *at, uint64_t *off, unsigned int slots, unsigned int elem_len)
{
	struct rte_ring *r = RTE_PTR_ADD(dp.rings, *at);

	must(rte_ring_init(r, "test", slots, RING_F_SP_ENQ | RING_F_SC_DEQ) == 0, "rte_ring_init");
	*off = *at;
	*at += RTE_ALIGN((uint64_t)rte_ring_get_memsize_elem(elem_len, slots), 64);
	return r;
}

static void
dp_attach_worker(unsigned int i, uint64_t *at)
{
	struct worker *w = dp.workers[i];

	for (unsigned int k = 0; k < CHAN_N_CLASSES; k++)
		ring_end_init(&w->punt_out[k],
				dp_ring_at(at, &dp.rings->punt_off[i][k], CHAN_PUNT_SLOTS,
						sizeof(struct chan_pkt)),
				CHAN_PUNT_SLOTS, sizeof(struct chan_pkt));
	ring_end_init(&w->trace_out, dp_ring_at(at, &dp.rings->trace_off[i], CHAN_TRACE_SLOTS,
			sizeof(struct chan_trace_rec)), CHAN_TRACE_SLOTS,
			sizeof(struct chan_trace_rec));
	w->wake_cp_fd = eventfd(0, EFD_NONBLOCK);
	w->rings = dp.rings;
}

void
dp_attach(void)
{
	uint64_t at = RTE_ALIGN(sizeof(struct chan_rings), 64);
	uint64_t of_worker = CHAN_N_CLASSES * ((uint64_t)CHAN_PUNT_SLOTS * 2048 + 512) +
			CHAN_TRACE_SLOTS * sizeof(struct chan_trace_rec) + 512;
	uint64_t size = at + (uint64_t)CHAN_INJECT_SLOTS * 2048 + 512 + dp.n_workers * of_worker;

	dp.rings = aligned_alloc(64, RTE_ALIGN(size, 64));
	must(dp.rings != NULL, "memory");
	memset(dp.rings, 0, sizeof(*dp.rings));
	for (unsigned int i = 0; i < dp.n_workers; i++)
		dp_attach_worker(i, &at);
	ring_end_init(&dp.workers[0]->inject_in, dp_ring_at(&at, &dp.rings->inject_off,
			CHAN_INJECT_SLOTS, sizeof(struct chan_pkt)), CHAN_INJECT_SLOTS,
			sizeof(struct chan_pkt));
}

void
dp_detach(void)
{
	if (dp.rings == NULL)
		return;
	for (unsigned int i = 0; i < dp.n_workers; i++) {
		dp.workers[i]->rings = NULL;
		close(dp.workers[i]->wake_cp_fd);
	}
	free(dp.rings);
	dp.rings = NULL;
}

bool
dp_punted(enum chan_class cls)
{
	for (unsigned int i = 0; i < dp.n_workers; i++)
		if (rte_ring_sc_dequeue_elem(chan_ring(dp.rings, dp.rings->punt_off[i][cls]),
				&dp.punted, sizeof(dp.punted)) == 0)
			return true;
	return false;
}

bool
dp_traced(struct chan_trace_rec *rec)
{
	for (unsigned int i = 0; i < dp.n_workers; i++)
		if (rte_ring_sc_dequeue_elem(chan_ring(dp.rings, dp.rings->trace_off[i]), rec,
				sizeof(*rec)) == 0)
			return true;
	return false;
}

bool
dp_inject(enum chan_inject_mode mode, uint32_t id, const void *data, uint16_t len)
{
	struct chan_pkt *p = calloc(1, sizeof(*p));
	bool ok;

	must(p != NULL, "memory");
	p->mode = (uint8_t)mode;
	p->len = len;
	p->if_id = id;
	p->tun_id = id;
	p->at_ms = dp.inject_at_ms;
	memcpy(p->data, data, RTE_MIN(len, CHAN_PKT_DATA));
	ok = rte_ring_sp_enqueue_elem(chan_ring(dp.rings, dp.rings->inject_off), p,
			sizeof(*p)) == 0;
	free(p);
	return ok;
}

/* ---- packets -------------------------------------------------------------------------------- */

struct rte_mbuf *
dp_raw(const void *data, uint16_t len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(dp.pool);
	char *p = m != NULL ? rte_pktmbuf_append(m, len) : NULL;

	must(p != NULL, "mbuf");
	memcpy(p, data, len);
	/* A buffer carries what its former packet left: nobody may take that for its own. */
	memset(pkt_meta(m), 0x11, sizeof(struct pkt_meta));
	memset(pkt_origin_at(m), 0x11, sizeof(struct pkt_origin));
	return m;
}

static uint8_t *
dp_put_l2(uint8_t *p, uint16_t port, const struct dp_pkt *d)
{
	static const uint8_t src[6] = { 2, 0, 0, 0, 9, 9 };

	memcpy(p, d->dst_mac != NULL ? d->dst_mac : port_macs[port], 6);
	memcpy(p + 6, src, 6);
	p += 12;
	if (d->vlan != 0) {
		*p++ = 0x81;
		*p++ = 0x00;
		*p++ = (uint8_t)(d->vlan >> 8);
		*p++ = (uint8_t)d->vlan;
	}
	*p++ = 0x08;
	*p++ = 0x00;
	return p;
}

static void
dp_put_l4(uint8_t *p, const struct dp_pkt *d, unsigned int len)
{
	struct rte_udp_hdr udp = { .src_port = rte_cpu_to_be_16(d->sport != 0 ? d->sport : 1000),
		.dst_port = rte_cpu_to_be_16(d->dport != 0 ? d->dport : 2000),
		.dgram_len = rte_cpu_to_be_16((uint16_t)len) };

	for (unsigned int i = 0; i < len; i++)
		p[i] = (uint8_t)(i * 7 + 1);
	if (d->payload != NULL)
		memcpy(p, d->payload, RTE_MIN(len, d->payload_len));
	else if (d->proto == 0 && len >= sizeof(udp))
		memcpy(p, &udp, sizeof(udp));
}

struct rte_mbuf *
dp_frame(uint16_t port, const struct dp_pkt *d)
{
	unsigned int hdr_len = sizeof(struct rte_ipv4_hdr) + d->options_len;
	unsigned int len = d->len != 0 ? d->len : d->payload != NULL ? hdr_len + d->payload_len :
			64;
	struct rte_ipv4_hdr ip = { .version_ihl = (uint8_t)(0x40 | hdr_len / 4),
		.type_of_service = d->tos, .total_length = rte_cpu_to_be_16((uint16_t)len),
		.fragment_offset = rte_cpu_to_be_16(d->frag),
		.packet_id = rte_cpu_to_be_16(d->id != 0 ? d->id : 0x1234),
		.time_to_live = d->ttl != 0 ? d->ttl : 64,
		.next_proto_id = d->proto != 0 ? d->proto : IPPROTO_UDP,
		.src_addr = rte_cpu_to_be_32(d->src), .dst_addr = rte_cpu_to_be_32(d->dst) };
	uint8_t buf[4096], *p = dp_put_l2(buf, port, d);

	memcpy(p, &ip, sizeof(ip));
	if (d->options_len != 0)
		memcpy(p + sizeof(ip), d->options, d->options_len);
	ip.hdr_checksum = (rte_be16_t)~rte_raw_cksum(p, hdr_len);
	memcpy(p, &ip, sizeof(ip));
	dp_put_l4(p + hdr_len, d, len - hdr_len);
	return dp_raw(buf, (uint16_t)(p - buf + len));
}

void
dp_flush(void)
{
	for (uint16_t port = 0; port < dp.w->n_ports; port++) {
		struct txbuf *tx = &dp.w->tx[port];

		for (unsigned int i = 0; i < tx->n; i++) {
			must(dp.n_out < DP_OUT_MAX, "room for sent frames");
			dp.out[dp.n_out++] = (struct dp_out){ tx->m[i], port };
		}
		dp.w->stats->tx += tx->n;
		tx->n = 0;
	}
}

void
dp_run(uint16_t port, struct rte_mbuf **m, uint16_t n)
{
	path_run(dp.w, port, m, n);
	dp_flush();
}

void
dp_run1(uint16_t port, struct rte_mbuf *m)
{
	dp_run(port, &m, 1);
}

void
dp_send(uint16_t port, const struct dp_pkt *p)
{
	dp_run1(port, dp_frame(port, p));
}

void
dp_tick(void)
{
	path_tick(dp.w);
	dp_flush();
}

void
dp_clock(bool fast)
{
	dp.w->tsc_hz = fast ? 1000 : rte_get_tsc_hz();
}

struct rte_mbuf *
dp_turn(struct rte_mbuf *m)
{
	memcpy(rte_pktmbuf_mtod(m, uint8_t *), port_macs[1], 6);
	return m;
}

void
dp_clear(void)
{
	for (unsigned int i = 0; i < dp.n_out; i++)
		rte_pktmbuf_free(dp.out[i].m);
	dp.n_out = 0;
	dp.n_events = 0;
}

/* ---- what came of it ------------------------------------------------------------------------ */

uint64_t
dp_drops(enum chan_drop why)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < dp.n_workers; i++)
		sum += dp.workers[i]->stats->drops[why];
	return sum;
}

uint64_t
dp_all_drops(void)
{
	uint64_t sum = 0;

	for (unsigned int k = 0; k < CHAN_N_DROPS; k++)
		sum += dp_drops((enum chan_drop)k);
	return sum;
}

struct rte_ipv4_hdr *
dp_out_ip(unsigned int i)
{
	uint8_t *p = rte_pktmbuf_mtod(dp.out[i].m, uint8_t *);

	return (struct rte_ipv4_hdr *)(p + (p[12] == 0x81 ? 18 : 14));
}

bool
dp_conserves(void)
{
	uint64_t in = 0, out = dp_all_drops(), held = 0;

	for (unsigned int i = 0; i < dp.n_workers; i++) {
		const struct chan_worker_stats *s = dp.workers[i]->stats;

		in += s->rx + s->injected + s->made;
		out += s->tx + s->absorbed + s->held;
		held += s->held;
		for (unsigned int k = 0; k < CHAN_N_CLASSES; k++)
			out += s->punted[k];
	}
	if (in != out)
		fprintf(stderr, "in %lu, out %lu\n", (unsigned long)in, (unsigned long)out);
	return in == out && dp_in_use() == held + dp.n_out;
}

bool
dp_ip_ok(const struct rte_ipv4_hdr *ip, unsigned int len)
{
	unsigned int hdr_len = rte_ipv4_hdr_len(ip);

	return len >= sizeof(*ip) && (ip->version_ihl >> 4) == 4 && hdr_len >= sizeof(*ip) &&
			hdr_len <= len && rte_be_to_cpu_16(ip->total_length) == len &&
			ip->time_to_live != 0 && rte_raw_cksum(ip, hdr_len) == 0xffff;
}
