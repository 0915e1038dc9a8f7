/* SPDX-License-Identifier: BSD-3-Clause */
/* The IKE engine in its surroundings; see vpn.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/rand.h>

#include "common/inet.h"
#include "controlplane/config/config.h"
#include "controlplane/dataplane/chan_client.h"
#include "controlplane/dataplane/dplink.h"
#include "controlplane/dataplane/mirror.h"
#include "controlplane/dataplane/reconcile.h"
#include "controlplane/pki/pki.h"
#include "controlplane/tunnel/tunnel.h"
#include "controlplane/util/events.h"
#include "controlplane/util/loop.h"
#include "controlplane/vpn/udp.h"
#include "controlplane/vpn/vpn_int.h"

#define JOB_THREADS  2
#define FRAGMENT_LEN 1280 /* of messages that fit no slot: RFC 7383 section 2.5.1's size, for IP */
#define LOST_LINES   20 /* a second, of SAs that the dataplane does not have */
#define SAME_ADDRESS 64 /* tunnels to one address that are looked at */

struct vtun *
vtun_find(const struct vpn *v, uint32_t tun_id)
{
	return HMAP_ENTRY(hmap_find(&v->tuns, tun_id), struct vtun, node);
}

void
vpn_settle(struct vpn *v)
{
	loop_timer_at(v->timer, ike_next_ms(v->ike), cp_now_ms());
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct vpn *v = arg;

	ike_tick(v->ike, cp_now_ms());
	vpn_settle(v);
}

/* ---- messages ---------------------------------------------------------------------------- */

static void
udp_send(struct vpn *v, const struct ike_path *path, const uint8_t *msg, size_t len, bool bare)
{
	struct udp_msg m = { .src = path->local,
		.dst = path->remote,
		.sport = path->local_port,
		.dport = path->remote_port,
		.data = msg,
		.len = len,
		.bare = bare };
	size_t cap = UDP_HDRS_LEN + len, n, at = 0, piece;
	uint8_t pkt[CHAN_PKT_DATA], *whole = cap <= sizeof(pkt) ? pkt : malloc(cap);

	n = whole == NULL ? 0 : udp_build(&m, v->ip_id++, whole, cap);
	if (n == 0)
		log_warning("vpn", "a message of %zu bytes is too long to be sent", len);
	/*
	 * The peer may use what this message is about the moment it has it: the SAs go into the
	 * dataplane first. Without dataplane it is lost as on any bad day: the engine sends it
	 * again.
	 */
	if (n != 0 && whole == pkt)
		dplink_inject_after(v->cp->dplink, v->sa_mark, CHAN_INJECT_ROUTE, 0, pkt, n);
	if (whole == pkt)
		return;
	/* It fits no slot: in fragments. */
	while (n != 0 && (piece = udp_fragment(whole, n, &at, pkt, FRAGMENT_LEN)) != 0)
		dplink_inject_after(v->cp->dplink, v->sa_mark, CHAN_INJECT_ROUTE, 0, pkt, piece);
	free(whole);
}

static void
on_send(void *ctx, const struct ike_path *path, const uint8_t *msg, size_t len)
{
	udp_send(ctx, path, msg, len, false);
}

static void
on_keepalive(void *ctx, const struct ike_path *path)
{
	static const uint8_t keepalive = 0xff;

	udp_send(ctx, path, &keepalive, 1, true);
}

static bool is_far_end(struct vpn *v, uint32_t remote, const uint8_t *msg, size_t len);

void
vpn_punt(struct vpn *v, const struct chan_pkt *pkt)
{
	size_t len;
	const uint8_t *frame = punt_whole(&v->parts, pkt, &len);
	struct udp_msg m;
	char src[IP4_STR_LEN];
	struct ike_path path;
	struct rd r;
	int err;

	if (frame == NULL || len < pkt->l3_off)
		return;
	r = rd_init(frame + pkt->l3_off, len - pkt->l3_off);
	err = udp_parse(&r, &m);
	if (err == -EBADMSG && log_limit_ok(&v->bad_packet, cp_now_ms()))
		log_info("vpn", "malformed UDP packet for IKE from %s", ip4_str(m.src, src));
	if (err != 0)
		return;
	path = (struct ike_path){ .local = m.dst,
		.remote = m.src,
		.local_port = m.dport,
		.remote_port = m.sport };
	if (!vpn_apply_for(v, m.src, m.data, m.len))
		return; /* it is sent again */
	if (is_far_end(v, m.src, m.data, m.len))
		return;
	ike_input(v->ike, &path, m.data, m.len, cp_now_ms());
	groups_keep(v->groups, &path, m.data, m.len);
	vpn_settle(v);
}

/* ---- the engine's other callbacks -------------------------------------------------------- */

static void
on_random(void *ctx, uint8_t *buf, size_t len)
{
	/* There is no going on without: keys and nonces would be guessable. */
	if (RAND_bytes(buf, (int)len) != 1) {
		log_error("vpn", "no random numbers from the system, stopping");
		abort();
	}
}

/* FNV-1a. */
static uint64_t
vtun_name_key(const char *peer)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *peer != '\0'; peer++)
		h = (h ^ (uint8_t)*peer) * UINT64_C(0x100000001b3);
	return h;
}

/* One of several far ends is dead, or has refused: the next one follows. After each round with
 * nobody there is a wait, longer each time. */
static void
far_end_state(struct vpn *v, struct vtun *t, enum ike_peer_state state)
{
	const struct cfg_tunnel *ct = cfg_tunnel_find(v->cp->cfg, t->peer);
	unsigned int n = 1, rounds;

	if (ct == NULL || strchr(ct->destination_name, ' ') == NULL)
		return;
	if (state == IKE_PEER_ESTABLISHED) {
		t->n_lost = 0;
		t->next_ms = 0;
	}
	if (state != IKE_PEER_RETRY || t->next_ms != 0)
		return;
	for (const char *p = ct->destination_name; (p = strchr(p, ' ')) != NULL; p++)
		n++;
	t->ended = t->state == IKE_PEER_ESTABLISHED || t->state == IKE_PEER_NO_CHILD;
	rounds = ++t->n_lost / n;
	t->next_ms = cp_now_ms() + (t->n_lost % n != 0 ? 0 : 1000u << (rounds < 6 ? rounds : 6));
	v->far_due = true;
}

static void
far_ends_second(struct vpn *v, uint64_t now_ms)
{
	bool any = false;

	for (uint32_t i = 0; v->far_due && i < tunnels_n(v->cp->tunnels); i++) {
		const struct tunnel_state *s = tunnels_at(v->cp->tunnels, i);
		struct vtun *t = s->tun_id != CHAN_NONE ? vtun_find(v, s->tun_id) : NULL;

		if (t == NULL || t->next_ms == 0)
			continue;
		any |= t->next_ms > now_ms;
		if (t->next_ms > now_ms)
			continue;
		t->next_ms = 0;
		names_next(v->resolver, s->name, t->ended);
	}
	v->far_due = any;
}

/* Neither up nor on the way: nobody can hinder that by first messages under others' addresses. */
static bool
has_no_session(void *ctx, const char *tunnel)
{
	struct vpn *v = ctx;
	const struct vtun *t = HMAP_ENTRY(hmap_find(&v->names, vtun_name_key(tunnel)), struct vtun,
			by_name);

	return t != NULL && strcmp(t->peer, tunnel) == 0 &&
	       (t->state == IKE_PEER_IDLE || t->state == IKE_PEER_RETRY);
}

/* Who calls may be another one of several far ends: it is the peer when it repeats its message, and
 * is not told no meanwhile. */
static bool
is_far_end(struct vpn *v, uint32_t remote, const uint8_t *msg, size_t len)
{
	struct rd r = rd_init(msg, len);
	struct ike_hdr h;

	return ike_hdr_parse(&r, &h) == 0 && h.spi_r == 0 &&
	       log_limit_ok(&v->calls, cp_now_ms()) &&
	       names_called(v->resolver, remote, has_no_session);
}

static void
on_peer_state(void *ctx, const char *peer, enum ike_peer_state state, const char *why)
{
	struct vpn *v = ctx;
	struct vtun *t =
			HMAP_ENTRY(hmap_find(&v->names, vtun_name_key(peer)), struct vtun, by_name);

	if (t == NULL || strcmp(t->peer, peer) != 0)
		return;
	/* What went wrong stays on show while the next attempt begins, until one succeeds or the
	 * operator has changed something. */
	far_end_state(v, t, state);
	if (state == IKE_PEER_ESTABLISHED || v->by_operator)
		t->failure[0] = '\0';
	else if (state != IKE_PEER_CONNECTING || t->state == IKE_PEER_CONNECTING)
		snprintf(t->failure, sizeof(t->failure), "%s", why);
	if (t->state != state)
		events_add(v->cp->events, "ike", peer, ike_peer_state_str(t->state),
				ike_peer_state_str(state), why);
	t->state = state;
	snprintf(t->why, sizeof(t->why), "%s", why);
	tunnels_check_id_soon(v->cp->tunnels, t->tun_id);
}

static int
on_group(void *ctx, const char *group, const struct ike_id *id)
{
	struct vpn *v = ctx;

	return groups_met(v->groups, group, id);
}

static void
follow_name(struct vpn *v, const struct tunnel_state *s, uint32_t addr)
{
	mirror_tun_remote(v->cp->mirror, s->cookie, addr);
	tunnels_learn(v->cp->tunnels, (uint32_t)(s - tunnels_at(v->cp->tunnels, 0)), addr);
	reconcile_soon(v->cp->reconcile);
}

/* Does the tunnel carry traffic to where its name was before? Then it goes on, until the peer has
 * answered at the new address, or that has taken too long. */
static bool
serves(const struct vpn *v, const struct tunnel_state *s)
{
	const struct vtun *t = vtun_find(v, s->tun_id);

	return t != NULL && (t->current != 0 || t->n_adopted > 0);
}

static void
names_second_look(struct vpn *v)
{
	bool any = false;

	for (uint32_t i = 0; i < tunnels_n(v->cp->tunnels); i++) {
		const struct tunnel_state *s = tunnels_at(v->cp->tunnels, i);
		const struct cfg_tunnel *t = tunnels_cfg(v->cp->tunnels, i);
		uint32_t addr = t->destination_name[0] != '\0'
					? names_addr(v->resolver, t->name, NULL, 0) : 0;

		if (addr == 0 || addr == s->remote)
			continue;
		if (serves(v, s))
			any = true;
		else
			follow_name(v, s, addr);
	}
	v->names_moving = any;
}

/* The far end of a tunnel has its first address, or another one. Its peer follows in a second. */
static void
on_name(void *ctx, const char *tunnel, uint32_t addr)
{
	struct vpn *v = ctx;
	const struct tunnel_state *s = tunnels_by_name(v->cp->tunnels, tunnel);

	v->names_changed = true;
	if (s == NULL || s->remote == addr)
		return;
	if (serves(v, s))
		v->names_moving = true;
	else
		follow_name(v, s, addr);
}

static void
on_job(void *ctx, struct ike_job *job)
{
	struct vpn *v = ctx;

	/* The engine needs every job back, and must not get it from within this call. */
	if (jobs_submit(v->jobs, job) != 0) {
		log_error("vpn", "out of memory, stopping");
		abort();
	}
}

static int64_t
on_wall_s(void *ctx)
{
	return (int64_t)time(NULL);
}

static void
on_job_run(void *job)
{
	ike_job_run(job);
}

static void
on_job_done(void *ctx, void *job)
{
	struct vpn *v = ctx;

	ike_job_done(v->ike, job, cp_now_ms());
	groups_keep(v->groups, NULL, NULL, 0);
	vpn_settle(v);
}

static void
on_log(void *ctx, int level, const char *peer, const char *text)
{
	log_msg((enum log_level)level, "ike", "%s%s%s", peer != NULL ? peer : "",
			peer != NULL && peer[0] != '\0' ? ": " : "", text);
}

/* ---- life -------------------------------------------------------------------------------- */

struct vpn *
vpn_new(struct cp *cp)
{
	static const struct ike_ops ops = { .send = on_send,
		.random = on_random,
		.spi_alloc = vpn_spi_alloc,
		.spi_free = vpn_spi_free,
		.child_add = vpn_child_add,
		.child_use_out = vpn_child_use_out,
		.child_del = vpn_child_del,
		.child_move = vpn_child_move,
		.keepalive = on_keepalive,
		.peer_state = on_peer_state,
		.job = on_job,
		.wall_s = on_wall_s,
		.trace = vpn_debug_trace,
		.keep = vpn_keep,
		.kept = vpn_kept,
		.child_restore = vpn_child_restore,
		.spi_claim = vpn_spi_claim,
		.group = on_group,
		.child_look = vpn_child_look,
		.input_lost = vpn_input_lost,
		.log = on_log };
	struct ike_limits limits = { 0 };
	struct vpn *v = calloc(1, sizeof(*v));
	struct jobs_ops jobs = { .run = on_job_run, .done = on_job_done, .ctx = v };
	struct names_ops names = { .found = on_name, .ctx = v };

	if (v == NULL)
		return NULL;
	v->cp = cp;
	v->unknown_spi = (struct log_limit){ .per_interval = 5, .interval_ms = 10000 };
	v->bad_packet = v->unknown_spi;
	v->trouble = v->unknown_spi;
	v->calls = (struct log_limit){ .per_interval = 20, .interval_ms = 1000 };
	v->lost = (struct log_limit){ .per_interval = LOST_LINES, .interval_ms = 1000 };
	v->pki = pki_new();
	v->timer = evtimer_new(cp->base, on_timer, v);
	v->resolver = names_new(cp->base, &names);
	v->groups = groups_new(v);
	v->jobs = jobs_new(cp->base, JOB_THREADS, &jobs);
	v->ike = ike_engine_new(&ops, v, &limits, cp_now_ms());
	if (v->pki != NULL && v->timer != NULL && v->jobs != NULL && v->ike != NULL &&
			vpn_apply_init(v) == 0 && vpn_traffic_init(v) == 0 &&
			vpn_audit_init(v) == 0 && vpn_rekeep_init(v) == 0 &&
			vpn_replace_init(v) == 0)
		return v;
	log_error("vpn", "the IKE engine could not be started: out of memory or threads");
	vpn_free(v, false);
	return NULL;
}

void
vpn_free(struct vpn *v, bool send_delete)
{
	struct hmap_iter it = { 0 };

	if (v == NULL)
		return;
	if (send_delete)
		vpn_apply_rest(v);
	vpn_apply_fini(v);
	vpn_traffic_fini(v);
	vpn_audit_fini(v);
	vpn_rekeep_fini(v);
	vpn_replace_fini(v);
	jobs_free(v->jobs);
	punt_parts_fini(&v->parts);
	names_free(v->resolver);
	if (v->ike != NULL)
		ike_engine_free(v->ike, send_delete);
	v->ike = NULL;
	for (uint32_t id = 0; id < v->max_sas; id++) {
		if (v->sas[id] != NULL && send_delete)
			mirror_sa_del(v->cp->mirror, id);
		free(v->sas[id]);
	}
	for (struct hnode *h; (h = hmap_next(&v->tuns, &it)) != NULL;)
		free(HMAP_ENTRY(h, struct vtun, node));
	it = (struct hmap_iter){ 0 };
	for (struct hnode *h; (h = hmap_next(&v->children, &it)) != NULL;)
		free(HMAP_ENTRY(h, struct vchild, node));
	vpn_debug_free(v);
	groups_free(v->groups);
	hmap_fini(&v->tuns);
	hmap_fini(&v->names);
	hmap_fini(&v->children);
	idpool_fini(&v->sa_ids);
	free(v->sas);
	free(v->generation);
	if (v->timer != NULL)
		event_free(v->timer);
	pki_free(v->pki);
	free(v);
}

/* ---- peers ------------------------------------------------------------------------------- */

bool
vpn_is_protected(const struct cfg_tunnel *t)
{
	/* A multipoint tunnel's members each have a peer, it has none. */
	return t->enabled && t->protection[0] != '\0' && t->mode != CFG_TUNNEL_MGRE;
}

void
vpn_config_changed(struct vpn *v)
{
	vpn_apply_config_gone(v);
}

/* Their SAs go now, before their tunnels do. */
void
vpn_prune(struct vpn *v)
{
	struct hmap_iter it = { 0 };

	for (struct hnode *h; (h = hmap_next(&v->tuns, &it)) != NULL;) {
		struct vtun *t = HMAP_ENTRY(h, struct vtun, node);
		const struct tunnel_state *s = tunnels_by_id(v->cp->tunnels, t->tun_id);

		if (s != NULL && strcmp(s->name, t->peer) == 0 &&
				vpn_is_protected(tunnels_cfg_of(v->cp->tunnels, s)))
			continue;
		ike_peer_del(v->ike, t->peer, cp_now_ms());
		vtun_drop_adopted(v, t);
		hmap_remove(&v->names, &t->by_name);
		hmap_remove(&v->tuns, &t->node);
		free(t);
	}
	vpn_settle(v);
}

static int
vtun_make(struct vpn *v, const struct tunnel_state *s)
{
	struct vtun *t;

	if (vtun_find(v, s->tun_id) != NULL)
		return 0;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return -ENOMEM;
	t->tun_id = s->tun_id;
	t->adopted_in = CHAN_NONE;
	t->adopted_end_ms = UINT64_MAX;
	snprintf(t->peer, sizeof(t->peer), "%s", s->name);
	if (hmap_insert(&v->tuns, &t->node, s->tun_id) == 0) {
		if (hmap_insert(&v->names, &t->by_name, vtun_name_key(t->peer)) == 0)
			return 0;
		hmap_remove(&v->tuns, &t->node);
	}
	free(t);
	return -ENOMEM;
}

bool
vpn_prepare(struct vpn *v, uint32_t *i, uint32_t n)
{
	for (; n > 0 && *i < tunnels_n(v->cp->tunnels); n--, (*i)++) {
		const struct tunnel_state *s = tunnels_at(v->cp->tunnels, *i);

		if (s->tun_id != CHAN_NONE && vpn_is_protected(tunnels_cfg(v->cp->tunnels, *i)) &&
				vtun_make(v, s) != 0)
			log_error("vpn", "%s: out of memory", s->name);
	}
	return *i >= tunnels_n(v->cp->tunnels);
}

void
vpn_reconciled(struct vpn *v)
{
	groups_reconciled(v->groups);
}

void
vpn_synced(struct vpn *v)
{
	uint64_t now_ms = cp_now_ms();

	if (!v->applied)
		return; /* when all that was kept is taken up */
	vpn_replace_lost(v);
	for (uint32_t i = 0; i < tunnels_n(v->cp->tunnels); i++) {
		const struct vtun *t = vtun_find(v, tunnels_at(v->cp->tunnels, i)->tun_id);

		if (t != NULL && t->n_adopted > 0 && t->may_initiate)
			ike_peer_acquire(v->ike, t->tun_id, now_ms);
	}
	vpn_settle(v);
}

const struct pki *
vpn_pki(const struct vpn *v)
{
	return v->pki;
}

/* ---- from the dataplane ------------------------------------------------------------------ */

static void
sa_life(struct vpn *v, const struct chan_event *ev, bool hard)
{
	struct vsa *s = vsa_find(v, ev->id);

	if (s == NULL || s->spi != ev->arg)
		return;
	if (hard) {
		s->expired = true;
		tunnels_check_id_soon(v->cp->tunnels, s->tun_id);
	}
	if (s->adopted)
		ike_peer_acquire(v->ike, s->tun_id, cp_now_ms());
	else
		ike_child_rekey(v->ike, s->child_id, hard, cp_now_ms());
}

/*
 * A peer sends on an SA that we do not have (any more): after a restart of both our programs,
 * say. It would go on until it notices by itself, so it is told that they have ended if an ISAKMP SA
 * is left to tell it by, and called if there is nothing; INITIAL_CONTACT clears up. The
 * sender's address can be forged, but then all it brings about is a call to a configured peer to
 * which there is no tunnel, at most as often as the engine retries.
 */
static void
unknown_spi(struct vpn *v, const struct chan_event *ev)
{
	uint32_t tun_ids[SAME_ADDRESS], n;
	char addr[IP4_STR_LEN];

	if (log_limit_ok(&v->unknown_spi, cp_now_ms()))
		log_info("vpn",
				"ESP with unknown SPI %08x from %s: its SA has ended here, "
				"or it is not for us",
				ev->arg, ip4_str(ev->addr, addr));
	ike_unknown_spi(v->ike, ev->addr, ev->arg, cp_now_ms());
	n = ike_tunnels_at(v->ike, ev->addr, tun_ids, SAME_ADDRESS);
	for (uint32_t i = 0; i < n; i++) {
		if (vtun_find(v, tun_ids[i]) == NULL ||
				mirror_sa_out_get(v->cp->mirror, tun_ids[i]) != CHAN_NONE)
			continue;
		ike_peer_acquire(v->ike, tun_ids[i], cp_now_ms());
		return;
	}
}

/* The tunnel that an event is about, or CHAN_NONE. */
static uint32_t
tun_of(const struct vpn *v, const struct chan_event *ev)
{
	const struct vsa *s;

	if (ev->type == CHAN_EV_ACQUIRE)
		return ev->id;
	if (ev->type == CHAN_EV_UNKNOWN_SPI)
		return CHAN_NONE;
	s = vsa_find(v, ev->id);
	return s != NULL ? s->tun_id : CHAN_NONE;
}

void
vpn_event(struct vpn *v, const struct chan_event *ev)
{
	uint64_t now_ms = cp_now_ms();

	if (!v->applied)
		vpn_apply_tun(v, tun_of(v, ev));
	switch (ev->type) {
	case CHAN_EV_SA_SOFT:
	case CHAN_EV_SA_HARD:
		sa_life(v, ev, ev->type == CHAN_EV_SA_HARD);
		break;
	case CHAN_EV_SA_FIRST:
		ike_child_seen(v->ike, ev->arg, now_ms);
		break;
	case CHAN_EV_ACQUIRE:
		ike_peer_acquire(v->ike, ev->id, now_ms);
		break;
	case CHAN_EV_UNKNOWN_SPI:
		unknown_spi(v, ev);
		break;
	case CHAN_EV_SA_MOVED:
		ike_child_moved(v->ike, ev->arg, ev->addr, ev->port, now_ms);
		break;
	case CHAN_EV_SA_TROUBLE:
		if (log_limit_ok(&v->trouble, now_ms))
			log_warning("vpn", "SA %u: %u packets failed authentication", ev->id,
					ev->arg);
		break;
	default:
		break;
	}
	vpn_settle(v);
}

bool
vpn_call(struct vpn *v, uint32_t tun_id)
{
	if (vtun_find(v, tun_id) == NULL)
		return false;
	vpn_apply_tun(v, tun_id);
	ike_peer_acquire(v->ike, tun_id, cp_now_ms());
	vpn_settle(v);
	return true;
}

/* Certificates and CRLs in files are renewed without a change of the configuration. */
static void
check_files(struct vpn *v, uint64_t now_ms)
{
	pki_warn(v->pki, (int64_t)time(NULL));
	if (now_ms < v->files_ms)
		return;
	v->files_ms = now_ms + VPN_FILES_MS;
	if (pki_files_changed(v->pki, v->cp->cfg))
		vpn_apply(v);
}

void
vpn_second(struct vpn *v, uint64_t now_ms)
{
	vpn_debug_second(v, now_ms);
	if (!mirror_attached(v->cp->mirror))
		return;
	far_ends_second(v, now_ms);
	names_second(v->resolver, now_ms);
	if (v->names_changed)
		vpn_apply(v);
	if (v->names_moving)
		names_second_look(v);
	vpn_traffic_second(v);
	if (v->applied) {
		groups_second(v->groups, now_ms);
		vpn_replace_lost(v);
		vpn_adopt_second(v, now_ms);
		vpn_audit_second(v, now_ms);
	}
	check_files(v, now_ms);
	vpn_settle(v);
}
