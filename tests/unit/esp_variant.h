/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tunnel 2 of dp_fixture.h's world and its peer, tunnel 3, in any mode: transport and tunnel, with
 * GRE and without, in UDP or not.
 */
#ifndef CULVERT_TESTS_ESP_VARIANT_H
#define CULVERT_TESTS_ESP_VARIANT_H

#include <rte_udp.h>

#include "tests/unit/dp_fixture.h"

#define EV_PEER_PORT 31234
#define EV_L2        14

struct esp_variant {
	uint8_t kind; /* enum chan_tun_kind */
	uint8_t mode; /* enum chan_sa_mode */
	bool udp;
	uint8_t alg;
	uint8_t esn;
	uint32_t inner; /* the far end as the header around GRE names it; 0: as outside */
	uint32_t inner_local; /* and our end */
};

extern const struct esp_variant ev_nat_gre;     /* GRE in transport mode, in UDP */
extern const struct esp_variant ev_plain_gre;   /* ... not in UDP */
/* GRE in tunnel mode, in UDP, of a private address */
extern const struct esp_variant ev_private_gre;

/** The world of dp_fixture.h with tunnels 2 and 3 and their SAs as @v says. */
void ev_open(const struct esp_variant *v);
/** SA @sa_id of the fixture's world as @v says; keys differ by SA. */
struct chan_sa ev_sa(uint32_t sa_id, const struct esp_variant *v);
/** Tunnels 2 and 3 and their SAs anew, as @v says. */
void ev_become(const struct esp_variant *v);
/** A packet that the peer of tunnel 2 sends us: encrypted by its end, tunnel 3. */
struct rte_mbuf *ev_from_peer(void);
/** Did exactly the inner packet of ev_from_peer() leave for the LAN? Forgets what was sent. */
bool ev_arrived(void);
/** The IPv4 header of a frame. */
struct rte_ipv4_hdr *ev_ip(struct rte_mbuf *m);
/** The UDP header behind it. */
struct rte_udp_hdr *ev_udp(struct rte_mbuf *m);
/** Set the header checksum, after a change. */
void ev_sum_again(struct rte_ipv4_hdr *ip);

#endif
