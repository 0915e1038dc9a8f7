/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Router advertisements (RFC 4861 section 4.2, RFC 4191 for the preference) as frames, and router
 * solicitations (section 4.1).
 */
#ifndef CULVERT_CONTROLPLANE_RA_WIRE_H
#define CULVERT_CONTROLPLANE_RA_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/inet6.h"
#include "common/wire.h"

#define RA_PREFIXES_MAX 16
#define RA_FRAME_LEN    (14 + 40 + 16 + 8 + 8 + RA_PREFIXES_MAX * 32)

enum ra_type { RA_SOLICIT = 133, RA_ADVERT = 134 };

/* RFC 4191 section 2.1: two bits, signed. */
enum ra_preference { RA_MEDIUM = 0, RA_HIGH = 1, RA_LOW = 3 };

struct ra_prefix {
	struct ip6_prefix prefix;
	bool on_link, autonomous;
	uint32_t valid_s, preferred_s;
};

struct ra_msg {
	struct ip6_addr src; /* link-local */
	uint8_t mac[6];      /* the frame's source and the link-layer address in it */
	uint8_t hop_limit;
	bool managed, other;
	enum ra_preference preference;
	uint16_t lifetime_s; /* 0: no default router */
	uint16_t mtu;        /* 0: not told */
	uint8_t n_prefixes;
	struct ra_prefix prefixes[RA_PREFIXES_MAX];
};

struct ra_solicit {
	struct ip6_addr src; /* zero: it has no address yet */
	bool has_mac;
	uint8_t mac[6];
};

/** A frame to all nodes. Bytes written. */
size_t ra_build(const struct ra_msg *m, uint8_t buf[RA_FRAME_LEN]);
/** Read an IPv6 packet with a solicitation in it, and check it as section 6.1.1 demands. 0,
 *  -EBADMSG, or -ENOMSG: another message. */
int ra_solicit_parse(struct rd *r, struct ra_solicit *out);

#endif
