/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bytes of Security Association payloads, RFC 7296 section 3.3. A configured proposal that
 * mixes AEAD and other ciphers becomes two proposals on the wire, since an integrity transform
 * belongs to one kind only (section 3.3.2, RFC 5282 section 8).
 */
#include <errno.h>
#include <string.h>

#include "controlplane/ike/ike_alg.h"
#include "controlplane/ike/ike_proposal.h"

#define ATTR_TV         0x8000
#define ATTR_KEY_LENGTH 14

bool
ike_encr_is_aead(uint16_t encr)
{
	for (unsigned int i = 0; i < IKE_N_ENCRS; i++)
		if (ike_encr_algs[i].id == encr)
			return ike_encr_algs[i].icv_len != 0;
	return false;
}

/* Section 3.3.2: last, reserved, length, type, reserved, id, attributes. */
static int
parse_transform(struct rd *r, struct ike_transform *t, uint8_t *more)
{
	uint16_t len;
	struct rd body;

	*more = rd_u8(r);
	rd_u8(r);
	len = rd_be16(r);
	body = rd_sub(r, len >= 4 ? len - 4u : SIZE_MAX);
	*t = (struct ike_transform){ .type = rd_u8(&body) };
	rd_u8(&body);
	t->id = rd_be16(&body);
	while (!body.bad && rd_left(&body) > 0) {
		uint16_t type = rd_be16(&body);
		uint16_t val = rd_be16(&body);

		if (!(type & ATTR_TV))
			rd_bytes(&body, val);
		if (type == (ATTR_TV | ATTR_KEY_LENGTH))
			t->key_bits = val;
		else
			t->unusable = true;
	}
	if (body.bad || r->bad)
		return -EBADMSG;
	return *more == 0 || *more == 3 ? 0 : -EBADMSG;
}

/* Section 3.3.1: the transforms of one proposal. */
static int
parse_transforms(struct rd *r, uint8_t n, struct ike_prop *p)
{
	uint8_t more = 3;

	for (unsigned int i = 0; i < n; i++) {
		struct ike_transform t;

		if (more == 0 || parse_transform(r, &t, &more) != 0)
			return -EBADMSG;
		if (p->n < IKE_SA_MAX_TRANSFORMS)
			p->t[p->n++] = t;
	}
	return (n == 0 || more == 0) && rd_left(r) == 0 ? 0 : -EBADMSG;
}

static int
parse_proposal(struct rd *r, struct ike_prop *p, uint8_t *more)
{
	uint16_t len;
	uint8_t n;
	const uint8_t *spi;
	struct rd body;

	*more = rd_u8(r);
	rd_u8(r);
	len = rd_be16(r);
	body = rd_sub(r, len >= 4 ? len - 4u : SIZE_MAX);
	memset(p, 0, sizeof(*p));
	p->num = rd_u8(&body);
	p->proto = rd_u8(&body);
	p->spi_len = rd_u8(&body);
	n = rd_u8(&body);
	spi = rd_bytes(&body, p->spi_len);
	if (body.bad || (*more != 0 && *more != 2))
		return -EBADMSG;
	if (p->spi_len > sizeof(p->spi))
		p->proto = IKE_PROTO_NONE; /* nothing we speak has such an SPI */
	else
		memcpy(p->spi, spi, p->spi_len);
	return parse_transforms(&body, n, p);
}

int
ike_sa_parse(struct rd *r, struct ike_sa_payload *out)
{
	struct ike_prop extra;
	uint8_t more = 2;

	out->n = 0;
	while (more != 0) {
		struct ike_prop *p = out->n < IKE_SA_MAX_PROPOSALS ? &out->p[out->n] : &extra;

		if (parse_proposal(r, p, &more) != 0)
			return -EBADMSG;
		if (p != &extra)
			out->n++;
	}
	return rd_left(r) == 0 ? 0 : -EBADMSG;
}

/* ---- building ------------------------------------------------------------------------------- */

/* The proposal being written: where its length, count and last transform are. */
struct prop_out {
	struct ike_chain *c;
	size_t start, last_t;
	uint8_t n;
};

static void
prop_begin(struct prop_out *o, struct ike_chain *c, uint8_t num, enum ike_prop_use use,
		const uint8_t *spi, uint8_t spi_len)
{
	struct wr *w = c->w;

	*o = (struct prop_out){ .c = c, .start = w->len };
	wr_u8(w, 0);
	wr_u8(w, 0);
	wr_be16(w, 0);
	wr_u8(w, num);
	wr_u8(w, use == IKE_USE_IKE ? IKE_PROTO_IKE : IKE_PROTO_ESP);
	wr_u8(w, spi_len);
	wr_u8(w, 0);
	wr_bytes(w, spi, spi_len);
}

static void
put_transform(struct prop_out *o, uint8_t type, uint16_t id, uint16_t key_bits)
{
	struct wr *w = o->c->w;

	if (o->n++ > 0)
		wr_patch_u8(w, o->last_t, 3);
	o->last_t = w->len;
	wr_u8(w, 0);
	wr_u8(w, 0);
	wr_be16(w, key_bits != 0 ? 12 : 8);
	wr_u8(w, type);
	wr_u8(w, 0);
	wr_be16(w, id);
	if (key_bits != 0) {
		wr_be16(w, ATTR_TV | ATTR_KEY_LENGTH);
		wr_be16(w, key_bits);
	}
}

static void
prop_end(struct prop_out *o)
{
	wr_patch_be16(o->c->w, o->start + 2, (uint16_t)(o->c->w->len - o->start));
	wr_patch_u8(o->c->w, o->start + 7, o->n);
}

static void
put_list(struct prop_out *o, uint8_t type, const uint16_t *ids, uint8_t n)
{
	for (unsigned int i = 0; i < n; i++)
		put_transform(o, type, ids[i], 0);
}

/* The AEAD or the other half of a configured proposal; false if that half is empty. */
static bool
put_half(struct ike_chain *c, uint8_t num, enum ike_prop_use use, const struct ike_proposal_cfg *p,
		bool aead, const uint8_t *spi, uint8_t spi_len)
{
	struct prop_out o;
	bool any = false;

	for (unsigned int i = 0; i < p->n_encr; i++)
		any |= ike_encr_is_aead(p->encr[i].id) == aead;
	if (!any)
		return false;
	prop_begin(&o, c, num, use, spi, spi_len);
	for (unsigned int i = 0; i < p->n_encr; i++)
		if (ike_encr_is_aead(p->encr[i].id) == aead)
			put_transform(&o, IKE_T_ENCR, p->encr[i].id, p->encr[i].key_bits);
	if (use == IKE_USE_IKE)
		put_list(&o, IKE_T_PRF, p->prf, p->n_prf);
	if (!aead)
		put_list(&o, IKE_T_INTEG, p->integ, p->n_integ);
	if (use != IKE_USE_ESP_FIRST)
		put_list(&o, IKE_T_GROUP, p->group, p->n_group);
	if (use != IKE_USE_IKE) {
		if (p->esn)
			put_transform(&o, IKE_T_ESN, 1, 0);
		put_transform(&o, IKE_T_ESN, 0, 0);
	}
	prop_end(&o);
	return true;
}

void
ike_put_sa(struct ike_chain *c, enum ike_prop_use use, const struct ike_proposal_cfg *cfg,
		unsigned int n, const uint8_t *spi, uint8_t spi_len)
{
	uint8_t num = 0;
	size_t last = SIZE_MAX;

	ike_chain_begin(c, IKE_PL_SA);
	for (unsigned int i = 0; i < n; i++) {
		/* The kind that the first cipher is of comes first. */
		bool aead = ike_encr_is_aead(cfg[i].encr[0].id);

		for (int half = 0; half < 2; half++, aead = !aead) {
			size_t at = c->w->len;

			if (!put_half(c, (uint8_t)(num + 1), use, &cfg[i], aead, spi, spi_len))
				continue;
			if (last != SIZE_MAX)
				wr_patch_u8(c->w, last, 2);
			last = at;
			num++;
		}
	}
	ike_chain_end(c);
}

void
ike_put_sa_choice(struct ike_chain *c, enum ike_prop_use use, uint8_t num,
		const struct ike_suite *s, const uint8_t *spi, uint8_t spi_len)
{
	struct prop_out o;

	ike_chain_begin(c, IKE_PL_SA);
	prop_begin(&o, c, num, use, spi, spi_len);
	put_transform(&o, IKE_T_ENCR, s->encr, s->key_bits);
	if (s->prf != 0)
		put_transform(&o, IKE_T_PRF, s->prf, 0);
	if (s->integ != 0)
		put_transform(&o, IKE_T_INTEG, s->integ, 0);
	if (s->group != 0)
		put_transform(&o, IKE_T_GROUP, s->group, 0);
	if (use != IKE_USE_IKE)
		put_transform(&o, IKE_T_ESN, s->esn ? 1 : 0, 0);
	prop_end(&o);
	ike_chain_end(c);
}
