/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Phase 1: main mode (RFC 2409 section 5.4) and aggressive mode with pre-shared keys, both roles,
 * with the detection of NATs (RFC 3947 section 3).
 *
 *	initiator                                responder
 *	HDR, SA, vendor ids            -->
 *	                               <--       HDR, SA, vendor ids
 *	HDR, KE, Ni, NAT-D, NAT-D      -->
 *	                               <--       HDR, KE, Nr, NAT-D, NAT-D
 *	HDR*, IDii, HASH_I             -->
 *	                               <--       HDR*, IDir, HASH_R
 *
 * In main mode the responder knows nothing but an address when it needs the key: of several peers
 * at one address it is the one whose key opens the fifth message. What fails before anybody has
 * proved anything is a hint for the log, no more; the initiator goes on repeating.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "controlplane/ike/ike1_int.h"

#define SIMULTANEOUS_MS 10000

struct ike1_terms
ike1_terms_phase1(const struct ike_peer_cfg *cfg)
{
	return (struct ike1_terms){ .cfg = cfg->ike_proposals,
		.n = cfg->n_ike_proposals,
		.phase1 = true,
		.life_s = cfg->ike_life_s };
}

/* ---- pieces --------------------------------------------------------------------------------- */

/* To have ESP in UDP without a NAT, our own address is told wrong. */
static void
put_nat_detection(struct ike1_sa *sa, struct ike_out *o)
{
	uint8_t hash[IKE1_HASH_MAX];
	size_t len;

	if (!(sa->can & IKE1_CAN_NATT) || (sa->peer != NULL && sa->peer->cfg.no_nat))
		return;
	len = ike1_nat_hash(&sa->suite.s, sa->ck_i, sa->ck_r, sa->path.remote, sa->path.remote_port,
			hash);
	ike_put_blob(&o->c, IKE1_PL_NATD, hash, len);
	len = ike1_nat_hash(&sa->suite.s, sa->ck_i, sa->ck_r, sa->path.local, sa->path.local_port,
			hash);
	if (sa->peer != NULL && sa->peer->cfg.force_encap)
		hash[0] ^= 0xff;
	ike_put_blob(&o->c, IKE1_PL_NATD, hash, len);
}

static bool
is_hash(const struct ike_blob *b, const uint8_t *hash, size_t len)
{
	return b->len == len && memcmp(b->p, hash, len) == 0;
}

/* The first hash is of us as the peer sees us, the others of all addresses it may have. */
static void
check_nat(struct ike1_sa *sa, const struct ike1_msg *m)
{
	uint8_t hash[IKE1_HASH_MAX];
	size_t len;

	if (m->n_natd < 2)
		return;
	len = ike1_nat_hash(&sa->suite.s, sa->ck_i, sa->ck_r, sa->path.local, sa->path.local_port,
			hash);
	sa->nat_local = !is_hash(&m->natd[0], hash, len);
	len = ike1_nat_hash(&sa->suite.s, sa->ck_i, sa->ck_r, sa->path.remote, sa->path.remote_port,
			hash);
	sa->nat_remote = true;
	for (unsigned int i = 1; i < m->n_natd; i++)
		if (is_hash(&m->natd[i], hash, len))
			sa->nat_remote = false;
	if (sa->nat_local || sa->nat_remote)
		ike_count(sa->e, IKE_CTR_NAT);
}

/* RFC 3947 section 4: with a NAT on the way the initiator goes on from port 4500 to 4500. */
static void
float_ports(struct ike1_sa *sa)
{
	const struct ike_peer_cfg *cfg = &sa->peer->cfg;

	if (!(sa->can & IKE1_CAN_NATT) || cfg->no_nat ||
			!(sa->nat_local || sa->nat_remote || cfg->force_encap))
		return;
	sa->encap = true;
	sa->path.local_port = sa->path.remote_port = IKE_PORT_NATT;
}

static void
put_ke_nonce(struct ike1_sa *sa, struct ike_out *o)
{
	const struct ike_nonce *n = sa->initiator ? &sa->ni : &sa->nr;

	ike_put_blob(&o->c, IKE1_PL_KE, sa->kex.pub, sa->kex.len);
	ike_put_blob(&o->c, IKE1_PL_NONCE, n->data, n->len);
}

/* The peer's half of the exchange of keys. */
static bool
take_ke_nonce(struct ike1_sa *sa, const struct ike1_msg *m)
{
	if (m->ke.p == NULL || m->nonce.p == NULL || m->nonce.len < IKE1_NONCE_MIN ||
			m->nonce.len > IKE_NONCE_MAX ||
			m->ke.len != ike_group_len(sa->suite.s.group)) {
		ike_count(sa->e, IKE_CTR_MALFORMED);
		return false;
	}
	memcpy(sa->peer_pub, m->ke.p, m->ke.len);
	sa->peer_pub_len = m->ke.len;
	ike_nonce_set(sa->initiator ? &sa->nr : &sa->ni, &m->nonce);
	return true;
}

static struct ike1_keymat_in
keymat_in(const struct ike1_sa *sa, const struct ike_peer *p)
{
	struct ike_blob own = { .p = sa->kex.pub, .len = sa->kex.len };
	struct ike_blob peer = { .p = sa->peer_pub, .len = sa->peer_pub_len };

	return (struct ike1_keymat_in){ .psk = { .p = p->cfg.psk, .len = p->cfg.psk_len },
		.ni = ike_nonce_blob(&sa->ni),
		.nr = ike_nonce_blob(&sa->nr),
		.gxi = sa->initiator ? own : peer,
		.gxr = sa->initiator ? peer : own,
		.gxy = { .p = sa->kex.secret, .len = sa->kex.secret_len },
		.ck_i = sa->ck_i,
		.ck_r = sa->ck_r };
}

static bool
derive(struct ike1_sa *sa, const struct ike_peer *p)
{
	struct ike1_keymat_in in = keymat_in(sa, p);

	return ike1_derive(&sa->e->crypto, &sa->suite.s, &in, &sa->keys) == 0;
}

/* HASH_I or HASH_R of the side @initiator, which calls itself @id. Its length. */
static size_t
auth_hash(struct ike1_sa *sa, const struct ike_peer *p, bool initiator, const struct ike_blob *id,
		uint8_t *out)
{
	struct ike1_keymat_in in = keymat_in(sa, p);
	struct ike_blob sai = { .p = sa->sai, .len = sa->sai_len };

	if (ike1_auth_hash(&sa->e->crypto, &sa->suite.s, &sa->keys, &in, initiator, &sai, id,
			    out) != 0)
		return 0;
	return ike_prf_len(sa->suite.s.prf);
}

static bool
auth_ok(struct ike1_sa *sa, const struct ike_peer *p, const struct ike_blob *id,
		const struct ike_blob *hash)
{
	uint8_t want[IKE1_HASH_MAX];
	size_t len = auth_hash(sa, p, !sa->initiator, id, want);

	return len != 0 && hash->p != NULL && hash->len == len &&
	       CRYPTO_memcmp(want, hash->p, len) == 0;
}

/* The body of our ID payload. RFC 2407 section 4.6.2: protocol and port are both 0, or UDP 500. */
static size_t
own_id(const struct ike_peer *p, uint8_t *out)
{
	return ike_id_body(&p->cfg.local_id, out);
}

/* Does the ID payload name the peer? Protocol and port behind the type are no part of the name. */
static bool
id_names(const struct ike_blob *body, const struct ike_peer *p)
{
	uint8_t plain[4 + UINT8_MAX];
	struct ike_blob b = { .p = plain, .len = body->len };

	if (body->len < 4 || body->len > sizeof(plain))
		return false;
	memcpy(plain, body->p, body->len);
	memset(plain + 1, 0, 3);
	return ike_id_matches(&b, &p->cfg.remote_id);
}

static void
remember_id(struct ike1_sa *sa, const struct ike_blob *body)
{
	ike_id_str(body->p[0], body->p + 4, body->len - 4, sa->remote_id, sizeof(sa->remote_id));
}

/* ID and HASH of ours. */
static bool
put_auth(struct ike1_sa *sa, struct ike_out *o)
{
	uint8_t id[4 + IKE_ID_MAX], hash[IKE1_HASH_MAX];
	struct ike_blob id_blob = { .p = id, .len = own_id(sa->peer, id) };
	size_t len = auth_hash(sa, sa->peer, sa->initiator, &id_blob, hash);

	ike_put_blob(&o->c, IKE1_PL_ID, id, id_blob.len);
	ike_put_blob(&o->c, IKE1_PL_HASH, hash, len);
	return len != 0;
}

static void
fail_here(struct ike1_sa *sa, const char *why)
{
	ike_log_outsider(sa->e, LVL_WARNING, sa->name, "phase 1 failed: %s", why);
	ike1_sa_fail(sa, why);
}

static bool
job(struct ike1_sa *sa, bool generate, bool with_peer, void (*done)(void *, struct ike_job *))
{
	struct ike_blob pub = { .p = sa->peer_pub, .len = sa->peer_pub_len };

	sa->job = ike_job_submit(sa->e, &sa->kex, generate, with_peer ? &pub : NULL, done, sa);
	return sa->job != NULL;
}

/* What a finished job leaves; false: it failed, and so has phase 1. */
static bool
job_result(struct ike1_sa *sa, struct ike_job *j)
{
	sa->job = NULL;
	sa->kex = j->kex;
	j->kex.key = NULL;
	if (j->err == 0)
		return true;
	ike_count(sa->e, IKE_CTR_BAD_KE);
	fail_here(sa, "peer's public value is not valid");
	return false;
}

/* ---- initiator ------------------------------------------------------------------------------ */

static bool
keep_sai(struct ike1_sa *sa, const uint8_t *body, size_t len)
{
	sa->sai = malloc(len);
	sa->sai_len = sa->sai != NULL ? len : 0;
	if (sa->sai != NULL)
		memcpy(sa->sai, body, len);
	return sa->sai != NULL;
}

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

	if (!job_result(sa, j))
		return;
	ike_out_init(&o);
	ike1_put_sa(&o.c, &t, 0);
	if (!keep_sai(sa, o.buf + 4, o.w.len - 4)) {
		ike1_sa_fail(sa, "out of memory");
		return;
	}
	put_ke_nonce(sa, &o);
	ike_put_blob(&o.c, IKE1_PL_ID, id, own_id(sa->peer, id));
	ike1_put_vendor_ids(&o.c);
	if (!ike1_send(sa, &sa->line, IKE1_EX_AGGRESSIVE, 0, &o, NULL, true))
		ike1_sa_fail(sa, "the first message could not be built");
}

static void
main_first(struct ike1_sa *sa)
{
	struct ike1_terms t = ike1_terms_phase1(&sa->peer->cfg);
	struct ike_out o;

	ike_out_init(&o);
	ike1_put_sa(&o.c, &t, 0);
	if (o.w.bad || !keep_sai(sa, o.buf + 4, o.w.len - 4)) {
		ike1_sa_fail(sa, "the first message could not be built");
		return;
	}
	ike1_put_vendor_ids(&o.c);
	if (!ike1_send(sa, &sa->line, IKE1_EX_MAIN, 0, &o, NULL, true))
		ike1_sa_fail(sa, "the first message could not be built");
}

void
ike1_main_start(struct ike1_sa *sa)
{
	uint16_t group;

	ike_nonce_new(sa->e, &sa->ni);
	if (!sa->peer->cfg.aggressive) {
		sa->state = IKE1_MM1_SENT;
		main_first(sa);
		return;
	}
	sa->state = IKE1_AM1_SENT;
	if (!single_group(&sa->peer->cfg, &group)) {
		ike1_sa_fail(sa, "aggressive mode needs proposals of one group");
		return;
	}
	sa->kex.group = group;
	if (!job(sa, true, false, aggressive_generated))
		ike1_sa_fail(sa, "out of memory");
}

static void
initiator_generated(void *owner, struct ike_job *j)
{
	struct ike1_sa *sa = owner;
	struct ike_out o;

	if (!job_result(sa, j))
		return;
	ike_out_init(&o);
	put_ke_nonce(sa, &o);
	put_nat_detection(sa, &o);
	sa->state = IKE1_MM3_SENT;
	if (!ike1_send(sa, &sa->line, IKE1_EX_MAIN, 0, &o, NULL, true))
		ike1_sa_fail(sa, "a message of phase 1 could not be built");
}

/* Did the peer choose what we offered? The answer's cookie is the responder's. */
static bool
accept_suite(struct ike1_sa *sa, const struct ike1_msg *m)
{
	struct ike1_terms t = ike1_terms_phase1(&sa->peer->cfg);
	uint32_t spi;

	if (m->sa.p == NULL || m->h.spi_r == 0 ||
			!ike1_accept(&m->sa, &t, &sa->suite, &spi)) {
		ike_count(sa->e, IKE_CTR_NO_PROPOSAL);
		return false;
	}
	sa->ck_r = m->h.spi_r;
	sa->can = m->can;
	return true;
}

static bool
take_mm2(struct ike1_sa *sa, const struct ike1_msg *m)
{
	if (sa->job != NULL || !accept_suite(sa, m))
		return false;
	ike1_line_stop(sa, &sa->line);
	sa->kex.group = sa->suite.s.group;
	if (!job(sa, true, false, initiator_generated))
		ike1_sa_fail(sa, "out of memory");
	return true;
}

/* Nobody else of ours has this peer: it may forget what it had with a former life of ours. */
static void
put_initial_contact(struct ike1_sa *sa, struct ike_out *o)
{
	uint8_t ck[16];
	struct wr w = wr_init(ck, sizeof(ck));

	if (ike1_peer_sa(sa->peer) != NULL || !TAILQ_EMPTY(&sa->peer->children))
		return;
	wr_be64(&w, sa->ck_i);
	wr_be64(&w, sa->ck_r);
	ike1_put_notify(&o->c, IKE1_PROTO_ISAKMP, IKE1_N_INITIAL_CONTACT, ck, sizeof(ck), NULL, 0);
}

static void
initiator_derived(void *owner, struct ike_job *j)
{
	struct ike1_sa *sa = owner;
	struct ike_out o;

	if (!job_result(sa, j))
		return;
	ike_out_init(&o);
	if (!derive(sa, sa->peer) || !put_auth(sa, &o)) {
		ike1_sa_fail(sa, "keys could not be derived");
		return;
	}
	put_initial_contact(sa, &o);
	float_ports(sa);
	sa->state = IKE1_MM5_SENT;
	if (!ike1_send(sa, &sa->line, IKE1_EX_MAIN, 0, &o, sa->keys.iv, true))
		ike1_sa_fail(sa, "a message of phase 1 could not be built");
}

static bool
take_mm4(struct ike1_sa *sa, const struct ike1_msg *m)
{
	if (sa->job != NULL || !take_ke_nonce(sa, m))
		return false;
	check_nat(sa, m);
	ike1_line_stop(sa, &sa->line);
	if (!job(sa, false, true, initiator_derived))
		ike1_sa_fail(sa, "out of memory");
	return true;
}

static bool
take_mm6(struct ike1_sa *sa, const struct ike1_msg *m)
{
	if (m->n_id != 1 || !id_names(&m->id[0], sa->peer)) {
		ike_count(sa->e, IKE_CTR_AUTH_FAILED);
		fail_here(sa, "peer calls itself by another identity than is configured");
		return true;
	}
	if (!auth_ok(sa, sa->peer, &m->id[0], &m->hash)) {
		ike_count(sa->e, IKE_CTR_AUTH_FAILED);
		fail_here(sa, "peer's proof is wrong: not the same pre-shared key?");
		return true;
	}
	remember_id(sa, &m->id[0]);
	ike1_line_stop(sa, &sa->line);
	ike1_sa_up(sa);
	return true;
}

/* Aggressive mode: all of the responder's in one message; ours ends it, encrypted. */
static void
aggressive_derived(void *owner, struct ike_job *j)
{
	struct ike1_sa *sa = owner;
	uint8_t own[4 + IKE_ID_MAX], hash[IKE1_HASH_MAX];
	struct ike_blob id = { .p = sa->peer_id, .len = sa->peer_id_len };
	struct ike_blob own_blob = { .p = own, .len = own_id(sa->peer, own) };
	struct ike_blob theirs = { .p = sa->peer_hash, .len = ike_prf_len(sa->suite.s.prf) };
	struct ike_out o;

	if (!job_result(sa, j))
		return;
	if (!derive(sa, sa->peer) || !auth_ok(sa, sa->peer, &id, &theirs)) {
		ike_count(sa->e, IKE_CTR_AUTH_FAILED);
		fail_here(sa, "peer's proof is wrong: not the same pre-shared key?");
		return;
	}
	ike_out_init(&o);
	ike_put_blob(&o.c, IKE1_PL_HASH, hash, auth_hash(sa, sa->peer, true, &own_blob, hash));
	put_nat_detection(sa, &o);
	put_initial_contact(sa, &o);
	float_ports(sa);
	if (!ike1_send(sa, &sa->line, IKE1_EX_AGGRESSIVE, 0, &o, sa->keys.iv, false)) {
		ike1_sa_fail(sa, "a message of phase 1 could not be built");
		return;
	}
	ike1_sa_up(sa);
}

static bool
take_am2(struct ike1_sa *sa, const struct ike1_msg *m)
{
	if (sa->job != NULL || m->n_id != 1 || m->hash.p == NULL || !accept_suite(sa, m) ||
			sa->suite.s.group != sa->kex.group || !take_ke_nonce(sa, m) ||
			m->hash.len != ike_prf_len(sa->suite.s.prf))
		return false;
	if (!id_names(&m->id[0], sa->peer) || m->id[0].len > sizeof(sa->peer_id)) {
		ike_count(sa->e, IKE_CTR_AUTH_FAILED);
		fail_here(sa, "peer calls itself by another identity than is configured");
		return true;
	}
	remember_id(sa, &m->id[0]);
	memcpy(sa->peer_id, m->id[0].p, m->id[0].len);
	sa->peer_id_len = m->id[0].len;
	memcpy(sa->peer_hash, m->hash.p, m->hash.len);
	check_nat(sa, m);
	ike1_line_stop(sa, &sa->line);
	if (!job(sa, false, true, aggressive_derived))
		ike1_sa_fail(sa, "out of memory");
	return true;
}

/* ---- responder ------------------------------------------------------------------------------ */

static bool
too_many(struct ike_engine *e, uint32_t remote)
{
	struct ike1_sa *sa;
	uint32_t n = 0;

	if (e->n_half_open >= e->lim.max_half_open) {
		ike_count(e, IKE_CTR_HALF_OPEN);
		return true;
	}
	TAILQ_FOREACH (sa, &e->sas1, all_link)
		n += sa->half_open && sa->path.remote == remote;
	if (n >= e->lim.max_half_open_per_ip)
		ike_count(e, IKE_CTR_PER_IP);
	return n >= e->lim.max_half_open_per_ip;
}

/* What the first peer of this address that speaks IKEv1 accepts of the offer. */
static struct ike_peer *
choose(struct ike_engine *e, const struct ike_path *path, const struct ike1_msg *m,
		struct ike1_suite *suite, struct ike_blob *transform, uint8_t *num)
{
	bool aggressive = m->h.exchange == IKE1_EX_AGGRESSIVE;
	struct ike_peer *p = NULL, *any = NULL;
	char offered[64], why[160];
	uint32_t spi;

	while ((p = ike1_peer_match(e, path->local, path->remote, p)) != NULL) {
		struct ike1_terms t = ike1_terms_phase1(&p->cfg);

		if (aggressive && !p->cfg.aggressive)
			continue;
		any = p;
		if (aggressive && (m->n_id != 1 || !id_names(&m->id[0], p)))
			continue;
		if (ike1_choose(&m->sa, &t, suite, transform, num, &spi))
			return p;
	}
	ike_count(e, any != NULL ? IKE_CTR_NO_PROPOSAL : IKE_CTR_NO_PEER);
	if (any == NULL) {
		while ((p = ike_peer_match(e, path->local, path->remote, p)) != NULL &&
				p->cfg.remote == path->remote)
			ike_peer_refused(p, false, "peer speaks IKEv1, IKEv2 is configured");
		return NULL;
	}
	snprintf(why, sizeof(why), "peer proposed no acceptable IKEv1 proposal: it offers %s first",
			ike1_offer_str(&m->sa, true, offered, sizeof(offered)));
	ike_peer_refused(any, false, why);
	return NULL;
}

static void
answer_first(struct ike1_sa *sa, const struct ike_blob *transform, uint8_t num)
{
	struct ike_out o;

	ike_out_init(&o);
	ike1_put_sa_choice(&o.c, true, num, 0, transform);
	ike1_put_vendor_ids(&o.c);
	sa->state = IKE1_MM2_SENT;
	if (!ike1_send(sa, &sa->line, IKE1_EX_MAIN, 0, &o, NULL, false))
		ike1_sa_kill(sa);
}

static void
aggressive_answer(void *owner, struct ike_job *j)
{
	struct ike1_sa *sa = owner;
	struct ike_blob transform = { .p = sa->transform, .len = sa->transform_len };
	struct ike_out o;

	if (!job_result(sa, j))
		return;
	ike_out_init(&o);
	ike1_put_sa_choice(&o.c, true, sa->num, 0, &transform);
	put_ke_nonce(sa, &o);
	if (!derive(sa, sa->peer) || !put_auth(sa, &o)) {
		ike1_sa_fail(sa, "keys could not be derived");
		return;
	}
	put_nat_detection(sa, &o);
	ike1_put_vendor_ids(&o.c);
	if (!ike1_send(sa, &sa->line, IKE1_EX_AGGRESSIVE, 0, &o, NULL, true))
		ike1_sa_fail(sa, "a message of phase 1 could not be built");
}

static void
aggressive_request(struct ike1_sa *sa, struct ike_peer *p, const struct ike1_msg *m,
		const struct ike_blob *transform, uint8_t num)
{
	sa->state = IKE1_AM2_SENT;
	if (m->id[0].len > sizeof(sa->peer_id) || !take_ke_nonce(sa, m)) {
		ike1_sa_kill(sa);
		return;
	}
	ike1_sa_set_peer(sa, p);
	memcpy(sa->peer_id, m->id[0].p, m->id[0].len);
	sa->peer_id_len = m->id[0].len;
	remember_id(sa, &m->id[0]);
	sa->kex.group = sa->suite.s.group;
	sa->transform = malloc(transform->len);
	if (sa->transform == NULL) {
		ike1_sa_kill(sa);
		return;
	}
	memcpy(sa->transform, transform->p, transform->len);
	sa->transform_len = transform->len;
	sa->num = num;
	if (!job(sa, true, true, aggressive_answer))
		ike1_sa_kill(sa);
}

void
ike1_main_request(struct ike_engine *e, const struct ike_path *path, const struct ike1_msg *m)
{
	struct ike1_suite suite;
	struct ike_blob transform;
	struct ike_peer *p;
	struct ike1_sa *sa;
	uint8_t num;

	if (m->sa.p == NULL) {
		ike_count(e, IKE_CTR_MALFORMED);
		return;
	}
	p = choose(e, path, m, &suite, &transform, &num);
	if (p == NULL) {
		ike1_send_clear_error(e, path, m->h.spi_i, 0, IKE1_N_NO_PROPOSAL_CHOSEN);
		return;
	}
	if (too_many(e, path->remote))
		return;
	sa = ike1_sa_new(e, NULL, false, path);
	if (sa == NULL)
		return;
	sa->ck_i = m->h.spi_i;
	sa->suite = suite;
	sa->can = m->can;
	memcpy(sa->name, p->cfg.name, sizeof(sa->name));
	sa->half_open = true;
	e->n_half_open++;
	ike_timer_set(&e->timers, &sa->t_end, e->now + IKE_HALF_OPEN_MS);
	ike_nonce_new(e, &sa->nr);
	if (!keep_sai(sa, m->sa.p, m->sa.len))
		ike1_sa_kill(sa);
	else if (m->h.exchange == IKE1_EX_AGGRESSIVE)
		aggressive_request(sa, p, m, &transform, num);
	else
		answer_first(sa, &transform, num);
}

static void
responder_ready(void *owner, struct ike_job *j)
{
	struct ike1_sa *sa = owner;
	struct ike_out o;

	if (!job_result(sa, j))
		return;
	ike_out_init(&o);
	put_ke_nonce(sa, &o);
	put_nat_detection(sa, &o);
	sa->state = IKE1_MM4_SENT;
	if (!ike1_send(sa, &sa->line, IKE1_EX_MAIN, 0, &o, NULL, false))
		ike1_sa_fail(sa, "a message of phase 1 could not be built");
}

static bool
take_mm3(struct ike1_sa *sa, const struct ike1_msg *m)
{
	if (sa->job != NULL || !take_ke_nonce(sa, m))
		return false;
	check_nat(sa, m);
	sa->kex.group = sa->suite.s.group;
	if (!job(sa, true, true, responder_ready))
		ike1_sa_kill(sa);
	return true;
}

/*
 * The peer has no other life than the one that now begins. What is being made, or came up a moment
 * ago, is of this life, too: both ends have called at the same time.
 */
static void
initial_contact(struct ike1_sa *sa)
{
	struct ike_engine *e = sa->e;
	struct ike1_sa *o, *next;
	struct ike_child *c;

	TAILQ_FOREACH (o, &sa->peer->sas1, peer_link)
		if (o->state == IKE1_UP && e->now - o->born_ms < SIMULTANEOUS_MS)
			return;
	for (o = TAILQ_FIRST(&sa->peer->sas1); o != NULL; o = next) {
		next = TAILQ_NEXT(o, peer_link);
		if (o != sa && o->state == IKE1_UP)
			ike1_sa_kill(o);
	}
	while ((c = TAILQ_FIRST(&sa->peer->children)) != NULL)
		ike_child_remove(c);
}

static bool
take_mm5(struct ike1_sa *sa, const struct ike1_msg *m)
{
	struct ike_out o;

	remember_id(sa, &m->id[0]);
	ike_out_init(&o);
	if (!put_auth(sa, &o) ||
			!ike1_send(sa, &sa->line, IKE1_EX_MAIN, 0, &o, sa->keys.iv, false)) {
		ike1_sa_fail(sa, "a message of phase 1 could not be built");
		return true;
	}
	if (ike1_notify(m, IKE1_N_INITIAL_CONTACT) != NULL)
		initial_contact(sa);
	ike1_sa_up(sa);
	return true;
}

static bool
take_am3(struct ike1_sa *sa, const struct ike1_msg *m)
{
	struct ike_blob id = { .p = sa->peer_id, .len = sa->peer_id_len };

	if (sa->job != NULL)
		return false;
	if (!auth_ok(sa, sa->peer, &id, &m->hash)) {
		ike_count(sa->e, IKE_CTR_AUTH_FAILED);
		ike_log_outsider(sa->e, LVL_WARNING, sa->name,
				"phase 1: peer's proof is wrong: not the same pre-shared key?");
		return false;
	}
	check_nat(sa, m);
	ike1_line_stop(sa, &sa->line);
	if (ike1_notify(m, IKE1_N_INITIAL_CONTACT) != NULL)
		initial_contact(sa);
	ike1_sa_up(sa);
	return true;
}

/* ---- encrypted messages of phase 1 ---------------------------------------------------------- */

bool
ike1_open(struct ike1_sa *sa, const uint8_t *msg, size_t len, struct ike1_msg *m,
		uint8_t iv[IKE1_BLOCK_MAX])
{
	size_t n = len - IKE_HDR_LEN;
	struct ike_hdr h = m->h;
	struct rd r;

	if (len <= IKE_HDR_LEN)
		return false;
	memcpy(sa->e->plain, msg + IKE_HDR_LEN, n);
	if (ike1_cipher(&sa->suite.s, &sa->keys, iv, sa->e->plain, n, false) != 0)
		return false;
	*m = (struct ike1_msg){ .h = h };
	r = rd_init(sa->e->plain, n);
	return ike1_parse(&r, h.next, true, m) == 0;
}

static bool
open_with(struct ike1_sa *sa, const uint8_t *msg, size_t len, struct ike1_msg *m, uint8_t *iv)
{
	memcpy(iv, sa->keys.iv, IKE1_BLOCK_MAX);
	return ike1_open(sa, msg, len, m, iv);
}

/* Whose key is it? The one that makes sense of the message, and whose proof is right. */
static bool
find_peer(struct ike1_sa *sa, const uint8_t *msg, size_t len, struct ike1_msg *m, uint8_t *iv)
{
	struct ike_peer *p = NULL;
	bool opened = false;

	while ((p = ike1_peer_match(sa->e, sa->path.local, sa->path.remote, p)) != NULL) {
		if (!derive(sa, p) || !open_with(sa, msg, len, m, iv))
			continue;
		opened = true;
		if (m->n_id != 1 || !auth_ok(sa, p, &m->id[0], &m->hash))
			continue;
		if (id_names(&m->id[0], p)) {
			ike1_sa_set_peer(sa, p);
			return true;
		}
		ike_peer_refused(p, true, "peer calls itself by another identity than is "
					  "configured");
	}
	ike_count(sa->e, opened ? IKE_CTR_AUTH_FAILED : IKE_CTR_NOT_AUTHENTIC);
	ike_log_outsider(sa->e, LVL_WARNING, sa->name,
			"phase 1: no configured peer fits: wrong pre-shared key or identity?");
	return false;
}

bool
ike1_open_phase1(struct ike1_sa *sa, const uint8_t *msg, size_t len, struct ike1_msg *m,
		uint8_t iv[IKE1_BLOCK_MAX])
{
	if (sa->state == IKE1_MM4_SENT && sa->job == NULL)
		return find_peer(sa, msg, len, m, iv);
	if (sa->state == IKE1_MM5_SENT || sa->state == IKE1_AM2_SENT)
		return sa->job == NULL && open_with(sa, msg, len, m, iv);
	return false;
}

bool
ike1_main_input(struct ike1_sa *sa, struct ike1_msg *m)
{
	bool encrypted = (m->h.flags & IKE1_FLAG_ENCRYPTED) != 0;

	switch (sa->state) {
	case IKE1_MM1_SENT:
		return !encrypted && take_mm2(sa, m);
	case IKE1_MM2_SENT:
		return !encrypted && take_mm3(sa, m);
	case IKE1_MM3_SENT:
		return !encrypted && take_mm4(sa, m);
	case IKE1_MM4_SENT:
		return encrypted && take_mm5(sa, m);
	case IKE1_MM5_SENT:
		return encrypted && take_mm6(sa, m);
	case IKE1_AM1_SENT:
		return !encrypted && take_am2(sa, m);
	case IKE1_AM2_SENT:
		return take_am3(sa, m);
	case IKE1_UP:
	case IKE1_DEAD:
		break;
	}
	return false;
}
