/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Answers that are made in parts, over several turns of the event loop: those that list thousands
 * of entries. Whoever answers such a subject has a function that writes the next entry, and a
 * cursor of its own between two calls; in between anything may happen, so a cursor is a key or an
 * id, never a pointer or an index that a change would move.
 *
 * Each entry is as it was when it was written. One that is there from the first part to the last is
 * in the answer once; one that comes or goes meanwhile may be in it or not.
 */
#ifndef CULVERT_CONTROLPLANE_MGMT_PARTS_H
#define CULVERT_CONTROLPLANE_MGMT_PARTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MGMT_OUT_DEPTH 8

/** JSON as text, written from left to right. A failure (no memory) sticks. */
struct mgmt_out {
	char *text;
	size_t len, cap;
	bool failed;
	uint8_t depth;
	struct {
		char close;
		bool any; /* it has a member already */
	} open[MGMT_OUT_DEPTH];
};

/** Begin an object or an array. @key: its name in the object that is open, a constant of plain
 *  ASCII; NULL in an array. */
void mgmt_out_object(struct mgmt_out *o, const char *key);
void mgmt_out_array(struct mgmt_out *o, const char *key);
/** End what was begun last. */
void mgmt_out_end(struct mgmt_out *o);
/** A whole value; its reference is taken. NULL (it could not be made): nothing is written. */
void mgmt_out_put(struct mgmt_out *o, const char *key, json_t *value);

/** How a subject of `show` is answered in parts. */
struct mgmt_parts {
	size_t cursor_size; /* zeroed before the first part */
	/** May be NULL. False: an error, with one line in @err. */
	bool (*begin)(void *ctx, const json_t *params, void *cursor, char *err, size_t err_len);
	/**
	 * Write a part, one entry or so, into the result, an object that is open. What is begun may
	 * be ended in a later part.
	 *
	 * @param params  as for mgmt_fn.
	 * @return false: that was the last one.
	 */
	bool (*next)(void *ctx, const json_t *params, void *cursor, struct mgmt_out *out);
	/** May be NULL. The answer is whole, or nobody wants it any more. */
	void (*end)(void *ctx, void *cursor);
};

/** An answer that is being made. */
struct mgmt_answer_parts;

/**
 * @param id  of the request, or NULL; borrowed, as @params.
 * @return NULL: an error, with one line in @err.
 */
struct mgmt_answer_parts *mgmt_parts_begin(const struct mgmt_parts *how, void *ctx,
		const json_t *id, const json_t *params, char *err, size_t err_len);
/** One more part. False: the answer is whole, and this was the last call. */
bool mgmt_parts_next(struct mgmt_answer_parts *a);
/** How many bytes have been written and not been taken. */
size_t mgmt_parts_len(const struct mgmt_answer_parts *a);
/** Out of memory: the answer cannot be had. */
bool mgmt_parts_failed(const struct mgmt_answer_parts *a);
/** Take what has been written, mgmt_parts_len() bytes of it: the caller frees it. */
char *mgmt_parts_take(struct mgmt_answer_parts *a);
/** NULL is fine. */
void mgmt_parts_free(struct mgmt_answer_parts *a);

#endif
