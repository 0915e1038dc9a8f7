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

/**
 * An input has come as far as this, in words. Nothing while fuzzing; test_seeds.c has its own and
 * sees to it that each seed still comes as far as it is meant to.
 */
void fuzz_reached(const char *what);

#ifndef FUZZ_SEEDS
__attribute__((weak)) void
fuzz_reached(const char *what)
{
}
#endif

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
