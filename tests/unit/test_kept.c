/* SPDX-License-Identifier: BSD-3-Clause */
/* Names that outlive a process: written, read by the next one, and refused when they make no
 * sense. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "controlplane/util/kept.h"
#include "cu.h"

static char dir[] = "/tmp/culvert-kept-XXXXXX";
static char path[sizeof(dir) + 8];

static struct kept *
open_kept(void)
{
	struct kept *k = calloc(1, sizeof(*k));

	CU_ASSERT_PTR_NOT_NULL_FATAL(k);
	CU_ASSERT_EQUAL_FATAL(kept_open(k, dir, "names"), 0);
	return k;
}

static void
close_kept(struct kept *k)
{
	kept_close(k);
	free(k);
}

static void
test_over_a_restart(void)
{
	struct kept *k = open_kept();

	kept_set(k, "lan 10", true, 1000);
	kept_set(k, "wan 20", true, 1500);
	kept_set(k, "lan 10", true, 2000);
	kept_set(k, "wan 20", false, 2500);
	CU_ASSERT_EQUAL(kept_was(k, "lan 10"), 0); /* that is for the next process */
	close_kept(k);
	k = open_kept();
	CU_ASSERT_EQUAL(kept_was(k, "lan 10"), 2000);
	CU_ASSERT_EQUAL(kept_was(k, "wan 20"), 0);
	CU_ASSERT_EQUAL(kept_was(k, "lan 1"), 0);
	kept_forget(k, "lan 10");
	CU_ASSERT_EQUAL(kept_was(k, "lan 10"), 0);
	close_kept(k);
	k = open_kept(); /* nothing was set in between */
	CU_ASSERT_EQUAL(kept_was(k, "lan 10"), 0);
	close_kept(k);
}

static void
test_limit(void)
{
	struct kept *k = open_kept();
	char name[KEPT_NAME];

	for (int i = 0; i < KEPT_MAX + 10; i++) {
		snprintf(name, sizeof(name), "object %d", i);
		kept_set(k, name, true, 7);
	}
	kept_set(k, "object 3", false, 8);
	kept_set(k, "one more", true, 9);
	close_kept(k);
	k = open_kept();
	CU_ASSERT_EQUAL(kept_was(k, "object 0"), 7);
	CU_ASSERT_EQUAL(kept_was(k, "object 3"), 0);
	CU_ASSERT_EQUAL(kept_was(k, "object 260"), 0);
	CU_ASSERT_EQUAL(kept_was(k, "one more"), 9);
	close_kept(k);
}

/* Another magic number, another boot of the machine, names without an end, a file cut short. */
static void
test_bad_files(void)
{
	for (int at = 0; at < 2; at++) {
		struct kept *k = open_kept();
		FILE *f;

		kept_set(k, "lan 10", true, 1000);
		close_kept(k);
		f = fopen(path, "r+b");
		CU_ASSERT_PTR_NOT_NULL_FATAL(f);
		fseek(f, at * 5, SEEK_SET);
		fputc('!', f);
		fclose(f);
		k = open_kept();
		CU_ASSERT_EQUAL(kept_was(k, "lan 10"), 0);
		close_kept(k);
	}
	for (int n = 0; n < 20; n++) {
		struct kept *k = open_kept();

		kept_set(k, "lan 10", true, 1000);
		close_kept(k);
		CU_ASSERT_EQUAL(truncate(path, n * 3), 0);
		k = open_kept();
		CU_ASSERT_EQUAL(kept_was(k, "lan 10"), 0);
		close_kept(k);
	}
}

static void
test_no_directory(void)
{
	struct kept k = { .file = NULL };

	CU_ASSERT(kept_open(&k, "/nonexistent", "names") < 0);
	kept_set(&k, "lan 10", true, 1);
	CU_ASSERT_EQUAL(kept_was(&k, "lan 10"), 0);
	kept_close(&k);
}

static void
test_begin(void)
{
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/names", dir);
}

static void
test_end(void)
{
	CU_ASSERT_EQUAL(unlink(path), 0);
	CU_ASSERT_EQUAL(rmdir(dir), 0);
}

static const struct cu_case cases[] = {
	CU_CASE(test_begin),
	CU_CASE(test_over_a_restart),
	CU_CASE(test_limit),
	CU_CASE(test_bad_files),
	CU_CASE(test_no_directory),
	CU_CASE(test_end),
};

CU_MAIN("kept", cases)
