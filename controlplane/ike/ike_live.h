/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is remembered of a peer for show: signs of life, how far attempts came, why sessions ended.
 * A peer of NULL is fine.
 */
#ifndef CULVERT_CONTROLPLANE_IKE_LIVE_H
#define CULVERT_CONTROLPLANE_IKE_LIVE_H

#include "controlplane/ike/ike.h"

struct ike_peer;

/** Of each peer. */
struct ike_live {
	uint64_t heard_ms; /* last authentic IKE message; 0: none */
	uint64_t n_sent, n_answered, n_missed;
	uint32_t rtt[IKE_RTT_BUCKETS], rtt_last_ms;
	uint8_t n_unknown; /* questions more, since it was heard (ike_unknown.c) */
	uint64_t n_excused; /* ... ever */
	uint32_t n_sessions;
	bool ended;
	uint64_t end_ms;
	char end_why[160];
	char offer[64]; /* what the peer offered when it called in vain; "" */
	enum ike_stage stage;
	bool other_name; /* in this attempt the peer said that it is somebody else */
};

/** An attempt came as far as this; IKE_STAGE_CALLED begins a new one. */
void ike_live_stage(struct ike_peer *p, enum ike_stage s);
void ike_live_other_name(struct ike_peer *p);
void ike_live_heard(struct ike_peer *p);
/** A liveness question went out; was given up or repeated; was answered after @rtt_ms, UINT64_MAX:
 *  to which of several is not known. */
void ike_live_probe(struct ike_peer *p);
void ike_live_missed(struct ike_peer *p);
void ike_live_answered(struct ike_peer *p, uint64_t rtt_ms);
void ike_live_state(struct ike_peer *p, enum ike_peer_state from, enum ike_peer_state to,
		const char *why);
/** The algorithms that the peer offered in vain. */
void ike_live_offer(struct ike_peer *p, const char *offer);
void ike_live_show(const struct ike_peer *p, uint64_t now_ms, struct ike_live_show *s);

#endif
