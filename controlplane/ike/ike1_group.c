/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Groups of branches by IKEv1. In aggressive mode the initiator's name comes with the first message
 * and says whose pre-shared key it is; in main mode it is the one that opens the fifth message
 * (ike1_main.c). With certificates in both modes. Phase 1 is done with the group's model as peer.
 * When the initiator has proven who it is, ops.group is told, and the ISAKMP SA waits for a peer of
 * its own: it goes over to that as soon as there is one (ike_peer_set()), and what was to follow
 * follows.
 *
 * In aggressive mode the initiator has all that it needs by then: its first quick mode may come
 * while we wait, and is looked at afterwards.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "controlplane/ike/ike1_phase1.h"

#define EARLY_MAX 4096 /* bytes of a quick mode that is kept */

static void
refuse(struct ike1_sa *sa, const char *why)
{
	ike_count(sa->e, IKE_CTR_AUTH_FAILED);
	ike1_send_clear_error(sa->e, &sa->path, sa->ck_i, sa->ck_r, IKE1_N_AUTHENTICATION_FAILED);
	ike_peer_refused(sa->peer, true, why);
	ike1_phase1_fail(sa, why);
}

/* Where who proved to be @id waits, the first first. */
static struct ike1_sas *
waiting_at(struct ike_engine *e, const struct ike_id *id)
{
	return &e->met1[ike_id_bucket(id->type, id->data, id->len)];
}

void
ike1_group_meet(struct ike1_sa *sa, const struct ike_blob *body, void (*then)(struct ike1_sa *sa))
{
	const struct ike_ops *ops = &sa->e->ops;
	struct ike_id *id = &sa->met_id;
	int err;

	if (!sa->peer->cfg.group) {
		then(sa);
		return;
	}
	*id = (struct ike_id){ .type = body->p[0], .len = (uint8_t)(body->len - 4) };
	memcpy(id->data, body->p + 4, id->len);
	err = ops->group != NULL ? ops->group(sa->e->ctx, sa->peer->cfg.name, id) : -ENOTSUP;
	if (err != 0) {
		refuse(sa, err == -EDQUOT ? "the group has all the branches that it may have"
					  : "there is no tunnel for one more branch of the group");
		return;
	}
	sa->met = then;
	TAILQ_INSERT_TAIL(waiting_at(sa->e, id), sa, met_link);
}

bool
ike1_group_hold(struct ike1_sa *sa, const uint8_t *msg, size_t len)
{
	if (sa->met == NULL || sa->early != NULL || len > EARLY_MAX)
		return false;
	sa->early = malloc(len);
	if (sa->early == NULL)
		return false;
	memcpy(sa->early, msg, len);
	sa->early_len = len;
	return true;
}

void
ike1_group_forget(struct ike1_sa *sa)
{
	if (sa->met != NULL)
		TAILQ_REMOVE(waiting_at(sa->e, &sa->met_id), sa, met_link);
	sa->met = NULL;
	free(sa->early);
	sa->early = NULL;
}

/* Were both to be proven by the same secret? */
static bool
same_secret(const struct ike_peer_cfg *a, const struct ike_peer_cfg *b)
{
	return a->auth_local == b->auth_local && a->aggressive == b->aggressive &&
	       a->cred == b->cred && a->psk_len == b->psk_len &&
	       CRYPTO_memcmp(a->psk, b->psk, a->psk_len) == 0;
}

/* @p is the peer that @sa waits for. */
static void
go_on(struct ike1_sa *sa, struct ike_peer *p)
{
	void (*then)(struct ike1_sa *) = sa->met;
	struct ike_peer *model = sa->peer;
	size_t len = sa->early_len;
	uint8_t *early = sa->early;
	struct rd r = rd_init(early, len);
	struct ike_hdr h;

	sa->early = NULL;
	ike1_group_forget(sa);
	TAILQ_REMOVE(&model->sas1, sa, peer_link);
	ike1_sa_set_peer(sa, p);
	ike_live_heard(p);
	ike_live_stage(p, IKE_STAGE_KEY);
	if (!same_secret(&model->cfg, &p->cfg))
		refuse(sa, "it has proven itself by the group's secret, and has one of its own");
	else
		then(sa);
	if (early != NULL && sa->state == IKE1_UP && ike_hdr_parse(&r, &h) == 0)
		ike1_input(sa->e, &sa->path, early, len, &h);
	free(early);
}

/* Who waits in @waiting for @p goes on. */
static void
take(struct ike1_sas *waiting, struct ike_peer *p)
{
	struct ike1_sa *sa, *next;

	for (sa = TAILQ_FIRST(waiting); sa != NULL; sa = next) {
		uint8_t buf[4 + IKE_ID_MAX];
		struct ike_blob body = { .p = buf, .len = ike_id_body(&sa->met_id, buf) };

		next = TAILQ_NEXT(sa, met_link);
		if (ike1_id_names(&body, p) && p->cfg.local == sa->path.local)
			go_on(sa, p);
	}
}

void
ike1_group_peer(struct ike_peer *p)
{
	const struct ike_id *id = &p->cfg.remote_id;

	if (p->cfg.version != 1 || p->cfg.group)
		return;
	if (ike_names_one(&p->cfg)) {
		take(waiting_at(p->e, id), p);
		return;
	}
	for (unsigned int i = 0; i < IKE_HASH; i++)
		take(&p->e->met1[i], p);
}
