/* SPDX-License-Identifier: BSD-3-Clause */
/* Cross checks of certificates, and of what proves who one is; see validate.h. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "controlplane/config/trustpoint.h"
#include "controlplane/config/validate_priv.h"
#include "controlplane/ike/ike_id.h"
#include "controlplane/ike/ike_sig.h"

#define AT_TRUSTPOINTS "/crypto/pki/trustpoints"
#define DAY_S          86400

struct dates {
	struct validator *v;
	const struct cfg_trustpoint *t;
	int64_t now_s;
};

static void
check_dates(void *arg, const struct ike_cred_show *s)
{
	static const char *const fields[] = { [IKE_CRED_OWN] = "certificate",
		[IKE_CRED_INTERMEDIATE] = "certificate",
		[IKE_CRED_CA] = "ca",
		[IKE_CRED_CRL] = "crl" };
	const struct dates *d = arg;
	int64_t left_s = s->not_after_s - d->now_s;

	if (s->not_before_s > d->now_s)
		entry_warning(d->v, AT_TRUSTPOINTS, d->t->name, fields[s->what],
				"of %.100s is not valid yet: is the clock right?", s->subject);
	else if (s->not_after_s == INT64_MAX)
		return;
	else if (left_s < 0)
		entry_warning(d->v, AT_TRUSTPOINTS, d->t->name, fields[s->what],
				"of %.100s has expired %lld days ago", s->subject,
				(long long)(-left_s / DAY_S));
	else if (left_s < (int64_t)d->t->warn_days * DAY_S)
		entry_warning(d->v, AT_TRUSTPOINTS, d->t->name, fields[s->what],
				"of %.100s expires in %lld days", s->subject,
				(long long)(left_s / DAY_S));
}

static void
check_trustpoint(struct validator *v, const struct cfg_trustpoint *t)
{
	struct dates d = { .v = v, .t = t, .now_s = (int64_t)time(NULL) };
	const char *field = NULL;
	struct ike_cred *cred;
	char path[512], why[256];

	if (v->n_read_errors > 0 &&
			read_errors_at(v, entry_path(AT_TRUSTPOINTS, t->name, NULL, path)))
		return;
	cred = trustpoint_load(t, NULL, &field, why, sizeof(why));
	if (cred == NULL)
		entry_error(v, AT_TRUSTPOINTS, t->name, field, "%s", why);
	else
		ike_cred_each(cred, check_dates, &d);
	ike_cred_unref(cred);
}

static uint8_t
authn_of(unsigned int configured)
{
	static const uint8_t of[] = { [CFG_AUTHN_PSK] = IKE_AUTHN_PSK,
		[CFG_AUTHN_CERT] = IKE_AUTHN_CERT,
		[CFG_AUTHN_RSA] = IKE_AUTHN_RSA,
		[CFG_AUTHN_ECDSA] = IKE_AUTHN_ECDSA,
		[CFG_AUTHN_EDDSA] = IKE_AUTHN_EDDSA };

	return of[configured < sizeof(of) ? configured : CFG_AUTHN_PSK];
}

/* Our certificate has the right kind of key, and the name that we want to have. */
static void
check_own(struct validator *v, const struct cfg_ike_profile *p, const struct ike_cred *cred)
{
	uint8_t authn = authn_of(p->version == CFG_IKE_V1 ? CFG_AUTHN_RSA : p->auth_local);
	struct ike_id id;

	if (ike_cred_key(cred) == NULL)
		entry_error(v, AT_IKE, p->name, "trustpoint",
				"trustpoint \"%s\" has no certificate of ours", p->trustpoint);
	else if (!ike_key_suits(ike_cred_key(cred), authn))
		entry_error(v, AT_IKE, p->name, "authentication-local",
				"the key of trustpoint \"%s\" is of another kind", p->trustpoint);
	else if (p->local_identity[0] != '\0' && ike_id_parse(p->local_identity, &id) == 0 &&
			!ike_cred_is_named(cred, &id))
		entry_warning(v, AT_IKE, p->name, "local-identity",
				"our certificate does not have this name: peers may refuse us");
	else if (p->local_identity[0] == '\0' && ike_cred_subject(cred, &id) != 0)
		entry_error(v, AT_IKE, p->name, "local-identity",
				"is needed: the subject of our certificate is empty or too long");
}

static void
check_profile(struct validator *v, const struct cfg_ike_profile *p)
{
	const struct cfg_trustpoint *t = cfg_trustpoint_find(v->c, p->trustpoint);
	bool local = p->auth_local != CFG_AUTHN_PSK, remote = p->auth_remote != CFG_AUTHN_PSK;
	const char *field = NULL;
	struct ike_cred *cred;
	struct ike_id id;
	char why[256];

	if (p->local_identity[0] != '\0' && ike_id_parse(p->local_identity, &id) == 0 &&
			ike_id_is_pattern(&id))
		entry_error(v, AT_IKE, p->name, "local-identity", "is one name: no wildcards, no network");
	if (p->version == CFG_IKE_V1 && (local != remote || p->auth_local > CFG_AUTHN_RSA ||
							 p->auth_remote > CFG_AUTHN_RSA))
		entry_error(v, AT_IKE, p->name, "authentication-local",
				"with IKEv1 both sides use pre-share, or both rsa-sig");
	if (!local && !remote && (t != NULL || p->trustpoint[0] == '\0'))
		return;
	if (t == NULL) {
		entry_error(v, AT_IKE, p->name, "trustpoint", p->trustpoint[0] == '\0'
						? "is needed for certificates"
						: "there is no such trustpoint");
		return;
	}
	cred = trustpoint_load(t, NULL, &field, why, sizeof(why));
	if (cred == NULL)
		return; /* complained of above */
	if (local)
		check_own(v, p, cred);
	if (remote && ike_cred_n_cas(cred) == 0)
		entry_error(v, AT_IKE, p->name, "trustpoint",
				"trustpoint \"%s\" has no CA to judge peers by", p->trustpoint);
	if (p->rsa_sha1)
		entry_warning(v, AT_IKE, p->name, "rsa-sha1",
				"sha1 is weak (RFC 8247 section 3): for old peers only");
	ike_cred_unref(cred);
}

/* A key needs a name on both sides, and the other way round. */
static void
check_key(struct validator *v, const struct cfg_ike_key *k)
{
	char path[512];

	if (v->n_read_errors > 0 && read_errors_at(v, entry_path(AT_KEYRING, k->name, NULL, path)))
		return;
	if (k->psk[0] == '\0' && k->ppk[0] == '\0')
		entry_error(v, AT_KEYRING, k->name, "pre-shared-key",
				"is missing: it is the secret that both ends know, text of 1 to %d "
				"bytes",
				CFG_PSK_MAX - 1);
	if (k->ppk[0] != '\0' && k->ppk_identity[0] == '\0')
		entry_error(v, AT_KEYRING, k->name, "ppk-identity",
				"is needed: both ends must know which key is meant");
	if (k->ppk[0] == '\0' && k->ppk_identity[0] != '\0')
		entry_error(v, AT_KEYRING, k->name, "ppk", "is missing");
	if (k->ppk[0] != '\0' && strlen(k->ppk) < 32)
		entry_warning(v, AT_KEYRING, k->name, "ppk",
				"shorter than 32 characters: RFC 8784 section 6 asks for 256 bits "
				"of randomness");
}

void
validate_pki(struct validator *v)
{
	const struct cfg *c = v->c;

	for (uint32_t i = 0; i < c->n_trustpoints; i++)
		check_trustpoint(v, &c->trustpoints[i]);
	for (uint32_t i = 0; i < c->n_ike_profiles; i++)
		check_profile(v, &c->ike_profiles[i]);
	for (uint32_t i = 0; i < c->n_ike_keys; i++)
		check_key(v, &c->ike_keys[i]);
}
