/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bytes of IKEv2: a valid message passes, each prefix of it is refused from a heap copy of
 * exactly that size; identities and the table of payloads.
 */
#include <stdlib.h>
#include <string.h>

#include "controlplane/ike/ike_proposal.h"
#include "controlplane/ike/ike_wire.h"
#include "tests/unit/cu.h"

static const struct ike_proposal_cfg ike_cfg = {
	.encr = { { IKE_ENCR_AES_CBC, 128 }, { IKE_ENCR_AES_GCM_16, 256 } },
	.n_encr = 2,
	.integ = { IKE_INTEG_HMAC_SHA2_256_128 },
	.n_integ = 1,
	.prf = { IKE_PRF_HMAC_SHA2_256 },
	.n_prf = 1,
	.group = { IKE_GROUP_MODP2048, IKE_GROUP_X25519 },
	.n_group = 2,
};

static const struct ike_proposal_cfg esp_cfg = {
	.encr = { { IKE_ENCR_AES_GCM_16, 128 } },
	.n_encr = 1,
	.esn = true,
};

/* An IKE_SA_INIT request as an initiator sends it. */
static size_t
init_request(uint8_t *buf, size_t cap)
{
	struct wr w = wr_init(buf, cap);
	struct ike_chain c = ike_chain_init(&w);
	struct ike_hdr h = { .spi_i = 0x1122334455667788,
		.next = IKE_PL_SA,
		.version = IKE_VERSION,
		.exchange = IKE_EX_SA_INIT,
		.flags = IKE_FLAG_INITIATOR };
	uint8_t pub[256] = { 5 }, nonce[32] = { 7 }, hash[20] = { 9 };

	ike_hdr_write(&w, &h);
	ike_put_sa(&c, IKE_USE_IKE, &ike_cfg, 1, NULL, 0);
	ike_put_ke(&c, IKE_GROUP_MODP2048, pub, sizeof(pub));
	ike_put_blob(&c, IKE_PL_NONCE, nonce, sizeof(nonce));
	ike_put_notify(&c, IKE_N_NAT_DETECTION_SOURCE_IP, hash, sizeof(hash));
	wr_patch_be32(&w, 24, (uint32_t)w.len);
	CU_ASSERT_FALSE_FATAL(w.bad);
	return w.len;
}

/* The payloads of a CREATE_CHILD_SA request that rekeys. */
static size_t
rekey_payloads(uint8_t *buf, size_t cap, uint8_t *first)
{
	struct wr w = wr_init(buf, cap);
	struct ike_chain c = ike_chain_init(&w);
	uint8_t spi[4] = { 0xc0, 0, 0, 1 }, nonce[32] = { 7 };
	uint32_t gone[2] = { 0x1000, 0x1001 };
	struct ike_ts_list tsi = ike_ts_host(47, 0x0a000001), tsr = ike_ts_host(47, 0x0a000002);

	ike_put_notify_esp(&c, IKE_N_REKEY_SA, 0xc0000009);
	ike_put_notify(&c, IKE_N_USE_TRANSPORT_MODE, NULL, 0);
	ike_put_sa(&c, IKE_USE_ESP, &esp_cfg, 1, spi, sizeof(spi));
	ike_put_blob(&c, IKE_PL_NONCE, nonce, sizeof(nonce));
	ike_put_ts(&c, IKE_PL_TSI, &tsi);
	ike_put_ts(&c, IKE_PL_TSR, &tsr);
	ike_put_delete_esp(&c, gone, 2);
	ike_put_auth(&c, IKE_AUTH_PSK, nonce, 32);
	ike_put_id(&c, IKE_PL_IDI,
			&(struct ike_id){ .type = IKE_ID_FQDN, .len = 3, .data = "hub" });
	CU_ASSERT_FALSE_FATAL(w.bad);
	*first = c.first;
	return w.len;
}

static void
a_valid_message_passes(void)
{
	uint8_t buf[2048];
	size_t len = init_request(buf, sizeof(buf));
	struct rd r = rd_init(buf, len);
	struct ike_msg m;

	CU_ASSERT_EQUAL_FATAL(ike_msg_parse(&r, &m), 0);
	CU_ASSERT_EQUAL(ike_msg_check(&m), 0);
	CU_ASSERT_EQUAL(m.h.spi_i, 0x1122334455667788);
	CU_ASSERT_EQUAL(m.ke_group, IKE_GROUP_MODP2048);
	CU_ASSERT_EQUAL(m.ke.len, 256);
	CU_ASSERT_EQUAL(m.nonce.len, 32);
	CU_ASSERT_PTR_NOT_NULL(ike_msg_notify(&m, IKE_N_NAT_DETECTION_SOURCE_IP));
	CU_ASSERT_PTR_NULL(ike_msg_error(&m));
	CU_ASSERT_EQUAL(m.critical, 0);
}

static void
each_prefix_of_a_message_is_refused(void)
{
	uint8_t buf[2048];
	size_t len = init_request(buf, sizeof(buf));

	for (size_t n = 0; n < len; n++) {
		uint8_t *copy = malloc(n > 0 ? n : 1);
		struct ike_msg m;
		struct rd r;

		memcpy(copy, buf, n);
		r = rd_init(copy, n);
		CU_ASSERT_NOT_EQUAL(ike_msg_parse(&r, &m), 0);
		if (n >= IKE_HDR_LEN) {
			/* With the header's length made to fit, the payloads still are cut short.
			 */
			struct wr w = { .buf = copy, .len = n, .cap = n };

			wr_patch_be32(&w, 24, (uint32_t)n);
			r = rd_init(copy, n);
			CU_ASSERT_TRUE(ike_msg_parse(&r, &m) != 0 || ike_msg_check(&m) != 0);
		}
		free(copy);
	}
}

/* Section 3.15: what is asked for; each prefix that ends inside an attribute is refused. */
static void
configuration_payloads(void)
{
	static const struct {
		bool request, address;
		uint8_t whole; /* bit n: 4 * n bytes are whole attributes, too */
		uint8_t len, body[24];
	} rows[] = {
		{ true, false, 0, 4, { 1 } },
		{ true, true, 2, 8, { 1, 0, 0, 0, 0, 1, 0, 0 } },
		{ true, true, 10, 16, { 1, 0, 0, 0, 0, 3, 0, 4, 9, 9, 9, 9, 0x80, 8, 0, 0 } },
		{ true, false, 6, 12, { 1, 0, 0, 0, 0, 3, 0, 0, 0, 7, 0, 0 } },
		{ false, true, 2, 12, { 2, 0, 0, 0, 0, 1, 0, 4, 10, 0, 0, 1 } },
		{ false, false, 2, 8, { 3, 0, 0, 0, 0, 7, 0, 0 } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (size_t n = 0; n <= rows[i].len; n++) {
			uint8_t *copy = malloc(4 + n);
			struct wr w = wr_init(copy, 4 + n);
			struct ike_chain c = ike_chain_init(&w);
			struct rd r = rd_init(copy, 4 + n);
			struct ike_msg m = { .cfg_request = false };
			bool whole = n % 4 == 0 && rows[i].whole >> (n / 4) & 1;

			ike_put_blob(&c, IKE_PL_CP, rows[i].body, n);
			if (n == rows[i].len) {
				CU_ASSERT_EQUAL(ike_msg_parse_inner(&r, IKE_PL_CP, &m), 0);
				CU_ASSERT_EQUAL(m.cfg_request, rows[i].request);
				CU_ASSERT_EQUAL(m.cfg_address, rows[i].address);
			} else {
				CU_ASSERT_EQUAL(ike_msg_parse_inner(&r, IKE_PL_CP, &m) == 0, whole);
			}
			free(copy);
		}
	}
}

static void
each_prefix_of_encrypted_payloads_is_refused(void)
{
	uint8_t buf[2048], first;
	size_t len = rekey_payloads(buf, sizeof(buf), &first);
	struct ike_msg m;
	struct rd r;

	memset(&m, 0, sizeof(m));
	r = rd_init(buf, len);
	CU_ASSERT_EQUAL(ike_msg_parse_inner(&r, first, &m), 0);
	CU_ASSERT_EQUAL(m.n_notify, 2);
	CU_ASSERT_EQUAL(m.n_delete, 1);
	CU_ASSERT_EQUAL(m.del[0].n, 2);
	CU_ASSERT_TRUE(m.has_tsi && m.has_tsr);
	for (size_t n = 0; n < len; n++) {
		uint8_t *copy = malloc(n > 0 ? n : 1);

		memcpy(copy, buf, n);
		memset(&m, 0, sizeof(m));
		r = rd_init(copy, n);
		CU_ASSERT_NOT_EQUAL(ike_msg_parse_inner(&r, first, &m), 0);
		free(copy);
	}
}

static void
trailing_bytes_are_refused(void)
{
	uint8_t buf[2048];
	size_t len = init_request(buf, sizeof(buf));
	struct wr w = { .buf = buf, .len = len + 1, .cap = sizeof(buf) };
	struct rd r = rd_init(buf, len + 1);
	struct ike_msg m;

	CU_ASSERT_NOT_EQUAL(ike_msg_parse(&r, &m), 0);
	wr_patch_be32(&w, 24, (uint32_t)(len + 1));
	r = rd_init(buf, len + 1);
	CU_ASSERT_NOT_EQUAL(ike_msg_parse(&r, &m), 0);
}

/* RFC 7296 section 2.5: unknown payloads are skipped unless critical. */
static void
unknown_payloads_are_skipped_unless_critical(void)
{
	uint8_t buf[64] = { 0 };
	struct wr w = wr_init(buf, sizeof(buf));
	struct ike_chain c = ike_chain_init(&w);
	struct ike_msg m;
	struct rd r;

	ike_put_blob(&c, 200, "xx", 2);
	ike_put_notify(&c, IKE_N_INITIAL_CONTACT, NULL, 0);
	memset(&m, 0, sizeof(m));
	r = rd_init(buf, w.len);
	CU_ASSERT_EQUAL(ike_msg_parse_inner(&r, c.first, &m), 0);
	CU_ASSERT_EQUAL(m.critical, 0);
	CU_ASSERT_EQUAL(m.n_notify, 1);
	buf[1] = 0x80;
	memset(&m, 0, sizeof(m));
	r = rd_init(buf, w.len);
	CU_ASSERT_EQUAL(ike_msg_parse_inner(&r, c.first, &m), 0);
	CU_ASSERT_EQUAL(m.critical, 200);
}

static void
payloads_stand_where_the_table_says(void)
{
	uint8_t buf[2048];
	size_t len = init_request(buf, sizeof(buf));
	struct rd r = rd_init(buf, len);
	struct ike_msg m;

	CU_ASSERT_EQUAL(ike_msg_parse(&r, &m), 0);
	/* A second nonce */
	m.n_clear[IKE_PL_NONCE - IKE_PL_FIRST] = 2;
	CU_ASSERT_NOT_EQUAL(ike_msg_check(&m), 0);
	m.n_clear[IKE_PL_NONCE - IKE_PL_FIRST] = 0;
	CU_ASSERT_NOT_EQUAL(ike_msg_check(&m), 0);
	m.n_clear[IKE_PL_NONCE - IKE_PL_FIRST] = 1;
	/* Traffic selectors have no place in IKE_SA_INIT */
	m.n_clear[IKE_PL_TSI - IKE_PL_FIRST] = 1;
	CU_ASSERT_NOT_EQUAL(ike_msg_check(&m), 0);
	m.n_clear[IKE_PL_TSI - IKE_PL_FIRST] = 0;
	CU_ASSERT_EQUAL(ike_msg_check(&m), 0);
	/* The same payloads in the clear are no CREATE_CHILD_SA */
	m.h.exchange = IKE_EX_CREATE_CHILD_SA;
	CU_ASSERT_NOT_EQUAL(ike_msg_check(&m), 0);
}

/* ---- identities ----------------------------------------------------------------------------- */

static void
identities_match_by_type_and_bytes(void)
{
	static const uint8_t fqdn[] = { IKE_ID_FQDN, 0, 0, 0, 'H', 'u', 'b', '.', 'x' };
	static const uint8_t key[] = { IKE_ID_KEY_ID, 0, 0, 0, 'H', 'u', 'b', '.', 'x' };
	static const uint8_t nul_a[] = { IKE_ID_FQDN, 0, 0, 0, 'a', 0, 'b' };
	struct ike_id id = { .type = IKE_ID_FQDN, .len = 5, .data = "hub.x" };
	struct ike_id with_nul = { .type = IKE_ID_FQDN, .len = 3, .data = { 'a', 0, 'c' } };
	char str[16];

	CU_ASSERT_TRUE(ike_id_matches(&(struct ike_blob){ fqdn, sizeof(fqdn) }, &id));
	CU_ASSERT_FALSE(ike_id_matches(&(struct ike_blob){ fqdn, sizeof(fqdn) - 1 }, &id));
	CU_ASSERT_FALSE(ike_id_matches(&(struct ike_blob){ key, sizeof(key) }, &id));
	CU_ASSERT_FALSE(ike_id_matches(&(struct ike_blob){ NULL, 0 }, &id));
	CU_ASSERT_FALSE(ike_id_matches(&(struct ike_blob){ nul_a, sizeof(nul_a) }, &with_nul));
	id.type = IKE_ID_KEY_ID; /* opaque: case counts */
	CU_ASSERT_FALSE(ike_id_matches(&(struct ike_blob){ key, sizeof(key) }, &id));
	CU_ASSERT_STRING_EQUAL(ike_id_str(IKE_ID_IPV4_ADDR, (const uint8_t *)"\x0a\0\0\1", 4, str,
					       sizeof(str)),
			"10.0.0.1");
	str[15] = 'z';
	CU_ASSERT_STRING_EQUAL(ike_id_str(IKE_ID_FQDN, (const uint8_t *)"a\nlong-name.example.org",
					       23, str, sizeof(str)),
			"a?long-name.exa");
}

/* RFC 7383 section 2.5: which of how many, in front of what is sealed. */
static void
a_fragment_says_which_of_how_many(void)
{
	static const struct {
		uint16_t which, n;
		int err;
	} rows[] = { { 1, 1, 0 }, { 1, 2, 0 }, { 2, 2, 0 }, { UINT16_MAX, UINT16_MAX, 0 },
		{ 0, 1, -1 }, { 0, 0, -1 }, { 2, 1, -1 }, { 1, 0, -1 } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ike_hdr h = { .spi_i = 1, .spi_r = 2, .next = IKE_PL_SKF,
			.version = IKE_VERSION, .exchange = IKE_EX_AUTH, .len = IKE_HDR_LEN + 24 };
		uint8_t buf[IKE_HDR_LEN + 24] = { 0 };
		struct wr w = wr_init(buf, sizeof(buf));
		struct ike_msg m;
		struct rd r;

		ike_hdr_write(&w, &h);
		wr_u8(&w, IKE_PL_IDI);
		wr_u8(&w, 0);
		wr_be16(&w, 24);
		wr_be16(&w, rows[i].which);
		wr_be16(&w, rows[i].n);
		r = rd_init(buf, sizeof(buf));
		CU_ASSERT_EQUAL(ike_msg_parse(&r, &m) == 0, rows[i].err == 0);
		if (rows[i].err != 0)
			continue;
		CU_ASSERT_EQUAL(m.frag, rows[i].which);
		CU_ASSERT_EQUAL(m.n_frags, rows[i].n);
		CU_ASSERT_EQUAL(m.sk_off, IKE_HDR_LEN + 8);
		CU_ASSERT_EQUAL(m.sk_next, IKE_PL_IDI);
		for (size_t len = 0; len < sizeof(buf); len++) {
			uint8_t *cut = malloc(len + 1);

			memcpy(cut, buf, len);
			if (len >= IKE_HDR_LEN)
				cut[IKE_HDR_LEN - 1] = (uint8_t)len;
			r = rd_init(cut, len);
			CU_ASSERT_NOT_EQUAL(ike_msg_parse(&r, &m), 0);
			free(cut);
		}
	}
}

static const struct cu_case cases[] = {
	CU_CASE(a_valid_message_passes),
	CU_CASE(each_prefix_of_a_message_is_refused),
	CU_CASE(each_prefix_of_encrypted_payloads_is_refused),
	CU_CASE(configuration_payloads),
	CU_CASE(trailing_bytes_are_refused),
	CU_CASE(unknown_payloads_are_skipped_unless_critical),
	CU_CASE(payloads_stand_where_the_table_says),
	CU_CASE(a_fragment_says_which_of_how_many),
	CU_CASE(identities_match_by_type_and_bytes),
};

CU_MAIN("ike_wire", cases)
