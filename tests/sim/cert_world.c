/* SPDX-License-Identifier: BSD-3-Clause */
/* Two ends that prove themselves by certificates; see cert_world.h. */
#include <stdio.h>
#include <string.h>

#include "controlplane/ike/ike_id.h"
#include "tests/sim/cert_world.h"
#include "tests/unit/cu.h"

const char *const certw_names[SIM_NODES] = { "a.example.com", "b.example.com" };
static const char *const sans[SIM_NODES] = { "DNS:a.example.com", "DNS:b.example.com,IP:10.0.0.2" };
const char *const certw_subjects[SIM_NODES] = { "O=Example, CN=A", "O=Example, CN=B" };

void
certw_id(struct ike_id *id, const char *text)
{
	CU_ASSERT_EQUAL_FATAL(ike_id_parse(text, id), 0);
}

void
certw_use(struct certw *w, int node, struct ike_cred *cred)
{
	ike_cred_unref(w->cfg[node].cred);
	w->cfg[node].cred = cred;
}

struct certs_cert
certw_issue(const struct certw *w, int node, struct certs_spec spec)
{
	if (spec.subject == NULL)
		spec.subject = certw_subjects[node];
	if (spec.san == NULL)
		spec.san = sans[node];
	if (spec.issuer == NULL)
		spec.issuer = &w->ca;
	return certs_make(&spec);
}

struct certw
certw_new(const char *kind)
{
	struct certw w = { .s = sim_new(7, NULL),
		.ca = certs_make(&(struct certs_spec){ .subject = "O=Example, CN=CA",
		.ca = true }) };

	for (int i = 0; i < SIM_NODES; i++) {
		w.own[i] = certw_issue(&w, i, (struct certs_spec){ .kind = kind });
		w.cfg[i] = sim_cfg(i);
		w.cfg[i].psk_len = 0;
		w.cfg[i].auth_local = w.cfg[i].auth_remote = IKE_AUTHN_CERT;
		certw_id(&w.cfg[i].local_id, certw_names[i]);
		certw_id(&w.cfg[i].remote_id, certw_names[!i]);
		certw_use(&w, i, certs_cred(&w.own[i], NULL, &w.ca, NULL, 0));
	}
	return w;
}

void
certw_start(struct certw *w)
{
	w->cfg[A].initiate = true;
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(w->s->n[B].e, &w->cfg[B], w->s->now), 0);
	CU_ASSERT_EQUAL_FATAL(ike_peer_set(w->s->n[A].e, &w->cfg[A], w->s->now), 0);
}

void
certw_end(struct certw *w)
{
	CU_ASSERT_EQUAL(sim_free(w->s), 0);
	for (int i = 0; i < SIM_NODES; i++) {
		ike_cred_unref(w->cfg[i].cred);
		certs_drop(&w->own[i]);
	}
	certs_drop(&w->ca);
}

void
certw_comes_up(struct certw *w)
{
	certw_start(w);
	CU_ASSERT_TRUE(sim_until(w->s, sim_both_up, CERTW_UP_MS));
	CU_ASSERT_TRUE(sim_passes(w->s, A) && sim_passes(w->s, B));
	certw_end(w);
}

static bool
refused(struct sim *s)
{
	return sim_counter(s, A, "refused_authentication") +
			       sim_counter(s, B, "refused_authentication") >
	       0;
}

/* Nobody comes up, and the node that refused says why. */
void
certw_is_refused(struct certw *w, int by, const char *words)
{
	certw_start(w);
	CU_ASSERT_TRUE(sim_until(w->s, refused, CERTW_UP_MS));
	CU_ASSERT_TRUE(sim_counter(w->s, by, "refused_authentication") > 0);
	if (strstr(w->s->n[by].why, words) == NULL)
		printf("\n    it says: %s\n", w->s->n[by].why);
	CU_ASSERT_PTR_NOT_NULL(strstr(w->s->n[by].why, words));
	CU_ASSERT_FALSE(sim_both_up(w->s));
	certw_end(w);
}
