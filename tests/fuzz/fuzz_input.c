/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fuzz the dataplane's input path in the world of the unit tests: interfaces, routes, a plain, a
 * keyed and a protected tunnel with SAs, an attached control plane. An input is a list of records
 *
 *     kind (1)  arg (1)  length (2, big-endian)  bytes
 *
 * and each kind hands its bytes to another depth of the path, so that checksums and ciphers do
 * not keep the fuzzer out. After each input every packet must be accounted for, every sent one
 * must have a right header, and the protected tunnel must not have let in more than its SA has.
 */
#include <string.h>

#include "common/wire.h"
#include "dataplane/nodes/ip4.h"
#include "tests/fuzz/fuzz_dp.h"
#include "tests/unit/dp_fixture.h"

#define MAX_RECORD 2500

enum kind {
	KIND_FRAME,  /* a frame as it is */
	KIND_IP,     /* an IPv4 packet: Ethernet header in front, checksum made right */
	KIND_GRE,    /* GRE from a peer in the clear */
	KIND_INNER,  /* IPv4 in GRE from a peer, its checksum made right */
	KIND_ESP,    /* what the peer of the protected tunnel encrypts behind its GRE header */
	KIND_ESP_IP, /* the same, an IPv4 packet with its checksum made right */
	KIND_CIPHER, /* such a packet, these bytes laid over what is on the wire */
	KIND_INJECT,
	KIND_TICK,
	N_KINDS
};

static void
fix_ip(uint8_t *p, size_t len)
{
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)p;
	size_t hdr_len = len >= sizeof(*ip) ? rte_ipv4_hdr_len(ip) : 0;

	if (hdr_len < sizeof(*ip) || hdr_len > len)
		return;
	if (ip->total_length == 0)
		ip->total_length = rte_cpu_to_be_16((uint16_t)len);
	ip->hdr_checksum = 0;
	ip->hdr_checksum = (uint16_t)~rte_raw_cksum(ip, hdr_len);
}

static void
run_ip(uint16_t port, uint8_t *ip, size_t len)
{
	struct dp_pkt none = { .len = 20 };
	struct rte_mbuf *m = dp_frame(port, &none);
	uint8_t *p;

	rte_pktmbuf_trim(m, 20);
	p = (uint8_t *)rte_pktmbuf_append(m, (uint16_t)len);
	memcpy(p, ip, len);
	fix_ip(p, len);
	dp_run1(port, m);
}

static void
run_gre(uint8_t arg, const uint8_t *gre, size_t len)
{
	struct dp_pkt p = { .src = DP_PEER(arg & 3), .dst = DP_WAN_ADDR, .proto = IPPROTO_GRE,
		.tos = arg >> 6, .payload = gre, .payload_len = (uint16_t)len };

	dp_send(1, &p);
}

/* The peer's packet with @data behind its GRE header, NULL if it cannot send that. */
static struct rte_mbuf *
encrypt(const uint8_t *data, size_t len)
{
	struct tunnel *peer = dp.t->tuns[3];
	struct rte_mbuf *m = dp_raw(data, (uint16_t)len);
	unsigned int before = dp.n_out;

	/* Put past the first nodes, which would want a packet in order. */
	pkt_meta_ours(m);
	dp.w->stats->injected++;
	pktvec_add(&dp.w->gre_encap, m, peer);
	path_drain(dp.w);
	dp_flush();
	if (dp.n_out != before + 1)
		return NULL;
	return dp_turn(dp.out[--dp.n_out].m);
}

static void
run_esp(const uint8_t *data, size_t len, const uint8_t *over, size_t over_len)
{
	struct rte_mbuf *m = len >= 8 && len <= 1300 ? encrypt(data, len) : NULL;

	if (m == NULL)
		return;
	for (size_t i = 0; i < over_len && i + 14 < m->data_len; i++)
		rte_pktmbuf_mtod(m, uint8_t *)[14 + i] ^= over[i];
	dp_run1(1, m);
}

static void
run_inject(uint8_t arg, const uint8_t *data, size_t len)
{
	dp_inject((enum chan_inject_mode)(arg & 3), arg >> 2, data,
			(uint16_t)RTE_MIN(len, (size_t)CHAN_PKT_DATA + 3));
	path_inject(dp.w, BURST_MAX);
	dp_flush();
}

static void
run_record(uint8_t kind, uint8_t arg, const uint8_t *data, size_t len)
{
	static const uint8_t plain[64] = { 0x45, 0, 0, 64 };
	uint8_t buf[MAX_RECORD + 4] = { arg & 0x30 ? 0x20 : 0, 0, 8, 0 };

	memcpy(buf + 4, data, len);
	switch ((enum kind)(kind % N_KINDS)) {
	case KIND_FRAME:
		dp_run1(arg & 1, dp_raw(data, (uint16_t)len));
		break;
	case KIND_IP:
		run_ip(arg & 1, buf + 4, len);
		break;
	case KIND_GRE:
		run_gre(arg, data, len);
		break;
	case KIND_INNER:
		fix_ip(buf + 4, len);
		run_gre(arg, buf, len + 4);
		break;
	case KIND_ESP:
		run_esp(data, len, NULL, 0);
		break;
	case KIND_ESP_IP:
		fix_ip(buf + 4, len);
		run_esp(buf + 4, len, NULL, 0);
		break;
	case KIND_CIPHER:
		run_esp(plain, sizeof(plain), data, len);
		break;
	case KIND_INJECT:
		run_inject(arg, data, len);
		break;
	case KIND_TICK:
		dp_clock(arg & 1);
		dp_tick();
		dp_clock(false);
		break;
	case N_KINDS:
		break;
	}
}

/* Frames that the control plane injects may be anything; the rest is IPv4 and in order. */
static void
check_sent(bool may_be_anything)
{
	for (unsigned int i = 0; i < dp.n_out && !may_be_anything; i++) {
		const struct rte_ipv4_hdr *ip = dp_out_ip(i);
		size_t off = (size_t)((const char *)ip -
				rte_pktmbuf_mtod(dp.out[i].m, const char *));

		check(dp_ip_ok(ip, (unsigned int)(dp.out[i].m->data_len - off)), "sent header");
		check(dp.out[i].m->data_len - off <= 1500, "sent length");
	}
}

static void
world(void)
{
	dp_world();
	dp_world_sas();
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	fuzz_dp_open(&FUZZ_DP_PARAM, world);
	return 0;
}

/* What has happened since @before, as counted. */
static void
tell_reached(const struct chan_worker_stats *before, uint64_t decrypted)
{
	const struct chan_worker_stats *s = dp.w->stats;

	for (unsigned int i = 0; i < CHAN_N_DROPS; i++)
		if (s->drops[i] != before->drops[i])
			fuzz_reached(chan_drop_str(i));
	for (unsigned int i = 0; i < CHAN_N_CLASSES; i++)
		if (s->punted[i] != before->punted[i])
			fuzz_reached(chan_class_str(i));
	if (s->tx != before->tx)
		fuzz_reached("sent");
	if (s->held != before->held)
		fuzz_reached("held");
	if (s->injected != before->injected)
		fuzz_reached("injected");
	if (dp.w->sa_stats[DP_SA_IN].packets != decrypted)
		fuzz_reached("decrypted");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rd r = rd_init(data, size);
	struct chan_worker_stats before = *dp.w->stats;
	uint64_t decrypted = dp.w->sa_stats[DP_SA_IN].packets;

	for (unsigned int n = 0; n < 32 && rd_left(&r) >= 4; n++) {
		uint8_t kind = rd_u8(&r), arg = rd_u8(&r);
		size_t len = RTE_MIN((size_t)rd_be16(&r), RTE_MIN(rd_left(&r), (size_t)MAX_RECORD));

		run_record(kind, arg, rd_bytes(&r, len), len);
		check_sent(kind % N_KINDS == KIND_INJECT);
		dp_clear();
	}
	fuzz_dp_take_punted();
	check(dp.w->tun_stats[2].in_packets <= dp.w->sa_stats[DP_SA_IN].packets, "leak in");
	check(dp_conserves(), "conservation");
	tell_reached(&before, decrypted);
	fuzz_dp_drain();
	return 0;
}
