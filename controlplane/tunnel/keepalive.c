/* SPDX-License-Identifier: BSD-3-Clause */
/* GRE keepalives; see keepalive.h. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "common/inet.h"
#include "common/wire.h"
#include "controlplane/tunnel/keepalive.h"

#define SLOTS 2048 /* a turn is 51 s; what is due later is passed over until its turn */
#define NONE  UINT32_MAX

#define IP_TOS_CONTROL 0xc0 /* internetwork control, as routers send them */
#define GRE_KEY        0x2000

struct entry {
	uint16_t interval_s; /* 0: no keepalives */
	uint8_t retries;
	bool lost;
	uint32_t missed;
	uint32_t next, prev; /* in its slot */
	uint64_t due;        /* in ticks */
	uint64_t sent, answered, heard_ms;
	bool waiting; /* one was sent and not answered yet */
};

struct keepalives {
	struct keepalive_io io;
	struct entry *at; /* [n] by id */
	uint32_t n;
	uint32_t n_active;
	uint64_t now; /* in ticks: all before is done */
	uint64_t end; /* of the tick that is running */
	uint32_t slot[SLOTS];
};

struct keepalives *
keepalives_new(const struct keepalive_io *io)
{
	struct keepalives *k = calloc(1, sizeof(*k));

	if (k == NULL)
		return NULL;
	k->io = *io;
	for (unsigned int i = 0; i < SLOTS; i++)
		k->slot[i] = NONE;
	return k;
}

void
keepalives_free(struct keepalives *k)
{
	if (k == NULL)
		return;
	free(k->at);
	free(k);
}

static void
wheel_in(struct keepalives *k, uint32_t id, uint64_t due)
{
	struct entry *e = &k->at[id];
	uint32_t *slot = &k->slot[due % SLOTS];

	e->due = due;
	e->prev = NONE;
	e->next = *slot;
	if (*slot != NONE)
		k->at[*slot].prev = id;
	*slot = id;
}

static void
wheel_out(struct keepalives *k, uint32_t id)
{
	struct entry *e = &k->at[id];

	if (e->prev != NONE)
		k->at[e->prev].next = e->next;
	else
		k->slot[e->due % SLOTS] = e->next;
	if (e->next != NONE)
		k->at[e->next].prev = e->prev;
}

static int
room_for(struct keepalives *k, uint32_t id)
{
	uint32_t n = k->n != 0 ? k->n : 64;
	struct entry *at;

	if (id < k->n)
		return 0;
	while (n <= id)
		n *= 2;
	at = realloc(k->at, n * sizeof(*at));
	if (at == NULL)
		return -ENOMEM;
	memset(at + k->n, 0, (n - k->n) * sizeof(*at));
	k->at = at;
	k->n = n;
	return 0;
}

static uint64_t
ticks_of(const struct entry *e)
{
	return (uint64_t)e->interval_s * 1000 / KEEPALIVE_TICK_MS;
}

static void
set_lost(struct keepalives *k, uint32_t id, bool lost)
{
	if (k->at[id].lost == lost)
		return;
	k->at[id].lost = lost;
	k->io.changed(k->io.ctx, id, lost);
}

int
keepalives_set(struct keepalives *k, uint32_t id, uint16_t interval_s, uint8_t retries,
		uint64_t now_ms)
{
	struct entry *e;
	int err;

	if (interval_s == 0 && id >= k->n)
		return 0;
	err = room_for(k, id);
	if (err != 0)
		return err;
	e = &k->at[id];
	if (e->interval_s == interval_s && e->retries == retries)
		return 0;
	if (e->interval_s != 0) {
		wheel_out(k, id);
		k->n_active--;
	}
	*e = (struct entry){ .interval_s = interval_s, .retries = retries };
	if (interval_s == 0)
		return 0;
	if (k->n_active++ == 0)
		k->now = now_ms / KEEPALIVE_TICK_MS;
	/* A multiplier that spreads neighbouring ids over the interval. */
	wheel_in(k, id, k->now + 1 + (uint64_t)id * 2654435761u % ticks_of(e));
	return 0;
}

void
keepalives_heard(struct keepalives *k, uint32_t id, uint64_t now_ms)
{
	struct entry *e;

	if (id >= k->n || k->at[id].interval_s == 0)
		return;
	e = &k->at[id];
	e->waiting = false;
	e->missed = 0;
	e->answered++;
	e->heard_ms = now_ms;
	set_lost(k, id, false);
}

static void
due(struct keepalives *k, uint32_t id)
{
	struct entry *e = &k->at[id];

	if (e->waiting && e->missed < UINT32_MAX)
		e->missed++;
	e->waiting = true;
	e->sent++;
	wheel_out(k, id);
	wheel_in(k, id, k->end + ticks_of(e)); /* after a long sleep: due once */
	if (e->missed >= e->retries)
		set_lost(k, id, true);
	k->io.send(k->io.ctx, id);
}

void
keepalives_tick(struct keepalives *k, uint64_t now_ms)
{
	k->end = now_ms / KEEPALIVE_TICK_MS;
	if (k->end > k->now + SLOTS)
		k->now = k->end - SLOTS; /* a turn sees all of them */
	while (k->now < k->end && k->n_active != 0) {
		uint32_t id, next;

		k->now++;
		for (id = k->slot[k->now % SLOTS]; id != NONE; id = next) {
			next = k->at[id].next;
			if (k->at[id].due <= k->now)
				due(k, id);
		}
	}
}

uint32_t
keepalives_n(const struct keepalives *k)
{
	return k->n_active;
}

bool
keepalives_lost(const struct keepalives *k, uint32_t id)
{
	return id < k->n && k->at[id].lost;
}

struct keepalive_counts
keepalives_counts(const struct keepalives *k, uint32_t id)
{
	struct keepalive_counts c = { 0 };

	if (id < k->n)
		c = (struct keepalive_counts){ .sent = k->at[id].sent,
			.answered = k->at[id].answered,
			.missed = k->at[id].missed,
			.heard_ms = k->at[id].heard_ms };
	return c;
}

size_t
keepalive_build(uint8_t buf[KEEPALIVE_LEN], uint32_t local, uint32_t remote, bool keyed,
		uint32_t key)
{
	size_t len = keyed ? KEEPALIVE_LEN : KEEPALIVE_LEN - 4;
	uint16_t sum;
	struct wr w = wr_init(buf, len);

	wr_u8(&w, 0x45);
	wr_u8(&w, IP_TOS_CONTROL);
	wr_be16(&w, (uint16_t)len);
	wr_be32(&w, 0); /* identification, fragment */
	wr_u8(&w, 255);
	wr_u8(&w, IPPROTO_GRE);
	wr_be16(&w, 0); /* checksum: below */
	wr_be32(&w, remote);
	wr_be32(&w, local);
	wr_be16(&w, keyed ? GRE_KEY : 0);
	wr_be16(&w, 0); /* no payload at all */
	if (keyed)
		wr_be32(&w, key);
	sum = inet_sum_fold(inet_sum(buf, 20, 0));
	memcpy(buf + 10, &sum, sizeof(sum));
	return len;
}
