/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tables - the commands of the control plane, applied.
 *
 *   fib.c       routes               prefix -> hop number
 *   fib6.c      IPv6 routes          the same; route6.c applies their commands
 *   nexthop.c   next hops, groups    hop number -> what to do (nexthop.h)
 *   iface.c     interfaces           port and VLAN -> struct iface
 *   tunnel.c    GRE tunnels          tun_id, or addresses and key -> struct tunnel
 *   sa.c        SAs                  sa_id, SPI -> struct sa
 *   policy.c    security policies    selectors -> what to do
 *
 * Workers read hops[], the fib, tuns[], vlans[], ifs[] and the SA array without locks. Here is the
 * one writer. It never changes a struct that workers can see: it makes another, publishes it with
 * one store and frees the old one when every worker has passed a quiescent state (tables_defer).
 *
 * Each handler checks a command completely before it changes anything. References are counted:
 * what is referred to cannot be deleted, so no dangling hop can come about.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_malloc.h>
#include <rte_rcu_qsbr.h>

#include "common/inet.h"
#include "common/log.h"
#include "dataplane/tables/tables_int.h"

#define MAX_TUNNELS 131072u
#define MAX_NHS     (1u << 24)

/* Until the control plane says something else. */
#define DEFAULT_ICMP_ERROR_PPS 100
#define DEFAULT_ICMP_ECHO_PPS  1000
#define DEFAULT_HOLD_MS        1000

/* ---- deferred freeing ----------------------------------------------------------------------- */

void *
tables_alloc(const struct tables *t, size_t size)
{
	return rte_zmalloc_socket("tables", size, RTE_CACHE_LINE_SIZE, t->env.socket_id);
}

void
tables_defer(struct tables *t, void (*fn)(struct tables *, void *, uintptr_t), void *p,
		uintptr_t arg)
{
	struct deferred *d;

	if (t->env.rcu == NULL) {
		fn(t, p, arg);
		return;
	}
	d = malloc(sizeof(*d));
	if (d == NULL) {
		rte_rcu_qsbr_synchronize(t->env.rcu, RTE_QSBR_THRID_INVALID);
		fn(t, p, arg);
		return;
	}
	*d = (struct deferred){ .token = rte_rcu_qsbr_start(t->env.rcu), .fn = fn, .p = p,
		.arg = arg };
	STAILQ_INSERT_TAIL(&t->deferred, d, next);
}

static void
tables_free_now(struct tables *t, void *p, uintptr_t arg)
{
	rte_free(p);
}

void
tables_free_later(struct tables *t, void *p)
{
	if (p != NULL)
		tables_defer(t, tables_free_now, p, 0);
}

/* Free what all workers have let go of; with @all everything (no worker is running). */
static void
tables_reclaim(struct tables *t, bool all)
{
	struct deferred *d;

	while ((d = STAILQ_FIRST(&t->deferred)) != NULL) {
		if (!all && rte_rcu_qsbr_check(t->env.rcu, d->token, false) != 1)
			return;
		STAILQ_REMOVE_HEAD(&t->deferred, next);
		d->fn(t, d->p, d->arg);
		free(d);
	}
}

/* ---- routes --------------------------------------------------------------------------------- */

static int
route_check(const struct tables *t, const struct chan_route *c, const char **field)
{
	if (c->len > 32)
		return refuse(field, "route.len", -EINVAL);
	if ((c->prefix & ~ip4_mask(c->len)) != 0)
		return refuse(field, "route.prefix", -EINVAL);
	return 0;
}

static int
route_set(struct tables *t, const struct chan_route *c, const char **field)
{
	uint32_t hop, old;
	int err = route_check(t, c, field);

	if (err != 0)
		return err;
	if (c->is_group > 1)
		return refuse(field, "route.is_group", -EINVAL);
	if (c->id >= (c->is_group ? t->max_nhgs : t->max_nhs))
		return refuse(field, "route.id", -EINVAL);
	if (c->is_group ? t->nhg_recs[c->id].cur == NULL : !t->nh_recs[c->id].present)
		return refuse(field, "route.id", -ENOENT);
	hop = c->is_group ? hop_of_nhg(t, c->id) : hop_of_nh(c->id);
	old = fib_get(t->fib, c->prefix, c->len);
	if (old != hop) {
		err = fib_set(t->fib, c->prefix, c->len, hop);
		if (err != 0)
			return refuse(field, "route.prefix", err);
		hop_ref(t, hop, 1);
		if (old != 0)
			hop_ref(t, old, -1);
	}
	fib_mark(t->fib, c->prefix, c->len, t->sync);
	return 0;
}

static int
route_del(struct tables *t, const struct chan_route *c, const char **field)
{
	uint32_t old;
	int err = route_check(t, c, field);

	if (err != 0)
		return err;
	old = fib_get(t->fib, c->prefix, c->len);
	if (old == 0)
		return 0;
	err = fib_del(t->fib, c->prefix, c->len);
	if (err != 0)
		return refuse(field, "route.prefix", err);
	hop_ref(t, old, -1);
	return 0;
}

static void
route_gone(void *arg, uint32_t hop)
{
	hop_ref(arg, hop, -1);
}

/* ---- SAs ------------------------------------------------------------------------------------ */

/*
 * Does a new SA belong with its tunnel? The cap is what rekeying needs (old and new, each way, of
 * two Child SAs that both ends made at once) and keeps a control plane gone astray from filling
 * the table with one tunnel's SAs.
 */
static int
sa_check_tunnel(const struct tables *t, const struct chan_sa *c, const char **field)
{
	const struct tun_rec *rec = &t->tun_recs[c->tun_id];

	if (rec->cfg.kind == CHAN_TUN_IPSEC && c->mode != CHAN_SA_TUNNEL)
		return refuse(field, "sa.mode", -EINVAL);
	if (rec->n_sas >= CHAN_TUN_SAS)
		return refuse(field, "sa.tun_id", -ENOSPC);
	return 0;
}

static int
tables_sa_set(struct tables *t, const struct chan_sa *c, const char **field)
{
	bool was;
	int err;

	if (c->tun_id >= t->max_tunnels)
		return refuse(field, "sa.tun_id", -EINVAL);
	if (t->tun_recs[c->tun_id].cur == NULL)
		return refuse(field, "sa.tun_id", -ENOENT);
	was = sa_by_id(t->sas, c->sa_id) != NULL;
	err = was ? 0 : sa_check_tunnel(t, c, field);
	if (err == 0)
		err = sa_set(t->sas, c, field);
	if (err != 0)
		return err;
	if (!was)
		t->tun_recs[c->tun_id].n_sas++;
	t->sa_marks[c->sa_id] = t->sync;
	return 0;
}

/* The templates of an outbound SA's tunnel have its peer's address and port in them. */
static int
tables_sa_move(struct tables *t, const struct chan_sa *c, const char **field)
{
	int err = sa_move(t->sas, c->sa_id, c->spi, c->remote, c->remote_port, field);
	struct tun_rec *rec;

	if (err != 0)
		return err;
	rec = &t->tun_recs[sa_by_id(t->sas, c->sa_id)->tun_id];
	if (rec->cur != NULL && rec->sa_out == c->sa_id && tunnel_publish(t, rec) != 0)
		return refuse(field, "sa.sa_id", -ENOMEM);
	return 0;
}

static int
tables_sa_del(struct tables *t, uint32_t sa_id, const char **field)
{
	const struct sa *sa = sa_by_id(t->sas, sa_id);
	uint32_t tun_id = sa != NULL ? sa->tun_id : CHAN_NONE;
	int err = sa_del(t->sas, sa_id, field);

	if (err == 0 && tun_id != CHAN_NONE)
		t->tun_recs[tun_id].n_sas--;
	return err;
}

static int
tables_sa_keep(struct tables *t, const struct chan_sa *c, const char **field)
{
	int err = sa_keep(t->sas, c->sa_id, c->spi, field);

	if (err == 0)
		t->sa_marks[c->sa_id] = t->sync;
	return err;
}

/* A sweep has removed SAs: count anew what belongs to each tunnel. */
static void
tables_recount_sas(struct tables *t)
{
	for (uint32_t id = 0; id < t->max_tunnels; id++)
		t->tun_recs[id].n_sas = 0;
	for (uint32_t id = 0; id < t->max_sas; id++) {
		const struct sa *sa = sa_by_id(t->sas, id);

		if (sa != NULL)
			t->tun_recs[sa->tun_id].n_sas++;
	}
}

/* ---- parameters and ports ------------------------------------------------------------------- */

static int
param_check(const struct chan_param *c, const char **field)
{
	if (c->icmp_error_pps > 100000)
		return refuse(field, "param.icmp_error_pps", -EINVAL);
	if (c->icmp_echo_pps > 1000000)
		return refuse(field, "param.icmp_echo_pps", -EINVAL);
	if (c->hold_ms > 10000)
		return refuse(field, "param.hold_ms", -EINVAL);
	if (c->reass_ms != 0 && (c->reass_ms < 100 || c->reass_ms > 60000))
		return refuse(field, "param.reass_ms", -EINVAL);
	if (c->reass_packets > 65536)
		return refuse(field, "param.reass_packets", -EINVAL);
	if (c->reass_per_src > 65536)
		return refuse(field, "param.reass_per_src", -EINVAL);
	for (unsigned int k = 0; k < CHAN_N_CLASSES; k++) {
		if (c->punt_pps[k] > 1000000)
			return refuse(field, "param.punt_pps", -EINVAL);
		if (c->punt_burst[k] > 65536)
			return refuse(field, "param.punt_burst", -EINVAL);
	}
	return 0;
}

static int
param_set(struct tables *t, const struct chan_param *c, const char **field)
{
	struct chan_param *p = &t->param;
	int err = param_check(c, field);

	if (err != 0)
		return err;
	/* Workers read each by itself, at any time. */
	__atomic_store_n(&p->icmp_error_pps, c->icmp_error_pps, __ATOMIC_RELAXED);
	__atomic_store_n(&p->icmp_echo_pps, c->icmp_echo_pps, __ATOMIC_RELAXED);
	__atomic_store_n(&p->hold_ms, c->hold_ms, __ATOMIC_RELAXED);
	__atomic_store_n(&p->reass_ms, c->reass_ms, __ATOMIC_RELAXED);
	__atomic_store_n(&p->reass_packets, c->reass_packets, __ATOMIC_RELAXED);
	__atomic_store_n(&p->reass_per_src, c->reass_per_src, __ATOMIC_RELAXED);
	for (unsigned int k = 0; k < CHAN_N_CLASSES; k++) {
		__atomic_store_n(&p->punt_pps[k], c->punt_pps[k], __ATOMIC_RELAXED);
		__atomic_store_n(&p->punt_burst[k], c->punt_burst[k], __ATOMIC_RELAXED);
	}
	return 0;
}

static int
port_set(struct tables *t, const struct chan_port *c, const char **field)
{
	int err = 0;

	if (c->port >= CHAN_MAX_PORTS)
		return refuse(field, "port.port", -EINVAL);
	if (c->port >= t->env.stats->n_ports || !t->env.stats->ports[c->port].present)
		return refuse(field, "port.port", -ENOENT);
	if (c->mtu != 0 && (c->mtu < 576 || c->mtu > 9600))
		return refuse(field, "port.mtu", -EINVAL);
	if (c->admin_up > 1)
		return refuse(field, "port.admin_up", -EINVAL);
	if (c->promisc > 1)
		return refuse(field, "port.promisc", -EINVAL);
	if (t->env.port_set != NULL)
		err = t->env.port_set(t->env.arg, c);
	if (err == 0)
		err = iface_port_changed(t, c->port);
	return err != 0 ? refuse(field, "port.port", err) : 0;
}

/* ---- sync ----------------------------------------------------------------------------------- */

static void
sync_begin(struct tables *t)
{
	/* 0 is the mark of what was named outside a sync. */
	if (++t->last_sync == 0)
		t->last_sync = 1;
	t->sync = t->last_sync;
	sa_sync_begin(t->sas);
}

/* What refers goes before what it refers to; what is still referred to stays. */
static int
sync_end(struct tables *t, const char **field)
{
	int err;

	if (t->sync == 0)
		return refuse(field, "sync", -EINVAL);
	/* Before anything can be routed otherwise; without memory for it nothing is. */
	err = policy_sweep(t);
	if (err != 0)
		return refuse(field, "policy", err);
	fib_sweep(t->fib, t->sync, route_gone, t);
	fib6_sweep(t->fib6, t->sync, route_gone, t);
	nhgroup_sweep(t);
	nexthop_sweep(t, true);
	tunnel_sweep_sas(t);
	sa_sync_end(t->sas);
	tables_recount_sas(t);
	tunnel_sweep(t);
	nexthop_sweep(t, false);
	iface_sweep(t);
	t->sync = 0;
	return 0;
}

void
tables_sync_abort(struct tables *t)
{
	if (t->sync != 0)
		sa_sync_abort(t->sas);
	t->sync = 0;
	trace_stop(t);
}

/* ---- public --------------------------------------------------------------------------------- */

int
tables_apply(struct tables *t, const struct chan_cmd *cmd, const char **field)
{
	*field = "";
	/* What comes after policies finds them in force. */
	if (cmd->op != CHAN_CMD_POLICY_SET && cmd->op != CHAN_CMD_POLICY_DEL &&
			policy_settle(t) != 0)
		return refuse(field, "policy", -ENOMEM);
	switch ((enum chan_op)cmd->op) {
	case CHAN_CMD_SYNC_BEGIN:
		sync_begin(t);
		return 0;
	case CHAN_CMD_SYNC_END:
		return sync_end(t, field);
	case CHAN_CMD_PARAM_SET:
		return param_set(t, &cmd->u.param, field);
	case CHAN_CMD_PORT_SET:
		return port_set(t, &cmd->u.port, field);
	case CHAN_CMD_IF_SET:
		return iface_set(t, &cmd->u.iface, field);
	case CHAN_CMD_IF_DEL:
		return iface_del(t, cmd->u.iface.if_id, field);
	case CHAN_CMD_NH_SET:
		return nexthop_set(t, &cmd->u.nh, field);
	case CHAN_CMD_NH_DEL:
		return nexthop_del(t, cmd->u.nh.nh_id, field);
	case CHAN_CMD_NHG_SET:
		return nhgroup_set(t, &cmd->u.nhg, field);
	case CHAN_CMD_NHG_DEL:
		return nhgroup_del(t, cmd->u.nhg.nhg_id, field);
	case CHAN_CMD_ROUTE_SET:
		return route_set(t, &cmd->u.route, field);
	case CHAN_CMD_ROUTE_DEL:
		return route_del(t, &cmd->u.route, field);
	case CHAN_CMD_ROUTE6_SET:
		return route6_set(t, &cmd->u.route6, field);
	case CHAN_CMD_ROUTE6_DEL:
		return route6_del(t, &cmd->u.route6, field);
	case CHAN_CMD_TUN_SET:
		return tunnel_set(t, &cmd->u.tun, field);
	case CHAN_CMD_TUN_DEL:
		return tunnel_del(t, cmd->u.tun.tun_id, field);
	case CHAN_CMD_SA_SET:
		return tables_sa_set(t, &cmd->u.sa, field);
	case CHAN_CMD_SA_DEL:
		return tables_sa_del(t, cmd->u.sa.sa_id, field);
	case CHAN_CMD_SA_KEEP:
		return tables_sa_keep(t, &cmd->u.sa, field);
	case CHAN_CMD_TUN_SA_OUT:
		return tunnel_sa_out(t, &cmd->u.tun_sa_out, field);
	case CHAN_CMD_TRACE_SET:
		return trace_set(t, &cmd->u.trace, field);
	case CHAN_CMD_POLICY_SET:
		return policy_set(t, &cmd->u.policy, field);
	case CHAN_CMD_POLICY_DEL:
		return policy_del(t, cmd->u.policy.policy_id, field);
	case CHAN_CMD_SA_MOVE:
		return tables_sa_move(t, &cmd->u.sa, field);
	case CHAN_CMD_NONE:
	case CHAN_N_CMDS:
		break;
	}
	return refuse(field, "op", -EINVAL);
}

void
tables_tick(struct tables *t, uint64_t now_ms)
{
	sa_tick(t->sas, now_ms);
	policy_tick(t);
	tables_reclaim(t, false);
}

static bool
tables_limits_ok(const struct chan_stats *s)
{
	return s->max_tunnels >= 1 && s->max_tunnels <= MAX_TUNNELS && s->max_nhs >= 1 &&
			s->max_nhs <= MAX_NHS && s->max_nhgs >= 1 && s->max_nhgs <= MAX_NHS &&
			s->max_sas >= 1 && s->max_sas <= 1u << CHAN_SPI_IDX_BITS &&
			(s->max_sas & (s->max_sas - 1)) == 0 && s->max_routes >= 1 &&
			s->max_routes <= INT32_MAX / 4;
}

static int
tables_alloc_all(struct tables *t)
{
	t->hops = tables_alloc(t, (1 + (size_t)t->max_nhs + t->max_nhgs) * sizeof(*t->hops));
	t->tuns = tables_alloc(t, t->max_tunnels * sizeof(struct tunnel *));
	t->tun_opts = tables_alloc(t, t->max_tunnels);
	t->tun_keys_be = tables_alloc(t, t->max_tunnels * sizeof(*t->tun_keys_be));
	t->members = tables_alloc(t, t->max_tunnels * sizeof(struct tun_members *));
	t->if_recs = calloc(CHAN_MAX_IFS, sizeof(*t->if_recs));
	t->nh_recs = calloc(t->max_nhs, sizeof(*t->nh_recs));
	t->nhg_recs = calloc(t->max_nhgs, sizeof(*t->nhg_recs));
	t->tun_recs = calloc(t->max_tunnels, sizeof(*t->tun_recs));
	t->sa_marks = calloc(t->max_sas, sizeof(*t->sa_marks));
	if (t->hops == NULL || t->tuns == NULL || t->tun_opts == NULL || t->tun_keys_be == NULL ||
			t->members == NULL || t->if_recs == NULL || t->nh_recs == NULL ||
			t->nhg_recs == NULL || t->tun_recs == NULL || t->sa_marks == NULL)
		return -ENOMEM;
	t->fib = fib_new(t->env.stats->max_routes, t->env.socket_id, t->env.rcu);
	t->fib6 = fib6_new(t->env.stats->max_routes, t->env.socket_id, t->env.rcu);
	t->sas = sa_table_new(&t->env);
	if (t->fib == NULL || t->fib6 == NULL || t->sas == NULL || policy_init(t) != 0)
		return -ENOMEM;
	tunnel_table_init(t);
	return tunnel_hash_init(t);
}

struct tables *
tables_new(const struct tables_env *env)
{
	struct tables *t;

	if (!tables_limits_ok(env->stats))
		return NULL;
	t = rte_zmalloc_socket("tables", sizeof(*t), RTE_CACHE_LINE_SIZE, env->socket_id);
	if (t == NULL)
		return NULL;
	t->env = *env;
	t->max_tunnels = env->stats->max_tunnels;
	t->max_sas = env->stats->max_sas;
	t->max_nhs = env->stats->max_nhs;
	t->max_nhgs = env->stats->max_nhgs;
	t->param = (struct chan_param){ .icmp_error_pps = DEFAULT_ICMP_ERROR_PPS,
		.icmp_echo_pps = DEFAULT_ICMP_ECHO_PPS, .hold_ms = DEFAULT_HOLD_MS };
	STAILQ_INIT(&t->deferred);
	if (tables_alloc_all(t) != 0) {
		tables_free(t);
		return NULL;
	}
	return t;
}

static void
tables_release(struct tables *t, bool at_end)
{
	tables_reclaim(t, true);
	if (t->tun_recs != NULL)
		tunnel_fini(t);
	if (t->nh_recs != NULL && t->nhg_recs != NULL)
		nexthop_fini(t);
	iface_fini(t);
	policy_fini(t);
	sa_table_free(t->sas);
	(at_end ? fib6_leave : fib6_free)(t->fib6);
	(at_end ? fib_leave : fib_free)(t->fib);
	free(t->sa_marks);
	free(t->tun_recs);
	free(t->nhg_recs);
	free(t->nh_recs);
	free(t->if_recs);
	rte_free(t->trace);
	if (t->members != NULL)
		tunnel_members_fini(t);
	rte_free(t->members);
	rte_free(t->tuns);
	rte_free(t->tun_opts);
	rte_free(t->tun_keys_be);
	rte_free(t->hops);
	rte_free(t);
}

void
tables_free(struct tables *t)
{
	if (t != NULL)
		tables_release(t, false);
}

void
tables_end(struct tables *t)
{
	if (t != NULL)
		tables_release(t, true);
}
