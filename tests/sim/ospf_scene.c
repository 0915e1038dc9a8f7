/* SPDX-License-Identifier: BSD-3-Clause */
/* See ospf_scene.h. */
#include "tests/sim/ospf_scene.h"

#include <stdio.h>
#include <string.h>

#include "controlplane/ospf/ospf_auth.h"
#include "tests/unit/cu.h"

void
scene_begin(struct scene *s, enum ospf_if_type type, uint32_t far, uint8_t area_type)
{
	struct ospf_if_cfg c = world_if_cfg(type, ADDR + A, 24);
	const struct ospf_area_cfg area = { .id = 0, .type = area_type };

	c.dead_ms = 600000; /* nobody says Hello */
	c.priority = 0;     /* no DR comes of it: on a network they stay at 2-Way */
	s->w = world_new(70);
	s->a = world_router(s->w, A);
	CU_ASSERT_EQUAL_FATAL(ospf_area_set(s->a->o, &area, s->w->now_ms), 0);
	s->ifp = world_attach(s->a, world_net(s->w), &c)->ifp;
	s->far = far;
	s->options = area_type == OSPF_AREA_NORMAL ? OSPF_OPT_E | OSPF_OPT_O : OSPF_OPT_O;
	s->mtu = 1500;
	s->src = ADDR + far;
	s->dst = OSPF_ALL_ROUTERS;
	world_run(s->w, 6000); /* its own LSAs are there */
	ospf_trace_on(s->a->o, OSPF_TRACE_ALL);
}

struct ospf_nbr *
scene_nbr(const struct scene *s)
{
	return ospf_nbr_by_id(s->ifp, s->far);
}

enum ospf_nbr_state
scene_state(const struct scene *s)
{
	return scene_nbr(s) != NULL ? scene_nbr(s)->state : OSPF_NBR_DOWN;
}

void
scene_dr(struct scene *s, bool is)
{
	struct ospf_nbr *n = scene_nbr(s);

	n->priority = is;
	n->dr = s->ifp->dr = is ? n->addr : 0;
}

void
scene_hear(struct scene *s, struct ospf_out *p)
{
	struct wr id = wr_init(p->buf + 4, 4);
	uint64_t seq = 0;

	wr_be32(&id, s->far);
	CU_ASSERT_EQUAL_FATAL(ospf_auth_sign(&s->ifp->cfg.auth, &p->w, 0, 0, &seq), 0);
	ospf_input(s->a->o, s->ifp, s->src, s->dst, p->buf, p->w.len, s->w->now_ms);
}

void
scene_hear_dd(struct scene *s, uint8_t flags, uint32_t seq, uint8_t type)
{
	struct ospf_dd d = { .mtu = s->mtu, .options = s->options, .flags = flags, .seq = seq };
	struct ospf_lsa_hdr h = { .age = 1, .options = s->options, .type = type, .id = UNKNOWN,
		.adv = s->far, .seq = OSPF_INITIAL_SEQ, .cksum = 1, .len = 28 };
	struct ospf_out p;

	ospf_out_begin(&p, s->ifp, OSPF_PKT_DD);
	ospf_dd_write(&p.w, &d);
	if (type != 0)
		ospf_lsa_hdr_write(&p.w, &h);
	scene_hear(s, &p);
}

struct ospf_nbr *
scene_bring(struct scene *s, enum ospf_nbr_state to)
{
	struct ospf_nbr *n = ospf_nbr_new(s->ifp, s->far, ADDR + s->far);
	uint8_t last = to == OSPF_NBR_LOADING ? OSPF_LSA_SUMMARY : 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(n);
	n->configured = to <= OSPF_NBR_ATTEMPT;
	if (to == OSPF_NBR_ATTEMPT)
		ospf_nbr_event(n, OSPF_NE_START, "test");
	if (to >= OSPF_NBR_INIT)
		ospf_nbr_event(n, OSPF_NE_HELLO, "test");
	if (to >= OSPF_NBR_EXSTART && ospf_if_is_multiaccess(s->ifp))
		scene_dr(s, true);
	if (to >= OSPF_NBR_2WAY)
		ospf_nbr_event(n, OSPF_NE_2WAY, "test");
	if (to >= OSPF_NBR_EXCHANGE) {
		if (s->far == HIGH)
			scene_hear_dd(s, I | M | MS, THEIRS, 0);
		else
			scene_hear_dd(s, M, n->dd_seq, 0);
	}
	if (to >= OSPF_NBR_LOADING)
		scene_hear_dd(s, s->far == HIGH ? MS : 0,
				s->far == HIGH ? THEIRS + 1 : n->dd_seq, last);
	CU_ASSERT_EQUAL_FATAL(n->state, to);
	scene_forget(s);
	return n;
}

bool
scene_said(const struct scene *s, const char *kind)
{
	const char *p = s->a->lines;
	char to[IP4_STR_LEN + 16];

	while (p != NULL && (p = strstr(p, kind)) != NULL) {
		static const uint32_t dsts[] = { OSPF_ALL_ROUTERS, OSPF_ALL_DRS, 0 };

		for (size_t i = 0; i < sizeof(dsts) / sizeof(dsts[0]); i++) {
			char a[IP4_STR_LEN];
			int n = snprintf(to, sizeof(to), "to %s: ",
					ip4_str(dsts[i] != 0 ? dsts[i] : ADDR + s->far, a));

			if (p - s->a->lines >= n && memcmp(p - n, to, (size_t)n) == 0)
				return true;
		}
		p++;
	}
	return false;
}

void
scene_forget(struct scene *s)
{
	s->a->lines[s->a->n_lines = 0] = '\0';
}
