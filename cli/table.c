/* SPDX-License-Identifier: BSD-3-Clause */
/* Aligned tables; see table.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/table.h"
#include "cli/text.h"

#define CELL_MAX   512
#define GAP        2
#define FLEX_LEAST 6

struct cell {
	char *text;
	enum out_color color;
};

struct row {
	struct cell *cells; /* n_cols of them, or one when @note */
	bool note;
};

struct table {
	const struct table_col *cols;
	unsigned int n_cols;
	unsigned int at; /* next cell of the row under way */
	struct row *rows;
	size_t n_rows, cap_rows;
	bool open; /* the last row is under way */
	bool failed;
};

struct table *
table_new(const struct table_col *cols, unsigned int n_cols)
{
	struct table *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	t->cols = cols;
	t->n_cols = n_cols < TABLE_COLS_MAX ? n_cols : TABLE_COLS_MAX;
	return t;
}

static struct row *
row_add(struct table *t, bool note)
{
	struct row *r;

	if (t->n_rows == t->cap_rows) {
		size_t cap = t->cap_rows == 0 ? 16 : t->cap_rows * 2;
		struct row *rows = realloc(t->rows, cap * sizeof(*rows));

		if (rows == NULL) {
			t->failed = true;
			return NULL;
		}
		t->rows = rows;
		t->cap_rows = cap;
	}
	r = &t->rows[t->n_rows];
	r->note = note;
	r->cells = calloc(note ? 1 : t->n_cols, sizeof(*r->cells));
	if (r->cells == NULL) {
		t->failed = true;
		return NULL;
	}
	t->n_rows++;
	return r;
}

static void
cell_set(struct cell *c, enum out_color color, const char *fmt, va_list ap)
{
	char raw[CELL_MAX], clean[CELL_MAX];

	vsnprintf(raw, sizeof(raw), fmt, ap);
	text_clean(clean, sizeof(clean), raw);
	c->text = strdup(clean);
	c->color = color;
}

void
table_cell(struct table *t, enum out_color color, const char *fmt, ...)
{
	va_list ap;

	if (t == NULL || (!t->open && row_add(t, false) == NULL))
		return;
	if (!t->open) {
		t->open = true;
		t->at = 0;
	}
	if (t->at == t->n_cols)
		return;
	va_start(ap, fmt);
	cell_set(&t->rows[t->n_rows - 1].cells[t->at++], color, fmt, ap);
	va_end(ap);
}

void
table_row_end(struct table *t)
{
	if (t != NULL)
		t->open = false;
}

void
table_note(struct table *t, enum out_color color, const char *fmt, ...)
{
	struct row *r;
	va_list ap;

	if (t == NULL)
		return;
	t->open = false;
	r = row_add(t, true);
	if (r == NULL)
		return;
	va_start(ap, fmt);
	cell_set(&r->cells[0], color, fmt, ap);
	va_end(ap);
}

/* Natural widths, then the flexible columns shrink until the whole fits. */
static void
widths(const struct table *t, size_t *w)
{
	size_t total = 0;

	for (unsigned int c = 0; c < t->n_cols; c++) {
		w[c] = text_width(t->cols[c].title);
		for (size_t r = 0; r < t->n_rows; r++) {
			const char *s = t->rows[r].note ? NULL : t->rows[r].cells[c].text;

			if (s != NULL && text_width(s) > w[c])
				w[c] = text_width(s);
		}
		total += w[c] + (c > 0 ? GAP : 0);
	}
	while (total > TABLE_WIDTH) {
		unsigned int widest = t->n_cols;

		for (unsigned int c = 0; c < t->n_cols; c++)
			if ((t->cols[c].flags & TABLE_FLEX) != 0 && w[c] > FLEX_LEAST &&
					(widest == t->n_cols || w[c] > w[widest]))
				widest = c;
		if (widest == t->n_cols)
			break;
		w[widest]--;
		total--;
	}
}

/* One cell, padded on the side its column asks for; the last column gets no spaces after it. */
static int
cell_print(char *buf, size_t cap, const struct out *o, const struct cell *c, unsigned int flags,
		size_t width, bool last)
{
	const char *text = c->text == NULL ? "" : c->text;
	size_t cols = text_width(text), take = strlen(text), pad;
	bool cut = cols > width, colored = c->color != OUT_PLAIN && o->color && cols > 0;

	if (cut)
		take = text_prefix(text, width - 2);
	pad = cut ? 0 : width - cols;
	return snprintf(buf, cap, "%*s%s%.*s%s%s%*s%s", (flags & TABLE_RIGHT) != 0 ? (int)pad : 0,
			"", colored ? out_sgr(o, c->color) : "", (int)take, text, cut ? ".." : "",
			colored ? out_sgr(o, OUT_PLAIN) : "",
			(flags & TABLE_RIGHT) != 0 || last ? 0 : (int)pad, "", last ? "" : "  ");
}

static void
row_print(const struct table *t, const struct out *o, const struct cell *cells, const size_t *w)
{
	char line[OUT_LINE_MAX];
	size_t used = 0, end = 0;

	line[0] = '\0';
	for (unsigned int c = 0; c < t->n_cols && used < sizeof(line); c++) {
		int n = cell_print(line + used, sizeof(line) - used, o, &cells[c], t->cols[c].flags,
				w[c], c + 1 == t->n_cols);

		used += n > 0 ? (size_t)n : 0;
	}
	used = strlen(line);
	for (end = used; end > 0 && line[end - 1] == ' '; end--)
		;
	line[end] = '\0';
	o->line(o->arg, line);
}

void
table_print(struct table *t, const struct out *o)
{
	struct cell titles[TABLE_COLS_MAX];
	char copies[TABLE_COLS_MAX][64];
	size_t w[TABLE_COLS_MAX];

	if (t == NULL) {
		out_line(o, "%% Out of memory");
		return;
	}
	widths(t, w);
	for (unsigned int c = 0; c < t->n_cols; c++) {
		snprintf(copies[c], sizeof(copies[c]), "%s", t->cols[c].title);
		titles[c] = (struct cell){ .text = copies[c], .color = OUT_BOLD };
	}
	row_print(t, o, titles, w);
	for (size_t r = 0; r < t->n_rows; r++) {
		struct row *row = &t->rows[r];

		if (row->note)
			out_colored(o, row->cells[0].color, "%s",
					row->cells[0].text == NULL ? "" : row->cells[0].text);
		else
			row_print(t, o, row->cells, w);
		for (unsigned int c = 0; c < (row->note ? 1 : t->n_cols); c++)
			free(row->cells[c].text);
		free(row->cells);
	}
	if (t->failed)
		out_line(o, "%% Out of memory: the table is not complete");
	free(t->rows);
	free(t);
}
