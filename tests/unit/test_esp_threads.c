/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * No nonce twice: several workers encrypt on one SA at the same time, and every sequence number and
 * every IV must come out once, those of a worker in order. Both ways: esp_encrypt by itself, a
 * number at a time, and the short way of gre_encap, which takes the numbers of a burst at
 * once. Then the workers decrypt the same packets at the same time, and every one must be let
 * in once. All with AES-GCM, whose IV is made of the number, and with AES-CBC, whose IV is drawn
 * for each packet, with HMAC-SHA2 and HMAC-SHA1. Build with -Db_sanitize=thread to have the
 * accesses judged too.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <rte_ip.h>

#include "dataplane/nodes/nodes.h"
#include "tests/unit/cu.h"
#include "tests/unit/esp_fixture.h"

#define N_BURSTS 5000 /* enough for the two to meet many times, on a busy machine too */
#define N_EACH   (N_BURSTS * BURST_MAX)
#define ALL      (FX_WORKERS * N_EACH)
#define N_DECRYPT 3200

/* Encrypt: esp_encrypt alone, the short way from gre_encap on, or from ip4_lookup on. */
enum way { BY_ESP, BY_GRE, BY_LOOKUP };

struct job {
	struct worker *w;
	struct tunnel *t;
	enum way way;
	pthread_barrier_t *start;
	/* encrypt: what was sent; decrypt: which were let in, of @packets */
	uint64_t seqs[N_EACH];
	uint64_t ivs[N_EACH];
	unsigned int n;
	uint8_t (*packets)[128];
	unsigned int packet_len;
	unsigned int n_packets;
	unsigned int n_in, n_short;
};

static struct job jobs[FX_WORKERS];

/* Packet @m as it was, into the node. */
static void
offer(struct job *j, struct rte_mbuf *m, uint16_t data_off, uint16_t len)
{
	m->data_off = data_off;
	m->data_len = len;
	m->pkt_len = len;
	rte_mbuf_refcnt_set(m, 2); /* a drop must not take it away */
	pkt_meta(m)->encaps = 0;
	if (j->way == BY_LOOKUP)
		rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *)->time_to_live = 64;
	else
		pktvec_add(j->way == BY_GRE ? &j->w->gre_encap : &j->w->esp_encrypt, m, j->t);
}

static void
note_sent(struct job *j)
{
	struct rte_mbuf *sent[BURST_MAX];
	unsigned int n = fx_take_tx(j->w, sent, BURST_MAX);

	for (unsigned int i = 0; i < n; i++) {
		const uint8_t *esp = rte_pktmbuf_mtod_offset(sent[i], uint8_t *, FX_ESP_AT);
		uint32_t seq_be;

		memcpy(&seq_be, esp + 4, 4);
		memcpy(&j->ivs[j->n], esp + 8, 8);
		j->seqs[j->n++] = rte_be_to_cpu_32(seq_be);
	}
}

/* The same 64 packets over and over: nothing but the nodes in the loop. */
static void *
encrypt_thread(void *arg)
{
	static const uint8_t payload[40];
	struct job *j = arg;
	struct rte_mbuf *m[BURST_MAX];
	hop_t hops[BURST_MAX];
	uint16_t len, data_off;

	fx_pool = j->w->pool;
	for (unsigned int i = 0; i < BURST_MAX; i++)
		m[i] = fx_plain(j->t, payload, sizeof(payload));
	for (unsigned int i = 0; i < BURST_MAX; i++)
		hops[i] = (hop_t)j->t | HOP_TUN;
	len = j->way != BY_ESP ? sizeof(payload) : m[0]->data_len;
	data_off = (uint16_t)(m[0]->data_off + m[0]->data_len - len);
	pthread_barrier_wait(j->start);
	for (unsigned int b = 0; b < N_BURSTS; b++) {
		for (unsigned int i = 0; i < BURST_MAX; i++)
			offer(j, m[i], data_off, len);
		if (j->way == BY_LOOKUP)
			gre_encap_looked_up(j->w, m, hops, BURST_MAX);
		if (j->way != BY_ESP) /* the latter leaves it what it does not take */
			gre_encap(j->w);
		esp_encrypt(j->w);
		note_sent(j);
	}
	for (unsigned int i = 0; i < BURST_MAX; i++) {
		rte_mbuf_refcnt_set(m[i], 1);
		rte_pktmbuf_free(m[i]);
	}
	return NULL;
}

static void
run(void *(*fn)(void *))
{
	pthread_barrier_t start;
	pthread_t threads[FX_WORKERS];

	pthread_barrier_init(&start, NULL, FX_WORKERS);
	for (unsigned int i = 0; i < FX_WORKERS; i++) {
		jobs[i].start = &start;
		pthread_create(&threads[i], NULL, fn, &jobs[i]);
	}
	for (unsigned int i = 0; i < FX_WORKERS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&start);
}

static int
by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static unsigned int
n_repeated(uint64_t *v, unsigned int n)
{
	unsigned int same = 0;

	qsort(v, n, sizeof(*v), by_value);
	for (unsigned int i = 1; i < n; i++)
		same += v[i] == v[i - 1];
	return same;
}

static unsigned int
n_out_of_order(const uint64_t *v, unsigned int n)
{
	unsigned int late = 0;

	for (unsigned int i = 1; i < n; i++)
		late += v[i] < v[i - 1];
	return late;
}

/* What gre_encap wants of a tunnel besides. */
static void
tunnel_short(struct tunnel *t)
{
	t->opts = TUN_OPT_UP | TUN_OPT_SHORT;
	t->gre_len = 4;
	t->hdr_len = (uint8_t)(FX_ESP_AT + ESP_HDR_LEN + t->sa_out->iv_len + t->gre_len);
	t->sa_id = t->sa_out->sa_id;
	t->sa_kind = t->sa_out->kind;
	t->gre = t->gre_len;
	t->ip_gre = (uint8_t)(sizeof(struct rte_ipv4_hdr) + ESP_HDR_LEN + t->sa_out->iv_len);
	t->max_len = t->mtu = 1400;
}

/* Encrypt on all from @seq; @want packets must be sent in all. Where the numbers end, some may be
 * lost: of what a worker had left while others took SA_NUMBERS_AHEAD. */
static void
encrypt_on_all(enum chan_esp_alg alg, uint64_t seq, bool esn, enum way way, unsigned int want)
{
	const unsigned int least = want < FX_WORKERS * N_EACH ? want / 4 : want;
	static uint64_t seqs[FX_WORKERS * N_EACH], ivs[FX_WORKERS * N_EACH];
	struct chan_sa c = fx_sa(12, CHAN_SA_OUT, alg, esn);
	static struct tunnel t;
	unsigned int n = 0, counted = 0;
	struct sa *sa;

	fx_reset();
	sa = fx_install(&c);
	sa->seq = seq;
	fx_tunnel(&t, sa);
	if (way != BY_ESP)
		tunnel_short(&t);
	for (unsigned int i = 0; i < FX_WORKERS; i++) {
		fx.w[i]->shared_sas = true;
		jobs[i].w = fx.w[i];
		jobs[i].t = &t;
		jobs[i].way = way;
		jobs[i].n = 0;
	}
	run(encrypt_thread);
	for (unsigned int i = 0; i < FX_WORKERS; i++) {
		memcpy(&seqs[n], jobs[i].seqs, jobs[i].n * sizeof(uint64_t));
		memcpy(&ivs[n], jobs[i].ivs, jobs[i].n * sizeof(uint64_t));
		n += jobs[i].n;
		counted += (unsigned int)fx_sa_stats(i, 12)->packets;
		if (!esn) /* the upper half is not sent */
			CU_ASSERT_EQUAL(n_out_of_order(jobs[i].seqs, jobs[i].n), 0);
	}
	CU_ASSERT_TRUE(n <= want && n >= least);
	CU_ASSERT_EQUAL(n_repeated(seqs, n), 0);
	CU_ASSERT_EQUAL(n_repeated(ivs, n), 0);
	CU_ASSERT_EQUAL(counted, n);
}

static void
workers_never_share_a_nonce(void)
{
	const uint64_t wrap = (UINT64_C(1) << 32) - 1000;

	encrypt_on_all(CHAN_ESP_AES128_GCM16, 0, false, BY_ESP, ALL);
	encrypt_on_all(CHAN_ESP_AES128_GCM16, wrap, true, BY_ESP, ALL);
	encrypt_on_all(CHAN_ESP_AES128_GCM16, 0, false, BY_GRE, ALL);
	encrypt_on_all(CHAN_ESP_AES128_GCM16, 0, false, BY_LOOKUP, ALL);
	encrypt_on_all(CHAN_ESP_AES128_CBC_SHA256_128, 0, false, BY_ESP, ALL);
	encrypt_on_all(CHAN_ESP_AES128_CBC_SHA256_128, wrap, true, BY_ESP, ALL);
	encrypt_on_all(CHAN_ESP_AES256_CBC_SHA1_96, 0, false, BY_LOOKUP, ALL);
}

static void
workers_stop_at_the_last_number(void)
{
	encrypt_on_all(CHAN_ESP_AES128_GCM16, UINT32_MAX - 1000, false, BY_ESP, 1000);
	encrypt_on_all(CHAN_ESP_AES128_GCM16, UINT64_MAX - 1000, true, BY_ESP, 1000);
	encrypt_on_all(CHAN_ESP_AES128_GCM16, UINT32_MAX - 1000, false, BY_GRE, 1000);
	encrypt_on_all(CHAN_ESP_AES128_CBC_SHA256_128, UINT32_MAX - 1000, false, BY_LOOKUP, 1000);
}

/* One packet by worker @i. @return its number. */
static uint32_t
send_one(unsigned int i, struct tunnel *t)
{
	static const uint8_t payload[40];
	struct rte_mbuf *m = NULL;
	uint32_t seq_be;

	pktvec_add(&fx.w[i]->esp_encrypt, fx_plain(t, payload, sizeof(payload)), t);
	esp_encrypt(fx.w[i]);
	CU_ASSERT_EQUAL_FATAL(fx_take_tx(fx.w[i], &m, 1), 1);
	memcpy(&seq_be, rte_pktmbuf_mtod_offset(m, uint8_t *, FX_ESP_AT + 4), sizeof(seq_be));
	rte_pktmbuf_free(m);
	return rte_be_to_cpu_32(seq_be);
}

/* What a worker has taken in advance: used up in order, never after others have gone far ahead, and
 * gone with the SA. */
static void
numbers_taken_in_advance(void)
{
	struct chan_sa c = fx_sa(12, CHAN_SA_OUT, CHAN_ESP_AES128_GCM16, false);
	const char *field = NULL;
	static struct tunnel t;
	uint32_t far = 0, a, b;

	fx_reset();
	for (unsigned int i = 0; i < FX_WORKERS; i++)
		fx.w[i]->shared_sas = true;
	fx_tunnel(&t, fx_install(&c));
	/* Alone, none is lost. */
	for (uint32_t i = 1; i <= 21; i++)
		CU_ASSERT_EQUAL(send_one(0, &t), i);
	/* By turns, each stays in the others' window, of 32 at least. */
	for (unsigned int i = 0; i < 100; i++) {
		a = send_one(0, &t);
		b = send_one(1, &t);
		CU_ASSERT_TRUE(a != b && a + 32 > b && b + 32 > a);
	}
	/* One is far ahead: what the other has left would come too late. */
	a = send_one(0, &t);
	for (unsigned int i = 0; i < 50; i++)
		far = send_one(1, &t);
	CU_ASSERT_TRUE(far > a + 32);
	CU_ASSERT_TRUE(send_one(0, &t) + 32 > far);
	/* Other SAs in its place: the second time, what the first was left with would fit. */
	for (unsigned int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(sa_del(fx.tables.sas, c.sa_id, &field), 0);
		c.spi += 1u << CHAN_SPI_IDX_BITS;
		fx_tunnel(&t, fx_install(&c));
		a = send_one(i, &t);
		b = send_one(!i, &t);
		CU_ASSERT_EQUAL(a, 1);
		CU_ASSERT_EQUAL(b, 1 + fx.tables.sas->numbers_block);
	}
}

static void *
decrypt_thread(void *arg)
{
	struct job *j = arg;

	fx_pool = j->w->pool;
	pthread_barrier_wait(j->start);
	for (unsigned int i = 0; i < j->n_packets; i += 16) {
		for (unsigned int k = 0; k < 16; k++)
			pktvec_add(&j->w->esp_decrypt, fx_cipher(j->packets[i + k], j->packet_len),
					NULL);
		esp_decrypt(j->w);
		for (unsigned int k = 0; k < j->w->gre_decap.n; k++)
			rte_pktmbuf_free(j->w->gre_decap.m[k]);
		for (unsigned int k = 0; k < j->w->ip4_lookup.n; k++)
			rte_pktmbuf_free(j->w->ip4_lookup.m[k]);
		j->n_in += j->w->gre_decap.n;
		j->n_short += j->w->ip4_lookup.n;
		j->w->gre_decap.n = 0;
		j->w->ip4_lookup.n = 0;
	}
	return NULL;
}

/* All workers get the same packets. @usual: with a usual packet inside, out of a tunnel that is
 * up. @window: shorter than the packets are many, each has to be let in once at most. */
static void
decrypt_on_all(enum chan_esp_alg alg, bool usual, uint32_t window)
{
	static uint8_t packets[N_DECRYPT][128];
	static const uint8_t iv[16];
	uint8_t payload[42] = { 0, 0, 8, 0 };
	struct rte_ipv4_hdr ip = { .version_ihl = RTE_IPV4_VHL_DEF, .time_to_live = 9,
		.total_length = RTE_BE16(sizeof(payload) - 4), .next_proto_id = 17,
		.src_addr = RTE_BE32(0x0a000001), .dst_addr = RTE_BE32(0x0a000002) };
	struct chan_sa c = fx_sa(11, CHAN_SA_IN, alg, false);
	static struct policy_set *const policies = (void *)8; /* stop before the look-up */
	struct tunnel tun = { .opts = TUN_OPT_UP }, *tuns[64] = { NULL };
	uint8_t opts[64] = { 0 };
	unsigned int len = 0, n_in = 0, n_short = 0, replay = 0;
	unsigned int pad = ref_pad(alg, sizeof(payload));

	fx_reset();
	c.window = window;
	fx_install(&c);
	if (usual) {
		ip.hdr_checksum = rte_ipv4_cksum(&ip);
		memcpy(payload + 4, &ip, sizeof(ip));
		tuns[c.tun_id] = &tun;
		opts[c.tun_id] = tun.opts;
		fx.tables.tuns = tuns;
		fx.tables.tun_opts = opts;
		fx.tables.max_tunnels = RTE_DIM(tuns);
		fx.tables.policies = policies;
	}
	for (unsigned int i = 0; i < N_DECRYPT; i++)
		len = ref_seal(&c, i + 1, iv, payload, sizeof(payload), NULL, pad, (uint8_t)pad,
				47, packets[i]);
	for (unsigned int i = 0; i < FX_WORKERS; i++) {
		fx.w[i]->shared_sas = true;
		jobs[i].w = fx.w[i];
		jobs[i].packets = packets;
		jobs[i].packet_len = len;
		jobs[i].n_packets = N_DECRYPT;
		jobs[i].n_in = jobs[i].n_short = 0;
	}
	run(decrypt_thread);
	for (unsigned int i = 0; i < FX_WORKERS; i++) {
		n_in += jobs[i].n_in;
		n_short += jobs[i].n_short;
		replay += fx_sa_stats(i, 11)->replay;
	}
	if (window < N_DECRYPT) { /* some may be too late for it with every worker */
		CU_ASSERT_TRUE(n_in + n_short <= N_DECRYPT && n_in + n_short > 0);
	} else {
		CU_ASSERT_EQUAL(n_in + n_short, N_DECRYPT);
	}
	CU_ASSERT_EQUAL(usual ? n_in : n_short, 0);
	CU_ASSERT_EQUAL(replay, FX_WORKERS * N_DECRYPT - n_in - n_short);
	fx.tables.tuns = NULL;
	fx.tables.tun_opts = NULL;
	fx.tables.max_tunnels = 0;
	fx.tables.policies = NULL;
}

static void
workers_let_each_packet_in_once(void)
{
	static const enum chan_esp_alg algs[] = { CHAN_ESP_AES128_GCM16,
		CHAN_ESP_AES128_CBC_SHA256_128, CHAN_ESP_AES256_CBC_SHA1_96 };

	for (size_t i = 0; i < RTE_DIM(algs); i++) {
		decrypt_on_all(algs[i], false, 8192);
		decrypt_on_all(algs[i], true, 8192);
		decrypt_on_all(algs[i], true, 64);
	}
}

static const struct cu_case cases[] = {
	CU_CASE(fx_open),
	CU_CASE(workers_never_share_a_nonce),
	CU_CASE(workers_stop_at_the_last_number),
	CU_CASE(numbers_taken_in_advance),
	CU_CASE(workers_let_each_packet_in_once),
	CU_CASE(fx_close),
};
CU_MAIN("esp_threads", cases)
