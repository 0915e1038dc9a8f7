/* SPDX-License-Identifier: BSD-3-Clause */
/* show ip ospf database, with the words of IOS; see show.h. */
#include <string.h>
#include <strings.h>

#include "cli/render.h"
#include "cli/show.h"
#include "cli/text.h"
#include "common/inet.h"

static bool
is_address(const char *word)
{
	uint32_t addr;

	return ip4_parse(word, &addr) == 0;
}

/* The type of LSA that a word abbreviates, NULL: none. */
static const char *
type_of(const char *word)
{
	static const char *const types[] = { "router", "network", "summary", "asbr-summary",
		"external", "nssa-external", "opaque-link", "opaque-area", "opaque-as" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (text_abbreviates(word, types[i]))
			return types[i];
	return NULL;
}

/* "[TYPE [ID]] [adv-router ID] [self-originate]" into @params. NULL, or the word that does not
 * fit. */
static const char *
words_take(int argc, char **argv, json_t *params, const char **type)
{
	*type = argc > 0 ? type_of(argv[0]) : NULL;
	if (*type != NULL)
		json_object_set_new(params, "name", json_string(*type));
	for (int i = *type != NULL; i < argc; i++) {
		if (text_abbreviates(argv[i], "self-originate")) {
			json_object_set_new(params, "own", json_true());
		} else if (text_abbreviates(argv[i], "adv-router") && i + 1 < argc &&
				is_address(argv[i + 1])) {
			json_object_set_new(params, "router", json_string(argv[++i]));
		} else if (i == 1 && *type != NULL && is_address(argv[i])) {
			json_object_set_new(params, "id", json_string(argv[i]));
		} else {
			return argv[i];
		}
	}
	return NULL;
}

void
show_ospf_database(struct shell *sh, int argc, char **argv)
{
	json_t *params = json_pack("{s:s}", "what", "ip-ospf-database"), *answer;
	const char *type, *wrong = words_take(argc, argv, params, &type);

	if (wrong != NULL) {
		json_decref(params);
		shell_error(sh, "\"%s\": expected [TYPE-OF-LSA [ID]] [adv-router ROUTER-ID] "
				"[self-originate]", wrong);
		return;
	}
	answer = shell_ask(sh, "show", params);
	if (answer != NULL && sh->json)
		shell_print_json(sh, answer);
	else if (answer != NULL && type != NULL)
		render_ospf_database_detail(&sh->out, answer);
	else if (answer != NULL)
		render_ospf_database(&sh->out, answer);
	json_decref(answer);
}
