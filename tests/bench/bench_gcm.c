/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AES-GCM alone: intel-ipsec-mb beside each of our kernels, packet lengths from an ACK's to a jumbo
 * frame's. One thread, bursts of 64, hot; the contenders take turns of one burst, so that all of
 * them see the same core. Prints the median of cycles (of the time-stamp counter) per packet, and
 * the median ratio to the library.
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

enum who { LIBRARY, OURS_512, OURS_256, N_WHO };

static const char *const who_str[N_WHO] = { "library", "512 bits", "256 bits" };
static const struct gcm_batch *const kernels[N_WHO] = { NULL, &gcm_batch_512, &gcm_batch_256 };

struct bench {
	IMB_MGR *mgr;
	unsigned int bits, n_keys, n_rounds;
	struct sa *ours, *library; /* the same keys, expanded for either */
	struct crypt_op ops[BURST];
	uint8_t *data;
	uint8_t tag[BURST][16];
	unsigned int at_key;
};

static void
make_keys(struct bench *b)
{
	uint8_t key[32];

	b->ours = aligned_alloc(64, b->n_keys * sizeof(struct sa));
	b->library = aligned_alloc(64, b->n_keys * sizeof(struct sa));
	b->data = aligned_alloc(64, BURST * ROOM);
	if (b->ours == NULL || b->library == NULL || b->data == NULL)
		exit(1);
	memset(b->data, 0, BURST * ROOM);
	for (unsigned int i = 0; i < b->n_keys; i++) {
		struct gcm_key_data *k = &b->library[i].key.gcm;

		for (unsigned int j = 0; j < sizeof(key); j++)
			key[j] = (uint8_t)rand();
		gcm_key_set(&b->ours[i].key.batch, b->mgr, key, b->bits / 8);
		if (b->bits == 128)
			IMB_AES128_GCM_PRE(b->mgr, key, k);
		else if (b->bits == 192)
			IMB_AES192_GCM_PRE(b->mgr, key, k);
		else
			IMB_AES256_GCM_PRE(b->mgr, key, k);
	}
}

/* The next burst; the keys go round. Both expansions of a key have the same index. */
static void
fill(struct bench *b, unsigned int len, enum who who)
{
	static const uint16_t imix[12] = { 72, 600, 72, 72, 1408, 600, 72, 600, 72, 72, 600, 72 };

	for (unsigned int i = 0; i < BURST; i++) {
		struct crypt_op *op = &b->ops[i];

		op->sa = &(who == LIBRARY ? b->library : b->ours)[(b->at_key + i) % b->n_keys];
		op->data = b->data + i * ROOM + 50;
		op->len = len == IMIX ? imix[(unsigned int)rand() % 12] : (uint16_t)len;
		op->icv = op->data + op->len;
		op->aad_len = 8;
		op->nonce[11]++;
	}
}

static void
run_library(struct bench *b, bool encrypt)
{
	static struct gcm_context_data ctx;

	for (unsigned int i = 0; i < BURST; i++) {
		const struct crypt_op *op = &b->ops[i];
		const struct gcm_key_data *k = &op->sa->key.gcm;

#define RUN(bits, dir)                                                                            \
	IMB_AES##bits##_GCM_##dir(b->mgr, k, &ctx, op->data, op->data, op->len, op->nonce,        \
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
	struct gcm_job jobs[BURST];

	for (unsigned int i = 0; i < BURST; i++)
		jobs[i] = (struct gcm_job){ &b->ops[i], b->tag[i] };
	(encrypt ? kernel->encrypt : kernel->decrypt)(jobs, BURST, b->bits / 32 + 6);
}

static double
run_once(struct bench *b, unsigned int len, enum who who, bool encrypt)
{
	uint64_t start;

	fill(b, len, who);
	rte_mb();
	start = rte_rdtsc_precise();
	if (who == LIBRARY)
		run_library(b, encrypt);
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
			ratio[w][r] = cycles[w][r] / cycles[LIBRARY][r];
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
		if (w != LIBRARY)
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

		if (opt == 'b' && (v == 128 || v == 192 || v == 256))
			b.bits = v;
		else if (opt == 'k' && v > 0 && v <= MAX_KEYS)
			b.n_keys = v;
		else if (opt == 'r' && v > 0 && v <= MAX_ROUNDS)
			b.n_rounds = v;
		else
			return fprintf(stderr, "bench_gcm [-b 128|192|256] [-k keys] [-r rounds]\n"), 1;
	}
	b.mgr = alloc_mb_mgr(0);
	if (b.mgr == NULL)
		return 1;
	init_mb_mgr_auto(b.mgr, NULL);
	make_keys(&b);
	printf("AES-%u-GCM, keys: %u; median cycles per packet (least), median ratio\n", b.bits,
			b.n_keys);
	for (unsigned int encrypt = 2; encrypt-- > 0;)
		for (unsigned int i = 0; i < RTE_DIM(lens); i++)
			bench_len(&b, lens[i], encrypt);
	free_mb_mgr(b.mgr);
	return 0;
}
