/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * SA payloads of IKEv1: RFC 2408 sections 3.4 to 3.6, with the attributes of RFC 2409 appendix A
 * (phase 1) and RFC 2407 section 4.5 (phase 2). Unlike in IKEv2 a transform is a whole suite, and
 * the answer repeats one transform byte by byte.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "controlplane/ike/ike1_wire.h"

#define DOI_IPSEC     1
#define SIT_IDENTITY  1
#define KEY_IKE       1 /* the one transform id of phase 1 */
#define ATTR_TV       0x8000
#define LIFE_SECONDS  1
#define LIFE_KILOBYTES 2
#define KEY_BITS_AES  128 /* RFC 3602 section 5.3: what no key length means */

enum attr1 { A1_ENCR = 1, A1_HASH = 2, A1_AUTH = 3, A1_GROUP = 4, A1_LIFE_TYPE = 11, A1_LIFE = 12,
	A1_KEY_LENGTH = 14 };
enum attr2 { A2_LIFE_TYPE = 1, A2_LIFE = 2, A2_GROUP = 3, A2_MODE = 4, A2_INTEG = 5,
	A2_KEY_LENGTH = 6, A2_ESN = 11 };

/* One number in the two protocols. */
struct pair {
	uint16_t v1, v2;
};

static const struct pair encrs[] = { { 5, IKE_ENCR_3DES }, { 7, IKE_ENCR_AES_CBC } };
/* Ciphers of ESP: RFC 2407 section 4.4.4 and its successors. */
static const struct pair esp_encrs[] = { { 3, IKE_ENCR_3DES }, { 11, IKE_ENCR_NULL },
	{ 12, IKE_ENCR_AES_CBC }, { 13, IKE_ENCR_AES_CTR }, { 18, IKE_ENCR_AES_GCM_8 },
	{ 19, IKE_ENCR_AES_GCM_12 }, { 20, IKE_ENCR_AES_GCM_16 }, { 23, IKE_ENCR_AES_GMAC } };
static const struct pair hashes[] = { { 2, IKE_PRF_HMAC_SHA1 }, { 4, IKE_PRF_HMAC_SHA2_256 },
	{ 5, IKE_PRF_HMAC_SHA2_384 }, { 6, IKE_PRF_HMAC_SHA2_512 } };
static const struct pair integs[] = { { 2, IKE_INTEG_HMAC_SHA1_96 },
	{ 5, IKE_INTEG_HMAC_SHA2_256_128 }, { 6, IKE_INTEG_HMAC_SHA2_384_192 },
	{ 7, IKE_INTEG_HMAC_SHA2_512_256 }, { 9, IKE_INTEG_AES_XCBC_96 } };

#define TO_V1(table, n) to_v1(table, sizeof(table) / sizeof((table)[0]), n)
#define TO_V2(table, n) to_v2(table, sizeof(table) / sizeof((table)[0]), n)

static uint16_t
to_v1(const struct pair *t, size_t len, uint16_t v2)
{
	for (size_t i = 0; i < len; i++)
		if (t[i].v2 == v2)
			return t[i].v1;
	return 0;
}

static uint16_t
to_v2(const struct pair *t, size_t len, uint64_t v1)
{
	for (size_t i = 0; i < len; i++)
		if (t[i].v1 == v1)
			return t[i].v2;
	return 0;
}

/* ---- our suites ----------------------------------------------------------------------------- */

/* Has the cipher keys of more than one length, so that the length must be said? */
static bool
says_key_length(uint16_t encr)
{
	return encr != IKE_ENCR_3DES && encr != IKE_ENCR_NULL;
}

static unsigned int
add_suite(struct ike_suite *out, unsigned int n, const struct ike_suite *s, bool phase1)
{
	bool known = phase1 ? TO_V1(encrs, s->encr) != 0 && TO_V1(hashes, s->prf) != 0
			    : TO_V1(esp_encrs, s->encr) != 0 && (ike_encr_is_aead(s->encr) ||
							TO_V1(integs, s->integ) != 0);

	if (known && n < IKE1_MAX_SUITES)
		out[n++] = *s;
	return n;
}

/* Phase 1 knows one hash for prf and integrity; phase 2 an integrity algorithm, or none. */
static unsigned int
expand_one(const struct ike_proposal_cfg *p, bool phase1, struct ike_suite *out, unsigned int n)
{
	unsigned int n_second = phase1 ? p->n_prf : p->n_integ;
	unsigned int n_group = p->n_group != 0 ? p->n_group : 1;

	for (unsigned int g = 0; g < n_group; g++)
		for (unsigned int e = 0; e < p->n_encr; e++) {
			struct ike_suite s = { .encr = p->encr[e].id,
				.key_bits = p->encr[e].key_bits,
				.group = p->n_group != 0 ? p->group[g] : 0 };

			if (!phase1 && ike_encr_is_aead(s.encr)) {
				n = add_suite(out, n, &s, phase1);
				continue;
			}
			for (unsigned int h = 0; h < n_second; h++) {
				*(phase1 ? &s.prf : &s.integ) = phase1 ? p->prf[h] : p->integ[h];
				n = add_suite(out, n, &s, phase1);
			}
		}
	return n;
}

static unsigned int
expand(const struct ike1_terms *t, struct ike_suite out[IKE1_MAX_SUITES])
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < t->n; i++)
		n = expand_one(&t->cfg[i], t->phase1, out, n);
	return n;
}

/* ---- writing -------------------------------------------------------------------------------- */

static void
put_attr(struct wr *w, uint16_t type, uint32_t value)
{
	if (value <= UINT16_MAX) {
		wr_be16(w, (uint16_t)(ATTR_TV | type));
		wr_be16(w, (uint16_t)value);
	} else {
		wr_be16(w, type);
		wr_be16(w, 4);
		wr_be32(w, value);
	}
}

static void
put_attrs1(struct wr *w, const struct ike1_terms *t, const struct ike_suite *s)
{
	put_attr(w, A1_ENCR, TO_V1(encrs, s->encr));
	if (says_key_length(s->encr))
		put_attr(w, A1_KEY_LENGTH, s->key_bits);
	put_attr(w, A1_HASH, TO_V1(hashes, s->prf));
	put_attr(w, A1_AUTH, t->rsa ? IKE1_AUTH_RSA : IKE1_AUTH_PSK);
	put_attr(w, A1_GROUP, s->group);
	if (t->life_s != 0) {
		put_attr(w, A1_LIFE_TYPE, LIFE_SECONDS);
		put_attr(w, A1_LIFE, t->life_s);
	}
}

static void
put_attrs2(struct wr *w, const struct ike1_terms *t, const struct ike_suite *s)
{
	if (t->life_s != 0) {
		put_attr(w, A2_LIFE_TYPE, LIFE_SECONDS);
		put_attr(w, A2_LIFE, t->life_s);
	}
	if (t->life_kb != 0) {
		put_attr(w, A2_LIFE_TYPE, LIFE_KILOBYTES);
		put_attr(w, A2_LIFE, t->life_kb < UINT32_MAX ? (uint32_t)t->life_kb : UINT32_MAX);
	}
	if (s->group != 0)
		put_attr(w, A2_GROUP, s->group);
	put_attr(w, A2_MODE, t->mode);
	if (s->integ != 0)
		put_attr(w, A2_INTEG, TO_V1(integs, s->integ));
	if (says_key_length(s->encr))
		put_attr(w, A2_KEY_LENGTH, s->key_bits);
}

static void
put_head(struct ike_chain *c, size_t *prop_at, uint8_t num, bool phase1, uint32_t spi,
		uint8_t n_transforms)
{
	struct wr *w = c->w;

	ike_chain_begin(c, IKE1_PL_SA);
	wr_be32(w, DOI_IPSEC);
	wr_be32(w, SIT_IDENTITY);
	*prop_at = w->len;
	wr_u8(w, 0);
	wr_u8(w, 0);
	wr_be16(w, 0);
	wr_u8(w, num);
	wr_u8(w, phase1 ? IKE1_PROTO_ISAKMP : IKE1_PROTO_ESP);
	wr_u8(w, phase1 ? 0 : IKE_ESP_SPI_LEN);
	wr_u8(w, n_transforms);
	if (!phase1)
		wr_be32(w, spi);
}

static void
put_tail(struct ike_chain *c, size_t prop_at)
{
	if (!c->w->bad)
		wr_patch_be16(c->w, prop_at + 2, (uint16_t)(c->w->len - prop_at));
	ike_chain_end(c);
}

void
ike1_put_sa(struct ike_chain *c, const struct ike1_terms *t, uint32_t spi)
{
	struct ike_suite s[IKE1_MAX_SUITES];
	unsigned int n = expand(t, s);
	struct wr *w = c->w;
	size_t prop_at;

	put_head(c, &prop_at, 1, t->phase1, spi, (uint8_t)n);
	for (unsigned int i = 0; i < n; i++) {
		size_t at = w->len;

		wr_u8(w, i + 1 < n ? 3 : 0);
		wr_u8(w, 0);
		wr_be16(w, 0);
		wr_u8(w, (uint8_t)(i + 1));
		wr_u8(w, t->phase1 ? KEY_IKE : (uint8_t)TO_V1(esp_encrs, s[i].encr));
		wr_be16(w, 0);
		if (t->phase1)
			put_attrs1(w, t, &s[i]);
		else
			put_attrs2(w, t, &s[i]);
		if (!w->bad)
			wr_patch_be16(w, at + 2, (uint16_t)(w->len - at));
	}
	put_tail(c, prop_at);
}

void
ike1_put_sa_choice(struct ike_chain *c, bool phase1, uint8_t num, uint32_t spi,
		const struct ike_blob *transform)
{
	size_t prop_at, at;

	put_head(c, &prop_at, num, phase1, spi, 1);
	at = c->w->len;
	wr_bytes(c->w, transform->p, transform->len);
	if (!c->w->bad)
		wr_patch_u8(c->w, at, 0); /* there is no next one */
	put_tail(c, prop_at);
}

/* ---- reading -------------------------------------------------------------------------------- */

/* Lifetimes come as a type and then a duration. */
struct life {
	uint64_t type;
};

static void
take_life(struct ike1_suite *s, const struct life *l, uint64_t v)
{
	uint32_t value = v < UINT32_MAX ? (uint32_t)v : UINT32_MAX;

	if (l->type == LIFE_SECONDS)
		s->life_s = value;
	else if (l->type == LIFE_KILOBYTES)
		s->life_kb = value;
}

/* @return false: an attribute, or a value of one, that we do not speak. */
static bool
take_attr1(struct ike1_suite *s, struct life *l, uint16_t type, uint64_t v)
{
	switch (type) {
	case A1_ENCR:
		s->s.encr = TO_V2(encrs, v);
		return s->s.encr != 0;
	case A1_HASH:
		s->s.prf = TO_V2(hashes, v);
		return s->s.prf != 0;
	case A1_AUTH:
		s->auth = (uint16_t)v;
		return v <= UINT16_MAX;
	case A1_GROUP:
		s->s.group = (uint16_t)v;
		return v <= UINT16_MAX;
	case A1_LIFE_TYPE:
		l->type = v;
		return true;
	case A1_LIFE:
		take_life(s, l, v);
		return true;
	case A1_KEY_LENGTH:
		s->s.key_bits = (uint16_t)v;
		return v <= UINT16_MAX;
	default:
		return false;
	}
}

static bool
take_attr2(struct ike1_suite *s, struct life *l, uint16_t type, uint64_t v)
{
	switch (type) {
	case A2_LIFE_TYPE:
		l->type = v;
		return true;
	case A2_LIFE:
		take_life(s, l, v);
		return true;
	case A2_GROUP:
		s->s.group = (uint16_t)v;
		return v <= UINT16_MAX;
	case A2_MODE:
		s->mode = (uint16_t)v;
		return v >= IKE1_MODE_TUNNEL && v <= IKE1_MODE_UDP_TRANSPORT;
	case A2_INTEG:
		s->s.integ = TO_V2(integs, v);
		return s->s.integ != 0;
	case A2_KEY_LENGTH:
		s->s.key_bits = (uint16_t)v;
		return v <= UINT16_MAX;
	default:
		return false;
	}
}

static uint64_t
attr_value(struct rd *r, uint16_t head, uint16_t len_or_value, bool *ok)
{
	uint64_t v = 0;

	if (head & ATTR_TV)
		return len_or_value;
	*ok = *ok && len_or_value <= 8;
	for (unsigned int i = 0; i < len_or_value && !r->bad; i++)
		v = v << 8 | rd_u8(r);
	return v;
}

/*
 * One transform behind its generic header. @usable: all of it is of what we speak.
 * @return 0 or -EBADMSG.
 */
static int
read_transform(struct rd *r, bool phase1, struct ike1_suite *s, bool *usable)
{
	struct life l = { 0 };
	uint8_t id;

	*s = (struct ike1_suite){ 0 };
	*usable = true;
	rd_u8(r); /* number */
	id = rd_u8(r);
	rd_be16(r);
	if (!phase1)
		s->s.encr = TO_V2(esp_encrs, id);
	*usable = phase1 ? id == KEY_IKE : s->s.encr != 0;
	while (!r->bad && rd_left(r) > 0) {
		uint16_t head = rd_be16(r), lv = rd_be16(r);
		uint64_t v = attr_value(r, head, lv, usable);
		uint16_t type = head & (uint16_t)~ATTR_TV;

		if (!(phase1 ? take_attr1(s, &l, type, v) : take_attr2(s, &l, type, v)))
			*usable = false;
	}
	if (!says_key_length(s->s.encr))
		s->s.key_bits = 0;
	else if (s->s.key_bits == 0)
		s->s.key_bits = KEY_BITS_AES;
	return r->bad ? -EBADMSG : 0;
}

static bool
same_suite(const struct ike_suite *a, const struct ike_suite *b)
{
	return a->encr == b->encr && a->key_bits == b->key_bits &&
	       a->prf == b->prf && a->integ == b->integ && a->group == b->group;
}

/* An RFC 2407 mode and its UDP twin of RFC 3947; who gives none leaves it to us. */
static bool
mode_fits(uint16_t is, uint16_t want)
{
	return is == want || is == 0;
}

static bool
acceptable(const struct ike1_terms *t, const struct ike1_suite *s)
{
	struct ike_suite own[IKE1_MAX_SUITES];
	unsigned int n = expand(t, own);

	if (t->phase1 ? s->auth != (t->rsa ? IKE1_AUTH_RSA : IKE1_AUTH_PSK) :
			!mode_fits(s->mode, t->mode))
		return false;
	for (unsigned int i = 0; i < n; i++)
		if (same_suite(&own[i], &s->s))
			return true;
	return false;
}

/* A walk over the transforms of all proposals. */
struct walk {
	struct rd sa, transforms;
	uint8_t num, proto;
	uint32_t spi;
	uint8_t n_left;
	bool spi_ok;
	bool bundle; /* the next one has the same number */
	bool joined; /* the one before had it */
};

static bool
walk_begin(struct walk *w, const struct ike_blob *body)
{
	*w = (struct walk){ .sa = rd_init(body->p, body->len) };
	return rd_be32(&w->sa) == DOI_IPSEC && rd_be32(&w->sa) == SIT_IDENTITY && !w->sa.bad;
}

/* Is the number of the proposal that begins here @num? */
static bool
next_has(struct rd next, uint8_t num)
{
	rd_be32(&next); /* next, reserved, length */
	return rd_u8(&next) == num && !next.bad;
}

static bool
walk_proposal(struct walk *w, bool phase1)
{
	uint8_t spi_len;
	struct rd spi;
	uint16_t len;

	w->joined = w->bundle;
	rd_be16(&w->sa); /* next, reserved: the length of what is left says the same */
	len = rd_be16(&w->sa);
	w->transforms = rd_sub(&w->sa, len >= 4 ? len - 4u : SIZE_MAX);
	w->num = rd_u8(&w->transforms);
	w->bundle = next_has(w->sa, w->num);
	w->proto = rd_u8(&w->transforms);
	spi_len = rd_u8(&w->transforms);
	w->n_left = rd_u8(&w->transforms);
	spi = rd_sub(&w->transforms, spi_len);
	w->spi_ok = phase1 || spi_len == IKE_ESP_SPI_LEN;
	w->spi = spi_len == IKE_ESP_SPI_LEN ? rd_be32(&spi) : 0;
	return !w->transforms.bad && !w->sa.bad;
}

/* The next transform, header included; false at the end or at a malformed one. */
static bool
walk_next(struct walk *w, bool phase1, struct ike_blob *t)
{
	while (w->n_left == 0) {
		if (rd_left(&w->sa) == 0 || !walk_proposal(w, phase1))
			return false;
	}
	w->n_left--;
	t->p = w->transforms.p;
	rd_be16(&w->transforms);
	t->len = rd_be16(&w->transforms);
	rd_bytes(&w->transforms, t->len >= 4 ? t->len - 4u : SIZE_MAX);
	return !w->transforms.bad;
}

/*
 * Proposals of the same number are to be taken together (RFC 2408 section 4.2): ESP with IPComp,
 * ESP with AH. We do no second protocol, so none of them is taken.
 */
static bool
walk_fits(const struct walk *w, bool phase1)
{
	if (w->bundle || w->joined)
		return false;
	return w->proto == (phase1 ? IKE1_PROTO_ISAKMP : IKE1_PROTO_ESP) && w->spi_ok &&
	       (phase1 || w->spi >= 256);
}

bool
ike1_choose(const struct ike_blob *offer, const struct ike1_terms *t, struct ike1_suite *out,
		struct ike_blob *chosen, uint8_t *num, uint32_t *spi)
{
	struct walk w;

	if (!walk_begin(&w, offer))
		return false;
	while (walk_next(&w, t->phase1, chosen)) {
		struct rd r = rd_init(chosen->p + 4, chosen->len - 4);
		bool usable;

		if (read_transform(&r, t->phase1, out, &usable) != 0)
			return false;
		if (!usable || !walk_fits(&w, t->phase1) || !acceptable(t, out))
			continue;
		*num = w.num;
		*spi = w.spi;
		return true;
	}
	return false;
}

bool
ike1_accept(const struct ike_blob *answer, const struct ike1_terms *t, struct ike1_suite *out,
		uint32_t *spi)
{
	struct ike_blob chosen, more;
	struct walk w;
	struct rd r;
	bool usable;

	if (!walk_begin(&w, answer) || !walk_next(&w, t->phase1, &chosen) ||
			!walk_fits(&w, t->phase1))
		return false;
	r = rd_init(chosen.p + 4, chosen.len - 4);
	if (read_transform(&r, t->phase1, out, &usable) != 0 || !usable || !acceptable(t, out))
		return false;
	*spi = w.spi;
	return !walk_next(&w, t->phase1, &more) && rd_left(&w.sa) == 0;
}

/* False: there is no first transform, or it is malformed. @bundle: it stands with another one. */
static bool
first_transform(const struct ike_blob *offer, bool phase1, struct ike1_suite *s, bool *bundle)
{
	struct ike_blob t;
	bool usable;
	struct walk w;
	struct rd r;

	if (!walk_begin(&w, offer) || !walk_next(&w, phase1, &t))
		return false;
	*bundle = w.bundle;
	r = rd_init(t.p + 4, t.len - 4);
	return read_transform(&r, phase1, s, &usable) == 0;
}

bool
ike1_offers_xauth(const struct ike_blob *offer)
{
	struct ike1_suite s;
	bool bundle;

	return first_transform(offer, true, &s, &bundle) && s.auth >= IKE1_AUTH_XAUTH_FIRST &&
	       s.auth <= IKE1_AUTH_XAUTH_LAST;
}

char *
ike1_offer_str(const struct ike_blob *offer, bool phase1, char *buf, size_t len)
{
	struct ike1_suite s;
	bool bundle;
	size_t n;

	snprintf(buf, len, "nothing readable");
	if (!first_transform(offer, phase1, &s, &bundle))
		return buf;
	if (phase1)
		s.s.integ = 0;
	ike_suite_str(&s.s, buf, len);
	n = strlen(buf);
	if (bundle)
		snprintf(buf + n, len - n, " with another protocol");
	return buf;
}
