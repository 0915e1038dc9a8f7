/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The dataplane's end of a ring that it shares with the control plane.
 *
 * The rings of the channel are rte_ring objects with one producer and one consumer, and the
 * control plane uses them through rte_ring's own functions. Those read the ring's size, mask and
 * all four indices from the ring itself, which here is memory that the other process can write:
 * a scribbling control plane could make rte_ring write anywhere or count for ever. So this side
 * keeps what it knows by itself (place, mask, its own index) in private memory, reads one thing
 * only from the shared ring, the other side's tail, and checks that. A tail that cannot be sets
 * @bad; the main core then ends the attachment.
 *
 * The protocol is rte_ring's for RING_F_SP_ENQ | RING_F_SC_DEQ: elements are written before the
 * producer's tail is (release), and read after it was (acquire); the same the other way round for
 * free room. One thread only uses an end; the elements it reads change under its feet if the
 * other side wants it so: copy first, then check.
 */
#ifndef CULVERT_DATAPLANE_RING_END_H
#define CULVERT_DATAPLANE_RING_END_H

#include <errno.h>
#include <unistd.h>

#include <rte_branch_prediction.h>
#include <rte_ring.h>
#include <rte_ring_elem.h>

#include "common/channel.h"

struct ring_end {
	struct rte_ring *r;
	uint8_t *slots;
	uint32_t mask;
	uint32_t elem_len;
	uint32_t own;  /* our index, free running; r->prod or r->cons only mirror it */
	uint32_t peer; /* the other side's tail as last read */
	bool bad;      /* the other side's tail was impossible; no slot is handed out any more */
};

/** Take the end of a ring that was made right now by rte_ring_init() and is empty. */
static inline void
ring_end_init(struct ring_end *e, struct rte_ring *r, uint32_t n_slots, uint32_t elem_len)
{
	*e = (struct ring_end){ .r = r, .slots = (uint8_t *)&r[1], .mask = n_slots - 1,
		.elem_len = elem_len };
}

static inline void *
ring_end_at(const struct ring_end *e, uint32_t idx)
{
	return e->slots + (size_t)(idx & e->mask) * e->elem_len;
}

/** Producer: free slots. As rte_ring's capacity: one slot always stays empty. */
static inline uint32_t
ring_out_room(struct ring_end *e)
{
	uint32_t used;

	if (unlikely(e->bad))
		return 0;
	e->peer = __atomic_load_n(&e->r->cons.tail, __ATOMIC_ACQUIRE);
	used = e->own - e->peer;
	if (unlikely(used > e->mask)) {
		__atomic_store_n(&e->bad, true, __ATOMIC_RELAXED);
		return 0;
	}
	return e->mask - used;
}

/** Producer: where the next element is to be written, or NULL: full. */
static inline void *
ring_out_slot(struct ring_end *e)
{
	if (unlikely(e->own - e->peer >= e->mask) && ring_out_room(e) == 0)
		return NULL;
	return likely(!e->bad) ? ring_end_at(e, e->own) : NULL;
}

/** Producer: hand the element over that was written to the slot. */
static inline void
ring_out_push(struct ring_end *e)
{
	e->own++;
	__atomic_store_n(&e->r->prod.head, e->own, __ATOMIC_RELAXED);
	__atomic_store_n(&e->r->prod.tail, e->own, __ATOMIC_RELEASE);
}

/** Consumer: the oldest element, or NULL: empty. Shared memory: copy out, then check. */
static inline void *
ring_in_slot(struct ring_end *e)
{
	if (e->peer == e->own) {
		if (unlikely(e->bad))
			return NULL;
		e->peer = __atomic_load_n(&e->r->prod.tail, __ATOMIC_ACQUIRE);
		if (unlikely(e->peer - e->own > e->mask)) {
			e->peer = e->own;
			__atomic_store_n(&e->bad, true, __ATOMIC_RELAXED);
			return NULL;
		}
		if (e->peer == e->own)
			return NULL;
	}
	return ring_end_at(e, e->own);
}

/** Consumer: give the slot back. */
static inline void
ring_in_pop(struct ring_end *e)
{
	e->own++;
	__atomic_store_n(&e->r->cons.head, e->own, __ATOMIC_RELAXED);
	__atomic_store_n(&e->r->cons.tail, e->own, __ATOMIC_RELEASE);
}

/** Wake the control plane if it said that it sleeps. After one or more ring_out_push(). */
static inline void
ring_wake_cp(struct chan_rings *rings, int wake_fd)
{
	static const uint64_t one = 1;

	/* The pushes must be visible before the flag is read: the sleeper sets the flag first and
	 * looks at the rings after, so one of the two sees the other. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	if (__atomic_load_n(&rings->cp_sleeps, __ATOMIC_RELAXED) == 0 ||
			__atomic_exchange_n(&rings->cp_sleeps, 0, __ATOMIC_SEQ_CST) == 0)
		return;
	/* Fails only when the counter is at its end: then it is readable anyway. */
	if (write(wake_fd, &one, sizeof(one)) < 0)
		return;
}

#endif
