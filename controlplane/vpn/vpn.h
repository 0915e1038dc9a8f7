/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Between the IKE engine and the rest: peers out of the configuration of protected tunnels, IKE
 * messages out of and into the channel, Child SAs into the dataplane, and the dataplane's events
 * and counters back to the engine.
 *
 *	vpn.c    the engine's callbacks for messages, jobs, states and time
 *	apply.c  the peers of all tunnels to the engine, a few at a time
 *	sa.c     Child SAs: SPIs and ids, installing, removing, lifetimes, what was lost
 *	clear.c  what an operator clears
 *	names.c  far ends by name
 *	group.c  groups of branches: a tunnel for each that calls
 *	debug.c  messages in words, for who wants to see them
 *	adopt.c  SAs that a former control plane left in the dataplane
 *	audit.c  IKE's view, ours and the dataplane's compared
 *	restore.c, keep.c  IKE's state outlives the process
 *	peer.c   configuration to struct ike_peer_cfg
 *	udp.c    IPv4 and UDP around messages
 *	jobs.c   threads for public-key work
 */
#ifndef CULVERT_CONTROLPLANE_VPN_H
#define CULVERT_CONTROLPLANE_VPN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/channel.h"
#include "controlplane/ike/ike.h"

struct chan_client;
struct cp;
struct pki;
struct vpn;

/** Starts the threads. NULL with a line in the log. */
struct vpn *vpn_new(struct cp *cp);
/** Deletes all SAs; with @send_delete the peers are told. NULL is fine. */
void vpn_free(struct vpn *v, bool send_delete);

/** How many SAs the dataplane holds; before anything else of an attachment. 0 or -ENOMEM. */
int vpn_limits(struct vpn *v, uint32_t max_sas);
/** Nothing may point into the former configuration any more. */
void vpn_config_changed(struct vpn *v);
/** Let go of the peers whose tunnel is gone, not protected any more, or another one now. After the
 *  tunnels have their ids, before the mirror lets go of those that have gone: so SAs go before
 *  their tunnels. */
void vpn_prune(struct vpn *v);
/** Then make room for new ones: of @n tunnels from index *@i on, which is moved. True: of all. */
bool vpn_prepare(struct vpn *v, uint32_t *i, uint32_t n);
/** Tunnels, routes and mirror are as everything says now. */
void vpn_reconciled(struct vpn *v);
/** Give the configuration's peers to the engine, once the dataplane has their tunnels: some now,
 *  the others in turns of the event loop to come. Unchanged ones are not touched. */
void vpn_apply(struct vpn *v);
/** The dataplane holds all that it should: negotiate anew what was lost or adopted, as soon as all
 *  that was kept is taken up. */
void vpn_synced(struct vpn *v);
/** mirror_io.sa_gone. */
void vpn_sa_gone(struct vpn *v, uint32_t sa_id, const char *why);

/** Attached: where records of the engine are kept. */
void vpn_keep_attach(struct vpn *v, const struct chan_client *c);
/** ... and not any more; before the client is closed. */
void vpn_detached(struct vpn *v);

/** First attachment of this process: let tunnels keep the ids they have in the dataplane. */
void vpn_adopt_ids(struct vpn *v, const struct chan_client *c);
/** ... and take over the SAs of configured tunnels, after those have their ids: of @n from *@sa_id
 *  on, which is moved. True: that was all. */
bool vpn_adopt_sas(struct vpn *v, const struct chan_client *c, uint32_t *sa_id, uint32_t n);

void vpn_punt(struct vpn *v, const struct chan_pkt *pkt);
void vpn_event(struct vpn *v, const struct chan_event *ev);
/** Once a second: signs of life, drained and lost SAs. */
void vpn_second(struct vpn *v, uint64_t now_ms);

/** We have become, or are no longer, the active router of a group: so may peers be called
 *  or not. */
void vpn_role_changed(struct vpn *v);
/** Can a protected tunnel send? If not, the reason in words is in @why. */
bool vpn_tunnel_up(const struct vpn *v, uint32_t tun_id, char *why, size_t len);
/** The branches of groups that have tunnels; see group.h. */
struct tunnel_branch;
const struct tunnel_branch *vpn_branches(const struct vpn *v, uint32_t *n);
/** The address of a tunnel's destination-name; 0, and why not in words. */
uint32_t vpn_name_addr(const struct vpn *v, const char *tunnel, char *why, size_t len);
/** What "clear crypto ..." means; what is zero means all. */
/** The loaded trustpoints. */
const struct pki *vpn_pki(const struct vpn *v);

struct vpn_clear_what {
	const char *tunnel;
	uint32_t remote;    /* peers at this address */
	uint8_t version;    /* of IKE: 1, 2 */
	bool children_only; /* their IKE SAs stay */
};
/** Clear, adopted SAs too. How many SAs that were; *@n_peers: how many peers are meant. */
uint32_t vpn_clear(struct vpn *v, const struct vpn_clear_what *what, uint32_t *n_peers);

/* ---- what people read -------------------------------------------------------------------- */

struct vpn_sa_show {
	uint32_t sa_id, spi, tun_id, local, remote, window;
	uint32_t inner_remote, inner_local; /* as struct ike_child_sa has them */
	uint16_t local_port, remote_port; /* ESP in UDP; 0: without */
	bool tunnel;                      /* mode */
	enum chan_sa_dir dir;
	enum chan_esp_alg alg;
	bool esn;
	const char *state; /* "active", "draining", "adopted", "expired" */
	bool restored;     /* taken up after a restart of the control plane */
	uint32_t age_s;
	uint32_t soft_s, hard_s; /* from installation; 0: none, or not known */
};

/** The first SA from *@id on, which is moved behind it. False: there is none. */
bool vpn_next_sa(const struct vpn *v, uint32_t *id, struct vpn_sa_show *out);
/** The pair a tunnel uses now: what is there is filled in, sa_id is CHAN_NONE otherwise. */
void vpn_tunnel_sas(const struct vpn *v, uint32_t tun_id, struct vpn_sa_show *in,
		struct vpn_sa_show *out);
/**
 * The tunnel's two ends as the peer's own stack has them, past a NAT other addresses than ours of
 * it. @local and @remote stay as they are when nothing else is known.
 */
void vpn_tunnel_names(const struct vpn *v, uint32_t tun_id, uint32_t *local, uint32_t *remote);
/** How often the tunnel's SAs were replaced by a rekey since this process started. */
/** Has the peer of this tunnel agreed to some of this at least? True while nothing is agreed. */
bool vpn_agreed(const struct vpn *v, uint32_t tun_id, const struct ike_ts *local,
		const struct ike_ts *remote);
uint32_t vpn_tunnel_rekeys(const struct vpn *v, uint32_t tun_id);

/* ---- the periodic audit ------------------------------------------------------------------ */

enum vpn_audit_kind {
	VPN_AUDIT_SA_MISSING,
	VPN_AUDIT_SA_EXTRA,
	VPN_AUDIT_SA_OUT,
	VPN_AUDIT_TUNNEL,
	VPN_AUDIT_CHILD_MISSING,
	VPN_AUDIT_CHILD_EXTRA,
	VPN_N_AUDIT
};

struct vpn_audit_show {
	uint64_t n_runs, last_ms;    /* monotonic; 0: never */
	uint64_t found[VPN_N_AUDIT]; /* and repaired */
};

const char *vpn_audit_name(enum vpn_audit_kind kind);
void vpn_audit_show(const struct vpn *v, struct vpn_audit_show *out);

struct ike_engine *vpn_engine(const struct vpn *v);
/** Call the peer of this tunnel if it is not up: `test crypto`. False: it has no peer. */
bool vpn_call(struct vpn *v, uint32_t tun_id);
/** What the engine knows of the peer of this tunnel. False: it has none. */
bool vpn_peer_show(const struct vpn *v, const char *tunnel, struct ike_peer_show *out);

#endif
