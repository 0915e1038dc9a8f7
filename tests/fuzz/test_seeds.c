/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The seeds of one fuzz target, whose name is the argument: each still comes as far as the list in
 * tests/fuzz/reached says, lines of
 *
 *	target/seed: words that the target says, or a part of them
 *
 * and none is without such a line. A seed of a format that has changed is refused at its first
 * field, and a fuzzer that begins with it finds nothing.
 */
#include <dirent.h>
#include <string.h>

#define FUZZ_SEEDS
#include "tests/fuzz/fuzz.h"
#include "tests/unit/cu.h"

#define SEED_MAX  65536
#define SAID_MAX  262144
#define LINES_MAX 256

static const char *target;
static char lines[LINES_MAX][128]; /* of this target, without its name */
static bool met[LINES_MAX];        /* its seed is there */
static unsigned int n_lines;
static char said[SAID_MAX]; /* by the target, of one seed */

void
fuzz_reached(const char *what)
{
	size_t at = strlen(said);

	snprintf(said + at, sizeof(said) - at, "%s\n", what);
}

__attribute__((weak)) int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	return 0;
}

#ifndef __SANITIZE_ADDRESS__ /* which brings them */
void __lsan_disable(void);
void __lsan_enable(void);

void
__lsan_disable(void)
{
}

void
__lsan_enable(void)
{
}
#endif

static FILE *
open_source(const char *name, const char *more)
{
	const char *root = getenv("CULVERT_SOURCE_ROOT");
	char path[512];

	snprintf(path, sizeof(path), "%s/tests/fuzz/%s%s", root != NULL ? root : ".", name, more);
	return fopen(path, "rb");
}

static void
read_lines(void)
{
	size_t len = strlen(target);
	FILE *f = open_source("reached", "");
	char line[256];

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	while (fgets(line, sizeof(line), f) != NULL && n_lines < LINES_MAX) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, target, len) == 0 && line[len] == '/')
			snprintf(lines[n_lines++], sizeof(lines[0]), "%.120s", line + len + 1);
	}
	fclose(f);
	CU_ASSERT_TRUE(n_lines > 0 && n_lines < LINES_MAX);
}

/* What the list says of the seed is what has been said. */
static void
compare(const char *seed)
{
	size_t len = strlen(seed);
	bool listed = false;

	for (unsigned int i = 0; i < n_lines; i++) {
		if (strncmp(lines[i], seed, len) != 0 || strncmp(lines[i] + len, ": ", 2) != 0)
			continue;
		listed = met[i] = true;
		if (strstr(said, lines[i] + len + 2) == NULL) {
			printf("\n    %s/%s does not reach \"%s\", but:\n%.8000s", target, seed,
					lines[i] + len + 2, said);
			CU_FAIL("a seed does not come as far as it should");
		}
	}
	if (!listed)
		printf("\n    %s/%s is not in tests/fuzz/reached; it says:\n%.8000s", target, seed,
				said);
	CU_ASSERT_TRUE(listed);
}

static void
run(const char *seed)
{
	uint8_t *data = malloc(SEED_MAX), *exact;
	char name[300];
	size_t len;
	FILE *f;

	snprintf(name, sizeof(name), "/%s/%s", target, seed);
	f = open_source("seeds", name);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	len = fread(data, 1, SEED_MAX, f);
	CU_ASSERT_TRUE(len > 0 && len < SEED_MAX);
	fclose(f);
	exact = malloc(len); /* for the sanitizer */
	memcpy(exact, data, len);
	free(data);
	said[0] = '\0';
	LLVMFuzzerTestOneInput(exact, len);
	free(exact);
	compare(seed);
}

static void
each_seed_gets_through(void)
{
	const char *root = getenv("CULVERT_SOURCE_ROOT");
	struct dirent *entry;
	char path[512];
	DIR *dir;

	read_lines();
	snprintf(path, sizeof(path), "%s/tests/fuzz/seeds/%s", root != NULL ? root : ".", target);
	dir = opendir(path);
	CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
	while ((entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.')
			run(entry->d_name);
	closedir(dir);
	for (unsigned int i = 0; i < n_lines; i++) {
		if (!met[i])
			printf("\n    there is no seed for \"%s/%s\"\n", target, lines[i]);
		CU_ASSERT_TRUE(met[i]);
	}
}

int
main(int argc, char **argv)
{
	static const struct cu_case cases[] = { CU_CASE(each_seed_gets_through) };

	if (argc != 2)
		return 2;
	target = argv[1];
	argc = 1;
	LLVMFuzzerInitialize(&argc, &argv);
	return cu_run(target, cases, 1);
}
