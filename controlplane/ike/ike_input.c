/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A datagram comes in: header, version, which IKE SA it is for. What is for none is answered at
 * most once, unprotected and rate-limited (RFC 7296 sections 1.5, 2.5 and 2.21.4).
 */
#include <stdio.h>
#include <string.h>

#include "common/inet.h"
#include "controlplane/ike/ike1_int.h"
#include "controlplane/ike/ike_int.h"

#define HINT_MS 5000 /* an unauthenticated hint makes us probe at most that often */

void
ike_send_clear_notify(struct ike_engine *e, const struct ike_path *path,
		const struct ike_hdr *to, uint16_t type, const void *data, size_t len)
{
	struct ike_hdr h = *to;
	uint8_t buf[256];
	struct wr w = wr_init(buf, sizeof(buf));
	struct ike_chain c = ike_chain_init(&w);

	h.version = IKE_VERSION;
	h.next = IKE_PL_NOTIFY;
	h.flags = (uint8_t)(IKE_FLAG_RESPONSE | (~to->flags & IKE_FLAG_INITIATOR));
	ike_hdr_write(&w, &h);
	ike_put_notify(&c, type, data, len);
	wr_patch_be32(&w, IKE_HDR_LEN - 4, (uint32_t)w.len);
	if (w.bad)
		return;
	ike_count(e, IKE_CTR_TX);
	ike_trace_clear(e, true, path, "", buf, w.len);
	e->ops.send(e->ctx, path, buf, w.len);
}

/* Section 2.21.4: not one of our SPIs. The other side has perhaps outlived a restart of ours. */
static void
unknown_spi(struct ike_engine *e, const struct ike_path *path,
		const struct ike_hdr *h)
{
	ike_count(e, IKE_CTR_UNKNOWN_SPI);
	if (h->flags & IKE_FLAG_RESPONSE)
		return;
	if (!log_limit_ok(&e->error_rate, e->now)) {
		ike_count(e, IKE_CTR_RATE_LIMITED);
		return;
	}
	ike_send_clear_notify(e, path, h, IKE_N_INVALID_IKE_SPI, NULL, 0);
}

/* Section 2.5: a higher major version is refused by name. IKEv1 has gone to ike1_input(). */
static void
wrong_version(struct ike_engine *e, const struct ike_path *path,
		const struct ike_hdr *h)
{
	char what[80];

	ike_count(e, IKE_CTR_BAD_VERSION);
	if (h->exchange == IKE_EX_SA_INIT && !(h->flags & IKE_FLAG_RESPONSE)) {
		snprintf(what, sizeof(what), "speaks version %u.%u of IKE, which we do not",
				h->version >> 4, h->version & 0xf);
		ike_caller_refused(e, path, false, what);
	}
	if (h->version >> 4 <= IKE_VERSION >> 4 || h->flags & IKE_FLAG_RESPONSE)
		return;
	if (!log_limit_ok(&e->error_rate, e->now)) {
		ike_count(e, IKE_CTR_RATE_LIMITED);
		return;
	}
	ike_send_clear_notify(e, path, h, IKE_N_INVALID_MAJOR_VERSION, NULL, 0);
}

/*
 * An unprotected message on one of our SPIs: nothing that may change state. INVALID_IKE_SPI hints
 * that the peer has lost the IKE SA: ask it, at most once in a while.
 */
static void
clear_for_sa(struct ike_sa *sa, const struct ike_msg *m)
{
	struct ike_engine *e = sa->e;

	if (!(m->h.flags & IKE_FLAG_RESPONSE) || ike_msg_notify(m, IKE_N_INVALID_IKE_SPI) == NULL) {
		ike_count(e, IKE_CTR_UNEXPECTED);
		return;
	}
	ike_count(e, IKE_CTR_HINT);
	if (sa->state == IKE_SA_DELETING) {
		ike_sa_kill(sa); /* it was to go anyway */
		return;
	}
	if (sa->state != IKE_SA_UP || sa->active != NULL ||
			(sa->hint_ms != 0 && e->now < sa->hint_ms + HINT_MS))
		return;
	sa->hint_ms = e->now;
	ike_log_outsider(e, LVL_INFO, sa->name,
			"peer hints that it does not know this IKE SA: probing");
	ike_task_queue(ike_task_new(sa, IKE_TASK_DPD), false);
}

/* Which of the header's SPIs is ours: the initiator sets its flag in all that it sends. */
static struct ike_sa *
find_sa(struct ike_engine *e, const struct ike_hdr *h)
{
	bool from_initiator = (h->flags & IKE_FLAG_INITIATOR) != 0;
	uint64_t own = from_initiator ? h->spi_r : h->spi_i;
	struct ike_sa *sa = own != 0 ? ike_sa_find(e, own) : NULL;

	if (sa == NULL || sa->initiator == from_initiator)
		return NULL;
	/* The other SPI must fit too, unless we have yet to learn it. */
	if (sa->state == IKE_SA_INIT || sa->state == IKE_SA_NEW)
		return sa;
	return sa->spi_i == h->spi_i && sa->spi_r == h->spi_r ? sa : NULL;
}

static void
input_for_sa(struct ike_sa *sa, struct ike_msg *m, const uint8_t *msg, size_t len,
		const struct ike_path *path)
{
	struct ike_engine *e = sa->e;

	/* From elsewhere: what is authentic may tell that the peer has moved (ike_nat.c). */
	if (sa->path.local != path->local ||
			(sa->path.remote != path->remote && (!sa->nat_remote || m->sk.p == NULL))) {
		ike_count(e, IKE_CTR_WRONG_ADDRESS);
	} else if (m->sk.p != NULL) {
		ike_exchange_input(sa, m, msg, len, path);
	} else if (sa->state == IKE_SA_INIT && m->h.exchange == IKE_EX_SA_INIT &&
			sa->active != NULL && sa->active->sent && sa->active->job == NULL &&
			m->h.mid == 0 && m->h.flags & IKE_FLAG_RESPONSE) {
		if (ike_msg_check(m) != 0)
			ike_count(e, IKE_CTR_MALFORMED);
		else
			sa->active->ops->answer(sa->active, m);
	} else {
		clear_for_sa(sa, m);
	}
}

/* The first message of somebody who wants an IKE SA with us. */
static bool
is_call(const struct ike_hdr *h)
{
	return h->exchange == IKE_EX_SA_INIT && h->spi_r == 0 && !(h->flags & IKE_FLAG_RESPONSE);
}

void
ike_input(struct ike_engine *e, const struct ike_path *path, const uint8_t *msg, size_t len,
		uint64_t now_ms)
{
	struct rd r = rd_init(msg, len);
	struct ike_msg m;
	struct ike_sa *sa;
	struct rd hr = r;
	struct ike_hdr h;

	ike_advance(e, now_ms);
	ike_count(e, IKE_CTR_RX);
	if (ike_hdr_parse(&hr, &h) != 0 || h.spi_i == 0) {
		ike_count(e, IKE_CTR_BAD_HEADER);
	} else if (h.version >> 4 == IKE1_VERSION >> 4) {
		ike1_input(e, path, msg, len, &h);
	} else if (h.version >> 4 != IKE_VERSION >> 4) {
		wrong_version(e, path, &h);
	} else if (ike_msg_parse(&r, &m) != 0) {
		if (is_call(&h))
			ike_init_malformed(e, path);
		else
			ike_count(e, IKE_CTR_MALFORMED);
	} else if (is_call(&h)) {
		ike_trace_clear(e, false, path, "", msg, len);
		ike_init_request(e, path, &m, msg, len);
	} else if ((sa = find_sa(e, &h)) != NULL) {
		if (m.sk.p == NULL) /* else when it is decrypted */
			ike_trace_clear(e, false, path, sa->name, msg, len);
		input_for_sa(sa, &m, msg, len, path);
	} else {
		unknown_spi(e, path, &h);
	}
	ike_settle(e);
}
