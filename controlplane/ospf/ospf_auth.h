/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Authentication of OSPF packets: none, a password in the clear, keyed MD5 (RFC 2328 appendix D),
 * HMAC-SHA (RFC 5709) and both with 64-bit sequence numbers (RFC 7474, AuType 3).
 *
 * Sequence numbers come from the wall clock, so that a router that was restarted goes on above
 * what it has sent before: its neighbours take it at once, and nothing of its former life can be
 * replayed to those that have seen a packet of the new one. Each is above the one before, so with
 * AuType 2 they may run ahead of the clock; the next process is told of that (ospf_keep.c,
 * ospf_restart.c). After the last one of 32 bits it is the clock again, and neighbours that mind
 * have to lose us first.
 */
#ifndef CULVERT_CONTROLPLANE_OSPF_AUTH_H
#define CULVERT_CONTROLPLANE_OSPF_AUTH_H

#include "controlplane/ospf/ospf.h"
#include "controlplane/ospf/ospf_wire.h"

#define OSPF_DIGEST_MAX 64
#define OSPF_SEQ_MORE   1000 /* numbers left out after a restart, for packets that were not noted */

enum ospf_auth_verdict {
	OSPF_AUTH_OK,
	OSPF_AUTH_TYPE,     /* another AuType than configured */
	OSPF_AUTH_PASSWORD, /* AuType 1: wrong */
	OSPF_AUTH_KEY_ID,   /* no such key, or not to be accepted now */
	OSPF_AUTH_LENGTH,   /* digest missing, or of the wrong length for the key */
	OSPF_AUTH_DIGEST,   /* wrong: another secret, or the packet was changed */
};

/** AuType that packets of this configuration have. */
uint16_t ospf_auth_autype(const struct ospf_auth *a);
/** The key to send with now: the one whose lifetime began last (RFC 2328 D.3). NULL: none is
 *  valid; then the last one to expire is used, and a line is due. */
const struct ospf_key *ospf_auth_send_key(const struct ospf_auth *a, uint64_t wall_s);
/** Bytes that follow the packet. */
size_t ospf_auth_trailer(const struct ospf_auth *a, uint64_t wall_s);

/**
 * Finish a packet (@w: from its header on, everything but length, checksum and authentication).
 * @seq is the interface's counter. 0, -ENOMEM (overflow) or -EIO.
 */
int ospf_auth_sign(const struct ospf_auth *a, struct wr *w, uint32_t src, uint64_t wall_s,
		uint64_t *seq);
/** Check a received one; @len: all bytes, with the trailer. Sequence numbers are the caller's. */
enum ospf_auth_verdict ospf_auth_check(const struct ospf_auth *a, const struct ospf_hdr *h,
		const uint8_t *pkt, size_t len, uint32_t src, uint64_t wall_s);
const char *ospf_auth_verdict_str(enum ospf_auth_verdict v);
/** "md5", "hmac-sha-256", ... */
const char *ospf_alg_str(uint8_t alg);

#endif
