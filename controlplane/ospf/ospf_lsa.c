/* SPDX-License-Identifier: BSD-3-Clause */
/* Link state advertisements on the wire; see ospf_lsa.h. */
#include "controlplane/ospf/ospf_lsa.h"

#include <string.h>

#define AGE_LEN   2  /* not covered by the checksum */
#define CKSUM_AT  16 /* in the LSA */
#define LINK_LEN  12
#define TOS_LEN   4

static const char *const type_names[OSPF_LSA_N_TYPES] = {
	[OSPF_LSA_ROUTER] = "router",
	[OSPF_LSA_NETWORK] = "network",
	[OSPF_LSA_SUMMARY] = "summary",
	[OSPF_LSA_ASBR_SUMMARY] = "asbr-summary",
	[OSPF_LSA_EXTERNAL] = "external",
	[OSPF_LSA_NSSA] = "nssa-external",
	[OSPF_LSA_OPAQUE_LINK] = "opaque-link",
	[OSPF_LSA_OPAQUE_AREA] = "opaque-area",
	[OSPF_LSA_OPAQUE_AS] = "opaque-as",
};

bool
ospf_lsa_type_known(uint8_t type)
{
	return type < OSPF_LSA_N_TYPES && type_names[type] != NULL;
}

const char *
ospf_lsa_type_str(uint8_t type)
{
	return ospf_lsa_type_known(type) ? type_names[type] : "unknown";
}

/* ---- header ------------------------------------------------------------------------------ */

void
ospf_lsa_hdr_read(struct rd *r, struct ospf_lsa_hdr *h)
{
	h->age = rd_be16(r);
	h->options = rd_u8(r);
	h->type = rd_u8(r);
	h->id = rd_be32(r);
	h->adv = rd_be32(r);
	h->seq = (int32_t)rd_be32(r);
	h->cksum = rd_be16(r);
	h->len = rd_be16(r);
	/* RFC 1793's DoNotAge is not spoken here; such an LSA is as good as flushed. */
	if (h->age > OSPF_MAX_AGE)
		h->age = OSPF_MAX_AGE;
}

void
ospf_lsa_hdr_write(struct wr *w, const struct ospf_lsa_hdr *h)
{
	wr_be16(w, h->age);
	wr_u8(w, h->options);
	wr_u8(w, h->type);
	wr_be32(w, h->id);
	wr_be32(w, h->adv);
	wr_be32(w, (uint32_t)h->seq);
	wr_be16(w, h->cksum);
	wr_be16(w, h->len);
}

/* ---- checksum ---------------------------------------------------------------------------- */

/* The two running sums of RFC 905 annex B.3 over @len bytes, each modulo 255. */
static void
fletcher(const uint8_t *p, size_t len, uint32_t *c0, uint32_t *c1)
{
	uint32_t a = 0, b = 0;

	while (len > 0) {
		size_t n = len < 4096 ? len : 4096; /* so long nothing can overflow */

		len -= n;
		while (n-- > 0) {
			a += *p++;
			b += a;
		}
		a %= 255;
		b %= 255;
	}
	*c0 = a;
	*c1 = b;
}

bool
ospf_lsa_cksum_ok(const uint8_t *lsa, size_t len)
{
	uint32_t c0, c1;

	if (len < OSPF_LSA_HDR_LEN || (lsa[CKSUM_AT] == 0 && lsa[CKSUM_AT + 1] == 0))
		return false;
	fletcher(lsa + AGE_LEN, len - AGE_LEN, &c0, &c1);
	return c0 == 0 && c1 == 0;
}

uint16_t
ospf_lsa_cksum_set(uint8_t *lsa, size_t len)
{
	/* Bytes from the first checksum byte to the end, it included. */
	uint32_t left = (uint32_t)(len - CKSUM_AT) % 255;
	uint32_t c0, c1, x, y;

	lsa[CKSUM_AT] = lsa[CKSUM_AT + 1] = 0;
	fletcher(lsa + AGE_LEN, len - AGE_LEN, &c0, &c1);
	/* Annex B.4: X = (left - 1) C0 - C1, Y = C1 - left C0, with 255 in place of zero. */
	x = ((left + 254) * c0 + 255 - c1) % 255;
	y = (c1 + (255 - left) * c0) % 255;
	lsa[CKSUM_AT] = (uint8_t)(x != 0 ? x : 255);
	lsa[CKSUM_AT + 1] = (uint8_t)(y != 0 ? y : 255);
	return (uint16_t)(lsa[CKSUM_AT] << 8 | lsa[CKSUM_AT + 1]);
}

int
ospf_lsa_cmp(const struct ospf_lsa_hdr *a, const struct ospf_lsa_hdr *b)
{
	if (a->seq != b->seq)
		return a->seq > b->seq ? 1 : -1;
	if (a->cksum != b->cksum)
		return a->cksum > b->cksum ? 1 : -1;
	if ((a->age == OSPF_MAX_AGE) != (b->age == OSPF_MAX_AGE))
		return a->age == OSPF_MAX_AGE ? 1 : -1;
	if (a->age > b->age + OSPF_MAX_AGE_DIFF)
		return -1;
	if (b->age > a->age + OSPF_MAX_AGE_DIFF)
		return 1;
	return 0;
}

/* ---- bodies ------------------------------------------------------------------------------ */

static struct rd
body(const uint8_t *lsa, size_t len)
{
	struct rd r = rd_init(lsa, len);

	rd_bytes(&r, OSPF_LSA_HDR_LEN);
	return r;
}

uint8_t
ospf_rlsa_flags(const uint8_t *lsa, size_t len)
{
	struct rd r = body(lsa, len);

	return rd_u8(&r);
}

struct rd
ospf_rlsa_links(const uint8_t *lsa, size_t len)
{
	struct rd r = body(lsa, len);

	rd_bytes(&r, 4);
	return r;
}

bool
ospf_rlsa_next(struct rd *r, struct ospf_link *l)
{
	uint8_t n_tos;

	if (rd_left(r) < LINK_LEN)
		return false;
	l->id = rd_be32(r);
	l->data = rd_be32(r);
	l->type = rd_u8(r);
	n_tos = rd_u8(r);
	l->metric = rd_be16(r);
	rd_bytes(r, (size_t)n_tos * TOS_LEN); /* metrics by TOS: RFC 1583's, of no use any more */
	return !r->bad;
}

uint32_t
ospf_nlsa_mask(const uint8_t *lsa, size_t len)
{
	struct rd r = body(lsa, len);

	return rd_be32(&r);
}

struct rd
ospf_nlsa_routers(const uint8_t *lsa, size_t len)
{
	struct rd r = body(lsa, len);

	rd_be32(&r);
	return r;
}

bool
ospf_nlsa_next(struct rd *r, uint32_t *router_id)
{
	if (rd_left(r) < 4)
		return false;
	*router_id = rd_be32(r);
	return true;
}

bool
ospf_summary_read(const uint8_t *lsa, size_t len, struct ospf_summary *s)
{
	struct rd r = body(lsa, len);

	s->mask = rd_be32(&r);
	s->metric = rd_be32(&r) & OSPF_LS_INFINITY;
	return !r.bad;
}

bool
ospf_external_read(const uint8_t *lsa, size_t len, struct ospf_external *e)
{
	struct rd r = body(lsa, len);
	uint32_t m;

	e->mask = rd_be32(&r);
	m = rd_be32(&r);
	e->type2 = (m & 0x80000000u) != 0;
	e->metric = m & OSPF_LS_INFINITY;
	e->forward = rd_be32(&r);
	e->tag = rd_be32(&r);
	return !r.bad;
}

void
ospf_summary_write(uint8_t b[OSPF_SUMMARY_BODY_LEN], const struct ospf_summary *s)
{
	struct wr w = wr_init(b, OSPF_SUMMARY_BODY_LEN);

	wr_be32(&w, s->mask);
	wr_be32(&w, s->metric & OSPF_LS_INFINITY);
}

void
ospf_external_write(uint8_t b[OSPF_EXTERNAL_BODY_LEN], const struct ospf_external *e)
{
	struct wr w = wr_init(b, OSPF_EXTERNAL_BODY_LEN);

	wr_be32(&w, e->mask);
	wr_be32(&w, (e->metric & OSPF_LS_INFINITY) | (e->type2 ? 0x80000000u : 0));
	wr_be32(&w, e->forward);
	wr_be32(&w, e->tag);
}

/* ---- well-formedness --------------------------------------------------------------------- */

static const char *
check_router(const uint8_t *lsa, size_t len)
{
	struct rd r = body(lsa, len);
	struct ospf_link l;
	uint16_t n;

	rd_be16(&r);
	n = rd_be16(&r);
	for (uint16_t i = 0; i < n; i++)
		if (!ospf_rlsa_next(&r, &l))
			return "router-LSA is shorter than its links";
	return r.bad || rd_left(&r) != 0 ? "router-LSA is longer than its links" : NULL;
}

static bool
mask_ok(uint32_t mask)
{
	return ((~mask + 1) & ~mask) == 0;
}

/* Types 3, 4, 5 and 7 begin with the mask of TOS 0; more TOS may follow, in steps of @step. */
static const char *
check_metrics(const uint8_t *lsa, size_t len, size_t least, size_t step, bool masked)
{
	struct rd r = body(lsa, len);
	uint32_t mask = rd_be32(&r);

	if (len < OSPF_LSA_HDR_LEN + least || (len - OSPF_LSA_HDR_LEN - least) % step != 0)
		return "length does not fit the type";
	return masked && !mask_ok(mask) ? "mask has holes" : NULL;
}

const char *
ospf_lsa_check(const uint8_t *lsa, size_t len)
{
	struct rd r = rd_init(lsa, len);
	struct ospf_lsa_hdr h;

	ospf_lsa_hdr_read(&r, &h);
	if (r.bad || h.len != len || len > OSPF_LSA_MAX_LEN)
		return "length is wrong";
	switch (h.type) {
	case OSPF_LSA_ROUTER:
		/* Section 12.4.1: its ID is its router's. With another one it would stand beside
		 * the true one, and speak in its place. */
		return h.id == h.adv ? check_router(lsa, len) : "router-LSA under another ID";
	case OSPF_LSA_NETWORK:
		if (len < OSPF_LSA_HDR_LEN + 8 || len % 4 != 0)
			return "network-LSA without a router";
		return mask_ok(ospf_nlsa_mask(lsa, len)) ? NULL : "mask has holes";
	case OSPF_LSA_SUMMARY:
		return check_metrics(lsa, len, OSPF_SUMMARY_BODY_LEN, TOS_LEN, true);
	case OSPF_LSA_ASBR_SUMMARY:
		return check_metrics(lsa, len, OSPF_SUMMARY_BODY_LEN, TOS_LEN, false);
	case OSPF_LSA_EXTERNAL:
	case OSPF_LSA_NSSA:
		return check_metrics(lsa, len, OSPF_EXTERNAL_BODY_LEN, 12, true);
	case OSPF_LSA_OPAQUE_LINK:
	case OSPF_LSA_OPAQUE_AREA:
	case OSPF_LSA_OPAQUE_AS:
		return NULL; /* length: not all senders pad to a multiple of four */
	}
	return "unknown type";
}
