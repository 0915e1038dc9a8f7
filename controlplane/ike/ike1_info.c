/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Informational exchanges of IKEv1 (RFC 2409 section 5.7): DELETE, INITIAL-CONTACT, errors, and
 * R-U-THERE (RFC 3706). One message, not answered, protected by HASH(1).
 */
#include <string.h>

#include <openssl/crypto.h>

#include "controlplane/ike/ike1_int.h"

#define CERTAIN_MS 2000 /* the peer may make a new ISAKMP SA itself meanwhile */

bool
ike1_hash_ok(struct ike1_sa *sa, const struct ike1_msg *m)
{
	uint8_t mid_be[4], want[IKE1_HASH_MAX];
	struct wr w = wr_init(mid_be, sizeof(mid_be));
	struct ike_blob in[2] = { { .p = mid_be, .len = sizeof(mid_be) }, m->rest };
	size_t len = ike_prf_len(sa->suite.s.prf);

	wr_be32(&w, m->h.mid);
	return m->hash.p != NULL && m->hash.len == len &&
	       ike1_hash(&sa->e->crypto, &sa->suite.s, &sa->keys, in, 2, want) == 0 &&
	       CRYPTO_memcmp(want, m->hash.p, len) == 0;
}

static void
child_deleted(struct ike_peer *p, uint32_t spi_out)
{
	struct ike_child *c = ike_child_find_out(p, spi_out);
	bool had = p->out != NULL;

	if (c == NULL)
		return;
	ike_log(p->e, LVL_INFO, p->cfg.name, "peer deleted Child SA %08x", spi_out);
	ike_child_retire(c);
	if (had && p->out == NULL)
		ike_peer_lost(p, "peer deleted the Child SA");
}

/* The SPIs are those that the peer receives on: ours to send with. */
static void
delete_esp(struct ike1_sa *sa, const struct ike_delete *d)
{
	struct rd r = rd_init(d->spis, (size_t)d->spi_size * d->n);

	if (d->spi_size != IKE_ESP_SPI_LEN)
		return;
	while (rd_left(&r) > 0) {
		uint32_t spi = rd_be32(&r);

		for (struct ike_peer *p = NULL; (p = ike1_kin(sa->peer, p)) != NULL;)
			child_deleted(p, spi);
	}
}

static bool
are_kin(struct ike_peer *p, const struct ike_peer *o)
{
	struct ike_peer *k = NULL;

	while ((k = ike1_kin(p, k)) != NULL && k != o)
		;
	return k != NULL;
}

static void
delete_isakmp(struct ike1_sa *sa, const struct ike_delete *d)
{
	struct ike_engine *e = sa->e;
	struct ike_peer *p = sa->peer;
	struct rd r = rd_init(d->spis, (size_t)d->spi_size * d->n);

	if (d->spi_size != 2 * IKE_SPI_LEN)
		return;
	while (rd_left(&r) > 0) {
		uint64_t ck_i = rd_be64(&r), ck_r = rd_be64(&r);
		struct ike1_sa *o = ike1_sa_find(e, ck_i, ck_r);

		if (o == NULL || !are_kin(p, o->peer) || o->state != IKE1_UP)
			continue;
		ike_log(e, LVL_INFO, o->name, "peer deleted the ISAKMP SA");
		ike1_sa_kill(o);
	}
	if (ike1_peer_sa(p) != NULL)
		return;
	/* Its Child SAs may be gone, too: those DELETEs are not answered, and nobody can be asked
	 * now. Only new ones are certain; they need an ISAKMP SA as well. */
	for (struct ike_peer *k = NULL; (k = ike1_kin(p, k)) != NULL;) {
		if (k->out != NULL)
			ike_child_rekey_later(k->out, ike_jitter(e, CERTAIN_MS, 50));
		else
			ike_peer_lost(k, "peer deleted the ISAKMP SA");
	}
}

static void
probe(struct ike1_sa *sa, const struct ike1_notify *n, uint32_t mid, bool answer)
{
	struct rd r = rd_init(n->data.p, n->data.len), spi = rd_init(n->spi.p, n->spi.len);
	uint32_t seq = rd_be32(&r);

	if (r.bad || n->spi.len != 16 || rd_be64(&spi) != sa->ck_i || rd_be64(&spi) != sa->ck_r) {
		ike_count(sa->e, IKE_CTR_MALFORMED_INSIDE);
		return;
	}
	if (answer)
		ike1_probe_answered(sa, seq);
	else
		ike1_probe_answer(sa, seq, mid);
}

/* An error about a quick mode of ours: the one whose inbound SPI it names, or the only one. */
static void
refused(struct ike1_sa *sa, const struct ike1_notify *n)
{
	struct ike1_quick *q, *hit = NULL;
	char why[120];

	TAILQ_FOREACH (q, &sa->quicks, link)
		if (q->initiator && q->state == IKE1_QM1_SENT)
			hit = q;
	snprintf(why, sizeof(why), "peer refuses the Child SA: %s", ike1_notify_str(n->type));
	ike_log(sa->e, LVL_WARNING, sa->name, "%s", why);
	if (hit != NULL)
		ike1_quick_failed(hit, why);
}

/* A message that comes again is no sign of life: it may be a recording. */
static bool
is_repetition(struct ike1_sa *sa, uint32_t mid)
{
	for (unsigned int i = 0; i < IKE1_INFO_MIDS; i++)
		if (sa->info_mid[i] == mid)
			return true;
	sa->info_mid[sa->n_info++ % IKE1_INFO_MIDS] = mid;
	return false;
}

void
ike1_info_input(struct ike1_sa *sa, struct ike1_msg *m)
{
	const struct ike1_notify *n;

	if (!ike1_hash_ok(sa, m)) {
		ike_count(sa->e, IKE_CTR_NOT_AUTHENTIC);
		return;
	}
	if (is_repetition(sa, m->h.mid)) {
		ike_count(sa->e, IKE_CTR_RX_REPEAT);
		return;
	}
	ike1_sa_heard(sa);
	ike1_late_initial_contact(sa, m);
	for (unsigned int i = 0; i < m->n_notify; i++) {
		n = &m->notify[i];
		if (n->type == IKE1_N_R_U_THERE || n->type == IKE1_N_R_U_THERE_ACK)
			probe(sa, n, m->h.mid, n->type == IKE1_N_R_U_THERE_ACK);
	}
	n = ike1_error(m);
	if (n != NULL)
		refused(sa, n);
	for (unsigned int i = 0; i < m->n_delete && sa->peer != NULL; i++) {
		if (m->del[i].proto == IKE1_PROTO_ESP)
			delete_esp(sa, &m->del[i]);
		else if (m->del[i].proto == IKE1_PROTO_ISAKMP)
			delete_isakmp(sa, &m->del[i]);
	}
}
