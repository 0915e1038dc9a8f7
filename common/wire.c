/* SPDX-License-Identifier: BSD-3-Clause */
/* Bounded reader and writer; see wire.h. */
#include <string.h>

#include "common/wire.h"

struct rd
rd_init(const void *p, size_t len)
{
	static const uint8_t nothing[1];

	/* No bytes may come as NULL, but C has no NULL + 0. */
	if (p == NULL)
		return (struct rd){ .p = nothing, .end = nothing, .bad = len != 0 };
	return (struct rd){ .p = p, .end = (const uint8_t *)p + len };
}

size_t
rd_left(const struct rd *r)
{
	return r->bad ? 0 : (size_t)(r->end - r->p);
}

const uint8_t *
rd_bytes(struct rd *r, size_t n)
{
	const uint8_t *p = r->p;

	if (r->bad || n > (size_t)(r->end - r->p)) {
		r->bad = true;
		return NULL;
	}
	r->p += n;
	return p;
}

void
rd_copy(struct rd *r, void *dst, size_t n)
{
	const uint8_t *p = rd_bytes(r, n);

	if (n == 0)
		return;
	if (p != NULL)
		memcpy(dst, p, n);
	else
		memset(dst, 0, n);
}

uint8_t
rd_u8(struct rd *r)
{
	const uint8_t *p = rd_bytes(r, 1);

	return p != NULL ? p[0] : 0;
}

uint16_t
rd_be16(struct rd *r)
{
	const uint8_t *p = rd_bytes(r, 2);

	return p != NULL ? (uint16_t)(p[0] << 8 | p[1]) : 0;
}

uint32_t
rd_be32(struct rd *r)
{
	const uint8_t *p = rd_bytes(r, 4);

	if (p == NULL)
		return 0;
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

uint64_t
rd_be64(struct rd *r)
{
	uint64_t hi = rd_be32(r);
	uint64_t lo = rd_be32(r);

	return r->bad ? 0 : hi << 32 | lo;
}

struct rd
rd_sub(struct rd *r, size_t n)
{
	const uint8_t *p = rd_bytes(r, n);

	if (p == NULL)
		return (struct rd){ .p = r->p, .end = r->p, .bad = true };
	return rd_init(p, n);
}

struct wr
wr_init(void *buf, size_t cap)
{
	return (struct wr){ .buf = buf, .cap = cap };
}

uint8_t *
wr_room(struct wr *w, size_t n)
{
	uint8_t *p = w->buf + w->len;

	if (w->bad || n > w->cap - w->len) {
		w->bad = true;
		return NULL;
	}
	w->len += n;
	return p;
}

void
wr_bytes(struct wr *w, const void *p, size_t n)
{
	uint8_t *room = wr_room(w, n);

	if (room != NULL && n > 0)
		memcpy(room, p, n);
}

void
wr_zero(struct wr *w, size_t n)
{
	uint8_t *room = wr_room(w, n);

	if (room != NULL)
		memset(room, 0, n);
}

void
wr_u8(struct wr *w, uint8_t v)
{
	wr_bytes(w, &v, 1);
}

void
wr_be16(struct wr *w, uint16_t v)
{
	uint8_t b[2] = { (uint8_t)(v >> 8), (uint8_t)v };

	wr_bytes(w, b, sizeof(b));
}

void
wr_be32(struct wr *w, uint32_t v)
{
	uint8_t b[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v };

	wr_bytes(w, b, sizeof(b));
}

void
wr_be64(struct wr *w, uint64_t v)
{
	wr_be32(w, (uint32_t)(v >> 32));
	wr_be32(w, (uint32_t)v);
}

/* Patch @n bytes at @at with the big-endian tail of @v. */
static void
wr_patch(struct wr *w, size_t at, uint32_t v, size_t n)
{
	if (w->bad || at > w->len || n > w->len - at) {
		w->bad = true;
		return;
	}
	for (size_t i = 0; i < n; i++)
		w->buf[at + i] = (uint8_t)(v >> (8 * (n - 1 - i)));
}

void
wr_patch_be16(struct wr *w, size_t at, uint16_t v)
{
	wr_patch(w, at, v, 2);
}

void
wr_patch_be32(struct wr *w, size_t at, uint32_t v)
{
	wr_patch(w, at, v, 4);
}

void
wr_patch_u8(struct wr *w, size_t at, uint8_t v)
{
	wr_patch(w, at, v, 1);
}
