/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Inside of the IKEv2 engine: what its files share. How they fit together:
 *
 *	ike_input.c     a datagram: header, whose IKE SA, in the clear or protected
 *	ike_exchange.c  message ids, window 1, retransmission, cached answers
 *	ike_protect.c   messages sealed, whole or in fragments   ike_frag.c  and put together again
 *	ike_init.c      IKE_SA_INIT, both roles      ike_cookie.c  COOKIE
 *	ike_nat.c       NAT: detected, port 4500, keepalives, a peer that moves
 *	ike_authx.c     IKE_AUTH, both roles
 *	ike_create.c    CREATE_CHILD_SA for a Child SA: new and rekey, both roles
 *	ike_offer.c     what is offered and answered for a Child SA
 *	ike_nets.c      several peers at one gateway, under one IKE SA
 *	ike_rekey.c     CREATE_CHILD_SA for the IKE SA, both roles
 *	ike_info.c      INFORMATIONAL: DELETE, liveness
 *	ike_child.c     Child SAs: made, switched to, retired
 *	ike_sa.c        IKE SAs: made, up, deleted, gone
 *	ike_peer.c      peers: connect, retry with backoff, configuration changes
 *	ike_names.c     who a peer may say it is
 *	ike_terms.c     ... and which of them matter; ike_move.c: another address of a name
 *	ike_keep.c      what outlives the process    ike_keep_wire.c  its bytes
 *	ike_restore.c   ... and is taken up again
 *	ike_unique.c    one IKE SA a peer; authenticated anew in time
 *	ike_turn.c      how many exchanges with new keys are under way at a time
 *	ike_engine.c    tables, timers, jobs
 *
 * A request of ours is a *task*: queued on its IKE SA, started when the window is free, answered
 * or lost. A request of the peer that needs public-key work is a *pending request* (struct
 * ike_rx); everything else is answered at once. Objects are freed only between events (the
 * engine's dead list), so a handler may look at an IKE SA that it has just killed.
 */
#ifndef CULVERT_CONTROLPLANE_IKE_INT_H
#define CULVERT_CONTROLPLANE_IKE_INT_H

#include <stdatomic.h>
#include <sys/queue.h>

#include "common/log.h"
#include "controlplane/ike/ike_counters.h"
#include "controlplane/ike/ike_cred.h"
#include "controlplane/ike/ike_crypto.h"
#include "controlplane/ike/ike_id.h"
#include "controlplane/ike/ike_live.h"
#include "controlplane/ike/ike_nets.h"
#include "controlplane/ike/ike_pk.h"
#include "controlplane/ike/ike_proof.h"
#include "controlplane/ike/ike_trace.h"
#include "controlplane/util/timers.h"

#define IKE_PORT         500
#define IKE_PORT_NATT    4500
#define IKE_HASH         4096 /* buckets of each table */
#define IKE_OUT_MAX      16384 /* payloads of a message of ours */
#define IKE_NONCE_LEN    32   /* of our nonces: half the key size of any prf, at least */
#define IKE_COOKIE_MAX   64
#define IKE_MAX_CHILDREN 4      /* of one peer: current, draining and what collisions add */
#define IKE_PROVEN       10     /* times what one address may have half open, if it receives there */
#define IKE_MAX_CREDS    32     /* whose CAs are named in CERTREQ */
#define IKE_MAX_PEER_SAS 2      /* established IKE SAs of one peer */
#define IKE_RTO_MAX_MS   60000 /* longest wait for an answer before a request is repeated */
#define IKE_HALF_OPEN_MS 30000  /* a responder waits that long for IKE_AUTH */
#define IKE_GONE_MS      30000  /* an IKE SA that is over remembers its last answer that long */
#define IKE_REPLACED_MS  60000  /* the peer has that long to delete what it has replaced */
#define IKE_SUPERSEDED_MS 10000 /* an IKE SA in whose place the peer has made another one */
#define IKE_REDUNDANT_MS 2000   /* before the lesser of two simultaneous IKE SAs is deleted */
#define IKE_TEMPORARY_MS 180000 /* TEMPORARY_FAILURE for this long: out of step, start over */
#define IKE_FRAG_MTU_MIN 576    /* no smaller packets are tried (RFC 7383 section 2.5.1) */
#define IKE_FRAG_MAX     128    /* fragments of a message that we put together */
#define IKE_FRAG_BYTES   32768  /* and its length */
#define IKE_FRAG_MS      30000  /* what is not complete after that is forgotten */
#define IKE_FRAG_ALL     (32u << 20) /* bytes of all fragments that wait */

struct ike_nonce {
	uint16_t len;
	uint8_t data[IKE_NONCE_MAX];
};

/** What a nonce comparison needs (RFC 7296 section 2.8.1): the lower nonce of an exchange. */
struct ike_nonce_min {
	uint8_t len;
	uint8_t data[32];
};

/** A negotiation of keys under way, of either role: for a Child SA or for an IKE SA. */
struct ike_nego {
	struct ike_suite suite;
	uint8_t prop_num;
	struct ike_nonce ni, nr;
	struct ike_kex kex;
	uint32_t spi_in, spi_out;
	bool tunnel;     /* mode agreed */
	/* Past a NAT: the addresses that the peer and we have for the peer's own stack, as far as
	 * it told, if they are not those of the path; 0: they are, or it did not tell. */
	uint32_t named_remote, named_local;
	bool spi_given;  /* to a Child SA: comes back with that */
	struct ike_ts_list ts_local, ts_remote; /* as agreed */
	uint64_t old_id; /* the Child SA that is rekeyed; 0: none */
	uint32_t tun_id; /* the member that it is for; 0: the IKE SA's own peer (ike_nets.c) */
	uint32_t life_kb; /* IKEv1: agreed; 0: as configured */
};

struct ike_job {
	TAILQ_ENTRY(ike_job) link; /* while it waits to be run inline */
	struct ike_engine *e;
	bool generate, derive;
	struct ike_kex kex;
	uint8_t peer_pub[IKE_KEX_MAX];
	size_t peer_len;
	struct ike_pk *pk; /* signatures instead of a key exchange */
	int err;
	atomic_bool cancelled; /* saves the work; correctness hangs on @owner */
	void (*done)(void *owner, struct ike_job *job); /* engine's thread */
	void *owner;                                    /* NULL: nobody waits for it any more */
};

enum ike_task_kind {
	IKE_TASK_INIT,
	IKE_TASK_AUTH,
	IKE_TASK_CHILD_NEW,
	IKE_TASK_CHILD_REKEY,
	IKE_TASK_IKE_REKEY,
	IKE_TASK_CHILD_DELETE,
	IKE_TASK_IKE_DELETE,
	IKE_TASK_DPD,
};

struct ike_task;
struct ike_sa;

/** What a kind of task does at each step of its exchange. */
struct ike_task_ops {
	const char *name;
	uint8_t exchange; /* enum ike_exchange */
	bool costly;      /* makes new keys: waits for a turn */
	/** The window is free: ike_task_send() now or after a job, or ike_task_end(). */
	void (*start)(struct ike_task *t);
	void (*build)(struct ike_task *t, struct ike_chain *c);
	/** The answer, checked and authentic (but for IKE_SA_INIT). Ends the task now or later. */
	void (*answer)(struct ike_task *t, const struct ike_msg *m);
	/** The task is over, however it went: give back what it still holds. NULL: nothing. */
	void (*drop)(struct ike_task *t);
};

enum ike_turn { IKE_TURN_NONE, IKE_TURN_WAITS, IKE_TURN_HELD };

/** What was decrypted of a message that waits for public-key work. */
struct ike_kept {
	struct ike_hdr h;
	uint8_t first; /* type of the first payload */
	uint8_t *p;    /* NULL: nothing */
	size_t len;
};

struct ike_task {
	TAILQ_ENTRY(ike_task) link, turn_link;
	enum ike_turn turn;
	bool urgent; /* traffic waits for it */
	enum ike_task_kind kind;
	const struct ike_task_ops *ops;
	struct ike_sa *sa;
	struct ike_job *job;
	bool sent;         /* the request is out and not answered */
	bool discard;      /* nobody wants the result any more */
	uint64_t child_id; /* rekeyed or deleted */
	uint32_t spi;      /* inbound SPI to delete */
	struct ike_nego nego;
	uint16_t group;                 /* wanted by INVALID_KE_PAYLOAD; 0: our first */
	unsigned int n_group, n_cookie; /* how often we gave in */
	uint8_t cookie[IKE_COOKIE_MAX];
	uint8_t cookie_len;
	struct ike_pk *pk;       /* IKE_AUTH: our signature */
	struct ike_kept kept;    /* IKE_AUTH: the answer */
	struct ike_sa *new_sa;   /* IKE_REKEY: ours */
	struct ike_sa *rival_sa; /* made meanwhile by the peer's rekey of the same IKE SA */
	uint64_t rival_id;       /* likewise for a Child SA */
};

/** Why an offer of a Child SA is refused: in the answer, and in words. */
struct ike_refusal {
	uint16_t notify;
	uint16_t group; /* with INVALID_KE_PAYLOAD: the one that is wanted */
	char why[160];
};

/** Fragments of a message that have come, each authentic (ike_frag.c). */
struct ike_reass {
	uint32_t mid;
	uint8_t exchange;
	uint8_t first; /* type of the first payload: fragment 1 knows */
	uint16_t n, have;
	unsigned int n_repeated; /* that we had already */
	size_t bytes, longest; /* longest: datagram */
	uint64_t begun_ms;
	struct ike_piece {
		uint8_t *p;
		size_t len;
	} piece[]; /* @n */
};

/** A request of the peer that waits for public-key work. */
struct ike_rx {
	uint8_t exchange;
	struct ike_job *job;
	struct ike_nego nego;
	struct ike_sa *new_sa; /* rekey of the IKE SA */
	bool rekey_ike;
	struct ike_kept kept;  /* IKE_AUTH */
	char peer[IKE_NAME_MAX]; /* IKE_AUTH: who it is said to be */
};

enum ike_sa_state {
	IKE_SA_NEW,       /* keys not known yet: responder, or made by a rekey */
	IKE_SA_INIT,      /* initiator: IKE_SA_INIT out */
	IKE_SA_AUTH,      /* initiator: IKE_AUTH under way */
	IKE_SA_HALF_OPEN, /* responder: IKE_SA_INIT answered */
	IKE_SA_UP,
	IKE_SA_REKEYED,  /* replaced; the peer is to delete it */
	IKE_SA_DELETING, /* our DELETE is queued or out */
	IKE_SA_GONE,     /* refused, or deleted by the peer: kept for the cached answer */
	IKE_SA_DEAD,
};

struct ike_sa {
	LIST_ENTRY(ike_sa) spi_link, remote_link;
	TAILQ_ENTRY(ike_sa) all_link, peer_link; /* all_link: also of the dead list */
	struct ike_engine *e;
	struct ike_peer *peer;   /* NULL: responder before IKE_AUTH, or the peer was removed */
	char name[IKE_NAME_MAX]; /* of the peer, for logs */
	enum ike_sa_state state;
	bool initiator;
	uint64_t spi_i, spi_r;
	struct ike_path path;
	struct ike_suite suite;
	struct ike_keys keys;
	uint64_t iv;             /* GCM: the next explicit IV of our direction */
	struct ike_nonce ni, nr; /* of IKE_SA_INIT; not kept after IKE_AUTH */
	struct ike_nonce_min nonce_min;
	uint8_t *first[2]; /* first messages of initiator and responder, for AUTH */
	size_t first_len[2];
	bool nat_local, nat_remote;
	uint32_t peer_hashes; /* SIGNATURE_HASH_ALGORITHMS of the peer: 1 << enum ike_hash */
	bool use_ppk;   /* both sides know RFC 8784 */
	bool ppk;       /* there is a PPK in its keys */
	struct ike_kept met; /* IKE_AUTH of one of a group, judged before it had a peer of
			      * its own */
	LIST_ENTRY(ike_sa) met_link; /* while there is that: by identity */
	bool encap;     /* ESP of its Child SAs goes in UDP */
	bool redundant; /* the lesser of two made at the same time: about to be deleted */
	bool half_open; /* counted in the engine's n_half_open */
	bool restored;  /* made by a former process */
	/* our requests */
	TAILQ_HEAD(, ike_task) queue;
	struct ike_task *active;
	uint32_t tx_mid;
	uint8_t *req;
	size_t req_len;
	unsigned int n_sent;
	uint64_t req_ms; /* when it was sent first */
	struct timer t_rto;
	uint32_t rto_ms;
	uint8_t max_tries;
	/* the peer's requests */
	uint32_t rx_mid; /* the next one expected */
	uint8_t *resp;   /* the answer to the one before */
	size_t resp_len;
	struct ike_rx *rx; /* being worked on */
	unsigned int n_repeats; /* how often the answered one has come again */
	/* authentication: how long it is good (ike_unique.c) */
	bool we_called;       /* IKE_AUTH was ours; rekeys do not change that */
	uint64_t auth_ms;     /* when; 0: not yet */
	uint32_t auth_life_s; /* AUTH_LIFETIME of the peer; 0: none */
	struct timer t_reauth;
	bool config_told;     /* that it asks for an address */
	bool childless;       /* initiator: IKE_AUTH goes without a Child SA (RFC 6023) */
	/* fragments, RFC 7383 */
	bool frag;         /* both sides can */
	uint16_t frag_mtu; /* the longest IP packet that we send then */
	struct ike_reass *reass[2]; /* of a request, of an answer */
	struct timer t_frag;
	/* life */
	struct timer t_rekey, t_dpd, t_end, t_keep;
	uint64_t born_ms, heard_ms, hint_ms;
	uint64_t temporary_ms; /* since when the peer says TEMPORARY_FAILURE; 0: it does not */
	uint64_t rekey_ms;     /* when t_rekey is due; for show */
	uint32_t n_rekeys;
	char remote_id[IKE_ID_MAX + 1];
	struct ike_proof *proof; /* a reference; NULL: not believed yet */
	char why[160]; /* initiator: what stands in the way, for the operator */
};

enum ike_child_state {
	IKE_CHILD_LIVE,
	IKE_CHILD_REKEYED,  /* replaced; its deleter is the peer, or us in a moment */
	IKE_CHILD_DELETING, /* our DELETE is queued or out */
	IKE_CHILD_DRAINING, /* gone for IKE; inbound stays for late packets */
};

struct ike_child {
	TAILQ_ENTRY(ike_child) peer_link;
	LIST_ENTRY(ike_child) id_link, spi_link;
	struct ike_engine *e;
	struct ike_peer *peer;
	struct ike_sa *sa; /* NULL when draining, and with IKEv1 */
	bool v1;           /* made by quick mode; lives apart from any ISAKMP SA */
	bool ours;         /* with @v1: we asked for it */
	bool half;         /* with @v1: the peer has not shown yet that it has it, too */
	uint32_t life_kb;  /* with @v1: agreed; 0: as configured */
	uint64_t id;
	uint32_t spi_in, spi_out;
	struct ike_suite suite;
	enum ike_child_state state;
	bool tunnel;           /* mode */
	bool encap;            /* ESP in UDP */
	bool rekeying;         /* a task of ours to rekey it is queued or active */
	bool urgent;           /* the dataplane cannot use it any more */
	bool out_pending;      /* to be switched to when the peer is seen to use it */
	bool redundant;        /* lost a collision: never to be switched to */
	bool lost;             /* the peer does not know it: retire when there is a new one */
	uint64_t successor_id; /* REKEYED: by which one */
	struct ike_ts_list ts_local, ts_remote;
	uint32_t named_remote, named_local; /* as struct ike_nego has them */
	struct ike_nonce_min nonce_min;
	uint64_t born_ms, rekey_ms, temporary_ms, rekey_not_before_ms;
	uint64_t hard_ms; /* when it must be gone; 0: never */
	struct timer t_rekey, t_end;
	uint32_t n_rekeys;
};

struct ike1_sa; /* of IKEv1: ike1_int.h */
TAILQ_HEAD(ike1_sas, ike1_sa);

LIST_HEAD(ike_peer_bucket, ike_peer);

struct ike_peer {
	TAILQ_ENTRY(ike_peer) all_link;
	LIST_ENTRY(ike_peer) name_link, tun_link, remote_link, id_link;
	struct ike_engine *e;
	struct ike_peer_cfg cfg;
	struct ike_peer *head; /* of a member; NULL: it is not there */
	struct ike_peer_bucket members; /* by id_link: they are found by their head only */
	TAILQ_HEAD(ike_peer_sas, ike_sa) sas; /* of a member none */
	struct ike1_sas sas1;
	TAILQ_HEAD(, ike1_quick) quicks1; /* IKEv1, under way, by whichever ISAKMP SA */
	TAILQ_HEAD(, ike_child) children;
	struct ike_child *out; /* the Child SA that we send with */
	/* ike_child_inner_remote(), ike_child_inner_local() of the newest one */
	uint32_t inner_remote, inner_local;
	uint32_t named_remote, named_local; /* of the newest one */
	struct timer t_retry;
	struct timer t_move; /* it has another address (ike_move.c) */
	uint64_t move_end_ms; /* ... and until then to answer there */
	unsigned int n_fail;
	bool wanted;       /* traffic waits */
	uint16_t group;    /* what the peer asked for by INVALID_KE_PAYLOAD; 0: our first */
	uint64_t alive_ms; /* last authenticated traffic */
	uint64_t sent_ms;  /* last sent into the tunnel; followed when liveness is on demand */
	uint64_t refused_ms, proven_ms; /* last reason of ike_peer_refused(), last proven one */
	enum ike_peer_state state;
	uint64_t since_ms;
	char why[160];
	struct ike_live live;
	/* ike_keep.c */
	TAILQ_ENTRY(ike_peer) touched_link;
	bool touched;      /* changed since it was kept last */
	bool kept;         /* there is a record */
	bool has_terms;
	uint8_t terms[32]; /* a digest of what its SAs are negotiated under */
};

/** Certificates that peers are judged by. */
struct ike_cred_use {
	struct ike_cred *cred;
	uint32_t n; /* peers */
};

/** An SPI that we do not have and somebody sends by (ike1_stray.c); @spi 0: none. */
struct ike1_stray {
	uint32_t remote, spi;
	uint64_t last_ms, due_ms;
};

#define IKE1_STRAYS 32

struct ike_engine {
	struct ike_ops ops;
	void *ctx;
	uint64_t lost_ms; /* ike_input_lost() last; 0: never */
	struct ike_limits lim;
	uint64_t now;
	struct ike_crypto crypto;
	struct timers timers;
	TAILQ_HEAD(, ike_peer) peers, touched;
	TAILQ_HEAD(, ike_sa) sas, dead;
	struct ike1_sas sas1, dead1;
	struct ike1_sas met1[IKE_HASH]; /* of groups, waiting for peers of their own, by @met_id */
	TAILQ_HEAD(, ike_job) ready;       /* to be run inline */
	TAILQ_HEAD(, ike_task) waiting[2]; /* for a turn; [1]: urgent ones */
	uint32_t n_turns;                  /* held */
	struct ike_peer_bucket by_name[IKE_HASH], by_tun[IKE_HASH], by_addr[IKE_HASH],
			by_remote_id[IKE_HASH], by_pattern, /* by_pattern: wildcards, or several */
			orphans; /* members without a head */
	struct ike_cred_use creds[IKE_MAX_CREDS];
	uint32_t n_creds;
	struct timer t_review; /* ike_proof.c */
	uint32_t n_reviews;    /* certificates being judged anew */
	uint32_t n_cert_peers, n_ppk_peers; /* that must show certificates; that have a PPK */
	LIST_HEAD(ike_sa_bucket, ike_sa) by_spi[IKE_HASH], by_remote[IKE_HASH],
			met[IKE_HASH]; /* met: those with @met, by ike_id_bucket() of who
					* they are */
	LIST_HEAD(ike1_sa_bucket, ike1_sa) by_cookie[IKE_HASH], by_first[IKE_HASH];
	LIST_HEAD(ike1_half_bucket, ike1_sa) half1[IKE_HASH]; /* half-open, by address */
	TAILQ_HEAD(, ike1_sa) fresh1; /* of these who has shown nothing yet, the oldest first */
	uint32_t n_calls1; /* phase 1 of ours that is under way */
	LIST_HEAD(ike_child_bucket, ike_child) by_id[IKE_HASH], by_child_spi[IKE_HASH];
	uint32_t n_sas, n_half_open;
	uint64_t last_child_id;
	uint8_t cookie_secret[2][32];
	uint8_t cookie_gen;          /* of cookie_secret[0]; [1] is the one before */
	uint64_t cookie_ms;          /* when it was made; 0: never */
	struct log_limit error_rate; /* unprotected answers */
	struct log_limit log_rate;   /* lines an outsider can cause */
	uint64_t counters[IKE_N_CTRS];
	LIST_HEAD(, ike_walk) walks; /* ike_walk.c */
	bool tracing;
	uint8_t *plain; /* IKE_MSG_MAX bytes for decrypted payloads */
	size_t frag_bytes;  /* of all fragments that wait */
	size_t frag1_bytes; /* the same of IKEv1, which are not authentic */
	struct ike1_stray strays[IKE1_STRAYS];
};

/** Payloads of a message being built. */
struct ike_out {
	struct wr w;
	struct ike_chain c;
	uint8_t buf[IKE_OUT_MAX];
};

/* ---- ike_walk.c: these are about to leave the lists of all --------------------------------- */

void ike_walks_leave_sa(struct ike_engine *e, const struct ike_sa *sa);
void ike_walks_leave_sa1(struct ike_engine *e, const struct ike1_sa *sa);
void ike_walks_leave_peer(struct ike_engine *e, const struct ike_peer *p);

/* ---- ike_show.c ----------------------------------------------------------------------------- */

void ike_show_sa(struct ike_sa *sa, uint64_t now_ms, struct ike_sa_show *s);
/** Child SAs of IKEv1 belong to the peer: shown with its newest ISAKMP SA. */
void ike_show_sa1(struct ike1_sa *sa, uint64_t now_ms, struct ike_sa_show *s);
void ike_show_peer(const struct ike_peer *p, uint64_t now_ms, struct ike_peer_show *s);

/* ---- ike_engine.c --------------------------------------------------------------------------- */

void ike_log(struct ike_engine *e, int level, const char *name, const char *fmt, ...)
		__attribute__((format(printf, 4, 5)));
/** As ike_log, for what an outsider can cause: rate-limited. */
#define ike_log_outsider(e, level, name, ...)                 \
	do {                                                  \
		if (log_limit_ok(&(e)->log_rate, (e)->now))   \
			ike_log(e, level, name, __VA_ARGS__); \
	} while (0)
void ike_count(struct ike_engine *e, enum ike_ctr c);
uint32_t ike_random32(struct ike_engine *e);
/** @ms less or more by up to @percent. */
uint64_t ike_jitter(struct ike_engine *e, uint64_t ms, unsigned int percent);
/** A rekey time of @life_s, with a part taken off by chance, more for the initiator. */
uint64_t ike_life_ms(struct ike_engine *e, uint32_t life_s, bool initiator);
void ike_nonce_new(struct ike_engine *e, struct ike_nonce *n);
void ike_nonce_set(struct ike_nonce *n, const struct ike_blob *b);
struct ike_blob ike_nonce_blob(const struct ike_nonce *n);
struct ike_nonce_min ike_nonce_lower(const struct ike_nonce *a, const struct ike_nonce *b);
/** Octet by octet; the end of one makes it the lower. */
int ike_nonce_cmp(const struct ike_nonce_min *a, const struct ike_nonce_min *b);
/** Hand public-key work out; @done gets it back unless the owner cancels. NULL: no memory. */
struct ike_job *ike_job_submit(struct ike_engine *e, struct ike_kex *kex, bool generate,
		const struct ike_blob *peer_pub, void (*done)(void *, struct ike_job *),
		void *owner);
/** The same for signatures; @pk is the job's from now on, also when NULL is returned. */
struct ike_job *ike_job_submit_pk(struct ike_engine *e, struct ike_pk *pk,
		void (*done)(void *, struct ike_job *), void *owner);
/** A job's owner has it back: *@slot, where it was noted, is empty, @kex as it came out. */
void ike_job_take(struct ike_job *job, struct ike_job **slot, struct ike_kex *kex);
void ike_job_cancel(struct ike_job *job);
unsigned int ike_hash32(uint32_t v);
unsigned int ike_hash64(uint64_t v);
/** Remember what the rest of the world did: inline jobs, dead IKE SAs. End of every event. */
void ike_settle(struct ike_engine *e);
void ike_advance(struct ike_engine *e, uint64_t now_ms);

/* ---- ike_input.c, ike_cookie.c -------------------------------------------------------------- */

/** Answer @to outside any IKE SA with one notification. */
void ike_send_clear_notify(struct ike_engine *e, const struct ike_path *path,
		const struct ike_hdr *to, uint16_t type, const void *data, size_t len);
/** True: answer with this cookie of *@len bytes and forget the request. */
bool ike_cookie_wanted(struct ike_engine *e, const struct ike_msg *m, uint32_t remote, uint8_t *out,
		size_t *len);

/* ---- ike_nat.c ------------------------------------------------------------------------------ */

/** NAT_DETECTION_SOURCE_IP and _DESTINATION_IP. @force: say that we are behind a NAT. */
void ike_put_nat_detection(struct ike_sa *sa, struct ike_chain *c, bool force);
/** Judge the peer's: sets nat_local, nat_remote and encap. @cfg may be NULL (not known yet). */
void ike_nat_check(struct ike_sa *sa, const struct ike_msg *m, const struct ike_peer_cfg *cfg);
/** An authentic message of the peer, the next one in order, came by @path: follow it if allowed. */
void ike_nat_follow(struct ike_sa *sa, const struct ike_path *path, bool request);
/** Keepalives begin, when they are needed. */
void ike_nat_keep(struct ike_sa *sa);
/** What one IKE SA takes over from the one that it replaces. */
void ike_nat_inherit(const struct ike_sa *from, struct ike_sa *to);

/* ---- ike_exchange.c ------------------------------------------------------------------------- */

void ike_out_init(struct ike_out *o);
struct ike_task *ike_task_new(struct ike_sa *sa, enum ike_task_kind kind);
/** Queue and start if the window is free. @first: before all others. */
void ike_task_queue(struct ike_task *t, bool first);
void ike_task_send(struct ike_task *t);
/** Over. Frees @t and starts the next. */
void ike_task_end(struct ike_task *t);
void ike_task_free(struct ike_task *t);
void ike_kick(struct ike_sa *sa);
/** Public-key work of a task; @done is called with the task while it still is the active one. */
bool ike_task_job(struct ike_task *t, bool generate, const struct ike_blob *peer_pub,
		void (*done)(void *, struct ike_job *));
/** The answer to IKE_SA_INIT is accepted: stop retransmitting, the next message id. */
void ike_exchange_answered(struct ike_sa *sa);
void ike_exchange_stop(struct ike_sa *sa);
/** The retransmission timer of an IKE SA. */
void ike_rto(void *sa);
/** A protected message for @sa, as parsed from the clear. */
void ike_exchange_input(struct ike_sa *sa, struct ike_msg *m, const uint8_t *msg, size_t len,
		const struct ike_path *path);
/** Answer the peer's request: protect, remember for repetitions, send. */
void ike_respond(struct ike_sa *sa, uint8_t exchange, struct ike_out *o);
void ike_respond_notify(
		struct ike_sa *sa, uint8_t exchange, uint16_t type, const void *data, size_t len);
/** Send one request without awaiting an answer (the last word of a failing IKE SA). */
void ike_send_last(struct ike_sa *sa, struct ike_out *o);
void ike_rx_free(struct ike_sa *sa);
/** Keep what was decrypted of @m. False: no memory. */
bool ike_keep(struct ike_kept *k, const struct ike_msg *m);
/** Read it again: @m leads into @k. */
void ike_kept_parse(const struct ike_kept *k, struct ike_msg *m);
void ike_kept_free(struct ike_kept *k);
/** Remember the answer to IKE_SA_INIT, which is not protected, and send it. */
void ike_respond_clear(struct ike_sa *sa, const uint8_t *msg, size_t len);
void ike_send_bytes(struct ike_sa *sa, const uint8_t *msg, size_t len);

/** The request under way once more; its schedule stays. */
void ike_exchange_again(struct ike_sa *sa);
/** The request under way, restored: send it, and await its answer. */
void ike_exchange_resume(struct ike_sa *sa);

/* ---- ike_keep.c ----------------------------------------------------------------------------- */

/** Something of it has changed (@p may be NULL): kept at the end of the event. */
void ike_keep_touch(struct ike_peer *p);
/** The same at once: a message goes out. */
void ike_keep_now(struct ike_peer *p);
void ike_keep_flush(struct ike_engine *e);
/** Wipe what is kept of it: it goes, or changes its terms. */
void ike_keep_forget(struct ike_peer *p);
/** Go on with what a former process has left. False: there is nothing, or it cannot be used. */
bool ike_keep_restore(struct ike_peer *p);

/* ---- ike_protect.c, ike_frag.c -------------------------------------------------------------- */

/** What a protected message says in its header, and the type of its first payload. */
struct ike_frame {
	uint8_t exchange; /* enum ike_exchange */
	bool response;
	uint32_t mid;
	uint8_t first;
};

/**
 * A whole protected message on the heap, *@len bytes; NULL if that fails. If it is too long for
 * a packet, and the peer can, it is several datagrams, one behind the other.
 */
uint8_t *ike_protect(struct ike_sa *sa, const struct ike_frame *f, const uint8_t *plain,
		size_t plain_len, size_t *len);
/** Bytes of an IP packet around a message: IPv4, UDP, and the marker of port 4500. */
size_t ike_packet_extra(const struct ike_sa *sa);
/** How many datagrams a message of ours is. */
unsigned int ike_n_datagrams(const uint8_t *msg, size_t len);
/** Seal a message of ours again for the next smaller size of packets. False: there is none, or
 *  it would change nothing. */
bool ike_protect_smaller(struct ike_sa *sa, uint8_t **msg, size_t *len);
/**
 * A fragment of a message that is due. Kept if it is authentic.
 * @return the length of the whole message, which is in the engine's @plain with @m->sk_next the
 * type of its first payload; -EAGAIN: not complete, or dropped and counted; -EBADMSG: not
 * authentic.
 */
int ike_frag_input(struct ike_sa *sa, struct ike_msg *m, const uint8_t *msg, size_t len);
/** Forget fragments: @which 0 of a request, 1 of an answer. */
void ike_frag_drop(struct ike_sa *sa, int which);
void ike_frag_due(void *sa);

/* ---- ike_turn.c ----------------------------------------------------------------------------- */

/** May it start? If not, it is in line, and its IKE SA is kicked when its turn comes. */
bool ike_turn_take(struct ike_task *t);
/** Give it back, or leave the line. */
void ike_turn_end(struct ike_task *t);
/** @to goes on with what @from has begun. */
void ike_turn_pass(struct ike_task *from, struct ike_task *to);
/** Traffic waits for it now: before those that nobody waits for. */
void ike_turn_hurry(struct ike_task *t);
/** Give one turn away. False: none is free, or nobody waits. */
bool ike_turn_next(struct ike_engine *e);

/* ---- ike_init.c, ike_authx.c, ike_create.c, ike_rekey.c, ike_info.c ------------------------- */

extern const struct ike_task_ops ike_init_ops, ike_auth_ops, ike_child_new_ops, ike_child_rekey_ops,
		ike_ike_rekey_ops, ike_child_delete_ops, ike_ike_delete_ops, ike_dpd_ops;

void ike_init_request(struct ike_engine *e, const struct ike_path *path,
		const struct ike_msg *m, const uint8_t *msg, size_t len);
/** IKE SAs that an address has half open. */
unsigned int ike_half_open_of(struct ike_engine *e, uint32_t remote);
/** One that cannot be read. */
void ike_init_malformed(struct ike_engine *e, const struct ike_path *path);
void ike_auth_request(struct ike_sa *sa, const struct ike_msg *m);
/** @p is new: is it the one that somebody of a group waits for? */
void ike_auth_again(struct ike_peer *p);
void ike_auth_forget(struct ike_sa *sa);
/** Any CREATE_CHILD_SA request; goes on to ike_rekey_request() for an IKE SA. */
void ike_create_request(struct ike_sa *sa, const struct ike_msg *m);
void ike_rekey_request(
		struct ike_sa *sa, const struct ike_msg *m, const struct ike_sa_payload *offer);
void ike_info_request(struct ike_sa *sa, const struct ike_msg *m);
/** A configuration payload, if @m has one: not followed, but told. */
void ike_config_request(struct ike_sa *sa, const struct ike_msg *m);
/** Delete an inbound SPI that the peer holds for made and we refused or retired. */
void ike_queue_child_delete(struct ike_sa *sa, uint64_t child_id, uint32_t spi);

/* ---- ike_offer.c ---------------------------------------------------------------------------- */

/** Payloads that offer a Child SA, a successor of @old if that is not NULL, and that answer such an
 * offer. */
void ike_put_child_offer(struct ike_sa *sa, struct ike_chain *c, enum ike_prop_use use,
		const struct ike_nego *n, const struct ike_child *old);
void ike_put_child_answer(struct ike_sa *sa, struct ike_chain *c, enum ike_prop_use use,
		const struct ike_nego *n);
/**
 * Responder: judge an offer: fill suite, numbers and SPIs of @n (an inbound SPI is taken). Its
 * @old_id is set before.
 * @return true, or false: @no says why.
 */
bool ike_judge_offer(struct ike_sa *sa, const struct ike_msg *m, enum ike_prop_use use,
		struct ike_nego *n, struct ike_refusal *no);
/** Initiator: judge the answer to an offer; @n's @old_id is set before. NULL: accepted, @n filled;
 * else what is wrong. */
const char *ike_judge_answer(struct ike_sa *sa, const struct ike_msg *m, enum ike_prop_use use,
		struct ike_nego *n);
/** Initiator: how the peer names who is behind a NAT, us (@local) or itself (@remote), is as with
 * its last Child SA unless its answer said something else. */
void ike_nego_names(struct ike_nego *n, const struct ike_peer *p, bool local, bool remote);
/** Give back what a negotiation still holds, and wipe it. */
void ike_nego_drop(struct ike_engine *e, struct ike_nego *n);

/* ---- ike_child.c ---------------------------------------------------------------------------- */

struct ike_child *ike_child_find(struct ike_engine *e, uint64_t id);
/** By the SPI the peer knows it by: the one that we send with. Of @p and its kin. */
struct ike_child *ike_child_find_out(struct ike_peer *p, uint32_t spi_out);
/** Room for one more Child SA of this peer? Evicts what drains. */
bool ike_child_room(struct ike_peer *p);
/** Tunnel mode between two hosts: the peer's address as agreed, and ours; past a NAT others than
 * those of the path. 0: none. */
uint32_t ike_child_inner_remote(const struct ike_child *c);
uint32_t ike_child_inner_local(const struct ike_child *c);
/** A Child SA with an id that it had before; no timer runs. NULL: no memory. */
struct ike_child *ike_child_again(struct ike_peer *p, const struct ike_nego *n, uint64_t id);
/** Tell the dataplane's side of it. 0 or -errno: then it is gone. */
int ike_child_restore(struct ike_child *c, const struct ike_path *path, bool current);
/** Derive keys and install. @we_initiated: the exchange. NULL: refused by ops, or no memory. */
struct ike_child *ike_child_make(
		struct ike_sa *sa, struct ike_nego *n, bool we_initiated, bool use_out);
void ike_child_use_out(struct ike_child *c);
/** Gone for IKE: drains if another one carries the traffic, else is removed at once. */
void ike_child_retire(struct ike_child *c);
void ike_child_remove(struct ike_child *c);
/** Replaced by a new one (@by may be 0: that one goes its own way); the peer is to delete it. */
void ike_child_replaced(struct ike_child *c, uint64_t by);
/** Send a DELETE for it. */
void ike_child_delete(struct ike_child *c);
/** Try the rekey again after @ms. */
void ike_child_rekey_later(struct ike_child *c, uint64_t ms);

/* ---- ike_sa.c ------------------------------------------------------------------------------- */

/** NULL: no memory or the limit of IKE SAs. The caller sets the state. */
struct ike_sa *ike_sa_new(struct ike_engine *e, struct ike_peer *p, bool initiator,
		const struct ike_path *path);
/** The peer is at another address: where it is found by that. */
void ike_sa_set_remote(struct ike_sa *sa, uint32_t remote, uint16_t port);
/** Let a new one have this SPI of ours. False: another one has it. */
bool ike_sa_claim_spi(struct ike_sa *sa, uint64_t own);
uint64_t ike_sa_own_spi(const struct ike_sa *sa);
struct ike_sa *ike_sa_find(struct ike_engine *e, uint64_t own_spi);
void ike_sa_set_state(struct ike_sa *sa, enum ike_sa_state state);
const char *ike_sa_state_str(enum ike_sa_state state);
void ike_sa_set_peer(struct ike_sa *sa, struct ike_peer *p);
/** Authenticated, or made by a rekey: timers run from now. */
void ike_sa_up(struct ike_sa *sa);
/** Out of all tables, children gone; freed when the event is over. Does not tell the peer object.
 */
void ike_sa_kill(struct ike_sa *sa);
/** It is over, but for the answer that the peer may ask for again. Children are gone. */
void ike_sa_linger(struct ike_sa *sa);
/** Kill it and have its peer think about what comes next. */
void ike_sa_fail(struct ike_sa *sa, const char *why);
/** DELETE to the peer; children are retired now. */
void ike_sa_delete(struct ike_sa *sa);
/** Children and queued tasks go over to the IKE SA that replaces this one. */
void ike_sa_inherit(struct ike_sa *from, struct ike_sa *to);
void ike_sa_heard(struct ike_sa *sa);
/** Liveness looks at it again: something is under way, or has changed. */
void ike_sa_watch(struct ike_sa *sa);
/** The peer's timers or retransmission settings have changed. */
void ike_sa_retime(struct ike_sa *sa);
void ike_sa_free(struct ike_sa *sa);
void ike_sa_keep_first(struct ike_sa *sa, int who, const uint8_t *msg, size_t len);

/* ---- ike_unique.c --------------------------------------------------------------------------- */

/** @sa is up, or has got its Child SA: which of the peer's other IKE SAs does it replace? */
void ike_sa_unique(struct ike_sa *sa);
/** When it is to be authenticated anew, or must be gone; from its authentication on. */
void ike_reauth_arm(struct ike_sa *sa);
/** AUTH_LIFETIME (RFC 4478): how long our authentication is good, for the answer to IKE_AUTH. */
void ike_put_auth_lifetime(const struct ike_sa *sa, struct ike_chain *c);
void ike_take_auth_lifetime(struct ike_sa *sa, const struct ike_msg *m);
/** What a rekey hands on. */
void ike_reauth_inherit(const struct ike_sa *from, struct ike_sa *to);
void ike_reauth_due(void *sa);

/* ---- ike_names.c ---------------------------------------------------------------------------- */

/** Is it one identity without wildcards? Then it can be looked up, and told to the peer. */
bool ike_names_one(const struct ike_peer_cfg *cfg);
/** Which of its identities is the @body of an ID payload; of several the best. NULL: none. */
const struct ike_id *ike_name_of(const struct ike_peer_cfg *cfg, const struct ike_blob *body);
/** Does @a say more of somebody whom both fit? Plain ones do, then the longer ones. */
bool ike_name_better(const struct ike_id *a, const struct ike_id *b);
/** All of them for people, " or " between them; cut off at @len. Returns @buf. */
char *ike_names_str(const struct ike_peer_cfg *cfg, char *buf, size_t len);

/* ---- ike_peer.c ----------------------------------------------------------------------------- */

struct ike_peer *ike_peer_find(const struct ike_engine *e, const char *name);
/** Walk the peers whose addresses fit: @prev NULL first. Exact ones come before "any". */
struct ike_peer *ike_peer_match(
		struct ike_engine *e, uint32_t local, uint32_t remote, struct ike_peer *prev);
/** Identities that are the same have the same bucket, of IKE_HASH. */
unsigned int ike_id_bucket(uint8_t type, const uint8_t *data, size_t len);
/**
 * Who says in IKE_AUTH that it is @idi and calls us @idr (p NULL: does not)? Of equal ones the
 * peer that is configured for the address. NULL: nobody.
 */
struct ike_peer *ike_peer_claimed(struct ike_engine *e, const struct ike_path *path,
		const struct ike_blob *idi, const struct ike_blob *idr);
void ike_peer_connect(struct ike_peer *p);
/** What the peer as a whole is now; tells the world if it changed. @why NULL: keep the words. */
void ike_peer_update(struct ike_peer *p, const char *why);
/** An IKE SA or the Child SA is gone or failed: wait, retry or rest. */
void ike_peer_lost(struct ike_peer *p, const char *why);
/**
 * What the peer asked for was refused: remember why, for the operator, if it is not up anyway.
 * @proven: it answers at its address (IKE_AUTH); else anybody may have written its source address
 * into a packet, and a reason that is proven stands for a minute.
 */
void ike_peer_refused(struct ike_peer *p, bool proven, const char *why);
/**
 * Somebody called and was refused before it could be told which peer it is: the reason goes to
 * those that are configured for exactly this address and for IKEv2, as by ike_peer_refused().
 * @what: what the peer does, without its address: "sends ...".
 */
void ike_caller_refused(struct ike_engine *e, const struct ike_path *path, bool proven,
		const char *what);
/** Likewise: a payload of type @type is unknown, and critical. */
void ike_caller_critical(struct ike_engine *e, const struct ike_path *path, bool proven,
		uint8_t type);
/** End all that it has, with DELETE, and think about what comes next. */
void ike_peer_drop(struct ike_peer *p, const char *why);

/* ike_terms.c */

/** Can these terms be? */
bool ike_terms_valid(const struct ike_peer_cfg *c);
/** IKEv1: are both at one gateway, which phase 1 cannot tell apart? */
bool ike_terms_gateway(const struct ike_peer_cfg *a, const struct ike_peer_cfg *b);
/** Are they the same in all that matters to what has been negotiated? @remote: its address, too. */
bool ike_terms_same(const struct ike_peer_cfg *a, const struct ike_peer_cfg *b, bool remote);
/** Are they, but for the networks? */
bool ike_terms_other_nets(const struct ike_peer_cfg *a, const struct ike_peer_cfg *b);

/* ike_move.c */

void ike_move_init(struct ike_peer *p);
/** cfg.remote of a peer that is up is another one. False: it has to begin anew. */
bool ike_move(struct ike_peer *p);
/** @p is silent: has anything of it, or of its kin, come in by the dataplane up to this moment? Then
 *  alive_ms of it tells so. What was dropped in front of us is known after it, too. */
void ike_look_again(struct ike_peer *p);
/**
 * A peer that was first asked at @asked_ms is silent, and counts as dead since @due_ms. True: not
 * yet, for that may be our own doing; it is counted and logged, and the peer is to be asked again.
 */
bool ike_silence_unknown(struct ike_peer *p, uint64_t asked_ms, uint64_t due_ms);
/** The Child SA is up. */
void ike_peer_good(struct ike_peer *p, const char *why);
/** An established IKE SA of this peer; NULL: none. */
struct ike_sa *ike_peer_sa(struct ike_peer *p);
void ike_peer_free(struct ike_peer *p);

#endif
