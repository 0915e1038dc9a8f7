/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The batch interface of crypto/ against Wycheproof's AES-GCM vectors (../shared/vectors beside the
 * repository), each alone and all in batches, by the library and by each of our own kernels that
 * this CPU can run; what has no place in ESP is counted as skipped.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "dataplane/crypto/gcm_batch.h"
#include "tests/unit/cu.h"

#define MAX_MSG 1024

struct vector {
	struct sa *library, *ours; /* just the key, expanded for either */
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
static const struct gcm_batch *const ways[] = { NULL, &gcm_batch_512, &gcm_batch_256 };

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
	v->library = aligned_alloc(64, sizeof(struct sa));
	v->library->key.gcm = aligned_alloc(64,
			RTE_ALIGN(sizeof(struct gcm_key_data), 64));
	v->ours = aligned_alloc(64, sizeof(struct sa));
	v->library->icv_len = v->ours->icv_len = 16;
	if (bits == 128)
		IMB_AES128_GCM_PRE(crypt.mgr, key, v->library->key.gcm);
	else if (bits == 192)
		IMB_AES192_GCM_PRE(crypt.mgr, key, v->library->key.gcm);
	else
		IMB_AES256_GCM_PRE(crypt.mgr, key, v->library->key.gcm);
	gcm_key_set(&v->ours->key.batch, crypt.mgr, key, (unsigned int)bits / 8);
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
	op->sa = crypt.batch == NULL ? v->library : v->ours;
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
all_batches_of(unsigned int n)
{
	for (unsigned int w = 0; w < RTE_DIM(ways); w++) {
		crypt.batch = ways[w];
		if (ways[w] != NULL && !gcm_batch_usable(ways[w], crypt.mgr))
			continue;
		for (unsigned int at = 0; at + n <= n_vectors; at += n)
			CU_ASSERT_EQUAL(run_batch(at, n), 0);
	}
}

static void
each_alone(void)
{
	all_batches_of(1);
}

static void
in_batches_of_every_size(void)
{
	for (unsigned int n = 2; n <= CRYPT_BURST_MAX && n <= n_vectors; n++)
		all_batches_of(n);
}

static void
nothing_to_do_is_nothing_done(void)
{
	crypt_encrypt(&crypt, NULL, 0);
	crypt_decrypt(&crypt, NULL, 0);
}

static void
free_all(void)
{
	static const struct crypt zero;

	for (unsigned int i = 0; i < n_vectors; i++) {
		free(vectors[i]->library->key.gcm);
		free(vectors[i]->library);
		free(vectors[i]->ours);
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
	CU_CASE(free_all),
};
CU_MAIN("crypt", cases)
