/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * police - token buckets in front of the punt rings (RFC 2697 by librte_meter, a packet being one
 * byte of it), so that a flood costs the control plane no more than it can bear.
 *
 * Two questions, the one that is cheaper for others first: has this source had its share of the
 * class? Is the class over its rate? Hellos are asked the same with buckets of their own, so that
 * no number of other OSPF packets can push them out.
 *
 * A class's sources are kept in a small table, four to a set; one that is not in it begins with
 * a full bucket and takes the place that was not used for longest. Ever new (forged) addresses so
 * get as far as the class's own bucket: telling these apart is IKE's business (its cookies), or
 * that of the protocol's authentication.
 */
#include <rte_cycles.h>
#include <rte_jhash.h>
#include <rte_malloc.h>
#include <rte_meter.h>
#include <rte_random.h>

#include "dataplane/nodes/police.h"
#include "dataplane/tables/tables_int.h"

#define SRC_SETS 32 /* of each class */
#define SRC_WAYS 4

struct police_src {
	uint32_t addr;
	bool keep; /* its Hellos */
	bool used;
	uint64_t seen_tsc;
	struct rte_meter_srtcm meter;
};

struct police_class {
	uint32_t pps, burst; /* as they were set */
	struct rte_meter_srtcm_profile all, share;
	struct rte_meter_srtcm meter, keep;
	struct police_src srcs[SRC_SETS][SRC_WAYS];
};

struct police {
	uint32_t secret;
	struct police_class classes[CHAN_N_CLASSES];
};

static const struct {
	uint32_t pps, burst;
} defaults[CHAN_N_CLASSES] = {
#define X(cls, name, pps, burst) [CHAN_CLASS_##cls] = { pps, burst },
	CHAN_PUNT_DEFAULTS(X)
#undef X
};

#define X(cls, name, pps, burst) + 1
static_assert(0 CHAN_PUNT_DEFAULTS(X) == CHAN_N_CLASSES, "a rate for each class");
#undef X

static void
class_set(struct police_class *c, uint32_t pps, uint32_t burst)
{
	struct rte_meter_srtcm_params all = { .cir = pps, .cbs = burst };
	struct rte_meter_srtcm_params share = { .cir = RTE_MAX(pps / POLICE_SHARE, 1u),
		.cbs = RTE_MAX(burst / POLICE_SHARE, 1u) };

	/* These fail for a rate or a burst of zero only. */
	c->pps = pps;
	c->burst = burst;
	if (rte_meter_srtcm_profile_config(&c->all, &all) != 0 ||
			rte_meter_srtcm_profile_config(&c->share, &share) != 0 ||
			rte_meter_srtcm_config(&c->meter, &c->all) != 0)
		return;
	c->keep = c->meter;
}

struct police *
police_new(int socket_id)
{
	struct police *p = rte_zmalloc_socket("police", sizeof(*p), RTE_CACHE_LINE_SIZE, socket_id);

	if (p == NULL)
		return NULL;
	p->secret = (uint32_t)rte_rand();
	for (unsigned int k = 0; k < CHAN_N_CLASSES; k++)
		class_set(&p->classes[k], defaults[k].pps, defaults[k].burst);
	return p;
}

void
police_free(struct police *p)
{
	rte_free(p);
}

void
police_tick(struct worker *w)
{
	const struct chan_param *param = &w->tables->param;

	for (unsigned int k = 0; k < CHAN_N_CLASSES; k++) {
		struct police_class *c = &w->police->classes[k];
		uint32_t pps = __atomic_load_n(&param->punt_pps[k], __ATOMIC_RELAXED);
		uint32_t burst = __atomic_load_n(&param->punt_burst[k], __ATOMIC_RELAXED);

		pps = pps != 0 ? pps : defaults[k].pps;
		burst = burst != 0 ? burst : defaults[k].burst;
		if (pps == c->pps && burst == c->burst)
			continue;
		class_set(c, pps, burst);
		memset(c->srcs, 0, sizeof(c->srcs));
	}
}

static bool
take(struct rte_meter_srtcm *m, struct rte_meter_srtcm_profile *p, uint64_t now_tsc)
{
	/* A meter starts with the time of its making, which may be after the burst's. */
	if ((int64_t)(now_tsc - m->time) < 0)
		now_tsc = m->time;
	return rte_meter_srtcm_color_blind_check(m, p, now_tsc, 1) != RTE_COLOR_RED;
}

static struct police_src *
src_get(struct worker *w, struct police_class *c, uint32_t addr, bool keep)
{
	struct police_src *set = c->srcs[rte_jhash_1word(addr,
			w->police->secret + keep) % SRC_SETS];
	struct police_src *old = &set[0];

	for (unsigned int k = 0; k < SRC_WAYS; k++) {
		struct police_src *s = &set[k];

		if (s->used && s->addr == addr && s->keep == keep)
			return s;
		if (s->seen_tsc < old->seen_tsc)
			old = s;
	}
	*old = (struct police_src){ .addr = addr, .keep = keep, .used = true,
		.meter = { .time = w->now_tsc, .tc = c->share.cbs } };
	return old;
}

bool
police_ok(struct worker *w, enum chan_class cls, uint32_t src, bool keep)
{
	struct police_class *c = &w->police->classes[cls];

	struct police_src *s = src_get(w, c, src, keep);

	s->seen_tsc = w->now_tsc;
	return take(&s->meter, &c->share, w->now_tsc) &&
			take(keep ? &c->keep : &c->meter, &c->all, w->now_tsc);
}
