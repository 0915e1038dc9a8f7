/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands that a dataplane in a test has written down. */
#ifndef CULVERT_TESTS_UNIT_CMDS_H
#define CULVERT_TESTS_UNIT_CMDS_H

#include "common/channel.h"

/** The first of @n commands at @cmd that is an @op; NULL: there is none. */
static inline const struct chan_cmd *
cmds_find(const struct chan_cmd *cmd, unsigned int n, enum chan_op op)
{
	for (unsigned int i = 0; i < n; i++)
		if (cmd[i].op == op)
			return &cmd[i];
	return NULL;
}

/** How many of them are an @op. */
static inline unsigned int
cmds_count(const struct chan_cmd *cmd, unsigned int n, enum chan_op op)
{
	unsigned int count = 0;

	for (unsigned int i = 0; i < n; i++)
		count += cmd[i].op == op;
	return count;
}

#endif
