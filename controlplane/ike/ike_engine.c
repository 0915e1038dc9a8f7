/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The engine as a whole: tables, clock, randomness, public-key jobs, and the end of every event.
 *
 * Every public function that can change something sets the clock (ike_advance), does its work and
 * settles (ike_settle): inline jobs are run, killed IKE SAs freed.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "controlplane/ike/ike1_int.h"
#include "controlplane/ike/ike_int.h"

#define DEFAULT_COOKIE_THRESHOLD 50
#define DEFAULT_HALF_OPEN        10000
#define DEFAULT_PER_IP           10
#define DEFAULT_SAS              50000
#define DEFAULT_CALLS            50
#define DEFAULT_DRAIN_MS         5000
#define TIMERS_PER_TICK          16  /* with thousands of peers many are due at once */
#define ERRORS_PER_S             100 /* unprotected error answers */
#define LINES_PER_S              20  /* log lines that an outsider can cause */

void
ike_log(struct ike_engine *e, int level, const char *name, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	if (e->ops.log == NULL)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	e->ops.log(e->ctx, level, name, text);
}

void
ike_count(struct ike_engine *e, enum ike_ctr c)
{
	e->counters[c]++;
}

unsigned int
ike_hash32(uint32_t v)
{
	return (uint32_t)(v * 0x9e3779b1u) >> 16 & (IKE_HASH - 1);
}

unsigned int
ike_hash64(uint64_t v)
{
	return ike_hash32((uint32_t)(v ^ v >> 32));
}

/* ---- chance --------------------------------------------------------------------------------- */

uint32_t
ike_random32(struct ike_engine *e)
{
	uint32_t v;

	e->ops.random(e->ctx, (uint8_t *)&v, sizeof(v));
	return v;
}

uint64_t
ike_jitter(struct ike_engine *e, uint64_t ms, unsigned int percent)
{
	uint64_t range = ms * percent / 100;

	return ms - range + ike_random32(e) % (2 * range + 1);
}

/*
 * Both ends often have the same lifetimes. The initiator takes off 7 to 10 %, the responder 2 to
 * 5 %, so that as a rule one of them has finished before the other thinks of it.
 */
uint64_t
ike_life_ms(struct ike_engine *e, uint32_t life_s, bool initiator)
{
	uint64_t ms = (uint64_t)life_s * 1000;

	return ms - ms * ((initiator ? 70 : 20) + ike_random32(e) % 31) / 1000;
}

void
ike_nonce_new(struct ike_engine *e, struct ike_nonce *n)
{
	n->len = IKE_NONCE_LEN;
	e->ops.random(e->ctx, n->data, n->len);
}

void
ike_nonce_set(struct ike_nonce *n, const struct ike_blob *b)
{
	n->len = (uint16_t)(b->len < sizeof(n->data) ? b->len : sizeof(n->data));
	memcpy(n->data, b->p, n->len);
}

struct ike_blob
ike_nonce_blob(const struct ike_nonce *n)
{
	return (struct ike_blob){ .p = n->data, .len = n->len };
}

int
ike_nonce_cmp(const struct ike_nonce_min *a, const struct ike_nonce_min *b)
{
	int d = memcmp(a->data, b->data, a->len < b->len ? a->len : b->len);

	return d != 0 ? d : (int)a->len - (int)b->len;
}

static struct ike_nonce_min
nonce_head(const struct ike_nonce *n)
{
	struct ike_nonce_min m = { 0 };

	m.len = (uint8_t)(n->len < sizeof(m.data) ? n->len : sizeof(m.data));
	memcpy(m.data, n->data, m.len);
	return m;
}

struct ike_nonce_min
ike_nonce_lower(const struct ike_nonce *a, const struct ike_nonce *b)
{
	struct ike_nonce_min ma = nonce_head(a), mb = nonce_head(b);

	return ike_nonce_cmp(&ma, &mb) < 0 ? ma : mb;
}

/* ---- public-key jobs ------------------------------------------------------------------------ */

static struct ike_job *
job_new(struct ike_engine *e, struct ike_kex *kex, void (*done)(void *, struct ike_job *),
		void *owner)
{
	struct ike_job *job = calloc(1, sizeof(*job));

	if (job == NULL)
		return NULL;
	job->e = e;
	job->kex = *kex;
	kex->key = NULL; /* the job's, until it is done */
	job->done = done;
	job->owner = owner;
	return job;
}

static void
hand_out(struct ike_engine *e, struct ike_job *job)
{
	if (e->ops.job != NULL)
		e->ops.job(e->ctx, job);
	else
		TAILQ_INSERT_TAIL(&e->ready, job, link);
}

struct ike_job *
ike_job_submit(struct ike_engine *e, struct ike_kex *kex, bool generate,
		const struct ike_blob *peer_pub, void (*done)(void *, struct ike_job *),
		void *owner)
{
	struct ike_job *job = job_new(e, kex, done, owner);

	if (job == NULL)
		return NULL;
	job->generate = generate;
	if (peer_pub != NULL) {
		job->derive = true;
		/* A value of impossible length stays empty and is refused by the job. */
		job->peer_len = peer_pub->len <= sizeof(job->peer_pub) ? peer_pub->len : 0;
		memcpy(job->peer_pub, peer_pub->p, job->peer_len);
	}
	hand_out(e, job);
	return job;
}

void
ike_job_take(struct ike_job *job, struct ike_job **slot, struct ike_kex *kex)
{
	*slot = NULL;
	*kex = job->kex;
	job->kex.key = NULL;
}

struct ike_job *
ike_job_submit_pk(struct ike_engine *e, struct ike_pk *pk, void (*done)(void *, struct ike_job *),
		void *owner)
{
	struct ike_kex none = { 0 };
	struct ike_job *job;

	if (pk == NULL || pk->bad) {
		ike_pk_free(pk);
		return NULL;
	}
	job = job_new(e, &none, done, owner);
	if (job == NULL) {
		ike_pk_free(pk);
		return NULL;
	}
	job->pk = pk;
	hand_out(e, job);
	return job;
}

void
ike_job_cancel(struct ike_job *job)
{
	if (job == NULL)
		return;
	job->owner = NULL;
	atomic_store(&job->cancelled, true);
}

void
ike_job_run(struct ike_job *job)
{
	if (atomic_load(&job->cancelled))
		return;
	if (job->pk != NULL)
		ike_pk_run(job->pk);
	if (job->generate)
		job->err = ike_kex_generate(&job->kex);
	if (job->err == 0 && job->derive)
		job->err = ike_kex_derive(&job->kex, job->peer_pub, job->peer_len);
}

/* Give the result to whoever still waits for it, and free the job. */
static void
job_deliver(struct ike_job *job)
{
	if (job->owner != NULL)
		job->done(job->owner, job);
	ike_kex_wipe(&job->kex);
	ike_pk_free(job->pk);
	OPENSSL_cleanse(job, sizeof(*job));
	free(job);
}

void
ike_job_done(struct ike_engine *e, struct ike_job *job, uint64_t now_ms)
{
	if (job->owner == NULL) {
		job_deliver(job); /* the engine itself may have gone */
		return;
	}
	ike_advance(e, now_ms);
	job_deliver(job);
	ike_settle(e);
}

/* ---- events --------------------------------------------------------------------------------- */

void
ike_advance(struct ike_engine *e, uint64_t now_ms)
{
	if (now_ms > e->now)
		e->now = now_ms;
}

void
ike_settle(struct ike_engine *e)
{
	struct ike_job *job;
	struct ike_sa *sa;

	do {
		while ((job = TAILQ_FIRST(&e->ready)) != NULL) {
			TAILQ_REMOVE(&e->ready, job, link);
			ike_job_run(job);
			job_deliver(job);
		}
		while ((sa = TAILQ_FIRST(&e->dead)) != NULL) {
			TAILQ_REMOVE(&e->dead, sa, all_link);
			ike_sa_free(sa);
		}
		ike1_reap(e);
	} while (ike_turn_next(e));
	ike_keep_flush(e);
}

void
ike_tick(struct ike_engine *e, uint64_t now_ms)
{
	struct timer *t;

	ike_advance(e, now_ms);
	for (int n = 0; n < TIMERS_PER_TICK && (t = timers_pop(&e->timers, e->now)) != NULL;
			n++) {
		t->fn(t->arg);
		ike_settle(e);
	}
}

uint64_t
ike_next_ms(const struct ike_engine *e)
{
	return timers_next(&e->timers);
}

/* ---- life ----------------------------------------------------------------------------------- */

static uint32_t
or_default(uint32_t v, uint32_t dflt)
{
	return v != 0 ? v : dflt;
}

struct ike_engine *
ike_engine_new(const struct ike_ops *ops, void *ctx, const struct ike_limits *lim, uint64_t now_ms)
{
	static const struct ike_limits none;
	struct ike_engine *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return NULL;
	if (lim == NULL)
		lim = &none;
	e->plain = malloc(IKE_MSG_MAX + 1);
	if (e->plain == NULL || ike_crypto_init(&e->crypto) != 0) {
		free(e->plain);
		free(e);
		return NULL;
	}
	e->ops = *ops;
	e->ctx = ctx;
	e->now = now_ms;
	e->t_review = (struct timer){ .fn = ike_review_due, .arg = e };
	e->lim.cookie_threshold = or_default(lim->cookie_threshold, DEFAULT_COOKIE_THRESHOLD);
	e->lim.max_half_open = or_default(lim->max_half_open, DEFAULT_HALF_OPEN);
	e->lim.max_half_open_per_ip = or_default(lim->max_half_open_per_ip, DEFAULT_PER_IP);
	e->lim.max_sas = or_default(lim->max_sas, DEFAULT_SAS);
	e->lim.max_calls = or_default(lim->max_calls, DEFAULT_CALLS);
	e->lim.drain_ms = or_default(lim->drain_ms, DEFAULT_DRAIN_MS);
	e->error_rate = (struct log_limit){ .per_interval = ERRORS_PER_S, .interval_ms = 1000 };
	e->log_rate = (struct log_limit){ .per_interval = LINES_PER_S, .interval_ms = 1000 };
	TAILQ_INIT(&e->peers);
	TAILQ_INIT(&e->touched);
	e->last_child_id = now_ms << 16; /* beyond all that an earlier process has given */
	TAILQ_INIT(&e->sas);
	TAILQ_INIT(&e->dead);
	TAILQ_INIT(&e->sas1);
	TAILQ_INIT(&e->fresh1);
	TAILQ_INIT(&e->dead1);
	for (unsigned int i = 0; i < IKE_HASH; i++)
		TAILQ_INIT(&e->met1[i]);
	TAILQ_INIT(&e->ready);
	TAILQ_INIT(&e->waiting[0]);
	TAILQ_INIT(&e->waiting[1]);
	return e;
}

/* The last word of every established IKE SA. Its message id is right unless an exchange is open. */
static void
say_goodbye(struct ike_engine *e)
{
	struct ike_sa *sa;

	TAILQ_FOREACH (sa, &e->sas, all_link) {
		struct ike_out o;

		if (sa->state != IKE_SA_UP)
			continue;
		ike_out_init(&o);
		ike_put_delete_ike(&o.c);
		ike_send_last(sa, &o);
	}
}

void
ike_limits_set(struct ike_engine *e, const struct ike_limits *lim)
{
	e->lim.cookie_threshold = lim->cookie_threshold;
	e->lim.max_half_open = lim->max_half_open;
	e->lim.max_half_open_per_ip = lim->max_half_open_per_ip;
	e->lim.max_sas = lim->max_sas;
}

void
ike_limits_get(const struct ike_engine *e, struct ike_limits_show *out)
{
	*out = (struct ike_limits_show){ .lim = e->lim,
		.per_ip_proven = IKE_PROVEN * e->lim.max_half_open_per_ip,
		.n_half_open = e->n_half_open,
		.n_sas = e->n_sas,
		.cookies = e->n_half_open >= e->lim.cookie_threshold };
}

void
ike_engine_free(struct ike_engine *e, bool send_delete)
{
	struct ike1_sa *sa1;
	struct ike_peer *p;
	struct ike_sa *sa;
	struct ike_job *job;

	if (e == NULL)
		return;
	if (send_delete)
		say_goodbye(e);
	else
		e->ops.keep = NULL; /* the next one goes on with what there is */
	while ((sa1 = TAILQ_FIRST(&e->sas1)) != NULL)
		if (send_delete)
			ike1_sa_delete(sa1);
		else
			ike1_sa_kill(sa1);
	while ((sa = TAILQ_FIRST(&e->sas)) != NULL)
		ike_sa_kill(sa);
	while ((p = TAILQ_FIRST(&e->peers)) != NULL)
		ike_peer_free(p);
	while ((sa = TAILQ_FIRST(&e->dead)) != NULL) {
		TAILQ_REMOVE(&e->dead, sa, all_link);
		ike_sa_free(sa);
	}
	ike1_reap(e);
	while ((job = TAILQ_FIRST(&e->ready)) != NULL) {
		TAILQ_REMOVE(&e->ready, job, link);
		job->owner = NULL;
		job_deliver(job);
	}
	ike_crypto_fini(&e->crypto);
	OPENSSL_cleanse(e->plain, IKE_MSG_MAX + 1);
	free(e->plain);
	OPENSSL_cleanse(e, sizeof(*e));
	free(e);
}
