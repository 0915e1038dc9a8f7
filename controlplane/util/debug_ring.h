/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What `debug` shows of a protocol: the last messages in words, for whoever follows them. Kept in a
 * ring, so that a reader who is slow loses messages and nobody waits for him; nothing is kept while
 * nobody looks, and it ends by itself when no reader has come for a minute.
 */
#ifndef CULVERT_CONTROLPLANE_UTIL_DEBUG_RING_H
#define CULVERT_CONTROLPLANE_UTIL_DEBUG_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEBUG_RING      256
#define DEBUG_ABOUT_MAX 128

struct debug_msg {
	uint64_t seq;
	uint64_t time_ms; /* since 1970 */
	char *text;       /* lines */
	_Alignas(8) uint8_t about[DEBUG_ABOUT_MAX]; /* the protocol's own struct */
};

struct debug_ring { /* zeroed: nobody looks */
	bool running;
	uint64_t next;    /* number of the next message */
	uint64_t read_ms; /* when it was read */
	struct debug_msg ring[DEBUG_RING];
};

/** Begin, or go on. Returns the number that the next message will have. @now_ms: monotonic. */
uint64_t debug_ring_start(struct debug_ring *d, uint64_t now_ms);
void debug_ring_stop(struct debug_ring *d);
/** Is it running although nobody has read for a minute? Then it is to be stopped. */
bool debug_ring_unread(const struct debug_ring *d, uint64_t now_ms);
/** Both are copied; @len at most DEBUG_ABOUT_MAX. Without memory the message is lost. */
void debug_ring_add(struct debug_ring *d, const char *text, const void *about, size_t len);
/** The messages from number @since on. Returns the number to ask for next; *@lost: how many were
 *  gone already. Valid during the call of @fn. */
uint64_t debug_ring_read(struct debug_ring *d, uint64_t since, uint64_t now_ms, uint64_t *lost,
		void (*fn)(void *arg, const struct debug_msg *m), void *arg);
/** Frees what is in it. */
void debug_ring_fini(struct debug_ring *d);

#endif
