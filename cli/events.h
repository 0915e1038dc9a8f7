/* SPDX-License-Identifier: BSD-3-Clause */
/* show events [follow]. */
#ifndef CULVERT_CLI_EVENTS_H
#define CULVERT_CLI_EVENTS_H

struct shell;

/** What has changed its state so far. */
void events_show(struct shell *sh, int argc, char **argv);
/** The same as it comes, until ^C. */
void events_follow(struct shell *sh, int argc, char **argv);

#endif
