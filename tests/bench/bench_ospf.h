/* SPDX-License-Identifier: BSD-3-Clause */
/* The cases of bench_ospf that are not about single calculations; each prints its line. */
#ifndef CULVERT_TESTS_BENCH_OSPF_H
#define CULVERT_TESTS_BENCH_OSPF_H

#include <stdint.h>

/** A hub with @n point-to-point neighbours from a cold start, and then at rest. */
void bench_neighbors(uint32_t n, uint32_t hello_s);
/** A router that is told of @n external LSAs by its neighbour. */
void bench_externals(uint32_t n);

#endif
