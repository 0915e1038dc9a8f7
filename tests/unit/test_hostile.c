/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The promises of the packet path, held against everything at once: packets of every malformed kind
 * (hostile.h), a peer who has the keys and lies, two workers, and a control plane that rekeys,
 * installs, removes, moves, resyncs and goes away between the bursts. After each burst:
 *
 *   conservation   what came in went out, was punted, absorbed, dropped under a name, or is held;
 *                  and no buffer is lost
 *   no leak out    nothing for the protected tunnel's networks leaves in the clear
 *   no leak in     the protected tunnel has let in no more than its peer has sealed, and nothing a
 *                  second time
 *   no nonce twice and no sequence number, of any SA, on any worker; each worker's go upwards
 *   in order       what is sent has right lengths and checksums, outside, and inside of ESP as
 *                  esp_ref.c decrypts it
 *
 * In CI a few worlds. By hand: CULVERT_HOSTILE_SEED (the first), CULVERT_HOSTILE_WORLDS (how many),
 * CULVERT_HOSTILE_TELL (the drops by reason).
 */
#include <netinet/ip_icmp.h>
#include <stdlib.h>
#include <string.h>

#include <rte_esp.h>
#include <rte_udp.h>

#include "tests/unit/cu.h"
#include "tests/unit/esp_fixture.h"
#include "tests/unit/hostile.h"
#include "tests/unit/hostile_world.h"

#define BURSTS  150
#define WORLDS  24
#define L2_LEN  14
#define NONCES  (1u << 18)
#define NUMBERS (1u << 17) /* of usual packets */

static bool spoilt; /* strangers' packets may have become anything */

/* Packets that the peer has sealed, of which each may come in once. */
static uint64_t n_sealed;
static struct {
	uint8_t data[HOSTILE_MAX];
	uint16_t len; /* 0: nothing yet */
} overheard;          /* one of them, to be sent again */

static struct {
	uint64_t nonces[NONCES][2];
	uint8_t numbers[NUMBERS / 8];
	unsigned int n;
} seen;

static struct {
	uint64_t drops[CHAN_N_DROPS], punted[CHAN_N_CLASSES];
	uint64_t sent, opened, answers, in[3], out[3], worlds;
} total;

/* ---- what the peer seals -------------------------------------------------------------------- */

/* The payload of ESP by the mode, often well-formed; @return its length, @next what it is. */
static unsigned int
peer_payload(uint8_t *p, uint8_t *next)
{
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)p;
	unsigned int len;

	if (dp.protected_kind == CHAN_TUN_IPSEC) {
		*next = rnd(4) ? 4 : 41;
		return *next == 4 ? hostile_ip4(p) : hostile_ip6(p);
	}
	*next = hostile_world.mode == CHAN_SA_TUNNEL ? 4 : 47;
	if (*next == 47)
		return hostile_gre(p);
	len = sizeof(*ip) + hostile_gre(p + sizeof(*ip));
	*ip = (struct rte_ipv4_hdr){ .version_ihl = RTE_IPV4_VHL_DEF,
		.total_length = rte_cpu_to_be_16((uint16_t)len),
		.time_to_live = 64,
		.next_proto_id = IPPROTO_GRE,
		.src_addr = rte_cpu_to_be_32(rnd_one_in(20)             ? rnd_addr()
					     : hostile_world.inner != 0 ? hostile_world.inner
									: DP_PEER(2)),
		.dst_addr = rte_cpu_to_be_32(rnd_one_in(20)                   ? rnd_addr()
					     : hostile_world.inner_local != 0
							     ? hostile_world.inner_local
							     : DP_WAN_ADDR) };
	if (rnd_one_in(20))
		rnd_fill(p, 12);
	ip4_set_cksum(ip);
	return len;
}

/* ESP with a trailer that is right, or not; sequence numbers that go on, jump, or stand still. */
static unsigned int
seal(struct hostile_sa *l, uint8_t *esp)
{
	uint8_t payload[HOSTILE_ROOM], padding[256], iv[16], next;
	unsigned int len = peer_payload(payload, &next), pad;
	bool odd = rnd_one_in(10);
	uint64_t seq;

	len = RTE_MIN(len, 1300u);
	pad = ref_pad(hostile_world.alg, len);
	if (odd && rnd(2))
		pad += (256 - pad) / 16 * 16 * rnd(2);
	pad = RTE_MIN(pad, 255u);
	for (unsigned int i = 0; i < sizeof(padding); i++)
		padding[i] = (uint8_t)(i + 1);
	if (odd && rnd_one_in(3))
		rnd_fill(padding, sizeof(padding));
	l->last += rnd_one_in(10) ? 1 + rnd(300) : 1;
	seq = rnd_one_in(15) && l->last > 200 ? l->last - rnd(200) : l->last;
	rnd_fill(iv, sizeof(iv));
	n_sealed++;
	return ref_seal(&l->c, seq, iv, payload, len, padding, pad,
			(uint8_t)(odd && rnd(2) ? rnd(256) : pad),
			(uint8_t)(odd && rnd(2) ? rnd(256)
					: odd   ? 59
						: next),
			esp);
}

/* A frame from the peer, NULL: it has no SA. */
static struct rte_mbuf *
from_peer(void)
{
	struct hostile_sa *l = hostile_sa_some(hostile_in);
	uint8_t data[HOSTILE_ROOM];
	struct rte_udp_hdr udp = { .src_port = rte_cpu_to_be_16(HOSTILE_PEER_PORT),
		.dst_port = RTE_BE16(4500) };
	struct dp_pkt p = { .src = DP_PEER(2),
		.dst = DP_WAN_ADDR,
		.proto = IPPROTO_ESP,
		.tos = (uint8_t)(rnd(4) ? 0 : rnd(256)),
		.payload = data };
	unsigned int front;

	if (l == NULL)
		return NULL;
	front = l->c.remote_port != 0 || rnd_one_in(30) ? sizeof(udp) : 0;
	p.src = l->c.remote;
	if (l->c.remote_port != 0)
		udp.src_port = rte_cpu_to_be_16((uint16_t)(l->c.remote_port + rnd_one_in(20)));
	if (front != 0)
		p.proto = IPPROTO_UDP;
	p.payload_len = (uint16_t)(front + seal(l, data + front));
	udp.dgram_len = rte_cpu_to_be_16(p.payload_len);
	udp.dgram_cksum = (uint16_t)(rnd_one_in(8) ? rnd(65536) : 0);
	memcpy(data, &udp, front);
	return dp_frame(1, &p);
}

/* What was heard of the peer once, NULL if nothing was; then @m is what is heard. */
static struct rte_mbuf *
replayed(const struct rte_mbuf *m)
{
	struct rte_mbuf *old = overheard.len != 0 ? dp_raw(overheard.data, overheard.len) : NULL;

	overheard.len = m->data_len;
	memcpy(overheard.data, rte_pktmbuf_mtod(m, const void *), overheard.len);
	return old;
}

/* ---- checks --------------------------------------------------------------------------------- */

static bool
is_secret(uint32_t src, uint32_t dst)
{
	return dst >> 16 == (10 << 8 | 102) ||
	       (hostile_world.policies && src >> 16 == (10 << 8 | 1) &&
			       dst >> 8 == (203 << 16 | 0 << 8 | 113));
}

static bool
is_ip_secret(const struct rte_ipv4_hdr *ip)
{
	return is_secret(rte_be_to_cpu_32(ip->src_addr), rte_be_to_cpu_32(ip->dst_addr));
}

/* Is @nonce of SA @serial new? */
static bool
nonce_new(uint32_t serial, uint64_t nonce)
{
	uint64_t at = (nonce ^ (uint64_t)serial << 40) * UINT64_C(0x9e3779b97f4a7c15) >> 40;

	for (at %= NONCES; seen.nonces[at][0] != 0; at = (at + 1) % NONCES)
		if (seen.nonces[at][0] == serial && seen.nonces[at][1] == nonce)
			return false;
	seen.nonces[at][0] = serial;
	seen.nonces[at][1] = nonce;
	seen.n++;
	return true;
}

/* The number whose lower half is @lo, near the highest so far. */
static uint64_t
full_seq(const struct hostile_sa *l, uint32_t lo)
{
	uint64_t hi = l->last >> 32, best = 0;

	if (!l->c.esn)
		return lo;
	for (uint64_t h = hi == 0 ? 0 : hi - 1; h <= hi + 1; h++) {
		uint64_t s = h << 32 | lo;

		if (best == 0 || llabs((int64_t)(s - l->last)) < llabs((int64_t)(best - l->last)))
			best = s;
	}
	return best;
}

/* Has this packet, of those that have a number, been sent before? */
static bool
is_again(const struct rte_ipv4_hdr *ip, unsigned int len)
{
	uint32_t n = hostile_number(ip, len) % NUMBERS;
	bool again = (seen.numbers[n / 8] >> n % 8 & 1) != 0;

	if (n == 0 || spoilt)
		return false;
	seen.numbers[n / 8] |= (uint8_t)(1 << n % 8);
	return again;
}

/* Innermost, a packet as it was before it came to us. */
static const char *
wrong_inner(const struct rte_ipv4_hdr *ip, unsigned int len)
{
	return !dp_ip_ok(ip, len) ? "inner IPv4" : is_again(ip, len) ? "a second time" : NULL;
}

static const char *
wrong_gre_inside(const uint8_t *p, unsigned int len)
{
	unsigned int flags = (unsigned int)(p[0] << 8 | p[1]);
	unsigned int type = (unsigned int)(p[2] << 8 | p[3]);
	unsigned int at = 4 + (flags & 0x8000 ? 4 : 0) + (flags & 0x2000 ? 4 : 0) +
			  (flags & 0x1000 ? 4 : 0);

	if (len < at)
		return "GRE cut off";
	if (type == 0) {
		total.answers++;
		return NULL;
	}
	if ((flags & ~0xb000u) != 0)
		return "GRE flags";
	if (flags & 0x8000 && rte_raw_cksum(p, len) != 0xffff)
		return "GRE checksum";
	if (flags & 0x2000 && p[at - (flags & 0x1000 ? 5 : 1)] != DP_TUN_KEY)
		return "GRE key";
	if (type == 0x86dd)
		return len - at >= 40 && len - at == 40 + (unsigned int)(p[at + 4] << 8 | p[at + 5])
				       ? NULL
				       : "IPv6 in GRE";
	return type != 0x800 ? "type in GRE"
			     : wrong_inner((const struct rte_ipv4_hdr *)(p + at), len - at);
}

/* What came out of the reference's decryption: payload, padding, trailer. */
static const char *
wrong_inside(const uint8_t *p, unsigned int n)
{
	unsigned int pad = n >= 2 ? p[n - 2] : 256, next = n >= 2 ? p[n - 1] : 0, len;
	const struct rte_ipv4_hdr *ip = (const struct rte_ipv4_hdr *)p;

	if (pad + 2 > n)
		return "pad length";
	len = n - 2 - pad;
	for (unsigned int i = 0; i < pad; i++)
		if (p[len + i] != i + 1)
			return "padding";
	if (hostile_world.mode == CHAN_SA_TRANSPORT)
		return next != 47 || len < 4 ? "next header" : wrong_gre_inside(p, len);
	if (next == 41)
		return len >= 40 && len == 40 + (unsigned int)(p[4] << 8 | p[5]) ? NULL : "IPv6";
	if (next != 4)
		return "next header";
	if (dp.protected_kind == CHAN_TUN_IPSEC)
		return wrong_inner(ip, len);
	if (!dp_ip_ok(ip, len) || ip->next_proto_id != IPPROTO_GRE ||
			rte_be_to_cpu_32(ip->dst_addr) !=
					(hostile_world.inner != 0 ? hostile_world.inner
								  : DP_PEER(2)) ||
			rte_be_to_cpu_32(ip->src_addr) !=
					(hostile_world.inner_local != 0 ? hostile_world.inner_local
									: DP_WAN_ADDR))
		return "not GRE";
	return wrong_gre_inside(p + 20, len - 20);
}

static struct hostile_sa *
live_out(uint32_t spi)
{
	for (unsigned int k = 0; k < HOSTILE_SAS; k++)
		if (hostile_out[k].used && hostile_out[k].c.spi == spi)
			return &hostile_out[k];
	return NULL;
}

static const char *
wrong_esp(const uint8_t *esp, unsigned int len)
{
	uint8_t plain[2048];
	struct rte_esp_hdr hdr;
	struct hostile_sa *l;
	uint64_t seq, iv = 0;
	int n;

	if (len < 8 + 8)
		return "short ESP";
	memcpy(&hdr, esp, sizeof(hdr));
	l = live_out(rte_be_to_cpu_32(hdr.spi));
	if (l == NULL)
		return "an SPI that is not installed";
	seq = full_seq(l, rte_be_to_cpu_32(hdr.seq));
	if (seq <= l->by_worker[dp.w->id])
		return "sequence number goes back";
	l->by_worker[dp.w->id] = seq;
	l->last = RTE_MAX(l->last, seq);
	memcpy(&iv, esp + 8, sizeof(iv));
	if (!nonce_new(l->serial, seq) || !nonce_new(l->serial | 1u << 31, iv))
		return "number or IV twice";
	n = ref_open(&l->c, (uint32_t)(seq >> 32), esp, len, plain);
	if (n < 0)
		return "ICV";
	total.opened++;
	return wrong_inside(plain, (unsigned int)n);
}

/* GRE in the clear that we have made. */
static const char *
wrong_gre(const struct rte_ipv4_hdr *ip, unsigned int len)
{
	const uint8_t *p = (const uint8_t *)(ip + 1);
	unsigned int left = len - (unsigned int)sizeof(*ip), at;

	if (left < 4)
		return "GRE cut off";
	at = 4 + (p[0] & 0x80 ? 4 : 0) + (p[0] & 0x20 ? 4 : 0) + (p[0] & 0x10 ? 4 : 0);
	if (left >= at + 20 && p[2] == 8 && is_ip_secret((const struct rte_ipv4_hdr *)(p + at)))
		return "leak in GRE";
	return wrong_gre_inside(p, left);
}

static bool
is_ours(uint32_t addr)
{
	return addr == DP_LAN_ADDR || addr == DP_WAN_ADDR || addr == DP_VLAN_ADDR ||
	       addr >> 16 == (172 << 8 | 16);
}

static const char *
wrong_ip4(const struct rte_ipv4_hdr *ip, unsigned int len)
{
	bool frag = (ip->fragment_offset & RTE_BE16(0x3fff)) != 0, ours;
	unsigned int hdr_len = rte_ipv4_hdr_len(ip);
	const struct rte_udp_hdr *udp = (const struct rte_udp_hdr *)(ip + 1);

	if (!dp_ip_ok(ip, len))
		return "bad header";
	if (len > 1500)
		return "too long";
	if (is_ip_secret(ip))
		return "leak";
	if (is_again(ip, len))
		return "a second time";
	ours = is_ours(rte_be_to_cpu_32(ip->src_addr));
	if (!ours || frag)
		return NULL;
	if (ip->next_proto_id == IPPROTO_ESP)
		return wrong_esp((const uint8_t *)(ip + 1), len - 20);
	if (hostile_world.udp && ip->next_proto_id == IPPROTO_UDP && len > 28 &&
			udp->src_port == RTE_BE16(4500) &&
			(udp->dst_port == RTE_BE16(HOSTILE_PEER_PORT) ||
					udp->dst_port == RTE_BE16(777)))
		return udp->dgram_cksum != 0 || rte_be_to_cpu_16(udp->dgram_len) != len - 20
				       ? "UDP header"
				       : wrong_esp((const uint8_t *)(udp + 1), len - 28);
	if (ip->next_proto_id == IPPROTO_GRE && hdr_len == 20)
		return wrong_gre(ip, len);
	if (ip->next_proto_id == IPPROTO_ICMP && !spoilt &&
			rte_raw_cksum((const uint8_t *)ip + hdr_len, len - hdr_len) != 0xffff)
		return "ICMP checksum";
	return NULL;
}

static const char *
wrong_ip6(const struct rte_ipv6_hdr *ip, unsigned int len)
{
	struct ip6_prefix secret = { .addr = d6_addr("2001:db8:102::"), .len = 48 };

	if (len < sizeof(*ip) || rte_be_to_cpu_16(ip->payload_len) + sizeof(*ip) != len ||
			ip->hop_limits == 0)
		return "bad IPv6 header";
	if (len > 1500)
		return "IPv6 too long";
	return ip6_prefix_contains(&secret, ip6_dst(ip)) ? "IPv6 leak" : NULL;
}

static const char *
wrong_frame(const struct rte_mbuf *m)
{
	const uint8_t *d = rte_pktmbuf_mtod(m, const uint8_t *);
	unsigned int l2 = d[12] == 0x81 ? 18 : 14;

	if (m->nb_segs != 1 || m->pkt_len != m->data_len || m->data_len < l2 + 20u)
		return "segments";
	if (d[l2 - 2] == 0x86 && d[l2 - 1] == 0xdd)
		return wrong_ip6((const struct rte_ipv6_hdr *)(d + l2), m->data_len - l2);
	return wrong_ip4((const struct rte_ipv4_hdr *)(d + l2), m->data_len - l2);
}

static unsigned int
n_wrong(void)
{
	unsigned int bad = 0;

	for (unsigned int i = 0; i < dp.n_out; i++) {
		const struct rte_ipv4_hdr *ip = dp_out_ip(i);
		const char *what = wrong_frame(dp.out[i].m);

		if (what == NULL)
			continue;
		printf("\n    sent: %s, from %08x to %08x, protocol %u, length %u", what,
				rte_be_to_cpu_32(ip->src_addr), rte_be_to_cpu_32(ip->dst_addr),
				ip->next_proto_id, dp.out[i].m->data_len);
		bad++;
	}
	total.sent += dp.n_out;
	return bad;
}

/* More than the peer has sealed? */
static bool
lets_in_too_much(void)
{
	uint64_t n = 0;

	for (unsigned int i = 0; i < dp.n_workers; i++)
		n += dp.workers[i]->tun_stats[2].in_packets;
	return n > n_sealed;
}

/* ---- the run -------------------------------------------------------------------------------- */

static uint16_t
fill(struct rte_mbuf **m, uint16_t port, uint16_t want)
{
	uint16_t n = 0;

	while (n < want) {
		struct rte_mbuf *p = port == 1 && rnd(2) ? from_peer() : NULL, *old = NULL;
		unsigned int k = 0;

		if (p != NULL && rnd_one_in(6))
			old = rnd(2) ? replayed(p)
				     : dp_raw(rte_pktmbuf_mtod(p, void *), p->data_len);
		if (p == NULL)
			p = hostile_frame(port);
		if (rnd_one_in(10))
			k = hostile_pieces(p, port, m + n, RTE_MIN(want - n, 12));
		if (k == 0) {
			if (spoilt && rnd_one_in(3))
				hostile_spoil(p);
			m[n] = hostile_shape(p);
			k = 1;
		}
		n = (uint16_t)(n + k);
		if (old != NULL && n < want)
			m[n++] = old;
		else
			rte_pktmbuf_free(old);
	}
	return n;
}

/* May the control plane send this packet anywhere? What is secret it might send in the clear. */
static bool
may_inject(const struct rte_mbuf *m)
{
	const struct rte_ipv4_hdr *ip =
			rte_pktmbuf_mtod_offset(m, const struct rte_ipv4_hdr *, L2_LEN);

	return m->data_len > L2_LEN + sizeof(*ip) && m->data_len < CHAN_PKT_DATA &&
	       ip->version_ihl == RTE_IPV4_VHL_DEF && !is_ip_secret(ip);
}

static void
inject(void)
{
	struct rte_mbuf *m = hostile_frame(0);
	const uint8_t *d = rte_pktmbuf_mtod(m, const uint8_t *);
	uint8_t mode = (uint8_t)rnd(4);

	dp_use(0);
	if (dp.rings != NULL && may_inject(m))
		dp_inject((enum chan_inject_mode)mode, rnd(6), mode == 0 ? d : d + L2_LEN,
				(uint16_t)(m->data_len - (mode == 0 ? 0 : L2_LEN)));
	rte_pktmbuf_free(m);
	path_inject(dp.w, 1 + rnd(64));
	dp_flush();
}

/* Fragments for each other; what waits, for its time or its neighbour. @return what was wrong. */
static unsigned int
settle(void)
{
	unsigned int wrong = 0;

	for (unsigned int i = 0; i < dp.n_workers; i++) {
		dp_use(i);
		while (path_handover(dp.w) != 0)
			dp_flush();
		dp_clock(rnd_one_in(20));
		dp_tick();
		dp_clock(false);
		wrong += n_wrong();
		dp_clear();
	}
	return wrong;
}

static void
take_punted(void)
{
	for (unsigned int k = 0; dp.rings != NULL && k < CHAN_N_CLASSES; k++)
		while (dp_punted((enum chan_class)k))
			CU_ASSERT_TRUE(dp.punted.len <= CHAN_PKT_DATA);
}

/* One burst. @return whether a promise was broken. */
static bool
one_burst(unsigned int b)
{
	struct rte_mbuf *m[BURST_MAX];
	uint16_t port = (uint16_t)(rnd(3) != 0), n = (uint16_t)(1 + rnd(BURST_MAX));
	unsigned int wrong = 0;

	spoilt = b >= BURSTS / 2;
	n = fill(m, port, n);
	dp_use(rnd(dp.n_workers));
	dp_run(port, m, n);
	wrong += n_wrong();
	dp_clear();
	wrong += settle();
	if (rnd_one_in(4))
		inject();
	dp_clear(); /* what the control plane sends is its own affair */
	wrong += settle();
	if (rnd_one_in(3))
		hostile_change();
	if (rnd_one_in(8))
		tables_tick(dp.t, b);
	if (rnd_one_in(3))
		take_punted();
	if (!dp_conserves())
		return true;
	return wrong != 0 || lets_in_too_much();
}

/* A world of its own, and nothing known of it. */
static void
begin(uint64_t seed)
{
	memset(&seen, 0, sizeof(seen));
	n_sealed = 0;
	overheard.len = 0;
	hostile_world_new(seed);
}

/* Everything out, and nothing lost. */
static bool
end_world(void)
{
	bool ok;

	for (unsigned int k = 0; k < CHAN_N_DROPS; k++)
		total.drops[k] += dp_drops((enum chan_drop)k);
	for (unsigned int i = 0; i < dp.n_workers; i++) {
		for (unsigned int k = 0; k < CHAN_N_CLASSES; k++)
			total.punted[k] += dp.workers[i]->stats->punted[k];
		for (unsigned int k = 0; k < 3; k++) {
			total.in[k] += dp.workers[i]->tun_stats[k].in_packets;
			total.out[k] += dp.workers[i]->tun_stats[k].out_packets;
		}
		dp_use(i);
		dp_clock(true);
		while (dp.w->stats->held != 0)
			dp_tick();
		dp_clock(false);
	}
	dp_clear();
	ok = dp_conserves();
	total.worlds++;
	return dp_close() == 0 && ok;
}

static uint64_t
setting(const char *name, uint64_t otherwise)
{
	const char *s = getenv(name);

	return s != NULL ? strtoull(s, NULL, 10) : otherwise;
}

static void
every_promise_holds(void)
{
	uint64_t first = setting("CULVERT_HOSTILE_SEED", 1);
	uint64_t n = setting("CULVERT_HOSTILE_WORLDS", WORLDS);
	bool tell = getenv("CULVERT_HOSTILE_TELL") != NULL;
	unsigned int reasons = 0, classes = 0;

	for (uint64_t seed = first; seed < first + n; seed++) {
		bool broken = false;

		begin(seed);
		for (unsigned int b = 0; b < BURSTS && !broken; b++) {
			broken = one_burst(b);
			if (broken)
				printf("\n    world %lu, burst %u, mode %u, kind %u, udp %d, esn "
				       "%u, "
				       "%s, workers %u",
						(unsigned long)seed, b, hostile_world.mode,
						dp.protected_kind, hostile_world.udp,
						hostile_world.esn,
						chan_esp_alg_str(hostile_world.alg), dp.n_workers);
		}
		CU_ASSERT_FALSE(broken);
		CU_ASSERT_TRUE(end_world());
	}
	for (unsigned int k = 0; k < CHAN_N_DROPS; k++)
		reasons += total.drops[k] != 0;
	for (unsigned int k = 0; k < CHAN_N_CLASSES; k++)
		classes += total.punted[k] != 0;
	printf("%lu worlds, %lu sent, %lu decrypted, %lu answers, %u drop reasons, %u classes ... ",
			(unsigned long)total.worlds, (unsigned long)total.sent,
			(unsigned long)total.opened, (unsigned long)total.answers, reasons,
			classes);
	for (unsigned int k = 0; tell && k < CHAN_N_DROPS; k++)
		printf("\n    %-24s %lu", chan_drop_str((enum chan_drop)k),
				(unsigned long)total.drops[k]);
	/* The packets have been everywhere they are meant to go. */
	if (n < WORLDS)
		return;
	CU_ASSERT_TRUE(reasons >= 55 && classes >= 6);
	CU_ASSERT_TRUE(total.opened > 1000 && total.answers > 10);
	for (unsigned int k = 0; k < 3; k++)
		CU_ASSERT_TRUE(total.in[k] > 30 && total.out[k] > 500);
}

static const struct cu_case cases[] = {
	CU_CASE(every_promise_holds),
};

int
main(void)
{
	dp_eal();
	return cu_run("hostile", cases, RTE_DIM(cases));
}
