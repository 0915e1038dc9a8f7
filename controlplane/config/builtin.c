/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What `tunnel ipsec-secret` stands for: a profile with algorithms that every peer of the last
 * years has, found by its name like those of the configuration, which can have one of the same
 * name instead.
 */
#include <string.h>

#include "controlplane/config/builtin.h"

#define NAMES(first, second) { .v = { first, second }, .n = 2 }
#define LIST(...) { .v = { __VA_ARGS__ }, .n = sizeof((uint16_t[]){ __VA_ARGS__ }) / 2 }

static const struct cfg_ike_proposal proposals[] = {
	{ .name = CFG_BUILTIN,
	  .encryption = LIST(CFG_ENC_AES_GCM_256, CFG_ENC_AES_GCM_128),
	  .prf = LIST(CFG_HASH_SHA384, CFG_HASH_SHA256),
	  .group = LIST(31, 19, 20, 14) },
	{ .name = CFG_BUILTIN "-cbc",
	  .encryption = LIST(CFG_ENC_AES_CBC_256, CFG_ENC_AES_CBC_128),
	  .integrity = LIST(CFG_HASH_SHA512, CFG_HASH_SHA256),
	  .prf = LIST(CFG_HASH_SHA512, CFG_HASH_SHA256),
	  .group = LIST(31, 19, 20, 14) },
};

static const struct cfg_ike_profile ike_profile = {
	.name = CFG_BUILTIN,
	.proposals = NAMES(CFG_BUILTIN, CFG_BUILTIN "-cbc"),
	.lifetime_s = 86400,
	.dpd_interval_s = 10,
	.dpd_retry_s = 3,
	.dpd_count = 5,
	.nat_traversal = true,
	.keepalive_s = 20,
	.retransmit_ms = 1000,
	.retransmit_tries = 5,
	.frag_mtu = 1280,
	.initiate = CFG_INITIATE_ALWAYS,
};

static const struct cfg_transform_set sets[] = {
	{ .name = CFG_BUILTIN, .encryption = CFG_ENC_AES_GCM_256 },
	{ .name = CFG_BUILTIN "-128", .encryption = CFG_ENC_AES_GCM_128 },
	{ .name = CFG_BUILTIN "-cbc", .encryption = CFG_ENC_AES_CBC_256, .has_integrity = true,
	  .integrity = CFG_HASH_SHA256 },
	{ .name = CFG_BUILTIN "-cbc-128", .encryption = CFG_ENC_AES_CBC_128, .has_integrity = true,
	  .integrity = CFG_HASH_SHA256 },
};

static const struct cfg_ipsec_profile ipsec_profile = {
	.name = CFG_BUILTIN,
	.transform_sets = { .v = { CFG_BUILTIN, CFG_BUILTIN "-128", CFG_BUILTIN "-cbc",
				    CFG_BUILTIN "-cbc-128" },
		.n = 4 },
	.ikev2_profile = CFG_BUILTIN,
	.lifetime_s = 3600,
	.replay_window = 1024,
	.esn = true,
	.mode = CFG_MODE_EITHER,
};

const struct cfg_ike_proposal *
cfg_ike_proposal_builtin(const char *name)
{
	for (size_t i = 0; i < sizeof(proposals) / sizeof(proposals[0]); i++)
		if (strcmp(proposals[i].name, name) == 0)
			return &proposals[i];
	return NULL;
}

const struct cfg_ike_profile *
cfg_ike_profile_builtin(const char *name)
{
	return strcmp(name, CFG_BUILTIN) == 0 ? &ike_profile : NULL;
}

const struct cfg_transform_set *
cfg_transform_set_builtin(const char *name)
{
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		if (strcmp(sets[i].name, name) == 0)
			return &sets[i];
	return NULL;
}

const struct cfg_ipsec_profile *
cfg_ipsec_profile_builtin(const char *name)
{
	return strcmp(name, CFG_BUILTIN) == 0 ? &ipsec_profile : NULL;
}
