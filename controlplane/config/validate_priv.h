/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files validate*.c share. Internal to controlplane/config. */
#ifndef CULVERT_CONTROLPLANE_CONFIG_VALIDATE_PRIV_H
#define CULVERT_CONTROLPLANE_CONFIG_VALIDATE_PRIV_H

#include "common/mtu.h"
#include "controlplane/config/config.h"
#include "controlplane/config/errors.h"
#include "controlplane/config/model.h"
#include "controlplane/config/prefix_index.h"

#define AT_INTERFACES "/interfaces"
#define AT_TUNNELS    "/tunnels"
#define AT_PROPOSALS  "/crypto/ikev2/proposals"
#define AT_KEYRING    "/crypto/ikev2/keyring"
#define AT_IKE        "/crypto/ikev2/profiles"
#define AT_SETS       "/crypto/ipsec/transform-sets"
#define AT_IPSEC      "/crypto/ipsec/profiles"
#define AT_POLICIES   "/crypto/policies"
#define AT_TRACKS     "/tracks"
#define AT_SLAS       "/slas"
#define AT_OSPF       "/router/ospf"
#define AT_CHAINS     "/key-chains"

/** One of our addresses. */
struct our_addr {
	struct ip4_prefix prefix; /* with host bits */
	const char *owner;        /* name of the interface or tunnel */
	bool tunnel;
	uint8_t item;             /* which of the interface's */
	const struct cfg_interface *iface; /* NULL for a tunnel */
};

struct validator {
	const struct cfg *c;
	struct cfg_errors *errs;
	const uint32_t *route_index;
	uint32_t n_read_errors; /* found by the reader, at the head of errs->errors */
	struct our_addr *addrs; /* all, by address */
	uint32_t n_addrs;
	struct prefix_index *connected; /* id: into @addrs */
	struct prefix_index *routes;    /* id: into c->routes; rank: distance */
	struct cfg_key_index *keys;
};

/** "/tunnels" "t/1" "mtu" to "/tunnels/t~11/mtu"; @field NULL: the entry itself. Returns @buf. */
char *entry_path(const char *map, const char *name, const char *field, char buf[512]);
/** An error or a warning at an entry of a map. */
void entry_error(struct validator *v, const char *map, const char *name, const char *field,
		const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void entry_warning(struct validator *v, const char *map, const char *name, const char *field,
		const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/** Has the reader found something wrong at or below this pointer? Then what was read there is
 *  incomplete and no ground for further complaints. */
bool read_errors_at(const struct validator *v, const char *pointer);
/** Has it found something that may hide an address of an interface? Then it can't be said of an
 *  address that it is not ours. */
bool addresses_incomplete(const struct validator *v);
/** The interface address @addr, NULL if it is none. */
const struct our_addr *our_addr_find(const struct validator *v, uint32_t addr);

/* Each 0 or -ENOMEM. */
int validate_interfaces(struct validator *v);
int validate_tunnels(struct validator *v);
int validate_routes(struct validator *v);
int validate_crypto(struct validator *v);
/** Trustpoints, and how profiles and keys prove who one is. */
void validate_pki(struct validator *v);
/** IPv6 addresses of interfaces and tunnels, and routes. */
int validate_ip6(struct validator *v);
int validate_policies(struct validator *v);
int validate_tracks(struct validator *v);
void validate_vrrp(struct validator *v);
void validate_ra(struct validator *v);
/** Is it an address that a virtual router of ours answers at, while it is active? */
bool is_virtual_addr(const struct cfg *c, uint32_t addr);
void validate_ospf(struct validator *v);
/** After validate_tunnels(): is each tunnel's far end reachable, and not through itself? */
void validate_underlay(struct validator *v);
/** What a tunnel of mode ipsec needs, and must not have. */
void validate_ipsec_tunnel(struct validator *v, const struct cfg_tunnel *t);
/** What a multipoint tunnel needs, and must not have. */
void validate_multipoint(struct validator *v, const struct cfg_tunnel *t);
/** Far ends by name, groups of branches, ipsec-secret. */
void validate_convenience(struct validator *v, const struct cfg_tunnel *t);
/** The far ends of multipoint tunnels. */
int validate_nhrp(struct validator *v);
/** What a protected tunnel needs of the crypto configuration. */
void validate_protection(struct validator *v, const struct cfg_tunnel *t);
/** What of the secret of a protected tunnel is missing, in @buf; NULL: nothing, or it is said
 *  elsewhere. */
const char *protection_lacks_key(const struct validator *v, const struct cfg_tunnel *t, char *buf,
		size_t len);
/** Has the name of who may be of the group wildcards, so that there can be several? */
bool group_names_many(const struct cfg *c, const struct cfg_tunnel *t);
/** The MTU budget of a protected tunnel with @parts around its packets and ESP by the profile's
 *  transform sets, of them the one that leaves least (transport mode, no NAT-T). */
uint16_t esp_budget(const struct cfg *c, const struct cfg_ipsec_profile *p, struct mtu_parts parts);

#endif
