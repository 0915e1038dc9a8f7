/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages that only a peer can send, made of whatever payloads: sealed with an SA's own keys. */
#ifndef CULVERT_TESTS_FORGE_H
#define CULVERT_TESTS_FORGE_H

#include "controlplane/ike/ike1_int.h"

#define FORGE_MAX 4096

/**
 * A message of phase 2 of IKEv1 as the peer of @sa would send it: @len bytes of payloads behind
 * HASH(1), the first of type @first. Its length in @msg.
 */
size_t forge1(struct ike1_sa *sa, uint8_t exchange, uint32_t mid, uint8_t first, const uint8_t *p,
		size_t len, uint8_t msg[FORGE_MAX]);

#endif
