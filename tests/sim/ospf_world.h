/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * OSPF routers on simulated networks, in simulated time. A network is a set of ports; what one
 * port sends, the others hear after a delay, unless it is lost. Everything follows from a seed.
 */
#ifndef CULVERT_TESTS_OSPF_WORLD_H
#define CULVERT_TESTS_OSPF_WORLD_H

#include "controlplane/ospf/ospf_int.h"

#define WORLD_START_MS 5000000u

struct world;
struct net;

struct router {
	struct world *w;
	struct ospf *o;
	uint32_t id;
	struct port *ports;
	struct port **by_user; /* [user - 1] */
	uint64_t wall_s_off;
	const struct ospf_silent *silent; /* for world_resume(): whom its former process missed */
	uint32_t n_silent;
	bool frozen; /* hears nothing and its time stands still */
	uint64_t busy_ns; /* CPU time of its engine, while the world's clock is set */
	char *lines; /* all that was logged and traced */
	size_t n_lines;
};

struct port {
	struct router *r;
	struct net *net;
	struct ospf_if *ifp;
	struct port *next_of_router, *next_of_net;
	bool cut; /* hears and says nothing */
	uint64_t tokens_us, policed_ms; /* of its policer: in time, as of then */
};

struct net {
	struct world *w;
	struct net *next;
	struct port *ports;
	uint32_t n_ports;
	uint32_t loss_permille, delay_ms, jitter_ms;
	uint32_t dup_permille;             /* arrive a second time, delayed by themselves */
	uint32_t late_permille, late_ms;   /* so many come up to that much later */
	uint32_t pps, burst;               /* a policer in front of each port; 0: none */
};

struct packet;

struct world {
	uint64_t now_ms;
	uint64_t random;
	struct router **routers;
	uint32_t n_routers;
	struct net *nets;
	struct packet **heap;
	uint32_t n_heap, cap_heap;
	uint64_t n_packets, n_lost, serial;
	uint64_t (*cpu_ns)(void); /* NULL: nobody counts */
	uint32_t max_metric_startup_s; /* of routers that begin from now on */
	bool verbose;
};

struct world *world_new(uint64_t seed);
void world_free(struct world *w);
struct router *world_router(struct world *w, uint32_t id);
/** Take a router away without a word; its ports are cut. */
void world_kill(struct router *r);
/** It comes again, with nothing remembered. */
void world_reboot(struct router *r);
/** The same, with what its former process left (ospf_keep.h). */
void world_resume(struct router *r, const uint8_t *kept, size_t len, uint64_t gone_ms);
/** The same, restarting gracefully with what its former process has taken down (ospf_restart.h),
 *  and with what it has left besides, if @kept is not NULL. @return of ospf_restart_begin(). */
struct ospf_restart;
int world_restart(struct router *r, struct ospf_restart *saved, const uint8_t *kept, size_t len,
		uint64_t gone_ms);
struct net *world_net(struct world *w);

/** An interface as tests usually want it: hello 1 s, dead 4 s. */
struct ospf_if_cfg world_if_cfg(enum ospf_if_type type, uint32_t addr, uint8_t len);
struct port *world_attach(struct router *r, struct net *net, const struct ospf_if_cfg *cfg);
/** The same with links of another configuration; its address is not looked at. */
struct net *world_link_as(struct router *a, struct router *b, const struct ospf_if_cfg *cfg);
/** A point-to-point link between two routers, addresses 10.x.y.0/30 from a counter. */
struct net *world_link(struct router *a, struct router *b);

/** @n routers with IDs 1..n on one broadcast network, 172.16.0.0/24; @r may be NULL. */
struct net *world_lan(struct world *w, struct router **r, uint32_t n);
/** The router's interface on a broadcast network. */
struct ospf_if *world_lan_of(const struct router *r);
/** The database of its first area. */
struct ospf_lsdb *world_db(const struct router *r);
/** It originates a summary of this link state ID into its first area. @return of
 *  ospf_originate(). */
int world_summary(struct router *r, uint32_t id, uint32_t metric);

void world_run(struct world *w, uint64_t ms);
/** Run until @cond is true, at most @ms. @return it is true. */
bool world_until(struct world *w, uint64_t ms, bool (*cond)(struct world *w));
/** All adjacencies that should be are Full, and nobody owes anything. */
bool world_settled(struct world *w);
/** The same LSAs (but type 9) in all databases of each area. */
bool world_same_databases(struct world *w);
/** Both. */
bool world_quiet(struct world *w);
/** Is this in the router's log? */
bool world_said(const struct router *r, const char *text);
uint32_t world_n_full(const struct router *r);
uint32_t world_random(struct world *w, uint32_t below);

#endif
