/* SPDX-License-Identifier: BSD-3-Clause */
/* Cross checks of multipoint tunnels and their far ends; see validate.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/config/validate_priv.h"

#define AT_NHRP  "/nhrp-maps"
/* TUNNEL/ADDRESS is the name of a member: tunnel/tunnel_list.h. */
#define NAME_MAX_LEN (CFG_NAME_MAX - IP4_STR_LEN - 1)

void
validate_multipoint(struct validator *v, const struct cfg_tunnel *t)
{
	if (t->destination != 0)
		entry_error(v, AT_TUNNELS, t->name, "destination",
				"a multipoint tunnel has none: its far ends are nhrp-maps");
	if (t->peer_identity[0] != '\0')
		entry_error(v, AT_TUNNELS, t->name, "peer-identity",
				"a multipoint tunnel's far ends are known by their addresses");
	if (t->address.addr == 0 && !read_errors_at(v, AT_TUNNELS))
		entry_error(v, AT_TUNNELS, t->name, "address",
				"needed: the far ends are in its subnet");
	if (strlen(t->name) > NAME_MAX_LEN)
		entry_error(v, AT_TUNNELS, t->name, NULL,
				"the name of a multipoint tunnel has at most %d characters",
				NAME_MAX_LEN);
}

static void
map_error(struct validator *v, const struct cfg_nhrp_map *m, const char *fmt, const char *arg)
{
	char addr[IP4_STR_LEN], text[256];

	snprintf(text, sizeof(text), fmt, arg);
	cfg_error_add(v->errs, AT_NHRP, NULL, "%s of %s: %s", ip4_str(m->address, addr), m->tunnel,
			text);
}

static void
check_map(struct validator *v, const struct cfg_nhrp_map *m)
{
	const struct cfg_tunnel *t = cfg_tunnel_find(v->c, m->tunnel);
	struct cfg_tunnel member;
	char addr[IP4_STR_LEN], name[CFG_NAME_MAX], why[CFG_ID_MAX + 80];
	const char *wrong;

	if (t == NULL || t->mode != CFG_TUNNEL_MGRE) {
		map_error(v, m, "%s is no tunnel of mode gre-multipoint", m->tunnel);
		return;
	}
	if (!ip4_prefix_contains(&t->address, m->address))
		map_error(v, m, "is not in the tunnel's subnet%s", "");
	if (our_addr_find(v, m->address) != NULL)
		map_error(v, m, "is one of our own addresses%s", "");
	if (our_addr_find(v, m->nbma) != NULL)
		map_error(v, m, "nbma %s is one of our own addresses", ip4_str(m->nbma, addr));
	snprintf(name, sizeof(name), "%.*s/%s", NAME_MAX_LEN, m->tunnel, ip4_str(m->address, addr));
	if (cfg_tunnel_find(v->c, name) != NULL)
		map_error(v, m, "a tunnel has the name that the way there gets: %s", name);
	member = *t;
	member.destination = m->nbma;
	wrong = t->protection[0] != '\0' ? protection_lacks_key(v, &member, why, sizeof(why)) :
			NULL;
	if (wrong != NULL)
		map_error(v, m, "%s", wrong);
}

/* Which tunnel a packet from @nbma would belong to. */
struct end {
	uint32_t source, nbma, key;
	bool has_key;
	const char *tunnel;
	const struct cfg_nhrp_map *map; /* NULL: the configured tunnel itself */
};

static int
end_cmp(const void *pa, const void *pb)
{
	const struct end *a = pa, *b = pb;

	if (a->source != b->source)
		return a->source < b->source ? -1 : 1;
	if (a->nbma != b->nbma)
		return a->nbma < b->nbma ? -1 : 1;
	if (a->has_key != b->has_key)
		return a->has_key ? 1 : -1;
	if (a->key != b->key)
		return a->key < b->key ? -1 : 1;
	return (a->map != NULL) - (b->map != NULL);
}

static struct end
end_of(const struct cfg_tunnel *t, uint32_t nbma, const struct cfg_nhrp_map *m)
{
	return (struct end){ .source = t->source, .nbma = nbma, .has_key = t->has_key,
		.key = t->has_key ? t->key : 0, .tunnel = t->name, .map = m };
}

static int
check_ends(struct validator *v)
{
	const struct cfg *c = v->c;
	struct end *ends = calloc((size_t)c->n_tunnels + c->n_nhrp_maps + 1, sizeof(*ends));
	uint32_t n = 0;

	if (ends == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->n_tunnels; i++)
		if (c->tunnels[i].destination != 0 || c->tunnels[i].mode == CFG_TUNNEL_MGRE)
			ends[n++] = end_of(&c->tunnels[i], c->tunnels[i].destination, NULL);
	for (uint32_t i = 0; i < c->n_nhrp_maps; i++) {
		const struct cfg_tunnel *t = cfg_tunnel_find(c, c->nhrp_maps[i].tunnel);

		if (t != NULL)
			ends[n++] = end_of(t, c->nhrp_maps[i].nbma, &c->nhrp_maps[i]);
	}
	qsort(ends, n, sizeof(*ends), end_cmp);
	for (uint32_t i = 1; i < n; i++) {
		const struct end *a = &ends[i - 1], *b = &ends[i];

		if (a->source != b->source || a->nbma != b->nbma || a->has_key != b->has_key ||
				a->key != b->key)
			continue;
		if (b->map != NULL)
			map_error(v, b->map,
					"nbma: %s has this far end already, with the same source "
					"and key",
					a->tunnel);
		else if (b->nbma == 0)
			entry_error(v, AT_TUNNELS, b->tunnel, "key",
					"%s is a multipoint tunnel with the same source and key",
					a->tunnel);
	}
	free(ends);
	return 0;
}

int
validate_nhrp(struct validator *v)
{
	bool any = v->c->n_nhrp_maps != 0;

	for (uint32_t i = 0; i < v->c->n_tunnels; i++)
		any |= v->c->tunnels[i].mode == CFG_TUNNEL_MGRE;
	if (!any || read_errors_at(v, AT_NHRP))
		return 0;
	for (uint32_t i = 0; i < v->c->n_nhrp_maps; i++)
		check_map(v, &v->c->nhrp_maps[i]);
	return check_ends(v);
}
