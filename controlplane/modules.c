/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The table of modules, and the few lines that tie each part to the others: who is told of an
 * attachment, an event, a packet, a new configuration. See modules.h.
 */
#include <errno.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "controlplane/config/store.h"
#include "controlplane/config/transaction.h"
#include "controlplane/cp.h"
#include "controlplane/dataplane/dplink.h"
#include "controlplane/dataplane/mirror.h"
#include "controlplane/dataplane/reconcile.h"
#include "controlplane/iface/iface.h"
#include "controlplane/mgmt/server.h"
#include "controlplane/modules.h"
#include "controlplane/neigh/neigh.h"
#include "controlplane/ospf/proc.h"
#include "controlplane/ra/ras.h"
#include "controlplane/rib/rib.h"
#include "controlplane/rib/rib6.h"
#include "controlplane/show/show.h"
#include "controlplane/tunnel/tunnel.h"
#include "controlplane/track/pings.h"
#include "controlplane/track/tracks.h"
#include "controlplane/util/events.h"
#include "controlplane/util/loop.h"
#include "controlplane/vpn/vpn.h"
#include "controlplane/vrrp/vrrps.h"

#define FAREWELL_MS     500 /* for the last commands and IKE DELETEs to leave, at most */
#define RELOAD_MS       100 /* for the answer to get out */
#define LEAVE_LAP_US    50000 /* from one look at whether OSPF's neighbours know to the next */
#define HELD_US         50000 /* until SIGHUP tries again while the configuration is held */
#define FAREWELL_LAP_US 20000

static int
no_memory(char *err, size_t err_len)
{
	snprintf(err, err_len, "out of memory");
	return -ENOMEM;
}

static int
made(const void *p, char *err, size_t err_len)
{
	return p != NULL ? 0 : no_memory(err, err_len);
}

/* ---- loop -------------------------------------------------------------------------------- */

static void
on_second(evutil_socket_t fd, short what, void *arg)
{
	struct cp *cp = arg;
	uint64_t now_ms = cp_now_ms();
	uint64_t late_ms = now_ms > cp->lateness.due_ms ? now_ms - cp->lateness.due_ms : 0;

	if (late_ms > cp->lateness.max_ms)
		cp->lateness.max_ms = late_ms;
	if (late_ms > CP_LATE_MS) {
		cp->lateness.n_late++;
		log_debug("loop", "%llu ms late", (unsigned long long)late_ms);
	}
	dplink_watch(cp->dplink, now_ms);
	reconcile_second(cp->reconcile, now_ms);
	neigh_second(cp->neigh, now_ms);
	neigh_second(cp->neigh6, now_ms);
	tunnels_second(cp->tunnels, now_ms);
	vpn_second(cp->vpn, now_ms);
	show_second(cp->show, now_ms);
	cp->lateness.due_ms += 1000;
	if (cp->lateness.due_ms <= now_ms)
		cp->lateness.due_ms = now_ms + 1000;
	loop_timer_at(cp->second, cp->lateness.due_ms, now_ms);
}

static void
on_stop(evutil_socket_t sig, short what, void *arg)
{
	struct cp *cp = arg;

	log_notice("main", "signal %d: stopping", (int)sig);
	event_base_loopbreak(cp->base);
}

static void
error_log(const struct cfg_error *e)
{
	log_error("config", "%s: %s%s%s", e->path[0] != '\0' ? e->path : "/", e->message,
			e->expected != NULL ? ", expected " : "",
			e->expected != NULL ? e->expected : "");
}

static void
on_reload(evutil_socket_t sig, short what, void *arg)
{
	const struct timeval later = { .tv_usec = HELD_US };
	struct cp *cp = arg;
	int err;

	if (cp->stopping)
		return;
	if (cp->args.config == NULL) {
		log_warning("config", "SIGHUP: started from the saved configuration, no file to "
				      "read again");
		return;
	}
	err = mgmt_reread(cp->mgmt, cp->args.config);
	if (err == -EBUSY) /* after the change that is being made */
		err = event_base_once(cp->base, -1, EV_TIMEOUT, on_reload, cp, &later);
	if (err != 0)
		log_error("config", "SIGHUP: out of memory; nothing was changed");
}

static void
on_reload_now(evutil_socket_t fd, short what, void *arg)
{
	const struct timeval lap = { .tv_usec = LEAVE_LAP_US };
	struct cp *cp = arg;

	if (!ospf_proc_leave(cp->ospf)) {
		evtimer_add(cp->reload, &lap);
		return;
	}
	log_notice("main", "restarting: SAs, neighbours and roles are left to the next process");
	cp->reloading = true;
	event_base_loopbreak(cp->base);
}

/* When the answer is out. What must outlive us is written all the time; but there must be a
 * dataplane that holds it. */
static bool
reload_soon(void *ctx, char *err, size_t err_len)
{
	const struct timeval soon = { .tv_usec = RELOAD_MS * 1000 };
	struct cp *cp = ctx;

	if (dplink_client(cp->dplink) == NULL) {
		snprintf(err, err_len, "there is no dataplane that would keep SAs and routes");
		return false;
	}
	evtimer_add(cp->reload, &soon);
	return true;
}

/* The same from a supervisor. Without a dataplane there is nothing to be gone on with. */
static void
on_restart(evutil_socket_t sig, short what, void *arg)
{
	char err[256];

	if (!reload_soon(arg, err, sizeof(err)))
		on_stop(sig, what, arg);
}

static int
loop_init(struct cp *cp, char *err, size_t err_len)
{
	cp->base = event_base_new();
	cp->events = events_new();
	if (cp->base == NULL || cp->events == NULL ||
			event_base_priority_init(cp->base, CP_N_PRIORITIES) != 0)
		return no_memory(err, err_len);
	signal(SIGPIPE, SIG_IGN);
	cp->second = evtimer_new(cp->base, on_second, cp);
	cp->reload = evtimer_new(cp->base, on_reload_now, cp);
	cp->sigterm = evsignal_new(cp->base, SIGTERM, on_stop, cp);
	cp->sigint = evsignal_new(cp->base, SIGINT, on_stop, cp);
	cp->sighup = evsignal_new(cp->base, SIGHUP, on_reload, cp);
	cp->sigusr1 = evsignal_new(cp->base, SIGUSR1, on_restart, cp);
	if (cp->second == NULL || cp->reload == NULL || cp->sigterm == NULL ||
			cp->sigint == NULL || cp->sighup == NULL || cp->sigusr1 == NULL ||
			event_add(cp->sigterm, NULL) != 0 || event_add(cp->sigint, NULL) != 0 ||
			event_add(cp->sighup, NULL) != 0 || event_add(cp->sigusr1, NULL) != 0)
		return no_memory(err, err_len);
	return 0;
}

static int
loop_start(struct cp *cp, char *err, size_t err_len)
{
	struct timeval tv = { .tv_sec = 1 };

	cp->lateness.due_ms = cp_now_ms() + 1000;
	return evtimer_add(cp->second, &tv) == 0 ? 0 : no_memory(err, err_len);
}

static void
loop_stop(struct cp *cp)
{
	event_free(cp->second);
	event_free(cp->reload);
	event_free(cp->sigterm);
	event_free(cp->sigint);
	event_free(cp->sighup);
	event_free(cp->sigusr1);
	event_base_free(cp->base);
	events_free(cp->events);
}

/* ---- dataplane --------------------------------------------------------------------------- */

static void
dp_attached(void *ctx, struct chan_client *c)
{
	struct cp *cp = ctx;

	reconcile_attached(cp->reconcile, c);
}

static void
dp_detached(void *ctx, const char *why)
{
	struct cp *cp = ctx;

	reconcile_detached(cp->reconcile);
}

static void
neigh_event(struct cp *cp, const struct chan_event *ev)
{
	struct ip6_addr addr;

	memcpy(&addr, ev->addr6, sizeof(addr));
	if (ip6_is_zero(&addr))
		neigh_wanted4(cp->neigh, ev->id, ev->addr);
	else
		neigh_wanted(cp->neigh6, ev->id, &addr);
}

static void
dp_event(void *ctx, const struct chan_event *ev)
{
	struct cp *cp = ctx;

	if (cp->stopping)
		return;
	if (ev->type == CHAN_EV_LINK)
		reconcile_soon(cp->reconcile);
	else if (ev->type == CHAN_EV_NEIGH)
		neigh_event(cp, ev);
	else
		vpn_event(cp->vpn, ev);
}

/* Tunnels run over IPv4: of IPv6 there are answers to probes and pings only. */
static void
icmp_punt(struct cp *cp, const struct chan_pkt *pkt)
{
	bool ip4 = pkt->l3_off < pkt->len && pkt->data[pkt->l3_off] >> 4 == 4;

	if (!tracks_icmp(cp->tracks, pkt) && !pings_icmp(cp->pings, pkt) && ip4)
		tunnels_icmp(cp->tunnels, pkt);
}

static void
dp_punt(void *ctx, const struct chan_pkt *pkt)
{
	struct cp *cp = ctx;

	if (cp->stopping)
		return;
	if (pkt->cls == CHAN_CLASS_ARP && ras_punt(cp->ras, pkt))
		return;
	if (pkt->cls == CHAN_CLASS_ARP && neigh_is_ip6(pkt))
		neigh_punt(cp->neigh6, pkt);
	else if (pkt->cls == CHAN_CLASS_ARP)
		neigh_punt(cp->neigh, pkt);
	else if (pkt->cls == CHAN_CLASS_IKE)
		vpn_punt(cp->vpn, pkt);
	else if (pkt->cls == CHAN_CLASS_VRRP)
		vrrps_punt(cp->vrrps, pkt);
	else if (pkt->cls == CHAN_CLASS_OSPF)
		ospf_proc_punt(cp->ospf, pkt);
	else if (pkt->cls == CHAN_CLASS_ICMP)
		icmp_punt(cp, pkt);
	else if (pkt->cls == CHAN_CLASS_OTHER)
		tracks_tcp(cp->tracks, pkt);
	else if (pkt->cls == CHAN_CLASS_KEEPALIVE)
		tunnels_keepalive(cp->tunnels, pkt);
}

static void
dp_trace(void *ctx, const struct chan_trace_rec *rec)
{
	struct cp *cp = ctx;

	if (!cp->stopping)
		show_trace(cp->show, rec);
}

static void
dp_done(void *ctx, const struct chan_done *done)
{
	struct cp *cp = ctx;

	mirror_done(cp->mirror, done);
}

static void
dp_fatal(void *ctx, const char *why)
{
	struct cp *cp = ctx;

	log_error("main", "%s", why);
	cp->failed = true;
	event_base_loopbreak(cp->base);
}

static int
mirror_io_cmd(void *ctx, const struct chan_cmd *cmd)
{
	struct cp *cp = ctx;

	return dplink_cmd(cp->dplink, cmd);
}

static bool
mirror_io_installed(void *ctx, uint32_t sa_id, uint32_t spi)
{
	struct cp *cp = ctx;
	const struct chan_client *c = dplink_client(cp->dplink);
	struct chan_sa_info info;

	return c != NULL && chan_client_sa_info(c, sa_id, &info) == 0 && info.spi == spi;
}

static void
mirror_io_sa_gone(void *ctx, uint32_t sa_id, const char *why)
{
	struct cp *cp = ctx;

	if (!cp->stopping)
		vpn_sa_gone(cp->vpn, sa_id, why);
}

static void
mirror_io_synced(void *ctx)
{
	struct cp *cp = ctx;

	if (!cp->stopping)
		reconcile_synced(cp->reconcile);
}

static int
dataplane_init(struct cp *cp, char *err, size_t err_len)
{
	struct dplink_handlers h = { .attached = dp_attached,
		.detached = dp_detached,
		.event = dp_event,
		.punt = dp_punt,
		.trace = dp_trace,
		.done = dp_done,
		.fatal = dp_fatal,
		.ctx = cp };
	struct mirror_io io = { .cmd = mirror_io_cmd,
		.sa_installed = mirror_io_installed,
		.sa_gone = mirror_io_sa_gone,
		.synced = mirror_io_synced,
		.ctx = cp };

	cp->dplink = dplink_new(cp->base, cp->args.dataplane_socket, &h);
	cp->mirror = mirror_new(&io);
	cp->reconcile = reconcile_new(cp);
	if (cp->dplink == NULL || cp->mirror == NULL || cp->reconcile == NULL)
		return no_memory(err, err_len);
	return 0;
}

static void
dataplane_stop(struct cp *cp)
{
	dplink_free(cp->dplink);
	reconcile_free(cp->reconcile);
	mirror_free(cp->mirror);
}

static int
attach_start(struct cp *cp, char *err, size_t err_len)
{
	dplink_start(cp->dplink);
	return 0;
}

static void
attach_stop(struct cp *cp)
{
	ras_leave(cp->ras);
	vrrps_leave(cp->vrrps);
	ospf_proc_stop(cp->ospf);
	cp->stopping = true;
	evtimer_del(cp->second);
}

static int
nothing_init(struct cp *cp, char *err, size_t err_len)
{
	return 0;
}

/* ---- engines ----------------------------------------------------------------------------- */

static int
network_init(struct cp *cp, char *err, size_t err_len)
{
	cp->ifaces = ifaces_new(cp);
	cp->neigh = neigh_new(cp, false);
	cp->rib = rib_new();
	cp->neigh6 = neigh_new(cp, true);
	cp->rib6 = rib6_new();
	cp->tunnels = tunnels_new(cp);
	cp->vrrps = vrrps_new(cp);
	cp->ras = ras_new(cp);
	cp->tracks = tracks_new(cp);
	cp->pings = pings_new(cp);
	cp->ospf = ospf_proc_new(cp);
	if (cp->ifaces == NULL || cp->neigh == NULL || cp->rib == NULL || cp->tunnels == NULL ||
			cp->neigh6 == NULL || cp->rib6 == NULL || cp->vrrps == NULL ||
			cp->ras == NULL || cp->tracks == NULL || cp->pings == NULL || cp->ospf == NULL)
		return no_memory(err, err_len);
	return 0;
}

static void
network_stop(struct cp *cp)
{
	pings_free(cp->pings);
	tracks_free(cp->tracks);
	ospf_proc_free(cp->ospf);
	ras_free(cp->ras);
	vrrps_free(cp->vrrps);
	tunnels_free(cp->tunnels);
	rib6_free(cp->rib6);
	neigh_free(cp->neigh6);
	rib_free(cp->rib);
	neigh_free(cp->neigh);
	ifaces_free(cp->ifaces);
}

static int
vpn_init(struct cp *cp, char *err, size_t err_len)
{
	cp->vpn = vpn_new(cp);
	return made(cp->vpn, err, err_len);
}

/* The peers are told; then a moment for the dataplane to send it and to forget the SAs. */
static void
vpn_stop(struct cp *cp)
{
	struct vpn *v = cp->vpn;
	uint64_t until_ms = cp_now_ms() + FAREWELL_MS;
	const struct chan_client *c;

	vpn_free(v, true);
	cp->vpn = NULL;
	do {
		struct timeval tv = { .tv_usec = FAREWELL_LAP_US };

		event_base_loopexit(cp->base, &tv);
		event_base_loop(cp->base, 0);
		c = dplink_client(cp->dplink);
	} while (c != NULL && chan_client_n_pending(c) > 0 && cp_now_ms() < until_ms);
}

/* ---- configuration ----------------------------------------------------------------------- */

static int
system_apply(void *ctx, const struct cfg *old, const struct cfg *new, char *err, size_t err_len)
{
	struct cp *cp = ctx;

	if (!cp->args.has_log_level)
		log_set_level((enum log_level) new->system.log_level);
	return 0;
}

static int
network_apply(void *ctx, const struct cfg *old, const struct cfg *new, char *err, size_t err_len)
{
	struct cp *cp = ctx;
	int rc;

	cp->cfg = new;
	rc = reconcile_config(cp->reconcile);
	if (rc != 0)
		snprintf(err, err_len, "%s", strerror(-rc));
	return rc;
}

static int
config_init(struct cp *cp, char *err, size_t err_len)
{
	const struct cfg_module modules[] = {
		{ .name = "system", .apply = system_apply, .ctx = cp },
		{ .name = "network", .apply = network_apply, .ctx = cp },
	};

	cp->store = store_open(cp->args.state_dir, err, err_len);
	if (cp->store == NULL)
		return -EIO;
	cp->txn = txn_new(modules, sizeof(modules) / sizeof(modules[0]), cp->store);
	if (cp->txn == NULL)
		return no_memory(err, err_len);
	cp->cfg = txn_running(cp->txn);
	return 0;
}

static int
config_start(struct cp *cp, char *err, size_t err_len)
{
	struct txn_result res;
	int rc;

	txn_result_init(&res);
	rc = txn_start(cp->txn, cp->args.config, cp_now_ms(), &res);
	if (rc != 0) {
		for (uint32_t i = 0; i < res.errs.n_errors; i++)
			error_log(&res.errs.errors[i]);
		snprintf(err, err_len, "%s", res.message);
	} else {
		for (uint32_t i = 0; i < res.errs.n_warnings; i++)
			log_warning("config", "%s: %s", res.errs.warnings[i].path,
					res.errs.warnings[i].message);
	}
	cp->cfg = txn_running(cp->txn);
	txn_result_fini(&res);
	return rc;
}

static void
config_stop(struct cp *cp)
{
	txn_free(cp->txn);
	store_close(cp->store);
}

static int
mgmt_init(struct cp *cp, char *err, size_t err_len)
{
	struct mgmt_options o = { .path = cp->args.mgmt_socket, .group = cp->args.group,
		.events = cp->events, .reload = reload_soon, .reload_ctx = cp };

	cp->mgmt = mgmt_server_new(cp->base, cp->txn, &o, err, err_len);
	if (cp->mgmt == NULL)
		return -EIO;
	cp->show = show_new(cp);
	if (mgmt_register_show(cp->mgmt, "events", mgmt_show_events, cp->events) != 0 ||
			mgmt_register_show(cp->mgmt, "users", mgmt_show_users, cp->mgmt) != 0)
		return no_memory(err, err_len);
	return made(cp->show, err, err_len);
}

static void
mgmt_stop(struct cp *cp)
{
	mgmt_server_free(cp->mgmt);
	show_free(cp->show);
}

/*
 * Stopped in reverse: first nobody asks any more, then IKE says good-bye while the dataplane is
 * still there, then the engines and the attachment go. The dataplane forwards on.
 */
const struct cp_module cp_modules[] = {
	{ "loop", loop_init, loop_start, loop_stop },
	{ "dataplane", dataplane_init, NULL, dataplane_stop },
	{ "network", network_init, NULL, network_stop },
	{ "config", config_init, config_start, config_stop },
	{ "vpn", vpn_init, NULL, vpn_stop },
	{ "mgmt", mgmt_init, NULL, mgmt_stop },
	{ "attach", nothing_init, attach_start, attach_stop },
};
const size_t cp_n_modules = sizeof(cp_modules) / sizeof(cp_modules[0]);
