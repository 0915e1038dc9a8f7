/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Aggressive mode (RFC 2409 sections 5.1 and 5.4), both roles: three messages, names in the clear,
 * and with a pre-shared key a proof that an eavesdropper can try keys against. Only where it is
 * asked for. With RSA signatures SIG_R and SIG_I take the place of the hashes: ike1_sig.c.
 *
 *	HDR, SA, KE, Ni, IDii                     -->
 *	                    <--  HDR, SA, KE, Nr, IDir, HASH_R, NAT-D, NAT-D
 *	HDR*, HASH_I, NAT-D, NAT-D                -->
 */
#include <stdlib.h>
#include <string.h>

#include "controlplane/ike/ike1_phase1.h"

/* Aggressive mode has one group only, and all its transforms must have it. */
static bool
single_group(const struct ike_peer_cfg *cfg, uint16_t *group)
{
	*group = cfg->ike_proposals[0].group[0];
	for (unsigned int i = 0; i < cfg->n_ike_proposals; i++)
		for (unsigned int k = 0; k < cfg->ike_proposals[i].n_group; k++)
			if (cfg->ike_proposals[i].group[k] != *group)
				return false;
	return true;
}

static void
aggressive_generated(void *owner, struct ike_job *j)
{
	struct ike1_sa *sa = owner;
	struct ike1_terms t = ike1_terms_phase1(&sa->peer->cfg);
	uint8_t id[4 + IKE_ID_MAX];
	struct ike_out o;

	if (!ike1_phase1_done(sa, j))
		return;
	ike_out_init(&o);
	ike1_put_sa(&o.c, &t, 0);
	if (!ike1_keep_sai(sa, o.buf + 4, o.w.len - 4)) {
		ike1_sa_fail(sa, "out of memory");
		return;
	}
	ike1_put_ke_nonce(sa, &o);
	ike_put_blob(&o.c, IKE1_PL_ID, id, ike1_own_id(sa->peer, id));
	if (t.rsa)
		ike1_put_certreq(sa, &o.c);
	ike1_put_vendor_ids(&o.c);
	if (!ike1_send(sa, &sa->line, IKE1_EX_AGGRESSIVE, 0, &o, NULL, true))
		ike1_sa_fail(sa, "the first message could not be built");
}

void
ike1_aggr_start(struct ike1_sa *sa)
{
	uint16_t group;

	sa->state = IKE1_AM1_SENT;
	if (!single_group(&sa->peer->cfg, &group)) {
		ike1_sa_fail(sa, "aggressive mode needs proposals of one group");
		return;
	}
	sa->kex.group = group;
	if (!ike1_phase1_job(sa, true, false, aggressive_generated))
		ike1_sa_fail(sa, "out of memory");
}

/* The third message: ours ends it, encrypted. It begins with the proof, in @o. */
static void
send_third(struct ike1_sa *sa, struct ike_out *o)
{
	ike1_put_nat_detection(sa, o);
	ike1_put_initial_contact(sa, o);
	ike1_float_ports(sa);
	if (!ike1_send(sa, &sa->line, IKE1_EX_AGGRESSIVE, 0, o, sa->keys.iv, false)) {
		ike1_sa_fail(sa, "a message of phase 1 could not be built");
		return;
	}
	ike1_sa_up(sa);
}

static void
responder_judged(void *owner, struct ike_job *j)
{
	struct ike1_sa *sa = owner;
	struct ike_out o;

	if (!ike1_sig_done(sa, j))
		return;
	ike_out_init(&o);
	ike1_put_sig(&o.c, j->pk);
	send_third(sa, &o);
}

/* All of the responder's came in one message. */
static void
aggressive_derived(void *owner, struct ike_job *j)
{
	struct ike1_sa *sa = owner;
	uint8_t own[4 + IKE_ID_MAX], hash[IKE1_HASH_MAX];
	struct ike_blob id = { .p = sa->peer_id, .len = sa->peer_id_len };
	struct ike_blob own_blob = { .p = own, .len = ike1_own_id(sa->peer, own) };
	struct ike_blob theirs = { .p = sa->peer_hash, .len = ike_prf_len(sa->suite.s.prf) };
	struct ike_pk *pk = sa->pk;
	struct ike_out o;

	if (!ike1_phase1_done(sa, j))
		return;
	if (ike1_by_sig(sa)) {
		sa->pk = NULL;
		if (!ike1_phase1_keys(sa, sa->peer)) {
			ike_pk_free(pk);
			ike1_sa_fail(sa, "keys could not be derived");
		} else if (!ike1_sig_run(sa, pk, true, responder_judged)) {
			ike1_sa_fail(sa, "out of memory");
		}
		return;
	}
	if (!ike1_phase1_keys(sa, sa->peer) || !ike1_phase1_proven(sa, sa->peer, &id, &theirs)) {
		ike_count(sa->e, IKE_CTR_AUTH_FAILED);
		ike1_phase1_fail(sa, "peer's proof is wrong: not the same pre-shared key?");
		return;
	}
	ike_out_init(&o);
	ike_put_blob(&o.c, IKE1_PL_HASH, hash,
			ike1_phase1_hash(sa, sa->peer, true, &own_blob, hash));
	send_third(sa, &o);
}

/* What the responder proves itself by: kept until the keys are there. */
static bool
keep_proof(struct ike1_sa *sa, const struct ike1_msg *m)
{
	if (!ike1_by_sig(sa)) {
		if (m->hash.p == NULL || m->hash.len != ike_prf_len(sa->suite.s.prf))
			return false;
		memcpy(sa->peer_hash, m->hash.p, m->hash.len);
		return true;
	}
	ike_pk_free(sa->pk);
	sa->pk = ike1_sig_work(sa);
	return sa->pk != NULL && ike1_sig_take(sa->pk, m, &m->id[0]);
}

bool
ike1_aggr_second(struct ike1_sa *sa, const struct ike1_msg *m)
{
	if (sa->job != NULL || m->n_id != 1 || !ike1_accept_suite(sa, m) ||
			sa->suite.s.group != sa->kex.group || !ike1_take_ke_nonce(sa, m) ||
			!keep_proof(sa, m))
		return false;
	if (!ike1_id_names(&m->id[0], sa->peer) || m->id[0].len > sizeof(sa->peer_id)) {
		ike_count(sa->e, IKE_CTR_AUTH_FAILED);
		ike_live_other_name(sa->peer);
		ike1_phase1_fail(sa, "peer calls itself by another identity than is configured");
		return true;
	}
	ike1_remember_id(sa, &m->id[0]);
	memcpy(sa->peer_id, m->id[0].p, m->id[0].len);
	sa->peer_id_len = m->id[0].len;
	ike1_check_nat(sa, m);
	ike1_line_stop(sa, &sa->line);
	if (!ike1_phase1_job(sa, false, true, aggressive_derived))
		ike1_sa_fail(sa, "out of memory");
	return true;
}

/* The second message; @pk: our signature, NULL: with a pre-shared key. */
static bool
send_second(struct ike1_sa *sa, const struct ike_pk *pk)
{
	struct ike_blob transform = { .p = sa->transform, .len = sa->transform_len };
	uint8_t id[4 + IKE_ID_MAX];
	struct ike_out o;

	ike_out_init(&o);
	ike1_put_sa_choice(&o.c, true, sa->num, 0, &transform);
	ike1_put_ke_nonce(sa, &o);
	if (pk != NULL) {
		ike_put_blob(&o.c, IKE1_PL_ID, id, ike1_own_id(sa->peer, id));
		ike1_put_sig(&o.c, pk);
		ike1_put_certreq(sa, &o.c);
	} else if (!ike1_put_auth(sa, &o)) {
		return false;
	}
	ike1_put_nat_detection(sa, &o);
	ike1_put_vendor_ids(&o.c);
	return ike1_send(sa, &sa->line, IKE1_EX_AGGRESSIVE, 0, &o, NULL, true);
}

static void
answer_signed(void *owner, struct ike_job *j)
{
	struct ike1_sa *sa = owner;

	if (ike1_sig_done(sa, j) && !send_second(sa, j->pk))
		ike1_sa_fail(sa, "a message of phase 1 could not be built");
}

static void
aggressive_answer(void *owner, struct ike_job *j)
{
	struct ike1_sa *sa = owner;
	bool ok;

	if (!ike1_phase1_done(sa, j))
		return;
	ok = ike1_phase1_keys(sa, sa->peer);
	if (ok && ike1_by_sig(sa))
		ok = ike1_sig_run(sa, ike1_sig_work(sa), true, answer_signed);
	else
		ok = ok && send_second(sa, NULL);
	if (!ok)
		ike1_sa_fail(sa, "a message of phase 1 could not be built");
}

void
ike1_aggr_request(struct ike1_sa *sa, struct ike_peer *p, const struct ike1_msg *m,
		const struct ike_blob *transform, uint8_t num)
{
	sa->state = IKE1_AM2_SENT;
	if (m->id[0].len > sizeof(sa->peer_id) || !ike1_take_ke_nonce(sa, m)) {
		ike1_sa_kill(sa);
		return;
	}
	ike1_sa_set_peer(sa, p);
	memcpy(sa->peer_id, m->id[0].p, m->id[0].len);
	sa->peer_id_len = m->id[0].len;
	ike1_remember_id(sa, &m->id[0]);
	sa->kex.group = sa->suite.s.group;
	sa->transform = malloc(transform->len);
	if (sa->transform == NULL) {
		ike1_sa_kill(sa);
		return;
	}
	memcpy(sa->transform, transform->p, transform->len);
	sa->transform_len = transform->len;
	sa->num = num;
	if (!ike1_phase1_job(sa, true, true, aggressive_answer))
		ike1_sa_kill(sa);
}

/* The initiator is who it said it is. */
static void
believed(struct ike1_sa *sa)
{
	if (sa->initial_contact)
		ike1_initial_contact(sa);
	ike1_sa_up(sa);
}

static void
proven(struct ike1_sa *sa)
{
	struct ike_blob id = { .p = sa->peer_id, .len = sa->peer_id_len };

	ike1_group_meet(sa, &id, believed);
}

static void
initiator_judged(void *owner, struct ike_job *j)
{
	struct ike1_sa *sa = owner;

	if (ike1_sig_done(sa, j))
		proven(sa);
}

static bool
judge_third(struct ike1_sa *sa, const struct ike1_msg *m, const struct ike_blob *id)
{
	struct ike_pk *pk = ike1_sig_work(sa);

	if (pk == NULL || !ike1_sig_take(pk, m, id)) {
		ike_pk_free(pk);
		return false;
	}
	if (!ike1_sig_run(sa, pk, false, initiator_judged))
		ike1_sa_fail(sa, "out of memory");
	return true;
}

bool
ike1_aggr_third(struct ike1_sa *sa, const struct ike1_msg *m)
{
	struct ike_blob id = { .p = sa->peer_id, .len = sa->peer_id_len };

	if (sa->job != NULL)
		return false;
	if (ike1_by_sig(sa) ? !judge_third(sa, m, &id)
			    : !ike1_phase1_proven(sa, sa->peer, &id, &m->hash)) {
		ike_count(sa->e, IKE_CTR_AUTH_FAILED);
		ike_log_outsider(sa->e, LVL_WARNING, sa->name,
				"phase 1: peer's proof is wrong: not the same pre-shared key?");
		return false;
	}
	if (sa->state == IKE1_DEAD)
		return true;
	ike1_check_nat(sa, m);
	ike1_line_stop(sa, &sa->line);
	sa->initial_contact = ike1_notify(m, IKE1_N_INITIAL_CONTACT) != NULL;
	if (!ike1_by_sig(sa))
		proven(sa);
	return true;
}
