/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An IKEv1 datagram: the ISAKMP SA of its cookies, decrypted with the IV of its exchange, to the
 * exchange it belongs to. What is for none of ours is counted and not answered: IKEv1 has no
 * message for it that could be believed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "common/inet.h"
#include "controlplane/ike/ike1_int.h"

/*
 * A message comes again. Only one end may repeat what it has answered, or a datagram that the
 * network has doubled would be answered for ever: the responder, but in aggressive mode, whose
 * last message is the initiator's, that one. The other end has its timer, or nothing to say.
 */
static void
repeated(struct ike1_sa *sa, const struct ike1_msg *m)
{
	if ((m->h.exchange == IKE1_EX_MAIN) != sa->initiator)
		ike1_line_again(sa, &sa->line);
	else
		ike_count(sa->e, IKE_CTR_RX_REPEAT);
}

/* Phase 1: the IV moves on only if the message was taken. */
static void
phase1(struct ike1_sa *sa, const struct ike_path *path, struct ike1_msg *m, const uint8_t *msg,
		size_t len)
{
	uint64_t print = ike1_print(msg, len);
	struct ike_path old_path = sa->path;
	uint8_t iv[IKE1_BLOCK_MAX], old_iv[IKE1_BLOCK_MAX];
	bool encrypted = (m->h.flags & IKE1_FLAG_ENCRYPTED) != 0;

	if (print == sa->line.in_print) {
		repeated(sa, m);
		return;
	}
	if (encrypted) {
		if (!ike1_open_phase1(sa, msg, len, m, iv)) {
			ike_count(sa->e, IKE_CTR_UNEXPECTED);
			return;
		}
		memcpy(old_iv, sa->keys.iv, sizeof(old_iv));
		memcpy(sa->keys.iv, iv, sizeof(iv));
		/* Behind a NAT the initiator goes on from another port: answer there. */
		sa->path = *path;
		sa->encap = path->local_port == IKE_PORT_NATT;
	}
	if (ike1_main_input(sa, m)) {
		sa->line.in_print = print;
		return;
	}
	if (encrypted) {
		memcpy(sa->keys.iv, old_iv, sizeof(old_iv));
		sa->path = old_path;
	}
	ike_count(sa->e, IKE_CTR_UNEXPECTED);
}

/* An error in the clear is a hint why the peer does not go on, no more: it may be anybody's. */
static void
clear_info(struct ike1_sa *sa, const struct ike1_msg *m)
{
	const struct ike1_notify *n = ike1_error(m);

	ike_count(sa->e, IKE_CTR_HINT);
	if (n == NULL || sa->state == IKE1_UP || sa->peer == NULL)
		return;
	ike_log_outsider(sa->e, LVL_INFO, sa->name, "phase 1: peer answers %s",
			ike1_notify_str(n->type));
	if (sa->initiator) {
		const char *theirs = sa->peer->live.offer;
		char why[160], addr[IP4_STR_LEN];

		ike_live_stage(sa->peer, IKE_STAGE_ANSWERED);
		snprintf(why, sizeof(why), "peer %s answers %s in phase 1%s%s",
				ip4_str(sa->path.remote, addr), ike1_notify_str(n->type),
				n->type == IKE1_N_NO_PROPOSAL_CHOSEN && theirs[0] != '\0'
						? ": it offers " : "",
				n->type == IKE1_N_NO_PROPOSAL_CHOSEN ? theirs : "");
		ike_peer_refused(sa->peer, false, why);
	}
}

static void
info(struct ike1_sa *sa, struct ike1_msg *m, const uint8_t *msg, size_t len)
{
	uint8_t iv[IKE1_BLOCK_MAX];

	if (!(m->h.flags & IKE1_FLAG_ENCRYPTED)) {
		clear_info(sa, m);
	} else if (sa->state != IKE1_UP && sa->state != IKE1_MM5_SENT) {
		ike_count(sa->e, IKE_CTR_UNEXPECTED);
	} else if (ike1_iv(&sa->e->crypto, &sa->suite.s, &sa->keys, m->h.mid, iv) != 0 ||
			!ike1_open(sa, msg, len, m, iv)) {
		ike_count(sa->e, IKE_CTR_NOT_AUTHENTIC);
	} else if (sa->state == IKE1_UP) {
		ike1_info_input(sa, m);
	} else if (ike1_hash_ok(sa, m)) {
		clear_info(sa, m); /* it has our fifth message, and does not like it */
	} else {
		ike_count(sa->e, IKE_CTR_NOT_AUTHENTIC);
	}
}

static void
for_sa(struct ike1_sa *sa, const struct ike_path *path, struct ike1_msg *m, const uint8_t *msg,
		size_t len)
{
	sa->from = *path;
	switch (m->h.exchange) {
	case IKE1_EX_MAIN:
	case IKE1_EX_AGGRESSIVE:
		phase1(sa, path, m, msg, len);
		break;
	case IKE1_EX_INFO:
		info(sa, m, msg, len);
		break;
	case IKE1_EX_TRANSACTION:
		ike1_config_input(sa, m, msg, len);
		break;
	case IKE1_EX_QUICK:
		if (sa->state == IKE1_UP && m->h.flags & IKE1_FLAG_ENCRYPTED)
			ike1_quick_input(sa, m, msg, len);
		else if (!ike1_group_hold(sa, msg, len))
			ike_count(sa->e, IKE_CTR_UNEXPECTED);
		break;
	default:
		ike_count(sa->e, IKE_CTR_UNEXPECTED);
	}
}

/* The first message, or its repetition because our answer was lost. */
static void
first(struct ike_engine *e, const struct ike_path *path, const struct ike1_msg *m,
		const uint8_t *msg, size_t len)
{
	struct ike1_sa *sa = ike1_sa_find_first(e, m->h.spi_i, path->remote);
	uint64_t print = ike1_print(msg, len);

	if (sa != NULL) {
		if (sa->line.in_print == print)
			ike1_line_again(sa, &sa->line);
		else
			ike_count(e, IKE_CTR_UNEXPECTED);
		return;
	}
	ike1_main_request(e, path, m);
	sa = ike1_sa_find_first(e, m->h.spi_i, path->remote);
	if (sa != NULL)
		sa->line.in_print = print;
}

/* Another address may be a NAT's doing: what is authentic will tell. */
static bool
comes_from_peer(const struct ike1_sa *sa, const struct ike_path *path)
{
	return sa->path.local == path->local &&
	       (sa->path.remote == path->remote || ike1_nat_may_move(sa));
}

/* A piece of a message, whose cookies we must have given out: then the whole, when it is there. */
static void
fragment(struct ike_engine *e, const struct ike_path *path, struct rd *r, const struct ike_hdr *h)
{
	struct ike1_sa *sa = ike1_sa_find(e, h->spi_i, h->spi_r);
	struct ike_hdr whole;
	uint8_t *msg;
	size_t len;
	struct rd hr;

	if (sa == NULL || h->spi_r == 0) {
		ike_count(e, IKE_CTR_UNKNOWN_SPI);
		return;
	}
	if (!comes_from_peer(sa, path)) {
		ike_count(e, IKE_CTR_WRONG_ADDRESS);
		return;
	}
	msg = ike1_frag_input(sa, r, &len);
	if (msg == NULL)
		return;
	hr = rd_init(msg, len);
	if (ike_hdr_parse(&hr, &whole) != 0 || whole.version != h->version ||
			whole.spi_i != h->spi_i || whole.spi_r != h->spi_r ||
			whole.next == IKE1_PL_FRAGMENT)
		ike_count(e, IKE_CTR_BAD_HEADER);
	else
		ike1_input(e, path, msg, len, &whole);
	OPENSSL_cleanse(msg, len);
	free(msg);
}

void
ike1_input(struct ike_engine *e, const struct ike_path *path, const uint8_t *msg, size_t len,
		const struct ike_hdr *h)
{
	struct ike1_msg m = { .h = *h };
	struct rd r = rd_init(msg, len);
	struct ike1_sa *sa;

	rd_bytes(&r, IKE_HDR_LEN);
	if (h->len != len) {
		ike_count(e, IKE_CTR_BAD_HEADER);
		return;
	}
	if (h->next == IKE1_PL_FRAGMENT) {
		fragment(e, path, &r, h);
		return;
	}
	if (!(h->flags & IKE1_FLAG_ENCRYPTED) && ike1_parse(&r, h->next, false, &m) != 0) {
		ike_count(e, IKE_CTR_MALFORMED);
		return;
	}
	sa = ike1_sa_find(e, h->spi_i, h->spi_r);
	if (!(h->flags & IKE1_FLAG_ENCRYPTED))
		ike_trace_clear(e, false, path, sa != NULL ? sa->name : "", msg, len);
	if (h->spi_r == 0 && !(h->flags & IKE1_FLAG_ENCRYPTED) &&
			(h->exchange == IKE1_EX_MAIN || h->exchange == IKE1_EX_AGGRESSIVE)) {
		first(e, path, &m, msg, len);
		return;
	}
	if (sa == NULL)
		ike_count(e, IKE_CTR_UNKNOWN_SPI);
	else if (!comes_from_peer(sa, path))
		ike_count(e, IKE_CTR_WRONG_ADDRESS);
	else
		for_sa(sa, path, &m, msg, len);
}
