/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fragments of the peer's messages put together, RFC 7383 section 2.6. A fragment is kept only
 * when its own integrity check is good, so memory is taken by nobody but the peer itself, and
 * within limits: fragments and bytes of a message, one message a direction, bytes of all IKE SAs,
 * and 30 s. What comes twice is dropped unread. A larger total starts over (the peer has cut its
 * message smaller), a smaller one is late and dropped.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "controlplane/ike/ike_int.h"

void
ike_frag_drop(struct ike_sa *sa, int which)
{
	struct ike_reass *g = sa->reass[which];

	if (g == NULL)
		return;
	sa->reass[which] = NULL;
	sa->e->frag_bytes -= g->bytes;
	for (unsigned int i = 0; i < g->n; i++) {
		if (g->piece[i].p != NULL)
			OPENSSL_cleanse(g->piece[i].p, g->piece[i].len);
		free(g->piece[i].p);
	}
	free(g);
	if (sa->reass[0] == NULL && sa->reass[1] == NULL)
		timer_stop(&sa->e->timers, &sa->t_frag);
}

void
ike_frag_due(void *arg)
{
	struct ike_sa *sa = arg;
	uint64_t next = UINT64_MAX;

	for (int i = 0; i < 2; i++) {
		struct ike_reass *g = sa->reass[i];

		if (g == NULL)
			continue;
		if (g->begun_ms + IKE_FRAG_MS > sa->e->now) {
			if (g->begun_ms + IKE_FRAG_MS < next)
				next = g->begun_ms + IKE_FRAG_MS;
			continue;
		}
		ike_count(sa->e, IKE_CTR_FRAG_EXPIRED);
		ike_log_outsider(sa->e, LVL_NOTICE, sa->name,
				"of a message of the peer %u of %u fragments have come, no more: "
				"given up",
				g->have, g->n);
		ike_frag_drop(sa, i);
	}
	if (next != UINT64_MAX)
		timer_set(&sa->e->timers, &sa->t_frag, next);
}

/* One that we have: the peer repeats its message. Each time as often as there are fragments of
 * which we have had some for a while, others seem never to come. */
static void
repeated(struct ike_sa *sa, struct ike_reass *g)
{
	ike_count(sa->e, IKE_CTR_FRAG_REPEAT);
	if (++g->n_repeated == 2u * g->have)
		ike_log_outsider(sa->e, LVL_NOTICE, sa->name,
				"peer repeats a message of which %u of %u fragments have come: are "
				"long packets from the peer lost on the way?",
				g->have, g->n);
}

/* Does it belong to what has come so far? Decided before it is decrypted. */
static bool
wanted(struct ike_sa *sa, struct ike_reass *g, const struct ike_msg *m)
{
	if (m->n_frags > IKE_FRAG_MAX) {
		ike_count(sa->e, IKE_CTR_FRAG_LIMIT);
		return false;
	}
	if (g == NULL || g->mid != m->h.mid || m->n_frags > g->n)
		return true; /* starts over, if it is authentic */
	if (m->n_frags < g->n || m->h.exchange != g->exchange) {
		ike_count(sa->e, IKE_CTR_FRAG_BAD);
		return false;
	}
	if (g->piece[m->frag - 1].p != NULL) {
		repeated(sa, g);
		return false;
	}
	return true;
}

static struct ike_reass *
begin(struct ike_sa *sa, int which, const struct ike_msg *m)
{
	struct ike_reass *g;

	ike_frag_drop(sa, which);
	g = calloc(1, sizeof(*g) + m->n_frags * sizeof(g->piece[0]));
	if (g == NULL) {
		ike_count(sa->e, IKE_CTR_NO_MEMORY);
		return NULL;
	}
	g->mid = m->h.mid;
	g->exchange = m->h.exchange;
	g->n = m->n_frags;
	g->begun_ms = sa->e->now;
	sa->reass[which] = g;
	if (!sa->t_frag.on)
		timer_set(&sa->e->timers, &sa->t_frag, sa->e->now + IKE_FRAG_MS);
	return g;
}

/* Keep the authentic piece that is in the engine's @plain. */
static bool
keep(struct ike_sa *sa, struct ike_reass *g, const struct ike_msg *m, size_t len)
{
	struct ike_piece *p = &g->piece[m->frag - 1];

	if (g->bytes + len > IKE_FRAG_BYTES || sa->e->frag_bytes + len > IKE_FRAG_ALL) {
		ike_count(sa->e, IKE_CTR_FRAG_LIMIT);
		return false;
	}
	p->p = malloc(len != 0 ? len : 1);
	if (p->p == NULL) {
		ike_count(sa->e, IKE_CTR_NO_MEMORY);
		return false;
	}
	memcpy(p->p, sa->e->plain, len);
	p->len = len;
	g->bytes += len;
	sa->e->frag_bytes += len;
	g->have++;
	if (m->raw.len > g->longest)
		g->longest = m->raw.len;
	if (m->frag == 1)
		g->first = m->sk_next;
	ike_count(sa->e, IKE_CTR_FRAG_RX);
	return true;
}

static size_t
join(const struct ike_sa *sa, const struct ike_reass *g)
{
	size_t len = 0;

	for (unsigned int i = 0; i < g->n; i++) {
		memcpy(sa->e->plain + len, g->piece[i].p, g->piece[i].len);
		len += g->piece[i].len;
	}
	return len;
}

/* What the peer takes for a safe size, by itself or because longer packets were lost, is one. */
static void
follow_peer(struct ike_sa *sa, const struct ike_reass *g)
{
	size_t mtu = g->longest + ike_packet_extra(sa);

	if (mtu < IKE_FRAG_MTU_MIN)
		mtu = IKE_FRAG_MTU_MIN;
	if (mtu < sa->frag_mtu)
		sa->frag_mtu = (uint16_t)mtu;
}

int
ike_frag_input(struct ike_sa *sa, struct ike_msg *m, const uint8_t *msg, size_t len)
{
	struct ike_engine *e = sa->e;
	int which = m->h.flags & IKE_FLAG_RESPONSE ? 1 : 0, n;
	struct ike_reass *g = sa->reass[which];

	static_assert(IKE_FRAG_BYTES <= IKE_MSG_MAX, "fits into the engine's buffer");
	if (!wanted(sa, g, m))
		return -EAGAIN;
	n = ike_sk_open(&e->crypto, &sa->suite, &sa->keys, sa->initiator ? 1 : 0, msg, len,
			m->sk_off, e->plain);
	if (n == -EBADMSG)
		return n;
	if (n < 0 || (m->frag != 1 && m->sk_next != IKE_PL_NONE)) {
		ike_count(e, IKE_CTR_FRAG_BAD);
		return -EAGAIN;
	}
	if (g == NULL || g->mid != m->h.mid || m->n_frags > g->n)
		g = begin(sa, which, m);
	if (g == NULL || !keep(sa, g, m, (size_t)n) || g->have < g->n)
		return -EAGAIN;
	n = (int)join(sa, g);
	follow_peer(sa, g);
	m->sk_next = g->first;
	ike_frag_drop(sa, which);
	ike_count(e, IKE_CTR_FRAG_WHOLE);
	return n;
}
