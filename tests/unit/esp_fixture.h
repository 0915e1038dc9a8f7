/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A worker with an SA table and nothing else, to run the ESP nodes by themselves, and an
 * independent ESP (OpenSSL's EVP, written from RFC 4303) to hold them against.
 */
#ifndef CULVERT_TESTS_ESP_FIXTURE_H
#define CULVERT_TESTS_ESP_FIXTURE_H

#include "dataplane/nodes/esp.h"
#include "dataplane/tables/sa.h"
#include "dataplane/tables/tables_int.h"
#include "dataplane/worker.h"

#define FX_LOCAL  0x0a000001u
#define FX_REMOTE 0x0a000002u
#define FX_L2_LEN 14
#define FX_ESP_AT (FX_L2_LEN + 20) /* where ESP begins in a frame */
#define FX_SAS    256
#define FX_TOS    0xb8 /* of the outer header */
#define FX_WORKERS 4
#define FX_MAX_PKT 2000

struct fx {
	struct worker *w[FX_WORKERS];
	struct tables tables;
	struct chan_stats *stats;
	/* Events raised since the last fx_reset(). */
	struct chan_event events[256];
	unsigned int n_events;
};

extern struct fx fx;
/* Where this thread's packets come from: worker 0's pool if it does not say otherwise. A pool that
 * two threads share makes one spin for as long as the other is off its core. */
extern __thread struct rte_mempool *fx_pool;

/** EAL (no huge pages, no devices), pool, workers, empty SA table. Once per program. */
void fx_open(void);
void fx_close(void);
/** A new SA table, zero counters, no events. */
void fx_reset(void);

/** A message for an SA of @alg with keys that follow from @id. IN: window 128. */
struct chan_sa fx_sa(uint32_t id, enum chan_sa_dir dir, enum chan_esp_alg alg, bool esn);
/** Install; fails the test if refused. */
struct sa *fx_install(const struct chan_sa *c);
/**
 * Install the two ends of one SA: outbound @id and inbound @id + 1 with the same keys and the
 * same SPI (this fixture is both hosts).
 */
void fx_pair(uint32_t id, enum chan_esp_alg alg, bool esn, struct sa **out, struct sa **in);

/** Set @t up to send with @sa. */
void fx_tunnel(struct tunnel *t, struct sa *sa);
/** A frame for esp_encrypt: as gre_encap leaves it, with @len bytes of payload after the IV. */
struct rte_mbuf *fx_plain(const struct tunnel *t, const void *payload, unsigned int len);
/** Encrypt one packet on worker 0. NULL if it was dropped. */
struct rte_mbuf *fx_encrypt(struct tunnel *t, const void *payload, unsigned int len);
/** Take all frames that worker @w has in its transmit buffers. Returns how many. */
unsigned int fx_take_tx(struct worker *w, struct rte_mbuf **m, unsigned int max);
/** An outer IPv4 header and @len bytes of ESP behind it, for esp_decrypt. */
struct rte_mbuf *fx_cipher(const void *esp, unsigned int len);
/** Decrypt one packet on worker 0, data at its outer IPv4 header. NULL if dropped or absorbed. */
struct rte_mbuf *fx_decrypt(struct rte_mbuf *m);
/** The drops of worker 0 under @why, and nothing under any other since fx_reset(). */
uint64_t fx_drops(enum chan_drop why);
struct chan_sa_stats *fx_sa_stats(unsigned int worker, uint32_t id);
/** Fill with bytes that differ everywhere and by @seed. */
void fx_fill(uint8_t *p, unsigned int len, unsigned int seed);

/* ---- the reference -------------------------------------------------------------------------- */

/**
 * Build ESP from header to ICV at @esp: @payload, then @pad bytes of padding (taken from
 * @padding, or 1, 2, 3 ... if NULL), @pad_len as the pad length, @next as next header.
 * @iv  of the algorithm's length. @return bytes written.
 */
unsigned int ref_seal(const struct chan_sa *c, uint64_t seq, const uint8_t *iv,
		const void *payload, unsigned int len, const uint8_t *padding, unsigned int pad,
		uint8_t pad_len, uint8_t next, uint8_t *esp);
/** Bytes of padding that make @len right for @alg, the fewest. */
unsigned int ref_pad(enum chan_esp_alg alg, unsigned int len);
/**
 * Verify and decrypt ESP of @len bytes into @plain (payload, padding and trailer).
 * @param seq_hi  upper half of the sequence number, with ESN.
 * @return bytes of @plain, -1 if it is not authentic.
 */
int ref_open(const struct chan_sa *c, uint32_t seq_hi, const uint8_t *esp, unsigned int len,
		uint8_t *plain);

#endif
