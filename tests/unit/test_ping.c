/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Echo requests of both families and what comes of them (RFC 792, RFC 4443): every message and each
 * prefix of it; pings one after the other, and traceroutes from hop to hop.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/inet.h"
#include "common/wire.h"
#include "controlplane/track/ping.h"
#include "cu.h"

#define MS       UINT64_C(1000)
#define ID       0xb001
#define ROUTER   0x0a000001u
#define IP4_MIN  20
#define IP6_MIN  40

static const uint8_t secret[PROBE_SECRET_LEN] = { 1, 2, 3, 4, 5, 6, 7, 8 };

struct family {
	struct ip6_addr source, target, router;
	size_t ip_len;
	uint8_t reply, unreachable, too_big, too_big_code, ttl, other;
};

static struct family
family_of(bool ip4)
{
	struct family f = { .source = ip6_mapped(0x01010102), .target = ip6_mapped(0x02020202),
		.router = ip6_mapped(ROUTER), .ip_len = IP4_MIN, .unreachable = 3, .too_big = 3,
		.too_big_code = 4, .ttl = 11, .other = 12 };

	if (ip4)
		return f;
	f = (struct family){ .ip_len = IP6_MIN, .reply = 129, .unreachable = 1, .too_big = 2,
		.ttl = 3, .other = 4 };
	ip6_parse("2001:db8::1", &f.source);
	ip6_parse("2001:db8:2::2", &f.target);
	ip6_parse("2001:db8:9::9", &f.router);
	return f;
}

static void
header(struct wr *w, const struct ip6_addr *from, const struct ip6_addr *to, size_t payload)
{
	if (ip6_is_mapped(from)) {
		wr_u8(w, 0x45);
		wr_u8(w, 0);
		wr_be16(w, (uint16_t)(IP4_MIN + payload));
		wr_be32(w, 0);
		wr_u8(w, 60);
		wr_u8(w, 1);
		wr_be16(w, 0);
		wr_be32(w, ip6_ip4(from));
		wr_be32(w, ip6_ip4(to));
		return;
	}
	wr_be32(w, 6u << 28);
	wr_be16(w, (uint16_t)payload);
	wr_u8(w, 58);
	wr_u8(w, 60);
	wr_bytes(w, from, sizeof(*from));
	wr_bytes(w, to, sizeof(*to));
}

/* The answer to a request; checksums are the dataplane's business. */
static size_t
reply(const struct family *f, const uint8_t *request, size_t len, uint8_t *buf)
{
	struct wr w = wr_init(buf, PROBE_PACKET_MAX);

	header(&w, &f->target, &f->source, len - f->ip_len);
	wr_u8(&w, f->reply);
	wr_bytes(&w, request + f->ip_len + 1, len - f->ip_len - 1);
	return w.len;
}

/* An error about it, quoting the header and eight bytes as RFC 792 has it at least. */
static size_t
error(const struct family *f, uint8_t type, uint8_t code, uint32_t rest, const uint8_t *request,
		uint8_t *buf)
{
	struct wr w = wr_init(buf, PROBE_PACKET_MAX);

	header(&w, &f->router, &f->source, 8 + f->ip_len + 8);
	wr_u8(&w, type);
	wr_u8(&w, code);
	wr_be16(&w, 0);
	wr_be32(&w, rest);
	wr_bytes(&w, request, f->ip_len + 8);
	return w.len;
}

/* As it is it is understood, and no prefix of it is. */
static void
expect(const uint8_t *pkt, size_t len, size_t least, enum probe_said said, const struct family *f)
{
	struct probe_echo_answer a;

	for (size_t n = 0; n < least; n++) {
		uint8_t *cut = malloc(n + 1);

		memcpy(cut, pkt, n);
		CU_ASSERT_EQUAL(probe_echo_parse(cut, n, &a), -EBADMSG);
		free(cut);
	}
	CU_ASSERT_EQUAL_FATAL(probe_echo_parse(pkt, len, &a), 0);
	CU_ASSERT_EQUAL(a.said, said);
	CU_ASSERT_EQUAL(a.id, ID);
	CU_ASSERT_EQUAL(a.seq, 7);
	CU_ASSERT_TRUE(ip6_equal(&a.target, &f->target) && ip6_equal(&a.source, &f->source));
	CU_ASSERT_TRUE(ip6_equal(&a.from, said == PROBE_SAID_REPLY ? &f->target : &f->router));
	CU_ASSERT_EQUAL(a.mtu, said == PROBE_SAID_TOO_BIG ? 1300 : 0);
}

static void
test_messages(void)
{
	for (int ip4 = 0; ip4 < 2; ip4++) {
		struct family f = family_of(ip4);
		struct probe_echo e = { .source = f.source, .target = f.target, .id = ID, .seq = 7,
			.ttl = 3, .dscp = 46, .df = true, .secret = secret, .data = 60 };
		uint8_t req[PROBE_PACKET_MAX], buf[PROBE_PACKET_MAX];
		size_t len = probe_echo_make(&e, req), n, quoted = f.ip_len + 8 + f.ip_len + 8;
		struct probe_echo_answer a;

		CU_ASSERT_EQUAL_FATAL(len, f.ip_len + 8 + 60);
		CU_ASSERT_EQUAL(req[ip4 ? 8 : 7], 3);
		CU_ASSERT_EQUAL(probe_echo_parse(req, len, &a), -ENOMSG); /* it is no answer */
		if (ip4) {
			CU_ASSERT_EQUAL(req[1], 46 << 2);
			CU_ASSERT_EQUAL(req[6], 0x40);
			CU_ASSERT_EQUAL(inet_sum_fold(inet_sum(req, IP4_MIN, 0)), 0);
			CU_ASSERT_EQUAL(inet_sum_fold(inet_sum(req + 20, len - 20, 0)), 0);
		} else {
			uint8_t pseudo[8] = { [3] = (uint8_t)(len - IP6_MIN), [7] = 58 };
			uint32_t sum = inet_sum(req + 8, 32, inet_sum(pseudo, 8, 0));

			CU_ASSERT_EQUAL((req[0] & 0x0f) << 4 | req[1] >> 4, 46 << 2);
			CU_ASSERT_EQUAL(inet_sum_fold(inet_sum(req + 40, len - 40, sum)), 0);
		}
		n = reply(&f, req, len, buf);
		expect(buf, n, f.ip_len + 16, PROBE_SAID_REPLY, &f);
		n = error(&f, f.unreachable, 1, 0, req, buf);
		expect(buf, n, quoted, PROBE_SAID_UNREACHABLE, &f);
		n = error(&f, f.too_big, f.too_big_code, 1300, req, buf);
		expect(buf, n, quoted, PROBE_SAID_TOO_BIG, &f);
		n = error(&f, f.ttl, 0, 0, req, buf);
		expect(buf, n, quoted, PROBE_SAID_TTL, &f);
		n = error(&f, f.other, 0, 0, req, buf);
		expect(buf, n, quoted, PROBE_SAID_OTHER, &f);
		/* What is quoted is no echo request, or of the other family. */
		buf[f.ip_len + 8 + f.ip_len] ^= 1;
		CU_ASSERT_EQUAL(probe_echo_parse(buf, n, &a), -ENOMSG);
		buf[f.ip_len + 8] ^= 0x20;
		CU_ASSERT_NOT_EQUAL(probe_echo_parse(buf, n, &a), 0);
		e.data = 9999; /* no more than fits */
		CU_ASSERT_EQUAL(probe_echo_make(&e, req), PROBE_PACKET_MAX);
		e.data = 0;
		CU_ASSERT_EQUAL(probe_echo_make(&e, req), f.ip_len + 16);
	}
}

static struct ping *
ping_with(const struct family *f, bool trace, uint32_t repeat)
{
	struct ping_cfg c = { .target = f->target, .repeat = repeat, .timeout_ms = 1000,
		.interval_ms = 10, .size = 72, .trace = trace, .ttl_first = 1, .ttl_last = 5 };
	struct ping *p = malloc(sizeof(*p));

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	ping_init(p, &c, ID, secret, 0);
	return p;
}

/* One after the other; each has its end, in order, and the figures are of those that were answered.
 */
static void
test_in_turn(void)
{
	struct family f = family_of(true);
	struct ping *p = ping_with(&f, false, 4);
	uint8_t req[PROBE_PACKET_MAX], buf[PROBE_PACKET_MAX];
	size_t len = ping_step(p, &f.source, 5 * MS, req), n;
	const struct ping_result *r;

	CU_ASSERT_EQUAL_FATAL(len, 100);
	CU_ASSERT_EQUAL(req[8], PROBE_TTL_DEFAULT);
	CU_ASSERT_EQUAL(ping_step(p, &f.source, 500 * MS, buf), 0); /* the first is under way */
	CU_ASSERT_EQUAL(ping_next_us(p), 1005 * MS);
	n = reply(&f, req, len, buf);
	CU_ASSERT_TRUE(ping_input(p, buf, n, 505 * MS));
	CU_ASSERT_TRUE(ping_input(p, buf, n, 506 * MS)); /* twice is once */
	len = ping_step(p, &f.source, 506 * MS, req);
	CU_ASSERT_EQUAL_FATAL(len, 100);
	n = reply(&f, req, len, buf);
	CU_ASSERT_TRUE(ping_input(p, buf, n, 508 * MS));
	CU_ASSERT_EQUAL(ping_step(p, &f.source, 509 * MS, req), 0); /* not so fast */
	CU_ASSERT_EQUAL(ping_next_us(p), 516 * MS);
	len = ping_step(p, &f.source, 516 * MS, req);
	CU_ASSERT_EQUAL(ping_step(p, &f.source, 1515 * MS, req), 0);
	CU_ASSERT_EQUAL(ping_step(p, &f.source, 1516 * MS, req), 100); /* given up; the last one */
	n = error(&f, f.unreachable, 13, 0, req, buf);
	buf[f.ip_len + 8 + 19] ^= 1; /* about something to somebody else */
	CU_ASSERT_FALSE(ping_input(p, buf, n, 1517 * MS));
	buf[f.ip_len + 8 + 19] ^= 1;
	CU_ASSERT_TRUE(ping_input(p, buf, n, 1517 * MS));
	CU_ASSERT_TRUE(p->done);
	CU_ASSERT_EQUAL(ping_next_us(p), UINT64_MAX);
	CU_ASSERT_EQUAL(ping_step(p, &f.source, 9999 * MS, req), 0);
	CU_ASSERT_EQUAL(p->n_ended, 4);
	CU_ASSERT_PTR_NULL(ping_result_at(p, 4));
	CU_ASSERT_EQUAL(ping_result_at(p, 0)->how, PING_ANSWERED);
	CU_ASSERT_EQUAL(ping_result_at(p, 0)->rtt_us, 500 * MS);
	CU_ASSERT_EQUAL(ping_result_at(p, 2)->how, PING_TIMED_OUT);
	r = ping_result_at(p, 3);
	CU_ASSERT_TRUE(r->how == PING_UNREACHABLE && r->type == 3 && r->code == 13);
	CU_ASSERT_TRUE(ip6_equal(&r->from, &f.router));
	CU_ASSERT_EQUAL(p->probe.stats.answered, 2);
	CU_ASSERT_EQUAL(p->probe.stats.rtt_min_us, 2 * MS);
	CU_ASSERT_EQUAL(p->probe.stats.rtt_max_us, 500 * MS);
	CU_ASSERT_EQUAL(p->probe.stats.rtt_sum_us, 502 * MS);
	free(p);
}

/* Many, whose numbers wrap: the last results are kept. */
static void
test_many(void)
{
	struct family f = family_of(false);
	struct ping *p = ping_with(&f, false, 70000);
	uint8_t req[PROBE_PACKET_MAX], buf[PROBE_PACKET_MAX];
	uint64_t now = 0;

	for (int i = 0; i < 70000; i++, now += 10 * MS) {
		size_t len = ping_step(p, &f.source, now, req);

		CU_ASSERT_EQUAL_FATAL(len, 120);
		CU_ASSERT_TRUE_FATAL(ping_input(p, buf, reply(&f, req, len, buf), now + MS));
	}
	CU_ASSERT_TRUE(p->done);
	CU_ASSERT_EQUAL(p->probe.stats.answered, 70000);
	CU_ASSERT_PTR_NULL(ping_result_at(p, 70000 - PING_RESULTS - 1));
	CU_ASSERT_EQUAL(ping_result_at(p, 70000 - PING_RESULTS)->how, PING_ANSWERED);
	free(p);
}

/* Two routers, one of which is silent, then the target: three requests each, and it is over. */
static void
test_trace(void)
{
	for (int ip4 = 0; ip4 < 2; ip4++) {
		struct family f = family_of(ip4);
		struct ping *p = ping_with(&f, true, 3);
		uint8_t req[PROBE_PACKET_MAX], buf[PROBE_PACKET_MAX];
		uint64_t now = 0;

		for (uint8_t i = 0; i < 9; i++, now += 1000 * MS) {
			size_t len = ping_step(p, &f.source, now, req), n = 0;

			CU_ASSERT_NOT_EQUAL_FATAL(len, 0);
			CU_ASSERT_EQUAL(req[ip4 ? 8 : 7], 1 + i / 3);
			if (i < 3)
				n = error(&f, f.ttl, 0, 0, req, buf);
			else if (i >= 6)
				n = reply(&f, req, len, buf);
			CU_ASSERT_EQUAL(n != 0 && ping_input(p, buf, n, now + MS), n != 0);
		}
		CU_ASSERT_TRUE(p->done);
		CU_ASSERT_EQUAL(ping_result_at(p, 2)->how, PING_TTL_EXCEEDED);
		CU_ASSERT_EQUAL(ping_result_at(p, 5)->how, PING_TIMED_OUT);
		CU_ASSERT_EQUAL(ping_result_at(p, 5)->ttl, 2);
		CU_ASSERT_EQUAL(ping_result_at(p, 8)->ttl, 3);
		free(p);
	}
}

/* Nobody ever answers: as many hops as were asked for. Somebody who cannot go on ends it, too. */
static void
test_trace_ends(void)
{
	struct family f = family_of(true);
	struct ping *p = ping_with(&f, true, 1);
	uint8_t req[PROBE_PACKET_MAX], buf[PROBE_PACKET_MAX];
	uint64_t now = MS;

	for (int i = 0; i < 5; i++, now += 1000 * MS)
		CU_ASSERT_NOT_EQUAL(ping_step(p, &f.source, now, req), 0);
	CU_ASSERT_EQUAL(ping_step(p, &f.source, now, req), 0);
	CU_ASSERT_TRUE(p->done);
	free(p);
	p = ping_with(&f, true, 1);
	CU_ASSERT_NOT_EQUAL(ping_step(p, &f.source, 0, req), 0);
	CU_ASSERT_TRUE(ping_input(p, buf, error(&f, f.unreachable, 1, 0, req, buf), MS));
	CU_ASSERT_TRUE(p->done);
	free(p);
}

static const struct cu_case cases[] = {
	CU_CASE(test_messages),
	CU_CASE(test_in_turn),
	CU_CASE(test_many),
	CU_CASE(test_trace),
	CU_CASE(test_trace_ends),
};

CU_MAIN("ping", cases)
