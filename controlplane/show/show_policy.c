/* SPDX-License-Identifier: BSD-3-Clause */
/* `show crypto policy`: the security policies, the highest priority first, with their counters. */
#include <stdio.h>
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

/* A policy's place in the answer; a change of the configuration in between does not move it. */
struct policy_place {
	char name[CFG_NAME_MAX];
};

struct policy_cursor {
	bool begun;
	uint32_t at, n;
	struct policy_place *order; /* [n] */
};

static bool
policy_begin(void *ctx, const json_t *params, void *cursor, char *err, size_t err_len)
{
	const struct show *s = ctx;
	const struct cfg *c = s->cp->cfg;
	struct policy_cursor *k = cursor;
	const struct cfg_policy **order = calloc(c->n_policies + 1u, sizeof(*order));

	k->order = calloc(c->n_policies + 1u, sizeof(*k->order));
	if (order == NULL || k->order == NULL) {
		snprintf(err, err_len, "out of memory");
		free(order);
		free(k->order);
		return false;
	}
	for (uint32_t i = 0; i < c->n_policies; i++)
		order[i] = &c->policies[i];
	qsort(order, c->n_policies, sizeof(*order), by_priority);
	for (; k->n < c->n_policies; k->n++)
		memcpy(k->order[k->n].name, order[k->n]->name, sizeof(k->order[0].name));
	free(order);
	return true;
}

static int
by_name(const void *name, const void *policy)
{
	return strcmp(name, ((const struct cfg_policy *)policy)->name);
}

static bool
policy_next(void *ctx, const json_t *params, void *cursor, struct mgmt_out *out)
{
	const struct show *s = ctx;
	const struct cfg *c = s->cp->cfg;
	struct policy_cursor *k = cursor;
	const struct cfg_policy *p;
	const char *name;

	if (!k->begun)
		mgmt_out_array(out, "policies");
	k->begun = true;
	if (k->at == k->n) {
		mgmt_out_end(out);
		return false;
	}
	name = k->order[k->at++].name;
	if (!show_wanted(params, name) || c->n_policies == 0)
		return true;
	/* Those of a configuration are by name. */
	p = bsearch(name, c->policies, c->n_policies, sizeof(*p), by_name);
	if (p != NULL)
		mgmt_out_put(out, NULL, policy_json(s, p));
	return true;
}

static void
policy_end(void *ctx, void *cursor)
{
	struct policy_cursor *k = cursor;

	free(k->order);
}

const struct mgmt_parts show_policy_parts = { .cursor_size = sizeof(struct policy_cursor),
	.begin = policy_begin, .next = policy_next, .end = policy_end };
