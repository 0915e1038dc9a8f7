/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the mirror share; nobody else includes this. See mirror.h. */
#ifndef CULVERT_CONTROLPLANE_DATAPLANE_MIRROR_INT_H
#define CULVERT_CONTROLPLANE_DATAPLANE_MIRROR_INT_H

#include <sys/queue.h>

#include "controlplane/dataplane/mirror.h"
#include "controlplane/util/hmap.h"

/* In the order in which they are set; deletions go backwards. */
enum mcls {
	M_PARAM,
	M_PORT,
	M_POLICY, /* first and last: no route is there without them */
	M_IF,
	M_NH, /* all but those into tunnels */
	M_TUN,
	M_NH_TUN,
	M_NHG,
	M_ROUTE,
	M_ROUTE6,
	M_SA, /* payload struct msa: no keys */
	M_SA_OUT,
	M_N_CLASSES
};

/* What is remembered of an SA. */
struct msa {
	uint32_t sa_id;
	uint32_t spi;
	uint32_t tun_id;
	uint64_t boot_id; /* of the dataplane that has it */
};

struct mobj {
	struct hnode node;      /* in its class's map */
	TAILQ_ENTRY(mobj) link; /* in its class's dirty list */
	uint8_t cls;
	bool want; /* should be there */
	bool sent; /* was told to the dataplane: has to be deleted there */
	bool dirty;
	bool failed;
	uint32_t mark; /* of the begin/commit that named it last */
	uint32_t id;
	uint32_t n_users; /* of a group: routes that should lead into it */
	union {
		struct chan_param param;
		struct chan_port port;
		struct chan_policy policy;
		struct chan_if iface;
		struct chan_nh nh;
		struct chan_nhg nhg;
		struct chan_route route;
		struct chan_route6 route6;
		struct chan_tun tun;
		struct chan_tun_sa_out sa_out;
		struct msa sa;
	} u; /* allocated as far as the class needs */
};
TAILQ_HEAD(mobj_list, mobj);

/* Ids base..base + n - 1 that are taken where the hash says, or behind that. */
struct mslots {
	uint32_t base, n, n_taken;
	uint8_t *taken;
};

struct mgroup {
	struct mobj *o; /* NULL: there is none with this id */
	uint64_t name;  /* of what leads through it now; 0: it is known by its members */
};

/* A command without its answer yet. */
struct mpending {
	uint64_t key;
	uint8_t cls;
	uint8_t op;
};

struct mirror {
	struct mirror_io io;
	struct mirror_limits limits;
	struct hmap map[M_N_CLASSES];
	struct mobj_list dirty[M_N_CLASSES];
	struct mslots if_ids, nh_ids, nhg_ids, policy_ids;
	struct mgroup *groups; /* [max_nhgs], by id */
	bool ones; /* groups of one are made */
	struct idpool tun_ids;
	uint32_t mark;
	bool marking;
	bool attached;
	bool syncing; /* SYNC_END is still to be sent, after all that is dirty */
	bool more;    /* the rest of what is dirty follows when there are few answers to come */
	uint32_t left; /* commands that may still be sent in this turn */
	uint64_t boot_id;
	uint32_t n_failed;
	struct mpending *pending; /* ring */
	uint32_t pending_head, n_pending, pending_cap;
};

extern const struct mcls_info {
	uint16_t set_op, del_op; /* CHAN_CMD_NONE: nothing to send */
	size_t size;
} mcls_info[M_N_CLASSES];

/* mirror.c: objects. */
struct mobj *mobj_find(const struct mirror *m, enum mcls cls, uint64_t key);
struct mobj *mobj_new(struct mirror *m, enum mcls cls, uint64_t key);
/** Take out of everything and free, with its id. */
void mobj_free(struct mirror *m, struct mobj *o);
/** Should be there, with this payload: marks it, and makes it dirty if that is news. */
void mobj_want(struct mirror *m, struct mobj *o, const void *payload);
/** Should not be there. */
void mobj_unwant(struct mirror *m, struct mobj *o);
void mobj_dirty(struct mirror *m, struct mobj *o);
void mobj_clean(struct mirror *m, struct mobj *o);

/* mirror_send.c: commands. */
/** One command for an object: @op is its set or delete. 0 or -errno. */
int mirror_send(struct mirror *m, enum mcls cls, uint64_t key, uint16_t op, const void *payload,
		size_t len);

#endif
