/* SPDX-License-Identifier: BSD-3-Clause */
/* Router A alone with a neighbour that the test plays, brought to a state by events and packets. */
#ifndef CULVERT_TESTS_OSPF_SCENE_H
#define CULVERT_TESTS_OSPF_SCENE_H

#include "controlplane/ospf/ospf_proto.h"
#include "tests/sim/ospf_world.h"

#define ADDR    0x0a000000u /* a router's is its number more, on a network of 24 bits */
#define A       2u
#define LOW     1u /* a neighbour for whom A is master */
#define HIGH    3u /* one who is master */
#define THEIRS  100u /* number of its first Database Description */
#define UNKNOWN 0x0a4d0000u /* link state ID of a summary that A does not have at first */

enum { I = OSPF_DD_I, M = OSPF_DD_M, MS = OSPF_DD_MS };

struct scene {
	struct world *w;
	struct router *a;
	struct ospf_if *ifp;
	uint32_t far;
	uint8_t options; /* of its Database Descriptions */
	uint16_t mtu;    /* in them */
	uint32_t src, dst; /* of what it sends */
};

/** @far: LOW or HIGH. On a network A cannot become DR. The world is the caller's to free. */
void scene_begin(struct scene *s, enum ospf_if_type type, uint32_t far, uint8_t area_type);
/** NULL: A does not know it. */
struct ospf_nbr *scene_nbr(const struct scene *s);
/** One that A does not know is Down. */
enum ospf_nbr_state scene_state(const struct scene *s);
/** On a network: the neighbour is DR, an adjacency with it is wanted; or is not any more. */
void scene_dr(struct scene *s, bool is);
/** A packet of the neighbour's reaches A. */
void scene_hear(struct scene *s, struct ospf_out *p);
/** A Database Description; @type: of an LSA in it that A does not have, 0: it is empty. */
void scene_hear_dd(struct scene *s, uint8_t flags, uint32_t seq, uint8_t type);
/** The neighbour in state @to, by packets from ExStart on. The last one was the neighbour's. What
 *  A's trace has said until then is forgotten. */
struct ospf_nbr *scene_bring(struct scene *s, enum ospf_nbr_state to);
/** Has A sent a packet of this kind ("Hello", "Link State Update", ...) since then? */
bool scene_said(const struct scene *s, const char *kind);
void scene_forget(struct scene *s);

#endif
