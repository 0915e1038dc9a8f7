/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tables: columns as wide as their widest cell, at most TABLE_WIDTH in all. When that does not fit,
 * the columns marked as flexible give way, the widest first; what is cut ends in "..".
 */
#ifndef CULVERT_CLI_TABLE_H
#define CULVERT_CLI_TABLE_H

#include "cli/out.h"

#define TABLE_WIDTH    100
#define TABLE_COLS_MAX 12

/** Column flags. */
enum table_flag { TABLE_RIGHT = 1, TABLE_FLEX = 2 };

struct table_col {
	const char *title;
	unsigned int flags; /* enum table_flag */
};

struct table;

/** @cols must outlive the table; NULL without memory (all other calls take that). */
struct table *table_new(const struct table_col *cols, unsigned int n_cols);
/** Append a cell to the row under way; the text is cleaned. */
void table_cell(struct table *t, enum out_color color, const char *fmt, ...)
		__attribute__((format(printf, 3, 4)));
/** A full-width line under the row just ended. */
void table_note(struct table *t, enum out_color color, const char *fmt, ...)
		__attribute__((format(printf, 3, 4)));
/** End the row; cells not given are empty. */
void table_row_end(struct table *t);
/** Print and free. */
void table_print(struct table *t, const struct out *o);

#endif
