/* SPDX-License-Identifier: BSD-3-Clause */
/* What libFuzzer calls, and how a target says that something is broken. */
#ifndef CULVERT_TESTS_FUZZ_FUZZ_H
#define CULVERT_TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** End with @what, unless @ok. */
static inline void
check(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "broken: %s\n", what);
	abort();
}

#endif
