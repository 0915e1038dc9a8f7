/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Networks in IKEv1: what a quick mode is for, and peers that have one gateway in common.
 *
 * The two identities of a quick mode (RFC 2407 section 4.6.2) are one pair of networks, hosts or
 * ranges, each with a protocol and a port. There is no narrowing: a responder takes what it is
 * offered, or refuses it. So several pairs of networks between two gateways are several peers here,
 * each with a tunnel and Child SAs of its own. But phase 1 knows nothing of networks, and one
 * ISAKMP SA is enough for all: these peers are kin, and use whichever of their ISAKMP SAs is the
 * newest. It belongs to one of them, and goes over to another when that one goes.
 */
#include <string.h>

#include "controlplane/ike/ike1_int.h"

#define ID_IPV6_ADDR   5
#define ID_IPV6_SUBNET 6
#define ID_IPV6_RANGE  8

enum form { FORM_ADDR, FORM_SUBNET, FORM_RANGE };

static const uint8_t types[2][3] = {
	{ IKE_ID_IPV4_ADDR, IKE1_ID_IPV4_SUBNET, IKE1_ID_IPV4_RANGE },
	{ ID_IPV6_ADDR, ID_IPV6_SUBNET, ID_IPV6_RANGE },
};

/* ---- identities of quick mode --------------------------------------------------------------- */

/* The mask of which @r is a network. False: it is none. */
static bool
mask_of(const struct ip_range *r, size_t len, uint8_t *mask)
{
	bool inside = true; /* in the part that all addresses have in common */

	for (size_t i = 0; i < len * 8; i++) {
		unsigned int shift = 7 - i % 8;
		unsigned int lo = r->lo[i / 8] >> shift & 1, hi = r->hi[i / 8] >> shift & 1;

		inside = inside && lo == hi;
		if (!inside && (lo != 0 || hi != 1))
			return false;
		mask[i / 8] |= (uint8_t)((unsigned int)inside << shift);
	}
	return true;
}

size_t
ike1_put_nets(uint8_t body[IKE1_NETS_MAX], const struct ike_ts *t)
{
	struct wr w = wr_init(body, IKE1_NETS_MAX);
	size_t len = t->addr.is_ip6 ? 16 : 4;
	uint8_t mask[16] = { 0 };
	enum form form = FORM_RANGE;

	if (memcmp(t->addr.lo, t->addr.hi, len) == 0)
		form = FORM_ADDR;
	else if (mask_of(&t->addr, len, mask))
		form = FORM_SUBNET;
	wr_u8(&w, types[t->addr.is_ip6][form]);
	wr_u8(&w, t->proto);
	wr_be16(&w, t->port_lo == t->port_hi ? t->port_lo : 0);
	wr_bytes(&w, t->addr.lo, len);
	if (form != FORM_ADDR)
		wr_bytes(&w, form == FORM_SUBNET ? mask : t->addr.hi, len);
	return w.len;
}

/* All addresses that are @net under @mask, which must be one of a network. */
static bool
masked(struct ip_range *r, const uint8_t *mask, size_t len)
{
	struct ip_range of = { .is_ip6 = r->is_ip6 };
	uint8_t back[16] = { 0 };

	for (size_t i = 0; i < len; i++) {
		r->lo[i] &= mask[i];
		r->hi[i] = r->lo[i] | (uint8_t)~mask[i];
		of.hi[i] = (uint8_t)~mask[i];
	}
	return mask_of(&of, len, back) && memcmp(back, mask, len) == 0;
}

bool
ike1_nets_read(const struct ike_blob *body, struct ike_ts *t)
{
	struct rd r = rd_init(body->p, body->len);
	uint8_t type = rd_u8(&r), second[16] = { 0 };
	unsigned int form = 0, ip6;
	size_t len;

	for (ip6 = 0; ip6 < 2; ip6++) {
		for (form = 0; form < 3 && types[ip6][form] != type; form++)
			;
		if (form < 3)
			break;
	}
	if (ip6 == 2)
		return false;
	len = ip6 ? 16 : 4;
	*t = (struct ike_ts){ .proto = rd_u8(&r), .addr.is_ip6 = ip6 != 0 };
	t->port_lo = t->port_hi = rd_be16(&r);
	if (t->port_lo == 0)
		t->port_hi = UINT16_MAX;
	rd_copy(&r, t->addr.lo, len);
	if (form != FORM_ADDR)
		rd_copy(&r, second, len);
	memcpy(t->addr.hi, form == FORM_RANGE ? second : t->addr.lo, len);
	return !r.bad && rd_left(&r) == 0 && !ip_range_empty(&t->addr) &&
	       (form != FORM_SUBNET || masked(&t->addr, second, len));
}

/* ---- one gateway, several peers ------------------------------------------------------------- */

struct ike_peer *
ike1_kin(struct ike_peer *p, struct ike_peer *prev)
{
	struct ike_peer *o;

	if (prev == NULL)
		return p;
	if (p->cfg.version != 1 || p->cfg.ts_local.n == 0 || p->cfg.remote == 0)
		return NULL;
	o = prev == p ? LIST_FIRST(&p->e->by_addr[ike_hash32(p->cfg.remote)])
		      : LIST_NEXT(prev, remote_link);
	while (o != NULL && (o == p || o->cfg.ts_local.n == 0 ||
					    !ike_terms_gateway(&p->cfg, &o->cfg)))
		o = LIST_NEXT(o, remote_link);
	return o;
}

static struct ike_ts_list
one(const struct ike_ts *t)
{
	return (struct ike_ts_list){ .n = 1, .ts = { *t } };
}

bool
ike1_nets_fit(const struct ike_peer_cfg *cfg, const struct ike_ts *local,
		const struct ike_ts *remote, bool exactly)
{
	struct ike_ts_list l = one(local), r = one(remote);

	if (exactly)
		return ike_ts_same(&l, &cfg->ts_local) && ike_ts_same(&r, &cfg->ts_remote);
	return ike_ts_within(&l, &cfg->ts_local) && ike_ts_within(&r, &cfg->ts_remote);
}

struct ike_peer *
ike1_kin_for(struct ike_peer *p, const struct ike_ts *local, const struct ike_ts *remote)
{
	for (int exactly = 1; exactly >= 0; exactly--)
		for (struct ike_peer *o = NULL; (o = ike1_kin(p, o)) != NULL;)
			if (ike1_nets_fit(&o->cfg, local, remote, exactly))
				return o;
	return NULL;
}

void
ike1_kin_update(struct ike_peer *p)
{
	for (struct ike_peer *o = p; (o = ike1_kin(p, o)) != NULL;)
		ike_peer_update(o, NULL);
}

void
ike1_kin_lost(struct ike_peer *p, const char *why)
{
	for (struct ike_peer *o = p; (o = ike1_kin(p, o)) != NULL;)
		if (o->out == NULL && (o->wanted || o->cfg.initiate ||
						      o->state != IKE_PEER_IDLE))
			ike_peer_lost(o, why);
}

void
ike1_sa_inherit(struct ike_peer *p)
{
	struct ike_peer *heir = ike1_kin(p, p);
	struct ike1_sa *sa, *next;

	for (sa = TAILQ_FIRST(&p->sas1); heir != NULL && sa != NULL; sa = next) {
		next = TAILQ_NEXT(sa, peer_link);
		if (sa->state != IKE1_UP)
			continue;
		TAILQ_REMOVE(&p->sas1, sa, peer_link);
		ike1_sa_set_peer(sa, heir);
		ike_keep_touch(heir);
		ike_peer_update(heir, NULL);
	}
}
