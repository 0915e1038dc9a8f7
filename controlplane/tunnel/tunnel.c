/* SPDX-License-Identifier: BSD-3-Clause */
/* Tunnels and whether they are up; see tunnel.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "controlplane/cp.h"
#include "controlplane/dataplane/dplink.h"
#include "controlplane/dataplane/mirror.h"
#include "controlplane/iface/iface.h"
#include "controlplane/neigh/neigh.h"
#include "controlplane/rib/rib.h"
#include "controlplane/track/tracks.h"
#include "controlplane/tunnel/tunnel_int.h"
#include "controlplane/util/events.h"
#include "controlplane/util/hmap.h"
#include "controlplane/vpn/vpn.h"

#define LOOKS_PER_TURN 2048
#define LOG_LINES_MAX 20   /* of one look at all tunnels */
#define TUN_MTU_MAX   9000 /* the dataplane takes what fits, if that is less */
#define MSS_IP6_LESS  20   /* an IPv6 header is that much longer */

static void on_soon(evutil_socket_t fd, short what, void *arg);

struct tunnels *
tunnels_new(struct cp *cp)
{
	struct tunnels *x = calloc(1, sizeof(*x));

	if (x == NULL)
		return NULL;
	x->cp = cp;
	x->looks_per_turn = LOOKS_PER_TURN;
	x->soon = evtimer_new(cp->base, on_soon, x);
	if (tunnels_alive_init(x) == 0 && x->soon != NULL)
		return x;
	tunnels_free(x);
	return NULL;
}

void
tunnels_free(struct tunnels *x)
{
	if (x == NULL)
		return;
	if (x->soon != NULL)
		event_free(x->soon);
	tunnels_alive_fini(x);
	free(x->by_remote);
	free(x->due);
	tunnels_list_drop(x);
	tunnel_list_free(&x->list);
	free(x->at);
	free(x->by_id);
	free(x);
}

static const struct tunnel_state *
find_name(const struct tunnel_state *at, uint32_t n, const char *name)
{
	uint32_t lo = 0, hi = n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;
		int c = strcmp(at[mid].name, name);

		if (c == 0)
			return &at[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static int
index_ids(struct tunnels *x)
{
	uint32_t max = 0, *by_id;

	for (uint32_t i = 0; i < x->n; i++)
		if (x->at[i].tun_id != CHAN_NONE && x->at[i].tun_id >= max)
			max = x->at[i].tun_id + 1;
	by_id = calloc(max + 1u, sizeof(*by_id));
	if (by_id == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < x->n; i++)
		if (x->at[i].tun_id != CHAN_NONE)
			by_id[x->at[i].tun_id] = i + 1;
	free(x->by_id);
	x->by_id = by_id;
	x->n_by_id = max;
	return 0;
}

/* FNV-1a over the words that make it. */
static uint64_t
cookie_text(uint64_t h, const char *text)
{
	for (; *text != '\0'; text++)
		h = (h ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
	return h * UINT64_C(0x100000001b3);
}

static uint64_t
cookie_u32(uint64_t h, uint32_t v)
{
	for (int i = 0; i < 4; i++, v >>= 8)
		h = (h ^ (v & 0xff)) * UINT64_C(0x100000001b3);
	return h;
}

uint64_t
tunnel_cookie(const struct cfg_tunnel *t)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	h = cookie_u32(h, t->source);
	h = cookie_u32(h, t->destination);
	h = cookie_u32(h, t->has_key);
	h = cookie_u32(h, t->has_key ? t->key : 0);
	h = cookie_text(h, t->peer_identity);
	if (t->mode != CFG_TUNNEL_GRE)
		h = cookie_u32(h, t->mode);
	/* Of IKEv1 several may be between the same ends. */
	if (t->destination == 0 || t->mode == CFG_TUNNEL_IPSEC)
		h = cookie_text(h, t->name);
	return h;
}

void
tunnels_list_drop(struct tunnels *x)
{
	if (x->has_next)
		tunnel_list_free(&x->next);
	x->has_next = false;
}

int
tunnels_list(struct tunnels *x)
{
	uint32_t n = 0;
	const struct tunnel_branch *branches =
			x->cp->vpn != NULL ? vpn_branches(x->cp->vpn, &n) : NULL;
	int err;

	tunnels_list_drop(x);
	err = tunnel_list_make(x->cp->cfg, branches, n, &x->next);
	x->has_next = err == 0;
	return err;
}

int
tunnels_update(struct tunnels *x, bool ids)
{
	struct tunnel_list list;
	struct tunnel_state *at;
	uint32_t n_learned = 0, *due;
	int err = x->has_next ? 0 : tunnels_list(x);

	if (err != 0)
		return err;
	list = x->next;
	x->has_next = false;
	at = calloc(list.n + 1u, sizeof(*at));
	due = calloc(list.n + 1u, sizeof(*due));
	if (at == NULL || due == NULL) {
		free(at);
		free(due);
		tunnel_list_free(&list);
		return -ENOMEM;
	}
	for (uint32_t i = 0; i < list.n; i++) {
		const struct cfg_tunnel *t = list.at[i].cfg;
		const struct tunnel_state *old = find_name(x->at, x->n, t->name);

		if (old != NULL) {
			at[i] = *old;
			at[i].due = false;
		} else {
			at[i].since_ms = cp_now_ms();
			at[i].link = RIB_NO_LINK; /* the others': of the RIB as it still is */
		}
		memcpy(at[i].name, t->name, sizeof(at[i].name));
		at[i].cookie = tunnel_cookie(t);
		/* What was learned of a tunnel that is another one now is worth nothing. */
		if (old == NULL || old->cookie != at[i].cookie) {
			at[i].remote = t->destination;
			at[i].pmtu = (struct pmtu){ 0 };
		}
		if (!t->pmtud)
			at[i].pmtu = (struct pmtu){ 0 };
		n_learned += at[i].pmtu.mtu != 0;
		at[i].tun_id = ids ? mirror_tun_id(x->cp->mirror, at[i].cookie) : CHAN_NONE;
	}
	/* Who was due may be another one now. */
	x->all_due = x->all_due || x->all.on || x->n_due > 0;
	x->all.on = false;
	x->n_due = 0;
	x->fresh = true;
	free(x->due);
	x->due = due;
	free(x->at);
	x->at = at;
	x->n = list.n;
	tunnel_list_free(&x->list);
	x->list = list;
	x->n_learned = n_learned;
	free(x->by_remote);
	x->by_remote = NULL;
	err = index_ids(x);
	return err != 0 ? err : tunnels_alive_update(x);
}

void
tunnels_set_link(struct tunnels *x, uint32_t i, uint32_t link)
{
	x->at[i].link = link;
}

void
tunnels_learn(struct tunnels *x, uint32_t i, uint32_t remote)
{
	x->at[i].remote = remote;
	free(x->by_remote);
	x->by_remote = NULL;
}

/* ---- to the dataplane -------------------------------------------------------------------- */

static uint32_t
flags_of(const struct cfg_tunnel *t)
{
	uint32_t f = 0;

	if (t->enabled)
		f |= CHAN_TUN_UP;
	if (t->protection[0] != '\0' || t->mode == CFG_TUNNEL_IPSEC)
		f |= CHAN_TUN_PROTECT;
	if (t->has_key)
		f |= CHAN_TUN_KEY;
	if (t->checksum)
		f |= CHAN_TUN_CSUM;
	if (t->sequence)
		f |= CHAN_TUN_SEQ;
	if (t->ttl == 0)
		f |= CHAN_TUN_TTL_COPY;
	if (t->df == CFG_DF_SET)
		f |= CHAN_TUN_DF;
	if (t->df == CFG_DF_CLEAR)
		f |= CHAN_TUN_DF_CLEAR;
	if (t->ignore_df)
		f |= CHAN_TUN_IGNORE_DF;
	if (t->fragment_after)
		f |= CHAN_TUN_FRAG_AFTER;
	if (t->has_tos)
		f |= CHAN_TUN_TOS_SET;
	return f;
}

/* The TCP clamp. @less: by how much the headers are longer than IPv4's. */
static uint16_t
mss_of(const struct cfg_tunnel *t, uint16_t less)
{
	if (!t->clamp_mss)
		return 0;
	return t->has_mss ? (uint16_t)(t->mss - less) : CHAN_MSS_AUTO;
}

static uint8_t
kind_of(const struct cfg_tunnel *t)
{
	switch ((enum cfg_tunnel_mode)t->mode) {
	case CFG_TUNNEL_GRE:
		return CHAN_TUN_GRE;
	case CFG_TUNNEL_IPSEC:
		return CHAN_TUN_IPSEC;
	case CFG_TUNNEL_MGRE:
		break;
	}
	return CHAN_TUN_MGRE;
}

void
tunnels_mirror(struct tunnels *x)
{
	const struct rib *r = x->cp->rib;

	for (uint32_t i = 0; i < x->n; i++) {
		const struct tunnel_def *d = &x->list.at[i];
		const struct cfg_tunnel *t = d->cfg, *own = d->parent != NULL ? d->parent : t;
		const struct rib_underlay *u = rib_underlay(r, x->at[i].link);
		struct chan_tun m = { .flags = flags_of(t),
			.local = t->source,
			.remote = x->at[i].remote,
			.key = t->has_key ? t->key : 0,
			.nh_id = CHAN_NONE,
			.addr = own->address.addr,
			.mtu = t->mtu != 0 ? t->mtu : TUN_MTU_MAX,
			.path_mtu = x->at[i].pmtu.mtu,
			.path_mtu_from = x->at[i].pmtu.from,
			.path_mtu_s = (uint32_t)(x->at[i].pmtu.learned_ms / 1000),
			.mss4 = mss_of(t, 0),
			.mss6 = mss_of(t, MSS_IP6_LESS),
			.ttl = t->ttl != 0 ? t->ttl : 64,
			.kind = kind_of(t),
			.verify = (uint8_t)(t->verify4 | t->verify6 << 4),
			.parent = CHAN_NONE,
			.tos = t->has_tos ? t->tos : 0 };

		m.cookie = x->at[i].cookie;
		memcpy(m.addr6, &own->address6.addr, sizeof(m.addr6));
		if (d->parent != NULL && d->map->multicast) {
			m.flags |= CHAN_TUN_MCAST;
			m.parent = mirror_tun_id(x->cp->mirror, tunnel_cookie(d->parent));
		}
		m.tun_id = mirror_tun_id(x->cp->mirror, m.cookie);
		if (m.tun_id == CHAN_NONE)
			continue;
		if (u->err == RIB_UNDERLAY_OK && m.remote != 0)
			m.nh_id = neigh_use4(x->cp->neigh, rib_link(r, u->link)->id, u->gw);
		mirror_tun(x->cp->mirror, &m);
	}
}

/* ---- up or down -------------------------------------------------------------------------- */

static bool
tunnel_is_up(struct tunnels *x, uint32_t i, char *why, size_t len)
{
	const struct cp *cp = x->cp;
	const struct cfg_tunnel *t = x->list.at[i].cfg;
	const struct tunnel_state *s = &x->at[i];
	const struct rib_underlay *u;
	enum neigh_state neigh;
	char gw[IP4_STR_LEN];
	uint32_t if_id;

	if (!t->enabled) {
		snprintf(why, len, "administratively down");
		return false;
	}
	if (dplink_client(cp->dplink) == NULL) {
		snprintf(why, len, "%s", dplink_state(cp->dplink));
		return false;
	}
	if (!mirror_attached(cp->mirror)) {
		snprintf(why, len, "dataplane is being brought in line");
		return false;
	}
	if (s->tun_id == CHAN_NONE || s->link == RIB_NO_LINK) {
		snprintf(why, len, "more tunnels than the dataplane was started for");
		return false;
	}
	if (t->mode == CFG_TUNNEL_MGRE) {
		if (rib_underlay(cp->rib, s->link)->err == RIB_UNDERLAY_OK)
			return true;
		rib_underlay_why(cp->rib, s->link, why, len);
		return false;
	}
	if (s->remote == 0 && t->destination_name[0] != '\0' &&
			vpn_name_addr(cp->vpn, t->name, why, len) == 0)
		return false;
	if (s->remote == 0)
		return vpn_tunnel_up(cp->vpn, s->tun_id, why, len);
	u = rib_underlay(cp->rib, s->link);
	if (u->err != RIB_UNDERLAY_OK) {
		rib_underlay_why(cp->rib, s->link, why, len);
		return false;
	}
	if_id = rib_link(cp->rib, u->link)->id;
	neigh = neigh_lookup4(cp->neigh, if_id, u->gw, NULL);
	if (!neigh_is_known(neigh)) {
		snprintf(why, len,
				neigh == NEIGH_FAILED ? "next hop %s does not answer ARP"
						      : "resolving next hop %s",
				ip4_str(u->gw, gw));
		return false;
	}
	if (t->protection[0] != '\0' && !vpn_tunnel_up(cp->vpn, s->tun_id, why, len))
		return false;
	if (t->track[0] != '\0' && !tracks_is_up(cp->tracks, t->track)) {
		snprintf(why, len, "tracked object %s is down", t->track);
		return false;
	}
	if (s->lost)
		snprintf(why, len, "no answer to the last %u keepalives", t->keepalive_retries);
	return !s->lost;
}

/* Thousands may change at once: so many lines, then their number. */
static void
change_log(const struct tunnel_state *s, bool up, const char *why, uint32_t n_before)
{
	if (n_before >= LOG_LINES_MAX && !log_enabled(LVL_DEBUG))
		return;
	if (up)
		log_notice("tunnel", "%s is up", s->name);
	else
		log_notice("tunnel", "%s is down: %s", s->name, why);
}

/* Is tunnel @i up, and if not, why? False: as it was. */
static bool
look(struct tunnels *x, uint32_t i, uint32_t n_changed)
{
	struct tunnel_state *s = &x->at[i];
	char why[TUNNEL_WHY_LEN] = "";
	bool up = tunnel_is_up(x, i, why, sizeof(why));

	x->n_looks++;
	if (up)
		why[0] = '\0';
	if (up == s->up && strcmp(why, s->why) == 0)
		return false;
	change_log(s, up, why, n_changed);
	if (up != s->up) {
		s->since_ms = cp_now_ms();
		events_add(x->cp->events, "tunnel", s->name, up ? "down" : "up",
				up ? "up" : "down", why);
	}
	s->up = up;
	memcpy(s->why, why, sizeof(s->why));
	return true;
}

static void
log_rest(uint32_t n_changed)
{
	if (n_changed > LOG_LINES_MAX && !log_enabled(LVL_DEBUG))
		log_notice("tunnel", "and %u more tunnels changed", n_changed - LOG_LINES_MAX);
}

static void
arm(struct tunnels *x)
{
	/* A storm of events is one look, not one each. */
	struct timeval soon = { .tv_usec = x->all.on ? 0 : 20000 };

	if (!evtimer_pending(x->soon, NULL))
		evtimer_add(x->soon, &soon);
}

/* Who is due from now on may have been looked at already. */
static void
all_begin(struct tunnels *x)
{
	for (uint32_t k = 0; k < x->n_due; k++)
		x->at[x->due[k]].due = false;
	x->n_due = 0;
	x->all_due = false;
	x->all.on = true;
	x->all.next = x->all.n_changed = 0;
}

/* The next ones of a look at all. False: those were the last. */
static bool
all_next(struct tunnels *x, uint32_t n)
{
	for (; n > 0 && x->all.next < x->n; n--) {
		uint32_t i = x->all.next++;

		x->all.n_changed += look(x, i, x->all.n_changed);
	}
	if (x->all.next < x->n)
		return true;
	x->all.on = false;
	log_rest(x->all.n_changed);
	return false;
}

bool
tunnels_check(struct tunnels *x, bool begin, uint32_t n)
{
	if (x->cp->stopping)
		return false;
	if (begin)
		all_begin(x);
	if (all_next(x, n))
		return true;
	x->fresh = false;
	if (x->all_due || x->n_due > 0)
		arm(x); /* since it began */
	return false;
}

static void
check_due(struct tunnels *x)
{
	uint32_t n = x->n_due < x->looks_per_turn ? x->n_due : x->looks_per_turn;
	uint32_t n_changed = 0;

	for (uint32_t k = 0; k < n; k++) {
		x->at[x->due[k]].due = false;
		n_changed += look(x, x->due[k], n_changed);
	}
	x->n_due -= n;
	memmove(x->due, x->due + n, x->n_due * sizeof(*x->due));
	log_rest(n_changed);
}

static void
on_soon(evutil_socket_t fd, short what, void *arg)
{
	struct tunnels *x = arg;

	if (x->fresh || x->cp->stopping)
		return; /* they are looked at anyway */
	if (x->all.on || x->all_due)
		tunnels_check(x, !x->all.on, x->looks_per_turn);
	else
		check_due(x);
	if (x->all.on || x->n_due > 0)
		arm(x);
}

void
tunnels_check_soon(struct tunnels *x)
{
	x->all_due = true;
	arm(x);
}

void
tunnels_check_id_soon(struct tunnels *x, uint32_t tun_id)
{
	const struct tunnel_state *s = tunnels_by_id(x, tun_id);
	uint32_t i;

	if (s == NULL || s->due || x->all_due)
		return; /* gone; or it is looked at anyway */
	i = (uint32_t)(s - x->at);
	x->at[i].due = true;
	x->due[x->n_due++] = i;
	arm(x);
}

uint64_t
tunnels_n_looks(const struct tunnels *x)
{
	return x->n_looks;
}

uint32_t
tunnels_n(const struct tunnels *x)
{
	return x->n;
}

const struct tunnel_state *
tunnels_at(const struct tunnels *x, uint32_t i)
{
	return i < x->n ? &x->at[i] : NULL;
}

const struct tunnel_state *
tunnels_by_name(const struct tunnels *x, const char *name)
{
	return find_name(x->at, x->n, name);
}

uint32_t
tunnels_after(const struct tunnels *x, const char *name)
{
	uint32_t lo = 0, hi = x->n;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (strcmp(x->at[mid].name, name) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct tunnel_state *
tunnels_by_id(const struct tunnels *x, uint32_t tun_id)
{
	if (tun_id >= x->n_by_id || x->by_id[tun_id] == 0)
		return NULL;
	return &x->at[x->by_id[tun_id] - 1];
}

const struct cfg_tunnel *
tunnels_cfg(const struct tunnels *x, uint32_t i)
{
	return x->list.at[i].cfg;
}

const struct cfg_tunnel *
tunnels_cfg_of(const struct tunnels *x, const struct tunnel_state *s)
{
	return x->list.at[s - x->at].cfg;
}

const struct cfg_tunnel *
tunnels_parent(const struct tunnels *x, uint32_t i, uint32_t *address)
{
	const struct tunnel_def *d = &x->list.at[i];

	if (d->parent != NULL)
		*address = d->map->address;
	return d->parent;
}

const struct cfg_tunnel *
tunnels_model(const struct tunnels *x, uint32_t i)
{
	return x->list.at[i].model;
}
