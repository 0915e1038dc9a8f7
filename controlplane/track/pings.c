/* SPDX-License-Identifier: BSD-3-Clause */
/* Pings and traceroutes of operators; see pings.h. */
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/channel.h"
#include "controlplane/config/config.h"
#include "controlplane/cp.h"
#include "controlplane/track/pings.h"
#include "controlplane/track/probe_path.h"
#include "controlplane/util/loop.h"

#define ID_BASE 0xb000u /* of echo identifiers; those of configured probes are above */

struct pings {
	struct cp *cp;
	struct event *timer;
	uint32_t last_id;
	unsigned int turn; /* whose request is the next one, if it is due */
	uint64_t next_us;  /* before that there is none */
	struct pings_run run[PINGS_MAX];
};

static void
drop(struct pings_run *r)
{
	free(r->ping);
	*r = (struct pings_run){ .id = 0 };
}

/* ---- on its way -------------------------------------------------------------------------- */

/* Between two requests, of whomever: a source has a quarter of what comes through of class ICMP,
 * and the answers to configured probes come by the same way. So no more than a fifth. */
static uint64_t
pace_us(const struct pings *x)
{
	uint32_t rate = x->cp->cfg->punt[CHAN_CLASS_ICMP].rate;

	return 5 * UINT64_C(1000000) / (rate != 0 ? rate : 1);
}

/* The next request, if it is its turn. Without a way there is no point in going on. */
static void
step(struct pings *x, struct pings_run *r)
{
	const struct ip6_addr *target = &r->ping->cfg.target;
	struct probe_way w = { .interface = r->interface, .source = r->source };
	uint8_t pkt[PROBE_PACKET_MAX];
	struct ip6_addr source;
	char why[PINGS_WHY_LEN] = "";
	uint64_t now_us = cp_now_us();
	size_t len;

	if (r->ended || r->ping->done || now_us < x->next_us)
		return;
	if (!probe_source(x->cp, &w, target, &source, r->why, sizeof(r->why))) {
		r->ended = true;
		return;
	}
	len = ping_step(r->ping, &source, now_us, pkt);
	if (len == 0)
		return;
	x->next_us = now_us + pace_us(x);
	x->turn = (unsigned int)(r - x->run + 1) % PINGS_MAX;
	r->from = source;
	if (!probe_out(x->cp, &w, target, pkt, len, why, sizeof(why))) {
		probe_unsent(&r->ping->probe);
		if (why[0] == '\0')
			snprintf(why, sizeof(why), "the dataplane does not take it");
	}
	memcpy(r->why, why, sizeof(r->why));
}

static void
timer_arm(struct pings *x, uint64_t now_ms)
{
	uint64_t next_ms = UINT64_MAX, at;

	for (unsigned int i = 0; i < PINGS_MAX; i++) {
		const struct pings_run *r = &x->run[i];

		if (r->id == 0)
			continue;
		at = r->asked_ms + PINGS_UNREAD_MS;
		next_ms = at < next_ms ? at : next_ms;
		at = r->ended ? UINT64_MAX : ping_next_us(r->ping);
		at = at > x->next_us ? at : x->next_us;
		if (at != UINT64_MAX && at / 1000 + 1 < next_ms)
			next_ms = at / 1000 + 1;
	}
	loop_timer_at(x->timer, next_ms, now_ms);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct pings *x = arg;
	uint64_t now_ms = cp_now_ms();

	for (unsigned int i = 0, first = x->turn; i < PINGS_MAX; i++) {
		struct pings_run *r = &x->run[(first + i) % PINGS_MAX];

		if (r->id == 0)
			continue;
		if (now_ms >= r->asked_ms + PINGS_UNREAD_MS)
			drop(r);
		else
			step(x, r);
	}
	timer_arm(x, now_ms);
}

bool
pings_icmp(struct pings *x, const struct chan_pkt *pkt)
{
	if (x == NULL || pkt->l3_off > pkt->len)
		return false;
	for (unsigned int i = 0; i < PINGS_MAX; i++) {
		struct pings_run *r = &x->run[i];

		if (r->id == 0 || r->ended || !ping_input(r->ping, pkt->data + pkt->l3_off,
						(size_t)pkt->len - pkt->l3_off, cp_now_us()))
			continue;
		timer_arm(x, cp_now_ms());
		return true;
	}
	return false;
}

/* ---- operators --------------------------------------------------------------------------- */

static struct pings_run *
find(struct pings *x, uint32_t id)
{
	for (unsigned int i = 0; i < PINGS_MAX; i++)
		if (x->run[i].id == id)
			return &x->run[i];
	return NULL;
}

uint32_t
pings_start(struct pings *x, const struct ping_cfg *c, const struct ip6_addr *source,
		const char *interface, char *err, size_t err_len)
{
	struct pings_run *r = find(x, 0);
	uint8_t secret[PROBE_SECRET_LEN];

	if (r == NULL) {
		snprintf(err, err_len, "%d pings and traceroutes are under way: that is the limit",
				PINGS_MAX);
		return 0;
	}
	r->ping = malloc(sizeof(*r->ping));
	if (r->ping == NULL || getrandom(secret, sizeof(secret), 0) != sizeof(secret)) {
		drop(r);
		snprintf(err, err_len, "out of memory or randomness");
		return 0;
	}
	ping_init(r->ping, c, (uint16_t)(ID_BASE + (r - x->run)), secret, cp_now_us());
	x->last_id = x->last_id == UINT32_MAX ? 1 : x->last_id + 1;
	r->id = x->last_id;
	r->source = *source;
	snprintf(r->interface, sizeof(r->interface), "%s", interface);
	r->asked_ms = cp_now_ms();
	step(x, r);
	timer_arm(x, r->asked_ms);
	return r->id;
}

const struct pings_run *
pings_ask(struct pings *x, uint32_t id)
{
	struct pings_run *r = id != 0 ? find(x, id) : NULL;

	if (r != NULL)
		r->asked_ms = cp_now_ms();
	return r;
}

bool
pings_stop(struct pings *x, uint32_t id)
{
	struct pings_run *r = id != 0 ? find(x, id) : NULL;

	if (r == NULL)
		return false;
	drop(r);
	return true;
}

struct pings *
pings_new(struct cp *cp)
{
	struct pings *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return NULL;
	x->cp = cp;
	x->timer = evtimer_new(cp->base, on_timer, x);
	if (x->timer == NULL) {
		free(x);
		return NULL;
	}
	return x;
}

void
pings_free(struct pings *x)
{
	if (x == NULL)
		return;
	event_free(x->timer);
	for (unsigned int i = 0; i < PINGS_MAX; i++)
		drop(&x->run[i]);
	free(x);
}
