/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The channel between culvert-dataplane and culvert-controlplane: everything that crosses
 * between the two programs is defined here and in the two parts that it includes (channel_cmd.h,
 * channel_stats.h), and both include this one file for it.
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
#define CHAN_ABI   7u          /* raised with every change of these files */

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
	CHAN_CLASS_ICMP, /* ICMP, ICMPv6 to us other than echo request, which the dataplane
			  * answers */
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
	uint32_t at_ms;      /* inject: chan_clock_ms() when it was made; 0: keeps for ever */
	uint8_t data[CHAN_PKT_DATA];
};
static_assert(sizeof(struct chan_pkt) == 2048, "ring element");

/* What is injected says how things are now: a hello, "I am the active router". Of a dataplane that
 * stood still meanwhile it would be told to the neighbours when it is no longer so. Older than this
 * it is dropped. */
#define CHAN_INJECT_AGE_MS 500

/** CLOCK_MONOTONIC in milliseconds, the lower 32 bits, but never 0. */
uint32_t chan_clock_ms(void);

enum chan_inject_mode {
	CHAN_INJECT_FRAME, /* an Ethernet frame without VLAN tag, out of @if_id (the tag is
			    * added) */
	CHAN_INJECT_ROUTE, /* an IPv4 packet with its checksum, or an IPv6 packet, sent by the
			    * routing table */
	CHAN_INJECT_TUN,   /* the same, into tunnel @tun_id */
};

#include "common/channel_cmd.h"

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

#include "common/channel_stats.h"

/* ---- descriptors over the socket ----------------------------------------------------------- */

/** Send one message with @n_fds descriptors (0..CHAN_N_FDS). 0 or -errno. */
int chan_send(int sock, const void *msg, size_t len, const int *fds, int n_fds);
/**
 * Receive one message into @msg. Descriptors go to @fds (room for CHAN_N_FDS), their number to
 * *@n_fds; the caller owns and closes them. Returns bytes received, 0 at end of file, -errno.
 */
int chan_recv(int sock, void *msg, size_t cap, int *fds, int *n_fds);

#endif
