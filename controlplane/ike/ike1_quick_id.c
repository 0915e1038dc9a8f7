/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a quick mode is for: its two identities, the initiator's first, against the peer that it is
 * for. Of a GRE tunnel they are the two ends, or what is around them; else networks (ike1_nets.c).
 */
#include <stdio.h>
#include <string.h>

#include "controlplane/ike/ike1_int.h"

#define NETS_STR_LEN 60

static bool
is_for_nets(const struct ike1_quick *q)
{
	return q->peer->cfg.ts_local.n != 0;
}

/* In tunnel mode an end behind NAT goes by the address that the peer has for it, if
 * it told. */
void
ike1_quick_own_ids(struct ike1_quick *q)
{
	const struct ike_peer *p = q->peer;
	const struct ike_peer_cfg *cfg = &p->cfg;
	struct ike1_sa *sa = q->sa;
	bool nat = sa->encap && !cfg->transport;
	uint32_t local = nat && sa->nat_local ? p->named_local : 0;
	uint32_t remote = nat && sa->nat_remote ? p->named_remote : 0;

	if (is_for_nets(q)) {
		q->n.ts_local = cfg->ts_local;
		q->n.ts_remote = cfg->ts_remote;
		q->id_len[0] = (uint8_t)ike1_put_nets(q->id[0], &cfg->ts_local.ts[0]);
		q->id_len[1] = (uint8_t)ike1_put_nets(q->id[1], &cfg->ts_remote.ts[0]);
		return;
	}
	ike1_id_of_addr(q->id[0], local != 0 ? local : sa->path.local, cfg->ts_proto);
	ike1_id_of_addr(q->id[1], remote != 0 ? remote : sa->path.remote, cfg->ts_proto);
	q->id_len[0] = q->id_len[1] = 8;
}

/*
 * Does an ID body (RFC 2407 section 4.6.2) speak of the address and protocol, perhaps of more: a
 * subnet or a range around it? What is sent and taken is the tunnel's GRE in any case. No protocol
 * is any protocol; behind a NAT an end knows itself by another address than we do (@any).
 */
static bool
id_covers(const struct ike_blob *b, uint32_t addr, uint8_t proto, bool any)
{
	struct rd r = rd_init(b->p, b->len);
	uint8_t type = rd_u8(&r), is = rd_u8(&r);
	uint16_t port = rd_be16(&r);
	uint32_t first = rd_be32(&r), second = b->len == 12 ? rd_be32(&r) : 0;
	bool fits = false;

	if (type == IKE_ID_IPV4_ADDR && b->len == 8)
		fits = first == addr;
	else if (type == IKE1_ID_IPV4_SUBNET && b->len == 12)
		fits = ((first ^ addr) & second) == 0;
	else if (type == IKE1_ID_IPV4_RANGE && b->len == 12)
		fits = first <= addr && addr <= second;
	else
		return false;
	return (fits || any) && port == 0 && (is == proto || is == 0);
}

/* The networks of the peer's message, our side first; without identities the two ends (RFC 2409
 * section 5.5). False: they are none. */
static bool
nets_of(const struct ike1_quick *q, const struct ike1_msg *m, struct ike_ts_list nets[2])
{
	int own = q->initiator ? 0 : 1;

	if (m->n_id == 0) {
		nets[0] = ike_ts_host(0, q->sa->path.local);
		nets[1] = ike_ts_host(0, q->sa->path.remote);
		return true;
	}
	nets[0].n = nets[1].n = 1;
	return m->n_id == 2 && ike1_nets_read(&m->id[own], &nets[0].ts[0]) &&
	       ike1_nets_read(&m->id[!own], &nets[1].ts[0]);
}

/* Initiator: the responder has to repeat what it was offered; some have always taken a part. */
static bool
nets_fit(struct ike1_quick *q, const struct ike1_msg *m)
{
	struct ike_ts_list nets[2];

	if (m->n_id == 0)
		return true;
	if (!nets_of(q, m, nets) ||
			!ike1_nets_fit(&q->peer->cfg, &nets[0].ts[0], &nets[1].ts[0], false))
		return false;
	q->n.ts_local = nets[0];
	q->n.ts_remote = nets[1];
	return true;
}

static bool
ids_fit(struct ike1_quick *q, const struct ike1_msg *m)
{
	struct ike1_sa *sa = q->sa;
	uint8_t proto = q->peer->cfg.ts_proto;
	const struct ike_blob *own = &m->id[q->initiator ? 0 : 1];
	const struct ike_blob *theirs = &m->id[q->initiator ? 1 : 0];

	return m->n_id == 0 ||
	       (m->n_id == 2 && id_covers(own, sa->path.local, proto, sa->nat_local) &&
			       id_covers(theirs, sa->path.remote, proto, sa->nat_remote));
}

/* The address of an ID or NAT-OA body; 0: it is none, or @seen, which is nothing new. */
static uint32_t
named_addr(const struct ike_blob *b, uint32_t seen)
{
	struct rd r = rd_init(b->p, b->len);
	uint8_t type = rd_u8(&r);
	uint32_t addr;

	rd_bytes(&r, 3);
	addr = rd_be32(&r);
	return type != IKE_ID_IPV4_ADDR || b->len != 8 || addr == seen ? 0 : addr;
}

/*
 * How the peer names the ends that are behind a NAT: in transport mode by the original addresses
 * (RFC 3947 section 5.2), without them or in tunnel mode by the identities.
 */
void
ike1_quick_take_names(struct ike1_quick *q, const struct ike1_msg *m)
{
	struct ike1_sa *sa = q->sa;
	bool original = q->peer->cfg.transport && m->n_natoa == 2;
	const struct ike_blob *body = original ? m->natoa : m->id;
	int own = q->initiator ? 0 : 1;

	if (!sa->encap || is_for_nets(q))
		return;
	if (original || m->n_id == 2) {
		if (sa->nat_local)
			q->n.named_local = named_addr(&body[own], sa->path.local);
		if (sa->nat_remote)
			q->n.named_remote = named_addr(&body[!own], sa->path.remote);
	}
	if (q->initiator && !original)
		ike_nego_names(&q->n, q->peer, sa->nat_local, sa->nat_remote);
}

bool
ike1_quick_accepts(struct ike1_quick *q, const struct ike1_msg *m)
{
	return is_for_nets(q) ? nets_fit(q, m) : ids_fit(q, m);
}

/* The one of the peers at this gateway that has these networks. */
static bool
find_nets(struct ike1_quick *q, const struct ike1_msg *m, char *why, size_t len)
{
	char local[NETS_STR_LEN], remote[NETS_STR_LEN];
	struct ike_ts_list nets[2];
	struct ike_peer *p;

	if (!nets_of(q, m, nets)) {
		snprintf(why, len, "peer's quick mode names no networks");
		return false;
	}
	p = ike1_kin_for(q->sa->peer, &nets[0].ts[0], &nets[1].ts[0]);
	if (p == NULL) {
		snprintf(why, len, "peer wants %s to %s here, which no tunnel to it is for",
				ike_ts_str(&nets[1], remote, sizeof(remote)),
				ike_ts_str(&nets[0], local, sizeof(local)));
		return false;
	}
	TAILQ_REMOVE(&q->peer->quicks1, q, peer_link);
	q->peer = p;
	TAILQ_INSERT_TAIL(&p->quicks1, q, peer_link);
	q->n.ts_local = nets[0];
	q->n.ts_remote = nets[1];
	return true;
}

bool
ike1_quick_find(struct ike1_quick *q, const struct ike1_msg *m, char *why, size_t len)
{
	if (is_for_nets(q))
		return find_nets(q, m, why, len);
	snprintf(why, len, "peer's quick mode is not for the tunnel's GRE");
	return ids_fit(q, m);
}
