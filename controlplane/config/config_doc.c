/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * culvert-config-doc: writes docs/configuration.md and docs/configuration.schema.json from the
 * schema table. Run it after a change of the table: `culvert-config-doc DIRECTORY`.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane/config/schema.h"

static int
write_json_schema(FILE *out)
{
	json_t *schema = schema_json_schema();
	int rc = schema != NULL ? json_dumpf(schema, out, JSON_INDENT(2)) : -1;

	json_decref(schema);
	if (rc == 0 && fputc('\n', out) != EOF)
		return 0;
	return -EIO;
}

static int
write_to(const char *dir, const char *name, int (*fn)(FILE *out))
{
	char path[1024];
	FILE *out;
	int rc;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	out = fopen(path, "w");
	if (out == NULL) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return -1;
	}
	rc = fn(out);
	if (fclose(out) != 0 || rc != 0) {
		fprintf(stderr, "%s: could not be written\n", path);
		return -1;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: culvert-config-doc DIRECTORY\n");
		return 2;
	}
	if (write_to(argv[1], "configuration.md", schema_write_reference) != 0 ||
			write_to(argv[1], "configuration.schema.json", write_json_schema) != 0)
		return 1;
	return 0;
}
