/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reassembly, and what hostile senders try: overlaps, contradictions, tiny pieces, too long
 * packets, gaps, floods; what IPv6 has of its own.
 */
#include <netinet/ip_icmp.h>
#include <string.h>

#include "dataplane/nodes/icmp.h"
#include "tests/unit/cu.h"
#include "tests/unit/reass_fixture.h"

/* ---- hostile -------------------------------------------------------------------------------- */

#define DROPPED(n, why) .n_dropped = (n), .reason = CHAN_DROP_REASS_##why
static const struct hostile {
	const char *name;
	struct {
		uint32_t off, len;
		bool more;
	} p[6]; /* ends with length 0 */
	unsigned int n_dropped;
	enum chan_drop reason;
	unsigned int n_held;
	bool whole; /* of 1000 bytes all the same */
	bool told;  /* IPv6: the sender hears that the payload's length is wrong */
} hostile[] = {
	{ "overlap by 8", { { 0, 608, true }, { 600, 400, false } }, DROPPED(2, OVERLAP) },
	{ "teardrop: inside the first", { { 0, 600, true }, { 48, 56, false } }, DROPPED(2, BAD) },
	{ "teardrop: inside, more", { { 0, 600, true }, { 48, 56, true } }, DROPPED(2, OVERLAP) },
	{ "around the other", { { 48, 56, true }, { 0, 600, true } }, DROPPED(2, OVERLAP) },
	{ "overlaps the next", { { 400, 600, false }, { 0, 408, true } }, DROPPED(2, OVERLAP) },
	{ "overlaps the one before", { { 0, 400, true }, { 800, 200, false }, { 392, 408, true } },
		DROPPED(3, OVERLAP) },
	{ "same start, longer", { { 0, 400, true }, { 0, 408, true } }, DROPPED(2, OVERLAP) },
	{ "same start, shorter", { { 0, 400, true }, { 0, 392, true } }, DROPPED(2, OVERLAP) },
	{ "the same twice", { { 0, 600, true }, { 0, 600, true }, { 600, 400, false } },
		DROPPED(1, DUP), .whole = true },
	{ "the last twice", { { 600, 400, false }, { 600, 400, false }, { 0, 600, true } },
		DROPPED(1, DUP), .whole = true },
	{ "two ends", { { 600, 400, false }, { 600, 408, false } }, DROPPED(2, BAD) },
	{ "two ends, the second earlier", { { 600, 400, false }, { 400, 64, false } },
		DROPPED(2, BAD) },
	{ "beyond the end", { { 600, 400, false }, { 1000, 48, true } }, DROPPED(2, BAD) },
	{ "end before what has come", { { 600, 400, true }, { 48, 100, false } }, DROPPED(2, BAD) },
	{ "no multiple of 8", { { 0, 601, true } }, DROPPED(1, BAD), .told = true },
	{ "tiny first", { { 0, 40, true } }, DROPPED(1, TINY) },
	{ "tiny middle", { { 48, 8, true } }, DROPPED(1, TINY) },
	{ "as small as honest ones get", { { 0, 48, true }, { 48, 952, false } }, .whole = true },
	{ "gap", { { 0, 400, true }, { 408, 592, false } }, .n_held = 2 },
	{ "ping of death", { { 65528, 100, false } }, DROPPED(1, LONG) },
	{ "too long by a little", { { 64800, 736, true } }, DROPPED(1, LONG) },
	{ "contradiction harms only its packet", { { 0, 600, true }, { 0, 40, true },
		{ 600, 400, false } }, DROPPED(1, TINY), .whole = true },
};

static void
test_hostile(void)
{
	for (unsigned int i = 0; i < RTE_DIM(hostile); i++) {
		const struct hostile *h = &hostile[i];

		if (rf.six && h->reason == CHAN_DROP_REASS_TINY)
			continue; /* IPv6 has no such limit */
		rf_open();
		rf_make_echo(1000);
		for (unsigned int k = 0; k < RTE_DIM(h->p) && h->p[k].len != 0; k++) {
			struct dp_pkt p = rf_piece(h->p[k].off, h->p[k].len, h->p[k].more);

			if (h->p[k].off + h->p[k].len > sizeof(rf.body))
				p.payload = rf.body;
			rf_put(0, &p);
		}
		if (dp_all_drops() != h->n_dropped || dp.w->stats->held != h->n_held ||
				(h->n_dropped != 0 && dp_drops(h->reason) != h->n_dropped) ||
				(h->whole ? !rf_replied(1000) : dp.n_out != (rf.six && h->told))) {
			fprintf(stderr, "%s: %lu dropped, %lu held\n", h->name,
					(unsigned long)dp_all_drops(),
					(unsigned long)dp.w->stats->held);
			CU_FAIL("hostile");
		}
		if (rf.six && h->told)
			rf_expect_error6(ICMP6_PARAM_PROBLEM, ICMP6_PARAM_FIELD, 4);
		DP_END();
	}
}

/* An empty last fragment cannot be told by dp_pkt's zero length. */
static void
test_empty(void)
{
	struct dp_pkt p = { .src = DP_LAN_HOST, .dst = DP_LAN_ADDR, .frag = 100, .len = 20 };

	rf_open();
	rf_put(0, &p);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_REASS_BAD), 1);
	DP_END();
}

/* 64 pieces are taken, 65 are not. */
static void
test_too_many(void)
{
	rf_open();
	rf_make_echo(64 * 48);
	for (uint32_t i = 0; i < 64; i++)
		rf_send_piece(i * 48, 48, i != 63);
	CU_ASSERT_TRUE(rf_replied(64 * 48));
	dp_clear();
	rf.next_id++;
	for (uint32_t i = 0; i < 65; i++)
		rf_send_piece(i * 48, 48, true);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_REASS_MANY), 65);
	CU_ASSERT_EQUAL(dp.w->stats->held, 0);
	DP_END();
}

/* What does not get whole goes when its time is over; the sender is told if it began well. */
static void
test_timeout(void)
{
	struct chan_param param = { .icmp_error_pps = 1000, .reass_ms = 100 };

	rf_open();
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_PARAM_SET, param), 0);
	rf_make_echo(1000);
	rf_send_piece(0, 400, true);
	rf_send_piece(800, 200, false);
	rf.next_id++;
	rf_send_piece(400, 400, true);
	rf.next_id++;
	dp_tick();
	CU_ASSERT_EQUAL(dp.w->stats->held, 3);
	dp_clock(true); /* a hundred cycles are 100 ms */
	dp_tick();
	dp_clock(false);
	CU_ASSERT_EQUAL(dp.w->stats->held, 0);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_REASS_TIME), 3);
	CU_ASSERT_EQUAL_FATAL(dp.n_out, 1);
	if (rf.six) {
		rf_expect_error6(ICMP6_TIME_EXCEEDED, ICMP6_TIME_REASSEMBLY, 0);
		DP_END();
		return;
	}
	CU_ASSERT_EQUAL(dp_out_ip(0)->next_proto_id, IPPROTO_ICMP);
	CU_ASSERT_EQUAL(((const struct icmp_hdr *)(dp_out_ip(0) + 1))->type, ICMP_TIME_EXCEEDED);
	CU_ASSERT_EQUAL(((const struct icmp_hdr *)(dp_out_ip(0) + 1))->code, ICMP_EXC_FRAGTIME);
	DP_END();
}

/* ---- limits --------------------------------------------------------------------------------- */

/* One source cannot take the table: it gets its share, and others still get through. */
static void
test_one_source(void)
{
	struct chan_param param = { .reass_packets = 100, .reass_per_src = 10,
		.icmp_echo_pps = 1000 };
	struct dp_pkt p;

	rf_open();
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_PARAM_SET, param), 0);
	rf_make_echo(1000);
	rf_send_piece(0, 600, true); /* before the flood */
	for (unsigned int i = 0; i < 5000; i++) {
		p = rf_piece(48, 48, true);
		p.src = IP4(10, 1, 0, 77);
		p.id = (uint16_t)i;
		rf_put(0, &p);
	}
	CU_ASSERT_EQUAL(dp.w->stats->held, 11);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_REASS_SOURCE), 4990);
	rf_send_piece(600, 400, false);
	CU_ASSERT_TRUE(rf_replied(1000));
	CU_ASSERT_EQUAL(dp.w->stats->held, 10);
	rf.next_id++;
	DP_END();
}

/* Nor with few packets of many pieces each. */
static void
test_one_source_pieces(void)
{
	const unsigned int share = DP_PIECES / 4, n = 3 * DP_PIECES, of_each = 50;
	struct chan_param param = { .icmp_echo_pps = 1000 };
	struct dp_pkt p;

	rf_open();
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_PARAM_SET, param), 0);
	rf_make_echo(1000);
	rf_send_piece(0, 600, true); /* before the flood */
	for (unsigned int i = 0; i < n; i++) {
		p = rf_piece(48 * (1 + i % of_each), 48, true);
		p.src = IP4(10, 1, 0, 77);
		p.id = (uint16_t)(i / of_each);
		rf_put(0, &p);
		CU_ASSERT_TRUE(dp.w->stats->held <= share + 1);
	}
	CU_ASSERT_TRUE(dp.w->stats->held > share - of_each);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_REASS_SOURCE) + dp.w->stats->held, n + 1);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_REASS_FULL), 0);
	rf_send_piece(600, 400, false);
	CU_ASSERT_TRUE(rf_replied(1000));
	rf.next_id++;
	DP_END();
}

/* Many sources fill it: the oldest give way, so who sends his pieces in a row gets through. */
static void
test_many_sources(void)
{
	struct chan_param param = { .reass_packets = 100, .icmp_echo_pps = 1000 };
	struct dp_pkt p;

	rf_open();
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_PARAM_SET, param), 0);
	rf_make_echo(1000);
	for (unsigned int i = 0; i < 3000; i++) {
		p = rf_piece(48, 48, true);
		p.src = IP4(203, 0, i >> 8, i);
		rf_put(1, &p);
		if (i == 2000)
			rf_send_piece(0, 600, true);
		if (i == 2050)
			rf_send_piece(600, 400, false);
	}
	CU_ASSERT_TRUE(rf_replied(1000));
	CU_ASSERT_EQUAL(dp.w->stats->held, 100);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_REASS_FULL), 2900);
	rf.next_id++;
	DP_END();
}

/* Never more fragments than a worker's share of the buffers. */
static void
test_buffers(void)
{
	struct chan_param param = { .reass_packets = 65536, .reass_per_src = 65536 };
	struct dp_pkt p;

	rf_open();
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_PARAM_SET, param), 0);
	for (unsigned int i = 0; i < 2 * DP_PIECES; i++) {
		p = rf_piece(48 * (1 + i % 4), 48, true);
		p.src = IP4(10, 1, 0, 77 + i / 4 % 8); /* no source has its share */
		rf_put(0, &p);
		rf.next_id = (uint16_t)(rf.next_id + (i % 4 == 3));
	}
	CU_ASSERT_TRUE(dp.w->stats->held <= DP_PIECES && dp.w->stats->held > DP_PIECES - 4);
	CU_ASSERT_EQUAL(dp.w->stats->held + dp_drops(CHAN_DROP_REASS_FULL), 2 * DP_PIECES);
	DP_END();
}

/* ---- IPv6 alone ----------------------------------------------------------------------------- */

/* A fragment of UDP with headers in front of its payload; what becomes of it. */
static const struct refused6 {
	const char *name;
	uint8_t proto, bytes[32]; /* behind the IPv6 header */
	uint16_t len;
	enum chan_drop why;
	int code; /* of the Parameter Problem that goes back, or -1 */
	uint32_t arg;
} refused6[] = {
	{ "cut in the fragment header", IP6_FRAGMENT, { 17 }, 7, CHAN_DROP_IP6_FRAGMENT, -1, 0 },
	{ "first without all of UDP's header", IP6_FRAGMENT, { 17, [3] = 1 }, 8,
		CHAN_DROP_IP6_FRAGMENT, ICMP6_PARAM_CHAIN, 0 },
	{ "atomic without it", IP6_FRAGMENT, { 17 }, 15, CHAN_DROP_IP6_FRAGMENT,
		ICMP6_PARAM_CHAIN, 0 },
	{ "options that go on in the next", IP6_FRAGMENT, { 60, [3] = 1, [8] = 17, 3 }, 24,
		CHAN_DROP_IP6_FRAGMENT, ICMP6_PARAM_CHAIN, 0 },
	{ "a fragment in a fragment", IP6_FRAGMENT, { 44, [3] = 1, [8] = 17, [11] = 1 }, 32,
		CHAN_DROP_IP6_FRAGMENT, -1, 0 },
	{ "hop-by-hop options behind it", IP6_FRAGMENT, { 0, [3] = 1, [8] = 17 }, 32,
		CHAN_DROP_IP6_EXT, ICMP6_PARAM_NEXT_HEADER, 40 },
	{ "an atomic one's segment left", IP6_FRAGMENT, { 43, [8] = 17, [11] = 1 }, 32,
		CHAN_DROP_IP6_EXT, ICMP6_PARAM_FIELD, 50 },
	{ "no multiple of 8", IP6_FRAGMENT, { 17, [3] = 9 }, 31, CHAN_DROP_REASS_BAD,
		ICMP6_PARAM_FIELD, 4 },
	{ "beyond 65,535", IP6_FRAGMENT, { 17, [2] = 0xff, 0xf8 }, 31, CHAN_DROP_REASS_LONG,
		ICMP6_PARAM_FIELD, 42 },
	{ "the same behind options", IP6_DEST_OPTIONS, { 44, [8] = 17, [10] = 0xff, 0xf8 }, 31,
		CHAN_DROP_REASS_LONG, ICMP6_PARAM_FIELD, 50 },
	{ "longer than is put together", IP6_FRAGMENT, { 17, [2] = 0xfe, 0xf8 }, 24,
		CHAN_DROP_REASS_LONG, -1, 0 },
	{ "an ICMPv6 error, no multiple of 8", IP6_FRAGMENT, { 58, [3] = 1, [8] = 1 }, 31,
		CHAN_DROP_REASS_BAD, -1, 0 },
	{ "perhaps one", IP6_FRAGMENT, { 58, [3] = 9, [8] = 128 }, 31, CHAN_DROP_REASS_BAD, -1,
		0 },
};

static void
test_refused6(void)
{
	for (unsigned int i = 0; i < RTE_DIM(refused6); i++) {
		const struct refused6 *r = &refused6[i];
		struct d6_pkt p = { .dst = D6_LAN_ADDR, .proto = r->proto, .payload = r->bytes,
			.payload_len = r->len };

		rf_open();
		d6_send(0, &p);
		if (dp_drops(r->why) != 1 || dp_all_drops() != 1 || dp.n_out != (r->code >= 0) ||
				dp.w->stats->held != 0) {
			fprintf(stderr, "%s: %lu dropped, %u sent\n", r->name,
					(unsigned long)dp_all_drops(), dp.n_out);
			CU_FAIL("refused");
		}
		if (r->code >= 0)
			rf_expect_error6(ICMP6_PARAM_PROBLEM, (uint8_t)r->code, r->arg);
		DP_END();
	}
}

/* @len bytes of rf.body from @off on, behind @n headers of options and a fragment header. */
static void
send_optioned(const char *dst, uint32_t off, uint32_t len, bool more, unsigned int n)
{
	uint8_t buf[2048] = { 0 };
	uint8_t *f = buf + 8 * n;
	struct d6_pkt p = { .dst = dst, .proto = n != 0 ? IP6_DEST_OPTIONS : IP6_FRAGMENT,
		.payload = buf, .payload_len = (uint16_t)(8 * n + 8 + len) };

	for (unsigned int i = 0; i < n; i++) {
		buf[8 * i] = i + 1 < n ? IP6_DEST_OPTIONS : IP6_FRAGMENT;
		buf[8 * i + 2] = 1; /* PadN over the other six bytes */
		buf[8 * i + 3] = 4;
	}
	f[0] = IP6_ICMP;
	f[2] = (uint8_t)(off >> 8);
	f[3] = (uint8_t)(off | (more ? 1 : 0));
	f[7] = (uint8_t)rf.next_id;
	memcpy(f + 8, rf.body + off, len);
	d6_send(0, &p);
}

/* An atomic fragment never waits, also between others of its identification (RFC 6946). */
static void
test_atomic6(void)
{
	rf.six = true;
	rf_open();
	rf_make_echo(1000);
	for (unsigned int n = 0; n < 4; n++) {
		send_optioned(D6_LAN_ADDR, 0, 600, true, n);
		CU_ASSERT_EQUAL(dp.w->stats->held, 1);
		rf_make_echo(200);
		send_optioned(D6_LAN_ADDR, 0, 200, false, n);
		CU_ASSERT_TRUE(rf_replied(200));
		dp_clear();
		rf_make_echo(1000);
		/* Of the headers those of the first fragment count. */
		send_optioned(D6_LAN_ADDR, 600, 400, false, 3 - n);
		CU_ASSERT_TRUE(rf_replied(1000));
		dp_clear();
		rf.next_id++;
	}
	CU_ASSERT_EQUAL(dp.w->stats->reass_in, 8);
	CU_ASSERT_EQUAL(dp.w->stats->reass_out, 4);
	CU_ASSERT_EQUAL(dp_all_drops(), 0);
	DP_END();
	rf.six = false;
}

/* A /64 is one source. */
static void
test_source6(void)
{
	struct chan_param param = { .reass_per_src = 10 };
	uint8_t frag[16] = { 17, [3] = 9 };
	char src[40];

	rf_open();
	CU_ASSERT_EQUAL(DP_APPLY(CHAN_CMD_PARAM_SET, param), 0);
	for (unsigned int i = 1; i <= 50; i++) {
		struct d6_pkt p = { .src = src, .dst = D6_LAN_ADDR, .proto = IP6_FRAGMENT,
			.payload = frag, .payload_len = sizeof(frag) };

		snprintf(src, sizeof(src), "2001:db8:5::%x", i);
		d6_send(0, &p);
	}
	CU_ASSERT_EQUAL(dp.w->stats->held, 10);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_REASS_SOURCE), 40);
	DP_END();
}

BOTH(test_hostile)
BOTH(test_empty)
BOTH(test_too_many)
BOTH(test_timeout)
BOTH(test_one_source)
BOTH(test_one_source_pieces)
BOTH(test_many_sources)
BOTH(test_buffers)

/* ---- several workers ------------------------------------------------------------------------ */

#define RING_HOLDS 1023 /* of 1024 slots */

static bool
handed_to(uint32_t src)
{
	struct dp_pkt p = { .src = src, .dst = DP_LAN_ADDR, .frag = 1, .len = 60 };
	uint64_t before = dp.workers[0]->stats->absorbed;

	dp_use(0);
	dp_send(0, &p);
	return dp.workers[0]->stats->absorbed != before;
}

/* A worker takes none of the fragments that are its own, and they are more than its ring holds:
 * what is too many is dropped under its name. Then it takes them, and there is room again. */
static void
test_slow_owner(void)
{
	struct dp_pkt p = { .dst = DP_LAN_ADDR, .frag = 1, .len = 60 };
	unsigned int n_more = 30;

	dp_open_workers(NULL, 2);
	dp_world();
	for (p.src = DP_LAN_HOST; !handed_to(p.src); p.src++)
		CU_ASSERT_FATAL(p.src < DP_LAN_HOST + 100);
	for (unsigned int i = 1; i < RING_HOLDS + n_more; i++) {
		p.id = (uint16_t)(i + 1);
		dp_send(0, &p);
	}
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_REASS_RING), n_more);
	CU_ASSERT_EQUAL(dp.workers[0]->stats->reass_in, dp.workers[0]->stats->reass_held + n_more);
	dp_use(1);
	while (path_handover(dp.w) != 0)
		;
	CU_ASSERT_EQUAL(dp.workers[1]->stats->reass_in, RING_HOLDS);
	CU_ASSERT_TRUE(handed_to(p.src));
	dp_use(1);
	CU_ASSERT_EQUAL(path_handover(dp.w), 1);
	CU_ASSERT_EQUAL(dp_drops(CHAN_DROP_REASS_RING), n_more);
	DP_END();
}

static const struct cu_case cases[] = {
	CU_CASE(test_hostile_ip4), CU_CASE(test_hostile_ip6), CU_CASE(test_empty_ip4),
	CU_CASE(test_empty_ip6), CU_CASE(test_too_many_ip4), CU_CASE(test_too_many_ip6),
	CU_CASE(test_timeout_ip4), CU_CASE(test_timeout_ip6), CU_CASE(test_one_source_ip4),
	CU_CASE(test_one_source_ip6), CU_CASE(test_one_source_pieces_ip4),
	CU_CASE(test_one_source_pieces_ip6), CU_CASE(test_many_sources_ip4),
	CU_CASE(test_many_sources_ip6), CU_CASE(test_buffers_ip4), CU_CASE(test_buffers_ip6),
	CU_CASE(test_refused6), CU_CASE(test_atomic6), CU_CASE(test_source6),
	CU_CASE(test_slow_owner),
};

int
main(void)
{
	dp_eal();
	return cu_run("reass_hostile", cases, RTE_DIM(cases));
}
