/* SPDX-License-Identifier: BSD-3-Clause */
/* What the VRRP engine sends, and who answers at virtual addresses; see vrrps.h. */
#include <string.h>

#include "common/log.h"
#include "controlplane/arp/arp_wire.h"
#include "controlplane/cp.h"
#include "controlplane/dataplane/dplink.h"
#include "controlplane/iface/iface.h"
#include "controlplane/nd/nd_wire.h"
#include "controlplane/neigh/neigh.h"
#include "controlplane/vrrp/vrrps_int.h"

#define ETH_LEN        14
#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define VIRTUAL_MAX    (CHAN_IF_VMACS * VRRP_ADDRS_MAX)

static void
send_frame(struct vrrps *x, const struct vrrp_cfg *c, const uint8_t *dst, const uint8_t *src,
		const uint8_t *pkt, size_t len)
{
	uint8_t frame[ETH_LEN + VRRP_PACKET_MAX];
	struct wr w = wr_init(frame, sizeof(frame));

	wr_bytes(&w, dst, 6);
	wr_bytes(&w, src, 6);
	wr_be16(&w, c->ip6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4);
	wr_bytes(&w, pkt, len);
	dplink_inject(x->cp->dplink, CHAN_INJECT_FRAME, c->if_id, frame, w.len);
}

/* To one peer. No route leads to a link-local address: vrrps_neighbours() has it resolved. */
static void
send_to_peer(struct vrrps *x, const struct vrrp_cfg *c, const uint8_t *pkt, size_t len,
		const struct ip6_addr *to)
{
	const struct iface *f = ifaces_by_id(x->cp->ifaces, c->if_id);
	uint8_t mac[6];

	if (!ip6_is_link_local(to))
		dplink_inject(x->cp->dplink, CHAN_INJECT_ROUTE, 0, pkt, len);
	else if (f != NULL && neigh_is_known(neigh_lookup(x->cp->neigh6, c->if_id, to, mac)))
		send_frame(x, c, mac, f->mac, pkt, len);
}

/* From the virtual MAC address (RFC 9568 section 5.1.1.3): bridges learn where it is. */
void
vrrps_send(void *ctx, const struct vrrp_cfg *c, const uint8_t *pkt, size_t len,
		const struct ip6_addr *to)
{
	static const uint8_t group4[6] = { 0x01, 0x00, 0x5e, 0x00, 0x00, 0x12 };
	static const uint8_t group6[6] = { 0x33, 0x33, 0x00, 0x00, 0x00, 0x12 };
	struct vrrps *x = ctx;
	char name[KEPT_NAME];
	uint8_t mac[6];

	kept_set(&x->keep, vrrps_keep_name(c, name), true, cp_now_ms());
	if (to != NULL) {
		send_to_peer(x, c, pkt, len, to);
		return;
	}
	vrrp_mac(c->ip6, c->vrid, mac);
	send_frame(x, c, c->ip6 ? group6 : group4, mac, pkt, len);
}

static void
announce4(struct vrrps *x, const struct vrrp_cfg *c, uint32_t addr)
{
	static const uint8_t all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct arp_msg m = { .op = ARP_OP_REQUEST, .spa = addr, .tpa = addr };
	uint8_t frame[ARP_FRAME_LEN];

	vrrp_mac(false, c->vrid, m.sha);
	dplink_inject(x->cp->dplink, CHAN_INJECT_FRAME, c->if_id, frame, arp_build(&m, all, frame));
}

static void
announce6(struct vrrps *x, const struct vrrp_cfg *c, const struct ip6_addr *addr)
{
	struct nd_msg m = { .type = ND_NA, .flags = ND_ROUTER | ND_OVERRIDE, .src = *addr,
		.dst = { { 0xff, 0x02, [15] = 1 } }, .target = *addr, .has_mac = true };
	uint8_t frame[ND_FRAME_LEN], group[6];

	vrrp_mac(true, c->vrid, m.mac);
	ip6_multicast_mac(&m.dst, group);
	dplink_inject(x->cp->dplink, CHAN_INJECT_FRAME, c->if_id, frame,
			nd_build(&m, m.mac, group, frame));
}

void
vrrps_announce(void *ctx, const struct vrrp_cfg *c)
{
	for (uint8_t i = 0; i < c->n_addrs; i++) {
		if (c->ip6)
			announce6(ctx, c, &c->addrs[i]);
		else
			announce4(ctx, c, vrrp_addr4(&c->addrs[i]));
	}
}

void
vrrps_answer(struct vrrps *x, uint32_t if_id)
{
	struct neigh_virtual v4[VIRTUAL_MAX], v6[VIRTUAL_MAX];
	uint32_t n4 = 0, n6 = 0;

	for (struct vrrp_vr *v = vrrp_next(x->engine, NULL); v != NULL;
			v = vrrp_next(x->engine, v)) {
		const struct vrrp_cfg *c = vrrp_cfg(v);

		if (c->if_id != if_id || !vrrps_holds(x, v))
			continue;
		for (uint8_t i = 0; i < c->n_addrs; i++) {
			if (c->ip6 && n6 < VIRTUAL_MAX) {
				v6[n6].addr = c->addrs[i];
				vrrp_mac(true, c->vrid, v6[n6++].mac);
			} else if (!c->ip6 && n4 < VIRTUAL_MAX) {
				v4[n4].addr = ip6_mapped(vrrp_addr4(&c->addrs[i]));
				vrrp_mac(false, c->vrid, v4[n4++].mac);
			}
		}
	}
	neigh_virtual_set(x->cp->neigh, if_id, v4, n4);
	neigh_virtual_set(x->cp->neigh6, if_id, v6, n6);
}
