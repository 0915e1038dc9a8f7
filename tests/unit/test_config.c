/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Documents in and out: every file in configs/ loads, comes out again and is equal; defaults;
 * each kind of mistake is reported at its place; differences read as they should.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "controlplane/config/json.h"
#include "controlplane/config/model.h"
#include "controlplane/config/schema.h"
#include "cu.h"

static const char *
configs_dir(void)
{
	static char dir[512];
	const char *root = getenv("CULVERT_SOURCE_ROOT");

	snprintf(dir, sizeof(dir), "%s/configs", root != NULL ? root : ".");
	return dir;
}

static void
print_errors(const struct cfg_errors *e)
{
	for (uint32_t i = 0; i < e->n_errors; i++)
		printf("  %s: %s (%s)\n", e->errors[i].path, e->errors[i].message,
				e->errors[i].expected != NULL ? e->errors[i].expected : "");
}

/* A configuration that must be good. */
static struct cfg *
good(const char *text)
{
	struct cfg_errors e;
	struct cfg *c;

	cfg_errors_init(&e);
	c = cfg_from_text(text, strlen(text), NULL, &e);
	if (c == NULL)
		print_errors(&e);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	cfg_errors_fini(&e);
	return c;
}

static void
round_trip(const char *path)
{
	struct cfg_errors e;
	struct cfg *a, *b;
	json_t *doc, *again, *changes;

	cfg_errors_init(&e);
	a = cfg_from_file(path, &e);
	if (a == NULL) {
		printf("%s:\n", path);
		print_errors(&e);
	}
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	doc = cfg_to_json(a, CFG_JSON_SECRETS);
	b = cfg_from_json(doc, NULL, &e);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b);
	CU_ASSERT_TRUE(cfg_equal(a, b));
	changes = cfg_diff(a, b);
	CU_ASSERT_EQUAL(json_array_size(changes), 0);
	again = cfg_to_json(b, CFG_JSON_SECRETS);
	CU_ASSERT_TRUE(json_equal(doc, again));
	json_decref(doc);
	json_decref(again);
	json_decref(changes);
	cfg_free(a);
	cfg_free(b);
	cfg_errors_fini(&e);
}

static void
test_every_ready_configuration(void)
{
	DIR *d = opendir(configs_dir());
	struct dirent *f;
	char path[1024];
	int n = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(d);
	while ((f = readdir(d)) != NULL) {
		size_t len = strlen(f->d_name);

		if (len < 5 || strcmp(f->d_name + len - 5, ".json") != 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", configs_dir(), f->d_name);
		round_trip(path);
		n++;
	}
	closedir(d);
	CU_ASSERT_TRUE(n >= 5);
}

static void
test_example_in_structs(void)
{
	struct cfg_errors e;
	char path[1024];
	struct cfg *c;

	snprintf(path, sizeof(path), "%s/hub-one-branch.json", configs_dir());
	cfg_errors_init(&e);
	c = cfg_from_file(path, &e);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_STRING_EQUAL(c->system.hostname, "hub-a");
	CU_ASSERT_EQUAL(c->n_interfaces, 2);
	CU_ASSERT_STRING_EQUAL(c->interfaces[0].name, "lan"); /* sorted */
	CU_ASSERT_STRING_EQUAL(c->interfaces[1].port, "wan");
	CU_ASSERT_EQUAL(c->interfaces[1].addrs[0].addr, 0x01010102);
	CU_ASSERT_EQUAL(c->interfaces[1].addrs[0].len, 24);
	CU_ASSERT_EQUAL(c->interfaces[1].mtu, 1500);
	CU_ASSERT_TRUE(c->interfaces[1].enabled);
	CU_ASSERT_EQUAL(c->n_tunnels, 1);
	CU_ASSERT_EQUAL(c->tunnels[0].destination, 0x02020202);
	CU_ASSERT_EQUAL(c->tunnels[0].mtu, 1400);
	CU_ASSERT_EQUAL(c->tunnels[0].ttl, 64);
	CU_ASSERT_FALSE(c->tunnels[0].has_key);
	CU_ASSERT_FALSE(c->tunnels[0].has_tos);
	CU_ASSERT_EQUAL(c->n_routes, 2);
	CU_ASSERT_EQUAL(c->routes[0].next_hop, 0x01010101);
	CU_ASSERT_EQUAL(c->routes[0].distance, 1);
	CU_ASSERT_STRING_EQUAL(c->routes[1].interface, "tunnel1");
	CU_ASSERT_EQUAL(c->ike_proposals[0].prf.v[0], CFG_HASH_SHA256);
	CU_ASSERT_STRING_EQUAL(c->ike_keys[0].psk, "correct-horse");
	CU_ASSERT_EQUAL(c->ike_profiles[0].dpd_interval_s, 10);
	CU_ASSERT_EQUAL(c->ike_profiles[0].initiate, CFG_INITIATE_TRAFFIC);
	CU_ASSERT_EQUAL(c->ipsec_profiles[0].replay_window, 1024);
	CU_ASSERT_TRUE(c->ipsec_profiles[0].esn);
	CU_ASSERT_EQUAL(c->transform_sets[0].encryption, CFG_ENC_AES_GCM_128);
	CU_ASSERT_FALSE(c->transform_sets[0].has_integrity);
	cfg_free(c);
	cfg_errors_fini(&e);
}

static void
test_defaults_are_left_out(void)
{
	struct cfg *c = good("{\"interfaces\": {\"wan\": {\"mtu\": 1500, \"enabled\": true,"
			     " \"port\": \"wan\", \"vlan\": 0},"
			     " \"b\": {\"port\": \"wan\", \"vlan\": 7, \"mtu\": 1400}},"
			     " \"crypto\": {\"ikev2\": {\"proposals\": {"
			     " \"a\": {\"encryption\": [\"aes-gcm-256\"], \"prf\": [\"sha256\"]},"
			     " \"b\": {\"integrity\": [\"sha256\"]},"
			     " \"c\": {\"integrity\": [\"sha384\"], \"prf\": [\"sha256\"]}}}}}");
	json_t *doc = cfg_to_json(c, 0);
	char *text = json_dumps(doc, JSON_COMPACT);

	CU_ASSERT_STRING_EQUAL(text, "{\"interfaces\":{\"b\":{\"port\":\"wan\",\"vlan\":7,\"mtu\":"
				     "1400},\"wan\":{}},"
				     "\"crypto\":{\"ikev2\":{\"proposals\":{"
				     "\"a\":{\"encryption\":[\"aes-gcm-256\"]},\"b\":{},"
				     "\"c\":{\"integrity\":[\"sha384\"],\"prf\":[\"sha256\"]}}}}}");
	free(text);
	json_decref(doc);
	cfg_free(c);
}

/* ---- mistakes ------------------------------------------------------------------------------ */

/* Is there an error at @path whose message contains @text? */
static bool
reported(const struct cfg_errors *e, const char *path, const char *text)
{
	for (uint32_t i = 0; i < e->n_errors; i++)
		if (strcmp(e->errors[i].path, path) == 0 &&
				strstr(e->errors[i].message, text) != NULL)
			return true;
	return false;
}

/* clang-format off */
static const struct mistake {
	const char *doc, *path, *text;
} mistakes[] = {
	{ "[]", "", "is not an object" },
	{ "{\"interfaces\": []}", "/interfaces", "is not an object" },
	{ "{\"interfaces\": {\"wan\": 1}}", "/interfaces/wan", "is not an object" },
	{ "{\"routes\": {}}", "/routes", "is not an array" },
	{ "{\"routes\": [1]}", "/routes/0", "is not an object" },
	{ "{\"system\": null}", "/system", "is not an object" },
	{ "{\"interfaces\": {\"wan\": {\"mtu\": 70000}}}", "/interfaces/wan/mtu",
	  "70000 is out of range" },
	{ "{\"interfaces\": {\"wan\": {\"mtu\": 575}}}", "/interfaces/wan/mtu", "out of range" },
	{ "{\"interfaces\": {\"wan\": {\"mtu\": -1}}}", "/interfaces/wan/mtu", "out of range" },
	{ "{\"interfaces\": {\"wan\": {\"mtu\": 9223372036854775807}}}", "/interfaces/wan/mtu",
	  "out of range" },
	{ "{\"interfaces\": {\"wan\": {\"mtu\": 1500.0}}}", "/interfaces/wan/mtu",
	  "not an integer" },
	{ "{\"interfaces\": {\"wan\": {\"mtu\": 1e300}}}", "/interfaces/wan/mtu",
	  "not an integer" },
	{ "{\"interfaces\": {\"wan\": {\"mtu\": \"1500\"}}}", "/interfaces/wan/mtu",
	  "without quotes" },
	{ "{\"interfaces\": {\"wan\": {\"enabled\": 1}}}", "/interfaces/wan/enabled",
	  "is a number" },
	{ "{\"interfaces\": {\"wan\": {\"Mtu\": 1}}}", "/interfaces/wan/Mtu", "mean \"mtu\"?" },
	{ "{\"interface\": {}}", "/interface", "mean \"interfaces\"?" },
	{ "{\"crypto\": {\"ipsec\": {\"profiles\": {\"x\": {\"lifetime\": 1}}}}}",
	  "/crypto/ipsec/profiles/x/lifetime", "mean \"lifetime-seconds\"?" },
	{ "{\"interfaces\": {\"wan\": {\"qqqqqqqq\": 1}}}", "/interfaces/wan/qqqqqqqq",
	  "unknown option" },
	{ "{\"interfaces\": {\"1wan\": {}}}", "/interfaces/1wan", "not allowed" },
	{ "{\"interfaces\": {\"\": {}}}", "/interfaces/", "empty" },
	{ "{\"interfaces\": {\"w n\": {}}}", "/interfaces/w n", "not allowed" },
	{ "{\"interfaces\": {\"Null0\": {}}}", "/interfaces/Null0", "reserved" },
	{ "{\"interfaces\": {\"a/b~c\": {}}}", "/interfaces/a~1b~0c", "not allowed" },
	{ "{\"interfaces\": {\"a2345678901234567890123456789012\": {}}}",
	  "/interfaces/a2345678901234567890123456789012", "32 bytes" },
	{ "{\"interfaces\": {\"wan\": {\"address\": \"1.1.1.2/24\"}}}", "/interfaces/wan/address",
	  "array" },
	{ "{\"interfaces\": {\"wan\": {\"address\": [\"1.1.1.2\"]}}}", "/interfaces/wan/address/0",
	  "not an address" },
	{ "{\"interfaces\": {\"wan\": {\"address\": [\"1.1.1.2/24\", \"1.1.1.0/24\"]}}}",
	  "/interfaces/wan/address/1", "address of the subnet" },
	{ "{\"interfaces\": {\"wan\": {\"address\": [\"1.1.1.255/24\"]}}}",
	  "/interfaces/wan/address/0", "broadcast" },
	{ "{\"interfaces\": {\"wan\": {\"address\": [\"224.1.1.1/24\"]}}}",
	  "/interfaces/wan/address/0", "unicast" },
	{ "{\"interfaces\": {\"wan\": {\"address\": [\"1.1.1.1/24\", \"1.1.1.1/25\"]}}}",
	  "/interfaces/wan/address/1", "twice" },
	{ "{\"interfaces\": {\"wan\": {\"address\": [\"1.0.0.1/8\",\"1.0.0.2/8\",\"1.0.0.3/8\","
	  "\"1.0.0.4/8\",\"1.0.0.5/8\",\"1.0.0.6/8\",\"1.0.0.7/8\",\"1.0.0.8/8\",\"1.0.0.9/8\"]}}}",
	  "/interfaces/wan/address", "9 values" },
	{ "{\"interfaces\": {\"wan\": {\"description\": \"a\\u001bb\"}}}",
	  "/interfaces/wan/description", "control character" },
	{ "{\"interfaces\": {\"wan\": {\"description\": \"a\\u0085b\"}}}",
	  "/interfaces/wan/description", "control character" },
	{ "{\"interfaces\": {\"wan\": {\"port\": \"a b\"}}}", "/interfaces/wan/port",
	  "not allowed" },
	{ "{\"system\": {\"hostname\": \"-x\"}}", "/system/hostname", "not allowed" },
	{ "{\"system\": {\"log-level\": \"loud\"}}", "/system/log-level", "\"loud\" is not known" },
	{ "{\"tunnels\": {\"t\": {}}}", "/tunnels/t/source", "is missing" },
	{ "{\"tunnels\": {\"t\": {\"source\": \"1.1.1.256\"}}}", "/tunnels/t/source",
	  "not an IPv4 address" },
	{ "{\"tunnels\": {\"t\": {\"source\": \"127.0.0.1\"}}}", "/tunnels/t/source", "unicast" },
	{ "{\"routes\": [{\"prefix\": \"10.1.1.1/8\", \"null\": true}]}", "/routes/0/prefix",
	  "did you mean 10.0.0.0/8?" },
	{ "{\"routes\": [{\"null\": true}]}", "/routes/0/prefix", "is missing" },
	{ "{\"routes\": [{\"prefix\": \"9.0.0.0/8\", \"null\": true}, {\"prefix\": \"8.0.0.0/8\","
	  "\"null\": true}, {\"prefix\": \"9.0.0.0/8\", \"null\": true, \"distance\": 2}]}",
	  "/routes/2", "index 0" },
	{ "{\"crypto\": {\"ikev2\": {\"proposals\": {\"p\": {\"group\": [1]}}}}}",
	  "/crypto/ikev2/proposals/p/group/0", "1 is not known" },
	{ "{\"crypto\": {\"ikev2\": {\"proposals\": {\"p\": {\"group\": [14, 14]}}}}}",
	  "/crypto/ikev2/proposals/p/group/1", "twice" },
	{ "{\"crypto\": {\"ikev2\": {\"profiles\": {\"p\": {\"match-identity\": [\"a.example\","
	  "\"A.example\"]}}}}}", "/crypto/ikev2/profiles/p/match-identity/1", "twice" },
	{ "{\"crypto\": {\"ikev2\": {\"profiles\": {\"p\": {\"match-identity\": [\"a b\"]}}}}}",
	  "/crypto/ikev2/profiles/p/match-identity/0", "no identity" },
	{ "{\"crypto\": {\"ikev2\": {\"profiles\": {\"p\": {\"match-identity\": 7}}}}}",
	  "/crypto/ikev2/profiles/p/match-identity", "array" },
	{ "{\"crypto\": {\"ikev2\": {\"profiles\": {\"p\": {\"match-identity\": \"a b\"}}}}}",
	  "/crypto/ikev2/profiles/p/match-identity", "no identity" },
	{ "{\"crypto\": {\"ikev2\": {\"profiles\": {\"p\": {\"match-identity\": \"\"}}}}}",
	  "/crypto/ikev2/profiles/p/match-identity", "empty" },
	{ "{\"crypto\": {\"ikev2\": {\"proposals\": {\"p\": {\"group\": []}}}}}",
	  "/crypto/ikev2/proposals/p/group", "0 values" },
	{ "{\"crypto\": {\"ikev2\": {\"proposals\": {\"p\": {\"encryption\": [\"des\"]}}}}}",
	  "/crypto/ikev2/proposals/p/encryption/0", "\"des\" is not known" },
	{ "{\"crypto\": {\"ikev2\": {\"keyring\": {\"k\": {\"address\": \"1.1.1.1/32\","
	  "\"pre-shared-key\": \"\"}}}}}", "/crypto/ikev2/keyring/k/pre-shared-key", "empty" },
	{ "{\"crypto\": {\"ikev2\": {\"keyring\": {\"k\": {\"address\": \"1.1.1.1/32\","
	  "\"pre-shared-key\": \"********\"}}}}}", "/crypto/ikev2/keyring/k/pre-shared-key",
	  "no running secret" },
	{ "{\"crypto\": {\"ikev2\": {\"keyring\": {\"k\": {\"identity\": \"1.2.3\"}}}}}",
	  "/crypto/ikev2/keyring/k/identity", "no identity" },
	{ "{\"crypto\": {\"ipsec\": {\"profiles\": {\"p\": {\"replay-window\": 100}}}}}",
	  "/crypto/ipsec/profiles/p/replay-window", "power of two" },
	{ "{\"crypto\": {\"ipsec\": {\"profiles\": {\"p\": {\"replay-window\": 16384}}}}}",
	  "/crypto/ipsec/profiles/p/replay-window", "out of range" },
	{ "{\"crypto\": {\"ipsec\": {\"profiles\": {\"p\": {\"replay-window\": 32}}}}}",
	  "/crypto/ipsec/profiles/p/replay-window", "out of range" },
	{ "{\"a\": 1, \"a\": 2}", "", "duplicate object key near '\"a\"'" },
	{ "{\n \"a\": ]}", "", "line 2, column 7" },
	{ "{\"pre-shared-key\": \"geheim", "", "line 1" },
	{ "{} x", "", "end of file expected" },
	{ "{\"a\": 99999999999999999999}", "", "too big integer" },
	{ "{\"a\": \"\\u0000\"}", "", "\\u0000" },
	{ "{\"a\": \"\xff\"}", "", "unable to decode" },
	{ "", "", "line 1" },
};
/* clang-format on */

static void
test_each_mistake_at_its_place(void)
{
	for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
		const struct mistake *m = &mistakes[i];
		struct cfg_errors e;
		struct cfg *c;

		cfg_errors_init(&e);
		c = cfg_from_text(m->doc, strlen(m->doc), NULL, &e);
		CU_ASSERT_PTR_NULL(c);
		if (!reported(&e, m->path, m->text)) {
			printf("expected at \"%s\": %s; got\n", m->path, m->text);
			print_errors(&e);
			CU_FAIL("not reported");
		}
		for (uint32_t k = 0; k < e.n_errors; k++)
			CU_ASSERT_PTR_NULL(strstr(e.errors[k].message, "geheim"));
		cfg_free(c);
		cfg_errors_fini(&e);
	}
}

static void
test_all_mistakes_at_once(void)
{
	static const char doc[] =
			"{\"system\": {\"hostnam\": \"x\"}, \"interfaces\": {\"wan\": {\"mtu\": 1,"
			" \"address\": [\"1.1.1.2/24\"]}, \"x\": {\"vlan\": 5000}},"
			" \"tunnels\": {\"t\": {\"source\": \"1.1.1.2\", \"destination\": "
			"\"2.2.2.2\","
			" \"protection\": \"nope\"}}}";
	struct cfg_errors e;
	json_t *list;

	cfg_errors_init(&e);
	CU_ASSERT_PTR_NULL(cfg_from_text(doc, strlen(doc), NULL, &e));
	CU_ASSERT_TRUE(reported(&e, "/system/hostnam", "hostname"));
	CU_ASSERT_TRUE(reported(&e, "/interfaces/wan/mtu", "1 is out of range"));
	CU_ASSERT_TRUE(reported(&e, "/interfaces/x/vlan", "5000 is out of range"));
	CU_ASSERT_TRUE(reported(&e, "/tunnels/t/protection", "no IPsec profile \"nope\""));
	CU_ASSERT_TRUE(reported(&e, "/tunnels/t/protection", "has a key for 2.2.2.2"));
	CU_ASSERT_EQUAL(e.n_errors_total, 5);
	list = cfg_errors_json(&e);
	CU_ASSERT_EQUAL(json_array_size(list), 5);
	CU_ASSERT_STRING_EQUAL(
			json_string_value(json_object_get(json_array_get(list, 1), "expected")),
			"integer 576..9600 (bytes)");
	json_decref(list);
	cfg_errors_fini(&e);
}

static void
test_hundreds_of_mistakes(void)
{
	json_t *doc = json_object(), *map = json_object(), *list;
	struct cfg_errors e;
	char name[16];

	for (int i = 0; i < 500; i++) {
		snprintf(name, sizeof(name), "if%d", i);
		json_object_set_new(map, name, json_pack("{s:i}", "mtu", i));
	}
	json_object_set_new(doc, "interfaces", map);
	cfg_errors_init(&e);
	CU_ASSERT_PTR_NULL(cfg_from_json(doc, NULL, &e));
	CU_ASSERT_EQUAL(e.n_errors, CFG_ERRORS_MAX);
	CU_ASSERT_EQUAL(e.n_errors_total, 500);
	list = cfg_errors_json(&e);
	CU_ASSERT_EQUAL(json_array_size(list), CFG_ERRORS_MAX + 1);
	json_decref(list);
	json_decref(doc);
	cfg_errors_fini(&e);
}

static void
test_deep_nesting_is_refused(void)
{
	size_t n = 1000000;
	char *text = malloc(n);
	struct cfg_errors e;

	memset(text, '[', n);
	cfg_errors_init(&e);
	CU_ASSERT_PTR_NULL(cfg_from_text(text, n, NULL, &e));
	CU_ASSERT_EQUAL(e.n_errors, 1);
	cfg_errors_fini(&e);
	free(text);
}

static void
test_every_prefix_of_a_document_is_refused(void)
{
	static const char doc[] =
			"{\"interfaces\": {\"wan\": {\"address\": [\"1.1.1.2/24\"]}},"
			" \"routes\": [{\"prefix\": \"0.0.0.0/0\", \"via\": \"1.1.1.1\"}]}";

	for (size_t n = 0; n < strlen(doc); n++) {
		char *copy = malloc(n + (n == 0));
		struct cfg_errors e;

		memcpy(copy, doc, n);
		cfg_errors_init(&e);
		CU_ASSERT_PTR_NULL(cfg_from_text(copy, n, NULL, &e));
		CU_ASSERT_TRUE(e.n_errors > 0);
		cfg_errors_fini(&e);
		free(copy);
	}
}

/* ---- secrets ------------------------------------------------------------------------------- */

#define KEYRING(psk)                                                              \
	"{\"crypto\":{\"ikev2\":{\"keyring\":{\"k\":{\"address\":\"2.2.2.2/32\"," \
	"\"pre-shared-key\":\"" psk "\"}}}}}"

static void
test_secrets_are_masked_and_kept(void)
{
	struct cfg *a = good(KEYRING("geheimes-wort-1")), *b = good(KEYRING("geheimes-wort-2")), *c;
	json_t *doc = cfg_to_json(a, 0), *changes = cfg_diff(a, b);
	char *text = json_dumps(doc, JSON_COMPACT), *diff = json_dumps(changes, JSON_COMPACT);
	struct cfg_errors e;

	CU_ASSERT_STRING_EQUAL(text, KEYRING("********"));
	CU_ASSERT_STRING_EQUAL(diff, "[\"crypto/ikev2/keyring/k/pre-shared-key: changed\"]");
	cfg_errors_init(&e);
	c = cfg_from_json(doc, a, &e);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_TRUE(cfg_equal(a, c));
	free(text);
	free(diff);
	json_decref(doc);
	json_decref(changes);
	cfg_errors_fini(&e);
	cfg_free(a);
	cfg_free(b);
	cfg_free(c);
}

#define VLINKS(one, two)                                                           \
	"{\"router\":{\"ospf\":{\"1\":{\"areas\":{\"1\":{\"virtual-links\":["          \
	"{\"router-id\":\"10.0.0." one "},{\"router-id\":\"10.0.0." two "}]}}}}}}"
#define PASSWORD(p) "\",\"authentication-key\":\"" p "\""

/* Of a list's entry it is the one with the same key fields, wherever it stands. */
static void
test_secrets_of_lists_are_kept(void)
{
	struct cfg *a = good(VLINKS("1" PASSWORD("geheim-1"), "2" PASSWORD("geheim-2"))), *c;
	static const char *const again = VLINKS("2" PASSWORD("********"), "3\"");
	static const char *const unknown = VLINKS("2\"", "3" PASSWORD("********"));
	struct cfg_errors e;

	cfg_errors_init(&e);
	c = cfg_from_text(again, strlen(again), a, &e);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_STRING_EQUAL(c->ospfs[0].areas[0].vlinks[0].authentication_key, "geheim-2");
	CU_ASSERT_STRING_EQUAL(c->ospfs[0].areas[0].vlinks[1].authentication_key, "");
	cfg_free(c);
	CU_ASSERT_PTR_NULL(cfg_from_text(unknown, strlen(unknown), a, &e));
	CU_ASSERT_TRUE(e.n_errors == 1);
	cfg_errors_fini(&e);
	cfg_free(a);
}

/* ---- differences --------------------------------------------------------------------------- */

static void
test_differences_in_words(void)
{
	static const char *const expected[] = {
		"system/hostname: a -> b",
		"interfaces/gone: removed",
		"interfaces/new: added",
		"interfaces/wan/enabled: true -> false",
		"interfaces/wan/address: 1.1.1.2/24 -> 1.1.1.2/24 1.1.1.3/24",
		"tunnels/t/mtu: 1400 -> 1380",
		"tunnels/t/key: none -> 0",
		"routes/0.0.0.0/0 1.1.1.1/distance: 1 -> 7",
		"routes/10.0.0.0/8 null0: removed",
		"routes/10.0.0.0/8 t: added",
	};
	struct cfg *a = good("{\"system\":{\"hostname\":\"a\"},\"interfaces\":{\"gone\":{},"
			     "\"wan\":{\"address\":[\"1.1.1.2/24\"]}},\"tunnels\":{\"t\":{"
			     "\"source\":\"1.1.1.2\",\"destination\":\"2.2.2.2\"}},\"routes\":["
			     "{\"prefix\":\"0.0.0.0/0\",\"via\":\"1.1.1.1\"},"
			     "{\"prefix\":\"10.0.0.0/8\",\"null\":true}]}");
	struct cfg *b = good("{\"system\":{\"hostname\":\"b\"},\"interfaces\":{\"new\":{},"
			     "\"wan\":{\"enabled\":false,\"address\":[\"1.1.1.2/24\","
			     "\"1.1.1.3/24\"]}},\"tunnels\":{\"t\":{\"source\":\"1.1.1.2\","
			     "\"destination\":\"2.2.2.2\",\"mtu\":1380,\"key\":0}},\"routes\":["
			     "{\"prefix\":\"10.0.0.0/8\",\"interface\":\"t\"},"
			     "{\"prefix\":\"0.0.0.0/0\",\"via\":\"1.1.1.1\",\"distance\":7}]}");
	json_t *changes = cfg_diff(a, b);

	CU_ASSERT_EQUAL(json_array_size(changes), 10);
	for (size_t i = 0; i < json_array_size(changes) && i < 10; i++)
		CU_ASSERT_STRING_EQUAL(json_string_value(json_array_get(changes, i)), expected[i]);
	CU_ASSERT_FALSE(cfg_equal(a, b));
	json_decref(changes);
	cfg_free(a);
	cfg_free(b);
}

/* A document of before a profile could have several. */
static void
test_an_identity_alone_is_a_list_of_one(void)
{
	struct cfg *c = good("{\"crypto\":{\"ikev2\":{\"proposals\":{\"default\":{}},"
			     "\"profiles\":{\"p\":{\"match-identity\":"
			     "\"*.branches.example\"}}}}}");
	json_t *doc = cfg_to_json(c, 0), *now;

	CU_ASSERT_EQUAL(json_unpack(doc, "{s:{s:{s:{s:{s:o}}}}}", "crypto", "ikev2", "profiles",
			"p", "match-identity", &now), 0);
	CU_ASSERT_EQUAL_FATAL(json_array_size(now), 1);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_array_get(now, 0)), "*.branches.example");
	json_decref(doc);
	cfg_free(c);
}

static void
test_finders(void)
{
	struct cfg *c = good("{\"interfaces\":{\"b\":{},\"a\":{},\"c\":{}},\"crypto\":{\"ikev2\":{"
			     "\"keyring\":{\"any\":{\"address\":\"0.0.0.0/0\",\"pre-shared-key\":"
			     "\"0123456789ab\"},\"net\":{\"address\":\"2.2.0.0/16\","
			     "\"pre-shared-key\":\"0123456789ab\"},\"host\":{\"address\":"
			     "\"2.2.2.2/32\",\"pre-shared-key\":\"0123456789ab\"}}}}}");
	struct cfg_key_index *x = cfg_key_index_new(c);

	CU_ASSERT_PTR_EQUAL(cfg_interface_find(c, "b"), &c->interfaces[1]);
	CU_ASSERT_PTR_NULL(cfg_interface_find(c, "bb"));
	CU_ASSERT_PTR_NULL(cfg_interface_find(c, ""));
	CU_ASSERT_PTR_NULL(cfg_tunnel_find(c, "a"));
	CU_ASSERT_STRING_EQUAL(cfg_key_index_find(x, 0x02020202)->name, "host");
	CU_ASSERT_STRING_EQUAL(cfg_key_index_find(x, 0x02020203)->name, "net");
	CU_ASSERT_STRING_EQUAL(cfg_key_index_find(x, 0x02030303)->name, "any");
	cfg_key_index_free(x);
	cfg_free(c);
}

static const struct cu_case cases[] = {
	CU_CASE(test_every_ready_configuration),
	CU_CASE(test_example_in_structs),
	CU_CASE(test_defaults_are_left_out),
	CU_CASE(test_each_mistake_at_its_place),
	CU_CASE(test_all_mistakes_at_once),
	CU_CASE(test_hundreds_of_mistakes),
	CU_CASE(test_deep_nesting_is_refused),
	CU_CASE(test_every_prefix_of_a_document_is_refused),
	CU_CASE(test_secrets_are_masked_and_kept),
	CU_CASE(test_secrets_of_lists_are_kept),
	CU_CASE(test_differences_in_words),
	CU_CASE(test_an_identity_alone_is_a_list_of_one),
	CU_CASE(test_finders),
};

CU_MAIN("config", cases)
