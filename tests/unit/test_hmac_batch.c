/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Our own HMAC against libcrypto's: every length around each end of a block, messages that end
 * where memory ends. Then batches of AES-CBC packets with it and without it: the same bytes come
 * out, whatever the mix of lengths, and what was tampered with is not accepted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "dataplane/crypto/hmac_batch.h"
#include "dataplane/crypto/crypt.h"
#include "tests/unit/cu.h"

#define MAX_LEN 9600
#define N_KEYS  24
#define GUARD   32
#define HEAD    24 /* SPI, sequence number, IV */
#define ROOM    2048

static struct crypt cipher;
static struct sa_job_keys keys[2][N_KEYS]; /* SHA-1, SHA-256 */
static uint8_t raw[N_KEYS][32], noise[MAX_LEN + 4096];
static unsigned int seed = 7;

static void
states(bool sha256, const uint8_t *key, unsigned int len, struct sa_job_keys *k)
{
	uint8_t in[64], out[64];

	memset(in, 0x36, sizeof(in));
	memset(out, 0x5c, sizeof(out));
	for (unsigned int i = 0; i < len; i++) {
		in[i] ^= key[i];
		out[i] ^= key[i];
	}
	if (sha256) {
		IMB_SHA256_ONE_BLOCK(cipher.mgr, in, k->ipad);
		IMB_SHA256_ONE_BLOCK(cipher.mgr, out, k->opad);
	} else {
		IMB_SHA1_ONE_BLOCK(cipher.mgr, in, k->ipad);
		IMB_SHA1_ONE_BLOCK(cipher.mgr, out, k->opad);
	}
	IMB_AES_KEYEXP_128(cipher.mgr, key, k->enc, k->dec);
}

static void
begin(void)
{
	CU_ASSERT_EQUAL_FATAL(crypt_init(&cipher), 0);
	for (unsigned int i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)rand_r(&seed);
	for (unsigned int k = 0; k < N_KEYS; k++) {
		memcpy(raw[k], noise + 40 * k, sizeof(raw[k]));
		states(false, raw[k], 20, &keys[0][k]);
		states(true, raw[k], 32, &keys[1][k]);
	}
	printf("%s ... ", hmac_batch_pick(cipher.mgr) != NULL ? "yes" : "SKIPPED: no AVX-512");
}

static void
run(bool sha256, const struct hmac_lane *lanes, unsigned int blocks)
{
	if (sha256)
		cipher.hmac->sha256(lanes, blocks);
	else
		cipher.hmac->sha1(lanes, blocks);
}

/* ---- the kernel ---------------------------------------------------------------------------- */

/* RFC 2202 and RFC 4231, test case 2 of each, in all lanes. */
static void
test_rfc(void)
{
	static const uint8_t want[2][16] = {
		{ 0xef, 0xfc, 0xdf, 0x6a, 0xe5, 0xeb, 0x2f, 0xa2, 0xd2, 0x74, 0x16, 0xd5, 0xf1,
				0x84, 0xdf, 0x9c },
		{ 0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60, 0x75, 0x4e, 0x6a, 0x04, 0x24, 0x26, 0x08,
				0x95, 0x75, 0xc7 },
	};
	static const char text[] = "what do ya want for nothing?";
	uint8_t key[16] = "Jefe", mac[HMAC_LANES][HMAC_MAC_LEN];
	struct hmac_lane lanes[HMAC_LANES];
	struct sa_job_keys k;

	begin();
	for (unsigned int alg = 0; cipher.hmac != NULL && alg < 2; alg++) {
		states(alg == 1, key, 4, &k);
		for (unsigned int i = 0; i < HMAC_LANES; i++)
			lanes[i] = (struct hmac_lane){ .msg = (const uint8_t *)text, .keys = &k,
				.mac = mac[i], .len = sizeof(text) - 1 };
		run(alg == 1, lanes, 1);
		for (unsigned int i = 0; i < HMAC_LANES; i++)
			CU_ASSERT_EQUAL(memcmp(mac[i], want[alg], sizeof(mac[i])), 0);
	}
	crypt_fini(&cipher);
}

/* Lane @i's message is of @len[i] bytes, the last ones before @end[i]. How many are wrong. */
static unsigned int
compare(bool sha256, const uint32_t *len, uint8_t *const *end)
{
	static uint8_t mac[HMAC_LANES][HMAC_MAC_LEN + GUARD];
	struct hmac_lane lanes[HMAC_LANES];
	unsigned int wrong = 0, n;
	uint8_t want[32];

	memset(mac, 0xa5, sizeof(mac));
	for (unsigned int i = 0; i < HMAC_LANES; i++) {
		uint8_t *msg = end[i] - len[i];

		memcpy(msg, noise + (unsigned int)rand_r(&seed) % 4096, len[i]);
		lanes[i] = (struct hmac_lane){ msg, &keys[sha256][i], mac[i], len[i] };
	}
	run(sha256, lanes, hmac_blocks(len[0]));
	for (unsigned int i = 0; i < HMAC_LANES; i++) {
		HMAC(sha256 ? EVP_sha256() : EVP_sha1(), raw[i], sha256 ? 32 : 20, lanes[i].msg,
				len[i], want, &n);
		wrong += memcmp(mac[i], want, HMAC_MAC_LEN) != 0;
		for (unsigned int g = 0; g < GUARD; g++)
			wrong += mac[i][HMAC_MAC_LEN + g] != 0xa5;
	}
	return wrong;
}

static void
test_lengths(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), room = RTE_ALIGN(MAX_LEN, page);
	uint8_t *map = mmap(NULL, HMAC_LANES * (room + page), PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t *end[HMAC_LANES];
	uint32_t len[HMAC_LANES];

	begin();
	for (unsigned int i = 0; i < HMAC_LANES; i++) {
		end[i] = map + i * (room + page) + room;
		CU_ASSERT_EQUAL_FATAL(mprotect(end[i] - room, room, PROT_READ | PROT_WRITE), 0);
	}
	/* All of one length, then of any that takes as many blocks. */
	for (unsigned int n = 0; cipher.hmac != NULL && n < MAX_LEN; n += n < 400 ? 1 : 997) {
		for (unsigned int i = 0; i < HMAC_LANES; i++)
			len[i] = n;
		CU_ASSERT_EQUAL(compare(false, len, end), 0);
		CU_ASSERT_EQUAL(compare(true, len, end), 0);
		for (unsigned int i = 1; i < HMAC_LANES; i++)
			do
				len[i] = n - RTE_MIN(n, 64u) + (unsigned int)rand_r(&seed) % 128;
			while (hmac_blocks(len[i]) != hmac_blocks(n) || len[i] > MAX_LEN);
		CU_ASSERT_EQUAL(compare(false, len, end), 0);
		CU_ASSERT_EQUAL(compare(true, len, end), 0);
	}
	munmap(map, HMAC_LANES * (room + page));
	crypt_fini(&cipher);
}

/* ---- batches ------------------------------------------------------------------------------- */

static struct sa sas[2][N_KEYS];
static const uint8_t algs[2] = { CHAN_ESP_AES128_CBC_SHA1_96, CHAN_ESP_AES128_CBC_SHA256_128 };
static struct crypt_op ops[CRYPT_BURST_MAX];
static uint8_t data[CRYPT_BURST_MAX][ROOM], once[CRYPT_BURST_MAX][ROOM];

static void
sas_make(void)
{
	for (unsigned int a = 0; a < 2; a++)
		for (unsigned int k = 0; k < N_KEYS; k++) {
			sas[a][k].alg = algs[a];
			sas[a][k].icv_len = esp_algs[algs[a]].icv_len;
			sas[a][k].key.job = &keys[a][k];
		}
}

/* Bytes of packet @i: few lengths, one, or any; all of it blocks of AES. */
static unsigned int
len_of(unsigned int mix, unsigned int i)
{
	static const uint16_t imix[4] = { 80, 608, 80, 1424 };

	if (mix == 0)
		return 80;
	return mix == 1 ? imix[(unsigned int)rand_r(&seed) % 4] :
			16 + (i * 16 + (unsigned int)rand_r(&seed) % 100 * 16) % 1600;
}

static void
ops_make(unsigned int n, unsigned int a, unsigned int mix)
{
	for (unsigned int i = 0; i < n; i++) {
		struct crypt_op *op = &ops[i];

		memset(op, 0, sizeof(*op));
		op->sa = &sas[a][(unsigned int)rand_r(&seed) % N_KEYS];
		op->alg = algs[a];
		op->len = (uint16_t)len_of(mix, i);
		op->aad_len = i % 5 == 0 ? 4 : 0; /* ESN's upper half, hashed and not sent */
		memcpy(op->aad, noise + i, 4);
		op->data = data[i] + GUARD + HEAD;
		op->icv = op->data + op->len;
		memcpy(data[i], noise + 16 * i, ROOM);
	}
}

static void
batch(bool encrypt, const struct hmac_batch *hmac, unsigned int n)
{
	cipher.hmac = hmac;
	if (encrypt)
		crypt_encrypt(&cipher, ops, n);
	else
		crypt_decrypt(&cipher, ops, n);
}

/* One bit of @op's packet, @which: what is hashed first and last, and the ICV's ends. */
static void
tamper(struct crypt_op *op, unsigned int which)
{
	uint8_t *at[4] = { op->data - HEAD, op->icv - 1, op->icv, op->icv + op->sa->icv_len - 1 };

	*at[which % 4] ^= (uint8_t)(1u << which % 8);
}

/* @return how many went wrong. */
static unsigned int
round_trip(const struct hmac_batch *own, unsigned int n, unsigned int a, unsigned int mix)
{
	unsigned int kept = seed, wrong = 0, bad = (unsigned int)rand() % n;

	ops_make(n, a, mix);
	batch(true, NULL, n);
	memcpy(once, data, sizeof(data));
	seed = kept;
	ops_make(n, a, mix);
	batch(true, own, n);
	wrong += memcmp(once, data, n * sizeof(data[0])) != 0; /* guards, too */
	for (unsigned int i = 0; i < n; i++)
		wrong += !ops[i].ok;
	tamper(&ops[bad], n);
	memcpy(once, data, sizeof(data));
	batch(false, own, n);
	for (unsigned int i = 0; i < n; i++) {
		wrong += ops[i].ok != (i != bad);
		if (ops[i].aad_len != 0) /* laid over the ICV */
			memcpy(ops[i].icv, once[i] + (ops[i].icv - data[i]), 4);
		wrong += i != bad && memcmp(ops[i].data, noise + 16 * i + GUARD + HEAD,
				ops[i].len) != 0;
		wrong += memcmp(data[i], once[i], GUARD + HEAD) != 0 ||
				memcmp(ops[i].icv, once[i] + (ops[i].icv - data[i]),
						(size_t)(data[i] + ROOM - ops[i].icv)) != 0;
	}
	return wrong;
}

static void
test_batches(void)
{
	const struct hmac_batch *own;

	begin();
	sas_make();
	own = cipher.hmac;
	for (unsigned int n = 1; n <= CRYPT_BURST_MAX; n++)
		for (unsigned int mix = 0; mix < 3; mix++)
			for (unsigned int a = 0; a < 2; a++)
				CU_ASSERT_EQUAL(round_trip(own, n, a, mix), 0);
	crypt_fini(&cipher);
}

static const struct cu_case cases[] = {
	CU_CASE(test_rfc),
	CU_CASE(test_lengths),
	CU_CASE(test_batches),
};

CU_MAIN("hmac_batch", cases)
