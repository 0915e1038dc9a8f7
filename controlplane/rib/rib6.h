/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The IPv6 RIB. It is the one of IPv4, the same text (rib_api.h, rib*.c) for longer addresses, and
 * all that rib.h says holds for it; each name there has its rib6_ here: rib6_update(), struct
 * rib6_link. Tunnels run over IPv4, so whether one is up for routing is told by the caller, who has
 * asked the IPv4 RIB (is_foreign). A gateway may be link-local, then it comes with its link.
 */
#ifndef CULVERT_CONTROLPLANE_RIB6_H
#define CULVERT_CONTROLPLANE_RIB6_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/inet6.h"
#include "controlplane/rib/rib_common.h"

#define RIB_ADDR   struct ip6_addr
#define RIB_PREFIX struct ip6_prefix
#include "controlplane/rib/rib6_names.h"
#include "controlplane/rib/rib_api.h"
#include "controlplane/rib/rib6_names_end.h"
#undef RIB_ADDR
#undef RIB_PREFIX

#endif
