/* SPDX-License-Identifier: BSD-3-Clause */
/* From the configuration of a tunnel to what IKE is told of its peer. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/config/json.h"
#include "controlplane/vpn/peer.h"
#include "tests/unit/cu.h"

/* clang-format off */
static const char doc[] =
"{ \"interfaces\": { \"wan\": { \"address\": [\"1.1.1.2/24\"] } },"
"  \"tunnels\": {"
"    \"a\": { \"source\": \"1.1.1.2\", \"destination\": \"2.2.2.2\", \"protection\": \"p\" },"
"    \"b\": { \"source\": \"1.1.1.2\", \"destination\": \"2.2.9.9\", \"protection\": \"q\" } },"
"  \"crypto\": {"
"    \"ikev2\": {"
"      \"proposals\": {"
"        \"cbc\": { \"encryption\": [\"aes-cbc-256\", \"aes-cbc-128\"], \"integrity\": "
"[\"sha384\"],                   \"group\": [31, 19] },"
"        \"gcm\": { \"encryption\": [\"aes-gcm-128\"], \"prf\": [\"sha384\"], \"group\": [14] } },"
"      \"keyring\": {"
"        \"net\": { \"address\": \"2.2.0.0/16\", \"pre-shared-key\": \"key-of-the-network\" },"
"        \"host\": { \"address\": \"2.2.2.2/32\", \"identity\": \"branch@example.net\","
"                    \"pre-shared-key-local\": \"key-of-the-hub\","
"                    \"pre-shared-key\": \"key-of-the-host\" } },"
"      \"profiles\": {"
"        \"one\": { \"proposals\": [\"gcm\", \"cbc\"], \"local-identity\": \"hub.example.net\","
"                   \"lifetime-seconds\": 7200, \"dpd\": 30, \"initiate\": \"always\" },"
"        \"two\": { \"proposals\": [\"cbc\"], \"initiate\": \"never\" } } },"
"    \"ipsec\": {"
"      \"transform-sets\": {"
"        \"g\": { \"encryption\": \"aes-gcm-256\" },"
"        \"c\": { \"encryption\": \"aes-cbc-128\", \"integrity\": \"sha1\" } },"
"      \"profiles\": {"
"        \"p\": { \"transform-sets\": [\"g\", \"c\"], \"ikev2-profile\": \"one\", \"pfs\": [19],"
"                 \"lifetime-seconds\": 600, \"lifetime-kilobytes\": 5000, \"esn\": false },"
"        \"q\": { \"transform-sets\": [\"c\"], \"ikev2-profile\": \"two\" } } } } }";
/* clang-format on */

static struct cfg *
load(void)
{
	struct cfg_errors errs;
	struct cfg *c;

	cfg_errors_init(&errs);
	c = cfg_from_text(doc, sizeof(doc) - 1, NULL, &errs);
	for (uint32_t i = 0; i < errs.n_errors; i++)
		printf("%s: %s\n", errs.errors[i].path, errs.errors[i].message);
	cfg_errors_fini(&errs);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	return c;
}

static struct ike_peer_cfg
build(const struct cfg *c, const char *tunnel)
{
	struct cfg_key_index *keys = cfg_key_index_new(c);
	struct ike_peer_cfg p;
	char why[128] = "";

	CU_ASSERT_EQUAL_FATAL(
			peer_build(c, keys, cfg_tunnel_find(c, tunnel), 42, &p, why, sizeof(why)),
			0);
	cfg_key_index_free(keys);
	return p;
}

static void
test_all_given(void)
{
	struct cfg *c = load();
	struct ike_peer_cfg p = build(c, "a");

	CU_ASSERT_STRING_EQUAL(p.name, "a");
	CU_ASSERT_EQUAL(p.tun_id, 42);
	CU_ASSERT_EQUAL(p.local, 0x01010102);
	CU_ASSERT_EQUAL(p.remote, 0x02020202);
	CU_ASSERT_EQUAL(p.ts_proto, 47);
	CU_ASSERT_TRUE(p.transport && p.initiate && p.may_initiate);
	/* The longest match of the keyring, with its identity. */
	CU_ASSERT_EQUAL(p.psk_len, strlen("key-of-the-host"));
	CU_ASSERT_EQUAL(memcmp(p.psk, "key-of-the-host", p.psk_len), 0);
	CU_ASSERT_EQUAL(p.own_psk_len, strlen("key-of-the-hub"));
	CU_ASSERT_EQUAL(memcmp(p.own_psk, "key-of-the-hub", p.own_psk_len), 0);
	CU_ASSERT_EQUAL(p.remote_id.type, IKE_ID_RFC822_ADDR);
	CU_ASSERT_EQUAL(p.remote_id.len, strlen("branch@example.net"));
	CU_ASSERT_EQUAL(p.local_id.type, IKE_ID_FQDN);
	CU_ASSERT_EQUAL(memcmp(p.local_id.data, "hub.example.net", p.local_id.len), 0);
	/* Proposals in their order. */
	CU_ASSERT_EQUAL_FATAL(p.n_ike_proposals, 2);
	CU_ASSERT_EQUAL(p.ike_proposals[0].encr[0].id, IKE_ENCR_AES_GCM_16);
	CU_ASSERT_EQUAL(p.ike_proposals[0].n_integ, 0);
	CU_ASSERT_EQUAL(p.ike_proposals[0].prf[0], IKE_PRF_HMAC_SHA2_384);
	CU_ASSERT_EQUAL(p.ike_proposals[0].group[0], IKE_GROUP_MODP2048);
	CU_ASSERT_EQUAL(p.ike_proposals[1].n_encr, 2);
	CU_ASSERT_EQUAL(p.ike_proposals[1].encr[0].key_bits, 256);
	CU_ASSERT_EQUAL(p.ike_proposals[1].encr[1].key_bits, 128);
	CU_ASSERT_EQUAL(p.ike_proposals[1].integ[0], IKE_INTEG_HMAC_SHA2_384_192);
	CU_ASSERT_EQUAL(p.ike_proposals[1].prf[0], IKE_PRF_HMAC_SHA2_384);
	CU_ASSERT_EQUAL(p.ike_proposals[1].n_group, 2);
	CU_ASSERT_EQUAL(p.ike_proposals[1].group[0], IKE_GROUP_X25519);
	CU_ASSERT_EQUAL_FATAL(p.n_esp_proposals, 2);
	CU_ASSERT_EQUAL(p.esp_proposals[0].encr[0].key_bits, 256);
	CU_ASSERT_EQUAL(p.esp_proposals[0].n_integ, 0);
	CU_ASSERT_EQUAL(p.esp_proposals[1].integ[0], IKE_INTEG_HMAC_SHA1_96);
	CU_ASSERT_EQUAL(p.esp_proposals[1].group[0], IKE_GROUP_ECP256);
	CU_ASSERT_FALSE(p.esp_proposals[0].esn);
	/* Times and limits. */
	CU_ASSERT_EQUAL(p.ike_life_s, 7200);
	CU_ASSERT_EQUAL(p.dpd_interval_s, 30);
	CU_ASSERT_EQUAL(p.child_life_s, 600);
	CU_ASSERT_EQUAL(p.child_life_bytes, 5000 * 1024);
	cfg_free(c);
}

static void
test_defaults(void)
{
	struct cfg *c = load();
	struct ike_peer_cfg p = build(c, "b");
	static const uint8_t ours[4] = { 1, 1, 1, 2 }, theirs[4] = { 2, 2, 9, 9 };

	CU_ASSERT_EQUAL(memcmp(p.psk, "key-of-the-network", p.psk_len), 0);
	CU_ASSERT_EQUAL(p.local_id.type, IKE_ID_IPV4_ADDR);
	CU_ASSERT_EQUAL(p.local_id.len, 4);
	CU_ASSERT_EQUAL(memcmp(p.local_id.data, ours, 4), 0);
	CU_ASSERT_EQUAL(p.remote_id.type, IKE_ID_IPV4_ADDR);
	CU_ASSERT_EQUAL(memcmp(p.remote_id.data, theirs, 4), 0);
	CU_ASSERT_FALSE(p.initiate || p.may_initiate);
	CU_ASSERT_EQUAL(p.esp_proposals[0].n_group, 0);
	CU_ASSERT_TRUE(p.esp_proposals[0].esn);
	CU_ASSERT_EQUAL(p.child_life_s, 3600);
	CU_ASSERT_EQUAL(p.child_life_bytes, 0);
	CU_ASSERT_EQUAL(p.replay_window, 1024);
	CU_ASSERT_EQUAL(p.retransmit_tries, 5);
	cfg_free(c);
}

/* A tunnel without GRE: its policies' networks, or everything if there are none. */
static bool
is_range(const struct ike_ts *t, struct ip_range r)
{
	return ip_range_within(&t->addr, &r) && ip_range_within(&r, &t->addr);
}

static struct ip_prefix
net(const char *text)
{
	struct ip_prefix p;

	CU_ASSERT_EQUAL_FATAL(ip_prefix_parse(text, &p), 0);
	return p;
}

static void
test_networks(void)
{
	struct cfg *c = load();
	struct cfg_policy pol[2] = { { .name = "x",
					     .source = net("10.1.0.0/16"),
					     .destination = net("10.2.0.0/16"),
					     .protocol = "udp",
					     .destination_port = "53",
					     .action = CFG_POLICY_PROTECT,
					     .tunnel = "a" },
		{ .name = "y",
				.destination = net("11.0.0.0/8"),
				.protocol = "any",
				.action = CFG_POLICY_PROTECT,
				.tunnel = "b" } };
	struct ike_peer_cfg p;

	for (uint32_t i = 0; i < c->n_tunnels; i++)
		c->tunnels[i].mode = CFG_TUNNEL_IPSEC;
	p = build(c, "a");
	CU_ASSERT_FALSE(p.transport);
	CU_ASSERT_EQUAL(p.ts_local.n, 1);
	CU_ASSERT_TRUE(is_range(&p.ts_local.ts[0], ip_range_all(false)));
	CU_ASSERT_TRUE(p.ts_local.ts[0].port_lo == 0 && p.ts_local.ts[0].port_hi == UINT16_MAX);
	c->tunnels[0].address6.addr.b[0] = 0x20; /* routed into, and with an IPv6 address */
	p = build(c, c->tunnels[0].name);
	CU_ASSERT_TRUE_FATAL(p.ts_local.n == 2 && p.ts_remote.n == 2);
	CU_ASSERT_TRUE(is_range(&p.ts_local.ts[0], ip_range_all(false)));
	CU_ASSERT_TRUE(is_range(&p.ts_remote.ts[1], ip_range_all(true)));
	c->policies = pol;
	c->n_policies = 2;
	p = build(c, "a");
	CU_ASSERT_TRUE(p.ts_local.n == 1 && p.ts_remote.n == 1);
	CU_ASSERT_TRUE(is_range(&p.ts_local.ts[0], ip_range4(0x0a010000, 0x0a01ffff)));
	CU_ASSERT_EQUAL(p.ts_local.ts[0].proto, 17);
	CU_ASSERT_TRUE(is_range(&p.ts_remote.ts[0], ip_range4(0x0a020000, 0x0a02ffff)));
	CU_ASSERT_TRUE(p.ts_remote.ts[0].port_lo == 53 && p.ts_remote.ts[0].port_hi == 53);
	p = build(c, "b");
	CU_ASSERT_TRUE(is_range(&p.ts_remote.ts[0], ip_range4(0x0b000000, 0x0bffffff)));
	c->policies = NULL;
	c->n_policies = 0;
	cfg_free(c);
}

static void
test_missing(void)
{
	struct cfg *c = load();
	struct cfg_key_index *keys = cfg_key_index_new(c);
	struct cfg_tunnel t = *cfg_tunnel_find(c, "a");
	struct ike_peer_cfg p;
	char why[128] = "";

	t.destination = 0x08080808;
	CU_ASSERT_EQUAL(peer_build(c, keys, &t, 1, &p, why, sizeof(why)), -ENOENT);
	CU_ASSERT_STRING_EQUAL(why, "no pre-shared key for 8.8.8.8 is configured");
	strcpy(t.protection, "nosuch");
	CU_ASSERT_EQUAL(peer_build(c, keys, &t, 1, &p, why, sizeof(why)), -ENOENT);
	CU_ASSERT_STRING_EQUAL(why, "no IPsec profile nosuch is configured");
	cfg_key_index_free(keys);
	cfg_free(c);
}

static const struct cu_case cases[] = {
	CU_CASE(test_all_given),
	CU_CASE(test_defaults),
	CU_CASE(test_networks),
	CU_CASE(test_missing),
};

CU_MAIN("peer", cases)
