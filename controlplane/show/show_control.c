/* SPDX-License-Identifier: BSD-3-Clause */
/* `show control-plane`: the punt classes' policers; `show ip traffic`: fragments for ourselves. */
#include <string.h>

#include "controlplane/config/config.h"
#include "controlplane/dataplane/dplink.h"
#include "controlplane/show/show_int.h"

/* The sum over all workers. */
static uint32_t
workers_sum(const struct show *s, struct chan_worker_stats *sum)
{
	const struct chan_client *c = dplink_client(s->cp->dplink);
	uint32_t n = c != NULL ? chan_client_stats(c)->n_workers : 0;
	struct chan_worker_stats w;

	memset(sum, 0, sizeof(*sum));
	for (uint32_t i = 0; i < n && i < CHAN_MAX_WORKERS; i++) {
		counters_worker(s, i, &w);
		for (int k = 0; k < CHAN_N_DROPS; k++)
			sum->drops[k] += w.drops[k];
		for (int k = 0; k < CHAN_N_CLASSES; k++) {
			sum->punted[k] += w.punted[k];
			sum->punt_drops[k] += w.punt_drops[k];
			sum->punt_policed[k] += w.punt_policed[k];
		}
		sum->rx += w.rx;
		sum->tx += w.tx;
		sum->injected += w.injected;
		sum->reass_in += w.reass_in;
		sum->reass_out += w.reass_out;
		sum->reass_held += w.reass_held;
	}
	return n;
}

json_t *
show_control_plane(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct show *s = ctx;
	const struct cfg_punt *cfg = s->cp->cfg->punt;
	json_t *list = json_array();
	struct chan_worker_stats w;
	uint32_t n = workers_sum(s, &w);

	for (unsigned int k = 0; k < CHAN_N_CLASSES; k++)
		json_array_append_new(list,
				json_pack("{s:s, s:I, s:I, s:I, s:I, s:I}", "class",
						chan_class_str(k), "rate", (json_int_t)cfg[k].rate,
						"burst", (json_int_t)cfg[k].burst, "punted",
						(json_int_t)w.punted[k], "policed",
						(json_int_t)w.punt_policed[k], "dropped",
						(json_int_t)w.punt_drops[k]));
	return json_pack("{s:I, s:I, s:o}", "workers", (json_int_t)n, "injected",
			(json_int_t)w.injected, "classes", list);
}

json_t *
show_ip_traffic(void *ctx, const json_t *params, char *err, size_t err_len)
{
	static const enum chan_drop why[] = { CHAN_DROP_REASS_BAD, CHAN_DROP_REASS_TINY,
		CHAN_DROP_REASS_OVERLAP, CHAN_DROP_REASS_DUP, CHAN_DROP_REASS_LONG,
		CHAN_DROP_REASS_MANY, CHAN_DROP_REASS_TIME, CHAN_DROP_REASS_FULL,
		CHAN_DROP_REASS_SOURCE, CHAN_DROP_REASS_RING };
	const struct show *s = ctx;
	json_t *drops = json_array();
	struct chan_worker_stats w;

	workers_sum(s, &w);
	for (size_t i = 0; i < sizeof(why) / sizeof(why[0]); i++)
		json_array_append_new(drops,
				json_pack("{s:s, s:s, s:I}", "name", chan_drop_str(why[i]), "text",
						chan_drop_text(why[i]), "packets",
						(json_int_t)w.drops[why[i]]));
	return json_pack("{s:I, s:I, s:{s:I, s:I, s:I, s:o}}", "received", (json_int_t)w.rx, "sent",
			(json_int_t)w.tx, "reassembly", "fragments", (json_int_t)w.reass_in,
			"reassembled", (json_int_t)w.reass_out, "waiting", (json_int_t)w.reass_held,
			"drops", drops);
}
