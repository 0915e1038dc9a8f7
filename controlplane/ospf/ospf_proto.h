/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the protocol call in each other; nobody else needs it. */
#ifndef CULVERT_CONTROLPLANE_OSPF_PROTO_H
#define CULVERT_CONTROLPLANE_OSPF_PROTO_H

#include "controlplane/ospf/ospf_int.h"
#include "controlplane/ospf/ospf_wire.h"

#define OSPF_DIRECT_ACKS  64
#define OSPF_ACK_DELAY_MS 250 /* delayed acknowledgments, RFC 2328 section 13.5 */

/* ospf_keep.c */
/** An interface has come up: as the process before us left it. Before the first Hello. */
void ospf_keep_if_up(struct ospf_if *ifp);
void ospf_keep_free(struct ospf *o);
/** What ospf_keep_save() saves has changed. */
static inline void
ospf_changed(struct ospf *o)
{
	if (o->changed != NULL)
		__atomic_store_n(o->changed, true, __ATOMIC_RELEASE);
}

/* ospf_trace.c */
/** A packet in words; @addr: where it came from, or goes to. */
void ospf_trace_packet(struct ospf_if *ifp, bool out, uint32_t addr, const uint8_t *pkt,
		size_t len);

/* ospf_lsdb.c */
/** Put an instance (@data: h->len bytes, copied) into its database. Nobody has to acknowledge it
 *  any more. The listener is told of what changed. NULL: no memory. */
struct ospf_lsa *ospf_lsdb_install(struct ospf_lsdb *db, const struct ospf_lsa_hdr *h,
		const uint8_t *data, bool received);
/** Out of the database and freed; must not be unacknowledged by anyone. */
void ospf_lsdb_remove(struct ospf_lsa *lsa);
/** Its age is MaxAge from now on; it is flooded (section 14.1). */
void ospf_lsa_expire(struct ospf_lsa *lsa);
/** Once a second: what has come of age. */
void ospf_lsdb_second(struct ospf *o);
/** MaxAge LSAs that nobody needs any more go (section 14). */
void ospf_lsdb_sweep(struct ospf *o);
/** A queue has let go of it. */
void ospf_lsa_unqueue(struct ospf_lsa *lsa);
/** An entry for a type and ID that has no instance yet. NULL: no memory. */
struct ospf_lsa *ospf_lsdb_entry(struct ospf_lsdb *db, uint8_t type, uint32_t id, uint32_t adv);

/* ospf_flushed.c */
/** A MaxAge LSA leaves its database, or is not put into it (section 13 step 4): remember it. */
void ospf_flushed_add(struct ospf_lsdb *db, const struct ospf_lsa_hdr *h, const uint8_t *data);
/** An instance is in the database again. */
void ospf_flushed_del(struct ospf_lsdb *db, const struct ospf_lsa_hdr *h);
/** The sequence number to go on from for an LSA that is not in the database. */
int32_t ospf_flushed_seq(const struct ospf_lsdb *db, const struct ospf_lsa_hdr *h);
/** @n has instance @h, the database has none. If a newer one was flushed a moment ago it is put
 *  back, at MaxAge and on @n's retransmission list, to be sent by the caller. NULL: none was. */
struct ospf_lsa *ospf_flushed_again(struct ospf_nbr *n, struct ospf_lsdb *db,
		const struct ospf_lsa_hdr *h);
/** Once a second: the time of some is over. */
void ospf_flushed_second(struct ospf *o);
void ospf_flushed_fini(struct ospf_lsdb *db);

/* ospf_limit.c */
void ospf_limit_init(struct ospf *o);
/** Another configuration of it. */
void ospf_limit_set(struct ospf *o);
/** All is begun anew by the operator: nothing of the past counts. */
void ospf_limit_forget(struct ospf *o);
/** What has been put off until nobody walks over databases. */
void ospf_limit_settle(struct ospf *o);
/** It is (@learned), or is not, to be counted as an LSA of others. */
void ospf_limit_count(struct ospf_lsa *lsa, bool learned);
/** May what @n has sent be taken? @lsa: the entry that it would replace, NULL: none. */
bool ospf_limit_has_room(struct ospf_nbr *n, const struct ospf_lsa_hdr *h,
		const struct ospf_lsa *lsa);
/** May one more LSA be asked of it? */
bool ospf_limit_may_request(struct ospf_nbr *n);

/* ospf.c */
/** Good-bye, and nothing more until ospf_go_on(). */
void ospf_pause(struct ospf *o);
void ospf_go_on(struct ospf *o);

/* ospf_own.c */
void ospf_own_free(struct ospf_lsa *lsa);
/** Before an LSA of ours that was received is installed: what we want of it is kept. */
void ospf_own_keep(struct ospf_lsa *lsa);
/** After it was installed: answer it (section 13.4). */
void ospf_own_received(struct ospf_lsa *lsa);
/** A new instance with the same contents: LSRefreshTime is over. */
void ospf_own_refresh(struct ospf_lsa *lsa);
/** LSAs in our name that nobody here wants are flushed: another process's. */
void ospf_own_sweep(struct ospf *o);
/** The last neighbour has acknowledged a flushed one. @return false: it may be removed. */
bool ospf_own_flushed(struct ospf_lsa *lsa);

/* ospf_links.c */
void ospf_links_init(struct ospf_area *a);
/** Network-LSA of an interface: originated or flushed, as we are DR or not. */
void ospf_network_lsa(struct ospf_if *ifp);
/** Look at all that we tell of ourselves, and have the routes calculated: much may have changed. */
void ospf_tell_anew(struct ospf *o);

/* ospf_flood.c */
/** Section 13.3. @from: who sent it, NULL: we did. @return it went back out of from's network. */
bool ospf_flood(struct ospf_lsa *lsa, struct ospf_nbr *from);
void ospf_flood_send(struct ospf_if *ifp);
/** May an LSA of this type be in the area that this interface is in? */
bool ospf_type_fits(const struct ospf_if *ifp, uint8_t type);
void ospf_flood_timer(void *ifp);
void ospf_queue_drop(struct ospf_if *ifp);
void ospf_lsu_input(struct ospf_nbr *n, struct rd *r);
void ospf_lsack_input(struct ospf_nbr *n, struct rd *r);

/* ospf_rxmt.c */
int ospf_unacked_add(struct ospf_lsa *lsa, struct ospf_nbr *n);
/** @return it was there. */
bool ospf_unacked_del(struct ospf_lsa *lsa, struct ospf_nbr *n);
bool ospf_unacked_has(const struct ospf_lsa *lsa, const struct ospf_nbr *n);
/** Of all neighbours: a newer instance has come. */
void ospf_unacked_clear(struct ospf_lsa *lsa);
/** Of one neighbour, everything. */
void ospf_unacked_forget(struct ospf_nbr *n);
void ospf_ack_delayed(struct ospf_if *ifp, const struct ospf_lsa_hdr *h);
void ospf_ack_direct(struct ospf_nbr *n, const struct ospf_lsa_hdr *h);
void ospf_ack_direct_send(struct ospf_nbr *n);
void ospf_ack_send(struct ospf_if *ifp);
void ospf_rxmt_timer(void *nbr);
/** Until something is sent for the second time; from then on, the interface's rxmt_ms. */
uint32_t ospf_first_rxmt_ms(const struct ospf_if *ifp);
void ospf_ack_timer(void *ifp);
/** Where LSAs and acknowledgments for all go; 0: to each adjacent neighbour by itself. */
uint32_t ospf_if_dst(const struct ospf_if *ifp);

/* ospf_if.c */
enum ospf_if_event { OSPF_IFE_UP, OSPF_IFE_WAIT, OSPF_IFE_BACKUP_SEEN, OSPF_IFE_NBR_CHANGE,
	OSPF_IFE_LOOP, OSPF_IFE_UNLOOP, OSPF_IFE_DOWN };
void ospf_if_event(struct ospf_if *ifp, enum ospf_if_event ev);
/** On a network with a DR: these are DR and BDR, without election or wait; neighbours that we need
 *  an adjacency with because of it begin. */
void ospf_if_resume(
		struct ospf_if *ifp, uint32_t dr, uint32_t bdr, uint32_t dr_id, uint32_t bdr_id);
/** Neighbours have changed: elect a little later, once for all of them. */
void ospf_if_elect_soon(struct ospf_if *ifp);
bool ospf_if_is_multiaccess(const struct ospf_if *ifp);
bool ospf_if_is_ptp(const struct ospf_if *ifp); /* p2p, or virtual: one neighbour */
/** Do all that are heard here share the network of its address, and say its mask? */
bool ospf_if_is_one_network(const struct ospf_if *ifp);
void ospf_if_notify(struct ospf_if *ifp);

/* ospf_elect.c */
struct ospf_candidate {
	uint32_t addr, router_id;
	uint32_t dr, bdr; /* as it declares */
	uint8_t priority;
};
/** Section 9.4, one pass of steps 2 and 3 over @c; those with priority 0 are passed over. */
void ospf_elect(const struct ospf_candidate *c, uint32_t n, uint32_t *dr, uint32_t *bdr);

/* ospf_hello.c */
void ospf_hello_send(struct ospf_if *ifp, uint32_t dst);
void ospf_hello_all(struct ospf_if *ifp);
void ospf_hello_input(struct ospf_if *ifp, const struct ospf_hdr *h, uint32_t src, struct rd *r);
void ospf_hello_timer(void *ifp);
void ospf_hello_start(struct ospf_if *ifp);

/* ospf_nbr.c */
enum ospf_nbr_event { OSPF_NE_HELLO, OSPF_NE_START, OSPF_NE_2WAY, OSPF_NE_NEGOTIATED,
	OSPF_NE_EXCHANGE_DONE, OSPF_NE_BAD_LS_REQ, OSPF_NE_LOADED, OSPF_NE_ADJ_OK,
	OSPF_NE_SEQ_MISMATCH, OSPF_NE_1WAY, OSPF_NE_KILL, OSPF_NE_TIMEOUT, OSPF_NE_LINK_DOWN };
/** @why: for the log, in words. Frees a neighbour that is not configured when it is Down. */
void ospf_nbr_event(struct ospf_nbr *n, enum ospf_nbr_event ev, const char *why);
struct ospf_nbr *ospf_nbr_new(struct ospf_if *ifp, uint32_t router_id, uint32_t addr);
void ospf_nbr_free(struct ospf_nbr *n);
/** A new one is in this state (2-Way or Full) already, and dead if not heard for so long. */
void ospf_nbr_resume(struct ospf_nbr *n, enum ospf_nbr_state s, uint64_t dead_ms);
/** Neighbours on such interfaces are told apart by router ID, elsewhere by address (10.5). */
uint32_t ospf_nbr_key(const struct ospf_if *ifp, uint32_t router_id, uint32_t addr);
bool ospf_nbr_adjacency_wanted(const struct ospf_nbr *n);
/** RFC 3623: it is taken for Full from now on, or no more. */
void ospf_nbr_helping(struct ospf_nbr *n, bool on);
/** It was not expected to say Hello; from now on it is dead a dead interval after its last one, or
 *  after its last change of state. */
void ospf_nbr_expect(struct ospf_nbr *n);
/** One that waits for its turn to exchange may begin (RFC 4222). */
void ospf_nbr_next_exchange(struct ospf *o);

/* ospf_dd.c */
void ospf_dd_start(struct ospf_nbr *n);
void ospf_dd_input(struct ospf_nbr *n, const struct ospf_hdr *h, struct rd *r);
void ospf_dd_stop(struct ospf_nbr *n);
void ospf_dd_timer(void *nbr);
void ospf_lsr_input(struct ospf_nbr *n, struct rd *r);
void ospf_lsr_send(struct ospf_nbr *n);
void ospf_lsr_timer(void *nbr);
/** It has answered some of the requests that were outstanding, or all. */
void ospf_lsr_answered(struct ospf_nbr *n);
/** What flooding must know of the request list (section 13.3 step 1b). */
struct ospf_lsa_hdr *ospf_request_find(struct ospf_nbr *n, const struct ospf_lsa_hdr *h);
void ospf_request_del(struct ospf_nbr *n, const struct ospf_lsa_hdr *h);

/* ospf_send.c */
/** A packet under construction: room for the body at w.buf + w.len. */
struct ospf_out {
	struct wr w;
	uint8_t buf[OSPF_PKT_MAX];
};
/** Begin a packet. */
void ospf_out_begin(struct ospf_out *p, struct ospf_if *ifp, enum ospf_pkt type);
/** Length, checksum, authentication, and out. */
void ospf_out_send(struct ospf_out *p, struct ospf_if *ifp, uint32_t dst);
/** Bytes of body that fit a packet on this interface without fragmentation. */
size_t ospf_out_room(const struct ospf_if *ifp);

/** Link State Updates for one destination: as many LSAs to a packet as fit. */
struct ospf_update {
	struct ospf_out p;
	struct ospf_if *ifp;
	uint32_t dst;
	uint32_t n; /* LSAs in the packet so far */
	size_t room;
};
void ospf_update_begin(struct ospf_update *u, struct ospf_if *ifp, uint32_t dst);
/** With InfTransDelay added to its age. Sends what would not leave room for it. */
void ospf_update_add(struct ospf_update *u, struct ospf_lsa *lsa);
void ospf_update_send(struct ospf_update *u);
/** Where a packet for this neighbour goes. */
uint32_t ospf_nbr_dst(const struct ospf_nbr *n);

/* The grace-LSA, RFC 3623 appendix A: opaque type 3, ID 0. */
#define OSPF_GRACE_ID 0x03000000u
enum ospf_grace_tlv { OSPF_GRACE_PERIOD = 1, OSPF_GRACE_REASON = 2, OSPF_GRACE_ADDRESS = 3 };

/* ospf_restart.c: our own restart; these do nothing without one */
/** An interface is coming up, in its first state; before its first Hello. */
void ospf_restart_if_up(struct ospf_if *ifp);
void ospf_restart_if_down(struct ospf_if *ifp);
/** A Hello that lists us; @n may be DR, or name us so. Before anything is sent in answer. */
void ospf_restart_hello(struct ospf_nbr *n, const struct ospf_hello *h);
/** Its state has changed. */
void ospf_restart_nbr(struct ospf_nbr *n, const char *why);
/** The contents of an LSA of type 1 or 2 are others, or it is at MaxAge. */
void ospf_restart_lsa(struct ospf_lsa *lsa);
/** The numbers that the former process has received from a neighbour; NULL: not known. */
const uint64_t *ospf_restart_crypt_seq(const struct ospf_if *ifp, uint32_t router_id);
/** The instance says good-bye: no help is wanted any more. */
void ospf_restart_stop(struct ospf *o);
void ospf_restart_free(struct ospf *o);

/* ospf_gr.c */
/** A grace-LSA has come or gone. */
void ospf_gr_lsa(struct ospf_lsa *lsa);
void ospf_gr_topology(struct ospf_lsa *lsa);
void ospf_gr_timer(void *nbr);
void ospf_gr_exit(struct ospf_nbr *n, const char *why);

uint32_t ospf_random(struct ospf *o, uint32_t below);

#endif
