/* SPDX-License-Identifier: BSD-3-Clause */
/* What a former process has left of an IKE SA: whatever it is, it is read within its bounds, and
 * what is taken for good is the same after it was written and read once more. */
#include <stdlib.h>
#include <string.h>

#include "controlplane/ike/ike_keep.h"
#include "tests/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ike_rec rec;
	static uint8_t again[IKE_KEEP_MAX];
	uint8_t *copy = malloc(size > 0 ? size : 1);
	size_t len;

	if (copy == NULL)
		abort();
	memcpy(copy, data, size);
	if (ike_rec_read(copy, size, &rec) == 0 && size <= sizeof(again)) {
		fuzz_reached("read");
		len = ike_rec_write(&rec, again, sizeof(again));
		if (len != size || memcmp(again, copy, size) != 0)
			abort();
	}
	free(copy);
	return 0;
}
