/* SPDX-License-Identifier: BSD-3-Clause */
/* All tunnels that there should be; see tunnel_list.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/config/model.h"
#include "controlplane/ike/ike_id.h"
#include "controlplane/tunnel/tunnel_list.h"

/* Name of a member, in @buf, which it returns. Longer ones do not pass validation. */
static char *
tunnel_member_name(const struct cfg_nhrp_map *m, char buf[CFG_NAME_MAX])
{
	char addr[IP4_STR_LEN];

	snprintf(buf, CFG_NAME_MAX, "%.*s/%s", CFG_NAME_MAX - IP4_STR_LEN - 1, m->tunnel,
			ip4_str(m->address, addr));
	return buf;
}

static void
member_make(const struct cfg_nhrp_map *m, const struct cfg_tunnel *parent, struct cfg_tunnel *t)
{
	*t = *parent;
	tunnel_member_name(m, t->name);
	t->description[0] = '\0';
	t->mode = CFG_TUNNEL_GRE;
	t->destination = m->nbma;
	t->address = (struct ip4_prefix){ 0 };
	t->address6 = (struct ip6_prefix){ 0 };
}

static int
def_cmp(const void *pa, const void *pb)
{
	const struct tunnel_def *a = pa, *b = pb;

	return strcmp(a->cfg->name, b->cfg->name);
}

static bool
fits(const char *pattern, const char *identity)
{
	struct ip4_prefix net;
	uint32_t addr;

	if (ip4_prefix_parse(pattern, &net) == 0)
		return ip4_parse(identity, &addr) == 0 && ip4_prefix_contains(&net, addr);
	return ike_glob(pattern, strlen(pattern), identity, strlen(identity));
}

static bool
is_of_group(const struct cfg_tunnel *t, const struct cfg_ike_profile *p, const char *identity)
{
	if (t->peer_identity[0] != '\0' || p == NULL)
		return fits(t->peer_identity, identity);
	for (unsigned int i = 0; i < p->match_identity.n; i++)
		if (fits(p->match_identity.v[i], identity))
			return true;
	return false;
}

bool
tunnel_branch_fits(const struct cfg *c, const struct tunnel_branch *b)
{
	const struct cfg_tunnel *t = cfg_tunnel_find(c, b->group);
	const struct cfg_ike_profile *p = t != NULL ? cfg_profile_of(c, t) : NULL;

	return t != NULL && t->group_limit != 0 && t->enabled && t->protection[0] != '\0' &&
	       is_of_group(t, p, b->identity) && cfg_tunnel_find(c, b->name) == NULL;
}

static void
branch_make(const struct tunnel_branch *b, const struct cfg_tunnel *model, struct cfg_tunnel *t)
{
	*t = *model;
	memcpy(t->name, b->name, sizeof(t->name));
	memcpy(t->peer_identity, b->identity, sizeof(t->peer_identity));
	t->description[0] = '\0';
	t->address = b->address;
	t->group_limit = 0;
	t->has_group_pool = false;
}

/* The tunnels of policies that are agreed on by themselves; @out NULL: only count them. */
static uint32_t
lines(const struct cfg *c, bool *has_first, struct cfg_tunnel *out)
{
	uint32_t n = 0;

	memset(has_first, 0, c->n_tunnels * sizeof(*has_first));
	for (uint32_t i = 0; i < c->n_policies; i++) {
		const struct cfg_policy *p = &c->policies[i];
		const struct cfg_tunnel *t = p->action == CFG_POLICY_PROTECT
				? cfg_tunnel_find(c, p->tunnel) : NULL;

		if (t == NULL || !cfg_is_per_policy(c, t))
			continue;
		if (has_first[t - c->tunnels] && out != NULL) {
			struct cfg_tunnel *line = &out[n];

			*line = *t;
			cfg_line_name(p, line->name); /* validation has seen to its length */
			line->address = (struct ip4_prefix){ 0 };
			line->address6 = (struct ip6_prefix){ 0 };
		}
		n += has_first[t - c->tunnels];
		has_first[t - c->tunnels] = true;
	}
	return n;
}

int
tunnel_list_make(const struct cfg *c, const struct tunnel_branch *branches, uint32_t n,
		struct tunnel_list *l)
{
	bool *has_first = calloc(c->n_tunnels + 1u, sizeof(*has_first));
	uint32_t n_lines = has_first != NULL ? lines(c, has_first, NULL) : 0;
	size_t max = (size_t)c->n_nhrp_maps + n + n_lines;
	uint32_t n_members = n_lines;

	*l = (struct tunnel_list){ .at = calloc(c->n_tunnels + max + 1, sizeof(*l->at)),
		.members = calloc(max + 1, sizeof(*l->members)) };
	if (has_first == NULL || l->at == NULL || l->members == NULL) {
		free(has_first);
		tunnel_list_free(l);
		return -ENOMEM;
	}
	lines(c, has_first, l->members);
	free(has_first);
	for (uint32_t i = 0; i < n_lines; i++)
		l->at[l->n++] = (struct tunnel_def){ .cfg = &l->members[i] };
	for (uint32_t i = 0; i < c->n_tunnels; i++)
		if (c->tunnels[i].group_limit == 0)
			l->at[l->n++] = (struct tunnel_def){ .cfg = &c->tunnels[i] };
	for (uint32_t i = 0; i < c->n_nhrp_maps; i++) {
		const struct cfg_nhrp_map *m = &c->nhrp_maps[i];
		const struct cfg_tunnel *parent = cfg_tunnel_find(c, m->tunnel);
		struct cfg_tunnel *t = &l->members[n_members];

		if (parent == NULL || parent->mode != CFG_TUNNEL_MGRE)
			continue; /* validation does not let this pass */
		member_make(m, parent, t);
		n_members++;
		l->at[l->n++] = (struct tunnel_def){ .cfg = t, .parent = parent, .map = m };
	}
	for (uint32_t i = 0; i < n; i++) {
		const struct cfg_tunnel *model = cfg_tunnel_find(c, branches[i].group);
		struct cfg_tunnel *t = &l->members[n_members];

		if (!tunnel_branch_fits(c, &branches[i]))
			continue;
		branch_make(&branches[i], model, t);
		n_members++;
		l->at[l->n++] = (struct tunnel_def){ .cfg = t, .model = model };
	}
	if (n_members != 0)
		qsort(l->at, l->n, sizeof(*l->at), def_cmp);
	return 0;
}

void
tunnel_list_free(struct tunnel_list *l)
{
	free(l->at);
	free(l->members);
	*l = (struct tunnel_list){ 0 };
}
