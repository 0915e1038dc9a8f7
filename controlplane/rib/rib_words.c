/* SPDX-License-Identifier: BSD-3-Clause */
/* The RIB in words: why a route is not used, why a tunnel has no way. */
#include <stdio.h>

#include "controlplane/rib/rib_table.h"

/* Of a route into a protected tunnel that is down: see the rules in rib.h. */
#define HELD_WORDS "; packets are dropped, for it is protected"

/* What is used instead of an offer that could be used itself. */
static void
beaten_words(const struct rib_table *t, const struct group *g, const struct cand *c, char *buf,
		size_t len)
{
	const struct cand *best = &t->cands[g->best];

	if (g->n_best == 0)
		snprintf(buf, len, "a better route holds the prefix");
	else if (best->distance != c->distance)
		snprintf(buf, len, "a route with a better distance is used: %s, %u",
				rib_proto_str(best->proto), best->distance);
	else if (best->proto != c->proto)
		snprintf(buf, len, "a %s route of the same distance is used",
				rib_proto_str(best->proto));
	else
		snprintf(buf, len, "a route with a better metric is used: %u", best->metric);
}

static void
recursive_words(const struct rib_table *t, const struct cand *c, char *buf, size_t len)
{
	const struct rib_link *l = &t->links[c->suppressed];
	char far[RIB_ADDR_STR_LEN];

	snprintf(buf, len, "recursive routing: it covers %s, the far end of tunnel %s",
			rib_addr_str(l->destination, far), l->name);
}

const char *
rib_cand_why(const struct rib_table *t, const struct group *g, const struct cand *c, char *buf,
		size_t len)
{
	char gw[RIB_ADDR_STR_LEN];

	rib_addr_str(c->gw, gw);
	switch ((enum cand_why)c->why) {
	case CAND_LINK_DOWN:
		snprintf(buf, len, "%s %s is down%s",
				t->links[c->link].is_tunnel ? "tunnel" : "interface",
				t->links[c->link].name,
				t->links[c->link].is_protected && c->proto != RIB_LOCAL ? HELD_WORDS
											: "");
		break;
	case CAND_NO_NEXT_HOP:
		snprintf(buf, len, "no route to next hop %s", gw);
		break;
	case CAND_SELF:
		snprintf(buf, len, "next hop %s would be reached through this route itself", gw);
		break;
	case CAND_CYCLE:
		snprintf(buf, len, "next hop %s is reached through routes that depend on this one",
				gw);
		break;
	case CAND_OWN:
		snprintf(buf, len, "next hop %s is our own address", gw);
		break;
	case CAND_NULL:
		snprintf(buf, len, "next hop %s is covered by a null route", gw);
		break;
	case CAND_HELD:
		snprintf(buf, len, "next hop %s is behind tunnel %s, which is down" HELD_WORDS, gw,
				t->links[t->groups[c->match].holder].name);
		break;
	case CAND_TRACK:
		snprintf(buf, len, "track %s is down", c->track);
		break;
	case CAND_RECURSIVE:
		recursive_words(t, c, buf, len);
		break;
	case CAND_OK:
		beaten_words(t, g, c, buf, len);
		break;
	}
	return buf;
}

const char *
rib_table_underlay_why(const struct rib_table *t, uint32_t i, char *buf, size_t len)
{
	const struct rib_link *l = &t->links[i];
	const struct rib_underlay *u = &t->underlay[i];
	char src[RIB_ADDR_STR_LEN], dst[RIB_ADDR_STR_LEN];

	rib_addr_str(l->source, src);
	rib_addr_str(l->destination, dst);
	switch (u->err) {
	case RIB_UNDERLAY_OK:
		snprintf(buf, len, "%s", "");
		break;
	case RIB_UNDERLAY_DISABLED:
		snprintf(buf, len, "administratively down");
		break;
	case RIB_UNDERLAY_NO_SOURCE:
		snprintf(buf, len, "source %s is not an address of an interface that is up", src);
		break;
	case RIB_UNDERLAY_NO_ROUTE:
		snprintf(buf, len, "no route to %s", dst);
		break;
	case RIB_UNDERLAY_NULL:
		snprintf(buf, len, "%s is covered by a null route", dst);
		break;
	case RIB_UNDERLAY_OWN:
		snprintf(buf, len, "destination %s is our own address", dst);
		break;
	case RIB_UNDERLAY_LOOP:
		snprintf(buf, len,
				"recursive routing: %s would be reached through the tunnel itself",
				dst);
		break;
	case RIB_UNDERLAY_TUNNEL:
		snprintf(buf, len, "%s would be reached through tunnel %s", dst,
				t->links[u->via].name);
		break;
	case RIB_UNDERLAY_PIN:
		snprintf(buf, len, "next hop %s, pinned for it, is on no interface that is up",
				rib_addr_str(l->pin_gw, src));
		break;
	}
	return buf;
}
