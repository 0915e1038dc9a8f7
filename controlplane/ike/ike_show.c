/* SPDX-License-Identifier: BSD-3-Clause */
/* What people read: snapshots of IKE SAs, Child SAs and peers. */
#include <stdio.h>
#include <string.h>

#include "controlplane/ike/ike1_int.h"

static uint32_t
seconds_since(uint64_t then, uint64_t now_ms)
{
	return now_ms > then ? (uint32_t)((now_ms - then) / 1000) : 0;
}

static uint32_t
seconds_until(const struct timer *t, uint64_t now_ms)
{
	if (!t->on)
		return UINT32_MAX;
	return t->due_ms > now_ms ? (uint32_t)((t->due_ms - now_ms) / 1000) : 0;
}

static void
weak_add(char *buf, size_t len, bool weak, const char *name)
{
	size_t n = strlen(buf);

	if (weak)
		snprintf(buf + n, len - n, "%s%s", n > 0 ? " " : "", name);
}

/* What of a suite RFC 8221 and RFC 8247 advise against. A prf goes unnamed: HMAC-SHA1 is not weak
 * as one. */
static void
weak_of(const struct ike_suite *s, char *buf, size_t len)
{
	const struct ike_encr_alg *e = ike_encr_alg(s->encr, s->key_bits);
	const struct ike_integ_alg *i = ike_integ_alg(s->integ);
	const struct ike_group_alg *g = ike_group_alg(s->group);

	buf[0] = '\0';
	if (e != NULL)
		weak_add(buf, len, e->weak, e->name);
	if (i != NULL)
		weak_add(buf, len, i->weak, i->name);
	if (g != NULL)
		weak_add(buf, len, g->weak, g->name);
}

static void
show_child(const struct ike_child *c, uint64_t now_ms, struct ike_child_show *s)
{
	memset(s, 0, sizeof(*s));
	s->id = c->id;
	s->spi_in = c->spi_in;
	s->spi_out = c->spi_out;
	s->tun_id = c->peer->cfg.tun_id;
	ike_suite_str(&c->suite, s->alg, sizeof(s->alg));
	s->tunnel = c->tunnel;
	weak_of(&c->suite, s->weak, sizeof(s->weak));
	snprintf(s->group, sizeof(s->group), "%s", ike_group_str(c->suite.group));
	s->esn = c->suite.esn;
	s->current = c->peer->out == c;
	s->age_s = seconds_since(c->born_ms, now_ms);
	s->rekey_in_s = seconds_until(&c->t_rekey, now_ms);
	s->n_rekeys = c->n_rekeys;
	s->ts_local = c->ts_local;
	s->ts_remote = c->ts_remote;
}

/* Draining ones belong to no IKE SA any more; they are shown with the peer's newest. */
static bool
shown_with(const struct ike_child *c, struct ike_sa *sa)
{
	return c->sa == sa || (c->sa == NULL && ike_peer_sa(sa->peer) == sa);
}

/* What SAs of both versions have: filled from either by their own names for it. */
struct common {
	const char *name, *state, *remote_id;
	uint64_t spi_i, spi_r, born_ms;
	const struct ike_path *path;
	const struct ike_suite *suite;
	const struct timer *rekey;
	const struct ike_proof *proof;
	bool initiator, encap, nat_local, nat_remote;
};

static void
show_proof(const struct ike_proof *p, struct ike_sa_show *s)
{
	s->cert_until_s = INT64_MAX;
	if (p == NULL)
		return;
	memcpy(s->auth_local, p->local, sizeof(s->auth_local));
	memcpy(s->auth_remote, p->remote, sizeof(s->auth_remote));
	memcpy(s->subject, p->subject, sizeof(s->subject));
	s->cert_until_s = p->not_after_s;
	s->ppk = p->ppk;
}

static void
show_common(const struct common *c, uint64_t now_ms, struct ike_sa_show *s)
{
	memset(s, 0, offsetof(struct ike_sa_show, children)); /* which are many: one by one */
	snprintf(s->peer, sizeof(s->peer), "%s", c->name);
	snprintf(s->state, sizeof(s->state), "%s", c->state);
	snprintf(s->remote_id, sizeof(s->remote_id), "%s", c->remote_id);
	s->spi_i = c->spi_i;
	s->spi_r = c->spi_r;
	s->local = c->path->local;
	s->local_port = c->path->local_port;
	s->remote = c->path->remote;
	s->remote_port = c->path->remote_port;
	s->initiator = c->initiator;
	s->encap = c->encap;
	s->nat_local = c->nat_local;
	s->nat_remote = c->nat_remote;
	ike_suite_str(c->suite, s->proposal, sizeof(s->proposal));
	weak_of(c->suite, s->weak, sizeof(s->weak));
	s->age_s = seconds_since(c->born_ms, now_ms);
	s->rekey_in_s = seconds_until(c->rekey, now_ms);
	show_proof(c->proof, s);
}

static void
add_child(struct ike_sa_show *s, const struct ike_child *c, uint64_t now_ms)
{
	if (s->n_children < sizeof(s->children) / sizeof(s->children[0]))
		show_child(c, now_ms, &s->children[s->n_children++]);
}

static void
show_sa(struct ike_sa *sa, uint64_t now_ms, struct ike_sa_show *s)
{
	bool rekeying = sa->active != NULL && sa->active->kind == IKE_TASK_IKE_REKEY;
	struct common common = { .name = sa->name,
		.state = rekeying ? "rekeying" : ike_sa_state_str(sa->state),
		.remote_id = sa->remote_id,
		.spi_i = sa->spi_i,
		.spi_r = sa->spi_r,
		.born_ms = sa->born_ms,
		.path = &sa->path,
		.suite = &sa->suite,
		.rekey = &sa->t_rekey,
		.proof = sa->proof,
		.initiator = sa->initiator,
		.encap = sa->encap,
		.nat_local = sa->nat_local,
		.nat_remote = sa->nat_remote };

	show_common(&common, now_ms, s);
	s->version = 2;
	s->restored = sa->restored;
	s->n_rekeys = sa->n_rekeys;
	s->frag_mtu = sa->frag ? sa->frag_mtu : 0;
}

static void
add_children(struct ike_sa *sa, const struct ike_peer *p, uint64_t now_ms, struct ike_sa_show *s)
{
	const struct ike_child *c;

	TAILQ_FOREACH (c, &p->children, peer_link)
		if (shown_with(c, sa))
			add_child(s, c, now_ms);
}

void
ike_show_sa(struct ike_sa *sa, uint64_t now_ms, struct ike_sa_show *s)
{
	struct ike_peer *p = NULL;

	show_sa(sa, now_ms, s);
	while (sa->peer != NULL && (p = ike_kin(sa->peer, p)) != NULL)
		add_children(sa, p, now_ms, s);
}

static void
show_sa1(struct ike1_sa *sa, uint64_t now_ms, struct ike_sa_show *s)
{
	struct common common = { .name = sa->name,
		.state = ike1_sa_state_str(sa),
		.remote_id = sa->remote_id,
		.spi_i = sa->ck_i,
		.spi_r = sa->ck_r,
		.born_ms = sa->born_ms,
		.path = &sa->path,
		.suite = &sa->suite.s,
		.rekey = &sa->t_rekey,
		.proof = sa->proof,
		.initiator = sa->initiator,
		.encap = sa->encap,
		.nat_local = sa->nat_local,
		.nat_remote = sa->nat_remote };

	show_common(&common, now_ms, s);
	s->version = 1;
	s->frag_mtu = sa->can & IKE1_CAN_FRAGMENTS && sa->peer != NULL ? sa->peer->cfg.frag_mtu : 0;
	s->restored = sa->restored;
}

static void
add_children1(const struct ike_peer *p, uint64_t now_ms, struct ike_sa_show *s)
{
	const struct ike_child *c;

	TAILQ_FOREACH (c, &p->children, peer_link)
		if (c->v1)
			add_child(s, c, now_ms);
}

void
ike_show_sa1(struct ike1_sa *sa, uint64_t now_ms, struct ike_sa_show *s)
{
	show_sa1(sa, now_ms, s);
	if (sa->peer == NULL || ike1_peer_sa(sa->peer) != sa)
		return;
	for (struct ike_peer *p = NULL; (p = ike1_kin(sa->peer, p)) != NULL;)
		add_children1(p, now_ms, s);
}

void
ike_for_each_sa(const struct ike_engine *e, uint64_t now_ms,
		void (*fn)(void *arg, const struct ike_sa_show *sa), void *arg)
{
	struct ike1_sa *sa1;
	struct ike_sa *sa;

	TAILQ_FOREACH (sa, &e->sas, all_link) {
		struct ike_sa_show s;

		ike_show_sa(sa, now_ms, &s);
		fn(arg, &s);
	}
	TAILQ_FOREACH (sa1, &e->sas1, all_link) {
		struct ike_sa_show s;

		ike_show_sa1(sa1, now_ms, &s);
		fn(arg, &s);
	}
}

bool
ike_peer_sa_show(const struct ike_engine *e, const char *peer, uint64_t now_ms,
		struct ike_sa_show *out)
{
	struct ike_peer *p = ike_peer_find(e, peer), *head = p != NULL ? ike_head(p) : NULL;
	struct ike1_sa *o;
	struct ike_sa *sa;

	if (head == NULL)
		return false;
	sa = ike_peer_sa(p) != NULL ? ike_peer_sa(p) : TAILQ_LAST(&head->sas, ike_peer_sas);
	o = ike1_peer_sa(p) != NULL ? ike1_peer_sa(p) : TAILQ_LAST(&p->sas1, ike1_sas);
	if (sa != NULL) {
		show_sa(sa, now_ms, out);
		add_children(sa, p, now_ms, out);
	} else if (o != NULL) {
		show_sa1(o, now_ms, out);
	}
	if (sa == NULL && o != NULL && ike1_peer_sa(p) == o)
		add_children1(p, now_ms, out);
	return sa != NULL || o != NULL;
}

/* RFC 3706 section 5.1: only who has sent its vendor id is asked. */
static bool
dpd_unable(const struct ike_peer *p)
{
	struct ike1_sa *sa = ike1_peer_sa(ike_peer_find(p->e, p->cfg.name));

	return p->cfg.dpd_interval_s != 0 && sa != NULL && !(sa->can & IKE1_CAN_DPD);
}

void
ike_show_peer(const struct ike_peer *p, uint64_t now_ms, struct ike_peer_show *s)
{
	*s = (struct ike_peer_show){ .state = p->state };
	memcpy(s->name, p->cfg.name, sizeof(s->name));
	memcpy(s->why, p->why, sizeof(s->why));
	s->dpd_unable = dpd_unable(p);
	s->dpd_worst_s = s->dpd_unable ? 0 : ike_dpd_worst_s(&p->cfg);
	s->since_s = seconds_since(p->since_ms, now_ms);
	s->retry_in_s = p->t_retry.on ? seconds_until(&p->t_retry, now_ms) : 0;
	ike_live_show(p, now_ms, &s->live);
}

void
ike_for_each_peer(const struct ike_engine *e, uint64_t now_ms,
		void (*fn)(void *arg, const struct ike_peer_show *p), void *arg)
{
	struct ike_peer *p;

	TAILQ_FOREACH (p, &e->peers, all_link) {
		struct ike_peer_show s;

		ike_show_peer(p, now_ms, &s);
		fn(arg, &s);
	}
}

bool
ike_peer_show(struct ike_engine *e, const char *name, uint64_t now_ms, struct ike_peer_show *out)
{
	const struct ike_peer *p = ike_peer_find(e, name);

	if (p != NULL)
		ike_show_peer(p, now_ms, out);
	return p != NULL;
}

/* ---- Child SAs ------------------------------------------------------------------------------ */

bool
ike_child_exists(const struct ike_engine *e, uint64_t id)
{
	const struct ike_child *c;

	LIST_FOREACH (c, &e->by_id[ike_hash64(id)], id_link)
		if (c->id == id)
			return true;
	return false;
}

uint32_t
ike_tunnels_at(const struct ike_engine *e, uint32_t remote, uint32_t *tun_ids, uint32_t max)
{
	const struct ike_peer *p;
	uint32_t n = 0;

	LIST_FOREACH (p, &e->by_addr[ike_hash32(remote)], remote_link)
		if (p->cfg.remote == remote && n < max)
			tun_ids[n++] = p->cfg.tun_id;
	return n;
}
