/* SPDX-License-Identifier: BSD-3-Clause */
/* What a former process has left for a graceful restart: whatever it is, it is read within its
 * bounds; what is taken for good is the same after it was written and read once more. The checksum
 * is put right, so that what is behind it is reached. */
#include <stdlib.h>
#include <string.h>

#include "common/wire.h"
#include "controlplane/ospf/restart_file.h"
#include "tests/fuzz/fuzz.h"

#define HEAD_LEN 12

static void
put_right(uint8_t *p, size_t len)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);
	struct wr w = wr_init(p, len);

	for (size_t i = HEAD_LEN; i < len; i++)
		h = (h ^ p[i]) * UINT64_C(0x100000001b3);
	w.len = 4;
	wr_be64(&w, h);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct restart_file f, again;
	uint8_t *copy = malloc(size + 1), *out, *out2;
	size_t len, len2;

	if (copy == NULL)
		abort();
	memcpy(copy, data, size);
	if (size >= HEAD_LEN)
		put_right(copy, size);
	if (restart_file_read(copy, size, &f) == 0) {
		fuzz_reached("read");
		out = restart_file_write(&f, &len);
		if (out == NULL || restart_file_read(out, len, &again) != 0)
			abort();
		out2 = restart_file_write(&again, &len2);
		if (out2 == NULL || len != len2 || memcmp(out, out2, len) != 0)
			abort();
		restart_file_fini(&again);
		restart_file_fini(&f);
		free(out);
		free(out2);
	}
	free(copy);
	return 0;
}
