/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fragments for ourselves, IPv4 and IPv6: echo requests cut in pieces, and whether they are
 * answered. A test says once what is sent with either version.
 */
#ifndef CULVERT_TESTS_REASS_FIXTURE_H
#define CULVERT_TESTS_REASS_FIXTURE_H

#include "tests/unit/dp6_fixture.h"
#include "tests/unit/dp_fixture.h"

#define MF RTE_IPV4_HDR_MF_FLAG

struct reass_fixture {
	uint8_t body[65535]; /* of the packet that is sent in pieces, behind its IP header */
	uint16_t next_id;    /* of the packet; the test counts on */
	bool six;            /* what is sent is IPv6 */
	uint32_t echo_src;   /* who asks, as IPv4 address */
};

extern struct reass_fixture rf;

/* Run a test with both versions. */
#define BOTH(test) \
	static void test##_ip4(void) \
	{ \
		rf.six = false; \
		test(); \
	} \
	static void test##_ip6(void) \
	{ \
		rf.six = true; \
		test(); \
		rf.six = false; \
	}

/** The dataplane of dp_fixture.h and dp6_fixture.h, with limits that echoes do not reach. */
void rf_open(void);

/** What stands for an IPv4 address in IPv6: every one is in a /64 of its own. @buf is used for
 *  those that have no name. */
const char *rf_addr6(uint32_t a, char *buf, size_t size);
/** An echo request of @len bytes in rf.body. */
void rf_make_echo(uint32_t len);
/** @len bytes of rf.body from @off on, as a fragment to the LAN address. */
struct dp_pkt rf_piece(uint32_t off, uint32_t len, bool more);
/** Receive what @p describes, as IPv6 if it is rf.six. */
void rf_put(uint16_t port, const struct dp_pkt *p);
void rf_send_piece(uint32_t off, uint32_t len, bool more);
/** Is what was sent one echo reply to rf.body's @len bytes, in order, whole or in pieces? */
bool rf_replied(uint32_t len);
/** One sent packet: an ICMPv6 error about what the LAN host sent. */
void rf_expect_error6(uint8_t type, uint8_t code, uint32_t arg);

#endif
