/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The floors. The library's: the same bytes, in the same buffers, under the same keys, through
 * intel-ipsec-mb and nothing else. IVs and AADs of a burst are made before its clock starts; the
 * next key and the data of the packet after next are prefetched, as any sensible user of the
 * library would. Our own: prepared operations through crypt_encrypt() and crypt_decrypt(), as the
 * ESP nodes do.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_cycles.h>
#include <rte_prefetch.h>

#include "tests/bench/bench.h"

/* What a thread that measures has of its own. */
struct floor {
	IMB_MGR *mgr;
	struct gcm_context_data ctx;
	struct crypt cipher;
	uint8_t nonces[BURST_MAX][16] __attribute__((aligned(64)));
	uint8_t aads[BURST_MAX][16] __attribute__((aligned(64)));
	uint8_t tags[BURST_MAX][16] __attribute__((aligned(64)));
	struct crypt_op ops[BURST_MAX];
};

/* The library's own expansion of the tunnels' keys, which all threads share; an odd number of
 * lines each, as the SAs have. */
struct floor_key {
	struct gcm_key_data gcm;
	uint8_t odd[64];
} __attribute__((aligned(64)));
static struct floor_key *keys;
static unsigned int keys_of; /* serial number of their world */

struct item {
	const struct sa *sa;
	const struct floor_key *key;
	uint8_t *data;
	uint32_t len;
};

struct floor *
floor_new(void)
{
	struct floor *f = aligned_alloc(4096, RTE_ALIGN(sizeof(*f), 4096));

	if (f == NULL) {
		fprintf(stderr, "bench: out of memory\n");
		exit(1);
	}
	memset(f, 0, sizeof(*f));
	f->mgr = alloc_mb_mgr(0);
	if (f->mgr == NULL || crypt_init(&f->cipher) != 0)
		abort();
	init_mb_mgr_auto(f->mgr, NULL);
	return f;
}

void
floor_free(struct floor *f)
{
	free_mb_mgr(f->mgr);
	crypt_fini(&f->cipher);
	free(f);
}

void
floor_keys(const struct floor *f, const struct world *wd)
{
	size_t size = wd->n_tunnels * sizeof(*keys);

	if (keys_of == wd->serial || esp_algs[wd->alg].auth_key_len != 0)
		return;
	free(keys);
	keys = aligned_alloc(2u << 20, RTE_ALIGN(size, 2u << 20));
	if (keys == NULL)
		abort();
	madvise(keys, size, MADV_HUGEPAGE);
	keys_of = wd->serial;
	for (unsigned int t = 0; t < wd->n_tunnels; t++) {
		struct chan_sa c = world_sa_in(wd->alg, t);

		if (c.enc_key_len == 16)
			IMB_AES128_GCM_PRE(f->mgr, c.enc_key, &keys[t].gcm);
		else
			IMB_AES256_GCM_PRE(f->mgr, c.enc_key, &keys[t].gcm);
	}
}

/* Where the payload of buffer @i lies when the path encrypts or decrypts it, and its length. */
static struct item
item_of(const struct packets *pk, unsigned int i)
{
	unsigned int image = pk->current[i], t = pk->tunnel[image];
	const struct esp_alg *a = &esp_algs[pk->wd->alg];
	unsigned int head = shape_head(), len = pk->inner_len[image] + head;
	int off = pk->kase != CASE_DECAP ? 14 - (int)head :
			14 + 20 + (int)shape_udp() + ESP_HDR_LEN + a->iv_len;

	return (struct item){
		.sa = pk->kase != CASE_DECAP ? pk->wd->out[t] : pk->wd->in[t],
		.key = keys != NULL ? &keys[t] : NULL,
		.data = (uint8_t *)pk->bufs[i]->buf_addr + RTE_PKTMBUF_HEADROOM + off,
		.len = esp_alg_len(a, len) - ESP_HDR_LEN - a->iv_len - a->icv_len,
	};
}

static inline void
prefetch_item(const struct item *it, unsigned int i, unsigned int n)
{
	if (i + 1 < n && it[i + 1].key != it[i].key) {
		const char *k = (const char *)it[i + 1].key;

		for (unsigned int l = 0; l < 4; l++)
			rte_prefetch0(k + 64 * l);
		for (unsigned int l = it[i + 1].len > 256 ? 4 : 12; l < 16; l++)
			rte_prefetch0(k + 64 * l);
	}
	if (i + 2 < n)
		for (unsigned int at = 0; at < it[i + 2].len + 16; at += 64)
			rte_prefetch0(it[i + 2].data + at);
}

#define GCM_RUN(bits, op, tag) \
	IMB_AES##bits##_GCM_##op(f->mgr, &it[i].key->gcm, &f->ctx, it[i].data, it[i].data,       \
			it[i].len, f->nonces[i], f->aads[i], aad_len, tag, 16)

static void
gcm_burst(struct floor *f, const struct item *it, unsigned int n, enum chan_esp_alg alg,
		bool encrypt)
{
	unsigned int aad_len = shape.esn ? 12 : 8;

	for (unsigned int i = 0; i < n; i++) {
		prefetch_item(it, i, n);
		if (alg == CHAN_ESP_AES128_GCM16) {
			if (encrypt)
				GCM_RUN(128, ENC, it[i].data + it[i].len);
			else
				GCM_RUN(128, DEC, f->tags[i]);
		} else {
			if (encrypt)
				GCM_RUN(256, ENC, it[i].data + it[i].len);
			else
				GCM_RUN(256, DEC, f->tags[i]);
		}
	}
}

static void
cbc_burst(struct floor *f, const struct item *it, unsigned int n, enum chan_esp_alg alg,
		bool encrypt)
{
	bool sha1 = esp_algs[alg].auth_key_len == 20;
	IMB_JOB *jobs[BURST_MAX];
	unsigned int done;

	if (IMB_GET_NEXT_BURST(f->mgr, n, jobs) != n)
		abort();
	for (unsigned int i = 0; i < n; i++) {
		const struct sa_job_keys *k = it[i].sa->key.job;
		IMB_JOB *j = jobs[i];

		j->cipher_mode = IMB_CIPHER_CBC;
		j->cipher_direction = encrypt ? IMB_DIR_ENCRYPT : IMB_DIR_DECRYPT;
		j->chain_order = encrypt ? IMB_ORDER_CIPHER_HASH : IMB_ORDER_HASH_CIPHER;
		j->enc_keys = k->enc;
		j->dec_keys = k->dec;
		j->key_len_in_bytes = esp_algs[alg].enc_key_len;
		j->src = it[i].data - 24;
		j->dst = it[i].data;
		j->cipher_start_src_offset_in_bytes = 24;
		j->msg_len_to_cipher_in_bytes = it[i].len;
		j->iv = it[i].data - 16;
		j->iv_len_in_bytes = 16;
		j->hash_alg = sha1 ? IMB_AUTH_HMAC_SHA_1 : IMB_AUTH_HMAC_SHA_256;
		j->hash_start_src_offset_in_bytes = 0;
		j->msg_len_to_hash_in_bytes = it[i].len + 24 + (shape.esn ? 4 : 0);
		j->auth_tag_output = encrypt ? it[i].data + it[i].len : f->tags[i];
		j->auth_tag_output_len_in_bytes = esp_algs[alg].icv_len;
		j->u.HMAC._hashed_auth_key_xor_ipad = k->ipad;
		j->u.HMAC._hashed_auth_key_xor_opad = k->opad;
	}
	done = IMB_SUBMIT_BURST_NOCHECK(f->mgr, n, jobs);
	while (done < n)
		done += IMB_FLUSH_BURST(f->mgr, n - done, jobs);
}

uint64_t
floor_pass(struct floor *f, const struct packets *pk, unsigned int burst)
{
	enum chan_esp_alg alg = pk->wd->alg;
	bool gcm = esp_algs[alg].auth_key_len == 0, encrypt = pk->kase != CASE_DECAP;
	struct item items[BURST_MAX];
	uint64_t cycles = 0, start;

	for (unsigned int b = 0; b < pk->n_bufs; b += burst) {
		unsigned int n = RTE_MIN(burst, pk->n_bufs - b);

		for (unsigned int i = 0; i < n; i++) {
			items[i] = item_of(pk, b + i);
			f->nonces[i][11]++;
			f->aads[i][7]++;
		}
		rte_mb();
		start = rte_rdtsc_precise();
		if (gcm)
			gcm_burst(f, items, n, alg, encrypt);
		else
			cbc_burst(f, items, n, alg, encrypt);
		cycles += rte_rdtsc_precise() - start;
	}
	return cycles;
}

uint64_t
own_pass(struct floor *f, const struct packets *pk, unsigned int burst)
{
	static _Thread_local uint32_t serial;
	uint64_t cycles = 0, start;
	struct crypt_op *ops = f->ops;

	for (unsigned int b = 0; b < pk->n_bufs; b += burst) {
		unsigned int n = RTE_MIN(burst, pk->n_bufs - b);

		for (unsigned int i = 0; i < n; i++) {
			struct item it = item_of(pk, b + i);

			serial++;
			memcpy(ops[i].nonce, &serial, sizeof(serial));
			memcpy(ops[i].aad, &serial, sizeof(serial));
			ops[i].sa = it.sa;
			ops[i].data = it.data;
			ops[i].icv = it.data + it.len;
			ops[i].len = (uint16_t)it.len;
			ops[i].aad_len = (esp_algs[it.sa->alg].auth_key_len == 0 ? 8 : 0) +
					(shape.esn ? 4 : 0);
			ops[i].alg = it.sa->alg;
		}
		rte_mb();
		start = rte_rdtsc_precise();
		if (pk->kase == CASE_DECAP)
			crypt_decrypt(&f->cipher, ops, n);
		else
			crypt_encrypt(&f->cipher, ops, n);
		cycles += rte_rdtsc_precise() - start;
	}
	return cycles;
}

/* Only what this file does as a user of the library would: AES-GCM, and AES-CBC with two hashes. */
bool
floor_has(enum chan_esp_alg alg)
{
	switch (alg) {
	case CHAN_ESP_AES128_GCM16:
	case CHAN_ESP_AES256_GCM16:
	case CHAN_ESP_AES128_CBC_SHA1_96:
	case CHAN_ESP_AES256_CBC_SHA1_96:
	case CHAN_ESP_AES128_CBC_SHA256_128:
	case CHAN_ESP_AES256_CBC_SHA256_128:
		return true;
	default:
		return false;
	}
}
