/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IKE_AUTH, RFC 7296 sections 1.2, 2.15 and 2.21.2, both roles. The first Child SA travels along;
 * that it fails does not undo the IKE SA. Each side proves itself by a pre-shared key, which is
 * done here and at once, or by a certificate: then the message waits for public-key work
 * (ike_auth_cert.c), and goes on where it came to.
 *
 *	HDR, SK { IDi, [CERT,] [N(INITIAL_CONTACT)], [CERTREQ,] [IDr], AUTH,
 *	          N(USE_TRANSPORT_MODE), SAi2, TSi, TSr }  -->
 *	         <--  HDR, SK { IDr, [CERT,] AUTH, N(USE_TRANSPORT_MODE), SAr2, TSi, TSr }
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "common/inet.h"
#include "controlplane/ike/ike_auth.h"

/* The pre-shared key's AUTH of one side: @who 0 the initiator, 1 the responder. Each side may have
 * a key of its own. */
static int
psk_value(struct ike_sa *sa, const struct ike_keys *keys, const struct ike_peer_cfg *cfg, int who,
		const struct ike_blob *id, uint8_t *out)
{
	bool own = (who == 0) == sa->initiator && cfg->own_psk_len > 0;
	struct ike_blob psk = { .p = own ? cfg->own_psk : cfg->psk,
		.len = own ? cfg->own_psk_len : cfg->psk_len };
	struct ike_blob msg = { .p = sa->first[who], .len = sa->first_len[who] };
	struct ike_blob nonce = ike_nonce_blob(who == 0 ? &sa->nr : &sa->ni);

	return ike_auth_psk(&sa->e->crypto, sa->suite.prf, &psk, &msg, &nonce, keys->p[who], id,
			out);
}

/* Our AUTH with the pre-shared key; @out has IKE_PRF_MAX bytes. */
static bool
own_psk_value(struct ike_sa *sa, const struct ike_keys *keys, uint8_t *out)
{
	const struct ike_peer_cfg *cfg = &sa->peer->cfg;
	uint8_t body[4 + IKE_ID_MAX];
	struct ike_blob id = { .p = body, .len = ike_id_body(&cfg->local_id, body) };

	return psk_value(sa, keys, cfg, sa->initiator ? 0 : 1, &id, out) == 0;
}

/* @pk: our signature, where we prove ourselves by one. */
static void
put_own_auth(struct ike_sa *sa, const struct ike_keys *keys, const struct ike_pk *pk,
		struct ike_chain *c)
{
	uint8_t auth[IKE_PRF_MAX];

	if (sa->peer->cfg.auth_local != IKE_AUTHN_PSK) {
		c->w->bad |= pk == NULL || pk->sig_len[0] == 0;
		if (!c->w->bad)
			ike_put_auth(c, pk->how.method, pk->sig[0], pk->sig_len[0]);
		return;
	}
	if (!own_psk_value(sa, keys, auth))
		c->w->bad = true;
	ike_put_auth(c, IKE_AUTH_PSK, auth, ike_prf_len(sa->suite.prf));
	OPENSSL_cleanse(auth, sizeof(auth));
}

/* @auth is what came in AUTH, or in N(NO_PPK_AUTH). */
static bool
psk_good(struct ike_sa *sa, const struct ike_peer_cfg *cfg, const struct ike_msg *m,
		const struct ike_blob *auth)
{
	const struct ike_blob *id = sa->initiator ? &m->idr : &m->idi;
	uint8_t want[IKE_PRF_MAX];
	size_t len = ike_prf_len(sa->suite.prf);
	bool good;

	if (id->p == NULL || auth->p == NULL || m->auth_method != IKE_AUTH_PSK ||
			auth->len != len ||
			psk_value(sa, &sa->keys, cfg, sa->initiator ? 1 : 0, id, want) != 0)
		return false;
	good = CRYPTO_memcmp(want, auth->p, len) == 0;
	OPENSSL_cleanse(want, sizeof(want));
	return good;
}

static void
keep_remote_id(struct ike_sa *sa, const struct ike_blob *id)
{
	ike_id_str(id->p[0], id->p + 4, id->len - 4, sa->remote_id, sizeof(sa->remote_id));
}

/* ---- initiator ------------------------------------------------------------------------------ */

static void
auth_signed(void *owner, struct ike_job *job)
{
	struct ike_task *t = owner;
	char why[sizeof(job->pk->why)];

	t->job = NULL;
	if (job->pk->good) {
		t->pk = job->pk;
		job->pk = NULL;
		ike_task_send(t);
		return;
	}
	memcpy(why, job->pk->why, sizeof(why));
	ike_sa_fail(t->sa, why);
}

/* With a PPK there are two signatures: with it, and without for a peer that does not have it. */
static void
auth_sign(struct ike_task *t)
{
	struct ike_sa *sa = t->sa;
	const struct ike_peer_cfg *cfg = &sa->peer->cfg;
	struct ike_keys mixed = sa->keys;
	const struct ike_keys *keys[2] = { &sa->keys, &sa->keys };
	char why[120] = "out of memory";
	struct ike_pk *pk = NULL;

	if (sa->use_ppk)
		keys[0] = &mixed;
	if (!sa->use_ppk || ike_ppk_mix(sa, cfg, &mixed))
		pk = ike_auth_work(sa, cfg, NULL, NULL, keys,
				sa->use_ppk && !cfg->ppk_required ? 2 : 1, why, sizeof(why));
	OPENSSL_cleanse(&mixed, sizeof(mixed));
	t->job = pk != NULL ? ike_job_submit_pk(sa->e, pk, auth_signed, t) : NULL;
	if (t->job == NULL)
		ike_sa_fail(sa, why);
}

static void
auth_start(struct ike_task *t)
{
	if (!t->sa->childless)
		t->nego.spi_in = t->sa->e->ops.spi_alloc(
				t->sa->e->ctx, t->sa->peer->cfg.tun_id);
	if (t->nego.spi_in == 0 && !t->sa->childless)
		ike_sa_fail(t->sa, "no SPI left for a Child SA");
	else if (t->sa->peer->cfg.auth_local != IKE_AUTHN_PSK)
		auth_sign(t);
	else
		ike_task_send(t);
}

/* AUTH with the PPK, which one it is, and AUTH without it unless it is required. */
static void
put_auth_ppk(struct ike_task *t, struct ike_chain *c)
{
	struct ike_sa *sa = t->sa;
	const struct ike_peer_cfg *cfg = &sa->peer->cfg;
	struct ike_keys mixed = sa->keys;
	uint8_t plain[IKE_PRF_MAX];

	c->w->bad |= !ike_ppk_mix(sa, cfg, &mixed);
	put_own_auth(sa, &mixed, t->pk, c);
	OPENSSL_cleanse(&mixed, sizeof(mixed));
	ike_ppk_put_identity(cfg, c);
	if (cfg->ppk_required)
		return;
	if (cfg->auth_local != IKE_AUTHN_PSK) {
		ike_put_notify(c, IKE_N_NO_PPK_AUTH, t->pk->sig[1], t->pk->sig_len[1]);
		return;
	}
	c->w->bad |= !own_psk_value(sa, &sa->keys, plain);
	ike_put_notify(c, IKE_N_NO_PPK_AUTH, plain, ike_prf_len(sa->suite.prf));
	OPENSSL_cleanse(plain, sizeof(plain));
}

static void
auth_build(struct ike_task *t, struct ike_chain *c)
{
	struct ike_sa *sa = t->sa;
	const struct ike_peer_cfg *cfg = &sa->peer->cfg;

	ike_put_id(c, IKE_PL_IDI, &cfg->local_id);
	if (cfg->auth_local != IKE_AUTHN_PSK)
		ike_put_certs(c, t->pk->cred);
	if (ike_peer_sa(sa->peer) == NULL)
		/* Section 2.4: we know of no other. */
		ike_put_notify(c, IKE_N_INITIAL_CONTACT, NULL, 0);
	if (cfg->auth_remote != IKE_AUTHN_PSK)
		ike_put_certreq(sa->e, c, cfg->cred);
	if (cfg->remote_id.len > 0 && ike_names_one(cfg))
		ike_put_id(c, IKE_PL_IDR, &cfg->remote_id);
	if (sa->use_ppk)
		put_auth_ppk(t, c);
	else
		put_own_auth(sa, &sa->keys, t->pk, c);
	if (!sa->childless)
		ike_put_child_offer(sa, c, IKE_USE_ESP_FIRST, &t->nego, NULL);
}

/* We do not believe the responder: tell it so (section 2.21.2) and forget it. */
static void
distrust(struct ike_task *t, const char *why)
{
	struct ike_out o;

	ike_count(t->sa->e, IKE_CTR_AUTH_FAILED);
	ike_out_init(&o);
	ike_put_notify(&o.c, IKE_N_AUTHENTICATION_FAILED, NULL, 0);
	ike_send_last(t->sa, &o);
	ike_sa_fail(t->sa, why);
}

/* The peer has let the IKE SA stand, but what of the Child SA? */
static void
first_child(struct ike_task *t, const struct ike_msg *m)
{
	struct ike_sa *sa = t->sa;
	const struct ike_notify *err = ike_msg_error(m);
	char why[160];
	const char *wrong;

	t->nego.ni = sa->ni;
	t->nego.nr = sa->nr;
	if (m->sa.p == NULL) {
		snprintf(why, sizeof(why), "peer refuses the Child SA: %s",
				err != NULL ? ike_notify_str(err->type) : "no SA payload");
		ike_peer_lost(sa->peer, why);
		return;
	}
	wrong = ike_judge_answer(sa, m, IKE_USE_ESP_FIRST, &t->nego);
	if (wrong == NULL && ike_child_make(sa, &t->nego, true, true) == NULL)
		wrong = "the Child SA could not be installed";
	if (wrong != NULL) {
		ike_queue_child_delete(sa, 0, t->nego.spi_in);
		ike_peer_lost(sa->peer, wrong);
	}
}

static void
keep_proof(struct ike_sa *sa, const struct ike_pk *own, struct ike_pk *theirs)
{
	sa->proof = ike_proof_new(sa->e, &sa->peer->cfg, own, theirs);
	if (sa->proof != NULL)
		sa->proof->ppk = sa->ppk;
}

/* The responder is who it claims to be; @pk: its certificate, NULL: by a pre-shared key. */
static void
auth_believed(struct ike_task *t, const struct ike_msg *m, struct ike_pk *pk)
{
	struct ike_sa *sa = t->sa;

	ike_live_stage(sa->peer, IKE_STAGE_KEY);
	keep_remote_id(sa, &m->idr);
	keep_proof(sa, t->pk, pk);
	ike_sa_up(sa);
	ike_take_auth_lifetime(sa, m);
	if (!sa->childless) {
		first_child(t, m);
	} else {
		ike_task_queue(ike_task_new(sa, IKE_TASK_CHILD_NEW), false);
		ike_peer_update(sa->peer, NULL);
	}
	ike_nets_ask(sa);
	ike_sa_unique(sa);
	if (sa->state != IKE_SA_DEAD)
		ike_task_end(t);
}

static void
auth_checked(void *owner, struct ike_job *job)
{
	struct ike_task *t = owner;
	char why[sizeof(job->pk->why) + 64], addr[IP4_STR_LEN];
	struct ike_msg m;

	t->job = NULL;
	if (!job->pk->good) {
		snprintf(why, sizeof(why), "peer %s failed authentication: %s",
				ip4_str(t->sa->path.remote, addr), job->pk->why);
		ike_log(t->sa->e, LVL_WARNING, t->sa->name, "%s", why);
		distrust(t, why);
		return;
	}
	ike_kept_parse(&t->kept, &m);
	auth_believed(t, &m, job->pk);
}

/* The answer waits until its certificate is judged. */
static void
auth_check(struct ike_task *t, const struct ike_msg *m)
{
	struct ike_sa *sa = t->sa;
	char why[120] = "out of memory";
	struct ike_pk *pk = ike_auth_work(
			sa, &sa->peer->cfg, m, &m->auth, NULL, 0, why, sizeof(why));

	if (pk != NULL && !ike_keep(&t->kept, m)) {
		ike_pk_free(pk);
		pk = NULL;
	}
	t->job = pk != NULL ? ike_job_submit_pk(sa->e, pk, auth_checked, t) : NULL;
	if (t->job == NULL)
		ike_sa_fail(sa, why);
}

static void
auth_answer(struct ike_task *t, const struct ike_msg *m)
{
	struct ike_sa *sa = t->sa;
	const struct ike_notify *err = ike_msg_error(m);
	const struct ike_peer_cfg *cfg = &sa->peer->cfg;
	const char *ppk;
	char why[160];

	if (m->auth.p == NULL) {
		ike_count(sa->e, IKE_CTR_PEER_AUTH_FAILED);
		snprintf(why, sizeof(why), "peer answers %s to IKE_AUTH%s",
				err != NULL ? ike_notify_str(err->type) : "without AUTH",
				err != NULL && err->type == IKE_N_AUTHENTICATION_FAILED
						? ike_auth_hint(sa)
						: "");
		ike_sa_fail(sa, why);
		return;
	}
	if (m->idr.p == NULL ||
			(cfg->remote_id.len > 0 && ike_name_of(cfg, &m->idr) == NULL)) {
		char id[64] = "nothing";

		if (m->idr.p != NULL)
			ike_id_str(m->idr.p[0], m->idr.p + 4, m->idr.len - 4, id, sizeof(id));
		snprintf(why, sizeof(why),
				"peer calls itself %s, which is not the configured identity", id);
		ike_live_other_name(sa->peer);
		distrust(t, why);
		return;
	}
	ike_live_stage(sa->peer, IKE_STAGE_IDENTITY);
	ppk = ike_ppk_accept(sa, m);
	if (ppk != NULL)
		distrust(t, ppk);
	else if (!ike_auth_method_fits(sa, cfg, m, why, sizeof(why)))
		distrust(t, why);
	else if (cfg->auth_remote != IKE_AUTHN_PSK)
		auth_check(t, m);
	else if (!psk_good(sa, cfg, m, &m->auth))
		distrust(t, "peer does not prove that it has the pre-shared key");
	else
		auth_believed(t, m, NULL);
}

const struct ike_task_ops ike_auth_ops = {
	.name = "IKE_AUTH",
	.exchange = IKE_EX_AUTH,
	.start = auth_start,
	.build = auth_build,
	.answer = auth_answer,
};

/* ---- responder ------------------------------------------------------------------------------ */

/* The suite was chosen by address alone; is it one of this peer's? */
static bool
suite_allowed(const struct ike_suite *s, const struct ike_peer_cfg *cfg)
{
	for (unsigned int i = 0; i < cfg->n_ike_proposals; i++) {
		const struct ike_proposal_cfg *p = &cfg->ike_proposals[i];
		bool encr = false, prf = false, integ = s->integ == 0, group = false;

		for (unsigned int j = 0; j < p->n_encr; j++)
			encr |= p->encr[j].id == s->encr && p->encr[j].key_bits == s->key_bits;
		for (unsigned int j = 0; j < p->n_prf; j++)
			prf |= p->prf[j] == s->prf;
		for (unsigned int j = 0; j < p->n_integ; j++)
			integ |= p->integ[j] == s->integ;
		for (unsigned int j = 0; j < p->n_group; j++)
			group |= p->group[j] == s->group;
		if (encr && prf && integ && group)
			return true;
	}
	return false;
}

/* @p is who the initiator claims to be; NULL: nobody of the right name is at that address. */
static void
refuse_auth(struct ike_sa *sa, const struct ike_msg *m, struct ike_peer *p, const char *why)
{
	struct ike_engine *e = sa->e;
	char id[64] = "?";

	ike_id_str(m->idi.p[0], m->idi.p + 4, m->idi.len - 4, id, sizeof(id));
	ike_count(e, IKE_CTR_AUTH_FAILED);
	ike_log_outsider(e, LVL_WARNING, p != NULL ? p->cfg.name : sa->name,
			"AUTHENTICATION_FAILED for \"%s\": %s", id, why);
	ike_respond_notify(sa, IKE_EX_AUTH, IKE_N_AUTHENTICATION_FAILED, NULL, 0);
	ike_sa_linger(sa);
	if (p == NULL)
		return;
	ike_live_stage(p, IKE_STAGE_IDENTITY);
	ike_peer_refused(p, true, why);
}

/* Which of the two names is not what peer @p would say? */
static void
name_reason(const struct ike_sa *sa, const struct ike_msg *m, const struct ike_peer *p, char *buf,
		size_t len)
{
	bool own = ike_name_of(&p->cfg, &m->idi) != NULL; /* so it is the one for us */
	const struct ike_id *local = &p->cfg.local_id;
	const struct ike_blob *got = own ? &m->idr : &m->idi;
	char addr[IP4_STR_LEN], id[40], want[40];

	ike_id_str(got->p[0], got->p + 4, got->len - 4, id, sizeof(id));
	if (own)
		ike_id_str(local->type, local->data, local->len, want, sizeof(want));
	else
		ike_names_str(&p->cfg, want, sizeof(want));
	snprintf(buf, len, "peer %s failed authentication: %s identity is \"%s\", not \"%s\"",
			ip4_str(sa->path.remote, addr), own ? "our" : "its", own ? want : id,
			own ? id : want);
}

/* Nobody of these names: the peers that are configured for the address learn whom they met. */
static void
refuse_stranger(struct ike_sa *sa, const struct ike_msg *m)
{
	struct ike_peer *p = NULL;
	char why[160];

	refuse_auth(sa, m, NULL, "no peer with this address and these identities");
	while ((p = ike_peer_match(sa->e, sa->path.local, sa->path.remote, p)) != NULL &&
			p->cfg.remote == sa->path.remote) {
		name_reason(sa, m, p, why, sizeof(why));
		ike_peer_refused(p, true, why);
	}
}

/* Section 2.4: the peer knows of no other IKE SA with us. Whatever we have of it is stale. */
static void
initial_contact(struct ike_sa *sa)
{
	struct ike_sa *other = TAILQ_FIRST(&sa->peer->sas), *next;

	for (; other != NULL; other = next) {
		next = TAILQ_NEXT(other, peer_link);
		if (other == sa || (other->state != IKE_SA_UP && other->state != IKE_SA_REKEYED))
			continue;
		ike_log(sa->e, LVL_NOTICE, sa->name,
				"peer starts anew (INITIAL_CONTACT): old IKE SA dropped");
		ike_sa_delete(other);
	}
}

/* Our own attempt has come no further than asking: the peer's is as good. */
static void
drop_own_attempt(struct ike_sa *sa)
{
	struct ike_sa *other = TAILQ_FIRST(&sa->peer->sas), *next;

	for (; other != NULL; other = next) {
		next = TAILQ_NEXT(other, peer_link);
		if (other != sa && other->state == IKE_SA_INIT)
			ike_sa_kill(other);
	}
}

/* Build the Child SA and its part of the answer, or the reason why not. */
static void
answer_child(struct ike_sa *sa, const struct ike_msg *m, bool fresh, struct ike_chain *c, char *why,
		size_t why_len)
{
	struct ike_nego n = { .ni = sa->ni, .nr = sa->nr };
	struct ike_refusal no = { 0 };

	if (m->sa.p == NULL || !m->has_tsi || !m->has_tsr) {
		snprintf(why, why_len, "peer asked for no Child SA");
		return;
	}
	if (ike_judge_offer(sa, m, IKE_USE_ESP_FIRST, &n, &no) &&
			ike_child_make(sa, &n, false,
					fresh || ike_nego_peer(sa, &n)->out == NULL) == NULL) {
		no.notify = IKE_N_NO_ADDITIONAL_SAS;
		snprintf(no.why, sizeof(no.why), "the peer's Child SA could not be installed");
	}
	if (no.notify != 0) {
		snprintf(why, why_len, "%s", no.why);
		ike_put_notify(c, no.notify, NULL, 0);
	} else {
		ike_put_child_answer(sa, c, IKE_USE_ESP_FIRST, &n);
	}
	ike_nego_drop(sa->e, &n);
}

void
ike_auth_forget(struct ike_sa *sa)
{
	if (sa->met.p == NULL)
		return;
	ike_kept_free(&sa->met);
	LIST_REMOVE(sa, met_link);
}

/*
 * Of a group, and no peer of its own yet: nothing is answered before it has one. What took
 * public-key work (@judged) came here long after its message: it is kept.
 */
static void
meet_group(struct ike_sa *sa, const struct ike_msg *m, struct ike_peer *p, bool judged)
{
	struct ike_id id = { .type = m->idi.p[0], .len = (uint8_t)(m->idi.len - 4) };
	const struct ike_ops *ops = &sa->e->ops;
	int err;

	memcpy(id.data, m->idi.p + 4, id.len);
	err = ops->group != NULL ? ops->group(sa->e->ctx, p->cfg.name, &id) : -ENOTSUP;
	if (err == -EDQUOT)
		refuse_auth(sa, m, p, "the group has all the branches that it may have");
	else if (err != 0)
		refuse_auth(sa, m, p, "there is no tunnel for one more branch of the group");
	if (err != 0 || !judged)
		return;
	ike_auth_forget(sa);
	if (ike_keep(&sa->met, m))
		LIST_INSERT_HEAD(
				&sa->e->met[ike_id_bucket(id.type, id.data, id.len)], sa, met_link);
}

static void
auth_again(struct ike_engine *e, struct ike_sa_bucket *met)
{
	struct ike_sa *sa, *next;

	for (sa = LIST_FIRST(met); sa != NULL; sa = next) {
		struct ike_kept kept = sa->met;
		struct ike_peer *p;
		struct ike_msg m;

		/* One that ends meanwhile is freed later: its link still leads on. */
		next = LIST_NEXT(sa, met_link);
		if (kept.p == NULL || sa->state != IKE_SA_HALF_OPEN || sa->rx != NULL)
			continue;
		ike_kept_parse(&kept, &m);
		p = ike_peer_claimed(e, &sa->path, &m.idi, &m.idr);
		if (p == NULL || p->cfg.group)
			continue;
		sa->met.p = NULL; /* ours until the end */
		LIST_REMOVE(sa, met_link);
		ike_auth_request(sa, &m);
		ike_kept_free(&kept);
	}
}

void
ike_auth_again(struct ike_peer *p)
{
	const struct ike_id *id = &p->cfg.remote_id;

	if (p->cfg.group)
		return;
	if (ike_names_one(&p->cfg)) {
		auth_again(p->e, &p->e->met[ike_id_bucket(id->type, id->data, id->len)]);
		return;
	}
	for (unsigned int i = 0; i < IKE_HASH; i++)
		auth_again(p->e, &p->e->met[i]);
}

/* The initiator is who it claims to be. */
static void
accept_auth(struct ike_sa *sa, const struct ike_msg *m, struct ike_peer *p, struct ike_pk *pk)
{
	bool fresh = ike_msg_notify(m, IKE_N_INITIAL_CONTACT) != NULL;
	char why[160] = "";
	struct ike_out o;

	if (p->cfg.group) {
		meet_group(sa, m, p, pk != NULL);
		return;
	}
	ike_sa_set_peer(sa, p);
	ike_live_heard(p);
	ike_live_stage(p, IKE_STAGE_KEY);
	keep_remote_id(sa, &m->idi);
	ike_out_init(&o);
	ike_put_id(&o.c, IKE_PL_IDR, &p->cfg.local_id);
	if (p->cfg.auth_local != IKE_AUTHN_PSK)
		ike_put_certs(&o.c, pk->cred);
	put_own_auth(sa, &sa->keys, pk, &o.c);
	if (sa->ppk)
		ike_put_notify(&o.c, IKE_N_PPK_IDENTITY, NULL, 0);
	keep_proof(sa, pk, pk);
	ike_sa_up(sa);
	ike_put_auth_lifetime(sa, &o.c);
	ike_config_request(sa, m);
	answer_child(sa, m, fresh, &o.c, why, sizeof(why));
	ike_respond(sa, IKE_EX_AUTH, &o);
	if (fresh)
		initial_contact(sa);
	drop_own_attempt(sa);
	ike_sa_unique(sa);
	ike_nets_ask(sa);
	if (why[0] != '\0')
		ike_peer_lost(p, why);
}

/* The public-key work on a request is done: go on where it came to. */
static void
request_checked(void *owner, struct ike_job *job)
{
	struct ike_sa *sa = owner;
	struct ike_kept kept = sa->rx->kept;
	struct ike_peer *p;
	char why[sizeof(job->pk->why) + 64], addr[IP4_STR_LEN];
	struct ike_msg m;
	bool same;

	ike_kept_parse(&kept, &m);
	p = ike_peer_claimed(sa->e, &sa->path, &m.idi, &m.idr);
	same = p != NULL && strcmp(p->cfg.name, sa->rx->peer) == 0 &&
	       p->cfg.cred == job->pk->cred;
	sa->rx->job = NULL;
	sa->rx->kept.p = NULL; /* ours until the end */
	ike_rx_free(sa);
	if (!same) {
		refuse_auth(sa, &m, NULL, "the configuration has changed meanwhile");
	} else if (!job->pk->good) {
		snprintf(why, sizeof(why), "peer %s failed authentication: %s",
				ip4_str(sa->path.remote, addr), job->pk->why);
		refuse_auth(sa, &m, p, why);
	} else {
		accept_auth(sa, &m, p, job->pk);
	}
	ike_kept_free(&kept);
}

/* The request waits until its certificate is judged, and our answer is signed. */
static void
check_request(struct ike_sa *sa, const struct ike_msg *m, struct ike_peer *p,
		const struct ike_blob *auth)
{
	const struct ike_keys *keys[1] = { &sa->keys };
	char why[120] = "out of memory";
	struct ike_pk *pk = ike_auth_work(sa, &p->cfg, m, auth, keys, 1, why, sizeof(why));

	if (pk == NULL) {
		refuse_auth(sa, m, p, why);
		return;
	}
	sa->rx = calloc(1, sizeof(*sa->rx));
	if (sa->rx == NULL || !ike_keep(&sa->rx->kept, m)) {
		ike_count(sa->e, IKE_CTR_NO_MEMORY); /* the peer will repeat its request */
		ike_rx_free(sa);
		ike_pk_free(pk);
		return;
	}
	sa->rx->exchange = IKE_EX_AUTH;
	memcpy(sa->rx->peer, p->cfg.name, sizeof(sa->rx->peer));
	sa->rx->job = ike_job_submit_pk(sa->e, pk, request_checked, sa);
	if (sa->rx->job == NULL)
		ike_rx_free(sa);
}

/* Whatever can be said of the request before any proof is looked at. True: refused. */
static bool
refused_early(struct ike_sa *sa, const struct ike_msg *m, struct ike_peer *p)
{
	char addr[IP4_STR_LEN], why[160];

	ip4_str(sa->path.remote, addr);
	if (m->auth.p == NULL)
		snprintf(why, sizeof(why), "peer %s wants EAP, a %s is configured", addr,
				p->cfg.auth_remote == IKE_AUTHN_PSK ? "pre-shared key"
								    : "certificate");
	else if (!suite_allowed(&sa->suite, &p->cfg))
		snprintf(why, sizeof(why), "the IKE proposal of peer %s is another peer's", addr);
	else if (ike_auth_method_fits(sa, &p->cfg, m, why, sizeof(why)))
		return false;
	refuse_auth(sa, m, p, why);
	return true;
}

void
ike_auth_request(struct ike_sa *sa, const struct ike_msg *m)
{
	struct ike_peer *p = ike_peer_claimed(sa->e, &sa->path, &m->idi, &m->idr);
	char addr[IP4_STR_LEN], why[160];
	struct ike_blob auth;

	if (p == NULL) {
		refuse_stranger(sa, m);
		return;
	}
	if (refused_early(sa, m, p))
		return;
	if (!ike_ppk_judge(sa, m, &p->cfg, &auth, why, sizeof(why))) {
		refuse_auth(sa, m, p, why);
	} else if (p->cfg.auth_remote == IKE_AUTHN_PSK && !psk_good(sa, &p->cfg, m, &auth)) {
		snprintf(why, sizeof(why),
				"peer %s failed authentication (pre-shared key differs?)",
				ip4_str(sa->path.remote, addr));
		refuse_auth(sa, m, p, why);
	} else if (p->cfg.auth_remote != IKE_AUTHN_PSK || p->cfg.auth_local != IKE_AUTHN_PSK) {
		check_request(sa, m, p, &auth);
	} else {
		accept_auth(sa, m, p, NULL);
	}
}
