/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NAT traversal, RFC 7296 section 2.23. Each side of IKE_SA_INIT sends a hash of the addresses as
 * it knows them; where the other sees other ones, there is a NAT between. Then IKE goes by port
 * 4500 from IKE_AUTH on, ESP in UDP by the same ports, and who is behind the NAT keeps its mapping
 * alive. A NAT that forgets a mapping gives the next packet another port, or address: who is not
 * behind one itself answers to where the last authentic message came from.
 *
 *	branch 10.1.1.2:4500 ---- NAT 198.51.100.9:31337 ---- 1.1.1.2:4500 hub
 *	                              198.51.100.9:31404 ----                  (mapping lost)
 */
#include <string.h>

#include "common/inet.h"
#include "controlplane/ike/ike1_int.h"

#define HASH_LEN 20 /* SHA-1 */

void
ike_put_nat_detection(struct ike_sa *sa, struct ike_chain *c, bool force)
{
	uint64_t spi_r = sa->initiator ? 0 : sa->spi_r;
	const struct ike_path *p = &sa->path;
	struct ike_crypto *crypto = &sa->e->crypto;
	uint8_t hash[HASH_LEN];

	if (ike_nat_hash(crypto, sa->spi_i, spi_r, p->local, p->local_port, hash) != 0)
		return;
	if (force) /* a hash of nothing: as if a NAT had changed our address */
		sa->e->ops.random(sa->e->ctx, hash, sizeof(hash));
	ike_put_notify(c, IKE_N_NAT_DETECTION_SOURCE_IP, hash, sizeof(hash));
	if (ike_nat_hash(crypto, sa->spi_i, spi_r, p->remote, p->remote_port, hash) != 0)
		return;
	ike_put_notify(c, IKE_N_NAT_DETECTION_DESTINATION_IP, hash, sizeof(hash));
}

/* There is a NAT on a side when none of the peer's hashes is the one we see. */
static bool
hash_missing(const struct ike_msg *m, uint16_t type, const uint8_t hash[HASH_LEN], bool *any)
{
	bool missing = false;

	for (unsigned int i = 0; i < m->n_notify; i++) {
		const struct ike_notify *n = &m->notify[i];

		if (n->type != type)
			continue;
		*any = missing = true;
		if (n->data.len == HASH_LEN && memcmp(n->data.p, hash, HASH_LEN) == 0)
			return false;
	}
	return missing;
}

void
ike_nat_check(struct ike_sa *sa, const struct ike_msg *m, const struct ike_peer_cfg *cfg)
{
	const struct ike_path *p = &sa->path;
	struct ike_crypto *crypto = &sa->e->crypto;
	bool spoken = false; /* the peer knows of NAT traversal */
	uint8_t hash[HASH_LEN];

	if (ike_nat_hash(crypto, m->h.spi_i, m->h.spi_r, p->remote, p->remote_port, hash) == 0)
		sa->nat_remote = hash_missing(m, IKE_N_NAT_DETECTION_SOURCE_IP, hash, &spoken);
	if (ike_nat_hash(crypto, m->h.spi_i, m->h.spi_r, p->local, p->local_port, hash) == 0)
		sa->nat_local = hash_missing(m, IKE_N_NAT_DETECTION_DESTINATION_IP, hash, &spoken);
	if (spoken && cfg != NULL && cfg->force_encap)
		sa->nat_local = true;
	if (!sa->nat_local && !sa->nat_remote)
		return;
	sa->encap = cfg == NULL || !cfg->no_nat;
	ike_count(sa->e, IKE_CTR_NAT);
	ike_log_outsider(sa->e, sa->encap ? LVL_INFO : LVL_WARNING, sa->name,
			"NAT detected on the way (%s)%s",
			!sa->nat_remote	 ? "on our side"
			: !sa->nat_local ? "on the peer's side"
					 : "on both sides",
			sa->encap ? ": ESP goes in UDP"
				  : ", NAT traversal is off: traffic may not pass");
}

/* ---- the peer moves ------------------------------------------------------------------------- */

static void
tell(struct ike_engine *e, const char *name, const struct ike_path *was, uint32_t remote,
		uint16_t port)
{
	char from[IP4_STR_LEN], to[IP4_STR_LEN];

	ike_count(e, IKE_CTR_MOVED);
	ike_log(e, LVL_NOTICE, name, "the peer is at %s port %u now, was at %s port %u",
			ip4_str(remote, to), port, ip4_str(was->remote, from), was->remote_port);
}

/* All that there is of @p came through the same NAT. */
static void
move_all(struct ike_peer *p, uint16_t local_port, uint32_t remote, uint16_t port)
{
	struct ike_engine *e = p->e;
	struct ike_child *c;
	struct ike1_sa *o1;
	struct ike_sa *o;

	TAILQ_FOREACH (o, &p->sas, peer_link)
		if (o->nat_remote && o->path.local_port == local_port)
			ike_sa_set_remote(o, remote, port);
	TAILQ_FOREACH (o1, &p->sas1, peer_link) {
		if (!o1->nat_remote || o1->path.local_port != local_port)
			continue;
		o1->path.remote = remote;
		o1->path.remote_port = port;
	}
	ike_keep_touch(p);
	for (struct ike_peer *k = NULL; (k = ike_kin(p, k)) != NULL;)
		TAILQ_FOREACH (c, &k->children, peer_link)
			if (c->encap && e->ops.child_move != NULL)
				e->ops.child_move(e->ctx, c->id, remote, port);
}

static bool
is_elsewhere(const struct ike_path *p, uint32_t remote, uint16_t port)
{
	return p->remote != remote || p->remote_port != port;
}

static void
move(struct ike_sa *sa, uint32_t remote, uint16_t port)
{
	tell(sa->e, sa->name, &sa->path, remote, port);
	ike_sa_set_remote(sa, remote, port);
	if (sa->peer != NULL)
		move_all(sa->peer, sa->path.local_port, remote, port);
}

/*
 * Who is behind a NAT itself does not follow: the peer it called stays where it is, and an
 * attacker on the way could otherwise lead the traffic away (section 2.23).
 */
static bool
may_move(const struct ike_sa *sa)
{
	return sa->nat_remote && !sa->nat_local;
}

bool
ike1_nat_may_move(const struct ike1_sa *sa)
{
	return sa->state == IKE1_UP && sa->peer != NULL && sa->encap && sa->nat_remote &&
	       !sa->nat_local;
}

static void
follow1(struct ike1_sa *sa, uint32_t remote, uint16_t port)
{
	if (!ike1_nat_may_move(sa) || !is_elsewhere(&sa->path, remote, port))
		return;
	tell(sa->e, sa->name, &sa->path, remote, port);
	for (struct ike_peer *p = NULL; (p = ike1_kin(sa->peer, p)) != NULL;)
		move_all(p, sa->path.local_port, remote, port);
}

void
ike1_nat_follow(struct ike1_sa *sa)
{
	if (sa->from.local_port == sa->path.local_port)
		follow1(sa, sa->from.remote, sa->from.remote_port);
}

void
ike_nat_follow(struct ike_sa *sa, const struct ike_path *path, bool request)
{
	bool moved = is_elsewhere(&sa->path, path->remote, path->remote_port);

	/* The initiator goes over to port 4500 with IKE_AUTH, the responder follows. */
	if (request && path->local_port != sa->path.local_port) {
		sa->path.local_port = path->local_port;
		ike_sa_set_remote(sa, path->remote, path->remote_port);
	} else if (moved && sa->state != IKE_SA_UP && sa->path.remote == path->remote) {
		ike_sa_set_remote(sa, path->remote, path->remote_port);
	} else if (moved && may_move(sa)) {
		move(sa, path->remote, path->remote_port);
	}
}

void
ike_child_moved(struct ike_engine *e, uint32_t spi, uint32_t remote, uint16_t remote_port,
		uint64_t now_ms)
{
	struct ike1_sa *sa1 = NULL;
	struct ike_sa *sa = NULL;
	struct ike_child *c;

	ike_advance(e, now_ms);
	LIST_FOREACH (c, &e->by_child_spi[ike_hash32(spi)], spi_link)
		if (c->spi_in == spi)
			break;
	if (c != NULL && c->encap && c->v1)
		sa1 = ike1_peer_sa(c->peer);
	else if (c != NULL && c->encap)
		sa = c->sa != NULL ? c->sa : ike_peer_sa(c->peer);
	if (sa != NULL && may_move(sa) && is_elsewhere(&sa->path, remote, remote_port))
		move(sa, remote, remote_port);
	if (sa1 != NULL)
		follow1(sa1, remote, remote_port);
	ike_settle(e);
}

/* ---- keepalives ----------------------------------------------------------------------------- */

static void
keep_due(void *arg)
{
	struct ike_sa *sa = arg;

	sa->e->ops.keepalive(sa->e->ctx, &sa->path);
	ike_nat_keep(sa);
}

void
ike_nat_keep(struct ike_sa *sa)
{
	if (sa->peer == NULL || !sa->nat_local || !sa->encap || sa->peer->cfg.keepalive_s == 0 ||
			sa->e->ops.keepalive == NULL) {
		timer_stop(&sa->e->timers, &sa->t_keep);
		return;
	}
	sa->t_keep.fn = keep_due;
	sa->t_keep.arg = sa;
	timer_set(&sa->e->timers, &sa->t_keep,
			sa->e->now + sa->peer->cfg.keepalive_s * UINT64_C(1000));
}

void
ike_nat_inherit(const struct ike_sa *from, struct ike_sa *to)
{
	to->nat_local = from->nat_local;
	to->nat_remote = from->nat_remote;
	to->encap = from->encap;
	to->path.local_port = from->path.local_port;
	ike_sa_set_remote(to, from->path.remote, from->path.remote_port);
}
