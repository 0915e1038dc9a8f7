/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * culvert-controlplane: configuration, IKE, routes and neighbours; never a packet of others.
 *
 * The program is a table of modules (modules.c) around one libevent loop. Each module is made with
 * the privileges we were started with, then those are given up, then each begins to work; at the
 * end they are undone in reverse. What belongs together at run time is in cp.h; how the pieces
 * work together is told in docs/controlplane.md.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "controlplane/args.h"
#include "controlplane/config/json.h"
#include "controlplane/cp.h"
#include "controlplane/modules.h"
#include "controlplane/sandbox.h"

uint64_t
cp_now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

uint64_t
cp_now_ms(void)
{
	return cp_now_us() / 1000;
}

/* --check: all errors and warnings, one line each. */
static int
check_file(const char *path)
{
	struct cfg_errors errs;
	struct cfg *c;

	cfg_errors_init(&errs);
	c = cfg_from_file(path, &errs);
	for (uint32_t i = 0; i < errs.n_errors; i++)
		printf("%s: error: %s: %s%s%s%s\n", path,
				errs.errors[i].path[0] != '\0' ? errs.errors[i].path : "/",
				errs.errors[i].message,
				errs.errors[i].expected != NULL ? " (expected " : "",
				errs.errors[i].expected != NULL ? errs.errors[i].expected : "",
				errs.errors[i].expected != NULL ? ")" : "");
	for (uint32_t i = 0; i < errs.n_warnings; i++)
		printf("%s: warning: %s: %s\n", path, errs.warnings[i].path,
				errs.warnings[i].message);
	if (errs.n_errors_total > errs.n_errors)
		printf("%s: and %llu more errors\n", path,
				(unsigned long long)(errs.n_errors_total - errs.n_errors));
	if (c != NULL)
		printf("%s: valid\n", path);
	cfg_errors_fini(&errs);
	cfg_free(c);
	return c != NULL ? 0 : 1;
}

/* Make all modules, give up privileges, start all. *@n_made is how many there are to undo. */
static int
bring_up(struct cp *cp, size_t *n_made, char *err, size_t err_len)
{
	int rc = cp->args.user != NULL ? sandbox_user_check(cp->args.user, err, err_len) : 0;

	for (; rc == 0 && *n_made < cp_n_modules; *n_made += rc == 0)
		rc = cp_modules[*n_made].init(cp, err, err_len);
	if (rc == 0)
		rc = sandbox_drop(cp->args.user, cp->args.state_dir, err, err_len);
	if (rc == 0 && cp->args.seccomp) {
		rc = sandbox_seccomp();
		if (rc != 0)
			snprintf(err, err_len, "system call filter: %s (see --no-seccomp)",
					strerror(-rc));
	}
	for (size_t i = 0; rc == 0 && i < cp_n_modules; i++)
		if (cp_modules[i].start != NULL)
			rc = cp_modules[i].start(cp, err, err_len);
	return rc;
}

int
main(int argc, char **argv)
{
	static struct cp cp;
	size_t n_made = 0;
	char err[512] = "";
	int rc;

	cfg_json_init();
	switch (args_parse(argc, argv, &cp.args, err, sizeof(err))) {
	case ARGS_DONE:
		return 0;
	case ARGS_BAD:
		fprintf(stderr, "culvert-controlplane: %s\n", err);
		return 2;
	case ARGS_RUN:
		break;
	}
	log_init("controlplane", cp.args.log_level);
	if (cp.args.check != NULL)
		return check_file(cp.args.check);
	cp.started_ms = cp_now_ms();
	rc = bring_up(&cp, &n_made, err, sizeof(err));
	if (rc == 0) {
		log_notice("main", "culvert-controlplane %s is running", CULVERT_VERSION);
		event_base_dispatch(cp.base);
	} else {
		log_error("main", "%s", err);
	}
	if (cp.reloading)
		_exit(0); /* without a word to anybody: nothing is undone */
	while (n_made > 0)
		if (cp_modules[--n_made].stop != NULL)
			cp_modules[n_made].stop(&cp);
	if (rc != 0 || cp.failed)
		return 1;
	log_notice("main", "stopped");
	return 0;
}
