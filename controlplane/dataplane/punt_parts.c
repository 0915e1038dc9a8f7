/* SPDX-License-Identifier: BSD-3-Clause */
/* Parts to packets; see punt_parts.h. */
#include <stdlib.h>
#include <string.h>

#include "controlplane/dataplane/punt_parts.h"

static void
drop(struct punt_part *x)
{
	free(x->buf);
	*x = (struct punt_part){ 0 };
}

const uint8_t *
punt_whole(struct punt_parts *all, const struct chan_pkt *pkt, size_t *len)
{
	struct punt_part *x = &all->worker[pkt->worker < CHAN_MAX_WORKERS ? pkt->worker : 0];

	*len = pkt->len;
	if (pkt->part_total == 0)
		return pkt->data;
	/* also what was whole, and has been looked at */
	if (pkt->part_off != x->have || pkt->part_total != x->total)
		drop(x);
	if (pkt->part_off != x->have || pkt->part_total > PUNT_WHOLE_MAX ||
			pkt->len > pkt->part_total - x->have)
		return NULL;
	if (x->buf == NULL) {
		x->buf = malloc(pkt->part_total);
		if (x->buf == NULL)
			return NULL;
		x->total = pkt->part_total;
	}
	memcpy(x->buf + x->have, pkt->data, pkt->len);
	x->have += pkt->len;
	*len = x->total;
	return x->have == x->total ? x->buf : NULL;
}

void
punt_parts_fini(struct punt_parts *all)
{
	for (int i = 0; i < CHAN_MAX_WORKERS; i++)
		drop(&all->worker[i]);
}
