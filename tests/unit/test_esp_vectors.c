/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What others say that the ciphers must do, through our batches and key expansion: vectors of the
 * RFCs, Wycheproof's (AES-GMAC, ChaCha20-Poly1305, HMAC, AES-CMAC) and packets of other makers
 * with their keys; the latter two from ../shared/vectors beside the repository.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <rte_byteorder.h>

#include "dataplane/crypto/crypt.h"
#include "dataplane/tables/sa_int.h"
#include "tests/unit/cu.h"

#define ROOM 2048
#define AT   64 /* where the data of an operation begins */

static struct crypt crypt;
static struct sa sa __attribute__((aligned(64)));
static uint8_t buf[ROOM];

static void
start(void)
{
	CU_ASSERT_EQUAL_FATAL(crypt_init(&crypt), 0);
}

/* Hex digits, spaces among them, to @out. @return bytes; -1 if there are more than @room. */
static int
unhex(const char *s, uint8_t *out, size_t room)
{
	size_t n = 0;

	for (; *s != '\0'; s += *s == ' ' ? 1 : 2) {
		unsigned int v = 0;

		if (*s == ' ')
			continue;
		if (n == room)
			return -1;
		sscanf(s, "%2x", &v);
		out[n++] = (uint8_t)v;
	}
	return (int)n;
}

/* An SA of which only algorithm and keys matter. */
static void
keys(enum chan_esp_alg alg, const uint8_t *enc, const uint8_t *auth, unsigned int auth_len)
{
	const struct esp_alg *a = &esp_algs[alg];
	struct chan_sa c = { .alg = (uint8_t)alg, .enc_key_len = a->enc_key_len,
		.auth_key_len = (uint8_t)auth_len };

	memcpy(c.enc_key, enc, a->enc_key_len);
	if (auth_len != 0)
		memcpy(c.auth_key, auth, auth_len);
	sa_keys_free(crypt.mgr, &sa); /* of the vector before */
	memset(&sa, 0, sizeof(sa));
	sa.alg = (uint8_t)alg;
	sa.icv_len = a->icv_len;
	sa_keys_expand(crypt.mgr, &c, &sa);
}

/* One operation over @len bytes at buf + AT. @return its ok. */
static bool
run(const uint8_t *nonce, const uint8_t *aad, unsigned int aad_len, unsigned int len, bool encrypt)
{
	static struct crypt_op op;

	op = (struct crypt_op){ .sa = &sa, .data = buf + AT, .icv = buf + AT + len,
		.len = (uint16_t)len, .aad_len = (uint8_t)aad_len, .alg = sa.alg };
	if (nonce != NULL)
		memcpy(op.nonce, nonce, 12);
	if (aad != NULL)
		memcpy(op.aad, aad, aad_len);
	if (encrypt)
		crypt_encrypt(&crypt, &op, 1);
	else
		crypt_decrypt(&crypt, &op, 1);
	return op.ok;
}

/* ---- RFCs ---------------------------------------------------------------------------------- */

struct cipher_vector {
	enum chan_esp_alg alg;
	const char *key, *iv, *plain, *cipher; /* iv of CTR: nonce and IV */
};

static const struct cipher_vector cipher_vectors[] = {
	/* RFC 3602 section 4, cases 1, 2 and 5 (an ESP packet: a ping, padding, trailer) */
	{ CHAN_ESP_AES128_CBC_SHA1_96, "06a9214036b8a15b512e03d534120006",
		"3dafba429d9eb430b422da802c9fac41", "53696e676c6520626c6f636b206d7367",
		"e353779c1079aeb82708942dbe77181a" },
	{ CHAN_ESP_AES128_CBC_CMAC_96, "c286696d887c9aa0611bbb3e2025a45a",
		"562e17996d093d28ddb3ba695a2e6f58",
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		"d296cd94c2cccf8a3a863028b5e1dc0a7586602d253cfff91b8266bea6d61ab1" },
	{ CHAN_ESP_AES128_CBC_SHA256_128, "90d382b410eeba7ad938c46cec1a82bf",
		"e96e8c08ab465763fd098d45dd3ff893",
		"08000ebda70a00008e9c083db95b070008090a0b0c0d0e0f1011121314151617"
		"18191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637"
		"0102030405060708090a0b0c0d0e0e01",
		"f663c25d325c18c6a9453e194e120849a4870b66cc6b9965330013b4898dc856"
		"a4699e523a55db080b59ec3a8e4b7e52775b07d1db34ed9c538ab50c551b874a"
		"a269add047ad2d5913ac19b7cfbad4a6" },
	/* NIST SP 800-38A F.2.3 and F.2.5 */
	{ CHAN_ESP_AES192_CBC_SHA384_192, "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b",
		"000102030405060708090a0b0c0d0e0f",
		"6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
		"30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
		"4f021db243bc633d7178183a9fa071e8b4d9ada9ad7dedf4e5e738763f69145a"
		"571b242012fb7ae07fa9baac3df102e008b0e27988598881d920a9e64f5615cd" },
	{ CHAN_ESP_AES256_CBC_SHA1_96,
		"603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
		"000102030405060708090a0b0c0d0e0f",
		"6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
		"30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710",
		"f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
		"39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b" },
	/* OpenSSL's own test of DES-EDE3-CBC */
	{ CHAN_ESP_3DES_CBC_SHA1_96, "0123456789abcdeff1e0d3c2b5a49786fedcba9876543210",
		"0000000000000000 fedcba9876543210",
		"37363534333231204e6f77206973207468652074696d6520666f722000000000",
		"3fe301c962ac01d02213763c1cbd4cdc799657c064ecf5d41c673812cfde9675" },
	/* RFC 3686 section 6, vectors 1, 2, 3, 4 and 7 */
	{ CHAN_ESP_AES128_CTR_SHA1_96, "ae6852f8121067cc4bf7a5765577f39e",
		"00000030 0000000000000000", "53696e676c6520626c6f636b206d7367",
		"e4095d4fb7a7b3792d6175a3261311b8" },
	{ CHAN_ESP_AES128_CTR_XCBC_96, "7e24067817fae0d743d6ce1f32539163",
		"006cb6db c0543b59da48d90b",
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		"5104a106168a72d9790d41ee8edad388eb2e1efc46da57c8fce630df9141be28" },
	{ CHAN_ESP_AES128_CTR_SHA256_128, "7691be035e5020a8ac6e618529f9a0dc",
		"00e0017b 27777f3f4a1786f0",
		"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223",
		"c1cf48a89f2ffdd9cf4652e9efdb72d74540a42bde6d7836d59a5ceaaef3105325b2072f" },
	{ CHAN_ESP_AES192_CTR_SHA1_96, "16af5b145fc9f579c175f93e3bfb0eed863d06ccfdb78515",
		"00000048 36733c147d6d93cb", "53696e676c6520626c6f636b206d7367",
		"4b55384fe259c9c84e7935a003cbe928" },
	{ CHAN_ESP_AES256_CTR_SHA512_256,
		"776beff2851db06f4c8a0542c8696f6c6a81af1eec96b4d37fc1d689e6c1c104",
		"00000060 db5672c97aa8f0b2", "53696e676c6520626c6f636b206d7367",
		"145ad01dbf824ec7560863dc71e3e0c0" },
};

static void
ciphers_of_the_rfcs(void)
{
	static const uint8_t auth[64] = { 1 };

	for (unsigned int i = 0; i < RTE_DIM(cipher_vectors); i++) {
		const struct cipher_vector *v = &cipher_vectors[i];
		const struct esp_alg *a = &esp_algs[v->alg];
		uint8_t key[32], iv[16], plain[128], cipher[128];
		int len = unhex(v->plain, plain, sizeof(plain));

		unhex(v->key, key, sizeof(key));
		unhex(v->iv, iv, sizeof(iv));
		CU_ASSERT_EQUAL(unhex(v->cipher, cipher, sizeof(cipher)), len);
		keys(v->alg, key, auth, a->auth_key_len);
		memcpy(buf + AT - 16, iv, 16);
		memcpy(buf + AT, plain, (size_t)len);
		CU_ASSERT_TRUE(run(iv, NULL, 0, (unsigned int)len, true));
		CU_ASSERT_EQUAL(memcmp(buf + AT, cipher, (size_t)len), 0);
		CU_ASSERT_TRUE(run(iv, NULL, 0, (unsigned int)len, false));
		CU_ASSERT_EQUAL(memcmp(buf + AT, plain, (size_t)len), 0);
	}
}

/* RFC 3566 section 4.6, cases 4 to 7: what comes before the 16th byte stands where SPI, sequence
 * number and IV are. */
static void
xcbc_of_rfc_3566(void)
{
	static const struct {
		unsigned int len;
		bool zeros;
		const char *mac;
	} cases[] = {
		{ 20, false, "47f51b4564966215b8985c63" },
		{ 32, false, "f54f0ec8d2b9f3d36807734b" },
		{ 34, false, "becbb3bccdb518a30677d548" },
		{ 1000, true, "f0dafee895db30253761103b" },
	};
	unsigned int head = 8u + esp_algs[CHAN_ESP_NULL_XCBC_96].iv_len;
	uint8_t key[16], message[1000], mac[12];

	for (unsigned int i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)i;
	for (unsigned int i = 0; i < RTE_DIM(cases); i++) {
		unsigned int len = cases[i].len - head;

		for (unsigned int k = 0; k < cases[i].len; k++)
			message[k] = cases[i].zeros ? 0 : (uint8_t)k;
		unhex(cases[i].mac, mac, sizeof(mac));
		keys(CHAN_ESP_NULL_XCBC_96, key, key, sizeof(key));
		memcpy(buf + AT - head, message, cases[i].len);
		CU_ASSERT_TRUE(run(NULL, NULL, 0, len, true));
		CU_ASSERT_EQUAL(memcmp(buf + AT + len, mac, sizeof(mac)), 0);
		CU_ASSERT_TRUE(run(NULL, NULL, 0, len, false));
		buf[AT + len - 1] ^= 1;
		CU_ASSERT_FALSE(run(NULL, NULL, 0, len, false));
	}
}

/* Two of draft-mcgrew-gcm-test-01: whole ESP packets, with an extended sequence number and
 * without. */
static const struct {
	enum chan_esp_alg alg;
	const char *key, *nonce, *aad, *plain, *cipher;
} gcm_vectors[] = {
	{ CHAN_ESP_AES128_GCM16, "4c80cdefbb5d10da906ac73c3613a634",
		"2e443b68 4956ed7e3b244cfe", "000043218765432100000000",
		"45000048699a000080114db7c0a80102c0a801010a9bf15638d3010000010000"
		"00000000045f736970045f756470037369700963796265726369747902646b00"
		"0021000101020201",
		"fecf537e729d5b07dc30df528dd22b768d1b98736696a6fd348509fa13ceac34"
		"cfa2436f14a3f3cf65925bf1f4a13c5d15b21e1884f5ff6247aeabb786b93bce"
		"61bc17d768fd9732459018148f6cbe722fd04796562dfdb4" },
	{ CHAN_ESP_AES128_GCM16, "feffe9928665731c6d6a8f9467308308",
		"cafebabe facedbaddecaf888", "0000a5f80000000a",
		"4500003e698f000080114dccc0a80102c0a801010a980035002a2343b2d00100"
		"0001000000000000037369700963796265726369747902646b00000100010001",
		"deb22cd9b07c72c16e3a65beeb8df304a5a5897d33ae530f1ba76d5d114d2a5c"
		"3de81827c10e9a4f51330d0eec416642cfbb85a5b47e48a4ec3b9ba95d918bd1"
		"83b70d3aa8bc6ee4c309e9d85a41ad4a" },
};

static void
gcm_of_the_draft(void)
{
	for (unsigned int i = 0; i < RTE_DIM(gcm_vectors); i++) {
		uint8_t key[32], nonce[12], aad[12], plain[128], cipher[128];
		int len = unhex(gcm_vectors[i].plain, plain, sizeof(plain)),
		    aad_len = unhex(gcm_vectors[i].aad, aad, sizeof(aad));

		unhex(gcm_vectors[i].key, key, sizeof(key));
		unhex(gcm_vectors[i].nonce, nonce, sizeof(nonce));
		CU_ASSERT_EQUAL(unhex(gcm_vectors[i].cipher, cipher, sizeof(cipher)), len + 16);
		keys(gcm_vectors[i].alg, key, NULL, 0);
		memcpy(buf + AT, plain, (size_t)len);
		CU_ASSERT_TRUE(run(nonce, aad, (unsigned int)aad_len, (unsigned int)len, true));
		CU_ASSERT_EQUAL(memcmp(buf + AT, cipher, (size_t)len + 16), 0);
		CU_ASSERT_TRUE(run(nonce, aad, (unsigned int)aad_len, (unsigned int)len, false));
		CU_ASSERT_EQUAL(memcmp(buf + AT, plain, (size_t)len), 0);
	}
}

/* RFC 7634 appendix A: a whole ESP packet. */
static void
chacha20_poly1305_of_rfc_7634(void)
{
	static const char plain_hex[] =
			"45000054a6f200004001e778c6336405c000020508005b7a3a080000553bec10"
			"0007362708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223"
			"2425262728292a2b2c2d2e2f303132333435363701020204";
	static const char cipher_hex[] =
			"24039428b97f417e3c13753a4f05087b67c352e6a7fab1b982d466ef407ae5c6"
			"14ee8099d52844eb61aa95dfab4c02f72aa71e7c4c4f64c9befe2facc638e8f3"
			"cbec163fac469b502773f6fb94e664da9165b82829f641e0"
			"76aaa8266b7fb0f7b11b369907e1ad43";
	uint8_t key[32], nonce[12], aad[8], plain[96], cipher[112];
	int len = unhex(plain_hex, plain, sizeof(plain));

	for (unsigned int i = 0; i < 32; i++)
		key[i] = (uint8_t)(0x80 + i);
	unhex("a0a1a2a3 1011121314151617", nonce, sizeof(nonce));
	unhex("01020304 00000005", aad, sizeof(aad));
	CU_ASSERT_EQUAL(unhex(cipher_hex, cipher, sizeof(cipher)), len + 16);
	keys(CHAN_ESP_CHACHA20_POLY1305, key, NULL, 0);
	memcpy(buf + AT, plain, (size_t)len);
	CU_ASSERT_TRUE(run(nonce, aad, 8, (unsigned int)len, true));
	CU_ASSERT_EQUAL(memcmp(buf + AT, cipher, (size_t)len + 16), 0);
	CU_ASSERT_TRUE(run(nonce, aad, 8, (unsigned int)len, false));
	CU_ASSERT_EQUAL(memcmp(buf + AT, plain, (size_t)len), 0);
}

/* ---- Wycheproof ---------------------------------------------------------------------------- */

static unsigned int n_run, n_skipped;

/* The bytes of a test; what is not there is empty. Negative lengths: too long for us. */
struct wy {
	uint8_t key[128], iv[64], aad[64], msg[ROOM], ct[ROOM], tag[64];
	int key_len, iv_len, aad_len, msg_len, ct_len, tag_len;
	bool valid;
};

static int
field(const json_t *test, const char *name, uint8_t *out, size_t room)
{
	const json_t *s = json_object_get(test, name);

	return s == NULL ? 0 : unhex(json_string_value(s), out, room);
}

static const char *
vectors_dir(void)
{
	const char *root = getenv("CULVERT_SOURCE_ROOT");
	static char dir[512];

	snprintf(dir, sizeof(dir), "%s/../shared/vectors", root != NULL ? root : ".");
	return dir;
}

/* Call @fn for each test of a file; it says whether the test has a place in ESP. */
static void
each(const char *file, bool (*fn)(const struct wy *w, int arg), int arg)
{
	static struct wy w;
	json_t *doc, *group, *test;
	char path[600];
	size_t g, t;

	snprintf(path, sizeof(path), "%s/wycheproof/%s", vectors_dir(), file);
	doc = json_load_file(path, 0, NULL);
	if (doc == NULL) {
		printf("SKIPPED: no %s ... ", path);
		return;
	}
	n_run = n_skipped = 0;
	json_array_foreach(json_object_get(doc, "testGroups"), g, group)
		json_array_foreach(json_object_get(group, "tests"), t, test)
		{
			w.key_len = field(test, "key", w.key, sizeof(w.key));
			w.iv_len = field(test, "iv", w.iv, sizeof(w.iv));
			w.aad_len = field(test, "aad", w.aad, sizeof(w.aad));
			w.msg_len = field(test, "msg", w.msg, 1024);
			w.ct_len = field(test, "ct", w.ct, 1024);
			w.tag_len = field(test, "tag", w.tag, sizeof(w.tag));
			w.valid = strcmp(json_string_value(json_object_get(test, "result")),
					"valid") == 0;
			if (fn(&w, arg))
				n_run++;
			else
				n_skipped++;
		}
	json_decref(doc);
	printf("%s: %u run, %u have no place in ESP ... ", file, n_run, n_skipped);
	CU_ASSERT_TRUE(n_run > 10);
}

static bool
wy_chacha(const struct wy *w, int arg)
{
	(void)arg;
	if (w->iv_len != 12 || w->key_len != 32 || w->aad_len < 0 || w->aad_len > 16 ||
			w->msg_len <= 0 || w->tag_len != 16)
		return false;
	keys(CHAN_ESP_CHACHA20_POLY1305, w->key, NULL, 0);
	memcpy(buf + AT, w->ct, (size_t)w->ct_len);
	memcpy(buf + AT + w->ct_len, w->tag, 16);
	CU_ASSERT_EQUAL(run(w->iv, w->aad, (unsigned int)w->aad_len, (unsigned int)w->ct_len,
			false),
			w->valid);
	if (!w->valid)
		return true;
	CU_ASSERT_EQUAL(memcmp(buf + AT, w->msg, (size_t)w->msg_len), 0);
	CU_ASSERT_TRUE(run(w->iv, w->aad, (unsigned int)w->aad_len, (unsigned int)w->ct_len, true));
	CU_ASSERT_EQUAL(memcmp(buf + AT, w->ct, (size_t)w->ct_len), 0);
	CU_ASSERT_EQUAL(memcmp(buf + AT + w->ct_len, w->tag, 16), 0);
	return true;
}

/* A message that is authenticated only: its first @head bytes stand where header and IV are. */
static bool
auth_only(const struct wy *w, enum chan_esp_alg alg, unsigned int aad_len)
{
	unsigned int head = 8u + esp_algs[alg].iv_len, icv_len = esp_algs[alg].icv_len, len;
	bool whole;

	if (w->msg_len < (int)head + 1 || w->tag_len < (int)icv_len)
		return false;
	len = (unsigned int)w->msg_len - head;
	memcpy(buf + AT - head, w->msg, (size_t)w->msg_len);
	CU_ASSERT_TRUE(run(w->iv, NULL, aad_len, len, true));
	whole = memcmp(buf + AT + len, w->tag, icv_len) == 0;
	/* A tag may be wrong in what is cut off only. */
	if (w->valid || w->tag_len == (int)icv_len)
		CU_ASSERT_EQUAL(whole, w->valid);
	memcpy(buf + AT + len, w->tag, icv_len);
	CU_ASSERT_EQUAL(run(w->iv, NULL, aad_len, len, false), whole);
	CU_ASSERT_EQUAL(memcmp(buf + AT - head, w->msg, (size_t)w->msg_len), 0);
	return true;
}

static bool
wy_gmac(const struct wy *w, int arg)
{
	static const enum chan_esp_alg algs[] = { CHAN_ESP_AES128_GMAC, CHAN_ESP_AES192_GMAC,
		CHAN_ESP_AES256_GMAC };

	(void)arg;
	if (w->iv_len != 12 || (w->key_len != 16 && w->key_len != 24 && w->key_len != 32))
		return false;
	keys(algs[(w->key_len - 16) / 8], w->key, NULL, 0);
	return auth_only(w, (enum chan_esp_alg)sa.alg, 8);
}

static bool
wy_mac(const struct wy *w, int alg)
{
	if (w->key_len <= 0 || w->key_len > 64 ||
			(alg == CHAN_ESP_NULL_CMAC_96 && w->key_len != 16))
		return false;
	keys((enum chan_esp_alg)alg, w->key, w->key, (unsigned int)w->key_len);
	return auth_only(w, (enum chan_esp_alg)alg, 0);
}

static void
wycheproof(void)
{
	each("chacha20_poly1305_test.json", wy_chacha, 0);
	each("aes_gmac_test.json", wy_gmac, 0);
	each("aes_cmac_test.json", wy_mac, CHAN_ESP_NULL_CMAC_96);
	each("hmac_sha1_test.json", wy_mac, CHAN_ESP_NULL_SHA1_96);
	each("hmac_sha256_test.json", wy_mac, CHAN_ESP_NULL_SHA256_128);
	each("hmac_sha384_test.json", wy_mac, CHAN_ESP_NULL_SHA384_192);
	each("hmac_sha512_test.json", wy_mac, CHAN_ESP_NULL_SHA512_256);
}

/* ---- packets of other makers --------------------------------------------------------------- */

struct secret {
	uint32_t spi;
	enum chan_esp_alg alg;
	uint8_t key[32];
};

/* Lines of "SPI@address cipher:key" as tcpdump -E takes them; without authentication keys. */
static unsigned int
read_secrets(struct secret *s, unsigned int max)
{
	char path[600], line[512], name[64], hex[256];
	unsigned int n = 0, spi;
	FILE *f;

	snprintf(path, sizeof(path), "%s/captures/esp-secrets.txt", vectors_dir());
	f = fopen(path, "r");
	while (f != NULL && n < max && fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "0x%x@%*s %63[^:]:0x%255s", &spi, name, hex) != 3)
			continue;
		s[n].spi = spi;
		s[n].alg = strncmp(name, "3des", 4) == 0 ? CHAN_ESP_3DES_CBC_SHA1_96 :
							   CHAN_ESP_AES256_CBC_SHA1_96;
		unhex(hex, s[n].key, sizeof(s[n].key));
		n++;
	}
	if (f != NULL)
		fclose(f);
	return n;
}

static bool
ip_ok(const uint8_t *p, unsigned int len)
{
	uint32_t sum = 0;

	if (len < 20 || p[0] != 0x45 || (p[2] << 8 | p[3]) != (int)len)
		return false;
	for (unsigned int i = 0; i < 20; i += 2)
		sum += (uint32_t)(p[i] << 8 | p[i + 1]);
	return (sum & 0xffff) + (sum >> 16) == 0xffff;
}

/*
 * Decrypt ESP of @len bytes at @esp. @return whether an IP packet in tunnel mode came out.
 * Nobody has the authentication keys: not ok, but decrypted.
 */
static bool
open_esp(const struct secret *s, unsigned int n, const uint8_t *esp, unsigned int len)
{
	static const uint8_t no_key[20];
	unsigned int head, body, inner;
	rte_be32_t spi_be;
	uint32_t spi;

	memcpy(&spi_be, esp, sizeof(spi_be));
	spi = rte_be_to_cpu_32(spi_be);
	while (n > 0 && s[n - 1].spi != spi)
		n--;
	if (n == 0)
		return false;
	s += n - 1;
	keys(s->alg, s->key, no_key, sizeof(no_key));
	head = 8u + esp_algs[s->alg].iv_len;
	if (len < head + 12u + 20u || (len - head - 12) % esp_algs[s->alg].align != 0)
		return false;
	body = len - head - 12;
	memmove(buf + AT - head, esp, len);
	CU_ASSERT_FALSE(run(NULL, NULL, 0, body, false));
	inner = body - 2 - buf[AT + body - 2];
	return buf[AT + body - 1] == 4 && inner < body && ip_ok(buf + AT, inner);
}

static unsigned int
open_pcap(const struct secret *s, unsigned int n, const char *file)
{
	static uint8_t pcap[65536];
	char path[600];
	unsigned int n_ok = 0;
	size_t size, at = 24;
	uint32_t link = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/captures/%s", vectors_dir(), file);
	f = fopen(path, "rb");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	size = fread(pcap, 1, sizeof(pcap), f);
	fclose(f);
	memcpy(&link, pcap + 20, 4);
	link = pcap[0] == 0xa1 ? rte_bswap32(link) : link;
	while (at + 16 < size) {
		uint32_t len;
		const uint8_t *ip;

		memcpy(&len, pcap + at + 8, 4);
		len = pcap[0] == 0xa1 ? rte_bswap32(len) : len;
		ip = pcap + at + 16 + (link == 1 ? 14 : 0);
		at += 16 + len;
		if (at <= size && ip[0] == 0x45)
			n_ok += open_esp(s, n, ip + 20, (uint32_t)(ip[2] << 8 | ip[3]) - 20);
	}
	return n_ok;
}

static void
packets_of_other_makers(void)
{
	struct secret s[8];
	unsigned int n = read_secrets(s, RTE_DIM(s));

	if (n == 0) {
		printf("SKIPPED: no %s/captures ... ", vectors_dir());
		return;
	}
	CU_ASSERT_EQUAL(n, 3);
	/* The other captures of ESP were made with a key that is not in the file. */
	CU_ASSERT_EQUAL(open_pcap(s, n, "08-sunrise-sunset-aes.pcap"), 8);
	CU_ASSERT_EQUAL(open_pcap(s, n, "08-sunrise-sunset-esp2.pcap"), 8);
}

static void
finish(void)
{
	crypt_fini(&crypt);
}

static const struct cu_case cases[] = {
	CU_CASE(start),
	CU_CASE(ciphers_of_the_rfcs),
	CU_CASE(xcbc_of_rfc_3566),
	CU_CASE(gcm_of_the_draft),
	CU_CASE(chacha20_poly1305_of_rfc_7634),
	CU_CASE(wycheproof),
	CU_CASE(packets_of_other_makers),
	CU_CASE(finish),
};
CU_MAIN("esp_vectors", cases)
