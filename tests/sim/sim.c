/* SPDX-License-Identifier: BSD-3-Clause */
/* The simulated world of sim.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ike/ike_id.h"
#include "tests/sim/sim.h"

enum kind { EV_IKE, EV_DATA, EV_JOB };

struct sim_event {
	struct sim_event *next;
	uint64_t at;
	enum kind kind;
	int to;
	struct ike_path path; /* as the receiver sees it */
	/* EV_IKE */
	uint8_t msg[SIM_MSG_MAX];
	size_t len;
	/* EV_DATA */
	struct ike_child_keys key;
	/* EV_JOB */
	struct ike_job *job;
};

uint32_t
sim_rand(struct sim *s)
{
	s->rng ^= s->rng << 13;
	s->rng ^= s->rng >> 7;
	s->rng ^= s->rng << 17;
	return (uint32_t)(s->rng >> 16);
}

static void
post(struct sim *s, struct sim_event *ev, uint64_t at)
{
	struct sim_event **p = &s->events;

	ev->at = at;
	while (*p != NULL && (*p)->at <= at)
		p = &(*p)->next;
	ev->next = *p;
	*p = ev;
}

static uint64_t
travel(struct sim *s)
{
	return s->now + s->latency_ms + (s->jitter_ms != 0 ? sim_rand(s) % s->jitter_ms : 0);
}

static struct sim_event *
event_new(enum kind kind, int to)
{
	struct sim_event *ev = calloc(1, sizeof(*ev));

	if (ev == NULL)
		abort();
	ev->kind = kind;
	ev->to = to;
	return ev;
}

int
sim_exchange(const uint8_t *msg)
{
	return msg[18];
}

bool
sim_is_response(const uint8_t *msg)
{
	return (msg[19] & 0x20) != 0;
}

/* ---- addresses ------------------------------------------------------------------------------ */

void
sim_nat_flush(struct sim *s)
{
	uint16_t next = s->nat ? (uint16_t)(s->nat_port[1] + 1) : 31000;

	s->nat = true;
	s->nat_port[0] = next;
	s->nat_port[1] = (uint16_t)(next + 1);
}

/* What the other node sees of a packet that @from sends by @path; false: it goes nowhere. */
static bool
wire_path(const struct sim *s, int from, const struct ike_path *path, struct ike_path *out)
{
	*out = (struct ike_path){ .local = path->remote,
		.remote = path->local,
		.local_port = path->remote_port,
		.remote_port = path->local_port };
	if (s->nat && from == A) {
		out->remote = SIM_NAT;
		out->remote_port = s->nat_port[path->local_port == 4500];
	} else if (s->nat) {
		if (path->remote != SIM_NAT || (path->remote_port != s->nat_port[0] &&
							       path->remote_port != s->nat_port[1]))
			return false;
		out->local = SIM_ADDR(A);
		out->local_port = path->remote_port == s->nat_port[1] ? 4500 : 500;
	}
	return out->local == SIM_ADDR(!from) || (from == A && s->alias && out->local == SIM_ALIAS);
}

/* ---- the engine's callbacks ----------------------------------------------------------------- */

static void
op_send(void *ctx, const struct ike_path *path, const uint8_t *msg, size_t len)
{
	struct sim_node *n = ctx;
	struct sim *s = n->s;
	struct ike_path seen;
	struct sim_event *ev;
	int copies = 1;

	if (len > SIM_MSG_MAX || (path->local != SIM_ADDR(n->me) && path->local != SIM_ALIAS))
		abort();
	s->n_ike[n->me]++;
	memcpy(s->last[n->me], msg, len);
	s->last_len[n->me] = len;
	if (s->log)
		printf("%8llu %c: exchange %d mid %u%s, %zu bytes\n", (unsigned long long)s->now,
				"AB"[n->me], msg[18], msg[23],
				sim_is_response(msg) ? " response" : "", len);
	if (!wire_path(s, n->me, path, &seen) ||
			(s->drop != NULL && s->drop(s, n->me, msg, len)))
		return;
	if (s->mtu != 0 && len + 28 + (path->local_port == 4500 ? 4 : 0) > s->mtu)
		return;
	if (sim_rand(s) % 100 < s->loss_percent)
		return;
	if (sim_rand(s) % 100 < s->repeat_percent)
		copies = 2;
	while (copies-- > 0) {
		ev = event_new(EV_IKE, !n->me);
		ev->path = seen;
		memcpy(ev->msg, msg, len);
		ev->len = len;
		if (s->hold[n->me]) {
			struct sim_event **p = &s->held[n->me];

			while (*p != NULL)
				p = &(*p)->next;
			*p = ev;
		} else {
			post(s, ev, travel(s));
		}
	}
}

static void
op_keepalive(void *ctx, const struct ike_path *path)
{
	struct sim_node *n = ctx;

	if (path->local_port != 4500)
		abort();
	n->s->n_keepalives[n->me]++;
}

static void
op_child_move(void *ctx, uint64_t id, uint32_t remote, uint16_t port)
{
	struct sim_node *n = ctx;

	n->n_moved++;
	for (int i = 0; i < SIM_SAS; i++) {
		if (!n->sas[i].used || n->sas[i].id != id)
			continue;
		if (n->sas[i].path.local_port == 0)
			abort(); /* only what is in UDP moves */
		n->sas[i].path.remote = remote;
		n->sas[i].path.remote_port = port;
	}
}

static void
op_random(void *ctx, uint8_t *buf, size_t len)
{
	struct sim_node *n = ctx;

	for (size_t i = 0; i < len; i++)
		buf[i] = (uint8_t)sim_rand(n->s);
}

static uint32_t
op_spi_alloc(void *ctx, uint32_t tun_id)
{
	struct sim_node *n = ctx;

	if (tun_id != 7 || n->no_spi)
		return 0;
	n->spis_out++;
	return n->next_spi++;
}

static void
op_spi_free(void *ctx, uint32_t spi)
{
	struct sim_node *n = ctx;

	n->spis_out--;
}

static int
op_child_add(void *ctx, const struct ike_child_sa *c, uint64_t replaces, bool use_out)
{
	struct sim_node *n = ctx;

	if (n->refuse_add != 0)
		return n->refuse_add;
	for (int i = 0; i < SIM_SAS; i++) {
		struct sim_sa *sa = &n->sas[i];

		if (sa->used)
			continue;
		*sa = (struct sim_sa){ .used = true,
			.id = c->id,
			.in = *c->in,
			.out = *c->out,
			.tunnel = c->tunnel,
			.inner_remote = c->inner_remote,
			.inner_local = c->inner_local,
			.life_bytes = c->life_bytes,
			.path = { c->local, c->remote, c->local_port, c->remote_port } };
		n->n_added++;
		if (use_out)
			n->out_id = c->id;
		if ((unsigned int)sim_held_sas(n) > n->max_held)
			n->max_held = (unsigned int)sim_held_sas(n);
		return 0;
	}
	abort(); /* never more than a few */
}

static void
op_use_out(void *ctx, uint64_t id)
{
	struct sim_node *n = ctx;

	n->out_id = id;
	if (sim_out(n) == NULL)
		abort();
}

static void
op_child_del(void *ctx, uint64_t id)
{
	struct sim_node *n = ctx;

	n->spis_out--;
	n->n_deleted++;
	if (n->out_id == id)
		n->out_id = 0;
	for (int i = 0; i < SIM_SAS; i++)
		if (n->sas[i].used && n->sas[i].id == id)
			n->sas[i].used = false;
}

static void
op_keep(void *ctx, uint32_t tun_id, const uint8_t *data, size_t len)
{
	struct sim_node *n = ctx;

	if (tun_id != 7 || len > sizeof(n->kept))
		abort();
	memset(n->kept, 0, sizeof(n->kept));
	if (len > 0)
		memcpy(n->kept, data, len);
	n->kept_len = len;
	n->n_kept++;
}

static const uint8_t *
op_kept(void *ctx, uint32_t tun_id, size_t *len)
{
	struct sim_node *n = ctx;

	*len = n->kept_len;
	return n->kept;
}

static int
op_child_restore(void *ctx, const struct ike_child_sa *c, bool current)
{
	struct sim_node *n = ctx;

	for (int i = 0; i < SIM_SAS; i++) {
		struct sim_sa *sa = &n->sas[i];

		if (!sa->used || sa->in.spi != c->in->spi || sa->out.spi != c->out->spi ||
				sa->inner_remote != c->inner_remote ||
				sa->inner_local != c->inner_local)
			continue;
		sa->id = c->id;
		if (current)
			n->out_id = c->id;
		sa->seen = false; /* as the glue does: told again, if packets were counted */
		return 0;
	}
	n->spis_out++; /* child_del gives it back */
	return -ENOENT;
}

static bool
op_spi_claim(void *ctx, uint32_t tun_id, uint32_t spi)
{
	((struct sim_node *)ctx)->spis_out++;
	return tun_id == 7;
}

static void
op_peer_state(void *ctx, const char *peer, enum ike_peer_state state, const char *why)
{
	struct sim_node *n = ctx;

	n->state = state;
	snprintf(n->why, sizeof(n->why), "%s", why);
	if (n->s->log)
		printf("%8llu %c: %s, %s\n", (unsigned long long)n->s->now, "AB"[n->me],
				ike_peer_state_str(state), why);
}

static void
op_job(void *ctx, struct ike_job *job)
{
	struct sim_node *n = ctx;
	struct sim_event *ev = event_new(EV_JOB, n->me);

	ev->job = job;
	post(n->s, ev, n->s->now + 1 + sim_rand(n->s) % n->s->job_delay_ms);
}

static int64_t
op_wall_s(void *ctx)
{
	const struct sim_node *n = ctx;

	return SIM_WALL_S + (int64_t)(n->s->now / 1000);
}

static void
op_log(void *ctx, int level, const char *peer, const char *text)
{
	struct sim_node *n = ctx;

	if (n->s->log)
		printf("%8llu %c: [%d] %s: %s\n", (unsigned long long)n->s->now, "AB"[n->me], level,
				peer, text);
}

static int
op_group(void *ctx, const char *peer, const struct ike_id *id)
{
	struct sim_node *n = ctx;

	n->s->n_met++;
	n->s->met = *id;
	return n->s->met_answer;
}

static void
op_trace(void *ctx, const struct ike_trace *t)
{
	struct sim_node *n = ctx;

	if (n->s->traced != NULL)
		n->s->traced(n->s, n->me, t);
}

/* ---- building the world --------------------------------------------------------------------- */

static struct ike_limits sim_limits;

static void
start_engine(struct sim *s, int i)
{
	struct ike_ops ops = { .send = op_send,
		.keepalive = op_keepalive,
		.child_move = op_child_move,
		.random = op_random,
		.spi_alloc = op_spi_alloc,
		.spi_free = op_spi_free,
		.child_add = op_child_add,
		.child_use_out = op_use_out,
		.child_del = op_child_del,
		.peer_state = op_peer_state,
		.keep = s->n[i].keeps ? op_keep : NULL,
		.kept = s->n[i].keeps ? op_kept : NULL,
		.child_restore = op_child_restore,
		.spi_claim = op_spi_claim,
		.log = op_log,
		.wall_s = op_wall_s,
		.trace = op_trace,
		.group = op_group,
		.job = s->job_delay_ms != 0 ? op_job : NULL };

	s->n[i].s = s;
	s->n[i].me = i;
	s->n[i].state = IKE_PEER_IDLE;
	s->n[i].e = ike_engine_new(&ops, &s->n[i], &sim_limits, s->now);
	if (s->n[i].e == NULL)
		abort();
}

struct sim *
sim_new(uint64_t seed, const struct ike_limits *lim)
{
	struct sim *s = calloc(1, sizeof(*s));

	if (s == NULL)
		abort();
	memset(&sim_limits, 0, sizeof(sim_limits));
	if (lim != NULL)
		sim_limits = *lim;
	s->rng = seed * 0x9e3779b97f4a7c15u + 1;
	s->now = 1000;
	s->latency_ms = 20;
	s->log = getenv("SIM_LOG") != NULL;
	for (int i = 0; i < SIM_NODES; i++) {
		s->n[i].next_spi = 0x1000u * (uint32_t)(i + 1);
		start_engine(s, i);
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
	start_engine(s, i);
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
	start_engine(s, i);
}

void
sim_sweep(struct sim *s, int i)
{
	struct sim_node *n = &s->n[i];

	for (int k = 0; k < SIM_SAS; k++) {
		if (!n->sas[k].used || n->sas[k].id != ~UINT64_C(0) - (uint64_t)k)
			continue;
		n->sas[k].used = false;
		n->spis_out--;
	}
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

struct sim_sa *
sim_out(struct sim_node *n)
{
	for (int i = 0; i < SIM_SAS; i++)
		if (n->sas[i].used && n->sas[i].id == n->out_id)
			return &n->sas[i];
	return NULL;
}

int
sim_held_sas(const struct sim_node *n)
{
	int held = 0;

	for (int i = 0; i < SIM_SAS; i++)
		held += n->sas[i].used;
	return held;
}

static struct sim_sa *
inbound(struct sim_node *n, const struct ike_child_keys *k)
{
	for (int i = 0; i < SIM_SAS; i++) {
		struct sim_sa *sa = &n->sas[i];

		if (sa->used && sa->in.spi == k->spi && sa->in.encr == k->encr &&
				sa->in.esn == k->esn &&
				memcmp(sa->in.enc_key, k->enc_key, sizeof(k->enc_key)) == 0 &&
				memcmp(sa->in.auth_key, k->auth_key, sizeof(k->auth_key)) == 0 &&
				memcmp(sa->in.salt, k->salt, sizeof(k->salt)) == 0)
			return sa;
	}
	return NULL;
}

bool
sim_passes(struct sim *s, int from)
{
	struct sim_sa *out = sim_out(&s->n[from]);

	return out != NULL && inbound(&s->n[!from], &out->out) != NULL;
}

static void
send_data(struct sim *s)
{
	for (int i = 0; i < SIM_NODES; i++) {
		struct sim_sa *out = sim_out(&s->n[i]);
		struct sim_event *ev;

		if (out == NULL) {
			s->n_no_out++;
			continue;
		}
		s->n_data++;
		ev = event_new(EV_DATA, !i);
		ev->key = out->out;
		if (out->path.local_port != 0 && !wire_path(s, i, &out->path, &ev->path)) {
			s->n_data_lost++;
			free(ev);
			continue;
		}
		post(s, ev, travel(s));
	}
}

static void
receive_data(struct sim *s, int to, const struct ike_child_keys *key,
		const struct ike_path *path)
{
	struct sim_sa *sa = inbound(&s->n[to], key);

	if (sa == NULL) {
		s->n_data_lost++;
		if (s->log)
			printf("%8llu %c: DATA LOST spi %x\n", (unsigned long long)s->now, "AB"[to],
					key -> spi);
		return;
	}
	/* As the dataplane does: what is authentic and from elsewhere is told. */
	if (sa->path.local_port != 0 && (path->remote != sa->path.remote ||
						      path->remote_port != sa->path.remote_port))
		ike_child_moved(s->n[to].e, key->spi, path->remote, path->remote_port, s->now);
	if (!sa->seen) {
		sa->seen = true;
		ike_child_seen(s->n[to].e, key->spi, s->now);
	}
}

static void
deliver(struct sim *s, int to, const struct ike_path *path, const uint8_t *msg, size_t len)
{
	/* An exact-size copy, so that a sanitizer sees a read beyond it. */
	uint8_t *copy = malloc(len > 0 ? len : 1);

	if (copy == NULL)
		abort();
	memcpy(copy, msg, len);
	ike_input(s->n[to].e, path, copy, len, s->now);
	free(copy);
}

void
sim_deliver(struct sim *s, int to, const uint8_t *msg, size_t len)
{
	struct ike_path path = { SIM_ADDR(to), SIM_ADDR(!to), 500, 500 };

	deliver(s, to, &path, msg, len);
}

static void
run_event(struct sim *s, struct sim_event *ev)
{
	switch (ev->kind) {
	case EV_IKE:
		deliver(s, ev->to, &ev->path, ev->msg, ev->len);
		break;
	case EV_DATA:
		receive_data(s, ev->to, &ev->key, &ev->path);
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
		send_data(s);
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

int
sim_n_held(struct sim *s, int from)
{
	int n = 0;

	for (struct sim_event *ev = s->held[from]; ev != NULL; ev = ev->next)
		n++;
	return n;
}

void
sim_release(struct sim *s, int from, int nth)
{
	struct sim_event **p = &s->held[from];

	while (*p != NULL) {
		struct sim_event *ev = *p;

		if (nth > 0) {
			nth--;
			p = &ev->next;
			continue;
		}
		*p = ev->next;
		post(s, ev, s->now);
		if (nth == 0)
			return;
	}
}

const uint8_t *
sim_held(struct sim *s, int from, int nth, size_t *len)
{
	struct sim_event *ev = s->held[from];

	while (ev != NULL && nth-- > 0)
		ev = ev->next;
	if (ev == NULL)
		return NULL;
	*len = ev->len;
	return ev->msg;
}

void
sim_discard(struct sim *s, int from, int nth)
{
	struct sim_event **p = &s->held[from], *ev;

	while (*p != NULL && nth-- > 0)
		p = &(*p)->next;
	ev = *p;
	if (ev == NULL)
		return;
	*p = ev->next;
	free(ev);
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
