/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who a peer may say it is: one identity or any of several, each with or without wildcards. One
 * that is alone and plain is found by hash and is told to the peer as who we want (IDr); others are
 * looked for one by one.
 */
#include <stdio.h>
#include <string.h>

#include "controlplane/ike/ike_int.h"

static const struct ike_id *
nth(const struct ike_peer_cfg *cfg, unsigned int i)
{
	return i == 0 ? &cfg->remote_id : &cfg->other_ids[i - 1];
}

bool
ike_names_one(const struct ike_peer_cfg *cfg)
{
	return cfg->n_other_ids == 0 && !ike_id_is_pattern(&cfg->remote_id);
}

bool
ike_name_better(const struct ike_id *a, const struct ike_id *b)
{
	bool is_pattern = ike_id_is_pattern(a);

	if (is_pattern != ike_id_is_pattern(b))
		return !is_pattern;
	if (a->type == IKE_ID_IPV4_ADDR && b->type == IKE_ID_IPV4_ADDR && is_pattern)
		return memcmp(a->data + 4, b->data + 4, 4) > 0; /* the longer mask */
	return a->len > b->len;
}

const struct ike_id *
ike_name_of(const struct ike_peer_cfg *cfg, const struct ike_blob *body)
{
	const struct ike_id *best = NULL;

	for (unsigned int i = 0; i <= cfg->n_other_ids; i++) {
		const struct ike_id *id = nth(cfg, i);

		if (ike_id_matches(body, id) && (best == NULL || ike_name_better(id, best)))
			best = id;
	}
	return best;
}

char *
ike_names_str(const struct ike_peer_cfg *cfg, char *buf, size_t len)
{
	char one[IKE_ID_MAX + 1];
	size_t at = 0;

	buf[0] = '\0';
	for (unsigned int i = 0; i <= cfg->n_other_ids && at < len; i++) {
		const struct ike_id *id = nth(cfg, i);

		ike_id_str(id->type, id->data, id->len, one, sizeof(one));
		at += (size_t)snprintf(buf + at, len - at, "%s%s", i > 0 ? " or " : "", one);
	}
	return buf;
}
