/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What main and aggressive mode have in common: public values and nonces, keys, the proof of who
 * one is, and the detection of NATs (RFC 2409 section 5, RFC 3947 section 3); see ike1_phase1.h.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "controlplane/ike/ike1_phase1.h"

/* An INITIAL-CONTACT this close to another set-up: both ends have called. */
#define SIMULTANEOUS_MS 10000

struct ike1_terms
ike1_terms_phase1(const struct ike_peer_cfg *cfg)
{
	return (struct ike1_terms){ .cfg = cfg->ike_proposals,
		.n = cfg->n_ike_proposals,
		.phase1 = true,
		.rsa = cfg->auth_local != IKE_AUTHN_PSK,
		.life_s = cfg->ike_life_s };
}

static bool
is_hash(const struct ike_blob *b, const uint8_t *hash, size_t len)
{
	return b->len == len && memcmp(b->p, hash, len) == 0;
}

/* To have ESP in UDP without a NAT, our own address is told wrong. */
void
ike1_put_nat_detection(struct ike1_sa *sa, struct ike_out *o)
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

/* The first hash is of us as the peer sees us, the others of all addresses it may have. */
void
ike1_check_nat(struct ike1_sa *sa, const struct ike1_msg *m)
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
void
ike1_float_ports(struct ike1_sa *sa)
{
	const struct ike_peer_cfg *cfg = &sa->peer->cfg;

	if (!(sa->can & IKE1_CAN_NATT) || cfg->no_nat ||
			!(sa->nat_local || sa->nat_remote || cfg->force_encap))
		return;
	sa->encap = true;
	sa->path.local_port = sa->path.remote_port = IKE_PORT_NATT;
}

void
ike1_put_ke_nonce(struct ike1_sa *sa, struct ike_out *o)
{
	const struct ike_nonce *n = sa->initiator ? &sa->ni : &sa->nr;

	ike_put_blob(&o->c, IKE1_PL_KE, sa->kex.pub, sa->kex.len);
	ike_put_blob(&o->c, IKE1_PL_NONCE, n->data, n->len);
}

/* The peer's half of the exchange of keys. */
bool
ike1_take_ke_nonce(struct ike1_sa *sa, const struct ike1_msg *m)
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

	return (struct ike1_keymat_in){ .sig = ike1_by_sig(sa),
		.psk = { .p = p->cfg.psk, .len = p->cfg.psk_len },
		.ni = ike_nonce_blob(&sa->ni),
		.nr = ike_nonce_blob(&sa->nr),
		.gxi = sa->initiator ? own : peer,
		.gxr = sa->initiator ? peer : own,
		.gxy = { .p = sa->kex.secret, .len = sa->kex.secret_len },
		.ck_i = sa->ck_i,
		.ck_r = sa->ck_r };
}

bool
ike1_phase1_keys(struct ike1_sa *sa, const struct ike_peer *p)
{
	struct ike1_keymat_in in = keymat_in(sa, p);

	return ike1_derive(&sa->e->crypto, &sa->suite.s, &in, &sa->keys) == 0;
}

/* HASH_I or HASH_R of the side @initiator, which calls itself @id. Its length. */
size_t
ike1_phase1_hash(struct ike1_sa *sa, const struct ike_peer *p, bool initiator,
		const struct ike_blob *id, uint8_t *out)
{
	struct ike1_keymat_in in = keymat_in(sa, p);
	struct ike_blob sai = { .p = sa->sai, .len = sa->sai_len };

	if (ike1_auth_hash(&sa->e->crypto, &sa->suite.s, &sa->keys, &in, initiator, &sai, id,
			    out) != 0)
		return 0;
	return ike_prf_len(sa->suite.s.prf);
}

bool
ike1_phase1_proven(struct ike1_sa *sa, const struct ike_peer *p, const struct ike_blob *id,
		const struct ike_blob *hash)
{
	uint8_t want[IKE1_HASH_MAX];
	size_t len = ike1_phase1_hash(sa, p, !sa->initiator, id, want);

	return len != 0 && hash->p != NULL && hash->len == len &&
	       CRYPTO_memcmp(want, hash->p, len) == 0;
}

/* The body of our ID payload. RFC 2407 section 4.6.2: protocol and port are both 0, or UDP 500. */
size_t
ike1_own_id(const struct ike_peer *p, uint8_t *out)
{
	return ike_id_body(&p->cfg.local_id, out);
}

/* Does the ID payload name the peer? Protocol and port behind the type are no part of the name. */
bool
ike1_id_names(const struct ike_blob *body, const struct ike_peer *p)
{
	uint8_t plain[4 + UINT8_MAX];
	struct ike_blob b = { .p = plain, .len = body->len };

	if (body->len < 4 || body->len > sizeof(plain))
		return false;
	memcpy(plain, body->p, body->len);
	memset(plain + 1, 0, 3);
	return ike_name_of(&p->cfg, &b) != NULL;
}

void
ike1_remember_id(struct ike1_sa *sa, const struct ike_blob *body)
{
	ike_id_str(body->p[0], body->p + 4, body->len - 4, sa->remote_id, sizeof(sa->remote_id));
}

/* ID and HASH of ours. */
bool
ike1_put_auth(struct ike1_sa *sa, struct ike_out *o)
{
	uint8_t id[4 + IKE_ID_MAX], hash[IKE1_HASH_MAX];
	struct ike_blob id_blob = { .p = id, .len = ike1_own_id(sa->peer, id) };
	size_t len = ike1_phase1_hash(sa, sa->peer, sa->initiator, &id_blob, hash);

	ike_put_blob(&o->c, IKE1_PL_ID, id, id_blob.len);
	ike_put_blob(&o->c, IKE1_PL_HASH, hash, len);
	return len != 0;
}

void
ike1_phase1_fail(struct ike1_sa *sa, const char *why)
{
	ike_log_outsider(sa->e, LVL_WARNING, sa->name, "phase 1 failed: %s", why);
	ike1_sa_fail(sa, why);
}

bool
ike1_phase1_job(struct ike1_sa *sa, bool generate, bool with_peer,
		void (*done)(void *, struct ike_job *))
{
	struct ike_blob pub = { .p = sa->peer_pub, .len = sa->peer_pub_len };

	sa->job = ike_job_submit(sa->e, &sa->kex, generate, with_peer ? &pub : NULL, done, sa);
	return sa->job != NULL;
}

/* What a finished job leaves; false: it failed, and so has phase 1. */
bool
ike1_phase1_done(struct ike1_sa *sa, struct ike_job *j)
{
	ike_job_take(j, &sa->job, &sa->kex);
	if (j->err == 0)
		return true;
	ike_count(sa->e, IKE_CTR_BAD_KE);
	if (!sa->initiator)
		ike1_caller_refused(sa->e, &sa->path, sa->state != IKE1_AM2_SENT,
				"sent no valid public value");
	ike1_phase1_fail(sa, "peer's public value is not valid");
	return false;
}

bool
ike1_keep_sai(struct ike1_sa *sa, const uint8_t *body, size_t len)
{
	sa->sai = malloc(len);
	sa->sai_len = sa->sai != NULL ? len : 0;
	if (sa->sai != NULL)
		memcpy(sa->sai, body, len);
	return sa->sai != NULL;
}

/* Did the peer choose what we offered? The answer's cookie is the responder's. */
bool
ike1_accept_suite(struct ike1_sa *sa, const struct ike1_msg *m)
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

/* Nobody else of ours has this peer: it may forget what it had with a former life of ours. */
void
ike1_put_initial_contact(struct ike1_sa *sa, struct ike_out *o)
{
	uint8_t ck[16];
	struct wr w = wr_init(ck, sizeof(ck));

	if (ike1_peer_sa(sa->peer) != NULL)
		return;
	for (struct ike_peer *p = NULL; (p = ike1_kin(sa->peer, p)) != NULL;)
		if (!TAILQ_EMPTY(&p->children))
			return;
	wr_be64(&w, sa->ck_i);
	wr_be64(&w, sa->ck_r);
	ike1_put_notify(&o->c, IKE1_PROTO_ISAKMP, IKE1_N_INITIAL_CONTACT, ck, sizeof(ck), NULL, 0);
}

/* All of @p but @keep, and what is younger than @born_ms. */
static void
forget_before(struct ike_peer *p, struct ike1_sa *keep, uint64_t born_ms)
{
	struct ike_child *c, *next_child;
	struct ike1_sa *o, *next;

	for (o = TAILQ_FIRST(&p->sas1); o != NULL; o = next) {
		next = TAILQ_NEXT(o, peer_link);
		if (o != keep && o->state == IKE1_UP)
			ike1_sa_kill(o);
	}
	for (c = TAILQ_FIRST(&p->children); c != NULL; c = next_child) {
		next_child = TAILQ_NEXT(c, peer_link);
		if (c->born_ms < born_ms)
			ike_child_remove(c);
	}
}

/*
 * The peer has no other life than the one that begins with @sa. What is being made, or came up a
 * moment before, is of this life, too: both ends have called at the same time. It is said in phase
 * 1, or by the messages behind it (racoon's and RouterOS's way): then what is younger stays.
 */
void
ike1_initial_contact(struct ike1_sa *sa)
{
	uint64_t born_ms = sa->state == IKE1_UP ? sa->born_ms : sa->e->now;
	struct ike_peer *p;
	struct ike1_sa *o;

	for (p = NULL; (p = ike1_kin(sa->peer, p)) != NULL;)
		TAILQ_FOREACH (o, &p->sas1, peer_link)
			if (o != sa && o->state == IKE1_UP &&
					o->born_ms + SIMULTANEOUS_MS > born_ms)
				return;
	for (p = NULL; (p = ike1_kin(sa->peer, p)) != NULL;)
		forget_before(p, sa, born_ms);
}

void
ike1_late_initial_contact(struct ike1_sa *sa, const struct ike1_msg *m)
{
	struct ike_peer *p;

	if (ike1_notify(m, IKE1_N_INITIAL_CONTACT) == NULL)
		return;
	ike1_initial_contact(sa);
	for (p = NULL; (p = ike1_kin(sa->peer, p)) != NULL;)
		if (p->state == IKE_PEER_ESTABLISHED && p->out == NULL)
			ike_peer_lost(p, "peer says that it has begun anew");
}
