/* SPDX-License-Identifier: BSD-3-Clause */
/* Rows of the table: key exchange, protection, security policies, certificates. See schema.h. */
#include "controlplane/config/model.h"
#include "controlplane/config/schema_rows.h"

/* clang-format off */
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
	{ "claim",  CFG_CHECK_CLAIM,
		"shorter ones are taken, instead of longer ones ours, and the "
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

static const struct schema_value policy_actions[] = {
	{ "protect", CFG_POLICY_PROTECT, "through the tunnel, both ways, or not at all" },
	{ "bypass",  CFG_POLICY_BYPASS,  "as the routes say, in the clear" },
	{ "discard", CFG_POLICY_DISCARD, "dropped" },
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
derive_dpd_retry(void *entry)
{
	struct cfg_ike_profile *p = entry;

	p->dpd_retry_s = p->dpd_interval_s != 0 && p->dpd_interval_s < 3 ? p->dpd_interval_s : 3;
}

/* clang-format off */
/* ---- the table ----------------------------------------------------------------------------- */

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
	{ .name = "pre-shared-key-local", .type = SCHEMA_STRING, AT(cfg_ike_key, psk_local),
	  .flags = SCHEMA_SECRET, .min = 1, .max = CFG_PSK_MAX - 1,
	  .cli = "pre-shared-key local",
	  .help = "Another one, by which we prove ourselves; the peer does by the first. IKEv2 "
		  "only" },
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
	{ .name = "match-identity", .type = SCHEMA_IDENTITIES, AT(cfg_ike_profile, match_identity),
	  .min = 1, .max = CFG_LIST_MAX, .cli = "match identity remote",
	  .help = "Who peers must be of which neither tunnel nor keyring says it, one of these; * "
		  "stands for any text, a network for its addresses: *.branches.example.com, \"CN=*, "
		  "O=Example\", 192.0.2.0/24. One alone may be a string in the document" },
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
	  .help = "Ask a silent peer for a sign of life after this long; 0: never. On the same "
		  "line may follow: retry, count, mode (dpd 40 5 on-demand; dpd disabled)" },
	{ .name = "dpd-retry", .type = SCHEMA_INTEGER, AT(cfg_ike_profile, dpd_retry_s),
	  .min = 1, .max = 3600, .unit = "s", .cli = "dpd-retry", .derive = derive_dpd_retry,
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
	  .help = "A new IKE SA of the same identity replaces the old one, even if the peer does "
		  "not say that it starts anew" },
	{ .name = "childless", .type = SCHEMA_BOOLEAN, AT(cfg_ike_profile, childless),
	  .def = "false", .cli = "childless",
	  .help = "Call without a Child SA, if the peer can (RFC 6023); the first one then has "
		  "PFS, too" },
	{ .name = "reauth-seconds", .type = SCHEMA_INTEGER, AT(cfg_ike_profile, reauth_s),
	  .min = 60, .max = 2592000, .zero_too = true, .def = "0", .unit = "s", .cli = "reauth",
	  .help = "Age at which everything is made anew, authentication included, before the old "
		  "IKE SA goes; a peer that called us is told (RFC 4478). 0: never" },
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
	  .flags = SCHEMA_POW2, .min = 64, .max = 8192, .zero_too = true, .def = "1024",
	  .unit = "packets", .cli = "set security-association replay window-size",
	  .help = "Anti-replay window; 0: no replay check" },
	{ .name = "esn", .type = SCHEMA_BOOLEAN, AT(cfg_ipsec_profile, esn), .def = "true",
	  .cli = "set security-association esn",
	  .help = "Offer 64-bit extended sequence numbers (RFC 4304)" },
	{ .name = "sa-per-policy", .type = SCHEMA_BOOLEAN, AT(cfg_ipsec_profile, per_policy),
	  .def = "false", .cli = "set security-association level per-policy",
	  .help = "Mode ipsec: a Child SA for each policy, for peers that take one pair of "
		  "networks in each; IKEv1 always does that" },
};

static const struct schema_node ikev2_rows[] = {
	{ .name = "cookie-challenge", .type = SCHEMA_INTEGER, AT(cfg, ike_limits.cookie),
	  .min = 0, .max = 100000, .def = "50", .unit = "IKE SAs", .cli = "cookie-challenge",
	  .help = "From so many half-open IKE SAs on who calls must first show that it receives at "
		  "its address (RFC 7296 section 2.6); 0: always" },
	{ .name = "max-in-negotiation-sa", .type = SCHEMA_INTEGER, AT(cfg, ike_limits.half_open),
	  .min = 1, .max = 100000, .def = "10000", .unit = "IKE SAs",
	  .cli = "limit max-in-negotiation-sa",
	  .help = "Half-open IKE SAs that others have begun; what comes beyond is dropped" },
	{ .name = "max-in-negotiation-per-address", .type = SCHEMA_INTEGER,
	  AT(cfg, ike_limits.half_open_addr), .min = 1, .max = 1000, .def = "10",
	  .unit = "IKE SAs", .cli = "limit max-in-negotiation-per-address",
	  .help = "Of these from one address, from half of it on with a cookie; ten times as many "
		  "of who has shown that it receives there" },
	{ .name = "max-sa", .type = SCHEMA_INTEGER, AT(cfg, ike_limits.sas),
	  .min = 1, .max = 1000000, .def = "150000", .unit = "IKE SAs", .cli = "limit max-sa",
	  .help = "IKE SAs of both versions, half-open ones too; who calls then is not answered" },
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
	{ .name = "icmp-type", .type = SCHEMA_STRING, AT(cfg_policy, icmp_type),
	  .min = 1, .max = CFG_ICMP_TYPE_MAX - 1, .cli = "match icmp-type",
	  .pattern = "^([a-z-]+|[0-9]{1,3}(/[0-9]{1,3}(-[0-9]{1,3})?)?)$",
	  .pattern_help = "a name such as echo, or TYPE, TYPE/CODE, TYPE/CODE-CODE",
	  .help = "ICMP type and code, in both directions, with protocol icmp or icmpv6; "
		  "without it all" },
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

const struct schema_node schema_crypto_rows[SCHEMA_N_CRYPTO] = {
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
/* clang-format on */
