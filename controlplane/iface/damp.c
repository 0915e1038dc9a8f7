/* SPDX-License-Identifier: BSD-3-Clause */
/* IP event dampening; see damp.h. */
#include <math.h>

#include "controlplane/iface/damp.h"

uint32_t
damp_max_suppress_s(const struct damp_cfg *c)
{
	return c->max_suppress_s != 0 ? c->max_suppress_s : 4 * c->half_life_s;
}

uint32_t
damp_penalty_max(const struct damp_cfg *c)
{
	double most;

	if (c->half_life_s == 0)
		return 0;
	most = c->reuse * exp2((double)damp_max_suppress_s(c) / c->half_life_s);
	return most < DAMP_PENALTY_MAX ? (uint32_t)most : DAMP_PENALTY_MAX;
}

double
damp_penalty(const struct damp *d, const struct damp_cfg *c, uint64_t now_ms)
{
	if (c->half_life_s == 0 || now_ms <= d->at_ms)
		return d->penalty;
	return d->penalty * exp2(-(double)(now_ms - d->at_ms) / (1000.0 * c->half_life_s));
}

bool
damp_add(struct damp *d, const struct damp_cfg *c, uint32_t penalty, uint64_t now_ms)
{
	double most = damp_penalty_max(c);

	d->penalty = damp_penalty(d, c, now_ms) + penalty;
	if (d->penalty > most)
		d->penalty = most;
	d->at_ms = now_ms;
	if (d->suppressed || d->penalty < c->suppress)
		return false;
	d->suppressed = true;
	d->n_suppressed++;
	return true;
}

uint64_t
damp_reuse_ms(const struct damp *d, const struct damp_cfg *c, uint64_t now_ms)
{
	double penalty = damp_penalty(d, c, now_ms);

	if (!d->suppressed)
		return 0;
	if (c->half_life_s == 0 || penalty <= c->reuse)
		return now_ms;
	return now_ms + (uint64_t)ceil(1000.0 * c->half_life_s * log2(penalty / c->reuse));
}

bool
damp_settle(struct damp *d, const struct damp_cfg *c, uint64_t now_ms)
{
	if (!d->suppressed || damp_reuse_ms(d, c, now_ms) > now_ms)
		return false;
	d->suppressed = false;
	return true;
}
