/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The one table; see schema.h. To add an option: a field in config.h, a row here, and what the
 * field does in the apply function of the module that acts on it. Then run culvert-config-doc, as
 * tests/unit/test_config_doc.c will remind you.
 *
 * CLI words follow Cisco IOS where it has the thing. The order of rows is the order in which
 * documents, commands and the reference manual show them.
 */
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "controlplane/config/builtin.h"
#include "controlplane/config/config.h"
#include "controlplane/config/model.h"
#include "controlplane/config/schema_rows.h"

/* clang-format off */
static const struct schema_value log_levels[] = {
	{ "error",   LVL_ERROR,   "what failed" },
	{ "warning", LVL_WARNING, "what may need attention" },
	{ "notice",  LVL_NOTICE,  "what changed: tunnels, links, configuration" },
	{ "info",    LVL_INFO,    "what is going on" },
	{ "debug",   LVL_DEBUG,   "everything" },
	{ NULL, 0, NULL },
};

#define PEM_PATTERN "^(/|-----BEGIN )"
#define PEM_HELP    "PEM, or the absolute path of a file that has it"

#define AES_VALUES(word, id, help)                                   \
	{ word "-128", id##_128, help ", 128-bit key" },             \
	{ word "-192", id##_192, help ", 192-bit key" },             \
	{ word "-256", id##_256, help ", 256-bit key" }
#define CIPHERS                                                                                 \
	AES_VALUES("aes-cbc", CFG_ENC_AES_CBC, "AES-CBC (RFC 3602); needs integrity"),          \
	AES_VALUES("aes-gcm", CFG_ENC_AES_GCM, "AES-GCM-16 (RFC 4106, RFC 5282)"),              \
	AES_VALUES("aes-gcm12", CFG_ENC_AES_GCM12, "AES-GCM-12 (RFC 4106, RFC 5282)"),          \
	AES_VALUES("aes-gcm8", CFG_ENC_AES_GCM8, "AES-GCM-8 (RFC 4106, RFC 5282)"),             \
	AES_VALUES("aes-ctr", CFG_ENC_AES_CTR, "AES-CTR (RFC 3686, RFC 5930); needs integrity"), \
	{ "chacha20-poly1305", CFG_ENC_CHACHA20_POLY1305, "ChaCha20-Poly1305 (RFC 7634)" },     \
	{ "3des", CFG_ENC_3DES, "3DES-CBC (RFC 2451); needs integrity; for old peers only" }

static const struct schema_value ciphers[] = {
	CIPHERS,
	{ NULL, 0, NULL },
};

static const struct schema_value esp_ciphers[] = {
	CIPHERS,
	AES_VALUES("aes-gmac", CFG_ENC_AES_GMAC, "AES-GMAC (RFC 4543), not encrypted"),
	{ "null", CFG_ENC_NULL, "not encrypted (RFC 2410); needs integrity" },
	{ NULL, 0, NULL },
};

static const struct schema_value hashes[] = {
	{ "sha1",     CFG_HASH_SHA1,     "HMAC-SHA1-96 (RFC 2404); for old peers only" },
	{ "sha256",   CFG_HASH_SHA256,   "HMAC-SHA2-256-128 (RFC 4868)" },
	{ "sha384",   CFG_HASH_SHA384,   "HMAC-SHA2-384-192 (RFC 4868)" },
	{ "sha512",   CFG_HASH_SHA512,   "HMAC-SHA2-512-256 (RFC 4868)" },
	{ "aes-xcbc", CFG_HASH_AES_XCBC, "AES-XCBC-96 (RFC 3566)" },
	{ "aes-cmac", CFG_HASH_AES_CMAC, "AES-CMAC-96 (RFC 4494)" },
	{ NULL, 0, NULL },
};

static const struct schema_value prfs[] = {
	{ "sha1",     CFG_HASH_SHA1,     "HMAC-SHA1 (RFC 2104); for old peers only" },
	{ "sha256",   CFG_HASH_SHA256,   "HMAC-SHA2-256 (RFC 4868)" },
	{ "sha384",   CFG_HASH_SHA384,   "HMAC-SHA2-384 (RFC 4868)" },
	{ "sha512",   CFG_HASH_SHA512,   "HMAC-SHA2-512 (RFC 4868)" },
	{ "aes-xcbc", CFG_HASH_AES_XCBC, "AES-XCBC-PRF-128 (RFC 4434)" },
	{ "aes-cmac", CFG_HASH_AES_CMAC, "AES-CMAC-PRF-128 (RFC 4615)" },
	{ NULL, 0, NULL },
};

static const struct schema_value groups[] = {
	{ "2",  2,  "MODP, 1024 bits (RFC 2409); for old peers only" },
	{ "5",  5,  "MODP, 1536 bits (RFC 3526); for old peers only" },
	{ "14", 14, "MODP, 2048 bits (RFC 3526)" },
	{ "15", 15, "MODP, 3072 bits (RFC 3526)" },
	{ "16", 16, "MODP, 4096 bits (RFC 3526)" },
	{ "19", 19, "ECP, 256 bits: NIST P-256 (RFC 5903)" },
	{ "20", 20, "ECP, 384 bits: NIST P-384 (RFC 5903)" },
	{ "21", 21, "ECP, 521 bits: NIST P-521 (RFC 5903)" },
	{ "31", 31, "Curve25519 (RFC 8031)" },
	{ "32", 32, "Curve448 (RFC 8031)" },
	{ NULL, 0, NULL },
};

static const struct schema_value ipsec_modes[] = {
	{ "transport", CFG_MODE_TRANSPORT, "ESP around GRE alone: the shortest packets" },
	{ "tunnel",    CFG_MODE_TUNNEL,    "ESP around the GRE packet with its IP header" },
	{ "either",    CFG_MODE_EITHER,    "ask for transport mode, accept tunnel mode" },
	{ NULL, 0, NULL },
};

static const struct schema_value ike_versions[] = {
	{ "ikev2", CFG_IKE_V2, "RFC 7296" },
	{ "ikev1", CFG_IKE_V1, "RFC 2409, for peers that know nothing newer" },
	{ NULL, 0, NULL },
};

static const struct schema_value authns[] = {
	{ "pre-share",   CFG_AUTHN_PSK,   "pre-shared key, of the keyring" },
	{ "certificate", CFG_AUTHN_CERT,  "certificate with any kind of key" },
	{ "rsa-sig",     CFG_AUTHN_RSA,   "certificate with an RSA key" },
	{ "ecdsa-sig",   CFG_AUTHN_ECDSA, "certificate with an ECDSA key: P-256, P-384 or P-521" },
	{ "eddsa-sig",   CFG_AUTHN_EDDSA, "certificate with an Ed25519 key (RFC 8420)" },
	{ NULL, 0, NULL },
};

static const struct schema_value revocations[] = {
	{ "crl",    CFG_REVOCATION_CRL,    "by the CRLs there are, even if they are old" },
	{ "strict", CFG_REVOCATION_STRICT, "a current CRL of every CA involved is needed" },
	{ "none",   CFG_REVOCATION_NONE,   "CRLs are not looked at" },
	{ NULL, 0, NULL },
};

static const struct schema_value proposal_checks[] = {
	{ "obey",   CFG_CHECK_OBEY,   "the initiator's lifetimes are taken" },
	{ "claim",  CFG_CHECK_CLAIM,  "shorter ones are taken, instead of longer ones ours, and the "
				      "initiator is told" },
	{ "strict", CFG_CHECK_STRICT, "longer ones than ours are refused" },
	{ "exact",  CFG_CHECK_EXACT,  "all that differ are refused" },
	{ NULL, 0, NULL },
};

static const struct schema_value dpd_modes[] = {
	{ "periodic",  CFG_DPD_PERIODIC,  "whenever nothing was heard for the interval" },
	{ "on-demand", CFG_DPD_ON_DEMAND, "only when something was sent since" },
	{ "disabled",  CFG_DPD_DISABLED,  "never" },
	{ NULL, 0, NULL },
};

static const struct schema_value tunnel_modes[] = {
	{ "gre",   CFG_TUNNEL_GRE,   "GRE (RFC 2784), protected or not" },
	{ "gre-multipoint", CFG_TUNNEL_MGRE, "GRE to many far ends, given by nhrp-maps" },
	{ "ipsec", CFG_TUNNEL_IPSEC, "IP packets in ESP tunnel mode (RFC 4303), without GRE" },
	{ NULL, 0, NULL },
};

static const struct schema_value policy_actions[] = {
	{ "protect", CFG_POLICY_PROTECT, "through the tunnel, both ways, or not at all" },
	{ "bypass",  CFG_POLICY_BYPASS,  "as the routes say, in the clear" },
	{ "discard", CFG_POLICY_DISCARD, "dropped" },
	{ NULL, 0, NULL },
};

static const struct schema_value dfs[] = {
	{ "copy",  CFG_DF_COPY,  "as the inner packet has it" },
	{ "set",   CFG_DF_SET,   "on all outer packets" },
	{ "clear", CFG_DF_CLEAR, "on none" },
	{ NULL, 0, NULL },
};

static const struct schema_value initiations[] = {
	{ "always",  CFG_INITIATE_ALWAYS,  "at once, and again whenever the tunnel goes down" },
	{ "traffic", CFG_INITIATE_TRAFFIC, "when there is a packet to send" },
	{ "never",   CFG_INITIATE_NEVER,   "the peer calls" },
	{ NULL, 0, NULL },
};
/* clang-format on */

/* ---- defaults that depend on other options ------------------------------------------------- */

static void
derive_port(void *entry)
{
	struct cfg_interface *i = entry;

	memcpy(i->port, i->name, sizeof(i->port));
}

static bool
has_cbc(const struct cfg_ike_proposal *p)
{
	for (unsigned int i = 0; i < p->encryption.n; i++)
		if (!cfg_encryption_is_aead(p->encryption.v[i]))
			return true;
	return false;
}

static void
derive_integrity(void *entry)
{
	struct cfg_ike_proposal *p = entry;

	if (has_cbc(p))
		p->integrity = (struct cfg_list){ .v = { CFG_HASH_SHA256 }, .n = 1 };
}

static void
derive_prf(void *entry)
{
	struct cfg_ike_proposal *p = entry;

	p->prf = p->integrity;
	if (p->prf.n == 0)
		p->prf = (struct cfg_list){ .v = { CFG_HASH_SHA256 }, .n = 1 };
}

static void
derive_peer_identity(void *entry)
{
	struct cfg_tunnel *t = entry;

	memcpy(t->peer_identity, t->destination_name, sizeof(t->destination_name));
}

static void
derive_protection(void *entry)
{
	struct cfg_tunnel *t = entry;

	if (t->ipsec_secret[0] != '\0')
		snprintf(t->protection, sizeof(t->protection), "%s", CFG_BUILTIN);
}

static void
derive_dpd_retry(void *entry)
{
	struct cfg_ike_profile *p = entry;

	p->dpd_retry_s = p->dpd_interval_s != 0 && p->dpd_interval_s < 3 ? p->dpd_interval_s : 3;
}

/* clang-format off */
/* ---- the table ----------------------------------------------------------------------------- */

static const struct schema_node system_rows[] = {
	{ .name = "hostname", .type = SCHEMA_STRING, AT(cfg_system, hostname),
	  .min = 1, .max = 63, .def = "culvert", .cli = "hostname",
	  .pattern = "^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$",
	  .pattern_help = "letters, digits, hyphens and dots",
	  .help = "Name of this appliance, shown in the prompt and in answers" },
	{ .name = "log-level", .type = SCHEMA_ENUM, AT(cfg_system, log_level),
	  .values = log_levels, .def = "notice", .cli = "logging level",
	  .help = "Least important messages that are still logged" },
	{ .name = "icmp-error-pps", .type = SCHEMA_INTEGER, AT(cfg_system, icmp_error_pps),
	  .min = 0, .max = 100000, .def = "1000", .unit = "packets/s",
	  .cli = "ip icmp rate-limit error",
	  .help = "ICMP errors sent at most, per worker (RFC 1812 section 4.3.2.8)" },
	{ .name = "icmp-echo-pps", .type = SCHEMA_INTEGER, AT(cfg_system, icmp_echo_pps),
	  .min = 0, .max = 1000000, .def = "10000", .unit = "packets/s",
	  .cli = "ip icmp rate-limit echo",
	  .help = "ICMP echo replies sent at most, per worker" },
	{ .name = "audit-seconds", .type = SCHEMA_INTEGER, AT(cfg_system, audit_s),
	  .min = 0, .max = 86400, .def = "60", .unit = "s", .cli = "crypto audit",
	  .help = "How often SAs are compared between IKE and the dataplane; 0: never" },
	{ .name = "reassembly-timeout-ms", .type = SCHEMA_INTEGER, AT(cfg_system, reass_ms),
	  .min = 100, .max = 60000, .def = "1000", .unit = "ms", .cli = "ip reassembly timeout",
	  .help = "How long fragments for this appliance wait for the others (RFC 791)" },
	{ .name = "reassembly-packets", .type = SCHEMA_INTEGER, AT(cfg_system, reass_packets),
	  .min = 1, .max = 65536, .def = "1024", .unit = "packets",
	  .cli = "ip reassembly max-packets",
	  .help = "Packets in reassembly at a time, per worker" },
	{ .name = "reassembly-per-source", .type = SCHEMA_INTEGER, AT(cfg_system, reass_per_src),
	  .min = 1, .max = 65536, .def = "256", .unit = "packets",
	  .cli = "ip reassembly max-per-source",
	  .help = "Packets in reassembly of one source address, per worker" },
	{ .name = "arp-hold-ms", .type = SCHEMA_INTEGER, AT(cfg_system, hold_ms),
	  .min = 0, .max = 10000, .def = "1000", .unit = "ms", .cli = "arp hold",
	  .help = "How long a packet waits for its neighbour's MAC address" },
	{ .name = "name-servers", .type = SCHEMA_STRING, AT(cfg_system, name_servers),
	  .min = 7, .max = CFG_TEXT_MAX - 1, .cli = "ip name-server",
	  .pattern = "^[0-9.]+(:[0-9]+)?( [0-9.]+(:[0-9]+)?)*$",
	  .pattern_help = "IPv4 addresses, each with :PORT if it is not 53, a blank between",
	  .help = "Servers of DNS, reached by the operating system; without it /etc/resolv.conf" },
	{ .name = "name-refresh-seconds", .type = SCHEMA_INTEGER, AT(cfg_system, name_refresh_s),
	  .min = 5, .max = 86400, .def = "300", .unit = "s", .cli = "ip name-refresh",
	  .help = "Names of tunnels' far ends are asked for again at least so often, and when "
		  "their time to live is over" },
	{ .name = "arp-timeout-seconds", .type = SCHEMA_INTEGER, AT(cfg_system, arp_timeout_s),
	  .min = 10, .max = 86400, .def = "1200", .unit = "s", .cli = "arp timeout",
	  .help = "Age at which a neighbour is asked again" },
};

#define X(id, word, rate_def, burst_def)                                                        \
static const struct schema_node punt_##word##_rows[] = {                                        \
	{ .name = "rate", .type = SCHEMA_INTEGER, AT(cfg_punt, rate),                           \
	  .min = 1, .max = 1000000, .def = #rate_def, .unit = "packets/s", .cli = "rate",       \
	  .help = "Packets per second that reach the control plane, per worker" },              \
	{ .name = "burst", .type = SCHEMA_INTEGER, AT(cfg_punt, burst),                         \
	  .min = 1, .max = 511, .def = #burst_def, .unit = "packets", .cli = "burst",           \
	  .help = "Packets that may come at once, per worker" },                                \
};
CHAN_PUNT_DEFAULTS(X)
#undef X

#define PUNT_GROUP(word, id, text)                                                              \
	{ .name = #word, .type = SCHEMA_OBJECT, GROUP(cfg, punt[CHAN_CLASS_##id], punt_##word##_rows), \
	  .cli = #word, .help = text }
static const struct schema_node control_plane_rows[] = {
	PUNT_GROUP(arp, ARP, "Address resolution"),
	PUNT_GROUP(ike, IKE, "Key exchange: UDP ports 500 and 4500"),
	PUNT_GROUP(ospf, OSPF, "OSPF; Hellos are counted apart from the rest"),
	PUNT_GROUP(vrrp, VRRP, "VRRP advertisements"),
	PUNT_GROUP(nhrp, NHRP, "NHRP"),
	PUNT_GROUP(icmp, ICMP, "ICMP for us other than echo requests"),
	PUNT_GROUP(other, OTHER, "All else"),
	PUNT_GROUP(keepalive, KEEPALIVE, "GRE keepalives of ours that have come back"),
};
static_assert(N_ROWS(control_plane_rows) == CHAN_N_CLASSES, "a group for each class");

static const struct schema_node interface_rows[] = {
	{ .name = "description", .type = SCHEMA_STRING, AT(cfg_interface, description),
	  .min = 1, .max = CFG_TEXT_MAX - 1, .cli = "description", .help = "What it is for" },
	{ .name = "enabled", .type = SCHEMA_BOOLEAN, AT(cfg_interface, enabled),
	  .flags = SCHEMA_INVERTED, .def = "true", .cli = "shutdown",
	  .help = "Whether it carries traffic" },
	{ .name = "port", .type = SCHEMA_STRING, AT(cfg_interface, port),
	  .min = 1, .max = CFG_NAME_MAX - 1, .cli = "port",
	  .pattern = "^[!-~]+$", .pattern_help = "no spaces",
	  .derive = derive_port, .derive_help = "the interface's name",
	  .help = "Port of the dataplane: its name, PCI address, or kernel interface" },
	{ .name = "vlan", .type = SCHEMA_INTEGER, AT(cfg_interface, vlan),
	  .min = 0, .max = 4094, .def = "0", .cli = "encapsulation dot1q",
	  .help = "802.1Q VLAN on the port; 0: untagged" },
	{ .name = "mtu", .type = SCHEMA_INTEGER, AT(cfg_interface, mtu),
	  .min = 576, .max = 9600, .def = "1500", .unit = "bytes", .cli = "mtu",
	  .help = "Longest IP packet" },
	{ .name = "address", .type = SCHEMA_ADDRESSES, AT_ARRAY(cfg_interface, addrs, n_addrs),
	  .min = 0, .max = CFG_ADDRS_MAX, .cli = "ip address",
	  .help = "Our addresses; the first is the source of ICMP errors" },
	{ .name = "ipv6-address", .type = SCHEMA_ADDRESSES6,
	  AT_ARRAY(cfg_interface, addrs6, n_addrs6), .min = 0, .max = CFG_ADDRS6_MAX,
	  .cli = "ipv6 address",
	  .help = "Our IPv6 addresses; a link-local one, made of the MAC address, comes with them" },
	{ .name = "ospf", .type = SCHEMA_OBJECT, GROUP(cfg_interface, ospf, schema_ospf_if_rows),
	  .cli = "ip ospf", .help = "OSPF there" },
	{ .name = "vrrp", .type = SCHEMA_MAP, .flags = SCHEMA_INLINE,
	  ENTRIES_OF(cfg_interface, cfg_vrrp, vrrps, n_vrrps, schema_vrrp_rows),
	  .max = CHAN_IF_VMACS, .cli = "vrrp", .key_help = "number of the virtual router, 1-255",
	  .pattern = "^([1-9]|[1-9][0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])$",
	  .pattern_help = "a number from 1 to 255",
	  .help = "Virtual routers: addresses that move to another router when this one fails "
		  "(RFC 9568)" },
};

static const struct schema_node tunnel_rows[] = {
	{ .name = "description", .type = SCHEMA_STRING, AT(cfg_tunnel, description),
	  .min = 1, .max = CFG_TEXT_MAX - 1, .cli = "description", .help = "What it is for" },
	{ .name = "enabled", .type = SCHEMA_BOOLEAN, AT(cfg_tunnel, enabled),
	  .flags = SCHEMA_INVERTED, .def = "true", .cli = "shutdown",
	  .help = "Whether it carries traffic" },
	{ .name = "mode", .type = SCHEMA_ENUM, AT(cfg_tunnel, mode),
	  .values = tunnel_modes, .def = "gre", .cli = "tunnel mode",
	  .help = "What packets are put into" },
	{ .name = "source", .type = SCHEMA_IPV4, AT(cfg_tunnel, source),
	  .flags = SCHEMA_REQUIRED, .cli = "tunnel source",
	  .help = "Our end: an address of one of the interfaces" },
	{ .name = "destination", .type = SCHEMA_IPV4, AT(cfg_tunnel, destination),
	  .cli = "tunnel destination",
	  .help = "The far end; without it the peer calls and its address is learned" },
	{ .name = "destination-name", .type = SCHEMA_STRING, AT(cfg_tunnel, destination_name),
	  .min = 1, .max = CFG_TEXT_MAX - 1, .cli = "tunnel destination-name",
	  .pattern = "^[A-Za-z0-9_-]([A-Za-z0-9_.-]*[A-Za-z0-9_-])?$",
	  .pattern_help = "a domain name",
	  .help = "The far end by its name, which is looked up again and again" },
	{ .name = "destination-next-hop", .type = SCHEMA_IPV4, AT(cfg_tunnel, next_hop),
	  .cli = "tunnel destination-next-hop",
	  .help = "Neighbour, such as an ISP's router, by which alone the far end is reached; "
		  "without it as the routes say" },
	{ .name = "peer-identity", .type = SCHEMA_IDENTITY, AT(cfg_tunnel, peer_identity),
	  .min = 1, .max = CFG_ID_MAX - 1, .cli = "tunnel peer-identity",
	  .derive = derive_peer_identity, .derive_help = "destination-name, if there is one",
	  .help = "IKE identity of the far end; without it by the keyring or the IKEv2 profile" },
	{ .name = "address", .type = SCHEMA_ADDRESS, AT(cfg_tunnel, address),
	  .cli = "ip address", .help = "Our address inside; without it the tunnel is unnumbered" },
	{ .name = "ipv6-address", .type = SCHEMA_ADDRESS6, AT(cfg_tunnel, address6),
	  .cli = "ipv6 address", .help = "Our IPv6 address inside" },
	{ .name = "mtu", .type = SCHEMA_INTEGER, AT(cfg_tunnel, mtu),
	  .min = 576, .max = 9000, .zero_too = true, .def = "1400", .unit = "bytes",
	  .cli = "ip mtu",
	  .help = "Longest IP packet inside; 0: as long as the outer packet stays whole" },
	{ .name = "ttl", .type = SCHEMA_INTEGER, AT(cfg_tunnel, ttl),
	  .min = 1, .max = 255, .zero_too = true, .def = "64", .cli = "tunnel ttl",
	  .help = "TTL of outer packets; 0: copied from inside" },
	{ .name = "tos", .type = SCHEMA_INTEGER, AT_HAS(cfg_tunnel, tos, has_tos),
	  .min = 0, .max = 255, .cli = "tunnel tos",
	  .help = "TOS byte of outer packets; without it copied from inside" },
	{ .name = "df", .type = SCHEMA_ENUM, AT(cfg_tunnel, df), .values = dfs, .def = "copy",
	  .cli = "tunnel df", .help = "Don't Fragment of outer packets" },
	{ .name = "ignore-df", .type = SCHEMA_BOOLEAN, AT(cfg_tunnel, ignore_df), .def = "false",
	  .cli = "tunnel ignore-df",
	  .help = "Fragment packets that are too long even if they have Don't Fragment" },
	{ .name = "fragment-after", .type = SCHEMA_BOOLEAN, AT(cfg_tunnel, fragment_after),
	  .def = "false", .cli = "tunnel fragment-after",
	  .help = "Fragment outer packets, after encryption; else inner packets, before" },
	{ .name = "clamp-tcp-mss", .type = SCHEMA_BOOLEAN, AT(cfg_tunnel, clamp_mss),
	  .def = "true", .cli = "ip tcp clamp-mss",
	  .help = "Lower the maximum segment size of TCP connections to what the MTU leaves" },
	{ .name = "tcp-mss", .type = SCHEMA_INTEGER, AT_HAS(cfg_tunnel, mss, has_mss),
	  .min = 108, .max = 9000, .unit = "bytes", .cli = "ip tcp adjust-mss",
	  .help = "Lower it to this instead; 20 less for IPv6" },
	{ .name = "path-mtu-discovery", .type = SCHEMA_BOOLEAN, AT(cfg_tunnel, pmtud),
	  .def = "true", .cli = "tunnel path-mtu-discovery",
	  .help = "Believe ICMP that our outer packets are too long for the path, when it quotes "
		  "one of them (RFC 4301 section 6)" },
	{ .name = "path-mtu-min", .type = SCHEMA_INTEGER, AT(cfg_tunnel, path_mtu_min),
	  .min = 256, .max = 9000, .def = "576", .unit = "bytes", .cli = "tunnel path-mtu-min",
	  .help = "Least path MTU that is believed" },
	{ .name = "path-mtu-age-seconds", .type = SCHEMA_INTEGER, AT(cfg_tunnel, path_mtu_age_s),
	  .min = 60, .max = 86400, .def = "600", .unit = "s", .cli = "tunnel path-mtu-age",
	  .help = "How long it is believed" },
	{ .name = "keepalive-seconds", .type = SCHEMA_INTEGER, AT(cfg_tunnel, keepalive_s),
	  .min = 1, .max = 32767, .zero_too = true, .def = "0", .unit = "s",
	  .cli = "keepalive interval",
	  .help = "Send GRE keepalives this often; 0: none. The peer's are answered always" },
	{ .name = "keepalive-retries", .type = SCHEMA_INTEGER, AT(cfg_tunnel, keepalive_retries),
	  .min = 1, .max = 255, .def = "3", .cli = "keepalive retries",
	  .help = "Keepalives in a row without an answer until the tunnel is down" },
	{ .name = "key", .type = SCHEMA_INTEGER, AT_HAS(cfg_tunnel, key, has_key),
	  .min = 0, .max = UINT32_MAX, .cli = "tunnel key",
	  .help = "GRE key (RFC 2890), the same at both ends" },
	{ .name = "checksum", .type = SCHEMA_BOOLEAN, AT(cfg_tunnel, checksum), .def = "false",
	  .cli = "tunnel checksum", .help = "Send a GRE checksum (RFC 2784)" },
	{ .name = "sequence", .type = SCHEMA_BOOLEAN, AT(cfg_tunnel, sequence), .def = "false",
	  .cli = "tunnel sequence", .help = "Send GRE sequence numbers (RFC 2890)" },
	{ .name = "ospf", .type = SCHEMA_OBJECT, GROUP(cfg_tunnel, ospf, schema_ospf_if_rows),
	  .cli = "ip ospf", .help = "OSPF there" },
	{ .name = "ipsec-secret", .type = SCHEMA_STRING, AT(cfg_tunnel, ipsec_secret),
	  .flags = SCHEMA_SECRET, .min = 1, .max = CFG_PSK_MAX - 1, .cli = "tunnel ipsec-secret",
	  .help = "Protection by this secret alone: IKEv2 with usual algorithms, without a profile "
		  "and a key of its own" },
	{ .name = "protection", .type = SCHEMA_REF, AT(cfg_tunnel, protection),
	  .ref = "/crypto/ipsec/profiles", .cli = "tunnel protection",
	  .derive = derive_protection, .derive_help = "ipsec-secret, if there is one",
	  .help = "IPsec profile; without it packets leave in the clear" },
	{ .name = "track", .type = SCHEMA_REF, AT(cfg_tunnel, track), .ref = "/tracks",
	  .cli = "tunnel track",
	  .help = "Tracked object: nothing is routed into the tunnel while it is down" },
	{ .name = "group", .type = SCHEMA_INTEGER, AT(cfg_tunnel, group_limit),
	  .min = 0, .max = 65536, .def = "0", .unit = "branches", .cli = "tunnel group",
	  .help = "Not a tunnel but a model: a tunnel like it for each branch whose identity fits, "
		  "so many at most; 0: a tunnel" },
	{ .name = "group-pool", .type = SCHEMA_PREFIX, AT_HAS(cfg_tunnel, group_pool, has_group_pool),
	  .cli = "tunnel group-pool",
	  .help = "Addresses inside, two for each branch, ours the even one; without it "
		  "unnumbered" },
	{ .name = "group-timeout-seconds", .type = SCHEMA_INTEGER, AT(cfg_tunnel, group_timeout_s),
	  .min = 5, .max = 2592000, .def = "300", .unit = "s", .cli = "tunnel group-timeout",
	  .help = "A branch's tunnel that is down for so long is removed" },
	{ .name = "group-idle-seconds", .type = SCHEMA_INTEGER, AT(cfg_tunnel, group_idle_s),
	  .min = 10, .max = 2592000, .zero_too = true, .def = "0", .unit = "s",
	  .cli = "tunnel group-idle",
	  .help = "A branch's tunnel in which nothing has come for so long is removed; 0: never" },
};

/* One command line each: ip route PREFIX [INTERFACE] [VIA] [null0] [distance N] [tag N]
 * [track NAME]. */
static const struct schema_node route_rows[] = {
	{ .name = "prefix", .type = SCHEMA_PREFIX, AT(cfg_route, prefix),
	  .flags = SCHEMA_REQUIRED | SCHEMA_KEY, .cli = "", .help = "Destination" },
	{ .name = "interface", .type = SCHEMA_REF, AT(cfg_route, interface),
	  .flags = SCHEMA_KEY, .ref = "/interfaces /tunnels", .cli = "",
	  .help = "Tunnel; or interface, together with a next hop" },
	{ .name = "via", .type = SCHEMA_IPV4, AT(cfg_route, next_hop),
	  .flags = SCHEMA_KEY, .cli = "", .help = "Next hop" },
	{ .name = "null", .type = SCHEMA_BOOLEAN, AT(cfg_route, null), .def = "false",
	  .flags = SCHEMA_KEY, .cli = "null0", .help = "Discard packets, answer unreachable" },
	{ .name = "distance", .type = SCHEMA_INTEGER, AT(cfg_route, distance),
	  .min = 1, .max = 255, .def = "1", .cli = "distance",
	  .help = "Administrative distance: the lowest of several routes is used" },
	{ .name = "tag", .type = SCHEMA_INTEGER, AT(cfg_route, tag),
	  .min = 0, .max = UINT32_MAX, .def = "0", .cli = "tag",
	  .help = "Number that goes with the route when it is redistributed" },
	{ .name = "track", .type = SCHEMA_STRING, AT(cfg_route, track),
	  .min = 1, .max = CFG_NAME_MAX - 1, .cli = "track", .pattern = SCHEMA_NAME_PATTERN,
	  .pattern_help = "name or number of a tracked object",
	  .help = "Used only while this object is up" },
};

/* ip nhrp map TUNNEL ADDRESS nbma ADDRESS [multicast false] */
static const struct schema_node nhrp_map_rows[] = {
	{ .name = "tunnel", .type = SCHEMA_REF, AT(cfg_nhrp_map, tunnel),
	  .flags = SCHEMA_REQUIRED | SCHEMA_KEY, .ref = "/tunnels", .cli = "",
	  .help = "Tunnel of mode gre-multipoint" },
	{ .name = "address", .type = SCHEMA_IPV4, AT(cfg_nhrp_map, address),
	  .flags = SCHEMA_REQUIRED | SCHEMA_KEY, .cli = "",
	  .help = "Address of the far end inside the tunnel" },
	{ .name = "nbma", .type = SCHEMA_IPV4, AT(cfg_nhrp_map, nbma),
	  .flags = SCHEMA_REQUIRED, .cli = "nbma",
	  .help = "Its address outside, where packets for it are sent" },
	{ .name = "multicast", .type = SCHEMA_BOOLEAN, AT(cfg_nhrp_map, multicast), .def = "true",
	  .cli = "multicast", .help = "It gets a copy of the tunnel's multicast" },
};

/* The same for IPv6: ipv6 route ... */
static const struct schema_node route6_rows[] = {
	{ .name = "prefix", .type = SCHEMA_PREFIX6, AT(cfg_route6, prefix),
	  .flags = SCHEMA_REQUIRED | SCHEMA_KEY, .cli = "", .help = "Destination" },
	{ .name = "interface", .type = SCHEMA_REF, AT(cfg_route6, interface),
	  .flags = SCHEMA_KEY, .ref = "/interfaces /tunnels", .cli = "",
	  .help = "Tunnel; or interface, together with a next hop" },
	{ .name = "via", .type = SCHEMA_IPV6, AT(cfg_route6, next_hop),
	  .flags = SCHEMA_KEY, .cli = "", .help = "Next hop; a link-local one needs the interface" },
	{ .name = "null", .type = SCHEMA_BOOLEAN, AT(cfg_route6, null), .def = "false",
	  .flags = SCHEMA_KEY, .cli = "null0", .help = "Discard packets, answer unreachable" },
	{ .name = "distance", .type = SCHEMA_INTEGER, AT(cfg_route6, distance),
	  .min = 1, .max = 255, .def = "1", .cli = "distance",
	  .help = "Administrative distance: the lowest of several routes is used" },
};

static const struct schema_node proposal_rows[] = {
	{ .name = "encryption", .type = SCHEMA_ENUMS, AT(cfg_ike_proposal, encryption),
	  .min = 1, .max = CFG_LIST_MAX, .values = ciphers, .def = "aes-cbc-128",
	  .cli = "encryption",
	  .help = "Ciphers; AEADs, such as AES-GCM, and others take a proposal each" },
	{ .name = "integrity", .type = SCHEMA_ENUMS, AT(cfg_ike_proposal, integrity),
	  .min = 1, .max = CFG_LIST_MAX, .values = hashes, .cli = "integrity",
	  .derive = derive_integrity, .derive_help = "sha256, none with AES-GCM and other AEADs",
	  .help = "Integrity algorithms; not with AEADs" },
	{ .name = "prf", .type = SCHEMA_ENUMS, AT(cfg_ike_proposal, prf),
	  .min = 1, .max = CFG_LIST_MAX, .values = prfs, .cli = "prf",
	  .derive = derive_prf, .derive_help = "as integrity, or sha256 with AEADs",
	  .help = "Pseudo-random functions" },
	{ .name = "group", .type = SCHEMA_INTEGERS, AT(cfg_ike_proposal, group),
	  .min = 1, .max = CFG_LIST_MAX, .values = groups, .def = "14", .cli = "group",
	  .help = "Diffie-Hellman groups, by their IANA numbers" },
};

static const struct schema_node key_rows[] = {
	{ .name = "address", .type = SCHEMA_PREFIX, AT_HAS(cfg_ike_key, address, has_address),
	  .cli = "address",
	  .help = "Peers it is for; the longest match wins. Without it by identity alone" },
	{ .name = "identity", .type = SCHEMA_IDENTITY, AT(cfg_ike_key, identity),
	  .min = 1, .max = CFG_ID_MAX - 1, .cli = "identity",
	  .help = "Who the peer must say it is; without it its address" },
	{ .name = "pre-shared-key", .type = SCHEMA_STRING, AT(cfg_ike_key, psk),
	  .flags = SCHEMA_SECRET, .min = 1, .max = CFG_PSK_MAX - 1,
	  .cli = "pre-shared-key", .help = "The secret both ends know" },
	{ .name = "ppk", .type = SCHEMA_STRING, AT(cfg_ike_key, ppk),
	  .flags = SCHEMA_SECRET, .min = 1, .max = CFG_PSK_MAX - 1, .cli = "ppk key",
	  .help = "Post-quantum pre-shared key, mixed into the keys (RFC 8784)" },
	{ .name = "ppk-identity", .type = SCHEMA_STRING, AT(cfg_ike_key, ppk_identity),
	  .min = 1, .max = 63, .cli = "ppk identity", .help = "What both ends call it" },
	{ .name = "ppk-required", .type = SCHEMA_BOOLEAN, AT(cfg_ike_key, ppk_required),
	  .def = "true", .cli = "ppk required",
	  .help = "Refuse a peer that does not use it; else go on without" },
};

static const struct schema_node ike_profile_rows[] = {
	{ .name = "proposals", .type = SCHEMA_REFS, AT(cfg_ike_profile, proposals),
	  .min = 1, .max = CFG_LIST_MAX, .ref = "/crypto/ikev2/proposals", .def = "default",
	  .cli = "proposal", .help = "Proposals, in order of preference" },
	{ .name = "version", .type = SCHEMA_ENUM, AT(cfg_ike_profile, version),
	  .values = ike_versions, .def = "ikev2", .cli = "version",
	  .help = "Version of IKE that is spoken with these peers" },
	{ .name = "aggressive-mode", .type = SCHEMA_BOOLEAN, AT(cfg_ike_profile, aggressive),
	  .def = "false", .cli = "aggressive-mode",
	  .help = "IKEv1's aggressive mode instead of main mode: it shows identities, and lets an "
		  "eavesdropper guess at the pre-shared key" },
	{ .name = "proposal-check", .type = SCHEMA_ENUM, AT(cfg_ike_profile, proposal_check),
	  .values = proposal_checks, .def = "claim", .cli = "proposal-check",
	  .help = "IKEv1: what is made of lifetimes that a caller wants" },
	{ .name = "local-identity", .type = SCHEMA_IDENTITY, AT(cfg_ike_profile, local_identity),
	  .min = 1, .max = CFG_ID_MAX - 1, .cli = "identity local",
	  .help = "Who we say we are; without it our certificate's subject, or the tunnel's source "
		  "address" },
	{ .name = "match-identity", .type = SCHEMA_IDENTITY, AT(cfg_ike_profile, match_identity),
	  .min = 1, .max = CFG_ID_MAX - 1, .cli = "match identity remote",
	  .help = "Who peers must be of which neither tunnel nor keyring says it; * stands for "
		  "any text: *.branches.example.com, CN=*, O=Example" },
	{ .name = "authentication-local", .type = SCHEMA_ENUM, AT(cfg_ike_profile, auth_local),
	  .values = authns, .def = "pre-share", .cli = "authentication local",
	  .help = "How we prove who we are" },
	{ .name = "authentication-remote", .type = SCHEMA_ENUM, AT(cfg_ike_profile, auth_remote),
	  .values = authns, .def = "pre-share", .cli = "authentication remote",
	  .help = "How peers must prove who they are" },
	{ .name = "trustpoint", .type = SCHEMA_REF, AT(cfg_ike_profile, trustpoint),
	  .ref = "/crypto/pki/trustpoints", .cli = "pki trustpoint",
	  .help = "Our certificate, and whose certificates we believe" },
	{ .name = "rsa-pss", .type = SCHEMA_BOOLEAN, AT(cfg_ike_profile, rsa_pss),
	  .def = "false", .cli = "rsa-pss",
	  .help = "Sign with RSASSA-PSS instead of PKCS #1 v1.5; peers may use either" },
	{ .name = "rsa-sha1", .type = SCHEMA_BOOLEAN, AT(cfg_ike_profile, rsa_sha1),
	  .def = "false", .cli = "rsa-sha1",
	  .help = "Accept, and use if need be, signatures with SHA-1, for peers without RFC 7427" },
	{ .name = "lifetime-seconds", .type = SCHEMA_INTEGER, AT(cfg_ike_profile, lifetime_s),
	  .min = 60, .max = 2592000, .def = "86400", .unit = "s", .cli = "lifetime",
	  .help = "Age at which an IKE SA is rekeyed" },
	{ .name = "dpd", .type = SCHEMA_INTEGER, AT(cfg_ike_profile, dpd_interval_s),
	  .min = 0, .max = 3600, .def = "10", .unit = "s", .cli = "dpd",
	  .follow = "dpd-retry dpd-count dpd-mode",
	  .help = "Ask a silent peer for a sign of life after this long; 0: never. On the same line "
		  "may follow: retry, count, mode (dpd 40 5 on-demand; dpd disabled)" },
	{ .name = "dpd-retry", .type = SCHEMA_INTEGER, AT(cfg_ike_profile, dpd_retry_s),
	  .min = 1, .max = 60, .unit = "s", .cli = "dpd-retry", .derive = derive_dpd_retry,
	  .derive_help = "3, or the interval if that is shorter",
	  .help = "How long to wait for the answer before it is asked again" },
	{ .name = "dpd-count", .type = SCHEMA_INTEGER, AT(cfg_ike_profile, dpd_count),
	  .min = 1, .max = 60, .def = "5", .cli = "dpd-count",
	  .help = "Questions without answer after which the peer is dead: known after "
		  "dpd + dpd-retry x dpd-count seconds at the latest" },
	{ .name = "dpd-mode", .type = SCHEMA_ENUM, AT(cfg_ike_profile, dpd_mode),
	  .values = dpd_modes, .def = "periodic", .cli = "dpd-mode",
	  .help = "When a silent peer is asked" },
	{ .name = "nat-traversal", .type = SCHEMA_BOOLEAN, AT(cfg_ike_profile, nat_traversal),
	  .def = "true", .cli = "nat-traversal",
	  .help = "ESP in UDP when there is a NAT on the way (RFC 3948)" },
	{ .name = "nat-force", .type = SCHEMA_BOOLEAN, AT(cfg_ike_profile, force_encap),
	  .def = "false", .cli = "nat-force",
	  .help = "ESP in UDP without NAT, too: for lines that drop ESP" },
	{ .name = "nat-keepalive-seconds", .type = SCHEMA_INTEGER, AT(cfg_ike_profile, keepalive_s),
	  .min = 5, .max = 3600, .zero_too = true, .def = "20", .unit = "s",
	  .cli = "nat-keepalive",
	  .help = "Keep the NAT's mapping alive when we are behind one; 0: do not" },
	{ .name = "retransmit-ms", .type = SCHEMA_INTEGER, AT(cfg_ike_profile, retransmit_ms),
	  .min = 100, .max = 30000, .def = "1000", .unit = "ms", .cli = "retransmit interval",
	  .help = "Wait before the first retransmission; doubles each time" },
	{ .name = "retransmit-tries", .type = SCHEMA_INTEGER, AT(cfg_ike_profile, retransmit_tries),
	  .min = 1, .max = 20, .def = "5", .cli = "retransmit tries",
	  .help = "Retransmissions before the peer is given up" },
	{ .name = "unique", .type = SCHEMA_BOOLEAN, AT(cfg_ike_profile, unique),
	  .def = "true", .cli = "unique",
	  .help = "A new IKE SA of the same identity replaces the old one, even if the peer does not "
		  "say that it starts anew" },
	{ .name = "childless", .type = SCHEMA_BOOLEAN, AT(cfg_ike_profile, childless),
	  .def = "false", .cli = "childless",
	  .help = "Call without a Child SA, if the peer can (RFC 6023); the first one then has PFS, "
		  "too" },
	{ .name = "reauth-seconds", .type = SCHEMA_INTEGER, AT(cfg_ike_profile, reauth_s),
	  .min = 60, .max = 2592000, .zero_too = true, .def = "0", .unit = "s", .cli = "reauth",
	  .help = "Age at which everything is made anew, authentication included, before the old IKE "
		  "SA goes; a peer that called us is told (RFC 4478). 0: never" },
	{ .name = "fragmentation-mtu", .type = SCHEMA_INTEGER, AT(cfg_ike_profile, frag_mtu),
	  .min = 576, .max = 9000, .zero_too = true, .def = "1280", .unit = "bytes",
	  .cli = "fragmentation mtu",
	  .help = "IKE messages that need longer packets than this go in fragments (RFC 7383) if "
		  "the peer can; 0: never" },
	{ .name = "initiate", .type = SCHEMA_ENUM, AT(cfg_ike_profile, initiate),
	  .values = initiations, .def = "traffic",
	  .cli = "initiate", .help = "When we call the peer" },
	{ .name = "redundancy", .type = SCHEMA_STRING, AT(cfg_ike_profile, redundancy),
	  .min = 3, .max = CFG_REDUNDANCY_MAX - 1, .cli = "redundancy vrrp",
	  .pattern = "^[A-Za-z][^ ]*/[0-9]{1,3}$",
	  .pattern_help = "interface and number of a virtual router: lan/10",
	  .help = "Call these peers only while we are the active router of this group; when we are "
		  "no longer, their SAs are deleted" },
};

static const struct schema_node transform_rows[] = {
	{ .name = "encryption", .type = SCHEMA_ENUM, AT(cfg_transform_set, encryption),
	  .flags = SCHEMA_REQUIRED, .values = esp_ciphers,
	  .cli = "encryption", .help = "Cipher of ESP" },
	{ .name = "integrity", .type = SCHEMA_ENUM,
	  AT_HAS(cfg_transform_set, integrity, has_integrity),
	  .values = hashes, .cli = "integrity",
	  .help = "Integrity algorithm: refused with AEADs, such as AES-GCM, else needed" },
};

static const struct schema_node ipsec_profile_rows[] = {
	{ .name = "mode", .type = SCHEMA_ENUM, AT(cfg_ipsec_profile, mode),
	  .values = ipsec_modes, .def = "transport", .cli = "set mode",
	  .help = "What ESP goes around (RFC 4301 section 4.1)" },
	{ .name = "transform-sets", .type = SCHEMA_REFS, AT(cfg_ipsec_profile, transform_sets),
	  .flags = SCHEMA_REQUIRED, .min = 1, .max = CFG_LIST_MAX,
	  .ref = "/crypto/ipsec/transform-sets", .cli = "set transform-set",
	  .help = "Transform sets, in order of preference" },
	{ .name = "ikev2-profile", .type = SCHEMA_REF, AT(cfg_ipsec_profile, ikev2_profile),
	  .ref = "/crypto/ikev2/profiles", .def = "default", .cli = "set ikev2-profile",
	  .help = "IKEv2 profile the keys come from" },
	{ .name = "pfs", .type = SCHEMA_INTEGERS, AT(cfg_ipsec_profile, pfs),
	  .min = 1, .max = CFG_LIST_MAX, .values = groups, .cli = "set pfs",
	  .help = "Groups for a Diffie-Hellman exchange at each rekey; without it none" },
	{ .name = "lifetime-seconds", .type = SCHEMA_INTEGER, AT(cfg_ipsec_profile, lifetime_s),
	  .min = 60, .max = 2592000, .def = "3600", .unit = "s",
	  .cli = "set security-association lifetime seconds",
	  .help = "Age at which an SA is replaced" },
	{ .name = "lifetime-kilobytes", .type = SCHEMA_INTEGER,
	  AT(cfg_ipsec_profile, lifetime_kilobytes),
	  .min = 2560, .max = 1ull << 40, .zero_too = true, .def = "0", .unit = "kilobytes",
	  .cli = "set security-association lifetime kilobytes",
	  .help = "Traffic after which an SA is replaced; 0: no limit" },
	{ .name = "lifetime-packets", .type = SCHEMA_INTEGER,
	  AT(cfg_ipsec_profile, lifetime_packets),
	  .min = 1000, .max = 1ull << 48, .zero_too = true, .def = "0", .unit = "packets",
	  .cli = "set security-association lifetime packets",
	  .help = "Packets after which an SA is replaced; 0: no limit" },
	{ .name = "replay-window", .type = SCHEMA_INTEGER, AT(cfg_ipsec_profile, replay_window),
	  .flags = SCHEMA_POW2, .min = 64, .max = 4096, .zero_too = true, .def = "1024",
	  .unit = "packets", .cli = "set security-association replay window-size",
	  .help = "Anti-replay window; 0: no replay check" },
	{ .name = "esn", .type = SCHEMA_BOOLEAN, AT(cfg_ipsec_profile, esn), .def = "true",
	  .cli = "set security-association esn",
	  .help = "Offer 64-bit extended sequence numbers (RFC 4304)" },
};

static const struct schema_node ikev2_rows[] = {
	{ .name = "proposals", .type = SCHEMA_MAP,
	  ENTRIES(cfg_ike_proposal, ike_proposals, n_ike_proposals, proposal_rows),
	  .max = 256, .cli = "proposal", .key_help = "name of the proposal",
	  .pattern = SCHEMA_NAME_PATTERN, .help = "Algorithms for an IKE SA" },
	{ .name = "keyring", .type = SCHEMA_MAP,
	  ENTRIES(cfg_ike_key, ike_keys, n_ike_keys, key_rows),
	  .max = 65536, .cli = "keyring", .key_help = "name of the key, such as the branch's",
	  .pattern = SCHEMA_NAME_PATTERN, .help = "Pre-shared keys by peer" },
	{ .name = "profiles", .type = SCHEMA_MAP,
	  ENTRIES(cfg_ike_profile, ike_profiles, n_ike_profiles, ike_profile_rows),
	  .max = 4096, .cli = "profile", .key_help = "name of the profile",
	  .pattern = SCHEMA_NAME_PATTERN, .help = "How IKEv2 talks to a group of peers" },
};

static const struct schema_node ipsec_rows[] = {
	{ .name = "transform-sets", .type = SCHEMA_MAP,
	  ENTRIES(cfg_transform_set, transform_sets, n_transform_sets, transform_rows),
	  .max = 256, .cli = "transform-set", .key_help = "name of the transform set",
	  .pattern = SCHEMA_NAME_PATTERN, .help = "Algorithms for ESP (RFC 4303)" },
	{ .name = "profiles", .type = SCHEMA_MAP,
	  ENTRIES(cfg_ipsec_profile, ipsec_profiles, n_ipsec_profiles, ipsec_profile_rows),
	  .max = 4096, .cli = "profile", .key_help = "name of the profile, as in tunnel protection",
	  .pattern = SCHEMA_NAME_PATTERN, .help = "How tunnels are protected" },
};

static const struct schema_node policy_rows[] = {
	{ .name = "description", .type = SCHEMA_STRING, AT(cfg_policy, description),
	  .min = 1, .max = CFG_TEXT_MAX - 1, .cli = "description", .help = "What it is for" },
	{ .name = "source", .type = SCHEMA_PREFIX46, AT(cfg_policy, source), .def = "0.0.0.0/0",
	  .cli = "match source",
	  .help = "Network on our side, IPv4 or IPv6: sources of packets going out" },
	{ .name = "destination", .type = SCHEMA_PREFIX46, AT(cfg_policy, destination),
	  .def = "0.0.0.0/0", .cli = "match destination",
	  .help = "Network on the far side, of the same family" },
	{ .name = "protocol", .type = SCHEMA_STRING, AT(cfg_policy, protocol),
	  .min = 1, .max = 15, .def = "any", .cli = "match protocol",
	  .pattern = "^([a-z]+|[0-9]{1,3})$", .pattern_help = "a name such as tcp, or a number",
	  .help = "IP protocol" },
	{ .name = "source-port", .type = SCHEMA_STRING, AT(cfg_policy, source_port),
	  .min = 1, .max = 11, .cli = "match source-port",
	  .pattern = "^[0-9]{1,5}(-[0-9]{1,5})?$", .pattern_help = "a port or a range, 1024-65535",
	  .help = "Ports on our side; without it all" },
	{ .name = "destination-port", .type = SCHEMA_STRING, AT(cfg_policy, destination_port),
	  .min = 1, .max = 11, .cli = "match destination-port",
	  .pattern = "^[0-9]{1,5}(-[0-9]{1,5})?$", .pattern_help = "a port or a range, 1024-65535",
	  .help = "Ports on the far side; without it all" },
	{ .name = "action", .type = SCHEMA_ENUM, AT(cfg_policy, action),
	  .flags = SCHEMA_REQUIRED, .values = policy_actions, .cli = "action",
	  .help = "What becomes of its packets" },
	{ .name = "tunnel", .type = SCHEMA_REF, AT(cfg_policy, tunnel), .ref = "/tunnels",
	  .cli = "tunnel", .help = "Tunnel of mode ipsec that protects" },
	{ .name = "priority", .type = SCHEMA_INTEGER, AT(cfg_policy, priority),
	  .min = 0, .max = UINT32_MAX, .def = "100", .cli = "priority",
	  .help = "The highest of all policies that match decides" },
};

static const struct schema_node trustpoint_rows[] = {
	{ .name = "certificate", .type = SCHEMA_STRING, AT(cfg_trustpoint, certificate),
	  .flags = SCHEMA_LINES, .min = 1, .max = CFG_PEM_MAX - 1, .cli = "certificate",
	  .pattern = PEM_PATTERN, .pattern_help = PEM_HELP,
	  .help = "Our certificate, then the intermediate CAs' that peers need" },
	{ .name = "private-key", .type = SCHEMA_STRING, AT(cfg_trustpoint, key),
	  .flags = SCHEMA_LINES | SCHEMA_SECRET, .min = 1, .max = CFG_PEM_MAX - 1,
	  .cli = "private-key", .pattern_help = PEM_HELP,
	  .help = "The key of our certificate" },
	{ .name = "ca", .type = SCHEMA_STRING, AT(cfg_trustpoint, ca),
	  .flags = SCHEMA_LINES, .min = 1, .max = CFG_PEM_MAX - 1, .cli = "ca",
	  .pattern = PEM_PATTERN, .pattern_help = PEM_HELP,
	  .help = "The CAs whose certificates we believe" },
	{ .name = "crl", .type = SCHEMA_STRING, AT(cfg_trustpoint, crl),
	  .flags = SCHEMA_LINES, .min = 1, .max = CFG_PEM_MAX - 1, .cli = "crl",
	  .pattern = PEM_PATTERN, .pattern_help = PEM_HELP,
	  .help = "Certificates that were revoked, by CA" },
	{ .name = "revocation-check", .type = SCHEMA_ENUM, AT(cfg_trustpoint, revocation),
	  .values = revocations, .def = "crl", .cli = "revocation-check",
	  .help = "Whether certificates are looked up in the CRLs" },
	{ .name = "expiry-warning-days", .type = SCHEMA_INTEGER, AT(cfg_trustpoint, warn_days),
	  .min = 1, .max = 3650, .zero_too = true, .def = "30", .unit = "days",
	  .cli = "expiry-warning",
	  .help = "Warn daily from so many days before a certificate or CRL expires; 0: never" },
};

static const struct schema_node pki_rows[] = {
	{ .name = "trustpoints", .type = SCHEMA_MAP,
	  ENTRIES(cfg_trustpoint, trustpoints, n_trustpoints, trustpoint_rows),
	  .max = 32, .cli = "trustpoint", .key_help = "name of the trustpoint",
	  .pattern = SCHEMA_NAME_PATTERN, .help = "Certificates, ours and our CAs'" },
};

static const struct schema_node crypto_rows[] = {
	{ .name = "pki", .type = SCHEMA_OBJECT, GROUP_HERE(pki_rows), .cli = "pki",
	  .help = "Certificates (RFC 5280)" },
	{ .name = "ikev2", .type = SCHEMA_OBJECT, GROUP_HERE(ikev2_rows), .cli = "ikev2",
	  .help = "Key exchange (RFC 7296)" },
	{ .name = "ipsec", .type = SCHEMA_OBJECT, GROUP_HERE(ipsec_rows), .cli = "ipsec",
	  .help = "Protection of packets (RFC 4301)" },
	{ .name = "policies", .type = SCHEMA_MAP,
	  ENTRIES(cfg_policy, policies, n_policies, policy_rows),
	  .max = 65536, .cli = "policy", .key_help = "name of the policy",
	  .pattern = SCHEMA_NAME_PATTERN,
	  .help = "Security policies: what is protected, by selector (RFC 4301)" },
};

static const struct schema_node router_rows[] = {
	{ .name = "ospf", .type = SCHEMA_MAP, ENTRIES(cfg_ospf, ospfs, n_ospfs, schema_ospf_rows),
	  .max = 1, .cli = "ospf", .key_help = "number of the process",
	  .pattern = "^[1-9][0-9]{0,4}$", .pattern_help = "a number from 1 to 99999",
	  .help = "OSPF (RFC 2328)" },
};

static const struct schema_node root_rows[] = {
	{ .name = "system", .type = SCHEMA_OBJECT, GROUP(cfg, system, system_rows), .cli = "",
	  .help = "The appliance as a whole" },
	{ .name = "interfaces", .type = SCHEMA_MAP,
	  ENTRIES(cfg_interface, interfaces, n_interfaces, interface_rows),
	  .max = 1024, .cli = "interface", .key_help = "name of the interface, a letter first",
	  .pattern = "^[A-Za-z][A-Za-z0-9._:/@+-]*$", .reserved = "tunnel null0 distance tag track",
	  .help = "Ports of the dataplane, and VLANs on them, with their addresses" },
	{ .name = "tunnels", .type = SCHEMA_MAP,
	  ENTRIES(cfg_tunnel, tunnels, n_tunnels, tunnel_rows),
	  .max = 65536, .cli = "interface tunnel", .key_help = "name of the tunnel, a letter first",
	  .pattern = "^[A-Za-z][A-Za-z0-9._:/@+-]*$", .reserved = "tunnel null0 distance tag track",
	  .help = "Tunnels: GRE (RFC 2784) or ESP alone, one per branch" },
	{ .name = "routes", .type = SCHEMA_LIST, ENTRIES(cfg_route, routes, n_routes, route_rows),
	  .max = 1000000, .cli = "ip route", .help = "Static routes" },
	{ .name = "nhrp-maps", .type = SCHEMA_LIST,
	  ENTRIES(cfg_nhrp_map, nhrp_maps, n_nhrp_maps, nhrp_map_rows),
	  .max = 65536, .cli = "ip nhrp map",
	  .help = "Far ends of multipoint tunnels, by their addresses inside (RFC 2332)" },
	{ .name = "prefix-lists", .type = SCHEMA_LIST,
	  ENTRIES(cfg_prefix_rule, prefix_rules, n_prefix_rules, schema_prefix_rule_rows),
	  .max = 10000, .cli = "ip prefix-list", .help = "Prefixes by rules, for redistribution" },
	{ .name = "routes6", .type = SCHEMA_LIST,
	  ENTRIES(cfg_route6, routes6, n_routes6, route6_rows),
	  .max = 100000, .cli = "ipv6 route", .help = "Static IPv6 routes" },
	{ .name = "tracks", .type = SCHEMA_MAP, .flags = SCHEMA_INLINE,
	  ENTRIES(cfg_track, tracks, n_tracks, schema_track_rows),
	  .max = 1000, .cli = "track", .key_help = "name or number of the object",
	  .pattern = SCHEMA_NAME_PATTERN,
	  .help = "Objects that are up or down, for others to depend on" },
	{ .name = "slas", .type = SCHEMA_MAP, .flags = SCHEMA_INLINE,
	  ENTRIES(cfg_sla, slas, n_slas, schema_sla_rows),
	  .max = 1000, .cli = "ip sla", .key_help = "name or number of the probe",
	  .pattern = SCHEMA_NAME_PATTERN, .help = "Probes of what can be reached" },
	{ .name = "router", .type = SCHEMA_OBJECT, GROUP_HERE(router_rows), .cli = "router",
	  .help = "Routing protocols" },
	{ .name = "key-chains", .type = SCHEMA_MAP,
	  ENTRIES(cfg_key_chain, key_chains, n_key_chains, schema_key_chain_rows),
	  .max = 256, .cli = "key-chain", .key_help = "name of the key chain",
	  .pattern = SCHEMA_NAME_PATTERN, .help = "Keys of routing protocols, with lifetimes" },
	{ .name = "crypto", .type = SCHEMA_OBJECT, GROUP_HERE(crypto_rows), .cli = "crypto",
	  .help = "Encryption" },
	{ .name = "control-plane", .type = SCHEMA_OBJECT, GROUP_HERE(control_plane_rows),
	  .cli = "control-plane",
	  .help = "How much of what is for this appliance itself reaches its control plane; one "
		  "source gets a quarter of it" },
};

static const struct schema_node root = {
	.name = "", .type = SCHEMA_OBJECT, GROUP_HERE(root_rows), .cli = "",
	.help = "The configuration of a Culvert hub",
};
/* clang-format on */

const struct schema_node *
schema_root(void)
{
	return &root;
}
