/* SPDX-License-Identifier: BSD-3-Clause */
/* Cross checks of tunnels: their ends, what tells them apart, what fits in; see validate.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "controlplane/config/policy.h"
#include "controlplane/config/validate_priv.h"

static int
ends_cmp(const void *a, const void *b)
{
	const struct cfg_tunnel *x = *(const struct cfg_tunnel *const *)a;
	const struct cfg_tunnel *y = *(const struct cfg_tunnel *const *)b;

	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	if (x->destination != y->destination)
		return x->destination < y->destination ? -1 : 1;
	if (x->has_key != y->has_key)
		return x->has_key ? 1 : -1;
	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* Protected tunnels of several peers behind one NAT: IKE knows each by its identity. */
static bool
peers_differ(const struct cfg_tunnel *a, const struct cfg_tunnel *b)
{
	return a->protection[0] != '\0' && b->protection[0] != '\0' &&
	       a->peer_identity[0] != '\0' && b->peer_identity[0] != '\0' &&
	       strcasecmp(a->peer_identity, b->peer_identity) != 0;
}

/* IKEv1 has a quick mode for each pair of networks, and one phase 1 for all of them. */
static bool
nets_differ(const struct cfg *c, const struct cfg_tunnel *a, const struct cfg_tunnel *b)
{
	return cfg_is_ikev1_nets(c, a) && cfg_is_ikev1_nets(c, b) &&
	       cfg_profile_of(c, a) == cfg_profile_of(c, b) &&
	       strcasecmp(a->peer_identity, b->peer_identity) == 0 &&
	       strcmp(a->ipsec_secret, b->ipsec_secret) == 0;
}

/* Two policies that say the same are warned of where policies are looked at. */
static void
check_nets(struct validator *v, const struct cfg_tunnel *a, const struct cfg_tunnel *b)
{
	struct cfg_selectors one, other, remote;

	if (cfg_key_selectors(v->keys, a->name, &one, &remote) == 0 && one.n == 0 &&
			cfg_key_selectors(v->keys, b->name, &other, &remote) == 0 && other.n == 0)
		entry_error(v, AT_TUNNELS, b->name, NULL,
				"without policies is for all networks, and so is tunnel %s between "
				"the same ends",
				a->name);
}

/* Two tunnels between the same ends, @a sorted before @b. */
static void
check_pair(struct validator *v, const struct cfg_tunnel *a, const struct cfg_tunnel *b)
{
	if (nets_differ(v->c, a, b)) {
		check_nets(v, a, b);
		return;
	}
	if (a->protection[0] != '\0' && b->protection[0] != '\0')
		entry_error(v, AT_TUNNELS, b->name, "protection",
				"tunnel %s is protected between the same source and destination: "
				"an SA could belong to either; give each its peer-identity",
				a->name);
	else if (a->protection[0] != '\0' || b->protection[0] != '\0')
		entry_warning(v, AT_TUNNELS, b->name, "protection",
				"of the two tunnels between these ends (%s) only one is protected: "
				"the peer may refuse the other's packets",
				a->name);
	if (!a->has_key && !b->has_key)
		entry_error(v, AT_TUNNELS, b->name, "destination",
				"same source and destination as tunnel %s: give each its own key",
				a->name);
	else if (!a->has_key)
		entry_error(v, AT_TUNNELS, a->name, "key", "needed to tell it apart from tunnel %s",
				b->name);
	else if (a->key == b->key)
		entry_error(v, AT_TUNNELS, b->name, "key",
				"same source, destination and key as tunnel %s", a->name);
}

static int
check_ends_differ(struct validator *v)
{
	const struct cfg *c = v->c;
	const struct cfg_tunnel **list = calloc(c->n_tunnels + 1, sizeof(*list));

	if (list == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->n_tunnels; i++)
		list[i] = &c->tunnels[i];
	qsort(list, c->n_tunnels, sizeof(*list), ends_cmp);
	for (uint32_t i = 1; i < c->n_tunnels; i++)
		if (list[i]->source != 0 && list[i]->destination != 0 &&
				list[i]->source == list[i - 1]->source &&
				list[i]->destination == list[i - 1]->destination &&
				!peers_differ(list[i - 1], list[i]))
			check_pair(v, list[i - 1], list[i]);
	free(list);
	return 0;
}

/* Does the longest packet inside fit into the interface with all headers around it? */
static void
check_mtu(struct validator *v, const struct cfg_tunnel *t, const struct cfg_interface *i)
{
	struct mtu_parts p = { .underlay = i->mtu };
	uint16_t fits;

	if (t->mode != CFG_TUNNEL_IPSEC)
		p.gre = mtu_gre(t->checksum, t->has_key, t->sequence);
	fits = mtu_budget(&p);
	if (t->protection[0] != '\0') {
		const struct cfg_ipsec_profile *profile =
				cfg_ipsec_profile_find(v->c, t->protection);

		if (profile == NULL)
			return;
		fits = esp_budget(v->c, profile, p);
	}
	if (t->mtu > fits)
		entry_warning(v, AT_TUNNELS, t->name, "mtu",
				"%u bytes with all headers around them exceed the %u of interface "
				"%s: long packets will be fragmented; %u would fit",
				t->mtu, i->mtu, i->name, fits);
}

static void
check_df(struct validator *v, const struct cfg_tunnel *t)
{
	if (t->fragment_after && t->df == CFG_DF_SET)
		entry_error(v, AT_TUNNELS, t->name, "fragment-after",
				"outer packets with Don't Fragment cannot be fragmented: use df "
				"copy or clear");
	if (t->has_mss && !t->clamp_mss)
		entry_warning(v, AT_TUNNELS, t->name, "tcp-mss",
				"has no effect while clamp-tcp-mss is off");
}

static void
check_verify(struct validator *v, const struct cfg_tunnel *t)
{
	const char *option = t->verify4 != CFG_VERIFY_OFF ? "verify-source" : "ipv6-verify-source";

	if ((t->verify4 == CFG_VERIFY_OFF && t->verify6 == CFG_VERIFY_OFF) ||
			t->mode == CFG_TUNNEL_GRE)
		return;
	if (t->mode == CFG_TUNNEL_IPSEC)
		entry_error(v, AT_TUNNELS, t->name, option,
				"what may come out of a tunnel in mode ipsec, its policies say");
	else
		entry_error(v, AT_TUNNELS, t->name, option,
				"is for tunnels to one far end, in mode gre");
}

/* Nothing but its policies tells the family, and a quick mode has one. */
static void
check_quick_mode(struct validator *v, const struct cfg_tunnel *t)
{
	struct cfg_selectors local, remote;

	if (cfg_is_ikev1_nets(v->c, t) && !ip6_is_zero(&t->address6.addr) &&
			cfg_key_selectors(v->keys, t->name, &local, &remote) == 0 && local.n == 0)
		entry_error(v, AT_TUNNELS, t->name, "ipv6-address",
				"without policies IKEv1 carries IPv4 only in mode ipsec");
}

static void
check_source(struct validator *v, const struct cfg_tunnel *t)
{
	const struct our_addr *a = our_addr_find(v, t->source);
	char buf[IP4_STR_LEN];

	if (t->source == 0)
		return;
	if (a == NULL && (addresses_incomplete(v) || is_virtual_addr(v->c, t->source)))
		return;
	if (a == NULL) {
		entry_error(v, AT_TUNNELS, t->name, "source",
				"%s is not an address of any interface", ip4_str(t->source, buf));
		return;
	}
	if (a->iface == NULL) {
		entry_error(v, AT_TUNNELS, t->name, "source",
				"%s is inside tunnel %s; it must be an interface's",
				ip4_str(t->source, buf), a->owner);
		return;
	}
	if (t->enabled && !a->iface->enabled)
		entry_warning(v, AT_TUNNELS, t->name, "source", "interface %s is shut down",
				a->iface->name);
	check_mtu(v, t, a->iface);
}

static int
identity_cmp(const void *pa, const void *pb)
{
	const struct cfg_tunnel *a = *(const struct cfg_tunnel *const *)pa;
	const struct cfg_tunnel *b = *(const struct cfg_tunnel *const *)pb;
	int d = strcasecmp(a->peer_identity, b->peer_identity);

	return d != 0 ? d : strcmp(a->name, b->name);
}

static bool
profile_names_peer(const struct cfg *c, const struct cfg_tunnel *t)
{
	const struct cfg_ike_profile *p = cfg_profile_of(c, t);

	return p != NULL && p->match_identity.n != 0;
}

/* A far end that is to be learned is known by its identity alone, so that must be its own. */
static int
check_identities(struct validator *v)
{
	const struct cfg *c = v->c;
	const struct cfg_tunnel **list = calloc(c->n_tunnels + 1, sizeof(*list));
	uint32_t n = 0;

	if (list == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->n_tunnels; i++) {
		const struct cfg_tunnel *t = &c->tunnels[i];
		char path[512];

		if (t->peer_identity[0] != '\0')
			list[n++] = t;
		if (t->destination != 0 || t->destination_name[0] != '\0' ||
				t->mode == CFG_TUNNEL_MGRE ||
				read_errors_at(v, entry_path(AT_TUNNELS, t->name, NULL, path)))
			continue;
		if (t->protection[0] == '\0')
			entry_error(v, AT_TUNNELS, t->name, "destination",
					"needed: only a protected tunnel can learn its far end");
		else if (t->peer_identity[0] == '\0' && !profile_names_peer(c, t))
			entry_error(v, AT_TUNNELS, t->name, "peer-identity",
					"needed without a destination: who is the far end?");
	}
	qsort(list, n, sizeof(*list), identity_cmp);
	for (uint32_t i = 1; i < n; i++)
		if (strcasecmp(list[i]->peer_identity, list[i - 1]->peer_identity) == 0 &&
				list[i]->source == list[i - 1]->source &&
				(list[i]->destination == 0 || list[i - 1]->destination == 0 ||
						list[i]->destination == list[i - 1]->destination) &&
				!(list[i]->destination != 0 && list[i - 1]->destination != 0 &&
						nets_differ(c, list[i], list[i - 1])))
			entry_error(v, AT_TUNNELS, list[i]->name, "peer-identity",
					"tunnel %s has this peer already", list[i - 1]->name);
	free(list);
	return 0;
}

int
validate_tunnels(struct validator *v)
{
	char buf[IP4_STR_LEN];

	for (uint32_t i = 0; i < v->c->n_tunnels; i++) {
		const struct cfg_tunnel *t = &v->c->tunnels[i];

		check_source(v, t);
		check_df(v, t);
		check_verify(v, t);
		if (t->destination != 0 && our_addr_find(v, t->destination) != NULL)
			entry_error(v, AT_TUNNELS, t->name, "destination",
					"%s is one of our own addresses",
					ip4_str(t->destination, buf));
		if (t->protection[0] != '\0') {
			validate_protection(v, t);
			check_quick_mode(v, t);
		}
		if (t->mode == CFG_TUNNEL_IPSEC)
			validate_ipsec_tunnel(v, t);
		if (t->mode == CFG_TUNNEL_MGRE)
			validate_multipoint(v, t);
		validate_convenience(v, t);
	}
	return check_identities(v) == 0 ? check_ends_differ(v) : -ENOMEM;
}
