/* SPDX-License-Identifier: BSD-3-Clause */
/* See ospf_lan.h. */
#include "tests/sim/ospf_lan.h"

#include <stdio.h>
#include <string.h>

#include "controlplane/ospf/ospf_auth.h"
#include "controlplane/ospf/ospf_proto.h"
#include "tests/unit/cu.h"

#define LSID_S "10.77.0.0" /* LSID */

void
lan_begin(struct lan *l, enum who dr, enum who bdr)
{
	struct net *net;

	l->w = world_new(50);
	net = world_net(l->w);
	for (uint32_t i = A; i <= C; i++) {
		struct ospf_if_cfg c = world_if_cfg(OSPF_IF_BROADCAST, ADDR + i, 24);

		c.priority = i == dr ? 200 : i == bdr ? 100 : 0;
		l->r[i] = world_router(l->w, i);
		world_attach(l->r[i], net, &c);
	}
	CU_ASSERT_TRUE_FATAL(world_until(l->w, 20000, world_quiet));
	world_run(l->w, 5000);
	CU_ASSERT_EQUAL_FATAL(l->r[A]->ports->ifp->dr, ADDR + dr);
	CU_ASSERT_EQUAL_FATAL(l->r[A]->ports->ifp->bdr, ADDR + bdr);
	ospf_trace_on(l->r[A]->o, OSPF_TRACE_LSA);
}

struct ospf_lsdb *
lan_db(const struct lan *l)
{
	return &TAILQ_FIRST(&l->r[A]->o->areas)->lsdb;
}

struct ospf_lsa *
lan_lsa(const struct lan *l, uint32_t adv)
{
	return ospf_lsdb_find(lan_db(l), OSPF_LSA_SUMMARY, LSID, adv);
}

size_t
lan_lsa_make(uint8_t *buf, size_t cap, uint8_t type, uint32_t adv, int32_t seq, uint16_t age)
{
	struct ospf_lsa_hdr h = { .age = age, .options = OSPF_OPT_E, .type = type, .id = LSID,
		.adv = adv, .seq = seq, .len = OSPF_LSA_HDR_LEN + OSPF_SUMMARY_BODY_LEN };
	struct ospf_summary s = { .mask = 0xffff0000, .metric = (uint32_t)seq & 0xff };
	struct wr w = wr_init(buf, cap);
	uint8_t body[OSPF_SUMMARY_BODY_LEN];

	ospf_summary_write(body, &s);
	ospf_lsa_hdr_write(&w, &h);
	wr_bytes(&w, body, sizeof(body));
	ospf_lsa_cksum_set(buf, w.len);
	return w.len;
}

void
lan_hear(struct lan *l, enum who from, const uint8_t *lsa, size_t len)
{
	struct router *a = l->r[A];
	struct ospf_if *ifp = l->r[from]->ports->ifp;
	struct ospf_out p;
	uint64_t seq = 0;

	ospf_out_begin(&p, ifp, OSPF_PKT_LSU);
	wr_be32(&p.w, 1);
	wr_bytes(&p.w, lsa, len);
	CU_ASSERT_EQUAL_FATAL(ospf_auth_sign(&ifp->cfg.auth, &p.w, 0, 0, &seq), 0);
	ospf_input(a->o, a->ports->ifp, ADDR + from, OSPF_ALL_ROUTERS, p.buf, p.w.len,
			l->w->now_ms);
}

void
lan_hear_ack(struct lan *l, enum who from, const uint8_t *lsa)
{
	struct router *a = l->r[A];
	struct ospf_if *ifp = l->r[from]->ports->ifp;
	struct ospf_out p;
	uint64_t seq = 0;

	ospf_out_begin(&p, ifp, OSPF_PKT_LSACK);
	wr_bytes(&p.w, lsa, OSPF_LSA_HDR_LEN);
	CU_ASSERT_EQUAL_FATAL(ospf_auth_sign(&ifp->cfg.auth, &p.w, 0, 0, &seq), 0);
	ospf_input(a->o, a->ports->ifp, ADDR + from, OSPF_ALL_ROUTERS, p.buf, p.w.len,
			l->w->now_ms);
}

void
lan_forget(struct lan *l)
{
	struct router *a = l->r[A];

	if (a->lines != NULL)
		a->lines[a->n_lines = 0] = '\0';
}

bool
lan_sent(const struct lan *l, const char *kind, const char *to)
{
	const char *p = l->r[A]->lines, *end, *lsa;
	char head[80];

	snprintf(head, sizeof(head), "to %s%s%s", to != NULL ? to : "", to != NULL ? ": " : "",
			to != NULL ? kind : "");
	while (p != NULL && (p = strstr(p, head)) != NULL) {
		end = strstr(p, "\nto ");
		end = end != NULL ? end : p + strlen(p);
		lsa = strstr(p, LSID_S);
		if (strstr(p, kind) != NULL && strstr(p, kind) < end && lsa != NULL && lsa < end)
			return true;
		p++;
	}
	return false;
}

bool
lan_sent_to_group(const struct lan *l, const char *kind)
{
	return lan_sent(l, kind, "224.0.0.5") || lan_sent(l, kind, "224.0.0.6");
}
