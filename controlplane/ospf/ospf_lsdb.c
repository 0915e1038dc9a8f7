/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Databases and ageing (RFC 2328 sections 12.2 and 14); see ospf_lsdb.h.
 *
 * Ages are not counted up: an entry knows when it was installed and how old it was then. What has
 * to be done about it, next, stands in a wheel of seconds: checking its checksum (CheckAge),
 * refreshing it (LSRefreshTime) or flushing it (MaxAge). MaxAge entries wait in a list until all
 * neighbours have acknowledged them and none is exchanging databases.
 */
#include "controlplane/ospf/ospf_lsdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/ospf_proto.h"

#define REFRESH_PER_S 2000 /* own LSAs refreshed in one second; the others in the next */
#define REFRESH_GROUP_S 10 /* refreshes gather at multiples of it, to share packets */

static uint64_t
key_of(uint32_t id, uint32_t adv)
{
	return (uint64_t)id << 32 | adv;
}

uint16_t
ospf_lsa_age(const struct ospf_lsa *lsa)
{
	uint64_t age = lsa->h.age + (lsa->db->o->now_ms - lsa->installed_ms) / 1000;

	return age < OSPF_MAX_AGE ? (uint16_t)age : OSPF_MAX_AGE;
}

bool
ospf_lsa_is_own(const struct ospf_lsa *lsa)
{
	return lsa->h.adv == lsa->db->o->cfg.router_id;
}

const char *
ospf_lsa_str(const struct ospf_lsa_hdr *h, char *buf)
{
	char id[IP4_STR_LEN], adv[IP4_STR_LEN];

	snprintf(buf, OSPF_LSA_STR_LEN, "%s %s of %s", ospf_lsa_type_str(h->type),
			ip4_str(h->id, id), ip4_str(h->adv, adv));
	return buf;
}

/* ---- databases --------------------------------------------------------------------------- */

void
ospf_lsdb_init(struct ospf_lsdb *db, struct ospf *o, struct ospf_area *area, struct ospf_if *ifp)
{
	memset(db, 0, sizeof(*db));
	db->o = o;
	db->area = area;
	db->ifp = ifp;
	for (int t = 0; t < OSPF_LSA_N_TYPES; t++)
		TAILQ_INIT(&db->list[t]);
}

void
ospf_lsdb_fini(struct ospf_lsdb *db)
{
	for (int t = 0; t < OSPF_LSA_N_TYPES; t++) {
		struct ospf_lsa *lsa;

		while ((lsa = TAILQ_FIRST(&db->list[t])) != NULL) {
			ospf_unacked_clear(lsa);
			ospf_lsdb_remove(lsa);
		}
		hmap_fini(&db->by_type[t]);
		memset(&db->by_type[t], 0, sizeof(db->by_type[t]));
	}
	ospf_flushed_fini(db);
}

uint32_t
ospf_lsdb_n(const struct ospf_lsdb *db, uint8_t type)
{
	return type < OSPF_LSA_N_TYPES ? db->by_type[type].n : 0;
}

struct ospf_lsa *
ospf_lsdb_find(const struct ospf_lsdb *db, uint8_t type, uint32_t id, uint32_t adv)
{
	if (type >= OSPF_LSA_N_TYPES)
		return NULL;
	return HMAP_ENTRY(hmap_find(&db->by_type[type], key_of(id, adv)), struct ospf_lsa, node);
}

struct ospf_lsdb *
ospf_lsdb_of(struct ospf *o, struct ospf_area *area, struct ospf_if *ifp, uint8_t type)
{
	switch (type) {
	case OSPF_LSA_ROUTER:
	case OSPF_LSA_NETWORK:
	case OSPF_LSA_SUMMARY:
	case OSPF_LSA_ASBR_SUMMARY:
	case OSPF_LSA_NSSA:
	case OSPF_LSA_OPAQUE_AREA:
		return area != NULL ? &area->lsdb : NULL;
	case OSPF_LSA_EXTERNAL:
	case OSPF_LSA_OPAQUE_AS:
		return &o->as_db;
	case OSPF_LSA_OPAQUE_LINK:
		return ifp != NULL ? &ifp->lsdb : NULL;
	}
	return NULL;
}

/* ---- the wheel --------------------------------------------------------------------------- */

static void
wheel_take(struct ospf_lsa *lsa)
{
	struct ospf *o = lsa->db->o;

	if (lsa->due_s == 0)
		return;
	if (lsa->due_s == UINT32_MAX)
		TAILQ_REMOVE(&o->max_aged, lsa, due);
	else
		TAILQ_REMOVE(&o->wheel[lsa->due_s % OSPF_WHEEL], lsa, due);
	lsa->due_s = 0;
}

static void
wheel_put(struct ospf_lsa *lsa, uint32_t due_s)
{
	struct ospf *o = lsa->db->o;

	wheel_take(lsa);
	if (due_s <= o->wheel_s)
		due_s = o->wheel_s + 1;
	lsa->due_s = due_s;
	TAILQ_INSERT_TAIL(&o->wheel[due_s % OSPF_WHEEL], lsa, due);
}

static bool
refreshes(const struct ospf_lsa *lsa)
{
	return lsa->own != NULL && lsa->own->wanted;
}

/* Where it stands next: its next multiple of CheckAge, which LSRefreshTime and MaxAge are, too. */
static void
wheel_arm(struct ospf_lsa *lsa)
{
	struct ospf *o = lsa->db->o;
	uint32_t age = ospf_lsa_age(lsa), next;
	uint64_t at_ms;

	if (age == OSPF_MAX_AGE) {
		wheel_take(lsa);
		lsa->due_s = UINT32_MAX;
		TAILQ_INSERT_TAIL(&o->max_aged, lsa, due);
		o->sweep = true;
		return;
	}
	next = (age / OSPF_CHECK_AGE + 1) * OSPF_CHECK_AGE;
	at_ms = lsa->installed_ms + (uint64_t)(next - lsa->h.age) * 1000;
	at_ms = (at_ms + 999) / 1000;
	if (refreshes(lsa) && next >= OSPF_LS_REFRESH)
		at_ms -= at_ms % REFRESH_GROUP_S;
	wheel_put(lsa, (uint32_t)at_ms);
}

/* ---- entries ----------------------------------------------------------------------------- */

static void
ospf_lsdb_notify(struct ospf_lsa *lsa, enum ospf_change change)
{
	struct ospf *o = lsa->db->o;

	if (o->calc.lsa != NULL)
		o->calc.lsa(o->calc.ctx, lsa, change);
}

struct ospf_lsa *
ospf_lsdb_entry(struct ospf_lsdb *db, uint8_t type, uint32_t id, uint32_t adv)
{
	struct ospf_lsa *lsa = calloc(1, sizeof(*lsa));

	if (lsa == NULL)
		return NULL;
	lsa->db = db;
	lsa->h = (struct ospf_lsa_hdr){ .age = OSPF_MAX_AGE, .type = type, .id = id, .adv = adv,
		.seq = OSPF_INITIAL_SEQ - 1 };
	lsa->h.seq = ospf_flushed_seq(db, &lsa->h);
	lsa->installed_ms = db->o->now_ms;
	if (hmap_insert(&db->by_type[type], &lsa->node, key_of(id, adv)) != 0) {
		free(lsa);
		return NULL;
	}
	lsa->born = ++db->o->n_born;
	TAILQ_INSERT_TAIL(&db->list[type], lsa, link);
	return lsa;
}

/* Does it say the same as what is installed? Age, number and checksum are not contents. */
static bool
same_contents(const struct ospf_lsa *lsa, const struct ospf_lsa_hdr *h, const uint8_t *data)
{
	return lsa->h.len == h->len && lsa->h.options == h->options &&
			memcmp(lsa->data + OSPF_LSA_HDR_LEN, data + OSPF_LSA_HDR_LEN,
					h->len - OSPF_LSA_HDR_LEN) == 0;
}

static void
trace_install(const struct ospf_lsa *lsa, bool was, bool same, bool received)
{
	char b[OSPF_LSA_STR_LEN];

	if (lsa->db->o->tracing & OSPF_TRACE_LSA)
		ospf_trace_line(lsa->db->o, OSPF_TRACE_LSA, lsa->db->ifp, 0, lsa->h.adv,
				"LSA %s, sequence 0x%08x: %s, %s", ospf_lsa_str(&lsa->h, b),
				(unsigned int)lsa->h.seq,
				lsa->h.adv == lsa->db->o->cfg.router_id && !received ? "originated"
										     : "installed",
				lsa->h.age == OSPF_MAX_AGE ? "flushed" : !was ? "new"
						: same ? "contents as before" : "changed");
}

/* RFC 3623: those that restart, and we, must not go on as if nothing had been. */
static void
topology_changed(struct ospf_lsa *lsa)
{
	ospf_gr_topology(lsa);
	ospf_restart_lsa(lsa);
}

struct ospf_lsa *
ospf_lsdb_install(struct ospf_lsdb *db, const struct ospf_lsa_hdr *h, const uint8_t *data,
		bool received)
{
	struct ospf_lsa *lsa = ospf_lsdb_find(db, h->type, h->id, h->adv);
	uint8_t *copy = malloc(h->len);
	bool was, is = h->age < OSPF_MAX_AGE, same;

	if (copy == NULL)
		return NULL;
	if (lsa == NULL)
		lsa = ospf_lsdb_entry(db, h->type, h->id, h->adv);
	if (lsa == NULL) {
		free(copy);
		return NULL;
	}
	ospf_changed(db->o);
	memcpy(copy, data, h->len);
	was = lsa->data != NULL && !ospf_lsa_is_max_age(lsa);
	same = was && is && same_contents(lsa, h, data);
	lsa->news = !same || (lsa->n_unacked > 0 && lsa->news);
	ospf_unacked_clear(lsa);
	db->cksum_sum[h->type] += (uint64_t)h->cksum - (lsa->data != NULL ? lsa->h.cksum : 0);
	free(lsa->data);
	lsa->data = copy;
	lsa->h = *h;
	lsa->installed_ms = db->o->now_ms;
	lsa->received = received;
	ospf_limit_count(lsa, !ospf_lsa_is_own(lsa));
	wheel_arm(lsa);
	trace_install(lsa, was, same, received);
	if (is && !same)
		ospf_lsdb_notify(lsa, was ? OSPF_LSA_CHANGED : OSPF_LSA_NEW);
	else if (was && !is)
		ospf_lsdb_notify(lsa, OSPF_LSA_GONE);
	if (h->type == OSPF_LSA_OPAQUE_LINK)
		ospf_gr_lsa(lsa);
	else if ((was || is) && !same)
		topology_changed(lsa);
	ospf_flushed_del(db, &lsa->h); /* @h and @data may be its */
	return lsa;
}

static void
lsa_free(struct ospf_lsa *lsa)
{
	free(lsa->unacked);
	free(lsa->data);
	free(lsa);
}

void
ospf_lsdb_remove(struct ospf_lsa *lsa)
{
	struct ospf_lsdb *db = lsa->db;

	ospf_changed(db->o);
	ospf_lsdb_notify(lsa, OSPF_LSA_REMOVED);
	if (lsa->h.type == OSPF_LSA_OPAQUE_LINK)
		ospf_gr_lsa(lsa);
	wheel_take(lsa);
	ospf_own_free(lsa);
	ospf_limit_count(lsa, false);
	if (lsa->data != NULL)
		db->cksum_sum[lsa->h.type] -= lsa->h.cksum;
	hmap_remove(&db->by_type[lsa->h.type], &lsa->node);
	TAILQ_REMOVE(&db->list[lsa->h.type], lsa, link);
	lsa->gone = true;
	if (lsa->n_queued == 0)
		lsa_free(lsa);
}

void
ospf_lsa_unqueue(struct ospf_lsa *lsa)
{
	lsa->n_queued--;
	if (lsa->gone && lsa->n_queued == 0)
		lsa_free(lsa);
}

/* ---- ageing ------------------------------------------------------------------------------ */

void
ospf_lsa_expire(struct ospf_lsa *lsa)
{
	bool was = lsa->data != NULL && lsa->h.age < OSPF_MAX_AGE;

	if (lsa->data == NULL) { /* never sent: nothing to be taken back */
		wheel_arm(lsa);
		return;
	}
	ospf_changed(lsa->db->o);
	lsa->news = was || (lsa->n_unacked > 0 && lsa->news);
	ospf_unacked_clear(lsa);
	lsa->h.age = OSPF_MAX_AGE;
	lsa->data[0] = OSPF_MAX_AGE >> 8;
	lsa->data[1] = OSPF_MAX_AGE & 0xff;
	lsa->installed_ms = lsa->db->o->now_ms;
	wheel_arm(lsa);
	if (was)
		ospf_lsdb_notify(lsa, OSPF_LSA_GONE);
	if (lsa->h.type == OSPF_LSA_OPAQUE_LINK)
		ospf_gr_lsa(lsa);
	else
		topology_changed(lsa);
	ospf_flood(lsa, NULL);
}

/* An LSA's place in the wheel has come up. @return it was refreshed. */
static bool
come_of_age(struct ospf_lsa *lsa)
{
	uint16_t age = ospf_lsa_age(lsa);
	char b[OSPF_LSA_STR_LEN];

	if (age == OSPF_MAX_AGE) {
		ospf_lsa_expire(lsa);
		return false;
	}
	/* Section 14: a checksum that has become wrong means our memory is. */
	if (!ospf_lsa_cksum_ok(lsa->data, lsa->h.len)) {
		ospf_log(lsa->db->o, LVL_ERROR, "the database is damaged: checksum of LSA %s; all "
				"is learned anew", ospf_lsa_str(&lsa->h, b));
		lsa->db->o->damaged = true;
		wheel_arm(lsa);
		return false;
	}
	if (refreshes(lsa) && age + REFRESH_GROUP_S >= OSPF_LS_REFRESH) {
		ospf_own_refresh(lsa);
		return true;
	}
	wheel_arm(lsa);
	return false;
}

void
ospf_lsdb_second(struct ospf *o)
{
	uint32_t now_s = (uint32_t)(o->now_ms / 1000), n_refreshed = 0;
	struct ospf_lsa *lsa;

	if (now_s - o->wheel_s > OSPF_WHEEL)
		o->wheel_s = now_s - OSPF_WHEEL;
	while (o->wheel_s < now_s) {
		struct ospf_lsa_list *slot = &o->wheel[++o->wheel_s % OSPF_WHEEL];
		struct ospf_lsa_list due = TAILQ_HEAD_INITIALIZER(due);

		TAILQ_CONCAT(&due, slot, due);
		while ((lsa = TAILQ_FIRST(&due)) != NULL) {
			TAILQ_REMOVE(&due, lsa, due);
			lsa->due_s = 0;
			if (n_refreshed >= REFRESH_PER_S && refreshes(lsa))
				wheel_put(lsa, o->wheel_s + 1);
			else if (come_of_age(lsa))
				n_refreshed++;
		}
	}
}

void
ospf_lsdb_sweep(struct ospf *o)
{
	struct ospf_lsa *lsa, *next;

	o->sweep = false;
	if (o->n_exchange > 0)
		return;
	for (lsa = TAILQ_FIRST(&o->max_aged); lsa != NULL; lsa = next) {
		next = TAILQ_NEXT(lsa, due);
		if (lsa->n_unacked > 0 || ospf_own_flushed(lsa))
			continue;
		if (lsa->data != NULL)
			ospf_flushed_add(lsa->db, &lsa->h, lsa->data);
		ospf_lsdb_remove(lsa);
	}
}
