/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a worker has and how packets travel between the nodes: the contract of dataplane/.
 *
 * One worker = one lcore, run to completion. A node takes a vector of packets and sorts every
 * one of them into exactly one of the next nodes' vectors (struct pktvec), or drops it with a
 * reason. path.c wires them. All state here is the worker's own; tables are read-only.
 */
#ifndef CULVERT_DATAPLANE_WORKER_H
#define CULVERT_DATAPLANE_WORKER_H

#include <rte_branch_prediction.h>
#include <rte_ether.h>
#include <rte_mbuf.h>

#include "common/channel.h"
#include "dataplane/ring_end.h"

#define BURST_MAX   64 /* packets received at once, and the capacity of a vector */
/* Outer headers: Ethernet 18 + IPv4 20 + UDP 8 + ESP 8 + IV 16 + GRE 16. */
#define MBUF_HEADROOM_NEEDED 112
#define MBUF_TAILROOM_NEEDED 64 /* ESP padding, trailer, ICV */

struct tables;
struct tunnel;
struct sa;
struct nexthop;
struct rte_rcu_qsbr;
struct event_queue; /* worker to main core; see event_queue.h */
struct esp_worker;  /* crypto managers and scratch of nodes/esp_*.c; see nodes/esp.h */
struct hold;        /* packets waiting for neighbours; see nodes/hold.h */
struct trace;       /* records of a traced packet; see nodes/trace.h */
struct trace_filter;
struct police;      /* rates of the punt classes; see nodes/police.h */
struct reass;       /* fragments for us waiting for the others; see nodes/reass.h */

/** A vector of packets and, beside each, what the previous node already knows of it. */
struct pktvec {
	uint16_t n;
	struct rte_mbuf *m[BURST_MAX];
	void *ctx[BURST_MAX]; /* by vector: struct nexthop, struct tunnel, struct sa, NULL */
};

/**
 * What every packet carries about its ingress. Lives in the mbuf's first line, in the place of the
 * device's hash, which nobody here uses: most packets' second line is never touched.
 */
struct pkt_meta {
	uint32_t if_id;  /* ingress interface, CHAN_NONE if injected or out of a tunnel */
	uint8_t encaps;  /* how often it went into a tunnel here, against loops */
	uint8_t l3_off;  /* Ethernet header length still in front of data (for punt), 0 if none */
	uint8_t flags;   /* enum pkt_flag */
	uint8_t outer_tos; /* gre_decap with an SA: TOS of the outer header, for ECN (RFC 6040) */
};

/** ... and what those carry that came out of a tunnel. In the mbuf's dynamic field area. */
struct pkt_origin {
	uint32_t tun_id; /* with PKT_TUNNEL: ingress tunnel or CHAN_NONE */
	uint32_t sa_id;  /* with PKT_TUNNEL: inbound SA that protected it or CHAN_NONE */
	rte_be16_t udp_src; /* esp_decrypt with PKT_ESP_UDP: the peer's port */
};

enum pkt_flag {
	PKT_OURS = 1u << 0,    /* made or injected here: no ICMP error about it */
	PKT_L2_CAST = 1u << 1, /* came as Ethernet broadcast or multicast: not forwarded */
	PKT_REASS = 1u << 4,   /* IPv6, put together of fragments */
	PKT_TUNNEL = 1u << 5,  /* struct pkt_origin says out of which */
	PKT_VERIFY = 1u << 6,  /* came in where sources are looked up */
	PKT_ESP_UDP = 1u << 7, /* to esp_decrypt: the ESP came in UDP */
	PKT_CP = 1u << 2,      /* routed for the control plane: beyond security policies */
	PKT_CONTROL = 1u << 3, /* of the control plane: leaves before data, see nodes/tx.c */
};

#define PKT_ORIGIN_OFFSET offsetof(struct rte_mbuf, dynfield1)
static_assert(sizeof(struct pkt_meta) <= sizeof(((struct rte_mbuf *)0)->hash), "fits");
static_assert(sizeof(struct pkt_origin) <= sizeof(((struct rte_mbuf *)0)->dynfield1), "fits");

static inline struct pkt_meta *
pkt_meta(struct rte_mbuf *m)
{
	return RTE_PTR_ADD(m, offsetof(struct rte_mbuf, hash));
}

/** Where the origin of a packet is; its fields count only with their flags. */
static inline struct pkt_origin *
pkt_origin_at(struct rte_mbuf *m)
{
	return RTE_PTR_ADD(m, PKT_ORIGIN_OFFSET);
}

/** The tunnel and the SA that @m came out of, each CHAN_NONE if there was none. */
static inline struct pkt_origin
pkt_origin(struct rte_mbuf *m)
{
	if (pkt_meta(m)->flags & PKT_TUNNEL)
		return *pkt_origin_at(m);
	return (struct pkt_origin){ .tun_id = CHAN_NONE, .sa_id = CHAN_NONE };
}

static inline void
pkt_set_origin(struct rte_mbuf *m, uint32_t tun_id, uint32_t sa_id)
{
	struct pkt_origin *o = pkt_origin_at(m);

	o->tun_id = tun_id;
	o->sa_id = sa_id;
	pkt_meta(m)->flags |= PKT_TUNNEL;
}

/** @m is a packet out of a tunnel, nothing else is known of it; @encaps goes on counting. */
static inline void
pkt_from_tunnel(struct rte_mbuf *m, uint32_t tun_id, uint32_t sa_id, uint8_t encaps)
{
	*pkt_meta(m) = (struct pkt_meta){ .if_id = CHAN_NONE, .encaps = encaps };
	pkt_set_origin(m, tun_id, sa_id);
}

/** @to is a part or a copy of @from. */
static inline void
pkt_meta_copy(struct rte_mbuf *to, struct rte_mbuf *from)
{
	*pkt_meta(to) = *pkt_meta(from);
	if (unlikely(pkt_meta(from)->flags & (PKT_TUNNEL | PKT_ESP_UDP)))
		*pkt_origin_at(to) = *pkt_origin_at(from);
}

/** Packets for one port's queue, collected over a burst and sent at its end. */
struct txbuf {
	uint16_t n;
	uint16_t n_late;
	struct rte_mbuf *m[4 * BURST_MAX];
	struct rte_mbuf *late[2 * BURST_MAX]; /* PKT_CONTROL that a full device did not take */
};

/* Multicast of multipoint tunnels that is being copied to their members; see nodes/mgre.h. */
#define MGRE_QUEUE 32
struct mgre_queue {
	struct rte_mbuf *m[MGRE_QUEUE];
	uint32_t tun_id[MGRE_QUEUE];
	uint32_t next; /* of the first packet: index of the member that is next */
	uint16_t first, n;
};

struct worker {
	/* What every packet needs. */
	const struct tables *tables;
	struct chan_worker_stats *stats;
	struct chan_if_stats *if_stats;   /* [CHAN_MAX_IFS] */
	struct chan_tun_stats *tun_stats; /* [max_tunnels] */
	struct chan_sa_stats *sa_stats;   /* [max_sas] */
	struct chan_policy_stats *policy_stats; /* [CHAN_MAX_POLICIES] */
	uint64_t now_tsc;                 /* read once per burst */
	uint64_t tsc_hz;
	bool shared_sas; /* more than one worker: SA state needs atomics and locks */
	uint8_t id;
	uint16_t n_ports;
	rte_be32_t esp_addr_be; /* where ESP came for by ip4_local last; 0: nowhere, any more */

	struct rte_mempool *pool; /* for packets made here */
	struct esp_worker *esp;
	struct hold *hold;
	struct reass *reass;
	struct police *police;
	struct trace *trace;
	struct trace_filter *tracing; /* while a traced packet is on its way, else NULL */
	uint32_t n_late; /* packets in all ports' tx[].late */

	/*
	 * The attached control plane's rings, or NULL: then nothing below may be touched. Set and
	 * cleared by the main core, RCU-protected: read it once per burst with worker_rings().
	 * The shared memory behind it is hostile (its offsets, ring sizes and indices too): packets
	 * are punted and injected only through these private ends, see ring_end.h. After punting
	 * a burst: ring_wake_cp(rings, wake_cp_fd).
	 */
	struct chan_rings *rings;
	int wake_cp_fd;
	bool wake_cp; /* something was punted since the last punt_flush() */
	struct ring_end punt_out[CHAN_N_CLASSES]; /* of struct chan_pkt */
	struct ring_end trace_out;                /* of struct chan_trace_rec */
	struct ring_end inject_in;                /* of struct chan_pkt; worker 0 only */
	struct event_queue *events;               /* to the main core; see worker_event() */

	/* Vectors between the nodes. Each is empty between bursts. */
	struct pktvec ip4_input;   /* data at the IPv4 header */
	struct pktvec ip4_verify;  /* checked, of an interface or tunnel with verify4 */
	struct pktvec ip4_lookup;  /* checked, to be forwarded; ctx: a number, see lookup_add() */
	struct pktvec ip4_rewrite; /* ctx: resolved adjacency (struct nexthop) */
	struct pktvec ip4_local;   /* for one of our addresses */
	struct pktvec gre_encap;   /* ctx: struct tunnel */
	struct pktvec esp_encrypt; /* ctx: struct tunnel; outer headers written, sequence pending */
	uint16_t n_esp_ready;      /* packets that gre_encap has prepared for the cipher,
				    * esp_out.h */
	struct pktvec esp_decrypt; /* ctx: esp_slot() of its SPI or NULL; outer IPv4 at data */
	struct pktvec gre_decap;   /* ctx: struct sa that protected it, GRE header at data;
				    * or NULL, outer IPv4 header at data */
	struct pktvec ip4_frag;    /* ctx: struct nexthop; longer than its MTU, DF clear */
	struct pktvec gre_frag;    /* ctx: struct tunnel; longer than its MTU, DF clear */
	struct pktvec ip6_input;   /* data at the IPv6 header */
	struct pktvec ip6_lookup;  /* checked, to be forwarded; ctx: enum lookup6_flag */
	struct pktvec ip6_rewrite; /* ctx: resolved adjacency (struct nexthop) */
	struct pktvec ip6_local;   /* for one of our addresses */
	struct pktvec gre6_encap;  /* ctx: struct tunnel */
	struct pktvec icmp6_long;  /* echo requests with PKT_REASS; ctx: where ICMPv6 begins */
	struct txbuf tx[CHAN_MAX_PORTS];
	struct mgre_queue mgre;

	/* Token buckets (icmp_error_pps, icmp_echo_pps): tokens and when they were last filled. */
	uint32_t icmp_error_tokens, icmp_echo_tokens;
	uint64_t icmp_error_tsc, icmp_echo_tsc;
	uint16_t ip_id;

	/* The loop's own: written by worker.c only. */
	struct rte_rcu_qsbr *rcu;
	unsigned int lcore;
	bool stop;
	bool adaptive;
};

/** The attached control plane's rings, or NULL. Valid until this worker's next quiescent state. */
static inline struct chan_rings *
worker_rings(const struct worker *w)
{
	return __atomic_load_n(&w->rings, __ATOMIC_ACQUIRE);
}

/** Add to a counter that is this worker's alone and that others read at any time. */
static inline void
stats_add(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, *counter + n, __ATOMIC_RELAXED);
}

/** Free @m and count it under @reason. The only way a packet may be dropped. */
static inline void
pkt_drop(struct worker *w, struct rte_mbuf *m, enum chan_drop reason)
{
	w->stats->drops[reason]++;
	rte_pktmbuf_free(m);
}

/** Append to a vector. The caller knows that there is room (vectors hold a whole burst). */
static inline void
pktvec_add(struct pktvec *v, struct rte_mbuf *m, void *ctx)
{
	v->m[v->n] = m;
	v->ctx[v->n] = ctx;
	v->n++;
}

/* ---- the path (path.c) ---------------------------------------------------------------------- */

/**
 * Take a burst as received from @port through the whole path: everything is in w->tx, dropped,
 * punted or held when it returns. This is what tools/bench drives.
 * @n  1..BURST_MAX.
 */
void path_run(struct worker *w, uint16_t port, struct rte_mbuf **m, uint16_t n);
/** Packets from the inject ring, at most @max. Returns how many were taken. */
unsigned int path_inject(struct worker *w, unsigned int max);
/** Fragments for us that other workers handed over. Returns how many were taken. */
unsigned int path_handover(struct worker *w);
/** Held packets: send those whose neighbour came, drop those that waited too long. */
void path_tick(struct worker *w);
/** Run the vectors from ip4_lookup on until all are empty (for packets made here). */
void path_drain(struct worker *w);

/* ---- the worker (event_queue.c) ------------------------------------------------------------- */

/** Raise an event towards the control plane; lost when its ring is full or nobody is there.
 *  @return true if it was enqueued. */
bool worker_event(struct worker *w, const struct chan_event *ev);

#endif
