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

/* What both ways to write a crypto map come to: @far is its peer, by address or name. */
#define MAP(far, by)                                                                             \
	"{\"crypto\":{\"ipsec\":{\"profiles\":{\"m-10\":{\"mode\":\"tunnel\",\"pfs\":[14],"               \
	"\"transform-sets\":[\"t\"]}}},\"policies\":{"                                              \
	"\"acl-101-1\":{\"action\":\"protect\",\"destination\":\"10.0.0.1/32\",\"priority\":99989999," \
	"\"source\":\"192.168.10.0/24\",\"tunnel\":\"m-10\"},"                                     \
	"\"acl-101-2\":{\"action\":\"bypass\",\"destination\":\"0.0.0.0/0\",\"destination-port\":"     \
	"\"445\",\"priority\":99989998,\"protocol\":\"tcp\",\"source\":\"0.0.0.0/0\"}}},"              \
	"\"interfaces\":{\"wan\":{\"address\":[\"1.1.1.2/24\"]}},\"tunnels\":{\"m-10\":{"             \
	"\"" by "\":\"" far "\",\"mode\":\"ipsec\",\"protection\":\"m-10\",\"source\":\"1.1.1.2\"}}}"

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
		{ "interface tunnel t\n tunnel destination hub.example.com",
		  "{\"tunnels\":{\"t\":{\"destination-name\":\"hub.example.com\"}}}" },
		{ "interface tunnel t\n tunnel destination hub.example.com\n tunnel destination 1.1.1.1",
		  "{\"tunnels\":{\"t\":{\"destination\":\"1.1.1.1\"}}}" },
		{ "interface tunnel t\n tunnel destination 2001:db8::1", "!2001:db8::1: outer addresses" },
		{ "interface tunnel t\n tunnel destination 1.1.1", "!" },
		/* crypto maps: the list may come before or after, numbered or by name */
		{ "crypto map m 10 ipsec-isakmp\n set peer 2.2.2.2\n set transform-set t\n set pfs group14\n"
		  " match address 101\n"
		  "interface wan\n ip address 1.1.1.2/24\n crypto map m\n"
		  "access-list 101 permit ip 192.168.10.0 0.0.0.255 host 10.0.0.1\n"
		  "access-list 101 deny tcp any any eq 445",
		  MAP("2.2.2.2", "destination") },
		{ "interface wan\n ip address 1.1.1.2/24\n"
		  "ip access-list extended 101\n remark nothing\n"
		  " 10 permit ip 192.168.10.7 0.0.0.255 10.0.0.1/32\n deny tcp any any eq 445\n"
		  "crypto map m 10 ipsec-isakmp\n set transform-set t\n set pfs 14\n"
		  " match address 101\n set peer b.example.net\n interface wan\n crypto map m",
		  MAP("b.example.net", "destination-name") },
		{ "access-list 1 permit udp 10.0.0.0/8 range 1 9 any\ncrypto map m 10\n match address 1\n"
		  "no crypto map m 10\nno access-list 1",
		  "{\"crypto\":{\"ipsec\":{}}}" },
		{ "crypto map m 10\n set peer 2.2.2.2\n set peer 3.3.3.3", "!one peer only" },
		{ "crypto map m 0 ipsec-isakmp", "!expected crypto map" },
		{ "crypto map m 10 ipsec-manual", "!only ipsec-isakmp" },
		{ "interface wan\n crypto map m", "!the interface has no address" },
		{ "interface wan\n ip address 1.1.1.2/24\n crypto map m", "!there is no such crypto map" },
		{ "access-list 101 permit ip 10.0.0.0 0.255.0.255 any", "!expected PROTOCOL" },
		{ "access-list 101 permit ip any any log", "!is not possible" },
		{ "access-list 101 allow ip any any", "!expected permit" },
		{ "no access-list 101", "!there is no such list" },
		{ "no crypto map m 10", "!there is no such crypto map" },
		{ "set peer 2.2.2.2", "!" },
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
