/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The SA table: all IPsec SAs of the dataplane, found by index.
 *
 * SAs live in one array, indexed by sa_id. We choose inbound SPIs, so their low bits are the
 * index and the rest is a generation that a late packet of the slot's former owner fails
 * (channel.h). The main core installs, watches lifetimes and removes; a removed slot is wiped and
 * used again only after all workers have passed a quiescent state. Workers write nothing but the
 * sequence number, the replay window and what is marked so below.
 *
 * An SA's life: sa_set() (expanded keys, counters at zero) -> used by workers -> soft lifetime:
 * an event -> hard lifetime: @dead, an event -> sa_del() or the sweep of a sync -> RCU -> wiped.
 */
#ifndef CULVERT_DATAPLANE_TABLES_SA_H
#define CULVERT_DATAPLANE_TABLES_SA_H

#include <intel-ipsec-mb.h>
#include <rte_branch_prediction.h>
#include <rte_byteorder.h>
#include <rte_pause.h>

#include "common/channel.h"
#include "dataplane/crypto/esp_alg.h"
#include "dataplane/crypto/gcm_key.h"
#include "dataplane/tables/tables.h"

#define SA_RING_INLINE 8 /* words: windows up to 256 packets need no memory of their own */

/* Keys as intel-ipsec-mb's job API wants them (mb_jobs.c). On the heap; wiped with the SA. */
struct sa_job_keys {
	union {
		struct {
			uint8_t enc[15 * 16]; /* AES round keys, to encrypt; ChaCha20's key */
			uint8_t dec[15 * 16]; /* AES round keys, to decrypt */
		};
		struct {
			uint64_t des[3][16]; /* 3DES: schedules ... */
			const void *des_ptrs[3]; /* ... and pointers to them */
		};
	} __attribute__((aligned(16)));
	union {
		struct {
			uint8_t ipad[64]; /* HMAC: state after key ^ ipad */
			uint8_t opad[64];
		};
		struct {
			uint8_t mac[11 * 16]; /* XCBC, CMAC: AES round keys ... */
			uint8_t mac_sub[2][16]; /* ... and what the last block is masked with */
		};
	} __attribute__((aligned(16)));
};

/*
 * What the nodes have code of their own for: transport mode. AES-CBC with any integrity algorithm.
 * In UDP only the short ways do, and there the kind has another bit. All the rest is SA_KIND_OTHER.
 */
enum sa_kind {
	SA_KIND_GCM,
	SA_KIND_GCM_ESN,
	SA_KIND_CBC,
	SA_KIND_CBC_ESN,
	SA_KIND_OTHER,
	SA_KIND_UDP = 8, /* added to one of the first four */
};

/* What a worker looks out for on an inbound SA, in struct sa's @watch. */
enum sa_watch {
	SA_WATCH_FIRST = 1u << 0, /* no authenticated packet came yet */
	SA_WATCH_MOVED = 1u << 1, /* ESP in UDP: the peer's address and port may change */
};

#define SA_NEXT_GRE  47 /* in transport mode, the one next header that is served */
#define SA_NEXT_NONE 59 /* tunnel mode: never (that is a dummy packet's), see esp_tunnel.c */

/* Line 0 is all that encryption needs besides the keys, lines 0 and 1 all that decryption needs. */
struct sa {
	/* Line 0. Main core: at installation, @find_be, @dead, @remote_be. Workers: @seq, @watch,
	 * @lock. */
	uint32_t find_be;   /* IN: the SPI, while it is to be found; else 0 */
	uint32_t spi_be;
	uint32_t remote_be; /* the peer's outer address, and ours: in the order of a received */
	uint32_t local_be;  /* header, so that one comparison or store does for both */
	uint32_t sa_id;
	uint32_t tun_id;    /* the tunnel it belongs to */
	uint32_t salt;      /* AEADs, CTR: 4 bytes as they go into the nonce */
	uint8_t kind;       /* enum sa_kind: which code handles it */
	uint8_t dead;       /* stopped at its hard lifetime. Written once, read relaxed */
	uint8_t watch;      /* IN: enum sa_watch */
	uint8_t icv_len;
	uint64_t seq;       /* OUT: last number given out, or taken by a worker (struct sa_numbers);
			     * IN: highest authenticated, which is the window's right edge */
	union {
		/* OUT: the last number that may be used: 2^32-1, with ESN 2^64-1 */
		uint64_t seq_max;
		uint64_t *ring;   /* IN: replay bitmap, see replay.h */
	};
	union {
		uint64_t iv_base; /* OUT: random; 8-byte IVs of counter-mode ciphers are iv_base +
				   * seq, so that they are new even if keys came back */
		struct {
			uint32_t window;    /* IN: packets; 0: replay check is off */
			uint32_t ring_mask; /* words of @ring - 1 */
		};
	};
	uint32_t lock;       /* IN: held around window check and move if w->shared_sas */
	uint8_t alg;         /* enum chan_esp_alg */
	uint8_t next_hdr;    /* SA_NEXT_GRE or SA_NEXT_NONE */
	uint8_t esn;         /* 0 or 1 */
	uint8_t iv_len;

	/* Line 1. IN: workers. The window's bitmap, if it fits. */
	uint64_t ring_inline[SA_RING_INLINE];

	/* Line 2. Workers, seldom. */
	uint64_t trouble_tsc; /* last CHAN_EV_SA_TROUBLE */
	uint64_t moved_tsc;   /* last CHAN_EV_SA_MOVED */
	rte_be16_t local_port_be; /* ESP in UDP: both; else 0 */
	rte_be16_t remote_port_be; /* the main core changes it when the peer has moved */
	uint8_t dir;          /* enum chan_sa_dir */
	uint8_t mode;         /* enum chan_sa_mode */
	uint8_t zero[2];
	/* around GRE: both ends as the far end names them (struct chan_sa); 0: the tunnel's */
	rte_be32_t inner_be;
	rte_be32_t inner_local_be;
	uint8_t spare[28];

	/* Line 3 on. Main core, at installation. */
	union {
		struct gcm_key batch;     /* AES-GCM, where our own code does it (gcm_batch.h) */
		struct gcm_key_data *gcm; /* where the library does, and AES-GMAC ... */
		struct sa_job_keys *job;  /* ... and all others: on the heap, for they are longer */
		uint8_t room[8 * 64];
	} key __attribute__((aligned(64)));
} __attribute__((aligned(64)));
static_assert(offsetof(struct sa, remote_be) % 8 == 0 &&
		offsetof(struct sa, local_be) == offsetof(struct sa, remote_be) + 4, "a pair");
static_assert(offsetof(struct sa, ring_inline) == 64, "line 0 holds what every packet needs");
static_assert(offsetof(struct sa, trouble_tsc) == 128, "line 1 is the window");
static_assert(offsetof(struct sa, key) == 192, "keys follow");
static_assert(sizeof(struct sa) == 11 * 64, "an odd number of lines spreads slots over the sets");

/* The four bytes from @kind on, as one number: what the short way out of ESP (nodes/esp_in.h) takes
 * is AES-GCM, alive, with nothing to be looked out for, with a whole tag. */
#define SA_TRAITS_SHORT(esn) (((esn) ? SA_KIND_GCM_ESN : SA_KIND_GCM) | 16u << 24)
/* What they have besides in UDP: the peer may move. */
#define SA_TRAITS_UDP (SA_KIND_UDP | SA_WATCH_MOVED << 16)
static_assert(offsetof(struct sa, kind) % 4 == 0 &&
		offsetof(struct sa, dead) == offsetof(struct sa, kind) + 1 &&
		offsetof(struct sa, watch) == offsetof(struct sa, kind) + 2 &&
		offsetof(struct sa, icv_len) == offsetof(struct sa, kind) + 3, "four bytes");

struct sa_cold;

/*
 * Sequence numbers of an outbound SA that one worker has taken and not used yet: @last + 1 to
 * @end. That worker's own; the main core clears it before anybody can send on the SA.
 */
struct sa_numbers {
	uint64_t last;
	uint64_t end;
};

/* So many SAs the level 2 cache may have room for, half of them in use at a time. */
#define SA_NEAR 2048

/* So many numbers, all workers' together, are taken from an SA in advance. */
#define SA_NUMBERS_AHEAD 16

struct sa_table {
	struct sa *sas;     /* [max_sas]; pages are touched only where SAs are */
	uint32_t max_sas;   /* power of two */
	uint32_t numbers_block; /* how many a worker takes at once */
	struct sa_numbers *numbers[CHAN_MAX_WORKERS]; /* [max_sas] each; NULL with one worker */
	uint32_t n_live;    /* installed now */
	bool keys_soon;     /* see sa_keys_soon() */
	/* The rest is sa.c's own, main core only. */
	uint32_t tick_pos;
	uint32_t sync;      /* running number of the sync, 0: none is running */
	uint32_t last_sync;
	uint32_t n_draining;
	uint32_t *live;     /* [max_sas] ids, n_live of them */
	uint32_t *draining; /* [max_sas] ids that wait for RCU */
	struct sa_cold *cold; /* [max_sas] */
	IMB_MGR *mgr;       /* for key expansion */
	uint8_t secret[32]; /* keys are compared by a digest keyed with it */
	struct tables_env env;
};

/** Make an empty table for env->stats->max_sas SAs. NULL if out of memory. */
struct sa_table *sa_table_new(const struct tables_env *env);
/** Wipe and free all. No worker may be running. NULL is fine. */
void sa_table_free(struct sa_table *st);

/**
 * Install an SA, or name it in a sync if it is there already with the same keys. Lifetimes may
 * change, nothing else may. Main core only. The tunnel's existence is the caller's to check.
 * May wait for the workers' quiescent state if the slot was freed a moment ago.
 *
 * @param field  on error: the field that was refused, "sa.spi".
 * @return 0, -EINVAL, -EEXIST (another SA is installed under this id), -ENOMEM.
 */
int sa_set(struct sa_table *st, const struct chan_sa *c, const char **field);
/**
 * The peer of the installed SA {sa_id, spi} sends from, and is to be sent to at, @remote and
 * @remote_port from now on; the port is 0 exactly if the SA is not in UDP. Templates made from the
 * SA are the caller's to make anew. 0, -EINVAL, -ENOENT (no such SA, or another SPI).
 */
int sa_move(struct sa_table *st, uint32_t sa_id, uint32_t spi, uint32_t remote,
		uint16_t remote_port, const char **field);
/** Remove. What is not there succeeds. 0, -EINVAL (id), -EBUSY (a tunnel sends with it). */
int sa_del(struct sa_table *st, uint32_t sa_id, const char **field);
/** In a sync: the SA {sa_id, spi} stays. 0, -EINVAL, -ENOENT (no such SA, or another SPI). */
int sa_keep(struct sa_table *st, uint32_t sa_id, uint32_t spi, const char **field);

/** From now on all SAs that are to stay are named (sa_set() or sa_keep()), until sa_sync_end();
 *  sa_sync_abort(): all stay. */
void sa_sync_begin(struct sa_table *st);
/** Remove what was not named and is not referenced by a tunnel any more. */
void sa_sync_end(struct sa_table *st);
void sa_sync_abort(struct sa_table *st);

/**
 * Lifetimes, delivery of their events, freeing. Main core, every 50 ms or so. Walks an eighth of
 * the SAs (at least 256) a call. @now_ms monotonic (CLOCK_MONOTONIC).
 */
void sa_tick(struct sa_table *st, uint64_t now_ms);

/** Count a reference of a tunnel that sends with @sa_id. Main core only. 0, -EINVAL, -ENOENT. */
int sa_ref(struct sa_table *st, uint32_t sa_id);
void sa_unref(struct sa_table *st, uint32_t sa_id);

/** The installed SA @sa_id, NULL if there is none. Main core only. */
struct sa *sa_by_id(const struct sa_table *st, uint32_t sa_id);

/**
 * Is who prepares a packet for AES-GCM to ask for its key then (gcm_key_soon()), a burst ahead? So
 * it is with more than SA_NEAR SAs, whose keys come from further away than the kernels' own
 * prefetching of eight packets reaches, where the key is in the SA.
 */
static inline bool
sa_keys_soon(const struct sa_table *st)
{
	return __atomic_load_n(&st->keys_soon, __ATOMIC_RELAXED);
}

/** Where the SA of an inbound SPI would be: for prefetching. */
static inline struct sa *
sa_slot_in(const struct sa_table *st, rte_be32_t spi_be)
{
	return &st->sas[rte_be_to_cpu_32(spi_be) & CHAN_SPI_IDX_MASK & (st->max_sas - 1)];
}

/** Is this slot the inbound SA of a received SPI, dead or alive? The whole SPI is compared: index
 *  bits above max_sas and the generation count, too. */
static inline bool
sa_has_spi(const struct sa *sa, rte_be32_t spi_be)
{
	return likely(__atomic_load_n(&sa->find_be, __ATOMIC_ACQUIRE) == spi_be) &&
	       likely(spi_be != 0);
}

/** The inbound SA of a received SPI, dead or alive; NULL if there is none. Any worker. */
static inline struct sa *
sa_find_in(const struct sa_table *st, rte_be32_t spi_be)
{
	struct sa *sa = sa_slot_in(st, spi_be);

	return sa_has_spi(sa, spi_be) ? sa : NULL;
}

/* A spinlock in plain atomics: ThreadSanitizer cannot see into rte_spinlock's assembler. */
static inline void
sa_lock(struct sa *sa)
{
	while (unlikely(__atomic_exchange_n(&sa->lock, 1, __ATOMIC_ACQUIRE) != 0))
		while (__atomic_load_n(&sa->lock, __ATOMIC_RELAXED) != 0)
			rte_pause();
}

static inline void
sa_unlock(struct sa *sa)
{
	__atomic_store_n(&sa->lock, 0, __ATOMIC_RELEASE);
}

/** ESP in UDP (RFC 3948)? */
static inline bool
sa_in_udp(const struct sa *sa)
{
	return sa->local_port_be != 0;
}

/** Around GRE: the far end as it names itself (struct chan_sa). @remote: the tunnel's. */
static inline rte_be32_t
sa_inner_be(const struct sa *sa, uint32_t remote)
{
	return sa->inner_be != 0 ? sa->inner_be : rte_cpu_to_be_32(remote);
}

/** Around GRE: our end as the far end names it. @local: the tunnel's. */
static inline rte_be32_t
sa_inner_local_be(const struct sa *sa, uint32_t local)
{
	return sa->inner_local_be != 0 ? sa->inner_local_be : rte_cpu_to_be_32(local);
}

static inline uint32_t
sa_traits(const struct sa *sa)
{
	return __atomic_load_n((const uint32_t *)(const void *)&sa->kind, __ATOMIC_RELAXED);
}

/** Of this kind, and not dead. @udp: in UDP, too. */
static inline bool
sa_is_alive(const struct sa *sa, enum sa_kind kind, bool udp)
{
	return (sa_traits(sa) & (udp ? 0xffff & ~SA_KIND_UDP : 0xffff)) == kind;
}

/** Its kind, in UDP or not. */
static inline enum sa_kind
sa_kind_of(const struct sa *sa)
{
	return (enum sa_kind)(sa->kind & ~SA_KIND_UDP);
}

static inline bool
sa_is_dead(const struct sa *sa)
{
	return __atomic_load_n(&sa->dead, __ATOMIC_RELAXED) != 0;
}

#endif
