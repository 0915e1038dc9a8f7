/* SPDX-License-Identifier: BSD-3-Clause */
/* IKE_AUTH by certificates and with post-quantum keys: both roles, each kind of key, and whatever
 * is wrong with a peer's certificate. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ike/ike_id.h"
#include "controlplane/ike/ike_wire.h"
#include "tests/sim/certs.h"
#include "tests/sim/sim.h"
#include "tests/unit/cu.h"

#define UP_MS 60000

/* A world with one CA, a certificate for each node, and both configured for certificates. */
struct world {
	struct sim *s;
	struct certs_cert ca, own[SIM_NODES];
	struct ike_peer_cfg cfg[SIM_NODES];
};

static const char *const names[SIM_NODES] = { "a.example.com", "b.example.com" };
static const char *const sans[SIM_NODES] = { "DNS:a.example.com", "DNS:b.example.com,IP:10.0.0.2" };
static const char *const subjects[SIM_NODES] = { "O=Example, CN=A", "O=Example, CN=B" };

static void
set_id(struct ike_id *id, const char *text)
{
	CU_ASSERT_EQUAL_FATAL(ike_id_parse(text, id), 0);
}

static void
use(struct world *w, int node, struct ike_cred *cred)
{
	ike_cred_unref(w->cfg[node].cred);
	w->cfg[node].cred = cred;
}

static struct certs_cert
issue(const struct world *w, int node, struct certs_spec spec)
{
	if (spec.subject == NULL)
		spec.subject = subjects[node];
	if (spec.san == NULL)
		spec.san = sans[node];
	if (spec.issuer == NULL)
		spec.issuer = &w->ca;
	return certs_make(&spec);
}

static struct world
world_new(const char *kind)
{
	struct world w = { .s = sim_new(7, NULL),
		.ca = certs_make(&(struct certs_spec){ .subject = "O=Example, CN=CA",
		.ca = true }) };

	for (int i = 0; i < SIM_NODES; i++) {
		w.own[i] = issue(&w, i, (struct certs_spec){ .kind = kind });
		w.cfg[i] = sim_cfg(i);
		w.cfg[i].psk_len = 0;
		w.cfg[i].auth_local = w.cfg[i].auth_remote = IKE_AUTHN_CERT;
		set_id(&w.cfg[i].local_id, names[i]);
		set_id(&w.cfg[i].remote_id, names[!i]);
		use(&w, i, certs_cred(&w.own[i], NULL, &w.ca, NULL, 0));
	}
	return w;
}

static void
start(struct world *w)
{
	w->cfg[A].initiate = true;
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(w->s->n[B].e, &w->cfg[B], w->s->now), 0);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(w->s->n[A].e, &w->cfg[A], w->s->now), 0);
}

static void
world_end(struct world *w)
{
	CU_ASSERT_EQUAL(sim_free(w->s), 0);
	for (int i = 0; i < SIM_NODES; i++) {
		ike_cred_unref(w->cfg[i].cred);
		certs_drop(&w->own[i]);
	}
	certs_drop(&w->ca);
}

static void
comes_up(struct world *w)
{
	start(w);
	CU_ASSERT_TRUE(sim_until(w->s, sim_both_up, UP_MS));
	CU_ASSERT_TRUE(sim_passes(w->s, A) && sim_passes(w->s, B));
	world_end(w);
}

static bool
refused(struct sim *s)
{
	return sim_counter(s, A, "refused_authentication") +
			       sim_counter(s, B, "refused_authentication") >
	       0;
}

/* Nobody comes up, and the node that refused says why. */
static void
is_refused(struct world *w, int by, const char *words)
{
	start(w);
	CU_ASSERT_TRUE(sim_until(w->s, refused, UP_MS));
	CU_ASSERT_TRUE(sim_counter(w->s, by, "refused_authentication") > 0);
	if (strstr(w->s->n[by].why, words) == NULL)
		printf("\n    it says: %s\n", w->s->n[by].why);
	CU_ASSERT_PTR_NOT_NULL(strstr(w->s->n[by].why, words));
	CU_ASSERT_FALSE(sim_both_up(w->s));
	world_end(w);
}

/* ---- what works ----------------------------------------------------------------------------- */

static void
every_kind_of_key(void)
{
	static const char *const kinds[] = { "rsa", "rsa-pss", "p256", "p384", "p521", "ed25519" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct world w = world_new(kinds[i]);

		comes_up(&w);
	}
}

static void
by_threads_and_over_a_bad_wire(void)
{
	struct world w = world_new("p256");

	w.s->job_delay_ms = 30;
	w.s->loss_percent = 20;
	w.s->repeat_percent = 30;
	w.s->jitter_ms = 40;
	comes_up(&w);
}

static void
rsa_pss_when_asked_for(void)
{
	struct world w = world_new("rsa");

	w.cfg[A].rsa_pss = w.cfg[B].rsa_pss = true;
	comes_up(&w);
}

static void
names_of_the_subject_and_with_wildcards(void)
{
	struct world w = world_new("p256");

	set_id(&w.cfg[A].local_id, "o=example, cn=a");
	set_id(&w.cfg[B].remote_id, "O=Example, CN=*");
	set_id(&w.cfg[A].remote_id, "*.example.com");
	comes_up(&w);
}

static void
intermediate_ca_comes_along(void)
{
	struct world w = world_new("p256");
	struct certs_cert mid = certs_make(&(struct certs_spec){
			.subject = "O=Example, CN=Mid", .ca = true, .issuer = &w.ca });
	struct certs_cert leaf = issue(&w, A, (struct certs_spec){ .issuer = &mid, .kind = "rsa" });

	use(&w, A, certs_cred(&leaf, &mid, &w.ca, NULL, 0));
	comes_up(&w);
	certs_drop(&leaf);
	certs_drop(&mid);
}

static void
certificate_one_way_and_key_the_other(void)
{
	for (int i = 0; i < SIM_NODES; i++) {
		struct world w = world_new("p256");
		struct ike_peer_cfg psk = sim_cfg(A);

		for (int k = 0; k < SIM_NODES; k++) {
			memcpy(w.cfg[k].psk, psk.psk, sizeof(psk.psk));
			w.cfg[k].psk_len = psk.psk_len;
		}
		w.cfg[i].auth_local = IKE_AUTHN_PSK;
		w.cfg[!i].auth_remote = IKE_AUTHN_PSK;
		comes_up(&w);
	}
}

/* ---- what does not -------------------------------------------------------------------------- */

static void
another_ca(void)
{
	for (int i = 0; i < SIM_NODES; i++) {
		struct world w = world_new("p256");
		struct certs_cert other = certs_make(
				&(struct certs_spec){ .subject = "O=Other, CN=CA", .ca = true });
		struct certs_cert leaf = issue(&w, i, (struct certs_spec){ .issuer = &other });

		use(&w, i, certs_cred(&leaf, NULL, &w.ca, NULL, 0));
		is_refused(&w, !i, "unable to get local issuer certificate");
		certs_drop(&leaf);
		certs_drop(&other);
	}
}

static void
expired_and_not_yet_valid(void)
{
	struct world w = world_new("p256");
	struct certs_cert old = issue(&w, A, (struct certs_spec){ .to_s = CERTS_NOW - CERTS_DAY });

	use(&w, A, certs_cred(&old, NULL, &w.ca, NULL, 0));
	is_refused(&w, B, "certificate has expired");
	w = world_new("p256");
	certs_drop(&old);
	old = issue(&w, A, (struct certs_spec){ .from_s = CERTS_NOW + CERTS_DAY });
	use(&w, A, certs_cred(&old, NULL, &w.ca, NULL, 0));
	is_refused(&w, B, "certificate is not yet valid");
	certs_drop(&old);
}

static void
revoked(void)
{
	struct world w = world_new("p256");
	char *crl = certs_crl(&w.ca, &w.own[A], CERTS_NOW + CERTS_DAY);

	use(&w, B, certs_cred(&w.own[B], NULL, &w.ca, crl, IKE_REVOCATION_CRL));
	is_refused(&w, B, "CN=A: certificate revoked");
	free(crl);
}

static void
another_name(void)
{
	struct world w = world_new("p256");

	set_id(&w.cfg[A].local_id, "c.example.com"); /* which its certificate does not have */
	set_id(&w.cfg[B].remote_id, "c.example.com");
	is_refused(&w, B, "does not have the identity that the peer claims");
}

static void
another_kind_of_key(void)
{
	struct world w = world_new("p256");

	w.cfg[B].auth_remote = IKE_AUTHN_RSA;
	is_refused(&w, B, "a key of another kind");
}

static void
key_usage_without_signatures(void)
{
	struct world w = world_new("p256");
	struct certs_cert leaf = issue(&w, A, (struct certs_spec){ .usage = "keyAgreement" });

	use(&w, A, certs_cred(&leaf, NULL, &w.ca, NULL, 0));
	is_refused(&w, B, "key usage does not allow signatures");
	certs_drop(&leaf);
}

/* B has the name, and a certificate of the right CA, but another's. */
static void
responder_with_anothers_certificate(void)
{
	struct world w = world_new("p256");

	use(&w, B, certs_cred(&w.own[A], NULL, &w.ca, NULL, 0));
	is_refused(&w, A, "does not have the identity that the peer claims");
}

static void
psk_where_a_certificate_is_wanted(void)
{
	struct world w = world_new("p256");
	struct ike_peer_cfg psk = sim_cfg(A);

	memcpy(w.cfg[A].psk, psk.psk, sizeof(psk.psk));
	w.cfg[A].psk_len = psk.psk_len;
	w.cfg[A].auth_local = IKE_AUTHN_PSK;
	is_refused(&w, B, "a certificate is configured");
}

/* One of a group, met when its certificate was judged, is answered as soon as it has a peer. */
static void
group_by_certificate(void)
{
	struct world w = world_new("p256");

	w.s->job_delay_ms = 20;
	w.cfg[B].remote = 0;
	w.cfg[B].group = true;
	w.cfg[B].may_initiate = false;
	set_id(&w.cfg[B].remote_id, "*.example.com");
	w.cfg[B].tun_id = UINT32_MAX;
	start(&w);
	sim_run(w.s, 400);
	CU_ASSERT_EQUAL(w.s->n_met, 1);
	CU_ASSERT_EQUAL(sim_n_sas(w.s, B, "established"), 0);
	snprintf(w.cfg[B].name, sizeof(w.cfg[B].name), "a");
	w.cfg[B].group = false;
	w.cfg[B].tun_id = 7;
	set_id(&w.cfg[B].remote_id, names[A]);
	CU_ASSERT_EQUAL(ike_peer_set(w.s->n[B].e, &w.cfg[B], w.s->now), 0);
	CU_ASSERT_TRUE(sim_until(w.s, sim_both_up, 60)); /* before the branch asks again */
	CU_ASSERT_STRING_EQUAL(sim_sa(w.s, B).peer, "a");
	CU_ASSERT_EQUAL(sim_counter(w.s, A, "retransmits"), 0);
	world_end(&w);
}

/* A group's branch that goes before it has a peer leaves nothing behind. */
static void
group_that_never_gets_a_peer(void)
{
	struct world w = world_new("p256");

	w.cfg[B].remote = 0;
	w.cfg[B].group = true;
	w.cfg[B].may_initiate = false;
	set_id(&w.cfg[B].remote_id, "*.example.com");
	start(&w);
	sim_run(w.s, 60000);
	CU_ASSERT_TRUE(w.s->n_met >= 1);
	CU_ASSERT_FALSE(sim_both_up(w.s));
	world_end(&w);
}

/* ---- while the session runs --------------------------------------------------------------- */

/* From the beginning on, @node keeps what its next life needs. */
static void
keeps(struct world *w, int node)
{
	w->s->n[node].keeps = true;
	sim_crash(w->s, node);
}

static bool
b_has_ended(struct sim *s)
{
	return sim_counter(s, B, "sessions_ended_by_certificate") > 0;
}

static bool
b_is_down(struct sim *s)
{
	return sim_held_sas(&s->n[B]) == 0;
}

/* B ends the session, which is over on both sides, for a reason in these words. */
static void
ends_at_b(struct world *w, const char *words)
{
	CU_ASSERT_TRUE_FATAL(sim_until(w->s, b_has_ended, 20000));
	CU_ASSERT_EQUAL(sim_n_sas(w->s, B, "established"), 0);
	CU_ASSERT_TRUE(sim_until(w->s, b_is_down, 1000));
	if (strstr(w->s->n[B].why, words) == NULL)
		printf("\n    it says: %s\n", w->s->n[B].why);
	CU_ASSERT_PTR_NOT_NULL(strstr(w->s->n[B].why, words));
	sim_run(w->s, 1000);
	CU_ASSERT_EQUAL(sim_n_sas(w->s, A, "established"), 0);
	world_end(w);
}

static void
runs(struct world *w)
{
	w->cfg[A].may_initiate = w->cfg[B].may_initiate = false;
	start(w);
	CU_ASSERT_TRUE_FATAL(sim_until(w->s, sim_both_up, UP_MS));
	/* Once: A does not call again, so that what B says last is of this session. */
	w->cfg[A].initiate = false;
	CU_ASSERT_EQUAL(ike_peer_set(w->s->n[A].e, &w->cfg[A], w->s->now), 0);
}

static struct world
world_of(int version)
{
	struct world w = world_new("rsa");

	for (int i = 0; version == 1 && i < SIM_NODES; i++) {
		w.cfg[i].version = 1;
		w.cfg[i].auth_local = w.cfg[i].auth_remote = IKE_AUTHN_RSA;
		w.cfg[i].ike_proposals[0] = sim_prop(IKE_ENCR_AES_CBC, 128,
				IKE_INTEG_HMAC_SHA2_256_128, IKE_PRF_HMAC_SHA2_256,
				IKE_GROUP_ECP256, false);
	}
	return w;
}

static void
now_believes(struct world *w, int node, struct ike_cred *cred)
{
	use(w, node, cred);
	CU_ASSERT_EQUAL(ike_peer_set(w->s->n[node].e, &w->cfg[node], w->s->now), 0);
}

/* Another CRL that says nothing of A lets the session be; one with A on it ends it. With keys of
 * IKEv1 and 2, judged inline and by threads; also when B has been restarted meanwhile. */
static void
revoked_while_it_runs(void)
{
	for (int version = 1; version <= 2; version++)
		for (int restarted = 0; restarted < 2; restarted++) {
			struct world w = world_of(version);
			char *none = certs_crl(&w.ca, &w.own[B], CERTS_NOW + CERTS_DAY);
			char *crl = certs_crl(&w.ca, &w.own[A], CERTS_NOW + CERTS_DAY);

			w.s->job_delay_ms = restarted ? 0 : 30;
			keeps(&w, B);
			runs(&w);
			now_believes(&w, B, certs_cred(&w.own[B], NULL, &w.ca, none, 0));
			sim_run(w.s, 30000);
			CU_ASSERT_TRUE(sim_both_up(w.s));
			CU_ASSERT_FALSE(b_has_ended(w.s));
			if (restarted)
				sim_restart(w.s, B);
			now_believes(&w, B, certs_cred(&w.own[B], NULL, &w.ca, crl, 0));
			ends_at_b(&w, "CN=A: certificate revoked");
			free(none);
			free(crl);
		}
}

static void
ca_is_not_believed_any_more(void)
{
	struct world w = world_of(2);
	struct certs_cert other = certs_make(
			&(struct certs_spec){ .subject = "O=Other, CN=CA", .ca = true });

	runs(&w);
	now_believes(&w, B, certs_cred(&w.own[B], NULL, &other, NULL, 0));
	ends_at_b(&w, "unable to get local issuer certificate");
	certs_drop(&other);
}

/* The responder ends the session when the certificate does, here after two minutes; a rekey of the
 * IKE SA in between does not make it younger. */
static void
expires_while_it_runs(void)
{
	for (int version = 1; version <= 2; version++) {
		struct world w = world_of(version);
		struct certs_cert brief = issue(&w, A,
				(struct certs_spec){ .to_s = SIM_WALL_S + 120, .kind = "rsa" });

		use(&w, A, certs_cred(&brief, NULL, &w.ca, NULL, 0));
		runs(&w);
		CU_ASSERT_EQUAL(sim_sa(w.s, B).cert_until_s, SIM_WALL_S + 120);
		if (version == 2)
			ike_sa_rekey(w.s->n[A].e, "peer", w.s->now);
		sim_run(w.s, 110000);
		CU_ASSERT_TRUE(sim_both_up(w.s));
		ends_at_b(&w, "CN=A: has expired");
		certs_drop(&brief);
	}
}

/* Who called authenticates anew before the other's certificate expires, and finds the new one. */
static void
renewed_in_time(void)
{
	struct world w = world_of(2);
	struct certs_cert brief = issue(&w, B,
			(struct certs_spec){ .to_s = SIM_WALL_S + 1000, .kind = "rsa" });
	uint64_t first;

	use(&w, B, certs_cred(&brief, NULL, &w.ca, NULL, 0));
	start(&w);
	CU_ASSERT_TRUE_FATAL(sim_until(w.s, sim_both_up, UP_MS));
	first = sim_sa(w.s, A).spi_i;
	now_believes(&w, B, certs_cred(&w.own[B], NULL, &w.ca, NULL, 0));
	sim_run(w.s, 800000);
	CU_ASSERT_EQUAL(sim_sa(w.s, A).spi_i, first);
	sim_run(w.s, 190000);
	CU_ASSERT_NOT_EQUAL(sim_sa(w.s, A).spi_i, first);
	CU_ASSERT_TRUE(sim_sa(w.s, A).cert_until_s > SIM_WALL_S + 1000);
	sim_run(w.s, 60000);
	CU_ASSERT_TRUE(sim_both_up(w.s));
	CU_ASSERT_EQUAL(sim_counter(w.s, A, "sessions_ended_by_certificate"), 0);
	world_end(&w);
	certs_drop(&brief);
}

/* What is shown of both sides' proofs, after a rekey and a restart as before. */
static void
proofs_are_shown(void)
{
	static const struct {
		const char *kind, *how;
		bool pss;
	} rows[] = { { "rsa", "rsa-pkcs1-sha256", false }, { "rsa", "rsa-pss-sha256", true },
		{ "p384", "ecdsa-p384-sha384", false }, { "ed25519", "ed25519", false } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct world w = world_new(rows[i].kind);

		w.cfg[A].rsa_pss = w.cfg[B].rsa_pss = rows[i].pss;
		keeps(&w, B);
		start(&w);
		CU_ASSERT_TRUE_FATAL(sim_until(w.s, sim_both_up, UP_MS));
		ike_sa_rekey(w.s->n[A].e, "peer", w.s->now);
		sim_run(w.s, 20000);
		sim_restart(w.s, B);
		CU_ASSERT_EQUAL(ike_peer_set(w.s->n[B].e, &w.cfg[B], w.s->now), 0);
		for (int n = 0; n < SIM_NODES; n++) {
			struct ike_sa_show sa = sim_sa(w.s, n);

			CU_ASSERT_EQUAL(sa.n_rekeys, 1);
			CU_ASSERT_STRING_EQUAL(sa.auth_local, rows[i].how);
			CU_ASSERT_STRING_EQUAL(sa.auth_remote, rows[i].how);
			CU_ASSERT_STRING_EQUAL(sa.subject, subjects[!n]);
			CU_ASSERT_TRUE(sa.cert_until_s > SIM_WALL_S);
			CU_ASSERT_FALSE(sa.ppk);
		}
		world_end(&w);
	}
}

/* ---- IKEv1 ---------------------------------------------------------------------------------- */

static struct world
world_v1(const char *kind, bool aggressive)
{
	struct world w = world_new(kind);

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
			struct world w = world_v1("rsa", aggressive);

			if (bad) {
				w.s->job_delay_ms = 20;
				w.s->loss_percent = 15;
				w.s->repeat_percent = 20;
				w.s->jitter_ms = 30;
			}
			comes_up(&w);
		}
}

/* Both with an intermediate CA: messages of some two kilobytes. */
static struct world
world_v1_long(struct certs_cert *mid, bool aggressive)
{
	struct world w = world_v1("rsa", aggressive);

	*mid = certs_make(&(struct certs_spec){
			.subject = "O=Example, CN=Mid", .ca = true, .issuer = &w.ca,
					.kind = "rsa" });
	for (int i = 0; i < SIM_NODES; i++) {
		struct certs_cert leaf =
				issue(&w, i, (struct certs_spec){ .issuer = mid, .kind = "rsa" });

		use(&w, i, certs_cred(&leaf, mid, &w.ca, NULL, 0));
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
			struct world w = world_v1_long(&mid, aggressive);

			w.s->mtu = 576;
			if (bad) {
				w.s->loss_percent = 5;
				w.s->repeat_percent = 30;
				w.s->jitter_ms = 60;
			}
			start(&w);
			CU_ASSERT_TRUE(sim_until(w.s, sim_both_up, UP_MS));
			for (int i = 0; i < SIM_NODES; i++) {
				CU_ASSERT_TRUE(sim_counter(w.s, i, "messages_fragmented") > 0);
				CU_ASSERT_TRUE(sim_counter(w.s, i, "messages_reassembled") > 0);
				CU_ASSERT_EQUAL(sim_sa(w.s, i).frag_mtu, 576);
			}
			world_end(&w);
			certs_drop(&mid);
		}
}

/* Longer fragments than the way takes: they get shorter when nothing is answered. */
static void
ikev1_fragments_get_shorter(void)
{
	struct certs_cert mid;
	struct world w = world_v1_long(&mid, false);

	w.cfg[A].frag_mtu = w.cfg[B].frag_mtu = 1280;
	w.s->mtu = 1000;
	w.cfg[B].frag_mtu = 576; /* who only answers sends what it sent */
	start(&w);
	CU_ASSERT_TRUE(sim_until(w.s, sim_both_up, UP_MS));
	CU_ASSERT_TRUE(sim_counter(w.s, A, "retransmits") >= 2);
	world_end(&w);
	certs_drop(&mid);
}

static void
ikev1_without_fragments(void)
{
	for (int i = 0; i < SIM_NODES; i++) {
		struct certs_cert mid;
		struct world w = world_v1_long(&mid, false);

		w.cfg[i].frag_mtu = 0; /* sends none, so what it sends is lost */
		w.s->mtu = 576;
		start(&w);
		CU_ASSERT_FALSE(sim_until(w.s, sim_both_up, 20000));
		CU_ASSERT_EQUAL(sim_counter(w.s, i, "messages_fragmented"), 0);
		world_end(&w);
		certs_drop(&mid);
	}
}

/* One fragment for B's ISAKMP SA; @len of the payload as it says. */
static void
fragment(struct world *w, uint16_t id, uint8_t number, uint8_t flags, size_t data, uint16_t len)
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
	struct world w = world_v1("rsa", false);
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

	start(&w);
	CU_ASSERT_TRUE_FATAL(sim_until(w.s, sim_both_up, UP_MS));
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
	world_end(&w);
}

/* Of a group: the answer waits for a peer of its own. */
static void
ikev1_in_a_group(void)
{
	for (int aggressive = 0; aggressive < 2; aggressive++) {
		struct world w = world_v1("rsa", aggressive);
		struct ike_peer_cfg *b = &w.cfg[B];

		b->remote = 0;
		b->group = true;
		b->may_initiate = b->initiate = false;
		b->tun_id = UINT32_MAX;
		set_id(&b->remote_id, "*.example.com");
		start(&w);
		sim_run(w.s, 1500);
		CU_ASSERT_EQUAL(w.s->n_met, 1);
		CU_ASSERT_EQUAL(w.s->met.len, strlen(names[A]));
		CU_ASSERT_EQUAL(sim_n_sas(w.s, B, "established"), 0);
		snprintf(b->name, sizeof(b->name), "member");
		b->group = false;
		b->tun_id = 7;
		set_id(&b->remote_id, names[A]);
		CU_ASSERT_EQUAL(ike_peer_set(w.s->n[B].e, b, w.s->now), 0);
		CU_ASSERT_TRUE(sim_until(w.s, sim_both_up, 500));
		CU_ASSERT_STRING_EQUAL(sim_sa(w.s, B).peer, "member");
		CU_ASSERT_EQUAL(w.s->n_met, 1);
		world_end(&w);
	}
}

static void
ikev1_by_the_name_of_the_subject(void)
{
	struct world w = world_v1("rsa", false);

	set_id(&w.cfg[A].local_id, subjects[A]);
	set_id(&w.cfg[B].remote_id, "O=Example, CN=*");
	comes_up(&w);
}

static void
ikev1_revoked_and_other_names(void)
{
	for (int aggressive = 0; aggressive < 2; aggressive++) {
		struct world w = world_v1("rsa", aggressive);
		char *crl = certs_crl(&w.ca, &w.own[A], CERTS_NOW + CERTS_DAY);

		use(&w, B, certs_cred(&w.own[B], NULL, &w.ca, crl, IKE_REVOCATION_CRL));
		is_refused(&w, B, "CN=A: certificate revoked");
		free(crl);
		w = world_v1("rsa", aggressive);
		use(&w, B, certs_cred(&w.own[A], NULL, &w.ca, NULL, 0));
		is_refused(&w, A, "does not have the identity that the peer claims");
	}
}

static void
ikev1_psk_where_rsa_is_wanted(void)
{
	struct world w = world_v1("rsa", false);
	struct ike_peer_cfg psk = sim_cfg(A);

	memcpy(w.cfg[A].psk, psk.psk, sizeof(psk.psk));
	w.cfg[A].psk_len = psk.psk_len;
	w.cfg[A].auth_local = w.cfg[A].auth_remote = IKE_AUTHN_PSK;
	start(&w);
	CU_ASSERT_FALSE(sim_until(w.s, sim_both_up, 8000));
	CU_ASSERT_TRUE(sim_counter(w.s, B, "refused_no_proposal") > 0);
	world_end(&w);
}

/* ---- post-quantum pre-shared keys ----------------------------------------------------------- */

static void
add_ppk(struct ike_peer_cfg *c, const char *key, const char *id, bool required)
{
	c->ppk_len = (uint8_t)strlen(key);
	memcpy(c->ppk, key, c->ppk_len);
	c->ppk_id_len = (uint8_t)strlen(id);
	memcpy(c->ppk_id, id, c->ppk_id_len);
	c->ppk_required = required;
}

/* PSK or certificates (@certs); who has a PPK, and who insists. */
static void
ppk_case(bool certs, int a, int b, const char *b_key, const char *b_id, bool up)
{
	struct world w = world_new("p256");

	for (int i = 0; i < SIM_NODES && !certs; i++) {
		ike_cred_unref(w.cfg[i].cred);
		w.cfg[i] = sim_cfg(i);
	}
	if (a > 0)
		add_ppk(&w.cfg[A], "the-quantum-key", "ppk-1", a > 1);
	if (b > 0)
		add_ppk(&w.cfg[B], b_key, b_id, b > 1);
	start(&w);
	CU_ASSERT_EQUAL(sim_until(w.s, sim_both_up, 8000), up);
	CU_ASSERT_EQUAL(up, sim_passes(w.s, A) && sim_passes(w.s, B));
	world_end(&w);
}

static void
ppk_of_both(void)
{
	for (int certs = 0; certs < 2; certs++)
		for (int a = 1; a <= 2; a++)
			for (int b = 1; b <= 2; b++)
				ppk_case(certs, a, b, "the-quantum-key", "ppk-1", true);
}

/* Who does not insist goes on without. */
static void
ppk_of_one(void)
{
	for (int certs = 0; certs < 2; certs++) {
		ppk_case(certs, 1, 0, "", "", true);
		ppk_case(certs, 0, 1, "the-quantum-key", "ppk-1", true);
		ppk_case(certs, 2, 0, "", "", false);
		ppk_case(certs, 0, 2, "the-quantum-key", "ppk-1", false);
	}
}

static void
ppk_by_another_name_or_value(void)
{
	for (int certs = 0; certs < 2; certs++) {
		ppk_case(certs, 1, 1, "the-quantum-key", "ppk-2", true);
		ppk_case(certs, 1, 2, "the-quantum-key", "ppk-2", false);
		ppk_case(certs, 2, 1, "the-quantum-key", "ppk-2", false);
		ppk_case(certs, 1, 1, "another-quantum-key", "ppk-1", false);
	}
}

static const struct cu_case cases[] = {
	CU_CASE(every_kind_of_key),
	CU_CASE(by_threads_and_over_a_bad_wire),
	CU_CASE(rsa_pss_when_asked_for),
	CU_CASE(names_of_the_subject_and_with_wildcards),
	CU_CASE(intermediate_ca_comes_along),
	CU_CASE(certificate_one_way_and_key_the_other),
	CU_CASE(another_ca),
	CU_CASE(expired_and_not_yet_valid),
	CU_CASE(revoked),
	CU_CASE(another_name),
	CU_CASE(another_kind_of_key),
	CU_CASE(key_usage_without_signatures),
	CU_CASE(responder_with_anothers_certificate),
	CU_CASE(psk_where_a_certificate_is_wanted),
	CU_CASE(group_by_certificate),
	CU_CASE(group_that_never_gets_a_peer),
	CU_CASE(revoked_while_it_runs),
	CU_CASE(ca_is_not_believed_any_more),
	CU_CASE(expires_while_it_runs),
	CU_CASE(renewed_in_time),
	CU_CASE(proofs_are_shown),
	CU_CASE(ikev1_in_both_modes),
	CU_CASE(ikev1_in_fragments),
	CU_CASE(ikev1_fragments_get_shorter),
	CU_CASE(ikev1_without_fragments),
	CU_CASE(ikev1_hostile_fragments),
	CU_CASE(ikev1_in_a_group),
	CU_CASE(ikev1_by_the_name_of_the_subject),
	CU_CASE(ikev1_revoked_and_other_names),
	CU_CASE(ikev1_psk_where_rsa_is_wanted),
	CU_CASE(ppk_of_both),
	CU_CASE(ppk_of_one),
	CU_CASE(ppk_by_another_name_or_value),
};

CU_MAIN("certificates", cases)
