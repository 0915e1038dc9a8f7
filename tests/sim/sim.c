/* SPDX-License-Identifier: BSD-3-Clause */
/* The simulated world of sim.h. */
#include <stdlib.h>
#include <string.h>

#include "controlplane/ike/ike_id.h"
#include "tests/sim/sim_int.h"

uint32_t
sim_rand(struct sim *s)
{
	s->rng ^= s->rng << 13;
	s->rng ^= s->rng >> 7;
	s->rng ^= s->rng << 17;
	return (uint32_t)(s->rng >> 16);
}

/* ---- building the world --------------------------------------------------------------------- */

struct sim *
sim_new(uint64_t seed, const struct ike_limits *lim)
{
	struct sim *s = calloc(1, sizeof(*s));

	if (s == NULL)
		abort();
	if (lim != NULL)
		s->limits = *lim;
	s->rng = seed * 0x9e3779b97f4a7c15u + 1;
	s->now = 1000;
	s->latency_ms = 20;
	s->log = getenv("SIM_LOG") != NULL;
	for (int i = 0; i < SIM_NODES; i++) {
		s->n[i].next_spi = 0x1000u * (uint32_t)(i + 1);
		sim_start_engine(s, i);
	}
	return s;
}

static void
free_events(struct sim_event *ev)
{
	while (ev != NULL) {
		struct sim_event *next = ev->next;

		if (ev->kind == EV_JOB)
			ike_job_done(NULL, ev->job, 0);
		free(ev);
		ev = next;
	}
}

int
sim_free(struct sim *s)
{
	int left = 0;

	s->drop = NULL;
	for (int i = 0; i < SIM_NODES; i++) {
		ike_engine_free(s->n[i].e, false);
		left += s->n[i].spis_out + sim_held_sas(&s->n[i]);
		free_events(s->held[i]);
	}
	free_events(s->events);
	free(s);
	return left;
}

/* Jobs of the engine that goes away are dropped with it. */
static void
engine_gone(struct sim *s, int i)
{
	ike_engine_free(s->n[i].e, false);
	for (struct sim_event **p = &s->events; *p != NULL;) {
		struct sim_event *ev = *p;

		if (ev->kind == EV_JOB && ev->to == i) {
			*p = ev->next;
			ike_job_done(NULL, ev->job, 0);
			free(ev);
		} else {
			p = &ev->next;
		}
	}
}

void
sim_crash(struct sim *s, int i)
{
	engine_gone(s, i);
	sim_start_engine(s, i);
}

void
sim_restart(struct sim *s, int i)
{
	struct sim_node *n = &s->n[i];
	struct sim_sa sas[SIM_SAS];
	uint64_t out_id = n->out_id;

	memcpy(sas, n->sas, sizeof(sas));
	engine_gone(s, i);
	memcpy(n->sas, sas, sizeof(sas));
	for (int k = 0; k < SIM_SAS; k++) {
		if (n->sas[k].id == out_id)
			out_id = ~UINT64_C(0) - (uint64_t)k;
		n->sas[k].id = ~UINT64_C(0) - (uint64_t)k; /* nobody's */
	}
	n->out_id = out_id;
	n->spis_out = sim_held_sas(n);
	n->keeps = true;
	sim_start_engine(s, i);
}

struct ike_proposal_cfg
sim_prop(uint16_t encr, uint16_t bits, uint16_t integ, uint16_t prf, uint16_t group, bool esn)
{
	struct ike_proposal_cfg p = { .encr = { { encr, bits } }, .n_encr = 1, .esn = esn };

	if (integ != 0)
		p.integ[p.n_integ++] = integ;
	if (prf != 0)
		p.prf[p.n_prf++] = prf;
	if (group != 0)
		p.group[p.n_group++] = group;
	return p;
}

struct ike_peer_cfg
sim_cfg(int i)
{
	struct ike_peer_cfg c = { .name = "peer",
		.local = SIM_ADDR(i),
		.remote = SIM_ADDR(!i),
		.local_id = ike_id_of_ip4(SIM_ADDR(i)),
		.remote_id = ike_id_of_ip4(SIM_ADDR(!i)),
		.psk = "correct-horse",
		.psk_len = 13,
		.may_initiate = true,
		.transport = true,
		.ts_proto = 47,
		.tun_id = 7,
		.retransmit_ms = 500,
		.retransmit_tries = 5,
		.frag_mtu = 1280 };

	c.ike_proposals[0] = sim_prop(IKE_ENCR_AES_CBC, 128, IKE_INTEG_HMAC_SHA2_256_128,
			IKE_PRF_HMAC_SHA2_256, IKE_GROUP_X25519, false);
	c.n_ike_proposals = 1;
	c.esp_proposals[0] = sim_prop(IKE_ENCR_AES_GCM_16, 128, 0, 0, 0, true);
	c.n_esp_proposals = 1;
	return c;
}

void
sim_pair(struct sim *s, bool a_starts, bool b_starts)
{
	struct ike_peer_cfg a = sim_cfg(A), b = sim_cfg(B);

	a.initiate = a_starts;
	b.initiate = b_starts;
	if (ike_peer_set(s->n[B].e, &b, s->now) != 0 || ike_peer_set(s->n[A].e, &a, s->now) != 0)
		abort();
}

/* ---- time ----------------------------------------------------------------------------------- */

static void
run_event(struct sim *s, struct sim_event *ev)
{
	switch (ev->kind) {
	case EV_IKE:
		sim_give(s, ev->to, &ev->path, ev->msg, ev->len);
		break;
	case EV_DATA:
		sim_receive_data(s, ev->to, &ev->key, &ev->path);
		break;
	case EV_JOB:
		ike_job_run(ev->job);
		ike_job_done(s->n[ev->to].e, ev->job, s->now);
		break;
	}
	free(ev);
}

static uint64_t
next_time(struct sim *s)
{
	uint64_t t = s->events != NULL ? s->events->at : UINT64_MAX;

	for (int i = 0; i < SIM_NODES; i++)
		if (ike_next_ms(s->n[i].e) < t)
			t = ike_next_ms(s->n[i].e);
	if (s->data_ms != 0 && s->next_data_ms < t)
		t = s->next_data_ms;
	return t;
}

/* What a node sends with, the other one must hold: at all times. */
static void
check_twins(struct sim *s)
{
	for (int i = 0; i < SIM_NODES; i++)
		s->n_no_twin += sim_out(&s->n[i]) != NULL && !sim_passes(s, i);
}

/* One step of time: everything that is due then. */
static void
step(struct sim *s)
{
	uint64_t t = next_time(s);

	if (t > s->now)
		s->now = t;
	while (s->events != NULL && s->events->at <= s->now) {
		struct sim_event *ev = s->events;

		s->events = ev->next;
		run_event(s, ev);
		check_twins(s);
	}
	for (int i = 0; i < SIM_NODES; i++)
		ike_tick(s->n[i].e, s->now);
	if (s->data_ms != 0 && s->now >= s->next_data_ms) {
		s->next_data_ms = s->now + s->data_ms;
		sim_send_data(s);
	}
}

void
sim_run(struct sim *s, uint64_t ms)
{
	uint64_t end = s->now + ms;

	while (next_time(s) <= end)
		step(s);
	s->now = end;
}

bool
sim_until(struct sim *s, bool (*cond)(struct sim *s), uint64_t ms)
{
	uint64_t end = s->now + ms;

	while (!cond(s)) {
		if (next_time(s) > end)
			return false;
		step(s);
	}
	return true;
}

/* ---- what a test looks at ------------------------------------------------------------------- */

bool
sim_both_up(struct sim *s)
{
	return s->n[A].state == IKE_PEER_ESTABLISHED && s->n[B].state == IKE_PEER_ESTABLISHED &&
	       sim_passes(s, A) && sim_passes(s, B);
}

uint64_t
sim_counter(struct sim *s, int i, const char *name)
{
	for (unsigned int c = 0; c < ike_n_counters(); c++)
		if (strcmp(ike_counter_name(c), name) == 0)
			return ike_counter(s->n[i].e, c);
	abort(); /* a name that does not exist */
}

struct count {
	const char *state;
	int n;
	struct ike_sa_show last;
};

static void
count_sa(void *arg, const struct ike_sa_show *sa)
{
	struct count *c = arg;

	if (c->state != NULL && strcmp(sa->state, c->state) != 0)
		return;
	c->n++;
	c->last = *sa;
}

int
sim_n_sas(struct sim *s, int i, const char *state)
{
	struct count c = { .state = state };

	ike_for_each_sa(s->n[i].e, s->now, count_sa, &c);
	return c.n;
}

struct ike_sa_show
sim_sa(struct sim *s, int i)
{
	struct count c = { .state = "established" };

	ike_for_each_sa(s->n[i].e, s->now, count_sa, &c);
	return c.last;
}
