/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * INFORMATIONAL, RFC 7296 section 1.4: DELETE of Child SAs and of the IKE SA, liveness (section
 * 2.4), both roles. Every request is answered, an unknown one with nothing.
 */
#include <stdio.h>
#include <string.h>

#include "controlplane/ike/ike_auth.h"

#define DELETES_MAX 64 /* Child SAs that one message deletes */

/* ---- initiator ------------------------------------------------------------------------------ */

void
ike_queue_child_delete(struct ike_sa *sa, uint64_t child_id, uint32_t spi)
{
	struct ike_task *t = ike_task_new(sa, IKE_TASK_CHILD_DELETE);

	if (t == NULL)
		return;
	t->child_id = child_id;
	t->spi = spi;
	ike_task_queue(t, false);
}

static void
child_delete_start(struct ike_task *t)
{
	/* It may have gone meanwhile, by the peer's own DELETE. */
	if (t->child_id != 0 && ike_child_find(t->sa->e, t->child_id) == NULL)
		ike_task_end(t);
	else
		ike_task_send(t);
}

static void
child_delete_build(struct ike_task *t, struct ike_chain *c)
{
	ike_put_delete_esp(c, &t->spi, 1);
}

static void
child_delete_answer(struct ike_task *t, const struct ike_msg *m)
{
	struct ike_child *c = t->child_id != 0 ? ike_child_find(t->sa->e, t->child_id) : NULL;

	/* Whether the peer names its half or not (crossed deletes): the pair is gone. */
	if (c != NULL && c->state != IKE_CHILD_DRAINING) {
		struct ike_peer *p = c->peer;

		ike_child_retire(c);
		if (p->out == NULL)
			ike_peer_lost(p, "the Child SA was deleted");
	}
	ike_task_end(t);
}

const struct ike_task_ops ike_child_delete_ops = {
	.name = "Child SA delete",
	.exchange = IKE_EX_INFORMATIONAL,
	.start = child_delete_start,
	.build = child_delete_build,
	.answer = child_delete_answer,
};

static void
ike_delete_build(struct ike_task *t, struct ike_chain *c)
{
	ike_put_delete_ike(c);
}

static void
ike_delete_answer(struct ike_task *t, const struct ike_msg *m)
{
	ike_sa_kill(t->sa);
}

const struct ike_task_ops ike_ike_delete_ops = {
	.name = "IKE SA delete",
	.exchange = IKE_EX_INFORMATIONAL,
	.start = ike_task_send,
	.build = ike_delete_build,
	.answer = ike_delete_answer,
};

static void
dpd_start(struct ike_task *t)
{
	ike_count(t->sa->e, IKE_CTR_DPD);
	ike_task_send(t);
}

static void
dpd_build(struct ike_task *t, struct ike_chain *c)
{
	/* Empty: any answer is a sign of life. */
}

static void
dpd_answer(struct ike_task *t, const struct ike_msg *m)
{
	ike_task_end(t);
}

const struct ike_task_ops ike_dpd_ops = {
	.name = "liveness",
	.exchange = IKE_EX_INFORMATIONAL,
	.start = dpd_start,
	.build = dpd_build,
	.answer = dpd_answer,
};

/* ---- responder ------------------------------------------------------------------------------ */

/*
 * The peer deletes the IKE SA. If we were rekeying it and the peer's own rekey came first, that
 * one takes over (section 2.8.2); if it was replaced long ago, nothing is lost.
 */
static void
delete_ike(struct ike_sa *sa)
{
	struct ike_task *own = sa->active;
	struct ike_sa *rival = own != NULL ? own->rival_sa : NULL;
	bool was_up = sa->state == IKE_SA_UP;
	struct ike_out o;

	ike_out_init(&o);
	ike_respond(sa, IKE_EX_INFORMATIONAL, &o);
	if (rival != NULL && rival->state == IKE_SA_UP) {
		own->rival_sa = NULL;
		ike_sa_inherit(sa, rival);
		was_up = false;
	}
	ike_sa_linger(sa);
	if (was_up && sa->peer != NULL)
		ike_peer_lost(sa->peer, "peer deleted the IKE SA");
}

/* The SPI of ours that goes with theirs; 0: we do not have it, or are deleting it ourselves. */
static uint32_t
delete_child(struct ike_sa *sa, uint32_t spi_out)
{
	struct ike_child *c = sa->peer != NULL ? ike_child_find_out(sa->peer, spi_out) : NULL;
	struct ike_peer *p;
	uint32_t spi_in;
	bool had;

	if (c == NULL)
		return 0;
	p = c->peer;
	had = p->out != NULL;
	spi_in = c->state == IKE_CHILD_DELETING ? 0 : c->spi_in;
	ike_child_retire(c);
	if (had && p->out == NULL)
		ike_peer_lost(p, "peer deleted the Child SA");
	return spi_in;
}

static void
delete_children(struct ike_sa *sa, const struct ike_msg *m, struct ike_out *o)
{
	uint32_t ours[DELETES_MAX];
	uint16_t n = 0;

	for (unsigned int i = 0; i < m->n_delete; i++) {
		struct rd r = rd_init(m->del[i].spis, (size_t)m->del[i].n * m->del[i].spi_size);

		if (m->del[i].proto != IKE_PROTO_ESP)
			continue;
		while (rd_left(&r) > 0 && n < DELETES_MAX) {
			ours[n] = delete_child(sa, rd_be32(&r));
			n += ours[n] != 0;
		}
	}
	if (n > 0)
		ike_put_delete_esp(&o->c, ours, n);
}

/*
 * Section 3.15.4: who does not know configuration payloads at all ignores them, and never answers
 * INTERNAL_ADDRESS_FAILURE. So a peer that can do without an address gets its Child SA. It is told
 * once for each IKE SA.
 */
void
ike_config_request(struct ike_sa *sa, const struct ike_msg *m)
{
	if (!m->cfg_request)
		return;
	ike_count(sa->e, IKE_CTR_CONFIG);
	if (!sa->config_told)
		ike_log(sa->e, LVL_NOTICE, sa->name, "peer asks for %s, which we do not give",
				m->cfg_address ? "an address" : "configuration");
	sa->config_told = true;
}

void
ike_info_request(struct ike_sa *sa, const struct ike_msg *m)
{
	struct ike_out o;
	char why[96];

	for (unsigned int i = 0; i < m->n_delete; i++) {
		if (m->del[i].proto == IKE_PROTO_IKE) {
			delete_ike(sa);
			return;
		}
	}
	ike_out_init(&o);
	delete_children(sa, m, &o);
	ike_config_request(sa, m);
	ike_respond(sa, IKE_EX_INFORMATIONAL, &o);
	if (ike_msg_notify(m, IKE_N_AUTHENTICATION_FAILED) != NULL) {
		ike_count(sa->e, IKE_CTR_PEER_AUTH_FAILED);
		snprintf(why, sizeof(why), "peer does not believe us: AUTHENTICATION_FAILED%s",
				sa->peer != NULL ? ike_auth_hint(sa) : "");
		ike_sa_fail(sa, why);
	} else if (ike_msg_notify(m, IKE_N_INVALID_SYNTAX) != NULL) {
		ike_sa_fail(sa, "peer calls our message malformed: INVALID_SYNTAX");
	}
}
