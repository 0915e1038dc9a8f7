/* SPDX-License-Identifier: BSD-3-Clause */
/* Life of a struct cfg and look-ups in it; see config.h and model.h. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "controlplane/config/builtin.h"
#include "controlplane/config/model.h"
#include "controlplane/config/policy.h"
#include "controlplane/config/prefix_index.h"
#include "controlplane/config/schema.h"
#include "controlplane/config/value.h"
#include "controlplane/ike/ike_id.h"

/* Named entries begin with their name: the finders and the reader of maps count on it. */
static_assert(offsetof(struct cfg_interface, name) == 0, "name first");
static_assert(offsetof(struct cfg_tunnel, name) == 0, "name first");
static_assert(offsetof(struct cfg_ike_proposal, name) == 0, "name first");
static_assert(offsetof(struct cfg_ike_key, name) == 0, "name first");
static_assert(offsetof(struct cfg_ike_profile, name) == 0, "name first");
static_assert(offsetof(struct cfg_transform_set, name) == 0, "name first");
static_assert(offsetof(struct cfg_ipsec_profile, name) == 0, "name first");
static_assert(offsetof(struct cfg_policy, name) == 0, "name first");
static_assert(offsetof(struct cfg_vrrp, name) == 0, "name first");
static_assert(offsetof(struct cfg_track, name) == 0, "name first");
static_assert(offsetof(struct cfg_sla, name) == 0, "name first");
static_assert(offsetof(struct cfg_ospf, name) == 0, "name first");
static_assert(offsetof(struct cfg_ospf_area, name) == 0, "name first");
static_assert(offsetof(struct cfg_ospf_key, name) == 0, "name first");
static_assert(offsetof(struct cfg_key_chain, name) == 0, "name first");
static_assert(offsetof(struct cfg_trustpoint, name) == 0, "name first");

struct cfg *
cfg_new(void)
{
	struct cfg *c = calloc(1, sizeof(*c));

	if (c != NULL)
		value_defaults(schema_root(), c);
	return c;
}

void
cfg_lists_free(const struct schema_node *n, void *at)
{
	char *base = at;

	for (uint32_t i = 0; i < n->n_children; i++) {
		const struct schema_node *ch = &n->children[i];

		if (ch->type == SCHEMA_OBJECT) {
			cfg_lists_free(ch, base + ch->offset);
		} else if (ch->type == SCHEMA_MAP || ch->type == SCHEMA_LIST) {
			struct entries e = entries_of(ch, base);

			for (uint32_t k = 0; k < e.n; k++)
				cfg_lists_free(ch, e.base + k * (size_t)ch->size);
			if (e.n > 0)
				explicit_bzero(e.base, (size_t)e.n * ch->size);
			free(e.base);
		}
	}
}

void
cfg_free(struct cfg *c)
{
	if (c == NULL)
		return;
	cfg_lists_free(schema_root(), c);
	free(c);
}

static int
name_cmp(const void *key, const void *entry)
{
	return strcmp(key, entry);
}

#define FINDER(what, list)                                                                      \
	const struct cfg_##what *cfg_##what##_find(const struct cfg *c, const char *name)       \
	{                                                                                       \
		return c->n_##list == 0 ? NULL                                                  \
					: bsearch(name, c->list, c->n_##list, sizeof(*c->list), \
							  name_cmp);                            \
	}

#define FINDER_OR_BUILTIN(what, list)                                                           \
	const struct cfg_##what *cfg_##what##_find(const struct cfg *c, const char *name)       \
	{                                                                                       \
		const struct cfg_##what *hit = c->n_##list == 0                                 \
				? NULL                                                          \
				: bsearch(name, c->list, c->n_##list, sizeof(*c->list),         \
						  name_cmp);                                    \
                                                                                                \
		return hit != NULL ? hit : cfg_##what##_builtin(name);                          \
	}

FINDER(interface, interfaces)
FINDER(tunnel, tunnels)
FINDER_OR_BUILTIN(ike_proposal, ike_proposals)
FINDER_OR_BUILTIN(ike_profile, ike_profiles)
FINDER_OR_BUILTIN(transform_set, transform_sets)
FINDER_OR_BUILTIN(ipsec_profile, ipsec_profiles)
FINDER(track, tracks)
FINDER(sla, slas)
FINDER(key_chain, key_chains)
FINDER(trustpoint, trustpoints)

int
cfg_loopback_number(const char *name)
{
	static const char word[] = "loopback";
	const char *digits = name + sizeof(word) - 1;
	int n = 0;

	if (strncasecmp(name, word, sizeof(word) - 1) != 0 || *digits == '\0' ||
			strlen(digits) > CFG_LOOPBACK_DIGITS)
		return -1;
	for (; *digits != '\0'; digits++) {
		if (*digits < '0' || *digits > '9')
			return -1;
		n = n * 10 + (*digits - '0');
	}
	return n;
}

const struct cfg_vrrp *
cfg_vrrp_find(const struct cfg *c, const char *group)
{
	const char *slash = strrchr(group, '/');
	const struct cfg_interface *f;
	char name[CFG_NAME_MAX];

	if (slash == NULL || (size_t)(slash - group) >= sizeof(name))
		return NULL;
	snprintf(name, sizeof(name), "%.*s", (int)(slash - group), group);
	f = cfg_interface_find(c, name);
	for (uint32_t k = 0; f != NULL && k < f->n_vrrps; k++)
		if (strcmp(f->vrrps[k].name, slash + 1) == 0)
			return &f->vrrps[k];
	return NULL;
}

const struct cfg_ike_profile *
cfg_profile_of(const struct cfg *c, const struct cfg_tunnel *t)
{
	const struct cfg_ipsec_profile *esp = cfg_ipsec_profile_find(c, t->protection);

	return esp != NULL ? cfg_ike_profile_find(c, esp->ikev2_profile) : NULL;
}

bool
cfg_encryption_is_aead(unsigned int encryption)
{
	return encryption >= CFG_ENC_AES_GCM_128 && encryption < CFG_N_ENCS;
}

/* ---- keys by address ----------------------------------------------------------------------- */

struct cfg_key_index {
	const struct cfg *cfg;
	struct prefix_index *by_address;
	const struct cfg_ike_key **by_identity; /* sorted; those that have one */
	uint32_t n_identities;
	const struct cfg_policy **policies; /* that protect, by tunnel, else as configured */
	uint32_t n_policies;
	const struct cfg_ike_key **patterns; /* those with wildcards */
	uint32_t n_patterns;
};

static int
identity_cmp(const void *pa, const void *pb)
{
	const struct cfg_ike_key *a = *(const struct cfg_ike_key *const *)pa;
	const struct cfg_ike_key *b = *(const struct cfg_ike_key *const *)pb;
	int d = strcasecmp(a->identity, b->identity);

	return d != 0 ? d : strcmp(a->name, b->name);
}

static int
policy_cmp(const void *pa, const void *pb)
{
	const struct cfg_policy *a = *(const struct cfg_policy *const *)pa;
	const struct cfg_policy *b = *(const struct cfg_policy *const *)pb;
	int d = strcmp(a->tunnel, b->tunnel);

	return d != 0 ? d : (a > b) - (a < b);
}

static int
policies_index(struct cfg_key_index *x, const struct cfg *c)
{
	x->policies = calloc(c->n_policies + 1, sizeof(*x->policies));
	if (x->policies == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->n_policies; i++)
		if (c->policies[i].action == CFG_POLICY_PROTECT)
			x->policies[x->n_policies++] = &c->policies[i];
	qsort(x->policies, x->n_policies, sizeof(*x->policies), policy_cmp);
	return 0;
}

/* Those of one tunnel: the first of @n. */
static uint32_t
policies_of(const struct cfg_key_index *x, const char *tunnel, uint32_t *n)
{
	uint32_t lo = 0, hi = x->n_policies;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (strcmp(x->policies[mid]->tunnel, tunnel) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	*n = 0;
	while (lo + *n < x->n_policies && strcmp(x->policies[lo + *n]->tunnel, tunnel) == 0)
		++*n;
	return lo;
}

int
cfg_key_selectors(const struct cfg_key_index *x, const char *tunnel, struct cfg_selectors *local,
		struct cfg_selectors *remote)
{
	const struct cfg_tunnel *t = cfg_tunnel_find(x->cfg, tunnel);
	const char *slash = t == NULL ? strrchr(tunnel, '/') : NULL;
	char name[CFG_NAME_MAX];
	uint32_t lo, n;

	if (slash == NULL) {
		lo = policies_of(x, tunnel, &n);
		if (n > 1 && t != NULL && cfg_is_per_policy(x->cfg, t))
			n = 1;
		return cfg_policy_selectors_of(x->policies + lo, n, local, remote);
	}
	snprintf(name, sizeof(name), "%.*s", (int)(slash - tunnel), tunnel);
	lo = policies_of(x, name, &n);
	while (n > 0 && strcmp(x->policies[lo]->name, slash + 1) != 0) {
		lo++;
		n--;
	}
	return cfg_policy_selectors_of(x->policies + lo, n > 0, local, remote);
}

bool
cfg_is_ikev1_nets(const struct cfg *c, const struct cfg_tunnel *t)
{
	const struct cfg_ike_profile *p = t->mode == CFG_TUNNEL_IPSEC ? cfg_profile_of(c, t) : NULL;

	return p != NULL && p->version == CFG_IKE_V1;
}

bool
cfg_is_per_policy(const struct cfg *c, const struct cfg_tunnel *t)
{
	const struct cfg_ike_profile *ike = t->mode == CFG_TUNNEL_IPSEC ? cfg_profile_of(c, t) : NULL;
	const struct cfg_ipsec_profile *esp = cfg_ipsec_profile_find(c, t->protection);

	return ike != NULL && esp != NULL && (ike->version == CFG_IKE_V1 || esp->per_policy);
}

const struct cfg_tunnel *
cfg_line_of(const struct cfg *c, const char *name)
{
	const char *slash = cfg_tunnel_find(c, name) == NULL ? strrchr(name, '/') : NULL;
	char of[CFG_NAME_MAX];
	const struct cfg_tunnel *t;

	if (slash == NULL || (size_t)(slash - name) >= sizeof(of))
		return NULL;
	snprintf(of, sizeof(of), "%.*s", (int)(slash - name), name);
	t = cfg_tunnel_find(c, of);
	return t != NULL && cfg_is_per_policy(c, t) ? t : NULL;
}

bool
cfg_line_name(const struct cfg_policy *p, char name[CFG_NAME_MAX])
{
	return snprintf(name, CFG_NAME_MAX, "%s/%s", p->tunnel, p->name) < CFG_NAME_MAX;
}

struct cfg_key_index *
cfg_key_index_new(const struct cfg *c)
{
	struct cfg_key_index *x = calloc(1, sizeof(*x));
	struct prefix_item *items = calloc(c->n_ike_keys + 1, sizeof(*items));

	uint32_t n = 0;

	if (x == NULL || items == NULL)
		goto fail;
	x->cfg = c;
	x->by_identity = calloc(c->n_ike_keys + 1, sizeof(*x->by_identity));
	x->patterns = calloc(c->n_ike_keys + 1, sizeof(*x->patterns));
	if (x->by_identity == NULL || x->patterns == NULL || policies_index(x, c) != 0)
		goto fail;
	for (uint32_t i = 0; i < c->n_ike_keys; i++) {
		const struct cfg_ike_key *k = &c->ike_keys[i];

		if (k->has_address)
			items[n++] = (struct prefix_item){ .prefix = k->address, .id = i };
		if (k->identity[0] != '\0')
			x->by_identity[x->n_identities++] = k;
		if (strchr(k->identity, '*') != NULL)
			x->patterns[x->n_patterns++] = k;
	}
	qsort(x->by_identity, x->n_identities, sizeof(*x->by_identity), identity_cmp);
	x->by_address = prefix_index_new(items, n);
	if (x->by_address == NULL)
		goto fail;
	free(items);
	return x;
fail:
	free(items);
	cfg_key_index_free(x);
	return NULL;
}

/* The entry with exactly this identity, the first by name; NULL: none. */
static const struct cfg_ike_key *
cfg_key_index_identity(const struct cfg_key_index *x, const char *identity)
{
	uint32_t lo = 0, hi = x->n_identities;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (strcasecmp(x->by_identity[mid]->identity, identity) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < x->n_identities && strcasecmp(x->by_identity[lo]->identity, identity) == 0
			       ? x->by_identity[lo]
			       : NULL;
}

/* The key of a group: of several whose wildcards fit, the one that says most. */
static const struct cfg_ike_key *
by_pattern(const struct cfg_key_index *x, const char *identity)
{
	const struct cfg_ike_key *best = NULL;

	for (uint32_t i = 0; i < x->n_patterns; i++) {
		const struct cfg_ike_key *k = x->patterns[i];

		if (ike_glob(k->identity, strlen(k->identity), identity, strlen(identity)) &&
				(best == NULL || strlen(k->identity) > strlen(best->identity)))
			best = k;
	}
	return best;
}

/* The key of all addresses of @net: of several that are for them all, the one for the fewest. */
static const struct cfg_ike_key *
by_network(const struct cfg_key_index *x, const struct ip4_prefix *net)
{
	const struct cfg_ike_key *best = NULL;

	for (uint32_t i = 0; i < x->cfg->n_ike_keys; i++) {
		const struct cfg_ike_key *k = &x->cfg->ike_keys[i];

		if (k->has_address && k->address.len <= net->len &&
				ip4_prefix_contains(&k->address, net->addr) &&
				(best == NULL || k->address.len > best->address.len))
			best = k;
	}
	return best;
}

/* The key of who calls itself so. */
static const struct cfg_ike_key *
by_identity(const struct cfg_key_index *x, const char *identity)
{
	const struct cfg_ike_key *k = cfg_key_index_identity(x, identity);
	struct ip4_prefix net;
	uint32_t addr;

	if (k == NULL)
		k = by_pattern(x, identity);
	if (k == NULL && ip4_parse(identity, &addr) == 0)
		k = cfg_key_index_find(x, addr);
	if (k == NULL && ip4_prefix_parse(identity, &net) == 0)
		k = by_network(x, &net);
	return k;
}

/* ... of a group whose branches are those that its profile lists. */
static const struct cfg_ike_key *
by_profile(const struct cfg_key_index *x, const struct cfg_tunnel *t)
{
	const struct cfg_ike_profile *p = cfg_profile_of(x->cfg, t);
	const struct cfg_ike_key *k = NULL;

	for (unsigned int i = 0; p != NULL && k == NULL && i < p->match_identity.n; i++)
		k = by_identity(x, p->match_identity.v[i]);
	return k;
}

const struct cfg_ike_key *
cfg_key_of(const struct cfg_key_index *x, const struct cfg_tunnel *t)
{
	const struct cfg_ike_key *k = NULL;

	if (t->peer_identity[0] != '\0')
		k = by_identity(x, t->peer_identity);
	else if (t->group_limit != 0)
		k = by_profile(x, t);
	if (k == NULL && t->destination != 0)
		k = cfg_key_index_find(x, t->destination);
	return k;
}

bool
cfg_far_end(const struct cfg_tunnel *t, unsigned int i, struct cfg_tunnel *out)
{
	const char *p = strchr(t->destination_name, ' ') != NULL ? t->destination_name : NULL;

	for (; i > 0 && p != NULL; i--) {
		p = strchr(p, ' ');
		p = p != NULL ? p + 1 : NULL;
	}
	if (p == NULL)
		return false;
	*out = *t;
	snprintf(out->destination_name, sizeof(out->destination_name), "%.*s",
			(int)strcspn(p, " "), p);
	if (ip4_parse(out->destination_name, &out->destination) != 0 &&
			t->peer_identity[0] == '\0')
		memcpy(out->peer_identity, out->destination_name, sizeof(out->destination_name));
	return true;
}

const struct cfg_ike_key *
cfg_key_index_find(const struct cfg_key_index *x, uint32_t peer)
{
	const struct prefix_item *i = prefix_index_find(x->by_address, peer);

	return i != NULL ? &x->cfg->ike_keys[i->id] : NULL;
}

void
cfg_key_index_free(struct cfg_key_index *x)
{
	if (x == NULL)
		return;
	if (x->by_address != NULL)
		prefix_index_free(x->by_address);
	free(x->policies);
	free(x->patterns);
	free(x->by_identity);
	free(x);
}
