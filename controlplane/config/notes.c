/* SPDX-License-Identifier: BSD-3-Clause */
/* Remarks on a change; see notes.h. */
#include <stdio.h>

#include "controlplane/config/model.h"
#include "controlplane/config/notes.h"

uint32_t
cfg_dpd_worst_s(const struct cfg_ike_profile *p)
{
	if (p->dpd_interval_s == 0 || p->dpd_mode == CFG_DPD_DISABLED)
		return 0;
	return p->dpd_interval_s + p->dpd_retry_s * p->dpd_count;
}

static bool
same_dpd(const struct cfg_ike_profile *a, const struct cfg_ike_profile *b)
{
	return cfg_dpd_worst_s(a) == cfg_dpd_worst_s(b) && a->dpd_mode == b->dpd_mode &&
	       a->dpd_interval_s == b->dpd_interval_s && a->dpd_retry_s == b->dpd_retry_s &&
	       a->dpd_count == b->dpd_count;
}

static json_t *
dpd_note(const struct cfg_ike_profile *p)
{
	if (cfg_dpd_worst_s(p) == 0)
		return json_sprintf("IKE profile %s: dead peer detection is off: a dead peer is "
				    "noticed when its SA is rekeyed",
				p->name);
	return json_sprintf("IKE profile %s: a dead peer is known after %u s at the latest "
			    "(%u + %u x %u)%s",
			p->name, cfg_dpd_worst_s(p), p->dpd_interval_s, p->dpd_count,
			p->dpd_retry_s,
			p->dpd_mode == CFG_DPD_ON_DEMAND ? ", from when something is sent to it"
							 : "");
}

json_t *
cfg_notes(const struct cfg *old, const struct cfg *new)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < new->n_ike_profiles; i++) {
		const struct cfg_ike_profile *p = &new->ike_profiles[i];
		const struct cfg_ike_profile *was = cfg_ike_profile_find(old, p->name);

		if (was == NULL || !same_dpd(was, p))
			json_array_append_new(list, dpd_note(p));
	}
	return list;
}
