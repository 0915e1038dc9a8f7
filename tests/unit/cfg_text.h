/* SPDX-License-Identifier: BSD-3-Clause */
/* A configuration from the text of a test. */
#ifndef CULVERT_TESTS_UNIT_CFG_TEXT_H
#define CULVERT_TESTS_UNIT_CFG_TEXT_H

#include <stdio.h>
#include <string.h>

#include "controlplane/config/json.h"
#include "tests/unit/cu.h"

/** The configuration, which is the caller's to free; what is wrong with it ends the test. */
static inline struct cfg *
cfg_text_load(const char *text)
{
	struct cfg_errors errs;
	struct cfg *c;

	cfg_errors_init(&errs);
	c = cfg_from_text(text, strlen(text), NULL, &errs);
	for (uint32_t i = 0; i < errs.n_errors; i++)
		printf("%s: %s\n", errs.errors[i].path, errs.errors[i].message);
	cfg_errors_fini(&errs);
	CU_ASSERT_PTR_NOT_NULL_FATAL(c);
	return c;
}

#endif
