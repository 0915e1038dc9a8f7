/* SPDX-License-Identifier: BSD-3-Clause */
/* IKE_AUTH by certificates and with post-quantum keys: both roles, each kind of key, and whatever
 * is wrong with a peer's certificate. IKEv1: test_ike1_certs.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ike/ike_id.h"
#include "controlplane/ike/ike_wire.h"
#include "tests/sim/cert_world.h"
#include "tests/unit/cu.h"

/* ---- what works ----------------------------------------------------------------------------- */

static void
every_kind_of_key(void)
{
	static const char *const kinds[] = { "rsa", "rsa-pss", "p256", "p384", "p521", "ed25519" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct certw w = certw_new(kinds[i]);

		certw_comes_up(&w);
	}
}

static void
by_threads_and_over_a_bad_wire(void)
{
	struct certw w = certw_new("p256");

	w.s->job_delay_ms = 30;
	w.s->loss_percent = 20;
	w.s->repeat_percent = 30;
	w.s->jitter_ms = 40;
	certw_comes_up(&w);
}

static void
rsa_pss_when_asked_for(void)
{
	struct certw w = certw_new("rsa");

	w.cfg[A].rsa_pss = w.cfg[B].rsa_pss = true;
	certw_comes_up(&w);
}

static void
names_of_the_subject_and_with_wildcards(void)
{
	struct certw w = certw_new("p256");

	certw_id(&w.cfg[A].local_id, "o=example, cn=a");
	certw_id(&w.cfg[B].remote_id, "O=Example, CN=*");
	certw_id(&w.cfg[A].remote_id, "*.example.com");
	certw_comes_up(&w);
}

static void
intermediate_ca_comes_along(void)
{
	struct certw w = certw_new("p256");
	struct certs_cert mid = certs_make(&(struct certs_spec){
			.subject = "O=Example, CN=Mid", .ca = true, .issuer = &w.ca });
	struct certs_cert leaf =
			certw_issue(&w, A, (struct certs_spec){ .issuer = &mid, .kind = "rsa" });

	certw_use(&w, A, certs_cred(&leaf, &mid, &w.ca, NULL, 0));
	certw_comes_up(&w);
	certs_drop(&leaf);
	certs_drop(&mid);
}

static void
certificate_one_way_and_key_the_other(void)
{
	for (int i = 0; i < SIM_NODES; i++) {
		struct certw w = certw_new("p256");
		struct ike_peer_cfg psk = sim_cfg(A);

		for (int k = 0; k < SIM_NODES; k++) {
			memcpy(w.cfg[k].psk, psk.psk, sizeof(psk.psk));
			w.cfg[k].psk_len = psk.psk_len;
		}
		w.cfg[i].auth_local = IKE_AUTHN_PSK;
		w.cfg[!i].auth_remote = IKE_AUTHN_PSK;
		certw_comes_up(&w);
	}
}

/* ---- what does not -------------------------------------------------------------------------- */

static void
another_ca(void)
{
	for (int i = 0; i < SIM_NODES; i++) {
		struct certw w = certw_new("p256");
		struct certs_cert other = certs_make(
				&(struct certs_spec){ .subject = "O=Other, CN=CA", .ca = true });
		struct certs_cert leaf =
				certw_issue(&w, i, (struct certs_spec){ .issuer = &other });

		certw_use(&w, i, certs_cred(&leaf, NULL, &w.ca, NULL, 0));
		certw_is_refused(&w, !i, "unable to get local issuer certificate");
		certs_drop(&leaf);
		certs_drop(&other);
	}
}

static bool
a_is_refused(struct sim *s)
{
	return sim_counter(s, A, "peer_refused_authentication") > 0;
}

static bool
b_is_refused(struct sim *s)
{
	return sim_counter(s, B, "peer_refused_authentication") > 0;
}

/* Both sides say so, whoever has called. */
static void
expired_and_not_yet_valid(void)
{
	struct certw w = certw_new("p256");
	struct certs_cert old =
			certw_issue(&w, A, (struct certs_spec){ .to_s = CERTS_NOW - CERTS_DAY });

	certw_use(&w, A, certs_cred(&old, NULL, &w.ca, NULL, 0));
	certw_start(&w);
	CU_ASSERT_TRUE(sim_until(w.s, a_is_refused, CERTW_UP_MS));
	CU_ASSERT_PTR_NOT_NULL(strstr(w.s->n[A].why,
			"AUTHENTICATION_FAILED to IKE_AUTH: our certificate has expired"));
	CU_ASSERT_PTR_NOT_NULL(strstr(w.s->n[B].why, "certificate has expired"));
	certw_end(&w);
	w = certw_new("p256");
	certw_use(&w, B, certs_cred(&old, NULL, &w.ca, NULL, 0));
	certw_start(&w);
	CU_ASSERT_TRUE(sim_until(w.s, b_is_refused, CERTW_UP_MS));
	CU_ASSERT_PTR_NOT_NULL(strstr(w.s->n[B].why,
			"peer does not believe us: AUTHENTICATION_FAILED: our certificate"));
	certw_end(&w);
	w = certw_new("p256");
	certs_drop(&old);
	old = certw_issue(&w, A, (struct certs_spec){ .from_s = CERTS_NOW + CERTS_DAY });
	certw_use(&w, A, certs_cred(&old, NULL, &w.ca, NULL, 0));
	certw_is_refused(&w, B, "certificate is not yet valid");
	certs_drop(&old);
}

static void
revoked(void)
{
	struct certw w = certw_new("p256");
	char *crl = certs_crl(&w.ca, &w.own[A], CERTS_NOW + CERTS_DAY);

	certw_use(&w, B, certs_cred(&w.own[B], NULL, &w.ca, crl, IKE_REVOCATION_CRL));
	certw_is_refused(&w, B, "CN=A: certificate revoked");
	free(crl);
}

static void
another_name(void)
{
	struct certw w = certw_new("p256");

	certw_id(&w.cfg[A].local_id, "c.example.com"); /* which its certificate does not have */
	certw_id(&w.cfg[B].remote_id, "c.example.com");
	certw_is_refused(&w, B, "does not have the identity that the peer claims");
}

static void
another_kind_of_key(void)
{
	struct certw w = certw_new("p256");

	w.cfg[B].auth_remote = IKE_AUTHN_RSA;
	certw_is_refused(&w, B, "a key of another kind");
}

static void
key_usage_without_signatures(void)
{
	struct certw w = certw_new("p256");
	struct certs_cert leaf = certw_issue(&w, A, (struct certs_spec){ .usage = "keyAgreement" });

	certw_use(&w, A, certs_cred(&leaf, NULL, &w.ca, NULL, 0));
	certw_is_refused(&w, B, "key usage does not allow signatures");
	certs_drop(&leaf);
}

/* B has the name, and a certificate of the right CA, but another's. */
static void
responder_with_anothers_certificate(void)
{
	struct certw w = certw_new("p256");

	certw_use(&w, B, certs_cred(&w.own[A], NULL, &w.ca, NULL, 0));
	certw_is_refused(&w, A, "does not have the identity that the peer claims");
}

static void
psk_where_a_certificate_is_wanted(void)
{
	struct certw w = certw_new("p256");
	struct ike_peer_cfg psk = sim_cfg(A);

	memcpy(w.cfg[A].psk, psk.psk, sizeof(psk.psk));
	w.cfg[A].psk_len = psk.psk_len;
	w.cfg[A].auth_local = IKE_AUTHN_PSK;
	certw_is_refused(&w, B, "a certificate is configured");
}

/* One of a group, met when its certificate was judged, is answered as soon as it has a peer. */
static void
group_by_certificate(void)
{
	struct certw w = certw_new("p256");

	w.s->job_delay_ms = 20;
	w.cfg[B].remote = 0;
	w.cfg[B].group = true;
	w.cfg[B].may_initiate = false;
	certw_id(&w.cfg[B].remote_id, "*.example.com");
	w.cfg[B].tun_id = UINT32_MAX;
	certw_start(&w);
	sim_run(w.s, 400);
	CU_ASSERT_EQUAL(w.s->n_met, 1);
	CU_ASSERT_EQUAL(sim_n_sas(w.s, B, "established"), 0);
	snprintf(w.cfg[B].name, sizeof(w.cfg[B].name), "a");
	w.cfg[B].group = false;
	w.cfg[B].tun_id = 7;
	certw_id(&w.cfg[B].remote_id, certw_names[A]);
	CU_ASSERT_EQUAL(ike_peer_set(w.s->n[B].e, &w.cfg[B], w.s->now), 0);
	CU_ASSERT_TRUE(sim_until(w.s, sim_both_up, 60)); /* before the branch asks again */
	CU_ASSERT_STRING_EQUAL(sim_sa(w.s, B).peer, "a");
	CU_ASSERT_EQUAL(sim_counter(w.s, A, "retransmits"), 0);
	certw_end(&w);
}

/* A group's branch that goes before it has a peer leaves nothing behind. */
static void
group_that_never_gets_a_peer(void)
{
	struct certw w = certw_new("p256");

	w.cfg[B].remote = 0;
	w.cfg[B].group = true;
	w.cfg[B].may_initiate = false;
	certw_id(&w.cfg[B].remote_id, "*.example.com");
	certw_start(&w);
	sim_run(w.s, 60000);
	CU_ASSERT_TRUE(w.s->n_met >= 1);
	CU_ASSERT_FALSE(sim_both_up(w.s));
	certw_end(&w);
}

/* ---- while the session runs --------------------------------------------------------------- */

/* From the beginning on, @node keeps what its next life needs. */
static void
keeps(struct certw *w, int node)
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
ends_at_b(struct certw *w, const char *words)
{
	CU_ASSERT_TRUE_FATAL(sim_until(w->s, b_has_ended, 20000));
	CU_ASSERT_EQUAL(sim_n_sas(w->s, B, "established"), 0);
	CU_ASSERT_TRUE(sim_until(w->s, b_is_down, 1000));
	if (strstr(w->s->n[B].why, words) == NULL)
		printf("\n    it says: %s\n", w->s->n[B].why);
	CU_ASSERT_PTR_NOT_NULL(strstr(w->s->n[B].why, words));
	sim_run(w->s, 1000);
	CU_ASSERT_EQUAL(sim_n_sas(w->s, A, "established"), 0);
	certw_end(w);
}

static void
runs(struct certw *w)
{
	w->cfg[A].may_initiate = w->cfg[B].may_initiate = false;
	certw_start(w);
	CU_ASSERT_TRUE_FATAL(sim_until(w->s, sim_both_up, CERTW_UP_MS));
	/* Once: A does not call again, so that what B says last is of this session. */
	w->cfg[A].initiate = false;
	CU_ASSERT_EQUAL(ike_peer_set(w->s->n[A].e, &w->cfg[A], w->s->now), 0);
}

static struct certw
world_of(int version)
{
	struct certw w = certw_new("rsa");

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
now_believes(struct certw *w, int node, struct ike_cred *cred)
{
	certw_use(w, node, cred);
	CU_ASSERT_EQUAL(ike_peer_set(w->s->n[node].e, &w->cfg[node], w->s->now), 0);
}

/* Another CRL that says nothing of A lets the session be; one with A on it ends it. With keys of
 * IKEv1 and 2, judged inline and by threads; also when B has been restarted meanwhile. */
static void
revoked_while_it_runs(void)
{
	for (int version = 1; version <= 2; version++)
		for (int restarted = 0; restarted < 2; restarted++) {
			struct certw w = world_of(version);
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
	struct certw w = world_of(2);
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
		struct certw w = world_of(version);
		struct certs_cert brief = certw_issue(&w, A,
				(struct certs_spec){ .to_s = SIM_WALL_S + 120, .kind = "rsa" });

		certw_use(&w, A, certs_cred(&brief, NULL, &w.ca, NULL, 0));
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
	struct certw w = world_of(2);
	struct certs_cert brief = certw_issue(&w, B,
			(struct certs_spec){ .to_s = SIM_WALL_S + 1000, .kind = "rsa" });
	uint64_t first;

	certw_use(&w, B, certs_cred(&brief, NULL, &w.ca, NULL, 0));
	certw_start(&w);
	CU_ASSERT_TRUE_FATAL(sim_until(w.s, sim_both_up, CERTW_UP_MS));
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
	certw_end(&w);
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
		struct certw w = certw_new(rows[i].kind);

		w.cfg[A].rsa_pss = w.cfg[B].rsa_pss = rows[i].pss;
		keeps(&w, B);
		certw_start(&w);
		CU_ASSERT_TRUE_FATAL(sim_until(w.s, sim_both_up, CERTW_UP_MS));
		ike_sa_rekey(w.s->n[A].e, "peer", w.s->now);
		sim_run(w.s, 20000);
		sim_restart(w.s, B);
		CU_ASSERT_EQUAL(ike_peer_set(w.s->n[B].e, &w.cfg[B], w.s->now), 0);
		for (int n = 0; n < SIM_NODES; n++) {
			struct ike_sa_show sa = sim_sa(w.s, n);

			CU_ASSERT_EQUAL(sa.n_rekeys, 1);
			CU_ASSERT_STRING_EQUAL(sa.auth_local, rows[i].how);
			CU_ASSERT_STRING_EQUAL(sa.auth_remote, rows[i].how);
			CU_ASSERT_STRING_EQUAL(sa.subject, certw_subjects[!n]);
			CU_ASSERT_TRUE(sa.cert_until_s > SIM_WALL_S);
			CU_ASSERT_FALSE(sa.ppk);
		}
		certw_end(&w);
	}
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
	struct certw w = certw_new("p256");

	for (int i = 0; i < SIM_NODES && !certs; i++) {
		ike_cred_unref(w.cfg[i].cred);
		w.cfg[i] = sim_cfg(i);
	}
	if (a > 0)
		add_ppk(&w.cfg[A], "the-quantum-key", "ppk-1", a > 1);
	if (b > 0)
		add_ppk(&w.cfg[B], b_key, b_id, b > 1);
	certw_start(&w);
	CU_ASSERT_EQUAL(sim_until(w.s, sim_both_up, 8000), up);
	CU_ASSERT_EQUAL(up, sim_passes(w.s, A) && sim_passes(w.s, B));
	certw_end(&w);
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
	CU_CASE(ppk_of_both),
	CU_CASE(ppk_of_one),
	CU_CASE(ppk_by_another_name_or_value),
};

CU_MAIN("certificates", cases)
