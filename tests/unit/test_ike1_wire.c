/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bytes of IKEv1: the third message of main mode as libreswan sends it with certificates, whose
 * last payload does not end at a multiple of four bytes; each prefix of it is refused.
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

static const struct cu_case cases[] = {
	{ "a message may be aligned to four bytes", message_may_be_aligned },
};

CU_MAIN("ike1_wire", cases)
