/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IP event dampening: a penalty for each loss of a link, which decays by half in every half-life.
 * From the suppress threshold on the link counts as down, until the penalty has come down to the
 * reuse threshold. So a link that flaps costs its neighbours one change, and is back when it has
 * been quiet for a while, after the maximum suppress time at the latest. The terms and the default
 * values are IOS's. No clock, no state but the caller's.
 */
#ifndef CULVERT_CONTROLPLANE_IFACE_DAMP_H
#define CULVERT_CONTROLPLANE_IFACE_DAMP_H

#include <stdbool.h>
#include <stdint.h>

#define DAMP_FLAP        1000  /* penalty for one loss of the link */
#define DAMP_PENALTY_MAX 20000

struct damp_cfg {
	uint32_t half_life_s;       /* 0: no dampening */
	uint32_t reuse, suppress;   /* thresholds, reuse < suppress */
	uint32_t max_suppress_s;    /* 0: four times the half-life */
};

/** All zero: nothing has happened. */
struct damp {
	double penalty; /* as of @at_ms */
	uint64_t at_ms;
	bool suppressed;
	uint64_t n_flaps, n_suppressed;
};

/** The longest that a link is suppressed after its last loss, in seconds. */
uint32_t damp_max_suppress_s(const struct damp_cfg *c);
/** The highest penalty: what decays to the reuse threshold within damp_max_suppress_s(). */
uint32_t damp_penalty_max(const struct damp_cfg *c);
/** What is left of the penalty at @now_ms. */
double damp_penalty(const struct damp *d, const struct damp_cfg *c, uint64_t now_ms);
/** Add @penalty, DAMP_FLAP for a loss. @return it is suppressed from now on, and was not. */
bool damp_add(struct damp *d, const struct damp_cfg *c, uint32_t penalty, uint64_t now_ms);
/** When the link may be used again; 0: it is not suppressed. */
uint64_t damp_reuse_ms(const struct damp *d, const struct damp_cfg *c, uint64_t now_ms);
/** Let the time pass. @return it may be used again from now on, and might not before. */
bool damp_settle(struct damp *d, const struct damp_cfg *c, uint64_t now_ms);

#endif
