/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Inside of IKEv1 (RFC 2407 to 2409), which shares with IKEv2 the engine, its peers and Child SAs:
 *
 *	ike1_input.c     a datagram: whose ISAKMP SA, decrypted, to the exchange it belongs to
 *	ike1_sa.c        ISAKMP SAs: made, up, renewed, dead peer detection, gone
 *	ike1_main.c      main mode, both roles
 *	ike1_aggr.c      aggressive mode, both roles    ike1_phase1.c  what the two share
 *	ike1_group.c     branches of groups
 *	ike1_quick.c     quick mode, both roles          ike1_quick_id.c  what it is for
 *	ike1_nets.c      networks as its identities; several peers with one gateway
 *	ike1_life.c      lifetimes, and what a responder makes of them
 *	ike1_info.c      informational: DELETE, notifications, R-U-THERE
 *	ike1_config.c    mode config and XAUTH, which are declined
 *	ike1_send.c      messages: built, encrypted, repeated
 *	ike1_frag.c      messages in fragments
 *	ike1_wire.c ike1_proposal.c ike1_crypto.c    bytes and keys
 *
 * IKEv1 has no message ids in sequence. An exchange keeps the last message it sent; the side that
 * waits repeats it by a timer, and a repetition of the last message that came is answered with
 * the same bytes again. ISAKMP SA and Child SAs live and die apart: a Child SA outlives the
 * ISAKMP SA that it was made under, and is renewed under the newest one.
 */
#ifndef CULVERT_CONTROLPLANE_IKE1_INT_H
#define CULVERT_CONTROLPLANE_IKE1_INT_H

#include "controlplane/ike/ike1_crypto.h"
#include "controlplane/ike/ike1_wire.h"
#include "controlplane/ike/ike_int.h"

#define IKE1_MAX_QUICKS 16 /* of one ISAKMP SA under way */
#define IKE1_NETS_MAX   36 /* longest body of an identity of quick mode that is taken */
#define IKE1_MAX_ASKED  16

/** The end of an exchange that we hold: what was sent last, what came last. */
struct ike1_line {
	uint8_t *out;
	size_t out_len;
	uint64_t in_print; /* fingerprint of the last message that was taken; 0: none */
	unsigned int n_sent;
	struct timer t; /* running: the peer has to go on */
};

enum ike1_state {
	IKE1_MM1_SENT, /* initiator of main mode */
	IKE1_MM3_SENT,
	IKE1_MM5_SENT,
	IKE1_MM2_SENT, /* responder */
	IKE1_MM4_SENT,
	IKE1_AM1_SENT, /* aggressive mode: initiator */
	IKE1_AM2_SENT, /* responder */
	IKE1_UP,
	IKE1_DEAD
};

#define IKE1_INFO_MIDS 64

/** The peer's R-U-THERE with the highest sequence number: the message ids that had it. */
struct ike1_asked {
	uint32_t seq, mid[IKE1_MAX_ASKED];
	unsigned int n;
};

struct ike1_sa {
	TAILQ_ENTRY(ike1_sa) all_link, peer_link; /* all_link: also of the dead list */
	LIST_ENTRY(ike1_sa) ck_link;
	LIST_ENTRY(ike1_sa) first_link; /* responder: by the initiator's cookie */
	bool by_first, calls;           /* in that table; counted in the engine's n_calls1 */
	struct ike_engine *e;
	struct ike_peer *peer; /* NULL: responder that does not know yet who asks */
	char name[IKE_NAME_MAX];
	enum ike1_state state;
	bool initiator;
	bool half_open; /* counted in the engine's n_half_open */
	bool fresh;     /* has not shown yet that it receives at its address */
	LIST_ENTRY(ike1_sa) half_link;
	TAILQ_ENTRY(ike1_sa) fresh_link;
	uint64_t ck_i, ck_r;
	struct ike_path path, from; /* from: of the message that is being judged */
	struct ike1_suite suite;
	struct ike1_keys keys;
	struct ike_nonce ni, nr;
	struct ike_kex kex;
	uint8_t peer_pub[IKE_KEX_MAX];
	size_t peer_pub_len;
	uint8_t *sai; /* body of the initiator's SA payload: authenticated at the end */
	size_t sai_len;
	/* While public-key work is done, most of it in aggressive mode only: */
	uint8_t peer_id[4 + IKE_ID_MAX]; /* body of the peer's ID payload */
	size_t peer_id_len;
	uint8_t peer_hash[IKE1_HASH_MAX]; /* initiator: the peer's proof */
	uint8_t *transform;               /* responder: the chosen one, and its proposal's number */
	size_t transform_len;
	uint8_t num;
	struct ike_job *job;
	struct ike_pk *pk;    /* aggressive mode: what the peer proves itself by */
	bool initial_contact; /* the peer says so in the message that is being judged */
	/* Of a group, proven, and waiting for a peer of its own (ike1_group.c): */
	TAILQ_ENTRY(ike1_sa) met_link;
	void (*met)(struct ike1_sa *sa); /* what follows then; NULL: it does not wait */
	struct ike_id met_id;
	uint8_t *early; /* the first quick mode, which came meanwhile */
	size_t early_len;
	uint8_t can; /* enum ike1_can of the peer */
	bool nat_local, nat_remote;
	bool encap; /* ESP of its Child SAs goes in UDP */
	struct ike1_line line;
	TAILQ_HEAD(, ike1_quick) quicks;
	struct timer t_end, t_rekey, t_dpd, t_keep, t_next; /* t_next: another quick mode of ours */
	struct ike1_reass *reass; /* fragments of a message that have come; NULL: none */
	struct timer t_frag;
	uint64_t born_ms, heard_ms;
	uint32_t dpd_seq;
	struct ike1_asked asked;
	uint32_t info_mid[IKE1_INFO_MIDS]; /* of the last informational messages; 0: none */
	unsigned int n_info;
	unsigned int n_probes; /* unanswered */
	uint64_t asked_ms;     /* when the first of them went out */
	uint64_t probe_ms;     /* when the last one went out; 0: it is answered */
	char remote_id[IKE_ID_MAX + 1];
	struct ike_proof *proof; /* a reference; NULL: not believed yet */
	bool restored; /* made by a former process */
	bool config_told; /* that it asks for what ike1_config.c declines */
};

enum ike1_quick_state { IKE1_QM_WORK, IKE1_QM1_SENT, IKE1_QM2_SENT, IKE1_QM_DONE };

/** A quick mode: one Child SA being made. */
struct ike1_quick {
	TAILQ_ENTRY(ike1_quick) link, peer_link;
	struct ike1_sa *sa;
	struct ike_peer *peer; /* whose Child SA it makes: @sa's, or kin of it */
	uint32_t mid;
	bool initiator;
	uint64_t begun_ms;
	enum ike1_quick_state state;
	uint8_t iv[IKE1_BLOCK_MAX];
	struct ike1_suite suite;
	struct ike_nego n;
	uint8_t num;            /* responder: of the chosen proposal */
	uint8_t *transform;     /* responder: the chosen one */
	size_t transform_len;
	uint8_t id[2][IKE1_NETS_MAX]; /* bodies, of initiator and responder */
	uint8_t id_len[2];      /* 0: there are none */
	uint64_t child_id;      /* made; responder: waits for the third message */
	bool to_switch;         /* initiator: sends by the one before for a moment yet */
	struct ike_job *job;
	struct ike1_line line;
};

/* ---- ike1_sa.c ------------------------------------------------------------------------------ */

/** NULL: no memory, or too many. */
struct ike1_sa *ike1_sa_new(struct ike_engine *e, struct ike_peer *p, bool initiator,
		const struct ike_path *path);
/** The initiator's cookie is known: a repeated first message finds it by that. */
void ike1_sa_set_first(struct ike1_sa *sa, uint64_t ck_i);
void ike1_sa_set_peer(struct ike1_sa *sa, struct ike_peer *p);
/** The ISAKMP SA of these cookies; @ck_r 0: only ours is known yet. NULL: none. */
struct ike1_sa *ike1_sa_find(struct ike_engine *e, uint64_t ck_i, uint64_t ck_r);
/** The responder's that a repeated first message belongs to. */
struct ike1_sa *ike1_sa_find_first(struct ike_engine *e, uint64_t ck_i, uint32_t remote);
/** Let a new one have these cookies. False: another one has ours. */
bool ike1_sa_claim_cookies(struct ike1_sa *sa, uint64_t ck_i, uint64_t ck_r);
/** Up again in another process: renewed and ended at these times (0: never). */
void ike1_sa_resume(struct ike1_sa *sa, uint64_t rekey_ms, uint64_t end_ms);
/** Authenticated: timers run, and what waited for it goes on. */
void ike1_sa_up(struct ike1_sa *sa);
/** Out of all tables; freed when the event is over. Children stay. */
void ike1_sa_kill(struct ike1_sa *sa);
/** Phase 1 failed or the peer is dead: kill it, and have the peer think about what comes next. */
void ike1_sa_fail(struct ike1_sa *sa, const char *why);
/** DELETE to the peer, which is not answered, and kill. */
void ike1_sa_delete(struct ike1_sa *sa);
void ike1_sa_heard(struct ike1_sa *sa);
/** R-U-THERE-ACK to the peer's question @seq, which came with message id @mid. */
void ike1_probe_answer(struct ike1_sa *sa, uint32_t seq, uint32_t mid);
/** The peer has answered ours. */
void ike1_probe_answered(struct ike1_sa *sa, uint32_t seq);
/** INITIAL-CONTACT, if @m, a message behind phase 1, has it. */
void ike1_late_initial_contact(struct ike1_sa *sa, const struct ike1_msg *m);
/** It waits for a caller that may be anybody, for a while. */
void ike1_half_open(struct ike1_sa *sa);
/** Who has called receives at its address: it has our cookie. */
void ike1_not_fresh(struct ike1_sa *sa);
/** The established one of this peer or its kin, the newest; NULL: none. */
struct ike1_sa *ike1_peer_sa(struct ike_peer *p);
/** Something was sent to it: liveness on demand may have waited for that. */
void ike1_peer_sent(struct ike_peer *p);
/** The peer that the body of an ID payload names, exact names before wildcards; NULL: none. */
struct ike_peer *ike1_peer_claimed(struct ike_engine *e, const struct ike_path *path,
		const struct ike_blob *body);
/** As ike_caller_refused(), of the peers that speak IKEv1. */
void ike1_caller_refused(struct ike_engine *e, const struct ike_path *path, bool proven,
		const char *what);
/** As ike_peer_match(), of the peers that speak IKEv1. */
struct ike_peer *ike1_peer_match(
		struct ike_engine *e, uint32_t local, uint32_t remote, struct ike_peer *prev);
/** One that is being made by us, for this peer or its kin; NULL: none. */
struct ike1_sa *ike1_peer_connecting(struct ike_peer *p);
void ike1_peer_connect(struct ike_peer *p);
/** All of them: DELETE what is up, unless kin of it has use for it. */
void ike1_peer_drop(struct ike_peer *p);
/** Tell the peer that a Child SA goes; it is gone for us. */
void ike1_child_delete(struct ike_child *c);
/** Only tell. */
void ike1_child_farewell(struct ike_child *c);
/** A Child SA is missing, or is to be renewed (@c): by the ISAKMP SA there is, or by a new one. */
void ike1_want_child(struct ike_peer *p, struct ike_child *c);
/** For show: "connecting", "established". */
const char *ike1_sa_state_str(const struct ike1_sa *sa);
/** Free what was killed in this event. */
void ike1_reap(struct ike_engine *e);

/* ---- ike1_send.c ---------------------------------------------------------------------------- */

/** A fingerprint of a received message. Never 0. */
uint64_t ike1_print(const uint8_t *msg, size_t len);
/**
 * Build and send: header, payloads of @o, and if @iv is given encrypt (which moves @iv on). Kept in
 * @line for repetition; @await: repeat by its timer until ike1_line_stop().
 * @return false: it could not be built; the exchange cannot go on.
 */
bool ike1_send(struct ike1_sa *sa, struct ike1_line *line, uint8_t exchange, uint32_t mid,
		struct ike_out *o, uint8_t *iv, bool await);
/** Send what was sent last once more. */
void ike1_line_again(struct ike1_sa *sa, struct ike1_line *line);
void ike1_line_stop(struct ike1_sa *sa, struct ike1_line *line);
void ike1_line_free(struct ike1_line *line);
/** A repetition timer fired: send again. @return false: that was the last time. */
bool ike1_line_due(struct ike1_sa *sa, struct ike1_line *line);
/** An informational message with HASH(1) over the payloads of @o. */
void ike1_send_info(struct ike1_sa *sa, struct ike_out *o);
/** An error about phase 1, in the clear: rate-limited. */
void ike1_send_clear_error(struct ike_engine *e, const struct ike_path *path, uint64_t ck_i,
		uint64_t ck_r, uint16_t type);
/** Prepend a HASH payload to the chain being built; it is filled in by ike1_seal_hash(). */
void ike1_put_hash_room(struct ike1_sa *sa, struct ike_out *o);
/** HASH over @pre and then what follows the HASH payload in @o. */
bool ike1_seal_hash(struct ike1_sa *sa, struct ike_out *o, const struct ike_blob *pre,
		unsigned int n_pre);

/* ---- ike1_frag.c ---------------------------------------------------------------------------- */

struct ike1_frag {
	uint16_t id;
	uint8_t number; /* from 1 on */
	bool last;
	struct ike_blob data;
};

/** The payload of a fragment, with all that @r has. 0 or -EBADMSG. */
int ike1_frag_parse(struct rd *r, struct ike1_frag *f);
/**
 * A fragment has come for @sa, its payload in @r. When it completes a message, that: *@len bytes of
 * the heap, the caller's; else NULL, and what is wrong is counted.
 */
uint8_t *ike1_frag_input(struct ike1_sa *sa, struct rd *r, size_t *len);
/** Forget what has come. */
void ike1_frag_drop(struct ike1_sa *sa);
/** The timer that does it. */
void ike1_frag_due(void *arg);
/** Send a message in fragments, if it needs them and the peer can; @small: as short ones as can be.
 *  False: it is to go in one piece. */
bool ike1_frag_send(struct ike1_sa *sa, const uint8_t *msg, size_t len, bool small);

/* ---- ike_nat.c ------------------------------------------------------------------------------ */

/** Is the peer behind a NAT that may give it another address or port? */
bool ike1_nat_may_move(const struct ike1_sa *sa);
/** What is being judged is authentic, and no copy of what came before: the peer is where it came
 *  from. ISAKMP and Child SAs go by that from now on. */
void ike1_nat_follow(struct ike1_sa *sa);

/* ---- exchanges ------------------------------------------------------------------------------ */

void ike1_main_start(struct ike1_sa *sa);
/** The first message of a main mode, for no ISAKMP SA yet. */
void ike1_main_request(struct ike_engine *e, const struct ike_path *path,
		const struct ike1_msg *m);
/** Another message of phase 1, decrypted; true if it was taken. */
bool ike1_main_input(struct ike1_sa *sa, struct ike1_msg *m);
/** Try to read the encrypted message of phase 1 with the keys of @sa. */
bool ike1_open_phase1(struct ike1_sa *sa, const uint8_t *msg, size_t len, struct ike1_msg *m,
		uint8_t iv[IKE1_BLOCK_MAX]);
/** Decrypt the message with @iv, which moves on, and read it. */
bool ike1_open(struct ike1_sa *sa, const uint8_t *msg, size_t len, struct ike1_msg *m,
		uint8_t iv[IKE1_BLOCK_MAX]);

/** Make a Child SA for @p, which is @sa's peer or kin of it; @old: instead of that one. One of ours
 *  is under way at a time; what has to wait begins when that one has ended. */
void ike1_quick_start(struct ike1_sa *sa, struct ike_peer *p, struct ike_child *old);
/** What waits for @sa: Child SAs that are missing, or to be renewed. */
void ike1_quick_next(struct ike1_sa *sa);
/** All that are under way for @p, by whichever ISAKMP SA, are given up. */
void ike1_quicks_drop(struct ike_peer *p);
void ike1_quick_input(struct ike1_sa *sa, struct ike1_msg *m, const uint8_t *msg, size_t len);
void ike1_quick_free(struct ike1_quick *q);
/** Traffic has come on @c, whose third message has not: it replaces what there was before it. */
void ike1_quick_seen(struct ike_child *c);
/** It came to nothing: @why for the operator. */
void ike1_quick_failed(struct ike1_quick *q, const char *why);
void ike1_info_input(struct ike1_sa *sa, struct ike1_msg *m);
/** Is HASH(1) of a message behind phase 1 right? */
bool ike1_hash_ok(struct ike1_sa *sa, const struct ike1_msg *m);

/* ---- ike1_config.c -------------------------------------------------------------------------- */

/** Mode config or XAUTH: declined. */
void ike1_config_input(struct ike1_sa *sa, struct ike1_msg *m, const uint8_t *msg, size_t len);

/* ---- ike1_quick_id.c ------------------------------------------------------------------------ */

/** Initiator: what we say. */
void ike1_quick_own_ids(struct ike1_quick *q);
/** Initiator: does the answer say what we did, or a part of it? */
bool ike1_quick_accepts(struct ike1_quick *q, const struct ike1_msg *m);
/** Responder: whose the peer's are; @q is that one's from now on. False, @why: nobody's. */
bool ike1_quick_find(struct ike1_quick *q, const struct ike1_msg *m, char *why, size_t len);
/** How the peer names the ends of a GRE tunnel that are behind a NAT. */
void ike1_quick_take_names(struct ike1_quick *q, const struct ike1_msg *m);

/* ---- ike1_nets.c ---------------------------------------------------------------------------- */

/** Body of an ID payload that says @t: its length. Ranges of ports cannot be said. */
size_t ike1_put_nets(uint8_t body[IKE1_NETS_MAX], const struct ike_ts *t);
/** ... and back. False: it names no addresses, or is malformed. */
bool ike1_nets_read(const struct ike_blob *body, struct ike_ts *t);
/** Are these networks all that @cfg is for, or a part of it? */
bool ike1_nets_fit(const struct ike_peer_cfg *cfg, const struct ike_ts *local,
		const struct ike_ts *remote, bool exactly);
/** Peers that share phase 1 with @p: @p itself first (@prev NULL), then the next one; NULL: no
 *  more. Peers without networks have no kin. */
struct ike_peer *ike1_kin(struct ike_peer *p, struct ike_peer *prev);
/** The one of them that is for these networks; NULL: none. */
struct ike_peer *ike1_kin_for(struct ike_peer *p, const struct ike_ts *local,
		const struct ike_ts *remote);
/** The ISAKMP SA of @p that its kin have in common has come or gone. */
void ike1_kin_update(struct ike_peer *p);
/** ... has failed: those who waited for it try again later. */
void ike1_kin_lost(struct ike_peer *p, const char *why);
/** @p goes, or starts over: its ISAKMP SAs go over to its kin, if there are any. */
void ike1_sa_inherit(struct ike_peer *p);

/* ---- ike1_group.c --------------------------------------------------------------------------- */

/** The peer has proven to be @body of its ID payload. @then follows: at once, or, if it is a
 *  group's, when it has a peer of its own; or never, then @sa is gone. */
void ike1_group_meet(struct ike1_sa *sa, const struct ike_blob *body,
		void (*then)(struct ike1_sa *sa));
/** A quick mode for what waits: is it kept until then? */
bool ike1_group_hold(struct ike1_sa *sa, const uint8_t *msg, size_t len);
/** It waits no more. */
void ike1_group_forget(struct ike1_sa *sa);
/** There is another peer: is it the one that somebody waits for? */
void ike1_group_peer(struct ike_peer *p);

/* ---- ike1_life.c ---------------------------------------------------------------------------- */

/** Responder: may the lifetimes of phase 1, of phase 2, stand? */
bool ike1_life_fits1(const struct ike_peer_cfg *cfg, const struct ike1_suite *s);
bool ike1_life_fits2(const struct ike_peer_cfg *cfg, const struct ike1_suite *s);
/** What holds, of our own and the other side's lifetime; 0: none. */
uint32_t ike1_life_agreed(const struct ike_peer_cfg *cfg, bool we_initiated, uint32_t own,
		uint32_t theirs);
uint32_t ike1_life_own_kb(const struct ike_peer_cfg *cfg);
/** Responder: say so when ours is shorter than what was offered. */
void ike1_put_responder_lifetime(struct ike_chain *c, const struct ike_peer_cfg *cfg,
		uint32_t spi_in, const struct ike1_suite *s);
/** Initiator: what the responder wants instead. */
void ike1_take_responder_lifetime(const struct ike1_msg *m, struct ike1_suite *s);

/** The terms of phase 1 out of a peer's configuration. */
struct ike1_terms ike1_terms_phase1(const struct ike_peer_cfg *cfg);

void ike1_input(struct ike_engine *e, const struct ike_path *path, const uint8_t *msg, size_t len,
		const struct ike_hdr *h);

/* ---- ike_child.c: what IKEv1 makes of it ---------------------------------------------------- */

/**
 * Install a Child SA made by quick mode. @keys[0]: the initiator's to the responder, [1] back; the
 * caller wipes them. @life_s, and @n's life_kb: as agreed; 0: none, and as configured.
 */
struct ike_child *ike_child_make1(struct ike1_sa *sa, struct ike_peer *p, struct ike_nego *n,
		struct ike_child_keys keys[2], bool we_initiated, bool use_out, uint32_t life_s);

#endif
