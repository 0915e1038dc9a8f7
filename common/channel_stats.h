/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The statistics region: why packets are dropped, what is installed, how it is counted. A part
 * of the contract in channel.h, which includes it where it has defined the limits; nobody else
 * does.
 */
#ifndef CULVERT_COMMON_CHANNEL_STATS_H
#define CULVERT_COMMON_CHANNEL_STATS_H

#ifndef CULVERT_COMMON_CHANNEL_H
#error "include common/channel.h"
#endif

/* ---- the statistics region ----------------------------------------------------------------- */

/*
 * Why a packet was dropped: X(name of the enumerator, name that operators read, explanation).
 * Every drop is counted under exactly one of them.
 */
/* clang-format off */
#define CHAN_DROP_REASONS(X) \
	X(RX_RUNT,          "rx-runt",            "frame shorter than its headers") \
	X(ETH_TYPE,         "eth-type",           "EtherType that is not handled") \
	X(ETH_VLAN,         "eth-vlan",           "no interface for this port and VLAN") \
	X(ETH_NOT_US,       "eth-not-us",         "unicast frame for another MAC address") \
	X(IF_DOWN,          "if-down",            "interface is administratively down") \
	X(IP_VERSION,       "ip-version",         "version is not 4 or header length is wrong") \
	X(IP_LENGTH,        "ip-length",          "total length exceeds what was received") \
	X(IP_CHECKSUM,      "ip-checksum",        "IPv4 header checksum is wrong") \
	X(IP_MARTIAN_SRC,   "ip-martian-source",  "source address that no packet may have") \
	X(IP_MARTIAN_DST,   "ip-martian-dest",    "destination that must not be forwarded") \
	X(IP_VERIFY,        "ip-verify-source",   "no route back to the source, or another way") \
	X(IP_OPTIONS,       "ip-options",         "malformed or refused IP options") \
	X(IP_TTL,           "ip-ttl",             "TTL expired in transit") \
	X(IP_BROADCAST,     "ip-broadcast",       "broadcast or multicast nobody here listens to") \
	X(IP6_VERSION,      "ip6-version",        "version is not 6") \
	X(IP6_LENGTH,       "ip6-length",         "payload length exceeds what was received") \
	X(IP6_MARTIAN_SRC,  "ip6-martian-source", "source address that no packet may have") \
	X(IP6_MARTIAN_DST,  "ip6-martian-dest",   "destination that must not be forwarded") \
	X(IP6_VERIFY,       "ip6-verify-source",  "no route back to the source, or another way") \
	X(IP6_SCOPE,        "ip6-scope",          "link-local address that would leave its link") \
	X(IP6_HOP_LIMIT,    "ip6-hop-limit",      "hop limit exceeded in transit") \
	X(IP6_MULTICAST,    "ip6-multicast",      "multicast nobody here listens to") \
	X(IP6_EXT,          "ip6-extension",      "extension headers that are malformed or " \
						  "refused") \
	X(IP6_FRAGMENT,     "ip6-fragment",       "IPv6 fragment for us without all its headers") \
	X(IP6_ND,           "ip6-nd",             "neighbour discovery message from off the link") \
	X(NO_ROUTE,         "no-route",           "no route to the destination") \
	X(NULL_ROUTE,       "null-route",         "the route says to drop it") \
	X(TOO_BIG,          "too-big",            "longer than the egress MTU with DF set") \
	X(FRAG_FAIL,        "fragment-failed",    "could not be fragmented") \
	X(REASS_BAD,        "fragment-malformed", "fragment for us that contradicts itself or " \
						  "others") \
	X(REASS_TINY,       "fragment-tiny",      "fragment for us, not the last, of under 68 " \
						  "bytes") \
	X(REASS_OVERLAP,    "fragment-overlap",   "fragments for us overlap") \
	X(REASS_DUP,        "fragment-duplicate", "fragment for us that has come already") \
	X(REASS_LONG,       "fragment-too-long",  "fragments for us make too long a packet") \
	X(REASS_MANY,       "fragment-too-many",  "packet for us in more than 64 fragments") \
	X(REASS_TIME,       "fragment-timeout",   "fragments for us of which others did not come") \
	X(REASS_FULL,       "fragment-table",     "gave way to newer fragments for us") \
	X(REASS_SOURCE,     "fragment-source",    "too many incomplete packets of one source") \
	X(REASS_RING,       "fragment-handover",  "fragment's worker is too far behind") \
	X(NEIGH_WAIT,       "neighbour-overflow", "too many packets wait for this neighbour") \
	X(NEIGH_FAIL,       "neighbour-timeout",  "neighbour did not answer in time") \
	X(LOCAL_PROTO,      "local-protocol",     "protocol or port that is not served here") \
	X(ICMP_BAD,         "icmp-malformed",     "ICMP message for us is malformed") \
	X(ICMP_LIMIT,       "icmp-rate",          "ICMP echo or error over its rate limit") \
	X(GRE_SHORT,        "gre-short",          "GRE header is truncated") \
	X(GRE_FLAGS,        "gre-flags",          "GRE version or reserved flags") \
	X(GRE_CHECKSUM,     "gre-checksum",       "GRE checksum is wrong") \
	X(GRE_KEY,          "gre-key",            "GRE key missing, unexpected or wrong") \
	X(GRE_PROTO,        "gre-protocol",       "payload protocol that is not carried") \
	X(GRE_NO_TUNNEL,    "gre-no-tunnel",      "no tunnel with these addresses and key") \
	X(GRE_CLEAR,        "gre-unprotected",    "cleartext GRE for a protected tunnel") \
	X(GRE_ECN,          "gre-ecn",            "congestion marked outside, not ECN-capable " \
						  "inside") \
	X(TUN_DOWN,         "tunnel-down",        "tunnel is administratively down") \
	X(TUN_NO_ROUTE,     "tunnel-no-underlay", "no route to the tunnel's far end") \
	X(TUN_NO_SA,        "tunnel-no-sa",       "protected tunnel has no outbound SA yet") \
	X(TUN_NO_MEMBER,    "tunnel-no-member",   "multipoint tunnel knows no far end for the " \
						  "next hop") \
	X(TUN_MCAST_FULL,   "tunnel-multicast",   "too many multicast packets wait to be copied") \
	X(TUN_LOOP,         "tunnel-loop",        "packet was encapsulated too often") \
	X(ESP_SHORT,        "esp-short",          "ESP packet shorter than its fixed parts") \
	X(ESP_NO_SA,        "esp-unknown-spi",    "no inbound SA with this SPI") \
	X(ESP_ADDR,         "esp-address",        "addresses are not those of the SA") \
	X(ESP_REPLAY,       "esp-replay",         "sequence number seen or left of the window") \
	X(ESP_ICV,          "esp-auth",           "integrity check failed") \
	X(ESP_PAD,          "esp-padding",        "authenticated, but padding is wrong") \
	X(ESP_NEXT_HDR,     "esp-next-header",    "authenticated, but not GRE inside") \
	X(ESP_ALIGN,        "esp-alignment",      "ciphertext is no multiple of the block") \
	X(SA_DEAD,          "sa-expired",         "SA stopped at its hard lifetime") \
	X(SA_SEQ,           "sa-sequence",        "sequence numbers of the SA are used up") \
	X(SA_TUNNEL,        "sa-tunnel",          "packet inside does not belong to the SA's " \
						  "tunnel") \
	X(CRYPTO,           "crypto-failed",      "crypto library reported an error") \
	X(NO_MBUF,          "no-buffer",          "out of packet buffers") \
	X(POLICY_DISCARD,   "policy-discard",     "a security policy says discard") \
	X(POLICY_CLEAR,     "policy-clear",       "came in the clear, a policy wants it " \
						  "protected") \
	X(POLICY_SELECTOR,  "policy-selector",    "no policy lets it through this tunnel") \
	X(POLICY_TUNNEL,    "policy-no-tunnel",   "the policy's tunnel is not there or not " \
						  "protected") \
	X(POLICY_UNAGREED,  "policy-not-agreed",  "the peer has agreed to other networks than " \
						  "this") \
	X(POLICY_FRAGMENT,  "policy-fragment",    "fragment without ports, a policy selects by " \
						  "ports") \
	X(PUNT_POLICED,     "punt-policed",       "over the rate of its class, or its source's " \
						  "share") \
	X(PUNT_FULL,        "punt-full",          "control plane's ring is full") \
	X(PUNT_NOBODY,      "punt-detached",      "no control plane is attached") \
	X(PUNT_SIZE,        "punt-size",          "too long to be punted") \
	X(INJECT_BAD,       "inject-malformed",   "control plane sent a malformed packet") \
	X(INJECT_STALE,     "inject-stale",       "control plane's packet waited too long") \
	X(TX_FULL,          "tx-full",            "port's transmit queue is full") \
	X(TX_DOWN,          "tx-down",            "egress port is down")
/* clang-format on */

enum chan_drop {
#define X(id, name, text) CHAN_DROP_##id,
	CHAN_DROP_REASONS(X)
#undef X
	CHAN_N_DROPS
};

/** The name operators read, "?" when out of range. */
const char *chan_drop_str(unsigned int reason);
/** The one-line explanation. */
const char *chan_drop_text(unsigned int reason);
const char *chan_class_str(unsigned int cls);
const char *chan_trace_node_str(unsigned int node);
const char *chan_op_str(unsigned int op);
const char *chan_esp_alg_str(unsigned int alg);

/* A port as the dataplane found it. Written by the main core. */
struct chan_port_info {
	char name[32];   /* stable name: the devargs name or PCI address, e.g. "net_af_packet0" */
	char iface[16];  /* kernel interface behind it where there is one ("wan"), else empty */
	char driver[24];
	uint8_t mac[6];
	uint8_t present;
	uint8_t link_up;
	uint8_t admin_up;
	uint8_t zero[3];
	uint32_t speed_mbps; /* 0: unknown */
	uint32_t mtu;
	uint32_t n_queues;
	uint32_t zero2;
	/* From the device (rte_eth_stats_get), refreshed at least every second. */
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
	uint64_t rx_missed, rx_errors, tx_errors;
};

/* An installed SA, so that a restarted control plane can adopt it. Written by the main core. */
struct chan_sa_info {
	uint32_t spi; /* 0: free */
	uint32_t tun_id;
	uint32_t local;
	uint32_t remote;
	uint8_t dir;
	uint8_t alg;
	uint8_t esn;
	uint8_t dead; /* stopped by a hard lifetime */
	uint32_t installed_s; /* CLOCK_MONOTONIC seconds */
	uint32_t hard_s;
	uint16_t local_port; /* ESP in UDP; else 0 */
	uint16_t remote_port;
};

/* An installed tunnel, for the same purpose. */
struct chan_tun_info {
	uint32_t present;
	uint32_t local;
	uint32_t remote;
	uint32_t sa_out; /* sa_id or CHAN_NONE */
	uint64_t cookie;
	/* What the MTU budget is made of, as it is now (common/mtu.h does the sum). */
	uint16_t underlay_mtu; /* of the egress interface; 0: no underlay */
	uint16_t path_mtu;     /* 0: nothing learned */
	uint16_t budget;       /* longest inner packet whose outer one fits; 0: no underlay */
	uint16_t mtu;          /* what is applied: the smaller of budget and configuration */
	uint8_t udp;           /* 8 with NAT-T, else 0 */
	uint8_t esp_hdr;       /* 8 with an SA, else 0; likewise: */
	uint8_t iv, align, icv;
	uint8_t gre;           /* GRE header with its options */
	uint8_t inner_hdr;     /* 20 for the second IP header of tunnel mode around GRE, else 0 */
	uint8_t zero;
	uint32_t path_mtu_from; /* as struct chan_tun has them */
	uint32_t path_mtu_s;
};

/* Per worker counters; each array is written by its worker alone. */
struct chan_if_stats {
	uint64_t in_packets, in_bytes, out_packets, out_bytes;
};

struct chan_tun_stats {
	uint64_t in_packets, in_bytes;   /* inner IP packets out of the tunnel */
	uint64_t out_packets, out_bytes; /* inner IP packets into it */
	uint64_t in_drops, out_drops;
};

/* What a policy has decided. */
struct chan_policy_stats {
	uint64_t out_packets, out_bytes; /* forwarded packets of its selector, dropped ones too */
	uint64_t in_packets; /* PROTECT: came through its tunnel */
	uint64_t in_drops;   /* of the mirrored selector, refused: in the clear, or DISCARD */
};

struct chan_sa_stats {
	uint64_t packets, bytes;   /* bytes of ESP payload: what lifetimes count */
	uint64_t last_tsc;         /* IN: when the last authenticated packet came; 0: never */
	uint32_t replay, auth_fail;
};

#define CHAN_GRE_TYPES 8

struct chan_worker_stats {
	uint64_t drops[CHAN_N_DROPS];
	uint64_t punted[CHAN_N_CLASSES];
	uint64_t punt_drops[CHAN_N_CLASSES]; /* each also in @drops */
	uint64_t punt_policed[CHAN_N_CLASSES]; /* of @punt_drops: over the rate */
	/* Conservation: rx + injected + made = tx + punted + absorbed + sum of drops + held. */
	uint64_t rx, tx;
	uint64_t injected;
	/* by fragmentation, ICMP errors, echo replies count as absorbed + made */
	uint64_t made;
	uint64_t absorbed; /* ended here: answered, consumed by reassembly or fragmentation */
	/* waiting now: for a neighbour, other fragments, a full port (a gauge) */
	uint64_t held;
	uint64_t reass_in;   /* fragments for us */
	uint64_t reass_out;  /* packets put together of them */
	uint64_t reass_held; /* of @held: fragments (a gauge) */
	uint64_t nat_keepalives; /* of peers behind a NAT; each also in @absorbed */
	uint64_t polls, empty_polls, sleeps;
	uint64_t busy_tsc; /* cycles spent in polls that found work */
	/* EtherTypes in GRE that nothing here carries: the commonest ones. @type 0, @n 0: free. */
	struct chan_gre_type {
		uint64_t n;    /* packets, each dropped as GRE_PROTO */
		uint32_t type; /* EtherType, host order */
		uint32_t zero;
	} gre_types[CHAN_GRE_TYPES];
};

struct chan_stats {
	uint32_t magic;
	uint32_t abi;
	uint64_t size; /* of the region */
	uint64_t boot_id;
	uint64_t tsc_hz;
	int32_t pid;
	uint32_t n_workers;
	uint32_t n_ports;
	uint32_t max_tunnels;
	uint32_t max_sas;
	uint32_t max_nhs;
	uint32_t max_nhgs;
	uint32_t max_routes; /* of each of IPv4 and IPv6 */
	uint64_t heartbeat; /* raised by the main core at least every second */
	uint64_t started_ms; /* CLOCK_MONOTONIC, when the dataplane made this region */
	char version[32];
	/* Offsets from the start of the region. */
	uint64_t sa_info_off;  /* struct chan_sa_info[max_sas] */
	uint64_t tun_info_off; /* struct chan_tun_info[max_tunnels] */
	uint64_t worker_off[CHAN_MAX_WORKERS]; /* struct chan_worker_stats */
	uint64_t if_off[CHAN_MAX_WORKERS];     /* struct chan_if_stats[CHAN_MAX_IFS] */
	uint64_t tun_off[CHAN_MAX_WORKERS];    /* struct chan_tun_stats[max_tunnels] */
	uint64_t sa_off[CHAN_MAX_WORKERS];     /* struct chan_sa_stats[max_sas] */
	uint64_t policy_off[CHAN_MAX_WORKERS]; /* struct chan_policy_stats[CHAN_MAX_POLICIES] */
	struct chan_port_info ports[CHAN_MAX_PORTS];
};

static inline const void *
chan_stats_at(const struct chan_stats *s, uint64_t off)
{
	return (const char *)s + off;
}

/** Bytes of a statistics region with these limits; fills in all offsets of @s (only @n_workers,
 *  @max_tunnels and @max_sas of it are read). The dataplane calls it. */
uint64_t chan_stats_layout(struct chan_stats *s);
/** What the control plane checks after mapping. 0 or -EPROTO. */
int chan_stats_check(const struct chan_stats *s, uint64_t mapped_size);


#endif
