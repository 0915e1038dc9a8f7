/* SPDX-License-Identifier: BSD-3-Clause */
/* The wire of sim.h: messages on their way, addresses and the NAT, what is held back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/sim_int.h"

void
sim_post(struct sim *s, struct sim_event *ev, uint64_t at)
{
	struct sim_event **p = &s->events;

	ev->at = at;
	while (*p != NULL && (*p)->at <= at)
		p = &(*p)->next;
	ev->next = *p;
	*p = ev;
}

uint64_t
sim_travel(struct sim *s)
{
	return s->now + s->latency_ms + (s->jitter_ms != 0 ? sim_rand(s) % s->jitter_ms : 0);
}

struct sim_event *
sim_event_new(enum sim_kind kind, int to)
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
bool
sim_wire_path(const struct sim *s, int from, const struct ike_path *path, struct ike_path *out)
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

/* ---- the engine's messages ------------------------------------------------------------------ */

void
sim_send(void *ctx, const struct ike_path *path, const uint8_t *msg, size_t len)
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
	if (!sim_wire_path(s, n->me, path, &seen) ||
			(s->drop != NULL && s->drop(s, n->me, msg, len)))
		return;
	if (s->mtu != 0 && len + 28 + (path->local_port == 4500 ? 4 : 0) > s->mtu)
		return;
	if (sim_rand(s) % 100 < s->loss_percent)
		return;
	if (sim_rand(s) % 100 < s->repeat_percent)
		copies = 2;
	while (copies-- > 0) {
		ev = sim_event_new(EV_IKE, !n->me);
		ev->path = seen;
		memcpy(ev->msg, msg, len);
		ev->len = len;
		if (s->hold[n->me]) {
			struct sim_event **p = &s->held[n->me];

			while (*p != NULL)
				p = &(*p)->next;
			*p = ev;
		} else {
			sim_post(s, ev, sim_travel(s));
		}
	}
}

void
sim_keepalive(void *ctx, const struct ike_path *path)
{
	struct sim_node *n = ctx;

	if (path->local_port != 4500)
		abort();
	n->s->n_keepalives[n->me]++;
}

void
sim_give(struct sim *s, int to, const struct ike_path *path, const uint8_t *msg, size_t len)
{
	/* An exact-size copy, so that a sanitizer sees a read beyond it. */
	uint8_t *copy = malloc(len > 0 ? len : 1);

	if (copy == NULL)
		abort();
	if (s->given != NULL)
		s->given(s, to, msg, len);
	memcpy(copy, msg, len);
	ike_input(s->n[to].e, path, copy, len, s->now);
	free(copy);
}

void
sim_deliver(struct sim *s, int to, const uint8_t *msg, size_t len)
{
	struct ike_path path = { SIM_ADDR(to), SIM_ADDR(!to), 500, 500 };

	sim_give(s, to, &path, msg, len);
}

/* ---- what is held back ---------------------------------------------------------------------- */

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
		sim_post(s, ev, s->now);
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
