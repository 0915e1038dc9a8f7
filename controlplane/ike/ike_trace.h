/* SPDX-License-Identifier: BSD-3-Clause */
/* Messages in words, for who looks; nothing while nobody does. */
#ifndef CULVERT_CONTROLPLANE_IKE_TRACE_H
#define CULVERT_CONTROLPLANE_IKE_TRACE_H

#include "controlplane/ike/ike.h"
#include "controlplane/ike/ike_wire.h"

/** Payloads as they are inside, the first of type @first. */
void ike_trace_payloads(struct ike_engine *e, bool out, const struct ike_path *path,
		const char *peer, const struct ike_hdr *h, uint8_t first, const uint8_t *payloads,
		size_t len);
/** A whole message in the clear. */
void ike_trace_clear(struct ike_engine *e, bool out, const struct ike_path *path, const char *peer,
		const uint8_t *msg, size_t len);
/** The @n-th repetition of a request. */
void ike_trace_again(struct ike_engine *e, const struct ike_path *path, const char *peer,
		unsigned int n, const uint8_t *msg, size_t len);

#endif
