/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * LSAs that were flushed a moment ago. Section 14 of RFC 2328 takes a MaxAge LSA out of the
 * database as soon as all have acknowledged it. A copy of what was flushed that is still on its way
 * then (reordered, or sent twice) would be news to who hears it, its originator would not learn of
 * it, and it would stay for an hour. So what leaves the database, or would have if it had been in
 * it, is remembered for HOLD_MS, beside it:
 *
 *   - an older instance that is received or described is answered as if the flushed one were in the
 *     database: that is put back, and leaves again when the neighbour has acknowledged it;
 *   - so is an acknowledgment of an older instance: its sender, who may have no such memory, has
 *     it;
 *   - our own LSA that is wanted again goes on above the flushed one's sequence number, so that
 *     late acknowledgments are not taken for the new one's.
 *
 * An instance at MaxSequenceNumber is not remembered: after it the first number is newer (12.1.6).
 */
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/ospf_proto.h"

#define HOLD_MS    60000
#define MOST_BYTES (8u << 20) /* of LSAs; beyond them the oldest are forgotten early */

struct ospf_flushed {
	TAILQ_ENTRY(ospf_flushed) link; /* in o->flushed, the oldest first */
	struct hnode node;              /* in db->flushed */
	struct ospf_lsdb *db;
	struct ospf_lsa_hdr h; /* age: MaxAge */
	uint64_t until_ms;
	uint8_t data[]; /* h.len bytes */
};

/* Two LSAs may have one key: the later one is remembered. */
static uint64_t
key_of(const struct ospf_lsa_hdr *h)
{
	return ((uint64_t)h->id << 32 | h->adv) + h->type * 0x9e3779b97f4a7c15u;
}

static struct ospf_flushed *
by_key(const struct ospf_lsdb *db, const struct ospf_lsa_hdr *h)
{
	return HMAP_ENTRY(hmap_find(&db->flushed, key_of(h)), struct ospf_flushed, node);
}

static struct ospf_flushed *
find(const struct ospf_lsdb *db, const struct ospf_lsa_hdr *h)
{
	struct ospf_flushed *f = by_key(db, h);

	return f != NULL && f->h.type == h->type && f->h.id == h->id && f->h.adv == h->adv ? f
											   : NULL;
}

static void
forget(struct ospf_flushed *f)
{
	struct ospf *o = f->db->o;

	TAILQ_REMOVE(&o->flushed, f, link);
	o->flushed_bytes -= f->h.len;
	hmap_remove(&f->db->flushed, &f->node);
	free(f);
}

void
ospf_flushed_add(struct ospf_lsdb *db, const struct ospf_lsa_hdr *h, const uint8_t *data)
{
	struct ospf *o = db->o;
	struct ospf_flushed *f;

	if (h->seq == OSPF_MAX_SEQ)
		return;
	f = by_key(db, h);
	if (f != NULL)
		forget(f);
	f = calloc(1, sizeof(*f) + h->len);
	if (f == NULL || hmap_insert(&db->flushed, &f->node, key_of(h)) != 0) {
		free(f); /* RFC 2328 has no such memory either */
		return;
	}
	f->db = db;
	f->h = *h;
	memcpy(f->data, data, h->len);
	f->until_ms = o->now_ms + HOLD_MS;
	TAILQ_INSERT_TAIL(&o->flushed, f, link);
	o->flushed_bytes += h->len;
	while (o->flushed_bytes > MOST_BYTES)
		forget(TAILQ_FIRST(&o->flushed));
}

void
ospf_flushed_del(struct ospf_lsdb *db, const struct ospf_lsa_hdr *h)
{
	struct ospf_flushed *f = find(db, h);

	if (f != NULL)
		forget(f);
}

int32_t
ospf_flushed_seq(const struct ospf_lsdb *db, const struct ospf_lsa_hdr *h)
{
	const struct ospf_flushed *f = find(db, h);

	return f != NULL ? f->h.seq : OSPF_INITIAL_SEQ - 1;
}

struct ospf_lsa *
ospf_flushed_again(struct ospf_nbr *n, struct ospf_lsdb *db, const struct ospf_lsa_hdr *h)
{
	struct ospf *o = db->o;
	struct ospf_flushed *f = find(db, h);
	struct ospf_lsa *lsa;

	if (f == NULL || ospf_lsa_cmp(h, &f->h) >= 0)
		return NULL;
	lsa = ospf_lsdb_install(db, &f->h, f->data, false); /* forgets @f */
	if (lsa == NULL || ospf_unacked_add(lsa, n) != 0)
		return NULL;
	lsa->flooded_ms = o->now_ms;
	o->n.lsa_flushed_again++;
	return lsa;
}

void
ospf_flushed_second(struct ospf *o)
{
	struct ospf_flushed *f;

	while ((f = TAILQ_FIRST(&o->flushed)) != NULL && f->until_ms <= o->now_ms)
		forget(f);
}

void
ospf_flushed_fini(struct ospf_lsdb *db)
{
	struct hmap_iter it = { 0 };
	struct hnode *node;

	while ((node = hmap_next(&db->flushed, &it)) != NULL)
		forget(HMAP_ENTRY(node, struct ospf_flushed, node));
	hmap_fini(&db->flushed);
	memset(&db->flushed, 0, sizeof(db->flushed));
}
