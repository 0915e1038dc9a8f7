/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A run over several turns of the loop. What happens between two of them, whatever it is and
 * wherever it falls, leaves the dataplane with what it would hold if everything had been done at
 * once; and at no command does a route lead into a tunnel that is not there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/dataplane/reconcile_int.h"
#include "controlplane/iface/iface.h"
#include "controlplane/neigh/neigh.h"
#include "controlplane/ospf/calc_int.h"
#include "controlplane/ospf/proc.h"
#include "controlplane/ospf/proc_calc.h"
#include "controlplane/tunnel/tunnel_int.h"
#include "controlplane/vpn/vpn_int.h"
#include "tests/unit/cp_fixture.h"

#define TURNS_MAX 200
#define MODEL_MAX 256
#define LINE      160

/* ---- what a dataplane holds after all that it was told ------------------------------------- */

struct object {
	uint16_t op; /* that set it */
	uint64_t key;
	bool named;  /* within the present sync */
	struct chan_cmd cmd;
};

static struct {
	struct object at[MODEL_MAX];
	unsigned int n, seen;
	bool syncing;
} model;

static bool
object_of(const struct chan_cmd *c, uint16_t *op, uint64_t *key, bool *del)
{
	*del = false;
	*op = c->op;
	*key = 0;
	switch (c->op) {
	case CHAN_CMD_PARAM_SET:
		return true;
	case CHAN_CMD_PORT_SET:
		*key = c->u.port.port;
		return true;
	case CHAN_CMD_IF_DEL:
	case CHAN_CMD_IF_SET:
		*key = c->u.iface.if_id;
		*del = c->op == CHAN_CMD_IF_DEL;
		*op = CHAN_CMD_IF_SET;
		return true;
	case CHAN_CMD_NH_DEL:
	case CHAN_CMD_NH_SET:
		*key = c->u.nh.nh_id;
		*del = c->op == CHAN_CMD_NH_DEL;
		*op = CHAN_CMD_NH_SET;
		return true;
	case CHAN_CMD_NHG_DEL:
	case CHAN_CMD_NHG_SET:
		*key = c->u.nhg.nhg_id;
		*del = c->op == CHAN_CMD_NHG_DEL;
		*op = CHAN_CMD_NHG_SET;
		return true;
	case CHAN_CMD_TUN_DEL:
	case CHAN_CMD_TUN_SET:
		*key = c->u.tun.tun_id;
		*del = c->op == CHAN_CMD_TUN_DEL;
		*op = CHAN_CMD_TUN_SET;
		return true;
	case CHAN_CMD_ROUTE_DEL:
	case CHAN_CMD_ROUTE_SET:
		*key = (uint64_t)c->u.route.len << 32 | c->u.route.prefix;
		*del = c->op == CHAN_CMD_ROUTE_DEL;
		*op = CHAN_CMD_ROUTE_SET;
		return true;
	default:
		return false;
	}
}

static struct object *
model_find(uint16_t op, uint64_t key)
{
	for (unsigned int i = 0; i < model.n; i++)
		if (model.at[i].op == op && model.at[i].key == key)
			return &model.at[i];
	return NULL;
}

static void
model_drop(struct object *o)
{
	if (o != NULL)
		*o = model.at[--model.n];
}

/* The next hop into a tunnel needs the tunnel, what leads to a next hop needs that. */
static void
refers(const struct chan_cmd *c)
{
	if (c->op == CHAN_CMD_NH_SET && c->u.nh.type == CHAN_NH_TUN)
		CU_ASSERT_PTR_NOT_NULL(model_find(CHAN_CMD_TUN_SET, c->u.nh.tun_id));
	if (c->op == CHAN_CMD_ROUTE_SET)
		CU_ASSERT_PTR_NOT_NULL(model_find(c->u.route.is_group ? CHAN_CMD_NHG_SET
								      : CHAN_CMD_NH_SET,
				c->u.route.id));
	if (c->op == CHAN_CMD_TUN_SET && c->u.tun.nh_id != CHAN_NONE)
		CU_ASSERT_PTR_NOT_NULL(model_find(CHAN_CMD_NH_SET, c->u.tun.nh_id));
}

static void
model_take(const struct chan_cmd *c)
{
	struct object *o;
	uint16_t op;
	uint64_t key;
	bool del;

	if (c->op == CHAN_CMD_SYNC_BEGIN || c->op == CHAN_CMD_SYNC_END) {
		for (unsigned int i = model.n; i-- > 0 && c->op == CHAN_CMD_SYNC_END;)
			if (!model.at[i].named)
				model_drop(&model.at[i]);
		for (unsigned int i = 0; i < model.n; i++)
			model.at[i].named = false;
		model.syncing = c->op == CHAN_CMD_SYNC_BEGIN;
		return;
	}
	if (!object_of(c, &op, &key, &del))
		return;
	o = model_find(op, key);
	if (del) {
		CU_ASSERT_PTR_NOT_NULL(o);
		model_drop(o);
		return;
	}
	refers(c);
	CU_ASSERT_FATAL(o != NULL || model.n < MODEL_MAX);
	if (o == NULL)
		o = &model.at[model.n++];
	*o = (struct object){ .op = op, .key = key, .named = true, .cmd = *c };
}

static void
model_follow(void)
{
	for (; model.seen < cpf.n; model.seen++)
		model_take(&cpf.cmd[model.seen]);
}

static void
model_reset(void)
{
	model.n = model.seen = 0;
}

/* Ids of groups and tunnels depend on what was there before: what they mean does not. */
static void
nh_text(char *all, uint32_t id)
{
	const struct object *nh = model_find(CHAN_CMD_NH_SET, id), *tun;
	size_t at = strlen(all);

	CU_ASSERT_PTR_NOT_NULL_FATAL(nh);
	tun = nh->cmd.u.nh.type == CHAN_NH_TUN ? model_find(CHAN_CMD_TUN_SET, nh->cmd.u.nh.tun_id)
					       : NULL;
	if (tun != NULL)
		snprintf(all + at, LINE - at, " tunnel to %x", tun->cmd.u.tun.remote);
	else
		snprintf(all + at, LINE - at, " nh %u", id);
}

static char *
object_text(const struct object *o, char buf[LINE])
{
	const struct chan_route *r = &o->cmd.u.route;
	const struct chan_tun *t = &o->cmd.u.tun;
	const struct chan_nh *nh = &o->cmd.u.nh;
	const struct object *g;

	switch (o->op) {
	case CHAN_CMD_ROUTE_SET:
		snprintf(buf, LINE, "route %x/%u:", r->prefix, r->len);
		g = r->is_group ? model_find(CHAN_CMD_NHG_SET, r->id) : NULL;
		for (uint32_t i = 0; g != NULL && i < g->cmd.u.nhg.n; i++)
			nh_text(buf, g->cmd.u.nhg.nh_ids[i]);
		if (g == NULL)
			nh_text(buf, r->id);
		break;
	case CHAN_CMD_TUN_SET:
		snprintf(buf, LINE, "tunnel to %x: mtu %u flags %x", t->remote, t->mtu, t->flags);
		if (t->nh_id != CHAN_NONE)
			nh_text(buf, t->nh_id);
		break;
	case CHAN_CMD_NH_SET:
		snprintf(buf, LINE, "next hop: type %u gateway %x resolved %u", nh->type, nh->gw,
				nh->resolved);
		nh_text(buf, nh->nh_id);
		break;
	default:
		snprintf(buf, LINE, "%u %llx", o->op, (unsigned long long)o->key);
		break;
	}
	return buf;
}

static int
text_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All of it in one text, which the caller frees. */
static char *
model_text(void)
{
	char *lines[MODEL_MAX], *all = calloc(MODEL_MAX, LINE);
	unsigned int n = 0;

	for (unsigned int i = 0; i < model.n; i++)
		if (model.at[i].op != CHAN_CMD_NHG_SET)
			lines[n++] = object_text(&model.at[i], malloc(LINE));
	qsort(lines, n, sizeof(lines[0]), text_cmp);
	for (unsigned int i = 0; i < n; i++) {
		strcat(strcat(all, lines[i]), "\n");
		free(lines[i]);
	}
	return all;
}

/* ---- what happens ---------------------------------------------------------------------------- */

static const char *many, *fewer;

static void
push(const char *config, int mtu)
{
	cpf_config_text = config;
	cpf_push(mtu);
}

static void
other_mtu(void)
{
	push(many, 1380);
}

static void
fewer_tunnels(void)
{
	push(fewer, 1400);
}

static void
fewer_then_many(void)
{
	push(fewer, 1400);
	push(many, 1390);
}

static void
link_down(void)
{
	cpf.stats.ports[0].link_up = 0;
	reconcile_soon(cpf_cp.reconcile);
}

static void
gateway(void)
{
	cpf_gateway_answers();
}

static void
learned(void)
{
	tunnels_learn(cpf_cp.tunnels, 2, 0x09090909);
	reconcile_soon(cpf_cp.reconcile);
}

/* Routes of a protocol: each into another tunnel. */
static void
routes(void)
{
	static const char names[2][RIB_LINK_NAME] = { "t1", "t2" };
	static const struct rib_hop hops[2] = { { .link = 0 }, { .link = 1 } };
	static const struct rib_dyn dyns[2] = {
		{ .prefix = { 0xac100000, 16 }, .kind = RIB_OSPF_INTRA, .distance = 110,
				.metric = 10, .first_hop = 0, .n_hops = 1 },
		{ .prefix = { 0xac110000, 16 }, .kind = RIB_OSPF_INTRA, .distance = 110,
				.metric = 10, .first_hop = 1, .n_hops = 1 },
	};
	struct rib_source s = { .routes = dyns, .hops = hops, .names = names, .n_routes = 2,
		.n_hops = 2, .n_names = 2 };

	CU_ASSERT_EQUAL(reconcile_routes(cpf_cp.reconcile, &s), 0);
}

static void
acquire(void)
{
	struct chan_event ev = { .type = CHAN_EV_ACQUIRE,
		.id = tunnels_at(cpf_cp.tunnels, 0)->tun_id };

	vpn_event(cpf_cp.vpn, &ev);
	tunnels_check_soon(cpf_cp.tunnels);
}

static void
away_and_back(void)
{
	cpf.attached = false;
	reconcile_detached(cpf_cp.reconcile);
	event_base_loop(cpf_cp.base, EVLOOP_NONBLOCK);
	cpf_attach();
}

static void
another_dataplane(void)
{
	cpf.attached = false;
	reconcile_detached(cpf_cp.reconcile);
	cpf_dataplane_boot(cpf.boot_id + 1);
	model_reset();
	cpf_attach();
}

static const struct {
	const char *what;
	void (*happens)(void);
} cases[] = {
	{ "another MTU", other_mtu },
	{ "fewer tunnels", fewer_tunnels },
	{ "fewer, then all again", fewer_then_many },
	{ "the link goes down", link_down },
	{ "the gateway answers", gateway },
	{ "a far end is learned", learned },
	{ "routes of OSPF", routes },
	{ "a packet for a tunnel", acquire },
	{ "the attachment ends and begins", away_and_back },
	{ "another dataplane", another_dataplane },
};
#define N_CASES (sizeof(cases) / sizeof(cases[0]))

/* ---- runs ------------------------------------------------------------------------------------ */

static void
one_turn(void)
{
	event_base_loop(cpf_cp.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	cpf_answer();
	model_follow();
}

/* Until nothing is to be done any more. In how many turns of a run. */
static unsigned int
to_the_end(void)
{
	unsigned int n = 0;

	for (int quiet = 0, turns = 0; quiet < 3 && turns < TURNS_MAX; turns++) {
		bool runs = cpf_cp.reconcile->run.stage != RUN_NONE ||
			    evtimer_pending(cpf_cp.reconcile->soon, NULL);

		n += cpf_cp.reconcile->run.stage != RUN_NONE;
		quiet = runs ? 0 : quiet + 1;
		one_turn();
	}
	CU_ASSERT_EQUAL(cpf_cp.reconcile->run.stage, RUN_NONE);
	return n;
}

static void
begin(uint32_t per_turn)
{
	cpf_config_text = many;
	model_reset();
	cpf_start();
	cpf_cp.reconcile->run.per_turn = per_turn;
}

/* How many turns a first attachment takes. */
static unsigned int
turns_of_attachment(void)
{
	unsigned int n;

	begin(1);
	cpf_attach();
	n = to_the_end();
	CU_ASSERT_TRUE(cpf_cp.reconcile->synced);
	cpf_stop();
	return n;
}

/* After @turn turns of an attachment this happens. What the dataplane holds at the end. */
static char *
happened(size_t i, uint32_t per_turn, unsigned int turn)
{
	char *text;

	begin(per_turn);
	cpf_attach();
	for (unsigned int k = 0; k < turn; k++)
		one_turn();
	cases[i].happens();
	to_the_end();
	cpf_gateway_answers(); /* with and without */
	to_the_end();
	CU_ASSERT_TRUE(cpf_cp.reconcile->synced);
	CU_ASSERT_EQUAL(cpf_cp.vpn->tuns.n, tunnels_n(cpf_cp.tunnels));
	for (uint32_t k = 0; k < tunnels_n(cpf_cp.tunnels); k++) {
		struct ike_peer_show p;

		CU_ASSERT_NOT_EQUAL(tunnels_at(cpf_cp.tunnels, k)->link, RIB_NO_LINK);
		CU_ASSERT_TRUE(vpn_peer_show(cpf_cp.vpn, tunnels_at(cpf_cp.tunnels, k)->name, &p));
	}
	text = model_text();
	cpf_stop();
	return text;
}

static void
whatever_comes_between(void)
{
	unsigned int n = turns_of_attachment();

	CU_ASSERT_TRUE(n >= 10);
	for (size_t i = 0; i < N_CASES; i++) {
		char *at_once = happened(i, UINT32_MAX, n);

		CU_ASSERT_TRUE(strlen(at_once) > 500);
		for (unsigned int turn = 0; turn <= n + 2; turn++) {
			char *text = happened(i, 1, turn);

			if (strcmp(text, at_once) != 0)
				printf("\n%s after turn %u:\n%s---- at once:\n%s", cases[i].what,
						turn, text, at_once);
			CU_ASSERT_STRING_EQUAL(text, at_once);
			free(text);
		}
		free(at_once);
	}
}

/* Nothing is sent twice, in another order or for nothing. */
static void
the_same_commands(void)
{
	static struct chan_cmd at_once[CPF_CMDS];
	unsigned int n;

	begin(UINT32_MAX);
	cpf_attach();
	n = cpf.n;
	memcpy(at_once, cpf.cmd, n * sizeof(at_once[0]));
	cpf_stop();
	begin(1);
	cpf_attach();
	CU_ASSERT_EQUAL(cpf.n, 0);
	while (cpf_cp.reconcile->run.stage != RUN_NONE)
		event_base_loop(cpf_cp.base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	CU_ASSERT_EQUAL_FATAL(cpf.n, n);
	CU_ASSERT_EQUAL(memcmp(at_once, cpf.cmd, n * sizeof(at_once[0])), 0);
	cpf_stop();
}

/* Nobody is told that a tunnel is down because it has no link yet. */
static void
no_wrong_reasons(void)
{
	begin(1);
	cpf_attach();
	to_the_end();
	for (int turn = 0; turn < 30; turn++) {
		if (turn == 0)
			push(fewer, 1400);
		if (turn == 12)
			push(many, 1400);
		tunnels_check_soon(cpf_cp.tunnels);
		event_active(cpf_cp.tunnels->soon, EV_TIMEOUT, 0);
		one_turn();
		for (uint32_t i = 0; i < tunnels_n(cpf_cp.tunnels); i++)
			CU_ASSERT_PTR_NULL(
					strstr(tunnels_at(cpf_cp.tunnels, i)->why, "more tunnels"));
	}
	to_the_end();
	cpf_stop();
}

/* Things are taken down in the middle of it. */
static void
stopped_between(void)
{
	unsigned int n = turns_of_attachment();

	for (unsigned int turn = 0; turn <= n; turn++) {
		begin(1);
		cpf_attach();
		for (unsigned int k = 0; k < turn; k++)
			one_turn();
		cpf_stop();
	}
}

/* As the fixture has it, with a route into each of @n tunnels. */
static void
config_make(char text[4096], int n)
{
	const char *from = cpf_many_config(), *routes_at = strstr(from, "\"routes\": [ ");
	char end[24];
	size_t at = (size_t)(routes_at - from) + strlen("\"routes\": [ ");

	memcpy(text, from, at);
	for (int i = 0; i < n; i++)
		at += (size_t)sprintf(text + at,
				"{ \"prefix\": \"192.168.%d.0/24\", \"interface\": \"t%d\" }, ",
				20 + i, i);
	strcpy(text + at, routes_at + strlen("\"routes\": [ "));
	snprintf(end, sizeof(end), ", \"t%d\"", n);
	if (n < CPF_TUNNELS)
		strcpy(strstr(text, end), "} }");
}

static void
setup(void)
{
	static char all[4096], some[4096];

	config_make(all, CPF_TUNNELS);
	config_make(some, CPF_TUNNELS - 2);
	many = all;
	fewer = some;
}

/* A look at all tunnels in parts: who is due meanwhile is looked at behind it, and what happens to
 * one that was passed is not lost. */
static void
looks_in_parts(void)
{
	struct tunnels *x;
	uint64_t n;

	setup();
	begin(UINT32_MAX);
	cpf_attach();
	to_the_end();
	cpf_gateway_answers();
	to_the_end();
	x = cpf_cp.tunnels;
	n = tunnels_n_looks(x);
	CU_ASSERT_TRUE(tunnels_check(x, true, 3));
	CU_ASSERT_EQUAL(tunnels_n_looks(x), n + 3);
	tunnels_check_id_soon(x, tunnels_at(x, 0)->tun_id); /* passed */
	tunnels_check_id_soon(x, tunnels_at(x, 7)->tun_id); /* to come */
	tunnels_check_id_soon(x, tunnels_at(x, 7)->tun_id);
	CU_ASSERT_EQUAL(x->n_due, 2);
	CU_ASSERT_TRUE(tunnels_check(x, false, 3));
	CU_ASSERT_FALSE(tunnels_check(x, false, 3));
	CU_ASSERT_EQUAL(tunnels_n_looks(x), n + CPF_TUNNELS);
	CU_ASSERT_TRUE(evtimer_pending(x->soon, NULL));
	x->looks_per_turn = 1;
	for (uint32_t left = 2; left-- > 0;) {
		event_active(x->soon, EV_TIMEOUT, 0);
		one_turn();
		CU_ASSERT_EQUAL(x->n_due, left);
	}
	CU_ASSERT_EQUAL(tunnels_n_looks(x), n + CPF_TUNNELS + 2);
	/* A whole look by itself. */
	tunnels_check_soon(x);
	for (uint32_t k = 1; k <= CPF_TUNNELS; k++) {
		event_active(x->soon, EV_TIMEOUT, 0);
		one_turn();
		CU_ASSERT_EQUAL(tunnels_n_looks(x), n + CPF_TUNNELS + 2 + k);
	}
	CU_ASSERT_FALSE(x->all.on);
	/* Another list in the middle: all of it is looked at. */
	CU_ASSERT_TRUE(tunnels_check(x, true, 3));
	push(fewer, 1400);
	CU_ASSERT_FALSE(x->all.on);
	to_the_end();
	CU_ASSERT_FALSE(x->fresh);
	cpf_stop();
	cpf_config_text = cpf_config;
}

/* ---- OSPF ------------------------------------------------------------------------------------ */

static const char *
with_ospf(char text[4096], uint32_t metric)
{
	snprintf(text, 4096,
			"{ \"router\": { \"ospf\": { \"1\": { \"router-id\": \"1.1.1.1\", "
			"\"redistribute\": [ { \"source\": \"static\", \"metric\": %u } ] } } },%s",
			metric, strchr(many, '{') + 1);
	return text;
}

/* The metric of what it would redistribute if the RIB told it of routes at this moment. */
static uint32_t
metric_told(void)
{
	struct proc_calc *x = ospf_proc_calc(cpf_cp.ospf);
	const struct ospf_calc *c = proc_calc_engine(x);

	proc_calc_redistribute(x);
	CU_ASSERT_TRUE_FATAL(c != NULL && c->n_wanted > 0);
	return c->wanted[0].metric;
}

/* The former configuration goes while the run of the next has turns to come, and OSPF is told of
 * the next one at its end. What it redistributes meanwhile must not be looked up in the one that
 * is gone. */
static void
ospf_between(void)
{
	static char first[4096], second[4096];
	unsigned int turns = 0;

	setup();
	with_ospf(first, 10);
	with_ospf(second, 20);
	model_reset();
	cpf_config_text = first;
	cpf_start();
	cpf_cp.ospf = ospf_proc_new(&cpf_cp);
	cpf_cp.reconcile->run.per_turn = 1;
	cpf_attach();
	to_the_end();
	CU_ASSERT_EQUAL(metric_told(), 10);
	push(second, 1400);
	for (; cpf_cp.reconcile->run.stage != RUN_NONE && turns < TURNS_MAX; turns++) {
		CU_ASSERT_EQUAL(metric_told(), 20);
		one_turn();
	}
	CU_ASSERT_TRUE(turns > 2);
	CU_ASSERT_EQUAL(metric_told(), 20);
	/* Without OSPF, too. */
	push(many, 1400);
	for (turns = 0; cpf_cp.reconcile->run.stage != RUN_NONE && turns < TURNS_MAX; turns++) {
		proc_calc_redistribute(ospf_proc_calc(cpf_cp.ospf));
		one_turn();
	}
	CU_ASSERT_PTR_NULL(ospf_proc_engine(cpf_cp.ospf));
	cpf_cp.stopping = true;
	ospf_proc_free(cpf_cp.ospf);
	cpf_stop();
	cpf_config_text = cpf_config;
}

static void
all_of_it(void)
{
	setup();
	the_same_commands();
	no_wrong_reasons();
	stopped_between();
	whatever_comes_between();
	cpf_config_text = cpf_config;
}

static const struct cu_case tests[] = {
	CU_CASE(all_of_it),
	CU_CASE(looks_in_parts),
	CU_CASE(ospf_between),
};

CU_MAIN("reconcile-turns", tests)
