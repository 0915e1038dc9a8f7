/* SPDX-License-Identifier: BSD-3-Clause */
/* A node of sim.h: the model of its dataplane, and what its engine asks of it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ike/ike_id.h"
#include "tests/sim/sim_int.h"

/* ---- its SAs -------------------------------------------------------------------------------- */

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

/* ---- the engine's callbacks ----------------------------------------------------------------- */

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

	if (tun_id < 7 || tun_id >= 7 + SIM_TUNNELS || n->no_spi)
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

	if (tun_id < 7 || tun_id >= 7 + SIM_TUNNELS || len > sizeof(n->kept))
		abort();
	if (tun_id != 7) {
		if (len > 0)
			memcpy(n->kept_of[tun_id - 8], data, len);
		n->kept_of_len[tun_id - 8] = len;
		return;
	}
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

	*len = tun_id == 7 ? n->kept_len : n->kept_of_len[tun_id - 8];
	return tun_id == 7 ? n->kept : n->kept_of[tun_id - 8];
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
	return tun_id >= 7 && tun_id < 7 + SIM_TUNNELS;
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
	struct sim_event *ev = sim_event_new(EV_JOB, n->me);

	ev->job = job;
	sim_post(n->s, ev, n->s->now + 1 + sim_rand(n->s) % n->s->job_delay_ms);
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
	snprintf(n->s->met_by, sizeof(n->s->met_by), "%s", peer);
	return n->s->met_answer;
}

static void
op_child_look(void *ctx, uint64_t child_id)
{
	struct sim_node *n = ctx;

	if (ike_child_exists(n->e, child_id))
		ike_peer_alive(n->e, 7, n->esp_ms);
}

static bool
op_input_lost(void *ctx)
{
	struct sim_node *n = ctx;
	bool lost = n->input_lost;

	n->input_lost = false;
	return lost;
}

static void
op_trace(void *ctx, const struct ike_trace *t)
{
	struct sim_node *n = ctx;

	if (n->s->traced != NULL)
		n->s->traced(n->s, n->me, t);
}

/* ---- the engine ----------------------------------------------------------------------------- */

void
sim_start_engine(struct sim *s, int i)
{
	struct ike_ops ops = { .send = sim_send,
		.keepalive = sim_keepalive,
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
		.child_look = op_child_look,
		.input_lost = op_input_lost,
		.job = s->job_delay_ms != 0 ? op_job : NULL };

	s->n[i].s = s;
	s->n[i].me = i;
	s->n[i].state = IKE_PEER_IDLE;
	s->n[i].e = ike_engine_new(&ops, &s->n[i], &s->limits, s->now);
	if (s->n[i].e == NULL)
		abort();
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

/* ---- data packets --------------------------------------------------------------------------- */

void
sim_send_data(struct sim *s)
{
	for (int i = 0; i < SIM_NODES; i++) {
		struct sim_sa *out = sim_out(&s->n[i]);
		struct sim_event *ev;

		if (out == NULL) {
			s->n_no_out++;
			continue;
		}
		s->n_data++;
		ev = sim_event_new(EV_DATA, !i);
		ev->key = out->out;
		if (out->path.local_port != 0 && !sim_wire_path(s, i, &out->path, &ev->path)) {
			s->n_data_lost++;
			free(ev);
			continue;
		}
		sim_post(s, ev, sim_travel(s));
	}
}

void
sim_receive_data(struct sim *s, int to, const struct ike_child_keys *key,
		const struct ike_path *path)
{
	struct sim_sa *sa = inbound(&s->n[to], key);

	if (sa == NULL) {
		s->n_data_lost++;
		if (s->log)
			printf("%8llu %c: DATA LOST spi %x\n", (unsigned long long)s->now, "AB"[to],
					key->spi);
		ike_unknown_spi(s->n[to].e, path->remote != 0 ? path->remote : SIM_ADDR(!to),
				key->spi, s->now);
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
