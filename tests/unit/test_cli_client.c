/* SPDX-License-Identifier: BSD-3-Clause */
/* The client of the management socket against one that behaves, and several that do not. */
#include <jansson.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "cli/client.h"
#include "tests/unit/cli_server.h"
#include "tests/unit/cu.h"

static json_t *
what(const char *subject)
{
	return json_pack("{s:s}", "what", subject);
}

static void
test_answers(void)
{
	struct cli_server *s = cli_server_start();
	struct client *c = client_new(cli_server_path(s));
	json_t *answer;

	CU_ASSERT_EQUAL(client_call(c, "show", what("version"), &answer), CLIENT_OK);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(answer, "version")), "9.9");
	json_decref(answer);
	CU_ASSERT_EQUAL(client_call(c, "show", what("nothing"), &answer), CLIENT_REFUSED);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(answer, "message")),
			"params: \"what\" is not known");
	json_decref(answer);
	CU_ASSERT_EQUAL(client_call(c, "schema", NULL, &answer), CLIENT_OK);
	json_decref(answer);
	CU_ASSERT_EQUAL(cli_server_requests(s), 3);
	client_free(c);
	cli_server_stop(s);
}

/* The control plane restarts between two requests: the second does not fail. */
static void
test_restart(void)
{
	struct cli_server *s = cli_server_start();
	struct client *c = client_new(cli_server_path(s));
	json_t *answer;

	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(client_call(c, "show", what("version"), &answer), CLIENT_OK);
		json_decref(answer);
		cli_server_restart(s);
	}
	client_free(c);
	cli_server_stop(s);
}

static void
test_faults(void)
{
	static const struct {
		enum cli_server_fault fault;
		const char *why;
	} cases[] = {
		{ SERVER_GARBAGE, "not JSON" },
		{ SERVER_WRONG_ID, "not the management protocol" },
		{ SERVER_CLOSE, "closed the connection" },
		{ SERVER_HALF, "closed the connection" },
		{ SERVER_SILENT, "no answer within" },
	};
	struct cli_server *s = cli_server_start();
	struct client *c = client_new(cli_server_path(s));
	json_t *answer;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		client_set_timeout_ms(c, cases[i].fault == SERVER_SILENT ? 300 : 60000);
		cli_server_fault(s, cases[i].fault);
		CU_ASSERT_EQUAL(client_call(c, "show", what("version"), &answer),
				CLIENT_UNREACHABLE);
		CU_ASSERT_PTR_NULL(answer);
		CU_ASSERT_PTR_NOT_NULL(strstr(client_why(c), cases[i].why));
		/* and the next one is none the worse */
		cli_server_fault(s, SERVER_WELL);
		client_set_timeout_ms(c, 60000);
		CU_ASSERT_EQUAL(client_call(c, "show", what("version"), &answer), CLIENT_OK);
		json_decref(answer);
	}
	client_free(c);
	cli_server_stop(s);
}

static void
test_unreachable(void)
{
	struct client *c = client_new("/nonexistent/culvert.sock");
	char longer[200];
	json_t *answer;

	CU_ASSERT_EQUAL(client_call(c, "schema", NULL, &answer), CLIENT_UNREACHABLE);
	CU_ASSERT_PTR_NOT_NULL(strstr(client_why(c), "is culvert-controlplane running?"));
	client_free(c);
	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	c = client_new(longer);
	CU_ASSERT_EQUAL(client_call(c, "schema", NULL, &answer), CLIENT_UNREACHABLE);
	client_free(c);
}

static void
test_interrupt(void)
{
	struct cli_server *s = cli_server_start();
	struct client *c = client_new(cli_server_path(s));
	int fd = eventfd(1, EFD_CLOEXEC);
	json_t *answer;

	cli_server_fault(s, SERVER_SILENT);
	client_set_interrupt(c, fd);
	CU_ASSERT_EQUAL(client_call(c, "schema", NULL, &answer), CLIENT_INTERRUPTED);
	close(fd);
	client_free(c);
	cli_server_stop(s);
}

static const struct cu_case cases[] = {
	CU_CASE(test_answers),
	CU_CASE(test_restart),
	CU_CASE(test_faults),
	CU_CASE(test_unreachable),
	CU_CASE(test_interrupt),
};

CU_MAIN("cli_client", cases)
