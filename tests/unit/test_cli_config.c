/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Command lines to a configuration document and back, by the table of options that the control
 * plane describes: what each line changes, what is refused before the control plane sees it, and
 * that a document's lines give the document again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/edit.h"
#include "cli/lines.h"
#include "cli/value.h"
#include "tests/unit/cli_server.h"
#include "tests/unit/cu.h"

static struct node *
table(void)
{
	json_t *schema = cli_server_schema();
	char err[256];
	struct node *root = node_load(schema, err, sizeof(err));

	json_decref(schema);
	return root;
}

/* Does the document read @want? The texts' spaces do not count. */
static bool
reads(const json_t *doc, const char *want)
{
	json_t *w = json_loads(want, 0, NULL);
	bool equal = w != NULL && json_equal((json_t *)doc, w);
	char *text;

	if (!equal) {
		text = json_dumps(doc, JSON_COMPACT);
		printf("\n  is %s\n  not %s\n", text, want);
		free(text);
	}
	json_decref(w);
	return equal;
}

static bool
say(struct edit *e, const char *line)
{
	char err[512] = "";
	bool ok = edit_line(e, line, err, sizeof(err));

	if (!ok)
		printf("\n  \"%s\": %s\n", line, err);
	return ok;
}

static void
test_lines_to_document(void)
{
	static const char *const lines[] = {
		"hostname hub-b",
		"logg lev deb",
		"interface wan",
		" description Line to the ISP",
		" ip address 1.1.1.2/24 10.0.0.1 255.255.255.0",
		" mtu 1400",
		" window 0",
		"! a remark",
		"int tunnel t1",
		" tunnel source 1.1.1.2",
		" ip addr 10.255.1.1 255.255.255.252",
		" tunnel check",
		" shut",
		"ip route 10.1.0.0 255.255.0.0 t1", /* leaves the tunnel */
		"ip route 0.0.0.0/0 1.1.1.1 distance 5",
		"ip route 10.2.0.0/16 wan 1.1.1.9",
		"ip route 10.3.0.0/16 null0",
		"crypto profile p",
		" set encryption aes-gcm-256 aes-gcm-128",
		" set group 31 14",
		" set keys k1 k2",
		" exit",
	};
	struct node *root = table();
	struct edit e;

	edit_init(&e, root, json_object());
	for (size_t i = 0; i + 1 < sizeof(lines) / sizeof(lines[0]); i++)
		CU_ASSERT_TRUE(say(&e, lines[i]));
	CU_ASSERT_EQUAL(e.depth, 1);
	CU_ASSERT_TRUE(edit_leave(&e));
	CU_ASSERT_FALSE(edit_leave(&e));
	CU_ASSERT_TRUE(reads(e.doc,
			"{\"system\": {\"hostname\": \"hub-b\", \"level\": \"debug\"},"
			"\"ports\": {\"wan\": {\"about\": \"Line to the ISP\", \"address\":"
			"[\"1.1.1.2/24\", \"10.0.0.1/24\"], \"mtu\": 1400, \"window\": 0}},"
			"\"tunnels\": {\"t1\": {\"source\": \"1.1.1.2\", \"address\":"
			"\"10.255.1.1/30\", \"checksum\": true, \"enabled\": false}},"
			"\"routes\": [{\"prefix\": \"10.1.0.0/16\", \"interface\": \"t1\"},"
			"{\"prefix\": \"0.0.0.0/0\", \"via\": \"1.1.1.1\", \"distance\": 5},"
			"{\"prefix\": \"10.2.0.0/16\", \"interface\": \"wan\", \"via\": "
			"\"1.1.1.9\"},"
			"{\"prefix\": \"10.3.0.0/16\", \"null\": true}],"
			"\"crypto\": {\"profiles\": {\"p\": {\"ciphers\": [\"aes-gcm-256\","
			"\"aes-gcm-128\"], \"groups\": [31, 14], \"keys\": [\"k1\", \"k2\"]}}}}"));
	edit_fini(&e);
	node_free(root);
}

static void
test_taking_back(void)
{
	static const char *const lines[] = {
		"hostname a",
		"no hostname",
		"interface wan",
		"ip address 1.1.1.1/8 2.2.2.2/8 3.3.3.3/8",
		"no ip address 2.2.2.2/8",
		"shutdown",
		"no shutdown",
		"mtu 1000",
		"no mtu 1000",
		"no window",
		"interface lan",
		"ip address 4.4.4.4/8",
		"no ip address 4.4.4.4/8",
		"interface gone",
		"no interface gone",
		"ip route 10.0.0.0/8 1.1.1.1 distance 9",
		"ip route 10.0.0.0/8 1.1.1.1 distance 10", /* the same route: replaced */
		"ip route 10.0.0.0/8 1.1.1.2",
		"ip route 11.0.0.0/8 1.1.1.2",
		"no ip route 11.0.0.0/8",
	};
	struct node *root = table();
	struct edit e;
	char err[256];

	edit_init(&e, root, json_object());
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		CU_ASSERT_TRUE(say(&e, lines[i]));
	CU_ASSERT_TRUE(reads(e.doc,
			"{\"system\": {}, \"ports\": {\"wan\": {\"address\":"
			"[\"1.1.1.1/8\", \"3.3.3.3/8\"], \"enabled\": true}, \"lan\": {}},"
			"\"routes\": [{\"prefix\": \"10.0.0.0/8\", \"via\": \"1.1.1.1\","
			"\"distance\": 10}, {\"prefix\": \"10.0.0.0/8\", \"via\": \"1.1.1.2\"}]}"));
	CU_ASSERT_FALSE(edit_line(&e, "no ip route 12.0.0.0/8", err, sizeof(err)));
	CU_ASSERT_FALSE(edit_line(&e, "no interface gone", err, sizeof(err)));
	CU_ASSERT_TRUE(say(&e, "no ip route 10.0.0.0/8 1.1.1.2"));
	CU_ASSERT_TRUE(say(&e, "no ip route 10.0.0.0/8"));
	CU_ASSERT_PTR_NULL(json_object_get(e.doc, "routes"));
	edit_fini(&e);
	node_free(root);
}

/* "interface tunnel" begins like "interface": which one is meant. */
static void
test_tunnel_or_interface(void)
{
	struct node *root = table();
	struct edit e;
	char err[256];

	edit_init(&e, root, json_loads("{\"ports\": {\"tunnelbahn\": {}, \"tun\": {}}}", 0, NULL));
	CU_ASSERT_TRUE(say(&e, "interface tunnelbahn")); /* there is a port of that name */
	CU_ASSERT_STRING_EQUAL(e.at[0].map->name, "ports");
	CU_ASSERT_TRUE(say(&e, "interface tun"));
	CU_ASSERT_STRING_EQUAL(e.at[0].map->name, "ports");
	CU_ASSERT_TRUE(say(&e, "interface tunnel7")); /* as typed by hands used to IOS */
	CU_ASSERT_STRING_EQUAL(e.at[0].map->name, "tunnels");
	CU_ASSERT_STRING_EQUAL(e.at[0].name, "tunnel7");
	CU_ASSERT_TRUE(say(&e, "int tun t9"));
	CU_ASSERT_STRING_EQUAL(e.at[0].map->name, "tunnels");
	CU_ASSERT_FALSE(edit_line(&e, "interface tunnel", err, sizeof(err)));
	CU_ASSERT_FALSE(edit_line(&e, "interface tunnel null0", err, sizeof(err)));
	CU_ASSERT_TRUE(say(&e, "no interface tunnel7"));
	CU_ASSERT_EQUAL(json_object_size(edit_entries(&e, node_find(root, "/tunnels", 8))), 1);
	edit_fini(&e);
	node_free(root);
}

static void
test_refused(void)
{
	static const struct {
		const char *line, *why;
	} cases[] = {
		{ "nonsense", "not known" },
		{ "interface", "incomplete" },
		{ "interface wan lan x", "is too much: expected the name" },
		{ "interface 1wan", "cannot be" },
		{ "mtu", "incomplete" },
		{ "mtu 575", "576-9600 (bytes)" },
		{ "mtu 9601", "576-9600" },
		{ "mtu -1", "576-9600" },
		{ "mtu 1400x", "576-9600" },
		{ "mtu 0x600", "576-9600" },
		{ "mtu 99999999999999999999", "576-9600" },
		{ "mtu 1400 1500", "too much" },
		{ "window 100", "power of two" },
		{ "window 8192", "64-4096" },
		{ "ip address 1.1.1.1", "A.B.C.D/LEN" },
		{ "ip address 1.1.1.1/33", "A.B.C.D/LEN" },
		{ "ip address 1.1.1.1 255.0.255.0", "A.B.C.D/LEN" },
		{ "ip address 1.1.1.1/8 2.2.2", "A.B.C.D/LEN" },
		{ "shutdown now", "too much" },
		{ "ip route", "incomplete" },
		{ "ip route 10.0.0.1/8 1.1.1.1", "the prefix is 10.0.0.0/8" },
		{ "ip route 10.0.0.0/8 1.1.1.1 distance", "incomplete" },
		{ "ip route 10.0.0.0/8 1.1.1.1 distance 256", "1-255" },
		{ "logging level loud", "one of error, notice, debug" },
		{ "hostname \"open", "a quote is open" },
		{ "no", "incomplete" },
		{ "crypto", "incomplete" },
		{ "crypto keyring k extra", "is too much: expected the name" },
		{ "i x", "ambiguous" },
	};
	struct node *root = table();
	json_t *before;
	struct edit e;

	edit_init(&e, root,
			json_loads("{\"ports\": {\"wan\": {\"mtu\": 1500}}, \"routes\": []}", 0,
					NULL));
	before = json_deep_copy(e.doc);
	CU_ASSERT_TRUE(say(&e, "interface wan"));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char err[512] = "";

		CU_ASSERT_FALSE(edit_line(&e, cases[i].line, err, sizeof(err)));
		if (strstr(err, cases[i].why) == NULL) {
			printf("\n  \"%s\": %s, not %s\n", cases[i].line, err, cases[i].why);
			CU_FAIL("another reason");
		}
		CU_ASSERT_EQUAL(e.depth, 1);
	}
	/* nothing of it has left a trace, but for groups without content */
	json_object_del(e.doc, "crypto");
	json_object_del(e.doc, "system");
	CU_ASSERT_TRUE(json_equal(before, e.doc));
	json_decref(before);
	edit_fini(&e);
	node_free(root);
}

static void
test_secrets(void)
{
	struct node *root = table();
	struct edit e;
	struct lines l;
	char err[256] = "";

	edit_init(&e, root, json_object());
	CU_ASSERT_TRUE(say(&e, "crypto keyring k"));
	CU_ASSERT_FALSE(e.secret);
	CU_ASSERT_TRUE(say(&e, "pre-shared-key \"two words | \\\"quoted\\\"\""));
	CU_ASSERT_TRUE(e.secret);
	CU_ASSERT_TRUE(reads(e.doc, "{\"crypto\": {\"keys\": {\"k\": {\"psk\":"
				    "\"two words | \\\"quoted\\\"\"}}}}"));
	CU_ASSERT_FALSE(edit_line(&e, "pre-shared-key hush hush", err, sizeof(err)));
	CU_ASSERT_TRUE(e.secret); /* refused, but not to be remembered either */
	CU_ASSERT_PTR_NULL(strstr(err, "hush"));
	lines_init(&l);
	CU_ASSERT_TRUE(lines_render(&l, root, e.doc));
	CU_ASSERT_EQUAL_FATAL(l.n, 2);
	CU_ASSERT_STRING_EQUAL(l.v[1].text, "pre-shared-key ********");
	lines_fini(&l);
	edit_fini(&e);
	node_free(root);
}

static bool
round_trip(const struct node *root, const json_t *doc)
{
	struct lines l;
	struct edit e;
	char text[4096];
	bool ok;

	lines_init(&l);
	ok = lines_render(&l, root, doc);
	edit_init(&e, root, json_object());
	for (size_t i = 0; i < l.n; i++) {
		snprintf(text, sizeof(text), "%*s%s", l.v[i].indent, "", l.v[i].text);
		ok = say(&e, text) && ok;
	}
	if (ok && !json_equal(e.doc, (json_t *)doc)) {
		for (size_t i = 0; i < l.n; i++)
			printf("  %s\n", l.v[i].text);
		ok = reads(e.doc, "null");
	}
	edit_fini(&e);
	lines_fini(&l);
	return ok;
}

static void
test_round_trip(void)
{
	static const char *const docs[] = {
		"{}",
		"{\"system\": {\"hostname\": \"a b\"}}",
		"{\"ports\": {\"wan\": {}, \"lan\": {\"enabled\": false}, \"x\": {\"enabled\": "
		"true}}}",
		"{\"ports\": {\"p\": {\"about\": \"| include ? \\\"x\\\" 'y' \\\\ "
		"\\u0001\\t!#;\"}}}",
		"{\"ports\": {\"p\": {\"about\": \"********\", \"address\": [\"1.1.1.1/32\"],"
		"\"mtu\": 9600, \"window\": 4096}}, \"tunnels\": {\"t\": {\"source\": \"1.1.1.1\","
		"\"checksum\": false, \"protection\": \"p\", \"enabled\": false}}}",
		"{\"ports\": {\"eth0\": {}}, \"tunnels\": {\"t\": {}}, \"routes\": ["
		"{\"prefix\": \"0.0.0.0/0\", \"via\": \"1.1.1.1\"},"
		"{\"prefix\": \"0.0.0.0/0\", \"via\": \"1.1.1.2\", \"distance\": 200},"
		"{\"prefix\": \"10.0.0.0/8\", \"interface\": \"t\"},"
		"{\"prefix\": \"10.0.0.0/8\", \"interface\": \"eth0\", \"via\": \"1.1.1.3\"},"
		"{\"prefix\": \"11.0.0.0/8\", \"interface\": \"later\"},"
		"{\"prefix\": \"12.0.0.0/8\", \"null\": true, \"distance\": 255}]}",
		"{\"crypto\": {\"keys\": {\"a\": {\"identity\": \"hub@example.org\", \"psk\":"
		"\"********\"}}, \"profiles\": {\"p\": {\"ciphers\": [\"aes-gcm-128\"], \"groups\":"
		"[19], \"keys\": [\"a\", \"b\"]}}}}",
	};
	struct node *root = table();

	for (size_t i = 0; i < sizeof(docs) / sizeof(docs[0]); i++) {
		json_t *doc = json_loads(docs[i], 0, NULL);

		CU_ASSERT_PTR_NOT_NULL_FATAL(doc);
		CU_ASSERT_TRUE(round_trip(root, doc));
		json_decref(doc);
	}
	node_free(root);
}

/* Any text that may stand in a description comes back. */
static void
test_round_trip_random(void)
{
	struct node *root = table();
	char text[32];

	srand(2);
	for (int round = 0; round < 2000; round++) {
		int len = rand() % 20 + 1;
		json_t *doc;

		for (int i = 0; i < len; i++)
			text[i] = (char)(rand() % 126 + 1);
		text[len] = '\0';
		doc = json_pack("{s:{s:{s:s}}}", "ports", "p", "about", text);
		if (!round_trip(root, doc)) {
			CU_FAIL("a description did not come back");
			json_decref(doc);
			break;
		}
		json_decref(doc);
	}
	node_free(root);
}

struct seen {
	char text[2048];
};

static void
keep(void *arg, const char *line)
{
	struct seen *s = arg;

	snprintf(s->text + strlen(s->text), sizeof(s->text) - strlen(s->text), "%s\n", line);
}

/* "show run int gi0/1", of a name that is longer. */
static void
test_section_of_a_short_name(void)
{
	struct node *root = table();
	json_t *a = json_loads("{\"ports\": {\"GigabitEthernet0/1\": {\"mtu\": 1400}, "
			       "\"GigabitEthernet0/11\": {}, \"lan\": {}}}", 0, NULL);
	struct lines l;
	struct seen s = { "" };
	struct out o = { .line = keep, .arg = &s };

	lines_init(&l);
	CU_ASSERT_TRUE(lines_render(&l, root, a));
	CU_ASSERT_EQUAL(lines_print(&l, "int gi0/1", &o), 2);
	CU_ASSERT_EQUAL(lines_print(&l, "interface Gig0/11", &o), 1);
	CU_ASSERT_EQUAL(lines_print(&l, "interface gi0/2", &o), 0);
	CU_ASSERT_EQUAL(lines_print(&l, "interface ga0/1", &o), 0);
	CU_ASSERT_EQUAL(lines_print(&l, "interface lan0", &o), 0);
	lines_fini(&l);
	json_decref(a);
	node_free(root);
}

/* As IOS has it, in one word. */
static void
test_section_of_a_tunnel(void)
{
	struct node *root = table();
	json_t *a = json_loads("{\"tunnels\": {\"Tunnel7\": {\"source\": \"1.1.1.1\"}, "
			       "\"Tunnel71\": {}, \"t\": {}}}", 0, NULL);
	struct lines l;
	struct seen s = { "" };
	struct out o = { .line = keep, .arg = &s };

	lines_init(&l);
	CU_ASSERT_TRUE(lines_render(&l, root, a));
	CU_ASSERT_EQUAL(lines_print(&l, "interface Tunnel71", &o), 1);
	CU_ASSERT_EQUAL(lines_print(&l, "int tunnel7", &o), 3);
	CU_ASSERT_EQUAL(lines_print(&l, "interface tunnel t", &o), 4);
	CU_ASSERT_EQUAL(lines_print(&l, "interface tunnels", &o), 0);
	lines_fini(&l);
	json_decref(a);
	node_free(root);
}

static void
test_sections_and_differences(void)
{
	struct node *root = table();
	json_t *a = json_loads(
			"{\"system\": {\"hostname\": \"h\"}, \"ports\": {\"wan\": {\"mtu\": 1400},"
			"\"lan\": {}}, \"tunnels\": {\"t\": {\"source\": \"1.1.1.1\"}}}",
			0, NULL);
	json_t *b = json_loads(
			"{\"system\": {\"hostname\": \"h\"}, \"ports\": {\"wan\": {\"mtu\": 1500},"
			"\"lan\": {}}, \"routes\": [{\"prefix\": \"0.0.0.0/0\", \"null\": true}]}",
			0, NULL);
	struct lines la, lb;
	struct seen s = { "" };
	struct out o = { .line = keep, .arg = &s };

	lines_init(&la);
	lines_init(&lb);
	CU_ASSERT_TRUE(lines_render(&la, root, a) && lines_render(&lb, root, b));
	lines_print(&la, NULL, &o);
	CU_ASSERT_STRING_EQUAL(s.text,
			"hostname h\n!\ninterface wan\n mtu 1400\n!\ninterface lan\n!\n"
			"interface tunnel t\n tunnel source 1.1.1.1\n");
	s.text[0] = '\0';
	CU_ASSERT_EQUAL(lines_print(&la, "int tun", &o), 2);
	CU_ASSERT_STRING_EQUAL(s.text, "interface tunnel t\n tunnel source 1.1.1.1\n");
	CU_ASSERT_EQUAL(lines_print(&la, "crypto", &o), 0);
	s.text[0] = '\0';
	CU_ASSERT_EQUAL(lines_diff(&la, &lb, &o), 5);
	CU_ASSERT_STRING_EQUAL(s.text, "  interface wan\n-  mtu 1400\n- interface tunnel t\n"
				       "-  tunnel source 1.1.1.1\n  interface wan\n+  mtu 1500\n"
				       "+ ip route 0.0.0.0/0 null0\n");
	CU_ASSERT_EQUAL(lines_diff(&la, &la, &o), 0);
	lines_fini(&la);
	lines_fini(&lb);
	json_decref(a);
	json_decref(b);
	node_free(root);
}

static void
test_paths_in_words(void)
{
	static const struct {
		const char *path, *said;
	} cases[] = {
		{ "/system/hostname", "hostname" },
		{ "/ports/wan/mtu", "interface wan: mtu" },
		{ "/ports/wan/address/1", "interface wan: ip address" },
		{ "/tunnels/t1", "interface tunnel t1" },
		{ "/tunnels/a~1b/source", "interface tunnel a/b: tunnel source" },
		{ "/routes/3/via", "ip route [3]: via" },
		{ "/crypto/keys/k/psk", "crypto keyring k: pre-shared-key" },
		{ "/nowhere/at/all", "/nowhere/at/all" },
		{ "", "" },
	};
	struct node *root = table();
	char buf[256];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		CU_ASSERT_STRING_EQUAL(node_say_path(root, cases[i].path, buf, sizeof(buf)),
				cases[i].said);
	node_free(root);
}

/* Any words in any order: refused or understood, but what comes out can always be shown. */
static void
test_random_words(void)
{
	static const char *const words[] = { "no", "interface", "tunnel", "wan", "t1", "ip",
		"address", "route", "1.1.1.1", "1.1.1.0/24", "255.255.255.0", "0.0.0.0/0", "null0",
		"distance", "7", "mtu", "1400", "shutdown", "crypto", "keyring", "profile", "set",
		"encryption", "aes-gcm-128", "group", "14", "keys", "pre-shared-key", "\"x y\"",
		"\"\"", "source", "protection", "hostname", "logging", "level", "error", "window",
		"description", "i", "t" };
	struct node *root = table();
	int understood = 0;
	struct edit e;

	srand(3);
	edit_init(&e, root, json_object());
	for (int round = 0; round < 20000; round++) {
		char line[512] = "", err[512] = "";
		struct lines l;

		for (int n = rand() % 7; n >= 0; n--)
			snprintf(line + strlen(line), sizeof(line) - strlen(line), "%s ",
					words[(size_t)rand() % (sizeof(words) / sizeof(words[0]))]);
		if (edit_line(&e, line, err, sizeof(err)))
			understood++;
		else if (err[0] == '\0')
			CU_FAIL("refused without a reason");
		if (rand() % 8 == 0)
			edit_leave(&e);
		if (round % 100 != 0)
			continue;
		lines_init(&l);
		CU_ASSERT_TRUE(lines_render(&l, root, e.doc));
		lines_fini(&l);
	}
	CU_ASSERT_TRUE(understood > 100);
	edit_fini(&e);
	node_free(root);
}

/* A table that is none is refused, whatever it is. */
static void
test_bad_tables(void)
{
	static const char *const bad[] = {
		"{}",
		"[]",
		"null",
		"{\"type\": \"map\"}",
		"{\"type\": \"object\", \"children\": [1]}",
		"{\"type\": \"object\", \"children\": [{\"type\": \"color\"}]}",
		"{\"type\": \"object\", \"cli\": \"a b c d e f g h i\"}",
		"{\"type\": \"enum\", \"values\": [null]}",
	};
	char err[256];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		json_t *j = json_loads(bad[i], JSON_DECODE_ANY, NULL);

		err[0] = '\0';
		CU_ASSERT_PTR_NULL(node_load(j, err, sizeof(err)));
		CU_ASSERT_NOT_EQUAL(err[0], '\0');
		json_decref(j);
	}
}

static const struct cu_case cases[] = {
	CU_CASE(test_lines_to_document),
	CU_CASE(test_taking_back),
	CU_CASE(test_tunnel_or_interface),
	CU_CASE(test_refused),
	CU_CASE(test_secrets),
	CU_CASE(test_round_trip),
	CU_CASE(test_round_trip_random),
	CU_CASE(test_section_of_a_short_name),
	CU_CASE(test_section_of_a_tunnel),
	CU_CASE(test_sections_and_differences),
	CU_CASE(test_paths_in_words),
	CU_CASE(test_random_words),
	CU_CASE(test_bad_tables),
};

CU_MAIN("cli_config", cases)
