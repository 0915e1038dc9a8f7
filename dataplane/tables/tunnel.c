/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * tunnel - the table of GRE tunnels: by id, and by addresses and key for cleartext GRE. Makes the
 * header templates (RFC 791, RFC 2784, RFC 2890, RFC 4303) and says what gre_encap does.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <netinet/in.h>

#include <rte_errno.h>
#include <rte_ether.h>
#include <rte_gre.h>
#include <rte_ip.h>
#include <rte_malloc.h>
#include <rte_udp.h>

#include "common/inet.h"
#include "common/mtu.h"
#include "dataplane/crypto/esp_alg.h"
#include "dataplane/tables/tables_int.h"

#define TUN_FLAGS                                                                                \
	(CHAN_TUN_UP | CHAN_TUN_PROTECT | CHAN_TUN_KEY | CHAN_TUN_CSUM | CHAN_TUN_SEQ |          \
			CHAN_TUN_DF | CHAN_TUN_TOS_SET | CHAN_TUN_TTL_COPY |             \
			CHAN_TUN_DF_CLEAR | CHAN_TUN_FRAG_AFTER | CHAN_TUN_IGNORE_DF |   \
			CHAN_TUN_MCAST)

/* What there is not without GRE. */
#define GRE_FLAGS (CHAN_TUN_KEY | CHAN_TUN_CSUM | CHAN_TUN_SEQ)

#define PATH_MTU_MIN 256 /* leaves room for an inner packet that can be fragmented */
#define PATH_MTU_MAX 9600
#define MSS_MIN      88 /* of RFC 879's 536 this is far enough */

#define GRE_FLAG_CSUM 0x8000
#define GRE_FLAG_KEY  0x2000
#define GRE_FLAG_SEQ  0x1000

static bool
mss_ok(uint16_t mss)
{
	return mss == 0 || mss == CHAN_MSS_AUTO || (mss >= MSS_MIN && mss <= 9000);
}

/* What is done with packets. */
static int
tunnel_check_ways(const struct chan_tun *c, const char **field)
{
	if ((c->flags & ~(uint32_t)TUN_FLAGS) != 0)
		return refuse(field, "tun.flags", -EINVAL);
	if (c->kind == CHAN_TUN_IPSEC && (c->flags & GRE_FLAGS))
		return refuse(field, "tun.flags", -EINVAL);
	if (c->kind != CHAN_TUN_GRE && (c->flags & CHAN_TUN_MCAST))
		return refuse(field, "tun.flags", -EINVAL);
	/* An outer packet that is to be fragmented cannot have DF set always. */
	if ((c->flags & CHAN_TUN_DF) && (c->flags & (CHAN_TUN_DF_CLEAR | CHAN_TUN_FRAG_AFTER)))
		return refuse(field, "tun.flags", -EINVAL);
	if (c->mtu < 576 || c->mtu > 9000)
		return refuse(field, "tun.mtu", -EINVAL);
	if (c->ttl == 0)
		return refuse(field, "tun.ttl", -EINVAL);
	if (c->path_mtu != 0 && (c->path_mtu < PATH_MTU_MIN || c->path_mtu > PATH_MTU_MAX))
		return refuse(field, "tun.path_mtu", -EINVAL);
	if ((c->verify & 0xf) > CHAN_VERIFY_ANY || c->verify >> 4 > CHAN_VERIFY_ANY ||
			(c->verify != 0 && c->kind != CHAN_TUN_GRE))
		return refuse(field, "tun.verify", -EINVAL);
	if (!mss_ok(c->mss4))
		return refuse(field, "tun.mss4", -EINVAL);
	if (!mss_ok(c->mss6))
		return refuse(field, "tun.mss6", -EINVAL);
	return 0;
}

/* The far end, and the way there. */
static int
tunnel_check_remote(const struct tables *t, const struct chan_tun *c, const char **field)
{
	bool none_ok = c->kind == CHAN_TUN_MGRE || (c->flags & CHAN_TUN_PROTECT);

	if (c->remote == 0 ? !none_ok || c->nh_id != CHAN_NONE
			   : c->kind == CHAN_TUN_MGRE || !ip4_is_unicast_host(c->remote) ||
					     c->remote == c->local)
		return refuse(field, "tun.remote", -EINVAL);
	if ((c->flags & CHAN_TUN_MCAST) &&
			(c->parent >= t->max_tunnels || c->parent == c->tun_id))
		return refuse(field, "tun.parent", -EINVAL);
	return 0;
}

static int
tunnel_check(const struct tables *t, const struct chan_tun *c, const char **field)
{
	struct ip6_addr addr6;
	int err;

	if (c->tun_id >= t->max_tunnels)
		return refuse(field, "tun.tun_id", -EINVAL);
	if (c->kind != CHAN_TUN_GRE && c->kind != CHAN_TUN_MGRE && c->kind != CHAN_TUN_IPSEC)
		return refuse(field, "tun.kind", -EINVAL);
	err = tunnel_check_ways(c, field);
	if (err != 0)
		return err;
	if (!ip4_is_unicast_host(c->local))
		return refuse(field, "tun.local", -EINVAL);
	err = tunnel_check_remote(t, c, field);
	if (err != 0)
		return err;
	if (c->addr != 0 && !ip4_is_unicast_host(c->addr))
		return refuse(field, "tun.addr", -EINVAL);
	memcpy(&addr6, c->addr6, sizeof(addr6));
	if (!ip6_is_zero(&addr6) && !ip6_is_unicast_host(&addr6))
		return refuse(field, "tun.addr6", -EINVAL);
	if (c->nh_id == CHAN_NONE)
		return 0;
	if (c->nh_id >= t->max_nhs)
		return refuse(field, "tun.nh_id", -EINVAL);
	if (!t->nh_recs[c->nh_id].present)
		return refuse(field, "tun.nh_id", -ENOENT);
	if (!nexthop_is_underlay(&t->nh_recs[c->nh_id].cfg))
		return refuse(field, "tun.nh_id", -EINVAL);
	return 0;
}

static struct chan_tun
tunnel_normal(const struct chan_tun *c)
{
	struct chan_tun n = *c;

	if (!(n.flags & CHAN_TUN_KEY))
		n.key = 0;
	if (!(n.flags & CHAN_TUN_TOS_SET))
		n.tos = 0;
	if (n.kind == CHAN_TUN_IPSEC)
		n.flags |= CHAN_TUN_PROTECT;
	if (!(n.flags & CHAN_TUN_MCAST))
		n.parent = CHAN_NONE;
	return n;
}

/* ---- making a struct tunnel ----------------------------------------------------------------- */

static uint8_t
tunnel_opts(const struct chan_tun *c)
{
	uint32_t flags = c->flags;

	return (uint8_t)((flags & CHAN_TUN_CSUM ? TUN_OPT_CSUM : 0) |
			(flags & CHAN_TUN_SEQ ? TUN_OPT_SEQ : 0) |
			(flags & CHAN_TUN_KEY ? TUN_OPT_KEY : 0) |
			(flags & CHAN_TUN_PROTECT ? TUN_OPT_PROTECT : 0) |
			(flags & CHAN_TUN_UP ? TUN_OPT_UP : 0) |
			(flags & CHAN_TUN_TTL_COPY ? TUN_OPT_TTL_COPY : 0) |
			(c->mss4 != 0 || c->mss6 != 0 ? TUN_OPT_MSS : 0));
}

/*
 * Was the SA negotiated for the addresses that the tunnel has? Behind a NAT the peer's is whatever
 * the NAT makes of it, and that of the SA counts. In tunnel mode the tunnel's addresses are those
 * of the header inside; without GRE there is none.
 */
static bool
sa_fits(const struct sa *sa, const struct chan_tun *c)
{
	if (sa->mode == CHAN_SA_TUNNEL && c->kind != CHAN_TUN_IPSEC)
		return true;
	return sa->local_be == rte_cpu_to_be_32(c->local) &&
			(sa_in_udp(sa) || sa->remote_be == rte_cpu_to_be_32(c->remote));
}

/* The SA that the tunnel may send with now. One that does not fit (the tunnel was reconfigured
 * since) is none. */
static struct sa *
tunnel_usable_sa(const struct tables *t, const struct tun_rec *rec)
{
	struct sa *sa;

	if (rec->sa_out == CHAN_NONE)
		return NULL;
	sa = sa_by_id(t->sas, rec->sa_out);
	return sa != NULL && sa_fits(sa, &rec->cfg) ? sa : NULL;
}

/* The reasons not to send, in the order in which an operator would have to mend them. */
static enum tun_out
tunnel_verdict(const struct tables *t, const struct chan_tun *c, const struct nexthop *nh,
		const struct sa *sa, bool had_sa)
{
	if (!(c->flags & CHAN_TUN_UP))
		return TUN_OUT_DOWN;
	if (c->kind == CHAN_TUN_MGRE)
		return TUN_OUT_MULTI;
	if (nh == NULL || !t->if_recs[nh->if_id].cur->admin_up)
		return TUN_OUT_NO_ROUTE;
	/* An SA that does not fit any more: what it was to protect must not go out in the clear. */
	if (sa == NULL && ((c->flags & CHAN_TUN_PROTECT) || had_sa))
		return TUN_OUT_NO_SA;
	if (!nh->resolved)
		return TUN_OUT_WAIT;
	return sa != NULL ? TUN_OUT_ESP : TUN_OUT_PLAIN;
}

static uint8_t
tunnel_gre_len(const struct chan_tun *c)
{
	if (c->kind == CHAN_TUN_IPSEC)
		return 0;
	return mtu_gre(c->flags & CHAN_TUN_CSUM, c->flags & CHAN_TUN_KEY,
			c->flags & CHAN_TUN_SEQ);
}

/* What is put around an inner packet now. All zero without an underlay. */
static struct mtu_parts
tunnel_parts(const struct chan_tun *c, const struct nexthop *nh, const struct sa *sa)
{
	struct mtu_parts p = { 0 };

	if (nh == NULL)
		return p;
	p.underlay = c->path_mtu != 0 ? RTE_MIN(c->path_mtu, nh->mtu) : nh->mtu;
	p.gre = tunnel_gre_len(c);
	if (sa != NULL) {
		const struct esp_alg *a = &esp_algs[sa->alg];

		p.udp = sa_in_udp(sa) ? MTU_UDP : 0;
		p.inner_hdr = sa->mode == CHAN_SA_TUNNEL && c->kind != CHAN_TUN_IPSEC ?
				MTU_OUTER_IP4 : 0;
		p.esp_hdr = MTU_ESP_HDR;
		p.iv = a->iv_len;
		p.align = a->align;
		p.icv = a->icv_len;
	}
	return p;
}

/* The clamp for TCP segments: configured, or what the tunnel takes behind @headers. */
static uint16_t
tunnel_mss(uint16_t configured, uint16_t mtu, unsigned int headers)
{
	return configured == CHAN_MSS_AUTO ? (uint16_t)(mtu - headers) : configured;
}

static uint8_t *
put_be16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
	return p + 2;
}

static uint8_t *
put_gre(uint8_t *p, const struct tunnel *tun)
{
	uint16_t flags = (tun->opts & TUN_OPT_CSUM ? GRE_FLAG_CSUM : 0) |
			(tun->opts & TUN_OPT_KEY ? GRE_FLAG_KEY : 0) |
			(tun->opts & TUN_OPT_SEQ ? GRE_FLAG_SEQ : 0);

	p = put_be16(p, flags);
	p = put_be16(p, RTE_ETHER_TYPE_IPV4);
	if (flags & GRE_FLAG_CSUM)
		p += 4; /* per packet: checksum; reserved1 stays zero */
	if (flags & GRE_FLAG_KEY) {
		memcpy(p, &tun->key_be, 4);
		p += 4;
	}
	if (flags & GRE_FLAG_SEQ)
		p += 4; /* per packet */
	return p;
}

/* RFC 3948 section 2.1: no checksum. The length differs from packet to packet. */
static uint8_t *
put_udp(uint8_t *p, const struct sa *sa)
{
	struct rte_udp_hdr udp = { .src_port = sa->local_port_be, .dst_port = sa->remote_port_be };

	memcpy(p, &udp, sizeof(udp));
	return p + sizeof(udp);
}

static uint8_t
outer_proto(const struct sa *sa)
{
	if (sa == NULL)
		return IPPROTO_GRE;
	return sa_in_udp(sa) ? IPPROTO_UDP : IPPROTO_ESP;
}

static void
tunnel_write_template(struct tunnel *tun, const struct chan_tun *c, const struct nexthop *nh)
{
	const struct sa *sa = tun->sa_out;
	uint8_t udp_len = sa != NULL && sa_in_udp(sa) ? sizeof(struct rte_udp_hdr) : 0;
	uint8_t esp_len = sa != NULL ? ESP_HDR_LEN + sa->iv_len : 0;
	struct rte_ipv4_hdr ip = {
		.version_ihl = RTE_IPV4_VHL_DEF,
		.type_of_service = c->flags & CHAN_TUN_TOS_SET ? c->tos & 0xfc : 0,
		.fragment_offset = c->flags & CHAN_TUN_DF ? RTE_BE16(RTE_IPV4_HDR_DF_FLAG) : 0,
		.time_to_live = c->flags & CHAN_TUN_TTL_COPY ? 0 : c->ttl,
		.next_proto_id = outer_proto(sa),
		.src_addr = sa != NULL ? sa->local_be : rte_cpu_to_be_32(c->local),
		.dst_addr = sa != NULL ? sa->remote_be : rte_cpu_to_be_32(c->remote),
	};
	struct rte_ipv4_hdr copy = { 0 };
	uint8_t *p;

	tun->l2_len = nh->l2_len;
	tun->hdr_len = (uint8_t)(nh->l2_len + sizeof(ip) + udp_len + esp_len + tun->gre_len);
	tun->ip_sum = rte_raw_cksum(&ip, sizeof(ip));
	memcpy(&tun->ip_set, &ip, sizeof(tun->ip_set));
	/* RFC 6040: ECN is copied even where the TOS is set. What is set is not copied, so that
	 * the sum of both is the sum of their bits. */
	copy.type_of_service = c->flags & CHAN_TUN_TOS_SET ? 0x03 : 0xff;
	if (!(c->flags & CHAN_TUN_DF_CLEAR))
		copy.fragment_offset = RTE_BE16(RTE_IPV4_HDR_DF_FLAG) & ~ip.fragment_offset;
	memcpy(&tun->ip_copy, &copy, sizeof(tun->ip_copy));

	p = tun->tmpl + TUN_TMPL_ROOM - tun->hdr_len;
	memcpy(p, nh->l2 + NH_L2_ROOM - nh->l2_len, nh->l2_len);
	p += nh->l2_len;
	memcpy(p, &ip, sizeof(ip));
	p += sizeof(ip);
	if (udp_len != 0)
		p = put_udp(p, sa);
	if (sa != NULL)
		memcpy(p, &sa->spi_be, sizeof(sa->spi_be));
	if (tun->gre_len != 0)
		put_gre(p + esp_len, tun);
}

/* Is all that differs from packet to packet what nodes/esp_out.h writes? */
static bool
tunnel_is_short(const struct tunnel *tun)
{
	return tun->out == TUN_OUT_ESP && tun->sa_out->kind != SA_KIND_OTHER &&
			!(tun->opts & (TUN_OPT_CSUM | TUN_OPT_SEQ | TUN_OPT_TTL_COPY)) &&
			tun->gre_len >= 4 && tun->hdr_len <= TUN_TMPL_SHORT;
}

static void
tunnel_make_short(struct tunnel *tun)
{
	const struct sa *sa = tun->sa_out;

	tun->opts |= TUN_OPT_SHORT;
	tun->sa_id = sa->sa_id;
	tun->sa_kind = sa_kind_of(sa);
	tun->gre = tun->gre_len;
	tun->ip_gre = (uint8_t)(tun->hdr_len - tun->l2_len - tun->gre_len);
	tun->more = sa_in_udp(sa) || tun->hdr_len > 64;
}

static struct tunnel *
tunnel_build(const struct tables *t, const struct tun_rec *rec)
{
	const struct chan_tun *c = &rec->cfg;
	const struct nexthop *nh = c->nh_id != CHAN_NONE ? t->nh_recs[c->nh_id].cur : NULL;
	struct sa *sa = tunnel_usable_sa(t, rec);
	struct mtu_parts parts = tunnel_parts(c, nh, sa);
	struct tunnel *tun = tables_alloc(t, sizeof(*tun));

	if (tun == NULL)
		return NULL;
	tun->out = tunnel_verdict(t, c, nh, sa, rec->sa_out != CHAN_NONE);
	tun->sa_out = tun->out == TUN_OUT_ESP ? sa : NULL;
	tun->opts = tunnel_opts(c);
	tun->verify4 = c->verify & 0xf;
	tun->verify6 = c->verify >> 4;
	tun->frag = (uint8_t)((c->flags & CHAN_TUN_FRAG_AFTER ? TUN_FRAG_AFTER : 0) |
			(c->flags & CHAN_TUN_IGNORE_DF ? TUN_FRAG_IGNORE_DF : 0));
	tun->gre_len = tunnel_gre_len(c);
	tun->id = c->tun_id;
	tun->mtu = c->mtu;
	tun->state = rec->state;
	tun->local = c->local;
	tun->remote = c->remote;
	tun->key = c->key;
	tun->key_be = rte_cpu_to_be_32(c->key);
	tun->icmp_src = c->addr != 0 ? c->addr : c->local;
	memcpy(&tun->icmp6_src, c->addr6, sizeof(tun->icmp6_src));
	if (nh != NULL) {
		tun->egress = (struct egress){ nh->port, (uint16_t)nh->if_id };
		tun->wait_addr = nh->gw;
		tun->wait_if = nh->if_id;
		tun->underlay = parts.underlay;
		tun->mtu = RTE_MIN(c->mtu, mtu_budget(&parts));
		tunnel_write_template(tun, c, nh);
	}
	tun->mss4 = tunnel_mss(c->mss4, tun->mtu, MTU_TCP_IP4);
	tun->mss6 = tunnel_mss(c->mss6, tun->mtu, MTU_TCP_IP6);
	if (tunnel_is_short(tun))
		tunnel_make_short(tun);
	tun->max_len = tun->out <= TUN_OUT_ESP ? tun->mtu : 0;
	return tun;
}

/* @old, which may be NULL, gives way to @tun, which may be, too: how many have @more now. */
static void
tunnel_count_more(struct tables *t, const struct tunnel *old, const struct tunnel *tun)
{
	uint32_t n = t->n_more;

	n -= old != NULL && (old->opts & TUN_OPT_SHORT) && old->more;
	n += tun != NULL && (tun->opts & TUN_OPT_SHORT) && tun->more;
	__atomic_store_n(&t->n_more, n, __ATOMIC_RELAXED);
}

/* What the control plane can read of the tunnel. */
static void
tunnel_tell(struct tables *t, const struct tun_rec *rec)
{
	const struct chan_tun *c = &rec->cfg;
	const struct nexthop *nh = c->nh_id != CHAN_NONE ? t->nh_recs[c->nh_id].cur : NULL;
	struct mtu_parts p = tunnel_parts(c, nh, tunnel_usable_sa(t, rec));
	struct chan_tun_info *info = RTE_PTR_ADD(t->env.stats, t->env.stats->tun_info_off);

	info[c->tun_id] = (struct chan_tun_info){ .present = rec->cur != NULL,
		.local = c->local, .remote = c->remote, .sa_out = rec->sa_out,
		.cookie = c->cookie, .underlay_mtu = nh != NULL ? nh->mtu : 0,
		.path_mtu = c->path_mtu, .path_mtu_from = c->path_mtu_from,
		.path_mtu_s = c->path_mtu_s, .budget = mtu_budget(&p),
		.mtu = rec->cur != NULL ? rec->cur->mtu : 0, .udp = p.udp, .esp_hdr = p.esp_hdr,
		.iv = p.iv, .align = p.align, .icv = p.icv, .gre = p.gre,
		.inner_hdr = p.inner_hdr };
}

int
tunnel_publish(struct tables *t, struct tun_rec *rec)
{
	struct tunnel *old = rec->cur, *tun = tunnel_build(t, rec);
	struct nh_rec *nh;

	if (tun == NULL)
		return -ENOMEM;
	rec->cur = tun;
	tunnel_count_more(t, old, tun);
	__atomic_store_n(&t->tuns[tun->id], tun, __ATOMIC_RELEASE);
	/* The key before the option; the last one stays for who still sees the option. */
	if (tun->opts & TUN_OPT_KEY)
		__atomic_store_n(&t->tun_keys_be[tun->id], tun->key_be, __ATOMIC_RELEASE);
	/* Nothing of a tunnel that seems to be down is usual: the sources of all are looked up. */
	__atomic_store_n(&t->tun_opts[tun->id],
			tun->verify4 != CHAN_VERIFY_OFF ? tun->opts & (uint8_t)~TUN_OPT_UP :
			tun->opts, __ATOMIC_RELEASE);
	LIST_FOREACH(nh, &rec->nhs, by_tun)
		nexthop_hop_store(t, nh, (hop_t)tun | HOP_TUN);
	tables_free_later(t, old);
	tunnel_tell(t, rec);
	return 0;
}

/* ---- the table ------------------------------------------------------------------------------ */

void
tunnel_table_init(struct tables *t)
{
	for (uint32_t id = 0; id < t->max_tunnels; id++)
		t->tun_recs[id].sa_out = CHAN_NONE;
}

static void
tunnel_link(struct tables *t, struct tun_rec *rec)
{
	if (rec->cfg.nh_id == CHAN_NONE)
		return;
	LIST_INSERT_HEAD(&t->nh_recs[rec->cfg.nh_id].tuns, rec, by_nh);
	hop_ref(t, hop_of_nh(rec->cfg.nh_id), 1);
}

static void
tunnel_unlink(struct tables *t, struct tun_rec *rec)
{
	if (rec->cfg.nh_id == CHAN_NONE)
		return;
	LIST_REMOVE(rec, by_nh);
	hop_ref(t, hop_of_nh(rec->cfg.nh_id), -1);
}

/* Take @c over from the configuration before, or from nothing. Its key is reserved. */
static int
tunnel_change(struct tables *t, struct tun_rec *rec, const struct chan_tun *c)
{
	struct chan_tun before = rec->cfg;
	bool was = rec->cur != NULL, same = was && tunnel_hash_same(&before, c);
	bool member_same = tunnel_member_same(&before, c);
	int err = member_same ? 0 : tunnel_member_join(t, c);

	if (was)
		tunnel_unlink(t, rec);
	else
		tables_stats_clear(t, t->env.stats->tun_off, c->tun_id,
				sizeof(struct chan_tun_stats));
	rec->cfg = *c;
	tunnel_link(t, rec);
	if (err == 0) {
		err = tunnel_publish(t, rec);
		if (!member_same)
			tunnel_member_leave(t, err == 0 ? &before : c);
	}
	if (err != 0) {
		tunnel_unlink(t, rec);
		rec->cfg = before;
		if (was)
			tunnel_link(t, rec);
		if (!same)
			tunnel_hash_release(t, rec, c);
		return err;
	}
	if (was && !same)
		tunnel_hash_leave(t, rec, &before);
	if (!same)
		tunnel_hash_join(t, rec);
	return 0;
}

int
tunnel_set(struct tables *t, const struct chan_tun *msg, const char **field)
{
	struct chan_tun c;
	struct tun_rec *rec;
	int err = tunnel_check(t, msg, field);

	if (err != 0)
		return err;
	c = tunnel_normal(msg);
	rec = &t->tun_recs[c.tun_id];
	if (rec->cur == NULL || memcmp(&rec->cfg, &c, sizeof(c)) != 0) {
		if (rec->n_sas != 0 && rec->cfg.kind != c.kind)
			return refuse(field, "tun.kind", -EBUSY);
		err = tunnel_hash_reserve(t, rec, &c);
		if (err != 0)
			return refuse(field, "tun.remote", err);
		if (rec->state == NULL)
			rec->state = tables_alloc(t, sizeof(*rec->state));
		err = rec->state != NULL ? tunnel_change(t, rec, &c) : -ENOMEM;
		if (err != 0)
			return refuse(field, "tun.tun_id", err);
	}
	rec->mark = t->sync;
	return 0;
}

/* Change the outbound SA. Publishes first: the old one is given up when nothing leads to it. */
static int
tunnel_bind(struct tables *t, struct tun_rec *rec, uint32_t sa_id)
{
	uint32_t old = rec->sa_out;
	int err;

	if (old == sa_id)
		return 0;
	if (sa_id != CHAN_NONE && sa_ref(t->sas, sa_id) != 0)
		return -ENOENT;
	rec->sa_out = sa_id;
	err = tunnel_publish(t, rec);
	if (err != 0) {
		rec->sa_out = old;
		old = sa_id;
	}
	if (old != CHAN_NONE)
		sa_unref(t->sas, old);
	return err;
}

int
tunnel_sa_out(struct tables *t, const struct chan_tun_sa_out *c, const char **field)
{
	struct tun_rec *rec;
	const struct sa *sa;
	int err;

	if (c->tun_id >= t->max_tunnels)
		return refuse(field, "tun_sa_out.tun_id", -EINVAL);
	rec = &t->tun_recs[c->tun_id];
	if (rec->cur == NULL)
		return refuse(field, "tun_sa_out.tun_id", -ENOENT);
	if (c->sa_id != CHAN_NONE) {
		if (c->sa_id >= t->max_sas)
			return refuse(field, "tun_sa_out.sa_id", -EINVAL);
		sa = sa_by_id(t->sas, c->sa_id);
		if (sa == NULL)
			return refuse(field, "tun_sa_out.sa_id", -ENOENT);
		if (sa->dir != CHAN_SA_OUT || sa->tun_id != c->tun_id || !sa_fits(sa, &rec->cfg))
			return refuse(field, "tun_sa_out.sa_id", -EINVAL);
	}
	err = tunnel_bind(t, rec, c->sa_id);
	return err != 0 ? refuse(field, "tun_sa_out.sa_id", err) : 0;
}

static void
tunnel_free_state(struct tables *t, void *p, uintptr_t arg)
{
	rte_free(p);
}

static void
tunnel_remove(struct tables *t, struct tun_rec *rec)
{
	struct tunnel *tun = rec->cur;

	tunnel_hash_leave(t, rec, &rec->cfg);
	tunnel_member_leave(t, &rec->cfg);
	__atomic_store_n(&t->tun_opts[tun->id], 0, __ATOMIC_RELAXED);
	__atomic_store_n(&t->tuns[tun->id], NULL, __ATOMIC_RELEASE);
	tunnel_unlink(t, rec);
	rec->cur = NULL;
	tunnel_count_more(t, tun, NULL);
	tables_free_later(t, tun);
	tables_defer(t, tunnel_free_state, rec->state, 0);
	rec->state = NULL;
	memset(RTE_PTR_ADD(t->env.stats, t->env.stats->tun_info_off +
			rec->cfg.tun_id * sizeof(struct chan_tun_info)), 0,
			sizeof(struct chan_tun_info));
	memset(&rec->cfg, 0, sizeof(rec->cfg));
}

int
tunnel_del(struct tables *t, uint32_t tun_id, const char **field)
{
	struct tun_rec *rec;

	if (tun_id >= t->max_tunnels)
		return refuse(field, "tun.tun_id", -EINVAL);
	rec = &t->tun_recs[tun_id];
	if (rec->cur == NULL)
		return 0;
	if (!LIST_EMPTY(&rec->nhs) || rec->n_sas != 0)
		return refuse(field, "tun.tun_id", -EBUSY);
	tunnel_remove(t, rec);
	return 0;
}

void
tunnel_sweep_sas(struct tables *t)
{
	for (uint32_t id = 0; id < t->max_tunnels; id++) {
		struct tun_rec *rec = &t->tun_recs[id];

		if (rec->cur == NULL || rec->sa_out == CHAN_NONE)
			continue;
		if (unnamed(t, rec->mark) || unnamed(t, t->sa_marks[rec->sa_out]))
			tunnel_bind(t, rec, CHAN_NONE);
	}
}

void
tunnel_sweep(struct tables *t)
{
	for (uint32_t id = 0; id < t->max_tunnels; id++) {
		struct tun_rec *rec = &t->tun_recs[id];

		if (rec->cur != NULL && unnamed(t, rec->mark) && LIST_EMPTY(&rec->nhs) &&
				rec->n_sas == 0)
			tunnel_remove(t, rec);
	}
}

void
tunnel_fini(struct tables *t)
{
	for (uint32_t id = 0; id < t->max_tunnels; id++) {
		rte_free(t->tun_recs[id].cur);
		rte_free(t->tun_recs[id].state);
	}
	rte_hash_free(t->tun_hash);
}
