/* SPDX-License-Identifier: BSD-3-Clause */
/* Counters since they were last cleared: the dataplane's own only ever grow. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/dataplane/dplink.h"
#include "controlplane/show/show_int.h"

/* The client, and whether the cleared values belong to its dataplane. */
static const struct chan_client *
source(const struct show *s, bool *cleared)
{
	const struct chan_client *c = dplink_client(s->cp->dplink);

	*cleared = c != NULL && s->boot_id != 0 && s->boot_id == chan_client_boot_id(c);
	return c;
}

void
counters_if(const struct show *s, uint32_t if_id, struct chan_if_stats *out)
{
	bool cleared;
	const struct chan_client *c = source(s, &cleared);

	memset(out, 0, sizeof(*out));
	if (c == NULL || chan_client_if_stats(c, if_id, out) != 0 || !cleared)
		return;
	if (s->ifs[if_id].in_bytes > out->in_bytes || s->ifs[if_id].out_bytes > out->out_bytes)
		return; /* the id has got another owner since */
	out->in_packets -= s->ifs[if_id].in_packets;
	out->in_bytes -= s->ifs[if_id].in_bytes;
	out->out_packets -= s->ifs[if_id].out_packets;
	out->out_bytes -= s->ifs[if_id].out_bytes;
}

void
counters_port(const struct show *s, uint32_t port, struct chan_port_info *out)
{
	bool cleared;
	const struct chan_client *c = source(s, &cleared);

	memset(out, 0, sizeof(*out));
	if (c == NULL || chan_client_port(c, port, out) != 0 || !cleared)
		return;
	out->rx_packets -= s->ports[port].rx_packets;
	out->rx_bytes -= s->ports[port].rx_bytes;
	out->tx_packets -= s->ports[port].tx_packets;
	out->tx_bytes -= s->ports[port].tx_bytes;
	out->rx_missed -= s->ports[port].rx_missed;
	out->rx_errors -= s->ports[port].rx_errors;
	out->tx_errors -= s->ports[port].tx_errors;
}

void
counters_tun(const struct show *s, uint32_t tun_id, struct chan_tun_stats *out)
{
	bool cleared;
	const struct chan_client *c = source(s, &cleared);

	memset(out, 0, sizeof(*out));
	if (c == NULL || chan_client_tun_stats(c, tun_id, out) != 0 || !cleared ||
			tun_id >= s->n_tuns)
		return;
	if (s->tuns[tun_id].in_bytes > out->in_bytes ||
			s->tuns[tun_id].out_bytes > out->out_bytes ||
			s->tuns[tun_id].in_drops > out->in_drops ||
			s->tuns[tun_id].out_drops > out->out_drops)
		return; /* the id has got another owner since */
	out->in_packets -= s->tuns[tun_id].in_packets;
	out->in_bytes -= s->tuns[tun_id].in_bytes;
	out->out_packets -= s->tuns[tun_id].out_packets;
	out->out_bytes -= s->tuns[tun_id].out_bytes;
	out->in_drops -= s->tuns[tun_id].in_drops;
	out->out_drops -= s->tuns[tun_id].out_drops;
}

void
counters_policy(const struct show *s, uint32_t policy_id, struct chan_policy_stats *out)
{
	const struct chan_policy_stats *b;
	bool cleared;
	const struct chan_client *c = source(s, &cleared);

	memset(out, 0, sizeof(*out));
	if (c == NULL || chan_client_policy_stats(c, policy_id, out) != 0 || !cleared ||
			s->policies == NULL)
		return;
	b = &s->policies[policy_id];
	if (b->out_packets > out->out_packets || b->in_packets > out->in_packets ||
			b->in_drops > out->in_drops)
		return; /* the id has got another owner since */
	out->out_packets -= b->out_packets;
	out->out_bytes -= b->out_bytes;
	out->in_packets -= b->in_packets;
	out->in_drops -= b->in_drops;
}

static int
by_sa_id(const void *a, const void *b)
{
	const struct sa_cleared *x = a, *y = b;

	return x->sa_id < y->sa_id ? -1 : x->sa_id > y->sa_id;
}

void
counters_sa(const struct show *s, uint32_t sa_id, uint32_t spi, struct chan_client_sa_stats *out)
{
	const struct sa_cleared key = { .sa_id = sa_id }, *b = NULL;
	bool cleared;
	const struct chan_client *c = source(s, &cleared);

	*out = (struct chan_client_sa_stats){ .heard_ms = CHAN_CLIENT_NEVER };
	if (c == NULL || chan_client_sa_stats(c, sa_id, out) != 0 || !cleared)
		return;
	if (s->n_sas != 0)
		b = bsearch(&key, s->sas, s->n_sas, sizeof(*b), by_sa_id);
	if (b == NULL || b->spi != spi)
		return;
	out->packets -= b->st.packets;
	out->bytes -= b->st.bytes;
	out->replay -= b->st.replay;
	out->auth_fail -= b->st.auth_fail;
}

void
counters_worker(const struct show *s, uint32_t worker, struct chan_worker_stats *out)
{
	bool cleared;
	const struct chan_client *c = source(s, &cleared);
	const struct chan_worker_stats *b;

	memset(out, 0, sizeof(*out));
	if (c == NULL || chan_client_worker_stats(c, worker, out) != 0 || !cleared)
		return;
	b = &s->workers[worker];
	for (int i = 0; i < CHAN_N_DROPS; i++)
		out->drops[i] -= b->drops[i];
	for (int i = 0; i < CHAN_N_CLASSES; i++) {
		out->punted[i] -= b->punted[i];
		out->punt_drops[i] -= b->punt_drops[i];
		out->punt_policed[i] -= b->punt_policed[i];
	}
	out->rx -= b->rx;
	out->tx -= b->tx;
	out->injected -= b->injected;
	out->made -= b->made;
	out->absorbed -= b->absorbed;
	out->reass_in -= b->reass_in;
	out->reass_out -= b->reass_out;
	out->polls -= b->polls;
	out->empty_polls -= b->empty_polls;
	out->sleeps -= b->sleeps;
	out->busy_tsc -= b->busy_tsc;
}

/* The installed SAs and their counters, in the order of ids. -ENOMEM leaves what was. */
static int
clear_sas(struct show *s, const struct chan_client *c, uint32_t max_sas)
{
	struct chan_sa_info info;
	struct sa_cleared *sas;
	uint32_t n = 0;

	for (uint32_t i = 0; i < max_sas; i++)
		n += chan_client_sa_info(c, i, &info) == 0;
	sas = calloc(n + 1u, sizeof(*sas));
	if (sas == NULL)
		return -ENOMEM;
	free(s->sas);
	s->sas = sas;
	s->n_sas = 0;
	for (uint32_t i = 0; i < max_sas && s->n_sas < n; i++) {
		struct sa_cleared *b = &sas[s->n_sas];

		if (chan_client_sa_info(c, i, &info) != 0 ||
				chan_client_sa_stats(c, i, &b->st) != 0)
			continue;
		b->sa_id = i;
		b->spi = info.spi;
		s->n_sas++;
	}
	return 0;
}

uint32_t
counters_clear(struct show *s)
{
	const struct chan_client *c = dplink_client(s->cp->dplink);
	const struct chan_stats *st;
	uint32_t n = 0;

	if (c == NULL)
		return 0;
	st = chan_client_stats(c);
	if (st->max_tunnels != s->n_tuns) {
		struct chan_tun_stats *t = calloc(st->max_tunnels, sizeof(*t));

		if (t == NULL)
			return 0;
		free(s->tuns);
		s->tuns = t;
		s->n_tuns = st->max_tunnels;
	}
	if (clear_sas(s, c, st->max_sas) != 0)
		return 0;
	n += s->n_sas;
	if (s->policies == NULL)
		s->policies = calloc(CHAN_MAX_POLICIES, sizeof(*s->policies));
	for (uint32_t i = 0; s->policies != NULL && i < CHAN_MAX_POLICIES; i++)
		n += chan_client_policy_stats(c, i, &s->policies[i]) == 0 &&
		     s->policies[i].out_packets != 0;
	for (uint32_t i = 0; i < CHAN_MAX_IFS; i++)
		n += chan_client_if_stats(c, i, &s->ifs[i]) == 0 && s->ifs[i].in_packets != 0;
	for (uint32_t i = 0; i < st->n_ports && i < CHAN_MAX_PORTS; i++)
		n += chan_client_port(c, i, &s->ports[i]) == 0;
	for (uint32_t i = 0; i < s->n_tuns; i++)
		n += chan_client_tun_stats(c, i, &s->tuns[i]) == 0 && s->tuns[i].out_packets != 0;
	for (uint32_t i = 0; i < st->n_workers && i < CHAN_MAX_WORKERS; i++)
		n += chan_client_worker_stats(c, i, &s->workers[i]) == 0;
	s->boot_id = chan_client_boot_id(c);
	return n;
}

void
show_second(struct show *s, uint64_t now_ms)
{
	const struct chan_client *c = dplink_client(s->cp->dplink);
	const struct chan_stats *st = c != NULL ? chan_client_stats(c) : NULL;
	double tsc;
	bool same;

	rates_second(s, now_ms);
	memset(s->busy_percent, 0, sizeof(s->busy_percent));
	if (c == NULL)
		return;
	same = s->busy_boot_id == chan_client_boot_id(c) && now_ms > s->busy_at_ms;
	tsc = same ? (double)(now_ms - s->busy_at_ms) * (double)st->tsc_hz / 1000 : 0;
	for (uint32_t i = 0; i < st->n_workers && i < CHAN_MAX_WORKERS; i++) {
		struct chan_worker_stats w;

		if (chan_client_worker_stats(c, i, &w) != 0)
			continue;
		if (tsc > 0)
			s->busy_percent[i] = 100 * (double)(w.busy_tsc - s->busy_tsc[i]) / tsc;
		if (s->busy_percent[i] > 100)
			s->busy_percent[i] = 100;
		s->busy_tsc[i] = w.busy_tsc;
	}
	s->busy_at_ms = now_ms;
	s->busy_boot_id = chan_client_boot_id(c);
}
