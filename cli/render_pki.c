/* SPDX-License-Identifier: BSD-3-Clause */
/* show crypto pki certificates. */
#include <string.h>

#include "cli/render.h"

#define DAY_S 86400

static void
line(const struct out *o, const char *what, const char *text)
{
	if (text[0] != '\0')
		out_line(o, "  %-9s %s", what, text);
}

static const char *
text_of(const json_t *c, const char *name)
{
	const char *s = json_string_value(json_object_get(c, name));

	return s != NULL ? s : "";
}

/* "until 2027-01-31T12:00:00Z, 71 days" */
static void
validity(const struct out *o, const json_t *c)
{
	const json_t *left = json_object_get(c, "expires_in_s");
	long long days = json_integer_value(left) / DAY_S;
	const char *state = text_of(c, "state");

	if (strcmp(state, "not-yet-valid") == 0)
		out_line(o, "  %-9s from %s: NOT YET VALID", "valid", text_of(c, "not_before"));
	else if (!json_is_integer(left))
		out_line(o, "  %-9s without end", "valid");
	else if (strcmp(state, "expired") == 0)
		out_line(o, "  %-9s until %s: EXPIRED", "valid", text_of(c, "not_after"));
	else
		out_line(o, "  %-9s until %s, %lld days%s", "valid", text_of(c, "not_after"), days,
				strcmp(state, "expires-soon") == 0 ? ": SOON" : "");
}

static void
certificate(const struct out *o, const json_t *c)
{
	static const struct {
		const char *kind, *title;
	} titles[] = { { "own", "Certificate" },
		{ "intermediate", "Intermediate CA" },
		{ "ca", "CA" },
		{ "crl", "CRL" } };

	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		if (strcmp(text_of(c, "kind"), titles[i].kind) == 0)
			out_line(o, "%s of %s", titles[i].title, text_of(c, "subject"));
	line(o, "issuer", text_of(c, "issuer"));
	line(o, "serial", text_of(c, "serial"));
	line(o, "key", text_of(c, "key"));
	line(o, "names", text_of(c, "names"));
	validity(o, c);
	if (json_is_integer(json_object_get(c, "revoked")))
		out_line(o, "  %-9s %lld certificates", "revoked",
				(long long)json_integer_value(json_object_get(c, "revoked")));
}

bool
render_pki(const struct out *o, const json_t *answer)
{
	const json_t *list = json_object_get(answer, "trustpoints"), *t, *c;
	size_t i, k;

	json_array_foreach (list, i, t) {
		out_line(o, "%sTrustpoint %s", i > 0 ? "\n" : "", text_of(t, "name"));
		json_array_foreach (json_object_get(t, "certificates"), k, c)
			certificate(o, c);
	}
	return json_array_size(list) > 0;
}
