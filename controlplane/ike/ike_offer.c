/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Offers of Child SAs and the answers to them, as IKE_AUTH and CREATE_CHILD_SA share them: SA and
 * TS payloads, the mode's notify (RFC 7296 sections 1.3.1, 2.7 and 2.9), put together and judged.
 */
#include <stdarg.h>
#include <stdio.h>

#include <openssl/crypto.h>

#include "common/inet.h"
#include "controlplane/ike/ike_int.h"

void
ike_nego_drop(struct ike_engine *e, struct ike_nego *n)
{
	if (n->spi_in != 0 && !n->spi_given)
		e->ops.spi_free(e->ctx, n->spi_in);
	ike_kex_wipe(&n->kex);
	OPENSSL_cleanse(n, sizeof(*n));
}

/* ---- made ----------------------------------------------------------------------------------- */

static void
put_spi(uint32_t spi, uint8_t out[IKE_ESP_SPI_LEN])
{
	struct wr w = wr_init(out, IKE_ESP_SPI_LEN);

	wr_be32(&w, spi);
}

/* Networks behind us and behind the peer, or else one protocol between the two hosts. */
struct selectors {
	struct ike_ts_list local, remote;
	bool hosts;
};

/* As we see the two hosts. */
static struct selectors
own_selectors(const struct ike_sa *sa, const struct ike_nego *n)
{
	const struct ike_peer_cfg *cfg = &ike_nego_peer(sa, n)->cfg;

	if (cfg->ts_local.n != 0)
		return (struct selectors){ .local = cfg->ts_local, .remote = cfg->ts_remote };
	return (struct selectors){ .local = ike_ts_host(cfg->ts_proto, sa->path.local),
		.remote = ike_ts_host(cfg->ts_proto, sa->path.remote),
		.hosts = true };
}

/*
 * Inside a tunnel mode SA, an end behind NAT goes by the address that the peer has for it. Only the
 * peer knows it, and has told, @told, with the last Child SA, if there was one. @any: else, and in
 * case that it changed, it may choose (RFC 7296 section 2.9: the wider selector comes second).
 */
static void
offer_inside(struct ike_ts_list *l, uint32_t told, bool any)
{
	uint8_t proto = l->ts[0].proto;

	if (told != 0)
		*l = ike_ts_host(proto, told);
	if (any)
		l->ts[l->n++] = (struct ike_ts){ .proto = proto,
			.port_hi = UINT16_MAX,
			.addr = ip_range4(0, UINT32_MAX) };
}

/* What we ask for: a new Child SA, or a successor of @old, which is between the same hosts.
 * @tunnel: it is tunnel mode, or may become that. */
static struct selectors
offered_selectors(const struct ike_sa *sa, const struct ike_nego *n, const struct ike_child *old,
		bool tunnel)
{
	struct selectors s = own_selectors(sa, n);
	bool any = old == NULL && !sa->peer->cfg.transport;

	if (!s.hosts || !tunnel || !sa->encap)
		return s;
	if (sa->nat_local)
		offer_inside(&s.local, sa->peer->inner_local, any);
	if (sa->nat_remote)
		offer_inside(&s.remote, sa->peer->inner_remote, any);
	return s;
}

/* Offer and answer differ in where nonce and KE stand: the caller of CREATE_CHILD_SA adds them. */
void
ike_put_child_offer(struct ike_sa *sa, struct ike_chain *c, enum ike_prop_use use,
		const struct ike_nego *n, const struct ike_child *old)
{
	const struct ike_peer_cfg *cfg = &sa->peer->cfg;
	struct selectors own = offered_selectors(sa, n, old, true);
	uint8_t spi[IKE_ESP_SPI_LEN];

	put_spi(n->spi_in, spi);
	if (cfg->transport)
		ike_put_notify(c, IKE_N_USE_TRANSPORT_MODE, NULL, 0);
	ike_put_sa(c, use, cfg->esp_proposals, cfg->n_esp_proposals, spi, sizeof(spi));
	ike_put_ts(c, IKE_PL_TSI, &own.local); /* the side that asks is the initiator */
	ike_put_ts(c, IKE_PL_TSR, &own.remote);
}

/* The list with the address of our view replaced by the one that the peer sent; 0: none was. */
static void
put_answer_ts(struct ike_chain *c, uint8_t type, const struct ike_ts_list *l, uint32_t view,
		uint32_t sent)
{
	struct ike_ts_list out = *l;

	for (unsigned int i = 0; sent != 0 && i < out.n; i++)
		if (ip_range_host4(&out.ts[i].addr) == view)
			out.ts[i].addr = ip_range4(sent, sent);
	ike_put_ts(c, type, &out);
}

void
ike_put_child_answer(struct ike_sa *sa, struct ike_chain *c, enum ike_prop_use use,
		const struct ike_nego *n)
{
	uint8_t spi[IKE_ESP_SPI_LEN];

	put_spi(n->spi_in, spi);
	if (!n->tunnel)
		ike_put_notify(c, IKE_N_USE_TRANSPORT_MODE, NULL, 0);
	ike_put_sa_choice(c, use, n->prop_num, &n->suite, spi, sizeof(spi));
	put_answer_ts(c, IKE_PL_TSI, &n->ts_remote, sa->path.remote, n->named_remote);
	put_answer_ts(c, IKE_PL_TSR, &n->ts_local, sa->path.local, n->named_local);
}

/* ---- judged --------------------------------------------------------------------------------- */

static uint32_t
spi_of(const struct ike_prop *p)
{
	struct rd r = rd_init(p->spi, sizeof(p->spi));

	return rd_be32(&r);
}

/* Fill in a refusal; always false. */
static bool __attribute__((format(printf, 4, 5)))
refused(struct ike_sa *sa, enum ike_ctr ctr, struct ike_refusal *no, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(no->why, sizeof(no->why), fmt, ap);
	va_end(ap);
	ike_count(sa->e, ctr);
	ike_log(sa->e, LVL_WARNING, sa->name, "%s: %s", ike_notify_str(no->notify), no->why);
	return false;
}

/* The host that @offered is of, the first selector if there are several, in place of the one that
 * we see; @before: that one, in a rekey. Never @not, the other end. */
static void
take_inside(struct ike_ts_list *l, uint32_t before, const struct ike_ts_list *offered, uint32_t not)
{
	uint32_t host = before;

	if (host == 0 && offered->n != 0)
		host = ip_range_host4(&offered->ts[0].addr);
	if (ip4_is_unicast_host(host) && host != not)
		*l = ike_ts_host(l->ts[0].proto, host);
}

/*
 * Responder: what we take. In tunnel mode between two hosts, the peer names an end that is behind
 * NAT by the address that it has for it: that one host is taken in place of the address that we
 * see. A rekey is of the same hosts as before.
 */
static struct selectors
taken_selectors(const struct ike_sa *sa, const struct ike_msg *m, const struct ike_nego *n)
{
	const struct ike_child *old = n->old_id != 0 ? ike_child_find(sa->e, n->old_id) : NULL;
	struct selectors own = own_selectors(sa, n);

	if (!own.hosts || !n->tunnel || !sa->encap)
		return own;
	if (sa->nat_remote)
		take_inside(&own.remote, old != NULL ? ike_child_inner_remote(old) : 0, &m->tsi,
				sa->path.local);
	if (sa->nat_local)
		take_inside(&own.local, old != NULL ? ike_child_inner_local(old) : 0, &m->tsr,
				sa->path.remote);
	return own;
}

static bool
refuse_selectors(struct ike_sa *sa, const struct ike_msg *m, const struct ike_nego *n,
		struct ike_refusal *no)
{
	struct selectors s = taken_selectors(sa, m, n);
	char own[112], theirs[112], tsi[112], tsr[112];

	no->notify = IKE_N_TS_UNACCEPTABLE;
	ike_ts_str(&m->tsi, tsi, sizeof(tsi));
	ike_ts_str(&m->tsr, tsr, sizeof(tsr));
	if (s.hosts)
		return refused(sa, IKE_CTR_TS_UNACCEPTABLE, no,
				"peer's traffic selectors, %s to %s, do not cover protocol %u from "
				"%s to %s",
				tsi, tsr, sa->peer->cfg.ts_proto,
				ip4_str(ip_range_host4(&s.remote.ts[0].addr), theirs),
				ip4_str(ip_range_host4(&s.local.ts[0].addr), own));
	return refused(sa, IKE_CTR_TS_UNACCEPTABLE, no,
			"peer's traffic selectors, %s to %s, have nothing of %s to %s", tsi, tsr,
			ike_ts_str(&s.remote, theirs, sizeof(theirs)),
			ike_ts_str(&s.local, own, sizeof(own)));
}

/*
 * Section 2.23.1: in transport mode, a side behind NAT names an address that the other side never
 * sees. Its selectors are read as if they named the address that we see, @view. Returns the
 * address that was replaced; 0: none.
 */
static uint32_t
nat_view(struct ike_ts_list *l, bool natted, uint32_t view)
{
	uint32_t named = l->n != 0 ? ip_range_host4(&l->ts[0].addr) : 0;

	if (!natted || named == 0 || named == view)
		return 0;
	for (unsigned int i = 0; i < l->n; i++)
		if (ip_range_host4(&l->ts[i].addr) == named)
			l->ts[i].addr = ip_range4(view, view);
	return named;
}

/* Section 2.9: take what both sides want; the traffic between two hosts is indivisible. */
static bool
narrow(const struct ike_sa *sa, const struct ike_msg *m, struct ike_nego *n)
{
	struct ike_ts_list tsi = m->tsi, tsr = m->tsr;
	struct selectors own = taken_selectors(sa, m, n);
	bool nat = sa->encap && !n->tunnel;

	n->named_remote = nat_view(&tsi, nat && sa->nat_remote, sa->path.remote);
	n->named_local = nat_view(&tsr, nat && sa->nat_local, sa->path.local);
	return ike_ts_narrow(&tsi, &own.remote, &n->ts_remote) &&
	       ike_ts_narrow(&tsr, &own.local, &n->ts_local) &&
	       (!own.hosts || (ike_ts_same(&n->ts_remote, &own.remote) &&
					      ike_ts_same(&n->ts_local, &own.local)));
}

void
ike_nego_names(struct ike_nego *n, const struct ike_peer *p, bool local, bool remote)
{
	if (local && n->named_local == 0)
		n->named_local = p->named_local;
	if (remote && n->named_remote == 0)
		n->named_remote = p->named_remote;
}

/* The answer, one host: the first that was offered, if it is in it, or else the one that the peer
 * chose of any. */
static bool
chosen_host(struct ike_ts_list *answer, const struct ike_ts_list *offered)
{
	struct ike_ts_list first = { .n = 1, .ts = { offered->ts[0] } };
	uint32_t host = answer->n == 1 ? ip_range_host4(&answer->ts[0].addr) : 0;

	if (offered->n == 1)
		return ike_ts_same(answer, offered);
	if (!ike_ts_within(&first, answer) && ip4_is_unicast_host(host))
		first = ike_ts_host(first.ts[0].proto, host);
	if (!ike_ts_within(&first, answer))
		return false;
	*answer = first;
	return true;
}

/* The answer to what we offered: NULL, or what is wrong with it. */
static const char *
narrowed(const struct ike_sa *sa, const struct ike_msg *m, struct ike_nego *n)
{
	const struct ike_child *old = n->old_id != 0 ? ike_child_find(sa->e, n->old_id) : NULL;
	struct selectors own = offered_selectors(sa, n, old, n->tunnel);
	struct ike_ts_list tsi = m->tsi, tsr = m->tsr;
	bool nat = sa->encap && !n->tunnel;

	/* The peer should put our own words back; some answer with what they see. */
	n->named_local = nat_view(&tsi, nat && sa->nat_local, sa->path.local);
	n->named_remote = nat_view(&tsr, nat && sa->nat_remote, sa->path.remote);
	ike_nego_names(n, sa->peer, nat && sa->nat_local, nat && sa->nat_remote);
	if (!ike_ts_within(&tsi, &own.local) || !ike_ts_within(&tsr, &own.remote))
		return "peer chose traffic selectors that were not offered";
	if (own.hosts && (!chosen_host(&tsi, &own.local) || !chosen_host(&tsr, &own.remote)))
		return "peer narrowed the traffic selectors to less than the tunnel";
	n->ts_local = tsi;
	n->ts_remote = tsr;
	return NULL;
}

/* Section 1.3.1: transport mode if the peer asks for it and we want it, or do not mind. */
static bool
judge_mode(struct ike_sa *sa, const struct ike_msg *m, struct ike_nego *n, struct ike_refusal *no)
{
	const struct ike_peer_cfg *cfg = &sa->peer->cfg;
	bool asked = ike_msg_notify(m, IKE_N_USE_TRANSPORT_MODE) != NULL;

	n->tunnel = !asked || (!cfg->transport && !cfg->other_mode);
	if (n->tunnel && cfg->transport && !cfg->other_mode)
		return refused(sa, IKE_CTR_TRANSPORT, no,
				"peer asks for tunnel mode, transport mode is configured");
	if (n->tunnel && asked)
		ike_log(sa->e, LVL_INFO, sa->name,
				"peer asks for transport mode, tunnel mode is configured: "
				"answering with that");
	else if (n->tunnel && cfg->transport)
		ike_log(sa->e, LVL_INFO, sa->name, "peer asks for tunnel mode: accepted");
	return true;
}

/* Initiator: the mode of the answer; NULL, or what is wrong with it. */
static const char *
answered_mode(struct ike_sa *sa, const struct ike_msg *m, struct ike_nego *n)
{
	const struct ike_peer_cfg *cfg = &sa->peer->cfg;
	bool transport = ike_msg_notify(m, IKE_N_USE_TRANSPORT_MODE) != NULL;

	n->tunnel = !transport;
	if (transport && !cfg->transport)
		return "peer chose transport mode, which was not asked for";
	if (!transport && cfg->transport && !cfg->other_mode)
		return "peer insists on tunnel mode";
	if (!transport && cfg->transport)
		ike_log(sa->e, LVL_INFO, sa->name, "peer declines transport mode: tunnel mode");
	return NULL;
}

bool
ike_judge_offer(struct ike_sa *sa, const struct ike_msg *m, enum ike_prop_use use,
		struct ike_nego *n, struct ike_refusal *no)
{
	struct ike_engine *e = sa->e;
	const struct ike_peer_cfg *cfg = &sa->peer->cfg;
	struct rd r = rd_init(m->sa.p, m->sa.len);
	struct ike_sa_payload offer;
	const struct ike_prop *prop;
	struct ike_peer *p;

	no->notify = IKE_N_NO_PROPOSAL_CHOSEN;
	if (ike_sa_parse(&r, &offer) != 0)
		return refused(sa, IKE_CTR_NO_PROPOSAL, no, "peer's proposals are malformed");
	prop = ike_sa_choose(&offer, use, cfg->esp_proposals, cfg->n_esp_proposals, m->ke_group,
			&n->suite);
	if (prop == NULL || spi_of(prop) < 256) {
		char why[sizeof(no->why)];

		ike_proposal_reason("ESP", &offer, cfg->esp_proposals, cfg->n_esp_proposals, why,
				sizeof(why));
		return refused(sa, IKE_CTR_NO_PROPOSAL, no, "%s", why);
	}
	if (n->suite.group != 0 && (m->ke.p == NULL || m->ke_group != n->suite.group ||
						   m->ke.len != ike_group_len(n->suite.group))) {
		ike_count(e, IKE_CTR_INVALID_KE); /* no failure yet: the peer tries again */
		no->notify = IKE_N_INVALID_KE_PAYLOAD;
		no->group = n->suite.group;
		return false;
	}
	if (!judge_mode(sa, m, n, no))
		return false;
	ike_nets_choose(sa, m, n);
	p = ike_nego_peer(sa, n);
	if (!narrow(sa, m, n))
		return refuse_selectors(sa, m, n, no);
	no->notify = IKE_N_NO_ADDITIONAL_SAS;
	if (!ike_child_room(p) || (n->spi_in = e->ops.spi_alloc(e->ctx, p->cfg.tun_id)) == 0)
		return refused(sa, IKE_CTR_NO_ROOM, no, "no room for another Child SA");
	no->notify = 0;
	n->prop_num = prop->num;
	n->spi_out = spi_of(prop);
	return true;
}

const char *
ike_judge_answer(struct ike_sa *sa, const struct ike_msg *m, enum ike_prop_use use,
		struct ike_nego *n)
{
	const struct ike_peer_cfg *cfg = &sa->peer->cfg;
	struct rd r = rd_init(m->sa.p, m->sa.len);
	struct ike_sa_payload answer;
	const struct ike_prop *prop;
	const char *wrong;

	if (m->sa.p == NULL || !m->has_tsi || !m->has_tsr || ike_sa_parse(&r, &answer) != 0)
		return "peer's answer for the Child SA is malformed";
	prop = ike_sa_accept(&answer, use, cfg->esp_proposals, cfg->n_esp_proposals, &n->suite);
	if (prop == NULL || spi_of(prop) < 256)
		return "peer chose an ESP proposal that was not offered";
	if (n->suite.group != 0 && (m->ke.p == NULL || m->ke_group != n->suite.group ||
						   m->ke_group != n->kex.group ||
						   m->ke.len != ike_group_len(n->suite.group)))
		return "peer chose a key exchange that was not offered";
	wrong = answered_mode(sa, m, n);
	if (wrong == NULL)
		wrong = narrowed(sa, m, n);
	if (wrong != NULL)
		return wrong;
	n->spi_out = spi_of(prop);
	return NULL;
}
