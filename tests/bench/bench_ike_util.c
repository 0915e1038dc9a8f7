/* SPDX-License-Identifier: BSD-3-Clause */
/* What all benchmarks of IKE need. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <openssl/rand.h>

#include "tests/bench/bench_ike.h"

void
give_up(const char *why)
{
	fprintf(stderr, "bench: %s\n", why);
	exit(1);
}

void
random_bytes(void *ctx, uint8_t *buf, size_t len)
{
	if (RAND_bytes(buf, (int)len) != 1)
		give_up("no random numbers");
}

double
cpu_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

uint64_t
mono_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}
