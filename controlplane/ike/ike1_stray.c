/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ESP of a peer's that goes on by an SA which has ended here. In IKEv1 a DELETE is sent once and
 * not answered (RFC 2409 section 5.7): when it is lost, or each end has kept another one of two
 * pairs that were made at a time, the peer sends into nothing, and DPD finds nothing wrong. So who
 * still sends by an SPI of ours that we do not have, after a while for packets on their way, is
 * told by its ISAKMP SA that it is gone. It may be forged ESP: then the peer is told of an SA that
 * it does not have either, a few times a minute at most.
 */
#include <string.h>

#include "controlplane/ike/ike1_int.h"

#define LASTS_MS  1000  /* on their way, or ahead of the message that we make the SA by */
#define AGAIN_MS  5000  /* told again, if it still comes */
#define FORGET_MS 30000 /* ... or begins anew, if none has come for so long */

/* One of ours, or one that is being made? */
static bool
have_spi(const struct ike_engine *e, const struct ike1_sa *sa, uint32_t spi)
{
	const struct ike1_quick *q;
	const struct ike_child *c;

	LIST_FOREACH (c, &e->by_child_spi[ike_hash32(spi)], spi_link)
		if (c->spi_in == spi)
			return true;
	TAILQ_FOREACH (q, &sa->quicks, link)
		if (q->state != IKE1_QM_DONE && q->n.spi_in == spi)
			return true; /* a finished one only answers repetitions */
	return false;
}

static void
tell(struct ike1_sa *sa, uint32_t spi)
{
	struct ike_out o;

	ike_out_init(&o);
	ike1_put_hash_room(sa, &o);
	ike1_put_delete_esp(&o.c, spi);
	ike1_send_info(sa, &o);
	ike_count(sa->e, IKE_CTR_STRAY_TOLD);
	ike_log(sa->e, LVL_NOTICE, sa->name,
			"peer goes on sending by Child SA %08x, which has ended here: told so", spi);
}

/* Its place among the latest, or that of the one that has not come for longest. */
static struct ike1_stray *
place(struct ike_engine *e, uint32_t remote, uint32_t spi)
{
	struct ike1_stray *oldest = &e->strays[0];

	for (unsigned int i = 0; i < IKE1_STRAYS; i++) {
		struct ike1_stray *s = &e->strays[i];

		if (s->spi == spi && s->remote == remote)
			return s;
		if (s->last_ms < oldest->last_ms)
			oldest = s;
	}
	memset(oldest, 0, sizeof(*oldest));
	return oldest;
}

/* Has it come for long enough, and not been told of a moment ago? */
static bool
is_due(struct ike_engine *e, uint32_t remote, uint32_t spi)
{
	struct ike1_stray *s = place(e, remote, spi);

	if (s->spi == 0 || e->now - s->last_ms > FORGET_MS)
		*s = (struct ike1_stray){ .remote = remote, .spi = spi,
			.due_ms = e->now + LASTS_MS };
	s->last_ms = e->now;
	if (e->now < s->due_ms)
		return false;
	s->due_ms = e->now + AGAIN_MS;
	return true;
}

void
ike_unknown_spi(struct ike_engine *e, uint32_t remote, uint32_t spi, uint64_t now_ms)
{
	struct ike1_sa *sa;

	ike_advance(e, now_ms);
	if (spi != 0 && !TAILQ_EMPTY(&e->sas1) && is_due(e, remote, spi))
		TAILQ_FOREACH (sa, &e->sas1, all_link)
			if (sa->state == IKE1_UP && sa->path.remote == remote && sa->peer != NULL &&
					ike1_peer_sa(sa->peer) == sa && !have_spi(e, sa, spi))
				tell(sa, spi);
	ike_settle(e);
}
