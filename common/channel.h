/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The channel between culvert-dataplane and culvert-controlplane: everything that crosses
 * between the two programs is defined here, and both include this one file for it.
 *
 * Set-up. The dataplane listens on a SOCK_SEQPACKET Unix socket. The control plane connects and
 * sends struct chan_hello. The dataplane answers with struct chan_welcome; if its @status is 0,
 * five descriptors come along (SCM_RIGHTS): the ring region, the statistics region, the eventfd
 * that wakes the control plane, the eventfd that wakes the dataplane's main core, the keep region.
 * The socket then carries nothing more, but stays open: its end-of-file tells either side that the
 * other is gone.
 *
 *     control plane                                  dataplane
 *        chan_hello {magic, abi, version}      ->
 *                                              <-    chan_welcome {status, boot_id, limits} + 5 fds
 *        cmd ring      (upserts, deletes)      ->    main core
 *        done ring     (one answer each)       <-    main core
 *        inject ring   (packets)               ->    worker 0
 *        event ring                            <-    main core (for every worker too)
 *        punt[worker][class] rings (packets)   <-    that worker
 *        trace[worker] rings                   <-    that worker
 *
 * The ring region is made anew for every attachment and abandoned with it, so a control plane
 * killed half-way through a write leaves nothing behind that the next could trip over. The
 * statistics region lives as long as the dataplane, and can only be mapped read-only by others.
 * The keep region lives as long as the dataplane, too, and is the control plane's alone: what is in
 * it outlives a control plane that crashes. The dataplane holds it, keeps it out of swap and core
 * dumps, hands it to whoever attaches next, and never looks at what is inside.
 *
 * All integers are host order, addresses too, except where a name ends in _be. Both programs run
 * on one machine. Nothing in here is trusted by the dataplane: it copies a message out of the
 * ring, wipes the slot, checks every id, length and range, and answers with an error that names
 * the field.
 *
 * The life of one command: the control plane writes a struct chan_cmd with its own @seq; the main
 * core applies it and answers with a struct chan_done of the same @seq, in order. Every _SET is an
 * upsert and idempotent: the same message twice changes nothing, no counter is reset. Every _DEL of
 * what is not there succeeds. Ids are chosen by the control plane, below the limits in the
 * welcome. References must be satisfied when a command comes (nexthop before route, interface
 * before nexthop, tunnel before its SA), or it is refused with -ENOENT and the field's name.
 * Deleting what is still referenced is refused with -EBUSY.
 *
 * Resync. CHAN_CMD_SYNC_BEGIN marks all objects as not yet named; each _SET (and
 * CHAN_CMD_SA_KEEP) names one; CHAN_CMD_SYNC_END removes what was not named. Forwarding goes on
 * all the while on what is there. An attachment that ends before its SYNC_END sweeps nothing.
 */
#ifndef CULVERT_COMMON_CHANNEL_H
#define CULVERT_COMMON_CHANNEL_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CHAN_MAGIC 0x43564c54u /* "CVLT" */
#define CHAN_ABI   4u          /* raised with every change of this file */

#define CHAN_DEFAULT_SOCKET "/run/culvert/dataplane.sock"

#define CHAN_MAX_WORKERS 16
#define CHAN_MAX_PORTS   32
#define CHAN_MAX_IFS     1024 /* ports and VLANs with addresses */
#define CHAN_IF_ADDRS    8    /* addresses of one interface */
#define CHAN_IF_VMACS    16   /* virtual MAC addresses of one interface */
#define CHAN_PORT_VMACS  256  /* of all interfaces of one port */
#define CHAN_ECMP_MAX    16
#define CHAN_NONE        UINT32_MAX /* "no such object" in any id field */

/* ---- handshake ---------------------------------------------------------------------------- */

struct chan_hello {
	uint32_t magic;
	uint32_t abi;
	char version[32]; /* for the log line of the other side */
};

struct chan_welcome {
	uint32_t magic;
	uint32_t abi;
	int32_t status; /* 0, -EPROTO (ABI), -EBUSY (another one is attached), -EACCES, -ENOMEM */
	uint32_t n_workers;
	uint64_t boot_id; /* random, of this run of the dataplane */
	char version[32];
	char reason[96]; /* when status != 0: one line for a person */
};

enum { CHAN_FD_RINGS, CHAN_FD_STATS, CHAN_FD_WAKE_CP, CHAN_FD_WAKE_DP, CHAN_FD_KEEP, CHAN_N_FDS };

/* The keep region: sealed against a change of its size, zero at first, and sparse: only what was
 * written takes memory. As many bytes as chan_keep_size() says. */
#define CHAN_KEEP_SLOT 8192u

static inline uint64_t
chan_keep_size(uint32_t max_tunnels)
{
	return (2 + (uint64_t)max_tunnels) * CHAN_KEEP_SLOT;
}

/* ---- punt and inject: packets ------------------------------------------------------------- */

/* One ring per worker and class: a flood of one class cannot starve another. */
enum chan_class {
	CHAN_CLASS_ARP, /* and IPv6 neighbour discovery: NS, NA, RS, RA, redirect */
	CHAN_CLASS_IKE, /* UDP 500 and 4500 to one of our addresses */
	CHAN_CLASS_OSPF,
	CHAN_CLASS_VRRP,
	CHAN_CLASS_NHRP,
	CHAN_CLASS_ICMP, /* ICMP to us other than echo request, which the dataplane answers */
	CHAN_CLASS_OTHER, /* TCP's answers to the ports of probes, CHAN_PROBE_PORT_MIN and above */
	CHAN_CLASS_KEEPALIVE, /* a GRE keepalive of ours came back: tun_id is all that counts */
	CHAN_N_CLASSES
};

/*
 * Policers of the classes, per worker, as long as nothing else is said: X(class, name, packets per
 * second, burst). One source gets a quarter of both. A burst has to fit the class's ring.
 */
/* clang-format off */
#define CHAN_PUNT_DEFAULTS(X) \
	X(ARP,   arp,   1000, 256) \
	X(IKE,   ike,  10000, 500) \
	X(OSPF,  ospf, 10000, 440) \
	X(VRRP,  vrrp,  2000, 400) \
	X(NHRP,  nhrp,  1000, 256) \
	X(ICMP,  icmp,   200, 100) \
	X(OTHER, other,  200, 100) \
	X(KEEPALIVE, keepalive, 10000, 500)
/* clang-format on */

/* The control plane's TCP probes come from this port and those above. */
#define CHAN_PROBE_PORT_MIN 0xf000

#define CHAN_PKT_DATA 2016 /* longest packet that can be punted or injected */

/* An element of the punt and inject rings. Writers and readers copy the header and @len bytes. */
struct chan_pkt {
	uint16_t len;    /* bytes in @data */
	uint16_t l3_off; /* punt: where the L3 header starts in @data (14, 18 or 0) */
	uint8_t cls;     /* punt: enum chan_class */
	uint8_t mode;    /* inject: enum chan_inject_mode */
	uint8_t worker;  /* punt: who received it */
	uint8_t zero;
	uint32_t if_id;  /* punt: ingress interface or CHAN_NONE; inject: see the mode */
	uint32_t tun_id; /* punt: ingress tunnel or CHAN_NONE; inject: see the mode */
	uint32_t sa_id;  /* punt: inbound SA that protected it or CHAN_NONE */
	/* punt, classes OSPF and IKE: a packet that is longer than @data comes in parts, one after
	 * the other in the same ring. */
	uint32_t part_off;   /* of @data in the whole, which begins with its L2 header */
	uint32_t part_total; /* length of the whole; 0: this is all of it */
	uint32_t spare;
	uint8_t data[CHAN_PKT_DATA];
};
static_assert(sizeof(struct chan_pkt) == 2048, "ring element");

enum chan_inject_mode {
	CHAN_INJECT_FRAME, /* an Ethernet frame without VLAN tag, out of @if_id (the tag is added) */
	CHAN_INJECT_ROUTE, /* an IPv4 packet with its checksum, or an IPv6 packet, sent by the
			    * routing table */
	CHAN_INJECT_TUN,   /* the same, into tunnel @tun_id */
};

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
			      * remote_port} from now on, keys unseen; a port of 0 only without UDP */
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
	/* Policers of the punt classes, packets per second and worker; 0: the dataplane's default. */
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
struct chan_if {
	uint32_t if_id; /* < CHAN_MAX_IFS */
	uint32_t port;
	uint16_t vlan; /* 0: untagged; 1..4094. A (port, vlan) pair belongs to one interface. */
	uint16_t mtu;  /* of IP packets, 576..9600 */
	uint8_t admin_up;
	uint8_t n_addrs; /* 0..CHAN_IF_ADDRS; the first is the source of ICMP errors */
	uint8_t zero[2];
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
	uint8_t gw6[16]; /* ADJ of an IPv6 neighbour; else zero. DROP, LOCAL, GLEAN, TUN are for both */
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
	uint32_t nh_id;  /* underlay: a CHAN_NH_ADJ next hop, or CHAN_NONE: no route, packets drop */
	uint32_t addr;   /* our address inside, source of ICMP errors; 0: use @local */
	uint16_t mtu;    /* of inner IP packets, 576..9000 */
	uint8_t ttl;     /* outer TTL 1..255 */
	uint8_t tos;
	uint8_t kind;    /* enum chan_tun_kind */
	uint8_t zero;
	uint16_t path_mtu; /* of the underlay, learned from ICMP; 0: nothing learned */
	uint16_t mss4;   /* clamp TCP MSS of IPv4, both directions: 0 off, CHAN_MSS_AUTO, 88..9000 */
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
	X(AES128_GCM16, "aes128gcm16") X(AES192_GCM16, "aes192gcm16") X(AES256_GCM16, "aes256gcm16") \
	X(AES128_GCM12, "aes128gcm12") X(AES192_GCM12, "aes192gcm12") X(AES256_GCM12, "aes256gcm12") \
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
	/* Tunnel mode around GRE: the far end as the header inside names it, which of a peer behind NAT
	 * is not @remote. SA_MOVE leaves it. 0: the tunnel's @remote. */
	uint32_t inner_remote;
};

struct chan_tun_sa_out {
	uint32_t tun_id;
	uint32_t sa_id; /* an outbound SA of this tunnel; CHAN_NONE: none, protected packets drop */
};

enum chan_policy_action {
	CHAN_POLICY_PROTECT,
	CHAN_POLICY_BYPASS,
	CHAN_POLICY_DISCARD,
	CHAN_POLICY_UNAGREED, /* PROTECT, but the peer has agreed to other selectors: nothing passes */
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
	uint16_t sport_lo, sport_hi; /* 0..65535: any; only with a protocol that has ports */
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
	X(IP4_INPUT, "ip4-input") X(IP4_LOOKUP, "ip4-lookup") X(IP4_LOCAL, "ip4-local") \
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
	uint32_t arg; /* RX, TX: port; DROP: enum chan_drop; PUNT: enum chan_class; into a tunnel: id */
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
	CHAN_EV_SA_SOFT,      /* id = sa_id, arg = SPI, why = enum chan_life. Kept until delivered */
	CHAN_EV_SA_HARD,      /* the same; the SA is stopped. Kept until delivered */
	CHAN_EV_SA_FIRST,     /* IN: first authenticated packet came. id = sa_id, arg = SPI */
	CHAN_EV_ACQUIRE,      /* packet for a protected tunnel without SA; at most 1/s each. id = tun */
	CHAN_EV_UNKNOWN_SPI,  /* arg = SPI, addr = source; at most 10/s in all */
	CHAN_EV_SA_TROUBLE,   /* auth failures passed 2^n; id = sa_id, arg = count, at most 1/s each */
	CHAN_EV_NEIGH,        /* neighbour wanted: id = if_id, addr or addr6; at most 1/s each */
	CHAN_EV_SA_MOVED,     /* IN, authenticated, from elsewhere: id = sa_id, arg = SPI, addr and
			       * port = the new source; at most 1/s each */
};

enum chan_life { CHAN_LIFE_NONE, CHAN_LIFE_BYTES, CHAN_LIFE_PACKETS, CHAN_LIFE_TIME, CHAN_LIFE_SEQ };

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

/* ---- the ring region ---------------------------------------------------------------------- */

#define CHAN_CMD_SLOTS    1024
#define CHAN_DONE_SLOTS   2048
#define CHAN_EVENT_SLOTS  4096
#define CHAN_INJECT_SLOTS 1024
#define CHAN_PUNT_SLOTS   512
#define CHAN_TRACE_SLOTS  4096

struct chan_rings {
	uint32_t magic;
	uint32_t abi;
	uint64_t size; /* of the region in bytes */
	uint32_t n_workers;
	/* The reader says that it sleeps; a writer that swaps it to 0 writes the eventfd. */
	_Alignas(64) uint32_t cp_sleeps;
	_Alignas(64) uint32_t dp_sleeps; /* the same for the dataplane's main core and commands */
	/* Offsets from the start of the region, each of a struct rte_ring. */
	_Alignas(64) uint64_t cmd_off;
	uint64_t done_off;
	uint64_t event_off;
	uint64_t inject_off;
	uint64_t punt_off[CHAN_MAX_WORKERS][CHAN_N_CLASSES];
	uint64_t trace_off[CHAN_MAX_WORKERS]; /* of struct chan_trace_rec */
};

struct rte_ring;

/** The ring at @off of a mapped region that passed chan_rings_check(). */
static inline struct rte_ring *
chan_ring(struct chan_rings *c, uint64_t off)
{
	return (struct rte_ring *)((char *)c + off);
}

/** What the control plane checks after mapping: magic, ABI, size, offsets inside. 0 or -EPROTO. */
int chan_rings_check(const struct chan_rings *c, uint64_t mapped_size);

/** Ask to be woken. The caller must look at all its rings once more before it sleeps. */
void chan_sleep_prepare(struct chan_rings *c);

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
	X(IP_OPTIONS,       "ip-options",         "malformed or refused IP options") \
	X(IP_TTL,           "ip-ttl",             "TTL expired in transit") \
	X(IP_BROADCAST,     "ip-broadcast",       "broadcast or multicast nobody here listens to") \
	X(IP6_VERSION,      "ip6-version",        "version is not 6") \
	X(IP6_LENGTH,       "ip6-length",         "payload length exceeds what was received") \
	X(IP6_MARTIAN_SRC,  "ip6-martian-source", "source address that no packet may have") \
	X(IP6_MARTIAN_DST,  "ip6-martian-dest",   "destination that must not be forwarded") \
	X(IP6_SCOPE,        "ip6-scope",          "link-local address that would leave its link") \
	X(IP6_HOP_LIMIT,    "ip6-hop-limit",      "hop limit exceeded in transit") \
	X(IP6_MULTICAST,    "ip6-multicast",      "multicast nobody here listens to") \
	X(IP6_EXT,          "ip6-extension",      "extension headers that are malformed or refused") \
	X(IP6_FRAGMENT,     "ip6-fragment",       "IPv6 fragment for us without all its headers") \
	X(IP6_ND,           "ip6-nd",             "neighbour discovery message from off the link") \
	X(NO_ROUTE,         "no-route",           "no route to the destination") \
	X(NULL_ROUTE,       "null-route",         "the route says to drop it") \
	X(TOO_BIG,          "too-big",            "longer than the egress MTU with DF set") \
	X(FRAG_FAIL,        "fragment-failed",    "could not be fragmented") \
	X(REASS_BAD,        "fragment-malformed", "fragment for us that contradicts itself or others") \
	X(REASS_TINY,       "fragment-tiny",      "fragment for us, not the last, of under 68 bytes") \
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
	X(GRE_ECN,          "gre-ecn",            "congestion marked outside, not ECN-capable inside") \
	X(TUN_DOWN,         "tunnel-down",        "tunnel is administratively down") \
	X(TUN_NO_ROUTE,     "tunnel-no-underlay", "no route to the tunnel's far end") \
	X(TUN_NO_SA,        "tunnel-no-sa",       "protected tunnel has no outbound SA yet") \
	X(TUN_NO_MEMBER,    "tunnel-no-member",   "multipoint tunnel knows no far end for the next hop") \
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
	X(SA_TUNNEL,        "sa-tunnel",          "packet inside does not belong to the SA's tunnel") \
	X(CRYPTO,           "crypto-failed",      "crypto library reported an error") \
	X(NO_MBUF,          "no-buffer",          "out of packet buffers") \
	X(POLICY_DISCARD,   "policy-discard",     "a security policy says discard") \
	X(POLICY_CLEAR,     "policy-clear",       "came in the clear, a policy wants it protected") \
	X(POLICY_SELECTOR,  "policy-selector",    "no policy lets it through this tunnel") \
	X(POLICY_TUNNEL,    "policy-no-tunnel",   "the policy's tunnel is not there or not protected") \
	X(POLICY_UNAGREED,  "policy-not-agreed",  "the peer has agreed to other networks than this") \
	X(POLICY_FRAGMENT,  "policy-fragment",    "fragment without ports, a policy selects by ports") \
	X(PUNT_POLICED,     "punt-policed",       "over the rate of its class, or its source's share") \
	X(PUNT_FULL,        "punt-full",          "control plane's ring is full") \
	X(PUNT_NOBODY,      "punt-detached",      "no control plane is attached") \
	X(PUNT_SIZE,        "punt-size",          "too long to be punted") \
	X(INJECT_BAD,       "inject-malformed",   "control plane sent a malformed packet") \
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
const char *chan_event_str(unsigned int type);
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
	uint64_t made;     /* by fragmentation, ICMP errors, echo replies count as absorbed + made */
	uint64_t absorbed; /* ended here: answered, consumed by reassembly or fragmentation */
	uint64_t held;     /* waiting now: for a neighbour, other fragments, a full port (a gauge) */
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

/* ---- descriptors over the socket ----------------------------------------------------------- */

/** Send one message with @n_fds descriptors (0..CHAN_N_FDS). 0 or -errno. */
int chan_send(int sock, const void *msg, size_t len, const int *fds, int n_fds);
/**
 * Receive one message into @msg. Descriptors go to @fds (room for CHAN_N_FDS), their number to
 * *@n_fds; the caller owns and closes them. Returns bytes received, 0 at end of file, -errno.
 */
int chan_recv(int sock, void *msg, size_t cap, int *fds, int *n_fds);

#endif
