/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What others have sent: captured messages of IKEv1 (main and quick mode, NAT-T) and IKEv2 (COOKIE,
 * rekeys) are read to the last byte, each prefix of them is refused; and the keys of an ISAKMP SA
 * are those of NIST's vector. Both are read from the shared vectors when they are there.
 */
#include <errno.h>

#include "controlplane/ike/ike1_crypto.h"
#include "controlplane/ike/ike1_wire.h"
#include "controlplane/ike/ike_wire.h"
#include "tests/unit/vectors.h"

#define PCAP_HEADER  24
#define LINK_ETHERNET 1
#define LINK_IPV4_AT(link) ((link) == LINK_ETHERNET ? 14u : 4u) /* else BSD's null link */

/* What was seen in a capture. */
struct seen {
	unsigned int v1_clear, v1_encrypted, v2_clear, v2_encrypted;
	unsigned int ke, cookies, natt, proposals;
};

static unsigned int
le32(struct rd *r)
{
	const uint8_t *p = rd_bytes(r, 4);

	return p == NULL ? 0 : p[0] | p[1] << 8 | p[2] << 16 | (unsigned int)p[3] << 24;
}

/* On the heap, of exactly @len bytes. */
static uint8_t *
copy_of(const uint8_t *msg, size_t len)
{
	uint8_t *copy = malloc(len != 0 ? len : 1);

	CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
	memcpy(copy, msg, len);
	return copy;
}

static int
parse_v1(const uint8_t *msg, size_t len, struct ike1_msg *m)
{
	uint8_t *copy = copy_of(msg, len);
	struct rd r = rd_init(copy, len);
	int err;

	*m = (struct ike1_msg){ 0 };
	err = ike_hdr_parse(&r, &m->h);
	if (err == 0)
		err = ike1_parse(&r, m->h.next, false, m);
	free(copy);
	return err;
}

static int
parse_v2(const uint8_t *msg, size_t len, struct ike_msg *m)
{
	uint8_t *copy = copy_of(msg, len);
	struct rd r = rd_init(copy, len);
	int err;

	*m = (struct ike_msg){ 0 };
	err = ike_msg_parse(&r, m);
	free(copy);
	return err;
}

static void
message_v1(const uint8_t *msg, size_t len, struct seen *seen)
{
	struct ike1_msg m;

	CU_ASSERT_EQUAL(parse_v1(msg, len, &m), 0);
	seen->v1_clear++;
	seen->ke += m.ke.len != 0;
	seen->proposals += m.sa.len != 0;
	seen->natt += (m.can & IKE1_CAN_NATT) != 0;
	for (size_t n = IKE_HDR_LEN; n < len; n++)
		CU_ASSERT_EQUAL(parse_v1(msg, n, &m), -EBADMSG);
}

static void
message_v2(const uint8_t *msg, size_t len, struct seen *seen)
{
	struct ike_msg m;

	CU_ASSERT_EQUAL(parse_v2(msg, len, &m), 0);
	seen->v2_clear += m.sk.len == 0;
	seen->v2_encrypted += m.sk.len != 0;
	seen->ke += m.ke.len != 0;
	seen->proposals += m.sa.len != 0;
	for (unsigned int i = 0; i < m.n_notify; i++)
		seen->cookies += m.notify[i].type == IKE_N_COOKIE;
	for (size_t n = 0; n < len; n++)
		CU_ASSERT_EQUAL(parse_v2(msg, n, &m), -EBADMSG);
}

/* A datagram of port 500 or 4500. */
static void
datagram(struct rd *r, bool natt, struct seen *seen)
{
	struct rd copy;
	struct ike_hdr h;
	const uint8_t *msg;
	size_t len;

	if (natt && (rd_left(r) < 4 || rd_be32(r) != 0))
		return; /* a keepalive, or ESP */
	copy = *r;
	len = rd_left(r);
	CU_ASSERT_EQUAL_FATAL(ike_hdr_parse(&copy, &h), 0);
	CU_ASSERT_EQUAL(h.len, len);
	msg = rd_bytes(r, len);
	if (h.version == IKE_VERSION)
		message_v2(msg, len, seen);
	else if (h.flags & IKE1_FLAG_ENCRYPTED)
		seen->v1_encrypted++;
	else
		message_v1(msg, len, seen);
}

static bool
read_capture(const char *name, struct seen *seen)
{
	size_t len;
	char *pcap = vector_file(name, &len);
	struct rd file = rd_init(pcap, pcap != NULL ? len : 0);
	unsigned int link;

	*seen = (struct seen){ 0 };
	if (pcap == NULL)
		return false;
	rd_bytes(&file, PCAP_HEADER - 4);
	link = le32(&file);
	while (rd_left(&file) > 0) {
		struct rd frame, udp;
		uint16_t from, to, udp_len;
		unsigned int captured;

		rd_bytes(&file, 8); /* time */
		captured = le32(&file);
		rd_bytes(&file, 4); /* length on the wire */
		frame = rd_sub(&file, captured);
		rd_bytes(&frame, LINK_IPV4_AT(link));
		rd_bytes(&frame, 9);
		if (rd_u8(&frame) != 17)
			continue;
		rd_bytes(&frame, 10);
		from = rd_be16(&frame);
		to = rd_be16(&frame);
		udp_len = rd_be16(&frame);
		rd_be16(&frame); /* checksum */
		udp = rd_sub(&frame, udp_len - 8u);
		CU_ASSERT_FALSE_FATAL(udp.bad);
		if (from == 500 || to == 500 || from == 4500 || to == 4500)
			datagram(&udp, from == 4500 || to == 4500, seen);
	}
	free(pcap);
	return true;
}

static void
main_and_quick_mode(void)
{
	struct seen seen;

	if (!read_capture("captures/ISAKMP_sa_setup.pcap", &seen))
		return;
	CU_ASSERT_EQUAL(seen.v1_clear, 4);
	CU_ASSERT_EQUAL(seen.v1_encrypted, 5);
	CU_ASSERT_EQUAL(seen.ke, 2);
	CU_ASSERT_EQUAL(seen.proposals, 2);
}

static void
main_mode_that_floats_to_port_4500(void)
{
	struct seen seen;

	if (!read_capture("captures/isakmp4500.pcap", &seen))
		return;
	CU_ASSERT_EQUAL(seen.v1_clear, 4);
	CU_ASSERT_EQUAL(seen.v1_encrypted, 11);
	CU_ASSERT_EQUAL(seen.ke, 2);
	CU_ASSERT_EQUAL(seen.proposals, 2);
	CU_ASSERT_EQUAL(seen.natt, 2);
}

static void
ikev2_with_a_cookie_and_rekeys(void)
{
	struct seen seen;

	if (!read_capture("captures/ikev2four.pcap", &seen))
		return;
	CU_ASSERT_EQUAL(seen.v2_clear, 4);
	CU_ASSERT_EQUAL(seen.v2_encrypted, 17);
	CU_ASSERT_EQUAL(seen.cookies, 2);
	CU_ASSERT_EQUAL(seen.ke, 3);
	CU_ASSERT_EQUAL(seen.proposals, 3);
}

/* The inputs of NIST's case (SP 800-135 component test, IKEv1 with signatures, SHA-1). */
static void
keys_of_ikev1_are_those_of_nist(void)
{
	static const struct ike_suite suite = { .encr = IKE_ENCR_AES_CBC,
		.key_bits = 128,
		.prf = IKE_PRF_HMAC_SHA1,
		.group = 14 };
	uint8_t ni[8], nr[8], gxy[32], want[20];
	struct ike1_keymat_in in = { .sig = true,
		.ni = { ni, unhex("69a62284195f1680", ni, 8) },
		.nr = { nr, unhex("80c94ba25c8abda5", nr, 8) },
		.gxi = { gxy, 32 },
		.gxr = { gxy, 32 },
		.gxy = { gxy, unhex("8ba4cbc73c0187301dc19a975823854dbd641c597f637f8d053a83b951467"
				    "3eb",
						 gxy, 32) },
		.ck_i = 0x8c3bcd3a69831d7f,
		.ck_r = 0xd2d9a7ff4fbe95a7 };
	struct ike_crypto crypto;
	struct ike1_keys k;
	size_t len;
	char *json = vector_file("acvp/ikev1_dsa.json", &len);

	if (json == NULL)
		return;
	CU_ASSERT_EQUAL_FATAL(ike_crypto_init(&crypto), 0);
	CU_ASSERT_EQUAL(ike1_derive(&crypto, &suite, &in, &k), 0);
	json_hex(json, "sKeyId", want, sizeof(want));
	CU_ASSERT_EQUAL(memcmp(k.skeyid, want, 20), 0);
	json_hex(json, "sKeyIdD", want, sizeof(want));
	CU_ASSERT_EQUAL(memcmp(k.d, want, 20), 0);
	json_hex(json, "sKeyIdA", want, sizeof(want));
	CU_ASSERT_EQUAL(memcmp(k.a, want, 20), 0);
	json_hex(json, "sKeyIdE", want, sizeof(want));
	CU_ASSERT_EQUAL(memcmp(k.e, want, 16), 0); /* of it AES-128's key */
	ike_crypto_fini(&crypto);
	free(json);
}

/* NIST's sample of SKEYID from a pre-shared key, SHA-1: prf(key, Ni | Nr). */
static void
a_pre_shared_key_gives_nists_skeyid(void)
{
	static const struct ike_suite suite = { .encr = IKE_ENCR_AES_CBC,
		.key_bits = 128,
		.prf = IKE_PRF_HMAC_SHA1,
		.group = 14 };
	uint8_t psk[1], ni[8], nr[8], gxy[32] = { 1 }, want[20];
	struct ike1_keymat_in in = { .psk = { psk, unhex("c0", psk, 1) },
		.ni = { ni, unhex("03a6f25a83c8c2a3", ni, 8) },
		.nr = { nr, unhex("9d958a6618f77e7f", nr, 8) },
		.gxi = { gxy, 32 },
		.gxr = { gxy, 32 },
		.gxy = { gxy, 32 },
		.ck_i = 1,
		.ck_r = 2 };
	struct ike_crypto crypto;
	struct ike1_keys k;

	unhex("ab3be41bc62f2ef0c41a3076d58768be77fadd2e", want, sizeof(want));
	CU_ASSERT_EQUAL_FATAL(ike_crypto_init(&crypto), 0);
	CU_ASSERT_EQUAL(ike1_derive(&crypto, &suite, &in, &k), 0);
	CU_ASSERT_EQUAL(memcmp(k.skeyid, want, sizeof(want)), 0);
	ike_crypto_fini(&crypto);
}

static const struct cu_case cases[] = {
	CU_CASE(main_and_quick_mode),
	CU_CASE(main_mode_that_floats_to_port_4500),
	CU_CASE(ikev2_with_a_cookie_and_rekeys),
	CU_CASE(keys_of_ikev1_are_those_of_nist),
	CU_CASE(a_pre_shared_key_gives_nists_skeyid),
};

CU_MAIN("ike_captures", cases)
