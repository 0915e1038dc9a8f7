/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * IKE_SA_INIT, RFC 7296 section 1.2, both roles. Nothing in it is authenticated: the responder
 * keeps no state for what it refuses, and the initiator takes an error for a hint that it goes
 * on trying against (section 2.21.1), COOKIE and INVALID_KE_PAYLOAD excepted.
 *
 *	HDR, [N(COOKIE)], SAi1, KEi, Ni, N(NAT_DETECTION_*)  -->
 *	                               <--  HDR, SAr1, KEr, Nr, N(NAT_DETECTION_*)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/inet.h"
#include "controlplane/ike/ike1_int.h"
#include "controlplane/ike/ike_auth.h"

#define MAX_COOKIES 5 /* how often one attempt lets itself be sent back */
#define MAX_GROUPS  3
#define MAX_PEERS   64 /* whose proposals an unauthenticated request is held against */

/* Both nonces and the shared secret are there: the keys of the IKE SA. */
static int
derive(struct ike_sa *sa, const struct ike_kex *kex)
{
	struct ike_keymat_in in = { .ni = ike_nonce_blob(&sa->ni),
		.nr = ike_nonce_blob(&sa->nr),
		.gir = { .p = kex->secret, .len = kex->secret_len },
		.spi_i = sa->spi_i,
		.spi_r = sa->spi_r };

	sa->nonce_min = ike_nonce_lower(&sa->ni, &sa->nr);
	return ike_derive_sa(&sa->e->crypto, &sa->suite, &in, 0, NULL, &sa->keys);
}

/* RFC 7383 section 2.3: both have to say that they can. */
static void
agree_on_fragments(struct ike_sa *sa, const struct ike_msg *m, const struct ike_peer_cfg *cfg)
{
	sa->frag = cfg != NULL && cfg->frag_mtu != 0 &&
		   ike_msg_notify(m, IKE_N_IKEV2_FRAGMENTATION_SUPPORTED) != NULL;
	sa->frag_mtu = sa->frag ? cfg->frag_mtu : 0;
}

/* ---- initiator ------------------------------------------------------------------------------ */

static void
init_generated(void *owner, struct ike_job *job)
{
	struct ike_task *t = owner;

	ike_job_take(job, &t->job, &t->nego.kex);
	if (job->err != 0)
		ike_sa_fail(t->sa, "no key pair could be made");
	else
		ike_task_send(t);
}

static void
init_start(struct ike_task *t)
{
	struct ike_peer *p = t->sa->peer;

	if (t->group == 0)
		t->group = p->group != 0 ? p->group : p->cfg.ike_proposals[0].group[0];
	if (t->sa->ni.len == 0)
		ike_nonce_new(t->sa->e, &t->sa->ni);
	ike_kex_wipe(&t->nego.kex);
	t->nego.kex.group = t->group;
	if (!ike_task_job(t, true, NULL, init_generated))
		ike_sa_fail(t->sa, "out of memory");
}

static void
init_build(struct ike_task *t, struct ike_chain *c)
{
	const struct ike_peer_cfg *cfg = &t->sa->peer->cfg;
	const struct ike_kex *kex = &t->nego.kex;

	if (t->cookie_len > 0)
		ike_put_notify(c, IKE_N_COOKIE, t->cookie, t->cookie_len);
	ike_put_sa(c, IKE_USE_IKE, cfg->ike_proposals, cfg->n_ike_proposals, NULL, 0);
	ike_put_ke(c, kex->group, kex->pub, kex->len);
	ike_put_blob(c, IKE_PL_NONCE, t->sa->ni.data, t->sa->ni.len);
	ike_put_nat_detection(t->sa, c, cfg->force_encap);
	if (cfg->frag_mtu != 0)
		ike_put_notify(c, IKE_N_IKEV2_FRAGMENTATION_SUPPORTED, NULL, 0);
	if (cfg->auth_local != IKE_AUTHN_PSK || cfg->auth_remote != IKE_AUTHN_PSK)
		ike_put_hashes(c, cfg->rsa_sha1);
	if (cfg->ppk_len > 0)
		ike_put_notify(c, IKE_N_USE_PPK, NULL, 0);
}

/* What the peer can do, of what is told in IKE_SA_INIT. */
static void
take_abilities(struct ike_sa *sa, const struct ike_msg *m, bool ppk)
{
	const struct ike_notify *n = ike_msg_notify(m, IKE_N_SIGNATURE_HASH_ALGORITHMS);

	sa->peer_hashes = n != NULL ? ike_sig_hashes(&n->data) : 0;
	sa->use_ppk = ppk && ike_msg_notify(m, IKE_N_USE_PPK) != NULL;
}

/* Section 2.6: the same request again, the cookie first. */
static void
init_cookie(struct ike_task *t, const struct ike_notify *n)
{
	if (n->data.len == 0 || n->data.len > IKE_COOKIE_MAX || t->n_cookie++ >= MAX_COOKIES)
		return;
	ike_count(t->sa->e, IKE_CTR_COOKIE_GIVEN);
	memcpy(t->cookie, n->data.p, n->data.len);
	t->cookie_len = (uint8_t)n->data.len;
	ike_task_send(t);
}

/* Section 1.3: another group, if it is one that we offered. */
static void
init_other_group(struct ike_task *t, const struct ike_notify *n)
{
	struct ike_peer *p = t->sa->peer;
	struct rd r = rd_init(n->data.p, n->data.len);
	uint16_t group = rd_be16(&r);

	if (r.bad || group == t->group || t->n_group >= MAX_GROUPS ||
			!ike_group_configured(
					p->cfg.ike_proposals, p->cfg.n_ike_proposals, group)) {
		snprintf(t->sa->why, sizeof(t->sa->why),
				"peer wants key exchange group %u, which is not configured", group);
		ike_peer_update(p, t->sa->why);
		return;
	}
	t->n_group++;
	t->group = p->group = group;
	ike_exchange_stop(t->sa);
	t->sent = false;
	init_start(t);
}

/* Any other error: not authenticated, so we note it and go on until nobody answers better. */
static void
init_error(struct ike_task *t, const struct ike_notify *n)
{
	struct ike_sa *sa = t->sa;
	const struct ike_peer_cfg *cfg = &sa->peer->cfg;
	const char *theirs = sa->peer->live.offer;
	char asked[sizeof(sa->why)], ours[60], addr[IP4_STR_LEN];
	bool same;

	ip4_str(sa->path.remote, addr);
	ike_proposals_str(cfg->ike_proposals, cfg->n_ike_proposals, ours, sizeof(ours));
	/* What it would take it does not say; but it may have called us, and then it said. */
	if (n->type == IKE_N_NO_PROPOSAL_CHOSEN && theirs[0] != '\0')
		snprintf(asked, sizeof(asked),
				"peer %s answers %.22s: it offers %.40s, we ask %.44s", addr,
				ike_notify_str(n->type), theirs, ours);
	else if (n->type == IKE_N_NO_PROPOSAL_CHOSEN)
		snprintf(asked, sizeof(asked), "peer %s answers %s to our %s", addr,
				ike_notify_str(n->type), ours);
	else
		snprintf(asked, sizeof(asked), "peer %s answers %s to our IKE_SA_INIT", addr,
				ike_notify_str(n->type));
	same = strcmp(sa->why, asked) == 0;
	snprintf(sa->why, sizeof(sa->why), "%s", asked);
	if (!same)
		ike_peer_update(sa->peer, sa->why);
}

static void
init_derived(void *owner, struct ike_job *job)
{
	struct ike_task *t = owner, *auth;
	struct ike_sa *sa = t->sa;

	t->job = NULL;
	if (job->err != 0 || derive(sa, &job->kex) != 0) {
		ike_count(sa->e, IKE_CTR_BAD_KE);
		ike_sa_fail(sa, "peer sent no valid public value");
		return;
	}
	ike_sa_set_state(sa, IKE_SA_AUTH);
	ike_live_stage(sa->peer, IKE_STAGE_PROPOSAL);
	sa->why[0] = '\0';
	auth = ike_task_new(sa, IKE_TASK_AUTH);
	if (auth == NULL) {
		ike_sa_fail(sa, "out of memory");
		return;
	}
	ike_turn_pass(t, auth);
	ike_task_queue(auth, false);
	ike_task_end(t);
}

/* What a responder may answer with: one choice out of what we offered, with our group. */
static const char *
judge_init_answer(struct ike_task *t, const struct ike_msg *m)
{
	const struct ike_peer_cfg *cfg = &t->sa->peer->cfg;
	struct rd r = rd_init(m->sa.p, m->sa.len);
	struct ike_sa_payload sa;

	if (m->h.spi_r == 0 || m->sa.p == NULL || m->ke.p == NULL || m->nonce.p == NULL ||
			ike_sa_parse(&r, &sa) != 0)
		return "peer sent a malformed IKE_SA_INIT answer";
	if (ike_sa_accept(&sa, IKE_USE_IKE, cfg->ike_proposals, cfg->n_ike_proposals,
			    &t->sa->suite) == NULL)
		return "peer chose a proposal that was not offered";
	if (t->sa->suite.group != t->group || m->ke_group != t->group ||
			m->ke.len != ike_group_len(t->group))
		return "peer chose a key exchange that was not offered";
	if (cfg->ppk_len > 0 && cfg->ppk_required && ike_msg_notify(m, IKE_N_USE_PPK) == NULL)
		return "peer does not know PPKs, and one is required";
	return NULL;
}

static void
init_answer(struct ike_task *t, const struct ike_msg *m)
{
	const struct ike_notify *cookie = ike_msg_notify(m, IKE_N_COOKIE);
	const struct ike_notify *err = ike_msg_error(m);
	struct ike_sa *sa = t->sa;
	const char *why;

	if (m->critical != 0)
		return; /* perhaps somebody else's: go on waiting */
	ike_live_stage(sa->peer, IKE_STAGE_ANSWERED);
	if (cookie != NULL) {
		init_cookie(t, cookie);
	} else if (err != NULL && err->type == IKE_N_INVALID_KE_PAYLOAD) {
		init_other_group(t, err);
	} else if (err != NULL) {
		init_error(t, err);
	} else if ((why = judge_init_answer(t, m)) != NULL) {
		ike_count(sa->e, IKE_CTR_MALFORMED);
		snprintf(sa->why, sizeof(sa->why), "%s", why);
		ike_peer_update(sa->peer, sa->why);
	} else {
		sa->spi_r = m->h.spi_r;
		ike_nonce_set(&sa->nr, &m->nonce);
		ike_sa_keep_first(sa, 1, m->raw.p, m->raw.len);
		ike_nat_check(sa, m, &sa->peer->cfg);
		agree_on_fragments(sa, m, &sa->peer->cfg);
		take_abilities(sa, m, sa->peer->cfg.ppk_len > 0);
		sa->childless = sa->peer->cfg.childless &&
				ike_msg_notify(m, IKE_N_CHILDLESS_IKEV2_SUPPORTED) != NULL;
		if (sa->encap) /* section 2.23: all that follows goes by port 4500 */
			sa->path.local_port = sa->path.remote_port = IKE_PORT_NATT;
		ike_exchange_answered(sa);
		if (!ike_task_job(t, false, &m->ke, init_derived))
			ike_sa_fail(sa, "out of memory");
	}
}

const struct ike_task_ops ike_init_ops = {
	.name = "IKE_SA_INIT",
	.exchange = IKE_EX_SA_INIT,
	.costly = true,
	.start = init_start,
	.build = init_build,
	.answer = init_answer,
};

/* ---- responder ------------------------------------------------------------------------------ */

/*
 * The same attempt with a cookie that was asked for meanwhile: under load the first request may be
 * answered with COOKIE and a repetition of it, later, with an IKE SA. The initiator has gone on to
 * the request with the cookie, so that is what its AUTH will cover (section 2.6); nonce and public
 * value are the same, so the keys and our answer stand.
 */
static bool
is_same_attempt(const struct ike_sa *sa, const struct ike_msg *m, size_t len)
{
	return ike_msg_notify(m, IKE_N_COOKIE) != NULL && sa->first_len[0] != len &&
	       (sa->state == IKE_SA_NEW || sa->state == IKE_SA_HALF_OPEN) &&
	       m->nonce.p != NULL && sa->ni.len == m->nonce.len &&
	       memcmp(sa->ni.data, m->nonce.p, sa->ni.len) == 0;
}

/* A clear request that came before: the same bytes get the same answer (section 2.1). */
static bool
is_repetition(struct ike_engine *e, const struct ike_path *path, const struct ike_msg *m,
		const uint8_t *msg, size_t len)
{
	struct ike_sa *sa;

	LIST_FOREACH (sa, &e->by_remote[ike_hash32(path->remote)], remote_link) {
		if (sa->path.remote != path->remote || sa->path.remote_port != path->remote_port ||
				sa->spi_i != m->h.spi_i ||
				sa->initiator || sa->first[0] == NULL)
			continue;
		if (is_same_attempt(sa, m, len))
			ike_sa_keep_first(sa, 0, msg, len);
		else if (sa->first_len[0] != len || memcmp(sa->first[0], msg, len) != 0)
			continue;
		if (sa->rx_mid == 1 && sa->resp != NULL && sa->state == IKE_SA_HALF_OPEN) {
			ike_count(e, IKE_CTR_RX_REPEAT);
			ike_send_bytes(sa, sa->resp, sa->resp_len);
		} else {
			ike_count(e, IKE_CTR_BUSY);
		}
		return true;
	}
	return false;
}

unsigned int
ike_half_open_of(struct ike_engine *e, uint32_t remote)
{
	struct ike_sa *sa;
	unsigned int n = 0;

	LIST_FOREACH (sa, &e->by_remote[ike_hash32(remote)], remote_link)
		n += sa->path.remote == remote && sa->half_open;
	return n;
}

/* The floods that cost us memory or public-key work stop here. */
static bool
over_limits(struct ike_engine *e, uint32_t remote)
{
	if (e->n_half_open >= e->lim.max_half_open) {
		ike_count(e, IKE_CTR_HALF_OPEN);
		return true;
	}
	/* From half of what an address may have on it has shown a cookie, so it may have more: many
	 * branches behind one NAT, say. */
	if (ike_half_open_of(e, remote) >= IKE_PROVEN * e->lim.max_half_open_per_ip) {
		ike_count(e, IKE_CTR_PER_IP);
		return true;
	}
	if (e->n_sas >= e->lim.max_sas) {
		ike_count(e, IKE_CTR_SA_LIMIT);
		return true;
	}
	return false;
}

static void
refuse_init(struct ike_engine *e, const struct ike_path *path,
		const struct ike_msg *m, enum ike_ctr ctr, uint16_t type, const void *data,
		size_t len)
{
	ike_count(e, ctr);
	if (!log_limit_ok(&e->error_rate, e->now))
		ike_count(e, IKE_CTR_RATE_LIMITED);
	else
		ike_send_clear_notify(e, path, &m->h, type, data, len);
}

/* Of a responder that does not know its peer yet: of the first that it may be. */
static const struct ike_peer_cfg *
likely(const struct ike_sa *sa)
{
	const struct ike_peer *p = ike_peer_match(sa->e, sa->path.local, sa->path.remote, NULL);

	return p != NULL ? &p->cfg : NULL;
}

static bool
forced(const struct ike_sa *sa)
{
	const struct ike_peer_cfg *cfg = likely(sa);

	return cfg != NULL && cfg->force_encap && !cfg->no_nat;
}

static void
build_init_answer(struct ike_sa *sa, struct ike_nego *n, const struct ike_kex *kex)
{
	uint8_t buf[IKE_HDR_LEN + 2048];
	struct wr w = wr_init(buf, sizeof(buf));
	struct ike_chain c = ike_chain_init(&w);
	struct ike_hdr h = { .spi_i = sa->spi_i,
		.spi_r = sa->spi_r,
		.next = IKE_PL_SA,
		.version = IKE_VERSION,
		.exchange = IKE_EX_SA_INIT,
		.flags = IKE_FLAG_RESPONSE };

	ike_hdr_write(&w, &h);
	ike_put_sa_choice(&c, IKE_USE_IKE, n->prop_num, &sa->suite, NULL, 0);
	ike_put_ke(&c, kex->group, kex->pub, kex->len);
	ike_put_blob(&c, IKE_PL_NONCE, sa->nr.data, sa->nr.len);
	ike_put_nat_detection(sa, &c, forced(sa));
	if (sa->frag)
		ike_put_notify(&c, IKE_N_IKEV2_FRAGMENTATION_SUPPORTED, NULL, 0);
	if (sa->e->n_cert_peers > 0)
		ike_put_certreq(sa->e, &c, NULL);
	if (sa->e->n_cert_peers > 0 && sa->peer_hashes != 0)
		ike_put_hashes(&c, likely(sa) != NULL && likely(sa)->rsa_sha1);
	if (sa->use_ppk)
		ike_put_notify(&c, IKE_N_USE_PPK, NULL, 0);
	ike_put_notify(&c, IKE_N_CHILDLESS_IKEV2_SUPPORTED, NULL, 0);
	wr_patch_be32(&w, IKE_HDR_LEN - 4, (uint32_t)w.len);
	ike_sa_keep_first(sa, 1, buf, w.len);
	ike_respond_clear(sa, buf, w.len);
}

static void
responder_derived(void *owner, struct ike_job *job)
{
	struct ike_sa *sa = owner;
	struct ike_rx *rx = sa->rx;

	rx->job = NULL;
	if (job->err != 0 || derive(sa, &job->kex) != 0) {
		ike_count(sa->e, IKE_CTR_BAD_KE);
		ike_caller_refused(sa->e, &sa->path, false, "sent no valid public value");
		ike_sa_kill(sa);
		return;
	}
	ike_sa_set_state(sa, IKE_SA_HALF_OPEN);
	build_init_answer(sa, &rx->nego, &job->kex);
	ike_rx_free(sa);
}

/* Everything is in order: an IKE SA that waits for IKE_AUTH. */
static void
open_half(struct ike_sa *sa, const struct ike_msg *m, const uint8_t *msg, size_t len,
		const struct ike_suite *suite, uint8_t prop_num)
{
	struct ike_engine *e = sa->e;
	struct ike_rx *rx = calloc(1, sizeof(*rx));

	if (rx == NULL) {
		ike_count(e, IKE_CTR_NO_MEMORY);
		ike_sa_kill(sa);
		return;
	}
	sa->rx = rx;
	rx->exchange = IKE_EX_SA_INIT;
	rx->nego.prop_num = prop_num;
	rx->nego.kex.group = suite->group;
	sa->suite = *suite;
	ike_nonce_set(&sa->ni, &m->nonce);
	ike_nonce_new(e, &sa->nr);
	ike_sa_keep_first(sa, 0, msg, len);
	ike_nat_check(sa, m, likely(sa));
	agree_on_fragments(sa, m, likely(sa));
	take_abilities(sa, m, e->n_ppk_peers > 0);
	sa->half_open = true;
	e->n_half_open++;
	timer_set(&e->timers, &sa->t_end, e->now + IKE_HALF_OPEN_MS);
	rx->job = ike_job_submit(e, &rx->nego.kex, true, &m->ke, responder_derived, sa);
	if (rx->job == NULL)
		ike_sa_kill(sa);
}

static void
no_proposal(struct ike_engine *e, const struct ike_path *path,
		const struct ike_msg *m, const struct ike_sa_payload *offer)
{
	struct ike_peer *p = ike_peer_match(e, path->local, path->remote, NULL);
	char theirs[160], ours[100], why[160];

	refuse_init(e, path, m, IKE_CTR_NO_PROPOSAL, IKE_N_NO_PROPOSAL_CHOSEN, NULL,
			0);
	ike_sa_payload_str(offer, theirs, sizeof(theirs));
	ike_proposals_str(p->cfg.ike_proposals, p->cfg.n_ike_proposals, ours, sizeof(ours));
	ike_log_outsider(e, LVL_WARNING, p->cfg.name,
			"NO_PROPOSAL_CHOSEN: peer offers %s, we want %s", theirs, ours);
	for (; p != NULL && p->cfg.remote == path->remote;
			p = ike_peer_match(e, path->local, path->remote, p)) {
		ike_live_stage(p, IKE_STAGE_ANSWERED);
		ike_live_offer(p, theirs);
		ike_proposal_reason("IKE", offer, p->cfg.ike_proposals, p->cfg.n_ike_proposals, why,
				sizeof(why));
		ike_peer_refused(p, false, why);
	}
}

/* What the two sides have in common, by any peer whose addresses fit. NULL: refused, answered. */
static const struct ike_prop *
choose_suite(struct ike_engine *e, const struct ike_path *path,
		const struct ike_msg *m, const struct ike_sa_payload *offer,
		struct ike_suite *suite)
{
	struct ike_peer *p = ike_peer_match(e, path->local, path->remote, NULL);
	const struct ike_prop *prop = NULL;
	char what[96];

	for (unsigned int i = 0; p != NULL && prop == NULL && i < MAX_PEERS;
			i++, p = ike_peer_match(e, path->local, path->remote, p))
		prop = ike_sa_choose(offer, IKE_USE_IKE, p->cfg.ike_proposals,
				p->cfg.n_ike_proposals, m->ke_group, suite);
	if (prop == NULL) {
		no_proposal(e, path, m, offer);
		return NULL;
	}
	if (m->ke_group != suite->group) {
		uint8_t group[2] = { (uint8_t)(suite->group >> 8), (uint8_t)suite->group };

		refuse_init(e, path, m, IKE_CTR_INVALID_KE, IKE_N_INVALID_KE_PAYLOAD,
				group, sizeof(group));
		return NULL;
	}
	if (m->ke.len != ike_group_len(suite->group)) {
		ike_count(e, IKE_CTR_BAD_KE);
		snprintf(what, sizeof(what), "sends a public value of %zu bytes for %s, not of %zu",
				m->ke.len, ike_group_str(suite->group),
				ike_group_len(suite->group));
		ike_caller_refused(e, path, false, what);
		return NULL;
	}
	return prop;
}

/* Everything that is refused without a look at the proposals. True: refused. */
static bool
turned_away(struct ike_engine *e, const struct ike_path *path,
		const struct ike_msg *m)
{
	uint8_t cookie[IKE_COOKIE_MAX];
	char from[IP4_STR_LEN];
	size_t len;

	if (m->critical != 0) {
		ike_caller_critical(e, path, false, m->critical);
		refuse_init(e, path, m, IKE_CTR_CRITICAL,
				IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD, &m->critical, 1);
		return true;
	}
	if (ike_peer_match(e, path->local, path->remote, NULL) == NULL) {
		struct ike_peer *p = ike1_peer_match(e, path->local, path->remote, NULL);

		if (p != NULL)
			ike_peer_refused(p, false, "peer speaks IKEv2, IKEv1 is configured");
		ike_log_outsider(e, LVL_INFO, ip4_str(path->remote, from),
				"no peer is configured for %s",
				from);
		refuse_init(e, path, m, IKE_CTR_NO_PEER, IKE_N_NO_PROPOSAL_CHOSEN,
				NULL, 0);
		return true;
	}
	if (ike_cookie_wanted(e, m, path->remote, cookie, &len)) {
		ike_count(e, IKE_CTR_COOKIE_SENT);
		ike_send_clear_notify(e, path, &m->h, IKE_N_COOKIE, cookie, len);
		return true;
	}
	return over_limits(e, path->remote);
}

void
ike_init_malformed(struct ike_engine *e, const struct ike_path *path)
{
	ike_count(e, IKE_CTR_MALFORMED);
	ike_caller_refused(e, path, false, "sends a malformed IKE_SA_INIT");
}

void
ike_init_request(struct ike_engine *e, const struct ike_path *path,
		const struct ike_msg *m, const uint8_t *msg, size_t len)
{
	struct rd r = rd_init(m->sa.p, m->sa.len);
	struct ike_suite suite = { 0 };
	const struct ike_prop *prop;
	struct ike_sa_payload offer;
	struct ike_sa *sa;

	if (!(m->h.flags & IKE_FLAG_INITIATOR) || m->h.mid != 0 || ike_msg_check(m) != 0) {
		ike_init_malformed(e, path);
		return;
	}
	if (is_repetition(e, path, m, msg, len) || turned_away(e, path, m))
		return;
	if (ike_sa_parse(&r, &offer) != 0) {
		ike_init_malformed(e, path);
		return;
	}
	prop = choose_suite(e, path, m, &offer, &suite);
	if (prop == NULL)
		return;
	sa = ike_sa_new(e, NULL, false, path);
	if (sa == NULL)
		return;
	sa->spi_i = m->h.spi_i;
	snprintf(sa->name, sizeof(sa->name), "%s",
			ike_peer_match(e, path->local, path->remote, NULL)->cfg.name);
	open_half(sa, m, msg, len, &suite, prop->num);
}
