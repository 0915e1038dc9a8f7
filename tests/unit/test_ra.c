/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Router advertisements: bytes by RFC 4861 section 4.2, solicitations by section 6.1.1, when a
 * sender speaks (sections 6.2.4 to 6.2.6).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/inet.h"
#include "controlplane/nd/nd_wire.h"
#include "controlplane/ra/ra.h"
#include "cu.h"

static const struct ip6_addr host = { { 0xfe, 0x80, [15] = 9 } };

static struct ra_engine *engine;
static uint64_t now;
static unsigned int n_sent;
static uint64_t sent_at[64];
static uint8_t last[RA_FRAME_LEN];
static size_t last_len;
static uint32_t last_if;

static void
on_send(void *ctx, uint32_t if_id, const uint8_t *frame, size_t len)
{
	CU_ASSERT_FATAL(len <= sizeof(last));
	if (n_sent < 64)
		sent_at[n_sent] = now;
	n_sent++;
	memcpy(last, frame, len);
	last_len = len;
	last_if = if_id;
}

static struct ra_cfg
cfg(void)
{
	struct ra_cfg c = { .if_id = 1, .min_ms = 60000, .max_ms = 200000,
		.msg = { .src = { { 0xfe, 0x80, [15] = 1 } }, .mac = { 0, 0, 0x5e, 0, 2, 10 },
				.hop_limit = 64, .lifetime_s = 1800, .mtu = 1500, .n_prefixes = 1 } };

	c.msg.prefixes[0] = (struct ra_prefix){ .on_link = true, .autonomous = true,
		.valid_s = 2592000, .preferred_s = 604800,
		.prefix = { .addr = { { 0x20, 0x01, 0x0d, 0xb8, [15] = 2 } }, .len = 64 } };
	return c;
}

static void
begin(void)
{
	static const struct ra_ops ops = { .send = on_send };

	ra_free(engine);
	engine = ra_new(&ops, NULL, 7);
	CU_ASSERT_PTR_NOT_NULL_FATAL(engine);
	now = 100000;
	n_sent = 0;
}

/* Time goes by, every timer on time. */
static void
pass(uint64_t ms)
{
	uint64_t end = now + ms, at;

	while ((at = ra_next_ms(engine)) <= end) {
		now = at > now ? at : now;
		ra_tick(engine, now);
	}
	now = end;
}

/* A solicitation with these options, as an IPv6 packet in @pkt. */
static size_t
solicit(uint8_t pkt[128], const struct ip6_addr *src, const uint8_t *options, size_t len)
{
	static const uint8_t mac[6], group[6];
	static const struct ip6_addr routers = { { 0xff, 0x02, [15] = 2 } };
	uint8_t frame[160], body[64] = { 0 };
	size_t n;

	if (len != 0)
		memcpy(body + 4, options, len);
	n = nd_frame(&(struct nd_frame){ .src_mac = mac, .dst_mac = group, .src = src,
			.dst = &routers, .type = RA_SOLICIT, .body = body, .len = 4 + len }, frame,
			sizeof(frame));
	memcpy(pkt, frame + 14, n - 14);
	return n - 14;
}

static void
ask(void)
{
	uint8_t pkt[128];

	ra_input(engine, 1, pkt, solicit(pkt, &host, NULL, 0), now);
}

static void
test_bytes(void)
{
	/* The body, section 4.2: flags, lifetime, times; options: link-layer address, MTU, prefix */
	static const uint8_t want[] = { 64, 0xc8, 0x07, 0x08, 0, 0, 0, 0, 0, 0, 0, 0,
		1, 1, 0, 0, 0x5e, 0, 2, 10, 5, 1, 0, 0, 0, 0, 0x05, 0xdc,
		3, 4, 64, 0xc0, 0, 0x27, 0x8d, 0, 0, 9, 0x3a, 0x80, 0, 0, 0, 0,
		0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
	static const uint8_t eth[14] = { 0x33, 0x33, 0, 0, 0, 1, 0, 0, 0x5e, 0, 2, 10, 0x86, 0xdd };
	struct ra_cfg c = cfg();
	struct nd_packet p;
	struct rd r;

	begin();
	c.msg.managed = c.msg.other = true;
	c.msg.preference = RA_HIGH;
	ra_set(engine, &c, now);
	ra_tick(engine, now);
	CU_ASSERT_EQUAL_FATAL(n_sent, 1);
	CU_ASSERT_EQUAL(last_if, 1);
	CU_ASSERT_EQUAL(memcmp(last, eth, sizeof(eth)), 0);
	r = rd_init(last + 14, last_len - 14);
	CU_ASSERT_EQUAL_FATAL(nd_open(&r, &p), 0);
	CU_ASSERT_EQUAL(p.type, RA_ADVERT);
	CU_ASSERT(ip6_equal(&p.src, &c.msg.src));
	CU_ASSERT_EQUAL_FATAL(rd_left(&p.body), sizeof(want));
	CU_ASSERT_EQUAL(memcmp(p.body.p, want, sizeof(want)), 0);
}

/* As many prefixes as there may be still fit, and an interface's MTU may be left out. */
static void
test_largest(void)
{
	struct ra_cfg c = cfg();

	begin();
	c.msg.n_prefixes = RA_PREFIXES_MAX;
	for (int i = 0; i < RA_PREFIXES_MAX; i++)
		c.msg.prefixes[i] = c.msg.prefixes[0];
	ra_set(engine, &c, now);
	ra_tick(engine, now);
	CU_ASSERT_EQUAL(last_len, RA_FRAME_LEN);
	c.msg.mtu = 0;
	ra_set(engine, &c, now);
	pass(RA_APART_MS);
	CU_ASSERT_EQUAL(last_len, RA_FRAME_LEN - 8);
}

/* Three, 16 s apart at most; then between the least and the longest interval. */
static void
test_intervals(void)
{
	struct ra_cfg c = cfg();
	bool differs = false;

	begin();
	ra_set(engine, &c, now);
	pass(3600000);
	CU_ASSERT_FATAL(n_sent > 20 && n_sent < 64);
	CU_ASSERT_EQUAL(sent_at[0], 100000);
	for (unsigned int i = 1; i < n_sent; i++) {
		uint64_t gap = sent_at[i] - sent_at[i - 1];

		if (i < RA_FIRST) {
			CU_ASSERT_EQUAL(gap, RA_FIRST_APART_MS);
		} else {
			CU_ASSERT(gap >= c.min_ms && gap <= c.max_ms);
		}
		differs = differs || (i > RA_FIRST && gap != sent_at[i - 1] - sent_at[i - 2]);
	}
	CU_ASSERT(differs);
	CU_ASSERT_EQUAL(ra_stats(ra_next(engine, NULL))->sent, n_sent);
}

/* A solicitation is answered within half a second, a flood of them every three seconds. */
static void
test_solicited(void)
{
	struct ra_cfg c = cfg();
	const struct ra_sender *s;

	begin();
	s = ra_set(engine, &c, now);
	pass(60000);
	n_sent = 0;
	now += 1000;
	ask();
	pass(RA_DELAY_MS);
	CU_ASSERT_EQUAL(n_sent, 1);
	for (int i = 0; i < 30000; i++) {
		ask();
		pass(1);
	}
	CU_ASSERT(n_sent >= 10 && n_sent <= 11);
	for (unsigned int i = 1; i < n_sent; i++)
		CU_ASSERT(sent_at[i] - sent_at[i - 1] >= RA_APART_MS);
	CU_ASSERT_EQUAL(ra_stats(s)->solicited, 30001);
	CU_ASSERT_EQUAL(ra_totals(engine)->solicits, 30001);
	CU_ASSERT_EQUAL(ra_totals(engine)->unwanted, 0);
}

/* Nobody speaks there: as a backup of VRRP, say. */
static void
test_unwanted(void)
{
	struct ra_cfg c = cfg();

	begin();
	c.if_id = 2;
	ra_set(engine, &c, now);
	ra_tick(engine, now);
	n_sent = 0;
	ask();
	pass(1000);
	CU_ASSERT_EQUAL(n_sent, 0);
	CU_ASSERT_EQUAL(ra_totals(engine)->unwanted, 1);
}

static void
test_changes(void)
{
	struct ra_cfg c = cfg();
	struct ra_sender *s;

	begin();
	s = ra_set(engine, &c, now);
	pass(1000000);
	n_sent = 0;
	ra_set(engine, &c, now);
	CU_ASSERT(ra_next_ms(engine) > now);
	c.msg.hop_limit = 63;
	ra_set(engine, &c, now);
	pass(RA_APART_MS);
	CU_ASSERT_EQUAL(n_sent, 1);
	CU_ASSERT_EQUAL(last[14 + 40 + 4], 63);
	/* Another address is another router: the first one's time is over. */
	c.msg.src.b[15] = 2;
	ra_set(engine, &c, now);
	CU_ASSERT_EQUAL(n_sent, 2);
	CU_ASSERT_EQUAL(last[14 + 8 + 15], 1);
	CU_ASSERT_EQUAL(last[14 + 40 + 6] | last[14 + 40 + 7], 0);
	pass(RA_APART_MS);
	CU_ASSERT_EQUAL(last[14 + 8 + 15], 2);
	n_sent = 0;
	ra_del(engine, s, true);
	CU_ASSERT_EQUAL(n_sent, 1);
	CU_ASSERT_EQUAL(last[14 + 40 + 6] | last[14 + 40 + 7], 0);
	CU_ASSERT_EQUAL(ra_next_ms(engine), UINT64_MAX);
	/* Who has said nothing has nothing to take back. */
	s = ra_set(engine, &c, now);
	ra_del(engine, s, true);
	s = ra_set(engine, &c, now);
	ra_tick(engine, now);
	n_sent = 0;
	ra_del(engine, s, false);
	CU_ASSERT_EQUAL(n_sent, 0);
}

static void
test_refused(void)
{
	static const struct ip6_addr nobody = { { 0 } }, group = { { 0xff, 2, [15] = 1 } };
	static const uint8_t mac[8] = { 1, 1, 2, 0, 0, 0, 0, 1 }, cast[8] = { 1, 1, 1 };
	static const uint8_t none[8] = { 14, 0 }, other[16] = { 14, 2 };
	static const struct {
		const struct ip6_addr *src;
		const uint8_t *options;
		size_t len;
		int want;
	} rows[] = {
		{ &host, NULL, 0, 0 },           { &nobody, NULL, 0, 0 },
		{ &host, mac, 8, 0 },            { &host, other, 16, 0 },
		{ &nobody, mac, 8, -EBADMSG },   { &host, none, 8, -EBADMSG },
		{ &host, cast, 8, -EBADMSG },    { &group, NULL, 0, -EBADMSG },
		{ &host, other, 8, -EBADMSG },
	};
	struct ra_solicit q;
	uint8_t pkt[128];
	struct rd r;
	size_t len;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		len = solicit(pkt, rows[i].src, rows[i].options, rows[i].len);
		r = rd_init(pkt, len);
		CU_ASSERT_EQUAL(ra_solicit_parse(&r, &q), rows[i].want);
		CU_ASSERT_EQUAL(rows[i].options == mac && rows[i].want == 0, q.has_mac &&
				rows[i].want == 0);
	}
	/* Each prefix of a good one, from a copy of exactly its size. */
	len = solicit(pkt, &host, mac, 8);
	for (size_t n = 0; n < len; n++) {
		uint8_t *copy = malloc(n + 1);

		CU_ASSERT_PTR_NOT_NULL_FATAL(copy);
		memcpy(copy, pkt, n);
		r = rd_init(copy, n);
		CU_ASSERT_EQUAL(ra_solicit_parse(&r, &q), -EBADMSG);
		free(copy);
	}
	pkt[7] = 64; /* forwarded */
	r = rd_init(pkt, len);
	CU_ASSERT_EQUAL(ra_solicit_parse(&r, &q), -EBADMSG);
	begin();
	ra_input(engine, 1, pkt, len, now);
	CU_ASSERT_EQUAL(ra_totals(engine)->malformed, 1);
	CU_ASSERT_EQUAL(ra_totals(engine)->solicits, 0);
}

static const struct cu_case cases[] = {
	CU_CASE(test_bytes), CU_CASE(test_largest), CU_CASE(test_intervals),
	CU_CASE(test_solicited), CU_CASE(test_unwanted), CU_CASE(test_changes),
	CU_CASE(test_refused),
};

CU_MAIN("ra", cases)
