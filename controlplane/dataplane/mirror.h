/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The mirror: what the dataplane should hold, object by object, and what it has been told so far.
 * It turns wishes into the fewest commands of common/channel.h: an object that is already as it
 * should be costs none, a changed one costs one, and everything goes out in the order that
 * references demand (interface before next hop before tunnel before route; deletions backwards).
 * Security policies are the first to come and the last to go.
 *
 * Two ways to use it, freely mixed:
 *
 *   - The whole: mirror_begin(), name everything there should be, mirror_commit(). What was not
 *     named is deleted (SAs excepted, they belong to whoever negotiated them).
 *   - A single object that changed: name it, then mirror_flush().
 *
 * Ids. A next hop, group or interface gets an id that depends on what it is, so that a restarted
 * control plane hands out the same ones and a resync changes nothing under running traffic. The
 * next hop into a tunnel has the tunnel's id, and ids of other next hops begin above those: never,
 * not even half-way through a resync, can a route into a protected tunnel come to point to a
 * neighbour. That is why a process makes no group of one next hop before it has finished a sync:
 * what the group of that id was to the process before, whose routes still lead into it, is not
 * known. An id that was freed is not used again before its deletion has been sent.
 *
 * Keys of SAs pass through and are not kept. After a resync with the same dataplane its SAs are
 * named by SA_KEEP; with another one they are forgotten, see mirror_attach().
 *
 * No I/O: commands leave through struct mirror_io, answers come in through mirror_done(). All
 * calls from one thread.
 */
#ifndef CULVERT_CONTROLPLANE_DATAPLANE_MIRROR_H
#define CULVERT_CONTROLPLANE_DATAPLANE_MIRROR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/channel.h"
#include "common/inet6.h"

struct hmap_scan;
struct mirror;

struct mirror_io {
	/** Queue a command; it is copied. 0 or -errno. */
	int (*cmd)(void *ctx, const struct chan_cmd *cmd);
	/** Is this SA installed in the dataplane that is attached now? */
	bool (*sa_installed)(void *ctx, uint32_t sa_id, uint32_t spi);
	/** An SA is not in the dataplane (any more): refused (@why says which field), or lost with
	 * a former dataplane. The mirror has forgotten it. Called from mirror_done(),
	 *  mirror_forget() and mirror_attach(); may call back into the mirror. */
	void (*sa_gone)(void *ctx, uint32_t sa_id, const char *why);
	/** The dataplane has finished the sync of mirror_attach(): it holds all that it should. */
	void (*synced)(void *ctx);
	void *ctx;
};

struct mirror_limits {
	uint32_t max_tunnels, max_sas, max_nhs, max_nhgs;
};

/** A mirror of nothing. @io is copied; its calls come from within those below. NULL without
 *  memory. */
struct mirror *mirror_new(const struct mirror_io *io);
void mirror_free(struct mirror *m);

/**
 * Limits of the dataplane, before anything is named and before mirror_attach(). Other limits than
 * before forget all objects but SAs, which must then be named again.
 * @return 0, -ENOMEM, -ERANGE (fewer next hops than tunnels: unusable).
 */
int mirror_limits(struct mirror *m, const struct mirror_limits *l);

/**
 * Attached to a dataplane: tell it everything, as one sync. With the same @boot_id as before, SAs
 * that are installed are kept; with another one all SAs are gone (except those adopted since by
 * mirror_sa_adopt()).
 * @return 0 or -errno of a command that could not be queued.
 */
int mirror_attach(struct mirror *m, uint64_t boot_id);
/** Before mirror_attach(), so that it takes less: forget SAs of other dataplanes than @boot_id, of the
 *  next @n buckets of a table. @at begins zeroed. False: those were the last. */
bool mirror_forget(struct mirror *m, uint64_t boot_id, struct hmap_scan *at, uint32_t n);
/** The attachment ended; answers that are missing do not come any more. */
void mirror_detach(struct mirror *m);
bool mirror_attached(const struct mirror *m);
/** The sync of mirror_attach() has not been sent to its end: there was no room. mirror_retry() and
 *  answers that come in send the rest. */
bool mirror_syncing(const struct mirror *m);
/** Answer to a command, in the order of the commands. */
void mirror_done(struct mirror *m, const struct chan_done *done);

/* ---- what there should be ---------------------------------------------------------------- */

/** From now on all there should be is named anew, until mirror_commit(). */
void mirror_begin(struct mirror *m);
/** Drop what was not named since mirror_begin() and flush. */
void mirror_commit(struct mirror *m);
/** Send what changed: a few thousand commands, and the rest as answers come in. */
void mirror_flush(struct mirror *m);
/** Send all of it now. */
void mirror_flush_all(struct mirror *m);

void mirror_param(struct mirror *m, const struct chan_param *p);
void mirror_port(struct mirror *m, const struct chan_port *p);

/** The id of the interface on this port and VLAN; CHAN_NONE when there are too many. */
uint32_t mirror_if_id(struct mirror *m, uint32_t port, uint16_t vlan);
void mirror_if(struct mirror *m, const struct chan_if *i);

/** Next hops: each returns its nh_id, or CHAN_NONE when there are too many. */
uint32_t mirror_nh_drop(struct mirror *m);
uint32_t mirror_nh_local(struct mirror *m);
uint32_t mirror_nh_glean(struct mirror *m, uint32_t if_id);
uint32_t mirror_nh_tun(struct mirror *m, uint32_t tun_id);
/** @mac NULL: not resolved. */
uint32_t mirror_nh_adj(struct mirror *m, uint32_t if_id, uint32_t gw, const uint8_t *mac);
/** The neighbour is not needed any more by whoever named it outside begin/commit. */
void mirror_nh_adj_del(struct mirror *m, uint32_t if_id, uint32_t gw);

/** The same for an IPv6 neighbour. */
uint32_t mirror_nh_adj6(struct mirror *m, uint32_t if_id, const struct ip6_addr *gw,
		const uint8_t *mac);
void mirror_nh_adj6_del(struct mirror *m, uint32_t if_id, const struct ip6_addr *gw);

/** How many next hops there are but those into tunnels. */
uint32_t mirror_n_next_hops(const struct mirror *m);

/** The group of these next hops, in any order; @n 2..CHAN_ECMP_MAX. Its nhg_id or CHAN_NONE. */
uint32_t mirror_nhg(struct mirror *m, const uint32_t *nh_ids, uint32_t n);

/** The same under a name: one group, whose members change. The same name with other members within
 *  one mirror_begin()..commit(): CHAN_NONE, take mirror_nhg() for it. @n 1..CHAN_ECMP_MAX; of a
 *  single one CHAN_NONE as well until mirror_nhg_ones(), and when half of all groups are taken.
 *  @have: the group that the route leads into so far, which is the one when it has that name;
 *  CHAN_NONE. */
uint32_t mirror_nhg_named(struct mirror *m, uint64_t name, const uint32_t *nh_ids, uint32_t n,
		uint32_t have);
/** From now on the group, which must be there, has another name, and whoever names it next says
 *  what members: so all routes that lead into it move by one command. Those that should not must be
 *  led elsewhere, and sent by mirror_flush_all(), before it is named. */
void mirror_nhg_rename(struct mirror *m, uint32_t nhg_id, uint64_t name);
/** Of a group that is there: its name, 0 if it has none; how many routes should lead into it. */
uint64_t mirror_nhg_name(const struct mirror *m, uint32_t nhg_id);
uint32_t mirror_nhg_users(const struct mirror *m, uint32_t nhg_id);
/** Ids of groups are below that. */
uint32_t mirror_nhg_max(const struct mirror *m);
/** Groups of one are made from now on. Not before the dataplane has all that there should be, for
 *  it may come with routes that a former control plane led into a group of the same id, see Ids. */
void mirror_nhg_ones(struct mirror *m);

/** A route to @prefix (host order, no host bits), which leads into the next hop @id, or into the
 *  group @id. The same prefix again replaces it. */
void mirror_route(struct mirror *m, uint32_t prefix, uint8_t len, bool is_group, uint32_t id);
void mirror_route_del(struct mirror *m, uint32_t prefix, uint8_t len);
/** The group that the route leads into, CHAN_NONE: none, or there is no such route. */
uint32_t mirror_route_group(const struct mirror *m, uint32_t prefix, uint8_t len);

/** As mirror_route(). */
void mirror_route6(struct mirror *m, const struct ip6_prefix *p, bool is_group, uint32_t id);
void mirror_route6_del(struct mirror *m, const struct ip6_prefix *p);
/** As mirror_route_group(). */
uint32_t mirror_route6_group(const struct mirror *m, const struct ip6_prefix *p);

/** A security policy; @key is the caller's name for it, @p->policy_id is not looked at: the id
 *  comes from the key, so that a restarted control plane gives the same one. */
void mirror_policy(struct mirror *m, uint64_t key, const struct chan_policy *p);
/** Its id, CHAN_NONE if there is none. */
uint32_t mirror_policy_id(const struct mirror *m, uint64_t key);

/** The id of the tunnel with this cookie, taken now if it has none: the lowest free. It is held
 *  until a commit in which the tunnel was not named. CHAN_NONE when there are too many. What makes
 *  a cookie is the caller's business (tunnel_cookie()); two tunnels must not have the same. */
uint32_t mirror_tun_id(struct mirror *m, uint64_t cookie);
/** Let the tunnel with this cookie have @tun_id. 0, -EBUSY (taken), -EINVAL, -ENOMEM. */
int mirror_tun_reserve(struct mirror *m, uint32_t tun_id, uint64_t cookie);
/** @t->tun_id must be from mirror_tun_id() for its cookie. */
void mirror_tun(struct mirror *m, const struct chan_tun *t);
/** The tunnel's far end is elsewhere now: sent at once, ahead of what speaks of its new SAs. The
 *  next mirror_tun() brings the rest in line. Unknown cookies are fine. */
void mirror_tun_remote(struct mirror *m, uint64_t cookie, uint32_t remote);

/* ---- SAs --------------------------------------------------------------------------------- */

/** Install. Sent at once, after all that is pending; the caller wipes its copy. 0, -ENOTCONN,
 *  -EEXIST (the id is in use here), -ENOMEM, -ENOBUFS. */
int mirror_sa_set(struct mirror *m, const struct chan_sa *sa);
/** Its peer is elsewhere now; @remote_port 0 without UDP. Unknown ids are fine. */
void mirror_sa_move(struct mirror *m, uint32_t sa_id, uint32_t remote, uint16_t remote_port);
/** Take over an SA found in the dataplane, before mirror_attach(). 0, -EEXIST or -ENOMEM. */
int mirror_sa_adopt(struct mirror *m, uint32_t sa_id, uint32_t spi, uint32_t tun_id);
/** Remove; a tunnel that sends with it has no outbound SA afterwards. Unknown ids are fine. */
void mirror_sa_del(struct mirror *m, uint32_t sa_id);
/** Remove one from the dataplane that was never named here. */
void mirror_sa_stray(struct mirror *m, uint32_t sa_id, uint32_t spi);
/** Which SA a tunnel sends with; CHAN_NONE: none. */
void mirror_sa_out(struct mirror *m, uint32_t tun_id, uint32_t sa_id);
/** What was set by mirror_sa_out(), CHAN_NONE if nothing. */
uint32_t mirror_sa_out_get(const struct mirror *m, uint32_t tun_id);

/* ---- errors ------------------------------------------------------------------------------ */

/** Objects that the dataplane refused, or that could not be sent. */
uint32_t mirror_n_failed(const struct mirror *m);
/** Try them once more. */
void mirror_retry(struct mirror *m);

#endif
