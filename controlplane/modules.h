/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The parts of the control plane in the order in which they are made and started. Undone in
 * reverse. main.c runs this table and knows nothing else of them.
 */
#ifndef CULVERT_CONTROLPLANE_MODULES_H
#define CULVERT_CONTROLPLANE_MODULES_H

#include <stddef.h>

struct cp;

struct cp_module {
	const char *name;
	/** Make it; with the privileges the process was started with. 0 or -errno, a line in @err.
	 */
	int (*init)(struct cp *cp, char *err, size_t err_len);
	/** Begin to work; privileges are gone. May be NULL. 0 or -errno, a line in @err. */
	int (*start)(struct cp *cp, char *err, size_t err_len);
	/** Undo both; also called when start was not reached, not when init failed. */
	void (*stop)(struct cp *cp);
};

extern const struct cp_module cp_modules[];
extern const size_t cp_n_modules;

#endif
