/* SPDX-License-Identifier: BSD-3-Clause */
/* IKEv1 with RSA signatures: main and aggressive mode, in fragments, in a group, refused. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ike/ike_id.h"
#include "controlplane/ike/ike_wire.h"
#include "tests/sim/cert_world.h"
#include "tests/unit/cu.h"

static struct certw
world_v1(const char *kind, bool aggressive)
{
	struct certw w = certw_new(kind);

	for (int i = 0; i < SIM_NODES; i++) {
		w.cfg[i].version = 1;
		w.cfg[i].aggressive = aggressive;
		w.cfg[i].auth_local = w.cfg[i].auth_remote = IKE_AUTHN_RSA;
		w.cfg[i].ike_proposals[0] = sim_prop(IKE_ENCR_AES_CBC, 128,
				IKE_INTEG_HMAC_SHA2_256_128, IKE_PRF_HMAC_SHA2_256,
				IKE_GROUP_ECP256, false);
	}
	return w;
}

static void
ikev1_in_both_modes(void)
{
	for (int aggressive = 0; aggressive < 2; aggressive++)
		for (int bad = 0; bad < 2; bad++) {
			struct certw w = world_v1("rsa", aggressive);

			if (bad) {
				w.s->job_delay_ms = 20;
				w.s->loss_percent = 15;
				w.s->repeat_percent = 20;
				w.s->jitter_ms = 30;
			}
			certw_comes_up(&w);
		}
}

/* Both with an intermediate CA: messages of some two kilobytes. */
static struct certw
world_v1_long(struct certs_cert *mid, bool aggressive)
{
	struct certw w = world_v1("rsa", aggressive);

	*mid = certs_make(&(struct certs_spec){
			.subject = "O=Example, CN=Mid", .ca = true, .issuer = &w.ca,
					.kind = "rsa" });
	for (int i = 0; i < SIM_NODES; i++) {
		struct certs_cert leaf = certw_issue(
				&w, i, (struct certs_spec){ .issuer = mid, .kind = "rsa" });

		certw_use(&w, i, certs_cred(&leaf, mid, &w.ca, NULL, 0));
		certs_drop(&leaf);
		w.cfg[i].frag_mtu = 576;
		w.cfg[i].retransmit_tries = 10;
	}
	return w;
}

/* A way that takes 576 bytes and no more: in order, and badly. */
static void
ikev1_in_fragments(void)
{
	for (int aggressive = 0; aggressive < 2; aggressive++)
		for (int bad = 0; bad < 2; bad++) {
			struct certs_cert mid;
			struct certw w = world_v1_long(&mid, aggressive);

			w.s->mtu = 576;
			if (bad) {
				w.s->loss_percent = 5;
				w.s->repeat_percent = 30;
				w.s->jitter_ms = 60;
			}
			certw_start(&w);
			CU_ASSERT_TRUE(sim_until(w.s, sim_both_up, CERTW_UP_MS));
			for (int i = 0; i < SIM_NODES; i++) {
				CU_ASSERT_TRUE(sim_counter(w.s, i, "messages_fragmented") > 0);
				CU_ASSERT_TRUE(sim_counter(w.s, i, "messages_reassembled") > 0);
				CU_ASSERT_EQUAL(sim_sa(w.s, i).frag_mtu, 576);
			}
			certw_end(&w);
			certs_drop(&mid);
		}
}

/* Longer fragments than the way takes: they get shorter when nothing is answered. */
static void
ikev1_fragments_get_shorter(void)
{
	struct certs_cert mid;
	struct certw w = world_v1_long(&mid, false);

	w.cfg[A].frag_mtu = w.cfg[B].frag_mtu = 1280;
	w.s->mtu = 1000;
	w.cfg[B].frag_mtu = 576; /* who only answers sends what it sent */
	certw_start(&w);
	CU_ASSERT_TRUE(sim_until(w.s, sim_both_up, CERTW_UP_MS));
	CU_ASSERT_TRUE(sim_counter(w.s, A, "retransmits") >= 2);
	certw_end(&w);
	certs_drop(&mid);
}

static void
ikev1_without_fragments(void)
{
	for (int i = 0; i < SIM_NODES; i++) {
		struct certs_cert mid;
		struct certw w = world_v1_long(&mid, false);

		w.cfg[i].frag_mtu = 0; /* sends none, so what it sends is lost */
		w.s->mtu = 576;
		certw_start(&w);
		CU_ASSERT_FALSE(sim_until(w.s, sim_both_up, 20000));
		CU_ASSERT_EQUAL(sim_counter(w.s, i, "messages_fragmented"), 0);
		certw_end(&w);
		certs_drop(&mid);
	}
}

/* One fragment for B's ISAKMP SA; @len of the payload as it says. */
static void
fragment(struct certw *w, uint16_t id, uint8_t number, uint8_t flags, size_t data, uint16_t len)
{
	struct ike_sa_show sa = sim_sa(w->s, B);
	uint8_t msg[2048];
	struct wr o = wr_init(msg, sizeof(msg));

	wr_be64(&o, sa.spi_i);
	wr_be64(&o, sa.spi_r);
	wr_u8(&o, 132);
	wr_u8(&o, 0x10);
	wr_u8(&o, 2);
	wr_u8(&o, 0);
	wr_be32(&o, 0);
	wr_be32(&o, (uint32_t)(28 + 8 + data));
	wr_u8(&o, 0);
	wr_u8(&o, 0);
	wr_be16(&o, len);
	wr_be16(&o, id);
	wr_u8(&o, number);
	wr_u8(&o, flags);
	for (size_t i = 0; i < data; i++)
		wr_u8(&o, 7);
	sim_deliver(w->s, B, msg, o.len);
}

static void
ikev1_hostile_fragments(void)
{
	struct certw w = world_v1("rsa", false);
	static const struct {
		const char *counter;
		uint16_t id;
		uint8_t number, flags;
		uint16_t data, len; /* len 0: as it is */
	} rows[] = {
		{ "drop_malformed", 1, 0, 0, 9, 0 },           /* no number */
		{ "drop_malformed", 1, 1, 0, 9, 16 },          /* shorter than it is */
		{ "drop_malformed", 1, 1, 0, 9, 18 },          /* longer */
		{ "drop_malformed", 1, 1, 0, 9, 7 },           /* than its own header */
		{ "drop_fragment_limit", 1, 65, 0, 9, 0 },
		{ "fragments_received", 1, 2, 0, 9, 0 },
		{ "drop_fragment_repeated", 1, 2, 0, 9, 0 },
		{ "fragments_received", 1, 3, 1, 9, 0 },       /* the last one */
		{ "drop_fragment_invalid", 1, 4, 0, 9, 0 },    /* behind it */
		{ "drop_fragment_invalid", 1, 1, 1, 9, 0 },    /* another last one */
		{ "drop_fragment_invalid", 1, 1, 0, 0, 0 },    /* empty */
		{ "messages_reassembled", 1, 1, 0, 9, 0 },     /* to what is no message: */
		{ "drop_bad_header", 2, 1, 1, 40, 0 },
		{ "fragments_received", 3, 5, 0, 9, 0 },       /* one behind a last one that */
		{ "drop_fragment_invalid", 3, 2, 1, 9, 0 },    /* is none: never whole */
	};

	certw_start(&w);
	CU_ASSERT_TRUE_FATAL(sim_until(w.s, sim_both_up, CERTW_UP_MS));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t before = sim_counter(w.s, B, rows[i].counter);

		fragment(&w, rows[i].id, rows[i].number, rows[i].flags, rows[i].data,
				rows[i].len != 0 ? rows[i].len : (uint16_t)(8 + rows[i].data));
		if (sim_counter(w.s, B, rows[i].counter) != before + 1)
			printf("\n    row %zu: no %s\n", i, rows[i].counter);
		CU_ASSERT_EQUAL(sim_counter(w.s, B, rows[i].counter), before + 1);
	}
	/* More than 32 KiB of one message; and what is never complete goes after 30 s. */
	for (uint8_t n = 1; n <= 32; n++)
		fragment(&w, 9, n, 0, 1100, 1108);
	CU_ASSERT_TRUE(sim_counter(w.s, B, "drop_fragment_limit") >= 2);
	sim_run(w.s, 31000);
	CU_ASSERT_EQUAL(sim_counter(w.s, B, "fragmented_messages_expired"), 1);
	CU_ASSERT_TRUE(sim_both_up(w.s));
	certw_end(&w);
}

/* Of a group: the answer waits for a peer of its own. */
static void
ikev1_in_a_group(void)
{
	for (int aggressive = 0; aggressive < 2; aggressive++) {
		struct certw w = world_v1("rsa", aggressive);
		struct ike_peer_cfg *b = &w.cfg[B];

		b->remote = 0;
		b->group = true;
		b->may_initiate = b->initiate = false;
		b->tun_id = UINT32_MAX;
		certw_id(&b->remote_id, "*.example.com");
		certw_start(&w);
		sim_run(w.s, 1500);
		CU_ASSERT_EQUAL(w.s->n_met, 1);
		CU_ASSERT_EQUAL(w.s->met.len, strlen(certw_names[A]));
		CU_ASSERT_EQUAL(sim_n_sas(w.s, B, "established"), 0);
		snprintf(b->name, sizeof(b->name), "member");
		b->group = false;
		b->tun_id = 7;
		certw_id(&b->remote_id, certw_names[A]);
		CU_ASSERT_EQUAL(ike_peer_set(w.s->n[B].e, b, w.s->now), 0);
		CU_ASSERT_TRUE(sim_until(w.s, sim_both_up, 500));
		CU_ASSERT_STRING_EQUAL(sim_sa(w.s, B).peer, "member");
		CU_ASSERT_EQUAL(w.s->n_met, 1);
		certw_end(&w);
	}
}

static void
ikev1_by_the_name_of_the_subject(void)
{
	struct certw w = world_v1("rsa", false);

	certw_id(&w.cfg[A].local_id, certw_subjects[A]);
	certw_id(&w.cfg[B].remote_id, "O=Example, CN=*");
	certw_comes_up(&w);
}

static void
ikev1_revoked_and_other_names(void)
{
	for (int aggressive = 0; aggressive < 2; aggressive++) {
		struct certw w = world_v1("rsa", aggressive);
		char *crl = certs_crl(&w.ca, &w.own[A], CERTS_NOW + CERTS_DAY);

		certw_use(&w, B, certs_cred(&w.own[B], NULL, &w.ca, crl, IKE_REVOCATION_CRL));
		certw_is_refused(&w, B, "CN=A: certificate revoked");
		free(crl);
		w = world_v1("rsa", aggressive);
		certw_use(&w, B, certs_cred(&w.own[A], NULL, &w.ca, NULL, 0));
		certw_is_refused(&w, A, "does not have the identity that the peer claims");
	}
}

static void
ikev1_psk_where_rsa_is_wanted(void)
{
	struct certw w = world_v1("rsa", false);
	struct ike_peer_cfg psk = sim_cfg(A);

	memcpy(w.cfg[A].psk, psk.psk, sizeof(psk.psk));
	w.cfg[A].psk_len = psk.psk_len;
	w.cfg[A].auth_local = w.cfg[A].auth_remote = IKE_AUTHN_PSK;
	certw_start(&w);
	CU_ASSERT_FALSE(sim_until(w.s, sim_both_up, 8000));
	CU_ASSERT_TRUE(sim_counter(w.s, B, "refused_no_proposal") > 0);
	certw_end(&w);
}

static const struct cu_case cases[] = {
	CU_CASE(ikev1_in_both_modes),
	CU_CASE(ikev1_in_fragments),
	CU_CASE(ikev1_fragments_get_shorter),
	CU_CASE(ikev1_without_fragments),
	CU_CASE(ikev1_hostile_fragments),
	CU_CASE(ikev1_in_a_group),
	CU_CASE(ikev1_by_the_name_of_the_subject),
	CU_CASE(ikev1_revoked_and_other_names),
	CU_CASE(ikev1_psk_where_rsa_is_wanted),
};

CU_MAIN("certificates with IKEv1", cases)
