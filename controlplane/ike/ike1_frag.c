/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fragments of IKEv1, the extension that Cisco, strongSwan and libreswan speak ([MS-IKEE] section
 * 2.2.7): who sends the vendor id takes messages in pieces, each a message of its own.
 *
 *	ISAKMP header        cookies, exchange and message id of the whole; never encrypted
 *	generic header       next payload 0, RESERVED, payload length
 *	fragment id          2 bytes, the same for all of a message
 *	fragment number      1 byte, from 1 on
 *	flags                1 byte, 1: the last one
 *	data
 *
 * Unlike those of IKEv2 they are not authenticated, the whole is. So they are taken only for an
 * ISAKMP SA that there is, from its peer's address, and little is kept: one message at a time,
 * FRAGS_MAX pieces and IKE_FRAG_BYTES of it, for IKE_FRAG_MS, and of all peers FRAG1_ALL bytes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ike/ike1_int.h"

#define FRAGS_MAX  64
#define FRAG1_ALL  (8u << 20) /* bytes of all fragments that wait */
#define HEAD_LEN   8          /* of the payload, before the data */
#define FLAG_LAST  1
#define IP_UDP_LEN 28
#define MARKER_LEN 4          /* on port 4500 */

struct ike1_reass {
	uint16_t id;
	unsigned int n, have; /* n 0: the last one has not come */
	size_t bytes;
	struct ike_piece piece[FRAGS_MAX];
};

/* ---- received ------------------------------------------------------------------------------- */

void
ike1_frag_drop(struct ike1_sa *sa)
{
	struct ike1_reass *g = sa->reass;

	timer_stop(&sa->e->timers, &sa->t_frag);
	sa->reass = NULL;
	if (g == NULL)
		return;
	sa->e->frag1_bytes -= g->bytes + sizeof(*g);
	for (unsigned int i = 0; i < FRAGS_MAX; i++)
		free(g->piece[i].p);
	free(g);
}

void
ike1_frag_due(void *arg)
{
	struct ike1_sa *sa = arg;

	ike_count(sa->e, IKE_CTR_FRAG_EXPIRED);
	ike_log_outsider(sa->e, LVL_NOTICE, sa->name,
			"of a message of the peer %u fragments have come, not all: given up",
			sa->reass != NULL ? sa->reass->have : 0);
	ike1_frag_drop(sa);
}

static struct ike1_reass *
begin(struct ike1_sa *sa, uint16_t id)
{
	struct ike_engine *e = sa->e;
	struct ike1_reass *g;

	if (sa->reass != NULL && sa->reass->id == id)
		return sa->reass;
	ike1_frag_drop(sa); /* the peer has begun another message */
	if (e->frag1_bytes + sizeof(*g) > FRAG1_ALL) {
		ike_count(e, IKE_CTR_FRAG_LIMIT);
		return NULL;
	}
	g = calloc(1, sizeof(*g));
	if (g == NULL) {
		ike_count(e, IKE_CTR_NO_MEMORY);
		return NULL;
	}
	g->id = id;
	e->frag1_bytes += sizeof(*g);
	sa->reass = g;
	timer_set(&e->timers, &sa->t_frag, e->now + IKE_FRAG_MS);
	return g;
}

/* False: it is not kept, and counted. */
static bool
keep(struct ike1_sa *sa, struct ike1_reass *g, unsigned int number, bool last,
		const struct ike_blob *data)
{
	struct ike_engine *e = sa->e;
	struct ike_piece *p = &g->piece[number - 1];

	if (p->p != NULL) {
		ike_count(e, IKE_CTR_FRAG_REPEAT);
		return false;
	}
	if ((g->n != 0 && (last || number > g->n)) || data->len == 0) {
		ike_count(e, IKE_CTR_FRAG_BAD);
		return false;
	}
	if (g->bytes + data->len > IKE_FRAG_BYTES || e->frag1_bytes + data->len > FRAG1_ALL) {
		ike_count(e, IKE_CTR_FRAG_LIMIT);
		return false;
	}
	p->p = malloc(data->len);
	if (p->p == NULL) {
		ike_count(e, IKE_CTR_NO_MEMORY);
		return false;
	}
	memcpy(p->p, data->p, data->len);
	p->len = data->len;
	g->bytes += data->len;
	e->frag1_bytes += data->len;
	g->have++;
	if (last)
		g->n = number;
	ike_count(e, IKE_CTR_FRAG_RX);
	return true;
}

/* All there: the message on the heap, whose length is *@len. */
static uint8_t *
join(const struct ike1_reass *g, size_t *len)
{
	uint8_t *msg = malloc(g->bytes);

	*len = 0;
	for (unsigned int i = 0; msg != NULL && i < g->n; i++) {
		if (g->piece[i].p == NULL) { /* one behind the last one made up the number */
			free(msg);
			return NULL;
		}
		memcpy(msg + *len, g->piece[i].p, g->piece[i].len);
		*len += g->piece[i].len;
	}
	return msg;
}

int
ike1_frag_parse(struct rd *r, struct ike1_frag *f)
{
	uint8_t next = rd_u8(r);
	uint16_t len;

	rd_u8(r); /* RESERVED */
	len = rd_be16(r);
	f->id = rd_be16(r);
	f->number = rd_u8(r);
	f->last = (rd_u8(r) & FLAG_LAST) != 0;
	if (r->bad || len < HEAD_LEN || rd_left(r) != (size_t)len - HEAD_LEN ||
			next != IKE_PL_NONE || f->number == 0)
		return -EBADMSG;
	f->data = (struct ike_blob){ .p = r->p, .len = rd_left(r) };
	return 0;
}

uint8_t *
ike1_frag_input(struct ike1_sa *sa, struct rd *r, size_t *len)
{
	struct ike1_reass *g;
	struct ike1_frag f;
	uint8_t *msg;

	if (ike1_frag_parse(r, &f) != 0) {
		ike_count(sa->e, IKE_CTR_MALFORMED);
		return NULL;
	}
	if (f.number > FRAGS_MAX) {
		ike_count(sa->e, IKE_CTR_FRAG_LIMIT);
		return NULL;
	}
	g = begin(sa, f.id);
	if (g == NULL || !keep(sa, g, f.number, f.last, &f.data) || g->n == 0 || g->have < g->n)
		return NULL;
	msg = join(g, len);
	ike_count(sa->e, msg != NULL ? IKE_CTR_FRAG_WHOLE : IKE_CTR_FRAG_BAD);
	ike1_frag_drop(sa);
	return msg;
}

/* ---- sent ----------------------------------------------------------------------------------- */

/* What is left for data in an IP packet of @mtu bytes. */
static size_t
room(const struct ike1_sa *sa, size_t mtu)
{
	size_t extra = IP_UDP_LEN + (sa->path.local_port == IKE_PORT_NATT ? MARKER_LEN : 0);

	return mtu - extra - IKE_HDR_LEN - HEAD_LEN;
}

static void
send_one(struct ike1_sa *sa, const struct ike_hdr *whole, const struct ike1_frag *f)
{
	uint8_t buf[9000];
	struct wr w = wr_init(buf, sizeof(buf));
	struct ike_hdr h = *whole;

	h.next = IKE1_PL_FRAGMENT;
	h.flags = 0;
	h.len = (uint32_t)(IKE_HDR_LEN + HEAD_LEN + f->data.len);
	ike_hdr_write(&w, &h);
	wr_u8(&w, IKE_PL_NONE);
	wr_u8(&w, 0);
	wr_be16(&w, (uint16_t)(HEAD_LEN + f->data.len));
	wr_be16(&w, f->id);
	wr_u8(&w, f->number);
	wr_u8(&w, f->last ? FLAG_LAST : 0);
	wr_bytes(&w, f->data.p, f->data.len);
	if (w.bad)
		return;
	ike_count(sa->e, IKE_CTR_TX);
	sa->e->ops.send(sa->e->ctx, &sa->path, buf, w.len);
}

bool
ike1_frag_send(struct ike1_sa *sa, const uint8_t *msg, size_t len, bool small)
{
	size_t mtu = sa->peer != NULL ? sa->peer->cfg.frag_mtu : 0, step;
	struct ike1_frag f = { .id = (uint16_t)(ike1_print(msg, len) | 1) };
	struct rd r = rd_init(msg, len);
	struct ike_hdr h;

	if (small && mtu > IKE_FRAG_MTU_MIN)
		mtu = IKE_FRAG_MTU_MIN;
	if (mtu == 0 || !(sa->can & IKE1_CAN_FRAGMENTS) || len <= room(sa, mtu) + HEAD_LEN +
			IKE_HDR_LEN || ike_hdr_parse(&r, &h) != 0)
		return false;
	step = room(sa, mtu);
	if (len > step * FRAGS_MAX)
		return false;
	ike_count(sa->e, IKE_CTR_FRAG_SENT);
	for (size_t at = 0; at < len; at += step) {
		f.number++;
		f.data = (struct ike_blob){ .p = msg + at,
			.len = len - at < step ? len - at : step };
		f.last = at + step >= len;
		send_one(sa, &h, &f);
	}
	return true;
}
