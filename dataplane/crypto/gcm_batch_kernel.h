/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * AES-GCM (NIST SP 800-38D, RFC 4106) over many packets: the algorithm, for any vectors of four
 * blocks. gcm_batch_512.c and gcm_batch_256.c define what a vector is and include this file.
 *
 * The idea. The library takes one packet, waits for ten rounds of AES, then for a chain of
 * multiplications, and is done. All that waiting can be filled with other packets' work, if the
 * CPU sees it early enough: so nothing here branches on data, the code of one packet is short and
 * straight, packets of the same shape follow each other (gcm.c sorts them), and short ones go in
 * fours, whose rounds of AES stand side by side and which share the last reduction. What follows
 * from the length (masks, the lengths' block, which powers) is computed once for a row of short
 * packets that are alike: there, the number of instructions is what counts.
 *
 * Slots. A packet of n blocks is n + 2 slots of 16 bytes, four of which are a vector:
 *
 *     slot     0            1 ... n           n+1         up to the end of the vector
 *     AES      counter 1    counter 2...n+1   -           -
 *     GHASH    AAD          C1 ... Cn         lengths     0
 *     times    H^(n+2)      ...  H^2          H^1         (not 0, does not matter)
 *
 * Slot i's counter is i + 1 for every packet: nonce ^ first round key ^ a constant starts the AES.
 * The key stream of slot 0 masks the tag, the others' are XORed with the data. When the lengths
 * have a vector to themselves (n + 1 divides by 4) that vector needs no AES; it is called "alone".
 *
 * GHASH is the sum of C_i * H^(n+1-i) in GF(2)[x] modulo x^128 + x^7 + x^2 + x + 1, the bits of a
 * block in reflected order. With bytes reversed, a carry-less product of two blocks comes out
 * one bit short of its place: the powers are stored times x (gcm_key.c), so that no shift is
 * needed here. A product has 256 bits, from four products of 64-bit halves:
 *
 *     lo + mid * 2^64 + hi * 2^128      mid = a_lo * b_hi + a_hi * b_lo
 *
 * Products are summed as they are, and the sum is reduced once for 16 slots. A reduction step
 * cancels the lowest 64 bits by adding a multiple of the polynomial, whose reflection is
 * 2^128 + 0xc2 << 120 + 1: after adding (low half * 0xc2 << 56) to the swapped halves, what was the
 * low half is known to be 0 and its place is taken by the next. Two steps clear lo; mid is
 * added between them, where its two halves fall into their places by the swaps:
 *
 *     t = swap(lo) + lo.low * p + mid        result = swap(t) + t.low * p + hi
 *
 * Longer packets. Up to 15 blocks, all 17 - 1 slots at once. Otherwise in chunks of 16 slots (or
 * one of 12), with Horner's rule in each of the four places of a vector on its own: a chunk's
 * vectors are multiplied by H^16, H^12, H^8, H^4 in all places, which leaves place i of the sum
 * due exactly the power that place i of the next vector is due. It is added to that; only the
 * last chunk's vectors are multiplied by H^k ... H^1 and then the four places are summed. This
 * needs the last chunk to have at least 4 slots, hence the chunk of 12.
 *
 * Counters are big-endian; those of the table stop at 272. For packets of over 4,000 bytes the
 * 256s are added to the table's constants, one operation more.
 *
 * No branch and no address depends on key or data.
 */
#include "dataplane/crypto/gcm_batch.h"

/*
 * Defined before this file is included: TARGET, a function attribute; struct vec, and
 *   vec_load(p)                 64 bytes from anywhere
 *   vec_load_part(p, from, to) vec_store_part(p, v, from, to)
 *                               bytes from...to-1 only; others are zero, or not touched
 *   vec_keep(v, to)             bytes 0...to-1, zero behind them
 *   vec_lanes(p)                the block at @p, aligned, in all places
 *   vec_of(block)               @block in place 0, zero in the others
 *   vec_put(v, i, block) vec_put_first(v, block)      v with @block in place i, 0
 *   vec_first(v) vec_firsts(a, b, c, d)      the block in place 0; of each, in four places
 *   vec_fold(v) vec_gather(a, b, c, d)       the sum of the places; of each, in four places
 *   vec_swap(v) vec_reverse(v)  halves, bytes of each block
 *   vec_xor(a, b) vec_xor3(a, b, c) vec_add8(a, b) vec_aes(v, k) vec_aes_last(v, k)
 *   VEC_CLMUL(a, b, imm) VEC_STORE_BLOCK(p, v, i) vec_poly() vec_high_ctr(q)
 */
#define INLINE static inline __attribute__((always_inline)) TARGET

#define CHUNK 256 /* bytes of 16 slots */

/* Up to four vectors. Fields, not an array: gcc leaves arrays in memory. */
struct quad {
	struct vec v0, v1, v2, v3;
};
#define EACH(n, M) \
	M(0) if ((n) > 1) { M(1) } if ((n) > 2) { M(2) } if ((n) > 3) { M(3) }

/* Sum of products that waits for its reduction. */
struct sum {
	struct vec lo, mid, hi;
};

/* What a packet carries from one step to the next. */
struct pkt {
	const struct gcm_key *key;
	uint8_t *data;      /* at the current chunk's slot 0 */
	const uint8_t *ahead; /* of another packet: to be prefetched */
	int left;           /* bytes of AAD slot and payload from there on */
	unsigned int chunk; /* vectors before this chunk */
	struct vec base;    /* nonce ^ round key 0, in all places */
	struct vec mask;    /* block 0: key stream of counter 1 */
	struct quad g;      /* the last chunk, which waits for its multiplication */
	struct vec acc;     /* Horner's sum */
};

INLINE struct vec
round_key(const struct gcm_key *k, int r)
{
	return vec_lanes(k->rk[r]);
}

INLINE struct pkt
pkt_start(const struct crypt_op *op)
{
	struct pkt p = { .key = &op->sa->key.batch, .data = op->data - 16, .left = op->len + 16 };

	p.base = vec_xor(vec_lanes(op->nonce), round_key(p.key, 0));
	return p;
}

/* Key stream of the next @n vectors. */
INLINE struct quad
keystream(const struct pkt *p, int rounds, int n)
{
	const uint8_t(*ctr)[64] = &gcm_batch_counters[p->chunk % GCM_CTR_WRAP];
	struct quad q;
	struct vec k;

#define M(j) q.v##j = vec_load(ctr[j]);
	EACH(n, M)
#undef M
	if (unlikely(p->chunk >= GCM_CTR_WRAP)) {
		const struct vec high = vec_high_ctr(p->chunk / GCM_CTR_WRAP);
#define M(j) q.v##j = vec_add8(q.v##j, high);
		EACH(n, M)
#undef M
	}
#define M(j) q.v##j = vec_xor(q.v##j, p->base);
	EACH(n, M)
#undef M
	/* Unrolled for each key size, the code would grow from 30 KB to 200. */
#define M(j) q.v##j = vec_aes(q.v##j, k);
	k = round_key(p->key, 1);
	EACH(n, M)
	for (int r = 2; r < rounds; r += 2) {
		k = round_key(p->key, r);
		EACH(n, M)
		k = round_key(p->key, r + 1);
		EACH(n, M)
	}
#undef M
	k = round_key(p->key, rounds);
#define M(j) q.v##j = vec_aes_last(q.v##j, k);
	EACH(n, M)
#undef M
	return q;
}

/*
 * The sum of @n vectors, each times its powers: those that lie from @h on one after the other,
 * or every fourth of them, in all places.
 */
#define POWERS(j) (fourth ? vec_lanes(h + 64 * (j)) : vec_load(h + 64 * (j)))
INLINE struct sum
multiply(struct quad g, const uint8_t *h, int n, bool fourth)
{
	struct vec k = POWERS(0), lo, hi, m, lo1, hi1;
	struct sum s = { VEC_CLMUL(g.v0, k, 0x00), VEC_CLMUL(g.v0, k, 0x01),
		VEC_CLMUL(g.v0, k, 0x11) };

	m = VEC_CLMUL(g.v0, k, 0x10);
#define NEXT(j)                                                                                   \
	k = POWERS(j);                                                                            \
	lo = VEC_CLMUL(g.v##j, k, 0x00);                                                          \
	hi = VEC_CLMUL(g.v##j, k, 0x11);                                                          \
	s.mid = vec_xor3(s.mid, m, VEC_CLMUL(g.v##j, k, 0x01));                                   \
	m = VEC_CLMUL(g.v##j, k, 0x10);
	if (n > 1) {
		NEXT(1)
	}
	if (n == 2) {
		s.lo = vec_xor(s.lo, lo);
		s.hi = vec_xor(s.hi, hi);
	}
	if (n > 2) {
		lo1 = lo;
		hi1 = hi;
		NEXT(2)
		s.lo = vec_xor3(s.lo, lo1, lo);
		s.hi = vec_xor3(s.hi, hi1, hi);
	}
	if (n > 3) {
		NEXT(3)
		s.lo = vec_xor(s.lo, lo);
		s.hi = vec_xor(s.hi, hi);
	}
#undef NEXT
	s.mid = vec_xor(s.mid, m);
	return s;
}
#undef POWERS

INLINE struct vec
reduce(struct sum s)
{
	const struct vec poly = vec_poly();
	struct vec t = vec_xor3(vec_swap(s.lo), VEC_CLMUL(s.lo, poly, 0x00), s.mid);

	return vec_xor3(vec_swap(t), VEC_CLMUL(t, poly, 0x00), s.hi);
}

/* AAD and lengths as blocks; the latter with the bytes reversed already. */
INLINE __m128i
aad_keep(const struct crypt_op *op)
{
	static const uint8_t keep[32] = { 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
		255, 255, 255, 255, 255 };

	return _mm_loadu_si128((const __m128i *)(const void *)(keep + 16 - op->aad_len));
}

INLINE __m128i
aad_block(const struct crypt_op *op, __m128i keep)
{
	return _mm_and_si128(_mm_load_si128((const __m128i *)(const void *)op->aad), keep);
}

INLINE __m128i
lengths_block(const struct crypt_op *op)
{
	const __m128i at = _mm_set_epi64x((long long)0xffffffffffffff02,
			(long long)0xffffffffffff0100);

	static_assert(offsetof(struct crypt_op, aad_len) == offsetof(struct crypt_op, len) + 2,
			"loaded together");
	return _mm_slli_epi64(_mm_shuffle_epi8(_mm_loadl_epi64((const __m128i *)(const void *)
							       &op->len), at), 3);
}

/*
 * The payload of @n vectors: XORed with the key stream @q. Returned is the ciphertext as GHASH
 * takes it. The packet's @first vector has the AAD in slot 0, its @last one may be cut short.
 */
INLINE struct quad
payload(uint8_t *data, int left, __m128i aad, struct quad q, int n, bool first, bool last,
		bool encrypt)
{
	const int end = left - 64 * (n - 1);
	struct quad g;
	struct vec in, out;

#define M(j)                                                                                      \
	{                                                                                         \
		const int from = first && (j) == 0 ? 16 : 0;                                      \
		const int to = last && (j) == n - 1 ? end : 64;                                   \
		in = vec_load_part(data + 64 * (j), from, to);                                 \
		out = vec_xor(in, q.v##j);                                                        \
		vec_store_part(data + 64 * (j), out, from, to);                                \
		g.v##j = encrypt ? vec_keep(out, to) : in;                                     \
		if (first && (j) == 0)                                                            \
			g.v0 = vec_put_first(g.v0, aad);                                          \
		g.v##j = vec_reverse(g.v##j);                                                     \
	}
	EACH(n, M)
#undef M
	return g;
}

/* Multiply what waits. */
INLINE void
catch_up(struct pkt *p, int n)
{
	p->acc = reduce(multiply(p->g, p->key->h[GCM_POWERS - 4 * n], n, true));
}

/*
 * A chunk of @n vectors, not the last one. It is left in p->g; the chunk before it, of @before
 * vectors, is multiplied while the AES of this one is under way.
 */
INLINE void
chunk(const struct crypt_op *op, struct pkt *p, int rounds, int n, int before, bool encrypt)
{
	struct quad q = keystream(p, rounds, n);

	p->ahead += 64 * n;
	for (int j = 0; j < n; j++)
		rte_prefetch0(p->ahead + 64 * j);
	if (before > 0)
		catch_up(p, before);
	p->g = payload(p->data, p->left, aad_block(op, aad_keep(op)), q, n, before == 0, false,
			encrypt);
	if (before > 0)
		p->g.v0 = vec_xor(p->g.v0, p->acc);
	else
		p->mask = q.v0;
	p->data += 64 * n;
	p->left -= 64 * n;
	p->chunk += (unsigned int)n;
}

/* The last chunk, of @n vectors, and one more if the lengths are @alone: what GHASH takes. */
INLINE struct quad
last_chunk(const struct crypt_op *op, struct pkt *p, int rounds, int n, bool alone, int before,
		bool encrypt)
{
	const __m128i lengths = lengths_block(op);
	struct quad q = keystream(p, rounds, n), g;

	if (before == 4)
		catch_up(p, 4);
	else if (before == 3)
		catch_up(p, 3);
	g = payload(p->data, p->left, aad_block(op, aad_keep(op)), q, n, before == 0, true,
			encrypt);

#define M(j)                                                                                      \
	if (n == (j) + 1 && !alone)                                                               \
		g.v##j = vec_put(g.v##j, (p->left + 15) / 16 % 4, lengths);                       \
	if (n == (j) && alone)                                                                    \
		g.v##j = vec_of(lengths);
	M(0) M(1) M(2) M(3)
#undef M
	if (before == 0)
		p->mask = q.v0;
	else
		g.v0 = vec_xor(g.v0, p->acc);
	return g;
}

INLINE struct sum
last_products(const struct pkt *p, struct quad g, int n)
{
	return multiply(g, p->key->h[GCM_POWERS - 1 - (p->left + 15) / 16], n, false);
}

/* The last chunk of a packet on its own, and its tag. */
INLINE void
finish(const struct crypt_op *op, struct pkt *p, uint8_t *tag, int rounds, int n, bool alone,
		int before, bool encrypt)
{
	struct quad g = last_chunk(op, p, rounds, n, alone, before, encrypt);
	struct sum s = last_products(p, g, n + alone);

	__m128i reversal = _mm_load_si128((const __m128i *)(const void *)gcm_reversal);
	__m128i t = _mm_shuffle_epi8(vec_fold(reduce(s)), reversal);

	_mm_storeu_si128((__m128i *)(void *)tag, _mm_xor_si128(t, vec_first(p->mask)));
}

INLINE const struct crypt_op *
op_at(const struct gcm_run *r, unsigned int i)
{
	return &r->ops[r->order[i]];
}

INLINE uint8_t *
tag_at(const struct gcm_run *r, unsigned int i)
{
	return r->tags == NULL ? op_at(r, i)->icv : r->tags[r->order[i]];
}

/* Shapes of a last chunk by its number of blocks, AAD not counted: vectors, lengths alone? */
#define SHORT_SHAPES(M)                                                                           \
	case 0: case 1: case 2:                                                                   \
		M(1, false) break;                                                                \
	case 3:                                                                                   \
		M(1, true) break;                                                                 \
	case 4: case 5: case 6:                                                                   \
		M(2, false) break;
#define SHAPES(M)                                                                                 \
	SHORT_SHAPES(M)                                                                           \
	case 7:                                                                                   \
		M(2, true) break;                                                                 \
	case 8: case 9: case 10:                                                                  \
		M(3, false) break;                                                                \
	case 11:                                                                                  \
		M(3, true) break;                                                                 \
	default:                                                                                  \
		M(4, false) break;

/* Packet number @at, of any length. */
INLINE void
one(const struct gcm_run *r, unsigned int at, bool encrypt)
{
	const struct crypt_op *op = op_at(r, at);
	const int rounds = (int)r->rounds;
	struct pkt p = pkt_start(op);
	int before = 0;

	p.ahead = op_at(r, at + 2 < r->n ? at + 2 : at)->data;
	if (p.left > CHUNK + 32) {
		chunk(op, &p, rounds, 4, 0, encrypt);
		while (p.left > CHUNK + 32)
			chunk(op, &p, rounds, 4, 4, encrypt);
		before = 4;
	}
	if (p.left > CHUNK - 16) {
		if (before == 0)
			chunk(op, &p, rounds, 3, 0, encrypt);
		else
			chunk(op, &p, rounds, 3, 4, encrypt);
		before = 3;
	}
#define M(n, alone) finish(op, &p, tag_at(r, at), rounds, n, alone, before, encrypt);
	switch ((p.left - 1) / 16) {
		SHAPES(M)
	}
#undef M
}

/* What a short packet's lengths say: computed once for packets that are alike. */
struct form {
	int left; /* bytes of AAD slot and payload */
	__m128i lengths, aad_keep;
};

INLINE struct form
form_of(const struct crypt_op *op)
{
	return (struct form){ op->len + 16, lengths_block(op), aad_keep(op) };
}

/* The payload of a short packet, and the lengths: what GHASH takes. @q: key stream. */
INLINE struct quad
short_payload(const struct crypt_op *op, const struct form *f, struct vec q0, struct vec q1, int n,
		bool alone, bool encrypt)
{
	struct quad g = payload(op->data - 16, f->left, aad_block(op, f->aad_keep),
			(struct quad){ .v0 = q0, .v1 = q1 }, n, true, true, encrypt);

	if (alone)
		g.v1 = vec_of(f->lengths);
	else if (n == 1)
		g.v0 = vec_put(g.v0, (f->left + 15) / 16 % 4, f->lengths);
	else
		g.v1 = vec_put(g.v1, (f->left + 15) / 16 % 4, f->lengths);
	return g;
}

/*
 * Four short packets of one shape, from number @at on; with @alike, they are all as the form @f
 * says. Their AES goes side by side, round by round.
 */
INLINE void
four(const struct gcm_run *r, unsigned int at, const struct form *f, int n, bool alone, bool alike,
		bool encrypt)
{
	const struct vec ctr0 = vec_load(gcm_batch_counters[0]);
	const struct vec ctr1 = vec_load(gcm_batch_counters[1]);
	struct sum s;
	struct vec t, k;

#define FOUR(M) M(0) M(1) M(2) M(3)
#define START(i)                                                                                  \
	const struct crypt_op *op##i = op_at(r, at + (i));                                        \
	const struct gcm_key *key##i = &op##i->sa->key.batch;                                     \
	struct vec q##i, p##i;                                                                    \
	k = vec_xor(vec_lanes(op##i->nonce), round_key(key##i, 0));                               \
	q##i = vec_xor(ctr0, k);                                                                  \
	if (n > 1)                                                                                \
		p##i = vec_xor(ctr1, k);
	FOUR(START)
#define AES(i, op, round)                                                                         \
	k = round_key(key##i, round);                                                             \
	q##i = op(q##i, k);                                                                       \
	if (n > 1)                                                                                \
		p##i = op(p##i, k);
#define ROUND(round)                                                                              \
	AES(0, vec_aes, round) AES(1, vec_aes, round) AES(2, vec_aes, round) AES(3, vec_aes, round)
	ROUND(1) ROUND(2) ROUND(3) ROUND(4) ROUND(5) ROUND(6) ROUND(7) ROUND(8) ROUND(9)
	if (r->rounds > 10) {
		ROUND(10) ROUND(11)
	}
	if (r->rounds > 12) {
		ROUND(12) ROUND(13)
	}
#define LAST(i) AES(i, vec_aes_last, (int)r->rounds)
	FOUR(LAST)

#define PRODUCTS(i)                                                                               \
	struct form f##i = alike ? *f : form_of(op##i);                                           \
	struct sum s##i = multiply(short_payload(op##i, &f##i, q##i, p##i, n, alone, encrypt),    \
			key##i->h[GCM_POWERS - 1 - (f##i.left + 15) / 16], n + alone, false);
	FOUR(PRODUCTS)
	s.lo = vec_gather(s0.lo, s1.lo, s2.lo, s3.lo);
	s.mid = vec_gather(s0.mid, s1.mid, s2.mid, s3.mid);
	s.hi = vec_gather(s0.hi, s1.hi, s2.hi, s3.hi);
	t = vec_xor(vec_reverse(reduce(s)), vec_firsts(q0, q1, q2, q3));
#define TAG(i) VEC_STORE_BLOCK(r->tags == NULL ? op##i->icv : r->tags[r->order[at + (i)]], t, i);
	FOUR(TAG)
#undef TAG
#undef PRODUCTS
#undef LAST
#undef ROUND
#undef AES
#undef START
}

/* Where a row of packets like the one at @at ends. */
INLINE unsigned int
row_end(const struct gcm_run *r, unsigned int at)
{
	uint32_t form = gcm_form(op_at(r, at));

	if (r->alike)
		return r->n;
	do
		at++;
	while (at < r->n && gcm_form(op_at(r, at)) == form);
	return at;
}

/* Short packets from number @at on, four by four, up to @end. @return the first that is left. */
INLINE unsigned int
fours(const struct gcm_run *r, unsigned int at, unsigned int end, int n, bool alone, bool encrypt)
{
	const struct form f = form_of(op_at(r, at));

	for (; at + 4 <= end; at += 4) {
		if (likely(at + GCM_AHEAD + 4 <= r->n)) {
#define AHEAD(i) gcm_prefetch(r, at + GCM_AHEAD + (i));
			FOUR(AHEAD)
#undef AHEAD
		} else {
			for (unsigned int i = at + GCM_AHEAD; i < r->n; i++)
				gcm_prefetch(r, i);
		}
		four(r, at, &f, n, alone, true, encrypt);
	}
	return at;
}

/* Are the four from number @at on, which are there, of one shape? */
INLINE bool
four_fit(const struct gcm_run *r, unsigned int at)
{
	unsigned int shape = gcm_shape(op_at(r, at)->len);

	return gcm_shape(op_at(r, at + 1)->len) == shape &&
	       gcm_shape(op_at(r, at + 2)->len) == shape &&
	       gcm_shape(op_at(r, at + 3)->len) == shape;
}

/* All of @r. @encrypt is a constant of the caller. */
INLINE void
run(const struct gcm_run *r, bool encrypt)
{
	unsigned int ahead = 0, end;

	for (unsigned int i = 0; i < r->n;) {
		const struct crypt_op *op = op_at(r, i);

		for (; ahead < i + GCM_AHEAD && ahead < r->n; ahead++)
			gcm_prefetch(r, ahead);
		if (gcm_shape(op->len) == GCM_LONG || i + 4 > r->n) {
			one(r, i++, encrypt);
			continue;
		}
		end = row_end(r, i);
		if (end >= i + 4) {
#define M(n, alone) i = fours(r, i, end, n, alone, encrypt);
			switch ((op->len + 15) / 16) {
				SHORT_SHAPES(M)
			}
#undef M
			ahead = i + GCM_AHEAD < r->n ? i + GCM_AHEAD : r->n;
		} else if (four_fit(r, i)) {
#define M(n, alone) four(r, i, NULL, n, alone, false, encrypt);
			switch ((op->len + 15) / 16) {
				SHORT_SHAPES(M)
			}
#undef M
			i += 4;
		} else {
			one(r, i++, encrypt);
		}
	}
}

TARGET static void
run_encrypt(const struct gcm_run *r)
{
	run(r, true);
}

TARGET static void
run_decrypt(const struct gcm_run *r)
{
	run(r, false);
}

#define GCM_BATCH_VARIANT(name) \
	const struct gcm_batch name = { run_encrypt, run_decrypt }
