/* SPDX-License-Identifier: BSD-3-Clause */
/* The running packet trace; see trace.h. */
#include <errno.h>

#include "common/inet.h"
#include "common/inet6.h"
#include "dataplane/tables/tables_int.h"
#include "dataplane/tables/trace.h"

#define COUNT_MAX 1000

static bool
prefix_good(uint8_t family, uint32_t addr, const uint8_t addr6[16], uint8_t len)
{
	struct ip6_addr a, net;

	if (family == 4)
		return len <= 32 && (addr & ~ip4_mask(len)) == 0;
	if (family != 6)
		return len == 0;
	memcpy(&a, addr6, sizeof(a));
	net = ip6_masked(&a, RTE_MIN(len, 128));
	return len <= 128 && ip6_equal(&a, &net);
}

static int
trace_check(const struct tables *t, const struct chan_trace *c, const char **field)
{
	if (c->count > COUNT_MAX)
		return refuse(field, "trace.count", -EINVAL);
	if (c->if_id != CHAN_NONE && c->if_id >= CHAN_MAX_IFS)
		return refuse(field, "trace.if_id", -EINVAL);
	if (c->tun_id != CHAN_NONE && c->tun_id >= t->max_tunnels)
		return refuse(field, "trace.tun_id", -EINVAL);
	if (c->family != 0 && c->family != 4 && c->family != 6)
		return refuse(field, "trace.family", -EINVAL);
	if (!prefix_good(c->family, c->src, c->src6, c->src_len))
		return refuse(field, "trace.src", -EINVAL);
	if (!prefix_good(c->family, c->dst, c->dst6, c->dst_len))
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
