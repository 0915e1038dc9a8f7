/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Counters read from the dataplane's statistics region. Each number has one writer, which never
 * waits for us: numbers are consistent one by one, not with each other.
 */
#include <errno.h>
#include <string.h>

#include <rte_cycles.h>

#include "controlplane/dataplane/chan_client_priv.h"

static inline uint64_t
ld(const uint64_t *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

static inline uint32_t
ld32(const uint32_t *p)
{
	return __atomic_load_n(p, __ATOMIC_RELAXED);
}

/* Add @n counters, one after the other in memory. */
static void
sum(uint64_t *out, const void *from, size_t n)
{
	const uint64_t *p = from;

	for (size_t i = 0; i < n; i++)
		out[i] += ld(&p[i]);
}

#define N_U64(type) (sizeof(type) / sizeof(uint64_t))
static_assert(sizeof(struct chan_worker_stats) % 8 == 0, "nothing but 64-bit counters");

const struct chan_stats *
chan_client_stats(const struct chan_client *c)
{
	return c->state == CLIENT_ATTACHED ? c->stats : NULL;
}

int
chan_client_port(const struct chan_client *c, uint32_t port, struct chan_port_info *out)
{
	if (c->state != CLIENT_ATTACHED)
		return -ENOTCONN;
	if (port >= c->stats->n_ports)
		return -EINVAL;
	memcpy(out, &c->stats->ports[port], sizeof(*out));
	out->name[sizeof(out->name) - 1] = '\0';
	out->iface[sizeof(out->iface) - 1] = '\0';
	out->driver[sizeof(out->driver) - 1] = '\0';
	return 0;
}

int
chan_client_port_find(const struct chan_client *c, const char *name)
{
	struct chan_port_info p;

	if (c->state != CLIENT_ATTACHED)
		return -ENOTCONN;
	for (uint32_t i = 0; i < c->stats->n_ports; i++)
		if (chan_client_port(c, i, &p) == 0 && p.present != 0 && name[0] != '\0' &&
				(strcmp(p.name, name) == 0 || strcmp(p.iface, name) == 0))
			return (int)i;
	return -ENOENT;
}

int
chan_client_if_stats(const struct chan_client *c, uint32_t if_id, struct chan_if_stats *out)
{
	const struct chan_if_stats *s;

	if (c->state != CLIENT_ATTACHED)
		return -ENOTCONN;
	if (if_id >= CHAN_MAX_IFS)
		return -EINVAL;
	memset(out, 0, sizeof(*out));
	for (unsigned int w = 0; w < c->n_workers; w++) {
		s = chan_stats_at(c->stats, c->stats->if_off[w]);
		sum((uint64_t *)out, &s[if_id], N_U64(*out));
	}
	return 0;
}

int
chan_client_tun_stats(const struct chan_client *c, uint32_t tun_id, struct chan_tun_stats *out)
{
	const struct chan_tun_stats *s;

	if (c->state != CLIENT_ATTACHED)
		return -ENOTCONN;
	if (tun_id >= c->stats->max_tunnels)
		return -EINVAL;
	memset(out, 0, sizeof(*out));
	for (unsigned int w = 0; w < c->n_workers; w++) {
		s = chan_stats_at(c->stats, c->stats->tun_off[w]);
		sum((uint64_t *)out, &s[tun_id], N_U64(*out));
	}
	return 0;
}

int
chan_client_policy_stats(
		const struct chan_client *c, uint32_t policy_id, struct chan_policy_stats *out)
{
	const struct chan_policy_stats *s;

	if (c->state != CLIENT_ATTACHED)
		return -ENOTCONN;
	if (policy_id >= CHAN_MAX_POLICIES)
		return -EINVAL;
	memset(out, 0, sizeof(*out));
	for (unsigned int w = 0; w < c->n_workers; w++) {
		s = chan_stats_at(c->stats, c->stats->policy_off[w]);
		sum((uint64_t *)out, &s[policy_id], N_U64(*out));
	}
	return 0;
}

int
chan_client_sa_stats(
		const struct chan_client *c, uint32_t sa_id, struct chan_client_sa_stats *out)
{
	uint64_t last = 0, now;

	if (c->state != CLIENT_ATTACHED)
		return -ENOTCONN;
	if (sa_id >= c->stats->max_sas)
		return -EINVAL;
	memset(out, 0, sizeof(*out));
	for (unsigned int w = 0; w < c->n_workers; w++) {
		const struct chan_sa_stats *s = chan_stats_at(c->stats, c->stats->sa_off[w]);

		s += sa_id;
		out->packets += ld(&s->packets);
		out->bytes += ld(&s->bytes);
		out->replay += ld32(&s->replay);
		out->auth_fail += ld32(&s->auth_fail);
		if (ld(&s->last_tsc) > last)
			last = ld(&s->last_tsc);
	}
	now = rte_rdtsc();
	out->heard_ms = CHAN_CLIENT_NEVER;
	if (last != 0 && c->stats->tsc_hz >= 1000)
		out->heard_ms = now <= last ? 0 : (now - last) / (c->stats->tsc_hz / 1000);
	return 0;
}

int
chan_client_sa_info(const struct chan_client *c, uint32_t sa_id, struct chan_sa_info *out)
{
	const struct chan_sa_info *s;

	if (c->state != CLIENT_ATTACHED)
		return -ENOTCONN;
	if (sa_id >= c->stats->max_sas)
		return -EINVAL;
	s = chan_stats_at(c->stats, c->stats->sa_info_off);
	memcpy(out, &s[sa_id], sizeof(*out));
	return out->spi != 0 ? 0 : -ENOENT;
}

int
chan_client_tun_info(const struct chan_client *c, uint32_t tun_id, struct chan_tun_info *out)
{
	const struct chan_tun_info *t;

	if (c->state != CLIENT_ATTACHED)
		return -ENOTCONN;
	if (tun_id >= c->stats->max_tunnels)
		return -EINVAL;
	t = chan_stats_at(c->stats, c->stats->tun_info_off);
	memcpy(out, &t[tun_id], sizeof(*out));
	return out->present != 0 ? 0 : -ENOENT;
}

int
chan_client_worker_stats(
		const struct chan_client *c, uint32_t worker, struct chan_worker_stats *out)
{
	if (c->state != CLIENT_ATTACHED)
		return -ENOTCONN;
	if (worker >= c->n_workers && worker != CHAN_NONE)
		return -EINVAL;
	memset(out, 0, sizeof(*out));
	for (unsigned int w = 0; w < c->n_workers; w++)
		if (worker == CHAN_NONE || worker == w)
			sum((uint64_t *)out, chan_stats_at(c->stats, c->stats->worker_off[w]),
					N_U64(*out));
	return 0;
}

int
chan_client_drops(const struct chan_client *c, uint64_t *out)
{
	struct chan_worker_stats s;
	int err = chan_client_worker_stats(c, CHAN_NONE, &s);

	if (err == 0)
		memcpy(out, s.drops, sizeof(s.drops));
	return err;
}
