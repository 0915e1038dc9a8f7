/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * `debug ip ospf`: packets in words (RFC 2328 appendix A), field by field, and what the engine
 * makes of them. What is read here may be anything: it goes through the bounded reader, and a
 * packet that ends early ends with a remark. Passwords and digests are never shown.
 */
#include <stdarg.h>
#include <stdio.h>

#include "common/words.h"
#include "controlplane/ospf/ospf_proto.h"

#define ITEMS_MAX 40 /* of a list, in one packet */

struct dotted {
	char s[IP4_STR_LEN];
};

static struct dotted
dotted(uint32_t a)
{
	struct dotted d;

	ip4_str(a, d.s);
	return d;
}

void
ospf_trace_on(struct ospf *o, uint8_t topics)
{
	o->tracing = o->ops.trace != NULL ? topics : 0;
}

static void
tell(struct ospf *o, uint8_t topic, bool out, const struct ospf_if *ifp, uint32_t addr,
		uint32_t router_id, const char *text)
{
	struct ospf_trace t = { .topic = topic, .out = out, .ifp = ifp, .addr = addr,
		.router_id = router_id, .text = text };

	o->ops.trace(o->ops.ctx, &t);
}

void
ospf_trace_line(struct ospf *o, uint8_t topic, const struct ospf_if *ifp, uint32_t addr,
		uint32_t router_id, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	if ((o->tracing & topic) == 0)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	tell(o, topic, false, ifp, addr, router_id, text);
}

/* ---- fields ---------------------------------------------------------------------------------- */

static void
add_options(struct words *w, uint8_t options)
{
	static const struct {
		uint8_t bit;
		const char *name;
	} bits[] = { { OSPF_OPT_E, "E" }, { OSPF_OPT_MC, "MC" }, { OSPF_OPT_NP, "N/P" },
		{ OSPF_OPT_L, "L" }, { OSPF_OPT_DC, "DC" }, { OSPF_OPT_O, "O" } };

	words_add(w, "options 0x%02x", options);
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (options & bits[i].bit)
			words_add(w, " %s", bits[i].name);
}

static void
add_lsa_hdr(struct words *w, const struct ospf_lsa_hdr *h)
{
	words_add(w, "\n  %s %s of %s, age %u, sequence 0x%08x, checksum 0x%04x, %u bytes, ",
			ospf_lsa_type_str(h->type), dotted(h->id).s, dotted(h->adv).s, h->age,
			(unsigned int)h->seq, h->cksum, h->len);
	add_options(w, h->options);
}

static void
add_router_lsa(struct words *w, const uint8_t *lsa, size_t len)
{
	static const char *const types[] = { "link of unknown type", "point-to-point", "transit",
		"stub", "virtual" };
	struct rd r = ospf_rlsa_links(lsa, len);
	uint8_t flags = ospf_rlsa_flags(lsa, len);
	struct ospf_link l;

	words_add(w, "\n    flags%s%s%s%s", flags & OSPF_RLSA_V ? " V" : "",
			flags & OSPF_RLSA_E ? " E" : "", flags & OSPF_RLSA_B ? " B" : "",
			flags & OSPF_RLSA_NT ? " Nt" : "");
	for (int i = 0; i < ITEMS_MAX && ospf_rlsa_next(&r, &l); i++)
		words_add(w, "\n    %s, id %s, data %s, metric %u",
				types[l.type <= OSPF_LINK_VIRTUAL ? l.type : 0], dotted(l.id).s,
				dotted(l.data).s, l.metric);
}

static void
add_body(struct words *w, const struct ospf_lsa_hdr *h, const uint8_t *lsa)
{
	struct ospf_external e;
	struct ospf_summary s;
	struct rd r;
	uint32_t id;

	switch (h->type) {
	case OSPF_LSA_ROUTER:
		add_router_lsa(w, lsa, h->len);
		break;
	case OSPF_LSA_NETWORK:
		words_add(w, "\n    mask %s, routers", dotted(ospf_nlsa_mask(lsa, h->len)).s);
		r = ospf_nlsa_routers(lsa, h->len);
		for (int i = 0; i < ITEMS_MAX && ospf_nlsa_next(&r, &id); i++)
			words_add(w, " %s", dotted(id).s);
		break;
	case OSPF_LSA_SUMMARY:
	case OSPF_LSA_ASBR_SUMMARY:
		if (ospf_summary_read(lsa, h->len, &s))
			words_add(w, "\n    mask %s, metric %u", dotted(s.mask).s, s.metric);
		break;
	case OSPF_LSA_EXTERNAL:
	case OSPF_LSA_NSSA:
		if (ospf_external_read(lsa, h->len, &e))
			words_add(w, "\n    mask %s, metric %u of type %d, forward %s, tag %u",
					dotted(e.mask).s, e.metric, e.type2 ? 2 : 1,
					dotted(e.forward).s, e.tag);
		break;
	}
}

/* ---- packets --------------------------------------------------------------------------------- */

static void
add_header(struct words *w, const struct ospf_hdr *h)
{
	static const char *const auth[] = { "no authentication", "a password", "a digest",
		"a digest, 64-bit sequence" };

	words_add(w, "%s, %u bytes, router %s, area %s, %s", ospf_pkt_str(h->type), h->len,
			dotted(h->router_id).s, dotted(h->area_id).s,
			h->autype <= OSPF_AU_EXTENDED ? auth[h->autype] : "authentication ?");
	if (h->autype == OSPF_AU_CRYPT || h->autype == OSPF_AU_EXTENDED)
		words_add(w, " of key %u, sequence %llu", h->key_id, (unsigned long long)h->seq);
}

static void
add_hello(struct words *w, struct rd *r)
{
	struct ospf_hello h;

	ospf_hello_read(r, &h);
	if (r->bad)
		return;
	words_add(w, "\n  mask %s, hello %u s, dead %u s, ", dotted(h.mask).s, h.hello_s, h.dead_s);
	add_options(w, h.options);
	words_add(w, "\n  priority %u, DR %s, BDR %s, neighbors", h.priority, dotted(h.dr).s,
			dotted(h.bdr).s);
	if (rd_left(r) < 4)
		words_add(w, " none");
	for (int i = 0; i < ITEMS_MAX && rd_left(r) >= 4; i++)
		words_add(w, " %s", dotted(rd_be32(r)).s);
}

static void
add_lsa_hdrs(struct words *w, struct rd *r)
{
	struct ospf_lsa_hdr h;

	for (int i = 0; i < ITEMS_MAX && rd_left(r) >= OSPF_LSA_HDR_LEN; i++) {
		ospf_lsa_hdr_read(r, &h);
		add_lsa_hdr(w, &h);
	}
}

static void
add_dd(struct words *w, struct rd *r)
{
	struct ospf_dd d;

	ospf_dd_read(r, &d);
	if (r->bad)
		return;
	words_add(w, "\n  MTU %u, flags%s%s%s, sequence %u, ", d.mtu,
			d.flags & OSPF_DD_I ? " I" : "", d.flags & OSPF_DD_M ? " M" : "",
			d.flags & OSPF_DD_MS ? " MS" : "", d.seq);
	add_options(w, d.options);
	add_lsa_hdrs(w, r);
}

static void
add_requests(struct words *w, struct rd *r)
{
	struct ospf_lsr q;

	for (int i = 0; i < ITEMS_MAX && rd_left(r) >= OSPF_LSR_ITEM; i++) {
		ospf_lsr_read(r, &q);
		words_add(w, "\n  %s %s of %s",
				ospf_lsa_type_str((uint8_t)(q.type < 256 ? q.type : 0)),
				dotted(q.id).s, dotted(q.adv).s);
	}
}

static void
add_updates(struct words *w, struct rd *r)
{
	uint32_t count = rd_be32(r);
	struct ospf_lsa_hdr h;
	const uint8_t *lsa;

	if (r->bad)
		return;
	words_add(w, "\n  %u LSAs", count);
	for (uint32_t i = 0; i < count && i < ITEMS_MAX && ospf_lsu_next(r, &h, &lsa); i++) {
		add_lsa_hdr(w, &h);
		if (ospf_lsa_check(lsa, h.len) == NULL)
			add_body(w, &h, lsa);
	}
}

static uint8_t
topic_of(uint8_t type)
{
	switch (type) {
	case OSPF_PKT_DD:
	case OSPF_PKT_LSR:
		return OSPF_TRACE_ADJ;
	case OSPF_PKT_LSU:
	case OSPF_PKT_LSACK:
		return OSPF_TRACE_LSA;
	}
	return OSPF_TRACE_HELLO;
}

void
ospf_trace_packet(struct ospf_if *ifp, bool out, uint32_t addr, const uint8_t *pkt, size_t len)
{
	struct rd r = rd_init(pkt, len);
	struct words w = { .n = 0 };
	struct ospf_hdr h;

	ospf_hdr_read(&r, &h);
	if (r.bad || (ifp->o->tracing & topic_of(h.type)) == 0)
		return;
	/* What authentication appends is beyond its length. */
	if (h.len < len && pkt + h.len >= r.p)
		r.end = pkt + h.len;
	add_header(&w, &h);
	switch (h.type) {
	case OSPF_PKT_HELLO:
		add_hello(&w, &r);
		break;
	case OSPF_PKT_DD:
		add_dd(&w, &r);
		break;
	case OSPF_PKT_LSR:
		add_requests(&w, &r);
		break;
	case OSPF_PKT_LSU:
		add_updates(&w, &r);
		break;
	case OSPF_PKT_LSACK:
		add_lsa_hdrs(&w, &r);
		break;
	}
	if (r.bad)
		words_add(&w, "\n  (what follows is malformed)");
	tell(ifp->o, topic_of(h.type), out, ifp, addr, h.router_id, w.buf);
}
