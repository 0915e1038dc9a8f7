/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Security policies of the configuration in numbers: what "tcp" and "80-90" mean, and the traffic
 * selectors that a tunnel's policies make together.
 */
#ifndef CULVERT_CONTROLPLANE_CONFIG_POLICY_H
#define CULVERT_CONTROLPLANE_CONFIG_POLICY_H

#include "controlplane/config/config.h"

#define CFG_SELECTORS_MAX 32 /* of one side of a tunnel; what IKE negotiates at most */

/** A range of addresses with protocol and ports, all bounds included. */
struct cfg_selector {
	uint8_t proto; /* 0: any */
	uint16_t port_lo, port_hi;
	struct ip_range addr;
};

struct cfg_match {
	uint8_t proto; /* 0: any */
	uint16_t sport_lo, sport_hi, dport_lo, dport_hi;
};

struct cfg_selectors {
	uint32_t n;
	struct cfg_selector v[CFG_SELECTORS_MAX];
};

/** "any", a name or a number to the IANA number, 0: any. False: it is none. */
bool cfg_policy_proto(const char *text, uint8_t *proto);
/** "80", "80-90", or "" for all. False: it is no range. */
bool cfg_policy_ports(const char *text, uint16_t *lo, uint16_t *hi);
/**
 * "echo", "8" (all its codes), "3/4", "3/0-5", or "" for all, as type << 8 | code. Names mean what
 * they do in ICMP or in ICMPv6. False: it is none of these.
 */
bool cfg_policy_icmp(const char *text, uint8_t proto, uint16_t *lo, uint16_t *hi);
bool cfg_proto_has_ports(uint8_t proto);
bool cfg_proto_has_type(uint8_t proto);
/** What a policy selects by; of what is no good, all. An ICMP type stands on both sides. */
struct cfg_match cfg_policy_match(const struct cfg_policy *p);
/**
 * What these policies of one tunnel protect, on our side and on the peer's; neighbouring and
 * nested ranges are joined. None of either: the tunnel has no policies.
 * @return 0, -E2BIG (more than fit).
 */
int cfg_policy_selectors_of(const struct cfg_policy *const *of, uint32_t n,
		struct cfg_selectors *local, struct cfg_selectors *remote);
/** The same, looked up in the configuration. With many tunnels: cfg_key_selectors(). */
int cfg_policy_selectors(const struct cfg *c, const char *tunnel, struct cfg_selectors *local,
		struct cfg_selectors *remote);

#endif
