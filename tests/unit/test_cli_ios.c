/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IOS's lines: what they become in the configuration, and that keys in them are kept out of sight.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/config_mode.h"
#include "cli/edit.h"
#include "cli/grammar.h"
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
	for (char *l = strtok_r(copy, "\n", &save); l != NULL && ok;
			l = strtok_r(NULL, "\n", &save)) {
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
	"{\"crypto\":{\"ipsec\":{\"profiles\":{\"m-10\":{\"mode\":\"tunnel\",\"pfs\":[14]," \
	"\"transform-sets\":[\"t\"]}}},\"policies\":{" \
	"\"acl-101-1\":{\"action\":\"protect\",\"destination\":\"10.0.0.1/32\"," \
	"\"priority\":99989999," \
	"\"source\":\"192.168.10.0/24\",\"tunnel\":\"m-10\"},"                                     \
	"\"acl-101-2\":{\"action\":\"bypass\",\"destination\":\"0.0.0.0/0\",\"destination-port\":" \
	"\"445\",\"priority\":99989998,\"protocol\":\"tcp\",\"source\":\"0.0.0.0/0\"}}}," \
	"\"interfaces\":{\"wan\":{\"address\":[\"1.1.1.2/24\"]}},\"tunnels\":{\"m-10\":{" \
	"\"" by "\":\"" far "\",\"mode\":\"ipsec\",\"protection\":\"m-10\"," \
	"\"source\":\"1.1.1.2\"}}}"

struct row {
	const char *lines, *doc;
};

static const struct row ike_rows[] = {
	{ "crypto isakmp policy 20\n encr aes 256\n authentication pre-share\n group 5\n"
	  "crypto isakmp policy 10\n encryption 3des\n hash sha256\n lifetime 3600\n group 2\n"
	  "crypto isakmp keepalive 10 3\ncrypto ipsec profile p",
	  "{\"crypto\":{\"ikev2\":{\"profiles\":{\"isakmp\":{\"dpd\":10,\"dpd-retry\":3,"
	  "\"lifetime-seconds\":3600,\"proposals\":[\"10\",\"20\"],\"version\":\"ikev1\"}},"
	  "\"proposals\":{\"10\":{\"encryption\":[\"3des\"],\"group\":[2],\"integrity\":"
	  "[\"sha256\"]},\"20\":{\"encryption\":[\"aes-cbc-256\"],\"group\":[5],"
	  "\"integrity\":[\"sha1\"]}}},\"ipsec\":{\"profiles\":{\"p\":{\"ikev2-profile\":"
	  "\"isakmp\"}}}}}" },
	{ "crypto isakmp policy 10\nno crypto isakmp policy 10",
	  "{\"crypto\":{\"ikev2\":{\"profiles\":{}}}}" },
	{ "crypto ikev2 profile a\n proposal own\ncrypto ikev2 policy x\n match fvrf any\n"
	  " proposal p q\ncrypto ikev2 profile b",
	  "{\"crypto\":{\"ikev2\":{\"profiles\":{\"a\":{\"proposals\":[\"own\"]},"
	  "\"b\":{\"proposals\":[\"p\",\"q\"]}}}}}" },
	{ "crypto ikev2 policy x\n match address local 1.1.1.2", "!\"address\": the policy" },
	{ "crypto ikev2 keyring k\n peer a\n  address 2.2.2.2\n  pre-shared-key local s3cret\n"
	  "  pre-shared-key remote s3cret\n peer b\n  identity fqdn b.example\n"
	  "  pre-shared-key 0 s3cret",
	  "{\"crypto\":{\"ikev2\":{\"keyring\":{\"k-a\":{\"address\":\"2.2.2.2/32\","
	  "\"pre-shared-key\":\"s3cret\"},\"k-b\":{\"identity\":\"b.example\","
	  "\"pre-shared-key\":\"s3cret\"}}}}}" },
	{ "crypto ikev2 keyring k\n peer a\n  hostname b.example",
	  "{\"crypto\":{\"ikev2\":{\"keyring\":{\"k-a\":{\"identity\":\"b.example\"}}}}}" },
	{ "crypto ikev2 keyring k\n peer a\n  pre-shared-key local s3cret\n"
	  "  pre-shared-key remote 0 other",
	  "{\"crypto\":{\"ikev2\":{\"keyring\":{\"k-a\":{\"pre-shared-key\":\"other\","
	  "\"pre-shared-key-local\":\"s3cret\"}}}}}" },
	{ "crypto ikev2 keyring k\n pre-shared-key other\n pre-shared-key local s3cret",
	  "{\"crypto\":{\"ikev2\":{\"keyring\":{\"k\":{\"pre-shared-key\":\"other\","
	  "\"pre-shared-key-local\":\"s3cret\"}}}}}" },
	{ "crypto ikev2 keyring k\n peer a\n  pre-shared-key 6 s3cret", "!\"6\": a secret that" },
	{ "crypto ikev2 keyring k\n peer a\n  address 2.2.2.2\n"
	  "crypto ikev2 profile p\n match identity remote address 2.2.2.2 255.255.255.255\n"
	  " identity local email hub@example\n keyring local k\n nat force-encap\n lifetime 3600",
	  "{\"crypto\":{\"ikev2\":{\"keyring\":{\"k-a\":{\"address\":\"2.2.2.2/32\"}},"
	  "\"profiles\":{\"p\":{\"lifetime-seconds\":3600,\"local-identity\":\"hub@example\","
	  "\"match-identity\":[\"2.2.2.2\"],\"nat-force\":true}}}}}" },
	{ "crypto ikev2 profile p\n match identity remote fqdn domain b.example",
	  "{\"crypto\":{\"ikev2\":{\"profiles\":{\"p\":{\"match-identity\":["
	  "\"*.b.example\"]}}}}}" },
	{ "crypto ikev2 profile p\n match identity remote key-id x\n"
	  " match identity remote fqdn y\n match identity remote address 2.2.2.2\n"
	  " match identity remote email domain b.example\n match identity remote fqdn Y\n"
	  " no match identity remote key-id x",
	  "{\"crypto\":{\"ikev2\":{\"profiles\":{\"p\":{\"match-identity\":["
	  "\"y\",\"2.2.2.2\",\"*@b.example\"]}}}}}" },
	{ "crypto ikev2 profile p\n match identity remote a.example \"O=Example, CN=*\"\n"
	  " match identity remote fqdn b.example",
	  "{\"crypto\":{\"ikev2\":{\"profiles\":{\"p\":{\"match-identity\":["
	  "\"a.example\",\"O=Example, CN=*\",\"b.example\"]}}}}}" },
	{ "crypto ikev2 profile p\n match identity remote fqdn y\n"
	  " no match identity remote fqdn y",
	  "{\"crypto\":{\"ikev2\":{\"profiles\":{\"p\":{}}}}}" },
	{ "crypto ikev2 profile p\n match identity remote fqdn y\n match identity remote any",
	  "!\"any\": who may come" },
	{ "crypto ikev2 profile p\n match identity remote address 2.2.0.0 255.255.0.0\n"
	  " match identity remote address 0.0.0.0 0.0.0.0\n"
	  " match identity remote address 3.3.3.3 255.255.255.255\n"
	  " no match identity remote address 0.0.0.0 0.0.0.0",
	  "{\"crypto\":{\"ikev2\":{\"profiles\":{\"p\":{\"match-identity\":["
	  "\"2.2.0.0/16\",\"3.3.3.3\"]}}}}}" },
	{ "crypto ikev2 profile p\n match identity remote address 2.2.0.0 0.0.255.255",
	  "!\"0.0.255.255\": expected an address and its mask" },
	{ "crypto ikev2 profile p\n keyring local k", "!\"k\": there is no such keyring" },
	{ "crypto ipsec transform-set t esp-gcm\n mode transport\ncrypto ipsec profile p\n"
	  " set transform-set t\n set security-association lifetime kilobytes disable",
	  "{\"crypto\":{\"ipsec\":{\"profiles\":{\"p\":{\"lifetime-kilobytes\":0,\"mode\":"
	  "\"transport\",\"transform-sets\":[\"t\"]}},\"transform-sets\":{\"t\":"
	  "{\"encryption\":\"aes-gcm-128\"}}}}}" },
	{ "crypto ipsec profile p\n set transform-set t\ncrypto ipsec transform-set t esp-gcm\n"
	  " mode tunnel",
	  "{\"crypto\":{\"ipsec\":{\"profiles\":{\"p\":{\"mode\":\"tunnel\","
	  "\"transform-sets\":[\"t\"]}},\"transform-sets\":{\"t\":"
	  "{\"encryption\":\"aes-gcm-128\"}}}}}" },
	{ "crypto ipsec transform-set t esp-gcm\n mode beet", "!\"beet\": expected transport" },
};

static const struct row isakmp_rows[] = {
	{ "crypto keyring k\n pre-shared-key address 2.2.2.2 key s3cret\n"
	  " pre-shared-key address 0.0.0.0 0.0.0.0 key 0 other\n"
	  " pre-shared-key hostname b.example key third\n no pre-shared-key address 2.2.2.2",
	  "{\"crypto\":{\"ikev2\":{\"keyring\":{\"k-0.0.0.0\":{\"address\":\"0.0.0.0/0\","
	  "\"pre-shared-key\":\"other\"},\"k-b.example\":{\"identity\":\"b.example\","
	  "\"pre-shared-key\":\"third\"}}}}}" },
	{ "crypto keyring k\n pre-shared-key address 2.2.2.2 s3cret", "!\"address\": expected key" },
	{ "crypto keyring k\n pre-shared-key address 2.2.2.2 key 6 s3cret", "!\"6\": a secret" },
	{ "crypto keyring k\n pre-shared-key address 2.2.2.2 0.0.0.255 key s3cret",
	  "!\"2.2.2.2\": expected an address" },
	{ "crypto keyring k\n pre-shared-key address 2.2.2.2 key s3cret\n"
	  "crypto isakmp profile old\n keyring k\n match identity address 2.2.0.0 255.255.0.0\n"
	  " match identity host domain b.example\n match identity user ops@b.example\n"
	  " match identity group teleworkers\n self-identity user-fqdn hub@example\n"
	  " keepalive 30 retry 5\n initiate mode aggressive\n ca trust-point t",
	  "{\"crypto\":{\"ikev2\":{\"keyring\":{\"k-2.2.2.2\":{\"address\":\"2.2.2.2/32\","
	  "\"pre-shared-key\":\"s3cret\"}},\"profiles\":{\"old\":{\"aggressive-mode\":true,"
	  "\"dpd\":30,\"dpd-retry\":5,\"local-identity\":\"hub@example\",\"match-identity\":["
	  "\"2.2.0.0/16\",\"*.b.example\",\"ops@b.example\",\"key-id:teleworkers\"],"
	  "\"trustpoint\":\"t\",\"version\":\"ikev1\"}}}}}" },
	{ "crypto isakmp profile old\n self-identity fqdn hub.example\n self-identity address",
	  "{\"crypto\":{\"ikev2\":{\"profiles\":{\"old\":{\"version\":\"ikev1\"}}}}}" },
	{ "crypto isakmp profile old\n self-identity fqdn", "!\"fqdn\": say which name" },
	{ "crypto pki trustpoint t\ncrypto isakmp policy 10\n authentication rsa-sig",
	  "{\"crypto\":{\"ikev2\":{\"profiles\":{\"isakmp\":{\"authentication-local\":"
	  "\"rsa-sig\",\"authentication-remote\":\"rsa-sig\",\"proposals\":[\"10\"],"
	  "\"trustpoint\":\"t\",\"version\":\"ikev1\"}},\"proposals\":{\"10\":{\"integrity\":"
	  "[\"sha1\"]}}},\"pki\":{\"trustpoints\":{\"t\":{}}}}}" },
	{ "crypto isakmp policy 10\n authentication rsa-sig\n authentication pre-share",
	  "{\"crypto\":{\"ikev2\":{\"profiles\":{\"isakmp\":{\"proposals\":[\"10\"],"
	  "\"version\":\"ikev1\"}},\"proposals\":{\"10\":{\"integrity\":[\"sha1\"]}}}}}" },
	{ "crypto isakmp policy 10\n authentication rsa-sig\ncrypto isakmp policy 20\n"
	  " authentication pre-share", "!\"pre-share\": all policies have one way" },
	{ "crypto isakmp policy 10\n authentication rsa-encr", "!\"rsa-encr\": expected" },
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
	{ "crypto isakmp key 6 s3cret address 2.2.2.2", "!\"6\": a secret that" },
	{ "crypto isakmp key s3cret hostname b1.example.net",
	  "{\"crypto\":{\"ikev2\":{\"keyring\":{\"isakmp-b1.example.net\":{\"identity\":"
	  "\"b1.example.net\",\"pre-shared-key\":\"s3cret\"}}}}}" },
	{ "crypto ipsec transform-set t esp-aes 256 esp-sha-hmac",
	  "{\"crypto\":{\"ipsec\":{\"transform-sets\":{\"t\":{\"encryption\":"
	  "\"aes-cbc-256\",\"integrity\":\"sha1\"}}}}}" },
	/* refused as a whole */
	{ "interface lan\ncrypto ipsec transform-set t esp-aes esp-md5-hmac", "!\"esp-md5-hmac\"" },
	{ "crypto ipsec transform-set t esp-aes 256 esp-sha-hmac esp-x", "!\"esp-x\"" },
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
};

static const struct row map_rows[] = {
	{ "crypto map m 10 ipsec-isakmp\n set peer 2.2.2.2\n set transform-set t\n set pfs "
	  "group14\n match address 101\n"
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
	{ "access-list 1 permit icmp any host 10.0.0.1 echo\n"
	  "access-list 1 deny icmp any any 3 4\naccess-list 1 permit icmp any any 13",
	  "{\"crypto\":{\"policies\":{"
	  "\"acl-1-1\":{\"action\":\"protect\",\"destination\":\"10.0.0.1/32\","
	  "\"icmp-type\":\"echo\",\"priority\":99999999,\"protocol\":\"icmp\","
	  "\"source\":\"0.0.0.0/0\"},"
	  "\"acl-1-2\":{\"action\":\"bypass\",\"destination\":\"0.0.0.0/0\","
	  "\"icmp-type\":\"3/4\",\"priority\":99999998,\"protocol\":\"icmp\","
	  "\"source\":\"0.0.0.0/0\"},"
	  "\"acl-1-3\":{\"action\":\"protect\",\"destination\":\"0.0.0.0/0\","
	  "\"icmp-type\":\"13\",\"priority\":99999997,\"protocol\":\"icmp\","
	  "\"source\":\"0.0.0.0/0\"}}}}" },
	{ "access-list 1 permit icmp any any echo log", "!is not possible" },
	{ "access-list 1 permit tcp any any echo", "!is not possible" },
	{ "crypto map m 10 ipsec-isakmp dynamic d", "!peers of any address: a tunnel with tunnel group" },
	{ "crypto map m 10\n set peer 2.2.2.2\n set peer hub.example\n set peer 2.2.2.2\n"
	  " set peer 3.3.3.3 default",
	  "{\"crypto\":{\"ipsec\":{\"profiles\":{\"m-10\":{\"mode\":\"tunnel\"}}}},\"tunnels\":"
	  "{\"m-10\":{\"destination-name\":\"3.3.3.3 2.2.2.2 hub.example\",\"mode\":\"ipsec\","
	  "\"protection\":\"m-10\"}}}" },
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
	{ "crypto isakmp policy 10\n hash md5", "!" },
	{ "crypto ipsec transform-set t esp-aes esp-md5-hmac", "!\"esp-md5-hmac\" is not known" },
};

static const struct row link_rows[] = {
	{ "interface wan\n ip address 1.1.1.2 255.255.255.0\n"
	  " ip address 1.1.1.9 255.255.255.0 secondary\n ip ospf 1 area 0",
	  "{\"interfaces\":{\"wan\":{\"address\":[\"1.1.1.2/24\",\"1.1.1.9/24\"],"
	  "\"ospf\":{\"area\":\"0\"}}}}" },
	{ "interface wan\n ip address 1.1.1.2/24\ninterface Tunnel1\n tunnel source wan\n"
	  " tunnel mode gre ip\n keepalive 10 4\n ip ospf authentication",
	  "{\"interfaces\":{\"wan\":{\"address\":[\"1.1.1.2/24\"]}},\"tunnels\":{\"Tunnel1\":"
	  "{\"keepalive-retries\":4,\"keepalive-seconds\":10,\"mode\":\"gre\",\"ospf\":"
	  "{\"authentication\":\"text\"},\"source\":\"1.1.1.2\"}}}" },
	{ "interface Tunnel1\n keepalive\n no keepalive", "{\"tunnels\":{\"Tunnel1\":{}}}" },
	/* as IOS shows it: the tunnel before the interface that it begins at */
	{ "interface Tunnel1\n tunnel source Gi0/0\n ip mtu 1400\ninterface Gi0/0\n"
	  " ip address 1.1.1.2 255.255.255.0\n ip address 1.1.1.9 255.255.255.0",
	  "{\"interfaces\":{\"Gi0/0\":{\"address\":[\"1.1.1.9/24\"]}},\"tunnels\":{\"Tunnel1\":"
	  "{\"mtu\":1400,\"source\":\"1.1.1.2\"}}}" },
	{ "interface Tunnel1\n tunnel source 1.1.1", "!\"1.1.1\": expected an address, or" },
	/* short names of what there is; a new tunnel gets the whole word */
	{ "interface Tunnel1\ninterface tu1\n ip mtu 1400\ninterface tunnel 1\n description x\n"
	  "interface GigabitEthernet0/1\ninterface gi0/1\n mtu 1400\ninterface tun2\n ip mtu 1300",
	  "{\"interfaces\":{\"GigabitEthernet0/1\":{\"mtu\":1400}},\"tunnels\":{\"Tunnel1\":"
	  "{\"description\":\"x\",\"mtu\":1400},\"tunnel2\":{\"mtu\":1300}}}" },
	{ "interface GigabitEthernet0/1\ninterface GigabitEthernet0/11\ninterface "
	  "GroupedEthernet0/1\ninterface g0/1\n mtu 1400\nno interface gi0/11",
	  "{\"interfaces\":{\"GigabitEthernet0/1\":{},\"GroupedEthernet0/1\":{},\"g0/1\":"
	  "{\"mtu\":1400}}}" },
	{ "interface Tunnel 10 x", "!" },
	{ "interface tunnel 10\ninterface tun0\nno interface tu0",
	  "{\"tunnels\":{\"tunnel10\":{}}}" },
	{ "interface Tunnel1\n tunnel protection ipsec profile p shared",
	  "{\"tunnels\":{\"Tunnel1\":{\"protection\":\"p\"}}}" },
	{ "interface lan\n ip ospf message-digest-key 1 md5 s3cret\n ip ospf cost 5",
	  "{\"interfaces\":{\"lan\":{\"ospf\":{\"cost\":5,\"message-digest-keys\":{\"1\":"
	  "{\"algorithm\":\"md5\",\"secret\":\"s3cret\"}}}}}}" },
	/* of type 7: what IOS writes for "cisco", and what it does not */
	{ "interface lan\n ip ospf message-digest-key 1 md5 7 0822455D0A16",
	  "{\"interfaces\":{\"lan\":{\"ospf\":{\"message-digest-keys\":{\"1\":"
	  "{\"algorithm\":\"md5\",\"secret\":\"cisco\"}}}}}}" },
	{ "interface lan\n ip ospf authentication-key 7 05080F1C2243",
	  "{\"interfaces\":{\"lan\":{\"ospf\":{\"authentication-key\":\"cisco\"}}}}" },
	{ "interface lan\n ip ospf authentication-key 7 05", "!the secret is not of type 7" },
	{ "interface lan\n ip ospf authentication-key 7 05080F1C224", "!the secret is not "
								      "of type 7" },
	{ "interface lan\n ip ospf authentication-key 7 0x080F1C2243", "!the secret is not of type "
								       "7" },
	{ "interface lan\n ip ospf authentication-key 6 s3cret", "!\"6\": a secret that" },
	/* VRRP as IOS-XE has it */
	{ "interface lan\n vrrp 1 address-family ipv4\n  address 10.0.0.1 primary\n"
	  "  address 10.0.0.9 secondary\n  timers advertise 200\n  vrrpv2\n  match-address\n"
	  "  priority 120\n  preempt delay minimum 5\n  exit-vrrp\n mtu 1400",
	  "{\"interfaces\":{\"lan\":{\"mtu\":1400,\"vrrp\":{\"1\":{\"address\":\"10.0.0.1\","
	  "\"advertise-ms\":200,\"preempt-delay-seconds\":5,\"priority\":120,"
	  "\"secondary\":[{\"address\":\"10.0.0.9\"}],\"version\":\"2\"}}}}}" },
	{ "interface lan\n vrrp 1 address-family ipv6\n  address FE80::9 primary\n"
	  "  address 2001:db8::9/64\n  vrrs leader x\n no vrrp 1 ipv6 fe80::9",
	  "{\"interfaces\":{\"lan\":{\"vrrp\":{\"1\":{\"ipv6-address\":\"2001:db8::9\"}}}}}" },
	/* and as IOS has it in one line */
	{ "interface lan\n vrrp 1 address-family ipv6\n  address fe80::9 primary\n"
	  "  address 2001:db8::9/64\n  address 2001:db8:1::9/64\n  address 2001:DB8:2::9\n"
	  "  address 2001:db8::9/64\n  no address 2001:db8:1::9/64\n vrrp 1 ipv6 2001:db8:3::9 sec",
	  "{\"interfaces\":{\"lan\":{\"vrrp\":{\"1\":{\"ipv6-address\":\"2001:db8::9\","
	  "\"ipv6-link-local\":\"fe80::9\",\"ipv6-secondary\":[{\"address\":\"2001:db8:2::9\"},"
	  "{\"address\":\"2001:db8:3::9\"}]}}}}}" },
	{ "interface lan\n no ipv6 nd ra suppress\n ipv6 nd ra interval 60 20\n"
	  " ipv6 nd ra-lifetime 900\n ipv6 nd prefix 2001:db8:1::/64 7200 3600 no-autoconfig\n"
	  " ipv6 nd prefix 2001:db8:2::/64 no-advertise\n ipv6 nd managed-config-flag",
	  "{\"interfaces\":{\"lan\":{\"router-advertisements\":{\"enabled\":true,"
	  "\"interval-min-seconds\":20,\"interval-seconds\":60,\"lifetime-seconds\":900,"
	  "\"managed\":true,\"prefixes\":[{\"no-autoconfig\":true,\"preferred-seconds\":3600,"
	  "\"prefix\":\"2001:db8:1::/64\",\"valid-seconds\":7200},"
	  "{\"no-advertise\":true,\"prefix\":\"2001:db8:2::/64\"}]}}}}" },
	{ "interface lan\n ipv6 nd ra interval 60 20\n no ipv6 nd ra suppress\n"
	  " ipv6 nd prefix 2001:db8:1::/64 7200 3600\n no ipv6 nd ra interval 60 20\n"
	  " no ipv6 nd prefix 2001:db8:1::/64 7200 3600\n ipv6 nd ra suppress all",
	  "{\"interfaces\":{\"lan\":{\"router-advertisements\":{\"enabled\":false}}}}" },
	{ "interface lan\n ipv6 nd ra interval msec 500", "!intervals are whole seconds" },
	{ "interface lan\n vrrp 1 ip 10.0.0.1\n vrrp 1 ip 10.0.0.2 secondary\n"
	  " vrrp 1 ip 10.0.0.3 sec\n no vrrp 1 ip 10.0.0.2 secondary\n vrrp 1 timers learn\n"
	  " vrrp 1 version 2\n vrrp 1 authentication s3cret",
	  "{\"interfaces\":{\"lan\":{\"vrrp\":{\"1\":{\"address\":\"10.0.0.1\","
	  "\"authentication\":\"s3cret\",\"secondary\":[{\"address\":\"10.0.0.3\"}],"
	  "\"version\":\"2\"}}}}}" },
	{ "interface lan\n vrrp 1 authentication s3cret\n no vrrp 1 authentication\n"
	  " vrrp 1 ipv6 fe80::9 primary\n vrrp 1 ipv6 2001:db8::9/64",
	  "{\"interfaces\":{\"lan\":{\"vrrp\":{\"1\":{\"ipv6-address\":\"2001:db8::9\","
	  "\"ipv6-link-local\":\"fe80::9\"}}}}}" },
	{ "interface lan\n vrrp 1 authentication md5 key-string s3cret", "!no RFC has MD5" },
	{ "interface lan\n vrrp delay minimum 30 reload 60", "!write vrrp N startup-delay" },
	{ "interface lan\n vrrp 1 ip 10.0.0.1 third", "!" },
	{ "interface lan\n vrrp 1 address-family ipv6\n  address fe80::9 primary\n"
	  "  address 2001:db8::9\n vrrp 2 timers advertise 2",
	  "{\"interfaces\":{\"lan\":{\"vrrp\":{\"1\":{\"ipv6-address\":\"2001:db8::9\","
	  "\"ipv6-link-local\":\"fe80::9\"},\"2\":{\"advertise-seconds\":2}}}}}" },
	/* of two lines that set the same in other terms the last one counts */
	{ "interface lan\n vrrp 1 timers advertise 2\n vrrp 1 timers advertise msec 200\n"
	  " vrrp 2 timers advertise msec 200\n vrrp 2 timers advertise 2\n"
	  " vrrp 3 timers advertise msec 200\n no vrrp 3 timers advertise\n"
	  " vrrp 4 timers advertise 2\n no vrrp 4 timers advertise msec",
	  "{\"interfaces\":{\"lan\":{\"vrrp\":{\"1\":{\"advertise-ms\":200},\"2\":{"
	  "\"advertise-seconds\":2},\"3\":{},\"4\":{\"advertise-seconds\":2}}}}}" },
	{ "interface lan\n ip ospf dead-interval 4\n ip ospf hello-interval 1\n"
	  " ip ospf dead-interval minimal hello-multiplier 4\ninterface wan\n"
	  " ip ospf dead-interval minimal hello-multiplier 4\n ip ospf dead-interval 8",
	  "{\"interfaces\":{\"lan\":{\"ospf\":{\"hello-multiplier\":4,\"hello-seconds\":1}},"
	  "\"wan\":{\"ospf\":{\"dead-seconds\":8}}}}" },
	/* whoever says how long it waits preempts; and is not asked twice when it is pasted */
	{ "interface lan\n vrrp 1\n  no preempt\n vrrp 1 preempt delay minimum 60\n vrrp 2\n"
	  "  preempt delay minimum 60\n  no preempt\n vrrp 3\n  preempt delay min 5\n"
	  "  no preempt delay",
	  "{\"interfaces\":{\"lan\":{\"vrrp\":{\"1\":{\"preempt-delay-seconds\":60},"
	  "\"2\":{\"preempt\":false,\"preempt-delay-seconds\":60},\"3\":{}}}}}" },
	{ "interface lan\n vrrp 1\n  no preempt\n vrrp 1 preempt delay minimum x", "!\"x\": expected" },
	{ "interface lan\n vrrp 1\n  track 7 decrement 20",
	  "{\"interfaces\":{\"lan\":{\"vrrp\":{\"1\":{\"track\":[{\"decrement\":20,\"object\":"
	  "\"7\"}]}}}}}" },
	{ "interface lan\n vrrp 1 address-family ipx", "!\"ipx\": expected ipv4 or ipv6" },
	{ "interface lan\n shutdown\n default shutdown\n mtu 1400\n default mtu",
	  "{\"interfaces\":{\"lan\":{}}}" },
	{ "interface lan\n ip address 1.1.1.2/24\n no shutdown\ndefault interface lan",
	  "{\"interfaces\":{\"lan\":{}}}" },
	{ "interface lan\n vrrp 1 preempt\n default vrrp 1 preempt",
	  "{\"interfaces\":{\"lan\":{\"vrrp\":{\"1\":{}}}}}" },
	{ "interface lan\n dampening", "{\"interfaces\":{\"lan\":{\"dampening-half-life-seconds\":"
	  "5}}}" },
	{ "interface lan\n dampening 10 900 3000 60 restart\n no dampening 10 900 3000 60 restart\n"
	  " dampening 7", "{\"interfaces\":{\"lan\":{\"dampening-half-life-seconds\":7,"
	  "\"dampening-max-suppress-seconds\":60,\"dampening-reuse\":900,"
	  "\"dampening-suppress\":3000}}}" },
	{ "interface lan\n vrrp 10 permit-peer 192.168.10.3\n vrrp 10 permit-peer fe80::3\n"
	  " no vrrp 10 permit-peer 192.168.10.3",
	  "{\"interfaces\":{\"lan\":{\"vrrp\":{\"10\":{\"permitted-peers\":[{\"address\":"
	  "\"fe80::3\"}]}}}}}" },
	{ "default interface lan", "!there is no \"lan\"" },
};

static const struct row ospf_rows[] = {
	{ "router ospf 1\n network 10.0.0.9 0.0.0.3 area 0\n network 10.1.0.1 0.0.0.0 area 1\n"
	  " redistribute connected metric 10 subnets\n area 1 stub no-summary\n"
	  " timers throttle spf 50 200 5000",
	  "{\"router\":{\"ospf\":{\"1\":{\"areas\":{\"1\":{\"no-summary\":true,\"type\":"
	  "\"stub\"}},\"networks\":[{\"area\":\"0\",\"prefix\":\"10.0.0.8/30\"},"
	  "{\"area\":\"1\",\"prefix\":\"10.1.0.1/32\"}],\"redistribute\":[{\"metric\":10,"
	  "\"source\":\"connected\"}],\"spf-hold-ms\":200,\"spf-max-ms\":5000,"
	  "\"spf-start-ms\":50}}}}" },
	{ "router ospf 1\n max-lsa 12000 80 warning-only ignore-time 3 ignore-count 4 reset-time 6",
	  "{\"router\":{\"ospf\":{\"1\":{\"max-lsa\":12000,\"max-lsa-ignore-count\":4,"
	  "\"max-lsa-ignore-minutes\":3,\"max-lsa-reset-minutes\":6,"
	  "\"max-lsa-threshold-percent\":80,\"max-lsa-warning-only\":true}}}}" },
	{ "router ospf 1\n max-lsa 12000 ignore-time 3", "{\"router\":{\"ospf\":{\"1\":{\"max-lsa\":"
	  "12000,\"max-lsa-ignore-minutes\":3}}}}" },
	{ "router ospf 1\n max-lsa 12000 80 warning-only\n no max-lsa 12000 80 warning-only",
	  "{\"router\":{\"ospf\":{\"1\":{}}}}" },
	{ "router ospf 1\n max-lsa 12000 ignore-time", "!incomplete: expected 1-35791 (min)" },
	{ "router ospf 1\n no capability transit\n area 1 virtual-link 10.0.0.1 hello-interval 5 "
	  "transmit-delay 2 retransmit-interval 3 authentication key-chain k",
	  "{\"router\":{\"ospf\":{\"1\":{\"areas\":{\"1\":{\"virtual-links\":[{"
	  "\"hello-seconds\":5,\"key-chain\":\"k\",\"retransmit-seconds\":3,\"router-id\":"
	  "\"10.0.0.1\",\"transmit-delay-seconds\":2}]}},\"capability-transit\":false}}}}" },
	{ "router ospf 1\n area 1 virtual-link 10.0.0.1 authentication-key k",
	  "{\"router\":{\"ospf\":{\"1\":{\"areas\":{\"1\":{\"virtual-links\":[{"
	  "\"authentication-key\":\"k\",\"router-id\":\"10.0.0.1\"}]}}}}}}" },
	{ "router ospf 1\n area 1 nssa translate type7 always\n"
	  " area 1 nssa range 10.0.0.0/8 cost 7\n"
	  " area 1 nssa range 11.0.0.0/8 not-advertise\n area 1 nssa range 12.0.0.0/8\n"
	  " area 1 nssa-range 13.0.0.0/8 tag 9\n area 1 translate type7 stability-interval 5",
	  "{\"router\":{\"ospf\":{\"1\":{\"areas\":{\"1\":{\"nssa-ranges\":[{\"cost\":7,"
	  "\"prefix\":\"10.0.0.0/8\"},{\"not-advertise\":true,\"prefix\":\"11.0.0.0/8\"},"
	  "{\"prefix\":\"12.0.0.0/8\"},{\"prefix\":\"13.0.0.0/8\",\"tag\":9}],"
	  "\"translate-always\":true,\"translator-stability-seconds\":5,\"type\":\"nssa\"}}}}}}" },
	{ "router ospf 1\n area 1 nssa translate-always\n area 1 nssa range 10.0.0.0/8\n"
	  " area 1 nssa translate-candidate\n no area 1 nssa range 10.0.0.0/8",
	  "{\"router\":{\"ospf\":{\"1\":{\"areas\":{\"1\":{\"translate-always\":false,"
	  "\"type\":\"nssa\"}}}}}}" },
	{ "router ospf 1\n distribute-list prefix a in\n area 1 filter-list prefix b in\n"
	  " area 1 filter-list prefix c out",
	  "{\"router\":{\"ospf\":{\"1\":{\"areas\":{\"1\":{\"filter-list-in\":\"b\","
	  "\"filter-list-out\":\"c\"}},\"distribute-list-in\":\"a\"}}}}" },
	{ "router ospf 1\n distribute-list prefix a in\n area 1 filter-list prefix b in\n"
	  " no distribute-list prefix a in\n no area 1 filter-list prefix b in",
	  "{\"router\":{\"ospf\":{\"1\":{\"areas\":{\"1\":{}}}}}}" },
	{ "router ospf 1\n nsf ietf restart-interval 90\n nsf ietf helper disable",
	  "{\"router\":{\"ospf\":{\"1\":{\"graceful-restart\":true,"
	  "\"graceful-restart-helper\":false,\"graceful-restart-seconds\":90}}}}" },
	{ "router ospf 1\n nsf ietf\n nsf ietf helper disable\n no nsf ietf helper disable",
	  "{\"router\":{\"ospf\":{\"1\":{\"graceful-restart\":true,"
	  "\"graceful-restart-helper\":true}}}}" },
	{ "router ospf 1\n passive-interface wan\n passive-interface default\n"
	  " no passive-interface t\n no passive-interface u\n passive-interface u",
	  "{\"router\":{\"ospf\":{\"1\":{\"passive-default\":true,\"passive-interfaces\":"
	  "[{\"interface\":\"t\"}]}}}}" },
	{ "router ospf 1\n passive-interface default\n no passive-interface t\n"
	  " no passive-interface default\n passive-interface wan",
	  "{\"router\":{\"ospf\":{\"1\":{\"passive-default\":false,\"passive-interfaces\":"
	  "[{\"interface\":\"wan\"}]}}}}" },
	{ "router ospf 1\n router-id 1.1.1.1\nrouter ospf 2\n router-id 2.2.2.2",
	  "{\"router\":{\"ospf\":{\"1\":{\"router-id\":\"1.1.1.1\"},\"2\":{\"router-id\":"
	  "\"2.2.2.2\"}}}}" },
	/* authentication of an area, where an interface has a key and nothing else is said of it */
	{ "interface a\n ip ospf message-digest-key 1 md5 k\n ip ospf 1 area 0\ninterface b\n"
	  " ip ospf message-digest-key 1 md5 k\n ip ospf 1 area 1\ninterface c\n"
	  " ip ospf 1 area 0\nrouter ospf 1\n area 0 authentication message-digest",
	  "{\"interfaces\":{\"a\":{\"ospf\":{\"area\":\"0\",\"authentication\":"
	  "\"message-digest\",\"message-digest-keys\":{\"1\":{\"algorithm\":\"md5\",\"secret\":"
	  "\"k\"}}}},\"b\":{\"ospf\":{\"area\":\"1\",\"message-digest-keys\":{\"1\":"
	  "{\"algorithm\":\"md5\",\"secret\":\"k\"}}}},\"c\":{\"ospf\":{\"area\":\"0\"}}},"
	  "\"router\":{\"ospf\":{\"1\":{}}}}" },
	{ "interface a\n ip ospf authentication-key k\nrouter ospf 1\n area 0 authentication\n"
	  " no area 0 authentication",
	  "{\"interfaces\":{\"a\":{\"ospf\":{\"authentication-key\":\"k\"}}},\"router\":"
	  "{\"ospf\":{\"1\":{}}}}" },
};

static const struct row probe_rows[] = {
	{ "ip sla 1\n icmp-echo 8.8.8.8 source-interface wan\n frequency 5\n"
	  "ip sla schedule 1 life forever start-time now\ntrack 1 ip sla 1 reachability\n"
	  " delay down 10 up 20\ntrack 2 list boolean and\n object 1",
	  "{\"slas\":{\"1\":{\"icmp-echo\":\"8.8.8.8\",\"interface\":\"wan\","
	  "\"interval-ms\":5000}},\"tracks\":{\"1\":{\"delay-down-seconds\":10,"
	  "\"delay-up-seconds\":20,\"sla\":\"1\"},\"2\":{\"boolean\":\"and\",\"objects\":"
	  "[{\"object\":\"1\"}]}}}" },
	{ "ip sla schedule 1 life forever start-time now", "!there is no probe" },
	{ "ip sla 1\n icmp-echo 8.8.8.8\nip sla schedule 1 life 60 start-time now",
	  "!probes run from now on" },
	{ "ip route 0.0.0.0 0.0.0.0 1.1.1.1 200 track 1\nip route 10.0.0.0/8 Null0 250\n"
	  "ip route 10.1.0.0 255.255.0.0 1.1.1.1 distance 5 tag 7",
	  "{\"routes\":[{\"distance\":200,\"prefix\":\"0.0.0.0/0\",\"track\":\"1\",\"via\":"
	  "\"1.1.1.1\"},{\"distance\":250,\"null\":true,\"prefix\":\"10.0.0.0/8\"},"
	  "{\"distance\":5,\"prefix\":\"10.1.0.0/16\",\"tag\":7,\"via\":\"1.1.1.1\"}]}" },
	{ "ip sla 1\n icmp-echo 8.8.8.8\n threshold 300\ntrack 2 ip sla 1 state\n delay down 5",
	  "{\"slas\":{\"1\":{\"icmp-echo\":\"8.8.8.8\",\"rtt-max-ms\":300}},\"tracks\":"
	  "{\"2\":{\"delay-down-seconds\":5,\"sla\":\"1\"}}}" },
	{ "ip sla 1\n icmp-echo 8.8.8.8\n threshold 300\ntrack 2 ip sla 1 reachability",
	  "{\"slas\":{\"1\":{\"icmp-echo\":\"8.8.8.8\"}},\"tracks\":{\"2\":{\"sla\":\"1\"}}}" },
	{ "ip prefix-list p permit 10.0.0.0/8 le 24\nip prefix-list p seq 20 deny 10.1.0.0/16\n"
	  "ip prefix-list q permit 10.2.0.0/16\nip prefix-list p permit 10.3.0.0/16",
	  "{\"prefix-lists\":[{\"action\":\"permit\",\"le\":24,\"list\":\"p\",\"prefix\":"
	  "\"10.0.0.0/8\"},{\"action\":\"deny\",\"list\":\"p\",\"prefix\":"
	  "\"10.1.0.0/16\",\"seq\":20},{\"action\":\"permit\",\"list\":\"q\",\"prefix\":"
	  "\"10.2.0.0/16\"},{\"action\":\"permit\",\"list\":\"p\",\"prefix\":"
	  "\"10.3.0.0/16\",\"seq\":25}]}" },
	{ "track 3 ip route 10.0.0.0 255.0.0.0 metric threshold\n threshold metric up 20 down 30\n"
	  " delay down 5 up 10\n no delay",
	  "{\"tracks\":{\"3\":{\"metric-down\":30,\"metric-up\":20,\"route\":\"10.0.0.0/8\"}}}" },
	{ "track 3 list threshold weight\n object 1 weight 20\n"
	  " threshold weight up 20 down 10\n no threshold weight",
	  "{\"tracks\":{\"3\":{\"objects\":[{\"object\":\"1\",\"weight\":20}],"
	  "\"threshold\":\"weight\"}}}" },
	{ "track timer ip route 5", "!track timer: " },
	{ "track resolution ip route ospf 10", "!track resolution: " },
	{ "track 3 stub-object", "!track stub-object: " },
	{ "track 3 ipv6 route 2001:db8::/32 reachability\n delay up 5",
	  "{\"tracks\":{\"3\":{\"delay-up-seconds\":5,\"ipv6-route\":\"2001:db8::/32\"}}}" },
	{ "track 3 ipv6 route 2001:db8::/32 metric threshold\n threshold metric down 9 up 5\n"
	  "track 4 ipv6 route ::/0 reachability\n threshold metric up 5 down 9\n"
	  " no threshold metric up 5 down 9",
	  "{\"tracks\":{\"3\":{\"ipv6-route\":\"2001:db8::/32\",\"metric-down\":9,"
	  "\"metric-up\":5},\"4\":{\"ipv6-route\":\"::/0\"}}}" },
	{ "ip sla 3\n icmp-echo 2001:db8::9 source-ip 2001:db8::2\nip sla 4\n"
	  " tcp-connect 2001:db8::9 443 control disable",
	  "{\"slas\":{\"3\":{\"icmp-echo\":\"2001:db8::9\",\"source-address\":\"2001:db8::2\"},"
	  "\"4\":{\"port\":443,\"tcp-connect\":\"2001:db8::9\"}}}" },
	{ "ip sla 2\n icmp-echo 9.9.9.9 source-ip 1.1.1.2\n tos 184\n verify-data\n"
	  " history lives-kept 1\nno ip sla schedule 2",
	  "{\"slas\":{\"2\":{\"dscp\":46,\"icmp-echo\":\"9.9.9.9\",\"source-address\":"
	  "\"1.1.1.2\"}}}" },
	{ "ip sla 2\n tcp-connect 9.9.9.9 443 source-ip 1.1.1.2 control disable\n tos 4\n no tos",
	  "{\"slas\":{\"2\":{\"port\":443,\"source-address\":\"1.1.1.2\",\"tcp-connect\":"
	  "\"9.9.9.9\"}}}" },
	{ "ip sla 2\n tos 256", "!\"256\": expected 0-255" },
	{ "ip sla 2\nip sla schedule 2 start-time now", "!probes run from now on" },
	{ "ip prefix-list A permit 10.0.0.0/8\nip prefix-list B permit 10.0.0.0/8\n"
	  "ip prefix-list A description x\nip prefix-list A permit 11.0.0.0/8\n"
	  "no ip prefix-list A",
	  "{\"prefix-lists\":[{\"action\":\"permit\",\"list\":\"B\",\"prefix\":"
	  "\"10.0.0.0/8\"}]}" },
	{ "no ip prefix-list A", "!there is no prefix list" },
	{ "ipv6 route 2001:db8::/32 2001:db8:1::1 250",
	  "{\"routes6\":[{\"distance\":250,\"prefix\":\"2001:db8::/32\",\"via\":"
	  "\"2001:db8:1::1\"}]}" },
	{ "ip default-gateway 1.1.1.1", "!ip default-gateway: write ip route" },
	{ "track 4 interface wan ip routing", "{\"tracks\":{\"4\":{\"interface\":\"wan\"}}}" },
	{ "ip route 10.0.0.0 255.0.0.0 1.1.1.1 250 name BACKUP\nip route 10.0.0.0/8 1.1.1.2 name 7",
	  "{\"routes\":[{\"distance\":250,\"name\":\"BACKUP\",\"prefix\":\"10.0.0.0/8\",\"via\":"
	  "\"1.1.1.1\"},{\"name\":\"7\",\"prefix\":\"10.0.0.0/8\",\"via\":\"1.1.1.2\"}]}" },
};

static const struct row other_rows[] = {
	/* so anyway; left out; refused with a reason */
	{ "version 15.2\nservice timestamps log datetime\nno service pad\nip cef\ncontrol-plane\n"
	  "interface lan\n no ip redirects\n no ip proxy-arp\n duplex auto\n mtu 1400",
	  "{\"interfaces\":{\"lan\":{\"mtu\":1400}}}" },
	{ "interface lan\n ip verify unicast source reachable-via rx\ninterface wan\n"
	  " ip verify unicast source reachable-via any allow-default\ninterface Tunnel1\n"
	  " ip verify unicast reverse-path\n ipv6 verify unicast source reachable-via any",
	  "{\"interfaces\":{\"lan\":{\"verify-source\":\"rx\"},\"wan\":{\"verify-source\":"
	  "\"any\"}},\"tunnels\":{\"Tunnel1\":{\"ipv6-verify-source\":\"any\","
	  "\"verify-source\":\"rx\"}}}" },
	{ "interface lan\n ip verify unicast source reachable-via rx\n"
	  " no ip verify unicast reverse-path", "{\"interfaces\":{\"lan\":{}}}" },
	{ "interface Tunnel1\n delay 1000\n ip mtu 1400",
	  "{\"tunnels\":{\"Tunnel1\":{\"mtu\":1400}}}" },
	{ "crypto isakmp invalid-spi-recovery\ncrypto isakmp identity address", "{}" },
	{ "interface lan\n ip nat outside", "!ip nat: there is no NAT" },
	{ "interface lan\n ip address dhcp", "!ip address dhcp: " },
	{ "interface Tunnel1\n bandwidth 1000", "!bandwidth: no cost" },
	{ "enable secret 5 s3cret", "!enable: " },
	{ "crypto ikev2 keyring k\n peer a\n  description far away\n  address 2.2.2.2",
	  "{\"crypto\":{\"ikev2\":{\"keyring\":{\"k-a\":{\"address\":\"2.2.2.2/32\"}}}}}" },
	{ "ip route vrf x 0.0.0.0 0.0.0.0 1.1.1.1", "!ip route vrf: there is one routing table" },
	/* a line of ours with something wrong in it is never taken for one of these */
	{ "interface lan\n vrrp 1\n  version 4", "!\"4\": expected one of" },
	{ "control-plane nothing", "!" },
	{ "ip route-cache 10.0.0.0", "{}" },
	{ "ip rout 10.0.0.0/33 1.1.1.1", "!\"10.0.0.0/33\": expected" },
	{ "logging level loud", "!\"loud\": expected one of" },
	{ "banner motd", "{}" },
};

static void
check(const struct row *rows, size_t n)
{
	struct node *root = table();

	CU_ASSERT_PTR_NOT_NULL_FATAL(root);
	for (size_t i = 0; i < n; i++) {
		char *got = typed(root, rows[i].lines);
		const char *doc = rows[i].doc;
		bool same = doc[0] == '!' ? strncmp(got, doc, strlen(doc)) == 0
					  : strcmp(got, doc) == 0;

		if (!same)
			printf("\n%s\n  is %s\n", rows[i].lines, got);
		CU_ASSERT_TRUE(same);
		CU_ASSERT_PTR_NULL(got[0] == '!' ? strstr(got, "s3cret") : NULL);
		free(got);
	}
	node_free(root);
}

static void
test_ike(void)
{
	check(ike_rows, sizeof(ike_rows) / sizeof(ike_rows[0]));
}

static void
test_isakmp(void)
{
	check(isakmp_rows, sizeof(isakmp_rows) / sizeof(isakmp_rows[0]));
}

static void
test_crypto_maps(void)
{
	check(map_rows, sizeof(map_rows) / sizeof(map_rows[0]));
}

static void
test_interfaces(void)
{
	check(link_rows, sizeof(link_rows) / sizeof(link_rows[0]));
}

static void
test_ospf(void)
{
	check(ospf_rows, sizeof(ospf_rows) / sizeof(ospf_rows[0]));
}

static void
test_probes_and_routes(void)
{
	check(probe_rows, sizeof(probe_rows) / sizeof(probe_rows[0]));
}

static void
test_others(void)
{
	check(other_rows, sizeof(other_rows) / sizeof(other_rows[0]));
}

/* Each line at the shell itself, which looks its words up before it hands it on: all that is taken
 * above is taken there. */
static void
at_the_shell(struct shell *sh, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char copy[1024], *save = NULL, *text;

		if (rows[i].doc[0] == '!')
			continue;
		edit_init(&sh->edit, sh->root, json_object());
		sh->configuring = true;
		grammar_mode(sh);
		snprintf(copy, sizeof(copy), "%s", rows[i].lines);
		for (char *l = strtok_r(copy, "\n", &save); l != NULL;
				l = strtok_r(NULL, "\n", &save)) {
			if (shell_run(sh, l, strlen(l)) != SHELL_OK)
				printf("\n  at the shell: \"%s\"\n", l);
			CU_ASSERT_EQUAL(sh->status, SHELL_OK);
		}
		text = json_dumps(sh->edit.doc, JSON_COMPACT | JSON_SORT_KEYS);
		CU_ASSERT_STRING_EQUAL(text, rows[i].doc);
		free(text);
		config_discard(sh);
	}
}

static void
test_at_the_shell(void)
{
	struct shell sh;

	CU_ASSERT_EQUAL_FATAL(shell_init(&sh, "/nonexistent"), 0);
	sh.root = table();
	CU_ASSERT_EQUAL_FATAL(grammar_load(&sh), 0);
	at_the_shell(&sh, link_rows, sizeof(link_rows) / sizeof(link_rows[0]));
	at_the_shell(&sh, probe_rows, sizeof(probe_rows) / sizeof(probe_rows[0]));
	at_the_shell(&sh, ospf_rows, sizeof(ospf_rows) / sizeof(ospf_rows[0]));
	at_the_shell(&sh, ike_rows, sizeof(ike_rows) / sizeof(ike_rows[0]));
	at_the_shell(&sh, other_rows, sizeof(other_rows) / sizeof(other_rows[0]));
	shell_fini(&sh);
}

/* A mode that there is not leaves none open: its lines are not taken for those of the mode before,
 * and "exit" leaves it alone. So it is with access lists and IKEv2 policies. */
static void
test_modes(void)
{
	static const struct {
		const char *before, *line;
		bool taken;
	} rows[] = {
		{ "router ospf 1", "router bgp 65000", false },
		{ "router ospf 1", "line vty 0 4", false },
		{ "router ospf 1", "ip access-list extended x", true },
		{ "router ospf 1", "crypto ikev2 policy x", true },
	};
	struct node *root = table();
	char err[256];

	CU_ASSERT_PTR_NOT_NULL_FATAL(root);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct edit e;

		edit_init(&e, root, json_object());
		CU_ASSERT_TRUE(edit_line(&e, rows[i].before, err, sizeof(err)));
		CU_ASSERT_EQUAL(edit_line(&e, rows[i].line, err, sizeof(err)), rows[i].taken);
		CU_ASSERT_EQUAL(e.depth, 0);
		CU_ASSERT_FALSE(edit_line(&e, " redistribute static", err, sizeof(err)));
		CU_ASSERT_TRUE(edit_leave(&e));
		CU_ASSERT_FALSE(edit_leave(&e));
		edit_fini(&e);
	}
	node_free(root);
}

/* What is good to know is said once, and of that line. */
static void
test_notes(void)
{
	struct node *root = table();
	struct edit e;
	char err[256];

	CU_ASSERT_PTR_NOT_NULL_FATAL(root);
	edit_init(&e, root, json_object());
	edit_line(&e, "interface lan", err, sizeof(err));
	CU_ASSERT_TRUE(edit_line(
			&e, "ip ospf authentication-key 7 05080F1C2243", err, sizeof(err)));
	CU_ASSERT_PTR_NOT_NULL(strstr(e.note, "type 7"));
	CU_ASSERT_PTR_NULL(strstr(e.note, "cisco"));
	CU_ASSERT_TRUE(e.secret);
	CU_ASSERT_TRUE(edit_line(&e, "mtu 1400", err, sizeof(err)));
	CU_ASSERT_STRING_EQUAL(e.note, "");
	CU_ASSERT_FALSE(e.secret);
	CU_ASSERT_TRUE(edit_line(&e, "interface Tunnel1", err, sizeof(err)));
	CU_ASSERT_TRUE(edit_line(&e, "tunnel source Gi0/0", err, sizeof(err)));
	CU_ASSERT_PTR_NOT_NULL(strstr(e.note, "Gi0/0"));
	edit_fini(&e);
	node_free(root);
}

static const struct cu_case cases[] = {
	CU_CASE(test_ike),
	CU_CASE(test_isakmp),
	CU_CASE(test_crypto_maps),
	CU_CASE(test_interfaces),
	CU_CASE(test_ospf),
	CU_CASE(test_probes_and_routes),
	CU_CASE(test_others),
	CU_CASE(test_at_the_shell),
	CU_CASE(test_modes),
	CU_CASE(test_notes),
};

CU_MAIN("cli_ios", cases)
