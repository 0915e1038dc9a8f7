/* SPDX-License-Identifier: BSD-3-Clause */
/* Two engines and a wire without delay; see bench_ike.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>


#include "tests/bench/bench_ike.h"
#include "tests/sim/certs.h"

struct letter {
	struct letter *next;
	int to;
	struct ike_job *job; /* public-key work; else a message */
	struct ike_path path;
	size_t len;
	uint8_t msg[];
};

static uint64_t
cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* ---- the engines' callbacks ----------------------------------------------------------------- */

static struct letter *
post(struct duo *d, int to, size_t len)
{
	struct letter *l = malloc(sizeof(*l) + len);

	if (l == NULL)
		give_up("out of memory");
	*l = (struct letter){ .to = to, .len = len };
	*d->last = l;
	d->last = &l->next;
	return l;
}

static void
op_send(void *ctx, const struct ike_path *path, const uint8_t *msg, size_t len)
{
	struct end *n = ctx;
	struct letter *l = post(n->d, !n->me, len);

	l->path = (struct ike_path){ path->remote, path->local, path->remote_port,
		path->local_port };
	memcpy(l->msg, msg, len);
}

static void
op_job(void *ctx, struct ike_job *job)
{
	struct end *n = ctx;

	post(n->d, n->me, 0)->job = job;
}

static uint32_t
op_spi_alloc(void *ctx, uint32_t tun_id)
{
	return ((struct end *)ctx)->next_spi++;
}

static void
op_spi_free(void *ctx, uint32_t spi)
{
}

static int
op_child_add(void *ctx, const struct ike_child_sa *c, uint64_t replaces, bool use_out)
{
	((struct end *)ctx)->child[c->tun_id] = c->id;
	return 0;
}

static void
op_child(void *ctx, uint64_t id)
{
}

static void
op_keep(void *ctx, uint32_t tun_id, const uint8_t *data, size_t len)
{
	keep_put(&((struct end *)ctx)->keep, tun_id, data, len);
}

static void
op_peer_state(void *ctx, const char *peer, enum ike_peer_state state, const char *why)
{
	((struct end *)ctx)->n_up += state == IKE_PEER_ESTABLISHED;
}

/* ---- the world ------------------------------------------------------------------------------ */

static int64_t
op_wall_s(void *ctx)
{
	return CERTS_NOW;
}

struct duo *
duo_new(uint32_t n, uint16_t group, const char *certs)
{
	struct ike_ops ops = { .send = op_send,
		.random = random_bytes,
		.spi_alloc = op_spi_alloc,
		.spi_free = op_spi_free,
		.child_add = op_child_add,
		.child_use_out = op_child,
		.child_del = op_child,
		.peer_state = op_peer_state,
		.job = op_job,
		.wall_s = op_wall_s };
	struct duo *d = calloc(1, sizeof(*d));

	if (d == NULL)
		give_up("out of memory");
	if (certs != NULL)
		creds_make(certs, n, CERTS_NOW, NULL);
	d->n = n;
	d->now = 1000;
	d->last = &d->first;
	for (int k = 0; k < N_ENDS; k++) {
		struct end *x = &d->end[k];

		*x = (struct end){ .d = d, .me = k, .next_spi = 4096 };
		x->child = calloc(n, sizeof(*x->child));
		ops.keep = k == HUB ? op_keep : NULL;
		if (k == HUB)
			keep_open(&x->keep, calloc(1, chan_keep_size(n)), chan_keep_size(n));
		x->e = ike_engine_new(&ops, x, NULL, d->now);
		if (x->e == NULL || x->child == NULL || (k == HUB && x->keep.base == NULL))
			give_up("out of memory");
		for (uint32_t i = 0; i < n; i++) {
			struct ike_peer_cfg c = duo_cfg(k, i, group);

			if (ike_peer_set(x->e, &c, d->now) != 0)
				give_up("a peer is refused");
		}
	}
	return d;
}

void
duo_free(struct duo *d)
{
	duo_run(d);
	for (int k = 0; k < N_ENDS; k++) {
		ike_engine_free(d->end[k].e, false);
		free(d->end[k].child);
		free(d->end[k].keep.base);
	}
	creds_drop();
	free(d);
}

static void
deliver(struct end *n, struct letter *l)
{
	uint64_t at = cpu_ns();

	if (l->job != NULL) {
		ike_job_run(l->job);
		ike_job_done(n->e, l->job, n->d->now);
	} else {
		ike_input(n->e, &l->path, l->msg, l->len, n->d->now);
	}
	n->ns += cpu_ns() - at;
}

void
duo_run(struct duo *d)
{
	struct letter *l;

	while ((l = d->first) != NULL) {
		d->first = l->next;
		if (d->first == NULL)
			d->last = &d->first;
		deliver(&d->end[l->to], l);
		free(l);
	}
}

void
duo_pass(struct duo *d, uint64_t ms)
{
	uint64_t end = d->now + ms;

	for (;;) {
		uint64_t t = ike_next_ms(d->end[HUB].e), b = ike_next_ms(d->end[BRANCH].e);

		t = b < t ? b : t;
		if (t > end)
			break;
		d->now = t > d->now ? t : d->now;
		for (int k = 0; k < N_ENDS; k++) {
			uint64_t at = cpu_ns();

			ike_tick(d->end[k].e, d->now);
			d->end[k].ns += cpu_ns() - at;
		}
		duo_run(d);
	}
	d->now = end;
}
