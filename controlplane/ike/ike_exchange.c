/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Exchanges, RFC 7296 sections 2.1 to 2.3. The window is 1 in both directions: one request of
 * ours is under way at a time, repeated with the identical bytes until it is answered; of the
 * peer's requests only the next one is taken, and the answer to the one before is kept and sent
 * again, byte by byte, when it is repeated.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "controlplane/ike/ike_int.h"

#define SMALLER_FROM 3 /* from the third time on a long message is sent in shorter packets */

void
ike_out_init(struct ike_out *o)
{
	o->w = wr_init(o->buf, sizeof(o->buf));
	o->c = ike_chain_init(&o->w);
}

/* Each datagram of it says its length in its header. */
void
ike_send_bytes(struct ike_sa *sa, const uint8_t *msg, size_t len)
{
	struct ike_hdr h;
	struct rd r;

	ike_keep_now(sa->peer);
	for (; len != 0; msg += h.len, len -= h.len) {
		r = rd_init(msg, len);
		if (ike_hdr_parse(&r, &h) != 0 || h.len < IKE_HDR_LEN || h.len > len)
			return;
		ike_count(sa->e, IKE_CTR_TX);
		sa->e->ops.send(sa->e->ctx, &sa->path, msg, h.len);
	}
}

static uint8_t *
protect(struct ike_sa *sa, uint8_t exchange, bool response, uint32_t mid, const struct ike_out *o,
		size_t *len)
{
	struct ike_frame f = { exchange, response, mid, o->c.first };
	struct ike_hdr h = { .spi_i = sa->spi_i,
		.spi_r = sa->spi_r,
		.version = IKE_VERSION,
		.exchange = exchange,
		.flags = (uint8_t)((sa->initiator ? IKE_FLAG_INITIATOR : 0) |
				(response ? IKE_FLAG_RESPONSE : 0)),
		.mid = mid };

	if (!o->w.bad)
		ike_trace_payloads(sa->e, true, &sa->path, sa->name, &h, o->c.first, o->buf,
				o->w.len);
	return o->w.bad ? NULL : ike_protect(sa, &f, o->buf, o->w.len, len);
}

/* ---- our requests --------------------------------------------------------------------------- */

struct ike_task *
ike_task_new(struct ike_sa *sa, enum ike_task_kind kind)
{
	static const struct ike_task_ops *const ops[] = {
		[IKE_TASK_INIT] = &ike_init_ops,
		[IKE_TASK_AUTH] = &ike_auth_ops,
		[IKE_TASK_CHILD_NEW] = &ike_child_new_ops,
		[IKE_TASK_CHILD_REKEY] = &ike_child_rekey_ops,
		[IKE_TASK_IKE_REKEY] = &ike_ike_rekey_ops,
		[IKE_TASK_CHILD_DELETE] = &ike_child_delete_ops,
		[IKE_TASK_IKE_DELETE] = &ike_ike_delete_ops,
		[IKE_TASK_DPD] = &ike_dpd_ops,
	};
	struct ike_task *t = calloc(1, sizeof(*t));

	if (t == NULL) {
		ike_count(sa->e, IKE_CTR_NO_MEMORY);
		return NULL;
	}
	t->kind = kind;
	t->ops = ops[kind];
	t->sa = sa;
	return t;
}

void
ike_task_free(struct ike_task *t)
{
	ike_turn_end(t);
	ike_job_cancel(t->job);
	t->job = NULL;
	if (t->ops->drop != NULL)
		t->ops->drop(t);
	ike_nego_drop(t->sa->e, &t->nego);
	ike_pk_free(t->pk);
	ike_kept_free(&t->kept);
	OPENSSL_cleanse(t, sizeof(*t));
	free(t);
}

void
ike_kick(struct ike_sa *sa)
{
	struct ike_task *t;

	if (sa->active != NULL || sa->state == IKE_SA_DEAD || sa->state == IKE_SA_GONE ||
			sa->state == IKE_SA_NEW)
		return;
	TAILQ_FOREACH (t, &sa->queue, link)
		if (ike_turn_take(t))
			break;
	if (t == NULL)
		return;
	TAILQ_REMOVE(&sa->queue, t, link);
	sa->active = t;
	t->ops->start(t);
}

/* @t may be NULL, for want of memory: the timers that asked for it will ask again. */
void
ike_task_queue(struct ike_task *t, bool first)
{
	if (t == NULL)
		return;
	if (first)
		TAILQ_INSERT_HEAD(&t->sa->queue, t, link);
	else
		TAILQ_INSERT_TAIL(&t->sa->queue, t, link);
	ike_kick(t->sa);
}

void
ike_exchange_stop(struct ike_sa *sa)
{
	timer_stop(&sa->e->timers, &sa->t_rto);
	free(sa->req);
	sa->req = NULL;
	sa->req_len = 0;
}

void
ike_task_end(struct ike_task *t)
{
	struct ike_sa *sa = t->sa;

	if (sa->active == t)
		sa->active = NULL;
	ike_task_free(t);
	ike_kick(sa);
}

bool
ike_task_job(struct ike_task *t, bool generate, const struct ike_blob *peer_pub,
		void (*done)(void *, struct ike_job *))
{
	t->job = ike_job_submit(t->sa->e, &t->nego.kex, generate, peer_pub, done, t);
	if (t->job == NULL)
		ike_count(t->sa->e, IKE_CTR_NO_MEMORY);
	return t->job != NULL;
}

/* IKE_SA_INIT goes in the clear. */
static uint8_t *
frame_clear(struct ike_sa *sa, const struct ike_out *o, size_t *len)
{
	struct ike_hdr h = { .spi_i = sa->spi_i,
		.next = o->c.first,
		.version = IKE_VERSION,
		.exchange = IKE_EX_SA_INIT,
		.flags = IKE_FLAG_INITIATOR };
	uint8_t *msg;
	struct wr w;

	*len = IKE_HDR_LEN + o->w.len;
	h.len = (uint32_t)*len;
	if (o->w.bad || (msg = malloc(*len)) == NULL)
		return NULL;
	w = wr_init(msg, *len);
	ike_hdr_write(&w, &h);
	wr_bytes(&w, o->buf, o->w.len);
	return msg;
}

/* Liveness may have a schedule of its own: so often, so long apart. */
static const struct ike_peer_cfg *
dpd_schedule(const struct ike_sa *sa)
{
	return sa->active->kind == IKE_TASK_DPD && sa->peer != NULL &&
			       sa->peer->cfg.dpd_retry_s != 0
		       ? &sa->peer->cfg
		       : NULL;
}

static unsigned int
max_tries(const struct ike_sa *sa)
{
	const struct ike_peer_cfg *dpd = dpd_schedule(sa);

	return dpd == NULL ? sa->max_tries : dpd->dpd_count > 1 ? dpd->dpd_count - 1u : 0;
}

static void
arm_rto(struct ike_sa *sa)
{
	const struct ike_peer_cfg *dpd = dpd_schedule(sa);
	uint64_t ms = (uint64_t)sa->rto_ms << (sa->n_sent - 1 < 16 ? sa->n_sent - 1 : 16);

	if (ms > IKE_RTO_MAX_MS)
		ms = IKE_RTO_MAX_MS;
	if (dpd != NULL) {
		timer_set(&sa->e->timers, &sa->t_rto,
				sa->e->now + dpd->dpd_retry_s * UINT64_C(1000));
		return;
	}
	timer_set(&sa->e->timers, &sa->t_rto, sa->e->now + ike_jitter(sa->e, ms, 10));
}

void
ike_task_send(struct ike_task *t)
{
	struct ike_sa *sa = t->sa;
	struct ike_out o;

	ike_out_init(&o);
	t->ops->build(t, &o.c);
	ike_exchange_stop(sa);
	if (t->kind == IKE_TASK_INIT)
		sa->req = frame_clear(sa, &o, &sa->req_len);
	else
		sa->req = protect(sa, t->ops->exchange, false, sa->tx_mid, &o, &sa->req_len);
	OPENSSL_cleanse(&o, sizeof(o));
	if (sa->req == NULL) {
		ike_count(sa->e, IKE_CTR_NO_MEMORY);
		ike_sa_fail(sa, "a message could not be built");
		return;
	}
	if (t->kind == IKE_TASK_INIT) {
		ike_sa_keep_first(sa, 0, sa->req, sa->req_len);
		ike_trace_clear(sa->e, true, &sa->path, sa->name, sa->req, sa->req_len);
	}
	if (t->kind == IKE_TASK_DPD)
		ike_live_probe(sa->peer);
	t->sent = true;
	sa->n_sent = 1;
	sa->req_ms = sa->e->now;
	arm_rto(sa);
	ike_sa_watch(sa);
	ike_send_bytes(sa, sa->req, sa->req_len);
}

/* The peer is silent to IKE, but is its traffic proof that it lives? Then it is no dead peer. */
static bool
traffic_proves_life(const struct ike_sa *sa)
{
	return sa->state == IKE_SA_UP && sa->peer != NULL && sa->peer->alive_ms > sa->req_ms &&
	       sa->active->kind == IKE_TASK_DPD;
}

/* A long message came to nothing, twice and again: shorter packets may come through. */
static void
try_smaller(struct ike_sa *sa, const char *what, uint8_t **msg, size_t *len)
{
	unsigned int n = ike_n_datagrams(*msg, *len);

	if (ike_protect_smaller(sa, msg, len))
		ike_log(sa->e, LVL_NOTICE, sa->name,
				"%s, sent as %u %s: lost on the way, perhaps, for being long; it "
				"is sent again in packets of at most %u bytes",
				what, n, n > 1 ? "fragments" : "packet", sa->frag_mtu);
}

void
ike_rto(void *arg)
{
	struct ike_sa *sa = arg;
	bool starting = sa->state == IKE_SA_INIT || sa->state == IKE_SA_AUTH;
	char why[sizeof(sa->why) + 32];
	bool dpd = sa->active->kind == IKE_TASK_DPD;

	if (dpd)
		ike_live_missed(sa->peer);
	if (sa->n_sent > max_tries(sa) && sa->state == IKE_SA_UP && sa->peer != NULL)
		ike_look_again(sa->peer);
	if (sa->n_sent > max_tries(sa) && traffic_proves_life(sa)) {
		sa->n_sent = 0;
		sa->req_ms = sa->e->now;
	}
	if (sa->n_sent > max_tries(sa) && sa->state == IKE_SA_UP && sa->peer != NULL &&
			ike_silence_unknown(sa->peer, sa->req_ms, sa->t_rto.due_ms))
		sa->n_sent = max_tries(sa);
	if (sa->n_sent <= max_tries(sa)) {
		sa->n_sent++;
		if (dpd)
			ike_live_probe(sa->peer);
		ike_turn_end(sa->active);
		ike_count(sa->e, IKE_CTR_RETRANSMIT);
		if (sa->n_sent >= SMALLER_FROM)
			try_smaller(sa, sa->active->ops->name, &sa->req, &sa->req_len);
		ike_trace_again(sa->e, &sa->path, sa->name, sa->n_sent - 1, sa->req, sa->req_len);
		ike_send_bytes(sa, sa->req, sa->req_len);
		arm_rto(sa);
		return;
	}
	if (sa->state == IKE_SA_UP)
		ike_count(sa->e, IKE_CTR_DEAD);
	snprintf(why, sizeof(why), "%s",
			starting && sa->why[0] != '\0' ? sa->why : "peer does not answer");
	ike_sa_fail(sa, why);
}

void
ike_exchange_again(struct ike_sa *sa)
{
	ike_count(sa->e, IKE_CTR_RETRANSMIT);
	ike_trace_again(sa->e, &sa->path, sa->name, sa->n_sent, sa->req, sa->req_len);
	ike_send_bytes(sa, sa->req, sa->req_len);
}

void
ike_exchange_resume(struct ike_sa *sa)
{
	sa->n_sent = 1;
	sa->req_ms = sa->e->now;
	arm_rto(sa);
	ike_sa_watch(sa);
	ike_count(sa->e, IKE_CTR_RETRANSMIT);
	ike_send_bytes(sa, sa->req, sa->req_len);
}

void
ike_exchange_answered(struct ike_sa *sa)
{
	ike_exchange_stop(sa);
	sa->tx_mid++;
	if (sa->active != NULL)
		sa->active->sent = false;
}

void
ike_send_last(struct ike_sa *sa, struct ike_out *o)
{
	size_t len;
	uint8_t *msg = protect(sa, IKE_EX_INFORMATIONAL, false,
			sa->tx_mid + (sa->active != NULL && sa->active->sent ? 1 : 0), o, &len);

	if (msg == NULL)
		return;
	ike_send_bytes(sa, msg, len);
	free(msg);
}

/* ---- the peer's requests -------------------------------------------------------------------- */

static void
keep_response(struct ike_sa *sa, uint8_t *msg, size_t len)
{
	free(sa->resp);
	sa->resp = msg;
	sa->resp_len = len;
	sa->rx_mid++;
	sa->n_repeats = 0;
	ike_send_bytes(sa, msg, len);
}

void
ike_respond(struct ike_sa *sa, uint8_t exchange, struct ike_out *o)
{
	size_t len;
	uint8_t *msg = protect(sa, exchange, true, sa->rx_mid, o, &len);

	if (msg == NULL)
		ike_count(sa->e, IKE_CTR_NO_MEMORY); /* the peer will repeat its request */
	else
		keep_response(sa, msg, len);
}

void
ike_respond_notify(struct ike_sa *sa, uint8_t exchange, uint16_t type, const void *data, size_t len)
{
	struct ike_out o;

	ike_out_init(&o);
	ike_put_notify(&o.c, type, data, len);
	ike_respond(sa, exchange, &o);
}

void
ike_respond_clear(struct ike_sa *sa, const uint8_t *msg, size_t len)
{
	uint8_t *copy = malloc(len);

	if (copy == NULL) {
		ike_count(sa->e, IKE_CTR_NO_MEMORY);
		return;
	}
	memcpy(copy, msg, len);
	ike_trace_clear(sa->e, true, &sa->path, sa->name, msg, len);
	keep_response(sa, copy, len);
}

bool
ike_keep(struct ike_kept *k, const struct ike_msg *m)
{
	k->h = m->h;
	k->first = m->inner_first;
	k->len = m->inner.len;
	k->p = malloc(k->len != 0 ? k->len : 1);
	if (k->p != NULL)
		memcpy(k->p, m->inner.p, k->len);
	return k->p != NULL;
}

void
ike_kept_parse(const struct ike_kept *k, struct ike_msg *m)
{
	struct rd r = rd_init(k->p, k->len);

	memset(m, 0, sizeof(*m));
	m->h = k->h;
	ike_msg_parse_inner(&r, k->first, m); /* it could be read before */
}

void
ike_kept_free(struct ike_kept *k)
{
	if (k->p != NULL)
		OPENSSL_cleanse(k->p, k->len);
	free(k->p);
	k->p = NULL;
}

void
ike_rx_free(struct ike_sa *sa)
{
	struct ike_rx *rx = sa->rx;

	if (rx == NULL)
		return;
	sa->rx = NULL;
	ike_job_cancel(rx->job);
	if (rx->new_sa != NULL)
		ike_sa_kill(rx->new_sa);
	ike_nego_drop(sa->e, &rx->nego);
	ike_kept_free(&rx->kept);
	OPENSSL_cleanse(rx, sizeof(*rx));
	free(rx);
}

/* ---- input ---------------------------------------------------------------------------------- */

/* Check and decrypt into the engine's @plain: as ike_frag_input(), and -EPROTO: malformed. */
static int
unprotect(struct ike_sa *sa, struct ike_msg *m, const uint8_t *msg, size_t len, bool repeated)
{
	struct ike_engine *e = sa->e;

	if (m->n_frags != 0 && repeated && m->frag != 1) { /* RFC 7383 section 2.6.1 */
		ike_count(e, IKE_CTR_FRAG_REPEAT);
		return -EAGAIN;
	}
	if (m->n_frags != 0 && !repeated)
		return ike_frag_input(sa, m, msg, len);
	return ike_sk_open(&e->crypto, &sa->suite, &sa->keys, sa->initiator ? 1 : 0, msg, len,
			m->sk_off, e->plain);
}

/* The payloads, in the engine's @plain. 0 or -EPROTO. */
static int
parse_inside(struct ike_sa *sa, struct ike_msg *m, size_t len)
{
	struct rd r = rd_init(sa->e->plain, len);
	struct ike_sa_payload sa_payload;

	ike_trace_payloads(sa->e, false, &sa->path, sa->name, &m->h, m->sk_next, sa->e->plain, len);
	if (ike_msg_parse_inner(&r, m->sk_next, m) != 0)
		return -EPROTO;
	if (m->critical != 0)
		return 0; /* refused as a whole for that */
	r = rd_init(m->sa.p, m->sa.len);
	if (m->sa.p != NULL && ike_sa_parse(&r, &sa_payload) != 0)
		return -EPROTO;
	return ike_msg_check(m) != 0 ? -EPROTO : 0;
}

static void
input_response(struct ike_sa *sa, struct ike_msg *m, int err)
{
	struct ike_task *t = sa->active;

	if (t->kind == IKE_TASK_DPD)
		ike_live_answered(sa->peer,
				sa->n_sent == 1 ? sa->e->now - sa->req_ms : UINT64_MAX);
	ike_exchange_answered(sa);
	if (err != 0 || m->critical != 0) {
		/* Section 2.21: no error message about an answer; clean up. */
		ike_count(sa->e, err != 0 ? IKE_CTR_MALFORMED_INSIDE : IKE_CTR_CRITICAL);
		ike_sa_fail(sa, "peer sent a malformed answer");
	} else if (sa->state == IKE_SA_UP && ike_msg_notify(m, IKE_N_INVALID_SYNTAX) != NULL) {
		/* Section 2.21.3: the peer has it no more. */
		ike_sa_fail(sa, "peer calls our message malformed: INVALID_SYNTAX");
	} else if (t->discard) {
		ike_task_end(t);
	} else {
		t->ops->answer(t, m);
	}
}

/* A request that cannot be read: section 2.21.3, fatal on both sides. */
static void
refuse_malformed(struct ike_sa *sa, const struct ike_msg *m)
{
	ike_count(sa->e, IKE_CTR_MALFORMED_INSIDE);
	ike_respond_notify(sa, m->h.exchange, IKE_N_INVALID_SYNTAX, NULL, 0);
	if (sa->state == IKE_SA_HALF_OPEN) {
		ike_caller_refused(sa->e, &sa->path, true, "sends a malformed IKE_AUTH");
		ike_sa_linger(sa);
	} else if (sa->state != IKE_SA_GONE)
		ike_sa_fail(sa, "peer sent a malformed request");
}

/* Section 2.5; section 2.21.2: in IKE_AUTH that is the end of the IKE SA. */
static void
refuse_critical(struct ike_sa *sa, const struct ike_msg *m)
{
	ike_count(sa->e, IKE_CTR_CRITICAL);
	ike_respond_notify(sa, m->h.exchange, IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD, &m->critical, 1);
	if (sa->state == IKE_SA_HALF_OPEN) {
		ike_caller_critical(sa->e, &sa->path, true, m->critical);
		ike_sa_linger(sa);
	}
}

static void
input_request(struct ike_sa *sa, struct ike_msg *m, int err)
{
	struct ike_engine *e = sa->e;
	bool established = sa->state == IKE_SA_UP || sa->state == IKE_SA_REKEYED ||
			   sa->state == IKE_SA_DELETING;

	if (err != 0) {
		refuse_malformed(sa, m);
	} else if (m->critical != 0) {
		refuse_critical(sa, m);
	} else if (sa->state == IKE_SA_HALF_OPEN && m->h.exchange == IKE_EX_AUTH) {
		ike_auth_request(sa, m);
	} else if (established && m->h.exchange == IKE_EX_CREATE_CHILD_SA) {
		ike_create_request(sa, m);
	} else if (established && m->h.exchange == IKE_EX_INFORMATIONAL) {
		ike_info_request(sa, m);
	} else {
		ike_count(e, IKE_CTR_UNEXPECTED);
	}
}

/* May this message be looked at, by its id alone? */
static bool
in_window(struct ike_sa *sa, const struct ike_hdr *h)
{
	if (h->flags & IKE_FLAG_RESPONSE)
		return sa->active != NULL && sa->active->sent && h->mid == sa->tx_mid;
	return h->mid == sa->rx_mid || (h->mid + 1 == sa->rx_mid && sa->resp != NULL);
}

/* The peer has not got our answer, or has not got all of it. */
static void
repeat_answer(struct ike_sa *sa)
{
	ike_count(sa->e, IKE_CTR_RX_REPEAT);
	if (++sa->n_repeats + 1 >= SMALLER_FROM)
		try_smaller(sa, "our answer to a request that is repeated", &sa->resp,
				&sa->resp_len);
	ike_send_bytes(sa, sa->resp, sa->resp_len);
}

/* Keys are there, and an initiator listens to requests only once it knows its peer. */
static bool
listens(const struct ike_sa *sa, const struct ike_msg *m, bool response)
{
	return sa->state != IKE_SA_NEW && sa->state != IKE_SA_INIT && sa->state != IKE_SA_DEAD &&
	       (sa->state != IKE_SA_AUTH || response) && (m->n_frags == 0 || sa->frag);
}

/* It is authentic: @n bytes of payloads, or -EPROTO. */
static void
input_authentic(struct ike_sa *sa, struct ike_msg *m, int n, const struct ike_path *path)
{
	bool response = (m->h.flags & IKE_FLAG_RESPONSE) != 0;
	bool repeated = !response && m->h.mid != sa->rx_mid;
	int err = n < 0 || repeated ? -EPROTO : parse_inside(sa, m, (size_t)n);

	if (repeated) { /* no sign of life: that may come from anybody */
		repeat_answer(sa);
		return;
	}
	ike_keep_touch(sa->peer);
	ike_frag_drop(sa, response);
	ike_nat_follow(sa, path, !response);
	ike_sa_heard(sa);
	if (!response)
		input_request(sa, m, err);
	else if (m->h.exchange != sa->active->ops->exchange)
		ike_count(sa->e, IKE_CTR_UNEXPECTED);
	else
		input_response(sa, m, err);
}

void
ike_exchange_input(struct ike_sa *sa, struct ike_msg *m, const uint8_t *msg, size_t len,
		const struct ike_path *path)
{
	struct ike_engine *e = sa->e;
	bool response = (m->h.flags & IKE_FLAG_RESPONSE) != 0;
	int n;

	if (!listens(sa, m, response)) {
		ike_count(e, IKE_CTR_UNEXPECTED);
		return;
	}
	if (!in_window(sa, &m->h)) {
		ike_count(e, IKE_CTR_MESSAGE_ID);
		return;
	}
	if (!response && sa->rx != NULL) {
		ike_count(e, IKE_CTR_BUSY);
		return;
	}
	n = unprotect(sa, m, msg, len, !response && m->h.mid != sa->rx_mid);
	if (n == -EBADMSG)
		ike_count(e, IKE_CTR_NOT_AUTHENTIC);
	else if (n != -EAGAIN)
		input_authentic(sa, m, n, path);
	OPENSSL_cleanse(e->plain, n > (int)len ? (size_t)n : len < IKE_MSG_MAX ? len : IKE_MSG_MAX);
}
