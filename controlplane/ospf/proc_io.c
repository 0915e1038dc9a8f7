/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * OSPF packets out (RFC 2328 section 8.1, appendix A.1): an IP header with TTL 1 and precedence
 * Internetwork Control, in fragments if need be, as an Ethernet frame to the group's or the
 * neighbour's MAC address, or into a tunnel.
 */
#include <string.h>

#include "controlplane/cp.h"
#include "controlplane/dataplane/dplink.h"
#include "controlplane/iface/iface.h"
#include "controlplane/ospf/proc_int.h"

#define ETH_LEN   14
#define TOS       0xc0
#define IP_MF     0x2000

static bool
mac_of(const struct ospf_proc *p, const struct ospf_if *ifp, uint32_t dst, uint8_t mac[6])
{
	const struct ospf_nbr *n;

	if ((dst >> 28) == 0xe) { /* RFC 1112 section 6.4 */
		mac[0] = 1;
		mac[1] = 0;
		mac[2] = 0x5e;
		mac[3] = dst >> 16 & 0x7f;
		mac[4] = (uint8_t)(dst >> 8);
		mac[5] = (uint8_t)dst;
		return true;
	}
	n = ospf_nbr_by_addr(ifp, dst);
	if (n != NULL && n->has_mac) {
		memcpy(mac, n->mac, 6);
		return true;
	}
	if (dst != p->rx_src || !p->rx_has_mac)
		return false;
	memcpy(mac, p->rx_mac, 6);
	return true;
}

static void
ip_header(struct wr *w, const struct ospf_if *ifp, uint32_t dst, size_t len, uint16_t id,
		uint16_t frag)
{
	size_t at = w->len;
	uint16_t sum;

	wr_u8(w, 0x45);
	wr_u8(w, TOS);
	wr_be16(w, (uint16_t)(OSPF_IP_HDR_LEN + len));
	wr_be16(w, id);
	wr_be16(w, frag);
	wr_u8(w, ifp->cfg.type == OSPF_IF_VLINK ? 64 : 1);
	wr_u8(w, OSPF_IPPROTO);
	wr_be16(w, 0);
	wr_be32(w, ifp->cfg.addr.addr);
	wr_be32(w, dst);
	sum = inet_sum_fold(inet_sum(w->buf + at, OSPF_IP_HDR_LEN, 0));
	memcpy(w->buf + at + 10, &sum, sizeof(sum));
}

/* One IP packet, whole or a fragment. */
static void
out(struct ospf_proc *p, struct ospf_if *ifp, uint32_t dst, const uint8_t *data, size_t len,
		uint16_t frag)
{
	uint8_t buf[CHAN_PKT_DATA], mac[6];
	struct wr w = wr_init(buf, sizeof(buf));
	const struct iface *f;
	struct dplink *l = p->cp->dplink;

	if (ifp->cfg.user >= USER_TUNNEL) {
		ip_header(&w, ifp, dst, len, p->ip_id, frag);
		wr_bytes(&w, data, len);
		dplink_inject(l, ifp->cfg.type == OSPF_IF_VLINK ? CHAN_INJECT_ROUTE
				: CHAN_INJECT_TUN, ifp->cfg.user - USER_TUNNEL, buf, w.len);
		return;
	}
	f = ifaces_by_id(p->cp->ifaces, ifp->cfg.user - 1);
	if (f != NULL && mac_of(p, ifp, dst, mac)) {
		wr_bytes(&w, mac, 6);
		wr_bytes(&w, f->mac, 6);
		wr_be16(&w, 0x0800);
	}
	ip_header(&w, ifp, dst, len, p->ip_id, frag);
	wr_bytes(&w, data, len);
	if (w.len > OSPF_IP_HDR_LEN + len)
		dplink_inject(l, CHAN_INJECT_FRAME, f->if_id, buf, w.len);
	else /* not heard of yet: the dataplane asks for its address */
		dplink_inject(l, CHAN_INJECT_ROUTE, 0, buf, w.len);
}

void
proc_send(void *ctx, struct ospf_if *ifp, uint32_t dst, const uint8_t *pkt, size_t len)
{
	struct ospf_proc *p = ctx;
	size_t mtu = ifp->cfg.mtu, most;

	/* A slot of the channel takes so much; what is longer goes in fragments. */
	if (mtu > CHAN_PKT_DATA - ETH_LEN)
		mtu = CHAN_PKT_DATA - ETH_LEN;
	most = (mtu - OSPF_IP_HDR_LEN) & ~7u;
	p->ip_id++;
	if (OSPF_IP_HDR_LEN + len <= mtu) {
		out(p, ifp, dst, pkt, len, 0);
		return;
	}
	for (size_t at = 0; at < len; at += most) {
		size_t n = len - at < most ? len - at : most;

		out(p, ifp, dst, pkt + at, n,
				(uint16_t)(at / 8 | (at + n < len ? IP_MF : 0)));
	}
}
