/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One virtual router, of the kind that is the matter at hand, and advertisements of a peer that is
 * made up. What it does is counted; the last advertisement is kept.
 */
#ifndef CULVERT_TESTS_SIM_VRRP_ONE_H
#define CULVERT_TESTS_SIM_VRRP_ONE_H

#include "controlplane/vrrp/vrrp.h"

#define OWN_4  0x0a000002u
#define PEER_4 0xc0000003u /* 192.0.0.3: above ours only if compared as unsigned */
#define VIP_4  0x0a000001u

struct kind {
	const char *name;
	uint8_t version;
	bool ip6;
};
#define N_KINDS 3
extern const struct kind kinds[N_KINDS]; /* version 2, version 3 of IPv4, of IPv6 */
extern const struct kind *kind;

extern struct vrrp_engine *engine;
extern struct vrrp_vr *vr;
extern uint64_t now_ms;
extern unsigned int n_sent, n_announced, n_duplicates, n_refused;
extern struct vrrp_adv sent; /* the last one, and its bytes from the IP header on */
extern uint8_t sent_pkt[VRRP_PACKET_MAX];
extern uint8_t announced_addrs;

/** An address of the kind's family. */
struct ip6_addr addr(uint32_t four, uint8_t six);
struct vrrp_cfg cfg(uint8_t priority);
/** That of an owner. */
struct vrrp_cfg owner(void);
/** A new virtual router, not started; all counts are zero. */
void begin(const struct vrrp_cfg *c);
/** The same, and its Startup event. */
void startup(const struct vrrp_cfg *c);
/** Its Shutdown event. */
void shut_down(void);
/** The same as startup(), and nobody else is there; all counts are zero. */
void become_active(const struct vrrp_cfg *c);
/** Time goes by, every timer on time. */
void pass(uint64_t ms);
/** An advertisement of the peer. */
struct vrrp_adv adv(uint8_t priority);
void hear(const struct vrrp_adv *a);
void hear_priority(uint8_t priority);
/** Until the next timer. */
uint64_t fires_in(void);
bool timers_run(void);

#define EACH_KIND for (kind = kinds; kind < kinds + N_KINDS; kind++)
#define IS(s)     CU_ASSERT_EQUAL(vrrp_state(vr), s)

#endif
