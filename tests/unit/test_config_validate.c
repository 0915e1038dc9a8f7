/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cross checks: each case is a good configuration with one change (RFC 7396 merge, so null removes)
 * and the one error or warning that must come of it; and ten thousand tunnels in good time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "controlplane/config/json.h"
#include "controlplane/config/model.h"
#include "cu.h"

/* clang-format off */
static const char good_doc[] =
	"{\"interfaces\": {\"wan\": {\"address\": [\"1.1.1.2/24\"]},"
	"                  \"lan\": {\"address\": [\"192.168.10.1/24\"]}},"
	" \"tunnels\": {\"t1\": {\"source\": \"1.1.1.2\", \"destination\": \"2.2.2.2\","
	"                        \"address\": \"10.255.1.1/30\", \"protection\": \"p\"},"
	"               \"t2\": {\"source\": \"1.1.1.2\", \"destination\": \"3.3.3.2\"}},"
	" \"routes\": [{\"prefix\": \"0.0.0.0/0\", \"via\": \"1.1.1.1\"},"
	"              {\"prefix\": \"192.168.21.0/24\", \"interface\": \"t1\"}],"
	" \"crypto\": {\"ikev2\": {\"proposals\": {\"default\": {}},"
	"  \"keyring\": {\"k\": {\"address\": \"2.2.2.2/32\","
	"                       \"pre-shared-key\": \"0123456789ab\"}},"
	"  \"profiles\": {\"default\": {}}},"
	"  \"ipsec\": {\"transform-sets\": {\"s\": {\"encryption\": \"aes-gcm-128\"}},"
	"   \"profiles\": {\"p\": {\"transform-sets\": [\"s\"]}}}}}";

/* clang-format on */

/* RFC 7396: what is in @patch replaces, null removes, objects are merged. */
static void
merge(json_t *doc, const json_t *patch)
{
	json_t *p = (json_t *)(uintptr_t)patch, *value, *old;
	const char *key;

	json_object_foreach (p, key, value) {
		old = json_object_get(doc, key);
		if (json_is_null(value))
			json_object_del(doc, key);
		else if (json_is_object(value) && json_is_object(old))
			merge(old, value);
		else
			json_object_set_new(doc, key, json_deep_copy(value));
	}
}

static struct cfg *
load(const char *patch, struct cfg_errors *e)
{
	json_t *doc = json_loads(good_doc, 0, NULL), *p = json_loads(patch, 0, NULL);
	struct cfg *c;

	CU_ASSERT_PTR_NOT_NULL_FATAL(doc);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	merge(doc, p);
	cfg_errors_init(e);
	c = cfg_from_json(doc, NULL, e);
	json_decref(doc);
	json_decref(p);
	return c;
}

static void
print_list(const char *what, const struct cfg_error *v, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		printf("  %s %s: %s\n", what, v[i].path, v[i].message);
}

static bool
only(const struct cfg_error *v, uint32_t n, const char *path, const char *text)
{
	return n == 1 && strcmp(v[0].path, path) == 0 && strstr(v[0].message, text) != NULL;
}

struct check {
	const char *patch, *path, *text;
};

static void
test_the_good_one_is_good(void)
{
	struct cfg_errors e;
	struct cfg *c = load("{}", &e);

	CU_ASSERT_PTR_NOT_NULL(c);
	print_list("error", e.errors, e.n_errors);
	print_list("warning", e.warnings, e.n_warnings);
	CU_ASSERT_EQUAL(e.n_errors + e.n_warnings, 0);
	cfg_free(c);
	cfg_errors_fini(&e);
}

/* clang-format off */
static const struct check errors[] = {
	/* Virtual routers, tracking */
	{ "{\"interfaces\": {\"lan\": {\"vrrp\": {\"10\": {}}}}}",
	  "/interfaces/lan/vrrp/10", "has no virtual address" },
	{ "{\"interfaces\": {\"lan\": {\"vrrp\": {\"10\": {\"address\": \"192.168.10.9\", "
	  "\"version\": \"2\", \"advertise-ms\": 100}}}}}",
	  "/interfaces/lan/vrrp/10/advertise-ms", "whole seconds" },
	{ "{\"interfaces\": {\"lan\": {\"vrrp\": {\"10\": {\"address\": \"192.168.10.9\", "
	  "\"priority\": 255}}}}}",
	  "/interfaces/lan/vrrp/10/priority", "not" },
	{ "{\"interfaces\": {\"lan\": {\"vrrp\": {\"10\": {\"address\": \"192.168.10.9\"}, "
	  "\"11\": {\"address\": \"192.168.10.9\"}}}}}",
	  "/interfaces/lan/vrrp/11/address", "another group" },
	{ "{\"interfaces\": {\"lan\": {\"vrrp\": {\"10\": {\"address\": \"192.168.10.9\", "
	  "\"secondary\": [{\"address\": \"192.168.10.8\"}]}, "
	  "\"11\": {\"address\": \"192.168.10.8\"}}}}}",
	  "/interfaces/lan/vrrp/11/address", "another group" },
	{ "{\"interfaces\": {\"lan\": {\"vrrp\": {\"10\": {\"address\": \"192.168.10.9\"}, "
	  "\"11\": {\"address\": \"192.168.10.7\", \"secondary\": [{\"address\": "
	  "\"192.168.10.9\"}]}}}}}",
	  "/interfaces/lan/vrrp/11/address", "another group" },
	{ "{\"interfaces\": {\"lan\": {\"vrrp\": {\"10\": {\"address\": \"192.168.10.9\", "
	  "\"secondary\": [{\"address\": \"192.168.10.9\"}]}}}}}",
	  "/interfaces/lan/vrrp/10/secondary/0", "is the first virtual address" },
	{ "{\"interfaces\": {\"lan\": {\"vrrp\": {\"10\": {\"address\": \"192.168.10.9\", "
	  "\"secondary\": [{\"address\": \"192.168.10.1\"}]}}}}}",
	  "/interfaces/lan/vrrp/10/secondary/0", "is the interface's own" },
	{ "{\"interfaces\": {\"lan\": {\"ipv6-address\": [\"2001:db8::2/64\"], \"vrrp\": {"
	  "\"10\": {\"ipv6-address\": \"2001:db8::1\", \"ipv6-secondary\": [{\"address\": \""
	  "fe80::1\"}]}}}}}",
	  "/interfaces/lan/vrrp/10/ipv6-secondary/0", "see ipv6-link-local" },
	{ "{\"interfaces\": {\"lan\": {\"ipv6-address\": [\"2001:db8::2/64\"], \"vrrp\": {"
	  "\"10\": {\"ipv6-address\": \"2001:db8::1\", \"ipv6-secondary\": [{\"address\": \""
	  "2001:db8::1\"}]}}}}}",
	  "/interfaces/lan/vrrp/10/ipv6-secondary/0", "is the first virtual address" },
	{ "{\"interfaces\": {\"lan\": {\"ipv6-address\": [\"2001:db8::2/64\"], \"vrrp\": {"
	  "\"10\": {\"ipv6-address\": \"2001:db8::1\", \"ipv6-secondary\": [{\"address\": \""
	  "2001:db8::2\"}]}}}}}",
	  "/interfaces/lan/vrrp/10/ipv6-secondary/0", "is the interface's own" },
	{ "{\"interfaces\": {\"lan\": {\"ipv6-address\": [\"2001:db8::2/64\"], \"vrrp\": {"
	  "\"10\": {\"address\": \"192.168.10.9\", \"ipv6-secondary\": [{\"address\": \"2001"
	  ":db8::1\"}]}}}}}",
	  "/interfaces/lan/vrrp/10/ipv6-secondary", "needs a first" },
	{ "{\"interfaces\": {\"lan\": {\"ipv6-address\": [\"2001:db8::2/64\"], \"vrrp\": {"
	  "\"10\": {\"ipv6-address\": \"2001:db8::2\"}}}}}",
	  "/interfaces/lan/vrrp/10/priority", "must be 255" },
	{ "{\"interfaces\": {\"lan\": {\"ipv6-address\": [\"2001:db8::2/64\"], \"vrrp\": {"
	  "\"10\": {\"ipv6-address\": \"2001:db8::1\", \"ipv6-secondary\": [{\"address\": \""
	  "2001:db8::7\"}]}, \"11\": {\"ipv6-address\": \"2001:db8::7\"}}}}}",
	  "/interfaces/lan/vrrp/11/ipv6-address", "that of another group" },
	{ "{\"interfaces\": {\"lan\": {\"ipv6-address\": [\"2001:db8::2/64\"], \"vrrp\": {"
	  "\"10\": {\"ipv6-address\": \"2001:db8::1\", \"unicast-peers\": [{\"address\": \"2"
	  "001:db8::3\"}, {\"address\": \"fe80::3\"}]}}}}}",
	  "/interfaces/lan/vrrp/10/unicast-peers/1", "all link-local, or none" },
	{ "{\"interfaces\": {\"lan\": {\"ipv6-address\": [\"2001:db8::2/64\"], \"vrrp\": {"
	  "\"10\": {\"ipv6-address\": \"2001:db8::1\", \"unicast-peers\": [{\"address\": \"1"
	  "92.168.10.3\"}]}}}}}",
	  "/interfaces/lan/vrrp/10/unicast-peers/0", "no virtual address of this family" },
	{ "{\"interfaces\": {\"lan\": {\"ipv6-address\": [\"2001:db8::2/64\"], \"vrrp\": {"
	  "\"10\": {\"ipv6-address\": \"2001:db8::1\", \"unicast-peers\": [{\"address\": \"2"
	  "001:db8::2\"}]}}}}}",
	  "/interfaces/lan/vrrp/10/unicast-peers/0", "is our own address" },
	{ "{\"interfaces\": {\"lan\": {\"ipv6-address\": [\"2001:db8::2/64\"], \"vrrp\": {"
	  "\"10\": {\"ipv6-address\": \"2001:db8::1\", \"permitted-peers\": [{\"address\": \"1"
	  "92.168.10.3\"}]}}}}}",
	  "/interfaces/lan/vrrp/10/permitted-peers/0", "no virtual address of this family" },
	{ "{\"interfaces\": {\"lan\": {\"address\": [\"10.0.0.2/24\"], \"vrrp\": {\"10\": {"
	  "\"address\": \"10.0.0.1\", \"permitted-peers\": [{\"address\": \"10.0.0.2\"}, "
	  "{\"address\": \"10.0.0.3\"}]}}}}}",
	  "/interfaces/lan/vrrp/10/permitted-peers/0", "is our own address" },
	{ "{\"interfaces\": {\"lan\": {\"router-advertisements\": {\"enabled\": true}}}}",
	  "/interfaces/lan/router-advertisements",
	  "has no IPv6 address" },
	{ "{\"interfaces\": {\"lan\": {\"ipv6-address\": [\"2001:db8::2/64\"], \"router-advertisements\": "
	  "{\"interval-seconds\": 10, \"interval-min-seconds\": 8}}}}",
	  "/interfaces/lan/router-advertisements/interval-min-seconds",
	  "three quarters" },
	{ "{\"interfaces\": {\"lan\": {\"ipv6-address\": [\"2001:db8::2/64\"], \"router-advertisements\": "
	  "{\"interval-seconds\": 10, \"lifetime-seconds\": 9}}}}",
	  "/interfaces/lan/router-advertisements/lifetime-seconds",
	  "is less than the interval" },
	{ "{\"interfaces\": {\"lan\": {\"ipv6-address\": [\"2001:db8::2/64\"], \"router-advertisements\": "
	  "{\"prefixes\": [{\"prefix\": \"2001:db8::/64\", \"valid-seconds\": 9}]}}}}",
	  "/interfaces/lan/router-advertisements/prefixes/0",
	  "preferred-seconds is more than valid-seconds" },
	{ "{\"interfaces\": {\"lan\": {\"vrrp\": {\"10\": {\"address\": \"192.168.10.9\", "
	  "\"authentication\": \"x\"}}}}}",
	  "/interfaces/lan/vrrp/10/authentication", "version 3 has none" },
	{ "{\"interfaces\": {\"lan\": {\"vrrp\": {\"10\": {\"address\": \"192.168.10.9\", "
	  "\"track\": [{\"object\": \"1\"}]}}}}}",
	  "/interfaces/lan/vrrp/10/track/0", "no such" },
	{ "{\"tracks\": {\"1\": {}}}",
	  "/tracks/1", "says not what" },
	{ "{\"tracks\": {\"1\": {\"interface\": \"lan\", \"sla\": \"x\"}}, \"slas\": {"
	  "\"x\": {\"icmp-echo\": \"1.1.1.1\"}}}",
	  "/tracks/1", "more than one" },
	{ "{\"tracks\": {\"1\": {\"ipv6-route\": \"2001:db8::/32\", \"metric-up\": 9}}}",
	  "/tracks/1/metric-up", "go together" },
	{ "{\"tracks\": {\"1\": {\"route\": \"10.0.0.0/8\", \"metric-up\": 9, \"metric-down\": 9}}}",
	  "/tracks/1/metric-down", "is not above" },
	{ "{\"tracks\": {\"1\": {\"route\": \"10.0.0.0/8\", \"ipv6-route\": \"::/0\"}}}",
	  "/tracks/1", "more than one" },
	{ "{\"slas\": {\"1\": {\"icmp-echo\": \"2001:db8::1\", \"source-address\": \"1.1.1.2\"}}}",
	  "/slas/1/source-address", "is not of the target" },
	{ "{\"slas\": {\"1\": {\"icmp-echo\": \"fe80::1\"}}}",
	  "/slas/1/interface", "the interface it is on" },
	{ "{\"tracks\": {\"2\": {\"boolean\": \"and\", \"objects\": [{\"object\": "
	  "\"2\"}]}}}",
	  "/tracks/2/objects", "contains itself" },
	{ "{\"slas\": {\"1\": {\"icmp-echo\": \"1.1.1.1\", \"next-hop\": \"1.1.1.2\"}}}",
	  "/slas/1/next-hop", "needs an interface" },
	{ "{\"tracks\": {\"1\": {\"vrrp\": \"lan/10\"}}}",
	  "/tracks/1/vrrp", "no virtual router lan/10" },
	{ "{\"tracks\": {\"role\": {\"vrrp\": \"lan/10\"}, \"l\": {\"boolean\": \"or\", \"objects\": ["
	  "{\"object\": \"role\"}]}}, \"interfaces\": {\"lan\": {\"vrrp\": {\"10\": {\"address\": "
	  "\"192.168.10.9\", \"track\": [{\"object\": \"l\"}]}}}}}",
	  "/interfaces/lan/vrrp/10/track/0", "this very group" },
	{ "{\"interfaces\": {\"lan\": {\"dampening-reuse\": 2000}}}",
	  "/interfaces/lan/dampening-reuse", "is not less than dampening-suppress" },
	{ "{\"interfaces\": {\"lan\": {\"ospf\": {\"track\": [{\"object\": \"1\", \"cost\": 9}]}}}}",
	  "/interfaces/lan/ospf/track/0/object", "no tracked object \"1\"" },
	{ "{\"router\": {\"ospf\": {\"1\": {\"default-information\": [{\"track\": \"1\"}]}}}}",
	  "/router/ospf/1/default-information/0/track", "no tracked object \"1\"" },
	{ "{\"router\": {\"ospf\": {\"1\": {\"areas\": {\"0\": {\"virtual-links\": ["
	  "{\"router-id\": \"10.0.0.1\"}]}}}}}}",
	  "/router/ospf/1/areas/0/virtual-links/0", "through a normal area, not the backbone" },
	{ "{\"router\": {\"ospf\": {\"1\": {\"areas\": {\"1\": {\"type\": \"stub\","
	  "\"virtual-links\": [{\"router-id\": \"10.0.0.1\"}]}}}}}}",
	  "/router/ospf/1/areas/1/virtual-links/0", "not a stub area or an NSSA" },
	{ "{\"router\": {\"ospf\": {\"1\": {\"areas\": {\"1\": {\"virtual-links\": ["
	  "{\"router-id\": \"10.0.0.999\"}]}}}}}}",
	  "/router/ospf/1/areas/1/virtual-links/0", "10.0.0.999 is no router ID" },
	{ "{\"router\": {\"ospf\": {\"1\": {\"areas\": {\"1\": {\"virtual-links\": ["
	  "{\"router-id\": \"10.0.0.1\", \"dead-seconds\": 10}]}}}}}}",
	  "/router/ospf/1/areas/1/virtual-links/0", "a dead interval of 10 s" },
	{ "{\"router\": {\"ospf\": {\"1\": {\"areas\": {\"1\": {\"virtual-links\": ["
	  "{\"router-id\": \"10.0.0.1\", \"key-chain\": \"k\"}]}}}}}}",
	  "/router/ospf/1/areas/1/virtual-links/0", "no key chain \"k\"" },
	{ "{\"key-chains\": {\"k\": {\"keys\": {\"1\": {\"secret\": \"s\"}}}}, \"router\": "
	  "{\"ospf\": {\"1\": {\"areas\": {\"1\": {\"virtual-links\": [{\"router-id\": \"10.0.0.1\", "
	  "\"key-chain\": \"k\", \"authentication-key\": \"p\"}]}}}}}}",
	  "/router/ospf/1/areas/1/virtual-links/0", "a key chain and a password" },
	{ "{\"router\": {\"ospf\": {\"1\": {\"areas\": {\"1\": {\"nssa-ranges\": ["
	  "{\"prefix\": \"10.0.0.0/8\"}]}}}}}}",
	  "/router/ospf/1/areas/1", "nssa-ranges are for NSSAs" },
	{ "{\"router\": {\"ospf\": {\"1\": {\"passive-interfaces\": ["
	  "{\"interface\": \"default\"}]}}}}",
	  "/router/ospf/1/passive-interfaces/0/interface", "no interface or tunnel \"default\"" },
	{ "{\"routes\": [{\"prefix\": \"0.0.0.0/0\", \"via\": \"1.1.1.1\", \"track\": \"9\"}]}",
	  "/routes/0/track", "no tracked object \"9\"" },
	{ "{\"crypto\": {\"ikev2\": {\"profiles\": {\"default\": {\"trustpoint\": \"x\"}}}}}",
	  "/crypto/ikev2/profiles/default/trustpoint", "no such trustpoint" },
	{ "{\"slas\": {\"1\": {\"icmp-echo\": \"1.1.1.1\", \"tcp-connect\": \"1.1.1.1\", \"port\": "
	  "80}}}",
	  "/slas/1", "exactly one" },
	{ "{\"slas\": {\"1\": {\"tcp-connect\": \"1.1.1.1\"}}}", "/slas/1/port", "needs a port" },
	/* Loopback interfaces */
	{ "{\"interfaces\": {\"loopback0\": {\"address\": [\"172.20.2.1/24\"]}}}",
	  "/interfaces/loopback0/address", "is a /32" },
	{ "{\"interfaces\": {\"loopback0\": {\"port\": \"eth7\"}}}", "/interfaces/loopback0/port",
		"no port" },
	{ "{\"interfaces\": {\"Loopback12\": {\"vlan\": 5}}}", "/interfaces/Loopback12/vlan",
		"no VLAN" },
	{ "{\"interfaces\": {\"loopback0\": {\"ipv6-address\": [\"2001:db8::1/128\"]}}}",
	  "/interfaces/loopback0/ipv6-address", "IPv4 addresses only" },
	/* Sources */
	{ "{\"tunnels\": {\"t1\": {\"mode\": \"ipsec\", \"source\": \"1.1.1.2\","
	  " \"destination\": \"2.2.2.2\", \"verify-source\": \"rx\"}}}",
	  "/tunnels/t1/verify-source", "its policies say" },
	{ "{\"tunnels\": {\"m\": {\"mode\": \"gre-multipoint\", \"source\": \"1.1.1.2\","
	  " \"key\": 5, \"address\": \"10.9.0.1/24\", \"ipv6-verify-source\": \"any\"}}}",
	  "/tunnels/m/ipv6-verify-source", "to one far end" },
	{ "{\"interfaces\": {\"lan\": {\"verify-source\": \"both\"}}}",
	  "/interfaces/lan/verify-source", "\"both\" is not known" },
	/* Multipoint tunnels */
	{ "{\"tunnels\": {\"m\": {\"mode\": \"gre-multipoint\", \"source\": \"1.1.1.2\","
	  " \"key\": 5, \"address\": \"10.9.0.1/24\", \"destination\": \"9.9.9.9\"}}}",
	  "/tunnels/m/destination", "a multipoint tunnel has none" },
	{ "{\"tunnels\": {\"m\": {\"mode\": \"gre-multipoint\", \"source\": \"1.1.1.2\","
	  " \"key\": 5, \"address\": \"10.9.0.1/24\"}}"
	  ", \"nhrp-maps\": [{\"tunnel\": \"t1\", \"address\": \"10.9.0.2\", "
	  "\"nbma\": \"9.9.9.9\"}]}",
	  "/nhrp-maps", "10.9.0.2 of t1: t1 is no tunnel of mode gre-multipoint" },
	{ "{\"tunnels\": {\"m\": {\"mode\": \"gre-multipoint\", \"source\": \"1.1.1.2\","
	  " \"key\": 5, \"address\": \"10.9.0.1/24\"}}"
	  ", \"nhrp-maps\": [{\"tunnel\": \"m\", \"address\": \"10.8.0.2\", "
	  "\"nbma\": \"9.9.9.9\"}]}",
	  "/nhrp-maps", "10.8.0.2 of m: is not in the tunnel's subnet" },
	{ "{\"tunnels\": {\"m\": {\"mode\": \"gre-multipoint\", \"source\": \"1.1.1.2\","
	  " \"key\": 5, \"address\": \"10.9.0.1/24\"}}"
	  ", \"nhrp-maps\": [{\"tunnel\": \"m\", \"address\": \"10.9.0.1\", "
	  "\"nbma\": \"9.9.9.9\"}]}",
	  "/nhrp-maps", "10.9.0.1 of m: is one of our own addresses" },
	{ "{\"tunnels\": {\"m\": {\"mode\": \"gre-multipoint\", \"source\": \"1.1.1.2\","
	  " \"key\": 5, \"address\": \"10.9.0.1/24\"}}"
	  ", \"nhrp-maps\": [{\"tunnel\": \"m\", \"address\": \"10.9.0.2\", "
	  "\"nbma\": \"1.1.1.2\"}]}",
	  "/nhrp-maps", "nbma 1.1.1.2 is one of our own addresses" },
	{ "{\"tunnels\": {\"m\": {\"mode\": \"gre-multipoint\", \"source\": \"1.1.1.2\","
	  " \"key\": 5, \"address\": \"10.9.0.1/24\"}}"
	  ", \"nhrp-maps\": [{\"tunnel\": \"m\", \"address\": \"10.9.0.2\", \"nbma\": \"9.9.9.9\"},"
	  "{\"tunnel\": \"m\", \"address\": \"10.9.0.3\", \"nbma\": \"9.9.9.9\"}]}",
	  "/nhrp-maps", "m has this far end already" },
	{ "{\"tunnels\": {\"m\": {\"mode\": \"gre-multipoint\", \"source\": \"1.1.1.2\","
	  " \"key\": 5, \"address\": \"10.9.0.1/24\", \"protection\": \"p\"}}"
	  ", \"nhrp-maps\": [{\"tunnel\": \"m\", \"address\": \"10.9.0.2\", "
	  "\"nbma\": \"9.9.9.9\"}]}",
	  "/nhrp-maps", "no entry of /crypto/ikev2/keyring has a key for 9.9.9.9" },
	{ "{\"tunnels\": {\"m\": {\"mode\": \"gre-multipoint\", \"source\": \"1.1.1.2\","
	  " \"key\": 5, \"address\": \"10.9.0.1/24\"}, \"m2\": {\"mode\": \"gre-multipoint\","
	  " \"source\": \"1.1.1.2\", \"key\": 5, \"address\": \"10.7.0.1/24\"}}}",
	  "/tunnels/m2/key", "m is a multipoint tunnel with the same source and key" },
	/* groups, names, secrets */
	{ "{\"tunnels\": {\"t1\": {\"group\": 2, \"address\": null}}, \"routes\": ["
	  "{\"prefix\": \"0.0.0.0/0\", \"via\": \"1.1.1.1\"}]}", "/tunnels/t1/group",
	  "leave the destination out" },
	{ "{\"tunnels\": {\"m\": {\"source\": \"1.1.1.2\", \"group\": 2, \"protection\": \"p\","
	  "\"peer-identity\": \"*.example.net\"}}, \"crypto\": {\"ikev2\": {\"keyring\": {\"g\": {"
	  "\"identity\": \"*.example.net\", \"pre-shared-key\": \"0123456789ab\"}}}},"
	  "\"routes\": [{\"prefix\": \"0.0.0.0/0\", \"via\": \"1.1.1.1\"},"
	  "{\"prefix\": \"9.0.0.0/8\", \"interface\": \"m\"}]}", "/tunnels/m/group",
	  "a route leads into it" },
	{ "{\"tunnels\": {\"t1\": {\"group\": 2, \"destination\": null, \"address\": null,"
	  "\"peer-identity\": \"2.2.2.2\"}}, \"routes\": []}", "/tunnels/t1/peer-identity",
	  "wildcards" },
	{ "{\"tunnels\": {\"t1\": {\"group\": 2, \"destination\": null, \"address\": null}},"
	  "\"crypto\": {\"ikev2\": {\"profiles\": {\"default\": {\"match-identity\": ["
	  "\"a.example\", \"b.example\"]}}}}, \"routes\": []}", "/tunnels/t1/peer-identity",
	  "wildcards" },
	{ "{\"tunnels\": {\"m\": {\"source\": \"1.1.1.2\", \"group\": 2, \"protection\": \"p\","
	  "\"peer-identity\": \"2.0.0.0/8\"}}}", "/tunnels/m/protection",
	  "has a key for identity 2.0.0.0/8" },
	{ "{\"crypto\": {\"ikev2\": {\"keyring\": {\"n\": {\"identity\": \"2.0.0.0/8\","
	  "\"pre-shared-key\": \"0123456789ab\"}}}}}", "/crypto/ikev2/keyring/n/identity",
	  "a network is the entry's address" },
	{ "{\"crypto\": {\"ikev2\": {\"profiles\": {\"default\": {\"version\": \"ikev1\"}},"
	  "\"keyring\": {\"k\": {\"pre-shared-key-local\": \"0123456789ab\"}}}}}",
	  "/tunnels/t1/protection", "one key for both directions" },
	{ "{\"crypto\": {\"ikev2\": {\"profiles\": {\"default\": {\"local-identity\":"
	  "\"2.0.0.0/8\"}}}}}", "/crypto/ikev2/profiles/default/local-identity", "no network" },
	{ "{\"tunnels\": {\"t2\": {\"destination-name\": \"hub.example.com\"}}}",
	  "/tunnels/t2/destination-name", "either" },
	{ "{\"tunnels\": {\"t1\": {\"destination\": null, \"destination-name\": \"2.2.2.2 9.9.9.9\"}},"
	  "\"routes\": [{\"prefix\": \"0.0.0.0/0\", \"via\": \"1.1.1.1\"}]}",
	  "/tunnels/t1/protection", "has a key for 9.9.9.9" },
	{ "{\"tunnels\": {\"t2\": {\"destination\": null, \"destination-name\": \"3.3.3.2 9.9.9.9\"}},"
	  "\"routes\": [{\"prefix\": \"0.0.0.0/0\", \"via\": \"1.1.1.1\"}]}",
	  "/tunnels/t2/destination-name", "need protection" },
	{ "{\"tunnels\": {\"t1\": {\"ipsec-secret\": \"0123456789abc\"}}}",
	  "/tunnels/t1/ipsec-secret", "in the keyring" },
	/* liveness that makes no sense */
	{ "{\"crypto\": {\"ikev2\": {\"profiles\": {\"default\": {\"dpd\": 0,"
	  "\"dpd-mode\": \"on-demand\"}}}}}", "/crypto/ikev2/profiles/default/dpd",
	  "needs an interval" },
	{ "{\"crypto\": {\"ikev2\": {\"profiles\": {\"default\": {\"dpd\": 5,"
	  "\"dpd-retry\": 6}}}}}", "/crypto/ikev2/profiles/default/dpd-retry",
	  "longer than the interval" },
	{ "{\"crypto\": {\"ikev2\": {\"profiles\": {\"default\": {\"dpd\": 60,"
	  "\"lifetime-seconds\": 60}}}}}", "/crypto/ikev2/profiles/default/dpd",
	  "known after 75 s" },
	/* IPv6 */
	{ "{\"interfaces\": {\"lan\": {\"mtu\": 1279, \"ipv6-address\": [\"2001:db8::1/64\"]}}}",
	  "/interfaces/lan/mtu", "1279 is less than the 1280 that IPv6 needs" },
	{ "{\"interfaces\": {\"lan\": {\"ipv6-address\": [\"2001:db8::1/64\"]}},"
	  " \"tunnels\": {\"t2\": {\"ipv6-address\": \"2001:db8::2/64\"}}}",
	  "/tunnels/t2/ipv6-address", "2001:db8::2/64 overlaps with 2001:db8::1/64 of lan" },
	{ "{\"interfaces\": {\"lan\": {\"ipv6-address\": [\"fe80::1/64\"]}}}",
	  "/interfaces/lan/ipv6-address/0",
	  "fe80::1/64 is link-local: such an address is made of the MAC address" },
	{ "{\"interfaces\": {\"lan\": {\"ipv6-address\": [\"2001:db8::/64\"]}}}",
	  "/interfaces/lan/ipv6-address/0",
	  "2001:db8::/64 is the subnet's anycast address of all routers" },
	{ "{\"routes6\": [{\"prefix\": \"2001:db8::1/64\", \"interface\": \"t1\"}]}",
	  "/routes6/0/prefix", "2001:db8::1/64 has host bits; did you mean 2001:db8::/64?" },
	{ "{\"routes6\": [{\"prefix\": \"::/0\", \"null\": true, \"track\": \"9\"}]}", "/routes6",
	  "::/0: there is no tracked object \"9\"" },
	{ "{\"routes6\": [{\"prefix\": \"2001:db8::/64\"}]}", "/routes6",
	  "2001:db8::/64: leads nowhere: give via, interface or null" },
	{ "{\"routes6\": [{\"prefix\": \"::/0\", \"via\": \"fe80::1\"}]}", "/routes6",
	  "::/0: fe80::1 is link-local: say on which interface" },
	{ "{\"routes6\": [{\"prefix\": \"::/0\", \"via\": \"fe80::1\", \"interface\": \"lan\"}]}",
	  "/routes6", "::/0: fe80::1 is on no prefix of interface lan" },
	{ "{\"routes6\": [{\"prefix\": \"::/0\", \"interface\": \"lan\"}]}", "/routes6",
	  "::/0: a route out of interface lan needs a next hop" },
	{ "{\"tunnels\": {\"t1\": {\"mode\": \"ipsec\"}},"
	  " \"routes6\": [{\"prefix\": \"::/0\", \"interface\": \"t1\"}]}", "/routes6",
	  "::/0: tunnel t1 is of mode ipsec, which carries IPv4 only" },
	{ "{\"interfaces\": {\"lan\": {\"ipv6-address\": [\"2001:db8::1/64\"]}},"
	  " \"routes6\": [{\"prefix\": \"::/0\", \"via\": \"2001:db8::1\"}]}", "/routes6",
	  "::/0: 2001:db8::1 is our own address, on lan" },
	/* interfaces */
	{ "{\"interfaces\": {\"x\": {\"address\": [\"192.168.10.1/24\"]}}}",
	  "/interfaces/x/address/0", "is the same address as 192.168.10.1/24 of interface lan" },
	{ "{\"interfaces\": {\"x\": {\"address\": [\"9.9.9.1/24\", \"192.168.10.130/25\"]}}}",
	  "/interfaces/x/address/1", "overlaps with 192.168.10.1/24 of interface lan" },
	{ "{\"interfaces\": {\"x\": {\"address\": [\"192.168.0.1/16\"]}}}",
	  "/interfaces/lan/address/0", "overlaps with 192.168.0.1/16 of interface x" },
	{ "{\"tunnels\": {\"t2\": {\"address\": \"1.1.1.9/30\"}}}", "/tunnels/t2/address",
	  "overlaps with 1.1.1.2/24 of interface wan" },
	{ "{\"tunnels\": {\"t2\": {\"address\": \"10.255.1.2/30\"}}}", "/tunnels/t2/address",
	  "overlaps with 10.255.1.1/30 of tunnel t1" },
	{ "{\"interfaces\": {\"x\": {\"port\": \"wan\"}}}", "/interfaces/x/port",
	  "belongs to interface wan already" },
	{ "{\"interfaces\": {\"x\": {\"port\": \"wan\", \"vlan\": 5}, \"y\": {\"port\": \"wan\","
	  "\"vlan\": 5}}}", "/interfaces/y/vlan", "VLAN 5 of port wan belongs to interface x" },
	{ "{\"interfaces\": {\"t2\": {}}}", "/tunnels/t2", "same name" },
	/* tunnels */
	{ "{\"tunnels\": {\"t2\": {\"source\": \"1.1.1.3\"}}}", "/tunnels/t2/source",
	  "not an address of any interface" },
	{ "{\"tunnels\": {\"t2\": {\"source\": \"10.255.1.1\"}}}", "/tunnels/t2/source",
	  "inside tunnel t1" },
	{ "{\"tunnels\": {\"t2\": {\"destination\": \"192.168.10.1\"}}}",
	  "/tunnels/t2/destination", "our own" },
	{ "{\"tunnels\": {\"t3\": {\"source\": \"1.1.1.2\", \"destination\": \"3.3.3.2\"}}}",
	  "/tunnels/t3/destination", "give each its own key" },
	{ "{\"tunnels\": {\"t3\": {\"source\": \"1.1.1.2\", \"destination\": \"3.3.3.2\","
	  "\"key\": 1}}}", "/tunnels/t2/key", "apart from tunnel t3" },
	{ "{\"tunnels\": {\"t2\": {\"key\": 1}, \"t3\": {\"source\": \"1.1.1.2\","
	  "\"destination\": \"3.3.3.2\", \"key\": 1}}}", "/tunnels/t3/key",
	  "same source, destination and key as tunnel t2" },
	{ "{\"tunnels\": {\"t1\": {\"key\": 1}, \"t3\": {\"source\": \"1.1.1.2\","
	  "\"destination\": \"2.2.2.2\", \"key\": 2, \"protection\": \"p\"}}}",
	  "/tunnels/t3/protection", "tunnel t1 is protected between the same" },
	{ "{\"tunnels\": {\"t2\": {\"protection\": \"p\"}}}", "/tunnels/t2/protection",
	  "has a key for 3.3.3.2" },
	/* far ends that are learned, and several peers at one address */
	{ "{\"tunnels\": {\"t2\": {\"destination\": null}}}", "/tunnels/t2/destination",
	  "only a protected tunnel can learn" },
	{ "{\"tunnels\": {\"t1\": {\"destination\": null}}}", "/tunnels/t1/peer-identity",
	  "who is the far end" },
	{ "{\"tunnels\": {\"t1\": {\"destination\": null, \"peer-identity\": \"b.example\"}}}",
	  "/tunnels/t1/protection", "has a key for identity b.example" },
	{ "{\"tunnels\": {\"t1\": {\"destination\": null, \"peer-identity\": \"b.example\"},"
	  "\"t3\": {\"source\": \"1.1.1.2\", \"peer-identity\": \"B.Example\","
	  "\"protection\": \"p\"}}, \"crypto\": {\"ikev2\": {\"keyring\": {\"b\": {\"identity\":"
	  "\"b.example\", \"pre-shared-key\": \"0123456789ab\"}}}}}",
	  "/tunnels/t3/peer-identity", "tunnel t1 has this peer already" },
	{ "{\"crypto\": {\"ikev2\": {\"keyring\": {\"l\": {\"pre-shared-key\":"
	  "\"0123456789ab\"}}}}}", "/crypto/ikev2/keyring/l/address", "give one" },
	{ "{\"tunnels\": {\"t1\": {\"protection\": \"q\"}}}", "/tunnels/t1/protection",
	  "no IPsec profile \"q\"" },
	{ "{\"tunnels\": {\"t1\": {\"address\": \"2.2.2.1/30\"}}}", "/tunnels/t1/destination",
	  "through the tunnel itself (its own subnet 2.2.2.1/30)" },
	{ "{\"routes\": [{\"prefix\": \"1.0.0.0/8\", \"via\": \"1.1.1.1\"},"
	  "{\"prefix\": \"2.0.0.0/8\", \"interface\": \"t1\"}]}", "/tunnels/t1/destination",
	  "through the tunnel itself (route 2.0.0.0/8)" },
	{ "{\"routes\": [{\"prefix\": \"1.0.0.0/8\", \"via\": \"1.1.1.1\"},"
	  "{\"prefix\": \"2.0.0.0/8\", \"via\": \"10.255.1.2\"}]}", "/tunnels/t1/destination",
	  "through the tunnel itself" },
	{ "{\"tunnels\": {\"t1\": {\"destination-next-hop\": \"9.9.9.9\"}}}",
	  "/tunnels/t1/destination-next-hop", "on no subnet of an interface" },
	/* routes; they are named by their place in the document, not by their order */
	{ "{\"routes\": [{\"prefix\": \"9.0.0.0/8\", \"interface\": \"t1\"},"
	  "{\"prefix\": \"0.0.0.0/0\", \"via\": \"1.1.1.1\"}, {\"prefix\": \"8.0.0.0/8\"}]}",
	  "/routes/2", "leads nowhere" },
	{ "{\"routes\": [{\"prefix\": \"9.0.0.0/8\", \"interface\": \"nope\"},"
	  "{\"prefix\": \"0.0.0.0/0\", \"via\": \"1.1.1.1\"}]}", "/routes/0/interface",
	  "called \"nope\"" },
	{ "{\"routes\": [{\"prefix\": \"9.0.0.0/8\", \"interface\": \"lan\"},"
	  "{\"prefix\": \"0.0.0.0/0\", \"via\": \"1.1.1.1\"}]}", "/routes/0/via",
	  "needs a next hop" },
	{ "{\"routes\": [{\"prefix\": \"9.0.0.0/8\", \"interface\": \"lan\", \"via\": \"1.1.1.1\"},"
	  "{\"prefix\": \"0.0.0.0/0\", \"via\": \"1.1.1.1\"}]}", "/routes/0/via",
	  "on no subnet of interface lan" },
	{ "{\"routes\": [{\"prefix\": \"9.0.0.0/8\", \"null\": true, \"via\": \"1.1.1.1\"},"
	  "{\"prefix\": \"0.0.0.0/0\", \"via\": \"1.1.1.1\"}]}", "/routes/0/null", "neither" },
	{ "{\"routes\": [{\"prefix\": \"9.0.0.0/8\", \"via\": \"192.168.10.1\"},"
	  "{\"prefix\": \"0.0.0.0/0\", \"via\": \"1.1.1.1\"}]}", "/routes/0/via", "our own" },
	/* crypto */
	{ "{\"crypto\": {\"ikev2\": {\"proposals\": {\"x\": {\"encryption\": [\"aes-gcm-128\","
	  "\"aes-cbc-128\"]}}}}}", "/crypto/ikev2/proposals/x/encryption", "make two" },
	{ "{\"crypto\": {\"ikev2\": {\"proposals\": {\"x\": {\"encryption\": [\"aes-gcm-128\"],"
	  "\"integrity\": [\"sha256\"]}}}}}", "/crypto/ikev2/proposals/x/integrity", "use prf" },
	{ "{\"crypto\": {\"ikev2\": {\"profiles\": {\"default\": {\"proposals\": [\"default\","
	  "\"y\"]}}}}}", "/crypto/ikev2/profiles/default/proposals/1", "no proposal \"y\"" },
	{ "{\"crypto\": {\"ikev2\": {\"proposals\": null}}}",
	  "/crypto/ikev2/profiles/default/proposals/0", "no proposal \"default\"" },
	{ "{\"crypto\": {\"ikev2\": {\"keyring\": {\"l\": {\"address\": \"2.2.2.2/32\","
	  "\"pre-shared-key\": \"0123456789ab\"}}}}}", "/crypto/ikev2/keyring/l/address",
	  "has a key already, k" },
	{ "{\"crypto\": {\"ikev2\": {\"keyring\": null}}}", "/tunnels/t1/protection",
	  "has a key for 2.2.2.2" },
	{ "{\"crypto\": {\"ikev2\": {\"keyring\": {\"k\": {\"pre-shared-key\": null,"
	  "\"ppk\": \"0123456789012345678901234567890123\", \"ppk-identity\": \"p\"}}}}}",
	  "/tunnels/t1/protection",
	  "its entry of /crypto/ikev2/keyring, \"k\", has a ppk, but no" },
	{ "{\"crypto\": {\"ipsec\": {\"profiles\": {\"p\": {\"ikev2-profile\": \"z\"}}}}}",
	  "/crypto/ipsec/profiles/p/ikev2-profile", "no IKEv2 profile \"z\"" },
	{ "{\"crypto\": {\"ipsec\": {\"profiles\": {\"p\": {\"transform-sets\": [\"z\"]}}}}}",
	  "/crypto/ipsec/profiles/p/transform-sets/0", "no transform set \"z\"" },
	{ "{\"crypto\": {\"ikev2\": {\"profiles\": {\"default\": {\"version\": \"ikev1\"}}}, "
	  "\"ipsec\":{\"transform-sets\": {\"s\": {\"encryption\": \"chacha20-poly1305\"}}}}}",
	  "/crypto/ipsec/profiles/p/transform-sets", "none of them can be used with IKEv1" },
	{ "{\"crypto\": {\"ipsec\": {\"transform-sets\": {\"s\": {\"integrity\": \"sha256\"}}}}}",
	  "/crypto/ipsec/transform-sets/s/integrity", "leave it out" },
	{ "{\"crypto\": {\"ipsec\": {\"transform-sets\": {\"s\": {\"encryption\": \"aes-cbc-128\"}"
	  "}}}}", "/crypto/ipsec/transform-sets/s/integrity", "without integrity" },
	/* What follows from an error of reading is not said again. */
	{ "{\"interfaces\": {\"wan\": {\"address\": [\"1.1.1.299/24\"]}}}",
	  "/interfaces/wan/address/0", "not an address" },
	{ "{\"crypto\": {\"ikev2\": {\"keyring\": {\"k\": {\"address\": \"2.2.2.2\"}}}}}",
	  "/crypto/ikev2/keyring/k/address", "not an IPv4 prefix" },
	{ "{\"crypto\": {\"ipsec\": {\"transform-sets\": {\"s\": {\"encryption\": \"aes\"}}}}}",
	  "/crypto/ipsec/transform-sets/s/encryption", "\"aes\" is not known" },
};

static const struct check warnings[] = {
	{ "{\"router\": {\"ospf\": {\"1\": {\"redistribute\": ["
	  "{\"source\": \"static\", \"prefix-list\": \"l\"}]}}}}",
	  "/router/ospf/1/redistribute/0/prefix-list", "no prefix list \"l\"" },
	{ "{\"router\": {\"ospf\": {\"1\": {\"distribute-list-in\": \"l\"}}}}",
	  "/router/ospf/1/distribute-list-in", "no prefix list \"l\"" },
	{ "{\"router\": {\"ospf\": {\"1\": {\"areas\": {\"1\": {\"filter-list-in\": \"l\"}}}}}}",
	  "/router/ospf/1/areas/1/filter-list-in", "no prefix list \"l\"" },
	{ "{\"router\": {\"ospf\": {\"1\": {\"areas\": {\"1\": {\"filter-list-out\": \"l\"}}}}}}",
	  "/router/ospf/1/areas/1/filter-list-out", "no prefix list \"l\"" },
	/* algorithms for old peers */
	{ "{\"crypto\": {\"ikev2\": {\"proposals\": {\"w\": {\"encryption\": [\"3des\"]}}}}}",
	  "/crypto/ikev2/proposals/w/encryption", "3des is weak" },
	{ "{\"crypto\": {\"ikev2\": {\"proposals\": {\"w\": {\"integrity\": [\"sha1\"]}}}}}",
	  "/crypto/ikev2/proposals/w/integrity", "sha1 is weak" },
	{ "{\"crypto\": {\"ikev2\": {\"proposals\": {\"w\": {\"group\": [14, 2]}}}}}",
	  "/crypto/ikev2/proposals/w/group", "group 2 is weak" },
	{ "{\"crypto\": {\"ipsec\": {\"profiles\": {\"p\": {\"pfs\": [5]}}}}}",
	  "/crypto/ipsec/profiles/p/pfs", "group 5 is weak" },
	{ "{\"crypto\": {\"ipsec\": {\"transform-sets\": {\"w\": {\"encryption\": \"null\","
	  "\"integrity\": \"sha256\"}}}}}", "/crypto/ipsec/transform-sets/w/encryption",
	  "not encrypted" },
	{ "{\"crypto\": {\"ipsec\": {\"transform-sets\": {\"w\": {\"encryption\":"
	  "\"aes-gmac-256\"}}}}}", "/crypto/ipsec/transform-sets/w/encryption", "not encrypted" },
	{ "{\"interfaces\": {\"wan.7\": {\"vlan\": 7}}}", "/interfaces/wan.7/port",
	  "port called wan.7" },
	{ "{\"crypto\": {\"ikev2\": {\"keyring\": {\"k\": {"
	  "\"pre-shared-key\": \"0123456789a\"}}}}}",
	  "/crypto/ikev2/keyring/k/pre-shared-key", "can be guessed" },
	/* GRE: 1500 - 20 - 4. What ESP leaves is in test_mtu. */
	{ "{\"tunnels\": {\"t2\": {\"mtu\": 1477}}}", "/tunnels/t2/mtu", "1476 would fit" },
	{ "{\"tunnels\": {\"t2\": {\"mtu\": 1473, \"key\": 1}}}", "/tunnels/t2/mtu",
	  "1472 would fit" },
	{ "{\"tunnels\": {\"t1\": {\"mtu\": 1443}}}", "/tunnels/t1/mtu", "1442 would fit" },
	{ "{\"tunnels\": {\"t1\": {\"mtu\": 1435}}, \"crypto\": {\"ipsec\": {"
	  "\"transform-sets\": {\"cbc\": {\"encryption\": \"aes-cbc-128\", \"integrity\": "
	  "\"sha256\"}},"
	  "\"profiles\": {\"p\": {\"transform-sets\": [\"s\", \"cbc\"]}}}}}", "/tunnels/t1/mtu",
	  "1434 would fit" },
	{ "{\"tunnels\": {\"t2\": {\"clamp-tcp-mss\": false, \"tcp-mss\": 1300}}}",
	  "/tunnels/t2/tcp-mss", "no effect" },
	{ "{\"interfaces\": {\"x\": {\"enabled\": false, \"address\": [\"4.4.4.2/24\"]}},"
	  "\"tunnels\": {\"t2\": {\"source\": \"4.4.4.2\"}}}", "/tunnels/t2/source",
	  "interface x is shut down" },
	{ "{\"tunnels\": {\"t1\": {\"key\": 1}, \"t3\": {\"source\": \"1.1.1.2\","
	  "\"destination\": \"2.2.2.2\", \"key\": 2}}}", "/tunnels/t3/protection",
	  "only one is protected" },
	{ "{\"routes\": [{\"prefix\": \"2.2.2.0/24\", \"via\": \"1.1.1.1\"}]}",
	  "/tunnels/t2/destination", "no route to 3.3.3.2" },
	{ "{\"routes\": [{\"prefix\": \"0.0.0.0/0\", \"via\": \"1.1.1.1\"},"
	  "{\"prefix\": \"3.0.0.0/8\", \"null\": true}]}", "/tunnels/t2/destination",
	  "discarded by route 3.0.0.0/8" },
	{ "{\"routes\": [{\"prefix\": \"0.0.0.0/0\", \"via\": \"1.1.1.1\"},"
	  "{\"prefix\": \"3.0.0.0/8\", \"interface\": \"t1\"}]}", "/tunnels/t2/destination",
	  "through tunnel t1" },
	{ "{\"routes\": [{\"prefix\": \"2.2.2.2/31\", \"via\": \"1.1.1.1\"},"
	  "{\"prefix\": \"3.3.3.2/31\", \"via\": \"1.1.1.1\"},"
	  "{\"prefix\": \"9.0.0.0/8\", \"via\": \"8.8.8.8\"}]}", "/routes/2/via",
	  "on no connected subnet" },
	{ "{\"routes\": [{\"prefix\": \"2.2.2.2/31\", \"via\": \"1.1.1.1\"},"
	  "{\"prefix\": \"3.3.3.2/31\", \"via\": \"1.1.1.1\"},"
	  "{\"prefix\": \"9.0.0.0/8\", \"via\": \"9.9.9.9\"}]}", "/routes/2/via",
	  "through this route itself" },
	{ "{\"routes\": [{\"prefix\": \"0.0.0.0/0\", \"via\": \"1.1.1.1\"},"
	  "{\"prefix\": \"192.168.10.0/24\", \"interface\": \"t1\"}]}", "/routes/1/prefix",
	  "connected to lan" },
	{ "{\"tunnels\": {\"t2\": {\"ipsec-secret\": \"short\"}}}", "/tunnels/t2/ipsec-secret",
	  "guessed" },
	{ "{\"tunnels\": {\"t2\": {\"group-pool\": \"10.0.0.0/24\"}}}", "/tunnels/t2/group-pool",
	  "no effect" },
	{ "{\"crypto\": {\"ikev2\": {\"profiles\": {\"default\": {\"dpd-count\": 1}}}}}",
	  "/crypto/ikev2/profiles/default/dpd-count", "one lost packet" },
	{ "{\"crypto\": {\"ipsec\": {\"profiles\": {\"p\": {\"replay-window\": 0}}}}}",
	  "/crypto/ipsec/profiles/p/replay-window", "sent again" },
};

/* clang-format on */

static void
test_each_inconsistency(void)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		const struct check *x = &errors[i];
		struct cfg_errors e;
		struct cfg *c = load(x->patch, &e);

		CU_ASSERT_PTR_NULL(c);
		if (!only(e.errors, e.n_errors, x->path, x->text)) {
			printf("%s: expected %s: %s\n", x->patch, x->path, x->text);
			print_list("error", e.errors, e.n_errors);
			CU_FAIL("not exactly this error");
		}
		cfg_free(c);
		cfg_errors_fini(&e);
	}
}

static void
test_each_warning(void)
{
	for (size_t i = 0; i < sizeof(warnings) / sizeof(warnings[0]); i++) {
		const struct check *x = &warnings[i];
		struct cfg_errors e;
		struct cfg *c = load(x->patch, &e);

		CU_ASSERT_PTR_NOT_NULL(c);
		if (!only(e.warnings, e.n_warnings, x->path, x->text)) {
			printf("%s: expected %s: %s\n", x->patch, x->path, x->text);
			print_list("error", e.errors, e.n_errors);
			print_list("warning", e.warnings, e.n_warnings);
			CU_FAIL("not exactly this warning");
		}
		cfg_free(c);
		cfg_errors_fini(&e);
	}
}

/* Of errors one after another, all are found, and none that follows from another only. */
static void
test_all_errors_and_no_others(void)
{
	static const char *const expected[] = { "/interfaces/wan/mtu", "/routes/0/prefix",
		"/tunnels/t2/source", "/routes/1" };
	struct cfg_errors e;
	struct cfg *c = load("{\"interfaces\": {\"wan\": {\"mtu\": 100}},"
			     "\"tunnels\": {\"t2\": {\"source\": \"9.9.9.9\"}},"
			     "\"routes\": [{\"prefix\": \"10.0.0.1/8\", \"via\": \"1.1.1.1\"},"
			     "{\"prefix\": \"0.0.0.0/0\"}]}",
			&e);
	struct cfg *misspelt;

	CU_ASSERT_PTR_NULL(c);
	CU_ASSERT_EQUAL(e.n_errors, 4);
	for (uint32_t i = 0; i < e.n_errors && i < 4; i++)
		CU_ASSERT_STRING_EQUAL(e.errors[i].path, expected[i]);
	print_list("error", e.errors, e.n_errors);
	cfg_errors_fini(&e);

	misspelt = load("{\"interfaces\": {\"wan\": {\"address\": null,"
			"\"adress\": [\"1.1.1.2/24\"]}}}",
			&e);
	CU_ASSERT_PTR_NULL(misspelt);
	CU_ASSERT_TRUE(only(e.errors, e.n_errors, "/interfaces/wan/adress", "unknown option"));
	cfg_errors_fini(&e);
}

/* clang-format off */
static const char *const fine[] = {
	/* several addresses of one subnet on one interface */
	"{\"interfaces\": {\"lan\": {\"address\": [\"192.168.10.1/24\", \"192.168.10.2/24\"]}}}",
	/* VLANs beside the untagged port */
	"{\"interfaces\": {\"x\": {\"port\": \"wan\", \"vlan\": 5}, \"y\": {\"port\": \"wan\","
	"\"vlan\": 6}}}",
	/* told apart by keys */
	"{\"tunnels\": {\"t2\": {\"key\": 0}, \"t3\": {\"source\": \"1.1.1.2\","
	"\"destination\": \"3.3.3.2\", \"key\": 1}}}",
	/* a wildcard key, with a better one for some */
	"{\"crypto\": {\"ikev2\": {\"keyring\": {\"any\": {\"address\": \"0.0.0.0/0\","
	"\"pre-shared-key\": \"0123456789ab\"}}}}, \"tunnels\": {\"t2\": {\"protection\": \"p\"}}}",
	/* a group of all addresses, by a wildcard key: by main mode, too */
	"{\"crypto\": {\"ikev2\": {\"keyring\": {\"any\": {\"address\": \"0.0.0.0/0\","
	"\"pre-shared-key\": \"0123456789ab\"}}}}, \"tunnels\": {\"g\": {\"source\": \"1.1.1.2\","
	"\"group\": 9, \"peer-identity\": \"0.0.0.0/0\", \"protection\": \"p\"}}}",
	/* a next hop through a tunnel, and one found through another route */
	"{\"routes\": [{\"prefix\": \"0.0.0.0/0\", \"via\": \"1.1.1.1\"},"
	"{\"prefix\": \"9.0.0.0/8\", \"via\": \"10.255.1.2\"},"
	"{\"prefix\": \"8.0.0.0/8\", \"via\": \"9.1.1.1\"},"
	"{\"prefix\": \"7.0.0.0/8\", \"null\": true},"
	"{\"prefix\": \"0.0.0.0/0\", \"via\": \"1.1.1.9\", \"distance\": 250}]}",
	/* a tunnel that is shut down may lead nowhere */
	"{\"tunnels\": {\"t2\": {\"enabled\": false, \"destination\": \"3.3.3.3\"}},"
	"\"routes\": [{\"prefix\": \"2.2.2.2/32\", \"via\": \"1.1.1.1\"}]}",
	/* exactly what fits */
	"{\"tunnels\": {\"t2\": {\"mtu\": 1476}, \"t1\": {\"mtu\": 1439}}}",
};

/* clang-format on */

static void
test_what_is_fine_is_let_be(void)
{
	for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
		struct cfg_errors e;
		struct cfg *c = load(fine[i], &e);

		CU_ASSERT_PTR_NOT_NULL(c);
		CU_ASSERT_EQUAL(e.n_warnings, 0);
		print_list("error", e.errors, e.n_errors);
		print_list("warning", e.warnings, e.n_warnings);
		cfg_free(c);
		cfg_errors_fini(&e);
	}
}

/* ---- ten thousand branches ----------------------------------------------------------------- */

static json_t *
big_document(unsigned int n)
{
	json_t *doc = json_loads(good_doc, 0, NULL);
	json_t *tunnels = json_object_get(doc, "tunnels"), *routes = json_object_get(doc, "routes");
	json_t *keys = json_object_get(
			json_object_get(json_object_get(doc, "crypto"), "ikev2"), "keyring");
	char name[32], addr[32], inside[32], prefix[32];

	for (unsigned int i = 0; i < n; i++) {
		unsigned int a = i >> 6 & 255, b = i >> 14, c = (i & 63) * 4;

		snprintf(name, sizeof(name), "branch-%u", i);
		snprintf(addr, sizeof(addr), "20.%u.%u.%u", b, a, c + 1);
		snprintf(inside, sizeof(inside), "10.%u.%u.%u/30", b, a, c + 1);
		json_object_set_new(tunnels, name,
				json_pack("{s:s, s:s, s:s, s:s}", "source", "1.1.1.2",
						"destination", addr, "address", inside,
						"protection", "p"));
		snprintf(prefix, sizeof(prefix), "20.%u.%u.%u/32", b, a, c + 1);
		json_object_set_new(keys, name,
				json_pack("{s:s, s:s}", "address", prefix, "pre-shared-key",
						"0123456789ab"));
		snprintf(prefix, sizeof(prefix), "30.%u.%u.%u/30", b, a, c);
		json_array_append_new(routes,
				json_pack("{s:s, s:s}", "prefix", prefix, "interface", name));
	}
	return doc;
}

static double
cpu_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* A quadratic check would take this from a fraction of a second to minutes. The limit leaves room
 * for sanitizers. */
static void
test_ten_thousand_tunnels(void)
{
	json_t *doc = big_document(10000), *out;
	struct cfg_errors e;
	struct cfg *c, *again;
	double start = cpu_s(), read_s;

	cfg_errors_init(&e);
	c = cfg_from_json(doc, NULL, &e);
	read_s = cpu_s() - start;
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	CU_ASSERT_EQUAL(c->n_tunnels, 10002);
	CU_ASSERT_EQUAL(c->n_ike_keys, 10001);
	CU_ASSERT_EQUAL(e.n_warnings, 0);
	out = cfg_to_json(c, CFG_JSON_SECRETS);
	again = cfg_from_json(out, c, &e);
	CU_ASSERT_PTR_NOT_NULL_FATAL(again);
	start = cpu_s();
	CU_ASSERT_TRUE(cfg_equal(c, again));
	printf("(read and checked in %.3f s, compared in %.3f s) ", read_s, cpu_s() - start);
	CU_ASSERT_TRUE(read_s < 3.0);
	json_decref(doc);
	json_decref(out);
	cfg_free(c);
	cfg_free(again);
	cfg_errors_fini(&e);
}

static const struct cu_case cases[] = {
	CU_CASE(test_the_good_one_is_good),
	CU_CASE(test_each_inconsistency),
	CU_CASE(test_each_warning),
	CU_CASE(test_all_errors_and_no_others),
	CU_CASE(test_what_is_fine_is_let_be),
	CU_CASE(test_ten_thousand_tunnels),
};

CU_MAIN("config_validate", cases)
