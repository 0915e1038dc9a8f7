/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the rings carry besides packets: commands and their answers, records of traces, events. A
 * part of the contract in channel.h, which includes it where it has defined the limits; nobody else
 * does.
 */
#ifndef CULVERT_COMMON_CHANNEL_CMD_H
#define CULVERT_COMMON_CHANNEL_CMD_H

#ifndef CULVERT_COMMON_CHANNEL_H
#error "include common/channel.h"
#endif

/* ---- commands ----------------------------------------------------------------------------- */

enum chan_op {
	CHAN_CMD_NONE,
	CHAN_CMD_SYNC_BEGIN,
	CHAN_CMD_SYNC_END,
	CHAN_CMD_PARAM_SET,
	CHAN_CMD_PORT_SET,
	CHAN_CMD_IF_SET,
	CHAN_CMD_IF_DEL,
	CHAN_CMD_NH_SET,
	CHAN_CMD_NH_DEL,
	CHAN_CMD_NHG_SET,
	CHAN_CMD_NHG_DEL,
	CHAN_CMD_ROUTE_SET,
	CHAN_CMD_ROUTE_DEL,
	CHAN_CMD_TUN_SET,
	CHAN_CMD_TUN_DEL,
	CHAN_CMD_SA_SET,
	CHAN_CMD_SA_DEL,
	CHAN_CMD_SA_KEEP,    /* in a sync: the installed SA u.sa.{sa_id, spi} stays, keys unseen */
	CHAN_CMD_TUN_SA_OUT, /* which outbound SA a tunnel sends with */
	CHAN_CMD_SA_MOVE,    /* the installed SA u.sa.{sa_id, spi} has its peer at u.sa.{remote,
			      * remote_port} from now on, keys unseen; a port of 0 only without
			      * UDP */
	CHAN_CMD_ROUTE6_SET,
	CHAN_CMD_ROUTE6_DEL,
	CHAN_CMD_POLICY_SET,
	CHAN_CMD_POLICY_DEL,
	CHAN_CMD_TRACE_SET,
	CHAN_N_CMDS
};

/* Global knobs; every field has its default in the control plane's configuration. */
struct chan_param {
	uint32_t icmp_error_pps; /* ICMP errors per second and worker, 0..100000 */
	uint32_t icmp_echo_pps;  /* echo replies per second and worker, 0..1000000 */
	uint32_t hold_ms;        /* how long a packet waits for its neighbour, 0..10000 */
	/* Reassembly of fragments for us, of all sources together. 0: the dataplane's default. */
	uint32_t reass_ms;       /* a packet's fragments must come within it, 100..60000 */
	uint32_t reass_packets;  /* packets in reassembly at a time, per worker, 1..65536 */
	uint32_t reass_per_src;  /* of them from one source address, 1..65536 */
	/* Policers of the punt classes, packets per second and worker; 0: the dataplane's
	 * default. */
	uint32_t punt_pps[CHAN_N_CLASSES];   /* 0..1000000 */
	uint32_t punt_burst[CHAN_N_CLASSES]; /* in packets, 0..65536 */
};

struct chan_port {
	uint32_t port;    /* index into the statistics region's port table */
	uint16_t mtu;     /* of Ethernet payload, 576..9600; 0: leave as it is */
	uint8_t admin_up; /* 0 or 1 */
	uint8_t promisc;  /* 0 or 1 */
};

/* An interface: a port, or a VLAN on it. */
/* Is the source of what comes in and is to be forwarded looked up (RFC 3704)? */
enum chan_verify {
	CHAN_VERIFY_OFF,
	CHAN_VERIFY_RX,  /* there must be a route to it that leads back the way it came */
	CHAN_VERIFY_ANY, /* there must be a route to it, no null route */
};

struct chan_if {
	uint32_t if_id; /* < CHAN_MAX_IFS */
	uint32_t port;
	uint16_t vlan; /* 0: untagged; 1..4094. A (port, vlan) pair belongs to one interface. */
	uint16_t mtu;  /* of IP packets, 576..9600 */
	uint8_t admin_up;
	uint8_t n_addrs; /* 0..CHAN_IF_ADDRS; the first is the source of ICMP errors */
	uint8_t verify4, verify6; /* enum chan_verify */
	uint32_t addrs[CHAN_IF_ADDRS];
	uint8_t addr_lens[CHAN_IF_ADDRS];
	uint8_t n_addrs6; /* 0..CHAN_IF_ADDRS, link-local ones included */
	uint8_t addr_lens6[CHAN_IF_ADDRS];
	uint8_t n_vmacs; /* 0..CHAN_IF_VMACS */
	uint8_t zero2[6];
	uint8_t addrs6[CHAN_IF_ADDRS][16];
	/* Virtual routers that we are the active router of (RFC 9568 section 7.3): frames to
	 * 00-00-5e-00-XX-YY are ours, too. Each is 0xXXYY: 0x01 (IPv4) or 0x02 (IPv6), VRID. */
	uint16_t vmacs[CHAN_IF_VMACS];
};

enum chan_nh_type {
	CHAN_NH_DROP,  /* null route: counted as null-route, ICMP host unreachable is sent */
	CHAN_NH_LOCAL, /* one of our addresses */
	CHAN_NH_GLEAN, /* connected prefix: the destination itself is to be resolved on if_id */
	CHAN_NH_ADJ,   /* neighbour @gw (or @gw6) on if_id; @mac when @resolved */
	CHAN_NH_TUN,   /* into tunnel tun_id */
};

/*
 * A next hop. For an unresolved CHAN_NH_ADJ and for every miss on a CHAN_NH_GLEAN the dataplane
 * raises CHAN_EV_NEIGH (rate-limited per address) and holds a few packets for hold_ms. They
 * leave as soon as the NH (or a /32 route to a resolved NH) is installed. Neighbours on a
 * connected prefix are installed as CHAN_NH_ADJ with a /32 route.
 */
struct chan_nh {
	uint32_t nh_id; /* < max_nhs of the statistics header */
	uint32_t if_id; /* GLEAN, ADJ */
	uint32_t tun_id; /* TUN */
	uint32_t gw;    /* ADJ: the neighbour's address */
	uint8_t type;   /* enum chan_nh_type */
	uint8_t resolved; /* ADJ: 0 or 1 */
	uint8_t mac[6];
	/* ADJ of an IPv6 neighbour; else zero. DROP, LOCAL, GLEAN, TUN are for both */
	uint8_t gw6[16];
};

struct chan_nhg {
	uint32_t nhg_id; /* < max_nhgs */
	uint32_t n;      /* 1..CHAN_ECMP_MAX; a flow's packets take one member, by its 5-tuple */
	uint32_t nh_ids[CHAN_ECMP_MAX];
};

struct chan_route {
	uint32_t prefix; /* host bits zero */
	uint8_t len;     /* 0..32 */
	uint8_t is_group; /* id is an nhg_id */
	uint8_t zero[2];
	uint32_t id;
};

/* An IPv6 route; the same next hops and groups. */
struct chan_route6 {
	uint8_t prefix[16]; /* host bits zero */
	uint8_t len;        /* 0..128 */
	uint8_t is_group;
	uint8_t zero[2];
	uint32_t id;
};

enum chan_tun_kind {
	CHAN_TUN_GRE,   /* GRE to one far end */
	CHAN_TUN_MGRE,  /* GRE to many: takes packets from far ends that no tunnel is for, and has
			 * its multicast sent by the tunnels that name it as @parent */
	CHAN_TUN_IPSEC, /* IP in ESP tunnel mode, without GRE; protected always */
};

enum chan_tun_flag {
	CHAN_TUN_UP = 1u << 0,      /* administratively up; else all traffic is dropped */
	CHAN_TUN_PROTECT = 1u << 1, /* only ESP out, only ESP in, at every moment */
	CHAN_TUN_KEY = 1u << 2,     /* GRE key, both directions */
	CHAN_TUN_CSUM = 1u << 3,    /* GRE checksum on sent packets (always checked on received) */
	CHAN_TUN_SEQ = 1u << 4,     /* GRE sequence numbers on sent packets */
	CHAN_TUN_DF = 1u << 5,      /* set DF in the outer header always; else copied from inside */
	CHAN_TUN_TOS_SET = 1u << 6, /* outer DSCP is @tos's; else copied from inside */
	CHAN_TUN_TTL_COPY = 1u << 7, /* outer TTL copied from inside; else @ttl */
	CHAN_TUN_DF_CLEAR = 1u << 8, /* never set DF in the outer header; not with CHAN_TUN_DF */
	CHAN_TUN_FRAG_AFTER = 1u << 9, /* too long with DF clear: fragment the outer packet, after
					* encryption; else the inner one, before */
	CHAN_TUN_MCAST = 1u << 10, /* gets a copy of all multicast that is sent into @parent */
	CHAN_TUN_IGNORE_DF = 1u << 11, /* fragment inner packets that are too long even with DF */
};

#define CHAN_MSS_AUTO UINT16_MAX /* TCP MSS clamped to the tunnel's MTU budget */

/* A GRE tunnel. Its underlay next hop is found by the control plane and named here. */
struct chan_tun {
	uint32_t tun_id; /* < max_tunnels */
	uint32_t flags;  /* enum chan_tun_flag */
	uint32_t local;  /* outer source: one of our addresses */
	uint32_t remote; /* outer destination; 0 with CHAN_TUN_PROTECT: not known yet, packets drop;
			  * 0 always of CHAN_TUN_MGRE */
	uint32_t key;    /* GRE key when CHAN_TUN_KEY */
	/* underlay: a CHAN_NH_ADJ next hop, or CHAN_NONE: no route, packets drop */
	uint32_t nh_id;
	uint32_t addr;   /* our address inside, source of ICMP errors; 0: use @local */
	uint16_t mtu;    /* of inner IP packets, 576..9000 */
	uint8_t ttl;     /* outer TTL 1..255 */
	uint8_t tos;
	uint8_t kind;    /* enum chan_tun_kind */
	uint8_t verify;  /* of CHAN_TUN_GRE: enum chan_verify of IPv4, and of IPv6 << 4 */
	uint16_t path_mtu; /* of the underlay, learned from ICMP; 0: nothing learned */
	/* clamp TCP MSS of IPv4, both directions: 0 off, CHAN_MSS_AUTO, 88..9000 */
	uint16_t mss4;
	uint16_t mss6;   /* the same of IPv6 */
	uint32_t parent; /* with CHAN_TUN_MCAST: the MGRE tunnel, which need not be there yet */
	uint64_t cookie; /* the control plane's own mark, shown again in struct chan_tun_info */
	uint8_t addr6[16]; /* our IPv6 address inside, source of ICMPv6 errors; zero: none */
	/* The control plane's own notes on @path_mtu, shown again in struct chan_tun_info. */
	uint32_t path_mtu_from; /* who said it */
	uint32_t path_mtu_s;    /* and when last, CLOCK_MONOTONIC seconds */
};

enum chan_sa_dir { CHAN_SA_IN, CHAN_SA_OUT };

enum chan_sa_mode { CHAN_SA_TRANSPORT, CHAN_SA_TUNNEL };

/*
 * Algorithms of ESP: X(enumerator, name). Counter-mode AEADs first, then every cipher with every
 * integrity algorithm. What each fixes (key lengths, IV, ICV) is in dataplane/crypto/esp_alg.h.
 */
/* clang-format off */
#define CHAN_ESP_AEADS(X) \
	X(AES128_GCM16, "aes128gcm16") X(AES192_GCM16, "aes192gcm16") \
	X(AES256_GCM16, "aes256gcm16") \
	X(AES128_GCM12, "aes128gcm12") X(AES192_GCM12, "aes192gcm12") \
	X(AES256_GCM12, "aes256gcm12") \
	X(AES128_GCM8, "aes128gcm8") X(AES192_GCM8, "aes192gcm8") X(AES256_GCM8, "aes256gcm8") \
	X(AES128_GMAC, "aes128gmac") X(AES192_GMAC, "aes192gmac") X(AES256_GMAC, "aes256gmac") \
	X(CHACHA20_POLY1305, "chacha20poly1305")
#define CHAN_ESP_INTEGS(X, cipher, name) \
	X(cipher##_SHA1_96, name "-sha1") X(cipher##_SHA256_128, name "-sha256") \
	X(cipher##_SHA384_192, name "-sha384") X(cipher##_SHA512_256, name "-sha512") \
	X(cipher##_XCBC_96, name "-aesxcbc") X(cipher##_CMAC_96, name "-aescmac")
#define CHAN_ESP_ALGS(X) \
	CHAN_ESP_AEADS(X) \
	CHAN_ESP_INTEGS(X, AES128_CBC, "aes128") CHAN_ESP_INTEGS(X, AES192_CBC, "aes192") \
	CHAN_ESP_INTEGS(X, AES256_CBC, "aes256") CHAN_ESP_INTEGS(X, AES128_CTR, "aes128ctr") \
	CHAN_ESP_INTEGS(X, AES192_CTR, "aes192ctr") CHAN_ESP_INTEGS(X, AES256_CTR, "aes256ctr") \
	CHAN_ESP_INTEGS(X, 3DES_CBC, "3des") CHAN_ESP_INTEGS(X, NULL, "null")
/* clang-format on */

enum chan_esp_alg {
	CHAN_ESP_NONE,
#define X(id, name) CHAN_ESP_##id,
	CHAN_ESP_ALGS(X)
#undef X
	CHAN_N_ESP_ALGS
};

/*
 * An inbound SA's SPI is its index with a generation: SPI = generation << CHAN_SPI_IDX_BITS |
 * sa_id, generation 1..4095, so that the SA is found by indexing and a late packet of the slot's
 * former owner is refused by the generation. Outbound SAs take ids from the same space, their
 * SPI is the peer's choice (>= 256).
 */
#define CHAN_SPI_IDX_BITS 20
#define CHAN_SPI_IDX_MASK ((1u << CHAN_SPI_IDX_BITS) - 1)

#define CHAN_TUN_SAS 16 /* installed SAs of one tunnel; one more is refused with -ENOSPC */

#define CHAN_WINDOW_MIN 64
#define CHAN_WINDOW_MAX 8192

/*
 * An SA. Keys, mode, algorithms and addresses of an installed SA cannot be changed: another id is
 * taken (-EEXIST). Lifetimes can. When a NAT changes its mind, CHAN_CMD_SA_MOVE changes @remote
 * and @remote_port, of both directions, without the keys being told again.
 */
struct chan_sa {
	uint32_t sa_id; /* < max_sas */
	uint32_t spi;
	uint32_t tun_id; /* the tunnel it belongs to */
	uint32_t local;
	uint32_t remote;
	uint32_t window; /* IN: anti-replay window in packets, power of two 64..8192; 0: off */
	uint8_t dir;     /* enum chan_sa_dir */
	uint8_t alg;     /* enum chan_esp_alg */
	uint8_t esn;     /* 0 or 1 */
	uint8_t enc_key_len;
	uint8_t auth_key_len; /* 0 for AEAD */
	uint8_t salt_len;     /* 4 for AEADs and CTR, else 0 */
	uint8_t mode;         /* enum chan_sa_mode */
	uint8_t zero;
	/* Lifetimes; 0: none. Soft raises an event, hard also stops the SA. */
	uint64_t soft_bytes, hard_bytes;
	uint64_t soft_packets, hard_packets;
	uint32_t soft_s, hard_s; /* from installation */
	uint8_t enc_key[32];
	uint8_t auth_key[64];
	uint8_t salt[4];
	/* UDP encapsulation (RFC 3948): both or none. IN: what the peer's packets come from. */
	uint16_t local_port;
	uint16_t remote_port;
	/* Around GRE, both ends as the far end names them, which past a NAT are not @remote and
	 * @local: in the header inside of tunnel mode; in keepalives in transport mode in UDP.
	 * SA_MOVE leaves them. 0: the tunnel's @remote, @local. */
	uint32_t inner_remote, inner_local;
};

struct chan_tun_sa_out {
	uint32_t tun_id;
	uint32_t sa_id; /* an outbound SA of this tunnel; CHAN_NONE: none, protected packets drop */
};

enum chan_policy_action {
	CHAN_POLICY_PROTECT,
	CHAN_POLICY_BYPASS,
	CHAN_POLICY_DISCARD,
	/* PROTECT, but the peer has agreed to other selectors: nothing passes */
	CHAN_POLICY_UNAGREED,
};

/*
 * A security policy (RFC 4301 section 4.4.1): what happens to packets of a selector. The match with
 * the highest @priority decides, alone.
 *
 * Out, for packets that are forwarded or made here (what the control plane injects to be routed is
 * beyond policies: IKE must pass): PROTECT sends into tunnel @tun_id (of kind CHAN_TUN_IPSEC),
 * whatever the routing table says; BYPASS goes on by the routing table; DISCARD drops. Without a
 * usable tunnel or SA PROTECT drops.
 *
 * In, for all that is received, with source and destination exchanged: PROTECT lets in only what
 * came through an SA of that tunnel (ESP and IKE to our own addresses excepted); DISCARD drops.
 * What came out of a tunnel that policies name must match one of these, and what is routed into
 * such a tunnel without a policy is dropped.
 *
 * No match: as without policies. The tunnel need not be there when a policy names it. Policies
 * sent one after another take effect together, at the latest a fraction of a second after the last
 * and before any other command that follows is applied.
 */
struct chan_policy {
	uint32_t policy_id; /* < CHAN_MAX_POLICIES */
	uint32_t priority;  /* the higher wins; equal ones: the lower policy_id */
	uint32_t src, dst;  /* host bits zero */
	uint8_t src_len, dst_len; /* 0..32; of IPv6 0..128 */
	uint8_t proto;      /* 0: any; of IPv6 what is behind the extension headers */
	uint8_t action;     /* enum chan_policy_action */
	/* 0..65535: any; only with a protocol that has ports, or with ICMP and ICMPv6: there both
	 * are the same, type << 8 | code, which is looked at in both directions. */
	uint16_t sport_lo, sport_hi;
	uint16_t dport_lo, dport_hi;
	uint32_t tun_id;    /* PROTECT, UNAGREED */
	uint8_t is_ip6;     /* 1: of IPv6, @src6 and @dst6; @src and @dst are 0 */
	uint8_t zero[3];
	uint8_t src6[16], dst6[16]; /* host bits zero; all zero of IPv4 */
};
#define CHAN_MAX_POLICIES 65536

/* Trace the next @count packets that match: every field that is not zero (CHAN_NONE) must fit. */
struct chan_trace {
	uint32_t trace_id; /* comes back in every record; 0 with @count 0: stop */
	uint32_t count;    /* packets, 0..1000 */
	uint32_t if_id, tun_id; /* ingress interface, tunnel it passes; CHAN_NONE: any */
	uint32_t src, dst; /* prefixes of the packet as received, or of the inner one */
	uint8_t src_len, dst_len; /* 0: any */
	uint8_t proto;     /* 0: any; of IPv6 what is behind the extension headers */
	uint8_t drops_only; /* 1: only packets that end in a drop are recorded */
	uint8_t family;    /* 4, 6: only IPv4 with @src and @dst, only IPv6 with @src6 and @dst6;
			    * 0: both, then there are no prefixes */
	uint8_t zero;
	uint16_t sport, dport; /* of TCP, UDP and their like; 0: any */
	uint16_t zero2;
	uint8_t src6[16], dst6[16]; /* host bits zero */
};

/* Steps of a traced packet: X(enumerator, name). What ends a packet comes last. */
/* clang-format off */
#define CHAN_TRACE_NODES(X) \
	X(RX, "received") X(INJECT, "injected") \
	X(IP4_INPUT, "ip4-input") X(IP4_VERIFY, "ip4-verify") X(IP4_LOOKUP, "ip4-lookup") X(IP4_LOCAL, "ip4-local") \
	X(ESP_DECRYPT, "esp-decrypt") X(GRE_DECAP, "gre-decap") X(GRE_ENCAP, "gre-encap") \
	X(ESP_ENCRYPT, "esp-encrypt") X(IP4_REWRITE, "ip4-rewrite") \
	X(IP4_FRAG, "ip4-fragment") X(GRE_FRAG, "tunnel-fragment") \
	X(IP6_INPUT, "ip6-input") X(IP6_LOOKUP, "ip6-lookup") X(IP6_LOCAL, "ip6-local") \
	X(GRE6_ENCAP, "gre-encap") X(IP6_REWRITE, "ip6-rewrite") \
	X(TX, "sent") X(PUNT, "to-control-plane") X(HELD, "held") X(DROP, "dropped") X(END, "ended")
/* clang-format on */

enum chan_trace_node {
#define X(id, name) CHAN_TRACE_##id,
	CHAN_TRACE_NODES(X)
#undef X
	CHAN_N_TRACE_NODES
};

#define CHAN_TRACE_BYTES 64

/* A step of a traced packet, an element of the trace rings. Headers only, never payload. */
struct chan_trace_rec {
	uint32_t trace_id;
	uint32_t packet; /* number of the packet in this trace, of this worker */
	uint64_t tsc;
	uint8_t worker;
	uint8_t step;      /* of the packet, from 0 on */
	uint8_t node;      /* enum chan_trace_node */
	uint8_t last;      /* 1: the packet's last record */
	uint8_t n_packets; /* it was these many by now: fragments, an ICMP error */
	uint8_t n_bytes;   /* of @bytes */
	uint16_t len;      /* of the packet as the node got it */
	uint32_t if_id, tun_id, sa_id; /* where it came in, as far as known here; or CHAN_NONE */
	/* RX, TX: port; DROP: enum chan_drop; PUNT: enum chan_class; into a tunnel: id */
	uint32_t arg;
	uint8_t bytes[CHAN_TRACE_BYTES]; /* headers from IP on */
	uint8_t zero[16];
};
static_assert(sizeof(struct chan_trace_rec) == 120, "ring element");

struct chan_cmd {
	uint32_t seq; /* chosen by the control plane, comes back in the answer */
	uint16_t op;  /* enum chan_op */
	uint16_t zero;
	union {
		struct chan_param param;
		struct chan_port port;
		struct chan_if iface;
		struct chan_nh nh;
		struct chan_nhg nhg;
		struct chan_route route;
		struct chan_tun tun;
		struct chan_sa sa;
		struct chan_tun_sa_out tun_sa_out;
		struct chan_route6 route6;
		struct chan_policy policy;
		struct chan_trace trace;
		uint8_t pad[248];
	} u;
};
static_assert(sizeof(struct chan_cmd) == 256, "ring element");

struct chan_done {
	uint32_t seq;
	int32_t err; /* 0 or -errno */
	uint16_t op;
	uint16_t zero;
	char field[28]; /* on error: the field that was refused, e.g. "tun.remote" */
};
static_assert(sizeof(struct chan_done) == 40, "ring element");

/* ---- events ------------------------------------------------------------------------------- */

enum chan_event_type {
	CHAN_EV_NONE,
	CHAN_EV_LINK,         /* port changed state: read the port table. id = port */
	/* id = sa_id, arg = SPI, why = enum chan_life. Kept until delivered */
	CHAN_EV_SA_SOFT,
	CHAN_EV_SA_HARD,      /* the same; the SA is stopped. Kept until delivered */
	CHAN_EV_SA_FIRST,     /* IN: first authenticated packet came. id = sa_id, arg = SPI */
	/* packet for a protected tunnel without SA; at most 1/s each. id = tun */
	CHAN_EV_ACQUIRE,
	CHAN_EV_UNKNOWN_SPI,  /* arg = SPI, addr = source; at most 10/s in all */
	/* auth failures passed 2^n; id = sa_id, arg = count, at most 1/s each */
	CHAN_EV_SA_TROUBLE,
	CHAN_EV_NEIGH,        /* neighbour wanted: id = if_id, addr or addr6; at most 1/s each */
	CHAN_EV_SA_MOVED,     /* IN, authenticated, from elsewhere: id = sa_id, arg = SPI, addr and
			       * port = the new source; at most 1/s each */
};

enum chan_life { CHAN_LIFE_NONE, CHAN_LIFE_BYTES, CHAN_LIFE_PACKETS, CHAN_LIFE_TIME,
	CHAN_LIFE_SEQ };

struct chan_event {
	uint16_t type; /* enum chan_event_type */
	uint8_t why;
	uint8_t worker; /* 255: the main core */
	uint32_t id;
	uint32_t arg;
	uint32_t addr;
	uint8_t addr6[16]; /* NEIGH of an IPv6 neighbour; else zero */
	uint16_t port;
	uint16_t zero;
	uint32_t zero2[3];
};
static_assert(sizeof(struct chan_event) == 48, "ring element");


#endif
