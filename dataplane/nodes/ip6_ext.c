/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * ip6_ext - the extension headers of IPv6 packets for one of our addresses (RFC 8200 section 4).
 *
 * drops  IP6_EXT; with an ICMPv6 error where section 4 wants one
 *
 * None of the options that there are is served here. What an option that is not known says is to be
 * done with its packet is done (section 4.2): a jumbo payload and a home address so end here. A
 * routing header must end here by what it says itself, whatever its type (section 4.4, RFC 5095).
 * Packets that pass through are not looked into.
 */
#include "dataplane/nodes/ip6.h"

#define EXT_MAX   8 /* extension headers of one packet */
#define OPT_PAD1  0
#define SEGMENTS_LEFT_AT 3 /* in a routing header */
#define ROUTING_TYPE_AT  2

/* The two upper bits of an option's type: if it is not known. */
enum opt_action { OPT_SKIP, OPT_DISCARD, OPT_TELL, OPT_TELL_UNICAST };

static inline bool
is_ext(uint8_t proto)
{
	return proto == IP6_HOP_BY_HOP || proto == IP6_DEST_OPTIONS || proto == IP6_ROUTING;
}

/* Past the header at @at. false: it is not all there, or one too many. */
static bool
ext_step(const struct rte_mbuf *m, struct ip6_at *at)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);

	if (m->data_len < at->off + 8u || at->n++ == EXT_MAX)
		return false;
	at->proto = p[at->off];
	at->field = at->off;
	at->off += 8u + p[at->off + 1] * 8u;
	return at->off <= m->data_len;
}

bool
ip6_skip(const struct rte_mbuf *m, struct ip6_at *at)
{
	while (is_ext(at->proto))
		if (!ext_step(m, at))
			return false;
	return at->off <= m->data_len;
}

bool
ip6_skip_ext(const struct rte_mbuf *m, unsigned int *off, uint8_t *proto)
{
	struct ip6_at at = ip6_at_start(m);
	bool ok = ip6_skip(m, &at);

	*off = at.off;
	*proto = at.proto;
	return ok;
}

/* What is wrong with a header: nothing, or what its sender is told (@tell), if anything. */
struct fault {
	bool wrong, tell;
	uint8_t code;
	unsigned int pointer;
};

static const struct fault no_fault, silent = { .wrong = true };

/* The options from @at to @end, both counted from the IPv6 header on. */
static struct fault
options_fault(const struct rte_mbuf *m, unsigned int at, unsigned int end)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);

	while (at < end) {
		enum opt_action action = p[at] >> 6;

		if (p[at] == OPT_PAD1) {
			at++;
			continue;
		}
		if (at + 2 > end || at + 2 + p[at + 1] > end || action == OPT_DISCARD)
			return silent;
		if (action != OPT_SKIP)
			return (struct fault){ true, true, ICMP6_PARAM_OPTION, at };
		at += 2u + p[at + 1];
	}
	return no_fault;
}

/* The header at @at, which is all there and ends at @end. */
static struct fault
ext_fault(const struct rte_mbuf *m, const struct ip6_at *at, unsigned int end)
{
	const uint8_t *p = rte_pktmbuf_mtod(m, const uint8_t *);

	if (at->proto == IP6_HOP_BY_HOP && at->n != 0)
		return (struct fault){ true, true, ICMP6_PARAM_NEXT_HEADER, at->field };
	if (at->proto != IP6_ROUTING)
		return options_fault(m, at->off + 2, end);
	if (p[at->off + SEGMENTS_LEFT_AT] != 0)
		return (struct fault){ true, true, ICMP6_PARAM_FIELD, at->off + ROUTING_TYPE_AT };
	return no_fault;
}

bool
ip6_ext_ok(struct worker *w, struct rte_mbuf *m, struct ip6_at *at)
{
	struct fault f = no_fault;

	while (is_ext(at->proto) && !f.wrong) {
		struct ip6_at was = *at;

		f = ext_step(m, at) ? ext_fault(m, &was, at->off) : silent;
	}
	if (!f.wrong)
		return true;
	if (f.tell)
		icmp6_error(w, m, ICMP6_PARAM_PROBLEM, f.code, f.pointer, CHAN_DROP_IP6_EXT);
	else
		pkt_drop(w, m, CHAN_DROP_IP6_EXT);
	return false;
}
