/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * An OSPF router's state for the next process; see ospf_keep.h. Big-endian:
 *
 *     magic 4 | router ID 4 | what is left of max-metric on-startup, in ms 4
 *     LSAs:        1 | scope 1 | area or 0 4 | name of the interface 32 | length 2 | the LSA
 *     interfaces:  2 | name 32 | area 4 | state 1 | DR, BDR, their IDs 16 |
 *                  last sequence number sent 8 | when this was written, wall clock in s 8
 *     neighbours:  3 | of the interface before: ID 4 | address 4 | state 1 | priority 1 |
 *                  options 1 | its DR, BDR 8 | MAC known 1 | MAC 6 | sequence seen 1 | numbers 40 |
 *                  MTU 2
 *     end:         0
 */
#include "controlplane/ospf/ospf_keep.h"

#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/ospf_auth.h"
#include "controlplane/ospf/ospf_proto.h"

#define MAGIC    0x4f535033u /* "OSP3" */
#define HEAD_LEN 12
#define ROOM_MIN 65536u
#define ROOM_MAX (64u << 20)
#define LOADING_MS 100 /* in which interfaces and neighbours come back */
#define SETTLE_MS 1000 /* in which routes are calculated of what was loaded */

enum item { END, LSA, INTERFACE, NEIGHBOUR };
enum scope { SCOPE_AREA, SCOPE_AS, SCOPE_LINK };

/* What was loaded, until it is used or too old. */
struct ospf_kept {
	struct timer timer;
	size_t len;
	uint64_t gone_ms; /* at @loaded_ms */
	uint64_t loaded_ms;
	bool as_done;
	struct ospf_silent *silent;
	uint32_t n_silent;
	uint8_t data[];
};

/* ---- saving ------------------------------------------------------------------------------ */

void
ospf_keep_watch(struct ospf *o, bool *changed)
{
	o->changed = changed;
}

static void
put_name(struct wr *w, const char *name)
{
	size_t len = strnlen(name, OSPF_NAME_LEN - 1);

	wr_bytes(w, name, len);
	wr_zero(w, OSPF_NAME_LEN - len);
}

static void
put_db(struct wr *w, const struct ospf_lsdb *db, enum scope scope)
{
	const struct ospf_lsa *lsa;

	for (int t = 0; t < OSPF_LSA_N_TYPES; t++)
		OSPF_LSDB_FOREACH (lsa, db, t) {
			uint16_t age = ospf_lsa_age(lsa);
			size_t at;

			if (lsa->data == NULL || age == OSPF_MAX_AGE)
				continue;
			wr_u8(w, LSA);
			wr_u8(w, (uint8_t)scope);
			wr_be32(w, db->area != NULL ? db->area->cfg.id : 0);
			put_name(w, db->ifp != NULL ? db->ifp->cfg.name : "");
			wr_be16(w, lsa->h.len);
			at = w->len;
			wr_bytes(w, lsa->data, lsa->h.len);
			wr_patch_be16(w, at, age);
		}
}

static void
put_nbr(struct wr *w, const struct ospf_nbr *n)
{
	wr_u8(w, NEIGHBOUR);
	wr_be32(w, n->router_id);
	wr_be32(w, n->addr);
	wr_u8(w, (uint8_t)n->state);
	wr_u8(w, n->priority);
	wr_u8(w, n->options);
	wr_be32(w, n->dr);
	wr_be32(w, n->bdr);
	wr_u8(w, n->has_mac);
	wr_bytes(w, n->mac, sizeof(n->mac));
	wr_u8(w, n->crypt_seen);
	for (int i = 0; i < 5; i++)
		wr_be64(w, n->crypt_seq[i]);
	wr_be16(w, n->mtu_seen);
}

static void
put_if(struct wr *w, const struct ospf_if *ifp)
{
	const struct ospf_nbr *n;

	wr_u8(w, INTERFACE);
	put_name(w, ifp->cfg.name);
	wr_be32(w, ifp->area->cfg.id);
	wr_u8(w, (uint8_t)ifp->state);
	wr_be32(w, ifp->dr);
	wr_be32(w, ifp->bdr);
	wr_be32(w, ifp->dr_id);
	wr_be32(w, ifp->bdr_id);
	wr_be64(w, ifp->crypt_seq);
	wr_be64(w, ifp->o->ops.wall_s(ifp->o->ops.ctx));
	TAILQ_FOREACH (n, &ifp->nbrs, link)
		if (n->state == OSPF_NBR_2WAY || n->state == OSPF_NBR_FULL)
			put_nbr(w, n);
}

static void
put_all(const struct ospf *o, struct wr *w)
{
	const struct ospf_area *a;
	const struct ospf_if *ifp;

	wr_be32(w, MAGIC);
	wr_be32(w, o->cfg.router_id);
	wr_be32(w, o->startup.on && o->startup.due_ms > o->now_ms
				   ? (uint32_t)(o->startup.due_ms - o->now_ms) : 0);
	put_db(w, &o->as_db, SCOPE_AS);
	TAILQ_FOREACH (a, &o->areas, link)
		put_db(w, &a->lsdb, SCOPE_AREA);
	TAILQ_FOREACH (ifp, &o->ifs, link)
		put_db(w, &ifp->lsdb, SCOPE_LINK);
	TAILQ_FOREACH (ifp, &o->ifs, link)
		if (ifp->cfg.type != OSPF_IF_VLINK && ifp->state > OSPF_IFS_WAITING)
			put_if(w, ifp);
	wr_u8(w, END);
}

/* Is nothing under way that another process would have to finish? */
static bool
is_quiet(const struct ospf *o)
{
	return o->running && !o->stopped && !o->restarting && o->n_adjoining == 0 &&
			o->n_helping == 0 && TAILQ_EMPTY(&o->pending);
}

uint8_t *
ospf_keep_save(const struct ospf *o, size_t *len)
{
	if (!is_quiet(o))
		return NULL;
	for (size_t room = ROOM_MIN; room <= ROOM_MAX; room *= 2) {
		uint8_t *buf = malloc(room);
		struct wr w = wr_init(buf, buf != NULL ? room : 0);

		if (buf == NULL)
			return NULL;
		put_all(o, &w);
		if (!w.bad) {
			*len = w.len;
			return buf;
		}
		free(buf);
	}
	return NULL;
}

/* Half a Hello interval late, or more. */
static bool
is_silent(const struct ospf_nbr *n, uint64_t now_ms)
{
	const struct ospf_if_cfg *cfg = &n->ifp->cfg;

	return (n->state == OSPF_NBR_2WAY || n->state == OSPF_NBR_FULL) && n->inactivity.on &&
	       n->inactivity.due_ms + 3 * cfg->hello_ms / 2 < now_ms + cfg->dead_ms;
}

uint32_t
ospf_keep_silent(const struct ospf *o, struct ospf_silent *out)
{
	const struct ospf_if *ifp;
	const struct ospf_nbr *n;
	uint32_t n_out = 0;

	TAILQ_FOREACH (ifp, &o->ifs, link)
		TAILQ_FOREACH (n, &ifp->nbrs, link) {
			uint64_t due_ms = n->inactivity.due_ms;

			if (!is_silent(n, o->now_ms))
				continue;
			if (n_out == OSPF_SILENT_MAX)
				return n_out;
			out[n_out] = (struct ospf_silent){ .id = n->router_id, .addr = n->addr,
				.left_ms = due_ms > o->now_ms ? (uint32_t)(due_ms - o->now_ms) : 0 };
			memcpy(out[n_out++].interface, ifp->cfg.name, OSPF_NAME_LEN);
		}
	return n_out;
}

/* ---- restoring --------------------------------------------------------------------------- */

static void
kept_free(struct ospf *o)
{
	free(o->kept->silent);
	free(o->kept);
	o->kept = NULL;
}

static void
kept_over(void *arg)
{
	struct ospf *o = arg;

	kept_free(o);
	if (!o->restarting) /* else at the end of it */
		ospf_own_sweep(o);
	if (o->calc.instance != NULL)
		o->calc.instance(o->calc.ctx);
}

bool
ospf_keep_waits(const struct ospf *o)
{
	return o->kept != NULL && o->n_nbrs > 0 && o->now_ms - o->kept->loaded_ms < SETTLE_MS;
}

uint64_t
ospf_keep_loaded_ms(const struct ospf *o)
{
	return o->kept != NULL ? o->kept->loaded_ms + LOADING_MS : 0;
}

/* That we forward we have never ceased to do: max-metric on-startup is for routers that come up.
 * What was left of it when the process before us went is to pass, all the same. */
static void
startup_goes_on(struct ospf *o, uint64_t left_ms, uint64_t gone_ms)
{
	if (o->cfg.max_metric_startup_s == 0)
		return;
	timer_stop(&o->timers, &o->startup);
	if (left_ms > gone_ms)
		timer_set(&o->timers, &o->startup, o->now_ms + left_ms - gone_ms);
}

void
ospf_keep_load(struct ospf *o, const uint8_t *data, size_t len, uint64_t gone_ms)
{
	struct rd r = rd_init(data, len);
	uint32_t startup_ms;

	if (o->kept != NULL || rd_be32(&r) != MAGIC || rd_be32(&r) != o->cfg.router_id)
		return;
	startup_ms = rd_be32(&r);
	if (r.bad)
		return;
	o->kept = calloc(1, sizeof(*o->kept) + len);
	if (o->kept == NULL)
		return;
	memcpy(o->kept->data, data, len);
	o->kept->len = len;
	o->kept->gone_ms = gone_ms;
	o->kept->loaded_ms = o->now_ms;
	o->kept->timer = (struct timer){ .fn = kept_over, .arg = o };
	timer_set(&o->timers, &o->kept->timer, o->now_ms + OSPF_KEEP_MS);
	startup_goes_on(o, startup_ms, gone_ms);
}

void
ospf_keep_free(struct ospf *o)
{
	if (o->kept == NULL)
		return;
	timer_stop(&o->timers, &o->kept->timer);
	kept_free(o);
}

void
ospf_keep_load_silent(struct ospf *o, const struct ospf_silent *s, uint32_t n)
{
	if (o->kept == NULL || o->kept->silent != NULL || n == 0 || n > OSPF_SILENT_MAX)
		return;
	o->kept->silent = calloc(n, sizeof(*s));
	if (o->kept->silent == NULL)
		return;
	memcpy(o->kept->silent, s, n * sizeof(*s));
	o->kept->n_silent = n;
}

static uint64_t
gone_ms(const struct ospf *o)
{
	return o->kept->gone_ms + (o->now_ms - o->kept->loaded_ms);
}

/* An LSA of the file into @db, if it is not there. */
static void
lsa_restore(struct ospf_lsdb *db, const uint8_t *data, uint16_t len)
{
	struct ospf *o = db->o;
	struct rd r = rd_init(data, len);
	struct ospf_lsa_hdr h;
	uint64_t age;

	ospf_lsa_hdr_read(&r, &h);
	if (r.bad || h.len != len || !ospf_lsa_cksum_ok(data, len) ||
			ospf_lsa_check(data, len) != NULL ||
			ospf_lsdb_of(o, db->area, db->ifp, h.type) != db ||
			ospf_lsdb_find(db, h.type, h.id, h.adv) != NULL)
		return;
	age = h.age + gone_ms(o) / 1000;
	if (age >= OSPF_MAX_AGE)
		return;
	h.age = (uint16_t)age;
	ospf_lsdb_install(db, &h, data, false);
}

/* How long a neighbour may stay unheard that was there when the former process went. */
static uint64_t
dead_in_ms(const struct ospf_if *ifp, uint32_t id, uint32_t addr)
{
	const struct ospf_kept *k = ifp->o->kept;
	uint64_t left_ms = ifp->cfg.dead_ms, gone = gone_ms(ifp->o);

	for (uint32_t i = 0; i < k->n_silent; i++) {
		const struct ospf_silent *s = &k->silent[i];

		if (s->id == id && s->addr == addr && s->left_ms < left_ms &&
				strncmp(s->interface, ifp->cfg.name, OSPF_NAME_LEN) == 0)
			left_ms = s->left_ms;
	}
	return left_ms > gone ? left_ms - gone : 1;
}

static void
nbr_restore(struct ospf_if *ifp, struct rd *r)
{
	uint32_t id = rd_be32(r), addr = rd_be32(r);
	uint8_t state = rd_u8(r);
	struct ospf_nbr *n;

	if (r->bad || (state != OSPF_NBR_2WAY && state != OSPF_NBR_FULL) ||
			id == ifp->o->cfg.router_id || ifp->n_nbrs >= OSPF_IF_NBRS ||
			hmap_find(&ifp->by_addr, ospf_nbr_key(ifp, id, addr)) != NULL)
		return;
	n = ospf_nbr_new(ifp, id, addr);
	if (n == NULL)
		return;
	n->priority = rd_u8(r);
	n->options = rd_u8(r);
	n->dr = rd_be32(r);
	n->bdr = rd_be32(r);
	n->has_mac = rd_u8(r) != 0;
	rd_copy(r, n->mac, sizeof(n->mac));
	n->crypt_seen = rd_u8(r) != 0;
	for (int i = 0; i < 5; i++)
		n->crypt_seq[i] = rd_be64(r);
	n->mtu_seen = rd_be16(r);
	if (r->bad)
		ospf_nbr_free(n);
	else
		ospf_nbr_resume(n, (enum ospf_nbr_state)state, dead_in_ms(ifp, id, addr));
}

#define NBR_LEN (4 + 4 + 1 + 1 + 1 + 8 + 1 + 6 + 1 + 40 + 2)

/* Sequence numbers run ahead of the clock. What was sent after @saved was written: Hellos, and now
 * and then an answer; with 64 bits some of this second's numbers. */
static void
seq_restore(struct ospf_if *ifp, uint64_t saved, uint64_t saved_s)
{
	uint64_t now_s = ifp->o->ops.wall_s(ifp->o->ops.ctx);
	uint64_t per_s = 1000 / (ifp->cfg.hello_ms > 0 ? ifp->cfg.hello_ms : 1000) + 1;
	uint64_t seq = saved + OSPF_SEQ_MORE + (now_s > saved_s ? now_s - saved_s : 0) * per_s;

	if (ifp->cfg.auth.extended)
		seq = (now_s + 1) << 32;
	if (saved != 0 && seq > ifp->crypt_seq)
		ifp->crypt_seq = seq;
}

/* One entry of the file, in as far as it concerns @ifp. @here: neighbours are its own. */
static void
item_restore(struct ospf_if *ifp, uint8_t what, struct rd *r, bool *here)
{
	struct ospf_kept *k = ifp->o->kept;
	const char *name;
	uint32_t area;

	if (what == LSA) {
		uint8_t scope = rd_u8(r);
		uint16_t len;
		const uint8_t *data;

		area = rd_be32(r);
		name = (const char *)rd_bytes(r, OSPF_NAME_LEN);
		len = rd_be16(r);
		data = rd_bytes(r, len);
		if (r->bad)
			return;
		if (scope == SCOPE_AREA && area == ifp->area->cfg.id)
			lsa_restore(&ifp->area->lsdb, data, len);
		else if (scope == SCOPE_AS && !k->as_done)
			lsa_restore(&ifp->o->as_db, data, len);
		else if (scope == SCOPE_LINK && strncmp(name, ifp->cfg.name, OSPF_NAME_LEN) == 0)
			lsa_restore(&ifp->lsdb, data, len);
	} else if (what == INTERFACE) {
		uint32_t dr, bdr, dr_id, bdr_id;
		uint64_t seq, written_s;
		uint8_t state;

		name = (const char *)rd_bytes(r, OSPF_NAME_LEN);
		area = rd_be32(r);
		state = rd_u8(r);
		dr = rd_be32(r);
		bdr = rd_be32(r);
		dr_id = rd_be32(r);
		bdr_id = rd_be32(r);
		seq = rd_be64(r);
		written_s = rd_be64(r);
		*here = !r->bad && strncmp(name, ifp->cfg.name, OSPF_NAME_LEN) == 0 &&
				area == ifp->area->cfg.id;
		if (*here)
			seq_restore(ifp, seq, written_s);
		if (*here && ospf_if_is_multiaccess(ifp) && state >= OSPF_IFS_DROTHER)
			ospf_if_resume(ifp, dr, bdr, dr_id, bdr_id);
	} else if (what == NEIGHBOUR) {
		struct rd nbr = rd_sub(r, NBR_LEN);

		if (*here && !r->bad)
			nbr_restore(ifp, &nbr);
	} else {
		r->bad = true;
	}
}

void
ospf_keep_if_up(struct ospf_if *ifp)
{
	struct ospf_kept *k = ifp->o->kept;
	struct rd r;
	bool here = false;

	if (k == NULL || gone_ms(ifp->o) >= ifp->cfg.dead_ms)
		return;
	r = rd_init(k->data, k->len);
	rd_bytes(&r, HEAD_LEN);
	while (!r.bad) {
		uint8_t what = rd_u8(&r);

		if (what == END)
			break;
		item_restore(ifp, what, &r, &here);
	}
	k->as_done = true;
}
