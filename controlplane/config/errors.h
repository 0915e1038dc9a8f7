/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is wrong with a configuration: a list of errors and a list of warnings, each with the JSON
 * pointer of the place. All of them are collected, not just the first. Messages never contain the
 * value of a secret.
 */
#ifndef CULVERT_CONTROLPLANE_CONFIG_ERRORS_H
#define CULVERT_CONTROLPLANE_CONFIG_ERRORS_H

#include <jansson.h>
#include <stdint.h>

#define CFG_ERRORS_MAX 100 /* kept of each list; further ones are only counted */

struct cfg_error {
	char *path;     /* "/interfaces/wan/mtu"; "" for the whole document */
	char *message;  /* "70000 is out of range" */
	char *expected; /* "integer 576..9600 (bytes)", or NULL */
};

struct cfg_errors {
	struct cfg_error *errors;
	struct cfg_error *warnings;
	uint32_t n_errors, n_warnings; /* in the lists */
	uint64_t n_errors_total;       /* found, also those not kept */
};

/** Zeroed storage is an empty list too. */
void cfg_errors_init(struct cfg_errors *e);
void cfg_errors_fini(struct cfg_errors *e);
/** Add an error. @expected may be NULL. All strings are copied; bytes that are no printable
 *  UTF-8 become '?'. */
void cfg_error_add(struct cfg_errors *e, const char *path, const char *expected, const char *fmt,
		...) __attribute__((format(printf, 4, 5)));
void cfg_warning_add(struct cfg_errors *e, const char *path, const char *fmt, ...)
		__attribute__((format(printf, 3, 4)));
/** [{"path","message","expected"}], with a last entry that counts what was not kept. */
json_t *cfg_errors_json(const struct cfg_errors *e);
/** ["/path: message", ...] */
json_t *cfg_warnings_json(const struct cfg_errors *e);

#endif
