/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Our own AES-GCM against the library's, packet by packet, for each kernel that this CPU can run:
 * every length that is usual, long ones around each wrap of the counters, random mixes; what lies
 * around a packet is neither written nor read; and what was tampered with is not accepted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dataplane/crypto/gcm_batch.h"
#include "tests/unit/cu.h"

#define N_ALGS  9 /* CHAN_ESP_AES128_GCM16 to CHAN_ESP_AES256_GCM8 */
#define N_KEYS  (4 * N_ALGS)
#define GUARD   64
#define MAX_LEN 65520
#define ROOM    (GUARD + 2304 + 16 + GUARD)

static struct crypt cipher;
static struct gcm_key_data library[N_KEYS]; /* the same keys, expanded for either */
static struct sa ours[N_KEYS];
static const struct gcm_batch *const kernels[] = { &gcm_batch_512, &gcm_batch_256 };
static uint8_t noise[MAX_LEN + 4096];

/* ---- packets ------------------------------------------------------------------------------- */

static void
library_key(struct gcm_key_data *k, const uint8_t *key, unsigned int len)
{
	if (len == 16)
		IMB_AES128_GCM_PRE(cipher.mgr, key, k);
	else if (len == 24)
		IMB_AES192_GCM_PRE(cipher.mgr, key, k);
	else
		IMB_AES256_GCM_PRE(cipher.mgr, key, k);
}

static void
begin(void)
{
	unsigned int seed = 1;

	CU_ASSERT_EQUAL_FATAL(crypt_init(&cipher), 0);
	for (unsigned int i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)rand_r(&seed);
	for (unsigned int i = 0; i < N_KEYS; i++) {
		uint8_t alg = (uint8_t)(CHAN_ESP_AES128_GCM16 + i % N_ALGS);

		ours[i].alg = alg;
		ours[i].icv_len = esp_algs[alg].icv_len;
		library_key(&library[i], noise + 32 * i, esp_algs[alg].enc_key_len);
		gcm_key_set(&ours[i].key.batch, cipher.mgr, noise + 32 * i,
				esp_algs[alg].enc_key_len);
	}
	for (unsigned int k = 0; k < RTE_DIM(kernels); k++)
		printf("%u bits: %s ... ", k == 0 ? 512 : 256,
				gcm_batch_usable(kernels[k], cipher.mgr) ? "yes" : "SKIPPED");
}

static void
end(void)
{
	crypt_fini(&cipher);
}

/* Operation number @i of a test: a packet of @len bytes at @data, under key @key. */
static void
op_fill(struct crypt_op *op, unsigned int i, uint8_t *data, unsigned int len, unsigned int key)
{
	memset(op, 0, sizeof(*op));
	memcpy(op->nonce, noise + i % 997, 12);
	memcpy(op->aad, noise + i % 991, 16); /* more than aad_len: not to be taken */
	op->sa = &ours[key];
	op->alg = ours[key].alg;
	op->len = (uint16_t)len;
	op->aad_len = i & 16 ? 12 : 8;
	op->data = data;
	op->icv = data + len;
}

#define RUN(bits, dir)                                                                            \
	IMB_AES##bits##_GCM_##dir(cipher.mgr, k, &ctx, data, data, op->len, op->nonce, op->aad,    \
			op->aad_len, tag, op->sa->icv_len)

/* What the library makes of @op, at @data; the tag after it. */
static void
oracle(const struct crypt_op *op, uint8_t *data)
{
	const struct gcm_key_data *k = &library[op->sa - ours];
	unsigned int bits = esp_algs[op->alg].enc_key_len * 8u;
	static struct gcm_context_data ctx;
	uint8_t *tag = data + op->len;

	if (bits == 128)
		RUN(128, ENC);
	else if (bits == 192)
		RUN(192, ENC);
	else
		RUN(256, ENC);
}

/*
 * @n packets of @len[] bytes under @key[]: encrypted, compared with the library's and with their
 * guards, decrypted again. Returns how many went wrong.
 */
static unsigned int
round_trip(unsigned int n, const uint16_t *len, const uint8_t *key, unsigned int salt)
{
	static struct crypt_op ops[CRYPT_BURST_MAX];
	static uint8_t buf[CRYPT_BURST_MAX][ROOM], want[ROOM];
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < n; i++) {
		memcpy(buf[i], noise + (salt + 61 * i) % 4096, ROOM);
		op_fill(&ops[i], salt + i, buf[i] + GUARD, len[i], key[i]);
	}
	crypt_encrypt(&cipher, ops, n);
	for (unsigned int i = 0; i < n; i++) {
		memcpy(want, noise + (salt + 61 * i) % 4096, ROOM);
		oracle(&ops[i], want + GUARD);
		wrong += !ops[i].ok || memcmp(buf[i], want, ROOM) != 0;
	}
	crypt_decrypt(&cipher, ops, n);
	for (unsigned int i = 0; i < n; i++)
		wrong += !ops[i].ok ||
			 memcmp(ops[i].data, noise + (salt + 61 * i) % 4096 + GUARD, len[i]) != 0;
	return wrong;
}

/* Run @test with each kernel there is. */
static void
with_each(unsigned int (*test)(void))
{
	for (unsigned int k = 0; k < RTE_DIM(kernels); k++)
		if (gcm_batch_usable(kernels[k], cipher.mgr)) {
			cipher.batch = kernels[k];
			CU_ASSERT_EQUAL(test(), 0);
		}
}

/* ---- lengths ------------------------------------------------------------------------------- */

/* Five of each: four that go together, and one on its own. */
static unsigned int
lengths(void)
{
	unsigned int wrong = 0;

	for (unsigned int l = 0; l <= 2100; l++)
		for (unsigned int a = 0; a < N_ALGS; a++) {
			uint16_t len[5] = { (uint16_t)l, (uint16_t)l, (uint16_t)l, (uint16_t)l,
				(uint16_t)l };
			uint8_t key[5] = { (uint8_t)a, (uint8_t)a, (uint8_t)(a + N_ALGS),
				(uint8_t)(a + 2 * N_ALGS), (uint8_t)a };

			wrong += round_trip(5, len, key, l);
		}
	return wrong;
}

static void
every_length(void)
{
	with_each(lengths);
}

static unsigned int
long_one(unsigned int len, unsigned int key)
{
	uint8_t *got = malloc(len + 16u), *want = malloc(len + 16u);
	struct crypt_op op;
	unsigned int wrong;

	memcpy(got, noise, len);
	memcpy(want, noise, len);
	op_fill(&op, len, got, len, key);
	oracle(&op, want);
	crypt_encrypt(&cipher, &op, 1);
	wrong = memcmp(got, want, len + op.sa->icv_len) != 0;
	crypt_decrypt(&cipher, &op, 1);
	wrong += !op.ok || memcmp(got, noise, len) != 0;
	free(got);
	free(want);
	return wrong;
}

/* The counter's last byte wraps every 4 KB. */
static unsigned int
long_lengths(void)
{
	unsigned int wrong = 0;

	for (unsigned int wrap = 4096; wrap <= MAX_LEN; wrap += 4096)
		for (unsigned int l = wrap - 400; l < wrap + 400 && l <= MAX_LEN; l += 3)
			wrong += long_one(l, (l / 3) % N_ALGS);
	return wrong + long_one(MAX_LEN, 0);
}

static void
counters_that_wrap(void)
{
	with_each(long_lengths);
}

/* ---- mixes --------------------------------------------------------------------------------- */

static unsigned int
mixes(void)
{
	unsigned int wrong = 0, seed = 7;

	for (unsigned int round = 0; round < 1500; round++) {
		unsigned int n = 1 + round % CRYPT_BURST_MAX;
		static const uint16_t most[4] = { 64, 160, 700, 2100 };
		uint16_t len[CRYPT_BURST_MAX];
		uint8_t key[CRYPT_BURST_MAX];

		for (unsigned int i = 0; i < n; i++) {
			len[i] = (uint16_t)((unsigned int)rand_r(&seed) % (most[round % 4] + 1u));
			key[i] = (uint8_t)((unsigned int)rand_r(&seed) % N_KEYS);
			if (round & 4) /* of one algorithm */
				key[i] = (uint8_t)(key[i] / N_ALGS * N_ALGS + round % N_ALGS);
		}
		wrong += round_trip(n, len, key, round);
	}
	return wrong;
}

static void
random_mixes(void)
{
	with_each(mixes);
}

/* Bursts of one length, of a few, and of more than are looked for one by one: rows of packets that
 * are alike, with all that may end them. */
static unsigned int
few_lengths(void)
{
	unsigned int wrong = 0, seed = 9;

	for (unsigned int round = 0; round < 3000; round++) {
		unsigned int n = 1 + (unsigned int)rand_r(&seed) % CRYPT_BURST_MAX;
		unsigned int n_lens = 1 + round % 9, most = round & 1 ? 110 : 1500;
		uint16_t lens[9], len[CRYPT_BURST_MAX];
		uint8_t key[CRYPT_BURST_MAX];

		for (unsigned int i = 0; i < n_lens; i++)
			lens[i] = (uint16_t)((unsigned int)rand_r(&seed) % most);
		for (unsigned int i = 0; i < n; i++) {
			len[i] = lens[(unsigned int)rand_r(&seed) % n_lens];
			key[i] = (uint8_t)((unsigned int)rand_r(&seed) % N_KEYS);
			if (round & 6) /* of one algorithm */
				key[i] = (uint8_t)(key[i] / N_ALGS * N_ALGS + round % N_ALGS);
		}
		wrong += round_trip(n, len, key, 5 * round);
	}
	return wrong;
}

static void
rows_of_few_lengths(void)
{
	with_each(few_lengths);
}

/* ---- what lies around ---------------------------------------------------------------------- */

/* Between two pages that may not be touched: at the start of one, and at the end. */
static unsigned int
fenced(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *map = mmap(NULL, 3 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t *at = map + page;
	unsigned int wrong = 0;

	if (map == MAP_FAILED || mprotect(at, page, PROT_READ | PROT_WRITE) != 0)
		return 1;
	for (unsigned int l = 0; l <= 600; l++)
		for (unsigned int i = 0; i < 8; i++) {
			struct crypt_op ops[4];
			unsigned int key = i & 1 ? 0 : 2;
			uint8_t *data = i & 2 ? at : at + page - l - 16;

			/* One after the other, and four at once: over the same bytes, so that the
			 * results are of no use; only where they read and write is looked at. */
			for (unsigned int k = 0; k < 4; k++)
				op_fill(&ops[k], l, data, l, key);
			if (i & 4)
				crypt_encrypt(&cipher, ops, 4);
			else
				crypt_decrypt(&cipher, ops, 1);
			wrong += !ops[0].ok && (i & 4) != 0;
		}
	munmap(map, 3 * page);
	return wrong;
}

static void
nothing_outside_is_touched(void)
{
	with_each(fenced);
}

/* ---- what was tampered with ---------------------------------------------------------------- */

/* Each bit of @n_bytes from @from on turned over in the second of five packets: it alone fails. */
static unsigned int
tamper(struct crypt_op *ops, uint8_t (*buf)[ROOM], uint8_t (*sealed)[ROOM], unsigned int from,
		unsigned int n_bytes)
{
	unsigned int wrong = 0;

	for (unsigned int bit = 0; bit < 8 * n_bytes; bit++) {
		memcpy(buf, sealed, 5 * sizeof(*buf));
		buf[1][GUARD + from + bit / 8] ^= (uint8_t)(1u << bit % 8);
		crypt_decrypt(&cipher, ops, 5);
		for (unsigned int i = 0; i < 5; i++)
			wrong += ops[i].ok != (i != 1);
	}
	return wrong;
}

static unsigned int
tampered(void)
{
	static const uint16_t lens[] = { 4, 48, 72, 96, 240, 1408 };
	static uint8_t buf[5][ROOM], sealed[5][ROOM];
	struct crypt_op ops[5];
	unsigned int wrong = 0;

	for (unsigned int l = 0; l < RTE_DIM(lens); l++)
		for (unsigned int a = 0; a < N_ALGS; a++) {
			for (unsigned int i = 0; i < 5; i++)
				op_fill(&ops[i], i + 16 * (a & 1), buf[i] + GUARD, lens[l], a);
			crypt_encrypt(&cipher, ops, 5);
			memcpy(sealed, buf, sizeof(buf));
			wrong += tamper(ops, buf, sealed, 0, RTE_MIN(lens[l], (uint16_t)32));
			wrong += tamper(ops, buf, sealed, lens[l] - 4u, 4u + ours[a].icv_len);
			/* The AAD as well, and no less than its length. */
			memcpy(buf, sealed, sizeof(buf));
			ops[1].aad[ops[1].aad_len - 1] ^= 1;
			crypt_decrypt(&cipher, ops, 5);
			for (unsigned int i = 0; i < 5; i++)
				wrong += ops[i].ok != (i != 1);
		}
	return wrong;
}

static void
what_was_tampered_with_is_refused(void)
{
	with_each(tampered);
}

static const struct cu_case cases[] = {
	CU_CASE(begin),
	CU_CASE(every_length),
	CU_CASE(counters_that_wrap),
	CU_CASE(random_mixes),
	CU_CASE(rows_of_few_lengths),
	CU_CASE(nothing_outside_is_touched),
	CU_CASE(what_was_tampered_with_is_refused),
	CU_CASE(end),
};
CU_MAIN("gcm_batch", cases)
