/* SPDX-License-Identifier: BSD-3-Clause */
/* A worker for the ESP nodes alone. See esp_fixture.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ip.h>

#include "common/inet.h"
#include "tests/unit/cu.h"
#include "tests/unit/esp_fixture.h"

struct fx fx;
__thread struct rte_mempool *fx_pool;

bool
worker_event(struct worker *w, const struct chan_event *ev)
{
	(void)w;
	if (fx.n_events == RTE_DIM(fx.events))
		return false;
	fx.events[fx.n_events++] = *ev;
	return true;
}

static void
must(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "fixture: %s failed\n", what);
		exit(2);
	}
}

void
fx_open(void)
{
	char args[][20] = { "test", "--no-huge", "--no-pci", "--no-shconf", "-m", "128", "-l", "0",
		"--no-telemetry", "--log-level=4" };
	char *argv[RTE_DIM(args) + 1] = { NULL };
	struct chan_stats limits = { .n_workers = FX_WORKERS, .max_tunnels = 64,
		.max_sas = FX_SAS };
	uint64_t size = chan_stats_layout(&limits);
	char name[16];
	char *base;

	for (unsigned int i = 0; i < RTE_DIM(args); i++)
		argv[i] = args[i];
	must(rte_eal_init(RTE_DIM(args), argv) >= 0, "rte_eal_init");
	base = calloc(1, size);
	must(base != NULL, "memory");
	fx.stats = (struct chan_stats *)base;
	*fx.stats = limits;
	for (unsigned int i = 0; i < FX_WORKERS; i++) {
		struct worker *w = aligned_alloc(64, RTE_ALIGN(sizeof(*w), 64));

		must(w != NULL, "memory");
		memset(w, 0, sizeof(*w));
		w->id = (uint8_t)i;
		w->tables = &fx.tables;
		w->stats = (struct chan_worker_stats *)(base + limits.worker_off[i]);
		w->if_stats = (struct chan_if_stats *)(base + limits.if_off[i]);
		w->tun_stats = (struct chan_tun_stats *)(base + limits.tun_off[i]);
		w->sa_stats = (struct chan_sa_stats *)(base + limits.sa_off[i]);
		w->tsc_hz = 100 * rte_get_tsc_hz(); /* a machine that stands still ends no second */
		w->now_tsc = rte_rdtsc();
		w->n_ports = 1;
		snprintf(name, sizeof(name), "test%u", i);
		w->pool = rte_pktmbuf_pool_create(name, 1023, 0, 0,
				RTE_PKTMBUF_HEADROOM + 2048, 0);
		must(w->pool != NULL, "mempool");
		w->esp = esp_worker_new(0);
		must(w->esp != NULL, "esp_worker_new");
		fx.w[i] = w;
	}
	fx_pool = fx.w[0]->pool;
	fx_reset();
}

void
fx_reset(void)
{
	struct tables_env env = { .stats = fx.stats, .n_workers = FX_WORKERS };

	sa_table_free(fx.tables.sas);
	fx.tables.sas = sa_table_new(&env);
	must(fx.tables.sas != NULL, "sa_table_new");
	for (unsigned int i = 0; i < FX_WORKERS; i++) {
		memset(fx.w[i]->stats, 0, sizeof(struct chan_worker_stats));
		memset(fx.w[i]->tun_stats, 0, 64 * sizeof(struct chan_tun_stats));
		memset(fx.w[i]->sa_stats, 0, FX_SAS * sizeof(struct chan_sa_stats));
		fx.w[i]->shared_sas = false;
	}
	fx.n_events = 0;
}

void
fx_close(void)
{
	for (unsigned int i = 0; i < FX_WORKERS; i++) {
		CU_ASSERT_EQUAL(rte_mempool_in_use_count(fx.w[i]->pool), 0);
		rte_mempool_free(fx.w[i]->pool);
		esp_worker_free(fx.w[i]->esp);
		free(fx.w[i]);
	}
	sa_table_free(fx.tables.sas);
	free(fx.stats);
	rte_eal_cleanup();
}

void
fx_fill(uint8_t *p, unsigned int len, unsigned int seed)
{
	for (unsigned int i = 0; i < len; i++)
		p[i] = (uint8_t)(i * 7 + (i >> 8) * 13 + seed * 31 + 5);
}

struct chan_sa
fx_sa(uint32_t id, enum chan_sa_dir dir, enum chan_esp_alg alg, bool esn)
{
	const struct esp_alg *a = &esp_algs[alg];
	struct chan_sa c = {
		.sa_id = id,
		.spi = 2u << CHAN_SPI_IDX_BITS | id,
		.tun_id = id % 64,
		.local = FX_LOCAL,
		.remote = FX_REMOTE,
		.window = dir == CHAN_SA_IN ? 128 : 0,
		.dir = dir,
		.alg = alg,
		.esn = esn,
		.enc_key_len = a->enc_key_len,
		.auth_key_len = a->auth_key_len,
		.salt_len = a->salt_len,
	};

	fx_fill(c.enc_key, sizeof(c.enc_key), id + 1);
	fx_fill(c.auth_key, sizeof(c.auth_key), id + 2);
	fx_fill(c.salt, sizeof(c.salt), id + 3);
	return c;
}

struct sa *
fx_install(const struct chan_sa *c)
{
	const char *field = "?";
	int err = sa_set(fx.tables.sas, c, &field);

	if (err != 0)
		fprintf(stderr, "fixture: %s refused: %s\n", field, strerror(-err));
	must(err == 0, "sa_set");
	return sa_by_id(fx.tables.sas, c->sa_id);
}

void
fx_pair(uint32_t id, enum chan_esp_alg alg, bool esn, struct sa **out, struct sa **in)
{
	struct chan_sa c = fx_sa(id + 1, CHAN_SA_IN, alg, esn);

	*in = fx_install(&c);
	c.sa_id = id;
	c.dir = CHAN_SA_OUT;
	*out = fx_install(&c);
}

void
fx_tunnel(struct tunnel *t, struct sa *sa)
{
	memset(t, 0, sizeof(*t));
	t->sa_out = sa;
	t->out = TUN_OUT_ESP;
	t->l2_len = FX_L2_LEN;
	t->id = sa != NULL ? sa->tun_id : 0;
}

static void
outer_header(struct rte_ipv4_hdr *ip)
{
	memset(ip, 0, sizeof(*ip));
	ip->version_ihl = 0x45;
	ip->type_of_service = FX_TOS;
	ip->time_to_live = 64;
	ip->next_proto_id = 50;
	ip->packet_id = 0x1234;
	ip->src_addr = rte_cpu_to_be_32(FX_LOCAL);
	ip->dst_addr = rte_cpu_to_be_32(FX_REMOTE);
}

static uint16_t
folded_sum(const struct rte_ipv4_hdr *ip)
{
	return (uint16_t)~inet_sum_fold(inet_sum(ip, sizeof(*ip), 0));
}

struct rte_mbuf *
fx_plain(const struct tunnel *t, const void *payload, unsigned int len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(fx_pool);
	unsigned int iv_len = t->sa_out != NULL ? t->sa_out->iv_len : 8;
	unsigned int room = FX_ESP_AT + ESP_HDR_LEN + iv_len;
	struct rte_ipv4_hdr *ip;
	uint8_t *p;

	must(m != NULL, "mbuf");
	p = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)(room + len));
	must(p != NULL, "append");
	memset(p, 0xee, room);
	ip = (struct rte_ipv4_hdr *)(p + FX_L2_LEN);
	outer_header(ip);
	ip->hdr_checksum = folded_sum(ip);
	memcpy(p + room, payload, len);
	return m;
}

unsigned int
fx_take_tx(struct worker *w, struct rte_mbuf **m, unsigned int max)
{
	struct txbuf *tx = &w->tx[0];
	unsigned int n = tx->n;

	must(n <= max, "room for sent packets");
	memcpy(m, tx->m, n * sizeof(*m));
	tx->n = 0;
	return n;
}

struct rte_mbuf *
fx_encrypt(struct tunnel *t, const void *payload, unsigned int len)
{
	struct rte_mbuf *m = NULL;

	pktvec_add(&fx.w[0]->esp_encrypt, fx_plain(t, payload, len), t);
	esp_encrypt(fx.w[0]);
	fx_take_tx(fx.w[0], &m, 1);
	return m;
}

struct rte_mbuf *
fx_cipher(const void *esp, unsigned int len)
{
	struct rte_mbuf *m = rte_pktmbuf_alloc(fx_pool);
	struct rte_ipv4_hdr *ip;

	must(m != NULL, "mbuf");
	ip = (struct rte_ipv4_hdr *)rte_pktmbuf_append(m, (uint16_t)(sizeof(*ip) + len));
	must(ip != NULL, "append");
	outer_header(ip);
	ip->src_addr = rte_cpu_to_be_32(FX_REMOTE);
	ip->dst_addr = rte_cpu_to_be_32(FX_LOCAL);
	ip->total_length = rte_cpu_to_be_16((uint16_t)(sizeof(*ip) + len));
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	memcpy(ip + 1, esp, len);
	return m;
}

struct rte_mbuf *
fx_decrypt(struct rte_mbuf *m)
{
	struct worker *w = fx.w[0];

	pktvec_add(&w->esp_decrypt, m, NULL);
	esp_decrypt(w);
	if (w->gre_decap.n == 0)
		return NULL;
	w->gre_decap.n = 0;
	return w->gre_decap.m[0];
}

uint64_t
fx_drops(enum chan_drop why)
{
	for (unsigned int i = 0; i < CHAN_N_DROPS; i++)
		if (i != (unsigned int)why && fx.w[0]->stats->drops[i] != 0) {
			fprintf(stderr, "unexpected drop: %s\n", chan_drop_str(i));
			return UINT64_MAX;
		}
	return fx.w[0]->stats->drops[why];
}

struct chan_sa_stats *
fx_sa_stats(unsigned int worker, uint32_t id)
{
	return &fx.w[worker]->sa_stats[id];
}
