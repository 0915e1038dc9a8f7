/* SPDX-License-Identifier: BSD-3-Clause */
/* `debug ip ospf`: what the engine tells, for whom somebody wants to see; see proc.h. */
#include <assert.h>
#include <string.h>

#include "controlplane/cp.h"
#include "controlplane/ospf/proc_int.h"

static bool
has_neighbor(const struct ospf_if *ifp, uint32_t addr)
{
	const struct ospf_nbr *n;

	TAILQ_FOREACH (n, &ifp->nbrs, link)
		if (n->addr == addr || n->router_id == addr)
			return true;
	return false;
}

static bool
is_wanted(const struct ospf_debug_filter *f, const struct ospf_trace *t)
{
	if (f->interface[0] != '\0' &&
			(t->ifp == NULL || strcmp(f->interface, t->ifp->cfg.name) != 0))
		return false;
	if (f->neighbor == 0 || f->neighbor == t->addr)
		return true;
	if (!t->out && f->neighbor == t->router_id)
		return true;
	/* To all on a network where it is; and to it, by its router ID. */
	return t->out && t->ifp != NULL && has_neighbor(t->ifp, f->neighbor) &&
	       ((t->addr >> 28) == 0xe || has_neighbor(t->ifp, t->addr));
}

void
proc_debug_trace(void *ctx, const struct ospf_trace *t)
{
	struct ospf_proc *p = ctx;
	struct ospf_debug_about about = { .topic = t->topic, .out = t->out, .addr = t->addr,
		.router_id = t->router_id };

	if (debug_ring_unread(&p->debug, cp_now_ms())) {
		log_notice("ospf", "debug ip ospf ends: nobody has read it for a minute");
		ospf_debug_stop(p);
	}
	if (!p->debug.running || !is_wanted(&p->debug_filter, t))
		return;
	static_assert(sizeof(about.interface) == sizeof(t->ifp->cfg.name), "both end with a NUL");
	if (t->ifp != NULL)
		memcpy(about.interface, t->ifp->cfg.name, sizeof(about.interface));
	debug_ring_add(&p->debug, t->text, &about, sizeof(about));
}

void
proc_debug_apply(struct ospf_proc *p)
{
	if (p->o != NULL)
		ospf_trace_on(p->o, p->debug.running ? p->debug_filter.topics : 0);
}

uint64_t
ospf_debug_start(struct ospf_proc *p, const struct ospf_debug_filter *f)
{
	uint64_t next = debug_ring_start(&p->debug, cp_now_ms());

	p->debug_filter = *f;
	proc_debug_apply(p);
	return next;
}

void
ospf_debug_stop(struct ospf_proc *p)
{
	debug_ring_stop(&p->debug);
	proc_debug_apply(p);
}

struct debug_ring *
ospf_debug_ring(struct ospf_proc *p)
{
	return &p->debug;
}
