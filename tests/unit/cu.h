/* SPDX-License-Identifier: BSD-3-Clause */
/* A CUnit program of one suite: list the tests with CU_CASE, run them with CU_MAIN. */
#ifndef CULVERT_TESTS_CU_H
#define CULVERT_TESTS_CU_H

#include <CUnit/Basic.h>
#include <CUnit/CUnit.h>

struct cu_case {
	const char *name;
	void (*fn)(void);
};

#define CU_CASE(fn) { #fn, fn }

/** Run all cases; the exit status of the program: 0 when every assertion held. */
static inline int
cu_run(const char *suite_name, const struct cu_case *cases, size_t n)
{
	CU_pSuite suite;
	unsigned int failed;

	if (CU_initialize_registry() != CUE_SUCCESS)
		return 2;
	suite = CU_add_suite(suite_name, NULL, NULL);
	for (size_t i = 0; i < n; i++)
		if (suite == NULL || CU_add_test(suite, cases[i].name, cases[i].fn) == NULL)
			return 2;
	CU_basic_set_mode(CU_BRM_VERBOSE);
	CU_basic_run_tests();
	failed = CU_get_number_of_failures() + CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return failed == 0 ? 0 : 1;
}

#define CU_MAIN(suite, cases) \
	int main(void) \
	{ \
		return cu_run(suite, cases, sizeof(cases) / sizeof((cases)[0])); \
	}

#endif
