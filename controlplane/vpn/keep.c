/* SPDX-License-Identifier: BSD-3-Clause */
/* Records that outlive the process; see keep.h. */
#include <assert.h>
#include <string.h>

#include "controlplane/vpn/keep.h"

#define MAGIC  UINT64_C(0x43564c54494b4501) /* "CVLTIKE", format 1 */
#define WHOLE  UINT64_C(0x77686f6c65726563)
#define N_BITS ((CHAN_KEEP_SLOT - sizeof(uint64_t)) * 8)

struct head {
	uint64_t magic;
	uint8_t used[CHAN_KEEP_SLOT - sizeof(uint64_t)]; /* bits; one of several slots */
};
static_assert(sizeof(struct head) == CHAN_KEEP_SLOT, "slot 0");

struct slot {
	uint64_t state; /* WHOLE: the rest counts */
	uint64_t sum;
	uint32_t len;
	uint32_t tun_id;
	uint64_t zero;
	uint8_t data[KEEP_MAX];
};
static_assert(sizeof(struct slot) == CHAN_KEEP_SLOT && KEEP_HEAD_LEN == 32, "a slot");

static struct head *
head_of(struct keep *k)
{
	return (struct head *)k->base;
}

static struct slot *
journal(struct keep *k)
{
	return (struct slot *)(k->base + CHAN_KEEP_SLOT);
}

static struct slot *
slot_of(struct keep *k, uint32_t tun_id)
{
	return (struct slot *)(k->base + (2 + (size_t)tun_id) * CHAN_KEEP_SLOT);
}

static bool
maybe_used(struct keep *k, uint32_t tun_id)
{
	uint32_t bit = tun_id % N_BITS;

	return (head_of(k)->used[bit / 8] >> bit % 8 & 1) != 0;
}

/* Against torn writes, not against an attacker: who can write here has the keys anyway. */
static uint64_t
sum_of(uint32_t tun_id, const uint8_t *data, size_t len)
{
	uint64_t h = UINT64_C(0x9e3779b97f4a7c15) ^ ((uint64_t)tun_id << 32 | len), v;

	for (size_t at = 0; at < len; at += sizeof(v)) {
		size_t n = len - at < sizeof(v) ? len - at : sizeof(v);

		v = 0;
		memcpy(&v, data + at, n);
		h = (h ^ v) * UINT64_C(0xd6e8feb86659fd93);
		h ^= h >> 32;
	}
	return h;
}

static void
state_set(struct slot *s, uint64_t state)
{
	__atomic_store_n(&s->state, state, __ATOMIC_SEQ_CST);
}

/* Fill one slot; not WHOLE while that is under way. */
static void
fill(struct slot *s, uint32_t tun_id, const uint8_t *data, size_t len, uint64_t sum)
{
	uint32_t old = s->len <= KEEP_MAX ? s->len : KEEP_MAX;

	state_set(s, 0);
	s->len = (uint32_t)len;
	s->tun_id = tun_id;
	s->sum = sum;
	memcpy(s->data, data, len);
	if (old > len)
		explicit_bzero(s->data + len, old - len);
	state_set(s, WHOLE);
}

static void
wipe(struct slot *s)
{
	uint32_t len = s->len <= KEEP_MAX ? s->len : KEEP_MAX;

	state_set(s, 0);
	explicit_bzero(s->data, len);
	explicit_bzero(s, offsetof(struct slot, data));
}

/* A private copy of a slot's record, if it is whole and of @tun_id (CHAN_NONE: of any). */
static bool
read_slot(struct keep *k, const struct slot *s, uint32_t *tun_id, uint32_t *len)
{
	uint32_t id = s->tun_id, n = s->len;
	uint64_t sum = s->sum;

	if (__atomic_load_n(&s->state, __ATOMIC_SEQ_CST) != WHOLE || n == 0 || n > KEEP_MAX ||
			id >= k->n || (*tun_id != CHAN_NONE && id != *tun_id))
		return false;
	memcpy(k->copy, s->data, n);
	if (sum_of(id, k->copy, n) != sum)
		return false;
	*tun_id = id;
	*len = n;
	return true;
}

void
keep_open(struct keep *k, void *base, uint64_t size)
{
	uint32_t tun_id = CHAN_NONE, len;

	*k = (struct keep){ .n_torn = k->n_torn };
	if (base == NULL || size < 3 * (uint64_t)CHAN_KEEP_SLOT)
		return;
	k->base = base;
	k->n = (uint32_t)(size / CHAN_KEEP_SLOT - 2);
	if (head_of(k)->magic != MAGIC) {
		if (head_of(k)->magic != 0)
			keep_clear(k); /* another format: as far as its header says what is used */
		memset(head_of(k), 0, sizeof(struct head));
		head_of(k)->magic = MAGIC;
		wipe(journal(k));
		return;
	}
	/* Killed between the journal and the record's place. */
	if (read_slot(k, journal(k), &tun_id, &len))
		fill(slot_of(k, tun_id), tun_id, k->copy, len, sum_of(tun_id, k->copy, len));
	wipe(journal(k));
}

void
keep_close(struct keep *k)
{
	explicit_bzero(k->copy, sizeof(k->copy));
	k->base = NULL;
}

void
keep_put(struct keep *k, uint32_t tun_id, const uint8_t *data, size_t len)
{
	uint32_t bit = tun_id % N_BITS;
	uint64_t sum;

	if (k->base == NULL || tun_id >= k->n)
		return;
	if (len == 0 || len > KEEP_MAX) {
		if (maybe_used(k, tun_id))
			wipe(slot_of(k, tun_id));
		return;
	}
	head_of(k)->used[bit / 8] |= (uint8_t)(1u << bit % 8);
	sum = sum_of(tun_id, data, len);
	fill(journal(k), tun_id, data, len, sum);
	fill(slot_of(k, tun_id), tun_id, data, len, sum);
	wipe(journal(k));
}

const uint8_t *
keep_get(struct keep *k, uint32_t tun_id, size_t *len)
{
	const struct slot *s;
	uint32_t n;

	*len = 0;
	if (k->base == NULL || tun_id >= k->n || !maybe_used(k, tun_id))
		return NULL;
	s = slot_of(k, tun_id);
	if (!read_slot(k, s, &tun_id, &n)) {
		k->n_torn += s->len != 0 || s->state != 0;
		return NULL;
	}
	*len = n;
	return k->copy;
}

void
keep_clear(struct keep *k)
{
	if (k->base == NULL)
		return;
	wipe(journal(k));
	for (uint32_t i = 0; i < k->n; i++)
		if (maybe_used(k, i))
			wipe(slot_of(k, i));
}
