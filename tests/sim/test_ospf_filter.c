/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Filters of type 3 LSAs at a border router (`area A filter-list`): each row says what is filtered
 * where, and who has which networks then.
 *
 *     0 -- area 0 -- 1 -- area 1 -- 2        1 -- area 2 -- 3
 *
 * Router i has the network 172.16.i.0/24, router 2 also 172.16.9.0/24.
 */
#include <string.h>

#include "tests/sim/ospf_land.h"
#include "tests/unit/cu.h"

#define NET(i) (0xac100000u + ((uint32_t)(i) << 8))
#define ALL    0xac100000u

enum { CORE, BORDER, ONE, TWO, N_ROUTERS };

struct row {
	const char *what;
	uint32_t area;        /* whose list it is */
	bool out;
	uint32_t denied[2];   /* networks, 0: no further one */
	bool range, stub; /* 172.16.8.0/23 of area 1; area 2 is a stub area */
	struct {
		uint32_t router, addr;
		uint8_t len;
		bool there;
	} routes[5];
	uint32_t n_in, n_out; /* what is counted at the area */
};

static const struct row rows[] = {
	{ "nothing", 0, false, { 0 }, false, false,
	  { { ONE, NET(0), 24, true }, { CORE, NET(2), 24, true }, { TWO, NET(2), 24, true },
	    { CORE, NET(9), 24, true }, { ONE, NET(3), 24, true } }, 0, 0 },
	{ "into area 1: others have it", 1, false, { NET(0) }, false, false,
	  { { ONE, NET(0), 24, false }, { TWO, NET(0), 24, true }, { ONE, NET(3), 24, true },
	    { CORE, NET(2), 24, true }, { BORDER, NET(0), 24, true } }, 1, 0 },
	{ "out of area 1: nobody else has it", 1, true, { NET(2) }, false, false,
	  { { CORE, NET(2), 24, false }, { TWO, NET(2), 24, false }, { BORDER, NET(2), 24, true },
	    { CORE, NET(9), 24, true }, { ONE, NET(0), 24, true } }, 0, 1 },
	{ "out of the backbone", 0, true, { NET(0) }, false, false,
	  { { ONE, NET(0), 24, false }, { TWO, NET(0), 24, false }, { BORDER, NET(0), 24, true },
	    { CORE, NET(2), 24, true }, { ONE, NET(3), 24, true } }, 0, 1 },
	{ "into the backbone", 0, false, { NET(2), NET(3) }, false, false,
	  { { CORE, NET(2), 24, false }, { CORE, NET(3), 24, false }, { TWO, NET(2), 24, true },
	    { ONE, NET(3), 24, true }, { CORE, NET(9), 24, true } }, 2, 0 },
	{ "a range is told of as long as something in it may leave", 1, true, { NET(2) }, true,
	  false,
	  { { CORE, NET(8), 23, true }, { CORE, NET(9), 24, false }, { CORE, NET(2), 24, false },
	    { BORDER, NET(8), 23, true }, { TWO, NET(8), 23, true } }, 0, 1 },
	{ "and not when nothing may, but is discarded here", 1, true, { NET(9) }, true, false,
	  { { CORE, NET(8), 23, false }, { TWO, NET(8), 23, false }, { BORDER, NET(8), 23, true },
	    { CORE, NET(2), 24, true }, { CORE, NET(9), 24, false } }, 0, 1 },
	{ "a range is filtered by its own prefix on its way in", 2, false, { NET(8) }, true, false,
	  { { TWO, NET(8), 23, false }, { CORE, NET(8), 23, true }, { TWO, NET(2), 24, true },
	    { TWO, NET(0), 24, true }, { BORDER, NET(8), 23, true } }, 1, 0 },
	{ "the default route of a stub area is no network", 2, false, { 1, NET(0) }, false, true,
	  { { TWO, 0, 0, true }, { TWO, NET(0), 24, false }, { TWO, NET(2), 24, true },
	    { ONE, NET(0), 24, true }, { CORE, NET(2), 24, true } }, 1, 0 },
};

static bool
permits(void *ctx, uint32_t area, bool out, const struct ip4_prefix *p)
{
	const struct row *row = ctx;

	if (area != row->area || out != row->out)
		return true;
	return p->addr != row->denied[0] && p->addr != row->denied[1];
}

static struct land
begin(const struct row *row)
{
	const struct ospf_calc_out out = { .permits = permits, .ctx = (void *)(uintptr_t)row };
	const struct ospf_range range = { .area = 1, .prefix = { NET(8), 23 }, .advertise = true };
	const struct ospf_area_cfg stub = { .id = 2, .type = OSPF_AREA_STUB, .default_cost = 1 };
	struct land l = land_new(3, N_ROUTERS);

	ospf_calc_free(l.c[BORDER]);
	l.c[BORDER] = ospf_calc_new(l.r[BORDER]->o, &out);
	CU_ASSERT_EQUAL(ospf_calc_ranges(l.c[BORDER], &range, row->range), 0);
	for (uint32_t i = 0; row->stub && i < N_ROUTERS; i++)
		if (i == BORDER || i == TWO)
			CU_ASSERT_EQUAL(ospf_area_set(l.r[i]->o, &stub, l.w->now_ms), 0);
	land_join(&l, CORE, BORDER, 0, 10);
	land_join(&l, BORDER, ONE, 1, 10);
	land_join(&l, BORDER, TWO, 2, 10);
	land_stub(&l, CORE, 0, NET(CORE) + 1, 1);
	land_stub(&l, ONE, 1, NET(ONE) + 1, 1);
	land_stub(&l, ONE, 1, NET(9) + 1, 1);
	land_stub(&l, TWO, 2, NET(TWO) + 1, 1);
	return l;
}

static void
test_filters(void)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];
		struct land l = begin(row);
		const struct ospf_area *a = ospf_area_find(l.r[BORDER]->o, row->area);
		bool good;

		CU_ASSERT_TRUE(land_settle(&l));
		good = a->n_filtered_in == row->n_in && a->n_filtered_out == row->n_out;
		for (int k = 0; k < 5; k++)
			good = good && (land_route(&l, row->routes[k].router, row->routes[k].addr,
					row->routes[k].len) != NULL) == row->routes[k].there;
		if (!good)
			CU_FAIL(row->what);
		land_free(&l);
	}
}

/* It is asked anew with each calculation: what was told of is taken back, and told of again. */
static void
test_filter_changes(void)
{
	struct row row = rows[0];
	struct land l = begin(&row);

	CU_ASSERT_TRUE(land_settle(&l));
	for (int k = 0; k < 3; k++) {
		row.area = 1;
		row.denied[0] = k % 2 == 0 ? NET(0) : 0;
		ospf_calc_all(l.c[BORDER], "test");
		CU_ASSERT_TRUE(land_settle(&l));
		CU_ASSERT_EQUAL(land_route(&l, ONE, NET(0), 24) == NULL, k % 2 == 0);
	}
	land_free(&l);
}

static const struct cu_case cases[] = { CU_CASE(test_filters), CU_CASE(test_filter_changes) };

CU_MAIN("ospf_filter", cases)
