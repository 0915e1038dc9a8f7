/* SPDX-License-Identifier: BSD-3-Clause */
/* Clamping of the TCP maximum segment size; see mss.h. */
#include <string.h>

#include "dataplane/nodes/mss.h"

#define TCP_HDR_MIN  20u
#define TCP_CKSUM_AT 16
#define OPT_END      0
#define OPT_NOP      1
#define OPT_MSS      2
#define OPT_MSS_LEN  4

#define IP4_HDR_MIN 20u
#define IP6_HDR_LEN 40u

static inline unsigned int
be16_at(const uint8_t *p)
{
	return (unsigned int)p[0] << 8 | p[1];
}

static inline void
be16_put(uint8_t *p, unsigned int v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

/* RFC 1624, equation 3. A value at an odd place stands in two words, with its bytes exchanged. */
static void
cksum_replace(uint8_t *cksum, unsigned int old, unsigned int new, bool odd)
{
	unsigned int sum;

	if (odd) {
		old = (old >> 8 | old << 8) & 0xffff;
		new = (new >> 8 | new << 8) & 0xffff;
	}
	sum = (~be16_at(cksum) & 0xffff) + (~old & 0xffff) + new;
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	be16_put(cksum, ~sum & 0xffff);
}

bool
mss_clamp(uint8_t *tcp, unsigned int len, uint16_t mss)
{
	unsigned int hdr, at, old;
	bool changed = false;

	if (len < TCP_HDR_MIN || (tcp[TCP_FLAGS_AT] & TCP_SYN) == 0)
		return false;
	hdr = (tcp[12] >> 4) * 4u;
	if (hdr < TCP_HDR_MIN || hdr > len)
		return false;
	for (at = TCP_HDR_MIN; at < hdr && tcp[at] != OPT_END;) {
		if (tcp[at] == OPT_NOP) {
			at++;
			continue;
		}
		if (at + 2 > hdr || tcp[at + 1] < 2 || at + tcp[at + 1] > hdr)
			break;
		/* Of several the last one counts for most hosts: all of them. */
		old = tcp[at + 1] == OPT_MSS_LEN ? be16_at(tcp + at + 2) : 0;
		if (tcp[at] == OPT_MSS && old > mss) {
			be16_put(tcp + at + 2, mss);
			cksum_replace(tcp + TCP_CKSUM_AT, old, mss, at % 2 != 0);
			changed = true;
		}
		at += tcp[at + 1];
	}
	return changed;
}

bool
mss_clamp_ip4(uint8_t *ip, unsigned int len, uint16_t mss)
{
	unsigned int hdr, total;

	if (mss == 0 || len < IP4_HDR_MIN || ip[0] >> 4 != 4 || ip[9] != IPPROTO_TCP)
		return false;
	hdr = (ip[0] & 0xfu) * 4;
	total = be16_at(ip + 2);
	/* The header is in the first fragment, or in none. */
	if (hdr < IP4_HDR_MIN || total > len || total < hdr || (be16_at(ip + 6) & 0x1fff) != 0)
		return false;
	return mss_clamp(ip + hdr, total - hdr, mss);
}

bool
mss_clamp_ip6(uint8_t *ip, unsigned int len, uint16_t mss)
{
	unsigned int payload;

	if (mss == 0 || len < IP6_HDR_LEN || ip[0] >> 4 != 6 || ip[6] != IPPROTO_TCP)
		return false;
	payload = be16_at(ip + 4);
	if (payload > len - IP6_HDR_LEN)
		return false;
	return mss_clamp(ip + IP6_HDR_LEN, payload, mss);
}
