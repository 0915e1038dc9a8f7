/* SPDX-License-Identifier: BSD-3-Clause */
/* Router advertisements as configured; see ras.h. */
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/log.h"
#include "controlplane/cp.h"
#include "controlplane/dataplane/dplink.h"
#include "controlplane/iface/iface.h"
#include "controlplane/neigh/neigh.h"
#include "controlplane/ra/ra.h"
#include "controlplane/ra/ras.h"
#include "controlplane/util/loop.h"
#include "controlplane/vrrp/vrrp.h"
#include "controlplane/vrrp/vrrps.h"

#define VALID_S      2592000u /* RFC 4861 section 6.2.1: AdvValidLifetime */
#define PREFERRED_S  604800u  /* AdvPreferredLifetime */
#define SLAAC_LEN    64       /* of a prefix that hosts can make addresses of (RFC 4291) */
#define MTU_MIN      1280     /* RFC 8200 section 5 */
#define AT_NEXT      6        /* of an IPv6 header: what follows it */
#define AT_TYPE      40       /* behind it: the ICMPv6 type */
#define NEXT_ICMPV6  58

struct ras {
	struct cp *cp;
	struct ra_engine *engine;
	struct event *timer;
	bool leaving;
};

static void
timer_arm(struct ras *x)
{
	loop_timer_at(x->timer, ra_next_ms(x->engine), cp_now_ms());
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct ras *x = arg;

	ra_tick(x->engine, cp_now_ms());
	timer_arm(x);
}

static void
on_send(void *ctx, uint32_t if_id, const uint8_t *frame, size_t len)
{
	struct ras *x = ctx;

	dplink_inject(x->cp->dplink, CHAN_INJECT_FRAME, if_id, frame, len);
}

/* ---- life -------------------------------------------------------------------------------- */

struct ras *
ras_new(struct cp *cp)
{
	static const struct ra_ops ops = { .send = on_send };
	struct ras *x = calloc(1, sizeof(*x));
	uint64_t seed;

	if (x == NULL)
		return NULL;
	x->cp = cp;
	if (getrandom(&seed, sizeof(seed), 0) == sizeof(seed))
		x->engine = ra_new(&ops, x, seed);
	x->timer = evtimer_new(cp->base, on_timer, x);
	if (x->engine != NULL && x->timer != NULL)
		return x;
	ras_free(x);
	return NULL;
}

void
ras_free(struct ras *x)
{
	if (x == NULL)
		return;
	if (x->timer != NULL)
		event_free(x->timer);
	ra_free(x->engine);
	free(x);
}

/* ---- contents ---------------------------------------------------------------------------- */

static void
prefix_add(struct ra_msg *m, const struct ra_prefix *p)
{
	if (m->n_prefixes < RA_PREFIXES_MAX)
		m->prefixes[m->n_prefixes++] = *p;
}

static const struct cfg_ra_prefix *
prefix_cfg(const struct cfg_ra *r, const struct ip6_prefix *p)
{
	for (uint32_t i = 0; i < r->n_prefixes; i++)
		if (r->prefixes[i].prefix.len == p->len &&
				ip6_prefix_contains(&r->prefixes[i].prefix, &p->addr))
			return &r->prefixes[i];
	return NULL;
}

/* Two addresses of an interface may be on one subnet. */
static bool
has_prefix(const struct ra_msg *m, const struct ip6_prefix *p)
{
	for (uint8_t i = 0; i < m->n_prefixes; i++)
		if (m->prefixes[i].prefix.len == p->len &&
				ip6_prefix_contains(&m->prefixes[i].prefix, &p->addr))
			return true;
	return false;
}

/* What was configured, and the interface's subnets of which nothing was said. */
static void
prefixes_of(const struct iface *f, struct ra_msg *m)
{
	const struct cfg_ra *r = &f->cfg->ra;

	for (uint32_t i = 0; i < r->n_prefixes; i++) {
		const struct cfg_ra_prefix *c = &r->prefixes[i];

		if (!c->no_advertise)
			prefix_add(m, &(struct ra_prefix){ .prefix = c->prefix,
					.on_link = !c->off_link,
					.autonomous = !c->no_autoconfig && c->prefix.len == SLAAC_LEN,
					.valid_s = c->valid_s, .preferred_s = c->preferred_s });
	}
	for (uint8_t i = 0; i < f->cfg->n_addrs6; i++) {
		struct ip6_prefix p = f->cfg->addrs6[i];

		p.addr = ip6_masked(&p.addr, p.len);
		if (p.len < 128 && prefix_cfg(r, &p) == NULL && !has_prefix(m, &p))
			prefix_add(m, &(struct ra_prefix){ .prefix = p, .on_link = true,
					.autonomous = p.len == SLAAC_LEN, .valid_s = VALID_S,
					.preferred_s = PREFERRED_S });
	}
}

static void
cfg_of(const struct iface *f, struct ra_cfg *c)
{
	static const enum ra_preference preferences[] = { [CFG_RA_MEDIUM] = RA_MEDIUM,
		[CFG_RA_HIGH] = RA_HIGH, [CFG_RA_LOW] = RA_LOW };
	const struct cfg_ra *r = &f->cfg->ra;
	uint32_t min_s = r->has_interval_min ? r->interval_min_s : r->interval_s / 3;

	*c = (struct ra_cfg){ .if_id = f->if_id, .max_ms = r->interval_s * 1000u,
		.min_ms = (min_s > 3 ? min_s : 3) * 1000u };
	c->msg = (struct ra_msg){ .src = ip6_link_local_of(f->mac), .hop_limit = r->hop_limit,
		.managed = r->managed, .other = r->other, .lifetime_s = r->lifetime_s,
		.preference = preferences[r->preference], .mtu = f->mtu >= MTU_MIN ? f->mtu : 0 };
	memcpy(c->msg.mac, f->mac, sizeof(c->msg.mac));
	prefixes_of(f, &c->msg);
}

/* ---- who speaks -------------------------------------------------------------------------- */

static bool
speaks(const struct ras *x, const struct iface *f)
{
	return !x->leaving && f->cfg->ra.enabled && f->cfg->n_addrs6 != 0 &&
			f->if_id != CHAN_NONE && iface_up(f) &&
			dplink_client(x->cp->dplink) != NULL;
}

/* As virtual routers, even while none of them is active here? */
static bool
speaks_as_virtual(const struct iface *f)
{
	for (uint32_t i = 0; i < f->cfg->n_vrrps; i++)
		if (!ip6_is_zero(&f->cfg->vrrps[i].address6) && f->cfg->vrrps[i].enabled)
			return true;
	return false;
}

/* The virtual router of a sender, while it is active; NULL: it is not. */
static const struct vrrp_vr *
virtual_of(const struct ras *x, uint32_t if_id, uint8_t vrid)
{
	const struct vrrp_engine *e = vrrps_engine(x->cp->vrrps);

	for (const struct vrrp_vr *v = vrrp_next(e, NULL); v != NULL; v = vrrp_next(e, v)) {
		const struct vrrp_cfg *c = vrrp_cfg(v);

		if (c->ip6 && c->if_id == if_id && c->vrid == vrid)
			return vrrp_state(v) == VRRP_ACTIVE ? v : NULL;
	}
	return NULL;
}

static void
drop_silent(struct ras *x)
{
	struct ra_sender *s, *next;

	for (s = ra_next(x->engine, NULL); s != NULL; s = next) {
		const struct ra_cfg *c = ra_cfg(s);
		const struct iface *f = ifaces_by_id(x->cp->ifaces, c->if_id);
		bool is_virtual = c->vrid != 0, active;
		char addr[IP6_STR_LEN];

		next = ra_next(x->engine, s);
		active = is_virtual && virtual_of(x, c->if_id, c->vrid) != NULL;
		if (f != NULL && speaks(x, f) && is_virtual == speaks_as_virtual(f) &&
				(!is_virtual || active))
			continue;
		log_notice("ra", "%s: silent as %s", ifaces_name(x->cp->ifaces, c->if_id),
				ip6_str(&c->msg.src, addr));
		/* A virtual router goes on elsewhere, unless it is active and told to be silent. */
		ra_del(x->engine, s, f != NULL && iface_up(f) && (!is_virtual || active) &&
				(!is_virtual || !x->leaving));
	}
}

static void
sender_set(struct ras *x, const struct ra_cfg *c)
{
	bool known = ra_find(x->engine, c->if_id, c->vrid) != NULL;
	char addr[IP6_STR_LEN];

	if (ra_set(x->engine, c, cp_now_ms()) == NULL)
		log_error("ra", "out of memory");
	else if (!known)
		log_notice("ra", "%s: advertises as %s", ifaces_name(x->cp->ifaces, c->if_id),
				ip6_str(&c->msg.src, addr));
}

static void
virtual_set(struct ras *x, const struct iface *f)
{
	for (uint32_t i = 0; i < f->cfg->n_vrrps; i++) {
		uint8_t vrid = (uint8_t)atoi(f->cfg->vrrps[i].name);
		const struct vrrp_vr *v = virtual_of(x, f->if_id, vrid);
		struct ra_cfg c;

		if (v == NULL)
			continue;
		cfg_of(f, &c);
		c.vrid = vrid;
		c.msg.src = vrrp_cfg(v)->addrs[0]; /* the link-local one comes first */
		vrrp_mac(true, vrid, c.msg.mac);
		sender_set(x, &c);
	}
}

void
ras_update(struct ras *x)
{
	if (x == NULL)
		return;
	drop_silent(x);
	for (uint32_t i = 0; i < ifaces_n(x->cp->ifaces); i++) {
		const struct iface *f = ifaces_at(x->cp->ifaces, i);
		struct ra_cfg c;

		if (!speaks(x, f))
			continue;
		if (speaks_as_virtual(f)) {
			virtual_set(x, f);
			continue;
		}
		cfg_of(f, &c);
		sender_set(x, &c);
	}
	timer_arm(x);
}

void
ras_leave(struct ras *x)
{
	if (x == NULL)
		return;
	x->leaving = true;
	ras_update(x);
}

bool
ras_punt(struct ras *x, const struct chan_pkt *pkt)
{
	const uint8_t *ip = pkt->data + pkt->l3_off;

	if (!neigh_is_ip6(pkt) || pkt->len - pkt->l3_off <= AT_TYPE || ip[AT_NEXT] != NEXT_ICMPV6 ||
			ip[AT_TYPE] != RA_SOLICIT)
		return false;
	if (x != NULL) {
		ra_input(x->engine, pkt->if_id, ip, (size_t)pkt->len - pkt->l3_off, cp_now_ms());
		timer_arm(x);
	}
	return true;
}

const struct ra_engine *
ras_engine(const struct ras *x)
{
	return x->engine;
}
