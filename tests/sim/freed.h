/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Looks for secrets in what is freed. Programs are linked with -Wl,--wrap=free: then all calls of
 * free() in our code come here, those inside of shared libraries do not.
 */
#ifndef CULVERT_TESTS_FREED_H
#define CULVERT_TESTS_FREED_H

#include <stddef.h>

#define FREED_LEN 8 /* bytes of a secret that are looked for */

/** Look for the first FREED_LEN bytes of @secret from now on; those of all zeros are passed over. */
void freed_watch(const void *secret);
/** How many blocks had a watched secret in them when they were freed; then watch for nothing. */
unsigned int freed_end(void);

#endif
