/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Child SAs on their way into the dataplane and out of it. An id of the dataplane's SA table is
 * taken for each direction; the inbound one is part of the SPI (common/channel.h), with a
 * generation that begins at random and counts up each time the slot is used, and slots are used
 * again as late as possible: an old packet hits the SA it was made for, or none.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/rand.h>

#include "common/inet.h"
#include "controlplane/config/model.h"
#include "controlplane/dataplane/dplink.h"
#include "controlplane/dataplane/mirror.h"
#include "controlplane/dataplane/reconcile.h"
#include "controlplane/ike/ike_proposal.h"
#include "controlplane/ike/ike_wire.h"
#include "controlplane/tunnel/tunnel.h"
#include "controlplane/vpn/vpn_int.h"

#define FAST_BYTES     (128u << 20) /* a tenth of a second at 10 Gbit/s */
#define FAST_PACKETS   150000u
#define REPLACE_PER_TURN 4096 /* buckets of Child SAs in a turn of the loop; or so many */
#define REPLACE_COST     16   /* ... times less successors that are asked for */
#define REPLACE_AT_ONCE  16   /* of a bucket; the others in the next second */
#define GENERATION_MAX ((1u << (32 - CHAN_SPI_IDX_BITS)) - 1)

/* ---- ids and SPIs ------------------------------------------------------------------------ */

int
vpn_limits(struct vpn *v, uint32_t max_sas)
{
	struct vsa **sas;
	uint16_t *gen;

	if (max_sas > 1u << CHAN_SPI_IDX_BITS)
		max_sas = 1u << CHAN_SPI_IDX_BITS;
	if (idpool_resize(&v->sa_ids, max_sas) != 0)
		return -ENOMEM;
	if (max_sas <= v->max_sas)
		return 0;
	sas = realloc(v->sas, max_sas * sizeof(*sas));
	if (sas == NULL)
		return -ENOMEM;
	v->sas = sas;
	gen = realloc(v->generation, max_sas * sizeof(*gen));
	if (gen == NULL)
		return -ENOMEM;
	v->generation = gen;
	memset(sas + v->max_sas, 0, (max_sas - v->max_sas) * sizeof(*sas));
	if (RAND_bytes((unsigned char *)(gen + v->max_sas),
			    (int)((max_sas - v->max_sas) * sizeof(*gen))) != 1)
		return -ENOMEM;
	v->max_sas = max_sas;
	return 0;
}

uint32_t
vpn_spi_alloc(void *ctx, uint32_t tun_id)
{
	struct vpn *v = ctx;
	uint32_t id = idpool_take(&v->sa_ids);

	if (id == UINT32_MAX)
		return 0;
	v->generation[id] = (uint16_t)(v->generation[id] % GENERATION_MAX + 1);
	return (uint32_t)v->generation[id] << CHAN_SPI_IDX_BITS | id;
}

void
vpn_spi_free(void *ctx, uint32_t spi)
{
	struct vpn *v = ctx;

	idpool_give(&v->sa_ids, spi & CHAN_SPI_IDX_MASK);
}

/* ---- records ----------------------------------------------------------------------------- */

struct vsa *
vsa_find(const struct vpn *v, uint32_t sa_id)
{
	return sa_id < v->max_sas ? v->sas[sa_id] : NULL;
}

struct vsa *
vsa_new(struct vpn *v, uint32_t sa_id)
{
	struct vsa *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return NULL;
	s->sa_id = sa_id;
	s->installed_ms = cp_now_ms();
	v->sas[sa_id] = s;
	return s;
}

void
vsa_del(struct vpn *v, uint32_t sa_id)
{
	if (sa_id >= v->max_sas)
		return;
	mirror_sa_del(v->cp->mirror, sa_id);
	if (v->sas[sa_id] != NULL && v->sas[sa_id]->adopted)
		LIST_REMOVE(v->sas[sa_id], adopted_link);
	free(v->sas[sa_id]);
	v->sas[sa_id] = NULL;
	idpool_give(&v->sa_ids, sa_id);
}

struct vchild *
vchild_find(const struct vpn *v, uint64_t child_id)
{
	return HMAP_ENTRY(hmap_find(&v->children, child_id), struct vchild, node);
}

/* ---- installing -------------------------------------------------------------------------- */

/* IKE and the channel call what they have in common by the same names. */
static enum chan_esp_alg
alg_of(const struct ike_child_keys *k)
{
	struct ike_suite suite = { .encr = k->encr, .key_bits = k->key_bits, .integ = k->integ };
	char name[48];

	ike_suite_str(&suite, name, sizeof(name));
	for (unsigned int i = CHAN_ESP_NONE + 1; i < CHAN_N_ESP_ALGS; i++)
		if (strcmp(chan_esp_alg_str(i), name) == 0)
			return (enum chan_esp_alg)i;
	return CHAN_ESP_NONE;
}

/*
 * Where the rekey begins: a tenth before the end, but no less than what a fast line carries while
 * IKE makes two round trips and a key exchange; of a small limit, half.
 */
static uint64_t
soft_of(uint64_t hard, uint64_t fast)
{
	uint64_t margin = hard / 10 > fast ? hard / 10 : fast;

	return hard - (margin < hard / 2 ? margin : hard / 2);
}

static void
lifetimes(const struct ike_child_sa *child, struct chan_sa *sa)
{
	const struct ike_peer_cfg *cfg = child->cfg;
	uint32_t margin = cfg->child_life_s / 10;

	sa->hard_bytes = child->life_bytes != 0 ? child->life_bytes : cfg->child_life_bytes;
	sa->soft_bytes = soft_of(sa->hard_bytes, FAST_BYTES);
	sa->hard_packets = cfg->child_life_packets;
	sa->soft_packets = soft_of(cfg->child_life_packets, FAST_PACKETS);
	/* The engine rekeys by time, and gives a Child SA up a tenth, at least a minute, after
	 * that. The dataplane's limit is for an engine that does not live to see it. */
	if (cfg->child_life_s != 0)
		sa->hard_s = cfg->child_life_s + (margin > 60 ? margin : 60) + 60;
}

static int
sa_install(struct vpn *v, const struct ike_child_sa *child, uint32_t sa_id, enum chan_sa_dir dir)
{
	const struct ike_child_keys *k = dir == CHAN_SA_IN ? child->in : child->out;
	struct chan_sa sa;
	struct vsa *s;
	uint32_t hard_s;
	int err;

	if (alg_of(k) == CHAN_ESP_NONE)
		return -ENOTSUP;
	memset(&sa, 0, sizeof(sa));
	sa.sa_id = sa_id;
	sa.spi = k->spi;
	sa.tun_id = child->tun_id;
	sa.local = child->local;
	sa.remote = child->remote;
	sa.window = dir == CHAN_SA_IN ? child->cfg->replay_window : 0;
	sa.dir = (uint8_t)dir;
	sa.alg = (uint8_t)alg_of(k);
	sa.esn = k->esn;
	sa.mode = child->tunnel ? CHAN_SA_TUNNEL : CHAN_SA_TRANSPORT;
	sa.local_port = child->local_port;
	sa.remote_port = child->remote_port;
	sa.inner_remote = child->inner_remote;
	sa.inner_local = child->inner_local;
	sa.enc_key_len = k->enc_key_len;
	sa.auth_key_len = k->auth_key_len;
	sa.salt_len = k->salt_len;
	lifetimes(child, &sa);
	hard_s = sa.hard_s;
	memcpy(sa.enc_key, k->enc_key, sizeof(sa.enc_key));
	memcpy(sa.auth_key, k->auth_key, sizeof(sa.auth_key));
	memcpy(sa.salt, k->salt, sizeof(sa.salt));
	s = vsa_new(v, sa_id);
	err = s == NULL ? -ENOMEM : mirror_sa_set(v->cp->mirror, &sa);
	v->sa_mark = dplink_mark(v->cp->dplink);
	explicit_bzero(&sa, sizeof(sa));
	if (s == NULL)
		return err;
	s->spi = k->spi;
	s->tun_id = child->tun_id;
	s->local = child->local;
	s->remote = child->remote;
	s->local_port = child->local_port;
	s->remote_port = child->remote_port;
	s->tunnel = child->tunnel;
	s->inner_remote = child->inner_remote;
	s->inner_local = child->inner_local;
	s->window = dir == CHAN_SA_IN ? child->cfg->replay_window : 0;
	s->dir = (uint8_t)dir;
	s->alg = (uint8_t)alg_of(k);
	s->esn = k->esn;
	s->child_id = child->id;
	s->soft_s = child->cfg->child_life_s;
	s->hard_s = hard_s;
	return err;
}

static void
use_out(struct vpn *v, const struct vchild *c)
{
	struct vtun *t = vtun_find(v, c->tun_id);

	mirror_sa_out(v->cp->mirror, c->tun_id, c->sa_out);
	v->sa_mark = dplink_mark(v->cp->dplink);
	if (t != NULL) {
		t->current = c->node.key;
		if (t->n_adopted > 0)
			t->adopted_end_ms = cp_now_ms() + VPN_DRAIN_MS;
	}
	tunnels_check_id_soon(v->cp->tunnels, c->tun_id);
}

/* A far end that was not known, or has moved: the tunnel follows it. */
static void
learn(struct vpn *v, uint32_t tun_id, uint32_t remote)
{
	const struct tunnel_state *s = tunnels_by_id(v->cp->tunnels, tun_id);
	char addr[IP4_STR_LEN];

	if (s == NULL || s->remote == remote)
		return;
	log_info("vpn", "%s: the far end is at %s", s->name, ip4_str(remote, addr));
	mirror_tun_remote(v->cp->mirror, s->cookie, remote);
	tunnels_learn(v->cp->tunnels, (uint32_t)(s - tunnels_at(v->cp->tunnels, 0)), remote);
	reconcile_soon(v->cp->reconcile);
}

static bool
lists_differ(const struct ike_ts_list *a, const struct ike_ts_list *b)
{
	return (a->n != 0 || b->n != 0) && !ike_ts_same(a, b);
}

/* Does one Child SA stand for several policies? */
static bool
is_shared(const struct cfg *c, const char *tunnel)
{
	const struct cfg_tunnel *t = cfg_tunnel_find(c, tunnel);
	unsigned int n = 0;

	for (uint32_t i = 0; i < c->n_policies; i++)
		n += c->policies[i].action == CFG_POLICY_PROTECT &&
		     strcmp(c->policies[i].tunnel, tunnel) == 0;
	return n > 1 && t != NULL && !cfg_is_per_policy(c, t);
}

/* Has the peer narrowed what it was offered? Policies for the rest are to drop by a name. */
static void
agree(struct vpn *v, struct vtun *t, const struct ike_ts_list *local,
		const struct ike_ts_list *remote)
{
	char from[112], to[112];

	if (!lists_differ(&t->agreed_local, local) && !lists_differ(&t->agreed_remote, remote))
		return;
	if (local->n != 0)
		log_warning("vpn", "%s: the peer agrees to no more than %s to %s%s", t->peer,
				ike_ts_str(local, from, sizeof(from)),
				ike_ts_str(remote, to, sizeof(to)),
				is_shared(v->cp->cfg, t->peer)
						? " in one Child SA; perhaps to the rest in "
						  "others (sa-per-policy)"
						: "");
	t->agreed_local = *local;
	t->agreed_remote = *remote;
	reconcile_soon(v->cp->reconcile);
}

void
vpn_agree_child(struct vpn *v, struct vtun *t, const struct ike_child_sa *child)
{
	static const struct ike_ts_list all;
	const struct ike_peer_cfg *cfg = child->cfg;
	bool less = cfg->ts_local.n != 0 && (lists_differ(&cfg->ts_local, child->ts_local) ||
					lists_differ(&cfg->ts_remote, child->ts_remote));

	agree(v, t, less ? child->ts_local : &all, less ? child->ts_remote : &all);
}

bool
vpn_agreed(const struct vpn *v, uint32_t tun_id, const struct ike_ts *local,
		const struct ike_ts *remote)
{
	const struct vtun *t = vtun_find(v, tun_id);
	struct ike_ts_list l = { .n = 1, .ts = { *local } }, r = { .n = 1, .ts = { *remote } },
			both;

	return t == NULL || t->agreed_local.n == 0 ||
	       (ike_ts_narrow(&l, &t->agreed_local, &both) &&
			       ike_ts_narrow(&r, &t->agreed_remote, &both));
}

int
vpn_child_add(void *ctx, const struct ike_child_sa *child, uint64_t replaces, bool use_now)
{
	struct vpn *v = ctx;
	struct vtun *t = vtun_find(v, child->tun_id);
	struct vchild *c = calloc(1, sizeof(*c));
	int err;

	if (c == NULL) {
		vpn_spi_free(v, child->in->spi); /* child_del will not know of it */
		return -ENOMEM;
	}
	c->tun_id = child->tun_id;
	c->sa_in = child->in->spi & CHAN_SPI_IDX_MASK;
	c->sa_out = CHAN_NONE;
	if (hmap_insert(&v->children, &c->node, child->id) != 0) {
		idpool_give(&v->sa_ids, c->sa_in);
		free(c);
		return -ENOMEM;
	}
	/* From here on child_del cleans up, also when this fails. */
	learn(v, child->tun_id, child->remote);
	c->sa_out = idpool_take(&v->sa_ids);
	if (c->sa_out == CHAN_NONE)
		return -ENOSPC;
	err = sa_install(v, child, c->sa_in, CHAN_SA_IN);
	if (err == 0)
		err = sa_install(v, child, c->sa_out, CHAN_SA_OUT);
	if (err != 0)
		return err;
	if (t != NULL && replaces != 0)
		t->n_rekeys++;
	if (t != NULL)
		vpn_agree_child(v, t, child);
	if (use_now)
		use_out(v, c);
	return 0;
}

void
vpn_child_use_out(void *ctx, uint64_t child_id)
{
	struct vpn *v = ctx;
	const struct vchild *c = vchild_find(v, child_id);

	if (c != NULL && vsa_find(v, c->sa_out) != NULL)
		use_out(v, c);
}

static void
sa_move(struct vpn *v, uint32_t sa_id, uint32_t remote, uint16_t remote_port)
{
	struct vsa *s = vsa_find(v, sa_id);

	if (s == NULL)
		return;
	s->remote = remote;
	s->remote_port = remote_port;
	mirror_sa_move(v->cp->mirror, sa_id, remote, remote_port);
}

void
vpn_child_move(void *ctx, uint64_t child_id, uint32_t remote, uint16_t remote_port)
{
	struct vpn *v = ctx;
	const struct vchild *c = vchild_find(v, child_id);

	if (c == NULL)
		return;
	sa_move(v, c->sa_in, remote, remote_port);
	sa_move(v, c->sa_out, remote, remote_port);
	learn(v, c->tun_id, remote);
}

void
vpn_child_del(void *ctx, uint64_t child_id)
{
	struct vpn *v = ctx;
	struct vchild *c = vchild_find(v, child_id);
	struct vtun *t;

	if (c == NULL)
		return;
	vsa_del(v, c->sa_in);
	vsa_del(v, c->sa_out);
	t = vtun_find(v, c->tun_id);
	if (t != NULL && t->current == child_id) {
		t->current = 0;
		agree(v, t, &(struct ike_ts_list){ .n = 0 }, &(struct ike_ts_list){ .n = 0 });
	}
	tunnels_check_id_soon(v->cp->tunnels, c->tun_id);
	hmap_remove(&v->children, &c->node);
	free(c);
}

/* ---- lost -------------------------------------------------------------------------------- */

void
vpn_sa_gone(struct vpn *v, uint32_t sa_id, const char *why)
{
	struct vsa *s = vsa_find(v, sa_id);
	struct vchild *c;

	if (s == NULL)
		return;
	s->expired = true;
	if (s->adopted) {
		struct vtun *t = vtun_find(v, s->tun_id);

		if (t != NULL)
			t->n_adopted--;
		vsa_del(v, sa_id);
		return;
	}
	c = vchild_find(v, s->child_id);
	if (c == NULL || c->lost)
		return;
	if (log_limit_ok(&v->lost, cp_now_ms()))
		log_warning("vpn", "SA %08x is not in the dataplane: %s; negotiating another",
				s->spi, why);
	c->lost = true;
	c->retry_ms = mirror_attached(v->cp->mirror) ? cp_now_ms() + VPN_LOST_RETRY_MS : 0;
	tunnels_check_id_soon(v->cp->tunnels, c->tun_id);
}

/* Of the Child SAs in the next bucket. How many are asked for. */
static uint32_t
replace_next(struct vpn *v, uint64_t now_ms)
{
	uint64_t due[REPLACE_AT_ONCE];
	uint32_t n = 0;

	/* The engine may add and remove Child SAs while it is asked: collect first. */
	for (struct hnode *h = hmap_scan(&v->children, &v->replace.at);
			h != NULL && n < REPLACE_AT_ONCE; h = h->next) {
		struct vchild *c = HMAP_ENTRY(h, struct vchild, node);

		if (!c->lost || c->retry_ms > now_ms)
			continue;
		c->retry_ms = now_ms + VPN_LOST_RETRY_MS;
		due[n++] = h->key;
	}
	for (uint32_t i = 0; i < n; i++)
		ike_child_rekey(v->ike, due[i], true, now_ms);
	return n;
}

static void
replace_turn(struct vpn *v)
{
	const struct timeval soon = { 0 };
	uint64_t now_ms = cp_now_ms();
	uint32_t n_asked = 0;

	for (uint32_t n = 0; !v->replace.at.done; n++) {
		if (n == v->replace.per_turn || n_asked > v->replace.per_turn / REPLACE_COST) {
			evtimer_add(v->replace.more, &soon);
			break;
		}
		n_asked += replace_next(v, now_ms);
	}
	if (n_asked > 0)
		vpn_settle(v);
}

static void
on_replace(evutil_socket_t fd, short what, void *arg)
{
	struct vpn *v = arg;

	/* Without a dataplane there is nothing to be replaced in. */
	if (mirror_attached(v->cp->mirror))
		replace_turn(v);
}

void
vpn_replace_lost(struct vpn *v)
{
	v->replace.at = (struct hmap_scan){ 0 };
	replace_turn(v);
}

int
vpn_replace_init(struct vpn *v)
{
	v->replace.per_turn = REPLACE_PER_TURN;
	v->replace.more = evtimer_new(v->cp->base, on_replace, v);
	return v->replace.more != NULL ? 0 : -ENOMEM;
}

void
vpn_replace_fini(struct vpn *v)
{
	if (v->replace.more != NULL)
		event_free(v->replace.more);
}
