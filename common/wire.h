/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Bounded reader and writer for bytes on the wire. All parsing of received bytes in the
 * control plane goes through struct rd; all building of messages through struct wr. A failure
 * sticks: a parser reads straight down like the RFC's diagram and checks once, at the end.
 */
#ifndef CULVERT_COMMON_WIRE_H
#define CULVERT_COMMON_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bounded reader over received bytes. The first short read sets @bad; from then on
 *  every read yields zero or NULL. */
struct rd {
	const uint8_t *p;   /* next unread byte */
	const uint8_t *end; /* one past the last */
	bool bad;
};

/** A reader over @len bytes at @p, which must outlive it. */
struct rd rd_init(const void *p, size_t len);
/** Unread bytes; 0 once bad. */
size_t rd_left(const struct rd *r);
/** The next @n bytes, stepped over; NULL if they are not there. For n == 0 not NULL unless bad. */
const uint8_t *rd_bytes(struct rd *r, size_t n);
/** Copy the next @n bytes to @dst; zeroes @dst when they are not there. */
void rd_copy(struct rd *r, void *dst, size_t n);
uint8_t rd_u8(struct rd *r);
uint16_t rd_be16(struct rd *r);
uint32_t rd_be32(struct rd *r);
uint64_t rd_be64(struct rd *r);
/** The next @n bytes as a reader of their own; bad (both) if they are not there. */
struct rd rd_sub(struct rd *r, size_t n);

/** Bounded writer. Overflow sets @bad and sticks; nothing is written past @cap. */
struct wr {
	uint8_t *buf;
	size_t len; /* written so far */
	size_t cap;
	bool bad;
};

/** A writer into @cap bytes at @buf, owned by the caller. */
struct wr wr_init(void *buf, size_t cap);
/** Room for @n bytes to be filled by the caller; NULL on overflow. */
uint8_t *wr_room(struct wr *w, size_t n);
void wr_bytes(struct wr *w, const void *p, size_t n);
void wr_zero(struct wr *w, size_t n);
void wr_u8(struct wr *w, uint8_t v);
void wr_be16(struct wr *w, uint16_t v);
void wr_be32(struct wr *w, uint32_t v);
void wr_be64(struct wr *w, uint64_t v);
/** Overwrite two bytes at offset @at, which must have been written before. */
void wr_patch_be16(struct wr *w, size_t at, uint16_t v);
void wr_patch_be32(struct wr *w, size_t at, uint32_t v);
void wr_patch_u8(struct wr *w, size_t at, uint8_t v);

#endif
