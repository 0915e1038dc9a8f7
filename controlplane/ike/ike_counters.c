/* SPDX-License-Identifier: BSD-3-Clause */
/* The counters' names, for people and for the management socket. */
#include <stddef.h>

#include "controlplane/ike/ike_int.h"

/* clang-format off */
static const char *const names[IKE_N_CTRS] = {
#define X(id, name) [IKE_CTR_##id] = name,
	IKE_COUNTERS(X)
#undef X
};
/* clang-format on */

unsigned int
ike_n_counters(void)
{
	return IKE_N_CTRS;
}

const char *
ike_counter_name(unsigned int i)
{
	return i < IKE_N_CTRS ? names[i] : NULL;
}

uint64_t
ike_counter(const struct ike_engine *e, unsigned int i)
{
	return i < IKE_N_CTRS ? e->counters[i] : 0;
}
