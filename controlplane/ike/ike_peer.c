/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Peers: what configuration knows of a gateway, and what the engine does to keep it connected.
 *
 *	IDLE         waits for traffic (acquire) or for the peer
 *	CONNECTING   IKE_SA_INIT or IKE_AUTH is under way
 *	ESTABLISHED  traffic can flow
 *	NO_CHILD     an IKE SA without a Child SA
 *	RETRY        failed; waits, longer each time, before it tries again
 *
 * The state is not kept but computed from what there is (ike_peer_update), so it cannot lie.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "common/inet.h"
#include "controlplane/ike/ike1_int.h"

#define RETRY_MIN_MS 1000
#define RETRY_MAX_MS 60000
#define PROVEN_MS    60000 /* a reason that anybody may have caused does not hide another one */
#define REASON_MS    1000  /* nor does it change more often */
#define STABLE_MS    30000 /* what lived shorter than that counts as one more failure */

const char *
ike_peer_state_str(enum ike_peer_state s)
{
	switch (s) {
	case IKE_PEER_IDLE:
		return "idle";
	case IKE_PEER_CONNECTING:
		return "connecting";
	case IKE_PEER_ESTABLISHED:
		return "established";
	case IKE_PEER_NO_CHILD:
		return "no-child";
	case IKE_PEER_RETRY:
		return "retry";
	}
	return "?";
}

static unsigned int
hash_name(const char *name)
{
	uint32_t h = 2166136261u;

	for (; *name != '\0'; name++)
		h = (h ^ (uint8_t)*name) * 16777619u;
	return ike_hash32(h);
}

struct ike_peer *
ike_peer_find(const struct ike_engine *e, const char *name)
{
	struct ike_peer *p;

	LIST_FOREACH (p, &e->by_name[hash_name(name)], name_link)
		if (strcmp(p->cfg.name, name) == 0)
			return p;
	return NULL;
}

/* The next peer in one bucket from @p on whose addresses and version fit, and who may be called. */
static struct ike_peer *
match_from(struct ike_peer *p, uint32_t local, uint32_t remote, bool v1)
{
	while (p != NULL && (p->cfg.local != local || p->cfg.remote != remote ||
					    (p->cfg.version == 1) != v1 || ike_is_member(p)))
		p = LIST_NEXT(p, remote_link);
	return p;
}

static struct ike_peer *
match(struct ike_engine *e, uint32_t local, uint32_t remote, struct ike_peer *prev, bool v1)
{
	struct ike_peer *p = NULL;

	if (prev == NULL)
		p = match_from(LIST_FIRST(&e->by_addr[ike_hash32(remote)]), local, remote, v1);
	else if (prev->cfg.remote != 0)
		p = match_from(LIST_NEXT(prev, remote_link), local, remote, v1);
	else
		return match_from(LIST_NEXT(prev, remote_link), local, 0, v1);
	return p != NULL ? p : match_from(LIST_FIRST(&e->by_addr[ike_hash32(0)]), local, 0, v1);
}

struct ike_peer *
ike_peer_match(struct ike_engine *e, uint32_t local, uint32_t remote, struct ike_peer *prev)
{
	return match(e, local, remote, prev, false);
}

struct ike_peer *
ike1_peer_match(struct ike_engine *e, uint32_t local, uint32_t remote, struct ike_peer *prev)
{
	return match(e, local, remote, prev, true);
}

/* Of an identity; names do not know case, so neither does the bucket. */
unsigned int
ike_id_bucket(uint8_t type, const uint8_t *data, size_t len)
{
	uint32_t h = (2166136261u ^ type) * 16777619u;

	if (type == IKE_ID_DER_ASN1_DN)
		return ike_hash32(ike_dn_hash(data, len));

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint32_t)tolower(data[i])) * 16777619u;
	return ike_hash32(h);
}

static bool
claims(const struct ike_peer *p, const struct ike_path *path, const struct ike_blob *idi,
		const struct ike_blob *idr, bool v1)
{
	return (p->cfg.version == 1) == v1 && p->cfg.local == path->local &&
	       (p->cfg.remote == 0 || p->cfg.remote == path->remote) &&
	       ike_name_of(&p->cfg, idi) != NULL &&
	       (idr->p == NULL || ike_id_matches(idr, &p->cfg.local_id));
}

/* Does @p, who has @name there, fit better than @best? An exact address does, then a plain name,
 * then the pattern that says most. */
static bool
fits_better(const struct ike_peer *p, const struct ike_id *name, const struct ike_peer *best,
		const struct ike_id *best_name)
{
	if (best == NULL || (p->cfg.remote != 0) != (best->cfg.remote != 0))
		return best == NULL || p->cfg.remote != 0;
	return ike_name_better(name, best_name);
}

/* Of those with wildcards or several names the best. */
static struct ike_peer *
claimed_by_pattern(struct ike_engine *e, const struct ike_path *path, const struct ike_blob *idi,
		const struct ike_blob *idr, bool v1)
{
	const struct ike_id *name, *best_name = NULL;
	struct ike_peer *p, *best = NULL;

	LIST_FOREACH (p, &e->by_pattern, id_link) {
		if (!claims(p, path, idi, idr, v1))
			continue;
		name = ike_name_of(&p->cfg, idi);
		if (!fits_better(p, name, best, best_name))
			continue;
		best = p;
		best_name = name;
	}
	return best;
}

static struct ike_peer *
claimed(struct ike_engine *e, const struct ike_path *path, const struct ike_blob *idi,
		const struct ike_blob *idr, bool v1)
{
	unsigned int bucket = ike_id_bucket(idi->p[0], idi->p + 4, idi->len - 4);
	struct ike_peer *p, *any = NULL;

	LIST_FOREACH (p, &e->by_remote_id[bucket], id_link) {
		if (!claims(p, path, idi, idr, v1))
			continue;
		if (p->cfg.remote != 0)
			return p;
		any = p;
	}
	return any != NULL ? any : claimed_by_pattern(e, path, idi, idr, v1);
}

struct ike_peer *
ike_peer_claimed(struct ike_engine *e, const struct ike_path *path, const struct ike_blob *idi,
		const struct ike_blob *idr)
{
	return claimed(e, path, idi, idr, false);
}

struct ike_peer *
ike1_peer_claimed(struct ike_engine *e, const struct ike_path *path, const struct ike_blob *body)
{
	const struct ike_blob none = { .p = NULL };
	uint8_t plain[4 + IKE_ID_MAX];
	struct ike_blob id = { .p = plain, .len = body->len };

	if (body->len < 4 || body->len > sizeof(plain))
		return NULL;
	memcpy(plain, body->p, body->len);
	memset(plain + 1, 0, 3); /* protocol and port are no part of the name */
	return claimed(e, path, &id, &none, true);
}

struct ike_sa *
ike_peer_sa(struct ike_peer *p)
{
	struct ike_sa *sa, *best = NULL;

	p = ike_head(p);
	if (p == NULL)
		return NULL;
	TAILQ_FOREACH (sa, &p->sas, peer_link)
		if (sa->state == IKE_SA_UP && !sa->redundant)
			best = sa; /* the newest */
	return best;
}

static struct ike_sa *
connecting(struct ike_peer *p)
{
	struct ike_sa *sa;

	p = ike_head(p);
	if (p == NULL)
		return NULL;
	TAILQ_FOREACH (sa, &p->sas, peer_link)
		if (sa->state == IKE_SA_INIT || sa->state == IKE_SA_AUTH)
			return sa;
	return NULL;
}

static bool
can_initiate(const struct ike_peer *p)
{
	return (p->cfg.may_initiate || p->cfg.initiate) && p->cfg.remote != 0;
}

/* ... or ask for a Child SA under the IKE SA of a peer that has called from wherever it is. */
static bool
can_ask(struct ike_peer *p)
{
	return can_initiate(p) || ((p->cfg.may_initiate || p->cfg.initiate) &&
				      (ike_peer_sa(p) != NULL || ike1_peer_sa(p) != NULL));
}

static enum ike_peer_state
state_now(struct ike_peer *p)
{
	if (p->out != NULL)
		return IKE_PEER_ESTABLISHED;
	if (ike_peer_sa(p) != NULL || ike1_peer_sa(p) != NULL)
		return IKE_PEER_NO_CHILD;
	if (connecting(p) != NULL || ike1_peer_connecting(p) != NULL)
		return IKE_PEER_CONNECTING;
	return p->t_retry.on || (p->head != NULL && p->head->t_retry.on) ? IKE_PEER_RETRY
									: IKE_PEER_IDLE;
}

void
ike_peer_update(struct ike_peer *p, const char *why)
{
	enum ike_peer_state s = state_now(p);

	if (s == p->state && (why == NULL || strcmp(why, p->why) == 0))
		return;
	if (s != p->state)
		p->since_ms = p->e->now;
	ike_live_state(p, p->state, s, why);
	p->state = s;
	if (why != NULL)
		snprintf(p->why, sizeof(p->why), "%s", why);
	p->e->ops.peer_state(p->e->ctx, p->cfg.name, s, p->why);
	if (!ike_is_member(p) && s != IKE_PEER_ESTABLISHED)
		ike_nets_update(p, p->why);
	else if (!ike_is_member(p))
		ike_nets_update(p, NULL);
}

void
ike_peer_connect(struct ike_peer *p)
{
	struct ike_path path = { .local = p->cfg.local,
		.remote = p->cfg.remote,
		.local_port = IKE_PORT,
		.remote_port = IKE_PORT };
	bool wanted = p->wanted;
	struct ike_task *t;
	struct ike_sa *sa;

	if (ike_is_member(p)) {
		ike_member_connect(p);
		return;
	}
	if (!can_initiate(p) || connecting(p) != NULL)
		return;
	p->wanted = false;
	ike_live_stage(p, IKE_STAGE_CALLED);
	if (p->cfg.version == 1) {
		ike1_peer_connect(p);
		return;
	}
	timer_stop(&p->e->timers, &p->t_retry);
	sa = ike_sa_new(p->e, p, true, &path);
	if (sa == NULL) {
		ike_peer_lost(p, "too many IKE SAs");
		return;
	}
	ike_sa_set_state(sa, IKE_SA_INIT);
	if (p->out == NULL)
		ike_peer_update(p, "connecting");
	t = ike_task_new(sa, IKE_TASK_INIT);
	if (t == NULL) {
		ike_sa_fail(sa, "out of memory");
		return;
	}
	t->urgent = wanted;
	ike_task_queue(t, false);
}

/* The wait is over: what is missing? */
static void
retry_due(void *arg)
{
	struct ike_peer *p = arg;
	struct ike_sa *sa = ike_peer_sa(p);

	if (p->out != NULL || connecting(p) != NULL)
		return;
	if (!p->cfg.initiate && !p->wanted) {
		p->n_fail = 0;
		ike_peer_update(p, NULL);
	} else if (p->cfg.version == 1) {
		p->wanted = false;
		ike1_want_child(p, NULL);
	} else if (sa != NULL) {
		ike_new_child(sa, p);
	} else {
		ike_peer_connect(p);
	}
}

/* A member asks again while there is an IKE SA; else its head calls. */
static bool
may_retry(struct ike_peer *p)
{
	return ike_is_member(p) ? can_ask(p) && ike_peer_sa(p) != NULL : can_initiate(p);
}

void
ike_peer_lost(struct ike_peer *p, const char *why)
{
	struct ike_engine *e = p->e;
	uint64_t ms;

	if (p->out != NULL) {
		ike_peer_update(p, NULL); /* another one carries the traffic */
		return;
	}
	if (may_retry(p) && connecting(p) == NULL && ike1_peer_connecting(p) == NULL) {
		if (p->state == IKE_PEER_ESTABLISHED && e->now - p->since_ms >= STABLE_MS)
			p->n_fail = 0;
		ms = (uint64_t)RETRY_MIN_MS << (p->n_fail < 6 ? p->n_fail : 6);
		if (ms > RETRY_MAX_MS)
			ms = RETRY_MAX_MS;
		p->n_fail++;
		timer_set(&e->timers, &p->t_retry, e->now + ike_jitter(e, ms, 25));
	}
	ike_peer_update(p, why);
	if (!ike_is_member(p) && ike_peer_sa(p) == NULL)
		ike_nets_lost(p, why);
}

void
ike_peer_refused(struct ike_peer *p, bool proven, const char *why)
{
	uint64_t now = p->e->now;

	if (p->out != NULL ||
			(!proven && (ike_peer_sa(p) != NULL || ike1_peer_sa(p) != NULL)))
		return;
	if (!proven && ((p->proven_ms != 0 && now < p->proven_ms + PROVEN_MS) ||
				       (p->refused_ms != 0 && now < p->refused_ms + REASON_MS)))
		return;
	p->refused_ms = now;
	if (proven)
		p->proven_ms = now;
	ike_peer_update(p, why);
}

static void
caller_refused(struct ike_engine *e, const struct ike_path *path, bool v1, bool proven,
		const char *what)
{
	struct ike_peer *p = NULL;
	char why[160], addr[IP4_STR_LEN];

	snprintf(why, sizeof(why), "peer %s %s", ip4_str(path->remote, addr), what);
	while ((p = match(e, path->local, path->remote, p, v1)) != NULL &&
			p->cfg.remote == path->remote)
		ike_peer_refused(p, proven, why);
}

void
ike_caller_refused(struct ike_engine *e, const struct ike_path *path, bool proven, const char *what)
{
	caller_refused(e, path, false, proven, what);
}

void
ike1_caller_refused(struct ike_engine *e, const struct ike_path *path, bool proven,
		const char *what)
{
	caller_refused(e, path, true, proven, what);
}

void
ike_caller_critical(struct ike_engine *e, const struct ike_path *path, bool proven, uint8_t type)
{
	char what[80];

	snprintf(what, sizeof(what), "sends a critical payload of type %u, which we do not know",
			type);
	ike_caller_refused(e, path, proven, what);
}

void
ike_peer_good(struct ike_peer *p, const char *why)
{
	struct ike_sa *sa = ike_peer_sa(p);

	p->wanted = false;
	p->proven_ms = p->refused_ms = 0;
	timer_stop(&p->e->timers, &p->t_retry);
	if (p->state == IKE_PEER_ESTABLISHED && p->out != NULL)
		why = NULL; /* nothing new for the operator */
	else if (sa != NULL && (sa->nat_local || sa->nat_remote) && !sa->encap)
		why = "up, but a NAT is on the way and NAT traversal is off: traffic may not pass";
	ike_peer_update(p, why);
}

/* ---- configuration -------------------------------------------------------------------------- */

static void
link_cfg(struct ike_peer *p)
{
	struct ike_engine *e = p->e;

	LIST_INSERT_HEAD(&e->by_name[hash_name(p->cfg.name)], p, name_link);
	LIST_INSERT_HEAD(&e->by_tun[ike_hash32(p->cfg.tun_id)], p, tun_link);
	LIST_INSERT_HEAD(&e->by_addr[ike_hash32(p->cfg.remote)], p, remote_link);
	ike_nets_link(p);
	if (ike_is_member(p))
		return;
	if (!ike_names_one(&p->cfg))
		LIST_INSERT_HEAD(&e->by_pattern, p, id_link);
	else
		LIST_INSERT_HEAD(&e->by_remote_id[ike_id_bucket(p->cfg.remote_id.type,
						 p->cfg.remote_id.data, p->cfg.remote_id.len)],
				p, id_link);
}

/* What the engine tells and asks whoever calls, before it knows who it is. */
static void
count_cfg(struct ike_engine *e, const struct ike_peer_cfg *cfg, int by)
{
	struct ike_cred *c = cfg->auth_remote != IKE_AUTHN_PSK ? cfg->cred : NULL;
	unsigned int i = 0;

	e->n_ppk_peers += (uint32_t)(cfg->ppk_len != 0 ? by : 0);
	if (c == NULL)
		return;
	e->n_cert_peers += (uint32_t)by;
	while (i < e->n_creds && e->creds[i].cred != c)
		i++;
	if (i == IKE_MAX_CREDS || (i == e->n_creds && by < 0))
		return;
	if (i == e->n_creds)
		e->creds[e->n_creds++] = (struct ike_cred_use){ .cred = c };
	e->creds[i].n += (uint32_t)by;
	if (e->creds[i].n == 0)
		e->creds[i] = e->creds[--e->n_creds];
}

/* @from NULL: it goes. */
static void
assign_cfg(struct ike_peer *p, const struct ike_peer_cfg *from)
{
	struct ike_cred *old = p->cfg.cred;

	count_cfg(p->e, &p->cfg, -1);
	if (from != NULL) {
		ike_cred_ref(from->cred);
		p->cfg = *from;
		count_cfg(p->e, &p->cfg, 1);
	} else {
		p->cfg.cred = NULL;
	}
	ike_cred_unref(old);
}

static void
unlink_cfg(struct ike_peer *p)
{
	LIST_REMOVE(p, name_link);
	LIST_REMOVE(p, tun_link);
	LIST_REMOVE(p, remote_link);
	LIST_REMOVE(p, id_link);
}

/* DELETE for all IKE SAs; no Child SA is left afterwards. */
static void
drop_all(struct ike_peer *p)
{
	struct ike_sa *sa, *next;
	struct ike_child *c;

	for (sa = TAILQ_FIRST(&p->sas); sa != NULL; sa = next) {
		next = TAILQ_NEXT(sa, peer_link);
		ike_sa_delete(sa);
	}
	TAILQ_FOREACH (c, &p->children, peer_link)
		if (c->v1)
			ike1_child_farewell(c);
	ike1_peer_drop(p);
	ike_children_drop(p);
	timer_stop(&p->e->timers, &p->t_retry);
	timer_stop(&p->e->timers, &p->t_move);
	p->n_fail = 0;
	p->group = 0;
	p->proven_ms = p->refused_ms = 0;
}

/* ... and for all that have its ISAKMP SA in common. */
static void
drop_gateway(struct ike_peer *p)
{
	struct ike1_sa *sa;
	struct ike_peer *o;

	for (o = NULL; (o = ike1_kin(p, o)) != NULL;)
		drop_all(o);
	for (o = NULL; (o = ike1_kin(p, o)) != NULL;)
		while ((sa = TAILQ_FIRST(&o->sas1)) != NULL)
			ike1_sa_delete(sa);
}

void
ike_peer_drop(struct ike_peer *p, const char *why)
{
	drop_gateway(p);
	for (struct ike_peer *o = NULL; (o = ike1_kin(p, o)) != NULL;)
		ike_peer_lost(o, why);
}

static void
start_over(struct ike_peer *p, const char *why)
{
	struct ike_sa *sa = ike_peer_sa(p);

	ike_peer_update(p, why);
	if (p->cfg.initiate && sa != NULL)
		ike_new_child(sa, p);
	else if (p->cfg.initiate)
		ike_peer_connect(p);
}

static void
start_over_gateway(struct ike_peer *p, const char *why)
{
	for (struct ike_peer *o = NULL; (o = ike1_kin(p, o)) != NULL;)
		start_over(o, why);
}

static struct ike_peer *
peer_new(struct ike_engine *e)
{
	struct ike_peer *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->e = e;
	p->since_ms = e->now;
	p->t_retry = (struct timer){ .fn = retry_due, .arg = p };
	ike_move_init(p);
	LIST_INIT(&p->members);
	TAILQ_INIT(&p->sas);
	TAILQ_INIT(&p->sas1);
	TAILQ_INIT(&p->quicks1);
	TAILQ_INIT(&p->children);
	TAILQ_INSERT_TAIL(&e->peers, p, all_link);
	return p;
}

/* Timers of what is up already follow the new configuration at their next turn; DPD at once. */
static void
take_over(struct ike_peer *p, const struct ike_peer_cfg *cfg)
{
	struct ike_sa *sa;

	if (p->cfg.cred != cfg->cred)
		ike_review_soon(p->e);
	assign_cfg(p, cfg);
	TAILQ_FOREACH (sa, &p->sas, peer_link)
		ike_sa_retime(sa);
	if (cfg->initiate && state_now(p) == IKE_PEER_IDLE)
		ike_peer_connect(p);
}

/* Up, and nothing is new but what its name means. */
static bool
may_move(const struct ike_peer *p, const struct ike_peer_cfg *cfg)
{
	return p->out != NULL && p->cfg.named && cfg->named && cfg->remote != 0 &&
	       ike_terms_same(&p->cfg, cfg, false);
}

int
ike_peer_set(struct ike_engine *e, const struct ike_peer_cfg *cfg, uint64_t now_ms)
{
	struct ike_peer *p;

	ike_advance(e, now_ms);
	if (!ike_terms_valid(cfg))
		return -EINVAL;
	p = ike_peer_find(e, cfg->name);
	if (p != NULL && ike_terms_same(&p->cfg, cfg, true)) {
		take_over(p, cfg);
		ike_settle(e);
		return 0;
	}
	if (p != NULL && may_move(p, cfg)) {
		unlink_cfg(p);
		assign_cfg(p, cfg);
		link_cfg(p);
		if (!ike_move(p)) {
			drop_all(p);
			start_over(p, "its name has another address");
		}
		ike_settle(e);
		return 0;
	}
	if (p != NULL) {
		bool moved = p->cfg.named && cfg->named && p->cfg.remote != cfg->remote;

		/* Another first policy: the IKE SA goes on with its other Child SAs. */
		if (ike_has_kin(p) && ike_terms_other_nets(&p->cfg, cfg))
			ike_children_drop(p);
		else
			drop_all(p);
		unlink_cfg(p);
		ike_keep_forget(p);
		assign_cfg(p, cfg);
		link_cfg(p);
		start_over(p, moved ? "it has another address" : "configuration changed");
		ike_settle(e);
		return 0;
	}
	p = peer_new(e);
	if (p == NULL)
		return -ENOMEM;
	assign_cfg(p, cfg);
	link_cfg(p);
	snprintf(p->why, sizeof(p->why), "waiting for %s",
			can_initiate(p) ? "traffic" : "the peer");
	if (!ike_keep_restore(p) && cfg->initiate)
		ike_peer_connect(p);
	ike_auth_again(p);
	ike1_group_peer(p);
	ike_settle(e);
	return 0;
}

void
ike_peer_free(struct ike_peer *p)
{
	struct ike_engine *e = p->e;
	struct ike_sa *sa;

	drop_all(p);
	while ((sa = TAILQ_FIRST(&p->sas)) != NULL) {
		TAILQ_REMOVE(&p->sas, sa, peer_link);
		sa->peer = NULL; /* its DELETE goes on without */
	}
	ike_nets_unlink(p);
	unlink_cfg(p);
	ike_keep_forget(p);
	assign_cfg(p, NULL);
	ike_walks_leave_peer(e, p);
	TAILQ_REMOVE(&e->peers, p, all_link);
	OPENSSL_cleanse(p, sizeof(*p));
	free(p);
}

void
ike_peer_del(struct ike_engine *e, const char *name, uint64_t now_ms)
{
	struct ike_peer *p;

	ike_advance(e, now_ms);
	p = ike_peer_find(e, name);
	if (p != NULL)
		ike_peer_free(p);
	ike_settle(e);
}

void
ike_peer_clear(struct ike_engine *e, const char *name, uint64_t now_ms)
{
	struct ike_peer *p;

	ike_advance(e, now_ms);
	TAILQ_FOREACH (p, &e->peers, all_link)
		if (name == NULL || strcmp(p->cfg.name, name) == 0)
			drop_gateway(p);
	TAILQ_FOREACH (p, &e->peers, all_link)
		if (name == NULL || strcmp(p->cfg.name, name) == 0)
			start_over_gateway(p, "cleared by the operator");
	ike_settle(e);
}

void
ike_peer_clear_children(struct ike_engine *e, const char *name, uint64_t now_ms)
{
	struct ike_child *c, *next;
	struct ike_peer *p;
	bool had;

	ike_advance(e, now_ms);
	p = ike_peer_find(e, name);
	if (p == NULL)
		return;
	had = p->out != NULL;
	for (c = TAILQ_FIRST(&p->children); c != NULL; c = next) {
		next = TAILQ_NEXT(c, peer_link);
		if (c->sa != NULL)
			ike_queue_child_delete(c->sa, 0, c->spi_in);
		else if (c->v1)
			ike1_child_farewell(c);
		ike_child_remove(c);
	}
	if (had || p->t_retry.on) {
		/* No failure, however often it has failed before. */
		timer_stop(&e->timers, &p->t_retry);
		p->n_fail = 0;
		ike_peer_update(p, "Child SA cleared by the operator");
		retry_due(p);
	}
	ike_settle(e);
}

/* Traffic waits for what is in the line of @sa. */
static void
hurry(struct ike_sa *sa)
{
	struct ike_task *t;

	TAILQ_FOREACH (t, &sa->queue, link)
		if (!t->urgent)
			ike_turn_hurry(t);
}

bool
ike_peer_can_ask(struct ike_engine *e, uint32_t tun_id)
{
	struct ike_peer *p;

	LIST_FOREACH (p, &e->by_tun[ike_hash32(tun_id)], tun_link)
		if (p->cfg.tun_id == tun_id && can_ask(p))
			return true;
	return false;
}

void
ike_peer_acquire(struct ike_engine *e, uint32_t tun_id, uint64_t now_ms)
{
	struct ike_peer *p;

	ike_advance(e, now_ms);
	LIST_FOREACH (p, &e->by_tun[ike_hash32(tun_id)], tun_link) {
		struct ike_sa *sa = ike_peer_sa(p);

		if (p->cfg.tun_id != tun_id || p->out != NULL || !can_ask(p))
			continue;
		p->wanted = true;
		if (connecting(p) != NULL) {
			hurry(connecting(p));
			continue;
		}
		if (ike1_peer_connecting(p) != NULL || p->t_retry.on)
			continue; /* in time */
		if (p->cfg.version == 1) {
			p->wanted = false;
			ike1_want_child(p, NULL);
			continue;
		}
		if (sa == NULL)
			ike_peer_connect(p);
		else if (ike_has_kin(p) || (sa->active == NULL && TAILQ_EMPTY(&sa->queue)))
			ike_new_child(sa, p);
		else
			hurry(sa);
	}
	ike_settle(e);
}
