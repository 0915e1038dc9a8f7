/* SPDX-License-Identifier: BSD-3-Clause */
/* `show crypto policy`: the security policies, the highest priority first, with their counters. */
#include <stdlib.h>
#include <string.h>

#include "common/inet.h"
#include "controlplane/config/config.h"
#include "controlplane/dataplane/mirror.h"
#include "controlplane/policy/policies.h"
#include "controlplane/show/show_int.h"

static const char *
action_str(unsigned int action)
{
	switch ((enum cfg_policy_action)action) {
	case CFG_POLICY_PROTECT:
		return "protect";
	case CFG_POLICY_BYPASS:
		return "bypass";
	case CFG_POLICY_DISCARD:
		break;
	}
	return "discard";
}

static json_t *
policy_json(const struct show *s, const struct cfg_policy *p)
{
	struct chan_policy_stats st = { 0 };
	uint32_t id = mirror_policy_id(s->cp->mirror, policy_key(p->name));
	char src[IP_PREFIX_STR_LEN], dst[IP_PREFIX_STR_LEN];

	if (id != CHAN_NONE)
		counters_policy(s, id, &st);
	return json_pack("{s:s, s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:s, s:o, s:I, s:I, s:I, s:I, "
			 "s:I}",
			"name", p->name, "description", show_text(p->description), "source",
			ip_prefix_str(&p->source, src), "destination",
			ip_prefix_str(&p->destination, dst), "protocol", p->protocol,
			"source_port", show_text(p->source_port), "destination_port",
			show_text(p->destination_port), "icmp_type", show_text(p->icmp_type),
			"action", action_str(p->action), "tunnel",
			show_text(p->tunnel), "priority", (json_int_t)p->priority, "out_packets",
			(json_int_t)st.out_packets, "out_bytes", (json_int_t)st.out_bytes,
			"in_packets", (json_int_t)st.in_packets, "in_drops",
			(json_int_t)st.in_drops);
}

static int
by_priority(const void *pa, const void *pb)
{
	const struct cfg_policy *a = *(const struct cfg_policy *const *)pa;
	const struct cfg_policy *b = *(const struct cfg_policy *const *)pb;

	if (a->priority != b->priority)
		return a->priority > b->priority ? -1 : 1;
	return strcmp(a->name, b->name);
}

json_t *
show_policy(void *ctx, const json_t *params, char *err, size_t err_len)
{
	const struct show *s = ctx;
	const struct cfg *c = s->cp->cfg;
	const struct cfg_policy **order = calloc(c->n_policies + 1u, sizeof(*order));
	json_t *list = json_array();

	for (uint32_t i = 0; order != NULL && i < c->n_policies; i++)
		order[i] = &c->policies[i];
	if (order != NULL)
		qsort(order, c->n_policies, sizeof(*order), by_priority);
	for (uint32_t i = 0; order != NULL && i < c->n_policies; i++)
		if (show_wanted(params, order[i]->name))
			json_array_append_new(list, policy_json(s, order[i]));
	free(order);
	return json_pack("{s:o}", "policies", list);
}
