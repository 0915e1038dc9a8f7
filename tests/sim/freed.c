/* SPDX-License-Identifier: BSD-3-Clause */
/* See freed.h. */
#include "tests/sim/freed.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/cu.h"

#define SECRETS_MAX 256

static char secrets[SECRETS_MAX][FREED_LEN];
static unsigned int n_secrets, n_found;

void __real_free(void *p);
void __wrap_free(void *p);

void
__wrap_free(void *p)
{
	size_t len = p != NULL ? malloc_usable_size(p) : 0;

	for (unsigned int i = 0; i < n_secrets; i++) {
		const char *at = len != 0 ? memmem(p, len, secrets[i], FREED_LEN) : NULL;

		if (at == NULL)
			continue;
		printf("\n  secret %u is at %td of a block of %zu bytes that is freed\n", i,
				at - (const char *)p, len);
		n_found++;
	}
	__real_free(p);
}

void
freed_watch(const void *secret)
{
	static const char none[FREED_LEN];

	if (memcmp(secret, none, FREED_LEN) == 0)
		return;
	CU_ASSERT_FATAL(n_secrets < SECRETS_MAX);
	memcpy(secrets[n_secrets++], secret, FREED_LEN);
}

unsigned int
freed_end(void)
{
	unsigned int n = n_found;

	explicit_bzero(secrets, sizeof(secrets));
	n_secrets = n_found = 0;
	return n;
}
