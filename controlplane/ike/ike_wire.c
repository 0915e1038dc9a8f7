/* SPDX-License-Identifier: BSD-3-Clause */
/* Header and payload chain of IKEv2, RFC 7296 section 3; see ike_wire.h. */
#include <errno.h>
#include <string.h>

#include "controlplane/ike/ike_wire.h"

int
ike_hdr_parse(struct rd *r, struct ike_hdr *h)
{
	h->spi_i = rd_be64(r);
	h->spi_r = rd_be64(r);
	h->next = rd_u8(r);
	h->version = rd_u8(r);
	h->exchange = rd_u8(r);
	h->flags = rd_u8(r);
	h->mid = rd_be32(r);
	h->len = rd_be32(r);
	return r->bad ? -EBADMSG : 0;
}

void
ike_hdr_write(struct wr *w, const struct ike_hdr *h)
{
	wr_be64(w, h->spi_i);
	wr_be64(w, h->spi_r);
	wr_u8(w, h->next);
	wr_u8(w, h->version);
	wr_u8(w, h->exchange);
	wr_u8(w, h->flags);
	wr_be32(w, h->mid);
	wr_be32(w, h->len);
}

/* The rest of a payload as it is. */
static struct ike_blob
rest(struct rd *r)
{
	size_t n = rd_left(r);

	return (struct ike_blob){ .p = rd_bytes(r, n), .len = n };
}

/* Section 3.10: protocol, SPI size, type, SPI, data. */
static int
parse_notify(struct rd *r, struct ike_msg *m)
{
	struct ike_notify *n;

	if (m->n_notify == IKE_MAX_NOTIFY)
		return -EBADMSG;
	n = &m->notify[m->n_notify++];
	n->proto = rd_u8(r);
	n->spi.len = rd_u8(r);
	n->type = rd_be16(r);
	n->spi.p = rd_bytes(r, n->spi.len);
	n->data = rest(r);
	return r->bad ? -EBADMSG : 0;
}

/* Section 3.11: an IKE SA is named by the header, ESP and AH SAs by 4-byte SPIs. */
static int
parse_delete(struct rd *r, struct ike_msg *m)
{
	struct ike_delete *d;

	if (m->n_delete == IKE_MAX_DELETE)
		return -EBADMSG;
	d = &m->del[m->n_delete++];
	d->proto = rd_u8(r);
	d->spi_size = rd_u8(r);
	d->n = rd_be16(r);
	d->spis = rd_bytes(r, (size_t)d->spi_size * d->n);
	if (r->bad || rd_left(r) != 0)
		return -EBADMSG;
	if (d->proto == IKE_PROTO_IKE)
		return d->spi_size == 0 && d->n == 0 ? 0 : -EBADMSG;
	return d->spi_size == IKE_ESP_SPI_LEN ? 0 : -EBADMSG;
}

static int
parse_ke(struct rd *r, struct ike_msg *m)
{
	m->ke_group = rd_be16(r);
	rd_be16(r); /* RESERVED */
	m->ke = rest(r);
	return r->bad || m->ke.len == 0 ? -EBADMSG : 0;
}

static int
parse_auth(struct rd *r, struct ike_msg *m)
{
	m->auth_method = rd_u8(r);
	rd_bytes(r, 3); /* RESERVED */
	m->auth = rest(r);
	return r->bad ? -EBADMSG : 0;
}

/* Section 3.6. Other encodings than X.509 itself are not asked for. */
static int
parse_cert(struct rd *r, struct ike_msg *m)
{
	uint8_t encoding = rd_u8(r);
	struct ike_blob b = rest(r);

	if (r->bad || b.len == 0)
		return -EBADMSG;
	if (encoding != IKE_CERT_X509)
		m->cert_other = true;
	else if (m->n_cert < IKE_MAX_CERTS)
		m->cert[m->n_cert++] = b;
	return 0;
}

/* Section 3.5: type, three reserved bytes, data. The body is kept whole: AUTH covers it. */
static int
parse_id(struct rd *r, struct ike_blob *out)
{
	*out = rest(r);
	return r->bad || out->len < 4 ? -EBADMSG : 0;
}

/* Section 3.15: is it a request, and for an address? */
static int
parse_cp(struct rd *r, struct ike_msg *m)
{
	m->cfg_request = rd_u8(r) == IKE_CFG_REQUEST;
	rd_bytes(r, 3); /* RESERVED */
	while (!r->bad && rd_left(r) > 0) {
		uint16_t type = rd_be16(r) & 0x7fff;

		rd_bytes(r, rd_be16(r));
		m->cfg_address |= type == IKE_CFG_INTERNAL_IP4_ADDRESS ||
				  type == IKE_CFG_INTERNAL_IP6_ADDRESS;
	}
	return r->bad ? -EBADMSG : 0;
}

static int
parse_body(uint8_t type, struct rd *r, struct ike_msg *m)
{
	switch (type) {
	case IKE_PL_SA:
		m->sa = rest(r);
		return 0;
	case IKE_PL_KE:
		return parse_ke(r, m);
	case IKE_PL_IDI:
		return parse_id(r, &m->idi);
	case IKE_PL_IDR:
		return parse_id(r, &m->idr);
	case IKE_PL_AUTH:
		return parse_auth(r, m);
	case IKE_PL_NONCE:
		m->nonce = rest(r);
		return m->nonce.len >= IKE_NONCE_MIN && m->nonce.len <= IKE_NONCE_MAX ? 0
										      : -EBADMSG;
	case IKE_PL_CERT:
		return parse_cert(r, m);
	case IKE_PL_NOTIFY:
		return parse_notify(r, m);
	case IKE_PL_DELETE:
		return parse_delete(r, m);
	case IKE_PL_CP:
		return parse_cp(r, m);
	case IKE_PL_TSI:
		m->has_tsi = true;
		return ike_ts_parse(r, &m->tsi);
	case IKE_PL_TSR:
		m->has_tsr = true;
		return ike_ts_parse(r, &m->tsr);
	default:
		return 0; /* known by name, of no use to us: stepped over */
	}
}

/* RFC 7383 section 2.5: which fragment of how many stands in front of the IV. */
static int
parse_fragment(struct rd *r, struct ike_msg *m)
{
	m->frag = rd_be16(r);
	m->n_frags = rd_be16(r);
	return r->bad || m->frag == 0 || m->frag > m->n_frags ? -EBADMSG : 0;
}

static bool
is_known(uint8_t type)
{
	return (type >= IKE_PL_SA && type <= IKE_PL_EAP) || type == IKE_PL_SKF;
}

/*
 * Walk the chain, section 3.2. @start is the first byte of the message (or NULL inside), for the
 * offset of the Encrypted payload.
 */
static int
parse_chain(struct rd *r, uint8_t type, struct ike_msg *m, const uint8_t *start, uint8_t *count)
{
	while (type != IKE_PL_NONE) {
		uint8_t next = rd_u8(r);
		bool critical = (rd_u8(r) & 0x80) != 0;
		uint16_t len = rd_be16(r); /* with these 4 bytes */
		struct rd body = rd_sub(r, len >= 4 ? len - 4u : SIZE_MAX);

		if (body.bad)
			return -EBADMSG;
		if (!is_known(type)) {
			if (critical && m->critical == 0)
				m->critical = type;
		} else {
			if (count[type - IKE_PL_FIRST] < UINT8_MAX)
				count[type - IKE_PL_FIRST]++;
			if (type == IKE_PL_SK || type == IKE_PL_SKF) {
				if (start == NULL || rd_left(r) != 0)
					return -EBADMSG;
				if (type == IKE_PL_SKF && parse_fragment(&body, m) != 0)
					return -EBADMSG;
				m->sk_off = (size_t)(body.p - start);
				m->sk_next = next;
				m->sk = rest(&body);
				return 0;
			}
			if (parse_body(type, &body, m) != 0)
				return -EBADMSG;
		}
		type = next;
	}
	return rd_left(r) == 0 ? 0 : -EBADMSG;
}

int
ike_msg_parse(struct rd *r, struct ike_msg *m)
{
	const uint8_t *start = r->p;
	size_t len = rd_left(r);

	memset(m, 0, sizeof(*m));
	m->raw = (struct ike_blob){ .p = start, .len = len };
	if (ike_hdr_parse(r, &m->h) != 0 || m->h.len != len)
		return -EBADMSG;
	return parse_chain(r, m->h.next, m, start, m->n_clear);
}

int
ike_msg_parse_inner(struct rd *r, uint8_t first, struct ike_msg *m)
{
	m->inner = (struct ike_blob){ .p = r->p, .len = rd_left(r) };
	m->inner_first = first;
	return parse_chain(r, first, m, NULL, m->n_crypt);
}

const struct ike_notify *
ike_msg_notify(const struct ike_msg *m, uint16_t type)
{
	for (unsigned int i = 0; i < m->n_notify; i++)
		if (m->notify[i].type == type)
			return &m->notify[i];
	return NULL;
}

const struct ike_notify *
ike_msg_error(const struct ike_msg *m)
{
	for (unsigned int i = 0; i < m->n_notify; i++)
		if (m->notify[i].type <= IKE_N_LAST_ERROR)
			return &m->notify[i];
	return NULL;
}

const char *
ike_notify_str(uint16_t type)
{
	static const struct {
		uint16_t type;
		const char *name;
	} names[] = {
		{ IKE_N_UNSUPPORTED_CRITICAL_PAYLOAD, "UNSUPPORTED_CRITICAL_PAYLOAD" },
		{ IKE_N_INVALID_IKE_SPI, "INVALID_IKE_SPI" },
		{ IKE_N_INVALID_MAJOR_VERSION, "INVALID_MAJOR_VERSION" },
		{ IKE_N_INVALID_SYNTAX, "INVALID_SYNTAX" },
		{ IKE_N_INVALID_MESSAGE_ID, "INVALID_MESSAGE_ID" },
		{ IKE_N_INVALID_SPI, "INVALID_SPI" },
		{ IKE_N_NO_PROPOSAL_CHOSEN, "NO_PROPOSAL_CHOSEN" },
		{ IKE_N_INVALID_KE_PAYLOAD, "INVALID_KE_PAYLOAD" },
		{ IKE_N_AUTHENTICATION_FAILED, "AUTHENTICATION_FAILED" },
		{ IKE_N_SINGLE_PAIR_REQUIRED, "SINGLE_PAIR_REQUIRED" },
		{ IKE_N_NO_ADDITIONAL_SAS, "NO_ADDITIONAL_SAS" },
		{ IKE_N_INTERNAL_ADDRESS_FAILURE, "INTERNAL_ADDRESS_FAILURE" },
		{ IKE_N_FAILED_CP_REQUIRED, "FAILED_CP_REQUIRED" },
		{ IKE_N_TS_UNACCEPTABLE, "TS_UNACCEPTABLE" },
		{ IKE_N_INVALID_SELECTORS, "INVALID_SELECTORS" },
		{ IKE_N_TEMPORARY_FAILURE, "TEMPORARY_FAILURE" },
		{ IKE_N_CHILD_SA_NOT_FOUND, "CHILD_SA_NOT_FOUND" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].type == type)
			return names[i].name;
	return type <= IKE_N_LAST_ERROR ? "an unknown error" : "a status notification";
}

/* ---- building ------------------------------------------------------------------------------- */

struct ike_chain
ike_chain_init(struct wr *w)
{
	return (struct ike_chain){ .w = w };
}

void
ike_chain_begin(struct ike_chain *c, uint8_t type)
{
	if (c->linked)
		wr_patch_u8(c->w, c->next_at, type);
	else
		c->first = type;
	c->linked = true;
	c->next_at = c->start = c->w->len;
	wr_u8(c->w, IKE_PL_NONE);
	wr_u8(c->w, 0);
	wr_be16(c->w, 0); /* length, when the payload ends */
}

void
ike_chain_end(struct ike_chain *c)
{
	size_t len = c->w->len - c->start;

	if (len > UINT16_MAX)
		c->w->bad = true;
	wr_patch_be16(c->w, c->start + 2, (uint16_t)len);
}

void
ike_put_blob(struct ike_chain *c, uint8_t type, const void *p, size_t len)
{
	ike_chain_begin(c, type);
	wr_bytes(c->w, p, len);
	ike_chain_end(c);
}

void
ike_put_notify(struct ike_chain *c, uint16_t type, const void *data, size_t len)
{
	ike_chain_begin(c, IKE_PL_NOTIFY);
	wr_u8(c->w, IKE_PROTO_NONE);
	wr_u8(c->w, 0);
	wr_be16(c->w, type);
	wr_bytes(c->w, data, len);
	ike_chain_end(c);
}

void
ike_put_notify_esp(struct ike_chain *c, uint16_t type, uint32_t spi)
{
	ike_chain_begin(c, IKE_PL_NOTIFY);
	wr_u8(c->w, IKE_PROTO_ESP);
	wr_u8(c->w, IKE_ESP_SPI_LEN);
	wr_be16(c->w, type);
	wr_be32(c->w, spi);
	ike_chain_end(c);
}

void
ike_put_ke(struct ike_chain *c, uint16_t group, const uint8_t *pub, size_t len)
{
	ike_chain_begin(c, IKE_PL_KE);
	wr_be16(c->w, group);
	wr_be16(c->w, 0);
	wr_bytes(c->w, pub, len);
	ike_chain_end(c);
}

void
ike_put_auth(struct ike_chain *c, uint8_t method, const uint8_t *auth, size_t len)
{
	ike_chain_begin(c, IKE_PL_AUTH);
	wr_u8(c->w, method);
	wr_zero(c->w, 3);
	wr_bytes(c->w, auth, len);
	ike_chain_end(c);
}

void
ike_put_delete_ike(struct ike_chain *c)
{
	ike_chain_begin(c, IKE_PL_DELETE);
	wr_u8(c->w, IKE_PROTO_IKE);
	wr_u8(c->w, 0);
	wr_be16(c->w, 0);
	ike_chain_end(c);
}

void
ike_put_delete_esp(struct ike_chain *c, const uint32_t *spis, uint16_t n)
{
	ike_chain_begin(c, IKE_PL_DELETE);
	wr_u8(c->w, IKE_PROTO_ESP);
	wr_u8(c->w, IKE_ESP_SPI_LEN);
	wr_be16(c->w, n);
	for (uint16_t i = 0; i < n; i++)
		wr_be32(c->w, spis[i]);
	ike_chain_end(c);
}
