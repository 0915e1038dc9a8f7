/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The anti-replay window of an inbound SA: RFC 4303 section 3.4.3, as the ring of RFC 6479.
 *
 * One bit per sequence number, in a ring of 64-bit words. The ring has at least one word more
 * than the window has bits/64, so that moving the right edge only clears whole words that have
 * left the window; nothing is shifted.
 *
 *     word (seq >> 6) & ring_mask, bit seq & 63
 *     left edge = top - window + 1 ... right edge = top = sa->seq
 *
 * With ESN the upper half of a sequence number is not sent: it is inferred from the window,
 * RFC 4303 appendix A2.
 *
 * If several workers share SAs, replay_commit() wants the SA's lock. The two questions before it
 * do not: they read words that may be changing, one at a time. What they see of a window that has
 * just moved on can only be older than the truth: a number that is refused by mistake has left the
 * window meanwhile (a word is used again only after that), and one that is let through by mistake
 * is asked for once more by replay_commit().
 */
#ifndef CULVERT_DATAPLANE_TABLES_REPLAY_H
#define CULVERT_DATAPLANE_TABLES_REPLAY_H

#include "dataplane/tables/sa.h"

/** Ring words that a window of @window packets (0, or a power of two from 64) needs. */
static inline uint32_t
replay_words(uint32_t window)
{
	uint32_t n = 2;

	while (n < window / 64 + 1)
		n *= 2;
	return n;
}

/**
 * The full sequence number of a received packet of an SA with ESN.
 * @return 0 if there is none: the number would lie before the first or after the last.
 */
static inline uint64_t
replay_seq_esn(const struct sa *sa, uint32_t seq_lo)
{
	uint64_t top = __atomic_load_n(&sa->seq, __ATOMIC_RELAXED);
	uint32_t tl = (uint32_t)top, th = (uint32_t)(top >> 32);
	/* 2^31 when the check is off: as far ahead as behind */
	uint32_t window = sa->window != 0 ? sa->window : 1u << 31;
	uint32_t left = tl - window + 1; /* modulo 2^32, as in the appendix */

	if (tl >= window - 1) {
		/* Case A: the window lies within one subspace. */
		if (seq_lo < left) {
			if (unlikely(th == UINT32_MAX))
				return 0;
			th++;
		}
	} else if (seq_lo >= left) {
		/* Case B: it began in the subspace before. */
		if (th == 0)
			return 0;
		th--;
	}
	return (uint64_t)th << 32 | seq_lo;
}

/** May @seq be new? To be asked before the ICV is checked, and changes nothing. */
static inline bool
replay_check(const struct sa *sa, uint64_t seq)
{
	uint64_t top = __atomic_load_n(&sa->seq, __ATOMIC_RELAXED), word;

	if (unlikely(sa->window == 0))
		return !sa->esn || seq != 0;
	if (likely(seq > top))
		return true;
	if (top - seq >= sa->window || seq == 0)
		return false;
	word = __atomic_load_n(&sa->ring[(seq >> 6) & sa->ring_mask], __ATOMIC_RELAXED);
	return (word >> (seq & 63) & 1) == 0;
}

/**
 * Take an authenticated @seq into the window and move it if need be.
 * @return false if it is a replay after all (its twin was in the same burst).
 */
static inline bool
replay_commit(struct sa *sa, uint64_t seq)
{
	uint64_t word = seq >> 6, old = sa->seq >> 6;
	uint64_t *slot = &sa->ring[word & sa->ring_mask];

	if (unlikely(!replay_check(sa, seq)))
		return false;
	if (seq > sa->seq) {
		if (unlikely(word != old && sa->window != 0)) {
			uint64_t n = word - old;

			if (n > (uint64_t)sa->ring_mask + 1)
				n = (uint64_t)sa->ring_mask + 1;
			for (; n > 0; n--)
				__atomic_store_n(&sa->ring[(word - n + 1) & sa->ring_mask], 0,
						__ATOMIC_RELAXED);
		}
		__atomic_store_n(&sa->seq, seq, __ATOMIC_RELAXED);
	}
	if (likely(sa->window != 0))
		__atomic_store_n(slot, *slot | UINT64_C(1) << (seq & 63), __ATOMIC_RELAXED);
	return true;
}

#endif
