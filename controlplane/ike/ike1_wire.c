/* SPDX-License-Identifier: BSD-3-Clause */
/* Payloads of IKEv1; see ike1_wire.h. */
#include <errno.h>
#include <string.h>

#include "controlplane/ike/ike1_wire.h"

#define DOI_IPSEC 1
#define ALIGNMENT 4 /* of messages: RFC 2408 section 3 */

/* MD5 of "FRAGMENTATION", and what for: phase 1. */
#define VID_FRAG_HASH 16
static const uint8_t vid_frag[] = { 0x40, 0x48, 0xb7, 0xd5, 0x6e, 0xbc, 0xe8, 0x85, 0x25, 0xe7,
	0xde, 0x7f, 0x00, 0xd6, 0xc2, 0xd3, 0x80, 0x00, 0x00, 0x00 };
static const uint8_t vid_dpd[16] = { 0xaf, 0xca, 0xd7, 0x13, 0x68, 0xa1, 0xf1, 0xc9, 0x6b, 0x86,
	0x96, 0xfc, 0x77, 0x57, 0x01, 0x00 }; /* RFC 3706 section 5.1 */
static const uint8_t vid_natt[16] = { 0x4a, 0x13, 0x1c, 0x81, 0x07, 0x03, 0x58, 0x45, 0x5c, 0x57,
	0x28, 0xf2, 0x0e, 0x95, 0x45, 0x2f }; /* RFC 3947 section 3.1 */

static struct ike_blob
rest_of(struct rd *r)
{
	struct ike_blob b = { .len = rd_left(r) };

	b.p = rd_bytes(r, b.len);
	return b;
}

/* A payload that may stand there once. */
static int
once(struct ike_blob *to, struct rd *r)
{
	if (to->p != NULL)
		return -EBADMSG;
	*to = rest_of(r);
	return 0;
}

static void
several(struct ike_blob *to, uint8_t *n, uint8_t max, struct rd *r)
{
	if (*n < max)
		to[(*n)++] = rest_of(r);
}

/* RFC 2408 section 3.14 */
static int
parse_notify(struct rd *r, struct ike1_msg *m)
{
	struct ike1_notify n = { 0 };
	uint8_t spi_len;

	rd_be32(r); /* DOI */
	n.proto = rd_u8(r);
	spi_len = rd_u8(r);
	n.type = rd_be16(r);
	n.spi.len = spi_len;
	n.spi.p = rd_bytes(r, spi_len);
	n.data = rest_of(r);
	if (r->bad)
		return -EBADMSG;
	if (m->n_notify < IKE1_MAX_NOTIFY)
		m->notify[m->n_notify++] = n;
	return 0;
}

/* RFC 2408 section 3.15 */
static int
parse_delete(struct rd *r, struct ike1_msg *m)
{
	struct ike_delete d = { 0 };

	rd_be32(r); /* DOI */
	d.proto = rd_u8(r);
	d.spi_size = rd_u8(r);
	d.n = rd_be16(r);
	d.spis = rd_bytes(r, (size_t)d.spi_size * d.n);
	if (r->bad)
		return -EBADMSG;
	if (m->n_delete < IKE1_MAX_DELETE)
		m->del[m->n_delete++] = d;
	return 0;
}

static void
parse_vendor(struct rd *r, struct ike1_msg *m)
{
	struct ike_blob b = rest_of(r);

	if (b.len == sizeof(vid_dpd) && memcmp(b.p, vid_dpd, sizeof(vid_dpd)) == 0)
		m->can |= IKE1_CAN_DPD;
	if (b.len == sizeof(vid_natt) && memcmp(b.p, vid_natt, sizeof(vid_natt)) == 0)
		m->can |= IKE1_CAN_NATT;
	/* Behind the hash may stand bits; the first is for phase 1. */
	if ((b.len == VID_FRAG_HASH || (b.len == sizeof(vid_frag) && b.p[VID_FRAG_HASH] & 0x80)) &&
			memcmp(b.p, vid_frag, VID_FRAG_HASH) == 0)
		m->can |= IKE1_CAN_FRAGMENTS;
}

/* RFC 2408 section 3.9; other encodings than X.509 itself are stepped over. */
static void
parse_cert(struct rd *r, struct ike1_msg *m)
{
	uint8_t encoding = rd_u8(r);
	struct ike_blob b = rest_of(r);

	if (encoding == IKE_CERT_X509 && b.len > 0 && m->n_cert < IKE_MAX_CERTS)
		m->cert[m->n_cert++] = b;
}

static int
parse_payload(uint8_t type, struct rd *r, struct ike1_msg *m)
{
	switch (type) {
	case IKE1_PL_SA:
		return once(&m->sa, r);
	case IKE1_PL_KE:
		return once(&m->ke, r);
	case IKE1_PL_NONCE:
		return once(&m->nonce, r);
	case IKE1_PL_HASH:
		return once(&m->hash, r);
	case IKE1_PL_SIG:
		return once(&m->sig, r);
	case IKE1_PL_ATTR:
		return once(&m->attr, r);
	case IKE1_PL_CERT:
		parse_cert(r, m);
		return 0;
	case IKE1_PL_ID:
		several(m->id, &m->n_id, 2, r);
		return 0;
	case IKE1_PL_NATD:
		several(m->natd, &m->n_natd, IKE1_MAX_NATD, r);
		return 0;
	case IKE1_PL_NATOA:
		several(m->natoa, &m->n_natoa, 2, r);
		return 0;
	case IKE1_PL_NOTIFY:
		return parse_notify(r, m);
	case IKE1_PL_DELETE:
		return parse_delete(r, m);
	case IKE1_PL_VENDOR:
		parse_vendor(r, m);
		return 0;
	default: /* others' extensions: RFC 2408 has no critical bit, they are stepped over */
		return 0;
	}
}

int
ike1_parse(struct rd *r, uint8_t first, bool padded, struct ike1_msg *m)
{
	const uint8_t *after_hash = NULL;
	uint8_t type = first;

	while (type != 0) {
		uint8_t next = rd_u8(r);
		uint16_t len;
		struct rd body;

		rd_u8(r);
		len = rd_be16(r);
		body = rd_sub(r, len >= 4 ? len - 4u : SIZE_MAX);
		if (body.bad || parse_payload(type, &body, m) != 0)
			return -EBADMSG;
		if (type == IKE1_PL_HASH)
			after_hash = r->p;
		type = next;
	}
	if (after_hash != NULL)
		m->rest = (struct ike_blob){ .p = after_hash, .len = (size_t)(r->p - after_hash) };
	return r->bad || (!padded && rd_left(r) >= ALIGNMENT) ? -EBADMSG : 0;
}

const struct ike1_notify *
ike1_notify(const struct ike1_msg *m, uint16_t type)
{
	for (unsigned int i = 0; i < m->n_notify; i++)
		if (m->notify[i].type == type)
			return &m->notify[i];
	return NULL;
}

const struct ike1_notify *
ike1_error(const struct ike1_msg *m)
{
	for (unsigned int i = 0; i < m->n_notify; i++)
		if (m->notify[i].type > 0 && m->notify[i].type <= IKE1_N_LAST_ERROR)
			return &m->notify[i];
	return NULL;
}

const char *
ike1_notify_str(uint16_t type)
{
	switch (type) {
	case IKE1_N_NO_PROPOSAL_CHOSEN:
		return "NO-PROPOSAL-CHOSEN";
	case IKE1_N_INVALID_KEY_INFORMATION:
		return "INVALID-KEY-INFORMATION";
	case IKE1_N_INVALID_ID_INFORMATION:
		return "INVALID-ID-INFORMATION";
	case IKE1_N_INVALID_HASH_INFORMATION:
		return "INVALID-HASH-INFORMATION";
	case IKE1_N_AUTHENTICATION_FAILED:
		return "AUTHENTICATION-FAILED";
	default:
		return "error";
	}
}

/* ---- building ------------------------------------------------------------------------------- */

void
ike1_put_vendor_ids(struct ike_chain *c)
{
	ike_put_blob(c, IKE1_PL_VENDOR, vid_natt, sizeof(vid_natt));
	ike_put_blob(c, IKE1_PL_VENDOR, vid_dpd, sizeof(vid_dpd));
	ike_put_blob(c, IKE1_PL_VENDOR, vid_frag, sizeof(vid_frag));
}

void
ike1_put_notify(struct ike_chain *c, uint8_t proto, uint16_t type, const void *spi,
		uint8_t spi_len, const void *data, size_t len)
{
	ike_chain_begin(c, IKE1_PL_NOTIFY);
	wr_be32(c->w, DOI_IPSEC);
	wr_u8(c->w, proto);
	wr_u8(c->w, spi_len);
	wr_be16(c->w, type);
	wr_bytes(c->w, spi, spi_len);
	wr_bytes(c->w, data, len);
	ike_chain_end(c);
}

static void
delete_begin(struct ike_chain *c, uint8_t proto, uint8_t spi_size)
{
	ike_chain_begin(c, IKE1_PL_DELETE);
	wr_be32(c->w, DOI_IPSEC);
	wr_u8(c->w, proto);
	wr_u8(c->w, spi_size);
	wr_be16(c->w, 1);
}

void
ike1_put_delete_esp(struct ike_chain *c, uint32_t spi)
{
	delete_begin(c, IKE1_PROTO_ESP, IKE_ESP_SPI_LEN);
	wr_be32(c->w, spi);
	ike_chain_end(c);
}

void
ike1_put_delete_isakmp(struct ike_chain *c, uint64_t ck_i, uint64_t ck_r)
{
	delete_begin(c, IKE1_PROTO_ISAKMP, 2 * IKE_SPI_LEN);
	wr_be64(c->w, ck_i);
	wr_be64(c->w, ck_r);
	ike_chain_end(c);
}

void
ike1_id_of_addr(uint8_t body[8], uint32_t addr, uint8_t proto)
{
	struct wr w = wr_init(body, 8);

	wr_u8(&w, IKE_ID_IPV4_ADDR);
	wr_u8(&w, proto);
	wr_be16(&w, 0);
	wr_be32(&w, addr);
}
