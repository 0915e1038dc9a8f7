/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists of LSAs that the route calculation originates, compared with those of the time before. */
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/calc_int.h"

void
calc_own_add(struct calc_owns *w, uint8_t type, uint8_t options, uint32_t id, const uint8_t *body,
		uint8_t n)
{
	struct calc_own *o;

	if (w->n == w->cap) {
		uint32_t cap = w->cap == 0 ? 32 : 2 * w->cap;
		void *p = realloc(w->at, cap * sizeof(*w->at));

		if (p == NULL) {
			w->failed = true;
			return;
		}
		w->at = p;
		w->cap = cap;
	}
	o = &w->at[w->n++];
	*o = (struct calc_own){ .id = id, .type = type, .options = options, .n = n };
	memcpy(o->body, body, n);
}

uint32_t
calc_own_id(const struct ip4_prefix *p, bool longer)
{
	return longer ? p->addr | ~ip4_mask(p->len) : p->addr;
}

static int
own_cmp(const void *pa, const void *pb)
{
	const struct calc_own *a = pa, *b = pb;

	if (a->type != b->type)
		return (int)a->type - (int)b->type;
	return a->id < b->id ? -1 : a->id > b->id;
}

void
calc_own_apply(struct ospf_lsdb *db, struct calc_owns *was, struct calc_owns *w)
{
	uint32_t k = 0;

	if (w->failed) {
		ospf_log(db->o, LVL_ERROR, "out of memory for LSAs of our own");
		free(w->at);
		memset(w, 0, sizeof(*w));
		return;
	}
	if (w->n > 0)
		qsort(w->at, w->n, sizeof(*w->at), own_cmp);
	for (uint32_t i = 0; i < was->n; i++) {
		while (k < w->n && own_cmp(&w->at[k], &was->at[i]) < 0)
			k++;
		if (k == w->n || own_cmp(&w->at[k], &was->at[i]) != 0)
			ospf_flush(db, was->at[i].type, was->at[i].id);
	}
	for (uint32_t i = 0; i < w->n; i++)
		ospf_originate(db, w->at[i].type, w->at[i].id, w->at[i].options, w->at[i].body,
				w->at[i].n);
	free(was->at);
	*was = *w;
	memset(w, 0, sizeof(*w));
}
