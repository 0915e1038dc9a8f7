/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests over the management socket, the configuration by them, and the socket's file. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/log.h"
#include "controlplane/config/json.h"
#include "controlplane/mgmt/server.h"
#include "tests/unit/cu.h"
#include "tests/unit/mgmt_fixture.h"

#define LIMIT_S 60

/* ---- requests ------------------------------------------------------------------------------ */

static void
test_methods_and_their_errors(void)
{
	mf_begin();
	mf_expect("{\"id\": 1, \"method\": \"show\", \"params\": {\"what\": \"echo\"}}\n",
			"{\"id\":1,\"result\":{\"ctx\":\"one\",\"params\":{\"what\":\"echo\"}}}");
	mf_expect("{\"id\": \"x\", \"method\": \"clear\", \"params\": {\"what\": \"counters\"}}\n",
			"{\"id\":\"x\",\"result\":{\"cleared\":3}}");
	mf_expect("{\"method\": \"show\", \"params\": {\"what\": \"echo\", \"fail\": 1}}\n",
			"{\"error\":{\"message\":\"told to fail\"}}");
	mf_expect("{\"id\": 2, \"method\": \"show\", \"params\": {\"what\": \"nothing\"}}\n",
			"{\"id\":2,\"error\":{\"message\":\"params: \\\"what\\\": \\\"nothing\\\" "
			"is not "
			"known; known are: echo, big\"}}");
	mf_expect("{\"id\": 3, \"method\": \"show\"}\n",
			"{\"id\":3,\"error\":{\"message\":\"params: \\\"what\\\" is missing\"}}");
	mf_expect("{\"id\": 4, \"method\": \"dance\"}\n",
			"{\"id\":4,\"error\":{\"message\":\"there is no method \\\"dance\\\"\"}}");
	mf_expect("{\"id\": 5}\n",
			"{\"id\":5,\"error\":{\"message\":\"\\\"method\\\" is missing, or "
			"no string\"}}");
	mf_expect("{\"id\": 6, \"method\": \"schema\", \"params\": []}\n",
			"{\"id\":6,\"error\":{\"message\":\"\\\"params\\\" is not an object\"}}");
	mf_expect("[]\n", "{\"error\":{\"message\":\"a request is an object: {\\\"method\\\": ..., "
		       "\\\"params\\\": {...}}\"}}");
	mf_expect("{\"id\": 7, \"method\": \"config-push\", \"params\": {\"config\": {}, "
	       "\"dryrun\": true}}\n",
			"{\"id\":7,\"error\":{\"message\":\"params: unknown \\\"dryrun\\\"; known "
			"are: "
			"config base dry_run confirm_s comment\"}}");
	mf_expect("{\"id\": 8, \"method\": \"config-push\", \"params\": {\"config\": {}, "
	       "\"base\": -1}}\n",
			"{\"id\":8,\"error\":{\"message\":\"params: \\\"base\\\" must be a number "
			"0..999999999\"}}");
	mf_expect("{\"id\": 9, \"method\": \"config-confirm\"}\n",
			"{\"id\":9,\"error\":{\"message\":\"no change waits to be confirmed\"}}");
	mf_end();
}

static void
test_configuration_over_the_socket(void)
{
	mf_begin();
	mf_expect("{\"method\":\"config-push\",\"params\":{\"config\":{"
		  "\"system\":{\"hostname\":\"h\"},"
		  "\"crypto\":{\"ikev2\":{\"keyring\":{\"k\":{\"address\":\"2.2.2.2/32\","
		  "\"pre-shared-key\":\"short\"}}}}}}}\n",
			"{\"result\":{\"version\":1,\"changed\":true,\"changes\":[\"system/"
			"hostname: "
			"culvert -> h\",\"crypto/ikev2/keyring/k: added\"],\"warnings\":["
			"\"/crypto/ikev2/keyring/k/pre-shared-key: shorter than 12 characters: it "
			"can "
			"be guessed\"],\"notes\":[]}}");
	mf_expect("{\"method\":\"config-get\"}\n",
			"{\"result\":{\"version\":1,\"config\":{\"system\":{\"hostname\":\"h\"},"
			"\"crypto\":{\"ikev2\":{\"keyring\":{\"k\":{\"address\":\"2.2.2.2/32\","
			"\"pre-shared-key\":\"********\"}}}}}}}");
	/* What was shown can be edited and pushed back: the key stays. */
	mf_expect("{\"method\":\"config-push\",\"params\":{\"base\":1,\"config\":{\"system\":{"
	       "\"hostname\":\"i\"},\"crypto\":{\"ikev2\":{\"keyring\":{\"k\":{\"address\":"
	       "\"2.2.2.2/32\",\"pre-shared-key\":\"********\"}}}}}}}\n",
			"{\"result\":{\"version\":2,\"changed\":true,\"changes\":[\"system/"
			"hostname: h "
			"-> i\"],\"warnings\":[\"/crypto/ikev2/keyring/k/pre-shared-key: shorter "
			"than "
			"12 characters: it can be guessed\"],\"notes\":[]}}");
	CU_ASSERT_STRING_EQUAL(txn_running(mf_txn)->ike_keys[0].psk, "short");
	mf_expect("{\"method\":\"config-push\",\"params\":{\"config\":{\"interfaces\":{\"wan\":{"
	       "\"mtu\":70000},\"lan\":{\"mtu\":1}}}}}\n",
			"{\"error\":{\"message\":\"2 errors in the configuration, nothing was "
			"changed\","
			"\"errors\":[{\"path\":\"/interfaces/lan/mtu\",\"message\":\"1 is out of "
			"range\",\"expected\":\"integer 576..9600 (bytes)\"},{\"path\":"
			"\"/interfaces/wan/mtu\",\"message\":\"70000 is out of "
			"range\",\"expected\":"
			"\"integer 576..9600 (bytes)\"}]}}");
	mf_expect("{\"method\":\"config-push\",\"params\":{\"base\":1,\"config\":{}}}\n",
			"{\"error\":{\"message\":\"it was edited from version 1, but 2 is running; "
			"nothing was changed\"}}");
	mf_end();
}

static void
test_schemas_are_served(void)
{
	int fd;
	json_t *j, *schema;

	mf_begin();
	fd = mf_client();
	j = mf_ask(fd, "{\"method\": \"schema\"}\n");
	schema = json_object_get(json_object_get(j, "result"), "schema");
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(schema, "type")), "object");
	json_decref(j);
	j = mf_ask(fd, "{\"method\": \"json-schema\"}\n");
	schema = json_object_get(json_object_get(j, "result"), "schema");
	CU_ASSERT_PTR_NOT_NULL(json_object_get(schema, "$schema"));
	json_decref(j);
	close(fd);
	mf_end();
}

static void
test_commit_confirmed_runs_its_timer(void)
{
	double limit = mf_now_s() + LIMIT_S;

	mf_begin();
	mf_expect("{\"method\":\"config-push\",\"params\":{\"confirm_s\":1,\"config\":{\"system\":{"
	       "\"hostname\":\"h\"}}}}\n",
			"{\"result\":{\"version\":1,\"changed\":true,\"changes\":[\"system/"
			"hostname: "
			"culvert -> h\"],\"warnings\":[],\"notes\":[],\"confirm_in_s\":1}}");
	CU_ASSERT_STRING_EQUAL(txn_running(mf_txn)->system.hostname, "h");
	while (txn_version(mf_txn) != 0 && mf_now_s() < limit)
		event_base_loop(mf_base, EVLOOP_ONCE);
	CU_ASSERT_STRING_EQUAL(txn_running(mf_txn)->system.hostname, "culvert");
	mf_end();
}

/* ---- the socket file ----------------------------------------------------------------------- */

static void
test_socket_file(void)
{
	struct mgmt_options o;
	char err[256] = "", other[128];
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct stat st;
	FILE *f;
	int fd;

	mf_begin();
	CU_ASSERT_EQUAL(stat(mf_path, &st), 0);
	CU_ASSERT_EQUAL(st.st_mode & 0777, 0660);
	/* Somebody listens: refused, and theirs stays. */
	o = (struct mgmt_options){ .path = mf_path };
	CU_ASSERT_PTR_NULL(mgmt_server_new(mf_base, mf_txn, &o, err, sizeof(err)));
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "another control plane"));
	mf_expect("{\"method\": \"clear\", \"params\": {\"what\": \"counters\"}}\n",
			"{\"result\":{\"cleared\":3}}");
	mgmt_server_free(mf_server);
	CU_ASSERT_NOT_EQUAL(access(mf_path, F_OK), 0);
	/* Left by a crash: replaced. */
	fd = socket(AF_UNIX, SOCK_STREAM, 0);
	strcpy(sa.sun_path, mf_path);
	CU_ASSERT_EQUAL(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	close(fd);
	mf_server = mgmt_server_new(mf_base, mf_txn, &o, err, sizeof(err));
	CU_ASSERT_PTR_NOT_NULL_FATAL(mf_server);
	/* Not a socket: left alone. */
	snprintf(other, sizeof(other), "%s/file", mf_dir);
	f = fopen(other, "w");
	fclose(f);
	o.path = other;
	CU_ASSERT_PTR_NULL(mgmt_server_new(mf_base, mf_txn, &o, err, sizeof(err)));
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "not a socket"));
	CU_ASSERT_EQUAL(unlink(other), 0);
	/* No such group, path too long. */
	o.group = "no-such-group-here";
	CU_ASSERT_PTR_NULL(mgmt_server_new(mf_base, mf_txn, &o, err, sizeof(err)));
	CU_ASSERT_PTR_NOT_NULL(strstr(err, "no-such-group-here"));
	CU_ASSERT_NOT_EQUAL(access(other, F_OK), 0);
	o = (struct mgmt_options){ .path = "/tmp/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
					   "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
					   "xxxxxxxxxxxxxxxxxxxxxxxxxx" };
	CU_ASSERT_PTR_NULL(mgmt_server_new(mf_base, mf_txn, &o, err, sizeof(err)));
	mf_end();
}

/* ---- reload ------------------------------------------------------------------------------- */

static bool
on_reload(void *ctx, char *err, size_t err_len)
{
	bool *may = ctx;

	if (!*may)
		snprintf(err, err_len, "not now");
	return *may;
}

static void
test_reload(void)
{
	bool may = false;

	mf_begin_with((struct mgmt_options){ .reload = on_reload, .reload_ctx = &may });
	mf_expect("{\"id\":1,\"method\":\"reload\",\"params\":{\"what\":\"control-plane\"}}\n",
			"{\"id\":1,\"error\":{\"message\":\"not now\"}}");
	may = true;
	mf_expect("{\"id\":1,\"method\":\"reload\",\"params\":{\"what\":\"control-plane\"}}\n",
			"{\"id\":1,\"result\":{\"restarting\":true}}");
	mf_expect("{\"id\":1,\"method\":\"reload\",\"params\":{\"what\":\"dataplane\"}}\n",
			"{\"id\":1,\"error\":{\"message\":\"params: \\\"what\\\" must be "
			"\\\"control-plane\\\"\"}}");
	mf_end();
}

static const struct cu_case cases[] = {
	CU_CASE(test_methods_and_their_errors),
	CU_CASE(test_configuration_over_the_socket),
	CU_CASE(test_schemas_are_served),
	CU_CASE(test_commit_confirmed_runs_its_timer),
	CU_CASE(test_socket_file),
	CU_CASE(test_reload),
};

int
main(void)
{
	log_init("test", LVL_ERROR);
	cfg_json_init();
	return cu_run("mgmt", cases, sizeof(cases) / sizeof(cases[0]));
}
