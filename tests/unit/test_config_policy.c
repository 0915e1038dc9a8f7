/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Security policies in the configuration: what words mean in numbers, the selectors that a tunnel's
 * policies make together, and what validation says of them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/config/json.h"
#include "controlplane/config/model.h"
#include "controlplane/config/policy.h"
#include "controlplane/tunnel/tunnel_list.h"
#include "tests/unit/cu.h"

/* clang-format off */
static const char frame[] =
	"{\"interfaces\": {\"wan\": {\"address\": [\"1.1.1.2/24\"]}},"
	" \"tunnels\": {"
	"  \"t\": {\"mode\": \"ipsec\", \"source\": \"1.1.1.2\", \"destination\": \"1.1.1.9\","
	"          \"protection\": \"p\"%s},"
	"  \"u\": {\"mode\": \"ipsec\", \"source\": \"1.1.1.2\", \"destination\": \"1.1.1.8\","
	"          \"protection\": \"p\"},"
	"  \"g\": {\"source\": \"1.1.1.2\", \"destination\": \"1.1.1.7\"}},"
	" \"crypto\": {\"policies\": {%s}, \"ikev2\": {\"proposals\": {\"default\": {}},"
	"  \"keyring\": {\"k\": {\"address\": \"1.1.1.0/24\", \"pre-shared-key\": "
	"\"0123456789ab\"}},  \"profiles\": {\"default\": {%s}}},"
	"  \"ipsec\": {\"transform-sets\": {\"s\": {\"encryption\": \"aes-gcm-128\"}},"
	"   \"profiles\": {\"p\": {\"transform-sets\": [\"s\"]}}}}}";
/* clang-format on */

static struct cfg *
load_with(const char *tunnel, const char *policies, const char *profile, struct cfg_errors *e)
{
	char *text = NULL;
	struct cfg *c;
	int len = asprintf(&text, frame, tunnel, policies, profile);

	CU_ASSERT_FATAL(len > 0);
	cfg_errors_init(e);
	c = cfg_from_text(text, (size_t)len, NULL, e);
	free(text);
	return c;
}

static struct cfg *
load(const char *tunnel, const char *policies, struct cfg_errors *e)
{
	return load_with(tunnel, policies, "", e);
}

static struct cfg *
load_v1(const char *tunnel, const char *policies, struct cfg_errors *e)
{
	return load_with(tunnel, policies, "\"version\": \"ikev1\"", e);
}

static bool
is_range(const struct cfg_selector *s, const char *text)
{
	char buf[IP_RANGE_STR_LEN];

	return strcmp(ip_range_str(&s->addr, buf), text) == 0;
}

static void
words_and_numbers(void)
{
	static const struct {
		const char *text;
		bool ok;
		uint16_t lo, hi;
	} ports[] = {
		{ "", true, 0, 65535 },     { "80", true, 80, 80 },     { "80-90", true, 80, 90 },
		{ "0-65535", true, 0, 65535 }, { "65536", false, 0, 0 }, { "90-80", false, 0, 0 },
		{ "80-", false, 0, 0 },     { "-80", false, 0, 0 },     { "80-90-", false, 0, 0 },
		{ "x", false, 0, 0 },       { "99999999999", false, 0, 0 },
	};
	uint8_t proto = 77;
	uint16_t lo, hi;

	for (size_t i = 0; i < sizeof(ports) / sizeof(ports[0]); i++) {
		CU_ASSERT_EQUAL(cfg_policy_ports(ports[i].text, &lo, &hi), ports[i].ok);
		if (ports[i].ok)
			CU_ASSERT_TRUE(lo == ports[i].lo && hi == ports[i].hi);
	}
	CU_ASSERT_TRUE(cfg_policy_proto("any", &proto) && proto == 0);
	CU_ASSERT_TRUE(cfg_policy_proto("tcp", &proto) && proto == 6);
	CU_ASSERT_TRUE(cfg_policy_proto("255", &proto) && proto == 255);
	CU_ASSERT_FALSE(cfg_policy_proto("256", &proto));
	CU_ASSERT_FALSE(cfg_policy_proto("", &proto));
	CU_ASSERT_FALSE(cfg_policy_proto("6x", &proto));
	CU_ASSERT_FALSE(cfg_policy_proto("nonsense", &proto));
}

static void
icmp_types(void)
{
	static const struct {
		const char *text;
		uint8_t proto;
		bool ok;
		uint16_t lo, hi;
	} rows[] = {
		{ "", 1, true, 0, 0xffff },           { "8", 1, true, 0x800, 0x8ff },
		{ "8/0", 1, true, 0x800, 0x800 },     { "3/0-5", 1, true, 0x300, 0x305 },
		{ "255/255", 1, true, 0xffff, 0xffff }, { "echo", 1, true, 0x800, 0x8ff },
		{ "echo", 58, true, 0x8000, 0x80ff }, { "echo-reply", 1, true, 0, 0xff },
		{ "echo-reply", 58, true, 0x8100, 0x81ff },
		{ "packet-too-big", 1, true, 0x304, 0x304 },
		{ "packet-too-big", 58, true, 0x200, 0x2ff },
		{ "nd-ns", 1, false, 0, 0 },          { "timestamp-request", 58, false, 0, 0 },
		{ "256", 1, false, 0, 0 },            { "8/256", 1, false, 0, 0 },
		{ "8/", 1, false, 0, 0 },             { "8/5-4", 1, false, 0, 0 },
		{ "8/4-", 1, false, 0, 0 },           { "8-9", 1, false, 0, 0 },
		{ "8/0/0", 1, false, 0, 0 },          { "nonsense", 1, false, 0, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint16_t lo, hi;
		bool ok = cfg_policy_icmp(rows[i].text, rows[i].proto, &lo, &hi);

		CU_ASSERT_EQUAL(ok, rows[i].ok);
		if (ok)
			CU_ASSERT_TRUE(lo == rows[i].lo && hi == rows[i].hi);
	}
}

#define PROTECT(name, src, dst, more) \
	"\"" name "\": {\"source\": \"" src "\", \"destination\": \"" dst \
	"\", \"action\": \"protect\", \"tunnel\": \"t\"" more "}"

static void
a_tunnels_selectors_are_joined(void)
{
	struct cfg_errors e;
	struct cfg *c = load("",
			PROTECT("a", "10.1.0.0/24", "10.9.0.0/24", "") ","
			PROTECT("b", "10.1.1.0/24", "10.9.2.0/24", "") ","
			PROTECT("c", "10.1.0.0/23", "10.9.1.0/24", "") ","
			PROTECT("d", "10.1.0.128/25", "10.20.0.0/16",
					", \"protocol\": \"tcp\", \"destination-port\": "
					"\"80-90\"") ","
			"\"e\": {\"destination\": \"10.30.0.0/16\", \"action\": \"bypass\"},"
			"\"f\": {\"destination\": \"10.40.0.0/16\", \"action\": \"protect\","
			"        \"tunnel\": \"u\"}", &e);
	struct cfg_selectors local, remote;

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_EQUAL(c->n_policies, 6);
	CU_ASSERT_EQUAL(cfg_policy_selectors(c, "t", &local, &remote), 0);
	CU_ASSERT_EQUAL_FATAL(local.n, 1); /* d's is inside for tcp, too */
	CU_ASSERT_TRUE(is_range(&local.v[0], "10.1.0.0-10.1.1.255"));
	CU_ASSERT_EQUAL_FATAL(remote.n, 2);
	CU_ASSERT_TRUE(is_range(&remote.v[0], "10.9.0.0-10.9.2.255"));
	CU_ASSERT_TRUE(remote.v[1].proto == 6 && remote.v[1].port_lo == 80 &&
			remote.v[1].port_hi == 90);
	CU_ASSERT_EQUAL(cfg_policy_selectors(c, "u", &local, &remote), 0);
	CU_ASSERT_TRUE(local.n == 1 && is_range(&local.v[0], "0.0.0.0-255.255.255.255"));
	CU_ASSERT_EQUAL(remote.n, 1);
	CU_ASSERT_EQUAL(cfg_policy_selectors(c, "g", &local, &remote), 0);
	CU_ASSERT_TRUE(local.n == 0 && remote.n == 0);
	cfg_free(c);
	cfg_errors_fini(&e);
}

static bool
is_pair(const struct cfg_key_index *x, const char *tunnel, const char *local, const char *remote)
{
	struct cfg_selectors l, r;

	return cfg_key_selectors(x, tunnel, &l, &r) == 0 && l.n == 1 && r.n == 1 &&
	       is_range(&l.v[0], local) && is_range(&r.v[0], remote);
}

/* Where IKEv1 negotiates: the first one's are the tunnel's, and others have tunnels of their own. */
/* @per_policy: by the IPsec profile, with IKEv2. */
static void
check_each_by_itself(const char *ike, bool per_policy)
{
	struct cfg_errors e;
	struct cfg *c = load_with("", PROTECT("a", "10.1.0.0/24", "10.9.0.0/24", "") ","
			PROTECT("b", "10.1.1.0/24", "10.9.0.0/24", ""), ike, &e);
	struct cfg_key_index *x = c != NULL ? cfg_key_index_new(c) : NULL;
	struct tunnel_list l;

	CU_ASSERT_PTR_NOT_NULL_FATAL(x);
	CU_ASSERT_EQUAL_FATAL(c->n_ipsec_profiles, 1);
	if (per_policy) {
		CU_ASSERT_FALSE(cfg_is_per_policy(c, cfg_tunnel_find(c, "t")));
		CU_ASSERT_PTR_NULL(cfg_line_of(c, "t/b"));
		c->ipsec_profiles[0].per_policy = true;
	}
	CU_ASSERT_PTR_EQUAL(cfg_line_of(c, "t/b"), cfg_tunnel_find(c, "t"));
	CU_ASSERT_PTR_NULL(cfg_line_of(c, "t"));
	CU_ASSERT_PTR_NULL(cfg_line_of(c, "g/b")); /* GRE */
	CU_ASSERT_PTR_NULL(cfg_line_of(c, "x/b"));
	CU_ASSERT_TRUE(is_pair(x, "t", "10.1.0.0-10.1.0.255", "10.9.0.0-10.9.0.255"));
	CU_ASSERT_TRUE(is_pair(x, "t/b", "10.1.1.0-10.1.1.255", "10.9.0.0-10.9.0.255"));
	CU_ASSERT_EQUAL_FATAL(tunnel_list_make(c, NULL, 0, &l), 0);
	CU_ASSERT_EQUAL_FATAL(l.n, 4);
	CU_ASSERT_STRING_EQUAL(l.at[1].cfg->name, "t");
	CU_ASSERT_STRING_EQUAL(l.at[2].cfg->name, "t/b");
	CU_ASSERT_EQUAL(l.at[2].cfg->destination, l.at[1].cfg->destination);
	tunnel_list_free(&l);
	cfg_key_index_free(x);
	cfg_free(c);
	cfg_errors_fini(&e);
}

static void
each_policy_by_itself(void)
{
	check_each_by_itself("\"version\": \"ikev1\"", false);
	check_each_by_itself("", true);
}

/* An ICMP type is a selector of both sides; its codes are not joined with another type's. */
static void
icmp_types_become_selectors(void)
{
	struct cfg_errors e;
	struct cfg *c = load("", PROTECT("a", "10.1.0.0/16", "10.9.0.0/16",
			", \"protocol\": \"icmp\", \"icmp-type\": \"echo\"") ","
			PROTECT("b", "10.1.0.0/16", "10.9.0.0/16",
			", \"protocol\": \"icmp\", \"icmp-type\": \"0/0\""), &e);
	struct cfg_selectors local, remote;

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_EQUAL(cfg_policy_selectors(c, "t", &local, &remote), 0);
	CU_ASSERT_TRUE_FATAL(local.n == 2 && remote.n == 2);
	CU_ASSERT_TRUE(local.v[0].proto == 1 && local.v[0].port_lo == 0x800 &&
			local.v[0].port_hi == 0x8ff);
	CU_ASSERT_TRUE(remote.v[0].port_lo == 0x800 && remote.v[0].port_hi == 0x8ff);
	CU_ASSERT_TRUE(local.v[1].port_lo == 0 && local.v[1].port_hi == 0);
	CU_ASSERT_TRUE(remote.v[1].port_lo == 0 && remote.v[1].port_hi == 0);
	cfg_free(c);
	cfg_errors_fini(&e);
}

/* One error at @path that says @text; NULL: none. */
static void
check_v1(const char *tunnel, const char *policies, const char *path, const char *text)
{
	struct cfg_errors e;
	struct cfg *c = load_v1(tunnel, policies, &e);

	CU_ASSERT_EQUAL(c == NULL, path != NULL);
	CU_ASSERT_EQUAL(e.n_errors, path != NULL);
	if (e.n_errors == 1) {
		CU_ASSERT_STRING_EQUAL(e.errors[0].path, path);
		CU_ASSERT_PTR_NOT_NULL(strstr(e.errors[0].message, text));
	}
	cfg_free(c);
	cfg_errors_fini(&e);
}

static void
what_quick_mode_cannot_say(void)
{
	const char *ports = ", \"protocol\": \"tcp\", \"destination-port\": \"80-90\"";
	const char *port = ", \"protocol\": \"tcp\", \"destination-port\": \"80\"";
	char text[512];

	snprintf(text, sizeof(text), "\"a\": {\"source\": \"10.0.0.0/8\", \"destination\": "
				     "\"11.0.0.0/8\", \"action\": \"protect\", "
				     "\"tunnel\": \"t\"%s}",
			ports);
	check_v1("", text, "/crypto/policies/a/tunnel", "no ranges of ports");
	snprintf(text, sizeof(text), "\"a\": {\"source\": \"10.0.0.0/8\", \"destination\": "
				     "\"11.0.0.0/8\", \"action\": \"protect\", "
				     "\"tunnel\": \"t\"%s}",
			port);
	check_v1("", text, NULL, NULL);
	check_v1("", PROTECT("a", "10.0.0.0/8", "11.0.0.0/8", ", \"protocol\": \"icmp\""), NULL,
			NULL);
	check_v1("", PROTECT("a", "10.0.0.0/8", "11.0.0.0/8",
			", \"protocol\": \"icmp\", \"icmp-type\": \"8/0\""),
			"/crypto/policies/a/icmp-type", "no ICMP types");
	check_v1("", PROTECT("a-name-of-thirty-one-characters", "10.0.0.0/8", "11.0.0.0/8", ""),
			"/crypto/policies/a-name-of-thirty-one-characters/tunnel", "too long");
	check_v1(", \"ipv6-address\": \"2001:db8::1/64\"", "", "/tunnels/t/ipv6-address",
			"IPv4 only");
}

/* Several tunnels between the same ends: by IKEv1 each has its networks, by IKEv2 none would know
 * whose an SA is. */
static void
several_between_the_same_ends(void)
{
	static const char same[] = "\"p\"}, \"v\": {\"mode\": \"ipsec\", "
				   "\"source\": \"1.1.1.2\", \"destination\": \"1.1.1.9\", "
				   "\"protection\": \"p\"";
	static const char policies[] = PROTECT("a", "10.0.0.0/8", "11.0.0.0/8", "") ","
			"\"b\": {\"source\": \"12.0.0.0/8\", \"action\": \"protect\", "
			"\"tunnel\": \"v\"}";
	char tunnel[256];
	struct cfg_errors e;
	struct cfg *c;

	snprintf(tunnel, sizeof(tunnel), ", \"description\": %s", same);
	check_v1(tunnel, policies, NULL, NULL);
	check_v1(tunnel, "", "/tunnels/v", "all networks");
	c = load(tunnel, policies, &e);
	CU_ASSERT_PTR_NULL(c);
	CU_ASSERT_TRUE(e.n_errors > 0);
	cfg_errors_fini(&e);
}
/* Both families side by side: joined each by itself. */
static void
families_are_kept_apart(void)
{
	struct cfg_errors e;
	struct cfg *c = load("", PROTECT("a", "2001:db8:1::/64", "2001:db8:8::/48", "") ","
			PROTECT("b", "2001:db8:1:1::/64", "2001:db8:9::/48", "") ","
			PROTECT("c", "::/0", "2001:db8:9:1::/64",
					", \"protocol\": \"58\"") ","
			PROTECT("d", "0.0.0.0/0", "10.9.0.0/24", ""), &e);
	struct cfg_selectors local, remote;

	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_EQUAL(e.n_warnings, 0);
	CU_ASSERT_EQUAL(cfg_policy_selectors(c, "t", &local, &remote), 0);
	CU_ASSERT_EQUAL_FATAL(local.n, 3);
	CU_ASSERT_TRUE(is_range(&local.v[0], "2001:db8:1::-2001:db8:1:1:ffff:ffff:ffff:ffff"));
	CU_ASSERT_TRUE(local.v[1].proto == 58);
	CU_ASSERT_TRUE(is_range(&local.v[2], "0.0.0.0-255.255.255.255"));
	CU_ASSERT_EQUAL_FATAL(remote.n, 2);
	CU_ASSERT_TRUE(is_range(&remote.v[0],
			"2001:db8:8::-2001:db8:9:ffff:ffff:ffff:ffff:ffff"));
	cfg_free(c);
	cfg_errors_fini(&e);
}

static void
mistakes_are_named(void)
{
	static const struct {
		const char *tunnel, *policies, *path, *text;
	} cases[] = {
		{ "", PROTECT("a", "10.0.0.0/8", "11.0.0.0/8", ", \"source-port\": \"80\""),
				"/crypto/policies/a/source-port", "has no ports" },
		{ "", PROTECT("a", "10.0.0.0/8", "11.0.0.0/8",
				      ", \"protocol\": \"tcp\", \"destination-port\": \"90-80\""),
				"/crypto/policies/a/destination-port", "no port or range" },
		{ "", PROTECT("a", "10.0.0.0/8", "11.0.0.0/8", ", \"protocol\": \"300\""),
				"/crypto/policies/a/protocol", "no protocol" },
		{ "", PROTECT("a", "10.0.0.0/8", "11.0.0.0/8",
				      ", \"protocol\": \"tcp\", \"icmp-type\": \"echo\""),
				"/crypto/policies/a/icmp-type", "only with protocol icmp" },
		{ "", PROTECT("a", "10.0.0.0/8", "11.0.0.0/8",
				      ", \"protocol\": \"icmp\", \"icmp-type\": \"nd-ns\""),
				"/crypto/policies/a/icmp-type", "no type of icmp" },
		{ "", "\"a\": {\"action\": \"protect\"}", "/crypto/policies/a/tunnel", "needed" },
		{ "", "\"a\": {\"action\": \"bypass\", \"tunnel\": \"t\"}",
				"/crypto/policies/a/tunnel", "only with action protect" },
		{ "", "\"a\": {\"action\": \"protect\", \"tunnel\": \"g\"}",
				"/crypto/policies/a/tunnel", "is GRE" },
		{ "", "\"a\": {\"action\": \"protect\", \"tunnel\": \"x\"}",
				"/crypto/policies/a/tunnel", "no tunnel x" },
		{ "", PROTECT("a", "2001:db8::/32", "11.0.0.0/8", ""),
				"/crypto/policies/a/destination", "different families" },
		{ "", PROTECT("a", "2001:db8::1/32", "::/0", ""),
				"/crypto/policies/a/source", "host bits" },
		{ "", PROTECT("a", "2001:db8::/32", "::/200", ""),
				"/crypto/policies/a/destination", "IPv4 or IPv6 prefix" },
		{ ", \"key\": 1", "", "/tunnels/t/key", "no GRE" },
		{ ", \"checksum\": true", "", "/tunnels/t/checksum", "no GRE" },
		{ ", \"sequence\": true", "", "/tunnels/t/sequence", "no GRE" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cfg_errors e;
		struct cfg *c = load(cases[i].tunnel, cases[i].policies, &e);

		if (c != NULL || e.n_errors != 1)
			printf("\n    case %zu: %u errors\n", i, e.n_errors);
		CU_ASSERT_PTR_NULL(c);
		CU_ASSERT_EQUAL_FATAL(e.n_errors, 1);
		CU_ASSERT_STRING_EQUAL(e.errors[0].path, cases[i].path);
		CU_ASSERT_PTR_NOT_NULL(strstr(e.errors[0].message, cases[i].text));
		cfg_free(c);
		cfg_errors_fini(&e);
	}
}

static void
overlaps_that_matter_are_warned_of(void)
{
	static const struct {
		const char *policies;
		unsigned int n;
	} cases[] = {
		/* The same networks, another action, the same priority. */
		{ PROTECT("a", "10.0.0.0/8", "11.0.0.0/8", "") ","
		  "\"b\": {\"destination\": \"11.1.0.0/16\", \"action\": \"discard\"}", 1 },
		/* Another priority. */
		{ PROTECT("a", "10.0.0.0/8", "11.0.0.0/8", "") ","
		  "\"b\": {\"destination\": \"11.1.0.0/16\", \"action\": \"discard\","
		  "        \"priority\": 101}", 0 },
		/* The same outcome. */
		{ PROTECT("a", "10.0.0.0/8", "11.0.0.0/8", "") ","
		  PROTECT("b", "10.0.0.0/8", "11.1.0.0/16", ""), 0 },
		/* Other sources, other protocols, other ports. */
		{ PROTECT("a", "10.0.0.0/8", "11.0.0.0/8", "") ","
		  "\"b\": {\"source\": \"12.0.0.0/8\", \"action\": \"discard\"}", 0 },
		/* IPv6: overlapping, and another family. */
		{ PROTECT("a", "::/0", "2001:db8::/32", "") ","
		  "\"b\": {\"source\": \"::/0\", \"destination\": \"2001:db8:1::/48\","
		  "        \"action\": \"discard\"}", 1 },
		{ PROTECT("a", "::/0", "2000::/3", "") ","
		  "\"b\": {\"destination\": \"32.0.0.0/8\", \"action\": \"discard\"}", 0 },
		{ PROTECT("a", "10.0.0.0/8", "11.0.0.0/8", ", \"protocol\": \"tcp\"") ","
		  "\"b\": {\"protocol\": \"udp\", \"action\": \"discard\"}", 0 },
		{ PROTECT("a", "10.0.0.0/8", "11.0.0.0/8",
				  ", \"protocol\": \"tcp\", \"destination-port\": \"80\"") ","
		  "\"b\": {\"protocol\": \"tcp\", \"destination-port\": \"81-90\","
		  "        \"action\": \"discard\"}", 0 },
		/* ICMP: another type, and one of its codes. */
		{ PROTECT("a", "10.0.0.0/8", "11.0.0.0/8",
				  ", \"protocol\": \"icmp\", \"icmp-type\": \"echo\"") ","
		  "\"b\": {\"protocol\": \"icmp\", \"icmp-type\": \"echo-reply\","
		  "        \"action\": \"discard\"}", 0 },
		{ PROTECT("a", "10.0.0.0/8", "11.0.0.0/8",
				  ", \"protocol\": \"icmp\", \"icmp-type\": \"3\"") ","
		  "\"b\": {\"protocol\": \"icmp\", \"icmp-type\": \"3/4\","
		  "        \"action\": \"discard\"}", 1 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cfg_errors e;
		struct cfg *c = load("", cases[i].policies, &e);
		unsigned int n = 0;

		CU_ASSERT_PTR_NOT_NULL(c);
		for (uint32_t k = 0; k < e.n_warnings; k++)
			n += strncmp(e.warnings[k].path, "/crypto/policies/", 17) == 0;
		CU_ASSERT_EQUAL(n, cases[i].n);
		cfg_free(c);
		cfg_errors_fini(&e);
	}
}

/* Far apart, so that nothing can be joined: 33 are one too many for IKE. */
static void
too_many_networks_are_refused(void)
{
	for (unsigned int n = CFG_SELECTORS_MAX; n <= CFG_SELECTORS_MAX + 1; n++) {
		char text[8192] = "";
		struct cfg_errors e;
		struct cfg *c;

		for (unsigned int i = 0; i < n; i++)
			snprintf(text + strlen(text), sizeof(text) - strlen(text),
					"%s\"p%u\": {\"destination\": \"10.%u.0.0/16\", "
					"\"action\": \"protect\", \"tunnel\": \"t\"}",
					i != 0 ? "," : "", i, 2 * i);
		c = load("", text, &e);
		CU_ASSERT_EQUAL(c != NULL, n == CFG_SELECTORS_MAX);
		if (c == NULL)
			CU_ASSERT_STRING_EQUAL(e.errors[0].path, "/tunnels/t");
		cfg_free(c);
		cfg_errors_fini(&e);
	}
}

static const struct cu_case cases[] = {
	CU_CASE(words_and_numbers),
	CU_CASE(icmp_types),
	CU_CASE(a_tunnels_selectors_are_joined),
	CU_CASE(each_policy_by_itself),
	CU_CASE(what_quick_mode_cannot_say),
	CU_CASE(several_between_the_same_ends),
	CU_CASE(icmp_types_become_selectors),
	CU_CASE(families_are_kept_apart),
	CU_CASE(mistakes_are_named),
	CU_CASE(overlaps_that_matter_are_warned_of),
	CU_CASE(too_many_networks_are_refused),
};

CU_MAIN("config_policy", cases)
