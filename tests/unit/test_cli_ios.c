/* SPDX-License-Identifier: BSD-3-Clause */
/* IOS's lines: what they become in the configuration, and that keys in them are kept out of sight. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/edit.h"
#include "controlplane/config/schema.h"
#include "cu.h"

static struct node *
table(void)
{
	json_t *schema = schema_tree_json();
	char err[256];
	struct node *root = node_load(schema, err, sizeof(err));

	json_decref(schema);
	return root;
}

/* Type @lines, one below the other; the document compact, or "!" and the last line's error. */
static char *
typed(const struct node *root, const char *lines)
{
	char copy[1024], err[256] = "", *save = NULL, *text;
	bool ok = true;
	struct edit e;

	edit_init(&e, root, json_object());
	snprintf(copy, sizeof(copy), "%s", lines);
	for (char *l = strtok_r(copy, "\n", &save); l != NULL && ok; l = strtok_r(NULL, "\n", &save)) {
		ok = edit_line(&e, l, err, sizeof(err));
		if (strstr(l, "isakmp key") != NULL)
			CU_ASSERT_TRUE(e.secret);
	}
	text = ok ? json_dumps(e.doc, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	if (text == NULL && asprintf(&text, "!%s", err) < 0)
		abort();
	edit_fini(&e);
	return text;
}

static void
test_lines(void)
{
	static const struct {
		const char *lines, *doc;
	} rows[] = {
		{ "crypto isakmp policy 10\n encr aes 256\n hash sha\n authentication pre-share\n group 5",
		  "{\"crypto\":{\"ikev2\":{\"proposals\":{\"10\":{\"encryption\":[\"aes-cbc-256\"],"
		  "\"group\":[5],\"integrity\":[\"sha1\"]}}}}}" },
		{ "crypto isakmp policy 10\n encryption 3des\n hash sha256\n group 14",
		  "{\"crypto\":{\"ikev2\":{\"proposals\":{\"10\":{\"encryption\":[\"3des\"],"
		  "\"group\":[14],\"integrity\":[\"sha256\"]}}}}}" },
		{ "crypto isakmp profile old\n proposal 10\n lifetime 3600\n dpd 40 5 on-demand",
		  "{\"crypto\":{\"ikev2\":{\"profiles\":{\"old\":{\"dpd\":40,\"dpd-mode\":"
		  "\"on-demand\",\"dpd-retry\":5,\"lifetime-seconds\":3600,\"proposals\":[\"10\"],"
		  "\"version\":\"ikev1\"}}}}}" },
		{ "crypto isakmp key s3cret address 2.2.2.2",
		  "{\"crypto\":{\"ikev2\":{\"keyring\":{\"isakmp-2.2.2.2\":{\"address\":"
		  "\"2.2.2.2/32\",\"pre-shared-key\":\"s3cret\"}}}}}" },
		{ "crypto isakmp key 0 s3cret address 2.2.0.0 255.255.0.0",
		  "{\"crypto\":{\"ikev2\":{\"keyring\":{\"isakmp-2.2.0.0\":{\"address\":"
		  "\"2.2.0.0/16\",\"pre-shared-key\":\"s3cret\"}}}}}" },
		{ "crypto isakmp key s3cret hostname b1.example.net",
		  "{\"crypto\":{\"ikev2\":{\"keyring\":{\"isakmp-b1.example.net\":{\"identity\":"
		  "\"b1.example.net\",\"pre-shared-key\":\"s3cret\"}}}}}" },
		{ "crypto ipsec transform-set t esp-aes 256 esp-sha-hmac",
		  "{\"crypto\":{\"ipsec\":{\"transform-sets\":{\"t\":{\"encryption\":"
		  "\"aes-cbc-256\",\"integrity\":\"sha1\"}}}}}" },
		{ "crypto ipsec transform-set t esp-gcm",
		  "{\"crypto\":{\"ipsec\":{\"transform-sets\":{\"t\":{\"encryption\":"
		  "\"aes-gcm-128\"}}}}}" },
		{ "crypto ipsec profile p\n set isakmp-profile old",
		  "{\"crypto\":{\"ipsec\":{\"profiles\":{\"p\":{\"ikev2-profile\":\"old\"}}}}}" },
		{ "interface tunnel t\n tunnel protection ipsec profile p",
		  "{\"tunnels\":{\"t\":{\"protection\":\"p\"}}}" },
		{ "crypto isakmp key s3cret", "!expected a key" },
		{ "crypto isakmp nothing", "!expected policy" },
		{ "crypto isakmp policy 10\n lifetime 3600", "!the lifetime belongs to the profile" },
		{ "crypto isakmp policy 10\n authentication rsa-sig", "!how a peer proves" },
		{ "crypto isakmp policy 10\n hash md5", "!" },
		{ "crypto ipsec transform-set t esp-aes esp-md5-hmac", "!\"esp-md5-hmac\" is not known" },
	};
	struct node *root = table();

	CU_ASSERT_PTR_NOT_NULL_FATAL(root);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *got = typed(root, rows[i].lines);
		bool same = rows[i].doc[0] == '!' ? strncmp(got, rows[i].doc, strlen(rows[i].doc)) == 0
						  : strcmp(got, rows[i].doc) == 0;

		if (!same)
			printf("\n%s\n  is %s\n", rows[i].lines, got);
		CU_ASSERT_TRUE(same);
		CU_ASSERT_PTR_NULL(got[0] == '!' ? strstr(got, "s3cret") : NULL);
		free(got);
	}
	node_free(root);
}

static const struct cu_case cases[] = {
	CU_CASE(test_lines),
};

CU_MAIN("cli_ios", cases)
