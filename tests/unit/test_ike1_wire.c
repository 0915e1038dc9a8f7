/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bytes of IKEv1: the third message of main mode as libreswan sends it with certificates, whose
 * last payload does not end at a multiple of four bytes; each prefix of it is refused. Proposals
 * that are to be taken together.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ike/ike1_wire.h"
#include "tests/unit/cu.h"

#define CA_NAME_LEN 33

/* KE, nonce and a request for certificates of a CA whose name is of odd length. */
static size_t
key_message(uint8_t *buf, size_t cap)
{
	struct wr w = wr_init(buf, cap);
	struct ike_chain c = ike_chain_init(&w);
	uint8_t ke[128] = { 5 }, nonce[32] = { 7 }, name[CA_NAME_LEN] = { 0x30 };

	ike_put_blob(&c, IKE1_PL_KE, ke, sizeof(ke));
	ike_put_blob(&c, IKE1_PL_NONCE, nonce, sizeof(nonce));
	ike_chain_begin(&c, IKE1_PL_CERTREQ);
	wr_u8(&w, IKE_CERT_X509);
	wr_bytes(&w, name, sizeof(name));
	ike_chain_end(&c);
	CU_ASSERT_FALSE_FATAL(w.bad);
	return w.len;
}

/* From a heap copy of exactly @len bytes, zeros behind the @there that are there. */
static int
parse(const uint8_t *payloads, size_t there, size_t len, bool encrypted)
{
	uint8_t *copy = calloc(1, len != 0 ? len : 1);
	struct ike1_msg m = { 0 };
	struct rd r;
	int err;

	CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
	memcpy(copy, payloads, there < len ? there : len);
	r = rd_init(copy, len);
	err = ike1_parse(&r, IKE1_PL_KE, encrypted, &m);
	if (err == 0) {
		CU_ASSERT_EQUAL(m.ke.len, 128);
		CU_ASSERT_EQUAL(m.nonce.len, 32);
	}
	free(copy);
	return err;
}

static void
message_may_be_aligned(void)
{
	uint8_t buf[512];
	size_t len = key_message(buf, sizeof(buf));

	CU_ASSERT_NOT_EQUAL(len % 4, 0);
	for (size_t n = 0; n < len; n++)
		CU_ASSERT_EQUAL(parse(buf, len, n, false), -EBADMSG);
	for (size_t more = 0; more < 4; more++)
		CU_ASSERT_EQUAL(parse(buf, len, len + more, false), 0);
	CU_ASSERT_EQUAL(parse(buf, len, len + 4, false), -EBADMSG);
	CU_ASSERT_EQUAL(parse(buf, len, len + 4, true), 0);
}

/* ---- proposals that belong together ---------------------------------------------------------- */

enum { AH = 2, ESP = 3, IPCOMP = 4 };

/* One proposal of quick mode with one transform: in ESP AES-CBC-128 with HMAC-SHA1-96. */
struct offered {
	uint8_t num, proto;
};

static void
put_offered(struct wr *w, const struct offered *o, bool last)
{
	/* clang-format off */
	static const uint8_t attributes[] = {
		0x80, 4, 0, IKE1_MODE_TRANSPORT,
		0x80, 5, 0, 2,
		0x80, 6, 0, 128,
	};
	/* clang-format on */
	uint8_t spi_len = o->proto == IPCOMP ? 2 : 4;

	wr_u8(w, last ? 0 : 2);
	wr_u8(w, 0);
	wr_be16(w, (uint16_t)(8 + spi_len + 8 + sizeof(attributes)));
	wr_u8(w, o->num);
	wr_u8(w, o->proto);
	wr_u8(w, spi_len);
	wr_u8(w, 1);
	for (int i = 0; i < spi_len; i++)
		wr_u8(w, (uint8_t)(0x10 * o->num + i + 1));
	wr_be32(w, (uint32_t)(8 + sizeof(attributes))); /* the only one, reserved, length */
	wr_u8(w, 1);
	wr_u8(w, o->proto == ESP ? 12 : 2);
	wr_be16(w, 0);
	wr_bytes(w, attributes, sizeof(attributes));
}

/* RFC 2408 section 4.2: all of one number or none of it. The number that is taken, or -1. */
static int
taken(const struct offered *o, size_t n)
{
	struct ike_proposal_cfg cfg = { .encr = { { IKE_ENCR_AES_CBC, 128 } }, .n_encr = 1,
		.integ = { IKE_INTEG_HMAC_SHA1_96 }, .n_integ = 1 };
	struct ike1_terms t = { .cfg = &cfg, .n = 1, .mode = IKE1_MODE_TRANSPORT };
	uint8_t buf[256], num;
	struct wr w = wr_init(buf, sizeof(buf));
	struct ike_blob body, chosen;
	struct ike1_suite suite;
	uint32_t spi;

	wr_be32(&w, 1); /* IPsec DOI, SIT_IDENTITY_ONLY */
	wr_be32(&w, 1);
	for (size_t i = 0; i < n; i++)
		put_offered(&w, &o[i], i + 1 == n);
	CU_ASSERT_FALSE_FATAL(w.bad);
	body = (struct ike_blob){ .p = buf, .len = w.len };
	if (!ike1_choose(&body, &t, &suite, &chosen, &num, &spi))
		return -1;
	CU_ASSERT_EQUAL(spi >> 24, 0x10u * num + 1);
	return num;
}

static void
what_belongs_together_is_not_taken_apart(void)
{
	static const struct {
		struct offered o[4];
		size_t n;
		int taken;
	} cases[] = {
		{ { { 1, ESP } }, 1, 1 },
		{ { { 1, AH }, { 2, ESP } }, 2, 2 },
		{ { { 1, ESP }, { 2, AH } }, 2, 1 },
		{ { { 0, ESP }, { 1, ESP } }, 2, 0 },
		/* strongSwan and libreswan with compression */
		{ { { 0, ESP }, { 0, IPCOMP } }, 2, -1 },
		{ { { 0, ESP }, { 0, IPCOMP }, { 1, ESP } }, 3, 1 },
		{ { { 0, IPCOMP }, { 0, ESP }, { 1, ESP } }, 3, 1 },
		/* IOS: ah-sha-hmac esp-aes */
		{ { { 1, AH }, { 1, ESP }, { 2, ESP } }, 3, 2 },
		{ { { 1, ESP }, { 1, AH } }, 2, -1 },
		{ { { 1, AH }, { 1, ESP }, { 1, IPCOMP } }, 3, -1 },
		{ { { 1, AH }, { 1, ESP }, { 1, IPCOMP }, { 2, ESP } }, 4, 2 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CU_ASSERT_EQUAL(taken(cases[i].o, cases[i].n), cases[i].taken);
}

static const struct cu_case cases[] = {
	{ "what belongs together is not taken apart", what_belongs_together_is_not_taken_apart },
	{ "a message may be aligned to four bytes", message_may_be_aligned },
};

CU_MAIN("ike1_wire", cases)
