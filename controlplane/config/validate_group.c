/* SPDX-License-Identifier: BSD-3-Clause */
/* Cross checks of tunnels by name, of groups of branches, and of ipsec-secret; see validate.h. */
#include <string.h>

#include "controlplane/config/builtin.h"
#include "controlplane/config/validate_priv.h"
#include "controlplane/ike/ike_id.h"

static void
check_pool(struct validator *v, const struct cfg_tunnel *t)
{
	if (!t->has_group_pool)
		return;
	if (t->group_pool.len > 31)
		entry_error(v, AT_TUNNELS, t->name, "group-pool",
				"two addresses for each branch: at least a /31");
	else if (t->group_pool.len > 0 && UINT64_C(1) << (31 - t->group_pool.len) < t->group_limit)
		entry_warning(v, AT_TUNNELS, t->name, "group-pool",
				"has room for %u branches, but group is %u",
				1u << (31 - t->group_pool.len), t->group_limit);
}

/* There is no interface of the model's name, and those of its branches come and go. */
static void
check_routes(struct validator *v, const struct cfg_tunnel *t)
{
	for (uint32_t i = 0; i < v->c->n_routes; i++)
		if (strcmp(v->c->routes[i].interface, t->name) == 0)
			entry_error(v, AT_TUNNELS, t->name, "group",
					"a route leads into it, but a model carries no traffic: "
					"use a routing protocol");
}

bool
group_names_many(const struct cfg *c, const struct cfg_tunnel *t)
{
	const struct cfg_ike_profile *p = cfg_profile_of(c, t);
	struct ike_id id;

	if (t->peer_identity[0] != '\0' || p == NULL)
		return ike_id_parse(t->peer_identity, &id) == 0 && ike_id_is_pattern(&id);
	for (unsigned int i = 0; i < p->match_identity.n; i++)
		if (ike_id_parse(p->match_identity.v[i], &id) == 0 && ike_id_is_pattern(&id))
			return true;
	return false;
}

static void
check_group(struct validator *v, const struct cfg_tunnel *t)
{
	if (t->mode != CFG_TUNNEL_GRE)
		entry_error(v, AT_TUNNELS, t->name, "group", "only for mode gre");
	else if (t->destination != 0 || t->destination_name[0] != '\0')
		entry_error(v, AT_TUNNELS, t->name, "group",
				"its branches call from any address: leave the destination out");
	else if (t->protection[0] == '\0')
		return; /* said already */
	else if (!group_names_many(v->c, t))
		entry_error(v, AT_TUNNELS, t->name, "peer-identity",
				"of a group it has wildcards, or is a network: "
				"*.branch.example.com, 192.0.2.0/24");
	if (t->address.addr != 0 || !ip6_is_zero(&t->address6.addr))
		entry_error(v, AT_TUNNELS, t->name, "address",
				"one address cannot be in many tunnels: use group-pool, or none");
	check_routes(v, t);
	check_pool(v, t);
}

void
validate_convenience(struct validator *v, const struct cfg_tunnel *t)
{
	if (t->group_limit != 0)
		check_group(v, t);
	else if (t->has_group_pool)
		entry_warning(v, AT_TUNNELS, t->name, "group-pool", "has no effect without group");
	if (t->destination != 0 && t->destination_name[0] != '\0')
		entry_error(v, AT_TUNNELS, t->name, "destination-name",
				"either an address or a name");
	if (strchr(t->destination_name, ' ') != NULL && t->protection[0] == '\0')
		entry_error(v, AT_TUNNELS, t->name, "destination-name",
				"several far ends need protection: by IKE it is known which answers");
	if (t->destination_name[0] != '\0' && t->mode == CFG_TUNNEL_MGRE)
		entry_error(v, AT_TUNNELS, t->name, "destination-name",
				"a multipoint tunnel has no one far end");
	if (t->ipsec_secret[0] == '\0')
		return;
	if (strcmp(t->protection, CFG_BUILTIN) != 0)
		entry_error(v, AT_TUNNELS, t->name, "ipsec-secret",
				"a tunnel with protection has its secret in the keyring");
	if (strlen(t->ipsec_secret) < 12)
		entry_warning(v, AT_TUNNELS, t->name, "ipsec-secret",
				"shorter than 12 characters: it can be guessed");
}
