/* SPDX-License-Identifier: BSD-3-Clause */
/* What hostile.c and hostile_frame.c share. */
#ifndef CULVERT_TESTS_HOSTILE_INT_H
#define CULVERT_TESTS_HOSTILE_INT_H

#include "tests/unit/hostile.h"

/** Any one of an array. */
#define PICK(list) ((list)[rnd(RTE_DIM(list))])

/** An IPv4 packet that nobody objects to, of any length that fits or does not. @return it. */
uint16_t hostile_usual(uint8_t *p);

static inline void
put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void
put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

#endif
