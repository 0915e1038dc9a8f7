/* SPDX-License-Identifier: BSD-3-Clause */
/* Lines typed before; see history.h. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/history.h"
#include "cli/text.h"

#define HISTORY_KEEP (MAX_HISTORY - 56) /* lines loaded: libcli has room for some new ones */
#define HISTORY_TRIM 1000               /* lines in the file before it is cut to HISTORY_KEEP */

static bool
history_path(char *buf, size_t cap)
{
	const char *home = getenv("HOME");

	return home != NULL && home[0] == '/' &&
	       snprintf(buf, cap, "%s/.culvert_history", home) < (int)cap;
}

static FILE *
history_open(const char *path, int flags, const char *mode)
{
	int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
	FILE *f = fd < 0 ? NULL : fdopen(fd, mode);

	if (f == NULL && fd >= 0)
		close(fd);
	return f;
}

/* Write the newest lines back, when the file has become long. */
static void
history_trim(struct shell *sh, const char *path)
{
	FILE *f = history_open(path, O_WRONLY | O_TRUNC, "w");

	if (f == NULL)
		return;
	for (int i = 0; i < MAX_HISTORY && sh->cli->history[i] != NULL; i++)
		fprintf(f, "%s\n", sh->cli->history[i]);
	fclose(f);
}

static void
history_push(struct shell *sh, const char *line, int *n)
{
	char **h = sh->cli->history;

	if (*n == HISTORY_KEEP) {
		free(h[0]);
		memmove(h, h + 1, (HISTORY_KEEP - 1) * sizeof(*h));
		(*n)--;
	}
	h[*n] = strdup(line);
	if (h[*n] != NULL)
		(*n)++;
}

void
history_load(struct shell *sh)
{
	char path[512], clean[CLI_MAX_LINE_LENGTH], *line = NULL;
	int n = 0, lines = 0;
	size_t cap = 0;
	FILE *f;

	if (!history_path(path, sizeof(path)))
		return;
	f = history_open(path, O_RDONLY, "r");
	if (f == NULL)
		return;
	while (getline(&line, &cap, f) > 0) {
		line[strcspn(line, "\r\n")] = '\0';
		lines++;
		if (line[0] != '\0')
			history_push(sh, text_clean(clean, sizeof(clean), line), &n);
	}
	free(line);
	fclose(f);
	if (lines > HISTORY_TRIM)
		history_trim(sh, path);
}

void
history_keep(struct shell *sh, const char *line)
{
	char path[512];
	FILE *f;

	if (!sh->interactive || !history_path(path, sizeof(path)))
		return;
	f = history_open(path, O_WRONLY | O_CREAT | O_APPEND, "a");
	if (f == NULL)
		return;
	fprintf(f, "%s\n", line);
	fclose(f);
}

void
history_hide(struct shell *sh, const char *line)
{
	char **h = sh->cli->history;
	int last = -1;

	for (int i = 0; i < MAX_HISTORY && h[i] != NULL; i++)
		last = i;
	/* libcli has kept the line with the spaces before it */
	if (last < 0 || strstr(h[last], line) == NULL)
		return;
	explicit_bzero(h[last], strlen(h[last]));
	free(h[last]);
	h[last] = NULL;
}
