/* SPDX-License-Identifier: BSD-3-Clause */
/* The filters after "|". libcli's own crash when abbreviated ("| inc"), so these stand in. */
#ifndef CULVERT_CLI_FILTERS_H
#define CULVERT_CLI_FILTERS_H

#include <libcli.h>

/** Replaces libcli's filters: include, exclude, begin, section (regular expressions), count. 0 or
 *  -ENOMEM. */
int filters_register(struct cli_def *cli);

#endif
