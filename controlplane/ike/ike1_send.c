/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages of IKEv1: built, hashed, encrypted, sent and repeated (RFC 2408 section 5.1). */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "controlplane/ike/ike1_int.h"

uint64_t
ike1_print(const uint8_t *msg, size_t len)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < len; i++)
		h = (h ^ msg[i]) * UINT64_C(1099511628211);
	return h != 0 ? h : 1;
}

/* What is not answered may have been too long for the way: from the second repetition on, as short
 * packets as can be. */
#define SMALL_FROM 3

static void
udp_send(struct ike1_sa *sa, const uint8_t *msg, size_t len, unsigned int n_sent)
{
	ike_keep_now(sa->peer);
	if (ike1_frag_send(sa, msg, len, n_sent >= SMALL_FROM))
		return;
	ike_count(sa->e, IKE_CTR_TX);
	sa->e->ops.send(sa->e->ctx, &sa->path, msg, len);
}

/* A whole message on the heap. NULL: no memory, or it did not fit. */
static uint8_t *
build(struct ike1_sa *sa, uint8_t exchange, uint32_t mid, const struct ike_out *o, uint8_t *iv,
		size_t *len)
{
	size_t block = iv != NULL ? ike1_block_len(sa->suite.s.encr) : 1;
	size_t body = (o->w.len + block - 1) / block * block;
	struct ike_hdr h = { .spi_i = sa->ck_i,
		.spi_r = sa->ck_r,
		.next = o->c.first,
		.version = IKE1_VERSION,
		.exchange = exchange,
		.flags = iv != NULL ? IKE1_FLAG_ENCRYPTED : 0,
		.mid = mid,
		.len = (uint32_t)(IKE_HDR_LEN + body) };
	uint8_t *msg = !o->w.bad ? calloc(1, h.len) : NULL;
	struct wr w;

	if (msg == NULL)
		return NULL;
	ike_trace_payloads(sa->e, true, &sa->path, sa->name, &h, o->c.first, o->buf, o->w.len);
	w = wr_init(msg, h.len);
	ike_hdr_write(&w, &h);
	memcpy(msg + IKE_HDR_LEN, o->buf, o->w.len);
	if (iv != NULL && ike1_cipher(&sa->suite.s, &sa->keys, iv, msg + IKE_HDR_LEN, body, true)) {
		OPENSSL_cleanse(msg, h.len);
		free(msg);
		return NULL;
	}
	*len = h.len;
	return msg;
}

static uint64_t
rto_ms(const struct ike1_sa *sa, unsigned int n_sent)
{
	uint64_t first = sa->peer != NULL && sa->peer->cfg.retransmit_ms != 0
					 ? sa->peer->cfg.retransmit_ms
					 : 1000;
	uint64_t ms = first << (n_sent < 16 ? n_sent - 1 : 15);

	return ms < IKE_RTO_MAX_MS ? ms : IKE_RTO_MAX_MS;
}

bool
ike1_send(struct ike1_sa *sa, struct ike1_line *line, uint8_t exchange, uint32_t mid,
		struct ike_out *o, uint8_t *iv, bool await)
{
	size_t len;
	uint8_t *msg = build(sa, exchange, mid, o, iv, &len);

	if (msg == NULL) {
		ike_count(sa->e, IKE_CTR_NO_MEMORY);
		return false;
	}
	free(line->out);
	line->out = msg;
	line->out_len = len;
	line->n_sent = 1;
	if (await)
		timer_set(&sa->e->timers, &line->t, sa->e->now + rto_ms(sa, 1));
	else
		timer_stop(&sa->e->timers, &line->t);
	udp_send(sa, msg, len, 1);
	return true;
}

void
ike1_line_again(struct ike1_sa *sa, struct ike1_line *line)
{
	if (line->out == NULL)
		return;
	ike_count(sa->e, IKE_CTR_RX_REPEAT);
	udp_send(sa, line->out, line->out_len, line->n_sent);
}

bool
ike1_line_due(struct ike1_sa *sa, struct ike1_line *line)
{
	unsigned int max = sa->peer != NULL && sa->peer->cfg.retransmit_tries != 0
					   ? sa->peer->cfg.retransmit_tries
					   : 5;

	if (line->n_sent > max)
		return false;
	line->n_sent++;
	ike_count(sa->e, IKE_CTR_RETRANSMIT);
	timer_set(&sa->e->timers, &line->t, sa->e->now + rto_ms(sa, line->n_sent));
	ike_trace_again(sa->e, &sa->path, sa->name, line->n_sent - 1, line->out, line->out_len);
	udp_send(sa, line->out, line->out_len, line->n_sent);
	return true;
}

void
ike1_line_stop(struct ike1_sa *sa, struct ike1_line *line)
{
	timer_stop(&sa->e->timers, &line->t);
}

void
ike1_line_free(struct ike1_line *line)
{
	free(line->out);
	line->out = NULL;
}

/* ---- HASH payloads -------------------------------------------------------------------------- */

void
ike1_put_hash_room(struct ike1_sa *sa, struct ike_out *o)
{
	static const uint8_t none[IKE1_HASH_MAX];

	ike_put_blob(&o->c, IKE1_PL_HASH, none, ike_prf_len(sa->suite.s.prf));
}

bool
ike1_seal_hash(struct ike1_sa *sa, struct ike_out *o, const struct ike_blob *pre,
		unsigned int n_pre)
{
	size_t at = 4 + ike_prf_len(sa->suite.s.prf);
	uint8_t hash[IKE1_HASH_MAX];
	struct ike_blob in[4];

	if (o->w.bad || n_pre > 3)
		return false;
	memcpy(in, pre, n_pre * sizeof(*pre));
	in[n_pre] = (struct ike_blob){ .p = o->buf + at, .len = o->w.len - at };
	if (ike1_hash(&sa->e->crypto, &sa->suite.s, &sa->keys, in, n_pre + 1, hash) != 0)
		return false;
	memcpy(o->buf + 4, hash, at - 4);
	return true;
}

void
ike1_send_info(struct ike1_sa *sa, struct ike_out *o)
{
	uint32_t mid = ike_random32(sa->e) | 1;
	struct ike1_line line = { 0 };
	uint8_t iv[IKE1_BLOCK_MAX], mid_be[4];
	struct wr w = wr_init(mid_be, sizeof(mid_be));
	struct ike_blob pre = { .p = mid_be, .len = sizeof(mid_be) };

	wr_be32(&w, mid);
	if (ike1_iv(&sa->e->crypto, &sa->suite.s, &sa->keys, mid, iv) == 0 &&
			ike1_seal_hash(sa, o, &pre, 1))
		ike1_send(sa, &line, IKE1_EX_INFO, mid, o, iv, false);
	ike1_line_free(&line);
}

void
ike1_send_clear_error(struct ike_engine *e, const struct ike_path *path, uint64_t ck_i,
		uint64_t ck_r, uint16_t type)
{
	struct ike1_sa sa = { .e = e, .ck_i = ck_i, .ck_r = ck_r, .path = *path };
	struct ike1_line line = { 0 };
	struct ike_out o;

	if (!log_limit_ok(&e->error_rate, e->now)) {
		ike_count(e, IKE_CTR_RATE_LIMITED);
		return;
	}
	ike_out_init(&o);
	ike1_put_notify(&o.c, IKE1_PROTO_ISAKMP, type, NULL, 0, NULL, 0);
	ike1_send(&sa, &line, IKE1_EX_INFO, ike_random32(e) | 1, &o, NULL, false);
	ike1_line_free(&line);
}
