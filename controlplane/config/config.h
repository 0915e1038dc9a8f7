/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The configuration as the rest of the control plane sees it: plain structs, validated, with all
 * defaults filled in. schema.c describes every field (JSON name, type, range, default, help, CLI
 * words, offset in these structs); json.c reads and writes them by that table alone.
 *
 * A struct cfg is immutable once built. A change makes a new one; each module's apply function
 * gets the old and the new and does what differs. Lists are sorted by name and have no
 * duplicates, so that two of them can be compared side by side.
 */
#ifndef CULVERT_CONTROLPLANE_CONFIG_H
#define CULVERT_CONTROLPLANE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/channel.h"
#include "common/inet.h"
#include "common/inet6.h"
#include "common/ip_range.h"

#define CFG_NAME_MAX  32  /* with the NUL: names of interfaces, tunnels, proposals, ... */
#define CFG_ROUTE_NAME_MAX 51
#define CFG_TEXT_MAX  128 /* descriptions, identities */
#define CFG_ID_MAX    256 /* identities: distinguished names are long */
#define CFG_PSK_MAX   129
#define CFG_PEM_MAX   65536
#define CFG_ADDRS_MAX 8
#define CFG_LINK_ADDRS_MAX 24 /* of an interface and one family, those of VRRP, too */
#define CFG_ADDRS6_MAX 7 /* of IPv6: the link-local one comes to them */
#define CFG_LIST_MAX  8
#define CFG_LOOPBACK_DIGITS 4 /* loopback0 to loopback9999 */
#define CFG_REDUNDANCY_MAX (CFG_NAME_MAX + 4) /* interface, slash, VRID */

#include "controlplane/config/config_ospf.h"

enum cfg_encryption {
	CFG_ENC_AES_CBC_128,
	CFG_ENC_AES_CBC_192,
	CFG_ENC_AES_CBC_256,
	CFG_ENC_AES_CTR_128,
	CFG_ENC_AES_CTR_192,
	CFG_ENC_AES_CTR_256,
	CFG_ENC_3DES,
	CFG_ENC_NULL, /* ESP only */
	CFG_ENC_AES_GCM_128, /* from here on: AEADs */
	CFG_ENC_AES_GCM_192,
	CFG_ENC_AES_GCM_256,
	CFG_ENC_AES_GCM12_128,
	CFG_ENC_AES_GCM12_192,
	CFG_ENC_AES_GCM12_256,
	CFG_ENC_AES_GCM8_128,
	CFG_ENC_AES_GCM8_192,
	CFG_ENC_AES_GCM8_256,
	CFG_ENC_CHACHA20_POLY1305,
	CFG_ENC_AES_GMAC_128, /* ESP only */
	CFG_ENC_AES_GMAC_192,
	CFG_ENC_AES_GMAC_256,
	CFG_N_ENCS
};

enum cfg_hash {
	CFG_HASH_SHA1,
	CFG_HASH_SHA256,
	CFG_HASH_SHA384,
	CFG_HASH_SHA512,
	CFG_HASH_AES_XCBC,
	CFG_HASH_AES_CMAC,
	CFG_N_HASHES
};

enum cfg_ipsec_mode { CFG_MODE_TRANSPORT, CFG_MODE_TUNNEL, CFG_MODE_EITHER };

enum cfg_ike_version { CFG_IKE_V2, CFG_IKE_V1 };
/* As enum ike1_check. */
enum cfg_proposal_check { CFG_CHECK_CLAIM, CFG_CHECK_OBEY, CFG_CHECK_STRICT, CFG_CHECK_EXACT };
enum cfg_dpd_mode { CFG_DPD_PERIODIC, CFG_DPD_ON_DEMAND, CFG_DPD_DISABLED };

/* A list of enum values or IANA numbers, in order of preference. */
struct cfg_list {
	uint16_t v[CFG_LIST_MAX];
	uint8_t n;
};

struct cfg_names {
	char v[CFG_LIST_MAX][CFG_NAME_MAX];
	uint8_t n;
};

struct cfg_identities {
	char v[CFG_LIST_MAX][CFG_ID_MAX];
	uint8_t n;
};

/* "system": { ... } */
struct cfg_system {
	char hostname[CFG_TEXT_MAX];
	uint8_t log_level;       /* enum log_level */
	uint32_t icmp_error_pps; /* default 1000 */
	uint32_t icmp_echo_pps;  /* default 10000 */
	uint32_t hold_ms;        /* packets wait for ARP, default 1000 */
	uint32_t reass_ms;       /* fragments for us must come within it, default 1000 */
	uint32_t reass_packets;  /* packets in reassembly, per worker, default 1024 */
	uint32_t reass_per_src;  /* of them of one source, default 256 */
	uint32_t arp_timeout_s;  /* default 1200 */
	uint32_t audit_s;        /* between audits of SAs, default 60; 0: none */
	char name_servers[CFG_TEXT_MAX]; /* of DNS; empty: /etc/resolv.conf */
	uint32_t name_refresh_s; /* names are asked for again by their TTL, but as often,
				  * default 300 */
};

/* "control-plane": { CLASS: { ... } }, one for each class of punted packets; per worker */
struct cfg_punt {
	uint32_t rate;  /* packets per second; defaults: CHAN_PUNT_DEFAULTS */
	uint32_t burst; /* packets */
};

/* "interfaces": { NAME: { "vrrp": { VRID: { "track": [ ... ] } } } } */
struct cfg_vrrp_track {
	char object[CFG_NAME_MAX]; /* of "tracks" */
	uint8_t decrement; /* of the priority while the object is down; default 10 */
	bool has_set;
	uint8_t set;       /* or the priority is this instead */
	bool shutdown;     /* or the group does not take part */
};

/* ... "secondary": [ { "address": ... } ] */
struct cfg_vrrp_addr {
	uint32_t address;
};

/* ... "ipv6-secondary", "unicast-peers": [ { "address": ... } ] */
struct cfg_vrrp_addr6 {
	struct ip6_addr address; /* of a peer, IPv4-mapped too */
};

enum cfg_vrrp_checksum { CFG_VRRP_SUM_AUTO, CFG_VRRP_SUM_PSEUDO, CFG_VRRP_SUM_PLAIN };

/* "interfaces": { NAME: { "vrrp": { VRID: { ... } } } }: an IPv4 and an IPv6 virtual router */
struct cfg_vrrp {
	char name[CFG_NAME_MAX]; /* VRID, 1..255, in decimal */
	char description[CFG_TEXT_MAX];
	bool enabled;            /* default true */
	uint32_t address;        /* 0: no IPv4 */
	struct cfg_vrrp_addr *secondary;
	uint32_t n_secondary;
	struct ip6_addr address6; /* zero: no IPv6 */
	struct cfg_vrrp_addr6 *secondary6;
	uint32_t n_secondary6;
	struct ip6_addr link_local6; /* zero: made of the virtual MAC address */
	uint8_t priority;        /* 1..254, 255: owner; default 100 */
	uint8_t version;         /* 2 or 3; default 3 */
	bool has_advertise_s;
	uint32_t advertise_s;
	uint32_t advertise_ms;   /* default 1000 */
	bool preempt;            /* default true */
	uint32_t preempt_delay_s;
	uint32_t startup_delay_s;
	bool accept;             /* answer at the virtual address; default true */
	char authentication[9];  /* VRRPv2 text; secret */
	char sync_group[CFG_NAME_MAX];
	uint8_t checksum;        /* enum cfg_vrrp_checksum */
	struct cfg_vrrp_track *tracks;
	struct cfg_vrrp_addr6 *peers; /* unicast instead of multicast, each family by itself */
	struct cfg_vrrp_addr6 *permitted; /* who may advertise; each family by itself, empty: all */
	uint32_t n_tracks, n_peers, n_permitted;
};

/* "tracks": { NAME: { "objects": [ ... ] } } */
struct cfg_track_member {
	char object[CFG_NAME_MAX];
	bool negate;
	uint8_t weight; /* default 1 */
};

enum cfg_track_list { CFG_TRACK_NO_LIST, CFG_TRACK_AND, CFG_TRACK_OR, CFG_TRACK_WEIGHT,
	CFG_TRACK_PERCENTAGE };

/* "tracks": { NAME: { ... } }: exactly one of interface, route, ipsec, sla, vrrp and the lists */
struct cfg_track {
	char name[CFG_NAME_MAX];
	char description[CFG_TEXT_MAX];
	char interface[CFG_NAME_MAX]; /* line protocol of an interface, or a tunnel is up */
	bool has_route;
	struct ip4_prefix route;      /* is there, exactly so */
	bool has_route6;
	struct ip6_prefix route6;     /* the same of IPv6 */
	bool has_metric_max;
	uint32_t metric_max;          /* ... and its metric is not above this */
	bool has_metric_up, has_metric_down;
	uint32_t metric_up, metric_down; /* or it comes up at this or less, goes down at this or more */
	char ipsec[CFG_NAME_MAX];     /* tunnel with an SA, whose peer is alive by DPD */
	char sla[CFG_NAME_MAX];       /* probe of "slas" */
	char vrrp[CFG_REDUNDANCY_MAX]; /* "lan/10": we are the active router of that group */
	bool has_boolean, has_threshold;
	uint8_t boolean, threshold;   /* enum cfg_track_list */
	struct cfg_track_member *members;
	uint32_t n_members;
	uint8_t threshold_up, threshold_down; /* of weight or percentage; default 50, 49 */
	uint32_t delay_up_s, delay_down_s;
	char up_command[CFG_TEXT_MAX], down_command[CFG_TEXT_MAX];
	uint32_t command_timeout_s;   /* default 10 */
};

/* "slas": { NAME: { ... } }: probes */
struct cfg_sla {
	char name[CFG_NAME_MAX];
	/* Addresses of one family; IPv4: mapped, zero: not given. */
	struct ip6_addr target;       /* ICMP echo requests go there */
	struct ip6_addr tcp_target;   /* or SYNs, to @port */
	uint16_t port;
	char interface[CFG_NAME_MAX]; /* out of this interface or tunnel; empty: by the routes */
	struct ip6_addr next_hop;     /* neighbour on @interface, default the target itself */
	struct ip6_addr source;       /* default: the interface's address */
	uint32_t interval_ms;         /* default 1000 */
	uint32_t timeout_ms;          /* default 1000 */
	uint8_t down_after, up_after; /* in a row; default 3, 2 */
	uint16_t size;                /* of data; default 32 */
	uint8_t dscp;
	uint32_t rtt_max_ms;          /* slower answers count as lost; 0: none */
};

/* "interfaces": { NAME: { "router-advertisements": { ... } } } */
struct cfg_ra_prefix {
	struct ip6_prefix prefix;
	uint32_t valid_s, preferred_s;
	bool off_link, no_autoconfig, no_advertise;
};

enum cfg_ra_preference { CFG_RA_MEDIUM, CFG_RA_HIGH, CFG_RA_LOW };

struct cfg_ra {
	bool enabled;            /* default false (RFC 4861 section 6.2.1) */
	bool has_interval_min;
	uint16_t interval_s, interval_min_s; /* default 200, a third of it */
	uint16_t lifetime_s;     /* default 1800; 0: no default router */
	uint8_t hop_limit;       /* default 64 */
	uint8_t preference;      /* enum cfg_ra_preference */
	bool managed, other;
	struct cfg_ra_prefix *prefixes; /* besides, or instead of, the interface's own */
	uint32_t n_prefixes;
};

/* Is the source of packets looked up? With the values of enum chan_verify. */
enum cfg_verify { CFG_VERIFY_OFF, CFG_VERIFY_RX, CFG_VERIFY_ANY };

/* "interfaces": { NAME: { ... } } */
struct cfg_interface {
	char name[CFG_NAME_MAX];
	char description[CFG_TEXT_MAX];
	char port[CFG_NAME_MAX]; /* dataplane port: name or kernel interface; default: NAME */
	uint16_t vlan;           /* 0: untagged */
	uint16_t mtu;            /* of IP packets, default 1500 */
	bool enabled;            /* default true */
	uint8_t verify4, verify6; /* enum cfg_verify, default off */
	uint32_t carrier_down_ms, carrier_up_ms; /* carrier delay, default 0 */
	uint32_t damp_half_life_s;               /* 0, the default: no dampening */
	uint32_t damp_reuse, damp_suppress;      /* thresholds, default 1000, 2000 */
	uint32_t damp_max_s;                     /* 0: four times the half-life */
	uint32_t damp_restart;                   /* penalty when the machine starts, default 0 */
	struct ip4_prefix addrs[CFG_ADDRS_MAX]; /* with host bits */
	uint8_t n_addrs;
	struct ip6_prefix addrs6[CFG_ADDRS_MAX]; /* with host bits; none link-local */
	uint8_t n_addrs6;
	struct cfg_vrrp *vrrps;
	uint32_t n_vrrps;
	struct cfg_ra ra;
	struct cfg_ospf_if ospf;
};

enum cfg_tunnel_mode { CFG_TUNNEL_GRE, CFG_TUNNEL_IPSEC, CFG_TUNNEL_MGRE };

enum cfg_df { CFG_DF_COPY, CFG_DF_SET, CFG_DF_CLEAR };

/* "tunnels": { NAME: { ... } } */
struct cfg_tunnel {
	char name[CFG_NAME_MAX];
	char description[CFG_TEXT_MAX];
	bool enabled;                  /* default true */
	uint8_t mode;                  /* enum cfg_tunnel_mode; default gre */
	uint8_t verify4, verify6;      /* enum cfg_verify, default off; of CFG_TUNNEL_GRE */
	uint32_t source;               /* one of our addresses */
	uint32_t destination;          /* 0: learned from the peer */
	uint32_t next_hop;             /* the only way to the far end; 0: as the routes say */
	char peer_identity[CFG_ID_MAX]; /* whose tunnel it is; empty: by the keyring */
	struct ip4_prefix address;     /* inside; len 0 and addr 0: unnumbered */
	struct ip6_prefix address6;    /* the same of IPv6 */
	uint16_t mtu;                  /* default 1400; 0: as much as fits */
	uint8_t ttl;                   /* default 64; 0: copied from inside */
	bool has_key;
	uint32_t key;
	bool checksum, sequence;       /* GRE options, default off */
	uint8_t df;                    /* enum cfg_df: of outer packets; default copy */
	bool ignore_df;                /* fragment inner packets with DF, too */
	bool fragment_after;           /* fragment the outer packet, not the inner one */
	bool clamp_mss;                /* of TCP, to what the MTU leaves; default true */
	bool has_mss;
	uint16_t mss;                  /* instead of that, of IPv4; of IPv6 20 less */
	bool pmtud;                    /* believe ICMP about the path's MTU; default true */
	uint16_t path_mtu_min;         /* but never less than this, default 576 */
	uint32_t path_mtu_age_s;       /* and not for longer, default 600 */
	uint16_t keepalive_s;          /* GRE keepalives every so often; 0: none */
	uint8_t keepalive_retries;     /* unanswered ones until the tunnel is down, default 3 */
	bool has_tos;
	uint8_t tos;                   /* else copied from inside */
	char protection[CFG_NAME_MAX]; /* IPsec profile; empty: plain GRE */
	char track[CFG_NAME_MAX];      /* nothing is routed into it while this object is down */
	struct cfg_ospf_if ospf;
	char ipsec_secret[CFG_PSK_MAX]; /* instead of one, and of a key: see builtin.c */
	char destination_name[CFG_TEXT_MAX]; /* the far end by name (DNS) */
	/* A group of branches, for each of which a tunnel like this one is made; see
	 * vpn/group.h. */
	uint32_t group_limit;          /* how many at most; 0: it is no group */
	bool has_group_pool;
	struct ip4_prefix group_pool;  /* two addresses inside for each */
	uint32_t group_timeout_s;      /* down for so long: removed; default 300 */
	uint32_t group_idle_s;         /* nothing received for so long: removed; default 0: never */
};

/* "nhrp-maps": [ ... ]: the far ends of multipoint tunnels; sorted by tunnel, address */
struct cfg_nhrp_map {
	char tunnel[CFG_NAME_MAX]; /* of mode gre-multipoint */
	uint32_t address;          /* the far end's inside */
	uint32_t nbma;             /* where it is outside (RFC 2332) */
	bool multicast;            /* it gets the tunnel's multicast; default true */
};

/* "routes": [ { "prefix": ..., "via": ... } ]; sorted by prefix, interface, next hop */
struct cfg_route {
	struct ip4_prefix prefix;      /* host bits zero */
	bool null;                     /* discard */
	uint32_t next_hop;             /* 0: none, then @interface must be a tunnel */
	char interface[CFG_NAME_MAX];  /* tunnel or interface, or empty: found through @next_hop */
	uint8_t distance;              /* 1..255, default 1 */
	uint32_t tag;                  /* for redistribution; default 0 */
	char track[CFG_NAME_MAX];      /* used only while this object is up; empty: always */
	char name[CFG_ROUTE_NAME_MAX]; /* for people */
};

enum cfg_action { CFG_PERMIT, CFG_DENY };

/* "prefix-lists": [ ... ]; sorted by list, then number */
struct cfg_prefix_rule {
	char list[CFG_NAME_MAX];
	uint32_t seq;
	uint8_t action;           /* enum cfg_action */
	struct ip4_prefix prefix;
	uint8_t ge, le;           /* lengths; 0: not given */
};

/* "routes6": [ ... ]; the same for IPv6 */
struct cfg_route6 {
	struct ip6_prefix prefix;      /* host bits zero */
	bool null;
	struct ip6_addr next_hop;      /* zero: none; link-local only with @interface */
	char interface[CFG_NAME_MAX];
	uint8_t distance;              /* 1..255, default 1 */
	uint32_t tag;                  /* default 0 */
	char track[CFG_NAME_MAX];      /* used only while this object is up; empty: always */
	char name[CFG_ROUTE_NAME_MAX]; /* for people */
};

/* "crypto": { "ikev2": { ... } }: limits against floods of first messages, of IKEv1 too */
struct cfg_ike_limits {
	uint32_t cookie;        /* half-open IKE SAs from which cookies are demanded, default 50 */
	uint32_t half_open;     /* default 10000 */
	uint32_t half_open_addr; /* of one address, default 10 */
	uint32_t sas;           /* default 150000 */
};

/* "crypto": { "ikev2": { "proposals": { NAME: ... } } } */
struct cfg_ike_proposal {
	char name[CFG_NAME_MAX];
	struct cfg_list encryption; /* enum cfg_encryption; default aes-cbc-128 */
	struct cfg_list integrity;  /* enum cfg_hash; CBC: default sha256; AEAD: empty */
	struct cfg_list prf;        /* enum cfg_hash; default as integrity, or sha256 with AEAD */
	struct cfg_list group;      /* IANA numbers; default 14 */
};

/* "crypto": { "ikev2": { "keyring": { NAME: ... } } } */
struct cfg_ike_key {
	char name[CFG_NAME_MAX];
	bool has_address;
	struct ip4_prefix address;  /* peers it is for; the longest match wins */
	char identity[CFG_ID_MAX];  /* remote identity; empty: the peer's address */
	char psk[CFG_PSK_MAX];      /* secret: never shown, except in the stored configuration */
	char psk_local[CFG_PSK_MAX]; /* secret: what we prove ourselves by instead (IKEv2) */
	char ppk[CFG_PSK_MAX];      /* secret: post-quantum pre-shared key (RFC 8784);
				     * empty: none */
	char ppk_identity[64];
	bool ppk_required;          /* default true */
};

/* "crypto": { "ikev2": { "profiles": { NAME: ... } } } */
struct cfg_ike_profile {
	char name[CFG_NAME_MAX];
	struct cfg_names proposals;      /* default: all proposals' "default" entry */
	uint8_t version;                 /* enum cfg_ike_version; default IKEv2 */
	bool aggressive;                 /* IKEv1's aggressive mode; default false */
	uint8_t proposal_check;          /* enum cfg_proposal_check: of IKEv1; default claim */
	char local_identity[CFG_ID_MAX]; /* empty: our address, or our certificate's subject */
	/* Peers' are one of these, with wildcards; empty: tunnel or keyring say. */
	struct cfg_identities match_identity;
	uint8_t auth_local, auth_remote; /* enum cfg_authn; default pre-share */
	char trustpoint[CFG_NAME_MAX];   /* for certificates */
	bool rsa_pss, rsa_sha1;          /* default false */
	uint32_t lifetime_s;             /* default 86400 */
	uint32_t dpd_interval_s;         /* default 10, 0 off */
	uint32_t dpd_retry_s;            /* default 3, not more than the interval */
	uint8_t dpd_count;               /* default 5 */
	uint8_t dpd_mode;                /* enum cfg_dpd_mode; default periodic */
	bool nat_traversal;              /* default true */
	bool force_encap;                /* ESP in UDP without NAT too; default false */
	uint32_t keepalive_s;            /* NAT keepalives, default 20, 0 off */
	uint32_t retransmit_ms;          /* default 1000 */
	uint8_t retransmit_tries;        /* default 5 */
	bool unique;                     /* one IKE SA an identity; default true */
	bool childless;                  /* RFC 6023; default false */
	uint32_t reauth_s;               /* default 0, never */
	uint16_t frag_mtu;               /* of IKE messages in fragments; default 1280, 0 off */
	uint8_t initiate;                /* enum cfg_initiate; default traffic */
	char redundancy[CFG_REDUNDANCY_MAX]; /* "lan/10": passive unless active there;
					      * empty: none */
};
enum cfg_initiate { CFG_INITIATE_ALWAYS, CFG_INITIATE_TRAFFIC, CFG_INITIATE_NEVER };

/* "crypto": { "ipsec": { "transform-sets": { NAME: ... } } } */
struct cfg_transform_set {
	char name[CFG_NAME_MAX];
	uint16_t encryption; /* enum cfg_encryption */
	bool has_integrity;
	uint16_t integrity;  /* enum cfg_hash; not with an AEAD */
};

/* "crypto": { "ipsec": { "profiles": { NAME: ... } } } */
struct cfg_ipsec_profile {
	char name[CFG_NAME_MAX];
	struct cfg_names transform_sets;
	char ikev2_profile[CFG_NAME_MAX];
	struct cfg_list pfs;         /* groups; empty: none */
	uint32_t lifetime_s;         /* default 3600 */
	uint64_t lifetime_kilobytes; /* default 0: none */
	uint64_t lifetime_packets;   /* default 0: none */
	uint32_t replay_window;      /* 0 or 64..8192, default 1024 */
	bool esn;                    /* default true */
	bool per_policy;             /* Child SAs for each policy by itself; default false */
	uint8_t mode;                /* enum cfg_ipsec_mode; default transport */
};

enum cfg_authn {
	CFG_AUTHN_PSK,
	CFG_AUTHN_CERT,
	CFG_AUTHN_RSA,
	CFG_AUTHN_ECDSA,
	CFG_AUTHN_EDDSA
};
enum cfg_revocation { CFG_REVOCATION_CRL, CFG_REVOCATION_STRICT, CFG_REVOCATION_NONE };

/* "crypto": { "pki": { "trustpoints": { NAME: ... } } }; PEM, or the absolute path of a file */
struct cfg_trustpoint {
	char name[CFG_NAME_MAX];
	char certificate[CFG_PEM_MAX]; /* ours, intermediate ones behind it; empty: none */
	char key[CFG_PEM_MAX];         /* secret */
	char ca[CFG_PEM_MAX];          /* whom we trust */
	char crl[CFG_PEM_MAX];
	uint8_t revocation;            /* enum cfg_revocation; default crl */
	uint32_t warn_days;            /* before a certificate expires; default 30 */
};

enum cfg_policy_action { CFG_POLICY_PROTECT, CFG_POLICY_BYPASS, CFG_POLICY_DISCARD };

#define CFG_ICMP_TYPE_MAX 32

/* "crypto": { "policies": { NAME: ... } } */
struct cfg_policy {
	char name[CFG_NAME_MAX];
	char description[CFG_TEXT_MAX];
	struct ip_prefix source;       /* default 0.0.0.0/0; both of one family */
	struct ip_prefix destination;
	char protocol[16];             /* name or number, see policy.h; default any */
	char source_port[16];          /* "80" or "80-90"; empty: any */
	char destination_port[16];
	char icmp_type[CFG_ICMP_TYPE_MAX]; /* "echo", "3/4", see policy.h; empty: any */
	uint8_t action;                /* enum cfg_policy_action */
	char tunnel[CFG_NAME_MAX];     /* protect */
	uint32_t priority;             /* the higher wins, default 100 */
};

struct cfg {
	struct cfg_system system;
	struct cfg_punt punt[CHAN_N_CLASSES];
	struct cfg_interface *interfaces;
	struct cfg_tunnel *tunnels;
	struct cfg_route *routes;
	struct cfg_nhrp_map *nhrp_maps;
	uint32_t n_nhrp_maps;
	struct cfg_route6 *routes6;
	struct cfg_prefix_rule *prefix_rules;
	uint32_t n_prefix_rules;
	struct cfg_ospf *ospfs;
	struct cfg_key_chain *key_chains;
	uint32_t n_ospfs, n_key_chains;
	struct cfg_ike_limits ike_limits;
	struct cfg_ike_proposal *ike_proposals;
	struct cfg_ike_key *ike_keys;
	struct cfg_ike_profile *ike_profiles;
	struct cfg_transform_set *transform_sets;
	struct cfg_ipsec_profile *ipsec_profiles;
	uint32_t n_routes6;
	struct cfg_policy *policies;
	struct cfg_track *tracks;
	struct cfg_sla *slas;
	uint32_t n_tracks, n_slas;
	struct cfg_trustpoint *trustpoints;
	uint32_t n_trustpoints;
	uint32_t n_interfaces, n_tunnels, n_routes, n_ike_proposals, n_ike_keys, n_ike_profiles,
			n_transform_sets, n_ipsec_profiles, n_policies;
};

/** Wipes the keys and frees. NULL is fine. */
void cfg_free(struct cfg *c);

#endif
