/* SPDX-License-Identifier: BSD-3-Clause */
/* Packets on their way in (RFC 2328 section 8.2), and what is said of those that are refused. */
#include <stdarg.h>
#include <stdio.h>

#include "controlplane/ospf/ospf_auth.h"
#include "controlplane/ospf/ospf_bad.h"
#include "controlplane/ospf/ospf_proto.h"

#define SAID_MS 60000

static const struct {
	const char *name, *text;
} bads[OSPF_N_BADS] = {
#define X(id, name, text) [OSPF_BAD_##id] = { name, text },
	OSPF_BADS(X)
#undef X
};

const char *
ospf_bad_name(enum ospf_bad why)
{
	return bads[why].name;
}

const char *
ospf_bad_text(enum ospf_bad why)
{
	return bads[why].text;
}

/* Has this been said a moment ago? */
static bool
said(struct ospf_if *ifp, enum ospf_bad why, uint32_t src)
{
	uint64_t now_ms = ifp->o->now_ms;
	unsigned int oldest = 0;

	for (unsigned int i = 0; i < sizeof(ifp->bad_said) / sizeof(ifp->bad_said[0]); i++) {
		if (ifp->bad_said[i].ms != 0 && ifp->bad_said[i].why == why &&
				ifp->bad_said[i].src == src &&
				now_ms - ifp->bad_said[i].ms < SAID_MS)
			return true;
		if (ifp->bad_said[i].ms < ifp->bad_said[oldest].ms)
			oldest = i;
	}
	ifp->bad_said[oldest].why = (uint8_t)why;
	ifp->bad_said[oldest].src = src;
	ifp->bad_said[oldest].ms = now_ms != 0 ? now_ms : 1;
	return false;
}

void
ospf_bad(struct ospf_if *ifp, enum ospf_bad why, uint32_t src, const char *fmt, ...)
{
	char text[160], a[IP4_STR_LEN];
	struct ospf *o = ifp->o;
	bool quiet;
	va_list ap;

	ifp->n_bad++;
	o->n.bad[why]++;
	quiet = said(ifp, why, src) || !log_limit_ok(&o->bad_lines, o->now_ms);
	if (quiet && o->tracing == 0)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	ospf_trace_line(o, OSPF_TRACE_ALL, ifp, src, 0, "refused (%s): %s", bads[why].name, text);
	if (!quiet)
		ospf_log(o, LVL_WARNING, "%s: from %s: %s", ifp->cfg.name, ip4_str(src, a), text);
}

/* ---- checks ------------------------------------------------------------------------------ */

static bool
cksum_ok(const struct ospf_hdr *h, const uint8_t *pkt)
{
	uint32_t sum;

	if (h->autype == OSPF_AU_CRYPT || h->autype == OSPF_AU_EXTENDED)
		return true;
	/* All but the eight bytes of authentication. */
	sum = inet_sum(pkt, 16, 0);
	sum = inet_sum(pkt + OSPF_HDR_LEN, h->len - OSPF_HDR_LEN, sum);
	return inet_sum_fold(sum) == 0;
}

static bool
dst_ok(const struct ospf_if *ifp, uint32_t dst)
{
	if (dst == OSPF_ALL_DRS)
		return ifp->state == OSPF_IFS_DR || ifp->state == OSPF_IFS_BACKUP;
	return true; /* the group of all, or an address of ours: the dataplane has seen to it */
}

static bool
src_ok(const struct ospf_if *ifp, uint32_t src)
{
	return !ospf_if_is_one_network(ifp) || ip4_prefix_contains(&ifp->cfg.addr, src);
}

static bool
auth_ok(struct ospf_if *ifp, const struct ospf_hdr *h, uint32_t src, const uint8_t *pkt,
		size_t len)
{
	struct ospf *o = ifp->o;
	enum ospf_auth_verdict v = ospf_auth_check(&ifp->cfg.auth, h, pkt, len, src,
			o->ops.wall_s(o->ops.ctx));

	switch (v) {
	case OSPF_AUTH_OK:
		return true;
	case OSPF_AUTH_TYPE:
		ospf_bad(ifp, OSPF_BAD_AUTH_TYPE, src, "authentication of type %u, ours is %u",
				h->autype, ospf_auth_autype(&ifp->cfg.auth));
		break;
	case OSPF_AUTH_KEY_ID:
		ospf_bad(ifp, OSPF_BAD_AUTH_KEY, src, "key %u: %s", h->key_id,
				ospf_auth_verdict_str(v));
		break;
	default:
		ospf_bad(ifp, OSPF_BAD_AUTH, src, "key %u: %s", h->key_id,
				ospf_auth_verdict_str(v));
	}
	return false;
}

/* RFC 2328 D.4.3, by packet type as RFC 7474 section 4 has it. */
static bool
seq_ok(struct ospf_if *ifp, const struct ospf_nbr *n, const struct ospf_hdr *h, uint32_t src)
{
	const uint64_t *seen = n == NULL ? ospf_restart_crypt_seq(ifp, h->router_id)
			: n->crypt_seen ? n->crypt_seq : NULL;
	uint64_t last;

	if (h->autype < OSPF_AU_CRYPT || seen == NULL)
		return true;
	last = seen[h->type - 1];
	if (h->seq < last || (h->autype == OSPF_AU_EXTENDED && h->seq == last)) {
		ospf_bad(ifp, OSPF_BAD_AUTH_SEQ, src,
				"cryptographic sequence number %llu, have seen %llu",
				(unsigned long long)h->seq, (unsigned long long)last);
		return false;
	}
	return true;
}

static void
seq_keep(struct ospf_nbr *n, const struct ospf_hdr *h)
{
	if (h->autype < OSPF_AU_CRYPT)
		return;
	n->crypt_seq[h->type - 1] = h->seq;
	n->crypt_seen = true;
}

static bool
header_ok(struct ospf_if *ifp, const struct ospf_hdr *h, uint32_t src, uint32_t dst,
		const uint8_t *pkt, size_t len)
{
	struct ospf *o = ifp->o;
	char a[IP4_STR_LEN], b[IP4_STR_LEN];

	if (h->version != OSPF_VERSION) {
		ospf_bad(ifp, OSPF_BAD_VERSION, src, "version %u", h->version);
	} else if (h->len < OSPF_HDR_LEN || h->len > len || h->type == 0 || h->type >= OSPF_N_PKTS) {
		ospf_bad(ifp, OSPF_BAD_MALFORMED, src, "type %u, length %u of %zu", h->type, h->len,
				len);
	} else if (!cksum_ok(h, pkt)) {
		ospf_bad(ifp, OSPF_BAD_CHECKSUM, src, "wrong checksum");
	} else if (h->area_id != ifp->area->cfg.id) {
		ospf_bad(ifp, OSPF_BAD_AREA, src, "area %s, ours is %s", ip4_str(h->area_id, a),
				ip4_str(ifp->area->cfg.id, b));
	} else if (!src_ok(ifp, src)) {
		ospf_bad(ifp, OSPF_BAD_SOURCE, src, "not from our network %s",
				ip4_prefix_str(&ifp->cfg.addr, (char[IP4_PREFIX_STR_LEN]){ 0 }));
	} else if (!dst_ok(ifp, dst)) {
		o->n.bad[OSPF_BAD_DESTINATION]++; /* the usual fate of what is for DR and BDR */
	} else if (h->router_id == o->cfg.router_id || h->router_id == 0) {
		ospf_bad(ifp, OSPF_BAD_ROUTER_ID, src, h->router_id == 0
				? "router ID %s" : "duplicate router ID: it has ours, %s",
				ip4_str(h->router_id, a));
	} else {
		return auth_ok(ifp, h, src, pkt, len);
	}
	return false;
}

static void
dispatch(struct ospf_if *ifp, const struct ospf_hdr *h, uint32_t src, struct rd *r)
{
	struct ospf_nbr *n = ospf_if_is_ptp(ifp) ? ospf_nbr_by_id(ifp, h->router_id)
						 : ospf_nbr_by_addr(ifp, src);

	if (!seq_ok(ifp, n, h, src))
		return;
	if (!ospf_body_ok(h->type, *r)) {
		ospf_bad(ifp, OSPF_BAD_MALFORMED, src, "%s of %u bytes", ospf_pkt_str(h->type),
				h->len);
		return;
	}
	if (h->type == OSPF_PKT_HELLO) {
		ospf_hello_input(ifp, h, src, r);
		n = ospf_if_is_ptp(ifp) ? ospf_nbr_by_id(ifp, h->router_id)
					: ospf_nbr_by_addr(ifp, src);
		if (n != NULL)
			seq_keep(n, h);
		return;
	}
	if (n == NULL || n->state < OSPF_NBR_INIT || n->router_id != h->router_id) {
		ospf_bad(ifp, OSPF_BAD_NO_NEIGHBOR, src, "%s before any Hello",
				ospf_pkt_str(h->type));
		return;
	}
	seq_keep(n, h);
	switch (h->type) {
	case OSPF_PKT_DD:
		ospf_dd_input(n, h, r);
		break;
	case OSPF_PKT_LSR:
		ospf_lsr_input(n, r);
		break;
	case OSPF_PKT_LSU:
		ospf_lsu_input(n, r);
		break;
	case OSPF_PKT_LSACK:
		ospf_lsack_input(n, r);
		break;
	}
}

/* On the interface of the transit area, an area 0 packet from the far end of a virtual link. */
static struct ospf_if *
vlink_of(struct ospf *o, const struct ospf_if *ifp, const struct ospf_hdr *h)
{
	struct ospf_if *v;

	if (h->area_id != 0 || ifp->area->cfg.id == 0)
		return NULL;
	TAILQ_FOREACH (v, &o->ifs, link)
		if (v->cfg.type == OSPF_IF_VLINK && v->vlink_id == h->router_id &&
				v->vlink_area == ifp->area->cfg.id && v->state == OSPF_IFS_P2P)
			return v;
	return NULL;
}

static void
from_our_address(struct ospf_if *ifp, const struct ospf_hdr *h, uint32_t src)
{
	char id[IP4_STR_LEN];

	if (h->router_id == ifp->o->cfg.router_id)
		ifp->o->n.bad[OSPF_BAD_SOURCE]++; /* our own, come back */
	else
		ospf_bad(ifp, OSPF_BAD_SOURCE, src, "duplicate address: router %s has ours",
				ip4_str(h->router_id, id));
}

void
ospf_input(struct ospf *o, struct ospf_if *ifp, uint32_t src, uint32_t dst, const uint8_t *pkt,
		size_t len, uint64_t now_ms)
{
	struct rd r = rd_init(pkt, len);
	struct ospf_if *v;
	struct ospf_hdr h;

	o->n.rx++;
	if (now_ms > o->now_ms)
		o->now_ms = now_ms;
	ospf_hdr_read(&r, &h);
	if (r.bad) {
		ospf_bad(ifp, OSPF_BAD_MALFORMED, src, "%zu bytes", len);
		return;
	}
	v = vlink_of(o, ifp, &h);
	if (v != NULL)
		ifp = v;
	if (o->tracing != 0)
		ospf_trace_packet(ifp, false, src, pkt, len);
	if (ifp->state < OSPF_IFS_WAITING || ifp->cfg.passive) {
		o->n.bad[OSPF_BAD_PASSIVE]++;
		return;
	}
	if (src == ifp->cfg.addr.addr && !ifp->cfg.unnumbered) {
		from_our_address(ifp, &h, src);
		return;
	}
	if (!header_ok(ifp, &h, src, dst, pkt, len))
		return;
	ifp->n_rx[h.type]++;
	r.end = pkt + h.len;
	dispatch(ifp, &h, src, &r);
	ospf_tick(o, now_ms);
}
