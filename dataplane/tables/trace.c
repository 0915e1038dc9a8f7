/* SPDX-License-Identifier: BSD-3-Clause */
/* The running packet trace; see trace.h. */
#include <errno.h>

#include "common/inet.h"
#include "dataplane/tables/tables_int.h"
#include "dataplane/tables/trace.h"

#define COUNT_MAX 1000

static int
trace_check(const struct tables *t, const struct chan_trace *c, const char **field)
{
	if (c->count > COUNT_MAX)
		return refuse(field, "trace.count", -EINVAL);
	if (c->if_id != CHAN_NONE && c->if_id >= CHAN_MAX_IFS)
		return refuse(field, "trace.if_id", -EINVAL);
	if (c->tun_id != CHAN_NONE && c->tun_id >= t->max_tunnels)
		return refuse(field, "trace.tun_id", -EINVAL);
	if (c->src_len > 32 || (c->src & ~ip4_mask(c->src_len)) != 0)
		return refuse(field, "trace.src", -EINVAL);
	if (c->dst_len > 32 || (c->dst & ~ip4_mask(c->dst_len)) != 0)
		return refuse(field, "trace.dst", -EINVAL);
	if (c->drops_only > 1)
		return refuse(field, "trace.drops_only", -EINVAL);
	return 0;
}

static void
trace_replace(struct tables *t, struct trace_filter *f)
{
	struct trace_filter *old = t->trace;

	__atomic_store_n(&t->trace, f, __ATOMIC_RELEASE);
	tables_free_later(t, old);
}

int
trace_set(struct tables *t, const struct chan_trace *c, const char **field)
{
	struct trace_filter *f = NULL;
	int err = trace_check(t, c, field);

	if (err != 0)
		return err;
	if (c->count != 0) {
		f = tables_alloc(t, sizeof(*f));
		if (f == NULL)
			return refuse(field, "trace", -ENOMEM);
		f->want = *c;
		f->left = c->count;
	}
	trace_replace(t, f);
	return 0;
}

void
trace_stop(struct tables *t)
{
	trace_replace(t, NULL);
}
