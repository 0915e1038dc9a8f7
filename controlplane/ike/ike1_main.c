/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Main mode (RFC 2409 sections 5.1 and 5.4), both roles, and the way of each message of phase 1 to
 * its mode. With RSA signatures SIG_I and SIG_R take the place of the hashes: ike1_sig.c.
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
 * at one address, or of those at any, it is the one whose key opens the fifth message. What fails
 * before anybody has proved anything is a hint for the log, no more; the initiator goes on
 * repeating.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "common/inet.h"
#include "controlplane/ike/ike1_phase1.h"


static void
main_first(struct ike1_sa *sa)
{
	struct ike1_terms t = ike1_terms_phase1(&sa->peer->cfg);
	struct ike_out o;

	ike_out_init(&o);
	ike1_put_sa(&o.c, &t, 0);
	if (o.w.bad || !ike1_keep_sai(sa, o.buf + 4, o.w.len - 4)) {
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
	ike_nonce_new(sa->e, &sa->ni);
	if (sa->peer->cfg.aggressive) {
		ike1_aggr_start(sa);
		return;
	}
	sa->state = IKE1_MM1_SENT;
	main_first(sa);
}

/* The third and fourth message: who has called waits for what comes next. */
static void
send_ke(void *owner, struct ike_job *j)
{
	struct ike1_sa *sa = owner;
	struct ike_out o;

	if (!ike1_phase1_done(sa, j))
		return;
	ike_out_init(&o);
	ike1_put_ke_nonce(sa, &o);
	if (ike1_by_sig(sa))
		ike1_put_certreq(sa, &o.c);
	ike1_put_nat_detection(sa, &o);
	sa->state = sa->initiator ? IKE1_MM3_SENT : IKE1_MM4_SENT;
	if (!ike1_send(sa, &sa->line, IKE1_EX_MAIN, 0, &o, NULL, sa->initiator))
		ike1_sa_fail(sa, "a message of phase 1 could not be built");
}

static bool
take_mm2(struct ike1_sa *sa, const struct ike1_msg *m)
{
	if (sa->job != NULL || !ike1_accept_suite(sa, m))
		return false;
	ike_live_stage(sa->peer, IKE_STAGE_PROPOSAL);
	ike1_line_stop(sa, &sa->line);
	sa->kex.group = sa->suite.s.group;
	if (!ike1_phase1_job(sa, true, false, send_ke))
		ike1_sa_fail(sa, "out of memory");
	return true;
}

static void
send_mm5(struct ike1_sa *sa, struct ike_out *o)
{
	ike1_put_initial_contact(sa, o);
	ike1_float_ports(sa);
	sa->state = IKE1_MM5_SENT;
	if (!ike1_send(sa, &sa->line, IKE1_EX_MAIN, 0, o, sa->keys.iv, true))
		ike1_sa_fail(sa, "a message of phase 1 could not be built");
}

/* Identity and signature, ours. */
static void
put_signed(struct ike1_sa *sa, struct ike_out *o, const struct ike_pk *pk)
{
	uint8_t id[4 + IKE_ID_MAX];

	ike_out_init(o);
	ike_put_blob(&o->c, IKE1_PL_ID, id, ike1_own_id(sa->peer, id));
	ike1_put_sig(&o->c, pk);
}

static void
initiator_signed(void *owner, struct ike_job *j)
{
	struct ike1_sa *sa = owner;
	struct ike_out o;

	if (!ike1_sig_done(sa, j))
		return;
	put_signed(sa, &o, j->pk);
	send_mm5(sa, &o);
}

static void
initiator_derived(void *owner, struct ike_job *j)
{
	struct ike1_sa *sa = owner;
	struct ike_out o;
	bool ok;

	if (!ike1_phase1_done(sa, j))
		return;
	ike_out_init(&o);
	ok = ike1_phase1_keys(sa, sa->peer);
	if (ok && ike1_by_sig(sa))
		ok = ike1_sig_run(sa, ike1_sig_work(sa), true, initiator_signed);
	else
		ok = ok && ike1_put_auth(sa, &o);
	if (!ok)
		ike1_sa_fail(sa, "keys could not be derived");
	else if (!ike1_by_sig(sa))
		send_mm5(sa, &o);
}

static bool
take_mm4(struct ike1_sa *sa, const struct ike1_msg *m)
{
	if (sa->job != NULL || !ike1_take_ke_nonce(sa, m))
		return false;
	ike1_check_nat(sa, m);
	ike1_line_stop(sa, &sa->line);
	if (!ike1_phase1_job(sa, false, true, initiator_derived))
		ike1_sa_fail(sa, "out of memory");
	return true;
}

/* The peer's identity and signature wait to be judged. */
static void
check_sig(struct ike1_sa *sa, const struct ike1_msg *m, bool sign,
		void (*done)(void *, struct ike_job *))
{
	struct ike_pk *pk = ike1_sig_work(sa);

	if (pk != NULL && !ike1_sig_take(pk, m, &m->id[0])) {
		ike_pk_free(pk);
		ike_count(sa->e, IKE_CTR_AUTH_FAILED);
		ike1_phase1_fail(sa, "peer sends no signature");
		return;
	}
	if (!ike1_sig_run(sa, pk, sign, done))
		ike1_sa_fail(sa, "out of memory");
}

static void
responder_judged(void *owner, struct ike_job *j)
{
	struct ike1_sa *sa = owner;

	if (!ike1_sig_done(sa, j))
		return;
	ike1_sa_up(sa);
}

static bool
take_mm6(struct ike1_sa *sa, const struct ike1_msg *m)
{
	if (sa->job != NULL)
		return false;
	if (m->n_id != 1 || !ike1_id_names(&m->id[0], sa->peer)) {
		ike_count(sa->e, IKE_CTR_AUTH_FAILED);
		ike_live_other_name(sa->peer);
		ike1_phase1_fail(sa, "peer calls itself by another identity than is configured");
		return true;
	}
	if (ike1_by_sig(sa)) {
		ike1_line_stop(sa, &sa->line);
		check_sig(sa, m, false, responder_judged);
		return true;
	}
	if (!ike1_phase1_proven(sa, sa->peer, &m->id[0], &m->hash)) {
		ike_count(sa->e, IKE_CTR_AUTH_FAILED);
		ike1_phase1_fail(sa, "peer's proof is wrong: not the same pre-shared key?");
		return true;
	}
	ike1_remember_id(sa, &m->id[0]);
	ike1_line_stop(sa, &sa->line);
	ike1_sa_up(sa);
	return true;
}

/*
 * Room for one more that is half open? IKEv1 has no cookies to ask for, so of those that have shown
 * nothing yet the oldest gives way: who calls under others' addresses shuts out nobody. In main
 * mode they have cost no public-key work, and may be many: the peer's own has time to go on.
 */
static bool
make_room(struct ike_engine *e, uint32_t remote, bool aggressive)
{
	uint32_t max = IKE_PROVEN * e->lim.max_half_open_per_ip;
	uint32_t max_fresh = aggressive ? e->lim.max_half_open_per_ip : max;
	struct ike1_sa *sa, *oldest = NULL;
	uint32_t n = 0, n_fresh = 0;

	LIST_FOREACH (sa, &e->half1[ike_hash32(remote)], half_link) {
		if (sa->path.remote != remote)
			continue;
		if (sa->fresh)
			oldest = sa; /* the last one in the list */
		n_fresh += sa->fresh;
		n += !sa->fresh;
	}
	if (n >= max) {
		ike_count(e, IKE_CTR_PER_IP);
		return false;
	}
	if (n_fresh >= max_fresh) {
		ike_count(e, IKE_CTR_PER_IP);
	} else if (e->n_half_open >= e->lim.max_half_open) {
		ike_count(e, IKE_CTR_HALF_OPEN);
		oldest = TAILQ_FIRST(&e->fresh1);
	} else {
		return true;
	}
	if (oldest != NULL)
		ike1_sa_kill(oldest);
	return oldest != NULL;
}

/* In aggressive mode the name says who it is: with thousands of branches at any address at once. */
static struct ike_peer *
named(struct ike_engine *e, const struct ike_path *path, const struct ike1_msg *m,
		struct ike1_suite *suite, struct ike_blob *transform, uint8_t *num)
{
	struct ike_peer *p = m->n_id == 1 ? ike1_peer_claimed(e, path, &m->id[0]) : NULL;
	struct ike1_terms t;
	uint32_t spi;

	if (p == NULL || !p->cfg.aggressive)
		return NULL;
	t = ike1_terms_phase1(&p->cfg);
	return ike1_choose(&m->sa, &t, suite, transform, num, &spi) &&
			       ike1_life_fits1(&p->cfg, suite)
		       ? p
		       : NULL;
}

/* What the first peer of this address that speaks IKEv1 accepts of the offer. */
static struct ike_peer *
choose(struct ike_engine *e, const struct ike_path *path, const struct ike1_msg *m,
		struct ike1_suite *suite, struct ike_blob *transform, uint8_t *num)
{
	bool aggressive = m->h.exchange == IKE1_EX_AGGRESSIVE;
	struct ike_peer *p = NULL, *any = NULL;
	char offered[64], why[160], life[64] = "";
	bool xauth = ike1_offers_xauth(&m->sa);
	uint32_t spi;

	if (aggressive && (p = named(e, path, m, suite, transform, num)) != NULL)
		return p;
	while ((p = ike1_peer_match(e, path->local, path->remote, p)) != NULL) {
		struct ike1_terms t = ike1_terms_phase1(&p->cfg);

		if (aggressive && !p->cfg.aggressive)
			continue;
		any = p;
		if (aggressive && (m->n_id != 1 || !ike1_id_names(&m->id[0], p)))
			continue;
		if (!ike1_choose(&m->sa, &t, suite, transform, num, &spi))
			continue;
		if (ike1_life_fits1(&p->cfg, suite))
			return p;
		snprintf(life, sizeof(life), ", for %u s, which proposal-check does not let pass",
				suite->life_s);
	}
	ike_count(e, any == NULL ? IKE_CTR_NO_PEER : xauth ? IKE_CTR_XAUTH : IKE_CTR_NO_PROPOSAL);
	if (any == NULL) {
		while ((p = ike_peer_match(e, path->local, path->remote, p)) != NULL &&
				p->cfg.remote == path->remote)
			ike_peer_refused(p, false, "peer speaks IKEv1, IKEv2 is configured");
		return NULL;
	}
	snprintf(why, sizeof(why), "peer proposed no acceptable IKEv1 proposal: it offers %.36s "
				   "first%s",
			ike1_offer_str(&m->sa, true, offered, sizeof(offered)),
			xauth ? ", with XAUTH, which we do not do" : life);
	ike_live_stage(any, IKE_STAGE_ANSWERED);
	ike_live_offer(any, offered);
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

/* What logs call it: in main mode it may yet be any of those that can come from anywhere. */
static void
name_sa(struct ike1_sa *sa, const struct ike_peer *p, bool aggressive)
{
	char addr[IP4_STR_LEN];

	snprintf(sa->name, sizeof(sa->name), "%s",
			aggressive || p->cfg.remote != 0 ? p->cfg.name
							 : ip4_str(sa->path.remote, addr));
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
		ike1_caller_refused(e, path, false, "sends a malformed first message");
		return;
	}
	p = choose(e, path, m, &suite, &transform, &num);
	if (p == NULL) {
		ike1_send_clear_error(e, path, m->h.spi_i, 0, IKE1_N_NO_PROPOSAL_CHOSEN);
		return;
	}
	if (!make_room(e, path->remote, m->h.exchange == IKE1_EX_AGGRESSIVE))
		return;
	sa = ike1_sa_new(e, NULL, false, path);
	if (sa == NULL)
		return;
	ike1_sa_set_first(sa, m->h.spi_i);
	sa->suite = suite;
	sa->can = m->can;
	name_sa(sa, p, m->h.exchange == IKE1_EX_AGGRESSIVE);
	ike1_half_open(sa);
	ike_nonce_new(e, &sa->nr);
	if (!ike1_keep_sai(sa, m->sa.p, m->sa.len))
		ike1_sa_kill(sa);
	else if (m->h.exchange == IKE1_EX_AGGRESSIVE)
		ike1_aggr_request(sa, p, m, &transform, num);
	else
		answer_first(sa, &transform, num);
}

static bool
take_mm3(struct ike1_sa *sa, const struct ike1_msg *m)
{
	if (sa->job != NULL)
		return false;
	if (!ike1_take_ke_nonce(sa, m)) {
		ike1_caller_refused(sa->e, &sa->path, true,
				"sends a public value or a nonce of a wrong length");
		return false;
	}
	ike1_not_fresh(sa);
	ike1_check_nat(sa, m);
	sa->kex.group = sa->suite.s.group;
	if (!ike1_phase1_job(sa, true, true, send_ke))
		ike1_sa_kill(sa);
	return true;
}

/* The sixth message, with the signature that was made beside judging the fifth. */
static void
believed(struct ike1_sa *sa)
{
	struct ike_out o;

	put_signed(sa, &o, sa->pk);
	if (!ike1_send(sa, &sa->line, IKE1_EX_MAIN, 0, &o, sa->keys.iv, false)) {
		ike1_sa_fail(sa, "a message of phase 1 could not be built");
		return;
	}
	if (sa->initial_contact)
		ike1_initial_contact(sa);
	ike1_sa_up(sa);
}

static void
initiator_judged(void *owner, struct ike_job *j)
{
	struct ike1_sa *sa = owner;
	struct ike_blob id = { .p = sa->peer_id, .len = sa->peer_id_len };

	if (!ike1_sig_done(sa, j))
		return;
	ike_pk_free(sa->pk);
	sa->pk = j->pk;
	j->pk = NULL;
	ike1_group_meet(sa, &id, believed);
}

/* The same with the hash that the pre-shared key makes. */
static void
answer_fifth(struct ike1_sa *sa)
{
	struct ike_out o;

	ike_out_init(&o);
	if (!ike1_put_auth(sa, &o) ||
			!ike1_send(sa, &sa->line, IKE1_EX_MAIN, 0, &o, sa->keys.iv, false)) {
		ike1_sa_fail(sa, "a message of phase 1 could not be built");
		return;
	}
	if (sa->initial_contact)
		ike1_initial_contact(sa);
	ike1_sa_up(sa);
}

static bool
take_mm5(struct ike1_sa *sa, const struct ike1_msg *m)
{
	sa->initial_contact = ike1_notify(m, IKE1_N_INITIAL_CONTACT) != NULL;
	/* It has named the peer, and so is not longer than that. */
	memcpy(sa->peer_id, m->id[0].p, m->id[0].len);
	sa->peer_id_len = m->id[0].len;
	if (ike1_by_sig(sa)) {
		check_sig(sa, m, true, initiator_judged);
		return true;
	}
	ike1_remember_id(sa, &m->id[0]);
	ike1_group_meet(sa, &m->id[0], answer_fifth);
	return true;
}

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
	if (ike1_parse(&r, h.next, true, m) != 0)
		return false;
	ike_trace_payloads(sa->e, false, &sa->path, sa->name, &h, h.next, sa->e->plain, n);
	return true;
}

static bool
open_with(struct ike1_sa *sa, const uint8_t *msg, size_t len, struct ike1_msg *m, uint8_t *iv)
{
	memcpy(iv, sa->keys.iv, IKE1_BLOCK_MAX);
	return ike1_open(sa, msg, len, m, iv);
}

/* Signatures: the keys are anybody's, and the peer is who it says it is; that is judged later. */
static bool
find_peer_by_name(struct ike1_sa *sa, const uint8_t *msg, size_t len, struct ike1_msg *m,
		uint8_t *iv)
{
	struct ike_peer *p = ike1_peer_match(sa->e, sa->path.local, sa->path.remote, NULL);
	struct ike_peer *claimed;

	if (p == NULL || !ike1_phase1_keys(sa, p) || !open_with(sa, msg, len, m, iv)) {
		ike_count(sa->e, IKE_CTR_NOT_AUTHENTIC);
		return false;
	}
	claimed = m->n_id == 1 ? ike1_peer_claimed(sa->e, &sa->path, &m->id[0]) : NULL;
	if (claimed != NULL && claimed->cfg.auth_local != IKE_AUTHN_PSK) {
		ike1_sa_set_peer(sa, claimed);
		return true;
	}
	for (; p != NULL; p = ike1_peer_match(sa->e, sa->path.local, sa->path.remote, p)) {
		if (p->cfg.auth_local == IKE_AUTHN_PSK || m->n_id != 1)
			continue;
		if (ike1_id_names(&m->id[0], p)) {
			ike1_sa_set_peer(sa, p);
			return true;
		}
		if (p->cfg.remote == sa->path.remote)
			ike_peer_refused(p, false, "peer calls itself by another identity than is "
						   "configured");
	}
	ike_count(sa->e, IKE_CTR_AUTH_FAILED);
	ike_log_outsider(sa->e, LVL_WARNING, sa->name,
			"phase 1: no peer with this address and identity");
	return false;
}

static bool
same_key(const struct ike_peer *a, const struct ike_peer *b)
{
	return b->cfg.auth_local == IKE_AUTHN_PSK && a->cfg.psk_len == b->cfg.psk_len &&
	       CRYPTO_memcmp(a->cfg.psk, b->cfg.psk, a->cfg.psk_len) == 0;
}

/* Does the key of @p make sense of the message, and is its proof right? */
static bool
key_fits(struct ike1_sa *sa, const struct ike_peer *p, const uint8_t *msg, size_t len,
		struct ike1_msg *m, uint8_t *iv, bool *opened)
{
	if (!ike1_phase1_keys(sa, p) || !open_with(sa, msg, len, m, iv))
		return false;
	*opened = true;
	return m->n_id == 1 && ike1_phase1_proven(sa, p, &m->id[0], &m->hash);
}

/*
 * Whose key is it? The branches of a group have one key, which is tried once for all of them: who
 * it is then is looked up by name.
 */
static bool
find_peer(struct ike1_sa *sa, const uint8_t *msg, size_t len, struct ike1_msg *m, uint8_t *iv)
{
	struct ike_peer *p = NULL, *tried = NULL, *claimed;
	bool opened = false, named = false, fits = false;

	while ((p = ike1_peer_match(sa->e, sa->path.local, sa->path.remote, p)) != NULL) {
		if (p->cfg.auth_local != IKE_AUTHN_PSK)
			continue;
		if (tried == NULL || !same_key(tried, p)) {
			tried = p;
			fits = key_fits(sa, p, msg, len, m, iv, &opened);
			claimed = fits ? ike1_peer_claimed(sa->e, &sa->path, &m->id[0]) : NULL;
			if (claimed != NULL && same_key(p, claimed)) {
				ike1_sa_set_peer(sa, claimed);
				return true;
			}
		}
		if (!fits)
			continue;
		if (ike1_id_names(&m->id[0], p)) {
			ike1_sa_set_peer(sa, p);
			return true;
		}
		ike_peer_refused(p, true, "peer calls itself by another identity than is "
					  "configured");
		named = true;
	}
	ike_count(sa->e, opened ? IKE_CTR_AUTH_FAILED : IKE_CTR_NOT_AUTHENTIC);
	if (!named) /* it has our cookie, so it is at this address */
		ike1_caller_refused(sa->e, &sa->path, true,
				"failed authentication (pre-shared key differs?)");
	ike_log_outsider(sa->e, LVL_WARNING, sa->name, "phase 1: %s",
			named ? "peer calls itself by another identity than is configured"
			      : "no configured peer fits: wrong pre-shared key or identity?");
	return false;
}

bool
ike1_open_phase1(struct ike1_sa *sa, const uint8_t *msg, size_t len, struct ike1_msg *m,
		uint8_t iv[IKE1_BLOCK_MAX])
{
	if (sa->state == IKE1_MM4_SENT && sa->job == NULL && sa->met == NULL)
		return ike1_by_sig(sa) ? find_peer_by_name(sa, msg, len, m, iv)
				       : find_peer(sa, msg, len, m, iv);
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
		return !encrypted && ike1_aggr_second(sa, m);
	case IKE1_AM2_SENT:
		return ike1_aggr_third(sa, m);
	case IKE1_UP:
	case IKE1_DEAD:
		break;
	}
	return false;
}
