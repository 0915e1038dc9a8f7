/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What interfaces carry, averaged over five minutes as on IOS: looked at once a second,
 * exponentially weighted, and before there are five minutes the plain mean.
 */
#include <string.h>

#include "controlplane/dataplane/dplink.h"
#include "controlplane/iface/iface.h"
#include "controlplane/show/show_int.h"

static void
average(double *mean, uint64_t now, uint64_t before, double dt_s, double over_s)
{
	double rate = now >= before ? (double)(now - before) / dt_s : 0;

	*mean += (rate - *mean) * (dt_s < over_s ? dt_s / over_s : 1);
}

static void
one_second(struct show_rate *r, const struct chan_if_stats *st, uint64_t now_ms)
{
	double dt_s = (double)(now_ms - r->at_ms) / 1000, over_s;

	if (r->at_ms != 0 && now_ms > r->at_ms) {
		r->span_s += dt_s;
		over_s = r->span_s < SHOW_RATE_S ? r->span_s : SHOW_RATE_S;
		average(&r->in_bps, 8 * st->in_bytes, 8 * r->last.in_bytes, dt_s, over_s);
		average(&r->in_pps, st->in_packets, r->last.in_packets, dt_s, over_s);
		average(&r->out_bps, 8 * st->out_bytes, 8 * r->last.out_bytes, dt_s, over_s);
		average(&r->out_pps, st->out_packets, r->last.out_packets, dt_s, over_s);
	}
	r->last = *st;
	r->at_ms = now_ms;
}

void
rates_second(struct show *s, uint64_t now_ms)
{
	const struct chan_client *c = dplink_client(s->cp->dplink);
	const struct ifaces *x = s->cp->ifaces;
	struct chan_if_stats st;

	if (c == NULL || s->rates_boot_id != chan_client_boot_id(c))
		memset(s->rates, 0, sizeof(s->rates)); /* its counters begin anew */
	if (c == NULL)
		return;
	s->rates_boot_id = chan_client_boot_id(c);
	for (uint32_t i = 0; i < ifaces_n(x); i++) {
		uint32_t id = ifaces_at(x, i)->if_id;

		if (id < CHAN_MAX_IFS && chan_client_if_stats(c, id, &st) == 0)
			one_second(&s->rates[id], &st, now_ms);
	}
}

json_t *
rates_json(const struct show *s, uint32_t if_id)
{
	const struct show_rate *r = if_id < CHAN_MAX_IFS ? &s->rates[if_id] : NULL;

	if (r == NULL || r->span_s <= 0)
		return json_null();
	return json_pack("{s:i, s:I, s:I, s:I, s:I}", "seconds",
			(int)(r->span_s < SHOW_RATE_S ? r->span_s + 0.5 : SHOW_RATE_S), "in_bps",
			(json_int_t)r->in_bps, "in_pps", (json_int_t)r->in_pps, "out_bps",
			(json_int_t)r->out_bps, "out_pps", (json_int_t)r->out_pps);
}
