/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * From the mirror to the dataplane: commands in the right order, what becomes of their answers,
 * the resync, and SAs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/inet.h"
#include "common/log.h"
#include "controlplane/dataplane/mirror_int.h"

#define FLUSH_AT_ONCE 4096 /* commands in a turn of the loop: a few milliseconds */
#define FLUSH_AGAIN   1024 /* answers to come when the next ones are sent */

/* ---- commands and their answers ---------------------------------------------------------- */

static int
pending_add(struct mirror *m, enum mcls cls, uint64_t key, uint16_t op)
{
	if (m->n_pending == m->pending_cap) {
		uint32_t cap = m->pending_cap == 0 ? 256 : 2 * m->pending_cap;
		struct mpending *p = malloc(cap * sizeof(*p));

		if (p == NULL)
			return -ENOMEM;
		for (uint32_t i = 0; i < m->n_pending; i++)
			p[i] = m->pending[(m->pending_head + i) % m->pending_cap];
		free(m->pending);
		m->pending = p;
		m->pending_head = 0;
		m->pending_cap = cap;
	}
	m->pending[(m->pending_head + m->n_pending++) % m->pending_cap] =
			(struct mpending){ .key = key, .cls = (uint8_t)cls, .op = (uint8_t)op };
	return 0;
}

int
mirror_send(struct mirror *m, enum mcls cls, uint64_t key, uint16_t op, const void *payload,
		size_t len)
{
	struct chan_cmd cmd;
	int err;

	memset(&cmd, 0, sizeof(cmd));
	cmd.op = op;
	if (len > 0)
		memcpy(&cmd.u, payload, len);
	err = pending_add(m, cls, key, op);
	if (err == 0) {
		err = m->io.cmd(m->io.ctx, &cmd);
		if (err != 0)
			m->n_pending--;
	}
	explicit_bzero(&cmd, sizeof(cmd));
	return err;
}

static void
set_failed(struct mirror *m, struct mobj *o, bool failed)
{
	if (o->failed == failed)
		return;
	o->failed = failed;
	if (failed)
		m->n_failed++;
	else
		m->n_failed--;
}

/* @buf: IP6_STR_LEN */
static const char *
policy_dst_str(const struct chan_policy *p, char *buf)
{
	struct ip6_addr a;

	if (!p->is_ip6)
		return ip4_str(p->dst, buf);
	memcpy(&a, p->dst6, sizeof(a));
	return ip6_str(&a, buf);
}

/* An object in words, for the log. */
static const char *
describe(const struct mobj *o, char *buf, size_t len)
{
	char a[IP4_STR_LEN], a6[IP6_PREFIX_STR_LEN];
	struct ip6_prefix p6;

	switch ((enum mcls)o->cls) {
	case M_PORT:
		snprintf(buf, len, "port %u", o->u.port.port);
		break;
	case M_IF:
		snprintf(buf, len, "interface on port %u vlan %u", o->u.iface.port,
				o->u.iface.vlan);
		break;
	case M_NH:
	case M_NH_TUN:
		snprintf(buf, len, "next hop %u (%s)", o->u.nh.nh_id, ip4_str(o->u.nh.gw, a));
		break;
	case M_TUN:
		snprintf(buf, len, "tunnel to %s", ip4_str(o->u.tun.remote, a));
		break;
	case M_ROUTE:
		snprintf(buf, len, "route %s/%u", ip4_str(o->u.route.prefix, a), o->u.route.len);
		break;
	case M_ROUTE6:
		memcpy(&p6.addr, o->u.route6.prefix, sizeof(p6.addr));
		p6.len = o->u.route6.len;
		snprintf(buf, len, "route %s", ip6_prefix_str(&p6, a6));
		break;
	case M_SA:
		snprintf(buf, len, "SA %08x", o->u.sa.spi);
		break;
	case M_POLICY:
		snprintf(buf, len, "policy %u to %s/%u", o->u.policy.policy_id,
				policy_dst_str(&o->u.policy, a6), o->u.policy.dst_len);
		break;
	case M_PARAM:
	case M_NHG:
	case M_SA_OUT:
	case M_N_CLASSES:
		snprintf(buf, len, "object %llu", (unsigned long long)o->node.key);
		break;
	}
	return buf;
}

void
mirror_done(struct mirror *m, const struct chan_done *done)
{
	struct mpending p;
	struct mobj *o;
	char what[64], why[96];

	if (m->n_pending == 0)
		return;
	p = m->pending[m->pending_head];
	m->pending_head = (m->pending_head + 1) % m->pending_cap;
	m->n_pending--;
	o = p.op == CHAN_CMD_SYNC_BEGIN || p.op == CHAN_CMD_SYNC_END ? NULL
								     : mobj_find(m, p.cls, p.key);
	if (done->err == 0) {
		if (o != NULL)
			set_failed(m, o, false);
		if (p.op == CHAN_CMD_SYNC_END)
			m->io.synced(m->io.ctx);
		else if (m->more ? m->n_pending <= FLUSH_AGAIN : m->syncing && m->n_pending == 0)
			mirror_flush(m); /* it was too much at once, or there was no room for it */
		return;
	}
	snprintf(why, sizeof(why), "dataplane refused %s: %.28s: %s", chan_op_str(p.op),
			done->field, strerror(-done->err));
	log_error("mirror", "%s%s%s", why, o != NULL ? ": " : "",
			o != NULL ? describe(o, what, sizeof(what)) : "");
	if (o == NULL)
		return;
	if (p.op == CHAN_CMD_SA_SET || p.op == CHAN_CMD_SA_KEEP) {
		mobj_free(m, o);
		m->io.sa_gone(m->io.ctx, (uint32_t)p.key, why);
	} else {
		set_failed(m, o, true);
		o->sent = true; /* it may be there in an older form */
	}
}

/* ---- flushing ---------------------------------------------------------------------------- */

/* Payload as it goes into the command: of an SA only what SA_KEEP and SA_DEL need. */
static int
send_obj(struct mirror *m, struct mobj *o, uint16_t op)
{
	if (o->cls == M_SA) {
		struct chan_sa sa;

		memset(&sa, 0, sizeof(sa));
		sa.sa_id = o->u.sa.sa_id;
		sa.spi = o->u.sa.spi;
		return mirror_send(m, M_SA, o->node.key, op, &sa, sizeof(sa));
	}
	return mirror_send(m, o->cls, o->node.key, op, &o->u, mcls_info[o->cls].size);
}

/* Send one object's present wish. False: it could not be queued and stays dirty. */
static bool
flush_obj(struct mirror *m, struct mobj *o)
{
	uint16_t op = o->want ? mcls_info[o->cls].set_op : mcls_info[o->cls].del_op;

	if (m->left == 0) {
		m->more = true;
		return false;
	}
	m->left--;
	if (send_obj(m, o, op) != 0) {
		set_failed(m, o, true);
		return false;
	}
	mobj_clean(m, o);
	if (o->want)
		o->sent = true;
	/* A tunnel without outbound SA is what a tunnel is at first: nothing to remember. */
	if (!o->want || (o->cls == M_SA_OUT && o->u.sa_out.sa_id == CHAN_NONE))
		mobj_free(m, o);
	return true;
}

static int
route_len(const struct mobj *o)
{
	return o->cls == M_ROUTE6 ? o->u.route6.len : o->u.route.len;
}

/* Those of a class's dirty objects that are wanted, or those that are not; of routes only the ones
 * of this length (-1: any). False: no room. */
static bool
flush_class(struct mirror *m, int cls, bool want, int len)
{
	struct mobj *o, *next;

	for (o = TAILQ_FIRST(&m->dirty[cls]); o != NULL; o = next) {
		next = TAILQ_NEXT(o, link);
		if (o->want == want && (len < 0 || route_len(o) == len) && !flush_obj(m, o))
			return false;
	}
	return true;
}

/*
 * Longer prefixes come first and go last: what is routed into a protected tunnel must at no moment
 * fall to a less specific route that leads elsewhere.
 */
static bool
flush_routes(struct mirror *m, int cls, bool want)
{
	int max = cls == M_ROUTE6 ? 128 : 32;

	for (int i = 0; i <= max && !TAILQ_EMPTY(&m->dirty[cls]); i++)
		if (!flush_class(m, cls, want, want ? max - i : i))
			return false;
	return true;
}

static bool
flush_one(struct mirror *m, int cls, bool want)
{
	return cls == M_ROUTE || cls == M_ROUTE6 ? flush_routes(m, cls, want)
						 : flush_class(m, cls, want, -1);
}

/* Only when everything was named: the sweep would remove what was not. */
static void
sync_end(struct mirror *m)
{
	if (m->syncing && mirror_send(m, M_PARAM, 0, CHAN_CMD_SYNC_END, NULL, 0) == 0)
		m->syncing = false;
}

static void
flush(struct mirror *m, uint32_t n)
{
	if (!m->attached)
		return;
	m->left = n;
	m->more = false;
	for (int cls = 0; cls < M_N_CLASSES; cls++)
		if (!flush_one(m, cls, true))
			return;
	sync_end(m);
	/* While everything is named, what is not named yet is not unwanted yet: but SAs are not. */
	for (int cls = M_N_CLASSES - 1; cls >= (m->marking ? M_SA : 0); cls--)
		if (!flush_one(m, cls, false))
			return;
}

void
mirror_flush(struct mirror *m)
{
	flush(m, FLUSH_AT_ONCE);
}

void
mirror_flush_all(struct mirror *m)
{
	flush(m, UINT32_MAX);
}

uint32_t
mirror_n_failed(const struct mirror *m)
{
	return m->n_failed;
}

void
mirror_retry(struct mirror *m)
{
	if (!m->attached || (m->n_failed == 0 && !m->syncing))
		return;
	for (int cls = 0; cls < M_N_CLASSES; cls++) {
		struct hmap_iter it = { 0 };

		for (struct hnode *h; (h = hmap_next(&m->map[cls], &it)) != NULL;) {
			struct mobj *o = HMAP_ENTRY(h, struct mobj, node);

			if (o->failed)
				mobj_dirty(m, o);
		}
	}
	mirror_flush(m);
}

static const char former[] = "lost with the former dataplane";

/* ---- attachment -------------------------------------------------------------------------- */

static void
sa_forget(struct mirror *m, struct mobj *o)
{
	if (mirror_sa_out_get(m, o->u.sa.tun_id) == o->u.sa.sa_id)
		mirror_sa_out(m, o->u.sa.tun_id, CHAN_NONE);
	mobj_free(m, o);
}

bool
mirror_forget(struct mirror *m, uint64_t boot_id, struct hmap_scan *at, uint32_t n)
{
	for (; n > 0 && !at->done; n--) {
		struct hnode *next;

		for (struct hnode *h = hmap_scan(&m->map[M_SA], at); h != NULL; h = next) {
			struct mobj *o = HMAP_ENTRY(h, struct mobj, node);
			uint32_t sa_id = o->u.sa.sa_id;
			bool wanted = o->want;

			next = h->next;
			if (o->u.sa.boot_id == 0 || o->u.sa.boot_id == boot_id)
				continue;
			sa_forget(m, o);
			if (wanted)
				m->io.sa_gone(m->io.ctx, sa_id, former);
		}
	}
	return !at->done;
}

/* SAs that this dataplane does not have are forgotten; whoever negotiated them is told. */
static void
sas_check(struct mirror *m, uint64_t boot_id)
{
	struct hmap_iter it = { 0 };
	uint32_t *gone = calloc(m->map[M_SA].n + 1u, sizeof(*gone));
	uint32_t n = 0;

	if (gone == NULL) {
		log_error("mirror", "out of memory");
		return;
	}
	for (struct hnode *h; (h = hmap_next(&m->map[M_SA], &it)) != NULL;) {
		struct mobj *o = HMAP_ENTRY(h, struct mobj, node);

		if (o->u.sa.boot_id == 0)
			o->u.sa.boot_id = boot_id; /* adopted */
		if (o->want && o->u.sa.boot_id == boot_id &&
				m->io.sa_installed(m->io.ctx, o->u.sa.sa_id, o->u.sa.spi))
			continue;
		if (o->want)
			gone[n++] = o->u.sa.sa_id;
		sa_forget(m, o);
	}
	for (uint32_t i = 0; i < n; i++)
		m->io.sa_gone(m->io.ctx, gone[i], former);
	free(gone);
}

/* Everything is to be told anew; what is not wanted falls to the sweep. */
static void
all_dirty(struct mirror *m)
{
	for (int cls = 0; cls < M_N_CLASSES; cls++) {
		struct hmap_iter it = { 0 };

		for (struct hnode *h; (h = hmap_next(&m->map[cls], &it)) != NULL;) {
			struct mobj *o = HMAP_ENTRY(h, struct mobj, node);

			o->sent = false;
			set_failed(m, o, false);
			if (o->want)
				mobj_dirty(m, o);
			else if (o->dirty)
				mobj_free(m, o);
		}
	}
}

int
mirror_attach(struct mirror *m, uint64_t boot_id)
{
	int err;

	m->n_pending = 0;
	m->attached = false; /* nothing may go out ahead of the sync */
	m->syncing = false;
	m->more = false;
	m->boot_id = boot_id;
	sas_check(m, boot_id);
	all_dirty(m);
	err = mirror_send(m, M_PARAM, 0, CHAN_CMD_SYNC_BEGIN, NULL, 0);
	if (err != 0)
		return err;
	m->attached = true;
	m->syncing = true;
	mirror_flush(m);
	return 0;
}

void
mirror_detach(struct mirror *m)
{
	m->attached = false;
	m->syncing = false;
	m->more = false;
	m->n_pending = 0;
}

bool
mirror_attached(const struct mirror *m)
{
	return m->attached;
}

bool
mirror_syncing(const struct mirror *m)
{
	return m->syncing;
}

/* ---- SAs --------------------------------------------------------------------------------- */

static int
sa_remember(struct mirror *m, uint32_t sa_id, uint32_t spi, uint32_t tun_id, struct mobj **out)
{
	struct mobj *o = mobj_find(m, M_SA, sa_id);

	if (o != NULL && o->want)
		return -EEXIST;
	if (o != NULL)
		mobj_free(m, o);
	o = mobj_new(m, M_SA, sa_id);
	if (o == NULL)
		return -ENOMEM;
	o->want = true;
	o->u.sa.sa_id = sa_id;
	o->u.sa.spi = spi;
	o->u.sa.tun_id = tun_id;
	o->u.sa.boot_id = m->boot_id;
	*out = o;
	return 0;
}

int
mirror_sa_set(struct mirror *m, const struct chan_sa *sa)
{
	struct mobj *o;
	int err;

	if (!m->attached)
		return -ENOTCONN;
	mirror_flush_all(m); /* its tunnel may be among what waits */
	err = sa_remember(m, sa->sa_id, sa->spi, sa->tun_id, &o);
	if (err != 0)
		return err;
	err = mirror_send(m, M_SA, sa->sa_id, CHAN_CMD_SA_SET, sa, sizeof(*sa));
	if (err != 0) {
		mobj_free(m, o);
		return err;
	}
	o->sent = true;
	return 0;
}

void
mirror_sa_move(struct mirror *m, uint32_t sa_id, uint32_t remote, uint16_t remote_port)
{
	const struct mobj *o = mobj_find(m, M_SA, sa_id);
	struct chan_sa sa;

	if (o == NULL || !o->want || !m->attached)
		return;
	memset(&sa, 0, sizeof(sa));
	sa.sa_id = sa_id;
	sa.spi = o->u.sa.spi;
	sa.remote = remote;
	sa.remote_port = remote_port;
	/* A failure shows as a peer that is not heard: liveness and a new Child SA mend it. */
	if (mirror_send(m, M_SA, sa_id, CHAN_CMD_SA_MOVE, &sa, sizeof(sa)) != 0)
		log_warning("mirror", "SA %08x could not be moved: no room for the command",
				sa.spi);
}

int
mirror_sa_adopt(struct mirror *m, uint32_t sa_id, uint32_t spi, uint32_t tun_id)
{
	struct mobj *o;
	int err = sa_remember(m, sa_id, spi, tun_id, &o);

	if (err != 0)
		return err;
	o->u.sa.boot_id = 0; /* of the dataplane that is about to be attached */
	return 0;
}

void
mirror_sa_del(struct mirror *m, uint32_t sa_id)
{
	struct mobj *o = mobj_find(m, M_SA, sa_id);

	if (o == NULL || !o->want)
		return;
	if (mirror_sa_out_get(m, o->u.sa.tun_id) == sa_id)
		mirror_sa_out(m, o->u.sa.tun_id, CHAN_NONE);
	if (!m->attached) {
		mobj_free(m, o); /* the sweep of the next sync removes it */
		return;
	}
	mobj_unwant(m, o);
	mirror_flush(m);
}

void
mirror_sa_stray(struct mirror *m, uint32_t sa_id, uint32_t spi)
{
	struct chan_sa sa;

	if (!m->attached || mobj_find(m, M_SA, sa_id) != NULL)
		return;
	memset(&sa, 0, sizeof(sa));
	sa.sa_id = sa_id;
	sa.spi = spi;
	if (mirror_send(m, M_SA, sa_id, CHAN_CMD_SA_DEL, &sa, sizeof(sa)) != 0)
		log_warning("mirror", "SA %08x could not be removed: no room for the command", spi);
}

void
mirror_sa_out(struct mirror *m, uint32_t tun_id, uint32_t sa_id)
{
	struct chan_tun_sa_out so = { .tun_id = tun_id, .sa_id = sa_id };
	struct mobj *o = mobj_find(m, M_SA_OUT, tun_id);

	if (o == NULL && sa_id == CHAN_NONE)
		return;
	if (sa_id == CHAN_NONE && !m->attached) {
		mobj_free(m, o);
		return;
	}
	if (o == NULL)
		o = mobj_new(m, M_SA_OUT, tun_id);
	if (o == NULL) {
		log_error("mirror", "out of memory");
		return;
	}
	mobj_want(m, o, &so);
	mirror_flush_all(m);
}

uint32_t
mirror_sa_out_get(const struct mirror *m, uint32_t tun_id)
{
	const struct mobj *o = mobj_find(m, M_SA_OUT, tun_id);

	return o != NULL && o->want ? o->u.sa_out.sa_id : CHAN_NONE;
}
