/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A whole dataplane without ports: tables, one worker, memory-backed counters and rings. Tests and
 * fuzzers put frames into path_run() and look at what comes out.
 *
 * The world that dp_world() makes:
 *
 *     LAN 10.1.0.0/24 -- port 0 [hub] port 1 -- 192.0.2.0/24 -- gateway .254 -- 198.51.100.0/24
 *     10.2.0.0/24 on VLAN 100 of port 0
 *
 *     10.100/16 -> tunnel 0, plain GRE to 198.51.100.1
 *     10.101/16 -> tunnel 1, GRE with key 42, checksum and sequence to 198.51.100.2
 *     10.102/16 -> tunnel 2, protected, to 198.51.100.3
 *     10.103/16 -> tunnel 3, protected, the far end of tunnel 2: what it sends is what the peer
 *                  would send us
 */
#ifndef CULVERT_TESTS_DP_FIXTURE_H
#define CULVERT_TESTS_DP_FIXTURE_H

#include <rte_ip.h>

#include "dataplane/nodes/esp.h"
#include "dataplane/nodes/hold.h"
#include "dataplane/nodes/nodes.h"
#include "dataplane/nodes/police.h"
#include "dataplane/nodes/reass.h"
#include "dataplane/nodes/trace.h"
#include "dataplane/tables/tables_int.h"
#include "dataplane/worker.h"

#define IP4(a, b, c, d) ((uint32_t)(a) << 24 | (uint32_t)(b) << 16 | (uint32_t)(c) << 8 | (d))

#define DP_LAN_ADDR  IP4(10, 1, 0, 1)
#define DP_LAN_HOST  IP4(10, 1, 0, 10)
#define DP_VLAN_ADDR IP4(10, 2, 0, 1)
#define DP_VLAN_HOST IP4(10, 2, 0, 10)
#define DP_VLAN      100
#define DP_WAN_ADDR  IP4(192, 0, 2, 1)
#define DP_WAN_GW    IP4(192, 0, 2, 254)
#define DP_WAN_GW2   IP4(192, 0, 2, 253) /* not resolved */
#define DP_PEER(n)   (IP4(198, 51, 100, 1) + (n)) /* of tunnel n */
#define DP_TO_TUN(n) IP4(10, 100 + (n), 0, 5)     /* a host behind it */
#define DP_TUN_KEY   42

enum { DP_IF_LAN, DP_IF_WAN, DP_IF_VLAN };

/* Next hops; with the type in mind: */
enum {
	DP_NH_LOCAL, DP_NH_LAN, DP_NH_WAN, DP_NH_VLAN, DP_NH_LAN_HOST, DP_NH_VLAN_HOST, DP_NH_GW,
	DP_NH_GW2, DP_NH_NULL, DP_NH_TUN0, DP_NH_TUN1, DP_NH_TUN2, DP_NH_TUN3, DP_NH_FREE
};

/* SAs of tunnel 2 and, for tunnel 3, its far end. */
enum { DP_SA_OUT = 1, DP_SA_IN = 2, DP_SA_PEER_OUT = 3 };

#define DP_TUNNELS  64
#define DP_SAS      256
#define DP_NHS      256
#define DP_OUT_MAX  1024
#define DP_EVENTS   256
#define DP_PIECES   1024 /* fragments held */
#define DP_WORKERS  2

struct dp_out {
	struct rte_mbuf *m;
	uint16_t port;
};

struct dp {
	struct worker *w; /* whose turn it is: one of these */
	struct worker *workers[DP_WORKERS];
	unsigned int n_workers;
	struct tables *t;
	struct chan_stats *stats;
	struct rte_mempool *pool, *big_pool;
	struct chan_rings *rings; /* allocated by dp_attach() */
	struct dp_out out[DP_OUT_MAX]; /* sent since the last dp_clear() */
	unsigned int n_out;
	struct chan_event events[DP_EVENTS];
	unsigned int n_events;
	uint32_t inject_at_ms;  /* of packets of dp_inject(); 0: they do not age */
	struct chan_pkt punted; /* filled by dp_punted() */
	const char *field;      /* of the last command */
	uint8_t protected_kind; /* enum chan_tun_kind of tunnels 2 and 3 */
	uint32_t protected_key; /* their GRE key, 0: none */
};

extern struct dp dp;

/** EAL without huge pages or devices. Once per program; exits when it fails. */
void dp_eal(void);
/** Empty tables, a fresh worker. @rcu may be NULL. dp_close() first if there are others. */
void dp_open(struct rte_rcu_qsbr *rcu);
/** The same with @n workers, which share SAs and hand each other fragments. Worker 0 has
 *  its turn. */
void dp_open_workers(struct rte_rcu_qsbr *rcu, unsigned int n);
/** From here on frames go to worker @i. */
void dp_use(unsigned int i);
/** Free everything. @return buffers that were lost: 0. */
unsigned int dp_close(void);
/** How a test ends, with CUnit: every packet is accounted for, and no buffer is lost. */
#define DP_END() \
	do { \
		CU_ASSERT_TRUE(dp_conserves()); \
		CU_ASSERT_EQUAL(dp_close(), 0); \
	} while (0)

/** Apply a command. 0 or -errno, dp.field says what was refused. */
int dp_apply(enum chan_op op, const void *body, size_t len);
#define DP_APPLY(op, body) dp_apply((op), &(body), sizeof(body))

/** The commands that make the world; dp_world() applies them all and exits if one is refused. */
void dp_world(void);
struct chan_if dp_if(uint32_t if_id);
struct chan_nh dp_nh(uint32_t nh_id);
struct chan_tun dp_tun(uint32_t tun_id);
struct chan_sa dp_sa(uint32_t sa_id);
int dp_route(uint32_t prefix, uint8_t len, uint32_t nh_id);
/** Install tunnel 2's SAs and its peer's, and bind them. */
void dp_world_sas(void);

/** Attach a control plane: punt and inject rings. */
void dp_attach(void);
void dp_detach(void);
/** The next punted packet of a class into dp.punted, false if there is none. */
bool dp_punted(enum chan_class cls);
/** The next record of the trace ring, false if there is none. */
bool dp_traced(struct chan_trace_rec *rec);
/** Put a packet into the inject ring; false: full. */
bool dp_inject(enum chan_inject_mode mode, uint32_t id, const void *data, uint16_t len);

/* What to put on the wire. Zero fields get what a good packet has. */
struct dp_pkt {
	uint32_t src, dst;
	uint8_t proto; /* 0: UDP from port 1000 to 2000, or as in @sport, @dport */
	uint8_t ttl, tos;
	uint16_t frag; /* fragment field, host order */
	uint16_t id;   /* 0: 0x1234 */
	uint16_t len;  /* of the whole IP packet; 0: 64 */
	uint16_t sport, dport;
	uint16_t vlan;
	const uint8_t *dst_mac; /* NULL: the port's */
	const uint8_t *options; /* multiple of 4 bytes */
	uint8_t options_len;
	const void *payload; /* behind the IPv4 header, or NULL: a pattern */
	uint16_t payload_len;
};

/** A frame for @port. */
struct rte_mbuf *dp_frame(uint16_t port, const struct dp_pkt *p);
/** A frame of these bytes. */
struct rte_mbuf *dp_raw(const void *data, uint16_t len);
/** Run frames through the path; what is sent is moved to dp.out. */
void dp_run(uint16_t port, struct rte_mbuf **m, uint16_t n);
void dp_run1(uint16_t port, struct rte_mbuf *m);
/** Run one packet described by @p. */
void dp_send(uint16_t port, const struct dp_pkt *p);
/** Move what is in the transmit buffers to dp.out, count it as sent. */
void dp_flush(void);
void dp_tick(void);
/** @fast: the worker thinks that a second is a thousand cycles, so that everything is over soon. */
void dp_clock(bool fast);
/** Take what tunnel 3 (or any) sent last and make it a frame for our WAN port. */
struct rte_mbuf *dp_turn(struct rte_mbuf *m);
/** Free dp.out, forget events. */
void dp_clear(void);

/** Of all workers together. */
uint64_t dp_drops(enum chan_drop why);
uint64_t dp_all_drops(void);
/** The IPv4 header of dp.out[i], behind its Ethernet header. */
struct rte_ipv4_hdr *dp_out_ip(unsigned int i);
/** Rx + injected + made = tx + punted + absorbed + drops + held, and no buffer lost? */
bool dp_conserves(void);
/** Every checksum, length and field of an IPv4 packet in order? @len: bytes there are. */
bool dp_ip_ok(const struct rte_ipv4_hdr *ip, unsigned int len);

#endif
