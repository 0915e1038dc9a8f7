/* SPDX-License-Identifier: BSD-3-Clause */
/* SA payloads: what is offered, what is chosen, what is refused. */
#include <stdlib.h>
#include <string.h>

#include "controlplane/ike/ike_proposal.h"
#include "tests/unit/cu.h"

#define CBC(bits)                      \
	{                              \
		IKE_ENCR_AES_CBC, bits \
	}
#define GCM(bits)                         \
	{                                 \
		IKE_ENCR_AES_GCM_16, bits \
	}

/* clang-format off */
static const struct ike_proposal_cfg ike_cbc = { .encr = { CBC(128), CBC(256) }, .n_encr = 2,
	.integ = { IKE_INTEG_HMAC_SHA2_256_128 }, .n_integ = 1, .prf = { IKE_PRF_HMAC_SHA2_256 },
	.n_prf = 1, .group = { 14, 31 }, .n_group = 2 };
static const struct ike_proposal_cfg ike_mixed = { .encr = { GCM(256), CBC(128) }, .n_encr = 2,
	.integ = { IKE_INTEG_HMAC_SHA1_96 }, .n_integ = 1, .prf = { IKE_PRF_HMAC_SHA2_384 },
	.n_prf = 1, .group = { 19 }, .n_group = 1 };
static const struct ike_proposal_cfg esp_gcm = { .encr = { GCM(128) }, .n_encr = 1, .esn = true };
static const struct ike_proposal_cfg esp_gcm_noesn = { .encr = { GCM(128) }, .n_encr = 1 };
static const struct ike_proposal_cfg esp_pfs = { .encr = { GCM(128) }, .n_encr = 1,
	.group = { 31, 14 }, .n_group = 2 };
static const struct ike_proposal_cfg esp_cbc = { .encr = { CBC(256) }, .n_encr = 1,
	.integ = { IKE_INTEG_HMAC_SHA1_96, IKE_INTEG_HMAC_SHA2_256_128 }, .n_integ = 2 };
/* clang-format on */

static const uint8_t spi[4] = { 0xc0, 1, 2, 3 };

/* What @cfg offers, as the other side reads it. */
static void
offer(enum ike_prop_use use, const struct ike_proposal_cfg *cfg, unsigned int n,
		struct ike_sa_payload *out)
{
	uint8_t buf[4096];
	struct wr w = wr_init(buf, sizeof(buf));
	struct ike_chain c = ike_chain_init(&w);
	struct rd r;

	ike_put_sa(&c, use, cfg, n, spi, use == IKE_USE_IKE ? 0 : 4);
	CU_ASSERT_FALSE_FATAL(w.bad);
	r = rd_init(buf + 4, w.len - 4);
	CU_ASSERT_EQUAL_FATAL(ike_sa_parse(&r, out), 0);
}

static void
offers_come_back_as_configured(void)
{
	struct ike_sa_payload sa;
	struct ike_suite s;

	offer(IKE_USE_IKE, &ike_cbc, 1, &sa);
	CU_ASSERT_EQUAL(sa.n, 1);
	CU_ASSERT_EQUAL(sa.p[0].n, 6);
	CU_ASSERT_PTR_NOT_NULL(ike_sa_choose(&sa, IKE_USE_IKE, &ike_cbc, 1, 0, &s));
	CU_ASSERT_EQUAL(s.encr, IKE_ENCR_AES_CBC);
	CU_ASSERT_EQUAL(s.key_bits, 128);
	CU_ASSERT_EQUAL(s.group, 14);
}

/* A cipher with its own integrity and one without cannot share a proposal. */
static void
aead_and_others_are_offered_apart(void)
{
	struct ike_sa_payload sa;
	struct ike_suite s;

	offer(IKE_USE_IKE, &ike_mixed, 1, &sa);
	CU_ASSERT_EQUAL(sa.n, 2);
	CU_ASSERT_EQUAL(sa.p[0].num, 1);
	CU_ASSERT_EQUAL(sa.p[1].num, 2);
	CU_ASSERT_EQUAL(sa.p[0].t[0].id, IKE_ENCR_AES_GCM_16);
	CU_ASSERT_EQUAL(sa.p[1].t[0].id, IKE_ENCR_AES_CBC);
	for (unsigned int i = 0; i < sa.p[0].n; i++)
		CU_ASSERT_NOT_EQUAL(sa.p[0].t[i].type, IKE_T_INTEG);
	CU_ASSERT_PTR_EQUAL(ike_sa_choose(&sa, IKE_USE_IKE, &ike_mixed, 1, 0, &s), &sa.p[0]);
	CU_ASSERT_EQUAL(s.integ, 0);
}

static void
the_group_at_hand_is_preferred(void)
{
	struct ike_sa_payload sa;
	struct ike_suite s;

	offer(IKE_USE_IKE, &ike_cbc, 1, &sa);
	CU_ASSERT_PTR_NOT_NULL(ike_sa_choose(&sa, IKE_USE_IKE, &ike_cbc, 1, 31, &s));
	CU_ASSERT_EQUAL(s.group, 31);
	CU_ASSERT_PTR_NOT_NULL(ike_sa_choose(&sa, IKE_USE_IKE, &ike_cbc, 1, 2, &s));
	CU_ASSERT_EQUAL(s.group, 14);
}

static void
what_is_not_common_is_not_chosen(void)
{
	static const struct {
		enum ike_prop_use use;
		const struct ike_proposal_cfg *theirs, *ours;
		bool ok;
	} cases[] = {
		/* clang-format off */
		{ IKE_USE_IKE,       &ike_cbc,       &ike_cbc,       true  },
		{ IKE_USE_IKE,       &ike_cbc,       &ike_mixed,     false },
		{ IKE_USE_ESP,       &esp_gcm,       &esp_gcm,       true  },
		/* both allow no ESN */
		{ IKE_USE_ESP,       &esp_gcm,       &esp_gcm_noesn, true  },
		{ IKE_USE_ESP,       &esp_gcm_noesn, &esp_gcm,       true  },
		{ IKE_USE_ESP,       &esp_gcm,       &esp_cbc,       false },
		{ IKE_USE_ESP,       &esp_cbc,       &esp_cbc,       true  },
		/* they insist on a group */
		{ IKE_USE_ESP,       &esp_pfs,       &esp_gcm,       false },
		{ IKE_USE_ESP,       &esp_gcm,       &esp_pfs,       false }, /* we insist on one */
		{ IKE_USE_ESP,       &esp_pfs,       &esp_pfs,       true  },
		/* no KE in IKE_AUTH */
		{ IKE_USE_ESP_FIRST, &esp_pfs,       &esp_gcm,       true  },
		{ IKE_USE_ESP_FIRST, &esp_gcm,       &esp_pfs,       true  },
		/* clang-format on */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ike_sa_payload sa;
		struct ike_suite s;

		offer(cases[i].use, cases[i].theirs, 1, &sa);
		CU_ASSERT_EQUAL(ike_sa_choose(&sa, cases[i].use, cases[i].ours, 1, 0, &s) != NULL,
				cases[i].ok);
	}
}

static void
esn_needs_both(void)
{
	struct ike_sa_payload sa;
	struct ike_suite s;

	offer(IKE_USE_ESP, &esp_gcm, 1, &sa);
	CU_ASSERT_PTR_NOT_NULL(ike_sa_choose(&sa, IKE_USE_ESP, &esp_gcm, 1, 0, &s));
	CU_ASSERT_TRUE(s.esn);
	CU_ASSERT_PTR_NOT_NULL(ike_sa_choose(&sa, IKE_USE_ESP, &esp_gcm_noesn, 1, 0, &s));
	CU_ASSERT_FALSE(s.esn);
}

/* RFC 7296 section 3.3.6: an unknown transform type spoils a proposal, an unknown attribute only
 * its transform. */
static void
unknown_types_and_attributes(void)
{
	struct ike_sa_payload sa;
	struct ike_suite s;

	offer(IKE_USE_ESP, &esp_cbc, 1, &sa);
	sa.p[0].t[sa.p[0].n++] = (struct ike_transform){ .type = 6, .id = 35 };
	CU_ASSERT_PTR_NULL(ike_sa_choose(&sa, IKE_USE_ESP, &esp_cbc, 1, 0, &s));
	offer(IKE_USE_ESP, &esp_cbc, 1, &sa);
	for (unsigned int i = 0; i < sa.p[0].n; i++)
		if (sa.p[0].t[i].type == IKE_T_INTEG && sa.p[0].t[i].id == IKE_INTEG_HMAC_SHA1_96)
			sa.p[0].t[i].unusable = true;
	CU_ASSERT_PTR_NOT_NULL(ike_sa_choose(&sa, IKE_USE_ESP, &esp_cbc, 1, 0, &s));
	CU_ASSERT_EQUAL(s.integ, IKE_INTEG_HMAC_SHA2_256_128);
}

static void
answers_must_be_one_choice_of_the_offer(void)
{
	uint8_t buf[256];
	struct wr w = wr_init(buf, sizeof(buf));
	struct ike_chain c = ike_chain_init(&w);
	struct ike_suite s = { .encr = IKE_ENCR_AES_CBC,
		.key_bits = 256,
		.prf = 5,
		.integ = 12,
		.group = 31 },
			 got;
	struct ike_sa_payload sa;
	struct rd r;

	ike_put_sa_choice(&c, IKE_USE_IKE, 1, &s, NULL, 0);
	r = rd_init(buf + 4, w.len - 4);
	CU_ASSERT_EQUAL_FATAL(ike_sa_parse(&r, &sa), 0);
	CU_ASSERT_PTR_NOT_NULL(ike_sa_accept(&sa, IKE_USE_IKE, &ike_cbc, 1, &got));
	CU_ASSERT_EQUAL(got.key_bits, 256);
	CU_ASSERT_EQUAL(got.group, 31);
	CU_ASSERT_PTR_NULL(ike_sa_accept(&sa, IKE_USE_IKE, &ike_mixed, 1, &got));
	sa.p[0].t[sa.p[0].n++] = (struct ike_transform){ .type = IKE_T_GROUP, .id = 14 };
	CU_ASSERT_PTR_NULL(ike_sa_accept(&sa, IKE_USE_IKE, &ike_cbc, 1, &got));
	/* the whole offer back is no choice */
	offer(IKE_USE_IKE, &ike_cbc, 1, &sa);
	CU_ASSERT_PTR_NULL(ike_sa_accept(&sa, IKE_USE_IKE, &ike_cbc, 1, &got));
}

static void
each_prefix_of_an_sa_payload_is_refused(void)
{
	const struct ike_proposal_cfg two[2] = { ike_mixed, ike_cbc };
	uint8_t buf[4096];
	struct wr w = wr_init(buf, sizeof(buf));
	struct ike_chain c = ike_chain_init(&w);
	struct ike_sa_payload sa;

	ike_put_sa(&c, IKE_USE_IKE, two, 2, NULL, 0);
	for (size_t n = 0; n < w.len - 4; n++) {
		uint8_t *copy = malloc(n > 0 ? n : 1);
		struct rd r;

		memcpy(copy, buf + 4, n);
		r = rd_init(copy, n);
		CU_ASSERT_NOT_EQUAL(ike_sa_parse(&r, &sa), 0);
		free(copy);
	}
}

static void
suites_have_names(void)
{
	struct ike_suite ike = { IKE_ENCR_AES_CBC, 128, 5, 12, 14, false };
	struct ike_suite esp = { IKE_ENCR_AES_GCM_16, 128, 0, 0, 31, true };
	char buf[64];

	CU_ASSERT_STRING_EQUAL(
			ike_suite_str(&ike, buf, sizeof(buf)), "aes128-sha256-prfsha256-modp2048");
	CU_ASSERT_STRING_EQUAL(ike_suite_str(&esp, buf, sizeof(buf)), "aes128gcm16");
	CU_ASSERT_STRING_EQUAL(ike_group_str(31), "x25519");
	CU_ASSERT_STRING_EQUAL(ike_group_str(0), "");
}

static const struct cu_case cases[] = {
	CU_CASE(offers_come_back_as_configured),
	CU_CASE(aead_and_others_are_offered_apart),
	CU_CASE(the_group_at_hand_is_preferred),
	CU_CASE(what_is_not_common_is_not_chosen),
	CU_CASE(esn_needs_both),
	CU_CASE(unknown_types_and_attributes),
	CU_CASE(answers_must_be_one_choice_of_the_offer),
	CU_CASE(each_prefix_of_an_sa_payload_is_refused),
	CU_CASE(suites_have_names),
};

CU_MAIN("ike_proposal", cases)
