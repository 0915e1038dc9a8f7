/* SPDX-License-Identifier: BSD-3-Clause */
/* `show crypto pki certificates`: what the trustpoints hold, and until when. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "controlplane/config/model.h"
#include "controlplane/pki/pki.h"
#include "controlplane/show/show_int.h"
#include "controlplane/vpn/vpn.h"

#define DAY_S 86400

struct list {
	const json_t *params;
	const struct cfg *cfg;
	json_t *trustpoints, *certs;
	int64_t now_s, soon_s; /* soon: from what is left on it is warned of */
};

static json_t *
date(int64_t s)
{
	time_t t = (time_t)s;
	struct tm tm;
	char buf[32];

	if (s == INT64_MAX || gmtime_r(&t, &tm) == NULL ||
			strftime(buf, sizeof(buf), "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
		return json_null();
	return json_string(buf);
}

static const char *
state_of(const struct ike_cred_show *s, const struct list *l)
{
	if (s->not_before_s > l->now_s)
		return "not-yet-valid";
	if (s->not_after_s < l->now_s)
		return "expired";
	return s->not_after_s - l->now_s < l->soon_s ? "expires-soon" : "valid";
}

static void
add(void *arg, const struct ike_cred_show *s)
{
	static const char *const kinds[] = { [IKE_CRED_OWN] = "own",
		[IKE_CRED_INTERMEDIATE] = "intermediate",
		[IKE_CRED_CA] = "ca",
		[IKE_CRED_CRL] = "crl" };
	struct list *l = arg;
	json_t *o = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "kind", kinds[s->what], "subject",
			s->subject, "state", state_of(s, l), "not_before",
			date(s->not_before_s), "not_after", date(s->not_after_s), "expires_in_s",
			s->not_after_s != INT64_MAX
					? json_integer((json_int_t)(s->not_after_s - l->now_s))
					: json_null());

	if (o == NULL)
		return;
	if (s->what == IKE_CRED_CRL) {
		json_object_set_new(o, "revoked", json_integer(s->n_revoked));
	} else {
		json_object_set_new(o, "issuer", json_string(s->issuer));
		json_object_set_new(o, "serial", json_string(s->serial));
		json_object_set_new(o, "key", json_string(s->key));
		json_object_set_new(o, "names", show_text(s->names));
	}
	json_array_append_new(l->certs, o);
}

static void
add_trustpoint(void *arg, const char *name, const struct ike_cred *cred)
{
	struct list *l = arg;
	const struct cfg_trustpoint *t = cfg_trustpoint_find(l->cfg, name);

	if (!show_wanted(l->params, name))
		return;
	l->certs = json_array();
	l->soon_s = t != NULL ? (int64_t)t->warn_days * DAY_S : 0;
	ike_cred_each(cred, add, l);
	json_array_append_new(l->trustpoints,
			json_pack("{s:s, s:o}", "name", name, "certificates", l->certs));
}

json_t *
show_pki_certificates(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct show *s = ctx;
	struct list l = { .params = params,
		.cfg = s->cp->cfg,
		.trustpoints = json_array(),
		.now_s = (int64_t)time(NULL) };

	pki_each(vpn_pki(s->cp->vpn), add_trustpoint, &l);
	return json_pack("{s:o}", "trustpoints", l.trustpoints);
}
