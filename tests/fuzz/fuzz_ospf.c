/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * OSPF packets of every type, one after the other, into a router with a LAN and a link. A packet
 * of the input is two bytes of length, one that says where and how it comes, and OSPF from the
 * type on; what a sender has to get right to be heard at all (version, lengths, area, checksums,
 * also of LSAs) is put right, so that the rest is reached.
 */
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/ospf_proto.h"
#include "tests/fuzz/fuzz.h"

#define TYPE_AT 1
#define MAX_PKT 2048

static void
on_send(void *ctx, struct ospf_if *ifp, uint32_t dst, const uint8_t *pkt, size_t len)
{
	if (len < OSPF_HDR_LEN || len > OSPF_PKT_MAX)
		abort();
}

static uint64_t
on_wall(void *ctx)
{
	return 1700000000;
}

static void
on_trace(void *ctx, const struct ospf_trace *t)
{
	if (t->text[0] == '\0')
		abort();
	if (!t->out)
		fuzz_reached(t->text);
}

static void
on_log(void *ctx, enum log_level level, const char *line)
{
	fuzz_reached(line);
}

static struct ospf *
router(struct ospf_if **ifs)
{
	struct ospf_ops ops = { .send = on_send, .wall_s = on_wall, .trace = on_trace,
		.log = on_log };
	struct ospf *o = ospf_new(&ops, 1, 1000000);
	struct ospf_if_cfg c;
	struct ospf_cfg cfg;

	memset(&cfg, 0, sizeof(cfg));
	cfg.router_id = 0x0a000005;
	cfg.lsa_hold_ms = 1000;
	cfg.lsa_max_ms = 5000;
	cfg.opaque = cfg.gr_helper = true;
	ospf_set(o, &cfg, 1000000);
	ospf_trace_on(o, OSPF_TRACE_ALL);
	memset(&c, 0, sizeof(c));
	c.mtu = 1500;
	c.cost = 10;
	c.priority = 1;
	c.hello_ms = 1000;
	c.dead_ms = 4000;
	c.rxmt_ms = 5000;
	c.transmit_delay_s = 1;
	for (uint32_t i = 0; i < 2; i++) {
		c.user = i + 1;
		c.type = i == 0 ? OSPF_IF_BROADCAST : OSPF_IF_P2P;
		c.addr = (struct ip4_prefix){ .addr = 0x0a010005 + (i << 16), .len = 24 };
		ifs[i] = ospf_if_set(o, &c, true, 1000000);
	}
	return o;
}

/* As many LSAs as there are. @return where they end. */
static size_t
lsas_put_right(uint8_t *p, size_t len)
{
	size_t at = OSPF_HDR_LEN + 4;
	uint8_t n_lsas = 0;

	while (at + OSPF_LSA_HDR_LEN <= len && n_lsas < UINT8_MAX) {
		size_t n = (size_t)(p[at + 18] << 8 | p[at + 19]);

		if (n < OSPF_LSA_HDR_LEN || n > len - at)
			break;
		ospf_lsa_cksum_set(p + at, n);
		at += n;
		n_lsas++;
	}
	if (at > len)
		return len;
	memset(p + OSPF_HDR_LEN, 0, 3);
	p[OSPF_HDR_LEN + 3] = n_lsas;
	return at;
}

/* The longest packet of this type that is not longer. */
static size_t
len_put_right(uint8_t *p, size_t len)
{
	static const struct {
		size_t head, item;
	} parts[OSPF_N_PKTS] = {
		[OSPF_PKT_HELLO] = { OSPF_HELLO_LEN, 4 },
		[OSPF_PKT_DD] = { OSPF_DD_LEN, OSPF_LSA_HDR_LEN },
		[OSPF_PKT_LSR] = { 0, OSPF_LSR_ITEM },
		[OSPF_PKT_LSACK] = { 0, OSPF_LSA_HDR_LEN },
	};
	uint8_t type = p[TYPE_AT];
	size_t head;

	if (type == OSPF_PKT_LSU)
		return lsas_put_right(p, len);
	if (type >= OSPF_N_PKTS || parts[type].item == 0)
		return len;
	head = OSPF_HDR_LEN + parts[type].head;
	return len < head ? len : len - (len - head) % parts[type].item;
}

static size_t
put_right(uint8_t *p, size_t len)
{
	uint16_t sum;

	len = len_put_right(p, len);
	p[0] = OSPF_VERSION;
	p[2] = (uint8_t)(len >> 8);
	p[3] = (uint8_t)len;
	memset(p + 8, 0, OSPF_HDR_LEN - 8);
	sum = inet_sum_fold(inet_sum(p, len, 0));
	memcpy(p + 12, &sum, sizeof(sum));
	return len;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ospf_if *ifs[2];
	struct ospf *o = router(ifs);
	struct rd r = rd_init(data, size);
	uint64_t now_ms = 1000000;

	while (rd_left(&r) > 3) {
		size_t want = rd_be16(&r) % MAX_PKT;
		uint8_t how = rd_u8(&r), *pkt;
		size_t len = want < rd_left(&r) ? want : rd_left(&r);
		const uint8_t *p = rd_bytes(&r, len);

		now_ms += how & 0x80 ? 5000 : 10;
		pkt = malloc(len + 1);
		memcpy(pkt, p, len);
		if (len >= OSPF_HDR_LEN && !(how & 0x40))
			len = put_right(pkt, len);
		ospf_input(o, ifs[how & 1], 0x0a010001 + ((uint32_t)(how & 1) << 16) +
				(how >> 1 & 3), how & 8 ? OSPF_ALL_DRS : OSPF_ALL_ROUTERS, pkt, len,
				now_ms);
		free(pkt);
	}
	ospf_tick(o, now_ms + 4000000);
	ospf_free(o);
	return 0;
}
