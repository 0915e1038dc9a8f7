/* SPDX-License-Identifier: BSD-3-Clause */
/* What ike1_main.c and ike1_aggr.c share of phase 1; nobody else includes this. */
#ifndef CULVERT_CONTROLPLANE_IKE1_PHASE1_H
#define CULVERT_CONTROLPLANE_IKE1_PHASE1_H

#include "controlplane/ike/ike1_int.h"

/** NAT-D payloads (RFC 3947 section 3.2), if the peer knows them. */
void ike1_put_nat_detection(struct ike1_sa *sa, struct ike_out *o);
/** Judge the peer's: sets nat_local and nat_remote. */
void ike1_check_nat(struct ike1_sa *sa, const struct ike1_msg *m);
/** Initiator: go on from port 4500 if there is a NAT on the way. */
void ike1_float_ports(struct ike1_sa *sa);
/** Our public value and nonce. */
void ike1_put_ke_nonce(struct ike1_sa *sa, struct ike_out *o);
/** Keep the peer's. False: they are not there, or of a wrong length. */
bool ike1_take_ke_nonce(struct ike1_sa *sa, const struct ike1_msg *m);
/** The keys with the pre-shared key of @p. */
bool ike1_phase1_keys(struct ike1_sa *sa, const struct ike_peer *p);
/** HASH_I or HASH_R of the side @initiator, which calls itself @id. Its length; 0: failed. */
size_t ike1_phase1_hash(struct ike1_sa *sa, const struct ike_peer *p, bool initiator,
		const struct ike_blob *id, uint8_t *out);
/** Is the peer's proof right? */
bool ike1_phase1_proven(struct ike1_sa *sa, const struct ike_peer *p, const struct ike_blob *id,
		const struct ike_blob *hash);
/** The body of our ID payload, 4 + IKE_ID_MAX bytes; its length. */
size_t ike1_own_id(const struct ike_peer *p, uint8_t *out);
/** Does the body of an ID payload name the peer? */
bool ike1_id_names(const struct ike_blob *body, const struct ike_peer *p);
/** For show and log. */
void ike1_remember_id(struct ike1_sa *sa, const struct ike_blob *body);
/** ID and HASH of ours. */
bool ike1_put_auth(struct ike1_sa *sa, struct ike_out *o);
/** Over, with a line in the log. */
void ike1_phase1_fail(struct ike1_sa *sa, const char *why);
/** Public-key work; @done gets it back unless the ISAKMP SA goes. */
bool ike1_phase1_job(struct ike1_sa *sa, bool generate, bool with_peer,
		void (*done)(void *, struct ike_job *));
/** Take over what a finished job leaves; false: it failed, and so has phase 1. */
bool ike1_phase1_done(struct ike1_sa *sa, struct ike_job *j);
/** Keep the body of the initiator's SA payload, which is authenticated at the end. */
bool ike1_keep_sai(struct ike1_sa *sa, const uint8_t *body, size_t len);
/** Initiator: did the peer choose what we offered? */
bool ike1_accept_suite(struct ike1_sa *sa, const struct ike1_msg *m);
/** INITIAL-CONTACT, if nobody else of ours has this peer. */
void ike1_put_initial_contact(struct ike1_sa *sa, struct ike_out *o);
/** The peer's: what it had with us before is gone. */
void ike1_initial_contact(struct ike1_sa *sa);

/* ---- ike1_sig.c ----------------------------------------------------------------------------- */

/** RSA signatures, as agreed; else a pre-shared key. */
bool ike1_by_sig(const struct ike1_sa *sa);
void ike1_put_certreq(struct ike1_sa *sa, struct ike_chain *c);
/** Our certificates and the signature of finished work. */
void ike1_put_sig(struct ike_chain *c, const struct ike_pk *pk);
/** Work to be filled in, of an ISAKMP SA whose peer is known. NULL: no memory. */
struct ike_pk *ike1_sig_work(struct ike1_sa *sa);
/** What the peer proves itself by; @id: the body of its ID payload. False: there is no
 *  signature. */
bool ike1_sig_take(struct ike_pk *pk, const struct ike1_msg *m, const struct ike_blob *id);
/** The keys are there: hand the work out, with our signature if @sign. @pk may be NULL, and is not
 *  the caller's any more. False: it cannot be done. */
bool ike1_sig_run(struct ike1_sa *sa, struct ike_pk *pk, bool sign,
		void (*done)(void *, struct ike_job *));
/** First thing of @done. False: the peer is not believed, and phase 1 has failed. */
bool ike1_sig_done(struct ike1_sa *sa, const struct ike_job *j);

/* ---- ike1_aggr.c ---------------------------------------------------------------------------- */

void ike1_aggr_start(struct ike1_sa *sa);
/** Responder: the first message, with the transform that was chosen of it. */
void ike1_aggr_request(struct ike1_sa *sa, struct ike_peer *p, const struct ike1_msg *m,
		const struct ike_blob *transform, uint8_t num);
/** The second and third message; true if taken. */
bool ike1_aggr_second(struct ike1_sa *sa, const struct ike1_msg *m);
bool ike1_aggr_third(struct ike1_sa *sa, const struct ike1_msg *m);

#endif
