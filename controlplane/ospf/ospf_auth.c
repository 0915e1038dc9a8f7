/* SPDX-License-Identifier: BSD-3-Clause */
/* Authentication; see ospf_auth.h. */
#include "controlplane/ospf/ospf_auth.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>

#define MD5_LEN    16
#define APAD       0x878fe1f3u /* RFC 5709 section 3.3 */
#define PROTO_ID   3           /* of OSPFv2, RFC 7474 section 5 */
#define BLOCK_MAX  128         /* of the hashes */

struct piece {
	const uint8_t *p;
	size_t len;
};

static const struct {
	const char *name;
	uint8_t len;
} algs[OSPF_N_ALGS] = {
	[OSPF_ALG_MD5] = { "md5", MD5_LEN },
	[OSPF_ALG_HMAC_SHA1] = { "hmac-sha-1", 20 },
	[OSPF_ALG_HMAC_SHA256] = { "hmac-sha-256", 32 },
	[OSPF_ALG_HMAC_SHA384] = { "hmac-sha-384", 48 },
	[OSPF_ALG_HMAC_SHA512] = { "hmac-sha-512", 64 },
};

static const EVP_MD *
md_of(uint8_t alg)
{
	switch (alg) {
	case OSPF_ALG_MD5:
		return EVP_md5();
	case OSPF_ALG_HMAC_SHA1:
		return EVP_sha1();
	case OSPF_ALG_HMAC_SHA256:
		return EVP_sha256();
	case OSPF_ALG_HMAC_SHA384:
		return EVP_sha384();
	}
	return EVP_sha512();
}

const char *
ospf_alg_str(uint8_t alg)
{
	return alg < OSPF_N_ALGS ? algs[alg].name : "?";
}

const char *
ospf_auth_verdict_str(enum ospf_auth_verdict v)
{
	static const char *const words[] = { "good", "another type of authentication",
		"wrong password", "no such key, or not valid now", "digest of the wrong length",
		"wrong digest: another key, or the packet was changed" };

	return words[v];
}

/* Keyed MD5: over the packet and the secret, padded to 16 bytes. */
static int
digest_md5(const struct ospf_key *k, const uint8_t *pkt, size_t len, uint8_t *out)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t secret[MD5_LEN] = { 0 };
	unsigned int n;
	bool ok;

	memcpy(secret, k->secret, k->len < MD5_LEN ? k->len : MD5_LEN);
	ok = ctx != NULL && EVP_DigestInit_ex(ctx, md_of(k->alg), NULL) &&
			EVP_DigestUpdate(ctx, pkt, len) &&
			EVP_DigestUpdate(ctx, secret, sizeof(secret)) &&
			EVP_DigestFinal_ex(ctx, out, &n);
	EVP_MD_CTX_free(ctx);
	OPENSSL_cleanse(secret, sizeof(secret));
	return ok ? 0 : -EIO;
}

/* One of the two hashes of HMAC (RFC 2104): over the key, each byte xor @pad, then @n pieces. */
static bool
hash_padded(const EVP_MD *md, const uint8_t *ko, size_t ko_len, uint8_t pad,
		const struct piece *in, unsigned int n, uint8_t *out)
{
	size_t block = (size_t)EVP_MD_get_block_size(md);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t first[BLOCK_MAX];
	unsigned int len;
	bool ok;

	memset(first, pad, sizeof(first));
	for (size_t i = 0; i < ko_len; i++)
		first[i] ^= ko[i];
	ok = ctx != NULL && EVP_DigestInit_ex(ctx, md, NULL) &&
			EVP_DigestUpdate(ctx, first, block);
	for (unsigned int i = 0; i < n; i++)
		ok = ok && EVP_DigestUpdate(ctx, in[i].p, in[i].len);
	ok = ok && EVP_DigestFinal_ex(ctx, out, &len);
	EVP_MD_CTX_free(ctx);
	OPENSSL_cleanse(first, sizeof(first));
	return ok;
}

/*
 * RFC 5709 section 3.3: HMAC over the packet and Apad, which stands where the digest will. The
 * key is brought to the digest's length first. AuType 3 (RFC 7474): the protocol's number is
 * appended to the key, the sequence number stands behind the packet and is signed with it, and
 * Apad begins with the packet's source address.
 */
static int
digest_hmac(const struct ospf_key *k, bool extended, const uint8_t *pkt, size_t len, uint32_t src,
		uint8_t *out)
{
	size_t l = algs[k->alg].len, n_key = k->len;
	uint8_t key[OSPF_KEY_LEN + 2], ko[OSPF_DIGEST_MAX] = { 0 }, apad[OSPF_DIGEST_MAX];
	uint8_t inner[OSPF_DIGEST_MAX];
	struct wr w = wr_init(apad, sizeof(apad));
	const struct piece in[] = { { pkt, len }, { apad, l } }, in2[] = { { inner, l } };
	const EVP_MD *md = md_of(k->alg);
	unsigned int n;
	bool ok = true;

	memcpy(key, k->secret, k->len);
	if (extended) {
		key[n_key++] = 0;
		key[n_key++] = PROTO_ID;
	}
	while (w.len < l)
		wr_be32(&w, extended && w.len == 0 ? src : APAD);
	if (n_key > l)
		ok = EVP_Digest(key, n_key, ko, &n, md, NULL) == 1;
	else
		memcpy(ko, key, n_key);
	ok = ok && hash_padded(md, ko, l, 0x36, in, 2, inner) &&
			hash_padded(md, ko, l, 0x5c, in2, 1, out);
	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(ko, sizeof(ko));
	return ok ? 0 : -EIO;
}

static int
digest(const struct ospf_key *k, bool extended, const uint8_t *pkt, size_t len, uint32_t src,
		uint8_t *out)
{
	return k->alg == OSPF_ALG_MD5 ? digest_md5(k, pkt, len, out)
				      : digest_hmac(k, extended, pkt, len, src, out);
}

uint16_t
ospf_auth_autype(const struct ospf_auth *a)
{
	switch (a->type) {
	case OSPF_AUTH_SIMPLE:
		return OSPF_AU_SIMPLE;
	case OSPF_AUTH_CRYPT:
		return a->extended ? OSPF_AU_EXTENDED : OSPF_AU_CRYPT;
	}
	return OSPF_AU_NULL;
}

static bool
within(uint64_t from_s, uint64_t until_s, uint64_t now_s)
{
	return now_s >= from_s && (until_s == 0 || now_s < until_s);
}

const struct ospf_key *
ospf_auth_send_key(const struct ospf_auth *a, uint64_t wall_s)
{
	const struct ospf_key *best = NULL, *last = NULL, *first = NULL;

	for (uint8_t i = 0; i < a->n_keys; i++) {
		const struct ospf_key *k = &a->keys[i];

		if (within(k->send_from_s, k->send_until_s, wall_s) &&
				(best == NULL || k->send_from_s >= best->send_from_s))
			best = k;
		if (wall_s >= k->send_from_s &&
				(last == NULL || k->send_until_s > last->send_until_s))
			last = k;
		if (first == NULL || k->send_from_s < first->send_from_s)
			first = k;
	}
	/* D.3: rather an old key than none at all, and rather one to come than nothing. */
	return best != NULL ? best : last != NULL ? last : first;
}

/* "Auth Data Len": with RFC 7474 the sequence number is part of it. */
static uint8_t
auth_len(const struct ospf_auth *a, const struct ospf_key *k)
{
	return (uint8_t)(algs[k->alg].len + (a->extended ? OSPF_SEQ_EXT : 0));
}

size_t
ospf_auth_trailer(const struct ospf_auth *a, uint64_t wall_s)
{
	const struct ospf_key *k;

	if (a->type != OSPF_AUTH_CRYPT)
		return 0;
	k = ospf_auth_send_key(a, wall_s);
	return k != NULL ? auth_len(a, k) : 0u;
}

static uint64_t
next_seq(bool extended, uint64_t wall_s, uint64_t last)
{
	uint64_t clock = extended ? wall_s << 32 : wall_s & UINT32_MAX;

	if (!extended && last >= UINT32_MAX)
		last = 0; /* used up, or of another AuType */
	/* Each above the one before: AuType 2 has it not below, but FRR from 10.6 on refuses what is
	 * the same. And the clock may have been set back. */
	return clock > last ? clock : last + 1;
}

static int
sign_crypt(const struct ospf_auth *a, struct wr *w, uint32_t src, uint64_t wall_s, uint64_t *seq)
{
	const struct ospf_key *k = ospf_auth_send_key(a, wall_s);
	uint8_t d[OSPF_DIGEST_MAX];

	if (k == NULL)
		return -EIO;
	*seq = next_seq(a->extended, wall_s, *seq);
	wr_patch_u8(w, 19, auth_len(a, k));
	if (a->extended) {
		wr_patch_be32(w, 20, k->id);
		wr_be64(w, *seq);
	} else {
		wr_patch_u8(w, 18, k->id);
		wr_patch_be32(w, 20, (uint32_t)*seq);
	}
	if (digest(k, a->extended, w->buf, w->len, src, d) != 0)
		return -EIO;
	wr_bytes(w, d, algs[k->alg].len);
	return w->bad ? -ENOMEM : 0;
}

int
ospf_auth_sign(const struct ospf_auth *a, struct wr *w, uint32_t src, uint64_t wall_s,
		uint64_t *seq)
{
	uint32_t sum;

	if (w->bad || w->len > OSPF_PKT_MAX)
		return -ENOMEM;
	wr_patch_be16(w, 2, (uint16_t)w->len);
	wr_patch_be16(w, 14, ospf_auth_autype(a));
	if (a->type == OSPF_AUTH_CRYPT)
		return sign_crypt(a, w, src, wall_s, seq);
	sum = inet_sum(w->buf, w->len, 0);
	sum = inet_sum_fold(sum);
	memcpy(w->buf + 12, &(uint16_t){ (uint16_t)sum }, 2);
	if (a->type == OSPF_AUTH_SIMPLE && a->n_keys > 0)
		memcpy(w->buf + 16, a->keys[0].secret, 8);
	return 0;
}

static enum ospf_auth_verdict
check_crypt(const struct ospf_auth *a, const struct ospf_hdr *h, const uint8_t *pkt, size_t len,
		uint32_t src, uint64_t wall_s)
{
	enum ospf_auth_verdict v = OSPF_AUTH_KEY_ID;
	size_t signed_len = h->len + (a->extended ? OSPF_SEQ_EXT : 0u);
	uint8_t d[OSPF_DIGEST_MAX];

	for (uint8_t i = 0; i < a->n_keys; i++) {
		const struct ospf_key *k = &a->keys[i];

		if (k->id != h->key_id || !within(k->accept_from_s, k->accept_until_s, wall_s))
			continue;
		v = OSPF_AUTH_LENGTH;
		if (h->auth_len != auth_len(a, k) || len < (size_t)h->len + h->auth_len)
			continue;
		v = OSPF_AUTH_DIGEST;
		if (digest(k, a->extended, pkt, signed_len, src, d) == 0 &&
				CRYPTO_memcmp(d, pkt + signed_len, algs[k->alg].len) == 0)
			return OSPF_AUTH_OK;
	}
	return v;
}

enum ospf_auth_verdict
ospf_auth_check(const struct ospf_auth *a, const struct ospf_hdr *h, const uint8_t *pkt,
		size_t len, uint32_t src, uint64_t wall_s)
{
	if (h->autype != ospf_auth_autype(a))
		return OSPF_AUTH_TYPE;
	if (a->type == OSPF_AUTH_CRYPT)
		return check_crypt(a, h, pkt, len, src, wall_s);
	if (a->type == OSPF_AUTH_SIMPLE &&
			(a->n_keys == 0 || CRYPTO_memcmp(h->simple, a->keys[0].secret, 8) != 0))
		return OSPF_AUTH_PASSWORD;
	return OSPF_AUTH_OK;
}
