/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The IKEv2 engine (RFC 7296): plain state machines without I/O. Bytes and clock ticks come in
 * through the functions below; bytes, timers, SAs and news leave through struct ike_ops. It opens
 * no socket, reads no clock, has no global state and takes its randomness from a callback, so
 * that a test can run many peers in one process on a simulated clock.
 *
 * Vocabulary. A *peer* (struct ike_peer_cfg) is what configuration knows about a remote gateway:
 * addresses, identities, PSK, proposals. An *IKE SA* belongs to one peer. A *Child SA* is a pair
 * of ESP SAs that belongs to one tunnel of that peer. A peer has one child configuration; of a
 * gateway with several there are as many peers, which have IKE SAs in common (ike_nets.c).
 *
 * All times are monotonic milliseconds. Nothing here is thread-safe except ike_job_run(): the
 * engine belongs to one thread.
 */
#ifndef CULVERT_CONTROLPLANE_IKE_H
#define CULVERT_CONTROLPLANE_IKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/ip_range.h"

#define IKE_MAX_PROPOSALS  8
#define IKE_MAX_TRANSFORMS 8   /* of one type in one proposal */
#define IKE_PSK_MAX        128
#define IKE_PPK_MAX        128
#define IKE_PPK_ID_MAX     64
#define IKE_ID_MAX         255
#define IKE_MAX_OTHER_IDS 7 /* identities that a peer may have, but the first */
#define IKE_NAME_MAX       64
#define IKE_MAX_TS         32  /* traffic selectors of one side */
#define IKE_SHOW_CHILDREN 32 /* of one IKE SA, of which more may exist */
#define IKE_HOW_LEN        32  /* words for a way to prove who one is */
#define IKE_SUBJECT_LEN    256 /* of a certificate, as text */

/* IANA "IKEv2 Parameters" numbers of what this engine speaks. */
enum ike_encr {
	IKE_ENCR_3DES = 3,
	IKE_ENCR_NULL = 11, /* this and GMAC: ESP only */
	IKE_ENCR_AES_CBC = 12,
	IKE_ENCR_AES_CTR = 13,
	IKE_ENCR_AES_GCM_8 = 18,
	IKE_ENCR_AES_GCM_12 = 19,
	IKE_ENCR_AES_GCM_16 = 20,
	IKE_ENCR_AES_GMAC = 21,
	IKE_ENCR_CHACHA20_POLY1305 = 28
};
enum ike_prf {
	IKE_PRF_HMAC_SHA1 = 2,
	IKE_PRF_AES128_XCBC = 4,
	IKE_PRF_HMAC_SHA2_256 = 5,
	IKE_PRF_HMAC_SHA2_384 = 6,
	IKE_PRF_HMAC_SHA2_512 = 7,
	IKE_PRF_AES128_CMAC = 8
};
enum ike_integ {
	IKE_INTEG_NONE = 0,
	IKE_INTEG_HMAC_SHA1_96 = 2,
	IKE_INTEG_AES_XCBC_96 = 5,
	IKE_INTEG_AES_CMAC_96 = 8,
	IKE_INTEG_HMAC_SHA2_256_128 = 12,
	IKE_INTEG_HMAC_SHA2_384_192 = 13,
	IKE_INTEG_HMAC_SHA2_512_256 = 14
};
enum ike_group {
	IKE_GROUP_NONE = 0,
	IKE_GROUP_MODP1024 = 2,
	IKE_GROUP_MODP1536 = 5,
	IKE_GROUP_MODP2048 = 14,
	IKE_GROUP_MODP3072 = 15,
	IKE_GROUP_MODP4096 = 16,
	IKE_GROUP_ECP256 = 19,
	IKE_GROUP_ECP384 = 20,
	IKE_GROUP_ECP521 = 21,
	IKE_GROUP_X25519 = 31,
	IKE_GROUP_X448 = 32
};
enum ike_id_type {
	IKE_ID_IPV4_ADDR = 1,
	IKE_ID_FQDN = 2,
	IKE_ID_RFC822_ADDR = 3,
	IKE_ID_DER_ASN1_DN = 9,
	IKE_ID_KEY_ID = 11
};

/** How a side proves who it is. Of certificates: by the kind of its key, or any. */
enum ike_authn {
	IKE_AUTHN_PSK,
	IKE_AUTHN_CERT,
	IKE_AUTHN_RSA,
	IKE_AUTHN_ECDSA,
	IKE_AUTHN_EDDSA
};

/** A cipher with its key length in bits: 128, 192, 256; 0 where the cipher fixes it (3DES, NULL,
 *  ChaCha20-Poly1305). */
struct ike_cipher {
	uint16_t id; /* enum ike_encr */
	uint16_t key_bits;
};

/** One proposal: any member of each list is acceptable, in order of preference. */
struct ike_proposal_cfg {
	struct ike_cipher encr[IKE_MAX_TRANSFORMS];
	uint16_t integ[IKE_MAX_TRANSFORMS]; /* empty with AEAD */
	uint16_t prf[IKE_MAX_TRANSFORMS];   /* IKE proposals only */
	uint16_t group[IKE_MAX_TRANSFORMS]; /* ESP: empty = no PFS */
	uint8_t n_encr, n_integ, n_prf, n_group;
	/* ESP: offer and accept ESN (no-ESN is always accepted too) */
	bool esn;
};

struct ike_id {
	uint8_t type; /* enum ike_id_type */
	uint8_t len;
	uint8_t data[IKE_ID_MAX];
};

/** One traffic selector (RFC 7296 section 3.13.1). */
struct ike_ts {
	uint8_t proto;             /* 0: any */
	uint16_t port_lo, port_hi; /* 0..65535: all */
	struct ip_range addr;
};

struct ike_ts_list {
	uint8_t n;
	struct ike_ts ts[IKE_MAX_TS];
};

/** The way of a datagram: our end and the peer's. Host order. */
struct ike_path {
	uint32_t local, remote;
	uint16_t local_port, remote_port; /* @local_port is 500 or 4500 */
};

/** IKEv1: what a responder makes of the lifetimes that it is offered; see ike1_life.c. */
enum ike1_check { IKE1_CHECK_CLAIM, IKE1_CHECK_OBEY, IKE1_CHECK_STRICT, IKE1_CHECK_EXACT };

/** What configuration says about one peer. Copied by the engine. */
struct ike_peer_cfg {
	char name[IKE_NAME_MAX]; /* for logs and show; unique */
	uint8_t version;         /* 1: IKEv1; 0 or 2: IKEv2 */
	bool aggressive;         /* IKEv1: aggressive mode instead of main mode */
	uint32_t local;          /* our outer address, host order */
	uint32_t remote;         /* the peer's; 0: any address (answer only) */
	bool named;              /* @remote is what a name means now: when that changes, what is up
	                            stays until the new address has answered (ike_move.c) */
	struct ike_id local_id;
	struct ike_id remote_id; /* who it must say it is, */
	struct ike_id other_ids[IKE_MAX_OTHER_IDS]; /* or one of these */
	uint8_t n_other_ids;
	uint8_t psk[IKE_PSK_MAX];
	uint8_t own_psk[IKE_PSK_MAX]; /* IKEv2: what we prove ourselves by instead of @psk */
	uint16_t psk_len, own_psk_len; /* own_psk_len 0: one key for both directions */
	uint8_t auth_local, auth_remote; /* enum ike_authn; zero: pre-shared key */
	struct ike_cred *cred;   /* certificates (ike_cred.h); the engine takes a reference */
	bool rsa_pss;            /* sign with RSASSA-PSS, not PKCS #1 v1.5 */
	bool rsa_sha1;           /* RSA with SHA-1 is good enough, for old peers */
	uint8_t ppk[IKE_PPK_MAX]; /* post-quantum pre-shared key (RFC 8784) */
	uint8_t ppk_len;         /* 0: none */
	uint8_t ppk_id[IKE_PPK_ID_MAX];
	uint8_t ppk_id_len;
	bool ppk_required;       /* not without */
	bool initiate;           /* bring it up by ourselves and keep it up; else wait for
	                            the peer or for ike_peer_acquire() */
	bool group;              /* nobody's: whoever fits its identity gets a peer of his own */
	bool may_initiate;       /* false: answer only, ignore acquire */
	struct ike_proposal_cfg ike_proposals[IKE_MAX_PROPOSALS];
	uint8_t n_ike_proposals;
	struct ike_proposal_cfg esp_proposals[IKE_MAX_PROPOSALS];
	uint8_t n_esp_proposals;
	bool transport;          /* ask for transport mode; else tunnel mode */
	bool other_mode;         /* the other mode is fine, too, if the peer wants it */
	/* NAT traversal off: a NAT is noticed, but ESP stays without UDP */
	bool no_nat;
	bool force_encap;        /* ESP in UDP even without NAT: we say that we are behind one */
	uint16_t keepalive_s;    /* NAT keepalives while we are behind NAT; 0: none */
	/* without lists: this protocol between local and remote, no less */
	uint8_t ts_proto;
	struct ike_ts_list ts_local; /* networks behind us and behind the peer. Both empty, or */
	struct ike_ts_list ts_remote; /* none: then the peer may narrow what it is offered */
	uint32_t tun_id;         /* handed back with every Child SA; of a member not 0 */
	/* IKEv2: the peer of the same gateway under whose IKE SAs the Child SAs of this one are
	 * negotiated (ike_nets.c); "": it has its own */
	char head[IKE_NAME_MAX];
	/* IKE SA rekey time, 0: never. Jitter is taken off by the engine */
	uint32_t ike_life_s;
	uint32_t child_life_s;   /* Child SA rekey time, 0: never */
	uint8_t proposal_check;  /* enum ike1_check */
	uint64_t child_life_bytes;   /* 0: none. The dataplane counts and raises the soft event */
	uint64_t child_life_packets;
	uint32_t replay_window;
	/* Liveness: the peer is asked after @dpd_interval_s without a sign of life, @dpd_count
	 * times,
	 * @dpd_retry_s apart, and is dead @dpd_retry_s after the last: ike_dpd_worst_s(). */
	uint32_t dpd_interval_s; /* 0: off */
	uint32_t dpd_retry_s;    /* 0: as other requests are repeated, and @dpd_count is not used */
	uint8_t dpd_count;
	bool dpd_on_demand;      /* ask only when something was sent since the last sign of life */
	uint32_t retransmit_ms;  /* first retransmission; doubles each time; default 1000 */
	uint8_t retransmit_tries; /* retransmissions before the peer counts as dead; default 5 */
	bool several;            /* IKE SAs of its identity may stand side by side; else a new one
	                            replaces the old */
	bool childless;          /* IKE_AUTH without a Child SA if the peer can (RFC 6023): it
	                            follows by itself, and so with PFS */
	/* authenticate anew after that long, before the old IKE SA goes; 0: never */
	uint32_t reauth_s;
	uint16_t frag_mtu;       /* IKEv2 messages that need longer IP packets go in fragments
	                            (RFC 7383) if the peer can; 576 at least; 0: never */
};

/** One direction of a new Child SA, ready for the dataplane. Wiped by the engine after the call. */
struct ike_child_keys {
	uint32_t spi;
	uint16_t encr;     /* enum ike_encr */
	uint16_t key_bits;
	uint16_t integ;    /* enum ike_integ; NONE with AEAD */
	bool esn;
	uint8_t enc_key[32];
	uint8_t enc_key_len;
	uint8_t salt[4];   /* AEAD */
	uint8_t salt_len;
	uint8_t auth_key[64];
	uint8_t auth_key_len;
};

struct ike_child_sa {
	uint64_t id;      /* unique in this engine's life */
	uint32_t tun_id;
	uint32_t local, remote;
	uint16_t local_port, remote_port; /* ESP in UDP (RFC 3948); 0: without */
	/* How the peer names itself, and us. Tunnel mode between the two hosts: by its selectors,
	 * which past a NAT are not @remote and @local. Transport mode: if that is known and not
	 * @remote and @local. Else 0; @inner_local also when it is @local. */
	uint32_t inner_remote, inner_local;
	bool tunnel;      /* tunnel mode; else transport mode */
	bool initiator;   /* we initiated the exchange that made it */
	uint64_t life_bytes; /* as agreed by IKEv1; 0: as configured */
	const struct ike_child_keys *in;
	const struct ike_child_keys *out;
	const struct ike_ts_list *ts_local, *ts_remote; /* as agreed */
	const struct ike_peer_cfg *cfg;
};

enum ike_peer_state {
	IKE_PEER_IDLE,        /* nothing to do: waiting for traffic or for the peer */
	IKE_PEER_CONNECTING,  /* IKE_SA_INIT or IKE_AUTH under way */
	IKE_PEER_ESTABLISHED, /* IKE SA and Child SA are up */
	IKE_PEER_NO_CHILD,    /* IKE SA is up, no Child SA */
	IKE_PEER_RETRY,       /* failed; waits before it tries again */
};

struct ike_cred;
struct ike_engine;
struct ike_job;

/** A message that went or came, in words; see ike_trace.c. All pointers are borrowed. */
struct ike_trace {
	bool out;
	uint8_t version;   /* 1, 2 */
	const char *peer;  /* "": not known (yet) */
	const struct ike_path *path;
	const char *text;  /* lines; the first is the header, then one or more for each payload */
};

/** How the engine reaches the world. All are called on the engine's thread; @ctx comes first. */
struct ike_ops {
	/** Send one message; from port 4500 with the non-ESP marker (RFC 3948 section 2.2) in
	 *  front. */
	void (*send)(void *ctx, const struct ike_path *path, const uint8_t *msg, size_t len);
	/** Send a NAT keepalive: one byte of 0xff, no marker (RFC 3948 section 2.3). NULL: none. */
	void (*keepalive)(void *ctx, const struct ike_path *path);
	/** Fill with cryptographically strong random bytes. */
	void (*random)(void *ctx, uint8_t *buf, size_t len);
	/** Take an inbound SPI for a Child SA of this tunnel; 0 when there is none left. Every SPI
	 *  taken comes back in child_del (if child_add was called with it) or spi_free. */
	uint32_t (*spi_alloc)(void *ctx, uint32_t tun_id);
	void (*spi_free)(void *ctx, uint32_t spi);
	/**
	 * A Child SA is negotiated. Install inbound at once. @replaces is the id of the Child SA it
	 * rekeys, 0 for a first one. @use_out: outbound is to be switched now; else the engine says
	 * so later with child_use_out (as rekey responder: when the peer is seen to use it, or
	 * deleted the old one). 0 or -errno: then child_del follows, and a DELETE to the peer.
	 */
	int (*child_add)(void *ctx, const struct ike_child_sa *child, uint64_t replaces,
			bool use_out);
	void (*child_use_out)(void *ctx, uint64_t child_id);
	/** The peer of a Child SA whose ESP is in UDP is elsewhere now: a NAT has changed its mind.
	 *  NULL: nothing to tell. */
	void (*child_move)(void *ctx, uint64_t child_id, uint32_t remote, uint16_t remote_port);
	/** Gone: remove it. Only called when its traffic has drained or must stop. */
	void (*child_del)(void *ctx, uint64_t child_id);
	/** The peer as a whole changed; @why in plain words for the operator, never NULL. */
	void (*peer_state)(void *ctx, const char *peer, enum ike_peer_state state, const char *why);
	/**
	 * Public-key work. The receiver runs ike_job_run(job) on any thread and then hands it
	 * back with ike_job_done() on the engine's thread, in any order, exactly once, also after
	 * the SA it was for, or the engine, has gone; never from inside this call. NULL: the
	 * engine runs it inline.
	 */
	void (*job)(void *ctx, struct ike_job *job);
	/** Seconds since 1970, for the validity of certificates. NULL: it is not looked at. */
	int64_t (*wall_s)(void *ctx);
	/**
	 * What is needed to go on with a peer's SAs in another process, @len bytes (at most 8128)
	 * with keys in them: to be held in memory that outlives this process, never on disk. Called
	 * before the messages that it is about go out. @len 0: wipe what was held. NULL: nothing is
	 * kept.
	 */
	void (*keep)(void *ctx, uint32_t tun_id, const uint8_t *data, size_t len);
	/** A peer is added: what was held of it, valid until the next call; NULL: nothing. */
	const uint8_t *(*kept)(void *ctx, uint32_t tun_id, size_t *len);
	/** A Child SA that an engine in a former process has made goes on; of the keys only the
	 *  SPIs are there. @current: it is sent with. What the dataplane does not have is asked for
	 *  by ike_child_rekey(). 0, or -errno: there is no place for it; child_del follows. */
	int (*child_restore)(void *ctx, const struct ike_child_sa *child, bool current);
	/** Take an inbound SPI that a former process has taken. False: somebody else has it. */
	bool (*spi_claim)(void *ctx, uint32_t tun_id, uint32_t spi);
	/** Somebody has proven to be @id, which fits the group (cfg.group) @peer: make a peer for
	 *  it. 0: there will be one in a moment, and the same message comes again; -errno: no.
	 *  NULL: no. */
	int (*group)(void *ctx, const char *peer, const struct ike_id *id);
	/** A message in words, while ike_trace_on(). NULL: never. */
	void (*trace)(void *ctx, const struct ike_trace *t);
	/** A peer is about to be taken for dead: tell (ike_peer_alive) when the last packet of this
	 *  Child SA came, as of now. NULL: what was told is all that is known. */
	void (*child_look)(void *ctx, uint64_t child_id);
	/** Were IKE messages to us dropped since this, or ike_input_lost(), told so last? NULL: no. */
	bool (*input_lost)(void *ctx);
	/** One line for the log; level is enum log_level. */
	void (*log)(void *ctx, int level, const char *peer, const char *text);
};

/** Limits against floods. Zero fields take the defaults in brackets. */
struct ike_limits {
	uint32_t cookie_threshold;    /* half-open IKE SAs from which COOKIE is demanded [50] */
	uint32_t max_half_open;       /* above: first messages are dropped [10000] */
	/* From one address, from half of it on with a cookie. Who has shown that it receives there
	 * may have ten times as many: branches behind a NAT. [10] */
	uint32_t max_half_open_per_ip;
	uint32_t max_sas;             /* [50000] */
	uint32_t max_calls;           /* our own exchanges with new keys at a time [50] */
	/* how long a replaced inbound SA stays for late packets [5000] */
	uint32_t drain_ms;
};

/** What they are now, and how much of it is used. */
struct ike_limits_show {
	struct ike_limits lim;
	uint32_t per_ip_proven; /* half-open IKE SAs of an address that has shown that it receives */
	uint32_t n_half_open, n_sas;
	bool cookies;           /* demanded of everybody at this moment */
};

/** An engine without peers. @ops and @lim are copied; @lim NULL, and what is 0 in it: the defaults
 *  above. @now_ms: monotonic, as in all other calls. NULL without memory. */
struct ike_engine *ike_engine_new(const struct ike_ops *ops, void *ctx,
		const struct ike_limits *lim,
		uint64_t now_ms);

/** Other limits against floods from now on: the first four of @lim, as they are (a cookie_threshold
 *  of 0: cookies are always demanded). What is half open stays. */
void ike_limits_set(struct ike_engine *e, const struct ike_limits *lim);
void ike_limits_get(const struct ike_engine *e, struct ike_limits_show *out);
/** Wipes and frees. @send_delete: DELETE for every IKE SA is sent first (no answer awaited).
 *  child_del is called for all children. */
void ike_engine_free(struct ike_engine *e, bool send_delete);

/**
 * Add a peer, or change it by name. An unchanged configuration touches nothing. A change that
 * matters to what is negotiated (addresses, identities, PSK, proposals, tun_id) deletes the peer's
 * SAs and starts over; timers and DPD are taken over in place.
 * @return 0, -ENOMEM, -EINVAL.
 */
int ike_peer_set(struct ike_engine *e, const struct ike_peer_cfg *cfg, uint64_t now_ms);
/** Remove a peer; its SAs are deleted with DELETE to the peer. */
void ike_peer_del(struct ike_engine *e, const char *name, uint64_t now_ms);
/** Traffic waits for this tunnel: bring the peer up if it is idle. */
void ike_peer_acquire(struct ike_engine *e, uint32_t tun_id, uint64_t now_ms);
/** Whether that would do something: no without a peer that we may call, and know the address of or
 *  have an IKE SA with. */
bool ike_peer_can_ask(struct ike_engine *e, uint32_t tun_id);
/** Operator's "clear crypto sa": delete the peer's SAs (NULL: of all) and start over. */
void ike_peer_clear(struct ike_engine *e, const char *name, uint64_t now_ms);
/** Delete its Child SAs; the IKE SA stays, and makes new ones as they are needed. */
void ike_peer_clear_children(struct ike_engine *e, const char *name, uint64_t now_ms);
/** Rekey the tunnel's Child SA now (soft lifetime, a dataplane that lost its SAs). @urgent: the
 *  old SA is not usable any more, so outbound switches at once. */
void ike_child_rekey(struct ike_engine *e, uint64_t child_id, bool urgent, uint64_t now_ms);
/** Rekey the peer's IKE SA now (operator, tests); nothing if there is none or it is under way. */
void ike_sa_rekey(struct ike_engine *e, const char *peer, uint64_t now_ms);
/** The dataplane saw ESP of @remote's with an SPI that it does not know. Who speaks IKEv1 and goes on
 *  like that is told that its SA has ended. */
void ike_unknown_spi(struct ike_engine *e, uint32_t remote, uint32_t spi, uint64_t now_ms);
/** The dataplane saw the first authenticated packet on this inbound SPI. */
void ike_child_seen(struct ike_engine *e, uint32_t spi, uint64_t now_ms);
/** Authenticated traffic came from the peer on this tunnel lately: proof of life for DPD. */
void ike_peer_alive(struct ike_engine *e, uint32_t tun_id, uint64_t seen_ms);
/** Something was sent to the peer through this tunnel: what liveness on demand goes by. */
void ike_peer_sent(struct ike_engine *e, uint32_t tun_id, uint64_t now_ms);
/** IKE messages to us were dropped before they came here, in the last second or so. */
void ike_input_lost(struct ike_engine *e, uint64_t now_ms);
/** In how many seconds a peer that dies is known to be dead at the latest, counted from its last
 *  sign of life (on demand: from what was sent after an interval of silence). 0: never. */
uint32_t ike_dpd_worst_s(const struct ike_peer_cfg *cfg);

/** A message as it came in, without the non-ESP marker. */
void ike_input(struct ike_engine *e, const struct ike_path *path, const uint8_t *msg, size_t len,
		uint64_t now_ms);
/** The dataplane got an authentic ESP packet on this inbound SPI from another address or port than
 *  the SA's (CHAN_EV_SA_MOVED). Followed as section 2.23 allows: only a peer behind NAT moves. */
void ike_child_moved(struct ike_engine *e, uint32_t spi, uint32_t remote, uint16_t remote_port,
		uint64_t now_ms);
/** Tell ops.trace of each message from now on, or no more. Keys and proofs are never in it. */
void ike_trace_on(struct ike_engine *e, bool on);
/** Run what is due, a bounded number of timers: what is left is due at once, ike_next_ms() says. */
void ike_tick(struct ike_engine *e, uint64_t now_ms);
/** When ike_tick() must be called next; UINT64_MAX: nothing pending. */
uint64_t ike_next_ms(const struct ike_engine *e);

/** Do the work of a job. Any thread may call, beside the engine: it touches nothing but the job. */
void ike_job_run(struct ike_job *job);
/** Give its result to whoever waits for it, and wipe and free it. The engine's thread; @e may be
 *  NULL for a job of an engine that has gone. */
void ike_job_done(struct ike_engine *e, struct ike_job *job, uint64_t now_ms);

/* ---- what people read ----------------------------------------------------------------------- */

struct ike_child_show {
	uint64_t id;
	uint32_t spi_in, spi_out;
	uint32_t tun_id;
	char alg[32]; /* "aes128gcm16", "aes128-sha256" */
	bool tunnel;  /* mode */
	char weak[32]; /* of the algorithms those that are weak, "3des sha1"; "" */
	char group[16]; /* PFS group or "" */
	bool esn;
	bool current; /* the one we send with; else draining or not yet used */
	uint32_t age_s, rekey_in_s; /* rekey_in_s: UINT32_MAX = never */
	uint32_t n_rekeys; /* how often this line of Child SAs has been rekeyed */
	struct ike_ts_list ts_local, ts_remote; /* as agreed */
};

struct ike_sa_show {
	char peer[IKE_NAME_MAX];
	uint8_t version; /* 1: an ISAKMP SA, the SPIs are its cookies; 2 */
	uint64_t spi_i, spi_r;
	uint32_t local, remote;
	uint16_t local_port, remote_port;
	bool encap;     /* ESP in UDP */
	bool initiator;
	bool restored;  /* it was made by a former process */
	char state[24]; /* "connecting", "established", "rekeying", "deleting" */
	char proposal[64]; /* "aes128-sha256-prfsha256-modp2048" */
	char weak[48];     /* of these the weak ones, "sha1 modp1024"; "" */
	char remote_id[IKE_ID_MAX + 1];
	/* How both sides have proven who they are: "pre-share", "rsa-pkcs1-sha256",
	 * "rsa-pss-sha384", "ecdsa-p256-sha256", "ed25519"; IKEv1: "rsa-sig". "": not known. */
	char auth_local[IKE_HOW_LEN], auth_remote[IKE_HOW_LEN];
	bool ppk;                          /* with a post-quantum pre-shared key */
	char subject[IKE_SUBJECT_LEN];     /* of the peer's certificate; "": none */
	int64_t cert_until_s;              /* seconds since 1970; INT64_MAX: not known */
	uint16_t frag_mtu; /* messages that need longer packets go in fragments; 0: none do */
	uint32_t age_s, rekey_in_s;
	uint32_t n_rekeys;
	bool nat_local, nat_remote;
	uint8_t n_children;
	struct ike_child_show children[IKE_SHOW_CHILDREN];
};

/** How far the last attempt to connect came, in either role. */
enum ike_stage {
	IKE_STAGE_NONE,     /* nothing was tried */
	IKE_STAGE_CALLED,   /* we have called and wait */
	IKE_STAGE_ANSWERED, /* there is somebody who speaks IKE */
	IKE_STAGE_PROPOSAL, /* algorithms of the IKE SA are agreed */
	IKE_STAGE_IDENTITY, /* the peer says that it is who we expect */
	IKE_STAGE_KEY,      /* and has proven it */
	IKE_STAGE_CHILD,    /* a Child SA is up */
};

#define IKE_RTT_BUCKETS 8
/** Upper bounds of all buckets but the last, which has no bound. */
extern const uint32_t ike_rtt_bounds_ms[IKE_RTT_BUCKETS - 1];

/** A peer's life so far; see ike_live.c. Ages are UINT32_MAX for what has never happened. */
struct ike_live_show {
	uint8_t version; /* 1, 2 */
	uint32_t local, remote;
	char expected_id[1024]; /* of several: with " or " between; what is too long is cut off */
	uint32_t ike_heard_s, esp_heard_s;
	uint32_t dpd_interval_s, dpd_retry_s; /* as configured */
	uint8_t dpd_count;
	bool dpd_on_demand;
	uint64_t n_sent, n_answered, n_missed; /* liveness questions */
	uint64_t n_unknown; /* times it was silent, perhaps by our own doing */
	uint32_t rtt[IKE_RTT_BUCKETS];         /* answers to questions that were asked once */
	uint32_t rtt_last_ms;
	uint32_t n_sessions;                   /* how often it came up */
	uint32_t ended_s;
	char end_why[160];                     /* of the session before */
	bool other_name; /* the peer said that it is somebody else than we expect */
	enum ike_stage stage;
};

struct ike_peer_show {
	char name[IKE_NAME_MAX];
	enum ike_peer_state state;
	char why[160];      /* of the last change, in words */
	uint32_t since_s;
	uint32_t retry_in_s;
	uint32_t dpd_worst_s; /* ike_dpd_worst_s(); 0 also if @dpd_unable */
	bool dpd_unable;      /* IKEv1: it is configured, and the peer does not offer it */
	struct ike_live_show live;
};

/** Tunnels of the peers configured for this address, at most @max. How many. */
uint32_t ike_tunnels_at(const struct ike_engine *e, uint32_t remote, uint32_t *tun_ids,
		uint32_t max);
bool ike_child_exists(const struct ike_engine *e, uint64_t id);

/** Counters; every refused message is counted under one name. See ike_counter_name(). */
unsigned int ike_n_counters(void);
const char *ike_counter_name(unsigned int i);
uint64_t ike_counter(const struct ike_engine *e, unsigned int i);

/** Call @fn for each; it must not call back into the engine. */
void ike_for_each_sa(const struct ike_engine *e, uint64_t now_ms,
		void (*fn)(void *arg, const struct ike_sa_show *sa), void *arg);
void ike_for_each_peer(const struct ike_engine *e, uint64_t now_ms,
		void (*fn)(void *arg, const struct ike_peer_show *p), void *arg);
/**
 * The same one by one, while the engine goes on between two calls: what is there all the time comes
 * once, what comes or goes meanwhile may or may not. To be freed before the engine. NULL: no
 * memory.
 */
struct ike_walk *ike_walk_new(struct ike_engine *e);
void ike_walk_free(struct ike_walk *w);
/** The next one. False: there is no more. */
bool ike_walk_sa(struct ike_walk *w, uint64_t now_ms, struct ike_sa_show *out);
bool ike_walk_peer(struct ike_walk *w, uint64_t now_ms, struct ike_peer_show *out);
/** Child SAs of the next peer, draining ones too; @fn must not call back into the engine. False:
 *  there is no more. */
bool ike_walk_children(struct ike_walk *w, void (*fn)(void *arg, uint64_t id), void *arg,
		uint32_t *tun_id);
/** Hand out what is to outlive this process of the next peer once more: the memory for it is new.
 *  False: there is no more. */
bool ike_walk_keep(struct ike_walk *w);
/** The IKE SA that the peer has, the newest that is up if there is one. False: it has none. */
bool ike_peer_sa_show(const struct ike_engine *e, const char *peer, uint64_t now_ms,
		struct ike_sa_show *out);
/** One peer by its name. False: there is none. */
bool ike_peer_show(struct ike_engine *e, const char *name, uint64_t now_ms,
		struct ike_peer_show *out);
const char *ike_peer_state_str(enum ike_peer_state s);
const char *ike_stage_str(enum ike_stage s);

#endif
