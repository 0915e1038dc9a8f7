/* SPDX-License-Identifier: BSD-3-Clause */
/* IPv6 for the world without ports. See dp6_fixture.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_udp.h>

#include "tests/unit/dp6_fixture.h"

static const uint8_t port_macs[2][6] = { { 2, 0, 0, 0, 0, 1 }, { 2, 0, 0, 0, 0, 2 } };
static const uint8_t lan_host_mac[6] = { 2, 0, 0, 0, 1, 10 };
static const uint8_t vlan_host_mac[6] = { 2, 0, 0, 0, 2, 10 };
static const uint8_t gw_mac[6] = { 2, 0, 0, 0, 3, 254 };

static void
must(bool ok, const char *what)
{
	if (!ok) {
		fprintf(stderr, "fixture: %s failed (field %s)\n", what,
				dp.field != NULL ? dp.field : "-");
		exit(2);
	}
}

struct ip6_addr
d6_addr(const char *s)
{
	struct ip6_addr a;

	must(ip6_parse(s, &a) == 0, s);
	return a;
}

static void
put_addr(uint8_t to[16], const char *s)
{
	struct ip6_addr a = d6_addr(s);

	memcpy(to, &a, sizeof(a));
}

/* ---- the world ------------------------------------------------------------------------------ */

struct chan_if
d6_if(uint32_t if_id)
{
	struct chan_if c = dp_if(if_id);

	put_addr(c.addrs6[0], if_id == DP_IF_LAN ? D6_LAN_LINK : if_id == DP_IF_WAN ? D6_WAN_ADDR :
			D6_VLAN_ADDR);
	c.addr_lens6[0] = 64;
	c.n_addrs6 = 1;
	if (if_id == DP_IF_LAN) {
		put_addr(c.addrs6[1], D6_LAN_ADDR);
		c.addr_lens6[1] = 64;
		c.n_addrs6 = 2;
	}
	return c;
}

struct chan_nh
d6_nh(uint32_t nh_id)
{
	static const struct {
		uint32_t if_id;
		const char *gw;
		const uint8_t *mac;
	} adj[] = {
		{ DP_IF_LAN, D6_LAN_HOST, lan_host_mac },
		{ DP_IF_VLAN, D6_VLAN_HOST, vlan_host_mac },
		{ DP_IF_WAN, "2001:db8:f::fe", gw_mac },
		{ DP_IF_WAN, "2001:db8:f::fd", NULL },
	};
	unsigned int k = nh_id - D6_NH_LAN_HOST;
	struct chan_nh c = { .nh_id = nh_id, .type = CHAN_NH_ADJ, .if_id = adj[k].if_id,
		.resolved = adj[k].mac != NULL };

	put_addr(c.gw6, adj[k].gw);
	if (adj[k].mac != NULL)
		memcpy(c.mac, adj[k].mac, 6);
	return c;
}

static struct chan_route6
route6(const char *prefix, uint32_t nh_id)
{
	struct chan_route6 c = { .id = nh_id };
	struct ip6_prefix p;

	must(ip6_prefix_parse(prefix, &p) == 0, prefix);
	memcpy(c.prefix, &p.addr, sizeof(c.prefix));
	c.len = p.len;
	return c;
}

int
d6_route(const char *prefix, uint32_t nh_id)
{
	struct chan_route6 c = route6(prefix, nh_id);

	return DP_APPLY(CHAN_CMD_ROUTE6_SET, c);
}

int
d6_unroute(const char *prefix)
{
	struct chan_route6 c = route6(prefix, 0);

	return DP_APPLY(CHAN_CMD_ROUTE6_DEL, c);
}

void
d6_world(void)
{
	static const struct {
		const char *prefix;
		uint32_t nh;
	} routes[] = {
		{ "::/0", D6_NH_GW },
		{ "2001:db8:1::/64", DP_NH_LAN },
		{ D6_LAN_ADDR "/128", DP_NH_LOCAL },
		{ D6_LAN_HOST "/128", D6_NH_LAN_HOST },
		{ "2001:db8:2::/64", DP_NH_VLAN },
		{ D6_VLAN_ADDR "/128", DP_NH_LOCAL },
		{ D6_VLAN_HOST "/128", D6_NH_VLAN_HOST },
		{ "2001:db8:f::/64", DP_NH_WAN },
		{ D6_WAN_ADDR "/128", DP_NH_LOCAL },
		{ "2001:db8:f::fe/128", D6_NH_GW },
		{ "2001:db8:9::/48", DP_NH_NULL },
		{ "2001:db8:20::/48", D6_NH_WAIT },
		{ "2001:db8:100::/48", DP_NH_TUN0 },
		{ "2001:db8:101::/48", DP_NH_TUN1 },
		{ "2001:db8:102::/48", DP_NH_TUN2 },
		{ "2001:db8:103::/48", DP_NH_TUN3 },
	};

	dp_world();
	for (uint32_t id = 0; id <= DP_IF_VLAN; id++) {
		struct chan_if c = d6_if(id);

		must(DP_APPLY(CHAN_CMD_IF_SET, c) == 0, "IF_SET");
	}
	for (uint32_t id = D6_NH_LAN_HOST; id < D6_NH_FREE; id++) {
		struct chan_nh c = d6_nh(id);

		must(DP_APPLY(CHAN_CMD_NH_SET, c) == 0, "NH_SET");
	}
	for (unsigned int i = 0; i < RTE_DIM(routes); i++)
		must(d6_route(routes[i].prefix, routes[i].nh) == 0, "ROUTE6_SET");
}

/* ---- packets -------------------------------------------------------------------------------- */

uint16_t
d6_icmp_sum(const struct rte_ipv6_hdr *ip, const void *icmp, unsigned int len)
{
	uint32_t sum = rte_raw_cksum(ip->src_addr, 32);

	sum += rte_raw_cksum(icmp, len);
	sum += rte_cpu_to_be_16((uint16_t)len) + RTE_BE16(IP6_ICMP);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)(sum + (sum >> 16));
}

static uint8_t *
put_l2(uint8_t *p, uint16_t port, const struct d6_pkt *d, const struct ip6_addr *dst)
{
	static const uint8_t src[6] = { 2, 0, 0, 0, 9, 9 };

	memcpy(p, d->dst_mac != NULL ? d->dst_mac : port_macs[port], 6);
	if (d->dst_mac == NULL && ip6_is_multicast(dst))
		ip6_multicast_mac(dst, p);
	memcpy(p + 6, src, 6);
	p += 12;
	if (d->vlan != 0) {
		*p++ = 0x81;
		*p++ = 0x00;
		*p++ = (uint8_t)(d->vlan >> 8);
		*p++ = (uint8_t)d->vlan;
	}
	*p++ = 0x86;
	*p++ = 0xdd;
	return p;
}

static void
put_payload(struct rte_ipv6_hdr *ip, const struct d6_pkt *d, unsigned int len)
{
	struct rte_udp_hdr udp = { .src_port = rte_cpu_to_be_16(d->sport != 0 ? d->sport : 1000),
		.dst_port = rte_cpu_to_be_16(d->dport != 0 ? d->dport : 2000),
		.dgram_len = rte_cpu_to_be_16((uint16_t)len) };
	uint8_t *p = (uint8_t *)(ip + 1);

	for (unsigned int i = 0; i < len; i++)
		p[i] = (uint8_t)(i * 7 + 1);
	if (d->payload != NULL)
		memcpy(p, d->payload, RTE_MIN(len, d->payload_len));
	else if (ip->proto == IPPROTO_UDP && len >= sizeof(udp))
		memcpy(p, &udp, sizeof(udp));
	if (d->payload != NULL && ip->proto == IP6_ICMP && len >= 8) {
		uint16_t sum;

		p[2] = p[3] = 0;
		sum = (uint16_t)~d6_icmp_sum(ip, p, len);
		memcpy(p + 2, &sum, sizeof(sum));
	}
}

struct rte_mbuf *
d6_frame(uint16_t port, const struct d6_pkt *d)
{
	unsigned int len = d->len != 0 ? d->len :
			d->payload != NULL ? sizeof(struct rte_ipv6_hdr) + d->payload_len : 80;
	unsigned int payload = len - (unsigned int)sizeof(struct rte_ipv6_hdr);
	struct ip6_addr dst = d6_addr(d->dst != NULL ? d->dst : D6_FAR);
	struct rte_ipv6_hdr *ip;
	uint8_t buf[4096], *p = put_l2(buf, port, d, &dst);

	ip = (struct rte_ipv6_hdr *)p;
	*ip = (struct rte_ipv6_hdr){
		.vtc_flow = rte_cpu_to_be_32(6u << 28 | (uint32_t)d->tc << 20 | 0x12345),
		.payload_len = rte_cpu_to_be_16((uint16_t)payload),
		.proto = d->proto != 0 || d->hop_by_hop ? d->proto : IPPROTO_UDP,
		.hop_limits = d->hops != 0 ? d->hops : 64,
	};
	put_addr(ip->src_addr, d->src != NULL ? d->src : D6_LAN_HOST);
	memcpy(ip->dst_addr, &dst, sizeof(dst));
	put_payload(ip, d, payload);
	return dp_raw(buf, (uint16_t)(p - buf + len));
}

void
d6_send(uint16_t port, const struct d6_pkt *p)
{
	dp_run1(port, d6_frame(port, p));
}

struct rte_ipv6_hdr *
d6_out(unsigned int i)
{
	uint8_t *p = rte_pktmbuf_mtod(dp.out[i].m, uint8_t *);
	unsigned int l2_len = p[12] == 0x81 ? 18 : 14;
	struct rte_ipv6_hdr *ip = (struct rte_ipv6_hdr *)(p + l2_len);

	must(i < dp.n_out && p[l2_len - 2] == 0x86 && p[l2_len - 1] == 0xdd &&
			dp.out[i].m->data_len >= l2_len + sizeof(*ip) &&
			rte_be_to_cpu_16(ip->payload_len) + l2_len + sizeof(*ip) ==
			dp.out[i].m->data_len && rte_be_to_cpu_32(ip->vtc_flow) >> 28 == 6,
			"a well-formed IPv6 frame");
	return ip;
}

bool
d6_is_addr(const uint8_t a[16], const char *s)
{
	struct ip6_addr want = d6_addr(s);

	return memcmp(a, &want, sizeof(want)) == 0;
}

bool
d6_icmp_is(uint8_t type, uint8_t code, uint32_t arg, const char *src, const char *dst)
{
	const struct rte_ipv6_hdr *ip;
	const struct icmp6_hdr *icmp;
	uint16_t len;

	if (dp.n_out != 1)
		return false;
	ip = d6_out(0);
	icmp = (const struct icmp6_hdr *)(ip + 1);
	len = rte_be_to_cpu_16(ip->payload_len);
	return ip->proto == IP6_ICMP && d6_is_addr(ip->src_addr, src) &&
			d6_is_addr(ip->dst_addr, dst) && icmp->type == type && icmp->code == code &&
			icmp->arg == rte_cpu_to_be_32(arg) &&
			d6_icmp_sum(ip, icmp, len) == 0xffff && len + sizeof(*ip) <= IP6_MIN_MTU;
}
