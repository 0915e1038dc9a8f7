/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AES-GCM alone: intel-ipsec-mb beside each of our kernels, packet lengths from an ACK's to a jumbo
 * frame's. One thread, bursts of 64, hot; the contenders take turns of one burst, so that all of
 * them see the same core. Prints the median of cycles (of the time-stamp counter) per packet and
 * the median ratio to the library: of the kernel on 512 bits to the library at its best, of the
 * one on 256 bits to the library's code for CPUs with AVX2.
 *
 *     bench_gcm [-b 128|192|256] [-k keys] [-r rounds]
 *
 * The length "imix" is 7 : 4 : 1 of what 64, 594 and 1400 bytes become in GRE and ESP, shuffled.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_cycles.h>

#include "dataplane/crypto/gcm_batch.h"

#define BURST      64
#define ROOM       (9216 + 128)
#define MAX_KEYS   4096
#define MAX_ROUNDS 2001
#define IMIX       0

enum who { LIBRARY, OURS_512, LIBRARY_AVX2, OURS_256, N_WHO };

static const char *const who_str[N_WHO] = { "library", "512 bits", "library avx2", "256 bits" };
static const struct gcm_batch *const kernels[N_WHO] = { [OURS_512] = &gcm_batch_512,
	[OURS_256] = &gcm_batch_256 };

struct bench {
	IMB_MGR *mgr, *avx2;
	unsigned int bits, n_keys, n_rounds;
	struct sa *sas[N_WHO]; /* the same keys, as each wants them */
	struct library_key {
		struct gcm_key_data k;
	} __attribute__((aligned(64))) *library;
	struct crypt_op ops[BURST];
	uint8_t order[BURST];
	uint8_t *data;
	uint8_t tag[BURST][16];
	unsigned int at_key;
};

static void
library_key(const struct bench *b, IMB_MGR *mgr, struct gcm_key_data *k, const uint8_t *key)
{
	if (b->bits == 128)
		IMB_AES128_GCM_PRE(mgr, key, k);
	else if (b->bits == 192)
		IMB_AES192_GCM_PRE(mgr, key, k);
	else
		IMB_AES256_GCM_PRE(mgr, key, k);
}

static void
make_keys(struct bench *b)
{
	uint8_t key[32];

	for (unsigned int w = 0; w < N_WHO; w++)
		if ((b->sas[w] = aligned_alloc(64, b->n_keys * sizeof(struct sa))) == NULL)
			exit(1);
	b->data = aligned_alloc(64, BURST * ROOM);
	b->library = aligned_alloc(64, 2 * b->n_keys * sizeof(*b->library));
	if (b->data == NULL || b->library == NULL)
		exit(1);
	memset(b->data, 0, BURST * ROOM);
	for (unsigned int i = 0; i < b->n_keys; i++) {
		for (unsigned int j = 0; j < sizeof(key); j++)
			key[j] = (uint8_t)rand();
		b->sas[LIBRARY][i].key.gcm = &b->library[2 * i].k;
		b->sas[LIBRARY_AVX2][i].key.gcm = &b->library[2 * i + 1].k;
		library_key(b, b->mgr, &b->library[2 * i].k, key);
		library_key(b, b->avx2, &b->library[2 * i + 1].k, key);
		gcm_key_set(&b->sas[OURS_512][i].key.batch, b->mgr, key, b->bits / 8);
		b->sas[OURS_256][i].key.batch = b->sas[OURS_512][i].key.batch;
	}
}

/* The next burst, with an order by length; the keys go round. */
static void
fill(struct bench *b, unsigned int len, enum who who)
{
	static const uint16_t imix[12] = { 72, 600, 72, 72, 1408, 600, 72, 600, 72, 72, 600, 72 };

	for (unsigned int i = 0; i < BURST; i++) {
		struct crypt_op *op = &b->ops[i];

		op->sa = &b->sas[who][(b->at_key + i) % b->n_keys];
		op->data = b->data + i * ROOM + 50;
		op->len = len == IMIX ? imix[(unsigned int)rand() % 12] : (uint16_t)len;
		op->icv = op->data + op->len;
		op->aad_len = 8;
		op->nonce[11]++;
		b->order[i] = (uint8_t)i;
		for (unsigned int j = i; j > 0 && b->ops[b->order[j - 1]].len > op->len; j--) {
			b->order[j] = b->order[j - 1];
			b->order[j - 1] = (uint8_t)i;
		}
	}
}

static void
run_library(struct bench *b, IMB_MGR *mgr, bool encrypt)
{
	static struct gcm_context_data ctx;

	for (unsigned int i = 0; i < BURST; i++) {
		const struct crypt_op *op = &b->ops[i];
		const struct gcm_key_data *k = op->sa->key.gcm;

#define RUN(bits, dir)                                                                            \
	IMB_AES##bits##_GCM_##dir(mgr, k, &ctx, op->data, op->data, op->len, op->nonce,        \
			op->aad, op->aad_len, b->tag[i], 16)
		if (b->bits == 128) {
			if (encrypt)
				RUN(128, ENC);
			else
				RUN(128, DEC);
		} else if (b->bits == 192) {
			if (encrypt)
				RUN(192, ENC);
			else
				RUN(192, DEC);
		} else {
			if (encrypt)
				RUN(256, ENC);
			else
				RUN(256, DEC);
		}
	}
}

static void
run_ours(struct bench *b, const struct gcm_batch *kernel, bool encrypt)
{
	const struct gcm_run r = { b->ops, b->order, BURST, b->tag, b->bits / 32 + 6, false };

	(encrypt ? kernel->encrypt : kernel->decrypt)(&r);
}

static double
run_once(struct bench *b, unsigned int len, enum who who, bool encrypt)
{
	uint64_t start;

	fill(b, len, who);
	rte_mb();
	start = rte_rdtsc_precise();
	if (kernels[who] == NULL)
		run_library(b, who == LIBRARY ? b->mgr : b->avx2, encrypt);
	else
		run_ours(b, kernels[who], encrypt);
	return (double)(rte_rdtsc_precise() - start) / BURST;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double
median(double *v, unsigned int n)
{
	qsort(v, n, sizeof(*v), compare);
	return v[n / 2];
}

/* One line: all contenders at one length. */
static void
bench_len(struct bench *b, unsigned int len, bool encrypt)
{
	static double cycles[N_WHO][MAX_ROUNDS], ratio[N_WHO][MAX_ROUNDS];

	for (unsigned int r = 0; r < b->n_rounds; r++) {
		for (unsigned int w = 0; w < N_WHO; w++) {
			cycles[w][r] = 0;
			if (kernels[w] == NULL || gcm_batch_usable(kernels[w], b->mgr))
				cycles[w][r] = run_once(b, len, (enum who)w, encrypt);
			ratio[w][r] = cycles[w][r] / cycles[w & ~1u][r];
		}
		b->at_key += BURST;
	}
	if (len == IMIX)
		printf("%s  imix", encrypt ? "encrypt" : "decrypt");
	else
		printf("%s %5u", encrypt ? "encrypt" : "decrypt", len);
	for (unsigned int w = 0; w < N_WHO; w++) {
		double least = cycles[w][0], mid;

		for (unsigned int r = 0; r < b->n_rounds; r++)
			least = RTE_MIN(least, cycles[w][r]);
		mid = median(cycles[w], b->n_rounds);
		printf("   %s %6.1f (%5.1f)", who_str[w], mid, least);
		if (kernels[w] != NULL)
			printf(" %.2f", median(ratio[w], b->n_rounds));
	}
	printf("\n");
}

int
main(int argc, char **argv)
{
	static const uint16_t lens[] = { 16, 40, 56, 72, 96, 128, 160, 192, 256, 320, 400, 512, 600,
		800, 1024, 1408, 1504, 2100, 4096, 9000, IMIX };
	static struct bench b = { .bits = 128, .n_keys = 1, .n_rounds = 501 };
	int opt;

	while ((opt = getopt(argc, argv, "b:k:r:")) != -1) {
		unsigned int v = opt == '?' ? 0 : (unsigned int)atoi(optarg);

		if (opt == 'b' && (v == 128 || v == 192 || v == 256)) {
			b.bits = v;
		} else if (opt == 'k' && v > 0 && v <= MAX_KEYS) {
			b.n_keys = v;
		} else if (opt == 'r' && v > 0 && v <= MAX_ROUNDS) {
			b.n_rounds = v;
		} else {
			fprintf(stderr, "bench_gcm [-b 128|192|256] [-k keys] [-r rounds]\n");
			return 1;
		}
	}
	b.mgr = alloc_mb_mgr(0);
	b.avx2 = alloc_mb_mgr(0);
	if (b.mgr == NULL || b.avx2 == NULL)
		return 1;
	init_mb_mgr_auto(b.mgr, NULL);
	init_mb_mgr_avx2(b.avx2);
	make_keys(&b);
	printf("AES-%u-GCM, keys: %u; median cycles per packet (least), median ratio\n", b.bits,
			b.n_keys);
	for (unsigned int encrypt = 2; encrypt-- > 0;)
		for (unsigned int i = 0; i < RTE_DIM(lens); i++)
			bench_len(&b, lens[i], encrypt);
	free_mb_mgr(b.mgr);
	free_mb_mgr(b.avx2);
	return 0;
}
