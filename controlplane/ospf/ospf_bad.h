/* SPDX-License-Identifier: BSD-3-Clause */
/* Why packets and LSAs are not taken: one list, for counters, show and the log. */
#ifndef CULVERT_CONTROLPLANE_OSPF_BAD_H
#define CULVERT_CONTROLPLANE_OSPF_BAD_H

#include <stdint.h>

/* clang-format off */
#define OSPF_BADS(X)                                                                     \
	X(MALFORMED,      "malformed",       "shorter than it says, or a field makes no sense") \
	X(VERSION,        "version",         "not OSPFv2")                                      \
	X(CHECKSUM,       "checksum",        "packet's checksum is wrong")                      \
	X(AREA,           "area",            "another area")                                    \
	X(SOURCE,         "source",          "not from the interface's network")                \
	X(DESTINATION,    "destination",     "not for us")                                      \
	X(PASSIVE,        "passive",         "interface is passive or down")                    \
	X(ROUTER_ID,      "router-id",       "sender has our router ID, another's, or " \
					     "none") \
	X(AUTH_TYPE,      "auth-type",       "another type of authentication")                  \
	X(AUTH_KEY,       "auth-key",        "no such key, or it is not valid now")             \
	X(AUTH,           "auth-failed",     "wrong password or digest")                        \
	X(AUTH_SEQ,       "auth-replay",     "cryptographic sequence number is old")            \
	X(HELLO_INTERVAL, "hello-interval",  "hello intervals differ")                          \
	X(DEAD_INTERVAL,  "dead-interval",   "dead intervals differ")                           \
	X(MASK,           "mask",            "masks differ")                                    \
	X(AREA_TYPE,      "area-type",       "stub or NSSA at one end only")                    \
	X(SECOND,         "second-router",   "two routers at one address, or at a link's end")    \
	X(TOO_MANY,       "too-many",        "neighbours")                                      \
	X(NO_NEIGHBOR,    "no-neighbor",     "from a router that has sent no Hello")            \
	X(STATE,          "state",           "not expected in the neighbour's state")           \
	X(MTU,            "mtu",             "neighbour's packets are longer than our MTU")     \
	X(LSA_CHECKSUM,   "lsa-checksum",    "LSA's checksum is wrong")                         \
	X(LSA_MALFORMED,  "lsa-malformed",   "LSA's body does not fit its type")                \
	X(LSA_TYPE,       "lsa-type",        "LSA of an unknown type, or not for this area")    \
	X(LSA_ARRIVAL,    "lsa-arrival",     "new instances faster than MinLSArrival")          \
	X(LSA_SEQ,        "lsa-sequence",    "LSA with a reserved sequence number")            \
	X(LSA_LIMIT,      "lsa-limit",       "more LSAs of others than there is room for")
/* clang-format on */

enum ospf_bad {
#define X(id, name, text) OSPF_BAD_##id,
	OSPF_BADS(X)
#undef X
	OSPF_N_BADS
};

struct ospf_if;

/** Count it, and say so in the log: once for a reason and sender, again after a minute. */
void ospf_bad(struct ospf_if *ifp, enum ospf_bad why, uint32_t src, const char *fmt, ...)
		__attribute__((format(printf, 4, 5)));
const char *ospf_bad_name(enum ospf_bad why);
const char *ospf_bad_text(enum ospf_bad why);

#endif
