/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Tunnels: from configuration and underlay to the mirror, and whether each one is up. For a
 * tunnel that is down there is always exactly one reason in words, the first that an operator
 * would have to mend.
 */
#ifndef CULVERT_CONTROLPLANE_TUNNEL_H
#define CULVERT_CONTROLPLANE_TUNNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/channel.h"
#include "controlplane/config/config.h"
#include "controlplane/tunnel/keepalive.h"
#include "controlplane/tunnel/pmtu.h"

#define TUNNEL_WHY_LEN 192

struct cp;
struct tunnels;

struct tunnel_state {
	char name[CFG_NAME_MAX];
	uint32_t tun_id; /* CHAN_NONE: no dataplane has been seen yet, or too many tunnels */
	uint32_t link;   /* index in the RIB's links */
	uint32_t remote; /* far end: configured, or learned from its peer; 0: not known yet */
	uint64_t cookie; /* tunnel_cookie() */
	struct pmtu pmtu; /* what is known of the path to the far end */
	bool lost;        /* keepalives are not answered: nothing is to be routed into it */
	bool up;
	bool due;         /* it is to be looked at soon */
	char why[TUNNEL_WHY_LEN]; /* when down */
	uint64_t since_ms;        /* of @up */
};

struct tunnels *tunnels_new(struct cp *cp);
void tunnels_free(struct tunnels *x);

/**
 * What a tunnel is recognised by, in the mirror and by the next control plane: its ends and key.
 * Of several with the same ends, and with a far end that is to be learned, it is the peer's
 * identity, or the name, that tells them apart.
 */
uint64_t tunnel_cookie(const struct cfg_tunnel *t);

/** Make the list of all tunnels that there should be, for tunnels_update(), which else does it
 *  itself. It points into the configuration: tunnels_list_drop() before that goes. 0 or -ENOMEM. */
int tunnels_list(struct tunnels *x);
void tunnels_list_drop(struct tunnels *x);
/** Take over what the list says, and give the tunnels ids if @ids. 0 or -ENOMEM. */
int tunnels_update(struct tunnels *x, bool ids);
/** Name all tunnels to the mirror; after the RIB was computed, within mirror_begin()..commit(). */
void tunnels_mirror(struct tunnels *x);
/** Find out which are up, of all of them: @begin, then the next @n at each call. Logs changes. False:
 *  that was the last one. */
bool tunnels_check(struct tunnels *x, bool begin, uint32_t n);
/** The same, once, from a moment later on. */
void tunnels_check_soon(struct tunnels *x);
/** The same of one tunnel, after an event of its own: thousands at a time cost what they are. */
void tunnels_check_id_soon(struct tunnels *x, uint32_t tun_id);
/** How often a tunnel was looked at since the start. */
uint64_t tunnels_n_looks(const struct tunnels *x);

/** An ICMP message for us: the path MTU of a tunnel, if it quotes one of its packets. */
void tunnels_icmp(struct tunnels *x, const struct chan_pkt *pkt);
/** The answer to a keepalive. */
void tunnels_keepalive(struct tunnels *x, const struct chan_pkt *pkt);
/** Every KEEPALIVE_TICK_MS, by a timer of its own: keepalives. */
void tunnels_tick(struct tunnels *x, uint64_t now_ms);
/** Once a second: forget what is known of paths for too long. */
void tunnels_second(struct tunnels *x, uint64_t now_ms);
/** How many ICMP messages were judged like this, of all tunnels. */
uint64_t tunnels_n_icmp(const struct tunnels *x, enum pmtu_verdict v);
struct keepalive_counts tunnels_keepalive_counts(const struct tunnels *x, uint32_t tun_id);

/** By name: the configuration's, and the members of multipoint ones (tunnel_list.h). */
uint32_t tunnels_n(const struct tunnels *x);
const struct tunnel_state *tunnels_at(const struct tunnels *x, uint32_t i);
/** The first whose name comes behind this one; tunnels_n() if there is none. */
uint32_t tunnels_after(const struct tunnels *x, const char *name);
/** What is configured of tunnel @i. Valid until the next tunnels_update(). */
const struct cfg_tunnel *tunnels_cfg(const struct tunnels *x, uint32_t i);
/** The same of one of its states. */
const struct cfg_tunnel *tunnels_cfg_of(const struct tunnels *x, const struct tunnel_state *s);
/** The model of the group that tunnel @i was made for a branch of, or NULL. */
const struct cfg_tunnel *tunnels_model(const struct tunnels *x, uint32_t i);
/** The multipoint tunnel that tunnel @i is a member of, or NULL; with its address inside. */
const struct cfg_tunnel *tunnels_parent(const struct tunnels *x, uint32_t i, uint32_t *address);
const struct tunnel_state *tunnels_by_id(const struct tunnels *x, uint32_t tun_id);
const struct tunnel_state *tunnels_by_name(const struct tunnels *x, const char *name);
/** The far end of tunnel @i is at @remote: learned from its peer, or it has moved there. Told to
 *  the dataplane by the next look at everything (reconcile_soon()). */
void tunnels_learn(struct tunnels *x, uint32_t i, uint32_t remote);
/** What the dataplane still knows of the path of tunnel @i from a control plane before this one;
 *  nothing, if this one knows better or it is too old. */
void tunnels_adopt_pmtu(struct tunnels *x, uint32_t i, const struct chan_tun_info *info,
		uint64_t now_ms);
/** Set where the RIB has it; called when the RIB's links are laid out. */
void tunnels_set_link(struct tunnels *x, uint32_t i, uint32_t link);

#endif
