/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Shows of what outsiders fill, part by part: no part is long, and what is there from the first to
 * the last is in the answer once, whatever comes, goes or changes its place in between.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/ospf/ospf_proto.h"
#include "controlplane/ospf/ospf_wire.h"
#include "tests/unit/cu.h"
#include "tests/sim/show_box.h"

#define MANY     3000u
#define PART_MAX 8192 /* bytes */

/* What happens between two parts; @n: so many have been made. */
static void (*between)(unsigned int n);

/* The whole answer's result. */
static json_t *
answer(const struct mgmt_parts *how, const char *params_text)
{
	json_t *params = json_loads(params_text, 0, NULL), *line, *result;
	struct mgmt_answer_parts *a;
	size_t was = 0;
	unsigned int n = 0;
	char err[80], *text;
	bool more = true;

	a = mgmt_parts_begin(how, &sb_show, NULL, params, err, sizeof(err));
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	while (more) {
		more = mgmt_parts_next(a);
		CU_ASSERT(mgmt_parts_len(a) - was <= PART_MAX);
		was = mgmt_parts_len(a);
		if (more && between != NULL)
			between(++n);
	}
	text = mgmt_parts_take(a);
	line = json_loadb(text, was, JSON_REJECT_DUPLICATES, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(line);
	result = json_incref(json_object_get(line, "result"));
	CU_ASSERT_PTR_NOT_NULL_FATAL(result);
	json_decref(line);
	free(text);
	mgmt_parts_free(a);
	json_decref(params);
	between = NULL;
	return result;
}

/* How often entries have @value as their @key. */
static int
n_with(const json_t *list, const char *key, const char *value)
{
	size_t i;
	json_t *e;
	int n = 0;

	json_array_foreach ((json_t *)(uintptr_t)list, i, e)
		n += strcmp(json_string_value(json_object_get(e, key)), value) == 0;
	return n;
}

/* ---- neighbours ----------------------------------------------------------------------------- */

/* The table doubles on the way. */
static void
neighbors_come(unsigned int n)
{
	sb_neighbor(100000 + n);
}

static void
test_arp_while_neighbors_come(void)
{
	int seen[MANY] = { 0 };
	json_t *r, *e;
	size_t i;

	sb_begin(100000);
	for (uint32_t k = 0; k < MANY; k++)
		sb_neighbor(k + 2);
	between = neighbors_come;
	r = answer(&show_arp_parts, "{}");
	json_array_foreach (json_object_get(r, "entries"), i, e) {
		uint32_t addr;

		CU_ASSERT_EQUAL(ip4_parse(json_string_value(json_object_get(e, "address")), &addr),
				0);
		if (addr - 0x0a000002u < MANY)
			seen[addr - 0x0a000002u]++;
	}
	for (uint32_t k = 0; k < MANY; k++)
		CU_ASSERT_EQUAL(seen[k], 1);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(r, "conflicts")), 0);
	json_decref(r);
	sb_end();
}

/* ---- policies ------------------------------------------------------------------------------- */

static struct cfg every, fewer;

/* One in two has gone, in a configuration that takes the place of the former one. */
static void
policies_go(unsigned int n)
{
	if (n != 100)
		return;
	memset(every.policies, 0xff, MANY * sizeof(*every.policies));
	sb_show.cp->cfg = &fewer;
}

static void
test_policies_in_parts(void)
{
	json_t *r, *e;
	size_t i;
	uint32_t kept = 0, was_priority = UINT32_MAX;
	char was_name[CFG_NAME_MAX] = "";

	sb_begin(1);
	every.policies = calloc(MANY, sizeof(*every.policies));
	fewer.policies = calloc(MANY, sizeof(*fewer.policies));
	CU_ASSERT_FATAL(every.policies != NULL && fewer.policies != NULL);
	for (uint32_t k = 0; k < MANY; k++) {
		struct cfg_policy *p = &every.policies[every.n_policies++];

		snprintf(p->name, sizeof(p->name), "p%05u", k);
		snprintf(p->protocol, sizeof(p->protocol), "any");
		p->priority = k % 7;
		if (k % 2 == 0)
			fewer.policies[fewer.n_policies++] = *p;
	}
	sb_show.cp->cfg = &every;
	between = policies_go;
	r = answer(&show_policy_parts, "{}");
	json_array_foreach (json_object_get(r, "policies"), i, e) {
		const char *name = json_string_value(json_object_get(e, "name"));
		uint32_t prio = (uint32_t)json_integer_value(json_object_get(e, "priority"));

		/* The highest priority first, then by name; none twice. */
		CU_ASSERT(prio < was_priority ||
				(prio == was_priority && strcmp(name, was_name) > 0));
		was_priority = prio;
		snprintf(was_name, sizeof(was_name), "%s", name);
		kept += strtoul(name + 1, NULL, 10) % 2 == 0;
	}
	CU_ASSERT_EQUAL(kept, MANY / 2);
	CU_ASSERT_EQUAL(i, MANY / 2 + 50); /* and half of the 100 before */
	json_decref(r);
	r = answer(&show_policy_parts, "{\"name\": \"p00100\"}");
	CU_ASSERT_EQUAL(json_array_size(json_object_get(r, "policies")), 1);
	json_decref(r);
	free(every.policies);
	free(fewer.policies);
	sb_end();
}

/* ---- the database --------------------------------------------------------------------------- */

static void
external(uint32_t i)
{
	struct ospf_external e = { .mask = 0xffffff00, .type2 = true, .metric = 20 };
	uint8_t body[OSPF_EXTERNAL_BODY_LEN];

	ospf_external_write(body, &e);
	CU_ASSERT_EQUAL_FATAL(ospf_originate(&sb_engine->as_db, OSPF_LSA_EXTERNAL,
			0x64000000 + (i << 8), OSPF_OPT_E, body, sizeof(body)), 0);
}

static void
external_goes(uint32_t i)
{
	struct ospf_lsa *lsa = ospf_lsdb_find(&sb_engine->as_db, OSPF_LSA_EXTERNAL,
			0x64000000 + (i << 8), sb_engine->cfg.router_id);

	if (lsa != NULL)
		ospf_lsdb_remove(lsa);
}

/* Two routers on a network, one of which is ours, and externals of ours: 0 .. MANY - 1. */
static struct world *
database(void)
{
	struct world *w = world_new(1);
	struct router *r[2];

	sb_begin(10);
	world_lan(w, r, 2);
	world_until(w, 60000, world_quiet);
	sb_engine = r[0]->o;
	for (uint32_t i = 0; i < MANY; i++)
		external(i);
	return w;
}

static void
database_end(struct world *w)
{
	world_free(w);
	sb_end();
}

static void
test_database_as_a_whole(void)
{
	struct world *w = database();
	json_t *r = answer(&show_ospf_database_parts, "{}");
	const json_t *areas = json_object_get(r, "areas");

	CU_ASSERT_EQUAL(json_array_size(areas), 1);
	CU_ASSERT_EQUAL(n_with(json_object_get(json_array_get(areas, 0), "lsas"), "type",
			"router"), 2);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(r, "as")), MANY);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(r, "links")), 0);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(r, "router_id")), "0.0.0.1");
	json_decref(r);
	r = answer(&show_ospf_database_parts, "{\"name\":\"external\",\"id\":\"100.0.7.0\"}");
	CU_ASSERT_EQUAL(json_array_size(json_object_get(r, "as")), 1);
	CU_ASSERT_EQUAL(json_array_size(json_object_get(json_array_get(json_object_get(r, "areas"),
			0), "lsas")), 0);
	json_decref(r);
	database_end(w);
}

/* Every second one of the first half goes, the one that was just listed among them; others come. */
static void
database_changes(unsigned int n)
{
	uint32_t listed = n > 6 ? n - 6 : 0;

	for (uint32_t i = 0; i < 8; i++)
		if ((listed + i) % 2 == 0 && listed + i < MANY / 2)
			external_goes(listed + i);
	if (n < MANY / 2)
		external(MANY + n);
}

static void
test_database_that_changes(void)
{
	struct world *w = database();
	int seen[MANY] = { 0 };
	json_t *r, *e;
	uint32_t id;
	size_t i;

	between = database_changes;
	r = answer(&show_ospf_database_parts, "{}");
	json_array_foreach (json_object_get(r, "as"), i, e) {
		CU_ASSERT_EQUAL(ip4_parse(json_string_value(json_object_get(e, "id")), &id), 0);
		if (id - 0x64000000u < MANY << 8)
			seen[(id - 0x64000000u) >> 8]++;
	}
	for (uint32_t k = 0; k < MANY; k++)
		CU_ASSERT(k % 2 == 0 && k < MANY / 2 ? seen[k] <= 1 : seen[k] == 1);
	CU_ASSERT_PTR_NULL(ospf_lsdb_find(&sb_engine->as_db, OSPF_LSA_EXTERNAL, 0x64000000 + 1024,
			sb_engine->cfg.router_id));
	json_decref(r);
	database_end(w);
}

static void
engine_goes(unsigned int n)
{
	if (n == 40)
		sb_engine = NULL;
}

static void
test_engine_goes_meanwhile(void)
{
	struct world *w = database();
	json_t *r;

	between = engine_goes;
	r = answer(&show_ospf_database_parts, "{}");
	CU_ASSERT(json_array_size(json_object_get(r, "as")) < 40);
	CU_ASSERT_PTR_NOT_NULL(json_object_get(r, "links"));
	json_decref(r);
	r = answer(&show_ospf_neighbor_parts, "{}");
	CU_ASSERT_EQUAL(json_array_size(json_object_get(r, "neighbors")), 0);
	json_decref(r);
	database_end(w);
}

/* ---- interfaces and neighbours of OSPF ------------------------------------------------------ */

#define N_IFS 300u

static struct ospf_if *ifs[N_IFS];

static void
neighbors(struct router *r)
{
	for (uint32_t i = 0; i < N_IFS; i++) {
		struct ospf_if_cfg c = world_if_cfg(OSPF_IF_P2P, 0x0a640000 + 4 * i + 1, 30);

		snprintf(c.name, sizeof(c.name), "t%u", i);
		c.user = 1000 + i;
		ifs[i] = ospf_if_set(r->o, &c, false, r->w->now_ms);
		CU_ASSERT_PTR_NOT_NULL_FATAL(ifs[i]);
		for (uint32_t k = 0; k < 2; k++)
			CU_ASSERT_PTR_NOT_NULL_FATAL(ospf_nbr_new(ifs[i], 1000 + 2 * i + k,
					0x0a640000 + 4 * i + 2 + k));
	}
}

/* The interface whose neighbours are being listed goes, now and then. */
static void
interfaces_go(unsigned int n)
{
	uint32_t i = n / 3;

	if (n % 30 == 1 && i < N_IFS && ifs[i] != NULL) {
		ospf_if_del(sb_engine, ifs[i], sb_engine->now_ms);
		ifs[i] = NULL;
	}
}

static void
test_neighbors_while_interfaces_go(void)
{
	struct world *w = world_new(1);
	struct router *r = world_router(w, 1);
	json_t *all;

	sb_begin(10);
	sb_engine = r->o;
	neighbors(r);
	all = answer(&show_ospf_neighbor_parts, "{}");
	CU_ASSERT_EQUAL(json_array_size(json_object_get(all, "neighbors")), 2 * N_IFS);
	json_decref(all);
	all = answer(&show_ospf_interface_parts, "{\"name\":\"t7\"}");
	CU_ASSERT_EQUAL(json_array_size(json_object_get(all, "interfaces")), 1);
	json_decref(all);
	between = interfaces_go;
	all = answer(&show_ospf_neighbor_parts, "{}");
	for (uint32_t i = 0; i < N_IFS; i++)
		if (ifs[i] != NULL)
			CU_ASSERT_EQUAL(n_with(json_object_get(all, "neighbors"), "interface",
					ifs[i]->cfg.name), 2);
	CU_ASSERT_PTR_NULL(ifs[10]);
	json_decref(all);
	all = answer(&show_ospf_interface_parts, "{}");
	CU_ASSERT_EQUAL(json_array_size(json_object_get(all, "interfaces")), r->o->n_ifs);
	json_decref(all);
	world_free(w);
	sb_end();
}

/* ---- routes --------------------------------------------------------------------------------- */

static struct world *calc_world;
static struct ospf_calc *told;

/* Every route but a few is there before and after the calculation. */
static void
routes_change(unsigned int n)
{
	struct ospf_ext e[400];

	if (n != 100)
		return;
	for (uint32_t i = 0; i < 400; i++)
		e[i] = (struct ospf_ext){ .prefix = { 0x64000000 + ((2 * i + 200) << 8), 24 },
			.metric = 20 };
	CU_ASSERT_EQUAL(ospf_calc_externals(told, e, 400), 0);
	world_run(calc_world, 20000);
}

static void
test_routes_while_they_are_calculated(void)
{
	const struct ospf_calc_out out = { .routes = NULL };
	struct world *w = calc_world = world_new(1);
	struct router *a = world_router(w, 1), *b = world_router(w, 2);
	struct ospf_ext e[400];
	json_t *r;

	sb_begin(10);
	told = ospf_calc_new(a->o, &out);
	sb_calc = ospf_calc_new(b->o, &out);
	sb_engine = b->o;
	world_link(a, b);
	world_until(w, 20000, world_settled);
	for (uint32_t i = 0; i < 400; i++)
		e[i] = (struct ospf_ext){ .prefix = { 0x64000000 + ((2 * i) << 8), 24 },
			.metric = 20 };
	CU_ASSERT_EQUAL(ospf_calc_externals(told, e, 400), 0);
	world_run(w, 20000);
	between = routes_change;
	r = answer(&show_ospf_route_parts, "{}");
	for (uint32_t i = 100; i < 400; i++) {
		char buf[IP4_PREFIX_STR_LEN];

		CU_ASSERT_EQUAL(n_with(json_object_get(r, "routes"), "prefix",
				ip4_prefix_str(&e[i].prefix, buf)), 1);
	}
	json_decref(r);
	r = answer(&show_ospf_border_parts, "{}");
	CU_ASSERT_EQUAL(json_array_size(json_object_get(r, "routers")), 1);
	CU_ASSERT_EQUAL(n_with(json_object_get(r, "routers"), "router_id", "0.0.0.1"), 1);
	json_decref(r);
	ospf_calc_free(told);
	ospf_calc_free(sb_calc);
	world_free(w);
	sb_end();
}

static const struct cu_case cases[] = {
	CU_CASE(test_arp_while_neighbors_come),
	CU_CASE(test_policies_in_parts),
	CU_CASE(test_database_as_a_whole),
	CU_CASE(test_database_that_changes),
	CU_CASE(test_engine_goes_meanwhile),
	CU_CASE(test_neighbors_while_interfaces_go),
	CU_CASE(test_routes_while_they_are_calculated),
};

CU_MAIN("show_parts", cases)
