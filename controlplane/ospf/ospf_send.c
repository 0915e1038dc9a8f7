/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets on their way out (RFC 2328 section 8.1). */
#include <string.h>

#include "controlplane/ospf/ospf_auth.h"
#include "controlplane/ospf/ospf_proto.h"

static uint64_t
wall_s(const struct ospf *o)
{
	return o->ops.wall_s(o->ops.ctx);
}

void
ospf_out_begin(struct ospf_out *p, struct ospf_if *ifp, enum ospf_pkt type)
{
	p->w = wr_init(p->buf, sizeof(p->buf));
	wr_u8(&p->w, OSPF_VERSION);
	wr_u8(&p->w, (uint8_t)type);
	wr_be16(&p->w, 0);
	wr_be32(&p->w, ifp->o->cfg.router_id);
	wr_be32(&p->w, ifp->area->cfg.id);
	wr_zero(&p->w, 12);
}

void
ospf_out_send(struct ospf_out *p, struct ospf_if *ifp, uint32_t dst)
{
	struct ospf *o = ifp->o;
	uint8_t type = p->buf[1];

	if (ospf_auth_sign(&ifp->cfg.auth, &p->w, ifp->cfg.addr.addr, wall_s(o),
			    &ifp->crypt_seq) != 0) {
		if (log_limit_ok(&o->bad_lines, o->now_ms))
			ospf_log(o, LVL_ERROR, "%s: a %s could not be sent: no key, or too long",
					ifp->cfg.name, ospf_pkt_str(type));
		return;
	}
	if (o->tracing != 0)
		ospf_trace_packet(ifp, true, dst, p->buf, p->w.len);
	o->n.tx++;
	ifp->n_tx[type]++;
	o->ops.send(o->ops.ctx, ifp, dst, p->buf, p->w.len);
}

size_t
ospf_out_room(const struct ospf_if *ifp)
{
	size_t used = OSPF_IP_HDR_LEN + OSPF_HDR_LEN +
		      ospf_auth_trailer(&ifp->cfg.auth, wall_s(ifp->o));

	return ifp->cfg.mtu > used + 100 ? ifp->cfg.mtu - used : 100;
}

uint32_t
ospf_nbr_dst(const struct ospf_nbr *n)
{
	return n->ifp->cfg.type == OSPF_IF_P2P ? OSPF_ALL_ROUTERS : n->addr;
}
