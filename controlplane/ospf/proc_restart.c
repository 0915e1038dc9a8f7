/* SPDX-License-Identifier: BSD-3-Clause */
/* A graceful restart's file on disk; see proc_restart.h. */
#include "controlplane/ospf/proc_restart.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "controlplane/util/state_file.h"

#define LOG_AREA "ospf"
#define NAME     "ospf-restart"
#define FILE_MAX (256L << 20)

int
proc_restart_write(const char *state_dir, const struct restart_file *f)
{
	struct state_text t;
	size_t len;
	uint8_t *data = restart_file_write(f, &len);
	int err = data != NULL ? state_text_begin(&t, state_dir, NAME) : -ENOMEM;

	if (err == 0) {
		fwrite(data, 1, len, t.out);
		err = state_text_end(&t);
	}
	free(data);
	return err;
}

/* -ENOENT: there was no restart. */
static int
file_read(const char *state_dir, struct restart_file *out)
{
	FILE *f = state_text_read(state_dir, NAME);
	uint8_t *data = NULL;
	int err = -EBADMSG;
	long len;

	if (f == NULL)
		return -ENOENT;
	if (fseek(f, 0, SEEK_END) != 0 || (len = ftell(f)) < 0 || len > FILE_MAX)
		goto close_file;
	rewind(f);
	data = malloc((size_t)len + 1);
	if (data == NULL)
		err = -ENOMEM;
	else if (fread(data, 1, (size_t)len, f) == (size_t)len)
		err = restart_file_read(data, (size_t)len, out);
	free(data);
close_file:
	fclose(f);
	return err;
}

int
proc_restart_read(const char *state_dir, uint64_t boot_id, uint64_t now_ms,
		struct restart_file *out)
{
	const char *why = NULL;
	int err = file_read(state_dir, out);

	if (err == -ENOENT)
		return err;
	if (err != 0)
		why = strerror(-err);
	else if (out->boot_id != boot_id)
		why = "the dataplane is another one, without the routes of before";
	else if (now_ms < out->r.asked_ms || now_ms >= out->r.asked_ms + out->r.period_s * 1000ull)
		why = "the grace period is over";
	if (why == NULL)
		return 0;
	log_warning(LOG_AREA, "no graceful restart: %s", why);
	if (err == 0)
		restart_file_fini(out);
	proc_restart_remove(state_dir);
	return -ENOENT;
}

void
proc_restart_remove(const char *state_dir)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/" NAME, state_dir);
	unlink(path);
}
