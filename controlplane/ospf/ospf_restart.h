/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Our own graceful restart (RFC 3623 section 2). Before a planned end of the process the neighbours
 * are asked for help by a grace-LSA on each interface; what another process must know is taken down
 * (struct ospf_restart). That process finds its neighbours and their databases while all others go
 * on with the LSAs that the former one has originated: until the restart is over none is
 * originated, none is flushed, and the caller leaves the former routes where they are.
 *
 *	former process   ospf_restart_prepare() .. ospf_restart_ready() .. ospf_restart_save()
 *	next process     ospf_restart_begin(), before there are interfaces; then ospf_restarting()
 */
#ifndef CULVERT_CONTROLPLANE_OSPF_RESTART_H
#define CULVERT_CONTROLPLANE_OSPF_RESTART_H

#include <stdbool.h>
#include <stdint.h>

#include "controlplane/ospf/ospf.h"

#define OSPF_GRACE_MIN_S 1
#define OSPF_GRACE_MAX_S 1800 /* LSRefreshTime: our LSAs must not grow old meanwhile */

/* Why a router restarts, as in the grace-LSA (RFC 3623 appendix B). */
enum ospf_restart_reason {
	OSPF_RESTART_UNKNOWN,
	OSPF_RESTART_SOFTWARE,
	OSPF_RESTART_UPGRADE,
	OSPF_RESTART_SWITCH, /* to another control processor */
};

/* A neighbour of the former process. */
struct ospf_restart_nbr {
	uint32_t router_id;
	bool full;             /* adjacent: to be so again before the restart is over */
	bool crypt_seen;
	uint64_t crypt_seq[5]; /* last received, by packet type: nothing older is taken */
};

/* An interface of the former process, with neighbours or not. */
struct ospf_restart_if {
	char name[OSPF_NAME_LEN];
	uint32_t area;
	uint32_t dr, bdr;   /* addresses; 0: none */
	int32_t grace_seq;  /* sequence number of its grace-LSA; 0: it had none */
	uint64_t crypt_seq; /* last sent (RFC 3623 section 2.1) */
	uint32_t first_nbr, n_nbrs; /* in ospf_restart.nbrs */
};

/* What must outlive the process. */
struct ospf_restart {
	uint32_t router_id;
	uint16_t period_s;   /* OSPF_GRACE_MIN_S..OSPF_GRACE_MAX_S */
	uint8_t reason;      /* enum ospf_restart_reason */
	uint64_t asked_ms;   /* when the grace-LSAs were originated, CLOCK_MONOTONIC */
	struct ospf_restart_if *ifs;
	struct ospf_restart_nbr *nbrs;
	uint32_t n_ifs, n_nbrs;
};

/** Free the lists of @r. */
void ospf_restart_fini(struct ospf_restart *r);

/**
 * Ask all adjacent neighbours for help during ospf_cfg.restart_s seconds from now on. A second call
 * does nothing. @return false: there is nobody to be asked, or it is not configured, or a restart
 * is under way.
 */
bool ospf_restart_prepare(struct ospf *o, enum ospf_restart_reason reason, uint64_t now_ms);
/** All that were asked have acknowledged, or have had OSPF_RESTART_WAIT_MS to do so. */
#define OSPF_RESTART_WAIT_MS 5000
bool ospf_restart_ready(const struct ospf *o);
/** For the next process; after ospf_restart_ready(). 0 or -ENOMEM. */
int ospf_restart_save(struct ospf *o, struct ospf_restart *out);

/**
 * The former process has said @r, whose lists are taken over. After ospf_set(), before there are
 * interfaces with neighbours; what was learned and originated until now is forgotten.
 * @return 0; -EINVAL: of another router ID; -ETIME: the grace period is over. @r then is as before.
 */
int ospf_restart_begin(struct ospf *o, struct ospf_restart *r, uint64_t now_ms);
/** From ospf_restart_begin() until the restart is over, well or not. */
bool ospf_restarting(const struct ospf *o);
/** End it for a reason that only the caller knows: as when the grace period is over. */
void ospf_restart_abort(struct ospf *o, const char *why, uint64_t now_ms);

enum ospf_restart_state { OSPF_RESTART_NONE, OSPF_RESTART_PREPARING, OSPF_RESTART_RESTARTING };

/* For show. */
struct ospf_restart_stats {
	uint8_t state;          /* enum ospf_restart_state */
	uint64_t until_ms;      /* end of the grace period; PREPARING and RESTARTING */
	uint32_t n_wanted;      /* adjacencies; PREPARING: that were asked */
	uint32_t n_missing;     /* ... that are not Full yet; PREPARING: have not acknowledged */
	/* The last one that is over in this process; ended_ms 0: there was none. */
	uint64_t ended_ms, took_ms; /* from the request for help on */
	bool well;
	char why[128];
};
void ospf_restart_stats(const struct ospf *o, struct ospf_restart_stats *s);

#endif
