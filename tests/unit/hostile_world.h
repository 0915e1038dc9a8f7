/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A world of dp6_fixture.h for test_hostile.c, its shape from a seed, and what a control
 * plane does to it between bursts: it rekeys, installs and removes SAs of tunnel 2, moves its peer,
 * changes tunnels, links and next hops, comes and goes, and resyncs.
 */
#ifndef CULVERT_TESTS_HOSTILE_WORLD_H
#define CULVERT_TESTS_HOSTILE_WORLD_H

#include "tests/unit/dp6_fixture.h"

#define HOSTILE_SAS       8 /* each way; no more than a tunnel may have */
#define HOSTILE_PEER_PORT 31234

struct hostile_world {
	uint8_t mode, alg, esn; /* as of struct chan_sa */
	bool udp;
	bool policies;  /* 10.1/16 to 203.0.113/24 is to be protected, too */
	uint32_t inner; /* the far end as it names itself, 0: as outside */
	uint32_t inner_local; /* our end as the far end names it, 0: as outside */
};
extern struct hostile_world hostile_world;

/* An SA that is installed. */
struct hostile_sa {
	struct chan_sa c;
	bool used;
	bool named;      /* in this sync */
	uint32_t serial; /* of all SAs of this world */
	uint64_t last;   /* IN: last number of the peer's; OUT: highest seen */
	uint64_t by_worker[DP_WORKERS]; /* OUT: the same, of one worker */
};
extern struct hostile_sa hostile_in[HOSTILE_SAS], hostile_out[HOSTILE_SAS];

/** Open the dataplane (dp_open_workers()) with a world that follows from @seed, not 0. */
void hostile_world_new(uint64_t seed);
/** Something changes; tunnel 2's SAs are known to hostile.c afterwards. */
void hostile_change(void);
/** Any of @list that is installed, NULL if none is. */
struct hostile_sa *hostile_sa_some(struct hostile_sa *list);

#endif
