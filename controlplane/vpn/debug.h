/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `debug crypto`: the last IKE messages in words, for whoever follows them. Kept in a ring, so
 * that a reader who is slow loses messages and nobody waits for him; nothing is kept while nobody
 * looks, and it ends by itself when no reader has come for a minute.
 */
#ifndef CULVERT_CONTROLPLANE_VPN_DEBUG_H
#define CULVERT_CONTROLPLANE_VPN_DEBUG_H

#include <stdbool.h>
#include <stdint.h>

#include "controlplane/ike/ike.h"

#define VPN_DEBUG_RING 256

struct vpn;

struct vpn_debug_filter {
	uint8_t version;          /* 1, 2; 0: both */
	char peer[IKE_NAME_MAX];  /* name of the tunnel; "": by @remote alone */
	uint32_t remote;          /* address; 0: any */
};

struct vpn_debug_msg {
	uint64_t seq;
	uint64_t time_ms; /* since 1970 */
	bool out;
	uint8_t version;
	char peer[IKE_NAME_MAX];
	struct ike_path path;
	char *text;
};

/** Begin, or go on with another filter. Returns the number that the next message will have. */
uint64_t vpn_debug_start(struct vpn *v, const struct vpn_debug_filter *f);
void vpn_debug_stop(struct vpn *v);
bool vpn_debug_running(const struct vpn *v);
/** The messages from number @since on. Returns the number to ask for next; *@lost: how many were
 *  gone already. Valid during the call of @fn. */
uint64_t vpn_debug_read(struct vpn *v, uint64_t since, uint64_t *lost,
		void (*fn)(void *arg, const struct vpn_debug_msg *m), void *arg);

#endif
