/* SPDX-License-Identifier: BSD-3-Clause */
/* See debug_ring.h. */
#include "controlplane/util/debug_ring.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define UNREAD_MS 60000

static uint64_t
wall_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

uint64_t
debug_ring_start(struct debug_ring *d, uint64_t now_ms)
{
	d->running = true;
	d->read_ms = now_ms;
	return d->next;
}

void
debug_ring_stop(struct debug_ring *d)
{
	d->running = false;
}

bool
debug_ring_unread(const struct debug_ring *d, uint64_t now_ms)
{
	return d->running && now_ms >= d->read_ms + UNREAD_MS;
}

void
debug_ring_add(struct debug_ring *d, const char *text, const void *about, size_t len)
{
	struct debug_msg *m = &d->ring[d->next % DEBUG_RING];
	char *copy;

	if (!d->running || len > sizeof(m->about) || (copy = strdup(text)) == NULL)
		return;
	free(m->text);
	*m = (struct debug_msg){ .seq = d->next++, .time_ms = wall_ms(), .text = copy };
	memcpy(m->about, about, len);
}

uint64_t
debug_ring_read(struct debug_ring *d, uint64_t since, uint64_t now_ms, uint64_t *lost,
		void (*fn)(void *arg, const struct debug_msg *m), void *arg)
{
	uint64_t oldest = d->next > DEBUG_RING ? d->next - DEBUG_RING : 0;

	d->read_ms = now_ms;
	*lost = since < oldest ? oldest - since : 0;
	for (uint64_t i = since < oldest ? oldest : since; i < d->next; i++)
		fn(arg, &d->ring[i % DEBUG_RING]);
	return d->next;
}

void
debug_ring_fini(struct debug_ring *d)
{
	for (size_t i = 0; i < DEBUG_RING; i++) {
		free(d->ring[i].text);
		d->ring[i].text = NULL;
	}
}
