/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The batch interface of crypto/ against Wycheproof's AES-GCM vectors (../shared/vectors beside the
 * repository), each alone and all in batches; what has no place in ESP is counted as skipped.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "dataplane/crypto/crypt.h"
#include "tests/unit/cu.h"

#define MAX_MSG 1024

struct vector {
	struct sa *sa; /* just the key */
	uint8_t alg;
	uint8_t nonce[12], aad[16], msg[MAX_MSG], ct[MAX_MSG], tag[16];
	uint8_t aad_len;
	uint16_t len;
	bool valid;
	uint8_t data[MAX_MSG + 16]; /* the operation's */
};

static struct crypt crypt;
static struct vector *vectors[512];
static unsigned int n_vectors, n_skipped;

/* ---- reading ------------------------------------------------------------------------------- */

/* Hex string @name of @j to @out. Its length in bytes, -1 if it does not fit. */
static int
hex(const json_t *j, const char *name, uint8_t *out, size_t room)
{
	const char *s = json_string_value(json_object_get(j, name));
	size_t n = strlen(s) / 2;

	for (size_t i = 0; i < n && i < room; i++) {
		unsigned int v = 0;

		sscanf(s + 2 * i, "%2x", &v);
		out[i] = (uint8_t)v;
	}
	return n <= room ? (int)n : -1;
}

static struct vector *
vector_read(const json_t *group, const json_t *test)
{
	int bits = (int)json_integer_value(json_object_get(group, "keySize")), len, aad_len;
	struct vector *v = calloc(1, sizeof(*v));
	uint8_t key[32];

	len = hex(test, "msg", v->msg, MAX_MSG);
	aad_len = hex(test, "aad", v->aad, sizeof(v->aad));
	if (json_integer_value(json_object_get(group, "ivSize")) != 96 || len < 0 ||
			aad_len < 0) {
		free(v);
		return NULL;
	}
	v->len = (uint16_t)len;
	v->aad_len = (uint8_t)aad_len;
	v->alg = bits == 128 ? CHAN_ESP_AES128_GCM16 :
		 bits == 192 ? CHAN_ESP_AES192_GCM16 :
			       CHAN_ESP_AES256_GCM16;
	v->valid = strcmp(json_string_value(json_object_get(test, "result")), "valid") == 0;
	hex(test, "key", key, sizeof(key));
	hex(test, "iv", v->nonce, sizeof(v->nonce));
	hex(test, "ct", v->ct, MAX_MSG);
	hex(test, "tag", v->tag, sizeof(v->tag));
	v->sa = aligned_alloc(64, sizeof(*v->sa));
	memset(v->sa, 0, sizeof(*v->sa));
	v->sa->icv_len = 16;
	if (bits == 128)
		IMB_AES128_GCM_PRE(crypt.mgr, key, &v->sa->key.gcm);
	else if (bits == 192)
		IMB_AES192_GCM_PRE(crypt.mgr, key, &v->sa->key.gcm);
	else
		IMB_AES256_GCM_PRE(crypt.mgr, key, &v->sa->key.gcm);
	return v;
}

static void
read_all(void)
{
	const char *root = getenv("CULVERT_SOURCE_ROOT");
	json_t *doc, *group, *test;
	size_t g, t;
	char path[512];

	CU_ASSERT_EQUAL_FATAL(crypt_init(&crypt), 0);
	snprintf(path, sizeof(path), "%s/../shared/vectors/wycheproof/aes_gcm_test.json",
			root != NULL ? root : ".");
	doc = json_load_file(path, 0, NULL);
	if (doc == NULL) {
		printf("SKIPPED: no Wycheproof vectors at %s ... ", path);
		return;
	}
	json_array_foreach(json_object_get(doc, "testGroups"), g, group)
		json_array_foreach(json_object_get(group, "tests"), t, test)
		{
			struct vector *v = vector_read(group, test);

			if (v != NULL && n_vectors < RTE_DIM(vectors))
				vectors[n_vectors++] = v;
			else
				n_skipped++;
		}
	json_decref(doc);
	printf("%u vectors, %u skipped (IV not of 96 bits, AAD over 16 bytes) ... ",
			n_vectors, n_skipped);
	CU_ASSERT_TRUE(n_vectors > 50);
}

/* ---- running ------------------------------------------------------------------------------- */

static void
op_fill(struct crypt_op *op, struct vector *v, const uint8_t *text)
{
	memset(op, 0, sizeof(*op));
	memcpy(op->nonce, v->nonce, sizeof(v->nonce));
	memcpy(op->aad, v->aad, sizeof(v->aad));
	memcpy(v->data, text, v->len);
	memcpy(v->data + v->len, v->tag, sizeof(v->tag));
	op->sa = v->sa;
	op->data = v->data;
	op->icv = v->data + v->len;
	op->len = v->len;
	op->aad_len = v->aad_len;
	op->alg = v->alg;
}

/* Vectors @at to @at + @n in one batch. Returns how many came out wrong. */
static unsigned int
run_batch(unsigned int at, unsigned int n)
{
	static struct crypt_op ops[CRYPT_BURST_MAX];
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < n; i++)
		op_fill(&ops[i], vectors[at + i], vectors[at + i]->ct);
	crypt_decrypt(&crypt, ops, n);
	for (unsigned int i = 0; i < n; i++) {
		const struct vector *v = vectors[at + i];

		wrong += ops[i].ok != v->valid;
		if (v->valid)
			wrong += memcmp(v->data, v->msg, v->len) != 0;
	}
	for (unsigned int i = 0; i < n; i++)
		op_fill(&ops[i], vectors[at + i], vectors[at + i]->msg);
	crypt_encrypt(&crypt, ops, n);
	for (unsigned int i = 0; i < n; i++) {
		const struct vector *v = vectors[at + i];

		wrong += !ops[i].ok;
		if (v->valid)
			wrong += memcmp(v->data, v->ct, v->len) != 0 ||
				 memcmp(v->data + v->len, v->tag, 16) != 0;
	}
	return wrong;
}

static void
each_alone(void)
{
	for (unsigned int i = 0; i < n_vectors; i++)
		CU_ASSERT_EQUAL(run_batch(i, 1), 0);
}

static void
in_batches_of_every_size(void)
{
	for (unsigned int n = 2; n <= CRYPT_BURST_MAX && n <= n_vectors; n++)
		for (unsigned int at = 0; at + n <= n_vectors; at += n)
			CU_ASSERT_EQUAL(run_batch(at, n), 0);
}

static void
nothing_to_do_is_nothing_done(void)
{
	crypt_encrypt(&crypt, NULL, 0);
	crypt_decrypt(&crypt, NULL, 0);
}

/* ---- four at a time against one by one ----------------------------------------------------- */

#define GUARD 64

struct random_op {
	uint8_t buf[GUARD + 160 + 16 + GUARD];
};

/* @n operations of random keys, lengths up to @max and AAD lengths; data and guards from @seed. */
static void
random_ops(struct crypt_op *ops, struct random_op *r, struct sa *keys, unsigned int n,
		unsigned int max, unsigned int seed)
{
	memset(ops, 0, n * sizeof(*ops));
	for (unsigned int i = 0; i < n; i++) {
		for (unsigned int k = 0; k < sizeof(r[i].buf); k++)
			r[i].buf[k] = (uint8_t)rand_r(&seed);
		for (unsigned int k = 0; k < 12; k++) {
			ops[i].nonce[k] = (uint8_t)rand_r(&seed);
			ops[i].aad[k] = (uint8_t)rand_r(&seed);
		}
		ops[i].sa = &keys[(unsigned int)rand_r(&seed) % 8];
		ops[i].alg = ops[i].sa->alg;
		ops[i].len = (uint16_t)((unsigned int)rand_r(&seed) % (max + 1));
		ops[i].aad_len = rand_r(&seed) & 1 ? 12 : 8;
		ops[i].data = r[i].buf + GUARD;
		ops[i].icv = ops[i].data + ops[i].len;
	}
}

static void
random_keys(struct sa keys[8])
{
	uint8_t key[32];

	for (unsigned int i = 0; i < 8; i++) {
		memset(&keys[i], 0, sizeof(keys[i]));
		memset(key, (int)(i * 37 + 1), sizeof(key));
		keys[i].icv_len = 16;
		keys[i].alg = i & 1 ? CHAN_ESP_AES256_GCM16 : CHAN_ESP_AES128_GCM16;
		if (i & 1)
			IMB_AES256_GCM_PRE(crypt.mgr, key, &keys[i].key.gcm);
		else
			IMB_AES128_GCM_PRE(crypt.mgr, key, &keys[i].key.gcm);
	}
}

/*
 * Random mixes of keys, algorithms, lengths (0 to 160: on both sides of where the library takes
 * over) and batch sizes. Every byte is compared, also those around the data: nothing else may be
 * written. Then decrypted by the other way than encrypted, with one bit of a tag wrong now and then.
 */
static void
four_at_a_time_is_the_same_as_one_by_one(void)
{
	static struct crypt_op ops[2][CRYPT_BURST_MAX];
	static struct random_op bufs[2][CRYPT_BURST_MAX];
	static struct sa keys[8];
	bool have = crypt.use_batch;
	unsigned int wrong = 0;

	printf("%s ... ", have ? "VAES and AVX-512" : "SKIPPED: no VAES and AVX-512 here");
	random_keys(keys);
	for (unsigned int round = 0; round < 3000; round++) {
		unsigned int n = 1 + round % CRYPT_BURST_MAX, bad = round % (2 * n);

		for (unsigned int way = 0; way < 2; way++) {
			crypt.use_batch = have && way == 1;
			random_ops(ops[way], bufs[way], keys, n, round & 1 ? 96 : 160, round);
			crypt_encrypt(&crypt, ops[way], n);
		}
		wrong += memcmp(bufs[0], bufs[1], n * sizeof(bufs[0][0])) != 0;
		if (bad < n)
			ops[1][bad].icv[round % 16] ^= (uint8_t)(1u << round % 8);
		crypt.use_batch = have && (round & 2);
		crypt_decrypt(&crypt, ops[1], n);
		random_ops(ops[0], bufs[0], keys, n, round & 1 ? 96 : 160, round);
		for (unsigned int i = 0; i < n; i++) {
			wrong += ops[1][i].ok != (i != bad);
			wrong += memcmp(ops[0][i].data, ops[1][i].data, ops[0][i].len) != 0;
		}
	}
	crypt.use_batch = have;
	CU_ASSERT_EQUAL(wrong, 0);
}

static void
free_all(void)
{
	static const struct crypt zero;

	for (unsigned int i = 0; i < n_vectors; i++) {
		free(vectors[i]->sa);
		free(vectors[i]);
	}
	crypt_fini(&crypt);
	CU_ASSERT_EQUAL(memcmp(&crypt, &zero, sizeof(zero)), 0);
}

static const struct cu_case cases[] = {
	CU_CASE(read_all),
	CU_CASE(each_alone),
	CU_CASE(in_batches_of_every_size),
	CU_CASE(nothing_to_do_is_nothing_done),
	CU_CASE(four_at_a_time_is_the_same_as_one_by_one),
	CU_CASE(free_all),
};
CU_MAIN("crypt", cases)
