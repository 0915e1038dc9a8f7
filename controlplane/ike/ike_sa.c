/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IKE SAs: made, up, replaced, deleted, gone. The states are listed in ike_int.h; this file alone
 * writes them. A killed one is out of every table at once and freed when the event is over.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "common/inet.h"
#include "controlplane/ike/ike1_int.h"
#include "controlplane/ike/ike_int.h"

#define DEFAULT_RETRANSMIT_MS 1000
#define DEFAULT_RETRANSMITS   5
#define HARD_MIN_MS           120000 /* a rekey gets at least that long before we start over */
#define ASK_AGAIN_MS          60000

uint64_t
ike_sa_own_spi(const struct ike_sa *sa)
{
	return sa->initiator ? sa->spi_i : sa->spi_r;
}

bool
ike_sa_claim_spi(struct ike_sa *sa, uint64_t own)
{
	if (ike_sa_find(sa->e, own) != NULL)
		return false;
	LIST_REMOVE(sa, spi_link);
	*(sa->initiator ? &sa->spi_i : &sa->spi_r) = own;
	LIST_INSERT_HEAD(&sa->e->by_spi[ike_hash64(own)], sa, spi_link);
	return true;
}

struct ike_sa *
ike_sa_find(struct ike_engine *e, uint64_t own_spi)
{
	struct ike_sa *sa;

	LIST_FOREACH (sa, &e->by_spi[ike_hash64(own_spi)], spi_link)
		if (ike_sa_own_spi(sa) == own_spi)
			return sa;
	return NULL;
}

const char *
ike_sa_state_str(enum ike_sa_state state)
{
	switch (state) {
	case IKE_SA_NEW:
	case IKE_SA_INIT:
	case IKE_SA_AUTH:
	case IKE_SA_HALF_OPEN:
		return "connecting";
	case IKE_SA_UP:
		return "established";
	case IKE_SA_REKEYED:
		return "rekeying";
	default:
		return "deleting";
	}
}

static const char *
state_name(enum ike_sa_state state)
{
	static const char *const names[] = {
		[IKE_SA_NEW] = "new",
		[IKE_SA_INIT] = "IKE_SA_INIT sent",
		[IKE_SA_AUTH] = "IKE_AUTH sent",
		[IKE_SA_HALF_OPEN] = "half open",
		[IKE_SA_UP] = "up",
		[IKE_SA_REKEYED] = "rekeyed",
		[IKE_SA_DELETING] = "deleting",
		[IKE_SA_GONE] = "gone",
		[IKE_SA_DEAD] = "dead",
	};

	return names[state];
}

static void
end_half_open(struct ike_sa *sa)
{
	if (sa->half_open)
		sa->e->n_half_open--;
	sa->half_open = false;
}

void
ike_sa_set_state(struct ike_sa *sa, enum ike_sa_state state)
{
	struct timers *h = &sa->e->timers;

	if (sa->state == state)
		return;
	ike_log(sa->e, LVL_DEBUG, sa->name, "IKE SA %016llx: %s -> %s",
			(unsigned long long)ike_sa_own_spi(sa), state_name(sa->state),
			state_name(state));
	sa->state = state;
	ike_keep_touch(sa->peer);
	switch (state) {
	case IKE_SA_UP:
		end_half_open(sa);
		timer_stop(h, &sa->t_end);
		break;
	case IKE_SA_REKEYED:
		timer_stop(h, &sa->t_rekey);
		timer_stop(h, &sa->t_dpd);
		timer_stop(h, &sa->t_keep);
		timer_stop(h, &sa->t_reauth);
		timer_set(h, &sa->t_end, sa->e->now + IKE_REPLACED_MS);
		break;
	case IKE_SA_GONE:
		timer_stop(h, &sa->t_rekey);
		timer_stop(h, &sa->t_dpd);
		timer_stop(h, &sa->t_keep);
		timer_stop(h, &sa->t_reauth);
		timer_set(h, &sa->t_end, sa->e->now + IKE_GONE_MS);
		break;
	case IKE_SA_DELETING:
	case IKE_SA_DEAD:
		end_half_open(sa);
		timer_stop(h, &sa->t_rekey);
		timer_stop(h, &sa->t_dpd);
		timer_stop(h, &sa->t_keep);
		timer_stop(h, &sa->t_reauth);
		timer_stop(h, &sa->t_end);
		break;
	default:
		break;
	}
}

/* ---- timers --------------------------------------------------------------------------------- */

static bool
has_task(const struct ike_sa *sa, enum ike_task_kind kind)
{
	const struct ike_task *t;

	if (sa->active != NULL && sa->active->kind == kind)
		return true;
	TAILQ_FOREACH (t, &sa->queue, link)
		if (t->kind == kind)
			return true;
	return false;
}

static void
rekey_due(void *arg)
{
	struct ike_sa *sa = arg;

	if (sa->state != IKE_SA_UP || sa->redundant)
		return;
	sa->rekey_ms = sa->e->now + ASK_AGAIN_MS;
	timer_set(&sa->e->timers, &sa->t_rekey, sa->rekey_ms);
	if (!has_task(sa, IKE_TASK_IKE_REKEY))
		ike_task_queue(ike_task_new(sa, IKE_TASK_IKE_REKEY), false);
}

void
ike_sa_rekey(struct ike_engine *e, const char *peer, uint64_t now_ms)
{
	struct ike_peer *p;
	struct ike_sa *sa;

	ike_advance(e, now_ms);
	p = ike_peer_find(e, peer);
	sa = p != NULL ? ike_peer_sa(p) : NULL;
	if (sa != NULL)
		rekey_due(sa);
	ike_settle(e);
}

static uint64_t
last_heard(const struct ike_sa *sa)
{
	return sa->peer != NULL && sa->peer->alive_ms > sa->heard_ms ? sa->peer->alive_ms
								     : sa->heard_ms;
}

/* How long a question may stay without an answer when liveness has a schedule of its own; 0: it
 * has none. */
static uint64_t
dpd_budget_ms(const struct ike_peer_cfg *cfg)
{
	return cfg->dpd_interval_s != 0 ? (uint64_t)cfg->dpd_retry_s * cfg->dpd_count * 1000 : 0;
}

uint32_t
ike_dpd_worst_s(const struct ike_peer_cfg *cfg)
{
	uint64_t ms = cfg->retransmit_ms != 0 ? cfg->retransmit_ms : DEFAULT_RETRANSMIT_MS;
	unsigned int n = cfg->retransmit_tries != 0 ? cfg->retransmit_tries : DEFAULT_RETRANSMITS;
	uint64_t sum = 0;

	if (cfg->dpd_interval_s == 0)
		return 0;
	if (cfg->dpd_retry_s != 0)
		return cfg->dpd_interval_s + cfg->dpd_retry_s * cfg->dpd_count;
	for (unsigned int i = 0; i <= n; i++, ms *= 2)
		sum += ms < IKE_RTO_MAX_MS ? ms : IKE_RTO_MAX_MS;
	return cfg->dpd_interval_s + (uint32_t)((sum + 999) / 1000);
}

/* Another request than liveness is out: it asks the same question. */
static bool
asking(const struct ike_sa *sa)
{
	return sa->active != NULL && sa->active->sent && sa->active->kind != IKE_TASK_DPD;
}

void
ike_sa_watch(struct ike_sa *sa)
{
	const struct ike_peer_cfg *cfg = sa->peer != NULL ? &sa->peer->cfg : NULL;
	uint64_t ms = cfg != NULL ? (uint64_t)cfg->dpd_interval_s * 1000 : 0;
	uint64_t due = last_heard(sa) + ms, now = sa->e->now;

	if (ms == 0 || sa->state != IKE_SA_UP) {
		timer_stop(&sa->e->timers, &sa->t_dpd);
		return;
	}
	if (due <= now)
		due = now + ms;
	if (asking(sa) && dpd_budget_ms(cfg) != 0 && sa->req_ms + dpd_budget_ms(cfg) < due)
		due = sa->req_ms + dpd_budget_ms(cfg);
	if (due <= now)
		due = now + 1000;
	timer_set(&sa->e->timers, &sa->t_dpd, due);
}

/* The time for the answer to another request than liveness is over, and nothing was heard. */
static bool
silent(const struct ike_sa *sa)
{
	uint64_t ms = dpd_budget_ms(&sa->peer->cfg);

	return asking(sa) && ms != 0 && last_heard(sa) < sa->req_ms &&
	       sa->e->now >= sa->req_ms + ms;
}

/* True: the peer is dead, and @sa has gone. */
static bool
given_up(struct ike_sa *sa)
{
	const struct ike_peer_cfg *cfg = &sa->peer->cfg;

	if (silent(sa))
		ike_look_again(sa->peer);
	if (!silent(sa))
		return false;
	if (!ike_silence_unknown(sa->peer, sa->req_ms, sa->t_dpd.due_ms)) {
		ike_count(sa->e, IKE_CTR_DEAD);
		ike_sa_fail(sa, "peer does not answer");
		return true;
	}
	ike_exchange_again(sa);
	sa->req_ms = sa->e->now - dpd_budget_ms(cfg) + cfg->dpd_retry_s * UINT64_C(1000);
	return false;
}

static void
dpd_due(void *arg)
{
	struct ike_sa *sa = arg;
	const struct ike_peer_cfg *cfg = sa->peer != NULL ? &sa->peer->cfg : NULL;
	uint64_t ms = cfg != NULL ? (uint64_t)cfg->dpd_interval_s * 1000 : 0, heard;

	if (sa->state == IKE_SA_UP && ms != 0) {
		if (given_up(sa))
			return;
		heard = last_heard(sa);
		if (sa->active == NULL && sa->e->now >= heard + ms &&
				(!cfg->dpd_on_demand || sa->peer->sent_ms >= heard))
			ike_task_queue(ike_task_new(sa, IKE_TASK_DPD), false);
	}
	ike_sa_watch(sa);
}

void
ike_peer_sent(struct ike_engine *e, uint32_t tun_id, uint64_t now_ms)
{
	struct ike_peer *p;

	ike_advance(e, now_ms);
	LIST_FOREACH (p, &e->by_tun[ike_hash32(tun_id)], tun_link) {
		struct ike_sa *sa = ike_peer_sa(p);
		bool first = sa != NULL && p->sent_ms < last_heard(sa);
		uint64_t due;

		if (p->cfg.tun_id != tun_id)
			continue;
		p->sent_ms = e->now;
		if (ike_head(p) != NULL)
			ike_head(p)->sent_ms = e->now;
		if (p->cfg.version == 1 && p->cfg.dpd_on_demand)
			ike1_peer_sent(p);
		if (sa == NULL || !first || !p->cfg.dpd_on_demand || !sa->t_dpd.on)
			continue;
		/* The silence may have lasted long enough already. */
		due = last_heard(sa) + (uint64_t)p->cfg.dpd_interval_s * 1000;
		if (due < sa->t_dpd.due_ms)
			timer_set(&e->timers, &sa->t_dpd, due > e->now ? due : e->now);
	}
	ike_settle(e);
}

static void
end_due(void *arg)
{
	struct ike_sa *sa = arg;
	struct ike_peer *p = sa->peer;

	switch (sa->state) {
	case IKE_SA_NEW:
	case IKE_SA_HALF_OPEN:
		ike_count(sa->e, IKE_CTR_HALF_OPEN_EXPIRED);
		ike_sa_kill(sa);
		break;
	case IKE_SA_UP:
		if (!sa->redundant)
			ike_log(sa->e, LVL_WARNING, sa->name,
					"the IKE SA expired without a successor");
		ike_sa_delete(sa);
		if (p != NULL)
			ike_peer_lost(p, "the IKE SA could not be rekeyed before it expired");
		break;
	case IKE_SA_REKEYED:
		ike_sa_delete(sa);
		break;
	default:
		ike_sa_kill(sa);
	}
}

void
ike_sa_heard(struct ike_sa *sa)
{
	sa->heard_ms = sa->e->now;
	ike_live_heard(sa->peer);
}

void
ike_peer_alive(struct ike_engine *e, uint32_t tun_id, uint64_t seen_ms)
{
	struct ike_peer *p;

	LIST_FOREACH (p, &e->by_tun[ike_hash32(tun_id)], tun_link)
		if (p->cfg.tun_id == tun_id && seen_ms > p->alive_ms) {
			p->alive_ms = seen_ms;
			p->live.n_unknown = 0;
			if (p->head != NULL && seen_ms > p->head->alive_ms)
				p->head->alive_ms = seen_ms;
		}
}

/* ---- life ----------------------------------------------------------------------------------- */

static void
set_retransmits(struct ike_sa *sa)
{
	const struct ike_peer_cfg *cfg = &sa->peer->cfg;

	sa->rto_ms = cfg->retransmit_ms != 0 ? cfg->retransmit_ms : DEFAULT_RETRANSMIT_MS;
	sa->max_tries = cfg->retransmit_tries != 0 ? cfg->retransmit_tries : DEFAULT_RETRANSMITS;
}

void
ike_sa_set_peer(struct ike_sa *sa, struct ike_peer *p)
{
	sa->peer = p;
	TAILQ_INSERT_TAIL(&p->sas, sa, peer_link);
	memcpy(sa->name, p->cfg.name, sizeof(sa->name));
	set_retransmits(sa);
}

void
ike_sa_retime(struct ike_sa *sa)
{
	set_retransmits(sa);
	if (sa->state == IKE_SA_UP)
		ike_reauth_arm(sa);
	ike_sa_watch(sa);
	ike_nat_keep(sa);
}

static uint64_t
new_spi(struct ike_engine *e)
{
	uint64_t spi;

	do
		e->ops.random(e->ctx, (uint8_t *)&spi, sizeof(spi));
	while (spi == 0 || ike_sa_find(e, spi) != NULL);
	return spi;
}

struct ike_sa *
ike_sa_new(struct ike_engine *e, struct ike_peer *p, bool initiator, const struct ike_path *path)
{
	uint64_t spi;
	struct ike_sa *sa;

	if (e->n_sas >= e->lim.max_sas) {
		ike_count(e, IKE_CTR_SA_LIMIT);
		return NULL;
	}
	sa = calloc(1, sizeof(*sa));
	if (sa == NULL) {
		ike_count(e, IKE_CTR_NO_MEMORY);
		return NULL;
	}
	spi = new_spi(e);
	sa->e = e;
	sa->initiator = initiator;
	*(initiator ? &sa->spi_i : &sa->spi_r) = spi;
	sa->path = *path;
	sa->born_ms = sa->heard_ms = e->now;
	TAILQ_INIT(&sa->queue);
	sa->t_rto = (struct timer){ .fn = ike_rto, .arg = sa };
	sa->t_rekey = (struct timer){ .fn = rekey_due, .arg = sa };
	sa->t_dpd = (struct timer){ .fn = dpd_due, .arg = sa };
	sa->t_end = (struct timer){ .fn = end_due, .arg = sa };
	sa->t_frag = (struct timer){ .fn = ike_frag_due, .arg = sa };
	sa->t_reauth = (struct timer){ .fn = ike_reauth_due, .arg = sa };
	TAILQ_INSERT_TAIL(&e->sas, sa, all_link);
	LIST_INSERT_HEAD(&e->by_spi[ike_hash64(spi)], sa, spi_link);
	LIST_INSERT_HEAD(&e->by_remote[ike_hash32(path->remote)], sa, remote_link);
	e->n_sas++;
	if (p != NULL)
		ike_sa_set_peer(sa, p);
	return sa;
}

void
ike_sa_set_remote(struct ike_sa *sa, uint32_t remote, uint16_t port)
{
	sa->path.remote_port = port;
	ike_keep_touch(sa->peer);
	if (sa->path.remote == remote)
		return;
	sa->path.remote = remote;
	LIST_REMOVE(sa, remote_link);
	LIST_INSERT_HEAD(&sa->e->by_remote[ike_hash32(remote)], sa, remote_link);
}

void
ike_sa_keep_first(struct ike_sa *sa, int who, const uint8_t *msg, size_t len)
{
	free(sa->first[who]);
	sa->first[who] = malloc(len);
	sa->first_len[who] = sa->first[who] != NULL ? len : 0;
	if (sa->first[who] != NULL)
		memcpy(sa->first[who], msg, len);
}

void
ike_sa_up(struct ike_sa *sa)
{
	struct ike_engine *e = sa->e;
	const struct ike_peer_cfg *cfg = &sa->peer->cfg;
	char suite[64];

	ike_sa_set_state(sa, IKE_SA_UP);
	sa->born_ms = sa->heard_ms = e->now;
	for (int i = 0; i < 2; i++) {
		free(sa->first[i]);
		sa->first[i] = NULL;
		sa->first_len[i] = 0;
	}
	if (cfg->ike_life_s != 0) {
		uint64_t hard = (uint64_t)cfg->ike_life_s * 100; /* a tenth */

		sa->rekey_ms = e->now + ike_life_ms(e, cfg->ike_life_s, sa->initiator);
		timer_set(&e->timers, &sa->t_rekey, sa->rekey_ms);
		timer_set(&e->timers, &sa->t_end,
				e->now + (uint64_t)cfg->ike_life_s * 1000 +
						(hard > HARD_MIN_MS ? hard : HARD_MIN_MS));
	}
	ike_reauth_arm(sa);
	ike_sa_watch(sa);
	ike_nat_keep(sa);
	ike_count(e, IKE_CTR_SA_UP);
	ike_log(e, LVL_INFO, sa->name, "IKE SA is up as %s: %s, peer identity \"%s\"",
			sa->initiator ? "initiator" : "responder",
			ike_suite_str(&sa->suite, suite, sizeof(suite)), sa->remote_id);
}

/* Nobody may go on pointing to an IKE SA that dies. */
static void
forget(struct ike_sa *sa)
{
	struct ike_sa *o;

	if (sa->peer == NULL)
		return;
	TAILQ_FOREACH (o, &sa->peer->sas, peer_link) {
		if (o->active != NULL && o->active->rival_sa == sa)
			o->active->rival_sa = NULL;
		if (o->active != NULL && o->active->new_sa == sa)
			o->active->new_sa = NULL;
		if (o->rx != NULL && o->rx->new_sa == sa)
			o->rx->new_sa = NULL;
	}
}

static void
retire_children_of(struct ike_sa *sa, struct ike_peer *p)
{
	struct ike_child *c, *next;
	bool had = p->out != NULL;

	for (c = TAILQ_FIRST(&p->children); c != NULL; c = next) {
		next = TAILQ_NEXT(c, peer_link);
		if (c->sa == sa)
			ike_child_retire(c);
	}
	/* Without another IKE SA it hears of it from its head. */
	if (had && ike_is_member(p) && p->out == NULL && ike_peer_sa(p) != NULL)
		ike_peer_lost(p, "its Child SA went with the IKE SA");
}

static void
retire_children(struct ike_sa *sa)
{
	struct ike_peer *p = NULL;

	while (sa->peer != NULL && (p = ike_kin(sa->peer, p)) != NULL)
		retire_children_of(sa, p);
}

/* What it was doing is over now; the memory of the active task stays until the event is. */
static void
quiesce(struct ike_sa *sa)
{
	struct ike_task *t;

	ike_exchange_stop(sa);
	ike_frag_drop(sa, 0);
	ike_frag_drop(sa, 1);
	retire_children(sa);
	forget(sa);
	if (sa->active != NULL) {
		ike_job_cancel(sa->active->job);
		sa->active->job = NULL;
		sa->active->sent = false;
		if (sa->active->ops->drop != NULL)
			sa->active->ops->drop(sa->active);
	}
	while ((t = TAILQ_FIRST(&sa->queue)) != NULL) {
		TAILQ_REMOVE(&sa->queue, t, link);
		ike_task_free(t);
	}
	if (sa->rx != NULL) {
		ike_job_cancel(sa->rx->job);
		sa->rx->job = NULL;
		if (sa->rx->new_sa != NULL)
			ike_sa_kill(sa->rx->new_sa);
		sa->rx->new_sa = NULL;
	}
}

void
ike_sa_linger(struct ike_sa *sa)
{
	ike_sa_set_state(sa, IKE_SA_GONE);
	quiesce(sa);
}

void
ike_sa_kill(struct ike_sa *sa)
{
	struct ike_engine *e = sa->e;

	if (sa->state == IKE_SA_DEAD)
		return;
	ike_sa_set_state(sa, IKE_SA_DEAD);
	quiesce(sa);
	if (sa->peer != NULL)
		TAILQ_REMOVE(&sa->peer->sas, sa, peer_link);
	sa->peer = NULL;
	ike_walks_leave_sa(e, sa);
	TAILQ_REMOVE(&e->sas, sa, all_link);
	LIST_REMOVE(sa, spi_link);
	LIST_REMOVE(sa, remote_link);
	e->n_sas--;
	TAILQ_INSERT_TAIL(&e->dead, sa, all_link);
}

void
ike_sa_free(struct ike_sa *sa)
{
	if (sa->active != NULL)
		ike_task_free(sa->active);
	ike_rx_free(sa);
	ike_auth_forget(sa);
	free(sa->req);
	free(sa->resp);
	free(sa->first[0]);
	free(sa->first[1]);
	ike_proof_unref(sa->proof);
	OPENSSL_cleanse(sa, sizeof(*sa));
	free(sa);
}

void
ike_sa_fail(struct ike_sa *sa, const char *why)
{
	struct ike_peer *p = sa->peer;
	enum ike_sa_state was = sa->state;

	ike_sa_kill(sa);
	if (p == NULL)
		return;
	if (was == IKE_SA_UP || was == IKE_SA_INIT || was == IKE_SA_AUTH)
		ike_peer_lost(p, why);
	else
		ike_peer_update(p, NULL);
}

void
ike_sa_delete(struct ike_sa *sa)
{
	struct ike_task *t;

	if (sa->state != IKE_SA_UP && sa->state != IKE_SA_REKEYED) {
		if (sa->state != IKE_SA_DELETING && sa->state != IKE_SA_GONE)
			ike_sa_kill(sa);
		return;
	}
	ike_sa_set_state(sa, IKE_SA_DELETING);
	retire_children(sa);
	while ((t = TAILQ_FIRST(&sa->queue)) != NULL) {
		TAILQ_REMOVE(&sa->queue, t, link);
		ike_task_free(t);
	}
	if (sa->active != NULL)
		sa->active->discard = true;
	t = ike_task_new(sa, IKE_TASK_IKE_DELETE);
	if (t == NULL)
		ike_sa_kill(sa);
	else
		ike_task_queue(t, true);
}

void
ike_sa_inherit(struct ike_sa *from, struct ike_sa *to)
{
	struct ike_child *c;
	struct ike_task *t, *next;

	for (struct ike_peer *p = NULL; (p = ike_kin(from->peer, p)) != NULL;) {
		ike_keep_touch(p);
		TAILQ_FOREACH (c, &p->children, peer_link)
			if (c->sa == from)
				c->sa = to;
	}
	for (t = TAILQ_FIRST(&from->queue); t != NULL; t = next) {
		next = TAILQ_NEXT(t, link);
		TAILQ_REMOVE(&from->queue, t, link);
		if (t->kind == IKE_TASK_IKE_REKEY || t->kind == IKE_TASK_DPD) {
			ike_task_free(t);
			continue;
		}
		t->sa = to;
		TAILQ_INSERT_TAIL(&to->queue, t, link);
	}
	ike_kick(to);
}
