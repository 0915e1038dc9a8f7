/* SPDX-License-Identifier: BSD-3-Clause */
/* Kinds of routes in words, and in codes as IOS has them. */
#include <stddef.h>

#include "controlplane/rib/rib_common.h"

const char *
rib_proto_str(enum rib_proto p)
{
	static const char *const names[] = { "local", "connected", "static", "ospf" };

	return names[p];
}

const char *
rib_code_str(enum rib_proto p, enum rib_kind k)
{
	static const char *const protos[] = { "L", "C", "S", "O" };
	static const char *const kinds[RIB_N_KINDS] = { "O", "O", "O IA", "O E1", "O E2", "O N1",
		"O N2", "O" };

	return p == RIB_OSPF && k < RIB_N_KINDS ? kinds[k] : protos[p];
}

const char *
rib_kind_str(enum rib_kind k)
{
	static const char *const names[RIB_N_KINDS] = { NULL, "intra-area", "inter-area",
		"external-1", "external-2", "nssa-external-1", "nssa-external-2",
		"discard" };

	return k < RIB_N_KINDS ? names[k] : NULL;
}
