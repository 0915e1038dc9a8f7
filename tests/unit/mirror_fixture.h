/* SPDX-License-Identifier: BSD-3-Clause */
/* A dataplane that only writes down the commands of a mirror, and a small box to name to it. */
#ifndef CULVERT_TESTS_MIRROR_FIXTURE_H
#define CULVERT_TESTS_MIRROR_FIXTURE_H

#include "controlplane/dataplane/mirror.h"

#define FAKE_CMDS_MAX 16384

#define LOCAL  0x01010102u
#define REMOTE 0x02020202u
#define COOKIE UINT64_C(0xc00c1e0000000001) /* of the one tunnel */
#define GW     0x01010101u

struct fake {
	struct chan_cmd cmd[FAKE_CMDS_MAX];
	unsigned int n, n_answered;
	unsigned int n_gone, n_synced;
	uint32_t gone[16];
	bool full;          /* no room for commands */
	unsigned int room;  /* if not 0: room for so many */
	uint64_t installed; /* set of sa_ids that it holds */
};

extern struct fake fake;
extern const struct mirror_limits fake_limits;

/** A mirror of nothing; @fake is as at the beginning. */
struct mirror *fake_start(void);
/** Answer what has not been; the command at index @bad (from the first unanswered) with @err. */
void fake_answer(struct mirror *m, int bad, int err);
/** Answer all, and forget what was sent. */
void fake_forget(struct mirror *m);
/** Where the first command of this kind is; -1 if there is none. */
int fake_at(enum chan_op op);
unsigned int fake_count(enum chan_op op);

struct wish {
	bool tunnel, group;
	uint32_t mtu;
	const uint8_t *mac;
};

extern const uint8_t mac1[6], mac2[6];
extern const struct wish wish_full;

/** Name a small box: one port, a default route, and, if wished for, a tunnel with a route into it.
 *  The id of that; CHAN_NONE. */
uint32_t fake_name(struct mirror *m, const struct wish *w);

#endif
