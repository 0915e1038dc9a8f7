/* SPDX-License-Identifier: BSD-3-Clause */
/* The MTU budget; see mtu.h. */
#include "common/mtu.h"

uint8_t
mtu_gre(bool checksum, bool key, bool sequence)
{
	return (uint8_t)(4 + (checksum ? 4 : 0) + (key ? 4 : 0) + (sequence ? 4 : 0));
}

/* In front of the inner packet, inside ESP or, without it, behind the outer header. */
static unsigned int
inside_headers(const struct mtu_parts *p)
{
	return (unsigned int)p->inner_hdr + p->gre;
}

uint16_t
mtu_budget(const struct mtu_parts *p)
{
	unsigned int around = MTU_OUTER_IP4 + (unsigned int)p->udp, inside = inside_headers(p),
			room;

	if (p->esp_hdr != 0)
		around += (unsigned int)p->esp_hdr + p->iv + p->icv;
	if (p->underlay <= around)
		return 0;
	room = p->underlay - around;
	if (p->esp_hdr != 0) {
		room &= ~((unsigned int)p->align - 1);
		inside += MTU_ESP_TRAILER;
	}
	return (uint16_t)(room > inside ? room - inside : 0);
}

unsigned int
mtu_padding(const struct mtu_parts *p, unsigned int inner)
{
	unsigned int body = inside_headers(p) + inner + MTU_ESP_TRAILER;

	return p->esp_hdr != 0 ? (0u - body) & ((unsigned int)p->align - 1) : 0;
}

unsigned int
mtu_outer(const struct mtu_parts *p, unsigned int inner)
{
	unsigned int len = MTU_OUTER_IP4 + (unsigned int)p->udp + inside_headers(p) + inner;

	if (p->esp_hdr != 0)
		len += (unsigned int)p->esp_hdr + p->iv + mtu_padding(p, inner) + MTU_ESP_TRAILER +
				p->icv;
	return len;
}
