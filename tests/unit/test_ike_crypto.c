/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IKEv2's cryptography: key derivation against NIST's vector, the Encrypted payload against a
 * capture of another maker and against itself with every byte changed, Diffie-Hellman with good
 * and bad public values. Expected values are read from the shared vectors when they are there.
 */
#include "controlplane/ike/ike_crypto.h"
#include "tests/unit/vectors.h"

static struct ike_crypto crypto;

static const struct ike_suite suites[] = {
	/* clang-format off */
	{ IKE_ENCR_AES_CBC,    128, IKE_PRF_HMAC_SHA1,     IKE_INTEG_HMAC_SHA1_96,      14, false },
	{ IKE_ENCR_AES_CBC,    256, IKE_PRF_HMAC_SHA2_256, IKE_INTEG_HMAC_SHA2_256_128, 19, false },
	{ IKE_ENCR_AES_CBC,    128, IKE_PRF_HMAC_SHA2_384, IKE_INTEG_HMAC_SHA2_384_192, 31, false },
	{ IKE_ENCR_AES_GCM_16, 128, IKE_PRF_HMAC_SHA2_256, 0,                           31, false },
	{ IKE_ENCR_AES_GCM_16, 256, IKE_PRF_HMAC_SHA2_384, 0,                           31, false },
	{ IKE_ENCR_AES_GCM_8,  192, IKE_PRF_HMAC_SHA2_512, 0,                           31, false },
	{ IKE_ENCR_AES_GCM_12, 128, IKE_PRF_AES128_XCBC,   0,                           31, false },
	{ IKE_ENCR_AES_CTR,    192, IKE_PRF_HMAC_SHA2_512, IKE_INTEG_HMAC_SHA2_512_256, 31, false },
	{ IKE_ENCR_AES_CTR,    256, IKE_PRF_AES128_CMAC,   IKE_INTEG_AES_CMAC_96,       31, false },
	{ IKE_ENCR_AES_CBC,    192, IKE_PRF_AES128_XCBC,   IKE_INTEG_AES_XCBC_96,       31, false },
	{ IKE_ENCR_3DES,       0,   IKE_PRF_HMAC_SHA1,     IKE_INTEG_HMAC_SHA1_96,      31, false },
	{ IKE_ENCR_CHACHA20_POLY1305, 0, IKE_PRF_HMAC_SHA2_256, 0,                      31, false },
	/* clang-format on */
};

#define N_SUITES (sizeof(suites) / sizeof(suites[0]))

/* ---- vectors of others ---------------------------------------------------------------------- */

/* The inputs of NIST's case (SP 800-135 component test, IKEv2, SHA-1, 132 bytes). */
static const uint8_t ni[] = { 0x32, 0xb5, 0x0d, 0x5f, 0x4a, 0x37, 0x63, 0xf3 };
static const uint8_t nr[] = { 0x92, 0x06, 0xa0, 0x4b, 0x26, 0x56, 0x4c, 0xb1 };
static const uint8_t gir[] = { 0x4b, 0x2c, 0x1f, 0x97, 0x19, 0x81, 0xa8, 0xad, 0x8d, 0x0a, 0xbe,
	0xaf, 0xab, 0xf3, 0x8c, 0xf7, 0x5f, 0xc8, 0x34, 0x9c, 0x14, 0x81, 0x42, 0x46, 0x5e, 0xd9,
	0xc8, 0xb5, 0x16, 0xb8, 0xbe, 0x52 };
static const uint8_t gir_new[] = { 0x86, 0x3f, 0x3c, 0x9d, 0x06, 0xef, 0xd3, 0x9d, 0x2b, 0x90, 0x7b,
	0x97, 0xf8, 0x69, 0x9e, 0x5d, 0xd5, 0x25, 0x1e, 0xf6, 0x4a, 0x2a, 0x17, 0x6f, 0x36, 0xee,
	0x40, 0xc8, 0x7d, 0x4f, 0x93, 0x30 };

static struct ike_keymat_in
nist_in(bool rekey)
{
	return (struct ike_keymat_in){ .ni = { ni, sizeof(ni) },
		.nr = { nr, sizeof(nr) },
		.gir = { rekey ? gir_new : gir, 32 },
		.spi_i = 0x34c9e7c188868785,
		.spi_r = 0x3ff77d760d2b2199 };
}

/* SK_d | SK_ai | SK_ar | SK_ei | SK_er | SK_pi | SK_pr of the first suite, as one string. */
static void
flatten(const struct ike_keys *k, uint8_t out[132])
{
	memcpy(out, k->d, 20);
	memcpy(out + 20, k->a[0], 20);
	memcpy(out + 40, k->a[1], 20);
	memcpy(out + 60, k->e[0], 16);
	memcpy(out + 76, k->e[1], 16);
	memcpy(out + 92, k->p[0], 20);
	memcpy(out + 112, k->p[1], 20);
}

static void
keys_are_those_of_nist(void)
{
	uint8_t want[132], got[132], seed[20];
	struct ike_keymat_in in = nist_in(false), rekey = nist_in(true);
	struct ike_blob parts[3] = { rekey.gir, rekey.ni, rekey.nr };
	struct ike_keys k = { 0 };
	size_t len;
	char *json = vector_file("acvp/ikev2.json", &len);

	if (json == NULL)
		return;
	CU_ASSERT_EQUAL(ike_derive_sa(&crypto, &suites[0], &in, 0, NULL, &k), 0);
	CU_ASSERT_EQUAL(json_hex(json, "derivedKeyingMaterial", want, sizeof(want)), sizeof(want));
	flatten(&k, got);
	CU_ASSERT_EQUAL(memcmp(got, want, sizeof(want)), 0);
	/* KEYMAT of a Child SA without and with a key exchange */
	json_hex(json, "derivedKeyingMaterialChild", want, sizeof(want));
	CU_ASSERT_EQUAL(ike_prf_plus(&crypto, IKE_PRF_HMAC_SHA1, k.d, 20, parts + 1, 2, got, 132),
			0);
	CU_ASSERT_EQUAL(memcmp(got, want, sizeof(want)), 0);
	json_hex(json, "derivedKeyingMaterialDh", want, sizeof(want));
	CU_ASSERT_EQUAL(ike_prf_plus(&crypto, IKE_PRF_HMAC_SHA1, k.d, 20, parts, 3, got, 132), 0);
	CU_ASSERT_EQUAL(memcmp(got, want, sizeof(want)), 0);
	/* SKEYSEED of a rekeyed IKE SA */
	json_hex(json, "sKeySeedReKey", want, 20);
	CU_ASSERT_EQUAL(ike_prf(&crypto, IKE_PRF_HMAC_SHA1, k.d, 20, parts, 3, seed), 0);
	CU_ASSERT_EQUAL(memcmp(seed, want, 20), 0);
	free(json);
}

/* RFC 7296 section 2.17: encryption before integrity, initiator's direction first. */
static void
child_keys_are_cut_in_order(void)
{
	struct ike_keymat_in in = nist_in(true);
	struct ike_suite esp = { .encr = IKE_ENCR_AES_CBC,
		.key_bits = 256,
		.integ = IKE_INTEG_HMAC_SHA2_256_128,
		.esn = true };
	struct ike_blob parts[3] = { in.gir, in.ni, in.nr };
	struct ike_child_keys k[2] = { { 0 } };
	uint8_t d[32] = { 3 }, mat[128];

	CU_ASSERT_EQUAL(ike_prf_plus(&crypto, IKE_PRF_HMAC_SHA2_256, d, 32, parts, 3, mat, 128), 0);
	CU_ASSERT_EQUAL(ike_derive_child(&crypto, IKE_PRF_HMAC_SHA2_256, d, &esp, &in, k), 0);
	CU_ASSERT_EQUAL(memcmp(k[0].enc_key, mat, 32), 0);
	CU_ASSERT_EQUAL(memcmp(k[0].auth_key, mat + 32, 32), 0);
	CU_ASSERT_EQUAL(memcmp(k[1].enc_key, mat + 64, 32), 0);
	CU_ASSERT_EQUAL(memcmp(k[1].auth_key, mat + 96, 32), 0);
	CU_ASSERT_TRUE(k[0].esn && k[0].salt_len == 0 && k[0].auth_key_len == 32);
	esp = (struct ike_suite){ .encr = IKE_ENCR_AES_GCM_16, .key_bits = 128 };
	CU_ASSERT_EQUAL(ike_derive_child(&crypto, IKE_PRF_HMAC_SHA2_256, d, &esp, &in, k), 0);
	CU_ASSERT_EQUAL(memcmp(k[0].salt, mat + 16, 4), 0);
	CU_ASSERT_EQUAL(memcmp(k[1].enc_key, mat + 20, 16), 0);
	CU_ASSERT_EQUAL(k[1].salt_len, 4);
	CU_ASSERT_EQUAL(k[1].auth_key_len, 0);
}

/* The "sha1:0x..." and "aes128:0x..." keys of one line of tcpdump's secrets file. */
static void
secrets_line(const char *text, char dir, uint8_t *a, uint8_t *e)
{
	char start[16];
	const char *line, *sha, *aes;

	snprintf(start, sizeof(start), "ikev2 %c ", dir);
	line = strstr(text, start);
	CU_ASSERT_PTR_NOT_NULL_FATAL(line);
	sha = strstr(line, "sha1:0x");
	aes = strstr(line, "aes128:0x");
	CU_ASSERT_TRUE_FATAL(sha != NULL && aes != NULL);
	unhex(sha + 7, a, 20);
	unhex(aes + 9, e, 16);
}

/*
 * An IKE_AUTH request of another maker, with its secrets. The capture was made with a checksum
 * that these keys do not give, so it is refused as it is and opens with the right one.
 */
static void
a_captured_message_decrypts(void)
{
	size_t pcap_len, text_len;
	char *text = vector_file("captures/ikev2pI2-secrets.txt", &text_len);
	char *pcap = vector_file("captures/ikev2pI2.pcap", &pcap_len);
	struct ike_keys k = { 0 };
	bool opened = false;

	if (text != NULL && pcap != NULL) {
		struct rd file = rd_init(pcap, pcap_len);

		secrets_line(text, 'I', k.a[0], k.e[0]);
		secrets_line(text, 'R', k.a[1], k.e[1]);
		rd_bytes(&file, 24);
		while (rd_left(&file) > 0) {
			const uint8_t *h = rd_bytes(&file, 16);
			struct rd frame = rd_sub(&file, h != NULL ? h[8] | (size_t)h[9] << 8 : 0);
			uint8_t plain[2048], msg[2048], mac[20];
			struct ike_blob signed_part;
			struct ike_msg m;
			struct rd r;
			int n;

			rd_bytes(&frame, 4 + 20 + 8); /* null link, IP, UDP */
			r = frame;
			if (ike_msg_parse(&r, &m) != 0 || m.sk.p == NULL || m.raw.len > sizeof(msg))
				continue;
			n = ike_sk_open(&crypto, &suites[0], &k, 0, m.raw.p, m.raw.len, m.sk_off,
					plain);
			CU_ASSERT_TRUE(n < 0);
			memcpy(msg, m.raw.p, m.raw.len);
			signed_part = (struct ike_blob){ .p = msg, .len = m.raw.len - 12 };
			CU_ASSERT_EQUAL(ike_prf(&crypto, IKE_PRF_HMAC_SHA1, k.a[0], 20,
							&signed_part, 1, mac),
					0);
			memcpy(msg + m.raw.len - 12, mac, 12);
			n = ike_sk_open(&crypto, &suites[0], &k, 0, msg, m.raw.len, m.sk_off,
					plain);
			CU_ASSERT_TRUE(n > 0);
			r = rd_init(plain, n > 0 ? (size_t)n : 0);
			CU_ASSERT_EQUAL(ike_msg_parse_inner(&r, m.sk_next, &m), 0);
			CU_ASSERT_TRUE(m.idi.len == 8 && m.idi.p[0] == IKE_ID_FQDN &&
					memcmp(m.idi.p + 4, "west", 4) == 0);
			opened = true;
		}
		CU_ASSERT_TRUE(opened);
	}
	free(text);
	free(pcap);
}

/* ---- the Encrypted payload ------------------------------------------------------------------ */

static void
fill_keys(struct ike_keys *k)
{
	for (size_t i = 0; i < sizeof(*k); i++)
		((uint8_t *)k)[i] = (uint8_t)(i * 7 + 1);
}

static void
what_is_sealed_opens_and_nothing_else(void)
{
	struct ike_keys k;

	fill_keys(&k);
	for (size_t s = 0; s < N_SUITES; s++) {
		for (size_t plain = 0; plain < 50; plain += 7) {
			const size_t aad = 32, iv = ike_sk_iv_len(&suites[s]);
			const size_t len = aad + ike_sk_total(&suites[s], plain);
			uint8_t *msg = calloc(1, len), out[256];

			memset(msg + aad + iv, 0x5a, plain);
			CU_ASSERT_EQUAL(ike_sk_seal(&crypto, &suites[s], &k, 0, msg, aad, plain),
					0);
			CU_ASSERT_EQUAL(ike_sk_open(&crypto, &suites[s], &k, 0, msg, len, aad, out),
					(int)plain);
			for (size_t i = 0; i < plain; i++)
				CU_ASSERT_EQUAL(out[i], 0x5a);
			/* the other direction's keys, any changed byte, any shorter message */
			CU_ASSERT_TRUE(ike_sk_open(&crypto, &suites[s], &k, 1, msg, len, aad, out) <
					0);
			for (size_t i = 0; i < len; i++) {
				msg[i] ^= 1;
				CU_ASSERT_TRUE(ike_sk_open(&crypto, &suites[s], &k, 0, msg, len,
							       aad, out) < 0);
				msg[i] ^= 1;
			}
			for (size_t n = aad; n < len; n++)
				CU_ASSERT_TRUE(ike_sk_open(&crypto, &suites[s], &k, 0, msg, n, aad,
							       out) < 0);
			free(msg);
		}
	}
}

/* ---- Diffie-Hellman ------------------------------------------------------------------------- */

static const struct {
	uint16_t id;
	size_t secret_len;
} groups[] = { { IKE_GROUP_MODP1024, 128 }, { IKE_GROUP_MODP1536, 192 },
	{ IKE_GROUP_MODP2048, 256 },
	{ IKE_GROUP_MODP3072, 384 }, { IKE_GROUP_MODP4096, 512 }, { IKE_GROUP_ECP256, 32 },
	{ IKE_GROUP_ECP384, 48 }, { IKE_GROUP_ECP521, 66 }, { IKE_GROUP_X25519, 32 },
	{ IKE_GROUP_X448, 56 } };

static void
both_sides_agree(void)
{
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++) {
		struct ike_kex a = { .group = groups[i].id }, b = { .group = groups[i].id };

		CU_ASSERT_EQUAL(ike_kex_generate(&a), 0);
		CU_ASSERT_EQUAL(ike_kex_generate(&b), 0);
		CU_ASSERT_EQUAL(a.len, ike_group_len(groups[i].id));
		CU_ASSERT_EQUAL(ike_kex_derive(&a, b.pub, b.len), 0);
		CU_ASSERT_EQUAL(ike_kex_derive(&b, a.pub, a.len), 0);
		CU_ASSERT_EQUAL(a.secret_len, groups[i].secret_len);
		CU_ASSERT_EQUAL(a.secret_len, b.secret_len);
		CU_ASSERT_EQUAL(memcmp(a.secret, b.secret, a.secret_len), 0);
		ike_kex_wipe(&a);
		ike_kex_wipe(&b);
	}
}

/* RFC 6989: 0, 1, p - 1 and p of the prime; a point off the curve; low order on curve25519. */
static void
bad_public_values_are_refused(void)
{
	uint8_t v[256];
	struct ike_kex k = { .group = IKE_GROUP_MODP2048 };

	CU_ASSERT_EQUAL(ike_kex_generate(&k), 0);
	memset(v, 0, sizeof(v));
	CU_ASSERT_NOT_EQUAL(ike_kex_derive(&k, v, 256), 0);
	v[255] = 1;
	CU_ASSERT_NOT_EQUAL(ike_kex_derive(&k, v, 256), 0);
	memset(v, 0xff, sizeof(v));
	CU_ASSERT_NOT_EQUAL(ike_kex_derive(&k, v, 256), 0);
	CU_ASSERT_NOT_EQUAL(ike_kex_derive(&k, k.pub, 255), 0);
	ike_kex_wipe(&k);
	k.group = IKE_GROUP_ECP256;
	CU_ASSERT_EQUAL(ike_kex_generate(&k), 0);
	memcpy(v, k.pub, 64);
	v[63] ^= 1;
	CU_ASSERT_NOT_EQUAL(ike_kex_derive(&k, v, 64), 0);
	memset(v, 0, sizeof(v));
	CU_ASSERT_NOT_EQUAL(ike_kex_derive(&k, v, 64), 0);
	ike_kex_wipe(&k);
	k.group = IKE_GROUP_X25519;
	CU_ASSERT_EQUAL(ike_kex_generate(&k), 0);
	CU_ASSERT_NOT_EQUAL(ike_kex_derive(&k, v, 32), 0);
	v[0] = 1;
	CU_ASSERT_NOT_EQUAL(ike_kex_derive(&k, v, 32), 0);
	ike_kex_wipe(&k);
	k.group = 1; /* 768 bits: not spoken */
	CU_ASSERT_NOT_EQUAL(ike_kex_generate(&k), 0);
}

static const struct cu_case cases[] = {
	CU_CASE(keys_are_those_of_nist),
	CU_CASE(child_keys_are_cut_in_order),
	CU_CASE(a_captured_message_decrypts),
	CU_CASE(what_is_sealed_opens_and_nothing_else),
	CU_CASE(both_sides_agree),
	CU_CASE(bad_public_values_are_refused),
};

int
main(void)
{
	int status;

	if (ike_crypto_init(&crypto) != 0)
		return 2;
	status = cu_run("ike_crypto", cases, sizeof(cases) / sizeof(cases[0]));
	ike_crypto_fini(&crypto);
	return status;
}
