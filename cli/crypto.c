/* SPDX-License-Identifier: BSD-3-Clause */
/* show crypto session, ikev2 sa, isakmp sa; clear crypto; see crypto.h. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/crypto.h"
#include "cli/render.h"
#include "cli/text.h"

/* ---- show ------------------------------------------------------------------------------------ */

/* The answer, unless it is printed already as JSON. */
static json_t *
ask(struct shell *sh, const char *what, const char *name)
{
	json_t *params = json_pack("{s:s, s:s*}", "what", what, "name", name);
	json_t *answer = shell_ask(sh, "show", params);

	if (answer == NULL || !sh->json)
		return answer;
	shell_print_json(sh, answer);
	json_decref(answer);
	return NULL;
}

void
crypto_show_session(struct shell *sh, int argc, char **argv)
{
	bool detailed = argc > 0 && text_abbreviates(argv[0], "detail");
	const char *name = argc > detailed ? argv[detailed] : NULL;
	json_t *answer;

	if (argc > 1 + detailed) {
		shell_error(sh, "\"%s\" is too much", argv[1 + detailed]);
		return;
	}
	answer = ask(sh, "crypto-session", name);
	if (answer != NULL && !render_session(&sh->out, answer, detailed || name != NULL)) {
		if (name != NULL)
			shell_error(sh, "there is no protected tunnel %s", name);
		else
			out_line(&sh->out, "No protected tunnels.");
	}
	json_decref(answer);
}

void
crypto_show_pki(struct shell *sh, int argc, char **argv)
{
	const char *name = argc > 0 ? argv[0] : NULL;
	json_t *answer = ask(sh, "crypto-pki-certificates", name);

	if (answer != NULL && !render_pki(&sh->out, answer)) {
		if (name != NULL)
			shell_error(sh, "there is no trustpoint %s", name);
		else
			out_line(&sh->out, "No trustpoints.");
	}
	json_decref(answer);
}

static void
show_sas(struct shell *sh, int version, bool detailed)
{
	json_t *answer = ask(sh, "crypto-ikev2-sa", NULL);

	if (answer != NULL)
		render_ike(&sh->out, answer, version, detailed);
	json_decref(answer);
}

void
crypto_show_audit(struct shell *sh, int argc, char **argv)
{
	json_t *answer = ask(sh, "crypto-audit", NULL);

	if (answer != NULL)
		render_audit(&sh->out, answer);
	json_decref(answer);
}

#define SHOW_SAS(name, version, detailed)                                                       \
	void crypto_show_##name(struct shell *sh, int argc, char **argv)                        \
	{                                                                                       \
		show_sas(sh, version, detailed);                                                \
	}

SHOW_SAS(ikev2, 2, false)
SHOW_SAS(ikev2_detailed, 2, true)
SHOW_SAS(isakmp, 1, false)
SHOW_SAS(isakmp_detailed, 1, true)

/* ---- clear ----------------------------------------------------------------------------------- */

/* Behind the words: nothing, "peer ADDRESS" (or its name), or "tunnel NAME". */
static void
clear(struct shell *sh, const char *what, const char *of, int argc, char **argv)
{
	const char *key = NULL;
	json_t *answer, *params;

	if (argc > 0 && text_abbreviates(argv[0], "peer"))
		key = "peer";
	else if (argc > 0 && text_abbreviates(argv[0], "tunnel"))
		key = "tunnel";
	if ((argc > 0 && key == NULL) || argc > 2) {
		shell_error(sh, "\"%s\": expected peer ADDRESS or tunnel NAME", argv[argc - 1]);
		return;
	}
	if (argc == 1) {
		shell_error(sh, "incomplete: expected the %s of a %s",
				strcmp(key, "peer") == 0 ? "address or name" : "name", key);
		return;
	}
	params = json_pack("{s:s}", "what", what);
	if (key != NULL)
		json_object_set_new(params, key, json_string(argv[1]));
	answer = shell_ask(sh, "clear", params);
	if (answer != NULL && key != NULL && get_int(answer, "peers") == 0 &&
			get_int(answer, "cleared") == 0)
		shell_error(sh, "there is no %s with %s %s", of, key, argv[1]);
	else if (answer != NULL && sh->json)
		shell_print_json(sh, answer);
	else if (answer != NULL)
		out_line(&sh->out, "%" JSON_INTEGER_FORMAT " %ss cleared.",
				get_int(answer, "cleared"), of);
	json_decref(answer);
}

#define CLEAR(name, what, of)                                                                   \
	void crypto_clear_##name(struct shell *sh, int argc, char **argv)                       \
	{                                                                                       \
		clear(sh, what, of, argc, argv);                                                \
	}

CLEAR(sa, "crypto-sa", "IKE SA")
CLEAR(session, "crypto-session", "IKE SA")
CLEAR(ikev2, "crypto-ikev2-sa", "IKE SA")
CLEAR(isakmp, "crypto-isakmp-sa", "ISAKMP SA")
CLEAR(ipsec, "crypto-ipsec-sa", "Child SA")
