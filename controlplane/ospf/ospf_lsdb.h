/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The link state database (RFC 2328 section 12): one for each area (types 1-4, 7, 10), one for the
 * AS (types 5, 11) and one for each interface (type 9).
 *
 * An entry (struct ospf_lsa) is one link state ID of one router. It stays where it is while its
 * contents are replaced by newer instances, so others may keep a pointer to it from the change
 * OSPF_LSA_NEW up to and including the change OSPF_LSA_REMOVED.
 *
 * Which neighbours have yet to acknowledge an entry is a bit set in the entry, one bit for each
 * neighbour of the instance: the retransmission lists of a thousand neighbours for a thousand LSAs
 * take 128 KB.
 *
 * Self-originated LSAs: say with ospf_originate() what the LSA should contain, as often as you
 * like; sequence numbers, MinLSInterval, refresh, wrapping, and the answer to an old instance that
 * comes back (section 13.4) are done here.
 */
#ifndef CULVERT_CONTROLPLANE_OSPF_LSDB_H
#define CULVERT_CONTROLPLANE_OSPF_LSDB_H

#include <sys/queue.h>

#include "controlplane/ospf/ospf_lsa.h"
#include "controlplane/util/hmap.h"
#include "controlplane/util/timers.h"

struct ospf;
struct ospf_area;
struct ospf_if;
struct ospf_lsdb;

/* What we want of an LSA of our own. */
struct ospf_own {
	struct timer timer;   /* the earliest time for the next instance */
	uint8_t *body;        /* wanted and not originated yet; NULL: as it stands */
	uint16_t body_len;
	uint8_t options;      /* of @body */
	bool wanted;          /* else it is being flushed */
	bool wrapping;        /* flushed at MaxSequenceNumber, comes back as the first one */
	uint64_t last_ms;     /* of the last instance */
	uint32_t hold_ms;     /* that must pass until the next: grows while it keeps changing */
	uint8_t n_held;       /* instances in a row that had to wait, up to those that all may */
};

struct ospf_lsa {
	struct hnode node;             /* in db->by_type: key is id, then adv */
	TAILQ_ENTRY(ospf_lsa) link;    /* in db->list of its type */
	TAILQ_ENTRY(ospf_lsa) due;     /* in the wheel of ages */
	TAILQ_ENTRY(ospf_lsa) pending; /* while any neighbour has to acknowledge it */
	struct ospf_lsdb *db;
	uint64_t born; /* see ospf_walk.h */
	struct ospf_lsa_hdr h; /* h.age as of @installed_ms: use ospf_lsa_age() */
	uint8_t *data;         /* the whole LSA, h.len bytes, its age field as in @h */
	uint64_t installed_ms;
	uint64_t flooded_ms;   /* last sent out to those that have to acknowledge it */
	uint64_t answered_ms;  /* last sent to somebody who had an older one; 0: never */
	uint64_t *unacked;     /* bit set by ospf_nbr.index; NULL: nobody */
	uint16_t n_unacked_words;
	uint32_t n_unacked;
	uint32_t due_s;        /* its place in the wheel; 0: not in it */
	uint16_t learned_len;  /* counted as one of others', with so many bytes; 0: not */
	uint16_t n_queued;     /* it stands in queues of interfaces: not to be freed */
	bool gone;             /* out of its database, freed when no queue has it */
	bool received;         /* by flooding, not by our own hand: MinLSArrival counts */
	bool news;             /* it, or an instance that some neighbour never acknowledged, says
				* something else than the one before */
	struct ospf_own *own;  /* of self-originated ones, else NULL */
	void *calc;            /* the route calculation's; NULL at first */
};

TAILQ_HEAD(ospf_lsa_list, ospf_lsa);

struct ospf_lsdb {
	struct ospf *o;
	struct ospf_area *area; /* NULL: of the AS */
	struct ospf_if *ifp;    /* of an interface, else NULL */
	struct hmap by_type[OSPF_LSA_N_TYPES];
	struct ospf_lsa_list list[OSPF_LSA_N_TYPES]; /* in the order of coming */
	uint64_t cksum_sum[OSPF_LSA_N_TYPES];        /* of all checksums, for show */
	struct hmap flushed; /* ospf_flushed.c: what has left it a moment ago */
};

/** All entries of a type; @lsa must not be removed within. MaxAge ones are among them. */
#define OSPF_LSDB_FOREACH(lsa, db, type) TAILQ_FOREACH (lsa, &(db)->list[type], link)

/* What has happened to an entry, for the route calculation. A new instance that says the same as
 * the one before (a refresh) is no change. */
enum ospf_change {
	OSPF_LSA_NEW,     /* it was not there, or was MaxAge */
	OSPF_LSA_CHANGED, /* body or options differ */
	OSPF_LSA_GONE,    /* it has reached MaxAge: not to be calculated with any more */
	OSPF_LSA_REMOVED, /* the entry is about to be freed: forget the pointer, free lsa->calc */
};

void ospf_lsdb_init(struct ospf_lsdb *db, struct ospf *o, struct ospf_area *area,
		struct ospf_if *ifp);
/** Removes all entries; those who hold pointers are told. */
void ospf_lsdb_fini(struct ospf_lsdb *db);
uint32_t ospf_lsdb_n(const struct ospf_lsdb *db, uint8_t type);
/** NULL: there is none. May be at MaxAge. */
struct ospf_lsa *ospf_lsdb_find(const struct ospf_lsdb *db, uint8_t type, uint32_t id,
		uint32_t adv);
/** Where LSAs of this type are held for an interface of this area; NULL for unknown types. */
struct ospf_lsdb *ospf_lsdb_of(struct ospf *o, struct ospf_area *area, struct ospf_if *ifp,
		uint8_t type);

/** Seconds, 0..OSPF_MAX_AGE, now. */
uint16_t ospf_lsa_age(const struct ospf_lsa *lsa);
static inline bool
ospf_lsa_is_max_age(const struct ospf_lsa *lsa)
{
	return ospf_lsa_age(lsa) == OSPF_MAX_AGE;
}
bool ospf_lsa_is_own(const struct ospf_lsa *lsa);
/** "router 10.0.0.1 of 10.0.0.1"; @buf of OSPF_LSA_STR_LEN. */
#define OSPF_LSA_STR_LEN 64
const char *ospf_lsa_str(const struct ospf_lsa_hdr *h, char *buf);

/* ---- LSAs of our own ---------------------------------------------------------------------- */

/**
 * This is what our LSA (@type, @id) should contain. The same as before does nothing. Else a new
 * instance is made and flooded, now or as soon as the throttle allows.
 *
 * @param options  of the LSA's header: ospf_area_options(), or with OSPF_OPT_NP for type 7.
 * @param body     what follows the header; copied.
 * @return 0, -ENOMEM or -EMSGSIZE.
 */
int ospf_originate(struct ospf_lsdb *db, uint8_t type, uint32_t id, uint8_t options,
		const void *body, size_t len);
/** Our LSA (@type, @id) is not to be any more: flushed at once. Nothing if there is none. */
void ospf_flush(struct ospf_lsdb *db, uint8_t type, uint32_t id);
/** Is there one of ours that is wanted (be it not sent yet)? */
bool ospf_originates(const struct ospf_lsdb *db, uint8_t type, uint32_t id);

#endif
