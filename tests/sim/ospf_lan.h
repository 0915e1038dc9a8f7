/* SPDX-License-Identifier: BSD-3-Clause */
/* Router A on a LAN, which hears LSAs made by the test as if B or C had sent them. */
#ifndef CULVERT_TESTS_OSPF_LAN_H
#define CULVERT_TESTS_OSPF_LAN_H

#include "tests/sim/ospf_world.h"

#define ADDR 0x0a000000u /* a router's is its number more */
#define FAR  77u         /* the router whose LSAs they are: nobody here */
#define LSID 0x0a4d0000u

enum who { A = 1, B = 2, C = 3 };

struct lan {
	struct world *w;
	struct router *r[4];
};

/** A, B and C; @dr and @bdr become what they are called. A's trace of LSAs is on. The world is the
 *  caller's to free. */
void lan_begin(struct lan *l, enum who dr, enum who bdr);
/** A's database of its area. */
struct ospf_lsdb *lan_db(const struct lan *l);
/** The summary-LSA LSID of @adv in it, or NULL. */
struct ospf_lsa *lan_lsa(const struct lan *l, uint32_t adv);
/** Write an LSA at @buf of @cap bytes, with the ID LSID and a body that follows from @seq. @return
 *  its length. */
size_t lan_lsa_make(uint8_t *buf, size_t cap, uint8_t type, uint32_t adv, int32_t seq,
		uint16_t age);
/** An update of @from with one LSA reaches A; what A does at once, and within its delays. */
void lan_hear(struct lan *l, enum who from, const uint8_t *lsa, size_t len);
/** An acknowledgment of @from reaches A. */
void lan_hear_ack(struct lan *l, enum who from, const uint8_t *lsa);
/** Forget what A's trace has said so far. */
void lan_forget(struct lan *l);

#define LAN_UPDATE "Link State Update"
#define LAN_ACK    "Link State Acknowledgment"

/** Is a packet of @kind (LAN_UPDATE, LAN_ACK) in A's trace that names LSID: sent to @to, NULL: to
 *  anybody? */
bool lan_sent(const struct lan *l, const char *kind, const char *to);
/** The same, sent to a group. */
bool lan_sent_to_group(const struct lan *l, const char *kind);

#endif
