/* SPDX-License-Identifier: BSD-3-Clause */
/* OSPF packets on the wire; see ospf_wire.h. */
#include "controlplane/ospf/ospf_wire.h"

#include <string.h>

/* RFC 7474 section 3: the first 64 bits behind the packet. */
static uint64_t
extended_seq(struct rd r, const struct ospf_hdr *h)
{
	rd_bytes(&r, h->len >= OSPF_HDR_LEN ? (size_t)h->len - OSPF_HDR_LEN : 0);
	return rd_be64(&r);
}

void
ospf_hdr_read(struct rd *r, struct ospf_hdr *h)
{
	memset(h, 0, sizeof(*h));
	h->version = rd_u8(r);
	h->type = rd_u8(r);
	h->len = rd_be16(r);
	h->router_id = rd_be32(r);
	h->area_id = rd_be32(r);
	h->cksum = rd_be16(r);
	h->autype = rd_be16(r);
	switch (h->autype) {
	case OSPF_AU_CRYPT:
		rd_be16(r);
		h->key_id = rd_u8(r);
		h->auth_len = rd_u8(r);
		h->seq = rd_be32(r);
		break;
	case OSPF_AU_EXTENDED:
		rd_bytes(r, 3);
		h->auth_len = rd_u8(r);
		h->key_id = rd_be32(r);
		h->seq = extended_seq(*r, h);
		break;
	default:
		rd_copy(r, h->simple, sizeof(h->simple));
		break;
	}
}

void
ospf_hello_read(struct rd *r, struct ospf_hello *h)
{
	h->mask = rd_be32(r);
	h->hello_s = rd_be16(r);
	h->options = rd_u8(r);
	h->priority = rd_u8(r);
	h->dead_s = rd_be32(r);
	h->dr = rd_be32(r);
	h->bdr = rd_be32(r);
}

void
ospf_hello_write(struct wr *w, const struct ospf_hello *h)
{
	wr_be32(w, h->mask);
	wr_be16(w, h->hello_s);
	wr_u8(w, h->options);
	wr_u8(w, h->priority);
	wr_be32(w, h->dead_s);
	wr_be32(w, h->dr);
	wr_be32(w, h->bdr);
}

void
ospf_dd_read(struct rd *r, struct ospf_dd *d)
{
	d->mtu = rd_be16(r);
	d->options = rd_u8(r);
	d->flags = rd_u8(r);
	d->seq = rd_be32(r);
}

void
ospf_dd_write(struct wr *w, const struct ospf_dd *d)
{
	wr_be16(w, d->mtu);
	wr_u8(w, d->options);
	wr_u8(w, d->flags);
	wr_be32(w, d->seq);
}

void
ospf_lsr_read(struct rd *r, struct ospf_lsr *q)
{
	q->type = rd_be32(r);
	q->id = rd_be32(r);
	q->adv = rd_be32(r);
}

void
ospf_lsr_write(struct wr *w, const struct ospf_lsr *q)
{
	wr_be32(w, q->type);
	wr_be32(w, q->id);
	wr_be32(w, q->adv);
}

bool
ospf_lsu_next(struct rd *r, struct ospf_lsa_hdr *h, const uint8_t **lsa)
{
	struct rd peek = *r;

	ospf_lsa_hdr_read(&peek, h);
	if (peek.bad || h->len < OSPF_LSA_HDR_LEN) {
		r->bad = true;
		return false;
	}
	*lsa = rd_bytes(r, h->len);
	return *lsa != NULL;
}

static bool
updates_ok(struct rd r)
{
	uint32_t n = rd_be32(&r);
	struct ospf_lsa_hdr h;
	const uint8_t *lsa;

	while (n > 0 && ospf_lsu_next(&r, &h, &lsa))
		n--;
	return !r.bad && rd_left(&r) == 0;
}

/* A head of @least bytes and a list of items of @each bytes. */
static bool
list_ok(const struct rd *r, size_t least, size_t each)
{
	return rd_left(r) >= least && (rd_left(r) - least) % each == 0;
}

bool
ospf_body_ok(uint8_t type, struct rd r)
{
	switch (type) {
	case OSPF_PKT_HELLO:
		return list_ok(&r, OSPF_HELLO_LEN, 4);
	case OSPF_PKT_DD:
		return list_ok(&r, OSPF_DD_LEN, OSPF_LSA_HDR_LEN);
	case OSPF_PKT_LSR:
		return list_ok(&r, 0, OSPF_LSR_ITEM);
	case OSPF_PKT_LSU:
		return updates_ok(r);
	case OSPF_PKT_LSACK:
		return list_ok(&r, 0, OSPF_LSA_HDR_LEN);
	}
	return false;
}

const char *
ospf_pkt_str(uint8_t type)
{
	static const char *const names[OSPF_N_PKTS] = { "unknown", "Hello",
		"Database Description", "Link State Request", "Link State Update",
		"Link State Acknowledgment" };

	return names[type < OSPF_N_PKTS ? type : 0];
}
